/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Everybody is asked for everything.
 */
#include "judge.h"

#include <inttypes.h>
#include <string.h>

#include "absent.h"
#include "device.h"
#include "host.h"
#include "memory.h"
#include "server.h"
#include "shared.h"

enum { QUIET = 4 * SIM_HOUR, MAX_UNREST = 24 * SIM_HOUR, PAGE = 200 };

enum { EARLIER = 1 << 20 }; /* messages up to this number came from another device: weibel leaves so much room */

/* Who has invited somebody of whom nothing was heard asks now and then whether he has that device still, at most once
 * an hour: what follows from the answers belongs to the unrest, and they do not. */
void judge_wait_for_quiet(struct sim *sim) {
    uint64_t begin = sim->timeline.now, frames, questions, most = QUIET / SIM_HOUR * sim->device_count;
    do {
        if (sim->timeline.now - begin > MAX_UNREST) {
            sim_fail(sim, "there is no end: %" PRIu64 " frames so far", sim->report->frames);
        }
        frames = sim->report->frames;
        questions = sim->questions;
        sim_pass(sim, QUIET);
        frames = sim->report->frames - frames;
        questions = sim->questions - questions;
    } while (!sim_failed(sim) && (frames != 2 * questions || questions > most));
}

/* The numbers of messages as they stand in one chat of one device: those that came from other devices, in the order in
 * which they came. Of a group there may be several: whoever is invited again by somebody whom he does not know from
 * there has another chat, and may be back in the first one later. */
struct sequence {
    size_t device, group;
    size_t *numbers;
    size_t count, capacity;
    size_t *behind; /* from others in a chat of two, behind the last one up to which all were read; or NO_MESSAGE */
    size_t behind_count, behind_capacity;
};

static const size_t NO_MESSAGE = SIZE_MAX;

struct sequences {
    struct sequence *items;
    size_t count, capacity;
};

static const char *text_of(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static void free_sequences(struct sequences *all) {
    for (size_t i = 0; i < all->count; i++) {
        base_free(all->items[i].numbers);
        base_free(all->items[i].behind);
    }
    base_free(all->items);
}

/* What was made of a message, as a device sees it. */
static void take_made(struct device *device, const cJSON *message, size_t number, size_t edit) {
    static const char emojis[LEDGER_EMOJIS + 1] = "abc";
    struct made made = {
        .deleted = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(message, "deleted")),
        .edit = edit,
    };
    const cJSON *reaction, *from;
    cJSON_ArrayForEach(reaction, cJSON_GetObjectItemCaseSensitive(message, "reactions")) {
        const char *emoji = strchr(emojis, text_of(reaction, "emoji")[0]);
        cJSON_ArrayForEach(from, cJSON_GetObjectItemCaseSensitive(reaction, "from")) {
            size_t who = person_find(device->sim, from->valuestring);
            if (emoji == NULL || *emoji == 0 || who == LEDGER_NOBODY) {
                sim_fail(device->sim, "message %zu has a reaction that nobody has made", number);
                return;
            }
            made.reactions[emoji - emojis] |= people_one(who);
        }
    }
    const cJSON *poll = cJSON_GetObjectItemCaseSensitive(message, "poll");
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(poll, "options");
    made.closed = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(poll, "closed"));
    for (int i = 0; i < LEDGER_OPTIONS && poll != NULL; i++) {
        const cJSON *option = cJSON_GetArrayItem(options, i);
        cJSON_ArrayForEach(from, cJSON_GetObjectItemCaseSensitive(option, "from")) {
            size_t who = person_find(device->sim, from->valuestring);
            if (who == LEDGER_NOBODY) {
                sim_fail(device->sim, "poll %zu has a vote that nobody has given", number);
                return;
            }
            made.votes[i] |= people_one(who);
        }
    }
    ledger_made(device->sim->ledger, number, device->number, &made);
}

/* Long after its time, by the device's own clock, a message is not there any more: every device sees to that itself. */
static void check_expiry(struct device *device, const cJSON *message, size_t number) {
    enum { SLACK = 10 * SIM_MINUTE };
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(message, "expires_at");
    if (at != NULL && at->valuedouble + SLACK < (double)host_time(device->host)) {
        sim_fail(device->sim, "message %zu should have disappeared on %zu", number, device->number);
    }
}

