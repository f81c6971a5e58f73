/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Whoever was away for longer than entries live may lack whatever was written until he came back, if he says so in the
 * chat. Where he says nothing, he must have all that the others have.
 */
#include "absent.h"

#include <inttypes.h>
#include <string.h>

#include "device.h"

static const uint64_t LONG = (uint64_t)28 * 24 * SIM_HOUR, YEAR = (uint64_t)366 * 24 * SIM_HOUR;

enum { PAGE = 200, ALL = 1000, LEAVES = 12, WEEKS_PASS = 18, RETURNS = 30 };

static void leave(struct sim *sim) {
    const struct device *one = &sim->devices[sim_below(sim, sim->device_count)];
    bool all = sim_below(sim, 2) == 0; /* of his devices */
    for (size_t i = 0; i < sim->device_count; i++) {
        struct device *device = &sim->devices[i];
        if (device == one || (all && device->owner == one->owner)) {
            device->away = true;
            device_go(device, false);
        }
    }
}

static void come_back(struct sim *sim) {
    size_t first = (size_t)sim_below(sim, sim->device_count);
    for (size_t i = 0; i < sim->device_count; i++) {
        struct device *device = &sim->devices[(first + i) % sim->device_count];
        if (device->away) {
            device->away = false;
            device_go(device, true);
            return;
        }
    }
}

static void note_missed(struct device *device) {
    struct ledger *ledger = device->sim->ledger;
    device->lapsed = ledger->count;
    for (size_t i = 0; i < ledger->count; i++) {
        struct sent *sent = &ledger->sent[i];
        bool got = sent->device == device->number || (sent->shown & devices_one(device->number)) != 0;
        sent->missed |= got ? 0 : devices_one(device->number);
    }
}

/* Streams end, and copies of accounts, whoever was there: who did not write for so long begins anew, and says so. Who
 * does not know that somebody was taken out of a group, as the commit has ended, too, founds it anew with him. */
static void let_a_year_end(struct sim *sim) {
    sim->year_ended = true;
    for (size_t i = 0; i < sim->device_count; i++) {
        struct device *device = &sim->devices[i];
        device->safe = false;
        note_missed(device);
        for (size_t k = 0; k < device->membership_count; k++) {
            const struct membership *in = &device->memberships[k];
            sim->ledger->groups[in->group].remembered |= in->state == MEMBER_OPEN ? in->members : 0;
        }
    }
}

/* Mostly weeks, seldom more than a year. */
static void let_weeks_pass(struct sim *sim) {
    enum { DAY = 24, YEAR_ONE_OF = 16, LIFETIME = 366 };
    uint64_t days = 20 + sim_below(sim, 60) + (sim_below(sim, YEAR_ONE_OF) == 0 ? 400 : 0);
    sim_say(sim, "%" PRIu64 " days pass", days);
    sim_pass(sim, days * DAY * SIM_HOUR);
    if (days > LIFETIME) {
        let_a_year_end(sim);
    }
}

void absent_step(struct sim *sim) {
    uint64_t drawn = (sim->options.faults & SIM_ABSENCES) == 0 ? ALL : sim_below(sim, ALL);
    if (drawn < LEAVES) {
        leave(sim);
    } else if (drawn < WEEKS_PASS) {
        let_weeks_pass(sim);
    } else if (drawn < RETURNS) {
        come_back(sim);
    }
}

/* In a chat of two a device may lack what stood there before it was let in, as its siblings hand on what is not too old
 * alone. After more than a year invitations have ended, too: nobody knows of a group of which he had read nothing yet.
 */
static void note_unknown(struct device *device) {
    const struct ledger *ledger = device->sim->ledger;
    uint64_t known = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct sent *sent = &ledger->sent[i];
        bool read = (sent->shown & ~sent->outside & devices_one(device->number)) != 0;
        known |= read && sent->group != LEDGER_DIRECT ? (uint64_t)1 << sent->group : 0;
    }
    device->lacks_direct |= ~device->heard;
    device->lacks_groups |= device->sim->year_ended ? ~known : 0;
    for (size_t group = 0; group < ledger->group_count; group++) {
        bool been = false;
        for (size_t i = 0; i < device->membership_count; i++) {
            been = been || device->memberships[i].group == group;
        }
        device->uninvited |= been ? 0 : (uint64_t)1 << group;
    }
    device->never |= device->sim->timeline.now - device->went_at > YEAR ? device->uninvited : 0;
}

void absent_went(struct device *device, bool online) {
    struct sim *sim = device->sim;
    uint64_t now = sim->timeline.now;
    if ((sim->options.faults & SIM_ABSENCES) == 0) {
        return;
    }
    if (!online) {
        /* Who was there for a moment only may not have got anything. */
        device->went_at = device->went_at != 0 && now < device->came_at + SIM_HOUR ? device->went_at : now;
        device->came_at = UINT64_MAX - SIM_HOUR;
    } else if (device->came_at > now) {
        device->came_at = now;
        if (now - device->went_at > LONG) {
            note_missed(device);
            note_unknown(device);
        }
    }
}

