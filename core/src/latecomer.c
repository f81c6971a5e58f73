/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who has come when.
 */
#include "latecomer.h"

#include <sodium.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "field.h"
#include "group.h"
#include "key.h"
#include "message.h"
#include "roster.h"

enum { VERSION = 1, MAX_RECORD = 2 + LATECOMER_MAX * (LATECOMER_HASH_LEN + 8) };

_Static_assert((int)LATECOMER_MAX >= (int)MESSAGE_MAX_RECEIPTS, "to be forgotten takes more than give receipts");

static void hash(const uint8_t account[WIRE_ACCOUNT_LEN], struct base_slice domain, uint8_t out[LATECOMER_HASH_LEN]) {
    uint8_t whole[crypto_generichash_BYTES_MIN];
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, sizeof whole);
    (void)crypto_generichash_update(&state, account, WIRE_ACCOUNT_LEN);
    (void)crypto_generichash_update(&state, domain.data, domain.len);
    (void)crypto_generichash_final(&state, whole, sizeof whole);
    memcpy(out, whole, LATECOMER_HASH_LEN);
}

static size_t find(const struct latecomers *latecomers, const uint8_t account[LATECOMER_HASH_LEN]) {
    size_t i = 0;
    while (i < latecomers->count && memcmp(latecomers->items[i].account, account, LATECOMER_HASH_LEN) != 0) {
        i++;
    }
    return i;
}

static void note(struct latecomers *latecomers, const struct identity *identity, uint64_t number) {
    struct latecomer next = { .since = number };
    hash(identity->account, identity->domain, next.account);
    size_t gone = find(latecomers, next.account);
    if (gone == latecomers->count && gone == LATECOMER_MAX) {
        gone = 0;
    }
    if (gone < latecomers->count) {
        latecomers->count--;
        memmove(latecomers->items + gone, latecomers->items + gone + 1,
                (latecomers->count - gone) * sizeof *latecomers->items);
    }
    latecomers->items[latecomers->count++] = next;
}

/* A record of its own: the group's is written with each message. */
static base_result save(struct weibel_core *core, const struct group *group) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    base_write_u8(&writer, VERSION);
    base_write_u8(&writer, (uint8_t)group->latecomers.count);
    for (size_t i = 0; i < group->latecomers.count; i++) {
        field_write_array(&writer, group->latecomers.items[i].account, LATECOMER_HASH_LEN);
        base_write_u64(&writer, group->latecomers.items[i].since);
    }
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_number(KEY_LATECOMERS, group->number), base_borrow(&record));
}

base_result latecomer_committed(struct weibel_core *core, struct group *group, const struct mls_staged *staged,
                                uint64_t number) {
    struct roster before BASE_CLEANUP(roster_free) = { 0 };
    bool noted = false;
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        struct identity identity;
        if (change.kind != MLS_CHANGE_ADDED || mls_group_member_count(group->mls) < 2) {
            continue; /* or they are those with whom it begins */
        }
        if (before.items == NULL) {
            BASE_TRY(roster_make(core->options.allocator, group->mls, NULL, &before));
        }
        if (identity_peek(change.after.credential.content, &identity) == BASE_OK &&
            roster_find(&before, identity.account, identity.domain) == NULL) {
            note(&group->latecomers, &identity, number);
            noted = true;
        }
    }
    return noted ? save(core, group) : BASE_OK;
}

bool latecomer_is(const struct group *group, const struct contact *contact, uint64_t entry) {
    uint8_t account[LATECOMER_HASH_LEN];
    hash(contact->id, base_slice_text(contact->domain), account);
    size_t index = find(&group->latecomers, account);
    return index < group->latecomers.count && group->latecomers.items[index].since > entry;
}

base_result latecomer_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct group *group = group_at(core, number);
    if (group == NULL) {
        return latecomer_forget(core, number); /* the group's own record was damaged */
    }
    struct latecomers *latecomers = &group->latecomers;
    struct base_reader reader = base_reader(value);
    uint8_t count;
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(base_read_u8(&reader, &count));
    BASE_ENSURE(count <= LATECOMER_MAX, BASE_ERR_VALUE);
    for (latecomers->count = 0; latecomers->count < count; latecomers->count++) {
        struct latecomer *item = &latecomers->items[latecomers->count];
        BASE_TRY(base_read_copy(&reader, item->account, LATECOMER_HASH_LEN));
        BASE_TRY(base_read_u64(&reader, &item->since));
    }
    return base_read_end(&reader);
}

base_result latecomer_forget(struct weibel_core *core, uint64_t number) {
    return out_remove(&core->out, key_number(KEY_LATECOMERS, number));
}
