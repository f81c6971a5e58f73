/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Invitations into large groups. One tree is fetched at a time, so that strangers can't fill the memory. What was
 * fetched is kept over a lost connection; a new process begins again with the first chunk.
 */
#include "invitation.h"

#include <string.h>

#include "contact.h"
#include "field.h"
#include "group.h"
#include "heal_letter.h"
#include "identity.h"
#include "join.h"
#include "letter.h"
#include "sibling.h"
#include "tree.h"

enum {
    VERSION = 4,
    VERSION_BEFORE = 3, /* without rounds and before */
    MAX_CONTENT = WIRE_MAX_ENTRY - 64,
    MAX_ORIGIN = 512,
    MAX_KEY_PACKAGES = 256, /* of ours: whoever has so many asks for no more places that he only hears of */
    MAX_RECORD = WIRE_MAX_ENTRY + 256 + 512 * STATE_MAX_TELLERS,
    RETRY_DELAY = 1000,           /* milliseconds before a tree is fetched again */
    ASK_AGAIN = 24 * 3600 * 1000, /* milliseconds before somebody is asked for the same group again, … */
    MAX_ASKED = 32,               /* … and for how many groups in that time: each leaves a key package behind */
    MAX_DOUBLED = 3, /* who does not answer is asked again after twice as long each time, up to eight days, as a letter
                        that asks is good for fourteen: whenever he comes back, one is; … */
    MAX_ROUNDS = 48, /* … for a year, as streams end then */
};

struct parts {
    struct base_slice welcome;
    struct tree_place place;
    uint8_t stream[WIRE_STREAM_LEN];
    struct helper from;
};

void invitation_free(void *item) {
    struct invitation *invitation = (struct invitation *)item;
    base_bytes_free(&invitation->letter);
    tree_get_end(&invitation->get);
    base_free(invitation);
}

static void write_tellers(struct base_writer *writer, const struct invitation *invitation) {
    base_write_u8(writer, (uint8_t)invitation->teller_count);
    for (size_t i = 0; i < invitation->teller_count; i++) {
        group_write_helper(writer, &invitation->tellers[i]);
    }
}

static base_result read_tellers(struct base_reader *reader, struct invitation *invitation) {
    uint8_t count;
    BASE_TRY(base_read_u8(reader, &count));
    BASE_ENSURE(count <= STATE_MAX_TELLERS, BASE_ERR_VALUE);
    for (; invitation->teller_count < count; invitation->teller_count++) {
        BASE_TRY(group_read_helper(reader, &invitation->tellers[invitation->teller_count]));
    }
    return BASE_OK;
}

/* Which group it is, and that we have written it. */
static void write_origin(struct base_writer *writer, const struct weibel_core *core, const struct group *group) {
    field_write_array(writer, group->id, sizeof group->id);
    field_write_array(writer, core->account.id, sizeof core->account.id);
    field_write_text(writer, core->account.domain);
    field_write_array(writer, core->account.device, sizeof core->account.device);
    field_write_array(writer, core->account.device_key.public_key.data, WIRE_KEY_LEN);
}

static base_result read_origin(struct base_reader *reader, struct parts *out) {
    BASE_TRY(base_read_copy(reader, out->stream, sizeof out->stream));
    BASE_TRY(group_read_helper(reader, &out->from));
    return base_read_end(reader);
}

base_result invitation_write(struct weibel_core *core, const struct group *group, struct base_slice welcome,
                             const struct tree_place *place, struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_CONTENT);
    base_write_opaque(&writer, welcome);
    tree_write_place(&writer, place);
    write_origin(&writer, core, group);
    return base_writer_finish(&writer, out);
}

base_result invitation_write_small(struct weibel_core *core, const struct group *group, struct base_slice key,
                                   struct base_slice welcome, struct base_bytes *out) {
    struct base_writer origin BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_ORIGIN);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_CONTENT);
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 }, sealed BASE_CLEANUP(base_bytes_free) = { 0 };
    write_origin(&origin, core, group);
    BASE_TRY(base_writer_finish(&origin, &plain));
    BASE_ENSURE(key.len == WIRE_KEY_LEN, WEIBEL_ERR_IDENTITY);
    base_result result = heal_letter_seal(core, key.data, base_borrow(&plain), &sealed);
    BASE_TRY(result == &WEIBEL_ERR_IDENTITY ? BASE_OK : result); /* he comes in all the same */
    base_write_opaque(&writer, welcome);
    base_write_opaque(&writer, base_borrow(&sealed));
    return base_writer_finish(&writer, out);
}

