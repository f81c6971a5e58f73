/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Letters: what goes to inboxes, and the reading of ours. What a Welcome does is in join.c.
 */
#include "letter.h"

#include "chat.h"
#include "contact.h"
#include "device.h"
#include "field.h"
#include "group.h"
#include "heal.h"
#include "invitation.h"
#include "join.h"
#include "message.h"
#include "newcomer.h"
#include "request.h"
#include "sibling.h"
#include "unreached.h"

#include <string.h>

enum {
    VERSION = 1,
    RECORD_VERSION = 5,
    RECORD_VERSION_BEFORE = 4, /* without taken_at */
    KIND_WELCOME = 1,
    KIND_REENTRY = 2,
    KIND_INVITATION = 3,
    KIND_PLACE = 4,
    MAX_RECORD = WIRE_MAX_ENTRY + 256,
    MAX_IN_FLIGHT = 64, /* letters at once: thousands wait when many are added */
    MAX_WATCHED = 1024, /* letters that were taken, and of whose devices nothing was heard yet */
};

void letter_free(void *item) {
    struct letter *letter = (struct letter *)item;
    base_bytes_free(&letter->content);
    base_free(letter);
}

static base_result add(struct weibel_core *core, struct letter **out) {
    struct letter *letter = (struct letter *)base_take(core->options.allocator, 1, sizeof *letter);
    BASE_ENSURE(letter != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&core->letters, core->options.allocator, letter);
    if (result != BASE_OK) {
        base_free(letter);
        return result;
    }
    *out = letter;
    return BASE_OK;
}

static base_result save(struct weibel_core *core, const struct letter *letter) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, RECORD_VERSION);
    base_write_u64(&writer, letter->group);
    field_write_bool(&writer, letter->held);
    field_write_bool(&writer, letter->kept);
    field_write_bool(&writer, letter->told);
    field_write_bool(&writer, letter->refused);
    base_write_u8(&writer, letter->tries);
    field_write_array(&writer, letter->account, sizeof letter->account);
    field_write_array(&writer, letter->device, sizeof letter->device);
    field_write_array(&writer, letter->nonce, sizeof letter->nonce);
    base_write_opaque(&writer, base_borrow(&letter->content));
    base_write_u64(&writer, letter->taken_at);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_number(KEY_LETTER, letter->number), base_borrow(&record));
}

base_result letter_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct letter *letter;
    BASE_TRY(add(core, &letter));
    letter->number = number;
    struct base_reader reader = base_reader(value);
    bool before = value.len > 0 && value.data[0] == RECORD_VERSION_BEFORE;
    BASE_TRY(field_read_version(&reader, before ? RECORD_VERSION_BEFORE : RECORD_VERSION));
    BASE_TRY(base_read_u64(&reader, &letter->group));
    BASE_TRY(field_read_bool(&reader, &letter->held));
    BASE_TRY(field_read_bool(&reader, &letter->kept));
    BASE_TRY(field_read_bool(&reader, &letter->told));
    BASE_TRY(field_read_bool(&reader, &letter->refused));
    BASE_TRY(base_read_u8(&reader, &letter->tries));
    BASE_TRY(base_read_copy(&reader, letter->account, sizeof letter->account));
    BASE_TRY(base_read_copy(&reader, letter->device, sizeof letter->device));
    BASE_TRY(base_read_copy(&reader, letter->nonce, sizeof letter->nonce));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &letter->content));
    /* What goes on there only says that it was of the one before. */
    BASE_ENSURE(!before || reader.left == 0, WEIBEL_ERR_VERSION);
    BASE_TRY(before ? BASE_OK : base_read_u64(&reader, &letter->taken_at));
    return base_read_end(&reader);
}

static base_result write_letter(struct weibel_core *core, uint64_t group, uint8_t kind, struct base_slice content,
                                const uint8_t account[WIRE_ACCOUNT_LEN], const uint8_t device[WIRE_DEVICE_LEN],
                                bool held, uint8_t tries) {
    struct letter *letter;
    BASE_TRY(add(core, &letter));
    letter->number = ++core->account.next_letter;
    core->account.dirty = true;
    letter->group = group;
    letter->held = held;
    letter->retry_at = held ? 0 : state_now(core) + 1; /* this input's letters have gone out already */
    memcpy(letter->account, account, sizeof letter->account);
    memcpy(letter->device, device, sizeof letter->device);
    BASE_TRY(base_random_fill(core->options.random, letter->nonce, sizeof letter->nonce));
    letter->tries = tries;
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, WIRE_MAX_ENTRY);
    base_write_u8(&writer, VERSION);
    base_write_u8(&writer, kind);
    base_write_opaque(&writer, content);
    BASE_TRY(base_writer_finish(&writer, &letter->content));
    return save(core, letter);
}

