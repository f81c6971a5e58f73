/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What becomes of group.join: look at the door, fetch the tree, make the commit, append it, read it back.
 */
#include "joining.h"
#include "joining_state.h"

#include <string.h>

#include "account.h"
#include "change.h"
#include "chat.h"
#include "door.h"
#include "event.h"
#include "field.h"
#include "gap.h"
#include "group.h"
#include "join.h"
#include "json.h"
#include "leaf.h"
#include "policy.h"
#include "request.h"
#include "tree.h"

enum {
    VERSION = 2,
    VERSION_BEFORE = 1, /* did not say since when */
    MAX_RECORD = WIRE_MAX_ENTRY + 512,
    MAX_ATTEMPTS = 20, /* while somebody waits for the answer … */
    MAX_LATER = 60,    /* … and so many more if it goes on by itself */
    AGAIN_DELAY = 300,
    AGAIN_CHANCE = 6,
    LATER_DELAY = 10 * 60 * 1000, /* milliseconds between these */
};

static void free_joining(void *item) {
    struct joining *joining = (struct joining *)item;
    base_bytes_free(&joining->call.id);
    base_bytes_free(&joining->message);
    mls_group_free(joining->mls);
    base_bytes_free(&joining->door);
    tree_get_end(&joining->get);
    base_free(joining);
}

void joining_free_all(struct weibel_core *core) {
    list_free(&core->joining, free_joining);
}

/* ---- Its record. ---------------------------------------------------------------------------------------------------
 */

base_result joining_add(struct weibel_core *core, struct joining **out) {
    struct joining *joining = (struct joining *)base_take(core->options.allocator, 1, sizeof *joining);
    BASE_ENSURE(joining != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&core->joining, core->options.allocator, joining);
    if (result != BASE_OK) {
        base_free(joining);
        return result;
    }
    *out = joining;
    return BASE_OK;
}

base_result joining_save(struct weibel_core *core, struct joining *joining) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    field_write_array(&writer, joining->secret, sizeof joining->secret);
    base_write_u64(&writer, joining->group);
    field_write_bool(&writer, joining->made);
    field_write_array(&writer, joining->stream, sizeof joining->stream);
    field_write_array(&writer, joining->token, sizeof joining->token);
    base_write_u64(&writer, joining->known_commit);
    field_write_array(&writer, joining->nonce, sizeof joining->nonce);
    field_write_array(&writer, joining->next_token_hash, sizeof joining->next_token_hash);
    base_write_u32(&writer, joining->inviter);
    base_write_opaque(&writer, base_borrow(&joining->message));
    base_write_u64(&writer, joining->since);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    joining->kept = true;
    return out_put(&core->out, key_number(KEY_JOINING, joining->number), base_borrow(&record));
}

base_result joining_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct joining *joining;
    struct base_reader reader = base_reader(value);
    bool before = reader.left > 0 && reader.next[0] == VERSION_BEFORE;
    BASE_TRY(field_read_version(&reader, before ? VERSION_BEFORE : VERSION));
    BASE_TRY(joining_add(core, &joining));
    joining->number = number;
    joining->kept = true;
    core->last_joining = number > core->last_joining ? number : core->last_joining;
    BASE_TRY(base_read_copy(&reader, joining->secret, sizeof joining->secret));
    BASE_TRY(base_read_u64(&reader, &joining->group));
    BASE_TRY(field_read_bool(&reader, &joining->made));
    BASE_TRY(base_read_copy(&reader, joining->stream, sizeof joining->stream));
    BASE_TRY(base_read_copy(&reader, joining->token, sizeof joining->token));
    BASE_TRY(base_read_u64(&reader, &joining->known_commit));
    BASE_TRY(base_read_copy(&reader, joining->nonce, sizeof joining->nonce));
    BASE_TRY(base_read_copy(&reader, joining->next_token_hash, sizeof joining->next_token_hash));
    BASE_TRY(base_read_u32(&reader, &joining->inviter));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &joining->message));
    BASE_TRY(before ? BASE_OK : base_read_u64(&reader, &joining->since));
    return base_read_end(&reader);
}

bool joining_adopt(const struct weibel_core *core, uint64_t group, struct mls_group **mls) {
    for (size_t i = 0; i < core->joining.count; i++) {
        struct joining *joining = (struct joining *)core->joining.items[i];
        if (joining->made && joining->mls == NULL && joining->group == group) {
            joining->mls = *mls;
            *mls = NULL;
            return true;
        }
    }
    return false;
}

