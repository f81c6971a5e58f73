/* SPDX-License-Identifier: EUPL-1.2 */
/* A picture without what it says beside itself: the place, the time, the camera, its owner, a smaller picture. */
#include "picture/cut.h"
#include "weibel/core.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_PICTURE, BASE_USAGE, NULL,
                  "the picture is damaged or of a kind that is not known, so that what it says of its place and time "
                  "cannot be taken out");

/* Brands of ISO/IEC 14496-12 files that are pictures. */
static bool is_heif(const struct picture_cut *cut) {
    static const char brands[][5] = { "heic", "heix", "heim", "heis", "hevc", "hevx", "avif", "avis", "mif1", "msf1" };
    if (!picture_has(cut, 4, "ftyp", 4)) {
        return false;
    }
    for (size_t i = 0; i < sizeof brands / sizeof *brands; i++) {
        if (picture_has(cut, 8, brands[i], 4)) {
            return true;
        }
    }
    return false;
}

typedef base_result (*cutter)(struct picture_cut *cut);

/* NULL: none of these kinds. */
static cutter cutter_of(const struct picture_cut *cut) {
    if (picture_has(cut, 0, "\xff\xd8\xff", 3)) {
        return picture_cut_jpeg;
    }
    if (picture_has(cut, 0, "\x89PNG\r\n\x1a\n", 8)) {
        return picture_cut_png;
    }
    if (picture_has(cut, 0, "RIFF", 4) && picture_has(cut, 8, "WEBP", 4)) {
        return picture_cut_webp;
    }
    if (picture_has(cut, 0, "GIF87a", 6) || picture_has(cut, 0, "GIF89a", 6)) {
        return picture_cut_gif;
    }
    return is_heif(cut) ? picture_cut_heif : NULL;
}

bool weibel_picture_is(const uint8_t *head, size_t len) {
    uint8_t copy[WEIBEL_PICTURE_HEAD];
    struct picture_cut cut = { .data = copy, .len = len < sizeof copy ? len : sizeof copy };
    memcpy(copy, head, cut.len);
    return cutter_of(&cut) != NULL;
}

base_result weibel_picture_bare(uint8_t *data, size_t len) {
    struct picture_cut cut = { .data = data, .len = len };
    const cutter take_out = cutter_of(&cut);
    BASE_ENSURE(take_out != NULL && take_out(&cut) == BASE_OK, WEIBEL_ERR_PICTURE);
    memset(data + cut.kept, 0, len - cut.kept);
    return BASE_OK;
}
