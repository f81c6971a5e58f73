/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Questions for what is missing.
 */
#include "content/missing.h"

#include "content/cbor.h"

enum { FIELDS = 5 };

base_result content_missing_decode(struct base_slice bytes, struct content_missing *out) {
    struct base_reader reader = base_reader(bytes);
    struct content_missing missing;
    uint64_t fields, kind, leaf, end;
    BASE_TRY(cbor_read_array(&reader, &fields));
    BASE_TRY(cbor_read_uint(&reader, UINT64_MAX, &kind));
    BASE_ENSURE(fields == FIELDS && kind == CONTENT_SIGNAL_MISSING, BASE_ERR_VALUE);
    BASE_TRY(cbor_read_uint(&reader, UINT32_MAX, &leaf));
    BASE_TRY(cbor_read_uint(&reader, UINT64_MAX, &missing.since));
    BASE_TRY(cbor_read_uint(&reader, UINT32_MAX, &end));
    BASE_TRY(cbor_read_uint(&reader, UINT64_MAX, &missing.open));
    BASE_ENSURE(end > 0 && missing.open != 0, BASE_ERR_VALUE);
    BASE_TRY(base_read_end(&reader));
    missing.leaf = (uint32_t)leaf;
    missing.end = (uint32_t)end;
    *out = missing;
    return BASE_OK;
}

void content_missing_encode(struct base_writer *writer, const struct content_missing *missing) {
    cbor_write_head(writer, CBOR_ARRAY, FIELDS);
    cbor_write_head(writer, CBOR_UNSIGNED, CONTENT_SIGNAL_MISSING);
    cbor_write_head(writer, CBOR_UNSIGNED, missing->leaf);
    cbor_write_head(writer, CBOR_UNSIGNED, missing->since);
    cbor_write_head(writer, CBOR_UNSIGNED, missing->end);
    cbor_write_head(writer, CBOR_UNSIGNED, missing->open);
}
