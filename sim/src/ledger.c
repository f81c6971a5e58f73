/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who must have a message of a group depends on when its commits took effect, which nobody sees from outside. So a
 * member counts as one for certain if nobody ever tried to take him out; and somebody is out for certain if the writer
 * has seen him go as often as anybody has tried to add him. Between the two, both are right.
 *
 * A device that has come later must have what was written from when it had the chat. What one that was removed has done
 * last, and has got, nobody knows.
 */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "absent.h"
#include "device.h"
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
    ledger->sent[ledger->count].written_at = ledger->sim->timeline.now;
    ledger->sim->report->messages++;
    return ledger->count++;
}

bool ledger_is_poll(size_t number) {
    enum { ONE_OF = 6 };
    return number % ONE_OF == 0;
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

static size_t owner_of(const struct ledger *ledger, size_t device) {
    return ledger->sim->devices[device].owner;
}

void ledger_comes_late(struct ledger *ledger, size_t device, size_t group, size_t peer) {
    for (size_t i = 0; i < ledger->count; i++) {
        struct sent *sent = &ledger->sent[i];
        bool with_peer = (sent->from == peer && sent->to == owner_of(ledger, device)) ||
                         (sent->to == peer && sent->from == owner_of(ledger, device));
        if (sent->group == group && (group != LEDGER_DIRECT || with_peer)) {
            sent->there &= ~devices_one(device);
        }
    }
}

/* The devices of one person, or of all others than that one. */
static device_set devices_of(const struct ledger *ledger, size_t person, bool others) {
    device_set all = 0;
    for (size_t device = 0; device < ledger->sim->device_count; device++) {
        all |= (owner_of(ledger, device) == person) != others ? devices_one(device) : 0;
    }
    return all;
}

static bool is_gone(const struct ledger *ledger, size_t device) {
    return ledger->sim->devices[device].gone;
}

/* Has got all that was ever written about it. */
static bool is_certain(const struct ledger *ledger, const struct sent *sent, size_t device) {
    return (sent->there & devices_one(device)) != 0 && !is_gone(ledger, device) &&
           !ledger->sim->devices[device].deceived && !absent_may_lack(&ledger->sim->devices[device], sent) &&
           (sent->group == LEDGER_DIRECT || !ledger_may_be_out(ledger, sent->group, owner_of(ledger, device)));
}

/* Whether one of them was removed: what it has done last may have gone to some and not to others. */
static bool any_gone(const struct ledger *ledger, device_set devices) {
    bool any = false;
    for (size_t i = 0; i < ledger->sim->device_count; i++) {
        any = any || ((devices & devices_one(i)) != 0 && is_gone(ledger, i));
    }
    return any;
}

void ledger_made(struct ledger *ledger, size_t number, size_t device, const struct made *made) {
    struct sent *sent = &ledger->sent[number];
    if (!is_certain(ledger, sent, device)) {
        return;
    }
    if (sent->made_seen == 0) {
        sent->made = *made;
    }
    sent->made_seen |= devices_one(device);
    bool same = sent->made.deleted == made->deleted && sent->made.edit == made->edit;
    for (size_t i = 0; i < LEDGER_EMOJIS; i++) {
        same = same && sent->made.reactions[i] == made->reactions[i];
    }
    for (size_t i = 0; i < LEDGER_OPTIONS; i++) {
        same = same && sent->made.votes[i] == made->votes[i];
    }
    same = same && sent->made.closed == made->closed;
    if (!same && !any_gone(ledger, sent->amenders)) {
        sim_fail(
            ledger->sim,
            "%zu sees message %zu otherwise than %#llx: deleted %d and %d, edit %zu and %zu, reactions %#x %#x %#x and "
            "%#x %#x %#x, votes %#x %#x%s and %#x %#x%s",
            device, number, (unsigned long long)sent->made_seen, made->deleted, sent->made.deleted, made->edit,
            sent->made.edit, (unsigned)made->reactions[0], (unsigned)made->reactions[1], (unsigned)made->reactions[2],
            (unsigned)sent->made.reactions[0], (unsigned)sent->made.reactions[1], (unsigned)sent->made.reactions[2],
            (unsigned)made->votes[0], (unsigned)made->votes[1], made->closed ? ", closed" : "",
            (unsigned)sent->made.votes[0], (unsigned)sent->made.votes[1], sent->made.closed ? ", closed" : "");
    }
    if (made->deleted && !sent->delete_asked) {
        sim_fail(ledger->sim, "message %zu was deleted, which nobody wanted", number);
    }
    /* Of edits on two devices at the same moment the later one holds, and nobody knows from outside which that is. */
    bool one_editor = (sent->editors & (sent->editors - 1)) == 0 && sent->editors == devices_one(sent->device);
    /* Of what has disappeared where it was edited, an edit that waited there does not go. */
    if (!made->deleted && !sent->expires && made->edit < sent->edit_promised && one_editor &&
        is_certain(ledger, sent, sent->device)) {
        sim_fail(ledger->sim, "%zu sees edit %zu of message %zu, and not %zu", device, made->edit, number,
                 sent->edit_promised);
    }
}

void ledger_wipe(struct ledger *ledger, size_t device, size_t group, size_t peer, size_t before) {
    size_t owner = owner_of(ledger, device);
    for (size_t i = 0; i < ledger->count; i++) {
        struct sent *sent = &ledger->sent[i];
        bool theirs = (sent->from == owner && sent->to == peer) || (sent->from == peer && sent->to == owner);
        if (sent->group != group || (group == LEDGER_DIRECT && !theirs)) {
            continue;
        }
        bool there = i < before && (sent->wipe_asked & devices_one(device)) != 0;
        sent->wiped |= there ? devices_one(device) : 0;
        sent->maybe_wiped |= people_one(owner);
        /* What he has removed from there before is not in the chat that he deletes: it is on its way, maybe, and stays
         * where his other devices get it. */
        bool has_it = ((sent->shown & devices_one(device)) != 0 || (sent->device == device && sent->promised)) &&
                      (sent->hidden & devices_one(device)) == 0;
        sent->wipe_asked |= before == 0 && has_it ? devices_one(device) : 0;
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

/* What a sibling had removed from its own history when it handed on the rest comes behind that, from another one. */
static bool is_of_second(const struct ledger *ledger, const struct sent *sent, size_t device) {
    device_set siblings = devices_of(ledger, owner_of(ledger, device), false) & ~devices_one(device);
    return (sent->outside & devices_one(device)) != 0 && (sent->hidden & siblings) != 0;
}

bool ledger_has_order(const struct ledger *ledger, const struct sent *sent, size_t device) {
    bool stands = sent->group == LEDGER_DIRECT ? (sent->there & sent->ordered & devices_one(device)) != 0
                                               : !is_of_second(ledger, sent, device);
    return stands && !sent->again;
}

static void check_reader(struct ledger *ledger, size_t number, size_t device) {
    const struct sent *sent = &ledger->sent[number];
    size_t person = owner_of(ledger, device);
    if (sent->group == LEDGER_DIRECT && person != sent->to && person != sent->from) {
        sim_fail(ledger->sim, "message %zu from %zu to %zu was shown to %zu", number, sent->from, sent->to, person);
    } else if (sent->group != LEDGER_DIRECT &&
               (sent->out & people_one(person) & ~ledger->groups[sent->group].remembered) != 0 &&
               ledger_count_adds(ledger, sent->group, person, sent->attempts) == 0) {
        sim_fail(ledger->sim, "message %zu in group %zu was shown to %zu, who had been removed before", number,
                 sent->group, person);
    }
}

static const uint64_t WEEKS = (uint64_t)28 * 24 * SIM_HOUR;

/* What its writer sends again after so long is known by its id alone, where it is still there: whichever device of the
 * account has removed it, or deleted its chat, it is gone on all. */
static bool may_come_back(const struct ledger *ledger, const struct sent *sent, size_t device) {
    size_t owner = owner_of(ledger, device);
    bool gone = sent->expires || (sent->maybe_wiped & people_one(owner)) != 0 ||
                (sent->hidden & devices_of(ledger, owner, false)) != 0;
    return gone && ledger->sim->timeline.now - sent->written_at > WEEKS;
}

void ledger_shown(struct ledger *ledger, size_t number, size_t device) {
    struct sent *sent = &ledger->sent[number];
    if ((sent->shown & devices_one(device)) != 0 && !may_come_back(ledger, sent, device)) {
        sim_fail(ledger->sim, "message %zu was shown on %zu twice", number, device);
    }
    sent->shown_at = sent->shown == 0 ? ledger->sim->timeline.now : sent->shown_at;
    sent->shown |= devices_one(device);
    ledger->sim->report->shown++;
    check_reader(ledger, number, device);
}

void ledger_told(struct ledger *ledger, const char *id, size_t device) {
    const uint64_t now = ledger->sim->timeline.now;
    for (size_t i = 0; i < ledger->count; i++) {
        struct sent *sent = &ledger->sent[i];
        if (sent->device == device && !sent->told && strcmp(sent->id, id) == 0) {
            const uint64_t handed = (uint64_t)90 * 24 * SIM_HOUR;
            sent->told = true;
            sent->old = now - sent->written_at > handed;
            sent->again = sent->shown != 0 && now - sent->shown_at > SIM_HOUR && now - sent->written_at > WEEKS;
        }
    }
}

void ledger_found(struct ledger *ledger, size_t number, size_t device) {
    struct sent *sent = &ledger->sent[number];
    if ((sent->in_history & devices_one(device)) != 0) {
        sim_fail(ledger->sim, "message %zu stands twice in the history of %zu", number, device);
    }
    sent->in_history |= devices_one(device);
    check_reader(ledger, number, device);
}

void ledger_state(struct ledger *ledger, size_t number, size_t device, const char *state) {
    struct sent *sent = &ledger->sent[number];
    bool failed = strcmp(state, "failed") == 0;
    sent->failed = sent->failed || failed;
    sent->accepted = sent->accepted || (!failed && strcmp(state, "queued") != 0);
    device_set readers = sent->group == LEDGER_DIRECT ? sent->alone : ~(device_set)0;
    if (sent->delete_asked || !is_certain(ledger, sent, device) || any_gone(ledger, readers)) {
        return; /* of what was deleted before it came, nothing else is known; nor whom a removed device could tell */
    }
    if (sent->state != NULL && strcmp(sent->state, state) != 0) {
        sim_fail(ledger->sim, "message %zu is %s for one device of its writer, and %s for %zu", number, sent->state,
                 state, device);
    }
    sent->state = state;
}

/* A chat of two may have a group in which one device of the reader's is alone so far. If that one is removed before it
 * has let the others in, nobody has what was written there, but who has written it, and sends it again. Of a device
 * that has met a removed one nobody knows in which groups it is. */
static bool may_be_lost(const struct ledger *ledger, const struct sent *sent, size_t device) {
    return sent->group == LEDGER_DIRECT && owner_of(ledger, device) == sent->to &&
           (is_gone(ledger, sent->device) || ledger->sim->devices[device].met_removed) &&
           any_gone(ledger, sent->alone & ~devices_one(device));
}

/* Which devices must have it. */
static device_set readers(const struct ledger *ledger, const struct sent *sent) {
    device_set all = 0;
    for (size_t device = 0; device < ledger->sim->device_count; device++) {
        size_t person = owner_of(ledger, device);
        bool may = sent->group == LEDGER_DIRECT ? person == sent->from || person == sent->to
                                                : person == sent->from || (sent->view & people_one(person)) != 0;
        may = may && (sent->maybe_wiped & people_one(person)) == 0;
        bool must = device == sent->device || (is_certain(ledger, sent, device) && !may_be_lost(ledger, sent, device));
        all |= may && must ? devices_one(device) : 0;
    }
    return all;
}

/* To whom the server has lied, and who has something else to show than the others. */
static device_set deceived(const struct ledger *ledger) {
    device_set all = 0;
    for (size_t device = 0; device < ledger->sim->device_count; device++) {
        all |= ledger->sim->devices[device].deceived ? devices_one(device) : 0;
    }
    return all;
}

/* Who was away for long, and has lost his place in the chat meanwhile. */
static device_set who_may_lack(const struct ledger *ledger, const struct sent *sent) {
    device_set all = 0;
    for (size_t device = 0; device < ledger->sim->device_count; device++) {
        all |= absent_may_lack(&ledger->sim->devices[device], sent) ? devices_one(device) : 0;
    }
    return all;
}

/* Who answers a stranger is none to him any more, and says what he has received and read. */
static bool is_acquainted(const struct ledger *ledger, size_t person, size_t with) {
    for (size_t i = 0; i < ledger->count; i++) {
        const struct sent *sent = &ledger->sent[i];
        if (sent->group == LEDGER_DIRECT && sent->from == person && sent->to == with && sent->promised &&
            !is_gone(ledger, sent->device)) {
            return true;
        }
    }
    return false;
}

static void check_receipts(struct ledger *ledger, size_t number) {
    const struct sent *sent = &ledger->sent[number];
    if (sent->group != LEDGER_DIRECT || sent->state == NULL || sent->delete_asked || sent->hidden != 0 ||
        sent->expires) {
        return;
    }
    device_set of_reader = devices_of(ledger, sent->to, false);
    bool read = strcmp(sent->state, "read") == 0, delivered = read || strcmp(sent->state, "delivered") == 0;
    bool had_it = ((sent->in_history | sent->shown) & of_reader) != 0 ||
                  (sent->maybe_wiped & people_one(sent->to)) != 0; /* and has never shown it, as it was deleted */
    bool has_it = (sent->in_history & sent->there & of_reader) != 0;
    bool has_read = false;
    for (size_t device = 0; device < ledger->sim->device_count; device++) {
        /* Whoever was removed may have got it, and said so, before a crash that came before it was shown. */
        had_it = had_it || (is_gone(ledger, device) && owner_of(ledger, device) == sent->to);
        has_read = has_read || ((sent->read & devices_one(device)) != 0 && !is_gone(ledger, device));
    }
    if (delivered && !had_it) {
        sim_fail(ledger->sim, "message %zu is %s, but %zu does not have it", number, sent->state, sent->to);
    }
    if (has_it && is_acquainted(ledger, sent->to, sent->from) && (!delivered || (has_read && !read))) {
        sim_fail(ledger->sim, "message %zu is %s, but %zu has %s it", number, sent->state, sent->to,
                 has_read ? "read" : "received");
    }
}

/* What was read on one device was read on all, unless its writer has sent it once more after weeks, and knew of no
 * place where it stood before: others have it from there alone, behind what was read. */
static void check_read(struct ledger *ledger, size_t number) {
    const struct sent *sent = &ledger->sent[number];
    if (sent->again) {
        return;
    }
    for (size_t person = 0; person < ledger->sim->options.people; person++) {
        device_set his = devices_of(ledger, person, false) & ~deceived(ledger);
        if ((sent->read_at & his) != 0 && (sent->unread_at & his) != 0) {
            sim_fail(ledger->sim, "message %zu is read on %#llx, and not on %#llx", number,
                     (unsigned long long)(sent->read_at & his), (unsigned long long)(sent->unread_at & his));
        }
    }
}

/* Who deletes a chat deletes it on all of his devices, and on nobody else's. */
static void check_wiped(struct ledger *ledger, size_t number) {
    const struct sent *sent = &ledger->sent[number];
    for (size_t person = 0; person < ledger->sim->options.people; person++) {
        if ((sent->maybe_wiped & people_one(person)) == 0 || sent->again) {
            continue; /* what was sent again may have come behind that */
        }
        device_set his = 0;
        bool wiped = false;
        for (size_t device = 0; device < ledger->sim->device_count; device++) {
            bool counts = owner_of(ledger, device) == person && is_certain(ledger, sent, device);
            his |= counts ? devices_one(device) : 0;
            wiped = wiped || (owner_of(ledger, device) == person && (sent->wiped & devices_one(device)) != 0 &&
                              !is_gone(ledger, device));
        }
        device_set have =
            sent->in_history & devices_of(ledger, person, false) & ~deceived(ledger) & ~who_may_lack(ledger, sent);
        if (have != 0 && wiped) {
            sim_fail(ledger->sim, "message %zu was deleted with its chat by %zu, but %#llx have it", number, person,
                     (unsigned long long)have);
        } else if (!sent->expires && (have & his) != 0 && (his & ~have & ~sent->hidden) != 0) {
            sim_fail(ledger->sim, "message %zu was deleted with its chat by %zu, on %#llx and not on %#llx", number,
                     person, (unsigned long long)(his & ~have), (unsigned long long)(have & his));
        }
    }
}

/* Who was not in the group yet has it from a sibling, unless that has removed it from its own history. */
static device_set who_is_not_told(const struct ledger *ledger, const struct sent *sent) {
    device_set all = 0;
    for (size_t person = 0; person < ledger->sim->options.people; person++) {
        device_set his = devices_of(ledger, person, false);
        all |= (sent->hidden & his) != 0 ? sent->outside & his : 0;
    }
    return all;
}

static void check_arrival(struct ledger *ledger, size_t number) {
    const struct sent *sent = &ledger->sent[number];
    device_set missing = readers(ledger, sent) & ~(sent->in_history | sent->hidden | who_is_not_told(ledger, sent));
    device_set others = (sent->shown | sent->in_history) & devices_of(ledger, sent->from, true);
    /* What its writer removes before it has gone out is not sent. */
    bool may_be_gone = sent->delete_asked || sent->expires || (sent->hidden & devices_one(sent->device)) != 0 ||
                       (sent->maybe_wiped & people_one(sent->from)) != 0;
    /* Whose entry, and its nonce, have ended before he hears of it can't know that the server had it. */
    if (sent->failed && others != 0 && !sent->again) {
        sim_fail(ledger->sim, "message %zu has failed, its writer was told, but %#llx have it", number,
                 (unsigned long long)others);
    } else if (sent->promised && !sent->failed && !may_be_gone && missing != 0) {
        sim_fail(ledger->sim, "message %zu from %zu (%s %zu) was promised, but %#llx do not have it", number,
                 sent->device, sent->group == LEDGER_DIRECT ? "to" : "group",
                 sent->group == LEDGER_DIRECT ? sent->to : sent->group, (unsigned long long)missing);
    } else if (sent->promised && !sent->failed && !may_be_gone && !sent->accepted) {
        sim_fail(ledger->sim, "message %zu from %zu is neither sent nor failed", number, sent->device);
    }
}

void ledger_settle(struct ledger *ledger) {
    for (size_t i = 0; i < ledger->count; i++) {
        if (!is_gone(ledger, ledger->sent[i].device)) {
            check_arrival(ledger, i);
            check_receipts(ledger, i);
        }
        check_read(ledger, i);
        check_wiped(ledger, i);
    }
}
