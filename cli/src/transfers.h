/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The transfers that the core asks for: seal a file into the spool, upload it from there, download and open one. Each
 * in constant memory, in small steps between which everything else goes on, and each taken up again where it was.
 */
#ifndef CLI_TRANSFERS_H
#define CLI_TRANSFERS_H

#include "loop.h"
#include "weibel/core.h"

struct transfers;

/** Where the outcome goes; never called from within transfers_start(). */
struct transfers_handler {
    void (*progress)(void *user, uint64_t transfer, uint64_t done);
    void (*done)(void *user, uint64_t transfer);
    void (*got)(void *user, uint64_t transfer, struct base_slice data); /**< what a read step has read */
    void (*failed)(void *user, uint64_t transfer, enum weibel_transfer_failure why, const char *words);
};

/** Makes room for them; `spool`, an open folder, and `handler` must stay. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result transfers_open(struct loop *loop, int spool, const struct transfers_handler *handler,
                                         void *user, struct transfers **out);

/** Stops all of them where they are. NULL is allowed. */
void transfers_close(struct transfers **transfers);

/** Carries out a transfer effect of the core. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result transfers_start(struct transfers *transfers, const struct weibel_transfer *effect);

#endif
