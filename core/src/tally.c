/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Counting. Where it is not known exactly, less is missed, never more: what the server had taken of a writer when he
 * wrote stands before it in the stream, but not all that stands there had been acknowledged to him.
 */
#include "tally.h"

#include <inttypes.h>
#include <string.h>

#include "chat.h"
#include "contact.h"
#include "field.h"
#include "gap.h"
#include "group.h"
#include "missed.h"
#include "post.h"

enum { VERSION = 3, MAX_RECORD = 96, WINDOW = 64 };

void tally_write(struct base_writer *writer, const struct group_tally *tally) {
    base_write_u64(writer, tally->since);
    base_write_u32(writer, tally->written);
    base_write_u64(writer, tally->last);
    base_write_u64(writer, tally->unread);
    base_write_u64(writer, tally->unread_before);
    base_write_u64(writer, tally->ahead);
    base_write_u64(writer, tally->unnamed);
    base_write_u64(writer, tally->notice);
    base_write_u32(writer, tally->sequence);
    base_write_u64(writer, tally->spent);
}

base_result tally_read(struct base_reader *reader, struct group_tally *tally) {
    BASE_TRY(base_read_u64(reader, &tally->since));
    BASE_TRY(base_read_u32(reader, &tally->written));
    BASE_TRY(base_read_u64(reader, &tally->last));
    BASE_TRY(base_read_u64(reader, &tally->unread));
    BASE_TRY(base_read_u64(reader, &tally->unread_before));
    BASE_TRY(base_read_u64(reader, &tally->ahead));
    BASE_TRY(base_read_u64(reader, &tally->unnamed));
    BASE_TRY(base_read_u64(reader, &tally->notice));
    BASE_TRY(base_read_u32(reader, &tally->sequence));
    return base_read_u64(reader, &tally->spent);
}

/* ---- of ours ---- */

base_result tally_add(struct weibel_core *core, struct group *group, struct base_slice content,
                      struct base_bytes *out) {
    group->tally.sequence++;
    group->tally.spent <<= 1;
    group->dirty = true;
    struct base_writer writer BASE_CLEANUP(base_writer_free) =
        base_writer(core->options.allocator, TALLY_LEN + content.len);
    base_write_u64(&writer, group->tally.since);
    base_write_u32(&writer, group->tally.written);
    base_write_u32(&writer, (uint32_t)group->position);
    base_write_u32(&writer, group->tally.sequence);
    base_write_slice(&writer, content);
    return base_writer_finish(&writer, out);
}

/* What is read was mostly acknowledged before, and a record in the outbox outlives that: the numbers rise. */
void tally_sent(struct group *group, uint64_t entry) {
    if (entry > group->tally.last && entry > group->first) {
        group->tally.written++;
        group->tally.last = entry;
        group->dirty = true;
    }
}

/* ---- what explains that something is missing ---- */

void tally_unread(struct group *group, uint64_t count) {
    group->tally.unread += count;
    group->dirty = true;
}

void tally_begin(struct group *group) {
    tally_unread(group, TALLY_MAX_MISSING);
}

void tally_epoch(struct group *group) {
    group->tally.unread_before = group->tally.unread;
}

/* ---- of others ---- */

static struct tally *at(const struct group *group, size_t index) {
    return (struct tally *)group->tally.of.items[index];
}

