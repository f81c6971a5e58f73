/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reads from the store.
 */
#include "read.h"

#include <string.h>

#include "damage.h"
#include "json.h"

static void free_message(void *item) {
    message_free((struct message *)item);
    base_free(item);
}

static void free_own(struct read *read) {
    if (read->free_own != NULL) {
        read->free_own(read->own);
        read->free_own = NULL;
    }
}

void read_free(void *item) {
    struct read *read = (struct read *)item;
    base_bytes_free(&read->call.id);
    list_free(&read->messages, free_message);
    json_free(read->params);
    free_own(read);
    base_free(read);
}

void read_free_at(struct read **read) {
    if (*read != NULL) {
        read_free(*read);
    }
}

base_result read_new(struct weibel_core *core, read_done_fn done, struct call *call, struct read **out) {
    struct read *read = (struct read *)base_take(core->options.allocator, 1, sizeof *read);
    BASE_ENSURE(read != NULL, BASE_ERR_NO_MEMORY);
    read->done = done;
    if (call != NULL) {
        base_bytes_move(&read->call.id, &call->id);
    }
    *out = read;
    return BASE_OK;
}

void read_drop_all(struct weibel_core *core) {
    for (size_t i = 0; i < core->reads.count; i++) {
        struct read *read = (struct read *)core->reads.items[i];
        read->record = NULL;
        read->done = NULL;
        list_free(&read->messages, free_message);
        json_free(read->params);
        read->params = NULL;
        free_own(read);
    }
}

base_result read_ask(struct weibel_core *core, struct read *read, read_record_fn record, struct key from,
                     struct key before, uint32_t limit, bool backwards) {
    read->number = ++core->next_read;
    read->record = record;
    read->count = 0;
    BASE_TRY(out_read(&core->out, read->number, from, before, limit, backwards));
    BASE_TRY(list_add(&core->reads, core->options.allocator, read));
    read->asked = true;
    return BASE_OK;
}

static struct read *find(const struct weibel_core *core, uint32_t number, size_t *index) {
    for (size_t i = 0; i < core->reads.count; i++) {
        struct read *read = (struct read *)core->reads.items[i];
        if (read->number == number) {
            *index = i;
            return read;
        }
    }
    return NULL;
}

base_result read_take_record(struct weibel_core *core, uint32_t number, struct base_slice key,
                             struct base_slice value) {
    size_t index;
    struct read *read = find(core, number, &index);
    BASE_ENSURE(read != NULL && key.len > 0 && key.len <= KEY_MAX, WEIBEL_ERR_HOST);
    if (read->record == NULL) {
        return BASE_OK;
    }
    read->count++;
    memcpy(read->last.data, key.data, key.len);
    read->last.len = key.len;
    if (key.data[0] == KEY_VAULT || read->sealed) {
        return read->record(core, read, key, value);
    }
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    base_result result = vault_unseal(&core->vault, core->options.allocator, key, value, &plain);
    if (result == &WEIBEL_ERR_RECORD) {
        return damage_found(core, read, key);
    }
    BASE_TRY(result);
    return read->record(core, read, key, base_borrow(&plain));
}

base_result read_take_done(struct weibel_core *core, uint32_t number, bool done) {
    size_t index;
    struct read *read = find(core, number, &index);
    BASE_ENSURE(read != NULL, WEIBEL_ERR_HOST);
    BASE_ENSURE(done, WEIBEL_ERR_STORE);
    (void)list_take(&core->reads, index);
    read->asked = false;
    base_result result = read->done == NULL ? BASE_OK : read->done(core, read);
    if (!read->asked) {
        read_free(read);
    }
    return result;
}

base_result read_add_message(struct weibel_core *core, struct read *read, struct base_slice key,
                             struct base_slice value) {
    enum key_table table;
    uint64_t chat, number;
    BASE_TRY(key_parse(key, &table, &chat, &number));
    struct message *message = (struct message *)base_take(core->options.allocator, 1, sizeof *message);
    BASE_ENSURE(message != NULL, BASE_ERR_NO_MEMORY);
    base_result result = message_load(core, chat, number, value, message);
    if (result == BASE_OK) {
        result = list_add(&read->messages, core->options.allocator, message);
    }
    if (result != BASE_OK) {
        free_message(message);
    }
    return result == BASE_OK || result == &BASE_ERR_NO_MEMORY || result == &WEIBEL_ERR_VERSION ? result
                                                                                               : &WEIBEL_ERR_RECORD;
}

void read_drop_last_message(struct read *read) {
    free_message(list_take(&read->messages, read->messages.count - 1));
}

static base_result take_index(struct weibel_core *core, struct read *read, struct base_slice key,
                              struct base_slice value) {
    (void)core;
    (void)key;
    BASE_ENSURE(message_index_load(value, &read->chat, &read->message) == BASE_OK, WEIBEL_ERR_RECORD);
    return BASE_OK;
}

static base_result index_done(struct weibel_core *core, struct read *read) {
    read->done = read->then;
    if (read->count == 0) {
        return read->done(core, read);
    }
    struct key key = key_pair(KEY_MESSAGE, read->chat, read->message);
    return read_ask(core, read, read_add_message, key, key_after(key_slice(&key)), 1, false);
}

base_result read_find_message(struct weibel_core *core, struct read *read, const uint8_t prefix[MESSAGE_ID_PREFIX],
                              read_done_fn then) {
    struct key key = message_index_key(core, prefix);
    read->done = index_done;
    read->then = then;
    return read_ask(core, read, take_index, key, key_after(key_slice(&key)), 1, false);
}
