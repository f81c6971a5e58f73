/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What applications see of RFC 9420's structs: numbers of the registries, credentials, capabilities, extensions.
 *
 * Structs that were decoded borrow from the bytes they were decoded from. A vector stays encoded, as a slice that was
 * checked when the struct was decoded; the function that ends in _next takes its elements out one by one.
 */
#ifndef MLS_TYPES_H
#define MLS_TYPES_H

#include "base/bytes.h"
#include "base/reader.h"
#include "mls/errors.h"

enum {
    MLS_VERSION_10 = 1,
    MLS_MESSAGE_MAX = 64 << 20, /**< bytes of a message that is made; a commit that adds ten thousand members fits */
};

enum mls_credential_type { MLS_CREDENTIAL_BASIC = 1, MLS_CREDENTIAL_X509 = 2 };

/** §17.3. Any other number is an extension of somebody else, or GREASE. */
enum mls_extension_type {
    MLS_EXTENSION_APPLICATION_ID = 1,
    MLS_EXTENSION_RATCHET_TREE = 2,
    MLS_EXTENSION_REQUIRED_CAPABILITIES = 3,
    MLS_EXTENSION_EXTERNAL_PUB = 4,
    MLS_EXTENSION_EXTERNAL_SENDERS = 5,
    MLS_EXTENSION_LAST_RESORT = 10, /**< of a KeyPackage; empty (draft-ietf-mls-extensions) */
};

/** §17.4 */
enum mls_proposal_type {
    MLS_PROPOSAL_ADD = 1,
    MLS_PROPOSAL_UPDATE = 2,
    MLS_PROPOSAL_REMOVE = 3,
    MLS_PROPOSAL_PSK = 4,
    MLS_PROPOSAL_REINIT = 5,
    MLS_PROPOSAL_EXTERNAL_INIT = 6,
    MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS = 7,
};

/** §17.2: what an MLSMessage holds. */
enum mls_wire_format {
    MLS_PUBLIC_MESSAGE = 1,
    MLS_PRIVATE_MESSAGE = 2,
    MLS_WELCOME = 3,
    MLS_GROUP_INFO = 4,
    MLS_KEY_PACKAGE = 5,
};

enum mls_content_type { MLS_APPLICATION = 1, MLS_PROPOSAL = 2, MLS_COMMIT = 3 };

enum mls_sender_type {
    MLS_SENDER_MEMBER = 1,
    MLS_SENDER_EXTERNAL = 2,
    MLS_SENDER_NEW_MEMBER_PROPOSAL = 3,
    MLS_SENDER_NEW_MEMBER_COMMIT = 4,
};

enum mls_leaf_node_source { MLS_LEAF_KEY_PACKAGE = 1, MLS_LEAF_UPDATE = 2, MLS_LEAF_COMMIT = 3 };

enum mls_psk_type { MLS_PSK_EXTERNAL = 1, MLS_PSK_RESUMPTION = 2 };
enum mls_resumption_usage { MLS_RESUMPTION_APPLICATION = 1, MLS_RESUMPTION_REINIT = 2, MLS_RESUMPTION_BRANCH = 3 };

/** Credential (§5.3). The form of an unknown type is taken to be one vector, as that of the known ones is. */
struct mls_credential {
    uint16_t type;             /**< enum mls_credential_type, or any other */
    struct base_slice content; /**< basic: the identity; X.509: Certificate certificates<V>; else opaque */
};

/** Takes the next DER certificate, the leaf's own first, out of an X.509 credential's content. BASE_ERR_…. */
BASE_MUST_USE base_result mls_certificate_next(struct base_reader *certificates, struct base_slice *out);

/** Capabilities (§7.2). Each list is `uint16 x<V>`, encoded: see mls_list_has(). */
struct mls_capabilities {
    struct base_slice versions;
    struct base_slice cipher_suites;
    struct base_slice extensions;
    struct base_slice proposals;
    struct base_slice credentials;
};

/** True if the encoded list of big-endian uint16 has this number. */
bool mls_list_has(struct base_slice list, uint16_t number);

/** How many numbers the encoded list of uint16 has, and the one at `index`, which is less than that. */
static inline size_t mls_list_count(struct base_slice list) {
    return list.len / 2;
}
uint16_t mls_list_at(struct base_slice list, size_t index);

/** Lifetime (§7.2), seconds since 1970. */
struct mls_lifetime {
    uint64_t not_before;
    uint64_t not_after;
};

/** Extension (§13.4). */
struct mls_extension {
    uint16_t type; /**< enum mls_extension_type, or any other */
    struct base_slice data;
};

/** Takes the next one out of an encoded list of extensions. BASE_ERR_…. */
BASE_MUST_USE base_result mls_extension_next(struct base_reader *extensions, struct mls_extension *out);

/** True if the encoded list has an extension of this type; its data is in `data` then, which may be NULL. */
bool mls_extension_find(struct base_slice extensions, uint16_t type, struct base_slice *data);

/** RequiredCapabilities (§11.1), lists as in struct mls_capabilities. */
struct mls_required_capabilities {
    struct base_slice extensions;
    struct base_slice proposals;
    struct base_slice credentials;
};

/** ExternalSender (§12.1.8.1). */
struct mls_external_sender {
    struct base_slice signature_key;
    struct mls_credential credential;
};

/** Sender (§6). */
struct mls_sender {
    uint8_t type;   /**< enum mls_sender_type */
    uint32_t index; /**< member: leaf index; external: index in external_senders; else 0 and not encoded */
};

/** PreSharedKeyID (§8.4). */
struct mls_psk_id {
    uint8_t type;         /**< enum mls_psk_type */
    struct base_slice id; /**< external: psk_id; resumption: psk_group_id */
    uint8_t usage;        /**< resumption: enum mls_resumption_usage */
    uint64_t epoch;       /**< resumption */
    struct base_slice nonce;
};

#endif
