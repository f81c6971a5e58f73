/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HKDF, the labelled functions and the two key generators. Nothing here takes memory but the signing of what is too
 * long for the stack.
 */
#include "crypto.h"

#include <string.h>

#include "hpke.h"

/* What is signed is put together on the stack up to this size: most messages, and every leaf node but large ones. */
#define SIGN_STACK_MAX 2048

/* How often a scalar may fall outside of its field before the source of randomness is at fault: once in 2^32 is rare.
 */
#define SCALAR_TRIES 16

static const char version[] = "MLS 1.0 ";

/* Everything of a labelled struct that comes before the content itself; `length` of KDFLabel (§8) included. */
struct head {
    uint8_t data[2 + 2 + MLS_LABEL_MAX + 4];
    size_t len;
};

static void head_varint(struct head *head, size_t value) {
    uint8_t *at = head->data + head->len;
    if (value < 1U << 6) {
        at[0] = (uint8_t)value;
        head->len += 1;
    } else if (value < 1U << 14) {
        at[0] = (uint8_t)(0x40 | value >> 8);
        at[1] = (uint8_t)value;
        head->len += 2;
    } else {
        at[0] = (uint8_t)(0x80 | value >> 24);
        at[1] = (uint8_t)(value >> 16);
        at[2] = (uint8_t)(value >> 8);
        at[3] = (uint8_t)value;
        head->len += 4;
    }
}

/* `opaque label<V> = "MLS 1.0 " + label` and the length of the `opaque<V>` that follows. */
static base_result head_label(struct head *head, const char *prefix, struct base_slice label, size_t content_len) {
    size_t prefix_len = strlen(prefix);
    BASE_ENSURE(label.len <= MLS_LABEL_MAX - prefix_len, BASE_ERR_TOO_LONG);
    BASE_ENSURE(content_len < 1U << 30, BASE_ERR_TOO_LONG);
    head_varint(head, prefix_len + label.len);
    memcpy(head->data + head->len, prefix, prefix_len);
    head->len += prefix_len;
    if (label.len != 0) {
        memcpy(head->data + head->len, label.data, label.len);
        head->len += label.len;
    }
    head_varint(head, content_len);
    return BASE_OK;
}

base_result mls_crypto_for(const struct mls_provider *provider, const struct base_allocator *allocator, uint16_t suite,
                           struct mls_crypto *out) {
    const struct mls_suite *found = mls_suite(suite);
    BASE_ENSURE(found != NULL && provider->supports(provider->user, found), MLS_ERR_SUITE);
    *out = (struct mls_crypto){ found, provider, allocator };
    return BASE_OK;
}

base_result mls_hash_parts(const struct mls_crypto *crypto, const struct base_slice *parts, size_t count,
                           struct mls_secret *out) {
    out->len = crypto->suite->hash_size;
    return crypto->provider->hash(crypto->provider->user, crypto->suite, parts, count, out->data);
}

base_result mls_hash(const struct mls_crypto *crypto, struct base_slice message, struct mls_secret *out) {
    return mls_hash_parts(crypto, &message, 1, out);
}

base_result mls_mac(const struct mls_crypto *crypto, struct base_slice key, struct base_slice message,
                    struct mls_secret *out) {
    return mls_extract_parts(crypto, key, &message, 1, out);
}

base_result mls_mac_verify(const struct mls_crypto *crypto, struct base_slice key, struct base_slice message,
                           struct base_slice expected) {
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) mac = { 0 };
    BASE_TRY(mls_mac(crypto, key, message, &mac));
    BASE_ENSURE(expected.len == mac.len && base_equal_secret(mac.data, expected.data, mac.len), MLS_ERR_MAC);
    return BASE_OK;
}

base_result mls_extract(const struct mls_crypto *crypto, struct base_slice salt, struct base_slice ikm,
                        struct mls_secret *out) {
    return mls_extract_parts(crypto, salt, &ikm, 1, out);
}

