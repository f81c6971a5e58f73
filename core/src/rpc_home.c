/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods about the home: status, passphrase, account, connection.
 */
#include <sodium.h>

#include "activate.h"
#include "device.h"
#include "device_link.h"
#include "event.h"
#include "field.h"
#include "fresh.h"
#include "history.h"
#include "joining.h"
#include "json.h"
#include "load.h"
#include "lock.h"
#include "rpc.h"
#include "safety.h"
#include "session.h"

enum { MAX_PASSPHRASE = 1024 };

/* What opens the home; of a damaged record, or a later Weibel's, nothing is said before it is tried. */
static void means_json(const struct weibel_core *core, struct base_writer *line) {
    static const char *const names[] = { "passphrase", "key", "both" };
    uint8_t kinds;
    if (vault_kinds(base_borrow(&core->vault_record), &kinds) != BASE_OK) {
        kinds = 0;
    }
    json_name(line, "means");
    json_array(line);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((kinds & 2 << i) != 0) {
            json_string(line, names[i]);
        }
    }
    json_array_end(line);
    uint8_t keys[VAULT_MAX_KEYS][VAULT_KEY_NAME_LEN];
    size_t count = vault_keys(base_borrow(&core->vault_record), keys);
    json_name(line, "keys");
    json_array(line);
    for (size_t i = 0; i < count; i++) {
        char text[2 * VAULT_KEY_NAME_LEN + 1];
        (void)sodium_bin2hex(text, sizeof text, keys[i], sizeof keys[i]);
        json_string(line, text);
    }
    json_array_end(line);
}

base_result rpc_status(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    bool open = core->home == HOME_OPEN;
    json_object(&line);
    json_put_string(&line, "state", open ? "open" : core->home == HOME_NEW ? "new" : "locked");
    if (core->home != HOME_NEW) {
        means_json(core, &line);
    }
    bool active = open && core->account.state == ACCOUNT_ACTIVE;
    json_put_bool(&line, "activated", active);
    json_put_bool(&line, "activating", open && activate_is_begun(core));
    if (active) {
        char id[WIRE_ID_TEXT_LEN + 1];
        wire_id_format(core->account.id, id);
        json_put_string(&line, "id", id);
    }
    json_put_string(&line, "connection", event_connection_state(core));
    uint64_t queued = joining_given_up(core);
    for (size_t i = 0; i < core->chats.count; i++) {
        queued += ((const struct chat *)core->chats.items[i])->outbox.count;
    }
    json_put_number(&line, "queued", queued);
    json_put_number(&line, "unreadable", open ? core->account.unreadable : 0);
    json_put_bool(&line, "handing", active && history_is_due(core));
    json_put_bool(&line, "letting_in", active && device_is_letting_in(core));
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

/* Means from the store, wiped when done with: what JSON has of them is wiped with it. */
struct means {
    struct vault_means means;
    uint8_t key[VAULT_KEY_LEN];
};

static void wipe_means(struct means *means) {
    base_wipe(means, sizeof *means);
}

/* A passphrase, a key, or both, of the request. `good` false: the call was answered. */
static base_result take_means(struct weibel_core *core, struct call *call, const cJSON *params, const char *passphrase,
                              const char *key, struct means *out, bool *good) {
    struct base_slice text = json_get_text(params, passphrase), encoded = json_get_text(params, key);
    size_t len = 0;
    *good = text.len <= MAX_PASSPHRASE && (text.data != NULL || encoded.data != NULL) &&
            (text.data == NULL || text.len > 0);
    if (*good && encoded.data != NULL) {
        *good = sodium_base642bin(out->key, sizeof out->key, (const char *)encoded.data, encoded.len, NULL, &len, NULL,
                                  sodium_base64_VARIANT_ORIGINAL) == 0 &&
                len == sizeof out->key;
    }
    if (!*good) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                          "a passphrase of 1 to %d bytes is needed, or a key of %d bytes in base64", MAX_PASSPHRASE,
                          VAULT_KEY_LEN);
    }
    out->means = (struct vault_means){ text, encoded.data == NULL ? base_slice(NULL, 0)
                                                                  : base_slice(out->key, sizeof out->key) };
    return BASE_OK;
}

base_result rpc_create(struct weibel_core *core, struct call *call, const cJSON *params) {
    if (core->home != HOME_NEW) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "state", "there is a home here already");
    }
    struct means means BASE_CLEANUP(wipe_means) = { .key = { 0 } };
    bool good;
    BASE_TRY(take_means(core, call, params, "passphrase", "key", &means, &good));
    return good ? load_create(core, call, &means.means) : BASE_OK;
}

base_result rpc_unlock(struct weibel_core *core, struct call *call, const cJSON *params) {
    if (core->home == HOME_NEW) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "state", "there is no home here yet");
    }
    struct means means BASE_CLEANUP(wipe_means) = { .key = { 0 } };
    bool good;
    BASE_TRY(take_means(core, call, params, "passphrase", "key", &means, &good));
    return good ? load_unlock(core, call, &means.means) : BASE_OK;
}

