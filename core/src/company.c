/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Hashes, one behind the other.
 */
#include "company.h"

#include <sodium.h>
#include <string.h>

#include "group.h"
#include "join.h"
#include "roster.h"
#include "vouch.h"

static const char label[] = "weibel 1 company";

void company_hash(const struct identity *identity, uint8_t out[STATE_HASH_LEN]) {
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, (const uint8_t *)label, sizeof label, STATE_HASH_LEN);
    (void)crypto_generichash_update(&state, identity->account, sizeof identity->account);
    (void)crypto_generichash_update(&state, identity->identity_key, sizeof identity->identity_key);
    (void)crypto_generichash_update(&state, identity->domain.data, identity->domain.len);
    (void)crypto_generichash_final(&state, out, STATE_HASH_LEN);
}

base_result company_of(const struct weibel_core *core, const struct group *group, struct base_bytes *out) {
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    struct group_about about;
    size_t count = 0;
    BASE_TRY(group_read_about(group->mls, &about));
    BASE_TRY(roster_make(core->options.allocator, group->mls, NULL, &roster));
    BASE_TRY(base_bytes_take(core->options.allocator, (size_t)COMPANY_MAX * STATE_HASH_LEN, out));
    for (int plain = 0; plain < 2; plain++) {
        for (size_t i = 0; i < roster.count && count < COMPANY_MAX; i++) {
            const struct identity *identity = &roster.items[i].identity;
            bool member = about_role_of(&about, identity->account, identity->domain) == ROLE_MEMBER;
            if (roster_is_first(&roster, i) && member == (plain == 1) && !join_is_self(core, identity) &&
                vouch_is_good(core, group, roster.items[i].leaf, identity)) {
                company_hash(identity, out->data + STATE_HASH_LEN * count++);
            }
        }
    }
    out->len = STATE_HASH_LEN * count;
    return BASE_OK;
}

bool company_has(const struct chat *chat, const uint8_t hash[STATE_HASH_LEN]) {
    for (size_t at = 0; at + STATE_HASH_LEN <= chat->company.len; at += STATE_HASH_LEN) {
        if (memcmp(chat->company.data + at, hash, STATE_HASH_LEN) == 0) {
            return true;
        }
    }
    return false;
}
