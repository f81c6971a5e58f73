/* SPDX-License-Identifier: EUPL-1.2 */
/* A conversation in rows: days, writers, texts, states, and that nothing of a peer's gets out of its place. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen/layout.h"
#include "test/cmocka.h"

enum { WIDTH = 40, MAX = 8192 };

static struct show people(void) {
    return (struct show){
        .contacts =
            cJSON_Parse("[{\"id\":\"7K2M-9QXA\",\"name\":\"Anna\"},{\"id\":\"3TXE-9XH5\",\"name\":\"Ben Muster\"}]")
    };
}

/* As the screen would have it: a row a line, without spaces at the end. */
static void draw(const struct rows *rows, char out[MAX]) {
    out[0] = '\0';
    for (size_t i = 0; i < rows->count; i++) {
        char line[1024] = "";
        unsigned at = 0;
        for (size_t k = 0; k < rows->rows[i].count; k++) {
            const struct span *span = &rows->spans[rows->rows[i].first + k];
            struct base_slice text = rows_text(rows, span);
            assert_true(span->column >= at);
            assert_true(span->column + span->columns <= WIDTH);
            assert_int_equal(text_columns(text), span->columns);
            (void)snprintf(line + strlen(line), sizeof line - strlen(line), "%*s%.*s", (int)(span->column - at), "",
                           (int)text.len, (const char *)text.data);
            at = span->column + span->columns;
        }
        (void)snprintf(out + strlen(out), MAX - strlen(out), "%s\n", line);
    }
}

static void check_with(const char *json, const struct layout *given, const char *expected) {
    struct show show = people();
    cJSON *messages = cJSON_Parse(json);
    assert_non_null(messages);
    struct layout layout = *given;
    struct rows rows = rows_make();
    char out[MAX];
    layout.messages = messages;
    layout.show = &show;
    layout.width = WIDTH;
    layout.now = layout.now == 0 ? 1795600000000 : layout.now;
    layout_conversation(&rows, &layout);
    draw(&rows, out);
    assert_string_equal(out, expected);
    rows_free(&rows);
    cJSON_Delete(messages);
    show_close(&show);
}

static void check(const char *json, const char *expected) {
    check_with(json, &(struct layout){ 0 }, expected);
}

/* 2026-11-23 09:00 and 12:00, in UTC. */
#define ANNA "\"kind\":\"message\",\"from\":\"7K2M-9QXA\",\"own\":false,\"sent_at\":1795424400000"
#define OWN "\"kind\":\"message\",\"from\":\"3F8T-WZ0C\",\"own\":true,\"sent_at\":1795435200000"
#define DAY "─────── Monday, 23 November 2026 ───────\n"

static void test_conversation(void **state) {
    (void)state;
    check("[{\"id\":\"a\",\"number\":1," ANNA ",\"text\":\"Are you coming at nine?\"},"
          "{\"id\":\"b\",\"number\":2," ANNA ",\"text\":\"Or at ten, which would suit me rather better?\"},"
          "{\"id\":\"c\",\"number\":3," OWN ",\"text\":\"Yes\",\"state\":\"sent\",\"reply_to\":\"a\"}]",
          DAY "\n Anna\n 09:00  Are you coming at nine?\n"
              " 09:00  Or at ten, which would suit me\n        rather better?\n"
              "\n You\n 12:00  │ Anna: Are you coming at nine?\n        Yes                           ✓\n");
    check("[]", "\n No messages yet. What you write here\n can be read by nobody but the members\n of this chat.\n");
}

static void test_blank_lines(void **state) {
    (void)state;
    check("[{\"id\":\"a\",\"number\":1," ANNA
          ",\"text\":\"one\\n\\n\\ntwo\\n \\n\\t\\r\\n\\u00a0\\n\\u3000\\nthree\\n\\n\\n\\n\"},"
          "{\"id\":\"b\",\"number\":2," ANNA ",\"text\":\"\\n\\n\\n\"},"
          "{\"id\":\"c\",\"number\":3," ANNA ",\"text\":\"\\nfour\"}]",
          DAY "\n Anna\n 09:00  one\n\n\n        two\n        (4 empty lines)\n        three\n        (4 empty lines)\n"
              " 09:00  (4 empty lines)\n 09:00\n        four\n");
}

