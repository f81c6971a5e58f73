/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who somebody is. A Welcome, or whoever adds a member, can write any ID under any identity key: what is in a chat is
 * read and answered only when the server has said of everybody in it that the ID has this key.
 */
#ifndef CORE_VOUCH_H
#define CORE_VOUCH_H

#include "state.h"

/**
 * Asks the server for those in a chat for whom nobody has vouched yet. `waits`: their answers are not there, and the
 * chat has to wait. Called when online.
 */
BASE_MUST_USE base_result vouch_pump(struct weibel_core *core, struct chat *chat, bool *waits);

/** Asks for one account's key. */
BASE_MUST_USE base_result vouch_ask(struct weibel_core *core, struct contact *contact);

/** The connection is gone. */
void vouch_forget(struct weibel_core *core);

/** When to ask on. */
uint64_t vouch_deadline(const struct weibel_core *core);

#endif
