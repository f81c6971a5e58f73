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
    return (people_set)1 << person;
}

/** A message that somebody wanted to send. Its text is "message N", N its place in the ledger. */
struct sent {
    size_t from;
    size_t group;          /**< or LEDGER_DIRECT */
    size_t to;             /**< direct */
    people_set view;       /**< group: who was in it, as its writer saw it */
    people_set out;        /**< group: who was out of it for certain when it was written */
    size_t attempts;       /**< group: how many attempts there had been to change it */
    people_set shown;      /**< to whom it was shown by an event */
    people_set in_history; /**< in whose history it was found */
    bool promised;         /**< the core has answered: it is durable */
    bool failed;           /**< the core has said that it will not be sent */
    bool accepted;         /**< the core has said that the server has it */
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

/** Reads the number out of a message's text; fails the simulation if there is no such message. */
bool ledger_read(struct ledger *ledger, const char *text, size_t *number);

/** A new group with a name that no other one has. */
size_t ledger_add_group(struct ledger *ledger);

/** The group of this name, which keeps its number whatever it is called, or LEDGER_DIRECT. */
size_t ledger_find_group(const struct ledger *ledger, const char *name);

size_t ledger_attempt(struct ledger *ledger, size_t number, enum attempt_kind kind, people_set who);

/** True if somebody has ever tried to take the person out of the group, or he wanted to leave. */
bool ledger_may_be_out(const struct ledger *ledger, size_t group, size_t person);

/** How many attempts to add the person, from attempt number `from` on, have had an effect or still may. */
size_t ledger_count_adds(const struct ledger *ledger, size_t group, size_t person, size_t from);

/** A message is shown to a person: once, to whom it is for, and nobody else. */
void ledger_shown(struct ledger *ledger, size_t number, size_t person);

/** A message was found in a person's history. */
void ledger_found(struct ledger *ledger, size_t number, size_t person);

/** At the end: everything promised has arrived. */
void ledger_settle(struct ledger *ledger);

#endif
