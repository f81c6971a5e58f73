/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * People who are away for longer than the server keeps anything: what they miss then must be said, and no more than
 * that may be missing.
 */
#ifndef SIM_ABSENT_H
#define SIM_ABSENT_H

#include "ledger.h"

struct device;

/** Between two steps of a run: somebody leaves for long or comes back, or weeks pass. */
void absent_step(struct sim *sim);

/** A device goes or comes: who was away for long may lack what was written until now. */
void absent_went(struct device *device, bool online);

/** At the end, before all else is judged: in which chats it says that it lacks something. */
void absent_look(struct device *device);

/** Whether it may lack this message, as it was away for long, and says so where it stood. */
bool absent_may_lack(const struct device *device, const struct sent *sent);

/** Whether it may have this message of a group from a sibling, as it had missed it when it came back, and says that it
 * could not read on from where it had been. */
bool absent_may_be_handed(const struct device *device, const struct sent *sent);

/** Whether its invitation into a group may have ended before it came back: its members count it all the same. */
bool absent_never_comes(const struct device *device, size_t group);

/** Whether a message may fail for this reason: nobody can invite those whose devices were away for months. */
bool absent_may_fail(const struct sim *sim, const char *why);

#endif
