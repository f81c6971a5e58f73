/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Rights.
 */
#include "policy.h"

#include <string.h>

#include "group.h"
#include "leaf.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_CROWD, BASE_PEER, NULL, "a group has at most 10,000 devices");
BASE_DEFINE_ERROR(WEIBEL_ERR_RIGHT, BASE_PEER, NULL, "its author has no right to change that in this group");
BASE_DEFINE_ERROR(WEIBEL_ERR_INTRUDER, BASE_PEER, NULL, "somebody may not come into this chat this way");
BASE_DEFINE_ERROR(WEIBEL_ERR_PRESENT, BASE_PEER, NULL,
                  "a member's further device does not come by the invitation link");

uint32_t policy_capabilities(const struct group_about *about, enum about_role role) {
    if (about->kind == CHAT_DIRECT) {
        return CAN_SEND_MESSAGE | CAN_CHANGE_OTHER_POLICY_ATTRIBUTE;
    }
    uint32_t can =
        (about->add == ABOUT_ALL ? CAN_ADD_PARTICIPANT : 0u) | (about->post == ABOUT_ALL ? CAN_SEND_MESSAGE : 0u);
    if (role >= ROLE_ADMIN) {
        can |= CAN_ADD_PARTICIPANT | CAN_REMOVE_PARTICIPANT | CAN_SEND_MESSAGE | CAN_DELETE_OTHER_MESSAGE |
               CAN_CHANGE_ROOM_NAME | CAN_CHANGE_ROOM_DESCRIPTION | CAN_CHANGE_ROOM_AVATAR |
               CAN_CHANGE_OTHER_POLICY_ATTRIBUTE | CAN_CREATE_JOIN_CODE;
    }
    return can | (role == ROLE_OWNER ? CAN_CHANGE_USER_ROLE : 0u);
}

bool policy_may_remove(const struct group_about *about, enum about_role role, enum about_role whose) {
    return (policy_capabilities(about, role) & CAN_REMOVE_PARTICIPANT) != 0 && (role > whose || role == ROLE_OWNER);
}

/* The device with the least leaf among those of accounts with this role. */
static const struct roster_item *least_leaf(const struct roster *roster, const struct group_about *about,
                                            enum about_role role) {
    const struct roster_item *least = NULL;
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_item *item = &roster->items[i];
        bool fits = about_role_of(about, item->identity.account, item->identity.domain) == role;
        if (fits && (least == NULL || item->leaf < least->leaf)) {
            least = item;
        }
    }
    return least;
}

base_result policy_settle(const struct base_allocator *allocator, struct base_slice roles, const struct roster *roster,
                          struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(allocator, ABOUT_MAX);
    struct base_reader reader = base_reader(roles);
    bool owned = false;
    while (reader.left > 0) {
        struct about_entry entry;
        BASE_TRY(about_role_next(&reader, &entry));
        if (roster_find(roster, entry.account, entry.domain) != NULL) {
            about_role_write(&writer, &entry);
            owned = owned || entry.role == ROLE_OWNER;
        }
    }
    if (owned || roster->count == 0) {
        return base_writer_finish(&writer, out);
    }
    struct base_bytes left BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &left));
    const struct group_about about = { .roles = base_borrow(&left) };
    const struct roster_item *heir = least_leaf(roster, &about, ROLE_ADMIN);
    heir = heir == NULL ? least_leaf(roster, &about, ROLE_MEMBER) : heir;
    struct about_entry entry = { .domain = heir->identity.domain, .role = ROLE_OWNER };
    memcpy(entry.account, heir->identity.account, sizeof entry.account);
    return about_role_set(allocator, about.roles, &entry, out);
}

/* ---- One commit. ------------------------------------------------------------------------------------------------ */

struct judgement {
    const struct base_allocator *allocator;
    const struct mls_group *mls;
    const struct mls_staged *staged;
    struct group_about before, after;
    struct identity author;
    struct mls_member guest; /* the author, if he comes from outside */
    enum about_role role;    /* of the author */
    uint32_t can;
};

static bool same_account(const struct identity *a, const struct identity *b) {
    return about_compare(a->account, a->domain, b->account, b->domain) == 0;
}

static bool same_device(const struct identity *a, const struct identity *b) {
    return same_account(a, b) && memcmp(a->device, b->device, sizeof a->device) == 0 &&
           memcmp(a->identity_key, b->identity_key, sizeof a->identity_key) == 0;
}

static base_result member_at(const struct mls_group *mls, uint32_t leaf, struct identity *out) {
    struct mls_member member;
    BASE_ENSURE(mls_group_member(mls, leaf, &member), WEIBEL_ERR_RIGHT);
    return identity_peek(member.credential.content, out);
}

