/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What people do.
 */
#include <inttypes.h>

#include "absent.h"
#include "device.h"
#include "host.h"

enum { MAX_IDS = 2048 };

/* --- doing --- */

/* Signals come and go between messages, and use up their keys. */
static void type_sometimes(struct device *device, const char *chat) {
    enum { ONE_OF = 3 };
    if (sim_below(device->sim, ONE_OF) == 0) {
        device_ask(device, ASK_TYPING, 0, 0, "typing", "{\"chat\":\"%s\",\"typing\":true}", chat);
    }
}

static bool has_group(const struct device *device, size_t group) {
    for (size_t i = 0; i < device->membership_count; i++) {
        if (device->memberships[i].group == group && device->memberships[i].state == MEMBER_OPEN) {
            return true;
        }
    }
    return false;
}

/* A first device was there from the beginning. */
static device_set who_is_there(const struct sim *sim, const struct sent *sent) {
    device_set there = 0;
    for (size_t i = 0; i < sim->device_count; i++) {
        const struct device *device = &sim->devices[i];
        size_t peer = device->owner == sent->from ? sent->to : sent->from;
        bool has_it =
            sent->group == LEDGER_DIRECT ? (device->heard & people_one(peer)) != 0 : has_group(device, sent->group);
        there |= i < sim->options.people || has_it ? devices_one(i) : 0;
    }
    return there;
}

/* How many devices have come back by what lies on the server. */
static size_t count_restored(const struct sim *sim, size_t person) {
    size_t count = 0;
    for (size_t i = 0; i < sim->device_count; i++) {
        count += sim->devices[i].owner == person && sim->devices[i].link[0] == 0 ? 1 : 0;
    }
    return count;
}

/* Who has got something in the chat; and who is his account's only device, so that nobody has begun it without him. But
 * nobody where a device was restored: it begins chats at once, as its others may never be back, and lets them in later.
 */
static device_set who_has_order(const struct sim *sim, const struct sent *sent) {
    device_set ordered = 0;
    if (count_restored(sim, sent->from) + count_restored(sim, sent->to) > 0) {
        return ordered;
    }
    for (size_t i = 0; i < sim->device_count; i++) {
        const struct device *device = &sim->devices[i];
        size_t peer = device->owner == sent->from ? sent->to : sent->from;
        bool has_it = (device->heard & people_one(peer)) != 0, alone = true;
        for (size_t k = 0; k < sim->device_count; k++) {
            alone = alone && (k == i || sim->devices[k].owner != device->owner);
        }
        ordered |= has_it || alone ? devices_one(i) : 0;
    }
    return ordered;
}

static device_set who_may_be_alone(const struct sim *sim, size_t person) {
    device_set may = 0;
    for (size_t i = 0; i < sim->device_count; i++) {
        const struct device *device = &sim->devices[i];
        may |= device->owner == person && !device->expelled ? devices_one(i) : 0;
    }
    return may;
}

/* Some are polls, some disappear. */
static void send_it(struct device *device, struct sent *sent, const char *where, const char *chat) {
    enum { ONE_OF = 12, LONGEST = 1800 };
    char poll[128] = "", expire[32] = "";
    sent->expires = sim_below(device->sim, ONE_OF) == 0;
    size_t number = ledger_send(device->sim->ledger, sent);
    if (ledger_is_poll(number)) {
        (void)snprintf(poll, sizeof poll, ",\"poll\":{\"question\":\"who\",\"options\":[\"a\",\"b\"],\"multiple\":%s}",
                       number % 4 == 0 ? "true" : "false");
    }
    if (sent->expires) {
        (void)snprintf(expire, sizeof expire, ",\"expire\":%" PRIu64, 1 + sim_below(device->sim, LONGEST));
    }
    device_ask(device, ASK_SEND, 0, number, "send", "{\"%s\":\"%s\",\"text\":\"message %zu\"%s%s}", where, chat, number,
               poll, expire);
}

void device_write_direct(struct device *device, size_t to) {
    const char *id = person_id(device->sim, to);
    if (!device->open || id[0] == 0) {
        return;
    }
    struct sent sent = { .from = device->owner, .device = device->number, .group = LEDGER_DIRECT, .to = to };
    sent.there = who_is_there(device->sim, &sent);
    sent.ordered = who_has_order(device->sim, &sent);
    sent.alone = who_may_be_alone(device->sim, to);
    type_sometimes(device, id);
    send_it(device, &sent, "to", id);
}

