/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Chats as faces see them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "arrival.h"
#include "change.h"
#include "chat.h"
#include "contact.h"
#include "field.h"
#include "group.h"
#include "json.h"
#include "roster.h"

enum { PICTURE_HASH_LEN = 8 };

static void address_text(const struct weibel_core *core, const uint8_t account[WIRE_ACCOUNT_LEN],
                         struct base_slice domain, char out[WIRE_MAX_ADDRESS + 1]) {
    char text[WIRE_MAX_DOMAIN + 1];
    field_set_text(text, sizeof text, domain);
    contact_address_text(core, account, text, out);
}

void chat_text(const struct weibel_core *core, const struct chat *chat, char out[WIRE_MAX_ADDRESS + 1]) {
    if (chat->kind == CHAT_DIRECT) {
        contact_text(core, contact_at(core, chat->peer), out);
    } else {
        (void)snprintf(out, WIRE_MAX_ADDRESS + 1, "g%" PRIu64, chat->number);
    }
}

static void write_members(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat,
                          const struct roster *roster) {
    char text[WIRE_MAX_ADDRESS + 1];
    json_name(writer, "members");
    json_array(writer);
    if (chat->kind == CHAT_DIRECT) {
        wire_id_format(core->account.id, text);
        json_string(writer, text);
        contact_text(core, contact_at(core, chat->peer), text);
        json_string(writer, text);
    }
    for (size_t i = 0; i < roster->count; i++) {
        const struct identity *identity = &roster->items[i].identity;
        if (roster_is_first(roster, i)) {
            address_text(core, identity->account, identity->domain, text);
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
    if (setting->thread_draft_count > 0) {
        json_name(writer, "thread_drafts");
        json_object(writer);
        for (size_t i = 0; i < setting->thread_draft_count; i++) {
            uint8_t id[CONTENT_ID_LEN] = { 0 };
            char thread[MESSAGE_ID_TEXT_LEN + 1];
            memcpy(id + 1, setting->thread_drafts[i].thread, MESSAGE_ID_PREFIX);
            message_id_text(id, thread);
            json_put_text(writer, thread, base_borrow(&setting->thread_drafts[i].text));
        }
        json_object_end(writer);
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

static void write_about(const struct weibel_core *core, struct base_writer *writer, const struct mls_group *mls) {
    struct group_about about;
    if (group_read_about(mls, &about) != BASE_OK) {
        return;
    }
    json_put_number(writer, "expire", about.expire);
    if (about.kind == CHAT_DIRECT) {
        return;
    }
    json_put_text(writer, "description", about.description);
    struct about_picture picture = group_picture(mls);
    if (picture.data.len > 0) {
        uint8_t hash[WIRE_KEY_LEN];
        char hex[2 * PICTURE_HASH_LEN + 1];
        account_hash(picture.data, hash);
        for (size_t i = 0; i < PICTURE_HASH_LEN; i++) {
            (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
        }
        json_put_string(writer, "picture", hex);
    }
    json_name(writer, "roles");
    json_object(writer);
    struct base_reader reader = base_reader(about.roles);
    struct about_entry entry;
    while (reader.left > 0 && about_role_next(&reader, &entry) == BASE_OK) {
        char text[WIRE_MAX_ADDRESS + 1];
        address_text(core, entry.account, entry.domain, text);
        json_put_string(writer, text, about_role_name((enum about_role)entry.role));
    }
    json_object_end(writer);
    json_name(writer, "policy");
    json_object(writer);
    json_put_string(writer, "expiring", about_expiring_name(&about));
    if (about.expire_min != 0) {
        json_put_number(writer, "expire_min", about.expire_min);
    }
    if (about.expire_max != 0) {
        json_put_number(writer, "expire_max", about.expire_max);
    }
    json_put_string(writer, "history", about_history_name(about.history));
    json_put_string(writer, "join", about_join_name(about.join));
    json_put_string(writer, "post", about_who_name(about.post));
    json_put_string(writer, "add", about_who_name(about.add));
    json_object_end(writer);
}

/* Changes that the server has not taken yet; those of the core's own accord are not people's business. */
static size_t pending_count(const struct chat *chat) {
    bool own = change_is_wished(&chat->change) && !chat_is_over(chat) &&
               (chat->kind == CHAT_GROUP || chat->change.kind == CHANGE_SET);
    size_t count = own ? 1 : 0;
    for (size_t i = 0; i < chat->waiting.count; i++) {
        count += change_is_wished((const struct change *)chat->waiting.items[i]) ? 1 : 0;
    }
    return count;
}

static void write_calls(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat) {
    enum { MOST = 50 };
    uint64_t numbers[MOST];
    size_t count = arrival_calls(core, chat, numbers, MOST);
    if (count == 0) {
        return;
    }
    json_name(writer, "calls");
    json_array(writer);
    for (size_t i = 0; i < count; i++) {
        json_number(writer, numbers[i]);
    }
    json_array_end(writer);
}

static void write_common(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat) {
    char text[WIRE_MAX_ADDRESS + 1];
    const struct group *group = chat_group(chat);
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    if (chat->kind == CHAT_GROUP && group != NULL) {
        base_result result = roster_make(core->options.allocator, group->mls, NULL, &roster);
        if (result != BASE_OK) {
            base_writer_fail(writer, result);
            return;
        }
    }
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
    write_members(core, writer, chat, &roster);
    bool over = chat_is_over(chat);
    json_put_string(writer, "state",
                    !over                                            ? "open"
                    : group != NULL && group->state == GROUP_REMOVED ? "removed"
                                                                     : "left");
    if (group != NULL) {
        write_about(core, writer, group->mls);
    }
    json_put_number(writer, "pending", pending_count(chat));
    json_put_number(writer, "queued", chat->outbox.count);
    json_put_number(writer, "unread", chat->unread);
    json_put_number(writer, "called", chat->called);
    write_calls(core, writer, chat);
    json_put_number(writer, "read", chat->read_to);
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
    const struct group *group = chat_group(chat);
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
