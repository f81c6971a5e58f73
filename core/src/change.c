/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The steps of a change: take key packages, make the commit, make the stream, append, come back.
 */
#include "change.h"

#include <string.h>

#include "account.h"
#include "chat.h"
#include "contact.h"
#include "device.h"
#include "event.h"
#include "group.h"
#include "heal.h"
#include "json.h"
#include "letter.h"
#include "post.h"
#include "request.h"
#include "rpc.h"
#include "stream.h"
#include "tree.h"
#include "unreached.h"

enum { LEAVE_DELAY = 60 * 1000 /* milliseconds before leaving is tried again that could not be done */ };

/* Nobody waits any more: the change is durable, and goes on when there is a connection. */
static base_result answer_queued(struct weibel_core *core, const struct chat *chat, struct change *change) {
    if (change->call.id.len == 0) {
        return BASE_OK;
    }
    if (change->wants_link) { /* asked again once there is a connection, it gets what this made */
        struct trouble trouble = trouble_make(TROUBLE_LATER, "offline", "a link needs a connection to the server");
        return event_answer_trouble(core, &change->call, &trouble);
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &change->call);
    chat_json(core, &line, chat);
    return event_answer_end(core, &change->call, &line);
}

base_result change_begin(struct weibel_core *core, struct chat *chat, struct change *wish, struct call *call) {
    if (chat->change.kind == CHANGE_TIDY && !chat->change.made) {
        chat_end_change(chat); /* the next commit brings it along */
    }
    if (call != NULL) {
        base_bytes_move(&wish->call.id, &call->id);
    }
    wish->after = chat->next_post;
    bool offline = core->session.state != SESSION_ONLINE;
    chat->dirty = true;
    if (chat->change.kind == CHANGE_NONE) {
        chat_end_change(chat);
        chat->change = *wish;
        *wish = (struct change){ 0 };
        return offline ? answer_queued(core, chat, &chat->change) : BASE_OK;
    }
    BASE_TRY(chat_queue_change(core, chat, wish));
    struct change *queued = (struct change *)chat->waiting.items[chat->waiting.count - 1];
    return offline ? answer_queued(core, chat, queued) : BASE_OK;
}

base_result change_answer_all(struct weibel_core *core) {
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        BASE_TRY(answer_queued(core, chat, &chat->change));
        for (size_t k = 0; k < chat->waiting.count; k++) {
            BASE_TRY(answer_queued(core, chat, (struct change *)chat->waiting.items[k]));
        }
    }
    return BASE_OK;
}

bool change_is_wished(const struct change *change) {
    return change->kind != CHANGE_NONE && change->kind != CHANGE_TIDY && change->kind != CHANGE_DEVICES &&
           change->kind != CHANGE_REPAIR && change->kind != CHANGE_REENTER;
}

bool change_is_leaving(const struct chat *chat) {
    bool leaving = chat->change.kind == CHANGE_LEAVE;
    for (size_t i = 0; i < chat->waiting.count && !leaving; i++) {
        leaving = ((const struct change *)chat->waiting.items[i])->kind == CHANGE_LEAVE;
    }
    return leaving;
}

static void let_pass(struct chat *chat, struct change *change) {
    if (change->kind == CHANGE_LEAVE && !change->made) {
        change->after = chat->next_post;
        chat->dirty = true;
    }
}

void change_let_pass(struct chat *chat) {
    let_pass(chat, &chat->change);
    for (size_t i = 0; i < chat->waiting.count; i++) {
        let_pass(chat, (struct change *)chat->waiting.items[i]);
    }
}

bool change_comes_before(const struct chat *chat, uint64_t post) {
    return chat->change.made || (change_is_wished(&chat->change) && post > chat->change.after);
}

bool change_is_told(const struct chat *chat) {
    return chat->kind == CHAT_GROUP && chat->change.call.id.len == 0;
}

static struct group *find_state(const struct chat *chat, enum group_state state) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        if (group->state == state) {
            return group;
        }
    }
    return NULL;
}

