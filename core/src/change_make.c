/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Writing the commit of a change, or the proposal to leave, with the Welcomes that belong to it.
 */
#include <string.h>

#include "account.h"
#include "change.h"
#include "chat.h"
#include "contact.h"
#include "device.h"
#include "gap.h"
#include "group.h"
#include "identity.h"
#include "join.h"
#include "leaf.h"
#include "letter.h"
#include "policy.h"
#include "roster.h"
#include "tree.h"
#include "vouch.h"

enum {
    HANDSHAKE_PADDING = 256,
    FEW_ADDS = 64, /* key packages, with a path through the tree beside them, that fit an entry in any group */
};

struct proposals {
    struct mls_proposal_input *items;
    size_t count, room;
};

static void free_proposals(struct proposals *proposals) {
    base_free(proposals->items);
}

static base_result take_proposals(struct weibel_core *core, size_t count, struct proposals *out) {
    /* One more for the GroupContext, and one for each leaf that goes with a leaver. */
    size_t room = count + 1 + STATE_MAX_LEAVERS;
    out->items = (struct mls_proposal_input *)base_take(core->options.allocator, room, sizeof *out->items);
    BASE_ENSURE(out->items != NULL, BASE_ERR_NO_MEMORY);
    out->room = room;
    return BASE_OK;
}

static void propose(struct proposals *proposals, struct mls_proposal_input proposal) {
    if (proposals->count + 1 < proposals->room) {
        proposals->items[proposals->count++] = proposal;
    }
}

/* Removes all devices of an account. */
static void propose_account(const struct roster *roster, const uint8_t account[WIRE_ACCOUNT_LEN],
                            struct base_slice domain, struct proposals *out) {
    const struct roster_item *item = roster_find(roster, account, domain);
    for (; item != NULL && item < roster->items + roster->count &&
           about_compare(item->identity.account, item->identity.domain, account, domain) == 0;
         item++) {
        propose(out, (struct mls_proposal_input){ .type = MLS_PROPOSAL_REMOVE, .removed = item->leaf });
    }
}

/* Others may have added it before us. Of our own account there may be some already, and others gone meanwhile. */
static bool is_unneeded(const struct weibel_core *core, const struct chat *chat, const struct roster *roster,
                        const struct taken *taken) {
    const struct contact *contact = contact_at(core, taken->contact);
    struct base_slice domain = base_slice_text(contact->domain);
    const struct roster_item *item = roster_find(roster, contact->id, domain);
    if (about_compare(contact->id, domain, core->account.id, base_slice_text(core->account.domain)) != 0) {
        return item != NULL;
    }
    for (; item != NULL && item < roster->items + roster->count &&
           about_compare(item->identity.account, item->identity.domain, contact->id, domain) == 0;
         item++) {
        if (memcmp(item->identity.device, taken->device, sizeof taken->device) == 0) {
            return true;
        }
    }
    return !device_is_wanted(core, chat, taken->device);
}

static base_result propose_adds(struct weibel_core *core, const struct chat *chat, const struct group *group,
                                struct proposals *out) {
    const struct list *taken = &chat->change.taken;
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    BASE_TRY(roster_make(core->options.allocator, group->mls, NULL, &roster));
    BASE_TRY(take_proposals(core, taken->count, out));
    for (size_t i = 0; i < taken->count; i++) {
        struct taken *one = (struct taken *)taken->items[i];
        one->unneeded = is_unneeded(core, chat, &roster, one);
        if (!one->unneeded) {
            propose(out, (struct mls_proposal_input){ .type = MLS_PROPOSAL_ADD,
                                                      .key_package = base_borrow(&one->key_package) });
        }
    }
    return BASE_OK;
}

/* Out with the device that has lost its place, and in with it again; unless somebody else was faster, or it is none of
 * the group any more. */
static base_result propose_reentry(struct weibel_core *core, const struct chat *chat, const struct group *group,
                                   struct proposals *out) {
    const struct list *taken = &chat->change.taken;
    BASE_TRY(take_proposals(core, 2, out));
    for (size_t i = 0; i < taken->count && chat->change.group == group->number; i++) {
        struct taken *one = (struct taken *)taken->items[i];
        struct mls_key_package_info info;
        struct mls_member member;
        BASE_TRY(mls_key_package_inspect(&core->mls, base_borrow(&one->key_package), &info));
        one->unneeded = true;
        for (uint32_t leaf = 0; one->unneeded && mls_group_next_member(group->mls, &leaf, &member); leaf++) {
            if (join_same_client(core, &member, &info.member) &&
                !base_slice_equal(member.encryption_key, info.member.encryption_key) &&
                leaf_note_of(&info.member).made_at > leaf_note_of(&member).made_at) {
                one->unneeded = false;
                propose(out, (struct mls_proposal_input){ .type = MLS_PROPOSAL_REMOVE, .removed = leaf });
                propose(out, (struct mls_proposal_input){ .type = MLS_PROPOSAL_ADD,
                                                          .key_package = base_borrow(&one->key_package) });
            }
        }
    }
    return BASE_OK;
}

