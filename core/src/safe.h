/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The safe: an archive without history that lies on the server, at a door (docs/protocol.md) whose name and keys come
 * from ID and passphrase, so that who has lost everything finds it by these two, and the server can't tell whose it is.
 * docs/archive.md.
 */
#ifndef CORE_SAFE_H
#define CORE_SAFE_H

#include "state.h"

/** Puts a safe there and keeps it fresh from now on. Online; `call` is answered when the server has it. */
BASE_MUST_USE base_result safe_enable(struct weibel_core *core, struct call *call, struct base_slice passphrase);

/** Removes it. */
BASE_MUST_USE base_result safe_disable(struct weibel_core *core, struct call *call);

/** Whether what was found there before is here, and this home is on its way to be a device by it: the server may have
 * it already, and another one beside it would stand on the account's list for ever. activate_go_on() goes on. */
bool safe_is_begun(const struct weibel_core *core, const struct wire_address *address, struct base_slice url);

/** Makes this home, which is new, from a safe. `call` is answered as by activate. */
BASE_MUST_USE base_result safe_restore(struct weibel_core *core, struct call *call, const struct wire_address *address,
                                       struct base_slice passphrase, struct base_slice url);

/** True while a safe is to be fetched before this home can be activated. */
bool safe_is_wanted(const struct weibel_core *core);

/** The server has greeted: fetches it. */
BASE_MUST_USE base_result safe_greeted(struct weibel_core *core);

/** Keeps it fresh. Called when online. */
BASE_MUST_USE base_result safe_pump(struct weibel_core *core);
uint64_t safe_deadline(const struct weibel_core *core);

/** A removal has closed the code in it: a fresh one is put there, if there is a safe. */
void safe_renew(struct weibel_core *core);

/** The connection is gone. */
BASE_MUST_USE base_result safe_forget_connection(struct weibel_core *core);

#endif
