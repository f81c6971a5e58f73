/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The examples: built by hand from the structs, so that the tests do not depend on any other part.
 */
#include "samples.h"

static struct base_slice text(const char *string) {
    return base_slice_text(string);
}

/* Lists of numbers, with GREASE values (§13.5) among them. */
static const uint8_t versions[] = { 0x00, 0x01, 0x0a, 0x0a };
static const uint8_t suites[] = { 0x00, 0x01, 0x00, 0x03, 0xda, 0xda };
static const uint8_t extension_types[] = { 0xf0, 0x01, 0x3a, 0x3a };
static const uint8_t proposal_types[] = { 0xba, 0xba };
static const uint8_t credential_types[] = { 0x00, 0x01, 0x00, 0x02, 0x8a, 0x8a };

/* An application_id and one that nobody knows. */
static const uint8_t extensions[] = { 0x00, 0x01, 0x02, 'i', 'd', 0x3a, 0x3a, 0x00 };

/* Two certificates. */
static const uint8_t certificates[] = { 0x03, 'D', 'E', 'R', 0x01, 'C' };

static struct base_slice extension_list(void) {
    return base_slice(extensions, sizeof extensions);
}

struct mls_leaf_node sample_leaf(uint8_t source) {
    return (struct mls_leaf_node){
        .encryption_key = text("encryption key"),
        .signature_key = text("signature key"),
        .credential = { MLS_CREDENTIAL_BASIC, text("alice") },
        .capabilities = {
            .versions = base_slice(versions, sizeof versions),
            .cipher_suites = base_slice(suites, sizeof suites),
            .extensions = base_slice(extension_types, sizeof extension_types),
            .proposals = base_slice(proposal_types, sizeof proposal_types),
            .credentials = base_slice(credential_types, sizeof credential_types),
        },
        .source = source,
        .lifetime = { 1700000000, 1800000000 },
        .parent_hash = text("parent hash"),
        .extensions = extension_list(),
        .signature = text("signature"),
    };
}

static void write_leaf_key_package(struct base_writer *writer) {
    struct mls_leaf_node leaf = sample_leaf(MLS_LEAF_KEY_PACKAGE);
    leaf.credential = (struct mls_credential){ MLS_CREDENTIAL_X509, base_slice(certificates, sizeof certificates) };
    mls_leaf_node_write(writer, &leaf);
}

static void write_leaf_update(struct base_writer *writer) {
    struct mls_leaf_node leaf = sample_leaf(MLS_LEAF_UPDATE);
    leaf.credential = (struct mls_credential){ 0x8a8a, text("of an unknown type") };
    mls_leaf_node_write(writer, &leaf);
}

static void write_leaf_commit(struct base_writer *writer) {
    const struct mls_leaf_node leaf = sample_leaf(MLS_LEAF_COMMIT);
    mls_leaf_node_write(writer, &leaf);
}

static void write_capabilities(struct base_writer *writer) {
    const struct mls_leaf_node leaf = sample_leaf(MLS_LEAF_UPDATE);
    mls_capabilities_write(writer, &leaf.capabilities);
}

static void write_required_capabilities(struct base_writer *writer) {
    const struct mls_required_capabilities required = {
        .extensions = base_slice(extension_types, sizeof extension_types),
        .proposals = base_slice(proposal_types, sizeof proposal_types),
        .credentials = base_slice(credential_types, sizeof credential_types),
    };
    mls_required_capabilities_write(writer, &required);
}

static void write_external_senders(struct base_writer *writer) {
    const size_t mark = base_write_vector_begin(writer);
    for (uint16_t type = MLS_CREDENTIAL_BASIC; type <= MLS_CREDENTIAL_X509; type++) {
        const struct mls_external_sender sender = {
            .signature_key = text("key of a service"),
            .credential = { type, base_slice(certificates, sizeof certificates) },
        };
        mls_external_sender_write(writer, &sender);
    }
    base_write_vector_end(writer, mark);
}

static struct mls_key_package sample_key_package(void) {
    return (struct mls_key_package){
        .version = MLS_VERSION_10,
        .cipher_suite = 3,
        .init_key = text("init key"),
        .leaf = sample_leaf(MLS_LEAF_KEY_PACKAGE),
        .extensions = extension_list(),
        .signature = text("signature of the package"),
    };
}