/* The commit is not one of the group's, or can't be followed: another one is made. */
static base_result forget_made(struct weibel_core *core, struct joining *joining) {
    if (joining->made && joining->mls != NULL) {
        BASE_TRY(group_erase_mls(core, joining->group, joining->mls));
    }
    mls_group_free(joining->mls);
    joining->mls = NULL;
    joining->made = false;
    joining->entry = 0;
    base_bytes_free(&joining->message);
    return BASE_OK;
}

base_result joining_loaded(struct weibel_core *core) {
    for (size_t i = 0; i < core->joining.count; i++) {
        struct joining *joining = (struct joining *)core->joining.items[i];
        if (joining->made && joining->mls == NULL) {
            BASE_TRY(forget_made(core, joining));
            BASE_TRY(joining_save(core, joining));
        }
    }
    return BASE_OK;
}

/* ---- Ends. ---------------------------------------------------------------------------------------------------------
 */

static struct joining *find(const struct weibel_core *core, uint64_t number, size_t *index) {
    for (*index = 0; *index < core->joining.count; (*index)++) {
        struct joining *joining = (struct joining *)core->joining.items[*index];
        if (joining->number == number) {
            return joining;
        }
    }
    return NULL;
}

/* Who has asked and waits is answered; who was told that it goes on hears of its end. `chat` or `trouble` is NULL. */
static base_result tell_end(struct weibel_core *core, struct joining *joining, const struct chat *chat,
                            const struct trouble *trouble) {
    if (joining->call.id.len == 0) {
        return joining->kept ? event_joining(core, joining->secret, chat, trouble) : BASE_OK;
    }
    if (chat == NULL) {
        return event_answer_trouble(core, &joining->call, trouble);
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &joining->call);
    chat_json(core, &line, chat);
    return event_answer_end(core, &joining->call, &line);
}

static base_result end(struct weibel_core *core, size_t index, const struct chat *chat, const struct trouble *trouble) {
    struct joining *joining = (struct joining *)list_take(&core->joining, index);
    bool listed = joining_is_listed(joining);
    base_result result = forget_made(core, joining);
    if (result == BASE_OK && joining->kept) {
        result = out_remove(&core->out, key_number(KEY_JOINING, joining->number));
    }
    if (result == BASE_OK) {
        result = tell_end(core, joining, chat, trouble);
    }
    if (result == BASE_OK && listed) {
        result = event_joins(core);
    }
    free_joining(joining);
    return result;
}

base_result joining_end(struct weibel_core *core, size_t index, const struct trouble *trouble) {
    return end(core, index, NULL, trouble);
}

static struct trouble already_in(void) {
    return trouble_make(TROUBLE_USAGE, "already_a_member", "you are in this group already");
}

static struct trouble no_link(void) {
    return trouble_make(TROUBLE_REFUSED, "link_unknown", "this invitation link is not good, or not any more");
}

/* What stands against coming in by what lay at the door. */
static struct trouble trouble_at_door(base_result result) {
    if (result == &WEIBEL_ERR_PRESENT) {
        return already_in();
    }
    if (result == &WEIBEL_ERR_IDENTITY) {
        return trouble_make(TROUBLE_REFUSED, "identity_changed",
                            "somebody in this group has another identity key than before; accept it first");
    }
    return no_link();
}

struct trouble joining_not_wanted(void) {
    return trouble_make(TROUBLE_USAGE, "cancelled", "this was given up");
}

/* Others came in, or changed the group, between our look and our step. */
static base_result again(struct weibel_core *core, struct joining *joining, size_t index) {
    uint8_t chance;
    if (joining->made && joining->known_commit == JOINING_GIVEN_UP) {
        struct trouble trouble = joining_not_wanted();
        return joining_end(core, index, &trouble);
    }
    BASE_TRY(forget_made(core, joining));
    base_bytes_free(&joining->door);
    tree_get_end(&joining->get);
    bool waits = joining->call.id.len > 0 || !joining->kept;
    if (++joining->attempts > MAX_ATTEMPTS + (waits ? 0 : MAX_LATER)) {
        struct trouble trouble = trouble_make(TROUBLE_LATER, "busy", "the group changes all the time; try again later");
        return joining_end(core, index, &trouble);
    }
    BASE_TRY(base_random_fill(core->options.random, &chance, 1));
    joining->retry_at = state_now(core) + AGAIN_DELAY + (uint64_t)chance * AGAIN_CHANCE;
    joining->retry_at += joining->attempts > MAX_ATTEMPTS ? LATER_DELAY : 0;
    return joining->kept ? joining_save(core, joining) : BASE_OK;
}

