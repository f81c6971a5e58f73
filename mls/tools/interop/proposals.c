/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proposals: of members, of external senders and of who wants to become a member.
 */
#include <string.h>

#include "base/writer.h"
#include "interop.h"

/* `proposal_type` is "bytes": text in base64. Text as it is, which is no base64, is taken too. */
static base_result description_type(struct interop_request *request, const cJSON *description, char out[32]) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(description, "proposal_type");
    BASE_ENSURE(cJSON_IsString(item), INTEROP_ERR_FIELD);
    struct base_slice text = { 0 };
    if (interop_bytes_of(request, item, &text) != BASE_OK) {
        text = base_slice_text(item->valuestring);
    }
    BASE_ENSURE(text.len < 32, INTEROP_ERR_FIELD);
    memset(out, 0, 32);
    if (text.len != 0) {
        memcpy(out, text.data, text.len);
    }
    return BASE_OK;
}

static base_result read_reinit(struct interop_request *request, const cJSON *fields, struct mls_proposal_input *out) {
    out->type = MLS_PROPOSAL_REINIT;
    BASE_TRY(interop_bytes(request, fields, "group_id", &out->new_group_id));
    BASE_TRY(interop_u16(fields, "cipher_suite", &out->new_suite));
    return interop_extensions(request, fields, "extensions", &out->extensions, &out->extension_count);
}

static base_result read_removed(struct interop_request *request, const cJSON *fields, const struct mls_group *group,
                                struct mls_proposal_input *out) {
    struct base_slice identity = { 0 };
    out->type = MLS_PROPOSAL_REMOVE;
    BASE_TRY(interop_bytes(request, fields, "removed_id", &identity));
    BASE_ENSURE(group != NULL, INTEROP_ERR_MEMBER);
    return interop_find_leaf(group, identity, &out->removed);
}

base_result interop_description(struct interop_request *request, const cJSON *description,
                                const struct mls_group *group, struct mls_proposal_input *out) {
    char type[32];
    *out = (struct mls_proposal_input){ 0 };
    BASE_TRY(description_type(request, description, type));
    if (strcmp(type, "add") == 0) {
        out->type = MLS_PROPOSAL_ADD;
        return interop_bytes(request, description, "key_package", &out->key_package);
    }
    if (strcmp(type, "remove") == 0) {
        return read_removed(request, description, group, out);
    }
    if (strcmp(type, "externalPSK") == 0) {
        out->type = MLS_PROPOSAL_PSK;
        return interop_bytes(request, description, "psk_id", &out->psk_id);
    }
    if (strcmp(type, "resumptionPSK") == 0) {
        out->type = MLS_PROPOSAL_PSK;
        return interop_number(description, "epoch_id", UINT64_MAX, &out->psk_epoch);
    }
    if (strcmp(type, "groupContextExtensions") == 0) {
        out->type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
        return interop_extensions(request, description, "extensions", &out->extensions, &out->extension_count);
    }
    BASE_ENSURE(strcmp(type, "reinit") == 0, INTEROP_ERR_FIELD);
    return read_reinit(request, description, out);
}

/* Sends a proposal of the member in `state_id`. */
static base_result propose(struct interop_request *request, const struct mls_proposal_input *proposal) {
    struct interop_client *client = NULL;
    struct base_bytes BASE_CLEANUP(base_bytes_free) message = { 0 };
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    BASE_TRY(mls_group_propose(client->group, proposal, NULL, &message));
    return interop_reply_bytes(request, "proposal", base_borrow(&message));
}

static base_result add_proposal(struct interop_request *request) {
    struct mls_proposal_input proposal = { .type = MLS_PROPOSAL_ADD };
    BASE_TRY(interop_bytes(request, request->fields, "key_package", &proposal.key_package));
    return propose(request, &proposal);
}

static base_result update_proposal(struct interop_request *request) {
    return propose(request, &(struct mls_proposal_input){ .type = MLS_PROPOSAL_UPDATE });
}

static base_result remove_proposal(struct interop_request *request) {
    struct interop_client *client = NULL;
    struct mls_proposal_input proposal = { 0 };
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    BASE_TRY(read_removed(request, request->fields, client->group, &proposal));
    return propose(request, &proposal);
}

