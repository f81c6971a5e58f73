/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Asking for what is missing, and answering.
 */
#include "missed.h"

#include <string.h>

#include "again.h"
#include "amend_content.h"
#include "chat.h"
#include "chat_delete.h"
#include "content/missing.h"
#include "group.h"
#include "history.h"
#include "policy.h"
#include "post.h"
#include "read.h"
#include "signal.h"
#include "tally.h"

enum { MAX_CONTENT = 64, WINDOW = 64 };

/* Not all do the same at once. */
static base_result pick_time(struct weibel_core *core, const struct group *group, uint64_t after, uint64_t *out) {
    uint32_t random;
    BASE_TRY(base_random_fill(core->options.random, &random, sizeof random));
    uint64_t longest = MISSED_DELAY + (uint64_t)MISSED_MEMBER_DELAY * mls_group_member_count(group->mls);
    *out = after + 1 + random % longest;
    return BASE_OK;
}

/* ---- asking ---- */

base_result missed_plan(struct weibel_core *core, struct group *group, struct tally *tally) {
    if (tally->missing == 0 || tally->missed.open == 0 || tally->asked >= MISSED_MAX_ASKS) {
        return BASE_OK;
    }
    tally->ask = true;
    return group->tally.ask_at == 0 ? pick_time(core, group, state_now(core), &group->tally.ask_at) : BASE_OK;
}

static base_result ask(struct weibel_core *core, struct group *group, const struct tally *tally) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_CONTENT);
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    content_missing_encode(
        &writer, &(struct content_missing){ tally->leaf, tally->since, tally->missed.end, tally->missed.open });
    BASE_TRY(base_writer_finish(&writer, &content));
    return signal_send(core, group, base_borrow(&content));
}

static base_result ask_all(struct weibel_core *core, struct group *group) {
    size_t asked = 0;
    for (size_t i = 0; i < group->tally.of.count; i++) {
        struct tally *tally = (struct tally *)group->tally.of.items[i];
        if (tally->ask && tally->missing > 0 && asked < MISSED_MAX_ASKED && signal_can(group)) {
            BASE_TRY(ask(core, group, tally));
            tally->asked++;
            asked++;
        }
        tally->ask = false;
    }
    return BASE_OK;
}

/* ---- answering ---- */

/* Whether what we have written as this number may be sent again. */
static bool may_go_again(const struct group *group, uint32_t sequence) {
    uint32_t ago = group->tally.sequence - sequence;
    return sequence > 0 && sequence <= group->tally.sequence && ago < WINDOW && (group->tally.spent >> ago & 1) == 0;
}

static void spend(struct group *group, uint32_t sequence) {
    group->tally.spent |= (uint64_t)1 << (group->tally.sequence - sequence);
    group->dirty = true;
}

static uint32_t count_open(const struct missing *missing) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < WINDOW && i + 1 < missing->end; i++) {
        count += (uint32_t)(missing->open >> i & 1);
    }
    return count;
}

/* Whether a member's device is listened to: it has not asked for too much of late, of whomever. All who hear it count
 * alike, so that it can't have the last contents of everybody come again. Of too many who ask, those are forgotten who
 * have asked for least. */
static bool may_ask(const struct weibel_core *core, struct group *group, uint32_t leaf, uint32_t count) {
    struct asker *asker = NULL, *least = &group->tally.askers[0];
    for (size_t i = 0; i < TALLY_MAX_ASKERS; i++) {
        struct asker *one = &group->tally.askers[i];
        one->asked = state_now(core) - one->since < MISSED_DAY ? one->asked : 0;
        least = one->asked < least->asked ? one : least;
        asker = one->asked > 0 && one->leaf == leaf ? one : asker;
    }
    if (asker == NULL) {
        asker = least;
        *asker = (struct asker){ .leaf = leaf, .since = state_now(core) };
    }
    bool may = asker->asked < MISSED_MAX_A_DAY;
    asker->asked += may ? count : 0;
    return may;
}

