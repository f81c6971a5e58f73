/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What is said to who is there, and stored nowhere: CBOR arrays that begin with what it is, each in an MLS application
 * message of the current epoch with signal_label as authenticated data (docs/content.md, Signals). Nothing of it is
 * durable but the ratchet that has encrypted it.
 */
#ifndef CORE_SIGNAL_H
#define CORE_SIGNAL_H

#include "content/missing.h"
#include "state.h"

enum signal_kind {
    SIGNAL_TYPING = 1,                       /**< typing.h */
    SIGNAL_MISSING = CONTENT_SIGNAL_MISSING, /**< missed.h */
};

enum {
    /** Signals between two messages of ours: each skips a message key, of which members who were away accept a bounded
     * number in a row (struct mls_limits, generation_skip and generation_window). */
    SIGNAL_MAX_SKIPPED = 256,
};

/** What tells signals from entries, and so keeps a server from using up an entry's key by calling it a signal: their
 * authenticated data. */
extern const char signal_label[];

/** Whether one may go out into the group now. */
bool signal_can(const struct group *group);

/** Sends one. Called when that is so, and online. */
BASE_MUST_USE base_result signal_send(struct weibel_core *core, struct group *group, struct base_slice content);

#endif
