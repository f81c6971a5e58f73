/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Between amendments and MIMI content.
 */
#include "amend_content.h"

#include <string.h>

#include "again.h"
#include "amend.h"
#include "chat.h"
#include "chat_delete.h"
#include "content/cbor.h"
#include "content/handed.h"
#include "content/status.h"
#include "content/vote.h"
#include "copy.h"
#include "extra.h"
#include "gap.h"
#include "group.h"
#include "hand.h"
#include "missed.h"
#include "policy.h"
#include "reaction.h"
#include "receipt.h"
#include "report.h"

static const char plain_type[] = "text/plain;charset=utf-8";

enum { MAX_EXTENSIONS = 128 + MESSAGE_MAX_COPIES * (WIRE_STREAM_LEN + 16) };

/* ---- out ---- */

static base_result write(struct weibel_core *core, struct content *content, const struct content_part *part,
                         const struct stood *erased, size_t count, struct base_bytes *out) {
    struct base_writer extensions BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_EXTENSIONS);
    struct base_writer body BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    cbor_write_head(&extensions, CBOR_MAP, count == 0 ? 1 : 2);
    cbor_write_int(&extensions, CONTENT_SENT_AT);
    cbor_write_head(&extensions, CBOR_UNSIGNED, state_now(core));
    if (count > 0) {
        cbor_write_int(&extensions, CONTENT_ERASED);
        cbor_write_head(&extensions, CBOR_ARRAY, 2 * count);
    }
    for (size_t i = 0; i < count; i++) {
        cbor_write_bytes(&extensions, base_slice(erased[i].stream, sizeof erased[i].stream));
        cbor_write_head(&extensions, CBOR_UNSIGNED, erased[i].entry);
    }
    content_part_write(&body, part);
    BASE_TRY(base_random_fill(core->options.random, content->salt, sizeof content->salt));
    content->extensions = base_writer_view(&extensions);
    content->body = base_writer_view(&body);
    content_encode(&writer, content);
    base_result failed = extensions.failed != BASE_OK ? extensions.failed : body.failed;
    if (failed != BASE_OK) {
        base_writer_fail(&writer, failed);
    }
    return base_writer_finish(&writer, out);
}

static struct base_slice id_of(const struct message *message) {
    return base_slice(message->id, sizeof message->id);
}

base_result amend_content_reaction(struct weibel_core *core, const struct message *message, struct base_slice emoji,
                                   struct base_bytes *out) {
    struct content content = { .in_reply_to = id_of(message) };
    struct content_part part = {
        .disposition = CONTENT_REACTION,
        .cardinality = CONTENT_SINGLE,
        .type = base_slice_text(plain_type),
        .content = emoji,
    };
    return write(core, &content, &part, NULL, 0, out);
}

base_result amend_content_unreact(struct weibel_core *core, const struct message *message,
                                  const uint8_t reaction[CONTENT_ID_LEN], struct base_bytes *out) {
    struct content content = { .replaces = base_slice(reaction, CONTENT_ID_LEN), .in_reply_to = id_of(message) };
    struct content_part part = { .disposition = CONTENT_REACTION, .cardinality = CONTENT_NULL_PART };
    return write(core, &content, &part, NULL, 0, out);
}

base_result amend_content_deletion(struct weibel_core *core, const struct message *message, const struct stood *places,
                                   size_t count, struct base_bytes *out) {
    struct content content = { .replaces = id_of(message) };
    struct content_part part = { .disposition = CONTENT_RENDER, .cardinality = CONTENT_NULL_PART };
    return write(core, &content, &part, places, count, out);
}

base_result amend_content_part(struct weibel_core *core, const char *type, struct base_slice body,
                               const struct message *about, struct base_bytes *out) {
    struct content content = { .in_reply_to = about == NULL ? base_slice(NULL, 0) : id_of(about) };
    struct content_part part = {
        .disposition = CONTENT_UNSPECIFIED,
        .cardinality = CONTENT_SINGLE,
        .type = base_slice_text(type),
        .content = body,
    };
    return write(core, &content, &part, NULL, 0, out);
}

/* ---- in ---- */

/* What comes in: who says it in which group, and as what. */
struct incoming {
    struct weibel_core *core;
    struct group *group;
    const struct contact *from;
    uint32_t leaf;
    const struct wire_entry *entry;
    const struct content *content;
    struct content_part part;
    struct base_slice bytes;
    const char *sender, *room;
    struct amendment amendment; /* what all kinds have in common */
};

