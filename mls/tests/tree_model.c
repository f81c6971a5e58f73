/* SPDX-License-Identifier: Apache-2.0 */
#include "tree_model.h"

#include <string.h>

#include "test/check.h"

/* Indices as in appendix C, written anew. */
static uint32_t level_of(uint32_t node) {
    uint32_t level = 0;
    while ((node >> level & 1) == 1) {
        level++;
    }
    return level;
}

static uint32_t left_of(uint32_t node) {
    return node - (1U << level_of(node)) / 2;
}

static uint32_t right_of(uint32_t node) {
    return node + (1U << level_of(node)) / 2;
}

static uint32_t parent_of(uint32_t node) {
    uint32_t level = level_of(node);
    return (node | 1U << level) & ~(1U << (level + 1));
}

static uint32_t root_of(const struct model *model) {
    return model->width - 1;
}

static uint32_t count_of(const struct model *model) {
    return 2 * model->width - 1;
}

static bool is_below(uint32_t node, uint32_t ancestor) {
    uint32_t level = level_of(ancestor);
    return node + (1U << level) > ancestor && node < ancestor + (1U << level);
}

void model_init(struct model *model) {
    memset(model, 0, sizeof *model);
    model->width = 1;
}

static void set_leaf(struct model *model, uint32_t index, struct base_slice leaf) {
    struct model_node *node = &model->nodes[2 * index];
    TEST_CHECK(leaf.len <= MODEL_BYTES, "the model has no room for such a leaf");
    node->filled = true;
    node->leaf_len = leaf.len;
    memcpy(node->leaf, leaf.data, leaf.len);
}

static void blank_path(struct model *model, uint32_t index) {
    for (uint32_t node = 2 * index; node != root_of(model);) {
        node = parent_of(node);
        memset(&model->nodes[node], 0, sizeof model->nodes[node]);
    }
}

uint32_t model_add(struct model *model, struct base_slice leaf) {
    uint32_t index = 0;
    while (index < model->width && model->nodes[2 * index].filled) {
        index++;
    }
    while (index >= model->width) {
        model->width *= 2;
        TEST_CHECK(model->width <= MODEL_LEAVES, "the model has no room for so many");
    }
    set_leaf(model, index, leaf);
    for (uint32_t node = 2 * index; node != root_of(model);) {
        node = parent_of(node);
        model->nodes[node].unmerged[index] = model->nodes[node].filled;
    }
    return index;
}

void model_update(struct model *model, uint32_t index, struct base_slice leaf) {
    blank_path(model, index);
    set_leaf(model, index, leaf);
}

void model_remove(struct model *model, uint32_t index) {
    blank_path(model, index);
    memset(&model->nodes[2 * index], 0, sizeof model->nodes[0]);
    for (;;) {
        bool blank = true;
        for (uint32_t i = model->width / 2; i < model->width; i++) {
            blank = blank && !model->nodes[2 * i].filled;
        }
        if (!blank || model->width == 1) {
            return;
        }
        for (uint32_t node = root_of(model); node < count_of(model); node++) {
            memset(&model->nodes[node], 0, sizeof model->nodes[node]);
        }
        model->width /= 2;
    }
}

/* Writes the ParentNode, without the leaves of `without`. */
static void write_parent(struct base_writer *writer, const struct model_node *node, const bool *without) {
    base_write_opaque(writer, base_slice(node->key, sizeof node->key));
    base_write_opaque(writer, mls_secret_slice(&node->parent_hash));
    size_t mark = base_write_vector_begin(writer);
    for (uint32_t leaf = 0; leaf < MODEL_LEAVES; leaf++) {
        if (node->unmerged[leaf] && !without[leaf]) {
            base_write_u32(writer, leaf);
        }
    }
    base_write_vector_end(writer, mark);
}

/* TreeHashInput of §7.8, as if the leaves of `without` were not there. */
static void hash_without(const struct model *model, const struct mls_crypto *crypto, uint32_t index,
                         const bool *without, struct mls_secret *out) {
    const struct model_node *node = &model->nodes[index];
    struct base_writer BASE_CLEANUP(base_writer_free) input = base_writer(base_allocator_libc(), 1 << 16);
    if (index % 2 == 0) {
        bool present = node->filled && !without[index / 2];
        base_write_u8(&input, 1);
        base_write_u32(&input, index / 2);
        base_write_optional(&input, present);
        base_write_slice(&input, base_slice(node->leaf, present ? node->leaf_len : 0));
    } else {
        struct mls_secret left;
        struct mls_secret right;
        hash_without(model, crypto, left_of(index), without, &left);
        hash_without(model, crypto, right_of(index), without, &right);
        base_write_u8(&input, 2);
        base_write_optional(&input, node->filled);
        if (node->filled) {
            write_parent(&input, node, without);
        }
        base_write_opaque(&input, mls_secret_slice(&left));
        base_write_opaque(&input, mls_secret_slice(&right));
    }
    TEST_CHECK(mls_hash(crypto, base_writer_view(&input), out) == BASE_OK, "a hash failed");
}

