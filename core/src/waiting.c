/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Lists of calls that wait.
 */
#include "waiting.h"

#include "event.h"
#include "json.h"
#include "list.h"

void waiting_free(void *item) {
    struct waiting *waiting = (struct waiting *)item;
    base_bytes_free(&waiting->call.id);
    json_free(waiting->params);
    base_free(waiting);
}

void waiting_free_at(struct waiting **waiting) {
    if (*waiting != NULL) {
        waiting_free(*waiting);
    }
}

base_result waiting_add(const struct weibel_core *core, struct list *list, struct call *call, const cJSON *params) {
    struct waiting *waiting BASE_CLEANUP(waiting_free_at) =
        (struct waiting *)base_take(core->options.allocator, 1, sizeof *waiting);
    BASE_ENSURE(waiting != NULL, BASE_ERR_NO_MEMORY);
    waiting->params = cJSON_Duplicate(params, true);
    BASE_ENSURE(waiting->params != NULL, BASE_ERR_NO_MEMORY);
    base_bytes_move(&waiting->call.id, &call->id);
    BASE_TRY(list_add(list, core->options.allocator, waiting));
    waiting = NULL;
    return BASE_OK;
}

base_result waiting_refuse(struct weibel_core *core, const struct list *list, const struct trouble *trouble) {
    for (size_t i = 0; i < list->count; i++) {
        BASE_TRY(event_answer_trouble(core, &((struct waiting *)list->items[i])->call, trouble));
    }
    return BASE_OK;
}