base_result letter_add(struct weibel_core *core, const struct group *group, const struct contact *contact,
                       const uint8_t device[WIRE_DEVICE_LEN], struct base_slice key, struct base_slice welcome) {
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(invitation_write_small(core, group, key, welcome, &content));
    return write_letter(core, group->number, KIND_WELCOME, base_borrow(&content), contact->id, device, true,
                        group->chat->change.tries);
}

base_result letter_invite(struct weibel_core *core, const struct group *group, const struct contact *contact,
                          const uint8_t device[WIRE_DEVICE_LEN], struct base_slice welcome,
                          const struct tree_place *place) {
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(invitation_write(core, group, welcome, place, &content));
    return write_letter(core, group->number, KIND_INVITATION, base_borrow(&content), contact->id, device, true,
                        group->chat->change.tries);
}

base_result letter_seal(struct weibel_core *core, enum heal_letter_kind kind, uint64_t group,
                        const struct helper *helper, struct base_slice sealed) {
    uint8_t number = kind == HEAL_ASKS ? KIND_REENTRY : KIND_PLACE;
    return write_letter(core, group, number, sealed, helper->account, helper->device, false, 0);
}

base_result letter_release(struct weibel_core *core, uint64_t group) {
    for (size_t i = 0; i < core->letters.count; i++) {
        struct letter *letter = (struct letter *)core->letters.items[i];
        if (letter->group == group && letter->held) {
            letter->held = false;
            BASE_TRY(save(core, letter));
        }
    }
    return BASE_OK;
}

bool letter_pending(const struct weibel_core *core, uint64_t group) {
    for (size_t i = 0; i < core->letters.count; i++) {
        const struct letter *letter = (const struct letter *)core->letters.items[i];
        if (letter->group == group && !letter->refused && letter->taken_at == 0) {
            return true;
        }
    }
    return false;
}

static base_result set_kept(struct weibel_core *core, uint64_t group, const uint8_t device[WIRE_DEVICE_LEN],
                            bool kept) {
    for (size_t i = 0; i < core->letters.count; i++) {
        struct letter *letter = (struct letter *)core->letters.items[i];
        if (letter->group == group && letter->kept != kept && memcmp(letter->device, device, WIRE_DEVICE_LEN) == 0 &&
            memcmp(letter->account, core->account.id, sizeof letter->account) == 0) {
            letter->kept = kept;
            BASE_TRY(save(core, letter));
        }
    }
    return BASE_OK;
}

base_result letter_keep(struct weibel_core *core, uint64_t group, const uint8_t device[WIRE_DEVICE_LEN]) {
    return set_kept(core, group, device, true);
}

base_result letter_let_go(struct weibel_core *core, uint64_t group, const uint8_t device[WIRE_DEVICE_LEN]) {
    return set_kept(core, group, device, false);
}

static base_result drop_at(struct weibel_core *core, size_t index) {
    struct letter *letter = (struct letter *)list_take(&core->letters, index);
    uint64_t number = letter->number;
    letter_free(letter);
    return out_remove(&core->out, key_number(KEY_LETTER, number));
}

base_result letter_drop(struct weibel_core *core, uint64_t group) {
    for (size_t i = core->letters.count; i > 0; i--) {
        const struct letter *letter = (const struct letter *)core->letters.items[i - 1];
        if (letter->group == group && letter->held) {
            BASE_TRY(drop_at(core, i - 1));
        }
    }
    return BASE_OK;
}

base_result letter_drop_some(struct weibel_core *core, size_t first, size_t end) {
    for (size_t i = end; i > first; i--) {
        BASE_TRY(drop_at(core, i - 1));
    }
    return BASE_OK;
}

static base_result read_letter(struct base_slice letter, uint8_t *kind, struct base_slice *content) {
    struct base_reader reader = base_reader(letter);
    uint8_t version;
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_TRY(base_read_u8(&reader, kind));
    BASE_ENSURE(version == VERSION && *kind >= KIND_WELCOME && *kind <= KIND_PLACE, BASE_ERR_VALUE);
    BASE_TRY(base_read_opaque(&reader, content));
    return base_read_end(&reader);
}

static uint8_t kind_of(const struct letter *letter) {
    uint8_t kind;
    struct base_slice content;
    return read_letter(base_borrow(&letter->content), &kind, &content) == BASE_OK ? kind : 0;
}

bool letter_invites(const struct letter *letter) {
    return kind_of(letter) == KIND_WELCOME || kind_of(letter) == KIND_INVITATION;
}

