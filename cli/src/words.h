/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The words this program says. Every text for people stands as _("…") where it is said, or as N_("…") in a constant
 * table and _() where it is said; words_*.c have them in the other languages.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stddef.h>

#define _(ENGLISH) words_say(ENGLISH)
#define N_(ENGLISH) ENGLISH

enum words_language {
    WORDS_ENGLISH,
    WORDS_GERMAN,
    WORDS_FRENCH,
    WORDS_ITALIAN,
    WORDS_LANGUAGES,
};

/** A text in all languages; the English one is its name. */
struct words_row {
    const char *in[WORDS_LANGUAGES];
};

/** All tables; the last one is NULL. */
struct words_table {
    const struct words_row *rows;
    size_t count;
};
extern const struct words_table *const words_tables[];

/** `english` in the language that the environment asks for (LANGUAGE, LC_ALL, LC_MESSAGES, LANG); itself if it is none
 * of the texts. Not freed. */
const char *words_say(const char *english) __attribute__((format_arg(1)));

/** The language that the environment asks for. */
enum words_language words_language(void);

/** `english` in `language`; NULL if it is none of the texts. */
const char *words_in(enum words_language language, const char *english);

#endif
