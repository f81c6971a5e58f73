/* SPDX-License-Identifier: EUPL-1.2 */
/* What goes to standard output: gathered, then written at once. */
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "text.h"
#include "words.h"

struct base_writer output_begin(void) {
    return base_writer(base_allocator_libc(), OUTPUT_MAX);
}

void output_json(struct base_writer *output, const cJSON *value) {
    char *text = cJSON_PrintUnformatted(value);
    if (text == NULL) {
        base_writer_fail(output, &BASE_ERR_NO_MEMORY);
        return;
    }
    text_write_json(output, base_slice_text(text));
    base_write_u8(output, '\n');
    cJSON_free(text);
}

void output_print(struct base_writer *output, const char *format, ...) {
    char text[1024];
    va_list list;
    va_start(list, format);
    int len = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (len < 0 || (size_t)len >= sizeof text) {
        base_writer_fail(output, &BASE_ERR_TOO_LONG);
        return;
    }
    base_write_slice(output, base_slice(text, (size_t)len));
}

void output_pad(struct base_writer *output, unsigned used, unsigned column) {
    do {
        base_write_u8(output, ' ');
        used++;
    } while (used < column);
}

static bool write_all(struct base_slice bytes) {
    while (bytes.len != 0) {
        ssize_t len = write(STDOUT_FILENO, bytes.data, bytes.len);
        if (len >= 0) {
            bytes.data += len;
            bytes.len -= (size_t)len;
        } else if (errno == EAGAIN) {
            struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
            (void)poll(&out, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    struct stat status;
    return fstat(STDOUT_FILENO, &status) != 0 || !S_ISREG(status.st_mode) || fdatasync(STDOUT_FILENO) == 0 ||
           errno == EINVAL || errno == EROFS;
}

int output_failed(int reason) {
    if (reason != EPIPE) {
        exit_say_about("standard output", strerror(reason));
    }
    return EX_IOERR;
}

int output_end(struct base_writer *output) {
    BASE_CLEANUP(base_bytes_free) struct base_bytes bytes = { 0 };
    base_result result = base_writer_finish(output, &bytes);
    if (result != BASE_OK) {
        exit_say(_(result->text));
        return exit_of_result(result);
    }
    return write_all(base_borrow(&bytes)) ? EX_OK : output_failed(errno);
}
