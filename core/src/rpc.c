/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * From a line to a handler.
 */
#include "rpc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "content/cbor.h"
#include "event.h"
#include "json.h"

static const struct rpc_method methods[] = {
    { "status", true, true, rpc_status },
    { "create", true, true, rpc_create },
    { "unlock", true, true, rpc_unlock },
    { "passphrase", false, true, rpc_passphrase },
    { "means.remove", false, true, rpc_means_remove },
    { "lock", false, true, rpc_lock },
    { "activate", false, true, rpc_activate },
    { "whoami", false, false, rpc_whoami },
    { "connect", false, false, rpc_connect },
    { "disconnect", false, true, rpc_disconnect },
    { "send", false, false, rpc_send },
    { "edit", false, false, rpc_edit },
    { "delete", false, false, rpc_delete },
    { "react", false, false, rpc_react },
    { "vote", false, false, rpc_vote },
    { "poll.close", false, false, rpc_poll_close },
    { "retry", false, false, rpc_retry },
    { "receive", false, false, rpc_receive },
    { "read", false, false, rpc_read },
    { "receipts", false, false, rpc_receipts },
    { "seen", false, false, rpc_seen },
    { "chats", false, false, rpc_chats },
    { "history", false, false, rpc_history },
    { "threads", false, false, rpc_threads },
    { "search", false, false, rpc_search },
    { "message", false, false, rpc_message },
    { "save", false, false, rpc_save },
    { "transfers", false, false, rpc_transfers },
    { "transfer.set", false, false, rpc_transfer_set },
    { "typing", false, false, rpc_typing },
    { "group.create", false, false, rpc_group_create },
    { "group.add", false, false, rpc_group_add },
    { "group.remove", false, false, rpc_group_remove },
    { "group.leave", false, false, rpc_group_leave },
    { "group.info", false, false, rpc_group_info },
    { "backup", false, false, rpc_backup },
    { "restore", false, true, rpc_restore },
    { "safe.set", false, false, rpc_safe_set },
    { "safe.restore", false, true, rpc_safe_restore },
    { "settings.get", false, false, rpc_settings_get },
    { "settings.set", false, false, rpc_settings_set },
    { "chat.set", false, false, rpc_chat_set },
    { "chat.delete", false, false, rpc_chat_delete },
    { "push.get", false, false, rpc_push_get },
    { "push.set", false, false, rpc_push_set },
    { "group.set", false, false, rpc_group_set },
    { "group.link", false, false, rpc_group_link },
    { "group.join", false, false, rpc_group_join },
    { "group.join_cancel", false, false, rpc_group_join_cancel },
    { "group.joins", false, false, rpc_group_joins },
    { "group.role", false, false, rpc_group_role },
    { "chat.picture", false, false, rpc_chat_picture },
    { "device.list", false, false, rpc_device_list },
    { "device.link", false, false, rpc_device_link },
    { "device.remove", false, false, rpc_device_remove },
    { "contact.list", false, false, rpc_contact_list },
    { "contact.add", false, false, rpc_contact_add },
    { "contact.set", false, false, rpc_contact_set },
    { "contact.remove", false, false, rpc_contact_remove },
    { "contact.safety", false, false, rpc_contact_safety },
    { "contact.verify", false, false, rpc_contact_verify },
    { "contact.accept", false, false, rpc_contact_accept },
    { "contact.reject", false, false, rpc_contact_reject },
};

enum { MAX_HELD = 64, MAX_ID = 128 };

const struct rpc_method *rpc_method_at(size_t index) {
    return index < sizeof methods / sizeof *methods ? &methods[index] : NULL;
}

base_result rpc_refuse(struct weibel_core *core, struct call *call, enum trouble_code code, const char *name,
                       const char *format, ...) {
    char words[TROUBLE_MAX_WORDS + 1];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    struct trouble trouble = trouble_make(code, name, "%s", words);
    return event_answer_trouble(core, call, &trouble);
}

base_result rpc_answer_empty(struct weibel_core *core, struct call *call) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

static void free_call(struct call *call) {
    base_bytes_free(&call->id);
}

/* What can't be told to whom it is goes to `id` null (§5.1). */
static base_result refuse_line(struct weibel_core *core, enum trouble_code code, const char *name, const char *words) {
    struct call call BASE_CLEANUP(free_call) = { 0 };
    BASE_TRY(base_bytes_copy(core->options.allocator, base_slice_text("null"), &call.id));
    return rpc_refuse(core, &call, code, name, "%s", words);
}

