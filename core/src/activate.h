/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * From an activation link to an account, or to a further device of an account. Keys are made and stored before anything
 * is sent, so that the same link can be tried again until an answer has come.
 */
#ifndef CORE_ACTIVATE_H
#define CORE_ACTIVATE_H

#include "state.h"

/** Begins; `call` is answered when the server has. */
BASE_MUST_USE base_result activate_begin(struct weibel_core *core, struct call *call, const struct wire_link *link);

/** Whether one was begun and has come to no end, and what it needs is here; also by a core before. */
bool activate_is_begun(const struct weibel_core *core);

/** Goes on with it. */
BASE_MUST_USE base_result activate_go_on(struct weibel_core *core, struct call *call);

/** The server has greeted: sends the next request. */
BASE_MUST_USE base_result activate_greeted(struct weibel_core *core);

/** Writes who we are as members of an open object: id, address, device, name. */
void activate_write_self(const struct weibel_core *core, struct base_writer *writer);

#endif
