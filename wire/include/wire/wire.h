/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Frames between a client and a server, version 1: docs/protocol.md says what they mean, this file what they hold.
 *
 * A frame is one binary WebSocket message in the TLS presentation language (RFC 8446 §3, vectors as in RFC 9420
 * §2.1.2):
 *
 *     struct {
 *         uint8 version;           WIRE_VERSION
 *         uint8 type;              enum wire_type
 *         uint32 request;          chosen by who asks, from 1 on; repeated in its answer; 0 in what nobody asked for
 *         select (type) { … };     the struct of that name below, in the order of its members
 *     } Frame;
 *
 * Every request gets exactly one answer: the frame named at it, or a refusal. Structs hold slices that borrow: from the
 * decoded bytes, or from what the encoder is given.
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include "base/reader.h"
#include "base/writer.h"

enum {
    WIRE_VERSION = 1,

    WIRE_ACCOUNT_LEN = 8,    /**< an account's ID: eight characters of Crockford's base32, no hyphen */
    WIRE_DEVICE_LEN = 16,    /**< a device's random name */
    WIRE_STREAM_LEN = 32,    /**< a stream's random name */
    WIRE_BLOB_LEN = 32,      /**< a blob's random name */
    WIRE_KEY_LEN = 32,       /**< tokens, upload and deletion keys, their SHA-256, Ed25519 public keys, challenges */
    WIRE_NONCE_LEN = 16,     /**< makes an append idempotent */
    WIRE_SIGNATURE_LEN = 64, /**< Ed25519 */
    WIRE_WHICH_DEVICE_LEN = WIRE_ACCOUNT_LEN + WIRE_KEY_LEN,
    WIRE_PACKAGE_NAME_LEN = 8, /**< what a device knows its own key packages by: wire_signed_in */

    WIRE_MAX_BEHIND = 1024,                 /**< entries among which the server looks for a repeated one */
    WIRE_MAX_ENTRY = 1 << 20,               /**< bytes of one entry: a commit that adds a thousand members fits */
    WIRE_MAX_FRAME = (1 << 20) + (4 << 10), /**< an entry and everything around it */
    WIRE_MAX_SIGNAL = 4 << 10,              /**< bytes of a signal */
    WIRE_MAX_BATCH = 256 << 10,             /**< an `entries` frame stops growing here, unless one entry is larger */
    WIRE_MAX_KEY_PACKAGE = 16 << 10,
    WIRE_MAX_KEY_PACKAGES = 100,         /**< in one frame, and stored for one device */
    WIRE_MAX_DEVICES = 16,               /**< of one account */
    WIRE_MAX_IDENTITIES = 256,           /**< in one frame: a group of 10,000 is asked about in some fifty */
    WIRE_MAX_CODE = 64,                  /**< an activation code */
    WIRE_MAX_RECOVERIES = 16,            /**< recovery codes of one account */
    WIRE_MAX_NAME = 128,                 /**< a display name, bytes of UTF-8 */
    WIRE_MAX_DOMAIN = 253,               /**< RFC 1035 §2.3.4 */
    WIRE_MAX_LIFETIME = 366 * 24 * 3600, /**< seconds that an entry or blob may ask to live */
    WIRE_MAX_NUMBER = (1 << 29) - 1,     /**< of an entry in its stream or inbox: a server that sends a larger one
                                              would make its readers skip what follows */
    WIRE_MAX_LINK = 64 << 10,            /**< sealed content that waits for a new device */
    WIRE_LINK_SECONDS = 600,             /**< how long a link for a new device is good */
    WIRE_MAX_ENDPOINT = 1024,            /**< where a device's pushes go: bytes of a URL */
    WIRE_PUSH_KEY_LEN = 65,              /**< a P-256 public key, not compressed */
};

enum wire_type {
    /* from the server */
    WIRE_CHALLENGE = 0x01,
    WIRE_REFUSAL = 0x02,
    WIRE_DONE = 0x03, /* no body: what was asked for has happened and is durable */
    WIRE_SIGNED_IN = 0x04,
    WIRE_ACTIVATED = 0x05,
    WIRE_KEY_PACKAGES = 0x06,
    WIRE_APPENDED = 0x07,
    WIRE_ENTRIES = 0x08,
    WIRE_INBOX_ENTRIES = 0x09,
    WIRE_IDENTITIES = 0x0a,
    WIRE_SIGNALLED = 0x0d,
    WIRE_DOOR = 0x0e,
    WIRE_DEVICES = 0x0b,
    WIRE_LINK_CONTENT = 0x0c,
    WIRE_PUSH = 0x10,

