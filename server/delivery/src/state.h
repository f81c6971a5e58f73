/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the files of delivery share: the server's state in memory, a session, and who reads what live.
 */
#ifndef DELIVERY_SRC_STATE_H
#define DELIVERY_SRC_STATE_H

#include "bucket.h"
#include "delivery/delivery.h"
#include "sleep.h"

_Static_assert((int)DELIVERY_TICKETS == (int)ADDRESS_SLOTS, "a ticket is an address's slot");

/*
 * Bounds of one session. Output beyond HIGH stops its input and its live entries, which are fetched from the store
 * again later; so a connection never holds much more than HIGH and the answers that were under way.
 */
enum {
    OUTPUT_HIGH = 512 << 10,
    OUTPUT_LOW = 64 << 10,
    MAX_REQUESTS = 64,           /**< under way for one session */
    MAX_REQUEST_BYTES = 2 << 20, /**< and what they hold, unless it is one alone */
    MAX_READS = 4,               /**< reads under way: each may answer with WIRE_MAX_BATCH or an entry */
};

/** Held by all operations together; beyond it, requests are refused for a moment. */
enum { MAX_QUEUED_BYTES = 256 << 20 };

/** What live readers read: a stream's name; or a device's inbox, as account, device and zeros. */
struct topic_name {
    uint8_t bytes[WIRE_STREAM_LEN];
    bool inbox;
};

/** One session reads one topic live, or is about to. */
struct subscription {
    struct delivery_session *session;
    struct topic *topic;
    struct subscription *previous_of_topic, *next_of_topic, *next_of_session;
    uint8_t token[WIRE_KEY_LEN]; /**< streams */
    uint64_t sent;               /**< number of the last entry that was given out */
    uint64_t newest;             /**< number of the last entry that is known to be there */
    uint64_t wanted;             /**< what `newest` was when fetching began */
    bool live;                   /**< false while the answer to its read is under way */
    bool fetching;               /**< entries between sent and newest are being fetched */
    bool over;                   /**< its token was replaced, and the client has not read on yet: kept so that it is
                                      known what its device waits for */
    uint64_t quiet_until;        /**< seconds: nothing here wakes the device before */
};

struct topic {
    struct topic_name name;
    struct subscription *subscriptions;
    struct topic *next; /**< in the same slot of the table */
};

struct output_item {
    struct delivery_output *output;
    struct output_item *next;
};

enum bucket_kind {
    BUCKET_WORK,   /**< every request */
    BUCKET_REACH,  /**< what reaches other people: key packages, inboxes */
    BUCKET_ROOM,   /**< what takes room: streams, blobs */
    BUCKET_LOOKUP, /**< identity keys */
    BUCKET_BYTES,  /**< KiB that are stored */
    BUCKET_BLOBS,  /**< MiB of blobs */
    BUCKETS
};

enum { ONLINE_SLOTS = 16384 };

struct delivery_session {
    struct delivery *delivery;
    void *connection; /**< NULL once it is gone */
    uint64_t number;  /**< of this connection, from 1 on */
    struct bucket *address;
    struct share *share; /**< the account's; the address's before it has signed in */
    uint8_t challenge[WIRE_KEY_LEN];
    uint8_t account[WIRE_ACCOUNT_LEN], device[WIRE_DEVICE_LEN];
    bool signed_in, ended;
    bool cut; /**< nothing more is sent: a part of a frame may have been */
    struct bucket work;
    struct bucket *buckets[BUCKETS];       /**< the account's; `work` alone before it has signed in */
    size_t requests, request_bytes, reads; /**< under way */
    struct output_item *first_output, *last_output;
    size_t output_bytes;
    size_t reading;           /**< large reads that the store has */
    struct store_op *waiting; /**< those that it does not have yet, the first one first */
    struct line *in_line;     /**< the share's or delivery's; NULL: it does not stand in line */
    struct delivery_session *previous_in_line, *next_in_line;
    uint64_t taken, taken_before; /**< frames that were taken; and a second ago */
    unsigned stalled_seconds;
    struct subscription *subscriptions;
    size_t subscription_count;
    bool behind; /**< some of them may have entries to fetch */
    bool listed; /**< among those that are, or say that they are, of an account */
    struct delivery_session *previous_of_slot, *next_of_slot;
    bool pushes;            /**< its device has an endpoint for pushes */
    uint64_t signed_in_at;  /**< milliseconds */
    uint64_t told_at;       /**< when it was given last what would wake its device, milliseconds; 0: never */
    struct sleeper *before; /**< what its device waited for before it came back */
};