/* All that is asked until it is answered, by the numbers of now. */
static void want(struct group *group, const struct missing *missing) {
    struct group_tally *own = &group->tally;
    struct missing wanted = { .end = own->sequence + 1 };
    for (uint32_t i = 0; i < WINDOW && i < own->sequence; i++) {
        uint32_t sequence = own->sequence - i;
        bool wants = (tally_is_open(missing, sequence) || tally_is_open(&own->wanted, sequence)) &&
                     may_go_again(group, sequence);
        wanted.open |= wants ? (uint64_t)1 << i : 0;
    }
    own->wanted = wanted;
}

void missed_heard(const struct weibel_core *core, struct group *group, uint32_t leaf, struct base_slice content) {
    struct content_missing asked;
    if (content_missing_decode(content, &asked) != BASE_OK) {
        return;
    }
    const struct missing missing = { asked.end, asked.open };
    if (!may_ask(core, group, leaf, count_open(&missing))) {
        return; /* nor does anybody answer him: who misses the same asks himself */
    }
    if (asked.leaf == mls_group_own_leaf(group->mls)) {
        if (asked.since == group->tally.since) {
            want(group, &missing);
        }
        return;
    }
    for (size_t i = 0; i < group->tally.of.count; i++) {
        struct tally *tally = (struct tally *)group->tally.of.items[i];
        bool same = tally->leaf == asked.leaf && tally->since == asked.since && tally->missed.end == missing.end &&
                    (tally->missed.open & ~missing.open) == 0;
        tally->ask = tally->ask && !same; /* the answer is for all */
    }
}

/* It does not go on for long when that is over. */
void missed_came_again(const struct weibel_core *core, struct group *group) {
    const uint64_t now = state_now(core), longest = now + (uint64_t)2 * MISSED_BURST * MISSED_PACE;
    uint64_t *until = &group->tally.crowded_until;
    *until = (*until > now ? *until : now) + MISSED_PACE;
    *until = *until < longest ? *until : longest;
}

/* From when on something may come again here. */
static uint64_t free_at(const struct group *group) {
    const uint64_t burst = (uint64_t)MISSED_BURST * MISSED_PACE;
    return group->tally.crowded_until > burst ? group->tally.crowded_until - burst : 0;
}

static bool is_wanted(const struct weibel_core *core, const struct chat *chat, const struct group *group,
                      const struct message *message) {
    return message->kind == MESSAGE_TEXT && message->own && message->state == MESSAGE_SENT && message->has_id &&
           !message->deleted && message->number > chat->deleted_to && message->group == group->number &&
           message->entry != 0 && tally_is_open(&group->tally.wanted, message->sequence) &&
           may_go_again(group, message->sequence) && history_is_recent(core, message) &&
           (group_own_capabilities(core, group) & CAN_SEND_MESSAGE) != 0;
}

void missed_free(void *item) {
    struct own_content *kept = (struct own_content *)item;
    base_bytes_free(&kept->content);
    base_free(kept);
}

base_result missed_keep(struct weibel_core *core, struct group *group, uint32_t sequence, uint64_t entry,
                        struct base_bytes *content) {
    struct list *all = &group->tally.kept;
    struct own_content now = { .sequence = sequence, .entry = entry };
    now.how = amend_content_repeats(base_borrow(content), now.about);
    if (group->chat->kind == CHAT_OWN || now.how == AMEND_REPEATS_NEVER ||
        (now.how != AMEND_REPEATS_EDIT && content->len > MISSED_MAX_KEPT_LEN)) {
        return BASE_OK;
    }
    BASE_TRY(now.how == AMEND_REPEATS_REACTION ? message_own_id(core, group->chat, base_borrow(content), now.id)
                                               : BASE_OK);
    if (all->count == MISSED_MAX_KEPT) {
        missed_free(list_take(all, 0));
    }
    struct own_content *kept = (struct own_content *)base_take(core->options.allocator, 1, sizeof *kept);
    BASE_ENSURE(kept != NULL, BASE_ERR_NO_MEMORY);
    *kept = now;
    base_result result = list_add(all, core->options.allocator, kept);
    if (result != BASE_OK) {
        base_free(kept);
        return result;
    }
    if (now.how != AMEND_REPEATS_EDIT) {
        base_bytes_move(&kept->content, content);
    }
    return BASE_OK;
}

