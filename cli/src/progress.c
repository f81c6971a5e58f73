/* SPDX-License-Identifier: EUPL-1.2 */
/* A line on the terminal that tells how far a file is. */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "client.h"
#include "output.h"
#include "show.h"
#include "text.h"
#include "when.h"
#include "words.h"

enum { WIDTH = 24, RATE_SIZE = 128 };

/* Carriage return, and "erase to the end of the line" (ECMA-48, 8.3.41): known to every terminal. */
static const char ERASE[] = "\r\033[K";

void progress_rate(uint64_t moved, uint64_t left, uint64_t elapsed, char *out, size_t size) {
    enum { LEAST = 2000 }; /* milliseconds: before, it would be guessed */
    char rate[SHOW_SIZE], span[WHEN_SIZE];
    out[0] = '\0';
    if (elapsed < LEAST || moved == 0) {
        return;
    }
    double speed = (double)moved * 1000 / (double)elapsed;
    double rest = (double)left * 1000 / speed;
    show_size((uint64_t)speed, rate);
    when_span(rest < 1e15 ? (uint64_t)rest : (uint64_t)1e15, span);
    (void)snprintf(out, size, _(", %s/s, %s left"), rate, span);
}

void progress_draw(struct progress *progress, const char *doing, const char *name, uint64_t done, uint64_t size) {
    if (isatty(STDERR_FILENO) != 1) {
        return;
    }
    char have[SHOW_SIZE];
    char all[SHOW_SIZE];
    char rate[RATE_SIZE];
    uint64_t shown = done < size ? done : size;
    if (progress->began_at == 0) {
        *progress = (struct progress){ client_now(), shown };
    }
    progress_rate(shown > progress->began ? shown - progress->began : 0, size - shown,
                  client_now() - progress->began_at, rate, sizeof rate);
    unsigned percent = size == 0 ? 100 : (unsigned)((double)shown * 100 / (double)size);
    show_size(shown, have);
    show_size(size, all);
    struct base_writer line = output_begin();
    output_print(&line, "%s%s ", ERASE, doing);
    text_write_shown(&line, base_slice_text(name), TEXT_LINE, 0);
    output_print(&line, "  [");
    for (unsigned i = 0; i < WIDTH; i++) {
        output_print(&line, i * 100 < percent * WIDTH ? "=" : " ");
    }
    output_print(&line, _("] %3u %%, %s of %s"), percent, have, all);
    output_print(&line, "%s", rate);
    struct base_slice text = base_writer_view(&line);
    (void)fwrite(text.data, 1, text.len, stderr);
    (void)fflush(stderr);
    base_writer_free(&line);
}

void progress_clear(void) {
    if (isatty(STDERR_FILENO) == 1) {
        (void)fputs(ERASE, stderr);
        (void)fflush(stderr);
    }
}
