/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A new home from a backup: its records are taken in one by one; behind the last one the home becomes a new device of
 * the account, by the recovery code that is in the backup.
 */
#include <string.h>

#include "account.h"
#include "backup_state.h"
#include "chat.h"
#include "contact.h"
#include "event.h"
#include "field.h"
#include "session.h"
#include "setting.h"

base_result backup_restore(struct weibel_core *core, struct call *call, struct base_slice path,
                           struct base_slice passphrase, struct base_slice server) {
    struct backup *backup = (struct backup *)base_take(core->options.allocator, 1, sizeof *backup);
    BASE_ENSURE(backup != NULL, BASE_ERR_NO_MEMORY);
    core->backup = backup;
    backup->kind = TRANSFER_RESTORE;
    backup->number = ++core->account.next_transfer;
    core->account.dirty = true;
    base_bytes_move(&backup->call.id, &call->id);
    BASE_TRY(field_copy_path(core->options.allocator, path, &backup->path));
    BASE_TRY(base_bytes_copy(core->options.allocator, passphrase, &backup->passphrase));
    BASE_TRY(base_bytes_copy(core->options.allocator, server, &backup->server));
    backup->wanted = ARCHIVE_HEAD_LEN;
    return backup_ask(core, WEIBEL_TRANSFER_READ, base_slice(NULL, 0), backup->wanted, false);
}

/* ---- records ---- */

static base_result take_contact(struct weibel_core *core, uint64_t number, struct base_slice value) {
    BASE_ENSURE(number == core->contacts.count + 1, WEIBEL_ERR_ARCHIVE); /* messages name them by their numbers */
    BASE_TRY(contact_load(core, number, value));
    core->account.next_contact = number;
    return contact_save(core, contact_at(core, number));
}

static base_result take_chat(struct weibel_core *core, uint64_t number, struct base_slice value) {
    BASE_ENSURE(number > core->account.next_chat, WEIBEL_ERR_ARCHIVE);
    size_t count = core->chats.count;
    base_result result = chat_load(core, number, value);
    if (result != BASE_OK) {
        while (core->chats.count > count) {
            chat_free(list_take(&core->chats, core->chats.count - 1)); /* it may name somebody who is not there */
        }
        return result;
    }
    struct chat *chat = chat_at(core, number);
    BASE_ENSURE(chat->kind != CHAT_OWN && chat->change.kind == CHANGE_NONE && chat->waiting.count == 0 &&
                    chat->indexed == 0,
                WEIBEL_ERR_ARCHIVE);
    core->account.next_chat = number;
    chat->dirty = true;
    return BASE_OK;
}

static base_result take_setting(struct weibel_core *core, uint64_t number, struct base_slice value) {
    BASE_TRY(setting_load(core, number, value));
    return number == 0 ? settings_save(core) : setting_save(core, chat_at(core, number));
}

/* Where the server has it, and what this home was about to do with it, is not known here. */
static base_result take_message(struct weibel_core *core, uint64_t chat, uint64_t number, struct base_slice value) {
    struct message message BASE_CLEANUP(message_free) = { .number = 0 };
    const struct chat *of = chat_at(core, chat);
    BASE_TRY(message_load(core, chat, number, value, &message));
    BASE_ENSURE(of != NULL && number <= of->next_message, WEIBEL_ERR_ARCHIVE);
    message.group = message.entry = message.arrival = 0;
    if (message.state == MESSAGE_QUEUED) {
        message.state = MESSAGE_FAILED;
        message.trouble = trouble_make(TROUBLE_LATER, "offline", "it was not sent when the backup was made");
    }
    BASE_TRY(message.has_id ? message_index_save(core, &message) : BASE_OK);
    return message_save(core, &message);
}

static base_result take_record(struct weibel_core *core, struct base_slice name, struct base_slice value) {
    enum key_table table;
    uint64_t a, b;
    BASE_TRY(key_parse(name, &table, &a, &b));
    switch (table) {
    case KEY_ACCOUNT:
        return backup_take_account(core, value, core->backup->code);
    case KEY_CONTACT:
        return take_contact(core, a, value);
    case KEY_CHAT:
        return take_chat(core, a, value);
    case KEY_SETTING:
        return take_setting(core, a, value);
    case KEY_MESSAGE:
        return take_message(core, a, b, value);
    default:
        return BASE_OK; /* of a later Weibel that has more */
    }
}

/* ---- pieces ---- */

/* What is wrong is said in words; only lack of memory and the like end the core. */
static base_result refuse(struct weibel_core *core, base_result why) {
    if (trouble_is_fatal(why)) {
        return why;
    }
    struct trouble trouble =
        why == &WEIBEL_ERR_PASSPHRASE
            ? trouble_make(TROUBLE_PASSPHRASE, "passphrase", "the passphrase is not the backup's")
        : why == &WEIBEL_ERR_VERSION        ? trouble_make(TROUBLE_REFUSED, "data_version", "%s", why->text)
        : why == &WEIBEL_ERR_ARCHIVE_MEMORY ? trouble_make(TROUBLE_FILE, "memory", "%s", why->text)
                                            : trouble_make(TROUBLE_FILE, "damaged", "%s", WEIBEL_ERR_ARCHIVE.text);
    return backup_fail(core, &trouble);
}

