/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Asking the server for identity keys, and what follows when somebody is not who he said.
 */
#include "vouch.h"

#include <stdio.h>
#include <string.h>

#include "chat.h"
#include "contact.h"
#include "field.h"
#include "group.h"
#include "join.h"
#include "post.h"
#include "request.h"

enum { MAX_VOUCHING = 32 }; /* questions that are under way at once */

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
static base_result end_forged(struct weibel_core *core, struct chat *chat) {
    bool any = false;
    for (size_t i = chat->groups.count; i > 0; i--) {
        struct group *group = (struct group *)chat->groups.items[i - 1];
        if (!all_genuine(core, group)) {
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

static bool has_forged(const struct weibel_core *core, const struct group *group, const struct contact *contact) {
    struct mls_member member;
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        struct identity identity;
        if (identity_peek(member.credential.content, &identity) == BASE_OK &&
            memcmp(identity.account, contact->id, WIRE_ACCOUNT_LEN) == 0 &&
            base_slice_equal(identity.domain, base_slice_text(contact->domain)) && !join_is_genuine(core, &identity)) {
            return true;
        }
    }
    return false;
}

/* The server has said who the contact is: where somebody else has used his ID, it is said. */
static base_result look_for_forged(struct weibel_core *core, const struct contact *contact) {
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->kind == CHAT_DIRECT) {
            BASE_TRY(chat->peer == contact->number ? end_forged(core, chat) : BASE_OK);
            continue;
        }
        const struct group *group = chat_writing_group(chat);
        if (group != NULL && has_forged(core, group, contact)) {
            char id[WIRE_MAX_ADDRESS + 1];
            contact_text(core, contact, id);
            BASE_TRY(chat_notice(core, chat, MESSAGE_IDENTITY, 0,
                                 "The identity key of somebody who uses the ID %s is not the one known here. What he "
                                 "writes is not shown: ask in person",
                                 id));
        }
    }
    return BASE_OK;
}

static base_result deny(struct weibel_core *core, struct contact *contact) {
    BASE_TRY(contact_deny(core, contact));
    return look_for_forged(core, contact);
}

/* `a`: number of the contact. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    struct contact *contact = contact_at(core, a);
    contact->asking = false;
    core->session.vouching--;
    if (answer->type == WIRE_IDENTITY) {
        bool same;
        BASE_TRY(contact_vouch(core, contact, answer->of.identity.identity_key, &same));
        return look_for_forged(core, contact);
    }
    if (answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_NO_ACCOUNT) {
        return contact->vouched ? BASE_OK : deny(core, contact);
    }
    struct wire_refusal unknown = { 0, 0 };
    core->session.vouch_at =
        state_now(core) + request_delay(answer->type == WIRE_REFUSAL ? &answer->of.refusal : &unknown);
    return BASE_OK;
}

base_result vouch_ask(struct weibel_core *core, struct contact *contact) {
    if (strcmp(contact->domain, core->account.domain) != 0) {
        return deny(core, contact); /* our server can't say anything about him */
    }
    struct wire_frame frame = { .type = WIRE_GET_IDENTITY };
    memcpy(frame.of.get_identity.account, contact->id, sizeof frame.of.get_identity.account);
    contact->asking = true;
    core->session.vouching++;
    return request_send(core, &frame, answered, contact->number, 0);
}

/* The contact behind a member; NULL: ourselves, or somebody who is known. */
static base_result stranger(struct weibel_core *core, const struct mls_member *member, struct contact **out) {
    struct identity identity;
    *out = NULL;
    BASE_TRY(identity_peek(member->credential.content, &identity));
    if (join_is_self(core, &identity)) {
        return BASE_OK;
    }
    char domain[WIRE_MAX_DOMAIN + 1];
    struct contact *contact;
    field_set_text(domain, sizeof domain, identity.domain);
    BASE_TRY(contact_get(core, identity.account, domain, &contact));
    *out = contact->vouched || contact->absent ? NULL : contact;
    return BASE_OK;
}

base_result vouch_pump(struct weibel_core *core, struct chat *chat, bool *waits) {
    struct group *group = chat_writing_group(chat);
    struct mls_member member;
    *waits = false;
    if (group == NULL) {
        return BASE_OK;
    }
    for (uint32_t leaf = group->known_leaves; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        struct contact *contact;
        BASE_TRY(stranger(core, &member, &contact));
        bool may_ask = core->session.vouching < MAX_VOUCHING && core->session.vouch_at <= state_now(core);
        if (contact != NULL && !contact->asking && may_ask) {
            BASE_TRY(vouch_ask(core, contact));
            contact = contact->absent ? NULL : contact;
        }
        *waits = *waits || contact != NULL;
        if (!*waits) {
            group->known_leaves = leaf + 1;
        } else if (!may_ask) {
            return BASE_OK;
        }
    }
    return BASE_OK;
}

void vouch_forget(struct weibel_core *core) {
    core->session.vouching = 0;
    core->session.vouch_at = 0;
    for (size_t i = 0; i < core->contacts.count; i++) {
        ((struct contact *)core->contacts.items[i])->asking = false;
    }
}

uint64_t vouch_deadline(const struct weibel_core *core) {
    return core->session.vouch_at;
}
