/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Earlier messages for new members, where a group's policy lets members hand them on (about.h: history). Who adds
 * somebody puts those of the last 90 days, the newest first, sealed at doors as ratchet trees are (tree.h), and says in
 * the group where they lie (content/handed.h). Each device that has come with that commit fetches them, once, and files
 * them before all that the chat has. They are what the adder says: nobody else vouches for who has written them.
 *
 *     struct {
 *         uint8 version;            2
 *         Item items[];             to the end, newest first
 *     } Bundle;
 *     struct {
 *         opaque author<V>;         ID of the account (8 bytes), then its domain
 *         opaque id[32];            of the message, as of its first version
 *         uint64 edited_at;         milliseconds since 1970; 0: never
 *         opaque content<V>;        its MIMI content, as it is now
 *         Reaction reactions<V>;    struct { opaque who<V>; opaque id[32]; opaque emoji<V>; }, `who` as `author`
 *         uint64 closed_at;         of a poll; 0: it is open
 *         Vote votes<V>;            struct { opaque who<V>; uint64 at; uint64 tie; uint32 chosen; } (vote.h)
 *     } Item;
 */
#ifndef CORE_HAND_H
#define CORE_HAND_H

#include "message.h"
#include "state.h"
#include "tree.h"

enum {
    HAND_VERSION = 2,
    HAND_MAX_BYTES = 4 << 20, /**< of a bundle */
    HAND_MAX_ITEMS = 2000,
    HAND_MAX_ITEM = 256 << 10,  /**< bytes of a content: messages with more stay behind */
    HAND_MAX_MARKS = 192 << 10, /**< bytes of a message's reactions, and of its votes: what is beyond stays behind */
    HAND_MAX_MARK = 512,        /**< bytes of one of them */
    HAND_MAX_CONTACTS = 256,    /**< contacts that one bundle makes */
    HAND_MAX_AGAIN = 8,         /**< how often reactions and votes have one gathered anew */
};

enum hand_kind {
    HAND_GIVE = 1, /**< we have added somebody, and have not told yet where the messages lie */
    HAND_AWAIT,    /**< somebody has added us, and may tell */
    HAND_TAKE,     /**< we were told */
    HAND_KIND_END,
};

/** What is handed on in a chat: one to give, and one to await or take. Durable: chat to contacts. */
struct hand {
    uint64_t chat;
    enum hand_kind kind;
    uint64_t first, last;              /**< epochs that began with a commit of ours (await: the one with us) */
    uint64_t before;                   /**< give: messages before this number */
    uint8_t account[WIRE_ACCOUNT_LEN]; /**< await, take: who has added us */
    char domain[WIRE_MAX_DOMAIN + 1];
    struct tree_place place; /**< take: where they lie … */
    uint8_t hash[WIRE_KEY_LEN];
    uint32_t filed, contacts; /**< … and how many were filed, and contacts made */
    bool reading;             /* not durable, as what follows: the store is being read for it */
    bool stale;               /**< for nothing: it was begun anew meanwhile */
    uint64_t retry_at;
    struct base_writer bundle; /**< give: what was gathered, */
    uint64_t next;             /**< up to which message, … */
    uint32_t count;            /**< … and how many. Take: how many were looked at */
    uint32_t again;            /**< give: how often it was begun anew for reactions and votes */
    struct tree_put put;
    struct tree_get get;
    bool fetched;  /**< the bundle is in `get` … */
    size_t offset; /**< … and was filed up to here */
};

struct hand_item {
    struct base_slice author, id, content;
    uint64_t edited_at;
    struct base_slice reactions, votes; /**< those above */
    uint64_t closed_at;
};

/** A commit of ours has added members, in the epoch that the group is in now. */
BASE_MUST_USE base_result hand_added(struct weibel_core *core, struct group *group);

/** Somebody has added us to a chat that is new here, in which nothing stands yet: leaves room for what he may hand on,
 * if the group's policy lets him. */
