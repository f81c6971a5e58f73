/* SPDX-License-Identifier: EUPL-1.2 */
/* Text in rows of a given width. */
#include "screen/wrap.h"

#include <wchar.h>

#include "text.h"

enum {
    ZERO_WIDTH_JOINER = 0x200d,
    MAX_CLUSTER = 64, /* bytes: a terminal's cell has room for a few marks only, and others could stack thousands */
};

/* Without a locale that knows the character it counts as one column, as text_columns() has it. */
static unsigned columns_of(uint32_t c) {
    int width = wcwidth((wchar_t)c);
    return width < 0 ? 1 : (unsigned)width;
}

size_t wrap_cluster(struct base_slice text, unsigned *columns) {
    struct base_slice rest = text;
    uint32_t c = text_next(&rest);
    *columns = columns_of(c);
    while (rest.len != 0 && c != '\n' && text.len - rest.len < MAX_CLUSTER) {
        struct base_slice next = rest;
        uint32_t joined = text_next(&next);
        if (joined == '\n' || (columns_of(joined) != 0 && c != ZERO_WIDTH_JOINER)) {
            break;
        }
        *columns += columns_of(joined);
        c = joined;
        rest = next;
    }
    return text.len - rest.len;
}

size_t wrap_before(struct base_slice text, size_t at) {
    size_t begin = 0;
    /* A line's beginning is always one of a character; from there on they are walked. */
    for (size_t i = at; i-- > 0;) {
        if (i + 1 < at && text.data[i] == '\n') {
            begin = i + 1;
            break;
        }
    }
    while (begin < at) {
        unsigned columns;
        size_t len = wrap_cluster(base_slice(text.data + begin, text.len - begin), &columns);
        if (begin + len >= at) {
            break;
        }
        begin += len;
    }
    return begin;
}

struct base_slice wrap_cut(struct base_slice text, unsigned width) {
    size_t at = 0;
    while (at < text.len) {
        unsigned columns;
        size_t len = wrap_cluster(base_slice(text.data + at, text.len - at), &columns);
        if (columns > width) {
            break;
        }
        width -= columns;
        at += len;
    }
    return base_slice(text.data, at);
}

struct wrap wrap_begin(struct base_slice text, unsigned width) {
    return (struct wrap){ .text = text, .width = width == 0 ? 1 : width };
}

/* The row ends before `end`, the next one begins at `next`. */
static void end_row(struct wrap *wrap, struct wrap_row *row, size_t end, size_t next, unsigned columns) {
    *row = (struct wrap_row){ wrap->at, end - wrap->at, columns };
    wrap->at = next;
}

bool wrap_next(struct wrap *wrap, struct wrap_row *row) {
    if (wrap->ended) {
        return false;
    }
    size_t at = wrap->at, space = 0;
    unsigned columns = 0, space_columns = 0;
    bool has_space = false;
    while (at < wrap->text.len) {
        uint8_t first = wrap->text.data[at];
        if (first == '\n') {
            end_row(wrap, row, at, at + 1, columns);
            return true;
        }
        unsigned more;
        size_t len = wrap_cluster(base_slice(wrap->text.data + at, wrap->text.len - at), &more);
        if (first == ' ') {
            has_space = true;
            space = at;
            space_columns = columns;
        }
        if (columns + more > wrap->width && at != wrap->at) {
            if (has_space) {
                end_row(wrap, row, space, space + 1, space_columns);
            } else {
                end_row(wrap, row, at, at, columns);
            }
            return true;
        }
        columns += more;
        at += len;
    }
    end_row(wrap, row, at, at, columns);
    wrap->ended = true;
    return true;
}
