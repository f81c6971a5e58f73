/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Threads. The record of a message in one, under its chat and number: opaque thread[33], the id that the thread hangs
 * on.
 */
#include "thread.h"

#include <string.h>

#include "event.h"
#include "extra.h"
#include "json.h"
#include "read.h"
#include "rpc.h"

enum {
    MAX_SCANNED = 8192, /* messages in threads of one chat that are looked at for the list, the newest ones */
    MAX_LISTED = 1024,  /* threads */
};

base_result thread_save(struct weibel_core *core, const struct message *message) {
    struct base_slice thread = extra_topic(message);
    return thread.len == 0 ? BASE_OK
                           : out_put(&core->out, key_pair(KEY_THREAD, message->chat, message->number), thread);
}

base_result thread_forget(struct weibel_core *core, uint64_t chat, uint64_t number) {
    return out_remove(&core->out, key_pair(KEY_THREAD, chat, number));
}

/* The record's number, and the first bytes of the hash in its id. */
static base_result take_record(struct base_slice key, struct base_slice value, uint64_t *number,
                               const uint8_t **prefix) {
    enum key_table table;
    uint64_t chat;
    BASE_ENSURE(key_parse(key, &table, &chat, number) == BASE_OK && value.len == CONTENT_ID_LEN, WEIBEL_ERR_RECORD);
    *prefix = value.data + 1;
    return BASE_OK;
}

/* Records of the chat's messages in threads, from before this key backwards. */
static base_result scan(struct weibel_core *core, struct read *read, read_record_fn record, struct key before) {
    return read_ask(core, read, record, key_pair(KEY_THREAD, read->chat, 0), before, WEIBEL_MAX_READ, true);
}

struct history {
    uint8_t prefix[MESSAGE_ID_PREFIX];
    size_t found, next;
    uint64_t numbers[]; /* the newest one first; read->limit + 1 of them */
};

static base_result take_of_thread(struct weibel_core *core, struct read *read, struct base_slice key,
                                  struct base_slice value) {
    (void)core;
    struct history *history = (struct history *)read->own;
    uint64_t number;
    const uint8_t *prefix;
    BASE_TRY(take_record(key, value, &number, &prefix));
    if (history->found <= read->limit && memcmp(prefix, history->prefix, sizeof history->prefix) == 0) {
        history->numbers[history->found++] = number;
    }
    return BASE_OK;
}

static base_result next_message(struct weibel_core *core, struct read *read) {
    struct history *history = (struct history *)read->own;
    size_t wanted = history->found > read->limit ? (size_t)read->limit : history->found;
    if (history->next == wanted) {
        read->more = history->found > read->limit;
        return rpc_answer_history(core, read);
    }
    struct key key = key_pair(KEY_MESSAGE, read->chat, history->numbers[history->next++]);
    return read_ask(core, read, read_add_message, key, key_after(key_slice(&key)), 1, false);
}

static base_result scanned_for_history(struct weibel_core *core, struct read *read) {
    const struct history *history = (const struct history *)read->own;
    if (read->count == WEIBEL_MAX_READ && history->found <= read->limit) {
        return scan(core, read, take_of_thread, read->last);
    }
    read->done = next_message;
    return next_message(core, read);
}

base_result thread_history(struct weibel_core *core, struct call *call, uint64_t chat,
                           const uint8_t prefix[MESSAGE_ID_PREFIX], uint64_t before, uint64_t limit) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, scanned_for_history, call, &read));
    struct history *history = (struct history *)base_take(
        core->options.allocator, 1, sizeof *history + (size_t)(limit + 1) * sizeof *history->numbers);
    BASE_ENSURE(history != NULL, BASE_ERR_NO_MEMORY);
    memcpy(history->prefix, prefix, sizeof history->prefix);
    read->own = history;
    read->free_own = base_free;
    read->chat = chat;
    read->limit = limit;
    BASE_TRY(scan(core, read, take_of_thread, key_pair(KEY_THREAD, chat, before)));
    read = NULL;
    return BASE_OK;
}

struct threads {
    size_t scanned, count;
    struct {
        uint8_t id[CONTENT_ID_LEN];
        uint64_t count, last;
    } list[MAX_LISTED];
};

static base_result take_for_list(struct weibel_core *core, struct read *read, struct base_slice key,
                                 struct base_slice value) {
    (void)core;
    struct threads *threads = (struct threads *)read->own;
    uint64_t number;
    const uint8_t *prefix;
    BASE_TRY(take_record(key, value, &number, &prefix));
    threads->scanned++;
    size_t at = 0;
    while (at < threads->count && memcmp(threads->list[at].id + 1, prefix, MESSAGE_ID_PREFIX) != 0) {
        at++;
    }
    if (at == MAX_LISTED) {
        read->more = true;
        return BASE_OK;
    }
    if (at == threads->count) {
        memcpy(threads->list[at].id, value.data, CONTENT_ID_LEN);
        threads->list[at].last = number;
        threads->count++;
    }
    threads->list[at].count++;
    return BASE_OK;
}

static base_result scanned_for_list(struct weibel_core *core, struct read *read) {
    const struct threads *threads = (const struct threads *)read->own;
    if (read->count == WEIBEL_MAX_READ && threads->scanned < MAX_SCANNED) {
        return scan(core, read, take_for_list, read->last);
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &read->call);
    json_object(&line);
    json_name(&line, "threads");
    json_array(&line);
    for (size_t i = 0; i < threads->count; i++) {
        char text[MESSAGE_ID_TEXT_LEN + 1];
        message_id_text(threads->list[i].id, text);
        json_object(&line);
        json_put_string(&line, "thread", text);
        json_put_number(&line, "count", threads->list[i].count);
        json_put_number(&line, "last", threads->list[i].last);
        json_object_end(&line);
    }
    json_array_end(&line);
    json_put_bool(&line, "more", read->more || read->count == WEIBEL_MAX_READ);
    json_object_end(&line);
    return event_answer_end(core, &read->call, &line);
}

base_result rpc_threads(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, scanned_for_list, call, &read));
    read->own = base_take(core->options.allocator, 1, sizeof(struct threads));
    BASE_ENSURE(read->own != NULL, BASE_ERR_NO_MEMORY);
    read->free_own = base_free;
    read->chat = chat->number;
    BASE_TRY(scan(core, read, take_for_list, key_pair(KEY_THREAD, chat->number, UINT64_MAX)));
    read = NULL;
    return BASE_OK;
}
