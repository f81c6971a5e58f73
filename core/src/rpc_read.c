/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods that read: receive and seen, chats, history, message.
 */
#include <stdlib.h>

#include "arrival.h"
#include "chat.h"
#include "chat_delete.h"
#include "contact.h"
#include "event.h"
#include "json.h"
#include "read.h"
#include "rpc.h"
#include "thread.h"

enum {
    RECEIVE_MAX = 100,
    HISTORY_DEFAULT = 50,
    HISTORY_MAX = 200,
    MAX_TEXTS = 512 << 10, /* bytes of text after which an answer ends before its limit */
};

static base_result take_limit(struct weibel_core *core, struct call *call, const cJSON *params, uint64_t standard,
                              uint64_t most, uint64_t *out) {
    *out = standard;
    if (cJSON_GetObjectItemCaseSensitive(params, "limit") != NULL &&
        (!json_get_number(params, "limit", out) || *out == 0)) {
        *out = 0;
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "limit must be a whole number from 1 on");
    }
    *out = *out < most ? *out : most;
    return BASE_OK;
}

static size_t texts_len(const struct list *messages) {
    size_t len = 0;
    for (size_t i = 0; i < messages->count; i++) {
        len += ((const struct message *)messages->items[i])->text.len;
    }
    return len;
}

base_result rpc_answer_messages(struct weibel_core *core, struct read *read) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &read->call);
    json_object(&line);
    json_name(&line, "messages");
    json_array(&line);
    for (size_t i = 0; i < read->messages.count; i++) {
        message_json(core, &line, (const struct message *)read->messages.items[i]);
    }
    json_array_end(&line);
    json_put_bool(&line, "more", read->more);
    json_object_end(&line);
    return event_answer_end(core, &read->call, &line);
}

/* Goes from one arrival to the next; `message` is the last one looked for. */
static base_result receive_next(struct weibel_core *core, struct read *read) {
    const struct arrival *next = arrival_next(core, read->index);
    bool full = read->messages.count >= read->limit || texts_len(&read->messages) >= MAX_TEXTS;
    if (next == NULL || full) {
        read->more = next != NULL;
        return rpc_answer_messages(core, read);
    }
    read->index = (size_t)next->number;
    struct key key = key_pair(KEY_MESSAGE, next->chat, next->message);
    return read_ask(core, read, read_add_message, key, key_after(key_slice(&key)), 1, false);
}

base_result rpc_receive(struct weibel_core *core, struct call *call, const cJSON *params) {
    uint64_t limit;
    BASE_TRY(take_limit(core, call, params, RECEIVE_MAX, RECEIVE_MAX, &limit));
    if (limit == 0) {
        return BASE_OK;
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, receive_next, call, &read));
    read->limit = limit;
    BASE_TRY(receive_next(core, read));
    if (read->asked) {
        read = NULL;
    }
    return BASE_OK;
}

base_result rpc_seen(struct weibel_core *core, struct call *call, const cJSON *params) {
    uint64_t arrival;
    if (!json_get_number(params, "arrival", &arrival)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "arrival must be the number of a message");
    }
    BASE_TRY(arrival_seen(core, arrival));
    return rpc_answer_empty(core, call);
}

static int newest_first(const void *a, const void *b) {
    const struct chat *first = *(const struct chat *const *)a, *second = *(const struct chat *const *)b;
    if (first->last_at != second->last_at) {
        return first->last_at > second->last_at ? -1 : 1;
    }
    return first->number > second->number ? -1 : 1;
}

/* Of a stranger who was rejected nothing is seen any more. */
static bool is_shown(const struct weibel_core *core, const struct chat *chat) {
    if (chat_is_deleted(chat)) {
        return false;
    }
    const struct contact *peer = chat->kind == CHAT_DIRECT ? contact_at(core, chat->peer) : NULL;
    return peer != NULL ? peer->listed || !peer->blocked
                        : (chat->kind == CHAT_GROUP && (chat->groups.count > 0 || chat->next_message > 0) &&
                           chat->change.kind != CHANGE_CREATE);
}

base_result rpc_chats(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    size_t count = 0;
    const struct chat **sorted BASE_CLEANUP(base_free_at) =
        (const struct chat **)base_take(core->options.allocator, core->chats.count, sizeof *sorted);
    BASE_ENSURE(sorted != NULL, BASE_ERR_NO_MEMORY);
    for (size_t i = 0; i < core->chats.count; i++) {
        const struct chat *chat = (const struct chat *)core->chats.items[i];
        if (is_shown(core, chat)) {
            sorted[count++] = chat;
        }
    }
    qsort(sorted, count, sizeof *sorted, newest_first);
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    json_name(&line, "chats");
    json_array(&line);
    for (size_t i = 0; i < count; i++) {
        chat_json(core, &line, sorted[i]);
    }
    json_array_end(&line);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

base_result rpc_answer_history(struct weibel_core *core, struct read *read) {
    struct list *messages = &read->messages;
    while (messages->count > read->limit || (messages->count > 1 && texts_len(messages) > MAX_TEXTS)) {
        struct message *oldest = (struct message *)list_take(messages, messages->count - 1);
        message_free(oldest);
        base_free(oldest);
        read->more = true;
    }
    for (size_t i = 0; i < messages->count / 2; i++) {
        void *swapped = messages->items[i];
        messages->items[i] = messages->items[messages->count - 1 - i];
        messages->items[messages->count - 1 - i] = swapped;
    }
    return rpc_answer_messages(core, read);
}

static base_result history_done(struct weibel_core *core, struct read *read) {
    read->more = read->count > read->limit;
    return rpc_answer_history(core, read);
}

base_result rpc_history(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    uint64_t limit, before = UINT64_MAX;
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    BASE_TRY(take_limit(core, call, params, HISTORY_DEFAULT, HISTORY_MAX, &limit));
    if (limit == 0) {
        return BASE_OK;
    }
    if (cJSON_GetObjectItemCaseSensitive(params, "before") != NULL && !json_get_number(params, "before", &before)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "before must be the number of a message");
    }
    if (cJSON_GetObjectItemCaseSensitive(params, "thread") != NULL) {
        uint8_t prefix[MESSAGE_ID_PREFIX];
        return message_id_parse(json_get_text(params, "thread"), prefix)
                   ? thread_history(core, call, chat->number, prefix, before, limit)
                   : rpc_refuse(core, call, TROUBLE_USAGE, "unknown_message", "there is no message with this id");
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, history_done, call, &read));
    read->limit = limit;
    uint64_t from = chat->deleted_to + 1; /* what stands before it is on its way out */
    BASE_TRY(read_ask(core, read, read_add_message, key_pair(KEY_MESSAGE, chat->number, before < from ? before : from),
                      key_pair(KEY_MESSAGE, chat->number, before), (uint32_t)limit + 1, true));
    read = NULL;
    return BASE_OK;
}

static base_result message_found(struct weibel_core *core, struct read *read) {
    if (read->messages.count == 0) {
        return rpc_refuse(core, &read->call, TROUBLE_USAGE, "unknown_message", "there is no message with this id");
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &read->call);
    message_json(core, &line, (const struct message *)read->messages.items[0]);
    return event_answer_end(core, &read->call, &line);
}

base_result rpc_message(struct weibel_core *core, struct call *call, const cJSON *params) {
    uint8_t prefix[MESSAGE_ID_PREFIX];
    if (!message_id_parse(json_get_text(params, "id"), prefix)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "unknown_message", "there is no message with this id");
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, message_found, call, &read));
    BASE_TRY(read_find_message(core, read, prefix, message_found));
    read = NULL;
    return BASE_OK;
}