base_result joining_disconnected(struct weibel_core *core) {
    bool told = false;
    for (size_t i = core->joining.count; i > 0; i--) {
        struct joining *joining = (struct joining *)core->joining.items[i - 1];
        struct trouble trouble = trouble_make(TROUBLE_LATER, "offline", "the connection was lost; try again");
        if (!joining->kept) {
            BASE_TRY(joining_end(core, i - 1, &trouble));
            continue;
        }
        trouble = trouble_make(TROUBLE_LATER, "offline",
                               "the connection was lost: whether you are in the group is seen when it is back");
        told = told || joining->call.id.len > 0;
        BASE_TRY(event_answer_trouble(core, &joining->call, &trouble));
        base_bytes_free(&joining->door);
        tree_get_end(&joining->get);
        joining->in_flight = false;
        joining->retry_at = 0;
    }
    return told ? event_joins(core) : BASE_OK;
}

/* ---- Steps. --------------------------------------------------------------------------------------------------------
 */

/* It had arrived before it was given up: the members have counted us, and hear that we leave. Who was let in by them as
 * well stays. */
static base_result leave(struct weibel_core *core, struct chat *chat, size_t index) {
    struct change change = { .kind = CHANGE_LEAVE };
    struct trouble trouble = trouble_make(TROUBLE_USAGE, "cancelled",
                                          "you were in the group already when you gave it up: you are leaving it");
    BASE_TRY(change_begin(core, chat, &change, NULL));
    return joining_end(core, index, &trouble);
}

static base_result come_in(struct weibel_core *core, struct joining *joining, size_t index) {
    struct chat *chat = NULL;
    const struct group *known = group_find(core, joining->stream);
    bool stays = joining->known_commit != JOINING_GIVEN_UP || (known != NULL && known->state == GROUP_OPEN);
    base_result result = join_by_link(core, &joining->mls, joining->group, joining->inviter, joining->entry, &chat);
    if (result == BASE_OK) {
        return stays ? end(core, index, chat, NULL) : leave(core, chat, index);
    }
    struct trouble trouble = no_link();
    return trouble_is_fatal(result) ? result : joining_end(core, index, &trouble);
}

/* The entry that the server says is ours. False: there is none, or something else stands there. */
static bool is_ours(const struct joining *joining, const struct wire_entries *entries) {
    struct base_reader reader = base_reader(entries->entries);
    struct wire_entry entry;
    return reader.left > 0 && wire_entry_next(&reader, &entry) == BASE_OK && entry.number == joining->entry &&
           memcmp(entry.nonce, joining->nonce, sizeof entry.nonce) == 0 &&
           base_slice_equal(entry.content, base_borrow(&joining->message));
}

/* `a`: number of the attempt. */
static base_result read_back(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    size_t index;
    struct joining *joining = find(core, a, &index);
    if (joining == NULL || joining->entry == 0) {
        return BASE_OK;
    }
    joining->in_flight = false;
    if (answer->type == WIRE_REFUSAL && request_passes(&answer->of.refusal)) {
        joining->retry_at = state_now(core) + request_delay(&answer->of.refusal);
        return BASE_OK;
    }
    bool ours = answer->type == WIRE_ENTRIES && is_ours(joining, &answer->of.entries);
    return ours ? come_in(core, joining, index) : again(core, joining, index);
}

/* The token of the epoch that it ends opens the stream up to it. */
static base_result read_commit(struct weibel_core *core, struct joining *joining) {
    struct wire_frame frame = { .type = WIRE_READ };
    memcpy(frame.of.read.stream, joining->stream, sizeof frame.of.read.stream);
    memcpy(frame.of.read.token, joining->token, sizeof frame.of.read.token);
    frame.of.read.after = joining->entry - 1;
    joining->in_flight = true;
    return request_send(core, &frame, read_back, joining->number, 0);
}