/* Takes over whom it mentions. */
static base_result add(struct incoming *incoming, enum amendment_kind kind, struct base_slice target,
                       struct base_slice data) {
    struct amendment amendment = incoming->amendment;
    amendment.kind = kind;
    memcpy(amendment.target, target.data, sizeof amendment.target);
    incoming->amendment.mentions = (struct base_bytes){ 0 };
    base_result result = base_bytes_copy(incoming->core->options.allocator, data, &amendment.data);
    if (result == BASE_OK) {
        result = amend_add(incoming->core, &amendment);
    }
    base_bytes_free(&amendment.data);
    base_bytes_free(&amendment.mentions);
    return result;
}

/* The rights are those of now, as the server takes what is written under the token of its epoch alone. */
static bool may(const struct incoming *incoming, enum policy_can right) {
    const struct account *self = &incoming->core->account;
    const struct contact *from = incoming->from;
    struct group_about about;
    if (group_read_about(incoming->group->mls, &about) != BASE_OK) {
        return false;
    }
    enum about_role role = about_role_of(&about, from == NULL ? self->id : from->id,
                                         base_slice_text(from == NULL ? self->domain : from->domain));
    return (policy_capabilities(&about, role) & (uint32_t)right) != 0;
}

static base_result take_edit(struct incoming *incoming) {
    BASE_ENSURE(may(incoming, CAN_SEND_MESSAGE), WEIBEL_ERR_RIGHT); /* what he has written before is no way around it */
    struct message edited BASE_CLEANUP(message_free) = { .kind = MESSAGE_TEXT };
    BASE_TRY(message_from_content(incoming->core, incoming->bytes, incoming->sender, incoming->room, &edited));
    incoming->amendment.entry = edited.extra != NULL && edited.extra->markdown ? AMEND_MARKDOWN : AMEND_PLAIN;
    memcpy(incoming->amendment.stood.stream, incoming->group->id, sizeof incoming->amendment.stood.stream);
    incoming->amendment.stood.entry = incoming->entry->number;
    BASE_TRY(amend_set_mentions(incoming->core, &edited, &incoming->amendment));
    return add(incoming, AMEND_EDIT, incoming->content->replaces, base_borrow(&edited.text));
}

static base_result read_place(struct base_reader *reader, struct stood *out) {
    struct base_slice stream;
    BASE_TRY(cbor_read_bytes(reader, &stream));
    BASE_ENSURE(stream.len == sizeof out->stream, BASE_ERR_VALUE);
    memcpy(out->stream, stream.data, sizeof out->stream);
    return cbor_read_uint(reader, UINT64_MAX, &out->entry);
}

/* Which entries of the streams went with the message: a gap that is explained is none. */
static void take_erased(struct incoming *incoming, struct base_writer *out) {
    struct base_reader reader = base_reader(content_extension(incoming->content, CONTENT_ERASED));
    struct copy_named named;
    uint64_t fields;
    if (cbor_read_array(&reader, &fields) != BASE_OK || fields % 2 != 0 || fields > 2 * MESSAGE_MAX_COPIES) {
        return;
    }
    for (; fields > 0 && read_place(&reader, &named.at) == BASE_OK; fields -= 2) {
        struct group *group = group_find(incoming->core, named.at.stream);
        named.explained = group != NULL && group->chat == incoming->group->chat &&
                          gap_explain_by(incoming->core, group, &incoming->amendment, named.at.entry);
        copy_write_named(out, &named);
    }
}

/* What may have stood before us is missing for us only when that is known. */
static base_result keep_open(const struct incoming *incoming, struct base_slice named) {
    struct base_reader reader = base_reader(named);
    struct amendment deletion = incoming->amendment; /* borrows */
    struct copy_named one;
    memcpy(deletion.target, incoming->content->replaces.data, sizeof deletion.target);
    while (copy_next_named(&reader, &one)) {
        struct group *group = group_find(incoming->core, one.at.stream);
        bool open = group != NULL && group->chat == incoming->group->chat && gap_is_open(group, one.at.entry);
        BASE_TRY(open ? gap_keep(incoming->core, group, &deletion, named) : BASE_OK);
    }
    return BASE_OK;
}

static base_result take_deletion(struct incoming *incoming) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) =
        base_writer(incoming->core->options.allocator, MESSAGE_MAX_COPIES * COPY_NAMED_LEN);
    struct base_bytes named BASE_CLEANUP(base_bytes_free) = { 0 };
    incoming->amendment.moderates = may(incoming, CAN_DELETE_OTHER_MESSAGE);
    take_erased(incoming, &writer);
    BASE_TRY(base_writer_finish(&writer, &named));
    BASE_TRY(keep_open(incoming, base_borrow(&named)));
    return add(incoming, AMEND_DELETE, incoming->content->replaces, base_borrow(&named));
}

