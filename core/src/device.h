/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The account's own devices. They are the members of an MLS group of their own, behind a chat that no face sees;
 * through it go the records of sync.h. Which devices come says the server, which lets a new one in only by a link;
 * which go, the account's own devices alone, by a record (SYNC_GONE) of whoever has removed one. So no server throws a
 * device out by leaving it out of its list. Every chat follows the own group. Whoever sees that something is missing
 * adds it, after a while by chance, so that mostly one does; if two do, one commit wins, and the other finds nothing
 * left to do.
 *
 * What other devices know of one is its record (SYNC_DEVICE):
 *
 *     struct { uint8 version = 2; opaque name<V>; uint64 added_at; uint64 since; opaque key_package<V>; } Device;
 *
 * What was written after `since` (of its clock; 0: the account's first device) it is to have, and gets from who lets it
 * into a chat, if it stood there before. The key package is its last resort: with it the device is added to any number
 * of chats at once.
 */
#ifndef CORE_DEVICE_H
#define CORE_DEVICE_H

#include "identity.h"
#include "state.h"

/** The chat of the account's own devices, or NULL. */
struct chat *device_chat(const struct weibel_core *core);

/** Its group, or NULL if it isn't there yet. */
struct group *device_group(const struct weibel_core *core);

/** Makes the own group, unless there is one or one is being made. */
BASE_MUST_USE base_result device_prepare(struct weibel_core *core);

/** True if this device, which came by a link, is still waiting to be let into the own group. */
bool device_is_waiting(const struct weibel_core *core);

/** Makes the own group if nobody will let this device into one. Called when online. */
BASE_MUST_USE base_result device_lonely_pump(struct weibel_core *core);

/** True while this device, which came by a link, does not know the others yet: a chat that it made would lack them. */
bool device_is_new(const struct weibel_core *core);

/** True while this device, which came by a link, is not in all chats yet that the others have told it of: if they go
 * now, nobody lets it in. */
bool device_is_outside(const struct weibel_core *core);

/** Whether another device of the account is still to be let into a chat by this one, or to hear of it. */
bool device_is_letting_in(const struct weibel_core *core);

/** The account itself as a contact: whose key packages are those of the other own devices. */
BASE_MUST_USE base_result device_self(struct weibel_core *core, struct contact **out);

/** Signed in: asks the server which devices there are, if there may be several. */
BASE_MUST_USE base_result device_signed_in(struct weibel_core *core);

/** Asks the server which devices there are, for whoever acts on what they wish: change_follow_wishes(). */
BASE_MUST_USE base_result device_ask_list(struct weibel_core *core);

/** The server's list. */
BASE_MUST_USE base_result device_listed(struct weibel_core *core, const struct wire_devices *list);

/** Since when a device is to have what is written, as its own clock says, 0 if that is not yet; UINT64_MAX: it is not
 * known. */
uint64_t device_since(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]);

/** Whether a device was there before this one: in the own group, the link that this device has come by, or the server's
 * list, when it came. Clocks don't say it. */
bool device_is_elder(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]);

/** Sets this device's own record; `key_package` is its newest last resort. */
BASE_MUST_USE base_result device_publish(struct weibel_core *core, struct base_slice key_package);

/** The handler of SYNC_DEVICE. */
BASE_MUST_USE base_result device_synced(struct weibel_core *core, struct base_slice name, struct base_slice value,
                                        bool fresh);

/** The handler of SYNC_GONE. */
BASE_MUST_USE base_result device_gone_synced(struct weibel_core *core, struct base_slice name, struct base_slice value,
                                             bool fresh);

/** Another device of the account is to go: first from the server, then from all chats. Online; answers the call
 * `removal_call`. If the connection ends before the server has answered, it is asked again by itself. */
BASE_MUST_USE base_result device_expel(struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]);

/** Whether the server has it among the account's devices, as far as it was asked. */
bool device_is_listed(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]);

/** Whether one of the account's devices has removed it. */
bool device_is_gone(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]);

/** How many of the account's devices were removed, as far as is known. */
uint32_t device_count_gone(const struct weibel_core *core);

/** A commit of an own group is applied: tells of devices that came and went. `own`: we have made it. */
BASE_MUST_USE base_result device_committed(struct weibel_core *core, const struct group *group,
                                           const struct mls_staged *staged, bool own);

/** This device has come into the own group: it asks for all records, and tells all that it has. What it has said in the
 * one before may have ended there before anybody read it. */
BASE_MUST_USE base_result device_joined(struct weibel_core *core);

/** Entries of the own group have ended before this device read them: it asks for all records. */
BASE_MUST_USE base_result device_missed(struct weibel_core *core);

/** Begins a change of the chat if own devices are missing in it, or are in it no more. Called when online. */
BASE_MUST_USE base_result device_pump(struct weibel_core *core, struct chat *chat);

/** The connection is gone: the server's list is not known any more, and open calls are answered. */
BASE_MUST_USE base_result device_forget_connection(struct weibel_core *core);

/* For the commits of a chat (change_make.c): */

/** Adds the key packages of own devices that the chat's group lacks to those that were taken for its change. */
BASE_MUST_USE base_result device_take(struct weibel_core *core, struct chat *chat, const struct group *group);

/** True if an own device of this name should be in the chat. */
bool device_is_wanted(const struct weibel_core *core, const struct chat *chat, const uint8_t device[WIRE_DEVICE_LEN]);

/** Writes the leaves of own devices that are in the group and should not be; at most `size`. */
size_t device_unwanted(const struct weibel_core *core, const struct chat *chat, const struct group *group,
                       uint32_t *leaves, size_t size);

/** Writes the leaves of the account's other devices in the group; at most `size`. */
size_t device_siblings(const struct weibel_core *core, const struct group *group, uint32_t *leaves, size_t size);

/* For faces (rpc_device.c): */

/** A device as text: hexadecimal digits. */
enum { DEVICE_TEXT_LEN = 2 * WIRE_DEVICE_LEN };
void device_text(const uint8_t device[WIRE_DEVICE_LEN], char out[DEVICE_TEXT_LEN + 1]);

/** Names of devices. */
struct device_set {
    uint8_t ids[2 * WIRE_MAX_DEVICES + 1][WIRE_DEVICE_LEN];
    size_t count;
};

/** All devices that this one knows of, itself first. */
void device_known(const struct weibel_core *core, struct device_set *out);

bool device_set_has(const struct device_set *set, const uint8_t device[WIRE_DEVICE_LEN]);

/** Writes the members of a device's JSON object (docs/api.md, Device) into an open object. */
void device_json(const struct weibel_core *core, struct base_writer *writer, const uint8_t device[WIRE_DEVICE_LEN]);

#endif
