/* SPDX-License-Identifier: Apache-2.0 */
/* Signing and protecting what a member sends (§6): application messages, and the way of all others. */
#include "group/send.h"

uint16_t mls_send_wire(const struct mls_group *group, const struct mls_send_options *options) {
    bool is_public =
        options->wire == MLS_WIRE_PUBLIC || (options->wire == MLS_WIRE_AS_GROUP && group->public_handshake);
    return is_public ? MLS_PUBLIC_MESSAGE : MLS_PRIVATE_MESSAGE;
}

struct mls_framed_content mls_send_content(const struct mls_group *group, enum mls_content_type type,
                                           const struct mls_send_options *options) {
    return (struct mls_framed_content){
        .group_id = group->epoch.context.group_id,
        .epoch = group->epoch.context.epoch,
        .sender = { MLS_SENDER_MEMBER, mls_own_leaf(group) },
        .authenticated_data = options->authenticated_data,
        .type = (uint8_t)type,
    };
}

void mls_sent_free(struct mls_sent *sent) {
    base_bytes_free(&sent->message);
    mls_secret_tree_step_free(&sent->step);
}

static size_t opaque_size(size_t len) {
    enum { ONE_BYTE = 1 << 6, TWO_BYTES = 1 << 14 };
    return len + (len < ONE_BYTE ? 1 : len < TWO_BYTES ? 2 : 4);
}

/* The zeros that fill PrivateMessageContent (§6.3.1) up to a multiple of `multiple`. */
static size_t padding_for(const struct mls_authenticated_content *content, uint32_t multiple) {
    enum { WIRE_FORMAT = 2, EPOCH = 8, SENDER = 1 + 4, CONTENT_TYPE = 1 };
    size_t head = WIRE_FORMAT + opaque_size(content->content.group_id.len) + EPOCH + SENDER +
                  opaque_size(content->content.authenticated_data.len) + CONTENT_TYPE;
    size_t over = multiple < 2 ? 0 : (content->encoded.len - head) % multiple;
    return over == 0 ? 0 : multiple - over;
}

static base_result protect_private(const struct mls_group *group, const struct mls_authenticated_content *content,
                                   uint32_t padding, struct mls_sent *out) {
    const struct mls_epoch *epoch = &group->epoch;
    enum mls_ratchet ratchet =
        content->content.type == MLS_APPLICATION ? MLS_RATCHET_APPLICATION : MLS_RATCHET_HANDSHAKE;
    BASE_TRY(mls_secret_tree_send(epoch->messages, &group->crypto, mls_own_leaf(group), ratchet, &out->step));
    out->used_key = true;
    return mls_private_protect(&group->crypto, group->context->random, content, &epoch->secrets.sender_data_secret,
                               &out->step.key, out->step.generation, padding_for(content, padding), &out->message);
}

base_result mls_send_protect(const struct mls_group *group, struct base_slice bytes, uint32_t padding,
                             struct mls_sent *out) {
    struct mls_authenticated_content content;
    BASE_TRY(mls_authenticated_content_decode(bytes, &content));
    if (content.wire_format == MLS_PRIVATE_MESSAGE) {
        return protect_private(group, &content, padding, out);
    }
    return mls_public_protect(&group->crypto, &content, &group->epoch.secrets.membership_key,
                              base_borrow(&group->epoch.context_bytes), &out->message);
}

void mls_send_finish(struct mls_group *group, struct mls_sent *sent, struct base_bytes *out) {
    if (sent->used_key) {
        mls_secret_tree_commit(group->epoch.messages, &sent->step);
    }
    base_bytes_move(out, &sent->message);
}

base_result mls_group_encrypt(struct mls_group *group, struct base_slice plaintext,
                              const struct mls_send_options *options, struct base_bytes *out) {
    static const struct mls_send_options defaults = { 0 };
    options = options == NULL ? &defaults : options;
    BASE_TRY(mls_group_need_active(group));
    struct mls_framed_content content = mls_send_content(group, MLS_APPLICATION, options);
    content.of.application = plaintext;
    BASE_CLEANUP(base_bytes_free) struct base_bytes bytes = { 0 };
    BASE_CLEANUP(mls_sent_free) struct mls_sent sent = { 0 };
    BASE_TRY(mls_content_sign(&group->crypto, &group->signature_key, MLS_PRIVATE_MESSAGE, &content,
                              base_borrow(&group->epoch.context_bytes), &bytes));
    BASE_TRY(mls_send_protect(group, base_borrow(&bytes), options->padding, &sent));
    mls_send_finish(group, &sent, out);
    return BASE_OK;
}
