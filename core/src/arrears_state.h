/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What own devices have still to get, and since when they are there: part of what a core holds (state.h).
 * history_late.c, came.h.
 */
#ifndef CORE_ARREARS_STATE_H
#define CORE_ARREARS_STATE_H

#include "wire/id.h"
#include "wire/wire.h"

/** Numbers that no message has: nothing is above. */
static const uint64_t ARREARS_NONE = UINT64_MAX, ARREARS_LACKING = UINT64_MAX - 1;

/** What an own device has still to get of a group, because it stood there before this device has let it in. */
struct arrears {
    uint8_t to[WIRE_DEVICE_LEN];
    uint64_t group;
    uint64_t entry; /**< the commit that has let it in: what stands behind it in the stream the device reads there */
    uint64_t since; /**< messages that were written after this, milliseconds since 1970, … */
    uint64_t above; /**< … or have a number above this one, whatever a clock says, …; nothing else is asked of a group
                       of many, where it says whether this device lacks something itself (ARREARS_LACKING) */
    uint64_t end;   /**< … and one below this */
    uint64_t before; /**< the first of them is not looked for from this number on any more; found: it is said before
                        this one that more is missing … */
    bool found;      /**< … and it, or the one that comes next, is `next` */
    uint64_t next;
};

/** An own device that has come since this one is there. */
struct came {
    uint8_t device[WIRE_DEVICE_LEN];
    uint64_t number; /**< of the chat's last message then; in that of the own devices: the epoch */
};

#endif
