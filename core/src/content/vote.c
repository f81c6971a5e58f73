/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Votes.
 */
#include "content/vote.h"

#include "content/cbor.h"
#include "content/poll.h"

enum { FIELDS = 2 };

const char content_vote_type[] = "application/vnd.weibel.vote+cbor";

base_result content_vote_decode(struct base_slice bytes, struct content_vote *out) {
    struct base_reader reader = base_reader(bytes);
    struct content_vote vote = { 0 };
    uint64_t fields, count, option;
    BASE_TRY(cbor_read_array(&reader, &fields));
    BASE_ENSURE(fields == FIELDS, CBOR_ERR_TYPE);
    BASE_TRY(cbor_read_array(&reader, &count));
    BASE_ENSURE(count <= CONTENT_MAX_OPTIONS, BASE_ERR_VALUE);
    for (uint64_t i = 0; i < count; i++) {
        BASE_TRY(cbor_read_uint(&reader, CONTENT_MAX_OPTIONS - 1, &option));
        BASE_ENSURE(vote.chosen >> option == 0, BASE_ERR_VALUE);
        vote.chosen |= (uint32_t)1 << option;
    }
    BASE_TRY(cbor_read_bool(&reader, &vote.close));
    BASE_ENSURE(!vote.close || vote.chosen == 0, BASE_ERR_VALUE);
    BASE_TRY(base_read_end(&reader));
    *out = vote;
    return BASE_OK;
}

void content_vote_encode(struct base_writer *writer, const struct content_vote *vote) {
    uint64_t count = 0;
    for (unsigned i = 0; i < CONTENT_MAX_OPTIONS; i++) {
        count += vote->chosen >> i & 1;
    }
    cbor_write_head(writer, CBOR_ARRAY, FIELDS);
    cbor_write_head(writer, CBOR_ARRAY, count);
    for (unsigned i = 0; i < CONTENT_MAX_OPTIONS; i++) {
        if ((vote->chosen >> i & 1) != 0) {
            cbor_write_head(writer, CBOR_UNSIGNED, i);
        }
    }
    cbor_write_simple(writer, vote->close ? CBOR_TRUE : CBOR_FALSE);
}