    /* from the client */
    WIRE_SIGN_IN = 0x41,
    WIRE_ACTIVATE = 0x42,
    WIRE_PUT_KEY_PACKAGES = 0x43,
    WIRE_TAKE_KEY_PACKAGES = 0x44,
    WIRE_CREATE_STREAM = 0x45,
    WIRE_APPEND = 0x46,
    WIRE_READ = 0x47,
    WIRE_STOP = 0x48,
    WIRE_DELETE_ENTRY = 0x49,
    WIRE_INBOX_APPEND = 0x4a,
    WIRE_INBOX_READ = 0x4b,
    WIRE_INBOX_DELETE = 0x4c,
    WIRE_CREATE_BLOB = 0x4d,
    WIRE_GET_IDENTITIES = 0x4e,
    WIRE_SIGNAL = 0x53,
    WIRE_PUT_DOOR = 0x54,
    WIRE_GET_DOOR = 0x55,
    WIRE_PUT_RECOVERY = 0x56,
    WIRE_CREATE_LINK = 0x4f,
    WIRE_TAKE_LINK = 0x50,
    WIRE_LIST_DEVICES = 0x51,
    WIRE_REMOVE_DEVICE = 0x52,
    WIRE_GET_PUSH = 0x58,
    WIRE_PUT_PUSH = 0x59,
    WIRE_DELETE_BLOB = 0x5a,
    WIRE_HOLD_BLOB = 0x5b,
};

/** Why a request was refused. `argument` of the refusal means what stands here. */
enum wire_refusal_code {
    WIRE_REFUSED_MALFORMED = 1,      /**< the frame breaks its format; the connection ends */
    WIRE_REFUSED_VERSION = 2,        /**< unknown frame version: argument = lowest << 8 | highest that is spoken */
    WIRE_REFUSED_NOT_SIGNED_IN = 3,  /**< this request needs a signed-in device */
    WIRE_REFUSED_SIGN_IN = 4,        /**< no such device, or its signature is wrong: which, is not said */
    WIRE_REFUSED_LINK_UNKNOWN = 5,   /**< no such activation code */
    WIRE_REFUSED_LINK_USED = 6,      /**< somebody has activated with it */
    WIRE_REFUSED_LINK_EXPIRED = 7,   /**< argument = when, seconds since 1970 */
    WIRE_REFUSED_NO_ACCOUNT = 8,     /**< no account has this ID */
    WIRE_REFUSED_NO_KEY_PACKAGE = 9, /**< the account exists, but no device of it can be reached yet */
    WIRE_REFUSED_NO_STREAM = 10,     /**< no such stream, or the token never opened it: which, is not said */
    WIRE_REFUSED_EPOCH_MOVED = 11,   /**< the token has been replaced: read on. argument = number of the last commit */
    WIRE_REFUSED_STREAM_EXISTS = 12, /**< the name is taken, under another token */
    WIRE_REFUSED_TOO_LARGE = 13,     /**< argument = the bound in bytes */
    WIRE_REFUSED_FULL = 14,          /**< a quota is used up: argument = the bound */
    WIRE_REFUSED_TOO_OFTEN = 15,     /**< argument = milliseconds to wait */
    WIRE_REFUSED_DISK_FULL = 16,     /**< the server cannot store anything at the moment */
    WIRE_REFUSED_NO_ENTRY = 17,      /**< gone already, or the deletion key is wrong */
    WIRE_REFUSED_BLOB_EXISTS = 18,   /**< the name is taken, under another upload key */
    WIRE_REFUSED_UNAVAILABLE = 19,   /**< an internal failure; try again: argument = milliseconds to wait */
    WIRE_REFUSED_UNKNOWN_TYPE = 20,  /**< this server does not know the frame's type */
    WIRE_REFUSED_REMOVED = 21,       /**< the account or device has been removed */
    WIRE_REFUSED_NO_DEVICE = 22,     /**< no such device */
    WIRE_REFUSED_DEVICES = 23,       /**< the account has as many devices as it may have: argument = the bound */
    WIRE_REFUSED_OWN_DEVICE = 24,    /**< a device does not remove itself: another one of the account does */
    WIRE_REFUSED_EPOCH_USED = 27,    /**< repair: others follow the commit that it would replace */
    WIRE_REFUSED_NO_DOOR = 28,       /**< no such door */
    WIRE_REFUSED_ELSEWHERE = 35,    /**< this device has signed in on another connection, which took this one's place */
    WIRE_REFUSED_OUT_OF_ORDER = 39, /**< the entry that this one follows is not in the stream */
    WIRE_REFUSED_BEHIND = 40, /**< too much stands behind what the writer has read: read on. argument = the bound */
    WIRE_REFUSED_PUSH_SERVICE = 41, /**< this server pushes nothing, or not to this service */
    WIRE_REFUSED_REWOUND = 42,      /**< the stream ends before what the reader has read */

