/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who has come when.
 */
#include "latecomer.h"

#include <sodium.h>
#include <string.h>

#include "field.h"
#include "message.h"
#include "roster.h"

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

base_result latecomer_committed(struct weibel_core *core, struct group *group, const struct mls_staged *staged,
                                uint64_t number) {
    struct roster before BASE_CLEANUP(roster_free) = { 0 };
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
            group->dirty = true;
        }
    }
    return BASE_OK;
}

bool latecomer_is(const struct group *group, const struct contact *contact, uint64_t entry) {
    uint8_t account[LATECOMER_HASH_LEN];
    hash(contact->id, base_slice_text(contact->domain), account);
    size_t index = find(&group->latecomers, account);
    return index < group->latecomers.count && group->latecomers.items[index].since > entry;
}

void latecomer_write(struct base_writer *writer, const struct latecomers *latecomers) {
    base_write_u8(writer, (uint8_t)latecomers->count);
    for (size_t i = 0; i < latecomers->count; i++) {
        field_write_array(writer, latecomers->items[i].account, LATECOMER_HASH_LEN);
        base_write_varint(writer, (uint32_t)latecomers->items[i].since); /* the record is written often */
    }
}

base_result latecomer_read(struct base_reader *reader, struct latecomers *out) {
    uint8_t count;
    BASE_TRY(base_read_u8(reader, &count));
    BASE_ENSURE(count <= LATECOMER_MAX, BASE_ERR_VALUE);
    for (out->count = 0; out->count < count; out->count++) {
        struct latecomer *item = &out->items[out->count];
        uint32_t since;
        BASE_TRY(base_read_copy(reader, item->account, LATECOMER_HASH_LEN));
        BASE_TRY(base_read_varint(reader, &since));
        item->since = since;
    }
    return BASE_OK;
}
