/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which secrets of the tree are there, and how they turn into keys. How they are saved: secret_tree_save.c.
 */
#include "secret_tree.h"

#include <string.h>

#include "secret_tree_state.h"

BASE_DEFINE_ERROR(MLS_ERR_LEAF_UNKNOWN, BASE_PEER, "RFC 9420 §9", "the sender is not a leaf of the group's tree");
BASE_DEFINE_ERROR(MLS_ERR_GENERATION_USED, BASE_PEER, "RFC 9420 §9.2",
                  "the message's key has been used or is too old to be kept");
BASE_DEFINE_ERROR(MLS_ERR_GENERATION, BASE_LIMIT, "RFC 9420 §9.1",
                  "the message skips too many generations of its sender's keys, or none is left");

static void leaf_free(struct mls_secret_leaf *leaf) {
    if (leaf != NULL) {
        base_free(leaf->ratchets[MLS_RATCHET_HANDSHAKE].skipped);
        base_free(leaf->ratchets[MLS_RATCHET_APPLICATION].skipped);
        base_free(leaf);
    }
}

static void leaf_free_at(struct mls_secret_leaf **leaf) {
    leaf_free(*leaf);
    *leaf = NULL;
}

base_result mls_secret_tree_empty(const struct mls_crypto *crypto, uint32_t leaf_count,
                                  struct mls_secret_tree_limits limits, struct mls_secret_tree **out) {
    BASE_ENSURE(leaf_count != 0 && (leaf_count & (leaf_count - 1)) == 0, BASE_ERR_VALUE);
    BASE_ENSURE(leaf_count <= MLS_SECRET_TREE_LEAVES_MAX && limits.window <= MLS_SECRET_TREE_WINDOW_MAX,
                BASE_ERR_VALUE);
    struct mls_secret_tree *tree = base_take(crypto->allocator, 1, sizeof *tree);
    BASE_ENSURE(tree != NULL, BASE_ERR_NO_MEMORY);
    tree->allocator = crypto->allocator;
    tree->suite = crypto->suite;
    tree->leaf_count = leaf_count;
    tree->limits = limits;
    tree->nodes.allocator = crypto->allocator;
    tree->leaves.allocator = crypto->allocator;
    tree->tracked = true;
    *out = tree;
    return BASE_OK;
}

base_result mls_secret_tree_new(const struct mls_crypto *crypto, uint32_t leaf_count,
                                const struct mls_secret *encryption_secret, struct mls_secret_tree_limits limits,
                                struct mls_secret_tree **out) {
    struct mls_secret_tree *BASE_CLEANUP(mls_secret_tree_free_at) tree = NULL;
    BASE_ENSURE(encryption_secret->len == crypto->suite->hash_size, BASE_ERR_VALUE);
    BASE_TRY(mls_secret_tree_empty(crypto, leaf_count, limits, &tree));
    BASE_TRY(mls_sparse_reserve(&tree->nodes, 1));
    uint8_t *secret = base_take(tree->allocator, 1, encryption_secret->len);
    BASE_ENSURE(secret != NULL, BASE_ERR_NO_MEMORY);
    memcpy(secret, encryption_secret->data, encryption_secret->len);
    mls_sparse_put(&tree->nodes, mls_tree_root(leaf_count), secret);
    tree->tracked = false;
    *out = tree;
    tree = NULL;
    return BASE_OK;
}

void mls_secret_tree_free(struct mls_secret_tree *tree) {
    if (tree == NULL) {
        return;
    }
    for (uint32_t i = 0; i < tree->leaves.capacity; i++) {
        leaf_free(tree->leaves.slots[i].value);
        tree->leaves.slots[i].value = NULL;
    }
    mls_sparse_free(&tree->leaves);
    mls_sparse_free(&tree->nodes);
    base_free(tree->changes);
    base_free(tree);
}

void mls_secret_tree_free_at(struct mls_secret_tree **tree) {
    mls_secret_tree_free(*tree);
    *tree = NULL;
}

/* The secrets made on the way down to a leaf: of each node that is left aside. */
struct path {
    uint8_t *secrets[MLS_TREE_LEVELS_MAX];
    mls_node_index nodes[MLS_TREE_LEVELS_MAX];
    uint32_t count;
};

