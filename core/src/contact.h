/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Other accounts: everybody whom this home has met, with the identity key that it has pinned.
 */
#ifndef CORE_CONTACT_H
#define CORE_CONTACT_H

#include "state.h"

/** The contact of an account, or NULL. */
struct contact *contact_find(const struct weibel_core *core, const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain);

/** The contact with this number, or NULL. */
struct contact *contact_at(const struct weibel_core *core, uint64_t number);

/** Finds it, or makes and saves a new one. An empty domain is our own. */
BASE_MUST_USE base_result contact_get(struct weibel_core *core, const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain,
                                      struct contact **out);

/** Its record; `out` must be empty. */
BASE_MUST_USE base_result contact_encode(const struct weibel_core *core, const struct contact *contact,
                                         struct base_bytes *out);
BASE_MUST_USE base_result contact_save(struct weibel_core *core, const struct contact *contact);
BASE_MUST_USE base_result contact_load(struct weibel_core *core, uint64_t number, struct base_slice value);
void contact_free(void *item);

/** Pins the identity key on first contact. `same` is false if another one was pinned before: nothing is changed then.
 */
BASE_MUST_USE base_result contact_pin(struct weibel_core *core, struct contact *contact,
                                      const uint8_t identity_key[WIRE_KEY_LEN], bool *same);

/** Likewise, when the server says it. What others have said before gives way to that; what the server has, does not. */
BASE_MUST_USE base_result contact_vouch(struct weibel_core *core, struct contact *contact,
                                        const uint8_t identity_key[WIRE_KEY_LEN], bool *same);

/** The server says that there is no such account: whoever has used its ID is not who he says. */
BASE_MUST_USE base_result contact_deny(struct weibel_core *core, struct contact *contact);

/** The server says another identity key than before. `news` is false if it has said this one already. */
BASE_MUST_USE base_result contact_change(struct weibel_core *core, struct contact *contact,
                                         const uint8_t new_identity_key[WIRE_KEY_LEN], bool *news);

/** Whoever sits here takes the changed key for the contact's. It was compared with nobody yet. */
BASE_MUST_USE base_result contact_accept_key(struct weibel_core *core, struct contact *contact);

/** It was said that somebody has come with another key: not again, as long as what is known of the contact's key is the
 * same. */
BASE_MUST_USE base_result contact_doubt(struct weibel_core *core, struct contact *contact);

/** The safety number was compared. He is in the list of contacts then. */
BASE_MUST_USE base_result contact_verified(struct weibel_core *core, struct contact *contact);

/** He is in the list of contacts from now on, and no stranger any more. */
BASE_MUST_USE base_result contact_list(struct weibel_core *core, struct contact *contact);

/** He is not in the list any more, and has no name. What was verified, and whether he is blocked, stays. */
BASE_MUST_USE base_result contact_unlist(struct weibel_core *core, struct contact *contact);

/** A stranger has begun a direct chat. */
BASE_MUST_USE base_result contact_ask(struct weibel_core *core, struct contact *contact);

BASE_MUST_USE base_result contact_block(struct weibel_core *core, struct contact *contact, bool blocked);
BASE_MUST_USE base_result contact_name(struct weibel_core *core, struct contact *contact, struct base_slice name);

/** Gives out the events `contact` of this input. */
BASE_MUST_USE base_result contact_tell(struct weibel_core *core);

/** How the contact is called in JSON: its ID, with the domain if that isn't ours. */
void contact_text(const struct weibel_core *core, const struct contact *contact, char out[WIRE_MAX_ADDRESS + 1]);

/** The same for a contact's number; 0: this account, by its ID. */
void contact_number_text(const struct weibel_core *core, uint64_t number, char out[WIRE_MAX_ADDRESS + 1]);

/** The same for an account that need not be a contact. An empty domain is our own. */
void contact_address_text(const struct weibel_core *core, const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain,
                          char out[WIRE_MAX_ADDRESS + 1]);

/** How people see it: the name, or else the ID. */
void contact_words(const struct weibel_core *core, const struct contact *contact, char out[WIRE_MAX_ADDRESS + 1]);

/** Whether he is in the list of contacts: not who has been removed, or was met in groups alone. */
bool contact_is_shown(const struct contact *contact);

/** Writes its JSON object (docs/api.md, Contact). */
void contact_json(const struct weibel_core *core, struct base_writer *writer, const struct contact *contact);

#endif
