/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the account's devices tell each other: small records, each with a name, of which the last writer's wins; what
 * was read only ever grows. Each device keeps them all, so that any can give a new one the whole.
 *
 * On the wire, inside of application messages of the account's own group (device.h):
 *
 *     struct {
 *         uint8 version;           1
 *         uint8 wants;             1: send everything, please; 2: earlier messages (history.h); or both
 *         select (wants & 2) { opaque from[16]; opaque to[16]; };      whose earlier messages, and for whom
 *         Record records<V>;
 *     } Sync;
 *     struct {
 *         uint8 kind;              enum sync_kind
 *         opaque name<V>;          what it is about: the kind's own
 *         opaque value<V>;         the kind's own
 *         uint64 clock;            rises with each change; of two with the same, the greater device wins
 *         uint8 device[16];        who has changed it
 *     } Record;
 */
#ifndef CORE_SYNC_H
#define CORE_SYNC_H

#include "state.h"

/** On the wire and in the store. A new kind gets its handler in sync.c. */
enum sync_kind {
    SYNC_DEVICE = 1, /**< a device; its name: device[16] (device.h) */
    SYNC_CONTACT,    /**< an account; its name: sync_account_name() */
    SYNC_READ,       /**< how far a group of a chat was read; its name: sync_chat_name(), and the stream */
    SYNC_SETTING,    /**< a setting of the account */
    SYNC_CHAT,       /**< settings of a chat; its name: sync_setting_name() */
    SYNC_GONE,       /**< a device that another one of the account has removed; its name: device[16] (device.h) */
    SYNC_DELETED,    /**< how far a group of a chat was deleted (chat_delete.h), named likewise; or an own message */
    SYNC_KIND_END,
};

enum {
    SYNC_MAX_ACCOUNT_NAME = WIRE_ACCOUNT_LEN + WIRE_MAX_DOMAIN,
    SYNC_MAX_CHAT_NAME = 1 + SYNC_MAX_ACCOUNT_NAME,
    SYNC_MAX_NAME = WIRE_STREAM_LEN + SYNC_MAX_CHAT_NAME,
    SYNC_MAX_VALUE = 20 << 10,
    SYNC_MAX_PLACES = 512,     /**< of a chat, and a kind, in streams that are not read here any more: the last ones */
    SYNC_MAX_RECORDS = 200000, /**< more are not kept: a contact and a chat need one or two each … */
    SYNC_MAX_DEVICES = 1024,   /**< … but for those of devices */
};

/**
 * Sets a record: it is stored, and goes to the account's other devices as soon as that is possible, now or when there
 * are some. The same value as before changes nothing. BASE_ERR_TOO_LONG: a bound above.
 */
BASE_MUST_USE base_result sync_put(struct weibel_core *core, enum sync_kind kind, struct base_slice name,
                                   struct base_slice value);

/** The value of a record; false: there is none. Borrowed until the next call of this header. */
bool sync_get(const struct weibel_core *core, enum sync_kind kind, struct base_slice name, struct base_slice *value);

/** Forgets a record here; others keep theirs. */
BASE_MUST_USE base_result sync_forget(struct weibel_core *core, enum sync_kind kind, struct base_slice name);

/**
 * What a kind's handler does: another device has set this record (or the chat that it is about is here now). `fresh`:
 * there was none before. What it does not understand it leaves alone. While it works, sync_put() does nothing.
 */
typedef base_result (*sync_fn)(struct weibel_core *core, struct base_slice name, struct base_slice value, bool fresh);

/** The name of a chat in records, the same on all devices; its length is returned, 0 if it has none. */
size_t sync_chat_name(const struct weibel_core *core, const struct chat *chat, uint8_t out[SYNC_MAX_CHAT_NAME]);

/** The next chat of such a name from this place in the list on, or NULL. There may be several, as whoever makes a group
 * names any room. */
struct chat *sync_chat_next(const struct weibel_core *core, struct base_slice name, size_t *place);

/** The one chat of such a name that has one of these streams, one behind the other (of two: any), or NULL: not here, or
 * not yet, or it can't be told which. */
struct chat *sync_chat_find(const struct weibel_core *core, struct base_slice name, struct base_slice streams);

/** The name of a chat's settings in records; its length is returned, 0 if it has none (yet). And what is in it: the
 * chat's name and, for a group, its stream. */
size_t sync_setting_name(const struct weibel_core *core, const struct chat *chat, uint8_t out[SYNC_MAX_NAME]);
struct base_slice sync_setting_chat(struct base_slice name, struct base_slice *stream);

/** True if the chat was deleted on any device, ever. */
bool sync_deletion_any(const struct weibel_core *core, const struct chat *chat);

/** True if another device has told something of a chat that is not here. */
bool sync_lacks_chat(const struct weibel_core *core);

/** The name of an account in records; its length is returned. */
size_t sync_account_name(const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain, uint8_t out[SYNC_MAX_ACCOUNT_NAME]);

/** Takes such a name apart; false: it isn't one. */
bool sync_account_parse(struct base_slice name, uint8_t id[WIRE_ACCOUNT_LEN], char domain[WIRE_MAX_DOMAIN + 1]);

/** A chat has come into being, or goes on in another group: what other devices have said about it is handled now. */
BASE_MUST_USE base_result sync_chat_made(struct weibel_core *core, const struct chat *chat);

/** Everything goes to the other devices (again). */
BASE_MUST_USE base_result sync_send_all(struct weibel_core *core);

/** An application message of the own group. Errors of the peer's: it is none of these messages. */
BASE_MUST_USE base_result sync_take(struct weibel_core *core, struct base_slice message);

/** Sends what is to be sent through the own group. Called when online. */
BASE_MUST_USE base_result sync_pump(struct weibel_core *core, const struct chat *chat, struct group *group);
uint64_t sync_deadline(const struct weibel_core *core);

/** The connection is gone. */
void sync_forget_connection(struct weibel_core *core);

BASE_MUST_USE base_result sync_load(struct weibel_core *core, uint64_t number, struct base_slice value);
void sync_free(void *item);

#endif
