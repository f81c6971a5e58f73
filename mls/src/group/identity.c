/* SPDX-License-Identifier: Apache-2.0 */
/* From what an application says about its client to the lists that stand in a leaf. */
#include "group/identity.h"

#include "leaf_node.h"

enum { SUITES = 7, GREASE_VALUES = 15, EXTENSIONS_MAX = 1 << 24 };

/* §13.5: 0x0A0A, 0x1A1A, … 0xEAEA. */
static uint16_t grease_value(uint8_t random) {
    unsigned int nibble = random % GREASE_VALUES;
    return (uint16_t)(0x0A0AU + nibble * 0x1010U);
}

static void write_suites(struct base_writer *writer, const struct mls_provider *provider, struct mls_numbers suites) {
    if (suites.count != 0) {
        mls_list_write(writer, suites.items, suites.count);
        return;
    }
    for (uint16_t id = 1; id <= SUITES; id++) {
        const struct mls_suite *suite = mls_suite(id);
        if (suite != NULL && provider->supports(provider->user, suite)) {
            mls_list_write(writer, &id, 1);
        }
    }
}

static bool has_number(struct mls_numbers numbers, uint16_t number) {
    for (size_t i = 0; i < numbers.count; i++) {
        if (numbers.items[i] == number) {
            return true;
        }
    }
    return false;
}

/* §7.2: the "default" ones "MUST NOT be listed", also if the application has. */
static void write_but_defaults(struct base_writer *writer, struct mls_numbers numbers, uint16_t last_default) {
    for (size_t i = 0; i < numbers.count; i++) {
        if (numbers.items[i] == 0 || numbers.items[i] > last_default) {
            mls_list_write(writer, &numbers.items[i], 1);
        }
    }
}

static void write_extension_types(struct base_writer *writer, const struct mls_identity *identity) {
    static const uint16_t last_resort = MLS_EXTENSION_LAST_RESORT;
    write_but_defaults(writer, identity->abilities.extensions, MLS_EXTENSION_EXTERNAL_SENDERS);
    if (!has_number(identity->abilities.extensions, last_resort)) {
        mls_list_write(writer, &last_resort, 1);
    }
    for (size_t i = 0; i < identity->extension_count; i++) {
        uint16_t type = identity->extensions[i].type;
        if (type > MLS_EXTENSION_EXTERNAL_SENDERS && type != last_resort &&
            !has_number(identity->abilities.extensions, type)) {
            mls_list_write(writer, &type, 1);
        }
    }
}

static void write_credentials(struct base_writer *writer, struct mls_numbers credentials) {
    static const uint16_t all[] = { MLS_CREDENTIAL_BASIC, MLS_CREDENTIAL_X509 };
    if (credentials.count == 0) {
        credentials = (struct mls_numbers){ all, 2 };
    }
    mls_list_write(writer, credentials.items, credentials.count);
}

base_result mls_extensions_encode(const struct base_allocator *allocator, const struct mls_extension *extensions,
                                  size_t count, struct base_bytes *out) {
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            BASE_ENSURE(extensions[i].type != extensions[j].type, MLS_ERR_EXTENSION_DUPLICATE);
        }
    }
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(allocator, EXTENSIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        mls_extension_write(&writer, &extensions[i]);
    }
    return base_writer_finish(&writer, out);
}

base_result mls_leaf_lists_make(const struct mls_context *context, const struct mls_identity *identity,
                                struct mls_leaf_lists *out) {
    static const uint16_t version = MLS_VERSION_10;
    enum { VERSIONS, CIPHER_SUITES, EXTENSION_TYPES, PROPOSALS, CREDENTIALS, EXTENSIONS, PARTS };
    const struct mls_abilities *abilities = &identity->abilities;
    BASE_CLEANUP(base_bytes_free) struct base_bytes extensions = { 0 };
    uint8_t grease[PARTS] = { 0 };
    size_t ends[PARTS];

    BASE_TRY(mls_extensions_encode(context->allocator, identity->extensions, identity->extension_count, &extensions));
    if (abilities->grease) {
        BASE_TRY(base_random_fill(context->random, grease, sizeof grease));
    }
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(context->allocator, MLS_LEAF_MAX);
    for (int part = 0; part < PARTS; part++) {
        switch (part) {
        case VERSIONS:
            mls_list_write(&writer, &version, 1);
            break;
        case CIPHER_SUITES:
            write_suites(&writer, context->provider, abilities->suites);
            break;
        case EXTENSION_TYPES:
            write_extension_types(&writer, identity);
            break;
        case PROPOSALS:
            write_but_defaults(&writer, abilities->proposals, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
            break;
        case CREDENTIALS:
            write_credentials(&writer, abilities->credentials);
            break;
        default:
            base_write_slice(&writer, base_borrow(&extensions));
            break;
        }
        if (abilities->grease && part != VERSIONS) {
            /* The leaf's own GREASE extension has the type that its capabilities name. */
            uint16_t value = grease_value(grease[part == EXTENSIONS ? EXTENSION_TYPES : part]);
            if (part == EXTENSIONS) {
                mls_extension_write(&writer, &(struct mls_extension){ value, { &grease[EXTENSIONS], 1 } });
            } else {
                mls_list_write(&writer, &value, 1);
            }
        }
        ends[part] = base_writer_view(&writer).len;
    }
    BASE_TRY(base_writer_finish(&writer, &out->storage));

    struct base_slice *lists[PARTS] = {
        &out->capabilities.versions,  &out->capabilities.cipher_suites, &out->capabilities.extensions,
        &out->capabilities.proposals, &out->capabilities.credentials,   &out->extensions,
    };
    size_t start = 0;
    for (int part = 0; part < PARTS; part++) {
        *lists[part] = base_slice(out->storage.data + start, ends[part] - start);
        start = ends[part];
    }
    return BASE_OK;
}

void mls_leaf_lists_free(struct mls_leaf_lists *lists) {
    base_bytes_free(&lists->storage);
}

struct mls_member mls_member_of(uint32_t leaf, const struct mls_leaf_node *node) {
    return (struct mls_member){
        leaf,
        node->credential,
        node->signature_key,
        node->encryption_key,
        node->extensions,
        node->encoded.len,
        node->source == MLS_LEAF_KEY_PACKAGE,
    };
}

base_result mls_required_capabilities_encode(const struct base_allocator *allocator, struct mls_numbers extensions,
                                             struct mls_numbers proposals, struct mls_numbers credentials,
                                             struct base_bytes *out) {
    const struct mls_numbers lists[] = { extensions, proposals, credentials };
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(allocator, EXTENSIONS_MAX);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        size_t mark = base_write_vector_begin(&writer);
        mls_list_write(&writer, lists[i].items, lists[i].count);
        base_write_vector_end(&writer, mark);
    }
    return base_writer_finish(&writer, out);
}

base_result mls_external_senders_encode(const struct base_allocator *allocator,
                                        const struct mls_external_sender *senders, size_t count,
                                        struct base_bytes *out) {
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(allocator, EXTENSIONS_MAX);
    size_t mark = base_write_vector_begin(&writer);
    for (size_t i = 0; i < count; i++) {
        mls_external_sender_write(&writer, &senders[i]);
    }
    base_write_vector_end(&writer, mark);
    return base_writer_finish(&writer, out);
}
