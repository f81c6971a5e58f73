/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The index: what is held in memory, what is loose, and runs. The reading is in scan.c.
 */
#include "search/index.h"

#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "field.h"
#include "search/hold.h"

enum { VERSION = 1, MAX_RECORD = 64, MAX_PAGE = WEIBEL_MAX_RECORD - VAULT_SEAL_EXTRA };

/* One word with its posting has no more than 64 bytes; others choose words, and may let all of them begin alike. */
enum { MAX_PAGE_WORDS = 1 << 17 };

enum { GATHER_WORDS = 2 * SEARCH_MESSAGE_WORDS };

_Static_assert(MAX_PAGE_WORDS * 64 < MAX_PAGE, "a page fits a record");

/* ---- words of a message ---- */

static int compare_words(const void *a, const void *b) {
    const struct search_word *one = (const struct search_word *)a, *other = (const struct search_word *)b;
    return base_slice_compare(base_slice(one->bytes, one->len), base_slice(other->bytes, other->len));
}

/* Words of a message, as they are gathered. */
struct gathered {
    struct search_word *words;
    size_t count, room;
};

/* Sorts them, each once. Many are gathered in between: a text of thousands costs no more for each of them. */
static void sort_out(struct gathered *gathered) {
    size_t kept = 0;
    qsort(gathered->words, gathered->count, sizeof *gathered->words, compare_words);
    for (size_t i = 0; i < gathered->count; i++) {
        if (kept == 0 || compare_words(&gathered->words[kept - 1], &gathered->words[i]) != 0) {
            gathered->words[kept++] = gathered->words[i];
        }
    }
    gathered->count = kept;
}

/* Words too short to be searched for are left out. */
static void add_words(struct base_slice text, struct gathered *gathered) {
    struct search_word word;
    while (search_next_word(&text, &word)) {
        if (gathered->count == gathered->room) {
            sort_out(gathered);
            if (gathered->count >= SEARCH_MESSAGE_WORDS) {
                return; /* more are not found anyway */
            }
        }
        if (search_stem_len(&word) > 0) {
            gathered->words[gathered->count++] = word;
        }
    }
}

base_result search_hold_new(const struct weibel_core *core, const struct message *message, struct search_hold **out) {
    size_t room = 1 + message->text.len / (SEARCH_STEM + 1); /* each has a space behind it, or an end */
    for (uint32_t i = 0; i < message->file_count; i++) {
        room += 1 + strlen(message->files[i].name) / (SEARCH_STEM + 1);
    }
    room = room < GATHER_WORDS ? room : GATHER_WORDS;
    struct search_word *words BASE_CLEANUP(base_free_at) =
        (struct search_word *)base_take(core->options.allocator, room, sizeof *words);
    BASE_ENSURE(words != NULL, BASE_ERR_NO_MEMORY);
    struct gathered gathered = { .words = words, .room = room };
    add_words(base_borrow(&message->text), &gathered);
    for (uint32_t i = 0; i < message->file_count; i++) {
        add_words(base_slice_text(message->files[i].name), &gathered);
    }
    sort_out(&gathered);
    size_t count = gathered.count < SEARCH_MESSAGE_WORDS ? gathered.count : SEARCH_MESSAGE_WORDS;
    struct search_hold *hold =
        (struct search_hold *)base_take(core->options.allocator, 1, sizeof *hold + count * sizeof *words);
    BASE_ENSURE(hold != NULL, BASE_ERR_NO_MEMORY);
    hold->posting = (struct search_posting){ message->chat, message->number, (uint32_t)(message->sent_at / 1000) };
    hold->fleeting = message->expires_at != 0 || message->expire != 0;
    hold->count = count;
    memcpy(hold->words, words, count * sizeof *words);
    *out = hold;
    return BASE_OK;
}

bool search_message_has(const struct message *message, const struct search_word *wanted) {
    bool found = search_text_has(base_borrow(&message->text), wanted);
    for (uint32_t i = 0; i < message->file_count && !found; i++) {
        found = search_text_has(base_slice_text(message->files[i].name), wanted);
    }
    return found;
}

/* ---- what is held ---- */

static bool is_of(const struct search_posting *posting, uint64_t chat, uint64_t number) {
    return posting->chat == chat && posting->number == number;
}

