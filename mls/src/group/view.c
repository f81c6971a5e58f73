/* SPDX-License-Identifier: Apache-2.0 */
/* What applications can ask of a group and of a staged commit. */
#include "group/view.h"

#include <string.h>

#include "group/identity.h"
#include "group/psks.h"

struct mls_proposal_view mls_proposal_view_of(const struct mls_tree *tree, const struct mls_proposal *proposal,
                                              const struct mls_sender *sender) {
    struct mls_proposal_view view = {
        .type = proposal->type,
        .sender_type = (enum mls_sender_type)sender->type,
        .sender = sender->index,
    };
    const struct mls_leaf_node *removed;
    switch (proposal->type) {
    case MLS_PROPOSAL_ADD:
        view.member = mls_member_of(MLS_NONE, &proposal->of.add.leaf);
        break;
    case MLS_PROPOSAL_UPDATE:
        view.member = mls_member_of(sender->index, &proposal->of.update);
        break;
    case MLS_PROPOSAL_REMOVE:
        view.removed = proposal->of.removed;
        removed = mls_tree_leaf(tree, view.removed);
        if (removed != NULL) {
            view.member = mls_member_of(view.removed, removed);
        }
        break;
    case MLS_PROPOSAL_PSK:
        view.psk = proposal->of.psk;
        break;
    case MLS_PROPOSAL_REINIT:
        view.new_group_id = proposal->of.reinit.group_id;
        view.new_suite = proposal->of.reinit.cipher_suite;
        view.extensions = proposal->of.reinit.extensions;
        break;
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        view.extensions = proposal->of.extensions;
        break;
    default:
        break;
    }
    return view;
}

uint16_t mls_group_suite(const struct mls_group *group) {
    return group->epoch.context.cipher_suite;
}

struct base_slice mls_group_id(const struct mls_group *group) {
    return group->epoch.context.group_id;
}

uint64_t mls_group_epoch(const struct mls_group *group) {
    return group->epoch.context.epoch;
}

uint32_t mls_group_own_leaf(const struct mls_group *group) {
    return group->state == MLS_GROUP_FOLLOWED ? MLS_NONE : mls_own_leaf(group);
}

enum mls_group_state mls_group_state(const struct mls_group *group) {
    return group->state;
}

bool mls_group_extension(const struct mls_group *group, uint16_t type, struct base_slice *data) {
    return mls_extension_find(group->epoch.context.extensions, type, data);
}

struct base_slice mls_group_encoded_context(const struct mls_group *group) {
    return base_borrow(&group->epoch.context_bytes);
}

uint32_t mls_group_member_count(const struct mls_group *group) {
    return mls_tree_member_count(&group->epoch.tree);
}

uint32_t mls_group_leaf_count(const struct mls_group *group) {
    return mls_tree_width(&group->epoch.tree);
}

static bool member_at(const struct mls_tree *tree, uint32_t leaf, struct mls_member *out) {
    const struct mls_leaf_node *node = mls_tree_leaf(tree, leaf);
    if (node == NULL) {
        return false;
    }
    *out = mls_member_of(leaf, node);
    return true;
}

bool mls_group_member(const struct mls_group *group, uint32_t leaf, struct mls_member *out) {
    return member_at(&group->epoch.tree, leaf, out);
}

bool mls_group_next_member(const struct mls_group *group, uint32_t *leaf, struct mls_member *out) {
    return mls_tree_next_member(&group->epoch.tree, leaf) && member_at(&group->epoch.tree, *leaf, out);
}

static base_result export_of(const struct mls_group *group, const struct mls_epoch *epoch, const char *label,
                             struct base_slice context, uint8_t *out, size_t len) {
    BASE_ENSURE(epoch->messages != NULL, MLS_ERR_GROUP_STATE);
    return mls_exporter(&group->crypto, &epoch->secrets.exporter_secret, base_slice_text(label), context, out, len);
}

base_result mls_group_export(const struct mls_group *group, const char *label, struct base_slice context, uint8_t *out,
                             size_t len) {
    return export_of(group, &group->epoch, label, context, out, len);
}

struct base_slice mls_group_epoch_authenticator(const struct mls_group *group) {
    return mls_secret_slice(&group->epoch.secrets.epoch_authenticator);
}

base_result mls_group_resumption_psk(const struct mls_group *group, uint64_t epoch, struct mls_secret *out) {
    const struct mls_secret *psk = mls_resumption_find(group, epoch);
    BASE_ENSURE(psk != NULL, MLS_ERR_PSK_UNKNOWN);
    *out = *psk;
    return BASE_OK;
}

size_t mls_group_proposal_count(const struct mls_group *group) {
    return group->cache.count;
}

struct mls_proposal_view mls_group_proposal(const struct mls_group *group, size_t index) {
    const struct mls_framed_content *content = &group->cache.items[index]->content.content;
    return mls_proposal_view_of(&group->epoch.tree, &content->of.proposal, &content->sender);
}

uint64_t mls_staged_epoch(const struct mls_staged *staged) {
    return staged->epoch.context.epoch;
}

uint32_t mls_staged_committer(const struct mls_staged *staged, bool *external) {
    if (external != NULL) {
        *external = staged->external;
    }
    return staged->committer;
}

size_t mls_staged_change_count(const struct mls_staged *staged) {
    return staged->change_count;
}

struct mls_change mls_staged_change(const struct mls_staged *staged, size_t index) {
    return staged->changes[index];
}

size_t mls_staged_proposal_count(const struct mls_staged *staged) {
    return staged->list_count;
}

struct mls_proposal_view mls_staged_proposal(const struct mls_staged *staged, size_t index) {
    const struct mls_listed *item = &staged->list[index];
    struct mls_proposal_view view = mls_proposal_view_of(&staged->before, &item->proposal, &item->sender);
    view.by_reference = item->cached != NULL;
    return view;
}

bool mls_staged_removes_self(const struct mls_staged *staged) {
    return staged->removes_self;
}

bool mls_staged_extension(const struct mls_staged *staged, uint16_t type, struct base_slice *data) {
    return mls_extension_find(staged->epoch.context.extensions, type, data);
}

bool mls_staged_member(const struct mls_staged *staged, uint32_t leaf, struct mls_member *out) {
    return member_at(&staged->epoch.tree, leaf, out);
}

base_result mls_staged_export(const struct mls_staged *staged, const char *label, struct base_slice context,
                              uint8_t *out, size_t len) {
    return export_of(staged->group, &staged->epoch, label, context, out, len);
}

struct base_slice mls_staged_epoch_authenticator(const struct mls_staged *staged) {
    return mls_secret_slice(&staged->epoch.secrets.epoch_authenticator);
}
