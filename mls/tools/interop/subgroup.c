/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups from groups: re-initialisation (§11.2) and branching (§11.3).
 */
#include "commits.h"

/* --------------------------------------------------------------------------------------- re-initialisation ---- */

/* After the commit that closed the group: a key package for the group that follows, by a client with the same
 * identity. */
static base_result prepare_reinit(struct interop_request *request, const struct interop_client *closed) {
    struct interop_client *BASE_CLEANUP(interop_client_free_at) client = NULL;
    BASE_ENSURE(mls_group_state(closed->group) == MLS_GROUP_REINITIALIZED, INTEROP_ERR_MESSAGE);
    BASE_TRY(interop_client_new(request->self, closed->next_suite, base_borrow(&closed->identity), &client));
    client->closed = closed->id;
    client->public_handshake = closed->public_handshake;
    BASE_TRY(interop_make_key_package(client));
    BASE_TRY(interop_reply_bytes(request, "key_package", base_borrow(&client->bundle.message)));
    BASE_TRY(interop_reply_bytes(request, "epoch_authenticator", mls_group_epoch_authenticator(closed->group)));
    interop_keep(request->self, &client, INTEROP_REINIT);
    return interop_reply_number(request, "reinit_id", request->self->last_id);
}

static base_result handle_pending_reinit_commit(struct interop_request *request) {
    struct interop_client *client = NULL;
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    BASE_TRY(interop_merge_pending(client));
    return prepare_reinit(request, client);
}

static base_result handle_reinit_commit(struct interop_request *request) {
    struct interop_client *client = NULL;
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    BASE_TRY(interop_apply_commit(request, client));
    return prepare_reinit(request, client);
}

/* CreateSubgroupResponse: the client founded a group from that of `parent`. */
static base_result reply_founded(struct interop_request *request, struct interop_client *client,
                                 struct interop_client *parent, const struct mls_commit_output *output) {
    client->owner = parent->owner == NULL ? parent : parent->owner;
    bool external_tree = false;
    struct base_bytes BASE_CLEANUP(base_bytes_free) tree = { 0 };
    BASE_TRY(interop_bool(request->fields, "external_tree", &external_tree));
    if (external_tree) {
        BASE_TRY(mls_group_ratchet_tree(client->group, &tree));
    }
    BASE_TRY(interop_reply_bytes(request, "welcome", base_borrow(&output->welcome)));
    BASE_TRY(interop_reply_bytes(request, "ratchet_tree", base_borrow(&tree)));
    return interop_reply_state(request, client);
}

static base_result find_reinit(struct interop_request *request, struct interop_client **client,
                               struct interop_client **closed) {
    BASE_TRY(interop_find(request, "reinit_id", INTEROP_REINIT, client));
    return interop_find_id(request->self, (*client)->closed, INTEROP_STATE, closed);
}

static base_result reinit_welcome(struct interop_request *request) {
    struct interop_client *client = NULL;
    struct interop_client *closed = NULL;
    const struct base_slice *key_packages = NULL;
    size_t count = 0;
    struct mls_commit_output BASE_CLEANUP(mls_commit_output_free) output = { 0 };
    BASE_TRY(find_reinit(request, &client, &closed));
    BASE_TRY(interop_bytes_list(request, request->fields, "key_package", &key_packages, &count));
    const struct mls_identity identity = interop_identity(client);
    BASE_TRY(mls_group_reinit(closed->group, &identity, key_packages, count, client->public_handshake, &client->group,
                              &output));
    interop_become(request->self, client, INTEROP_STATE);
    return reply_founded(request, client, closed, &output);
}

static base_result handle_reinit_welcome(struct interop_request *request) {
    struct interop_client *client = NULL;
    struct interop_client *closed = NULL;
    struct base_slice welcome = { 0 };
    struct base_slice ratchet_tree = { 0 };
    BASE_TRY(find_reinit(request, &client, &closed));
    BASE_TRY(interop_bytes(request, request->fields, "welcome", &welcome));
    BASE_TRY(interop_bytes(request, request->fields, "ratchet_tree", &ratchet_tree));
    BASE_TRY(interop_join(client, welcome, ratchet_tree, closed->group));
    interop_become(request->self, client, INTEROP_STATE);
    return interop_reply_state(request, client);
}

/* ----------------------------------------------------------------------------------------------- branching ---- */

static base_result create_branch(struct interop_request *request) {
    struct interop_client *parent = NULL;
    struct interop_client *BASE_CLEANUP(interop_client_free_at) client = NULL;
    struct base_slice group_id = { 0 };
    const struct base_slice *key_packages = NULL;
    size_t count = 0;
    struct mls_group_options options = { 0 };
    struct mls_commit_output BASE_CLEANUP(mls_commit_output_free) output = { 0 };
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &parent));
    BASE_TRY(interop_bytes(request, request->fields, "group_id", &group_id));
    BASE_TRY(interop_bytes_list(request, request->fields, "key_packages", &key_packages, &count));
    BASE_TRY(interop_extensions(request, request->fields, "extensions", &options.extensions, &options.extension_count));
    BASE_TRY(interop_client_new(request->self, parent->suite, base_borrow(&parent->identity), &client));
    client->public_handshake = parent->public_handshake;
    options.public_handshake = parent->public_handshake;
    const struct mls_identity identity = interop_identity(client);
    BASE_TRY(
        mls_group_branch(parent->group, group_id, &identity, key_packages, count, &options, &client->group, &output));
    struct interop_client *kept = client;
    interop_keep(request->self, &client, INTEROP_STATE);
    return reply_founded(request, kept, parent, &output);
}

static base_result handle_branch(struct interop_request *request) {
    struct interop_client *parent = NULL;
    struct interop_client *client = NULL;
    struct base_slice welcome = { 0 };
    struct base_slice ratchet_tree = { 0 };
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &parent));
    BASE_TRY(interop_find(request, "transaction_id", INTEROP_TRANSACTION, &client));
    BASE_TRY(interop_bytes(request, request->fields, "welcome", &welcome));
    BASE_TRY(interop_bytes(request, request->fields, "ratchet_tree", &ratchet_tree));
    client->public_handshake = parent->public_handshake;
    BASE_TRY(interop_join(client, welcome, ratchet_tree, parent->group));
    interop_become(request->self, client, INTEROP_STATE);
    return interop_reply_state(request, client);
}

const struct interop_operation interop_subgroup_operations[] = {
    { "HandlePendingReInitCommit", handle_pending_reinit_commit },
    { "HandleReInitCommit", handle_reinit_commit },
    { "ReInitWelcome", reinit_welcome },
    { "HandleReInitWelcome", handle_reinit_welcome },
    { "CreateBranch", create_branch },
    { "HandleBranch", handle_branch },
    { 0 },
};