/* All devices of those who are named, each of whom is named once. */
static base_result propose_removes(struct weibel_core *core, const struct chat *chat, const struct group *group,
                                   struct proposals *out) {
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    BASE_TRY(roster_make(core->options.allocator, group->mls, NULL, &roster));
    BASE_TRY(take_proposals(core, roster.count, out));
    for (size_t i = 0; i < chat->change.contact_count; i++) {
        const struct contact *contact = contact_at(core, chat->change.contacts[i]);
        propose_account(&roster, contact->id, base_slice_text(contact->domain), out);
    }
    return BASE_OK;
}

static bool account_at(const struct group *group, uint32_t leaf, struct identity *out) {
    struct mls_member member;
    return mls_group_member(group->mls, leaf, &member) && identity_peek(member.credential.content, out) == BASE_OK;
}

static bool may_remove(const struct weibel_core *core, const struct group *group, uint32_t leaf) {
    struct group_about about;
    struct identity identity;
    return group_read_about(group->mls, &about) == BASE_OK && account_at(group, leaf, &identity) &&
           policy_may_remove(&about, group_own_role(core, &about),
                             about_role_of(&about, identity.account, identity.domain));
}

static bool is_cached(const struct group *group, uint32_t leaf) {
    for (size_t i = 0; i < mls_group_proposal_count(group->mls); i++) {
        struct mls_proposal_view proposal = mls_group_proposal(group->mls, i);
        if (proposal.type == MLS_PROPOSAL_REMOVE && proposal.removed == leaf) {
            return true;
        }
    }
    return false;
}

/* Who leaves goes with all devices, whichever of them has said so: but what a device wishes that its account does not
 * have any more is for itself. */
static base_result propose_other_devices(struct weibel_core *core, const struct group *group, struct proposals *out) {
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    size_t count = mls_group_proposal_count(group->mls);
    BASE_TRY(count == 0 ? BASE_OK : roster_make(core->options.allocator, group->mls, NULL, &roster));
    for (size_t i = 0; i < count; i++) {
        struct mls_proposal_view proposal = mls_group_proposal(group->mls, i);
        struct identity leaver;
        if (proposal.type != MLS_PROPOSAL_REMOVE || proposal.sender_type != MLS_SENDER_MEMBER ||
            !account_at(group, proposal.sender, &leaver) || vouch_is_unlisted(core, group, proposal.sender, &leaver)) {
            continue;
        }
        const struct roster_item *item = roster_find(&roster, leaver.account, leaver.domain);
        for (; item != NULL && item < roster.items + roster.count &&
               about_compare(item->identity.account, item->identity.domain, leaver.account, leaver.domain) == 0;
             item++) {
            if (item->leaf != mls_group_own_leaf(group->mls) && !is_cached(group, item->leaf)) {
                propose(out, (struct mls_proposal_input){ .type = MLS_PROPOSAL_REMOVE, .removed = item->leaf });
            }
        }
    }
    return BASE_OK;
}

static void propose_leaves(const uint32_t *leaves, size_t count, struct proposals *out) {
    for (size_t i = 0; i < count; i++) {
        propose(out, (struct mls_proposal_input){ .type = MLS_PROPOSAL_REMOVE, .removed = leaves[i] });
    }
}

/* Own devices that are missing come in, those that are gone go. */
static base_result propose_devices(struct weibel_core *core, struct chat *chat, const struct group *group,
                                   struct proposals *out) {
    uint32_t leaves[WIRE_MAX_DEVICES];
    BASE_TRY(device_take(core, chat, group));
    BASE_TRY(propose_adds(core, chat, group, out));
    propose_leaves(leaves, device_unwanted(core, chat, group, leaves, WIRE_MAX_DEVICES), out);
    return BASE_OK;
}

