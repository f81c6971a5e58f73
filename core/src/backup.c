/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Writing a backup.
 */
#include "backup.h"

#include <string.h>

#include "account.h"
#include "backup_state.h"
#include "chat.h"
#include "chat_delete.h"
#include "company.h"
#include "contact.h"
#include "event.h"
#include "field.h"
#include "identity.h"
#include "read.h"
#include "request.h"
#include "setting.h"

enum { VERSION = 1, CODE_LEN = 43, READ_LIMIT = 32, MAX_RECORDS = ARCHIVE_MAX_PIECE - 64 };

/* ---- what both directions need ---- */

bool backup_is(const struct weibel_core *core, uint64_t number) {
    return core->backup != NULL && core->backup->number == number;
}

void backup_free(struct weibel_core *core) {
    struct backup *backup = core->backup;
    core->backup = NULL;
    if (backup == NULL) {
        return;
    }
    base_bytes_free(&backup->path);
    base_bytes_free(&backup->passphrase);
    base_bytes_free(&backup->server);
    base_bytes_free(&backup->call.id);
    base_writer_free(&backup->records);
    base_free(backup);
}

base_result backup_tell(struct weibel_core *core, const char *state, const struct trouble *trouble) {
    const struct backup *backup = core->backup;
    const struct transfer shown = { .number = backup->number, .kind = backup->kind, .size = backup->offset };
    return event_transfer(core, &shown, state, backup->offset, trouble);
}

base_result backup_ask(struct weibel_core *core, enum weibel_transfer_step step, struct base_slice data, uint64_t size,
                       bool last) {
    const struct backup *backup = core->backup;
    return out_transfer(&core->out, &(struct weibel_transfer){
                                        .transfer = backup->number,
                                        .step = step,
                                        .path = (const char *)backup->path.data,
                                        .offset = backup->offset,
                                        .data = data,
                                        .size = size,
                                        .last = last,
                                    });
}

base_result backup_fail(struct weibel_core *core, const struct trouble *trouble) {
    BASE_TRY(backup_tell(core, "failed", trouble));
    BASE_TRY(event_answer_trouble(core, &core->backup->call, trouble));
    backup_free(core);
    return BASE_OK;
}

base_result backup_failed(struct weibel_core *core, const char *words) {
    struct trouble trouble = trouble_make(TROUBLE_FILE, "file", "%s", words == NULL ? "the file can't be used" : words);
    return backup_fail(core, &trouble);
}

base_result backup_refuse(struct weibel_core *core, const struct trouble *trouble) {
    if (core->backup == NULL) {
        return BASE_OK;
    }
    BASE_TRY(backup_ask(core, WEIBEL_TRANSFER_CANCEL, base_slice(NULL, 0), 0, false));
    return event_answer_trouble(core, &core->backup->call, trouble);
}

/* ---- the account ---- */

