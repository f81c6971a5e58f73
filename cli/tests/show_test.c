/* SPDX-License-Identifier: EUPL-1.2 */
/* What people see of messages, notices, files on their way and QR codes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media.h"
#include "progress.h"
#include "qr.h"
#include "show.h"
#include "test/cmocka.h"
#include "when.h"

enum { MAX = 4096 };

static void check_gist(const char *json, const char *expected) {
    struct base_writer writer = base_writer(base_allocator_libc(), MAX);
    cJSON *message = cJSON_Parse(json);
    char text[MAX];
    assert_non_null(message);
    show_gist(&writer, message);
    (void)snprintf(text, sizeof text, "%.*s", (int)base_writer_view(&writer).len,
                   (const char *)base_writer_view(&writer).data);
    assert_string_equal(text, expected);
    base_writer_free(&writer);
    cJSON_Delete(message);
}

static void test_gist(void **state) {
    (void)state;
    check_gist("{\"kind\":\"message\",\"text\":\"one\\ntwo\"}", "one");
    check_gist("{\"kind\":\"message\",\"text\":\"x\",\"deleted\":true}", "(deleted)");
    check_gist("{\"kind\":\"message\",\"text\":\"\",\"files\":[{\"name\":\"a.pdf\"}]}", "a.pdf");
    check_gist(
        "{\"kind\":\"message\",\"text\":\"\",\"files\":[{\"name\":\"a.webm\",\"kind\":\"voice\",\"duration\":67200}]}",
        "Voice message, 1:07");
    check_gist("{\"kind\":\"message\",\"text\":\"\",\"files\":[],\"poll\":{\"question\":\"When?\"}}", "When?");
    check_gist("{\"kind\":\"message\",\"text\":\"\",\"location\":{}}", "a place");
    check_gist("{\"kind\":\"notice\",\"text\":\"Anna left\"}", "Anna left");
    check_gist("{}", "");
}

static void test_media(void **state) {
    (void)state;
    assert_string_equal(media_type("/home/anna/photo.JPG"), "image/jpeg");
    assert_string_equal(media_type("minutes.of.today.pdf"), "application/pdf");
    static const char *const none[] = { "", "pdf", ".pdf", "a.pdf/b", "a.", "a.unheardof" };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_null(media_type(none[i]));
    }
}

static void check_rate(uint64_t moved, uint64_t left, uint64_t elapsed, const char *expected) {
    char text[128];
    progress_rate(moved, left, elapsed, text, sizeof text);
    assert_string_equal(text, expected);
}

static void test_rate(void **state) {
    (void)state;
    check_rate(1000, 1000, 500, "");
    check_rate(0, 1000, 5000, "");
    check_rate(5000000, 10000000, 5000, ", 1.0 MB/s, 10 s left");
    check_rate(5000, UINT64_MAX / 4, 5000, ", 1.0 kB/s, 11574074 d left");
}

static void test_spans(void **state) {
    (void)state;
    static const struct {
        uint64_t milliseconds;
        const char *words;
    } spans[] = { { 0, "0 s" },           { 1, "1 s" },       { 119000, "119 s" },   { 120000, "2 min" },
                  { 7199000, "119 min" }, { 7200000, "2 h" }, { 172799000, "47 h" }, { 172800000, "2 d" } };
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        char words[WHEN_SIZE];
        when_span(spans[i].milliseconds, words);
        assert_string_equal(words, spans[i].words);
    }
}

static void test_days(void **state) {
    (void)state;
    char text[WHEN_SIZE];
    when_day(1795424400000, text);
    assert_string_equal(text, "Monday, 23 November 2026");
    when_stamp(1795424400000, text);
    assert_string_equal(text, "2026-11-23 09:00");
    when_stamp_or(1795424400000, "-", text);
    assert_string_equal(text, "2026-11-23 09:00");
    when_stamp_or(0, "-", text);
    assert_string_equal(text, "-");
    when_short(1795424400000, 1795424500000, text);
    assert_string_equal(text, "09:00");
    when_short(1795424400000, 1795510800000, text);
    assert_string_equal(text, "23.11.");
    assert_int_equal(when_day_number(1795424400000), 20261123);
    when_day(UINT64_MAX, text);
    assert_true(text[0] != '\0');
}

/* A code of the smallest kind: 21 modules and the quiet zone, two rows in each line. */
static void test_qr(void **state) {
    (void)state;
    struct base_writer writer = base_writer(base_allocator_libc(), MAX * 4);
    assert_true(qr_write(&writer, "WEIBEL"));
    struct base_slice text = base_writer_view(&writer);
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++) {
        lines += text.data[i] == '\n' ? 1 : 0;
    }
    assert_int_equal(lines, (21 + 8 + 1) / 2);
    const char *finder = "    █▀▀▀▀▀█";
    assert_non_null(memmem(text.data, text.len, finder, strlen(finder)));
    base_writer_free(&writer);
    char much[QR_MAX_TEXT + 2];
    memset(much, 'x', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    writer = base_writer(base_allocator_libc(), MAX * 4);
    assert_false(qr_write(&writer, much));
    base_writer_free(&writer);
}

static void check_remark(const char *json, const char *expected) {
    cJSON *device = cJSON_Parse(json);
    assert_non_null(device);
    assert_string_equal(show_device_remark(device), expected);
    cJSON_Delete(device);
}

static void test_device(void **state) {
    (void)state;
    check_remark("{\"current\":false}", "");
    check_remark("{\"current\":true}", "  (this one)");
    check_remark("{\"current\":false,\"missing\":true}", "  (the server does not know this device)");
}

int main(void) {
    (void)setenv("TZ", "UTC", 1);
    (void)setenv("LC_ALL", "C.UTF-8", 1);
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_gist),  cmocka_unit_test(test_media),
                                        cmocka_unit_test(test_rate),  cmocka_unit_test(test_spans),
                                        cmocka_unit_test(test_days),  cmocka_unit_test(test_qr),
                                        cmocka_unit_test(test_device) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