static base_result read_content(struct base_slice content, struct parts *out) {
    struct base_reader reader = base_reader(content);
    BASE_TRY(base_read_opaque(&reader, &out->welcome));
    BASE_TRY(tree_read_place(&reader, &out->place));
    return read_origin(&reader, out);
}

/* Of a letter that is here already. */
static base_result read_letter(const struct invitation *invitation, struct parts *out) {
    struct base_slice content;
    BASE_TRY(letter_content(base_borrow(&invitation->letter), &content));
    return read_content(content, out);
}

static base_result add(struct weibel_core *core, struct invitation **out) {
    struct invitation *invitation = (struct invitation *)base_take(core->options.allocator, 1, sizeof *invitation);
    BASE_ENSURE(invitation != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&core->invitations, core->options.allocator, invitation);
    if (result != BASE_OK) {
        base_free(invitation);
        return result;
    }
    *out = invitation;
    return BASE_OK;
}

static base_result save(struct weibel_core *core, const struct invitation *invitation) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_opaque(&writer, base_borrow(&invitation->letter));
    field_write_array(&writer, invitation->stream, sizeof invitation->stream);
    base_write_u64(&writer, invitation->asked_at);
    base_write_u8(&writer, (uint8_t)invitation->asked_count);
    field_write_array(&writer, &invitation->asked[0][0], invitation->asked_count * WIRE_DEVICE_LEN);
    write_tellers(&writer, invitation);
    base_write_u8(&writer, invitation->rounds);
    base_write_u64(&writer, invitation->before);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_number(KEY_INVITATION, invitation->number), base_borrow(&record));
}

base_result invitation_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct invitation *invitation;
    struct parts parts;
    BASE_TRY(add(core, &invitation));
    invitation->number = number;
    struct base_reader reader = base_reader(value);
    bool before = value.len > 0 && value.data[0] == VERSION_BEFORE;
    BASE_TRY(field_read_version(&reader, before ? VERSION_BEFORE : VERSION));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &invitation->letter));
    BASE_TRY(base_read_copy(&reader, invitation->stream, sizeof invitation->stream));
    BASE_TRY(base_read_u64(&reader, &invitation->asked_at));
    uint8_t count;
    BASE_TRY(base_read_u8(&reader, &count));
    BASE_ENSURE(count <= STATE_MAX_TELLERS, BASE_ERR_VALUE);
    invitation->asked_count = count;
    BASE_TRY(base_read_copy(&reader, &invitation->asked[0][0], (size_t)count * WIRE_DEVICE_LEN));
    BASE_TRY(read_tellers(&reader, invitation));
    if (!before) {
        BASE_TRY(base_read_u8(&reader, &invitation->rounds));
        BASE_TRY(base_read_u64(&reader, &invitation->before));
    }
    BASE_TRY(base_read_end(&reader));
    if (invitation->asked_at == 0) {
        BASE_TRY(read_letter(invitation, &parts));
        invitation->get.place = parts.place;
    }
    return BASE_OK;
}

static base_result drop_at(struct weibel_core *core, size_t index) {
    struct invitation *invitation = (struct invitation *)list_take(&core->invitations, index);
    uint64_t number = invitation->number;
    invitation_free(invitation);
    return out_remove(&core->out, key_number(KEY_INVITATION, number));
}

/* By a clock that was ahead then it would be for ever: nobody else is asked meanwhile. */
static bool is_asked(const struct weibel_core *core, const struct invitation *invitation) {
    uint64_t now = state_now(core), at = invitation->asked_at;
    return at != 0 && (now > at ? now - at : at - now) < ASK_AGAIN;
}

/* Those who were asked are remembered while they are not asked again, and then for as long as there is room. */
static base_result make_room(struct weibel_core *core) {
    for (size_t i = 0; i < core->invitations.count && core->invitations.count >= STATE_MAX_INVITATIONS; i++) {
        const struct invitation *invitation = (const struct invitation *)core->invitations.items[i];
        if (invitation->asked_at != 0 && !is_asked(core, invitation)) {
            return drop_at(core, i);
        }
    }
    BASE_ENSURE(core->invitations.count < STATE_MAX_INVITATIONS, WEIBEL_ERR_WELCOME);
    return BASE_OK;
}

