/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Links for a new device (docs/protocol.md, Further devices): what is sealed in them, and the way of one that this
 * device has made. What the new device does with it is in activate.c.
 */
#ifndef CORE_DEVICE_LINK_H
#define CORE_DEVICE_LINK_H

#include "state.h"

enum {
    LINK_SECRET_LEN = 32,
    LINK_TEXT_LEN = 43, /**< characters of 32 bytes in base64url */
};

/** A secret as it stands in the link. */
void device_link_write_secret(const uint8_t secret[LINK_SECRET_LEN], char out[LINK_TEXT_LEN + 1]);

/** False: that is no secret. */
bool device_link_read_secret(struct base_slice text, uint8_t out[LINK_SECRET_LEN]);

/** The code that the server is shown. */
void device_link_code(const uint8_t secret[LINK_SECRET_LEN], char out[LINK_TEXT_LEN + 1]);

/** What the old device gives to the new one. */
struct device_link_content {
    uint8_t account[WIRE_ACCOUNT_LEN];
    char domain[WIRE_MAX_DOMAIN + 1];
    uint8_t identity_seed[STATE_SEED_LEN];
    uint8_t deletion_secret[STATE_SEED_LEN];
    bool history;
    struct own_device devices[WIRE_MAX_DEVICES]; /**< itself, and the others that it knows */
    size_t device_count;                         /**< at least one */
};

BASE_MUST_USE base_result device_link_seal(const struct base_allocator *allocator, const struct base_random *random,
                                           const uint8_t secret[LINK_SECRET_LEN],
                                           const struct device_link_content *content, struct base_bytes *out);

/** WEIBEL_ERR_LINK: it was not sealed under this secret, or is nothing that we understand. */
BASE_MUST_USE base_result device_link_open(const struct base_allocator *allocator,
                                           const uint8_t secret[LINK_SECRET_LEN], struct base_slice sealed,
                                           struct device_link_content *out);

extern const struct base_error WEIBEL_ERR_LINK;

void device_link_wipe(struct device_link_content *content);

/** Makes a link, and answers the call when the server has it. One at a time: core->link_call has no id. */
BASE_MUST_USE base_result device_link_create(struct weibel_core *core, struct call *call, bool history);

#endif
