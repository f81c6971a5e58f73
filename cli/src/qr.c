/* SPDX-License-Identifier: EUPL-1.2 */
/* QR codes in characters. */
#include "qr.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUIET = 4 }; /* modules around it (ISO/IEC 18004, 6.3.8) */

static bool is_dark(const QRcode *code, int x, int y) {
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1) != 0;
}

bool qr_write(struct base_writer *writer, const char *text) {
    QRcode *code = strlen(text) > QR_MAX_TEXT ? NULL : QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (code == NULL) {
        return false;
    }
    for (int y = -QUIET; y < code->width + QUIET; y += 2) {
        for (int x = -QUIET; x < code->width + QUIET; x++) {
            bool above = is_dark(code, x, y), below = is_dark(code, x, y + 1);
            base_write_slice(writer, base_slice_text(above && below ? "█" : above ? "▀" : below ? "▄" : " "));
        }
        base_write_u8(writer, '\n');
    }
    QRcode_free(code);
    return true;
}

void qr_show(struct base_writer *output, const char *text) {
    static const char black_on_white[] = "\033[30;107m", reset[] = "\033[0m";
    struct base_writer code = output_begin();
    if (isatty(STDOUT_FILENO) == 1 && qr_write(&code, text)) {
        struct base_slice rest = base_writer_view(&code);
        while (rest.len != 0) {
            size_t len = (size_t)((const uint8_t *)memchr(rest.data, '\n', rest.len) - rest.data);
            base_write_slice(output, base_slice_text(black_on_white));
            base_write_slice(output, base_slice(rest.data, len));
            base_write_slice(output, base_slice_text(reset));
            base_write_u8(output, '\n');
            rest = base_slice(rest.data + len + 1, rest.len - len - 1);
        }
    }
    base_writer_free(&code);
}
