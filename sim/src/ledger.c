/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who must have a message of a group depends on when its commits took effect, which nobody sees from outside. So a
 * member counts as one for certain if nobody ever tried to take him out; and somebody is out for certain if the writer
 * has seen him go as often as anybody has tried to add him. Between the two, both are right.
 */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

static const char prefix[] = "message ";

struct ledger *ledger_new(struct sim *sim) {
    struct ledger *ledger = sim_take(1, sizeof *ledger);
    ledger->sim = sim;
    return ledger;
}

void ledger_free(struct ledger *ledger) {
    for (size_t i = 0; i < ledger->group_count; i++) {
        base_free(ledger->groups[i].attempts);
    }
    base_free(ledger->sent);
    base_free(ledger);
}

size_t ledger_send(struct ledger *ledger, const struct sent *sent) {
    sim_grow((void **)&ledger->sent, ledger->count, &ledger->capacity, sizeof *ledger->sent);
    ledger->sent[ledger->count] = *sent;
    ledger->sim->report->messages++;
    return ledger->count++;
}

bool ledger_read(struct ledger *ledger, const char *text, size_t *number, size_t *edit) {
    static const char edited[] = ", edit ";
    char *end = NULL;
    bool good = strncmp(text, prefix, sizeof prefix - 1) == 0;
    *number = good ? (size_t)strtoull(text + sizeof prefix - 1, &end, 10) : 0;
    *edit = 0;
    good = good && *number < ledger->count;
    if (good && strncmp(end, edited, sizeof edited - 1) == 0) {
        *edit = (size_t)strtoull(end + sizeof edited - 1, &end, 10);
        good = *edit > 0 && *edit <= ledger->sent[*number].edits;
    }
    if (!good || *end != 0) {
        sim_fail(ledger->sim, "a text was shown that nobody has written: %.100s", text);
        return false;
    }
    return true;
}

bool ledger_by_id(struct ledger *ledger, const char *id, size_t *number) {
    for (size_t i = ledger->count; i > 0; i--) {
        if (id[0] != 0 && strcmp(ledger->sent[i - 1].id, id) == 0) {
            *number = i - 1;
            return true;
        }
    }
    sim_fail(ledger->sim, "a message is said to be deleted that nobody has heard of: %.32s", id);
    return false;
}

/* Has got all that was ever written about it. */
static bool is_certain(const struct ledger *ledger, const struct sent *sent, size_t person) {
    return sent->group == LEDGER_DIRECT || !ledger_may_be_out(ledger, sent->group, person);
}

void ledger_made(struct ledger *ledger, size_t number, size_t person, const struct made *made) {
    struct sent *sent = &ledger->sent[number];
    if (!is_certain(ledger, sent, person)) {
        return;
    }
    if (sent->made_seen == 0) {
        sent->made = *made;
    }
    sent->made_seen |= people_one(person);
    bool same = sent->made.deleted == made->deleted && sent->made.edit == made->edit;
    for (size_t i = 0; i < LEDGER_EMOJIS; i++) {
        same = same && sent->made.reactions[i] == made->reactions[i];
    }
    if (!same) {
        sim_fail(
            ledger->sim,
            "%zu sees message %zu otherwise than %#x: deleted %d and %d, edit %zu and %zu, reactions %#x %#x %#x and "
            "%#x %#x %#x",
            person, number, (unsigned)sent->made_seen, made->deleted, sent->made.deleted, made->edit, sent->made.edit,
            (unsigned)made->reactions[0], (unsigned)made->reactions[1], (unsigned)made->reactions[2],
            (unsigned)sent->made.reactions[0], (unsigned)sent->made.reactions[1], (unsigned)sent->made.reactions[2]);
    }
    if (made->deleted && !sent->delete_asked) {
        sim_fail(ledger->sim, "message %zu was deleted, which nobody wanted", number);
    }
    if (!made->deleted && made->edit < sent->edit_promised && is_certain(ledger, sent, sent->from)) {
        sim_fail(ledger->sim, "%zu sees edit %zu of message %zu, and not %zu", person, made->edit, number,
                 sent->edit_promised);
    }
}

size_t ledger_add_group(struct ledger *ledger) {
    struct ledger_group *group = &ledger->groups[ledger->group_count];
    snprintf(group->name, sizeof group->name, "group %zu", ledger->group_count);
    return ledger->group_count++;
}

size_t ledger_find_group(const struct ledger *ledger, const char *name) {
    char *end = NULL;
    size_t skip = strcspn(name, "0123456789");
    size_t number = (size_t)strtoull(name + skip, &end, 10);
    return end != name + skip && number < ledger->group_count ? number : LEDGER_DIRECT;
}

size_t ledger_attempt(struct ledger *ledger, size_t number, enum attempt_kind kind, people_set who) {
    struct ledger_group *group = &ledger->groups[number];
    sim_grow((void **)&group->attempts, group->count, &group->capacity, sizeof *group->attempts);
    group->attempts[group->count] = (struct attempt){ kind, who, false };
    return group->count++;
}

bool ledger_may_be_out(const struct ledger *ledger, size_t group, size_t person) {
    const struct ledger_group *in = &ledger->groups[group];
    for (size_t i = 0; i < in->count; i++) {
        if (in->attempts[i].kind != ATTEMPT_ADD && (in->attempts[i].who & people_one(person)) != 0) {
            return true;
        }
    }
    return false;
}

