/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * MLS groups and their records.
 */
#include "group.h"

#include <string.h>

#include "account.h"
#include "field.h"
#include "policy.h"

enum { VERSION = 2, MAX_RECORD = 256 + 4 * STATE_MAX_LEAVERS + 16 * STATE_MAX_GAPS, MIN_PADDING = 32 };

_Static_assert(1 + 8 + MLS_RECORD_KEY_MAX < KEY_MAX, "a record of libmls must have a name");

const char group_token_label[] = "weibel stream token";

/* What every device of Weibel can do, and what it must be able to do in a group: to know what that is for. */
static const uint16_t known_extensions[] = { MLS_EXTENSION_LAST_RESORT, GROUP_CHAT_EXTENSION, GROUP_PICTURE_EXTENSION };
static const uint16_t required_extensions[] = { GROUP_CHAT_EXTENSION, GROUP_PICTURE_EXTENSION };

void group_free(void *item) {
    struct group *group = (struct group *)item;
    mls_group_free(group->mls);
    base_free(group);
}

base_result group_add(struct weibel_core *core, struct chat *chat, struct mls_group *mls, enum group_state state,
                      struct group **out) {
    struct group *group = (struct group *)base_take(core->options.allocator, 1, sizeof *group);
    if (group == NULL) {
        mls_group_free(mls);
        return &BASE_ERR_NO_MEMORY;
    }
    group->chat = chat;
    group->mls = mls;
    group->state = state;
    group->dirty = true;
    base_result result = list_add(&chat->groups, core->options.allocator, group);
    if (result != BASE_OK) {
        group_free(group);
        return result;
    }
    group->number = ++core->account.next_group;
    core->account.dirty = true;
    struct base_slice id = mls_group_id(mls);
    BASE_ENSURE(id.len == WIRE_STREAM_LEN, BASE_ERR_VALUE);
    memcpy(group->id, id.data, WIRE_STREAM_LEN);
    *out = group;
    return BASE_OK;
}

struct sink {
    struct weibel_core *core;
    uint64_t group;
};

static base_result sink_put(void *user, struct base_slice key, struct base_slice value) {
    const struct sink *sink = (const struct sink *)user;
    return out_put(&sink->core->out, key_mls(sink->group, key), value);
}

static base_result sink_del(void *user, struct base_slice key) {
    const struct sink *sink = (const struct sink *)user;
    return out_remove(&sink->core->out, key_mls(sink->group, key));
}

base_result group_forget(struct weibel_core *core, struct group *group) {
    struct sink sink = { core, group->number };
    BASE_TRY(mls_group_erase(group->mls, &(struct mls_sink){ sink_put, sink_del, &sink }));
    BASE_TRY(out_remove(&core->out, key_number(KEY_GROUP, group->number)));
    struct list *groups = &group->chat->groups;
    for (size_t i = 0; i < groups->count; i++) {
        if (groups->items[i] == group) {
            group_free(list_take(groups, i));
            break;
        }
    }
    return BASE_OK;
}

struct group *group_at(const struct weibel_core *core, uint64_t number) {
    for (size_t i = 0; i < core->chats.count; i++) {
        const struct chat *chat = (const struct chat *)core->chats.items[i];
        for (size_t k = 0; k < chat->groups.count; k++) {
            struct group *group = (struct group *)chat->groups.items[k];
            if (group->number == number) {
                return group;
            }
        }
    }
    return NULL;
}

struct group *group_waiting(const struct group *group) {
    const struct list *groups = &group->chat->groups;
    for (size_t i = 0; i < groups->count; i++) {
        struct group *other = (struct group *)groups->items[i];
        if (other->state == GROUP_WAITING && memcmp(other->id, group->id, WIRE_STREAM_LEN) == 0) {
            return other;
        }
    }
    return NULL;
}

struct group *group_find(const struct weibel_core *core, const uint8_t id[WIRE_STREAM_LEN]) {
    for (size_t i = 0; i < core->chats.count; i++) {
        const struct chat *chat = (const struct chat *)core->chats.items[i];
        for (size_t k = 0; k < chat->groups.count; k++) {
            struct group *group = (struct group *)chat->groups.items[k];
            if (memcmp(group->id, id, WIRE_STREAM_LEN) == 0) {
                return group;
            }
        }
    }
    return NULL;
}

