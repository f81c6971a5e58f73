/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Round trips of every struct: decode, take vectors apart, encode.
 */
#include "roundtrip.h"

#include "syntax/message.h"

enum { MAX_ENCODED = 64 << 20 };

/** The elements of `list` written again into `writer`, whose bytes replace the list. A macro, as C has no templates. */
#define AGAIN(NAME, TYPE, NEXT, WRITE)                                                                                 \
    static base_result NAME(struct base_writer *writer, struct base_slice *list) {                                     \
        struct base_reader reader = base_reader(*list);                                                                \
        while (reader.left > 0) {                                                                                      \
            struct TYPE item;                                                                                          \
            BASE_TRY(NEXT(&reader, &item));                                                                            \
            WRITE(writer, &item);                                                                                      \
        }                                                                                                              \
        *list = base_writer_view(writer);                                                                              \
        return writer->failed;                                                                                         \
    }

AGAIN(extensions_again, mls_extension, mls_extension_next, mls_extension_write)
AGAIN(senders_again, mls_external_sender, mls_external_sender_next, mls_external_sender_write)
AGAIN(ciphertexts_again, mls_hpke_ciphertext, mls_hpke_ciphertext_read, mls_hpke_ciphertext_write)
AGAIN(proposals_again, mls_proposal_or_ref, mls_proposal_or_ref_next, mls_proposal_or_ref_write)
AGAIN(psks_again, mls_psk_id, mls_psk_id_read, mls_psk_id_write)
AGAIN(secrets_again, mls_encrypted_group_secrets, mls_encrypted_group_secrets_next, mls_encrypted_group_secrets_write)

#define WRITER(NAME) /* NOLINTNEXTLINE(bugprone-macro-parentheses): no expression, but a name */                       \
    struct base_writer BASE_CLEANUP(base_writer_free) NAME = base_writer(base_allocator_libc(), MAX_ENCODED)

base_result roundtrip_capabilities(struct base_slice bytes, struct base_writer *out) {
    struct base_reader reader = base_reader(bytes);
    struct mls_capabilities capabilities;
    BASE_TRY(mls_capabilities_read(&reader, &capabilities));
    BASE_TRY(base_read_end(&reader));
    mls_capabilities_write(out, &capabilities);
    return BASE_OK;
}

static base_result path_nodes_again(struct base_writer *writer, struct base_slice *nodes) {
    struct base_reader reader = base_reader(*nodes);
    while (reader.left > 0) {
        struct mls_update_path_node node;
        BASE_TRY(mls_update_path_node_next(&reader, &node));
        WRITER(ciphertexts);
        BASE_TRY(ciphertexts_again(&ciphertexts, &node.encrypted_path_secrets));
        mls_update_path_node_write(writer, &node);
    }
    *nodes = base_writer_view(writer);
    return writer->failed;
}

base_result roundtrip_update_path(struct base_slice bytes, struct base_writer *out) {
    struct mls_update_path path;
    BASE_TRY(mls_update_path_decode(bytes, &path));
    WRITER(nodes);
    BASE_TRY(path_nodes_again(&nodes, &path.nodes));
    mls_update_path_write(out, &path);
    return BASE_OK;
}

base_result roundtrip_commit(struct base_slice bytes, struct base_writer *out) {
    struct mls_commit commit;
    BASE_TRY(mls_commit_decode(bytes, &commit));
    WRITER(proposals);
    BASE_TRY(proposals_again(&proposals, &commit.proposals));
    WRITER(nodes);
    if (commit.has_path) {
        BASE_TRY(path_nodes_again(&nodes, &commit.path.nodes));
    }
    mls_commit_write(out, &commit);
    return BASE_OK;
}

base_result roundtrip_authenticated_content(struct base_slice bytes, struct base_writer *out) {
    struct mls_authenticated_content content;
    BASE_TRY(mls_authenticated_content_decode(bytes, &content));
    mls_authenticated_content_write(out, &content);
    return BASE_OK;
}

