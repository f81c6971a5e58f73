/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * How long a connection is waited for. Each thing that is waited for has a time of its own, the same for all
 * connections: so those that began first are due first, and to begin, to end and to find who is due costs the same with
 * one connection as with all of them. (libwebsockets' own timers are a sorted list that is walked for each connection.)
 */
#ifndef NET_SRC_PATIENCE_H
#define NET_SRC_PATIENCE_H

#include <stdint.h>

enum patience_for {
    FOR_NOTHING,
    FOR_REQUEST, /**< HTTP: TLS, headers, that the answer is taken; or the next one */
    FOR_SIGN_IN,
    FOR_WORD,   /**< anything that shows that the other end is there */
    FOR_ANSWER, /**< the same, after it was asked */
    PATIENCE_KINDS
};

/** One that is waited for; zeros: it is not. */
struct patience_place {
    enum patience_for what;
    uint64_t since;
    struct patience_place *previous, *next;
};

/** All of them; zeros: none. */
struct patience {
    uint64_t now; /**< seconds of a clock that only moves forward; its owner's to set */
    struct {
        struct patience_place *first, *last;
    } queues[PATIENCE_KINDS];
};

/** Waits for this from now on, and for nothing else. */
void patience_wait(struct patience *patience, struct patience_place *place, enum patience_for what);
/** Waits no more. */
void patience_end(struct patience *patience, struct patience_place *place);
/** One of those that were waited for long enough, or NULL. */
struct patience_place *patience_due(const struct patience *patience, enum patience_for what);

#endif
