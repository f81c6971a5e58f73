/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the devices of one person have in common when everything has healed.
 */
#ifndef SIM_SHARED_H
#define SIM_SHARED_H

#include "state.h"

/** Notes which devices are gone: they were removed, or have never come in. Any other one is online, and has sent all.
 */
void shared_count(struct sim *sim);

/** All devices of a person list the same devices, contacts and pinned chats. */
void shared_check(struct sim *sim);

#endif
