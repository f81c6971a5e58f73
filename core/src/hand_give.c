/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Earlier messages, as who has added somebody hands them on. What is gathered is not durable: after a crash it is
 * gathered anew, and lies somewhere else.
 */
#include <sodium.h>
#include <string.h>

#include "amend_content.h"
#include "chat.h"
#include "contact.h"
#include "content/handed.h"
#include "extra.h"
#include "field.h"
#include "group.h"
#include "hand.h"
#include "history.h"
#include "post.h"
#include "read.h"
#include "sync.h"

enum { PAGE = 50, MAX_PART = 256 /* bytes of what is told */ };

base_result hand_added(struct weibel_core *core, struct group *group) {
    uint64_t epoch = mls_group_epoch(group->mls);
    if (!hand_is_allowed(group)) {
        return BASE_OK;
    }
    struct hand *hand = hand_find(core, group->chat->number, true);
    if (hand == NULL) {
        BASE_TRY(hand_add(core, group->chat->number, HAND_GIVE, &hand));
        hand->first = epoch;
    }
    hand_drop(hand); /* those who came before get what the last ones get */
    hand->last = epoch;
    hand->before = group->chat->next_message + 1;
    return hand_save(core, hand);
}

/* What nobody has told us himself we don't pass off as his. */
static bool is_handed_on(const struct weibel_core *core, const struct message *message) {
    return history_is_told(core, message) && !message->deleted &&
           (message->extra == NULL || message->extra->handed_by == 0);
}

static base_result add_message(struct weibel_core *core, struct hand *hand, const struct message *message) {
    const struct contact *from = contact_at(core, message->from);
    uint8_t author[SYNC_MAX_ACCOUNT_NAME];
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes reactions BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes votes BASE_CLEANUP(base_bytes_free) = { 0 };
    if ((!message->own && from == NULL) || !is_handed_on(core, message)) {
        return BASE_OK;
    }
    base_result result = message_to_content(core, message, &content);
    if (result == &BASE_ERR_TOO_LONG || (result == BASE_OK && content.len > HAND_MAX_ITEM)) {
        return BASE_OK;
    }
    BASE_TRY(result);
    BASE_TRY(hand_marks_gather(core, message, &reactions, &votes));
    const struct account *self = &core->account;
    size_t len = message->own ? sync_account_name(self->id, self->domain, author)
                              : sync_account_name(from->id, from->domain, author);
    hand_item_write(&hand->bundle, &(struct hand_item){
                                       .author = base_slice(author, len),
                                       .id = base_slice(message->id, sizeof message->id),
                                       .edited_at = message->edited_at,
                                       .content = base_borrow(&content),
                                       .reactions = base_borrow(&reactions),
                                       .closed_at = message->closed_at,
                                       .votes = base_borrow(&votes),
                                   });
    hand->count++;
    return BASE_OK;
}

static base_result put(struct weibel_core *core, struct hand *hand) {
    struct base_bytes bundle BASE_CLEANUP(base_bytes_free) = { 0 };
    uint8_t door_key[WIRE_KEY_LEN];
    BASE_TRY(base_writer_finish(&hand->bundle, &bundle));
    BASE_TRY(base_random_fill(core->options.random, door_key, sizeof door_key));
    BASE_TRY(tree_make_place(core, door_key, bundle.len, &hand->place));
    (void)crypto_hash_sha256(hand->hash, bundle.data, bundle.len);
    tree_put_begin(core, &hand->put, &hand->place, door_key, &bundle);
    base_wipe(door_key, sizeof door_key);
    return BASE_OK;
}

/* How much of the page fits; `end`: what lies before is too old. */
static base_result gather(struct weibel_core *core, struct hand *hand, const struct list *messages, bool *end) {
    size_t room = HAND_MAX_BYTES - HAND_MAX_ITEM - (size_t)2 * HAND_MAX_MARKS - SYNC_MAX_ACCOUNT_NAME - 64;
    bool recent = false;
    *end = messages->count < PAGE;
    for (size_t i = 0; i < messages->count; i++) {
        const struct message *message = (const struct message *)messages->items[i];
        if (hand->count >= HAND_MAX_ITEMS || base_writer_view(&hand->bundle).len > room) {
            *end = true;
            return BASE_OK;
        }
        BASE_TRY(add_message(core, hand, message));
        hand->next = message->number;
        recent = recent || history_is_recent(core, message);
    }
    *end = *end || !recent;
    return BASE_OK;
}

static base_result page_read(struct weibel_core *core, struct read *read) {
    struct hand *hand = hand_find(core, read->chat, true);
    if (hand == NULL) {
        return BASE_OK;
    }
    bool stale = hand->stale, end;
    hand->reading = hand->stale = false;
    if (stale) {
        return BASE_OK;
    }
    BASE_TRY(gather(core, hand, &read->messages, &end));
    if (!end) {
        return BASE_OK;
    }
    return hand->count == 0 ? hand_end(core, hand) : put(core, hand);
}

static base_result read_on(struct weibel_core *core, struct hand *hand) {
    if (hand->bundle.allocator == NULL) {
        hand->bundle = base_writer(core->options.allocator, HAND_MAX_BYTES);
        base_write_u8(&hand->bundle, HAND_VERSION);
        hand->next = hand->before;
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, page_read, NULL, &read));
    read->chat = hand->chat;
    hand->reading = true;
    BASE_TRY(read_ask(core, read, read_add_message, key_pair(KEY_MESSAGE, hand->chat, 0),
                      key_pair(KEY_MESSAGE, hand->chat, hand->next), PAGE, true));
    read = NULL;
    return BASE_OK;
}

/* They lie there: it is told, in the same batch that forgets that it is to be done. */
static base_result tell(struct weibel_core *core, struct chat *chat, struct hand *hand) {
    struct base_writer place BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_PLACE_LEN);
    struct base_writer part BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_PART);
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    tree_write_place(&place, &hand->place);
    struct content_handed handed = { hand->first, hand->last, base_writer_view(&place),
                                     base_slice(hand->hash, sizeof hand->hash) };
    content_handed_encode(&part, &handed);
    BASE_TRY(amend_content_part(core, content_handed_type, base_writer_view(&part), NULL, &content));
    BASE_TRY(post_add_control(core, chat, &content));
    return hand_end(core, hand);
}

/* `a`: number of the chat; `b`: of the put. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct hand *hand = hand_find(core, a, true);
    struct chat *chat = chat_at(core, a);
    uint64_t delay;
    if (hand == NULL || chat == NULL || hand->put.number != b) {
        return BASE_OK;
    }
    if (tree_put_answered(&hand->put, answer, &delay) != BASE_OK) {
        return hand_end(core, hand); /* the server does not want it */
    }
    hand->retry_at = delay == 0 ? 0 : state_now(core) + delay;
    return BASE_OK;
}

base_result hand_give_pump(struct weibel_core *core, struct chat *chat, struct hand *hand) {
    const struct group *group = chat_writing_group(chat);
    if (chat_is_over(chat) || (group != NULL && !hand_is_allowed(group))) {
        return hand_end(core, hand);
    }
    if (group == NULL || chat->change.kind == CHANGE_ADD) {
        return BASE_OK; /* others may come at once, who get the same */
    }
    if (!tree_put_is_begun(&hand->put)) {
        return read_on(core, hand);
    }
    return hand->put.done ? tell(core, chat, hand) : tree_put_pump(core, &hand->put, answered, hand->chat);
}
