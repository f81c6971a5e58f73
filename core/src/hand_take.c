/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Earlier messages, as a new member takes them. What was fetched is not durable: after a crash it is fetched anew, and
 * what is there already is passed over.
 */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "chat.h"
#include "contact.h"
#include "content/handed.h"
#include "extra.h"
#include "field.h"
#include "group.h"
#include "hand.h"
#include "history.h"
#include "read.h"
#include "sync.h"

base_result hand_await(struct weibel_core *core, struct group *group, uint32_t inviter) {
    struct mls_member member;
    struct identity identity;
    struct hand *hand;
    if (!hand_is_allowed(group) || !mls_group_member(group->mls, inviter, &member)) {
        return BASE_OK;
    }
    BASE_TRY(identity_peek(member.credential.content, &identity));
    chat_leave_room(group->chat);
    BASE_TRY(hand_add(core, group->chat->number, HAND_AWAIT, &hand));
    memcpy(hand->account, identity.account, sizeof hand->account);
    field_set_text(hand->domain, sizeof hand->domain, identity.domain);
    hand->first = hand->last = mls_group_epoch(group->mls);
    return hand_save(core, hand);
}

base_result hand_told(struct weibel_core *core, struct group *group, const struct contact *from,
                      struct base_slice part) {
    struct content_handed handed;
    BASE_TRY(content_handed_decode(part, &handed));
    struct hand *hand = hand_find(core, group->chat->number, false);
    bool for_us = hand != NULL && hand->kind == HAND_AWAIT && from != NULL && !from->blocked &&
                  memcmp(from->id, hand->account, sizeof from->id) == 0 && strcmp(from->domain, hand->domain) == 0 &&
                  handed.first <= hand->first && hand->first <= handed.last && hand_is_allowed(group);
    if (!for_us) {
        return BASE_OK;
    }
    struct base_reader reader = base_reader(handed.place);
    BASE_TRY(tree_read_place(&reader, &hand->place));
    BASE_ENSURE(hand->place.size <= HAND_MAX_BYTES, BASE_ERR_TOO_LONG);
    memcpy(hand->hash, handed.hash.data, sizeof hand->hash);
    hand->kind = HAND_TAKE;
    return hand_save(core, hand);
}

static base_result adder(struct weibel_core *core, const struct hand *hand, struct contact **out) {
    return contact_get(core, hand->account, hand->domain, out);
}

/* All of it, or nothing that can be used. */
static base_result finish(struct weibel_core *core, struct hand *hand, bool usable) {
    struct chat *chat = chat_at(core, hand->chat);
    uint64_t filed = hand->filed;
    char words[WIRE_MAX_ADDRESS + 1];
    struct contact *by;
    BASE_TRY(adder(core, hand, &by));
    BASE_TRY(hand_end(core, hand));
    contact_words(core, by, words);
    if (chat == NULL) {
        return BASE_OK;
    }
    if (!usable) {
        return chat_notice(core, chat, MESSAGE_HANDED, by->number,
                           "Earlier messages that %s handed on could not be fetched", words);
    }
    if (filed == 1) {
        return chat_notice(core, chat, MESSAGE_HANDED, by->number, "%s handed on an earlier message", words);
    }
    return filed == 0 ? BASE_OK
                      : chat_notice(core, chat, MESSAGE_HANDED, by->number, "%s handed on %" PRIu64 " earlier messages",
                                    words, filed);
}

base_result hand_person(struct weibel_core *core, struct hand *hand, struct base_slice name, struct contact **out) {
    uint8_t id[WIRE_ACCOUNT_LEN];
    char domain[WIRE_MAX_DOMAIN + 1];
    *out = NULL;
    if (!sync_account_parse(name, id, domain) ||
        (memcmp(id, core->account.id, sizeof id) == 0 && strcmp(domain, core->account.domain) == 0)) {
        return BASE_OK;
    }
    *out = contact_find(core, id, domain);
    if (*out == NULL && hand->contacts < HAND_MAX_CONTACTS) {
        hand->contacts++;
        BASE_TRY(contact_get(core, id, domain, out));
    } else if (*out != NULL && (*out)->blocked) {
        *out = NULL;
    }
    return BASE_OK;
}

