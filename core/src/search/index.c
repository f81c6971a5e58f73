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

_Static_assert(MAX_PAGE_WORDS * 64 < MAX_PAGE, "a page fits a record");

/* ---- words of a message ---- */

static bool has_word(const struct search_word *words, size_t count, const struct search_word *wanted) {
    for (size_t i = 0; i < count; i++) {
        if (words[i].len == wanted->len && memcmp(words[i].bytes, wanted->bytes, wanted->len) == 0) {
            return true;
        }
    }
    return false;
}

/* Words too short to be searched for are left out. */
static void add_words(struct base_slice text, struct search_word *words, size_t room, size_t *count) {
    struct search_word word;
    while (*count < room && search_next_word(&text, &word)) {
        if (search_stem_len(&word) > 0 && !has_word(words, *count, &word)) {
            words[(*count)++] = word;
        }
    }
}

base_result search_hold_new(const struct weibel_core *core, const struct message *message, struct search_hold **out) {
    size_t count = 0, room = 1 + message->text.len / (SEARCH_STEM + 1); /* each has a space behind it, or an end */
    for (uint32_t i = 0; i < message->file_count; i++) {
        room += 1 + strlen(message->files[i].name) / (SEARCH_STEM + 1);
    }
    room = room < SEARCH_MESSAGE_WORDS ? room : SEARCH_MESSAGE_WORDS;
    struct search_word *words BASE_CLEANUP(base_free_at) =
        (struct search_word *)base_take(core->options.allocator, room, sizeof *words);
    BASE_ENSURE(words != NULL, BASE_ERR_NO_MEMORY);
    add_words(base_borrow(&message->text), words, room, &count);
    for (uint32_t i = 0; i < message->file_count; i++) {
        add_words(base_slice_text(message->files[i].name), words, room, &count);
    }
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

static void drop_held(struct weibel_core *core, uint64_t chat, uint64_t number) {
    struct search *search = &core->search;
    for (size_t i = search->holds.count; i > 0; i--) {
        struct search_hold *hold = (struct search_hold *)search->holds.items[i - 1];
        if (is_of(&hold->posting, chat, number)) {
            search->words -= hold->fleeting ? 0 : hold->count;
            search->messages -= hold->fleeting ? 0 : 1;
            base_free(list_take(&search->holds, i - 1));
            return;
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

struct search_loose *search_loose_find(const struct weibel_core *core, uint64_t chat, uint64_t number) {
    for (size_t i = 0; i < core->search.loose.count; i++) {
        struct search_loose *loose = (struct search_loose *)core->search.loose.items[i];
        if (loose->chat == chat && loose->message == number) {
            return loose;
        }
    }
    return NULL;
}

static base_result add_loose(struct weibel_core *core, uint64_t chat, uint64_t number, struct search_loose **out) {
    struct search_loose *loose = (struct search_loose *)base_take(core->options.allocator, 1, sizeof *loose);
    BASE_ENSURE(loose != NULL, BASE_ERR_NO_MEMORY);
    *loose = (struct search_loose){ .chat = chat, .message = number };
    base_result result = list_add(&core->search.loose, core->options.allocator, loose);
    if (result != BASE_OK) {
        base_free(loose);
        return result;
    }
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
    if (!loose->held && !loose->fresh && !search_loose_stuck(loose)) {
        for (size_t i = 0; i < core->search.loose.count; i++) {
            if (core->search.loose.items[i] == loose) {
                base_free(list_take(&core->search.loose, i));
                break;
            }
        }
        return out_remove(&core->out, key);
    }
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
        for (size_t k = 0; k < hold->count && goes(core, hold); k++) {
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
