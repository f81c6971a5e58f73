/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * JSON-RPC 2.0: lines in, and which method each is for. docs/api.md describes the methods; a test compares it with the
 * table here.
 */
#ifndef CORE_RPC_H
#define CORE_RPC_H

#include <cjson/cJSON.h>

#include "about.h"
#include "state.h"

/** Takes a line. While the home is being read, it waits. */
BASE_MUST_USE base_result rpc_line(struct weibel_core *core, struct base_slice line);

/** The home has been read: lines that waited are taken. */
BASE_MUST_USE base_result rpc_release(struct weibel_core *core);

/** Forgets the lines that waited. */
void rpc_free_held(struct weibel_core *core);

/** What a method does. It answers `call`, or keeps its id for later. `params` is never NULL. */
typedef base_result (*rpc_handler)(struct weibel_core *core, struct call *call, const cJSON *params);

struct rpc_method {
    const char *name;
    bool without_home;    /**< also answered when the home isn't open */
    bool without_account; /**< also answered before activation */
    rpc_handler handler;
};

/** Method number `index`, or NULL behind the last one. */
const struct rpc_method *rpc_method_at(size_t index);

/** Answers with an error. */
__attribute__((format(printf, 5, 6))) BASE_MUST_USE base_result rpc_refuse(struct weibel_core *core, struct call *call,
                                                                           enum trouble_code code, const char *name,
                                                                           const char *format, ...);

/** Answers `{}`. */
BASE_MUST_USE base_result rpc_answer_empty(struct weibel_core *core, struct call *call);

struct read;

/** Answers the call of a read with its messages, and whether there are more. */
BASE_MUST_USE base_result rpc_answer_messages(struct weibel_core *core, struct read *read);

/** Likewise of one that has read them from the end: turned round, and cut off where they get too long. */
BASE_MUST_USE base_result rpc_answer_history(struct weibel_core *core, struct read *read);

/** Searches that have waited begin. */
BASE_MUST_USE base_result rpc_search_release(struct weibel_core *core);

/** They are refused; and they are forgotten. */
BASE_MUST_USE base_result rpc_search_refuse(struct weibel_core *core, const struct trouble *trouble);
void rpc_search_free(struct weibel_core *core);

/* The handlers, by file. */
base_result rpc_status(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_create(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_unlock(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_passphrase(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_means_remove(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_lock(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_activate(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_whoami(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_connect(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_disconnect(struct weibel_core *core, struct call *call, const cJSON *params);

base_result rpc_send(struct weibel_core *core, struct call *call, const cJSON *params);

/** Looks for what the request in `read` refers to, and sends it: send_queue.h. The read is as for read_ask(). */
BASE_MUST_USE base_result rpc_send_begin(struct weibel_core *core, struct read *read);
base_result rpc_save(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_transfers(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_transfer_set(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_typing(struct weibel_core *core, struct call *call, const cJSON *params);

base_result rpc_edit(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_delete(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_react(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_retry(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_vote(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_poll_close(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_read(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_receipts(struct weibel_core *core, struct call *call, const cJSON *params);

base_result rpc_receive(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_seen(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_chats(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_history(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_search(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_threads(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_message(struct weibel_core *core, struct call *call, const cJSON *params);

base_result rpc_group_create(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_group_add(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_group_remove(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_group_leave(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_group_info(struct weibel_core *core, struct call *call, const cJSON *params);

base_result rpc_group_set(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_group_role(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_chat_picture(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_device_list(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_device_link(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_device_remove(struct weibel_core *core, struct call *call, const cJSON *params);

base_result rpc_contact_list(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_contact_add(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_contact_set(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_contact_remove(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_contact_safety(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_contact_verify(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_contact_accept(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_contact_reject(struct weibel_core *core, struct call *call, const cJSON *params);

base_result rpc_backup(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_restore(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_safe_set(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_safe_restore(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_settings_get(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_settings_set(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_chat_set(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_chat_delete(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_push_get(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_push_set(struct weibel_core *core, struct call *call, const cJSON *params);

base_result rpc_group_link(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_group_join(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_group_joins(struct weibel_core *core, struct call *call, const cJSON *params);
base_result rpc_group_join_cancel(struct weibel_core *core, struct call *call, const cJSON *params);

/** Answers with the chat's link, if it has one. */
BASE_MUST_USE base_result joining_answer_link(struct weibel_core *core, struct call *call, const struct chat *chat);

/** What group.set asks for (rpc_edit.c). `edit` borrows from the request and from `picture`. */
struct rpc_edit {
    struct about_edit edit;
    uint32_t needs; /**< enum policy_can: the rights that it takes */
    struct base_bytes picture;
    uint8_t link[ABOUT_LINK_LEN];
};
void rpc_free_edit(struct rpc_edit *wish);

/** `good` false: the call was answered. */
BASE_MUST_USE base_result rpc_take_edit(struct weibel_core *core, struct call *call, const cJSON *params,
                                        struct rpc_edit *out, bool *good);

/* Names of accounts and chats (rpc_name.c). They answer the call if they find nothing, and leave `*out` NULL. */

/** True if it is our own ID or address. */
bool rpc_is_self(const struct weibel_core *core, struct base_slice text);

/** The contact of an ID or address; it is made if it was not known. */
BASE_MUST_USE base_result rpc_find_contact(struct weibel_core *core, struct call *call, struct base_slice text,
                                           struct contact **out);

/** What the other devices of the account call this one, from now on; if it is too long, the call was answered. */
BASE_MUST_USE base_result rpc_take_device_name(struct weibel_core *core, struct call *call, const cJSON *params,
                                               bool *good);

/** A chat that exists. */
BASE_MUST_USE base_result rpc_find_chat(struct weibel_core *core, struct call *call, struct base_slice text,
                                        struct chat **out);

/** Whether something may be written to this contact (NULL: into a group); if not, the call was answered. To write to a
 * stranger is to accept him. */
BASE_MUST_USE base_result rpc_check_peer(struct weibel_core *core, struct call *call, struct contact *peer, bool *good);

/** A chat, or the direct chat with an account, which is made if there is none. */
BASE_MUST_USE base_result rpc_find_recipient(struct weibel_core *core, struct call *call, struct base_slice text,
                                             struct chat **out);

#endif
