/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LeafNode, KeyPackage, ParentNode, UpdatePath: encode and decode side by side.
 */
#include "syntax/tree.h"

#include "syntax/span.h"

/* LeafNode (§7.2) */

base_result mls_leaf_node_read(struct base_reader *reader, struct mls_leaf_node *out) {
    const uint8_t *start = reader->next;
    out->lifetime = (struct mls_lifetime){ 0, 0 };
    out->parent_hash = base_slice(NULL, 0);
    BASE_TRY(base_read_opaque(reader, &out->encryption_key));
    BASE_TRY(base_read_opaque(reader, &out->signature_key));
    BASE_TRY(mls_credential_read(reader, &out->credential));
    BASE_TRY(mls_capabilities_read(reader, &out->capabilities));
    BASE_TRY(base_read_u8(reader, &out->source));
    switch (out->source) {
    case MLS_LEAF_KEY_PACKAGE:
        BASE_TRY(mls_lifetime_read(reader, &out->lifetime));
        break;
    case MLS_LEAF_UPDATE:
        break;
    case MLS_LEAF_COMMIT:
        BASE_TRY(base_read_opaque(reader, &out->parent_hash));
        break;
    default:
        return &MLS_ERR_LEAF_NODE_SOURCE;
    }
    BASE_TRY(mls_extensions_read(reader, &out->extensions));
    out->tbs = mls_span(start, reader);
    BASE_TRY(base_read_opaque(reader, &out->signature));
    out->encoded = mls_span(start, reader);
    return BASE_OK;
}

base_result mls_leaf_node_decode(struct base_slice bytes, struct mls_leaf_node *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(mls_leaf_node_read(&reader, out));
    return base_read_end(&reader);
}

void mls_leaf_node_write_unsigned(struct base_writer *writer, const struct mls_leaf_node *leaf) {
    base_write_opaque(writer, leaf->encryption_key);
    base_write_opaque(writer, leaf->signature_key);
    mls_credential_write(writer, &leaf->credential);
    mls_capabilities_write(writer, &leaf->capabilities);
    base_write_u8(writer, leaf->source);
    switch (leaf->source) {
    case MLS_LEAF_KEY_PACKAGE:
        mls_lifetime_write(writer, &leaf->lifetime);
        break;
    case MLS_LEAF_UPDATE:
        break;
    case MLS_LEAF_COMMIT:
        base_write_opaque(writer, leaf->parent_hash);
        break;
    default:
        base_writer_fail(writer, &MLS_ERR_LEAF_NODE_SOURCE);
        break;
    }
    base_write_opaque(writer, leaf->extensions);
}

void mls_leaf_node_write(struct base_writer *writer, const struct mls_leaf_node *leaf) {
    mls_leaf_node_write_unsigned(writer, leaf);
    base_write_opaque(writer, leaf->signature);
}

/* KeyPackage (§10) */

base_result mls_key_package_read(struct base_reader *reader, struct mls_key_package *out) {
    const uint8_t *start = reader->next;
    BASE_TRY(base_read_u16(reader, &out->version));
    BASE_TRY(base_read_u16(reader, &out->cipher_suite));
    BASE_TRY(base_read_opaque(reader, &out->init_key));
    BASE_TRY(mls_leaf_node_read(reader, &out->leaf));
    BASE_TRY(mls_extensions_read(reader, &out->extensions));
    out->tbs = mls_span(start, reader);
    BASE_TRY(base_read_opaque(reader, &out->signature));
    out->encoded = mls_span(start, reader);
    return BASE_OK;
}

base_result mls_key_package_decode(struct base_slice bytes, struct mls_key_package *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(mls_key_package_read(&reader, out));
    return base_read_end(&reader);
}

void mls_key_package_write_unsigned(struct base_writer *writer, const struct mls_key_package *package) {
    base_write_u16(writer, package->version);
    base_write_u16(writer, package->cipher_suite);
    base_write_opaque(writer, package->init_key);
    mls_leaf_node_write(writer, &package->leaf);
    base_write_opaque(writer, package->extensions);
}

void mls_key_package_write(struct base_writer *writer, const struct mls_key_package *package) {
    mls_key_package_write_unsigned(writer, package);
    base_write_opaque(writer, package->signature);
}

/* ParentNode (§7.1): "The entries in the unmerged_leaves vector MUST be sorted in increasing order." */

