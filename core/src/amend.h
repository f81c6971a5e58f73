/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Amendments: everything that changes a message that is in the store goes through here, one after the other, and
 * nothing else writes such a message.
 *
 * What came in was stored with the stream's position; then some are taken at a time, their messages are read, changed
 * and written, and the amendments removed, in one batch. A crash in between repeats nothing. What has no target is
 * dropped. The order in which amendments of different people come in does not matter for the outcome, so that all
 * members see the same, and nobody has to wait for the server to see what he does himself.
 */
#ifndef CORE_AMEND_H
#define CORE_AMEND_H

#include "message.h"
#include "state.h"

enum { AMEND_MAX_WAITING = 4096 /**< more are not taken out of streams before some of these are done */ };

/** Adds one; takes over `data` and `call`. It is stored if it is durable. */
BASE_MUST_USE base_result amend_add(struct weibel_core *core, struct amendment *amendment);

/** An amendment of a message of ours that is on its way. */
struct amendment amend_state(const struct chat *chat, const struct post *post, enum message_state state);

/**
 * An entry has been read in the stream: if it is a message of ours that the server has acknowledged,
 * and its message does not say so yet, that is stored now, and its record in the outbox goes.
 */
BASE_MUST_USE base_result amend_sent(struct weibel_core *core, const struct chat *chat, const struct wire_entry *entry,
                                     bool *own);

/** What came in as content of an MLS message of this leaf, in `entry`, if it is no message of its own (`control`). */
BASE_MUST_USE base_result amend_received(struct weibel_core *core, struct group *group, const struct contact *from,
                                         uint32_t leaf, const struct wire_entry *entry, struct base_slice bytes,
                                         const char *sender, const char *room, bool *control);

/** True while so many wait that nothing more should come in. */
bool amend_busy(const struct weibel_core *core);

/** Reads and applies the next ones. Called after each input. */
BASE_MUST_USE base_result amend_pump(struct weibel_core *core);

BASE_MUST_USE base_result amend_load(struct weibel_core *core, uint64_t number, struct base_slice value);
void amend_free(void *item);

/* Between the files of this module: */

/** Applies it to its message (NULL: there is none), stores that and tells the faces. */
BASE_MUST_USE base_result amend_apply(struct weibel_core *core, struct chat *chat, struct amendment *amendment,
                                      struct message *message, bool elsewhere);

/** An edit's text, how it is written and whom it mentions become the message's. */
BASE_MUST_USE base_result amend_set_text(struct weibel_core *core, struct amendment *edit, struct message *message);

/** Whom a message mentions becomes the edit's, also if that is nobody. */
BASE_MUST_USE base_result amend_set_mentions(const struct weibel_core *core, const struct message *message,
                                             struct amendment *edit);

/** Removes the message here, with all that waits for it. It is no message any more then. */
BASE_MUST_USE base_result amend_hide(struct weibel_core *core, struct chat *chat, struct message *message);

/** Deletes a message for everyone. */
BASE_MUST_USE base_result amend_delete(struct weibel_core *core, struct chat *chat, struct message *message);

/** Carries out what a face has wished: writes the content, queues it, applies it and answers. */
BASE_MUST_USE base_result amend_wish(struct weibel_core *core, struct chat *chat, struct amendment *amendment,
                                     struct message *message);

#endif
