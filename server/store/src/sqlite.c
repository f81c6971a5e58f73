/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The embedded store: its folder, its lock, and two threads. While the writer waits for the disk, operations gather in
 * its queue; the next transaction takes them all.
 */
#define _GNU_SOURCE /* F_OFD_SETLK: a lock of this open file, not of the process */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch.h"
#include "tasks.h"

enum { MAX_PATH = 4096 };

/* One transaction takes no more, so that its first operation doesn't wait for ever. */
enum { MAX_BATCH_OPS = 4096, MAX_BATCH_BYTES = 16 << 20 };

/* A thread with a connection and a queue of its own. */
struct worker {
    struct sqlite_store *owner;
    struct db db;
    pthread_t thread;
    bool started;
    pthread_cond_t work; /**< something was queued, or the store ends */
    struct op_list queue;
    base_result (*run)(struct db *db, const struct op_list *ops);
};

struct sqlite_store {
    struct store store;
    const struct base_allocator *allocator;
    struct base_bytes folder; /**< ends with 0 */
    int lock_file;
    void (*wake)(void *user);
    void *user;

    pthread_mutex_t mutex; /**< guards what follows, and the workers' queues */
    struct op_list finished;
    bool ending;
    struct store_counters counters;

    struct worker writer, reader;
};

/* --- threads --- */

static void take_batch(struct worker *worker, struct op_list *out) {
    size_t bytes = 0;
    while (worker->queue.first != NULL && out->count < MAX_BATCH_OPS && bytes < MAX_BATCH_BYTES) {
        struct store_op *op = op_list_pop(&worker->queue);
        bytes += op->asked.len;
        op_list_push(out, op);
    }
}

static void count_batch(struct sqlite_store *store, const struct worker *worker, const struct op_list *ops,
                        base_result result, bool changed) {
    struct store_counters *counters = &store->counters;
    if (worker == &store->writer) {
        counters->batches++;
        counters->writes += ops->count;
        /* A sweep that finds nothing, or a refusal, succeeds on a broken disk too: that says nothing of it. */
        if (result != BASE_OK || changed) {
            counters->last_write_ok = result == BASE_OK;
        }
    } else {
        counters->reads += ops->count;
    }
    counters->failures += result == BASE_OK ? 0 : 1;
    counters->queued -= ops->count;
    for (const struct store_op *op = ops->first; op != NULL; op = op->next) {
        counters->queued_bytes -= op->asked.len;
    }
}

static void *work(void *argument) {
    struct worker *worker = argument;
    struct sqlite_store *store = worker->owner;
    pthread_mutex_lock(&store->mutex);
    for (;;) {
        while (worker->queue.first == NULL && !store->ending) {
            pthread_cond_wait(&worker->work, &store->mutex);
        }
        if (worker->queue.first == NULL) {
            break;
        }
        struct op_list batch = { 0 };
        take_batch(worker, &batch);
        pthread_mutex_unlock(&store->mutex);
        sqlite3_int64 changes = sqlite3_total_changes64(worker->db.handle);
        base_result result = worker->run(&worker->db, &batch);
        bool changed = sqlite3_total_changes64(worker->db.handle) != changes;
        pthread_mutex_lock(&store->mutex);
        count_batch(store, worker, &batch, result, changed);
        bool first = store->finished.first == NULL;
        op_list_append(&store->finished, &batch);
        if (first) {
            store->wake(store->user);
        }
    }
    pthread_mutex_unlock(&store->mutex);
    return NULL;
}

static void submit(struct store *base, struct store_op *op) {
    struct sqlite_store *store = (struct sqlite_store *)base;
    struct worker *worker = op->task < STORE_FIRST_WRITE ? &store->reader : &store->writer;
    pthread_mutex_lock(&store->mutex);
    bool first = worker->queue.first == NULL;
    op_list_push(&worker->queue, op);
    store->counters.queued++;
    store->counters.queued_bytes += op->asked.len;
    if (first) {
        pthread_cond_signal(&worker->work);
    }
    pthread_mutex_unlock(&store->mutex);
}

static struct store_op *take_finished(struct store *base) {
    struct sqlite_store *store = (struct sqlite_store *)base;
    pthread_mutex_lock(&store->mutex);
    struct store_op *op = op_list_pop(&store->finished);
    pthread_mutex_unlock(&store->mutex);
    return op;
}

