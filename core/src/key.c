/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Names of records: a byte for the table, then numbers of eight bytes, big-endian, so that they sort as they count.
 */
#include "key.h"

#include <string.h>

#include "base/reader.h"

static void add_number(struct key *key, uint64_t number) {
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        key->data[key->len++] = (uint8_t)(number >> (shift - 8));
    }
}

struct key key_table(enum key_table table) {
    return (struct key){ { (uint8_t)table }, 1 };
}

struct key key_number(enum key_table table, uint64_t number) {
    struct key key = key_table(table);
    add_number(&key, number);
    return key;
}

struct key key_pair(enum key_table table, uint64_t a, uint64_t b) {
    struct key key = key_number(table, a);
    add_number(&key, b);
    return key;
}

struct key key_mls(uint64_t group, struct base_slice own) {
    struct key key = key_number(KEY_MLS, group);
    size_t room = KEY_MAX - key.len - 1; /* for key_after() */
    size_t len = own.len < room ? own.len : room;
    if (len > 0) {
        memcpy(key.data + key.len, own.data, len);
    }
    key.len += len;
    return key;
}

base_result key_parse_mls(struct base_slice key, uint64_t *group, struct base_slice *own) {
    struct base_reader reader = base_reader(key);
    uint8_t table;
    BASE_TRY(base_read_u8(&reader, &table));
    BASE_TRY(base_read_u64(&reader, group));
    return base_read_slice(&reader, reader.left, own);
}

struct key key_after(struct base_slice key) {
    struct key after = { { 0 }, key.len < KEY_MAX ? key.len + 1 : KEY_MAX };
    memcpy(after.data, key.data, key.len < KEY_MAX ? key.len : KEY_MAX);
    return after;
}

base_result key_parse(struct base_slice key, enum key_table *table, uint64_t *a, uint64_t *b) {
    struct base_reader reader = base_reader(key);
    uint8_t byte;
    *a = 0;
    *b = 0;
    BASE_TRY(base_read_u8(&reader, &byte));
    if (reader.left > 0) {
        BASE_TRY(base_read_u64(&reader, a));
    }
    if (reader.left > 0) {
        BASE_TRY(base_read_u64(&reader, b));
    }
    *table = (enum key_table)byte;
    return base_read_end(&reader);
}
