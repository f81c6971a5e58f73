/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The way in: entry → libmls → one batch with ratchet, message and position → event. The batch and the order are the
 * queue's doing (out.h): all that one frame causes is stored at once, before anything of it is told.
 */
#include "stream.h"

#include "account.h"
#include "again.h"
#include "amend.h"
#include "change.h"
#include "chat.h"
#include "contact.h"
#include "deserted.h"
#include "device.h"
#include "door.h"
#include "expiry.h"
#include "field.h"
#include "gap.h"
#include "group.h"
#include "hand.h"
#include "heal.h"
#include "history.h"
#include "join.h"
#include "member.h"
#include "missed.h"
#include "newcomer.h"
#include "policy.h"
#include "post.h"
#include "receipt.h"
#include "request.h"
#include "signal.h"
#include "sync_kind.h"
#include "tally.h"
#include "typing.h"
#include "vouch.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_KIND, BASE_PEER, NULL, "the entry is not what it was announced to be");

static base_result unreadable(struct weibel_core *core, struct group *group, uint64_t from, base_result why) {
    if (group->state == GROUP_LEAVING) {
        return BASE_OK;
    }
    core->account.unreadable++;
    core->account.dirty = true;
    return chat_notice(core, group->chat, MESSAGE_UNREADABLE, from, "A message could not be read: %s", why->text);
}

/* The contact behind a member, or NULL: ourselves. `genuine` false: somebody else, who uses that ID. */
static base_result sender_contact(struct weibel_core *core, const struct group *group, const struct mls_member *member,
                                  struct contact **out, bool *genuine) {
    struct identity identity;
    BASE_TRY(identity_peek(member->credential.content, &identity));
    *genuine = vouch_is_heard(core, group, member->leaf, &identity);
    *out = NULL;
    if (!*genuine || join_is_self(core, &identity)) {
        return BASE_OK;
    }
    return group->chat->kind == CHAT_GROUP ? vouch_meet(core, &identity, out)
                                           : contact_get(core, identity.account, core->account.domain, out);
}

/* The server takes a message under the token of its epoch alone: the rights are those of now. */
static bool may_write(const struct group *group, const struct mls_member *member) {
    struct group_about about;
    struct identity identity;
    if (group_read_about(group->mls, &about) != BASE_OK ||
        identity_peek(member->credential.content, &identity) != BASE_OK) {
        return false;
    }
    enum about_role role = about_role_of(&about, identity.account, identity.domain);
    return (policy_capabilities(&about, role) & CAN_SEND_MESSAGE) != 0;
}

