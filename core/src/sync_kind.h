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

/** Of a group all messages up to this entry of its stream were read (SYNC_READ) or deleted (SYNC_DELETED), unless a
 * later one is known. */
BASE_MUST_USE base_result sync_place_put(struct weibel_core *core, enum sync_kind kind, const struct chat *chat,
                                         const uint8_t stream[WIRE_STREAM_LEN], struct place place);

/** Up to where it was, on whichever device. */
struct place sync_place(const struct weibel_core *core, enum sync_kind kind, const struct chat *chat,
                        const uint8_t stream[WIRE_STREAM_LEN]);

/** The server has set the stream back: what follows has numbers that were read before. */
BASE_MUST_USE base_result sync_read_rewound(struct weibel_core *core, const struct group *group);

/** Which value of such a record holds; and the part of its name that is the chat's. */
bool sync_place_is_newer(struct base_slice value, struct base_slice than);
struct base_slice sync_place_chat(struct base_slice name);

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
