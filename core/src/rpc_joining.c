/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * group.join, which begins to come in by a link (joining.h), group.join_cancel, which gives that up, and group.joins:
 * what is under way.
 */
#include <string.h>

#include "door.h"
#include "event.h"
#include "group.h"
#include "joining.h"
#include "joining_state.h"
#include "json.h"
#include "rpc.h"
#include "wire/link.h"

enum { MAX_JOINING = 8 };

/* What goes on by itself is waited for. What was given up, and may have arrived, is looked for all the same, and made
 * anew if it has not. */
static base_result ask_again(struct weibel_core *core, struct joining *joining, struct call *call) {
    if (joining->call.id.len > 0) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "this link is being followed already");
    }
    base_bytes_move(&joining->call.id, &call->id);
    BASE_TRY(joining->kept ? event_joins(core) : BASE_OK);
    joining->attempts = 0;
    joining->retry_at = 0;
    if (!joining->made || joining->known_commit != JOINING_GIVEN_UP) {
        return BASE_OK;
    }
    joining->known_commit = 0;
    return joining_save(core, joining);
}

static struct joining *find_secret(const struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN],
                                   size_t *index) {
    for (*index = 0; *index < core->joining.count; (*index)++) {
        struct joining *joining = (struct joining *)core->joining.items[*index];
        if (base_equal_secret(joining->secret, secret, ABOUT_LINK_LEN)) {
            return joining;
        }
    }
    return NULL;
}

/* Nothing has been sent yet, or what has may be there: that is found out, and left then. */
static base_result cancel(struct weibel_core *core, struct joining *joining, size_t index) {
    struct trouble trouble = joining_not_wanted();
    if (!joining->made) {
        return joining_end(core, index, &trouble);
    }
    joining->known_commit = JOINING_GIVEN_UP;
    joining->retry_at = 0;
    BASE_TRY(joining_save(core, joining));
    BASE_TRY(event_answer_trouble(core, &joining->call, &trouble));
    return event_joins(core);
}

static base_result answer_cancel(struct weibel_core *core, struct call *call, const uint8_t secret[ABOUT_LINK_LEN]) {
    size_t index;
    struct joining *joining = find_secret(core, secret, &index);
    if (joining == NULL) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "not_joining", "nothing is under way by this link");
    }
    bool pending = joining->made;
    BASE_TRY(cancel(core, joining, index));
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    json_put_bool(&line, "pending", pending);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

static base_result join(struct weibel_core *core, struct call *call, const uint8_t secret[ABOUT_LINK_LEN]) {
    size_t index;
    if (core->session.state != SESSION_ONLINE) {
        return rpc_refuse(core, call, TROUBLE_LATER, "offline", "there is no connection to the server");
    }
    struct joining *known = find_secret(core, secret, &index);
    if (known != NULL) {
        return ask_again(core, known, call);
    }
    if (core->joining.count >= MAX_JOINING) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "too many groups are being joined");
    }
    struct joining *joining;
    BASE_TRY(joining_add(core, &joining));
    joining->number = ++core->last_joining;
    joining->since = state_now(core);
    memcpy(joining->secret, secret, sizeof joining->secret);
    base_bytes_move(&joining->call.id, &call->id);
    return BASE_OK;
}

/* What one wishes who has the link of the request; answers if it is none. */
static base_result by_link(struct weibel_core *core, struct call *call, const cJSON *params,
                           base_result (*wish)(struct weibel_core *core, struct call *call,
                                               const uint8_t secret[ABOUT_LINK_LEN])) {
    uint8_t secret[ABOUT_LINK_LEN] BASE_CLEANUP(door_wipe) = { 0 };
    struct wire_link link;
    bool good = wire_link_parse(json_get_text(params, "link"), &link) == BASE_OK && link.kind == WIRE_LINK_GROUP &&
                door_read_code(link.code, secret);
    return good ? wish(core, call, secret)
                : rpc_refuse(
                      core, call, TROUBLE_REFUSED, "link_malformed",
                      "this is not the invitation link of a group: it looks like https://example.org/#group=CODE");
}

base_result rpc_group_join(struct weibel_core *core, struct call *call, const cJSON *params) {
    return by_link(core, call, params, join);
}

base_result rpc_group_join_cancel(struct weibel_core *core, struct call *call, const cJSON *params) {
    return by_link(core, call, params, answer_cancel);
}

static void joining_json(const struct weibel_core *core, struct base_writer *writer, const struct joining *joining) {
    struct base_writer link BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, DOOR_MAX_LINK);
    struct group_about about;
    door_write_link(core, &link, joining->secret);
    json_object(writer);
    json_put_text(writer, "link", base_writer_view(&link));
    if (joining->mls != NULL && group_read_about(joining->mls, &about) == BASE_OK && about.name.len > 0) {
        json_put_text(writer, "name", about.name);
    }
    if (joining->since != 0) {
        json_put_number(writer, "since", joining->since);
    }
    json_put_bool(writer, "cancelled", joining->made && joining->known_commit == JOINING_GIVEN_UP);
    json_object_end(writer);
    if (link.failed != BASE_OK) {
        base_writer_fail(writer, link.failed);
    }
}

bool joining_is_listed(const struct joining *joining) {
    return joining->kept && joining->call.id.len == 0;
}

void joining_list_json(const struct weibel_core *core, struct base_writer *writer) {
    json_name(writer, "joins");
    json_array(writer);
    for (size_t i = 0; i < core->joining.count; i++) {
        const struct joining *joining = (const struct joining *)core->joining.items[i];
        if (joining_is_listed(joining)) {
            joining_json(core, writer, joining);
        }
    }
    json_array_end(writer);
}

base_result rpc_group_joins(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    joining_list_json(core, &line);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}
