/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * HEIF (ISO/IEC 23008-12: HEIC, AVIF) in the boxes of ISO/IEC 14496-12. The places of its items are counted from the
 * beginning of the file, so nothing can be taken out: what goes is overwritten with zeros. Which side is up is a
 * property of the picture and stays.
 */
#include "base/reader.h"
#include "picture/cut.h"

enum {
    BOX = 8,
    TYPE = 4,
    FULL = 4, /* version and flags of a box that has them */
    LARGE = 8,
    MAX_ITEMS = 256, /* whose bytes go: Exif, XMP, and what is said of each of the pictures in it */
    IN_FILE = 0,
    IN_BOX = 1,
};

struct box {
    uint8_t type[TYPE];
    struct base_slice body;
};

struct items {
    uint32_t ids[MAX_ITEMS];
    size_t count;
};

static base_result next_box(struct base_reader *reader, struct box *box) {
    size_t all = reader->left, head = BOX;
    uint32_t size;
    uint64_t large;
    BASE_TRY(base_read_u32(reader, &size));
    BASE_TRY(base_read_copy(reader, box->type, TYPE));
    large = size == 0 ? all : size; /* 0: to the end */
    if (size == 1) {
        BASE_TRY(base_read_u64(reader, &large));
        head += LARGE;
    }
    BASE_ENSURE(large >= head && large <= all, BASE_ERR_VALUE);
    return base_read_slice(reader, (size_t)large - head, &box->body);
}

static bool is(const struct box *box, const char *type) {
    return memcmp(box->type, type, TYPE) == 0;
}

/* The first one of this type; an empty one if there is none. */
static base_result find(struct base_slice boxes, const char *type, struct box *out) {
    struct base_reader reader = base_reader(boxes);
    while (reader.left > 0) {
        BASE_TRY(next_box(&reader, out));
        if (is(out, type)) {
            return BASE_OK;
        }
    }
    *out = (struct box){ .body = { 0 } };
    return BASE_OK;
}

static base_result read_version(struct base_reader *reader, uint8_t *version) {
    struct base_slice flags;
    BASE_TRY(base_read_u8(reader, version));
    return base_read_slice(reader, FULL - 1, &flags);
}

/* A number of so many bits as the version says. */
static base_result read_either(struct base_reader *reader, bool wide, uint32_t *out) {
    uint16_t narrow;
    if (wide) {
        return base_read_u32(reader, out);
    }
    BASE_TRY(base_read_u16(reader, &narrow));
    *out = narrow;
    return BASE_OK;
}

/* 14496-12 §8.11.6: each item's type. */
static base_result take_entry(const struct box *entry, struct items *items) {
    struct base_reader reader = base_reader(entry->body);
    uint8_t version, type[TYPE];
    uint16_t protection;
    uint32_t id;
    BASE_TRY(read_version(&reader, &version));
    BASE_ENSURE(version == 2 || version == 3, BASE_ERR_VALUE); /* HEIF has no others */
    BASE_TRY(read_either(&reader, version == 3, &id));
    BASE_TRY(base_read_u16(&reader, &protection));
    BASE_TRY(base_read_copy(&reader, type, TYPE));
    if (memcmp(type, "Exif", TYPE) == 0 || memcmp(type, "mime", TYPE) == 0 || memcmp(type, "uri ", TYPE) == 0) {
        BASE_ENSURE(items->count < MAX_ITEMS, BASE_ERR_VALUE);
        items->ids[items->count++] = id;
    }
    return BASE_OK;
}

static base_result read_items(struct base_slice meta, struct items *items) {
    struct box box;
    BASE_TRY(find(meta, "iinf", &box));
    if (box.body.len == 0) {
        return BASE_OK;
    }
    struct base_reader reader = base_reader(box.body);
    uint8_t version;
    uint32_t count;
    BASE_TRY(read_version(&reader, &version));
    BASE_TRY(read_either(&reader, version != 0, &count));
    while (reader.left > 0) {
        BASE_TRY(next_box(&reader, &box));
        if (is(&box, "infe")) {
            BASE_TRY(take_entry(&box, items));
        }
    }
    return BASE_OK;
}

/* Of 0, 4 or 8 bytes. */
static base_result read_sized(struct base_reader *reader, unsigned size, uint64_t *out) {
    uint32_t narrow;
    *out = 0;
    if (size == 8) {
        return base_read_u64(reader, out);
    }
    BASE_ENSURE(size == 0 || size == 4, BASE_ERR_VALUE);
    if (size == 4) {
        BASE_TRY(base_read_u32(reader, &narrow));
        *out = narrow;
    }
    return BASE_OK;
}

