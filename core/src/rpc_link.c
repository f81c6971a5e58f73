/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * group.link: the link of a group. Coming in by one: joining.h.
 */
#include <string.h>

#include "change.h"
#include "chat.h"
#include "door.h"
#include "event.h"
#include "group.h"
#include "json.h"
#include "policy.h"
#include "rpc.h"

base_result rpc_group_link(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    uint8_t secret[ABOUT_LINK_LEN] BASE_CLEANUP(door_wipe) = { 0 };
    const cJSON *enabled = cJSON_GetObjectItemCaseSensitive(params, "enabled");
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    if (chat->kind != CHAT_GROUP || chat_is_over(chat)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, chat->kind == CHAT_GROUP ? "not_a_member" : "not_a_group",
                          "this is not a group that you are in");
    }
    if (!cJSON_IsBool(enabled)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "enabled must be true or false");
    }
    bool on = cJSON_IsTrue(enabled);
    struct group *group = chat_writing_group(chat); /* none while it is being created: this waits for that */
    if (group != NULL && door_secret(group, secret) == on) {
        return joining_answer_link(core, call, chat);
    }
    if (group != NULL && (group_own_capabilities(core, group) & CAN_CREATE_JOIN_CODE) == 0) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "not_allowed", "you have no right to change that in this group");
    }
    if (core->session.state != SESSION_ONLINE) {
        return rpc_refuse(core, call, TROUBLE_LATER, "offline", "a link needs a connection to the server");
    }
    if (chat->waiting.count >= STATE_MAX_CHANGES) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "too many changes of this group are waiting");
    }
    struct about_edit edit = { .fields = ABOUT_JOIN, .join = on ? ABOUT_BY_LINK : ABOUT_CLOSED };
    if (on) {
        BASE_TRY(base_random_fill(core->options.random, secret, sizeof secret));
        edit.link = base_slice(secret, sizeof secret);
    }
    struct change change = { .kind = CHANGE_SET, .wants_link = true };
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, ABOUT_MAX);
    about_edit_write(&writer, &edit);
    BASE_TRY(base_writer_finish(&writer, &change.edit));
    return change_begin(core, chat, &change, call);
}

base_result joining_answer_link(struct weibel_core *core, struct call *call, const struct chat *chat) {
    uint8_t secret[ABOUT_LINK_LEN] BASE_CLEANUP(door_wipe) = { 0 };
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    struct group *group = chat_writing_group(chat);
    if (group != NULL && door_secret(group, secret)) {
        struct base_writer link BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, DOOR_MAX_LINK);
        door_write_link(core, &link, secret);
        json_put_text(&line, "link", base_writer_view(&link));
    }
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}
