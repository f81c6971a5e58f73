/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A message (or notice) of a chat: its record, its JSON, its way from and to MIMI content.
 */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include "content/media.h"
#include "state.h"

enum {
    MESSAGE_MAX_TYPE = 127,   /**< bytes of a media type */
    MESSAGE_ID_TEXT_LEN = 16, /**< characters of an id as faces see it: ten bytes of the hash */
    MESSAGE_ID_PREFIX = 10,
    MESSAGE_MAX_PREVIEW = 16 << 10, /**< bytes of the small picture that travels inside the message */
    MESSAGE_MAX_REACTION = 64,      /**< bytes of one reaction */
    MESSAGE_MAX_REACTIONS = 512,    /**< to one message; what comes later is not kept */
    MESSAGE_MAX_OWN_REACTIONS = 16, /**< of one person to one message */
    MESSAGE_MAX_VOTES = 4096,       /**< accounts that can vote in one poll */
    MESSAGE_MAX_RECEIPTS = 64,      /**< accounts whose receipts are kept: in larger groups none are sent */
    MESSAGE_MAX_COPIES = 16,        /**< places of one on the server that a deletion names */
};

/** Milliseconds since 1970, to the end of the year 9999: a later time is none that a face could show. */
#define MESSAGE_MAX_TIME ((uint64_t)253402300799999)

struct message_file {
    char name[WEIBEL_MAX_FILE_NAME + 1];
    char type[MESSAGE_MAX_TYPE + 1];
    uint64_t size;
    uint8_t blob[WIRE_BLOB_LEN];
    struct weibel_blob_key key;
    enum content_media_kind kind;
    uint32_t width, height; /**< pixels, 0: not told */
    uint32_t duration;      /**< milliseconds, 0: not told */
    uint32_t waveform_len;
    uint8_t waveform[CONTENT_MAX_WAVEFORM];
    uint32_t preview_type; /**< message_preview_type() */
    struct base_bytes preview;
};

/** Media type number `index` that a preview may have, from 0 on; NULL behind the last one. */
const char *message_preview_type(size_t index);

/** What somebody has answered a message with by a sign. */
struct reaction {
    uint64_t from;              /**< contact; 0: this account */
    uint8_t id[CONTENT_ID_LEN]; /**< of the content that brought it: what takes it back names it */
    bool handed;                /**< as who has handed the message on says (extra.h); nothing proves it */
    char emoji[MESSAGE_MAX_REACTION + 1];
};
/** What a member has said about an own message. Times of his clock, 0: not yet. */
struct receipt {
    uint64_t from; /**< contact */
    uint64_t delivered_at, read_at;
};

/** An entry by which the server has what a message says: copy.h. */
struct message_copy {
    struct stood at;
    uint8_t nonce[WIRE_NONCE_LEN]; /**< what its deletion key is made from; zeros: it is not ours */
};

/** What somebody has chosen in a poll. */
struct vote {
    uint64_t from;    /**< contact; 0: this account */
    uint64_t at, tie; /**< when, by his clock; what decides between two at the same time */
    uint32_t chosen;  /**< a bit for each option */
    bool handed;      /**< as that of a reaction */
};

enum message_kind {
    MESSAGE_TEXT = 1,
    MESSAGE_CREATED, /* notices, from here on */
    MESSAGE_ADDED,
    MESSAGE_REMOVED,
    MESSAGE_LEFT,
    MESSAGE_GAP,
    MESSAGE_UNREADABLE,
    MESSAGE_IDENTITY,
    MESSAGE_CHANGED, /**< name, description, picture, timer or policy */
    MESSAGE_ROLE,
    MESSAGE_REPAIRED, /**< the group goes on as a new one */
    MESSAGE_REFUSED,  /**< a change that had been queued was not possible, or is not known to all yet */
    MESSAGE_HANDED,   /**< somebody has handed on earlier messages */
    MESSAGE_KIND_END,
};

struct message_extra; /* extra.h */

