/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The core as a WebAssembly module: the inputs and effects of weibel/core.h as flat functions.
 *
 * What a worker calls has only numbers as parameters: pointers into the module's memory, lengths, and numbers of 64
 * bits (BigInt). Bytes for an input are put into memory from host_take(), and given back by host_give(), which wipes
 * them. An effect is told as words of 32 bits in host_words(); what they point to stays valid until the next
 * host_next(). web/src/core/module.ts is the other side of this file.
 */
#ifndef WEB_HOST_H
#define WEB_HOST_H

#include "weibel/core.h"

struct host;

/** How many words tell an effect, or a change of a batch. */
enum { HOST_WORDS = 18 };

/** A result: 0 is success, anything else is for host_error_name() and host_error_text(). */
typedef base_result host_result;

/** A host with its core, or NULL: no memory. There may be several in one module; the worker makes one. */
struct host *host_open(void);

/** Wipes and frees everything; the worker should drop the module as well. */
void host_free(struct host *host);

/** Memory for an input, or NULL. */
uint8_t *host_take(size_t len);

/** Wipes and frees it. */
void host_give(uint8_t *block);

/** Texts of a result that is not success, each with a final zero. */
const char *host_error_name(host_result result);
const char *host_error_text(host_result result);

/* ---- Inputs: see weibel/core.h. -----------------------------------------------------------------------------------
 */

host_result host_line(struct host *host, const uint8_t *line, size_t len);
host_result host_connected(struct host *host);
/** `reason` ends with a zero, or is NULL. */
host_result host_disconnected(struct host *host, const char *reason);
host_result host_frame(struct host *host, const uint8_t *frame, size_t len);
host_result host_tick(struct host *host);
host_result host_stored(struct host *host, uint32_t durable);
host_result host_record(struct host *host, uint32_t read, const uint8_t *key, size_t key_len, const uint8_t *value,
                        size_t value_len);
host_result host_read_done(struct host *host, uint32_t read, uint32_t done);
host_result host_transfer_progress(struct host *host, uint64_t transfer, uint64_t done);
host_result host_transfer_done(struct host *host, uint64_t transfer);
host_result host_transfer_data(struct host *host, uint64_t transfer, const uint8_t *data, size_t len);
/** `why` is one of weibel_transfer_failure, `words` end with a zero. */
host_result host_transfer_failed(struct host *host, uint64_t transfer, uint32_t why, const char *words);

/* ---- Effects ------------------------------------------------------------------------------------------------------
 */

/**
 * Takes the next effect out and returns its kind (weibel_effect_kind), 0 if there is none. The words then are:
 *
 *   store       number of changes
 *   read        number, from, its length, before, its length, limit, backwards
 *   connect     url, its length
 *   frame, line bytes, their length
 *   transfer    number (low, high), step, path, its length, url, its length, blob, upload key, key and nonce, size
 *               (low, high), offset (low, high), data, its length, last, bare; a path or url that the step doesn't
 *               have is NULL
 */
uint32_t host_next(struct host *host);

/** After a store effect, tells change `index`: key, its length, value, its length, remove. */
void host_change(struct host *host, uint32_t index);

/** Where the HOST_WORDS words are. */
const uint32_t *host_words(const struct host *host);

/** When the core wants host_tick(), milliseconds since 1970; UINT64_MAX: not at all. */
uint64_t host_deadline(const struct host *host);

/** See weibel_core_waits(). */
uint32_t host_waits(const struct host *host);

/* ---- Sealed files: see weibel/core.h. `key` is a struct weibel_blob_key, 48 bytes. ---------------------------------
 */

uint64_t host_sealed_size(uint64_t size);
uint64_t host_chunks(uint64_t size);
/** Bytes of the sealed chunk; -1: no such chunk. */
int32_t host_seal(const uint8_t *key, uint64_t size, uint64_t index, uint8_t *chunk);
/** Bytes of the file in the chunk; -1: changed, cut off, or not this chunk. */
int32_t host_unseal(const uint8_t *key, uint64_t size, uint64_t index, uint8_t *chunk, size_t sealed_len);

/** See weibel_picture_bare(). 0; -1: damaged, or no picture. */
int32_t host_bare(uint8_t *picture, size_t len);

/* ---- Passphrases ---------------------------------------------------------------------------------------------------
 * Where the core wants Argon2id, the module calls the import "stretch" of "weibel" with these parameters:
 * host_stretch() is called in another instance, in a worker of its own, and only its output copied.
 */

/** `salt` has 16 bytes, `memory` is in bytes. 0, or -1: no memory, or a cost that Argon2id doesn't know. */
int32_t host_stretch(uint8_t *out, size_t out_len, const uint8_t *passphrase, size_t passphrase_len,
                     const uint8_t *salt, uint32_t passes, size_t memory);

#endif
