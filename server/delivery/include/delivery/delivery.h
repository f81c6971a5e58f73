/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Delivery: what the server does with a frame, without a socket, a file or a clock of its own.
 *
 * Connections are told to it, frames are given to it, and what it has to say waits at the session until it is fetched.
 * Who reads live is known here, in memory alone. One thread uses all of this.
 */
#ifndef DELIVERY_DELIVERY_H
#define DELIVERY_DELIVERY_H

#include "base/host.h"
#include "push/push.h"
#include "store/store.h"

enum {
    DELIVERY_MAX_GUEST_FRAME = 1024, /**< of a frame before sign-in */
    DELIVERY_MAX_LIVE = 4096,        /**< streams that one connection reads live */
    DELIVERY_GUEST_SECONDS = 30,     /**< until a connection must have signed in */
};

/** A frame that goes out, shared by all who get them. */
struct delivery_output {
    uint8_t *data;
    size_t len;
    size_t users; /**< how many wait for it; the library's */
};

struct delivery_counters {
    uint64_t arrived;                                 /**< and not departed, at the moment */
    uint64_t told, dropped;                           /**< arrivals over a limit, since the start */
    uint64_t sessions, signed_in;                     /**< at the moment */
    uint64_t live;                                    /**< subscriptions at the moment */
    uint64_t held;                                    /**< bytes that count for `max_held`, at the moment */
    uint64_t frames_in, frames_out;                   /**< since the start */
    uint64_t appends, entries_out;                    /**< entries appended, entries given to readers */
    uint64_t sleepers;                                /**< devices that a push would wake, at the moment */
    uint64_t pushes_sent, pushes_gone, pushes_failed; /**< taken by the push service; it knows no such one; neither */
    uint64_t refusals[WIRE_REFUSED_CODES];            /**< by code */
};

/** A push to a device that is away. */
struct delivery_push {
    uint8_t account[WIRE_ACCOUNT_LEN], device[WIRE_DEVICE_LEN];
    char url[WIRE_MAX_ENDPOINT + 1];
    struct push_endpoint endpoint; /**< the same, taken apart; its host is among `push_hosts` */
};

enum delivery_outcome {
    DELIVERY_PUSH_SENT = 1, /**< the push service has taken it */
    DELIVERY_PUSH_GONE,     /**< it knows this endpoint no more */
    DELIVERY_PUSH_FAILED,
};

struct delivery_options {
    const struct base_allocator *allocator;
    const struct base_random *random;
    const struct base_clock *clock;
    struct store *store;
    struct base_slice domain; /**< copied */
    size_t max_sessions;
    size_t
        max_held; /**< bytes of answers and frames in memory, of all sessions: reads wait beyond it. A frame at least */
    size_t max_held_of_one; /**< of those, for one account; before sign-in, for one address. A frame at least */
    /**
     * Called when a session has something to send, or wants input again, or has ended: look at it again, later. May be
     * called within any function of this header.
     */
    void (*changed)(void *connection);
    /**
     * Sends a push, which is copied; delivery_pushed() tells of its end, later. False: it can't be sent. NULL: nothing
     * is pushed, and the members behind are of no use.
     */
    bool (*push)(void *user, const struct delivery_push *push);
    void *user;
    const struct push_hosts *push_hosts; /**< outlives it, as `push_key` does */
    struct base_slice push_key;          /**< the public one */
    size_t max_sleepers, max_waits; /**< devices that are remembered while they are away; streams, of all of them … */
    size_t max_waits_of_one;        /**< … and of one device */
};

struct delivery;
struct delivery_session;

/** BASE_ERR_NO_MEMORY, BASE_ERR_RANDOM. */
BASE_MUST_USE base_result delivery_open(const struct delivery_options *options, struct delivery **out);

/** Ends all. Every session must have been disconnected and the store closed before. NULL is allowed. */
void delivery_close(struct delivery *delivery);

