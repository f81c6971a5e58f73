/* SPDX-License-Identifier: Apache-2.0 */
/* From the names of pre-shared keys to the PSK secret (§8.4). */
#include "group/psks.h"

/* A PreSharedKeyID in its encoded form, and the key itself. */
struct found_psk {
    struct base_bytes id;
    struct base_bytes secret;
};

struct found_list {
    struct found_psk *items;
    size_t count;
};

static void found_list_free(struct found_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        base_bytes_free(&list->items[i].id);
        base_bytes_free(&list->items[i].secret);
    }
    base_free(list->items);
}

const struct mls_secret *mls_resumption_find(const struct mls_group *group, uint64_t epoch) {
    for (uint32_t i = 0; i < group->resumption_count; i++) {
        if (group->resumption[i].epoch == epoch) {
            return &group->resumption[i].psk;
        }
    }
    return NULL;
}

static const struct mls_secret *own_resumption(const struct mls_group *group, const struct mls_psk_id *id) {
    bool is_own = group != NULL && base_slice_equal(group->epoch.context.group_id, id->id);
    return is_own ? mls_resumption_find(group, id->epoch) : NULL;
}

static base_result find(const struct mls_keyring *keyring, const struct mls_psk_id *id, struct base_bytes *out) {
    const struct mls_callbacks *callbacks = &keyring->context->callbacks;
    if (id->type == MLS_PSK_RESUMPTION) {
        const struct mls_secret *own = own_resumption(keyring->group, id);
        if (own == NULL) {
            own = own_resumption(keyring->parent, id);
        }
        if (own != NULL) {
            return base_bytes_copy(keyring->context->allocator, mls_secret_slice(own), out);
        }
    }
    BASE_ENSURE(callbacks->psk != NULL, MLS_ERR_PSK_UNKNOWN);
    struct mls_psk_query query = { .external = id->type == MLS_PSK_EXTERNAL };
    if (query.external) {
        query.psk_id = id->id;
    } else {
        query.group_id = id->id;
        query.epoch = id->epoch;
    }
    return callbacks->psk(callbacks->user, &query, out);
}

base_result mls_keyring_look(const struct mls_keyring *keyring, const struct mls_psk_id *id) {
    BASE_CLEANUP(base_bytes_free) struct base_bytes secret = { 0 };
    return find(keyring, id, &secret);
}

static base_result encode_id(const struct mls_keyring *keyring, const struct mls_psk_id *id, struct base_bytes *out) {
    enum { ROOM = 64 };
    BASE_CLEANUP(base_writer_free)
    struct base_writer writer = base_writer(keyring->context->allocator, id->id.len + id->nonce.len + ROOM);
    mls_psk_id_write(&writer, id);
    return base_writer_finish(&writer, out);
}

base_result mls_keyring_combine(const struct mls_keyring *keyring, const struct mls_psk_id *ids, size_t count,
                                struct mls_secret *out) {
    const struct base_allocator *allocator = keyring->context->allocator;
    BASE_CLEANUP(found_list_free) struct found_list found = { 0 };
    BASE_ENSURE(count <= MLS_PSKS_MAX, BASE_ERR_TOO_LONG);
    found.items = base_take(allocator, count, sizeof *found.items);
    BASE_CLEANUP(base_free_at) struct mls_psk *psks = base_take(allocator, count, sizeof *psks);
    BASE_ENSURE(found.items != NULL && psks != NULL, BASE_ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        struct found_psk *item = &found.items[found.count++];
        BASE_TRY(encode_id(keyring, &ids[i], &item->id));
        BASE_TRY(find(keyring, &ids[i], &item->secret));
        psks[i] = (struct mls_psk){ base_borrow(&item->id), base_borrow(&item->secret) };
    }
    return mls_psk_secret(keyring->crypto, psks, count, out);
}
