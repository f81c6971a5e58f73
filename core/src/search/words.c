/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Words and their folding: Latin letters lose case and accents, Greek and Cyrillic ones their case; other scripts stay.
 */
#include "search/words.h"

#include <string.h>

enum { FOLD_FIRST = 0xc0, FOLD_END = 0x180, MAX_FOLDED = 4 };

/* Latin-1 Supplement and Latin Extended-A from U+00C0 on; empty: not a letter. */
static const char folded[FOLD_END - FOLD_FIRST][3] = {
    "a", "a", "a",  "a", "a", "a", "ae", "c",  "e", "e", "e",  "e",  "i", "i", "i",  "i",  "d", "n", "o",  "o",
    "o", "o", "o",  "",  "o", "u", "u",  "u",  "u", "y", "th", "ss", "a", "a", "a",  "a",  "a", "a", "ae", "c",
    "e", "e", "e",  "e", "i", "i", "i",  "i",  "d", "n", "o",  "o",  "o", "o", "o",  "",   "o", "u", "u",  "u",
    "u", "y", "th", "y", "a", "a", "a",  "a",  "a", "a", "c",  "c",  "c", "c", "c",  "c",  "c", "c", "d",  "d",
    "d", "d", "e",  "e", "e", "e", "e",  "e",  "e", "e", "e",  "e",  "g", "g", "g",  "g",  "g", "g", "g",  "g",
    "h", "h", "h",  "h", "i", "i", "i",  "i",  "i", "i", "i",  "i",  "i", "i", "ij", "ij", "j", "j", "k",  "k",
    "k", "l", "l",  "l", "l", "l", "l",  "l",  "l", "l", "l",  "n",  "n", "n", "n",  "n",  "n", "n", "n",  "n",
    "o", "o", "o",  "o", "o", "o", "oe", "oe", "r", "r", "r",  "r",  "r", "r", "s",  "s",  "s", "s", "s",  "s",
    "s", "s", "t",  "t", "t", "t", "t",  "t",  "u", "u", "u",  "u",  "u", "u", "u",  "u",  "u", "u", "u",  "u",
    "w", "w", "y",  "y", "y", "z", "z",  "z",  "z", "z", "z",  "s",
};

/* The next character and how long it is; an impossible one for a byte that begins none. */
static size_t next_character(struct base_slice text, uint32_t *out) {
    static const struct {
        uint8_t mask, lead, len;
        uint32_t least;
    } forms[] = { { 0x80, 0x00, 1, 0 }, { 0xe0, 0xc0, 2, 0x80 }, { 0xf0, 0xe0, 3, 0x800 }, { 0xf8, 0xf0, 4, 0x10000 } };
    *out = UINT32_MAX;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if ((text.data[0] & forms[i].mask) != forms[i].lead || text.len < forms[i].len) {
            continue;
        }
        uint32_t character = text.data[0] & (uint8_t)~forms[i].mask;
        for (size_t k = 1; k < forms[i].len; k++) {
            if ((text.data[k] & 0xc0) != 0x80) {
                return 1;
            }
            character = character << 6 | (text.data[k] & 0x3f);
        }
        if (character < forms[i].least) {
            return 1;
        }
        *out = character;
        return forms[i].len;
    }
    return 1;
}

struct range {
    uint32_t first, last;
};

