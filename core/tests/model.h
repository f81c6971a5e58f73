/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A server in memory: the semantics of wire/wire.h without storage, limits or sockets. Frames go through the real
 * codec.
 */
#ifndef TEST_MODEL_H
#define TEST_MODEL_H

#include "wire/id.h"
#include "wire/wire.h"

enum {
    MODEL_ACCOUNTS = 32,
    MODEL_LINKS = 32,
    MODEL_STREAMS = 64,
    MODEL_ENTRIES = 2048,
    MODEL_EPOCHS = 2048,
    MODEL_DOORS = 512,
    MODEL_PACKAGES = 64,
    MODEL_FRAMES = 4096,
    MODEL_BLOBS = 16,
    MODEL_HOLDS = 8,
};

struct model_bytes {
    uint8_t *data;
    size_t len;
};

/** A copy from malloc(), for the caller to free(). */
struct model_bytes model_copy(struct base_slice from);

struct base_slice model_slice(struct model_bytes bytes);

struct model_entry {
    uint64_t number;
    uint8_t kind;
    uint8_t nonce[WIRE_NONCE_LEN];
    uint32_t lifetime; /* seconds; 0: a month */
    struct model_bytes content;
};

/* A device, with what its account shares: the server's word for both. */
struct model_account {
    bool active;
    bool removed;
    char code[WIRE_MAX_CODE + 1];
    char name[WIRE_MAX_NAME + 1];
    uint8_t id[WIRE_ACCOUNT_LEN];
    uint8_t device[WIRE_DEVICE_LEN];
    uint8_t identity_key[WIRE_KEY_LEN];
    uint8_t device_key[WIRE_KEY_LEN];
    struct model_bytes packages[MODEL_PACKAGES];
    size_t package_count;
    struct model_bytes last_resort;
    struct model_entry inbox[MODEL_ENTRIES];
    size_t inbox_count;
    uint64_t inbox_next;
};

/* An account of one device, of which only the keys exist: nobody reads its inbox. */
struct model_stranger {
    uint8_t id[WIRE_ACCOUNT_LEN];
    uint8_t device[WIRE_DEVICE_LEN];
    uint8_t identity_key[WIRE_KEY_LEN];
    struct base_slice key_package; /**< what a test has made: given out as a last resort is */
};

struct model_link {
    uint8_t code_hash[WIRE_KEY_LEN];
    struct model_account *by; /* NULL: closed */
    struct model_bytes content;
    uint64_t expires; /* seconds */
    bool taken;
    uint8_t taker[WIRE_DEVICE_LEN];
    struct model_account *used; /* the device that has come by it */
    bool recovers;
};

struct model_stream {
    uint8_t id[WIRE_STREAM_LEN];
    struct model_entry entries[MODEL_ENTRIES];
    size_t entry_count;
    uint64_t next;
    uint64_t last_commit;
    struct {
        uint8_t hash[WIRE_KEY_LEN];
        uint64_t after; /* the commit that brought it */
        uint64_t last;  /* the one that replaced it; 0: none */
        bool used;      /* by another one than who brought it */
        size_t committer;
    } epochs[MODEL_EPOCHS];
    size_t epoch_count;
};

struct model_blob {
    uint8_t name[WIRE_BLOB_LEN];
    uint8_t holds[MODEL_HOLDS][WIRE_KEY_LEN]; /* hashes of the keys that delete it */
    size_t hold_count;
    struct model_bytes content;
    uint32_t lifetime;
};

/* A connection: what the server has said waits in `frames` until the test delivers it. */
struct model_connection {
    bool open;
    struct model_account *account; /* signed in */
    uint8_t challenge[WIRE_KEY_LEN];
    bool live[MODEL_STREAMS];
    uint64_t quiet_until[MODEL_STREAMS];
    bool inbox_live;
    struct model_bytes frames[MODEL_FRAMES];
    size_t first, count;
};

struct model {
    uint64_t now;                            /* seconds */
    uint8_t lowest_version, highest_version; /* 0: those of this protocol */
    uint64_t turns_away;                     /* not 0: who connects is told to wait so many milliseconds */
    struct model_account accounts[MODEL_ACCOUNTS];
    size_t account_count;
    const struct model_stranger *strangers; /**< the test's, sorted by id */
    size_t stranger_count;
    struct model_link links[MODEL_LINKS];
    size_t link_count;
    uint64_t max_behind; /* WIRE_MAX_BEHIND, or what the test sets */
    struct model_stream *streams[MODEL_STREAMS];
    size_t stream_count;
    struct model_blob blobs[MODEL_BLOBS];
    struct {
        uint8_t name[WIRE_STREAM_LEN];
        struct model_bytes content;
    } doors[MODEL_DOORS];
    size_t door_count;
    size_t blob_count;
    size_t signals; /* that were sent */
    bool mute;      /* and get lost */
    size_t wakes;   /* messages that wake who is away */
    bool pushes;
    char endpoint[WIRE_MAX_ENDPOINT + 1]; /* the last one that somebody gave */
    struct model_connection connections[MODEL_ACCOUNTS];
    struct {
        uint16_t code; /* if not 0: the next request of this type is refused with it */
        uint64_t argument;
        uint8_t type;
        unsigned skip; /* requests of this type that are let through before */
        unsigned more; /* of them that are refused besides */
    } refuse;
    size_t asked[UINT8_MAX + 1]; /* requests by type */
    size_t asked_identities;     /* accounts in them */
    bool mixed_up;               /* it says the identity keys of others than those who were asked for */
};

struct model *model_new(void);
void model_free(struct model *model);

/** An invitation: the code is what the account can be activated with. */
void model_invite(struct model *model, const char *code, const char *name);

/** Connection number `who` begins: its challenge waits. */
void model_connect(struct model *model, size_t who);
void model_disconnect(struct model *model, size_t who);

/** A frame of a client. */
void model_receive(struct model *model, size_t who, struct base_slice bytes);

/** Takes the next frame for a client out; false: there is none. The caller frees its data. */
bool model_next(struct model *model, size_t who, struct model_bytes *frame);

#endif