/* The word lives as long as the simulation. */
static const char *state_word(const char *state) {
    static const char *const words[] = { "queued", "sent", "delivered", "read", "failed" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], state) == 0) {
            return words[i];
        }
    }
    return NULL;
}

static void add_behind(struct sequence *sequence, size_t number) {
    sim_grow((void **)&sequence->behind, sequence->behind_count, &sequence->behind_capacity, sizeof *sequence->behind);
    sequence->behind[sequence->behind_count++] = number;
}

/* A notice that counts as unread. */
static bool is_to_be_read(const cJSON *notice) {
    static const char *const kinds[] = { "gap", "unreadable", "identity" };
    const char *kind = text_of(notice, "notice");
    return strcmp(kind, kinds[0]) == 0 || strcmp(kind, kinds[1]) == 0 || strcmp(kind, kinds[2]) == 0;
}

/* Takes one message of a history. */
static void take_message(struct device *device, const cJSON *message, uint64_t read, struct sequence *sequence) {
    struct ledger *ledger = device->sim->ledger;
    size_t number, edit = 0;
    bool deleted = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(message, "deleted"));
    uint64_t place = (uint64_t)cJSON_GetObjectItemCaseSensitive(message, "number")->valuedouble;
    if (strcmp(text_of(message, "kind"), "message") != 0) {
        device_accuses(device, message);
        if (place > read && is_to_be_read(message)) {
            add_behind(sequence, NO_MESSAGE);
        }
        return;
    }
    if (deleted ? !ledger_by_id(ledger, text_of(message, "id"), &number)
                : !ledger_read(ledger, text_of(message, "text"), &number, &edit)) {
        return;
    }
    ledger_found(ledger, number, device->number);
    take_made(device, message, number, edit);
    check_expiry(device, message, number);
    struct sent *sent = &ledger->sent[number];
    bool earlier = device->history && place <= EARLIER;
    const char *state = state_word(text_of(message, "state"));
    if (sent->from == device->owner && state == NULL) {
        sim_fail(device->sim, "message %zu of %zu has no state there", number, device->number);
    } else if (sent->from == device->owner && !earlier) {
        ledger_state(ledger, number, device->number, state);
    } else if (sent->group == LEDGER_DIRECT && sent->from != device->owner && !deleted) {
        sent->read_at |= place <= read ? devices_one(device->number) : 0;
        if (place > read) {
            add_behind(sequence, number);
        }
    }
    if (deleted || earlier || sent->device == device->number) {
        return; /* where it stood, not everybody has seen */
    }
    sim_grow((void **)&sequence->numbers, sequence->count, &sequence->capacity, sizeof *sequence->numbers);
    sequence->numbers[sequence->count++] = number;
}

/* A page ends before the message `before`, and the pages come from the last one on: they are put in order here. */
static void read_history(struct device *device, const char *chat, uint64_t read, struct sequence *sequence) {
    uint64_t before = UINT32_MAX;
    bool more = true;
    while (more) {
        const cJSON *page = device_check(device, "history", "{\"chat\":\"%s\",\"before\":%" PRIu64 ",\"limit\":%d}",
                                         chat, before, PAGE);
        if (page == NULL) {
            return;
        }
        struct sequence older = { .behind = sequence->behind,
                                  .behind_count = sequence->behind_count,
                                  .behind_capacity = sequence->behind_capacity };
        const cJSON *messages = cJSON_GetObjectItemCaseSensitive(page, "messages");
        const cJSON *message;
        uint64_t last = 0;
        cJSON_ArrayForEach(message, messages) {
            uint64_t number = (uint64_t)cJSON_GetObjectItemCaseSensitive(message, "number")->valuedouble;
            if (number <= last || number >= before) {
                sim_fail(device->sim, "the history of %zu in %s is out of order", device->number, chat);
            }
            last = number;
            take_message(device, message, read, &older);
        }
        more = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(page, "more"));
        message = cJSON_GetArrayItem(messages, 0);
        more = more && message != NULL;
        before = message == NULL ? 0 : (uint64_t)cJSON_GetObjectItemCaseSensitive(message, "number")->valuedouble;
        for (size_t i = 0; i < sequence->count; i++) {
            sim_grow((void **)&older.numbers, older.count, &older.capacity, sizeof *older.numbers);
            older.numbers[older.count++] = sequence->numbers[i];
        }
        base_free(sequence->numbers);
        sequence->numbers = older.numbers;
        sequence->count = older.count;
        sequence->capacity = older.capacity;
        sequence->behind = older.behind;
        sequence->behind_count = older.behind_count;
        sequence->behind_capacity = older.behind_capacity;
    }
}