static base_result external_psk_proposal(struct interop_request *request) {
    struct mls_proposal_input proposal = { .type = MLS_PROPOSAL_PSK };
    BASE_TRY(interop_bytes(request, request->fields, "psk_id", &proposal.psk_id));
    return propose(request, &proposal);
}

static base_result resumption_psk_proposal(struct interop_request *request) {
    struct mls_proposal_input proposal = { .type = MLS_PROPOSAL_PSK };
    BASE_TRY(interop_number(request->fields, "epoch_id", UINT64_MAX, &proposal.psk_epoch));
    return propose(request, &proposal);
}

static base_result group_context_extensions_proposal(struct interop_request *request) {
    struct mls_proposal_input proposal = { .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS };
    BASE_TRY(
        interop_extensions(request, request->fields, "extensions", &proposal.extensions, &proposal.extension_count));
    return propose(request, &proposal);
}

static base_result reinit_proposal(struct interop_request *request) {
    struct mls_proposal_input proposal = { 0 };
    BASE_TRY(read_reinit(request, request->fields, &proposal));
    return propose(request, &proposal);
}

/* ------------------------------------------------------------------------------------------ from outside ---- */

/* The head of the GroupInfo in the request: which group, which epoch. */
static base_result read_group_info(struct interop_request *request, struct mls_message_head *out) {
    struct base_slice group_info = { 0 };
    BASE_TRY(interop_bytes(request, request->fields, "group_info", &group_info));
    BASE_TRY(mls_message_peek(group_info, out));
    BASE_ENSURE(out->wire == MLS_GROUP_INFO, INTEROP_ERR_MESSAGE);
    return BASE_OK;
}

static base_result new_member_add_proposal(struct interop_request *request) {
    struct interop_client *BASE_CLEANUP(interop_client_free_at) client = NULL;
    struct mls_message_head head = { 0 };
    struct base_slice identity = { 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) proposal = { 0 };
    BASE_TRY(read_group_info(request, &head));
    BASE_TRY(interop_bytes(request, request->fields, "identity", &identity));
    BASE_TRY(interop_client_new(request->self, head.suite, identity, &client));
    BASE_TRY(interop_make_key_package(client));
    BASE_TRY(mls_propose_new_member(&client->context, head.group_id, head.epoch, base_borrow(&client->bundle.message),
                                    &client->signature_key, &proposal));
    BASE_TRY(interop_reply_bytes(request, "proposal", base_borrow(&proposal)));
    BASE_TRY(interop_reply_private_keys(request, client));
    interop_keep(request->self, &client, INTEROP_TRANSACTION);
    return interop_reply_number(request, "transaction_id", request->self->last_id);
}

static base_result create_external_signer(struct interop_request *request) {
    struct interop_client *BASE_CLEANUP(interop_client_free_at) client = NULL;
    struct base_slice identity = { 0 };
    uint16_t suite = 0;
    BASE_TRY(interop_u16(request->fields, "cipher_suite", &suite));
    BASE_TRY(interop_bytes(request, request->fields, "identity", &identity));
    BASE_TRY(interop_client_new(request->self, suite, identity, &client));
    /* ExternalSender (§12.1.8.1). */
    struct base_bytes BASE_CLEANUP(base_bytes_free) sender = { 0 };
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), 1U << 16);
    base_write_opaque(&writer, mls_public_key_slice(&client->signature_key.public_key));
    base_write_u16(&writer, MLS_CREDENTIAL_BASIC);
    base_write_opaque(&writer, identity);
    BASE_TRY(base_writer_finish(&writer, &sender));
    BASE_TRY(interop_reply_bytes(request, "external_sender", base_borrow(&sender)));
    interop_keep(request->self, &client, INTEROP_SIGNER);
    return interop_reply_number(request, "signer_id", request->self->last_id);
}

