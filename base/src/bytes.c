/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <string.h>

struct base_slice base_slice_text(const char *text) {
    return base_slice(text, strlen(text));
}

bool base_slice_equal(struct base_slice a, struct base_slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int base_slice_compare(struct base_slice a, struct base_slice b) {
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

base_result base_bytes_take(const struct base_allocator *allocator, size_t len, struct base_bytes *out) {
    uint8_t *data = base_take(allocator, len, 1);
    BASE_ENSURE(data != NULL, BASE_ERR_NO_MEMORY);
    out->data = data;
    out->len = len;
    return BASE_OK;
}

base_result base_bytes_copy(const struct base_allocator *allocator, struct base_slice from, struct base_bytes *out) {
    BASE_TRY(base_bytes_take(allocator, from.len, out));
    if (from.len != 0) {
        memcpy(out->data, from.data, from.len);
    }
    return BASE_OK;
}

void base_bytes_free(struct base_bytes *bytes) {
    if (bytes == NULL) {
        return;
    }
    base_free(bytes->data);
    *bytes = (struct base_bytes){ 0 };
}

void base_bytes_move(struct base_bytes *to, struct base_bytes *from) {
    base_bytes_free(to);
    *to = *from;
    *from = (struct base_bytes){ 0 };
}
