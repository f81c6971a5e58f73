/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Arrivals: in order of their numbers, in memory and in the store.
 */
#include "arrival.h"

#include <string.h>

#include "chat.h"
#include "expiry.h"
#include "extra.h"
#include "field.h"
#include "group.h"
#include "sync_kind.h"

enum {
    MAX_RECORD = 128,
    READ = 1, /* bits of a record's last byte */
    CALLS = 2,
    ANEW = 4,
};

static struct arrival *at(const struct weibel_core *core, size_t index) {
    return (struct arrival *)core->arrivals.items[index];
}

static base_result save(struct weibel_core *core, const struct arrival *arrival) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u64(&writer, arrival->chat);
    base_write_u64(&writer, arrival->message);
    field_write_array(&writer, arrival->stream, sizeof arrival->stream);
    base_write_u64(&writer, arrival->place.turn);
    base_write_u64(&writer, arrival->place.entry);
    field_write_bool(&writer, arrival->shown);
    base_write_u8(&writer,
                  (uint8_t)((arrival->read ? READ : 0) | (arrival->calls ? CALLS : 0) | (arrival->anew ? ANEW : 0)));
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_number(KEY_ARRIVAL, arrival->number), base_borrow(&record));
}

/* `by`: 1 when it comes, -1 when it was read. */
static void count_unread(struct chat *chat, const struct arrival *arrival, int by) {
    chat->unread = by > 0 ? chat->unread + 1 : chat->unread > 0 ? chat->unread - 1 : 0;
    if (arrival->calls) {
        chat->called = by > 0 ? chat->called + 1 : chat->called > 0 ? chat->called - 1 : 0;
    }
}

static base_result add(struct weibel_core *core, const struct arrival *arrival) {
    struct arrival *added = (struct arrival *)base_take(core->options.allocator, 1, sizeof *added);
    BASE_ENSURE(added != NULL, BASE_ERR_NO_MEMORY);
    *added = *arrival;
    base_result result = list_add(&core->arrivals, core->options.allocator, added);
    if (result != BASE_OK) {
        base_free(added);
        return result;
    }
    struct chat *chat = chat_at(core, arrival->chat);
    if (chat != NULL && !arrival->read) {
        count_unread(chat, arrival, 1);
    }
    core->unread_shown += arrival->shown ? 1 : 0;
    return BASE_OK;
}

base_result arrival_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct arrival arrival = { .number = number };
    uint8_t bits;
    struct base_reader reader = base_reader(value);
    BASE_TRY(base_read_u64(&reader, &arrival.chat));
    BASE_TRY(base_read_u64(&reader, &arrival.message));
    BASE_TRY(base_read_copy(&reader, arrival.stream, sizeof arrival.stream));
    BASE_TRY(base_read_u64(&reader, &arrival.place.turn));
    BASE_TRY(base_read_u64(&reader, &arrival.place.entry));
    BASE_TRY(field_read_bool(&reader, &arrival.shown));
    BASE_TRY(base_read_u8(&reader, &bits));
    BASE_TRY(base_read_end(&reader));
    BASE_ENSURE((bits & ~(READ | CALLS | ANEW)) == 0, BASE_ERR_VALUE);
    arrival.read = (bits & READ) != 0;
    arrival.calls = (bits & CALLS) != 0;
    arrival.anew = (bits & ANEW) != 0;
    return add(core, &arrival);
}

/* What somebody did in a chat is told in it; what somebody wrote, or what may be wrong, waits to be read. */
static bool is_to_be_read(const struct message *message) {
    switch (message->kind) {
    case MESSAGE_TEXT:
    case MESSAGE_GAP:
    case MESSAGE_UNREADABLE:
    case MESSAGE_IDENTITY:
        return true;
    default:
        return false;
    }
}

static void set_place(const struct weibel_core *core, const struct chat *chat, struct arrival *arrival,
                      const uint8_t stream[WIRE_STREAM_LEN], uint64_t entry) {
    memcpy(arrival->stream, stream, sizeof arrival->stream);
    arrival->place = (struct place){ sync_place(core, SYNC_READ, chat, stream).turn, entry };
}

