/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of the ratchet tree: proposals that change it, its checks, and paths through it.
 */
#include "tree.h"
#include "leaf_node.h"
#include "syntax/message.h"
#include "tree_math.h"
#include "treekem_path.h"
#include "vectors.h"

/* The longest encoding that a case makes. */
#define ENCODED_MAX ((size_t)1 << 24)

static base_result decode_tree(struct vectors_case *vector, const char *field, struct mls_tree *out) {
    struct base_slice encoded;
    BASE_TRY(vectors_bytes(vector, vector->json, field, &encoded));
    return mls_tree_decode(&vector->crypto, vector->random, 0, encoded, out);
}

static base_result expect_tree(struct vectors_case *vector, const char *field, const struct mls_tree *tree) {
    BASE_CLEANUP(base_bytes_free) struct base_bytes encoded = { 0 };
    struct base_writer writer = base_writer(base_allocator_libc(), ENCODED_MAX);
    mls_tree_encode(&writer, tree);
    BASE_TRY(base_writer_finish(&writer, &encoded));
    return vectors_expect(vector, vector->json, field, base_borrow(&encoded));
}

static base_result expect_hash(struct vectors_case *vector, const cJSON *object, const char *field,
                               struct mls_tree *tree) {
    struct mls_secret hash;
    BASE_TRY(mls_tree_hash(&vector->crypto, tree, &hash));
    return vectors_expect(vector, object, field, mls_secret_slice(&hash));
}

/* ------------------------------------------------------------------------------------------- tree-operations ---- */

static base_result apply(struct vectors_case *vector, struct mls_tree *tree) {
    struct base_slice encoded;
    struct mls_proposal proposal;
    uint32_t index = 0;
    uint32_t sender = 0;
    BASE_TRY(vectors_bytes(vector, vector->json, "proposal", &encoded));
    BASE_TRY(mls_proposal_decode(encoded, &proposal));
    BASE_TRY(vectors_u32(vector, vector->json, "proposal_sender", &sender));
    switch (proposal.type) {
    case MLS_PROPOSAL_ADD:
        return mls_tree_add(&vector->crypto, tree, &proposal.of.add.leaf, &index);
    case MLS_PROPOSAL_UPDATE:
        return mls_tree_update(&vector->crypto, tree, sender, &proposal.of.update);
    case MLS_PROPOSAL_REMOVE:
        return mls_tree_remove(&vector->crypto, tree, proposal.of.removed);
    default:
        return &VECTORS_ERR_FORMAT;
    }
}

static base_result tree_operations(struct vectors_case *vector) {
    BASE_CLEANUP(mls_tree_free) struct mls_tree before = { .root = NULL };
    BASE_CLEANUP(mls_tree_free) struct mls_tree after = { .root = NULL };
    BASE_TRY(decode_tree(vector, "tree_before", &before));
    BASE_TRY(expect_hash(vector, vector->json, "tree_hash_before", &before));
    mls_tree_share(&before, &after);
    BASE_TRY(apply(vector, &after));
    BASE_TRY(expect_hash(vector, vector->json, "tree_hash_after", &after));
    BASE_TRY(expect_tree(vector, "tree_after", &after));
    BASE_TRY(expect_hash(vector, vector->json, "tree_hash_before", &before));
    return expect_tree(vector, "tree_before", &before);
}

/* ------------------------------------------------------------------------------------------- tree-validation ---- */

struct wanted_resolution {
    struct vectors_case *vector;
    const cJSON *next;
};

static base_result expect_resolved(void *user, uint32_t node, struct base_slice key) {
    struct wanted_resolution *self = (struct wanted_resolution *)user;
    uint32_t wanted = 0;
    bool present = false;
    BASE_TRY(vectors_check(self->vector, "resolution is longer", self->next != NULL));
    BASE_TRY(vectors_optional_u32_of(self->vector, self->next, &present, &wanted));
    BASE_TRY(vectors_check(self->vector, "resolution", wanted == node && key.len != 0));
    self->next = self->next->next;
    return BASE_OK;
}

