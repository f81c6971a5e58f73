/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * From an activation link to an account. Keys are made and stored before anything is sent, so that the same link can be
 * tried again until an answer has come.
 */
#ifndef CORE_ACTIVATE_H
#define CORE_ACTIVATE_H

#include "state.h"

/** Begins; `call` is answered when the server has. */
BASE_MUST_USE base_result activate_begin(struct weibel_core *core, struct call *call, struct base_slice url,
                                         struct base_slice code);

/** Fills in the request; it borrows from the account, and `content` holds what was signed. */
BASE_MUST_USE base_result activate_frame(struct weibel_core *core, struct wire_frame *frame,
                                         struct base_bytes *content);

/** The server's answer. */
BASE_MUST_USE base_result activate_done(struct weibel_core *core, const struct wire_activated *activated);
BASE_MUST_USE base_result activate_failed(struct weibel_core *core, const struct trouble *trouble);

/** Writes who we are as members of an open object: id, address, device, name. */
void activate_write_self(const struct weibel_core *core, struct base_writer *writer);

#endif
