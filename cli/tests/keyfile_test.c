/* SPDX-License-Identifier: EUPL-1.2 */
/* A key file has 32 bytes, is made for its owner alone, and never made anew. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyfile.h"
#include "test/cmocka.h"
#include "test/result.h"

static void write_file(const char *path, const char *content, size_t len) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, content, len), len);
    (void)close(file);
}

static void test_key_file(void **state) {
    (void)state;
    static const char content[] = "0123456789abcdef0123456789abcdefX";
    char folder[] = "/tmp/weibel-key-XXXXXX", path[64], first[KEYFILE_TEXT], second[KEYFILE_TEXT];
    struct stat status;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/key", folder);
    assert_result(keyfile_read(path, false, first), &KEYFILE_ERR_FILE);
    assert_int_equal(errno, ENOENT);
    assert_ok(keyfile_read(path, true, first));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, KEYFILE_LEN);
    assert_ok(keyfile_read(path, true, second));
    assert_string_equal(first, second);
    assert_int_equal(strlen(first), KEYFILE_TEXT - 1);
    write_file(path, content, 32);
    assert_ok(keyfile_read(path, false, first));
    assert_string_equal(first, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    write_file(path, content, 31);
    assert_result(keyfile_read(path, true, first), &KEYFILE_ERR_LEN);
    write_file(path, content, 33);
    assert_result(keyfile_read(path, true, first), &KEYFILE_ERR_LEN);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/none/key", folder);
    assert_result(keyfile_read(path, true, first), &KEYFILE_ERR_FILE);
    (void)rmdir(folder);
}

static void test_named(void **state) {
    (void)state;
    assert_int_equal(setenv("WEIBEL_KEY_FILE", "from-environment", 1), 0);
    assert_string_equal(keyfile_named("given"), "given");
    assert_string_equal(keyfile_named(NULL), "from-environment");
    assert_int_equal(setenv("WEIBEL_KEY_FILE", "", 1), 0);
    assert_null(keyfile_named(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_key_file), cmocka_unit_test(test_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
