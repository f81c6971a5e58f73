/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Two bits a leaf.
 */
#include "member.h"

#include <string.h>

#include "field.h"
#include "group.h"

enum {
    VERSION = 1,
    BITS = 2,
    PER_BYTE = 8 / BITS,
    MASK = (1 << BITS) - 1,
    MIN_BYTES = 16,
    MAX_BYTES = (1 << 20) / PER_BYTE, /* no tree of libmls's has more leaves */
};

enum member_word member_word(const struct group *group, uint32_t leaf) {
    size_t at = leaf / PER_BYTE;
    unsigned byte = at < group->said.len ? group->said.data[at] : 0;
    unsigned bits = byte >> (leaf % PER_BYTE * BITS) & MASK;
    return bits == MEMBER_VOUCHED ? MEMBER_VOUCHED : bits == MEMBER_FORGED ? MEMBER_FORGED : MEMBER_UNKNOWN;
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

base_result member_committed(struct weibel_core *core, struct group *group, const struct mls_staged *staged) {
    bool any = false;
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        if (change.kind == MLS_CHANGE_UPDATED) {
            continue; /* with the identity key that it had (join_check_credential()) */
        }
        any = any || member_word(group, change.leaf) != MEMBER_UNKNOWN;
        BASE_TRY(member_note(core, group, change.leaf, MEMBER_UNKNOWN));
        group->known_leaves = change.leaf < group->known_leaves ? change.leaf : group->known_leaves;
    }
    return any ? member_save(core, group) : BASE_OK;
}

base_result member_forget(struct weibel_core *core, const struct group *group) {
    return out_remove(&core->out, key_number(KEY_MEMBERS, group->number));
}
