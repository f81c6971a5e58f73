/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Polls.
 */
#include "content/poll.h"

#include <inttypes.h>
#include <stdio.h>

#include "content/cbor.h"
#include "wire/wire.h"

enum { FIELDS = 3 };

const char content_poll_type[] = "application/vnd.weibel.poll+cbor";

static base_result read_line(struct base_reader *reader, size_t max, struct base_slice *out) {
    BASE_TRY(cbor_read_text(reader, out));
    BASE_ENSURE(out->len > 0 && out->len <= max && wire_text_valid(*out), BASE_ERR_VALUE);
    return BASE_OK;
}

base_result content_poll_decode(struct base_slice bytes, struct content_poll *out) {
    struct base_reader reader = base_reader(bytes);
    struct content_poll poll = { 0 };
    uint64_t fields, count;
    BASE_TRY(cbor_read_array(&reader, &fields));
    BASE_ENSURE(fields == FIELDS, CBOR_ERR_TYPE);
    BASE_TRY(read_line(&reader, CONTENT_MAX_QUESTION, &poll.question));
    BASE_TRY(cbor_read_array(&reader, &count));
    BASE_ENSURE(count >= CONTENT_MIN_OPTIONS && count <= CONTENT_MAX_OPTIONS, BASE_ERR_VALUE);
    while (poll.count < count) {
        BASE_TRY(read_line(&reader, CONTENT_MAX_OPTION, &poll.options[poll.count++]));
    }
    BASE_TRY(cbor_read_bool(&reader, &poll.multiple));
    BASE_TRY(base_read_end(&reader));
    *out = poll;
    return BASE_OK;
}

void content_poll_encode(struct base_writer *writer, const struct content_poll *poll) {
    cbor_write_head(writer, CBOR_ARRAY, FIELDS);
    cbor_write_text(writer, poll->question);
    cbor_write_head(writer, CBOR_ARRAY, poll->count);
    for (uint32_t i = 0; i < poll->count; i++) {
        cbor_write_text(writer, poll->options[i]);
    }
    cbor_write_simple(writer, poll->multiple ? CBOR_TRUE : CBOR_FALSE);
}

void content_poll_text(struct base_writer *writer, const struct content_poll *poll) {
    base_write_slice(writer, poll->question);
    for (uint32_t i = 0; i < poll->count; i++) {
        char number[16];
        int len = snprintf(number, sizeof number, "\n%" PRIu32 ". ", i + 1);
        base_write_slice(writer, base_slice(number, (size_t)len));
        base_write_slice(writer, poll->options[i]);
    }
}
