/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reactions.
 */
#include "reaction.h"

#include "contact.h"
#include "field.h"
#include "json.h"

enum { JOINER = 0x200d, FIRST_SYMBOL = 0x2190 /* no letter that a joiner may bring along */ };

bool reaction_valid(struct base_slice emoji) {
    return emoji.len > 0 && emoji.len <= MESSAGE_MAX_REACTION && wire_text_valid(emoji);
}

/* A character of text that is UTF-8, and where the next one begins. */
static uint32_t next_character(struct base_slice text, size_t *at) {
    uint8_t first = text.data[(*at)++];
    uint32_t character = first < 0x80   ? first
                         : first < 0xe0 ? first & 0x1fu
                         : first < 0xf0 ? first & 0x0fu
                                        : first & 7u;
    while (*at < text.len && (text.data[*at] & 0xc0) == 0x80) {
        character = character << 6 | (text.data[(*at)++] & 0x3fu);
    }
    return character;
}

static bool is_between(uint32_t character, const uint32_t (*ranges)[2], size_t count) {
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        found = found || (character >= ranges[i][0] && character <= ranges[i][1]);
    }
    return found;
}

/* What belongs to the character before it: marks, forms, skin tones, the letters of a region's flag. */
static bool is_mark(uint32_t character) {
    static const uint32_t ranges[][2] = {
        { 0x0300, 0x036f }, { 0x20d0, 0x20f0 },   { 0xfe00, 0xfe0f },
        { JOINER, JOINER }, { 0x1f3fb, 0x1f3ff }, { 0xe0020, 0xe007f },
    };
    return is_between(character, ranges, sizeof ranges / sizeof *ranges);
}

/* Spaces, and what says only how others are to be shown. */
static bool is_unseen(uint32_t character) {
    static const uint32_t ranges[][2] = {
        { 0x20, 0x20 },     { 0xa0, 0xa0 },     { 0xad, 0xad },     { 0x2000, 0x200f }, { 0x2028, 0x202f },
        { 0x205f, 0x206f }, { 0x3000, 0x3000 }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
    };
    return is_between(character, ranges, sizeof ranges / sizeof *ranges);
}

static bool is_flag_letter(uint32_t character) {
    return character >= 0x1f1e6 && character <= 0x1f1ff;
}

bool reaction_is_one(struct base_slice emoji) {
    size_t at = 0;
    if (!reaction_valid(emoji)) {
        return false;
    }
    uint32_t before = next_character(emoji, &at);
    bool flag = is_flag_letter(before);
    bool one = !is_unseen(before);
    while (one && at < emoji.len) {
        uint32_t character = next_character(emoji, &at);
        bool second = flag && is_flag_letter(character);
        bool joined = before == JOINER && character >= FIRST_SYMBOL;
        one = is_mark(character) || second || joined;
        flag = false;
        before = character;
    }
    return one && before != JOINER;
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
