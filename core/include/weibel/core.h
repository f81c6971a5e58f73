/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * libweibel: the client as a state machine without I/O.
 *
 * Something goes in (a JSON-RPC line, a frame, a timer, the outcome of an effect), effects come out, and the host
 * carries them out in the order in which weibel_core_next() gives them. The core knows no socket, file or thread; time
 * and randomness come from the host. docs/api.md lists the JSON-RPC methods and events, this file the rest.
 *
 * The contract that makes a crash harmless at any point:
 *
 *   - One input makes at most one store batch, and it comes before everything else that the input causes.
 *   - After a store effect weibel_core_next() gives nothing more until weibel_core_stored() has said that the batch is
 *     durable. So a frame is never sent, and an event never shown, before what it rests on is safe.
 *   - Inputs may come in at any time, also while a batch is being stored.
 *   - If an input returns an error, or a batch could not be stored, the core is dead: what was not handed out yet is
 *     gone, every further input returns WEIBEL_ERR_DEAD. The host frees it and opens a new one on the same store.
 *
 * Nothing that the server or another user does kills a core: only lack of memory, a failing source of randomness, a
 * failing store, or records that were damaged.
 *
 * An object belongs to one thread at a time. Text is UTF-8.
 */
#ifndef WEIBEL_CORE_H
#define WEIBEL_CORE_H

#include "base/bytes.h"
#include "base/host.h"
#include "mls/provider.h"

enum {
    WEIBEL_MAX_LINE = 1 << 20,   /**< bytes of a JSON-RPC line that goes in; what comes out may be longer */
    WEIBEL_MAX_TEXT = 64 << 10,  /**< bytes of a message's text */
    WEIBEL_MAX_FILES = 16,       /**< files of one message */
    WEIBEL_MAX_FILE_NAME = 255,  /**< bytes */
    WEIBEL_MAX_GROUP_NAME = 128, /**< bytes */
    WEIBEL_MAX_MEMBERS = 10000,  /**< accounts that one call may name */
    WEIBEL_MAX_KEY = 40,         /**< bytes of a record's key */
    WEIBEL_MAX_RECORD = (16 << 20) + (4 << 10), /**< bytes of a record's value: MLS_RECORD_MAX and what sealing adds */
    WEIBEL_MAX_READ = 256,                      /**< records that one read effect asks for */
    WEIBEL_MAX_PIECE = 3 << 20,                 /**< bytes that one write or read step of a transfer moves */
};

/** A client. Opaque. */
struct weibel_core;

/** What a core is made with. The things pointed to must outlive it. */
struct weibel_options {
    const struct base_allocator *allocator;
    const struct base_random *random;
    const struct base_clock *clock;
    const struct mls_provider *provider; /**< must have suite 3: mls_provider_sodium() */
    uint32_t passphrase_passes; /**< Argon2id for a new home: passes, 1 to 64; 0: 3. An old home keeps its own */
    uint32_t passphrase_memory; /**< likewise, KiB, 8 to 4 Mi; 0: 64 Mi bytes */
    uint32_t tree_devices;      /**< devices of a group up to which an invitation has its ratchet tree inside; 0: 64 */
};

/**
 * Makes a core. It begins by reading what the store holds (read effects come first), then takes lines: `status` says
 * whether the home is new, locked or open. BASE_ERR_NO_MEMORY, MLS_ERR_SUITE; BASE_ERR_VALUE: an option is out of
 * bounds.
 */
BASE_MUST_USE base_result weibel_core_open(const struct weibel_options *options, struct weibel_core **out);

/** Wipes and frees; NULL is allowed. Durable state stays as the last completed batch left it. */
void weibel_core_free(struct weibel_core *core);

/* ---- Inputs. An error means that the core is dead (see above). --------------------------------------------------- */

/** A JSON-RPC request or notification, without its newline. What is wrong with it is answered by a line. */
BASE_MUST_USE base_result weibel_core_line(struct weibel_core *core, struct base_slice line);

