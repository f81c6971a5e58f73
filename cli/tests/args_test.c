/* SPDX-License-Identifier: EUPL-1.2 */
/* The command line is read as its table says, and what is wrong with it is named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "test/cmocka.h"

static const struct args_command commands[] = {
    { .name = "send",
      .operands = "TO [TEXT]",
      .least = 1,
      .most = 2,
      .options = ARGS_BIT(OPTION_FILE) | ARGS_BIT(OPTION_JSON),
      .summary = "Send",
      .help = "Sends.",
      .examples = "  weibel send X" },
    { .name = "mention", .options = ARGS_BIT(OPTION_MENTION), .summary = "Call", .help = "Calls." },
    { .name = "chats", .options = ARGS_BIT(OPTION_JSON), .summary = "List", .help = "Lists." },
    { .name = "group create",
      .operands = "NAME MEMBER...",
      .least = 2,
      .most = ARGS_ANY,
      .summary = "Make",
      .help = "Makes." },
    { .name = "group leave", .operands = "CHAT", .least = 1, .most = 1, .summary = "Leave", .help = "Leaves." },
    { .name = NULL },
};

static struct args args;

/* Parses the words of a line that has no spaces within them. */
static struct args_problem parse(const char *line) {
    static char copy[256];
    static char *words[64];
    int count = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        words[count++] = word;
    }
    return args_parse(commands, count, words, &args);
}

static void assert_problem(const char *line, int kind, const char *word) {
    struct args_problem problem = parse(line);
    assert_int_equal(problem.kind, kind);
    if (word != NULL) {
        assert_non_null(problem.word);
        assert_string_equal(problem.word, word);
    }
}

static void test_commands(void **state) {
    (void)state;
    assert_problem("send X hello", ARGS_FINE, NULL);
    assert_string_equal(args.command->name, "send");
    assert_int_equal(args.operand_count, 2);
    assert_string_equal(args.operands[1], "hello");
    assert_problem("group create Team A B C", ARGS_FINE, NULL);
    assert_string_equal(args.command->name, "group create");
    assert_int_equal(args.operand_count, 4);
}

static void test_options(void **state) {
    (void)state;
    assert_problem("--home /h send --file a X --file=b --json", ARGS_FINE, NULL);
    assert_string_equal(args.values[OPTION_HOME], "/h");
    assert_int_equal(args.file_count, 2);
    assert_string_equal(args.files[0], "a");
    assert_string_equal(args.files[1], "b");
    assert_non_null(args.values[OPTION_JSON]);
    assert_null(args.values[OPTION_CA]);
    assert_problem("send X -- --json", ARGS_FINE, NULL);
    assert_string_equal(args.operands[1], "--json");
    assert_null(args.values[OPTION_JSON]);
    assert_problem("send X -", ARGS_FINE, NULL);
    assert_problem("chats --home=", ARGS_FINE, NULL);
    assert_string_equal(args.values[OPTION_HOME], "");
}

static void test_problems(void **state) {
    (void)state;
    assert_problem("", ARGS_NO_COMMAND, NULL);
    assert_problem("group", ARGS_NO_COMMAND, "group");
    assert_problem("grou", ARGS_UNKNOWN_COMMAND, "grou");
    assert_problem("group destroy x", ARGS_UNKNOWN_COMMAND, "destroy");
    assert_problem("send X --bogus", ARGS_UNKNOWN_OPTION, "--bogus");
    assert_problem("send X -x", ARGS_UNKNOWN_OPTION, "-x");
    assert_problem("chats --file a", ARGS_OPTION_ELSEWHERE, "file");
    assert_problem("chats --home", ARGS_NO_VALUE, "home");
    assert_problem("chats --json=yes", ARGS_NEEDS_NO_VALUE, "json");
    assert_problem("send", ARGS_TOO_FEW, NULL);
    assert_problem("group create Team", ARGS_TOO_FEW, NULL);
    assert_problem("send X two words", ARGS_TOO_MANY, "words");
    assert_problem("chats x", ARGS_TOO_MANY, "x");
}

static void test_too_often(void **state) {
    (void)state;
    char *words[2 + ARGS_MAX_REPEATED + 1] = { "send", "X" };
    for (int i = 0; i <= ARGS_MAX_REPEATED; i++) {
        words[2 + i] = "--file=a";
    }
    assert_int_equal(args_parse(commands, 2 + ARGS_MAX_REPEATED, words, &args).kind, ARGS_FINE);
    assert_int_equal(args_parse(commands, 2 + ARGS_MAX_REPEATED + 1, words, &args).kind, ARGS_TOO_OFTEN);
}