base_result roundtrip_external_senders(struct base_slice bytes, struct base_writer *out) {
    struct base_slice senders;
    BASE_TRY(mls_external_senders_decode(bytes, &senders));
    WRITER(list);
    BASE_TRY(senders_again(&list, &senders));
    base_write_opaque(out, senders);
    return BASE_OK;
}

base_result roundtrip_group_context(struct base_slice bytes, struct base_writer *out) {
    struct mls_group_context context;
    BASE_TRY(mls_group_context_decode(bytes, &context));
    WRITER(extensions);
    BASE_TRY(extensions_again(&extensions, &context.extensions));
    mls_group_context_write(out, &context);
    return BASE_OK;
}

base_result roundtrip_group_info(struct base_slice bytes, struct base_writer *out) {
    struct mls_group_info info;
    BASE_TRY(mls_group_info_decode(bytes, &info));
    WRITER(extensions);
    BASE_TRY(extensions_again(&extensions, &info.extensions));
    mls_group_info_write(out, &info);
    return BASE_OK;
}

base_result roundtrip_group_secrets(struct base_slice bytes, struct base_writer *out) {
    struct mls_group_secrets secrets;
    BASE_TRY(mls_group_secrets_decode(bytes, &secrets));
    WRITER(psks);
    BASE_TRY(psks_again(&psks, &secrets.psks));
    mls_group_secrets_write(out, &secrets);
    return BASE_OK;
}

base_result roundtrip_key_package(struct base_slice bytes, struct base_writer *out) {
    struct mls_key_package package;
    BASE_TRY(mls_key_package_decode(bytes, &package));
    WRITER(extensions);
    BASE_TRY(extensions_again(&extensions, &package.extensions));
    mls_key_package_write(out, &package);
    return BASE_OK;
}

base_result roundtrip_leaf_node(struct base_slice bytes, struct base_writer *out) {
    struct mls_leaf_node leaf;
    BASE_TRY(mls_leaf_node_decode(bytes, &leaf));
    WRITER(extensions);
    BASE_TRY(extensions_again(&extensions, &leaf.extensions));
    mls_leaf_node_write(out, &leaf);
    return BASE_OK;
}

base_result roundtrip_message(struct base_slice bytes, struct base_writer *out) {
    struct mls_message message;
    BASE_TRY(mls_message_decode(bytes, &message));
    mls_message_write(out, &message);
    return BASE_OK;
}

base_result roundtrip_proposal(struct base_slice bytes, struct base_writer *out) {
    struct mls_proposal proposal;
    BASE_TRY(mls_proposal_decode(bytes, &proposal));
    mls_proposal_write(out, &proposal);
    return BASE_OK;
}

base_result roundtrip_ratchet_tree(struct base_slice bytes, struct base_writer *out) {
    struct base_reader reader = base_reader(bytes);
    struct base_reader nodes;
    BASE_TRY(base_read_vector(&reader, &nodes));
    BASE_TRY(base_read_end(&reader));
    const size_t mark = base_write_vector_begin(out);
    while (nodes.left > 0) {
        struct mls_node node;
        BASE_TRY(mls_node_next(&nodes, &node));
        mls_node_write(out, &node);
    }
    base_write_vector_end(out, mark);
    return BASE_OK;
}

base_result roundtrip_required_capabilities(struct base_slice bytes, struct base_writer *out) {
    struct mls_required_capabilities required;
    BASE_TRY(mls_required_capabilities_decode(bytes, &required));
    mls_required_capabilities_write(out, &required);
    return BASE_OK;
}

base_result roundtrip_welcome(struct base_slice bytes, struct base_writer *out) {
    struct mls_welcome welcome;
    BASE_TRY(mls_welcome_decode(bytes, &welcome));
    WRITER(secrets);
    BASE_TRY(secrets_again(&secrets, &welcome.secrets));
    mls_welcome_write(out, &welcome);
    return BASE_OK;
}