static base_result take_message(struct weibel_core *core, struct group *group, const struct mls_event *event,
                                const struct wire_entry *entry) {
    if (!event->has_member) {
        return BASE_OK; /* nobody sends application messages from outside */
    }
    struct contact *from;
    bool genuine;
    BASE_TRY(sender_contact(core, group, &event->member, &from, &genuine));
    struct base_slice content = event->plaintext;
    enum tally_turn turn = TALLY_IN_TURN;
    if (group->chat->kind != CHAT_OWN) {
        bool blocked = from != NULL && from->blocked && group->chat->kind == CHAT_DIRECT;
        base_result counted = tally_take(core, group, event, entry->number, from, genuine && !blocked, &content, &turn);
        if (counted != BASE_OK) {
            return trouble_is_fatal(counted) ? counted
                                             : unreadable(core, group, from == NULL ? 0 : from->number, counted);
        }
    }
    if (turn == TALLY_REPEATED) {
        return BASE_OK;
    }
    if (!genuine && member_word(group, event->member.leaf) == MEMBER_UNLISTED) {
        return vouch_unheard(core, group);
    }
    if (!genuine) {
        return chat_notice(core, group->chat, MESSAGE_IDENTITY, 0,
                           "Somebody who uses the ID of another one has written: the message is not shown");
    }
    if (group->chat->kind == CHAT_OWN) {
        if (from != NULL) {
            return BASE_OK; /* nobody else is ever let in */
        }
        bool history = event->plaintext.len > 0 && event->plaintext.data[0] == HISTORY_VERSION;
        struct identity sender;
        BASE_TRY(identity_peek(event->member.credential.content, &sender));
        base_result taken =
            history ? history_take(core, event->plaintext, sender.device) : sync_take(core, event->plaintext);
        return taken != BASE_OK && trouble_is_fatal(taken) ? taken : BASE_OK;
    }
    if (from != NULL && from->blocked && group->chat->kind == CHAT_DIRECT) {
        return BASE_OK;
    }
    struct message message BASE_CLEANUP(message_free) = {
        .kind = MESSAGE_TEXT,
        .own = from == NULL,
        .from = from == NULL ? 0 : from->number,
        .state = from == NULL ? MESSAGE_SENT : MESSAGE_RECEIVED,
        .group = group->number,
        .entry = entry->number,
    };
    char sender[ACCOUNT_MAX_URI], room[CHAT_MAX_URI];
    account_uri(from == NULL ? core->account.id : from->id, from == NULL ? core->account.domain : from->domain, sender);
    chat_room_uri(core, group->chat, room);
    bool control = false;
    base_result result = amend_received(core, group, from, event->sender, entry, content, sender, room, &control);
    if (result == BASE_OK && !control) {
        result = message_from_content(core, content, sender, room, &message);
    }
    if (result != BASE_OK) {
        return trouble_is_fatal(result) ? result : unreadable(core, group, message.from, result);
    }
    if (control) {
        return BASE_OK;
    }
    if (message.own) {
        memcpy(message.nonce, entry->nonce, sizeof message.nonce);
        BASE_TRY(receipt_audience(core, group, &message.audience));
    }
    if (message.expires_at != 0 && message.expires_at <= state_now(core)) {
        return BASE_OK;
    }
    if (!may_write(group, &event->member)) {
        return unreadable(core, group, message.from, &WEIBEL_ERR_RIGHT);
    }
    if (from != NULL) {
        BASE_TRY(typing_over(core, group->chat, from->number));
    }
    expiry_bound(group, state_now(core), &message);
    return turn == TALLY_LATE ? again_look_for(core, group->chat, &message, content)
                              : again_show(core, group->chat, &message, content);
}

/* What somebody who came by the invitation link has sealed is opened first. `plain` gets it then. */
static base_result process(struct weibel_core *core, struct group *group, struct base_slice content,
                           struct base_bytes *plain, struct mls_event *event) {
    uint8_t secret[ABOUT_LINK_LEN] BASE_CLEANUP(door_wipe) = { 0 };
    if (content.len == 0 || content.data[0] != DOOR_MARK) {
        return mls_group_process(group->mls, content, event);
    }
    BASE_ENSURE(door_secret(group, secret), WEIBEL_ERR_KIND); /* anybody can write that first byte */
    BASE_TRY(door_open_commit(core, secret, content, plain));
    core->by_link = true;
    base_result result = mls_group_process(group->mls, base_borrow(plain), event);
    core->by_link = false;
    return result;
}

/* MLS messages that this group can't follow are said in words; the stream goes on. */
static base_result take_other(struct weibel_core *core, struct group *group, const struct wire_entry *entry) {
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    struct mls_event event BASE_CLEANUP(mls_event_free) = { 0 };
    base_result result = process(core, group, entry->content, &plain, &event);
    if (result == &WEIBEL_ERR_INTRUDER && group->chat->kind == CHAT_DIRECT) {
        BASE_TRY(unreadable(core, group, group->chat->peer, result));
        return change_ended(core, group, GROUP_REMOVED); /* the chat goes on in a new group */
    }
    if (result != BASE_OK) {
        if (trouble_is_fatal(result)) {
            return result;
        }
        if (result == &MLS_ERR_EPOCH_FUTURE && entry->kind == WIRE_KIND_MESSAGE) {
            return BASE_OK; /* written in an epoch that others have entered by a commit which we don't follow */
        }
        tally_unread(group, 1);
        return unreadable(core, group, 0, result);
    }
    bool commits = event.kind == MLS_EVENT_COMMIT || event.kind == MLS_EVENT_OWN_COMMIT;
    if (commits != (entry->kind == WIRE_KIND_COMMIT)) {
        /* Entered by the others, its epoch would have a token that the server doesn't know. */
        return unreadable(core, group, 0, &WEIBEL_ERR_KIND);
    }
    bool leaving = group->state == GROUP_LEAVING;
    if (event.has_member) {
        newcomer_heard(group, event.sender);
    }
    switch (event.kind) {
    case MLS_EVENT_APPLICATION:
        return leaving ? BASE_OK : take_message(core, group, &event, entry);
    case MLS_EVENT_PROPOSAL:
        return leaving ? BASE_OK : change_proposed(core, group, &event);
    case MLS_EVENT_COMMIT:
        BASE_TRY(gap_begun_with(core, group, event.authenticated_data));
        return change_received(core, group, &event, entry->number);
    case MLS_EVENT_OWN_COMMIT:
        return change_accepted(core, group, entry->number);
    default:
        return BASE_OK;
    }
}

