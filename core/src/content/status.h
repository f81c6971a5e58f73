/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Message status reports (draft-mahy-mimi-message-status, which was part of draft-ietf-mimi-content): what has become
 * of messages, by somebody who got them.
 *
 *     [ * [ message id: bstr .size 32, status: 0..255 ] ]
 */
#ifndef CONTENT_STATUS_H
#define CONTENT_STATUS_H

#include "content/content.h"

enum { CONTENT_MAX_STATUSES = 256 /**< in one report */ };

enum content_status {
    CONTENT_UNREAD = 0,
    CONTENT_DELIVERED = 1,
    CONTENT_READ = 2,
    CONTENT_EXPIRED = 3,
    CONTENT_DELETED = 4,
    CONTENT_HIDDEN = 5,
    CONTENT_ERROR = 6,
};

extern const char content_status_type[]; /**< application/mimi-message-status */

/**
 * Decodes a whole report and checks everything in it; `reports` are the encoded pairs behind its head, `count` of them.
 * CBOR_ERR_…, CONTENT_ERR_ID, BASE_ERR_…; BASE_ERR_TOO_LONG: more than CONTENT_MAX_STATUSES.
 */
BASE_MUST_USE base_result content_status_decode(struct base_slice bytes, struct base_reader *reports, uint64_t *count);

/** Takes the next pair; fails on nothing that content_status_decode() let through. The id is borrowed. */
BASE_MUST_USE base_result content_status_next(struct base_reader *reports, struct base_slice *id, uint8_t *status);

/** Appends the head of a report, then each pair. */
void content_status_begin(struct base_writer *writer, uint64_t count);
void content_status_write(struct base_writer *writer, struct base_slice id, uint8_t status);

#endif
