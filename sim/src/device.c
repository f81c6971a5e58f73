/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Requests, answers, events. What people ask for is in act.c.
 */
#include "device.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "absent.h"
#include "host.h"
#include "memory.h"

enum { MAX_LINE = 4096, ANSWER_WITHIN = 10 * SIM_MINUTE };

static const char passphrase[] = "{\"passphrase\":\"sesame\"}";

/* --- asking --- */

static void ask_about(struct device *device, enum ask_kind kind, size_t group, size_t subject, const char *method,
                      const char *params) {
    char line[MAX_LINE + 128];
    if (!host_is_up(device->host)) {
        return;
    }
    sim_grow((void **)&device->asks, device->ask_count, &device->ask_capacity, sizeof *device->asks);
    uint64_t id = ++device->next_id;
    device->asks[device->ask_count++] = (struct ask){ id, kind, group, subject };
    int len = snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":\"%s\",\"params\":%s}",
                       id, method, params);
    sim_say(device->sim, "%zu > %s", device->number, line);
    host_line(device->host, base_slice(line, (size_t)len));
}

void device_ask(struct device *device, enum ask_kind kind, size_t group, size_t subject, const char *method,
                const char *params, ...) {
    char text[MAX_LINE];
    va_list arguments;
    va_start(arguments, params);
    vsnprintf(text, sizeof text, params, arguments);
    va_end(arguments);
    ask_about(device, kind, group, subject, method, text);
}

static const char *text_of(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static uint64_t number_of(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? (uint64_t)item->valuedouble : 0;
}

const char *person_id(const struct sim *sim, size_t person) {
    return sim->devices[person].id;
}

size_t person_find(const struct sim *sim, const char *id) {
    for (size_t i = 0; i < sim->options.people; i++) {
        if (id[0] != 0 && strcmp(person_id(sim, i), id) == 0) {
            return i;
        }
    }
    return LEDGER_NOBODY;
}

/* --- chats --- */

static struct membership *membership_of(struct device *device, const char *chat, size_t group) {
    for (size_t i = 0; i < device->membership_count; i++) {
        if (strcmp(device->memberships[i].chat, chat) == 0) {
            return &device->memberships[i];
        }
    }
    sim_grow((void **)&device->memberships, device->membership_count, &device->membership_capacity,
             sizeof *device->memberships);
    struct membership *made = &device->memberships[device->membership_count++];
    snprintf(made->chat, sizeof made->chat, "%s", chat);
    made->group = group;
    return made;
}

/* A chat that a device has only heard of from another one has no group here yet, and no timer. */
static bool is_there(const cJSON *chat) {
    return cJSON_GetObjectItemCaseSensitive(chat, "expire") != NULL;
}

static bool was_any_removed(const struct sim *sim) {
    bool any = false;
    for (size_t i = 0; i < sim->device_count; i++) {
        any = any || sim->devices[i].doomed;
    }
    return any;
}

static bool was_any_away(const struct sim *sim) {
    bool any = false;
    for (size_t i = 0; i < sim->device_count; i++) {
        any = any || sim->devices[i].lapsed > 0;
    }
    return any;
}

/* Whoever has invited somebody may be taken out of the group, or of his account, before the invitation has gone out:
 * others let in who was invited, and he says that he lacks what was written before. */
static void learn_late(struct device *device, const struct membership *in) {
    const struct ledger *ledger = device->sim->ledger;
    bool any = was_any_removed(device->sim) || was_any_away(device->sim);
    for (size_t i = 0; i < ledger->groups[in->group].count; i++) {
        any = any || ledger->groups[in->group].attempts[i].kind != ATTEMPT_ADD;
    }
    if (!any) {
        sim_fail(device->sim, "%zu lacks something of group %zu, where nobody was removed", device->number, in->group);
    }
    ledger_comes_late(device->sim->ledger, device->number, in->group, LEDGER_NOBODY);
    device->late[0] = 0;
}

static void learn_chat(struct device *device, const cJSON *chat) {
    if (strcmp(text_of(chat, "kind"), "group") != 0) {
        size_t peer = person_find(device->sim, text_of(chat, "chat"));
        device->direct |= peer != LEDGER_NOBODY && is_there(chat) ? people_one(peer) : 0;
        return;
    }
    size_t group = ledger_find_group(device->sim->ledger, text_of(chat, "name"));
    if (group == LEDGER_DIRECT) {
        sim_fail(device->sim, "%zu is in a group that nobody has made: %s", device->number, text_of(chat, "name"));
        return;
    }
    struct membership *in = membership_of(device, text_of(chat, "chat"), group);
    if (strcmp(device->late, in->chat) == 0) {
        learn_late(device, in);
    }
    const char *state = text_of(chat, "state");
    in->state = strcmp(state, "open") == 0 ? MEMBER_OPEN : strcmp(state, "left") == 0 ? MEMBER_LEFT : MEMBER_REMOVED;
    people_set before = in->members;
    in->members = 0;
    const cJSON *member;
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(chat, "members")) {
        size_t who = person_find(device->sim, member->valuestring);
        in->members |= who == LEDGER_NOBODY ? 0 : people_one(who);
    }
    for (size_t i = 0; i < device->sim->options.people; i++) {
        in->joins[i] = (uint8_t)(in->joins[i] + ((in->members & ~before & people_one(i)) != 0 ? 1 : 0));
    }
}