/* Keeps the id as it will be repeated. A request without one wants no answer. */
static base_result take_id(struct weibel_core *core, const cJSON *request, struct call *call, bool *valid) {
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(request, "id");
    *valid = true;
    if (id == NULL) {
        return BASE_OK;
    }
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, 8 * MAX_ID);
    uint64_t number;
    if (cJSON_IsString(id) && strlen(id->valuestring) <= MAX_ID && cbor_utf8_valid(base_slice_text(id->valuestring))) {
        json_string(&writer, id->valuestring);
    } else if (cJSON_IsNull(id)) {
        json_raw(&writer, base_slice_text("null"));
    } else if (json_get_number(request, "id", &number)) {
        json_number(&writer, number);
    } else {
        *valid = false;
        return BASE_OK;
    }
    return base_writer_finish(&writer, &call->id);
}

static const struct rpc_method *find_method(const char *name) {
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return &methods[i];
        }
    }
    return NULL;
}

static void delete_tree(cJSON **tree) {
    cJSON_Delete(*tree);
}

static base_result dispatch(struct weibel_core *core, struct call *call, const cJSON *request) {
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(request, "method");
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(request, "params");
    struct base_slice version = json_get_text(request, "jsonrpc");
    if (!cJSON_IsString(name) || !base_slice_equal(version, base_slice_text("2.0"))) {
        return rpc_refuse(core, call, TROUBLE_REQUEST, "request", "this is not a JSON-RPC 2.0 request");
    }
    const struct rpc_method *method = find_method(name->valuestring);
    if (method == NULL) {
        return rpc_refuse(core, call, TROUBLE_METHOD, "method", "there is no such method");
    }
    if (params != NULL && !cJSON_IsObject(params)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "the parameters must be an object");
    }
    if (core->home != HOME_OPEN && !method->without_home) {
        return core->home == HOME_NEW
                   ? rpc_refuse(core, call, TROUBLE_USAGE, "not_activated",
                                "there is no account here yet; activate one with the link of your administrator")
                   : rpc_refuse(core, call, TROUBLE_USAGE, "locked", "the home is locked; it needs the passphrase");
    }
    if (core->account.state != ACCOUNT_ACTIVE && !method->without_account) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "not_activated",
                          "there is no account here yet; activate one with the link of your administrator");
    }
    cJSON *none BASE_CLEANUP(delete_tree) = params == NULL ? cJSON_CreateObject() : NULL;
    BASE_ENSURE(params != NULL || none != NULL, BASE_ERR_NO_MEMORY);
    return method->handler(core, call, params == NULL ? none : params);
}

static base_result take_line(struct weibel_core *core, struct base_slice line) {
    cJSON *request BASE_CLEANUP(json_free_at) = cJSON_ParseWithLength((const char *)line.data, line.len);
    if (request == NULL) {
        return refuse_line(core, TROUBLE_PARSE, "parse", "this line is not JSON");
    }
    struct call call BASE_CLEANUP(free_call) = { 0 };
    bool valid = cJSON_IsObject(request);
    if (valid) {
        BASE_TRY(take_id(core, request, &call, &valid));
    }
    if (!valid) {
        return refuse_line(core, TROUBLE_REQUEST, "request", "this is not a JSON-RPC 2.0 request");
    }
    return dispatch(core, &call, request);
}

static bool is_reading(const struct weibel_core *core) {
    return core->home == HOME_LOADING || core->home == HOME_OPENING;
}

static void free_held(void *item) {
    struct base_bytes *held = (struct base_bytes *)item;
    base_bytes_free(held);
    base_free(held);
}

static void free_held_at(struct base_bytes **held) {
    if (*held != NULL) {
        free_held(*held);
    }
}

base_result rpc_line(struct weibel_core *core, struct base_slice line) {
    if (line.len > WEIBEL_MAX_LINE) {
        return refuse_line(core, TROUBLE_REQUEST, "too_long", "this line is too long");
    }
    if (!is_reading(core)) {
        return take_line(core, line);
    }
    if (core->held.count >= MAX_HELD) {
        return refuse_line(core, TROUBLE_LATER, "busy", "too many requests while the home is being read");
    }
    struct base_bytes *held BASE_CLEANUP(free_held_at) =
        (struct base_bytes *)base_take(core->options.allocator, 1, sizeof *held);
    BASE_ENSURE(held != NULL, BASE_ERR_NO_MEMORY);
    BASE_TRY(base_bytes_copy(core->options.allocator, line, held));
    BASE_TRY(list_add(&core->held, core->options.allocator, held));
    held = NULL;
    return BASE_OK;
}

base_result rpc_release(struct weibel_core *core) {
    /* One of them may begin a new read (unlock): the others go on waiting. */
    while (core->held.count > 0 && !is_reading(core)) {
        struct base_bytes *held BASE_CLEANUP(free_held_at) = (struct base_bytes *)list_take(&core->held, 0);
        BASE_TRY(take_line(core, base_borrow(held)));
    }
    return BASE_OK;
}

void rpc_free_held(struct weibel_core *core) {
    list_free(&core->held, free_held);
}
