/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of what needs no message: tree arithmetic, labelled functions, secret tree, key schedule, PSKs, transcript.
 */
#include <string.h>

#include "key_schedule.h"
#include "psk.h"
#include "secret_tree.h"
#include "syntax/message.h"
#include "transcript.h"
#include "tree_math.h"
#include "vectors.h"

/* ------------------------------------------------------------------------------------------------- tree-math ---- */

/* One array of relatives: null where there is none. */
static base_result check_relatives(struct vectors_case *vector, const char *field, uint32_t leaf_count,
                                   bool (*has)(mls_node_index node, uint32_t leaf_count),
                                   mls_node_index (*relative)(mls_node_index node)) {
    const cJSON *array = NULL;
    BASE_TRY(vectors_array(vector, vector->json, field, &array));
    mls_node_index node = 0;
    for (const cJSON *item = array->child; item != NULL; item = item->next, node++) {
        bool present = false;
        uint32_t wanted = 0;
        vectors_at(vector, "%s[%u]", field, node);
        BASE_TRY(vectors_optional_u32_of(vector, item, &present, &wanted));
        BASE_TRY(vectors_check(vector, "present", present == has(node, leaf_count)));
        BASE_TRY(vectors_check(vector, "index", !present || wanted == relative(node)));
    }
    return vectors_check(vector, "length", node == mls_node_count(leaf_count));
}

static bool has_children(mls_node_index node, uint32_t leaf_count) {
    (void)leaf_count;
    return !mls_node_is_leaf(node);
}

static bool has_parent(mls_node_index node, uint32_t leaf_count) {
    return node != mls_tree_root(leaf_count);
}

static base_result tree_math(struct vectors_case *vector) {
    uint32_t leaf_count = 0;
    uint32_t node_count = 0;
    uint32_t root = 0;
    BASE_TRY(vectors_u32(vector, vector->json, "n_leaves", &leaf_count));
    BASE_ENSURE(leaf_count != 0 && leaf_count == mls_tree_leaf_count(leaf_count), VECTORS_ERR_FORMAT);
    BASE_TRY(vectors_u32(vector, vector->json, "n_nodes", &node_count));
    BASE_TRY(vectors_check(vector, "n_nodes", node_count == mls_node_count(leaf_count)));
    BASE_TRY(vectors_u32(vector, vector->json, "root", &root));
    BASE_TRY(vectors_check(vector, "root", root == mls_tree_root(leaf_count)));
    BASE_TRY(check_relatives(vector, "left", leaf_count, has_children, mls_node_left));
    BASE_TRY(check_relatives(vector, "right", leaf_count, has_children, mls_node_right));
    BASE_TRY(check_relatives(vector, "parent", leaf_count, has_parent, mls_node_parent));
    return check_relatives(vector, "sibling", leaf_count, has_parent, mls_node_sibling);
}

/* --------------------------------------------------------------------------------------------- crypto-basics ---- */

static base_result ref_hash(struct vectors_case *vector, const cJSON *json) {
    const char *label = NULL;
    struct base_slice value = { 0 };
    struct mls_secret hash = { 0 };
    BASE_TRY(vectors_text(vector, json, "label", &label));
    BASE_TRY(vectors_bytes(vector, json, "value", &value));
    BASE_TRY(mls_ref_hash(&vector->crypto, base_slice_text(label), value, &hash));
    return vectors_expect(vector, json, "out", mls_secret_slice(&hash));
}

/* The longest output that a vector may ask for. */
#define OUT_MAX (255 * MLS_HASH_MAX)

static base_result expand_with_label(struct vectors_case *vector, const cJSON *json) {
    const char *label = NULL;
    struct base_slice secret = { 0 };
    struct base_slice context = { 0 };
    uint16_t len = 0;
    uint8_t out[OUT_MAX];
    BASE_TRY(vectors_bytes(vector, json, "secret", &secret));
    BASE_TRY(vectors_text(vector, json, "label", &label));
    BASE_TRY(vectors_bytes(vector, json, "context", &context));
    BASE_TRY(vectors_u16(vector, json, "length", &len));
    BASE_TRY(vectors_check(vector, "length", len <= sizeof out));
    BASE_TRY(mls_expand_with_label(&vector->crypto, secret, base_slice_text(label), context, out, len));
    return vectors_expect(vector, json, "out", base_slice(out, len));
}

