/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Places of messages.
 */
#include "copy.h"

#include <string.h>

#include "account.h"
#include "amend.h"
#include "amend_content.h"
#include "chat.h"
#include "field.h"
#include "group.h"
#include "policy.h"
#include "post.h"

static const uint8_t none[WIRE_NONCE_LEN] = { 0 };

static bool is_same(const struct stood *a, const struct stood *b) {
    return a->entry == b->entry && memcmp(a->stream, b->stream, sizeof a->stream) == 0;
}

/* Where the message itself stands. */
static bool own_place(const struct weibel_core *core, const struct message *message, struct stood *out) {
    const struct chat *chat = message->entry == 0 ? NULL : chat_at(core, message->chat);
    const struct group *group = chat == NULL ? NULL : group_in_place(chat, message->group);
    if (group != NULL) {
        out->entry = message->entry;
        memcpy(out->stream, group->id, sizeof out->stream);
    }
    return group != NULL;
}

static bool has(const struct message *message, const struct stood *at) {
    bool found = false;
    for (uint32_t i = 0; i < message->copy_count && !found; i++) {
        found = is_same(&message->copies[i].at, at);
    }
    return found;
}

/* Most messages have one. */
static base_result make_room(const struct weibel_core *core, struct message *message) {
    size_t count = message->copy_count;
    struct message_copy *longer = (struct message_copy *)base_take(core->options.allocator, count + 1, sizeof *longer);
    BASE_ENSURE(longer != NULL, BASE_ERR_NO_MEMORY);
    if (count > 0) {
        memcpy(longer, message->copies, count * sizeof *longer);
    }
    base_free(message->copies);
    message->copies = longer;
    return BASE_OK;
}

base_result copy_add(const struct weibel_core *core, struct message *message, const struct stood *at,
                     const uint8_t nonce[WIRE_NONCE_LEN]) {
    if (has(message, at)) {
        return BASE_OK;
    }
    if (message->copy_count == MESSAGE_MAX_COPIES) {
        message->copy_count--;
        memmove(&message->copies[1], &message->copies[2], (message->copy_count - 1) * sizeof *message->copies);
    } else {
        BASE_TRY(make_room(core, message));
    }
    struct message_copy *copy = &message->copies[message->copy_count++];
    copy->at = *at;
    memcpy(copy->nonce, nonce == NULL ? none : nonce, sizeof copy->nonce);
    return BASE_OK;
}

base_result copy_add_place(const struct weibel_core *core, struct message *message) {
    struct stood at;
    bool known = message->own && message->kind == MESSAGE_TEXT && own_place(core, message, &at);
    return known ? copy_add(core, message, &at, message->nonce) : BASE_OK;
}

bool copy_is_at(const struct weibel_core *core, const struct message *message, const struct stood *at) {
    struct stood own;
    return has(message, at) || (own_place(core, message, &own) && is_same(&own, at));
}

size_t copy_places(const struct weibel_core *core, const struct message *message,
                   struct stood out[MESSAGE_MAX_COPIES]) {
    size_t count = 0;
    if (own_place(core, message, &out[0]) && !has(message, &out[0])) {
        count++;
    }
    for (uint32_t i = 0; i < message->copy_count && count < MESSAGE_MAX_COPIES; i++) {
        out[count++] = message->copies[i].at;
    }
    return count;
}

base_result copy_erase(struct weibel_core *core, struct chat *chat, struct message *message) {
    BASE_TRY(copy_add_place(core, message));
    for (uint32_t i = 0; i < message->copy_count; i++) {
        const struct message_copy *copy = &message->copies[i];
        if (memcmp(copy->nonce, none, sizeof none) != 0) {
            BASE_TRY(post_add_erase(core, chat, &copy->at, copy->nonce));
        }
    }
    return BASE_OK;
}

/* Whose text it says once more. `by` NULL: this account has written it. */
static bool about(const struct weibel_core *core, const struct chat *chat, const struct contact *by,
                  struct base_slice content, uint8_t id[CONTENT_ID_LEN]) {
    char sender[ACCOUNT_MAX_URI], room[CHAT_MAX_URI];
    account_uri(by == NULL ? core->account.id : by->id, by == NULL ? core->account.domain : by->domain, sender);
    chat_room_uri(core, chat, room);
    return amend_content_says_again(content, sender, room, id);
}