/* --- messages --- */

/* True if it says of itself what may be. */
static bool comes_late(struct device *device, const cJSON *notice) {
    static const char words[] = "This device had lost its place in the chat";
    const char *chat = text_of(notice, "chat");
    size_t peer = person_find(device->sim, chat);
    if (strncmp(text_of(notice, "text"), words, sizeof words - 1) != 0) {
        return false;
    }
    if (peer == LEDGER_NOBODY) {
        snprintf(device->late, sizeof device->late, "%s", chat); /* which group it is, comes next … */
        for (size_t i = 0; i < device->membership_count; i++) {
            if (strcmp(device->memberships[i].chat, chat) == 0) {
                learn_late(device, &device->memberships[i]); /* … or is known, if a sibling says it later */
            }
        }
        return true;
    }
    ledger_comes_late(device->sim->ledger, device->number, LEDGER_DIRECT, peer);
    return was_any_removed(device->sim) || was_any_away(device->sim);
}

/* True if it speaks of a device of a person one of whose devices was removed: what that has begun or written is not
 * shown to those who meet it after that. */
static bool is_of_removed(struct device *device, const cJSON *notice) {
    if (strncmp(text_of(notice, "text"), "A device ", strlen("A device ")) != 0) {
        return false;
    }
    size_t peer = person_find(device->sim, text_of(notice, "chat"));
    for (size_t i = 0; i < device->sim->device_count; i++) {
        const struct device *one = &device->sim->devices[i];
        if (one->doomed && strstr(text_of(notice, "text"), person_id(device->sim, one->owner)) != NULL) {
            device->met_removed = true;
            if (peer == LEDGER_NOBODY) {
                snprintf(device->late, sizeof device->late, "%s", text_of(notice, "chat"));
            } else {
                ledger_comes_late(device->sim->ledger, device->number, LEDGER_DIRECT, peer);
            }
            return true;
        }
    }
    return false;
}

/* True if it speaks of messages that are gone, for which there is a reason that is not shown: what has deleted them. */
static bool is_gone_unseen(const struct device *device, const cJSON *notice) {
    return device->met_removed && strstr(text_of(notice, "text"), "deleted, or had expired, before") != NULL;
}

void device_accuses(struct device *device, const cJSON *notice) {
    size_t whose = person_find(device->sim, text_of(notice, "from"));
    if (strstr(text_of(notice, "text"), "erver has ") != NULL) {
        device->accuses |= whose == LEDGER_NOBODY ? ~(people_set)0 : people_one(whose);
    }
}

/* What the server has left out, or of what it has left out was deleted. */
static bool is_of_lies(struct device *device, const cJSON *notice) {
    if (device->deceived) {
        device_accuses(device, notice);
    }
    return device->deceived;
}

/* Who was away for long, and who meets him. */
static bool is_of_absence(const struct device *device, const cJSON *notice) {
    (void)notice;
    return was_any_away(device->sim);
}

static void learn_notice(struct device *device, const cJSON *notice) {
    const char *kind = text_of(notice, "notice");
    device->unreadable = device->unreadable || strcmp(kind, "unreadable") == 0;
    /* Rubbish; or what has taken the place of a commit that others could not follow, or not any more. */
    bool expected =
        (device->sim->options.faults & (SIM_SABOTAGE | SIM_ABSENCES)) != 0 && strcmp(kind, "unreadable") == 0;
    if (expected ||
        (strcmp(kind, "gap") == 0 && (comes_late(device, notice) || is_gone_unseen(device, notice) ||
                                      is_of_lies(device, notice) || is_of_absence(device, notice))) ||
        (strcmp(kind, "identity") == 0 && is_of_removed(device, notice))) {
        return;
    }
    if (strcmp(kind, "gap") == 0 || strcmp(kind, "unreadable") == 0 || strcmp(kind, "identity") == 0) {
        sim_fail(device->sim, "%zu sees in %s: %s", device->number, text_of(notice, "chat"), text_of(notice, "text"));
    }
}

