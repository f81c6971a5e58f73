/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reading for the index: pages out of which words are taken, messages whose words are to be held.
 */
#include <string.h>

#include "chat.h"
#include "read.h"
#include "rpc.h"
#include "search/hold.h"

static base_result as_damage(base_result result) {
    return result == BASE_OK || result == &BASE_ERR_NO_MEMORY || result == &WEIBEL_ERR_VERSION ? result
                                                                                               : &WEIBEL_ERR_RECORD;
}

/* ---- taking words out of pages ---- */

static bool has_bucket(const struct search_loose *loose, unsigned bucket) {
    return (loose->buckets[bucket / 8] & 1 << bucket % 8) != 0;
}

/* The first bucket in which something is still to be done; SEARCH_BUCKETS: there is none. */
static unsigned next_bucket(struct weibel_core *core) {
    unsigned bucket = core->search.stuck ? 0 : SEARCH_BUCKETS;
    for (bool found = false; bucket < SEARCH_BUCKETS && !found; bucket += found ? 0 : 1) {
        for (size_t i = 0; i < core->search.loose.count && !found; i++) {
            found = has_bucket((const struct search_loose *)core->search.loose.items[i], bucket);
        }
    }
    core->search.stuck = bucket < SEARCH_BUCKETS;
    return bucket;
}

/* A page that is written anew without some of its items. */
struct thinning {
    const struct weibel_core *core;
    unsigned bucket;
    struct search_item *kept;
    size_t count, capacity;
    bool changed;
};

static base_result keep_item(void *user, const struct search_item *item) {
    struct thinning *thinning = (struct thinning *)user;
    const struct search_loose *loose = search_loose_find(thinning->core, item->posting.chat, item->posting.number);
    if (loose != NULL && loose->thinning && has_bucket(loose, thinning->bucket)) {
        thinning->changed = true;
        return BASE_OK;
    }
    BASE_ENSURE(thinning->count < thinning->capacity, BASE_ERR_VALUE);
    thinning->kept[thinning->count++] = *item;
    return BASE_OK;
}

static base_result count_item(void *user, const struct search_item *item) {
    (void)item;
    ++*(size_t *)user;
    return BASE_OK;
}

/* `read->chat`: the bucket. */
static base_result thin_page(struct weibel_core *core, struct read *read, struct base_slice key,
                             struct base_slice value) {
    struct thinning thinning = { .core = core, .bucket = (unsigned)read->chat };
    enum key_table table;
    uint64_t bucket, run;
    BASE_TRY(as_damage(search_page_read(value, count_item, &thinning.capacity)));
    struct search_item *kept BASE_CLEANUP(base_free_at) =
        (struct search_item *)base_take(core->options.allocator, thinning.capacity, sizeof *kept);
    BASE_ENSURE(kept != NULL, BASE_ERR_NO_MEMORY);
    thinning.kept = kept;
    BASE_TRY(as_damage(search_page_read(value, keep_item, &thinning)));
    BASE_TRY(as_damage(key_parse(key, &table, &bucket, &run)));
    if (!thinning.changed) {
        return BASE_OK;
    }
    if (thinning.count == 0) {
        return out_remove(&core->out, key_pair(KEY_SEARCH, bucket, run));
    }
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, value.len + 64);
    struct base_bytes page BASE_CLEANUP(base_bytes_free) = { 0 };
    search_page_write(&writer, thinning.kept, thinning.count);
    BASE_TRY(base_writer_finish(&writer, &page));
    return out_put(&core->out, key_pair(KEY_SEARCH, bucket, run), base_borrow(&page));
}

static base_result thin_done(struct weibel_core *core, struct read *read) {
    unsigned bucket = (unsigned)read->chat;
    if (read->count == WEIBEL_MAX_READ) {
        return read_ask(core, read, thin_page, key_after(key_slice(&read->last)), search_bucket_key(bucket + 1),
                        WEIBEL_MAX_READ, false);
    }
    core->search.busy = false;
    for (size_t i = core->search.loose.count; i > 0; i--) {
        struct search_loose *loose = (struct search_loose *)core->search.loose.items[i - 1];
        if (loose->thinning) {
            loose->thinning = false;
            loose->buckets[bucket / 8] &= (uint8_t) ~(1 << bucket % 8);
            BASE_TRY(search_loose_save(core, loose));
        }
    }
    return BASE_OK;
}

static base_result thin(struct weibel_core *core, unsigned bucket) {
    for (size_t i = 0; i < core->search.loose.count; i++) {
        struct search_loose *loose = (struct search_loose *)core->search.loose.items[i];
        loose->thinning = has_bucket(loose, bucket);
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, thin_done, NULL, &read));
    read->chat = bucket;
    BASE_TRY(read_ask(core, read, thin_page, search_bucket_key(bucket), search_bucket_key(bucket + 1), WEIBEL_MAX_READ,
                      false));
    read = NULL;
    core->search.busy = true;
    return BASE_OK;
}

