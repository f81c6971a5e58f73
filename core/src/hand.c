/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What is handed on: records and items.
 */
#include "hand.h"

#include <string.h>

#include "account.h"
#include "chat.h"
#include "extra.h"
#include "field.h"
#include "group.h"
#include "sync.h"

enum { VERSION = 1, MAX_RECORD = 1024 };

void hand_drop(struct hand *hand) {
    base_writer_free(&hand->bundle);
    hand->bundle = (struct base_writer){ 0 };
    tree_put_end(&hand->put);
    tree_get_end(&hand->get);
    hand->fetched = false;
    hand->offset = 0;
    hand->count = 0;
    hand->stale = hand->reading;
}

void hand_free(void *item) {
    struct hand *hand = (struct hand *)item;
    hand_drop(hand);
    base_wipe(hand, sizeof *hand);
    base_free(hand);
}

struct hand *hand_find(const struct weibel_core *core, uint64_t chat, bool gives) {
    for (size_t i = 0; i < core->hands.count; i++) {
        struct hand *hand = (struct hand *)core->hands.items[i];
        if (hand->chat == chat && (hand->kind == HAND_GIVE) == gives) {
            return hand;
        }
    }
    return NULL;
}

base_result hand_add(struct weibel_core *core, uint64_t chat, enum hand_kind kind, struct hand **out) {
    struct hand *hand = (struct hand *)base_take(core->options.allocator, 1, sizeof *hand);
    BASE_ENSURE(hand != NULL, BASE_ERR_NO_MEMORY);
    hand->chat = chat;
    hand->kind = kind;
    base_result result = list_add(&core->hands, core->options.allocator, hand);
    if (result != BASE_OK) {
        hand_free(hand);
        return result;
    }
    *out = hand;
    return BASE_OK;
}

static struct key key_of(const struct hand *hand) {
    return key_pair(KEY_HAND, hand->chat, hand->kind == HAND_GIVE ? 0 : 1);
}

base_result hand_save(struct weibel_core *core, const struct hand *hand) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_u8(&writer, (uint8_t)hand->kind);
    base_write_u64(&writer, hand->first);
    base_write_u64(&writer, hand->last);
    base_write_u64(&writer, hand->before);
    field_write_array(&writer, hand->account, sizeof hand->account);
    field_write_text(&writer, hand->domain);
    field_write_bool(&writer, hand->kind == HAND_TAKE);
    if (hand->kind == HAND_TAKE) {
        tree_write_place(&writer, &hand->place);
    }
    field_write_array(&writer, hand->hash, sizeof hand->hash);
    base_write_u32(&writer, hand->filed);
    base_write_u32(&writer, hand->contacts);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_of(hand), base_borrow(&record));
}

base_result hand_load(struct weibel_core *core, uint64_t chat, struct base_slice value) {
    struct base_reader reader = base_reader(value);
    struct hand *hand;
    uint8_t kind;
    bool has_place;
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(base_read_u8(&reader, &kind));
    BASE_ENSURE(kind >= HAND_GIVE && kind < HAND_KIND_END && hand_find(core, chat, kind == HAND_GIVE) == NULL,
                BASE_ERR_VALUE);
    BASE_TRY(hand_add(core, chat, (enum hand_kind)kind, &hand));
    BASE_TRY(base_read_u64(&reader, &hand->first));
    BASE_TRY(base_read_u64(&reader, &hand->last));
    BASE_TRY(base_read_u64(&reader, &hand->before));
    BASE_TRY(base_read_copy(&reader, hand->account, sizeof hand->account));
    BASE_TRY(field_read_text(&reader, hand->domain, sizeof hand->domain));
    BASE_TRY(field_read_bool(&reader, &has_place));
    BASE_ENSURE(has_place == (kind == HAND_TAKE), BASE_ERR_VALUE);
    if (has_place) {
        BASE_TRY(tree_read_place(&reader, &hand->place));
    }
    BASE_TRY(base_read_copy(&reader, hand->hash, sizeof hand->hash));
    BASE_TRY(base_read_u32(&reader, &hand->filed));
    BASE_TRY(base_read_u32(&reader, &hand->contacts));
    return base_read_end(&reader);
}

base_result hand_end(struct weibel_core *core, struct hand *hand) {
    for (size_t i = 0; i < core->hands.count; i++) {
        if (core->hands.items[i] == hand) {
            (void)list_take(&core->hands, i);
            break;
        }
    }
    base_result result = out_remove(&core->out, key_of(hand));
    hand_free(hand);
    return result;
}

base_result hand_forget_chat(struct weibel_core *core, uint64_t chat) {
    for (int gives = 0; gives < 2; gives++) {
        struct hand *hand = hand_find(core, chat, gives == 1);
        BASE_TRY(hand == NULL ? BASE_OK : hand_end(core, hand));
    }
    return BASE_OK;
}