/* Where the order of messages is kept: the group, or the chat of two. */
static void check_place(struct device *device, const cJSON *message, size_t number) {
    struct sim *sim = device->sim;
    const struct sent *sent = &sim->ledger->sent[number];
    const char *chat = text_of(message, "chat");
    bool right = sent->group == LEDGER_DIRECT
                     ? person_find(sim, chat) == (device->owner == sent->from ? sent->to : sent->from)
                     : membership_of(device, chat, sent->group)->group == sent->group;
    if (!right || person_find(sim, text_of(message, "from")) != sent->from) {
        sim_fail(sim, "message %zu is shown to %zu in %s, from %s", number, device->number, chat,
                 text_of(message, "from"));
    }
}

static void learn_message(struct device *device, const cJSON *message) {
    struct sim *sim = device->sim;
    size_t number;
    if (strcmp(text_of(message, "kind"), "notice") == 0) {
        learn_notice(device, message);
        return;
    }
    size_t edit;
    bool deleted = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(message, "deleted"));
    if (deleted ? !ledger_by_id(sim->ledger, text_of(message, "id"), &number)
                : !ledger_read(sim->ledger, text_of(message, "text"), &number, &edit)) {
        return;
    }
    struct sent *sent = &sim->ledger->sent[number];
    snprintf(sent->id, sizeof sent->id, "%s", text_of(message, "id"));
    bool back = (sent->shown & devices_one(device->number)) != 0;
    ledger_shown(sim->ledger, number, device->number);
    check_place(device, message, number);
    if (deleted || back) {
        return; /* that it was there was heard after what came behind it */
    }
    size_t peer = sent->from == device->owner ? sent->to : sent->from;
    device->heard |= sent->group == LEDGER_DIRECT ? people_one(peer) : 0;
    if (!ledger_has_order(sim->ledger, sent, device->number) || device->deceived) {
        return;
    }
    size_t chat = sent->group == LEDGER_DIRECT ? SIM_MAX_GROUPS + peer : sent->group;
    size_t *last = &device->last_shown[chat][sent->device];
    if (number + 1 <= *last) {
        sim_fail(sim, "message %zu is shown on %zu after message %zu of the same writer", number, device->number,
                 *last - 1);
    }
    *last = number + 1;
}

static void learn_state(struct device *device, const cJSON *event) {
    /* Which message it is, its id says, which the answer to `send` has told: for all but its time, the end looks at
     * histories instead. */
    bool failed = strcmp(text_of(event, "state"), "failed") == 0;
    if (failed || strcmp(text_of(event, "state"), "sent") == 0) {
        ledger_told(device->sim->ledger, text_of(event, "id"), device->number);
    }
    if (failed) {
        const cJSON *error = cJSON_GetObjectItemCaseSensitive(event, "error");
        const char *why = text_of(cJSON_GetObjectItemCaseSensitive(error, "data"), "name");
        if (strcmp(why, "not_a_member") != 0 && !absent_may_fail(device->sim, why)) {
            sim_fail(device->sim, "a message of %zu in %s has failed: %s", device->number, text_of(event, "chat"),
                     text_of(error, "message"));
        }
    }
}

/* --- answers --- */

static void say_seen(struct device *device, const cJSON *result) {
    uint64_t last = device->last_arrival;
    const cJSON *message;
    cJSON_ArrayForEach(message, cJSON_GetObjectItemCaseSensitive(result, "messages")) {
        uint64_t arrival = number_of(message, "arrival");
        if (arrival <= last) {
            sim_fail(device->sim, "%zu is given arrival %" PRIu64 " after %" PRIu64, device->number, arrival, last);
        }
        last = arrival;
    }
    if (last > device->last_arrival) {
        device_ask(device, ASK_SEEN, 0, (size_t)last, "seen", "{\"arrival\":%" PRIu64 "}", last);
    }
}

