/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Calls that wait until they can be begun.
 */
#ifndef CORE_WAITING_H
#define CORE_WAITING_H

#include <cjson/cJSON.h>

#include "state.h"
#include "trouble.h"

struct waiting {
    struct call call;
    cJSON *params;
};

/** Adds a call to the end of a list: takes over its id, and copies `params`. */
BASE_MUST_USE base_result waiting_add(const struct weibel_core *core, struct list *list, struct call *call,
                                      const cJSON *params);

/** Answers all of a list, which they stay in. */
BASE_MUST_USE base_result waiting_refuse(struct weibel_core *core, const struct list *list,
                                         const struct trouble *trouble);

/** Frees one, for list_free(); waiting_free_at() is for BASE_CLEANUP. */
void waiting_free(void *item);
void waiting_free_at(struct waiting **waiting);

#endif
