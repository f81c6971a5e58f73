/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The index: a page, whatever it holds, is read or refused, and what was read is written the same again; a text,
 * whatever it holds, falls into words whose folding changes nothing any more.
 */
#include <string.h>

#include "search/page.h"
#include "test/check.h"
#include "test/fuzz.h"

enum { MAX_ITEMS = 4096 };

struct items {
    struct search_item items[MAX_ITEMS];
    size_t count;
};

static base_result collect(void *user, const struct search_item *item) {
    struct items *items = (struct items *)user;
    BASE_ENSURE(items->count < MAX_ITEMS, BASE_ERR_TOO_LONG);
    items->items[items->count++] = *item;
    return BASE_OK;
}

static void try_page(struct base_slice input) {
    static struct items first, second;
    first.count = second.count = 0;
    if (search_page_read(input, collect, &first) != BASE_OK) {
        return;
    }
    struct base_writer writer = base_writer(base_allocator_libc(), 1 << 22);
    search_page_write(&writer, first.items, first.count);
    base_result result = search_page_read(base_writer_view(&writer), collect, &second);
    TEST_CHECK(result == BASE_OK && first.count == second.count, "a page is not read as it was written");
    for (size_t i = 0; i < first.count; i++) {
        TEST_CHECK(search_item_compare(&first.items[i], &second.items[i]) == 0, "a word has changed");
    }
    base_writer_free(&writer);
}

static void try_words(struct base_slice input) {
    struct search_word word, again;
    while (search_next_word(&input, &word)) {
        struct base_slice folded = base_slice(word.bytes, word.len);
        TEST_CHECK(word.len > 0 && word.len <= SEARCH_MAX_WORD, "a word has no length");
        TEST_CHECK(search_next_word(&folded, &again) && folded.len == 0, "a folded word is no word");
        TEST_CHECK(again.len == word.len && memcmp(again.bytes, word.bytes, word.len) == 0, "folding is not final");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_page(base_slice(data, size));
    try_words(base_slice(data, size));
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    struct base_slice rest = base_slice_text("am Montag um neun Sitzung in Zürich, Москва, 日本語");
    seed(rest, user);
    struct search_item items[16];
    size_t count = 0;
    while (count < 16 && search_next_word(&rest, &items[count].word)) {
        items[count].posting = (struct search_posting){ 1 + count / 3, 100 + count, 1700000000 };
        count++;
    }
    struct base_writer writer = base_writer(base_allocator_libc(), 1 << 16);
    search_page_write(&writer, items, count);
    seed(base_writer_view(&writer), user);
    base_writer_free(&writer);
}
