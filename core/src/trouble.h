/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What went wrong, in the form in which a face hears of it (docs/api.md, Errors): a code, a stable name, a sentence.
 */
#ifndef CORE_TROUBLE_H
#define CORE_TROUBLE_H

#include "base/reader.h"
#include "base/writer.h"
#include "wire/wire.h"

enum trouble_code {
    TROUBLE_USAGE = 1,
    TROUBLE_LATER = 2,
    TROUBLE_REFUSED = 3,
    TROUBLE_PASSPHRASE = 4,
    TROUBLE_FILE = 5,
    TROUBLE_PARSE = -32700,
    TROUBLE_REQUEST = -32600,
    TROUBLE_METHOD = -32601,
    TROUBLE_PARAMS = -32602,
};

enum { TROUBLE_MAX_NAME = 31, TROUBLE_MAX_WORDS = 255 };

struct trouble {
    int code; /**< enum trouble_code; 0: none */
    char name[TROUBLE_MAX_NAME + 1];
    char words[TROUBLE_MAX_WORDS + 1];
    uint64_t at;   /**< when it happened, in milliseconds since 1970; 0: not known. Not kept in records */
    uint64_t wait; /**< seconds until it may be tried again; 0: not known. Not kept in records */
};

/** True for errors that end the core while it works on what a peer has sent: no memory, no randomness, a failing
 * backend. All others are the peer's own. */
bool trouble_is_fatal(base_result result);

/** `format` as of printf; what is too long is cut off between characters. */
__attribute__((format(printf, 3, 4))) struct trouble trouble_make(enum trouble_code code, const char *name,
                                                                  const char *format, ...);

/** What a refusal of the server means for people. */
struct trouble trouble_refusal(const struct wire_refusal *refusal);

/** Its fields in a record. BASE_ERR_…: not such fields. */
void trouble_save(struct base_writer *writer, const struct trouble *trouble);
BASE_MUST_USE base_result trouble_load(struct base_reader *reader, struct trouble *out);

/** Writes it as a JSON-RPC error object. */
void trouble_write(struct base_writer *writer, const struct trouble *trouble);

#endif
