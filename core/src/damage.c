/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What becomes of damaged records, by their table.
 */
#include "damage.h"

#include <string.h>

#include "again.h"
#include "amend.h"
#include "arrival.h"
#include "chat.h"
#include "expiry.h"
#include "load.h"
#include "post.h"
#include "transfer.h"

enum fate {
    FATE_DEAD = 0, /* the home does not open without it */
    FATE_LOST,     /* it is gone, which is said */
    FATE_MADE,     /* likewise, and it is asked for anew, or comes again by itself */
    FATE_PIECE,    /* libmls says what is missing: others help (heal.h) */
    FATE_SENDING,  /* it is gone; a message that it was to carry has failed */
    FATE_EXPIRY,   /* the message that disappears says when */
};

static const uint8_t fates[KEY_LOADED_END] = {
    [KEY_GROUP] = FATE_MADE,     [KEY_MLS] = FATE_PIECE,       [KEY_KEY_PACKAGE] = FATE_MADE,
    [KEY_OUTBOX] = FATE_SENDING, [KEY_LETTER] = FATE_LOST,     [KEY_TRANSFER] = FATE_SENDING,
    [KEY_EXPIRY] = FATE_EXPIRY,  [KEY_ARRIVAL] = FATE_LOST,    [KEY_AMENDMENT] = FATE_LOST,
    [KEY_SYNC] = FATE_LOST,      [KEY_SETTING] = FATE_LOST,    [KEY_LOOSE] = FATE_LOST,
    [KEY_MEMBERS] = FATE_MADE,   [KEY_INVITATION] = FATE_LOST, [KEY_HAND] = FATE_LOST,
    [KEY_TALLY] = FATE_MADE,     [KEY_LATECOMERS] = FATE_MADE, [KEY_JOINING] = FATE_LOST,
    [KEY_GONE] = FATE_MADE,
};

static base_result remove_record(struct weibel_core *core, struct base_slice key) {
    struct key name = { .len = key.len };
    memcpy(name.data, key.data, key.len);
    return out_remove(&core->out, name);
}

/* ---- while the home is being opened ---- */

static base_result take_loaded(struct weibel_core *core, struct base_slice key) {
    enum key_table table;
    uint64_t a, b;
    enum fate fate = key.data[0] < KEY_LOADED_END ? (enum fate)fates[key.data[0]] : FATE_DEAD;
    BASE_ENSURE(fate != FATE_DEAD, WEIBEL_ERR_RECORD);
    if (fate == FATE_PIECE) {
        return load_damaged_piece(core, key);
    }
    BASE_ENSURE(key_parse(key, &table, &a, &b) == BASE_OK, WEIBEL_ERR_RECORD);
    core->damage.lost = core->damage.lost || fate == FATE_LOST || fate == FATE_SENDING;
    core->damage.sending = core->damage.sending || fate == FATE_SENDING;
    core->damage.files = core->damage.files || table == KEY_TRANSFER;
    if (table == KEY_SYNC) {
        core->account.sync_wanted = core->account.dirty = true; /* other devices have it, too */
    }
    return fate == FATE_EXPIRY ? expiry_load_damaged(core, a, b) : remove_record(core, key);
}

/* ---- while it is open ---- */

/* In its place stands that there was one. */
static base_result replace_message(struct weibel_core *core, struct read *read, struct base_slice key) {
    enum key_table table;
    uint64_t chat, number;
    BASE_ENSURE(key_parse(key, &table, &chat, &number) == BASE_OK, WEIBEL_ERR_RECORD);
    if (chat_at(core, chat) == NULL) {
        return remove_record(core, key);
    }
    const struct message *beside =
        read->messages.count == 0 ? NULL : (const struct message *)read->messages.items[read->messages.count - 1];
    struct message notice BASE_CLEANUP(message_free) = {
        .kind = MESSAGE_GAP,
        .chat = chat,
        .number = number,
        .sent_at = beside != NULL ? beside->sent_at : state_now(core),
    };
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_bytes_copy(core->options.allocator,
                             base_slice_text("A message that stood here was damaged on this device: it can't be read "
                                             "here any more"),
                             &notice.text));
    BASE_TRY(message_save(core, &notice));
    BASE_TRY(message_encode(core, &notice, &record));
    return read->record(core, read, key, base_borrow(&record));
}

base_result damage_found(struct weibel_core *core, struct read *read, struct base_slice key) {
    if (core->home == HOME_OPENING) {
        return take_loaded(core, key);
    }
    switch (key.data[0]) {
    case KEY_MESSAGE:
        return replace_message(core, read, key);
    case KEY_HISTORY:
    case KEY_LATE:
    case KEY_SEND_KEY:
        return read->record(core, read, key, base_slice(NULL, 0)); /* they know what follows */
    case KEY_SEARCH:
        core->damage.search = core->damage.search == SEARCH_WHOLE ? SEARCH_DAMAGED : core->damage.search;
        return remove_record(core, key);
    case KEY_INDEX:
    case KEY_HELD:
    case KEY_THREAD:
        return remove_record(core, key);
    default:
        return &WEIBEL_ERR_RECORD;
    }
}

/* ---- when it is open ---- */

