/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * GIF (version 89a): blocks. Comments go, and what programs have added, except for how often an animation is shown.
 */
#include "picture/cut.h"

enum {
    HEAD = 13, /* signature, version and screen */
    FLAGS = 10,
    IMAGE = 10,
    IMAGE_FLAGS = 9,
    BLOCK_IMAGE = ',',
    BLOCK_EXTENSION = '!',
    BLOCK_END = ';',
    EXTENSION_CONTROL = 0xf9,
    EXTENSION_TEXT = 0x01,
    EXTENSION_PROGRAM = 0xff,
    PROGRAM_LEN = 11,
};

/* Bytes of the colours that these flags announce. */
static size_t colours(uint8_t flags) {
    return (flags & 0x80) != 0 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* The length of the blocks of data from `at` on, with the empty one that ends them. 0: they don't end. */
static size_t data_len(const struct picture_cut *cut, size_t at) {
    for (size_t end = at; end < picture_left(cut);) {
        uint8_t len = picture_next(cut)[end];
        end += 1 + (size_t)len;
        if (len == 0) {
            return end - at;
        }
    }
    return 0;
}

static base_result take_extension(struct picture_cut *cut) {
    static const char netscape[] = "\x0bNETSCAPE2.0", animexts[] = "\x0b"
                                                                   "ANIMEXTS1.0";
    BASE_ENSURE(picture_left(cut) >= 2, BASE_ERR_VALUE);
    uint8_t label = picture_next(cut)[1];
    size_t len = data_len(cut, 2);
    BASE_ENSURE(len > 0, BASE_ERR_VALUE);
    if (label == EXTENSION_CONTROL || label == EXTENSION_TEXT ||
        (label == EXTENSION_PROGRAM &&
         (picture_has(cut, 2, netscape, 1 + PROGRAM_LEN) || picture_has(cut, 2, animexts, 1 + PROGRAM_LEN)))) {
        picture_keep(cut, 2 + len);
    } else {
        picture_drop(cut, 2 + len);
    }
    return BASE_OK;
}

static base_result keep_image(struct picture_cut *cut) {
    BASE_ENSURE(picture_left(cut) > IMAGE, BASE_ERR_VALUE);
    size_t before = IMAGE + colours(picture_next(cut)[IMAGE_FLAGS]) + 1; /* and how many bits a code begins with */
    size_t len = data_len(cut, before);
    BASE_ENSURE(len > 0, BASE_ERR_VALUE);
    picture_keep(cut, before + len);
    return BASE_OK;
}

base_result picture_cut_gif(struct picture_cut *cut) {
    BASE_ENSURE(cut->len >= HEAD, BASE_ERR_VALUE);
    size_t head = HEAD + colours(cut->data[FLAGS]);
    BASE_ENSURE(head <= cut->len, BASE_ERR_VALUE);
    picture_keep(cut, head);
    for (;;) {
        BASE_ENSURE(picture_left(cut) > 0, BASE_ERR_VALUE);
        switch (*picture_next(cut)) {
        case BLOCK_IMAGE:
            BASE_TRY(keep_image(cut));
            break;
        case BLOCK_EXTENSION:
            BASE_TRY(take_extension(cut));
            break;
        case BLOCK_END:
            picture_keep(cut, 1);
            return BASE_OK;
        default:
            return &BASE_ERR_VALUE;
        }
    }
}