base_result mls_extract_parts(const struct mls_crypto *crypto, struct base_slice salt, const struct base_slice *parts,
                              size_t count, struct mls_secret *out) {
    out->len = crypto->suite->hash_size;
    return crypto->provider->hmac(crypto->provider->user, crypto->suite, salt, parts, count, out->data);
}

base_result mls_expand_parts(const struct mls_crypto *crypto, struct base_slice prk, const struct base_slice *info,
                             size_t count, uint8_t *out, size_t len) {
    const size_t hash_size = crypto->suite->hash_size;
    BASE_ENSURE(len <= 255 * hash_size && count <= MLS_INFO_PARTS_MAX, BASE_ERR_TOO_LONG);
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) block = { 0 };
    uint8_t counter = 0;
    struct base_slice parts[MLS_INFO_PARTS_MAX + 2];
    for (size_t i = 0; i < count; i++) {
        parts[1 + i] = info[i];
    }
    parts[1 + count] = base_slice(&counter, 1);
    for (size_t done = 0; done < len; done += block.len) {
        counter++;
        parts[0] = mls_secret_slice(&block); /* empty in the first round */
        struct mls_secret BASE_CLEANUP(mls_secret_wipe) next = { 0 };
        base_result result = mls_extract_parts(crypto, prk, parts, count + 2, &next);
        if (result != BASE_OK) {
            base_wipe(out, done);
            return result;
        }
        block = next;
        memcpy(out + done, block.data, len - done < hash_size ? len - done : hash_size);
    }
    return BASE_OK;
}

base_result mls_expand_with_label(const struct mls_crypto *crypto, struct base_slice secret, struct base_slice label,
                                  struct base_slice context, uint8_t *out, size_t len) {
    return mls_expand_with_label_parts(crypto, secret, label, &context, 1, out, len);
}

base_result mls_expand_with_label_parts(const struct mls_crypto *crypto, struct base_slice secret,
                                        struct base_slice label, const struct base_slice *context, size_t count,
                                        uint8_t *out, size_t len) {
    BASE_ENSURE(len <= UINT16_MAX && count < MLS_INFO_PARTS_MAX, BASE_ERR_TOO_LONG);
    struct base_slice info[MLS_INFO_PARTS_MAX];
    size_t context_len = 0;
    for (size_t i = 0; i < count; i++) {
        context_len += context[i].len;
        info[1 + i] = context[i];
    }
    struct head head = { { (uint8_t)(len >> 8), (uint8_t)len }, 2 };
    BASE_TRY(head_label(&head, version, label, context_len));
    info[0] = base_slice(head.data, head.len);
    return mls_expand_parts(crypto, secret, info, 1 + count, out, len);
}

base_result mls_derive_secret(const struct mls_crypto *crypto, const struct mls_secret *secret, const char *label,
                              struct mls_secret *out) {
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) derived = { .len = crypto->suite->hash_size };
    BASE_TRY(mls_expand_with_label(crypto, mls_secret_slice(secret), base_slice_text(label), base_slice(NULL, 0),
                                   derived.data, derived.len));
    *out = derived;
    return BASE_OK;
}

base_result mls_derive_tree_secret(const struct mls_crypto *crypto, const struct mls_secret *secret, const char *label,
                                   uint32_t generation, uint8_t *out, size_t len) {
    const uint8_t context[4] = { (uint8_t)(generation >> 24), (uint8_t)(generation >> 16), (uint8_t)(generation >> 8),
                                 (uint8_t)generation };
    return mls_expand_with_label(crypto, mls_secret_slice(secret), base_slice_text(label),
                                 base_slice(context, sizeof context), out, len);
}

base_result mls_ref_hash(const struct mls_crypto *crypto, struct base_slice label, struct base_slice value,
                         struct mls_secret *out) {
    struct head head = { .len = 0 };
    BASE_TRY(head_label(&head, "", label, value.len));
    const struct base_slice parts[] = { base_slice(head.data, head.len), value };
    return mls_hash_parts(crypto, parts, 2, out);
}

