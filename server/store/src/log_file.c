/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * SQLite writes each page into its write-ahead log with two small writes, one for the frame's header and one for the
 * page: more than half of all system calls of a server under load. Here they are gathered, and written as one when the
 * log is synced, read, measured or cut. Nobody else looks for a page in the log before the sync that makes it
 * durable, so the order that counts stays: log, sync, index of the log.
 *
 * All else goes to SQLite's own files for this system.
 */
#include "log_file.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

enum { GATHERED = 64 << 10 }; /* SQLite writes at most 128 KiB at once, and its largest page has 64 */

static const char NAME[] = "weibel-log";

/* Where SQLite would put its own file; that one comes right behind. */
struct log_file {
    sqlite3_file base;
    uint8_t *data; /* GATHERED bytes, taken with the first write */
    sqlite3_int64 start;
    int len;
};

static struct log_file *log_of(sqlite3_file *file) {
    return (struct log_file *)file;
}

static sqlite3_file *own(sqlite3_file *file) {
    return (sqlite3_file *)(log_of(file) + 1);
}

static int flush(sqlite3_file *file) {
    struct log_file *log = log_of(file);
    if (log->len == 0) {
        return SQLITE_OK;
    }
    int code = own(file)->pMethods->xWrite(own(file), log->data, log->len, log->start);
    log->len = 0;
    return code;
}

/* --- the functions of a file --- */

static int close_log(sqlite3_file *file) {
    int flushed = flush(file);
    int closed = own(file)->pMethods->xClose(own(file));
    sqlite3_free(log_of(file)->data);
    return flushed == SQLITE_OK ? closed : flushed;
}

static int read_log(sqlite3_file *file, void *out, int len, sqlite3_int64 at) {
    int code = flush(file);
    return code == SQLITE_OK ? own(file)->pMethods->xRead(own(file), out, len, at) : code;
}

static int write_log(sqlite3_file *file, const void *data, int len, sqlite3_int64 at) {
    struct log_file *log = log_of(file);
    if (log->len != 0 && (at != log->start + log->len || len > GATHERED - log->len)) {
        int code = flush(file);
        if (code != SQLITE_OK) {
            return code;
        }
    }
    if (log->data == NULL) {
        log->data = sqlite3_malloc(GATHERED);
    }
    if (log->data == NULL || len > GATHERED) {
        return own(file)->pMethods->xWrite(own(file), data, len, at);
    }
    if (log->len == 0) {
        log->start = at;
    }
    memcpy(log->data + log->len, data, (size_t)len);
    log->len += len;
    return SQLITE_OK;
}

static int truncate_log(sqlite3_file *file, sqlite3_int64 size) {
    int code = flush(file);
    return code == SQLITE_OK ? own(file)->pMethods->xTruncate(own(file), size) : code;
}

static int sync_log(sqlite3_file *file, int flags) {
    int code = flush(file);
    return code == SQLITE_OK ? own(file)->pMethods->xSync(own(file), flags) : code;
}

static int size_of_log(sqlite3_file *file, sqlite3_int64 *out) {
    int code = flush(file);
    return code == SQLITE_OK ? own(file)->pMethods->xFileSize(own(file), out) : code;
}

static int lock_log(sqlite3_file *file, int level) {
    return own(file)->pMethods->xLock(own(file), level);
}

static int unlock_log(sqlite3_file *file, int level) {
    return own(file)->pMethods->xUnlock(own(file), level);
}

static int is_locked(sqlite3_file *file, int *out) {
    return own(file)->pMethods->xCheckReservedLock(own(file), out);
}

static int control_log(sqlite3_file *file, int what, void *argument) {
    return own(file)->pMethods->xFileControl(own(file), what, argument);
}

static int sector_of_log(sqlite3_file *file) {
    return own(file)->pMethods->xSectorSize(own(file));
}

static int traits_of_log(sqlite3_file *file) {
    return own(file)->pMethods->xDeviceCharacteristics(own(file));
}

/* Version 1: a log is neither mapped nor shared by way of its file. */
static const sqlite3_io_methods LOG_METHODS = {
    .iVersion = 1,
    .xClose = close_log,
    .xRead = read_log,
    .xWrite = write_log,
    .xTruncate = truncate_log,
    .xSync = sync_log,
    .xFileSize = size_of_log,
    .xLock = lock_log,
    .xUnlock = unlock_log,
    .xCheckReservedLock = is_locked,
    .xFileControl = control_log,
    .xSectorSize = sector_of_log,
    .xDeviceCharacteristics = traits_of_log,
};

/* --- the file system --- */

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out) {
    sqlite3_vfs *system = vfs->pAppData;
    if ((flags & SQLITE_OPEN_WAL) == 0) {
        return system->xOpen(system, name, file, flags, flags_out);
    }
    *log_of(file) = (struct log_file){ 0 };
    int code = system->xOpen(system, name, own(file), flags, flags_out);
    if (code == SQLITE_OK) {
        file->pMethods = &LOG_METHODS;
    } else if (own(file)->pMethods != NULL) {
        own(file)->pMethods->xClose(own(file));
    }
    return code;
}

/* SQLite keeps a list of these for the whole process, linked through them. */
static sqlite3_vfs vfs;
static pthread_once_t registered = PTHREAD_ONCE_INIT;

static void register_vfs(void) {
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (system != NULL) {
        vfs = *system;
        vfs.pNext = NULL;
        vfs.zName = NAME;
        vfs.pAppData = system;
        vfs.szOsFile += (int)sizeof(struct log_file);
        vfs.xOpen = open_file;
        sqlite3_vfs_register(&vfs, 0);
    }
}

const char *log_file_system(void) {
    pthread_once(&registered, register_vfs);
    return NAME;
}
