/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * JSON: written straight to a base_writer, read through cJSON.
 */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <cjson/cJSON.h>

#include "base/bytes.h"
#include "base/writer.h"

/** Writing. Commas come by themselves. */
void json_object(struct base_writer *writer);
void json_object_end(struct base_writer *writer);
void json_array(struct base_writer *writer);
void json_array_end(struct base_writer *writer);
void json_name(struct base_writer *writer, const char *name);

/** A string. What isn't UTF-8 becomes one replacement character. */
void json_text(struct base_writer *writer, struct base_slice text);
void json_string(struct base_writer *writer, const char *text);
void json_number(struct base_writer *writer, uint64_t number);
void json_bool(struct base_writer *writer, bool value);

/** What is JSON already. */
void json_raw(struct base_writer *writer, struct base_slice json);

/** `"name": value`, in one. */
void json_put_text(struct base_writer *writer, const char *name, struct base_slice text);
void json_put_string(struct base_writer *writer, const char *name, const char *text);
void json_put_number(struct base_writer *writer, const char *name, uint64_t number);
void json_put_bool(struct base_writer *writer, const char *name, bool value);

/** Bytes as a string of base64 (RFC 4648 §4, padded). */
void json_put_base64(struct base_writer *writer, const char *name, struct base_slice bytes);

/** A member that must be such a string of `max` bytes at most; false if it is missing or something else. `out` is empty
 * then. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result json_get_base64(const cJSON *object, const char *name, size_t max,
                                          const struct base_allocator *allocator, struct base_bytes *out, bool *good);

/** Wipes the strings of a tree and frees it. NULL is allowed. */
void json_free(cJSON *tree);
void json_free_at(cJSON **tree);

/** A member that must be a string; NULL data if it is missing or something else. */
struct base_slice json_get_text(const cJSON *object, const char *name);

/** A member that is a whole number from 0 to 2^53; false if it is missing or something else. */
bool json_get_number(const cJSON *object, const char *name, uint64_t *out);

#endif
