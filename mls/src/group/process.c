/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving (§6, §12): from a message to what it says, with nothing changed unless all of it is right. */
#include <string.h>

#include "group/cache.h"
#include "group/enter.h"
#include "group/identity.h"
#include "group/receive.h"
#include "group/rules.h"
#include "group/view.h"

void mls_event_free(struct mls_event *event) {
    if (event != NULL) {
        mls_staged_free(event->staged);
        base_bytes_free(&event->storage);
        *event = (struct mls_event){ 0 };
    }
}

/* The epoch of a message, as much as is known of it. */
struct epoch_view {
    struct base_slice context;
    const struct mls_secret *sender_data_secret;
    struct mls_secret_tree *messages;
};

/* What a message turns out to be, before it has any effect. */
struct opened {
    struct mls_event *event;
    struct mls_opened plain; /* of a PrivateMessage */
    struct mls_authenticated_content content;
    struct mls_secret_tree_step step;
    struct mls_secret_tree *messages; /* which `step` belongs to */
    struct mls_leaf_node sender_leaf;
};

static void opened_free(struct opened *opened) {
    mls_opened_free(&opened->plain);
    mls_secret_tree_step_free(&opened->step);
}

static base_result find_epoch(struct mls_group *group, uint64_t epoch, bool application, struct epoch_view *out) {
    uint64_t current = group->epoch.context.epoch;
    BASE_ENSURE(epoch <= current, MLS_ERR_EPOCH_FUTURE);
    if (epoch == current) {
        *out = (struct epoch_view){ base_borrow(&group->epoch.context_bytes), &group->epoch.secrets.sender_data_secret,
                                    group->epoch.messages };
        return BASE_OK;
    }
    struct mls_past *past = mls_past_find(group, epoch);
    BASE_ENSURE(application && past != NULL, MLS_ERR_EPOCH_PAST);
    *out = (struct epoch_view){ base_borrow(&past->context_bytes), &past->sender_data_secret, past->messages };
    return BASE_OK;
}

static base_result find_member(const struct mls_group *group, uint64_t epoch, uint32_t leaf, struct opened *opened) {
    BASE_TRY(mls_past_leaf(group, epoch, leaf, &opened->sender_leaf));
    opened->event->has_member = true;
    opened->event->member = mls_member_of(leaf, &opened->sender_leaf);
    return BASE_OK;
}

/* The signature key of any sender (§6.1). */
static base_result find_signer(const struct mls_group *group, struct opened *opened, struct base_slice *key) {
    const struct mls_framed_content *content = &opened->content.content;
    struct base_slice data;
    struct base_slice senders;
    struct mls_external_sender sender;
    switch (content->sender.type) {
    case MLS_SENDER_MEMBER:
        BASE_TRY(find_member(group, content->epoch, content->sender.index, opened));
        *key = opened->sender_leaf.signature_key;
        return BASE_OK;
    case MLS_SENDER_EXTERNAL:
        BASE_ENSURE(mls_extension_find(group->epoch.context.extensions, MLS_EXTENSION_EXTERNAL_SENDERS, &data),
                    MLS_ERR_PROPOSAL_SENDER);
        BASE_TRY(mls_external_senders_decode(data, &senders));
        BASE_ENSURE(mls_external_sender_at(senders, content->sender.index, &sender), MLS_ERR_PROPOSAL_SENDER);
        *key = sender.signature_key;
        return BASE_OK;
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
        BASE_ENSURE(content->type == MLS_PROPOSAL && content->of.proposal.type == MLS_PROPOSAL_ADD,
                    MLS_ERR_SENDER_CONTENT);
        *key = content->of.proposal.of.add.leaf.signature_key;
        return BASE_OK;
    default:
        BASE_ENSURE(content->type == MLS_COMMIT && content->of.commit.has_path, MLS_ERR_SENDER_CONTENT);
        *key = content->of.commit.path.leaf.signature_key;
        return BASE_OK;
    }
}

static base_result verify(const struct mls_group *group, const struct epoch_view *view, struct opened *opened) {
    struct base_slice key = { 0 };
    BASE_TRY(find_signer(group, opened, &key));
    return mls_content_verify(&group->crypto, &opened->content, key, view->context);
}