    WIRE_REFUSED_CODES = 48, /**< codes are below this */
};

/** What an entry is for the server: it orders commits and rotates the token with them, and knows no more. */
enum wire_kind {
    WIRE_KIND_MESSAGE = 0,
    WIRE_KIND_COMMIT = 1,
    WIRE_KIND_REPAIR =
        2, /**< append only: a commit in the place of the last one, by the token that that one replaced */
};

enum wire_flags {
    WIRE_MORE = 1,  /**< more entries follow: read again after the last of these */
    WIRE_ENDED = 2, /**< the token was replaced by the last of these: read on with the next token; not live any more */
};

/** First frame of a connection, from the server. */
struct wire_challenge {
    uint8_t lowest_version, highest_version; /**< of frames that the server speaks */
    struct base_slice domain;                /**< opaque<V>, at most WIRE_MAX_DOMAIN */
    uint8_t challenge[WIRE_KEY_LEN];
    uint64_t now; /**< the server's time, seconds since 1970: for words about expiry, never trusted */
};

struct wire_refusal {
    uint16_t code; /**< enum wire_refusal_code; unknown ones are possible */
    uint64_t argument;
};

/**
 * Signs a device in. The signature is Ed25519 by the device key over wire_sign_in_content(). Answer: signed_in.
 */
struct wire_sign_in {
    uint8_t account[WIRE_ACCOUNT_LEN];
    uint8_t device[WIRE_DEVICE_LEN];
    uint8_t signature[WIRE_SIGNATURE_LEN];
};

/** A key package's name is the first bytes of its SHA-256: a device sees whether the server has only its own. */
struct wire_signed_in {
    struct base_slice packages;    /**< opaque Name[8]; Name packages<V>: of the one-time key packages that are left for
                                        this device, at most WIRE_MAX_KEY_PACKAGES */
    struct base_slice last_resort; /**< opaque<V>: likewise, WIRE_PACKAGE_NAME_LEN bytes, or empty: there is none */
};

/**
 * Turns an activation code into an account with its first device, or the code of a link into another device of the
 * link's account; the connection is signed in then. The proofs are Ed25519 by the device key and by the identity key
 * over wire_activate_content(). The same code with the same keys again gives the same answer, so that a lost answer
 * loses nothing. Answer: activated.
 */
struct wire_activate {
    struct base_slice code; /**< opaque<V>, at most WIRE_MAX_CODE */
    uint8_t device[WIRE_DEVICE_LEN];
    uint8_t identity_key[WIRE_KEY_LEN];
    uint8_t device_key[WIRE_KEY_LEN];
    uint8_t proof[WIRE_SIGNATURE_LEN];
    uint8_t identity_proof[WIRE_SIGNATURE_LEN];
};

struct wire_activated {
    uint8_t account[WIRE_ACCOUNT_LEN];
    uint8_t role;           /**< 0 user, 1 administrator */
    struct base_slice name; /**< opaque<V>: the display name that the organisation gave, or empty; wire_text_valid() */
};

/** Adds one-time key packages of this device, and replaces its last resort if one is given. Answer: done. */
struct wire_put_key_packages {
    uint8_t replace;               /**< 1: the one-time packages that are there go first; 0: they stay */
    struct base_slice last_resort; /**< opaque<V>; empty: leave as it is */
    struct base_slice packages;    /**< opaque<V> packages<V>, encoded: at most WIRE_MAX_KEY_PACKAGES */
    uint32_t count;                /**< of `packages`, not on the wire: wire_decode() counts them */
};

