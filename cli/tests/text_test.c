/* SPDX-License-Identifier: EUPL-1.2 */
/* Text of others is harmless once it has gone through text.c, and still says the same. */
#include <cJSON.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "test/cmocka.h"
#include "test/random.h"
#include "test/result.h"
#include "text.h"

enum { MAX = 4096 };

typedef void (*writes)(struct base_writer *writer, struct base_slice input);

static void as_line(struct base_writer *writer, struct base_slice input) {
    text_write_shown(writer, input, TEXT_LINE, 0);
}

static void as_lines(struct base_writer *writer, struct base_slice input) {
    text_write_shown(writer, input, TEXT_LINES, 2);
}

static void check(writes write, const char *input, size_t len, const char *expected) {
    struct base_writer writer = base_writer(base_allocator_libc(), MAX);
    write(&writer, base_slice(input, len));
    struct base_slice got = base_writer_view(&writer);
    char text[MAX];
    snprintf(text, sizeof text, "%.*s", (int)got.len, (const char *)got.data);
    assert_string_equal(text, expected);
    base_writer_free(&writer);
}

#define CHECK(WRITE, INPUT, EXPECTED) check(WRITE, INPUT, sizeof(INPUT) - 1, EXPECTED)

static void test_shown(void **state) {
    (void)state;
    CHECK(as_line, "Grüezi, 你好 👩‍👩‍👧", "Grüezi, 你好 👩‍👩‍👧");
    CHECK(as_line, "\033]0;owned\007", "␛]0;owned␇");
    CHECK(as_line, "\0\x7f", "␀␡");
    CHECK(as_line, "a\nb\tc\r\nd", "a␊b␉c␊d");
    CHECK(as_line,
          "\xc2\x9b"
          "31m",
          "<U+009B>31m");
    CHECK(as_line,
          "abc\xe2\x80\xae"
          "fdp.exe",
          "abc<U+202E>fdp.exe");
    CHECK(as_line, "\xe2\x81\xa6x\xe2\x81\xa9", "<U+2066>x<U+2069>");
    CHECK(as_line, "x\xf3\xa0\x81\x81", "x<U+E0041>");
    CHECK(as_lines, "one\r\ntwo\n\tthree\rfour", "one\n  two\n      three␍four");
}

