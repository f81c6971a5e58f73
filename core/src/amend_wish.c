/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a face wishes for a message: checked, written, queued, and done here at once, in one batch. So it is durable
 * when it is answered, and nothing of it has happened before.
 */
#include <string.h>

#include "account.h"
#include "amend.h"
#include "amend_content.h"
#include "chat.h"
#include "content/vote.h"
#include "event.h"
#include "gone.h"
#include "group.h"
#include "hand.h"
#include "policy.h"
#include "post.h"
#include "reaction.h"
#include "rpc.h"
#include "vote.h"

/* One wish, with what it is about. */
struct wish {
    struct weibel_core *core;
    struct chat *chat;
    struct amendment *amendment;
    struct message *message;
};

static base_result answer_message(const struct wish *wish) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(wish->core, &wish->amendment->call);
    message_json(wish->core, &line, wish->message);
    return event_answer_end(wish->core, &wish->amendment->call, &line);
}

static base_result changed(const struct wish *wish) {
    hand_marked(wish->core, wish->message);
    BASE_TRY(message_save(wish->core, wish->message));
    BASE_TRY(event_message_changed(wish->core, wish->message));
    return answer_message(wish);
}

/* Queues the content; `id` gets its id. */
static base_result send(const struct wish *wish, struct base_bytes *content, uint8_t id[CONTENT_ID_LEN]) {
    BASE_TRY(message_own_id(wish->core, wish->chat, base_borrow(content), id));
    return post_add_control(wish->core, wish->chat, content);
}

static base_result edit(const struct wish *wish) {
    struct message *message = wish->message;
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    uint64_t now = state_now(wish->core);
    if (!message->own) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_USAGE, "not_own",
                          "only who has written a message can change it");
    }
    if (message->state == MESSAGE_FAILED) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_USAGE, "state", "this message was not sent");
    }
    const struct group *group = chat_writing_group(wish->chat);
    if (group != NULL && (group_own_capabilities(wish->core, group) & CAN_SEND_MESSAGE) == 0) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_USAGE, "not_allowed",
                          "only administrators may write in this group");
    }
    if (wish->amendment->data.len == 0 && message->file_count == 0) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_USAGE, "empty",
                          "nothing would be left of the message; it can be deleted");
    }
    BASE_TRY(message_keep_original(wish->core, message));
    BASE_TRY(amend_set_text(wish->core, wish->amendment, message));
    /* Another device's clock may be ahead: this edit comes behind what was seen here. */
    message->edited_at = now > message->edited_at ? now : message->edited_at + 1;
    hand_changed(wish->core, message);
    BASE_TRY(message_to_edit(wish->core, message, &content));
    BASE_TRY(send(wish, &content, message->edit_id));
    return changed(wish);
}

static base_result react(const struct wish *wish) {
    struct message *message = wish->message;
    struct base_slice emoji = base_borrow(&wish->amendment->data);
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    uint8_t id[CONTENT_ID_LEN];
    bool added;
    if (reaction_find(message, 0, emoji) != NULL) {
        return answer_message(wish);
    }
    if (!reaction_fits(message, 0)) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_USAGE, "too_long",
                          "there are as many reactions to this message as there can be");
    }
    BASE_TRY(amend_content_reaction(wish->core, message, emoji, &content));
    BASE_TRY(send(wish, &content, id));
    BASE_TRY(reaction_add(wish->core, message, 0, id, emoji, &added));
    return changed(wish);
}

static base_result unreact(const struct wish *wish) {
    struct message *message = wish->message;
    struct base_slice emoji = base_borrow(&wish->amendment->data);
    const struct reaction *reaction = reaction_find(message, 0, emoji);
    if (reaction == NULL) {
        return answer_message(wish);
    }
    for (; reaction != NULL; reaction = reaction_find(message, 0, emoji)) {
        struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
        uint8_t id[CONTENT_ID_LEN];
        BASE_TRY(amend_content_unreact(wish->core, message, reaction->id, &content));
        BASE_TRY(send(wish, &content, id));
        (void)reaction_remove(message, 0, reaction->id);
    }
    return changed(wish);
}

static base_result send_vote(const struct wish *wish, const struct content_vote *vote, uint8_t id[CONTENT_ID_LEN]) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(wish->core->options.allocator, CONTENT_MAX);
    struct base_bytes body BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    content_vote_encode(&writer, vote);
    BASE_TRY(base_writer_finish(&writer, &body));
    BASE_TRY(amend_content_part(wish->core, content_vote_type, base_borrow(&body), wish->message, &content));
    return send(wish, &content, id);
}