static base_result check_nodes(struct vectors_case *vector, struct mls_tree *tree) {
    const cJSON *hashes = NULL;
    const cJSON *resolutions = NULL;
    BASE_TRY(vectors_array(vector, vector->json, "tree_hashes", &hashes));
    BASE_TRY(vectors_array(vector, vector->json, "resolutions", &resolutions));
    const cJSON *hash = hashes->child;
    const cJSON *resolution = resolutions->child;
    uint32_t node = 0;
    for (; hash != NULL && resolution != NULL; hash = hash->next, resolution = resolution->next, node++) {
        struct base_slice wanted;
        struct mls_secret got;
        struct wanted_resolution walk = { vector, resolution->child };
        vectors_at(vector, "node %u", node);
        BASE_TRY(vectors_bytes_of(vector, hash, &wanted));
        BASE_TRY(mls_tree_node_hash(&vector->crypto, tree, node, &got));
        BASE_TRY(vectors_same(vector, "tree hash", wanted, mls_secret_slice(&got)));
        BASE_TRY(mls_tree_resolution(tree, node, expect_resolved, &walk));
        BASE_TRY(vectors_check(vector, "resolution is shorter", walk.next == NULL));
    }
    return vectors_check(vector, "number of nodes", node == mls_node_count(mls_tree_width(tree)));
}

static base_result tree_validation(struct vectors_case *vector) {
    BASE_CLEANUP(mls_tree_free) struct mls_tree tree = { .root = NULL };
    struct base_slice group_id;
    BASE_TRY(vectors_bytes(vector, vector->json, "group_id", &group_id));
    BASE_TRY(decode_tree(vector, "tree", &tree));
    BASE_TRY(expect_tree(vector, "tree", &tree));
    BASE_TRY(check_nodes(vector, &tree));
    vectors_at(vector, "checks");
    BASE_TRY(mls_tree_verify_parent_hashes(&vector->crypto, &tree));
    return mls_tree_verify_leaves(&vector->crypto, &tree, group_id);
}

/* --------------------------------------------------------------------------------------------------- treekem ---- */

/* A member of the group, who knows his own keys. */
struct treekem_member {
    struct mls_treekem_keys keys;
    struct mls_keypair signature;
};

/* All of them, and the tree that they are in. */
struct treekem_group {
    struct mls_tree tree;
    struct treekem_member *members;
    size_t count;
};

static void free_group(struct treekem_group *group) {
    for (size_t i = 0; i < group->count; i++) {
        mls_treekem_keys_free(&group->members[i].keys);
    }
    base_free(group->members);
    mls_tree_free(&group->tree);
}

static base_result read_path_secret(struct vectors_case *vector, const cJSON *json, const struct mls_tree *tree,
                                    struct treekem_member *member) {
    struct mls_secret path_secret;
    struct mls_treekem_key key;
    BASE_TRY(vectors_u32(vector, json, "node", &key.node));
    BASE_TRY(vectors_secret(vector, json, "path_secret", &path_secret));
    BASE_TRY(mls_treekem_node_pair(&vector->crypto, &path_secret, &key.pair));
    BASE_TRY(vectors_same(vector, "path_secret", mls_tree_encryption_key(tree, key.node),
                          mls_public_key_slice(&key.pair.public_key)));
    return mls_treekem_keys_put(&member->keys, &key, 1);
}

static base_result read_member(struct vectors_case *vector, const cJSON *json, const struct mls_tree *tree,
                               struct treekem_member *out) {
    uint32_t index = 0;
    struct base_slice encryption;
    struct base_slice signature;
    struct mls_keypair pair;
    const cJSON *secrets = NULL;
    BASE_TRY(vectors_u32(vector, json, "index", &index));
    BASE_TRY(vectors_bytes(vector, json, "encryption_priv", &encryption));
    BASE_TRY(vectors_bytes(vector, json, "signature_priv", &signature));
    BASE_TRY(vectors_array(vector, json, "path_secrets", &secrets));
    BASE_TRY(mls_kem_keypair(&vector->crypto, encryption, &pair));
    BASE_TRY(mls_signature_keypair(&vector->crypto, signature, &out->signature));
    BASE_TRY(vectors_same(vector, "encryption_priv", mls_tree_encryption_key(tree, mls_leaf_node(index)),
                          mls_public_key_slice(&pair.public_key)));
    BASE_TRY(mls_treekem_keys_create(base_allocator_libc(), index, &pair, &out->keys));
    for (const cJSON *secret = secrets->child; secret != NULL; secret = secret->next) {
        BASE_TRY(read_path_secret(vector, secret, tree, out));
    }
    return BASE_OK;
}

static base_result encode_context(struct vectors_case *vector, struct mls_tree *tree, struct base_slice *out) {
    struct mls_secret tree_hash;
    struct mls_group_context context = { .cipher_suite = (uint16_t)vector->crypto.suite->id };
    BASE_CLEANUP(base_bytes_free) struct base_bytes encoded = { 0 };
    BASE_TRY(mls_tree_hash(&vector->crypto, tree, &tree_hash));
    BASE_TRY(vectors_bytes(vector, vector->json, "group_id", &context.group_id));
    BASE_TRY(vectors_u64(vector, vector->json, "epoch", &context.epoch));
    BASE_TRY(vectors_bytes(vector, vector->json, "confirmed_transcript_hash", &context.confirmed_transcript_hash));
    context.tree_hash = mls_secret_slice(&tree_hash);
    struct base_writer writer = base_writer(base_allocator_libc(), ENCODED_MAX);
    mls_group_context_write(&writer, &context);
    BASE_TRY(base_writer_finish(&writer, &encoded));
    return vectors_keep(vector, &encoded, out);
}

