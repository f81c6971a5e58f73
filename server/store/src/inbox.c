/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Inboxes: who put an entry in is not stored. What its device has read loses its content and keeps its nonce until
 * its lifetime ends, so that a repetition is known.
 */
#include <string.h>

#include "tasks.h"

enum { HOUR = 3600, ENTRY_OVERHEAD = 8 + 1 + WIRE_NONCE_LEN + 4 };

static base_result refuse_missing(struct db *db, struct store_op *op) {
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_ACCOUNT_FIND, &find));
    DB_BIND_FIXED(find, 1, op->ask.of.inbox_append.account);
    BASE_TRY(db_step(db, find, &row));
    sqlite3_reset(find);
    store_refuse(op, row ? WIRE_REFUSED_NO_DEVICE : WIRE_REFUSED_NO_ACCOUNT, 0);
    return BASE_OK;
}

static base_result put_entry(struct db *db, const struct store_op *op, uint64_t number) {
    const struct wire_inbox_append *ask = &op->ask.of.inbox_append;
    uint64_t expires = db_expiry_hour(db, op->now, STORE_INBOX_LIFETIME);
    uint8_t owner[STORE_OWNER_LEN];
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare_owned(db, DB_INBOX_PUT, ask->account, ask->device, &statement));
    db_bind_number(statement, 3, number);
    db_bind_number(statement, 4, expires);
    DB_BIND_FIXED(statement, 5, ask->nonce);
    db_bind_bytes(statement, 6, ask->content);
    BASE_TRY(db_execute(db, statement));
    BASE_TRY(db_prepare_owned(db, DB_INBOX_COUNT_UP, ask->account, ask->device, &statement));
    db_bind_number(statement, 3, number);
    db_bind_number(statement, 4, ask->content.len);
    BASE_TRY(db_execute(db, statement));
    store_owner_name(ask->account, ask->device, owner);
    return db_note_expiry(db, expires, DB_EXPIRES_INBOX, base_slice(owner, sizeof owner));
}

base_result store_inbox_append(struct db *db, struct store_op *op) {
    const struct wire_inbox_append *ask = &op->ask.of.inbox_append;
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare_owned(db, DB_INBOX_DEVICE, ask->account, ask->device, &find));
    BASE_TRY(db_step(db, find, &row));
    if (!row) {
        return refuse_missing(db, op);
    }
    uint64_t number = db_number(find, 0) + 1;
    uint64_t bytes = db_number(find, 1);
    sqlite3_reset(find);

    BASE_TRY(db_prepare_owned(db, DB_INBOX_BY_NONCE, ask->account, ask->device, &find));
    DB_BIND_FIXED(find, 3, ask->nonce);
    BASE_TRY(db_step(db, find, &row));
    if (row) {
        number = db_number(find, 0);
        sqlite3_reset(find);
    } else if (bytes + ask->content.len > STORE_MAX_INBOX_BYTES || number > WIRE_MAX_NUMBER) {
        store_refuse(op, WIRE_REFUSED_FULL, STORE_MAX_INBOX_BYTES);
        return BASE_OK;
    } else {
        BASE_TRY(put_entry(db, op, number));
        op->fresh = true;
    }
    op->answer.type = WIRE_APPENDED;
    op->answer.of.appended.number = number;
    return BASE_OK;
}

base_result store_inbox_read(struct db *db, struct store_op *op) {
    struct base_writer entries BASE_CLEANUP(base_writer_free) = base_writer(db->allocator, WIRE_MAX_FRAME);
    sqlite3_stmt *read = NULL;
    bool row = false;
    bool more = false;
    BASE_TRY(db_prepare_owned(db, DB_INBOX_READ, op->account, op->device, &read));
    db_bind_number(read, 3, op->ask.of.inbox_read.after);
    db_bind_number(read, 4, op->now / HOUR);
    BASE_TRY(db_step(db, read, &row));
    while (row && !more) {
        struct wire_entry entry = { .number = db_number(read, 0), .content = db_bytes(read, 2) };
        BASE_TRY(db_copy(read, 1, entry.nonce, WIRE_NONCE_LEN));
        size_t filled = base_writer_view(&entries).len;
        more = filled != 0 && filled + entry.content.len + ENTRY_OVERHEAD > WIRE_MAX_BATCH;
        if (!more) {
            wire_entry_write(&entries, &entry);
            BASE_TRY(db_step(db, read, &row));
        }
    }
    sqlite3_reset(read);
    BASE_TRY(base_writer_finish(&entries, &op->answered));
    op->answer.type = WIRE_INBOX_ENTRIES;
    op->answer.of.inbox_entries =
        (struct wire_inbox_entries){ (uint8_t)(more ? WIRE_MORE : 0), base_borrow(&op->answered) };
    return BASE_OK;
}

/* That they were there is known for a while: somebody may not have heard yet that his letter has come, and repeat it.
 */
base_result store_inbox_delete(struct db *db, struct store_op *op) {
    uint64_t expires = db_expiry_hour(db, op->now, STORE_LIFETIME);
    uint8_t owner[STORE_OWNER_LEN];
    sqlite3_stmt *statement = NULL;
    bool row = false;
    BASE_TRY(db_prepare_owned(db, DB_INBOX_BYTES, op->account, op->device, &statement));
    db_bind_number(statement, 3, op->ask.of.inbox_delete.last);
    BASE_TRY(db_step(db, statement, &row));
    uint64_t bytes = row ? db_number(statement, 0) : 0;
    sqlite3_reset(statement);
    BASE_TRY(db_prepare_owned(db, DB_INBOX_BLANK, op->account, op->device, &statement));
    db_bind_number(statement, 3, op->ask.of.inbox_delete.last);
    db_bind_number(statement, 4, expires);
    BASE_TRY(db_execute(db, statement));
    store_owner_name(op->account, op->device, owner);
    BASE_TRY(db_note_expiry(db, expires, DB_EXPIRES_INBOX, base_slice(owner, sizeof owner)));
    BASE_TRY(db_prepare_owned(db, DB_INBOX_COUNT_DOWN, op->account, op->device, &statement));
    db_bind_number(statement, 3, bytes);
    BASE_TRY(db_execute(db, statement));
    op->answer.type = WIRE_DONE;
    return BASE_OK;
}