base_result copy_drop_waiting(struct weibel_core *core, struct chat *chat, const struct message *message) {
    for (size_t i = chat->outbox.count; i > 0; i--) {
        const struct post *post = (const struct post *)chat->outbox.items[i - 1];
        bool again = (post->kind == POST_CONTROL || post->kind == POST_AGAIN) && post->group == 0;
        uint8_t id[CONTENT_ID_LEN];
        if (again && about(core, chat, NULL, base_borrow(&post->content), id) &&
            memcmp(id + 1, message->id + 1, sizeof id - 1) == 0) {
            BASE_TRY(post_drop_at(core, chat, i - 1));
        }
    }
    return BASE_OK;
}

base_result copy_note(struct weibel_core *core, const struct group *group, const struct contact *by,
                      struct base_slice content, uint64_t entry, const uint8_t nonce[WIRE_NONCE_LEN], bool written) {
    struct amendment amendment = {
        .kind = AMEND_COPY,
        .chat = group->chat->number,
        .by = by == NULL ? 0 : by->number,
        .state = written ? MESSAGE_SENT : MESSAGE_RECEIVED,
        .stood = { .entry = entry },
        .durable = true,
    };
    bool names =
        by == NULL || (group->chat->kind == CHAT_GROUP &&
                       (group_own_capabilities(core, group) & CAN_DELETE_OTHER_MESSAGE) != 0); /* who may delete it */
    if (!names || group->chat->kind == CHAT_OWN || !about(core, group->chat, by, content, amendment.target)) {
        return BASE_OK;
    }
    memcpy(amendment.stood.stream, group->id, sizeof amendment.stood.stream);
    memcpy(amendment.nonce, nonce == NULL ? none : nonce, sizeof amendment.nonce);
    return amend_add(core, &amendment);
}

/* ---- record ---- */

/* Nothing, if there are none: so it was before there were any. */
void copy_write(struct base_writer *writer, const struct message *message) {
    if (message->copy_count == 0) {
        return;
    }
    base_write_u8(writer, (uint8_t)message->copy_count);
    for (uint32_t i = 0; i < message->copy_count; i++) {
        const struct message_copy *copy = &message->copies[i];
        field_write_array(writer, copy->at.stream, sizeof copy->at.stream);
        base_write_u64(writer, copy->at.entry);
        field_write_array(writer, copy->nonce, sizeof copy->nonce);
    }
}

base_result copy_read(const struct weibel_core *core, struct base_reader *reader, struct message *message) {
    uint8_t count;
    if (reader->left == 0) {
        return BASE_OK;
    }
    BASE_TRY(base_read_u8(reader, &count));
    BASE_ENSURE(count > 0 && count <= MESSAGE_MAX_COPIES, BASE_ERR_VALUE);
    for (uint8_t i = 0; i < count; i++) {
        struct message_copy copy = { 0 };
        BASE_TRY(base_read_copy(reader, copy.at.stream, sizeof copy.at.stream));
        BASE_TRY(base_read_u64(reader, &copy.at.entry));
        BASE_TRY(base_read_copy(reader, copy.nonce, sizeof copy.nonce));
        BASE_TRY(copy_add(core, message, &copy.at, copy.nonce));
    }
    return BASE_OK;
}

void copy_write_named(struct base_writer *writer, const struct copy_named *named) {
    field_write_array(writer, named->at.stream, sizeof named->at.stream);
    base_write_u64(writer, named->at.entry);
    field_write_bool(writer, named->explained);
}

bool copy_next_named(struct base_reader *reader, struct copy_named *out) {
    return reader->left >= COPY_NAMED_LEN && base_read_copy(reader, out->at.stream, sizeof out->at.stream) == BASE_OK &&
           base_read_u64(reader, &out->at.entry) == BASE_OK && field_read_bool(reader, &out->explained) == BASE_OK;
}
