/* SPDX-License-Identifier: EUPL-1.2 */
/* Addresses of servers are taken apart, and nothing else passes as one. */
#include <stdio.h>
#include <string.h>

#include "test/cmocka.h"
#include "test/result.h"
#include "url.h"

static void test_good(void **state) {
    (void)state;
    static const struct {
        const char *text, *host, *authority, *path;
        uint16_t port;
        bool tls;
    } cases[] = {
        { "https://example.org", "example.org", "example.org", "", 443, true },
        { "https://example.org/", "example.org", "example.org", "", 443, true },
        { "https://example.org:8443/weibel/", "example.org", "example.org:8443", "/weibel", 8443, true },
        { "http://127.0.0.1:8080", "127.0.0.1", "127.0.0.1:8080", "", 8080, false },
        { "http://localhost", "localhost", "localhost", "", 80, false },
        { "http://[::1]:8080", "::1", "[::1]:8080", "", 8080, false },
        { "https://[2001:db8::1]/a/b", "2001:db8::1", "[2001:db8::1]", "/a/b", 443, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct url url;
        assert_ok(url_parse(cases[i].text, &url));
        assert_string_equal(url.host, cases[i].host);
        assert_string_equal(url.authority, cases[i].authority);
        assert_string_equal(url.path, cases[i].path);
        assert_int_equal(url.port, cases[i].port);
        assert_int_equal(url.tls, cases[i].tls);
    }
}

static void test_bad(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        "example.org",
        "ftp://example.org",
        "https://",
        "https:///path",
        "https://example.org:",
        "https://example.org:0",
        "https://example.org:65536",
        "https://example.org:8o",
        "https://user@example.org",
        "https://example.org/a?b",
        "https://example.org/#activate=1",
        "https://example.org/a b",
        "https://example.org/\r\nX-Evil: 1",
        "https://ex\xc3\xa4mple.org",
        "https://[::1",
        "https://[::1]x",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct url url = { .port = 1 };
        assert_result(&URL_ERR_FORM, url_parse(cases[i], &url));
        assert_int_equal(url.port, 1);
    }
    static const char *const plain[] = { "http://example.org", "http://10.0.0.1", "http://127.0.0.1.example.org" };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        struct url url;
        assert_result(&URL_ERR_PLAIN, url_parse(plain[i], &url));
    }
}

static void test_long(void **state) {
    (void)state;
    char text[600] = "https://";
    memset(text + 8, 'a', URL_MAX_HOST);
    struct url url;
    assert_ok(url_parse(text, &url));
    assert_int_equal(strlen(url.authority), URL_MAX_HOST);
    text[8 + URL_MAX_HOST] = 'a';
    assert_result(&URL_ERR_FORM, url_parse(text, &url));
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                        cmocka_unit_test(test_long) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
