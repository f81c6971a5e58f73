/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Key packages: what others need to add this device to a group while it is away.
 */
#ifndef CORE_KEYS_H
#define CORE_KEYS_H

#include "state.h"

/** What the server has of ours. If it has some that we can't use, it was set back to an earlier state: all of them are
 * replaced, as others may be handed out a second time. */
void keys_signed_in(struct weibel_core *core, const struct wire_signed_in *in);

/** Makes and uploads new ones when few are left on the server. Called when online. */
BASE_MUST_USE base_result keys_pump(struct weibel_core *core);

/** When it is to be called again. */
uint64_t keys_deadline(const struct weibel_core *core);

/** Makes one by which members let this device into a group again, younger than its leaf there, made at `after` (0: not
 * known). `message` gets its public part. */
BASE_MUST_USE base_result keys_make_wish(struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN],
                                         uint64_t after, struct base_bytes *message);

/** The key package of this name, or NULL. */
struct key_package *keys_find(const struct weibel_core *core, struct base_slice ref);

/** Deletes the private part of one that has been used, unless it is a last resort. */
BASE_MUST_USE base_result keys_used(struct weibel_core *core, struct base_slice ref);

BASE_MUST_USE base_result keys_load(struct weibel_core *core, uint64_t number, struct base_slice value);
void keys_free(void *item);

#endif
