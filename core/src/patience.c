/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Waiting, and a clock that was set back.
 */
#include "patience.h"

#include "hand.h"
#include "typing.h"

enum { SLACK = 60 * 1000 }; /* by which clocks are set all the time */

/* The clock, when the pump ran last and now. */
struct jump {
    uint64_t from, to;
};

/* What is left of the wait stays. */
static void move(uint64_t *at, struct jump jump) {
    if (*at > jump.to && *at != UINT64_MAX) {
        *at = jump.to + (*at > jump.from ? *at - jump.from : 0);
    }
}

static void move_group(struct group *group, struct jump jump) {
    move(&group->retry_at, jump);
    move(&group->door_retry_at, jump);
    move(&group->ask_at, jump);
    move(&group->heal_at, jump);
    move(&group->tidy_at, jump);
}

static void move_chat(struct chat *chat, struct jump jump) {
    move(&chat->change.retry_at, jump);
    move(&chat->report_at, jump);
    move(&chat->devices_at, jump);
    move(&chat->typing_sent_at, jump);
    for (size_t i = 0; i < chat->groups.count; i++) {
        move_group((struct group *)chat->groups.items[i], jump);
    }
    for (size_t i = 0; i < chat->outbox.count; i++) {
        move(&((struct post *)chat->outbox.items[i])->retry_at, jump);
    }
    for (size_t i = 0; i < chat->typing.count; i++) {
        move(&((struct typing *)chat->typing.items[i])->until, jump);
    }
}

static void move_session(struct session *session, struct jump jump) {
    move(&session->retry_at, jump);
    move(&session->keys_at, jump);
    move(&session->devices_at, jump);
    move(&session->letters_at, jump);
    move(&session->vouch_at, jump);
}

static void move_lists(struct weibel_core *core, struct jump jump) {
    for (size_t i = 0; i < core->chats.count; i++) {
        move_chat((struct chat *)core->chats.items[i], jump);
    }
    for (size_t i = 0; i < core->hands.count; i++) {
        move(&((struct hand *)core->hands.items[i])->retry_at, jump);
    }
    for (size_t i = 0; i < core->letters.count; i++) {
        move(&((struct letter *)core->letters.items[i])->retry_at, jump);
    }
    for (size_t i = 0; i < core->transfers.count; i++) {
        move(&((struct transfer *)core->transfers.items[i])->retry_at, jump);
    }
    for (size_t i = 0; i < core->invitations.count; i++) {
        move(&((struct invitation *)core->invitations.items[i])->retry_at, jump);
    }
}

void patience_check(struct weibel_core *core) {
    struct jump jump = { .from = core->pumped_at, .to = state_now(core) };
    if (jump.from <= jump.to + SLACK) {
        return;
    }
    move_session(&core->session, jump);
    move_lists(core, jump);
    move(&core->lonely_at, jump);
    move(&core->unreached_at, jump);
    move(&core->history_at, jump);
    move(&core->arrears_at, jump);
    move(&core->late_at, jump);
    move(&core->sync_at, jump);
    move(&core->safe.retry_at, jump);
    move(&core->safe.empty_at, jump);
    move(&core->keys_swept_at, jump);
}
