/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods about files on their way: transfers, transfer.set.
 */
#include "event.h"
#include "json.h"
#include "rpc.h"
#include "transfer.h"

base_result rpc_transfers(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    json_name(&line, "transfers");
    json_array(&line);
    for (size_t i = 0; i < core->transfers.count; i++) {
        const struct transfer *transfer = (const struct transfer *)core->transfers.items[i];
        if (transfer->stage != TRANSFER_HOLDING) { /* of which nothing is moved */
            json_object(&line);
            event_put_transfer(&line, transfer, transfer->paused ? "paused" : "running", transfer->done);
            json_object_end(&line);
        }
    }
    json_array_end(&line);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

base_result rpc_transfer_set(struct weibel_core *core, struct call *call, const cJSON *params) {
    uint64_t number;
    struct base_slice state = json_get_text(params, "state");
    bool paused = base_slice_equal(state, base_slice_text("paused"));
    bool given_up = base_slice_equal(state, base_slice_text("given_up"));
    if (!json_get_number(params, "transfer", &number) ||
        (!paused && !given_up && !base_slice_equal(state, base_slice_text("running")))) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "transfer and state must be given");
    }
    struct transfer *transfer = transfer_at(core, number);
    if (transfer == NULL || (given_up && transfer->kind != TRANSFER_DOWNLOAD)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "state", "there is no such transfer under way");
    }
    BASE_TRY(given_up ? transfer_give_up(core, transfer) : transfer_pause(core, transfer, paused));
    return rpc_answer_empty(core, call);
}
