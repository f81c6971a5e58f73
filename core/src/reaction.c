/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reactions.
 */
#include "reaction.h"

#include "contact.h"
#include "field.h"
#include "json.h"

bool reaction_valid(struct base_slice emoji) {
    return emoji.len > 0 && emoji.len <= MESSAGE_MAX_REACTION && wire_text_valid(emoji);
}

struct room {
    size_t own, all;
    uint32_t own_handed, any_handed; /* one of those that are only said; `reaction_count`: there is none */
};

static struct room look(const struct message *message, uint64_t from) {
    struct room room = { 0, message->reaction_count, message->reaction_count, message->reaction_count };
    for (uint32_t i = 0; i < message->reaction_count; i++) {
        bool own = message->reactions[i].from == from;
        room.own += own ? 1 : 0;
        room.own_handed = own && message->reactions[i].handed ? i : room.own_handed;
        room.any_handed = message->reactions[i].handed ? i : room.any_handed;
    }
    return room;
}

bool reaction_fits(const struct message *message, uint64_t from) {
    struct room room = look(message, from);
    return (room.own < MESSAGE_MAX_OWN_REACTIONS || room.own_handed < message->reaction_count) &&
           (room.all < MESSAGE_MAX_REACTIONS || room.any_handed < message->reaction_count);
}

static void drop_at(struct message *message, uint32_t index) {
    struct reaction *found = &message->reactions[index];
    message->reaction_count--;
    memmove(found, found + 1, (message->reaction_count - index) * sizeof *found);
}

/* What is only said of others makes room for what they say themselves. */
static void make_room(struct message *message, uint64_t from) {
    struct room room = look(message, from);
    if (room.own >= MESSAGE_MAX_OWN_REACTIONS) {
        drop_at(message, room.own_handed);
    } else if (room.all >= MESSAGE_MAX_REACTIONS) {
        drop_at(message, room.any_handed);
    }
}

base_result reaction_add(struct weibel_core *core, struct message *message, uint64_t from,
                         const uint8_t id[CONTENT_ID_LEN], struct base_slice emoji, bool *changed) {
    *changed = false;
    for (uint32_t i = 0; i < message->reaction_count; i++) {
        struct reaction *known = &message->reactions[i];
        if (memcmp(known->id, id, CONTENT_ID_LEN) != 0) {
            continue;
        }
        if (known->handed) { /* now it is its author's own word */
            known->handed = false;
            known->from = from;
            field_set_text(known->emoji, sizeof known->emoji, emoji);
            *changed = true;
        }
        return BASE_OK;
    }
    if (!reaction_fits(message, from)) {
        return BASE_OK;
    }
    make_room(message, from);
    size_t count = message->reaction_count + (size_t)1;
    struct reaction *reactions = message->reactions == NULL
                                     ? (struct reaction *)base_take(core->options.allocator, count, sizeof *reactions)
                                     : (struct reaction *)base_retake(message->reactions, count, sizeof *reactions);
    BASE_ENSURE(reactions != NULL, BASE_ERR_NO_MEMORY);
    message->reactions = reactions;
    struct reaction *added = &reactions[message->reaction_count++];
    *added = (struct reaction){ .from = from };
    memcpy(added->id, id, sizeof added->id);
    field_set_text(added->emoji, sizeof added->emoji, emoji);
    *changed = true;
    return BASE_OK;
}

bool reaction_remove(struct message *message, uint64_t from, const uint8_t id[CONTENT_ID_LEN]) {
    for (uint32_t i = 0; i < message->reaction_count; i++) {
        const struct reaction *found = &message->reactions[i];
        if (found->from == from && memcmp(found->id, id, sizeof found->id) == 0) {
            drop_at(message, i);
            return true;
        }
    }
    return false;
}

const struct reaction *reaction_find(const struct message *message, uint64_t from, struct base_slice emoji) {
    for (uint32_t i = 0; i < message->reaction_count; i++) {
        const struct reaction *reaction = &message->reactions[i];
        if (reaction->from == from && base_slice_equal(base_slice_text(reaction->emoji), emoji)) {
            return reaction;
        }
    }
    return NULL;
}

