/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The method search: what each word is in comes from the index, then the newest of what all of them are in is read and
 * looked at itself, as the index may be behind.
 */
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "event.h"
#include "json.h"
#include "read.h"
#include "rpc.h"
#include "search/index.h"
#include "waiting.h"

enum {
    MAX_QUERY = 1024,
    MAX_WORDS = 8, /* more do not make it more exact */
    DEFAULT_LIMIT = 20,
    MAX_LIMIT = 100,
    MAX_WAITING = 16,
    MAX_SPAN = 128, /* messages that are read at once for those among them that match */
    FIRST_CAPACITY = 256,
};

struct postings {
    struct search_posting *items;
    size_t count, capacity;
};

/* A search that is under way. */
struct query {
    struct search_word words[MAX_WORDS];
    size_t word_count;
    size_t word;                    /* the one that is looked for */
    uint64_t chat;                  /* 0: all */
    uint64_t before;                /* milliseconds since 1970 */
    struct postings found, matches; /* of this word; of all so far */
    size_t group, next;             /* of the matches: the first of those that are being read, and the next one */
    size_t shown;                   /* messages that are in their order */
};

static void free_query(void *item) {
    struct query *query = (struct query *)item;
    base_free(query->found.items);
    base_free(query->matches.items);
    base_free(query);
}

/* ---- the index ---- */

static base_result add(const struct weibel_core *core, struct postings *postings,
                       const struct search_posting *posting) {
    if (postings->count == postings->capacity) {
        size_t capacity = postings->capacity == 0 ? FIRST_CAPACITY : 2 * postings->capacity;
        struct search_posting *items =
            (struct search_posting *)base_take(core->options.allocator, capacity, sizeof *items);
        BASE_ENSURE(items != NULL, BASE_ERR_NO_MEMORY);
        if (postings->count > 0) {
            memcpy(items, postings->items, postings->count * sizeof *items);
        }
        base_free(postings->items);
        postings->items = items;
        postings->capacity = capacity;
    }
    postings->items[postings->count++] = *posting;
    return BASE_OK;
}

struct matching {
    const struct weibel_core *core;
    struct query *query;
};

/* Only what can be in the answer. */
static base_result match(void *user, const struct search_item *item) {
    const struct matching *matching = (const struct matching *)user;
    struct query *query = matching->query;
    bool wanted = (query->chat == 0 || query->chat == item->posting.chat) && item->posting.at <= query->before / 1000 &&
                  search_begins_with(&item->word, &query->words[query->word]);
    return wanted ? add(matching->core, &query->found, &item->posting) : BASE_OK;
}

static int by_place(const void *a, const void *b) {
    const struct search_posting *first = (const struct search_posting *)a, *second = (const struct search_posting *)b;
    if (first->chat != second->chat) {
        return first->chat < second->chat ? -1 : 1;
    }
    return first->number == second->number ? 0 : first->number < second->number ? -1 : 1;
}

static int newest_first(const void *a, const void *b) {
    const struct search_posting *first = (const struct search_posting *)a, *second = (const struct search_posting *)b;
    return first->at != second->at ? (first->at > second->at ? -1 : 1) : -by_place(a, b);
}

static void sort(struct postings *postings, int (*compare)(const void *a, const void *b)) {
    if (postings->count > 1) {
        qsort(postings->items, postings->count, sizeof *postings->items, compare);
    }
}

static void unique(struct postings *postings) {
    size_t count = 0;
    for (size_t i = 0; i < postings->count; i++) {
        if (count == 0 || by_place(&postings->items[i], &postings->items[count - 1]) != 0) {
            postings->items[count++] = postings->items[i];
        }
    }
    postings->count = count;
}

/* Both sorted by place; `kept` keeps what is in both. */
static void intersect(struct postings *kept, const struct postings *other) {
    size_t count = 0, at = 0;
    for (size_t i = 0; i < kept->count; i++) {
        while (at < other->count && by_place(&other->items[at], &kept->items[i]) < 0) {
            at++;
        }
        if (at < other->count && by_place(&other->items[at], &kept->items[i]) == 0) {
            kept->items[count++] = kept->items[i];
        }
    }
    kept->count = count;
}