void device_write_group(struct device *device, const struct membership *in) {
    struct ledger *ledger = device->sim->ledger;
    if (!device->open) {
        return;
    }
    size_t attempts = ledger->groups[in->group].count;
    struct sent sent = { .from = device->owner,
                         .device = device->number,
                         .group = in->group,
                         .to = LEDGER_NOBODY,
                         .view = in->members,
                         .attempts = attempts };
    sent.there = who_is_there(device->sim, &sent);
    for (size_t i = 0; i < SIM_MAX_DEVICES; i++) {
        bool inside = i < device->sim->device_count && has_group(&device->sim->devices[i], in->group);
        sent.outside |= inside ? 0 : devices_one(i);
    }
    for (size_t i = 0; i < device->sim->options.people; i++) {
        bool left = (in->members & people_one(i)) == 0 && in->joins[i] > 0;
        sent.out |= left && ledger_count_adds(ledger, in->group, i, 0) <= in->joins[i] ? people_one(i) : 0;
    }
    type_sometimes(device, in->chat);
    send_it(device, &sent, "chat", in->chat);
}

static void vote(struct device *device, const struct sent *sent, size_t number, uint64_t what) {
    static const char *const chosen[] = { "[0]", "[1]", "[]", "[1]", "[0]" };
    if (what == 0 && sent->from == device->owner) {
        device_ask(device, ASK_AMEND, 0, number, "poll.close", "{\"id\":\"%s\"}", sent->id);
    } else {
        device_ask(device, ASK_AMEND, 0, number, "vote", "{\"id\":\"%s\",\"options\":%s}", sent->id,
                   chosen[what % (sizeof chosen / sizeof *chosen)]);
    }
}

static const char *const emojis[LEDGER_EMOJIS] = { "a", "b", "c" };

void device_amend(struct device *device, size_t number, uint64_t what) {
    struct sent *sent = &device->sim->ledger->sent[number];
    bool own = sent->from == device->owner;
    bool has_it = sent->device == device->number ? sent->promised : (sent->shown & devices_one(device->number)) != 0;
    if (!device->open || sent->id[0] == 0 || !has_it) {
        return;
    }
    sent->amenders |= devices_one(device->number);
    if (ledger_is_poll(number) && what >= LEDGER_FIRST_VOTE) {
        vote(device, sent, number, what - LEDGER_FIRST_VOTE);
    } else if (own && what < 3) {
        sent->edits++;
        sent->editors |= devices_one(device->number);
        device_ask(device, ASK_EDIT, sent->edits, number, "edit", "{\"id\":\"%s\",\"text\":\"message %zu, edit %zu\"}",
                   sent->id, number, sent->edits);
    } else if (own && what == 3) {
        sent->delete_asked = true;
        device_ask(device, ASK_AMEND, 0, number, "delete", "{\"id\":\"%s\",\"for\":\"everyone\"}", sent->id);
    } else if (what == 4) {
        sent->hidden |= devices_one(device->number);
        device_ask(device, ASK_AMEND, 0, number, "delete", "{\"id\":\"%s\",\"for\":\"me\"}", sent->id);
    } else {
        device_ask(device, ASK_AMEND, 0, number, "react", "{\"id\":\"%s\",\"emoji\":\"%s\",\"remove\":%s}", sent->id,
                   emojis[what % LEDGER_EMOJIS], what % 4 == 0 ? "true" : "false");
    }
}

/* Whatever was shown of the peer so far is read. */
void device_read(struct device *device, size_t peer) {
    struct ledger *ledger = device->sim->ledger;
    if (!device->open || person_id(device->sim, peer)[0] == 0) {
        return;
    }
    for (size_t i = 0; i < ledger->count; i++) {
        ledger->sent[i].read_before |= ledger->sent[i].shown & devices_one(device->number);
    }
    device_ask(device, ASK_READ, ledger->count, peer, "read", "{\"chat\":\"%s\",\"number\":%" PRIu64 "}",
               person_id(device->sim, peer), (uint64_t)1 << 32);
}

