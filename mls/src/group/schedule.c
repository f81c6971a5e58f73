/* SPDX-License-Identifier: Apache-2.0 */
/* The next epoch's GroupContext, secrets and message keys (§8), held aside. */
#include <string.h>

#include "group/psks.h"
#include "group/stage.h"
#include "transcript.h"

base_result mls_stage_encode_context(struct mls_staged *staged, struct base_slice confirmed, struct base_bytes *out) {
    const struct mls_group *group = staged->group;
    struct mls_secret tree_hash;
    BASE_TRY(mls_tree_hash(&group->crypto, &staged->epoch.tree, &tree_hash));
    struct mls_group_context context = {
        .cipher_suite = group->epoch.context.cipher_suite,
        .group_id = group->epoch.context.group_id,
        .epoch = group->epoch.context.epoch + 1,
        .tree_hash = mls_secret_slice(&tree_hash),
        .confirmed_transcript_hash = confirmed,
        .extensions = staged->epoch.context.extensions,
    };
    return mls_group_context_encode(group->context->allocator, &context, out);
}

base_result mls_stage_context(struct mls_staged *staged, struct base_slice transcript_input) {
    const struct mls_group *group = staged->group;
    struct mls_secret confirmed;
    BASE_TRY(mls_confirmed_transcript_hash(&group->crypto, mls_secret_slice(&group->epoch.interim_transcript_hash),
                                           transcript_input, &confirmed));
    BASE_TRY(mls_stage_encode_context(staged, mls_secret_slice(&confirmed), &staged->epoch.context_bytes));
    return mls_group_context_decode(base_borrow(&staged->epoch.context_bytes), &staged->epoch.context);
}

base_result mls_stage_init_secret(const struct mls_staged *staged, struct mls_secret *out) {
    const struct mls_group *group = staged->group;
    const struct mls_listed *init = mls_stage_find(staged, MLS_PROPOSAL_EXTERNAL_INIT);
    if (init == NULL) {
        *out = group->epoch.secrets.init_secret;
        return BASE_OK;
    }
    return mls_external_init_receive(&group->crypto, &group->epoch.secrets.external_secret,
                                     init->proposal.of.external_init, out);
}

static base_result combine_psks(const struct mls_staged *staged, struct mls_secret *out) {
    const struct mls_group *group = staged->group;
    struct mls_keyring keyring = { group->context, &group->crypto, group, staged->parent };
    BASE_CLEANUP(base_free_at)
    struct mls_psk_id *ids = base_take(group->context->allocator, staged->list_count, sizeof *ids);
    BASE_ENSURE(ids != NULL, BASE_ERR_NO_MEMORY);
    size_t count = 0;
    for (uint32_t i = 0; i < staged->list_count; i++) {
        if (staged->list[i].proposal.type == MLS_PROPOSAL_PSK) {
            ids[count++] = staged->list[i].proposal.of.psk;
        }
    }
    return mls_keyring_combine(&keyring, ids, count, out);
}

base_result mls_stage_secrets(struct mls_staged *staged, const struct mls_secret *init,
                              const struct mls_secret *commit_secret, struct mls_stage_secrets *out) {
    const struct mls_crypto *crypto = &staged->group->crypto;
    struct base_slice context = base_borrow(&staged->epoch.context_bytes);
    BASE_TRY(combine_psks(staged, &out->psk));
    BASE_TRY(mls_joiner_secret(crypto, init, commit_secret, context, &out->joiner));
    return mls_epoch_secrets_derive(crypto, &out->joiner, &out->psk, context, &staged->epoch.secrets);
}

void mls_stage_secrets_wipe(struct mls_stage_secrets *secrets) {
    base_wipe(secrets, sizeof *secrets);
}

base_result mls_epoch_confirm(const struct mls_crypto *crypto, struct base_slice confirmation_tag,
                              struct mls_epoch *epoch) {
    BASE_ENSURE(confirmation_tag.len == crypto->suite->hash_size, MLS_ERR_CONFIRMATION_TAG);
    epoch->confirmation_tag.len = (uint8_t)confirmation_tag.len;
    memcpy(epoch->confirmation_tag.data, confirmation_tag.data, confirmation_tag.len);
    return mls_interim_transcript_hash(crypto, epoch->context.confirmed_transcript_hash, confirmation_tag,
                                       &epoch->interim_transcript_hash);
}

base_result mls_epoch_open(const struct mls_crypto *crypto, struct mls_secret_tree_limits limits,
                           struct mls_epoch *epoch) {
    BASE_TRY(mls_secret_tree_new(crypto, mls_tree_width(&epoch->tree), &epoch->secrets.encryption_secret, limits,
                                 &epoch->messages));
    base_wipe(&epoch->secrets.encryption_secret, sizeof epoch->secrets.encryption_secret);
    return BASE_OK;
}

base_result mls_group_context_encode(const struct base_allocator *allocator, const struct mls_group_context *context,
                                     struct base_bytes *out) {
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(allocator, MLS_MESSAGE_MAX);
    mls_group_context_write(&writer, context);
    return base_writer_finish(&writer, out);
}
