/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * group.link, and group.join: what lies at the door is fetched, an external commit made of it and appended. Nothing of
 * it is durable before it has been accepted: who was interrupted asks again, and takes the place of what he left
 * behind.
 */
#include <string.h>

#include "account.h"
#include "change.h"
#include "chat.h"
#include "contact.h"
#include "door.h"
#include "event.h"
#include "field.h"
#include "group.h"
#include "join.h"
#include "json.h"
#include "leaf.h"
#include "policy.h"
#include "request.h"
#include "rpc.h"
#include "tree.h"
#include "wire/link.h"

enum {
    MAX_JOINING = 8,
    MAX_ATTEMPTS = 20,
    AGAIN_DELAY = 300,
    AGAIN_CHANCE = 6,
    MAX_LINK = WIRE_MAX_URL + WIRE_MAX_CODE + 16
};

/* Somebody (we) at a door. */
struct joining {
    uint64_t number;
    struct call call;
    uint8_t secret[ABOUT_LINK_LEN];
    struct base_bytes door; /* what lay there, while the ratchet tree is being fetched */
    struct tree_get get;
    struct mls_group *mls; /* in the epoch that our commit begins, once it was made, … */
    uint32_t inviter;      /* … and who had left at the door what it was made of */
    unsigned attempts;
    bool in_flight;
    uint64_t retry_at;
};

static void free_joining(void *item) {
    struct joining *joining = (struct joining *)item;
    base_bytes_free(&joining->call.id);
    mls_group_free(joining->mls);
    base_bytes_free(&joining->door);
    tree_get_end(&joining->get);
    base_free(joining);
}

void joining_free_all(struct weibel_core *core) {
    list_free(&core->joining, free_joining);
}

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
        struct base_writer link BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_LINK);
        door_write_link(core, &link, secret);
        json_put_text(&line, "link", base_writer_view(&link));
    }
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

/* ---- Coming in. ----------------------------------------------------------------------------------------------------
 */

static struct joining *find(const struct weibel_core *core, uint64_t number, size_t *index) {
    for (*index = 0; *index < core->joining.count; (*index)++) {
        struct joining *joining = (struct joining *)core->joining.items[*index];
        if (joining->number == number) {
            return joining;
        }
    }
    return NULL;
}

static base_result give_up(struct weibel_core *core, size_t index, const struct trouble *trouble) {
    struct joining *joining = (struct joining *)list_take(&core->joining, index);
    base_result result = event_answer_trouble(core, &joining->call, trouble);
    free_joining(joining);
    return result;
}

static struct trouble already_in(void) {
    return trouble_make(TROUBLE_USAGE, "already_a_member", "you are in this group already");
}

static struct trouble no_link(void) {
    return trouble_make(TROUBLE_REFUSED, "link_unknown", "this invitation link is not good, or not any more");
}

/* Others came in, or changed the group, between our look and our step. */
static base_result again(struct weibel_core *core, struct joining *joining, size_t index) {
    uint8_t chance;
    mls_group_free(joining->mls);
    joining->mls = NULL;
    base_bytes_free(&joining->door);
    tree_get_end(&joining->get);
    if (++joining->attempts > MAX_ATTEMPTS) {
        struct trouble trouble = trouble_make(TROUBLE_LATER, "busy", "the group changes all the time; try again later");
        return give_up(core, index, &trouble);
    }
    BASE_TRY(base_random_fill(core->options.random, &chance, 1));
    joining->retry_at = state_now(core) + AGAIN_DELAY + (uint64_t)chance * AGAIN_CHANCE;
    return BASE_OK;
}

static base_result come_in(struct weibel_core *core, struct joining *joining, size_t index, uint64_t number) {
    struct mls_group *mls = joining->mls;
    struct chat *chat = NULL;
    joining->mls = NULL;
    base_result result = join_by_link(core, mls, joining->inviter, number, &chat);
    if (result != BASE_OK) {
        struct trouble trouble = no_link();
        return trouble_is_fatal(result) ? result : give_up(core, index, &trouble);
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &joining->call);
    chat_json(core, &line, chat);
    result = event_answer_end(core, &joining->call, &line);
    free_joining(list_take(&core->joining, index));
    return result;
}