/* Somebody asks by a proposal of his own to be taken out, with all devices of the account. */
static bool asks_to_leave(const struct judgement *judgement, const struct identity *account) {
    for (size_t i = 0; i < mls_staged_proposal_count(judgement->staged); i++) {
        struct mls_proposal_view proposal = mls_staged_proposal(judgement->staged, i);
        struct identity leaver;
        if (proposal.by_reference && proposal.type == MLS_PROPOSAL_REMOVE &&
            member_at(judgement->mls, proposal.sender, &leaver) == BASE_OK && same_account(&leaver, account)) {
            return true;
        }
    }
    return false;
}

static bool is_of(const struct mls_member *member, const struct identity *device) {
    struct identity identity;
    return identity_peek(member->credential.content, &identity) == BASE_OK && same_device(&identity, device);
}

static bool touches(const struct mls_staged *staged, const struct identity *device, enum mls_change_kind by) {
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        const struct mls_member *member = change.kind == MLS_CHANGE_ADDED ? &change.after : &change.before;
        if (change.kind == by && is_of(member, device)) {
            return true;
        }
    }
    return false;
}

bool policy_is_replaced(const struct mls_staged *staged, const struct identity *device) {
    return touches(staged, device, MLS_CHANGE_ADDED) && touches(staged, device, MLS_CHANGE_REMOVED);
}

/* Likewise, and it has asked for that itself: whoever lets it in shows its wish. Else any member could throw a device
 * out, by a key package that it can't use any more. */
static bool asks_to_return(const struct judgement *judgement, const struct identity *device) {
    const struct mls_staged *staged = judgement->staged;
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change removed = mls_staged_change(staged, i);
        if (removed.kind != MLS_CHANGE_REMOVED || !is_of(&removed.before, device)) {
            continue;
        }
        for (size_t k = 0; k < mls_staged_change_count(staged); k++) {
            struct mls_change added = mls_staged_change(staged, k);
            if (added.kind == MLS_CHANGE_ADDED && is_of(&added.after, device) &&
                leaf_is_wish(&removed.before, &added.after, mls_group_id(judgement->mls))) {
                return true;
            }
        }
    }
    return false;
}

/* Who comes by the link a second time takes the place of what he has left there before: that very device. */
static bool is_own_leaf(const struct judgement *judgement, const struct mls_member *before) {
    return is_of(before, &judgement->author) && leaf_is_same_key(before, &judgement->guest);
}

static bool comes_again(const struct judgement *judgement) {
    for (size_t i = 0; i < mls_staged_change_count(judgement->staged); i++) {
        struct mls_change change = mls_staged_change(judgement->staged, i);
        if (change.kind == MLS_CHANGE_REMOVED && is_own_leaf(judgement, &change.before)) {
            return true;
        }
    }
    return false;
}

static base_result check_removed(const struct judgement *judgement, const struct mls_change *change, bool by_link) {
    struct identity whose;
    BASE_TRY(identity_peek(change->before.credential.content, &whose));
    if (by_link) {
        BASE_ENSURE(is_own_leaf(judgement, &change->before), WEIBEL_ERR_RIGHT);
        return BASE_OK;
    }
    enum about_role role = about_role_of(&judgement->before, whose.account, whose.domain);
    BASE_ENSURE(policy_may_remove(&judgement->before, judgement->role, role) ||
                    same_account(&whose, &judgement->author) || asks_to_leave(judgement, &whose) ||
                    asks_to_return(judgement, &whose),
                WEIBEL_ERR_RIGHT);
    return BASE_OK;
}

static base_result check_added(const struct judgement *judgement, const struct roster *before,
                               const struct mls_change *change, bool by_link) {
    struct identity whose;
    BASE_TRY(identity_peek(change->after.credential.content, &whose));
    const struct roster_item *known = roster_find(before, whose.account, whose.domain);
    if (known == NULL) {
        BASE_ENSURE(by_link || (judgement->can & CAN_ADD_PARTICIPANT) != 0, WEIBEL_ERR_RIGHT);
        return BASE_OK;
    }
    /* Another device of a member: his own doing, and signed by the same identity key. */
    bool same_key = memcmp(known->identity.identity_key, whose.identity_key, sizeof whose.identity_key) == 0;
    BASE_ENSURE(same_key, WEIBEL_ERR_INTRUDER);
    /* A device that was removed has that key, too, and knows the link: those who are in let others in. */
    BASE_ENSURE(!by_link || comes_again(judgement), WEIBEL_ERR_PRESENT);
    BASE_ENSURE(same_account(&whose, &judgement->author) || asks_to_return(judgement, &whose), WEIBEL_ERR_INTRUDER);
    return BASE_OK;
}

bool policy_fits(size_t devices, size_t added, size_t removed) {
    return added == 0 || devices + added <= POLICY_MAX_DEVICES + removed;
}