base_result mls_key_package_ref(const struct mls_crypto *crypto, struct base_slice encoded, struct mls_secret *out) {
    return mls_ref_hash(crypto, base_slice_text("MLS 1.0 KeyPackage Reference"), encoded, out);
}

base_result mls_proposal_ref(const struct mls_crypto *crypto, struct base_slice encoded, struct mls_secret *out) {
    return mls_ref_hash(crypto, base_slice_text("MLS 1.0 Proposal Reference"), encoded, out);
}

/* Of its full size. Scalars of the NIST curves are numbers, which some export without leading zeros. */
static base_result full_private_key(struct base_slice bytes, size_t size, bool scalar, struct mls_private_key *out) {
    BASE_ENSURE(bytes.len == size || (scalar && bytes.len > 0 && bytes.len < size), MLS_ERR_PRIVATE_KEY);
    memset(out->data, 0, size - bytes.len);
    memcpy(out->data + (size - bytes.len), bytes.data, bytes.len);
    out->len = (uint8_t)size;
    return BASE_OK;
}

base_result mls_signature_keypair(const struct mls_crypto *crypto, struct base_slice private_key,
                                  struct mls_keypair *out) {
    const struct mls_suite *suite = crypto->suite;
    const bool scalar = suite->signature != MLS_ED25519 && suite->signature != MLS_ED448;
    struct mls_private_key BASE_CLEANUP(mls_private_key_wipe) full = { .len = 0 };
    BASE_TRY(full_private_key(private_key, suite->signature_private_size, scalar, &full));
    BASE_TRY(crypto->provider->signature_public(crypto->provider->user, suite, mls_private_key_slice(&full),
                                                &out->public_key));
    out->private_key = full;
    return BASE_OK;
}

base_result mls_signature_generate(const struct mls_crypto *crypto, const struct base_random *random,
                                   struct mls_keypair *out) {
    struct mls_private_key BASE_CLEANUP(mls_private_key_wipe)
        candidate = { .len = crypto->suite->signature_private_size };
    for (unsigned tries = 0; tries < SCALAR_TRIES; tries++) {
        BASE_TRY(base_random_fill(random, candidate.data, candidate.len));
        if (crypto->suite->signature == MLS_ECDSA_P521) {
            candidate.data[0] &= 0x01; /* 66 bytes hold 528 bits */
        }
        base_result result = mls_signature_keypair(crypto, mls_private_key_slice(&candidate), out);
        if (result != &MLS_ERR_PRIVATE_KEY) {
            return result;
        }
    }
    return &BASE_ERR_RANDOM;
}

/* What SignWithLabel signs: on `stack` if it fits there, in new memory otherwise. */
static base_result sign_content(const struct mls_crypto *crypto, struct base_slice label, struct base_slice content,
                                uint8_t *stack, uint8_t **heap, struct base_slice *out) {
    struct head head = { .len = 0 };
    BASE_TRY(head_label(&head, version, label, content.len));
    const size_t len = head.len + content.len;
    uint8_t *to = stack;
    if (len > SIGN_STACK_MAX) {
        *heap = base_take(crypto->allocator, len, 1);
        BASE_ENSURE(*heap != NULL, BASE_ERR_NO_MEMORY);
        to = *heap;
    }
    memcpy(to, head.data, head.len);
    if (content.len != 0) {
        memcpy(to + head.len, content.data, content.len);
    }
    *out = base_slice(to, len);
    return BASE_OK;
}

