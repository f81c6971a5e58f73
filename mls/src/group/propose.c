/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals as messages of their own: by a member, by an external sender, by somebody who asks to come in (§12.1.8). */
#include "group/cache.h"
#include "group/input.h"
#include "group/rules.h"
#include "group/send.h"

static void free_made(struct mls_made_proposal *made) {
    mls_made_proposal_free(made);
}

base_result mls_group_propose(struct mls_group *group, const struct mls_proposal_input *proposal,
                              const struct mls_send_options *options, struct base_bytes *out) {
    static const struct mls_send_options defaults = { 0 };
    options = options == NULL ? &defaults : options;
    BASE_TRY(mls_group_need_active(group));
    BASE_CLEANUP(free_made) struct mls_made_proposal made = { 0 };
    BASE_CLEANUP(base_bytes_free) struct base_bytes bytes = { 0 };
    BASE_CLEANUP(mls_sent_free) struct mls_sent sent = { 0 };
    BASE_CLEANUP(mls_cached_drop_at) struct mls_cached *cached = NULL;
    struct mls_framed_content content = mls_send_content(group, MLS_PROPOSAL, options);

    BASE_TRY(mls_proposal_make(group->context, &group->crypto, group, proposal, &made));
    BASE_TRY(mls_proposal_check(group, &content.sender, &made.proposal));
    content.of.proposal = made.proposal;
    BASE_TRY(mls_content_sign(&group->crypto, &group->signature_key, mls_send_wire(group, options), &content,
                              base_borrow(&group->epoch.context_bytes), &bytes));
    BASE_TRY(mls_send_protect(group, base_borrow(&bytes), options->padding, &sent));
    BASE_TRY(mls_cached_make(&group->crypto, &bytes, &cached));
    cached->own_update = made.update;
    made.update = NULL;
    BASE_TRY(mls_cache_add(group, cached));
    mls_send_finish(group, &sent, out);
    return BASE_OK;
}

/* A sender from outside knows of the group but its id and epoch; nothing of his needs more. */
static base_result send_from_outside(const struct mls_crypto *crypto, const struct mls_keypair *key,
                                     const struct mls_framed_content *content, struct base_bytes *out) {
    BASE_CLEANUP(base_bytes_free) struct base_bytes bytes = { 0 };
    struct mls_authenticated_content decoded;
    BASE_TRY(mls_content_sign(crypto, key, MLS_PUBLIC_MESSAGE, content, (struct base_slice){ 0 }, &bytes));
    BASE_TRY(mls_authenticated_content_decode(base_borrow(&bytes), &decoded));
    return mls_public_protect(crypto, &decoded, NULL, (struct base_slice){ 0 }, out);
}

base_result mls_propose_external(const struct mls_context *context, uint16_t suite, struct base_slice group_id,
                                 uint64_t epoch, uint32_t sender, const struct mls_keypair *signature_key,
                                 const struct mls_proposal_input *proposal, struct base_bytes *out) {
    struct mls_crypto crypto;
    BASE_TRY(mls_crypto_for(context->provider, context->allocator, suite, &crypto));
    BASE_CLEANUP(free_made) struct mls_made_proposal made = { 0 };
    BASE_TRY(mls_proposal_make(context, &crypto, NULL, proposal, &made));
    struct mls_framed_content content = {
        .group_id = group_id,
        .epoch = epoch,
        .sender = { MLS_SENDER_EXTERNAL, sender },
        .type = MLS_PROPOSAL,
        .of.proposal = made.proposal,
    };
    return send_from_outside(&crypto, signature_key, &content, out);
}

base_result mls_propose_new_member(const struct mls_context *context, struct base_slice group_id, uint64_t epoch,
                                   struct base_slice key_package, const struct mls_keypair *signature_key,
                                   struct base_bytes *out) {
    struct mls_message message;
    struct mls_crypto crypto;
    BASE_TRY(mls_message_decode(key_package, &message));
    BASE_ENSURE(message.wire_format == MLS_KEY_PACKAGE, MLS_ERR_WIRE_FORMAT);
    BASE_TRY(mls_crypto_for(context->provider, context->allocator, message.of.key_package.cipher_suite, &crypto));
    struct mls_framed_content content = {
        .group_id = group_id,
        .epoch = epoch,
        .sender = { MLS_SENDER_NEW_MEMBER_PROPOSAL, 0 },
        .type = MLS_PROPOSAL,
        .of.proposal = { .type = MLS_PROPOSAL_ADD, .of.add = message.of.key_package },
    };
    return send_from_outside(&crypto, signature_key, &content, out);
}
