/* SPDX-License-Identifier: EUPL-1.2 */
/* Dates and times for people. */
#include "when.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/host.h"
#include "words.h"

static const char *const days[] = { N_("Sunday"),   N_("Monday"), N_("Tuesday"), N_("Wednesday"),
                                    N_("Thursday"), N_("Friday"), N_("Saturday") };
static const char *const months[] = { N_("January"),   N_("February"), N_("March"),    N_("April"),
                                      N_("May"),       N_("June"),     N_("July"),     N_("August"),
                                      N_("September"), N_("October"),  N_("November"), N_("December") };

static bool local(uint64_t at, struct tm *out) {
    time_t seconds = (time_t)(at / 1000);
    return localtime_r(&seconds, out) != NULL;
}

static void say(uint64_t at, const char *format, char out[WHEN_SIZE]) {
    struct tm parts;
    if (!local(at, &parts) || strftime(out, WHEN_SIZE, format, &parts) == 0) {
        (void)snprintf(out, WHEN_SIZE, "?");
    }
}

void when_time(uint64_t at, char out[WHEN_SIZE]) {
    say(at, "%H:%M", out);
}

void when_stamp(uint64_t at, char out[WHEN_SIZE]) {
    say(at, "%Y-%m-%d %H:%M", out);
}

void when_stamp_or(uint64_t at, const char *none, char out[WHEN_SIZE]) {
    if (at == 0) {
        (void)snprintf(out, WHEN_SIZE, "%s", none);
    } else {
        when_stamp(at, out);
    }
}

void when_day(uint64_t at, char out[WHEN_SIZE]) {
    struct tm parts;
    if (!local(at, &parts)) {
        (void)snprintf(out, WHEN_SIZE, "?");
        return;
    }
    (void)snprintf(out, WHEN_SIZE, _("%s, %d %s %d"), _(days[parts.tm_wday]), parts.tm_mday, _(months[parts.tm_mon]),
                   parts.tm_year + 1900);
}

void when_short(uint64_t at, uint64_t now, char out[WHEN_SIZE]) {
    say(at, when_day_number(at) == when_day_number(now) ? "%H:%M" : "%d.%m.", out);
}

uint64_t when_day_number(uint64_t at) {
    struct tm parts;
    return local(at, &parts)
               ? (uint64_t)(parts.tm_year + 1900) * 10000 + (uint64_t)(parts.tm_mon + 1) * 100 + (uint64_t)parts.tm_mday
               : 0;
}

void when_span(uint64_t milliseconds, char out[WHEN_SIZE]) {
    enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
    unsigned long seconds = (unsigned long)((milliseconds + 999) / 1000);
    if (seconds < 2UL * MINUTE) {
        (void)snprintf(out, WHEN_SIZE, _("%lu s"), seconds);
    } else if (seconds < 2UL * HOUR) {
        (void)snprintf(out, WHEN_SIZE, _("%lu min"), seconds / MINUTE);
    } else if (seconds < 2UL * DAY) {
        (void)snprintf(out, WHEN_SIZE, _("%lu h"), seconds / HOUR);
    } else {
        (void)snprintf(out, WHEN_SIZE, _("%lu d"), seconds / DAY);
    }
}

uint64_t when_now(void) {
    const struct base_clock *clock = base_clock_system();
    return clock->now(clock->user);
}
