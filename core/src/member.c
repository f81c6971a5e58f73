/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Two bits a leaf.
 */
#include "member.h"

#include <string.h>

#include "field.h"
#include "group.h"
#include "identity.h"
#include "leaf.h"

enum {
    VERSION = 1,
    BITS = 2,
    PER_BYTE = 8 / BITS,
    MASK = (1 << BITS) - 1,
    MIN_BYTES = 16,
    MAX_BYTES = (1 << 20) / PER_BYTE, /* no tree of libmls's has more leaves */
};

static void free_words(uint8_t **words) {
    base_free(*words);
}

enum member_word member_word(const struct group *group, uint32_t leaf) {
    size_t at = leaf / PER_BYTE;
    unsigned byte = at < group->said.len ? group->said.data[at] : 0;
    unsigned bits = byte >> (leaf % PER_BYTE * BITS) & MASK;
    static const enum member_word words[] = { MEMBER_UNKNOWN, MEMBER_VOUCHED, MEMBER_FORGED, MEMBER_UNLISTED };
    return words[bits];
}

static base_result make_room(struct weibel_core *core, struct group *group, size_t needed) {
    size_t len = group->said.len == 0 ? MIN_BYTES : group->said.len;
    while (len < needed) {
        len *= 2;
    }
    struct base_bytes larger BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_bytes_take(core->options.allocator, len, &larger));
    memset(larger.data, 0, len);
    if (group->said.len > 0) {
        memcpy(larger.data, group->said.data, group->said.len);
    }
    base_bytes_move(&group->said, &larger);
    return BASE_OK;
}

base_result member_note(struct weibel_core *core, struct group *group, uint32_t leaf, enum member_word word) {
    size_t at = leaf / PER_BYTE;
    if (member_word(group, leaf) == word) {
        return BASE_OK;
    }
    BASE_ENSURE(at < MAX_BYTES, BASE_ERR_TOO_LONG);
    if (at >= group->said.len) {
        BASE_TRY(make_room(core, group, at + 1));
    }
    unsigned shift = leaf % PER_BYTE * BITS;
    unsigned others = group->said.data[at] & ~((unsigned)MASK << shift);
    group->said.data[at] = (uint8_t)(others | (unsigned)word << shift);
    return BASE_OK;
}

base_result member_save(struct weibel_core *core, const struct group *group) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_BYTES + 16);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    base_write_u8(&writer, VERSION);
    base_write_opaque(&writer, base_borrow(&group->said));
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_number(KEY_MEMBERS, group->number), base_borrow(&record));
}

base_result member_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct group *group = group_at(core, number);
    if (group == NULL) {
        return out_remove(&core->out, key_number(KEY_MEMBERS, number)); /* the group's own record was damaged */
    }
    struct base_reader reader = base_reader(value);
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &group->said));
    BASE_ENSURE(group->said.len <= MAX_BYTES, BASE_ERR_VALUE);
    return base_read_end(&reader);
}

/* Of the device that a commit takes out and in again: it is the same one. */
static enum member_word word_before(const struct group *group, const struct mls_staged *staged,
                                    const struct mls_member *after) {
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        if (change.kind == MLS_CHANGE_REMOVED && leaf_is_same_key(&change.before, after)) {
            return member_word(group, change.leaf);
        }
    }
    return MEMBER_UNKNOWN;
}

/* `removing`: the commit, or NULL if it takes nobody out. */
static enum member_word word_of_new(const struct group *group, const struct mls_staged *removing,
                                    const struct mls_staged *staged, const struct mls_member *after) {
    struct identity identity, of_committer;
    struct mls_member member;
    bool external;
    uint32_t committer = mls_staged_committer(staged, &external);
    enum member_word before = removing == NULL ? MEMBER_UNKNOWN : word_before(group, removing, after);
    if (before != MEMBER_UNKNOWN || external || !mls_group_member(group->mls, committer, &member) ||
        identity_peek(member.credential.content, &of_committer) != BASE_OK ||
        identity_peek(after->credential.content, &identity) != BASE_OK) {
        return before;
    }
    bool vouched =
        committer == mls_group_own_leaf(group->mls) ||
        (member_word(group, committer) == MEMBER_VOUCHED && identity_same_account(&of_committer, &identity) &&
         memcmp(of_committer.identity_key, identity.identity_key, sizeof identity.identity_key) == 0);
    return vouched ? MEMBER_VOUCHED : MEMBER_UNKNOWN;
}

/* Who comes may get the leaf of who goes: first it is seen what is known of all. */
base_result member_committed(struct weibel_core *core, struct group *group, const struct mls_staged *staged) {
    size_t count = mls_staged_change_count(staged), removed = 0;
    uint8_t *words BASE_CLEANUP(free_words) = (uint8_t *)base_take(core->options.allocator, count + 1, 1);
    bool any = false;
    BASE_ENSURE(words != NULL, BASE_ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        removed += mls_staged_change(staged, i).kind == MLS_CHANGE_REMOVED ? 1 : 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct mls_change change = mls_staged_change(staged, i);
        bool added = change.kind == MLS_CHANGE_ADDED;
        words[i] = added ? (uint8_t)word_of_new(group, removed == 0 ? NULL : staged, staged, &change.after) : 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct mls_change change = mls_staged_change(staged, i);
        if (change.kind == MLS_CHANGE_REMOVED) {
            any = any || member_word(group, change.leaf) != MEMBER_UNKNOWN;
            BASE_TRY(member_note(core, group, change.leaf, MEMBER_UNKNOWN));
        }
    }
    /* Who only updates has the identity key that it had (join_check_credential()). */
    for (size_t i = 0; i < count; i++) {
        struct mls_change change = mls_staged_change(staged, i);
        if (change.kind == MLS_CHANGE_ADDED) {
            any = any || member_word(group, change.leaf) != (enum member_word)words[i];
            BASE_TRY(member_note(core, group, change.leaf, (enum member_word)words[i]));
            group->known_leaves = change.leaf < group->known_leaves ? change.leaf : group->known_leaves;
        }
    }
    return any ? member_save(core, group) : BASE_OK;
}

base_result member_forget(struct weibel_core *core, const struct group *group) {
    return out_remove(&core->out, key_number(KEY_MEMBERS, group->number));
}
