/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of whole groups: a Welcome by itself, and clients who join by one and follow the group's commits.
 */
#include <stdio.h>

#include "group/bundle.h"
#include "key_schedule.h"
#include "mls/mls.h"
#include "psk.h"
#include "syntax/message.h"
#include "vectors.h"

/* --------------------------------------------------------------------------------------------------- welcome ---- */

/* A Welcome without the tree of its group: all that can be checked is secrets, signature and confirmation tag. */
struct welcome_case {
    struct vectors_case *vector;
    const struct mls_crypto *crypto;
    struct mls_message package;
    struct mls_message message;
    struct mls_keypair init;
    struct mls_group_secrets secrets;
    struct mls_secret joiner;
    struct mls_secret psk;
};

static base_result welcome_read(struct welcome_case *self) {
    struct vectors_case *vector = self->vector;
    struct base_slice package = { 0 };
    struct base_slice welcome = { 0 };
    struct base_slice init = { 0 };
    BASE_TRY(vectors_bytes(vector, vector->json, "key_package", &package));
    BASE_TRY(mls_message_decode(package, &self->package));
    BASE_TRY(vectors_check(vector, "key_package", self->package.wire_format == MLS_KEY_PACKAGE));
    BASE_TRY(vectors_bytes(vector, vector->json, "welcome", &welcome));
    BASE_TRY(mls_message_decode(welcome, &self->message));
    BASE_TRY(vectors_check(vector, "welcome", self->message.wire_format == MLS_WELCOME));
    BASE_TRY(vectors_bytes(vector, vector->json, "init_priv", &init));
    BASE_TRY(mls_kem_keypair(self->crypto, init, &self->init));
    return vectors_same(vector, "init_priv", self->package.of.key_package.init_key,
                        mls_public_key_slice(&self->init.public_key));
}

static base_result welcome_open_secrets(struct welcome_case *self) {
    const struct mls_welcome *welcome = &self->message.of.welcome;
    struct base_reader reader = base_reader(welcome->secrets);
    struct mls_secret ref;
    struct mls_encrypted_group_secrets next = { 0 };
    BASE_TRY(mls_key_package_ref(self->crypto, self->package.of.key_package.encoded, &ref));
    do {
        BASE_TRY(mls_encrypted_group_secrets_next(&reader, &next));
    } while (!base_slice_equal(next.new_member, mls_secret_slice(&ref)));
    struct base_slice sealed = next.secrets.ciphertext;
    BASE_TRY(vectors_check(self->vector, "welcome", sealed.len >= MLS_AEAD_TAG_SIZE));
    struct base_bytes BASE_CLEANUP(base_bytes_free) plain = { 0 };
    struct base_slice kept = { 0 };
    BASE_TRY(base_bytes_take(base_allocator_libc(), sealed.len - MLS_AEAD_TAG_SIZE, &plain));
    BASE_TRY(mls_decrypt_with_label(self->crypto, &self->init, base_slice_text("Welcome"),
                                    welcome->encrypted_group_info, next.secrets.kem_output, sealed, plain.data));
    BASE_TRY(vectors_keep(self->vector, &plain, &kept));
    BASE_TRY(mls_group_secrets_decode(kept, &self->secrets));
    struct base_reader joiner = base_reader(self->secrets.joiner_secret);
    self->joiner.len = self->crypto->suite->hash_size;
    BASE_TRY(base_read_copy(&joiner, self->joiner.data, self->joiner.len));
    return base_read_end(&joiner);
}

static base_result welcome_open_info(struct welcome_case *self, struct mls_group_info *info) {
    const struct mls_crypto *crypto = self->crypto;
    struct base_slice sealed = self->message.of.welcome.encrypted_group_info;
    struct mls_secret welcome_secret;
    struct mls_aead_key key;
    struct base_bytes BASE_CLEANUP(base_bytes_free) plain = { 0 };
    struct base_slice kept = { 0 };
    BASE_TRY(vectors_check(self->vector, "welcome", sealed.len >= MLS_AEAD_TAG_SIZE));
    BASE_TRY(base_bytes_take(base_allocator_libc(), sealed.len - MLS_AEAD_TAG_SIZE, &plain));
    BASE_TRY(mls_psk_secret(crypto, NULL, 0, &self->psk));
    BASE_TRY(mls_welcome_secret(crypto, &self->joiner, &self->psk, &welcome_secret));
    BASE_TRY(mls_welcome_key(crypto, &welcome_secret, &key));
    BASE_TRY(crypto->provider->open(crypto->provider->user, crypto->suite, key.key, key.nonce, (struct base_slice){ 0 },
                                    sealed, plain.data));
    BASE_TRY(vectors_keep(self->vector, &plain, &kept));
    return mls_group_info_decode(kept, info);
}

