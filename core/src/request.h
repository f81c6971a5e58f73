/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Requests to the server that wait for their answer. They end with the connection: what must survive is asked again
 * from durable state.
 */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include "state.h"

/** Is given the answer, which may be a refusal (`answer->type`); `a` and `b` are what request_send() was given. */
typedef base_result (*request_fn)(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b);

struct request {
    uint32_t number;
    request_fn answered;
    uint64_t a, b;
    uint8_t type; /**< of the frame that was sent */
};

/** Milliseconds before what an overtaken epoch has refused is made again: others' commits are read meanwhile, and a
 * server that refuses for no reason isn't asked as fast as it answers. */
enum { REQUEST_EPOCH_DELAY = 100 };

/** Whether the answer has a type that such a request may be answered with. True if nobody has asked. */
bool request_fits(const struct weibel_core *core, const struct wire_frame *answer);

/** For requests whose answer changes nothing, a refusal neither. */
BASE_MUST_USE base_result request_no_matter(struct weibel_core *core, const struct wire_frame *answer, uint64_t a,
                                            uint64_t b);

/** Numbers the frame, sends it and notes who wants its answer. */
BASE_MUST_USE base_result request_send(struct weibel_core *core, struct wire_frame *frame, request_fn answered,
                                       uint64_t a, uint64_t b);

/** Hands an answer to who waits for it; nothing happens if nobody does. */
BASE_MUST_USE base_result request_answer(struct weibel_core *core, const struct wire_frame *answer);

/** The connection is gone. */
void request_forget_all(struct weibel_core *core);

/** How many milliseconds to wait before what was refused is tried again. */
uint64_t request_delay(const struct wire_refusal *refusal);

/** True if the refusal passes by itself: too often, full disk, unavailable. */
bool request_passes(const struct wire_refusal *refusal);

#endif