/** One key package of each device of an account, each handed out once, the last resort when none is left. Answer:
 * key_packages. */
struct wire_take_key_packages {
    uint8_t account[WIRE_ACCOUNT_LEN];
};

struct wire_device_key_package {
    uint8_t device[WIRE_DEVICE_LEN];
    struct base_slice key_package; /**< opaque<V> */
};

struct wire_key_packages {
    uint8_t identity_key[WIRE_KEY_LEN];
    struct base_slice devices; /**< DeviceKeyPackage devices<V>, encoded: 1 to WIRE_MAX_DEVICES */
};

/** The identity keys of accounts: whose device somebody's is; and whether it is one. Costs no key package. Answer:
 * identities. */
struct wire_get_identities {
    struct base_slice devices; /**< WhichDevice devices<V>, encoded: 1 to WIRE_MAX_IDENTITIES */
};

/** Which devices an account has is not told: who asks knows the key of one. */
struct wire_which_device {
    uint8_t account[WIRE_ACCOUNT_LEN];
    uint8_t key[WIRE_KEY_LEN]; /**< that the device signs with; zeros: of none */
};

struct wire_identity {
    struct wire_which_device device; /**< as it was asked for */
    struct base_slice identity_key;  /**< opaque<V>: WIRE_KEY_LEN bytes; empty: there is no such account */
    uint8_t listed;                  /**< 1: the account has a device with this key; 0: it has none */
};

struct wire_identities {
    struct base_slice identities; /**< Identity identities<V>, encoded: 1 to WIRE_MAX_IDENTITIES */
};

/** Makes an empty stream. The same again is done again. Answer: done. */
struct wire_create_stream {
    uint8_t stream[WIRE_STREAM_LEN];
    uint8_t token_hash[WIRE_KEY_LEN]; /**< SHA-256 of the first epoch's token */
};

/**
 * Appends an entry; acknowledged when durable. The same nonce again gives the same answer, whatever the token is by
 * then, as long as it once opened the stream: a message is looked for among the WIRE_MAX_BEHIND entries at most that
 * stand behind number `after` (`behind` if there are more), a commit where its epoch ended. A commit is taken only if
 * `known_commit` is the last one, and replaces the token in the same transaction. A repair is a commit in the place of
 * the last one, `known_commit`, which nobody can follow: it is taken with the token that that one has replaced, if the
 * token that it brought was used by nobody but who appended it (`epoch_used` otherwise). A message that names a
 * `previous` entry is taken only if that one is there: so several can be under way at once and keep their order, also
 * if one in the middle is refused. Answer: appended.
 */
struct wire_append {
    uint8_t stream[WIRE_STREAM_LEN];
    uint8_t token[WIRE_KEY_LEN];
    uint8_t nonce[WIRE_NONCE_LEN];
    uint8_t deletion_hash[WIRE_KEY_LEN]; /**< SHA-256 of the key that may delete the entry */
    uint32_t lifetime;                   /**< seconds; 0: the server's default */
    uint8_t kind;                        /**< enum wire_kind */
    uint64_t after;                      /**< message: an entry before the place where it, or `previous`, can stand */
    uint8_t previous[WIRE_NONCE_LEN];    /**< message: nonce of an entry that comes before; zeros: any place will do */
    uint8_t wakes;                       /**< message: 1: devices that are away are told that there is something new */
    uint64_t known_commit;               /**< commit: number of the last commit that its writer knew, 0 if none */
    uint8_t next_token_hash[WIRE_KEY_LEN]; /**< commit, repair; these two are on the wire for those only, the three
                                              before for others */
    struct base_slice content;             /**< opaque<V>, 1 to WIRE_MAX_ENTRY bytes */
};

/**
 * Leaves something at a door, in the place of what was there. Its name is made of `key` and `index`: so nobody without
 * the key has any say about it, not even by coming first, and who is to find it knows the name alone, or the key's
 * hash. Empty content removes the door. Answer: done.
 */
struct wire_put_door {
    uint8_t key[WIRE_KEY_LEN];
    uint32_t index;            /**< one key has many doors */
    uint32_t lifetime;         /**< seconds; 0: the server's default */
    struct base_slice content; /**< opaque<V>, at most WIRE_MAX_ENTRY bytes */
};

/** What lies at a door; before sign-in, too. Answer: door. */
struct wire_get_door {
    uint8_t door[WIRE_STREAM_LEN];
};

