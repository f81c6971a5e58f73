/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Sealed with libsodium's sealed boxes, to the X25519 form of the device's Ed25519 key.
 */
#include "heal_letter.h"

#include <sodium.h>
#include <string.h>

#include "device_record.h"
#include "field.h"
#include "group.h"
#include "keys.h"
#include "leaf.h"
#include "letter.h"

static const char *const labels[] = {
    [HEAL_ASKS] = "weibel 1 re-enter",
    [HEAL_TELLS] = "weibel 1 place",
};

/* What is signed: who is asked is part of it, so that nobody passes the letter on. */
static void write_signed(struct base_writer *writer, enum heal_letter_kind kind,
                         const uint8_t account[WIRE_ACCOUNT_LEN], const uint8_t device[WIRE_DEVICE_LEN],
                         const struct heal_letter *letter) {
    base_write_opaque(writer, base_slice_text(labels[kind]));
    field_write_array(writer, account, WIRE_ACCOUNT_LEN);
    field_write_array(writer, device, WIRE_DEVICE_LEN);
    field_write_array(writer, letter->stream, sizeof letter->stream);
    base_write_u64(writer, letter->sent_at);
    base_write_opaque(writer, letter->key_package);
}

static base_result write_letter(struct weibel_core *core, enum heal_letter_kind kind, const struct helper *helper,
                                const struct heal_letter *letter, struct base_bytes *out) {
    struct base_writer content BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, HEAL_MAX_LETTER);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, HEAL_MAX_LETTER);
    struct base_bytes to_sign BASE_CLEANUP(base_bytes_free) = { 0 };
    uint8_t signature[WIRE_SIGNATURE_LEN];
    write_signed(&content, kind, helper->account, helper->device, letter);
    BASE_TRY(base_writer_finish(&content, &to_sign));
    identity_sign(core->account.device_key.private_key.data, base_borrow(&to_sign), signature);
    field_write_array(&writer, letter->stream, sizeof letter->stream);
    base_write_u64(&writer, letter->sent_at);
    base_write_opaque(&writer, letter->key_package);
    field_write_array(&writer, signature, sizeof signature);
    return base_writer_finish(&writer, out);
}

base_result heal_letter_seal(struct weibel_core *core, const uint8_t device_key[WIRE_KEY_LEN], struct base_slice plain,
                             struct base_bytes *out) {
    uint8_t key[crypto_box_PUBLICKEYBYTES];
    BASE_ENSURE(crypto_sign_ed25519_pk_to_curve25519(key, device_key) == 0, WEIBEL_ERR_IDENTITY);
    BASE_TRY(base_bytes_take(core->options.allocator, plain.len + crypto_box_SEALBYTES, out));
    BASE_ENSURE(crypto_box_seal(out->data, plain.data, plain.len, key) == 0, BASE_ERR_RANDOM);
    return BASE_OK;
}

static base_result send_one(struct weibel_core *core, enum heal_letter_kind kind, uint64_t group,
                            const struct helper *helper, const struct heal_letter *letter) {
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes sealed BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(write_letter(core, kind, helper, letter, &plain));
    base_result result = heal_letter_seal(core, helper->key, base_borrow(&plain), &sealed);
    if (result != BASE_OK) {
        return result == &WEIBEL_ERR_IDENTITY ? BASE_OK : result; /* a member with such a key gets none */
    }
    return letter_seal(core, kind, group, helper, base_borrow(&sealed));
}

base_result heal_letter_ask_them(struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN], uint64_t number,
                                 uint64_t before, const struct helper *helpers, size_t count) {
    struct base_bytes package BASE_CLEANUP(base_bytes_free) = { 0 };
    struct heal_letter letter = { .sent_at = state_now(core) };
    if (count == 0) {
        return BASE_OK;
    }
    BASE_TRY(keys_make_wish(core, stream, before, &package));
    memcpy(letter.stream, stream, sizeof letter.stream);
    letter.key_package = base_borrow(&package);
    for (size_t i = 0; i < count; i++) {
        BASE_TRY(send_one(core, HEAL_ASKS, number, &helpers[i], &letter));
    }
    return BASE_OK;
}

base_result heal_letter_ask(struct weibel_core *core, struct group *group) {
    uint64_t before = group->mls == NULL ? 0 : leaf_made_at(group->mls); /* the clock may have been set back */
    return heal_letter_ask_them(core, group->id, group->number, before, group->helpers, group->helper_count);
}