static base_result welcome(struct vectors_case *vector) {
    struct welcome_case self = { .vector = vector, .crypto = &vector->crypto };
    struct mls_group_info info = { 0 };
    struct mls_epoch_secrets secrets;
    struct base_slice signer = { 0 };
    BASE_TRY(welcome_read(&self));
    BASE_TRY(welcome_open_secrets(&self));
    BASE_TRY(welcome_open_info(&self, &info));
    BASE_TRY(vectors_bytes(vector, vector->json, "signer_pub", &signer));
    BASE_TRY(mls_verify_with_label(self.crypto, signer, base_slice_text("GroupInfoTBS"), info.tbs, info.signature));
    BASE_TRY(mls_epoch_secrets_derive(self.crypto, &self.joiner, &self.psk, info.context.encoded, &secrets));
    return mls_confirmation_tag_verify(self.crypto, &secrets.confirmation_key, info.context.confirmed_transcript_hash,
                                       info.confirmation_tag);
}

/* -------------------------------------------------------------------------------------------- passive clients ---- */

struct passive_client {
    struct vectors_case *vector;
    struct mls_context context;
    struct mls_keypair signature_key;
    struct base_slice private_part;
    struct mls_group *group;
};

static void passive_free(struct passive_client *self) {
    mls_group_free(self->group);
}

/* Vectors are years old, and some live forever: lifetimes are not what they test. */
static uint64_t passive_now(void *user) {
    (void)user;
    return UINT64_C(1) << 40;
}
static const struct base_clock passive_clock = { passive_now, NULL };
static const struct mls_limits passive_limits = { .lifetime_skew = UINT64_MAX, .lifetime_max = UINT64_MAX };

static base_result passive_psk(void *user, const struct mls_psk_query *query, struct base_bytes *out) {
    struct passive_client *self = user;
    const cJSON *psks = NULL;
    const cJSON *item = NULL;
    BASE_TRY(vectors_array(self->vector, self->vector->json, "external_psks", &psks));
    cJSON_ArrayForEach(item, psks) {
        struct base_slice id = { 0 };
        struct base_slice psk = { 0 };
        BASE_TRY(vectors_bytes(self->vector, item, "psk_id", &id));
        BASE_TRY(vectors_bytes(self->vector, item, "psk", &psk));
        if (query->external && base_slice_equal(id, query->psk_id)) {
            return base_bytes_copy(base_allocator_libc(), psk, out);
        }
    }
    return &MLS_ERR_PSK_UNKNOWN;
}

static base_result passive_lend(void *user, struct base_slice ref, struct base_slice *private_part) {
    const struct passive_client *self = user;
    struct mls_own_package own;
    struct mls_secret own_ref;
    BASE_TRY(mls_own_package_read(self->private_part, &own));
    BASE_TRY(mls_key_package_ref(&self->vector->crypto, own.package.encoded, &own_ref));
    if (base_slice_equal(ref, mls_secret_slice(&own_ref))) {
        *private_part = self->private_part;
    }
    return BASE_OK;
}

/* A KEM key as the library writes it: some vectors leave out a scalar's leading zeros. */
static base_result passive_key(struct passive_client *self, const char *field, struct mls_keypair *out,
                               struct base_slice *bytes) {
    struct base_slice written = { 0 };
    BASE_TRY(vectors_bytes(self->vector, self->vector->json, field, &written));
    BASE_TRY(mls_kem_keypair(&self->vector->crypto, written, out));
    *bytes = base_slice(out->private_key.data, out->private_key.len);
    return BASE_OK;
}

