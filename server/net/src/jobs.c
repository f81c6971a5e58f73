/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A queue, two threads, and the way back.
 */
#include "jobs.h"

#include <pthread.h>

enum { THREADS = 2 };

struct jobs {
    pthread_mutex_t mutex;
    pthread_cond_t work;
    pthread_t threads[THREADS];
    size_t started;
    struct job *first, *last; /**< waiting */
    struct job *first_done, *last_done;
    size_t busy;
    bool ending;
    void (*wake)(void *user);
    void *user;
};

static void push(struct job **first, struct job **last, struct job *job) {
    job->next = NULL;
    if (*last == NULL) {
        *first = job;
    } else {
        (*last)->next = job;
    }
    *last = job;
}

static struct job *pop(struct job **first, struct job **last) {
    struct job *job = *first;
    if (job != NULL) {
        *first = job->next;
        *last = job->next == NULL ? NULL : *last;
    }
    return job;
}

static void *work(void *argument) {
    struct jobs *jobs = argument;
    pthread_mutex_lock(&jobs->mutex);
    for (;;) {
        while (jobs->first == NULL && !jobs->ending) {
            pthread_cond_wait(&jobs->work, &jobs->mutex);
        }
        struct job *job = pop(&jobs->first, &jobs->last);
        if (job == NULL) {
            break;
        }
        pthread_mutex_unlock(&jobs->mutex);
        job->run(job);
        pthread_mutex_lock(&jobs->mutex);
        push(&jobs->first_done, &jobs->last_done, job);
        jobs->wake(jobs->user);
    }
    pthread_mutex_unlock(&jobs->mutex);
    return NULL;
}

base_result jobs_open(const struct base_allocator *allocator, void (*wake)(void *user), void *user, struct jobs **out) {
    struct jobs *jobs = base_take(allocator, 1, sizeof *jobs);
    BASE_ENSURE(jobs != NULL, BASE_ERR_NO_MEMORY);
    pthread_mutex_init(&jobs->mutex, NULL);
    pthread_cond_init(&jobs->work, NULL);
    jobs->wake = wake;
    jobs->user = user;
    while (jobs->started < THREADS) {
        if (pthread_create(&jobs->threads[jobs->started], NULL, work, jobs) != 0) {
            jobs_close(jobs);
            return &BASE_ERR_NO_MEMORY;
        }
        jobs->started++;
    }
    *out = jobs;
    return BASE_OK;
}

void jobs_submit(struct jobs *jobs, struct job *job) {
    pthread_mutex_lock(&jobs->mutex);
    push(&jobs->first, &jobs->last, job);
    jobs->busy++;
    pthread_cond_signal(&jobs->work);
    pthread_mutex_unlock(&jobs->mutex);
}

void jobs_finish(struct jobs *jobs) {
    for (;;) {
        pthread_mutex_lock(&jobs->mutex);
        struct job *job = pop(&jobs->first_done, &jobs->last_done);
        jobs->busy -= job == NULL ? 0 : 1;
        pthread_mutex_unlock(&jobs->mutex);
        if (job == NULL) {
            return;
        }
        job->done(job);
    }
}

bool jobs_busy(struct jobs *jobs) {
    pthread_mutex_lock(&jobs->mutex);
    bool busy = jobs->busy != 0;
    pthread_mutex_unlock(&jobs->mutex);
    return busy;
}

void jobs_close(struct jobs *jobs) {
    if (jobs == NULL) {
        return;
    }
    pthread_mutex_lock(&jobs->mutex);
    jobs->ending = true;
    pthread_cond_broadcast(&jobs->work);
    pthread_mutex_unlock(&jobs->mutex);
    for (size_t i = 0; i < jobs->started; i++) {
        pthread_join(jobs->threads[i], NULL);
    }
    pthread_cond_destroy(&jobs->work);
    pthread_mutex_destroy(&jobs->mutex);
    base_free(jobs);
}
