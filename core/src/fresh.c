/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Page by page, all records but the vault's.
 */
#include "fresh.h"

#include <string.h>

#include "lock.h"
#include "session.h"

bool fresh_is(const struct weibel_core *core) {
    return core->contacts.count == 0 && core->chats.count == 0;
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
        return read_ask(core, read, remove_record, key_after(key_slice(&read->last)), (struct key){ { UINT8_MAX }, 1 },
                        WEIBEL_MAX_READ, false);
    }
    struct vault vault = core->vault;
    lock_wipe(core);
    core->vault = vault;
    vault_close(&vault);
    return read->then(core, read);
}

base_result fresh_make(struct weibel_core *core, struct call *call, const cJSON *params, read_done_fn then) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(session_stop(core));
    BASE_TRY(read_new(core, page_done, call, &read));
    read->then = then;
    read->params = cJSON_Duplicate(params, true);
    BASE_ENSURE(read->params != NULL, BASE_ERR_NO_MEMORY);
    BASE_TRY(read_ask(core, read, remove_record, key_table(KEY_ACCOUNT), (struct key){ { UINT8_MAX }, 1 },
                      WEIBEL_MAX_READ, false));
    read = NULL;
    return BASE_OK;
}