/** Sessions with reads that wait. */
struct line {
    struct delivery_session *first, *last;
};

/** What one account holds, or guests at one address: rare collisions share one. */
struct share {
    size_t held; /**< as in struct delivery, and a read for each session that stands in the line of all */
    struct line line;
};

/** Connections over a limit that are here to be told so. */
struct told {
    struct bucket allowances[ADDRESS_SLOTS]; /**< of an address */
    uint8_t now_of[ADDRESS_SLOTS];           /**< at the moment, from an address, … */
    size_t now;                              /**< … and from all */
};

struct delivery {
    struct delivery_options options;
    struct base_bytes domain;
    struct address_buckets addresses;
    uint32_t connections[ADDRESS_SLOTS]; /**< of an address */
    struct told told;
    struct address_buckets accounts[BUCKETS]; /**< an allowance that a new connection does not fill up again */
    struct address_buckets letters;           /**< by sending account and receiving device */
    struct topic **topics;                    /**< a hash table of topic_slots lists */
    size_t topic_slots, topic_count;
    struct delivery_session *online[ONLINE_SLOTS]; /**< lists, by account */
    struct sleep sleep;
    size_t queued_bytes; /**< held by operations */
    size_t held;         /**< by answers and frames, as src/line.c counts it */
    struct line line;    /**< of all: as many of an account as its share has room for; … */
    struct line guests;  /**< … and for those who have not signed in */
    size_t lined;        /**< sessions that stand in one */
    struct share shares[ADDRESS_SLOTS];
    uint64_t last_number; /**< of a session */
    struct delivery_counters counters;
};

/* --- session.c --- */

uint64_t delivery_now(const struct delivery *delivery); /**< seconds */
uint64_t delivery_now_ms(const struct delivery *delivery);

/** Queues an encoded frame. Ends the session if memory is out. Nothing happens if the connection is gone. */
void session_send(struct delivery_session *session, const struct wire_frame *frame);

/** Encodes a frame for many; `users` is 0 then. NULL without memory. */
struct delivery_output *output_new(struct delivery *delivery, const struct wire_frame *frame);
void output_free_unused(struct delivery *delivery, struct delivery_output *output);
/** Queues what output_new() gave; false if memory is out. */
bool session_queue(struct delivery_session *session, struct delivery_output *output);

/** A malformed frame ends the session too. */
void session_refuse(struct delivery_session *session, uint32_t request, uint16_t code, uint64_t argument);
/** No further frame is taken, and the connection closes when all has been sent. */
void session_end(struct delivery_session *session);
/** The connection closes at once: nothing is sent any more. */
void session_cut(struct delivery_session *session);

/** Submits an operation of this session; its done() is called with `session` in op->user. */
void session_submit(struct delivery_session *session, struct store_op *op);
/** Undoes what session_submit() counted, frees the operation, and the session if nobody needs it any more. */
void session_release(struct delivery_session *session, struct store_op *op);

/* --- line.c --- */

/** The session's share is that of this bucket's account or address. */
void line_become(struct delivery_session *session, const struct address_buckets *of, const struct bucket *bucket);
/** So many more bytes wait for the session, or less. */
void line_hold(struct delivery_session *session, size_t len);
void line_drop(struct delivery_session *session, size_t len);
/** Whether its share is used up. */
bool line_is_full(const struct delivery_session *session);
/** Hands an operation of a session to the store: a read perhaps later. */
void line_submit(struct delivery_session *session, struct store_op *op);
/** What line_submit() took is over. */
void line_answered(struct delivery_session *session, const struct store_op *op);
/** Something was answered, taken or dropped: there may be room for those who wait. */
void line_go_on(struct delivery_session *session);
/** The session ends: releases what waits. */
void line_end(struct delivery_session *session);

/* --- live.c --- */

