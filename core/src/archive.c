/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The format of archives.
 */
#include "archive.h"

#include <string.h>

#include "weibel/core.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_ARCHIVE, BASE_PEER, NULL,
                  "this is not a backup of Weibel, or it is damaged or incomplete");
BASE_DEFINE_ERROR(WEIBEL_ERR_ARCHIVE_MEMORY, BASE_LIMIT, NULL,
                  "to open this backup takes more memory than there is or than it may take");

enum {
    VERSION = 1,
    MAGIC_LEN = 8,
    SALT_LEN = crypto_pwhash_argon2id_SALTBYTES,
    STREAM_LEN = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
    SEAL_LEN = crypto_secretstream_xchacha20poly1305_ABYTES,
};

_Static_assert(ARCHIVE_EXTRA == ARCHIVE_LEN_LEN + SEAL_LEN, "a piece is longer by its length and its seal");
_Static_assert(ARCHIVE_HEAD_LEN == MAGIC_LEN + 1 + SALT_LEN + 8 + STREAM_LEN, "the head has these fields");

static const uint8_t magic[MAGIC_LEN] = { 'W', 'e', 'i', 'b', 'e', 'l', 'A', 'r' };

static void wipe_key(uint8_t (*key)[VAULT_KEY_LEN]) {
    base_wipe(*key, sizeof *key);
}

