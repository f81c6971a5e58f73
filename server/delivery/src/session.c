/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Sessions: how they begin and end, what waits to be sent, what is under way.
 */
#include <string.h>

#include "state.h"

uint64_t delivery_now_ms(const struct delivery *delivery) {
    return delivery->options.clock->now(delivery->options.clock->user);
}

uint64_t delivery_now(const struct delivery *delivery) {
    return delivery_now_ms(delivery) / 1000;
}

/* --- output --- */

struct delivery_output *output_new(struct delivery *delivery, const struct wire_frame *frame) {
    struct delivery_output *output = base_take(delivery->options.allocator, 1, sizeof *output);
    struct base_writer writer = base_writer(delivery->options.allocator, WIRE_MAX_FRAME);
    struct base_bytes bytes = { 0 };
    wire_encode(&writer, frame);
    base_result result = base_writer_finish(&writer, &bytes);
    if (output == NULL || result != BASE_OK) {
        base_bytes_free(&bytes);
        base_free(output);
        return NULL;
    }
    output->data = bytes.data;
    output->len = bytes.len;
    delivery->held += output->len;
    return output;
}

void output_free_unused(struct delivery *delivery, struct delivery_output *output) {
    if (output->users == 0) {
        delivery->held -= output->len;
        base_free(output->data);
        base_free(output);
    }
}

bool session_queue(struct delivery_session *session, struct delivery_output *output) {
    struct output_item *item = session->cut ? NULL : base_take(session->delivery->options.allocator, 1, sizeof *item);
    if (item == NULL) {
        return false;
    }
    item->output = output;
    output->users++;
    if (session->last_output == NULL) {
        session->first_output = item;
    } else {
        session->last_output->next = item;
    }
    session->last_output = item;
    session->output_bytes += output->len;
    line_hold(session, output->len);
    session->delivery->counters.frames_out++;
    session->delivery->options.changed(session->connection);
    return true;
}

void session_send(struct delivery_session *session, const struct wire_frame *frame) {
    if (session->connection == NULL) {
        return;
    }
    struct delivery_output *output = output_new(session->delivery, frame);
    if (output == NULL) {
        session_end(session);
        return;
    }
    if (!session_queue(session, output)) {
        output_free_unused(session->delivery, output);
        session_end(session);
    }
}

void session_refuse(struct delivery_session *session, uint32_t request, uint16_t code, uint64_t argument) {
    struct delivery_counters *counters = &session->delivery->counters;
    if (code < sizeof counters->refusals / sizeof counters->refusals[0]) {
        counters->refusals[code]++;
    }
    struct wire_frame frame = { .type = WIRE_REFUSAL, .request = request, .of.refusal = { code, argument } };
    session_send(session, &frame);
    if (code == WIRE_REFUSED_MALFORMED) {
        session_end(session);
    }
}

void session_end(struct delivery_session *session) {
    session->ended = true;
    if (session->connection != NULL) {
        session->delivery->options.changed(session->connection);
    }
}

static void drop_first_output(struct delivery_session *session) {
    struct output_item *item = session->first_output;
    session->first_output = item->next;
    session->last_output = item->next == NULL ? NULL : session->last_output;
    session->output_bytes -= item->output->len;
    line_drop(session, item->output->len);
    item->output->users--;
    output_free_unused(session->delivery, item->output);
    base_free(item);
}

void session_cut(struct delivery_session *session) {
    session->cut = true;
    while (session->first_output != NULL) {
        drop_first_output(session);
    }
    session_end(session);
}

const struct delivery_output *delivery_next_output(const struct delivery_session *session) {
    return session->first_output == NULL ? NULL : session->first_output->output;
}

void delivery_sent(struct delivery_session *session) {
    drop_first_output(session);
    session->taken++;
    live_resume(session);
    line_go_on(session);
}

/* --- requests under way --- */

static bool is_read(const struct store_op *op) {
    return op->task < STORE_FIRST_WRITE;
}

void session_submit(struct delivery_session *session, struct store_op *op) {
    op->user = session;
    op->now = delivery_now(session->delivery);
    session->requests++;
    session->request_bytes += op->asked.len;
    session->reads += is_read(op) ? 1 : 0;
    session->delivery->queued_bytes += op->asked.len;
    line_submit(session, op);
}

static void free_if_unneeded(struct delivery_session *session) {
    if (session->connection == NULL && session->requests == 0) {
        base_free(session);
    }
}

void session_release(struct delivery_session *session, struct store_op *op) {
    bool paused = !delivery_wants_input(session);
    session->requests--;
    session->request_bytes -= op->asked.len;
    session->reads -= is_read(op) ? 1 : 0;
    session->delivery->queued_bytes -= op->asked.len;
    line_answered(session, op);
    store_op_free(op);
    live_resume(session);
    line_go_on(session);
    if (session->connection != NULL && paused && delivery_wants_input(session)) {
        session->delivery->options.changed(session->connection);
    }
    free_if_unneeded(session);
}

