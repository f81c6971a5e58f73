/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To become a member, and what a member does without changing the group.
 */
#include "interop.h"

static base_result name(struct interop_request *request) {
    BASE_ENSURE(cJSON_AddStringToObject(request->reply, "name", "libmls") != NULL, BASE_ERR_NO_MEMORY);
    return BASE_OK;
}

static base_result supported_ciphersuites(struct interop_request *request) {
    cJSON *array = cJSON_AddArrayToObject(request->reply, "ciphersuites");
    BASE_ENSURE(array != NULL, BASE_ERR_NO_MEMORY);
    const struct mls_provider *provider = request->self->provider;
    for (uint16_t id = 1; mls_suite(id) != NULL; id++) {
        const bool supported = provider->supports(provider->user, mls_suite(id));
        BASE_ENSURE(!supported || cJSON_AddItemToArray(array, cJSON_CreateNumber(id)), BASE_ERR_NO_MEMORY);
    }
    return BASE_OK;
}

/* The new client that a request asks for. */
static base_result new_client(struct interop_request *request, uint16_t suite, struct interop_client **out) {
    struct base_slice identity = { 0 };
    bool encrypt_handshake = false;
    BASE_TRY(interop_bytes(request, request->fields, "identity", &identity));
    BASE_TRY(interop_bool(request->fields, "encrypt_handshake", &encrypt_handshake));
    BASE_TRY(interop_client_new(request->self, suite, identity, out));
    (*out)->public_handshake = !encrypt_handshake;
    return BASE_OK;
}

static base_result create_group(struct interop_request *request) {
    struct interop_client *BASE_CLEANUP(interop_client_free_at) client = NULL;
    struct base_slice group_id = { 0 };
    uint16_t suite = 0;
    BASE_TRY(interop_bytes(request, request->fields, "group_id", &group_id));
    BASE_TRY(interop_u16(request->fields, "cipher_suite", &suite));
    BASE_TRY(new_client(request, suite, &client));
    const struct mls_identity identity = interop_identity(client);
    const struct mls_group_options options = { .public_handshake = client->public_handshake };
    BASE_TRY(mls_group_create(&client->context, suite, group_id, &identity, &options, &client->group));
    interop_keep(request->self, &client, INTEROP_STATE);
    return interop_reply_number(request, "state_id", request->self->last_id);
}

static base_result create_key_package(struct interop_request *request) {
    struct interop_client *BASE_CLEANUP(interop_client_free_at) client = NULL;
    uint16_t suite = 0;
    BASE_TRY(interop_u16(request->fields, "cipher_suite", &suite));
    BASE_TRY(new_client(request, suite, &client));
    BASE_TRY(interop_make_key_package(client));
    BASE_TRY(interop_reply_bytes(request, "key_package", base_borrow(&client->bundle.message)));
    BASE_TRY(interop_reply_private_keys(request, client));
    interop_keep(request->self, &client, INTEROP_TRANSACTION);
    return interop_reply_number(request, "transaction_id", request->self->last_id);
}

static base_result join_group(struct interop_request *request) {
    struct interop_client *client = NULL;
    struct base_slice welcome = { 0 };
    struct base_slice ratchet_tree = { 0 };
    bool encrypt_handshake = false;
    BASE_TRY(interop_find(request, "transaction_id", INTEROP_TRANSACTION, &client));
    BASE_TRY(interop_bytes(request, request->fields, "welcome", &welcome));
    BASE_TRY(interop_bytes(request, request->fields, "ratchet_tree", &ratchet_tree));
    BASE_TRY(interop_bool(request->fields, "encrypt_handshake", &encrypt_handshake));
    client->public_handshake = !encrypt_handshake;
    BASE_TRY(interop_join(client, welcome, ratchet_tree, NULL));
    interop_become(request->self, client, INTEROP_STATE);
    return interop_reply_state(request, client);
}

static base_result add_psks(struct interop_request *request, struct interop_client *client,
                            const struct base_slice **ids, size_t *count) {
    const cJSON *array = NULL;
    BASE_TRY(interop_array(request->fields, "psks", &array));
    *count = (size_t)cJSON_GetArraySize(array);
    struct base_slice *list = interop_take(request, *count, sizeof *list);
    BASE_ENSURE(list != NULL, BASE_ERR_NO_MEMORY);
    size_t i = 0;
    for (const cJSON *item = array == NULL ? NULL : array->child; item != NULL; item = item->next, i++) {
        struct base_slice secret = { 0 };
        BASE_TRY(interop_bytes(request, item, "psk_id", &list[i]));
        BASE_TRY(interop_bytes(request, item, "psk_secret", &secret));
        BASE_TRY(interop_add_psk(client, list[i], secret));
    }
    *ids = list;
    return BASE_OK;
}