bool letter_is_for_newcomer(const struct weibel_core *core, const struct letter *letter) {
    return letter->group != 0 && kind_of(letter) != KIND_REENTRY &&
           memcmp(letter->account, core->account.id, sizeof letter->account) != 0;
}

/* Says that the inbox is full, once for all the devices of the one whom it belongs to. */
static base_result tell_full(struct weibel_core *core, const struct letter *full) {
    const struct group *group = group_at(core, full->group);
    const struct contact *contact = contact_find(core, full->account, core->account.domain);
    if (full->told || !letter_invites(full) || group == NULL || contact == NULL) {
        return BASE_OK;
    }
    for (size_t i = 0; i < core->letters.count; i++) {
        struct letter *letter = (struct letter *)core->letters.items[i];
        if (letter->group == full->group && memcmp(letter->account, full->account, sizeof full->account) == 0) {
            letter->told = true;
            BASE_TRY(save(core, letter));
        }
    }
    char words[WIRE_MAX_ADDRESS + 1];
    contact_words(core, contact, words);
    return chat_notice(core, group->chat, MESSAGE_REFUSED, 0,
                       "%s could not be told yet: the inbox is full. It is tried again", words);
}

/* It is there: of whom it has let in, something is to be heard (unreached.h). What is kept of too many are the last
 * ones. */
static base_result watch(struct weibel_core *core, size_t index) {
    struct letter *letter = (struct letter *)core->letters.items[index];
    size_t watched = 0, oldest = index;
    for (size_t i = core->letters.count; i > 0; i--) {
        bool is = ((const struct letter *)core->letters.items[i - 1])->taken_at != 0;
        watched += is ? 1 : 0;
        oldest = is ? i - 1 : oldest;
    }
    letter->taken_at = state_now(core);
    uint64_t ask_at = letter->taken_at + UNREACHED_ASK_AFTER;
    core->unreached_at = ask_at < core->unreached_at ? ask_at : core->unreached_at;
    base_bytes_free(&letter->content);
    BASE_TRY(save(core, letter));
    return watched < MAX_WATCHED ? BASE_OK : drop_at(core, oldest);
}

base_result letter_is_gone(struct weibel_core *core, struct letter *letter) {
    letter->refused = true;
    return save(core, letter);
}

/* `a`: number of the letter. */
static base_result append_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    for (size_t i = 0; i < core->letters.count; i++) {
        struct letter *letter = (struct letter *)core->letters.items[i];
        if (letter->number != a) {
            continue;
        }
        letter->in_flight = false;
        letter->absent = answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_NO_ACCOUNT;
        bool gone =
            letter->absent || (answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_NO_DEVICE);
        if (gone && letter_is_for_newcomer(core, letter)) {
            return letter_is_gone(core, letter);
        }
        if (answer->type == WIRE_APPENDED || gone) {
            return gone || !letter_is_for_newcomer(core, letter) ? drop_at(core, i) : watch(core, i);
        }
        letter->retry_at = state_now(core) + (answer->type == WIRE_REFUSAL ? request_delay(&answer->of.refusal) : 0);
        letter->put_off = answer->type == WIRE_REFUSAL && !request_passes(&answer->of.refusal);
        if (answer->type == WIRE_REFUSAL && !letter->put_off) {
            core->session.letters_at = letter->retry_at; /* nor would it take another one before */
        }
        bool full = answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_FULL;
        return full ? tell_full(core, letter) : BASE_OK;
    }
    return BASE_OK;
}

static bool is_due(const struct letter *letter) {
    return !letter->held && !letter->kept && !letter->refused && !letter->in_flight && letter->taken_at == 0;
}

static base_result send_letter(struct weibel_core *core, struct letter *letter) {
    struct wire_frame frame = { .type = WIRE_INBOX_APPEND };
    struct wire_inbox_append *append = &frame.of.inbox_append;
    memcpy(append->account, letter->account, sizeof append->account);
    memcpy(append->device, letter->device, sizeof append->device);
    memcpy(append->nonce, letter->nonce, sizeof append->nonce);
    append->content = base_borrow(&letter->content);
    letter->in_flight = true;
    return request_send(core, &frame, append_answered, letter->number, 0);
}

base_result letter_content(struct base_slice letter, struct base_slice *content) {
    uint8_t kind;
    return read_letter(letter, &kind, content);
}

/* All letters behind wait, too: not for a chat's group that can't be read at the moment. */
static bool is_being_read(const struct weibel_core *core, const struct group *group) {
    return group->state == GROUP_OPEN && !group->live &&
           (group->chat->kind == CHAT_OWN || group->retry_at <= state_now(core));
}

bool letter_waits_for(struct weibel_core *core, const struct group *group) {
    bool waits = is_being_read(core, group);
    core->session.inbox_unread = waits ? group->number : core->session.inbox_unread;
    return waits;
}

