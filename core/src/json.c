/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * JSON: the writer, and what is missing in cJSON (wiping, bounds).
 */
#include "json.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "content/cbor.h"

/* A value or name needs a comma before it unless a container or a name has just begun; a string ends with a quote, so
 * the last byte tells. */
static void separate(struct base_writer *writer) {
    struct base_slice view = base_writer_view(writer);
    if (view.len > 0) {
        uint8_t last = view.data[view.len - 1];
        if (last != '{' && last != '[' && last != ':') {
            base_write_u8(writer, ',');
        }
    }
}

void json_object(struct base_writer *writer) {
    separate(writer);
    base_write_u8(writer, '{');
}

void json_object_end(struct base_writer *writer) {
    base_write_u8(writer, '}');
}

void json_array(struct base_writer *writer) {
    separate(writer);
    base_write_u8(writer, '[');
}

void json_array_end(struct base_writer *writer) {
    base_write_u8(writer, ']');
}

static void write_quoted(struct base_writer *writer, struct base_slice text) {
    base_write_u8(writer, '"');
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            continue;
        }
        base_write_slice(writer, base_slice(text.data + start, i - start));
        start = i + 1;
        char escape[8];
        int len = c == '"' || c == '\\' ? snprintf(escape, sizeof escape, "\\%c", c)
                  : c == '\n'           ? snprintf(escape, sizeof escape, "\\n")
                                        : snprintf(escape, sizeof escape, "\\u%04x", c);
        base_write_slice(writer, base_slice(escape, (size_t)len));
    }
    base_write_slice(writer, base_slice(text.data + start, text.len - start));
    base_write_u8(writer, '"');
}

void json_name(struct base_writer *writer, const char *name) {
    separate(writer);
    write_quoted(writer, base_slice_text(name));
    base_write_u8(writer, ':');
}

void json_text(struct base_writer *writer, struct base_slice text) {
    separate(writer);
    bool valid = cbor_utf8_valid(text);
    if (valid && text.len > 0) {
        write_quoted(writer, text);
    } else {
        base_write_slice(writer, base_slice_text(valid ? "\"\"" : "\"\\ufffd\""));
    }
}

void json_string(struct base_writer *writer, const char *text) {
    json_text(writer, base_slice_text(text));
}

void json_number(struct base_writer *writer, uint64_t number) {
    separate(writer);
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRIu64, number);
    base_write_slice(writer, base_slice(text, (size_t)len));
}

void json_bool(struct base_writer *writer, bool value) {
    separate(writer);
    base_write_slice(writer, base_slice_text(value ? "true" : "false"));
}

void json_raw(struct base_writer *writer, struct base_slice json) {
    separate(writer);
    base_write_slice(writer, json);
}

void json_put_text(struct base_writer *writer, const char *name, struct base_slice text) {
    json_name(writer, name);
    json_text(writer, text);
}

void json_put_string(struct base_writer *writer, const char *name, const char *text) {
    json_name(writer, name);
    json_string(writer, text);
}

void json_put_number(struct base_writer *writer, const char *name, uint64_t number) {
    json_name(writer, name);
    json_number(writer, number);
}

void json_put_bool(struct base_writer *writer, const char *name, bool value) {
    json_name(writer, name);
    json_bool(writer, value);
}

void json_put_base64(struct base_writer *writer, const char *name, struct base_slice bytes) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    json_name(writer, name);
    separate(writer);
    base_write_u8(writer, '"');
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t three = (uint32_t)bytes.data[i] << 16 | (left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)bytes.data[i + 2] : 0);
        char four[4] = { letters[three >> 18], letters[three >> 12 & 63], left > 1 ? letters[three >> 6 & 63] : '=',
                         left > 2 ? letters[three & 63] : '=' };
        base_write_slice(writer, base_slice(four, sizeof four));
    }
    base_write_u8(writer, '"');
}

base_result json_get_base64(const cJSON *object, const char *name, size_t max, const struct base_allocator *allocator,
                            struct base_bytes *out, bool *good) {
    struct base_slice text = json_get_text(object, name);
    *good = false;
    if (text.data == NULL || text.len > (max + 2) / 3 * 4) {
        return BASE_OK;
    }
    BASE_TRY(base_bytes_take(allocator, text.len / 4 * 3, out));
    size_t len = 0;
    *good = out->len == 0 ? text.len == 0
                          : sodium_base642bin(out->data, out->len, (const char *)text.data, text.len, NULL, &len, NULL,
                                              sodium_base64_VARIANT_ORIGINAL) == 0 &&
                                len <= max;
    if (!*good) {
        base_bytes_free(out);
    } else {
        out->len = len;
    }
    return BASE_OK;
}

static void wipe_strings(cJSON *item) {
    /* Depth is bounded by cJSON's own limit on nesting. */
    for (; item != NULL; item = item->next) {
        if (item->valuestring != NULL) {
            base_wipe(item->valuestring, strlen(item->valuestring));
        }
        wipe_strings(item->child);
    }
}

void json_free(cJSON *tree) {
    wipe_strings(tree);
    cJSON_Delete(tree);
}

void json_free_at(cJSON **tree) {
    json_free(*tree);
    *tree = NULL;
}

struct base_slice json_get_text(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? base_slice_text(item->valuestring) : base_slice(NULL, 0);
}

bool json_get_number(const cJSON *object, const char *name, uint64_t *out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > 9007199254740992.0) {
        return false;
    }
    uint64_t number = (uint64_t)item->valuedouble;
    if ((double)number != item->valuedouble) {
        return false;
    }
    *out = number;
    return true;
}
