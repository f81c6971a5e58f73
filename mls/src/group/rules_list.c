/* SPDX-License-Identifier: Apache-2.0 */
/* Which proposals go together in a commit (§12.2), and which of them need a path (§12.4). */
#include <stdlib.h>

#include "group/rules.h"

bool mls_list_needs_path(const struct mls_listed *list, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint16_t type = list[i].proposal.type;
        if (type != MLS_PROPOSAL_ADD && type != MLS_PROPOSAL_PSK && type != MLS_PROPOSAL_REINIT) {
            return true;
        }
    }
    return count == 0;
}

static uint32_t count_of(const struct mls_listed *list, uint32_t count, uint16_t type) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        found += list[i].proposal.type == type ? 1 : 0;
    }
    return found;
}

/* "It contains multiple Update and/or Remove proposals that apply to the same leaf", or one of the committer's own. */
static base_result check_leaves(const struct mls_group *group, const struct mls_sender *committer,
                                const struct mls_listed *list, uint32_t count) {
    enum { BITS = 8 };
    uint32_t width = mls_tree_width(&group->epoch.tree);
    BASE_CLEANUP(base_free_at) uint8_t *seen = base_take(group->context->allocator, width / BITS + 1, 1);
    BASE_ENSURE(seen != NULL, BASE_ERR_NO_MEMORY);
    for (uint32_t i = 0; i < count; i++) {
        const struct mls_listed *item = &list[i];
        if (item->proposal.type != MLS_PROPOSAL_UPDATE && item->proposal.type != MLS_PROPOSAL_REMOVE) {
            continue;
        }
        uint32_t leaf = item->proposal.type == MLS_PROPOSAL_UPDATE ? item->sender.index : item->proposal.of.removed;
        bool is_committer = committer->type == MLS_SENDER_MEMBER && leaf == committer->index;
        BASE_ENSURE(!is_committer, MLS_ERR_PROPOSAL_COMMITTER);
        BASE_ENSURE(leaf < width, MLS_ERR_PROPOSAL_LEAF);
        uint8_t mask = (uint8_t)(1U << (leaf % BITS));
        BASE_ENSURE((seen[leaf / BITS] & mask) == 0, MLS_ERR_PROPOSAL_DUPLICATE);
        seen[leaf / BITS] |= mask;
    }
    return BASE_OK;
}

static int compare_psks(const void *a, const void *b) {
    const struct mls_proposal *const *left = a;
    const struct mls_proposal *const *right = b;
    return base_slice_compare((*left)->encoded, (*right)->encoded);
}

/* "It contains multiple PreSharedKey proposals that reference the same PreSharedKeyID." */
static base_result check_psks(const struct mls_group *group, const struct mls_listed *list, uint32_t count,
                              uint32_t psks) {
    if (psks < 2) {
        return BASE_OK;
    }
    BASE_CLEANUP(base_free_at)
    const struct mls_proposal **sorted = base_take(group->context->allocator, psks, sizeof *sorted);
    BASE_ENSURE(sorted != NULL, BASE_ERR_NO_MEMORY);
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].proposal.type == MLS_PROPOSAL_PSK) {
            sorted[found++] = &list[i].proposal;
        }
    }
    qsort(sorted, psks, sizeof *sorted, compare_psks);
    for (uint32_t i = 1; i < psks; i++) {
        BASE_ENSURE(!base_slice_equal(sorted[i - 1]->encoded, sorted[i]->encoded), MLS_ERR_PROPOSAL_DUPLICATE);
    }
    return BASE_OK;
}

/* §12.2, second list: exactly one ExternalInit, at most one Remove, PSKs, all by value. */
static base_result check_external(const struct mls_listed *list, uint32_t count, uint32_t psks) {
    uint32_t inits = count_of(list, count, MLS_PROPOSAL_EXTERNAL_INIT);
    uint32_t removes = count_of(list, count, MLS_PROPOSAL_REMOVE);
    BASE_ENSURE(inits == 1 && removes <= 1 && inits + removes + psks == count, MLS_ERR_PROPOSAL_EXTERNAL);
    for (uint32_t i = 0; i < count; i++) {
        BASE_ENSURE(list[i].cached == NULL, MLS_ERR_PROPOSAL_EXTERNAL);
    }
    return BASE_OK;
}

base_result mls_list_check(const struct mls_group *group, const struct mls_sender *committer,
                           const struct mls_listed *list, uint32_t count) {
    uint32_t psks = count_of(list, count, MLS_PROPOSAL_PSK);
    if (committer->type == MLS_SENDER_NEW_MEMBER_COMMIT) {
        BASE_TRY(check_external(list, count, psks));
    } else {
        BASE_ENSURE(count_of(list, count, MLS_PROPOSAL_EXTERNAL_INIT) == 0, MLS_ERR_PROPOSAL_EXTERNAL);
    }
    BASE_ENSURE(count == 1 || count_of(list, count, MLS_PROPOSAL_REINIT) == 0, MLS_ERR_PROPOSAL_REINIT);
    BASE_ENSURE(count_of(list, count, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) <= 1, MLS_ERR_PROPOSAL_DUPLICATE);
    BASE_TRY(check_leaves(group, committer, list, count));
    return check_psks(group, list, count, psks);
}
