/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What was promised and what was shown: the truth that all cores are measured by.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "state.h"

enum {
    LEDGER_DIRECT = SIM_MAX_GROUPS, /**< in place of a group's number: a chat of two */
    LEDGER_NOBODY = SIM_MAX_PEOPLE,
    LEDGER_MAX_NAME = 16,
};

/** A set of people, a bit each. */
typedef uint32_t people_set;

static inline people_set people_one(size_t person) {
    return person < SIM_MAX_PEOPLE ? (people_set)1 << person : 0;
}

/** A set of devices, likewise. */
typedef uint64_t device_set;

static inline device_set devices_one(size_t device) {
    return (device_set)1 << device;
}

enum {
    LEDGER_EMOJIS = 3,
    LEDGER_OPTIONS = 2,
    LEDGER_ID_LEN = 16,
    LEDGER_MAX_LINK = 256,
    LEDGER_FIRST_VOTE = 10 /**< of what is drawn to be made of a message */
};

/** What was made of a message, as somebody sees it. */
struct made {
    bool deleted;
    size_t edit;                         /**< which edit of all; 0: the text is the first one */
    people_set reactions[LEDGER_EMOJIS]; /**< who has reacted with each */
    people_set votes[LEDGER_OPTIONS];    /**< who has chosen each, if it is a poll … */
    bool closed;                         /**< … which is over */
};

/** A message that somebody wanted to send. Its text is "message N", N its place in the ledger; after edits "message N,
 * edit K". */
struct sent {
    size_t from, device;           /**< who has written it, and on which device */
    size_t group;                  /**< or LEDGER_DIRECT */
    size_t to;                     /**< direct */
    people_set view;               /**< group: who was in it, as its writer saw it */
    people_set out;                /**< group: who was out of it for certain when it was written */
    size_t attempts;               /**< group: how many attempts there had been to change it */
    device_set there;              /**< which devices had the chat when it was written */
    device_set ordered;            /**< which of these must see it in the order of its writer's */
    device_set outside;            /**< group: which were not in it then, as far as they knew */
    device_set missed;             /**< which had not got it when they came back after weeks */
    device_set alone;              /**< direct: which devices of its reader's may have got it alone */
    device_set shown;              /**< where it was shown by an event */
    device_set in_history;         /**< in whose history it was found */
    uint64_t written_at, shown_at; /**< and when it was shown first, 0: not yet */
    bool told;                     /**< its writer's core has said that the server has it, or that it has failed … */
    bool again;                  /**< … weeks after somebody had it: it stands in two places, if it was sent again */
    bool old;                    /**< … more than 90 days after it was written: siblings hand on nothing so old */
    bool expires;                /**< it disappears some time after it was read */
    bool promised;               /**< the core has answered: it is durable */
    bool failed;                 /**< the core has said that it will not be sent */
    bool accepted;               /**< the core has said that the server has it */
    char id[LEDGER_ID_LEN + 1];  /**< empty: not heard of yet */
    size_t edits, edit_promised; /**< how often somebody wanted to edit it, and the last one that the core has taken */
    device_set editors;          /**< where */
    device_set amenders;         /**< where somebody wanted to change anything of it */
    bool delete_asked;           /**< for everyone: it may be gone */
    device_set hidden;           /**< where somebody wanted it to go from his own history */
    device_set read_before;      /**< direct: where it was shown before somebody last said there that he has read */
    device_set read;             /**< direct: which of the reader's cores have taken that it was read */
    people_set maybe_wiped;      /**< who may have deleted the chat in which he had it … */
    device_set wipe_asked;       /**< … where it was there when he wanted that, … */
    device_set wiped;            /**< … and where it happened for certain */
    const char *state;           /**< at the end, as its writer's devices see it */
    struct made made;            /**< at the end, … */
    device_set made_seen;        /**< … as these have seen it */
    device_set read_at, unread_at; /**< at the end: where it counts as read, and where not */
};

enum attempt_kind { ATTEMPT_ADD, ATTEMPT_REMOVE, ATTEMPT_LEAVE };

