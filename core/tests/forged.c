/* SPDX-License-Identifier: EUPL-1.2 */
#include "forged.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "contact.h"
#include "group.h"
#include "leaf.h"
#include "letter.h"
#include "test/result.h"

enum { FILLER_EXTENSION = 0xf0f0, NO_GROUP = 1000 };

void forge(struct world_peer *forger, const struct forging *what, struct forged *out) {
    static const uint16_t known[] = { MLS_EXTENSION_LAST_RESORT, GROUP_CHAT_EXTENSION, GROUP_PICTURE_EXTENSION,
                                      LEAF_EXTENSION, FILLER_EXTENSION };
    const struct base_random *random = &forger->world->random.random;
    struct weibel_core *core = forger->core;
    struct identity identity = { .domain =
                                     base_slice_text(what->domain == NULL ? core->account.domain : what->domain) };
    uint8_t seed[IDENTITY_SEED_LEN];
    assert_ok(base_random_fill(random, seed, sizeof seed));
    assert_ok(base_random_fill(random, identity.device, sizeof identity.device));
    if (what->seed != NULL) {
        memcpy(seed, what->seed, sizeof seed);
    }
    if (what->device != NULL) {
        memcpy(identity.device, what->device, sizeof identity.device);
    }
    memcpy(identity.account, what->account, sizeof identity.account);
    identity_key(seed, identity.identity_key);
    *out = (struct forged){ .bundle = { .private_part = { 0 } } };
    assert_ok(mls_signature_key_create(&core->mls, GROUP_SUITE, &out->key));
    assert_ok(identity_write(core->options.allocator, &identity, seed,
                             base_slice(out->key.public_key.data, out->key.public_key.len), &out->credential));
    struct mls_identity leaf = {
        .credential = { MLS_CREDENTIAL_BASIC, base_borrow(&out->credential) },
        .signature_key = &out->key,
        .abilities = { .extensions = { known, sizeof known / sizeof *known } },
    };
    uint8_t note[8 + 1 + WIRE_STREAM_LEN] = { 1, [8] = WIRE_STREAM_LEN };
    struct mls_extension wish = { LEAF_EXTENSION, base_slice(note, sizeof note) };
    if (what->wish != NULL) {
        memcpy(note + 9, what->wish, WIRE_STREAM_LEN);
        leaf.extensions = &wish;
        leaf.extension_count = 1;
    }
    struct mls_extension extension = { FILLER_EXTENSION, what->filler };
    struct mls_key_package_options options = { .extensions = &extension,
                                               .extension_count = what->filler.len == 0 ? 0 : 1 };
    assert_ok(mls_key_package_bundle_create(&core->mls, GROUP_SUITE, &leaf, &options, &out->bundle));
}

void forged_free(struct forged *forged) {
    base_bytes_free(&forged->credential);
    mls_key_package_bundle_free(&forged->bundle);
}

void forged_free_group(struct mls_group **group) {
    mls_group_free(*group);
}

static void make_stream(struct model *model, const struct mls_group *mls) {
    uint8_t token[WIRE_KEY_LEN];
    struct model_stream *stream = (struct model_stream *)calloc(1, sizeof *stream);
    assert_non_null(stream);
    assert_ok(mls_group_export(mls, group_token_label, base_slice(NULL, 0), token, sizeof token));
    memcpy(stream->id, mls_group_id(mls).data, WIRE_STREAM_LEN);
    account_hash(base_slice(token, sizeof token), stream->epochs[0].hash);
    stream->epoch_count = 1;
    stream->next = 1;
    model->streams[model->stream_count++] = stream;
}

void forged_letter(struct world_peer *maker, const struct mls_group *mls, const struct model_account *account,
                   struct base_slice welcome) {
    struct weibel_core *core = maker->core;
    struct chat chat = { 0 };
    struct group named = { .number = NO_GROUP, .chat = &chat };
    struct contact *contact;
    memcpy(named.id, mls_group_id(mls).data, sizeof named.id);
    assert_ok(contact_get(core, account->id, "", &contact));
    assert_ok(letter_add(core, &named, contact, account->device,
                         base_slice(account->device_key, sizeof account->device_key), welcome));
    assert_ok(letter_release(core, NO_GROUP));
}

void invite_into(struct world_peer *maker, const struct chat *chat, const struct forged *forged, size_t count,
                 const struct world_peer *guest) {
    struct weibel_core *core = maker->core;
    struct model *model = maker->world->model;
    struct model_account *account = &model->accounts[guest->number];
    struct mls_group *mls BASE_CLEANUP(forged_free_group) = NULL;
    core->mls.callbacks.commit = NULL; /* a changed client does what it likes */
    assert_ok(group_create_mls(core, chat, &mls));
    struct mls_proposal_input *adds = (struct mls_proposal_input *)calloc(count + 1, sizeof *adds);
    assert_true(adds != NULL && account->package_count > 0);
    for (size_t i = 0; i < count; i++) {
        adds[i] = (struct mls_proposal_input){ .type = MLS_PROPOSAL_ADD,
                                               .key_package = base_borrow(&forged[i].bundle.message) };
    }
    struct model_bytes *package = &account->packages[--account->package_count];
    adds[count] = (struct mls_proposal_input){ .type = MLS_PROPOSAL_ADD, .key_package = model_slice(*package) };
    struct mls_commit_output output BASE_CLEANUP(mls_commit_output_free) = { 0 };
    assert_ok(
        mls_group_commit(mls, &(struct mls_commit_options){ .proposals = adds, .proposal_count = count + 1 }, &output));
    assert_ok(mls_group_merge_pending(mls));
    free(package->data);
    free(adds);
    make_stream(model, mls);
    forged_letter(maker, mls, account, base_borrow(&output.welcome));
    assert_ok(weibel_core_tick(core));
}

void invite_among(struct world_peer *maker, const char *name, const uint8_t *room, const struct forged *forged,
                  size_t count, const struct world_peer *guest) {
    struct chat chat = { .kind = CHAT_GROUP };
    strcpy(chat.name, name);
    assert_ok(base_random_fill(maker->core->options.random, chat.room, sizeof chat.room));
    if (room != NULL) {
        memcpy(chat.room, room, sizeof chat.room);
    }
    invite_into(maker, &chat, forged, count, guest);
    world_pass(maker->world, 5000);
}