struct group *change_group(const struct chat *chat) {
    if (chat->change.kind == CHANGE_CREATE) {
        return find_state(chat, GROUP_MAKING);
    }
    for (size_t i = 0; i < chat->groups.count && chat->change.group != 0; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        if (group->number == chat->change.group && group->state <= GROUP_OPEN) {
            return group;
        }
    }
    struct group *leaving = chat->change.kind == CHANGE_LEAVE ? find_state(chat, GROUP_LEAVING) : NULL;
    return leaving != NULL ? leaving : chat_writing_group(chat);
}

base_result change_done(struct weibel_core *core, struct chat *chat) {
    if (chat->change.wants_link) {
        BASE_TRY(joining_answer_link(core, &chat->change.call, chat));
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &chat->change.call);
    chat_json(core, &line, chat);
    BASE_TRY(event_answer_end(core, &chat->change.call, &line));
    chat_end_change(chat);
    chat->announce = true;
    return BASE_OK;
}

base_result change_step_done(struct weibel_core *core, struct chat *chat) {
    struct change *change = &chat->change;
    bool adds = change->kind == CHANGE_CREATE || change->kind == CHANGE_ADD;
    bool leaves = change->kind == CHANGE_LEAVE; /* what it has done was only to end the link */
    if (!leaves && (!adds || change->asked >= change->contact_count)) {
        return change_done(core, chat);
    }
    change->kind = leaves ? CHANGE_LEAVE : CHANGE_ADD;
    change->group = 0;
    change->done = change->asked;
    change->made = change->in_flight = false;
    change->founds = change->tree_there = false;
    change->tree = (struct tree_place){ 0 };
    base_wipe(change->tree_key, sizeof change->tree_key);
    change->taken_bytes = 0;
    base_bytes_free(&change->message);
    tree_put_end(&change->put);
    chat_free_taken(change);
    chat->dirty = true;
    return BASE_OK;
}

/* Others are made where the chat goes on. */
static bool keeps_group(const struct change *change) {
    return change->kind == CHANGE_DEVICES || change->kind == CHANGE_REPAIR || change->kind == CHANGE_REENTER;
}

static base_result take_back(struct weibel_core *core, struct chat *chat, struct change *change,
                             const struct group *group) {
    if (group->mls != NULL) {
        mls_group_discard_pending(group->mls);
    }
    BASE_TRY(letter_drop(core, group->number));
    base_bytes_free(&change->message);
    change->made = false;
    change->in_flight = false;
    change->asked = change->taken.count > 0 ? change->asked : change->done; /* made before this process */
    change->group = keeps_group(change) ? change->group : 0;
    change->founds = change->tree_there = false;
    change->tree.size = 0; /* what is made anew takes its place */
    tree_put_end(&change->put);
    chat->dirty = true;
    return BASE_OK;
}

base_result change_unmake(struct weibel_core *core, struct chat *chat, struct group *group) {
    return take_back(core, chat, &chat->change, group);
}

/* What was answered as queued is told about in the chat. */
static base_result tell_failed(struct weibel_core *core, struct chat *chat, const struct trouble *trouble) {
    return change_is_wished(&chat->change) && change_is_told(chat) && !chat_is_over(chat)
               ? chat_notice(core, chat, MESSAGE_REFUSED, 0, "A change of the group was not possible: %s",
                             trouble->words)
               : BASE_OK;
}

base_result change_fail(struct weibel_core *core, struct chat *chat, const struct trouble *trouble) {
    enum change_kind kind = chat->change.kind;
    struct group *group = change_group(chat);
    bool told = change_is_told(chat);
    if (group != NULL && chat->change.made) {
        BASE_TRY(change_unmake(core, chat, group));
    }
    if (group != NULL && group->state == GROUP_MAKING) {
        BASE_TRY(group_forget(core, group));
    } else if (group != NULL && group->state == GROUP_LEAVING) {
        group->retry_at = state_now(core) + LEAVE_DELAY; /* it is begun again by itself */
    }
    BASE_TRY(tell_failed(core, chat, trouble));
    BASE_TRY(event_answer_trouble(core, &chat->change.call, trouble));
    chat->announce = true;
    /* Without a group to write to, what is queued would ask for one again at once, and so on. */
    bool direct = chat->kind == CHAT_DIRECT && chat_writing_group(chat) == NULL;
    if (kind == CHANGE_CREATE && (chat->groups.count == 0 || direct)) {
        BASE_TRY(post_fail_all(core, chat, trouble));
        if (chat->kind == CHAT_GROUP) {
            chat_end_changes(chat); /* what waits has nothing to change */
            chat->forgotten = !told;
            return BASE_OK;
        }
    }
    chat_end_change(chat);
    return BASE_OK;
}

