/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proposals and commits: encode and decode side by side.
 */
#include "syntax/message.h"
#include "syntax/span.h"

/* ReInit (§12.1.5) */

static base_result reinit_read(struct base_reader *reader, struct mls_reinit *out) {
    BASE_TRY(base_read_opaque(reader, &out->group_id));
    BASE_TRY(base_read_u16(reader, &out->version));
    BASE_TRY(base_read_u16(reader, &out->cipher_suite));
    return mls_extensions_read(reader, &out->extensions);
}

static void reinit_write(struct base_writer *writer, const struct mls_reinit *reinit) {
    base_write_opaque(writer, reinit->group_id);
    base_write_u16(writer, reinit->version);
    base_write_u16(writer, reinit->cipher_suite);
    base_write_opaque(writer, reinit->extensions);
}

/* Proposal (§12.1) */

static base_result proposal_body_read(struct base_reader *reader, struct mls_proposal *out) {
    switch (out->type) {
    case MLS_PROPOSAL_ADD:
        BASE_TRY(mls_key_package_read(reader, &out->of.add));
        /* §7.3: "If the LeafNode appears in a KeyPackage, verify that leaf_node_source is set to key_package." */
        BASE_ENSURE(out->of.add.leaf.source == MLS_LEAF_KEY_PACKAGE, MLS_ERR_LEAF_NODE_SOURCE);
        return BASE_OK;
    case MLS_PROPOSAL_UPDATE:
        BASE_TRY(mls_leaf_node_read(reader, &out->of.update));
        /* §7.3: "If the LeafNode appears in an Update proposal, verify that leaf_node_source is set to update" */
        BASE_ENSURE(out->of.update.source == MLS_LEAF_UPDATE, MLS_ERR_LEAF_NODE_SOURCE);
        return BASE_OK;
    case MLS_PROPOSAL_REMOVE:
        return base_read_u32(reader, &out->of.removed);
    case MLS_PROPOSAL_PSK:
        return mls_psk_id_read(reader, &out->of.psk);
    case MLS_PROPOSAL_REINIT:
        return reinit_read(reader, &out->of.reinit);
    case MLS_PROPOSAL_EXTERNAL_INIT:
        return base_read_opaque(reader, &out->of.external_init);
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        return mls_extensions_read(reader, &out->of.extensions);
    default:
        return &MLS_ERR_PROPOSAL_TYPE;
    }
}

base_result mls_proposal_read(struct base_reader *reader, struct mls_proposal *out) {
    const uint8_t *start = reader->next;
    BASE_TRY(base_read_u16(reader, &out->type));
    BASE_TRY(proposal_body_read(reader, out));
    out->encoded = mls_span(start, reader);
    return BASE_OK;
}

base_result mls_proposal_decode(struct base_slice bytes, struct mls_proposal *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(mls_proposal_read(&reader, out));
    return base_read_end(&reader);
}

void mls_proposal_write(struct base_writer *writer, const struct mls_proposal *proposal) {
    base_write_u16(writer, proposal->type);
    switch (proposal->type) {
    case MLS_PROPOSAL_ADD:
        mls_key_package_write(writer, &proposal->of.add);
        break;
    case MLS_PROPOSAL_UPDATE:
        mls_leaf_node_write(writer, &proposal->of.update);
        break;
    case MLS_PROPOSAL_REMOVE:
        base_write_u32(writer, proposal->of.removed);
        break;
    case MLS_PROPOSAL_PSK:
        mls_psk_id_write(writer, &proposal->of.psk);
        break;
    case MLS_PROPOSAL_REINIT:
        reinit_write(writer, &proposal->of.reinit);
        break;
    case MLS_PROPOSAL_EXTERNAL_INIT:
        base_write_opaque(writer, proposal->of.external_init);
        break;
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        base_write_opaque(writer, proposal->of.extensions);
        break;
    default:
        base_writer_fail(writer, &MLS_ERR_PROPOSAL_TYPE);
        break;
    }
}

/* ProposalOrRef and Commit (§12.4) */

enum { BY_VALUE = 1, BY_REFERENCE = 2 };

base_result mls_proposal_or_ref_next(struct base_reader *proposals, struct mls_proposal_or_ref *out) {
    uint8_t type = 0;
    BASE_TRY(base_read_u8(proposals, &type));
    BASE_ENSURE(type == BY_VALUE || type == BY_REFERENCE, MLS_ERR_PROPOSAL_OR_REF);
    out->by_reference = type == BY_REFERENCE;
    return out->by_reference ? base_read_opaque(proposals, &out->reference)
                             : mls_proposal_read(proposals, &out->proposal);
}

void mls_proposal_or_ref_write(struct base_writer *writer, const struct mls_proposal_or_ref *proposal) {
    if (proposal->by_reference) {
        base_write_u8(writer, BY_REFERENCE);
        base_write_opaque(writer, proposal->reference);
    } else {
        base_write_u8(writer, BY_VALUE);
        mls_proposal_write(writer, &proposal->proposal);
    }
}

base_result mls_commit_read(struct base_reader *reader, struct mls_commit *out) {
    BASE_TRY(base_read_opaque(reader, &out->proposals));
    struct base_reader proposals = base_reader(out->proposals);
    for (out->proposal_count = 0; proposals.left > 0; out->proposal_count++) {
        struct mls_proposal_or_ref proposal;
        BASE_TRY(mls_proposal_or_ref_next(&proposals, &proposal));
    }
    BASE_TRY(base_read_optional(reader, &out->has_path));
    return out->has_path ? mls_update_path_read(reader, &out->path) : BASE_OK;
}

base_result mls_commit_decode(struct base_slice bytes, struct mls_commit *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(mls_commit_read(&reader, out));
    return base_read_end(&reader);
}

void mls_commit_write(struct base_writer *writer, const struct mls_commit *commit) {
    base_write_opaque(writer, commit->proposals);
    base_write_optional(writer, commit->has_path);
    if (commit->has_path) {
        mls_update_path_write(writer, &commit->path);
    }
}
