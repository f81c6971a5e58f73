/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * MIMI content (draft-ietf-mimi-content-08): the container that every message travels in, inside MLS.
 *
 * Decoded structs borrow from the bytes. What nests stays encoded, checked, and is taken out part by part.
 */
#ifndef CONTENT_CONTENT_H
#define CONTENT_CONTENT_H

#include "base/reader.h"
#include "base/writer.h"

enum {
    CONTENT_SALT_LEN = 16,
    CONTENT_ID_LEN = 32,
    CONTENT_HASH_SHA256 = 1,      /**< the first byte of every message id (§3.3) */
    CONTENT_MAX = 512 << 10,      /**< bytes of a message: text and descriptions; what is large is an external part */
    CONTENT_MAX_TOPIC = 4096,     /**< §9.1 */
    CONTENT_MAX_PARTS = 1024,     /**< §9.1, of the whole body */
    CONTENT_MAX_NESTING = 4,      /**< §6.3 */
    CONTENT_MAX_EXTENSION = 4095, /**< §4.3, bytes of a value */
    CONTENT_MAX_EXTENSION_KEY = 255,
};

/** Keys of the extensions map: those of the draft, and ours in the range for private use. */
enum content_extension {
    CONTENT_SENDER_URI = 1,
    CONTENT_ROOM_URI = 2,
    CONTENT_SENT_AT = -1,   /**< uint: the sender's clock, milliseconds since 1970 */
    CONTENT_MENTIONS = -2,  /**< array of URIs of accounts */
    CONTENT_FORWARDED = -3, /**< true: its writer has it from somewhere else */
    CONTENT_ERASED = -16,   /**< [ stream: bstr, number: uint, … ]: what a deletion deletes on the server, too */
};

/** IANA AEAD numbers; those from 0x8000 on are for private use. */
enum content_encryption {
    CONTENT_PLAIN = 0,
    CONTENT_XCHACHA20_CHUNKS = 0x8057, /**< chunks of 256 KiB, padded: docs/attachments.md */
};

enum content_disposition {
    CONTENT_UNSPECIFIED = 0,
    CONTENT_RENDER = 1,
    CONTENT_REACTION = 2,
    CONTENT_PROFILE = 3,
    CONTENT_INLINE = 4,
    CONTENT_ICON = 5,
    CONTENT_ATTACHMENT = 6,
    CONTENT_SESSION = 7,
    CONTENT_PREVIEW = 8,
};

enum content_cardinality { CONTENT_NULL_PART = 0, CONTENT_SINGLE = 1, CONTENT_EXTERNAL = 2, CONTENT_MULTI = 3 };

enum content_semantics { CONTENT_CHOOSE_ONE = 0, CONTENT_SINGLE_UNIT = 1, CONTENT_PROCESS_ALL = 2 };

/** mimiContent (§4.1). */
struct content {
    uint8_t salt[CONTENT_SALT_LEN];
    struct base_slice replaces; /**< a message id, or empty */
    struct base_slice topic;
    bool expires;
    bool expires_relative;
    uint32_t expires_time;         /**< seconds: since 1970, or since it was read */
    struct base_slice in_reply_to; /**< a message id, or empty */
    struct base_slice extensions;  /**< the encoded map */
    struct base_slice body;        /**< the encoded NestedPart: content_part_read() */
};

/** NestedPart (§4.4). */
struct content_part {
    uint8_t disposition; /**< enum content_disposition, or an unknown one, which means render */
    struct base_slice language;
    uint8_t cardinality;       /**< enum content_cardinality; what it doesn't have is empty below */
    struct base_slice type;    /**< single, external: media type */
    struct base_slice content; /**< single */
    struct base_slice url;     /**< external, and all that follow up to filename */
    uint32_t expires;          /**< seconds since 1970, 0: does not */
    uint64_t size;             /**< bytes, 0: not told */
    uint16_t encryption;       /**< enum content_encryption, or any other AEAD number */
    struct base_slice key, nonce, aad;
    uint8_t hash_algorithm;
    struct base_slice hash;
    struct base_slice description;
    struct base_slice filename;
    uint8_t semantics;       /**< multi: enum content_semantics */
    uint64_t count;          /**< multi: parts */
    struct base_slice parts; /**< multi: the encoded parts, one behind the other */
};

extern const struct base_error CONTENT_ERR_ID;        /**< a message id of an unknown kind */
extern const struct base_error CONTENT_ERR_PARTS;     /**< too many parts, or too few in a multipart */
extern const struct base_error CONTENT_ERR_SEMANTICS; /**< unknown part semantics */
extern const struct base_error CONTENT_ERR_EXTENSION; /**< a key or value of the extensions is out of its bounds */

/**
 * Decodes a whole message and checks everything in it. BASE_ERR_…, CBOR_ERR_…, CONTENT_ERR_…; BASE_ERR_TOO_LONG: more
 * than CONTENT_MAX bytes.
 */
BASE_MUST_USE base_result content_decode(struct base_slice bytes, struct content *out);

/** Appends the encoding: what content_decode() accepted comes out as it was. */
void content_encode(struct base_writer *writer, const struct content *content);

/** Takes the next part out of a body or of `parts`; fails on nothing that content_decode() let through. */
BASE_MUST_USE base_result content_part_read(struct base_reader *reader, struct content_part *out);

/** Appends a part, for a multipart with its `parts` as they are. */
void content_part_write(struct base_writer *writer, const struct content_part *part);

/** The encoded value of the extension with this key, or an empty slice. */
struct base_slice content_extension(const struct content *content, int64_t key);

/**
 * The id of a message (§3.3), by SHA-256. `message` is its encoding, which starts with its salt. Both URIs are at most
 * 65535 bytes long.
 */
void content_id(struct base_slice sender_uri, struct base_slice room_uri, struct base_slice message,
                const uint8_t salt[CONTENT_SALT_LEN], uint8_t out[CONTENT_ID_LEN]);

#endif
