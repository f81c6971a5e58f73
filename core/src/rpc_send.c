/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods that move something: send, save and typing.
 */
#include "account.h"
#include "chat.h"
#include "compose.h"
#include "contact.h"
#include "content/cbor.h"
#include "event.h"
#include "extra.h"
#include "field.h"
#include "group.h"
#include "json.h"
#include "policy.h"
#include "post.h"
#include "read.h"
#include "rpc.h"
#include "send_key.h"
#include "send_queue.h"
#include "transfer.h"
#include "typing.h"

enum { MAX_PATH = 4096 };

static bool has(const cJSON *params, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(params, name) != NULL;
}

/* What the picture says beside itself is left out. */
static bool is_bare(const cJSON *item) {
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "bare"));
}

/* One file of the request. `false`: the call was answered. */
static base_result take_file(struct weibel_core *core, struct call *call, const cJSON *item, struct message_file *file,
                             bool *good) {
    struct base_slice path = json_get_text(item, "path"), name = json_get_text(item, "name"),
                      type = json_get_text(item, "type");
    uint64_t size;
    *good = false;
    if (path.len == 0 || path.len > MAX_PATH || name.len == 0 || !json_get_number(item, "size", &size)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "a file needs path, name and size");
    }
    if (name.len > WEIBEL_MAX_FILE_NAME || !cbor_utf8_valid(name) || type.len > MESSAGE_MAX_TYPE ||
        !cbor_utf8_valid(type)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a file's name or type is too long, or not UTF-8");
    }
    if (size > WEIBEL_MAX_FILE) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a file can have 16 GiB at most");
    }
    if (is_bare(item) && size > WEIBEL_MAX_BARE) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "picture_too_large",
                          "a picture of more than 64 MiB can only be sent as it is");
    }
    field_set_text(file->name, sizeof file->name, name);
    field_set_text(file->type, sizeof file->type, type.len > 0 ? type : base_slice_text("application/octet-stream"));
    file->size = size;
    BASE_TRY(base_random_fill(core->options.random, file->blob, sizeof file->blob));
    BASE_TRY(base_random_fill(core->options.random, file->key.key, sizeof file->key.key));
    BASE_TRY(base_random_fill(core->options.random, file->key.nonce, sizeof file->key.nonce));
    return compose_media(core, call, item, file, good);
}

static base_result take_files(struct weibel_core *core, struct call *call, const cJSON *files, struct message *message,
                              bool *good) {
    int count = cJSON_GetArraySize(files);
    *good = true;
    if (count == 0) {
        return BASE_OK;
    }
    if (count > WEIBEL_MAX_FILES) {
        *good = false;
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a message can have %d files at most",
                          WEIBEL_MAX_FILES);
    }
    message->files = (struct message_file *)base_take(core->options.allocator, (size_t)count, sizeof *message->files);
    BASE_ENSURE(message->files != NULL, BASE_ERR_NO_MEMORY);
    const cJSON *item;
    cJSON_ArrayForEach(item, files) {
        message->file_count++;
        BASE_TRY(take_file(core, call, item, &message->files[message->file_count - 1], good));
        if (!*good) {
            return BASE_OK;
        }
    }
    return BASE_OK;
}

/* What the request says, but for what it refers to. */
static base_result take_message(struct weibel_core *core, struct call *call, const cJSON *params,
                                struct message *message, bool *good) {
    struct base_slice text = json_get_text(params, "text");
    const cJSON *files = cJSON_GetObjectItemCaseSensitive(params, "files");
    *good = false;
    if (text.len > WEIBEL_MAX_TEXT) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a text can have %d bytes at most; send it as a file",
                          WEIBEL_MAX_TEXT);
    }
    if (!cbor_utf8_valid(text)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "the text is not UTF-8");
    }
    bool special = has(params, "poll") || has(params, "location");
    if (has(params, "forward") && (text.len > 0 || special || has(params, "files") || has(params, "format"))) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "a forwarded message says what the other one does");
    }
    if (text.len == 0 && cJSON_GetArraySize(files) == 0 && !special && !has(params, "forward")) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "empty", "there is nothing to send: neither text nor a file");
    }
    uint64_t expire = 0;
    if (cJSON_GetObjectItemCaseSensitive(params, "expire") != NULL &&
        (!json_get_number(params, "expire", &expire) || expire == 0 || expire > WIRE_MAX_LIFETIME)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "expire must be 1 to %d seconds", WIRE_MAX_LIFETIME);
    }
    message->sent_at = state_now(core);
    message->expire = (uint32_t)expire;
    BASE_TRY(base_bytes_copy(core->options.allocator, text, &message->text));
    BASE_TRY(compose_extra(core, call, params, message, good));
    return !*good ? BASE_OK : take_files(core, call, files, message, good);
}

