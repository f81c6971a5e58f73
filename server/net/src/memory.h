/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Memory that a rush has needed goes back to the system: what the C library has freed between blocks that stay, it
 * keeps.
 */
#ifndef NET_SRC_MEMORY_H
#define NET_SRC_MEMORY_H

#include <stdint.h>

struct memory {
    uint64_t looked_at; /**< seconds, of the same clock as `now` */
    uint64_t floor;     /**< bytes that were there when it had been given back, or less; 0: not yet */
};

/** To be called once a second or so: looks now and then, and costs nothing in between. */
void memory_look_after(struct memory *memory, uint64_t now);

#endif
