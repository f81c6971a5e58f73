/* SPDX-License-Identifier: EUPL-1.2 */
/* A passphrase is the first line of its file, as it stands there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "passphrase.h"
#include "test/cmocka.h"
#include "test/result.h"

static base_result read_back(const char *content, size_t len, struct base_bytes *out) {
    char name[] = "/tmp/weibel-passphrase-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    assert_int_equal(write(file, content, len), len);
    close(file);
    base_result result = passphrase_read(name, out);
    unlink(name);
    return result;
}

static void assert_passphrase(const char *content, const char *expected) {
    struct base_bytes got = { 0 };
    assert_ok(read_back(content, strlen(content), &got));
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.data, expected, got.len);
    base_bytes_free(&got);
}

static void test_first_line(void **state) {
    (void)state;
    assert_passphrase("geheim", "geheim");
    assert_passphrase("geheim\n", "geheim");
    assert_passphrase("geheim\r\nmehr\n", "geheim");
    assert_passphrase("  mit Leerzeichen \n", "  mit Leerzeichen ");
    assert_passphrase("gr\xc3\xbcn\n", "gr\xc3\xbcn");
}

static void test_bounds(void **state) {
    (void)state;
    struct base_bytes got = { 0 };
    char text[PASSPHRASE_MAX + 2];
    memset(text, 'x', sizeof text);
    text[PASSPHRASE_MAX] = '\n';
    assert_ok(read_back(text, PASSPHRASE_MAX + 1, &got));
    assert_int_equal(got.len, PASSPHRASE_MAX);
    base_bytes_free(&got);
    text[PASSPHRASE_MAX] = 'x';
    assert_result(&PASSPHRASE_ERR_LONG, read_back(text, sizeof text, &got));
    assert_result(&PASSPHRASE_ERR_EMPTY, read_back("", 0, &got));
    assert_result(&PASSPHRASE_ERR_EMPTY, read_back("\nsecond", 7, &got));
    assert_result(&PASSPHRASE_ERR_FILE, passphrase_read("/no/such/file", &got));
    assert_int_equal(errno, ENOENT);
    assert_null(got.data);
}

static void test_which_file(void **state) {
    (void)state;
    unsetenv("WEIBEL_PASSPHRASE_FILE");
    assert_null(passphrase_file(NULL));
    setenv("WEIBEL_PASSPHRASE_FILE", "", 1);
    assert_null(passphrase_file(NULL));
    setenv("WEIBEL_PASSPHRASE_FILE", "/a", 1);
    assert_string_equal(passphrase_file(NULL), "/a");
    assert_string_equal(passphrase_file("/b"), "/b");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_first_line), cmocka_unit_test(test_bounds),
                                        cmocka_unit_test(test_which_file) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
