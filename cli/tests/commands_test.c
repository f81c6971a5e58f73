/* SPDX-License-Identifier: EUPL-1.2 */
/* The table of commands has the form that the help needs. */
#include <string.h>

#include "commands.h"
#include "test/cmocka.h"

static void test_own_table(void **state) {
    (void)state;
    enum { WIDEST = 112 };
    for (const struct args_command *c = commands; c->name != NULL; c++) {
        print_message("%s\n", c->name);
        assert_non_null(c->run);
        assert_true(c->least <= c->most);
        assert_int_equal(c->options & ARGS_EVERYWHERE, 0);
        assert_true(c->summary[strlen(c->summary) - 1] != '.');
        assert_true(c->help[strlen(c->help) - 1] == '.');
        assert_true(c->examples != NULL && strncmp(c->examples, "  ", 2) == 0);
        for (const char *line = c->help; line != NULL; line = strchr(line, '\n')) {
            line += *line == '\n' ? 1 : 0;
            assert_true(strcspn(line, "\n") <= WIDEST);
        }
        for (const struct args_command *other = c + 1; other->name != NULL; other++) {
            assert_string_not_equal(c->name, other->name);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_own_table) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
