/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which of the account's devices have come since this one is there, and what stood in each chat then. What has come
 * into a chat behind that was written, or was read here at least, when the new device was there: it is to have it,
 * whatever the clock of its writer says. What stood before may have been written since as well, if this device was away
 * when the other one came: that clocks have to say.
 */
#ifndef CORE_CAME_H
#define CORE_CAME_H

#include "state.h"

/** A commit of the account's own group is about to be entered: who comes, and goes for good. */
BASE_MUST_USE base_result came_committed(struct weibel_core *core, const struct group *own,
                                         const struct mls_staged *staged);

/** The number of the last message that the chat had when the device came, or when this one came, if that one was there
 * before. UINT64_MAX: that is not known. */
uint64_t came_above(const struct weibel_core *core, const struct chat *chat, const uint8_t device[WIRE_DEVICE_LEN]);

/** Whether `a` has come before `b`. Of two that were there before, or came at once, their clocks say it. */
bool came_before(const struct weibel_core *core, const uint8_t a[WIRE_DEVICE_LEN], const uint8_t b[WIRE_DEVICE_LEN]);

void came_write(struct base_writer *writer, const struct chat *chat);
BASE_MUST_USE base_result came_read(struct base_reader *reader, struct chat *chat);

#endif
