/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Deleted chats.
 */
#include "chat_delete.h"

#include <string.h>

#include "again.h"
#include "amend.h"
#include "chat.h"
#include "event.h"
#include "group.h"
#include "json.h"
#include "post.h"
#include "read.h"
#include "rpc.h"
#include "setting.h"
#include "sync_kind.h"

enum { PAGE = 50 };

bool chat_is_deleted(const struct chat *chat) {
    bool empty = chat->hollow || (chat->deleted_to != 0 && chat->deleted_to == chat->next_message);
    return empty && !chat->setting.pinned;
}

static void look_through(struct chat *chat) {
    chat->deleting = true;
    chat->deletion_again = chat->deletion_reads;
    chat->dirty = true;
}

static base_result delete_up_to(struct weibel_core *core, struct chat *chat, uint64_t number) {
    if (number <= chat->deleted_to) {
        return BASE_OK;
    }
    chat->deleted_to = number;
    chat->announce = true;
    look_through(chat);
    struct base_bytes draft BASE_CLEANUP(base_bytes_free) = { 0 };
    base_bytes_move(&draft, &chat->setting.draft); /* of that, and of pins, whoever has deleted the chat has told */
    setting_free(&chat->setting);
    base_bytes_move(&chat->setting.draft, &draft);
    return setting_save(core, chat);
}

void chat_deletion_look_again(struct chat *chat) {
    if (chat->hollow) {
        look_through(chat);
    }
}

/* ---- which ---- */

bool chat_deletion_covers(const struct weibel_core *core, const struct chat *chat,
                          const uint8_t stream[WIRE_STREAM_LEN], uint64_t entry) {
    if (entry == 0) {
        return sync_deletion_any(core, chat);
    }
    struct place deleted = sync_place(core, SYNC_DELETED, chat, stream);
    return entry <= deleted.entry && deleted.turn == sync_place(core, SYNC_READ, chat, stream).turn;
}

/* Where it stands in a stream. */
static const struct group *place_of(const struct chat *chat, const struct message *message) {
    return message->entry == 0 ? NULL : group_in_place(chat, message->group);
}

/* Other devices may have it only where it stood first, or only where it stands now. */
static bool was_sent_again(const struct message *message) {
    return message->stood.entry != 0;
}

/* In the place of a stream's name. */
static void name_of(const struct message *message, uint8_t out[WIRE_STREAM_LEN]) {
    memset(out, 0, WIRE_STREAM_LEN);
    memcpy(out, message->id + 1, MESSAGE_ID_PREFIX);
}

static bool is_named(const struct weibel_core *core, const struct chat *chat, const struct message *message) {
    uint8_t name[WIRE_STREAM_LEN];
    name_of(message, name);
    return message->has_id && sync_place(core, SYNC_DELETED, chat, name).entry != 0;
}

bool chat_deletion_has(const struct weibel_core *core, const struct chat *chat, const struct message *message) {
    const struct group *group = place_of(chat, message);
    const struct stood *stood = &message->stood;
    return is_named(core, chat, message) ||
           (was_sent_again(message) && chat_deletion_covers(core, chat, stood->stream, stood->entry)) ||
           (group != NULL && chat_deletion_covers(core, chat, group->id, message->entry));
}

void chat_deletion_placed(const struct weibel_core *core, struct chat *chat, const struct message *message) {
    if (chat_deletion_has(core, chat, message)) {
        look_through(chat);
    }
}

/* ---- removing ---- */

/* How far the chat was looked through, from its end on. */
struct look {
    uint64_t end, before;
    bool covered;  /* something that was deleted by its place stands behind */
    bool survives; /* something has a place, and was not deleted */
    bool removed;  /* something was removed */
    bool any;      /* something was there */
};

/* Tells the other devices of what is behind what this one has read of the stream: an own message that is on its way, or
 * was accepted; or one that came from another device, before all that this one reads there. And of what was sent again.
 */
static base_result tell(struct weibel_core *core, const struct chat *chat, const struct message *message) {
    const struct group *group = place_of(chat, message);
    uint8_t name[WIRE_STREAM_LEN];
    bool goes = message->own && message->state == MESSAGE_QUEUED && !post_untouched(chat, message->number);
    bool behind = group != NULL && !chat_deletion_has(core, chat, message);
    bool again = was_sent_again(message);
    if (!message->has_id || !(goes || behind || again)) {
        return BASE_OK;
    }
    if (!message->own && !again) {
        struct place place = { sync_place(core, SYNC_READ, chat, group->id).turn, message->entry };
        return sync_place_put(core, SYNC_DELETED, chat, group->id, place);
    }
    name_of(message, name);
    return sync_place_put(core, SYNC_DELETED, chat, name, (struct place){ .entry = 1 });
}

