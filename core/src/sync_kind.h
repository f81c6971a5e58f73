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

/** Of a group all messages up to this entry of its stream were read; a later one in the same turn replaces it. */
BASE_MUST_USE base_result sync_read_put(struct weibel_core *core, const struct chat *chat,
                                        const uint8_t stream[WIRE_STREAM_LEN], struct place place);

/** Up to where the account has read a group of the chat, on whichever device. */
struct place sync_read_place(const struct weibel_core *core, const struct chat *chat,
                             const uint8_t stream[WIRE_STREAM_LEN]);

/** The server has set the stream back: what follows has numbers that were read before. */
BASE_MUST_USE base_result sync_read_rewound(struct weibel_core *core, const struct group *group);

/** Which value of SYNC_READ holds; and the part of such a record's name that is the chat's. */
bool sync_read_is_newer(struct base_slice value, struct base_slice than);
struct base_slice sync_read_chat(struct base_slice name);

/** The name of such a record; its length is returned. */
size_t sync_read_name(const struct weibel_core *core, const struct chat *chat, const uint8_t stream[WIRE_STREAM_LEN],
                      uint8_t out[SYNC_MAX_NAME]);

/** Once after a start: whether another device has deleted the chat. */
BASE_MUST_USE base_result sync_deletion_pump(struct weibel_core *core, struct chat *chat);

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
