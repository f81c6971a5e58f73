/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Notices: the sentence with %s for each thing that is particular, then those things, each behind a separator.
 */
#include "notice.h"

#include <stdio.h>
#include <string.h>

#include "json.h"

enum { MAX_WORDS = 256, MAX_PARTS = 512, SEPARATOR = 0x1f };

/* Takes what stands before the next separator off `rest`. */
static struct base_slice take(struct base_slice *rest) {
    const uint8_t *end = rest->len == 0 ? NULL : (const uint8_t *)memchr(rest->data, SEPARATOR, rest->len);
    struct base_slice taken = base_slice(rest->data, end == NULL ? rest->len : (size_t)(end - rest->data));
    size_t used = end == NULL ? taken.len : taken.len + 1;
    *rest = base_slice(rest->data + used, rest->len - used);
    return taken;
}

base_result notice_make(struct weibel_core *core, const char *format, va_list arguments, struct base_bytes *out) {
    char words[MAX_WORDS + MAX_PARTS], conversions[MAX_WORDS], parts[MAX_PARTS];
    size_t len = 0, conversion_len = 0;
    BASE_ENSURE(strlen(format) < MAX_WORDS / 2, BASE_ERR_TOO_LONG);
    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%') {
            words[len++] = *at;
            continue;
        }
        size_t spec = strcspn(at, "sud") + 1;
        conversions[conversion_len++] = SEPARATOR;
        memcpy(conversions + conversion_len, at, spec);
        conversion_len += spec;
        words[len++] = '%';
        words[len++] = 's';
        at += spec - 1;
    }
    words[len] = '\0';
    conversions[conversion_len] = '\0';
    int written = vsnprintf(parts, sizeof parts, conversions, arguments);
    BASE_ENSURE(written >= 0, BASE_ERR_VALUE);
    memcpy(words + len, parts, strlen(parts) + 1);
    return base_bytes_copy(core->options.allocator, base_slice_text(words), out);
}

void notice_say(struct base_writer *writer, struct base_slice text) {
    struct base_slice words = take(&text);
    for (size_t i = 0; i < words.len; i++) {
        if (words.data[i] == '%' && i + 1 < words.len) {
            base_write_slice(writer, take(&text));
            i++;
        } else {
            base_write_u8(writer, words.data[i]);
        }
    }
}

void notice_json(const struct weibel_core *core, struct base_writer *writer, struct base_slice text) {
    struct base_writer said BASE_CLEANUP(base_writer_free) =
        base_writer(core->options.allocator, MAX_WORDS + MAX_PARTS);
    notice_say(&said, text);
    if (said.failed != BASE_OK) {
        base_writer_fail(writer, said.failed);
        return;
    }
    json_put_text(writer, "text", base_writer_view(&said));
    json_put_text(writer, "words", take(&text));
    json_name(writer, "parts");
    json_array(writer);
    while (text.len > 0) {
        json_text(writer, take(&text));
    }
    json_array_end(writer);
}