/* The key package is not there any more: whoever has written this lets us in by another one. */
static base_result ask_origin(struct weibel_core *core, const struct parts *parts) {
    const struct contact *contact = contact_find(core, parts->from.account, parts->from.domain);
    BASE_ENSURE(strcmp(parts->from.domain, core->account.domain) == 0 && (contact == NULL || !contact->blocked),
                WEIBEL_ERR_IDENTITY);
    return invitation_ask(core, parts->stream, 0, &parts->from, 1);
}

base_result invitation_take(struct weibel_core *core, struct base_slice letter, struct base_slice content) {
    struct parts parts;
    struct invitation *invitation;
    bool opened;
    BASE_TRY(read_content(content, &parts));
    /* All but the tree must be right: only for what is for us is anything fetched. */
    base_result result = join_by_welcome(core, letter, parts.welcome, base_slice(NULL, 0), &opened);
    if (result == &MLS_ERR_NO_KEY_PACKAGE) {
        return ask_origin(core, &parts);
    }
    if (result != &MLS_ERR_TREE_MISSING) {
        return result;
    }
    for (size_t i = 0; i < core->invitations.count; i++) {
        invitation = (struct invitation *)core->invitations.items[i];
        if (base_slice_equal(base_borrow(&invitation->letter), letter)) {
            return BASE_OK; /* the same again: it was not deleted in time, or the server was set back */
        }
    }
    BASE_TRY(make_room(core));
    BASE_TRY(add(core, &invitation));
    invitation->number = ++core->account.next_letter;
    core->account.dirty = true;
    invitation->get.place = parts.place;
    memcpy(invitation->stream, parts.stream, sizeof invitation->stream);
    BASE_TRY(base_bytes_copy(core->options.allocator, letter, &invitation->letter));
    return save(core, invitation);
}

base_result invitation_answered(struct weibel_core *core, struct base_slice stream) {
    for (size_t i = 0; i < core->invitations.count; i++) {
        struct invitation *one = (struct invitation *)core->invitations.items[i];
        if (one->asked_at != 0 && base_slice_equal(base_slice(one->stream, sizeof one->stream), stream)) {
            memset(one->asked, 0, sizeof one->asked);
            BASE_TRY(save(core, one));
        }
    }
    return BASE_OK;
}

static base_result forget_asked(struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN]) {
    for (size_t i = core->invitations.count; i > 0; i--) {
        const struct invitation *other = (const struct invitation *)core->invitations.items[i - 1];
        if (other->asked_at != 0 && memcmp(other->stream, stream, sizeof other->stream) == 0) {
            BASE_TRY(drop_at(core, i - 1));
        }
    }
    return BASE_OK;
}

/* For whose place others were asked lately, or NULL. */
static struct invitation *find_asked(const struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN]) {
    for (size_t i = 0; i < core->invitations.count; i++) {
        struct invitation *other = (struct invitation *)core->invitations.items[i];
        if (is_asked(core, other) && memcmp(other->stream, stream, sizeof other->stream) == 0) {
            return other;
        }
    }
    return NULL;
}

static bool is_known(const struct weibel_core *core, const struct helper *whom) {
    const struct contact *contact = contact_find(core, whom->account, whom->domain);
    return memcmp(whom->account, core->account.id, sizeof whom->account) == 0 || (contact != NULL && !contact->blocked);
}

/* Not for more and more groups, which a stranger makes up; and what he makes up leaves room for those whom one knows.
 */
static bool may_ask(const struct weibel_core *core, const struct helper *whom) {
    bool known = is_known(core, whom);
    size_t asked = 0;
    for (size_t i = 0; i < core->invitations.count; i++) {
        asked += is_asked(core, (const struct invitation *)core->invitations.items[i]) ? 1 : 0;
    }
    return asked < (known ? MAX_ASKED : MAX_ASKED / 2);
}

