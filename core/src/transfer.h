/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Files on their way. The host moves the bytes; here it is kept what is to be moved, and how far it is.
 */
#ifndef CORE_TRANSFER_H
#define CORE_TRANSFER_H

#include "message.h"
#include "state.h"

/** Adds the upload of a file of a message that is going to be sent; `bare`: without what a picture says beside itself.
 */
BASE_MUST_USE base_result transfer_add_upload(struct weibel_core *core, const struct message *message, uint32_t file,
                                              struct base_slice path, bool bare);

/** Adds what has a file of somebody else's message stay on the server for this message as well: the holding of it. */
BASE_MUST_USE base_result transfer_add_hold(struct weibel_core *core, const struct message *message, uint32_t file);

/** What makes the deletion key of a blob that was held for a message: account_deletion_key(). */
enum { TRANSFER_HOLD_LEN = WIRE_BLOB_LEN + CONTENT_ID_LEN };
void transfer_hold_name(const uint8_t blob[WIRE_BLOB_LEN], const uint8_t id[CONTENT_ID_LEN],
                        uint8_t out[TRANSFER_HOLD_LEN]);

/** Adds a download; `out` gets its number. */
BASE_MUST_USE base_result transfer_add_download(struct weibel_core *core, const struct message *message, uint32_t file,
                                                struct base_slice path, uint64_t *out);

/** True while files of this message are not on the server, or not held there for it. */
bool transfer_uploading(const struct weibel_core *core, uint64_t chat, uint64_t message);

/** True if one of them waits because it was paused. */
bool transfer_paused(const struct weibel_core *core, uint64_t chat, uint64_t message);

/** The message will not be sent: its uploads end. */
BASE_MUST_USE base_result transfer_cancel_uploads(struct weibel_core *core, uint64_t chat, uint64_t message);

/** The message is gone from here: its downloads are given up. */
BASE_MUST_USE base_result transfer_cancel_downloads(struct weibel_core *core, uint64_t chat, uint64_t message);

/** Starts what can be started. Called after each input, also offline. */
BASE_MUST_USE base_result transfer_pump(struct weibel_core *core);
/** The connection is gone, and what was asked over it. */
void transfer_forget_connection(struct weibel_core *core);
/** There is a connection again: what was going to be tried later is tried now. */
void transfer_wake(struct weibel_core *core);
uint64_t transfer_deadline(const struct weibel_core *core);

/** Pauses a transfer, or has it go on. What an upload does here first, sealing, goes on meanwhile. */
BASE_MUST_USE base_result transfer_pause(struct weibel_core *core, struct transfer *transfer, bool paused);

/** Gives up a download. */
BASE_MUST_USE base_result transfer_give_up(struct weibel_core *core, const struct transfer *transfer);

/** NULL: there is none, or not any more. */
struct transfer *transfer_at(const struct weibel_core *core, uint64_t number);

/** The host stops every step that is under way. */
BASE_MUST_USE base_result transfer_stop_all(struct weibel_core *core);

/** From the host. */
BASE_MUST_USE base_result transfer_progress(struct weibel_core *core, uint64_t number, uint64_t done);
BASE_MUST_USE base_result transfer_done(struct weibel_core *core, uint64_t number);
BASE_MUST_USE base_result transfer_failed(struct weibel_core *core, uint64_t number, enum weibel_transfer_failure why,
                                          const char *words);

BASE_MUST_USE base_result transfer_load(struct weibel_core *core, uint64_t number, struct base_slice value);
void transfer_free(void *item);

#endif
