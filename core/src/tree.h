/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Ratchet trees of large groups (RFC 9420 §12.4.3.3). A Welcome, or what lies at the door of an invitation link, would
 * be too large with the tree in it: the tree is sealed as files are (docs/attachments.md), and each of its chunks lies
 * at a door of its own. Where, and under which key, stands beside the GroupInfo:
 *
 *     struct {
 *         opaque name[32];
 *         opaque key[32];
 *         opaque nonce[16];
 *         uint32 size;                 of the tree in bytes, 1 to TREE_MAX
 *     } TreePlace;
 *
 * Chunk i lies at door i of those whose key has the hash `name` (docs/protocol.md, Doors).
 */
#ifndef CORE_TREE_H
#define CORE_TREE_H

#include "base/reader.h"
#include "base/writer.h"
#include "request.h"
#include "state.h"

enum {
    TREE_DEVICES = 64,   /**< the default of the core's option tree_devices */
    TREE_MAX = 12 << 20, /**< bytes of a tree: that of 10,000 devices has 4 to 6 MiB */
};

extern const struct base_error WEIBEL_ERR_TREE; /**< what lies beside an invitation is not the tree, or is gone */

/** Whether the tree of a group with so many devices goes its own way. */
bool tree_is_beside(const struct weibel_core *core, size_t devices);

void tree_write_place(struct base_writer *writer, const struct tree_place *place);
/** BASE_ERR_VALUE: a size that no tree has. */
BASE_MUST_USE base_result tree_read_place(struct base_reader *reader, struct tree_place *out);

/** The name of a door: `key_hash` is that of its key. */
void tree_door_name(const uint8_t key_hash[WIRE_KEY_LEN], uint64_t index, uint8_t out[WIRE_STREAM_LEN]);

/** For a tree of this size, at the doors with this key: draws the key that it is sealed with. BASE_ERR_TOO_LONG. */
BASE_MUST_USE base_result tree_make_place(struct weibel_core *core, const uint8_t door_key[WIRE_KEY_LEN], size_t size,
                                          struct tree_place *out);

/** Begins to put `tree`, which is taken over, at its place: anew, if it was under way. */
void tree_put_begin(struct weibel_core *core, struct tree_put *put, const struct tree_place *place,
                    const uint8_t door_key[WIRE_KEY_LEN], struct base_bytes *tree);
void tree_put_end(struct tree_put *put);

/** True from the beginning to the end. */
bool tree_put_is_begun(const struct tree_put *put);

/** Sends the next chunk, unless one is on its way. `answered` is given `a`, and as `b` the put's number. */
BASE_MUST_USE base_result tree_put_pump(struct weibel_core *core, struct tree_put *put, request_fn answered,
                                        uint64_t a);

/** The answer. `delay`: milliseconds before the next pump; a refusal that does not pass is WEIBEL_ERR_TREE. */
BASE_MUST_USE base_result tree_put_answered(struct tree_put *put, const struct wire_frame *answer, uint64_t *delay);

/** Asks for the next chunk, unless that is under way. */
BASE_MUST_USE base_result tree_get_pump(struct weibel_core *core, struct tree_get *get, request_fn answered, uint64_t a,
                                        uint64_t b);

/** The answer. `whole`: the tree is in `get->tree`. `delay` as above. WEIBEL_ERR_TREE: it can't be had. */
BASE_MUST_USE base_result tree_get_answered(struct weibel_core *core, struct tree_get *get,
                                            const struct wire_frame *answer, bool *whole, uint64_t *delay);
void tree_get_end(struct tree_get *get);

#endif
