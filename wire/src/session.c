/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who is there: challenge, sign-in, activation, and the plain answers done and refusal.
 */
#include "codec.h"

enum { MAX_ROLE = 1 };

base_result wire_challenge_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_challenge *challenge = &out->of.challenge;
    BASE_TRY(base_read_u8(reader, &challenge->lowest_version));
    BASE_TRY(base_read_u8(reader, &challenge->highest_version));
    BASE_ENSURE(challenge->lowest_version <= challenge->highest_version, WIRE_ERR_FIELD);
    BASE_TRY(wire_read_bounded(reader, 1, WIRE_MAX_DOMAIN, &challenge->domain));
    WIRE_READ_FIXED(reader, challenge->challenge);
    return base_read_u64(reader, &challenge->now);
}

void wire_challenge_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_challenge *challenge = &frame->of.challenge;
    if (challenge->lowest_version > challenge->highest_version) {
        base_writer_fail(writer, &WIRE_ERR_FIELD);
    }
    base_write_u8(writer, challenge->lowest_version);
    base_write_u8(writer, challenge->highest_version);
    wire_write_bounded(writer, 1, WIRE_MAX_DOMAIN, challenge->domain);
    WIRE_WRITE_FIXED(writer, challenge->challenge);
    base_write_u64(writer, challenge->now);
}

base_result wire_refusal_decode(struct base_reader *reader, struct wire_frame *out) {
    BASE_TRY(base_read_u16(reader, &out->of.refusal.code));
    return base_read_u64(reader, &out->of.refusal.argument);
}

void wire_refusal_encode(struct base_writer *writer, const struct wire_frame *frame) {
    base_write_u16(writer, frame->of.refusal.code);
    base_write_u64(writer, frame->of.refusal.argument);
}

base_result wire_done_decode(struct base_reader *reader, struct wire_frame *out) {
    (void)reader;
    (void)out;
    return BASE_OK;
}

void wire_done_encode(struct base_writer *writer, const struct wire_frame *frame) {
    (void)writer;
    (void)frame;
}

base_result wire_sign_in_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_sign_in *sign_in = &out->of.sign_in;
    WIRE_READ_FIXED(reader, sign_in->account);
    WIRE_READ_FIXED(reader, sign_in->device);
    WIRE_READ_FIXED(reader, sign_in->signature);
    return BASE_OK;
}

void wire_sign_in_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_sign_in *sign_in = &frame->of.sign_in;
    WIRE_WRITE_FIXED(writer, sign_in->account);
    WIRE_WRITE_FIXED(writer, sign_in->device);
    WIRE_WRITE_FIXED(writer, sign_in->signature);
}

static base_result check_names(const struct wire_signed_in *in) {
    BASE_ENSURE(in->packages.len % WIRE_PACKAGE_NAME_LEN == 0, WIRE_ERR_FIELD);
    BASE_ENSURE(in->last_resort.len == 0 || in->last_resort.len == WIRE_PACKAGE_NAME_LEN, WIRE_ERR_FIELD);
    return BASE_OK;
}

base_result wire_signed_in_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_signed_in *in = &out->of.signed_in;
    BASE_TRY(wire_read_bounded(reader, 0, WIRE_MAX_KEY_PACKAGES * WIRE_PACKAGE_NAME_LEN, &in->packages));
    BASE_TRY(wire_read_bounded(reader, 0, WIRE_PACKAGE_NAME_LEN, &in->last_resort));
    return check_names(in);
}

void wire_signed_in_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_signed_in *in = &frame->of.signed_in;
    base_result result = check_names(in);
    if (result != BASE_OK) {
        base_writer_fail(writer, result);
        return;
    }
    wire_write_bounded(writer, 0, WIRE_MAX_KEY_PACKAGES * WIRE_PACKAGE_NAME_LEN, in->packages);
    wire_write_bounded(writer, 0, WIRE_PACKAGE_NAME_LEN, in->last_resort);
}

base_result wire_activate_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_activate *activate = &out->of.activate;
    BASE_TRY(wire_read_bounded(reader, 1, WIRE_MAX_CODE, &activate->code));
    WIRE_READ_FIXED(reader, activate->device);
    WIRE_READ_FIXED(reader, activate->identity_key);
    WIRE_READ_FIXED(reader, activate->device_key);
    WIRE_READ_FIXED(reader, activate->proof);
    WIRE_READ_FIXED(reader, activate->identity_proof);
    return BASE_OK;
}

void wire_activate_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_activate *activate = &frame->of.activate;
    wire_write_bounded(writer, 1, WIRE_MAX_CODE, activate->code);
    WIRE_WRITE_FIXED(writer, activate->device);
    WIRE_WRITE_FIXED(writer, activate->identity_key);
    WIRE_WRITE_FIXED(writer, activate->device_key);
    WIRE_WRITE_FIXED(writer, activate->proof);
    WIRE_WRITE_FIXED(writer, activate->identity_proof);
}

base_result wire_activated_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_activated *activated = &out->of.activated;
    WIRE_READ_FIXED(reader, activated->account);
    BASE_TRY(wire_read_choice(reader, MAX_ROLE, &activated->role));
    BASE_TRY(wire_read_bounded(reader, 0, WIRE_MAX_NAME, &activated->name));
    BASE_ENSURE(wire_text_valid(activated->name), WIRE_ERR_FIELD);
    return BASE_OK;
}

void wire_activated_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_activated *activated = &frame->of.activated;
    WIRE_WRITE_FIXED(writer, activated->account);
    wire_write_choice(writer, MAX_ROLE, activated->role);
    if (!wire_text_valid(activated->name)) {
        base_writer_fail(writer, &WIRE_ERR_FIELD);
    }
    wire_write_bounded(writer, 0, WIRE_MAX_NAME, activated->name);
}

/* The labels keep a signature for one purpose from being taken for another. */
void wire_sign_in_content(struct base_writer *writer, struct base_slice domain, const uint8_t challenge[WIRE_KEY_LEN],
                          const uint8_t account[WIRE_ACCOUNT_LEN], const uint8_t device[WIRE_DEVICE_LEN]) {
    base_write_opaque(writer, base_slice_text("weibel 1 sign in"));
    wire_write_bounded(writer, 1, WIRE_MAX_DOMAIN, domain);
    base_write_slice(writer, base_slice(challenge, WIRE_KEY_LEN));
    base_write_slice(writer, base_slice(account, WIRE_ACCOUNT_LEN));
    base_write_slice(writer, base_slice(device, WIRE_DEVICE_LEN));
}

void wire_activate_content(struct base_writer *writer, struct base_slice domain, const uint8_t challenge[WIRE_KEY_LEN],
                           const struct wire_activate *activate) {
    base_write_opaque(writer, base_slice_text("weibel 1 activate"));
    wire_write_bounded(writer, 1, WIRE_MAX_DOMAIN, domain);
    base_write_slice(writer, base_slice(challenge, WIRE_KEY_LEN));
    wire_write_bounded(writer, 1, WIRE_MAX_CODE, activate->code);
    WIRE_WRITE_FIXED(writer, activate->device);
    WIRE_WRITE_FIXED(writer, activate->identity_key);
    WIRE_WRITE_FIXED(writer, activate->device_key);
}