/* The recovery code of this device's backups. */
static void recovery_code(const struct weibel_core *core, char out[WIRE_MAX_CODE + 1]) {
    (void)sodium_bin2base64(out, WIRE_MAX_CODE + 1, core->account.recovery, sizeof core->account.recovery,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

base_result backup_encode_account(const struct weibel_core *core, struct base_bytes *out) {
    const struct account *account = &core->account;
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, BACKUP_MAX_ACCOUNT);
    char code[WIRE_MAX_CODE + 1];
    recovery_code(core, code);
    base_write_u8(&writer, VERSION);
    field_write_array(&writer, account->id, sizeof account->id);
    field_write_text(&writer, account->domain);
    field_write_text(&writer, account->url);
    field_write_text(&writer, account->name);
    field_write_array(&writer, account->identity_seed, sizeof account->identity_seed);
    field_write_array(&writer, account->deletion_secret, sizeof account->deletion_secret);
    field_write_text(&writer, code);
    base_wipe(code, sizeof code);
    return base_writer_finish(&writer, out);
}

/* An attempt that was interrupted had come so far that this home is a device of the account, perhaps for the server as
 * well. */
static bool is_begun(const struct account *account, const struct wire_address *address) {
    return account->device_key.private_key.len > 0 && memcmp(account->id, address->account, sizeof account->id) == 0 &&
           strcmp(account->domain, address->domain) == 0;
}

base_result backup_take_account(struct weibel_core *core, struct base_slice value, char code[WIRE_MAX_CODE + 1]) {
    struct account *account = &core->account;
    struct base_reader reader = base_reader(value);
    struct wire_address address;
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(base_read_copy(&reader, address.account, sizeof address.account));
    BASE_TRY(field_read_text(&reader, address.domain, sizeof address.domain));
    if (!is_begun(account, &address)) {
        BASE_TRY(account_make_keys(core));
    }
    memcpy(account->id, address.account, sizeof account->id);
    memcpy(account->domain, address.domain, sizeof account->domain);
    BASE_TRY(field_read_text(&reader, account->url, sizeof account->url));
    BASE_TRY(field_read_text(&reader, account->name, sizeof account->name));
    BASE_TRY(base_read_copy(&reader, account->identity_seed, sizeof account->identity_seed));
    BASE_TRY(base_read_copy(&reader, account->deletion_secret, sizeof account->deletion_secret));
    BASE_TRY(field_read_text(&reader, code, WIRE_MAX_CODE + 1));
    identity_key(account->identity_seed, account->identity_key);
    BASE_ENSURE(wire_id_valid(account->id) && wire_domain_valid(base_slice_text(account->domain)) &&
                    wire_url_valid(base_slice_text(account->url)) && wire_text_valid(base_slice_text(account->name)),
                BASE_ERR_VALUE);
    return base_read_end(&reader);
}

/* ---- records ---- */

static base_result add_bytes(struct backup *backup, struct key name, struct base_bytes *value) {
    archive_write_record(&backup->records, key_slice(&name), base_borrow(value));
    base_bytes_free(value);
    return BASE_OK;
}

static base_result add_contact(struct weibel_core *core, const struct contact *contact) {
    struct base_bytes value BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(contact_encode(core, contact, &value));
    return add_bytes(core->backup, key_number(KEY_CONTACT, contact->number), &value);
}

static bool disappears(const struct message *message) {
    return message->expires_at != 0 || message->expire != 0;
}

/* Whether the newest message, which stands in the chat's record, may be in a backup. */
static base_result may_keep_last(const struct weibel_core *core, const struct chat *chat, bool *out) {
    struct message message BASE_CLEANUP(message_free) = { .number = 0 };
    *out = false;
    if (!core->backup->history || chat->last_number == 0) {
        return BASE_OK;
    }
    BASE_TRY(message_load(core, chat->number, chat->last_number, base_borrow(&chat->last), &message));
    *out = !disappears(&message);
    return BASE_OK;
}

/* Without what is under way in it, and without its groups: whoever restores it is let in anew. */
static base_result add_chat(struct weibel_core *core, const struct chat *chat) {
    struct base_bytes value BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes company BASE_CLEANUP(base_bytes_free) = { 0 };
    const struct group *group = chat_group(chat);
    struct chat bare = *chat; /* borrows */
    if (chat->kind == CHAT_OWN) {
        return BASE_OK;
    }
    if (chat->kind == CHAT_GROUP && group != NULL) {
        BASE_TRY(company_of(core, group, &company));
        bare.company = company;
    }
    bare.change = (struct change){ .kind = CHANGE_NONE };
    bare.waiting = (struct list){ .count = 0 };
    bare.indexed = 0;
    bare.came_count = 0;
    bare.generation = chat->kind == CHAT_DIRECT ? chat_next_generation(chat) : 0;
    if (!core->backup->history) {
        bare.next_message = bare.read_to = bare.told_read = bare.told_delivered = bare.deleted_to = 0;
        bare.deleting = false;
        bare.hollow = chat_is_deleted(chat);
    }
    bool keep;
    BASE_TRY(may_keep_last(core, chat, &keep));
    if (!keep) {
        bare.last_number = 0;
        bare.last = (struct base_bytes){ .len = 0 };
    }
    BASE_TRY(chat_encode(core, &bare, &value));
    BASE_TRY(add_bytes(core->backup, key_number(KEY_CHAT, chat->number), &value));
    BASE_TRY(setting_encode(core, chat, &value));
    return add_bytes(core->backup, key_number(KEY_SETTING, chat->number), &value);
}

static base_result add_account(struct weibel_core *core) {
    struct base_bytes value BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(backup_encode_account(core, &value));
    BASE_TRY(add_bytes(core->backup, key_table(KEY_ACCOUNT), &value));
    BASE_TRY(settings_encode(core, &value));
    return add_bytes(core->backup, key_table(KEY_SETTING), &value);
}

static base_result write_piece(struct weibel_core *core);

static bool is_full(const struct backup *backup) {
    return base_writer_view(&backup->records).len >= ARCHIVE_PIECE;
}

/* What disappears is not kept for longer. */
static base_result take_message(struct weibel_core *core, struct read *read, struct base_slice key,
                                struct base_slice value) {
    struct message message BASE_CLEANUP(message_free) = { .number = 0 };
    enum key_table table;
    uint64_t chat, number;
    (void)read;
    BASE_ENSURE(key_parse(key, &table, &chat, &number) == BASE_OK, WEIBEL_ERR_RECORD);
    base_result result = message_load(core, chat, number, value, &message);
    if (result != BASE_OK) {
        return result == &BASE_ERR_NO_MEMORY || result == &WEIBEL_ERR_VERSION ? result : &WEIBEL_ERR_RECORD;
    }
    struct backup *backup = core->backup;
    if (backup == NULL || is_full(backup)) {
        return BASE_OK; /* the next piece begins with it */
    }
    backup->next = key_after(key);
    if (!disappears(&message)) {
        archive_write_record(&backup->records, key, value);
    }
    return BASE_OK;
}

static base_result messages_done(struct weibel_core *core, struct read *read) {
    struct backup *backup = core->backup;
    if (backup == NULL || backup->number != read->index) {
        return BASE_OK; /* it has ended meanwhile */
    }
    if (read->count < READ_LIMIT && !is_full(backup)) {
        backup->stage = BACKUP_END;
    }
    return write_piece(core);
}

static base_result read_messages(struct weibel_core *core) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, messages_done, NULL, &read));
    read->index = core->backup->number;
    BASE_TRY(read_ask(core, read, take_message, core->backup->next, key_table((enum key_table)(KEY_MESSAGE + 1)),
                      READ_LIMIT, false));
    read = NULL;
    return BASE_OK;
}