static void wipe(struct device *device, const char *chat, size_t group, size_t peer) {
    struct ledger *ledger = device->sim->ledger;
    if (device->open && chat[0] != 0) {
        device_ask(device, ASK_WIPE, ledger->count, group == LEDGER_DIRECT ? SIM_MAX_GROUPS + peer : group,
                   "chat.delete", "{\"chat\":\"%s\"}", chat);
        ledger_wipe(ledger, device->number, group, peer, 0);
    }
}

void device_wipe(struct device *device, size_t peer) {
    wipe(device, person_id(device->sim, peer), LEDGER_DIRECT, peer);
}

void device_wipe_group(struct device *device, const struct membership *in) {
    wipe(device, in->chat, in->group, LEDGER_NOBODY);
}

/* The IDs of a set as a JSON array. */
static void write_ids(const struct device *device, people_set who, char *out, size_t size) {
    size_t len = (size_t)snprintf(out, size, "[");
    for (size_t i = 0; i < device->sim->options.people; i++) {
        if ((who & people_one(i)) != 0) {
            len += (size_t)snprintf(out + len, size - len, "%s\"%s\"", len > 1 ? "," : "", person_id(device->sim, i));
        }
    }
    snprintf(out + len, size - len, "]");
}

static people_set active_ones(const struct device *device, people_set who) {
    for (size_t i = 0; i < device->sim->options.people; i++) {
        if (person_id(device->sim, i)[0] == 0 || i == device->owner) {
            who &= ~people_one(i);
        }
    }
    return who;
}

void device_make_group(struct device *device, people_set members) {
    struct ledger *ledger = device->sim->ledger;
    char ids[MAX_IDS];
    members = active_ones(device, members);
    if (!device->open || device->doomed || members == 0 || ledger->group_count == SIM_MAX_GROUPS) {
        return; /* of a group that one makes which is about to be removed, its others may never hear */
    }
    size_t group = ledger_add_group(ledger);
    size_t attempt = ledger_attempt(ledger, group, ATTEMPT_ADD, members | people_one(device->owner));
    write_ids(device, members, ids, sizeof ids);
    device_ask(device, ASK_CHANGE, group, attempt, "group.create", "{\"name\":\"%s\",\"members\":%s}",
               ledger->groups[group].name, ids);
}

void device_change_group(struct device *device, const struct membership *in, enum attempt_kind kind, people_set who) {
    static const char *const methods[] = { "group.add", "group.remove", "group.leave" };
    char ids[MAX_IDS];
    who = kind == ATTEMPT_LEAVE ? people_one(device->owner) : active_ones(device, who);
    if (!device->open || who == 0) {
        return;
    }
    size_t attempt = ledger_attempt(device->sim->ledger, in->group, kind, who);
    write_ids(device, who, ids, sizeof ids);
    device_ask(device, ASK_CHANGE, in->group, attempt, methods[kind], "{\"chat\":\"%s\",\"members\":%s}", in->chat,
               ids);
}

void device_name_group(struct device *device, const struct membership *in) {
    if (device->open) {
        device_ask(device, ASK_SETTING, in->group, 0, "group.set",
                   "{\"chat\":\"%s\",\"name\":\"group %zu, %" PRIu64 "\"}", in->chat, in->group,
                   sim_below(device->sim, 1000));
    }
}

void device_set_role(struct device *device, const struct membership *in, size_t whose, const char *role) {
    const char *id = person_id(device->sim, whose);
    if (device->open && id[0] != 0) {
        device_ask(device, ASK_SETTING, in->group, 0, "group.role",
                   "{\"chat\":\"%s\",\"member\":\"%s\",\"role\":\"%s\"}", in->chat, id, role);
    }
}

void device_link_group(struct device *device, const struct membership *in, bool enabled) {
    if (device->open) {
        device_ask(device, ASK_GROUP_LINK, in->group, 0, "group.link", "{\"chat\":\"%s\",\"enabled\":%s}", in->chat,
                   enabled ? "true" : "false");
    }
}