static base_result save(struct weibel_core *core, struct group *group) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_u64(&writer, group->chat->number);
    base_write_u8(&writer, (uint8_t)group->state);
    base_write_u64(&writer, group->position);
    base_write_u64(&writer, group->last_commit);
    field_write_bool(&writer, group->fresh);
    base_write_u32(&writer, (uint32_t)group->leaver_count);
    for (size_t i = 0; i < group->leaver_count; i++) {
        base_write_u32(&writer, group->leavers[i]);
    }
    base_write_u32(&writer, group->skipped);
    base_write_u32(&writer, (uint32_t)group->gap_count);
    for (size_t i = 0; i < group->gap_count; i++) {
        base_write_u64(&writer, group->gaps[i].first);
        base_write_u64(&writer, group->gaps[i].last);
    }
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    group->dirty = false;
    return out_put(&core->out, key_number(KEY_GROUP, group->number), base_borrow(&record));
}

base_result group_save_changes(struct weibel_core *core, struct group *group) {
    if (group->dirty) {
        BASE_TRY(save(core, group));
    }
    if (mls_group_changed(group->mls)) {
        struct sink sink = { core, group->number };
        BASE_TRY(mls_group_save(group->mls, &(struct mls_sink){ sink_put, sink_del, &sink }));
    }
    return BASE_OK;
}

base_result group_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct base_reader reader = base_reader(value);
    uint8_t state;
    uint64_t chat_number;
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(base_read_u64(&reader, &chat_number));
    BASE_TRY(base_read_u8(&reader, &state));
    struct chat *chat = NULL;
    for (size_t i = 0; i < core->chats.count && chat == NULL; i++) {
        struct chat *candidate = (struct chat *)core->chats.items[i];
        chat = candidate->number == chat_number ? candidate : NULL;
    }
    BASE_ENSURE(state <= GROUP_WAITING && chat != NULL, BASE_ERR_VALUE);
    struct group *group = (struct group *)base_take(core->options.allocator, 1, sizeof *group);
    BASE_ENSURE(group != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&chat->groups, core->options.allocator, group);
    if (result != BASE_OK) {
        base_free(group);
        return result;
    }
    group->number = number;
    group->chat = chat;
    group->state = (enum group_state)state;
    BASE_TRY(base_read_u64(&reader, &group->position));
    BASE_TRY(base_read_u64(&reader, &group->last_commit));
    BASE_TRY(field_read_bool(&reader, &group->fresh));
    uint32_t leavers;
    BASE_TRY(base_read_u32(&reader, &leavers));
    BASE_ENSURE(leavers <= STATE_MAX_LEAVERS, BASE_ERR_VALUE);
    for (; group->leaver_count < leavers; group->leaver_count++) {
        BASE_TRY(base_read_u32(&reader, &group->leavers[group->leaver_count]));
    }
    BASE_TRY(base_read_u32(&reader, &group->skipped));
    uint32_t gaps;
    BASE_TRY(base_read_u32(&reader, &gaps));
    BASE_ENSURE(gaps <= STATE_MAX_GAPS, BASE_ERR_VALUE);
    for (; group->gap_count < gaps; group->gap_count++) {
        BASE_TRY(base_read_u64(&reader, &group->gaps[group->gap_count].first));
        BASE_TRY(base_read_u64(&reader, &group->gaps[group->gap_count].last));
    }
    return base_read_end(&reader);
}

base_result group_token(struct group *group, const uint8_t **token) {
    if (!group->token_known) {
        BASE_TRY(
            mls_group_export(group->mls, group_token_label, base_slice(NULL, 0), group->token, sizeof group->token));
        group->token_known = true;
    }
    *token = group->token;
    return BASE_OK;
}

void group_forget_token(struct group *group) {
    group->token_known = false;
    group->skipped = 0;
    base_wipe(group->token, sizeof group->token);
}

struct mls_identity group_identity(struct weibel_core *core, const struct base_bytes *credential) {
    return (struct mls_identity){
        .credential = { MLS_CREDENTIAL_BASIC, base_borrow(credential) },
        .signature_key = &core->account.device_key,
        .abilities = { .extensions = { known_extensions, sizeof known_extensions / sizeof *known_extensions } },
    };
}

static base_result write_about(struct weibel_core *core, const struct group_about *about, struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, ABOUT_MAX);
    about_write(&writer, about);
    return base_writer_finish(&writer, out);
}

