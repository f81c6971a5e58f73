/* SPDX-License-Identifier: EUPL-1.2 */
/* WebP (RFC 9649): a RIFF file of chunks. Those stay that are the picture, its colours and its animation. */
#include "picture/cut.h"
#include "picture/exif.h"

enum { HEAD = 12, RIFF = 8, CHUNK = 8, NAME = 4, FLAG_EXIF = 0x08, FLAG_XMP = 0x04 };

static size_t get_u32(const uint8_t *bytes) {
    return bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
}

static void put_u32(uint8_t *out, size_t value) {
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

/* `room`: with the byte that makes its length even. `said`: whether it was kept, shortened. */
static base_result shorten_exif(struct picture_cut *cut, size_t len, size_t room, bool *said) {
    static const char name[] = "Exif\0";
    uint8_t chunk[CHUNK + EXIF_SMALLEST] = { 'E', 'X', 'I', 'F', EXIF_SMALLEST };
    size_t skip = len >= sizeof name && picture_has(cut, CHUNK, name, sizeof name) ? sizeof name : 0;
    uint8_t orientation = exif_orientation(picture_next(cut) + CHUNK + skip, len - skip);
    picture_drop(cut, CHUNK + room);
    if (orientation == EXIF_UPRIGHT || *said) {
        return BASE_OK;
    }
    *said = true;
    exif_write(orientation, chunk + CHUNK);
    return picture_put(cut, chunk, sizeof chunk);
}

static bool stays(const uint8_t *name) {
    static const char kept[][NAME + 1] = { "VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP" };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (memcmp(name, kept[i], NAME) == 0) {
            return true;
        }
    }
    return false;
}

base_result picture_cut_webp(struct picture_cut *cut) {
    size_t size = get_u32(picture_next(cut) + NAME);
    BASE_ENSURE(size >= NAME && size <= cut->len - RIFF, BASE_ERR_VALUE);
    cut->len = RIFF + size;
    picture_keep(cut, HEAD);
    bool said = false;
    size_t flags = 0; /* where they are; 0: nowhere */
    while (picture_left(cut) > 0) {
        BASE_ENSURE(picture_left(cut) >= CHUNK, BASE_ERR_VALUE);
        const uint8_t *name = picture_next(cut);
        size_t len = get_u32(name + NAME);
        BASE_ENSURE(len <= picture_left(cut) - CHUNK, BASE_ERR_VALUE);
        size_t room = len + (len % 2 != 0 && len < picture_left(cut) - CHUNK ? 1 : 0);
        if (memcmp(name, "EXIF", NAME) == 0) {
            BASE_TRY(shorten_exif(cut, len, room, &said));
        } else if (stays(name)) {
            flags = flags == 0 && len > 0 && memcmp(name, "VP8X", NAME) == 0 ? cut->kept + CHUNK : flags;
            picture_keep(cut, CHUNK + room);
        } else {
            picture_drop(cut, CHUNK + room);
        }
    }
    if (flags != 0) {
        cut->data[flags] &= (uint8_t) ~(FLAG_XMP | (said ? 0 : FLAG_EXIF));
    }
    put_u32(cut->data + NAME, cut->kept - RIFF);
    return BASE_OK;
}
