/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Letters whose devices are gone, account by account.
 */
#include "unreached.h"

#include <string.h>

#include "change.h"
#include "chat.h"
#include "contact.h"
#include "group.h"
#include "join.h"
#include "letter.h"
#include "policy.h"
#include "request.h"
#include "roster.h"
#include "tally.h"

enum { MAX_TRIES = 3 /* how often an account is added again */ };

/* What is to be done in a group. */
struct work {
    struct group *group;
    uint8_t tries;
    struct roster roster;
    struct group_about about;
    struct lost {
        uint64_t contact;
        enum about_role role;
        bool absent; /* there is no such account any more: nobody is added again */
    } * lost;
    size_t count;
};

static void end_work(struct work *work) {
    roster_free(&work->roster);
    base_free(work->lost);
}

static void end_change(struct change *change) {
    base_free(change->contacts);
    base_bytes_free(&change->edit);
}

/* Letters of one group to the devices of one account, which stand side by side: of one commit. */
struct run {
    size_t first, end;
    bool answered; /* and each of them was refused */
    bool absent;   /* and the account is gone */
    bool open;     /* one of them is soon to be answered */
    bool watched;  /* the server has taken one, or refused it, and each of them: nothing was heard of those yet */
};

static const struct letter *letter_at(const struct weibel_core *core, size_t index) {
    return (const struct letter *)core->letters.items[index];
}

/* The one that ends before `end`. */
static struct run run_before(const struct weibel_core *core, size_t end) {
    const struct letter *last = letter_at(core, end - 1);
    struct run run = { .first = end, .end = end, .answered = true, .watched = true };
    while (run.first > 0 && letter_at(core, run.first - 1)->group == last->group &&
           memcmp(letter_at(core, run.first - 1)->account, last->account, sizeof last->account) == 0) {
        run.first--;
    }
    for (size_t i = run.first; i < end; i++) {
        const struct letter *letter = letter_at(core, i);
        run.answered = run.answered && letter->refused;
        run.absent = run.absent || letter->absent;
        bool taken = letter->taken_at != 0;
        run.open = run.open || (!letter->refused && !taken && !letter->put_off && letter_is_for_newcomer(core, letter));
        run.watched = run.watched && (letter->refused || taken);
    }
    run.watched = run.watched && !run.answered;
    return run;
}

static bool has_device(const struct weibel_core *core, const struct run *run, const uint8_t device[WIRE_DEVICE_LEN]) {
    bool has = false;
    for (size_t i = run->first; i < run->end && !has; i++) {
        has = memcmp(letter_at(core, i)->device, device, WIRE_DEVICE_LEN) == 0;
    }
    return has;
}

static bool has_come(const struct group *group, uint32_t leaf) {
    struct mls_member member;
    return tally_has_heard(group, leaf) || (mls_group_member(group->mls, leaf, &member) && !member.as_added);
}

/* The account is in the group, and with no other devices; and nothing has come from those: it is no lie that they are
 * gone. */
static bool is_lost(const struct weibel_core *core, const struct work *work, const struct run *run) {
    const uint8_t *account = letter_at(core, run->first)->account;
    struct base_slice domain = base_slice_text(core->account.domain);
    const struct roster_item *item = roster_find(&work->roster, account, domain);
    bool lost = item != NULL && join_is_genuine(core, &item->identity);
    for (; lost && item < work->roster.items + work->roster.count &&
           about_compare(item->identity.account, item->identity.domain, account, domain) == 0;
         item++) {
        lost = has_device(core, run, item->identity.device) && !has_come(work->group, item->leaf);
    }
    return lost;
}

static bool may_mend(const struct weibel_core *core, const struct work *work, enum about_role whose, bool absent) {
    enum about_role own = group_own_role(core, &work->about);
    bool may_add = absent || (policy_capabilities(&work->about, own) & CAN_ADD_PARTICIPANT) != 0;
    return work->group->chat->kind == CHAT_DIRECT ? !absent : may_add && policy_may_remove(&work->about, own, whose);
}

