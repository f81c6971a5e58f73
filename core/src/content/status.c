/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Message status reports.
 */
#include "content/status.h"

#include "content/cbor.h"

const char content_status_type[] = "application/mimi-message-status";

base_result content_status_next(struct base_reader *reports, struct base_slice *id, uint8_t *status) {
    uint64_t fields, value;
    BASE_TRY(cbor_read_array(reports, &fields));
    BASE_ENSURE(fields == 2, CBOR_ERR_TYPE);
    BASE_TRY(cbor_read_bytes(reports, id));
    BASE_ENSURE(id->len == CONTENT_ID_LEN, CONTENT_ERR_ID);
    BASE_TRY(cbor_read_uint(reports, UINT8_MAX, &value));
    *status = (uint8_t)value;
    return BASE_OK;
}

base_result content_status_decode(struct base_slice bytes, struct base_reader *reports, uint64_t *count) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(cbor_read_array(&reader, count));
    BASE_ENSURE(*count <= CONTENT_MAX_STATUSES, BASE_ERR_TOO_LONG);
    *reports = reader;
    for (uint64_t i = 0; i < *count; i++) {
        struct base_slice id;
        uint8_t status;
        BASE_TRY(content_status_next(&reader, &id, &status));
    }
    return base_read_end(&reader);
}

void content_status_begin(struct base_writer *writer, uint64_t count) {
    cbor_write_head(writer, CBOR_ARRAY, count);
}

void content_status_write(struct base_writer *writer, struct base_slice id, uint8_t status) {
    cbor_write_head(writer, CBOR_ARRAY, 2);
    cbor_write_bytes(writer, id);
    cbor_write_head(writer, CBOR_UNSIGNED, status);
}
