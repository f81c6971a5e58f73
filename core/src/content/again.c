/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages that are sent once more.
 */
#include "content/again.h"

#include "content/cbor.h"

enum { FIELDS = 3, FIELDS_MISSING = 4, STREAM_LEN = 32 };

const char content_again_type[] = "application/vnd.weibel.again+cbor";

base_result content_again_decode(struct base_slice bytes, struct content_again *out) {
    struct base_reader reader = base_reader(bytes);
    struct content_again again;
    uint64_t fields, sequence = 0;
    BASE_TRY(cbor_read_array(&reader, &fields));
    BASE_ENSURE(fields == FIELDS || fields == FIELDS_MISSING, CBOR_ERR_TYPE);
    BASE_TRY(cbor_read_bytes(&reader, &again.stream));
    BASE_TRY(cbor_read_uint(&reader, UINT64_MAX, &again.entry));
    BASE_TRY(cbor_read_bytes(&reader, &again.content));
    BASE_TRY(fields == FIELDS ? BASE_OK : cbor_read_uint(&reader, UINT32_MAX, &sequence));
    BASE_ENSURE((fields == FIELDS || sequence > 0) && again.stream.len == STREAM_LEN && again.entry > 0 &&
                    again.content.len > 0 && again.content.len <= CONTENT_AGAIN_MAX,
                BASE_ERR_VALUE);
    BASE_TRY(base_read_end(&reader));
    again.sequence = (uint32_t)sequence;
    *out = again;
    return BASE_OK;
}

void content_again_encode(struct base_writer *writer, const struct content_again *again) {
    cbor_write_head(writer, CBOR_ARRAY, again->sequence == 0 ? FIELDS : FIELDS_MISSING);
    cbor_write_bytes(writer, again->stream);
    cbor_write_head(writer, CBOR_UNSIGNED, again->entry);
    cbor_write_bytes(writer, again->content);
    if (again->sequence != 0) {
        cbor_write_head(writer, CBOR_UNSIGNED, again->sequence);
    }
}
