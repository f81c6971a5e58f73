/* SPDX-License-Identifier: Apache-2.0 */
/* Saving a group: what has changed, record by record (records.h). */
#include "group/save.h"
#include "group/records.h"

enum { RECORD_MAX = 1 << 29 };

void mls_keypair_write(struct base_writer *writer, const struct mls_keypair *pair) {
    base_write_opaque(writer, base_slice(pair->private_key.data, pair->private_key.len));
    base_write_opaque(writer, base_slice(pair->public_key.data, pair->public_key.len));
}

/* Gives out a record that was encoded. */
static base_result put(const struct mls_sink *sink, struct mls_record_key key, struct base_writer *writer) {
    BASE_TRY(writer->failed);
    return sink->put(sink->user, mls_record_key_slice(&key), base_writer_view(writer));
}

static base_result put_epoch(const struct mls_group *group, const struct mls_sink *sink) {
    const struct mls_epoch *epoch = &group->epoch;
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(group->context->allocator, RECORD_MAX);
    base_write_u16(&writer, MLS_STATE_VERSION);
    base_write_u16(&writer, (uint16_t)group->crypto.suite->id);
    base_write_u8(&writer, (uint8_t)group->state);
    base_write_u8(&writer, group->public_handshake ? 1 : 0);
    mls_keypair_write(&writer, &group->signature_key);
    base_write_u32(&writer, mls_own_leaf(group));
    base_write_optional(&writer, group->keys.count != 0);
    if (group->keys.count != 0) {
        mls_treekem_keys_write(&writer, &group->keys);
    }
    base_write_opaque(&writer, base_borrow(&epoch->context_bytes));
    base_write_opaque(&writer, mls_secret_slice(&epoch->confirmation_tag));
    mls_epoch_secrets_write(&writer, &epoch->secrets);
    base_write_u8(&writer, epoch->messages == NULL ? 0 : 1);
    size_t mark = base_write_vector_begin(&writer);
    for (uint32_t i = 0; i < group->resumption_count; i++) {
        base_write_u64(&writer, group->resumption[i].epoch);
        base_write_opaque(&writer, mls_secret_slice(&group->resumption[i].psk));
    }
    base_write_vector_end(&writer, mark);
    base_write_opaque(&writer, base_borrow(&group->reinit));
    return put(sink, mls_record_key(MLS_RECORD_EPOCH), &writer);
}

static base_result put_proposal(const struct mls_group *group, const struct mls_cached *cached,
                                const struct mls_sink *sink) {
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(group->context->allocator, RECORD_MAX);
    base_write_opaque(&writer, base_borrow(&cached->bytes));
    base_write_optional(&writer, cached->own_update != NULL);
    if (cached->own_update != NULL) {
        mls_keypair_write(&writer, &cached->own_update->encryption);
        mls_keypair_write(&writer, &cached->own_update->signature);
    }
    return put(sink, mls_record_key_u32(MLS_RECORD_PROPOSAL, cached->number), &writer);
}

static base_result put_past(const struct mls_group *group, const struct mls_past *past, const struct mls_sink *sink) {
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(group->context->allocator, RECORD_MAX);
    base_write_u32(&writer, past->leaf_count);
    base_write_opaque(&writer, base_borrow(&past->context_bytes));
    base_write_opaque(&writer, mls_secret_slice(&past->sender_data_secret));
    size_t mark = base_write_vector_begin(&writer);
    for (uint32_t i = 0; i < past->changed_count; i++) {
        base_write_u32(&writer, past->changed[i].leaf);
        base_write_opaque(&writer, base_borrow(&past->changed[i].node));
    }
    base_write_vector_end(&writer, mark);
    return put(sink, mls_record_key_u64(MLS_RECORD_PAST, past->epoch), &writer);
}

static base_result put_pending(const struct mls_group *group, const struct mls_sink *sink) {
    const struct mls_staged *staged = group->pending;
    struct mls_record_key key = mls_record_key(MLS_RECORD_PENDING);
    if (staged == NULL) {
        return sink->del(sink->user, mls_record_key_slice(&key));
    }
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(group->context->allocator, RECORD_MAX);
    base_write_opaque(&writer, base_borrow(&staged->bytes));
    base_write_opaque(&writer, mls_secret_slice(&staged->message_hash));
    mls_keypair_write(&writer, &staged->signature_key);
    mls_treekem_keys_write(&writer, &staged->keys);
    mls_epoch_secrets_write(&writer, &staged->epoch.secrets);
    return put(sink, key, &writer);
}

static base_result put_messages(struct mls_secret_tree *messages, uint64_t epoch, const struct mls_sink *sink) {
    struct mls_record_key prefix = mls_record_key_u64(MLS_RECORD_MESSAGES, epoch);
    return messages == NULL ? BASE_OK : mls_secret_tree_save(messages, mls_record_key_slice(&prefix), sink);
}

static base_result put_node(void *user, uint32_t node, struct base_slice value) {
    const struct mls_sink *sink = user;
    struct mls_record_key key = mls_record_key_u32(MLS_RECORD_TREE, node);
    return sink->put(sink->user, mls_record_key_slice(&key), value);
}