static void path_free(struct path *path) {
    for (uint32_t i = 0; i < path->count; i++) {
        base_free(path->secrets[i]);
    }
    path->count = 0;
}

static base_result expand(const struct mls_crypto *crypto, const struct mls_secret *secret, const char *label,
                          const char *context, uint8_t *out) {
    return mls_expand_with_label(crypto, mls_secret_slice(secret), base_slice_text(label), base_slice_text(context),
                                 out, crypto->suite->hash_size);
}

/* One step down from `node`, of which `secret` is: it becomes that of the child towards `leaf`, the other goes to the
 * path. */
static base_result descend(const struct mls_crypto *crypto, mls_node_index leaf, mls_node_index *node,
                           struct mls_secret *secret, struct path *path) {
    const mls_node_index left = mls_node_left(*node);
    const bool go_left = mls_node_is_below(leaf, left);
    uint8_t *aside = base_take(crypto->allocator, 1, crypto->suite->hash_size);
    BASE_ENSURE(aside != NULL, BASE_ERR_NO_MEMORY);
    path->secrets[path->count] = aside;
    path->nodes[path->count] = go_left ? mls_node_right(*node) : left;
    path->count++;
    BASE_TRY(expand(crypto, secret, "tree", go_left ? "right" : "left", aside));
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) child = { .len = crypto->suite->hash_size };
    BASE_TRY(expand(crypto, secret, "tree", go_left ? "left" : "right", child.data));
    *secret = child;
    *node = go_left ? left : mls_node_right(*node);
    return BASE_OK;
}

/* The leaf with its ratchets. If it has not been used before, everything above it turns into what is beside its path.
 */
static base_result find_leaf(struct mls_secret_tree *tree, const struct mls_crypto *crypto, mls_leaf_index index,
                             struct mls_secret_leaf **out) {
    BASE_ENSURE(index < tree->leaf_count, MLS_ERR_LEAF_UNKNOWN);
    *out = mls_sparse_get(&tree->leaves, index);
    if (*out != NULL) {
        return BASE_OK;
    }
    const mls_node_index leaf_node = mls_leaf_node(index);
    const mls_node_index root = mls_tree_root(tree->leaf_count);
    mls_node_index top = leaf_node;
    while (mls_sparse_get(&tree->nodes, top) == NULL) {
        BASE_ENSURE(top != root, MLS_ERR_STATE); /* of a new tree, something above is always there */
        top = mls_node_parent(top);
    }
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) secret = { .len = crypto->suite->hash_size };
    memcpy(secret.data, mls_sparse_get(&tree->nodes, top), secret.len);
    struct path BASE_CLEANUP(path_free) path = { .count = 0 };
    for (mls_node_index node = top; node != leaf_node;) {
        BASE_TRY(descend(crypto, leaf_node, &node, &secret, &path));
    }
    for (uint32_t i = 0; i < path.count; i++) {
        /* Only in damaged saved state is a secret there twice: as such, and in one above it. */
        BASE_ENSURE(mls_sparse_get(&tree->nodes, path.nodes[i]) == NULL, MLS_ERR_STATE);
    }
    struct mls_secret_leaf *BASE_CLEANUP(leaf_free_at) leaf = base_take(tree->allocator, 1, sizeof *leaf);
    BASE_ENSURE(leaf != NULL, BASE_ERR_NO_MEMORY);
    BASE_TRY(expand(crypto, &secret, "handshake", "", leaf->ratchets[MLS_RATCHET_HANDSHAKE].secret));
    BASE_TRY(expand(crypto, &secret, "application", "", leaf->ratchets[MLS_RATCHET_APPLICATION].secret));
    BASE_TRY(mls_sparse_reserve(&tree->nodes, path.count));
    BASE_TRY(mls_sparse_reserve(&tree->leaves, 1));
    BASE_TRY(mls_secret_changes_reserve(tree, 1 + path.count + 1));
    mls_sparse_drop(&tree->nodes, top);
    mls_secret_changes_add(tree, mls_secret_node_record(top));
    for (uint32_t i = 0; i < path.count; i++) {
        mls_sparse_put(&tree->nodes, path.nodes[i], path.secrets[i]);
        mls_secret_changes_add(tree, mls_secret_node_record(path.nodes[i]));
    }
    path.count = 0;
    mls_sparse_put(&tree->leaves, index, leaf);
    mls_secret_changes_add(tree, mls_secret_leaf_record(index));
    *out = leaf;
    leaf = NULL;
    return BASE_OK;
}