base_result arrival_add(struct weibel_core *core, struct chat *chat, struct message *message) {
    struct arrival arrival = {
        .number = ++core->account.next_arrival,
        .chat = chat->number,
        .message = message->number,
        .read = !is_to_be_read(message),
        .calls = extra_calls(core, message),
    };
    struct stood place;
    if (message_place(core, message, &place)) {
        set_place(core, chat, &arrival, place.stream, place.entry);
    }
    core->account.dirty = true;
    message->arrival = arrival.number;
    BASE_TRY(add(core, &arrival));
    return save(core, &arrival);
}

static bool is_over(const struct arrival *arrival) {
    return arrival->shown && arrival->read;
}

/* Sets the marks. With both it is over: sweep() takes it out. */
static base_result mark(struct weibel_core *core, struct arrival *arrival, bool shown, bool read) {
    bool was_kept_shown = arrival->shown && !arrival->read;
    if ((arrival->shown || !shown) && (arrival->read || !read)) {
        return BASE_OK;
    }
    struct chat *chat = chat_at(core, arrival->chat);
    if (read && !arrival->read && chat != NULL) {
        count_unread(chat, arrival, -1);
    }
    if (!arrival->shown && !arrival->read) {
        BASE_TRY(expiry_start(core, arrival->chat, arrival->message)); /* whoever was shown it has read it */
    }
    arrival->shown = arrival->shown || shown;
    arrival->read = arrival->read || read;
    bool is_kept_shown = arrival->shown && !arrival->read;
    core->unread_shown = core->unread_shown + (is_kept_shown ? 1 : 0) - (was_kept_shown ? 1 : 0);
    return is_over(arrival) ? out_remove(&core->out, key_number(KEY_ARRIVAL, arrival->number)) : save(core, arrival);
}

/* All that are over at once: there may be very many. */
static void sweep(struct weibel_core *core) {
    size_t kept = 0;
    for (size_t i = 0; i < core->arrivals.count; i++) {
        if (is_over(at(core, i))) {
            base_free(at(core, i));
        } else {
            core->arrivals.items[kept++] = core->arrivals.items[i];
        }
    }
    core->arrivals.count = kept;
}

static base_result mark_one(struct weibel_core *core, size_t index, bool shown, bool read) {
    BASE_TRY(mark(core, at(core, index), shown, read));
    if (is_over(at(core, index))) {
        base_free(list_take(&core->arrivals, index));
    }
    return BASE_OK;
}

/* A face that never says what was read must not let the list grow for ever. */
static base_result forget_oldest(struct weibel_core *core) {
    for (size_t i = 0; i < core->arrivals.count && core->unread_shown > ARRIVAL_MAX_UNREAD; i++) {
        BASE_TRY(at(core, i)->shown ? mark(core, at(core, i), true, true) : BASE_OK);
    }
    sweep(core);
    return BASE_OK;
}

base_result arrival_seen(struct weibel_core *core, uint64_t arrival) {
    for (size_t i = 0; i < core->arrivals.count && at(core, i)->number <= arrival; i++) {
        BASE_TRY(mark(core, at(core, i), true, false));
    }
    return forget_oldest(core);
}

/* Whether all that the chat has up to this number is read, with what calls by an edit (`all`) or without. */
static bool is_read_by(const struct arrival *arrival, const struct chat *chat, uint64_t message, bool all) {
    return arrival->chat == chat->number && arrival->message <= message && (all || !arrival->anew);
}

/* Nothing that is unread stands behind it. */
static bool is_all(const struct weibel_core *core, const struct chat *chat, uint64_t message) {
    for (size_t i = 0; i < core->arrivals.count; i++) {
        const struct arrival *arrival = at(core, i);
        if (arrival->chat == chat->number && !arrival->read && arrival->message > message) {
            return false;
        }
    }
    return true;
}

/* The newest first: of each group one place is told. */
static base_result tell_read(struct weibel_core *core, const struct chat *chat, uint64_t message, bool all) {
    for (size_t i = core->arrivals.count; i > 0; i--) {
        const struct arrival *arrival = at(core, i - 1);
        bool placed =
            arrival->place.entry != 0 && arrival->place.turn == sync_place(core, SYNC_READ, chat, arrival->stream).turn;
        if (is_read_by(arrival, chat, message, all) && !arrival->read && placed) {
            BASE_TRY(sync_place_put(core, SYNC_READ, chat, arrival->stream, arrival->place));
        }
    }
    return BASE_OK;
}

