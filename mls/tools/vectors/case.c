/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How cases read their JSON and compare.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "case.h"

BASE_DEFINE_ERROR(VECTORS_ERR_FORMAT, BASE_PEER, "test-vectors.md", "the field is missing or not of its form");
BASE_DEFINE_ERROR(VECTORS_ERR_DIFFERS, BASE_INTERNAL, 0, "the result is not the vector's");
BASE_DEFINE_ERROR(VECTORS_SKIPPED, BASE_BLOCKED, 0, "no chosen provider has the cipher suite");

struct vectors_block {
    struct vectors_block *next;
    struct base_bytes bytes;
};

void vectors_case_free(struct vectors_case *vector) {
    while (vector->blocks != NULL) {
        struct vectors_block *block = vector->blocks;
        vector->blocks = block->next;
        base_bytes_free(&block->bytes);
        base_free(block);
    }
}

void vectors_at(struct vectors_case *vector, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(vector->at, sizeof vector->at, format, args);
    va_end(args);
    vector->field[0] = 0;
}

static void set_field(struct vectors_case *vector, const char *field) {
    snprintf(vector->field, sizeof vector->field, "%s", field);
}

static const cJSON *get(struct vectors_case *vector, const cJSON *object, const char *field) {
    set_field(vector, field);
    return cJSON_GetObjectItemCaseSensitive(object, field);
}

base_result vectors_keep(struct vectors_case *vector, struct base_bytes *bytes, struct base_slice *out) {
    struct vectors_block *block = base_take(base_allocator_libc(), 1, sizeof *block);
    BASE_ENSURE(block != NULL, BASE_ERR_NO_MEMORY);
    block->next = vector->blocks;
    vector->blocks = block;
    base_bytes_move(&block->bytes, bytes);
    *out = base_borrow(&block->bytes);
    return BASE_OK;
}

static int digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

base_result vectors_bytes_of(struct vectors_case *vector, const cJSON *item, struct base_slice *out) {
    BASE_ENSURE(cJSON_IsString(item), VECTORS_ERR_FORMAT);
    const char *text = item->valuestring;
    const size_t len = strlen(text);
    BASE_ENSURE(len % 2 == 0, VECTORS_ERR_FORMAT);
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { 0 };
    BASE_TRY(base_bytes_take(base_allocator_libc(), len / 2, &bytes));
    for (size_t i = 0; i < len / 2; i++) {
        const int high = digit(text[2 * i]);
        const int low = digit(text[2 * i + 1]);
        BASE_ENSURE(high >= 0 && low >= 0, VECTORS_ERR_FORMAT);
        bytes.data[i] = (uint8_t)(high << 4 | low);
    }
    return vectors_keep(vector, &bytes, out);
}

base_result vectors_bytes(struct vectors_case *vector, const cJSON *object, const char *field, struct base_slice *out) {
    return vectors_bytes_of(vector, get(vector, object, field), out);
}

base_result vectors_optional_bytes(struct vectors_case *vector, const cJSON *object, const char *field, bool *present,
                                   struct base_slice *out) {
    const cJSON *item = get(vector, object, field);
    *present = item != NULL && !cJSON_IsNull(item);
    *out = base_slice(NULL, 0);
    return *present ? vectors_bytes_of(vector, item, out) : BASE_OK;
}

/* cJSON's numbers are doubles: main.c has turned those that are too long for them into strings. */
static base_result number_of(const cJSON *item, uint64_t max, uint64_t *out) {
    if (cJSON_IsString(item)) {
        const char *text = item->valuestring;
        BASE_ENSURE(*text != 0, VECTORS_ERR_FORMAT);
        uint64_t number = 0;
        for (; *text != 0; text++) {
            BASE_ENSURE(*text >= '0' && *text <= '9', VECTORS_ERR_FORMAT);
            const unsigned next = (unsigned)(*text - '0');
            BASE_ENSURE(number <= (UINT64_MAX - next) / 10, VECTORS_ERR_FORMAT);
            number = number * 10 + next;
        }
        BASE_ENSURE(number <= max, VECTORS_ERR_FORMAT);
        *out = number;
        return BASE_OK;
    }
    BASE_ENSURE(cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble <= 9007199254740992.0,
                VECTORS_ERR_FORMAT);
    const uint64_t number = (uint64_t)item->valuedouble;
    BASE_ENSURE((double)number == item->valuedouble && number <= max, VECTORS_ERR_FORMAT);
    *out = number;
    return BASE_OK;
}

