/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Requests to send, one after the other: what has to be looked up for one lets no other go past it, so that messages
 * stand in the chat in the order in which they were asked for.
 */
#ifndef CORE_SEND_QUEUE_H
#define CORE_SEND_QUEUE_H

#include <cjson/cJSON.h>

#include "read.h"
#include "trouble.h"

enum { SEND_QUEUE_MAX = 1024 };

/** Takes over the id of `call`, and copies `params`. Answers "busy" itself when SEND_QUEUE_MAX wait. */
BASE_MUST_USE base_result send_queue_add(struct weibel_core *core, struct call *call, const cJSON *params);

/** Goes on with the next ones. Called after each input. */
BASE_MUST_USE base_result send_queue_pump(struct weibel_core *core);

/** Answers all that wait: the home is about to be locked. */
BASE_MUST_USE base_result send_queue_refuse(struct weibel_core *core, const struct trouble *trouble);

void send_queue_free(struct weibel_core *core);

#endif
