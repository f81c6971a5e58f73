/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The pump.
 */
#include "pump.h"

#include "account.h"
#include "again.h"
#include "amend.h"
#include "arrival.h"
#include "change.h"
#include "chat.h"
#include "chat_delete.h"
#include "contact.h"
#include "damage.h"
#include "deserted.h"
#include "device.h"
#include "door.h"
#include "event.h"
#include "expiry.h"
#include "group.h"
#include "hand.h"
#include "heal.h"
#include "history.h"
#include "invitation.h"
#include "join.h"
#include "joining.h"
#include "keys.h"
#include "letter.h"
#include "missed.h"
#include "patience.h"
#include "post.h"
#include "report.h"
#include "rpc.h"
#include "safe.h"
#include "search/index.h"
#include "send_key.h"
#include "send_queue.h"
#include "session.h"
#include "sibling.h"
#include "stream.h"
#include "successor.h"
#include "sync.h"
#include "transfer.h"
#include "typing.h"
#include "unreached.h"
#include "vouch.h"

/* What goes out of a chat. */
static base_result pump_out(struct weibel_core *core, struct chat *chat) {
    BASE_TRY(report_pump(core, chat));
    if (chat->kind == CHAT_OWN && chat_writing_group(chat) != NULL) {
        BASE_TRY(sync_pump(core, chat, chat_writing_group(chat)));
        BASE_TRY(history_pump(core, chat, chat_writing_group(chat)));
    }
    BASE_TRY(hand_pump(core, chat));
    BASE_TRY(deserted_pump(core, chat));
    BASE_TRY(deserted_forget(core, chat));
    BASE_TRY(again_pump(core, chat));
    for (size_t i = 0; i < chat->groups.count; i++) {
        BASE_TRY(missed_pump(core, (struct group *)chat->groups.items[i]));
    }
    BASE_TRY(post_pump(core, chat));
    BASE_TRY(typing_pump(core, chat));
    BASE_TRY(device_pump(core, chat));
    return change_pump(core, chat);
}

static void end_change(struct change *change) {
    base_free(change->contacts);
}

/* In a chat of two, what is written makes the group that it goes into. Nothing else can be changed before: what waits
 * may have been for one that is gone. */
static base_result begin_group(struct weibel_core *core, struct chat *chat) {
    if (chat->kind != CHAT_DIRECT || chat->outbox.count == 0 || chat->change.kind == CHANGE_CREATE ||
        chat->change.made || chat_writing_group(chat) != NULL) {
        return BASE_OK;
    }
    struct change create BASE_CLEANUP(end_change) = {
        .kind = CHANGE_CREATE,
        .contact_count = 1,
        .after = chat->next_post,
    };
    create.contacts = (uint64_t *)base_take(core->options.allocator, 1, sizeof *create.contacts);
    BASE_ENSURE(create.contacts != NULL, BASE_ERR_NO_MEMORY);
    *create.contacts = chat->peer;
    return chat_put_change_first(core, chat, &create);
}

static base_result pump_chat(struct weibel_core *core, struct chat *chat) {
    BASE_TRY(join_again(core, chat));
    BASE_TRY(successor_pump(core, chat));
    bool waits;
    BASE_TRY(vouch_pump(core, chat, &waits));
    if (waits) {
        return BASE_OK;
    }
    for (size_t i = 0; i < chat->groups.count; i++) {
        BASE_TRY(stream_pump(core, (struct group *)chat->groups.items[i]));
        BASE_TRY(door_pump(core, (struct group *)chat->groups.items[i]));
    }
    for (size_t i = 0; i < chat->groups.count; i++) { /* one may go by this */
        BASE_TRY(heal_pump(core, (struct group *)chat->groups.items[i]));
    }
    if (chat->kind == CHAT_DIRECT && contact_at(core, chat->peer)->changed) {
        return BASE_OK;
    }
    BASE_TRY(begin_group(core, chat));
    do {
        chat->change_over = false;
        BASE_TRY(pump_out(core, chat));
    } while (chat->change_over); /* nothing else may ever wake what has waited for it */
    return BASE_OK;
}