static bool was_read(const struct weibel_core *core, const struct chat *chat, const struct arrival *arrival) {
    struct place read = sync_place(core, SYNC_READ, chat, arrival->stream);
    return arrival->place.entry != 0 && arrival->place.turn == read.turn && arrival->place.entry <= read.entry;
}

/* Marks the chat's messages up to a number, and those whose place the account has read; `last`: of the last of these.
 */
static base_result mark_read(struct weibel_core *core, const struct chat *chat, uint64_t message, bool all,
                             uint64_t *last) {
    for (size_t i = 0; i < core->arrivals.count && chat->unread > 0; i++) {
        struct arrival *arrival = at(core, i);
        bool ours = arrival->chat == chat->number && !arrival->read;
        if (ours && (is_read_by(arrival, chat, message, all) || was_read(core, chat, arrival))) {
            *last = arrival->message > *last ? arrival->message : *last;
            BASE_TRY(mark(core, arrival, false, true));
        }
    }
    sweep(core);
    return BASE_OK;
}

base_result arrival_read_up_to(struct weibel_core *core, struct chat *chat, uint64_t message, bool here) {
    uint64_t last = 0, unread = chat->unread;
    if (unread == 0) {
        return BASE_OK;
    }
    bool all = here && is_all(core, chat, message);
    BASE_TRY(tell_read(core, chat, message, all));
    BASE_TRY(mark_read(core, chat, message, all, &last));
    chat->announce = chat->announce || chat->unread != unread;
    return BASE_OK;
}

/* What has no place is read with what stands behind it. */
static base_result read_placeless(struct weibel_core *core, const struct chat *chat, uint64_t before) {
    for (size_t i = 0; i < core->arrivals.count && chat->unread > 0; i++) {
        struct arrival *arrival = at(core, i);
        if (arrival->chat == chat->number && arrival->place.entry == 0 && arrival->message < before) {
            BASE_TRY(mark(core, arrival, false, true));
        }
    }
    sweep(core);
    return BASE_OK;
}

/* The number of the first unread message of a chat; UINT64_MAX: there is none. One that was read, and calls by an edit,
 * is none. */
static uint64_t first_unread(const struct weibel_core *core, const struct chat *chat) {
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < core->arrivals.count && chat->unread > 0; i++) {
        const struct arrival *arrival = at(core, i);
        bool unread = arrival->chat == chat->number && !arrival->read && arrival->message > chat->read_to;
        first = unread && arrival->message < first ? arrival->message : first;
    }
    return first;
}

static base_result read_to_last(struct weibel_core *core, struct chat *chat, uint64_t last) {
    uint64_t first = first_unread(core, chat);
    return chat_read_up_to(core, chat, first > last ? last : first - 1, false);
}

base_result arrival_read_elsewhere(struct weibel_core *core, struct chat *chat) {
    uint64_t last = 0;
    BASE_TRY(mark_read(core, chat, 0, false, &last));
    if (last == 0) {
        return BASE_OK;
    }
    chat->announce = true;
    BASE_TRY(read_placeless(core, chat, last));
    return read_to_last(core, chat, last);
}

static bool find(const struct weibel_core *core, uint64_t chat, uint64_t message, size_t *index) {
    for (size_t i = core->arrivals.count; i > 0; i--) {
        if (at(core, i - 1)->chat == chat && at(core, i - 1)->message == message) {
            *index = i - 1;
            return true;
        }
    }
    return false;
}

const struct arrival *arrival_of_unread(const struct weibel_core *core, uint64_t chat, uint64_t message) {
    size_t index;
    return find(core, chat, message, &index) && !at(core, index)->read ? at(core, index) : NULL;
}

base_result arrival_read_one(struct weibel_core *core, struct chat *chat, uint64_t message) {
    size_t index;
    return find(core, chat->number, message, &index) ? mark_one(core, index, false, true) : BASE_OK;
}

base_result arrival_was_read(struct weibel_core *core, struct chat *chat, uint64_t message) {
    chat->was_read = message > chat->was_read ? message : chat->was_read;
    return arrival_read_one(core, chat, message);
}

base_result arrival_settle(struct weibel_core *core, struct chat *chat) {
    uint64_t last = chat->was_read;
    chat->was_read = 0;
    if (last == 0) {
        return BASE_OK;
    }
    BASE_TRY(read_placeless(core, chat, last));
    return read_to_last(core, chat, last);
}

