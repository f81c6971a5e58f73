/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What amendments do to messages.
 */
#include <string.h>

#include "again.h"
#include "amend.h"
#include "amend_content.h"
#include "arrival.h"
#include "change.h"
#include "chat.h"
#include "chat_delete.h"
#include "contact.h"
#include "content/status.h"
#include "copy.h"
#include "event.h"
#include "expiry.h"
#include "extra.h"
#include "gap.h"
#include "group.h"
#include "hand.h"
#include "latecomer.h"
#include "post.h"
#include "reaction.h"
#include "receipt.h"
#include "search/index.h"
#include "transfer.h"
#include "vote.h"

static bool is_author(const struct amendment *amendment, const struct message *message) {
    return amendment->by == 0 ? message->own : !message->own && message->from == amendment->by;
}

static base_result changed(struct weibel_core *core, const struct message *message) {
    BASE_TRY(message_save(core, message));
    return event_message_changed(core, message);
}

/* ---- deletion ---- */

/* A tombstone stays. What nobody had read of it, nobody has to read any more. */
static base_result bury(struct weibel_core *core, struct chat *chat, struct message *message) {
    BASE_TRY(search_forget(core, message));
    message_clear(message);
    message->deleted = true;
    hand_changed(core, message);
    BASE_TRY(arrival_read_one(core, chat, message->number));
    BASE_TRY(transfer_cancel_uploads(core, chat->number, message->number));
    BASE_TRY(transfer_cancel_downloads(core, chat->number, message->number));
    chat->announce = true;
    return changed(core, message);
}

/* Says it to the others, and has own entries deleted on the server behind that. */
static base_result spread_deletion(struct weibel_core *core, struct chat *chat, struct message *message) {
    struct stood places[MESSAGE_MAX_COPIES];
    size_t count = copy_places(core, message, places);
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(amend_content_deletion(core, message, places, count, &content));
    BASE_TRY(post_add_control(core, chat, &content));
    /* Who is out of a group can't say it there any more, and the server forgets the message all the same. */
    change_let_pass(chat);
    return message->own ? copy_erase(core, chat, message) : BASE_OK;
}

/* Nobody else has ever had it. */
static bool is_unsent(const struct chat *chat, const struct message *message) {
    return message->own && message->entry == 0 &&
           (message->state == MESSAGE_FAILED || post_untouched(chat, message->number));
}

base_result amend_hide(struct weibel_core *core, struct chat *chat, struct message *message) {
    BASE_TRY(expiry_forget(core, message->chat, message->number));
    BASE_TRY(search_forget(core, message));
    BASE_TRY(message_remove(core, message));
    bool unsent = is_unsent(chat, message);
    BASE_TRY(transfer_cancel_downloads(core, chat->number, message->number));
    if (post_untouched(chat, message->number)) {
        BASE_TRY(post_drop(core, chat, message->number));
        BASE_TRY(transfer_cancel_uploads(core, chat->number, message->number));
    }
    if (unsent) {
        BASE_TRY(copy_drop_waiting(core, chat, message));
        BASE_TRY(post_add_erase_blobs(core, chat, message));
    }
    message->number = 0; /* what is in the same round finds it no more */
    message->has_id = false;
    chat->announce = true;
    return BASE_OK;
}

base_result amend_delete(struct weibel_core *core, struct chat *chat, struct message *message) {
    if (is_unsent(chat, message)) {
        return amend_hide(core, chat, message);
    }
    BASE_TRY(copy_drop_waiting(core, chat, message));
    if (post_untouched(chat, message->number)) {
        BASE_TRY(post_drop(core, chat, message->number)); /* it was to be sent again */
    }
    if (message->state != MESSAGE_QUEUED) {
        BASE_TRY(spread_deletion(core, chat, message));
    }
    BASE_TRY(post_add_erase_blobs(core, chat, message));
    return bury(core, chat, message);
}