static base_result take_entry(struct weibel_core *core, struct group *group, const struct wire_entry *entry) {
    if (entry->number <= group->position) {
        return BASE_OK;
    }
    uint64_t missing = entry->number - group->position - 1;
    if (group->fresh) {
        group->first = entry->number - 1;
        gap_unsure(group);
        tally_begin(group);
    } else {
        tally_unread(group, missing);
    }
    group->position = entry->number;
    group->dirty = true;
    if (missing > 0 && !group->fresh && group->chat->kind == CHAT_OWN) {
        BASE_TRY(device_missed(core));
    } else if (missing > 0 && !group->fresh && group->state != GROUP_LEAVING) {
        BASE_TRY(gap_note(core, group, entry->number - missing, entry->number - 1));
    }
    group->fresh = false;
    bool own;
    BASE_TRY(post_came_back(core, group, entry, &own));
    if (own) {
        return BASE_OK;
    }
    BASE_TRY(change_came_back(core, group, entry, &own));
    if (own) {
        return BASE_OK;
    }
    return take_other(core, group, entry);
}

/* What explains a gap may stand in another group of a direct chat: all are read first. */
static base_result tell_gaps(struct weibel_core *core, const struct chat *chat) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        if (group->state == GROUP_OPEN && !group->live) {
            return BASE_OK;
        }
    }
    for (size_t i = 0; i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        if (group->state <= GROUP_OPEN) {
            BASE_TRY(gap_tell(core, group));
        }
    }
    return BASE_OK;
}

static base_result take_entries(struct weibel_core *core, struct group *group, const struct wire_entries *entries) {
    bool to_the_end = (entries->flags & (WIRE_MORE | WIRE_ENDED)) == 0;
    if (group->fresh && to_the_end) {
        /* Still in the epoch in which we joined: it starts behind the stream's last commit. */
        group->position = group->first = entries->last_commit;
        group->fresh = false;
        group->dirty = true;
    }
    if (to_the_end) {
        BASE_TRY(gap_begun(core, group, entries->last_commit));
    }
    struct base_reader reader = base_reader(entries->entries);
    /* What is handed on comes before what others do with it. */
    while (reader.left > 0 && group->state <= GROUP_OPEN && !hand_is_taking(core, group->chat)) {
        struct wire_entry entry;
        BASE_TRY(wire_entry_next(&reader, &entry));
        BASE_TRY(take_entry(core, group, &entry));
    }
    if (reader.left > 0 && group->state <= GROUP_OPEN) {
        group->live = false; /* the rest is read again */
        return BASE_OK;
    }
    if (to_the_end && group->last_commit != entries->last_commit) {
        group->last_commit = entries->last_commit;
        group->dirty = true;
    }
    if (to_the_end) {
        BASE_TRY(tell_gaps(core, group->chat));
    }
    if ((entries->flags & WIRE_ENDED) != 0) {
        group->live = false; /* the next token opens what follows */
    }
    return BASE_OK;
}

/* Of two groups of a chat, whether `a` is read to its end before `b`: who writes goes from one group to another that
 * comes before it, or that is not deserted, and what was written before comes before. */
static bool is_read_first(const struct chat *chat, const struct group *a, const struct group *b) {
    bool a_deserted = deserted_is(chat, a), b_deserted = deserted_is(chat, b);
    return a_deserted == b_deserted ? chat_comes_before(b, a) : a_deserted;
}

static bool waits_in_chat(const struct weibel_core *core, const struct group *group) {
    const struct chat *chat = group->chat;
    bool waits = false;
    for (size_t i = 0; i < chat->groups.count && !waits && group->state == GROUP_OPEN; i++) {
        const struct group *other = (const struct group *)chat->groups.items[i];
        waits = other != group && other->state == GROUP_OPEN && !other->live && other->retry_at <= state_now(core) &&
                is_read_first(chat, other, group);
    }
    return waits;
}

