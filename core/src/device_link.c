/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Links for a new device.
 */
#include "device_link.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "event.h"
#include "field.h"
#include "history.h"
#include "json.h"
#include "request.h"
#include "sibling.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_LINK, BASE_PEER, NULL, "the content of the link is not what another device has sealed");

enum {
    VERSION = 2,
    KEY_LEN = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_LEN = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};

_Static_assert(LINK_TEXT_LEN + 1 == sodium_base64_ENCODED_LEN(LINK_SECRET_LEN, VARIANT), "text of a secret");
_Static_assert((int)LINK_TEXT_LEN <= (int)WIRE_MAX_CODE, "the code fits");

void device_link_write_secret(const uint8_t secret[LINK_SECRET_LEN], char out[LINK_TEXT_LEN + 1]) {
    (void)sodium_bin2base64(out, LINK_TEXT_LEN + 1, secret, LINK_SECRET_LEN, VARIANT);
}

bool device_link_read_secret(struct base_slice text, uint8_t out[LINK_SECRET_LEN]) {
    size_t len = 0;
    return text.len == LINK_TEXT_LEN &&
           sodium_base642bin(out, LINK_SECRET_LEN, (const char *)text.data, text.len, NULL, &len, NULL, VARIANT) == 0 &&
           len == LINK_SECRET_LEN;
}

static void derive(const uint8_t secret[LINK_SECRET_LEN], const char *label, uint8_t out[LINK_SECRET_LEN]) {
    (void)crypto_generichash(out, LINK_SECRET_LEN, (const uint8_t *)label, strlen(label), secret, LINK_SECRET_LEN);
}

void device_link_code(const uint8_t secret[LINK_SECRET_LEN], char out[LINK_TEXT_LEN + 1]) {
    uint8_t code[LINK_SECRET_LEN];
    derive(secret, "weibel 1 link code", code);
    device_link_write_secret(code, out);
}

void device_link_wipe(struct device_link_content *content) {
    base_wipe(content, sizeof *content);
}

static base_result write_content(const struct base_allocator *allocator, const struct device_link_content *content,
                                 struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(allocator, WIRE_MAX_LINK);
    base_write_u8(&writer, VERSION);
    field_write_array(&writer, content->account, sizeof content->account);
    field_write_text(&writer, content->domain);
    field_write_array(&writer, content->identity_seed, sizeof content->identity_seed);
    field_write_array(&writer, content->deletion_secret, sizeof content->deletion_secret);
    field_write_bool(&writer, content->history);
    own_devices_write(&writer, content->devices, content->device_count);
    return base_writer_finish(&writer, out);
}

base_result device_link_seal(const struct base_allocator *allocator, const struct base_random *random,
                             const uint8_t secret[LINK_SECRET_LEN], const struct device_link_content *content,
                             struct base_bytes *out) {
    uint8_t key[KEY_LEN];
    char code[LINK_TEXT_LEN + 1];
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(write_content(allocator, content, &plain));
    BASE_TRY(base_bytes_take(allocator, NONCE_LEN + plain.len + TAG_LEN, out));
    BASE_TRY(base_random_fill(random, out->data, NONCE_LEN));
    derive(secret, "weibel 1 link key", key);
    device_link_code(secret, code);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out->data + NONCE_LEN, NULL, plain.data, plain.len,
                                                     (const uint8_t *)code, LINK_TEXT_LEN, NULL, out->data, key);
    base_wipe(key, sizeof key);
    return BASE_OK;
}

static base_result read_content(struct base_slice plain, struct device_link_content *out) {
    struct base_reader reader = base_reader(plain);
    uint8_t version;
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_ENSURE(version == VERSION, BASE_ERR_VALUE);
    BASE_TRY(base_read_copy(&reader, out->account, sizeof out->account));
    BASE_TRY(field_read_text(&reader, out->domain, sizeof out->domain));
    BASE_TRY(base_read_copy(&reader, out->identity_seed, sizeof out->identity_seed));
    BASE_TRY(base_read_copy(&reader, out->deletion_secret, sizeof out->deletion_secret));
    BASE_TRY(field_read_bool(&reader, &out->history));
    BASE_TRY(own_devices_read(&reader, out->devices, &out->device_count));
    BASE_ENSURE(out->device_count > 0, BASE_ERR_VALUE);
    BASE_ENSURE(wire_id_valid(out->account) && wire_domain_valid(base_slice_text(out->domain)), BASE_ERR_VALUE);
    return base_read_end(&reader);
}