static bool is_own(const struct mls_group *group, uint8_t sender_type, uint32_t leaf) {
    return group->state != MLS_GROUP_FOLLOWED && sender_type == MLS_SENDER_MEMBER && leaf == mls_own_leaf(group);
}

static void describe(struct mls_event *event, const struct mls_framed_content *content) {
    event->epoch = content->epoch;
    event->sender_type = (enum mls_sender_type)content->sender.type;
    event->sender = content->sender.index;
    event->authenticated_data = content->authenticated_data;
}

static base_result open_public(struct mls_group *group, const struct mls_public_message *message,
                               struct opened *opened) {
    struct epoch_view view;
    opened->content = message->content;
    const struct mls_framed_content *content = &opened->content.content;
    BASE_TRY(find_epoch(group, content->epoch, false, &view));
    describe(opened->event, content);
    if (is_own(group, content->sender.type, content->sender.index)) {
        opened->event->kind = MLS_EVENT_OWN;
    }
    if (content->sender.type == MLS_SENDER_MEMBER && group->state != MLS_GROUP_FOLLOWED) {
        BASE_TRY(mls_membership_verify(&group->crypto, message, &group->epoch.secrets.membership_key, view.context));
    }
    return verify(group, &view, opened);
}

static base_result open_private(struct mls_group *group, const struct mls_private_message *message,
                                struct opened *opened) {
    struct epoch_view view;
    struct mls_sender_data sender;
    bool application = message->content_type == MLS_APPLICATION;
    BASE_TRY(find_epoch(group, message->epoch, application, &view));
    BASE_ENSURE(view.messages != NULL, MLS_ERR_GROUP_STATE);
    BASE_TRY(mls_sender_data_open(&group->crypto, message, view.sender_data_secret, &sender));
    opened->event->epoch = message->epoch;
    opened->event->is_private = true;
    opened->event->sender_type = MLS_SENDER_MEMBER;
    opened->event->sender = sender.leaf_index;
    opened->event->generation = sender.generation;
    opened->event->authenticated_data = message->authenticated_data;
    if (is_own(group, MLS_SENDER_MEMBER, sender.leaf_index)) {
        /* The key was deleted when it was sent: that it is ours is all that can be said. */
        opened->event->kind = MLS_EVENT_OWN;
        return find_member(group, message->epoch, sender.leaf_index, opened);
    }
    enum mls_ratchet ratchet = application ? MLS_RATCHET_APPLICATION : MLS_RATCHET_HANDSHAKE;
    BASE_TRY(mls_secret_tree_receive(view.messages, &group->crypto, sender.leaf_index, ratchet, sender.generation,
                                     &opened->step));
    opened->messages = view.messages;
    BASE_TRY(mls_private_open(&group->crypto, message, &sender, &opened->step.key, &opened->plain));
    opened->content = opened->plain.content;
    return verify(group, &view, opened);
}

static base_result accept_proposal(struct mls_group *group, struct opened *opened) {
    const struct mls_framed_content *content = &opened->content.content;
    BASE_CLEANUP(base_bytes_free) struct base_bytes bytes = { 0 };
    BASE_CLEANUP(mls_cached_drop_at) struct mls_cached *cached = NULL;
    BASE_TRY(mls_proposal_check(group, &content->sender, &content->of.proposal));
    const struct mls_callbacks *callbacks = &group->context->callbacks;
    if (callbacks->proposal != NULL) {
        struct mls_proposal_view view =
            mls_proposal_view_of(&group->epoch.tree, &content->of.proposal, &content->sender);
        BASE_TRY(callbacks->proposal(callbacks->user, group, &view));
    }
    BASE_TRY(base_bytes_copy(group->context->allocator, opened->content.encoded, &bytes));
    BASE_TRY(mls_cached_make(&group->crypto, &bytes, &cached));
    BASE_TRY(mls_cache_add(group, cached));
    opened->event->kind = MLS_EVENT_PROPOSAL;
    opened->event->proposal_ref = cached->ref;
    struct mls_cached *kept = mls_cache_find(&group->cache, mls_secret_slice(&cached->ref));
    opened->event->proposal =
        mls_proposal_view_of(&group->epoch.tree, &kept->content.content.of.proposal, &kept->content.content.sender);
    return BASE_OK;
}

