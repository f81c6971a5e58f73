/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Requests, answers, events.
 */
#include "person.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "host.h"
#include "memory.h"

enum { MAX_LINE = 4096, ANSWER_WITHIN = 10 * SIM_MINUTE };

static const char passphrase[] = "{\"passphrase\":\"sesame\"}";

/* --- asking --- */

__attribute__((format(printf, 6, 0))) static void ask_about(struct person *person, enum ask_kind kind, size_t group,
                                                            size_t subject, const char *method, const char *params,
                                                            va_list arguments) {
    char text[MAX_LINE], line[MAX_LINE + 128];
    vsnprintf(text, sizeof text, params, arguments);
    if (!host_is_up(person->host)) {
        return;
    }
    sim_grow((void **)&person->asks, person->ask_count, &person->ask_capacity, sizeof *person->asks);
    uint64_t id = ++person->next_id;
    person->asks[person->ask_count++] = (struct ask){ id, kind, group, subject };
    int len = snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":\"%s\",\"params\":%s}",
                       id, method, text);
    sim_say(person->sim, "%zu > %s", person->number, line);
    host_line(person->host, base_slice(line, (size_t)len));
}

__attribute__((format(printf, 6, 7))) static void ask(struct person *person, enum ask_kind kind, size_t group,
                                                      size_t subject, const char *method, const char *params, ...) {
    va_list arguments;
    va_start(arguments, params);
    ask_about(person, kind, group, subject, method, params, arguments);
    va_end(arguments);
}

static const char *text_of(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static uint64_t number_of(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? (uint64_t)item->valuedouble : 0;
}

size_t person_find(const struct sim *sim, const char *id) {
    for (size_t i = 0; i < sim->options.people; i++) {
        if (id[0] != 0 && strcmp(sim->people[i].id, id) == 0) {
            return i;
        }
    }
    return LEDGER_NOBODY;
}

/* --- chats --- */

static struct membership *membership_of(struct person *person, const char *chat, size_t group) {
    for (size_t i = 0; i < person->membership_count; i++) {
        if (strcmp(person->memberships[i].chat, chat) == 0) {
            return &person->memberships[i];
        }
    }
    sim_grow((void **)&person->memberships, person->membership_count, &person->membership_capacity,
             sizeof *person->memberships);
    struct membership *made = &person->memberships[person->membership_count++];
    snprintf(made->chat, sizeof made->chat, "%s", chat);
    made->group = group;
    return made;
}

static void learn_chat(struct person *person, const cJSON *chat) {
    if (strcmp(text_of(chat, "kind"), "group") != 0) {
        return;
    }
    size_t group = ledger_find_group(person->sim->ledger, text_of(chat, "name"));
    if (group == LEDGER_DIRECT) {
        sim_fail(person->sim, "%zu is in a group that nobody has made: %s", person->number, text_of(chat, "name"));
        return;
    }
    struct membership *in = membership_of(person, text_of(chat, "chat"), group);
    const char *state = text_of(chat, "state");
    in->state = strcmp(state, "open") == 0 ? MEMBER_OPEN : strcmp(state, "left") == 0 ? MEMBER_LEFT : MEMBER_REMOVED;
    people_set before = in->members;
    in->members = 0;
    const cJSON *member;
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(chat, "members")) {
        size_t who = person_find(person->sim, member->valuestring);
        in->members |= who == LEDGER_NOBODY ? 0 : people_one(who);
    }
    for (size_t i = 0; i < person->sim->options.people; i++) {
        in->joins[i] = (uint8_t)(in->joins[i] + ((in->members & ~before & people_one(i)) != 0 ? 1 : 0));
    }
}

/* --- messages --- */

static void learn_notice(struct person *person, const cJSON *notice) {
    const char *kind = text_of(notice, "notice");
    bool expected = (person->sim->options.faults & SIM_SABOTAGE) != 0 && strcmp(kind, "unreadable") == 0;
    if (expected) {
        return;
    }
    if (strcmp(kind, "gap") == 0 || strcmp(kind, "unreadable") == 0 || strcmp(kind, "identity") == 0) {
        sim_fail(person->sim, "%zu sees in %s: %s", person->number, text_of(notice, "chat"), text_of(notice, "text"));
    }
}

