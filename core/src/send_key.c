/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Keys of scripts: a record each, with the message and the time.
 */
#include "send_key.h"

#include "field.h"
#include "json.h"

enum { VERSION = 1, MAX_RECORD = 32 };

bool send_key_valid(struct base_slice key) {
    return key.len > 0 && key.len <= SEND_KEY_MAX;
}

static struct key record_key(const struct weibel_core *core, struct base_slice text) {
    struct key key = key_table(KEY_SEND_KEY);
    vault_pseudonym(&core->vault, text, key.data + key.len);
    key.len += VAULT_PSEUDONYM_LEN;
    return key;
}

static base_result put(struct weibel_core *core, struct key key, uint64_t chat, uint64_t message) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_u64(&writer, state_now(core));
    base_write_u64(&writer, chat);
    base_write_u64(&writer, message);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key, base_borrow(&record));
}

base_result send_key_save(struct weibel_core *core, struct base_slice key, const struct message *message) {
    return put(core, record_key(core, key), message->chat, message->number);
}

/* A clock that was ahead for a while must not make a key last for ever. */
static bool is_old(const struct weibel_core *core, uint64_t at) {
    uint64_t now = state_now(core);
    uint64_t age = now > at ? now - at : at - now;
    return age >= SEND_KEY_LIFETIME;
}

static base_result read_record(struct base_slice value, uint64_t *at, uint64_t *chat, uint64_t *message) {
    struct base_reader reader = base_reader(value);
    uint8_t version;
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_TRY(base_read_u64(&reader, at));
    BASE_TRY(base_read_u64(&reader, chat));
    BASE_TRY(base_read_u64(&reader, message));
    BASE_ENSURE(version == VERSION && base_read_end(&reader) == BASE_OK, BASE_ERR_VALUE);
    return BASE_OK;
}

static base_result take(struct weibel_core *core, struct read *read, struct base_slice key, struct base_slice value) {
    (void)key;
    uint64_t at;
    bool good = read_record(value, &at, &read->chat, &read->message) == BASE_OK;
    read->more = !good || !is_old(core, at); /* of a damaged one it is known that something was sent with it */
    return BASE_OK;
}

static base_result looked(struct weibel_core *core, struct read *read) {
    if (!read->more) {
        return read->then(core, read);
    }
    struct key key = key_pair(KEY_MESSAGE, read->chat, read->message);
    read->done = read->then;
    return read_ask(core, read, read_add_message, key, key_after(key_slice(&key)), 1, false);
}

base_result send_key_find(struct weibel_core *core, struct read *read, read_done_fn then) {
    struct key key = record_key(core, json_get_text(read->params, "key"));
    read->then = then;
    read->done = looked;
    read->more = false;
    return read_ask(core, read, take, key, key_after(key_slice(&key)), 1, false);
}

/* ---- old ones ---- */

static base_result sweep(struct weibel_core *core, struct read *read, struct base_slice key, struct base_slice value) {
    uint64_t at, chat, message;
    (void)read;
    struct key old = { .len = key.len };
    memcpy(old.data, key.data, key.len);
    if (read_record(value, &at, &chat, &message) != BASE_OK) {
        return put(core, old, 0, 0); /* damaged: how old it is nobody knows */
    }
    return is_old(core, at) ? out_remove(&core->out, old) : BASE_OK;
}

static base_result swept(struct weibel_core *core, struct read *read) {
    if (read->count < WEIBEL_MAX_READ) {
        return BASE_OK;
    }
    struct key from = key_after(key_slice(&read->last));
    read->done = swept;
    return read_ask(core, read, sweep, from, key_table(KEY_SEND_KEY + 1), WEIBEL_MAX_READ, false);
}

uint64_t send_key_deadline(const struct weibel_core *core) {
    return core->keys_swept_at + SEND_KEY_SWEEP;
}

base_result send_key_pump(struct weibel_core *core) {
    if (core->keys_swept_at != 0 && send_key_deadline(core) > state_now(core)) {
        return BASE_OK;
    }
    core->keys_swept_at = state_now(core);
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, swept, NULL, &read));
    BASE_TRY(read_ask(core, read, sweep, key_table(KEY_SEND_KEY), key_table(KEY_SEND_KEY + 1), WEIBEL_MAX_READ, false));
    read = NULL;
    return BASE_OK;
}
