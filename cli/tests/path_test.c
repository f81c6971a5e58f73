/* SPDX-License-Identifier: EUPL-1.2 */
/* Completion of paths. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen/path.h"
#include "test/cmocka.h"

static void make(const char *folder, const char *name) {
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    (void)close(file);
}

static void check(const char *begin, size_t count, const char *expected) {
    char out[PATH_MAX], names[256];
    assert_int_equal(path_complete(begin, out, names, sizeof names), count);
    assert_string_equal(out, expected);
}

static void test_complete(void **state) {
    (void)state;
    char folder[] = "/tmp/weibel-path-XXXXXX", inner[64], out[PATH_MAX], names[256];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(inner, sizeof inner, "%s/letters", folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    make(folder, "plan.pdf");
    make(folder, "plan b.pdf");
    make(folder, ".hidden");
    make(inner, "übung.txt");
    make(inner, "ü");
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(setenv("HOME", folder, 1), 0);
    check("pl", 2, "plan");
    check("plan.", 1, "plan.pdf");
    check("le", 1, "letters/");
    check("letters/", 2, "letters/ü");
    check("./le", 1, "./letters/");
    check("~/le", 1, "~/letters/");
    check("x", 0, "x");
    check("nowhere/x", 0, "nowhere/x");
    check("", 3, "");
    check(".h", 1, ".hidden");
    (void)path_complete("plan", out, names, sizeof names);
    assert_true(strstr(names, "plan b.pdf") != NULL);
    assert_true(path_expand("~", out));
    assert_string_equal(out, folder);
    assert_true(path_expand("~x", out));
    assert_string_equal(out, "~x");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_complete) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