/* `a`: number of the attempt. */
static base_result appended(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    size_t index;
    struct joining *joining = find(core, a, &index);
    if (joining == NULL || !joining->made) {
        return BASE_OK;
    }
    joining->in_flight = false;
    if (answer->type == WIRE_APPENDED) {
        joining->entry = answer->of.appended.number;
        return joining->entry == 0 ? again(core, joining, index) : BASE_OK;
    }
    const struct wire_refusal *refusal = &answer->of.refusal;
    struct trouble trouble = trouble_refusal(refusal);
    if (request_passes(refusal)) {
        joining->retry_at = state_now(core) + request_delay(refusal);
        bool ends = ++joining->attempts > MAX_ATTEMPTS && joining->call.id.len > 0;
        BASE_TRY(ends ? event_answer_trouble(core, &joining->call, &trouble) : BASE_OK);
        return ends ? event_joins(core) : BASE_OK;
    }
    bool moved = refusal->code == WIRE_REFUSED_EPOCH_MOVED || refusal->code == WIRE_REFUSED_NO_STREAM;
    return moved ? again(core, joining, index) : joining_end(core, index, &trouble);
}

static base_result append(struct weibel_core *core, struct joining *joining) {
    struct wire_frame frame = { .type = WIRE_APPEND };
    struct wire_append *append = &frame.of.append;
    memcpy(append->stream, joining->stream, sizeof append->stream);
    memcpy(append->token, joining->token, sizeof append->token);
    memcpy(append->nonce, joining->nonce, sizeof append->nonce);
    memcpy(append->next_token_hash, joining->next_token_hash, sizeof append->next_token_hash);
    append->kind = WIRE_KIND_COMMIT;
    append->known_commit = joining->known_commit;
    append->lifetime = WIRE_MAX_LIFETIME; /* as every commit: change.c */
    append->content = base_borrow(&joining->message);
    joining->in_flight = true;
    return request_send(core, &frame, appended, joining->number, 0);
}

static void wipe_door(struct door *door) {
    base_wipe(door, sizeof *door);
}

static base_result commit(struct weibel_core *core, struct joining *joining, const struct door *door) {
    struct leaf leaf BASE_CLEANUP(leaf_free) = { .credential = { 0 } };
    struct base_bytes message BASE_CLEANUP(base_bytes_free) = { 0 };
    uint8_t token[WIRE_KEY_LEN], begin[GAP_BEGIN_LEN];
    struct mls_external_options options = { .ratchet_tree = base_borrow(&joining->get.tree),
                                            .authenticated_data = base_slice(begin, sizeof begin),
                                            .inviter = &joining->inviter };
    gap_write_begin(door->last_commit, begin);
    BASE_TRY(leaf_make(core, NULL, 0, &leaf));
    core->by_link = true;
    base_result result =
        mls_group_join_external(&core->mls, door->group_info, &leaf.identity, &options, &joining->mls, &message);
    base_result first = result;
    if (result != BASE_OK && !trouble_is_fatal(result)) {
        options.resync = true; /* this device had been in it before */
        result =
            mls_group_join_external(&core->mls, door->group_info, &leaf.identity, &options, &joining->mls, &message);
    }
    core->by_link = false;
    BASE_ENSURE(result == BASE_OK || trouble_is_fatal(result) || first != &WEIBEL_ERR_PRESENT, WEIBEL_ERR_PRESENT);
    BASE_TRY(result);
    BASE_TRY(join_check_link(core, joining->mls, joining->inviter, door->stream));
    BASE_TRY(door_seal_commit(core, joining->secret, base_borrow(&message), &joining->message));
    BASE_TRY(mls_group_export(joining->mls, group_token_label, base_slice(NULL, 0), token, sizeof token));
    account_hash(base_slice(token, sizeof token), joining->next_token_hash);
    base_wipe(token, sizeof token);
    memcpy(joining->stream, door->stream, sizeof joining->stream);
    memcpy(joining->token, door->token, sizeof joining->token);
    joining->known_commit = door->last_commit;
    BASE_TRY(base_random_fill(core->options.random, joining->nonce, sizeof joining->nonce));
    joining->group = ++core->account.next_group;
    core->account.dirty = true;
    joining->made = true;
    BASE_TRY(joining_save(core, joining));
    BASE_TRY(group_save_mls(core, joining->group, joining->mls));
    return append(core, joining);
}

