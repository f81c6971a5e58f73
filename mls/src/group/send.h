/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing and protecting what a member sends (§6). Internal.
 */
#ifndef MLS_GROUP_SEND_H
#define MLS_GROUP_SEND_H

#include "group/group.h"

/** The wire format that these options ask for, for a handshake message. */
uint16_t mls_send_wire(const struct mls_group *group, const struct mls_send_options *options);

/** The content of a message from this member, in this epoch. Its body is the caller's to fill in. */
struct mls_framed_content mls_send_content(const struct mls_group *group, enum mls_content_type type,
                                           const struct mls_send_options *options);

/** A message that is ready, and the key that it has used: gone when `step` is committed to the epoch's messages. */
struct mls_sent {
    struct base_bytes message;
    struct mls_secret_tree_step step;
    bool used_key;
};
void mls_sent_free(struct mls_sent *sent);

/** Makes the message of an encoded AuthenticatedContent, whose wire format says how. MLS_ERR_GENERATION. */
BASE_MUST_USE base_result mls_send_protect(const struct mls_group *group, struct base_slice content, uint32_t padding,
                                           struct mls_sent *out);

/** Deletes the key that was used, and gives out the message. Cannot fail. */
void mls_send_finish(struct mls_group *group, struct mls_sent *sent, struct base_bytes *out);

#endif
