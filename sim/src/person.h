/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A person: speaks with one core through JSON-RPC, as every face does, and remembers what it was told.
 */
#ifndef SIM_PERSON_H
#define SIM_PERSON_H

#include <cjson/cJSON.h>

#include "ledger.h"
#include "server.h"
#include "wire/id.h"

struct host;

/** A chat of a group in one home: somebody who was removed and added again has two. */
struct membership {
    char chat[LEDGER_MAX_NAME];
    size_t group;
    enum { MEMBER_OPEN, MEMBER_LEFT, MEMBER_REMOVED } state;
    people_set members;
    uint8_t joins[SIM_MAX_PEOPLE]; /**< how often each has come, as far as was seen here */
};

enum ask_kind {
    ASK_STATUS,
    ASK_HOME,
    ASK_ACTIVATE,
    ASK_CONNECT,
    ASK_CHATS,
    ASK_SEND,
    ASK_TYPING,
    ASK_EDIT,
    ASK_AMEND, /**< any other change of a message */
    ASK_READ,
    ASK_CHANGE,
    ASK_SETTING,
    ASK_RECEIVE,
    ASK_SEEN,
    ASK_CHECK, /**< the end's: the answer is kept */
};

/** A request without an answer so far. */
struct ask {
    uint64_t id;
    enum ask_kind kind;
    size_t group, subject; /**< ASK_SEND, ASK_EDIT: the message (and group: which edit); ASK_READ: the peer, in a
                              direct chat; ASK_CHANGE: group and attempt */
};

struct person {
    struct sim *sim;
    size_t number;
    struct host *host;
    char code[SERVER_CODE_LEN + 1];
    char id[WIRE_ID_TEXT_LEN + 1]; /**< empty: not activated yet */
    bool wants_online;
    bool open; /**< the home is open, the account active */
    uint64_t next_id;
    struct ask *asks;
    size_t ask_count, ask_capacity;
    cJSON *answer; /**< of ASK_CHECK */
    struct membership *memberships;
    size_t membership_count, membership_capacity;
    uint64_t last_arrival;                                 /**< that `receive` has given, and `seen` was told */
    size_t last_shown[SIM_MAX_GROUPS + 1][SIM_MAX_PEOPLE]; /**< number + 1 of each writer's last message */
};

/** Makes a person with a host; the core is opened. */
void person_init(struct person *person, struct sim *sim, size_t number);
void person_free(struct person *person);

/* What people do. Each asks the core; nothing happens if it isn't open. */

void person_write_direct(struct person *person, size_t to);
void person_write_group(struct person *person, const struct membership *in);
/** Amends message number `number`, if the person can; `what` is drawn. */
void person_amend(struct person *person, size_t number, uint64_t what);
void person_read(struct person *person, size_t peer);

void person_make_group(struct person *person, people_set members);
void person_change_group(struct person *person, const struct membership *in, enum attempt_kind kind, people_set who);
void person_name_group(struct person *person, const struct membership *in);
void person_set_role(struct person *person, const struct membership *in, size_t whose, const char *role);
void person_go(struct person *person, bool online);
void person_receive(struct person *person);

/** Asks and lets time pass until the answer is there: its `result`, valid until the next one. NULL after a failure. */
__attribute__((format(printf, 3, 4))) const cJSON *person_check(struct person *person, const char *method,
                                                                const char *params, ...);

/** The person of this ID, or LEDGER_NOBODY. */
size_t person_find(const struct sim *sim, const char *id);

#endif