/* Whoever was removed, and is invited again by somebody whom he does not know from there, has another chat, though it
 * may be the same stream: as long as the server gives anything of it in an earlier epoch, that is read first. Once
 * something was read here, a stranger who has only named that stream is in nobody's way; nor is what waits itself. */
static bool waits_for_earlier(const struct weibel_core *core, const struct group *group) {
    bool waits = false;
    for (size_t i = 0; i < core->chats.count && group->fresh && !waits; i++) {
        const struct chat *chat = (const struct chat *)core->chats.items[i];
        for (size_t k = 0; k < chat->groups.count && chat != group->chat && !waits; k++) {
            const struct group *other = (const struct group *)chat->groups.items[k];
            waits = other->state == GROUP_OPEN && !other->live && other->retry_at <= state_now(core) &&
                    memcmp(other->id, group->id, sizeof group->id) == 0 &&
                    mls_group_epoch(other->mls) < mls_group_epoch(group->mls) && !waits_in_chat(core, other);
        }
    }
    return waits;
}

/* Nobody writes into a group of a direct chat before the invitations into the others have gone out: so the inbox is
 * read before any of them. */
static bool must_wait(const struct weibel_core *core, const struct group *group) {
    enum chat_kind kind = group->chat->kind;
    if (kind == CHAT_DIRECT && (!core->session.inbox_live || core->session.inbox_waits)) {
        return true;
    }
    return waits_in_chat(core, group) ||
           (kind == CHAT_GROUP && group->state == GROUP_OPEN && waits_for_earlier(core, group));
}

/* The server has come back as it was before: the place is looked for anew, as others may have gone on from there. */
static base_result rewound(struct weibel_core *core, struct group *group) {
    struct chat *chat = group->chat;
    bool tell = group->state == GROUP_OPEN && chat->kind != CHAT_OWN;
    BASE_TRY(chat->kind == CHAT_OWN ? BASE_OK : sync_read_rewound(core, group));
    group->first = group->position; /* its numbers are given to other entries now: none counts as read */
    BASE_TRY(heal_lose(core, group));
    return tell ? chat_notice(core, chat, MESSAGE_GAP, 0,
                              "The server was set back to an earlier state: what was written since then may be missing")
                : BASE_OK;
}

/* `a`: number of the group; `b`: the epoch whose token was used. */
static base_result read_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct group *group = group_at(core, a);
    if (group == NULL) {
        return BASE_OK;
    }
    group->in_flight = false;
    if (answer->type != WIRE_ENTRIES) {
        uint64_t delay = answer->type == WIRE_REFUSAL ? request_delay(&answer->of.refusal) : 0;
        group->retry_at = state_now(core) + delay;
        /* Only the server says so: a stranger's invitation is not enough to take the group's place. */
        const struct group *waiting = group_waiting(group);
        if (answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_NO_STREAM && waiting != NULL &&
            waiting->by_member) {
            BASE_TRY(change_ended(core, group, GROUP_REMOVED)); /* it leads nowhere, and another one is there */
            const struct stood from = gap_place(group, group->position + 1);
            return group->chat->kind == CHAT_GROUP ? heal_tell_gap(core, group->chat, &from) : BASE_OK;
        }
        if (answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_NO_STREAM) {
            return heal_vanished(core, group);
        }
        bool back = answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_REWOUND;
        return back ? rewound(core, group) : BASE_OK;
    }
    if (must_wait(core, group)) {
        return BASE_OK; /* an invitation has come in between: what it leads to is read first */
    }
    const struct wire_entries *entries = &answer->of.entries;
    group->live = (entries->flags & (WIRE_MORE | WIRE_ENDED)) == 0;
    uint64_t before = group->position;
    BASE_TRY(take_entries(core, group, entries));
    if (hand_is_taking(core, group->chat)) {
        return BASE_OK;
    }
    bool ended = (entries->flags & WIRE_ENDED) != 0 && group->state <= GROUP_OPEN && mls_group_epoch(group->mls) == b;
    bool nothing = (entries->flags & WIRE_MORE) != 0 && group->position == before;
    if (ended) {
        BASE_TRY(heal_broken(core, group, entries->last_commit));
    }
    if (ended || nothing) {
        /* The token was replaced by a commit that we can't follow: try again later, when others have repaired it. Nor
         * is a server asked again at once that promises more and gives nothing. */
        enum { STUCK_DELAY = 60 * 1000 };
        group->retry_at = state_now(core) + STUCK_DELAY;
    }
    return BASE_OK;
}

