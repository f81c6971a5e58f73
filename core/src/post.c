/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The way out: content → encrypted by libmls → one batch with ratchet and ciphertext → append → acknowledged, or come
 * back.
 *
 * A ciphertext is sent until the server says that its epoch has moved; only then is the content encrypted again, under
 * the same nonce, so that whatever got lost on the way, the stream has the message once.
 *
 * Several posts of a chat are under way at once. Each names the one before it, and the server takes none whose
 * predecessor it lacks: so the stream has them in the order of writing, whichever of them is refused (too often, disk
 * full, the epoch moved). Only the first one in the outbox goes without a predecessor: it is there, or has failed.
 */
#include "post.h"

#include "account.h"
#include "again.h"
#include "amend.h"
#include "change.h"
#include "chat.h"
#include "copy.h"
#include "deserted.h"
#include "expiry.h"
#include "extra.h"
#include "field.h"
#include "group.h"
#include "letter.h"
#include "missed.h"
#include "receipt.h"
#include "request.h"
#include "tally.h"
#include "transfer.h"

enum {
    VERSION = 6,
    MAX_RECORD = 2 << 20,
    MAX_COPIES = STATE_MAX_DIRECT_GROUPS - 1, /* of a control, for other groups */
    WINDOW = 16,                              /* posts of a chat that are under way at once … */
    WINDOW_BYTES = 1 << 20,                   /* … unless they have more than this together */
};

void post_free(void *item) {
    struct post *post = (struct post *)item;
    base_bytes_free(&post->content);
    base_bytes_free(&post->ciphertext);
    base_free(post);
}

static void free_at(struct post **post) {
    post_free(*post);
}

static base_result add(struct weibel_core *core, struct chat *chat, struct post **out) {
    struct post *post = (struct post *)base_take(core->options.allocator, 1, sizeof *post);
    BASE_ENSURE(post != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&chat->outbox, core->options.allocator, post);
    if (result != BASE_OK) {
        base_free(post);
        return result;
    }
    *out = post;
    return BASE_OK;
}

static base_result save(struct weibel_core *core, const struct chat *chat, const struct post *post) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_u8(&writer, (uint8_t)post->kind);
    base_write_u64(&writer, post->message);
    field_write_array(&writer, post->nonce, sizeof post->nonce);
    base_write_opaque(&writer, base_borrow(&post->content));
    base_write_u64(&writer, post->group);
    base_write_u64(&writer, post->entry);
    base_write_opaque(&writer, base_borrow(&post->ciphertext));
    base_write_u32(&writer, post->audience);
    base_write_u64(&writer, post->into);
    field_write_bool(&writer, post->spread);
    field_write_array(&writer, post->token, sizeof post->token);
    base_write_u32(&writer, post->sequence);
    base_write_u64(&writer, post->after);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_pair(KEY_OUTBOX, chat->number, post->number), base_borrow(&record));
}

base_result post_load(struct weibel_core *core, uint64_t chat_number, uint64_t number, struct base_slice value) {
    struct chat *chat = chat_at(core, chat_number);
    BASE_ENSURE(chat != NULL, BASE_ERR_VALUE);
    struct post *post;
    BASE_TRY(add(core, chat, &post));
    post->number = number;
    struct base_reader reader = base_reader(value);
    uint8_t kind;
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(base_read_u8(&reader, &kind));
    BASE_ENSURE(kind >= POST_MESSAGE && kind < POST_KIND_END, BASE_ERR_VALUE);
    post->kind = (enum post_kind)kind;
    BASE_TRY(base_read_u64(&reader, &post->message));
    BASE_TRY(base_read_copy(&reader, post->nonce, sizeof post->nonce));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &post->content));
    BASE_TRY(base_read_u64(&reader, &post->group));
    BASE_TRY(base_read_u64(&reader, &post->entry));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &post->ciphertext));
    BASE_TRY(base_read_u32(&reader, &post->audience));
    BASE_TRY(base_read_u64(&reader, &post->into));
    BASE_TRY(field_read_bool(&reader, &post->spread));
    BASE_TRY(base_read_copy(&reader, post->token, sizeof post->token));
    BASE_TRY(base_read_u32(&reader, &post->sequence));
    BASE_TRY(base_read_u64(&reader, &post->after));
    BASE_ENSURE(post->kind != POST_ERASE_BLOB || post->content.len == WIRE_BLOB_LEN ||
                    post->content.len == TRANSFER_HOLD_LEN,
                BASE_ERR_VALUE);
    const struct group *group = group_at(core, post->group);
    if (post->kind == POST_ERASE && post->content.len == 0 && group != NULL) { /* as it was written before */
        BASE_TRY(base_bytes_copy(core->options.allocator, base_slice(group->id, sizeof group->id), &post->content));
    }
    post->group = post->kind == POST_ERASE ? 0 : post->group;
    return base_read_end(&reader);
}