/* The chat of the request; NULL: the call was answered. */
static base_result take_chat(struct weibel_core *core, struct call *call, const cJSON *params, struct chat **out) {
    struct base_slice to = json_get_text(params, "to"), name = json_get_text(params, "chat");
    if (to.data != NULL) {
        BASE_TRY(rpc_find_recipient(core, call, to, out));
    } else {
        BASE_TRY(rpc_find_chat(core, call, name, out));
    }
    const struct group *group = *out == NULL ? NULL : chat_group(*out);
    if (*out != NULL && chat_is_over(*out)) {
        *out = NULL;
        return rpc_refuse(core, call, TROUBLE_USAGE, "not_a_member", "you are not in this group any more");
    }
    bool good = true;
    if (*out != NULL && (*out)->kind == CHAT_DIRECT) {
        BASE_TRY(rpc_check_peer(core, call, contact_at(core, (*out)->peer), &good));
        *out = good ? *out : NULL;
    }
    if (*out != NULL && group != NULL && group->state == GROUP_OPEN &&
        (group_own_capabilities(core, group) & CAN_SEND_MESSAGE) == 0) {
        *out = NULL;
        return rpc_refuse(core, call, TROUBLE_USAGE, "not_allowed", "only administrators may write in this group");
    }
    return BASE_OK;
}

static base_result queue(struct weibel_core *core, struct call *call, const cJSON *params, struct message *message) {
    struct chat *chat = NULL;
    BASE_TRY(take_chat(core, call, params, &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    struct group_about about;
    uint32_t own = message->expire;
    if (group_about(chat_group(chat), &about)) {
        message->expire = about_expire(&about, own);
        if (message->expire == 0 && own != 0) {
            return rpc_refuse(core, call, TROUBLE_USAGE, "expiry", "messages do not disappear in this group");
        }
        if (message->expire > own && own != 0) {
            return rpc_refuse(core, call, TROUBLE_USAGE, "expiry", "messages stay for %u seconds here at the least",
                              about.expire_min);
        }
    }
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(message_to_content(core, message, &content));
    char sender[ACCOUNT_MAX_URI], room[CHAT_MAX_URI];
    account_uri(core->account.id, core->account.domain, sender);
    chat_room_uri(core, chat, room);
    BASE_TRY(message_set_id(message, base_borrow(&content), sender, room));
    message->kind = MESSAGE_TEXT;
    message->own = true;
    message->state = MESSAGE_QUEUED;
    BASE_TRY(chat_add_message(core, chat, message));
    const cJSON *item;
    uint32_t file = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(params, "files")) {
        BASE_TRY(transfer_add_upload(core, message, file++, json_get_text(item, "path"), is_bare(item)));
    }
    for (; file < message->file_count; file++) { /* forwarded */
        BASE_TRY(transfer_add_hold(core, message, file));
    }
    BASE_TRY(post_add(core, chat, message, &content));
    if (has(params, "key")) {
        BASE_TRY(send_key_save(core, json_get_text(params, "key"), message));
    }
    typing_written(chat);
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    message_json(core, &line, message);
    return event_answer_end(core, call, &line);
}

/* What a request may refer to: each is looked for before the message is made. */
static const char *const references[] = { "reply_to", "thread", "forward" };
enum { REFERENCES = sizeof references / sizeof *references };

/* What others have written and edited may be more than one content holds. */
static base_result forward(struct weibel_core *core, struct call *call, struct message *message,
                           const struct message *found, bool *good) {
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(compose_forward(core, found, message));
    struct message largest = *message; /* borrows */
    largest.sent_at = MESSAGE_MAX_TIME;
    largest.expire = WIRE_MAX_LIFETIME;
    base_result result = message_to_content(core, &largest, &content);
    *good = result != &BASE_ERR_TOO_LONG;
    return *good ? result
                 : rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "this message is too large to be sent on");
}

static base_result refer_to(struct weibel_core *core, struct call *call, struct message *message, const char *name,
                            const struct message *found, bool *good) {
    struct message_extra *extra;
    if (strcmp(name, "forward") == 0) {
        *good = !extra_says_nothing(found) && (found->file_count == 0 || !found->own || found->state == MESSAGE_SENT);
        return *good ? forward(core, call, message, found, good)
               : extra_says_nothing(found)
                   ? rpc_refuse(core, call, TROUBLE_USAGE, "empty", "there is nothing left of this message")
                   : rpc_refuse(core, call, TROUBLE_LATER, "busy", "this message's files are not on the server yet");
    }
    if (strcmp(name, "reply_to") == 0) {
        message->has_reply = true;
        memcpy(message->reply_to, found->id, sizeof message->reply_to);
        return BASE_OK;
    }
    /* What hangs on a message of a thread belongs to that thread. */
    bool inside = found->extra != NULL && found->extra->has_thread;
    BASE_TRY(extra_get(core, message, &extra));
    extra->has_thread = true;
    memcpy(extra->thread, inside ? found->extra->thread : found->id, sizeof extra->thread);
    return BASE_OK;
}