static void count(struct store *base, struct store_counters *out) {
    struct sqlite_store *store = (struct sqlite_store *)base;
    pthread_mutex_lock(&store->mutex);
    *out = store->counters;
    pthread_mutex_unlock(&store->mutex);
}

/* --- open and close --- */

static base_result start(struct sqlite_store *store, struct worker *worker,
                         base_result (*run)(struct db *, const struct op_list *)) {
    worker->owner = store;
    worker->run = run;
    BASE_ENSURE(pthread_create(&worker->thread, NULL, work, worker) == 0, BASE_ERR_NO_MEMORY);
    worker->started = true;
    return BASE_OK;
}

static void stop(struct worker *worker) {
    if (worker->started) {
        pthread_cond_signal(&worker->work);
        pthread_join(worker->thread, NULL);
    }
    hot_streams_close(&worker->db);
    db_close(&worker->db);
    pthread_cond_destroy(&worker->work);
}

static void close_store(struct store *base) {
    struct sqlite_store *store = (struct sqlite_store *)base;
    pthread_mutex_lock(&store->mutex);
    store->ending = true;
    pthread_mutex_unlock(&store->mutex);
    stop(&store->reader);
    stop(&store->writer);
    /* What nobody has taken is durable, but its answer will not be given: the client asks again. */
    for (struct store_op *op = op_list_pop(&store->finished); op != NULL; op = op_list_pop(&store->finished)) {
        store_op_free(op);
    }
    if (store->lock_file >= 0) {
        close(store->lock_file);
    }
    pthread_mutex_destroy(&store->mutex);
    base_bytes_free(&store->folder);
    base_free(store);
}

static base_result lock_folder(struct sqlite_store *store, const char *folder) {
    char path[MAX_PATH];
    int len = snprintf(path, sizeof path, "%s/lock", folder);
    BASE_ENSURE(len > 0 && (size_t)len < sizeof path, STORE_ERR_FOLDER);
    store->lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    BASE_ENSURE(store->lock_file >= 0, STORE_ERR_FOLDER);
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (fcntl(store->lock_file, F_OFD_SETLK, &lock) != 0) {
        return errno == EAGAIN || errno == EACCES ? &STORE_ERR_IN_USE : &STORE_ERR_FOLDER;
    }
    return BASE_OK;
}

static base_result open_all(struct sqlite_store *store, const struct store_sqlite_options *options) {
    size_t folder_len = strlen(options->folder) + 1;
    BASE_TRY(base_bytes_copy(store->allocator, base_slice(options->folder, folder_len), &store->folder));
    const char *folder = (const char *)store->folder.data;
    struct db *writer = &store->writer.db;
    struct db *reader = &store->reader.db;
    writer->allocator = reader->allocator = options->allocator;
    writer->random = options->random;
    writer->max_blob = options->max_blob;
    writer->blob_quota = options->blob_quota;
    /* The folder is asked for its database first: locking would create a file in any folder. */
    BASE_TRY(db_open(writer, folder, false));
    BASE_TRY(lock_folder(store, folder));
    BASE_TRY(db_migrate(writer));
    /* What was deleted in the run before is in its log no longer. A full disk must not keep the server from starting.
     */
    base_result emptied = db_run(writer, "PRAGMA wal_checkpoint(TRUNCATE)");
    (void)emptied;
    BASE_TRY(store_load_blob_total(writer));
    BASE_TRY(store_load_swept(writer));
    BASE_TRY(hot_streams_open(writer));
    BASE_TRY(db_open(reader, folder, false));
    BASE_TRY(start(store, &store->writer, batch_write));
    return start(store, &store->reader, batch_read);
}

base_result store_sqlite_open(const struct store_sqlite_options *options, struct store **out) {
    static const struct store_functions functions = { submit, take_finished, count, close_store };
    struct sqlite_store *store = base_take(options->allocator, 1, sizeof *store);
    BASE_ENSURE(store != NULL, BASE_ERR_NO_MEMORY);
    store->store.functions = &functions;
    store->allocator = options->allocator;
    store->lock_file = -1;
    store->counters.last_write_ok = true;
    store->wake = options->wake;
    store->user = options->user;
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->writer.work, NULL);
    pthread_cond_init(&store->reader.work, NULL);
    base_result result = open_all(store, options);
    if (result != BASE_OK) {
        close_store(&store->store);
        return result;
    }
    *out = &store->store;
    return BASE_OK;
}