base_result device_link_open(const struct base_allocator *allocator, const uint8_t secret[LINK_SECRET_LEN],
                             struct base_slice sealed, struct device_link_content *out) {
    uint8_t key[KEY_LEN];
    char code[LINK_TEXT_LEN + 1];
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_ENSURE(sealed.len >= NONCE_LEN + TAG_LEN, WEIBEL_ERR_LINK);
    size_t len = sealed.len - NONCE_LEN - TAG_LEN;
    BASE_TRY(base_bytes_take(allocator, len, &plain));
    derive(secret, "weibel 1 link key", key);
    device_link_code(secret, code);
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data, NULL, NULL, sealed.data + NONCE_LEN,
                                                            sealed.len - NONCE_LEN, (const uint8_t *)code,
                                                            LINK_TEXT_LEN, sealed.data, key);
    base_wipe(key, sizeof key);
    BASE_ENSURE(failed == 0 && read_content(base_slice(plain.data, len), out) == BASE_OK, WEIBEL_ERR_LINK);
    return BASE_OK;
}

/* ---- a link of ours ---- */

static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)a;
    (void)b;
    if (answer->type != WIRE_DONE) {
        struct trouble trouble = answer->type == WIRE_REFUSAL
                                     ? trouble_refusal(&answer->of.refusal)
                                     : trouble_make(TROUBLE_LATER, "unavailable", "the server gave no link");
        return event_answer_trouble(core, &core->link_call, &trouble);
    }
    char secret[LINK_TEXT_LEN + 1];
    device_link_write_secret(core->link_secret, secret);
    struct wire_link link = { base_slice_text(core->account.url), base_slice_text(secret), WIRE_LINK_DEVICE };
    struct base_writer text BASE_CLEANUP(base_writer_free) =
        base_writer(core->options.allocator, WIRE_MAX_URL + WIRE_MAX_CODE + 16);
    wire_link_write(&text, &link);
    base_wipe(core->link_secret, sizeof core->link_secret);
    core->session.devices_first = true; /* whoever comes now comes by us */
    history_wait(core);
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &core->link_call);
    json_object(&line);
    json_put_text(&line, "link", base_writer_view(&text));
    json_put_number(&line, "expires", state_now(core) + (uint64_t)WIRE_LINK_SECONDS * 1000);
    json_object_end(&line);
    base_wipe(secret, sizeof secret);
    return event_answer_end(core, &core->link_call, &line);
}

base_result device_link_create(struct weibel_core *core, struct call *call, bool history) {
    const struct account *account = &core->account;
    struct device_link_content content BASE_CLEANUP(device_link_wipe) = { .history = history };
    struct base_bytes sealed BASE_CLEANUP(base_bytes_free) = { 0 };
    struct wire_frame frame = { .type = WIRE_CREATE_LINK };
    char code[LINK_TEXT_LEN + 1];
    memcpy(content.account, account->id, sizeof content.account);
    memcpy(content.domain, account->domain, sizeof content.domain);
    content.device_count = sibling_list(core, content.devices);
    core->account.history_offered = history;
    core->account.dirty = true;
    memcpy(content.identity_seed, account->identity_seed, sizeof content.identity_seed);
    memcpy(content.deletion_secret, account->deletion_secret, sizeof content.deletion_secret);
    BASE_TRY(base_random_fill(core->options.random, core->link_secret, sizeof core->link_secret));
    BASE_TRY(device_link_seal(core->options.allocator, core->options.random, core->link_secret, &content, &sealed));
    device_link_code(core->link_secret, code);
    account_hash(base_slice_text(code), frame.of.create_link.code_hash);
    frame.of.create_link.content = base_borrow(&sealed);
    base_bytes_move(&core->link_call.id, &call->id);
    return request_send(core, &frame, answered, 0, 0);
}
