/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The parameters of group.set.
 */
#include "content/cbor.h"
#include "json.h"
#include "policy.h"
#include "rpc.h"

void rpc_free_edit(struct rpc_edit *wish) {
    base_bytes_free(&wish->picture);
}

static bool has(const cJSON *params, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(params, name) != NULL;
}

/* Each of these reads one member that is there. False: it is not what it must be. */

static bool take_name(const cJSON *params, struct rpc_edit *out) {
    struct base_slice name = json_get_text(params, "name");
    out->edit.name = name;
    out->edit.fields |= ABOUT_NAME;
    out->needs |= CAN_CHANGE_ROOM_NAME;
    return name.len > 0 && name.len <= WEIBEL_MAX_GROUP_NAME && wire_text_valid(name);
}

static bool take_description(const cJSON *params, struct rpc_edit *out) {
    struct base_slice text = json_get_text(params, "description");
    out->edit.description = text;
    out->edit.fields |= ABOUT_DESCRIPTION;
    out->needs |= CAN_CHANGE_ROOM_DESCRIPTION;
    return text.data != NULL && text.len <= ABOUT_MAX_DESCRIPTION && cbor_utf8_valid(text);
}

static base_result take_picture(struct weibel_core *core, const cJSON *params, struct rpc_edit *out, bool *good) {
    const cJSON *picture = cJSON_GetObjectItemCaseSensitive(params, "picture");
    struct base_slice type = json_get_text(picture, "type");
    out->edit.fields |= ABOUT_PICTURE;
    out->needs |= CAN_CHANGE_ROOM_AVATAR;
    *good = cJSON_IsNull(picture);
    if (*good) {
        return BASE_OK;
    }
    BASE_TRY(json_get_base64(picture, "data", ABOUT_MAX_PICTURE, core->options.allocator, &out->picture, good));
    *good = *good && out->picture.len > 0 && type.len > 0 && type.len <= ABOUT_MAX_TYPE && wire_text_valid(type);
    out->edit.picture = (struct about_picture){ type, base_borrow(&out->picture) };
    return BASE_OK;
}

static bool take_seconds(const cJSON *params, const char *name, enum about_field field, uint32_t *value,
                         struct rpc_edit *out) {
    uint64_t seconds;
    bool good = json_get_number(params, name, &seconds) && seconds <= ABOUT_MAX_EXPIRE;
    *value = good ? (uint32_t)seconds : 0;
    out->edit.fields |= (uint16_t)field;
    out->needs |= CAN_CHANGE_OTHER_POLICY_ATTRIBUTE;
    return good;
}

static bool take_choice(const cJSON *params, const char *name, bool (*parse)(struct base_slice, uint8_t *),
                        enum about_field field, uint8_t *value, struct rpc_edit *out) {
    out->edit.fields |= (uint16_t)field;
    out->needs |= CAN_CHANGE_OTHER_POLICY_ATTRIBUTE;
    return parse(json_get_text(params, name), value);
}

static base_result take_join(struct weibel_core *core, const cJSON *params, struct rpc_edit *out, bool *good) {
    *good = take_choice(params, "join", about_join_parse, ABOUT_JOIN, &out->edit.join, out);
    out->needs |= CAN_CREATE_JOIN_CODE;
    if (out->edit.join == ABOUT_BY_LINK) {
        BASE_TRY(base_random_fill(core->options.random, out->link, sizeof out->link));
        out->edit.link = base_slice(out->link, sizeof out->link);
    }
    return BASE_OK;
}

static base_result refuse(struct weibel_core *core, struct call *call, const char *member) {
    return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "%s is not what it must be, or too long", member);
}

base_result rpc_take_edit(struct weibel_core *core, struct call *call, const cJSON *params, struct rpc_edit *out,
                          bool *good) {
    struct about_edit *edit = &out->edit;
    *good = false;
    if (has(params, "name") && !take_name(params, out)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, edit->name.len == 0 ? "empty" : "too_long",
                          "a group needs a name of 1 to %d bytes, in one line", WEIBEL_MAX_GROUP_NAME);
    }
    if (has(params, "description") && !take_description(params, out)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a description can have %d bytes",
                          ABOUT_MAX_DESCRIPTION);
    }
    if (has(params, "expire") && !take_seconds(params, "expire", ABOUT_EXPIRE, &edit->expire, out)) {
        return refuse(core, call, "expire");
    }
    if (has(params, "expire_min") && !take_seconds(params, "expire_min", ABOUT_EXPIRE_MIN, &edit->expire_min, out)) {
        return refuse(core, call, "expire_min");
    }
    if (has(params, "expire_max") && !take_seconds(params, "expire_max", ABOUT_EXPIRE_MAX, &edit->expire_max, out)) {
        return refuse(core, call, "expire_max");
    }
    if (has(params, "expiring") &&
        !take_choice(params, "expiring", about_expiring_parse, ABOUT_EXPIRING, &edit->expiring, out)) {
        return refuse(core, call, "expiring");
    }
    if (has(params, "history") &&
        !take_choice(params, "history", about_history_parse, ABOUT_HISTORY, &edit->history, out)) {
        return refuse(core, call, "history");
    }
    if (has(params, "post") && !take_choice(params, "post", about_who_parse, ABOUT_POST, &edit->post, out)) {
        return refuse(core, call, "post");
    }
    if (has(params, "add") && !take_choice(params, "add", about_who_parse, ABOUT_ADD, &edit->add, out)) {
        return refuse(core, call, "add");
    }
    bool fits = true;
    if (has(params, "join")) {
        BASE_TRY(take_join(core, params, out, &fits));
    }
    if (!fits) {
        return refuse(core, call, "join");
    }
    if (has(params, "picture")) {
        BASE_TRY(take_picture(core, params, out, &fits));
    }
    if (!fits) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a picture has a type, and data of at most %d bytes",
                          ABOUT_MAX_PICTURE);
    }
    if (edit->fields == 0) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "empty", "nothing to change is named");
    }
    *good = true;
    return BASE_OK;
}