/* Everything that the server had has been read: the inbox, and every group in it, and those that it may have let us
 * into. */
static bool is_all_read(const struct weibel_core *core) {
    if (!core->session.inbox_live || core->session.inbox_waits || core->amendments.count > 0 ||
        invitation_is_busy(core) || joining_is_busy(core)) {
        return false;
    }
    for (size_t i = 0; i < core->chats.count; i++) {
        const struct chat *chat = (const struct chat *)core->chats.items[i];
        for (size_t k = 0; k < chat->groups.count; k++) {
            const struct group *group = (const struct group *)chat->groups.items[k];
            bool reading = group->state == GROUP_OPEN && !group->live && group->retry_at <= state_now(core) &&
                           core->session.vouch_at <= state_now(core);
            if (reading) {
                return false;
            }
        }
    }
    return true;
}

/* A face may end as soon as it is told: what waited for the reading is filed before, if that doesn't take long. */
static base_result tell_synced(struct weibel_core *core) {
    enum { FILING_TIME = 3000 };
    struct session *session = &core->session;
    if (session->synced || !is_all_read(core)) {
        return BASE_OK;
    }
    if (session->read_at == 0) {
        session->read_at = state_now(core);
        BASE_TRY(history_file_now(core));
    }
    if (core->history_filing && state_now(core) < session->read_at + FILING_TIME) {
        return BASE_OK;
    }
    session->synced = true;
    return event_connection(core);
}

base_result pump_all(struct weibel_core *core) {
    if (core->home != HOME_OPEN) {
        return BASE_OK;
    }
    patience_check(core);
    core->pumped_at = state_now(core);
    BASE_TRY(expiry_run(core));
    BASE_TRY(history_file(core));
    BASE_TRY(typing_run(core));
    BASE_TRY(amend_pump(core));
    BASE_TRY(chat_delete_pump(core));
    BASE_TRY(send_queue_pump(core));
    BASE_TRY(send_key_pump(core));
    BASE_TRY(search_pump(core));
    BASE_TRY(damage_pump(core));
    BASE_TRY(session_pump(core));
    BASE_TRY(transfer_pump(core));
    if (core->session.state != SESSION_ONLINE || core->session.closing) {
        return BASE_OK;
    }
    BASE_TRY(keys_pump(core));
    BASE_TRY(device_lonely_pump(core));
    BASE_TRY(safe_pump(core));
    BASE_TRY(letter_pump(core));
    BASE_TRY(sibling_pump(core));
    BASE_TRY(invitation_pump(core));
    BASE_TRY(joining_pump(core));
    BASE_TRY(unreached_pump(core));
    /* From the last one on, because a chat may end here. */
    for (size_t i = core->chats.count; i > 0; i--) {
        BASE_TRY(pump_chat(core, (struct chat *)core->chats.items[i - 1]));
    }
    BASE_TRY(tell_synced(core));
    return unreached_ask(core);
}

static base_result tell(struct weibel_core *core, struct chat *chat) {
    bool told = chat->hidden;
    chat->hidden = chat_is_deleted(chat);
    if (!chat->hidden) {
        return event_chat(core, chat);
    }
    return told ? BASE_OK : event_chat_deleted(core, chat);
}

base_result pump_save(struct weibel_core *core) {
    if (core->home != HOME_OPEN) {
        return BASE_OK; /* groups are still being read, and nothing has changed */
    }
    BASE_TRY(chat_sweep(core));
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        BASE_TRY(arrival_settle(core, chat));
        for (size_t k = 0; k < chat->groups.count; k++) {
            BASE_TRY(group_save_changes(core, (struct group *)chat->groups.items[k]));
        }
        if (chat->dirty) {
            BASE_TRY(chat_save(core, chat));
        }
        bool announce = chat->announce && chat->kind != CHAT_OWN;
        chat->announce = false;
        if (announce) {
            BASE_TRY(tell(core, chat));
        }
    }
    BASE_TRY(contact_tell(core));
    return core->account.dirty ? account_save(core) : BASE_OK;
}

