/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Letters that ask for help (heal.h): written, sealed, opened, checked.
 */
#ifndef CORE_HEAL_LETTER_H
#define CORE_HEAL_LETTER_H

#include "identity.h"
#include "state.h"

enum {
    HEAL_MAX_LETTER = 24 << 10,    /**< bytes of a sealed one: a key package and what is around it */
    HEAL_MAX_AGE = 14 * 24 * 3600, /**< seconds: an older one that asks may have been kept back */
};

/** What one is written for. */
enum heal_letter_kind {
    HEAL_ASKS,  /**< for help: heal.h */
    HEAL_TELLS, /**< that who gets it should have a place: newcomer.h */
};

/** What a letter says. Borrows from the opened bytes. */
struct heal_letter {
    uint8_t stream[WIRE_STREAM_LEN];
    uint64_t sent_at;
    struct base_slice key_package;
    struct identity device;   /**< whose it is: of the key package, … */
    struct mls_member member; /**< … as what is in it */
};

/** Asks members of the group, each by a letter. */
BASE_MUST_USE base_result heal_letter_ask(struct weibel_core *core, struct group *group);

/** Asks these for the place that we should have in a group: `number` is the group's here, or 0; `before`: when the keys
 * of our leaf there were made, if that is known, or 0. */
BASE_MUST_USE base_result heal_letter_ask_them(struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN],
                                               uint64_t number, uint64_t before, const struct helper *helpers,
                                               size_t count);

/** Tells these members that they should have a place in the group, each by a letter. */
BASE_MUST_USE base_result heal_letter_tell(struct weibel_core *core, const struct group *group,
                                           const struct helper *members, size_t count);

/** Opens and checks one; `plain` gets what `out` borrows from. WEIBEL_ERR_IDENTITY, BASE_ERR_…, MLS_ERR_…. */
BASE_MUST_USE base_result heal_letter_open(struct weibel_core *core, enum heal_letter_kind kind,
                                           struct base_slice sealed, struct base_bytes *plain, struct heal_letter *out);

/** Seals something to a device, by the key that it signs with. WEIBEL_ERR_IDENTITY: nothing can be sealed to this key.
 */
BASE_MUST_USE base_result heal_letter_seal(struct weibel_core *core, const uint8_t device_key[WIRE_KEY_LEN],
                                           struct base_slice plain, struct base_bytes *out);

/** Opens what was sealed to this device. WEIBEL_ERR_IDENTITY: it was not. */
BASE_MUST_USE base_result heal_letter_unseal(struct weibel_core *core, struct base_slice sealed,
                                             struct base_bytes *plain);

#endif
