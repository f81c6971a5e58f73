/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Chats as faces see them.
 */
#include <inttypes.h>
#include <stdio.h>

#include "chat.h"
#include "contact.h"
#include "group.h"
#include "json.h"

void chat_text(const struct weibel_core *core, const struct chat *chat, char out[WIRE_MAX_ADDRESS + 1]) {
    if (chat->kind == CHAT_DIRECT) {
        contact_text(core, contact_at(core, chat->peer), out);
    } else {
        (void)snprintf(out, WIRE_MAX_ADDRESS + 1, "g%" PRIu64, chat->number);
    }
}

static void write_members(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat) {
    char text[WIRE_MAX_ADDRESS + 1];
    json_name(writer, "members");
    json_array(writer);
    const struct group *group = chat->groups.count == 0 ? NULL : (const struct group *)chat->groups.items[0];
    if (chat->kind == CHAT_DIRECT) {
        wire_id_format(core->account.id, text);
        json_string(writer, text);
        contact_text(core, contact_at(core, chat->peer), text);
        json_string(writer, text);
    } else if (group != NULL) {
        struct group_members walk = { 0 };
        while (group_next_account(group, &walk)) {
            contact_address_text(core, walk.account, walk.domain, text);
            json_string(writer, text);
        }
    }
    json_array_end(writer);
}

static void write_setting(struct base_writer *writer, const struct chat_setting *setting) {
    json_put_bool(writer, "pinned", setting->pinned);
    json_put_bool(writer, "archived", setting->archived);
    json_put_bool(writer, "marked", setting->marked);
    if (setting->muted_until != 0) {
        json_put_number(writer, "muted_until", setting->muted_until);
    }
    if (setting->draft.len != 0) {
        json_put_text(writer, "draft", base_borrow(&setting->draft));
    }
}

static void write_last(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat) {
    if (chat->last_number == 0) {
        return;
    }
    struct message message BASE_CLEANUP(message_free) = { 0 };
    base_result result = message_load(core, chat->number, chat->last_number, base_borrow(&chat->last), &message);
    if (result != BASE_OK) {
        base_writer_fail(writer, result); /* no memory: we have written it */
        return;
    }
    json_name(writer, "last");
    message_json(core, writer, &message);
}

static void write_common(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat) {
    char text[WIRE_MAX_ADDRESS + 1];
    chat_text(core, chat, text);
    json_put_string(writer, "chat", text);
    json_put_string(writer, "kind", chat->kind == CHAT_DIRECT ? "direct" : "group");
    if (chat->kind == CHAT_DIRECT) {
        contact_words(core, contact_at(core, chat->peer), text);
        json_put_string(writer, "name", text);
        json_put_bool(writer, "request", contact_at(core, chat->peer)->request);
    } else {
        json_put_string(writer, "name", chat->name);
    }
    write_members(core, writer, chat);
    const struct group *group = chat->groups.count == 0 ? NULL : (const struct group *)chat->groups.items[0];
    bool ended = chat->kind == CHAT_GROUP && group != NULL && group->state > GROUP_OPEN;
    json_put_string(writer, "state", !ended ? "open" : group->state == GROUP_LEFT ? "left" : "removed");
    json_put_number(writer, "queued", chat->outbox.count);
    json_put_number(writer, "unread", chat->unread);
    json_put_number(writer, "last_at", chat->last_at);
    write_setting(writer, &chat->setting);
    write_last(core, writer, chat);
}

void chat_json(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat) {
    json_object(writer);
    write_common(core, writer, chat);
    json_object_end(writer);
}

void chat_json_info(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat) {
    json_object(writer);
    write_common(core, writer, chat);
    const struct group *group = chat_writing_group(chat);
    if (group == NULL && chat->groups.count > 0) {
        group = (const struct group *)chat->groups.items[0];
    }
    if (group != NULL) {
        json_put_number(writer, "epoch", mls_group_epoch(group->mls));
        json_put_number(writer, "devices", mls_group_member_count(group->mls));
        char hex[2 * MLS_HASH_MAX + 1] = "";
        struct base_slice authenticator = mls_group_epoch_authenticator(group->mls);
        for (size_t i = 0; i < authenticator.len && i < MLS_HASH_MAX; i++) {
            (void)snprintf(hex + 2 * i, 3, "%02x", authenticator.data[i]);
        }
        json_put_string(writer, "authenticator", hex);
    }
    json_object_end(writer);
}
