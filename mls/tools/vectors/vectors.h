/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running the published test vectors: what a kind of vectors is, and how its cases read their JSON.
 *
 * Each group of kinds is one file with a constant table; main.c knows the tables. A case's function returns at the
 * first thing that is not as it should be: an error of the library, or one of the VECTORS_ERR_… below. What it has said
 * with vectors_at(), and the field that it looked at last, are printed with it.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <cjson/cJSON.h>

#include "base/bytes.h"
#include "base/host.h"
#include "crypto.h"

/** One case with one provider. */
struct vectors_case {
    const cJSON *json;
    struct mls_crypto crypto;         /**< of the case's suite; not for kinds without one */
    const struct base_random *random; /**< the system's */
    char at[96];                      /**< vectors_at() */
    char field[64];                   /**< the field read or compared last */
    struct vectors_block *blocks;     /**< what the slices of the case borrow from, until its end */
};

/** A kind of vectors. */
struct vectors_kind {
    const char *name;                                /**< as files are called, without .json */
    const char *key;                                 /**< a field that all of its cases have, and no other kind's */
    bool with_suite;                                 /**< has "cipher_suite", and runs with each provider that has it */
    base_result (*run)(struct vectors_case *vector); /**< BASE_OK: passed */
};

/** The tables, each ended by a kind without a name. */
extern const struct vectors_kind vectors_crypto[];
extern const struct vectors_kind vectors_groups[];
extern const struct vectors_kind vectors_messages[];
extern const struct vectors_kind vectors_tree[];

/** Where the case is: "epochs[3]". As printf. */
__attribute__((format(printf, 2, 3))) void vectors_at(struct vectors_case *vector, const char *format, ...);

/* Fields of an object. VECTORS_ERR_FORMAT: it is not there or of another type. */

/** Hex, decoded; valid until the case ends. */
BASE_MUST_USE base_result vectors_bytes(struct vectors_case *vector, const cJSON *object, const char *field,
                                        struct base_slice *out);
/** The same, of an array's element, which has no name. */
BASE_MUST_USE base_result vectors_bytes_of(struct vectors_case *vector, const cJSON *item, struct base_slice *out);
/** The same, but null or missing: `present` is false then. */
BASE_MUST_USE base_result vectors_optional_bytes(struct vectors_case *vector, const cJSON *object, const char *field,
                                                 bool *present, struct base_slice *out);
/** Numbers of at most that many bits; exact up to 64. */
BASE_MUST_USE base_result vectors_u64(struct vectors_case *vector, const cJSON *object, const char *field,
                                      uint64_t *out);
BASE_MUST_USE base_result vectors_u32(struct vectors_case *vector, const cJSON *object, const char *field,
                                      uint32_t *out);
BASE_MUST_USE base_result vectors_u16(struct vectors_case *vector, const cJSON *object, const char *field,
                                      uint16_t *out);
/** A number that is an array's element; null: `present` is false. */
BASE_MUST_USE base_result vectors_optional_u32_of(struct vectors_case *vector, const cJSON *item, bool *present,
                                                  uint32_t *out);
/** Text, valid as long as the case. */
BASE_MUST_USE base_result vectors_text(struct vectors_case *vector, const cJSON *object, const char *field,
                                       const char **out);
BASE_MUST_USE base_result vectors_object(struct vectors_case *vector, const cJSON *object, const char *field,
                                         const cJSON **out);
BASE_MUST_USE base_result vectors_array(struct vectors_case *vector, const cJSON *object, const char *field,
                                        const cJSON **out);

/** Bytes of hash size as a secret. VECTORS_ERR_FORMAT for another size. */
BASE_MUST_USE base_result vectors_secret(struct vectors_case *vector, const cJSON *object, const char *field,
                                         struct mls_secret *out);

/** VECTORS_ERR_DIFFERS unless the field's bytes are `got`. */
BASE_MUST_USE base_result vectors_expect(struct vectors_case *vector, const cJSON *object, const char *field,
                                         struct base_slice got);
/** VECTORS_ERR_DIFFERS unless both are the same; `what` is said then. */
BASE_MUST_USE base_result vectors_same(struct vectors_case *vector, const char *what, struct base_slice wanted,
                                       struct base_slice got);
/** VECTORS_ERR_DIFFERS unless it holds; `what` is said then. */
BASE_MUST_USE base_result vectors_check(struct vectors_case *vector, const char *what, bool holds);

/** Takes bytes over until the case ends, and empties `bytes`: what the case has made and goes on with. */
BASE_MUST_USE base_result vectors_keep(struct vectors_case *vector, struct base_bytes *bytes, struct base_slice *out);

extern const struct base_error VECTORS_ERR_FORMAT;  /**< the file is not in the published format */
extern const struct base_error VECTORS_ERR_DIFFERS; /**< a result is not the vector's */
extern const struct base_error VECTORS_SKIPPED;     /**< the case asks for what no chosen provider has */

#endif