/* Sorted by leaf: where this one is, or belongs. */
static size_t place_of(const struct group *group, uint32_t leaf) {
    size_t first = 0, end = group->tally.of.count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (at(group, middle)->leaf < leaf) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

static base_result get(struct weibel_core *core, struct group *group, uint32_t leaf, struct tally **out) {
    struct list *all = &group->tally.of;
    size_t place = place_of(group, leaf);
    if (place < all->count && at(group, place)->leaf == leaf) {
        *out = at(group, place);
        return BASE_OK;
    }
    struct tally *tally = (struct tally *)base_take(core->options.allocator, 1, sizeof *tally);
    BASE_ENSURE(tally != NULL, BASE_ERR_NO_MEMORY);
    *tally = (struct tally){ .leaf = leaf, .since = UINT64_MAX };
    base_result result = list_add(all, core->options.allocator, tally);
    if (result != BASE_OK) {
        base_free(tally);
        return result;
    }
    memmove(&all->items[place + 1], &all->items[place], (all->count - 1 - place) * sizeof *all->items);
    all->items[place] = tally;
    *out = tally;
    return BASE_OK;
}

static base_result save(struct weibel_core *core, const struct group *group, const struct tally *tally) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    base_write_u8(&writer, VERSION);
    base_write_u64(&writer, tally->since);
    base_write_u64(&writer, tally->count);
    base_write_u64(&writer, tally->unread);
    base_write_u32(&writer, tally->last);
    base_write_u64(&writer, tally->seen);
    base_write_u64(&writer, tally->again);
    base_write_u64(&writer, tally->missing);
    base_write_u32(&writer, tally->missed.end);
    base_write_u64(&writer, tally->missed.open);
    base_write_u64(&writer, tally->notice);
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_pair(KEY_TALLY, group->number, tally->leaf), base_borrow(&record));
}

base_result tally_load(struct weibel_core *core, uint64_t number, uint64_t leaf, struct base_slice value) {
    struct group *group = group_at(core, number);
    if (group == NULL) {
        return out_remove(&core->out, key_pair(KEY_TALLY, number, leaf)); /* the group's own record was damaged */
    }
    BASE_ENSURE(leaf <= UINT32_MAX, BASE_ERR_VALUE);
    struct tally *tally;
    BASE_TRY(get(core, group, (uint32_t)leaf, &tally));
    struct base_reader reader = base_reader(value);
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(base_read_u64(&reader, &tally->since));
    BASE_TRY(base_read_u64(&reader, &tally->count));
    BASE_TRY(base_read_u64(&reader, &tally->unread));
    BASE_TRY(base_read_u32(&reader, &tally->last));
    BASE_TRY(base_read_u64(&reader, &tally->seen));
    BASE_TRY(base_read_u64(&reader, &tally->again));
    BASE_TRY(base_read_u64(&reader, &tally->missing));
    BASE_TRY(base_read_u32(&reader, &tally->missed.end));
    BASE_TRY(base_read_u64(&reader, &tally->missed.open));
    BASE_TRY(base_read_u64(&reader, &tally->notice));
    return base_read_end(&reader);
}

base_result tally_forget(struct weibel_core *core, const struct group *group) {
    for (size_t i = 0; i < group->tally.of.count; i++) {
        BASE_TRY(out_remove(&core->out, key_pair(KEY_TALLY, group->number, at(group, i)->leaf)));
    }
    return BASE_OK;
}

/* ---- who comes and goes ---- */

static base_result drop(struct weibel_core *core, struct group *group, uint32_t leaf) {
    size_t place = place_of(group, leaf);
    if (place >= group->tally.of.count || at(group, place)->leaf != leaf) {
        return BASE_OK;
    }
    base_free(list_take(&group->tally.of, place));
    return out_remove(&core->out, key_pair(KEY_TALLY, group->number, leaf));
}

/* Who comes in must not get what was written before: nor what waits to be sent again. */
base_result tally_committed(struct weibel_core *core, struct group *group, const struct mls_staged *staged) {
    bool added = false;
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        added = added || change.kind == MLS_CHANGE_ADDED;
        BASE_TRY(change.kind == MLS_CHANGE_REMOVED ? drop(core, group, change.leaf) : BASE_OK);
    }
    if (!added) {
        return BASE_OK;
    }
    group->tally.spent = UINT64_MAX;
    list_free(&group->tally.kept, missed_free);
    group->dirty = true;
    return post_drop_again(core, group->chat);
}

bool tally_has_heard(const struct group *group, uint32_t leaf) {
    size_t place = place_of(group, leaf);
    return place < group->tally.of.count && at(group, place)->leaf == leaf && at(group, place)->since != UINT64_MAX;
}

/* ---- which were read ---- */

bool tally_is_open(const struct missing *missing, uint32_t sequence) {
    return sequence > 0 && sequence < missing->end && missing->end - 1 - sequence < WINDOW &&
           (missing->open >> (missing->end - 1 - sequence) & 1) != 0;
}

