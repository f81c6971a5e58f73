/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mls-interop: one process that plays any number of clients, by the operations of mls_client.proto
 * (mlswg/mls-implementations, interop/proto), each request and each reply a JSON object on a line of its own.
 *
 * An operation is a function that reads fields of its request and adds fields to its reply. The first error ends it
 * and becomes the reply.
 */
#ifndef INTEROP_H
#define INTEROP_H

#include <cjson/cJSON.h>

#include "mls/mls.h"

/** What a handle of the protocol stands for. All share one range of numbers. */
enum interop_kind {
    INTEROP_STATE,       /**< state_id: a member of a group */
    INTEROP_TRANSACTION, /**< transaction_id: a key package that waits for its Welcome */
    INTEROP_REINIT,      /**< reinit_id: the same, for the group that follows a closed one */
    INTEROP_SIGNER,      /**< signer_id: an external sender */
    INTEROP_FREED,       /**< no handle any more, but there may be groups with its context */
};

struct interop_psk {
    struct interop_psk *next;
    struct base_bytes id;
    struct base_bytes secret;
};

/** Somebody with a signature key. Which of the other fields are in use depends on the kind. */
struct interop_client {
    struct interop_client *next;
    uint32_t id;
    enum interop_kind kind;
    uint16_t suite;
    struct mls_context context; /**< of this client alone: its callbacks know its PSKs */
    struct mls_keypair signature_key;
    struct base_bytes identity; /**< of the basic credential */
    struct interop_psk *psks;
    struct mls_key_package_bundle bundle;
    struct mls_group *group;
    uint16_t next_suite; /**< INTEROP_STATE: what the ReInit that closed the group asks for */
    uint32_t closed;     /**< INTEROP_REINIT: the state_id of that group */
    bool public_handshake;
    /** Whose context the group has: of a group that was founded from another one, that one's. NULL: the client's own.
     */
    struct interop_client *owner;
};

/** The process. */
struct interop {
    const struct mls_provider *provider;
    struct interop_client *clients;
    uint32_t last_id;
};

/** A request while it runs. */
struct interop_request {
    struct interop *self;
    const cJSON *fields;
    cJSON *reply;
    struct interop_block *blocks; /**< what decoded fields borrow from */
};

/** An operation: a function, by its name in the protocol. */
struct interop_operation {
    const char *name;
    base_result (*run)(struct interop_request *request);
};

/** The operations, each table ended by one without a name. */
extern const struct interop_operation interop_group_operations[];
extern const struct interop_operation interop_proposal_operations[];
extern const struct interop_operation interop_commit_operations[];
extern const struct interop_operation interop_subgroup_operations[];

extern const struct base_error INTEROP_ERR_FIELD;     /**< a field is missing or not of its type */
extern const struct base_error INTEROP_ERR_OPERATION; /**< the operation is unknown */
extern const struct base_error INTEROP_ERR_HANDLE;    /**< there is no such state, transaction or signer */
extern const struct base_error INTEROP_ERR_MEMBER;    /**< no member has this identity */
extern const struct base_error INTEROP_ERR_MESSAGE;   /**< the message is not of the kind that the operation takes */

/* --------------------------------------------------------------------------------------- fields, request.c ---- */

/* As in proto3, a missing field has its type's zero. `object` is the request's fields or one of their objects. */
BASE_MUST_USE base_result interop_bytes(struct interop_request *request, const cJSON *object, const char *field,
                                        struct base_slice *out);
BASE_MUST_USE base_result interop_bytes_of(struct interop_request *request, const cJSON *item, struct base_slice *out);
BASE_MUST_USE base_result interop_number(const cJSON *object, const char *field, uint64_t max, uint64_t *out);
BASE_MUST_USE base_result interop_u16(const cJSON *object, const char *field, uint16_t *out);
BASE_MUST_USE base_result interop_u32(const cJSON *object, const char *field, uint32_t *out);
BASE_MUST_USE base_result interop_bool(const cJSON *object, const char *field, bool *out);
/** `*out` is NULL if it is missing. */
BASE_MUST_USE base_result interop_array(const cJSON *object, const char *field, const cJSON **out);
/** A list of `bytes`, as an array of slices until the request ends. */
BASE_MUST_USE base_result interop_bytes_list(struct interop_request *request, const cJSON *object, const char *field,
                                             const struct base_slice **out, size_t *count);