static base_result derive_secret(struct vectors_case *vector, const cJSON *json) {
    const char *label = NULL;
    struct mls_secret secret = { 0 };
    struct mls_secret out = { 0 };
    BASE_TRY(vectors_secret(vector, json, "secret", &secret));
    BASE_TRY(vectors_text(vector, json, "label", &label));
    BASE_TRY(mls_derive_secret(&vector->crypto, &secret, label, &out));
    return vectors_expect(vector, json, "out", mls_secret_slice(&out));
}

static base_result derive_tree_secret(struct vectors_case *vector, const cJSON *json) {
    const char *label = NULL;
    struct mls_secret secret = { 0 };
    uint32_t generation = 0;
    uint16_t len = 0;
    uint8_t out[OUT_MAX];
    BASE_TRY(vectors_secret(vector, json, "secret", &secret));
    BASE_TRY(vectors_text(vector, json, "label", &label));
    BASE_TRY(vectors_u32(vector, json, "generation", &generation));
    BASE_TRY(vectors_u16(vector, json, "length", &len));
    BASE_TRY(vectors_check(vector, "length", len <= sizeof out));
    BASE_TRY(mls_derive_tree_secret(&vector->crypto, &secret, label, generation, out, len));
    return vectors_expect(vector, json, "out", base_slice(out, len));
}

static base_result sign_with_label(struct vectors_case *vector, const cJSON *json) {
    const char *label = NULL;
    struct base_slice private_key = { 0 };
    struct base_slice content = { 0 };
    struct base_slice signature = { 0 };
    struct mls_keypair key = { 0 };
    struct mls_signature made = { 0 };
    BASE_TRY(vectors_bytes(vector, json, "priv", &private_key));
    BASE_TRY(mls_signature_keypair(&vector->crypto, private_key, &key));
    BASE_TRY(vectors_expect(vector, json, "pub", mls_public_key_slice(&key.public_key)));
    BASE_TRY(vectors_text(vector, json, "label", &label));
    BASE_TRY(vectors_bytes(vector, json, "content", &content));
    BASE_TRY(vectors_bytes(vector, json, "signature", &signature));
    const struct base_slice public_key = mls_public_key_slice(&key.public_key);
    BASE_TRY(mls_verify_with_label(&vector->crypto, public_key, base_slice_text(label), content, signature));
    BASE_TRY(mls_sign_with_label(&vector->crypto, &key, base_slice_text(label), content, &made));
    return mls_verify_with_label(&vector->crypto, public_key, base_slice_text(label), content,
                                 mls_signature_slice(&made));
}

static base_result encrypt_with_label(struct vectors_case *vector, const cJSON *json) {
    const char *label_text = NULL;
    struct base_slice private_key = { 0 };
    struct base_slice context = { 0 };
    struct base_slice plaintext = { 0 };
    struct base_slice kem_output = { 0 };
    struct base_slice ciphertext = { 0 };
    struct mls_keypair key = { 0 };
    BASE_TRY(vectors_bytes(vector, json, "priv", &private_key));
    BASE_TRY(mls_kem_keypair(&vector->crypto, private_key, &key));
    BASE_TRY(vectors_expect(vector, json, "pub", mls_public_key_slice(&key.public_key)));
    BASE_TRY(vectors_text(vector, json, "label", &label_text));
    BASE_TRY(vectors_bytes(vector, json, "context", &context));
    BASE_TRY(vectors_bytes(vector, json, "kem_output", &kem_output));
    BASE_TRY(vectors_bytes(vector, json, "plaintext", &plaintext));
    BASE_TRY(vectors_bytes(vector, json, "ciphertext", &ciphertext));
    BASE_TRY(vectors_check(vector, "ciphertext", ciphertext.len == plaintext.len + MLS_AEAD_TAG_SIZE));
    const struct base_slice label = base_slice_text(label_text);
    struct base_bytes BASE_CLEANUP(base_bytes_free) opened = { 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) sealed = { 0 };
    BASE_TRY(base_bytes_take(base_allocator_libc(), plaintext.len, &opened));
    BASE_TRY(base_bytes_take(base_allocator_libc(), ciphertext.len, &sealed));
    BASE_TRY(mls_decrypt_with_label(&vector->crypto, &key, label, context, kem_output, ciphertext, opened.data));
    BASE_TRY(vectors_same(vector, "plaintext", plaintext, base_borrow(&opened)));
    struct mls_public_key kem_made = { 0 };
    BASE_TRY(mls_encrypt_with_label(&vector->crypto, vector->random, mls_public_key_slice(&key.public_key), label,
                                    context, plaintext, &kem_made, sealed.data));
    BASE_TRY(mls_decrypt_with_label(&vector->crypto, &key, label, context, mls_public_key_slice(&kem_made),
                                    base_borrow(&sealed), opened.data));
    return vectors_same(vector, "our own ciphertext", plaintext, base_borrow(&opened));
}