static void close_number(struct missing *missing, uint32_t sequence) {
    if (tally_is_open(missing, sequence)) {
        missing->open &= ~((uint64_t)1 << (missing->end - 1 - sequence));
    }
}

/* It is the highest one from now on. */
static void see(struct tally *tally, uint32_t sequence) {
    uint32_t more = sequence - tally->last;
    tally->seen = (more < WINDOW ? tally->seen << more : 0) | 1;
    tally->again = more < WINDOW ? tally->again << more : 0;
    tally->last = sequence;
}

static uint64_t bit_of(const struct tally *tally, uint32_t sequence) {
    uint32_t ago = tally->last - sequence;
    return ago < WINDOW ? (uint64_t)1 << ago : 0;
}

static void see_late(struct tally *tally, uint32_t sequence) {
    tally->seen |= bit_of(tally, sequence);
    close_number(&tally->missed, sequence);
}

/* ---- what is said ---- */

/* It stands before what is read at the moment. */
static base_result say(struct weibel_core *core, const struct group *group, const struct contact *from,
                       uint64_t missing) {
    const struct stood last = gap_place(group, group->position);
    struct chat *chat = group->chat;
    if (from == NULL) {
        return chat_notice_gap(core, chat, 0, &last,
                               missing == 1
                                   ? "A message, or a change to one, is missing here: the server has not delivered it"
                                   : "%" PRIu64 " messages, or changes to some, are missing here: the server has not "
                                     "delivered them",
                               missing);
    }
    char id[WIRE_MAX_ADDRESS + 1];
    contact_text(core, from, id);
    return missing == 1
               ? chat_notice_gap(core, chat, from->number, &last,
                                 "A message of %s, or a change to one, is missing here: the server has not "
                                 "delivered it",
                                 id)
               : chat_notice_gap(core, chat, from->number, &last,
                                 "%" PRIu64 " messages of %s, or changes to some, are missing here: the server "
                                 "has not delivered them",
                                 missing, id);
}

/* Says how many are missing, in the place of what was said before. */
static base_result say_instead(struct weibel_core *core, const struct group *group, const struct contact *from,
                               uint64_t missing, uint64_t *notice) {
    const struct chat *chat = group->chat;
    if (*notice != 0) {
        BASE_TRY(message_remove(core, &(struct message){ .chat = chat->number, .number = *notice }));
    }
    *notice = 0;
    if (missing > 0) {
        BASE_TRY(say(core, group, from, missing));
        *notice = chat->next_message;
    }
    return BASE_OK;
}

/* Whose they are has come out of some of which that was not known. */
static base_result attribute(struct weibel_core *core, struct group *group, uint64_t missing) {
    struct group_tally *all = &group->tally;
    uint64_t known = missing < all->unnamed ? missing : all->unnamed;
    all->ahead += missing - known;
    if (known == 0) {
        return BASE_OK;
    }
    all->unnamed -= known;
    return say_instead(core, group, NULL, all->unnamed, &all->notice);
}

static base_result miss(struct weibel_core *core, struct group *group, struct tally *tally, const struct contact *from,
                        bool heard, uint64_t missing) {
    group->dirty = true;
    tally->missing += missing; /* what was missed before may still come: one notice is for all */
    tally->missed = (struct missing){ tally->last, ~(tally->seen >> 1) & UINT64_MAX >> 1 };
    tally->asked = 0;
    BASE_TRY(attribute(core, group, missing));
    return heard ? say_instead(core, group, from, tally->missing, &tally->notice) : BASE_OK;
}

/* How many of the writer's own are missing before this one. */
static uint64_t count_missing(const struct group *group, struct tally *tally, uint64_t written) {
    uint64_t missing = written > tally->count ? written - tally->count : 0;
    uint64_t room = group->tally.unread - tally->unread;
    uint64_t explained = missing < room ? missing : room;
    tally->count += missing;
    tally->unread += explained;
    return missing - explained;
}

static base_result fill(struct weibel_core *core, struct group *group, struct tally *tally,
                        const struct contact *from) {
    tally->missing--;
    return tally->notice == 0 ? BASE_OK : say_instead(core, group, from, tally->missing, &tally->notice);
}