void model_hash(const struct model *model, const struct mls_crypto *crypto, uint32_t node, struct mls_secret *out) {
    static const bool none[MODEL_LEAVES];
    hash_without(model, crypto, node, none, out);
}

size_t model_resolution(const struct model *model, uint32_t index, uint32_t *out) {
    const struct model_node *node = &model->nodes[index];
    size_t count = 0;
    if (node->filled) {
        out[count++] = index;
        for (uint32_t leaf = 0; leaf < MODEL_LEAVES; leaf++) {
            if (node->unmerged[leaf]) {
                out[count++] = 2 * leaf;
            }
        }
    } else if (index % 2 == 1) {
        count = model_resolution(model, left_of(index), out);
        count += model_resolution(model, right_of(index), out + count);
    }
    return count;
}

/* The parent hash of a node with this copath child (§7.9). */
static void parent_hash(const struct model *model, const struct mls_crypto *crypto, uint32_t index, uint32_t sibling,
                        struct mls_secret *out) {
    const struct model_node *node = &model->nodes[index];
    struct mls_secret original;
    struct base_writer BASE_CLEANUP(base_writer_free) input = base_writer(base_allocator_libc(), 1 << 16);
    hash_without(model, crypto, sibling, node->unmerged, &original);
    base_write_opaque(&input, base_slice(node->key, sizeof node->key));
    base_write_opaque(&input, mls_secret_slice(&node->parent_hash));
    base_write_opaque(&input, mls_secret_slice(&original));
    TEST_CHECK(mls_hash(crypto, base_writer_view(&input), out) == BASE_OK, "a hash failed");
}

bool model_merge(struct model *model, const struct mls_crypto *crypto, uint32_t sender,
                 const struct mls_update_path *path) {
    uint32_t resolved[MODEL_NODES];
    uint32_t filtered[8];
    uint32_t siblings[8];
    uint32_t count = 0;
    struct mls_secret hash = { .len = 0 };
    struct base_reader nodes = base_reader(path->nodes);
    for (uint32_t node = 2 * sender; node != root_of(model); node = parent_of(node)) {
        uint32_t parent = parent_of(node);
        uint32_t sibling = left_of(parent) == node ? right_of(parent) : left_of(parent);
        if (model_resolution(model, sibling, resolved) > 0) {
            filtered[count] = parent;
            siblings[count] = sibling;
            count++;
        }
    }
    if (path->node_count != count) {
        return false;
    }
    blank_path(model, sender);
    for (uint32_t i = 0; i < count; i++) {
        struct mls_update_path_node node;
        TEST_CHECK(mls_update_path_node_next(&nodes, &node) == BASE_OK, "a path node can't be read");
        TEST_CHECK(node.encryption_key.len == 32, "a key of another length");
        model->nodes[filtered[i]].filled = true;
        memcpy(model->nodes[filtered[i]].key, node.encryption_key.data, 32);
    }
    for (uint32_t i = count; i-- > 0;) {
        TEST_CHECK(is_below(siblings[i], filtered[i]), "the model is broken");
        model->nodes[filtered[i]].parent_hash = hash;
        parent_hash(model, crypto, filtered[i], siblings[i], &hash);
    }
    set_leaf(model, sender, path->leaf.encoded);
    return base_slice_equal(path->leaf.parent_hash, mls_secret_slice(&hash));
}

void model_encode(const struct model *model, struct base_writer *writer) {
    static const bool none[MODEL_LEAVES];
    uint32_t count = count_of(model);
    while (count > 0 && !model->nodes[count - 1].filled) {
        count--;
    }
    size_t mark = base_write_vector_begin(writer);
    for (uint32_t index = 0; index < count; index++) {
        const struct model_node *node = &model->nodes[index];
        base_write_optional(writer, node->filled);
        if (node->filled && index % 2 == 0) {
            base_write_u8(writer, 1);
            base_write_slice(writer, base_slice(node->leaf, node->leaf_len));
        } else if (node->filled) {
            base_write_u8(writer, 2);
            write_parent(writer, node, none);
        }
    }
    base_write_vector_end(writer, mark);
}