size_t ledger_count_adds(const struct ledger *ledger, size_t group, size_t person, size_t from) {
    const struct ledger_group *in = &ledger->groups[group];
    size_t count = 0;
    for (size_t i = from; i < in->count; i++) {
        const struct attempt *attempt = &in->attempts[i];
        bool names = attempt->kind == ATTEMPT_ADD && (attempt->who & people_one(person)) != 0;
        count += names && !attempt->failed ? 1 : 0;
    }
    return count;
}

static void check_reader(struct ledger *ledger, size_t number, size_t person) {
    const struct sent *sent = &ledger->sent[number];
    if (sent->group == LEDGER_DIRECT && person != sent->to && person != sent->from) {
        sim_fail(ledger->sim, "message %zu from %zu to %zu was shown to %zu", number, sent->from, sent->to, person);
    } else if (sent->group != LEDGER_DIRECT && (sent->out & people_one(person)) != 0 &&
               ledger_count_adds(ledger, sent->group, person, sent->attempts) == 0) {
        sim_fail(ledger->sim, "message %zu in group %zu was shown to %zu, who had been removed before", number,
                 sent->group, person);
    }
}

void ledger_shown(struct ledger *ledger, size_t number, size_t person) {
    struct sent *sent = &ledger->sent[number];
    if ((sent->shown & people_one(person)) != 0) {
        sim_fail(ledger->sim, "message %zu was shown to %zu twice", number, person);
    }
    sent->shown |= people_one(person);
    ledger->sim->report->shown++;
    check_reader(ledger, number, person);
}

void ledger_found(struct ledger *ledger, size_t number, size_t person) {
    struct sent *sent = &ledger->sent[number];
    if ((sent->in_history & people_one(person)) != 0) {
        sim_fail(ledger->sim, "message %zu stands twice in the history of %zu", number, person);
    }
    sent->in_history |= people_one(person);
    check_reader(ledger, number, person);
}

/* Who must have it. */
static people_set readers(const struct ledger *ledger, const struct sent *sent) {
    if (sent->group == LEDGER_DIRECT) {
        return people_one(sent->from) | people_one(sent->to);
    }
    people_set all = people_one(sent->from);
    for (size_t person = 0; person < ledger->sim->options.people; person++) {
        bool in = (sent->view & people_one(person)) != 0;
        all |= in && !ledger_may_be_out(ledger, sent->group, person) ? people_one(person) : 0;
    }
    return all;
}

/* Who answers a stranger is none to him any more, and says what he has received and read. */
static bool is_acquainted(const struct ledger *ledger, size_t person, size_t with) {
    for (size_t i = 0; i < ledger->count; i++) {
        const struct sent *sent = &ledger->sent[i];
        if (sent->group == LEDGER_DIRECT && sent->from == person && sent->to == with && sent->promised) {
            return true;
        }
    }
    return false;
}

static void check_receipts(struct ledger *ledger, size_t number) {
    const struct sent *sent = &ledger->sent[number];
    if (sent->group != LEDGER_DIRECT || sent->state == NULL || sent->delete_asked || sent->hidden != 0) {
        return;
    }
    bool read = strcmp(sent->state, "read") == 0, delivered = read || strcmp(sent->state, "delivered") == 0;
    bool has_it = (sent->in_history & people_one(sent->to)) != 0;
    if (delivered && !has_it) {
        sim_fail(ledger->sim, "message %zu is %s, but %zu does not have it", number, sent->state, sent->to);
    }
    if (has_it && is_acquainted(ledger, sent->to, sent->from) && (!delivered || (sent->read != 0 && !read))) {
        sim_fail(ledger->sim, "message %zu is %s, but %zu has %s it", number, sent->state, sent->to,
                 sent->read != 0 ? "read" : "received");
    }
}

void ledger_settle(struct ledger *ledger) {
    for (size_t i = 0; i < ledger->count; i++) {
        const struct sent *sent = &ledger->sent[i];
        people_set missing = readers(ledger, sent) & ~sent->in_history & ~sent->hidden;
        people_set others = (sent->shown | sent->in_history) & ~people_one(sent->from);
        /* What its writer removes before it has gone out is not sent. */
        bool may_be_gone = sent->delete_asked || (sent->hidden & people_one(sent->from)) != 0;
        if (sent->failed && others != 0) {
            sim_fail(ledger->sim, "message %zu has failed, its writer was told, but %#x have it", i, (unsigned)others);
        } else if (sent->promised && !sent->failed && !may_be_gone && missing != 0) {
            sim_fail(ledger->sim, "message %zu from %zu (%s %zu) was promised, but %#x do not have it", i, sent->from,
                     sent->group == LEDGER_DIRECT ? "to" : "group",
                     sent->group == LEDGER_DIRECT ? sent->to : sent->group, (unsigned)missing);
        } else if (sent->promised && !sent->failed && !may_be_gone && !sent->accepted) {
            sim_fail(ledger->sim, "message %zu from %zu is neither sent nor failed", i, sent->from);
        }
        check_receipts(ledger, i);
    }
}
