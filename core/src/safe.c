/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The safe on the server.
 */
#include "safe.h"

#include <stdio.h>
#include <string.h>

#include "account.h"
#include "activate.h"
#include "backup_state.h"
#include "event.h"
#include "field.h"
#include "request.h"
#include "rpc.h"
#include "session.h"
#include "tree.h"

enum {
    MAX_SAFE = 512 << 10,
    FRESH_FOR = 24 * 3600 * 1000, /* milliseconds between two of them */
    LIFETIME = WIRE_MAX_LIFETIME, /* seconds that the server keeps one that nobody makes fresh */
    PASSES = 3,
    MEMORY = 64 << 10, /* the same for everybody, as nothing is known before the door is opened */
};

static const char salt_label[] = "weibel 1 safe";

/* ---- keys ---- */

static base_result derive(const uint8_t account[WIRE_ACCOUNT_LEN], const char *domain, struct base_slice passphrase,
                          struct safe_keys *out) {
    uint8_t salt[crypto_pwhash_argon2id_SALTBYTES], master[VAULT_KEY_LEN];
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, sizeof salt);
    (void)crypto_generichash_update(&state, (const uint8_t *)salt_label, sizeof salt_label);
    (void)crypto_generichash_update(&state, account, WIRE_ACCOUNT_LEN);
    (void)crypto_generichash_update(&state, (const uint8_t *)domain, strlen(domain));
    (void)crypto_generichash_final(&state, salt, sizeof salt);
    int failed = crypto_pwhash_argon2id(master, sizeof master, (const char *)passphrase.data, passphrase.len, salt,
                                        PASSES, (size_t)MEMORY * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13);
    BASE_ENSURE(failed == 0, BASE_ERR_NO_MEMORY);
    static const char *const labels[] = { "weibel 1 safe key", "weibel 1 safe seal" };
    uint8_t *const keys[] = { out->key, out->seal };
    for (size_t i = 0; i < 2; i++) {
        (void)crypto_generichash(keys[i], WIRE_KEY_LEN, (const uint8_t *)labels[i], strlen(labels[i]), master,
                                 sizeof master);
    }
    base_wipe(master, sizeof master);
    uint8_t key_hash[WIRE_KEY_LEN];
    account_hash(base_slice(out->key, sizeof out->key), key_hash);
    tree_door_name(key_hash, 0, out->door);
    return BASE_OK;
}

/* ---- putting ---- */

static base_result end_put(struct weibel_core *core, const struct trouble *trouble) {
    core->safe.in_flight = false;
    core->safe.retry_at = state_now(core) + FRESH_FOR;
    if (trouble != NULL) {
        return event_answer_trouble(core, &core->safe.call, trouble);
    }
    core->account.safe_at = state_now(core);
    core->account.dirty = true;
    return rpc_answer_empty(core, &core->safe.call);
}

static base_result put_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)a;
    (void)b;
    if (!core->safe.in_flight) {
        return BASE_OK;
    }
    if (answer->type == WIRE_REFUSAL) {
        struct trouble trouble = trouble_refusal(&answer->of.refusal);
        return end_put(core, &trouble);
    }
    return end_put(core, NULL);
}

static base_result put(struct weibel_core *core, const struct safe_keys *keys, struct base_slice content,
                       request_fn answered) {
    struct wire_frame frame = { .type = WIRE_PUT_DOOR };
    struct wire_put_door *door = &frame.of.put_door;
    memcpy(door->key, keys->key, sizeof door->key);
    door->lifetime = LIFETIME;
    door->content = content;
    return request_send(core, &frame, answered, 0, 0);
}

/* The server knows the code by which a new device comes back: now what has it in it. */
static base_result recovery_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a,
                                     uint64_t b) {
    (void)a;
    if (!core->safe.in_flight || !core->account.has_safe) {
        return BASE_OK;
    }
    if (b == 0 && backup_recovery_is_closed(answer)) {
        return backup_put_recovery(core, true, recovery_answered, 0);
    }
    if (answer->type == WIRE_REFUSAL) {
        struct trouble trouble = trouble_refusal(&answer->of.refusal);
        return end_put(core, &trouble);
    }
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    base_result result = backup_encode(core, core->account.safe_keys.seal, MAX_SAFE, &content);
    if (result == &BASE_ERR_TOO_LONG) {
        struct trouble trouble = trouble_make(
            TROUBLE_USAGE, "too_long", "there are too many contacts and chats for a safe; make a backup instead");
        return end_put(core, &trouble);
    }
    BASE_TRY(result);
    return put(core, &core->account.safe_keys, base_borrow(&content), put_answered);
}