/* Where the order of messages is kept: the group, or the chat of two. */
static void check_place(struct person *person, const cJSON *message, size_t number) {
    struct sim *sim = person->sim;
    const struct sent *sent = &sim->ledger->sent[number];
    const char *chat = text_of(message, "chat");
    bool right = sent->group == LEDGER_DIRECT
                     ? person_find(sim, chat) == (person->number == sent->from ? sent->to : sent->from)
                     : membership_of(person, chat, sent->group)->group == sent->group;
    if (!right || person_find(sim, text_of(message, "from")) != sent->from) {
        sim_fail(sim, "message %zu is shown to %zu in %s, from %s", number, person->number, chat,
                 text_of(message, "from"));
    }
}

static void learn_message(struct person *person, const cJSON *message) {
    struct sim *sim = person->sim;
    size_t number;
    if (strcmp(text_of(message, "kind"), "notice") == 0) {
        learn_notice(person, message);
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
    ledger_shown(sim->ledger, number, person->number);
    check_place(person, message, number);
    if (deleted) {
        return; /* that it was there was heard after what came behind it */
    }
    size_t *last = &person->last_shown[sent->group][sent->from];
    if (number + 1 <= *last) {
        sim_fail(sim, "message %zu is shown to %zu after message %zu of the same writer", number, person->number,
                 *last - 1);
    }
    *last = number + 1;
}

static void learn_state(struct person *person, const cJSON *event) {
    /* Which message it is, its id says, which the answer to `send` has told: the end looks at histories instead. */
    if (strcmp(text_of(event, "state"), "failed") == 0) {
        const cJSON *error = cJSON_GetObjectItemCaseSensitive(event, "error");
        const char *why = text_of(cJSON_GetObjectItemCaseSensitive(error, "data"), "name");
        if (strcmp(why, "not_a_member") != 0) {
            sim_fail(person->sim, "a message of %zu in %s has failed: %s", person->number, text_of(event, "chat"),
                     text_of(error, "message"));
        }
    }
}

/* --- answers --- */

static void say_seen(struct person *person, const cJSON *result) {
    uint64_t last = person->last_arrival;
    const cJSON *message;
    cJSON_ArrayForEach(message, cJSON_GetObjectItemCaseSensitive(result, "messages")) {
        uint64_t arrival = number_of(message, "arrival");
        if (arrival <= last) {
            sim_fail(person->sim, "%zu is given arrival %" PRIu64 " after %" PRIu64, person->number, arrival, last);
        }
        last = arrival;
    }
    if (last > person->last_arrival) {
        ask(person, ASK_SEEN, 0, (size_t)last, "seen", "{\"arrival\":%" PRIu64 "}", last);
    }
}

static void begin(struct person *person, const cJSON *status) {
    const char *state = text_of(status, "state");
    if (strcmp(state, "new") == 0) {
        ask(person, ASK_HOME, 0, 0, "create", "%s", passphrase);
    } else if (strcmp(state, "locked") == 0) {
        ask(person, ASK_HOME, 0, 0, "unlock", "%s", passphrase);
    } else if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(status, "activated"))) {
        ask(person, ASK_ACTIVATE, 0, 0, "activate", "{\"link\":\"http://127.0.0.1:1/#activate=%s\"}", person->code);
    } else {
        snprintf(person->id, sizeof person->id, "%s", text_of(status, "id"));
        person->open = true;
        ask(person, ASK_CHATS, 0, 0, "chats", "{}");
        if (person->wants_online) {
            ask(person, ASK_CONNECT, 0, 0, "connect", "{}");
        }
    }
}

/* What the peer had written up to message number `before` and was shown has been read. */
static void note_read(struct person *person, size_t peer, size_t before) {
    struct ledger *ledger = person->sim->ledger;
    for (size_t i = 0; i < before; i++) {
        struct sent *sent = &ledger->sent[i];
        bool to_him = sent->group == LEDGER_DIRECT && sent->from == peer && sent->to == person->number;
        sent->read |= to_him && (sent->read_before & people_one(person->number)) != 0 ? people_one(person->number) : 0;
    }
}