bool delivery_wants_input(const struct delivery_session *session) {
    return !session->ended && session->output_bytes < OUTPUT_HIGH && session->requests < MAX_REQUESTS &&
           session->reads < MAX_READS && session->request_bytes < MAX_REQUEST_BYTES;
}

/* --- begin and end --- */

static void send_challenge(struct delivery_session *session) {
    struct wire_frame frame = { .type = WIRE_CHALLENGE };
    frame.of.challenge = (struct wire_challenge){
        .lowest_version = WIRE_VERSION,
        .highest_version = WIRE_VERSION,
        .domain = base_borrow(&session->delivery->domain),
        .now = delivery_now(session->delivery),
    };
    memcpy(frame.of.challenge.challenge, session->challenge, WIRE_KEY_LEN);
    session_send(session, &frame);
}

enum { CROWDED_MS = 10 * 1000 };

/* Says why there is no more to it: clients in browsers hear nothing else than frames. */
static void turn_away(struct delivery_session *session, uint16_t code, uint64_t wait) {
    session_refuse(session, 0, code, wait);
    session_end(session);
}

void delivery_turn_away(struct delivery_session *session, uint64_t wait) {
    turn_away(session, WIRE_REFUSED_UNAVAILABLE, wait);
}

struct delivery_session *delivery_connect(struct delivery *delivery, void *connection, struct base_slice address,
                                          uint64_t wait) {
    const struct delivery_options *options = &delivery->options;
    struct bucket *bucket = limit_address(delivery, address);
    bool crowded = delivery->counters.sessions >= options->max_sessions;
    /* The connection itself was counted when it arrived; who owes something waits. */
    wait = wait != 0 ? wait : limit_attempt(delivery, bucket, 0);
    struct delivery_session *session = base_take(options->allocator, 1, sizeof *session);
    if (session == NULL) {
        return NULL;
    }
    if (base_random_fill(options->random, session->challenge, WIRE_KEY_LEN) != BASE_OK) {
        base_free(session);
        return NULL;
    }
    session->delivery = delivery;
    session->connection = connection;
    session->number = ++delivery->last_number;
    session->address = bucket;
    session->buckets[BUCKET_WORK] = &session->work;
    line_become(session, &delivery->addresses, bucket);
    delivery->counters.sessions++;
    if (wait != 0) {
        turn_away(session, WIRE_REFUSED_TOO_OFTEN, wait);
    } else if (crowded) {
        turn_away(session, WIRE_REFUSED_UNAVAILABLE, CROWDED_MS);
    } else {
        send_challenge(session);
    }
    return session;
}

void delivery_disconnect(struct delivery_session *session, bool lost) {
    session->ended = true;
    line_end(session);
    session->connection = NULL;
    session->delivery->counters.sessions--;
    session->delivery->counters.signed_in -= session->signed_in ? 1 : 0;
    sleep_begin(session, lost);
    live_stop_all(session);
    online_leave(session);
    session_cut(session);
    line_go_on(session);
    free_if_unneeded(session);
}

bool delivery_is_ended(const struct delivery_session *session) {
    return session->ended;
}

bool delivery_is_signed_in(const struct delivery_session *session) {
    return session->signed_in;
}

size_t delivery_max_frame(const struct delivery_session *session) {
    return session->signed_in ? WIRE_MAX_FRAME : DELIVERY_MAX_GUEST_FRAME;
}

/* --- frames --- */

void delivery_receive(struct delivery_session *session, struct base_slice bytes) {
    if (session->ended) {
        return;
    }
    session->delivery->counters.frames_in++;
    struct store_op *op = store_op_new(session->delivery->options.allocator, STORE_FIRST_WRITE);
    if (op == NULL || base_bytes_copy(session->delivery->options.allocator, bytes, &op->asked) != BASE_OK) {
        store_op_free(op);
        session_end(session);
        return;
    }
    base_result result = wire_decode(base_borrow(&op->asked), &op->ask);
    if (result == BASE_OK) {
        request_handle(session, op);
        return;
    }
    if (result == &WIRE_ERR_VERSION) {
        session_refuse(session, 0, WIRE_REFUSED_VERSION, WIRE_VERSION << 8 | WIRE_VERSION);
    } else if (result == &WIRE_ERR_TYPE) {
        session_refuse(session, op->ask.request, WIRE_REFUSED_UNKNOWN_TYPE, 0);
    } else {
        session_refuse(session, op->ask.request, WIRE_REFUSED_MALFORMED, 0);
    }
    store_op_free(op);
}