static void begin(struct device *device, const cJSON *status) {
    const char *state = text_of(status, "state");
    if (strcmp(state, "new") == 0) {
        device_ask(device, ASK_HOME, 0, 0, "create", "%s", passphrase);
    } else if (strcmp(state, "locked") == 0) {
        device_ask(device, ASK_HOME, 0, 0, "unlock", "%s", passphrase);
    } else if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(status, "activated")) && device->link[0] == 0) {
        device_ask(device, ASK_ACTIVATE, 0, 0, "safe.restore",
                   "{\"id\":\"%s\",\"passphrase\":\"lost\",\"server\":\"http://127.0.0.1:1\"}",
                   person_id(device->sim, device->owner));
    } else if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(status, "activated"))) {
        device_ask(device, ASK_ACTIVATE, 0, 0, "activate", "{\"link\":\"%s\"}", device->link);
    } else {
        snprintf(device->id, sizeof device->id, "%s", text_of(status, "id"));
        device->open = true;
        device_ask(device, ASK_WHOAMI, 0, 0, "whoami", "{}");
        device_ask(device, ASK_CHATS, 0, 0, "chats", "{}");
        if (device->wants_online) {
            device_ask(device, ASK_CONNECT, 0, 0, "connect", "{}");
        }
    }
}

/* What the peer had written up to message number `before` and was shown has been read. */
static void note_read(struct device *device, size_t peer, size_t before) {
    struct ledger *ledger = device->sim->ledger;
    for (size_t i = 0; i < before; i++) {
        struct sent *sent = &ledger->sent[i];
        bool to_him = sent->group == LEDGER_DIRECT && sent->from == peer && sent->to == device->owner;
        sent->read |= to_him ? sent->read_before & devices_one(device->number) : 0;
    }
}

/* Of a group there may be two chats, of which one is deleted. */
static void take_wiped(struct device *device, size_t chat, size_t before) {
    bool direct = chat >= SIM_MAX_GROUPS;
    size_t group = direct ? LEDGER_DIRECT : chat, chats = 0;
    for (size_t i = 0; i < device->membership_count; i++) {
        chats += device->memberships[i].group == group ? 1 : 0;
    }
    ledger_wipe(device->sim->ledger, device->number, group, direct ? chat - SIM_MAX_GROUPS : LEDGER_NOBODY,
                chats > 1 ? 0 : before);
}

static void take_result(struct device *device, const struct ask *asked, const cJSON *result) {
    struct ledger *ledger = device->sim->ledger;
    const cJSON *chat;
    switch (asked->kind) {
    case ASK_STATUS:
        begin(device, result);
        break;
    case ASK_HOME:
    case ASK_ACTIVATE:
        device_ask(device, ASK_STATUS, 0, 0, "status", "{}");
        break;
    case ASK_CHATS:
        cJSON_ArrayForEach(chat, cJSON_GetObjectItemCaseSensitive(result, "chats")) {
            learn_chat(device, chat);
        }
        break;
    case ASK_SEND:
        ledger->sent[asked->subject].promised = true;
        snprintf(ledger->sent[asked->subject].id, sizeof ledger->sent->id, "%s", text_of(result, "id"));
        break;
    case ASK_EDIT:
        ledger->sent[asked->subject].edit_promised = asked->group;
        break;
    case ASK_WHOAMI:
        snprintf(device->name, sizeof device->name, "%s", text_of(result, "device"));
        break;
    case ASK_LINK:
        device_begin_linked(device, text_of(result, "link"), asked->subject == 1);
        break;
    case ASK_SAFE:
        device->safe = true;
        break;
    case ASK_GROUP_LINK:
        if (text_of(result, "link")[0] != 0) {
            snprintf(ledger->groups[asked->group].link, LEDGER_MAX_LINK, "%s", text_of(result, "link"));
        }
        break;
    case ASK_REMOVE:
        device->sim->devices[asked->subject].expelled = true;
        break;
    case ASK_READ:
        note_read(device, asked->subject, asked->group);
        break;
    case ASK_WIPE:
        take_wiped(device, asked->subject, asked->group);
        break;
    case ASK_CHANGE:
    case ASK_JOIN:
        device->coming -= asked->kind == ASK_JOIN ? 1 : 0;
        device->sim->report->changes++;
        learn_chat(device, result);
        break;
    case ASK_RECEIVE:
        say_seen(device, result);
        break;
    case ASK_SEEN:
        device->last_arrival = asked->subject;
        break;
    default:
        break;
    }
}