static bool is_of(const struct change *change, const struct group *group) {
    bool creates = change->kind == CHANGE_CREATE && !change->made; /* names the one before it */
    return change->kind != CHANGE_NONE && change->group == group->number && !creates;
}

base_result change_let_go(struct weibel_core *core, struct group *group) {
    struct chat *chat = group->chat;
    for (size_t i = chat->waiting.count; i > 0; i--) {
        struct change *change = (struct change *)chat->waiting.items[i - 1];
        if (!is_of(change, group)) {
            continue;
        }
        BASE_TRY(take_back(core, chat, change, group));
        if (!change_is_wished(change)) {
            chat_drop_change(chat, i - 1);
        }
    }
    if (!is_of(&chat->change, group)) {
        return BASE_OK;
    }
    BASE_TRY(take_back(core, chat, &chat->change, group));
    if (!change_is_wished(&chat->change)) {
        chat_end_change(chat);
    }
    return BASE_OK;
}

static struct trouble not_a_member(void) {
    return trouble_make(TROUBLE_USAGE, "not_a_member", "you are not in this group any more");
}

base_result change_fail_queued(struct weibel_core *core, const struct group *group) {
    struct trouble removed = not_a_member();
    if (group_waiting(group) != NULL || chat_writing_group(group->chat) != NULL) {
        return BASE_OK; /* added again already: what is queued goes out then */
    }
    return group->chat->kind == CHAT_GROUP ? post_fail_all(core, group->chat, &removed) : BASE_OK;
}

/* With it goes the group that it was about to make: nothing else would ever go on with that. */
static base_result end_with(struct weibel_core *core, struct chat *chat, const struct trouble *trouble) {
    struct group *making = chat->change.kind == CHANGE_CREATE ? find_state(chat, GROUP_MAKING) : NULL;
    BASE_TRY(making == NULL ? BASE_OK : group_forget(core, making));
    BASE_TRY(tell_failed(core, chat, trouble));
    BASE_TRY(event_answer_trouble(core, &chat->change.call, trouble));
    chat_end_change(chat);
    return BASE_OK;
}

base_result change_ended(struct weibel_core *core, struct group *group, enum group_state state) {
    struct chat *chat = group->chat;
    BASE_TRY(chat->kind == CHAT_DIRECT ? change_let_go(core, group) : BASE_OK); /* it goes on in another group */
    group->state = state;
    group->dirty = true;
    group->tidy_at = 0;
    chat->announce = true;
    BASE_TRY(state == GROUP_LEAVING ? BASE_OK : stream_stop(core, group));
    struct trouble removed = not_a_member();
    if (chat->change.kind == CHANGE_LEAVE) {
        BASE_TRY(change_done(core, chat));
    }
    while (chat->change.kind != CHANGE_NONE && chat->kind != CHAT_DIRECT) {
        struct group *of = chat->change.made ? change_group(chat) : NULL;
        BASE_TRY(letter_drop(core, group->number));
        BASE_TRY(of != NULL && of != group ? change_unmake(core, chat, of) : BASE_OK); /* no other is made there else */
        BASE_TRY(end_with(core, chat, &removed));
    }
    return change_fail_queued(core, group);
}

/* `a`: number of the group. */
static base_result create_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    struct group *group = group_at(core, a);
    if (group == NULL) {
        return BASE_OK;
    }
    group->in_flight = false;
    const struct change *change = &group->chat->change;
    bool founds = change->made && change->founds && change_group(group->chat) == group;
    /* If it exists under another token, our first commit has been accepted already; reading brings it. */
    if (answer->type == WIRE_DONE ||
        (answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_STREAM_EXISTS && !founds)) {
        group->stream_made = true;
        return founds ? change_accepted(core, group, 0) : BASE_OK;
    }
    if (answer->type == WIRE_REFUSAL && !request_passes(&answer->of.refusal)) {
        struct trouble trouble = trouble_refusal(&answer->of.refusal);
        return change_fail(core, group->chat, &trouble);
    }
    group->retry_at = state_now(core) + (answer->type == WIRE_REFUSAL ? request_delay(&answer->of.refusal) : 0);
    return BASE_OK;
}

