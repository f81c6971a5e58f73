/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The schema, by versions: SCHEMA[n] leads from version n to n + 1 (PRAGMA user_version). docs/privacy.md explains each
 * field.
 *
 * No key counts across streams, accounts or blobs, so that the order in which rows came in is not kept: an entry lies
 * beside its stream's other entries, a stream beside streams of similar random names.
 */
#ifndef STORE_SRC_SCHEMA_H
#define STORE_SRC_SCHEMA_H

static const char *const SCHEMA[] = {
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE invitation(code_hash BLOB PRIMARY KEY, role INTEGER NOT NULL, name BLOB, expires INTEGER NOT NULL,"
    " account BLOB, recovers BLOB) WITHOUT ROWID;"
    "CREATE INDEX invitation_account ON invitation(account) WHERE account IS NOT NULL;"

    "CREATE TABLE account(id BLOB PRIMARY KEY, role INTEGER NOT NULL, identity_key BLOB NOT NULL) WITHOUT ROWID;"

    /* push: where it is told that there is something new, if it wants that. */
    "CREATE TABLE device(account BLOB NOT NULL, id BLOB NOT NULL, key BLOB NOT NULL,"
    " inbox_last INTEGER NOT NULL DEFAULT 0, inbox_bytes INTEGER NOT NULL DEFAULT 0, push BLOB,"
    " PRIMARY KEY(account, id)) WITHOUT ROWID;"

    /* Devices that were removed, so that they can be told. */
    "CREATE TABLE removed_device(account BLOB NOT NULL, id BLOB NOT NULL, key BLOB NOT NULL, expires INTEGER NOT NULL,"
    " PRIMARY KEY(account, id)) WITHOUT ROWID;"

    /* device: which one has made it. taker: the new device that has asked for the content. */
    "CREATE TABLE link(code_hash BLOB PRIMARY KEY, account BLOB NOT NULL, device BLOB NOT NULL,"
    " expires INTEGER NOT NULL, taker BLOB, used INTEGER NOT NULL DEFAULT 0, content BLOB) WITHOUT ROWID;"
    "CREATE INDEX link_account ON link(account);"

    /* content is NULL once it was handed out: the hash stays a while, so that a repeated upload can't bring it back. */
    "CREATE TABLE key_package(account BLOB NOT NULL, device BLOB NOT NULL, hash BLOB NOT NULL,"
    " last_resort INTEGER NOT NULL, expires INTEGER, content BLOB, PRIMARY KEY(account, device, hash)) WITHOUT ROWID;"

    "CREATE TABLE inbox(account BLOB NOT NULL, device BLOB NOT NULL, number INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " nonce BLOB NOT NULL, content BLOB, PRIMARY KEY(account, device, number)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX inbox_nonce ON inbox(account, device, nonce);"

    /* ref: a random number that stands for the name in the tables below. last: at least the highest number that was
       ever removed from the end, so that no number is used twice. month: of the last append. */
    "CREATE TABLE stream(name BLOB PRIMARY KEY, ref INTEGER NOT NULL UNIQUE, last INTEGER NOT NULL,"
    " last_commit INTEGER NOT NULL, month INTEGER NOT NULL) WITHOUT ROWID;"

    /* A token opens the entries from first to last; last is NULL for the current one. used: by another one than who has
       appended the commit that brought it, which can't be replaced any more then. */
    "CREATE TABLE epoch(stream INTEGER NOT NULL, token_hash BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER,"
    " used INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(stream, token_hash)) WITHOUT ROWID;"

    /* id: the stream's ref and the entry's number in one (db_entry_id), so that a stream's entries lie side by side in
       whole pages. content is NULL once it was deleted: the nonce stays until the lifetime's end, so that a repetition
       is known. */
    "CREATE TABLE entry(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, expires INTEGER NOT NULL, nonce BLOB NOT NULL,"
    " deletion_hash BLOB, content BLOB);"

    /* Where something expires at an hour: entries need no index of their own by time. */
    "CREATE TABLE expiry(hour INTEGER NOT NULL, kind INTEGER NOT NULL, name NOT NULL,"
    " PRIMARY KEY(hour, kind, name)) WITHOUT ROWID;"

    "CREATE TABLE door(name BLOB PRIMARY KEY, expires INTEGER NOT NULL, content BLOB NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE blob(name BLOB PRIMARY KEY, size INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " upload_hash BLOB NOT NULL) WITHOUT ROWID;"

    /* Who made it, and who has forwarded it, has a deletion key each: it goes with the last one. */
    "CREATE TABLE blob_hold(blob BLOB NOT NULL, deletion_hash BLOB NOT NULL,"
    " PRIMARY KEY(blob, deletion_hash)) WITHOUT ROWID;",
};

enum { SCHEMA_VERSION = sizeof SCHEMA / sizeof SCHEMA[0] };

#endif
