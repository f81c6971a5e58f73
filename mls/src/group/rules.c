/* SPDX-License-Identifier: Apache-2.0 */
/* Which proposals are valid by themselves (§12.1). */
#include "group/rules.h"

#include "group/bundle.h"
#include "group/identity.h"
#include "group/limits.h"
#include "key_package.h"
#include "leaf_node.h"
#include "syntax/number_set.h"

base_result mls_credential_ask(const struct mls_group *group, enum mls_credential_use use,
                               const struct mls_member *member, const struct mls_member *before) {
    const struct mls_callbacks *callbacks = &group->context->callbacks;
    BASE_ENSURE(member->leaf_size <= mls_limits_of(group->context).leaf_size, MLS_ERR_LEAF_SIZE);
    if (callbacks->credential == NULL) {
        return BASE_OK;
    }
    struct mls_credential_check check = {
        .use = use,
        .group = group->epoch.context_bytes.len == 0 ? NULL : group,
        .member = member,
        .before = before,
    };
    return callbacks->credential(callbacks->user, &check);
}

bool mls_same_client(const struct mls_context *context, const struct mls_member *a, const struct mls_member *b) {
    if (context->callbacks.same_client != NULL) {
        return context->callbacks.same_client(context->callbacks.user, a, b);
    }
    return a->credential.type == b->credential.type && base_slice_equal(a->credential.content, b->credential.content);
}

base_result mls_external_senders_ask(const struct mls_group *group, struct base_slice extensions) {
    struct base_slice data;
    struct base_slice senders;
    if (!mls_extension_find(extensions, MLS_EXTENSION_EXTERNAL_SENDERS, &data)) {
        return BASE_OK;
    }
    BASE_TRY(mls_external_senders_decode(data, &senders));
    struct base_reader reader = base_reader(senders);
    while (reader.left != 0) {
        struct mls_external_sender sender;
        BASE_TRY(mls_external_sender_next(&reader, &sender));
        struct mls_member member = { .leaf = MLS_NONE,
                                     .credential = sender.credential,
                                     .signature_key = sender.signature_key };
        BASE_TRY(mls_credential_ask(group, MLS_CREDENTIAL_EXTERNAL_SENDER, &member, NULL));
    }
    return BASE_OK;
}

/* Of one leaf, or of all in the tree. */
struct supporter {
    const struct mls_leaf_node *leaf;
    const struct mls_tree *tree;
};

static bool supports(const struct supporter *who, enum mls_support_kind kind, uint16_t type) {
    return who->leaf != NULL ? mls_leaf_supports(who->leaf, kind, type) : mls_tree_all_support(who->tree, kind, type);
}

static base_result need_support(const struct supporter *who, enum mls_support_kind kind, struct base_slice list) {
    struct mls_number_set asked = { 0 }; /* a peer may have listed one number as often as a message has room */
    for (size_t i = 0; i < mls_list_count(list); i++) {
        uint16_t number = mls_list_at(list, i);
        BASE_ENSURE(!mls_number_set_add(&asked, number) || supports(who, kind, number), MLS_ERR_CAPABILITIES_REQUIRED);
    }
    return BASE_OK;
}

static base_result check_support(const struct supporter *who, struct base_slice extensions) {
    struct base_reader reader = base_reader(extensions);
    while (reader.left != 0) {
        struct mls_extension extension;
        BASE_TRY(mls_extension_next(&reader, &extension));
        BASE_ENSURE(supports(who, MLS_SUPPORT_EXTENSION, extension.type), MLS_ERR_CAPABILITIES_EXTENSION);
    }
    struct base_slice data;
    struct mls_required_capabilities required;
    if (mls_extension_find(extensions, MLS_EXTENSION_REQUIRED_CAPABILITIES, &data)) {
        BASE_TRY(mls_required_capabilities_decode(data, &required));
        BASE_TRY(need_support(who, MLS_SUPPORT_EXTENSION, required.extensions));
        BASE_TRY(need_support(who, MLS_SUPPORT_PROPOSAL, required.proposals));
        BASE_TRY(need_support(who, MLS_SUPPORT_CREDENTIAL, required.credentials));
    }
    return BASE_OK;
}

base_result mls_leaf_extensions_check(const struct mls_leaf_node *leaf, struct base_slice extensions) {
    return check_support(&(struct supporter){ .leaf = leaf }, extensions);
}