static base_result ask(struct weibel_core *core, struct invitation *invitation, uint64_t before,
                       const struct helper *whom, size_t count) {
    if (invitation->asked_count == 0) {
        invitation->asked_at = state_now(core);
    }
    for (size_t i = 0; i < count && invitation->asked_count < STATE_MAX_TELLERS; i++) {
        invitation->tellers[invitation->asked_count] = whom[i];
        memcpy(invitation->asked[invitation->asked_count++], whom[i].device, WIRE_DEVICE_LEN);
    }
    invitation->teller_count = invitation->asked_count;
    invitation->before = before;
    BASE_TRY(save(core, invitation));
    return heal_letter_ask_them(core, invitation->stream, 0, before, whom, count);
}

/* Nobody is asked twice for the same group, unless an answer has come that could not be taken. */
static base_result ask_another(struct weibel_core *core, struct invitation *invitation, uint64_t before,
                               const struct helper *whom) {
    for (size_t i = 0; i < invitation->asked_count; i++) {
        if (memcmp(invitation->asked[i], whom->device, WIRE_DEVICE_LEN) == 0) {
            return BASE_OK;
        }
    }
    return invitation->asked_count < STATE_MAX_TELLERS ? ask(core, invitation, before, whom, 1) : BASE_OK;
}

/* Who is asked for a place: those who have told us of the group since the invitation came, and who has invited, as they
 * may be gone. */
static size_t list_asked(const struct weibel_core *core, const struct invitation *invitation, const struct helper *from,
                         struct helper out[STATE_MAX_TELLERS + 1]) {
    size_t count = invitation->teller_count;
    bool listed = strcmp(from->domain, core->account.domain) != 0; /* letters go to devices of our own server */
    memcpy(out, invitation->tellers, count * sizeof *out);
    for (size_t i = 0; i < count && !listed; i++) {
        listed = memcmp(out[i].device, from->device, sizeof from->device) == 0;
    }
    if (!listed) {
        out[count++] = *from;
    }
    return count;
}

/* The group has us, and we have not the group: they are asked as by anybody who has lost his place. Only once, as one
 * of them may be who has made the tree useless. */
static base_result ask_again(struct weibel_core *core, size_t index) {
    struct invitation *invitation = (struct invitation *)core->invitations.items[index];
    struct parts parts;
    struct helper whom[STATE_MAX_TELLERS + 1];
    size_t count = read_letter(invitation, &parts) == BASE_OK ? list_asked(core, invitation, &parts.from, whom) : 0;
    if (count == 0 || find_asked(core, invitation->stream) != NULL || !may_ask(core, &whom[0])) {
        return drop_at(core, index);
    }
    uint64_t number = invitation->number;
    BASE_TRY(forget_asked(core, parts.stream));
    for (size_t i = 0; i < core->invitations.count; i++) {
        invitation = (struct invitation *)core->invitations.items[i];
        if (invitation->number == number) {
            tree_get_end(&invitation->get);
            base_bytes_free(&invitation->letter);
            invitation->teller_count = 0;
            return ask(core, invitation, 0, whom, count);
        }
    }
    return BASE_OK;
}

static void fetch_again(const struct weibel_core *core, struct invitation *invitation, const struct tree_place *place) {
    tree_get_end(&invitation->get);
    invitation->get.place = *place;
    invitation->retry_at = state_now(core) + RETRY_DELAY;
}

/* One into this group that is being fetched, or NULL. */
static struct invitation *find_coming(const struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN]) {
    for (size_t i = 0; i < core->invitations.count; i++) {
        struct invitation *one = (struct invitation *)core->invitations.items[i];
        if (one->asked_at == 0 && memcmp(one->stream, stream, sizeof one->stream) == 0) {
            return one;
        }
    }
    return NULL;
}

/* Who has left, or was removed, may have been added since. */
static bool is_there(const struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN]) {
    const struct group *group = group_find(core, stream);
    bool out = group != NULL && (group->state == GROUP_LEFT || group->state == GROUP_REMOVED);
    return group != NULL && (!out || group_waiting(group) != NULL);
}

