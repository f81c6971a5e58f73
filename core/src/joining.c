/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * group.join, and what becomes of it: look at the door, fetch the tree, make the commit, append it, read it back.
 */
#include "joining.h"

#include <string.h>

#include "account.h"
#include "change.h"
#include "chat.h"
#include "door.h"
#include "event.h"
#include "field.h"
#include "group.h"
#include "join.h"
#include "json.h"
#include "leaf.h"
#include "policy.h"
#include "request.h"
#include "rpc.h"
#include "tree.h"
#include "wire/link.h"

enum {
    VERSION = 1,
    MAX_RECORD = WIRE_MAX_ENTRY + 512,
    MAX_JOINING = 8,
    MAX_ATTEMPTS = 20, /* while somebody waits for the answer … */
    MAX_LATER = 60,    /* … and so many more if it goes on by itself */
    AGAIN_DELAY = 300,
    AGAIN_CHANCE = 6,
    LATER_DELAY = 10 * 60 * 1000, /* milliseconds between these */
};

/* As `known_commit`, which no stream has: nothing more is appended, but what is there already is found by its nonce. */
static const uint64_t given_up = UINT64_MAX;

/* Somebody (we) at a door. Durable, once a commit was made: secret to message. */
struct joining {
    uint64_t number;
    uint8_t secret[ABOUT_LINK_LEN];
    uint64_t group; /* the number that ours will have; 0: none yet */
    bool made;      /* the commit is made, and may be known to the members; what follows is about it */
    uint8_t stream[WIRE_STREAM_LEN];
    uint8_t token[WIRE_KEY_LEN]; /* of the epoch that it ends, … */
    uint64_t known_commit;       /* … and the commit that this began with; or given_up */
    uint8_t nonce[WIRE_NONCE_LEN];
    uint8_t next_token_hash[WIRE_KEY_LEN];
    uint32_t inviter; /* who had left at the door what it was made of */
    struct base_bytes message;
    struct mls_group *mls; /* in the epoch that it begins. Durable by itself, as those of groups are */
    bool kept;             /* not durable, as what follows: there is a record */
    struct call call;
    uint64_t entry;         /* the commit's number, as the server says; 0: it has not said so */
    struct base_bytes door; /* what lay there, while the ratchet tree is being fetched */
    struct tree_get get;
    unsigned attempts;
    bool in_flight;
    uint64_t retry_at;
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

static base_result add(struct weibel_core *core, struct joining **out) {
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

static base_result save(struct weibel_core *core, struct joining *joining) {
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
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    joining->kept = true;
    return out_put(&core->out, key_number(KEY_JOINING, joining->number), base_borrow(&record));
}

base_result joining_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct joining *joining;
    struct base_reader reader = base_reader(value);
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(add(core, &joining));
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
            BASE_TRY(save(core, joining));
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
    base_result result = forget_made(core, joining);
    if (result == BASE_OK && joining->kept) {
        result = out_remove(&core->out, key_number(KEY_JOINING, joining->number));
    }
    if (result == BASE_OK) {
        result = tell_end(core, joining, chat, trouble);
    }
    free_joining(joining);
    return result;
}

static base_result give_up(struct weibel_core *core, size_t index, const struct trouble *trouble) {
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

static struct trouble not_wanted(void) {
    return trouble_make(TROUBLE_USAGE, "cancelled", "this was given up");
}

/* Others came in, or changed the group, between our look and our step. */
static base_result again(struct weibel_core *core, struct joining *joining, size_t index) {
    uint8_t chance;
    if (joining->made && joining->known_commit == given_up) {
        struct trouble trouble = not_wanted();
        return give_up(core, index, &trouble);
    }
    BASE_TRY(forget_made(core, joining));
    base_bytes_free(&joining->door);
    tree_get_end(&joining->get);
    bool waits = joining->call.id.len > 0 || !joining->kept;
    if (++joining->attempts > MAX_ATTEMPTS + (waits ? 0 : MAX_LATER)) {
        struct trouble trouble = trouble_make(TROUBLE_LATER, "busy", "the group changes all the time; try again later");
        return give_up(core, index, &trouble);
    }
    BASE_TRY(base_random_fill(core->options.random, &chance, 1));
    joining->retry_at = state_now(core) + AGAIN_DELAY + (uint64_t)chance * AGAIN_CHANCE;
    joining->retry_at += joining->attempts > MAX_ATTEMPTS ? LATER_DELAY : 0;
    return joining->kept ? save(core, joining) : BASE_OK;
}

base_result joining_disconnected(struct weibel_core *core) {
    for (size_t i = core->joining.count; i > 0; i--) {
        struct joining *joining = (struct joining *)core->joining.items[i - 1];
        struct trouble trouble = trouble_make(TROUBLE_LATER, "offline", "the connection was lost; try again");
        if (!joining->kept) {
            BASE_TRY(give_up(core, i - 1, &trouble));
            continue;
        }
        trouble = trouble_make(TROUBLE_LATER, "offline",
                               "the connection was lost: whether you are in the group is seen when it is back");
        BASE_TRY(event_answer_trouble(core, &joining->call, &trouble));
        base_bytes_free(&joining->door);
        tree_get_end(&joining->get);
        joining->in_flight = false;
        joining->retry_at = 0;
    }
    return BASE_OK;
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
    return give_up(core, index, &trouble);
}

static base_result come_in(struct weibel_core *core, struct joining *joining, size_t index) {
    struct chat *chat = NULL;
    const struct group *known = group_find(core, joining->stream);
    bool stays = joining->known_commit != given_up || (known != NULL && known->state == GROUP_OPEN);
    base_result result = join_by_link(core, &joining->mls, joining->group, joining->inviter, joining->entry, &chat);
    if (result == BASE_OK) {
        return stays ? end(core, index, chat, NULL) : leave(core, chat, index);
    }
    struct trouble trouble = no_link();
    return trouble_is_fatal(result) ? result : give_up(core, index, &trouble);
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
        bool waits = ++joining->attempts > MAX_ATTEMPTS;
        return waits ? event_answer_trouble(core, &joining->call, &trouble) : BASE_OK;
    }
    bool moved = refusal->code == WIRE_REFUSED_EPOCH_MOVED || refusal->code == WIRE_REFUSED_NO_STREAM;
    return moved ? again(core, joining, index) : give_up(core, index, &trouble);
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
    struct mls_external_options options = { .ratchet_tree = base_borrow(&joining->get.tree),
                                            .inviter = &joining->inviter };
    uint8_t token[WIRE_KEY_LEN];
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
    BASE_TRY(save(core, joining));
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
    return give_up(core, index, &trouble);
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
        return give_up(core, index, &trouble);
    }
    if (result != BASE_OK) {
        return trouble_is_fatal(result) ? result : give_up(core, index, &trouble);
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
        count += joining->made && joining->known_commit == given_up ? 1 : 0;
    }
    return count;
}