static base_result crypto_basics(struct vectors_case *vector) {
    static const struct {
        const char *field;
        base_result (*run)(struct vectors_case *vector, const cJSON *json);
    } parts[] = {
        { "ref_hash", ref_hash },
        { "expand_with_label", expand_with_label },
        { "derive_secret", derive_secret },
        { "derive_tree_secret", derive_tree_secret },
        { "sign_with_label", sign_with_label },
        { "encrypt_with_label", encrypt_with_label },
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const cJSON *json = NULL;
        BASE_TRY(vectors_object(vector, vector->json, parts[i].field, &json));
        vectors_at(vector, "%s", parts[i].field);
        BASE_TRY(parts[i].run(vector, json));
    }
    return BASE_OK;
}

/* ----------------------------------------------------------------------------------------------- secret-tree ---- */

static base_result expect_key(struct vectors_case *vector, const cJSON *json, const char *key_field,
                              const char *nonce_field, const struct mls_aead_key *key) {
    BASE_TRY(vectors_expect(vector, json, key_field, base_slice(key->key, vector->crypto.suite->aead_key_size)));
    return vectors_expect(vector, json, nonce_field, base_slice(key->nonce, sizeof key->nonce));
}

static base_result check_generation(struct vectors_case *vector, struct mls_secret_tree *tree, mls_leaf_index leaf,
                                    const cJSON *json, enum mls_ratchet ratchet, const char *key_field,
                                    const char *nonce_field) {
    struct mls_secret_tree_step BASE_CLEANUP(mls_secret_tree_step_free) step = { 0 };
    uint32_t generation = 0;
    BASE_TRY(vectors_u32(vector, json, "generation", &generation));
    BASE_TRY(mls_secret_tree_receive(tree, &vector->crypto, leaf, ratchet, generation, &step));
    BASE_TRY(expect_key(vector, json, key_field, nonce_field, &step.key));
    mls_secret_tree_commit(tree, &step);
    return BASE_OK;
}

static base_result secret_tree(struct vectors_case *vector) {
    const cJSON *sender_data = NULL;
    const cJSON *leaves = NULL;
    struct mls_secret secret = { 0 };
    struct base_slice ciphertext = { 0 };
    struct mls_aead_key key = { 0 };
    BASE_TRY(vectors_object(vector, vector->json, "sender_data", &sender_data));
    BASE_TRY(vectors_secret(vector, sender_data, "sender_data_secret", &secret));
    BASE_TRY(vectors_bytes(vector, sender_data, "ciphertext", &ciphertext));
    BASE_TRY(mls_sender_data_key(&vector->crypto, &secret, ciphertext, &key));
    BASE_TRY(expect_key(vector, sender_data, "key", "nonce", &key));

    BASE_TRY(vectors_array(vector, vector->json, "leaves", &leaves));
    const uint32_t leaf_count = (uint32_t)cJSON_GetArraySize(leaves);
    BASE_TRY(vectors_secret(vector, vector->json, "encryption_secret", &secret));
    struct mls_secret_tree *BASE_CLEANUP(mls_secret_tree_free_at) tree = NULL;
    const struct mls_secret_tree_limits limits = { .ahead = 1U << 20, .window = MLS_SECRET_TREE_WINDOW_MAX };
    BASE_TRY(mls_secret_tree_new(&vector->crypto, leaf_count, &secret, limits, &tree));
    mls_leaf_index leaf = 0;
    for (const cJSON *generations = leaves->child; generations != NULL; generations = generations->next, leaf++) {
        for (const cJSON *json = generations->child; json != NULL; json = json->next) {
            vectors_at(vector, "leaves[%u]", leaf);
            BASE_TRY(
                check_generation(vector, tree, leaf, json, MLS_RATCHET_HANDSHAKE, "handshake_key", "handshake_nonce"));
            BASE_TRY(check_generation(vector, tree, leaf, json, MLS_RATCHET_APPLICATION, "application_key",
                                      "application_nonce"));
        }
    }
    return BASE_OK;
}

/* ---------------------------------------------------------------------------------------------- key-schedule ---- */

