/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The store has threads, but gets one operation at a time and is waited for: so their timing cannot be seen.
 */
#include "slow_store.h"

#include <pthread.h>

#include "memory.h"
#include "store/sqlite.h"

enum { MAX_BLOB = 1 << 20 };

struct queue {
    struct store_op *first, *last;
};

struct slow_store {
    struct store store;
    struct sim *sim;
    struct store *real;
    struct queue reads, writes, finished;
    bool refusing, killed;
    size_t planned; /**< events that will look at the queues */
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool woken;
};

static void push(struct queue *queue, struct store_op *op) {
    op->next = NULL;
    if (queue->last == NULL) {
        queue->first = op;
    } else {
        queue->last->next = op;
    }
    queue->last = op;
}

static struct store_op *pop(struct queue *queue) {
    struct store_op *op = queue->first;
    if (op != NULL) {
        queue->first = op->next;
        queue->last = queue->first == NULL ? NULL : queue->last;
        op->next = NULL;
    }
    return op;
}

static void wake(void *user) {
    struct slow_store *slow = user;
    pthread_mutex_lock(&slow->mutex);
    slow->woken = true;
    pthread_cond_signal(&slow->condition);
    pthread_mutex_unlock(&slow->mutex);
}

static void carry_out(struct slow_store *slow, struct store_op *op) {
    store_submit(slow->real, op);
    while (slow->real->functions->take_finished(slow->real) == NULL) {
        pthread_mutex_lock(&slow->mutex);
        while (!slow->woken) {
            pthread_cond_wait(&slow->condition, &slow->mutex);
        }
        slow->woken = false;
        pthread_mutex_unlock(&slow->mutex);
    }
}

static void free_if_over(struct slow_store *slow) {
    if (slow->killed && slow->planned == 0) {
        pthread_cond_destroy(&slow->condition);
        pthread_mutex_destroy(&slow->mutex);
        base_free(slow);
    }
}

static void answer(void *user, uint64_t number, struct base_slice bytes) {
    struct slow_store *slow = user;
    (void)number;
    (void)bytes;
    slow->planned--;
    if (slow->killed) {
        free_if_over(slow);
    } else {
        store_finish(&slow->store);
    }
}

static void refuse(struct slow_store *slow, struct store_op *op) {
    store_refuse(op, sim_below(slow->sim, 2) == 0 ? WIRE_REFUSED_DISK_FULL : WIRE_REFUSED_UNAVAILABLE, 1000);
    slow->sim->report->refusals++;
}

static void work(void *user, uint64_t writes, struct base_slice bytes) {
    struct slow_store *slow = user;
    (void)bytes;
    slow->planned--;
    if (slow->killed) {
        free_if_over(slow);
        return;
    }
    struct queue *queue = writes == 1 ? &slow->writes : &slow->reads;
    for (struct store_op *op = pop(queue); op != NULL; op = pop(queue)) {
        if (writes == 1 && slow->refusing) {
            refuse(slow, op);
        } else {
            carry_out(slow, op);
        }
        push(&slow->finished, op);
    }
    slow->planned++;
    timeline_add(&slow->sim->timeline, sim_below(slow->sim, 3), answer, slow, 0, base_slice(NULL, 0));
}

static void submit(struct store *store, struct store_op *op) {
    struct slow_store *slow = (struct slow_store *)store;
    bool writes = op->task > STORE_FIRST_WRITE;
    push(writes ? &slow->writes : &slow->reads, op);
    slow->planned++;
    timeline_add(&slow->sim->timeline, sim_below(slow->sim, 8), work, slow, writes ? 1 : 0, base_slice(NULL, 0));
}

static struct store_op *take_finished(struct store *store) {
    return pop(&((struct slow_store *)store)->finished);
}

static void count(struct store *store, struct store_counters *out) {
    store_count(((struct slow_store *)store)->real, out);
}

static void close_store(struct store *store) {
    slow_store_kill((struct slow_store *)store);
}

struct slow_store *slow_store_open(struct sim *sim, const struct base_random *random, const char *folder) {
    static const struct store_functions functions = { submit, take_finished, count, close_store };
    struct slow_store *slow = sim_take(1, sizeof *slow);
    slow->store.functions = &functions;
    slow->sim = sim;
    pthread_mutex_init(&slow->mutex, NULL);
    pthread_cond_init(&slow->condition, NULL);
    struct store_sqlite_options options = {
        .allocator = base_allocator_libc(),
        .random = random,
        .folder = folder,
        .max_blob = MAX_BLOB,
        .blob_quota = MAX_BLOB,
        .wake = wake,
        .user = slow,
    };
    TEST_CHECK(store_sqlite_open(&options, &slow->real) == BASE_OK, "the server's store cannot be opened");
    return slow;
}

struct store *slow_store_of(struct slow_store *slow) {
    return &slow->store;
}

void slow_store_refuse(struct slow_store *slow, bool refusing) {
    slow->refusing = refusing;
}

static void forget(struct queue *queue, bool carried_out) {
    for (struct store_op *op = pop(queue); op != NULL; op = pop(queue)) {
        if (!carried_out) {
            store_refuse(op, WIRE_REFUSED_UNAVAILABLE, 0);
        }
        op->done(op);
    }
}

void slow_store_kill(struct slow_store *slow) {
    slow->killed = true;
    forget(&slow->finished, true);
    forget(&slow->reads, false);
    forget(&slow->writes, false);
    store_close(slow->real);
    free_if_over(slow);
}
