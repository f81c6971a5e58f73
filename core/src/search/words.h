/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Words as they are searched for: without case and accents, so that "zuruck" finds "zurück", and "Zürich" "ZURICH".
 */
#ifndef CORE_SEARCH_WORDS_H
#define CORE_SEARCH_WORDS_H

#include "base/bytes.h"

enum {
    SEARCH_MAX_WORD = 32, /**< bytes of a folded word; longer ones are cut off, on both sides of a search alike */
    SEARCH_STEM = 2,      /**< characters by which words are put together, and the least that is searched for */
};

/** A folded word. Zeroed where it ends. */
struct search_word {
    uint8_t len;
    uint8_t bytes[SEARCH_MAX_WORD];
};

/**
 * Takes the next word out of a text: letters and digits in a row, folded. False: there is none any more. What is not
 * UTF-8 stands between words.
 */
bool search_next_word(struct base_slice *text, struct search_word *out);

/** Bytes of the word's first SEARCH_STEM characters; 0 if it has fewer. */
size_t search_stem_len(const struct search_word *word);

/** Whether a word begins with another one. */
bool search_begins_with(const struct search_word *word, const struct search_word *prefix);

/** Whether some word of a text begins with each of these. */
bool search_text_has(struct base_slice text, const struct search_word *wanted);

#endif