/** The connection that the last connect effect asked for stands. The server's challenge will be the first frame. */
BASE_MUST_USE base_result weibel_core_connected(struct weibel_core *core);

/**
 * The connection could not be made, or has ended: also after a disconnect effect. `reason` is for people ("no route to
 * host"), or NULL. The core asks for a new one when its time has come (weibel_core_deadline).
 */
BASE_MUST_USE base_result weibel_core_disconnected(struct weibel_core *core, const char *reason);

/** One whole binary WebSocket message, at most WIRE_MAX_FRAME bytes. Between connected and disconnected only. */
BASE_MUST_USE base_result weibel_core_frame(struct weibel_core *core, struct base_slice frame);

/** The clock has reached weibel_core_deadline(). Too early or too often does no harm. */
BASE_MUST_USE base_result weibel_core_tick(struct weibel_core *core);

/** The outcome of the store effect that was handed out last. */
BASE_MUST_USE base_result weibel_core_stored(struct weibel_core *core, bool durable);

/** One record that a read effect asked for, in the order asked for. */
BASE_MUST_USE base_result weibel_core_record(struct weibel_core *core, uint32_t read, struct base_slice key,
                                             struct base_slice value);

/** The read is complete; `done` false: the store failed. Reads are answered in the order of asking. */
BASE_MUST_USE base_result weibel_core_read_done(struct weibel_core *core, uint32_t read, bool done);

/** How far a transfer is, in bytes of its spool file (seal, upload) or of the file (download); about once a second. */
BASE_MUST_USE base_result weibel_core_transfer_progress(struct weibel_core *core, uint64_t transfer, uint64_t done);

/** The step is complete and durable (the spool file or the target was synced and has its final name). */
BASE_MUST_USE base_result weibel_core_transfer_done(struct weibel_core *core, uint64_t transfer);

/** What a read step has read: `size` bytes, or fewer if the file ends before. */
BASE_MUST_USE base_result weibel_core_transfer_data(struct weibel_core *core, uint64_t transfer,
                                                    struct base_slice data);

/** Why a step of a transfer has ended without success. */
enum weibel_transfer_failure {
    WEIBEL_TRANSFER_LATER = 1, /**< no connection, server busy: the core asks again, and the step resumes */
    WEIBEL_TRANSFER_LOCAL,     /**< the file cannot be read, written, or has changed: `words` say why; final */
    WEIBEL_TRANSFER_GONE,      /**< the server does not have the blob (any more), or refuses it; final */
    WEIBEL_TRANSFER_DAMAGED,   /**< what the server has is not what was uploaded (weibel_blob_open failed); final */
};
BASE_MUST_USE base_result weibel_core_transfer_failed(struct weibel_core *core, uint64_t transfer,
                                                      enum weibel_transfer_failure why, const char *words);

/* ---- Effects ----------------------------------------------------------------------------------------------------- */

enum weibel_effect_kind {
    WEIBEL_EFFECT_STORE = 1,  /**< apply the batch: all or nothing, durable; then weibel_core_stored() */
    WEIBEL_EFFECT_READ,       /**< read a range; then weibel_core_record() for each and weibel_core_read_done() */
    WEIBEL_EFFECT_CONNECT,    /**< connect to the server; then weibel_core_connected() or _disconnected() */
    WEIBEL_EFFECT_DISCONNECT, /**< end the connection, or the attempt; then weibel_core_disconnected() */
    WEIBEL_EFFECT_FRAME,      /**< send on the connection; to be dropped if there is none any more */
    WEIBEL_EFFECT_TRANSFER,   /**< start, continue or cancel a step of a transfer */
    WEIBEL_EFFECT_LINE,       /**< give a JSON-RPC response or notification to the face */
};

/** One change of a batch. The store is an ordered map of byte strings; keys compare as by memcmp, a prefix first. */
struct weibel_change {
    struct base_slice key;
    struct base_slice value; /**< unset if `remove` */
    bool remove;             /**< of a key that need not exist */
};