/** A connection that was let in. */
struct delivery_arrival {
    uint32_t ticket; /**< of its address */
    uint64_t wait;   /**< not 0: it is over a limit, and here only to be told to wait so many milliseconds */
};

/**
 * Somebody connects, for whatever. It is over a limit if that comes too often from there, or three quarters of all
 * connections are from there already: a few of those are let in all the same, to be told so and nothing else; false for
 * the others. Costs next to nothing, and comes before anything else is done for a connection. What it has let in ends
 * with delivery_depart(), which gets the same arrival.
 */
bool delivery_arrive(struct delivery *delivery, struct base_slice address, struct delivery_arrival *arrival);
void delivery_depart(struct delivery *delivery, const struct delivery_arrival *arrival);

/**
 * What has arrived comes from `address`, as somebody who is believed says: it is taken off where it was counted, and
 * counted there. False if no more may come from there: `arrival` is void then.
 */
bool delivery_arrive_from(struct delivery *delivery, struct base_slice address, struct delivery_arrival *arrival);

enum { DELIVERY_TICKETS = 16384 }; /**< tickets are below this: one an address, with rare collisions */

/**
 * A new connection, with its challenge waiting to be sent. `address` is where it comes from, in whatever bytes: those
 * with the same share a limit on attempts; it is hashed under a random key and not kept. `wait` is the arrival's. If
 * that is not 0, or there are too many sessions or too many attempts from there, a refusal that says so waits instead
 * of the challenge, and the session has ended. NULL without memory: the connection ends.
 */
struct delivery_session *delivery_connect(struct delivery *delivery, void *connection, struct base_slice address,
                                          uint64_t wait);

/**
 * The connection is gone. What it asked for still happens. `lost`: its other end has not said that it goes, and may not
 * have got what was sent last.
 */
void delivery_disconnect(struct delivery_session *session, bool lost);

/** A frame has arrived. `bytes` are copied where they are needed longer. */
void delivery_receive(struct delivery_session *session, struct base_slice bytes);

/** Something else, from the same kind of address, that is limited with its attempts: 0, or the milliseconds to wait. */
uint64_t delivery_attempt(struct delivery *delivery, struct base_slice address);

/** How many bytes the next frame may have. */
size_t delivery_max_frame(const struct delivery_session *session);

/** False while so much is under way that no further frame should be read from this connection. */
bool delivery_wants_input(const struct delivery_session *session);

/** The next frame to send, or NULL. Valid until delivery_sent(). */
const struct delivery_output *delivery_next_output(const struct delivery_session *session);

/** The frame that delivery_next_output() gave has been handed to the socket. */
void delivery_sent(struct delivery_session *session);

/** There is no room for what comes: the client is told when to come back, in milliseconds, and the connection is to be
 * closed. */
void delivery_turn_away(struct delivery_session *session, uint64_t wait);

/** True if the connection is to be closed once everything has been sent. */
bool delivery_is_ended(const struct delivery_session *session);

bool delivery_is_signed_in(const struct delivery_session *session);

/** To be called once a second: ends who takes nothing of what waits for him, while others wait for the room. */
void delivery_tick(struct delivery *delivery);

/** Accounts may have been removed from beside: looks after each connection, and ends those that have none any more. */
void delivery_recheck(struct delivery *delivery);

/** Starts removing what has expired; goes on by itself until nothing is left. */
void delivery_sweep(struct delivery *delivery);

/** A push has ended. */
void delivery_pushed(struct delivery *delivery, const struct delivery_push *push, enum delivery_outcome outcome);

/**
 * Some time after the start, and then once a second until it returns false: some more of the devices that have not been
 * here since are pushed to. What they waited for before is not known any more.
 */
bool delivery_wake_unknown(struct delivery *delivery);

/** The server is about to end: nothing is pushed any more. */
void delivery_stop_pushes(struct delivery *delivery);

void delivery_count(const struct delivery *delivery, struct delivery_counters *out);

#endif
