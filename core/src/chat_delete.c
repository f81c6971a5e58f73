/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Deleted chats.
 */
#include "chat_delete.h"

#include "amend.h"
#include "chat.h"
#include "event.h"
#include "json.h"
#include "read.h"
#include "rpc.h"
#include "setting.h"
#include "sync.h"

enum { PAGE = 50 };

bool chat_is_deleted(const struct chat *chat) {
    return chat->deleted_to != 0 && chat->deleted_to == chat->next_message;
}

base_result chat_delete_up_to(struct weibel_core *core, struct chat *chat, uint64_t number) {
    if (number <= chat->deleted_to) {
        return BASE_OK;
    }
    chat->deleted_to = number;
    chat->deleting = true;
    chat->dirty = chat->announce = true;
    chat->setting.pinned = chat->setting.archived = chat->setting.marked = false;
    base_bytes_free(&chat->setting.draft);
    return setting_save(core, chat);
}

/* ---- removing ---- */

static base_result ask_page(struct weibel_core *core, struct chat *chat);

static base_result page_read(struct weibel_core *core, struct read *read) {
    struct chat *chat = chat_at(core, read->chat);
    if (chat == NULL) {
        return BASE_OK;
    }
    chat->deletion_reads = false;
    for (size_t i = 0; i < read->messages.count; i++) {
        BASE_TRY(amend_hide(core, chat, (struct message *)read->messages.items[i]));
    }
    if (read->count == PAGE) {
        return ask_page(core, chat);
    }
    chat->deleting = false;
    chat->dirty = true;
    return BASE_OK;
}

/* What was removed is not in the store any more when this is read. */
static base_result ask_page(struct weibel_core *core, struct chat *chat) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, page_read, NULL, &read));
    read->chat = chat->number;
    chat->deletion_reads = true;
    BASE_TRY(read_ask(core, read, read_add_message, key_pair(KEY_MESSAGE, chat->number, 0),
                      key_pair(KEY_MESSAGE, chat->number, chat->deleted_to + 1), PAGE, false));
    read = NULL;
    return BASE_OK;
}

base_result chat_delete_pump(struct weibel_core *core) {
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->deleting && !chat->deletion_reads) {
            BASE_TRY(ask_page(core, chat));
        }
    }
    return BASE_OK;
}

/* ---- the account's other devices ---- */

static base_result found(struct weibel_core *core, struct read *read) {
    const struct message *message = read->messages.count == 0 ? NULL : (const struct message *)read->messages.items[0];
    struct chat *chat = message == NULL ? NULL : chat_at(core, message->chat);
    return chat == NULL ? BASE_OK : chat_delete_up_to(core, chat, message->number);
}

base_result chat_deletion_take(struct weibel_core *core, struct base_slice name, struct base_slice value, bool fresh) {
    (void)name;
    (void)fresh;
    if (value.len != MESSAGE_ID_PREFIX) {
        return BASE_OK;
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, found, NULL, &read));
    BASE_TRY(read_find_message(core, read, value.data, found));
    read = NULL;
    return BASE_OK;
}

base_result chat_deletion_added(struct weibel_core *core, struct chat *chat, const struct message *message) {
    uint8_t bytes[SYNC_MAX_NAME];
    struct base_slice value, id = base_slice(message->id + 1, MESSAGE_ID_PREFIX);
    struct base_slice name = base_slice(bytes, sync_chat_name(core, chat, bytes));
    bool last = message->has_id && sync_get(core, SYNC_DELETED, name, &value) && base_slice_equal(value, id);
    return last ? chat_delete_up_to(core, chat, message->number) : BASE_OK;
}

/* ---- the method ---- */

/* What the account's other devices have, too, or will get. */
static bool is_everywhere(const struct message *message) {
    return message->kind == MESSAGE_TEXT && message->has_id &&
           (message->state == MESSAGE_SENT || message->state == MESSAGE_RECEIVED);
}

/* Keeps those of them; `index`: the message that was read last. */
static base_result take_newest(struct weibel_core *core, struct read *read, struct base_slice key,
                               struct base_slice value) {
    BASE_TRY(read_add_message(core, read, key, value));
    const struct message *message = (const struct message *)read->messages.items[read->messages.count - 1];
    read->index = (size_t)message->number;
    if (!is_everywhere(message)) {
        read_drop_last_message(read);
    }
    return BASE_OK;
}

/* `limit`: up to where it is deleted. */
static base_result newest_read(struct weibel_core *core, struct read *read) {
    struct chat *chat = chat_at(core, read->chat);
    uint8_t bytes[SYNC_MAX_NAME];
    if (chat == NULL) {
        return rpc_refuse(core, &read->call, TROUBLE_USAGE, "unknown_chat", "there is no such chat");
    }
    if (read->messages.count == 0 && read->count == PAGE) {
        return read_ask(core, read, take_newest, key_pair(KEY_MESSAGE, chat->number, 0),
                        key_pair(KEY_MESSAGE, chat->number, read->index), PAGE, true);
    }
    if (read->messages.count > 0) {
        const struct message *newest = (const struct message *)read->messages.items[0];
        BASE_TRY(sync_put(core, SYNC_DELETED, base_slice(bytes, sync_chat_name(core, chat, bytes)),
                          base_slice(newest->id + 1, MESSAGE_ID_PREFIX)));
    }
    BASE_TRY(chat_delete_up_to(core, chat, read->limit));
    return rpc_answer_empty(core, &read->call);
}

base_result rpc_chat_delete(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    if (chat->kind == CHAT_GROUP && !chat_is_over(chat)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "state", "a group has to be left before its chat can be deleted");
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, newest_read, call, &read));
    read->chat = chat->number;
    read->limit = chat->next_message;
    BASE_TRY(read_ask(core, read, take_newest, key_pair(KEY_MESSAGE, chat->number, 0),
                      key_pair(KEY_MESSAGE, chat->number, read->limit + 1), PAGE, true));
    read = NULL;
    return BASE_OK;
}