static void put_u32(uint8_t out[4], uint32_t value) {
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static base_result stretch(struct base_slice passphrase, const uint8_t *salt, struct vault_cost cost,
                           uint8_t out[VAULT_KEY_LEN]) {
    int failed = crypto_pwhash_argon2id(out, VAULT_KEY_LEN, (const char *)passphrase.data, passphrase.len, salt,
                                        cost.passes, (size_t)cost.memory * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13);
    BASE_ENSURE(failed == 0, BASE_ERR_NO_MEMORY);
    return BASE_OK;
}

/* What libsodium draws from the system is drawn again from the host, so that a simulation can be repeated. */
static base_result begin(struct archive *archive, const struct base_random *random, const uint8_t salt[SALT_LEN],
                         struct vault_cost cost, const uint8_t key[VAULT_KEY_LEN]) {
    uint8_t *next = archive->head;
    memcpy(next, magic, MAGIC_LEN);
    next[MAGIC_LEN] = VERSION;
    next += MAGIC_LEN + 1;
    memcpy(next, salt, SALT_LEN);
    put_u32(next + SALT_LEN, cost.passes);
    put_u32(next + SALT_LEN + 4, cost.memory);
    next += SALT_LEN + 8;
    BASE_TRY(base_random_fill(random, next, STREAM_LEN));
    archive->begun = false;
    /* "pull" and "push" begin alike: from header and key. */
    (void)crypto_secretstream_xchacha20poly1305_init_pull(&archive->stream, next, key);
    return BASE_OK;
}

base_result archive_begin(struct archive *archive, const struct base_random *random, struct base_slice passphrase,
                          struct vault_cost cost) {
    uint8_t salt[SALT_LEN];
    uint8_t key[VAULT_KEY_LEN] BASE_CLEANUP(wipe_key) = { 0 };
    cost.memory = cost.memory < ARCHIVE_MAX_MEMORY ? cost.memory : ARCHIVE_MAX_MEMORY;
    BASE_TRY(base_random_fill(random, salt, sizeof salt));
    BASE_TRY(stretch(passphrase, salt, cost, key));
    return begin(archive, random, salt, cost, key);
}

base_result archive_begin_key(struct archive *archive, const struct base_random *random,
                              const uint8_t key[VAULT_KEY_LEN]) {
    const uint8_t salt[SALT_LEN] = { 0 };
    return begin(archive, random, salt, (struct vault_cost){ 0, 0 }, key);
}

void archive_write_record(struct base_writer *writer, struct base_slice name, struct base_slice value) {
    base_write_opaque(writer, name);
    base_write_opaque(writer, value);
}

/* The additional data of the next piece. */
static struct base_slice bound(const struct archive *archive) {
    return archive->begun ? base_slice(NULL, 0) : base_slice(archive->head, sizeof archive->head);
}

base_result archive_seal(struct archive *archive, const struct base_allocator *allocator, struct base_slice records,
                         bool last, struct base_bytes *out) {
    struct base_slice data = bound(archive);
    BASE_ENSURE(records.len <= ARCHIVE_MAX_PIECE - SEAL_LEN, BASE_ERR_TOO_LONG);
    base_bytes_free(out);
    BASE_TRY(base_bytes_take(allocator, records.len + ARCHIVE_EXTRA, out));
    put_u32(out->data, (uint32_t)(records.len + SEAL_LEN));
    (void)crypto_secretstream_xchacha20poly1305_push(&archive->stream, out->data + ARCHIVE_LEN_LEN, NULL, records.data,
                                                     records.len, data.data, data.len,
                                                     last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
    archive->begun = true;
    return BASE_OK;
}

static base_result read_head(struct base_slice head, struct base_slice *salt, struct vault_cost *cost,
                             struct base_slice *stream) {
    struct base_reader reader = base_reader(head);
    struct base_slice found;
    uint8_t version;
    BASE_ENSURE(head.len == ARCHIVE_HEAD_LEN, WEIBEL_ERR_ARCHIVE);
    BASE_TRY(base_read_slice(&reader, MAGIC_LEN, &found));
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_ENSURE(base_slice_equal(found, base_slice(magic, MAGIC_LEN)) && version > 0, WEIBEL_ERR_ARCHIVE);
    BASE_ENSURE(version <= VERSION, WEIBEL_ERR_VERSION);
    BASE_TRY(base_read_slice(&reader, SALT_LEN, salt));
    BASE_TRY(base_read_u32(&reader, &cost->passes));
    BASE_TRY(base_read_u32(&reader, &cost->memory));
    return base_read_slice(&reader, STREAM_LEN, stream);
}

static void enter(struct archive *archive, struct base_slice head, struct base_slice stream,
                  const uint8_t key[VAULT_KEY_LEN]) {
    memcpy(archive->head, head.data, sizeof archive->head);
    archive->begun = false;
    (void)crypto_secretstream_xchacha20poly1305_init_pull(&archive->stream, stream.data, key);
}

base_result archive_open(struct archive *archive, struct base_slice head, struct base_slice passphrase) {
    struct base_slice salt, stream;
    struct vault_cost cost;
    uint8_t key[VAULT_KEY_LEN] BASE_CLEANUP(wipe_key) = { 0 };
    BASE_TRY(read_head(head, &salt, &cost, &stream));
    BASE_ENSURE(cost.passes >= VAULT_MIN_PASSES && cost.passes <= VAULT_MAX_PASSES && cost.memory >= VAULT_MIN_MEMORY,
                WEIBEL_ERR_ARCHIVE);
    BASE_ENSURE(cost.memory <= ARCHIVE_MAX_MEMORY, WEIBEL_ERR_ARCHIVE_MEMORY);
    /* The file has chosen how much it is: to lack it ends the restoring, and not the core. */
    BASE_ENSURE(stretch(passphrase, salt.data, cost, key) == BASE_OK, WEIBEL_ERR_ARCHIVE_MEMORY);
    enter(archive, head, stream, key);
    return BASE_OK;
}

base_result archive_open_key(struct archive *archive, struct base_slice head, const uint8_t key[VAULT_KEY_LEN]) {
    struct base_slice salt, stream;
    struct vault_cost cost;
    BASE_TRY(read_head(head, &salt, &cost, &stream));
    BASE_ENSURE(cost.passes == 0 && cost.memory == 0, WEIBEL_ERR_ARCHIVE);
    enter(archive, head, stream, key);
    return BASE_OK;
}

base_result archive_piece_len(struct base_slice bytes, size_t *out) {
    struct base_reader reader = base_reader(bytes);
    uint32_t len;
    BASE_ENSURE(bytes.len == ARCHIVE_LEN_LEN, WEIBEL_ERR_ARCHIVE);
    BASE_TRY(base_read_u32(&reader, &len));
    BASE_ENSURE(len >= SEAL_LEN && len <= ARCHIVE_MAX_PIECE, WEIBEL_ERR_ARCHIVE);
    *out = len;
    return BASE_OK;
}

base_result archive_open_piece(struct archive *archive, const struct base_allocator *allocator,
                               struct base_slice sealed, struct base_bytes *out, bool *last) {
    struct base_slice data = bound(archive);
    uint8_t tag = 0;
    BASE_ENSURE(sealed.len >= SEAL_LEN && sealed.len <= ARCHIVE_MAX_PIECE, WEIBEL_ERR_ARCHIVE);
    struct base_bytes records BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_bytes_take(allocator, sealed.len - SEAL_LEN, &records));
    int failed = crypto_secretstream_xchacha20poly1305_pull(&archive->stream, records.data, NULL, &tag, sealed.data,
                                                            sealed.len, data.data, data.len);
    BASE_ENSURE(failed == 0, *(archive->begun ? &WEIBEL_ERR_ARCHIVE : &WEIBEL_ERR_PASSPHRASE));
    archive->begun = true;
    *last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    base_bytes_free(out);
    base_bytes_move(out, &records);
    return BASE_OK;
}

base_result archive_read_record(struct base_reader *reader, struct base_slice *name, struct base_slice *value) {
    BASE_ENSURE(base_read_opaque(reader, name) == BASE_OK && base_read_opaque(reader, value) == BASE_OK,
                WEIBEL_ERR_ARCHIVE);
    return BASE_OK;
}
