/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * From the parameters of `send` to a message.
 */
#ifndef CORE_COMPOSE_H
#define CORE_COMPOSE_H

#include "message.h"
#include "rpc.h"

/**
 * Takes format, mentions, poll and location of the request into the message. `*good` false: the call was answered.
 */
BASE_MUST_USE base_result compose_extra(struct weibel_core *core, struct call *call, const cJSON *params,
                                        struct message *message, bool *good);

#endif
