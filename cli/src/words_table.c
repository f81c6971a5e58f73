/* SPDX-License-Identifier: EUPL-1.2 */
/* The tables of words, by what they are about. */
#include "words.h"

extern const struct words_table words_options;
extern const struct words_table words_help;
extern const struct words_table words_help_more;
extern const struct words_table words_said;
extern const struct words_table words_errors;
extern const struct words_table words_screen;
extern const struct words_table words_screen_more;
extern const struct words_table words_shown;
extern const struct words_table words_notices;
extern const struct words_table words_reasons;

const struct words_table *const words_tables[] = {
    &words_options,     &words_help,  &words_help_more, &words_said,    &words_errors, &words_screen,
    &words_screen_more, &words_shown, &words_notices,   &words_reasons, NULL,
};
