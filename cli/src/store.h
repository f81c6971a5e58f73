/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The core's ordered key-value store, in one SQLite file. A batch is one durable transaction: after a crash at any
 * moment, power cuts included, all of it is there or nothing.
 *
 * Values come sealed from the core, keys hold local numbers only: nothing here is secret or needs wiping.
 */
#ifndef CLI_STORE_H
#define CLI_STORE_H

#include "weibel/core.h"

struct store;

extern const struct base_error STORE_ERR_FULL;    /**< no space left; nothing has changed */
extern const struct base_error STORE_ERR_IO;      /**< the disk fails, or may not be written to; nothing has changed */
extern const struct base_error STORE_ERR_DAMAGED; /**< this is no store, or a damaged one */
extern const struct base_error STORE_ERR_NEWER;   /**< a newer version has written it */

/**
 * Opens the store in the file `path`, made if it is not there (0600). Whoever opens it must be the only one: see
 * home_lock(). STORE_ERR_…, BASE_ERR_NO_MEMORY; `*out` stays NULL.
 */
BASE_MUST_USE base_result store_open(const char *path, struct store **out);

/** Closes; NULL is allowed. What was applied is durable already. */
void store_close(struct store **store);

/** Makes all the changes, in their order, durably, or none of them. STORE_ERR_FULL, STORE_ERR_IO, STORE_ERR_DAMAGED. */
BASE_MUST_USE base_result store_apply(struct store *store, const struct weibel_store *batch);

/** What a read gives out, one record after the other, borrowed until it returns. An error ends the read. */
typedef base_result (*store_visit)(void *user, struct base_slice key, struct base_slice value);

/** Reads the records of a range. STORE_ERR_IO, STORE_ERR_DAMAGED, or what `visit` returned. */
BASE_MUST_USE base_result store_read(struct store *store, const struct weibel_read *range, store_visit visit,
                                     void *user);

#endif
