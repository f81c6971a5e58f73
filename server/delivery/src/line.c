/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What may be in memory for readers, of all sessions together: answers to reads that are under way, as large as one can
 * be, and frames that wait to be taken. While half of it is free, a read begins at once. After that each session has
 * one at a time, and must have taken what came before; and where nothing is free they wait in line, each session once.
 */
#include "state.h"

enum { STALLED_SECONDS = 30 };

static bool is_large(const struct store_op *op) {
    return op->task == STORE_READ || op->task == STORE_INBOX_READ;
}

static bool has_room(const struct delivery *delivery, size_t most) {
    return delivery->held <= most && most - delivery->held >= WIRE_MAX_FRAME;
}

static void begin(struct delivery_session *session) {
    session->reading++;
    session->delivery->held += WIRE_MAX_FRAME;
}

/* --- who waits --- */

static void enter(struct delivery_session *session) {
    struct line *line = &session->delivery->line;
    bool may = session->waiting != NULL && session->reading == 0 && session->output_bytes <= OUTPUT_LOW;
    if (!may || session->in_line) {
        return;
    }
    session->in_line = true;
    session->previous_in_line = line->last;
    session->next_in_line = NULL;
    *(line->last == NULL ? &line->first : &line->last->next_in_line) = session;
    line->last = session;
}

static void leave(struct delivery_session *session) {
    struct line *line = &session->delivery->line;
    if (!session->in_line) {
        return;
    }
    *(session->previous_in_line == NULL ? &line->first : &session->previous_in_line->next_in_line) =
        session->next_in_line;
    *(session->next_in_line == NULL ? &line->last : &session->next_in_line->previous_in_line) =
        session->previous_in_line;
    session->in_line = false;
}

static struct store_op *take_waiting(struct delivery_session *session) {
    struct store_op *op = session->waiting;
    session->waiting = op->next;
    op->next = NULL;
    return op;
}

static void add_waiting(struct delivery_session *session, struct store_op *op) {
    struct store_op **at = &session->waiting; /* of at most MAX_READS and what is fetched */
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = op;
}

static void serve(struct delivery *delivery) {
    while (delivery->line.first != NULL && has_room(delivery, delivery->options.max_held)) {
        struct delivery_session *session = delivery->line.first;
        leave(session);
        begin(session);
        store_submit(delivery->options.store, take_waiting(session));
    }
}

/* --- what happens to them --- */

void line_submit(struct delivery_session *session, struct store_op *op) {
    struct delivery *delivery = session->delivery;
    if (!is_large(op)) {
        store_submit(delivery->options.store, op);
    } else if (session->waiting == NULL && delivery->line.first == NULL &&
               has_room(delivery, delivery->options.max_held / 2)) {
        begin(session);
        store_submit(delivery->options.store, op);
    } else {
        add_waiting(session, op);
        line_go_on(session);
    }
}

void line_answered(struct delivery_session *session, const struct store_op *op) {
    if (is_large(op)) {
        session->reading--;
        session->delivery->held -= WIRE_MAX_FRAME;
    }
}

void line_go_on(struct delivery_session *session) {
    if (!session->ended) {
        enter(session);
    }
    serve(session->delivery);
}

void line_end(struct delivery_session *session) {
    leave(session);
    while (session->waiting != NULL) {
        struct store_op *op = take_waiting(session);
        begin(session);
        session_release(session, op);
    }
}

/* Who takes nothing while others wait keeps from them what he holds. His client comes back, and reads on. */
static void judge(struct delivery_session *session) {
    bool stalls = session->first_output != NULL && session->taken == session->taken_before;
    session->taken_before = session->taken;
    session->stalled_seconds = stalls ? session->stalled_seconds + 1 : 0;
    if (session->stalled_seconds >= STALLED_SECONDS) {
        session_cut(session);
    }
}

void delivery_tick(struct delivery *delivery) {
    if (delivery->line.first == NULL) {
        return;
    }
    for (size_t i = 0; i < ONLINE_SLOTS; i++) {
        for (struct delivery_session *session = delivery->online[i]; session != NULL; session = session->next_of_slot) {
            judge(session);
        }
    }
    serve(delivery);
}
