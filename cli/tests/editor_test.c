/* SPDX-License-Identifier: EUPL-1.2 */
/* What is being typed: keys, lines, whole characters, harmless text. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "screen/editor.h"
#include "test/cmocka.h"

enum { WIDTH = 10 };

static void press(struct editor *editor, enum keys_kind kind) {
    (void)editor_key(editor, (struct keys_press){ kind, 0 }, WIDTH);
}

static void control(struct editor *editor, uint32_t c) {
    assert_true(editor_key(editor, (struct keys_press){ KEYS_CONTROL, c }, WIDTH));
}

/* Text with "^" where the cursor is. */
static void check(const struct editor *editor, const char *expected) {
    char text[256];
    (void)snprintf(text, sizeof text, "%.*s^%s", (int)editor->cursor, editor_text(editor),
                   editor_text(editor) + editor->cursor);
    assert_string_equal(text, expected);
}

static void test_typing(void **state) {
    (void)state;
    struct editor editor = editor_make(100, false);
    check(&editor, "^");
    press(&editor, KEYS_BACKSPACE);
    press(&editor, KEYS_DELETE);
    press(&editor, KEYS_LEFT);
    check(&editor, "^");
    (void)editor_key(&editor, (struct keys_press){ KEYS_CHARACTER, 0xfc }, WIDTH);
    (void)editor_key(&editor, (struct keys_press){ KEYS_CHARACTER, 'b' }, WIDTH);
    press(&editor, KEYS_LEFT);
    check(&editor, "ü^b");
    press(&editor, KEYS_BACKSPACE);
    check(&editor, "^b");
    editor_insert(&editor, base_slice_text("e\xcc\x81"));
    check(&editor, "e\xcc\x81^b");
    press(&editor, KEYS_LEFT);
    check(&editor, "^e\xcc\x81"
                   "b");
    press(&editor, KEYS_DELETE);
    check(&editor, "^b");
    press(&editor, KEYS_NEW_LINE);
    check(&editor, "\n^b");
    editor_free(&editor);
}

static void test_words_and_lines(void **state) {
    (void)state;
    struct editor editor = editor_make(100, false);
    editor_set(&editor, "one two  three\nfour");
    press(&editor, KEYS_HOME);
    check(&editor, "one two  three\n^four");
    press(&editor, KEYS_WORD_LEFT);
    check(&editor, "one two  ^three\nfour");
    control(&editor, 'w');
    check(&editor, "one ^three\nfour");
    control(&editor, 'k');
    check(&editor, "one ^\nfour");
    control(&editor, 'y');
    check(&editor, "one three^\nfour");
    control(&editor, 'u');
    check(&editor, "^\nfour");
    press(&editor, KEYS_WORD_RIGHT);
    check(&editor, "\nfour^");
    control(&editor, 'a');
    control(&editor, 'd');
    check(&editor, "\n^our");
    control(&editor, 'e');
    control(&editor, 'h');
    check(&editor, "\nou^");
    assert_false(editor_key(&editor, (struct keys_press){ KEYS_CONTROL, 'g' }, WIDTH));
    assert_false(editor_key(&editor, (struct keys_press){ KEYS_ENTER, 0 }, WIDTH));
    editor_free(&editor);
}

static void test_rows(void **state) {
    (void)state;
    struct editor editor = editor_make(100, false);
    unsigned row, column, rows;
    editor_set(&editor, "abcdefgh ijklm\nx\nlonger");
    editor_place(&editor, WIDTH, &row, &column, &rows);
    assert_int_equal(rows, 4);
    assert_int_equal(row, 3);
    assert_int_equal(column, 6);
    press(&editor, KEYS_UP);
    check(&editor, "abcdefgh ijklm\nx^\nlonger");
    press(&editor, KEYS_UP);
    check(&editor, "abcdefgh ijklm^\nx\nlonger");
    press(&editor, KEYS_UP);
    check(&editor, "abcdef^gh ijklm\nx\nlonger");
    assert_false(editor_key(&editor, (struct keys_press){ KEYS_UP, 0 }, WIDTH));
    press(&editor, KEYS_DOWN);
    press(&editor, KEYS_DOWN);
    press(&editor, KEYS_DOWN);
    check(&editor, "abcdefgh ijklm\nx\nlonger^");
    assert_false(editor_key(&editor, (struct keys_press){ KEYS_DOWN, 0 }, WIDTH));
    editor_free(&editor);
}

static void test_what_may_come_in(void **state) {
    (void)state;
    struct editor editor = editor_make(8, true);
    editor_set(&editor, "a\nb\tc\033[0m");
    check(&editor, "a b c[0m^");
    editor_insert(&editor, base_slice_text("x"));
    check(&editor, "a b c[0m^"); /* full */
    editor_set(&editor, "\xe2\x80\xaex");
    check(&editor, "x^");
    editor_set(&editor, "ää你");
    check(&editor, "ää你^");
    editor_free(&editor);
    check(&editor, "^");
}

static void test_full(void **state) {
    (void)state;
    struct editor editor = editor_make(4, false);
    editor_insert(&editor, base_slice_text("abcd"));
    assert_false(editor.full);
    (void)editor_key(&editor, (struct keys_press){ KEYS_CHARACTER, 'e' }, WIDTH);
    check(&editor, "abcd^");
    assert_true(editor.full);
    editor_free(&editor);
}

int main(void) {
    (void)setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_typing),           cmocka_unit_test(test_full),
        cmocka_unit_test(test_words_and_lines),  cmocka_unit_test(test_rows),
        cmocka_unit_test(test_what_may_come_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
