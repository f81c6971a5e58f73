/* SPDX-License-Identifier: EUPL-1.2 */
/* What the files of the client share: client.c and client_pass.c. */
#ifndef CLI_CLIENT_STATE_H
#define CLI_CLIENT_STATE_H

#include "client.h"
#include "home.h"
#include "host.h"
#include "lines.h"
#include "loop.h"

struct client {
    const struct args *args;
    struct home home;
    struct host *host; /* the core is in this process, and this is our face */
    struct face *face;
    struct loop *loop; /* or it is in another one, which we reach by lines */
    struct lines *lines;
    bool lost;   /* that process has ended, or what we had of the home has */
    bool locked; /* somebody has locked the home: nothing opens it again but a new command */
    bool stays;  /* a disk that is full for a while does not end this program */
    bool shut;   /* it could not be opened again; the next time at: */
    uint64_t retry_at;
    bool heard; /* it has answered, or it was said that it doesn't */
    bool connects, reopening;
    struct loop_timer timer;
    uint32_t last_id;
    uint32_t awaited; /* 0: no call is under way */
    cJSON *answer;
    cJSON *later; /* a list of the events that came behind the answer, or NULL */
    client_event on_event;
    void *user;
    char error_text[512], error_name[64];
    bool passing; /* lines go to standard output as they are */
    struct lines *output;
    bool input_ended;
    base_result input_failed;
    uint64_t unanswered; /* requests passed on, less the answers */
    bool given_up;
    uint64_t through_until; /* client_now(): an interrupt does not end the call under way before */
    int watch_file;         /* of the command that runs */
    const struct loop_handler *watch_handler;
    void *watch_user;
    struct loop_watch *watch;
};

/** The loop that everything of it runs in; NULL: nothing is open. */
struct loop *client_loop(const struct client *client);

/** Gives the core a request. */
base_result client_send(struct client *client, struct base_slice line);

/** Says why, and what to end with. */
int client_fail(base_result result);

/** A line of the core for `weibel rpc`. (client_pass.c) */
void client_pass_out(struct client *client, struct base_slice line);

#endif
