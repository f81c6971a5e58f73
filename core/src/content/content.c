/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The container of MIMI content: behaviour fields and extensions. Its parts are in part.c.
 */
#include "content/content.h"

#include <sodium.h>
#include <string.h>

#include "content/cbor.h"
#include "content/part.h"

BASE_DEFINE_ERROR(CONTENT_ERR_ID, BASE_PEER, "draft-ietf-mimi-content-08 §3.3", "a message id has an unknown form");
BASE_DEFINE_ERROR(CONTENT_ERR_EXTENSION, BASE_PEER, "draft-ietf-mimi-content-08 §6.2",
                  "an extension's key or value is out of its bounds");

enum { CONTENT_FIELDS = 7 };

/* The largest integer key that a double holds exactly (draft §6.2). */
#define MAX_INTEGER_KEY ((uint64_t)9007199254740991)

static base_result read_id(struct base_reader *reader, struct base_slice *out) {
    bool none;
    BASE_TRY(cbor_read_null(reader, &none));
    if (none) {
        *out = base_slice(NULL, 0);
        return BASE_OK;
    }
    BASE_TRY(cbor_read_bytes(reader, out));
    BASE_ENSURE(out->len == CONTENT_ID_LEN, CONTENT_ERR_ID);
    return BASE_OK;
}

static void write_id(struct base_writer *writer, struct base_slice id) {
    if (id.len == 0) {
        cbor_write_simple(writer, CBOR_NULL);
    } else {
        cbor_write_bytes(writer, id);
    }
}

static base_result read_expiration(struct base_reader *reader, struct content *out) {
    bool none;
    BASE_TRY(cbor_read_null(reader, &none));
    if (none) {
        return BASE_OK;
    }
    uint64_t fields, time;
    BASE_TRY(cbor_read_array(reader, &fields));
    BASE_ENSURE(fields == 2, CBOR_ERR_TYPE);
    BASE_TRY(cbor_read_bool(reader, &out->expires_relative));
    BASE_TRY(cbor_read_uint(reader, UINT32_MAX, &time));
    out->expires = true;
    out->expires_time = (uint32_t)time;
    return BASE_OK;
}

/* Keys and values one by one; cbor_skip() has checked form and order already. */
static base_result check_extensions(struct base_slice map) {
    struct base_reader reader = base_reader(map);
    uint64_t count;
    BASE_TRY(cbor_read_map(&reader, &count));
    for (uint64_t i = 0; i < count; i++) {
        struct base_reader key = reader;
        uint8_t major;
        uint64_t argument;
        BASE_TRY(cbor_read_head(&key, &major, &argument));
        BASE_ENSURE(major != CBOR_BYTES, CONTENT_ERR_EXTENSION);
        if (major == CBOR_TEXT) {
            BASE_ENSURE(argument >= 1 && argument <= CONTENT_MAX_EXTENSION_KEY, CONTENT_ERR_EXTENSION);
        } else {
            /* For a negative key the argument is one less than its amount. */
            BASE_ENSURE(argument <= MAX_INTEGER_KEY - (major == CBOR_NEGATIVE ? 1 : 0), CONTENT_ERR_EXTENSION);
        }
        struct base_slice item;
        BASE_TRY(cbor_skip(&reader, 0, &item));
        struct base_reader value = reader;
        BASE_TRY(cbor_skip(&reader, CONTENT_MAX_NESTING - 1, &item));
        BASE_ENSURE(item.len <= CONTENT_MAX_EXTENSION, CONTENT_ERR_EXTENSION);
        if (major == CBOR_UNSIGNED && (argument == CONTENT_SENDER_URI || argument == CONTENT_ROOM_URI)) {
            BASE_TRY(cbor_read_text(&value, &item));
        }
    }
    return base_read_end(&reader);
}