/* The message that it is about; NULL: it is not there any more, or too long ago. */
static const struct message *target_of(const struct chat *chat, const struct read *read,
                                       const struct own_content *kept) {
    for (size_t i = 0; i < read->messages.count; i++) {
        const struct message *message = (const struct message *)read->messages.items[i];
        if (message->has_id && !message->deleted && message->number > chat->deleted_to &&
            memcmp(message->id + 1, kept->about + 1, sizeof message->id - 1) == 0) {
            return message;
        }
    }
    return NULL;
}

static bool is_given(const struct message *message, const struct own_content *kept) {
    bool given = false;
    for (uint32_t i = 0; i < message->reaction_count && !given; i++) {
        const struct reaction *reaction = &message->reactions[i];
        given = reaction->from == 0 && memcmp(reaction->id, kept->id, sizeof kept->id) == 0;
    }
    return given;
}

/* What it says now: an edit the text of today, and a reaction that was taken back since that it was. `out` stays empty
 * if it says nothing any more. */
static base_result write_kept(struct weibel_core *core, const struct chat *chat, const struct read *read,
                              const struct own_content *kept, struct base_bytes *out) {
    const struct message *message = kept->how == AMEND_REPEATS ? NULL : target_of(chat, read, kept);
    if (kept->how != AMEND_REPEATS && message == NULL) {
        return BASE_OK;
    }
    if (kept->how == AMEND_REPEATS_EDIT) {
        bool goes = message->own && message->edited_at != 0 && history_is_recent(core, message);
        return goes ? message_to_edit(core, message, out) : BASE_OK;
    }
    if (kept->how == AMEND_REPEATS_REACTION && !is_given(message, kept)) {
        return amend_content_unreact(core, message, kept->id, out);
    }
    return base_bytes_copy(core->options.allocator, base_borrow(&kept->content), out);
}

static base_result send_kept(struct weibel_core *core, struct chat *chat, struct group *group, const struct read *read,
                             size_t *bytes) {
    bool allowed = (group_own_capabilities(core, group) & CAN_SEND_MESSAGE) != 0;
    for (size_t i = 0; i < group->tally.kept.count && allowed && *bytes < MISSED_MAX_ANSWER; i++) {
        const struct own_content *kept = (const struct own_content *)group->tally.kept.items[i];
        struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
        if (!tally_is_open(&group->tally.wanted, kept->sequence) || !may_go_again(group, kept->sequence)) {
            continue;
        }
        BASE_TRY(write_kept(core, chat, read, kept, &content));
        if (content.len > 0 && content.len <= CONTENT_AGAIN_MAX) {
            BASE_TRY(again_send_kept(core, chat, group, kept, base_borrow(&content)));
            missed_came_again(core, group);
            spend(group, kept->sequence);
            *bytes += content.len;
        }
    }
    return BASE_OK;
}

static bool is_on_its_way(const struct group *group, uint32_t sequence) {
    bool is = false;
    for (size_t i = 0; i < group->chat->outbox.count && !is; i++) {
        const struct post *post = (const struct post *)group->chat->outbox.items[i];
        is = post->group == group->number && post->sequence == sequence;
    }
    return is;
}

/* What does not go again is not looked for again, whoever asks. */
static void spend_rest(struct group *group) {
    for (uint32_t i = 0; i < WINDOW && i < group->tally.sequence; i++) {
        uint32_t sequence = group->tally.sequence - i;
        if (tally_is_open(&group->tally.wanted, sequence) && !is_on_its_way(group, sequence)) {
            spend(group, sequence);
        }
    }
}

