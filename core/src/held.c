/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Invitations that wait for a decision.
 */
#include "held.h"

#include "contact.h"
#include "letter.h"

base_result held_keep(struct weibel_core *core, const struct contact *contact, struct base_slice letter) {
    return out_put(&core->out, key_number(KEY_HELD, contact->number), letter);
}

static base_result take(struct weibel_core *core, struct read *read, struct base_slice key, struct base_slice value) {
    (void)key;
    BASE_TRY(held_drop(core, contact_at(core, (uint64_t)read->index)));
    base_result result = letter_open(core, value);
    return result != BASE_OK && trouble_is_fatal(result) ? result : BASE_OK;
}

base_result held_open(struct weibel_core *core, const struct contact *contact, struct call *call, read_done_fn done) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    struct key key = key_number(KEY_HELD, contact->number);
    BASE_TRY(read_new(core, done, call, &read));
    read->index = (size_t)contact->number;
    BASE_TRY(read_ask(core, read, take, key, key_after(key_slice(&key)), 1, false));
    read = NULL;
    return BASE_OK;
}

base_result held_drop(struct weibel_core *core, const struct contact *contact) {
    return out_remove(&core->out, key_number(KEY_HELD, contact->number));
}