/* Of what stands behind the last one some may have been read: those that another device has before. Which, nobody says,
 * but how many are unread. */
static void take_behind(struct device *device, const struct sequence *sequence, uint64_t unread) {
    for (size_t i = 0; i < sequence->behind_count; i++) {
        if (sequence->behind[i] == NO_MESSAGE) {
            continue;
        }
        struct sent *sent = &device->sim->ledger->sent[sequence->behind[i]];
        if (unread == 0) {
            sent->read_at |= devices_one(device->number);
        } else if (sequence->behind_count <= unread) {
            sent->unread_at |= devices_one(device->number);
        }
    }
}

static bool contains(const struct sequence *sequence, size_t number) {
    for (size_t i = 0; i < sequence->count; i++) {
        if (sequence->numbers[i] == number) {
            return true;
        }
    }
    return false;
}

/* What was written before a device was in the group it has from a sibling, in the order of that one, whose own messages
 * stand where they were written; and what was sent twice stands in two places. */
static bool is_elsewhere(const struct sim *sim, size_t number, const struct sequence *a, const struct sequence *b) {
    const struct sent *sent = &sim->ledger->sent[number];
    return sent->again || (sent->outside & (devices_one(a->device) | devices_one(b->device))) != 0 ||
           absent_may_be_handed(&sim->devices[a->device], sent) || absent_may_be_handed(&sim->devices[b->device], sent);
}

/* What both have read of others, both have read in the same order. */
static void compare(struct sim *sim, const struct sequence *a, const struct sequence *b) {
    size_t k = 0;
    for (size_t i = 0; i < a->count; i++) {
        if (!contains(b, a->numbers[i]) || is_elsewhere(sim, a->numbers[i], a, b)) {
            continue;
        }
        while (k < b->count && (!contains(a, b->numbers[k]) || is_elsewhere(sim, b->numbers[k], a, b))) {
            k++;
        }
        if (k == b->count || b->numbers[k] != a->numbers[i]) {
            sim_fail(sim, "%zu and %zu read group %zu in another order, at message %zu", a->device, b->device, a->group,
                     a->numbers[i]);
            return;
        }
        k++;
    }
}

static void compare_all(struct sim *sim, const struct sequences *all) {
    for (size_t i = 0; i < all->count; i++) {
        const struct sequence *a = &all->items[i];
        if (sim->devices[a->device].deceived) {
            continue;
        }
        size_t last[SIM_MAX_DEVICES] = { 0 };
        for (size_t k = 0; k < a->count; k++) {
            const struct sent *sent = &sim->ledger->sent[a->numbers[k]];
            size_t from = sent->device;
            if (!ledger_has_order(sim->ledger, sent, a->device)) {
                continue;
            }
            if (a->numbers[k] + 1 <= last[from]) {
                sim_fail(sim, "in the history of %zu, message %zu stands after a later one of the same writer",
                         a->device, a->numbers[k]);
            }
            last[from] = a->numbers[k] + 1;
        }
        for (size_t k = i + 1; k < all->count && a->group != LEDGER_DIRECT; k++) {
            if (all->items[k].group == a->group && !sim->devices[all->items[k].device].deceived) {
                compare(sim, a, &all->items[k]);
            }
        }
    }
}

/* --- groups --- */

/* What the first member that was asked has said of a group. */
struct state_of_group {
    bool known;
    size_t device;
    people_set members;
    char authenticator[160];
};