base_result content_decode(struct base_slice bytes, struct content *out) {
    BASE_ENSURE(bytes.len <= CONTENT_MAX, BASE_ERR_TOO_LONG);
    struct content content = { 0 };
    struct base_reader reader = base_reader(bytes);
    uint64_t fields;
    BASE_TRY(cbor_read_array(&reader, &fields));
    BASE_ENSURE(fields == CONTENT_FIELDS, CBOR_ERR_TYPE);
    struct base_slice salt;
    BASE_TRY(cbor_read_bytes(&reader, &salt));
    BASE_ENSURE(salt.len == CONTENT_SALT_LEN, BASE_ERR_VALUE);
    memcpy(content.salt, salt.data, salt.len);
    BASE_TRY(read_id(&reader, &content.replaces));
    BASE_TRY(cbor_read_bytes(&reader, &content.topic));
    BASE_ENSURE(content.topic.len <= CONTENT_MAX_TOPIC, BASE_ERR_TOO_LONG);
    BASE_TRY(read_expiration(&reader, &content));
    BASE_TRY(read_id(&reader, &content.in_reply_to));
    BASE_TRY(cbor_skip(&reader, CONTENT_MAX_NESTING, &content.extensions));
    BASE_TRY(check_extensions(content.extensions));
    struct base_slice body = base_slice(reader.next, reader.left);
    BASE_TRY(content_part_check(&reader));
    content.body = base_slice(body.data, body.len - reader.left);
    BASE_TRY(base_read_end(&reader));
    *out = content;
    return BASE_OK;
}

void content_encode(struct base_writer *writer, const struct content *content) {
    cbor_write_head(writer, CBOR_ARRAY, CONTENT_FIELDS);
    cbor_write_bytes(writer, base_slice(content->salt, CONTENT_SALT_LEN));
    write_id(writer, content->replaces);
    cbor_write_bytes(writer, content->topic);
    if (content->expires) {
        cbor_write_head(writer, CBOR_ARRAY, 2);
        cbor_write_simple(writer, content->expires_relative ? CBOR_TRUE : CBOR_FALSE);
        cbor_write_head(writer, CBOR_UNSIGNED, content->expires_time);
    } else {
        cbor_write_simple(writer, CBOR_NULL);
    }
    write_id(writer, content->in_reply_to);
    base_write_slice(writer, content->extensions);
    base_write_slice(writer, content->body);
}

struct base_slice content_extension(const struct content *content, int64_t key) {
    struct base_reader reader = base_reader(content->extensions);
    uint8_t wanted_major = key < 0 ? CBOR_NEGATIVE : CBOR_UNSIGNED;
    uint64_t wanted = key < 0 ? (uint64_t)(-1 - key) : (uint64_t)key;
    uint64_t count = 0;
    base_result result = cbor_read_map(&reader, &count);
    for (uint64_t i = 0; result == BASE_OK && i < count; i++) {
        struct base_reader head = reader;
        uint8_t major = CBOR_SIMPLE;
        uint64_t argument = 0;
        struct base_slice item, value;
        if (cbor_read_head(&head, &major, &argument) != BASE_OK || cbor_skip(&reader, 0, &item) != BASE_OK ||
            cbor_skip(&reader, CONTENT_MAX_NESTING, &value) != BASE_OK) {
            break;
        }
        if (major == wanted_major && argument == wanted) {
            return value;
        }
    }
    return base_slice(NULL, 0);
}

static void hash_uri(crypto_hash_sha256_state *state, struct base_slice uri) {
    uint8_t len[2] = { (uint8_t)(uri.len >> 8), (uint8_t)uri.len };
    crypto_hash_sha256_update(state, len, sizeof len);
    crypto_hash_sha256_update(state, uri.data, uri.len);
}

void content_id(struct base_slice sender_uri, struct base_slice room_uri, struct base_slice message,
                const uint8_t salt[CONTENT_SALT_LEN], uint8_t out[CONTENT_ID_LEN]) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    hash_uri(&state, sender_uri);
    hash_uri(&state, room_uri);
    crypto_hash_sha256_update(&state, message.data, message.len);
    crypto_hash_sha256_update(&state, salt, CONTENT_SALT_LEN);
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, hash);
    out[0] = CONTENT_HASH_SHA256;
    memcpy(out + 1, hash, CONTENT_ID_LEN - 1);
}
