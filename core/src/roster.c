/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Sorted accounts.
 */
#include "roster.h"

#include <stdlib.h>

#include "about.h"

void roster_free(struct roster *roster) {
    base_free(roster->items);
    *roster = (struct roster){ 0 };
}

static int compare(const void *a, const void *b) {
    const struct roster_item *one = (const struct roster_item *)a, *other = (const struct roster_item *)b;
    int order =
        about_compare(one->identity.account, one->identity.domain, other->identity.account, other->identity.domain);
    if (order != 0) {
        return order;
    }
    return one->leaf < other->leaf ? -1 : one->leaf > other->leaf;
}

static int compare_leaves(const void *a, const void *b) {
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one < other ? -1 : one > other;
}

base_result roster_change_begin(const struct base_allocator *allocator, size_t removed, size_t added,
                                struct roster_change *out) {
    out->removed = (uint32_t *)base_take(allocator, removed + 1, sizeof *out->removed);
    out->added = (struct roster_item *)base_take(allocator, added + 1, sizeof *out->added);
    return out->removed == NULL || out->added == NULL ? &BASE_ERR_NO_MEMORY : BASE_OK;
}

void roster_change_free(struct roster_change *change) {
    base_free(change->removed);
    base_free(change->added);
    *change = (struct roster_change){ 0 };
}

void roster_change_remove(struct roster_change *change, uint32_t leaf) {
    change->removed[change->removed_count++] = leaf;
}

base_result roster_change_add(struct roster_change *change, uint32_t leaf, const struct mls_member *member) {
    struct roster_item *item = &change->added[change->added_count];
    item->leaf = leaf;
    BASE_TRY(identity_peek(member->credential.content, &item->identity));
    change->added_count++;
    return BASE_OK;
}

base_result roster_make(const struct base_allocator *allocator, const struct mls_group *mls,
                        struct roster_change *change, struct roster *out) {
    size_t without_count = change == NULL ? 0 : change->removed_count,
           with_count = change == NULL ? 0 : change->added_count;
    size_t room = mls_group_member_count(mls) + with_count;
    struct roster_item *items = (struct roster_item *)base_take(allocator, room == 0 ? 1 : room, sizeof *items);
    BASE_ENSURE(items != NULL, BASE_ERR_NO_MEMORY);
    size_t count = 0, next = 0;
    struct mls_member member;
    if (without_count > 0) {
        qsort(change->removed, without_count, sizeof *change->removed, compare_leaves);
    }
    for (uint32_t leaf = 0; count < room && mls_group_next_member(mls, &leaf, &member); leaf++) {
        while (next < without_count && change->removed[next] < leaf) {
            next++;
        }
        bool skip = next < without_count && change->removed[next] == leaf;
        items[count].leaf = leaf;
        if (!skip && identity_peek(member.credential.content, &items[count].identity) == BASE_OK) {
            count++;
        }
    }
    for (size_t i = 0; i < with_count && count < room; i++) {
        items[count++] = change->added[i];
    }
    qsort(items, count, sizeof *items, compare);
    *out = (struct roster){ items, count };
    return BASE_OK;
}

const struct roster_item *roster_find(const struct roster *roster, const uint8_t account[WIRE_ACCOUNT_LEN],
                                      struct base_slice domain) {
    size_t low = 0, high = roster->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct identity *identity = &roster->items[middle].identity;
        if (about_compare(identity->account, identity->domain, account, domain) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct roster_item *found = low < roster->count ? &roster->items[low] : NULL;
    bool same = found != NULL && about_compare(found->identity.account, found->identity.domain, account, domain) == 0;
    return same ? found : NULL;
}

bool roster_is_first(const struct roster *roster, size_t index) {
    if (index == 0) {
        return true;
    }
    const struct identity *one = &roster->items[index - 1].identity, *other = &roster->items[index].identity;
    return about_compare(one->account, one->domain, other->account, other->domain) != 0;
}

size_t roster_accounts(const struct roster *roster) {
    size_t count = 0;
    for (size_t i = 0; i < roster->count; i++) {
        count += roster_is_first(roster, i) ? 1 : 0;
    }
    return count;
}
