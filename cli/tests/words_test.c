/* SPDX-License-Identifier: EUPL-1.2 */
/* The tables of words: all four languages, the same conversions in each, and the language that the environment asks
 * for. That no text is missing is a whole-system test, as only the sources know what there is. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "show.h"
#include "test/cmocka.h"
#include "words.h"

enum { MAX_CONVERSIONS = 64 };

/* The conversions of a text, one after the other: "%s%lu". */
static void conversions(const char *text, char out[MAX_CONVERSIONS]) {
    size_t len = 0;
    for (; *text != '\0'; text++) {
        if (*text != '%') {
            continue;
        }
        size_t spec = text[1] == '%' ? 2 : strcspn(text, "sud") + 1;
        assert_true(len + spec < MAX_CONVERSIONS && spec <= strlen(text));
        memcpy(out + len, text, spec);
        len += spec;
        text += spec - 1;
    }
    out[len] = '\0';
}

static bool same_ends(const char *a, const char *b) {
    size_t a_len = strlen(a), b_len = strlen(b);
    char a_last = a_len == 0 ? 'x' : a[a_len - 1], b_last = b_len == 0 ? 'x' : b[b_len - 1];
    return (a_last == ' ') == (b_last == ' ') && (a_last == '\n') == (b_last == '\n') &&
           (a[0] == ' ') == (b[0] == ' ') && (a[0] == '\n') == (b[0] == '\n');
}

static void test_rows(void **state) {
    (void)state;
    for (const struct words_table *const *table = words_tables; *table != NULL; table++) {
        for (size_t i = 0; i < (*table)->count; i++) {
            const struct words_row *row = &(*table)->rows[i];
            char english[MAX_CONVERSIONS];
            conversions(row->in[WORDS_ENGLISH], english);
            for (int language = 0; language < WORDS_LANGUAGES; language++) {
                const char *text = row->in[language];
                char own[MAX_CONVERSIONS];
                print_message("%s\n", text);
                assert_true(text != NULL && text[0] != '\0');
                conversions(text, own);
                assert_string_equal(own, english);
                assert_true(same_ends(text, row->in[WORDS_ENGLISH]));
                assert_null(strstr(text, "ß"));
            }
            /* A second row of the same name would never be found. */
            assert_ptr_equal(words_in(WORDS_GERMAN, row->in[WORDS_ENGLISH]), row->in[WORDS_GERMAN]);
        }
    }
    assert_null(words_in(WORDS_GERMAN, "there is no such text"));
}

static void check_language(const char *language, const char *all, const char *messages, const char *lang,
                           enum words_language expected) {
    (void)setenv("LANGUAGE", language, 1);
    (void)setenv("LC_ALL", all, 1);
    (void)setenv("LC_MESSAGES", messages, 1);
    (void)setenv("LANG", lang, 1);
    assert_int_equal(words_language(), expected);
}

static void test_language(void **state) {
    (void)state;
    check_language("", "", "", "", WORDS_ENGLISH);
    check_language("", "", "", "de_CH.UTF-8", WORDS_GERMAN);
    check_language("", "", "fr_CH", "de_CH.UTF-8", WORDS_FRENCH);
    check_language("", "it", "fr_CH", "de_CH.UTF-8", WORDS_ITALIAN);
    check_language("fr:de", "", "", "en_GB.UTF-8", WORDS_FRENCH);
    check_language("rm:it", "", "", "de_CH.UTF-8", WORDS_ITALIAN);
    check_language("rm", "", "", "de_CH.UTF-8", WORDS_GERMAN);
    check_language("de", "C.UTF-8", "", "de_CH.UTF-8", WORDS_ENGLISH);
    check_language("de", "", "", "", WORDS_ENGLISH);
    check_language("", "", "", "deutsch", WORDS_ENGLISH);
    check_language("", "", "", "pl_PL.UTF-8", WORDS_ENGLISH);
    check_language("", "", "", "de_CH.UTF-8", WORDS_GERMAN);
    assert_string_equal(words_say("Monday"), "Montag");
    assert_string_equal(words_say("Anna"), "Anna");
}

static void check_notice(const char *json, const char *expected) {
    struct base_writer writer = base_writer(base_allocator_libc(), 4096);
    cJSON *message = cJSON_Parse(json);
    show_notice(&writer, message);
    struct base_slice said = base_writer_view(&writer);
    assert_int_equal(said.len, strlen(expected));
    assert_memory_equal(said.data, expected, said.len);
    base_writer_free(&writer);
    cJSON_Delete(message);
}