static base_result external_join(struct interop_request *request) {
    struct interop_client *BASE_CLEANUP(interop_client_free_at) client = NULL;
    struct base_slice group_info = { 0 };
    struct mls_message_head head = { 0 };
    struct mls_external_options options = { 0 };
    BASE_TRY(interop_bytes(request, request->fields, "group_info", &group_info));
    BASE_TRY(interop_bytes(request, request->fields, "ratchet_tree", &options.ratchet_tree));
    BASE_TRY(interop_bool(request->fields, "remove_prior", &options.resync));
    BASE_TRY(mls_message_peek(group_info, &head));
    BASE_ENSURE(head.wire == MLS_GROUP_INFO, INTEROP_ERR_MESSAGE);
    BASE_TRY(new_client(request, head.suite, &client));
    BASE_TRY(add_psks(request, client, &options.psk_ids, &options.psk_count));
    options.public_handshake = client->public_handshake;
    const struct mls_identity identity = interop_identity(client);
    struct base_bytes BASE_CLEANUP(base_bytes_free) commit = { 0 };
    BASE_TRY(mls_group_join_external(&client->context, group_info, &identity, &options, &client->group, &commit));
    BASE_TRY(interop_reply_bytes(request, "commit", base_borrow(&commit)));
    struct interop_client *kept = client;
    interop_keep(request->self, &client, INTEROP_STATE);
    return interop_reply_state(request, kept);
}

static base_result group_info(struct interop_request *request) {
    struct interop_client *client = NULL;
    bool external_tree = false;
    struct base_bytes BASE_CLEANUP(base_bytes_free) info = { 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) tree = { 0 };
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    BASE_TRY(interop_bool(request->fields, "external_tree", &external_tree));
    const struct mls_group_info_options options = { .without_tree = external_tree };
    BASE_TRY(mls_group_info(client->group, &options, &info));
    if (external_tree) {
        BASE_TRY(mls_group_ratchet_tree(client->group, &tree));
    }
    BASE_TRY(interop_reply_bytes(request, "group_info", base_borrow(&info)));
    return interop_reply_bytes(request, "ratchet_tree", base_borrow(&tree));
}

static base_result state_auth(struct interop_request *request) {
    struct interop_client *client = NULL;
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    return interop_reply_bytes(request, "state_auth_secret", mls_group_epoch_authenticator(client->group));
}

/* More than a test asks for, less than an attacker's "uint32". */
#define EXPORT_MAX (255 * MLS_HASH_MAX)

static base_result export_secret(struct interop_request *request) {
    struct interop_client *client = NULL;
    struct base_slice context = { 0 };
    uint32_t len = 0;
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    const cJSON *label = cJSON_GetObjectItemCaseSensitive(request->fields, "label");
    BASE_ENSURE(label == NULL || cJSON_IsString(label), INTEROP_ERR_FIELD);
    BASE_TRY(interop_bytes(request, request->fields, "context", &context));
    BASE_TRY(interop_u32(request->fields, "key_length", &len));
    BASE_ENSURE(len <= EXPORT_MAX, BASE_ERR_TOO_LONG);
    uint8_t *out = interop_take(request, len, 1);
    BASE_ENSURE(out != NULL, BASE_ERR_NO_MEMORY);
    BASE_TRY(mls_group_export(client->group, label == NULL ? "" : label->valuestring, context, out, len));
    return interop_reply_bytes(request, "exported_secret", base_slice(out, len));
}

static base_result protect(struct interop_request *request) {
    struct interop_client *client = NULL;
    struct base_slice plaintext = { 0 };
    struct mls_send_options options = { 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) message = { 0 };
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    BASE_TRY(interop_bytes(request, request->fields, "authenticated_data", &options.authenticated_data));
    BASE_TRY(interop_bytes(request, request->fields, "plaintext", &plaintext));
    BASE_TRY(mls_group_encrypt(client->group, plaintext, &options, &message));
    return interop_reply_bytes(request, "ciphertext", base_borrow(&message));
}

static base_result unprotect(struct interop_request *request) {
    struct interop_client *client = NULL;
    struct base_slice ciphertext = { 0 };
    struct mls_event BASE_CLEANUP(mls_event_free) event = { 0 };
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    BASE_TRY(interop_bytes(request, request->fields, "ciphertext", &ciphertext));
    BASE_TRY(mls_group_process(client->group, ciphertext, &event));
    BASE_ENSURE(event.kind == MLS_EVENT_APPLICATION, INTEROP_ERR_MESSAGE);
    BASE_TRY(interop_reply_bytes(request, "authenticated_data", event.authenticated_data));
    return interop_reply_bytes(request, "plaintext", event.plaintext);
}

static base_result store_psk(struct interop_request *request) {
    static const char field[] = "state_or_transaction_id";
    struct interop_client *client = NULL;
    struct base_slice id = { 0 };
    struct base_slice secret = { 0 };
    if (interop_find(request, field, INTEROP_STATE, &client) != BASE_OK) {
        BASE_TRY(interop_find(request, field, INTEROP_TRANSACTION, &client));
    }
    BASE_TRY(interop_bytes(request, request->fields, "psk_id", &id));
    BASE_TRY(interop_bytes(request, request->fields, "psk_secret", &secret));
    return interop_add_psk(client, id, secret);
}

static base_result free_state(struct interop_request *request) {
    struct interop_client *client = NULL;
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    interop_drop(client);
    return BASE_OK;
}

const struct interop_operation interop_group_operations[] = {
    { "Name", name },
    { "SupportedCiphersuites", supported_ciphersuites },
    { "CreateGroup", create_group },
    { "CreateKeyPackage", create_key_package },
    { "JoinGroup", join_group },
    { "ExternalJoin", external_join },
    { "GroupInfo", group_info },
    { "StateAuth", state_auth },
    { "Export", export_secret },
    { "Protect", protect },
    { "Unprotect", unprotect },
    { "StorePSK", store_psk },
    { "Free", free_state },
    { 0 },
};
