/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Ratchet trees of large groups, on their way to their doors and from them: part of what a core holds (state.h).
 */
#ifndef CORE_TREE_STATE_H
#define CORE_TREE_STATE_H

#include "weibel/core.h"
#include "wire/wire.h"

/** Where the ratchet tree of a large group lies: tree.h. */
struct tree_place {
    uint8_t name[WIRE_KEY_LEN]; /**< hash of its doors' key, of which their names are made */
    struct weibel_blob_key key;
    uint32_t size; /**< of the tree, bytes; 0: there is none */
};

/** A ratchet tree on its way to its doors. Not durable. */
struct tree_put {
    struct tree_place place;
    uint8_t door_key[WIRE_KEY_LEN]; /**< what the doors are made with */
    struct base_bytes tree;
    uint64_t next; /**< chunk */
    bool done;
    bool in_flight;
    uint64_t number; /**< tells answers apart */
};

/** A ratchet tree that is being fetched. Not durable. */
struct tree_get {
    struct tree_place place;
    struct base_bytes tree; /**< room for all of it, as soon as the first chunk is good */
    uint64_t next;          /**< chunk */
    bool in_flight;
};

#endif
