/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret tree (RFC 9420 §9): an epoch's message keys, each used once and deleted. Internal.
 *
 * Only what is needed is there: a node's secret from when its sibling's leaf is used until its own is, and two
 * ratchets for each leaf that has sent something. Keys of skipped generations are kept within a window. A tree of any
 * size starts as one secret.
 *
 * A key is taken in two steps, so that a message that fails to open changes nothing: mls_secret_tree_send() or
 * mls_secret_tree_receive() prepares it, mls_secret_tree_commit() deletes it, mls_secret_tree_step_free() forgets it.
 * Between the two, nothing else may be done with the tree.
 *
 * For saving, the tree is a set of small records (mls/mls.h, saved state).
 */
#ifndef MLS_SECRET_TREE_H
#define MLS_SECRET_TREE_H

#include "crypto.h"
#include "key_schedule.h"
#include "mls/mls.h"
#include "tree_math.h"

struct mls_secret_tree;

/** A leaf's two ratchets (§9.1). */
enum mls_ratchet { MLS_RATCHET_HANDSHAKE = 0, MLS_RATCHET_APPLICATION = 1 };

/** Bounds of each ratchet (§9.1 leaves them to the application). */
struct mls_secret_tree_limits {
    uint32_t ahead;  /**< how many generations a message may skip: each costs three derivations */
    uint32_t window; /**< how many of the last generations' unused keys are kept for late messages */
};

/** The largest settable window. */
#define MLS_SECRET_TREE_WINDOW_MAX 16384

/** The largest tree whose messages can be told apart: 2^24 leaves. */
#define MLS_SECRET_TREE_LEAVES_MAX (UINT32_C(1) << 24)

/** The key of one generation, prepared. A zeroed one is empty and valid. */
struct mls_secret_tree_step {
    struct mls_aead_key key;
    uint32_t generation;

    /* What commit does. Internal. */
    mls_leaf_index leaf;
    enum mls_ratchet ratchet;
    bool forward;                        /* the ratchet moves to `next`; otherwise a skipped key is taken */
    struct mls_secret next;              /* the ratchet's secret after `generation` */
    struct mls_secret_tree_key *skipped; /* the ratchet's skipped keys after that, or NULL: as before */
    size_t skipped_count;
};

/**
 * A tree of `leaf_count` leaves (a power of two) over `encryption_secret`, which the caller wipes. Freed with
 * mls_secret_tree_free(). BASE_ERR_NO_MEMORY; BASE_ERR_VALUE: a leaf count or limit out of its bounds.
 */
BASE_MUST_USE base_result mls_secret_tree_new(const struct mls_crypto *crypto, uint32_t leaf_count,
                                              const struct mls_secret *encryption_secret,
                                              struct mls_secret_tree_limits limits, struct mls_secret_tree **out);

/** Wipes and frees; NULL is allowed. */
void mls_secret_tree_free(struct mls_secret_tree *tree);

/** For BASE_CLEANUP on a pointer to a tree. */
void mls_secret_tree_free_at(struct mls_secret_tree **tree);

/**
 * The next unused key of the own leaf. `step` must be empty. MLS_ERR_LEAF_UNKNOWN: no such leaf; MLS_ERR_GENERATION:
 * all 2^32 - 1 generations are used, a new epoch is due. BASE_ERR_NO_MEMORY.
 */
BASE_MUST_USE base_result mls_secret_tree_send(struct mls_secret_tree *tree, const struct mls_crypto *crypto,
                                               mls_leaf_index leaf, enum mls_ratchet ratchet,
                                               struct mls_secret_tree_step *step);

/**
 * The key of a message from `leaf`. `step` must be empty. MLS_ERR_LEAF_UNKNOWN; MLS_ERR_GENERATION_USED: its key has
 * been used, or has left the window; MLS_ERR_GENERATION: too far ahead of the last message. BASE_ERR_NO_MEMORY.
 */
BASE_MUST_USE base_result mls_secret_tree_receive(struct mls_secret_tree *tree, const struct mls_crypto *crypto,
                                                  mls_leaf_index leaf, enum mls_ratchet ratchet, uint32_t generation,
                                                  struct mls_secret_tree_step *step);

/** Deletes the step's key from the tree, and frees the step. Cannot fail. */
void mls_secret_tree_commit(struct mls_secret_tree *tree, struct mls_secret_tree_step *step);

/** Forgets a step that was not committed; harmless after mls_secret_tree_commit(). For BASE_CLEANUP. */
void mls_secret_tree_step_free(struct mls_secret_tree_step *step);

/** A record's key, after the caller's prefix: a number of 40 bits, big-endian, so that nodes come before leaves. */
#define MLS_SECRET_TREE_KEY_SIZE 5

/** The longest prefix, in bytes. */
#define MLS_SECRET_TREE_PREFIX_MAX 32

/** The longest record's value, in bytes. */
#define MLS_SECRET_TREE_VALUE_MAX 384

/**
 * Gives the sink what has changed since the last successful call: every record of a new tree, later the changes alone.
 * `prefix` goes before each key. On error the same changes, and later ones, come again. A message changes one record
 * of some 70 bytes; the first from a leaf also one for each level of the tree, some 30 bytes each; skipped generations
 * one for every eight of them. BASE_ERR_TOO_LONG (`prefix`), and what the sink returns.
 */
BASE_MUST_USE base_result mls_secret_tree_save(struct mls_secret_tree *tree, struct base_slice prefix,
                                               const struct mls_sink *sink);

/** True if there is something to save. */
bool mls_secret_tree_changed(const struct mls_secret_tree *tree);

/** Deletes every record that has been given out, of a tree that is about to be freed: it stays as it is. */
BASE_MUST_USE base_result mls_secret_tree_erase(const struct mls_secret_tree *tree, struct base_slice prefix,
                                                const struct mls_sink *sink);

/**
 * A tree without any secret, to be filled with mls_secret_tree_load() from all of its records. Nothing of it counts as
 * changed. Errors as mls_secret_tree_new().
 */
BASE_MUST_USE base_result mls_secret_tree_empty(const struct mls_crypto *crypto, uint32_t leaf_count,
                                                struct mls_secret_tree_limits limits, struct mls_secret_tree **out);

/**
 * Takes one saved record, in the order of their keys; `key` is without the prefix. MLS_ERR_STATE: it is not one, or
 * contradicts what is there already. BASE_ERR_NO_MEMORY. After an error the tree can only be freed.
 */
BASE_MUST_USE base_result mls_secret_tree_load(struct mls_secret_tree *tree, struct base_slice key,
                                               struct base_slice value);

#endif
