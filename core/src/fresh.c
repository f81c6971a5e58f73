/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Page by page, all records but the vault's. Each is gone for itself, and the host may crash in between: what is left
 * must open. So it goes backwards, as what is in a table may name what is in one before it, a chat its contact. And the
 * account knows first that it is none: what is left is not taken for all that there was.
 */
#include "fresh.h"

#include <string.h>

#include "lock.h"
#include "rpc.h"
#include "session.h"

bool fresh_is(const struct weibel_core *core) {
    return !core->clearing && core->backup == NULL && core->contacts.count == 0 && core->chats.count == 0;
}

static base_result remove_record(struct weibel_core *core, struct read *read, struct base_slice key,
                                 struct base_slice value) {
    struct key name = { .len = key.len };
    (void)read;
    (void)value;
    BASE_ENSURE(key.len > 0 && key.len <= KEY_MAX && key.data[0] != KEY_VAULT, BASE_ERR_VALUE);
    memcpy(name.data, key.data, key.len);
    return out_remove(&core->out, name);
}

static base_result page_done(struct weibel_core *core, struct read *read) {
    if (read->count == WEIBEL_MAX_READ) {
        return read_ask(core, read, remove_record, key_table(KEY_ACCOUNT), read->last, WEIBEL_MAX_READ, true);
    }
    core->clearing = false;
    return read->then(core, read);
}

/* The server may count this device already, for what was begun: who goes on with the same account is that one, and none
 * beside it that never comes (backup_take_account()). */
static void keep_device(const struct account *from, struct account *to) {
    memcpy(to->id, from->id, sizeof to->id);
    memcpy(to->domain, from->domain, sizeof to->domain);
    memcpy(to->device, from->device, sizeof to->device);
    to->device_key = from->device_key;
}

/* Before anything is deleted: nothing that is in memory is stored again meanwhile. */
static void forget(struct weibel_core *core) {
    struct vault vault = core->vault;
    struct account was = core->account;
    lock_wipe(core);
    core->vault = vault;
    vault_close(&vault);
    keep_device(&was, &core->account);
    base_wipe(&was, sizeof was);
    core->clearing = true;
    core->account.state = ACCOUNT_NONE;
    core->account.dirty = true;
}

base_result fresh_make(struct weibel_core *core, struct call *call, const cJSON *params, read_done_fn then) {
    if (core->clearing || core->backup != NULL) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "a restore is under way");
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(session_stop(core));
    forget(core);
    BASE_TRY(read_new(core, page_done, call, &read));
    read->then = then;
    read->sealed = true;
    read->params = cJSON_Duplicate(params, true);
    BASE_ENSURE(read->params != NULL, BASE_ERR_NO_MEMORY);
    BASE_TRY(read_ask(core, read, remove_record, key_table(KEY_ACCOUNT), (struct key){ { UINT8_MAX }, 1 },
                      WEIBEL_MAX_READ, true));
    read = NULL;
    return BASE_OK;
}