/* Goes into the usual group, and copies of it are to go into the others. */
static bool spreads(const struct post *post) {
    return post->kind == POST_CONTROL && post->into == 0 && !post->spread;
}

static void renumber(struct chat *chat, struct post *post) {
    chat->next_post += spreads(post) ? 1 + MAX_COPIES : 1;
    post->number = chat->next_post;
}

static base_result add_new(struct weibel_core *core, struct chat *chat, enum post_kind kind, struct post **out) {
    BASE_TRY(add(core, chat, out));
    (*out)->kind = kind;
    renumber(chat, *out);
    chat->dirty = true;
    return base_random_fill(core->options.random, (*out)->nonce, sizeof(*out)->nonce);
}

base_result post_add(struct weibel_core *core, struct chat *chat, const struct message *message,
                     struct base_bytes *content) {
    struct post *post;
    BASE_TRY(add_new(core, chat, POST_MESSAGE, &post));
    post->message = message->number;
    base_bytes_move(&post->content, content);
    return save(core, chat, post);
}

base_result post_add_control(struct weibel_core *core, struct chat *chat, struct base_bytes *content) {
    struct post *post;
    BASE_TRY(add_new(core, chat, POST_CONTROL, &post));
    base_bytes_move(&post->content, content);
    return save(core, chat, post);
}

base_result post_add_again(struct weibel_core *core, struct chat *chat, const struct group *group,
                           struct base_bytes *content) {
    struct post *post;
    BASE_TRY(add_new(core, chat, POST_AGAIN, &post));
    post->into = group->number;
    base_bytes_move(&post->content, content);
    return save(core, chat, post);
}

base_result post_add_erase(struct weibel_core *core, struct chat *chat, const struct stood *at,
                           const uint8_t nonce[WIRE_NONCE_LEN]) {
    struct post *post;
    BASE_TRY(add_new(core, chat, POST_ERASE, &post));
    BASE_TRY(base_bytes_copy(core->options.allocator, base_slice(at->stream, sizeof at->stream), &post->content));
    post->entry = at->entry;
    memcpy(post->nonce, nonce, sizeof post->nonce);
    return save(core, chat, post);
}

base_result post_add_erase_blobs(struct weibel_core *core, struct chat *chat, const struct message *message) {
    bool held = message->extra != NULL && message->extra->forwarded;
    for (uint32_t i = 0; message->own && i < message->file_count; i++) {
        uint8_t name[TRANSFER_HOLD_LEN];
        struct post *post;
        transfer_hold_name(message->files[i].blob, message->id, name);
        BASE_TRY(add_new(core, chat, POST_ERASE_BLOB, &post));
        BASE_TRY(base_bytes_copy(core->options.allocator, base_slice(name, held ? sizeof name : WIRE_BLOB_LEN),
                                 &post->content));
        BASE_TRY(save(core, chat, post));
    }
    return BASE_OK;
}

static bool erases(const struct post *post) {
    return post->kind == POST_ERASE || post->kind == POST_ERASE_BLOB;
}

/*
 * It leaves the outbox. If its entry has been read in the stream, that is stored at once: it is not read again. If the
 * server has only answered, the record in the outbox stays until the message says that it was sent: after a crash in
 * between the entry is still to be read.
 */
