/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Members whom no letter of ours has reached: between the taking of their key packages and the commit hours may pass,
 * and each device of theirs that was added may have been removed from its account by then. Nobody would ever let those
 * in that the account has now: no device of it is there. So the account is taken out and added again, with the role
 * that it had, and whoever leaves the group does that before; a chat of two goes on in another group. If who has
 * invited them is gone, too, those find out who write to them then (newcomer.h). The server alone says that a device is
 * gone: it is believed a few times for each account, and if it lies that costs no more than these. If it says that the
 * account is gone, that is only taken out. Who may not do it says in the chat that it is to be done. Nobody of whom
 * anything was heard is taken out by the server's word.
 *
 * Or a letter has reached a device that is removed before it has let its siblings in: they know nothing of the group.
 * So letters that the server has taken are kept, for as long as it would keep them, until something of their devices
 * is heard, and it is asked about those: it has seen that we have written to them, and learns nothing else.
 */
#ifndef CORE_UNREACHED_H
#define CORE_UNREACHED_H

#include "state.h"

enum { UNREACHED_ASK_AFTER = 3600 * 1000 /* milliseconds after a letter was taken: at first, and not before */ };

/** Asks about devices that have taken their letters and were not heard of, if it is time. Called when online, after
 * everything else. */
BASE_MUST_USE base_result unreached_ask(struct weibel_core *core);

/** Begins what is to be done about letters that were refused. Called when online. */
BASE_MUST_USE base_result unreached_pump(struct weibel_core *core);

/** True while it is not known of somebody whom we have invited into the group whether that has reached him, or nothing
 * was done about it yet. Whoever has a full inbox is not waited for. */
bool unreached_may_be(const struct weibel_core *core, const struct group *group);

#endif
