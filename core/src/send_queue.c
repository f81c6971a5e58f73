/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Requests to send that wait for those before them.
 */
#include "send_queue.h"

#include "list.h"
#include "rpc.h"
#include "waiting.h"

base_result send_queue_add(struct weibel_core *core, struct call *call, const cJSON *params) {
    if (core->sends.count >= SEND_QUEUE_MAX) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "too many of these requests are under way");
    }
    return waiting_add(core, &core->sends, call, params);
}

static void end_looking(void *own) {
    ((struct weibel_core *)own)->send_looks = false;
}

base_result send_queue_pump(struct weibel_core *core) {
    while (core->sends.count > 0 && !core->send_looks) {
        struct waiting *waiting BASE_CLEANUP(waiting_free_at) = (struct waiting *)list_take(&core->sends, 0);
        struct read *read BASE_CLEANUP(read_free_at) = NULL;
        BASE_TRY(read_new(core, NULL, &waiting->call, &read));
        read->params = waiting->params;
        waiting->params = NULL;
        core->send_looks = true;
        read->own = core;
        read->free_own = end_looking;
        BASE_TRY(rpc_send_begin(core, read));
        read = read->asked ? NULL : read;
    }
    return BASE_OK;
}

base_result send_queue_refuse(struct weibel_core *core, const struct trouble *trouble) {
    return waiting_refuse(core, &core->sends, trouble);
}

void send_queue_free(struct weibel_core *core) {
    list_free(&core->sends, waiting_free);
}