static void test_not_utf8(void **state) {
    (void)state;
    CHECK(as_line,
          "a\xff"
          "b",
          "a\xef\xbf\xbd"
          "b");
    CHECK(as_line, "\xc3", "\xef\xbf\xbd");
    CHECK(as_line, "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd");                                 /* overlong zero */
    CHECK(as_line, "\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");                 /* overlong */
    CHECK(as_line, "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");                 /* surrogate */
    CHECK(as_line, "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* above U+10FFFF */
    CHECK(as_line, "\xe2\x82\033", "\xef\xbf\xbd\xef\xbf\xbd␛"); /* cut off, then an escape: the escape is seen */
}

/* Whatever comes in, nothing that commands a terminal comes out. */
static void test_hostile(void **state) {
    (void)state;
    struct test_random random;
    test_random_init(&random, 20);
    for (unsigned run = 0; run < 2000; run++) {
        uint8_t input[64];
        size_t len = (size_t)test_random_below(&random, sizeof input);
        assert_ok(base_random_fill(&random.random, input, sizeof input));
        struct base_writer writer = base_writer(base_allocator_libc(), MAX);
        text_write_shown(&writer, base_slice(input, len), TEXT_LINE, 0);
        struct base_slice left = base_writer_view(&writer);
        while (left.len != 0) {
            uint32_t c = text_next(&left);
            assert_true(c >= 0x20 && (c < 0x7f || c > 0x9f));
            assert_false(c >= 0x202a && c <= 0x202e);
            assert_false(c >= 0x2066 && c <= 0x2069);
        }
        base_writer_free(&writer);
    }
}

static void as_json(struct base_writer *writer, struct base_slice input) {
    text_write_json(writer, input);
}

static void test_json(void **state) {
    (void)state;
    CHECK(as_json, "{\"a\":\"\\u001b[31m é\"}", "{\"a\":\"\\u001b[31m é\"}");
    CHECK(as_json, "\"\xc2\x9b\"", "\"\\u009b\"");
    CHECK(as_json, "\"\xe2\x80\xae\"", "\"\\u202e\"");
    CHECK(as_json, "\"\xf3\xa0\x81\x81\"", "\"\\udb40\\udc41\"");
    /* The same value for who parses it. */
    struct base_writer writer = base_writer(base_allocator_libc(), MAX);
    text_write_json(&writer, base_slice_text("\"x\xe2\x80\xae\xf3\xa0\x81\x81y\""));
    struct base_slice text = base_writer_view(&writer);
    cJSON *value = cJSON_ParseWithLength((const char *)text.data, text.len);
    assert_string_equal(value->valuestring, "x\xe2\x80\xae\xf3\xa0\x81\x81y");
    cJSON_Delete(value);
    base_writer_free(&writer);
}

static void test_file_name(void **state) {
    (void)state;
    CHECK(text_write_file_name, "plan.pdf", "plan.pdf");
    CHECK(text_write_file_name, "Übersicht (2).pdf", "Übersicht (2).pdf");
    CHECK(text_write_file_name, "../../etc/passwd", "passwd");
    CHECK(text_write_file_name, "C:\\Windows\\x.exe", "x.exe");
    CHECK(text_write_file_name, "/", "file");
    CHECK(text_write_file_name, "..", "file");
    CHECK(text_write_file_name, "", "file");
    CHECK(text_write_file_name, ".bashrc", "bashrc");
    CHECK(text_write_file_name, "-rf", "_rf");
    CHECK(text_write_file_name, "~root", "_root");
    CHECK(text_write_file_name, "a\033[2Jb\n.txt", "a[2Jb.txt");
    CHECK(text_write_file_name, "photo\xe2\x80\xaegpj.exe", "photogpj.exe");
    CHECK(text_write_file_name, "trailing. . ", "trailing");
    CHECK(text_write_file_name, "x\xffy", "x_y");
}

static void test_long_file_name(void **state) {
    (void)state;
    char name[1024];
    memset(name, 'a', sizeof name);
    memcpy(name + 600, ".jpeg", sizeof ".jpeg");
    struct base_writer writer = base_writer(base_allocator_libc(), MAX);
    text_write_file_name(&writer, base_slice(name, 605));
    struct base_slice got = base_writer_view(&writer);
    assert_int_equal(got.len, TEXT_MAX_FILE_NAME);
    assert_memory_equal(got.data + got.len - 5, ".jpeg", 5);
    base_writer_free(&writer);
    /* Of a character that does not fit nothing stays. */
    for (size_t i = 0; i + 1 < sizeof name; i += 2) {
        name[i] = '\xc3';
        name[i + 1] = '\xa9';
    }
    name[0] = 'x';
    name[1] = 'y';
    name[2] = 'z';
    memmove(name + 3, name + 4, sizeof name - 4);
    writer = base_writer(base_allocator_libc(), MAX);
    text_write_file_name(&writer, base_slice(name, 601));
    struct base_slice left = base_writer_view(&writer);
    assert_true(left.len <= TEXT_MAX_FILE_NAME && left.len >= TEXT_MAX_FILE_NAME - 1);
    while (left.len != 0) {
        assert_int_not_equal(text_next(&left), 0xfffd);
    }
    base_writer_free(&writer);
}

static void test_columns(void **state) {
    (void)state;
    if (setlocale(LC_ALL, "C.UTF-8") == NULL) {
        skip();
    }
    assert_int_equal(text_columns(base_slice_text("Anna")), 4);
    assert_int_equal(text_columns(base_slice_text("Zoë")), 3);
    assert_int_equal(text_columns(base_slice_text("你好")), 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shown),   cmocka_unit_test(test_not_utf8),  cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_json),    cmocka_unit_test(test_file_name), cmocka_unit_test(test_long_file_name),
        cmocka_unit_test(test_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
