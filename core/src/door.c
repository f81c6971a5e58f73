/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Doors: keys, sealing, and what members leave there.
 */
#include "door.h"

#include <sodium.h>
#include <string.h>

#include "account.h"
#include "field.h"
#include "group.h"
#include "request.h"
#include "tree.h"
#include "wire/link.h"

enum {
    VERSION = 1,
    VERSION_BESIDE = 2,
    LARGE_DELAY = 3000, /* milliseconds before a large tree is left behind a commit: others may follow at once */
    RENEW_AFTER = 10 * 24 * 3600, /* seconds; it ends after thirty days */
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES
};

static const char key_label[] = "weibel 1 door key", content_label[] = "weibel 1 door content",
                  commit_label[] = "weibel 1 door commit", tree_label[] = "weibel 1 door tree";

static void derive(const uint8_t secret[ABOUT_LINK_LEN], const char *label, uint8_t out[WIRE_KEY_LEN]) {
    (void)crypto_generichash(out, WIRE_KEY_LEN, (const uint8_t *)label, strlen(label), secret, ABOUT_LINK_LEN);
}

void door_name(const uint8_t secret[ABOUT_LINK_LEN], uint8_t name[WIRE_STREAM_LEN]) {
    uint8_t key[WIRE_KEY_LEN], key_hash[WIRE_KEY_LEN];
    derive(secret, key_label, key);
    account_hash(base_slice(key, sizeof key), key_hash);
    tree_door_name(key_hash, 0, name);
    base_wipe(key, sizeof key);
}

bool door_secret(const struct group *group, uint8_t secret[ABOUT_LINK_LEN]) {
    struct group_about about;
    if (group == NULL || group->mls == NULL || group_read_about(group->mls, &about) != BASE_OK ||
        about.link.len != ABOUT_LINK_LEN) {
        return false;
    }
    memcpy(secret, about.link.data, ABOUT_LINK_LEN);
    return true;
}

void door_write_link(const struct weibel_core *core, struct base_writer *writer, const uint8_t secret[ABOUT_LINK_LEN]) {
    char code[DOOR_CODE_LEN + 1];
    (void)sodium_bin2base64(code, sizeof code, secret, ABOUT_LINK_LEN, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    struct wire_link link = { base_slice_text(core->account.url), base_slice_text(code), WIRE_LINK_GROUP };
    wire_link_write(writer, &link);
}

bool door_read_code(struct base_slice code, uint8_t secret[ABOUT_LINK_LEN]) {
    size_t len = 0;
    char again[DOOR_CODE_LEN + 1];
    if (code.len != DOOR_CODE_LEN ||
        sodium_base642bin(secret, ABOUT_LINK_LEN, (const char *)code.data, code.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len != ABOUT_LINK_LEN) {
        return false;
    }
    /* libsodium takes bytes that are no characters of it for some that are. */
    (void)sodium_bin2base64(again, sizeof again, secret, ABOUT_LINK_LEN, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return base_equal_secret(again, code.data, DOOR_CODE_LEN);
}

/* nonce, then what is sealed */
static base_result seal(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN], const char *label,
                        struct base_slice plain, struct base_writer *out) {
    uint8_t key[WIRE_KEY_LEN], nonce[NONCE];
    uint8_t *room;
    derive(secret, label, key);
    BASE_TRY(base_random_fill(core->options.random, nonce, sizeof nonce));
    base_write_slice(out, base_slice(nonce, sizeof nonce));
    room = base_write_space(out, plain.len + TAG);
    if (room != NULL) {
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(room, NULL, plain.data, plain.len, NULL, 0, NULL, nonce, key);
    }
    base_wipe(key, sizeof key);
    return BASE_OK;
}

static base_result unseal(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN], const char *label,
                          struct base_slice sealed, struct base_bytes *out) {
    uint8_t key[WIRE_KEY_LEN];
    BASE_ENSURE(sealed.len > NONCE + TAG, BASE_ERR_TRUNCATED);
    BASE_TRY(base_bytes_take(core->options.allocator, sealed.len - NONCE - TAG, out));
    derive(secret, label, key);
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(out->data, NULL, NULL, sealed.data + NONCE,
                                                            sealed.len - NONCE, NULL, 0, sealed.data, key);
    base_wipe(key, sizeof key);
    BASE_ENSURE(failed == 0, BASE_ERR_VALUE);
    return BASE_OK;
}

base_result door_open(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN], struct base_slice sealed,
                      struct base_bytes *plain, struct door *out) {
    BASE_TRY(unseal(core, secret, content_label, sealed, plain));
    return door_read(base_borrow(plain), out);
}

