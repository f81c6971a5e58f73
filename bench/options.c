/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The command line, by a table.
 */
#define _GNU_SOURCE
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static bool is_word(const struct bench_option *option) {
    return option->name[0] != '-';
}

int bench_options_wrong(const char *program, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program);
    (void)vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n%s --help says what it takes\n", program);
    va_end(arguments);
    return EX_USAGE;
}

static void print_usage(const struct bench_options *options) {
    printf("%s", options->program);
    for (size_t i = 0; i < options->count; i++) {
        const struct bench_option *option = &options->options[i];
        if (is_word(option)) {
            printf(" [%s]", option->name);
        }
    }
    printf(" [OPTION]...\n\n%s\n", options->says);
    for (size_t i = 0; i < options->count; i++) {
        const struct bench_option *option = &options->options[i];
        char left[64];
        (void)snprintf(left, sizeof left, "%s %s", option->name, option->value == NULL ? "" : option->value);
        printf("  %-20s %s", left, option->says);
        if (option->number != NULL) {
            printf(" (%u)", *option->number);
        } else if (option->text != NULL && *option->text != NULL) {
            printf(" (%s)", *option->text);
        }
        printf("\n");
    }
    printf("  %-20s this text\n", "--help");
}

static bool read_number(const char *text, unsigned *out) {
    unsigned value = 0;
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > 9 || text[len] != 0) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *out = value;
    return true;
}

static int take(const struct bench_options *options, const struct bench_option *option, const char *text) {
    unsigned value = 0;
    if (option->text != NULL) {
        *option->text = text;
        return EX_OK;
    }
    if (!read_number(text, &value) || value < option->least || value > option->most) {
        return bench_options_wrong(options->program, "%s is a number from %u to %u, not \"%s\"", option->name,
                                   option->least, option->most, text);
    }
    *option->number = value;
    return EX_OK;
}

/* The option of this name; `value` is what follows its '=', or NULL. */
static const struct bench_option *find(const struct bench_options *options, const char *word, const char **value) {
    const char *equals = strchr(word, '=');
    size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
    *value = equals == NULL ? NULL : equals + 1;
    for (size_t i = 0; i < options->count; i++) {
        const char *name = options->options[i].name;
        if (strlen(name) == len && strncmp(name, word, len) == 0) {
            return &options->options[i];
        }
    }
    return NULL;
}

static const struct bench_option *nth_word(const struct bench_options *options, size_t n) {
    for (size_t i = 0; i < options->count; i++) {
        if (is_word(&options->options[i]) && n-- == 0) {
            return &options->options[i];
        }
    }
    return NULL;
}

/* Takes what begins at argv[*at]. */
static int take_next(const struct bench_options *options, char **argv, int *at, size_t *words) {
    const char *word = argv[*at], *value = NULL;
    if (word[0] != '-') {
        const struct bench_option *option = nth_word(options, (*words)++);
        return option == NULL ? bench_options_wrong(options->program, "\"%s\" is too much", word)
                              : take(options, option, word);
    }
    const struct bench_option *option = find(options, word, &value);
    if (option == NULL) {
        return bench_options_wrong(options->program, "there is no option \"%s\"", word);
    }
    if (option->flag != NULL) {
        *option->flag = true;
        return value == NULL ? EX_OK : bench_options_wrong(options->program, "%s takes no value", option->name);
    }
    if (value == NULL) {
        value = argv[*at + 1];
        *at += 1;
    }
    return value == NULL ? bench_options_wrong(options->program, "%s wants a value: %s", option->name, option->value)
                         : take(options, option, value);
}

bool bench_options_take(const struct bench_options *options, int argc, char **argv, int *code) {
    size_t words = 0;
    *code = EX_OK;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_usage(options);
            return false;
        }
    }
    for (int i = 1; *code == EX_OK && i < argc; i++) {
        *code = take_next(options, argv, &i, &words);
    }
    return *code == EX_OK;
}