/** A list of Extension, as an array until the request ends. */
BASE_MUST_USE base_result interop_extensions(struct interop_request *request, const cJSON *object, const char *field,
                                             const struct mls_extension **out, size_t *count);

/** Zeroed memory until the request ends; NULL if memory is out. */
void *interop_take(struct interop_request *request, size_t count, size_t size);

BASE_MUST_USE base_result interop_reply_bytes(struct interop_request *request, const char *field,
                                              struct base_slice bytes);
BASE_MUST_USE base_result interop_reply_number(struct interop_request *request, const char *field, uint32_t number);

/** Frees what the fields were decoded to. */
void interop_request_end(struct interop_request *request);

/* --------------------------------------------------------------------------------------- clients, client.c ---- */

/** A new client with a new signature key. MLS_ERR_SUITE. Freed with interop_client_free(), unless kept. */
BASE_MUST_USE base_result interop_client_new(struct interop *self, uint16_t suite, struct base_slice identity,
                                             struct interop_client **out);
void interop_client_free(struct interop_client *client);
/** For BASE_CLEANUP. */
void interop_client_free_at(struct interop_client **client);

/** Gives the client a handle and the process the client. */
void interop_keep(struct interop *self, struct interop_client **client, enum interop_kind kind);

/** The client by the handle in `field`. INTEROP_ERR_FIELD, INTEROP_ERR_HANDLE. */
BASE_MUST_USE base_result interop_find(struct interop_request *request, const char *field, enum interop_kind kind,
                                       struct interop_client **out);
/** By its number. INTEROP_ERR_HANDLE. */
BASE_MUST_USE base_result interop_find_id(struct interop *self, uint32_t id, enum interop_kind kind,
                                          struct interop_client **out);

/** Ends a handle, with the group behind it. */
void interop_drop(struct interop_client *client);

/** Gives the client another kind, and a new handle with it. */
void interop_become(struct interop *self, struct interop_client *client, enum interop_kind kind);

/** For the client's group. */
BASE_MUST_USE base_result interop_add_psk(struct interop_client *client, struct base_slice id,
                                          struct base_slice secret);

/** Who the client is in a leaf. Borrows from it. */
struct mls_identity interop_identity(const struct interop_client *client);

/** Joins by a Welcome with the client's key package, which is gone then. `parent` may be NULL. */
BASE_MUST_USE base_result interop_join(struct interop_client *client, struct base_slice welcome,
                                       struct base_slice ratchet_tree, const struct mls_group *parent);

/** state_id and epoch_authenticator, which most replies have. */
BASE_MUST_USE base_result interop_reply_state(struct interop_request *request, const struct interop_client *client);

/** The leaf of the member with this identity. INTEROP_ERR_MEMBER. */
BASE_MUST_USE base_result interop_find_leaf(const struct mls_group *group, struct base_slice identity, uint32_t *leaf);

/** Adds init_priv, encryption_priv and signature_priv of the client's key package. */
BASE_MUST_USE base_result interop_reply_private_keys(struct interop_request *request,
                                                     const struct interop_client *client);

/** A key package for the client. */
BASE_MUST_USE base_result interop_make_key_package(struct interop_client *client);

/* ----------------------------------------------------------------------------------- proposals, proposals.c ---- */

/** Reads a ProposalDescription. `group` says who a removed_id is; NULL: nobody. Valid until the request ends. */
BASE_MUST_USE base_result interop_description(struct interop_request *request, const cJSON *description,
                                              const struct mls_group *group, struct mls_proposal_input *out);

#endif