struct wire_door {
    struct base_slice content; /**< opaque<V>, 1 to WIRE_MAX_ENTRY bytes */
};

struct wire_appended {
    uint64_t number; /**< of the entry in its stream, from 1 to WIRE_MAX_NUMBER */
};

/**
 * Reads entries after number `after` that the token opens: those after the commit that brought it, up to and with the
 * commit that replaced it. If `live`, what is appended later follows by itself as `entries` with request 0, until the
 * token is replaced or WIRE_STOP; being live starts when an answer without WIRE_MORE has been sent. Answer: entries.
 */
struct wire_read {
    uint8_t stream[WIRE_STREAM_LEN];
    uint8_t token[WIRE_KEY_LEN];
    uint64_t after;
    uint8_t live;         /**< 0 or 1 */
    uint64_t quiet_until; /**< live: while this device is away, nothing here wakes it before then, seconds since 1970 */
};

/** Ends being live. Answer: done. */
struct wire_stop {
    uint8_t stream[WIRE_STREAM_LEN];
};

struct wire_entry {
    uint64_t
        number;   /**< from 1 to WIRE_MAX_NUMBER, rises; a missing number is an entry that was deleted or has expired */
    uint8_t kind; /**< enum wire_kind */
    uint8_t nonce[WIRE_NONCE_LEN]; /**< its writer's: so that he knows his own */
    struct base_slice content;     /**< opaque<V> */
};

/**
 * Entries of a stream. On the wire `Entry entries<V>`; in memory the vector stays encoded, and wire_entry_next() takes
 * them out one by one, so that a frame has no list to bound.
 */
struct wire_entries {
    uint8_t stream[WIRE_STREAM_LEN];
    uint8_t flags;        /**< enum wire_flags */
    uint64_t last_commit; /**< number of the stream's last commit, 0 if none */
    struct base_slice entries;
};

/** Deletes one's own entry for everybody: its content goes, its number stays. Answer: done. */
struct wire_delete_entry {
    uint8_t stream[WIRE_STREAM_LEN];
    uint64_t number;
    uint8_t deletion_key[WIRE_KEY_LEN];
};

/** Puts an entry into the inbox of a device. The server does not store from whom. Answer: appended. */
struct wire_inbox_append {
    uint8_t account[WIRE_ACCOUNT_LEN];
    uint8_t device[WIRE_DEVICE_LEN];
    uint8_t nonce[WIRE_NONCE_LEN];
    struct base_slice content; /**< opaque<V>, 1 to WIRE_MAX_ENTRY bytes */
};

/** Reads this device's inbox after number `after`; live as in read. Answer: inbox_entries. */
struct wire_inbox_read {
    uint64_t after;
    uint8_t live;
};

struct wire_inbox_entries {
    uint8_t flags;             /**< WIRE_MORE */
    struct base_slice entries; /**< Entry entries<V>, all of WIRE_KIND_MESSAGE */
};

/** Deletes the entries of this device's inbox up to number `last`, which the client has stored. Answer: done. */
struct wire_inbox_delete {
    uint64_t last;
};

/** Makes room for a blob, which is then uploaded and fetched over HTTP. The same again is done again. Answer: done. */
struct wire_create_blob {
    uint8_t blob[WIRE_BLOB_LEN];
    uint64_t size;                       /**< bytes, already padded by the client */
    uint8_t upload_hash[WIRE_KEY_LEN];   /**< SHA-256 of the key that may upload */
    uint8_t deletion_hash[WIRE_KEY_LEN]; /**< SHA-256 of the key that may delete */
    uint32_t lifetime;                   /**< seconds; 0: the server's default */
};

/**
 * Has a blob that somebody else has made stay for at least this lifetime, and until all deletion keys that it has were
 * used. The same again is done again. Answer: done, or the refusal no_entry: there is none of this name and size.
 */
struct wire_hold_blob {
    uint8_t blob[WIRE_BLOB_LEN];
    uint64_t size;                       /**< as it was made with */
    uint8_t deletion_hash[WIRE_KEY_LEN]; /**< SHA-256 of one more key that deletes */
    uint32_t lifetime;                   /**< seconds from now; 0: the server's default */
};

/**
 * Gives a deletion key back; with the last one the blob goes. Answer: done, or the refusal no_entry: gone already, or
 * the wrong key.
 */
