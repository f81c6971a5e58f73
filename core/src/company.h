/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * With whom one was in a group, where the group itself is not there: in a backup, and in a chat that was restored from
 * one. The room of a chat is known to others: only who was there may take its place again.
 */
#ifndef CORE_COMPANY_H
#define CORE_COMPANY_H

#include "identity.h"
#include "state.h"

enum { COMPANY_MAX = 64 }; /* accounts that are remembered: those who look after the group, then others */

/** The account of a device, with its identity key. */
void company_hash(const struct identity *identity, uint8_t out[STATE_HASH_LEN]);

/** The others of a group, those for whom the server has vouched. `out` must be empty. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result company_of(const struct weibel_core *core, const struct group *group, struct base_bytes *out);

/** Whether the chat remembers it. */
bool company_has(const struct chat *chat, const uint8_t hash[STATE_HASH_LEN]);

#endif
