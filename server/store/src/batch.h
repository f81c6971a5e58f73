/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Many operations, one transaction.
 */
#ifndef STORE_SRC_BATCH_H
#define STORE_SRC_BATCH_H

#include "db.h"

/** Operations in the order in which they came. A zeroed one is empty. */
struct op_list {
    struct store_op *first, *last;
    size_t count;
};

void op_list_push(struct op_list *list, struct store_op *op);
struct store_op *op_list_pop(struct op_list *list);
/** Moves all of `from` behind `to`. */
void op_list_append(struct op_list *to, struct op_list *from);

/**
 * Runs writing operations in one durable transaction. When it returns, each has its answer, and what was acknowledged
 * is on the disk. If the transaction fails, all are refused: DISK_FULL or UNAVAILABLE. Returns why, for the log.
 */
base_result batch_write(struct db *db, const struct op_list *ops);

/** Runs reading operations on one snapshot. */
base_result batch_read(struct db *db, const struct op_list *ops);

#endif