static base_result begin_put(struct weibel_core *core) {
    core->safe.in_flight = true;
    return backup_put_recovery(core, false, recovery_answered, 0);
}

static void wipe_keys(struct safe_keys *keys) {
    base_wipe(keys, sizeof *keys);
}

/* ---- emptying ---- */

static size_t find_old(const struct account *account, const uint8_t door[WIRE_STREAM_LEN]) {
    size_t i = 0;
    while (i < account->safe_old_count && !base_equal_secret(account->safe_old[i].door, door, WIRE_STREAM_LEN)) {
        i++;
    }
    return i;
}

/* If it is one of them. */
static void drop_old(struct account *account, const uint8_t door[WIRE_STREAM_LEN]) {
    size_t index = find_old(account, door);
    if (index < account->safe_old_count) {
        size_t behind = --account->safe_old_count - index;
        memmove(&account->safe_old[index], &account->safe_old[index + 1], behind * sizeof *account->safe_old);
        base_wipe(&account->safe_old[account->safe_old_count], sizeof *account->safe_old);
        account->dirty = true;
    }
}

/* What the passphrase before opens goes: it may be changed because somebody knows it. */
static void keep_old(struct weibel_core *core) {
    struct account *account = &core->account;
    if (account->safe_old_count == STATE_MAX_OLD_SAFES) {
        drop_old(account, account->safe_old[0].door);
    }
    account->safe_old[account->safe_old_count++] = account->safe_keys;
    account->dirty = true;
    core->safe.empty_at = 0;
}

static base_result emptied(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct safe *safe = &core->safe;
    const struct wire_refusal *refusal = answer->type == WIRE_REFUSAL ? &answer->of.refusal : NULL;
    (void)a;
    (void)b;
    safe->emptying = false;
    if (refusal == NULL) {
        drop_old(&core->account, safe->emptied);
    } else {
        safe->empty_at = state_now(core) + (request_passes(refusal) ? request_delay(refusal) : FRESH_FOR);
    }
    if (!safe->giving_up) {
        return BASE_OK;
    }
    safe->giving_up = safe->in_flight = false;
    struct trouble trouble;
    if (refusal != NULL) {
        trouble = trouble_refusal(refusal);
    }
    return refusal == NULL ? rpc_answer_empty(core, &safe->call) : event_answer_trouble(core, &safe->call, &trouble);
}

/* Until the server has done it, also after a connection that has ended in between. */
static base_result empty_old(struct weibel_core *core) {
    const struct account *account = &core->account;
    if (core->safe.emptying || account->safe_old_count == 0 || core->safe.empty_at > state_now(core)) {
        return BASE_OK;
    }
    const struct safe_keys *last = &account->safe_old[account->safe_old_count - 1];
    core->safe.emptying = true;
    memcpy(core->safe.emptied, last->door, sizeof core->safe.emptied);
    return put(core, last, base_slice(NULL, 0), emptied);
}

/* ---- on and off ---- */

base_result safe_enable(struct weibel_core *core, struct call *call, struct base_slice passphrase) {
    struct account *account = &core->account;
    struct safe_keys keys BASE_CLEANUP(wipe_keys) = { .door = { 0 } };
    BASE_TRY(derive(account->id, account->domain, passphrase, &keys));
    if (account->has_safe && !base_equal_secret(keys.door, account->safe_keys.door, sizeof keys.door)) {
        keep_old(core);
    }
    drop_old(account, keys.door);
    account->safe_keys = keys;
    account->has_safe = true;
    account->dirty = true;
    base_bytes_move(&core->safe.call.id, &call->id);
    return begin_put(core);
}

base_result safe_disable(struct weibel_core *core, struct call *call) {
    struct account *account = &core->account;
    if (!account->has_safe) {
        return rpc_answer_empty(core, call);
    }
    base_bytes_move(&core->safe.call.id, &call->id);
    core->safe.in_flight = core->safe.giving_up = true;
    keep_old(core);
    account->has_safe = false;
    base_wipe(&account->safe_keys, sizeof account->safe_keys);
    account->dirty = true;
    return BASE_OK;
}

static uint64_t fresh_at(const struct weibel_core *core) {
    const struct account *account = &core->account;
    if (!account->has_safe || core->safe.in_flight) {
        return UINT64_MAX;
    }
    /* The clock was ahead when it was made: it would not be made again before it ends. */
    uint64_t due = account->safe_at > state_now(core) ? 0 : account->safe_at + FRESH_FOR;
    return due > core->safe.retry_at ? due : core->safe.retry_at;
}

