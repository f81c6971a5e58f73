/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Text for people: UTF-8 as RFC 3629 has it.
 */
#include "wire/wire.h"

/* How many bytes follow the first one, and the smallest character that needs so many. */
static bool read_first(uint8_t byte, size_t *follow, uint32_t *character, uint32_t *least) {
    if (byte < 0x80) {
        *follow = 0;
        *character = byte;
        *least = 0;
    } else if ((byte & 0xe0) == 0xc0) {
        *follow = 1;
        *character = byte & 0x1f;
        *least = 0x80;
    } else if ((byte & 0xf0) == 0xe0) {
        *follow = 2;
        *character = byte & 0x0f;
        *least = 0x800;
    } else {
        *follow = 3;
        *character = byte & 0x07;
        *least = 0x10000;
        return (byte & 0xf8) == 0xf0;
    }
    return true;
}

static bool is_shown(uint32_t character) {
    bool control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    bool surrogate = character >= 0xd800 && character < 0xe000;
    return !control && !surrogate && character <= 0x10ffff;
}

bool wire_text_valid(struct base_slice text) {
    size_t at = 0;
    while (at < text.len) {
        size_t follow = 0;
        uint32_t character = 0, least = 0;
        if (!read_first(text.data[at], &follow, &character, &least) || text.len - at - 1 < follow) {
            return false;
        }
        for (size_t i = 1; i <= follow; i++) {
            uint8_t byte = text.data[at + i];
            if ((byte & 0xc0) != 0x80) {
                return false;
            }
            character = character << 6 | (byte & 0x3f);
        }
        if (character < least || !is_shown(character)) {
            return false;
        }
        at += 1 + follow;
    }
    return true;
}
