/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Settings: of the account, and of each chat. They are small records of their own, so that to type a draft writes
 * nothing else.
 */
#ifndef CORE_SETTING_H
#define CORE_SETTING_H

#include "message.h"
#include "state.h"

/** As they are before anybody has set them. */
void settings_init(struct weibel_core *core);

/** Whether others may be told what was received and read. */
bool settings_receipts(const struct weibel_core *core);

/** Whether others may be told that we type, and we are told of them. */
bool settings_typing(const struct weibel_core *core);

/** The records, for a backup; `out` must be empty. */
BASE_MUST_USE base_result settings_encode(const struct weibel_core *core, struct base_bytes *out);
BASE_MUST_USE base_result setting_encode(const struct weibel_core *core, const struct chat *chat,
                                         struct base_bytes *out);

/** Saves those of the account, and tells its other devices; or tells nobody. */
BASE_MUST_USE base_result settings_save(struct weibel_core *core);
BASE_MUST_USE base_result settings_save_here(struct weibel_core *core);

/** Saves what was set for a chat. */
BASE_MUST_USE base_result setting_save(struct weibel_core *core, const struct chat *chat);

/** Whether anything is set for it that goes to the account's other devices. */
bool setting_is_any(const struct chat *chat);

/** Puts what was begun in a thread of the chat into its setting; an empty text takes it out. Does not save. */
BASE_MUST_USE base_result setting_draft_in_thread(struct weibel_core *core, struct chat *chat,
                                                  const uint8_t thread[MESSAGE_ID_PREFIX], struct base_slice text);

/** Forgets it, with the chat. */
BASE_MUST_USE base_result setting_forget(struct weibel_core *core, const struct chat *chat);

/** Loads the account's (`chat` 0) or those of a chat. */
BASE_MUST_USE base_result setting_load(struct weibel_core *core, uint64_t chat, struct base_slice value);

/** Frees its drafts: there are none then. */
void setting_free(struct chat_setting *setting);

#endif