/* It stands behind one that was written after it: one that was missed, or that was put there. */
static base_result take_late(struct weibel_core *core, struct group *group, struct tally *tally,
                             const struct contact *from, bool heard) {
    if (tally->missing == 0) {
        const struct stood last = gap_place(group, group->position);
        tally->count++;
        return heard ? chat_notice_gap(
                           core, group->chat, from == NULL ? 0 : from->number, &last,
                           "The server has delivered messages here in another order than they were written in")
                     : BASE_OK;
    }
    group->tally.ahead -= group->tally.ahead > 0 ? 1 : 0;
    group->dirty = true;
    return fill(core, group, tally, from);
}

base_result tally_fill(struct weibel_core *core, struct group *group, uint32_t leaf, uint32_t sequence,
                       const struct contact *from, bool *fills) {
    struct tally *tally;
    BASE_TRY(get(core, group, leaf, &tally));
    *fills = tally->missing > 0 && tally_is_open(&tally->missed, sequence);
    if (!*fills) {
        return BASE_OK;
    }
    see_late(tally, sequence);
    tally->again |= bit_of(tally, sequence);
    BASE_TRY(fill(core, group, tally, from));
    return save(core, group, tally);
}

/* The writer had read more than what has come here. */
static base_result compare_read(struct weibel_core *core, struct group *group, uint64_t read, uint64_t entry) {
    struct group_tally *all = &group->tally;
    uint64_t ahead = read >= entry ? read - entry + 1 : 0;
    if (ahead <= all->ahead) {
        return BASE_OK;
    }
    all->unnamed += ahead - all->ahead;
    all->ahead = ahead;
    group->dirty = true;
    return say_instead(core, group, NULL, all->unnamed, &all->notice);
}

/* Of who has come while this device was here, all was to be read. */
static void meet(const struct group *group, struct tally *tally, uint64_t since, uint64_t written, uint32_t sequence) {
    bool from_the_start = since >= group->tally.since;
    *tally = (struct tally){
        .leaf = tally->leaf,
        .since = since,
        .count = from_the_start ? 0 : written,
        .unread = from_the_start ? 0 : group->tally.unread_before,
        .last = from_the_start ? 0 : sequence - 1,
        .seen = from_the_start ? 0 : UINT64_MAX,
    };
}

base_result tally_take(struct weibel_core *core, struct group *group, const struct mls_event *event, uint64_t entry,
                       const struct contact *from, bool heard, struct base_slice *content, enum tally_turn *turn) {
    struct base_reader reader = base_reader(event->plaintext);
    uint64_t since;
    uint32_t written, read, sequence;
    BASE_TRY(base_read_u64(&reader, &since));
    BASE_TRY(base_read_u32(&reader, &written));
    BASE_TRY(base_read_u32(&reader, &read));
    BASE_TRY(base_read_u32(&reader, &sequence));
    BASE_ENSURE(since <= event->epoch && written < TALLY_MAX_MISSING && read < TALLY_MAX_MISSING && sequence > 0,
                BASE_ERR_VALUE);
    *content = base_slice(reader.next, reader.left);
    struct tally *tally;
    BASE_TRY(get(core, group, event->sender, &tally));
    if (tally->since != since) {
        meet(group, tally, since, written, sequence);
    }
    *turn = sequence > tally->last                          ? TALLY_IN_TURN
            : (tally->again & bit_of(tally, sequence)) == 0 ? TALLY_LATE
                                                            : TALLY_REPEATED;
    if (*turn == TALLY_REPEATED) {
        return BASE_OK;
    }
    if (*turn == TALLY_LATE) {
        see_late(tally, sequence);
        BASE_TRY(take_late(core, group, tally, from, heard));
        return save(core, group, tally);
    }
    see(tally, sequence);
    uint64_t missing = count_missing(group, tally, written);
    if (missing > 0) {
        BASE_TRY(miss(core, group, tally, from, heard, missing));
    }
    BASE_TRY(heard ? compare_read(core, group, read, entry) : BASE_OK);
    tally->count++;
    tally->unread = tally->unread < group->tally.unread_before ? group->tally.unread_before : tally->unread;
    BASE_TRY(heard ? missed_plan(core, group, tally) : BASE_OK);
    return save(core, group, tally);
}