static base_result accept_commit(struct mls_group *group, struct opened *opened) {
    BASE_CLEANUP(base_bytes_free) struct base_bytes bytes = { 0 };
    BASE_TRY(base_bytes_copy(group->context->allocator, opened->content.encoded, &bytes));
    BASE_TRY(mls_commit_receive(group, &bytes, NULL, &opened->event->staged));
    opened->event->kind = MLS_EVENT_COMMIT;
    return BASE_OK;
}

static base_result accept(struct mls_group *group, struct opened *opened) {
    switch (opened->content.content.type) {
    case MLS_PROPOSAL:
        return accept_proposal(group, opened);
    case MLS_COMMIT:
        return accept_commit(group, opened);
    default:
        opened->event->kind = MLS_EVENT_APPLICATION;
        opened->event->plaintext = opened->content.content.of.application;
        base_bytes_move(&opened->event->storage, &opened->plain.bytes);
        return BASE_OK;
    }
}

static base_result is_pending(const struct mls_group *group, struct base_slice message, bool *out) {
    *out = false;
    if (group->pending == NULL) {
        return BASE_OK;
    }
    struct mls_secret hash;
    BASE_TRY(mls_hash(&group->crypto, message, &hash));
    *out = base_slice_equal(mls_secret_slice(&hash), mls_secret_slice(&group->pending->message_hash));
    return BASE_OK;
}

static base_result open_message(struct mls_group *group, const struct mls_message *message,
                                const struct mls_message_head *head, struct opened *opened) {
    BASE_ENSURE(base_slice_equal(head->group_id, group->epoch.context.group_id), MLS_ERR_WRONG_GROUP);
    bool is_over = group->state == MLS_GROUP_REMOVED || group->state == MLS_GROUP_REINITIALIZED;
    BASE_ENSURE(!is_over || head->epoch != group->epoch.context.epoch, MLS_ERR_GROUP_STATE);
    if (message->wire_format == MLS_PUBLIC_MESSAGE) {
        return open_public(group, &message->of.public_message, opened);
    }
    return open_private(group, &message->of.private_message, opened);
}

static base_result process(struct mls_group *group, struct base_slice bytes, struct mls_event *event) {
    struct mls_message message;
    struct mls_message_head head;
    bool pending;
    BASE_TRY(mls_message_decode(bytes, &message));
    BASE_ENSURE(message.wire_format == MLS_PUBLIC_MESSAGE || message.wire_format == MLS_PRIVATE_MESSAGE,
                MLS_ERR_WIRE_FORMAT);
    BASE_TRY(mls_message_peek(bytes, &head));
    BASE_TRY(is_pending(group, bytes, &pending));
    BASE_CLEANUP(opened_free) struct opened opened = { .event = event };
    if (!pending) {
        BASE_TRY(open_message(group, &message, &head, &opened));
    }
    if (pending || event->kind == MLS_EVENT_OWN) {
        BASE_ENSURE(pending || head.content_type != MLS_COMMIT, MLS_ERR_NO_PENDING);
        event->kind = pending ? MLS_EVENT_OWN_COMMIT : MLS_EVENT_OWN;
        return BASE_OK;
    }
    BASE_TRY(accept(group, &opened));
    if (opened.messages != NULL) {
        mls_secret_tree_commit(opened.messages, &opened.step);
    }
    return BASE_OK;
}

base_result mls_group_process(struct mls_group *group, struct base_slice message, struct mls_event *out) {
    struct mls_event event = { 0 };
    base_result result = process(group, message, &event);
    if (result != BASE_OK) {
        mls_event_free(&event);
        return result;
    }
    *out = event;
    return BASE_OK;
}

base_result mls_group_apply(struct mls_group *group, struct mls_staged **staged) {
    BASE_ENSURE(*staged != NULL && (*staged)->group == group, MLS_ERR_STAGED);
    BASE_ENSURE((*staged)->from == group->epoch.context.epoch, MLS_ERR_STAGED);
    return mls_group_enter(group, staged);
}