/* ---- reading messages ---- */

static base_result take_message(struct weibel_core *core, struct read *read, struct base_slice key,
                                struct base_slice value) {
    struct message message BASE_CLEANUP(message_free) = { .number = 0 };
    enum key_table table;
    uint64_t number_of_chat, number;
    BASE_TRY(as_damage(key_parse(key, &table, &number_of_chat, &number)));
    BASE_TRY(as_damage(message_load(core, number_of_chat, number, value, &message)));
    const struct search_loose *loose = search_loose_find(core, number_of_chat, number);
    struct chat *chat = read->more ? NULL : chat_at(core, number_of_chat);
    if (chat != NULL) {
        chat->scanned = number;
    }
    bool other = loose != NULL && loose->held != read->more; /* those that are held for good are read one by one */
    return other ? BASE_OK : search_take_in(core, &message);
}

static base_result one_done(struct weibel_core *core, struct read *read) {
    struct search_loose *loose = search_loose_find(core, read->chat, read->message);
    core->search.busy = false;
    if (loose != NULL) {
        loose->read = true; /* also if the message is not there */
    }
    return BASE_OK;
}

/* `read->limit`: number of the last message when it was asked. */
static base_result scan_done(struct weibel_core *core, struct read *read) {
    struct chat *chat = chat_at(core, read->chat);
    core->search.busy = false;
    if (chat != NULL && read->count < WEIBEL_MAX_READ) {
        chat->scanned = read->limit;
    }
    return BASE_OK;
}

static base_result read_messages(struct weibel_core *core, uint64_t chat, uint64_t first, uint64_t last, bool one) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, one ? one_done : scan_done, NULL, &read));
    read->chat = chat;
    read->message = first;
    read->limit = last;
    read->more = one;
    BASE_TRY(read_ask(core, read, take_message, key_pair(KEY_MESSAGE, chat, first),
                      key_pair(KEY_MESSAGE, chat, last + 1), WEIBEL_MAX_READ, false));
    read = NULL;
    core->search.busy = true;
    return BASE_OK;
}

/* ---- what is next ---- */

static bool run_is_due(const struct weibel_core *core) {
    return core->search.messages >= SEARCH_RUN_MESSAGES || core->search.words >= SEARCH_RUN_WORDS;
}

static bool many_wait(const struct weibel_core *core) {
    uint64_t waiting = 0;
    for (size_t i = 0; i < core->chats.count; i++) {
        const struct chat *chat = (const struct chat *)core->chats.items[i];
        waiting += chat->next_message - chat->indexed;
    }
    return waiting >= SEARCH_RUN_MESSAGES;
}

static const struct search_loose *next_loose(struct weibel_core *core) {
    for (size_t i = 0; i < core->search.loose.count && core->search.unread; i++) {
        const struct search_loose *loose = (const struct search_loose *)core->search.loose.items[i];
        if (loose->held && !loose->read) {
            return loose;
        }
    }
    core->search.unread = false;
    return NULL;
}

static struct chat *next_chat(const struct weibel_core *core) {
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->scanned < chat->next_message) {
            return chat;
        }
    }
    return NULL;
}

bool search_ready(struct weibel_core *core) {
    core->search.started = true;
    return !core->search.busy && next_loose(core) == NULL && next_chat(core) == NULL;
}

/* What was forgotten in this input is done with. */
static base_result settle(struct weibel_core *core) {
    for (size_t i = core->search.loose.count; i > 0 && core->search.forgotten; i--) {
        struct search_loose *loose = (struct search_loose *)core->search.loose.items[i - 1];
        if (loose->fresh) {
            loose->fresh = false;
            BASE_TRY(search_loose_save(core, loose));
        }
    }
    core->search.forgotten = false;
    return BASE_OK;
}

base_result search_pump(struct weibel_core *core) {
    struct search *search = &core->search;
    BASE_TRY(settle(core));
    if (search->busy) {
        return BASE_OK;
    }
    unsigned bucket = next_bucket(core);
    if (bucket < SEARCH_BUCKETS) {
        return thin(core, bucket);
    }
    search->started = search->started || many_wait(core);
    if (!search->started) {
        return BASE_OK;
    }
    if (run_is_due(core)) {
        BASE_TRY(search_write_run(core));
    }
    const struct search_loose *loose = next_loose(core);
    if (loose != NULL) {
        return read_messages(core, loose->chat, loose->message, loose->message, true);
    }
    const struct chat *chat = next_chat(core);
    if (chat != NULL) {
        return read_messages(core, chat->number, chat->scanned + 1, chat->next_message, false);
    }
    return rpc_search_release(core);
}