static void test_topics(void **state) {
    (void)state;
    static const char messages[] =
        "[{\"id\":\"a\",\"number\":1," ANNA ",\"text\":\"Are you coming?\"},"
        "{\"id\":\"b\",\"number\":2," ANNA ",\"text\":\"At nine?\",\"thread\":\"a\"},"
        "{\"id\":\"c\",\"number\":3," OWN ",\"text\":\"Or ten\",\"thread\":\"a\",\"state\":\"sent\"}]";
    cJSON *topics = cJSON_Parse("[{\"thread\":\"a\",\"count\":2,\"last\":3,\"new\":true}]");
    check_with(messages, &(struct layout){ .topics = topics },
               DAY "\n Anna\n 09:00  Are you coming?\n        ⤷ 2 in the thread, new\n"
                   " 09:00  ↳ Anna: Are you coming?\n        At nine?\n"
                   "\n You\n 12:00  Or ten                        ✓\n");
    check_with(messages, &(struct layout){ .topics = topics, .topic = "a" },
               DAY "\n Anna\n 09:00  Are you coming?\n\n──────────────── Thread ────────────────\n"
                   "\n Anna\n 09:00  At nine?\n"
                   "\n You\n 12:00  Or ten                        ✓\n");
    cJSON_Delete(topics);
}

/* What has a style of its own, with its style's number. */
static void check_styles(const char *json, const char *expected) {
    struct show show = people();
    cJSON *messages = cJSON_Parse(json);
    struct layout layout = { .messages = messages, .show = &show, .width = WIDTH, .now = 1795600000000 };
    struct rows rows = rows_make();
    char out[MAX] = "";
    (void)snprintf(show.own, sizeof show.own, "6SSP-P007");
    layout_conversation(&rows, &layout);
    for (size_t i = 0; i < rows.span_count; i++) {
        struct base_slice text = rows_text(&rows, &rows.spans[i]);
        if (rows.spans[i].style == STYLE_CALL || rows.spans[i].style == STYLE_PERSON) {
            (void)snprintf(out + strlen(out), MAX - strlen(out), "%d:%.*s ", rows.spans[i].style == STYLE_CALL,
                           (int)text.len, (const char *)text.data);
        }
    }
    assert_string_equal(out, expected);
    rows_free(&rows);
    cJSON_Delete(messages);
    show_close(&show);
}

static void test_mentions(void **state) {
    (void)state;
    check_styles("[{\"id\":\"a\",\"number\":1," OWN ",\"text\":\"to @3TXE-9XH5, @3TXE-9XH4 and @6SSP-P007\"}]",
                 "0:@Ben Muster 1:@You ");
    check_styles("[{\"id\":\"a\",\"number\":1," OWN ",\"text\":\"for all of us, as it is: @3TXE-9XH5\"}]",
                 "0:@Ben 0:Muster ");
    check_styles("[{\"id\":\"a\",\"number\":1," OWN ",\"text\":\"you\",\"mentions\":[\"6SSP-P007\",\"3TXE-9XH5\"]}]",
                 "1:@You 0:@Ben Muster ");
}

static void test_states(void **state) {
    (void)state;
    static const struct {
        const char *json, *sign;
    } states[] = {
        { "\"state\":\"queued\"", "                       waiting\n" },
        { "\"state\":\"sent\"", "                             ✓\n" },
        { "\"state\":\"delivered\"", "                            ✓✓\n" },
        { "\"state\":\"read\"", "                       ✓✓ read\n" },
        { "\"state\":\"sent\",\"receipts\":{\"delivered\":3,\"read\":2,\"of\":5}", "             ✓✓ read by 2 of 5\n" },
        { "\"state\":\"failed\",\"error\":{\"code\":3,\"message\":\"no\"}", "\n        ✗ not sent: no\n" },
    };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        char json[512], expected[512];
        (void)snprintf(json, sizeof json, "[{" OWN ",\"text\":\"x\",%s}]", states[i].json);
        (void)snprintf(expected, sizeof expected, DAY "\n You\n 12:00  x%s", states[i].sign);
        check(json, expected);
    }
}