static base_result derive_key(const struct mls_crypto *crypto, const struct mls_secret *secret, uint32_t generation,
                              struct mls_aead_key *out) {
    BASE_TRY(mls_derive_tree_secret(crypto, secret, "key", generation, out->key, crypto->suite->aead_key_size));
    return mls_derive_tree_secret(crypto, secret, "nonce", generation, out->nonce, sizeof out->nonce);
}

static base_result derive_next(const struct mls_crypto *crypto, struct mls_secret *secret, uint32_t generation) {
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) next = { .len = crypto->suite->hash_size };
    BASE_TRY(mls_derive_tree_secret(crypto, secret, "secret", generation, next.data, next.len));
    *secret = next;
    return BASE_OK;
}

size_t mls_secret_skipped_find(const struct mls_secret_ratchet *ratchet, uint32_t generation) {
    size_t low = 0;
    size_t high = ratchet->skipped_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (ratchet->skipped[middle].generation < generation) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The first generation that is still kept when `next` is the next one. */
static uint32_t window_start(const struct mls_secret_tree *tree, uint32_t next) {
    return next > tree->limits.window ? next - tree->limits.window : 0;
}

/* Lays the ratchet's skipped keys, as they will be after `step->generation`, beside the ratchet. `secret` is moved
 * there from the ratchet's next generation. */
static base_result skip(const struct mls_secret_tree *tree, const struct mls_crypto *crypto,
                        const struct mls_secret_ratchet *ratchet, struct mls_secret *secret,
                        struct mls_secret_tree_step *step) {
    const uint32_t start = window_start(tree, step->generation + 1);
    const size_t kept_from = mls_secret_skipped_find(ratchet, start);
    const size_t kept = ratchet->skipped_count - kept_from;
    const uint32_t first = ratchet->next > start ? ratchet->next : start;
    const size_t added = first < step->generation ? step->generation - first : 0;
    step->skipped = base_take(tree->allocator, kept + added, sizeof *step->skipped);
    BASE_ENSURE(step->skipped != NULL, BASE_ERR_NO_MEMORY);
    if (kept != 0) {
        memcpy(step->skipped, ratchet->skipped + kept_from, kept * sizeof *step->skipped);
    }
    step->skipped_count = kept;
    for (uint32_t generation = ratchet->next; generation < step->generation; generation++) {
        if (generation >= start) {
            struct mls_secret_tree_key *key = &step->skipped[step->skipped_count++];
            key->generation = generation;
            BASE_TRY(derive_key(crypto, secret, generation, &key->key));
        }
        BASE_TRY(derive_next(crypto, secret, generation));
    }
    return BASE_OK;
}

static base_result prepare_forward(struct mls_secret_tree *tree, const struct mls_crypto *crypto,
                                   const struct mls_secret_ratchet *ratchet, struct mls_secret_tree_step *step) {
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) secret = { .len = crypto->suite->hash_size };
    memcpy(secret.data, ratchet->secret, secret.len);
    /* The leaf's record, and those of the keys that come and of those that leave the window. */
    const uint32_t gap = step->generation - ratchet->next;
    const size_t added = gap < tree->limits.window ? gap : tree->limits.window;
    BASE_TRY(mls_secret_changes_reserve(tree, 1 + added + ratchet->skipped_count));
    if (gap != 0) {
        BASE_TRY(skip(tree, crypto, ratchet, &secret, step));
    }
    BASE_TRY(derive_key(crypto, &secret, step->generation, &step->key));
    BASE_TRY(derive_next(crypto, &secret, step->generation));
    step->next = secret;
    step->forward = true;
    return BASE_OK;
}

static base_result prepare_skipped(struct mls_secret_tree *tree, const struct mls_secret_ratchet *ratchet,
                                   struct mls_secret_tree_step *step) {
    const size_t at = mls_secret_skipped_find(ratchet, step->generation);
    BASE_ENSURE(at < ratchet->skipped_count && ratchet->skipped[at].generation == step->generation,
                MLS_ERR_GENERATION_USED);
    BASE_TRY(mls_secret_changes_reserve(tree, 1));
    step->key = ratchet->skipped[at].key;
    return BASE_OK;
}