base_result vectors_u64(struct vectors_case *vector, const cJSON *object, const char *field, uint64_t *out) {
    return number_of(get(vector, object, field), UINT64_MAX, out);
}

base_result vectors_u32(struct vectors_case *vector, const cJSON *object, const char *field, uint32_t *out) {
    uint64_t number = 0;
    BASE_TRY(number_of(get(vector, object, field), UINT32_MAX, &number));
    *out = (uint32_t)number;
    return BASE_OK;
}

base_result vectors_u16(struct vectors_case *vector, const cJSON *object, const char *field, uint16_t *out) {
    uint64_t number = 0;
    BASE_TRY(number_of(get(vector, object, field), UINT16_MAX, &number));
    *out = (uint16_t)number;
    return BASE_OK;
}

base_result vectors_optional_u32_of(struct vectors_case *vector, const cJSON *item, bool *present, uint32_t *out) {
    (void)vector;
    BASE_ENSURE(item != NULL, VECTORS_ERR_FORMAT);
    *present = !cJSON_IsNull(item);
    *out = 0;
    if (*present) {
        uint64_t number = 0;
        BASE_TRY(number_of(item, UINT32_MAX, &number));
        *out = (uint32_t)number;
    }
    return BASE_OK;
}

base_result vectors_text(struct vectors_case *vector, const cJSON *object, const char *field, const char **out) {
    const cJSON *item = get(vector, object, field);
    BASE_ENSURE(cJSON_IsString(item), VECTORS_ERR_FORMAT);
    *out = item->valuestring;
    return BASE_OK;
}

base_result vectors_object(struct vectors_case *vector, const cJSON *object, const char *field, const cJSON **out) {
    const cJSON *item = get(vector, object, field);
    BASE_ENSURE(cJSON_IsObject(item), VECTORS_ERR_FORMAT);
    *out = item;
    return BASE_OK;
}

base_result vectors_array(struct vectors_case *vector, const cJSON *object, const char *field, const cJSON **out) {
    const cJSON *item = get(vector, object, field);
    BASE_ENSURE(cJSON_IsArray(item), VECTORS_ERR_FORMAT);
    *out = item;
    return BASE_OK;
}

base_result vectors_secret(struct vectors_case *vector, const cJSON *object, const char *field,
                           struct mls_secret *out) {
    struct base_slice bytes = { 0 };
    BASE_TRY(vectors_bytes(vector, object, field, &bytes));
    BASE_ENSURE(bytes.len == vector->crypto.suite->hash_size, VECTORS_ERR_FORMAT);
    out->len = (uint8_t)bytes.len;
    memcpy(out->data, bytes.data, bytes.len);
    return BASE_OK;
}

base_result vectors_expect(struct vectors_case *vector, const cJSON *object, const char *field, struct base_slice got) {
    struct base_slice wanted = { 0 };
    BASE_TRY(vectors_bytes(vector, object, field, &wanted));
    return vectors_same(vector, field, wanted, got);
}

base_result vectors_same(struct vectors_case *vector, const char *what, struct base_slice wanted,
                         struct base_slice got) {
    return vectors_check(vector, what, base_slice_equal(wanted, got));
}

base_result vectors_check(struct vectors_case *vector, const char *what, bool holds) {
    set_field(vector, what);
    BASE_ENSURE(holds, VECTORS_ERR_DIFFERS);
    return BASE_OK;
}
