/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Invitations that are lost with their writer: a device adds somebody to a group, and is gone before the Welcome has
 * gone out. The group has the new member, who hears nothing of it.
 *
 * So each device keeps in mind who was added by whom, until something of him is heard there; in a group of many, when
 * it comes itself, also who has committed nothing there yet, as he may have come with it. When who has added him is
 * taken out of the group, whoever does that, the other devices of the account, and some who were there when he was
 * added, say by a letter to him that he should have a place. Whoever has it does nothing; whoever has not asks for it,
 * as by anybody who has lost his (heal.h). Who has taken it out counts as who has added them from then on, as he may go
 * before he is asked. The letter is a Reentry, with another label in its signature and the sender's key package, which
 * says who is to be asked. While it is open whether he who has invited is a device to be heard (vouch.h), it is kept in
 * mind.
 *
 * Or the Welcome has gone out, to another device of that account, which takes none from one that was removed: it asks
 * the group's other members itself.
 *
 * In the account's own group, too, whom a removed device has added stays unheard until he has come: what he is owed
 * waits for that (history_late.c), also while nobody is removed yet. Who was there before us may be away for weeks: for
 * him nothing waits but where there are several own groups, one of which he may not know.
 *
 * In a chat of two, and in the account's own group, it also keeps in mind the devices that it has added itself; in the
 * former those of the peer, too, that were there before it came. If one of these can't open its invitation and asks for
 * a place (invitation.h), and nothing was heard of that person yet, nothing that was written has been read: it is sent
 * again (again.h).
 */
#ifndef CORE_NEWCOMER_H
#define CORE_NEWCOMER_H

#include "field.h"
#include "state.h"

/** A commit is about to be entered: whom it adds, and whose invitations may be lost by what it removes. */
BASE_MUST_USE base_result newcomer_committed(struct weibel_core *core, struct group *group,
                                             const struct mls_staged *staged);

/** We were let in by who is at this leaf: others may have come by the same commit. */
void newcomer_joined(const struct weibel_core *core, struct group *group, uint32_t inviter);

/** Something has come from this leaf: who is there has got his invitation. */
void newcomer_heard(struct group *group, uint32_t leaf);

/** Whether something was heard of this device of the account since it was added. `seen`: who was there before us, and
 * was quiet since, counts as heard. */
bool newcomer_has_come(const struct group *group, const uint8_t device[WIRE_DEVICE_LEN], bool seen);

/** Opens a letter that says that we should have a place. Errors of the peer's: nothing has changed. */
BASE_MUST_USE base_result newcomer_told(struct weibel_core *core, struct base_slice sealed);

/** Who sits at this leaf was removed from his account, and nobody may take him out here: those whom he has added are
 * told, and stay unheard until they come. */
BASE_MUST_USE base_result newcomer_inviter_gone(struct weibel_core *core, struct group *group, uint32_t by);

/** The account's own groups, or the server's list of its devices, have changed: who was let in by a device that is not
 * in the list any more is told. He may be the one who has removed it, and who without a place can tell nobody of that.
 * If there are several own groups, everybody unheard is told: who began his own took no invitation before (sibling.h).
 */
BASE_MUST_USE base_result newcomer_tell_siblings(struct weibel_core *core, const struct chat *chat);

/** A device that is none of our account, or of which nobody has heard here, has let us into this group. Whether it is
 * what it says to be, those know whom our link has named, or the group's other members: they are asked for a place in
 * it. */
BASE_MUST_USE base_result newcomer_ask_others(struct weibel_core *core, const struct mls_group *mls);

/** Those members, whom invitation_ask() asks; gives their number. */
size_t newcomer_others(const struct weibel_core *core, const struct mls_group *mls,
                       struct helper helpers[STATE_MAX_HELPERS]);

void newcomer_write(struct base_writer *writer, const struct group *group);
BASE_MUST_USE base_result newcomer_read(struct base_reader *reader, struct group *group);

/** Whom of them we have seen coming, a bit for each: at the record's end, as a Weibel before this one did not know. */
void newcomer_write_seen(struct base_writer *writer, const struct group *group);
BASE_MUST_USE base_result newcomer_read_seen(struct base_reader *reader, struct group *group);

#endif