void pump_forget_connection(struct weibel_core *core) {
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        chat->change.in_flight = chat->change.put.in_flight = false;
        typing_forget_connection(chat);
        chat->doubt_at = 0;
        for (size_t k = 0; k < chat->groups.count; k++) {
            struct group *group = (struct group *)chat->groups.items[k];
            group->in_flight = group->live = group->stream_made = false;
            group->retry_at = 0;
            group->repairing = group->door_in_flight = group->door_put.in_flight = false;
            group->door_retry_at = 0;
        }
        for (size_t k = 0; k < chat->outbox.count; k++) {
            ((struct post *)chat->outbox.items[k])->in_flight = false;
        }
    }
    sync_forget_connection(core);
    history_forget_connection(core);
    hand_forget_connection(core);
    invitation_forget_connection(core);
    core->session.letters_at = 0;
    for (size_t i = 0; i < core->letters.count; i++) {
        ((struct letter *)core->letters.items[i])->in_flight = false;
    }
    transfer_forget_connection(core);
}

/* The earlier one of two moments. What was due already when the pump ran last waits for something else than time. */
static uint64_t sooner(const struct weibel_core *core, uint64_t next, uint64_t at) {
    return at > core->pumped_at && at < next ? at : next;
}

static uint64_t chat_deadline(const struct weibel_core *core, const struct chat *chat, uint64_t next) {
    next = sooner(core, next, post_deadline(chat));
    next = sooner(core, next, report_deadline(chat));
    next = sooner(core, next, typing_deadline(chat));
    next = sooner(core, next, hand_deadline(core, chat));
    next = sooner(core, next, chat->devices_at);
    next = sooner(core, next, chat->doubt_at);
    if (chat->kind == CHAT_OWN) {
        next = sooner(core, next, sync_deadline(core));
        next = sooner(core, next, history_deadline(core));
        next = sooner(core, next, history_late_deadline(core));
        next = sooner(core, next, core->arrears_at);
    }
    if (chat->change.kind != CHANGE_NONE) {
        next = sooner(core, next, chat->change.retry_at);
    }
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        if (group->state <= GROUP_OPEN) {
            next = sooner(core, next, group->door_retry_at);
            next = sooner(core, next, group->retry_at);
            next = sooner(core, next, group->tidy_at);
            next = sooner(core, next, group->ask_at);
            next = sooner(core, next, missed_deadline(group));
        }
        next = sooner(core, next, group->heal_at);
    }
    return next;
}

uint64_t pump_deadline(const struct weibel_core *core) {
    if (core->home != HOME_OPEN) {
        return UINT64_MAX;
    }
    uint64_t next = sooner(core, UINT64_MAX, session_deadline(core));
    next = sooner(core, next, expiry_next(core));
    next = sooner(core, next, send_key_deadline(core));
    next = sooner(core, next, transfer_deadline(core));
    for (size_t i = 0; i < core->chats.count; i++) {
        next = sooner(core, next, typing_next((const struct chat *)core->chats.items[i]));
    }
    if (core->session.state != SESSION_ONLINE || core->session.closing) {
        return next;
    }
    next = sooner(core, next, keys_deadline(core));
    next = sooner(core, next, core->lonely_at);
    next = sooner(core, next, core->unreached_at);
    next = sooner(core, next, letter_deadline(core));
    next = sooner(core, next, sibling_deadline(core));
    next = sooner(core, next, invitation_deadline(core));
    next = sooner(core, next, joining_deadline(core));
    next = sooner(core, next, vouch_deadline(core));
    next = sooner(core, next, safe_deadline(core));
    for (size_t i = 0; i < core->chats.count; i++) {
        next = chat_deadline(core, (const struct chat *)core->chats.items[i], next);
    }
    return next;
}