static void take_found(struct query *query) {
    sort(&query->found, by_place);
    unique(&query->found);
    if (query->word > 0) {
        intersect(&query->matches, &query->found);
        query->found.count = 0;
        return;
    }
    base_free(query->matches.items);
    query->matches = query->found;
    query->found = (struct postings){ .items = NULL };
}

/* ---- the messages ---- */

static bool is_match(const struct query *query, const struct message *message) {
    bool all = message->kind == MESSAGE_TEXT && message->sent_at < query->before;
    for (size_t i = 0; i < query->word_count && all; i++) {
        all = search_message_has(message, &query->words[i]);
    }
    return all;
}

/* Messages of the same moment stay on one page: `before` of the next one would leave them out. */
static bool is_full(const struct read *read, const struct search_posting *next) {
    const struct list *messages = &read->messages;
    if (messages->count < read->limit) {
        return false;
    }
    const struct message *last = (const struct message *)messages->items[messages->count - 1];
    return next->at < last->sent_at / 1000 || messages->count >= 2 * MAX_LIMIT;
}

static bool is_asked_for(const struct query *query, uint64_t number) {
    for (size_t i = query->group; i < query->next; i++) {
        if (query->matches.items[i].number == number) {
            return true;
        }
    }
    return false;
}

static base_result take_message(struct weibel_core *core, struct read *read, struct base_slice key,
                                struct base_slice value) {
    const struct query *query = (const struct query *)read->own;
    size_t count = read->messages.count;
    BASE_TRY(read_add_message(core, read, key, value));
    if (read->messages.count > count) {
        const struct message *message = (const struct message *)read->messages.items[count];
        if (!is_asked_for(query, message->number) || !is_match(query, message)) {
            read_drop_last_message(read);
        }
    }
    return BASE_OK;
}

/* In the order of the postings, which have seconds. */
static int newer_message_first(const void *a, const void *b) {
    const struct message *first = *(const struct message *const *)a, *second = *(const struct message *const *)b;
    uint64_t at = first->sent_at / 1000, other = second->sent_at / 1000;
    return at != other ? (at > other ? -1 : 1) : first->number > second->number ? -1 : 1;
}

/* The next ones that stand close to each other, as many as are wanted still: they are read at once. */
static void take_group(struct query *query, size_t wanted, uint64_t *lowest, uint64_t *highest) {
    const struct search_posting *first = &query->matches.items[query->next];
    *lowest = *highest = first->number;
    query->group = query->next++;
    while (query->next < query->matches.count && query->next - query->group < wanted) {
        const struct search_posting *posting = &query->matches.items[query->next];
        uint64_t low = posting->number < *lowest ? posting->number : *lowest;
        uint64_t high = posting->number > *highest ? posting->number : *highest;
        if (posting->chat != first->chat || high - low >= MAX_SPAN) {
            break;
        }
        *lowest = low;
        *highest = high;
        query->next++;
    }
}

static base_result read_next(struct weibel_core *core, struct read *read) {
    struct query *query = (struct query *)read->own;
    struct list *messages = &read->messages;
    if (messages->count > query->shown) {
        qsort(&messages->items[query->shown], messages->count - query->shown, sizeof *messages->items,
              newer_message_first);
    }
    query->shown = messages->count;
    read->more = query->next < query->matches.count && is_full(read, &query->matches.items[query->next]);
    if (query->next == query->matches.count || read->more) {
        return rpc_answer_messages(core, read);
    }
    uint64_t chat = query->matches.items[query->next].chat, lowest, highest;
    take_group(query, read->limit > messages->count ? read->limit - messages->count : 1, &lowest, &highest);
    struct key last = key_pair(KEY_MESSAGE, chat, highest);
    read->done = read_next;
    return read_ask(core, read, take_message, key_pair(KEY_MESSAGE, chat, lowest), key_after(key_slice(&last)),
                    MAX_SPAN, false);
}

/* ---- word by word ---- */

static base_result take_page(struct weibel_core *core, struct read *read, struct base_slice key,
                             struct base_slice value) {
    struct matching matching = { core, (struct query *)read->own };
    (void)key;
    base_result result = search_page_read(value, match, &matching);
    return result == BASE_OK || result == &BASE_ERR_NO_MEMORY || result == &WEIBEL_ERR_VERSION ? result
                                                                                               : &WEIBEL_ERR_RECORD;
}

