/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods about pushes, by which the server tells a device that is away that there may be something new: push.get,
 * push.set. What it is told of a chat that rings or not is in stream.c.
 */
#include "event.h"
#include "json.h"
#include "request.h"
#include "rpc.h"

static base_result busy(struct weibel_core *core, struct call *call) {
    return core->session.state != SESSION_ONLINE
               ? rpc_refuse(core, call, TROUBLE_LATER, "offline", "there is no connection")
               : rpc_refuse(core, call, TROUBLE_LATER, "busy", "the server is being asked already");
}

static base_result got(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)a;
    (void)b;
    struct call *call = &core->push_call;
    if (answer->type == WIRE_REFUSAL && answer->of.refusal.code != WIRE_REFUSED_UNKNOWN_TYPE) {
        struct trouble trouble = trouble_refusal(&answer->of.refusal);
        return event_answer_trouble(core, call, &trouble);
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    if (answer->type == WIRE_PUSH && answer->of.push.key.len > 0) {
        json_put_base64(&line, "key", answer->of.push.key);
    }
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

base_result rpc_push_get(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    if (core->session.state != SESSION_ONLINE || core->push_call.id.len > 0) {
        return busy(core, call);
    }
    struct wire_frame frame = { .type = WIRE_GET_PUSH };
    base_bytes_move(&core->push_call.id, &call->id);
    return request_send(core, &frame, got, 0, 0);
}

/* `a`: whether this device is pushed to now. */
static base_result set(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    if (answer->type == WIRE_REFUSAL) {
        struct trouble trouble = trouble_refusal(&answer->of.refusal);
        return event_answer_trouble(core, &core->push_call, &trouble);
    }
    core->pushes = a != 0;
    return rpc_answer_empty(core, &core->push_call);
}

base_result rpc_push_set(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct base_slice endpoint = json_get_text(params, "endpoint");
    if (endpoint.data == NULL || endpoint.len > WIRE_MAX_ENDPOINT) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                          "endpoint is the address that the browser gave, of at most %d bytes, or empty",
                          WIRE_MAX_ENDPOINT);
    }
    if (core->session.state != SESSION_ONLINE || core->push_call.id.len > 0) {
        return busy(core, call);
    }
    struct wire_frame frame = { .type = WIRE_PUT_PUSH };
    frame.of.put_push.endpoint = endpoint;
    base_bytes_move(&core->push_call.id, &call->id);
    return request_send(core, &frame, set, endpoint.len > 0 ? 1 : 0, 0);
}