/* What goes on by itself is waited for. What was given up, and may have arrived, is looked for all the same, and made
 * anew if it has not. */
static base_result ask_again(struct weibel_core *core, struct joining *joining, struct call *call) {
    if (joining->call.id.len > 0) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "this link is being followed already");
    }
    base_bytes_move(&joining->call.id, &call->id);
    joining->attempts = 0;
    joining->retry_at = 0;
    if (!joining->made || joining->known_commit != given_up) {
        return BASE_OK;
    }
    joining->known_commit = 0;
    return save(core, joining);
}

/* Reads the request's link; answers if it is none. */
static base_result take_link(struct weibel_core *core, struct call *call, const cJSON *params,
                             uint8_t secret[ABOUT_LINK_LEN], bool *good) {
    struct wire_link link;
    *good = wire_link_parse(json_get_text(params, "link"), &link) == BASE_OK && link.kind == WIRE_LINK_GROUP &&
            door_read_code(link.code, secret);
    return *good ? BASE_OK
                 : rpc_refuse(
                       core, call, TROUBLE_REFUSED, "link_malformed",
                       "this is not the invitation link of a group: it looks like https://example.org/#group=CODE");
}

static struct joining *find_secret(const struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN],
                                   size_t *index) {
    for (*index = 0; *index < core->joining.count; (*index)++) {
        struct joining *joining = (struct joining *)core->joining.items[*index];
        if (base_equal_secret(joining->secret, secret, ABOUT_LINK_LEN)) {
            return joining;
        }
    }
    return NULL;
}

/* Nothing has been sent yet, or what has may be there: that is found out, and left then. */
static base_result cancel(struct weibel_core *core, struct joining *joining, size_t index) {
    struct trouble trouble = not_wanted();
    if (!joining->made) {
        return give_up(core, index, &trouble);
    }
    joining->known_commit = given_up;
    joining->retry_at = 0;
    BASE_TRY(save(core, joining));
    return event_answer_trouble(core, &joining->call, &trouble);
}

base_result rpc_group_join_cancel(struct weibel_core *core, struct call *call, const cJSON *params) {
    uint8_t secret[ABOUT_LINK_LEN] BASE_CLEANUP(door_wipe) = { 0 };
    bool good;
    size_t index;
    BASE_TRY(take_link(core, call, params, secret, &good));
    if (!good) {
        return BASE_OK;
    }
    struct joining *joining = find_secret(core, secret, &index);
    if (joining == NULL) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "not_joining", "nothing is under way by this link");
    }
    bool pending = joining->made;
    BASE_TRY(cancel(core, joining, index));
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    json_put_bool(&line, "pending", pending);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

base_result rpc_group_join(struct weibel_core *core, struct call *call, const cJSON *params) {
    uint8_t secret[ABOUT_LINK_LEN] BASE_CLEANUP(door_wipe) = { 0 };
    bool good;
    size_t index;
    BASE_TRY(take_link(core, call, params, secret, &good));
    if (!good) {
        return BASE_OK;
    }
    if (core->session.state != SESSION_ONLINE) {
        return rpc_refuse(core, call, TROUBLE_LATER, "offline", "there is no connection to the server");
    }
    struct joining *known = find_secret(core, secret, &index);
    if (known != NULL) {
        return ask_again(core, known, call);
    }
    if (core->joining.count >= MAX_JOINING) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "too many groups are being joined");
    }
    struct joining *joining;
    BASE_TRY(add(core, &joining));
    joining->number = ++core->last_joining;
    memcpy(joining->secret, secret, sizeof joining->secret);
    base_bytes_move(&joining->call.id, &call->id);
    return BASE_OK;
}