/* `found`: for each reference of the request one, in order. */
static base_result send_now(struct weibel_core *core, struct call *call, const cJSON *params,
                            const struct list *found) {
    struct message message BASE_CLEANUP(message_free) = { 0 };
    bool good;
    BASE_TRY(take_message(core, call, params, &message, &good));
    size_t next = 0;
    for (size_t i = 0; good && i < REFERENCES; i++) {
        if (has(params, references[i]) && next < found->count) {
            BASE_TRY(
                refer_to(core, call, &message, references[i], (const struct message *)found->items[next++], &good));
        }
    }
    return good ? queue(core, call, params, &message) : BASE_OK;
}

/* Looks for the message that `name` names, then goes on with `then`. */
static base_result find_message(struct weibel_core *core, struct call *call, const cJSON *params, const char *name,
                                read_done_fn then) {
    uint8_t prefix[MESSAGE_ID_PREFIX];
    if (!message_id_parse(json_get_text(params, name), prefix)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "unknown_message", "there is no message with this id");
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, then, call, &read));
    read->params = cJSON_Duplicate(params, true);
    BASE_ENSURE(read->params != NULL, BASE_ERR_NO_MEMORY);
    BASE_TRY(read_find_message(core, read, prefix, then));
    read = NULL;
    return BASE_OK;
}

/* The key of the request is known, or new. */
static base_result send_key_found(struct weibel_core *core, struct read *read) {
    if (!read->more) {
        return send_now(core, &read->call, read->params, &read->messages);
    }
    const struct message *last =
        read->messages.count == 0 ? NULL : (const struct message *)read->messages.items[read->messages.count - 1];
    if (last == NULL || last->chat != read->chat || last->number != read->message) {
        return rpc_refuse(core, &read->call, TROUBLE_USAGE, "unknown_message",
                          "a message was sent with this key, and is gone");
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &read->call);
    message_json(core, &line, last);
    return event_answer_end(core, &read->call, &line);
}

/* Looks for what the request refers to, one after the other; `read->index`: which is next. */
static base_result send_found(struct weibel_core *core, struct read *read) {
    size_t wanted = 0;
    for (size_t i = 0; i < read->index && i < REFERENCES; i++) {
        wanted += has(read->params, references[i]) ? 1 : 0;
    }
    if (read->messages.count < wanted) {
        return rpc_refuse(core, &read->call, TROUBLE_USAGE, "unknown_message", "there is no message with this id");
    }
    while (read->index < REFERENCES) {
        const char *name = references[read->index++];
        uint8_t prefix[MESSAGE_ID_PREFIX];
        if (!has(read->params, name)) {
            continue;
        }
        if (!message_id_parse(json_get_text(read->params, name), prefix)) {
            return rpc_refuse(core, &read->call, TROUBLE_USAGE, "unknown_message", "there is no message with this id");
        }
        return read_find_message(core, read, prefix, send_found);
    }
    return has(read->params, "key") ? send_key_find(core, read, send_key_found)
                                    : send_now(core, &read->call, read->params, &read->messages);
}

base_result rpc_send_begin(struct weibel_core *core, struct read *read) {
    return send_found(core, read);
}

base_result rpc_send(struct weibel_core *core, struct call *call, const cJSON *params) {
    if (has(params, "key") && !send_key_valid(json_get_text(params, "key"))) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "a key has 1 to %d bytes", SEND_KEY_MAX);
    }
    return send_queue_add(core, call, params);
}

static base_result save_found(struct weibel_core *core, struct read *read) {
    if (read->messages.count == 0) {
        return rpc_refuse(core, &read->call, TROUBLE_USAGE, "unknown_message", "there is no message with this id");
    }
    const struct message *message = (const struct message *)read->messages.items[0];
    struct base_slice path = json_get_text(read->params, "path");
    uint64_t file = 0;
    bool numbered = cJSON_GetObjectItemCaseSensitive(read->params, "file") != NULL;
    if (path.len == 0 || path.len > MAX_PATH || (numbered && !json_get_number(read->params, "file", &file))) {
        return rpc_refuse(core, &read->call, TROUBLE_PARAMS, "params", "a path is needed, and the number of a file");
    }
    if (file >= message->file_count) {
        return rpc_refuse(core, &read->call, TROUBLE_USAGE, "unknown_file",
                          message->file_count == 0 ? "this message has no file" : "this message has no such file");
    }
    uint64_t number;
    BASE_TRY(transfer_add_download(core, message, (uint32_t)file, path, &number));
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &read->call);
    json_object(&line);
    json_put_number(&line, "transfer", number);
    json_put_string(&line, "name", message->files[file].name);
    json_put_number(&line, "size", message->files[file].size);
    json_object_end(&line);
    return event_answer_end(core, &read->call, &line);
}

base_result rpc_save(struct weibel_core *core, struct call *call, const cJSON *params) {
    return find_message(core, call, params, "message", save_found);
}

base_result rpc_typing(struct weibel_core *core, struct call *call, const cJSON *params) {
    const cJSON *typing = cJSON_GetObjectItemCaseSensitive(params, "typing");
    struct chat *chat;
    if (!cJSON_IsBool(typing)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "typing must be true or false");
    }
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    typing_say(core, chat, cJSON_IsTrue(typing));
    return rpc_answer_empty(core, call);
}