void reaction_write(struct base_writer *writer, const struct message *message) {
    base_write_u32(writer, message->reaction_count);
    for (uint32_t i = 0; i < message->reaction_count; i++) {
        const struct reaction *reaction = &message->reactions[i];
        base_write_u64(writer, reaction->from);
        field_write_array(writer, reaction->id, sizeof reaction->id);
        field_write_bool(writer, reaction->handed);
        field_write_text(writer, reaction->emoji);
    }
}

base_result reaction_read(const struct weibel_core *core, struct base_reader *reader, struct message *out) {
    uint32_t count;
    BASE_TRY(base_read_u32(reader, &count));
    BASE_ENSURE(count <= MESSAGE_MAX_REACTIONS, BASE_ERR_VALUE);
    if (count == 0) {
        return BASE_OK;
    }
    out->reactions = (struct reaction *)base_take(core->options.allocator, count, sizeof *out->reactions);
    BASE_ENSURE(out->reactions != NULL, BASE_ERR_NO_MEMORY);
    for (; out->reaction_count < count; out->reaction_count++) {
        struct reaction *reaction = &out->reactions[out->reaction_count];
        BASE_TRY(base_read_u64(reader, &reaction->from));
        BASE_TRY(base_read_copy(reader, reaction->id, sizeof reaction->id));
        BASE_TRY(field_read_bool(reader, &reaction->handed));
        BASE_TRY(field_read_text(reader, reaction->emoji, sizeof reaction->emoji));
    }
    return BASE_OK;
}

/* The first one with this emoji, and of this person among those with it. */
static bool is_first(const struct message *message, uint32_t index, bool of_person) {
    const struct reaction *reaction = &message->reactions[index];
    for (uint32_t i = 0; i < index; i++) {
        const struct reaction *other = &message->reactions[i];
        if (strcmp(other->emoji, reaction->emoji) == 0 && (!of_person || other->from == reaction->from)) {
            return false;
        }
    }
    return true;
}

/* Whose they are; `handed`: only those of whom it is said. */
static void write_people(const struct weibel_core *core, struct base_writer *writer, const struct message *message,
                         uint32_t first, bool handed) {
    char text[WIRE_MAX_ADDRESS + 1];
    json_array(writer);
    for (uint32_t i = first; i < message->reaction_count; i++) {
        const struct reaction *reaction = &message->reactions[i];
        if (strcmp(reaction->emoji, message->reactions[first].emoji) == 0 && is_first(message, i, true) &&
            (reaction->handed || !handed)) {
            contact_number_text(core, reaction->from, text);
            json_string(writer, text);
        }
    }
    json_array_end(writer);
}

static void write_group(const struct weibel_core *core, struct base_writer *writer, const struct message *message,
                        uint32_t first) {
    struct base_slice emoji = base_slice_text(message->reactions[first].emoji);
    bool handed = false;
    for (uint32_t i = first; i < message->reaction_count; i++) {
        handed = handed || message->reactions[i].handed;
    }
    json_object(writer);
    json_put_text(writer, "emoji", emoji);
    json_name(writer, "from");
    write_people(core, writer, message, first, false);
    if (handed) {
        json_name(writer, "handed");
        write_people(core, writer, message, first, true);
    }
    json_put_bool(writer, "own", reaction_find(message, 0, emoji) != NULL);
    json_object_end(writer);
}

void reaction_json(const struct weibel_core *core, struct base_writer *writer, const struct message *message) {
    if (message->reaction_count == 0) {
        return;
    }
    json_name(writer, "reactions");
    json_array(writer);
    for (uint32_t i = 0; i < message->reaction_count; i++) {
        if (is_first(message, i, false)) {
            write_group(core, writer, message, i);
        }
    }
    json_array_end(writer);
}
