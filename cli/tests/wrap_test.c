/* SPDX-License-Identifier: EUPL-1.2 */
/* Rows of text: broken at spaces, in long words, never within a character and what combines with it. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "screen/wrap.h"
#include "test/cmocka.h"
#include "test/random.h"
#include "text.h"

/* The rows with a bar behind each. */
static void check(const char *text, unsigned width, const char *expected) {
    char rows[512] = "";
    struct wrap wrap = wrap_begin(base_slice_text(text), width);
    struct wrap_row row;
    while (wrap_next(&wrap, &row)) {
        (void)snprintf(rows + strlen(rows), sizeof rows - strlen(rows), "%.*s|", (int)row.len, text + row.at);
        assert_int_equal(row.columns, text_columns(base_slice(text + row.at, row.len)));
    }
    assert_string_equal(rows, expected);
}

static void test_words(void **state) {
    (void)state;
    check("", 5, "|");
    check("one two three", 7, "one two|three|");
    check("one two three", 8, "one two|three|");
    check("one two", 7, "one two|");
    check("a\n\nb\n", 5, "a||b||");
    check("Donaudampfschiff", 5, "Donau|dampf|schif|f|");
    check("to Donaudampfschiff", 5, "to|Donau|dampf|schif|f|");
    check("  indented", 20, "  indented|");
    check("x", 0, "x|");
}

static void test_wide_and_combining(void **state) {
    (void)state;
    check("你好你好", 5, "你好|你好|");
    check("a你", 2, "a|你|");
    check("你", 1, "你|");
    check("e\xcc\x81"
          "e\xcc\x81"
          "e\xcc\x81",
          2,
          "e\xcc\x81"
          "e\xcc\x81|e\xcc\x81|");
    check("שלום עולם", 5, "שלום|עולם|");
}

static void test_clusters(void **state) {
    (void)state;
    unsigned columns;
    const char *accented = "e\xcc\x81x";
    assert_int_equal(wrap_cluster(base_slice_text(accented), &columns), 3);
    assert_int_equal(columns, 1);
    assert_int_equal(wrap_before(base_slice_text(accented), 3), 0);
    assert_int_equal(wrap_before(base_slice_text(accented), 4), 3);
    assert_int_equal(wrap_before(base_slice_text(accented), 0), 0);
    assert_int_equal(wrap_before(base_slice_text("a\nb"), 2), 1);
    assert_int_equal(wrap_before(base_slice_text("a\nb"), 3), 2);
    const char *family = "👩‍👩‍👧!";
    assert_int_equal(wrap_cluster(base_slice_text(family), &columns), strlen(family) - 1);
    /* Marks that are piled up without end become characters of their own. */
    char pile[302] = "a";
    for (size_t i = 1; i + 2 < sizeof pile; i += 2) {
        pile[i] = '\xcc';
        pile[i + 1] = '\x81';
    }
    assert_true(wrap_cluster(base_slice_text(pile), &columns) < 70);
}

static void test_cut(void **state) {
    (void)state;
    assert_int_equal(wrap_cut(base_slice_text("abc"), 2).len, 2);
    assert_int_equal(wrap_cut(base_slice_text("abc"), 9).len, 3);
    assert_int_equal(wrap_cut(base_slice_text("a你b"), 2).len, 1);
    assert_int_equal(wrap_cut(base_slice_text("a你b"), 0).len, 0);
}

/* Whatever bytes: rows follow each other, none is too wide, nothing but one space or line break is between them. */
static void test_random(void **state) {
    (void)state;
    struct test_random random;
    test_random_init(&random, 7);
    for (int i = 0; i < 2000; i++) {
        uint8_t text[64];
        size_t len = test_random_below(&random, sizeof text);
        for (size_t k = 0; k < len; k++) {
            text[k] = test_random_below(&random, 3) == 0 ? ' ' : (uint8_t)test_random_next(&random);
        }
        unsigned width = (unsigned)test_random_below(&random, 12);
        struct wrap wrap = wrap_begin(base_slice(text, len), width);
        struct wrap_row row;
        size_t at = 0;
        while (wrap_next(&wrap, &row)) {
            assert_true(row.at == at || row.at == at + 1);
            at = row.at + row.len;
        }
        assert_int_equal(at, len);
    }
}

int main(void) {
    (void)setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),    cmocka_unit_test(test_wide_and_combining),
        cmocka_unit_test(test_clusters), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