static base_result look_for_word(struct weibel_core *core, struct read *read, const struct key *behind) {
    const struct query *query = (const struct query *)read->own;
    unsigned bucket = search_bucket(core, &query->words[query->word]);
    return read_ask(core, read, take_page, behind == NULL ? search_bucket_key(bucket) : key_after(key_slice(behind)),
                    search_bucket_key(bucket + 1), WEIBEL_MAX_READ, false);
}

static base_result word_done(struct weibel_core *core, struct read *read) {
    struct query *query = (struct query *)read->own;
    struct matching matching = { core, query };
    if (read->count == WEIBEL_MAX_READ) {
        const struct key last = read->last;
        return look_for_word(core, read, &last);
    }
    BASE_TRY(search_each_held(core, match, &matching));
    take_found(query);
    query->word++;
    if (query->word < query->word_count && query->matches.count > 0) {
        return look_for_word(core, read, NULL);
    }
    sort(&query->matches, newest_first);
    return read_next(core, read);
}

/* ---- the call ---- */

/* The words of the request. Of those that begin like another one only the longer one is looked for. */
static void take_words(struct base_slice text, struct query *query) {
    struct search_word word;
    while (query->word_count < MAX_WORDS && search_next_word(&text, &word)) {
        if (search_stem_len(&word) > 0) {
            query->words[query->word_count++] = word;
        }
    }
}

static base_result begin(struct weibel_core *core, struct call *call, struct base_slice text, uint64_t chat,
                         uint64_t before, uint64_t limit) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, word_done, call, &read));
    struct query *query = (struct query *)base_take(core->options.allocator, 1, sizeof *query);
    BASE_ENSURE(query != NULL, BASE_ERR_NO_MEMORY);
    *query = (struct query){ .chat = chat, .before = before };
    read->own = query;
    read->free_own = free_query;
    read->limit = limit;
    take_words(text, query);
    if (query->word_count == 0) {
        return rpc_answer_messages(core, read);
    }
    BASE_TRY(look_for_word(core, read, NULL));
    read = NULL;
    return BASE_OK;
}

/* Until everything is in memory. */
static base_result wait(struct weibel_core *core, struct call *call, const cJSON *params) {
    if (core->search.waiting.count >= MAX_WAITING) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "too many searches are under way");
    }
    return waiting_add(core, &core->search.waiting, call, params);
}

base_result rpc_search(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct base_slice text = json_get_text(params, "query"), name = json_get_text(params, "chat");
    uint64_t before = UINT64_MAX, limit = DEFAULT_LIMIT;
    bool has_before = cJSON_GetObjectItemCaseSensitive(params, "before") != NULL,
         has_limit = cJSON_GetObjectItemCaseSensitive(params, "limit") != NULL;
    if (text.data == NULL || text.len > MAX_QUERY || (has_before && !json_get_number(params, "before", &before)) ||
        (has_limit && (!json_get_number(params, "limit", &limit) || limit == 0))) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                          "query must be a text of at most %d bytes, before a time, limit a whole number from 1 on",
                          MAX_QUERY);
    }
    struct chat *chat = NULL;
    if (name.data != NULL) {
        BASE_TRY(rpc_find_chat(core, call, name, &chat));
        if (chat == NULL) {
            return BASE_OK;
        }
    }
    if (!search_ready(core)) {
        return wait(core, call, params);
    }
    return begin(core, call, text, chat == NULL ? 0 : chat->number, before, limit < MAX_LIMIT ? limit : MAX_LIMIT);
}

base_result rpc_search_release(struct weibel_core *core) {
    while (core->search.waiting.count > 0) {
        struct waiting *waiting BASE_CLEANUP(waiting_free_at) = (struct waiting *)list_take(&core->search.waiting, 0);
        BASE_TRY(rpc_search(core, &waiting->call, waiting->params));
    }
    return BASE_OK;
}

base_result rpc_search_refuse(struct weibel_core *core, const struct trouble *trouble) {
    return waiting_refuse(core, &core->search.waiting, trouble);
}

void rpc_search_free(struct weibel_core *core) {
    list_free(&core->search.waiting, waiting_free);
}
