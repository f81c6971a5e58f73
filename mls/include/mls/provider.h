/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cryptographic primitives that libmls stands on, and the two backends that have them.
 *
 * A provider is a table of functions: hash, HMAC, AEAD, Diffie-Hellman, signatures. Everything that RFC 9420 and
 * RFC 9180 build above these (HKDF, HPKE, labels) is built once, in the library, for all providers. To bring another
 * backend, fill in struct mls_provider.
 *
 * All outputs go to buffers of the caller, whose sizes are the constants below or stand in the suite.
 */
#ifndef MLS_PROVIDER_H
#define MLS_PROVIDER_H

#include "base/bytes.h"
#include "base/host.h"

/* The largest sizes of the seven suites, in bytes. */
enum {
    MLS_HASH_MAX = 64,        /**< SHA-512 */
    MLS_PUBLIC_KEY_MAX = 133, /**< P-521, uncompressed point */
    MLS_PRIVATE_KEY_MAX = 66, /**< P-521, scalar */
    MLS_DH_MAX = 66,          /**< P-521, x coordinate */
    MLS_SIGNATURE_MAX = 139,  /**< ECDSA with P-521, DER */
    MLS_AEAD_KEY_MAX = 32,    /**< AES-256, ChaCha20 */
    MLS_AEAD_NONCE_SIZE = 12, /**< all three AEADs */
    MLS_AEAD_TAG_SIZE = 16,   /**< all three AEADs */
};

/** The cipher suites of RFC 9420 §17.1. */
enum mls_suite_id {
    MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519 = 1,
    MLS_128_DHKEMP256_AES128GCM_SHA256_P256 = 2,
    MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519 = 3,
    MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448 = 4,
    MLS_256_DHKEMP521_AES256GCM_SHA512_P521 = 5,
    MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448 = 6,
    MLS_256_DHKEMP384_AES256GCM_SHA384_P384 = 7,
};

/* The identifiers of RFC 9180 §7 and, for signatures, of the TLS SignatureScheme registry. */
enum mls_kem_id {
    MLS_KEM_P256 = 0x0010,
    MLS_KEM_P384 = 0x0011,
    MLS_KEM_P521 = 0x0012,
    MLS_KEM_X25519 = 0x0020,
    MLS_KEM_X448 = 0x0021,
};
enum mls_hash_id { MLS_SHA256 = 1, MLS_SHA384 = 2, MLS_SHA512 = 3 }; /* numbered as the KDFs that are built on them */
enum mls_aead_id { MLS_AES128GCM = 1, MLS_AES256GCM = 2, MLS_CHACHA20POLY1305 = 3 };
enum mls_signature_id {
    MLS_ECDSA_P256 = 0x0403,
    MLS_ECDSA_P384 = 0x0503,
    MLS_ECDSA_P521 = 0x0603,
    MLS_ED25519 = 0x0807,
    MLS_ED448 = 0x0808,
};

/** A cipher suite: its algorithms and their sizes in bytes. Constants of the library, see mls_suite(). */
struct mls_suite {
    const char *name;
    enum mls_suite_id id;
    enum mls_kem_id kem;
    enum mls_hash_id hash; /**< of the suite's hash, MAC and KDF, and of the KEM's KDF: the same in all seven */
    enum mls_aead_id aead;
    enum mls_signature_id signature;
    uint8_t hash_size;              /**< Nh */
    uint8_t kem_public_size;        /**< Npk, and Nenc */
    uint8_t kem_private_size;       /**< Nsk */
    uint8_t dh_size;                /**< Ndh */
    uint8_t aead_key_size;          /**< Nk */
    uint8_t signature_public_size;  /**< the only size of a signature key */
    uint8_t signature_private_size; /**< the seed (EdDSA) or the scalar (ECDSA) */
    uint8_t signature_max;          /**< EdDSA: the only size; ECDSA: the longest DER form */
};

/** The suite with this number, or NULL: the number is unknown here (or GREASE). */
const struct mls_suite *mls_suite(uint16_t id);

/** A secret of the suite's hash size; also used for hashes and MACs, which have its size too. */
struct mls_secret {
    uint8_t data[MLS_HASH_MAX];
    uint8_t len;
};

/** KEM or signature key: X25519, X448, EdDSA as in RFC 7748 and 8032; NIST curves as uncompressed points (§5.1). */
struct mls_public_key {
    uint8_t data[MLS_PUBLIC_KEY_MAX];
    uint8_t len;
};

/** KEM or signature key: scalar (big-endian for NIST curves), for EdDSA the seed of RFC 8032. Wipe it. */
struct mls_private_key {
    uint8_t data[MLS_PRIVATE_KEY_MAX];
    uint8_t len;
};

/** Both halves belong together: signing with a foreign public half would leak the private one. */
struct mls_keypair {
    struct mls_private_key private_key;
    struct mls_public_key public_key;
};

struct mls_signature {
    uint8_t data[MLS_SIGNATURE_MAX];
    uint8_t len;
};

static inline struct base_slice mls_secret_slice(const struct mls_secret *secret) {
    return (struct base_slice){ secret->data, secret->len };
}

static inline struct base_slice mls_public_key_slice(const struct mls_public_key *key) {
    return (struct base_slice){ key->data, key->len };
}

static inline struct base_slice mls_private_key_slice(const struct mls_private_key *key) {
    return (struct base_slice){ key->data, key->len };
}

static inline struct base_slice mls_signature_slice(const struct mls_signature *signature) {
    return (struct base_slice){ signature->data, signature->len };
}

/* For BASE_CLEANUP: all wiped, and empty. */
static inline void mls_secret_wipe(struct mls_secret *secret) {
    base_wipe(secret, sizeof *secret);
}

