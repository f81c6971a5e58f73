/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A queue for each thing that is waited for.
 */
#include "patience.h"

#include <stddef.h>

#include "delivery/delivery.h"

enum { REQUEST_SECONDS = 15 };
enum { PING_SECONDS = 240, HANGUP_SECONDS = 300 }; /* after the last word */

static const uint64_t SECONDS[PATIENCE_KINDS] = {
    [FOR_REQUEST] = REQUEST_SECONDS,
    [FOR_SIGN_IN] = DELIVERY_GUEST_SECONDS,
    [FOR_WORD] = PING_SECONDS,
    [FOR_ANSWER] = HANGUP_SECONDS - PING_SECONDS,
};

void patience_end(struct patience *patience, struct patience_place *place) {
    if (place->what == FOR_NOTHING) {
        return;
    }
    *(place->previous == NULL ? &patience->queues[place->what].first : &place->previous->next) = place->next;
    *(place->next == NULL ? &patience->queues[place->what].last : &place->next->previous) = place->previous;
    *place = (struct patience_place){ FOR_NOTHING, 0, NULL, NULL };
}

void patience_wait(struct patience *patience, struct patience_place *place, enum patience_for what) {
    if (place->what == what && place->since == patience->now) {
        return;
    }
    patience_end(patience, place);
    struct patience_place **last = &patience->queues[what].last;
    *place = (struct patience_place){ what, patience->now, *last, NULL };
    *(*last == NULL ? &patience->queues[what].first : &(*last)->next) = place;
    *last = place;
}

struct patience_place *patience_due(const struct patience *patience, enum patience_for what) {
    struct patience_place *first = patience->queues[what].first;
    return first != NULL && patience->now - first->since >= SECONDS[what] ? first : NULL;
}