static void drop_at(struct search *search, size_t index) {
    struct search_hold *hold = (struct search_hold *)list_take(&search->holds, index);
    search->words -= hold->fleeting ? 0 : hold->count;
    search->messages -= hold->fleeting ? 0 : 1;
    search->fleeting -= hold->fleeting ? hold->count : 0;
    base_free(hold);
}

static void drop_held(struct weibel_core *core, uint64_t chat, uint64_t number) {
    const struct list *holds = &core->search.holds;
    for (size_t i = holds->count; i > 0; i--) {
        if (is_of(&((const struct search_hold *)holds->items[i - 1])->posting, chat, number)) {
            drop_at(&core->search, i - 1);
            return;
        }
    }
}

/* The oldest of those that are held for good give way. */
static void bound_fleeting(struct search *search) {
    for (size_t i = 0; i < search->holds.count && search->fleeting > SEARCH_FLEETING_WORDS;) {
        if (((const struct search_hold *)search->holds.items[i])->fleeting) {
            drop_at(search, i);
        } else {
            i++;
        }
    }
}

base_result search_each_held(const struct weibel_core *core, search_page_fn each, void *user) {
    for (size_t i = 0; i < core->search.holds.count; i++) {
        const struct search_hold *hold = (const struct search_hold *)core->search.holds.items[i];
        for (size_t k = 0; k < hold->count; k++) {
            const struct search_item item = { hold->words[k], hold->posting };
            BASE_TRY(each(user, &item));
        }
    }
    return BASE_OK;
}

/* ---- what is loose ---- */

