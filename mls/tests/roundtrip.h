/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes a struct and encodes it again from what was decoded: every accepted input must come out as it went in,
 * as there is one encoding of every value. The elements of vectors that stay encoded are taken out and written, too.
 */
#ifndef MLS_TESTS_ROUNDTRIP_H
#define MLS_TESTS_ROUNDTRIP_H

#include "base/writer.h"

/** Decodes all of `bytes`; what stands in `out` must equal them then. Errors of decoding. */
typedef base_result (*roundtrip)(struct base_slice bytes, struct base_writer *out);

base_result roundtrip_capabilities(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_commit(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_authenticated_content(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_external_senders(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_group_context(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_group_info(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_group_secrets(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_key_package(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_leaf_node(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_message(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_proposal(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_ratchet_tree(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_required_capabilities(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_update_path(struct base_slice bytes, struct base_writer *out);
base_result roundtrip_welcome(struct base_slice bytes, struct base_writer *out);

#endif