static void test_notices(void **state) {
    (void)state;
    check_language("", "", "", "de_CH.UTF-8", WORDS_GERMAN);
    check_notice("{\"text\":\"Anna added Ben\",\"words\":\"%s added %s\",\"parts\":[\"Anna\",\"Ben\"]}",
                 "Anna hat Ben hinzugefügt");
    check_notice("{\"text\":\"x\",\"words\":\"not known here: %s\",\"parts\":[\"y\"]}", "x");
    check_notice("{\"text\":\"x\",\"words\":\"%s added %s\",\"parts\":[\"%s\"]}", "%s hat  hinzugefügt");
    check_notice("{\"text\":\"x\",\"words\":\"%s added %s\",\"parts\":7}", " hat  hinzugefügt");
    check_notice("{\"text\":\"x\",\"words\":\"%s added you\",\"parts\":[\"yes\"]}", "yes hat Sie hinzugefügt");
    check_notice("{\"notice\":\"refused\",\"words\":\"A change of the group was not possible: %s\","
                 "\"parts\":[\"this person is a member already\"]}",
                 "Eine Änderung der Gruppe war nicht möglich: diese Person ist schon Mitglied");
    check_notice("{\"words\":\"You let messages disappear after %s\",\"parts\":[\"7 days\"]}",
                 "Sie lassen Nachrichten nach dieser Zeit verschwinden: 7 Tage");
    check_notice("{\"words\":\"%s lets messages disappear after %s\",\"parts\":[\"2 days\",\"1 hour\"]}",
                 "2 days lässt Nachrichten nach dieser Zeit verschwinden: 1 Stunde");
    check_notice("{\"words\":\"You let messages disappear after %s\",\"parts\":[\"a while\"]}",
                 "Sie lassen Nachrichten nach dieser Zeit verschwinden: a while");
    check_language("", "C", "", "", WORDS_ENGLISH);
    check_notice("{\"words\":\"You let messages disappear after %s\",\"parts\":[\"1 minute\"]}",
                 "You let messages disappear after 1 minute");
    check_notice("{\"text\":\"Anna added Ben\",\"words\":\"%s added %s\",\"parts\":[\"Anna\",\"Ben\"]}",
                 "Anna added Ben");
}

static void check_error(const char *error, const char *expected) {
    cJSON *parsed = cJSON_Parse(error);
    char copy[256];
    assert_non_null(parsed);
    exit_copy_words(parsed, copy, sizeof copy);
    assert_string_equal(copy, expected);
    cJSON_Delete(parsed);
}

/* Which server cannot be reached is said in any language, and how long to wait. */
static void test_errors(void **state) {
    (void)state;
    static const char offline[] =
        "{\"message\":\"no connection to http://[::1]:80: refused\",\"data\":{\"name\":\"offline\"}}";
    check_language("", "C", "", "", WORDS_ENGLISH);
    check_error(offline, "no connection to http://[::1]:80: refused");
    check_language("", "", "", "de_CH.UTF-8", WORDS_GERMAN);
    check_error(offline, "es besteht keine Verbindung (http://[::1]:80)");
    check_error("{\"message\":\"no connection to http://x\",\"data\":{\"name\":\"offline\"}}",
                "es besteht keine Verbindung (http://x)");
    check_error("{\"message\":\"the connection was lost\",\"data\":{\"name\":\"offline\"}}",
                "es besteht keine Verbindung");
    check_error("{}", "ein unbekannter Fehler");
    check_error("{\"message\":\"x\",\"data\":{\"name\":\"too_often\",\"wait\":119}}",
                "zu viele Anfragen; der Server bittet zu warten (119 s)");
    check_error("{\"message\":\"x\",\"data\":{\"name\":\"too_often\",\"wait\":120}}",
                "zu viele Anfragen; der Server bittet zu warten (3 min)");
    char cut[8];
    cJSON *parsed = cJSON_Parse(offline);
    exit_copy_words(parsed, cut, sizeof cut);
    assert_string_equal(cut, "es best");
    cJSON_Delete(parsed);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_language),
                                        cmocka_unit_test(test_notices), cmocka_unit_test(test_errors) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