/* Each of them may be gone, or not there himself yet, when he is asked. */
static base_result note_teller(struct weibel_core *core, struct invitation *coming, const struct helper *teller) {
    bool known = coming->teller_count == STATE_MAX_TELLERS;
    for (size_t i = 0; i < coming->teller_count && !known; i++) {
        known = memcmp(coming->tellers[i].device, teller->device, WIRE_DEVICE_LEN) == 0;
    }
    if (known) {
        return BASE_OK;
    }
    coming->tellers[coming->teller_count++] = *teller;
    return save(core, coming);
}

base_result invitation_ask(struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN], uint64_t before,
                           const struct helper *from, size_t count) {
    struct invitation *asked, *coming = find_coming(core, stream);
    struct helper linkers[STATE_MAX_TELLERS];
    size_t named = count == 0 ? 0 : sibling_linkers(core, &from[0], linkers);
    if (named > 0) {
        /* His invitation would not be taken, and what he does for it undoes what they do. */
        count = named;
        from = linkers;
    }
    if (is_there(core, stream) || core->key_packages.count > MAX_KEY_PACKAGES) {
        return BASE_OK;
    }
    if (coming != NULL && count > 0) {
        BASE_TRY(note_teller(core, coming, &from[0]));
    }
    asked = find_asked(core, stream);
    if (coming != NULL || asked != NULL || count == 0 || !may_ask(core, &from[0])) {
        return asked == NULL || count == 0 ? BASE_OK : ask_another(core, asked, before, from);
    }
    BASE_TRY(forget_asked(core, stream));
    BASE_TRY(make_room(core));
    BASE_TRY(add(core, &asked));
    asked->number = ++core->account.next_letter;
    core->account.dirty = true;
    memcpy(asked->stream, stream, sizeof asked->stream);
    return ask(core, asked, before, from, count);
}

/* What was asked for is there. */
static base_result forget_come(struct weibel_core *core) {
    for (size_t i = core->invitations.count; i > 0; i--) {
        const struct invitation *one = (const struct invitation *)core->invitations.items[i - 1];
        if (one->asked_at != 0 && is_there(core, one->stream)) {
            BASE_TRY(drop_at(core, i - 1));
        }
    }
    return BASE_OK;
}

base_result invitation_take_small(struct weibel_core *core, struct base_slice letter, struct base_slice content) {
    struct base_reader reader = base_reader(content);
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_slice welcome, sealed;
    struct parts parts;
    bool opened;
    BASE_TRY(base_read_opaque(&reader, &welcome));
    BASE_TRY(base_read_opaque(&reader, &sealed));
    BASE_TRY(base_read_end(&reader));
    base_result result = join_by_welcome(core, letter, welcome, base_slice(NULL, 0), &opened);
    if (result != &MLS_ERR_NO_KEY_PACKAGE) {
        BASE_TRY(result);
        return forget_come(core);
    }
    BASE_TRY(heal_letter_unseal(core, sealed, &plain));
    reader = base_reader(base_borrow(&plain));
    BASE_TRY(read_origin(&reader, &parts));
    return ask_origin(core, &parts);
}

bool invitation_is_asked(const struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN]) {
    bool asked = false;
    for (size_t i = 0; i < core->invitations.count; i++) {
        const struct invitation *one = (const struct invitation *)core->invitations.items[i];
        asked = asked || (one->asked_at != 0 && memcmp(one->stream, stream, sizeof one->stream) == 0);
    }
    return asked;
}

static base_result use(struct weibel_core *core, size_t index) {
    const struct invitation *invitation = (const struct invitation *)core->invitations.items[index];
    uint8_t stream[WIRE_STREAM_LEN];
    struct parts parts;
    bool opened;
    memcpy(stream, invitation->stream, sizeof stream);
    BASE_TRY(read_letter(invitation, &parts));
    base_result result = join_by_welcome(core, base_borrow(&invitation->letter), parts.welcome,
                                         base_borrow(&invitation->get.tree), &opened);
    if (result != BASE_OK && trouble_is_fatal(result)) {
        return result;
    }
    if (result == &WEIBEL_ERR_UNHEARD) {
        fetch_again(core, (struct invitation *)core->invitations.items[index], &parts.place);
        return sibling_ask(core);
    }
    if (!opened ||
        (result != BASE_OK && ((const struct invitation *)core->invitations.items[index])->teller_count > 0)) {
        return ask_again(core, index);
    }
    BASE_TRY(drop_at(core, index));
    return result == BASE_OK ? forget_asked(core, stream) : BASE_OK;
}

