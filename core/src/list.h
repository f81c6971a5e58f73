/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A growing list of pointers; what they point to is the business of who put it in.
 */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include "base/memory.h"

struct list {
    void **items;
    size_t count;
    size_t capacity;
};

/** Appends. BASE_ERR_NO_MEMORY, and the item still belongs to the caller. */
BASE_MUST_USE base_result list_add(struct list *list, const struct base_allocator *allocator, void *item);

/** Takes item `index` out; those behind it move up. */
void *list_take(struct list *list, size_t index);

/** Calls `free_item` for each item, last one first, and frees the list. */
void list_free(struct list *list, void (*free_item)(void *item));

#endif