static bool is_in(uint32_t character, const struct range *ranges, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* Punctuation, spaces, symbols and what has no meaning alone; everything else beyond ASCII is taken for a letter. */
static bool separates(uint32_t character) {
    static const struct range ranges[] = {
        { 0x80, 0xa9 },     { 0xab, 0xb4 },     { 0xb6, 0xb9 },     { 0xbb, 0xbf },        { 0xd7, 0xd7 },
        { 0xf7, 0xf7 },     { 0x2000, 0x206f }, { 0x20a0, 0x2bff }, { 0x3000, 0x3004 },    { 0x3008, 0x3020 },
        { 0xd800, 0xf8ff }, { 0xfe00, 0xfe6f }, { 0xff00, 0xff0f }, { 0x1f000, 0x10ffff }, { 0x110000, UINT32_MAX },
    };
    return is_in(character, ranges, sizeof ranges / sizeof *ranges);
}

/* Accents that stand behind their letter vanish. */
static bool vanishes(uint32_t character) {
    static const struct range ranges[] = { { 0x300, 0x36f }, { 0xad, 0xad }, { 0x200c, 0x200d }, { 0xfe0f, 0xfe0f } };
    return is_in(character, ranges, sizeof ranges / sizeof *ranges);
}

static uint32_t lower(uint32_t character) {
    static const struct range twenty[] = { { 0x391, 0x3a1 }, { 0x3a3, 0x3a9 }, { 0x410, 0x42f } },
                              fifty[] = { { 0x400, 0x40f } };
    if (character == 0x3c2) {
        return 0x3c3; /* final sigma */
    }
    return is_in(character, twenty, 3) ? character + 0x20 : is_in(character, fifty, 1) ? character + 0x50 : character;
}

static size_t write_utf8(uint32_t character, uint8_t out[MAX_FOLDED]) {
    if (character < 0x800) {
        out[0] = (uint8_t)(0xc0 | character >> 6);
        out[1] = (uint8_t)(0x80 | (character & 0x3f));
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (uint8_t)(0xe0 | character >> 12);
        out[1] = (uint8_t)(0x80 | (character >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (character & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | character >> 18);
    out[1] = (uint8_t)(0x80 | (character >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (character >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (character & 0x3f));
    return 4;
}

/* What a character is in a folded word; 0: it stands between words. */
static size_t fold(uint32_t character, uint8_t out[MAX_FOLDED]) {
    if (character < 0x80) {
        bool upper = character >= 'A' && character <= 'Z';
        bool kept = (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
        out[0] = (uint8_t)(upper ? character + ('a' - 'A') : character);
        return upper || kept ? 1 : 0;
    }
    if (character >= FOLD_FIRST && character < FOLD_END) {
        const char *letters = folded[character - FOLD_FIRST];
        size_t len = 0;
        for (; letters[len] != 0; len++) {
            out[len] = (uint8_t)letters[len];
        }
        return len;
    }
    if (character == 0x1e9e) {
        out[0] = out[1] = 's'; /* capital sharp s */
        return 2;
    }
    return separates(character) ? 0 : write_utf8(lower(character), out);
}

bool search_next_word(struct base_slice *text, struct search_word *out) {
    bool full = false;
    *out = (struct search_word){ 0 };
    while (text->len > 0) {
        uint32_t character;
        uint8_t bytes[MAX_FOLDED];
        size_t taken = next_character(*text, &character);
        *text = base_slice(text->data + taken, text->len - taken);
        if (vanishes(character)) {
            continue;
        }
        size_t len = fold(character, bytes);
        if (len == 0) {
            if (out->len > 0) {
                return true;
            }
            continue;
        }
        full = full || len > (size_t)(SEARCH_MAX_WORD - out->len);
        if (!full) {
            memcpy(out->bytes + out->len, bytes, len);
            out->len = (uint8_t)(out->len + len);
        }
    }
    return out->len > 0;
}

size_t search_stem_len(const struct search_word *word) {
    size_t characters = 0;
    for (size_t i = 0; i < word->len; i++) {
        characters += (word->bytes[i] & 0xc0) != 0x80 ? 1 : 0;
        if (characters > SEARCH_STEM) {
            return i;
        }
    }
    return characters == SEARCH_STEM ? word->len : 0;
}

bool search_begins_with(const struct search_word *word, const struct search_word *prefix) {
    return word->len >= prefix->len && memcmp(word->bytes, prefix->bytes, prefix->len) == 0;
}

bool search_text_has(struct base_slice text, const struct search_word *wanted) {
    struct search_word word;
    while (search_next_word(&text, &word)) {
        if (search_begins_with(&word, wanted)) {
            return true;
        }
    }
    return false;
}
