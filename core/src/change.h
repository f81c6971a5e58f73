/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Changes of a group: made here, made by others, and which of them comes first.
 *
 * A commit is written (change_make.c), stored with libmls's pending epoch, appended, and entered when it comes back in
 * the stream, in its order with everything else. If another one comes before it, it is dropped and made anew on top of
 * that one.
 */
#ifndef CORE_CHANGE_H
#define CORE_CHANGE_H

#include "identity.h"
#include "state.h"

/** Begins a change of a chat, or queues it behind those that it has. Takes over what `wish` holds (kind, contacts,
 * edit) and the id of `call`, which may be NULL: it is answered when the change was made, or at once if there is no
 * connection.
 */
BASE_MUST_USE base_result change_begin(struct weibel_core *core, struct chat *chat, struct change *wish,
                                       struct call *call);

/** The connection is gone: whoever waits for a change is told that it is queued. */
BASE_MUST_USE base_result change_answer_all(struct weibel_core *core);

/** True for what somebody has asked for; others are the core's own doing. */
bool change_is_wished(const struct change *change);

/** True if to leave is among the changes of the chat. */
bool change_is_leaving(const struct chat *chat);

/** The last post that was added goes out before a wish to leave that waits, with all before it. */
void change_let_pass(struct chat *chat);

/** True if a commit is under way, or a change that was wished before this post: it goes out behind it. */
bool change_comes_before(const struct chat *chat, uint64_t post);

/** Takes the next step, if one can be taken. Called when online. */
BASE_MUST_USE base_result change_pump(struct weibel_core *core, struct chat *chat);

/** If the entry is what a change of ours has appended: enters its epoch, or leaves. */
BASE_MUST_USE base_result change_came_back(struct weibel_core *core, struct group *group,
                                           const struct wire_entry *entry, bool *own);

/** Our pending commit is entry `number` of the stream: enters its epoch. */
BASE_MUST_USE base_result change_accepted(struct weibel_core *core, struct group *group, uint64_t number);

/** Somebody else's commit. */
BASE_MUST_USE base_result change_received(struct weibel_core *core, struct group *group, struct mls_event *event,
                                          uint64_t number);

/** Somebody else's proposal: it is committed after a while, by whoever comes first. A wish to leave is the account's if
 * that still has the device, as the server is asked; if not, that device alone goes. */
BASE_MUST_USE base_result change_proposed(struct weibel_core *core, struct group *group, const struct mls_event *event);

/** It is known now which devices the account has: where another one of them wishes to leave, this one leaves, too. */
BASE_MUST_USE base_result change_follow_wishes(struct weibel_core *core);

/* Between the files of this module: */

/** True if nobody waits for an answer any more, so that the chat is where its outcome is told. */
bool change_is_told(const struct chat *chat);

/** True while key packages are to be taken before the next commit. */
bool change_wants_packages(const struct chat *chat);

/** Asks for those of the next contact. */
BASE_MUST_USE base_result change_take_packages(struct weibel_core *core, struct chat *chat);

/** The proposal that makes of the GroupContext what a commit with these other proposals, the cached ones (unless it is
 * `alone`), and the change's own wish, make of it; `proposal` is left out if nothing changes. What it borrows from is
 * in `made`. */
struct change_context {
    struct base_bytes about, picture;
    struct mls_extension extensions[3];
    struct mls_proposal_input proposal;
    bool changes;
};
BASE_MUST_USE base_result change_make_context(struct weibel_core *core, const struct chat *chat,
                                              const struct group *group, const struct mls_proposal_input *proposals,
                                              size_t count, bool alone, struct change_context *made);
void change_free_context(struct change_context *made);

/** True if a device of the account has wished to leave in an earlier epoch. */
bool change_is_leaver(const struct group *group, const struct identity *account);

/** A commit of the change was accepted, or was not needed: ends it, or goes on with those who are still to be added. */
BASE_MUST_USE base_result change_step_done(struct weibel_core *core, struct chat *chat);

/** Says what a commit does, and remembers the group's new name. */
BASE_MUST_USE base_result change_tell(struct weibel_core *core, struct group *group, const struct mls_staged *staged);

/** Keeps a key package that was taken for the change. */
BASE_MUST_USE base_result change_keep_taken(struct weibel_core *core, struct chat *chat, const struct contact *contact,
                                            const uint8_t device[WIRE_DEVICE_LEN], struct base_slice key_package);

/** Writes the commit (leave: the proposal), with its letters. BASE_PEER errors and the like: it can't be made. */
BASE_MUST_USE base_result change_make(struct weibel_core *core, struct chat *chat);

/** Ends a change without success: answers its call, drops what was made. */
BASE_MUST_USE base_result change_fail(struct weibel_core *core, struct chat *chat, const struct trouble *trouble);

/** Ends a change with success: answers its call. */
BASE_MUST_USE base_result change_done(struct weibel_core *core, struct chat *chat);

/** Another commit has come before ours: takes back what was made, so that it is made again. */
BASE_MUST_USE base_result change_unmake(struct weibel_core *core, struct chat *chat, struct group *group);

/** The group is lost, or about to be forgotten: what was for it is made again where the chat goes on, or is not needed.
 */
BASE_MUST_USE base_result change_let_go(struct weibel_core *core, struct group *group);

/** We are no member any more. */
BASE_MUST_USE base_result change_ended(struct weibel_core *core, struct group *group, enum group_state state);

/** What waits to be sent in its chat fails, unless we are in it again, or are about to be. */
BASE_MUST_USE base_result change_fail_queued(struct weibel_core *core, const struct group *group);

/** The group in which a change happens: the one that is being made, or the one that is written to. NULL: none yet. */
struct group *change_group(const struct chat *chat);

#endif