base_result mls_secret_tree_send(struct mls_secret_tree *tree, const struct mls_crypto *crypto, mls_leaf_index leaf,
                                 enum mls_ratchet ratchet, struct mls_secret_tree_step *step) {
    struct mls_secret_leaf *found = NULL;
    BASE_TRY(find_leaf(tree, crypto, leaf, &found));
    return mls_secret_tree_receive(tree, crypto, leaf, ratchet, found->ratchets[ratchet].next, step);
}

base_result mls_secret_tree_receive(struct mls_secret_tree *tree, const struct mls_crypto *crypto, mls_leaf_index leaf,
                                    enum mls_ratchet ratchet, uint32_t generation, struct mls_secret_tree_step *step) {
    struct mls_secret_leaf *found = NULL;
    BASE_TRY(find_leaf(tree, crypto, leaf, &found));
    const struct mls_secret_ratchet *from = &found->ratchets[ratchet];
    struct mls_secret_tree_step BASE_CLEANUP(mls_secret_tree_step_free)
        prepared = { .leaf = leaf, .ratchet = ratchet, .generation = generation };
    if (generation < from->next) {
        BASE_TRY(prepare_skipped(tree, from, &prepared));
    } else {
        BASE_ENSURE(generation != UINT32_MAX && generation - from->next <= tree->limits.ahead, MLS_ERR_GENERATION);
        BASE_TRY(prepare_forward(tree, crypto, from, &prepared));
    }
    *step = prepared;
    prepared.skipped = NULL;
    return BASE_OK;
}

/* Removes `count` skipped keys from `at` on. */
static void remove_skipped(struct mls_secret_tree *tree, const struct mls_secret_tree_step *step,
                           struct mls_secret_ratchet *ratchet, size_t at, size_t count) {
    for (size_t i = at; i < at + count; i++) {
        mls_secret_changes_add(tree,
                               mls_secret_skipped_record(step->leaf, step->ratchet, ratchet->skipped[i].generation));
    }
    struct mls_secret_tree_key *keys = ratchet->skipped;
    const size_t behind = ratchet->skipped_count - at - count;
    memmove(keys + at, keys + at + count, behind * sizeof *keys);
    base_wipe(keys + at + behind, count * sizeof *keys);
    ratchet->skipped_count -= (uint32_t)count;
    if (ratchet->skipped_count == 0) {
        base_free(ratchet->skipped);
        ratchet->skipped = NULL;
    }
}

static void move_forward(struct mls_secret_tree *tree, struct mls_secret_tree_step *step,
                         struct mls_secret_ratchet *ratchet) {
    const uint32_t next = step->generation + 1;
    const size_t expired = mls_secret_skipped_find(ratchet, window_start(tree, next));
    if (expired != 0) {
        remove_skipped(tree, step, ratchet, 0, expired);
    }
    for (size_t i = ratchet->skipped_count; i < step->skipped_count; i++) {
        mls_secret_changes_add(tree, mls_secret_skipped_record(step->leaf, step->ratchet, step->skipped[i].generation));
    }
    if (step->skipped_count != 0) {
        base_free(ratchet->skipped);
        ratchet->skipped = step->skipped;
        ratchet->skipped_count = (uint32_t)step->skipped_count;
        step->skipped = NULL;
    }
    memcpy(ratchet->secret, step->next.data, step->next.len);
    ratchet->next = next;
    mls_secret_changes_add(tree, mls_secret_leaf_record(step->leaf));
}

void mls_secret_tree_commit(struct mls_secret_tree *tree, struct mls_secret_tree_step *step) {
    struct mls_secret_leaf *leaf = mls_sparse_get(&tree->leaves, step->leaf);
    struct mls_secret_ratchet *ratchet = &leaf->ratchets[step->ratchet];
    if (step->forward) {
        move_forward(tree, step, ratchet);
    } else {
        remove_skipped(tree, step, ratchet, mls_secret_skipped_find(ratchet, step->generation), 1);
    }
    mls_secret_tree_step_free(step);
}

void mls_secret_tree_step_free(struct mls_secret_tree_step *step) {
    base_free(step->skipped);
    base_wipe(step, sizeof *step);
}