/* With a first commit that is no entry, the stream begins in the epoch that it leads to. */
static base_result make_stream(struct weibel_core *core, struct group *group) {
    struct wire_frame frame = { .type = WIRE_CREATE_STREAM };
    const struct change *change = &group->chat->change;
    const uint8_t *token;
    BASE_TRY(group_token(group, &token));
    memcpy(frame.of.create_stream.stream, group->id, sizeof frame.of.create_stream.stream);
    account_hash(base_slice(token, WIRE_KEY_LEN), frame.of.create_stream.token_hash);
    if (change->founds) {
        memcpy(frame.of.create_stream.token_hash, change->next_token_hash, WIRE_KEY_LEN);
    }
    group->in_flight = true;
    return request_send(core, &frame, create_answered, group->number, 0);
}

/* Tells what was appended from what was made in its place since. */
static uint64_t stamp_of(const struct change *change) {
    uint64_t stamp;
    memcpy(&stamp, change->nonce, sizeof stamp);
    return stamp;
}

/* `a`: number of the chat; `b`: of what was appended, which takes effect when it comes back, in its place in the
 * stream.
 */
static base_result append_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct chat *chat = chat_at(core, a);
    struct group *group = chat == NULL || !chat->change.made ? NULL : change_group(chat);
    if (group == NULL || !chat->change.in_flight) {
        return BASE_OK;
    }
    if (answer->type != WIRE_REFUSAL) {
        group->live = false; /* read up to it, if it has not come by itself */
        group->retry_at = group->repairing ? 0 : group->retry_at;
        return BASE_OK;
    }
    const struct wire_refusal *refusal = &answer->of.refusal;
    if (stamp_of(&chat->change) != b) {
        return BASE_OK; /* another one is on its way already: this may be accepted */
    }
    chat->change.in_flight = false;
    if (group->repairing && !request_passes(refusal)) {
        /* Others may follow another's repair that only has not come here yet: made anew, once. So is, each time, what
         * brings a token that the stream has had: it is our commit's, with rubbish in its place. */
        bool first = refusal->code == WIRE_REFUSED_MALFORMED ||
                     (refusal->code != WIRE_REFUSED_EPOCH_MOVED && group->repairs == 0);
        group->live = group->live && !first;
        BASE_TRY(first ? change_unmake(core, chat, group) : BASE_OK);
        return first || refusal->code == WIRE_REFUSED_EPOCH_MOVED ? heal_too_late(core, group)
               : refusal->code == WIRE_REFUSED_NO_STREAM          ? heal_vanished(core, group)
                                                                  : heal_lose(core, group);
    }
    if (refusal->code == WIRE_REFUSED_EPOCH_MOVED) {
        group->live = false; /* what has won is read first, and takes ours back */
        chat->change.retry_at = state_now(core) + REQUEST_EPOCH_DELAY;
        bool wish = chat->change.kind == CHANGE_LEAVE && mls_group_pending(group->mls) == NULL;
        return wish ? change_unmake(core, chat, group) : BASE_OK;
    }
    if (request_passes(refusal) || refusal->code == WIRE_REFUSED_NO_STREAM) {
        group->live = group->live && refusal->code != WIRE_REFUSED_NO_STREAM; /* reading leads on then */
        chat->change.retry_at = state_now(core) + request_delay(refusal);
        return BASE_OK;
    }
    struct trouble trouble = trouble_refusal(refusal);
    return change_fail(core, chat, &trouble);
}

