/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a key package's private half. Internal.
 */
#ifndef MLS_GROUP_BUNDLE_H
#define MLS_GROUP_BUNDLE_H

#include "group/limits.h"
#include "key_package.h"

/** A key package of one's own: borrows from its record, and holds its private keys. Wipe it: mls_own_package_wipe(). */
struct mls_own_package {
    struct mls_key_package package;
    struct mls_key_package_keys keys;
};

/** The record of a key package (encoded) and its private keys. */
BASE_MUST_USE base_result mls_own_package_write(const struct base_allocator *allocator, struct base_slice init,
                                                struct base_slice encryption, struct base_slice package,
                                                struct base_bytes *out);

/** Reads what mls_own_package_write() wrote. MLS_ERR_STATE_VERSION, MLS_ERR_STATE. */
BASE_MUST_USE base_result mls_own_package_read(struct base_slice record, struct mls_own_package *out);
void mls_own_package_wipe(struct mls_own_package *own);

#endif