struct message {
    uint64_t chat;
    uint64_t number;
    uint64_t arrival; /**< 0: ours */
    enum message_kind kind;
    uint64_t from; /**< contact; 0: this account, or nobody (notices) */
    bool own;
    bool has_id;
    uint8_t id[CONTENT_ID_LEN];
    uint64_t sent_at;
    struct base_bytes text;
    bool has_reply;
    uint8_t reply_to[CONTENT_ID_LEN];
    uint64_t expires_at; /**< milliseconds since 1970, 0: never, or … */
    uint32_t expire;     /**< … seconds after it was read (own: sent), 0: no matter when */
    enum message_state state;
    struct trouble trouble;        /**< failed: why */
    uint64_t group;                /**< where the server has it: group, … */
    uint64_t entry;                /**< … and number … */
    uint8_t nonce[WIRE_NONCE_LEN]; /**< … and, if it is an own one, what its deletion key is made from */
    uint32_t sequence;             /**< own: its number among what this device has written there (tally.h) */
    struct stood stood;
    uint32_t copy_count; /**< where the server has it, as far as it is to be named if it is deleted */
    struct message_copy *copies;
    uint32_t file_count;
    struct message_file *files;
    struct message_extra *extra;     /**< what only some messages have; NULL: nothing of that */
    bool calls;                      /**< not durable: an edit has just begun to mention this account */
    bool deleted;                    /**< by its author: nothing is left of it but that */
    uint64_t edited_at;              /**< 0: never. Of several edits the latest counts, … */
    uint8_t edit_id[CONTENT_ID_LEN]; /**< … and of two at the same time the one with the larger id */
    uint32_t reaction_count;
    struct reaction *reactions;
    uint64_t closed_at; /**< poll: when it was ended, by its author's clock; 0: it was not */
    bool close_handed;  /**< as who has handed it on says: it cuts off what others have chosen as he says */
    uint32_t vote_count;
    struct vote *votes;
    uint8_t told;      /**< of others: what their author was told by another own device (enum content_status) */
    uint32_t audience; /**< own, sent: other accounts that it went to; 0: no receipts are expected */
    uint32_t receipt_count;
    struct receipt *receipts;
    struct base_bytes content; /**< failed: what is sent if it is tried again; empty: that is not possible. Edited: as
                                  it was before */
    uint8_t salt[CONTENT_SALT_LEN]; /**< of the content that this device has written; zeros: another one has */
};

void message_free(struct message *message);

/** Frees its files: it has none then. */
void message_free_files(struct message *message);
/** Its record; what `out` held before is freed. */
BASE_MUST_USE base_result message_encode(struct weibel_core *core, const struct message *message,
                                         struct base_bytes *out);

/** Where it stands for whether it was read or deleted, the same on all devices of the account: where its author has
 * sent it first. False: nowhere, or it is not known. */
bool message_place(const struct weibel_core *core, const struct message *message, struct stood *out);

/** Deletes what it says: a tombstone stays. */
void message_clear(struct message *message);
/** Removes it from the store, with what leads to it, and says so. Of `message` only chat, number and id are needed. */
BASE_MUST_USE base_result message_remove(struct weibel_core *core, const struct message *message);

BASE_MUST_USE base_result message_save(struct weibel_core *core, const struct message *message);

/** `out` must be zeroed or freed. */
BASE_MUST_USE base_result message_load(const struct weibel_core *core, uint64_t chat, uint64_t number,
                                       struct base_slice value, struct message *out);

/** Writes its JSON object (docs/api.md, Message). */
void message_json(const struct weibel_core *core, struct base_writer *writer, const struct message *message);

/** The id as faces see it. */
void message_id_text(const uint8_t id[CONTENT_ID_LEN], char out[MESSAGE_ID_TEXT_LEN + 1]);

/** Reads such an id: the first bytes of the hash in the full one. False: it isn't one. */
bool message_id_parse(struct base_slice text, uint8_t out[MESSAGE_ID_PREFIX]);

/** The record in the index that leads from an id (its hash's first bytes) to the message. */
struct key message_index_key(const struct weibel_core *core, const uint8_t prefix[MESSAGE_ID_PREFIX]);

/** Writes it, and that of its thread (thread.h); and its value. */
BASE_MUST_USE base_result message_index_save(struct weibel_core *core, const struct message *message);
BASE_MUST_USE base_result message_index_load(struct base_slice value, uint64_t *chat, uint64_t *number);

/** Writes the MIMI content of a message: its text, files, reply and expiry. A fresh salt is drawn. */
BASE_MUST_USE base_result message_to_content(struct weibel_core *core, const struct message *message,
                                             struct base_bytes *out);

/** Likewise, as the new content of an earlier message: its id is in the place of what is replaced. */
BASE_MUST_USE base_result message_to_edit(struct weibel_core *core, const struct message *message,
                                          struct base_bytes *out);

/** The content as this device has written it, to the byte; `out` stays empty if that is not known any more. */
BASE_MUST_USE base_result message_original(struct weibel_core *core, const struct message *message,
                                           struct base_bytes *out);

/** An own message is about to be edited: the content of its first version is kept. */
BASE_MUST_USE base_result message_keep_original(struct weibel_core *core, struct message *message);

/** When it was written, as its author says; now, if that is no time. */
uint64_t message_time(const struct weibel_core *core, const struct content *content);

/** Sets the id of a message with this content (§3.3), which message_to_content() has written, and its salt. */
BASE_MUST_USE base_result message_set_id(struct message *message, struct base_slice content, const char *sender,
                                         const char *room);

/** The id of a content of this account's in a chat. Errors of content_decode(). */
BASE_MUST_USE base_result message_own_id(const struct weibel_core *core, const struct chat *chat,
                                         struct base_slice content, uint8_t id[CONTENT_ID_LEN]);

/**
 * Fills in what the content says: text, files, reply, expiry, sent_at and id; `sender` and `room` are URIs. What can't
 * be shown is said in words in `text`. CBOR_ERR_…, CONTENT_ERR_…, BASE_ERR_…: it isn't MIMI content.
 */
BASE_MUST_USE base_result message_from_content(struct weibel_core *core, struct base_slice bytes, const char *sender,
                                               const char *room, struct message *message);

#endif
