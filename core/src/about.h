/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a group says about itself: name, description, timer, roles and policy. It stands in the GroupContext, so that
 * all members see the same in each epoch, and changes by a commit alone (policy.h says by whose).
 *
 * The words are those of draft-ietf-mimi-room-policy, in a form of our own:
 *
 *     struct { opaque account[8]; opaque domain<V>; uint8 role; } Role;        enum about_role, members left out
 *     struct {
 *         uint8 version;               3
 *         uint8 kind;                  enum chat_kind
 *         opaque name<V>;
 *         opaque description<V>;
 *         uint32 expire;               seconds after which messages disappear that say nothing else, 0: never
 *         uint32 expire_min, expire_max;       bounds of what they may say; 0: none
 *         uint8 expiring, history, join, post, add;
 *         opaque link<V>;              empty, or the 32 bytes that the invitation link has in it
 *         opaque room[32];             id of the first group of this chat: room URIs are made of it
 *         uint32 generation;           how many groups of this chat there were before;
 *                                      of two: or how many devices its maker's account has removed
 *         opaque predecessor[32];      id of the one before; zeros in the first one
 *         Role roles<V>;               sorted by account and domain, each once
 *     } About;
 */
#ifndef CORE_ABOUT_H
#define CORE_ABOUT_H

#include "state.h"

enum about_role { ROLE_MEMBER = 1, ROLE_ADMIN = 2, ROLE_OWNER = 3 };

/** Who may do it: everybody, or owners and administrators alone. */
enum about_who { ABOUT_ALL = 0, ABOUT_ADMINS = 1 };

/** join: canUseJoinCode of role 0 */
enum about_join { ABOUT_CLOSED = 0, ABOUT_BY_LINK = 1 };

/** history: whether members' clients may hand earlier messages to joiners (HistoryPolicy) */
enum about_history { ABOUT_HISTORY_FORBIDDEN = 0, ABOUT_HISTORY_OPTIONAL = 1 };

/** expiring: whether messages may disappear (MessageExpiration). It is required where there is a timer. */
enum about_expiring { ABOUT_EXPIRING_OPTIONAL = 0, ABOUT_EXPIRING_FORBIDDEN = 1 };

enum {
    ABOUT_MAX_DESCRIPTION = 2048,         /**< bytes */
    ABOUT_MAX_PICTURE = 48 << 10,         /**< bytes: it travels with each Welcome */
    ABOUT_MAX_TYPE = 127,                 /**< bytes of the picture's media type */
    ABOUT_MAX_ROLES = 256,                /**< owners and administrators of a group */
    ABOUT_MAX_EXPIRE = WIRE_MAX_LIFETIME, /**< seconds */
    ABOUT_LINK_LEN = 32,                  /**< bytes of a link's secret */
    ABOUT_MAX = 128 << 10,                /**< bytes of all of it */
};

struct group_about {
    enum chat_kind kind;
    struct base_slice name, description;
    uint32_t expire, expire_min, expire_max;
    uint8_t expiring, history, join, post, add; /**< enum about_expiring, about_history, about_join, about_who twice */
    struct base_slice link;
    uint8_t room[WIRE_STREAM_LEN];
    uint32_t generation;
    uint8_t predecessor[WIRE_STREAM_LEN];
    struct base_slice roles; /**< encoded; see about_role_next() */
};

/** An owner or administrator. */
struct about_entry {
    uint8_t account[WIRE_ACCOUNT_LEN];
    struct base_slice domain;
    uint8_t role;
};

/** The picture, which is an extension of its own: struct { opaque type<V>; opaque data<V>; }. Empty data: none. */
struct about_picture {
    struct base_slice type, data;
};

void about_write(struct base_writer *writer, const struct group_about *about);

/** Borrows. BASE_ERR_…, BASE_ERR_VALUE: nothing that we understand, or that no chat of this kind has. */
BASE_MUST_USE base_result about_read(struct base_slice bytes, struct group_about *out);

void about_picture_write(struct base_writer *writer, const struct about_picture *picture);
BASE_MUST_USE base_result about_picture_read(struct base_slice bytes, struct about_picture *out);

/** Takes the next one out of `roles`. BASE_ERR_…: none that about_read() let through. */
BASE_MUST_USE base_result about_role_next(struct base_reader *roles, struct about_entry *out);
void about_role_write(struct base_writer *roles, const struct about_entry *entry);

/** The order of roles: by account, then by domain. */
int about_compare(const uint8_t account[WIRE_ACCOUNT_LEN], struct base_slice domain,
                  const uint8_t other[WIRE_ACCOUNT_LEN], struct base_slice other_domain);

/** The role of an account that is a member. */
enum about_role about_role_of(const struct group_about *about, const uint8_t account[WIRE_ACCOUNT_LEN],
                              struct base_slice domain);

/** How many have this role. */
size_t about_role_count(const struct group_about *about, enum about_role role);

/** Encodes the roles with one entry set, added or (ROLE_MEMBER) taken away. BASE_ERR_TOO_LONG: too many. */
BASE_MUST_USE base_result about_role_set(const struct base_allocator *allocator, struct base_slice roles,
                                         const struct about_entry *entry, struct base_bytes *out);

/**
 * After how many seconds a message disappears of which its writer wishes `own`; 0: never. Where there is a timer, that
 * is the longest time unless a longer one is set.
 */
uint32_t about_expire(const struct group_about *about, uint32_t own);

/** Names in JSON: "owner", "admin", "member"; "all", "admins"; … `about_role_parse` and its like: false: no such. */
const char *about_role_name(enum about_role role);
bool about_role_parse(struct base_slice text, uint8_t *out);
const char *about_who_name(uint8_t who);
bool about_who_parse(struct base_slice text, uint8_t *out);
const char *about_join_name(uint8_t join);
bool about_join_parse(struct base_slice text, uint8_t *out);
const char *about_history_name(uint8_t history);
bool about_history_parse(struct base_slice text, uint8_t *out);
const char *about_expiring_name(const struct group_about *about); /**< "optional", "required" or "forbidden" */
bool about_expiring_parse(struct base_slice text, uint8_t *out);  /**< "required" is what a timer makes it */

/** What somebody wants to change of it: the fields that are set. Durable, until it is done. */
enum about_field {
    ABOUT_NAME = 1,
    ABOUT_DESCRIPTION = 2,
    ABOUT_PICTURE = 4,
    ABOUT_EXPIRE = 8,
    ABOUT_HISTORY = 16,
    ABOUT_JOIN = 32,
    ABOUT_POST = 64,
    ABOUT_ADD = 128,
    ABOUT_ROLE = 256,
    ABOUT_EXPIRING = 512,
    ABOUT_EXPIRE_MIN = 1024,
    ABOUT_EXPIRE_MAX = 2048,
    ABOUT_FIELDS_END = 4096,
};

struct about_edit {
    uint16_t fields; /**< enum about_field */
    struct base_slice name, description;
    struct about_picture picture;
    uint32_t expire, expire_min, expire_max;
    uint8_t expiring, history, join, post, add;
    struct base_slice link; /**< join by link: its new secret; empty: closed */
    uint8_t role;           /**< of the accounts that the change names */
};

/**
 * What a change makes of the timer and its bounds. They are made to fit each other: changes come one by one, and some
 * later than they were wished. Who sets a time lets messages disappear.
 */
void about_edit_expiry(const struct about_edit *edit, struct group_about *about);

void about_edit_write(struct base_writer *writer, const struct about_edit *edit);
BASE_MUST_USE base_result about_edit_read(struct base_slice bytes, struct about_edit *out);

#endif
