/* SPDX-License-Identifier: Apache-2.0 */
/* A world of clients for tests of groups. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "test/check.h"

static struct base_slice key_of(const struct record *record) {
    return base_slice(record->key, record->key_len);
}

static size_t store_find(const struct store *store, struct base_slice key, bool *found) {
    size_t low = 0;
    size_t high = store->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (base_slice_compare(key_of(&store->records[middle]), key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *found = low < store->count && base_slice_equal(key_of(&store->records[low]), key);
    return low;
}

static uint8_t *copy_of(struct base_slice bytes) {
    uint8_t *copy = malloc(bytes.len == 0 ? 1 : bytes.len);
    TEST_CHECK(copy != NULL, "the machine is out of memory");
    if (bytes.len != 0) {
        memcpy(copy, bytes.data, bytes.len);
    }
    return copy;
}

static base_result store_put(void *user, struct base_slice key, struct base_slice value) {
    struct store *store = user;
    bool found;
    size_t at = store_find(store, key, &found);
    TEST_CHECK(key.len <= MLS_RECORD_KEY_MAX, "a record's key is too long");
    store->written += key.len + value.len;
    if (found) {
        free(store->records[at].value);
    } else {
        store->records = realloc(store->records, (store->count + 1) * sizeof *store->records);
        TEST_CHECK(store->records != NULL, "the machine is out of memory");
        memmove(&store->records[at + 1], &store->records[at], (store->count - at) * sizeof *store->records);
        store->count++;
    }
    struct record *record = &store->records[at];
    memcpy(record->key, key.data, key.len);
    record->key_len = key.len;
    record->value = copy_of(value);
    record->value_len = value.len;
    return BASE_OK;
}

static base_result store_del(void *user, struct base_slice key) {
    struct store *store = user;
    bool found;
    size_t at = store_find(store, key, &found);
    store->written += key.len;
    if (found) {
        free(store->records[at].value);
        store->count--;
        memmove(&store->records[at], &store->records[at + 1], (store->count - at) * sizeof *store->records);
    }
    return BASE_OK;
}

struct mls_sink store_sink(struct store *store) {
    return (struct mls_sink){ store_put, store_del, store };
}

static base_result store_next(void *user, bool *found, struct base_slice *key, struct base_slice *value) {
    struct store *store = user;
    *found = store->next < store->count;
    if (*found) {
        const struct record *record = &store->records[store->next++];
        *key = key_of(record);
        *value = base_slice(record->value, record->value_len);
    }
    return BASE_OK;
}

struct mls_source store_source(struct store *store) {
    store->next = 0;
    return (struct mls_source){ store_next, store };
}

void store_copy(const struct store *from, struct store *to) {
    for (size_t i = 0; i < from->count; i++) {
        TEST_CHECK(store_put(to, key_of(&from->records[i]),
                             base_slice(from->records[i].value, from->records[i].value_len)) == BASE_OK,
                   "a copy");
    }
}

void store_free(struct store *store) {
    for (size_t i = 0; i < store->count; i++) {
        free(store->records[i].value);
    }
    free(store->records);
    *store = (struct store){ 0 };
}

static bool holds(struct base_slice hay, struct base_slice needle) {
    for (size_t i = 0; needle.len <= hay.len && i <= hay.len - needle.len; i++) {
        if (memcmp(hay.data + i, needle.data, needle.len) == 0) {
            return true;
        }
    }
    return false;
}

bool store_holds(const struct store *store, struct base_slice bytes) {
    for (size_t i = 0; i < store->count; i++) {
        if (holds(base_slice(store->records[i].value, store->records[i].value_len), bytes)) {
            return true;
        }
    }
    return false;
}

void world_init(struct world *self, const struct base_allocator *allocator, const struct mls_provider *provider,
                uint16_t suite, uint64_t seed) {
    *self = (struct world){ .allocator = allocator, .provider = provider, .suite = suite };
    test_random_init_quiet(&self->random, seed);
    test_clock_init(&self->clock, UINT64_C(1700000000000));
}

/* Everybody knows the same PSKs: the PSK with an id is the id itself. */
static base_result find_psk(void *user, const struct mls_psk_query *query, struct base_bytes *out) {
    const struct client *self = user;
    BASE_ENSURE(query->external && query->psk_id.len != 0 && query->psk_id.data[0] == 'k', MLS_ERR_PSK_UNKNOWN);
    return base_bytes_copy(self->context.allocator, query->psk_id, out);
}

