/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * This device as a leaf of MLS groups. In the leaf stands when its keys were made, and, if it is a wish to be let into
 * a group again (heal.h), into which one:
 *
 *     struct {
 *         uint64 made_at;              milliseconds since 1970
 *         opaque stream<V>;            of the group, or empty
 *     } LeafNote;
 *
 * Whoever takes a device out and lets it in again shows that wish by it, and an old one counts for nothing.
 */
#ifndef CORE_LEAF_H
#define CORE_LEAF_H

#include "state.h"

enum {
    LEAF_EXTENSION = 0xf059, /**< struct leaf_note, from the range for private use */
    LEAF_NOTE_MAX = 8 + 1 + WIRE_STREAM_LEN,
    LEAF_MAX = 1 << 10, /**< bytes of a leaf, of which ours has some 300, and 600 under the longest domain: nobody makes
                             a group so large by his own that nobody else can be let in (TREE_MAX) */
};

struct leaf_note {
    uint64_t made_at;         /**< 0: it does not say */
    struct base_slice stream; /**< empty: it is no wish */
};

/** What stands in the leaf of a member, or of a key package. Borrows. */
struct leaf_note leaf_note_of(const struct mls_member *member);

/** When the keys of our own leaf in a group were made; 0: it does not say. */
uint64_t leaf_made_at(const struct mls_group *mls);

/** Whether both leaves are signed by one key of a device. That its account has signed both is not enough: a device that
 * was removed knows the account's identity key, too. */
bool leaf_is_same_key(const struct mls_member *before, const struct mls_member *after);

/** Whether the new leaf is a wish of its device to be let into the group anew that is younger than the old one. */
bool leaf_is_wish(const struct mls_member *before, const struct mls_member *after, struct base_slice stream);

/** What mls_identity borrows from. */
struct leaf {
    struct base_bytes credential;
    uint8_t note[LEAF_NOTE_MAX];
    struct mls_extension extension;
    struct mls_identity identity;
};

/** This device; for a wish with the group's `stream` (or NULL), made later than `after` (or 0). To be freed with
 * leaf_free(), and not to be moved before. */
BASE_MUST_USE base_result leaf_make(struct weibel_core *core, const uint8_t *stream, uint64_t after, struct leaf *out);
void leaf_free(struct leaf *leaf);

#endif