/* A message that was never seen here was deleted, and this is why an entry is missing: that it was there is shown. It
 * stands at all places that are named: some may be in a group that is read later, behind a deletion that names those
 * alone. One whose ID another chat's message has (`elsewhere`) was never written here: that one stays the one of this
 * ID. */
static base_result add_tombstone(struct weibel_core *core, struct chat *chat, const struct amendment *amendment,
                                 bool elsewhere) {
    struct message message BASE_CLEANUP(message_free) = {
        .kind = MESSAGE_TEXT,
        .from = amendment->by,
        .own = amendment->by == 0,
        .state = amendment->by == 0 ? MESSAGE_SENT : MESSAGE_RECEIVED,
        .has_id = !elsewhere,
        .sent_at = amendment->at,
        .deleted = true,
        .group = amendment->group,
        .entry = amendment->entry,
    };
    memcpy(message.id, amendment->target, sizeof message.id);
    struct base_reader reader = base_reader(base_borrow(&amendment->data));
    struct copy_named named;
    while (copy_next_named(&reader, &named)) {
        if (chat_deletion_covers(core, chat, named.at.stream, named.at.entry)) {
            return BASE_OK; /* it was here, and went with the chat */
        }
        BASE_TRY(copy_add(core, &message, &named.at, NULL));
    }
    BASE_TRY(chat_add_message(core, chat, &message));
    return arrival_read_one(core, chat, message.number);
}

/* Whether the deletion names where this message stands; it may be that nobody here knows that. */
static bool names(const struct weibel_core *core, const struct amendment *amendment, const struct message *message) {
    struct base_reader reader = base_reader(base_borrow(&amendment->data));
    struct copy_named named;
    bool found = message->entry == 0 && !message->deleted;
    while (!found && copy_next_named(&reader, &named)) {
        found = copy_is_at(core, message, &named.at);
    }
    return found;
}

/* Why entries are missing: they were this message, or said it once more. One message explains so many and no more. */
static base_result explain(struct weibel_core *core, struct chat *chat, const struct amendment *amendment,
                           struct message *message, bool may, bool *more) {
    struct base_reader reader = base_reader(base_borrow(&amendment->data));
    struct copy_named named;
    bool of_it = may && names(core, amendment, message);
    while (copy_next_named(&reader, &named)) {
        bool known = !named.explained || copy_is_at(core, message, &named.at);
        bool fits = of_it && message->copy_count < MESSAGE_MAX_COPIES;
        if (!known) {
            BASE_TRY(fits ? copy_add(core, message, &named.at, NULL) : gap_not_explained(core, chat, &named.at));
            *more = *more || fits;
        }
    }
    return BASE_OK;
}

static base_result apply_deletion(struct weibel_core *core, struct chat *chat, const struct amendment *amendment,
                                  struct message *message) {
    bool may = is_author(amendment, message) || amendment->moderates, more = false;
    BASE_TRY(explain(core, chat, amendment, message, may, &more));
    if (message->deleted || !may) {
        return more ? message_save(core, message) : BASE_OK;
    }
    if (message->entry == 0) {
        message->group = amendment->group;
        message->entry = amendment->entry;
    }
    if (message->own && amendment->by != 0) {
        BASE_TRY(copy_drop_waiting(core, chat, message));
        BASE_TRY(copy_erase(core, chat, message)); /* who moderates has not the keys to do it himself */
        BASE_TRY(post_add_erase_blobs(core, chat, message));
    }
    return bury(core, chat, message);
}

/* ---- the others ---- */

/* Somebody may have set a timer while the message waited: for the others it is of that epoch. */
static base_result bound_expiry(struct weibel_core *core, struct message *message) {
    uint32_t own = message->expire;
    expiry_bound(group_at(core, message->group), state_now(core), message);
    uint32_t bound = message->expire;
    if (bound == own || message->deleted) {
        return BASE_OK;
    }
    message->expire = own;
    BASE_TRY(search_forget(core, message));
    BASE_TRY(expiry_forget(core, message->chat, message->number));
    message->expire = bound;
    BASE_TRY(bound == 0 ? BASE_OK : expiry_add(core, message));
    return search_again(core, message);
}