/* Everything is here: the home becomes a device. */
static base_result become_device(struct weibel_core *core) {
    const struct backup *backup = core->backup;
    struct account *account = &core->account;
    BASE_ENSURE(backup->code[0] != 0, WEIBEL_ERR_ARCHIVE);
    if (backup->server.len > 0) {
        field_set_text(account->url, sizeof account->url, base_borrow(&backup->server));
    }
    memcpy(account->code, backup->code, sizeof account->code);
    account->linked = account->link_taken = true; /* as by a link whose content is here */
    account->state = ACCOUNT_ACTIVATING;
    account->dirty = true;
    return BASE_OK;
}

static base_result finish(struct weibel_core *core) {
    struct backup *backup = core->backup;
    BASE_TRY(become_device(core));
    base_bytes_move(&core->activate_call.id, &backup->call.id);
    BASE_TRY(backup_tell(core, "done", NULL));
    backup_free(core);
    return session_want(core);
}

static base_result take_piece(struct weibel_core *core, struct base_slice sealed, bool *last) {
    struct base_bytes records BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(archive_open_piece(&core->backup->archive, core->options.allocator, sealed, &records, last));
    struct base_reader reader = base_reader(base_borrow(&records));
    while (reader.left > 0) {
        struct base_slice name, value;
        BASE_TRY(archive_read_record(&reader, &name, &value));
        BASE_TRY(take_record(core, name, value));
    }
    return BASE_OK;
}

static base_result ask_for(struct weibel_core *core, size_t len) {
    core->backup->wanted = len;
    return backup_ask(core, WEIBEL_TRANSFER_READ, base_slice(NULL, 0), len, false);
}

/* What was asked for; `next`: how much to ask for then, 0 at the end. */
static base_result take(struct weibel_core *core, struct base_slice data, size_t *next) {
    struct backup *backup = core->backup;
    bool last = false;
    BASE_ENSURE(data.len == backup->wanted, WEIBEL_ERR_ARCHIVE);
    backup->offset += data.len;
    switch (backup->expected) {
    case BACKUP_HEAD:
        BASE_TRY(archive_open(&backup->archive, data, base_borrow(&backup->passphrase)));
        base_bytes_free(&backup->passphrase);
        break;
    case BACKUP_LEN:
        backup->expected = BACKUP_PIECE;
        return archive_piece_len(data, next);
    case BACKUP_PIECE:
        BASE_TRY(take_piece(core, data, &last));
        BASE_TRY(last ? BASE_OK : backup_tell(core, "running", NULL));
        break;
    }
    backup->expected = BACKUP_LEN;
    *next = last ? 0 : ARCHIVE_LEN_LEN;
    return BASE_OK;
}

base_result backup_data(struct weibel_core *core, uint64_t number, struct base_slice data) {
    if (!backup_is(core, number) || core->backup->kind != TRANSFER_RESTORE) {
        return BASE_OK;
    }
    size_t next = 0;
    base_result result = take(core, data, &next);
    if (result == BASE_OK) {
        result = next == 0 ? finish(core) : ask_for(core, next);
    }
    return result == BASE_OK ? BASE_OK : refuse(core, result);
}

/* ---- all at once ---- */

static base_result decode(struct weibel_core *core, const uint8_t key[VAULT_KEY_LEN], struct base_slice file) {
    struct base_reader reader = base_reader(file);
    struct base_slice part;
    bool last = false;
    BASE_TRY(base_read_slice(&reader, ARCHIVE_HEAD_LEN, &part));
    BASE_TRY(archive_open_key(&core->backup->archive, part, key));
    while (!last) {
        size_t len;
        BASE_TRY(base_read_slice(&reader, ARCHIVE_LEN_LEN, &part));
        BASE_TRY(archive_piece_len(part, &len));
        BASE_TRY(base_read_slice(&reader, len, &part));
        BASE_TRY(take_piece(core, part, &last));
    }
    BASE_TRY(base_read_end(&reader));
    return become_device(core);
}

base_result backup_decode(struct weibel_core *core, const uint8_t key[VAULT_KEY_LEN], struct base_slice file) {
    char url[WIRE_MAX_URL + 1];
    BASE_ENSURE(core->backup == NULL, WEIBEL_ERR_ARCHIVE);
    struct backup *backup = (struct backup *)base_take(core->options.allocator, 1, sizeof *backup);
    BASE_ENSURE(backup != NULL, BASE_ERR_NO_MEMORY);
    memcpy(url, core->account.url, sizeof url);
    core->backup = backup;
    backup->kind = TRANSFER_RESTORE;
    base_result result = decode(core, key, file);
    backup_free(core);
    memcpy(core->account.url, url, sizeof url); /* where it was found */
    return result;
}
