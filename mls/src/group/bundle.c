/* SPDX-License-Identifier: Apache-2.0 */
/* Key packages for their owner, who keeps the private half as a record, and for those who want to add him. */
#include "group/bundle.h"

#include <string.h>

#include "group/identity.h"
#include "syntax/message.h"

enum { RECORD_VERSION = 1, LIFETIME_DEFAULT = 90 * 86400 };

base_result mls_own_package_write(const struct base_allocator *allocator, struct base_slice init,
                                  struct base_slice encryption, struct base_slice package, struct base_bytes *out) {
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(allocator, 2 * MLS_LEAF_MAX);
    base_write_u16(&writer, RECORD_VERSION);
    base_write_opaque(&writer, init);
    base_write_opaque(&writer, encryption);
    base_write_opaque(&writer, package);
    return base_writer_finish(&writer, out);
}

static base_result read_keypair(struct base_slice private_key, struct base_slice public_key, struct mls_keypair *out) {
    BASE_ENSURE(private_key.len <= MLS_PRIVATE_KEY_MAX && public_key.len <= MLS_PUBLIC_KEY_MAX, MLS_ERR_STATE);
    memcpy(out->private_key.data, private_key.data, private_key.len);
    out->private_key.len = (uint8_t)private_key.len;
    memcpy(out->public_key.data, public_key.data, public_key.len);
    out->public_key.len = (uint8_t)public_key.len;
    return BASE_OK;
}

static base_result read_record(struct base_reader *reader, struct mls_own_package *out) {
    struct base_slice init;
    struct base_slice encryption;
    struct base_slice package;
    BASE_TRY(base_read_opaque(reader, &init));
    BASE_TRY(base_read_opaque(reader, &encryption));
    BASE_TRY(base_read_opaque(reader, &package));
    BASE_TRY(base_read_end(reader));
    BASE_TRY(mls_key_package_decode(package, &out->package));
    BASE_TRY(read_keypair(init, out->package.init_key, &out->keys.init));
    return read_keypair(encryption, out->package.leaf.encryption_key, &out->keys.encryption);
}

base_result mls_own_package_read(struct base_slice record, struct mls_own_package *out) {
    struct base_reader reader = base_reader(record);
    uint16_t version;
    BASE_ENSURE(base_read_u16(&reader, &version) == BASE_OK, MLS_ERR_STATE);
    BASE_ENSURE(version == RECORD_VERSION, MLS_ERR_STATE_VERSION);
    if (read_record(&reader, out) != BASE_OK) {
        mls_own_package_wipe(out);
        return &MLS_ERR_STATE;
    }
    return BASE_OK;
}

void mls_own_package_wipe(struct mls_own_package *own) {
    base_wipe(own, sizeof *own);
}

static base_result package_extensions(const struct mls_context *context, const struct mls_key_package_options *options,
                                      struct base_bytes *out) {
    BASE_TRY(mls_extensions_encode(context->allocator, options->extensions, options->extension_count, out));
    if (!options->last_resort) {
        return BASE_OK;
    }
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(context->allocator, MLS_LEAF_MAX);
    BASE_CLEANUP(base_bytes_free) struct base_bytes all = { 0 };
    base_write_slice(&writer, base_borrow(out));
    mls_extension_write(&writer, &(struct mls_extension){ .type = MLS_EXTENSION_LAST_RESORT });
    BASE_TRY(base_writer_finish(&writer, &all));
    base_bytes_move(out, &all);
    return BASE_OK;
}

static base_result write_message(const struct mls_context *context, struct base_slice package, struct base_bytes *out) {
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(context->allocator, 2 * MLS_LEAF_MAX);
    base_write_u16(&writer, MLS_VERSION_10);
    base_write_u16(&writer, MLS_KEY_PACKAGE);
    base_write_slice(&writer, package);
    return base_writer_finish(&writer, out);
}

static void wipe_keys(struct mls_key_package_keys *keys) {
    base_wipe(keys, sizeof *keys);
}

