/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * MLS groups and their records.
 */
#include "group.h"

#include <string.h>

#include "account.h"
#include "again.h"
#include "amend.h"
#include "change.h"
#include "device.h"
#include "field.h"
#include "gap.h"
#include "latecomer.h"
#include "leaf.h"
#include "member.h"
#include "missed.h"
#include "newcomer.h"
#include "policy.h"
#include "tally.h"
#include "tree.h"

enum {
    VERSION = 20,
    VERSION_NOT_KEPT = 19,   /* ends before the deletions that may explain what is missing */
    VERSION_NOT_GONE = 18,   /* ends before whether its stream has vanished */
    VERSION_NOT_OLD = 17,    /* ends before what was told of what is too old */
    VERSION_NOT_SEEN = 16,   /* ends before which newcomers were seen coming, and `unsure`, too */
    VERSION_NOT_PASSED = 15, /* ends before what was passed over, too */
    MAX_RECORD = 512 + 4 * STATE_MAX_LEAVERS + 16 * STATE_MAX_GAPS + 512 * STATE_MAX_HELPERS + 8 * STATE_MAX_NEWCOMERS +
                 GAP_MAX_KEPT * STATE_MAX_EXPLAINED,
    MIN_PADDING = 32,
};

_Static_assert(1 + 8 + MLS_RECORD_KEY_MAX < KEY_MAX, "a record of libmls must have a name");

const char group_token_label[] = "weibel stream token";

/* What every device must be able to do in a group: to know what that is for. */
static const uint16_t required_extensions[] = { GROUP_CHAT_EXTENSION, GROUP_PICTURE_EXTENSION, LEAF_EXTENSION };

void group_free(void *item) {
    struct group *group = (struct group *)item;
    mls_group_free(group->mls);
    base_bytes_free(&group->said);
    list_free(&group->explained, amend_free);
    list_free(&group->tally.of, base_free);
    list_free(&group->tally.kept, missed_free);
    tree_put_end(&group->door_put);
    base_free(group);
}

uint32_t group_generation(const struct mls_group *mls) {
    struct group_about about;
    return group_read_about(mls, &about) == BASE_OK ? about.generation : 0;
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
    group->generation = group_generation(mls);
    group->tally.since = mls_group_epoch(mls) + (state == GROUP_MAKING ? 1 : 0); /* its first commit begins it */
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

base_result group_save_mls(struct weibel_core *core, uint64_t number, struct mls_group *mls) {
    struct sink sink = { core, number };
    return mls_group_save(mls, &(struct mls_sink){ sink_put, sink_del, &sink });
}

base_result group_erase_mls(struct weibel_core *core, uint64_t number, struct mls_group *mls) {
    struct sink sink = { core, number };
    return mls_group_erase(mls, &(struct mls_sink){ sink_put, sink_del, &sink });
}

base_result group_forget(struct weibel_core *core, struct group *group) {
    BASE_TRY(again_keep(core, group));
    BASE_TRY(change_let_go(core, group));
    if (group->mls != NULL) {
        BASE_TRY(group_erase_mls(core, group->number, group->mls));
    }
    BASE_TRY(out_remove(&core->out, key_number(KEY_GROUP, group->number)));
    BASE_TRY(member_forget(core, group));
    BASE_TRY(tally_forget(core, group));
    BASE_TRY(latecomer_forget(core, group->number));
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

struct group *group_in_place(const struct chat *chat, uint64_t number) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        uint64_t first = group->former != 0 ? group->former : group->number;
        if (number >= first && number <= group->number) {
            return group;
        }
    }
    return NULL;
}

uint64_t group_former(const struct chat *chat, const uint8_t id[WIRE_STREAM_LEN]) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        if (memcmp(group->id, id, sizeof group->id) == 0) {
            return group->former != 0 ? group->former : group->number;
        }
    }
    return 0;
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

/* There may be several of one stream, as whoever makes a group names any: what the server has given something of comes
 * before what it has not, and what can be lost before what has ended. */
static unsigned rank_of(const struct group *group) {
    return group->state <= GROUP_OPEN ? (group->live ? 4 : 3) : group->state == GROUP_LOST ? 2 : 1;
}