static base_result tell_absent(struct weibel_core *core, const struct group *group, const struct contact *contact,
                               bool removed) {
    char who[WIRE_MAX_ADDRESS + 1];
    contact_text(core, contact, who);
    return removed
               ? chat_notice(core, group->chat, MESSAGE_REFUSED, 0,
                             "The server says that there is no account %s any more: it is taken out of the group", who)
               : chat_notice(core, group->chat, MESSAGE_REFUSED, 0,
                             "The server says that there is no account %s any more. Whoever may remove members can "
                             "take it out of the group",
                             who);
}

/* Nothing is done about it here. */
static base_result tell(struct weibel_core *core, const struct group *group, const struct contact *contact,
                        bool absent) {
    char who[WIRE_MAX_ADDRESS + 1];
    if (group->chat->kind == CHAT_DIRECT) {
        contact_words(core, contact, who);
        return group != chat_writing_group(group->chat)
                   ? BASE_OK
                   : chat_notice(core, group->chat, MESSAGE_REFUSED, 0,
                                 "What you wrote did not reach %s: the server says that all devices there are gone. "
                                 "It is sent again when %s writes",
                                 who, who);
    }
    if (absent) {
        return tell_absent(core, group, contact, false);
    }
    contact_text(core, contact, who);
    struct trouble trouble = trouble_make(TROUBLE_LATER, "no_key_package", "no device of %s can be reached yet", who);
    return chat_notice(core, group->chat, MESSAGE_REFUSED, 0, "Somebody could not be added to the group: %s",
                       trouble.words);
}

static bool is_noted(const struct work *work, const struct contact *contact) {
    bool noted = false;
    for (size_t i = 0; i < work->count && !noted; i++) {
        noted = work->lost[i].contact == contact->number;
    }
    return noted;
}

static base_result settle(struct weibel_core *core, struct work *work, const struct run *run) {
    const uint8_t *account = letter_at(core, run->first)->account;
    struct contact *contact = NULL;
    enum about_role role = about_role_of(&work->about, account, base_slice_text(core->account.domain));
    bool lost = is_lost(core, work, run);
    if (lost) {
        BASE_TRY(contact_get(core, account, core->account.domain, &contact)); /* he may be new here */
        lost = !is_noted(work, contact);
    }
    bool mended =
        lost && work->tries < MAX_TRIES && work->count < WEIBEL_MAX_MEMBERS && may_mend(core, work, role, run->absent);
    if (mended) {
        work->lost[work->count++] = (struct lost){ contact->number, role, run->absent };
        BASE_TRY(run->absent ? tell_absent(core, work->group, contact, true) : BASE_OK);
    }
    BASE_TRY(lost && !mended ? tell(core, work->group, contact, run->absent) : BASE_OK);
    return letter_drop_some(core, run->first, run->end);
}

static base_result give_role(struct weibel_core *core, enum about_role role, struct base_bytes *edit) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, ABOUT_MAX);
    about_edit_write(&writer, &(struct about_edit){ .fields = ABOUT_ROLE, .role = (uint8_t)role });
    return base_writer_finish(&writer, edit);
}

/* Of those whose role is one of these: before whatever is under way. */
static base_result begin(struct weibel_core *core, const struct work *work, enum change_kind kind,
                         enum about_role least, enum about_role most) {
    struct chat *chat = work->group->chat;
    struct change change BASE_CLEANUP(end_change) = { .kind = kind, .after = chat->next_post };
    change.tries = (uint8_t)(work->tries + 1);
    change.group = kind == CHANGE_CREATE ? work->group->number : 0;
    change.contacts = (uint64_t *)base_take(core->options.allocator, work->count, sizeof *change.contacts);
    BASE_ENSURE(change.contacts != NULL, BASE_ERR_NO_MEMORY);
    for (size_t i = 0; i < work->count; i++) {
        if (work->lost[i].role >= least && work->lost[i].role <= most &&
            (kind != CHANGE_ADD || !work->lost[i].absent)) {
            change.contacts[change.contact_count++] = work->lost[i].contact;
        }
    }
    if (change.contact_count == 0) {
        return BASE_OK;
    }
    if (kind == CHANGE_ADD && least > ROLE_MEMBER) {
        BASE_TRY(give_role(core, least, &change.edit));
    }
    return chat_put_change_first(core, chat, &change);
}