/* Nothing of the item is trusted to be well-formed. */
static base_result file(struct weibel_core *core, struct hand *hand, struct chat *chat, const struct hand_item *item) {
    struct message message BASE_CLEANUP(message_free) = { 0 };
    struct message_extra *extra;
    struct contact *author, *by;
    base_result result = hand_item_message(core, chat, item, &message);
    if (result != BASE_OK) {
        return trouble_is_fatal(result) ? result : BASE_OK;
    }
    if (chat->history_next == 0 || chat->deleted_to != 0) {
        return BASE_OK; /* there was no room left for it */
    }
    BASE_TRY(hand_person(core, hand, item->author, &author));
    if (author == NULL) {
        return BASE_OK;
    }
    BASE_TRY(adder(core, hand, &by));
    BASE_TRY(extra_get(core, &message, &extra));
    extra->handed_by = by->number;
    message.from = author->number;
    BASE_TRY(hand_marks_file(core, hand, item, &message));
    hand->filed++;
    message.group = message.entry = 0;
    BASE_TRY(history_file_message(core, chat, &message));
    return hand_save(core, hand);
}

static base_result next_item(struct weibel_core *core, struct hand *hand);

/* The item that stands at the offset, and how long it is; false: there is none. */
static bool item_at(const struct hand *hand, struct hand_item *item, size_t *len) {
    struct base_slice bundle = base_borrow(&hand->get.tree);
    struct base_reader reader = base_reader(base_slice(bundle.data + hand->offset, bundle.len - hand->offset));
    size_t left = reader.left;
    if (hand->count >= HAND_MAX_ITEMS || hand_item_read(&reader, item) != BASE_OK) {
        return false;
    }
    *len = left - reader.left;
    return true;
}

/* `limit`: number of the chat. A message with this id, wherever it is, is there already. */
static base_result looked_up(struct weibel_core *core, struct read *read) {
    struct hand *hand = hand_find(core, read->limit, false);
    struct chat *chat = chat_at(core, read->limit);
    struct hand_item item;
    size_t len;
    if (hand == NULL || chat == NULL || !hand->fetched || !item_at(hand, &item, &len)) {
        return BASE_OK;
    }
    hand->reading = false;
    if (read->messages.count == 0) {
        BASE_TRY(file(core, hand, chat, &item));
    }
    hand->offset += len;
    hand->count++;
    return next_item(core, hand);
}

static base_result next_item(struct weibel_core *core, struct hand *hand) {
    struct hand_item item;
    size_t len;
    if (!item_at(hand, &item, &len)) {
        return finish(core, hand, true);
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, looked_up, NULL, &read));
    read->limit = hand->chat;
    hand->reading = true;
    BASE_TRY(read_find_message(core, read, item.id.data + 1, looked_up));
    read = NULL;
    return BASE_OK;
}

/* The place alone would let whoever has chosen it put something else there later, when he has seen more. */
static bool is_as_told(const struct hand *hand) {
    uint8_t hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(hash, hand->get.tree.data, hand->get.tree.len);
    return memcmp(hash, hand->hash, sizeof hash) == 0 && hand->get.tree.data[0] == HAND_VERSION;
}

/* `a`: number of the chat. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct hand *hand = hand_find(core, a, false);
    bool whole;
    uint64_t delay;
    (void)b;
    if (hand == NULL || hand->kind != HAND_TAKE || !hand->get.in_flight) {
        return BASE_OK;
    }
    base_result result = tree_get_answered(core, &hand->get, answer, &whole, &delay);
    if (result != BASE_OK) {
        return trouble_is_fatal(result) ? result : finish(core, hand, false);
    }
    hand->retry_at = delay == 0 ? 0 : state_now(core) + delay;
    if (!whole) {
        return BASE_OK;
    }
    if (!is_as_told(hand)) {
        return finish(core, hand, false);
    }
    hand->fetched = true;
    hand->offset = 1; /* behind the version */
    return next_item(core, hand);
}

base_result hand_take_pump(struct weibel_core *core, struct hand *hand) {
    if (hand->fetched) {
        return BASE_OK;
    }
    hand->get.place = hand->place;
    return tree_get_pump(core, &hand->get, answered, hand->chat, 0);
}