static base_result make_mls(struct weibel_core *core, const uint8_t id[WIRE_STREAM_LEN],
                            const struct group_about *about, struct mls_group **out) {
    struct base_bytes encoded BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes required BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes credential BASE_CLEANUP(base_bytes_free) = { 0 };
    struct mls_numbers numbers = { required_extensions, sizeof required_extensions / sizeof *required_extensions };
    BASE_TRY(write_about(core, about, &encoded));
    BASE_TRY(mls_required_capabilities_encode(core->options.allocator, numbers, (struct mls_numbers){ 0 },
                                              (struct mls_numbers){ 0 }, &required));
    BASE_TRY(account_credential(core, &credential));
    const struct mls_extension extensions[] = {
        { MLS_EXTENSION_REQUIRED_CAPABILITIES, base_borrow(&required) },
        { GROUP_CHAT_EXTENSION, base_borrow(&encoded) },
    };
    struct mls_identity identity = group_identity(core, &credential);
    return mls_group_create(&core->mls, GROUP_SUITE, base_slice(id, WIRE_STREAM_LEN), &identity,
                            &(struct mls_group_options){ .extensions = extensions, .extension_count = 2 }, out);
}

base_result group_create_mls(struct weibel_core *core, const struct chat *chat, struct mls_group **out) {
    struct group_about about = { .kind = chat->kind };
    if (chat->kind != CHAT_GROUP) {
        uint8_t id[WIRE_STREAM_LEN];
        BASE_TRY(base_random_fill(core->options.random, id, sizeof id));
        return make_mls(core, id, &about, out);
    }
    struct base_bytes roles BASE_CLEANUP(base_bytes_free) = { 0 };
    struct about_entry owner = { .domain = base_slice_text(core->account.domain), .role = ROLE_OWNER };
    memcpy(owner.account, core->account.id, sizeof owner.account);
    BASE_TRY(about_role_set(core->options.allocator, about.roles, &owner, &roles));
    memcpy(about.room, chat->room, sizeof about.room);
    about.name = base_slice_text(chat->name);
    about.roles = base_borrow(&roles);
    return make_mls(core, chat->room, &about, out);
}

uint32_t group_timer(const struct group *group) {
    struct group_about about;
    return group != NULL && group_read_about(group->mls, &about) == BASE_OK ? about.expire : 0;
}

base_result group_read_about(const struct mls_group *mls, struct group_about *out) {
    struct base_slice data;
    BASE_ENSURE(mls_group_extension(mls, GROUP_CHAT_EXTENSION, &data), BASE_ERR_VALUE);
    return about_read(data, out);
}

struct about_picture group_picture(const struct mls_group *mls) {
    struct base_slice data;
    struct about_picture picture = { 0 };
    if (!mls_group_extension(mls, GROUP_PICTURE_EXTENSION, &data) || about_picture_read(data, &picture) != BASE_OK) {
        return (struct about_picture){ 0 };
    }
    return picture;
}

enum about_role group_own_role(const struct weibel_core *core, const struct group_about *about) {
    return about_role_of(about, core->account.id, base_slice_text(core->account.domain));
}

uint32_t group_own_capabilities(const struct weibel_core *core, const struct group *group) {
    struct group_about about;
    if (group_read_about(group->mls, &about) != BASE_OK) {
        return 0;
    }
    return policy_capabilities(&about, group_own_role(core, &about));
}

bool group_has_account(const struct mls_group *mls, const uint8_t account[WIRE_ACCOUNT_LEN], const char *domain) {
    struct mls_member member;
    for (uint32_t leaf = 0; mls_group_next_member(mls, &leaf, &member); leaf++) {
        struct identity identity;
        if (identity_peek(member.credential.content, &identity) == BASE_OK &&
            about_compare(identity.account, identity.domain, account, base_slice_text(domain)) == 0) {
            return true;
        }
    }
    return false;
}

base_result group_account_count(const struct weibel_core *core, const struct group *group, size_t *out) {
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    BASE_TRY(roster_make(core->options.allocator, group->mls, NULL, 0, NULL, 0, &roster));
    *out = roster_accounts(&roster);
    return BASE_OK;
}

uint32_t group_padding(size_t len) {
    unsigned exponent = 0;
    while (len >> exponent > 1) {
        exponent++;
    }
    unsigned significant = 0;
    while (exponent >> significant != 0) {
        significant++;
    }
    uint32_t step = exponent > significant ? (uint32_t)1 << (exponent - significant) : 1;
    return step < MIN_PADDING ? MIN_PADDING : step;
}
