/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Archives: what a home holds, in one sealed file that is written and read piece by piece (docs/archive.md).
 *
 *     struct {
 *         opaque magic[8];            "WeibelAr"
 *         uint8 version;              1
 *         opaque salt[16];            Argon2id: the passphrase becomes the key
 *         uint32 passes; uint32 memory;                    memory in KiB; both 0: the key is known otherwise
 *         opaque header[24];          of libsodium's secretstream (XChaCha20-Poly1305)
 *     } Head;
 *     struct { uint32 len; opaque sealed[len]; } Piece;   any number of them; the last one has the stream's final tag,
 *                                                         the first one the head as its additional data
 *     struct { opaque name<V>; opaque value<V>; } Record; pieces hold whole ones
 */
#ifndef CORE_ARCHIVE_H
#define CORE_ARCHIVE_H

#include <sodium.h>

#include "base/bytes.h"
#include "base/host.h"
#include "base/reader.h"
#include "base/writer.h"
#include "vault.h"

enum {
    ARCHIVE_HEAD_LEN = 8 + 1 + 16 + 4 + 4 + 24,
    ARCHIVE_PIECE = 256 << 10,                     /**< bytes of records after which a piece ends */
    ARCHIVE_MAX_PIECE = ARCHIVE_PIECE + (2 << 20), /**< with the last record, sealed */
    ARCHIVE_LEN_LEN = 4,
    ARCHIVE_MAX_MEMORY =
        256 << 10, /**< KiB for Argon2id, whatever a head says: half of what a browser's module may have */
    ARCHIVE_EXTRA = ARCHIVE_LEN_LEN + 17, /**< bytes by which a piece is longer than its records */
};

extern const struct base_error WEIBEL_ERR_ARCHIVE;        /**< not an archive, damaged, or cut off */
extern const struct base_error WEIBEL_ERR_ARCHIVE_MEMORY; /**< asks for more than ARCHIVE_MAX_MEMORY or than there is */

/** An archive that is being written or read. */
struct archive {
    crypto_secretstream_xchacha20poly1305_state stream;
    uint8_t head[ARCHIVE_HEAD_LEN];
    bool begun; /**< a piece has been sealed or opened */
};

/** Begins one, with at most ARCHIVE_MAX_MEMORY: draws salt and stream; `archive->head` is to be written first.
 * BASE_ERR_NO_MEMORY, BASE_ERR_RANDOM. */
BASE_MUST_USE base_result archive_begin(struct archive *archive, const struct base_random *random,
                                        struct base_slice passphrase, struct vault_cost cost);

/** Likewise, with a key that both sides know. */
BASE_MUST_USE base_result archive_begin_key(struct archive *archive, const struct base_random *random,
                                            const uint8_t key[VAULT_KEY_LEN]);

/** Adds a record to what will be a piece. */
void archive_write_record(struct base_writer *writer, struct base_slice name, struct base_slice value);

/** Seals records as the next piece, its length in front. `last`: the archive ends. */
BASE_MUST_USE base_result archive_seal(struct archive *archive, const struct base_allocator *allocator,
                                       struct base_slice records, bool last, struct base_bytes *out);

/** Opens one by its head. WEIBEL_ERR_ARCHIVE; WEIBEL_ERR_VERSION: of a newer Weibel; WEIBEL_ERR_ARCHIVE_MEMORY. */
BASE_MUST_USE base_result archive_open(struct archive *archive, struct base_slice head, struct base_slice passphrase);
BASE_MUST_USE base_result archive_open_key(struct archive *archive, struct base_slice head,
                                           const uint8_t key[VAULT_KEY_LEN]);

/** How long the piece is that follows these ARCHIVE_LEN_LEN bytes. WEIBEL_ERR_ARCHIVE: none is so long. */
BASE_MUST_USE base_result archive_piece_len(struct base_slice bytes, size_t *out);

/**
 * Opens the next piece, without its length: `out` gets its records. WEIBEL_ERR_PASSPHRASE: the first one does not open;
 * WEIBEL_ERR_ARCHIVE.
 */
BASE_MUST_USE base_result archive_open_piece(struct archive *archive, const struct base_allocator *allocator,
                                             struct base_slice sealed, struct base_bytes *out, bool *last);

/** Takes the next record out of a piece. WEIBEL_ERR_ARCHIVE. */
BASE_MUST_USE base_result archive_read_record(struct base_reader *reader, struct base_slice *name,
                                              struct base_slice *value);

#endif