static base_result take_unreaction(struct incoming *incoming) {
    memcpy(incoming->amendment.id, incoming->content->replaces.data, sizeof incoming->amendment.id);
    return incoming->content->in_reply_to.len == 0
               ? BASE_OK
               : add(incoming, AMEND_UNREACT, incoming->content->in_reply_to, base_slice(NULL, 0));
}

static base_result take_report(struct incoming *incoming) {
    struct base_reader reports;
    uint64_t count;
    bool own = incoming->amendment.by == 0;
    if (own && incoming->group != chat_writing_group(incoming->group->chat)) {
        return BASE_OK; /* whom it has reached is not sure */
    }
    if (own) {
        report_heard(incoming->core, incoming->group->chat);
    }
    BASE_TRY(content_status_decode(incoming->part.content, &reports, &count));
    for (uint64_t i = 0; i < count; i++) {
        struct base_slice id;
        uint8_t status;
        BASE_TRY(content_status_next(&reports, &id, &status));
        if (status == CONTENT_DELIVERED || status == CONTENT_READ) {
            BASE_TRY(add(incoming, status == CONTENT_READ ? AMEND_READ : AMEND_DELIVERED, id, base_slice(NULL, 0)));
        }
    }
    return BASE_OK;
}

static base_result take_vote(struct incoming *incoming) {
    struct content_vote vote;
    BASE_TRY(content_vote_decode(incoming->part.content, &vote));
    incoming->amendment.entry = vote.chosen;
    return add(incoming, vote.close ? AMEND_CLOSE : AMEND_VOTE, incoming->content->in_reply_to, base_slice(NULL, 0));
}

static base_result take_reaction(struct incoming *incoming) {
    return add(incoming, AMEND_REACT, incoming->content->in_reply_to, incoming->part.content);
}

static base_result take_handed(struct incoming *incoming) {
    return hand_told(incoming->core, incoming->group, incoming->from, incoming->part.content);
}

static base_result take_again(struct incoming *incoming);

typedef base_result (*take_fn)(struct incoming *incoming);

/* What takes it; NULL: it is a message of its own. */
static take_fn taker_of(const struct content *content, const struct content_part *part) {
    const struct {
        const char *type;
        bool about; /* a message, which it names */
        take_fn take;
    } types[] = {
        { content_status_type, false, take_report },
        { content_handed_type, false, take_handed },
        { content_again_type, false, take_again },
        { content_vote_type, true, take_vote },
    };
    if (content->replaces.len > 0) {
        return part->cardinality != CONTENT_NULL_PART  ? take_edit
               : part->disposition == CONTENT_REACTION ? take_unreaction
                                                       : take_deletion;
    }
    if (part->cardinality != CONTENT_SINGLE) {
        return NULL;
    }
    if (part->disposition == CONTENT_REACTION && content->in_reply_to.len > 0 && reaction_valid(part->content)) {
        return take_reaction;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (base_slice_equal(part->type, base_slice_text(types[i].type)) &&
            (!types[i].about || content->in_reply_to.len > 0)) {
            return types[i].take;
        }
    }
    return NULL;
}

static enum amend_repeat repeats(take_fn take) {
    return take == take_deletion || take == take_report || take == take_vote || take == take_unreaction ? AMEND_REPEATS
           : take == take_edit     ? AMEND_REPEATS_EDIT
           : take == take_reaction ? AMEND_REPEATS_REACTION
                                   : AMEND_REPEATS_NEVER;
}

enum amend_repeat amend_content_repeats(struct base_slice bytes, uint8_t about[CONTENT_ID_LEN]) {
    struct content content;
    struct content_part part;
    if (content_decode(bytes, &content) != BASE_OK) {
        return AMEND_REPEATS_NEVER;
    }
    struct base_reader body = base_reader(content.body);
    enum amend_repeat how =
        content_part_read(&body, &part) == BASE_OK ? repeats(taker_of(&content, &part)) : AMEND_REPEATS_NEVER;
    if (how == AMEND_REPEATS_EDIT || how == AMEND_REPEATS_REACTION) {
        memcpy(about, how == AMEND_REPEATS_EDIT ? content.replaces.data : content.in_reply_to.data, CONTENT_ID_LEN);
    }
    return how;
}

static take_fn read_part(struct base_slice bytes, struct content *content, base_result *result) {
    struct content_part part;
    *result = content_decode(bytes, content);
    if (*result != BASE_OK) {
        return NULL;
    }
    struct base_reader body = base_reader(content->body);
    *result = content_part_read(&body, &part);
    return *result == BASE_OK ? taker_of(content, &part) : NULL;
}