struct weibel_store {
    const struct weibel_change *changes;
    size_t count;
};

/** Asks for records with from <= key < before, in order, or from the last on if `backwards`; `limit` at most. */
struct weibel_read {
    uint32_t read; /**< its number, for the answer */
    struct base_slice from, before;
    uint32_t limit;
    bool backwards;
};

/** Key and nonce of one sealed file: never used for another. */
struct weibel_blob_key {
    uint8_t key[32];
    uint8_t nonce[16];
};

/** The steps of transfers. They survive a restart: the core asks for unfinished ones again when it is opened. */
enum weibel_transfer_step {
    /** Read `path`, which must have `size` bytes, and write it sealed (weibel_blob_seal) to the spool file of this
     * number, from its beginning; sync it. The file at `path` is not needed again. If `bare`, it goes through
     * weibel_picture_bare() first; if that fails, the step does (WEIBEL_TRANSFER_LOCAL). */
    WEIBEL_TRANSFER_SEAL = 1,
    /** Upload the spool file as `blob`, from where the server has it; done when the server has all of it. */
    WEIBEL_TRANSFER_UPLOAD,
    /** Delete the spool file, if there is one. Not answered. */
    WEIBEL_TRANSFER_DROP,
    /** Download `blob`, open each chunk (weibel_blob_open), write to `path` with ".part" behind it, from where that
     * ends (whole chunks), sync, and rename to `path` at the end without replacing another file. */
    WEIBEL_TRANSFER_DOWNLOAD,
    /** Stop the step of this number that is under way. Not answered. */
    WEIBEL_TRANSFER_CANCEL,
    /** Write `data` at `offset` of `path` with ".part" behind it, whose earlier content ends there. If it is the
     * `last`, sync it and rename it to `path` without replacing another file. Done when that has happened. */
    WEIBEL_TRANSFER_WRITE,
    /** Read `size` bytes, at most WEIBEL_MAX_PIECE, of `path` from `offset` on; then weibel_core_transfer_data(). */
    WEIBEL_TRANSFER_READ,
};

struct weibel_transfer {
    uint64_t transfer; /**< its number; also names the spool file; never used again */
    enum weibel_transfer_step step;
    const char *path;           /**< seal, download: as the face gave it */
    const char *url;            /**< upload, download: the server's base URL, as in connect */
    uint8_t blob[32];           /**< upload, download: its name */
    uint8_t upload_key[32];     /**< upload: proves that the blob is ours; wipe it */
    struct weibel_blob_key key; /**< seal, download; wipe it */
    uint64_t offset;            /**< write, read: where */
    struct base_slice data;     /**< write: what */
    bool last;                  /**< write: the file is whole then */
    uint64_t size;              /**< of the file in bytes; weibel_blob_sealed_size() of it is the blob's */
    bool bare;                  /**< seal: it is a picture of WEIBEL_MAX_BARE bytes at most */
};

/** Everything in it borrows from the core until the next call of weibel_core_next() or weibel_core_free(). */
struct weibel_effect {
    enum weibel_effect_kind kind;
    union {
        struct weibel_store store;
        struct weibel_read read;
        const char *url; /**< connect: base URL, "https://example.org" or "http://127.0.0.1:8080", no final slash */
        struct base_slice frame;
        struct weibel_transfer transfer;
        struct base_slice line; /**< without newline */
    } of;
};

/** Takes the next effect out. False: there is none, or a batch is being stored. */
bool weibel_core_next(struct weibel_core *core, struct weibel_effect *out);

/** When the core wants weibel_core_tick(), milliseconds of its clock; UINT64_MAX: not at all. */
uint64_t weibel_core_deadline(const struct weibel_core *core);

/**
 * True while the server has not answered all that it was asked. Nothing is lost if a host ends then, but it goes on
 * only when the core runs again: the Welcome after a commit, for one, which its receiver waits for.
 */