void device_join_group(struct device *device, size_t group) {
    struct ledger *ledger = device->sim->ledger;
    if (!device->open || device->doomed || ledger->groups[group].link[0] == 0 || has_group(device, group)) {
        return;
    }
    size_t attempt = ledger_attempt(ledger, group, ATTEMPT_ADD, people_one(device->owner));
    device->coming++;
    device_ask(device, ASK_JOIN, group, attempt, "group.join", "{\"link\":\"%s\"}", ledger->groups[group].link);
}

void device_go(struct device *device, bool online) {
    device->wants_online = online;
    absent_went(device, online);
    if (device->open) {
        device_ask(device, ASK_CONNECT, 0, 0, online ? "connect" : "disconnect", "{}");
    }
}

void device_receive(struct device *device) {
    for (size_t i = 0; i < device->ask_count; i++) {
        if (device->asks[i].kind == ASK_RECEIVE || device->asks[i].kind == ASK_SEEN) {
            return;
        }
    }
    if (device->open) {
        device_ask(device, ASK_RECEIVE, 0, 0, "receive", "{\"limit\":%" PRIu64 "}", 1 + sim_below(device->sim, 20));
    }
}

/* --- several devices --- */

void device_set_something(struct device *device, size_t peer) {
    const char *id = person_id(device->sim, peer);
    if (!device->open || id[0] == 0 || peer == device->owner) {
        return;
    }
    if (sim_below(device->sim, 2) == 0) {
        device_ask(device, ASK_SETTING, 0, 0, "contact.add", "{\"id\":\"%s\",\"name\":\"name %" PRIu64 "\"}", id,
                   sim_below(device->sim, 1000));
    } else {
        device_ask(device, ASK_SETTING, 0, 0, "chat.set", "{\"chat\":\"%s\",\"pinned\":%s}", id,
                   sim_below(device->sim, 2) == 0 ? "true" : "false");
    }
}

void device_link_another(struct device *device) {
    bool history = sim_below(device->sim, 2) == 0;
    if (device->open && !device->doomed && device->sim->device_count < SIM_MAX_DEVICES) {
        device_ask(device, ASK_LINK, 0, history ? 1 : 0, "device.link", "{\"history\":%s}", history ? "true" : "false");
    }
}

void device_keep_safe(struct device *device) {
    if (device->open && !device->doomed) {
        device_ask(device, ASK_SAFE, 0, 0, "safe.set", "{\"enabled\":true,\"passphrase\":\"lost\"}");
    }
}

void device_restore_another(struct device *device) {
    enum { MOST = 2 };
    if (device->safe && count_restored(device->sim, device->owner) < MOST) {
        device_begin_linked(device, "", false);
    }
}

/* A device that was just linked is let into the chats by the others: whoever removes those before is in no chat. Nor is
 * one removed that may be coming into a group. */
static bool is_needed(const struct device *device) {
    people_set direct = device->direct;
    size_t groups = 0;
    bool alone = true;
    for (size_t i = 0; i < device->sim->device_count && device->coming == 0; i++) {
        const struct device *one = &device->sim->devices[i];
        if (one->owner == device->owner && one->open && !one->doomed && !one->gone && one != device) {
            direct &= ~one->direct;
            alone = false;
        }
    }
    for (size_t k = 0; k < device->ask_count; k++) {
        alone = alone || device->asks[k].kind == ASK_CHANGE; /* it may be making a group, of which nobody knows yet */
    }
    for (size_t k = 0; k < device->membership_count; k++) {
        bool elsewhere = device->memberships[k].state != MEMBER_OPEN;
        for (size_t i = 0; i < device->sim->device_count && !elsewhere; i++) {
            const struct device *one = &device->sim->devices[i];
            elsewhere = one->owner == device->owner && one->open && !one->doomed && !one->gone && one != device &&
                        has_group(one, device->memberships[k].group);
        }
        groups += elsewhere ? 0 : 1;
    }
    return alone || direct != 0 || groups > 0;
}

void device_remove_another(struct device *device, struct device *other) {
    if (device->open && !device->doomed && other != device && other->owner == device->owner && other->name[0] != 0 &&
        !is_needed(other)) {
        other->doomed = true;
        device_ask(device, ASK_REMOVE, 0, other->number, "device.remove", "{\"device\":\"%s\"}", other->name);
    }
}