base_result arrival_check(struct weibel_core *core, struct chat *chat, uint64_t message) {
    size_t index;
    bool read = find(core, chat->number, message, &index) && was_read(core, chat, at(core, index));
    return read ? arrival_was_read(core, chat, message) : BASE_OK;
}

base_result arrival_place(struct weibel_core *core, struct chat *chat, uint64_t message,
                          const uint8_t stream[WIRE_STREAM_LEN], uint64_t entry) {
    size_t index;
    if (!find(core, chat->number, message, &index) || at(core, index)->anew) {
        return BASE_OK;
    }
    set_place(core, chat, at(core, index), stream, entry);
    BASE_TRY(save(core, at(core, index)));
    return arrival_check(core, chat, message);
}

base_result arrival_add_earlier(struct weibel_core *core, struct chat *chat, const struct message *message,
                                const uint8_t stream[WIRE_STREAM_LEN], uint64_t entry) {
    struct arrival arrival = {
        .chat = chat->number, .message = message->number, .shown = true, .calls = extra_calls(core, message)
    };
    set_place(core, chat, &arrival, stream, entry);
    if (was_read(core, chat, &arrival)) {
        return BASE_OK;
    }
    arrival.number = ++core->account.next_arrival;
    core->account.dirty = true;
    chat->read_to = chat->read_to < message->number ? chat->read_to : message->number - 1;
    chat->dirty = chat->announce = true;
    BASE_TRY(add(core, &arrival));
    BASE_TRY(save(core, &arrival));
    return forget_oldest(core);
}

base_result arrival_call(struct weibel_core *core, struct chat *chat, uint64_t message, const struct stood *place,
                         bool *calls) {
    size_t index;
    bool kept = find(core, chat->number, message, &index);
    struct arrival arrival = { .chat = chat->number, .message = message, .shown = true };
    arrival = kept ? *at(core, index) : arrival;
    bool unread = kept && !arrival.read;
    arrival.read = false;
    arrival.calls = arrival.anew = true;
    set_place(core, chat, &arrival, place->stream, place->entry);
    *calls = !was_read(core, chat, &arrival);
    if (!*calls) {
        return BASE_OK;
    }
    chat->announce = true;
    if (!kept) {
        arrival.number = ++core->account.next_arrival;
        core->account.dirty = true;
        BASE_TRY(add(core, &arrival));
        BASE_TRY(save(core, &arrival));
        return forget_oldest(core);
    }
    if (unread) {
        chat->called++;
    } else {
        count_unread(chat, &arrival, 1);
    }
    *at(core, index) = arrival;
    return save(core, &arrival);
}

base_result arrival_call_no_more(struct weibel_core *core, struct chat *chat, uint64_t message) {
    size_t index;
    if (!find(core, chat->number, message, &index) || at(core, index)->read || !at(core, index)->calls) {
        return BASE_OK;
    }
    chat->announce = true;
    if (message <= chat->read_to) {
        return arrival_read_one(core, chat, message);
    }
    chat->called -= chat->called > 0 ? 1 : 0;
    at(core, index)->calls = false;
    return save(core, at(core, index));
}

size_t arrival_calls(const struct weibel_core *core, const struct chat *chat, uint64_t *numbers, size_t most) {
    size_t count = 0;
    for (size_t i = 0; i < core->arrivals.count && chat->called > 0; i++) {
        const struct arrival *arrival = at(core, i);
        if (arrival->chat != chat->number || arrival->read || !arrival->calls) {
            continue;
        }
        size_t place = count;
        while (place > 0 && numbers[place - 1] > arrival->message) {
            place--;
        }
        if (place < most) {
            count += count < most ? 1 : 0;
            memmove(numbers + place + 1, numbers + place, (count - place - 1) * sizeof *numbers);
            numbers[place] = arrival->message;
        }
    }
    return count;
}

base_result arrival_forget(struct weibel_core *core, uint64_t chat, uint64_t message) {
    size_t index;
    return find(core, chat, message, &index) ? mark_one(core, index, true, true) : BASE_OK;
}

const struct arrival *arrival_next(const struct weibel_core *core, uint64_t after) {
    size_t low = 0, high = core->arrivals.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        low = at(core, middle)->number > after ? low : middle + 1;
        high = at(core, middle)->number > after ? middle : high;
    }
    while (low < core->arrivals.count && at(core, low)->shown) {
        low++;
    }
    return low < core->arrivals.count ? at(core, low) : NULL;
}
