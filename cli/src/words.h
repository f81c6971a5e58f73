/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The words this program says. Every text for people stands as _("…") where it is said, or as N_("…") in a constant
 * table and _() where it is said, so that the texts can be collected, and another language can be put in at one place.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#define _(ENGLISH) (ENGLISH)
#define N_(ENGLISH) ENGLISH

#endif