/* Links end, with whom they came from; who was removed stays so. */
static bool is_expected_of_devices(enum ask_kind kind, const char *why) {
    static const char *const link[] = { "offline",     "busy",      "waiting",  "too_many_devices",
                                        "unavailable", "too_often", "disk_full" };
    bool gets = kind == ASK_LINK || kind == ASK_SAFE || kind == ASK_JOIN || kind == ASK_GROUP_LINK;
    for (size_t i = 0; gets && i < sizeof link / sizeof *link; i++) {
        if (strcmp(link[i], why) == 0) {
            return true;
        }
    }
    static const char *const remove[] = {
        "offline", "busy", "unknown_device", "unavailable", "too_often", "disk_full"
    };
    for (size_t i = 0; kind == ASK_REMOVE && i < sizeof remove / sizeof *remove; i++) {
        if (strcmp(remove[i], why) == 0) {
            return true;
        }
    }
    /* Others may have come by another link since this one was made. */
    return (kind == ASK_ACTIVATE && (strcmp(why, "link_unknown") == 0 || strcmp(why, "link_expired") == 0 ||
                                     strcmp(why, "too_many_devices") == 0)) ||
           (kind == ASK_CONNECT && strcmp(why, "removed") == 0);
}

/* What may be answered at any time, because others do something at the same moment. */
static bool is_expected(const struct ask *asked, const char *why) {
    static const char *const change[] = { "offline",      "busy",           "not_a_member", "already_a_member",
                                          "unknown_chat", "no_key_package", "not_allowed" };
    bool changes = asked->kind == ASK_CHANGE || asked->kind == ASK_SETTING || asked->kind == ASK_JOIN ||
                   asked->kind == ASK_GROUP_LINK;
    for (size_t i = 0; changes && i < sizeof change / sizeof *change; i++) {
        if (strcmp(change[i], why) == 0) {
            return true;
        }
    }
    static const char *const amend[] = { "unknown_message", "deleted", "not_a_member", "not_own", "state", "closed" };
    bool amends = asked->kind == ASK_EDIT || asked->kind == ASK_AMEND;
    for (size_t i = 0; amends && i < sizeof amend / sizeof *amend; i++) {
        if (strcmp(amend[i], why) == 0) {
            return true;
        }
    }
    return (asked->kind == ASK_READ && strcmp(why, "unknown_chat") == 0) ||
           (asked->kind == ASK_WIPE && (strcmp(why, "unknown_chat") == 0 || strcmp(why, "state") == 0)) ||
           (asked->kind == ASK_SEND && strcmp(why, "not_a_member") == 0) ||
           (asked->kind == ASK_TYPING && strcmp(why, "unknown_chat") == 0) ||
           (asked->kind == ASK_ACTIVATE && strcmp(why, "busy") == 0) ||
           (asked->kind == ASK_JOIN && strcmp(why, "link_unknown") == 0) || is_expected_of_devices(asked->kind, why);
}

static void take_error(struct device *device, const struct ask *asked, const cJSON *error) {
    const char *why = text_of(cJSON_GetObjectItemCaseSensitive(error, "data"), "name");
    device->expelled = device->expelled || strcmp(why, "removed") == 0;
    /* Who was refused because his link had expired, or the account was full, has taken what it led to: when he tries
     * again, it is used. */
    bool again = asked->kind == ASK_ACTIVATE && device->gone && strcmp(why, "link_used") == 0;
    if (!again && !is_expected(asked, why)) {
        sim_fail(device->sim, "%zu is refused: %s (%s)", device->number, text_of(error, "message"), why);
    }
    device->coming -= asked->kind == ASK_JOIN && strcmp(why, "offline") != 0 ? 1 : 0;
    /* Whose connection breaks while he comes in by a link does not know whether his commit has arrived. */
    if (asked->kind == ASK_CHANGE || (asked->kind == ASK_JOIN && strcmp(why, "offline") != 0)) {
        device->sim->ledger->groups[asked->group].attempts[asked->subject].failed = true;
    } else if (asked->kind == ASK_SEND) {
        device->sim->ledger->sent[asked->subject].failed = true;
    } else if (asked->kind == ASK_ACTIVATE && device->number >= device->sim->options.people &&
               (strncmp(why, "link_", 5) == 0 || strcmp(why, "too_many_devices") == 0)) {
        device->gone = true;
    }
}

