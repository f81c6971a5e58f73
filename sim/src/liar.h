/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A server that leaves out for some reader what somebody else has written, or shows it in another order
 * (docs/decisions/0038). It keeps the numbers right: what stands in the place of what it leaves out is passed over
 * without a word.
 */
#ifndef SIM_LIAR_H
#define SIM_LIAR_H

#include "state.h"

struct liar *liar_new(void);
void liar_free(struct liar *liar);

/** A client's frame has come: whose entries are whose. */
void liar_hear(struct sim *sim, size_t writer, struct base_slice frame);

/** A frame goes to a client: true if it gets `out` instead, which is to be freed then. */
bool liar_tell(struct sim *sim, size_t reader, struct base_slice frame, struct base_bytes *out);

/** Whether anything was left out or put into another order. What is written from now on counts all that. */
bool liar_confess(struct liar *liar);

/** At the end: whoever something was left out for has said so, wherever he can know it. */
void liar_judge(struct sim *sim);

#endif
