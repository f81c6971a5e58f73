/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What is counted in a group so that the server can't leave anything out unseen: part of what a core holds (state.h).
 * tally.h, missed.h.
 */
#ifndef CORE_TALLY_STATE_H
#define CORE_TALLY_STATE_H

#include "base/bytes.h"
#include "content/content.h"
#include "list.h"

/** Contents of one device: for each bit `i` of `open` the one of the number `end` - 1 - `i`. */
struct missing {
    uint32_t end;
    uint64_t open;
};

/** What this device has read of one member's device. Durable: leaf to notice. */
struct tally {
    uint32_t leaf;
    uint64_t since;        /**< the epoch with which it came in, as it says; UINT64_MAX: not heard of */
    uint64_t count;        /**< how many contents of it were read, or are known to be missing */
    uint64_t unread;       /**< of the group's as many are accounted for */
    uint32_t last;         /**< the highest number of one that was read, … */
    uint64_t seen;         /**< … which of the last 64 were, a bit each, or are not for us, … */
    uint64_t again;        /**< … and which of those came another way: their entries may come yet */
    uint64_t missing;      /**< how many were missed, and have not come since, … */
    struct missing missed; /**< … which of those it may be, … */
    uint64_t notice;       /**< … and the message that says so; 0: none */
    bool ask;              /* its writer is to be asked for it, … */
    unsigned asked;        /* … and how often he was */
};

/** What changes a message, or reports on some: to be sent again (missed.h). */
struct own_content {
    uint32_t sequence;
    uint64_t entry;
    unsigned how;                  /**< enum amend_repeat */
    uint8_t about[CONTENT_ID_LEN]; /**< an edit, or a reaction: to which message */
    uint8_t id[CONTENT_ID_LEN];    /**< a reaction: its own */
    struct base_bytes content;     /**< an edit: empty */
};

enum { TALLY_MAX_ASKERS = 16 };

/** For how many contents a member's device has asked in this group, of whomever, since then. */
struct asker {
    uint32_t leaf;
    uint32_t asked;
    uint64_t since;
};

/** Durable: since to spent, and the tallies by themselves. */
struct group_tally {
    uint64_t since;         /**< the epoch with which this device came in */
    uint32_t written;       /**< how many contents of this device the server has taken, … */
    uint64_t last;          /**< … the last one as this entry */
    uint64_t unread;        /**< how many entries were deleted, expired or unreadable … */
    uint64_t unread_before; /**< … before the current epoch */
    uint64_t ahead;         /**< how many are missing, of all writers */
    uint64_t unnamed;       /**< of those, whose they are is not known, … */
    uint64_t notice;        /**< … and the message that says so; 0: none */
    uint32_t sequence;      /**< the number of what this device has encrypted last … */
    uint64_t spent;  /**< … and which of its last 64 are not sent again: they were, or somebody has come since */
    struct list of;  /**< struct tally, by leaf */
    uint64_t ask_at; /* when others are asked for what is missing of them; 0: nobody is */
    struct missing wanted;                 /* what somebody has asked us for, … */
    uint64_t answer_at;                    /* … when that may be answered … */
    bool answering;                        /* … and messages are being read for it */
    struct asker askers[TALLY_MAX_ASKERS]; /* those who have asked for most */
    uint64_t crowded_until;                /* what has come again here counts as forgotten then */
    struct list kept; /* struct own_content: what this device has written last and is no message, by number */
};

#endif