struct wire_delete_blob {
    uint8_t blob[WIRE_BLOB_LEN];
    uint8_t deletion_key[WIRE_KEY_LEN];
};

/**
 * Says something to those who read the stream live at this moment under the same token: it is stored nowhere, comes to
 * others at most once, and not back to the connection that it came from. Who is slow or away misses it. Answer: done,
 * also if nobody reads or the token opens nothing.
 */
struct wire_signal {
    uint8_t stream[WIRE_STREAM_LEN];
    uint8_t token[WIRE_KEY_LEN]; /**< of the current epoch */
    struct base_slice content;   /**< opaque<V>, 1 to WIRE_MAX_SIGNAL bytes */
};

/** A signal of somebody else, with request 0, to who reads the stream live. */
struct wire_signalled {
    uint8_t stream[WIRE_STREAM_LEN];
    struct base_slice content; /**< opaque<V>, 1 to WIRE_MAX_SIGNAL bytes */
};

/**
 * Opens this account for one more device, for WIRE_LINK_SECONDS. The content waits for who has the code; it takes the
 * place of what this device had waiting. Answer: done.
 */
struct wire_create_link {
    uint8_t code_hash[WIRE_KEY_LEN]; /**< SHA-256 of the code */
    struct base_slice content;       /**< opaque<V>, at most WIRE_MAX_LINK: sealed */
};

/**
 * Before sign-in: gives the content of a link to the first device that asks for it, and to that one again until it has
 * activated. Answer: link_content.
 */
struct wire_take_link {
    struct base_slice code; /**< opaque<V>, at most WIRE_MAX_CODE */
    uint8_t device[WIRE_DEVICE_LEN];
};

struct wire_link_content {
    struct base_slice content; /**< opaque<V> */
};

/**
 * Leaves the hash of a code that activates a further device of this account, again and again, until a device of the
 * account is removed by another one. The same again lengthens its life, but not after such a removal (link_used): a new
 * one is drawn then. Answer: done.
 */
struct wire_put_recovery {
    uint8_t code_hash[WIRE_KEY_LEN]; /**< SHA-256 of the code */
};

/**
 * The devices of this account. Answer: devices; the same frame comes with request 0 when one can be reached for the
 * first time, or was removed. (list_devices has no body.)
 */
struct wire_devices {
    uint32_t count;                                     /**< at most WIRE_MAX_DEVICES; not on the wire */
    uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN]; /**< opaque Device[16]; Device devices<V> */
};

/** Removes another device of this account, with all that the server has for it, and closes what links are open. Answer:
 * done. */
struct wire_remove_device {
    uint8_t device[WIRE_DEVICE_LEN];
};

/** How this server pushes (RFC 8292). (get_push has no body.) */
struct wire_push {
    struct base_slice key; /**< opaque<V>: its public key, WIRE_PUSH_KEY_LEN bytes; empty: it doesn't */
};

/**
 * Where this device is told, while it is away, that there may be something new (RFC 8030); empty: nowhere any more.
 * Answer: done.
 */
struct wire_put_push {
    struct base_slice endpoint; /**< opaque<V>, at most WIRE_MAX_ENDPOINT bytes */
};

/** A frame: decoded, or to be encoded. */
struct wire_frame {
    uint8_t type; /**< enum wire_type */
    uint32_t request;
    union {
        struct wire_challenge challenge;
        struct wire_refusal refusal;
        struct wire_sign_in sign_in;
        struct wire_signed_in signed_in;
        struct wire_activate activate;
        struct wire_activated activated;
        struct wire_put_key_packages put_key_packages;
        struct wire_take_key_packages take_key_packages;
        struct wire_key_packages key_packages;
        struct wire_create_stream create_stream;
        struct wire_append append;
        struct wire_put_door put_door;
        struct wire_get_door get_door;
        struct wire_door door;
        struct wire_appended appended;
        struct wire_read read;
        struct wire_stop stop;
        struct wire_entries entries;
        struct wire_delete_entry delete_entry;
        struct wire_inbox_append inbox_append;
        struct wire_inbox_read inbox_read;
        struct wire_inbox_entries inbox_entries;
        struct wire_inbox_delete inbox_delete;
        struct wire_create_blob create_blob;
        struct wire_delete_blob delete_blob;
        struct wire_hold_blob hold_blob;
        struct wire_signal signal;
        struct wire_signalled signalled;
        struct wire_get_identities get_identities;
        struct wire_identities identities;
        struct wire_create_link create_link;
        struct wire_take_link take_link;
        struct wire_link_content link_content;
        struct wire_devices devices;
        struct wire_remove_device remove_device;
        struct wire_put_recovery put_recovery;
        struct wire_push push;
        struct wire_put_push put_push;
    } of;
};

