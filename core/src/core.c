/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The public face of a core: inputs in, effects out. Each input is a transaction of its own (see out.h): handler, then
 * the pump, then the batch. Whatever fails ends the core, because what is in memory may be ahead of what is stored.
 */
#include "weibel/core.h"

#include <sodium.h>

#include "amend.h"
#include "backup.h"
#include "chat.h"
#include "contact.h"
#include "group.h"
#include "hand.h"
#include "join.h"
#include "keys.h"
#include "leaf.h"
#include "letter.h"
#include "load.h"
#include "lock.h"
#include "pump.h"
#include "read.h"
#include "request.h"
#include "rpc.h"
#include "session.h"
#include "setting.h"
#include "state.h"
#include "sync.h"
#include "transfer.h"
#include "tree.h"
#include "vouch.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_DEAD, BASE_USAGE, NULL, "the client has stopped after an earlier failure; open it anew");
BASE_DEFINE_ERROR(WEIBEL_ERR_STORE, BASE_INTERNAL, NULL, "the local store has failed");
BASE_DEFINE_ERROR(WEIBEL_ERR_HOST, BASE_USAGE, NULL, "the host has broken the contract of libweibel");

/* Seconds by which clocks may differ, and people still reach each other: many are set to the wrong time zone. */
enum { CLOCK_SKEW = 48 * 3600 };

base_result weibel_core_open(const struct weibel_options *options, struct weibel_core **out) {
    struct weibel_options set = *options;
    set.passphrase_passes = set.passphrase_passes == 0 ? VAULT_DEFAULT_PASSES : set.passphrase_passes;
    set.passphrase_memory = set.passphrase_memory == 0 ? VAULT_DEFAULT_MEMORY : set.passphrase_memory;
    BASE_ENSURE(set.passphrase_passes <= VAULT_MAX_PASSES && set.passphrase_memory >= VAULT_MIN_MEMORY &&
                    set.passphrase_memory <= VAULT_MAX_MEMORY,
                BASE_ERR_VALUE);
    const struct mls_suite *suite = mls_suite(GROUP_SUITE);
    BASE_ENSURE(sodium_init() >= 0 && suite != NULL && set.provider->supports(set.provider->user, suite),
                MLS_ERR_SUITE);
    set.tree_devices = set.tree_devices == 0 ? TREE_DEVICES : set.tree_devices;
    struct weibel_core *core = (struct weibel_core *)base_take(set.allocator, 1, sizeof *core);
    BASE_ENSURE(core != NULL, BASE_ERR_NO_MEMORY);
    core->options = set;
    core->mls = (struct mls_context){
        .allocator = set.allocator,
        .provider = set.provider,
        .random = set.random,
        .clock = set.clock,
        /* The server takes nothing under an epoch's token once a commit has ended it: what comes later was not written
         * there then, and may be of somebody who was removed. */
        .limits = { .lifetime_skew = CLOCK_SKEW, .past_epochs = MLS_NONE, .leaf_size = LEAF_MAX },
        .callbacks = {
            .user = core,
            .credential = join_check_credential,
            .same_client = join_same_client,
            .proposal = join_check_proposal,
            .commit = join_check_commit,
        },
    };
    settings_init(core);
    core->out.allocator = set.allocator;
    core->out.random = set.random;
    core->out.vault = &core->vault;
    base_result result = load_begin(core);
    if (result == BASE_OK) {
        result = out_commit(&core->out);
    }
    if (result != BASE_OK) {
        weibel_core_free(core);
        return result;
    }
    *out = core;
    return BASE_OK;
}

void weibel_core_free(struct weibel_core *core) {
    if (core == NULL) {
        return;
    }
    out_free(&core->out);
    rpc_free_held(core);
    list_free(&core->reads, read_free);
    lock_wipe(core);
    base_bytes_free(&core->vault_record);
    base_free(core);
}

/* Ends an input: what its handler returned is `result`. */
static base_result end_input(struct weibel_core *core, base_result result) {
    if (result == BASE_OK) {
        result = pump_all(core);
    }
    if (result == BASE_OK) {
        result = pump_save(core);
    }
    if (result == BASE_OK) {
        result = out_commit(&core->out);
    }
    if (result != BASE_OK) {
        core->dead = result;
        out_drop(&core->out);
    }
    return result;
}

base_result weibel_core_line(struct weibel_core *core, struct base_slice line) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    return end_input(core, rpc_line(core, line));
}

base_result weibel_core_connected(struct weibel_core *core) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    return end_input(core, session_connected(core));
}

base_result weibel_core_disconnected(struct weibel_core *core, const char *reason) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    return end_input(core, session_disconnected(core, reason));
}

base_result weibel_core_frame(struct weibel_core *core, struct base_slice frame) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    return end_input(core, session_frame(core, frame));
}

base_result weibel_core_tick(struct weibel_core *core) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    return end_input(core, BASE_OK);
}

base_result weibel_core_stored(struct weibel_core *core, bool durable) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    BASE_ENSURE(core->out.storing, WEIBEL_ERR_HOST);
    core->out.storing = false;
    if (!durable) {
        return end_input(core, &WEIBEL_ERR_STORE);
    }
    return BASE_OK;
}

base_result weibel_core_record(struct weibel_core *core, uint32_t read, struct base_slice key,
                               struct base_slice value) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    return end_input(core, read_take_record(core, read, key, value));
}

base_result weibel_core_read_done(struct weibel_core *core, uint32_t read, bool done) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    return end_input(core, read_take_done(core, read, done));
}

base_result weibel_core_transfer_progress(struct weibel_core *core, uint64_t transfer, uint64_t done) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    return end_input(core, transfer_progress(core, transfer, done));
}

base_result weibel_core_transfer_done(struct weibel_core *core, uint64_t transfer) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    return end_input(core, transfer_done(core, transfer));
}

base_result weibel_core_transfer_data(struct weibel_core *core, uint64_t transfer, struct base_slice data) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    return end_input(core, backup_data(core, transfer, data));
}

base_result weibel_core_transfer_failed(struct weibel_core *core, uint64_t transfer, enum weibel_transfer_failure why,
                                        const char *words) {
    BASE_ENSURE(core->dead == BASE_OK, WEIBEL_ERR_DEAD);
    return end_input(core, transfer_failed(core, transfer, why, words));
}

bool weibel_core_next(struct weibel_core *core, struct weibel_effect *out) {
    return core->dead == BASE_OK && out_next(&core->out, out);
}

uint64_t weibel_core_deadline(const struct weibel_core *core) {
    return core->dead == BASE_OK ? pump_deadline(core) : UINT64_MAX;
}

bool weibel_core_waits(const struct weibel_core *core) {
    return core->session.requests.count != 0 || hand_is_gathering(core);
}
