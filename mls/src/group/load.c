/* SPDX-License-Identifier: Apache-2.0 */
/* Making a saved group again, record by record in the order of their keys (records.h). */
#include <string.h>

#include "group/cache.h"
#include "group/enter.h"
#include "group/receive.h"
#include "group/records.h"
#include "group/save.h"

base_result mls_keypair_read(struct base_reader *reader, struct mls_keypair *out) {
    struct base_slice private_key;
    struct base_slice public_key;
    BASE_TRY(base_read_opaque(reader, &private_key));
    BASE_TRY(base_read_opaque(reader, &public_key));
    BASE_ENSURE(private_key.len <= MLS_PRIVATE_KEY_MAX && public_key.len <= MLS_PUBLIC_KEY_MAX, BASE_ERR_VALUE);
    *out = (struct mls_keypair){ 0 };
    if (private_key.len != 0 && public_key.len != 0) {
        memcpy(out->private_key.data, private_key.data, private_key.len);
        memcpy(out->public_key.data, public_key.data, public_key.len);
        out->private_key.len = (uint8_t)private_key.len;
        out->public_key.len = (uint8_t)public_key.len;
    }
    return BASE_OK;
}

base_result mls_secret_read(const struct mls_crypto *crypto, struct base_reader *reader, struct mls_secret *out) {
    struct base_slice bytes;
    BASE_TRY(base_read_opaque(reader, &bytes));
    BASE_ENSURE(bytes.len == 0 || bytes.len == crypto->suite->hash_size, BASE_ERR_VALUE);
    *out = (struct mls_secret){ .len = (uint8_t)bytes.len };
    if (bytes.len != 0) {
        memcpy(out->data, bytes.data, bytes.len);
    }
    return BASE_OK;
}

/* What exists while a group is being loaded. */
struct loading {
    struct mls_group *group;
    bool tree_done;
    bool has_messages; /* the current epoch has */
};

static base_result load_resumption(struct mls_group *group, struct base_reader *reader) {
    struct base_reader items;
    BASE_TRY(base_read_vector(reader, &items));
    while (items.left != 0) {
        struct mls_resumption item;
        BASE_TRY(base_read_u64(&items, &item.epoch));
        BASE_TRY(mls_secret_read(&group->crypto, &items, &item.psk));
        /* Written under a larger limit: the oldest go. */
        if (group->resumption_count == group->limits.resumption_epochs + 1) {
            memmove(&group->resumption[0], &group->resumption[1],
                    (group->resumption_count - 1) * sizeof *group->resumption);
            group->resumption_count--;
        }
        group->resumption[group->resumption_count++] = item;
        base_wipe(&item, sizeof item);
    }
    return BASE_OK;
}

static base_result load_context(struct mls_group *group, struct base_reader *reader) {
    struct mls_epoch *epoch = &group->epoch;
    struct base_slice context;
    struct base_slice tag;
    BASE_TRY(base_read_opaque(reader, &context));
    BASE_TRY(base_read_opaque(reader, &tag));
    BASE_TRY(base_bytes_copy(group->context->allocator, context, &epoch->context_bytes));
    BASE_TRY(mls_group_context_decode(base_borrow(&epoch->context_bytes), &epoch->context));
    BASE_ENSURE(epoch->context.cipher_suite == group->crypto.suite->id, MLS_ERR_STATE);
    BASE_TRY(mls_epoch_confirm(&group->crypto, tag, epoch));
    return mls_epoch_secrets_read(&group->crypto, reader, &epoch->secrets);
}

