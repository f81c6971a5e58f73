/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The way from a closed home to an open one: the vault's record, the passphrase, then everything small into memory.
 */
#ifndef CORE_LOAD_H
#define CORE_LOAD_H

#include "state.h"

/** Asks for the vault's record: the first thing that a core does. */
BASE_MUST_USE base_result load_begin(struct weibel_core *core);

/** Makes a new home. `call` is answered. */
BASE_MUST_USE base_result load_create(struct weibel_core *core, struct call *call, const struct vault_means *means);

/**
 * Opens the home, or says that the passphrase or key is wrong, or that another version of Weibel has written the home,
 * which stays locked then. `call` is answered when everything is loaded.
 */
BASE_MUST_USE base_result load_unlock(struct weibel_core *core, struct call *call, const struct vault_means *means);

/** In an open home: other means open it from now on, with `keep` also those of other kinds. It is one record, so that a
 * crash leaves either. `call` is answered. */
BASE_MUST_USE base_result load_rewrap(struct weibel_core *core, struct call *call, const struct vault_means *old,
                                      const struct vault_means *means, bool keep);

/** Takes away what vault_remove() names so, if these means open the home without it. */
BASE_MUST_USE base_result load_remove_means(struct weibel_core *core, struct call *call,
                                            const struct vault_means *means, uint8_t kind,
                                            const uint8_t name[VAULT_KEY_NAME_LEN]);

/** Frees what a load that was not finished has gathered. */
void load_free_pieces(struct weibel_core *core);

/** A record of libmls can't be unsealed: its group is lost (heal.h), and the home is not. */
BASE_MUST_USE base_result load_damaged_piece(struct weibel_core *core, struct base_slice key);

#endif