/* The newest come first. */
static base_result look_at(struct weibel_core *core, struct chat *chat, struct message *message, struct look *look) {
    bool waits = message->own && (message->state == MESSAGE_QUEUED || message->state == MESSAGE_FAILED);
    bool deleted;
    if (message->number <= chat->deleted_to) {
        BASE_TRY(tell(core, chat, message));
        deleted = true;
    } else if (place_of(chat, message) != NULL || was_sent_again(message) || waits) {
        deleted = chat_deletion_has(core, chat, message);
        look->covered = look->covered || deleted;
        look->survives = look->survives || !deleted;
    } else {
        deleted = look->covered;
    }
    look->removed = look->removed || deleted;
    return deleted ? amend_hide(core, chat, message) : BASE_OK;
}

static base_result ask_page(struct weibel_core *core, struct chat *chat, const struct look *look);

/* Whether anybody has read anything that came after the deletion. */
static bool goes_on(const struct weibel_core *core, const struct chat *chat) {
    bool on = false;
    for (size_t i = 0; i < chat->groups.count && !on; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        struct place read = sync_place(core, SYNC_READ, chat, group->id);
        struct place deleted = sync_place(core, SYNC_DELETED, chat, group->id);
        on = read.turn == deleted.turn ? read.entry > deleted.entry : read.entry > 0;
    }
    return on;
}

static base_result end_look(struct weibel_core *core, struct chat *chat, const struct look *look) {
    bool empty = !look->any && chat->next_message == look->end && chat->last_number == 0;
    bool hollow = empty && !goes_on(core, chat);
    chat->announce = chat->announce || hollow != chat->hollow;
    chat->hollow = hollow;
    chat->deletion_reads = false;
    chat->dirty = true;
    if (!chat->deletion_again) {
        chat->deleting = false;
    }
    chat->deletion_again = false;
    return look->survives || !look->removed ? BASE_OK : delete_up_to(core, chat, look->end);
}

static base_result page_read(struct weibel_core *core, struct read *read) {
    struct chat *chat = chat_at(core, read->chat);
    struct look *look = (struct look *)read->own;
    core->deletions--;
    if (chat == NULL) {
        return BASE_OK;
    }
    for (size_t i = 0; i < read->messages.count; i++) {
        struct message *message = (struct message *)read->messages.items[i];
        look->before = message->number;
        look->any = true;
        BASE_TRY(look_at(core, chat, message, look));
    }
    return read->count == PAGE ? ask_page(core, chat, look) : end_look(core, chat, look);
}

static base_result ask_page(struct weibel_core *core, struct chat *chat, const struct look *look) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, page_read, NULL, &read));
    struct look *copy = (struct look *)base_take(core->options.allocator, 1, sizeof *copy);
    BASE_ENSURE(copy != NULL, BASE_ERR_NO_MEMORY);
    *copy = *look;
    read->own = copy;
    read->free_own = base_free;
    read->chat = chat->number;
    chat->deletion_reads = true;
    BASE_TRY(read_ask(core, read, read_add_message, key_pair(KEY_MESSAGE, chat->number, 0),
                      key_pair(KEY_MESSAGE, chat->number, look->before), PAGE, true));
    core->deletions++;
    read = NULL;
    return BASE_OK;
}

/* Not while messages are being changed: one that has been read for that would be stored again. */
base_result chat_delete_pump(struct weibel_core *core) {
    for (size_t i = 0; i < core->chats.count && !core->amending; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        struct look look = { .end = chat->next_message, .before = chat->next_message + 1 };
        if (chat->deleting && !chat->deletion_reads) {
            BASE_TRY(ask_page(core, chat, &look));
        }
    }
    return BASE_OK;
}

/* ---- the account's other devices ---- */

base_result chat_deletion_take(struct weibel_core *core, struct base_slice name, struct base_slice value, bool fresh) {
    (void)value;
    (void)fresh;
    struct chat *chat;
    for (size_t i = 0; (chat = sync_chat_next(core, sync_place_chat(name), &i)) != NULL;) {
        look_through(chat); /* it goes by streams there */
    }
    return BASE_OK;
}

/* ---- the method ---- */

/* Groups that this device has forgotten as nobody needs them: another one may have them still. */
static base_result delete_past(struct weibel_core *core, const struct chat *chat) {
    struct base_reader reader = base_reader(base_borrow(&chat->past));
    while (reader.left > 0) {
        struct again_past past;
        BASE_TRY(again_read_past(&reader, &past));
        const uint8_t *stream = past.stream.data;
        struct place place = { sync_place(core, SYNC_READ, chat, stream).turn, past.position };
        BASE_TRY(sync_place_put(core, SYNC_DELETED, chat, stream, place));
    }
    return BASE_OK;
}

base_result rpc_chat_delete(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    if (chat->kind == CHAT_GROUP && !chat_is_over(chat)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "state", "a group has to be left before its chat can be deleted");
    }
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        struct place place = { sync_place(core, SYNC_READ, chat, group->id).turn, group->position };
        BASE_TRY(sync_place_put(core, SYNC_DELETED, chat, group->id, place));
    }
    BASE_TRY(delete_past(core, chat));
    chat->setting.pinned = chat->setting.archived = chat->setting.marked = false;
    base_bytes_free(&chat->setting.draft);
    BASE_TRY(setting_save(core, chat));
    BASE_TRY(delete_up_to(core, chat, chat->next_message));
    look_through(chat);
    chat->announce = true;
    return rpc_answer_empty(core, call);
}