/* Whom no proposal of this epoch removes: libmls commits those by itself. Others can't know of earlier epochs' wishes:
 * only who may remove them anyway does. They go with all devices, but for those of our own account, which see to that,
 * and for those of who wishes it by a device that his account does not have any more. */
static base_result propose_leavers(struct weibel_core *core, const struct group *group, struct proposals *out) {
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    BASE_TRY(roster_make(core->options.allocator, group->mls, NULL, &roster));
    BASE_TRY(take_proposals(core, roster.count + group->leaver_count, out));
    for (size_t i = 0; i < group->leaver_count; i++) {
        struct identity leaver;
        if (is_cached(group, group->leavers[i]) || !may_remove(core, group, group->leavers[i]) ||
            !account_at(group, group->leavers[i], &leaver)) {
            continue;
        }
        if (join_is_self(core, &leaver) || vouch_is_unlisted(core, group, group->leavers[i], &leaver)) {
            propose_leaves(&group->leavers[i], 1, out);
        } else {
            propose_account(&roster, leaver.account, leaver.domain, out);
        }
    }
    return BASE_OK;
}

struct writing {
    struct weibel_core *core;
    const struct chat *chat;
    const struct group *group;
    size_t next; /* of the key packages */
};

/* They come in the order in which the commit adds them. */
static base_result write_letter(void *user, struct base_slice ref, struct base_slice welcome) {
    struct writing *writing = (struct writing *)user;
    const struct change *change = &writing->chat->change;
    const struct taken *one = NULL;
    (void)ref;
    while (writing->next < change->taken.count && (one == NULL || one->unneeded)) {
        one = (const struct taken *)change->taken.items[writing->next++];
    }
    BASE_ENSURE(one != NULL && !one->unneeded, BASE_ERR_VALUE);
    const struct contact *contact = contact_at(writing->core, one->contact);
    if (change->tree.size != 0) {
        return letter_invite(writing->core, writing->group, contact, one->device, welcome, &change->tree);
    }
    struct mls_key_package_info info;
    BASE_TRY(mls_key_package_inspect(&writing->core->mls, base_borrow(&one->key_package), &info));
    return letter_add(writing->core, writing->group, contact, one->device, info.member.signature_key, welcome);
}

/* Where the ratchet tree of the epoch that begins will lie, if the Welcomes don't have it. A commit that is made anew
 * takes the place of the one before. */
static base_result place_tree(struct weibel_core *core, struct change *change, const struct group *group) {
    struct base_bytes tree BASE_CLEANUP(base_bytes_free) = { 0 };
    static const uint8_t none[WIRE_KEY_LEN];
    if (base_equal_secret(change->tree_key, none, sizeof none)) {
        BASE_TRY(base_random_fill(core->options.random, change->tree_key, sizeof change->tree_key));
    }
    BASE_TRY(mls_staged_ratchet_tree(mls_group_pending(group->mls), &tree));
    BASE_TRY(tree_make_place(core, change->tree_key, tree.len, &change->tree));
    change->tree_there = false;
    tree_put_end(&change->put);
    return BASE_OK;
}

static base_result write_letters(struct weibel_core *core, struct chat *chat, const struct group *group,
                                 struct base_slice welcome, bool beside) {
    struct writing writing = { core, chat, group, 0 };
    if (beside) {
        BASE_TRY(place_tree(core, &chat->change, group));
    }
    return mls_welcome_split(core->options.allocator, welcome, write_letter, &writing);
}

static base_result made(struct weibel_core *core, struct chat *chat, const struct group *group,
                        struct base_bytes *message) {
    struct change *change = &chat->change;
    BASE_TRY(base_random_fill(core->options.random, change->nonce, sizeof change->nonce));
    change->known_commit = group->last_commit;
    base_bytes_move(&change->message, message);
    change->made = true;
    change->group = group->number;
    chat->dirty = true;
    return BASE_OK;
}

/* What is to be appended, and the letters that follow. */
static base_result keep_commit(struct weibel_core *core, struct chat *chat, const struct group *group,
                               struct mls_commit_output *output, bool beside) {
    /* Nobody reads the first commit of a group but who makes it: all others come in by it. */
    chat->change.founds = group->state == GROUP_MAKING && output->message.len > WIRE_MAX_ENTRY;
    if (chat->change.founds) {
        base_bytes_free(&output->message);
    }
    BASE_ENSURE(output->message.len <= WIRE_MAX_ENTRY, BASE_ERR_TOO_LONG);
    uint8_t token[WIRE_KEY_LEN];
    BASE_TRY(
        mls_staged_export(mls_group_pending(group->mls), group_token_label, base_slice(NULL, 0), token, sizeof token));
    account_hash(base_slice(token, sizeof token), chat->change.next_token_hash);
    base_wipe(token, sizeof token);
    if (output->welcome.len > 0) {
        BASE_TRY(write_letters(core, chat, group, base_borrow(&output->welcome), beside));
    }
    return made(core, chat, group, &output->message);
}