static base_result create(const struct mls_context *context, uint16_t suite, const struct mls_identity *identity,
                          const struct mls_key_package_options *options, struct mls_key_package_bundle *out) {
    struct mls_crypto crypto;
    BASE_TRY(mls_crypto_for(context->provider, context->allocator, suite, &crypto));
    uint64_t now = mls_now(context);
    struct mls_lifetime lifetime = { options->not_before, options->not_after };
    if (lifetime.not_before == 0) {
        lifetime.not_before = now < MLS_LIFETIME_SKEW_DEFAULT ? 0 : now - MLS_LIFETIME_SKEW_DEFAULT;
    }
    if (lifetime.not_after == 0) {
        lifetime.not_after = now + LIFETIME_DEFAULT;
    }
    BASE_ENSURE(lifetime.not_before <= lifetime.not_after, MLS_ERR_LIFETIME);

    BASE_CLEANUP(mls_leaf_lists_free) struct mls_leaf_lists lists = { 0 };
    BASE_CLEANUP(base_bytes_free) struct base_bytes extensions = { 0 };
    BASE_TRY(mls_leaf_lists_make(context, identity, &lists));
    BASE_TRY(package_extensions(context, options, &extensions));
    struct mls_key_package_params params = {
        .signature_key = identity->signature_key,
        .credential = identity->credential,
        .capabilities = lists.capabilities,
        .lifetime = lifetime,
        .leaf_extensions = lists.extensions,
        .extensions = base_borrow(&extensions),
    };
    BASE_CLEANUP(wipe_keys) struct mls_key_package_keys keys = { 0 };
    BASE_CLEANUP(base_bytes_free) struct base_bytes package = { 0 };
    BASE_TRY(mls_key_package_create(&crypto, context->random, &params, &keys, &package));
    BASE_TRY(mls_key_package_ref(&crypto, base_borrow(&package), &out->ref));
    BASE_TRY(write_message(context, base_borrow(&package), &out->message));
    const struct mls_private_key *init = &keys.init.private_key;
    const struct mls_private_key *encryption = &keys.encryption.private_key;
    return mls_own_package_write(context->allocator, base_slice(init->data, init->len),
                                 base_slice(encryption->data, encryption->len), base_borrow(&package),
                                 &out->private_part);
}

base_result mls_key_package_bundle_create(const struct mls_context *context, uint16_t suite,
                                          const struct mls_identity *identity,
                                          const struct mls_key_package_options *options,
                                          struct mls_key_package_bundle *out) {
    static const struct mls_key_package_options defaults = { 0 };
    base_result result = create(context, suite, identity, options == NULL ? &defaults : options, out);
    if (result != BASE_OK) {
        mls_key_package_bundle_free(out);
    }
    return result;
}

void mls_key_package_bundle_free(struct mls_key_package_bundle *bundle) {
    if (bundle != NULL) {
        base_bytes_free(&bundle->message);
        base_bytes_free(&bundle->private_part);
        bundle->ref.len = 0;
    }
}

base_result mls_key_package_inspect(const struct mls_context *context, struct base_slice message,
                                    struct mls_key_package_info *out) {
    struct mls_message decoded;
    struct mls_crypto crypto;
    BASE_TRY(mls_message_decode(message, &decoded));
    BASE_ENSURE(decoded.wire_format == MLS_KEY_PACKAGE, MLS_ERR_WIRE_FORMAT);
    const struct mls_key_package *package = &decoded.of.key_package;
    BASE_TRY(mls_crypto_for(context->provider, context->allocator, package->cipher_suite, &crypto));
    struct mls_lifetime_policy policy = mls_lifetime_policy_of(context);
    BASE_TRY(mls_leaf_node_check_lifetime(&package->leaf, &policy));
    BASE_ENSURE(package->leaf.encoded.len <= mls_limits_of(context).leaf_size, MLS_ERR_LEAF_SIZE);
    BASE_TRY(mls_key_package_verify(&crypto, package));
    struct mls_key_package_info info = {
        .suite = package->cipher_suite,
        .member = mls_member_of(MLS_NONE, &package->leaf),
        .not_before = package->leaf.lifetime.not_before,
        .not_after = package->leaf.lifetime.not_after,
        .last_resort = mls_extension_find(package->extensions, MLS_EXTENSION_LAST_RESORT, NULL),
    };
    BASE_TRY(mls_key_package_ref(&crypto, package->encoded, &info.ref));
    *out = info;
    return BASE_OK;
}
