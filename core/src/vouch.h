/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who somebody is. A Welcome, or whoever adds a member, can write any ID under any identity key: what is in a chat is
 * read and answered only when the server has said of everybody in it that the ID has this key, and this device.
 */
#ifndef CORE_VOUCH_H
#define CORE_VOUCH_H

#include "identity.h"
#include "rpc.h"
#include "state.h"

/**
 * Asks the server for those in a chat for whom nobody has vouched yet. `waits`: their answers are not there, and the
 * chat has to wait. Called when online.
 */
BASE_MUST_USE base_result vouch_pump(struct weibel_core *core, struct chat *chat, bool *waits);

/**
 * Whether a member of a group is known to be who he says: the server has said that his account has this identity key.
 */
bool vouch_is_good(const struct weibel_core *core, const struct group *group, uint32_t leaf,
                   const struct identity *identity);

/** Likewise, and that the account has had this device when we came to know of it here: what it writes counts. A device
 * that was removed knows the account's identity key, too. */
bool vouch_is_heard(const struct weibel_core *core, const struct group *group, uint32_t leaf,
                    const struct identity *identity);

/** Much depends on what this device wishes: the server is asked once more whether the account has it, and the chat
 * waits. */
BASE_MUST_USE base_result vouch_anew(struct weibel_core *core, struct group *group, uint32_t leaf);

/** Whether its account does not have this member's device, as far as is known. */
bool vouch_is_unlisted(const struct weibel_core *core, const struct group *group, uint32_t leaf,
                       const struct identity *identity);

/** A device that is not listed has written into a group: in one of many that was said when it was met. */
BASE_MUST_USE base_result vouch_unheard(struct weibel_core *core, const struct group *group);

/** The contact that such a member becomes when one deals with him. */
BASE_MUST_USE base_result vouch_meet(struct weibel_core *core, const struct identity *identity, struct contact **out);

/**
 * Asks for the key of a contact who is not vouched for, for the sake of a call: `handler` gets it again when the server
 * has said that the account has a key, or that there is none. Takes over the id of `call`; refuses it if that can't be
 * asked.
 */
BASE_MUST_USE base_result vouch_then(struct weibel_core *core, struct contact *contact, struct call *call,
                                     const cJSON *params, rpc_handler handler);

/** Whether vouch_then() can ask now. */
bool vouch_is_asked(const struct weibel_core *core);

/** Somebody has come with another key than the contact's: the server is asked again whose it is, if it can be now. */
BASE_MUST_USE base_result vouch_again(struct weibel_core *core, struct contact *contact);

/** Whoever sits here trusts a changed key: what others have begun under the earlier one ends. */
BASE_MUST_USE base_result vouch_accept(struct weibel_core *core, struct contact *contact);

/** The server has said, with key packages, that the contact has another key than before: it is said aloud, once. */
BASE_MUST_USE base_result vouch_changed(struct weibel_core *core, struct contact *contact,
                                        const uint8_t new_identity_key[WIRE_KEY_LEN]);

/** The connection is gone: calls that wait do what they do without one. */
BASE_MUST_USE base_result vouch_forget(struct weibel_core *core);

/** Ends the calls that wait. `trouble`: what they are refused with; NULL, without a connection: as above. */
BASE_MUST_USE base_result vouch_refuse(struct weibel_core *core, const struct trouble *trouble);

/** Frees the calls that wait. */
void vouch_free(struct weibel_core *core);

/** When to ask on. */
uint64_t vouch_deadline(const struct weibel_core *core);

#endif