extern const struct base_error WIRE_ERR_VERSION; /**< the first byte is not WIRE_VERSION: nothing else was read */
extern const struct base_error WIRE_ERR_TYPE;    /**< unknown type; `type` and `request` of the frame are set */
extern const struct base_error WIRE_ERR_FIELD;   /**< a field holds what this version does not allow */

/**
 * Decodes one frame; `out` borrows from `bytes`. All of `bytes` must be used. `out->type` and `out->request` are set as
 * soon as they were read, so that even a broken frame can be answered.
 * BASE_ERR_TRUNCATED, BASE_ERR_TRAILING, BASE_ERR_VARINT, BASE_ERR_TOO_LONG, BASE_ERR_VALUE, WIRE_ERR_….
 */
BASE_MUST_USE base_result wire_decode(struct base_slice bytes, struct wire_frame *out);

/** Appends the encoded frame to a writer; a field out of its bounds makes the writer fail with WIRE_ERR_FIELD. */
void wire_encode(struct base_writer *writer, const struct wire_frame *frame);

/**
 * Takes the next entry out of the encoded vector of an entries frame. wire_decode() has checked them all, so that this
 * fails on nothing that it let through. BASE_ERR_….
 */
BASE_MUST_USE base_result wire_entry_next(struct base_reader *entries, struct wire_entry *out);

/** Appends one encoded entry to what will be `entries` of a frame. */
void wire_entry_write(struct base_writer *writer, const struct wire_entry *entry);

/** Likewise for the key packages that a device puts, and for those that are handed out. */
BASE_MUST_USE base_result wire_key_package_next(struct base_reader *packages, struct base_slice *out);
void wire_key_package_write(struct base_writer *writer, struct base_slice package);
BASE_MUST_USE base_result wire_device_key_package_next(struct base_reader *devices,
                                                       struct wire_device_key_package *out);
void wire_device_key_package_write(struct base_writer *writer, const struct wire_device_key_package *device);

/** Likewise for the devices that are asked for. BASE_ERR_TRUNCATED. */
BASE_MUST_USE base_result wire_which_device_next(struct base_reader *devices, struct wire_which_device *out);
void wire_which_device_write(struct base_writer *writer, const struct wire_which_device *device);

/** Likewise for identities. BASE_ERR_TRUNCATED, BASE_ERR_VARINT, BASE_ERR_TOO_LONG, WIRE_ERR_FIELD. */
BASE_MUST_USE base_result wire_identity_next(struct base_reader *identities, struct wire_identity *out);
void wire_identity_write(struct base_writer *writer, const struct wire_identity *identity);

/** What a device signs to sign in: label, domain, challenge, account, device. Bounded by WIRE_MAX_SIGNED. */
void wire_sign_in_content(struct base_writer *writer, struct base_slice domain, const uint8_t challenge[WIRE_KEY_LEN],
                          const uint8_t account[WIRE_ACCOUNT_LEN], const uint8_t device[WIRE_DEVICE_LEN]);

/** What device key and identity key sign to activate: label, domain, challenge, code, device and both keys. */
void wire_activate_content(struct base_writer *writer, struct base_slice domain, const uint8_t challenge[WIRE_KEY_LEN],
                           const struct wire_activate *activate);

enum { WIRE_MAX_SIGNED = 1024 };

/** What the name of a door is the SHA-256 of: that of its key, and the index. */
enum { WIRE_DOOR_CONTENT = WIRE_KEY_LEN + 4 };
void wire_door_content(const uint8_t key_hash[WIRE_KEY_LEN], uint32_t index, uint8_t out[WIRE_DOOR_CONTENT]);

/** True for well-formed UTF-8 (RFC 3629) without control characters: text that may be shown to a person. */
bool wire_text_valid(struct base_slice text);

/** A refusal's code as a stable word ("link_used"), for logs, metrics and JSON; "unknown" for one that is not known. */
const char *wire_refusal_name(uint16_t code);

#endif
