/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a group is made of. Internal.
 *
 * A group stands in one epoch. The next one is built aside, in a struct mls_staged, on a shared version of the tree;
 * entering it (enter.h) is the only thing that changes the epoch, and cannot fail half way.
 */
#ifndef MLS_GROUP_GROUP_H
#define MLS_GROUP_GROUP_H

#include "base/writer.h"
#include "framing.h"
#include "group/limits.h"
#include "key_schedule.h"
#include "mls/mls.h"
#include "secret_tree.h"
#include "treekem.h"

/** An epoch: what is public about it and, for members, its secrets. Zeroed, it may be freed. */
struct mls_epoch {
    struct base_bytes context_bytes;
    struct mls_group_context context; /**< borrows from context_bytes */
    struct mls_tree tree;
    struct mls_secret interim_transcript_hash;
    struct mls_secret confirmation_tag;
    struct mls_epoch_secrets secrets;
    struct mls_secret_tree *messages; /**< the keys of messages; NULL for who has no secrets */
};
void mls_epoch_free(struct mls_epoch *epoch);
/** Frees `to` and makes it what `from` is, which is empty then. */
void mls_epoch_move(struct mls_epoch *to, struct mls_epoch *from);

/** What own Update proposals wait for: the keys of the leaf that they put in place. */
struct mls_update_keys {
    struct mls_keypair encryption;
    struct mls_keypair signature;
};

/** A proposal that was received or sent as a message of its own. Shared by the cache and the commits that refer to it.
 */
struct mls_cached {
    uint32_t uses;
    uint32_t number; /**< of its record */
    bool saved;
    struct base_bytes bytes;                  /**< the encoded AuthenticatedContent */
    struct mls_authenticated_content content; /**< borrows from bytes */
    struct mls_secret ref;
    struct mls_update_keys *own_update; /**< NULL for all else */
};
struct mls_cached *mls_cached_use(struct mls_cached *cached);
/** NULL is allowed. */
void mls_cached_drop(struct mls_cached *cached);

/** The proposals that wait for a commit, in the order of their arrival. */
struct mls_cache {
    struct mls_cached **items;
    uint32_t count;
    uint32_t room;
    uint32_t next_number;
    size_t bytes; /**< of all of them, encoded */
};

void mls_cache_free(struct mls_cache *cache);

/** A leaf as it was before the commit that ended a past epoch. */
struct mls_past_leaf {
    uint32_t leaf;
    struct base_bytes node; /**< encoded LeafNode; empty: blank */
};

/** An epoch that is over, whose late application messages can still be opened. */
struct mls_past {
    uint64_t epoch;
    uint32_t leaf_count;
    bool saved; /**< its record, which never changes */
    struct base_bytes context_bytes;
    struct mls_secret sender_data_secret;
    struct mls_secret_tree *messages;
    struct mls_past_leaf *changed; /**< the leaves that the commit after it changed */
    uint32_t changed_count;
};
void mls_past_free(struct mls_past *past);

struct mls_resumption {
    uint64_t epoch;
    struct mls_secret psk;
};

/** Changes of records, written down until they can be given out all at once. */
struct mls_batch {
    const struct base_allocator *allocator;
    uint8_t *data;
    size_t len;
    size_t capacity;
};

struct mls_group {
    const struct mls_context *context;
    struct mls_crypto crypto;
    struct mls_limits limits;
    enum mls_group_state state;
    bool public_handshake;
    struct mls_keypair signature_key;
    struct mls_treekem_keys keys; /**< keys.leaf is the own leaf */
    struct mls_epoch epoch;
    struct mls_past *past; /**< oldest first */
    uint32_t past_count;
    struct mls_resumption *resumption; /**< oldest first, the current epoch's last; room for the limit and one */
    uint32_t resumption_count;
    struct mls_cache cache;
    struct mls_staged *pending; /**< the own commit that waits */
    struct base_bytes reinit;   /**< the ReInit proposal that has closed the group */

    /* What the store has of it (state.c). */
    bool stored;                       /**< it has been saved at least once */
    bool epoch_saved;                  /**< the record of the epoch */
    bool pending_saved;                /**< the record of the pending commit, or its absence */
    struct mls_tree tree_saved;        /**< the tree as it was saved */
    struct mls_batch unsaved;          /**< changes that were written down, but not given out yet */
    struct mls_secret_tree *discarded; /**< message keys of a discarded commit, whose records are still there */
};

/** A proposal of a commit, with who made it. Borrows from the commit or from `cached`. */
struct mls_listed {
    struct mls_proposal proposal;
    struct mls_sender sender;
    struct mls_cached *cached; /**< by reference; else NULL */
};

/** A commit and the epoch that it leads to. */
struct mls_staged {
    const struct mls_group *group;
    const struct mls_group *parent; /**< while a branch or successor is founded: whose resumption PSK ties them */
    uint64_t from;                  /**< the epoch that it ends */
    struct base_bytes bytes;        /**< the commit's encoded AuthenticatedContent */
    struct mls_authenticated_content content;
    struct mls_listed *list;
    uint32_t list_count;
    struct mls_tree before; /**< of the epoch that it ends */
    struct mls_change *changes;
    uint32_t change_count;
    uint32_t *added; /**< leaf indices, ascending */
    uint32_t added_count;
    uint32_t committer;
    bool external;
    bool own;
    bool removes_self;
    const struct mls_reinit *reinit; /**< in `list` */
    struct mls_epoch epoch;
    struct mls_treekem_keys keys;
    struct mls_keypair signature_key;
    struct mls_secret message_hash; /**< own: of the message as it was sent, to know it again */
};

/** A group without an epoch. MLS_ERR_SUITE. */
BASE_MUST_USE base_result mls_group_new(const struct mls_context *context, uint16_t suite, struct mls_group **out);
void mls_group_free_at(struct mls_group **group);
void mls_staged_free_at(struct mls_staged **staged);

static inline uint32_t mls_own_leaf(const struct mls_group *group) {
    return group->keys.leaf;
}

/** MLS_ERR_GROUP_STATE unless the group is this member's, and alive. */
BASE_MUST_USE base_result mls_group_need_active(const struct mls_group *group);

static inline struct mls_secret_tree_limits mls_message_limits(const struct mls_group *group) {
    return (struct mls_secret_tree_limits){ group->limits.generation_skip, group->limits.generation_window };
}

#endif