static base_result sent(struct weibel_core *core, struct chat *chat, size_t index, uint64_t group, uint64_t entry,
                        bool was_read) {
    struct post *post BASE_CLEANUP(free_at) = (struct post *)list_take(&chat->outbox, index);
    struct group *into = group_at(core, group);
    if (into != NULL) {
        tally_sent(into, entry);
        BASE_TRY(post->kind == POST_MESSAGE || erases(post)
                     ? BASE_OK
                     : copy_note(core, into, NULL, base_borrow(&post->content), entry, post->nonce, true));
        BASE_TRY(post->kind == POST_CONTROL ? missed_keep(core, into, post->sequence, entry, &post->content) : BASE_OK);
    }
    if (was_read || post->kind != POST_MESSAGE) {
        BASE_TRY(out_remove(&core->out, key_pair(KEY_OUTBOX, chat->number, post->number)));
    }
    if (post->kind != POST_MESSAGE) {
        return BASE_OK;
    }
    BASE_TRY(expiry_start(core, chat->number, post->message));
    struct amendment amendment = amend_state(chat, post, MESSAGE_SENT);
    amendment.durable = was_read;
    amendment.post = was_read ? 0 : post->number;
    amendment.group = group;
    amendment.entry = entry;
    if (!was_read) {
        base_bytes_move(&amendment.data, &post->ciphertext); /* by which its entry is known */
    }
    base_result result = amend_add(core, &amendment);
    base_bytes_free(&amendment.data);
    return result;
}

/* The content is kept with the message, so that it can be tried again; not if its files are not there. */
static base_result fail_at(struct weibel_core *core, struct chat *chat, size_t index, const struct trouble *trouble) {
    struct post *post BASE_CLEANUP(free_at) = (struct post *)list_take(&chat->outbox, index);
    BASE_TRY(out_remove(&core->out, key_pair(KEY_OUTBOX, chat->number, post->number)));
    if (post->kind != POST_MESSAGE) {
        return BASE_OK;
    }
    struct amendment amendment = amend_state(chat, post, MESSAGE_FAILED);
    amendment.durable = true;
    amendment.trouble = *trouble;
    if (!transfer_uploading(core, chat->number, post->message)) {
        base_bytes_move(&amendment.data, &post->content);
    }
    base_result result = amend_add(core, &amendment);
    base_bytes_free(&amendment.data);
    return result == BASE_OK ? transfer_cancel_uploads(core, chat->number, post->message) : result;
}

