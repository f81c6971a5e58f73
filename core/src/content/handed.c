/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where earlier messages lie.
 */
#include "content/handed.h"

#include <sodium.h>

#include "content/cbor.h"

enum { FIELDS = 4 };

const char content_handed_type[] = "application/vnd.weibel.handed+cbor";

base_result content_handed_decode(struct base_slice bytes, struct content_handed *out) {
    struct base_reader reader = base_reader(bytes);
    struct content_handed handed;
    uint64_t fields;
    BASE_TRY(cbor_read_array(&reader, &fields));
    BASE_ENSURE(fields == FIELDS, CBOR_ERR_TYPE);
    BASE_TRY(cbor_read_uint(&reader, UINT64_MAX, &handed.first));
    BASE_TRY(cbor_read_uint(&reader, UINT64_MAX, &handed.last));
    BASE_TRY(cbor_read_bytes(&reader, &handed.place));
    BASE_TRY(cbor_read_bytes(&reader, &handed.hash));
    BASE_ENSURE(handed.first <= handed.last && handed.place.len == CONTENT_PLACE_LEN &&
                    handed.hash.len == crypto_hash_sha256_BYTES,
                BASE_ERR_VALUE);
    BASE_TRY(base_read_end(&reader));
    *out = handed;
    return BASE_OK;
}

void content_handed_encode(struct base_writer *writer, const struct content_handed *handed) {
    cbor_write_head(writer, CBOR_ARRAY, FIELDS);
    cbor_write_head(writer, CBOR_UNSIGNED, handed->first);
    cbor_write_head(writer, CBOR_UNSIGNED, handed->last);
    cbor_write_bytes(writer, handed->place);
    cbor_write_bytes(writer, handed->hash);
}