base_result door_read(struct base_slice plain, struct door *out) {
    uint8_t version;
    struct base_reader reader = base_reader(plain);
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_ENSURE(version == VERSION || version == VERSION_BESIDE, BASE_ERR_VALUE);
    BASE_TRY(base_read_copy(&reader, out->stream, sizeof out->stream));
    BASE_TRY(base_read_copy(&reader, out->token, sizeof out->token));
    BASE_TRY(base_read_u64(&reader, &out->last_commit));
    BASE_TRY(base_read_opaque(&reader, &out->group_info));
    out->tree = (struct tree_place){ 0 };
    if (version == VERSION_BESIDE) {
        BASE_TRY(tree_read_place(&reader, &out->tree));
    }
    return base_read_end(&reader);
}

base_result door_seal_commit(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN], struct base_slice commit,
                             struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, WIRE_MAX_ENTRY);
    base_write_u8(&writer, DOOR_MARK);
    BASE_TRY(seal(core, secret, commit_label, commit, &writer));
    return base_writer_finish(&writer, out);
}

base_result door_open_commit(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN], struct base_slice entry,
                             struct base_bytes *out) {
    BASE_ENSURE(entry.len > 1 && entry.data[0] == DOOR_MARK, BASE_ERR_VALUE);
    return unseal(core, secret, commit_label, base_slice(entry.data + 1, entry.len - 1), out);
}

/* ---- What members do. ----------------------------------------------------------------------------------------------
 */

static base_result put(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN], struct base_slice content,
                       request_fn answered, uint64_t a, uint64_t b) {
    struct wire_frame frame = { .type = WIRE_PUT_DOOR };
    derive(secret, key_label, frame.of.put_door.key);
    frame.of.put_door.content = content;
    return request_send(core, &frame, answered, a, b);
}

base_result door_committed(struct weibel_core *core, struct group *group, const struct mls_staged *staged) {
    uint8_t before[ABOUT_LINK_LEN] BASE_CLEANUP(door_wipe) = { 0 };
    struct group_about after;
    struct base_slice bytes;
    if (!mls_staged_extension(staged, GROUP_CHAT_EXTENSION, &bytes) || about_read(bytes, &after) != BASE_OK) {
        return BASE_OK;
    }
    group->door_due = after.link.len > 0;
    bool open = door_secret(group, before);
    bool closed = open && !base_slice_equal(after.link, base_slice(before, sizeof before));
    bool later = open && !closed && tree_is_beside(core, mls_group_member_count(group->mls));
    group->door_retry_at = later ? state_now(core) + LARGE_DELAY : 0;
    group->dirty = true;
    return closed && core->session.state == SESSION_ONLINE
               ? put(core, before, base_slice(NULL, 0), request_no_matter, 0, 0)
               : BASE_OK;
}

/* `a`: number of the group; `b`: the epoch that was left at the door. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct group *group = group_at(core, a);
    if (group == NULL) {
        return BASE_OK;
    }
    group->door_in_flight = false;
    bool again = answer->type == WIRE_REFUSAL && request_passes(&answer->of.refusal);
    if (again) {
        group->door_retry_at = state_now(core) + request_delay(&answer->of.refusal);
        return BASE_OK;
    }
    tree_put_end(&group->door_put);
    if (group->mls != NULL && mls_group_epoch(group->mls) == b) {
        group->door_due = false;
        group->door_at = state_now(core);
        group->dirty = true;
    }
    return BASE_OK;
}

bool door_is_old(const struct weibel_core *core, const struct group *group) {
    uint64_t now =
        state_now(core); /* by a clock that was ahead it would lie there for ever, and the server's does not */
    return group->door_at > now || now - group->door_at >= (uint64_t)RENEW_AFTER * 1000;
}