static inline void mls_private_key_wipe(struct mls_private_key *key) {
    base_wipe(key, sizeof *key);
}

static inline void mls_keypair_wipe(struct mls_keypair *key) {
    base_wipe(key, sizeof *key);
}

/**
 * The primitives. `user` goes to each function. Sizes of keys and outputs are those of `suite`, and the library keeps
 * to them; a provider checks what comes from a peer (public keys, signatures, ciphertexts). Parts of a message
 * are read one after the other as if they were one. An output may not overlap an input unless said otherwise.
 *
 * An instance may hold contexts that it reuses, so it belongs to one thread at a time.
 */
struct mls_provider {
    const char *name;
    void *user;

    /** True if all of the suite's algorithms are there. The other functions are called for such suites alone. */
    bool (*supports)(void *user, const struct mls_suite *suite);

    /** Hash of the parts, suite->hash_size bytes. MLS_ERR_BACKEND. */
    base_result (*hash)(void *user, const struct mls_suite *suite, const struct base_slice *parts, size_t count,
                        uint8_t *out);

    /** HMAC of the parts, suite->hash_size bytes. Keys of any length, also 0. MLS_ERR_BACKEND. */
    base_result (*hmac)(void *user, const struct mls_suite *suite, struct base_slice key,
                        const struct base_slice *parts, size_t count, uint8_t *out);

    /** Writes plaintext.len + MLS_AEAD_TAG_SIZE bytes; `out` may be the plaintext's place. MLS_ERR_BACKEND. */
    base_result (*seal)(void *user, const struct mls_suite *suite, const uint8_t *key, const uint8_t *nonce,
                        struct base_slice aad, struct base_slice plaintext, uint8_t *out);

    /**
     * Writes ciphertext.len - MLS_AEAD_TAG_SIZE bytes; `out` may be the ciphertext's place. On error none of the
     * plaintext is left in `out`. MLS_ERR_DECRYPT (also if the ciphertext is shorter than a tag), MLS_ERR_BACKEND.
     */
    base_result (*open)(void *user, const struct mls_suite *suite, const uint8_t *key, const uint8_t *nonce,
                        struct base_slice aad, struct base_slice ciphertext, uint8_t *out);

    /** The KEM public key of a private one. MLS_ERR_PRIVATE_KEY (length, or a scalar out of range), MLS_ERR_BACKEND. */
    base_result (*kem_public)(void *user, const struct mls_suite *suite, struct base_slice private_key,
                              struct mls_public_key *out);

    /** Whether a shared secret can be made with this public key: it has the suite's length, and is a point of the curve
     * whose result is not all zeros. Cheap: it is asked of each node of a tree. MLS_ERR_PUBLIC_KEY, MLS_ERR_BACKEND. */
    base_result (*kem_check)(void *user, const struct mls_suite *suite, struct base_slice public_key);

    /**
     * The shared secret of RFC 9180 §4.1, suite->dh_size bytes. MLS_ERR_PUBLIC_KEY: wrong length, not a point of
     * the curve, or a result of all zeros (RFC 9180 §7.1.4). MLS_ERR_PRIVATE_KEY, MLS_ERR_BACKEND.
     */
    base_result (*dh)(void *user, const struct mls_suite *suite, struct base_slice private_key,
                      struct base_slice public_key, uint8_t *out);

    /** The public signature key of a private one. MLS_ERR_PRIVATE_KEY, MLS_ERR_BACKEND. */
    base_result (*signature_public)(void *user, const struct mls_suite *suite, struct base_slice private_key,
                                    struct mls_public_key *out);

    /** MLS_ERR_PRIVATE_KEY, MLS_ERR_BACKEND. ECDSA's nonces come from the backend's own source of randomness. */
    base_result (*sign)(void *user, const struct mls_suite *suite, const struct mls_keypair *key,
                        struct base_slice message, struct mls_signature *out);

    /** MLS_ERR_SIGNATURE: it is not the key's signature of the message, or not in its one valid form;
     * MLS_ERR_PUBLIC_KEY. */
    base_result (*verify)(void *user, const struct mls_suite *suite, struct base_slice public_key,
                          struct base_slice message, struct base_slice signature);
};

/**
 * libsodium: suite 3. Has no state of its own and may be used by all threads. NULL if libsodium cannot start
 * (sodium_init). Link mls_sodium.
 */
const struct mls_provider *mls_provider_sodium(void);

/**
 * OpenSSL 3: all seven suites, less those whose algorithms the running OpenSSL does not have. Fetches every algorithm
 * once. Freed with mls_provider_openssl_free(). BASE_ERR_NO_MEMORY, MLS_ERR_BACKEND. Link mls_openssl.
 */
BASE_MUST_USE base_result mls_provider_openssl(const struct base_allocator *allocator, struct mls_provider **out);

/** NULL is allowed. */
void mls_provider_openssl_free(struct mls_provider *provider);

extern const struct base_error MLS_ERR_SUITE;       /**< the suite is unknown, or not one of the provider's */
extern const struct base_error MLS_ERR_BACKEND;     /**< the backend failed at what cannot fail: memory, mostly */
extern const struct base_error MLS_ERR_PUBLIC_KEY;  /**< not a valid public key of the suite */
extern const struct base_error MLS_ERR_PRIVATE_KEY; /**< not a valid private key of the suite */
extern const struct base_error MLS_ERR_SIGNATURE;   /**< a signature is not its signer's */
extern const struct base_error MLS_ERR_DECRYPT;     /**< a ciphertext was changed, or is for another key */
extern const struct base_error MLS_ERR_MAC;         /**< a MAC or hash is not the expected one */

#endif