static base_result passive_read(struct passive_client *self) {
    struct vectors_case *vector = self->vector;
    struct base_slice package = { 0 };
    struct base_slice signature = { 0 };
    struct base_slice encryption = { 0 };
    struct base_slice init = { 0 };
    struct mls_keypair init_pair;
    struct mls_keypair encryption_pair;
    struct mls_message message;
    struct base_bytes BASE_CLEANUP(base_bytes_free) record = { 0 };
    BASE_TRY(vectors_bytes(vector, vector->json, "key_package", &package));
    BASE_TRY(vectors_bytes(vector, vector->json, "signature_priv", &signature));
    BASE_TRY(passive_key(self, "encryption_priv", &encryption_pair, &encryption));
    BASE_TRY(passive_key(self, "init_priv", &init_pair, &init));
    BASE_TRY(mls_message_decode(package, &message));
    BASE_TRY(vectors_check(vector, "key_package", message.wire_format == MLS_KEY_PACKAGE));
    BASE_TRY(mls_own_package_write(base_allocator_libc(), init, encryption, message.of.key_package.encoded, &record));
    BASE_TRY(vectors_keep(vector, &record, &self->private_part));
    return mls_signature_keypair(&vector->crypto, signature, &self->signature_key);
}

static base_result passive_join(struct passive_client *self) {
    struct vectors_case *vector = self->vector;
    struct base_slice welcome_message = { 0 };
    struct base_slice tree = { 0 };
    bool has_tree = false;
    BASE_TRY(vectors_bytes(vector, vector->json, "welcome", &welcome_message));
    BASE_TRY(vectors_optional_bytes(vector, vector->json, "ratchet_tree", &has_tree, &tree));
    const struct mls_join_options options = {
        .key_package = passive_lend,
        .user = self,
        .signature_key = &self->signature_key,
        .ratchet_tree = tree,
    };
    BASE_TRY(mls_group_join(&self->context, welcome_message, &options, NULL, &self->group));
    return vectors_expect(vector, vector->json, "initial_epoch_authenticator",
                          mls_group_epoch_authenticator(self->group));
}

static base_result passive_process(struct passive_client *self, struct base_slice message, enum mls_event_kind wanted) {
    struct mls_event BASE_CLEANUP(mls_event_free) event = { 0 };
    BASE_TRY(mls_group_process(self->group, message, &event));
    BASE_TRY(vectors_check(self->vector, "kind of message", event.kind == wanted));
    return wanted == MLS_EVENT_COMMIT ? mls_group_apply(self->group, &event.staged) : BASE_OK;
}

static base_result passive_epoch(struct passive_client *self, const cJSON *epoch) {
    struct vectors_case *vector = self->vector;
    const cJSON *proposals = NULL;
    const cJSON *item = NULL;
    struct base_slice message = { 0 };
    BASE_TRY(vectors_array(vector, epoch, "proposals", &proposals));
    cJSON_ArrayForEach(item, proposals) {
        BASE_TRY(vectors_bytes_of(vector, item, &message));
        BASE_TRY(passive_process(self, message, MLS_EVENT_PROPOSAL));
    }
    BASE_TRY(vectors_bytes(vector, epoch, "commit", &message));
    BASE_TRY(passive_process(self, message, MLS_EVENT_COMMIT));
    return vectors_expect(vector, epoch, "epoch_authenticator", mls_group_epoch_authenticator(self->group));
}

static base_result passive_client(struct vectors_case *vector) {
    struct passive_client BASE_CLEANUP(passive_free) self = { .vector = vector };
    const cJSON *epochs = NULL;
    const cJSON *epoch = NULL;
    int index = 0;
    self.context = (struct mls_context){
        .allocator = base_allocator_libc(),
        .provider = vector->crypto.provider,
        .random = vector->random,
        .clock = &passive_clock,
        .limits = passive_limits,
        .callbacks = { .user = &self, .psk = passive_psk },
    };
    vectors_at(vector, "%s", "");
    BASE_TRY(passive_read(&self));
    BASE_TRY(passive_join(&self));
    BASE_TRY(vectors_array(vector, vector->json, "epochs", &epochs));
    cJSON_ArrayForEach(epoch, epochs) {
        vectors_at(vector, "epochs[%d]", index++);
        BASE_TRY(passive_epoch(&self, epoch));
    }
    return BASE_OK;
}

const struct vectors_kind vectors_groups[] = {
    { "welcome", "signer_pub", true, welcome },
    { "passive-client", "initial_epoch_authenticator", true, passive_client },
    { 0 },
};
