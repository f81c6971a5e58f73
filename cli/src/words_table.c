/* SPDX-License-Identifier: EUPL-1.2 */
/* The tables of words. */
#include "words.h"

const struct words_table words_tables[] = {
    { NULL, 0 },
};
