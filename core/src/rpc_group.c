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
#include "policy.h"
#include "roster.h"
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

static base_result refuse_name(struct weibel_core *core, struct call *call, struct base_slice name) {
    return rpc_refuse(core, call, TROUBLE_USAGE, name.len == 0 ? "empty" : "too_long",
                      "a group needs a name of 1 to %d bytes, in one line", WEIBEL_MAX_GROUP_NAME);
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

base_result rpc_group_create(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct base_slice name = json_get_text(params, "name");
    struct named named BASE_CLEANUP(free_named) = { 0 };
    bool good;
    if (name.len == 0 || name.len > WEIBEL_MAX_GROUP_NAME || !wire_text_valid(name)) {
        return refuse_name(core, call, name);
    }
    BASE_TRY(take_members(core, call, params, &named, &good));
    if (!good) {
        return BASE_OK;
    }
    struct chat *chat;
    BASE_TRY(chat_new(core, CHAT_GROUP, &chat));
    BASE_TRY(base_random_fill(core->options.random, chat->room, sizeof chat->room));
    field_set_text(chat->name, sizeof chat->name, name);
    struct change create = { .kind = CHANGE_CREATE, .contacts = named.items, .contact_count = named.count };
    named.items = NULL;
    return change_begin(core, chat, &create, call);
}

/* A chat of the request that can be changed: it has no end yet. NULL: the call was answered. */
static base_result take_chat(struct weibel_core *core, struct call *call, const cJSON *params, struct chat **out) {
    struct chat *chat;
    *out = NULL;
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    if (chat->kind == CHAT_DIRECT ? chat_writing_group(chat) == NULL : chat_is_over(chat)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "not_a_member",
                          chat->kind == CHAT_DIRECT ? "nothing has been written in this chat yet"
                                                    : "you are not in this group any more");
    }
    if (chat->waiting.count >= STATE_MAX_CHANGES) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "too many changes of this group are waiting");
    }
    *out = chat;
    return BASE_OK;
}

/* Likewise, a group. */
static base_result take_group(struct weibel_core *core, struct call *call, const cJSON *params, struct chat **out) {
    BASE_TRY(take_chat(core, call, params, out));
    if (*out != NULL && (*out)->kind != CHAT_GROUP) {
        *out = NULL;
        return rpc_refuse(core, call, TROUBLE_USAGE, "not_a_group", "this is a chat of two people, not a group");
    }
    return BASE_OK;
}

/* True while other changes come before: what will be then is not known yet. */
static bool must_wait(const struct chat *chat) {
    return change_is_wished(&chat->change) || chat_writing_group(chat) == NULL;
}

/* Refuses if one of the named is a member already, or (`wanted`) is not. */
static base_result check_membership(struct weibel_core *core, struct call *call, const struct chat *chat,
                                    const struct named *named, bool wanted, bool *good) {
    *good = true;
    if (must_wait(chat)) {
        return BASE_OK;
    }
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    BASE_TRY(roster_make(core->options.allocator, chat_writing_group(chat)->mls, NULL, &roster));
    for (size_t i = 0; i < named->count; i++) {
        char who[WIRE_MAX_ADDRESS + 1];
        const struct contact *contact = contact_at(core, named->items[i]);
        const uint8_t *id = contact == NULL ? core->account.id : contact->id;
        const char *domain = contact == NULL ? core->account.domain : contact->domain;
        if ((roster_find(&roster, id, base_slice_text(domain)) != NULL) == wanted) {
            continue;
        }
        contact_address_text(core, id, domain, who);
        *good = false;
        return wanted ? rpc_refuse(core, call, TROUBLE_USAGE, "not_a_member", "%s is not in this group", who)
                      : rpc_refuse(core, call, TROUBLE_USAGE, "already_a_member", "%s is in this group already", who);
    }
    return BASE_OK;
}