void safe_renew(struct weibel_core *core) {
    core->account.safe_at = core->safe.retry_at = 0;
    core->account.dirty = true;
}

uint64_t safe_deadline(const struct weibel_core *core) {
    bool old = core->account.safe_old_count > 0 && !core->safe.emptying;
    uint64_t fresh = fresh_at(core), empty = old ? core->safe.empty_at : UINT64_MAX;
    return fresh < empty ? fresh : empty;
}

base_result safe_pump(struct weibel_core *core) {
    BASE_TRY(empty_old(core));
    return fresh_at(core) <= state_now(core) && core->backup == NULL ? begin_put(core) : BASE_OK;
}

base_result safe_forget_connection(struct weibel_core *core) {
    core->safe.in_flight = core->safe.emptying = core->safe.giving_up = false;
    core->safe.retry_at = core->safe.empty_at = 0;
    struct trouble trouble = trouble_make(TROUBLE_LATER, "offline", "the connection has ended before the answer came");
    return event_answer_trouble(core, &core->safe.call, &trouble);
}

/* ---- fetching ---- */

bool safe_is_wanted(const struct weibel_core *core) {
    return core->safe.passphrase.len > 0;
}

bool safe_is_begun(const struct weibel_core *core, const struct wire_address *address, struct base_slice url) {
    static const uint8_t nobody[WIRE_DEVICE_LEN]; /* it has come by no link */
    const struct account *account = &core->account;
    return activate_is_begun(core) && account->linked && account->link_taken &&
           memcmp(account->history_from, nobody, sizeof nobody) == 0 &&
           memcmp(account->id, address->account, sizeof account->id) == 0 &&
           base_slice_equal(base_slice_text(account->url), url);
}

base_result safe_restore(struct weibel_core *core, struct call *call, const struct wire_address *address,
                         struct base_slice passphrase, struct base_slice url) {
    struct account *account = &core->account;
    base_bytes_free(&core->safe.passphrase);
    BASE_TRY(base_bytes_copy(core->options.allocator, passphrase, &core->safe.passphrase));
    base_wipe(account->code, sizeof account->code); /* of a link that was tried before */
    memcpy(account->id, address->account, sizeof account->id);
    field_set_text(account->url, sizeof account->url, url);
    account->state = ACCOUNT_ACTIVATING;
    account->dirty = true;
    base_bytes_move(&core->activate_call.id, &call->id);
    return session_want(core);
}

static base_result fail(struct weibel_core *core, const struct trouble *trouble) {
    base_bytes_free(&core->safe.passphrase);
    base_wipe(&core->safe.keys, sizeof core->safe.keys);
    core->account.state = ACCOUNT_NONE;
    core->account.dirty = true;
    core->session.wanted = false;
    BASE_TRY(event_answer_trouble(core, &core->activate_call, trouble));
    return session_close(core, trouble, true);
}

static base_result fetched(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)a;
    (void)b;
    if (!safe_is_wanted(core)) {
        return BASE_OK;
    }
    if (answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_NO_DOOR) {
        struct trouble trouble = trouble_make(TROUBLE_PASSPHRASE, "passphrase",
                                              "nothing is kept for this ID under this passphrase: one of them is "
                                              "wrong, or no safe was made");
        return fail(core, &trouble);
    }
    if (answer->type == WIRE_REFUSAL) {
        struct trouble trouble = trouble_refusal(&answer->of.refusal);
        return request_passes(&answer->of.refusal) ? session_close(core, &trouble, false) : fail(core, &trouble);
    }
    base_result result = backup_decode(core, core->safe.keys.seal, answer->of.door.content);
    if (result != BASE_OK && !trouble_is_fatal(result)) {
        struct trouble trouble = trouble_make(TROUBLE_FILE, "damaged", "%s", WEIBEL_ERR_ARCHIVE.text);
        return fail(core, &trouble);
    }
    BASE_TRY(result);
    base_bytes_free(&core->safe.passphrase);
    base_wipe(&core->safe.keys, sizeof core->safe.keys);
    return activate_greeted(core);
}

base_result safe_greeted(struct weibel_core *core) {
    struct wire_frame frame = { .type = WIRE_GET_DOOR };
    BASE_TRY(derive(core->account.id, core->session.domain, base_borrow(&core->safe.passphrase), &core->safe.keys));
    memcpy(frame.of.get_door.door, core->safe.keys.door, sizeof frame.of.get_door.door);
    return request_send(core, &frame, fetched, 0, 0);
}