BASE_MUST_USE base_result hand_await(struct weibel_core *core, struct group *group, uint32_t inviter);

/** A member says where earlier messages lie; `from` NULL: an own device. Errors of content_handed_decode(). */
BASE_MUST_USE base_result hand_told(struct weibel_core *core, struct group *group, const struct contact *from,
                                    struct base_slice part);

/** True while earlier messages are on their way into the chat: what follows in it may be about them, and waits. */
bool hand_is_taking(const struct weibel_core *core, const struct chat *chat);

/** True while the store is read for what is to be handed on: the server is going to be asked for something. */
bool hand_is_gathering(const struct weibel_core *core);

/** A message of the chat was deleted or edited: what was gathered of it is old. */
void hand_changed(struct weibel_core *core, const struct message *message);

/** Likewise by a reaction or a vote; but not for ever, as there is always somebody in a large group. */
void hand_marked(struct weibel_core *core, const struct message *message);

/** Goes on with what is handed on in the chat. Called when online. */
BASE_MUST_USE base_result hand_pump(struct weibel_core *core, struct chat *chat);
uint64_t hand_deadline(const struct weibel_core *core, const struct chat *chat);

/** The connection is gone. */
void hand_forget_connection(struct weibel_core *core);

/** The chat goes. */
BASE_MUST_USE base_result hand_forget_chat(struct weibel_core *core, uint64_t chat);

BASE_MUST_USE base_result hand_load(struct weibel_core *core, uint64_t chat, struct base_slice value);
void hand_free(void *item);

/* ---- Between the files of it. ---------------------------------------------------------------------------------------
 */

/** The one that is to give, or the other one; NULL: there is none. */
struct hand *hand_find(const struct weibel_core *core, uint64_t chat, bool gives);
BASE_MUST_USE base_result hand_add(struct weibel_core *core, uint64_t chat, enum hand_kind kind, struct hand **out);
BASE_MUST_USE base_result hand_save(struct weibel_core *core, const struct hand *hand);
BASE_MUST_USE base_result hand_end(struct weibel_core *core, struct hand *hand);

/** Forgets what was gathered or fetched. */
void hand_drop(struct hand *hand);

/** Whether the group's policy lets members hand on what was written. */
bool hand_is_allowed(const struct group *group);

BASE_MUST_USE base_result hand_give_pump(struct weibel_core *core, struct chat *chat, struct hand *hand);
BASE_MUST_USE base_result hand_take_pump(struct weibel_core *core, struct hand *hand);

/** The account of this name, as a bundle says; `out` NULL: ourselves, somebody who is blocked, or one too many. */
BASE_MUST_USE base_result hand_person(struct weibel_core *core, struct hand *hand, struct base_slice name,
                                      struct contact **out);

/** The lists of an item: what is known of the message's reactions and votes. */
BASE_MUST_USE base_result hand_marks_gather(const struct weibel_core *core, const struct message *message,
                                            struct base_bytes *reactions, struct base_bytes *votes);

/** BASE_ERR_…: the lists of the item are none. */
BASE_MUST_USE base_result hand_marks_check(const struct hand_item *item);

/** Takes those of an item that was checked into its message, marked as what they are. */
BASE_MUST_USE base_result hand_marks_file(struct weibel_core *core, struct hand *hand, const struct hand_item *item,
                                          struct message *message);

void hand_item_write(struct base_writer *writer, const struct hand_item *item);

/** Takes the next item of a bundle. BASE_ERR_…: what follows is none. Borrows. */
BASE_MUST_USE base_result hand_item_read(struct base_reader *reader, struct hand_item *out);

/**
 * The message of an item, as the chat's adder says it: everything but author and number is set. BASE_ERR_…, CBOR_ERR_…,
 * CONTENT_ERR_…: it is none, or none that is handed on.
 */
BASE_MUST_USE base_result hand_item_message(struct weibel_core *core, const struct chat *chat,
                                            const struct hand_item *item, struct message *out);

#endif