static base_result check_size(const struct judgement *judgement) {
    size_t counts[MLS_CHANGE_REMOVED + 1] = { 0 };
    for (size_t i = 0; i < mls_staged_change_count(judgement->staged); i++) {
        counts[mls_staged_change(judgement->staged, i).kind]++;
    }
    BASE_ENSURE(
        policy_fits(mls_group_member_count(judgement->mls), counts[MLS_CHANGE_ADDED], counts[MLS_CHANGE_REMOVED]),
        WEIBEL_ERR_CROWD);
    return BASE_OK;
}

static base_result check_members(const struct judgement *judgement, bool by_link) {
    struct roster before BASE_CLEANUP(roster_free) = { 0 };
    for (size_t i = 0; i < mls_staged_change_count(judgement->staged); i++) {
        struct mls_change change = mls_staged_change(judgement->staged, i);
        if (change.kind == MLS_CHANGE_ADDED && judgement->before.kind == CHAT_GROUP) {
            if (before.items == NULL) {
                BASE_TRY(roster_make(judgement->allocator, judgement->mls, NULL, &before));
            }
            BASE_TRY(check_added(judgement, &before, &change, by_link));
        } else if (change.kind == MLS_CHANGE_REMOVED) {
            BASE_TRY(check_removed(judgement, &change, by_link));
        }
    }
    return BASE_OK;
}

base_result policy_roster_after(const struct base_allocator *allocator, const struct mls_group *mls,
                                const struct mls_staged *staged, struct roster *out) {
    size_t count = mls_staged_change_count(staged);
    struct roster_change leaves BASE_CLEANUP(roster_change_free) = { 0 };
    BASE_TRY(roster_change_begin(allocator, count, count, &leaves));
    for (size_t i = 0; i < count; i++) {
        struct mls_change change = mls_staged_change(staged, i);
        if (change.kind == MLS_CHANGE_REMOVED) {
            roster_change_remove(&leaves, change.leaf);
        } else if (change.kind == MLS_CHANGE_ADDED) {
            BASE_TRY(roster_change_add(&leaves, change.leaf, &change.after));
        }
    }
    return roster_make(allocator, mls, &leaves, out);
}

/* Who has a role must be a member, and without the right to give roles away nothing but what has to change does. */
static base_result check_roles(const struct judgement *judgement) {
    bool any = !base_slice_equal(judgement->before.roles, judgement->after.roles);
    for (size_t i = 0; i < mls_staged_change_count(judgement->staged) && !any; i++) {
        any = mls_staged_change(judgement->staged, i).kind == MLS_CHANGE_REMOVED;
    }
    if (!any) {
        return BASE_OK;
    }
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    struct base_bytes settled BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(policy_roster_after(judgement->allocator, judgement->mls, judgement->staged, &roster));
    bool may = (judgement->can & CAN_CHANGE_USER_ROLE) != 0;
    /* An owner may set them anew, as long as they are what settling would leave as it is. */
    BASE_TRY(
        policy_settle(judgement->allocator, may ? judgement->after.roles : judgement->before.roles, &roster, &settled));
    BASE_ENSURE(base_slice_equal(base_borrow(&settled), judgement->after.roles), WEIBEL_ERR_RIGHT);
    return BASE_OK;
}

static base_result need(const struct judgement *judgement, bool changed, enum policy_can can) {
    BASE_ENSURE(!changed || (judgement->can & (uint32_t)can) != 0, WEIBEL_ERR_RIGHT);
    return BASE_OK;
}

static base_result check_about(const struct judgement *judgement) {
    const struct group_about *before = &judgement->before, *after = &judgement->after;
    BASE_ENSURE(before->kind == after->kind && before->generation == after->generation &&
                    memcmp(before->room, after->room, sizeof before->room) == 0 &&
                    memcmp(before->predecessor, after->predecessor, sizeof before->predecessor) == 0,
                WEIBEL_ERR_RIGHT);
    struct base_slice picture = { 0 }, new_picture = { 0 };
    (void)mls_group_extension(judgement->mls, GROUP_PICTURE_EXTENSION, &picture);
    (void)mls_staged_extension(judgement->staged, GROUP_PICTURE_EXTENSION, &new_picture);
    BASE_TRY(need(judgement, !base_slice_equal(before->name, after->name), CAN_CHANGE_ROOM_NAME));
    BASE_TRY(need(judgement, !base_slice_equal(before->description, after->description), CAN_CHANGE_ROOM_DESCRIPTION));
    BASE_TRY(need(judgement, !base_slice_equal(picture, new_picture), CAN_CHANGE_ROOM_AVATAR));
    BASE_TRY(need(judgement, !base_slice_equal(before->link, after->link), CAN_CREATE_JOIN_CODE));
    return need(judgement,
                before->expire != after->expire || before->expire_min != after->expire_min ||
                    before->expire_max != after->expire_max || before->expiring != after->expiring ||
                    before->history != after->history || before->join != after->join || before->post != after->post ||
                    before->add != after->add,
                CAN_CHANGE_OTHER_POLICY_ATTRIBUTE);
}