/* The last one comes first. */
static base_result begin_all(struct weibel_core *core, const struct work *work) {
    const struct group *group = work->group;
    if (work->count == 0) {
        return BASE_OK;
    }
    if (group->chat->kind == CHAT_DIRECT) {
        /* If there is another group that is written to, he is there, or it is found out: deserted.h. */
        return group == chat_writing_group(group->chat) ? begin(core, work, CHANGE_CREATE, ROLE_MEMBER, ROLE_OWNER)
                                                        : BASE_OK;
    }
    for (enum about_role role = ROLE_MEMBER; role <= ROLE_OWNER; role++) {
        BASE_TRY(begin(core, work, CHANGE_ADD, role, role));
    }
    return begin(core, work, CHANGE_REMOVE, ROLE_MEMBER, ROLE_OWNER);
}

/* Of all accounts in the group that were invited as often. */
static base_result work_on(struct weibel_core *core, struct group *group, uint8_t tries) {
    struct work work BASE_CLEANUP(end_work) = { .group = group, .tries = tries };
    BASE_TRY(group_read_about(group->mls, &work.about));
    BASE_TRY(roster_make(core->options.allocator, group->mls, NULL, &work.roster));
    work.lost = (struct lost *)base_take(core->options.allocator, core->letters.count, sizeof *work.lost);
    BASE_ENSURE(work.lost != NULL, BASE_ERR_NO_MEMORY);
    for (size_t end = core->letters.count; end > 0;) {
        struct run run = run_before(core, end);
        const struct letter *first = letter_at(core, run.first);
        if (run.answered && first->group == group->number && first->tries == tries) {
            BASE_TRY(settle(core, &work, &run));
        }
        end = run.first;
    }
    return begin_all(core, &work);
}

/* What others have done there is known, and nothing else is under way, or only that we leave, which waits for this. */
static bool is_ready(const struct group *group) {
    const struct chat *chat = group->chat;
    return group->live && ((chat->change.kind == CHANGE_NONE && chat->waiting.count == 0) ||
                           (chat->change.kind == CHANGE_LEAVE && !chat->change.made));
}

bool unreached_may_be(const struct weibel_core *core, const struct group *group) {
    for (size_t end = core->letters.count; end > 0;) {
        struct run run = run_before(core, end);
        if (letter_at(core, run.first)->group == group->number && (run.answered || run.open)) {
            return true;
        }
        end = run.first;
    }
    return false;
}

/* ---- letters that were taken ---- */

/* Devices that the server is asked about at once. */
struct question {
    uint8_t devices[WIRE_MAX_IDENTITIES * WIRE_WHICH_DEVICE_LEN];
    size_t count;
};

static bool has_key(const struct weibel_core *core, const struct letter *letter, const uint8_t key[WIRE_KEY_LEN]) {
    const struct group *group = group_at(core, letter->group);
    struct mls_member member;
    bool has = false;
    for (uint32_t leaf = 0;
         group != NULL && group->mls != NULL && !has && mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        struct identity identity;
        has = base_slice_equal(member.signature_key, base_slice(key, WIRE_KEY_LEN)) &&
              identity_peek(member.credential.content, &identity) == BASE_OK &&
              memcmp(identity.account, letter->account, sizeof letter->account) == 0 &&
              memcmp(identity.device, letter->device, sizeof letter->device) == 0;
    }
    return has;
}

static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)a;
    (void)b;
    if (answer->type != WIRE_IDENTITIES) {
        return BASE_OK; /* it is asked again */
    }
    struct base_reader reader = base_reader(answer->of.identities.identities);
    while (reader.left > 0) {
        struct wire_identity word;
        BASE_TRY(wire_identity_next(&reader, &word));
        bool gone = word.listed == 0 && word.identity_key.len > 0; /* an account without a key stays: decision 26 */
        for (size_t i = 0; i < core->letters.count && gone; i++) {
            struct letter *letter = (struct letter *)core->letters.items[i];
            if (letter->taken_at != 0 && !letter->refused &&
                memcmp(letter->account, word.device.account, sizeof letter->account) == 0 &&
                has_key(core, letter, word.device.key)) {
                BASE_TRY(letter_is_gone(core, letter));
            }
        }
    }
    return BASE_OK;
}

static uint64_t age_of(const struct weibel_core *core, const struct letter *letter) {
    return state_now(core) > letter->taken_at ? state_now(core) - letter->taken_at : 0;
}