static base_result epoch_context(struct vectors_case *vector, const cJSON *json, uint64_t epoch,
                                 struct base_slice *out) {
    struct mls_group_context context = { .cipher_suite = (uint16_t)vector->crypto.suite->id, .epoch = epoch };
    BASE_TRY(vectors_bytes(vector, vector->json, "group_id", &context.group_id));
    BASE_TRY(vectors_bytes(vector, json, "tree_hash", &context.tree_hash));
    BASE_TRY(vectors_bytes(vector, json, "confirmed_transcript_hash", &context.confirmed_transcript_hash));
    struct base_bytes BASE_CLEANUP(base_bytes_free) encoded = { 0 };
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), 1U << 20);
    mls_group_context_write(&writer, &context);
    BASE_TRY(base_writer_finish(&writer, &encoded));
    BASE_TRY(vectors_expect(vector, json, "group_context", base_borrow(&encoded)));
    return vectors_keep(vector, &encoded, out);
}

static base_result check_exporter(struct vectors_case *vector, const cJSON *json,
                                  const struct mls_epoch_secrets *secrets) {
    const cJSON *exporter = NULL;
    const char *label = NULL;
    struct base_slice context = { 0 };
    uint16_t len = 0;
    uint8_t out[OUT_MAX];
    BASE_TRY(vectors_object(vector, json, "exporter", &exporter));
    BASE_TRY(vectors_text(vector, exporter, "label", &label));
    BASE_TRY(vectors_bytes(vector, exporter, "context", &context));
    BASE_TRY(vectors_u16(vector, exporter, "length", &len));
    BASE_TRY(vectors_check(vector, "length", len <= sizeof out));
    BASE_TRY(mls_exporter(&vector->crypto, &secrets->exporter_secret, base_slice_text(label), context, out, len));
    return vectors_expect(vector, exporter, "secret", base_slice(out, len));
}

static base_result check_epoch_secrets(struct vectors_case *vector, const cJSON *json,
                                       const struct mls_epoch_secrets *secrets) {
    const struct {
        const char *field;
        const struct mls_secret *secret;
    } derived[] = {
        { "init_secret", &secrets->init_secret },
        { "sender_data_secret", &secrets->sender_data_secret },
        { "encryption_secret", &secrets->encryption_secret },
        { "exporter_secret", &secrets->exporter_secret },
        { "epoch_authenticator", &secrets->epoch_authenticator },
        { "external_secret", &secrets->external_secret },
        { "confirmation_key", &secrets->confirmation_key },
        { "membership_key", &secrets->membership_key },
        { "resumption_psk", &secrets->resumption_psk },
    };
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        BASE_TRY(vectors_expect(vector, json, derived[i].field, mls_secret_slice(derived[i].secret)));
    }
    struct mls_keypair external = { 0 };
    BASE_TRY(mls_external_keypair(&vector->crypto, &secrets->external_secret, &external));
    BASE_TRY(vectors_expect(vector, json, "external_pub", mls_public_key_slice(&external.public_key)));
    return check_exporter(vector, json, secrets);
}

static base_result check_epoch(struct vectors_case *vector, const cJSON *json, uint64_t epoch,
                               struct mls_secret *init_secret) {
    struct base_slice context = { 0 };
    struct mls_secret commit_secret = { 0 };
    struct mls_secret psk_secret = { 0 };
    struct mls_secret joiner = { 0 };
    struct mls_secret welcome = { 0 };
    struct mls_epoch_secrets secrets = { 0 };
    BASE_TRY(epoch_context(vector, json, epoch, &context));
    BASE_TRY(vectors_secret(vector, json, "commit_secret", &commit_secret));
    BASE_TRY(vectors_secret(vector, json, "psk_secret", &psk_secret));
    BASE_TRY(mls_joiner_secret(&vector->crypto, init_secret, &commit_secret, context, &joiner));
    BASE_TRY(vectors_expect(vector, json, "joiner_secret", mls_secret_slice(&joiner)));
    BASE_TRY(mls_welcome_secret(&vector->crypto, &joiner, &psk_secret, &welcome));
    BASE_TRY(vectors_expect(vector, json, "welcome_secret", mls_secret_slice(&welcome)));
    BASE_TRY(mls_epoch_secrets_derive(&vector->crypto, &joiner, &psk_secret, context, &secrets));
    *init_secret = secrets.init_secret;
    return check_epoch_secrets(vector, json, &secrets);
}

