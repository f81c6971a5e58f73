/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits, made and handled; those that close a group for its re-initialisation too.
 */
#include "commits.h"

/* Proposals as they came over the wire; the own ones among them are known already. */
static base_result handle_proposals(struct interop_request *request, struct mls_group *group, const char *field) {
    const struct base_slice *proposals = NULL;
    size_t count = 0;
    BASE_TRY(interop_bytes_list(request, request->fields, field, &proposals, &count));
    for (size_t i = 0; i < count; i++) {
        struct mls_event BASE_CLEANUP(mls_event_free) event = { 0 };
        BASE_TRY(mls_group_process(group, proposals[i], &event));
        BASE_ENSURE(event.kind == MLS_EVENT_PROPOSAL || event.kind == MLS_EVENT_OWN, INTEROP_ERR_MESSAGE);
    }
    return BASE_OK;
}

static base_result read_descriptions(struct interop_request *request, const struct mls_group *group,
                                     struct mls_commit_options *options) {
    const cJSON *array = NULL;
    BASE_TRY(interop_array(request->fields, "by_value", &array));
    options->proposal_count = (size_t)cJSON_GetArraySize(array);
    struct mls_proposal_input *list = interop_take(request, options->proposal_count, sizeof *list);
    BASE_ENSURE(list != NULL, BASE_ERR_NO_MEMORY);
    size_t i = 0;
    for (const cJSON *item = array == NULL ? NULL : array->child; item != NULL; item = item->next, i++) {
        BASE_TRY(interop_description(request, item, group, &list[i]));
    }
    options->proposals = list;
    return BASE_OK;
}

static base_result commit(struct interop_request *request) {
    struct interop_client *client = NULL;
    bool external_tree = false;
    struct mls_commit_options options = { 0 };
    struct mls_commit_output BASE_CLEANUP(mls_commit_output_free) output = { 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) tree = { 0 };
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    BASE_TRY(interop_bool(request->fields, "force_path", &options.force_path));
    BASE_TRY(interop_bool(request->fields, "external_tree", &external_tree));
    options.welcome_without_tree = external_tree;
    BASE_TRY(handle_proposals(request, client->group, "by_reference"));
    BASE_TRY(read_descriptions(request, client->group, &options));
    mls_group_discard_pending(client->group); /* a commit that was never sent */
    BASE_TRY(mls_group_commit(client->group, &options, &output));
    if (external_tree) {
        BASE_TRY(mls_staged_ratchet_tree(mls_group_pending(client->group), &tree));
    }
    BASE_TRY(interop_reply_bytes(request, "commit", base_borrow(&output.message)));
    BASE_TRY(interop_reply_bytes(request, "welcome", base_borrow(&output.welcome)));
    return interop_reply_bytes(request, "ratchet_tree", base_borrow(&tree));
}

static void note_reinit(struct interop_client *client, const struct mls_staged *staged) {
    for (size_t i = 0; i < mls_staged_proposal_count(staged); i++) {
        const struct mls_proposal_view proposal = mls_staged_proposal(staged, i);
        if (proposal.type == MLS_PROPOSAL_REINIT) {
            client->next_suite = proposal.new_suite;
        }
    }
}

base_result interop_merge_pending(struct interop_client *client) {
    if (mls_group_pending(client->group) != NULL) {
        note_reinit(client, mls_group_pending(client->group));
    }
    return mls_group_merge_pending(client->group);
}

base_result interop_apply_commit(struct interop_request *request, struct interop_client *client) {
    struct base_slice message = { 0 };
    struct mls_event BASE_CLEANUP(mls_event_free) event = { 0 };
    BASE_TRY(handle_proposals(request, client->group, "proposal"));
    BASE_TRY(interop_bytes(request, request->fields, "commit", &message));
    BASE_TRY(mls_group_process(client->group, message, &event));
    if (event.kind == MLS_EVENT_OWN_COMMIT) {
        return interop_merge_pending(client);
    }
    BASE_ENSURE(event.kind == MLS_EVENT_COMMIT, INTEROP_ERR_MESSAGE);
    note_reinit(client, event.staged);
    return mls_group_apply(client->group, &event.staged);
}

static base_result handle_commit(struct interop_request *request) {
    struct interop_client *client = NULL;
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    BASE_TRY(interop_apply_commit(request, client));
    return interop_reply_state(request, client);
}

static base_result handle_pending_commit(struct interop_request *request) {
    struct interop_client *client = NULL;
    BASE_TRY(interop_find(request, "state_id", INTEROP_STATE, &client));
    BASE_TRY(interop_merge_pending(client));
    return interop_reply_state(request, client);
}

const struct interop_operation interop_commit_operations[] = {
    { "Commit", commit },
    { "ReInitCommit", commit },
    { "HandleCommit", handle_commit },
    { "HandlePendingCommit", handle_pending_commit },
    { 0 },
};