static base_result append(struct weibel_core *core, struct chat *chat, struct group *group) {
    struct change *change = &chat->change;
    struct wire_frame frame = { .type = WIRE_APPEND };
    struct wire_append *append = &frame.of.append;
    const uint8_t *token;
    uint8_t deletion_key[WIRE_KEY_LEN];
    BASE_TRY(group_token(group, &token));
    account_deletion_key(core, base_slice(change->nonce, sizeof change->nonce), deletion_key);
    account_hash(base_slice(deletion_key, sizeof deletion_key), append->deletion_hash);
    memcpy(append->stream, group->id, sizeof append->stream);
    memcpy(append->token, token, sizeof append->token);
    memcpy(append->nonce, change->nonce, sizeof append->nonce);
    append->kind = mls_group_pending(group->mls) == NULL ? WIRE_KIND_MESSAGE
                   : group->repairing                    ? WIRE_KIND_REPAIR
                                                         : WIRE_KIND_COMMIT;
    append->after = group->position; /* a wish to leave goes as a message does */
    append->known_commit = group->repairing ? group->broken : change->known_commit;
    memcpy(append->next_token_hash, change->next_token_hash, sizeof append->next_token_hash);
    append->lifetime = WIRE_MAX_LIFETIME; /* others may be away for long, and follow one commit after the other then */
    append->content = base_borrow(&change->message);
    change->in_flight = true;
    return request_send(core, &frame, append_answered, chat->number, stamp_of(change));
}

/* `a`: number of the chat; `b`: of what is being put. */
static base_result tree_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct chat *chat = chat_at(core, a);
    struct change *change = chat == NULL ? NULL : &chat->change;
    uint64_t delay;
    if (change == NULL || change->put.number != b) {
        return BASE_OK; /* the change has ended, or was made anew */
    }
    base_result result = tree_put_answered(&change->put, answer, &delay);
    if (result != BASE_OK) {
        struct trouble trouble = trouble_refusal(&answer->of.refusal);
        return change_fail(core, chat, &trouble);
    }
    change->retry_at = delay == 0 ? change->retry_at : state_now(core) + delay;
    change->tree_there = change->put.done;
    return BASE_OK;
}

/* Who is invited needs it: it is there before the commit is. */
static base_result put_tree(struct weibel_core *core, struct chat *chat, const struct group *group) {
    struct change *change = &chat->change;
    if (!tree_put_is_begun(&change->put)) {
        struct base_bytes tree BASE_CLEANUP(base_bytes_free) = { 0 };
        BASE_TRY(mls_staged_ratchet_tree(mls_group_pending(group->mls), &tree));
        tree_put_begin(core, &change->put, &change->tree, change->tree_key, &tree);
    }
    return tree_put_pump(core, &change->put, tree_answered, chat->number);
}

static base_result begin_tidying(struct weibel_core *core, struct chat *chat) {
    struct group *group = chat_writing_group(chat);
    if (group == NULL || group->tidy_at == 0 || !group->live || group->tidy_at > state_now(core)) {
        return BASE_OK;
    }
    group->tidy_at = 0;
    struct change tidy = { .kind = CHANGE_TIDY };
    bool any = mls_group_proposal_count(group->mls) > 0 || group->leaver_count > 0;
    return any ? change_begin(core, chat, &tidy, NULL) : BASE_OK;
}

/* Whether each of these leaves is to be taken out by a proposal of this epoch: nobody is left to do it. */
static void count_leaving(const struct group *group, bool *own, bool *all) {
    size_t leaving = 0;
    *own = false;
    for (size_t i = 0; i < mls_group_proposal_count(group->mls); i++) {
        struct mls_proposal_view proposal = mls_group_proposal(group->mls, i);
        bool leaves = proposal.type == MLS_PROPOSAL_REMOVE && proposal.sender == proposal.removed;
        *own = *own || (leaves && proposal.sender == mls_group_own_leaf(group->mls));
        leaving += leaves ? 1 : 0;
    }
    *all = leaving >= mls_group_member_count(group->mls);
}

/* A proposal to leave is good for one epoch: a commit that did not know it is followed, and it is made again. */
static base_result go_on_leaving(struct weibel_core *core, struct chat *chat) {
    struct group *group = find_state(chat, GROUP_LEAVING);
    bool own, all;
    if (group == NULL || !group->live || group->retry_at > state_now(core)) {
        return BASE_OK;
    }
    count_leaving(group, &own, &all);
    struct group_about about;
    if (all && (group_read_about(group->mls, &about) != BASE_OK || about.link.len == 0)) {
        return change_ended(core, group, GROUP_LEFT);
    }
    struct change leave = { .kind = CHANGE_LEAVE };
    return own && !all ? BASE_OK : change_begin(core, chat, &leave, NULL); /* one of them ends the link */
}