/* What lay at the door, and what beside it, is here. */
static base_result enter(struct weibel_core *core, struct joining *joining, size_t index, const struct door *door) {
    base_result result = commit(core, joining, door);
    if (result == BASE_OK || trouble_is_fatal(result)) {
        return result;
    }
    struct trouble trouble = trouble_at_door(result);
    return joining_end(core, index, &trouble);
}

/* `a`: number of the attempt. */
static base_result tree_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    size_t index;
    bool whole;
    uint64_t delay;
    struct door door BASE_CLEANUP(wipe_door) = { .last_commit = 0 };
    struct joining *joining = find(core, a, &index);
    if (joining == NULL) {
        return BASE_OK;
    }
    base_result result = tree_get_answered(core, &joining->get, answer, &whole, &delay);
    if (result != BASE_OK) {
        return trouble_is_fatal(result) ? result : again(core, joining, index); /* another one has taken its place */
    }
    joining->retry_at = delay == 0 ? 0 : state_now(core) + delay;
    if (!whole) {
        return BASE_OK;
    }
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    base_bytes_move(&plain, &joining->door);
    BASE_TRY(door_read(base_borrow(&plain), &door));
    result = enter(core, joining, index, &door);
    joining = find(core, a, &index);
    if (joining != NULL) {
        tree_get_end(&joining->get);
    }
    return result;
}

/* `a`: number of the attempt. */
static base_result looked(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    size_t index;
    struct joining *joining = find(core, a, &index);
    if (joining == NULL) {
        return BASE_OK;
    }
    joining->in_flight = false;
    if (answer->type == WIRE_REFUSAL && request_passes(&answer->of.refusal)) {
        return again(core, joining, index);
    }
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    struct door door BASE_CLEANUP(wipe_door) = { .last_commit = 0 };
    struct trouble trouble = no_link();
    base_result result = answer->type != WIRE_DOOR
                             ? &BASE_ERR_VALUE
                             : door_open(core, joining->secret, answer->of.door.content, &plain, &door);
    const struct group *known = result == BASE_OK ? group_find(core, door.stream) : NULL;
    if (known != NULL && known->state <= GROUP_OPEN && known->state != GROUP_LEAVING) {
        trouble = already_in();
        return joining_end(core, index, &trouble);
    }
    if (result != BASE_OK) {
        return trouble_is_fatal(result) ? result : joining_end(core, index, &trouble);
    }
    if (door.tree.size == 0) {
        return enter(core, joining, index, &door);
    }
    joining->get.place = door.tree;
    base_bytes_move(&joining->door, &plain);
    return BASE_OK;
}

static base_result look(struct weibel_core *core, struct joining *joining) {
    struct wire_frame frame = { .type = WIRE_GET_DOOR };
    door_name(joining->secret, frame.of.get_door.door);
    joining->in_flight = true;
    return request_send(core, &frame, looked, joining->number, 0);
}

base_result joining_pump(struct weibel_core *core) {
    for (size_t i = 0; i < core->joining.count; i++) {
        struct joining *joining = (struct joining *)core->joining.items[i];
        if (joining->in_flight || joining->retry_at > state_now(core)) {
            continue;
        }
        if (joining->made) {
            BASE_TRY(joining->entry != 0 ? read_commit(core, joining) : append(core, joining));
        } else if (joining->door.len > 0) {
            BASE_TRY(tree_get_pump(core, &joining->get, tree_answered, joining->number, 0));
        } else {
            BASE_TRY(look(core, joining));
        }
    }
    return BASE_OK;
}

uint64_t joining_deadline(const struct weibel_core *core) {
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < core->joining.count; i++) {
        const struct joining *joining = (const struct joining *)core->joining.items[i];
        next = !joining->in_flight && !joining->get.in_flight && joining->retry_at < next ? joining->retry_at : next;
    }
    return next;
}

bool joining_is_busy(const struct weibel_core *core) {
    bool busy = false;
    for (size_t i = 0; i < core->joining.count; i++) {
        const struct joining *joining = (const struct joining *)core->joining.items[i];
        busy = busy || (joining->kept && joining->call.id.len == 0 && joining->retry_at <= state_now(core));
    }
    return busy;
}

uint64_t joining_given_up(const struct weibel_core *core) {
    uint64_t count = 0;
    for (size_t i = 0; i < core->joining.count; i++) {
        const struct joining *joining = (const struct joining *)core->joining.items[i];
        count += joining->made && joining->known_commit == JOINING_GIVEN_UP ? 1 : 0;
    }
    return count;
}
