/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of records that several have. Internal.
 */
#ifndef MLS_GROUP_SAVE_H
#define MLS_GROUP_SAVE_H

#include "group/group.h"

void mls_keypair_write(struct base_writer *writer, const struct mls_keypair *pair);
/** BASE_ERR_VALUE (longer than any key), and errors of reading. */
BASE_MUST_USE base_result mls_keypair_read(struct base_reader *reader, struct mls_keypair *out);

/** A secret of the suite's hash size, or an empty one. BASE_ERR_VALUE, and errors of reading. */
BASE_MUST_USE base_result mls_secret_read(const struct mls_crypto *crypto, struct base_reader *reader,
                                          struct mls_secret *out);

#endif