/* The group's extensions with one more external sender. */
static base_result with_external_sender(struct interop_request *request, const struct mls_group *group,
                                        struct base_slice sender, struct mls_proposal_input *out, uint32_t *index) {
    struct base_slice encoded = { 0 };
    struct mls_extension *list = interop_take(request, 1, sizeof *list);
    BASE_ENSURE(list != NULL, BASE_ERR_NO_MEMORY);
    *index = 0;
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), 1U << 20);
    const size_t mark = base_write_vector_begin(&writer);
    if (mls_group_extension(group, MLS_EXTENSION_EXTERNAL_SENDERS, &encoded)) {
        struct base_reader outer = base_reader(encoded);
        struct base_slice senders = { 0 };
        BASE_TRY(base_read_opaque(&outer, &senders));
        base_write_slice(&writer, senders);
        /* Each one is a key and a credential, which is a number and a vector. */
        for (struct base_reader reader = base_reader(senders); reader.left != 0; (*index)++) {
            struct base_slice skipped = { 0 };
            uint16_t type = 0;
            BASE_TRY(base_read_opaque(&reader, &skipped));
            BASE_TRY(base_read_u16(&reader, &type));
            BASE_TRY(base_read_opaque(&reader, &skipped));
        }
    }
    base_write_slice(&writer, sender);
    base_write_vector_end(&writer, mark);
    const struct base_slice written = base_writer_view(&writer);
    uint8_t *data = interop_take(request, written.len, 1);
    BASE_ENSURE(data != NULL && written.len != 0, BASE_ERR_NO_MEMORY);
    memcpy(data, written.data, written.len);
    list[0] = (struct mls_extension){ MLS_EXTENSION_EXTERNAL_SENDERS, base_slice(data, written.len) };
    out->type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
    out->extensions = list;
    out->extension_count = 1;
    return BASE_OK;
}

static base_result add_external_signer(struct interop_request *request) {
    struct interop_client *client = NULL;
    struct base_slice sender = { 0 };
    struct mls_proposal_input proposal = { 0 };
    uint32_t index = 0;
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    BASE_TRY(interop_bytes(request, request->fields, "external_sender", &sender));
    BASE_TRY(with_external_sender(request, client->group, sender, &proposal, &index));
    BASE_TRY(interop_reply_number(request, "signer_index", index));
    return propose(request, &proposal);
}

static base_result external_signer_proposal(struct interop_request *request) {
    struct interop_client *client = NULL;
    struct mls_message_head head = { 0 };
    struct mls_proposal_input proposal = { 0 };
    struct base_slice group_info = { 0 };
    struct base_slice ratchet_tree = { 0 };
    uint32_t index = 0;
    struct base_bytes BASE_CLEANUP(base_bytes_free) message = { 0 };
    BASE_TRY(interop_find(request, "signer_id", INTEROP_SIGNER, &client));
    BASE_TRY(interop_u32(request->fields, "signer_index", &index));
    BASE_TRY(read_group_info(request, &head));
    BASE_TRY(interop_bytes(request, request->fields, "group_info", &group_info));
    BASE_TRY(interop_bytes(request, request->fields, "ratchet_tree", &ratchet_tree));
    const cJSON *description = cJSON_GetObjectItemCaseSensitive(request->fields, "description");
    /* Who a removed identity is, the group as it is seen from outside says. */
    mls_group_free(client->group);
    client->group = NULL;
    BASE_TRY(mls_group_follow(&client->context, group_info, ratchet_tree, &client->group));
    BASE_TRY(interop_description(request, description, client->group, &proposal));
    BASE_TRY(mls_propose_external(&client->context, head.suite, head.group_id, head.epoch, index,
                                  &client->signature_key, &proposal, &message));
    return interop_reply_bytes(request, "proposal", base_borrow(&message));
}

const struct interop_operation interop_proposal_operations[] = {
    { "AddProposal", add_proposal },
    { "UpdateProposal", update_proposal },
    { "RemoveProposal", remove_proposal },
    { "ExternalPSKProposal", external_psk_proposal },
    { "ResumptionPSKProposal", resumption_psk_proposal },
    { "GroupContextExtensionsProposal", group_context_extensions_proposal },
    { "ReInitProposal", reinit_proposal },
    { "NewMemberAddProposal", new_member_add_proposal },
    { "CreateExternalSigner", create_external_signer },
    { "AddExternalSigner", add_external_signer },
    { "ExternalSignerProposal", external_signer_proposal },
    { 0 },
};