static base_result load_epoch(struct loading *loading, struct base_reader *reader) {
    struct mls_group *group = loading->group;
    uint8_t state;
    uint8_t public_handshake;
    uint8_t has_messages;
    uint32_t own;
    bool has_keys;
    struct base_slice reinit;
    BASE_TRY(base_read_u8(reader, &state));
    BASE_TRY(base_read_u8(reader, &public_handshake));
    BASE_ENSURE(state <= MLS_GROUP_REINITIALIZED && public_handshake <= 1, MLS_ERR_STATE);
    group->state = (enum mls_group_state)state;
    group->public_handshake = public_handshake == 1;
    BASE_TRY(mls_keypair_read(reader, &group->signature_key));
    BASE_TRY(base_read_u32(reader, &own));
    BASE_TRY(base_read_optional(reader, &has_keys));
    if (has_keys) {
        BASE_TRY(mls_treekem_keys_read(&group->crypto, reader, &group->keys));
    }
    BASE_ENSURE(!has_keys || group->keys.leaf == own, MLS_ERR_STATE);
    group->keys.leaf = own;
    BASE_TRY(load_context(group, reader));
    BASE_TRY(base_read_u8(reader, &has_messages));
    BASE_ENSURE(has_messages <= 1, MLS_ERR_STATE);
    loading->has_messages = has_messages == 1;
    BASE_TRY(load_resumption(group, reader));
    BASE_TRY(base_read_opaque(reader, &reinit));
    BASE_TRY(base_bytes_copy(group->context->allocator, reinit, &group->reinit));
    return mls_tree_create(group->context->random, group->limits.members, &group->epoch.tree);
}

/* The first record, which says of which version all are. */
static base_result load_first(const struct mls_context *context, struct base_slice key, struct base_slice value,
                              struct loading *loading) {
    struct base_reader reader = base_reader(value);
    uint16_t version;
    uint16_t suite;
    BASE_ENSURE(key.len == 1 && key.data[0] == MLS_RECORD_EPOCH, MLS_ERR_STATE);
    BASE_TRY(base_read_u16(&reader, &version));
    BASE_ENSURE(version == MLS_STATE_VERSION, MLS_ERR_STATE_VERSION);
    BASE_TRY(base_read_u16(&reader, &suite));
    BASE_TRY(mls_group_new(context, suite, &loading->group));
    BASE_TRY(load_epoch(loading, &reader));
    return base_read_end(&reader);
}

/* After the last node. */
static base_result finish_tree(struct loading *loading) {
    struct mls_group *group = loading->group;
    struct mls_epoch *epoch = &group->epoch;
    struct mls_secret hash;
    if (loading->tree_done) {
        return BASE_OK;
    }
    loading->tree_done = true;
    BASE_TRY(mls_tree_load_end(&epoch->tree));
    BASE_TRY(mls_tree_hash(&group->crypto, &epoch->tree, &hash));
    BASE_ENSURE(base_slice_equal(mls_secret_slice(&hash), epoch->context.tree_hash), MLS_ERR_STATE);
    bool needs_leaf = group->state == MLS_GROUP_ACTIVE || group->state == MLS_GROUP_REINITIALIZED;
    BASE_ENSURE(!needs_leaf || mls_tree_leaf(&epoch->tree, mls_own_leaf(group)) != NULL, MLS_ERR_STATE);
    BASE_ENSURE(!needs_leaf || (loading->has_messages && group->keys.count != 0), MLS_ERR_STATE);
    mls_tree_share(&epoch->tree, &group->tree_saved);
    if (!loading->has_messages) {
        return BASE_OK;
    }
    return mls_secret_tree_empty(&group->crypto, mls_tree_width(&epoch->tree), mls_message_limits(group),
                                 &epoch->messages);
}

