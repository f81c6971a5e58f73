/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The account of a home: its record, and its identity as others see it.
 */
#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include "state.h"

/** Draws fresh keys for an account that is going to be activated. BASE_ERR_RANDOM. */
BASE_MUST_USE base_result account_make_keys(struct weibel_core *core);

BASE_MUST_USE base_result account_save(struct weibel_core *core);
BASE_MUST_USE base_result account_load(struct weibel_core *core, struct base_slice value);

/** A list of the account's devices, in records and in links. At most WIRE_MAX_DEVICES; BASE_ERR_…. */
void own_devices_write(struct base_writer *writer, const struct own_device *devices, size_t count);
BASE_MUST_USE base_result own_devices_read(struct base_reader *reader, struct own_device out[WIRE_MAX_DEVICES],
                                           size_t *count);

/** The credential of this device, for key packages and new groups. */
BASE_MUST_USE base_result account_credential(struct weibel_core *core, struct base_bytes *out);

/** The key that alone can delete the entry or blob of this name: made from a secret, so that nothing has to be kept. */
void account_deletion_key(const struct weibel_core *core, struct base_slice name, uint8_t out[WIRE_KEY_LEN]);

/** SHA-256, for what the server keeps of tokens and keys. */
void account_hash(struct base_slice secret, uint8_t out[WIRE_KEY_LEN]);

/** A URI of MIMI: mimi://domain/u/ID. The buffer has ACCOUNT_MAX_URI bytes. */
enum { ACCOUNT_MAX_URI = 320 };
void account_uri(const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain, char out[ACCOUNT_MAX_URI]);

#endif