static bool find(const struct chat *chat, uint64_t number, size_t *index) {
    for (size_t i = 0; i < chat->outbox.count; i++) {
        if (((const struct post *)chat->outbox.items[i])->number == number) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool find_message(const struct chat *chat, uint64_t message, size_t *index) {
    for (size_t i = 0; i < chat->outbox.count; i++) {
        if (((const struct post *)chat->outbox.items[i])->message == message) {
            *index = i;
            return true;
        }
    }
    return false;
}

base_result post_fail(struct weibel_core *core, struct chat *chat, uint64_t message, const struct trouble *trouble) {
    size_t index;
    return find_message(chat, message, &index) ? fail_at(core, chat, index, trouble) : BASE_OK;
}

base_result post_drop_at(struct weibel_core *core, struct chat *chat, size_t index) {
    struct post *post BASE_CLEANUP(free_at) = (struct post *)list_take(&chat->outbox, index);
    return out_remove(&core->out, key_pair(KEY_OUTBOX, chat->number, post->number));
}

base_result post_drop_again(struct weibel_core *core, struct chat *chat) {
    for (size_t i = chat->outbox.count; i > 0; i--) {
        if (((const struct post *)chat->outbox.items[i - 1])->kind == POST_AGAIN) {
            BASE_TRY(post_drop_at(core, chat, i - 1));
        }
    }
    return BASE_OK;
}

base_result post_drop(struct weibel_core *core, struct chat *chat, uint64_t message) {
    size_t index;
    return find_message(chat, message, &index) ? post_drop_at(core, chat, index) : BASE_OK;
}

bool post_untouched(const struct chat *chat, uint64_t message) {
    size_t index;
    return find_message(chat, message, &index) && ((const struct post *)chat->outbox.items[index])->group == 0;
}

base_result post_fail_all(struct weibel_core *core, struct chat *chat, const struct trouble *trouble) {
    size_t kept = 0;
    while (chat->outbox.count > kept) {
        if (erases((const struct post *)chat->outbox.items[kept])) {
            kept++; /* that needs no group */
        } else {
            BASE_TRY(fail_at(core, chat, kept, trouble));
        }
    }
    return BASE_OK;
}

base_result post_came_back(struct weibel_core *core, struct group *group, const struct wire_entry *entry, bool *own) {
    *own = false;
    struct chat *chat = group->chat;
    for (size_t i = 0; i < chat->outbox.count; i++) {
        const struct post *post = (const struct post *)chat->outbox.items[i];
        if (!erases(post) && memcmp(post->nonce, entry->nonce, sizeof post->nonce) == 0 &&
            base_slice_equal(base_borrow(&post->ciphertext), entry->content)) {
            *own = true;
            return sent(core, chat, i, group->number, entry->number, true);
        }
    }
    return amend_sent(core, chat, entry, own);
}

static base_result unencrypt(struct weibel_core *core, const struct chat *chat, struct post *post) {
    post->group = 0;
    base_bytes_free(&post->ciphertext);
    base_wipe(post->token, sizeof post->token);
    return save(core, chat, post);
}

/* Had one of them been appended, it would have come back before the stream's end. */
base_result post_renew(struct weibel_core *core, struct chat *chat, uint64_t group) {
    for (size_t i = 0; i < chat->outbox.count; i++) {
        struct post *post = (struct post *)chat->outbox.items[i];
        if (post->group == group && !erases(post)) {
            BASE_TRY(unencrypt(core, chat, post));
        }
    }
    return BASE_OK;
}

base_result post_take_back(struct weibel_core *core, const struct chat *chat, bool *clear) {
    bool bare = false;
    *clear = true;
    for (size_t i = 0; i < chat->outbox.count; i++) {
        struct post *post = (struct post *)chat->outbox.items[i];
        const struct group *group = group_at(core, post->group);
        bool behind = bare && post->group != 0 && !erases(post);
        bool may_be_there = post->in_flight || (group != NULL && !group->live);
        bare = bare || (post->group == 0 && !erases(post));
        *clear = *clear && !(behind && may_be_there);
        if (behind && !may_be_there) {
            BASE_TRY(unencrypt(core, chat, post));
        }
    }
    return BASE_OK;
}

base_result post_move_back(struct weibel_core *core, struct chat *chat, uint64_t last) {
    size_t count = chat->outbox.count, at = 0;
    for (size_t i = 0; i < count; i++) {
        struct post *post = (struct post *)chat->outbox.items[at];
        if (post->number > last || post->in_flight || post->ciphertext.len > 0) {
            at++;
            continue;
        }
        BASE_TRY(out_remove(&core->out, key_pair(KEY_OUTBOX, chat->number, post->number)));
        (void)list_take(&chat->outbox, at);
        chat->outbox.items[chat->outbox.count++] = post; /* there was room for it */
        renumber(chat, post);
        BASE_TRY(save(core, chat, post));
    }
    chat->dirty = true;
    return BASE_OK;
}

static base_result refused(struct weibel_core *core, struct chat *chat, size_t index,
                           const struct wire_refusal *refusal) {
    struct post *post = (struct post *)chat->outbox.items[index];
    struct trouble trouble = trouble_refusal(refusal);
    struct group *group = group_at(core, post->group);
    if (refusal->code == WIRE_REFUSED_BEHIND && group != NULL) {
        /* What has been read since then was not it. */
        post->retry_at = group->position > post->after ? 0 : state_now(core) + REQUEST_EPOCH_DELAY;
        group->live = group->live && group->position > post->after;
        post->after = group->position;
        return save(core, chat, post);
    }
    if (refusal->code == WIRE_REFUSED_EPOCH_MOVED) {
        if (group != NULL) {
            group->live = false; /* the commit that moved it comes first */
        }
        post->retry_at = state_now(core) + REQUEST_EPOCH_DELAY;
        return unencrypt(core, chat, post);
    }
    if (refusal->code == WIRE_REFUSED_TOO_LARGE || refusal->code == WIRE_REFUSED_MALFORMED) {
        return fail_at(core, chat, index, &trouble);
    }
    if (refusal->code == WIRE_REFUSED_OUT_OF_ORDER) {
        return BASE_OK; /* the one before it was refused too, and goes first again */
    }
    if (refusal->code == WIRE_REFUSED_NO_STREAM && group != NULL) {
        group->live = false; /* whoever reads it is told so, too, and finds another way */
    }
    post->retry_at = state_now(core) + request_delay(refusal);
    if (post->kind != POST_MESSAGE) {
        return BASE_OK;
    }
    struct amendment amendment = amend_state(chat, post, MESSAGE_QUEUED);
    amendment.trouble = trouble;
    return amend_add(core, &amendment);
}

/* `a`: number of the chat; `b`: of the post. */
static base_result erase_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct chat *chat = chat_at(core, a);
    size_t index;
    if (chat == NULL || !find(chat, b, &index)) {
        return BASE_OK;
    }
    struct post *post = (struct post *)chat->outbox.items[index];
    post->in_flight = false;
    if (answer->type == WIRE_REFUSAL && request_passes(&answer->of.refusal)) {
        post->retry_at = state_now(core) + request_delay(&answer->of.refusal);
        return BASE_OK;
    }
    /* Gone, or gone already. */
    post_free(list_take(&chat->outbox, index));
    return out_remove(&core->out, key_pair(KEY_OUTBOX, a, b));
}

static base_result send_erase(struct weibel_core *core, const struct chat *chat, struct post *post) {
    struct wire_frame frame = { .type = WIRE_DELETE_ENTRY };
    if (post->kind == POST_ERASE_BLOB) {
        struct wire_delete_blob *erase = &frame.of.delete_blob;
        frame.type = WIRE_DELETE_BLOB;
        memcpy(erase->blob, post->content.data, sizeof erase->blob);
        account_deletion_key(core, base_borrow(&post->content), erase->deletion_key);
    } else {
        struct wire_delete_entry *erase = &frame.of.delete_entry;
        memcpy(erase->stream, post->content.data, sizeof erase->stream);
        erase->number = post->entry;
        account_deletion_key(core, base_slice(post->nonce, sizeof post->nonce), erase->deletion_key);
    }
    post->in_flight = true;
    return request_send(core, &frame, erase_answered, chat->number, post->number);
}

/* `a`: number of the chat; `b`: of the post. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct chat *chat = chat_at(core, a);
    size_t index;
    if (chat == NULL || !find(chat, b, &index)) {
        return BASE_OK; /* its entry came before its answer */
    }
    struct post *post = (struct post *)chat->outbox.items[index];
    post->in_flight = false;
    if (answer->type == WIRE_APPENDED) {
        return sent(core, chat, index, post->group, answer->of.appended.number, false);
    }
    return answer->type == WIRE_REFUSAL ? refused(core, chat, index, &answer->of.refusal) : BASE_OK;
}