base_result letter_open(struct weibel_core *core, struct base_slice letter) {
    uint8_t kind;
    struct base_slice inside;
    BASE_TRY(read_letter(letter, &kind, &inside));
    return kind == KIND_REENTRY      ? heal_asked(core, inside)
           : kind == KIND_PLACE      ? newcomer_told(core, inside)
           : kind == KIND_INVITATION ? invitation_take(core, letter, inside)
                                     : invitation_take_small(core, letter, inside);
}

static base_result take_entries(struct weibel_core *core, const struct wire_inbox_entries *entries) {
    struct base_reader reader = base_reader(entries->entries);
    bool any = false;
    while (reader.left > 0) {
        struct wire_entry entry;
        BASE_TRY(wire_entry_next(&reader, &entry));
        if (entry.number <= core->session.inbox_position) {
            continue;
        }
        base_result result = letter_open(core, entry.content);
        if (result != BASE_OK && trouble_is_fatal(result)) {
            return result;
        }
        if (result == &WEIBEL_ERR_UNHEARD) {
            core->session.inbox_waits = true;
            BASE_TRY(sibling_ask(core));
            break;
        }
        if (result == &WEIBEL_ERR_UNREAD) {
            core->session.inbox_waits = true;
            break;
        }
        core->session.inbox_position = entry.number;
        any = true;
        /* What a stranger has put there and can't be opened is no more than deleted. */
    }
    if (!any) {
        return BASE_OK;
    }
    struct wire_frame frame = { .type = WIRE_INBOX_DELETE };
    frame.of.inbox_delete.last = core->session.inbox_position;
    return request_send(core, &frame, request_no_matter, 0, 0);
}

base_result letter_pushed(struct weibel_core *core, const struct wire_inbox_entries *entries) {
    struct session *session = &core->session;
    BASE_TRY(session->inbox_whole ? take_entries(core, entries) : BASE_OK); /* else it is read with what is before it */
    session->inbox_whole = session->inbox_whole && !session->inbox_waits;
    return BASE_OK;
}

static base_result read_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)a;
    (void)b;
    struct session *session = &core->session;
    session->inbox_in_flight = false;
    if (answer->type != WIRE_INBOX_ENTRIES) {
        session->inbox_live = true; /* refused: nothing to wait for on this connection */
        return BASE_OK;
    }
    uint64_t before = session->inbox_position;
    BASE_TRY(take_entries(core, &answer->of.inbox_entries));
    /* More that brings nothing is not asked for again on this connection. */
    bool more = (answer->of.inbox_entries.flags & WIRE_MORE) != 0 && session->inbox_position != before;
    session->inbox_live = !more || session->inbox_waits;
    session->inbox_whole = !more && !session->inbox_waits;
    return BASE_OK;
}

/* What a letter has waited for is read: it is opened again. */
static void go_on(struct weibel_core *core) {
    struct session *session = &core->session;
    const struct group *group = session->inbox_unread == 0 ? NULL : group_at(core, session->inbox_unread);
    if (session->inbox_unread != 0 && (group == NULL || !is_being_read(core, group))) {
        session->inbox_unread = 0;
        session->inbox_waits = session->inbox_live = false;
    }
}

base_result letter_pump(struct weibel_core *core) {
    struct session *session = &core->session;
    go_on(core);
    if (!session->inbox_in_flight && !session->inbox_live) {
        struct wire_frame frame = { .type = WIRE_INBOX_READ };
        frame.of.inbox_read = (struct wire_inbox_read){ session->inbox_position, 1 };
        session->inbox_in_flight = true;
        BASE_TRY(request_send(core, &frame, read_answered, 0, 0));
    }
    uint64_t now = state_now(core);
    size_t in_flight = 0;
    for (size_t i = 0; i < core->letters.count && session->letters_at <= now && in_flight < MAX_IN_FLIGHT; i++) {
        struct letter *letter = (struct letter *)core->letters.items[i];
        if (is_due(letter) && letter->retry_at <= now) {
            BASE_TRY(send_letter(core, letter));
        }
        in_flight += letter->in_flight ? 1 : 0;
    }
    return BASE_OK;
}

uint64_t letter_deadline(const struct weibel_core *core) {
    uint64_t next = core->session.letters_at > core->pumped_at ? core->session.letters_at : UINT64_MAX;
    for (size_t i = 0; i < core->letters.count; i++) {
        const struct letter *letter = (const struct letter *)core->letters.items[i];
        if (is_due(letter) && letter->retry_at > core->pumped_at && letter->retry_at < next) {
            next = letter->retry_at;
        }
    }
    return next;
}
