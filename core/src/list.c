/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A growing list of pointers.
 */
#include "list.h"

#include <string.h>

enum { FIRST_CAPACITY = 8 };

base_result list_add(struct list *list, const struct base_allocator *allocator, void *item) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? FIRST_CAPACITY : list->capacity * 2;
        void **items = list->items == NULL ? (void **)base_take(allocator, capacity, sizeof *items)
                                           : (void **)base_retake(list->items, capacity, sizeof *items);
        BASE_ENSURE(items != NULL, BASE_ERR_NO_MEMORY);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
    return BASE_OK;
}

void *list_take(struct list *list, size_t index) {
    void *item = list->items[index];
    list->count--;
    memmove(list->items + index, list->items + index + 1, (list->count - index) * sizeof *list->items);
    return item;
}

void list_free(struct list *list, void (*free_item)(void *item)) {
    while (list->count > 0) {
        free_item(list->items[--list->count]);
    }
    base_free(list->items);
    *list = (struct list){ 0 };
}
