/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Sealed files (docs/attachments.md): chunks of XChaCha20-Poly1305 as in the STREAM construction.
 *
 * The file is padded with zeros to a Padmé length. Chunk i is sealed under nonce = prefix (16) || i (7 bytes) || last
 * (1 byte), so that chunks can't be exchanged, left out or cut off without notice. A key seals one file only.
 */
#include <sodium.h>
#include <string.h>

#include "weibel/core.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_BLOB, BASE_CRYPTO, NULL, "a chunk of the file is not what was uploaded");

enum { MIN_PADDED = 4096, PREFIX_LEN = 16 };

/* Padmé (Nikitin et al., PURBs, 2019, §4): keeps as many leading bits of the length as the length has bits in its
 * length. */
static uint64_t padded_size(uint64_t size) {
    if (size <= MIN_PADDED) {
        return MIN_PADDED;
    }
    unsigned exponent = 0;
    while (size >> (exponent + 1) != 0) {
        exponent++;
    }
    unsigned significant = 0;
    while (exponent >> significant != 0) {
        significant++;
    }
    uint64_t mask = ((uint64_t)1 << (exponent - significant)) - 1;
    return (size + mask) & ~mask;
}

uint64_t weibel_blob_chunks(uint64_t size) {
    return (padded_size(size) + WEIBEL_CHUNK - 1) / WEIBEL_CHUNK;
}

uint64_t weibel_blob_sealed_size(uint64_t size) {
    return padded_size(size) + weibel_blob_chunks(size) * WEIBEL_CHUNK_TAG;
}

/* Bytes of chunk `index`, padding included. */
static size_t chunk_len(uint64_t size, uint64_t index) {
    uint64_t left = padded_size(size) - index * WEIBEL_CHUNK;
    return left < WEIBEL_CHUNK ? (size_t)left : WEIBEL_CHUNK;
}

/* How many of them are the file's. */
static size_t file_len(uint64_t size, uint64_t index) {
    uint64_t start = index * WEIBEL_CHUNK;
    uint64_t left = start < size ? size - start : 0;
    return left < WEIBEL_CHUNK ? (size_t)left : WEIBEL_CHUNK;
}

static void chunk_nonce(const struct weibel_blob_key *key, uint64_t size, uint64_t index,
                        uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES]) {
    memcpy(nonce, key->nonce, PREFIX_LEN);
    for (unsigned i = 0; i < 7; i++) {
        nonce[PREFIX_LEN + i] = (uint8_t)(index >> (8 * (6 - i)));
    }
    nonce[PREFIX_LEN + 7] = index + 1 == weibel_blob_chunks(size);
}

base_result weibel_blob_seal(const struct weibel_blob_key *key, uint64_t size, uint64_t index,
                             uint8_t chunk[WEIBEL_CHUNK_SEALED], size_t *sealed_len) {
    BASE_ENSURE(size <= WEIBEL_MAX_FILE && index < weibel_blob_chunks(size), BASE_ERR_VALUE);
    size_t len = chunk_len(size, index);
    size_t used = file_len(size, index);
    memset(chunk + used, 0, len - used);
    uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    chunk_nonce(key, size, index, nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(chunk, NULL, chunk, len, NULL, 0, NULL, nonce, key->key);
    *sealed_len = len + WEIBEL_CHUNK_TAG;
    return BASE_OK;
}

base_result weibel_blob_open(const struct weibel_blob_key *key, uint64_t size, uint64_t index,
                             uint8_t chunk[WEIBEL_CHUNK_SEALED], size_t sealed_len, size_t *len) {
    BASE_ENSURE(size <= WEIBEL_MAX_FILE && index < weibel_blob_chunks(size), BASE_ERR_VALUE);
    BASE_ENSURE(sealed_len == chunk_len(size, index) + WEIBEL_CHUNK_TAG, WEIBEL_ERR_BLOB);
    uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    chunk_nonce(key, size, index, nonce);
    int failed =
        crypto_aead_xchacha20poly1305_ietf_decrypt(chunk, NULL, NULL, chunk, sealed_len, NULL, 0, nonce, key->key);
    BASE_ENSURE(failed == 0, WEIBEL_ERR_BLOB);
    *len = file_len(size, index);
    return BASE_OK;
}