base_result heal_letter_tell(struct weibel_core *core, const struct group *group, const struct helper *members,
                             size_t count) {
    struct heal_letter letter = { .sent_at = state_now(core) };
    if (!device_key_package(core, core->account.device, &letter.key_package)) {
        return BASE_OK; /* not even the server has one of ours */
    }
    memcpy(letter.stream, group->id, sizeof letter.stream);
    for (size_t i = 0; i < count; i++) {
        BASE_TRY(send_one(core, HEAL_TELLS, group->number, &members[i], &letter));
    }
    return BASE_OK;
}

base_result heal_letter_unseal(struct weibel_core *core, struct base_slice sealed, struct base_bytes *plain) {
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    uint8_t box_public[crypto_box_PUBLICKEYBYTES], box_secret[crypto_box_SECRETKEYBYTES];
    BASE_ENSURE(sealed.len > crypto_box_SEALBYTES && sealed.len <= HEAL_MAX_LETTER, BASE_ERR_VALUE);
    BASE_TRY(base_bytes_take(core->options.allocator, sealed.len - crypto_box_SEALBYTES, plain));
    (void)crypto_sign_seed_keypair(public_key, secret, core->account.device_key.private_key.data);
    bool opened = crypto_sign_ed25519_pk_to_curve25519(box_public, public_key) == 0 &&
                  crypto_sign_ed25519_sk_to_curve25519(box_secret, secret) == 0 &&
                  crypto_box_seal_open(plain->data, sealed.data, sealed.len, box_public, box_secret) == 0;
    base_wipe(secret, sizeof secret);
    base_wipe(box_secret, sizeof box_secret);
    BASE_ENSURE(opened, WEIBEL_ERR_IDENTITY);
    return BASE_OK;
}

static uint64_t when_it_was_sent(void *user) {
    return ((const struct heal_letter *)user)->sent_at;
}

/* Who was away for months, and is told that he should have a place, only asks for it: by whose key package he is told
 * must have been valid then. */
static base_result inspect(struct weibel_core *core, enum heal_letter_kind kind, struct heal_letter *letter,
                           struct mls_key_package_info *out) {
    uint64_t now = state_now(core), age = kind == HEAL_TELLS ? WIRE_MAX_LIFETIME : HEAL_MAX_AGE;
    BASE_ENSURE(letter->sent_at >= now || now - letter->sent_at <= age * 1000, WEIBEL_ERR_IDENTITY);
    struct base_clock clock = { when_it_was_sent, letter };
    struct mls_context then = core->mls;
    then.clock = kind == HEAL_TELLS && letter->sent_at < now ? &clock : then.clock;
    return mls_key_package_inspect(&then, letter->key_package, out);
}

static base_result check(struct weibel_core *core, enum heal_letter_kind kind, struct heal_letter *letter,
                         const uint8_t signature[WIRE_SIGNATURE_LEN]) {
    struct base_writer content BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, HEAL_MAX_LETTER);
    struct mls_key_package_info info;
    BASE_TRY(inspect(core, kind, letter, &info));
    letter->member = info.member;
    BASE_TRY(identity_read(core->options.allocator, info.member.credential.content, info.member.signature_key,
                           &letter->device));
    write_signed(&content, kind, core->account.id, core->account.device, letter);
    struct base_slice signed_content = base_writer_view(&content);
    BASE_ENSURE(signed_content.len > 0, BASE_ERR_NO_MEMORY);
    BASE_ENSURE(info.suite == GROUP_SUITE && info.member.signature_key.len == crypto_sign_PUBLICKEYBYTES &&
                    crypto_sign_verify_detached(signature, signed_content.data, signed_content.len,
                                                info.member.signature_key.data) == 0,
                WEIBEL_ERR_IDENTITY);
    return BASE_OK;
}

base_result heal_letter_open(struct weibel_core *core, enum heal_letter_kind kind, struct base_slice sealed,
                             struct base_bytes *plain, struct heal_letter *out) {
    uint8_t signature[WIRE_SIGNATURE_LEN];
    BASE_TRY(heal_letter_unseal(core, sealed, plain));
    struct base_reader reader = base_reader(base_borrow(plain));
    BASE_TRY(base_read_copy(&reader, out->stream, sizeof out->stream));
    BASE_TRY(base_read_u64(&reader, &out->sent_at));
    BASE_TRY(base_read_opaque_max(&reader, WIRE_MAX_KEY_PACKAGE, &out->key_package));
    BASE_TRY(base_read_copy(&reader, signature, sizeof signature));
    BASE_TRY(base_read_end(&reader));
    return check(core, kind, out, signature);
}
