/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Pages of the index.
 */
#include "search/page.h"

#include <string.h>

#include "field.h"
#include "group.h"

enum { VERSION = 1 };

static int compare_numbers(uint64_t a, uint64_t b) {
    return a == b ? 0 : a < b ? -1 : 1;
}

static int compare_words(const struct search_word *a, const struct search_word *b) {
    int bytes = memcmp(a->bytes, b->bytes, sizeof a->bytes); /* zeroed where they end */
    return bytes != 0 ? bytes : compare_numbers(a->len, b->len);
}

int search_item_compare(const void *a, const void *b) {
    const struct search_item *first = (const struct search_item *)a, *second = (const struct search_item *)b;
    int words = compare_words(&first->word, &second->word);
    int chats = compare_numbers(first->posting.chat, second->posting.chat);
    return words != 0 ? words : chats != 0 ? chats : compare_numbers(first->posting.number, second->posting.number);
}

/* Those of one word, from the first one on; how many they are is returned. */
static size_t write_entry(struct base_writer *writer, const struct search_item *items, size_t count) {
    size_t taken = 0;
    base_write_opaque(writer, base_slice(items->word.bytes, items->word.len));
    size_t mark = base_write_vector_begin(writer);
    for (; taken < count && compare_words(&items->word, &items[taken].word) == 0; taken++) {
        base_write_varint(writer, (size_t)items[taken].posting.chat);
        base_write_varint(writer, (size_t)items[taken].posting.number);
        base_write_u32(writer, items[taken].posting.at);
    }
    base_write_vector_end(writer, mark);
    return taken;
}

void search_page_write(struct base_writer *writer, const struct search_item *items, size_t count) {
    base_write_u8(writer, VERSION);
    size_t mark = base_write_vector_begin(writer);
    for (size_t i = 0; i < count;) {
        i += write_entry(writer, items + i, count - i);
    }
    base_write_vector_end(writer, mark);
    size_t len = base_writer_view(writer).len, step = group_padding(len);
    (void)base_write_space(writer, (step - len % step) % step);
}

static base_result read_entry(struct base_reader *reader, search_page_fn each, void *user) {
    struct search_item item = { .word = { .len = 0 } };
    struct base_slice word;
    struct base_reader postings;
    BASE_TRY(base_read_opaque_max(reader, SEARCH_MAX_WORD, &word));
    BASE_ENSURE(word.len > 0, BASE_ERR_VALUE);
    memcpy(item.word.bytes, word.data, word.len);
    item.word.len = (uint8_t)word.len;
    BASE_TRY(base_read_vector(reader, &postings));
    while (postings.left > 0) {
        uint32_t chat, number;
        BASE_TRY(base_read_varint(&postings, &chat));
        BASE_TRY(base_read_varint(&postings, &number));
        BASE_TRY(base_read_u32(&postings, &item.posting.at));
        item.posting.chat = chat;
        item.posting.number = number;
        BASE_TRY(each(user, &item));
    }
    return BASE_OK;
}

base_result search_page_read(struct base_slice page, search_page_fn each, void *user) {
    struct base_reader reader = base_reader(page), entries;
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(base_read_vector(&reader, &entries));
    while (entries.left > 0) {
        BASE_TRY(read_entry(&entries, each, user));
    }
    for (; reader.left > 0; reader.left--, reader.next++) {
        BASE_ENSURE(*reader.next == 0, BASE_ERR_VALUE);
    }
    return BASE_OK;
}