static base_result write_door(struct weibel_core *core, struct group *group, const uint8_t secret[ABOUT_LINK_LEN],
                              struct base_bytes *out) {
    struct base_writer plain BASE_CLEANUP(base_writer_free) =
        base_writer(core->options.allocator, WIRE_MAX_ENTRY - 128);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, WIRE_MAX_ENTRY);
    struct base_bytes info BASE_CLEANUP(base_bytes_free) = { 0 };
    const uint8_t *token;
    bool beside = group->door_put.done;
    BASE_TRY(group_token(group, &token));
    BASE_TRY(mls_group_info(group->mls, &(struct mls_group_info_options){ .without_tree = beside }, &info));
    base_write_u8(&plain, beside ? VERSION_BESIDE : VERSION);
    field_write_array(&plain, group->id, sizeof group->id);
    field_write_array(&plain, token, WIRE_KEY_LEN);
    base_write_u64(&plain, group->last_commit);
    base_write_opaque(&plain, base_borrow(&info));
    if (beside) {
        tree_write_place(&plain, &group->door_put.place);
    }
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&plain, &content));
    BASE_TRY(seal(core, secret, content_label, base_borrow(&content), &writer));
    return base_writer_finish(&writer, out);
}

/* `a`: number of the group; `b`: of what is being put. */
static base_result tree_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct group *group = group_at(core, a);
    uint64_t delay;
    if (group == NULL || group->door_put.number != b) {
        return BASE_OK;
    }
    if (tree_put_answered(&group->door_put, answer, &delay) != BASE_OK) {
        tree_put_end(&group->door_put);
        group->door_due = false; /* the server does not want it */
        group->dirty = true;
        return BASE_OK;
    }
    group->door_retry_at = delay == 0 ? 0 : state_now(core) + delay;
    return BASE_OK;
}

/* What lies beside the door comes before what lies at it. */
static base_result put_tree(struct weibel_core *core, struct group *group, const uint8_t secret[ABOUT_LINK_LEN]) {
    uint64_t epoch = mls_group_epoch(group->mls);
    if (!tree_put_is_begun(&group->door_put) || group->door_put_epoch != epoch) {
        struct base_bytes tree BASE_CLEANUP(base_bytes_free) = { 0 };
        struct tree_place place;
        uint8_t door_key[WIRE_KEY_LEN];
        BASE_TRY(mls_group_ratchet_tree(group->mls, &tree));
        derive(secret, tree_label, door_key);
        BASE_TRY(tree_make_place(core, door_key, tree.len, &place));
        tree_put_begin(core, &group->door_put, &place, door_key, &tree);
        group->door_put_epoch = epoch;
        base_wipe(door_key, sizeof door_key);
    }
    return tree_put_pump(core, &group->door_put, tree_answered, group->number);
}

base_result door_pump(struct weibel_core *core, struct group *group) {
    uint8_t secret[ABOUT_LINK_LEN] BASE_CLEANUP(door_wipe) = { 0 };
    if (!group->door_due || group->door_in_flight || group->state != GROUP_OPEN || !group->live ||
        group->door_retry_at > state_now(core)) {
        return BASE_OK;
    }
    bool large = tree_is_beside(core, mls_group_member_count(group->mls)) && door_secret(group, secret);
    if (large && !(group->door_put.done && group->door_put_epoch == mls_group_epoch(group->mls))) {
        base_result put = put_tree(core, group, secret);
        group->door_due = put == BASE_OK; /* too large even for that */
        return put != BASE_OK && trouble_is_fatal(put) ? put : BASE_OK;
    }
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    base_result result = door_secret(group, secret) ? write_door(core, group, secret, &content) : BASE_OK;
    if (content.len == 0) {
        /* No link any more. */
        group->door_due = false;
        return trouble_is_fatal(result) ? result : BASE_OK;
    }
    group->door_in_flight = true;
    return put(core, secret, base_borrow(&content), answered, group->number, mls_group_epoch(group->mls));
}
