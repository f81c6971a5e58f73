/* SPDX-License-Identifier: EUPL-1.2 */
#include "picture/exif.h"

#include <stdbool.h>
#include <string.h>

enum { HEADER = 8, COUNT = 2, ENTRY = 12, NEXT = 4, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, LAST = 8 };

static uint32_t number(const uint8_t *bytes, size_t len, bool little) {
    uint32_t value = 0;
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | bytes[little ? len - 1 - i : i];
    }
    return value;
}

uint8_t exif_orientation(const uint8_t *tiff, size_t len) {
    if (len < EXIF_SMALLEST || (memcmp(tiff, "II*\0", 4) != 0 && memcmp(tiff, "MM\0*", 4) != 0)) {
        return EXIF_UPRIGHT;
    }
    bool little = tiff[0] == 'I';
    uint32_t at = number(tiff + 4, 4, little);
    if (at < HEADER || at > len - COUNT - ENTRY - NEXT) {
        return EXIF_UPRIGHT;
    }
    uint32_t count = number(tiff + at, COUNT, little);
    const uint8_t *entry = tiff + at + COUNT;
    for (size_t left = len - at - COUNT; count > 0 && left >= ENTRY + NEXT; count--, left -= ENTRY, entry += ENTRY) {
        uint32_t value = number(entry + 8, 2, little);
        if (number(entry, 2, little) == TAG_ORIENTATION && number(entry + 2, 2, little) == TYPE_SHORT) {
            return value >= EXIF_UPRIGHT && value <= LAST ? (uint8_t)value : EXIF_UPRIGHT;
        }
    }
    return EXIF_UPRIGHT;
}

void exif_write(uint8_t orientation, uint8_t out[EXIF_SMALLEST]) {
    static const uint8_t empty[EXIF_SMALLEST] = {
        'M',
        'M',
        0,
        '*',
        0,
        0,
        0,
        HEADER, /* the first directory comes next */
        0,
        1, /* it has one entry */
        TAG_ORIENTATION >> 8,
        TAG_ORIENTATION & 0xff,
        0,
        TYPE_SHORT,
        0,
        0,
        0,
        1,
    };
    memcpy(out, empty, EXIF_SMALLEST);
    out[HEADER + COUNT + 9] = orientation;
}
