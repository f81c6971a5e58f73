/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Assertions about what people see.
 */
#include "chatting.h"

#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "group.h"
#include "message.h"
#include "sync_kind.h"
#include "sync_record.h"
#include "test/result.h"

void assert_texts(struct world_peer *peer, const char *chat, const char *expected) {
    char *texts = world_texts(peer, chat);
    assert_string_equal(texts, expected);
    free(texts);
}

const char *text_of(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItem(object, name);
    assert_true(cJSON_IsString(item));
    return item->valuestring;
}

double number_of(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItem(object, name);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

const cJSON *message_saying(struct world_peer *peer, const char *chat, const char *text) {
    const cJSON *messages = cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s'}", chat), "messages"),
                *message;
    cJSON_ArrayForEach(message, messages) {
        if (strcmp(text_of(message, "text"), text) == 0) {
            return message;
        }
    }
    fail();
    return NULL;
}

void assert_seen_as(struct world_peer *peer, const char *chat, const char *text, const char *state) {
    assert_string_equal(text_of(message_saying(peer, chat, text), "state"), state);
}

const char *group_of(struct world_peer *peer, const char *name) {
    const cJSON *result = world_call(peer, "chats", "{}"), *chat;
    cJSON_ArrayForEach(chat, cJSON_GetObjectItem(result, "chats")) {
        if (strcmp(text_of(chat, "name"), name) == 0) {
            return text_of(chat, "chat");
        }
    }
    fail_msg("no group of this name");
    return NULL;
}

const cJSON *listed_chat(struct world_peer *peer, const char *name) {
    const cJSON *chat;
    cJSON_ArrayForEach(chat, cJSON_GetObjectItem(world_call(peer, "chats", "{}"), "chats")) {
        if (strcmp(text_of(chat, "chat"), name) == 0) {
            return chat;
        }
    }
    return NULL;
}

void assert_agree(struct world *world, const char *group_name, const size_t *peers, size_t count) {
    const char *first = NULL;
    for (size_t i = 0; i < count; i++) {
        struct world_peer *peer = &world->peers[peers[i]];
        const cJSON *info = world_call(peer, "group.info", "{'chat':'%s'}", group_of(peer, group_name));
        const char *authenticator = text_of(info, "authenticator");
        if (first == NULL) {
            first = authenticator;
        }
        assert_string_equal(authenticator, first);
    }
}

const struct chat *chat_of_two(const struct world_peer *peer) {
    for (size_t i = 0; i < peer->core->chats.count; i++) {
        const struct chat *chat = (const struct chat *)peer->core->chats.items[i];
        if (chat->kind == CHAT_DIRECT) {
            return chat;
        }
    }
    fail();
    return NULL;
}

struct group *group_at_hand(const struct world_peer *peer) {
    struct group *group = NULL;
    for (size_t i = 0; i < peer->core->chats.count; i++) {
        const struct chat *chat = (const struct chat *)peer->core->chats.items[i];
        group = chat->kind == CHAT_GROUP ? chat_group(chat) : group;
    }
    assert_non_null(group);
    return group;
}

struct base_bytes stored_record(const struct world_peer *peer, struct key key) {
    struct base_bytes plain = { 0 };
    for (size_t i = 0; i < peer->store.count && plain.data == NULL; i++) {
        const struct world_record *record = &peer->store.records[i];
        if (base_slice_equal(model_slice(record->key), key_slice(&key))) {
            assert_ok(vault_unseal(&peer->core->vault, peer->core->options.allocator, key_slice(&key),
                                   model_slice(record->value), &plain));
        }
    }
    assert_non_null(plain.data);
    return plain;
}

void stored_message(struct world_peer *peer, const char *id, struct message *out) {
    uint8_t prefix[MESSAGE_ID_PREFIX];
    assert_true(message_id_parse(base_slice_text(id), prefix));
    for (size_t i = 0; i < peer->store.count; i++) {
        const struct world_record *record = &peer->store.records[i];
        enum key_table table;
        uint64_t chat, number;
        struct base_bytes plain = { 0 };
        if (record->key.data[0] != KEY_MESSAGE) {
            continue;
        }
        assert_ok(key_parse(model_slice(record->key), &table, &chat, &number));
        assert_ok(vault_unseal(&peer->core->vault, peer->core->options.allocator, model_slice(record->key),
                               model_slice(record->value), &plain));
        message_free(out);
        *out = (struct message){ 0 };
        assert_ok(message_load(peer->core, chat, number, base_borrow(&plain), out));
        base_bytes_free(&plain);
        if (memcmp(out->id + 1, prefix, sizeof prefix) == 0) {
            return;
        }
    }
    fail_msg("no such message");
}

void take_deletion(struct world_peer *peer, const struct group *group, uint64_t entry) {
    uint8_t name[SYNC_MAX_NAME], value[16] = { [15] = (uint8_t)entry };
    assert_non_null(group);
    size_t len = sync_chat_name(peer->core, group->chat, name);
    memcpy(name + len, group->id, WIRE_STREAM_LEN);
    len += WIRE_STREAM_LEN;
    struct sync_view view = {
        .kind = SYNC_DELETED, .name = base_slice(name, len), .value = base_slice(value, sizeof value), .clock = 1
    };
    assert_ok(sync_record_take(peer->core, &view));
}

void tell_deleted(struct world_peer *peer, const struct group *group, uint64_t entry) {
    take_deletion(peer, group, entry);
    (void)world_call(peer, "whoami", "{}");
    world_pass(peer->world, 60 * 1000);
}