static void take_result(struct person *person, const struct ask *asked, const cJSON *result) {
    struct ledger *ledger = person->sim->ledger;
    const cJSON *chat;
    switch (asked->kind) {
    case ASK_STATUS:
        begin(person, result);
        break;
    case ASK_HOME:
    case ASK_ACTIVATE:
        ask(person, ASK_STATUS, 0, 0, "status", "{}");
        break;
    case ASK_CHATS:
        cJSON_ArrayForEach(chat, cJSON_GetObjectItemCaseSensitive(result, "chats")) {
            learn_chat(person, chat);
        }
        break;
    case ASK_SEND:
        ledger->sent[asked->subject].promised = true;
        snprintf(ledger->sent[asked->subject].id, sizeof ledger->sent->id, "%s", text_of(result, "id"));
        break;
    case ASK_EDIT:
        ledger->sent[asked->subject].edit_promised = asked->group;
        break;
    case ASK_READ:
        note_read(person, asked->subject, asked->group);
        break;
    case ASK_CHANGE:
        person->sim->report->changes++;
        learn_chat(person, result);
        break;
    case ASK_RECEIVE:
        say_seen(person, result);
        break;
    case ASK_SEEN:
        person->last_arrival = asked->subject;
        break;
    default:
        break;
    }
}

/* What may be answered at any time, because others do something at the same moment. */
static bool is_expected(const struct ask *asked, const char *why) {
    static const char *const change[] = { "offline",      "busy",           "not_a_member", "already_a_member",
                                          "unknown_chat", "no_key_package", "not_allowed" };
    bool changes = asked->kind == ASK_CHANGE || asked->kind == ASK_SETTING;
    for (size_t i = 0; changes && i < sizeof change / sizeof *change; i++) {
        if (strcmp(change[i], why) == 0) {
            return true;
        }
    }
    static const char *const amend[] = { "unknown_message", "deleted", "not_a_member", "not_own", "state" };
    bool amends = asked->kind == ASK_EDIT || asked->kind == ASK_AMEND;
    for (size_t i = 0; amends && i < sizeof amend / sizeof *amend; i++) {
        if (strcmp(amend[i], why) == 0) {
            return true;
        }
    }
    return (asked->kind == ASK_READ && strcmp(why, "unknown_chat") == 0) ||
           (asked->kind == ASK_SEND && strcmp(why, "not_a_member") == 0) ||
           (asked->kind == ASK_TYPING && strcmp(why, "unknown_chat") == 0) ||
           (asked->kind == ASK_ACTIVATE && strcmp(why, "busy") == 0);
}

static void take_error(struct person *person, const struct ask *asked, const cJSON *error) {
    const char *why = text_of(cJSON_GetObjectItemCaseSensitive(error, "data"), "name");
    if (!is_expected(asked, why)) {
        sim_fail(person->sim, "%zu is refused: %s (%s)", person->number, text_of(error, "message"), why);
    }
    if (asked->kind == ASK_CHANGE) {
        person->sim->ledger->groups[asked->group].attempts[asked->subject].failed = true;
    } else if (asked->kind == ASK_SEND) {
        person->sim->ledger->sent[asked->subject].failed = true;
    }
}

static void take_answer(struct person *person, cJSON *line) {
    uint64_t id = number_of(line, "id");
    for (size_t i = 0; i < person->ask_count; i++) {
        if (person->asks[i].id != id) {
            continue;
        }
        struct ask asked = person->asks[i];
        person->asks[i] = person->asks[--person->ask_count];
        const cJSON *error = cJSON_GetObjectItemCaseSensitive(line, "error");
        if (error != NULL) {
            take_error(person, &asked, error);
        } else if (asked.kind == ASK_CHECK) {
            cJSON_Delete(person->answer);
            person->answer = cJSON_DetachItemFromObjectCaseSensitive(line, "result");
        } else {
            take_result(person, &asked, cJSON_GetObjectItemCaseSensitive(line, "result"));
        }
        return;
    }
    sim_fail(person->sim, "%zu is answered what it did not ask", person->number);
}

static void take_line(void *user, struct base_slice line) {
    struct person *person = user;
    sim_say(person->sim, "%zu < %.*s", person->number, (int)line.len, (const char *)line.data);
    cJSON *parsed = cJSON_ParseWithLength((const char *)line.data, line.len);
    if (parsed == NULL) {
        sim_fail(person->sim, "%zu is told what is not JSON", person->number);
        return;
    }
    const char *method = text_of(parsed, "method");
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(parsed, "params");
    if (method[0] == 0) {
        take_answer(person, parsed);
    } else if (strcmp(method, "message") == 0) {
        learn_message(person, params);
    } else if (strcmp(method, "message_state") == 0) {
        learn_state(person, params);
    } else if (strcmp(method, "chat") == 0) {
        learn_chat(person, params);
    }
    cJSON_Delete(parsed);
}