/* Until when nothing in this chat calls the person. The server is told so only if it would call at all. */
static uint64_t quiet_until(const struct weibel_core *core, const struct chat *chat) {
    if (!core->pushes) {
        return 0;
    }
    bool blocked = chat->kind == CHAT_DIRECT && contact_at(core, chat->peer)->blocked;
    return blocked || chat->kind == CHAT_OWN ? UINT64_MAX : (chat->setting.muted_until + 999) / 1000;
}

base_result stream_pump(struct weibel_core *core, struct group *group) {
    bool readable = group->state == GROUP_OPEN || group->state == GROUP_LEAVING ||
                    (group->state == GROUP_MAKING && group->stream_made);
    uint64_t quiet = quiet_until(core, group->chat);
    if (group->live && !group->in_flight && quiet != group->quiet_until) {
        group->live = false; /* the same read again says so */
    }
    if (!readable || group->live || group->in_flight || group->retry_at > state_now(core) || must_wait(core, group) ||
        amend_busy(core) || hand_is_taking(core, group->chat) || history_comes_first(core, group)) {
        return BASE_OK;
    }
    group->dirty = group->dirty || group->late;
    group->late = false;
    struct wire_frame frame = { .type = WIRE_READ };
    const uint8_t *token;
    BASE_TRY(group_token(group, &token));
    memcpy(frame.of.read.stream, group->id, sizeof frame.of.read.stream);
    memcpy(frame.of.read.token, token, sizeof frame.of.read.token);
    frame.of.read.after = group->position;
    frame.of.read.live = 1;
    frame.of.read.quiet_until = group->quiet_until = quiet;
    group->in_flight = true;
    return request_send(core, &frame, read_answered, group->number, mls_group_epoch(group->mls));
}

base_result stream_pushed(struct weibel_core *core, const struct wire_entries *entries) {
    struct group *group = group_find(core, entries->stream);
    if (group == NULL || group->state > GROUP_OPEN || !group->live) {
        return BASE_OK; /* from before a new read, which brings it again */
    }
    if (amend_busy(core) || hand_is_taking(core, group->chat) || must_wait(core, group)) {
        group->live = false; /* read again when there is room, or when its turn has come */
        return BASE_OK;
    }
    return take_entries(core, group, entries);
}

/* Only what was made as a signal may use up a key: a commit, or somebody's message, has its place in the stream. */
static bool is_signal(const struct group *group, struct base_slice message) {
    struct mls_message_head head;
    return mls_message_peek(message, &head) == BASE_OK && head.wire == MLS_PRIVATE_MESSAGE &&
           head.content_type == MLS_APPLICATION && head.epoch == mls_group_epoch(group->mls) &&
           base_slice_equal(head.authenticated_data, base_slice_text(signal_label));
}

base_result stream_signalled(struct weibel_core *core, const struct wire_signalled *signalled) {
    struct group *group = group_find(core, signalled->stream);
    if (group == NULL || group->state != GROUP_OPEN || !group->live || !is_signal(group, signalled->content)) {
        return BASE_OK;
    }
    struct mls_event event BASE_CLEANUP(mls_event_free) = { 0 };
    base_result result = mls_group_process(group->mls, signalled->content, &event);
    if (result != BASE_OK) {
        return trouble_is_fatal(result) ? result : BASE_OK;
    }
    if (event.kind != MLS_EVENT_APPLICATION || !event.has_member) {
        return BASE_OK;
    }
    struct contact *from;
    bool genuine;
    BASE_TRY(sender_contact(core, group, &event.member, &from, &genuine));
    if (!genuine || group->chat->kind == CHAT_OWN ||
        (from != NULL && from->blocked && group->chat->kind == CHAT_DIRECT)) {
        return BASE_OK;
    }
    missed_heard(core, group, event.sender, event.plaintext);
    /* That our other devices type is not shown. */
    return from == NULL ? BASE_OK : typing_heard(core, group->chat, from->number, event.plaintext);
}

base_result stream_stop(struct weibel_core *core, struct group *group) {
    group->live = false;
    if (core->session.state != SESSION_ONLINE) {
        return BASE_OK;
    }
    struct wire_frame frame = { .type = WIRE_STOP };
    memcpy(frame.of.stop.stream, group->id, sizeof frame.of.stop.stream);
    return request_send(core, &frame, request_no_matter, 0, 0);
}
