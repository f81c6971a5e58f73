/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Key files: 32 bytes that open a home instead of a passphrase, for who can keep a file safe better than words in mind.
 */
#ifndef CLI_KEYFILE_H
#define CLI_KEYFILE_H

#include "base/bytes.h"

enum { KEYFILE_LEN = 32, KEYFILE_TEXT = 45 };

extern const struct base_error KEYFILE_ERR_FILE; /**< it cannot be read or made; errno */
extern const struct base_error KEYFILE_ERR_LEN;  /**< it has not 32 bytes */

/** The file that `given` (--key-file) or WEIBEL_KEY_FILE names, or NULL. */
const char *keyfile_named(const char *given);

/**
 * Reads it as base64, to be wiped by the caller. With `make` a file that is not there is made, for its owner alone, and
 * synced: no home may be sealed with a key that a crash takes away. KEYFILE_ERR_…, BASE_ERR_RANDOM.
 */
BASE_MUST_USE base_result keyfile_read(const char *file, bool make, char out[KEYFILE_TEXT]);

#endif