void hand_forget_connection(struct weibel_core *core) {
    for (size_t i = 0; i < core->hands.count; i++) {
        struct hand *hand = (struct hand *)core->hands.items[i];
        hand->put.in_flight = hand->get.in_flight = false;
        hand->retry_at = 0;
    }
}

bool hand_is_taking(const struct weibel_core *core, const struct chat *chat) {
    const struct hand *hand = hand_find(core, chat->number, false);
    return hand != NULL && hand->kind == HAND_TAKE;
}

bool hand_is_gathering(const struct weibel_core *core) {
    for (size_t i = 0; i < core->hands.count; i++) {
        const struct hand *hand = (const struct hand *)core->hands.items[i];
        if (hand->kind == HAND_GIVE && hand->reading) {
            return true;
        }
    }
    return false;
}

void hand_changed(struct weibel_core *core, const struct message *message) {
    struct hand *hand = hand_find(core, message->chat, true);
    if (hand != NULL && message->number < hand->before) {
        hand_drop(hand);
    }
}

void hand_marked(struct weibel_core *core, const struct message *message) {
    struct hand *hand = hand_find(core, message->chat, true);
    if (hand != NULL && hand->again < HAND_MAX_AGAIN) {
        hand->again++;
        hand_changed(core, message);
    }
}

bool hand_is_allowed(const struct group *group) {
    struct group_about about;
    return group->mls != NULL && group_read_about(group->mls, &about) == BASE_OK && about.kind == CHAT_GROUP &&
           about.history == ABOUT_HISTORY_OPTIONAL;
}

base_result hand_pump(struct weibel_core *core, struct chat *chat) {
    struct hand *gives = hand_find(core, chat->number, true), *takes = hand_find(core, chat->number, false);
    uint64_t now = state_now(core);
    if (gives != NULL && !gives->reading && gives->retry_at <= now) {
        BASE_TRY(hand_give_pump(core, chat, gives));
    }
    bool due = takes != NULL && takes->kind == HAND_TAKE && !takes->reading && takes->retry_at <= now;
    return due ? hand_take_pump(core, takes) : BASE_OK;
}

uint64_t hand_deadline(const struct weibel_core *core, const struct chat *chat) {
    const struct hand *gives = hand_find(core, chat->number, true), *takes = hand_find(core, chat->number, false);
    uint64_t first = gives == NULL ? UINT64_MAX : gives->retry_at,
             second = takes == NULL ? UINT64_MAX : takes->retry_at;
    return first < second ? first : second;
}

/* ---- items ---- */

void hand_item_write(struct base_writer *writer, const struct hand_item *item) {
    base_write_opaque(writer, item->author);
    base_write_slice(writer, item->id);
    base_write_u64(writer, item->edited_at);
    base_write_opaque(writer, item->content);
    base_write_opaque(writer, item->reactions);
    base_write_u64(writer, item->closed_at);
    base_write_opaque(writer, item->votes);
}

base_result hand_item_read(struct base_reader *reader, struct hand_item *out) {
    BASE_TRY(base_read_opaque_max(reader, SYNC_MAX_ACCOUNT_NAME, &out->author));
    BASE_TRY(base_read_slice(reader, CONTENT_ID_LEN, &out->id));
    BASE_TRY(base_read_u64(reader, &out->edited_at));
    BASE_TRY(base_read_opaque_max(reader, HAND_MAX_ITEM, &out->content));
    BASE_TRY(base_read_opaque_max(reader, HAND_MAX_MARKS, &out->reactions));
    BASE_TRY(base_read_u64(reader, &out->closed_at));
    return base_read_opaque_max(reader, HAND_MAX_MARKS, &out->votes);
}

base_result hand_item_message(struct weibel_core *core, const struct chat *chat, const struct hand_item *item,
                              struct message *out) {
    char room[CHAT_MAX_URI];
    chat_room_uri(core, chat, room);
    BASE_TRY(hand_marks_check(item));
    BASE_ENSURE(item->edited_at <= MESSAGE_MAX_TIME, BASE_ERR_VALUE);
    out->kind = MESSAGE_TEXT;
    out->state = MESSAGE_RECEIVED;
    BASE_TRY(message_from_content(core, item->content, "", room, out));
    BASE_ENSURE(out->expire == 0 && out->expires_at == 0 && !extra_says_nothing(out), BASE_ERR_VALUE);
    out->chat = chat->number;
    out->edited_at = item->edited_at;
    memcpy(out->id, item->id.data, sizeof out->id); /* the salt of the first version is not known any more */
    return BASE_OK;
}