static void take_answer(struct device *device, cJSON *line) {
    uint64_t id = number_of(line, "id");
    for (size_t i = 0; i < device->ask_count; i++) {
        if (device->asks[i].id != id) {
            continue;
        }
        struct ask asked = device->asks[i];
        device->asks[i] = device->asks[--device->ask_count];
        const cJSON *error = cJSON_GetObjectItemCaseSensitive(line, "error");
        if (error != NULL) {
            take_error(device, &asked, error);
        } else if (asked.kind == ASK_CHECK) {
            cJSON_Delete(device->answer);
            device->answer = cJSON_DetachItemFromObjectCaseSensitive(line, "result");
        } else {
            take_result(device, &asked, cJSON_GetObjectItemCaseSensitive(line, "result"));
        }
        return;
    }
    sim_fail(device->sim, "%zu is answered what it did not ask", device->number);
}

/* What nobody waited for has come to its end. */
static void learn_joining(struct device *device, const cJSON *event) {
    static const char *const expected[] = { "link_unknown", "already_a_member", "busy" };
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(event, "error");
    const char *why = text_of(cJSON_GetObjectItemCaseSensitive(error, "data"), "name");
    bool good = error == NULL;
    device->coming--;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        good = good || strcmp(why, expected[i]) == 0;
    }
    if (!good) {
        sim_fail(device->sim, "%zu does not come in by a link: %s (%s)", device->number, text_of(error, "message"),
                 why);
    }
}

static void take_line(void *user, struct base_slice line) {
    struct device *device = user;
    sim_say(device->sim, "%zu < %.*s", device->number, (int)line.len, (const char *)line.data);
    cJSON *parsed = cJSON_ParseWithLength((const char *)line.data, line.len);
    if (parsed == NULL) {
        sim_fail(device->sim, "%zu is told what is not JSON", device->number);
        return;
    }
    const char *method = text_of(parsed, "method");
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(parsed, "params");
    if (method[0] == 0) {
        take_answer(device, parsed);
    } else if (strcmp(method, "message") == 0) {
        learn_message(device, params);
    } else if (strcmp(method, "message_state") == 0) {
        learn_state(device, params);
    } else if (strcmp(method, "chat") == 0) {
        learn_chat(device, params);
    } else if (strcmp(method, "joining") == 0) {
        learn_joining(device, params);
    }
    cJSON_Delete(parsed);
}

static void opened(void *user) {
    struct device *device = user;
    device_ask(device, ASK_STATUS, 0, 0, "status", "{}");
}

/* What was asked and not answered may have happened or not. */
static void gone(void *user) {
    struct device *device = user;
    device->open = false;
    device->ask_count = 0;
}

const cJSON *device_check(struct device *device, const char *method, const char *params, ...) {
    struct sim *sim = device->sim;
    cJSON_Delete(device->answer);
    device->answer = NULL;
    char text[MAX_LINE];
    va_list arguments;
    va_start(arguments, params);
    vsnprintf(text, sizeof text, params, arguments);
    va_end(arguments);
    ask_about(device, ASK_CHECK, 0, 0, method, text);
    uint64_t until = sim->timeline.now + ANSWER_WITHIN;
    while (device->answer == NULL && !sim_failed(sim) && timeline_step(&sim->timeline, until)) {
    }
    if (device->answer == NULL) {
        sim_fail(sim, "%zu is not answered: %s", device->number, method);
    }
    return sim_failed(sim) ? NULL : device->answer;
}

/* --- life --- */

static struct device *make(struct sim *sim, size_t owner) {
    struct device *device = &sim->devices[sim->device_count];
    device->sim = sim;
    device->number = sim->device_count++;
    device->owner = owner;
    device->wants_online = true;
    device->host = host_new(sim, device->number, (struct host_face){ take_line, opened, gone, device });
    return device;
}

void device_begin(struct sim *sim, size_t person) {
    char code[SERVER_CODE_LEN + 1];
    struct device *device = make(sim, person);
    server_invite(sim->server, person, code);
    snprintf(device->link, sizeof device->link, "http://127.0.0.1:1/#activate=%s", code);
    host_open(device->host);
}

void device_begin_linked(const struct device *by, const char *link, bool history) {
    struct sim *sim = by->sim;
    if (sim->device_count == SIM_MAX_DEVICES) {
        return;
    }
    struct device *device = make(sim, by->owner);
    sim->report->linked++;
    device->history = history;
    snprintf(device->link, sizeof device->link, "%s", link);
    host_open(device->host);
}

void device_free(struct device *device) {
    host_free(device->host);
    base_free(device->asks);
    base_free(device->memberships);
    cJSON_Delete(device->answer);
}
