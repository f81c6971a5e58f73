/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the GroupContext becomes with a commit of ours: the change's wish, and what follows from who is gone.
 */
#include <string.h>

#include "change.h"
#include "contact.h"
#include "group.h"
#include "policy.h"

struct building {
    struct group_about about;
    struct about_picture picture;
    struct base_bytes roles, settled;
    uint8_t link[ABOUT_LINK_LEN];
};

static void free_building(struct building *building) {
    base_bytes_free(&building->roles);
    base_bytes_free(&building->settled);
}

void change_free_context(struct change_context *made) {
    base_bytes_free(&made->about);
    base_bytes_free(&made->picture);
}

static base_result set_roles(struct weibel_core *core, const struct change *change, uint8_t role,
                             struct building *building) {
    for (size_t i = 0; i < change->contact_count; i++) {
        /* Number 0 is this account itself. */
        const struct contact *contact = contact_at(core, change->contacts[i]);
        struct about_entry entry = {
            .domain = base_slice_text(contact == NULL ? core->account.domain : contact->domain),
            .role = role,
        };
        memcpy(entry.account, contact == NULL ? core->account.id : contact->id, sizeof entry.account);
        struct base_bytes next BASE_CLEANUP(base_bytes_free) = { 0 };
        BASE_TRY(about_role_set(core->options.allocator, building->about.roles, &entry, &next));
        base_bytes_move(&building->roles, &next);
        building->about.roles = base_borrow(&building->roles);
    }
    return BASE_OK;
}

static base_result apply_edit(struct weibel_core *core, const struct change *change, struct building *building) {
    struct about_edit edit;
    struct group_about *about = &building->about;
    if (change->edit.len == 0) {
        return BASE_OK;
    }
    BASE_TRY(about_edit_read(base_borrow(&change->edit), &edit));
    about->name = (edit.fields & ABOUT_NAME) != 0 ? edit.name : about->name;
    about->description = (edit.fields & ABOUT_DESCRIPTION) != 0 ? edit.description : about->description;
    about_edit_expiry(&edit, about);
    about->history = (edit.fields & ABOUT_HISTORY) != 0 ? edit.history : about->history;
    about->post = (edit.fields & ABOUT_POST) != 0 ? edit.post : about->post;
    about->add = (edit.fields & ABOUT_ADD) != 0 ? edit.add : about->add;
    if ((edit.fields & ABOUT_PICTURE) != 0) {
        building->picture = edit.picture;
    }
    /* A link that is there stays what it is. */
    if ((edit.fields & ABOUT_JOIN) != 0 && edit.join != about->join) {
        about->join = edit.join;
        about->link = edit.link;
    }
    return (edit.fields & ABOUT_ROLE) != 0 ? set_roles(core, change, edit.role, building) : BASE_OK;
}

static base_result gather_leaves(struct weibel_core *core, const struct group *group,
                                 const struct mls_proposal_input *proposals, size_t count, size_t cached,
                                 struct roster_change *out) {
    BASE_TRY(roster_change_begin(core->options.allocator, count + cached, count, out));
    for (size_t i = 0; i < cached; i++) {
        struct mls_proposal_view proposal = mls_group_proposal(group->mls, i);
        bool goes = proposal.removed != mls_group_own_leaf(group->mls); /* nobody takes himself out */
        if (proposal.type == MLS_PROPOSAL_REMOVE && goes) {
            roster_change_remove(out, proposal.removed);
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct mls_key_package_info info;
        if (proposals[i].type == MLS_PROPOSAL_REMOVE) {
            roster_change_remove(out, proposals[i].removed);
        } else if (proposals[i].type == MLS_PROPOSAL_ADD) {
            BASE_TRY(mls_key_package_inspect(&core->mls, proposals[i].key_package, &info));
            BASE_TRY(roster_change_add(out, UINT32_MAX - 1, &info.member)); /* whoever is there already comes before */
        }
    }
    return BASE_OK;
}

static bool removes_any(const struct mls_proposal_input *proposals, size_t count, size_t cached) {
    bool any = cached > 0;
    for (size_t i = 0; i < count && !any; i++) {
        any = proposals[i].type == MLS_PROPOSAL_REMOVE;
    }
    return any;
}

static base_result settle(struct weibel_core *core, const struct chat *chat, const struct group *group,
                          const struct mls_proposal_input *proposals, size_t count, size_t cached,
                          struct building *building) {
    struct roster_change leaves BASE_CLEANUP(roster_change_free) = { 0 };
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    bool any = removes_any(proposals, count, cached);
    if (building->about.kind != CHAT_GROUP || (!any && building->roles.len == 0)) {
        return BASE_OK;
    }
    BASE_TRY(gather_leaves(core, group, proposals, count, cached, &leaves));
    BASE_TRY(roster_make(core->options.allocator, group->mls, &leaves, &roster));
    BASE_TRY(policy_settle(core->options.allocator, building->about.roles, &roster, &building->settled));
    building->about.roles = base_borrow(&building->settled);
    /* Who was removed has read the link, unless he is only added again (unreached.h). */
    if (chat->change.kind == CHANGE_REMOVE && chat->change.tries == 0 && building->about.link.len > 0) {
        BASE_TRY(base_random_fill(core->options.random, building->link, sizeof building->link));
        building->about.link = base_slice(building->link, sizeof building->link);
    }
    return BASE_OK;
}

static base_result write_extensions(struct weibel_core *core, const struct group *group, struct building *building,
                                    struct change_context *made) {
    struct base_slice required, before = { 0 }, picture_before = { 0 };
    struct base_writer about BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, ABOUT_MAX);
    struct base_writer picture BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, ABOUT_MAX);
    about_write(&about, &building->about);
    if (building->picture.data.len > 0) {
        about_picture_write(&picture, &building->picture);
    }
    BASE_TRY(base_writer_finish(&about, &made->about));
    BASE_TRY(base_writer_finish(&picture, &made->picture));
    BASE_ENSURE(mls_group_extension(group->mls, MLS_EXTENSION_REQUIRED_CAPABILITIES, &required) &&
                    mls_group_extension(group->mls, GROUP_CHAT_EXTENSION, &before),
                BASE_ERR_VALUE);
    (void)mls_group_extension(group->mls, GROUP_PICTURE_EXTENSION, &picture_before);
    made->changes = !base_slice_equal(before, base_borrow(&made->about)) ||
                    !base_slice_equal(picture_before, base_borrow(&made->picture));
    made->extensions[0] = (struct mls_extension){ MLS_EXTENSION_REQUIRED_CAPABILITIES, required };
    made->extensions[1] = (struct mls_extension){ GROUP_CHAT_EXTENSION, base_borrow(&made->about) };
    made->extensions[2] = (struct mls_extension){ GROUP_PICTURE_EXTENSION, base_borrow(&made->picture) };
    made->proposal = (struct mls_proposal_input){
        .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
        .extensions = made->extensions,
        .extension_count = made->picture.len > 0 ? 3 : 2,
    };
    return BASE_OK;
}

base_result change_make_context(struct weibel_core *core, const struct chat *chat, const struct group *group,
                                const struct mls_proposal_input *proposals, size_t count, bool alone,
                                struct change_context *made) {
    size_t cached = alone ? 0 : mls_group_proposal_count(group->mls);
    struct building building BASE_CLEANUP(free_building) = { .picture = group_picture(group->mls) };
    BASE_TRY(group_read_about(group->mls, &building.about));
    BASE_TRY(apply_edit(core, &chat->change, &building));
    BASE_TRY(settle(core, chat, group, proposals, count, cached, &building));
    return write_extensions(core, group, &building, made);
}