bool amend_content_says_again(struct base_slice bytes, const char *sender, const char *room,
                              uint8_t id[CONTENT_ID_LEN]) {
    struct content content;
    struct content_part part;
    struct content_again again = { .content = bytes };
    base_result result;
    take_fn take = read_part(bytes, &content, &result);
    if (take == take_again) {
        struct base_reader body = base_reader(content.body);
        if (content_part_read(&body, &part) != BASE_OK || content_again_decode(part.content, &again) != BASE_OK) {
            return false;
        }
        take = read_part(again.content, &content, &result);
        if (result == BASE_OK && take == NULL) {
            content_id(base_slice_text(sender), base_slice_text(room), again.content, content.salt, id);
            return true;
        }
    }
    if (take == take_edit) {
        memcpy(id, content.replaces.data, CONTENT_ID_LEN);
    }
    return take == take_edit;
}

/* What has come, and what follows from that for its amendments. */
static void name(struct incoming *incoming, const struct content *content, struct base_slice bytes) {
    incoming->content = content;
    incoming->bytes = bytes;
    incoming->amendment.at = message_time(incoming->core, content);
    content_id(base_slice_text(incoming->sender), base_slice_text(incoming->room), bytes, content->salt,
               incoming->amendment.id);
}

/* What was missing and is no message: as if it came by itself. */
static base_result take_change_again(const struct incoming *incoming, const struct content_again *again,
                                     const struct content *content, const struct content_part *part, take_fn take) {
    struct incoming inner = *incoming;
    bool fills;
    BASE_ENSURE(repeats(take) != AMEND_REPEATS_NEVER, BASE_ERR_VALUE);
    BASE_TRY(missed_fill(inner.core, inner.group, inner.leaf, inner.from, again, &fills));
    if (!fills) {
        return BASE_OK;
    }
    inner.part = *part;
    name(&inner, content, again->content);
    return take(&inner);
}

/* Only a message, or what is missing, can come again. Its id is that of its content, by whoever sends it now. */
static base_result take_again(struct incoming *incoming) {
    struct content_again again;
    struct content content;
    struct content_part part;
    const struct contact *from = incoming->from;
    struct message message BASE_CLEANUP(message_free) = {
        .own = from == NULL,
        .from = from == NULL ? 0 : from->number,
        .group = incoming->group->number,
        .entry = incoming->entry->number,
    };
    BASE_TRY(content_again_decode(incoming->part.content, &again));
    if (again.sequence != 0) {
        missed_came_again(incoming->core, incoming->group);
    }
    BASE_TRY(content_decode(again.content, &content));
    struct base_reader body = base_reader(content.body);
    BASE_TRY(content_part_read(&body, &part));
    take_fn take = taker_of(&content, &part);
    if (again.sequence != 0 && take != NULL) {
        return take_change_again(incoming, &again, &content, &part, take);
    }
    BASE_ENSURE(take == NULL, BASE_ERR_VALUE);
    BASE_TRY(message_from_content(incoming->core, again.content, incoming->sender, incoming->room, &message));
    if (message.own) {
        memcpy(message.nonce, incoming->entry->nonce, sizeof message.nonce);
        BASE_TRY(receipt_audience(incoming->core, incoming->group, &message.audience));
    }
    if (again.sequence != 0) {
        BASE_ENSURE(may(incoming, CAN_SEND_MESSAGE), WEIBEL_ERR_RIGHT);
        return missed_take(incoming->core, incoming->group, incoming->leaf, from, &again, &message);
    }
    return again_take(incoming->core, incoming->group->chat, &again, &message);
}

base_result amend_received(struct weibel_core *core, struct group *group, const struct contact *from, uint32_t leaf,
                           const struct wire_entry *entry, struct base_slice bytes, const char *sender,
                           const char *room, bool *control) {
    struct content content;
    *control = false;
    BASE_TRY(content_decode(bytes, &content));
    struct incoming incoming = {
        .core = core,
        .group = group,
        .from = from,
        .leaf = leaf,
        .entry = entry,
        .sender = sender,
        .room = room,
        .amendment = { .durable = true, .chat = group->chat->number, .by = from == NULL ? 0 : from->number },
    };
    struct base_reader body = base_reader(content.body);
    BASE_TRY(content_part_read(&body, &incoming.part));
    name(&incoming, &content, bytes);
    take_fn take = taker_of(&content, &incoming.part);
    *control = take != NULL;
    BASE_TRY(*control ? take(&incoming) : BASE_OK);
    return copy_note(core, group, from, bytes, entry->number, from == NULL ? entry->nonce : NULL, false);
}
