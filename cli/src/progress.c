/* SPDX-License-Identifier: EUPL-1.2 */
/* A line on the terminal that tells how far a file is. */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "output.h"
#include "show.h"
#include "text.h"
#include "words.h"

enum { WIDTH = 24 };

/* Carriage return, and "erase to the end of the line" (ECMA-48, 8.3.41): known to every terminal. */
static const char ERASE[] = "\r\033[K";

void progress_draw(const char *doing, const char *name, uint64_t done, uint64_t size) {
    if (isatty(STDERR_FILENO) != 1) {
        return;
    }
    char have[SHOW_SIZE];
    char all[SHOW_SIZE];
    uint64_t shown = done < size ? done : size;
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