struct group *group_find(const struct weibel_core *core, const uint8_t id[WIRE_STREAM_LEN]) {
    struct group *best = NULL;
    for (size_t i = 0; i < core->chats.count; i++) {
        const struct chat *chat = (const struct chat *)core->chats.items[i];
        for (size_t k = 0; k < chat->groups.count; k++) {
            struct group *group = (struct group *)chat->groups.items[k];
            bool same = memcmp(group->id, id, WIRE_STREAM_LEN) == 0;
            best = same && (best == NULL || rank_of(group) > rank_of(best)) ? group : best;
        }
    }
    return best;
}

static bool take_helper(struct group *group, const struct mls_member *member) {
    struct identity identity;
    if (identity_peek(member->credential.content, &identity) == BASE_OK && member->signature_key.len == WIRE_KEY_LEN) {
        struct helper *helper = &group->helpers[group->helper_count++];
        memcpy(helper->account, identity.account, sizeof helper->account);
        field_set_text(helper->domain, sizeof helper->domain, identity.domain);
        memcpy(helper->device, identity.device, sizeof helper->device);
        memcpy(helper->key, member->signature_key.data, sizeof helper->key);
    }
    return group->helper_count < STATE_MAX_HELPERS;
}

/* Whoever sits beside us in the tree: so not everybody asks the same ones. */
static void note_helpers(struct group *group) {
    if (group->mls == NULL || group->state == GROUP_LOST || group->maker != 0) {
        return;
    }
    uint32_t own = mls_group_own_leaf(group->mls);
    struct mls_member member;
    bool room = true;
    group->helper_count = 0;
    for (uint32_t leaf = own + 1; room && mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        room = take_helper(group, &member);
    }
    for (uint32_t leaf = 0; room && mls_group_next_member(group->mls, &leaf, &member) && leaf < own; leaf++) {
        room = take_helper(group, &member);
    }
}

void group_write_helper(struct base_writer *writer, const struct helper *helper) {
    field_write_array(writer, helper->account, sizeof helper->account);
    field_write_text(writer, helper->domain);
    field_write_array(writer, helper->device, sizeof helper->device);
    field_write_array(writer, helper->key, sizeof helper->key);
}

base_result group_read_helper(struct base_reader *reader, struct helper *out) {
    BASE_TRY(base_read_copy(reader, out->account, sizeof out->account));
    BASE_TRY(field_read_text(reader, out->domain, sizeof out->domain));
    BASE_TRY(base_read_copy(reader, out->device, sizeof out->device));
    return base_read_copy(reader, out->key, sizeof out->key);
}

static void write_helpers(struct base_writer *writer, const struct group *group) {
    base_write_u8(writer, (uint8_t)group->helper_count);
    for (size_t i = 0; i < group->helper_count; i++) {
        group_write_helper(writer, &group->helpers[i]);
    }
}

static base_result read_helpers(struct base_reader *reader, struct group *group) {
    uint8_t count;
    BASE_TRY(base_read_u8(reader, &count));
    BASE_ENSURE(count <= STATE_MAX_HELPERS, BASE_ERR_VALUE);
    for (; group->helper_count < count; group->helper_count++) {
        BASE_TRY(group_read_helper(reader, &group->helpers[group->helper_count]));
    }
    return BASE_OK;
}

static base_result save(struct weibel_core *core, struct group *group) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_u64(&writer, group->chat->number);
    base_write_u8(&writer, (uint8_t)group->state);
    base_write_u64(&writer, group->position);
    base_write_u64(&writer, group->last_commit);
    field_write_bool(&writer, group->fresh);
    field_write_bool(&writer, group->late);
    field_write_bool(&writer, group->by_member);
    field_write_array(&writer, group->inviter, sizeof group->inviter);
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
    base_write_u64(&writer, group->broken);
    base_write_u32(&writer, group->generation);
    field_write_bool(&writer, group->door_due);
    base_write_u64(&writer, group->door_at);
    field_write_array(&writer, group->id, sizeof group->id);
    note_helpers(group);
    write_helpers(&writer, group);
    newcomer_write(&writer, group);
    base_write_u32(&writer, group->maker);
    base_write_u64(&writer, group->first);
    base_write_u64(&writer, group->former);
    field_write_bool(&writer, group->unread);
    field_write_bool(&writer, group->sent_again);
    tally_write(&writer, &group->tally);
    base_write_u64(&writer, group->passed);
    newcomer_write_seen(&writer, group);
    field_write_bool(&writer, group->unsure);
    field_write_bool(&writer, group->old_told);
    field_write_bool(&writer, group->vanished);
    gap_write_kept(&writer, group);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    group->dirty = false;
    return out_put(&core->out, key_number(KEY_GROUP, group->number), base_borrow(&record));
}

