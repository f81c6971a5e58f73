/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What we tell others about their messages: delivered, read. It is gathered for a moment, then one report names many.
 * Up to which number the others were told is durable, so that a crash forgets no receipt, and sends none twice.
 *
 * Of an account's devices one tells it: that on which it was read, or else the first of them in the group that is
 * there. The others see the report in the stream, and tell what is missing in it after a while.
 */
#ifndef CORE_REPORT_H
#define CORE_REPORT_H

#include "message.h"
#include "state.h"

enum {
    REPORT_DELAY = 1000, /**< milliseconds between what is to be told and the telling … */
    REPORT_TURN = 2000,  /**< … and which each device that comes before this one gets to tell it */
};

/** A message was added to the chat. */
void report_added(const struct weibel_core *core, struct chat *chat, const struct message *message);

/** Something is to be told, or may be after a start. */
void report_plan(const struct weibel_core *core, struct chat *chat);

/** What was read was read on this device. */
void report_read_here(const struct weibel_core *core, struct chat *chat);

/** Another own device has told something: what is still to be told has time again. */
void report_heard(const struct weibel_core *core, struct chat *chat);

/** Tells it, if its time has come. Called when online. */
BASE_MUST_USE base_result report_pump(struct weibel_core *core, struct chat *chat);

/** When that will be; UINT64_MAX: there is nothing to tell. */
uint64_t report_deadline(const struct chat *chat);

#endif
