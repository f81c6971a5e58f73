/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Dates and times for people: local time, with this program's own words for days and months, so that they speak the
 * same language whichever locales are installed. Times are milliseconds since 1970.
 */
#ifndef CLI_WHEN_H
#define CLI_WHEN_H

#include <stdint.h>

enum { WHEN_SIZE = 80 };

/** "09:05" */
void when_time(uint64_t at, char out[WHEN_SIZE]);

/** "Monday, 23 November 2026" */
void when_day(uint64_t at, char out[WHEN_SIZE]);

/** "2026-11-23 09:05" */
void when_stamp(uint64_t at, char out[WHEN_SIZE]);

/** Likewise, or `none` if it is 0. */
void when_stamp_or(uint64_t at, const char *none, char out[WHEN_SIZE]);

/** "09:05" if it is on the day of `now`, otherwise "23.11." */
void when_short(uint64_t at, uint64_t now, char out[WHEN_SIZE]);

/** A number for the day, the same all day: 20261123. */
uint64_t when_day_number(uint64_t at);

/** How long: "45 s", "12 min", "3 h", "5 d". */
void when_span(uint64_t milliseconds, char out[WHEN_SIZE]);

/** The system's clock. */
uint64_t when_now(void);

#endif