base_result group_save_changes(struct weibel_core *core, struct group *group) {
    if (group->dirty) {
        BASE_TRY(save(core, group));
    }
    return group->mls != NULL && mls_group_changed(group->mls) ? group_save_mls(core, group->number, group->mls)
                                                               : BASE_OK;
}

base_result group_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct base_reader reader = base_reader(value);
    uint8_t state;
    uint64_t chat_number;
    uint8_t said = reader.left > 0 ? reader.next[0] : 0;
    uint8_t version = said >= VERSION_NOT_PASSED && said < VERSION ? said : VERSION;
    BASE_TRY(field_read_version(&reader, version));
    BASE_TRY(base_read_u64(&reader, &chat_number));
    BASE_TRY(base_read_u8(&reader, &state));
    struct chat *chat = NULL;
    for (size_t i = 0; i < core->chats.count && chat == NULL; i++) {
        struct chat *candidate = (struct chat *)core->chats.items[i];
        chat = candidate->number == chat_number ? candidate : NULL;
    }
    BASE_ENSURE(state <= GROUP_LOST && chat != NULL, BASE_ERR_VALUE);
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
    BASE_TRY(field_read_bool(&reader, &group->late));
    BASE_TRY(field_read_bool(&reader, &group->by_member));
    BASE_TRY(base_read_copy(&reader, group->inviter, sizeof group->inviter));
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
    BASE_TRY(base_read_u64(&reader, &group->broken));
    BASE_TRY(base_read_u32(&reader, &group->generation));
    BASE_TRY(field_read_bool(&reader, &group->door_due));
    BASE_TRY(base_read_u64(&reader, &group->door_at));
    BASE_TRY(base_read_copy(&reader, group->id, sizeof group->id));
    BASE_TRY(read_helpers(&reader, group));
    BASE_TRY(newcomer_read(&reader, group));
    BASE_TRY(base_read_u32(&reader, &group->maker));
    BASE_TRY(base_read_u64(&reader, &group->first));
    BASE_TRY(base_read_u64(&reader, &group->former));
    BASE_TRY(field_read_bool(&reader, &group->unread));
    BASE_TRY(field_read_bool(&reader, &group->sent_again));
    BASE_TRY(tally_read(&reader, &group->tally));
    BASE_TRY(version == VERSION_NOT_PASSED ? BASE_OK : base_read_u64(&reader, &group->passed));
    BASE_TRY(version > VERSION_NOT_SEEN ? newcomer_read_seen(&reader, group) : BASE_OK);
    BASE_TRY(version > VERSION_NOT_SEEN ? field_read_bool(&reader, &group->unsure) : BASE_OK);
    BASE_TRY(version > VERSION_NOT_OLD ? field_read_bool(&reader, &group->old_told) : BASE_OK);
    BASE_TRY(version > VERSION_NOT_GONE ? field_read_bool(&reader, &group->vanished) : BASE_OK);
    BASE_TRY(version > VERSION_NOT_KEPT ? gap_read_kept(core, &reader, group) : BASE_OK);
    /* What goes on there only says that it was of that one. */
    BASE_ENSURE(version == VERSION || reader.left == 0, WEIBEL_ERR_VERSION);
    gap_loaded(group);
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
    tally_epoch(group);
    base_wipe(group->token, sizeof group->token);
}

static base_result write_about(struct weibel_core *core, const struct group_about *about, struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, ABOUT_MAX);
    about_write(&writer, about);
    return base_writer_finish(&writer, out);
}