static void free_marks(bool **marks) {
    base_free(*marks);
}

/* Who is named for two reasons, or has proposed it himself, is removed once. */
static base_result drop_doubles(struct weibel_core *core, const struct group *group, struct proposals *proposals) {
    bool *gone BASE_CLEANUP(free_marks) =
        (bool *)base_take(core->options.allocator, mls_group_leaf_count(group->mls), sizeof *gone);
    BASE_ENSURE(gone != NULL, BASE_ERR_NO_MEMORY);
    for (size_t i = 0; i < mls_group_proposal_count(group->mls); i++) {
        struct mls_proposal_view proposal = mls_group_proposal(group->mls, i);
        if (proposal.type == MLS_PROPOSAL_REMOVE) {
            gone[proposal.removed] = true;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < proposals->count; i++) {
        const struct mls_proposal_input *one = &proposals->items[i];
        bool removes = one->type == MLS_PROPOSAL_REMOVE, again = removes && gone[one->removed];
        if (removes) {
            gone[one->removed] = true;
        }
        if (!again) {
            proposals->items[kept++] = *one;
        }
    }
    proposals->count = kept;
    return BASE_OK;
}

/* Adds alone need no path through the tree, which in a large group takes as much room as they do: what others have
 * proposed is committed later (change_apply.c keeps it in mind). */
static bool adds_alone(const struct chat *chat, const struct group *group) {
    return chat->change.taken.count > FEW_ADDS && mls_group_member_count(group->mls) > FEW_ADDS &&
           chat->change.kind != CHANGE_REENTER;
}

static base_result commit(struct weibel_core *core, struct chat *chat, struct group *group,
                          struct proposals *proposals) {
    bool alone = adds_alone(chat, group);
    BASE_TRY(alone ? BASE_OK : propose_other_devices(core, group, proposals));
    BASE_TRY(drop_doubles(core, group, proposals));
    struct mls_commit_output output BASE_CLEANUP(mls_commit_output_free) = { 0 };
    struct change_context context BASE_CLEANUP(change_free_context) = { 0 };
    bool beside = chat->kind == CHAT_GROUP && /* the devices of one or two accounts are few */
                  tree_is_beside(core, mls_group_member_count(group->mls) + chat->change.taken.count);
    BASE_TRY(change_make_context(core, chat, group, proposals->items, proposals->count, alone, &context));
    if (context.changes) {
        proposals->items[proposals->count++] = context.proposal;
    }
    uint8_t begin[GAP_BEGIN_LEN];
    size_t known = group->unsure ? 0 : sizeof begin; /* who repairs may have come by the commit before, too */
    gap_write_begin(group->last_commit, begin);
    bool needless = chat->change.kind == CHANGE_SET || chat->change.kind == CHANGE_ROLE;
    if (needless && proposals->count == 0 && mls_group_proposal_count(group->mls) == 0) {
        return change_done(core, chat); /* it is so already */
    }
    BASE_TRY(
        mls_group_commit(group->mls,
                         &(struct mls_commit_options){
                             .proposals = proposals->items,
                             .proposal_count = proposals->count,
                             .without_cached = alone,
                             .send = { .padding = HANDSHAKE_PADDING, .authenticated_data = base_slice(begin, known) },
                             .welcome_without_tree = beside,
                         },
                         &output));
    base_result result = keep_commit(core, chat, group, &output, beside);
    if (result != BASE_OK) {
        mls_group_discard_pending(group->mls);
        BASE_TRY(letter_drop(core, group->number));
    }
    return result;
}

/* Whether all others go by wishes of this epoch; or there are none. */
static bool is_last(const struct group *group) {
    struct mls_member member;
    bool last = true;
    for (uint32_t leaf = 0; last && mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        last = leaf == mls_group_own_leaf(group->mls) || is_cached(group, leaf);
    }
    return last;
}

/* Whoever came by the link of a group that all have left would be alone there with the last one, who has gone without a
 * word: first those go who wish it, so that he owns the group; then, alone, he ends the link. If somebody has come in
 * meanwhile, the commit is too late, and what is left is a wish. */
static base_result end_link(struct weibel_core *core, struct chat *chat, struct group *group) {
    struct proposals proposals BASE_CLEANUP(free_proposals) = { 0 };
    base_bytes_free(&chat->change.edit);
    if (mls_group_member_count(group->mls) == 1) {
        const struct about_edit edit = { .fields = ABOUT_JOIN, .join = ABOUT_CLOSED };
        struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, ABOUT_MAX);
        about_edit_write(&writer, &edit);
        BASE_TRY(base_writer_finish(&writer, &chat->change.edit));
    }
    BASE_TRY(take_proposals(core, 0, &proposals));
    return commit(core, chat, group, &proposals);
}

