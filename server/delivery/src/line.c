/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What may be in memory for readers, of all sessions together: answers to reads that are under way, as large as one can
 * be, and frames that wait to be taken. While half of it is free, a read begins at once. After that each session has
 * one at a time, and must have taken what came before; and where nothing is free they wait in line, each session once.
 *
 * Of that, an account has a share: its reads never hold more, and no more of its sessions stand in the line of all than
 * have room in it. The others wait in a line of their own account. So whoever has many slow connections waits for
 * himself. Those who have not signed in can ask for doors alone: they have a share by address, a line for themselves,
 * and the second half of the room is not for them.
 */
#include "state.h"

enum { STALLED_SECONDS = 30 };

static bool is_large(const struct store_op *op) {
    return op->task == STORE_READ || op->task == STORE_INBOX_READ || op->task == STORE_GET_DOOR;
}

static bool has_room(const struct delivery *delivery, size_t most) {
    return delivery->held <= most && most - delivery->held >= WIRE_MAX_FRAME;
}

/* --- shares --- */

void line_hold(struct delivery_session *session, size_t len) {
    session->share->held += len;
}

void line_drop(struct delivery_session *session, size_t len) {
    session->share->held -= len;
}

bool line_is_full(const struct delivery_session *session) {
    return session->share->held > session->delivery->options.max_held_of_one - WIRE_MAX_FRAME;
}

static void begin(struct delivery_session *session) {
    session->reading++;
    session->delivery->held += WIRE_MAX_FRAME;
    line_hold(session, WIRE_MAX_FRAME);
}

/* --- who waits --- */

static void stand(struct delivery_session *session, struct line *line) {
    session->in_line = line;
    session->delivery->lined++;
    session->previous_in_line = line->last;
    session->next_in_line = NULL;
    *(line->last == NULL ? &line->first : &line->last->next_in_line) = session;
    line->last = session;
    if (line != &session->share->line) {
        line_hold(session, WIRE_MAX_FRAME);
    }
}

static void leave(struct delivery_session *session) {
    struct line *line = session->in_line;
    if (line == NULL) {
        return;
    }
    *(session->previous_in_line == NULL ? &line->first : &session->previous_in_line->next_in_line) =
        session->next_in_line;
    *(session->next_in_line == NULL ? &line->last : &session->next_in_line->previous_in_line) =
        session->previous_in_line;
    session->in_line = NULL;
    session->delivery->lined--;
    if (line != &session->share->line) {
        line_drop(session, WIRE_MAX_FRAME);
    }
}

static void enter(struct delivery_session *session) {
    bool may = session->waiting != NULL && session->reading == 0 && session->output_bytes <= OUTPUT_LOW;
    if (may && session->in_line == NULL) {
        stand(session, &session->share->line);
    }
}

/* From the line of the account to that of all. */
static void move_up(struct delivery *delivery, struct share *share) {
    while (share->line.first != NULL && !line_is_full(share->line.first)) {
        struct delivery_session *session = share->line.first;
        leave(session);
        stand(session, session->signed_in ? &delivery->line : &delivery->guests);
    }
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

static void serve_some(struct delivery *delivery, const struct line *line, size_t most) {
    while (line->first != NULL && has_room(delivery, most)) {
        struct delivery_session *session = line->first;
        leave(session);
        begin(session);
        store_submit(delivery->options.store, take_waiting(session));
    }
}

static void serve(struct delivery *delivery) {
    serve_some(delivery, &delivery->line, delivery->options.max_held);
    serve_some(delivery, &delivery->guests, delivery->options.max_held / 2);
}

/* --- what happens to them --- */

void line_become(struct delivery_session *session, const struct address_buckets *of, const struct bucket *bucket) {
    struct share *before = session->share;
    size_t held = session->output_bytes + session->reading * WIRE_MAX_FRAME;
    leave(session);
    session->share = &session->delivery->shares[bucket - of->slots];
    line_hold(session, held);
    if (before != NULL) {
        before->held -= held;
        move_up(session->delivery, before);
    }
}

void line_submit(struct delivery_session *session, struct store_op *op) {
    struct delivery *delivery = session->delivery;
    if (!is_large(op)) {
        store_submit(delivery->options.store, op);
    } else if (session->waiting == NULL && session->share->line.first == NULL && !line_is_full(session) &&
               delivery->line.first == NULL && delivery->guests.first == NULL &&
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
        line_drop(session, WIRE_MAX_FRAME);
    }
}

void line_go_on(struct delivery_session *session) {
    if (!session->ended) {
        enter(session);
    }
    move_up(session->delivery, session->share);
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

/* Who takes nothing while others wait keeps from them what he holds, and so does he whose account has more than its
 * share by other answers than those to reads. His client comes back, and reads on. */
static void judge(struct delivery_session *session) {
    const struct share *share = session->share;
    bool waited_for =
        session->delivery->line.first != NULL || session->delivery->guests.first != NULL || share->line.first != NULL;
    bool holds = session->first_output != NULL && waited_for;
    bool stalls = session->taken == session->taken_before || share->held > session->delivery->options.max_held_of_one;
    session->taken_before = session->taken;
    session->stalled_seconds = holds && stalls ? session->stalled_seconds + 1 : 0;
    if (session->stalled_seconds >= STALLED_SECONDS) {
        session_cut(session);
        line_go_on(session);
    }
}

void delivery_tick(struct delivery *delivery) {
    for (size_t i = 0; i < ONLINE_SLOTS && delivery->lined != 0; i++) {
        for (struct delivery_session *session = delivery->online[i]; session != NULL; session = session->next_of_slot) {
            judge(session);
        }
    }
}
