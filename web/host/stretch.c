/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Argon2id in a module of its own. It wants 64 MiB, and the memory of a module never gets smaller: so the worker runs
 * it in a second instance of this module, and drops that one with all that it held.
 */
#include <sodium.h>

#include "host.h"

__attribute__((import_module("weibel"), import_name("stretch"))) extern int32_t
stretch_elsewhere(uint8_t *out, size_t out_len, const char *passphrase, size_t passphrase_len, const uint8_t *salt,
                  uint32_t passes, size_t memory);

/* What the linker has instead of libsodium's function, and where that one is (--wrap in CMakeLists.txt). */
int __wrap_crypto_pwhash_argon2id(uint8_t *out, uint64_t out_len, const char *passphrase, uint64_t passphrase_len,
                                  const uint8_t *salt, uint64_t passes, size_t memory, int algorithm);
int __real_crypto_pwhash_argon2id(uint8_t *out, uint64_t out_len, const char *passphrase, uint64_t passphrase_len,
                                  const uint8_t *salt, uint64_t passes, size_t memory, int algorithm);

int __wrap_crypto_pwhash_argon2id(uint8_t *out, uint64_t out_len, const char *passphrase, uint64_t passphrase_len,
                                  const uint8_t *salt, uint64_t passes, size_t memory, int algorithm) {
    if (algorithm != crypto_pwhash_argon2id_ALG_ARGON2ID13 || passes > crypto_pwhash_argon2id_OPSLIMIT_MAX) {
        return -1;
    }
    return stretch_elsewhere(out, (size_t)out_len, passphrase, (size_t)passphrase_len, salt, (uint32_t)passes, memory);
}

int32_t host_stretch(uint8_t *out, size_t out_len, const uint8_t *passphrase, size_t passphrase_len,
                     const uint8_t *salt, uint32_t passes, size_t memory) {
    return __real_crypto_pwhash_argon2id(out, out_len, (const char *)passphrase, passphrase_len, salt, passes, memory,
                                         crypto_pwhash_argon2id_ALG_ARGON2ID13);
}