static base_result encrypt(struct weibel_core *core, const struct chat *chat, struct group *group, struct post *post) {
    const uint8_t *token;
    struct base_bytes counted BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(group_token(group, &token));
    BASE_TRY(tally_add(core, group, base_borrow(&post->content), &counted));
    BASE_TRY(mls_group_encrypt(group->mls, base_borrow(&counted),
                               &(struct mls_send_options){ .padding = group_padding(counted.len) }, &post->ciphertext));
    memcpy(post->token, token, sizeof post->token);
    BASE_TRY(receipt_audience(core, group, &post->audience));
    group->skipped = 0;
    post->sequence = group->tally.sequence;
    post->group = group->number;
    post->after = group->position;
    return save(core, chat, post);
}

/* `before`: the post that it follows, or NULL. */
static base_result send_post(struct weibel_core *core, const struct chat *chat, const struct group *group,
                             struct post *post, const struct post *before) {
    struct wire_frame frame = { .type = WIRE_APPEND };
    struct wire_append *append = &frame.of.append;
    uint8_t deletion_key[WIRE_KEY_LEN];
    account_deletion_key(core, base_slice(post->nonce, sizeof post->nonce), deletion_key);
    account_hash(base_slice(deletion_key, sizeof deletion_key), append->deletion_hash);
    memcpy(append->stream, group->id, sizeof append->stream);
    memcpy(append->token, post->token, sizeof append->token);
    memcpy(append->nonce, post->nonce, sizeof append->nonce);
    append->kind = WIRE_KIND_MESSAGE;
    append->after = post->after;
    append->wakes = post->kind == POST_MESSAGE ? 1 : 0; /* nobody is called for a receipt */
    if (before != NULL) {
        memcpy(append->previous, before->nonce, sizeof append->previous);
    }
    append->content = base_borrow(&post->ciphertext);
    post->in_flight = true;
    return request_send(core, &frame, answered, chat->number, post->number);
}

/* Two groups of one direct chat: who does not know of the other one yet would read what was written into it after what
 * is written into this one. */
static bool must_wait(const struct weibel_core *core, const struct chat *chat, const struct group *group) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *other = (const struct group *)chat->groups.items[i];
        if (other != group && letter_pending(core, other->number)) {
            return true;
        }
    }
    return false;
}