static base_result key_schedule(struct vectors_case *vector) {
    struct mls_secret init_secret = { 0 };
    const cJSON *epochs = NULL;
    BASE_TRY(vectors_secret(vector, vector->json, "initial_init_secret", &init_secret));
    BASE_TRY(vectors_array(vector, vector->json, "epochs", &epochs));
    uint64_t epoch = 0;
    for (const cJSON *json = epochs->child; json != NULL; json = json->next, epoch++) {
        vectors_at(vector, "epochs[%u]", (unsigned)epoch);
        BASE_TRY(check_epoch(vector, json, epoch, &init_secret));
    }
    return BASE_OK;
}

/* ------------------------------------------------------------------------------------------------ psk_secret ---- */

static base_result read_psk(struct vectors_case *vector, const cJSON *json, struct mls_psk *out) {
    struct mls_psk_id id = { .type = MLS_PSK_EXTERNAL };
    BASE_TRY(vectors_bytes(vector, json, "psk_id", &id.id));
    BASE_TRY(vectors_bytes(vector, json, "psk_nonce", &id.nonce));
    BASE_TRY(vectors_bytes(vector, json, "psk", &out->secret));
    struct base_bytes BASE_CLEANUP(base_bytes_free) encoded = { 0 };
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), 1U << 20);
    mls_psk_id_write(&writer, &id);
    BASE_TRY(base_writer_finish(&writer, &encoded));
    return vectors_keep(vector, &encoded, &out->id);
}

static base_result psk_secret(struct vectors_case *vector) {
    const cJSON *array = NULL;
    BASE_TRY(vectors_array(vector, vector->json, "psks", &array));
    const size_t count = (size_t)cJSON_GetArraySize(array);
    struct mls_psk *BASE_CLEANUP(base_free_at) psks = base_take(base_allocator_libc(), count, sizeof *psks);
    BASE_ENSURE(psks != NULL, BASE_ERR_NO_MEMORY);
    size_t i = 0;
    for (const cJSON *json = array->child; json != NULL; json = json->next, i++) {
        vectors_at(vector, "psks[%zu]", i);
        BASE_TRY(read_psk(vector, json, &psks[i]));
    }
    struct mls_secret secret = { 0 };
    BASE_TRY(mls_psk_secret(&vector->crypto, psks, count, &secret));
    vectors_at(vector, "%zu psks", count);
    return vectors_expect(vector, vector->json, "psk_secret", mls_secret_slice(&secret));
}

/* ----------------------------------------------------------------------------------------- transcript-hashes ---- */

static base_result transcript_hashes(struct vectors_case *vector) {
    struct base_slice before = { 0 };
    struct base_slice encoded = { 0 };
    struct mls_secret confirmation_key = { 0 };
    struct mls_secret confirmed = { 0 };
    struct mls_secret interim = { 0 };
    struct mls_authenticated_content commit;
    BASE_TRY(vectors_secret(vector, vector->json, "confirmation_key", &confirmation_key));
    BASE_TRY(vectors_bytes(vector, vector->json, "interim_transcript_hash_before", &before));
    BASE_TRY(vectors_bytes(vector, vector->json, "authenticated_content", &encoded));
    BASE_TRY(mls_authenticated_content_decode(encoded, &commit));
    BASE_TRY(vectors_check(vector, "commit", commit.content.type == MLS_COMMIT));
    BASE_TRY(mls_confirmed_transcript_hash(&vector->crypto, before, commit.transcript, &confirmed));
    BASE_TRY(vectors_expect(vector, vector->json, "confirmed_transcript_hash_after", mls_secret_slice(&confirmed)));
    BASE_TRY(mls_confirmation_tag_verify(&vector->crypto, &confirmation_key, mls_secret_slice(&confirmed),
                                         commit.confirmation_tag));
    BASE_TRY(
        mls_interim_transcript_hash(&vector->crypto, mls_secret_slice(&confirmed), commit.confirmation_tag, &interim));
    return vectors_expect(vector, vector->json, "interim_transcript_hash_after", mls_secret_slice(&interim));
}

const struct vectors_kind vectors_crypto[] = {
    { "tree-math", "n_nodes", false, tree_math },
    { "crypto-basics", "ref_hash", true, crypto_basics },
    { "secret-tree", "sender_data", true, secret_tree },
    { "key-schedule", "initial_init_secret", true, key_schedule },
    { "psk_secret", "psk_secret", true, psk_secret },
    { "transcript-hashes", "interim_transcript_hash_before", true, transcript_hashes },
    { 0 },
};