static base_result apply_state(struct weibel_core *core, struct chat *chat, struct amendment *amendment,
                               struct message *message) {
    message->trouble = amendment->trouble;
    if (amendment->state == MESSAGE_QUEUED) {
        return message->state == MESSAGE_QUEUED ? event_message_state(core, message) : BASE_OK;
    }
    message->state = amendment->state;
    if (message->state == MESSAGE_FAILED) {
        base_bytes_free(&message->content);
        base_bytes_move(&message->content, &amendment->data);
        if (message->deleted) {
            return amend_hide(core, chat, message);
        }
    } else {
        message->group = amendment->group;
        message->entry = amendment->entry;
        memcpy(message->nonce, amendment->nonce, sizeof message->nonce);
        message->sequence = amendment->sequence;
        message->audience = amendment->audience; /* in its epoch: somebody may have come or gone since then */
        BASE_TRY(copy_add_place(core, message));
        BASE_TRY(bound_expiry(core, message)); /* likewise */
        if (message->deleted) {
            BASE_TRY(spread_deletion(core, chat, message)); /* while it was on its way */
        }
        chat_deletion_placed(core, chat, message);
    }
    BASE_TRY(message_save(core, message));
    return event_message_state(core, message);
}

/* An edit that somebody else has only told of, with the message (hand.h), has no id. */
static bool is_later(const struct message *message, uint64_t at, const uint8_t id[CONTENT_ID_LEN]) {
    static const uint8_t none[CONTENT_ID_LEN] = { 0 };
    return memcmp(message->edit_id, none, sizeof none) == 0 || at > message->edited_at ||
           (at == message->edited_at && memcmp(id, message->edit_id, sizeof message->edit_id) > 0);
}

base_result amend_set_text(struct weibel_core *core, struct amendment *edit, struct message *message) {
    bool was = message->extra != NULL && message->extra->markdown;
    base_bytes_move(&message->text, &edit->data);
    if (edit->mentions.len > 0) {
        BASE_TRY(extra_set_mentions(core, message, base_borrow(&edit->mentions)));
    }
    return extra_set_markdown(core, message,
                              edit->entry == AMEND_MARKDOWN || (edit->entry == AMEND_SAME_FORMAT && was));
}

/* Whom an edit begins to mention it calls, and whom it mentions no more is called no longer. */
static base_result call(struct weibel_core *core, struct chat *chat, const struct amendment *amendment,
                        struct message *message, bool called) {
    bool calls = extra_calls(core, message);
    if (message->own || calls == called) {
        return BASE_OK;
    }
    return calls ? arrival_call(core, chat, message->number, &amendment->stood, &message->calls)
                 : arrival_call_no_more(core, chat, message->number);
}

static base_result apply_edit(struct weibel_core *core, struct chat *chat, struct amendment *amendment,
                              struct message *message) {
    if (!is_author(amendment, message) || message->kind != MESSAGE_TEXT ||
        !is_later(message, amendment->at, amendment->id)) {
        return BASE_OK;
    }
    BASE_TRY(message_keep_original(core, message));
    BASE_TRY(search_forget(core, message));
    bool called = extra_calls(core, message);
    BASE_TRY(amend_set_text(core, amendment, message));
    BASE_TRY(call(core, chat, amendment, message, called));
    message->edited_at = amendment->at;
    memcpy(message->edit_id, amendment->id, sizeof message->edit_id);
    hand_changed(core, message);
    BASE_TRY(search_again(core, message));
    BASE_TRY(changed(core, message));
    message->calls = false;
    return BASE_OK;
}

static base_result apply_reaction(struct weibel_core *core, const struct amendment *amendment,
                                  struct message *message) {
    bool different;
    if (amendment->kind == AMEND_REACT) {
        BASE_TRY(reaction_add(core, message, amendment->by, amendment->id, base_borrow(&amendment->data), &different));
    } else {
        different = reaction_remove(message, amendment->by, amendment->id);
    }
    if (different) {
        hand_marked(core, message);
    }
    return different ? changed(core, message) : BASE_OK;
}