/* Gathers what is in memory, until the piece is full. */
static base_result gather(struct weibel_core *core) {
    struct backup *backup = core->backup;
    while (backup->stage < BACKUP_MESSAGES && !is_full(backup)) {
        const struct list *list = backup->stage == BACKUP_CONTACTS ? &core->contacts : &core->chats;
        if (backup->stage == BACKUP_ACCOUNT) {
            BASE_TRY(add_account(core));
        } else if (backup->index < list->count) {
            const void *item = list->items[backup->index++];
            BASE_TRY(backup->stage == BACKUP_CONTACTS ? add_contact(core, (const struct contact *)item)
                                                      : add_chat(core, (const struct chat *)item));
            continue;
        }
        backup->stage = (enum backup_stage)(backup->stage + 1);
        backup->index = 0;
    }
    if (backup->stage == BACKUP_MESSAGES && !backup->history) {
        backup->stage = BACKUP_END;
    }
    return BASE_OK;
}

/* Writes the piece if it is full or the last one; reads on otherwise. */
static base_result write_piece(struct weibel_core *core) {
    struct backup *backup = core->backup;
    if (!is_full(backup) && backup->stage == BACKUP_MESSAGES) {
        return read_messages(core);
    }
    struct base_bytes records BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes piece BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&backup->records, &records));
    backup->records = base_writer(core->options.allocator, MAX_RECORDS);
    backup->ended = backup->stage == BACKUP_END;
    BASE_TRY(archive_seal(&backup->archive, core->options.allocator, base_borrow(&records), backup->ended, &piece));
    BASE_TRY(backup_ask(core, WEIBEL_TRANSFER_WRITE, base_borrow(&piece), 0, backup->ended));
    backup->offset += piece.len;
    return BASE_OK;
}

base_result backup_written(struct weibel_core *core) {
    struct backup *backup = core->backup;
    if (backup->kind != TRANSFER_BACKUP) {
        return BASE_OK;
    }
    if (backup->ended) {
        BASE_TRY(backup_tell(core, "done", NULL));
        backup_free(core);
        return BASE_OK;
    }
    BASE_TRY(backup->begun ? backup_tell(core, "running", NULL) : BASE_OK);
    backup->begun = true;
    BASE_TRY(gather(core));
    return write_piece(core);
}

/* ---- the beginning ---- */

