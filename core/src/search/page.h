/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A page of the index: words, and the messages that they are in. On the disk it is sealed like everything else.
 *
 *     struct {
 *         uint8 version;                   1
 *         Entry entries<V>;                by word
 *         uint8 zeros[];                   so that the length tells little
 *     } Page;
 *     struct { opaque word<V>; Posting postings<V>; } Entry;                     by chat, then by number
 *     struct { varint chat; varint number; uint32 at; } Posting;                 RFC 9420 §2.1.2; seconds since 1970
 */
#ifndef CORE_SEARCH_PAGE_H
#define CORE_SEARCH_PAGE_H

#include "base/reader.h"
#include "base/writer.h"
#include "search/words.h"

enum { SEARCH_MAX_NUMBER = (1 << 30) - 1 }; /**< of chats and messages in the index */

/** Where a word is. */
struct search_posting {
    uint64_t chat, number;
    uint32_t at; /**< when it was sent */
};

struct search_item {
    struct search_word word;
    struct search_posting posting;
};

/** Orders items by word, chat and number. For qsort(). */
int search_item_compare(const void *a, const void *b);

/** Writes a page of items in that order, each only once. */
void search_page_write(struct base_writer *writer, const struct search_item *items, size_t count);

typedef base_result (*search_page_fn)(void *user, const struct search_item *item);

/** Gives each item of a page to `each`, in order. BASE_ERR_…, WEIBEL_ERR_VERSION, or what `each` has returned. */
BASE_MUST_USE base_result search_page_read(struct base_slice page, search_page_fn each, void *user);

#endif
