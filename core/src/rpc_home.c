/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods about the home: status, passphrase, account, connection.
 */
#include "activate.h"
#include "device_link.h"
#include "event.h"
#include "json.h"
#include "load.h"
#include "rpc.h"
#include "session.h"

enum { MAX_PASSPHRASE = 1024 };

base_result rpc_status(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    bool open = core->home == HOME_OPEN;
    json_object(&line);
    json_put_string(&line, "state", open ? "open" : core->home == HOME_NEW ? "new" : "locked");
    bool active = open && core->account.state == ACCOUNT_ACTIVE;
    json_put_bool(&line, "activated", active);
    if (active) {
        char id[WIRE_ID_TEXT_LEN + 1];
        wire_id_format(core->account.id, id);
        json_put_string(&line, "id", id);
    }
    json_put_string(&line, "connection", event_connection_state(core));
    uint64_t queued = 0;
    for (size_t i = 0; i < core->chats.count; i++) {
        queued += ((const struct chat *)core->chats.items[i])->outbox.count;
    }
    json_put_number(&line, "queued", queued);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

static base_result take_passphrase(struct weibel_core *core, struct call *call, const cJSON *params,
                                   struct base_slice *out) {
    *out = json_get_text(params, "passphrase");
    if (out->len == 0 || out->len > MAX_PASSPHRASE) {
        *out = base_slice(NULL, 0);
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "a passphrase of 1 to %d bytes is needed",
                          MAX_PASSPHRASE);
    }
    return BASE_OK;
}

base_result rpc_create(struct weibel_core *core, struct call *call, const cJSON *params) {
    if (core->home != HOME_NEW) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "state", "there is a home here already");
    }
    struct base_slice passphrase;
    BASE_TRY(take_passphrase(core, call, params, &passphrase));
    return passphrase.len == 0 ? BASE_OK : load_create(core, call, passphrase);
}

base_result rpc_unlock(struct weibel_core *core, struct call *call, const cJSON *params) {
    if (core->home == HOME_NEW) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "state", "there is no home here yet");
    }
    struct base_slice passphrase;
    BASE_TRY(take_passphrase(core, call, params, &passphrase));
    return passphrase.len == 0 ? BASE_OK : load_unlock(core, call, passphrase);
}

base_result rpc_activate(struct weibel_core *core, struct call *call, const cJSON *params) {
    if (core->account.state == ACCOUNT_ACTIVE) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "already_activated",
                          "this home has an account already; take another folder for another one");
    }
    if (core->activate_call.id.len > 0) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "an activation is under way");
    }
    struct wire_link link;
    if (wire_link_parse(json_get_text(params, "link"), &link) != BASE_OK) {
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
    struct base_slice name = json_get_text(params, "device_name");
    if (name.len > WIRE_MAX_NAME || !wire_text_valid(name)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a name can have %d bytes of UTF-8, in one line",
                          WIRE_MAX_NAME);
    }
    return activate_begin(core, call, &link, name);
}

base_result rpc_whoami(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    activate_write_self(core, &line);
    json_put_string(&line, "role", core->account.role == 1 ? "admin" : "user");
    json_put_string(&line, "server", core->account.url);
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
