/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transcript hashes (RFC 9420 §8.2): what a group agrees on about its whole past. Internal.
 */
#ifndef MLS_TRANSCRIPT_H
#define MLS_TRANSCRIPT_H

#include "crypto.h"

/**
 * confirmed_transcript_hash after a commit. `interim_before` is the hash before it (empty in a new group). `input` is
 * the encoded ConfirmedTranscriptHashInput: wire_format, content and signature<V>; that is the encoded
 * AuthenticatedContent without the confirmation_tag<V> at its end.
 */
BASE_MUST_USE base_result mls_confirmed_transcript_hash(const struct mls_crypto *crypto,
                                                        struct base_slice interim_before, struct base_slice input,
                                                        struct mls_secret *out);

/** interim_transcript_hash, of the confirmed one and the commit's confirmation tag. */
BASE_MUST_USE base_result mls_interim_transcript_hash(const struct mls_crypto *crypto, struct base_slice confirmed,
                                                      struct base_slice confirmation_tag, struct mls_secret *out);

#endif