/* What is sent again goes first, and is not in the outbox yet. */
static bool is_behind(const struct chat *chat, const struct post *post) {
    return post->kind != POST_ERASE && again_is_due(chat);
}

/* What was written after the post and encrypted before it, as the post was held or is encrypted anew, is taken back: it
 * would seem that the server has put it into another order (tally.h). `clear` false: some of it may be in the stream
 * at this moment. */
static base_result take_back_behind(struct weibel_core *core, const struct chat *chat, const struct group *group,
                                    const struct post *post, bool *clear) {
    *clear = true;
    for (size_t i = chat->outbox.count; i > 0 && chat->outbox.items[i - 1] != post; i--) {
        struct post *behind = (struct post *)chat->outbox.items[i - 1];
        bool encrypted = behind->group == group->number && !erases(behind);
        *clear = *clear && !(encrypted && behind->in_flight);
        if (encrypted && !behind->in_flight) {
            BASE_TRY(unencrypt(core, chat, behind));
        }
    }
    return BASE_OK;
}

static bool is_read(const struct chat *chat, const struct group *group) {
    return group->state == GROUP_OPEN && !deserted_is(chat, group);
}

/* A commit that is under way comes first. */
static bool can_go(const struct weibel_core *core, const struct chat *chat, const struct post *post,
                   const struct group *group) {
    return group != NULL && group->live && !is_behind(chat, post) && !change_comes_before(chat, post->number) &&
           !must_wait(core, chat, group) && !deserted_is_behind(chat, group);
}

static base_result add_copy(struct weibel_core *core, struct chat *chat, size_t index, uint64_t into, uint64_t number) {
    const struct post *post = (const struct post *)chat->outbox.items[index];
    struct post *copy;
    BASE_TRY(add(core, chat, &copy));
    void **place = &chat->outbox.items[index];
    memmove(place + 1, place, (chat->outbox.count - 1 - index) * sizeof *place);
    *place = copy;
    copy->kind = POST_CONTROL;
    copy->number = number;
    copy->into = into;
    BASE_TRY(base_random_fill(core->options.random, copy->nonce, sizeof copy->nonce));
    BASE_TRY(base_bytes_copy(core->options.allocator, base_borrow(&post->content), &copy->content));
    return save(core, chat, copy);
}

/* In a chat with several groups, the message that a control is about may have gone to devices that are not in all of
 * them: so it goes into each. Which there are is known when its turn comes: one may have come while it waited. If one
 * has come since that is written to now, it goes there, and a copy to where it was to go. */
static base_result spread(struct weibel_core *core, struct chat *chat, size_t index) {
    struct post *post = (struct post *)chat->outbox.items[index];
    const struct group *usual = chat_writing_group(chat);
    if (post->kind != POST_CONTROL || (post->into != 0 && !post->spread) || post->group != 0 ||
        !can_go(core, chat, post, usual) || post->into == usual->number) {
        return BASE_OK;
    }
    uint64_t number = post->number - MAX_COPIES;
    size_t before = index;
    for (size_t i = 0, at; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        bool wanted = group != usual && is_read(chat, group) && (!post->spread || group->number == post->into);
        while (wanted && find(chat, number, &at)) {
            number++;
        }
        if (wanted && number < post->number) {
            BASE_TRY(add_copy(core, chat, index++, group->number, number));
        }
    }
    post->into = usual->number;
    post->spread = true;
    return index == before ? BASE_OK : save(core, chat, post);
}

/* The group that the post alone is for, if that is still written to. */
static struct group *own_group(const struct weibel_core *core, const struct chat *chat, const struct post *post) {
    struct group *into = post->into == 0 || post->spread ? NULL : group_at(core, post->into);
    return into != NULL && is_read(chat, into) ? into : NULL;
}

/* Encrypts the post, if it can be now. */
static base_result prepare(struct weibel_core *core, const struct chat *chat, struct post *post) {
    bool clear;
    struct group *into = own_group(core, chat, post);
    struct group *group = into != NULL ? into : chat_writing_group(chat);
    if (!can_go(core, chat, post, group)) {
        return BASE_OK;
    }
    BASE_TRY(take_back_behind(core, chat, group, post, &clear));
    return clear ? encrypt(core, chat, group, post) : BASE_OK;
}