base_result rpc_passphrase(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct means old BASE_CLEANUP(wipe_means) = { .key = { 0 } };
    struct means means BASE_CLEANUP(wipe_means) = { .key = { 0 } };
    bool good;
    BASE_TRY(take_means(core, call, params, "old", "old_key", &old, &good));
    if (good) {
        BASE_TRY(take_means(core, call, params, "new", "new_key", &means, &good));
    }
    bool keep = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(params, "keep"));
    return good ? load_rewrap(core, call, &old.means, &means.means, keep) : BASE_OK;
}

base_result rpc_means_remove(struct weibel_core *core, struct call *call, const cJSON *params) {
    static const char *const kinds[] = { "passphrase", "both" };
    struct means means BASE_CLEANUP(wipe_means) = { .key = { 0 } };
    struct base_slice text = json_get_text(params, "means");
    uint8_t name[VAULT_KEY_NAME_LEN] = { 0 }, kind = 2;
    size_t len = 0;
    for (size_t i = 0; i < 2; i++) {
        kind = base_slice_equal(text, base_slice_text(kinds[i])) ? (uint8_t)(1 + 2 * i) : kind;
    }
    bool good =
        kind != 2 || (text.data != NULL && text.len == 2 * sizeof name &&
                      sodium_hex2bin(name, sizeof name, (const char *)text.data, text.len, NULL, &len, NULL) == 0 &&
                      len == sizeof name);
    if (!good) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "unknown_means", "means is passphrase, both, or a key's name");
    }
    BASE_TRY(take_means(core, call, params, "old", "old_key", &means, &good));
    return good ? load_remove_means(core, call, &means.means, kind, name) : BASE_OK;
}

base_result rpc_lock(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    return lock_home(core, call);
}

static base_result activate_now(struct weibel_core *core, struct read *read) {
    return rpc_activate(core, &read->call, read->params);
}

base_result rpc_take_device_name(struct weibel_core *core, struct call *call, const cJSON *params, bool *good) {
    struct base_slice name = json_get_text(params, "device_name");
    *good = name.len <= WIRE_MAX_NAME && wire_text_valid(name);
    if (!*good) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a name can have %d bytes of UTF-8, in one line",
                          WIRE_MAX_NAME);
    }
    field_set_text(core->account.device_name, sizeof core->account.device_name, name);
    return BASE_OK;
}

base_result rpc_activate(struct weibel_core *core, struct call *call, const cJSON *params) {
    if (core->account.state == ACCOUNT_ACTIVE) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "already_activated",
                          "this home has an account already; take another folder for another one");
    }
    if (core->activate_call.id.len > 0) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "an activation is under way");
    }
    if (cJSON_GetObjectItemCaseSensitive(params, "link") == NULL && activate_is_begun(core)) {
        return activate_go_on(core, call);
    }
    struct wire_link link;
    if (wire_link_parse(json_get_text(params, "link"), &link) != BASE_OK || link.kind == WIRE_LINK_GROUP) {
        return rpc_refuse(core, call, TROUBLE_REFUSED, "link_malformed",
                          "this is not an activation link; it looks like https://example.org/#activate=… or …/#link=…");
    }
    struct base_slice server = json_get_text(params, "server");
    if (server.data != NULL) {
        if (server.len > 0 && server.data[server.len - 1] == '/') {
            server.len--;
        }
        if (!wire_url_valid(server)) {
            return rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                              "the server's address must look like https://example.org");
        }
        link.url = server;
    }
    uint8_t secret[LINK_SECRET_LEN];
    if (link.kind == WIRE_LINK_DEVICE && !device_link_read_secret(link.code, secret)) {
        return rpc_refuse(core, call, TROUBLE_REFUSED, "link_malformed",
                          "a part of this link is missing, or it was mistyped");
    }
    base_wipe(secret, sizeof secret);
    bool good;
    BASE_TRY(rpc_take_device_name(core, call, params, &good));
    if (!good) {
        return BASE_OK;
    }
    if (!fresh_is(core)) {
        return fresh_make(core, call, params, activate_now);
    }
    return activate_begin(core, call, &link);
}

base_result rpc_whoami(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    char code[SAFETY_MAX_CODE + 1];
    safety_own_code(core, code);
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    activate_write_self(core, &line);
    json_put_string(&line, "code", code);
    json_put_string(&line, "role", core->account.role == 1 ? "admin" : "user");
    json_put_string(&line, "server", core->account.url);
    json_put_bool(&line, "safe", core->account.has_safe);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

base_result rpc_connect(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    BASE_TRY(session_want(core));
    return rpc_answer_empty(core, call);
}

base_result rpc_disconnect(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    BASE_TRY(session_stop(core));
    return rpc_answer_empty(core, call);
}
