/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The home: the folder in which one account lives, for its owner alone, and the lock that lets one process in.
 *
 *     lock        held (flock) by the process that runs the core
 *     rpc.sock    where that process takes in the others
 *     store.db    what the core keeps, sealed
 *     ca.pem      certificate authorities given by --ca when the account was activated
 *     bell        whether `weibel chat` rings, if somebody has chosen
 *     spool/      sealed files on their way to the server
 */
#ifndef CLI_HOME_H
#define CLI_HOME_H

#include <limits.h>

#include "base/bytes.h"

struct home {
    char path[PATH_MAX]; /**< absolute */
    int folder;          /**< open, for the calls that end in -at */
    int lock;            /**< open; locked or not; -1: not tried yet */
};

extern const struct base_error HOME_ERR_PATH;    /**< too long, or neither XDG_DATA_HOME nor HOME is set */
extern const struct base_error HOME_ERR_CREATE;  /**< cannot be made; errno */
extern const struct base_error HOME_ERR_FOREIGN; /**< belongs to somebody else, or holds something else */
extern const struct base_error HOME_ERR_BUSY;    /**< another process has it */
extern const struct base_error HOME_ERR_FULL;    /**< no space left; nothing has changed */

/** Opens the folder `path`, or the default one if NULL, and makes it (0700) if it is not there. HOME_ERR_… */
BASE_MUST_USE base_result home_open(const char *path, struct home *out);

/** Takes the lock, without waiting; kept until home_close() or the end of the process. HOME_ERR_BUSY, HOME_ERR_CREATE.
 */
BASE_MUST_USE base_result home_lock(struct home *home);

/** Gives it back, if it was taken. */
void home_unlock(struct home *home);

void home_close(struct home *home);

/** Writes the path of `name` in the home. HOME_ERR_PATH. */
BASE_MUST_USE base_result home_path(const struct home *home, const char *name, char out[PATH_MAX]);

/**
 * Binds (or connects to) rpc.sock. However deep the home lies: a socket's address has room for 107 bytes only, so that
 * it is named through the open folder. Returns the socket, or -1 with errno.
 */
int home_listen(const struct home *home);
int home_connect(const struct home *home);

/** Keeps a copy of `file` as the certificate authorities of this home. HOME_ERR_CREATE, HOME_ERR_FULL; errno. */
BASE_MUST_USE base_result home_keep_ca(const struct home *home, const char *file);

#endif