/* Between what this device has read and the end of the stream: if it were erased before, a gap would be read there. */
static bool is_unread(const struct weibel_core *core, const struct post *post) {
    const struct group *group =
        post->kind == POST_ERASE && !post->in_flight ? group_find(core, post->content.data) : NULL;
    return group != NULL && group->state == GROUP_OPEN && group->position < post->entry;
}

/* While files of a message are paused, messages behind it go past it; what may be about it waits with it. */
static bool is_held(const struct weibel_core *core, const struct chat *chat, const struct post *post, bool any) {
    return !post->in_flight && (post->kind == POST_MESSAGE ? transfer_paused(core, chat->number, post->message) : any);
}

/* It may have come into the group so long ago that the server has forgotten it, and takes it once more: those who have
 * read it could not open the same ciphertext again. */
static bool is_outdated(const struct weibel_core *core, const struct post *post) {
    const struct group *group = group_at(core, post->group);
    struct content content;
    return group != NULL && group->state == GROUP_OPEN &&
           content_decode(base_borrow(&post->content), &content) == BASE_OK &&
           again_is_old(core, message_time(core, &content));
}

/* The next step of one post; `before`: the entry that it follows, or NULL. `sent` false: nothing behind it may go
 * either. */
static base_result pump_one(struct weibel_core *core, const struct chat *chat, struct post *post,
                            const struct post *before, bool *sent) {
    *sent = post->in_flight;
    if (post->in_flight || post->retry_at > state_now(core) ||
        (post->kind == POST_MESSAGE && transfer_uploading(core, chat->number, post->message))) {
        return BASE_OK;
    }
    if (erases(post)) {
        *sent = before == NULL; /* what deletes it for the others comes before */
        return before == NULL ? send_erase(core, chat, post) : BASE_OK;
    }
    if (is_outdated(core, post)) {
        if (!group_at(core, post->group)->live) {
            return BASE_OK; /* it may still be there */
        }
        BASE_TRY(unencrypt(core, chat, post));
    }
    BASE_TRY(post->group == 0 ? prepare(core, chat, post) : BASE_OK);
    const struct group *group = group_at(core, post->group);
    if (group == NULL || (before != NULL && before->group != post->group)) {
        return BASE_OK; /* between two streams only the writer keeps the order */
    }
    *sent = true;
    return send_post(core, chat, group, post, before);
}

/* What somebody misses in a group that is not kept any more is not for others. An entry whose stream is not known can't
 * be deleted. Who is out of a group can't say there any more that something was deleted which has only now turned out
 * to have gone there. */
static base_result drop_lost(struct weibel_core *core, struct chat *chat) {
    for (size_t i = chat->outbox.count; i > 0; i--) {
        const struct post *post = (const struct post *)chat->outbox.items[i - 1];
        bool lost = (post->kind == POST_AGAIN && own_group(core, chat, post) == NULL) ||
                    (post->kind == POST_ERASE && post->content.len != WIRE_STREAM_LEN) ||
                    (post->kind == POST_CONTROL && post->group == 0 && chat_is_over(chat));
        BASE_TRY(lost ? post_drop_at(core, chat, i - 1) : BASE_OK);
    }
    return BASE_OK;
}

base_result post_pump(struct weibel_core *core, struct chat *chat) {
    const struct post *before = NULL;
    size_t bytes = 0, held = 0;
    bool sent = true, paused = false;
    BASE_TRY(drop_lost(core, chat));
    for (size_t i = 0; i < chat->outbox.count && i < held + WINDOW && bytes < WINDOW_BYTES && sent; i++) {
        struct post *post = (struct post *)chat->outbox.items[i];
        bool unread = is_unread(core, post);
        post->held = unread || is_held(core, chat, post, paused);
        if (post->held) {
            held++;
            paused = paused || !unread;
            continue;
        }
        BASE_TRY(spread(core, chat, i));
        post = (struct post *)chat->outbox.items[i];
        BASE_TRY(pump_one(core, chat, post, before, &sent));
        before = erases(post) ? before : post;
        bytes += post->ciphertext.len;
    }
    return BASE_OK;
}

uint64_t post_deadline(const struct chat *chat) {
    size_t held = 0;
    for (size_t i = 0; i < chat->outbox.count && i < held + WINDOW; i++) {
        const struct post *post = (const struct post *)chat->outbox.items[i];
        held += post->held ? 1 : 0;
        if (!post->in_flight && !post->held) {
            return post->retry_at; /* what is behind it waits for it */
        }
    }
    return UINT64_MAX;
}
