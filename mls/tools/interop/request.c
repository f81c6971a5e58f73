/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of requests and replies: JSON, with bytes in base64 as proto3 maps them.
 */
#include <stdlib.h>
#include <string.h>

#include "interop.h"

BASE_DEFINE_ERROR(INTEROP_ERR_FIELD, BASE_USAGE, "mls_client.proto", "a field is missing or not of its type");
BASE_DEFINE_ERROR(INTEROP_ERR_OPERATION, BASE_USAGE, "mls_client.proto", "there is no such operation");

struct interop_block {
    struct interop_block *next;
    void *data;
};

void *interop_take(struct interop_request *request, size_t count, size_t size) {
    struct interop_block *block = base_take(base_allocator_libc(), 1, sizeof *block);
    if (block == NULL) {
        return NULL;
    }
    block->data = base_take(base_allocator_libc(), count, size);
    block->next = request->blocks;
    request->blocks = block;
    return block->data;
}

void interop_request_end(struct interop_request *request) {
    while (request->blocks != NULL) {
        struct interop_block *block = request->blocks;
        request->blocks = block->next;
        base_free(block->data);
        base_free(block);
    }
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool sextet(char c, uint32_t *out) {
    const char *at = c == 0 ? NULL : strchr(alphabet, c);
    if (at != NULL) {
        *out = (uint32_t)(at - alphabet);
    }
    return at != NULL;
}

base_result interop_bytes_of(struct interop_request *request, const cJSON *item, struct base_slice *out) {
    *out = base_slice(NULL, 0);
    if (item == NULL || cJSON_IsNull(item)) {
        return BASE_OK;
    }
    BASE_ENSURE(cJSON_IsString(item), INTEROP_ERR_FIELD);
    const char *text = item->valuestring;
    size_t len = strlen(text);
    BASE_ENSURE(len % 4 == 0, INTEROP_ERR_FIELD);
    for (int i = 0; i < 2 && len != 0 && text[len - 1] == '='; i++) {
        len--;
    }
    uint8_t *bytes = interop_take(request, len / 4 * 3 + 3, 1);
    BASE_ENSURE(bytes != NULL, BASE_ERR_NO_MEMORY);
    size_t written = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        uint32_t value = 0;
        BASE_ENSURE(sextet(text[i], &value), INTEROP_ERR_FIELD);
        bits = bits << 6 | value;
        if (i % 4 != 0) {
            bytes[written++] = (uint8_t)(bits >> (6 - i % 4 * 2));
        }
    }
    *out = base_slice(bytes, written);
    return BASE_OK;
}

base_result interop_bytes(struct interop_request *request, const cJSON *object, const char *field,
                          struct base_slice *out) {
    return interop_bytes_of(request, cJSON_GetObjectItemCaseSensitive(object, field), out);
}

base_result interop_number(const cJSON *object, const char *field, uint64_t max, uint64_t *out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
    *out = 0;
    if (item == NULL || cJSON_IsNull(item)) {
        return BASE_OK;
    }
    if (cJSON_IsString(item)) { /* as proto3 writes 64 bits */
        char *end = NULL;
        BASE_ENSURE(item->valuestring[0] >= '0' && item->valuestring[0] <= '9', INTEROP_ERR_FIELD);
        *out = strtoull(item->valuestring, &end, 10);
        BASE_ENSURE(*end == 0, INTEROP_ERR_FIELD);
    } else {
        BASE_ENSURE(cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 9007199254740992.0,
                    INTEROP_ERR_FIELD);
        *out = (uint64_t)item->valuedouble;
    }
    BASE_ENSURE(*out <= max, INTEROP_ERR_FIELD);
    return BASE_OK;
}

base_result interop_u16(const cJSON *object, const char *field, uint16_t *out) {
    uint64_t number = 0;
    BASE_TRY(interop_number(object, field, UINT16_MAX, &number));
    *out = (uint16_t)number;
    return BASE_OK;
}

base_result interop_u32(const cJSON *object, const char *field, uint32_t *out) {
    uint64_t number = 0;
    BASE_TRY(interop_number(object, field, UINT32_MAX, &number));
    *out = (uint32_t)number;
    return BASE_OK;
}

base_result interop_bool(const cJSON *object, const char *field, bool *out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
    BASE_ENSURE(item == NULL || cJSON_IsBool(item), INTEROP_ERR_FIELD);
    *out = cJSON_IsTrue(item);
    return BASE_OK;
}

base_result interop_array(const cJSON *object, const char *field, const cJSON **out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
    BASE_ENSURE(item == NULL || cJSON_IsArray(item), INTEROP_ERR_FIELD);
    *out = item;
    return BASE_OK;
}

base_result interop_bytes_list(struct interop_request *request, const cJSON *object, const char *field,
                               const struct base_slice **out, size_t *count) {
    const cJSON *array = NULL;
    BASE_TRY(interop_array(object, field, &array));
    *count = (size_t)cJSON_GetArraySize(array);
    struct base_slice *list = interop_take(request, *count, sizeof *list);
    BASE_ENSURE(list != NULL, BASE_ERR_NO_MEMORY);
    size_t i = 0;
    for (const cJSON *item = array == NULL ? NULL : array->child; item != NULL; item = item->next) {
        BASE_TRY(interop_bytes_of(request, item, &list[i++]));
    }
    *out = list;
    return BASE_OK;
}

base_result interop_extensions(struct interop_request *request, const cJSON *object, const char *field,
                               const struct mls_extension **out, size_t *count) {
    const cJSON *array = NULL;
    BASE_TRY(interop_array(object, field, &array));
    *count = (size_t)cJSON_GetArraySize(array);
    struct mls_extension *list = interop_take(request, *count, sizeof *list);
    BASE_ENSURE(list != NULL, BASE_ERR_NO_MEMORY);
    size_t i = 0;
    for (const cJSON *item = array == NULL ? NULL : array->child; item != NULL; item = item->next, i++) {
        BASE_TRY(interop_u16(item, "extension_type", &list[i].type));
        BASE_TRY(interop_bytes(request, item, "extension_data", &list[i].data));
    }
    *out = list;
    return BASE_OK;
}

base_result interop_reply_bytes(struct interop_request *request, const char *field, struct base_slice bytes) {
    char *text = base_take(base_allocator_libc(), bytes.len / 3 * 4 + 5, 1);
    BASE_ENSURE(text != NULL, BASE_ERR_NO_MEMORY);
    char *to = text;
    for (size_t i = 0; i < bytes.len; i += 3) {
        const size_t here = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = (uint32_t)bytes.data[i] << 16;
        bits |= here > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        bits |= here > 2 ? (uint32_t)bytes.data[i + 2] : 0;
        for (size_t k = 0; k < 4; k++) {
            *to++ = k <= here ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
        }
    }
    const cJSON *added = cJSON_AddStringToObject(request->reply, field, text);
    base_free(text);
    BASE_ENSURE(added != NULL, BASE_ERR_NO_MEMORY);
    return BASE_OK;
}

base_result interop_reply_number(struct interop_request *request, const char *field, uint32_t number) {
    BASE_ENSURE(cJSON_AddNumberToObject(request->reply, field, number) != NULL, BASE_ERR_NO_MEMORY);
    return BASE_OK;
}