base_result client_init(struct client *self, struct world *world, const char *name) {
    *self = (struct client){ 0 };
    self->context = (struct mls_context){
        .allocator = world->allocator,
        .provider = world->provider,
        .random = &world->random.random,
        .clock = &world->clock.clock,
        .callbacks = { .user = self, .psk = find_psk },
    };
    snprintf(self->name, sizeof self->name, "%s", name);
    self->identity.credential = (struct mls_credential){ MLS_CREDENTIAL_BASIC, base_slice_text(self->name) };
    self->identity.signature_key = &self->key;
    BASE_TRY(mls_signature_key_create(&self->context, world->suite, &self->key));
    return mls_key_package_bundle_create(&self->context, world->suite, &self->identity, NULL, &self->package);
}

void client_free(struct client *self) {
    mls_group_free(self->group);
    mls_key_package_bundle_free(&self->package);
    store_free(&self->store);
    base_wipe(self, sizeof *self);
}

base_result client_publish(struct client *self) {
    struct mls_key_package_bundle fresh = { 0 };
    struct mls_key_package_info info;
    BASE_TRY(mls_key_package_inspect(&self->context, base_borrow(&self->package.message), &info));
    BASE_TRY(mls_key_package_bundle_create(&self->context, info.suite, &self->identity, NULL, &fresh));
    mls_key_package_bundle_free(&self->package);
    self->package = fresh;
    return BASE_OK;
}

base_result client_save(struct client *self, const struct world *world) {
    struct mls_sink sink = store_sink(&self->store);
    BASE_TRY(mls_group_save(self->group, &sink));
    TEST_CHECK(!mls_group_changed(self->group), "a saved group has nothing to save");
    if (world->reload) {
        struct mls_group *loaded;
        struct mls_source source = store_source(&self->store);
        BASE_TRY(mls_group_load(&self->context, &source, &loaded));
        mls_group_free(self->group);
        self->group = loaded;
    }
    return BASE_OK;
}

static base_result lend_package(void *user, struct base_slice ref, struct base_slice *private_part) {
    const struct client *self = user;
    if (base_slice_equal(ref, mls_secret_slice(&self->package.ref))) {
        *private_part = base_borrow(&self->package.private_part);
    }
    return BASE_OK;
}

base_result client_join(struct client *self, struct base_slice welcome, struct base_slice tree,
                        const struct mls_group *parent) {
    uint32_t inviter;
    const struct mls_join_options options = {
        .key_package = lend_package,
        .user = self,
        .signature_key = &self->key,
        .ratchet_tree = tree,
        .parent = parent,
        .inviter = &inviter,
    };
    struct mls_group *group;
    BASE_TRY(mls_group_join(&self->context, welcome, &options, NULL, &group));
    mls_group_free(self->group);
    self->group = group;
    self->inviter = inviter;
    store_free(&self->store);
    return BASE_OK;
}

static base_result enter(struct client *self, struct mls_event *event) {
    switch (event->kind) {
    case MLS_EVENT_COMMIT:
        return mls_group_apply(self->group, &event->staged);
    case MLS_EVENT_OWN_COMMIT:
        return mls_group_merge_pending(self->group);
    default:
        return BASE_OK;
    }
}

base_result client_receive(struct client *self, struct base_slice message, enum mls_event_kind *kind) {
    struct mls_event event = { 0 };
    BASE_TRY(mls_group_process(self->group, message, &event));
    if (kind != NULL) {
        *kind = event.kind;
    }
    base_result result = enter(self, &event);
    mls_event_free(&event);
    return result;
}

struct mls_proposal_input world_add(const struct client *client) {
    return (struct mls_proposal_input){ .type = MLS_PROPOSAL_ADD,
                                        .key_package = base_borrow(&client->package.message) };
}

struct mls_proposal_input world_remove(uint32_t leaf) {
    return (struct mls_proposal_input){ .type = MLS_PROPOSAL_REMOVE, .removed = leaf };
}