/** Somebody wanted to change who is in a group. */
struct attempt {
    enum attempt_kind kind;
    people_set who;
    bool failed; /**< it has no effect, its maker was told */
};

struct ledger_group {
    char name[LEDGER_MAX_NAME];
    char link[LEDGER_MAX_LINK]; /**< by which anybody can join, or could; empty: there was none so far */
    bool torn;                  /**< at the end: it goes on as several, each without some of those who were in it */
    bool deserted;              /**< at the end: nobody is in it who could let anybody in */
    people_set remembered; /**< whom anybody counted in it when more than a year went by: founds it anew with them */
    struct attempt *attempts;
    size_t count, capacity;
};

struct ledger {
    struct sim *sim;
    struct sent *sent;
    size_t count, capacity;
    struct ledger_group groups[SIM_MAX_GROUPS];
    size_t group_count;
};

struct ledger *ledger_new(struct sim *sim);
void ledger_free(struct ledger *ledger);

/** Notes a message that is about to be sent; returns its number. */
size_t ledger_send(struct ledger *ledger, const struct sent *sent);

/** Some messages are polls as well. */
bool ledger_is_poll(size_t number);

/** Reads the number out of a message's text; fails the simulation if there is no such message, or edit. */
bool ledger_read(struct ledger *ledger, const char *text, size_t *number, size_t *edit);

/** A device has said that it lacks what was written so far in a group, or with a person (LEDGER_DIRECT). */
void ledger_comes_late(struct ledger *ledger, size_t device, size_t group, size_t peer);

/** The number of the message with this id; fails the simulation if there is none. */
bool ledger_by_id(struct ledger *ledger, const char *id, size_t *number);

/** Somebody deletes a chat on a device, that of a group or (LEDGER_DIRECT) with `peer`: what is there may be gone, …
 * and, once the core has answered, is gone if it was there when he wanted it: that is, among the first `before` ones.
 */
void ledger_wipe(struct ledger *ledger, size_t device, size_t group, size_t peer, size_t before);

/** At the end: what was made of a message, as a device sees it. All that have got all that was written see the same. */
void ledger_made(struct ledger *ledger, size_t number, size_t device, const struct made *made);

/** A new group with a name that no other one has. */
size_t ledger_add_group(struct ledger *ledger);

/** The group of this name, which keeps its number whatever it is called, or LEDGER_DIRECT. */
size_t ledger_find_group(const struct ledger *ledger, const char *name);

size_t ledger_attempt(struct ledger *ledger, size_t number, enum attempt_kind kind, people_set who);

/** True if somebody has ever tried to take the person out of the group, or he wanted to leave. */
bool ledger_may_be_out(const struct ledger *ledger, size_t group, size_t person);

/** How many attempts to add the person, from attempt number `from` on, have had an effect or still may. */
size_t ledger_count_adds(const struct ledger *ledger, size_t group, size_t person, size_t from);

/** Whether a device must see the message in the order of its writer's. One that comes into a chat of two is let into
 * its groups one by one, perhaps into the older one last, and gets from there what was written before it had the chat:
 * it may be there from the beginning, and another device of its account have begun the chat before without it. And
 * who was away for weeks before he heard that the server has a message sends it once more: those who have it already
 * pass over that, and others have it there alone, behind what did not end with its first entry. And of what stood in a
 * group before the device was in it, two siblings may hand on a part each: what the first one has removed for itself
 * comes behind what that one has. */
bool ledger_has_order(const struct ledger *ledger, const struct sent *sent, size_t device);

/** A message is shown on a device: once, to whom it is for, and nobody else. */
void ledger_shown(struct ledger *ledger, size_t number, size_t device);

/** The core of a device has said that the server has its message of this id, or that it has failed. */
void ledger_told(struct ledger *ledger, const char *id, size_t device);

/** A message was found in a device's history. */
void ledger_found(struct ledger *ledger, size_t number, size_t device);

/** At the end: the writer's state of a message, as one of his devices sees it. */
void ledger_state(struct ledger *ledger, size_t number, size_t device, const char *state);

/** At the end: everything promised has arrived. */
void ledger_settle(struct ledger *ledger);

#endif