base_result mls_sign_with_label(const struct mls_crypto *crypto, const struct mls_keypair *key, struct base_slice label,
                                struct base_slice content, struct mls_signature *out) {
    uint8_t stack[SIGN_STACK_MAX];
    uint8_t *BASE_CLEANUP(base_free_at) heap = NULL;
    struct base_slice message = { 0 };
    BASE_TRY(sign_content(crypto, label, content, stack, &heap, &message));
    base_result result = crypto->provider->sign(crypto->provider->user, crypto->suite, key, message, out);
    base_wipe(stack, heap == NULL ? message.len : 0); /* it may be a message's plaintext */
    return result;
}

base_result mls_verify_with_label(const struct mls_crypto *crypto, struct base_slice public_key,
                                  struct base_slice label, struct base_slice content, struct base_slice signature) {
    uint8_t stack[SIGN_STACK_MAX];
    uint8_t *BASE_CLEANUP(base_free_at) heap = NULL;
    struct base_slice message = { 0 };
    BASE_TRY(sign_content(crypto, label, content, stack, &heap, &message));
    base_result result =
        crypto->provider->verify(crypto->provider->user, crypto->suite, public_key, message, signature);
    base_wipe(stack, heap == NULL ? message.len : 0);
    return result;
}

base_result mls_kem_keypair(const struct mls_crypto *crypto, struct base_slice private_key, struct mls_keypair *out) {
    const struct mls_suite *suite = crypto->suite;
    const bool scalar = suite->kem != MLS_KEM_X25519 && suite->kem != MLS_KEM_X448;
    struct mls_private_key BASE_CLEANUP(mls_private_key_wipe) full = { .len = 0 };
    BASE_TRY(full_private_key(private_key, suite->kem_private_size, scalar, &full));
    BASE_TRY(
        crypto->provider->kem_public(crypto->provider->user, suite, mls_private_key_slice(&full), &out->public_key));
    out->private_key = full;
    return BASE_OK;
}

base_result mls_kem_derive(const struct mls_crypto *crypto, struct base_slice ikm, struct mls_keypair *out) {
    return mls_hpke_derive_keypair(crypto, ikm, out);
}

base_result mls_kem_generate(const struct mls_crypto *crypto, const struct base_random *random,
                             struct mls_keypair *out) {
    struct mls_private_key BASE_CLEANUP(mls_private_key_wipe) ikm = { .len = crypto->suite->kem_private_size };
    BASE_TRY(base_random_fill(random, ikm.data, ikm.len));
    return mls_hpke_derive_keypair(crypto, mls_private_key_slice(&ikm), out);
}

base_result mls_encrypt_with_label(const struct mls_crypto *crypto, const struct base_random *random,
                                   struct base_slice public_key, struct base_slice label, struct base_slice context,
                                   struct base_slice plaintext, struct mls_public_key *kem_output, uint8_t *out) {
    struct head head = { .len = 0 };
    BASE_TRY(head_label(&head, version, label, context.len));
    const struct base_slice info[] = { base_slice(head.data, head.len), context };
    return mls_hpke_seal(crypto, random, public_key, info, 2, base_slice(NULL, 0), plaintext, kem_output, out);
}

base_result mls_encrypt_prepare(const struct mls_crypto *crypto, struct base_slice label, struct base_slice context,
                                struct mls_hpke_info *out) {
    struct head head = { .len = 0 };
    BASE_TRY(head_label(&head, version, label, context.len));
    const struct base_slice info[] = { base_slice(head.data, head.len), context };
    return mls_hpke_info(crypto, info, 2, out);
}

base_result mls_decrypt_with_label(const struct mls_crypto *crypto, const struct mls_keypair *key,
                                   struct base_slice label, struct base_slice context, struct base_slice kem_output,
                                   struct base_slice ciphertext, uint8_t *out) {
    struct head head = { .len = 0 };
    BASE_TRY(head_label(&head, version, label, context.len));
    const struct base_slice info[] = { base_slice(head.data, head.len), context };
    return mls_hpke_open(crypto, key, kem_output, info, 2, base_slice(NULL, 0), ciphertext, out);
}
