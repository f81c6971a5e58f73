/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Between messages and the container of MIMI content.
 */
#include <string.h>

#include "account.h"
#include "body.h"
#include "chat.h"
#include "content/cbor.h"
#include "extra.h"
#include "message.h"

static void write_extensions(struct base_writer *writer, const struct message *message, uint64_t sent_at) {
    cbor_write_head(writer, CBOR_MAP, 1 + extra_extension_count(message));
    cbor_write_int(writer, CONTENT_SENT_AT);
    cbor_write_head(writer, CBOR_UNSIGNED, sent_at);
    extra_write_extensions(writer, message);
}

static base_result to_content(struct weibel_core *core, const struct message *message, struct base_slice replaces,
                              const uint8_t *salt, struct base_bytes *out) {
    struct base_bytes body BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(body_write(core, message, &body));
    struct base_writer extensions BASE_CLEANUP(base_writer_free) =
        base_writer(core->options.allocator, 2 * CONTENT_MAX_EXTENSION);
    write_extensions(&extensions, message, replaces.len == 0 ? message->sent_at : message->edited_at);
    struct content content = {
        .replaces = replaces,
        .topic = extra_topic(message),
        .expires = message->expires_at != 0 || message->expire != 0,
        .expires_relative = message->expire != 0,
        .expires_time = message->expire != 0 ? message->expire : (uint32_t)(message->expires_at / 1000),
        .in_reply_to = message->has_reply ? base_slice(message->reply_to, CONTENT_ID_LEN) : base_slice(NULL, 0),
        .extensions = base_writer_view(&extensions),
        .body = base_borrow(&body),
    };
    memcpy(content.salt, salt, sizeof content.salt);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    content_encode(&writer, &content);
    if (extensions.failed != BASE_OK) {
        base_writer_fail(&writer, extensions.failed);
    }
    return base_writer_finish(&writer, out);
}

static base_result fresh_content(struct weibel_core *core, const struct message *message, struct base_slice replaces,
                                 struct base_bytes *out) {
    uint8_t salt[CONTENT_SALT_LEN];
    BASE_TRY(base_random_fill(core->options.random, salt, sizeof salt));
    return to_content(core, message, replaces, salt, out);
}

base_result message_to_content(struct weibel_core *core, const struct message *message, struct base_bytes *out) {
    return fresh_content(core, message, base_slice(NULL, 0), out);
}

base_result message_to_edit(struct weibel_core *core, const struct message *message, struct base_bytes *out) {
    return fresh_content(core, message, base_slice(message->id, sizeof message->id), out);
}

base_result message_set_id(struct message *message, struct base_slice content, const char *sender, const char *room) {
    struct content decoded;
    BASE_TRY(content_decode(content, &decoded));
    message->has_id = true;
    memcpy(message->salt, decoded.salt, sizeof message->salt);
    content_id(base_slice_text(sender), base_slice_text(room), content, decoded.salt, message->id);
    return BASE_OK;
}

base_result message_own_id(const struct weibel_core *core, const struct chat *chat, struct base_slice content,
                           uint8_t id[CONTENT_ID_LEN]) {
    char sender[ACCOUNT_MAX_URI], room[CHAT_MAX_URI];
    struct message named = { 0 };
    account_uri(core->account.id, core->account.domain, sender);
    chat_room_uri(core, chat, room);
    BASE_TRY(message_set_id(&named, content, sender, room));
    memcpy(id, named.id, sizeof named.id);
    return BASE_OK;
}

base_result message_original(struct weibel_core *core, const struct message *message, struct base_bytes *out) {
    static const uint8_t none[CONTENT_SALT_LEN] = { 0 };
    const struct chat *chat = chat_at(core, message->chat);
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    uint8_t id[CONTENT_ID_LEN];
    if (chat == NULL || !message->own || memcmp(message->salt, none, sizeof none) == 0) {
        return BASE_OK;
    }
    BASE_TRY(message->content.len > 0
                 ? base_bytes_copy(core->options.allocator, base_borrow(&message->content), &content)
                 : to_content(core, message, base_slice(NULL, 0), message->salt, &content));
    BASE_TRY(message_own_id(core, chat, base_borrow(&content), id));
    if (memcmp(id, message->id, sizeof id) == 0) {
        base_bytes_move(out, &content);
    }
    return BASE_OK;
}

base_result message_keep_original(struct weibel_core *core, struct message *message) {
    bool first = message->edited_at == 0 && message->content.len == 0;
    return first ? message_original(core, message, &message->content) : BASE_OK;
}

/* A relative time is at least one second, and at most what a message may ask for at all (§9.1). */
static void set_expiry(struct message *message, const struct content *content) {
    uint32_t time = content->expires_time;
    if (content->expires_relative) {
        message->expire = time == 0 ? 1 : time < WIRE_MAX_LIFETIME ? time : WIRE_MAX_LIFETIME;
    } else {
        message->expires_at = (uint64_t)time * 1000;
    }
}

uint64_t message_time(const struct weibel_core *core, const struct content *content) {
    struct base_reader reader = base_reader(content_extension(content, CONTENT_SENT_AT));
    uint64_t time;
    return cbor_read_uint(&reader, MESSAGE_MAX_TIME, &time) == BASE_OK ? time : state_now(core);
}

base_result message_from_content(struct weibel_core *core, struct base_slice bytes, const char *sender,
                                 const char *room, struct message *message) {
    struct content content;
    BASE_TRY(content_decode(bytes, &content));
    BASE_TRY(body_read(core, content.body, message));
    BASE_TRY(extra_from_content(core, &content, message));
    message->has_reply = content.in_reply_to.len > 0;
    if (message->has_reply) {
        memcpy(message->reply_to, content.in_reply_to.data, CONTENT_ID_LEN);
    }
    if (content.expires) {
        set_expiry(message, &content);
    }
    message->sent_at = message_time(core, &content);
    message->has_id = true;
    content_id(base_slice_text(sender), base_slice_text(room), bytes, content.salt, message->id);
    return BASE_OK;
}