static void check_group(struct device *device, const char *chat, struct state_of_group *states) {
    struct sim *sim = device->sim;
    const cJSON *info = device_check(device, "group.info", "{\"chat\":\"%s\"}", chat);
    if (info == NULL || strcmp(text_of(info, "state"), "open") != 0) {
        return;
    }
    size_t group = ledger_find_group(sim->ledger, text_of(info, "name"));
    struct state_of_group mine = { .known = true, .device = device->number };
    snprintf(mine.authenticator, sizeof mine.authenticator, "%s", text_of(info, "authenticator"));
    const cJSON *member;
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(info, "members")) {
        size_t who = person_find(sim, member->valuestring);
        mine.members |= who == LEDGER_NOBODY ? 0 : people_one(who);
    }
    struct state_of_group *first = &states[group];
    if (!first->known) {
        *first = mine;
    } else if (sim->year_ended && first->members != mine.members) {
        /* Nobody could invite those whose devices were away for so long, nor can these know of what was founded
         * without them: they found another one. */
        sim->ledger->groups[group].torn = true;
    } else if (!sim->ledger->groups[group].torn &&
               (strcmp(first->authenticator, mine.authenticator) != 0 || first->members != mine.members)) {
        sim_fail(sim, "%zu and %zu do not agree about group %zu: members %#x and %#x, epoch %s and %s", first->device,
                 mine.device, group, (unsigned)first->members, (unsigned)mine.members, first->authenticator,
                 mine.authenticator);
    }
    if ((mine.members & people_one(device->owner)) == 0) {
        sim_fail(sim, "%zu is in group %zu, but not among its members", device->number, group);
    }
}

/* Whom the members count among themselves takes part: is in the group by his own account too, on all devices. */
static void check_members(struct sim *sim, size_t group, const struct state_of_group *state) {
    for (size_t i = 0; i < sim->device_count && state->known; i++) {
        const struct device *device = &sim->devices[i];
        bool in = false;
        if (device->gone) {
            continue;
        }
        for (size_t k = 0; k < device->membership_count; k++) {
            in = in || (device->memberships[k].group == group && device->memberships[k].state == MEMBER_OPEN);
        }
        if (in != ((state->members & people_one(device->owner)) != 0) && !(absent_never_comes(device, group) && !in)) {
            sim_fail(sim, "%zu %s in group %zu, but its members say otherwise", i, in ? "is" : "is not", group);
        }
    }
}

static void check_device(struct device *device, struct sequences *all, struct state_of_group *states) {
    struct sim *sim = device->sim;
    const cJSON *given = device_check(device, "chats", "{}");
    cJSON *chats = given == NULL ? NULL : cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(given, "chats"), true);
    const cJSON *chat;
    cJSON_ArrayForEach(chat, chats) {
        const char *name = text_of(chat, "chat");
        bool direct = strcmp(text_of(chat, "kind"), "direct") == 0;
        size_t group = direct ? LEDGER_DIRECT : ledger_find_group(sim->ledger, text_of(chat, "name"));
        struct sequence part = { .device = device->number, .group = group };
        double read = cJSON_GetObjectItemCaseSensitive(chat, "read")->valuedouble;
        read_history(device, name, (uint64_t)read, &part);
        take_behind(device, &part, (uint64_t)cJSON_GetObjectItemCaseSensitive(chat, "unread")->valuedouble);
        sim_grow((void **)&all->items, all->count, &all->capacity, sizeof *all->items);
        all->items[all->count++] = part;
        if (!direct && !sim_failed(sim)) {
            check_group(device, name, states);
        }
    }
    cJSON_Delete(chats);
}

void judge_all(struct sim *sim) {
    struct sequences all BASE_CLEANUP(free_sequences) = { 0 };
    struct state_of_group *states = sim_take(SIM_MAX_GROUPS, sizeof *states);
    shared_count(sim);
    for (size_t i = 0; i < sim->device_count && !sim_failed(sim); i++) {
        absent_look(&sim->devices[i]);
    }
    for (size_t i = 0; i < sim->device_count && !sim_failed(sim); i++) {
        if (!sim->devices[i].gone) {
            check_device(&sim->devices[i], &all, states);
        }
    }
    if (!sim_failed(sim)) {
        compare_all(sim, &all);
        for (size_t i = 0; i < sim->ledger->group_count; i++) {
            if (!sim->ledger->groups[i].torn) {
                check_members(sim, i, &states[i]);
            }
        }
        ledger_settle(sim->ledger);
        shared_check(sim);
    }
    base_free(states);
}

/* Chats of two may have a group for each of them that has begun it; a device that was just linked may begin one more.
 */
void judge_store(struct sim *sim) {
    size_t people = sim->options.people;
    uint64_t streams = server_count_streams(sim->server);
    uint64_t bound = sim->ledger->group_count + people * (people - 1) + people + sim->device_count;
    if (streams > bound) {
        sim_fail(sim, "the server has %" PRIu64 " streams, for %" PRIu64 " groups at most", streams, bound);
    }
}
