/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where the passphrase comes from: a file that the user names, or the terminal, never the command line.
 */
#ifndef CLI_PASSPHRASE_H
#define CLI_PASSPHRASE_H

#include "base/bytes.h"

enum { PASSPHRASE_MAX = 1024 }; /**< bytes */

extern const struct base_error PASSPHRASE_ERR_FILE; /**< the file cannot be read; errno */
extern const struct base_error PASSPHRASE_ERR_EMPTY;
extern const struct base_error PASSPHRASE_ERR_LONG;      /**< over PASSPHRASE_MAX */
extern const struct base_error PASSPHRASE_ERR_TERMINAL;  /**< neither a file nor a terminal */
extern const struct base_error PASSPHRASE_ERR_DIFFERENT; /**< what was typed first and then again */

extern const struct base_error PASSPHRASE_ERR_INTERRUPTED;

/** The file that `given` (--passphrase-file) or WEIBEL_PASSPHRASE_FILE names, or NULL. */
const char *passphrase_file(const char *given);

/** The first line of `file`. `out` must be empty. PASSPHRASE_ERR_…, BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result passphrase_read(const char *file, struct base_bytes *out);

/** Asks `question` on the controlling terminal, without echo; twice if it is `fresh`. PASSPHRASE_ERR_…,
 * BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result passphrase_ask(const char *question, bool fresh, struct base_bytes *out);

#endif
