/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Backups: a home's archive written to a file, and a new home made from one. docs/archive.md says what is in it.
 *
 * One is under way at a time, one piece of it in memory. None of it is durable: after a crash it is begun again, the
 * writing with a new file, the reading with a new home.
 */
#ifndef CORE_BACKUP_H
#define CORE_BACKUP_H

#include "state.h"

struct backup;

/** Begins to write a backup to `path`; `number` gets that of its transfer. Online, and when none is under way. */
BASE_MUST_USE base_result backup_begin(struct weibel_core *core, struct base_slice path, struct base_slice passphrase,
                                       bool history, uint64_t *number);

/** Begins to make this home, which is new, from the backup in `path`. `call` is answered as by activate. */
BASE_MUST_USE base_result backup_restore(struct weibel_core *core, struct call *call, struct base_slice path,
                                         struct base_slice passphrase, struct base_slice server);

/** True if the transfer of this number is the one that is under way. */
bool backup_is(const struct weibel_core *core, uint64_t number);

/** From the host: a piece is written; a piece was read; it can't be. */
BASE_MUST_USE base_result backup_written(struct weibel_core *core);
BASE_MUST_USE base_result backup_data(struct weibel_core *core, uint64_t number, struct base_slice data);
BASE_MUST_USE base_result backup_failed(struct weibel_core *core, const char *words);

/** The home is being locked. */
BASE_MUST_USE base_result backup_refuse(struct weibel_core *core, const struct trouble *trouble);

/** Forgets what is under way. */
void backup_free(struct weibel_core *core);

#endif