uint32_t mls_unmerged_at(struct base_slice unmerged, size_t index) {
    const uint8_t *at = unmerged.data + 4 * index;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

base_result mls_parent_node_read(struct base_reader *reader, struct mls_parent_node *out) {
    BASE_TRY(base_read_opaque(reader, &out->encryption_key));
    BASE_TRY(base_read_opaque(reader, &out->parent_hash));
    BASE_TRY(base_read_opaque(reader, &out->unmerged_leaves));
    BASE_ENSURE(out->unmerged_leaves.len % 4 == 0, BASE_ERR_TRUNCATED);
    for (size_t i = 1; i < mls_unmerged_count(out->unmerged_leaves); i++) {
        BASE_ENSURE(mls_unmerged_at(out->unmerged_leaves, i - 1) < mls_unmerged_at(out->unmerged_leaves, i),
                    MLS_ERR_UNMERGED_LEAVES);
    }
    return BASE_OK;
}

void mls_parent_node_write(struct base_writer *writer, const struct mls_parent_node *parent) {
    base_write_opaque(writer, parent->encryption_key);
    base_write_opaque(writer, parent->parent_hash);
    base_write_opaque(writer, parent->unmerged_leaves);
}

/* optional<Node> (§12.4.3.3) */

base_result mls_node_next(struct base_reader *nodes, struct mls_node *out) {
    bool present = false;
    BASE_TRY(base_read_optional(nodes, &present));
    if (!present) {
        out->type = MLS_NODE_BLANK;
        return BASE_OK;
    }
    BASE_TRY(base_read_u8(nodes, &out->type));
    switch (out->type) {
    case MLS_NODE_LEAF:
        return mls_leaf_node_read(nodes, &out->of.leaf);
    case MLS_NODE_PARENT:
        return mls_parent_node_read(nodes, &out->of.parent);
    default:
        return &MLS_ERR_NODE_TYPE;
    }
}

void mls_node_write(struct base_writer *writer, const struct mls_node *node) {
    base_write_optional(writer, node->type != MLS_NODE_BLANK);
    switch (node->type) {
    case MLS_NODE_BLANK:
        break;
    case MLS_NODE_LEAF:
        base_write_u8(writer, node->type);
        mls_leaf_node_write(writer, &node->of.leaf);
        break;
    case MLS_NODE_PARENT:
        base_write_u8(writer, node->type);
        mls_parent_node_write(writer, &node->of.parent);
        break;
    default:
        base_writer_fail(writer, &MLS_ERR_NODE_TYPE);
        break;
    }
}

/* UpdatePath (§7.6) */

base_result mls_hpke_ciphertext_read(struct base_reader *reader, struct mls_hpke_ciphertext *out) {
    BASE_TRY(base_read_opaque(reader, &out->kem_output));
    return base_read_opaque(reader, &out->ciphertext);
}

void mls_hpke_ciphertext_write(struct base_writer *writer, const struct mls_hpke_ciphertext *ciphertext) {
    base_write_opaque(writer, ciphertext->kem_output);
    base_write_opaque(writer, ciphertext->ciphertext);
}

base_result mls_update_path_node_next(struct base_reader *nodes, struct mls_update_path_node *out) {
    BASE_TRY(base_read_opaque(nodes, &out->encryption_key));
    BASE_TRY(base_read_opaque(nodes, &out->encrypted_path_secrets));
    struct base_reader secrets = base_reader(out->encrypted_path_secrets);
    for (out->secret_count = 0; secrets.left > 0; out->secret_count++) {
        struct mls_hpke_ciphertext secret;
        BASE_TRY(mls_hpke_ciphertext_read(&secrets, &secret));
    }
    return BASE_OK;
}

void mls_update_path_node_write(struct base_writer *writer, const struct mls_update_path_node *node) {
    base_write_opaque(writer, node->encryption_key);
    base_write_opaque(writer, node->encrypted_path_secrets);
}

base_result mls_update_path_read(struct base_reader *reader, struct mls_update_path *out) {
    BASE_TRY(mls_leaf_node_read(reader, &out->leaf));
    BASE_ENSURE(out->leaf.source == MLS_LEAF_COMMIT, MLS_ERR_LEAF_NODE_SOURCE);
    BASE_TRY(base_read_opaque(reader, &out->nodes));
    struct base_reader nodes = base_reader(out->nodes);
    for (out->node_count = 0; nodes.left > 0; out->node_count++) {
        struct mls_update_path_node node;
        BASE_TRY(mls_update_path_node_next(&nodes, &node));
    }
    return BASE_OK;
}

base_result mls_update_path_decode(struct base_slice bytes, struct mls_update_path *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(mls_update_path_read(&reader, out));
    return base_read_end(&reader);
}

void mls_update_path_write(struct base_writer *writer, const struct mls_update_path *path) {
    mls_leaf_node_write(writer, &path->leaf);
    base_write_opaque(writer, path->nodes);
}
