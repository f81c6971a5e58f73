/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods about the account's devices.
 */
#include <sodium.h>
#include <string.h>

#include "device.h"
#include "device_link.h"
#include "event.h"
#include "json.h"
#include "rpc.h"

base_result rpc_device_list(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    struct device_set set;
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    device_known(core, &set);
    json_object(&line);
    json_name(&line, "devices");
    json_array(&line);
    for (size_t i = 0; i < set.count; i++) {
        json_object(&line);
        device_json(core, &line, set.ids[i]);
        json_object_end(&line);
    }
    json_array_end(&line);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

/* Devices come and go only online. */
static base_result check_online(struct weibel_core *core, struct call *call, bool *good) {
    *good = core->session.state == SESSION_ONLINE;
    return *good ? BASE_OK
                 : rpc_refuse(core, call, TROUBLE_LATER, "offline",
                              "there is no connection to the server; devices can be changed when there is one");
}

base_result rpc_device_link(struct weibel_core *core, struct call *call, const cJSON *params) {
    bool good;
    BASE_TRY(check_online(core, call, &good));
    if (!good) {
        return BASE_OK;
    }
    if (core->link_call.id.len > 0) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "another link is being made");
    }
    if (device_is_waiting(core)) {
        return rpc_refuse(core, call, TROUBLE_LATER, "waiting",
                          "this device is new: another one of yours lets it in as soon as it is connected; "
                          "remove those that you have no more");
    }
    BASE_TRY(device_prepare(core));
    return device_link_create(core, call, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(params, "history")));
}

static bool read_device(struct base_slice text, uint8_t out[WIRE_DEVICE_LEN]) {
    size_t len = 0;
    return text.len == DEVICE_TEXT_LEN &&
           sodium_hex2bin(out, WIRE_DEVICE_LEN, (const char *)text.data, text.len, NULL, &len, NULL) == 0 &&
           len == WIRE_DEVICE_LEN;
}

base_result rpc_device_remove(struct weibel_core *core, struct call *call, const cJSON *params) {
    uint8_t device[WIRE_DEVICE_LEN];
    struct device_set set;
    bool good;
    device_known(core, &set);
    if (!read_device(json_get_text(params, "device"), device) || !device_set_has(&set, device)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "unknown_device", "this account has no such device");
    }
    if (memcmp(device, core->account.device, WIRE_DEVICE_LEN) == 0) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "self",
                          "this is the device that you are using; remove it from another one");
    }
    BASE_TRY(check_online(core, call, &good));
    if (!good) {
        return BASE_OK;
    }
    bool other = memcmp(core->account.removed, device, sizeof device) != 0;
    if (core->removal_call.id.len > 0 || (core->account.removing && other)) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "another device is being removed");
    }
    base_bytes_move(&core->removal_call.id, &call->id);
    return device_expel(core, device);
}