/* `files`: of a file nobody knows any more whether it is on the server. */
static bool is_carried(const struct weibel_core *core, const struct chat *chat, const struct message *message,
                       bool files) {
    bool carried = false;
    for (size_t i = 0; i < chat->outbox.count && !carried; i++) {
        carried = ((const struct post *)chat->outbox.items[i])->message == message->number;
    }
    size_t uploads = 0;
    for (size_t i = 0; i < core->transfers.count; i++) {
        const struct transfer *transfer = (const struct transfer *)core->transfers.items[i];
        bool own = transfer->chat == chat->number && transfer->message == message->number;
        uploads += own && transfer->kind == TRANSFER_UPLOAD ? 1 : 0;
    }
    return carried && (!files || uploads == message->file_count);
}

/* What waits in the last messages of a chat, and nothing carries any more, has failed. `read->more`: nor is it known
 * of which files. */
static base_result queued_read(struct weibel_core *core, struct read *read) {
    struct chat *chat = chat_at(core, read->chat);
    for (size_t i = 0; i < read->messages.count && chat != NULL; i++) {
        const struct message *message = (const struct message *)read->messages.items[i];
        if (!message->own || message->state != MESSAGE_QUEUED || is_carried(core, chat, message, read->more)) {
            continue;
        }
        BASE_TRY(post_drop(core, chat, message->number));
        BASE_TRY(transfer_cancel_uploads(core, chat->number, message->number));
        struct amendment amendment = {
            .kind = AMEND_STATE,
            .chat = chat->number,
            .message = message->number,
            .state = MESSAGE_FAILED,
            .trouble = trouble_make(TROUBLE_FILE, "data_damaged",
                                    "what was to be sent was damaged on this device: it may have reached nobody. Write "
                                    "it again"),
            .durable = true,
        };
        memcpy(amendment.target, message->id, sizeof amendment.target);
        BASE_TRY(amend_add(core, &amendment));
    }
    return BASE_OK;
}

static base_result look_for_queued(struct weibel_core *core, const struct chat *chat) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, queued_read, NULL, &read));
    read->chat = chat->number;
    read->more = core->damage.files;
    BASE_TRY(read_ask(core, read, read_add_message, key_pair(KEY_MESSAGE, chat->number, 0),
                      key_pair(KEY_MESSAGE, chat->number, UINT64_MAX), AGAIN_MAX, true));
    read = NULL;
    return BASE_OK;
}

static base_result expiry_read(struct weibel_core *core, struct read *read) {
    const struct message *message = read->messages.count == 0 ? NULL : (const struct message *)read->messages.items[0];
    BASE_TRY(expiry_forget(core, read->chat, read->message));
    if (message == NULL || (message->expires_at == 0 && message->expire == 0)) {
        return BASE_OK;
    }
    BASE_TRY(expiry_add(core, message));
    const struct arrival *unread = arrival_of_unread(core, message->chat, message->number);
    bool read_here = unread == NULL || unread->anew; /* an edit calls for what was read */
    return !message->own && read_here ? expiry_start(core, message->chat, message->number) : BASE_OK;
}

static base_result look_for_expiry(struct weibel_core *core, const struct expiry *expiry) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    struct key key = key_pair(KEY_MESSAGE, expiry->chat, expiry->message);
    BASE_TRY(read_new(core, expiry_read, NULL, &read));
    read->chat = expiry->chat;
    read->message = expiry->message;
    BASE_TRY(read_ask(core, read, read_add_message, key, key_after(key_slice(&key)), 1, false));
    read = NULL;
    return BASE_OK;
}

/* Where the person has been last. */
static struct chat *latest_chat(const struct weibel_core *core) {
    struct chat *latest = NULL;
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        latest = chat->kind != CHAT_OWN && (latest == NULL || chat->last_at > latest->last_at) ? chat : latest;
    }
    return latest;
}

base_result damage_tell(struct weibel_core *core) {
    struct chat *chat = latest_chat(core);
    for (size_t i = 0; i < core->expiries.count; i++) {
        const struct expiry *expiry = (const struct expiry *)core->expiries.items[i];
        BASE_TRY(expiry_is_damaged(expiry) ? look_for_expiry(core, expiry) : BASE_OK);
    }
    for (size_t i = 0; i < core->chats.count && core->damage.sending; i++) {
        BASE_TRY(look_for_queued(core, (const struct chat *)core->chats.items[i]));
    }
    bool lost = core->damage.lost && chat != NULL;
    core->damage.lost = core->damage.sending = core->damage.files = false;
    return lost ? chat_notice(core, chat, MESSAGE_GAP, 0,
                              "Part of what this device had stored was damaged and is lost. Make a backup, and look "
                              "whether what you wrote last has been sent")
                : BASE_OK;
}

base_result damage_pump(struct weibel_core *core) {
    struct chat *chat = core->damage.search == SEARCH_DAMAGED ? latest_chat(core) : NULL;
    if (chat == NULL) {
        return BASE_OK;
    }
    core->damage.search = SEARCH_TOLD;
    return chat_notice(core, chat, MESSAGE_GAP, 0,
                       "Part of this device's search was damaged: it does not find all that was written before");
}