base_result mls_group_extensions_check(const struct mls_tree *tree, struct base_slice extensions) {
    struct base_slice data;
    BASE_TRY(check_support(&(struct supporter){ .tree = tree }, extensions));
    if (mls_extension_find(extensions, MLS_EXTENSION_EXTERNAL_SENDERS, &data)) {
        struct base_slice senders;
        BASE_TRY(mls_external_senders_decode(data, &senders));
    }
    return BASE_OK;
}

static base_result check_add(const struct mls_group *group, const struct mls_key_package *package) {
    /* Not that the lifetime is now: a member who was away, or whose clock is wrong, must follow all the same (§7.3
     * recommends the check to receivers, and demands it of senders: mls_proposal_make, mls_stage_select). */
    BASE_TRY(mls_leaf_node_check_lifetime_range(&package->leaf, mls_lifetime_policy_of(group->context).max_range));
    BASE_TRY(mls_key_package_verify(&group->crypto, package));
    struct mls_member member = mls_member_of(MLS_NONE, &package->leaf);
    return mls_credential_ask(group, MLS_CREDENTIAL_ADDED, &member, NULL);
}

static base_result check_update(const struct mls_group *group, uint32_t leaf, const struct mls_leaf_node *node) {
    const struct mls_leaf_node *old = mls_tree_leaf(&group->epoch.tree, leaf);
    BASE_ENSURE(old != NULL, MLS_ERR_PROPOSAL_LEAF);
    BASE_ENSURE(node->source == MLS_LEAF_UPDATE, MLS_ERR_LEAF_NODE_SOURCE);
    BASE_TRY(mls_leaf_node_check(&group->crypto, node));
    BASE_TRY(mls_leaf_node_verify(&group->crypto, node, group->epoch.context.group_id, leaf));
    struct mls_member member = mls_member_of(leaf, node);
    struct mls_member before = mls_member_of(leaf, old);
    return mls_credential_ask(group, MLS_CREDENTIAL_UPDATED, &member, &before);
}

static base_result check_psk(const struct mls_group *group, const struct mls_psk_id *psk) {
    BASE_ENSURE(psk->nonce.len == group->crypto.suite->hash_size, MLS_ERR_PROPOSAL_PSK);
    /* §12.1.4: the other usages tie a new group to its parent, in its founder's first commit alone (mls_stage_check).
     */
    BASE_ENSURE(psk->type != MLS_PSK_RESUMPTION || psk->usage == MLS_RESUMPTION_APPLICATION, MLS_ERR_PROPOSAL_PSK);
    return BASE_OK;
}

static bool may_propose(uint8_t sender_type, uint16_t type) {
    switch (sender_type) {
    case MLS_SENDER_MEMBER:
        return type != MLS_PROPOSAL_EXTERNAL_INIT;
    case MLS_SENDER_EXTERNAL:
        return type != MLS_PROPOSAL_EXTERNAL_INIT && type != MLS_PROPOSAL_UPDATE;
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
        return type == MLS_PROPOSAL_ADD;
    default:
        return type == MLS_PROPOSAL_EXTERNAL_INIT || type == MLS_PROPOSAL_REMOVE || type == MLS_PROPOSAL_PSK;
    }
}

base_result mls_proposal_check(const struct mls_group *group, const struct mls_sender *sender,
                               const struct mls_proposal *proposal) {
    BASE_ENSURE(may_propose(sender->type, proposal->type), MLS_ERR_PROPOSAL_SENDER);
    switch (proposal->type) {
    case MLS_PROPOSAL_ADD:
        return check_add(group, &proposal->of.add);
    case MLS_PROPOSAL_UPDATE:
        return check_update(group, sender->index, &proposal->of.update);
    case MLS_PROPOSAL_REMOVE:
        BASE_ENSURE(mls_tree_leaf(&group->epoch.tree, proposal->of.removed) != NULL, MLS_ERR_PROPOSAL_LEAF);
        return BASE_OK;
    case MLS_PROPOSAL_PSK:
        return check_psk(group, &proposal->of.psk);
    case MLS_PROPOSAL_REINIT:
        BASE_ENSURE(proposal->of.reinit.version >= MLS_VERSION_10, MLS_ERR_PROPOSAL_REINIT);
        return BASE_OK;
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        /* Whether all members support them is a question to those of the new epoch (§12.1.7). */
        return mls_external_senders_ask(group, proposal->of.extensions);
    default:
        return BASE_OK;
    }
}