/* The path's sender, and what the members who follow it must get. */
struct followed {
    uint32_t sender;
    struct mls_update_path path;
    struct base_slice commit_secret;
    const cJSON *path_secrets; /* by leaf; NULL: of a path that was made here */
};

static base_result expect_path_secret(struct vectors_case *vector, const struct mls_tree *tree,
                                      const struct followed *followed, const struct mls_treekem_keys *got) {
    BASE_CLEANUP(mls_treekem_keys_free) struct mls_treekem_keys joined = { 0 };
    struct base_slice path_secret;
    const cJSON *wanted = cJSON_GetArrayItem(followed->path_secrets, (int)got->leaf);
    BASE_TRY(vectors_bytes_of(vector, wanted, &path_secret));
    BASE_TRY(mls_treekem_keys_create(base_allocator_libc(), got->leaf, &got->keys[0].pair, &joined));
    BASE_TRY(mls_treekem_keys_join(&vector->crypto, tree, &joined, followed->sender, path_secret));
    for (uint32_t i = 1; i < joined.count; i++) {
        const struct mls_treekem_key *key = &got->keys[got->count - joined.count + i];
        BASE_TRY(vectors_check(vector, "path secret's node", key->node == joined.keys[i].node));
        BASE_TRY(vectors_same(vector, "path secret's key", mls_public_key_slice(&joined.keys[i].pair.public_key),
                              mls_public_key_slice(&key->pair.public_key)));
    }
    return BASE_OK;
}

/* All members but the sender follow a path that was merged into `tree`. */
static base_result follow(struct vectors_case *vector, const struct treekem_group *group, struct mls_tree *tree,
                          const struct followed *followed) {
    struct base_slice context;
    BASE_TRY(encode_context(vector, tree, &context));
    for (size_t i = 0; i < group->count; i++) {
        BASE_CLEANUP(mls_treekem_keys_free) struct mls_treekem_keys keys = { 0 };
        struct mls_secret commit_secret;
        if (group->members[i].keys.leaf == followed->sender) {
            continue;
        }
        BASE_TRY(mls_treekem_keys_copy(base_allocator_libc(), &group->members[i].keys, &keys));
        BASE_TRY(vectors_check(vector, "update_path", true));
        BASE_TRY(mls_treekem_decrypt(&vector->crypto, tree, &keys, followed->sender, &followed->path, context, NULL, 0,
                                     &commit_secret));
        BASE_TRY(vectors_same(vector, "commit_secret", followed->commit_secret, mls_secret_slice(&commit_secret)));
        if (followed->path_secrets != NULL) {
            BASE_TRY(expect_path_secret(vector, tree, followed, &keys));
        }
    }
    return BASE_OK;
}

static base_result merge(struct vectors_case *vector, struct mls_tree *tree, uint32_t sender,
                         const struct mls_update_path *path) {
    struct base_slice group_id;
    BASE_TRY(vectors_bytes(vector, vector->json, "group_id", &group_id));
    BASE_TRY(vectors_check(vector, "update_path", true));
    BASE_TRY(mls_leaf_node_verify(&vector->crypto, &path->leaf, group_id, sender));
    BASE_TRY(mls_treekem_merge(&vector->crypto, tree, sender, path));
    return mls_tree_verify_parent_hashes(&vector->crypto, tree);
}

static base_result follow_published(struct vectors_case *vector, const struct treekem_group *group, const cJSON *json) {
    BASE_CLEANUP(mls_tree_free) struct mls_tree tree = { .root = NULL };
    struct followed followed;
    struct base_slice encoded;
    BASE_TRY(vectors_u32(vector, json, "sender", &followed.sender));
    vectors_at(vector, "update path of %u", followed.sender);
    BASE_TRY(vectors_bytes(vector, json, "update_path", &encoded));
    BASE_TRY(mls_update_path_decode(encoded, &followed.path));
    BASE_TRY(vectors_bytes(vector, json, "commit_secret", &followed.commit_secret));
    BASE_TRY(vectors_array(vector, json, "path_secrets", &followed.path_secrets));
    mls_tree_share(&group->tree, &tree);
    BASE_TRY(merge(vector, &tree, followed.sender, &followed.path));
    BASE_TRY(expect_hash(vector, json, "tree_hash_after", &tree));
    return follow(vector, group, &tree, &followed);
}