static base_result del_node(void *user, uint32_t node) {
    const struct mls_sink *sink = user;
    struct mls_record_key key = mls_record_key_u32(MLS_RECORD_TREE, node);
    return sink->del(sink->user, mls_record_key_slice(&key));
}

static base_result put_tree(struct mls_group *group, struct mls_sink *sink) {
    const struct mls_tree_sink nodes = { put_node, del_node, sink };
    BASE_TRY(mls_tree_save(&group->crypto, group->stored ? &group->tree_saved : NULL, &group->epoch.tree, &nodes));
    mls_tree_free(&group->tree_saved);
    mls_tree_share(&group->epoch.tree, &group->tree_saved);
    return BASE_OK;
}

static base_result put_proposals(struct mls_group *group, const struct mls_sink *sink) {
    for (uint32_t i = 0; i < group->cache.count; i++) {
        struct mls_cached *cached = group->cache.items[i];
        if (!cached->saved) {
            BASE_TRY(put_proposal(group, cached, sink));
            cached->saved = true;
        }
    }
    return BASE_OK;
}

static base_result put_pasts(struct mls_group *group, const struct mls_sink *sink) {
    for (uint32_t i = 0; i < group->past_count; i++) {
        struct mls_past *past = &group->past[i];
        if (!past->saved) {
            BASE_TRY(put_past(group, past, sink));
            past->saved = true;
        }
        BASE_TRY(put_messages(past->messages, past->epoch, sink));
    }
    return BASE_OK;
}

/* Each part that was written down counts as saved: on error the batch keeps it, and the next save goes on from there.
 */
static base_result write_down(struct mls_group *group) {
    struct mls_sink sink = mls_batch_sink(&group->unsaved);
    uint64_t epoch = group->epoch.context.epoch;
    BASE_TRY(mls_discarded_erase(group, &sink));
    mls_secret_tree_free(group->discarded);
    group->discarded = NULL;
    if (!group->epoch_saved) {
        BASE_TRY(put_epoch(group, &sink));
        BASE_TRY(put_tree(group, &sink));
        group->epoch_saved = true;
    }
    group->stored = true;
    BASE_TRY(put_proposals(group, &sink));
    BASE_TRY(put_pasts(group, &sink));
    if (!group->pending_saved) {
        BASE_TRY(put_pending(group, &sink));
        group->pending_saved = true;
    }
    BASE_TRY(put_messages(group->epoch.messages, epoch, &sink));
    return group->pending == NULL ? BASE_OK : put_messages(group->pending->epoch.messages, epoch + 1, &sink);
}

base_result mls_group_save(struct mls_group *group, const struct mls_sink *sink) {
    BASE_TRY(write_down(group));
    BASE_TRY(mls_batch_give(&group->unsaved, sink));
    mls_batch_clear(&group->unsaved);
    return BASE_OK;
}

static bool messages_changed(const struct mls_secret_tree *messages) {
    return messages != NULL && mls_secret_tree_changed(messages);
}

bool mls_group_changed(const struct mls_group *group) {
    if (!group->stored || !group->epoch_saved || !group->pending_saved || group->unsaved.len != 0 ||
        group->discarded != NULL || messages_changed(group->epoch.messages)) {
        return true;
    }
    for (uint32_t i = 0; i < group->cache.count; i++) {
        if (!group->cache.items[i]->saved) {
            return true;
        }
    }
    for (uint32_t i = 0; i < group->past_count; i++) {
        if (!group->past[i].saved || messages_changed(group->past[i].messages)) {
            return true;
        }
    }
    return false;
}

static base_result erase_all(struct mls_group *group, const struct mls_sink *sink) {
    struct mls_sink given = *sink;
    const struct mls_tree_sink nodes = { put_node, del_node, &given };
    const struct mls_record_key epoch = mls_record_key(MLS_RECORD_EPOCH);
    const struct mls_record_key pending = mls_record_key(MLS_RECORD_PENDING);
    BASE_TRY(mls_batch_give(&group->unsaved, sink));
    BASE_TRY(mls_discarded_erase(group, sink));
    BASE_TRY(sink->del(sink->user, mls_record_key_slice(&epoch)));
    BASE_TRY(mls_tree_save(&group->crypto, &group->tree_saved, NULL, &nodes));
    for (uint32_t i = 0; i < group->cache.count; i++) {
        struct mls_record_key key = mls_record_key_u32(MLS_RECORD_PROPOSAL, group->cache.items[i]->number);
        BASE_TRY(sink->del(sink->user, mls_record_key_slice(&key)));
    }
    for (uint32_t i = 0; i < group->past_count; i++) {
        BASE_TRY(mls_past_erase(&group->past[i], sink));
    }
    BASE_TRY(sink->del(sink->user, mls_record_key_slice(&pending)));
    BASE_TRY(mls_messages_erase(group->epoch.messages, group->epoch.context.epoch, sink));
    const struct mls_secret_tree *waiting = group->pending == NULL ? NULL : group->pending->epoch.messages;
    return mls_messages_erase(waiting, group->epoch.context.epoch + 1, sink);
}

base_result mls_group_erase(struct mls_group *group, const struct mls_sink *sink) {
    return group->stored ? erase_all(group, sink) : BASE_OK;
}