static base_result load_proposal(struct mls_group *group, struct base_reader *key, struct base_reader *reader) {
    uint32_t number;
    struct base_slice content;
    bool has_update;
    BASE_CLEANUP(base_bytes_free) struct base_bytes bytes = { 0 };
    BASE_CLEANUP(mls_cached_drop_at) struct mls_cached *cached = NULL;
    BASE_TRY(base_read_u32(key, &number));
    BASE_TRY(base_read_opaque(reader, &content));
    BASE_TRY(base_bytes_copy(group->context->allocator, content, &bytes));
    BASE_TRY(mls_cached_make(&group->crypto, &bytes, &cached));
    BASE_TRY(base_read_optional(reader, &has_update));
    if (has_update) {
        cached->own_update = base_take(group->context->allocator, 1, sizeof *cached->own_update);
        BASE_ENSURE(cached->own_update != NULL, BASE_ERR_NO_MEMORY);
        BASE_TRY(mls_keypair_read(reader, &cached->own_update->encryption));
        BASE_TRY(mls_keypair_read(reader, &cached->own_update->signature));
    }
    BASE_TRY(base_read_end(reader));
    group->cache.next_number = number;
    cached->saved = true;
    return mls_cache_add(group, cached);
}

static base_result load_changed(struct mls_group *group, struct base_reader *reader, struct mls_past *past) {
    enum { LEAST = 5 };
    struct base_reader items;
    BASE_TRY(base_read_vector(reader, &items));
    past->changed = base_take(group->context->allocator, items.left / LEAST, sizeof *past->changed);
    BASE_ENSURE(past->changed != NULL, BASE_ERR_NO_MEMORY);
    while (items.left != 0) {
        struct base_slice node;
        uint32_t leaf;
        BASE_TRY(base_read_u32(&items, &leaf));
        BASE_TRY(base_read_opaque(&items, &node));
        struct mls_past_leaf *kept = &past->changed[past->changed_count++];
        kept->leaf = leaf;
        BASE_TRY(base_bytes_copy(group->context->allocator, node, &kept->node));
    }
    return BASE_OK;
}

static void past_free(struct mls_past *past) {
    mls_past_free(past);
}

static base_result load_past(struct mls_group *group, struct base_reader *key, struct base_reader *reader) {
    struct base_slice context;
    BASE_CLEANUP(past_free) struct mls_past past = { .saved = true };
    BASE_TRY(base_read_u64(key, &past.epoch));
    BASE_TRY(base_read_u32(reader, &past.leaf_count));
    BASE_TRY(base_read_opaque(reader, &context));
    BASE_TRY(mls_secret_read(&group->crypto, reader, &past.sender_data_secret));
    BASE_TRY(load_changed(group, reader, &past));
    BASE_TRY(base_read_end(reader));
    BASE_TRY(base_bytes_copy(group->context->allocator, context, &past.context_bytes));
    BASE_TRY(mls_secret_tree_empty(&group->crypto, past.leaf_count, mls_message_limits(group), &past.messages));
    BASE_ENSURE(past.epoch < group->epoch.context.epoch, MLS_ERR_STATE);
    BASE_TRY(mls_past_room(group));
    group->past[group->past_count++] = past;
    base_wipe(&past, sizeof past);
    return BASE_OK;
}

static base_result load_pending(struct mls_group *group, struct base_reader *reader) {
    struct base_slice content;
    struct mls_secret hash;
    BASE_CLEANUP(base_bytes_free) struct base_bytes bytes = { 0 };
    BASE_CLEANUP(mls_own_commit_free) struct mls_own_commit own = { 0 };
    BASE_TRY(base_read_opaque(reader, &content));
    BASE_TRY(mls_secret_read(&group->crypto, reader, &hash));
    BASE_TRY(mls_keypair_read(reader, &own.signature_key));
    BASE_TRY(mls_treekem_keys_read(&group->crypto, reader, &own.keys));
    BASE_TRY(mls_epoch_secrets_read(&group->crypto, reader, &own.secrets));
    BASE_TRY(base_read_end(reader));
    BASE_ENSURE(group->state == MLS_GROUP_ACTIVE, MLS_ERR_STATE);
    BASE_TRY(base_bytes_copy(group->context->allocator, content, &bytes));
    BASE_TRY(mls_commit_receive(group, &bytes, &own, &group->pending));
    group->pending->message_hash = hash;
    return BASE_OK;
}