/* The member makes a path of his own. */
static base_result make_path(struct vectors_case *vector, struct mls_tree *tree, const struct treekem_member *member,
                             struct mls_treekem_path *path, struct base_slice *out) {
    const struct mls_leaf_node *leaf = mls_tree_leaf(tree, member->keys.leaf);
    const struct mls_treekem_leaf renewed = {
        .signature_key = &member->signature,
        .credential = leaf->credential,
        .capabilities = leaf->capabilities,
        .extensions = leaf->extensions,
    };
    struct base_slice group_id;
    struct base_slice context;
    BASE_CLEANUP(base_bytes_free) struct base_bytes encoded = { 0 };
    BASE_CLEANUP(mls_treekem_keys_free) struct mls_treekem_keys keys = { 0 };
    BASE_TRY(vectors_bytes(vector, vector->json, "group_id", &group_id));
    BASE_TRY(mls_treekem_keys_copy(base_allocator_libc(), &member->keys, &keys));
    BASE_TRY(mls_treekem_create(&vector->crypto, vector->random, tree, &keys, &renewed, group_id, path));
    BASE_TRY(encode_context(vector, tree, &context));
    struct base_writer writer = base_writer(base_allocator_libc(), ENCODED_MAX);
    base_result written = mls_treekem_encrypt(&vector->crypto, vector->random, tree, path, context, NULL, 0, &writer);
    base_writer_fail(&writer, written);
    BASE_TRY(base_writer_finish(&writer, &encoded));
    return vectors_keep(vector, &encoded, out);
}

static base_result follow_made(struct vectors_case *vector, const struct treekem_group *group,
                               const struct treekem_member *member) {
    BASE_CLEANUP(mls_tree_free) struct mls_tree made = { .root = NULL };
    BASE_CLEANUP(mls_tree_free) struct mls_tree tree = { .root = NULL };
    BASE_CLEANUP(mls_treekem_path_free) struct mls_treekem_path path = { 0 };
    struct mls_secret made_hash;
    struct mls_secret hash;
    struct base_slice encoded;
    struct followed followed = { .path_secrets = NULL };
    followed.sender = member->keys.leaf;
    vectors_at(vector, "own update path of %u", followed.sender);
    mls_tree_share(&group->tree, &made);
    BASE_TRY(make_path(vector, &made, member, &path, &encoded));
    BASE_TRY(mls_update_path_decode(encoded, &followed.path));
    followed.commit_secret = mls_secret_slice(&path.commit_secret);
    mls_tree_share(&group->tree, &tree);
    BASE_TRY(merge(vector, &tree, followed.sender, &followed.path));
    BASE_TRY(mls_tree_hash(&vector->crypto, &made, &made_hash));
    BASE_TRY(mls_tree_hash(&vector->crypto, &tree, &hash));
    BASE_TRY(vectors_same(vector, "tree hash", mls_secret_slice(&made_hash), mls_secret_slice(&hash)));
    return follow(vector, group, &tree, &followed);
}

static base_result treekem(struct vectors_case *vector) {
    BASE_CLEANUP(free_group) struct treekem_group group = { .members = NULL };
    const cJSON *paths = NULL;
    const cJSON *members = NULL;
    BASE_TRY(decode_tree(vector, "ratchet_tree", &group.tree));
    BASE_TRY(mls_tree_verify_parent_hashes(&vector->crypto, &group.tree));
    BASE_TRY(vectors_array(vector, vector->json, "update_paths", &paths));
    BASE_TRY(vectors_array(vector, vector->json, "leaves_private", &members));
    group.members = (struct treekem_member *)base_take(base_allocator_libc(), (size_t)cJSON_GetArraySize(members),
                                                       sizeof *group.members);
    BASE_ENSURE(group.members != NULL, BASE_ERR_NO_MEMORY);
    for (const cJSON *member = members->child; member != NULL; member = member->next) {
        BASE_TRY(read_member(vector, member, &group.tree, &group.members[group.count++]));
    }
    for (const cJSON *path = paths->child; path != NULL; path = path->next) {
        BASE_TRY(follow_published(vector, &group, path));
    }
    for (size_t i = 0; i < group.count; i++) {
        BASE_TRY(follow_made(vector, &group, &group.members[i]));
    }
    return BASE_OK;
}

const struct vectors_kind vectors_tree[] = {
    { "tree-operations", "tree_before", true, tree_operations },
    { "tree-validation", "tree_hashes", true, tree_validation },
    { "treekem", "leaves_private", true, treekem },
    { NULL, NULL, false, NULL },
};