static void test_help(void **state) {
    (void)state;
    assert_problem("help", ARGS_FINE, NULL);
    assert_non_null(args.values[OPTION_HELP]);
    assert_problem("help send", ARGS_FINE, NULL);
    assert_string_equal(args.command->name, "send");
    assert_non_null(args.values[OPTION_HELP]);
    assert_problem("send X help", ARGS_FINE, NULL);
    assert_null(args.values[OPTION_HELP]);
    static const struct {
        const char *line;
        const char *parts[4];
    } cases[] = {
        { "--help", { "send TO [TEXT]", "group leave CHAT", "--home DIR" } },
        { "-h", { "chats" } },
        { "group --help", { "group create NAME MEMBER...", "group leave" } },
        { "send --help",
          { "Usage: weibel [--home DIR] send TO [TEXT] [--json] [--file PATH]...", "Sends.", "weibel send X" } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_problem(cases[i].line, ARGS_FINE, NULL);
        assert_non_null(args.values[OPTION_HELP]);
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        args_help(out, commands, &args);
        fclose(out);
        for (size_t k = 0; k < 4 && cases[i].parts[k] != NULL; k++) {
            if (strstr(text, cases[i].parts[k]) == NULL) {
                fail_msg("%s misses \"%s\":\n%s", cases[i].line, cases[i].parts[k], text);
            }
        }
        free(text);
    }
}

/* Each kind of problem is put into words, with what would help. */
static void test_explained(void **state) {
    (void)state;
    static const char *const lines[] = {
        "", "group", "nonsense", "send X --bogus", "chats --file a", "chats --home", "chats --json=1", "send", "chats x"
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        struct args_problem problem = parse(lines[i]);
        args_explain(out, commands, &problem, &args);
        fclose(out);
        assert_int_equal(strncmp(text, "weibel: ", 8), 0);
        assert_non_null(strstr(text, "--help"));
        if (strcmp(lines[i], "group") == 0) {
            assert_non_null(strstr(text, ": create leave\n")); /* what could follow */
        }
        free(text);
    }
}

static void test_numbers(void **state) {
    (void)state;
    unsigned long n = 7;
    assert_true(args_number("0", 10, &n) && n == 0);
    assert_true(args_number("10", 10, &n) && n == 10);
    assert_false(args_number("11", 10, &n));
    assert_false(args_number("", 10, &n));
    assert_false(args_number("-1", 10, &n));
    assert_false(args_number("1x", 10, &n));
    assert_false(args_number("99999999999999999999999", ~0UL, &n));
    assert_true(args_number("9", 9, &n) && n == 9);
    assert_false(args_number("9", 5, &n));
    assert_true(args_duration("90s", 1000, &n) && n == 90);
    assert_true(args_duration("2h", 10000, &n) && n == 7200);
    assert_true(args_duration("7d", 7 * 86400, &n) && n == 7 * 86400);
    assert_false(args_duration("8d", 7 * 86400, &n));
    assert_false(args_duration("0s", 10, &n));
    assert_false(args_duration("s", 10, &n));
    assert_false(args_duration("5", 10, &n));
    assert_false(args_duration("5y", 10, &n));
    assert_false(args_duration("12345678901234567890s", ~0UL, &n));
}

static void test_yes_and_mentions(void **state) {
    (void)state;
    bool yes = false;
    assert_true(args_yes("yes", &yes) && yes);
    assert_true(args_yes("no", &yes) && !yes);
    assert_false(args_yes("Yes", &yes));
    assert_false(args_yes("", &yes));
    struct args_problem problem = parse("mention --mention a --mention=b");
    assert_int_equal(problem.kind, ARGS_FINE);
    assert_int_equal(args.mention_count, 2);
    assert_string_equal(args.mentions[1], "b");
    assert_string_equal(args.values[OPTION_MENTION], "b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands), cmocka_unit_test(test_options),
        cmocka_unit_test(test_problems), cmocka_unit_test(test_too_often),
        cmocka_unit_test(test_help),     cmocka_unit_test(test_explained),
        cmocka_unit_test(test_numbers),  cmocka_unit_test(test_yes_and_mentions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
