/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Earlier messages for a new device of the account, if its link has promised them: those of the last 90 days, the
 * newest first, chat by chat, through the account's own group. The new device files them before what it has got itself.
 *
 *     struct {
 *         uint8 version;            3: what else goes through that group begins with 1 (sync.h)
 *         opaque to[16];            the new device
 *         opaque chat<V>;           sync_chat_name()
 *         opaque groups<V>;         the IDs of the chat's groups, all of which the new device was in before
 *         Item items<V>;            newest first
 *     } History;
 *     struct {
 *         Ref refs<V>;              struct { uint64 number; opaque account<V>; } Ref: what the numbers of contacts mean
 *         opaque record<V>;         message_encode()
 *     } Item;
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include "message.h"
#include "state.h"

enum {
    HISTORY_VERSION = 3,
    HISTORY_DAYS = 90,
    HISTORY_MAX = 50000,   /**< messages in all */
    HISTORY_ROOM = 1 << 20 /**< numbers that a new device leaves free in each chat for what comes before */
};

/** Another own device asks for it. */
void history_begin(struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]);

/** Sends the next part, if one is to be sent. Called when online, with the own group. */
BASE_MUST_USE base_result history_pump(struct weibel_core *core, const struct chat *chat, struct group *group);

/** A part of it has come. Errors of the peer's: it is none. */
BASE_MUST_USE base_result history_take(struct weibel_core *core, struct base_slice message);

/** Files what has come. */
BASE_MUST_USE base_result history_file(struct weibel_core *core);

/** Whether a message was written in the last HISTORY_DAYS. */
bool history_is_recent(const struct weibel_core *core, const struct message *message);

/** Whether it is one that is told to who has not got it: recent, and none that disappears. */
bool history_is_told(const struct weibel_core *core, const struct message *message);

/** Files an earlier message before all that the chat has, if there is room. */
BASE_MUST_USE base_result history_file_message(struct weibel_core *core, struct chat *chat, struct message *message);

uint64_t history_deadline(const struct weibel_core *core);

/** The connection is gone. */
void history_forget_connection(struct weibel_core *core);

#endif