static base_result apply_receipt(struct weibel_core *core, const struct chat *chat, const struct amendment *amendment,
                                 struct message *message) {
    bool different, read = amendment->kind == AMEND_READ;
    uint8_t status = read ? CONTENT_READ : CONTENT_DELIVERED;
    if (!message->own && amendment->by == 0 && message->told < status) { /* another own device has told it */
        message->told = status;
        return message_save(core, message);
    }
    if (!message->own || amendment->by == 0) {
        return BASE_OK;
    }
    const struct group *group = group_in_place(chat, message->group);
    const struct contact *by = contact_at(core, amendment->by);
    if (by == NULL || (group != NULL && latecomer_is(group, by, message->entry))) {
        return BASE_OK;
    }
    BASE_TRY(receipt_add(core, message, amendment->by, read, amendment->at, &different));
    return different ? changed(core, message) : BASE_OK;
}

static base_result apply_vote(struct weibel_core *core, const struct amendment *amendment, struct message *message) {
    bool different = false;
    if (amendment->kind == AMEND_VOTE) {
        BASE_TRY(vote_add(core, message, amendment->by, (uint32_t)amendment->entry, amendment->at,
                          vote_tie(amendment->id), &different));
    } else if (is_author(amendment, message)) {
        different = vote_close(message, amendment->at);
    }
    if (different) {
        hand_marked(core, message);
    }
    return different ? changed(core, message) : BASE_OK;
}

/* It was deleted while this was on its way: the others are told that this entry goes, too, by whichever own device
 * hears of it first. Whoever was away, its writer as well, would miss it. */
static base_result apply_copy(struct weibel_core *core, struct chat *chat, const struct amendment *amendment,
                              struct message *message) {
    bool known = copy_is_at(core, message, &amendment->stood);
    if (known || !is_author(amendment, message)) {
        return BASE_OK;
    }
    BASE_TRY(copy_add_place(core, message));
    BASE_TRY(copy_add(core, message, &amendment->stood, amendment->nonce));
    BASE_TRY(message_save(core, message));
    return message->deleted && message->own ? spread_deletion(core, chat, message) : BASE_OK;
}

base_result amend_apply(struct weibel_core *core, struct chat *chat, struct amendment *amendment,
                        struct message *message, bool elsewhere) {
    if (amendment->post != 0) {
        BASE_TRY(out_remove(&core->out, key_pair(KEY_OUTBOX, chat->number, amendment->post)));
    }
    if (message == NULL && amendment->kind == AMEND_AGAIN) {
        /* The room is in the ID: another chat of the same group has shown it. */
        return elsewhere ? BASE_OK : again_apply(core, chat, amendment);
    }
    if (message == NULL) {
        bool explains = amendment->kind == AMEND_DELETE && amendment->entry != 0;
        return explains ? add_tombstone(core, chat, amendment, elsewhere) : BASE_OK;
    }
    if (amendment->kind == AMEND_STATE) {
        return apply_state(core, chat, amendment, message);
    }
    if (amendment->kind == AMEND_DELETE) {
        return apply_deletion(core, chat, amendment, message);
    }
    if (amendment->kind == AMEND_COPY) {
        return apply_copy(core, chat, amendment, message);
    }
    if (message->deleted) {
        return BASE_OK;
    }
    switch (amendment->kind) {
    case AMEND_EDIT:
        return apply_edit(core, chat, amendment, message);
    case AMEND_REACT:
    case AMEND_UNREACT:
        return apply_reaction(core, amendment, message);
    case AMEND_DELIVERED:
    case AMEND_READ:
        return apply_receipt(core, chat, amendment, message);
    case AMEND_VOTE:
    case AMEND_CLOSE:
        return apply_vote(core, amendment, message);
    default:
        return BASE_OK;
    }
}