static void test_marks(void **state) {
    (void)state;
    check("[{" ANNA ",\"text\":\"x\",\"edited_at\":1795424500000,"
          "\"reactions\":[{\"emoji\":\"👍\",\"from\":[\"a\",\"b\"],\"own\":true}]}]",
          DAY "\n Anna\n 09:00  x\n        👍 2                     edited\n");
    check("[{" ANNA ",\"text\":\"\",\"deleted\":true,\"edited_at\":1}]", DAY "\n Anna\n 09:00  (deleted)\n");
    check("[{" ANNA ",\"text\":\"x\",\"handed_by\":\"a\\u0007\"}]",
          DAY "\n Anna\n 09:00  (handed on by a␇)\n        x\n");
    check("[{" ANNA ",\"text\":\"\",\"files\":[{\"name\":\"a.png\",\"size\":2048,\"kind\":\"image\",\"width\":3,"
          "\"height\":4}]}]",
          DAY "\n Anna\n 09:00  [Image: a.png, 2.0 kB, 3×4]\n");
    check("[{" ANNA ",\"text\":\"\",\"poll\":{\"question\":\"When?\",\"options\":[{\"text\":\"nine\",\"votes\":2},"
          "{\"text\":\"ten\",\"votes\":0}],\"closed\":true}}]",
          DAY "\n Anna\n 09:00  When?\n         1. nine: 2\n         2. ten: 0\n        (this poll is closed)\n");
    check("[{" ANNA ",\"text\":\"\",\"location\":{\"latitude\":46.94809,\"longitude\":7.44744,\"name\":\"Bern\"}}]",
          DAY "\n Anna\n 09:00  Place: 46.94809, 7.44744 Bern\n");
    check_with("[{" ANNA ",\"text\":\"x\",\"expires_at\":1795424460000}]", &(struct layout){ .now = 1795424400000 },
               "──────────────── Today ────────────────\n\n Anna\n 09:00  x                        ⧖ 60 s\n");
}

static void test_notices(void **state) {
    (void)state;
    check("[{\"kind\":\"notice\",\"notice\":\"added\",\"sent_at\":1795424400000,\"text\":\"Anna added Ben\","
          "\"words\":\"%s added %s\",\"parts\":[\"Anna\",\"Ben\"]}]",
          DAY "\n 09:00  Anna added Ben\n");
}

static void test_hostile(void **state) {
    (void)state;
    check("[{" ANNA ",\"text\":\"a\\u001b[31mb\\u0007\\u202Ec\\n\\n You\\n 12:00  yes\"}]",
          DAY "\n Anna\n 09:00  a␛[31mb␇<U+202E>c\n\n         You\n         12:00  yes\n");
    check("[{" ANNA ",\"text\":\"\",\"files\":[{\"name\":\"a\\nb\\u202Egnp.exe\",\"size\":1}]}]",
          DAY "\n Anna\n 09:00  [File: a␊b<U+202E>gnp.exe, 1\n        bytes]\n");
    /* Members of other kinds than they should be, and none at all. */
    check("[{\"kind\":\"message\",\"from\":5,\"own\":\"x\",\"sent_at\":1795424400000,\"text\":[],\"files\":{},"
          "\"reactions\":7,\"poll\":1,\"location\":[],\"state\":{}}]",
          DAY "\n\n 09:00\n        Place: 0.00000, 0.00000 \n");
}

static void test_new_and_older(void **state) {
    (void)state;
    check_with("[{\"number\":7," ANNA ",\"text\":\"x\"},{\"number\":8," ANNA ",\"text\":\"y\"}]",
               &(struct layout){ .new_from = 8, .older = true },
               "─────── older messages: Page Up ───────\n\n" DAY
               "\n Anna\n 09:00  x\n\n───────────────── New ─────────────────\n\n Anna\n 09:00  y\n");
}

/* What is too long to stand beside its text stands above it. */
static void test_labels(void **state) {
    (void)state;
    struct rows rows = rows_make();
    char out[MAX];
    rows_labelled(&rows, -1, 1, 10, WIDTH, STYLE_DIM, "Name", "Anna");
    rows_labelled(&rows, -1, 1, 10, WIDTH, STYLE_DIM, "Nummer 89", "12345 67890 12345 67890 12345 67890");
    rows_labelled(&rows, -1, 1, 10, WIDTH, STYLE_DIM, "Sicherheitsnummer", "12345");
    draw(&rows, out);
    assert_string_equal(out, " Name     Anna\n"
                             " Nummer 89\n"
                             "          12345 67890 12345 67890 12345\n"
                             "          67890\n"
                             " Sicherheitsnummer\n"
                             "          12345\n");
    rows_free(&rows);
}

int main(void) {
    (void)setlocale(LC_ALL, "C.UTF-8");
    (void)setenv("TZ", "UTC", 1);
    (void)setenv("LC_ALL", "C.UTF-8", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),        cmocka_unit_test(test_conversation), cmocka_unit_test(test_states),
        cmocka_unit_test(test_marks),         cmocka_unit_test(test_notices),      cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_new_and_older), cmocka_unit_test(test_blank_lines),  cmocka_unit_test(test_topics),
        cmocka_unit_test(test_mentions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
