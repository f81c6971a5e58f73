/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods about backups: backup, restore, safe.set, safe.restore.
 */
#include "activate.h"
#include "backup.h"
#include "event.h"
#include "fresh.h"
#include "json.h"
#include "rpc.h"
#include "safe.h"
#include "wire/link.h"

enum { MAX_PATH = 4096, MAX_PASSPHRASE = 1024 };

/* Path and passphrase of the request. `good` false: the call was answered. */
static base_result take(struct weibel_core *core, struct call *call, const cJSON *params, struct base_slice *path,
                        struct base_slice *passphrase, bool *good) {
    *path = json_get_text(params, "path");
    *passphrase = json_get_text(params, "passphrase");
    *good = path->len > 0 && path->len <= MAX_PATH && passphrase->len > 0 && passphrase->len <= MAX_PASSPHRASE;
    if (!*good) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "a path and a passphrase are needed");
    }
    *good = core->backup == NULL;
    return *good ? BASE_OK : rpc_refuse(core, call, TROUBLE_LATER, "busy", "another backup is under way");
}

base_result rpc_backup(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct base_slice path, passphrase;
    bool good;
    BASE_TRY(take(core, call, params, &path, &passphrase, &good));
    if (!good) {
        return BASE_OK;
    }
    if (core->session.state != SESSION_ONLINE || core->session.closing) {
        return rpc_refuse(core, call, TROUBLE_LATER, "offline",
                          "this needs a connection: the server must know the code by which a new device comes back");
    }
    uint64_t number;
    bool history = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(params, "history"));
    BASE_TRY(backup_begin(core, path, passphrase, history, &number));
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    json_put_number(&line, "transfer", number);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

/* Only a home without an account can be made from something. What an earlier attempt has left is deleted then. */
static base_result check_new(struct weibel_core *core, struct call *call, bool *good) {
    *good = core->account.state != ACCOUNT_ACTIVE && core->activate_call.id.len == 0;
    return *good ? BASE_OK
                 : rpc_refuse(core, call, TROUBLE_USAGE, "already_activated",
                              "this home is not a new one; take another folder for what is in a backup");
}

static base_result restore_now(struct weibel_core *core, struct read *read) {
    return rpc_restore(core, &read->call, read->params);
}

base_result rpc_restore(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct base_slice path, passphrase, server = json_get_text(params, "server");
    bool good;
    BASE_TRY(check_new(core, call, &good));
    if (!good) {
        return BASE_OK;
    }
    BASE_TRY(take(core, call, params, &path, &passphrase, &good));
    if (!good) {
        return BASE_OK;
    }
    if (server.len > 0 && server.data[server.len - 1] == '/') {
        server.len--;
    }
    if (server.data != NULL && !wire_url_valid(server)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                          "the server's address must look like https://example.org");
    }
    BASE_TRY(rpc_take_device_name(core, call, params, &good));
    if (!good) {
        return BASE_OK;
    }
    if (!fresh_is(core)) {
        return fresh_make(core, call, params, restore_now);
    }
    return backup_restore(core, call, path, passphrase, server);
}

static bool take_passphrase(const cJSON *params, struct base_slice *out) {
    *out = json_get_text(params, "passphrase");
    return out->len > 0 && out->len <= MAX_PASSPHRASE;
}

base_result rpc_safe_set(struct weibel_core *core, struct call *call, const cJSON *params) {
    const cJSON *enabled = cJSON_GetObjectItemCaseSensitive(params, "enabled");
    struct base_slice passphrase;
    bool given = take_passphrase(params, &passphrase);
    if (!cJSON_IsBool(enabled) || (cJSON_IsTrue(enabled) && !given)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "enabled must be true, with a passphrase, or false");
    }
    if (core->session.state != SESSION_ONLINE || core->session.closing) {
        return rpc_refuse(core, call, TROUBLE_LATER, "offline", "this needs a connection to the server");
    }
    if (core->safe.in_flight || core->backup != NULL) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "another backup is under way");
    }
    return cJSON_IsTrue(enabled) ? safe_enable(core, call, passphrase) : safe_disable(core, call);
}

static base_result safe_restore_now(struct weibel_core *core, struct read *read) {
    return rpc_safe_restore(core, &read->call, read->params);
}

base_result rpc_safe_restore(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct wire_address address;
    struct base_slice passphrase, server = json_get_text(params, "server");
    bool good;
    BASE_TRY(check_new(core, call, &good));
    if (!good) {
        return BASE_OK;
    }
    if (server.len > 0 && server.data[server.len - 1] == '/') {
        server.len--;
    }
    if (wire_address_parse(json_get_text(params, "id"), &address) != BASE_OK || !take_passphrase(params, &passphrase) ||
        !wire_url_valid(server)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                          "an ID, a passphrase and the server's address are needed");
    }
    BASE_TRY(rpc_take_device_name(core, call, params, &good));
    if (!good) {
        return BASE_OK;
    }
    if (safe_is_begun(core, &address, server)) {
        return activate_go_on(core, call);
    }
    if (!fresh_is(core)) {
        return fresh_make(core, call, params, safe_restore_now);
    }
    return safe_restore(core, call, &address, passphrase, server);
}
