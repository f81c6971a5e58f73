/* SPDX-License-Identifier: EUPL-1.2 */
/* Text that somebody else wrote, made harmless. The rules stand in one table: everything in it has no place in a shown
 * text. */
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum {
    REPLACEMENT = 0xfffd,
    CONTROL_PICTURES = 0x2400, /* U+2400 + c is the picture of the control character c */
    DELETE = 0x7f,
    PICTURE_OF_DELETE = 0x2421,
};

struct range {
    uint32_t first, last;
};

/* Zero-width joiners stay: names and emoji of many people need them. */
static const struct range harmful[] = {
    { 0x0000, 0x001f },    /* C0 controls: escape sequences begin with one of them */
    { 0x007f, 0x009f },    /* delete, C1 controls: U+009B begins a sequence as well */
    { 0x00ad, 0x00ad },    /* soft hyphen, invisible */
    { 0x061c, 0x061c },    /* Arabic letter mark */
    { 0x180e, 0x180e },    /* Mongolian vowel separator, invisible */
    { 0x200b, 0x200b },    /* zero-width space */
    { 0x200e, 0x200f },    /* left-to-right, right-to-left mark */
    { 0x2028, 0x202e },    /* line and paragraph separators, bidirectional embeddings and overrides */
    { 0x2060, 0x206f },    /* invisible operators, bidirectional isolates, deprecated format characters */
    { 0xd800, 0xdfff },    /* surrogates */
    { 0xfeff, 0xfeff },    /* zero-width no-break space */
    { 0xfff9, 0xfffb },    /* interlinear annotations */
    { 0xfffe, 0xffff },    /* not characters */
    { 0xe0000, 0xe007f },  /* tags: invisible copies of ASCII */
    { 0xf0000, 0x10ffff }, /* private planes: no meaning here */
};

bool text_is_harmful(uint32_t c) {
    for (size_t i = 0; i < sizeof harmful / sizeof harmful[0]; i++) {
        if (c >= harmful[i].first && c <= harmful[i].last) {
            return true;
        }
    }
    return false;
}

uint32_t text_next(struct base_slice *text) {
    const uint8_t *s = text->data;
    size_t left = text->len;
    uint32_t c = s[0];
    size_t len = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (len > 1 && len <= left) {
        c &= 0xffU >> (len + 1);
        for (size_t i = 1; i < len; i++) {
            if ((s[i] & 0xc0) != 0x80) {
                len = 0;
                break;
            }
            c = c << 6 | (s[i] & 0x3fU);
        }
        static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
        if (len != 0 && (c < lowest[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))) {
            len = 0;
        }
    }
    if (len == 0 || len > left) {
        c = REPLACEMENT;
        len = 1;
    }
    text->data += len;
    text->len -= len;
    return c;
}

void text_write_character(struct base_writer *writer, uint32_t c) {
    if (c < 0x80) {
        base_write_u8(writer, (uint8_t)c);
    } else if (c < 0x800) {
        base_write_u8(writer, (uint8_t)(0xc0 | c >> 6));
        base_write_u8(writer, (uint8_t)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        base_write_u8(writer, (uint8_t)(0xe0 | c >> 12));
        base_write_u8(writer, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        base_write_u8(writer, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        base_write_u8(writer, (uint8_t)(0xf0 | c >> 18));
        base_write_u8(writer, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        base_write_u8(writer, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        base_write_u8(writer, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

void text_write_shown(struct base_writer *writer, struct base_slice text, enum text_form form, unsigned indent) {
    while (text.len != 0) {
        uint32_t c = text_next(&text);
        if (c == '\r' && text.len != 0 && text.data[0] == '\n') {
            continue;
        }
        if (form == TEXT_LINES && c == '\n') {
            base_write_u8(writer, '\n');
            for (unsigned i = 0; i < indent; i++) {
                base_write_u8(writer, ' ');
            }
        } else if (form == TEXT_LINES && c == '\t') {
            base_write_slice(writer, base_slice("    ", 4));
        } else if (c < 0x20) {
            text_write_character(writer, CONTROL_PICTURES + c);
        } else if (c == DELETE) {
            text_write_character(writer, PICTURE_OF_DELETE);
        } else if (text_is_harmful(c)) {
            char number[sizeof "<U+10FFFF>"];
            int len = snprintf(number, sizeof number, "<U+%04X>", (unsigned)c);
            base_write_slice(writer, base_slice(number, (size_t)len));
        } else {
            text_write_character(writer, c);
        }
    }
}

void text_write_json(struct base_writer *writer, struct base_slice json) {
    while (json.len != 0) {
        uint32_t c = text_next(&json);
        /* Below U+0020 stand only the line breaks between values: inside a string JSON has them escaped already. */
        if (c < 0x20 || !text_is_harmful(c)) {
            text_write_character(writer, c);
            continue;
        }
        char escaped[sizeof "\\uDBFF\\uDFFF"];
        int len = c < 0x10000 ? snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)c)
                              : snprintf(escaped, sizeof escaped, "\\u%04x\\u%04x",
                                         (unsigned)(0xd800 + ((c - 0x10000) >> 10) % 0x400),
                                         (unsigned)(0xdc00 + ((c - 0x10000) & 0x3ff)));
        base_write_slice(writer, base_slice(escaped, (size_t)len));
    }
}

/* Drops whole characters off the end until at most `max` bytes are left. */
static size_t shorten(const uint8_t *text, size_t len, size_t max) {
    if (len <= max) {
        return len;
    }
    while (max != 0 && (text[max] & 0xc0) == 0x80) {
        max--;
    }
    return max;
}

void text_write_file_name(struct base_writer *writer, struct base_slice name) {
    for (size_t i = name.len; i-- > 0;) {
        if (name.data[i] == '/' || name.data[i] == '\\') {
            name.data += i + 1;
            name.len -= i + 1;
            break;
        }
    }
    enum { BUFFER = 4 * TEXT_MAX_FILE_NAME, MAX_ENDING = 32 };
    uint8_t kept[BUFFER + 4];
    size_t len = 0;
    while (name.len != 0 && len < BUFFER) {
        struct base_slice before = name;
        uint32_t c = text_next(&name);
        if (text_is_harmful(c) || (len == 0 && (c == '.' || c == ' '))) {
            continue;
        }
        if (c == REPLACEMENT) {
            kept[len++] = '_';
            continue;
        }
        memcpy(kept + len, before.data, before.len - name.len);
        len += before.len - name.len;
    }
    while (len != 0 && (kept[len - 1] == ' ' || kept[len - 1] == '.')) {
        len--;
    }
    if (len == 0) {
        base_write_slice(writer, base_slice_text("file"));
        return;
    }
    if (kept[0] == '-' || kept[0] == '~') {
        kept[0] = '_';
    }
    size_t ending = len; /* where ".pdf" begins */
    for (size_t i = len; i-- > 1 && len - i <= MAX_ENDING;) {
        if (kept[i] == '.') {
            ending = i;
            break;
        }
    }
    size_t stem = shorten(kept, ending, TEXT_MAX_FILE_NAME - (len - ending));
    base_write_slice(writer, base_slice(kept, stem));
    base_write_slice(writer, base_slice(kept + ending, len - ending));
}

unsigned text_columns(struct base_slice text) {
    unsigned columns = 0;
    while (text.len != 0) {
        /* Without a locale that knows the character it counts as one column. */
        int width = wcwidth((wchar_t)text_next(&text));
        columns += width < 0 ? 1 : (unsigned)width;
    }
    return columns;
}