/* `a`: number of the invitation. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    for (size_t i = 0; i < core->invitations.count; i++) {
        struct invitation *invitation = (struct invitation *)core->invitations.items[i];
        if (invitation->number != a || invitation->asked_at != 0) {
            continue;
        }
        bool whole;
        uint64_t delay;
        base_result result = tree_get_answered(core, &invitation->get, answer, &whole, &delay);
        if (result != BASE_OK) {
            return trouble_is_fatal(result) ? result : ask_again(core, i);
        }
        invitation->retry_at = state_now(core) + delay;
        return whole ? use(core, i) : BASE_OK;
    }
    return BASE_OK;
}

static struct invitation *first(const struct weibel_core *core) {
    for (size_t i = 0; i < core->invitations.count; i++) {
        struct invitation *invitation = (struct invitation *)core->invitations.items[i];
        if (invitation->asked_at == 0) {
            return invitation;
        }
    }
    return NULL;
}

static size_t known_tellers(const struct weibel_core *core, const struct invitation *invitation,
                            struct helper out[STATE_MAX_TELLERS]) {
    size_t count = 0;
    for (size_t i = 0; i < invitation->teller_count; i++) {
        if (is_known(core, &invitation->tellers[i])) {
            out[count++] = invitation->tellers[i];
        }
    }
    return count;
}

/* When those who were asked, whom one knows, are asked once more: they may have been away for longer than a letter that
 * asks is good for. */
static uint64_t ask_again_at(const struct weibel_core *core, const struct invitation *invitation) {
    struct helper known[STATE_MAX_TELLERS];
    bool may = invitation->asked_at != 0 && invitation->rounds < MAX_ROUNDS &&
               core->key_packages.count <= MAX_KEY_PACKAGES && known_tellers(core, invitation, known) > 0 &&
               !is_there(core, invitation->stream);
    unsigned doubled = invitation->rounds < MAX_DOUBLED ? invitation->rounds : MAX_DOUBLED;
    return may ? invitation->asked_at + ((uint64_t)ASK_AGAIN << doubled) : UINT64_MAX;
}

/* Not while an invitation is on its way, which what they do would undo. */
static base_result ask_round(struct weibel_core *core, struct invitation *invitation) {
    struct helper known[STATE_MAX_TELLERS];
    size_t count = known_tellers(core, invitation, known);
    bool asks = find_coming(core, invitation->stream) == NULL && may_ask(core, &known[0]);
    invitation->rounds++;
    invitation->asked_at = state_now(core);
    BASE_TRY(save(core, invitation));
    return asks ? heal_letter_ask_them(core, invitation->stream, 0, invitation->before, known, count) : BASE_OK;
}

static base_result ask_once_more(struct weibel_core *core) {
    for (size_t i = 0; i < core->invitations.count; i++) {
        struct invitation *one = (struct invitation *)core->invitations.items[i];
        if (ask_again_at(core, one) <= state_now(core)) {
            return ask_round(core, one);
        }
    }
    return BASE_OK;
}

base_result invitation_pump(struct weibel_core *core) {
    BASE_TRY(ask_once_more(core));
    struct invitation *invitation = first(core);
    bool now = invitation != NULL && invitation->retry_at <= state_now(core);
    return now ? tree_get_pump(core, &invitation->get, answered, invitation->number, 0) : BASE_OK;
}

uint64_t invitation_deadline(const struct weibel_core *core) {
    const struct invitation *invitation = first(core);
    uint64_t next = invitation == NULL || invitation->get.in_flight ? UINT64_MAX : invitation->retry_at;
    for (size_t i = 0; i < core->invitations.count; i++) {
        uint64_t at = ask_again_at(core, (const struct invitation *)core->invitations.items[i]);
        next = at < next ? at : next;
    }
    return next;
}

bool invitation_is_busy(const struct weibel_core *core) {
    const struct invitation *invitation = first(core);
    return invitation != NULL && invitation->retry_at <= state_now(core);
}

void invitation_forget_connection(struct weibel_core *core) {
    struct invitation *invitation = first(core);
    if (invitation != NULL) {
        invitation->get.in_flight = false;
        invitation->retry_at = 0;
    }
}
