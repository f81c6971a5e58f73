/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The device credential.
 */
#include "identity.h"

#include <sodium.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "wire/id.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_IDENTITY, BASE_CRYPTO, NULL, "a device's identity is not signed by its account");

enum { VERSION = 1, MAX_SIGNED = 1024 };

static const char label[] = "weibel device 1";

static void wipe_secret_key(uint8_t (*key)[crypto_sign_SECRETKEYBYTES]) {
    base_wipe(*key, sizeof *key);
}

void identity_key(const uint8_t seed[IDENTITY_SEED_LEN], uint8_t public_key[WIRE_KEY_LEN]) {
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES] BASE_CLEANUP(wipe_secret_key);
    (void)crypto_sign_seed_keypair(public_key, secret_key, seed);
}

void identity_sign(const uint8_t seed[IDENTITY_SEED_LEN], struct base_slice message,
                   uint8_t signature[WIRE_SIGNATURE_LEN]) {
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES] BASE_CLEANUP(wipe_secret_key);
    (void)crypto_sign_seed_keypair(public_key, secret_key, seed);
    (void)crypto_sign_detached(signature, NULL, message.data, message.len, secret_key);
}

static void write_body(struct base_writer *writer, const struct identity *identity) {
    base_write_u8(writer, VERSION);
    base_write_slice(writer, base_slice(identity->account, WIRE_ACCOUNT_LEN));
    base_write_opaque(writer, identity->domain);
    base_write_slice(writer, base_slice(identity->identity_key, WIRE_KEY_LEN));
    base_write_slice(writer, base_slice(identity->device, WIRE_DEVICE_LEN));
}

static void write_signed(struct base_writer *writer, const struct identity *identity, struct base_slice device_key) {
    base_write_opaque(writer, base_slice_text(label));
    write_body(writer, identity);
    base_write_opaque(writer, device_key);
}

base_result identity_write(const struct base_allocator *allocator, const struct identity *identity,
                           const uint8_t seed[IDENTITY_SEED_LEN], struct base_slice device_key,
                           struct base_bytes *out) {
    struct base_writer content BASE_CLEANUP(base_writer_free) = base_writer(allocator, MAX_SIGNED);
    struct base_bytes to_sign BASE_CLEANUP(base_bytes_free) = { 0 };
    write_signed(&content, identity, device_key);
    BASE_TRY(base_writer_finish(&content, &to_sign));
    uint8_t signature[WIRE_SIGNATURE_LEN];
    identity_sign(seed, base_borrow(&to_sign), signature);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(allocator, MAX_SIGNED);
    write_body(&writer, identity);
    base_write_slice(&writer, base_slice(signature, sizeof signature));
    return base_writer_finish(&writer, out);
}

static base_result read_body(struct base_slice credential, struct identity *out, struct base_slice *signature) {
    struct base_reader reader = base_reader(credential);
    uint8_t version;
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_ENSURE(version == VERSION, BASE_ERR_VALUE);
    BASE_TRY(base_read_copy(&reader, out->account, WIRE_ACCOUNT_LEN));
    BASE_TRY(base_read_opaque_max(&reader, WIRE_MAX_DOMAIN, &out->domain));
    BASE_TRY(base_read_copy(&reader, out->identity_key, WIRE_KEY_LEN));
    BASE_TRY(base_read_copy(&reader, out->device, WIRE_DEVICE_LEN));
    BASE_TRY(base_read_slice(&reader, WIRE_SIGNATURE_LEN, signature));
    BASE_ENSURE(wire_id_valid(out->account) && wire_domain_valid(out->domain), BASE_ERR_VALUE);
    return base_read_end(&reader);
}

base_result identity_peek(struct base_slice credential, struct identity *out) {
    struct identity identity;
    struct base_slice signature;
    BASE_ENSURE(read_body(credential, &identity, &signature) == BASE_OK, WEIBEL_ERR_IDENTITY);
    *out = identity;
    return BASE_OK;
}

bool identity_same_account(const struct identity *a, const struct identity *b) {
    return memcmp(a->account, b->account, sizeof a->account) == 0 && base_slice_equal(a->domain, b->domain);
}

base_result identity_read(const struct base_allocator *allocator, struct base_slice credential,
                          struct base_slice device_key, struct identity *out) {
    struct identity identity;
    struct base_slice signature;
    BASE_ENSURE(read_body(credential, &identity, &signature) == BASE_OK, WEIBEL_ERR_IDENTITY);
    struct base_writer content BASE_CLEANUP(base_writer_free) = base_writer(allocator, MAX_SIGNED);
    struct base_bytes to_sign BASE_CLEANUP(base_bytes_free) = { 0 };
    write_signed(&content, &identity, device_key);
    BASE_TRY(base_writer_finish(&content, &to_sign));
    BASE_ENSURE(crypto_sign_verify_detached(signature.data, to_sign.data, to_sign.len, identity.identity_key) == 0,
                WEIBEL_ERR_IDENTITY);
    *out = identity;
    return BASE_OK;
}