/* The place of a message in the list, which is sorted; where it would be if it isn't there. */
static size_t place_of(const struct weibel_core *core, uint64_t chat, uint64_t number) {
    size_t low = 0, high = core->search.loose.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct search_loose *loose = (const struct search_loose *)core->search.loose.items[middle];
        if (loose->chat < chat || (loose->chat == chat && loose->message < number)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct search_loose *search_loose_find(const struct weibel_core *core, uint64_t chat, uint64_t number) {
    const struct list *list = &core->search.loose;
    size_t place = place_of(core, chat, number);
    struct search_loose *loose = place < list->count ? (struct search_loose *)list->items[place] : NULL;
    return loose != NULL && loose->chat == chat && loose->message == number ? loose : NULL;
}

static base_result add_loose(struct weibel_core *core, uint64_t chat, uint64_t number, struct search_loose **out) {
    struct search_loose *loose = (struct search_loose *)base_take(core->options.allocator, 1, sizeof *loose);
    BASE_ENSURE(loose != NULL, BASE_ERR_NO_MEMORY);
    *loose = (struct search_loose){ .chat = chat, .message = number };
    size_t place = place_of(core, chat, number);
    base_result result = list_add(&core->search.loose, core->options.allocator, loose);
    if (result != BASE_OK) {
        base_free(loose);
        return result;
    }
    void **items = core->search.loose.items;
    memmove(items + place + 1, items + place, (core->search.loose.count - 1 - place) * sizeof *items);
    items[place] = loose;
    *out = loose;
    return BASE_OK;
}

static base_result get_loose(struct weibel_core *core, uint64_t chat, uint64_t number, struct search_loose **out) {
    *out = search_loose_find(core, chat, number);
    return *out != NULL ? BASE_OK : add_loose(core, chat, number, out);
}

bool search_loose_stuck(const struct search_loose *loose) {
    for (size_t i = 0; i < sizeof loose->buckets; i++) {
        if (loose->buckets[i] != 0) {
            return true;
        }
    }
    return false;
}

base_result search_loose_save(struct weibel_core *core, struct search_loose *loose) {
    struct key key = key_pair(KEY_LOOSE, loose->chat, loose->message);
    bool stuck = search_loose_stuck(loose);
    if (!loose->held && !loose->fresh && !stuck) {
        base_free(list_take(&core->search.loose, place_of(core, loose->chat, loose->message)));
        return out_remove(&core->out, key);
    }
    core->search.stuck = core->search.stuck || stuck;
    core->search.unread = core->search.unread || (loose->held && !loose->read);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    field_write_bool(&writer, loose->held);
    field_write_bool(&writer, loose->fleeting);
    field_write_array(&writer, loose->buckets, sizeof loose->buckets);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key, base_borrow(&record));
}

base_result search_load(struct weibel_core *core, uint64_t chat, uint64_t number, struct base_slice value) {
    struct search_loose *loose;
    struct base_reader reader = base_reader(value);
    BASE_TRY(add_loose(core, chat, number, &loose));
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(field_read_bool(&reader, &loose->held));
    BASE_TRY(field_read_bool(&reader, &loose->fleeting));
    BASE_TRY(base_read_copy(&reader, loose->buckets, sizeof loose->buckets));
    core->search.stuck = core->search.unread = true;
    return base_read_end(&reader);
}

/* ---- what happens to messages ---- */

base_result search_take_in(struct weibel_core *core, const struct message *message) {
    struct search *search = &core->search;
    struct search_hold *hold;
    if (message->kind != MESSAGE_TEXT || message->chat > SEARCH_MAX_NUMBER || message->number > SEARCH_MAX_NUMBER) {
        return BASE_OK;
    }
    BASE_TRY(search_hold_new(core, message, &hold));
    bool fleeting = hold->fleeting;
    base_result result = hold->count == 0 ? BASE_OK : list_add(&search->holds, core->options.allocator, hold);
    if (result != BASE_OK || hold->count == 0) {
        base_free(hold);
        return result;
    }
    search->words += fleeting ? 0 : hold->count;
    search->messages += fleeting ? 0 : 1;
    search->fleeting += fleeting ? hold->count : 0;
    bound_fleeting(search);
    struct search_loose *loose = search_loose_find(core, message->chat, message->number);
    if (loose == NULL && !fleeting) {
        return BASE_OK;
    }
    BASE_TRY(loose == NULL ? add_loose(core, message->chat, message->number, &loose) : BASE_OK);
    bool same = loose->held && loose->fleeting == fleeting;
    loose->held = loose->read = true;
    loose->fleeting = fleeting;
    return same ? BASE_OK : search_loose_save(core, loose);
}

base_result search_added(struct weibel_core *core, struct chat *chat, const struct message *message) {
    if (!core->search.started || chat->scanned + 1 != message->number) {
        return BASE_OK; /* it is read with the others */
    }
    chat->scanned = message->number;
    return search_take_in(core, message);
}

base_result search_forget(struct weibel_core *core, const struct message *message) {
    const struct chat *chat = chat_at(core, message->chat);
    struct search_loose *loose = search_loose_find(core, message->chat, message->number);
    drop_held(core, message->chat, message->number);
    if (chat == NULL || message->number > chat->indexed || (loose != NULL && loose->fleeting)) {
        return BASE_OK; /* no page has it */
    }
    struct search_hold *said BASE_CLEANUP(base_free_at) = NULL;
    BASE_TRY(search_hold_new(core, message, &said));
    BASE_TRY(get_loose(core, message->chat, message->number, &loose));
    loose->held = false;
    loose->fresh = true; /* until the end of this input */
    for (size_t i = 0; i < said->count; i++) {
        unsigned bucket = search_bucket(core, &said->words[i]);
        loose->buckets[bucket / 8] |= (uint8_t)(1 << bucket % 8);
    }
    core->search.forgotten = true;
    return search_loose_save(core, loose);
}

base_result search_again(struct weibel_core *core, const struct message *message) {
    const struct chat *chat = chat_at(core, message->chat);
    if (chat == NULL || message->number > chat->scanned) {
        return BASE_OK;
    }
    if (message->number <= chat->indexed) {
        struct search_loose *loose;
        BASE_TRY(get_loose(core, message->chat, message->number, &loose));
        loose->held = true;
        loose->read = false;
        BASE_TRY(search_loose_save(core, loose));
    }
    return core->search.started ? search_take_in(core, message) : BASE_OK;
}

base_result search_gone(struct weibel_core *core, uint64_t number_of_chat, uint64_t number) {
    const struct chat *chat = chat_at(core, number_of_chat);
    struct search_loose *loose = search_loose_find(core, number_of_chat, number);
    drop_held(core, number_of_chat, number);
    if (loose == NULL && (chat == NULL || number > chat->indexed)) {
        return BASE_OK;
    }
    if (loose == NULL || (!loose->fleeting && !loose->fresh)) {
        BASE_TRY(get_loose(core, number_of_chat, number, &loose));
        memset(loose->buckets, 0xff, sizeof loose->buckets);
    }
    loose->held = false;
    return search_loose_save(core, loose);
}

/* ---- runs ---- */

unsigned search_bucket(const struct weibel_core *core, const struct search_word *word) {
    uint8_t name[1 + SEARCH_MAX_WORD] = { 's' }, hash[VAULT_PSEUDONYM_LEN];
    size_t len = search_stem_len(word);
    memcpy(name + 1, word->bytes, len);
    vault_pseudonym(&core->vault, base_slice(name, 1 + len), hash);
    return hash[0];
}

_Static_assert(SEARCH_BUCKETS == 256, "a byte of the hash is the bucket");

struct key search_bucket_key(unsigned bucket) {
    return key_number(KEY_SEARCH, bucket);
}

/* An item with its bucket in front. */
struct placed {
    unsigned bucket;
    struct search_item item;
};

static int compare_placed(const void *a, const void *b) {
    const struct placed *first = (const struct placed *)a, *second = (const struct placed *)b;
    return first->bucket != second->bucket ? (first->bucket < second->bucket ? -1 : 1)
                                           : search_item_compare(&first->item, &second->item);
}

/* Whether a message's words go into the run: not those of fleeting ones, nor while earlier ones are still in pages. */
static bool goes(const struct weibel_core *core, const struct search_hold *hold) {
    const struct search_loose *loose = search_loose_find(core, hold->posting.chat, hold->posting.number);
    return !hold->fleeting && (loose == NULL || !search_loose_stuck(loose));
}

static base_result write_page(struct weibel_core *core, const struct placed *placed, size_t count, uint64_t run) {
    struct search_item *items BASE_CLEANUP(base_free_at) =
        (struct search_item *)base_take(core->options.allocator, count, sizeof *items);
    BASE_ENSURE(items != NULL, BASE_ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        items[i] = placed[i].item;
    }
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_PAGE);
    struct base_bytes page BASE_CLEANUP(base_bytes_free) = { 0 };
    search_page_write(&writer, items, count);
    BASE_TRY(base_writer_finish(&writer, &page));
    return out_put(&core->out, key_pair(KEY_SEARCH, placed->bucket, run), base_borrow(&page));
}