static base_result vote(const struct wish *wish) {
    struct message *message = wish->message;
    struct content_vote vote = { .chosen = (uint32_t)wish->amendment->entry };
    uint8_t id[CONTENT_ID_LEN];
    bool added;
    if (!vote_is_poll(message)) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_USAGE, "not_a_poll", "this message is no poll");
    }
    if (message->closed_at != 0) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_USAGE, "closed", "this poll has ended");
    }
    if (!vote_fits(message, vote.chosen)) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_PARAMS, "params",
                          "the poll has no such option, or only one can be chosen");
    }
    BASE_TRY(send_vote(wish, &vote, id));
    BASE_TRY(vote_add(wish->core, message, 0, vote.chosen, state_now(wish->core), vote_tie(id), &added));
    return changed(wish);
}

static base_result close_poll(const struct wish *wish) {
    struct content_vote end = { .close = true };
    uint8_t id[CONTENT_ID_LEN];
    if (!vote_is_poll(wish->message)) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_USAGE, "not_a_poll", "this message is no poll");
    }
    if (!wish->message->own) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_USAGE, "not_own",
                          "only who has made a poll can end it");
    }
    if (wish->message->closed_at != 0) {
        return answer_message(wish);
    }
    BASE_TRY(send_vote(wish, &end, id));
    (void)vote_close(wish->message, state_now(wish->core));
    return changed(wish);
}

static base_result retry(const struct wish *wish) {
    struct message *message = wish->message;
    if (!message->own || message->state != MESSAGE_FAILED) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_USAGE, "state",
                          "only a message that has failed can be tried again");
    }
    if (message->content.len == 0) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_FILE, "gone",
                          "its files were not uploaded; write the message again");
    }
    message->state = MESSAGE_QUEUED;
    message->trouble = (struct trouble){ 0 };
    BASE_TRY(post_add(wish->core, wish->chat, message, &message->content));
    BASE_TRY(message_save(wish->core, message));
    BASE_TRY(event_message_state(wish->core, message));
    return answer_message(wish);
}

static base_result delete_for_all(const struct wish *wish) {
    const struct group *group = wish->chat->kind == CHAT_GROUP ? chat_group(wish->chat) : NULL;
    bool moderates = group != NULL && (group_own_capabilities(wish->core, group) & CAN_DELETE_OTHER_MESSAGE) != 0;
    if (!wish->message->own && !moderates) {
        return rpc_refuse(wish->core, &wish->amendment->call, TROUBLE_USAGE, "not_own",
                          "only who has written a message can delete it for everyone, or an administrator");
    }
    BASE_TRY(amend_delete(wish->core, wish->chat, wish->message));
    return rpc_answer_empty(wish->core, &wish->amendment->call);
}

static base_result hide(const struct wish *wish) {
    BASE_TRY(gone_hidden(wish->core, wish->chat, wish->message));
    BASE_TRY(amend_hide(wish->core, wish->chat, wish->message));
    return rpc_answer_empty(wish->core, &wish->amendment->call);
}

base_result amend_wish(struct weibel_core *core, struct chat *chat, struct amendment *amendment,
                       struct message *message) {
    static base_result (*const handlers[AMEND_KIND_END])(const struct wish *wish) = {
        [AMEND_RETRY] = retry, [AMEND_EDIT] = edit,        [AMEND_DELETE] = delete_for_all,
        [AMEND_HIDE] = hide,   [AMEND_REACT] = react,      [AMEND_UNREACT] = unreact,
        [AMEND_VOTE] = vote,   [AMEND_CLOSE] = close_poll,
    };
    struct wish wish = { core, chat, amendment, message };
    if (message == NULL || chat == NULL) {
        return rpc_refuse(core, &amendment->call, TROUBLE_USAGE, "unknown_message", "there is no message with this id");
    }
    if (amendment->kind != AMEND_HIDE && message->deleted) {
        return rpc_refuse(core, &amendment->call, TROUBLE_USAGE, "deleted", "this message was deleted");
    }
    if (amendment->kind != AMEND_HIDE && chat_is_over(chat)) { /* who has lost his place comes back */
        return rpc_refuse(core, &amendment->call, TROUBLE_USAGE, "not_a_member", "you are not in this group any more");
    }
    return handlers[amendment->kind](&wish);
}
