/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Inboxes: Welcomes that come into ours, and those that go to others'.
 *
 *     struct { uint8 version; uint8 kind; opaque content<V>; } Letter;      version 1
 *
 * kind 1: a Welcome, and who is asked if it can't be opened (invitation.h); 2: somebody who has lost his place asks for
 * help (heal.h); 3: a Welcome into a large group (invitation.h); 4: who gets it should have a place (newcomer.h)
 */
#ifndef CORE_LETTER_H
#define CORE_LETTER_H

#include "heal_letter.h"
#include "state.h"

/** Adds a letter with a Welcome for a device, which signs with `key`; held until the commit of `group` is accepted. */
BASE_MUST_USE base_result letter_add(struct weibel_core *core, const struct group *group, const struct contact *contact,
                                     const uint8_t device[WIRE_DEVICE_LEN], struct base_slice key,
                                     struct base_slice welcome);

/** Likewise, with a Welcome that has no ratchet tree: that lies at `place`. */
BASE_MUST_USE base_result letter_invite(struct weibel_core *core, const struct group *group,
                                        const struct contact *contact, const uint8_t device[WIRE_DEVICE_LEN],
                                        struct base_slice welcome, const struct tree_place *place);

/** Adds a letter that was sealed to a member's device; it goes out at once. `group`: 0 if we are not in it. */
BASE_MUST_USE base_result letter_seal(struct weibel_core *core, enum heal_letter_kind kind, uint64_t group,
                                      const struct helper *helper, struct base_slice sealed);

/** The commit was accepted: the group's letters go out. */
BASE_MUST_USE base_result letter_release(struct weibel_core *core, uint64_t group);

/** Of those of the group, the device's own waits for more than the commit: until letter_let_go(). */
BASE_MUST_USE base_result letter_keep(struct weibel_core *core, uint64_t group, const uint8_t device[WIRE_DEVICE_LEN]);
BASE_MUST_USE base_result letter_let_go(struct weibel_core *core, uint64_t group,
                                        const uint8_t device[WIRE_DEVICE_LEN]);

/** The commit was not: they are deleted. */
BASE_MUST_USE base_result letter_drop(struct weibel_core *core, uint64_t group);

/** Deletes those from index `first` up to before `end`. */
BASE_MUST_USE base_result letter_drop_some(struct weibel_core *core, size_t first, size_t end);

/** There is no such device any more. */
BASE_MUST_USE base_result letter_is_gone(struct weibel_core *core, struct letter *letter);

/** True if a Welcome is in it. */
bool letter_invites(const struct letter *letter);

/** True if it goes to a member of another account who was added and may have no place yet: by a Welcome, or to say so
 * (newcomer.h). Our own devices see to each other. */
bool letter_is_for_newcomer(const struct weibel_core *core, const struct letter *letter);

/** True if a letter of this group's is still on its way. */
bool letter_pending(const struct weibel_core *core, uint64_t group);

BASE_MUST_USE base_result letter_load(struct weibel_core *core, uint64_t number, struct base_slice value);
void letter_free(void *item);

/** What a letter that was taken before holds. Borrows. */
BASE_MUST_USE base_result letter_content(struct base_slice letter, struct base_slice *content);

/** Opens a letter that has come. Errors of the peer's: nothing has changed. */
BASE_MUST_USE base_result letter_open(struct weibel_core *core, struct base_slice letter);

/** Whether a letter has to wait until this group is read to its end: it does then, if WEIBEL_ERR_UNREAD is returned. */
bool letter_waits_for(struct weibel_core *core, const struct group *group);

/** Reads the inbox, sends what is to be sent. Called when online. */
BASE_MUST_USE base_result letter_pump(struct weibel_core *core);
uint64_t letter_deadline(const struct weibel_core *core);

/** Entries of the inbox that came by themselves. */
BASE_MUST_USE base_result letter_pushed(struct weibel_core *core, const struct wire_inbox_entries *entries);

#endif