static base_result make_leave(struct weibel_core *core, struct chat *chat, struct group *group) {
    struct group_about about;
    BASE_TRY(group_read_about(group->mls, &about));
    bool alone = mls_group_member_count(group->mls) == 1;
    bool may = !alone || group_own_role(core, &about) >= ROLE_ADMIN; /* somebody else's core may have settled less */
    if (about.link.len > 0 && may && is_last(group)) {
        return end_link(core, chat, group);
    }
    if (alone) {
        return change_ended(core, group, GROUP_LEFT); /* nobody is left to be told */
    }
    struct base_bytes message BASE_CLEANUP(base_bytes_free) = { 0 };
    struct mls_proposal_input proposal = { .type = MLS_PROPOSAL_REMOVE, .removed = mls_group_own_leaf(group->mls) };
    BASE_TRY(
        mls_group_propose(group->mls, &proposal, &(struct mls_send_options){ .padding = HANDSHAKE_PADDING }, &message));
    return made(core, chat, group, &message);
}

static base_result make_group(struct weibel_core *core, struct chat *chat, struct group **out) {
    *out = change_group(chat);
    if (*out != NULL) {
        return BASE_OK; /* its first commit could not be made before */
    }
    struct mls_group *mls = NULL;
    BASE_TRY(group_create_mls(core, chat, &mls));
    return group_add(core, chat, mls, GROUP_MAKING, out);
}

static base_result make(struct weibel_core *core, struct chat *chat) {
    struct proposals proposals BASE_CLEANUP(free_proposals) = { 0 };
    struct group *group = change_group(chat);
    switch (chat->change.kind) {
    case CHANGE_CREATE:
        BASE_TRY(make_group(core, chat, &group));
        BASE_TRY(device_take(core, chat, group));
        BASE_TRY(propose_adds(core, chat, group, &proposals));
        break;
    case CHANGE_ADD:
        BASE_TRY(propose_adds(core, chat, group, &proposals));
        break;
    case CHANGE_REMOVE:
        BASE_TRY(propose_removes(core, chat, group, &proposals));
        break;
    case CHANGE_LEAVE:
        return make_leave(core, chat, group);
    case CHANGE_TIDY:
        BASE_TRY(propose_leavers(core, group, &proposals));
        break;
    case CHANGE_DEVICES:
        BASE_TRY(propose_devices(core, chat, group, &proposals));
        break;
    case CHANGE_REENTER:
        BASE_TRY(propose_reentry(core, chat, group, &proposals));
        return proposals.count == 0 ? change_step_done(core, chat) : commit(core, chat, group, &proposals);
    default:
        BASE_TRY(take_proposals(core, 0, &proposals));
        return commit(core, chat, group, &proposals);
    }
    bool nothing =
        proposals.count == 0 && (chat->change.kind == CHANGE_ADD || chat->change.kind == CHANGE_REMOVE ||
                                 chat->change.kind == CHANGE_DEVICES || mls_group_proposal_count(group->mls) == 0);
    if (nothing && chat->change.kind != CHANGE_CREATE) {
        return change_step_done(core, chat); /* others have done it before us */
    }
    return commit(core, chat, group, &proposals);
}

base_result change_make(struct weibel_core *core, struct chat *chat) {
    base_result result = make(core, chat);
    if (result == BASE_OK || trouble_is_fatal(result)) {
        return result;
    }
    struct trouble trouble =
        result == &WEIBEL_ERR_RIGHT
            ? trouble_make(TROUBLE_USAGE, "not_allowed", "you have no right to change that in this group")
            : trouble_make(TROUBLE_REFUSED, "refused", "the group can't be changed: %s", result->text);
    return change_fail(core, chat, &trouble);
}
