/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages that an own device can't read in the chats' streams, because they stood there before it came, from another
 * one of the account's devices, through the account's own group. There are two reasons:
 *
 * A link has promised earlier ones: those of the last 90 days, the newest first, chat by chat. The new device files
 * them before what it has got itself.
 *
 * Or a device was let into a group late (docs/decisions/0031). Who has let it in owes it what was written there since
 * it belongs to the account, the oldest first, and invites it when that is sent. So the device has it before it reads
 * the group's stream, and files it as if it had come from there.
 *
 *     struct {
 *         uint8 version;            5: what else goes through that group begins with 1 (sync.h)
 *         opaque to[16];            the device that they are for
 *         opaque chat<V>;           sync_chat_name()
 *         uint8 late;               1: it was let into a group late
 *         opaque groups<V>;         the IDs of the chat's groups, all of which the device was in before; late: of this
 *                                   one, and a byte 1 behind it if all items have come since the device is there
 *                                   (came.h): no clock is asked then
 *         Item items<V>;            newest first; late: oldest first
 *     } History;
 *     struct {
 *         uint8 read;               1: this account has read it
 *         opaque stream[32];        of the group by which it came, …
 *         uint64 entry;             … and where it stands there; 0: that is not known
 *         Ref refs<V>;              struct { uint64 number; opaque account<V>; } Ref: what the numbers of contacts mean
 *         opaque record<V>;         message_encode()
 *     } Item;
 *
 * A late part has, in place of a run of messages older than HISTORY_DAYS, or too large, the last one's item with a
 * message of kind MESSAGE_GAP: they are missing here. Likewise, before the first one, of all that was not looked at.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include "message.h"
#include "state.h"

enum {
    HISTORY_VERSION = 5,
    HISTORY_DAYS = 90,
    HISTORY_MAX = 50000,        /**< messages in all */
    HISTORY_PAGE = 50,          /**< messages that are read at once */
    HISTORY_PART = 192 << 10,   /**< bytes after which a part ends */
    HISTORY_RECORD = 256 << 10, /**< bytes of one message: larger ones stay behind … */
    HISTORY_ITEM = 512 << 10,   /**< … and those that have more with the names of all who are in them */
    HISTORY_MAX_PART = HISTORY_PART + HISTORY_ITEM,
    HISTORY_LIFETIME = 7 * 24 * 3600, /**< seconds that a part stays on the server */
    HISTORY_ROOM = 1 << 20,           /**< numbers that a new device leaves free in each chat for what comes before */
    HISTORY_CLOCK_MARGIN = 2 * 24 * 3600 * 1000 /**< milliseconds that devices' clocks may differ by their time zones */
};

/** A link has promised earlier messages, or somebody has come who may be who has it: he has some time to ask. */
void history_wait(struct weibel_core *core);

/** Whether earlier messages have still to go to a new device, or it may come yet and ask for them. */
bool history_is_due(const struct weibel_core *core);

/** Another own device asks for it. */
void history_begin(struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]);

/** Sends the next part, if one is to be sent. Called when online, with the own group. */
BASE_MUST_USE base_result history_pump(struct weibel_core *core, const struct chat *chat, struct group *group);

/** A commit of ours that brings in own devices was accepted, as entry `number`; the group's epoch is the one before it.
 */
BASE_MUST_USE base_result history_let_in(struct weibel_core *core, const struct group *group,
                                         const struct mls_staged *staged, uint64_t number);

/** Somebody else lets an own device in again, as it has lost its place or never had one: likewise, if of those there
 * this one is the first. */
BASE_MUST_USE base_result history_let_in_again(struct weibel_core *core, const struct group *group,
                                               const struct mls_staged *staged, uint64_t number);

/** Another own device lets one in that belongs to the account longer than itself: what stood there before its own
 * coming it has not. Likewise, if this one does belong to it longer, too. */
BASE_MUST_USE base_result history_let_in_by_sibling(struct weibel_core *core, const struct group *group,
                                                    const struct mls_staged *staged, uint64_t number);

/** Arrears as part of a chat's record. */
void history_late_write(struct base_writer *writer, const struct chat *chat);
BASE_MUST_USE base_result history_late_read(const struct weibel_core *core, struct base_reader *reader,
                                            struct chat *chat);

/** Of each of them the number above which all is owed: at the record's end, as it came later. */
void history_late_write_above(struct base_writer *writer, const struct chat *chat);
BASE_MUST_USE base_result history_late_read_above(struct base_reader *reader, struct chat *chat);

/** A part of it has come, from another own device. Errors of the peer's: it is none. */
BASE_MUST_USE base_result history_take(struct weibel_core *core, struct base_slice message,
                                       const uint8_t from[WIRE_DEVICE_LEN]);

/** Another own device has let this one into the group: what it has sent before is looked for. */
void history_joined(struct weibel_core *core, struct group *group);

/** Whether something may be on its way, or is being filed, that comes before what stands in the group's stream. */
bool history_comes_first(const struct weibel_core *core, const struct group *group);

/** Files what has come. */
BASE_MUST_USE base_result history_file(struct weibel_core *core);

/** Likewise, without waiting for when it is to be looked at again. */
BASE_MUST_USE base_result history_file_now(struct weibel_core *core);

/** Whether a message was written in the last HISTORY_DAYS. */
bool history_is_recent(const struct weibel_core *core, const struct message *message);

/** Whether it is one that is told to who has not got it: recent, and none that disappears. */
bool history_is_told(const struct weibel_core *core, const struct message *message);

/** Files an earlier message before all that the chat has, if there is room. */
BASE_MUST_USE base_result history_file_message(struct weibel_core *core, struct chat *chat, struct message *message);

uint64_t history_deadline(const struct weibel_core *core);
uint64_t history_late_deadline(const struct weibel_core *core);

/** The connection is gone. */
void history_forget_connection(struct weibel_core *core);

/* ---- Between the files of it. ---------------------------------------------------------------------------------------
 */

/** Whether the group has this own device. */
bool history_has_device(const struct weibel_core *core, const struct group *group,
                        const uint8_t device[WIRE_DEVICE_LEN]);

/** Writes what stands before the groups. */
void history_write_head(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat,
                        const uint8_t to[WIRE_DEVICE_LEN], bool late);

/** Writes an item, unless it is too large. */
BASE_MUST_USE base_result history_write_item(struct weibel_core *core, struct base_writer *writer,
                                             const struct message *message);

/** A part was not appended; when it is to be tried again is returned. */
uint64_t history_refused(struct weibel_core *core, const struct wire_frame *answer);

/** Begins the next step of what late devices are owed, if there is one. `begun`: it has. */
BASE_MUST_USE base_result history_late_pump(struct weibel_core *core, struct group *own, bool *begun);

#endif
