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
