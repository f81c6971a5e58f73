/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Asking the server for the identity key of who has begun a direct chat.
 */
#include "vouch.h"

#include <string.h>

#include "chat.h"
#include "contact.h"
#include "group.h"
#include "join.h"
#include "post.h"
#include "request.h"

bool vouch_needed(const struct weibel_core *core, const struct chat *chat) {
    return chat->kind == CHAT_DIRECT && !contact_at(core, chat->peer)->vouched && chat_writing_group(chat) != NULL;
}

static bool all_genuine(const struct weibel_core *core, const struct group *group) {
    struct mls_member member;
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        struct identity identity;
        if (identity_peek(member.credential.content, &identity) != BASE_OK || !join_is_genuine(core, &identity)) {
            return false;
        }
    }
    return true;
}

/* Nothing of it has been read. */
static base_result end_forged(struct weibel_core *core, struct chat *chat, bool all) {
    bool any = false;
    for (size_t i = chat->groups.count; i > 0; i--) {
        struct group *group = (struct group *)chat->groups.items[i - 1];
        if (all || !all_genuine(core, group)) {
            BASE_TRY(post_renew(core, chat, group->number));
            BASE_TRY(group_forget(core, group));
            any = true;
        }
    }
    if (!any) {
        return BASE_OK;
    }
    char id[WIRE_MAX_ADDRESS + 1];
    contact_text(core, contact_at(core, chat->peer), id);
    chat->announce = true;
    return chat_notice(core, chat, MESSAGE_IDENTITY, chat->peer,
                       "Somebody who is not %s has written under this ID, and was refused", id);
}

/* `a`: number of the chat. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    struct chat *chat = chat_at(core, a);
    if (chat == NULL) {
        return BASE_OK;
    }
    chat->vouching = false;
    if (!vouch_needed(core, chat)) {
        return BASE_OK;
    }
    if (answer->type == WIRE_KEY_PACKAGES) {
        bool same;
        BASE_TRY(contact_vouch(core, contact_at(core, chat->peer), answer->of.key_packages.identity_key, &same));
        return end_forged(core, chat, false);
    }
    if (answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_NO_ACCOUNT) {
        return end_forged(core, chat, true);
    }
    struct wire_refusal unknown = { 0, 0 };
    uint64_t delay = request_delay(answer->type == WIRE_REFUSAL ? &answer->of.refusal : &unknown);
    for (size_t i = 0; i < chat->groups.count; i++) {
        ((struct group *)chat->groups.items[i])->retry_at = state_now(core) + delay;
    }
    return BASE_OK;
}

base_result vouch_pump(struct weibel_core *core, struct chat *chat) {
    if (chat->vouching || chat_writing_group(chat)->retry_at > state_now(core)) {
        return BASE_OK;
    }
    /* With it come key packages that are not needed: the server has no other way to say an identity key. */
    struct wire_frame frame = { .type = WIRE_TAKE_KEY_PACKAGES };
    memcpy(frame.of.take_key_packages.account, contact_at(core, chat->peer)->id,
           sizeof frame.of.take_key_packages.account);
    chat->vouching = true;
    return request_send(core, &frame, answered, chat->number, 0);
}