static void opened(void *user) {
    struct person *person = user;
    ask(person, ASK_STATUS, 0, 0, "status", "{}");
}

/* What was asked and not answered may have happened or not. */
static void gone(void *user) {
    struct person *person = user;
    person->open = false;
    person->ask_count = 0;
}

/* --- doing --- */

/* Signals come and go between messages, and use up their keys. */
static void type_sometimes(struct person *person, const char *chat) {
    enum { ONE_OF = 3 };
    if (sim_below(person->sim, ONE_OF) == 0) {
        ask(person, ASK_TYPING, 0, 0, "typing", "{\"chat\":\"%s\",\"typing\":true}", chat);
    }
}

void person_write_direct(struct person *person, size_t to) {
    const char *id = person->sim->people[to].id;
    if (!person->open || id[0] == 0) {
        return;
    }
    struct sent sent = { .from = person->number, .group = LEDGER_DIRECT, .to = to };
    type_sometimes(person, id);
    size_t number = ledger_send(person->sim->ledger, &sent);
    ask(person, ASK_SEND, 0, number, "send", "{\"to\":\"%s\",\"text\":\"message %zu\"}", id, number);
}

void person_write_group(struct person *person, const struct membership *in) {
    struct ledger *ledger = person->sim->ledger;
    if (!person->open) {
        return;
    }
    size_t attempts = ledger->groups[in->group].count;
    struct sent sent = {
        .from = person->number, .group = in->group, .to = LEDGER_NOBODY, .view = in->members, .attempts = attempts
    };
    for (size_t i = 0; i < person->sim->options.people; i++) {
        bool left = (in->members & people_one(i)) == 0 && in->joins[i] > 0;
        sent.out |= left && ledger_count_adds(ledger, in->group, i, 0) <= in->joins[i] ? people_one(i) : 0;
    }
    type_sometimes(person, in->chat);
    size_t number = ledger_send(ledger, &sent);
    ask(person, ASK_SEND, 0, number, "send", "{\"chat\":\"%s\",\"text\":\"message %zu\"}", in->chat, number);
}

static const char *const emojis[LEDGER_EMOJIS] = { "a", "b", "c" };

void person_amend(struct person *person, size_t number, uint64_t what) {
    struct sent *sent = &person->sim->ledger->sent[number];
    bool own = sent->from == person->number;
    bool has_it = own ? sent->promised : (sent->shown & people_one(person->number)) != 0;
    if (!person->open || sent->id[0] == 0 || !has_it) {
        return;
    }
    if (own && what < 3) {
        sent->edits++;
        ask(person, ASK_EDIT, sent->edits, number, "edit", "{\"id\":\"%s\",\"text\":\"message %zu, edit %zu\"}",
            sent->id, number, sent->edits);
    } else if (own && what == 3) {
        sent->delete_asked = true;
        ask(person, ASK_AMEND, 0, number, "delete", "{\"id\":\"%s\",\"for\":\"everyone\"}", sent->id);
    } else if (what == 4) {
        sent->hidden |= people_one(person->number);
        ask(person, ASK_AMEND, 0, number, "delete", "{\"id\":\"%s\",\"for\":\"me\"}", sent->id);
    } else {
        ask(person, ASK_AMEND, 0, number, "react", "{\"id\":\"%s\",\"emoji\":\"%s\",\"remove\":%s}", sent->id,
            emojis[what % LEDGER_EMOJIS], what % 4 == 0 ? "true" : "false");
    }
}

/* Whatever was shown of the peer so far is read. */
void person_read(struct person *person, size_t peer) {
    struct ledger *ledger = person->sim->ledger;
    if (!person->open || person->sim->people[peer].id[0] == 0) {
        return;
    }
    for (size_t i = 0; i < ledger->count; i++) {
        ledger->sent[i].read_before |= ledger->sent[i].shown & people_one(person->number);
    }
    ask(person, ASK_READ, ledger->count, peer, "read", "{\"chat\":\"%s\",\"number\":%" PRIu64 "}",
        person->sim->people[peer].id, (uint64_t)1 << 32);
}

/* The IDs of a set as a JSON array. */
static void write_ids(const struct person *person, people_set who, char *out, size_t size) {
    size_t len = (size_t)snprintf(out, size, "[");
    for (size_t i = 0; i < person->sim->options.people; i++) {
        if ((who & people_one(i)) != 0) {
            len += (size_t)snprintf(out + len, size - len, "%s\"%s\"", len > 1 ? "," : "", person->sim->people[i].id);
        }
    }
    snprintf(out + len, size - len, "]");
}