/* What was being changed when it was read is read again. */
static base_result found(struct weibel_core *core, struct read *read) {
    struct chat *chat = chat_at(core, read->chat);
    struct group *group = chat == NULL ? NULL : group_at(core, read->limit);
    size_t bytes = 0;
    if (group == NULL) {
        return BASE_OK;
    }
    group->tally.answering = false;
    if (core->amendments.count > 0 || chat->deleting || group->state != GROUP_OPEN) {
        return BASE_OK;
    }
    for (size_t i = read->messages.count; i > 0 && bytes < MISSED_MAX_ANSWER; i--) {
        const struct message *message = (const struct message *)read->messages.items[i - 1];
        if (is_wanted(core, chat, group, message)) {
            BASE_TRY(again_send(core, chat, group, message, message->sequence, &bytes));
            missed_came_again(core, group);
            spend(group, message->sequence);
        }
    }
    BASE_TRY(send_kept(core, chat, group, read, &bytes)); /* behind the messages that it is about */
    if (bytes < MISSED_MAX_ANSWER && (group_own_capabilities(core, group) & CAN_SEND_MESSAGE) != 0) {
        spend_rest(group);
    }
    group->tally.wanted = (struct missing){ 0 };
    group->tally.answer_at = state_now(core) + MISSED_ANSWER_INTERVAL;
    return BASE_OK;
}

static bool can_answer(const struct weibel_core *core, const struct group *group) {
    const struct chat *chat = group->chat;
    return group->tally.wanted.open != 0 && !group->tally.answering && group->tally.answer_at <= state_now(core) &&
           group->state == GROUP_OPEN && group->live && core->amendments.count == 0 && !chat->deleting;
}

base_result missed_pump(struct weibel_core *core, struct group *group) {
    if (group->tally.ask_at != 0 && group->tally.ask_at <= state_now(core) && signal_can(group)) {
        group->tally.ask_at = 0;
        BASE_TRY(ask_all(core, group));
    }
    if (!can_answer(core, group)) {
        return BASE_OK;
    }
    if (free_at(group) > state_now(core)) {
        return pick_time(core, group, free_at(group), &group->tally.answer_at);
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, found, NULL, &read));
    read->chat = group->chat->number;
    read->limit = group->number;
    group->tally.answering = true;
    BASE_TRY(read_ask(core, read, read_add_message, key_pair(KEY_MESSAGE, group->chat->number, 0),
                      key_pair(KEY_MESSAGE, group->chat->number, UINT64_MAX), AGAIN_MAX, true));
    read = NULL;
    return BASE_OK;
}

uint64_t missed_deadline(const struct group *group) {
    uint64_t answer = group->tally.wanted.open == 0 ? UINT64_MAX : group->tally.answer_at;
    return group->tally.ask_at != 0 && group->tally.ask_at < answer ? group->tally.ask_at : answer;
}

/* ---- taking ---- */

base_result missed_fill(struct weibel_core *core, struct group *group, uint32_t leaf, const struct contact *from,
                        const struct content_again *again, bool *fills) {
    *fills = base_slice_equal(again->stream, base_slice(group->id, sizeof group->id));
    return *fills ? tally_fill(core, group, leaf, again->sequence, from, fills) : BASE_OK;
}

/* It is read where it stands now: nobody has read it where it stood. */
base_result missed_take(struct weibel_core *core, struct group *group, uint32_t leaf, const struct contact *from,
                        const struct content_again *again, const struct message *message) {
    bool fills;
    BASE_TRY(missed_fill(core, group, leaf, from, again, &fills));
    if (!fills || chat_deletion_covers(core, group->chat, group->id, again->entry)) {
        return BASE_OK;
    }
    return again_look_for(core, group->chat, message, again->content);
}