static base_result make_mls(struct weibel_core *core, const uint8_t id[WIRE_STREAM_LEN],
                            const struct group_about *about, struct base_slice picture, struct mls_group **out) {
    struct base_bytes encoded BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes required BASE_CLEANUP(base_bytes_free) = { 0 };
    struct leaf leaf BASE_CLEANUP(leaf_free) = { .credential = { 0 } };
    struct mls_numbers numbers = { required_extensions, sizeof required_extensions / sizeof *required_extensions };
    BASE_TRY(write_about(core, about, &encoded));
    BASE_TRY(mls_required_capabilities_encode(core->options.allocator, numbers, (struct mls_numbers){ 0 },
                                              (struct mls_numbers){ 0 }, &required));
    BASE_TRY(leaf_make(core, NULL, 0, &leaf));
    const struct mls_extension extensions[] = {
        { MLS_EXTENSION_REQUIRED_CAPABILITIES, base_borrow(&required) },
        { GROUP_CHAT_EXTENSION, base_borrow(&encoded) },
        { GROUP_PICTURE_EXTENSION, picture },
    };
    struct mls_group_options options = { .extensions = extensions, .extension_count = picture.len > 0 ? 3 : 2 };
    return mls_group_create(&core->mls, GROUP_SUITE, base_slice(id, WIRE_STREAM_LEN), &leaf.identity, &options, out);
}

/* The group that a new one of this chat continues: the one that the change names, or else the last one that could not
 * go on. NULL: it is the first. Without its GroupContext only a chat of two goes on: there is nothing in it but a
 * timer. */
static const struct group *predecessor_of(const struct chat *chat) {
    const struct group *last = NULL;
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        if (group->state == GROUP_OPEN && group->number == chat->change.group) {
            return group;
        }
        bool usable = group->state == GROUP_LOST && (group->mls != NULL || chat->kind != CHAT_GROUP);
        if (usable && (last == NULL || group->generation > last->generation)) {
            last = group;
        }
    }
    return last;
}

static base_result new_about(struct weibel_core *core, const struct chat *chat, struct group_about *about,
                             struct base_bytes *roles) {
    *about = (struct group_about){ .kind = chat->kind };
    if (chat->kind == CHAT_DIRECT) {
        /* In what is older, one of those may be alone with the peer; or whoever was there before a backup. */
        uint32_t gone = device_count_gone(core);
        about->generation = gone > chat->generation ? gone : chat->generation;
    }
    if (chat->kind != CHAT_GROUP) {
        return BASE_OK;
    }
    struct about_entry owner = { .domain = base_slice_text(core->account.domain), .role = ROLE_OWNER };
    memcpy(owner.account, core->account.id, sizeof owner.account);
    BASE_TRY(about_role_set(core->options.allocator, about->roles, &owner, roles));
    memcpy(about->room, chat->room, sizeof about->room);
    about->name = base_slice_text(chat->name);
    about->roles = base_borrow(roles);
    return BASE_OK;
}

base_result group_create_mls(struct weibel_core *core, const struct chat *chat, struct mls_group **out) {
    uint8_t id[WIRE_STREAM_LEN];
    struct group_about about;
    struct base_bytes roles BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_slice picture = { 0 };
    const struct group *before = predecessor_of(chat);
    BASE_TRY(base_random_fill(core->options.random, id, sizeof id));
    if (before == NULL || before->mls == NULL) {
        BASE_TRY(new_about(core, chat, &about, &roles));
    } else {
        BASE_TRY(group_read_about(before->mls, &about));
        (void)mls_group_extension(before->mls, GROUP_PICTURE_EXTENSION, &picture);
    }
    if (before == NULL) {
        return make_mls(core, chat->kind == CHAT_GROUP ? chat->room : id, &about, picture, out);
    }
    about.generation = before->generation + 1;
    memcpy(about.predecessor, before->id, sizeof about.predecessor);
    return make_mls(core, id, &about, picture, out);
}

bool group_about(const struct group *group, struct group_about *out) {
    return group != NULL && group->mls != NULL && group_read_about(group->mls, out) == BASE_OK;
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
    BASE_TRY(roster_make(core->options.allocator, group->mls, NULL, &roster));
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
