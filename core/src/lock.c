/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Wiping and locking.
 */
#include "lock.h"

#include "amend.h"
#include "backup.h"
#include "chat.h"
#include "contact.h"
#include "event.h"
#include "hand.h"
#include "invitation.h"
#include "joining.h"
#include "keys.h"
#include "letter.h"
#include "load.h"
#include "read.h"
#include "request.h"
#include "rpc.h"
#include "search/index.h"
#include "send_queue.h"
#include "session.h"
#include "setting.h"
#include "sync.h"
#include "transfer.h"
#include "vouch.h"

static void free_plain(void *item) {
    base_free(item);
}

void lock_wipe(struct weibel_core *core) {
    vouch_free(core);
    send_queue_free(core);
    load_free_pieces(core);
    request_forget_all(core);
    joining_free_all(core);
    list_free(&core->chats, chat_free);
    list_free(&core->contacts, contact_free);
    base_free(core->contact_slots);
    list_free(&core->key_packages, keys_free);
    list_free(&core->letters, letter_free);
    list_free(&core->invitations, invitation_free);
    list_free(&core->transfers, transfer_free);
    list_free(&core->arrivals, free_plain);
    list_free(&core->amendments, amend_free);
    list_free(&core->expiries, free_plain);
    list_free(&core->gone, free_plain);
    list_free(&core->syncs, sync_free);
    list_free(&core->hands, hand_free);
    backup_free(core);
    base_bytes_free(&core->safe.call.id);
    base_bytes_free(&core->safe.passphrase);
    rpc_search_free(core);
    search_wipe(core);
    base_bytes_free(&core->activate_call.id);
    base_bytes_free(&core->link_call.id);
    base_bytes_free(&core->push_call.id);
    base_bytes_free(&core->history_part);
    base_bytes_free(&core->removal_call.id);
    const struct weibel_core kept = {
        .options = core->options,
        .mls = core->mls,
        .dead = core->dead,
        .home = core->home,
        .vault_record = core->vault_record,
        .out = core->out,
        .held = core->held,
        .reads = core->reads,
        .next_read = core->next_read,
        .session = { .state = core->session.state,
                     .closing = core->session.closing,
                     .next_request = core->session.next_request },
    };
    base_wipe(core, sizeof *core);
    *core = kept;
    settings_init(core);
}

static base_result refuse_calls(struct weibel_core *core) {
    struct trouble trouble = trouble_make(TROUBLE_USAGE, "locked", "the home was locked before the answer came");
    for (size_t i = 0; i < core->reads.count; i++) {
        BASE_TRY(event_answer_trouble(core, &((struct read *)core->reads.items[i])->call, &trouble));
    }
    for (size_t i = 0; i < core->amendments.count; i++) {
        BASE_TRY(event_answer_trouble(core, &((struct amendment *)core->amendments.items[i])->call, &trouble));
    }
    BASE_TRY(vouch_refuse(core, &trouble));
    BASE_TRY(send_queue_refuse(core, &trouble));
    BASE_TRY(joining_disconnected(core));
    BASE_TRY(rpc_search_refuse(core, &trouble));
    BASE_TRY(backup_refuse(core, &trouble));
    BASE_TRY(event_answer_trouble(core, &core->safe.call, &trouble));
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        BASE_TRY(event_answer_trouble(core, &chat->change.call, &trouble));
        for (size_t k = 0; k < chat->waiting.count; k++) {
            BASE_TRY(event_answer_trouble(core, &((struct change *)chat->waiting.items[k])->call, &trouble));
        }
    }
    BASE_TRY(event_answer_trouble(core, &core->link_call, &trouble));
    BASE_TRY(event_answer_trouble(core, &core->push_call, &trouble));
    BASE_TRY(event_answer_trouble(core, &core->removal_call, &trouble));
    return event_answer_trouble(core, &core->activate_call, &trouble);
}

base_result lock_home(struct weibel_core *core, struct call *call) {
    BASE_TRY(refuse_calls(core));
    read_drop_all(core);
    BASE_TRY(transfer_stop_all(core));
    BASE_TRY(session_stop(core));
    lock_wipe(core);
    core->home = HOME_LOCKED;
    BASE_TRY(event_locked(core));
    return rpc_answer_empty(core, call);
}
