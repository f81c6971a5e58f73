/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What most commands want of the connection: to stand, or to hear soon that it does not.
 */
#ifndef CLI_ONLINE_H
#define CLI_ONLINE_H

#include "client.h"

struct online {
    struct client *client;
    bool online;       /**< everything that the server had has been read */
    bool was_online;   /**< at some time */
    bool refused;      /**< the last attempt has failed */
    bool fatal;        /**< and trying again will not help: version, removed, sign_in */
    uint64_t since;    /**< when `online` changed last, client_now() */
    int code;          /**< what to end with for it */
    char reason[256];  /**< why, for people */
    client_event next; /**< further handler of events */
    void *user;
};

enum {
    ONLINE_WITHIN = 30000,      /**< milliseconds for the first connection */
    ONLINE_BACK_WITHIN = 20000, /**< milliseconds for it to come back when it was lost */
};

/**
 * Has the core connect, and waits until everything has been read or there is no connection. `next` gets the events.
 * EX_OK in both cases: see `online`; another code: the program has to end.
 */
int online_connect(struct online *self, struct client *client, client_event next, void *user);

/** Handles events as online_connect() does, without connecting: for calls that connect by themselves. */
void online_watch(struct online *self, struct client *client, client_event next, void *user);

/** True if there is no point in waiting any longer for the connection. */
bool online_hopeless(const struct online *self);

/** Says that there is no connection, and why. Returns the code to end with. */
int online_say(const struct online *self);

#endif