static base_result write_pages(struct weibel_core *core, const struct placed *placed, size_t count) {
    uint64_t run = ++core->account.next_run;
    core->account.dirty = true;
    for (size_t first = 0, end; first < count; first = end) {
        if (first > 0 && placed[first].bucket == placed[first - 1].bucket) {
            run = ++core->account.next_run; /* more of one bucket than a record can hold */
        }
        for (end = first; end < count && end - first < MAX_PAGE_WORDS && placed[end].bucket == placed[first].bucket;
             end++) {
        }
        BASE_TRY(write_page(core, placed + first, end - first, run));
    }
    return BASE_OK;
}

/* What is in the run is held no more. */
static base_result let_go(struct weibel_core *core) {
    struct list *holds = &core->search.holds;
    for (size_t i = holds->count; i > 0; i--) {
        const struct search_hold *hold = (const struct search_hold *)holds->items[i - 1];
        struct search_loose *loose = search_loose_find(core, hold->posting.chat, hold->posting.number);
        if (!goes(core, hold)) {
            continue;
        }
        if (loose != NULL) {
            loose->held = false;
            BASE_TRY(search_loose_save(core, loose));
        }
        core->search.words -= hold->count;
        core->search.messages--;
        base_free(list_take(holds, i - 1));
    }
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        chat->dirty = chat->dirty || chat->indexed != chat->scanned;
        chat->indexed = chat->scanned;
    }
    return BASE_OK;
}

base_result search_write_run(struct weibel_core *core) {
    struct placed *placed BASE_CLEANUP(base_free_at) =
        (struct placed *)base_take(core->options.allocator, core->search.words, sizeof *placed);
    BASE_ENSURE(placed != NULL, BASE_ERR_NO_MEMORY);
    size_t count = 0;
    for (size_t i = 0; i < core->search.holds.count; i++) {
        const struct search_hold *hold = (const struct search_hold *)core->search.holds.items[i];
        bool now = goes(core, hold);
        for (size_t k = 0; k < hold->count && now; k++) {
            const struct search_item item = { hold->words[k], hold->posting };
            placed[count++] = (struct placed){ search_bucket(core, &item.word), item };
        }
    }
    qsort(placed, count, sizeof *placed, compare_placed);
    BASE_TRY(write_pages(core, placed, count));
    return let_go(core);
}

void search_wipe(struct weibel_core *core) {
    list_free(&core->search.holds, base_free);
    list_free(&core->search.loose, base_free);
    core->search = (struct search){ .started = false };
}
