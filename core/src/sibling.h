/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Whether who comes under our own account's name is one of its devices. The identity key alone shows that not: a device
 * that was removed, or taken away, has known it, and whoever has that device reaches our inbox from any account. So a
 * device that we know must sign with its own key, one that was removed is none any more, and one that nobody here has
 * heard of yet must be in the server's list.
 *
 * A device that has just come by a link knows nobody but whom the link names: the one that has made it, and those that
 * this one knew (account.linked_to). Until one of them has let it into the own group it takes nobody else for a device
 * of the account, whatever the server says; from then on the own group says who is one.
 */
#ifndef CORE_SIBLING_H
#define CORE_SIBLING_H

#include "identity.h"
#include "state.h"

extern const struct base_error WEIBEL_ERR_UNHEARD; /**< the server's list must be asked for first */

/** A leaf of our account's. WEIBEL_ERR_WELCOME: no device of ours; WEIBEL_ERR_UNHEARD: ask by sibling_ask(), and judge
 * again once the answer is there, which is final. */
BASE_MUST_USE base_result sibling_check(struct weibel_core *core, const struct mls_member *member,
                                        const struct identity *identity);

/** Likewise, by what is known now; false if that is not enough. */
bool sibling_is_known(const struct weibel_core *core, const struct mls_member *member, const struct identity *identity);

/** What a link says of the account's devices: this one first. Gives their number. */
size_t sibling_list(const struct weibel_core *core, struct own_device out[WIRE_MAX_DEVICES]);

/** Whether the link that this device has come by, and waits for, names this one. */
bool sibling_is_linker(const struct weibel_core *core, const struct mls_member *member,
                       const struct identity *identity);

/** Who is to be asked instead of a device of ours whose invitations are not taken, as the link does not name it: those
 * whom it names, and the server lists; up to STATE_MAX_TELLERS. Gives their number; 0: nobody is. */
size_t sibling_linkers(const struct weibel_core *core, const struct helper *instead_of,
                       struct helper out[STATE_MAX_TELLERS]);

/** Asks the server which devices there are, because of one that is unheard of. Called when online. */
BASE_MUST_USE base_result sibling_ask(struct weibel_core *core);

/** Asks again for a letter that waits, when the server has refused to say. */
BASE_MUST_USE base_result sibling_pump(struct weibel_core *core);

/** When sibling_pump() has something to do by itself; UINT64_MAX: not. */
uint64_t sibling_deadline(const struct weibel_core *core);

#endif