static void write_key_package(struct base_writer *writer) {
    const struct mls_key_package package = sample_key_package();
    mls_key_package_write(writer, &package);
}

static void write_ratchet_tree(struct base_writer *writer) {
    static const uint8_t unmerged[] = { 0, 0, 0, 1, 0, 0, 1, 0 };
    const struct mls_node nodes[] = {
        { .type = MLS_NODE_LEAF, .of.leaf = sample_leaf(MLS_LEAF_COMMIT) },
        { .type = MLS_NODE_PARENT,
          .of.parent = { text("parent key"), text("hash"), base_slice(unmerged, sizeof unmerged) } },
        { .type = MLS_NODE_BLANK },
        { .type = MLS_NODE_PARENT, .of.parent = { .encryption_key = text("root key") } },
        { .type = MLS_NODE_LEAF, .of.leaf = sample_leaf(MLS_LEAF_KEY_PACKAGE) },
    };
    const size_t mark = base_write_vector_begin(writer);
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        mls_node_write(writer, &nodes[i]);
    }
    base_write_vector_end(writer, mark);
}

static void write_update_path(struct base_writer *writer) {
    const struct mls_leaf_node leaf = sample_leaf(MLS_LEAF_COMMIT);
    const struct mls_hpke_ciphertext secret = { text("KEM output"), text("ciphertext") };
    mls_leaf_node_write(writer, &leaf);
    const size_t nodes = base_write_vector_begin(writer);
    for (int i = 0; i < 2; i++) {
        base_write_opaque(writer, text("node key"));
        const size_t secrets = base_write_vector_begin(writer);
        for (int j = 0; j < i + 1; j++) {
            mls_hpke_ciphertext_write(writer, &secret);
        }
        base_write_vector_end(writer, secrets);
    }
    base_write_vector_end(writer, nodes);
}

/* Proposals */

static const struct mls_psk_id external_psk = {
    .type = MLS_PSK_EXTERNAL,
    .id = { (const uint8_t *)"psk", 3 },
    .nonce = { (const uint8_t *)"nonce", 5 },
};
static const struct mls_psk_id resumption_psk = {
    .type = MLS_PSK_RESUMPTION,
    .usage = MLS_RESUMPTION_BRANCH,
    .id = { (const uint8_t *)"group", 5 },
    .epoch = 7,
    .nonce = { (const uint8_t *)"nonce", 5 },
};

static struct mls_proposal sample_proposal(uint16_t type) {
    struct mls_proposal proposal = { .type = type };
    switch (type) {
    case MLS_PROPOSAL_ADD:
        proposal.of.add = sample_key_package();
        break;
    case MLS_PROPOSAL_UPDATE:
        proposal.of.update = sample_leaf(MLS_LEAF_UPDATE);
        break;
    case MLS_PROPOSAL_REMOVE:
        proposal.of.removed = 5;
        break;
    case MLS_PROPOSAL_PSK:
        proposal.of.psk = resumption_psk;
        break;
    case MLS_PROPOSAL_REINIT:
        proposal.of.reinit = (struct mls_reinit){ text("new group"), 2, 1, extension_list() };
        break;
    case MLS_PROPOSAL_EXTERNAL_INIT:
        proposal.of.external_init = text("KEM output");
        break;
    default:
        proposal.of.extensions = extension_list();
        break;
    }
    return proposal;
}

static void write_proposal(struct base_writer *writer, uint16_t type) {
    const struct mls_proposal proposal = sample_proposal(type);
    mls_proposal_write(writer, &proposal);
}

static void write_add(struct base_writer *writer) {
    write_proposal(writer, MLS_PROPOSAL_ADD);
}

static void write_update(struct base_writer *writer) {
    write_proposal(writer, MLS_PROPOSAL_UPDATE);
}

static void write_remove(struct base_writer *writer) {
    write_proposal(writer, MLS_PROPOSAL_REMOVE);
}

static void write_psk(struct base_writer *writer) {
    write_proposal(writer, MLS_PROPOSAL_PSK);
}

static void write_reinit(struct base_writer *writer) {
    write_proposal(writer, MLS_PROPOSAL_REINIT);
}