static base_result load_messages(struct mls_group *group, struct base_reader *key, struct base_slice value) {
    uint64_t epoch;
    BASE_TRY(base_read_u64(key, &epoch));
    struct base_slice rest = base_slice(key->next, key->left);
    struct mls_past *past = mls_past_find(group, epoch);
    struct mls_secret_tree *messages = past == NULL ? NULL : past->messages;
    key->left = 0;
    if (epoch == group->epoch.context.epoch) {
        messages = group->epoch.messages;
    } else if (epoch == group->epoch.context.epoch + 1 && group->pending != NULL) {
        messages = group->pending->epoch.messages;
    }
    BASE_ENSURE(messages != NULL, MLS_ERR_STATE);
    return mls_secret_tree_load(messages, rest, value);
}

static base_result load_record(struct loading *loading, struct base_slice key_bytes, struct base_slice value) {
    struct mls_group *group = loading->group;
    struct base_reader key = base_reader(key_bytes);
    struct base_reader reader = base_reader(value);
    uint8_t kind;
    uint32_t node;
    BASE_TRY(base_read_u8(&key, &kind));
    if (kind == MLS_RECORD_TREE) {
        BASE_ENSURE(!loading->tree_done, MLS_ERR_STATE);
        BASE_TRY(base_read_u32(&key, &node));
        BASE_TRY(base_read_end(&key));
        return mls_tree_load_record(&group->crypto, &group->epoch.tree, node, value);
    }
    BASE_TRY(finish_tree(loading));
    switch (kind) {
    case MLS_RECORD_PROPOSAL:
        BASE_TRY(load_proposal(group, &key, &reader));
        break;
    case MLS_RECORD_PAST:
        BASE_TRY(load_past(group, &key, &reader));
        break;
    case MLS_RECORD_PENDING:
        BASE_TRY(load_pending(group, &reader));
        break;
    case MLS_RECORD_MESSAGES:
        BASE_TRY(load_messages(group, &key, value));
        break;
    default:
        return &MLS_ERR_STATE;
    }
    return base_read_end(&key);
}

/* Each record comes once, after those with lesser keys: else one would load over what another has made. */
static base_result take_turn(struct base_slice key, struct mls_record_key *last) {
    BASE_ENSURE(key.len <= sizeof last->data && base_slice_compare(mls_record_key_slice(last), key) < 0, MLS_ERR_STATE);
    memcpy(last->data, key.data, key.len);
    last->len = (uint8_t)key.len;
    return BASE_OK;
}

static base_result load_all(const struct mls_context *context, const struct mls_source *source,
                            struct loading *loading) {
    struct mls_record_key last = { 0 };
    bool found;
    struct base_slice key;
    struct base_slice value;
    BASE_TRY(source->next(source->user, &found, &key, &value));
    BASE_ENSURE(found, MLS_ERR_STATE);
    BASE_TRY(take_turn(key, &last));
    BASE_TRY(load_first(context, key, value, loading));
    for (;;) {
        BASE_TRY(source->next(source->user, &found, &key, &value));
        if (!found) {
            return finish_tree(loading);
        }
        BASE_TRY(take_turn(key, &last));
        BASE_TRY(load_record(loading, key, value));
    }
}

/* What a record of our own making cannot cause says that it is damaged. */
static base_result as_state_error(base_result result) {
    bool says_more = result == BASE_OK || result == &MLS_ERR_STATE_VERSION || result->category == BASE_LIMIT ||
                     result->category == BASE_USAGE || result == &BASE_ERR_RANDOM;
    return says_more ? result : &MLS_ERR_STATE;
}

base_result mls_group_load(const struct mls_context *context, const struct mls_source *source, struct mls_group **out) {
    struct loading loading = { 0 };
    base_result result = load_all(context, source, &loading);
    if (result != BASE_OK) {
        mls_group_free(loading.group);
        return as_state_error(result);
    }
    loading.group->stored = true;
    loading.group->epoch_saved = true;
    loading.group->pending_saved = true;
    *out = loading.group;
    return BASE_OK;
}
