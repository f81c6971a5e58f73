/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * PNG (W3C, third edition): a signature, and chunks. Those stay that are the picture, its colours and its animation.
 */
#include "picture/cut.h"
#include "picture/exif.h"

enum { SIGNATURE = 8, LENGTH = 4, TYPE = 4, CHECK = 4, AROUND = LENGTH + TYPE + CHECK };

static const char kept_types[][TYPE + 1] = {
    "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP",
    "cICP", "mDCV", "cLLI", "sBIT", "bKGD", "pHYs", "acTL", "fcTL", "fdAT",
};

static void put_u32(uint8_t out[4], uint32_t value) {
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/* CRC-32 of the type and the data (§5.5, Annex D). */
static uint32_t check_of(const uint8_t *bytes, size_t len) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
        }
    }
    return ~crc;
}

static base_result shorten_exif(struct picture_cut *cut, size_t len) {
    uint8_t chunk[AROUND + EXIF_SMALLEST] = { 0, 0, 0, EXIF_SMALLEST, 'e', 'X', 'I', 'f' };
    uint8_t orientation = exif_orientation(picture_next(cut) + LENGTH + TYPE, len);
    picture_drop(cut, AROUND + len);
    if (orientation == EXIF_UPRIGHT) {
        return BASE_OK;
    }
    exif_write(orientation, chunk + LENGTH + TYPE);
    put_u32(chunk + LENGTH + TYPE + EXIF_SMALLEST, check_of(chunk + LENGTH, TYPE + EXIF_SMALLEST));
    return picture_put(cut, chunk, sizeof chunk);
}

static bool stays(const uint8_t *type) {
    for (size_t i = 0; i < sizeof kept_types / sizeof *kept_types; i++) {
        if (memcmp(type, kept_types[i], TYPE) == 0) {
            return true;
        }
    }
    return false;
}

/* Behind IEND nothing is kept: programs that shorten a picture in place leave its former end there. */
base_result picture_cut_png(struct picture_cut *cut) {
    picture_keep(cut, SIGNATURE);
    for (bool ended = false; !ended;) {
        const uint8_t *bytes = picture_next(cut);
        BASE_ENSURE(picture_left(cut) >= AROUND, BASE_ERR_VALUE);
        size_t len = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
        BASE_ENSURE(len <= picture_left(cut) - AROUND, BASE_ERR_VALUE);
        ended = memcmp(bytes + LENGTH, "IEND", TYPE) == 0;
        if (memcmp(bytes + LENGTH, "eXIf", TYPE) == 0) {
            BASE_TRY(shorten_exif(cut, len));
        } else if (stays(bytes + LENGTH)) {
            picture_keep(cut, AROUND + len);
        } else {
            picture_drop(cut, AROUND + len);
        }
    }
    return BASE_OK;
}