/* Nothing of the GroupContext but what a chat has in it, and what everybody must be able to do stays as it is. */
static base_result check_extensions(const struct judgement *judgement, struct base_slice extensions) {
    struct base_reader reader = base_reader(extensions);
    while (reader.left > 0) {
        struct mls_extension extension;
        struct base_slice before;
        BASE_TRY(mls_extension_next(&reader, &extension));
        if (extension.type == MLS_EXTENSION_REQUIRED_CAPABILITIES) {
            BASE_ENSURE(mls_group_extension(judgement->mls, extension.type, &before) &&
                            base_slice_equal(before, extension.data),
                        WEIBEL_ERR_RIGHT);
        } else if (extension.type == GROUP_PICTURE_EXTENSION) {
            struct about_picture picture;
            BASE_ENSURE(about_picture_read(extension.data, &picture) == BASE_OK, WEIBEL_ERR_RIGHT);
        } else {
            BASE_ENSURE(extension.type == GROUP_CHAT_EXTENSION, WEIBEL_ERR_RIGHT);
        }
    }
    struct base_slice required;
    BASE_ENSURE(mls_staged_extension(judgement->staged, MLS_EXTENSION_REQUIRED_CAPABILITIES, &required),
                WEIBEL_ERR_RIGHT);
    return BASE_OK;
}

static base_result check_proposals(const struct judgement *judgement, bool external) {
    for (size_t i = 0; i < mls_staged_proposal_count(judgement->staged); i++) {
        struct mls_proposal_view proposal = mls_staged_proposal(judgement->staged, i);
        bool usual = proposal.type == MLS_PROPOSAL_ADD || proposal.type == MLS_PROPOSAL_REMOVE;
        if (proposal.type == MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS && !external) {
            BASE_TRY(check_extensions(judgement, proposal.extensions));
            usual = true;
        }
        BASE_ENSURE(usual || (external && proposal.type == MLS_PROPOSAL_EXTERNAL_INIT), WEIBEL_ERR_RIGHT);
        if (proposal.by_reference) {
            BASE_TRY(policy_check_proposal(judgement->mls, &proposal));
        }
    }
    return BASE_OK;
}

base_result policy_check_proposal(const struct mls_group *mls, const struct mls_proposal_view *proposal) {
    struct identity sender, removed;
    BASE_ENSURE(proposal->type == MLS_PROPOSAL_REMOVE && proposal->sender_type == MLS_SENDER_MEMBER, WEIBEL_ERR_RIGHT);
    BASE_TRY(member_at(mls, proposal->sender, &sender));
    BASE_TRY(member_at(mls, proposal->removed, &removed));
    BASE_ENSURE(same_account(&sender, &removed), WEIBEL_ERR_RIGHT);
    return BASE_OK;
}

base_result policy_check_commit(const struct base_allocator *allocator, const struct mls_group *mls,
                                const struct mls_staged *staged, bool by_link) {
    struct judgement judgement = { .allocator = allocator, .mls = mls, .staged = staged };
    struct base_slice after;
    bool external;
    uint32_t committer = mls_staged_committer(staged, &external);
    BASE_ENSURE(group_read_about(mls, &judgement.before) == BASE_OK, WEIBEL_ERR_RIGHT);
    BASE_ENSURE(mls_staged_extension(staged, GROUP_CHAT_EXTENSION, &after) &&
                    about_read(after, &judgement.after) == BASE_OK,
                WEIBEL_ERR_RIGHT);
    if (external) {
        BASE_ENSURE(by_link && judgement.before.join == ABOUT_BY_LINK &&
                        mls_staged_member(staged, committer, &judgement.guest),
                    WEIBEL_ERR_INTRUDER);
        BASE_TRY(identity_peek(judgement.guest.credential.content, &judgement.author));
        judgement.role = ROLE_MEMBER;
    } else {
        BASE_TRY(member_at(mls, committer, &judgement.author));
        judgement.role = about_role_of(&judgement.before, judgement.author.account, judgement.author.domain);
        judgement.can = policy_capabilities(&judgement.before, judgement.role);
        /* The first commit is judged by those who come in by it, and who see the whole group (heal.h). */
        judgement.can |= mls_group_epoch(mls) == 0 ? CAN_ADD_PARTICIPANT : 0u;
    }
    BASE_TRY(check_proposals(&judgement, external));
    BASE_TRY(check_about(&judgement));
    BASE_TRY(check_size(&judgement));
    BASE_TRY(check_members(&judgement, external));
    return judgement.before.kind != CHAT_GROUP ? BASE_OK : check_roles(&judgement);
}
