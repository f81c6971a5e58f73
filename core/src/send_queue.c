/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Requests to send that wait for those before them.
 */
#include "send_queue.h"

#include "event.h"
#include "json.h"
#include "list.h"
#include "rpc.h"

struct waiting {
    struct call call;
    cJSON *params;
};

static void free_waiting(void *item) {
    struct waiting *waiting = (struct waiting *)item;
    base_bytes_free(&waiting->call.id);
    json_free(waiting->params);
    base_free(waiting);
}

static void free_waiting_at(struct waiting **waiting) {
    if (*waiting != NULL) {
        free_waiting(*waiting);
    }
}

base_result send_queue_add(struct weibel_core *core, struct call *call, const cJSON *params) {
    if (core->sends.count >= SEND_QUEUE_MAX) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "too many of these requests are under way");
    }
    struct waiting *waiting BASE_CLEANUP(free_waiting_at) =
        (struct waiting *)base_take(core->options.allocator, 1, sizeof *waiting);
    BASE_ENSURE(waiting != NULL, BASE_ERR_NO_MEMORY);
    waiting->params = cJSON_Duplicate(params, true);
    BASE_ENSURE(waiting->params != NULL, BASE_ERR_NO_MEMORY);
    base_bytes_move(&waiting->call.id, &call->id);
    BASE_TRY(list_add(&core->sends, core->options.allocator, waiting));
    waiting = NULL;
    return BASE_OK;
}

static void end_looking(void *own) {
    ((struct weibel_core *)own)->send_looks = false;
}

base_result send_queue_pump(struct weibel_core *core) {
    while (core->sends.count > 0 && !core->send_looks) {
        struct waiting *waiting BASE_CLEANUP(free_waiting_at) = (struct waiting *)list_take(&core->sends, 0);
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
    for (size_t i = 0; i < core->sends.count; i++) {
        BASE_TRY(event_answer_trouble(core, &((struct waiting *)core->sends.items[i])->call, trouble));
    }
    return BASE_OK;
}

void send_queue_free(struct weibel_core *core) {
    list_free(&core->sends, free_waiting);
}
