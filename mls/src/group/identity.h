/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what an application says about its client to the lists that stand in a leaf. Internal.
 */
#ifndef MLS_GROUP_IDENTITY_H
#define MLS_GROUP_IDENTITY_H

#include "mls/mls.h"
#include "syntax/tree.h"

/** Capabilities and leaf extensions of an identity, encoded; they borrow from `storage`. */
struct mls_leaf_lists {
    struct base_bytes storage;
    struct mls_capabilities capabilities;
    struct base_slice extensions;
};

/** Types of the leaf's own extensions are among the capabilities in any case. MLS_ERR_EXTENSION_DUPLICATE. */
BASE_MUST_USE base_result mls_leaf_lists_make(const struct mls_context *context, const struct mls_identity *identity,
                                              struct mls_leaf_lists *out);
void mls_leaf_lists_free(struct mls_leaf_lists *lists);

/** Encodes a list of extensions, without a length. MLS_ERR_EXTENSION_DUPLICATE. */
BASE_MUST_USE base_result mls_extensions_encode(const struct base_allocator *allocator,
                                                const struct mls_extension *extensions, size_t count,
                                                struct base_bytes *out);

/** The member that a leaf node speaks of. */
struct mls_member mls_member_of(uint32_t leaf, const struct mls_leaf_node *node);

#endif
