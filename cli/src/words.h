/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The words this program says. Every text for people stands as _("…") where it is said, or as N_("…") in a constant
 * table and _() where it is said, so that it can be said in the reader's language.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

/** `english` in the language of the user. The text is constant. */
const char *words_translate(const char *english) __attribute__((format_arg(1)));

#define _(ENGLISH) words_translate(ENGLISH)
#define N_(ENGLISH) ENGLISH

#endif
