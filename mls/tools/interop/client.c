/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clients behind the handles.
 */
#include <string.h>

#include "group/bundle.h"
#include "interop.h"

BASE_DEFINE_ERROR(INTEROP_ERR_HANDLE, BASE_USAGE, 0, "there is no such state, transaction or signer");
BASE_DEFINE_ERROR(INTEROP_ERR_MEMBER, BASE_USAGE, 0, "no member of the group has this identity");
BASE_DEFINE_ERROR(INTEROP_ERR_MESSAGE, BASE_USAGE, 0, "the message is not of the kind that the operation takes");

/* The PSK of this client, if it was stored. */
static base_result find_psk(void *user, const struct mls_psk_query *query, struct base_bytes *out) {
    const struct interop_client *client = user;
    for (const struct interop_psk *psk = client->psks; psk != NULL; psk = psk->next) {
        if (query->external && base_slice_equal(query->psk_id, base_borrow(&psk->id))) {
            return base_bytes_copy(base_allocator_libc(), base_borrow(&psk->secret), out);
        }
    }
    return &MLS_ERR_PSK_UNKNOWN;
}

base_result interop_client_new(struct interop *self, uint16_t suite, struct base_slice identity,
                               struct interop_client **out) {
    struct interop_client *BASE_CLEANUP(interop_client_free_at) client =
        base_take(base_allocator_libc(), 1, sizeof *client);
    BASE_ENSURE(client != NULL, BASE_ERR_NO_MEMORY);
    client->suite = suite;
    client->context = (struct mls_context){
        .allocator = base_allocator_libc(),
        .provider = self->provider,
        .random = base_random_system(),
        .clock = base_clock_system(),
        .limits.lifetime_max = UINT64_MAX, /* other implementations give out key packages for ever */
        .callbacks = { .user = client, .psk = find_psk },
    };
    BASE_TRY(base_bytes_copy(base_allocator_libc(), identity, &client->identity));
    BASE_TRY(mls_signature_key_create(&client->context, suite, &client->signature_key));
    *out = client;
    client = NULL;
    return BASE_OK;
}

void interop_client_free(struct interop_client *client) {
    if (client == NULL) {
        return;
    }
    while (client->psks != NULL) {
        struct interop_psk *psk = client->psks;
        client->psks = psk->next;
        base_bytes_free(&psk->id);
        base_bytes_free(&psk->secret);
        base_free(psk);
    }
    mls_group_free(client->group);
    mls_key_package_bundle_free(&client->bundle);
    base_bytes_free(&client->identity);
    base_free(client);
}

void interop_client_free_at(struct interop_client **client) {
    interop_client_free(*client);
    *client = NULL;
}

void interop_keep(struct interop *self, struct interop_client **client, enum interop_kind kind) {
    (*client)->next = self->clients;
    self->clients = *client;
    interop_become(self, *client, kind);
    *client = NULL;
}

void interop_become(struct interop *self, struct interop_client *client, enum interop_kind kind) {
    client->kind = kind;
    client->id = ++self->last_id;
}

base_result interop_find_id(struct interop *self, uint32_t id, enum interop_kind kind, struct interop_client **out) {
    for (struct interop_client *client = self->clients; client != NULL; client = client->next) {
        if (client->id == id && client->kind == kind) {
            *out = client;
            return BASE_OK;
        }
    }
    return &INTEROP_ERR_HANDLE;
}

base_result interop_find(struct interop_request *request, const char *field, enum interop_kind kind,
                         struct interop_client **out) {
    uint32_t id = 0;
    BASE_TRY(interop_u32(request->fields, field, &id));
    return interop_find_id(request->self, id, kind, out);
}

void interop_drop(struct interop_client *client) {
    client->kind = INTEROP_FREED;
    mls_group_free(client->group);
    client->group = NULL;
    mls_key_package_bundle_free(&client->bundle);
}

base_result interop_add_psk(struct interop_client *client, struct base_slice id, struct base_slice secret) {
    struct interop_psk *psk = base_take(base_allocator_libc(), 1, sizeof *psk);
    BASE_ENSURE(psk != NULL, BASE_ERR_NO_MEMORY);
    struct interop_client *owner = client->owner == NULL ? client : client->owner;
    psk->next = owner->psks;
    owner->psks = psk;
    BASE_TRY(base_bytes_copy(base_allocator_libc(), id, &psk->id));
    return base_bytes_copy(base_allocator_libc(), secret, &psk->secret);
}

struct mls_identity interop_identity(const struct interop_client *client) {
    return (struct mls_identity){
        .credential = { MLS_CREDENTIAL_BASIC, base_borrow(&client->identity) },
        .signature_key = &client->signature_key,
    };
}

base_result interop_make_key_package(struct interop_client *client) {
    const struct mls_identity identity = interop_identity(client);
    return mls_key_package_bundle_create(&client->context, client->suite, &identity, NULL, &client->bundle);
}

static base_result lend_key_package(void *user, struct base_slice ref, struct base_slice *private_part) {
    const struct interop_client *client = user;
    const bool ours = base_slice_equal(ref, mls_secret_slice(&client->bundle.ref));
    *private_part = ours ? base_borrow(&client->bundle.private_part) : base_slice(NULL, 0);
    return BASE_OK;
}

base_result interop_join(struct interop_client *client, struct base_slice welcome, struct base_slice ratchet_tree,
                         const struct mls_group *parent) {
    const struct mls_join_options options = {
        .key_package = lend_key_package,
        .user = client,
        .signature_key = &client->signature_key,
        .ratchet_tree = ratchet_tree,
        .parent = parent,
        .public_handshake = client->public_handshake,
    };
    BASE_TRY(mls_group_join(&client->context, welcome, &options, NULL, &client->group));
    mls_key_package_bundle_free(&client->bundle);
    return BASE_OK;
}

base_result interop_reply_state(struct interop_request *request, const struct interop_client *client) {
    BASE_TRY(interop_reply_number(request, "state_id", client->id));
    return interop_reply_bytes(request, "epoch_authenticator", mls_group_epoch_authenticator(client->group));
}

base_result interop_find_leaf(const struct mls_group *group, struct base_slice identity, uint32_t *leaf) {
    struct mls_member member;
    for (*leaf = 0; mls_group_next_member(group, leaf, &member); (*leaf)++) {
        if (base_slice_equal(member.credential.content, identity)) {
            return BASE_OK;
        }
    }
    return &INTEROP_ERR_MEMBER;
}

base_result interop_reply_private_keys(struct interop_request *request, const struct interop_client *client) {
    struct mls_own_package BASE_CLEANUP(mls_own_package_wipe) own;
    memset(&own, 0, sizeof own);
    BASE_TRY(mls_own_package_read(base_borrow(&client->bundle.private_part), &own));
    BASE_TRY(interop_reply_bytes(request, "init_priv", mls_private_key_slice(&own.keys.init.private_key)));
    BASE_TRY(interop_reply_bytes(request, "encryption_priv", mls_private_key_slice(&own.keys.encryption.private_key)));
    return interop_reply_bytes(request, "signature_priv", mls_private_key_slice(&client->signature_key.private_key));
}