struct topic_name topic_of_stream(const uint8_t stream[WIRE_STREAM_LEN]);
struct topic_name topic_of_inbox(const uint8_t account[WIRE_ACCOUNT_LEN], const uint8_t device[WIRE_DEVICE_LEN]);

/**
 * Notes that a session wants to read a topic live, before its read is submitted, so that nothing is missed in between.
 * False if it has too many, or memory is out. One that it had on this topic is replaced.
 */
bool live_prepare(struct delivery_session *session, const struct topic_name *name, const uint8_t token[WIRE_KEY_LEN],
                  uint64_t after, uint64_t quiet_until);

/** The answer to a read has been sent: `last` is the number of its last entry, or what was asked after. */
void live_answered(struct delivery_session *session, const struct topic_name *name, uint64_t last, bool more,
                   bool ended);

/** True if somebody reads this topic live, or is about to. */
bool live_has_readers(const struct delivery *delivery, const struct topic_name *name);

/**
 * Something was appended: gives it to all who read live. `frame` is for them, with request 0. `by`: whose devices would
 * not be woken by it; NULL: nobody's would.
 */
void live_appended(struct delivery *delivery, const struct topic_name *name, uint64_t number,
                   const struct wire_frame *frame, bool ended, const uint8_t by[WIRE_ACCOUNT_LEN]);

/**
 * Gives a signal to all who read the topic live under this token, but for who it comes from and who has fallen behind.
 * `frame` is for them.
 */
void live_signal(struct delivery_session *from, const struct topic_name *name, const uint8_t token[WIRE_KEY_LEN],
                 const struct wire_frame *frame);

/** The session has room again: fetches what it missed. */
void live_resume(struct delivery_session *session);

void live_stop(struct delivery_session *session, const struct topic_name *name);
void live_stop_all(struct delivery_session *session);

/* --- online.c --- */

/** Notes which device a session is, or says that it is until that was checked. */
void online_enter(struct delivery_session *session, const uint8_t account[WIRE_ACCOUNT_LEN],
                  const uint8_t device[WIRE_DEVICE_LEN]);
void online_leave(struct delivery_session *session);

/** The session has signed in: ends the device's other ones. */
void online_alone(struct delivery_session *session);

/** True if the device is signed in. */
bool online_has(const struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                const uint8_t device[WIRE_DEVICE_LEN]);

/** The device was removed: ends its sessions. */
void online_end(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                const uint8_t device[WIRE_DEVICE_LEN]);

/** The account's devices have changed: ends the sessions of those that are gone. */
void online_recheck(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN]);

/** Calls a function with each session that is signed in to the account. */
void online_each(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                 void (*call)(struct delivery_session *session));

/* --- limit.c --- */

enum { LIMIT_MISS_COST = 500 }; /**< for an ID that no account has: who tries out IDs learns one a second */

/** The session has an account now: its allowances are the account's. */
void limit_become(struct delivery_session *session);
/** Takes what a request costs from all allowances that it touches, `cost` from `kind`: 0, or the milliseconds to wait.
 */
uint64_t limit_take(struct delivery_session *session, const struct store_op *op, enum store_task task,
                    enum bucket_kind kind, uint32_t cost);
/** Takes more, as the answer has turned out to be. */
void limit_charge(struct delivery_session *session, enum bucket_kind kind, uint32_t cost);

struct bucket *limit_address(struct delivery *delivery, struct base_slice address);
/** What somebody does who hasn't signed in: 0, or the milliseconds to wait. */
uint64_t limit_attempt(const struct delivery *delivery, struct bucket *address, uint32_t cost);
/** And fails with. */
void limit_failure(struct bucket *address);

/* --- request.c --- */

/** Works on a decoded frame, `op->ask`. Takes the operation. */
void request_handle(struct delivery_session *session, struct store_op *op);

/** Sends the account's connected devices the list of its devices. */
void request_tell_devices(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN]);

/** Number of the last of encoded entries, or `otherwise` if there are none. */
uint64_t last_entry_number(struct base_slice entries, uint64_t otherwise);

/* --- verify.c --- */

/** Ed25519 (RFC 8032). */
bool verify_signature(const uint8_t key[WIRE_KEY_LEN], struct base_slice content,
                      const uint8_t signature[WIRE_SIGNATURE_LEN]);

#endif
