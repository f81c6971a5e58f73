/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * JPEG (ITU-T T.81, Annex B): segments, each behind a marker. Of the application's own ones stay those that decide how
 * the picture looks: JFIF, the colour profile and Adobe's colour transform.
 */
#include "picture/cut.h"
#include "picture/exif.h"

enum {
    START = 0xd8,
    END = 0xd9,
    SCAN = 0xda,
    RESTART_FIRST = 0xd0,
    RESTART_LAST = 0xd7,
    PICTURE_FIRST = 0xc0, /* frames, tables and scans: up to … */
    PICTURE_LAST = 0xdf,
    APP0 = 0xe0,
    APP1 = 0xe1,
    APP2 = 0xe2,
    APP14 = 0xee,
    MARKER = 2,
    LENGTH = 2,
    JFIF = 16, /* bytes of a JFIF segment without a small picture in it */
};

static bool is_alone(uint8_t marker) {
    return marker == START || (marker >= RESTART_FIRST && marker <= RESTART_LAST);
}

/* What the scan header was for: up to the next marker, wherever that is. */
static void keep_scan(struct picture_cut *cut) {
    const uint8_t *bytes = picture_next(cut);
    size_t left = picture_left(cut), i = 0;
    while (i < left) {
        const uint8_t *found = (const uint8_t *)memchr(bytes + i, 0xff, left - i);
        i = found == NULL ? left : (size_t)(found - bytes);
        bool ends = i + 1 < left && bytes[i + 1] != 0 && bytes[i + 1] != 0xff &&
                    !(bytes[i + 1] >= RESTART_FIRST && bytes[i + 1] <= RESTART_LAST);
        if (ends || i == left) {
            break;
        }
        i++;
    }
    picture_keep(cut, i);
}

/* A JFIF segment can have a small picture in it, which may show what the picture doesn't show any more. */
static base_result keep_jfif(struct picture_cut *cut, size_t len) {
    BASE_ENSURE(len >= JFIF, BASE_ERR_VALUE);
    size_t begin = cut->kept;
    picture_keep(cut, MARKER + JFIF);
    picture_drop(cut, len - JFIF);
    uint8_t *kept = cut->data + begin;
    kept[MARKER] = 0;
    kept[MARKER + 1] = JFIF;
    kept[MARKER + JFIF - 2] = kept[MARKER + JFIF - 1] = 0;
    return BASE_OK;
}

static base_result shorten_exif(struct picture_cut *cut, size_t len) {
    static const uint8_t head[] = { 0xff, APP1, 0, LENGTH + 6 + EXIF_SMALLEST, 'E', 'x', 'i', 'f', 0, 0 };
    uint8_t orientation = exif_orientation(picture_next(cut) + sizeof head, MARKER + len - sizeof head);
    uint8_t exif[EXIF_SMALLEST];
    picture_drop(cut, MARKER + len);
    if (orientation == EXIF_UPRIGHT) {
        return BASE_OK;
    }
    exif_write(orientation, exif);
    BASE_TRY(picture_put(cut, head, sizeof head));
    return picture_put(cut, exif, sizeof exif);
}

/* A segment of `len` bytes behind its marker. */
static base_result take_segment(struct picture_cut *cut, uint8_t marker, size_t len) {
    static const char jfif[] = "JFIF", exif[] = "Exif\0", profile[] = "ICC_PROFILE", adobe[] = "Adobe";
    const size_t name = MARKER + LENGTH, name_room = len - LENGTH;
    if (marker == APP0 && name_room >= sizeof jfif && picture_has(cut, name, jfif, sizeof jfif)) {
        return keep_jfif(cut, len);
    }
    if (marker == APP1 && name_room >= sizeof exif && picture_has(cut, name, exif, sizeof exif)) {
        return shorten_exif(cut, len);
    }
    if ((marker >= PICTURE_FIRST && marker <= PICTURE_LAST) ||
        (marker == APP2 && name_room >= sizeof profile && picture_has(cut, name, profile, sizeof profile)) ||
        (marker == APP14 && name_room >= sizeof adobe - 1 && picture_has(cut, name, adobe, sizeof adobe - 1))) {
        picture_keep(cut, MARKER + len);
    } else {
        picture_drop(cut, MARKER + len);
    }
    return BASE_OK;
}

/* What stands behind the end isn't kept: cameras put more pictures there, and even films. */
base_result picture_cut_jpeg(struct picture_cut *cut) {
    bool scanned = false;
    while (picture_left(cut) >= MARKER) {
        const uint8_t *bytes = picture_next(cut);
        uint8_t marker = bytes[1];
        BASE_ENSURE(bytes[0] == 0xff, BASE_ERR_VALUE);
        if (marker == 0xff) {
            picture_drop(cut, 1); /* padding (B.1.1.2) */
            continue;
        }
        if (marker == END || is_alone(marker)) {
            picture_keep(cut, MARKER);
            if (marker == END) {
                break;
            }
            continue;
        }
        BASE_ENSURE(picture_left(cut) >= MARKER + LENGTH, BASE_ERR_VALUE);
        size_t len = (size_t)bytes[MARKER] << 8 | bytes[MARKER + 1];
        BASE_ENSURE(len >= LENGTH && len <= picture_left(cut) - MARKER, BASE_ERR_VALUE);
        BASE_TRY(take_segment(cut, marker, len));
        if (marker == SCAN) {
            scanned = true;
            keep_scan(cut);
        }
    }
    BASE_ENSURE(scanned, BASE_ERR_VALUE);
    return BASE_OK;
}
