/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods about groups.
 */
#include "change.h"
#include "chat.h"
#include "contact.h"
#include "event.h"
#include "field.h"
#include "group.h"
#include "json.h"
#include "rpc.h"

/* Contacts that a request names, from base_take(). */
struct named {
    uint64_t *items;
    size_t count;
};

static void free_named(struct named *named) {
    base_free(named->items);
}

static bool is_named(const struct named *named, uint64_t contact) {
    for (size_t i = 0; i < named->count; i++) {
        if (named->items[i] == contact) {
            return true;
        }
    }
    return false;
}

/* The members of the request, each once. `good` false: the call was answered. */
static base_result take_members(struct weibel_core *core, struct call *call, const cJSON *params, struct named *named,
                                bool *good) {
    const cJSON *members = cJSON_GetObjectItemCaseSensitive(params, "members");
    int count = cJSON_GetArraySize(members);
    *good = false;
    if (!cJSON_IsArray(members) || count == 0) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "empty", "no members are named");
    }
    if (count > WEIBEL_MAX_MEMBERS) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "%d members can be named at once", WEIBEL_MAX_MEMBERS);
    }
    named->items = (uint64_t *)base_take(core->options.allocator, (size_t)count, sizeof *named->items);
    BASE_ENSURE(named->items != NULL, BASE_ERR_NO_MEMORY);
    const cJSON *item;
    cJSON_ArrayForEach(item, members) {
        struct contact *contact;
        struct base_slice text = cJSON_IsString(item) ? base_slice_text(item->valuestring) : base_slice(NULL, 0);
        BASE_TRY(rpc_find_contact(core, call, text, &contact));
        if (contact == NULL) {
            return BASE_OK;
        }
        if (!is_named(named, contact->number)) {
            named->items[named->count++] = contact->number;
        }
    }
    *good = true;
    return BASE_OK;
}

/* Groups change only online: what another member does at the same time is then known soon. */
static base_result check_online(struct weibel_core *core, struct call *call, bool *good) {
    *good = core->session.state == SESSION_ONLINE;
    return *good ? BASE_OK
                 : rpc_refuse(core, call, TROUBLE_LATER, "offline",
                              "there is no connection to the server; groups can be changed when there is one");
}

base_result rpc_group_create(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct base_slice name = json_get_text(params, "name");
    struct named named BASE_CLEANUP(free_named) = { 0 };
    bool good;
    if (name.len == 0 || name.len > WEIBEL_MAX_GROUP_NAME || !wire_text_valid(name)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, name.len == 0 ? "empty" : "too_long",
                          "a group needs a name of 1 to %d bytes, in one line", WEIBEL_MAX_GROUP_NAME);
    }
    BASE_TRY(check_online(core, call, &good));
    if (good) {
        BASE_TRY(take_members(core, call, params, &named, &good));
    }
    if (!good) {
        return BASE_OK;
    }
    struct chat *chat;
    BASE_TRY(chat_new(core, CHAT_GROUP, &chat));
    field_set_text(chat->name, sizeof chat->name, name);
    change_begin(chat, CHANGE_CREATE, named.items, named.count, call);
    named.items = NULL;
    return BASE_OK;
}

/* A group of the request that can be changed now. NULL: the call was answered. */
static base_result take_group(struct weibel_core *core, struct call *call, const cJSON *params, struct chat **out) {
    bool good;
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), out));
    if (*out == NULL) {
        return BASE_OK;
    }
    const struct chat *chat = *out;
    *out = NULL;
    if (chat->kind != CHAT_GROUP) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "not_a_group", "this is a chat of two people, not a group");
    }
    if (chat_writing_group(chat) == NULL) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "not_a_member", "you are not in this group any more");
    }
    BASE_TRY(check_online(core, call, &good));
    if (!good) {
        return BASE_OK;
    }
    if (chat->change.kind == CHANGE_TIDY && !chat->change.made) {
        chat_end_change((struct chat *)chat_at(core, chat->number)); /* the next commit brings it along */
    }
    if (chat->change.kind != CHANGE_NONE) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "another change of this group is under way");
    }
    *out = chat_at(core, chat->number);
    return BASE_OK;
}

/* Refuses if one of the named is a member already, or (`wanted`) is not. */
static base_result check_membership(struct weibel_core *core, struct call *call, const struct chat *chat,
                                    const struct named *named, bool wanted, bool *good) {
    const struct group *group = chat_writing_group(chat);
    *good = true;
    for (size_t i = 0; i < named->count; i++) {
        const struct contact *contact = contact_at(core, named->items[i]);
        if (group_has_account(group->mls, contact->id, contact->domain) != wanted) {
            char who[WIRE_MAX_ADDRESS + 1];
            contact_text(core, contact, who);
            *good = false;
            return wanted
                       ? rpc_refuse(core, call, TROUBLE_USAGE, "not_a_member", "%s is not in this group", who)
                       : rpc_refuse(core, call, TROUBLE_USAGE, "already_a_member", "%s is in this group already", who);
        }
    }
    return BASE_OK;
}

static base_result change_members(struct weibel_core *core, struct call *call, const cJSON *params,
                                  enum change_kind kind) {
    struct chat *chat;
    struct named named BASE_CLEANUP(free_named) = { 0 };
    bool good;
    BASE_TRY(take_group(core, call, params, &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    BASE_TRY(take_members(core, call, params, &named, &good));
    if (good) {
        BASE_TRY(check_membership(core, call, chat, &named, kind == CHANGE_REMOVE, &good));
    }
    if (good) {
        change_begin(chat, kind, named.items, named.count, call);
        named.items = NULL;
    }
    return BASE_OK;
}

base_result rpc_group_add(struct weibel_core *core, struct call *call, const cJSON *params) {
    return change_members(core, call, params, CHANGE_ADD);
}

base_result rpc_group_remove(struct weibel_core *core, struct call *call, const cJSON *params) {
    return change_members(core, call, params, CHANGE_REMOVE);
}

base_result rpc_group_leave(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    BASE_TRY(take_group(core, call, params, &chat));
    if (chat != NULL) {
        change_begin(chat, CHANGE_LEAVE, NULL, 0, call);
    }
    return BASE_OK;
}

base_result rpc_group_info(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    chat_json_info(core, &line, chat);
    return event_answer_end(core, call, &line);
}