static void write_external_init(struct base_writer *writer) {
    write_proposal(writer, MLS_PROPOSAL_EXTERNAL_INIT);
}

static void write_group_context_extensions(struct base_writer *writer) {
    write_proposal(writer, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
}

static void write_commit(struct base_writer *writer) {
    const struct mls_proposal_or_ref reference = { .by_reference = true, .reference = text("proposal reference") };
    const struct mls_proposal_or_ref value = { .proposal = sample_proposal(MLS_PROPOSAL_REMOVE) };
    const size_t mark = base_write_vector_begin(writer);
    mls_proposal_or_ref_write(writer, &reference);
    mls_proposal_or_ref_write(writer, &value);
    base_write_vector_end(writer, mark);
    base_write_optional(writer, true);
    write_update_path(writer);
}

static void write_commit_empty(struct base_writer *writer) {
    const struct mls_commit commit = { .has_path = false };
    mls_commit_write(writer, &commit);
}

/* Messages */

static struct mls_authenticated_content sample_content(uint8_t sender, uint8_t type) {
    struct mls_authenticated_content content = {
        .wire_format = MLS_PUBLIC_MESSAGE,
        .content = {
            .group_id = text("group"),
            .epoch = 9,
            .sender = { sender, 3 },
            .authenticated_data = text("authenticated data"),
            .type = type,
        },
        .signature = text("signature"),
        .confirmation_tag = text("confirmation tag"),
    };
    switch (type) {
    case MLS_APPLICATION:
        content.content.of.application = text("hello");
        break;
    case MLS_PROPOSAL:
        content.content.of.proposal = sample_proposal(MLS_PROPOSAL_PSK);
        break;
    default:
        content.content.of.commit = (struct mls_commit){ .has_path = false };
        break;
    }
    return content;
}

static void write_public(struct base_writer *writer, uint8_t sender, uint8_t type) {
    const struct mls_message message = {
        .wire_format = MLS_PUBLIC_MESSAGE,
        .of.public_message = { sample_content(sender, type), text("membership tag") },
    };
    mls_message_write(writer, &message);
}

static void write_public_application(struct base_writer *writer) {
    write_public(writer, MLS_SENDER_MEMBER, MLS_APPLICATION);
}

static void write_public_proposal(struct base_writer *writer) {
    write_public(writer, MLS_SENDER_EXTERNAL, MLS_PROPOSAL);
}

static void write_public_join(struct base_writer *writer) {
    write_public(writer, MLS_SENDER_NEW_MEMBER_PROPOSAL, MLS_PROPOSAL);
}

static void write_public_commit(struct base_writer *writer) {
    write_public(writer, MLS_SENDER_MEMBER, MLS_COMMIT);
}

static void write_public_external_commit(struct base_writer *writer) {
    write_public(writer, MLS_SENDER_NEW_MEMBER_COMMIT, MLS_COMMIT);
}

static void write_authenticated_content(struct base_writer *writer) {
    struct mls_authenticated_content content = sample_content(MLS_SENDER_MEMBER, MLS_COMMIT);
    content.wire_format = MLS_PRIVATE_MESSAGE;
    mls_authenticated_content_write(writer, &content);
}

static void write_private(struct base_writer *writer) {
    const struct mls_message message = {
        .wire_format = MLS_PRIVATE_MESSAGE,
        .of.private_message = {
            .group_id = text("group"),
            .epoch = 9,
            .content_type = MLS_APPLICATION,
            .authenticated_data = text("authenticated data"),
            .encrypted_sender_data = text("encrypted sender data"),
            .ciphertext = text("a ciphertext, longer than sixty-three bytes, so that its length takes two"),
        },
    };
    mls_message_write(writer, &message);
}

static struct mls_group_context sample_context(void) {
    return (struct mls_group_context){
        .cipher_suite = 3,
        .group_id = text("group"),
        .epoch = 9,
        .tree_hash = text("tree hash"),
        .confirmed_transcript_hash = text("confirmed transcript hash"),
        .extensions = extension_list(),
    };
}

static void write_group_context(struct base_writer *writer) {
    const struct mls_group_context context = sample_context();
    mls_group_context_write(writer, &context);
}

static struct mls_group_info sample_group_info(void) {
    return (struct mls_group_info){
        .context = sample_context(),
        .extensions = extension_list(),
        .confirmation_tag = text("confirmation tag"),
        .signer = 2,
        .signature = text("signature"),
    };
}

static void write_group_info(struct base_writer *writer) {
    const struct mls_group_info info = sample_group_info();
    mls_group_info_write(writer, &info);
}

static void write_group_secrets(struct base_writer *writer) {
    base_write_opaque(writer, text("joiner secret"));
    base_write_optional(writer, true);
    base_write_opaque(writer, text("path secret"));
    const size_t mark = base_write_vector_begin(writer);
    mls_psk_id_write(writer, &external_psk);
    mls_psk_id_write(writer, &resumption_psk);
    base_write_vector_end(writer, mark);
}

static void write_group_secrets_plain(struct base_writer *writer) {
    const struct mls_group_secrets secrets = { .joiner_secret = text("joiner secret") };
    mls_group_secrets_write(writer, &secrets);
}

static void write_welcome(struct base_writer *writer) {
    const struct mls_encrypted_group_secrets secrets = { text("reference"), { text("KEM output"), text("secrets") } };
    base_write_u16(writer, 3);
    const size_t mark = base_write_vector_begin(writer);
    mls_encrypted_group_secrets_write(writer, &secrets);
    mls_encrypted_group_secrets_write(writer, &secrets);
    base_write_vector_end(writer, mark);
    base_write_opaque(writer, text("encrypted group info"));
}

static void write_message_welcome(struct base_writer *writer) {
    base_write_u16(writer, MLS_VERSION_10);
    base_write_u16(writer, MLS_WELCOME);
    write_welcome(writer);
}

static void write_message_group_info(struct base_writer *writer) {
    const struct mls_message message = { .wire_format = MLS_GROUP_INFO, .of.group_info = sample_group_info() };
    mls_message_write(writer, &message);
}

static void write_message_key_package(struct base_writer *writer) {
    const struct mls_message message = { .wire_format = MLS_KEY_PACKAGE, .of.key_package = sample_key_package() };
    mls_message_write(writer, &message);
}

const struct sample samples[] = {
    { "capabilities", roundtrip_capabilities, write_capabilities },
    { "required capabilities", roundtrip_required_capabilities, write_required_capabilities },
    { "external senders", roundtrip_external_senders, write_external_senders },
    { "leaf of a key package", roundtrip_leaf_node, write_leaf_key_package },
    { "leaf of an update", roundtrip_leaf_node, write_leaf_update },
    { "leaf of a commit", roundtrip_leaf_node, write_leaf_commit },
    { "key package", roundtrip_key_package, write_key_package },
    { "ratchet tree", roundtrip_ratchet_tree, write_ratchet_tree },
    { "update path", roundtrip_update_path, write_update_path },
    { "add", roundtrip_proposal, write_add },
    { "update", roundtrip_proposal, write_update },
    { "remove", roundtrip_proposal, write_remove },
    { "psk", roundtrip_proposal, write_psk },
    { "reinit", roundtrip_proposal, write_reinit },
    { "external init", roundtrip_proposal, write_external_init },
    { "group context extensions", roundtrip_proposal, write_group_context_extensions },
    { "commit", roundtrip_commit, write_commit },
    { "empty commit", roundtrip_commit, write_commit_empty },
    { "authenticated content", roundtrip_authenticated_content, write_authenticated_content },
    { "group context", roundtrip_group_context, write_group_context },
    { "group info", roundtrip_group_info, write_group_info },
    { "group secrets", roundtrip_group_secrets, write_group_secrets },
    { "group secrets without path and psk", roundtrip_group_secrets, write_group_secrets_plain },
    { "welcome", roundtrip_welcome, write_welcome },
    { "public application", roundtrip_message, write_public_application },
    { "public proposal", roundtrip_message, write_public_proposal },
    { "public join proposal", roundtrip_message, write_public_join },
    { "public commit", roundtrip_message, write_public_commit },
    { "public external commit", roundtrip_message, write_public_external_commit },
    { "private message", roundtrip_message, write_private },
    { "message with welcome", roundtrip_message, write_message_welcome },
    { "message with group info", roundtrip_message, write_message_group_info },
    { "message with key package", roundtrip_message, write_message_key_package },
};

const size_t sample_count = sizeof samples / sizeof *samples;