/* Refuses what our role does not allow now. The commit is judged by what it is then. */
static base_result check_right(struct weibel_core *core, struct call *call, const struct chat *chat, uint32_t needed,
                               bool *good) {
    *good = must_wait(chat) || (group_own_capabilities(core, chat_writing_group(chat)) & needed) == needed;
    return *good
               ? BASE_OK
               : rpc_refuse(core, call, TROUBLE_USAGE, "not_allowed", "you have no right to change that in this group");
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
    BASE_TRY(check_right(core, call, chat, kind == CHANGE_ADD ? CAN_ADD_PARTICIPANT : CAN_REMOVE_PARTICIPANT, &good));
    if (good) {
        BASE_TRY(take_members(core, call, params, &named, &good));
    }
    if (good) {
        BASE_TRY(check_membership(core, call, chat, &named, kind == CHANGE_REMOVE, &good));
    }
    if (!good) {
        return BASE_OK;
    }
    struct change change = { .kind = kind, .contacts = named.items, .contact_count = named.count };
    named.items = NULL;
    return change_begin(core, chat, &change, call);
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
    if (chat == NULL) {
        return BASE_OK;
    }
    struct change leave = { .kind = CHANGE_LEAVE };
    return change_begin(core, chat, &leave, call);
}

static void end_change(struct change *change) {
    base_free(change->contacts);
    base_bytes_free(&change->edit);
}

static base_result keep_edit(struct weibel_core *core, const struct about_edit *edit, struct change *change) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, ABOUT_MAX);
    about_edit_write(&writer, edit);
    return base_writer_finish(&writer, &change->edit);
}

base_result rpc_group_role(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    struct about_edit edit = { .fields = ABOUT_ROLE };
    struct change change BASE_CLEANUP(end_change) = { .kind = CHANGE_ROLE, .contact_count = 1 };
    bool good, self;
    BASE_TRY(take_group(core, call, params, &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    if (!about_role_parse(json_get_text(params, "role"), &edit.role)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "a role is owner, admin or member");
    }
    BASE_TRY(check_right(core, call, chat, CAN_CHANGE_USER_ROLE, &good));
    if (!good) {
        return BASE_OK;
    }
    struct contact *contact = NULL;
    struct base_slice member = json_get_text(params, "member");
    self = rpc_is_self(core, member);
    if (!self) {
        BASE_TRY(rpc_find_contact(core, call, member, &contact));
    }
    if (!self && contact == NULL) {
        return BASE_OK;
    }
    change.contacts = (uint64_t *)base_take(core->options.allocator, 1, sizeof *change.contacts);
    BASE_ENSURE(change.contacts != NULL, BASE_ERR_NO_MEMORY);
    change.contacts[0] = self ? 0 : contact->number;
    struct named named = { change.contacts, 1 };
    BASE_TRY(check_membership(core, call, chat, &named, true, &good));
    if (!good) {
        return BASE_OK;
    }
    BASE_TRY(keep_edit(core, &edit, &change));
    return change_begin(core, chat, &change, call);
}

/* By what the group says now. What another change makes of it meanwhile, this one follows. */
static bool expiry_fits(const struct chat *chat, const struct about_edit *edit) {
    struct group_about about;
    if (!group_about(chat_group(chat), &about)) {
        return true;
    }
    about_edit_expiry(edit, &about);
    return ((edit->fields & ABOUT_EXPIRE) == 0 || about.expire == edit->expire) &&
           ((edit->fields & ABOUT_EXPIRE_MIN) == 0 || about.expire_min == edit->expire_min) &&
           ((edit->fields & ABOUT_EXPIRE_MAX) == 0 || about.expire_max == edit->expire_max);
}

base_result rpc_group_set(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    struct change change BASE_CLEANUP(end_change) = { .kind = CHANGE_SET };
    struct rpc_edit wish BASE_CLEANUP(rpc_free_edit) = { 0 };
    bool good = false;
    BASE_TRY(take_chat(core, call, params, &chat));
    if (chat != NULL) {
        BASE_TRY(rpc_take_edit(core, call, params, &wish, &good));
    }
    if (chat == NULL || !good) {
        return BASE_OK;
    }
    if (chat->kind == CHAT_DIRECT && wish.edit.fields != ABOUT_EXPIRE) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "not_a_group", "a chat of two people has nothing but a timer");
    }
    BASE_TRY(check_right(core, call, chat, wish.needs, &good));
    if (!good) {
        return BASE_OK;
    }
    if (!expiry_fits(chat, &wish.edit)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "expiry", "a time must lie between expire_min and expire_max");
    }
    BASE_TRY(keep_edit(core, &wish.edit, &change));
    return change_begin(core, chat, &change, call);
}

base_result rpc_chat_picture(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    const struct group *group = chat_group(chat);
    struct about_picture picture = { 0 };
    if (group != NULL) {
        picture = group_picture(group->mls);
    }
    if (picture.data.len == 0) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "empty", "this chat has no picture");
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    json_put_base64(&line, "data", picture.data);
    json_put_text(&line, "type", picture.type);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
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
