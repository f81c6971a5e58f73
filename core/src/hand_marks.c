/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What others have done with a message that is handed on: reactions and votes, which are no more than what is said of
 * them either.
 */
#include <string.h>

#include "account.h"
#include "contact.h"
#include "field.h"
#include "hand.h"
#include "reaction.h"
#include "sync.h"
#include "vote.h"

struct mark {
    struct base_slice who, id, emoji; /* reaction */
    uint64_t at, tie;                 /* vote */
    uint32_t chosen;
};

/* ---- as who hands them on ---- */

/* False: nobody knows who that is, or there is no more room. */
static bool begin(const struct weibel_core *core, struct base_writer *writer, uint64_t from) {
    const struct contact *contact = contact_at(core, from);
    const struct account *self = &core->account;
    uint8_t name[SYNC_MAX_ACCOUNT_NAME];
    if ((from != 0 && contact == NULL) || base_writer_view(writer).len > HAND_MAX_MARKS - HAND_MAX_MARK) {
        return false;
    }
    size_t len = from == 0 ? sync_account_name(self->id, self->domain, name)
                           : sync_account_name(contact->id, contact->domain, name);
    base_write_opaque(writer, base_slice(name, len));
    return true;
}

base_result hand_marks_gather(const struct weibel_core *core, const struct message *message,
                              struct base_bytes *reactions, struct base_bytes *votes) {
    struct base_writer first BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, HAND_MAX_MARKS);
    struct base_writer second BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, HAND_MAX_MARKS);
    for (uint32_t i = 0; i < message->reaction_count; i++) {
        const struct reaction *reaction = &message->reactions[i];
        if (begin(core, &first, reaction->from)) {
            field_write_array(&first, reaction->id, sizeof reaction->id);
            field_write_text(&first, reaction->emoji);
        }
    }
    for (uint32_t i = 0; i < message->vote_count; i++) {
        const struct vote *vote = &message->votes[i];
        if (begin(core, &second, vote->from)) {
            base_write_u64(&second, vote->at);
            base_write_u64(&second, vote->tie);
            base_write_u32(&second, vote->chosen);
        }
    }
    BASE_TRY(base_writer_finish(&first, reactions));
    return base_writer_finish(&second, votes);
}

/* ---- as a new member takes them ---- */

static base_result read_reaction(struct base_reader *reader, struct mark *out) {
    BASE_TRY(base_read_opaque_max(reader, SYNC_MAX_ACCOUNT_NAME, &out->who));
    BASE_TRY(base_read_slice(reader, CONTENT_ID_LEN, &out->id));
    BASE_TRY(base_read_opaque_max(reader, MESSAGE_MAX_REACTION, &out->emoji));
    return reaction_valid(out->emoji) ? BASE_OK : &BASE_ERR_VALUE;
}

static base_result read_vote(struct base_reader *reader, struct mark *out) {
    BASE_TRY(base_read_opaque_max(reader, SYNC_MAX_ACCOUNT_NAME, &out->who));
    BASE_TRY(base_read_u64(reader, &out->at));
    BASE_TRY(base_read_u64(reader, &out->tie));
    return base_read_u32(reader, &out->chosen);
}

base_result hand_marks_check(const struct hand_item *item) {
    struct base_reader reactions = base_reader(item->reactions), votes = base_reader(item->votes);
    struct mark mark;
    while (reactions.left > 0) {
        BASE_TRY(read_reaction(&reactions, &mark));
    }
    while (votes.left > 0) {
        BASE_TRY(read_vote(&votes, &mark));
    }
    return BASE_OK;
}

base_result hand_marks_file(struct weibel_core *core, struct hand *hand, const struct hand_item *item,
                            struct message *message) {
    struct base_reader reactions = base_reader(item->reactions), votes = base_reader(item->votes);
    struct contact *from;
    struct mark mark;
    bool changed;
    while (reactions.left > 0 && message->reaction_count < MESSAGE_MAX_REACTIONS) {
        BASE_TRY(read_reaction(&reactions, &mark));
        BASE_TRY(hand_person(core, hand, mark.who, &from));
        if (from != NULL) {
            BASE_TRY(reaction_add(core, message, from->number, mark.id.data, mark.emoji, &changed));
        }
    }
    while (votes.left > 0 && message->vote_count < MESSAGE_MAX_VOTES && vote_is_poll(message)) {
        BASE_TRY(read_vote(&votes, &mark));
        BASE_TRY(hand_person(core, hand, mark.who, &from));
        if (from != NULL) {
            BASE_TRY(vote_add(core, message, from->number, mark.chosen, mark.at, mark.tie, &changed));
        }
    }
    for (uint32_t i = 0; i < message->reaction_count; i++) {
        message->reactions[i].handed = true;
    }
    for (uint32_t i = 0; i < message->vote_count; i++) {
        message->votes[i].handed = true;
    }
    message->closed_at = vote_is_poll(message) ? item->closed_at : 0;
    message->close_handed = message->closed_at != 0;
    return BASE_OK;
}
