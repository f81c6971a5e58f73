/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The records of contacts, settings, chats and of what was read: written where those change, and taken over from the
 * account's other devices.
 */
#ifndef CORE_SYNC_KIND_H
#define CORE_SYNC_KIND_H

#include "message.h"
#include "sync.h"

/** A contact was saved. Who is no more than a member somewhere has no record. */
BASE_MUST_USE base_result sync_contact_put(struct weibel_core *core, const struct contact *contact);

/** The account's settings were saved. */
BASE_MUST_USE base_result sync_settings_put(struct weibel_core *core);

/** What was set for a chat was saved. */
BASE_MUST_USE base_result sync_setting_put(struct weibel_core *core, const struct chat *chat);

/** A chat was read: others are to hear up to where. */
void sync_read_plan(struct chat *chat);

/** Tells it. Called when online. */
BASE_MUST_USE base_result sync_read_pump(struct weibel_core *core, struct chat *chat);

/** A message has come: perhaps another device has read it before. */
BASE_MUST_USE base_result sync_read_added(struct weibel_core *core, struct chat *chat, const struct message *message);

/* The handlers. */
BASE_MUST_USE base_result sync_contact_take(struct weibel_core *core, struct base_slice name, struct base_slice value,
                                            bool fresh);
BASE_MUST_USE base_result sync_settings_take(struct weibel_core *core, struct base_slice name, struct base_slice value,
                                             bool fresh);
BASE_MUST_USE base_result sync_setting_take(struct weibel_core *core, struct base_slice name, struct base_slice value,
                                            bool fresh);
BASE_MUST_USE base_result sync_read_take(struct weibel_core *core, struct base_slice name, struct base_slice value,
                                         bool fresh);

#endif