/* `a`: number of the attempt. */
static base_result appended(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    size_t index;
    struct joining *joining = find(core, a, &index);
    if (joining == NULL || joining->mls == NULL) {
        return BASE_OK;
    }
    joining->in_flight = false;
    if (answer->type == WIRE_APPENDED) {
        return come_in(core, joining, index, answer->of.appended.number);
    }
    const struct wire_refusal *refusal = &answer->of.refusal;
    if (answer->type == WIRE_REFUSAL && (refusal->code == WIRE_REFUSED_EPOCH_MOVED || request_passes(refusal))) {
        return again(core, joining, index);
    }
    struct trouble trouble = trouble_refusal(refusal);
    return give_up(core, index, &trouble);
}

static void wipe_door(struct door *door) {
    base_wipe(door, sizeof *door);
}

static base_result commit(struct weibel_core *core, struct joining *joining, const struct door *door) {
    struct leaf leaf BASE_CLEANUP(leaf_free) = { .credential = { 0 } };
    struct base_bytes message BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes sealed BASE_CLEANUP(base_bytes_free) = { 0 };
    struct mls_external_options options = { .ratchet_tree = base_borrow(&joining->get.tree),
                                            .inviter = &joining->inviter };
    uint8_t token[WIRE_KEY_LEN];
    BASE_TRY(leaf_make(core, NULL, 0, &leaf));
    core->by_link = true;
    base_result result =
        mls_group_join_external(&core->mls, door->group_info, &leaf.identity, &options, &joining->mls, &message);
    base_result first = result;
    if (result != BASE_OK && !trouble_is_fatal(result)) {
        options.resync = true; /* an earlier attempt may have been accepted unseen */
        result =
            mls_group_join_external(&core->mls, door->group_info, &leaf.identity, &options, &joining->mls, &message);
    }
    core->by_link = false;
    BASE_ENSURE(result == BASE_OK || trouble_is_fatal(result) || first != &WEIBEL_ERR_PRESENT, WEIBEL_ERR_PRESENT);
    BASE_TRY(result);
    BASE_TRY(join_check_link(joining->mls, door->stream));
    BASE_TRY(door_seal_commit(core, joining->secret, base_borrow(&message), &sealed));
    struct wire_frame frame = { .type = WIRE_APPEND };
    struct wire_append *append = &frame.of.append;
    BASE_TRY(mls_group_export(joining->mls, group_token_label, base_slice(NULL, 0), token, sizeof token));
    account_hash(base_slice(token, sizeof token), append->next_token_hash);
    base_wipe(token, sizeof token);
    memcpy(append->stream, door->stream, sizeof append->stream);
    memcpy(append->token, door->token, sizeof append->token);
    BASE_TRY(base_random_fill(core->options.random, append->nonce, sizeof append->nonce));
    append->kind = WIRE_KIND_COMMIT;
    append->known_commit = door->last_commit;
    append->content = base_borrow(&sealed);
    joining->in_flight = true;
    return request_send(core, &frame, appended, joining->number, 0);
}

/* What lay at the door, and what beside it, is here. */
static base_result enter(struct weibel_core *core, struct joining *joining, size_t index, const struct door *door) {
    base_result result = commit(core, joining, door);
    if (result == BASE_OK || trouble_is_fatal(result)) {
        return result;
    }
    struct trouble trouble = result == &WEIBEL_ERR_PRESENT ? already_in() : no_link();
    return give_up(core, index, &trouble);
}

/* `a`: number of the attempt. */
static base_result tree_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    size_t index;
    bool whole;
    uint64_t delay;
    struct door door BASE_CLEANUP(wipe_door) = { .last_commit = 0 };
    struct joining *joining = find(core, a, &index);
    if (joining == NULL) {
        return BASE_OK;
    }
    base_result result = tree_get_answered(core, &joining->get, answer, &whole, &delay);
    if (result != BASE_OK) {
        return trouble_is_fatal(result) ? result : again(core, joining, index); /* another one has taken its place */
    }
    joining->retry_at = delay == 0 ? 0 : state_now(core) + delay;
    if (!whole) {
        return BASE_OK;
    }
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    base_bytes_move(&plain, &joining->door);
    BASE_TRY(door_read(base_borrow(&plain), &door));
    result = enter(core, joining, index, &door);
    joining = find(core, a, &index);
    if (joining != NULL) {
        tree_get_end(&joining->get);
    }
    return result;
}