static people_set active_ones(const struct person *person, people_set who) {
    for (size_t i = 0; i < person->sim->options.people; i++) {
        if (person->sim->people[i].id[0] == 0 || i == person->number) {
            who &= ~people_one(i);
        }
    }
    return who;
}

void person_make_group(struct person *person, people_set members) {
    struct ledger *ledger = person->sim->ledger;
    char ids[MAX_LINE / 2];
    members = active_ones(person, members);
    if (!person->open || members == 0 || ledger->group_count == SIM_MAX_GROUPS) {
        return;
    }
    size_t group = ledger_add_group(ledger);
    size_t attempt = ledger_attempt(ledger, group, ATTEMPT_ADD, members | people_one(person->number));
    write_ids(person, members, ids, sizeof ids);
    ask(person, ASK_CHANGE, group, attempt, "group.create", "{\"name\":\"%s\",\"members\":%s}",
        ledger->groups[group].name, ids);
}

void person_change_group(struct person *person, const struct membership *in, enum attempt_kind kind, people_set who) {
    static const char *const methods[] = { "group.add", "group.remove", "group.leave" };
    char ids[MAX_LINE / 2];
    who = kind == ATTEMPT_LEAVE ? people_one(person->number) : active_ones(person, who);
    if (!person->open || who == 0) {
        return;
    }
    size_t attempt = ledger_attempt(person->sim->ledger, in->group, kind, who);
    write_ids(person, who, ids, sizeof ids);
    ask(person, ASK_CHANGE, in->group, attempt, methods[kind], "{\"chat\":\"%s\",\"members\":%s}", in->chat, ids);
}

void person_name_group(struct person *person, const struct membership *in) {
    if (person->open) {
        ask(person, ASK_SETTING, in->group, 0, "group.set", "{\"chat\":\"%s\",\"name\":\"group %zu, %" PRIu64 "\"}",
            in->chat, in->group, sim_below(person->sim, 1000));
    }
}

void person_set_role(struct person *person, const struct membership *in, size_t whose, const char *role) {
    const char *id = person->sim->people[whose].id;
    if (person->open && id[0] != 0) {
        ask(person, ASK_SETTING, in->group, 0, "group.role", "{\"chat\":\"%s\",\"member\":\"%s\",\"role\":\"%s\"}",
            in->chat, id, role);
    }
}

void person_go(struct person *person, bool online) {
    person->wants_online = online;
    if (person->open) {
        ask(person, ASK_CONNECT, 0, 0, online ? "connect" : "disconnect", "{}");
    }
}

void person_receive(struct person *person) {
    for (size_t i = 0; i < person->ask_count; i++) {
        if (person->asks[i].kind == ASK_RECEIVE || person->asks[i].kind == ASK_SEEN) {
            return;
        }
    }
    if (person->open) {
        ask(person, ASK_RECEIVE, 0, 0, "receive", "{\"limit\":%" PRIu64 "}", 1 + sim_below(person->sim, 20));
    }
}

const cJSON *person_check(struct person *person, const char *method, const char *params, ...) {
    struct sim *sim = person->sim;
    cJSON_Delete(person->answer);
    person->answer = NULL;
    va_list arguments;
    va_start(arguments, params);
    ask_about(person, ASK_CHECK, 0, 0, method, params, arguments);
    va_end(arguments);
    uint64_t until = sim->timeline.now + ANSWER_WITHIN;
    while (person->answer == NULL && !sim_failed(sim) && timeline_step(&sim->timeline, until)) {
    }
    if (person->answer == NULL) {
        sim_fail(sim, "%zu is not answered: %s", person->number, method);
    }
    return sim_failed(sim) ? NULL : person->answer;
}

/* --- life --- */

void person_init(struct person *person, struct sim *sim, size_t number) {
    person->sim = sim;
    person->number = number;
    person->wants_online = true;
    server_invite(sim->server, number, person->code);
    person->host = host_new(sim, number, (struct host_face){ take_line, opened, gone, person });
    host_open(person->host);
}

void person_free(struct person *person) {
    host_free(person->host);
    base_free(person->asks);
    base_free(person->memberships);
    cJSON_Delete(person->answer);
}
