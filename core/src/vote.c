/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Votes.
 */
#include "vote.h"

#include "contact.h"
#include "content/poll.h"
#include "extra.h"
#include "field.h"
#include "json.h"

bool vote_is_poll(const struct message *message) {
    return message->extra != NULL && message->extra->poll.len > 0;
}

bool vote_fits(const struct message *message, uint32_t chosen) {
    struct content_poll poll;
    if (!vote_is_poll(message) || content_poll_decode(base_borrow(&message->extra->poll), &poll) != BASE_OK) {
        return false;
    }
    bool several = (chosen & (chosen - 1)) != 0;
    return chosen >> poll.count == 0 && (poll.multiple || !several);
}

/* Of two at the same moment, one and the same counts for everybody. */
uint64_t vote_tie(const uint8_t id[CONTENT_ID_LEN]) {
    uint64_t tie = 0;
    for (size_t i = 1; i <= sizeof tie; i++) {
        tie = tie << 8 | id[i];
    }
    return tie;
}

static base_result find(struct weibel_core *core, struct message *message, uint64_t from, struct vote **out) {
    *out = NULL;
    for (uint32_t i = 0; i < message->vote_count; i++) {
        if (message->votes[i].from == from) {
            *out = &message->votes[i];
            return BASE_OK;
        }
    }
    if (message->vote_count >= MESSAGE_MAX_VOTES) {
        return BASE_OK;
    }
    size_t count = message->vote_count + (size_t)1;
    struct vote *votes = message->votes == NULL
                             ? (struct vote *)base_take(core->options.allocator, count, sizeof *votes)
                             : (struct vote *)base_retake(message->votes, count, sizeof *votes);
    BASE_ENSURE(votes != NULL, BASE_ERR_NO_MEMORY);
    message->votes = votes;
    *out = &votes[message->vote_count++];
    **out = (struct vote){ .from = from };
    return BASE_OK;
}

base_result vote_add(struct weibel_core *core, struct message *message, uint64_t from, uint32_t chosen, uint64_t at,
                     uint64_t tie, bool *changed) {
    struct vote *vote;
    *changed = false;
    if (!vote_fits(message, chosen)) {
        return BASE_OK;
    }
    BASE_TRY(find(core, message, from, &vote));
    if (vote == NULL || (!vote->handed && (at < vote->at || (at == vote->at && tie <= vote->tie)))) {
        return BASE_OK;
    }
    vote->at = at;
    vote->tie = tie;
    vote->chosen = chosen;
    vote->handed = false;
    *changed = true;
    return BASE_OK;
}

bool vote_close(struct message *message, uint64_t at) {
    if (!vote_is_poll(message) || (message->closed_at != 0 && !message->close_handed && message->closed_at <= at)) {
        return false;
    }
    message->closed_at = at;
    message->close_handed = false;
    return true;
}

static bool counts(const struct message *message, const struct vote *vote) {
    bool only_said = message->close_handed && !vote->handed;
    return message->closed_at == 0 || only_said || vote->at <= message->closed_at;
}

void vote_write(struct base_writer *writer, const struct message *message) {
    base_write_u64(writer, message->closed_at);
    field_write_bool(writer, message->close_handed);
    base_write_u32(writer, message->vote_count);
    for (uint32_t i = 0; i < message->vote_count; i++) {
        const struct vote *vote = &message->votes[i];
        base_write_u64(writer, vote->from);
        base_write_u64(writer, vote->at);
        base_write_u64(writer, vote->tie);
        base_write_u32(writer, vote->chosen);
        field_write_bool(writer, vote->handed);
    }
}

base_result vote_read(const struct weibel_core *core, struct base_reader *reader, struct message *out) {
    uint32_t votes;
    BASE_TRY(base_read_u64(reader, &out->closed_at));
    BASE_TRY(field_read_bool(reader, &out->close_handed));
    BASE_TRY(base_read_u32(reader, &votes));
    BASE_ENSURE(votes <= MESSAGE_MAX_VOTES, BASE_ERR_VALUE);
    if (votes == 0) {
        return BASE_OK;
    }
    out->votes = (struct vote *)base_take(core->options.allocator, votes, sizeof *out->votes);
    BASE_ENSURE(out->votes != NULL, BASE_ERR_NO_MEMORY);
    for (; out->vote_count < votes; out->vote_count++) {
        struct vote *vote = &out->votes[out->vote_count];
        BASE_TRY(base_read_u64(reader, &vote->from));
        BASE_TRY(base_read_u64(reader, &vote->at));
        BASE_TRY(base_read_u64(reader, &vote->tie));
        BASE_TRY(base_read_u32(reader, &vote->chosen));
        BASE_TRY(field_read_bool(reader, &vote->handed));
    }
    return BASE_OK;
}

static bool has_chosen(const struct message *message, const struct vote *vote, uint32_t option) {
    return counts(message, vote) && (vote->chosen >> option & 1) != 0;
}

/* Who has chosen it; `handed`: only those of whom it is said. */
static void write_people(const struct weibel_core *core, struct base_writer *writer, const struct message *message,
                         uint32_t option, bool handed) {
    json_array(writer);
    for (uint32_t i = 0; i < message->vote_count; i++) {
        const struct vote *vote = &message->votes[i];
        if (has_chosen(message, vote, option) && (vote->handed || !handed)) {
            char text[WIRE_MAX_ADDRESS + 1];
            contact_number_text(core, vote->from, text);
            json_string(writer, text);
        }
    }
    json_array_end(writer);
}

void vote_json(const struct weibel_core *core, struct base_writer *writer, const struct message *message,
               uint32_t option) {
    uint64_t count = 0;
    bool own = false, handed = false;
    for (uint32_t i = 0; i < message->vote_count; i++) {
        const struct vote *vote = &message->votes[i];
        bool chosen = has_chosen(message, vote, option);
        count += chosen ? 1 : 0;
        own = own || (chosen && vote->from == 0);
        handed = handed || (chosen && vote->handed);
    }
    json_name(writer, "from");
    write_people(core, writer, message, option, false);
    if (handed) {
        json_name(writer, "handed");
        write_people(core, writer, message, option, true);
    }
    json_put_number(writer, "votes", count);
    json_put_bool(writer, "own", own);
}