/* How the numbers of an iloc box are written, and what they count from. */
struct places {
    uint8_t version;
    unsigned offset, length, base, index; /* bytes of each */
    struct base_slice file, box;          /* idat's */
};

static void blank(struct picture_cut *cut, struct base_slice part) {
    if (part.len > 0) {
        memset(cut->data + (part.data - cut->data), 0, part.len);
    }
}

static base_result take_place(struct picture_cut *cut, const struct places *places, const struct items *items,
                              struct base_reader *reader) {
    uint32_t id;
    uint16_t method = IN_FILE, source, count;
    uint64_t base;
    bool goes = false;
    BASE_TRY(read_either(reader, places->version == 2, &id));
    for (size_t i = 0; i < items->count; i++) {
        goes = goes || items->ids[i] == id;
    }
    if (places->version != 0) {
        BASE_TRY(base_read_u16(reader, &method));
        method &= 0xf;
    }
    BASE_TRY(base_read_u16(reader, &source));
    BASE_TRY(read_sized(reader, places->base, &base));
    BASE_TRY(base_read_u16(reader, &count));
    BASE_ENSURE(!goes || ((method == IN_FILE || method == IN_BOX) && source == 0), BASE_ERR_VALUE);
    struct base_slice whole = method == IN_BOX ? places->box : places->file;
    for (; count > 0; count--) {
        uint64_t index, offset, len;
        BASE_TRY(read_sized(reader, places->index, &index));
        BASE_TRY(read_sized(reader, places->offset, &offset));
        BASE_TRY(read_sized(reader, places->length, &len));
        if (goes) {
            BASE_ENSURE(base <= whole.len && offset <= whole.len - base && len > 0 && len <= whole.len - base - offset,
                        BASE_ERR_VALUE);
            blank(cut, base_slice(whole.data + base + offset, (size_t)len));
        }
    }
    return BASE_OK;
}

/* §8.11.3: where each item lies. */
static base_result blank_items(struct picture_cut *cut, struct base_slice meta, const struct items *items) {
    struct places places = { .file = base_slice(cut->data, cut->len) };
    struct box box;
    BASE_TRY(find(meta, "idat", &box));
    places.box = box.body;
    BASE_TRY(find(meta, "iloc", &box));
    struct base_reader reader = base_reader(box.body);
    uint8_t sizes, more;
    uint32_t count;
    BASE_TRY(read_version(&reader, &places.version));
    BASE_ENSURE(places.version <= 2, BASE_ERR_VALUE);
    BASE_TRY(base_read_u8(&reader, &sizes));
    BASE_TRY(base_read_u8(&reader, &more));
    places.offset = sizes >> 4;
    places.length = sizes & 0xf;
    places.base = more >> 4;
    places.index = places.version == 0 ? 0 : more & 0xf;
    BASE_TRY(read_either(&reader, places.version == 2, &count));
    for (; count > 0; count--) {
        BASE_TRY(take_place(cut, &places, items, &reader));
    }
    return BASE_OK;
}

static base_result take_meta(struct picture_cut *cut, struct base_slice body) {
    struct items items = { .count = 0 };
    BASE_ENSURE(body.len >= FULL, BASE_ERR_VALUE);
    struct base_slice boxes = base_slice(body.data + FULL, body.len - FULL);
    BASE_TRY(read_items(boxes, &items));
    return items.count == 0 ? BASE_OK : blank_items(cut, boxes, &items);
}

/* Boxes that are no part of the picture, such as a film beside it: an empty one of the same length is left. */
static void empty_box(struct picture_cut *cut, const struct box *box, const uint8_t *begin) {
    memcpy(cut->data + (begin - cut->data) + BOX - TYPE, "free", TYPE);
    blank(cut, box->body);
}

base_result picture_cut_heif(struct picture_cut *cut) {
    struct base_reader reader = base_reader(base_slice(cut->data, cut->len));
    bool found = false;
    while (reader.left > 0) {
        const uint8_t *begin = cut->data + (cut->len - reader.left);
        struct box box;
        BASE_TRY(next_box(&reader, &box));
        if (is(&box, "meta")) {
            found = true;
            BASE_TRY(take_meta(cut, box.body));
        } else if (!is(&box, "ftyp") && !is(&box, "mdat") && !is(&box, "moov")) {
            empty_box(cut, &box, begin);
        }
    }
    BASE_ENSURE(found, BASE_ERR_VALUE);
    picture_keep(cut, cut->len);
    return BASE_OK;
}