bool weibel_core_waits(const struct weibel_core *core);

/* ---- Sealed files: what the host calls on the way of a transfer. Pure functions, one chunk at a time. ---------------
 */

enum {
    WEIBEL_CHUNK = 256 << 10, /**< bytes of a file in one chunk */
    WEIBEL_CHUNK_TAG = 16,    /**< bytes by which a sealed chunk is longer */
    WEIBEL_CHUNK_SEALED = WEIBEL_CHUNK + WEIBEL_CHUNK_TAG,
};

/** The largest file that can be sent: 16 GiB. */
#define WEIBEL_MAX_FILE ((uint64_t)16 << 30)

/** Bytes of the blob of a file of `size` bytes, which is padded so that its length tells little (Padmé). */
uint64_t weibel_blob_sealed_size(uint64_t size);

/** How many chunks that blob has; at least one. All but the last are WEIBEL_CHUNK_SEALED bytes long. */
uint64_t weibel_blob_chunks(uint64_t size);

/**
 * Seals chunk `index`, in place. `chunk` holds the file's bytes from index × WEIBEL_CHUNK on, as many as there are up
 * to WEIBEL_CHUNK; `sealed_len` gets the length to write to the spool file. BASE_ERR_VALUE: no such chunk.
 */
BASE_MUST_USE base_result weibel_blob_seal(const struct weibel_blob_key *key, uint64_t size, uint64_t index,
                                           uint8_t chunk[WEIBEL_CHUNK_SEALED], size_t *sealed_len);

/**
 * Opens chunk `index`, in place; `sealed_len` bytes. `len` gets how many of them belong to the file (0 where only
 * padding is left). WEIBEL_ERR_BLOB: changed, cut off, or not this chunk; BASE_ERR_VALUE: no such chunk.
 */
BASE_MUST_USE base_result weibel_blob_open(const struct weibel_blob_key *key, uint64_t size, uint64_t index,
                                           uint8_t chunk[WEIBEL_CHUNK_SEALED], size_t sealed_len, size_t *len);

/* ---- Pictures: likewise. -------------------------------------------------------------------------------------------
 */

enum {
    WEIBEL_MAX_BARE = 64 << 20, /**< the largest picture that a seal step with `bare` is for: all of it is in memory */
    WEIBEL_PICTURE_HEAD = 12,   /**< bytes by which a picture is known */
};

/** True if a file that begins so is a picture that weibel_picture_bare() knows; `len`: WEIBEL_PICTURE_HEAD suffices. */
bool weibel_picture_is(const uint8_t *head, size_t len);

/**
 * Takes out of a picture, in place, what it says beside itself: place, time, camera, owner, small pictures in it, and
 * whatever stands behind its end. What decides how it looks stays: colours, animation, which side is up. JPEG, PNG,
 * WebP, GIF, HEIC and AVIF. What is left moves to the front and ends in zeros, which no
 * program minds behind a picture: so its size stays the same, and can be said before. Doing it twice changes nothing
 * more. WEIBEL_ERR_PICTURE: it is none of them, or damaged; `data` is of no use then.
 */
BASE_MUST_USE base_result weibel_picture_bare(uint8_t *data, size_t len);

extern const struct base_error WEIBEL_ERR_DEAD;    /**< an earlier input has failed; open anew */
extern const struct base_error WEIBEL_ERR_STORE;   /**< a batch or read failed: the reason of death */
extern const struct base_error WEIBEL_ERR_RECORD;  /**< a record is damaged or was exchanged: the reason of death */
extern const struct base_error WEIBEL_ERR_VERSION; /**< a record is of another version of Weibel: the reason of death */
extern const struct base_error WEIBEL_ERR_HOST;    /**< the host broke the contract; nothing has changed */
extern const struct base_error WEIBEL_ERR_BLOB;    /**< a chunk of a blob is not what was uploaded */
extern const struct base_error WEIBEL_ERR_PICTURE; /**< a picture that what it says can't be taken out of */

#endif
