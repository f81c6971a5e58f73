/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the files of backups share.
 */
#ifndef CORE_BACKUP_STATE_H
#define CORE_BACKUP_STATE_H

#include "archive.h"
#include "backup.h"
#include "request.h"

struct backup {
    uint64_t number;         /**< of its transfer */
    enum transfer_kind kind; /**< TRANSFER_BACKUP or TRANSFER_RESTORE */
    struct base_bytes path;  /**< with a final zero */
    struct archive archive;
    uint64_t offset; /**< in the file: written, or read up to here */
    /* writing */
    enum backup_stage { BACKUP_ACCOUNT, BACKUP_CONTACTS, BACKUP_CHATS, BACKUP_MESSAGES, BACKUP_END } stage;
    size_t index; /**< of the next contact or chat */
    bool history;
    bool begun;      /**< the head is written */
    bool ended;      /**< so is the last piece */
    struct key next; /**< message from which to read on */
    struct base_writer records;
    /* reading */
    struct base_bytes passphrase;
    struct base_bytes server; /**< instead of the one in the backup, or empty */
    struct call call;
    size_t wanted; /**< bytes that were asked for */
    enum { BACKUP_HEAD, BACKUP_LEN, BACKUP_PIECE } expected;
    char code[WIRE_MAX_CODE + 1];
};

/** Tells the face how it stands; `trouble` may be NULL. */
BASE_MUST_USE base_result backup_tell(struct weibel_core *core, const char *state, const struct trouble *trouble);

/** Asks the host for a step. */
BASE_MUST_USE base_result backup_ask(struct weibel_core *core, enum weibel_transfer_step step, struct base_slice data,
                                     uint64_t size, bool last);

/** It has failed: tells, answers, forgets. */
BASE_MUST_USE base_result backup_fail(struct weibel_core *core, const struct trouble *trouble);

/** Writes an archive without history at once, of at most `max` bytes. BASE_ERR_TOO_LONG, also while a backup is under
 * way. */
BASE_MUST_USE base_result backup_encode(struct weibel_core *core, const uint8_t key[VAULT_KEY_LEN], size_t max,
                                        struct base_bytes *out);

/** Takes such a one in: the account is about to be activated then. Errors of the archive's. */
BASE_MUST_USE base_result backup_decode(struct weibel_core *core, const uint8_t key[VAULT_KEY_LEN],
                                        struct base_slice file);

/** Leaves the hash of this device's recovery code at the server, which answers `answered`. It is drawn if there is none
 * yet, or `anew`: a removal has closed the one before. */
BASE_MUST_USE base_result backup_put_recovery(struct weibel_core *core, bool anew, request_fn answered, uint64_t a);

/** Whether the answer says that it was closed. */
bool backup_recovery_is_closed(const struct wire_frame *answer);

/** The account's record in an archive. */
enum { BACKUP_MAX_ACCOUNT = 1024 };
BASE_MUST_USE base_result backup_encode_account(const struct weibel_core *core, struct base_bytes *out);
BASE_MUST_USE base_result backup_take_account(struct weibel_core *core, struct base_slice value,
                                              char code[WIRE_MAX_CODE + 1]);

#endif
