/* SPDX-License-Identifier: EUPL-1.2 */
/* A saved file never goes over another one, nor out of the folder that the user chose. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "target.h"
#include "test/cmocka.h"

static char folder[64];

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/weibel-target-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : chdir(folder);
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void make(const char *name) {
    int file = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
    assert_true(file >= 0);
    close(file);
}

static void assert_target(const char *to, const char *name, const char *expected) {
    struct target target;
    char path[PATH_MAX];
    assert_int_equal(target_choose(to, name, &target), EX_OK);
    snprintf(path, sizeof path, "%s/%s", folder, expected);
    assert_string_equal(target.path, path);
    assert_string_equal(target.final, path);
}

static void test_names(void **state) {
    (void)state;
    assert_target(NULL, "plan.pdf", "plan.pdf");
    assert_target(".", "../../plan.pdf", "plan.pdf");
    make("plan.pdf");
    assert_target(NULL, "plan.pdf", "plan (1).pdf");
    make("plan (1).pdf");
    assert_target(folder, "plan.pdf", "plan (2).pdf");
    make("plan (2).pdf.part");
    assert_target(NULL, "plan.pdf", "plan (3).pdf");
    assert_int_equal(symlink("nowhere", "link"), 0);
    assert_target(NULL, "link", "link (1)");
    make("archive.tar.gz");
    assert_target(NULL, "archive.tar.gz", "archive.tar (1).gz");
}

static void test_chosen_file(void **state) {
    (void)state;
    struct target target;
    assert_target("other.pdf", "plan.pdf", "other.pdf");
    make("there.pdf");
    /* Tests run without a terminal to ask on. */
    assert_int_equal(target_choose("there.pdf", "plan.pdf", &target), EX_CANTCREAT);
    assert_int_equal(target_choose("no/such/folder/x", "plan.pdf", &target), EX_CANTCREAT);
    assert_int_equal(target_choose("no/such/folder/", "plan.pdf", &target), EX_CANTCREAT);
    assert_int_equal(mkdir("sub", 0700), 0);
    assert_target("sub", "plan.pdf", "sub/plan.pdf");
    assert_target("sub/x", "plan.pdf", "sub/x");
    assert_true(target_is_folder("sub"));
    assert_true(target_is_folder("new/"));
    assert_false(target_is_folder("there.pdf"));
}

static void test_replaced(void **state) {
    (void)state;
    struct target target;
    make("fetched");
    make("old");
    snprintf(target.path, sizeof target.path, "%s/fetched", folder);
    snprintf(target.final, sizeof target.final, "%s/old", folder);
    assert_int_equal(target_finish(&target), EX_OK);
    assert_int_equal(access("fetched", F_OK), -1);
    assert_int_equal(target_finish(&target), EX_CANTCREAT);
}

static void test_part(void **state) {
    (void)state;
    int part = target_open_part("a.part");
    assert_true(part >= 0);
    close(part);
    part = target_open_part("a.part"); /* a download goes on */
    assert_true(part >= 0);
    close(part);
    assert_int_equal(link("a.part", "b.part"), 0);
    assert_int_equal(symlink("c", "c.part"), 0);
    assert_int_equal(mkfifo("d.part", 0600), 0);
    static const char *const planted[] = { "a.part", "b.part", "c.part", "d.part" };
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
        assert_int_equal(target_open_part(planted[i]), -1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chosen_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replaced, set_up, tear_down),
    };
    close(STDIN_FILENO);
    (void)open("/dev/null", O_RDONLY);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