/* Of a message that the server has taken it has still to be noted, and told if it was deleted meanwhile. */
static bool is_being_noted(const struct weibel_core *core, const struct chat *chat) {
    bool noted = false;
    for (size_t i = 0; i < core->amendments.count && !noted; i++) {
        const struct amendment *amendment = (const struct amendment *)core->amendments.items[i];
        noted = amendment->kind == AMEND_STATE && amendment->chat == chat->number;
    }
    return noted;
}

/* What is encrypted already may be in the stream, and goes before the wish to leave: nothing of ours comes behind it.
 * And who is added does not see what was written before. */
static bool comes_too_early(const struct weibel_core *core, const struct chat *chat) {
    const struct change *change = &chat->change;
    bool early = change->kind == CHANGE_LEAVE && is_being_noted(core, chat);
    for (size_t i = 0; i < chat->outbox.count && !early; i++) {
        const struct post *post = (const struct post *)chat->outbox.items[i];
        bool before = post->kind == POST_MESSAGE && !post->held && post->number <= change->after;
        early = (change->kind == CHANGE_LEAVE && post->kind != POST_ERASE && post->group != 0) ||
                (change->kind == CHANGE_ADD && before);
    }
    return early;
}

/* Nobody else would ever add those again whom our invitations do not reach. */
static bool is_needed(const struct weibel_core *core, const struct chat *chat, const struct group *group) {
    return chat->change.kind == CHANGE_LEAVE && group->state == GROUP_OPEN && unreached_may_be(core, group);
}

base_result change_pump(struct weibel_core *core, struct chat *chat) {
    struct change *change = &chat->change;
    if (change->kind == CHANGE_NONE) {
        BASE_TRY(begin_tidying(core, chat));
    }
    if (change->kind == CHANGE_NONE) {
        BASE_TRY(go_on_leaving(core, chat));
    }
    if (change->kind == CHANGE_NONE || change->in_flight || change->retry_at > state_now(core)) {
        return BASE_OK;
    }
    struct group *group = change_group(chat);
    if (!change->made && change->kind == CHANGE_CREATE && chat->kind != CHAT_OWN && device_is_new(core)) {
        return BASE_OK;
    }
    if (!change->made) {
        bool adds = change->kind == CHANGE_CREATE || change->kind == CHANGE_ADD || change->kind == CHANGE_DEVICES;
        if (adds && change_wants_packages(chat)) {
            return change_take_packages(core, chat);
        }
        bool ready = group != NULL && (group->live || group->repairing) && !comes_too_early(core, chat) &&
                     !is_needed(core, chat, group);
        if (change->kind != CHANGE_CREATE && !ready) {
            return BASE_OK;
        }
        BASE_TRY(change_make(core, chat));
        group = change_group(chat);
    }
    if (!change->made || group == NULL) {
        return BASE_OK; /* it has failed, or there was nothing to do */
    }
    if (change->tree.size > 0 && !change->tree_there) {
        return put_tree(core, chat, group);
    }
    if (group->state == GROUP_MAKING && !group->stream_made) {
        return group->in_flight || group->retry_at > state_now(core) ? BASE_OK : make_stream(core, group);
    }
    return group->live || group->repairing ? append(core, chat, group) : BASE_OK;
}

base_result change_came_back(struct weibel_core *core, struct group *group, const struct wire_entry *entry, bool *own) {
    struct chat *chat = group->chat;
    const struct change *change = &chat->change;
    *own = change->made && change_group(chat) == group &&
           (mls_group_pending(group->mls) != NULL || change->kind == CHANGE_LEAVE) &&
           memcmp(change->nonce, entry->nonce, sizeof change->nonce) == 0 &&
           base_slice_equal(base_borrow(&change->message), entry->content);
    if (!*own) {
        return BASE_OK;
    }
    if (mls_group_pending(group->mls) != NULL) {
        return change_accepted(core, group, entry->number);
    }
    if (group->state == GROUP_OPEN) {
        BASE_TRY(chat_notice(core, chat, MESSAGE_LEFT, 0, "You left the group"));
    }
    return change_ended(core, group, GROUP_LEAVING);
}
