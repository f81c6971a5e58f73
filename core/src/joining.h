/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Coming into groups by their links. What lies at the door is fetched, an external commit made of it and appended. Once
 * that may have reached the server it is known to the members, or not, whatever becomes of its answer: so the commit,
 * and the group that it leads to, are durable before it is sent. Over lost connections and crashes the same commit is
 * sent again under its nonce until the server says where it stands, or that another one has come before; then it is
 * made anew. It counts when it has been read back there. What is given up then is looked for by its nonce, and left if
 * it is there.
 */
#ifndef CORE_JOINING_H
#define CORE_JOINING_H

#include "state.h"

BASE_MUST_USE base_result joining_load(struct weibel_core *core, uint64_t number, struct base_slice value);

/** While the home is opened: takes over an MLS group if it is one that is being joined. */
bool joining_adopt(const struct weibel_core *core, uint64_t group, struct mls_group **mls);

/** The home was opened: what is damaged is made anew. */
BASE_MUST_USE base_result joining_loaded(struct weibel_core *core);

/** The next steps, when the next one is due, and their end. Called when online. */
BASE_MUST_USE base_result joining_pump(struct weibel_core *core);
uint64_t joining_deadline(const struct weibel_core *core);

/** True while it is being found out whether we are in a group, after nobody was answered. */
bool joining_is_busy(const struct weibel_core *core);

/** How many have been given up and may be in the group: it is left then. */
uint64_t joining_given_up(const struct weibel_core *core);

/** The member `joins` of an object: what is listed. */
void joining_list_json(const struct weibel_core *core, struct base_writer *writer);

/** The connection is gone: nobody waits any more. */
BASE_MUST_USE base_result joining_disconnected(struct weibel_core *core);
void joining_free_all(struct weibel_core *core);

#endif
