/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the server has left out (tally.h) is asked for, and sent again by the device that has written it
 * (docs/decisions/0039).
 *
 * Who misses something of a device asks it by a signal (content/missing.h), when it has just been heard and is there:
 * after a random while, so that in a large group few ask before the others hear it. The device sends the messages among
 * them, and what changes them or reports on them, once more, each once, whoever asks, if nobody has come into the group
 * since: so nobody gets what was before him. Who has it already passes over it.
 */
#ifndef CORE_MISSED_H
#define CORE_MISSED_H

#include "content/again.h"
#include "message.h"
#include "state.h"

enum {
    MISSED_MAX_ASKS = 3,           /**< for one gap: each time something of its writer comes */
    MISSED_MAX_ASKED = 8,          /**< writers who are asked at once, in one group */
    MISSED_DELAY = 200,            /**< milliseconds until one is asked, at most, and … */
    MISSED_MEMBER_DELAY = 50,      /**< … as many more for each member */
    MISSED_ANSWER_INTERVAL = 5000, /**< milliseconds between two answers in a group, at least */
    MISSED_MAX_ANSWER = 1 << 20,   /**< bytes of one, but for its first message */
    MISSED_MAX_A_DAY = 256,        /**< contents for which one member's device is listened to, in a group and day … */
    MISSED_DAY = 24 * 3600 * 1000,
    MISSED_BURST = 64,             /**< contents that come again in a group, whosever, before answers wait: … */
    MISSED_PACE = 10 * 1000,       /**< … then one in so many milliseconds */
    MISSED_MAX_KEPT = 16,          /**< contents of ours in a group that are no messages, the last ones, … */
    MISSED_MAX_KEPT_LEN = 4 << 10, /**< … of so many bytes each */
};

/** Something of this device has come, and something of it is missing: it is asked for, if it was not asked too often.
 */
BASE_MUST_USE base_result missed_plan(struct weibel_core *core, struct group *group, struct tally *tally);

/** Asks and answers, if it is time. Called when online. */
BASE_MUST_USE base_result missed_pump(struct weibel_core *core, struct group *group);

/** When something is due; UINT64_MAX: nothing is. */
uint64_t missed_deadline(const struct group *group);

/** A signal of the member's device at this leaf. What is no such question is ignored. */
void missed_heard(const struct weibel_core *core, struct group *group, uint32_t leaf, struct base_slice content);

/** Something that somebody has asked for has come again, missing here or not. */
void missed_came_again(const struct weibel_core *core, struct group *group);

/** A content of ours that is no message has become this entry: keeps it in mind, if it can go again. Takes over
 * `content` then. */
BASE_MUST_USE base_result missed_keep(struct weibel_core *core, struct group *group, uint32_t sequence, uint64_t entry,
                                      struct base_bytes *content);
void missed_free(void *item);

/** Something has come again from the device at this leaf. `fills` false: it was not missing here. */
BASE_MUST_USE base_result missed_fill(struct weibel_core *core, struct group *group, uint32_t leaf,
                                      const struct contact *from, const struct content_again *again, bool *fills);

/** The device at this leaf sends `message` again. Nothing happens if it was not missing here, or was deleted with its
 * chat. */
BASE_MUST_USE base_result missed_take(struct weibel_core *core, struct group *group, uint32_t leaf,
                                      const struct contact *from, const struct content_again *again,
                                      const struct message *message);

#endif
