/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The log: one line an event, on standard error. What happens is logged, not to whom: no ID, stream, blob or address.
 */
#define _DEFAULT_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "state.h"

void log_event(const char *level, const char *event, const char *format, ...) {
    char detail[512] = "";
    char when[32] = "";
    struct timespec now = { 0 };
    struct tm utc;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc) != NULL) {
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    fprintf(stderr, "time=%s level=%s event=%s%s%s\n", when, level, event, detail[0] == 0 ? "" : " ", detail);
}

/* While the server starts: why it can't listen. */
void log_from_lws(int level, const char *line) {
    (void)level;
    size_t len = strcspn(line, "\n");
    log_event("error", "libwebsockets", "text=\"%.*s\"", (int)(len < 300 ? len : 300), line);
}