/* The server knows the code by which a new device comes back; `a`: the backup's number; `b`: it was drawn for this. */
static base_result recovery_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a,
                                     uint64_t b) {
    if (!backup_is(core, a)) {
        return BASE_OK;
    }
    if (b == 0 && backup_recovery_is_closed(answer)) {
        return backup_put_recovery(core, true, recovery_answered, a);
    }
    if (answer->type == WIRE_REFUSAL) {
        struct trouble trouble = trouble_refusal(&answer->of.refusal);
        return backup_fail(core, &trouble);
    }
    struct backup *backup = core->backup;
    BASE_TRY(backup_ask(core, WEIBEL_TRANSFER_WRITE, base_slice(backup->archive.head, ARCHIVE_HEAD_LEN), 0, false));
    backup->offset = ARCHIVE_HEAD_LEN;
    return BASE_OK;
}

base_result backup_put_recovery(struct weibel_core *core, bool anew, request_fn answered, uint64_t a) {
    static const uint8_t none[STATE_SEED_LEN];
    struct account *account = &core->account;
    struct wire_frame frame = { .type = WIRE_PUT_RECOVERY };
    char code[WIRE_MAX_CODE + 1];
    if (anew || memcmp(account->recovery, none, sizeof none) == 0) {
        BASE_TRY(base_random_fill(core->options.random, account->recovery, sizeof account->recovery));
        account->dirty = true;
    }
    recovery_code(core, code);
    account_hash(base_slice_text(code), frame.of.put_recovery.code_hash);
    base_wipe(code, sizeof code);
    return request_send(core, &frame, answered, a, anew ? 1 : 0);
}

bool backup_recovery_is_closed(const struct wire_frame *answer) {
    return answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_LINK_USED;
}

static base_result new_backup(struct weibel_core *core, bool history) {
    struct backup *backup = (struct backup *)base_take(core->options.allocator, 1, sizeof *backup);
    BASE_ENSURE(backup != NULL, BASE_ERR_NO_MEMORY);
    core->backup = backup;
    backup->kind = TRANSFER_BACKUP;
    backup->history = history;
    backup->next = key_table(KEY_MESSAGE);
    backup->records = base_writer(core->options.allocator, MAX_RECORDS);
    return BASE_OK;
}

/* Piece by piece, all of it in memory. */
static base_result encode(struct weibel_core *core, const uint8_t key[VAULT_KEY_LEN], struct base_writer *out) {
    struct backup *backup = core->backup;
    BASE_TRY(archive_begin_key(&backup->archive, core->options.random, key));
    base_write_slice(out, base_slice(backup->archive.head, ARCHIVE_HEAD_LEN));
    while (backup->stage != BACKUP_END) {
        struct base_bytes records BASE_CLEANUP(base_bytes_free) = { 0 };
        struct base_bytes piece BASE_CLEANUP(base_bytes_free) = { 0 };
        BASE_TRY(gather(core));
        BASE_TRY(base_writer_finish(&backup->records, &records));
        backup->records = base_writer(core->options.allocator, MAX_RECORDS);
        BASE_TRY(archive_seal(&backup->archive, core->options.allocator, base_borrow(&records),
                              backup->stage == BACKUP_END, &piece));
        base_write_slice(out, base_borrow(&piece));
    }
    return BASE_OK;
}

base_result backup_encode(struct weibel_core *core, const uint8_t key[VAULT_KEY_LEN], size_t max,
                          struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, max);
    BASE_ENSURE(core->backup == NULL, BASE_ERR_TOO_LONG);
    BASE_TRY(new_backup(core, false));
    base_result result = encode(core, key, &writer);
    backup_free(core);
    BASE_TRY(result);
    return base_writer_finish(&writer, out);
}

base_result backup_begin(struct weibel_core *core, struct base_slice path, struct base_slice passphrase, bool history,
                         uint64_t *number) {
    BASE_TRY(new_backup(core, history));
    struct backup *backup = core->backup;
    backup->number = *number = ++core->account.next_transfer;
    core->account.dirty = true;
    BASE_TRY(field_copy_path(core->options.allocator, path, &backup->path));
    const struct vault_cost cost = { core->options.passphrase_passes, core->options.passphrase_memory };
    BASE_TRY(archive_begin(&backup->archive, core->options.random, passphrase, cost));
    return backup_put_recovery(core, false, recovery_answered, backup->number);
}
