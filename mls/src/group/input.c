/* SPDX-License-Identifier: Apache-2.0 */
/* From what an application wants proposed to a proposal. */
#include "group/input.h"

#include "group/identity.h"
#include "group/limits.h"
#include "leaf_node.h"

void mls_made_proposal_free(struct mls_made_proposal *made) {
    base_bytes_free(&made->storage);
    base_bytes_free(&made->encoded);
    base_free(made->update);
    made->update = NULL;
}

static base_result make_add(const struct mls_context *context, const struct mls_proposal_input *input,
                            struct mls_made_proposal *out) {
    struct mls_message message;
    struct mls_lifetime_policy policy = mls_lifetime_policy_of(context);
    BASE_TRY(mls_message_decode(input->key_package, &message));
    BASE_ENSURE(message.wire_format == MLS_KEY_PACKAGE, MLS_ERR_WIRE_FORMAT);
    BASE_TRY(mls_leaf_node_check_lifetime(&message.of.key_package.leaf, &policy));
    out->proposal.of.add = message.of.key_package;
    return BASE_OK;
}

/* A new leaf for ourselves, with a new encryption key; all else stays unless the input says what it shall be. */
static base_result make_update(const struct mls_group *group, const struct mls_proposal_input *input,
                               struct mls_made_proposal *out) {
    BASE_ENSURE(group != NULL, MLS_ERR_PROPOSAL_SENDER);
    const struct mls_context *context = group->context;
    BASE_CLEANUP(mls_leaf_lists_free) struct mls_leaf_lists lists = { 0 };
    struct mls_leaf_node leaf = *mls_tree_leaf(&group->epoch.tree, mls_own_leaf(group));
    out->update = base_take(context->allocator, 1, sizeof *out->update);
    BASE_ENSURE(out->update != NULL, BASE_ERR_NO_MEMORY);
    out->update->signature = group->signature_key;
    if (input->identity != NULL) {
        BASE_TRY(mls_leaf_lists_make(context, input->identity, &lists));
        out->update->signature = *input->identity->signature_key;
        leaf.credential = input->identity->credential;
        leaf.capabilities = lists.capabilities;
        leaf.extensions = lists.extensions;
    }
    BASE_TRY(mls_kem_generate(&group->crypto, context->random, &out->update->encryption));
    leaf.source = MLS_LEAF_UPDATE;
    leaf.encryption_key = mls_public_key_slice(&out->update->encryption.public_key);
    leaf.signature_key = mls_public_key_slice(&out->update->signature.public_key);
    BASE_TRY(mls_leaf_node_sign(&group->crypto, &out->update->signature, &leaf, group->epoch.context.group_id,
                                mls_own_leaf(group), &out->storage));
    return mls_leaf_node_decode(base_borrow(&out->storage), &out->proposal.of.update);
}

static base_result make_psk(const struct mls_context *context, const struct mls_crypto *crypto,
                            const struct mls_group *group, const struct mls_proposal_input *input,
                            struct mls_made_proposal *out) {
    BASE_TRY(base_bytes_take(context->allocator, crypto->suite->hash_size, &out->storage));
    BASE_TRY(base_random_fill(context->random, out->storage.data, out->storage.len));
    struct mls_psk_id *psk = &out->proposal.of.psk;
    psk->nonce = base_borrow(&out->storage);
    if (input->psk_id.len != 0) {
        psk->type = MLS_PSK_EXTERNAL;
        psk->id = input->psk_id;
        return BASE_OK;
    }
    BASE_ENSURE(group != NULL || input->psk_group_id.len != 0, MLS_ERR_PROPOSAL_SENDER);
    psk->type = MLS_PSK_RESUMPTION;
    psk->usage = MLS_RESUMPTION_APPLICATION;
    psk->id = input->psk_group_id.len != 0 ? input->psk_group_id : group->epoch.context.group_id;
    psk->epoch = input->psk_epoch;
    return BASE_OK;
}

static base_result make(const struct mls_context *context, const struct mls_crypto *crypto,
                        const struct mls_group *group, const struct mls_proposal_input *input,
                        struct mls_made_proposal *out) {
    struct mls_proposal *proposal = &out->proposal;
    proposal->type = (uint16_t)input->type;
    switch (input->type) {
    case MLS_PROPOSAL_ADD:
        return make_add(context, input, out);
    case MLS_PROPOSAL_UPDATE:
        return make_update(group, input, out);
    case MLS_PROPOSAL_REMOVE:
        proposal->of.removed = input->removed;
        return BASE_OK;
    case MLS_PROPOSAL_PSK:
        return make_psk(context, crypto, group, input, out);
    case MLS_PROPOSAL_REINIT:
        BASE_TRY(mls_extensions_encode(context->allocator, input->extensions, input->extension_count, &out->storage));
        proposal->of.reinit =
            (struct mls_reinit){ input->new_group_id, MLS_VERSION_10, input->new_suite, base_borrow(&out->storage) };
        return BASE_OK;
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        BASE_TRY(mls_extensions_encode(context->allocator, input->extensions, input->extension_count, &out->storage));
        proposal->of.extensions = base_borrow(&out->storage);
        return BASE_OK;
    default:
        return &MLS_ERR_PROPOSAL_TYPE;
    }
}

base_result mls_proposal_encode(const struct base_allocator *allocator, const struct mls_proposal *proposal,
                                struct base_bytes *out) {
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(allocator, MLS_MESSAGE_MAX);
    mls_proposal_write(&writer, proposal);
    return base_writer_finish(&writer, out);
}

static base_result encode(const struct mls_context *context, struct mls_made_proposal *out) {
    BASE_TRY(mls_proposal_encode(context->allocator, &out->proposal, &out->encoded));
    return mls_proposal_decode(base_borrow(&out->encoded), &out->proposal);
}

base_result mls_proposal_make_tie(const struct mls_context *context, const struct mls_crypto *crypto,
                                  const struct mls_group *parent, enum mls_resumption_usage usage,
                                  struct mls_made_proposal *out) {
    const struct mls_proposal_input input = {
        .type = MLS_PROPOSAL_PSK,
        .psk_group_id = parent->epoch.context.group_id,
        .psk_epoch = parent->epoch.context.epoch,
    };
    BASE_TRY(make(context, crypto, NULL, &input, out));
    out->proposal.of.psk.usage = (uint8_t)usage;
    return encode(context, out);
}

base_result mls_proposal_make(const struct mls_context *context, const struct mls_crypto *crypto,
                              const struct mls_group *group, const struct mls_proposal_input *input,
                              struct mls_made_proposal *out) {
    BASE_TRY(make(context, crypto, group, input, out));
    return encode(context, out);
}
