/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Questions to the store, and what is done with the answers.
 */
#ifndef CORE_READ_H
#define CORE_READ_H

#include <cjson/cJSON.h>

#include "message.h"
#include "state.h"

struct read;

/** Is given each record, opened (the vault's own: as it is). */
typedef base_result (*read_record_fn)(struct weibel_core *core, struct read *read, struct base_slice key,
                                      struct base_slice value);

/** Is called at the end. The read is freed behind it, unless it was used to ask again. */
typedef base_result (*read_done_fn)(struct weibel_core *core, struct read *read);

/** A read that is under way. What its users need is in it, so that it all goes with it. */
struct read {
    uint32_t number;
    read_record_fn record;
    read_done_fn done;
    bool asked;   /**< it is in the list of reads, which owns it */
    bool sealed;  /**< records are wanted as they are: they may be damaged */
    size_t count; /**< records so far */
    struct key last;
    struct call call;       /**< who asked */
    struct list messages;   /**< struct message, found so far */
    cJSON *params;          /**< of the request */
    read_done_fn then;      /**< what comes after a message was looked for */
    uint64_t chat, message; /**< what is looked for */
    uint64_t limit;
    size_t index; /**< how far a list has been read */
    bool more;
    void *own;                   /**< what its user needs besides … */
    void (*free_own)(void *own); /**< … and its end */
};

/** Makes a read; it isn't asked for yet. Takes over the id of `call`, and leaves it empty; `call` may be NULL. */
BASE_MUST_USE base_result read_new(struct weibel_core *core, read_done_fn done, struct call *call, struct read **out);

/** Asks. The read belongs to the core then, unless this fails. */
BASE_MUST_USE base_result read_ask(struct weibel_core *core, struct read *read, read_record_fn record, struct key from,
                                   struct key before, uint32_t limit, bool backwards);

/** Whoever has asked does not want to know any more: what the host still reads is left alone. */
void read_drop_all(struct weibel_core *core);

/** Frees one that was not asked for; read_free_at() is for BASE_CLEANUP. */
void read_free(void *item);
void read_free_at(struct read **read);

/** Loads a message that was read, and adds it to `messages`. A read_record_fn. */
BASE_MUST_USE base_result read_add_message(struct weibel_core *core, struct read *read, struct base_slice key,
                                           struct base_slice value);

/** Frees the message that was added last. */
void read_drop_last_message(struct read *read);

/** Asks for the message with this id (prefix); `then` finds it in `messages`, or nothing. The read is as for
 * read_ask(). */
BASE_MUST_USE base_result read_find_message(struct weibel_core *core, struct read *read,
                                            const uint8_t prefix[MESSAGE_ID_PREFIX], read_done_fn then);

/** From the host. */
BASE_MUST_USE base_result read_take_record(struct weibel_core *core, uint32_t number, struct base_slice key,
                                           struct base_slice value);
BASE_MUST_USE base_result read_take_done(struct weibel_core *core, uint32_t number, bool done);

#endif