static base_result send_question(struct weibel_core *core, struct question *question) {
    struct wire_frame frame = {
        .type = WIRE_GET_IDENTITIES,
        .of.get_identities.devices = base_slice(question->devices, question->count * WIRE_WHICH_DEVICE_LEN),
    };
    size_t count = question->count;
    question->count = 0;
    return count == 0 ? BASE_OK : request_send(core, &frame, answered, 0, 0);
}

static base_result add_device(struct weibel_core *core, const struct work *work, const struct letter *letter,
                              struct question *question) {
    const struct roster_item *item = roster_find(&work->roster, letter->account, base_slice_text(core->account.domain));
    const struct roster_item *end = work->roster.items + work->roster.count;
    struct mls_member member;
    while (item < end && memcmp(item->identity.device, letter->device, sizeof letter->device) != 0) {
        item++;
    }
    if (item < end && mls_group_member(work->group->mls, item->leaf, &member) &&
        member.signature_key.len == WIRE_KEY_LEN) {
        uint8_t *at = question->devices + WIRE_WHICH_DEVICE_LEN * question->count++;
        memcpy(at, letter->account, WIRE_ACCOUNT_LEN);
        memcpy(at + WIRE_ACCOUNT_LEN, member.signature_key.data, WIRE_KEY_LEN);
    }
    return question->count == WIRE_MAX_IDENTITIES ? send_question(core, question) : BASE_OK;
}

/* Those of whom something was heard are watched no more, nor those who are there on other devices by now. */
static base_result watch(struct weibel_core *core, const struct work *work, const struct run *run,
                         struct question *question) {
    if (!is_lost(core, work, run) || age_of(core, letter_at(core, run->end - 1)) > (uint64_t)WIRE_MAX_LIFETIME * 1000) {
        return letter_drop_some(core, run->first, run->end);
    }
    for (size_t i = run->first; i < run->end; i++) {
        BASE_TRY(letter_at(core, i)->refused ? BASE_OK : add_device(core, work, letter_at(core, i), question));
    }
    return BASE_OK;
}

/* About all of them at once; and when a quarter more time has gone by since the last one was taken, again. */
base_result unreached_ask(struct weibel_core *core) {
    struct work work BASE_CLEANUP(end_work) = { .group = NULL };
    struct question question = { .count = 0 };
    uint64_t youngest = UINT64_MAX;
    if (!core->session.synced || core->unreached_at > state_now(core)) {
        return BASE_OK;
    }
    for (size_t end = core->letters.count; end > 0;) {
        struct run run = run_before(core, end);
        struct group *group = run.watched ? group_at(core, letter_at(core, run.first)->group) : NULL;
        uint64_t age = age_of(core, letter_at(core, end - 1));
        youngest = run.watched && age < youngest ? age : youngest;
        end = run.first;
        if (run.watched && (group == NULL || group->state != GROUP_OPEN)) {
            BASE_TRY(letter_drop_some(core, run.first, run.end));
        } else if (run.watched && group->live) {
            if (group != work.group) { /* letters of one group stand side by side, mostly */
                roster_free(&work.roster);
                work.group = group;
                BASE_TRY(roster_make(core->options.allocator, group->mls, NULL, &work.roster));
            }
            BASE_TRY(watch(core, &work, &run, &question));
        }
    }
    uint64_t wait = youngest / 4 > UNREACHED_ASK_AFTER ? youngest / 4 : UNREACHED_ASK_AFTER;
    core->unreached_at = state_now(core) + wait;
    return send_question(core, &question);
}

base_result unreached_pump(struct weibel_core *core) {
    for (size_t end = core->letters.count; end > 0;) {
        struct run run = run_before(core, end);
        const struct letter *first = letter_at(core, run.first);
        struct group *group = run.answered ? group_at(core, first->group) : NULL;
        end = run.first;
        if (run.answered && (group == NULL || group->state != GROUP_OPEN)) {
            BASE_TRY(letter_drop_some(core, run.first, run.end));
        } else if (run.answered && is_ready(group)) {
            BASE_TRY(work_on(core, group, first->tries));
            end = core->letters.count; /* others have gone with it */
        }
    }
    return BASE_OK;
}