/* `a`: number of the attempt. */
static base_result looked(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    size_t index;
    struct joining *joining = find(core, a, &index);
    if (joining == NULL) {
        return BASE_OK;
    }
    joining->in_flight = false;
    if (answer->type == WIRE_REFUSAL && request_passes(&answer->of.refusal)) {
        return again(core, joining, index);
    }
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    struct door door BASE_CLEANUP(wipe_door) = { .last_commit = 0 };
    struct trouble trouble = no_link();
    base_result result = answer->type != WIRE_DOOR
                             ? &BASE_ERR_VALUE
                             : door_open(core, joining->secret, answer->of.door.content, &plain, &door);
    const struct group *known = result == BASE_OK ? group_find(core, door.stream) : NULL;
    if (known != NULL && known->state <= GROUP_OPEN && known->state != GROUP_LEAVING) {
        trouble = already_in();
        return give_up(core, index, &trouble);
    }
    if (result != BASE_OK) {
        return trouble_is_fatal(result) ? result : give_up(core, index, &trouble);
    }
    if (door.tree.size == 0) {
        return enter(core, joining, index, &door);
    }
    joining->get.place = door.tree;
    base_bytes_move(&joining->door, &plain);
    return BASE_OK;
}

base_result rpc_group_join(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct wire_link link;
    uint8_t secret[ABOUT_LINK_LEN] BASE_CLEANUP(door_wipe) = { 0 };
    if (wire_link_parse(json_get_text(params, "link"), &link) != BASE_OK || link.kind != WIRE_LINK_GROUP ||
        !door_read_code(link.code, secret)) {
        return rpc_refuse(core, call, TROUBLE_REFUSED, "link_malformed",
                          "this is not the invitation link of a group: it looks like https://example.org/#group=CODE");
    }
    if (core->session.state != SESSION_ONLINE) {
        return rpc_refuse(core, call, TROUBLE_LATER, "offline", "there is no connection to the server");
    }
    if (core->joining.count >= MAX_JOINING) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "too many groups are being joined");
    }
    struct joining *joining = (struct joining *)base_take(core->options.allocator, 1, sizeof *joining);
    BASE_ENSURE(joining != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&core->joining, core->options.allocator, joining);
    if (result != BASE_OK) {
        base_free(joining);
        return result;
    }
    joining->number = ++core->last_joining;
    memcpy(joining->secret, secret, sizeof joining->secret);
    base_bytes_move(&joining->call.id, &call->id);
    return BASE_OK;
}

base_result joining_pump(struct weibel_core *core) {
    for (size_t i = 0; i < core->joining.count; i++) {
        struct joining *joining = (struct joining *)core->joining.items[i];
        if (joining->in_flight || joining->retry_at > state_now(core)) {
            continue;
        }
        if (joining->door.len > 0) {
            BASE_TRY(tree_get_pump(core, &joining->get, tree_answered, joining->number, 0));
            continue;
        }
        struct wire_frame frame = { .type = WIRE_GET_DOOR };
        door_name(joining->secret, frame.of.get_door.door);
        joining->in_flight = true;
        BASE_TRY(request_send(core, &frame, looked, joining->number, 0));
    }
    return BASE_OK;
}

uint64_t joining_deadline(const struct weibel_core *core) {
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < core->joining.count; i++) {
        const struct joining *joining = (const struct joining *)core->joining.items[i];
        next = !joining->in_flight && !joining->get.in_flight && joining->retry_at < next ? joining->retry_at : next;
    }
    return next;
}

base_result joining_disconnected(struct weibel_core *core) {
    struct trouble trouble = trouble_make(TROUBLE_LATER, "offline", "the connection was lost; try again");
    while (core->joining.count > 0) {
        BASE_TRY(give_up(core, core->joining.count - 1, &trouble));
    }
    return BASE_OK;
}
