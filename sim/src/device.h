/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A device of a person: speaks with one core through JSON-RPC, as every face does, and remembers what it was told.
 */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include <cjson/cJSON.h>

#include "ledger.h"
#include "server.h"
#include "wire/id.h"

struct host;

enum { DEVICE_NAME_LEN = 32, DEVICE_MAX_LINK = 256 };

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
    ASK_WIPE, /**< a chat is deleted */
    ASK_CHANGE,
    ASK_SETTING,
    ASK_WHOAMI,
    ASK_LINK,
    ASK_SAFE, /**< what brings the account back is left on the server */
    ASK_GROUP_LINK,
    ASK_REMOVE, /**< a device */
    ASK_RECEIVE,
    ASK_SEEN,
    ASK_JOIN,  /**< a group, by its link */
    ASK_CHECK, /**< the end's: the answer is kept */
};

/** A request without an answer so far. */
struct ask {
    uint64_t id;
    enum ask_kind kind;
    size_t group, subject; /**< ASK_SEND, ASK_EDIT: the message (and group: which edit); ASK_READ, ASK_WIPE: the peer,
                              in a direct chat; ASK_CHANGE, ASK_JOIN: group and attempt; ASK_LINK: whether earlier
                              messages follow; ASK_REMOVE: the device */
};

struct device {
    struct sim *sim;
    size_t number;
    size_t owner; /**< whose it is */
    struct host *host;
    char link[DEVICE_MAX_LINK];     /**< with which it is activated; empty: it comes back by what lies on the server */
    char name[DEVICE_NAME_LEN + 1]; /**< as its account knows it; empty: not known yet */
    char id[WIRE_ID_TEXT_LEN + 1];  /**< of its owner; empty: not activated yet */
    bool history;                   /**< it was promised earlier messages */
    bool safe;                      /**< something lies on the server by which its account can come back */
    bool doomed;                    /**< somebody wants to remove it */
    bool expelled;                  /**< somebody was told that it has been */
    bool met_removed;               /**< something of one that was removed is not shown to it */
    bool gone;                      /**< it was removed, or never came in: it is asked for nothing at the end */
    bool deceived;                  /**< the server has lied to it */
    size_t coming;                  /**< groups into which it may have come by a link, and has not heard of it */
    bool unreadable;                /**< it has said that it could not read something */
    people_set accuses;             /**< of whom it has said that the server has not delivered what they had written */
    bool wants_online;
    bool away;                 /**< for long */
    uint64_t went_at, came_at; /**< when it was last told to disconnect, and to connect */
    size_t lapsed;             /**< messages before this number may have ended before it could read them */
    people_set lacks_direct;   /**< where it says so, or had nothing before: with whom, … */
    uint64_t lacks_groups;     /**< … and in which groups */
    uint64_t uninvited;        /**< of which groups it knew nothing when it came back after weeks … */
    uint64_t never;            /**< … or after more than a year */
    bool open;                 /**< the home is open, the account active */
    uint64_t next_id;
    struct ask *asks;
    size_t ask_count, ask_capacity;
    cJSON *answer;     /**< of ASK_CHECK */
    people_set direct; /**< with whom it has a chat … */
    people_set heard;  /**< … in which it has got something: it may have begun one beside the one that there was */
    struct membership *memberships;
    size_t membership_count, membership_capacity;
    char late[LEDGER_MAX_NAME]; /**< a chat that lacks what was written before; empty: none */
    uint64_t last_arrival;      /**< that `receive` has given, and `seen` was told */
    /** For each chat, groups and then people: number + 1 of each writing device's last message. */
    size_t last_shown[SIM_MAX_GROUPS + SIM_MAX_PEOPLE][SIM_MAX_DEVICES];
};

/** Makes one more device of a person, without `link` by what lies on the server. */
void device_begin_linked(const struct device *by, const char *link, bool history);

/** Makes a person's first device with a host; the core is opened. */
void device_begin(struct sim *sim, size_t person);
void device_free(struct device *device);

/** Asks the core; `group` and `subject` are kept with the request: struct ask. */
__attribute__((format(printf, 6, 7))) void device_ask(struct device *device, enum ask_kind kind, size_t group,
                                                      size_t subject, const char *method, const char *params, ...);

/* What people do (act.c). Each asks the core; nothing happens if it isn't open. */

void device_write_direct(struct device *device, size_t to);
void device_write_group(struct device *device, const struct membership *in);
/** Amends message number `number`, if the person can; `what` is drawn. */
void device_amend(struct device *device, size_t number, uint64_t what);
void device_read(struct device *device, size_t peer);

/** Deletes the chat with somebody, or of a group. */
void device_wipe(struct device *device, size_t peer);
void device_wipe_group(struct device *device, const struct membership *in);

void device_make_group(struct device *device, people_set members);
void device_change_group(struct device *device, const struct membership *in, enum attempt_kind kind, people_set who);
void device_name_group(struct device *device, const struct membership *in);
void device_set_role(struct device *device, const struct membership *in, size_t whose, const char *role);
/** Asks for the group's link, or ends it; and comes in by one. */
void device_link_group(struct device *device, const struct membership *in, bool enabled);
void device_join_group(struct device *device, size_t group);
void device_go(struct device *device, bool online);
void device_receive(struct device *device);

/** Sets something that all devices of a person share: a contact's name, or whether a chat is pinned. */
void device_set_something(struct device *device, size_t peer);

/** A link for one more device of the same person, which is made when the answer is there. */
void device_link_another(struct device *device);

/** Leaves on the server what the account comes back by; and makes one more device of it. */
void device_keep_safe(struct device *device);
void device_restore_another(struct device *device);

/** Removes another device of the same person, unless it is the last one that stays. */
void device_remove_another(struct device *device, struct device *other);

/** A notice that was shown, or stands in a chat: takes down whom it says that the server has left out. */
void device_accuses(struct device *device, const cJSON *notice);

/** Asks and lets time pass until the answer is there: its `result`, valid until the next one. NULL after a failure. */
__attribute__((format(printf, 3, 4))) const cJSON *device_check(struct device *device, const char *method,
                                                                const char *params, ...);

/** The person of this ID, or LEDGER_NOBODY. */
size_t person_find(const struct sim *sim, const char *id);

/** The ID of a person; empty if he has none yet. */
const char *person_id(const struct sim *sim, size_t person);

#endif
