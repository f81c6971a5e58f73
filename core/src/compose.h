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

/** Takes `mentions` of the request into the message. Likewise. */
BASE_MUST_USE base_result compose_mentions(struct weibel_core *core, struct call *call, const cJSON *params,
                                           struct message *message, bool *good);

/** Takes what describes a file of the request: kind, size of its picture, duration, waveform, thumbnail. Likewise. */
BASE_MUST_USE base_result compose_media(struct weibel_core *core, struct call *call, const cJSON *item,
                                        struct message_file *file, bool *good);

/** Makes the message what the other one says, as something that was written elsewhere; whom that one called, and what
 * it answered, it does not. Its files are those of the other one: they are not uploaded again. */
BASE_MUST_USE base_result compose_forward(struct weibel_core *core, const struct message *other,
                                          struct message *message);

#endif
