/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Operations: made, refused, freed.
 */
#include "store/store.h"

struct store_op *store_op_new(const struct base_allocator *allocator, enum store_task task) {
    struct store_op *op = base_take(allocator, 1, sizeof *op);
    if (op != NULL) {
        op->task = task;
    }
    return op;
}

void store_op_free(struct store_op *op) {
    if (op == NULL) {
        return;
    }
    base_bytes_free(&op->asked);
    base_bytes_free(&op->answered);
    base_free(op);
}

void store_refuse(struct store_op *op, enum wire_refusal_code code, uint64_t argument) {
    op->answer.type = WIRE_REFUSAL;
    op->answer.of.refusal = (struct wire_refusal){ (uint16_t)code, argument };
}

bool store_succeeded(const struct store_op *op) {
    return op->answer.type != WIRE_REFUSAL;
}

bool store_takes_room(enum store_task task) {
    return task == STORE_ACTIVATE || task == STORE_CREATE_LINK || task == STORE_PUT_KEY_PACKAGES ||
           task == STORE_CREATE_STREAM || task == STORE_APPEND || task == STORE_INBOX_APPEND ||
           task == STORE_CREATE_BLOB || task == STORE_HOLD_BLOB || task == STORE_PUT_DOOR ||
           task == STORE_PUT_RECOVERY || task == STORE_PUT_PUSH;
}
