/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What commands speak to the core through: JSON-RPC calls and events. Whether the core runs in this process or in
 * another one that has the home open already makes no difference to them.
 *
 * Functions that return an int return what the program should end with: EX_OK, or a code of sysexits.h after having
 * said on standard error what is wrong.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <cJSON.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "args.h"
#include "base/bytes.h"
#include "loop.h"

struct client;

/** Opens the home that `args` names: with a core of its own, or as a guest of the process that has one. */
int client_open(const struct args *args, struct client **out);

/** Keeps the certificate authorities that --ca named, if it did, for all later commands. EX_NOINPUT, EX_IOERR. */
int client_keep_ca(const struct client *client);

/** Closes; what is queued for others still goes out. NULL is allowed. */
void client_close(struct client **client);

enum client_needs {
    CLIENT_FRESH,     /**< a home without an account may be made: its passphrase is asked for twice */
    CLIENT_ACTIVATED, /**< there must be an account */
};

/**
 * Unlocks the home if it is locked. While somebody is asked for the passphrase others can have the home: what they have
 * made of it meanwhile counts. EX_CONFIG: there is no account. (unlock.c)
 */
int client_unlock(struct client *client, enum client_needs need);

/** EX_CONFIG, as client_unlock() has it, before anything is asked. */
int client_need(struct client *client);

/** Lets the home go, so that others can have it: until client_enter() has got it back, by either way, no call can be
 * made, nor waited. */
void client_leave(struct client *client);
int client_enter(struct client *client);

/** The path of a file in the home. False: it would be too long. */
bool client_path(const struct client *client, const char *name, char out[PATH_MAX]);

/** What it was opened with. */
const struct args *client_args(const struct client *client);

/**
 * Handles an event (docs/api.md); makes no calls. Besides those of the core there is CLIENT_REOPENED, without
 * parameters: the process that had the home open has ended, and a core was found or made in its place. Events may have
 * been missed. CLIENT_SHUT comes before it where client_stay() waits. CLIENT_ASKS and CLIENT_ASKED stand around a
 * question for the passphrase, which needs the terminal.
 */
typedef void (*client_event)(void *user, const char *name, const cJSON *params);
#define CLIENT_REOPENED "reopened"
#define CLIENT_SHUT "shut"
#define CLIENT_ASKS "asks"
#define CLIENT_ASKED "asked"
void client_on_event(struct client *client, client_event handler, void *user);

/** Gives such an event of this program's own to the handler, if there is one. */
void client_tell(const struct client *client, const char *name);

/**
 * Calls `method`. `params` (an object, or NULL for none) is freed. `result`, if it is not NULL, gets what was answered,
 * to be freed by cJSON_Delete(). Events are handled meanwhile. An interrupt ends the wait with EX_TEMPFAIL.
 */
int client_call(struct client *client, const char *method, cJSON *params, cJSON **result);

/** The same without a word about errors that the core answers: client_error_text() has them. */
int client_try(struct client *client, const char *method, cJSON *params, cJSON **result);

/** The same for what must not be cut off, as something was done already that it goes with: an interrupt gives it some
 * seconds to end. */
int client_call_through(struct client *client, const char *method, cJSON *params);

/** From an event's handler: the call under way ends with EX_TEMPFAIL, without a word. What it asked for may still
 * happen. */
void client_give_up(struct client *client);

/** Text of the error that the core answered last; "" if it did not. Valid until the next call. */
const char *client_error_text(const struct client *client);

/** Its name (docs/api.md, Errors); "" if there is none. */
const char *client_error_name(const struct client *client);

/** Waits until something has happened, at most until `until` (client_now()). EX_OK also when the time was up. */
int client_wait(struct client *client, uint64_t until);

/**
 * From now on a disk that is full, or can't be read for a while, ends no wait: calls fail with EX_TEMPFAIL until the
 * home could be opened again, which CLIENT_REOPENED tells.
 */
void client_stay(struct client *client);

/** Milliseconds of a clock that only ever goes forward. */
uint64_t client_now(void);

/** True once the user, or the system, wants the program to end. */
bool client_interrupted(const struct client *client);

/**
 * Watches a file, of which it makes a copy, in the loop that everything runs in (loop.h), until client_close() or
 * client_unwatch(). One at most.
 */
int client_watch(struct client *client, int file, const struct loop_handler *handler, void *user);
void client_unwatch(struct client *client);

/**
 * Gives this process's standard input and output to the core as they are, until the input ends: `weibel rpc`.
 */
int client_pass_through(struct client *client);

#endif