static const char *text_of(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

/* True if something of it is said to be missing. */
static bool has_gap(struct device *device, const char *chat) {
    uint64_t before = UINT32_MAX;
    for (bool more = true; more;) {
        const cJSON *page = device_check(device, "history", "{\"chat\":\"%s\",\"before\":%" PRIu64 ",\"limit\":%d}",
                                         chat, before, PAGE);
        const cJSON *messages = cJSON_GetObjectItemCaseSensitive(page, "messages"), *message;
        cJSON_ArrayForEach(message, messages) {
            if (strcmp(text_of(message, "notice"), "gap") == 0) {
                return true;
            }
        }
        message = cJSON_GetArrayItem(messages, 0);
        more = message != NULL && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(page, "more"));
        before = message == NULL ? 0 : (uint64_t)cJSON_GetObjectItemCaseSensitive(message, "number")->valuedouble;
    }
    return false;
}

/* Whose key of an invitation has ended asks those who are in the group. */
static void look_for_deserted(struct sim *sim) {
    for (size_t group = 0; group < sim->ledger->group_count; group++) {
        bool in = false;
        for (size_t i = 0; i < sim->device_count; i++) {
            const struct device *device = &sim->devices[i];
            for (size_t k = 0; k < device->membership_count && !device->gone; k++) {
                in = in || (device->memberships[k].group == group && device->memberships[k].state == MEMBER_OPEN);
            }
        }
        sim->ledger->groups[group].deserted = !in;
    }
}

void absent_look(struct device *device) {
    struct sim *sim = device->sim;
    look_for_deserted(sim);
    const cJSON *given = device->lapsed == 0 || device->gone ? NULL : device_check(device, "chats", "{}");
    cJSON *chats = given == NULL ? NULL : cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(given, "chats"), true);
    const cJSON *chat;
    uint64_t open = 0;
    cJSON_ArrayForEach(chat, chats) {
        size_t peer = person_find(sim, text_of(chat, "chat")),
               group = ledger_find_group(sim->ledger, text_of(chat, "name"));
        if (sim->year_ended && group < SIM_MAX_GROUPS && strcmp(text_of(chat, "state"), "open") == 0) {
            /* Whoever has two of them knows it: one that goes on, and one that was founded by who had been away. He
             * may have left it since, so that both have the same members. */
            sim->ledger->groups[group].torn = sim->ledger->groups[group].torn || (open >> group & 1) != 0;
            open |= (uint64_t)1 << group;
        }
        if (!has_gap(device, text_of(chat, "chat"))) {
            continue;
        }
        if (strcmp(text_of(chat, "kind"), "direct") == 0) {
            device->lacks_direct |= people_one(peer);
        } else if (group < SIM_MAX_GROUPS) {
            device->lacks_groups |= (uint64_t)1 << group;
        }
    }
    cJSON_Delete(chats);
}

static bool says_in_group(const struct device *device, size_t group) {
    return group < SIM_MAX_GROUPS && (device->lacks_groups >> group & 1) != 0;
}

bool absent_may_be_handed(const struct device *device, const struct sent *sent) {
    return (sent->missed & devices_one(device->number)) != 0 && says_in_group(device, sent->group);
}

bool absent_never_comes(const struct device *device, size_t group) {
    return (device->never >> group & 1) != 0;
}

bool absent_may_lack(const struct device *device, const struct sent *sent) {
    const struct ledger *ledger = device->sim->ledger;
    size_t peer = device->owner == sent->from ? sent->to : sent->from;
    bool says = sent->group == LEDGER_DIRECT ? (device->lacks_direct & people_one(peer)) != 0
                                             : says_in_group(device, sent->group);
    bool torn = sent->group != LEDGER_DIRECT && ledger->groups[sent->group].torn;
    /* In a chat of two nobody sees from outside who was in the group into which it went in the end. */
    bool handed = sent->group == LEDGER_DIRECT ? sent->device != device->number
                                               : (sent->outside & devices_one(device->number)) != 0;
    bool uninvited = sent->group != LEDGER_DIRECT && ledger->groups[sent->group].deserted &&
                     (device->uninvited >> sent->group & 1) != 0;
    return torn || (sent->old && handed) || ((says || uninvited) && (size_t)(sent - ledger->sent) < device->lapsed);
}

bool absent_may_fail(const struct sim *sim, const char *why) {
    static const char unreachable[] = "no_key_package";
    return (sim->options.faults & SIM_ABSENCES) != 0 && strcmp(why, unreachable) == 0;
}
