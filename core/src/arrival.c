/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Arrivals: in order of their numbers, in memory and in the store.
 */
#include "arrival.h"

#include <string.h>

#include "chat.h"
#include "expiry.h"
#include "field.h"
#include "group.h"
#include "sync_kind.h"

enum { MAX_RECORD = 128 };

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
    field_write_bool(&writer, arrival->read);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_number(KEY_ARRIVAL, arrival->number), base_borrow(&record));
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
        chat->unread++;
    }
    core->unread_shown += arrival->shown ? 1 : 0;
    return BASE_OK;
}

base_result arrival_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct arrival arrival = { .number = number };
    struct base_reader reader = base_reader(value);
    BASE_TRY(base_read_u64(&reader, &arrival.chat));
    BASE_TRY(base_read_u64(&reader, &arrival.message));
    BASE_TRY(base_read_copy(&reader, arrival.stream, sizeof arrival.stream));
    BASE_TRY(base_read_u64(&reader, &arrival.place.turn));
    BASE_TRY(base_read_u64(&reader, &arrival.place.entry));
    BASE_TRY(field_read_bool(&reader, &arrival.shown));
    BASE_TRY(field_read_bool(&reader, &arrival.read));
    BASE_TRY(base_read_end(&reader));
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

static base_result drop(struct weibel_core *core, size_t index) {
    struct arrival *arrival = (struct arrival *)list_take(&core->arrivals, index);
    uint64_t number = arrival->number;
    base_free(arrival);
    return out_remove(&core->out, key_number(KEY_ARRIVAL, number));
}

/* Sets the marks; `dropped`: it had both, and is gone. */
static base_result mark(struct weibel_core *core, size_t index, bool shown, bool read, bool *dropped) {
    struct arrival *arrival = at(core, index);
    bool was_kept_shown = arrival->shown && !arrival->read;
    *dropped = false;
    if ((arrival->shown || !shown) && (arrival->read || !read)) {
        return BASE_OK;
    }
    struct chat *chat = chat_at(core, arrival->chat);
    if (read && !arrival->read && chat != NULL && chat->unread > 0) {
        chat->unread--;
    }
    if (!arrival->shown && !arrival->read) {
        BASE_TRY(expiry_start(core, arrival->chat, arrival->message)); /* whoever was shown it has read it */
    }
    arrival->shown = arrival->shown || shown;
    arrival->read = arrival->read || read;
    bool is_kept_shown = arrival->shown && !arrival->read;
    core->unread_shown = core->unread_shown + (is_kept_shown ? 1 : 0) - (was_kept_shown ? 1 : 0);
    *dropped = arrival->shown && arrival->read;
    return *dropped ? drop(core, index) : save(core, arrival);
}

/* A face that never says what was read must not let the list grow for ever. */
static base_result forget_oldest(struct weibel_core *core) {
    for (size_t i = 0; i < core->arrivals.count && core->unread_shown > ARRIVAL_MAX_UNREAD;) {
        bool dropped = false;
        if (at(core, i)->shown) {
            BASE_TRY(mark(core, i, true, true, &dropped));
        }
        i += dropped ? 0 : 1;
    }
    return BASE_OK;
}

base_result arrival_seen(struct weibel_core *core, uint64_t arrival) {
    for (size_t i = 0; i < core->arrivals.count && at(core, i)->number <= arrival;) {
        bool dropped;
        BASE_TRY(mark(core, i, true, false, &dropped));
        i += dropped ? 0 : 1;
    }
    return forget_oldest(core);
}

/* The newest first: of each group one place is told. */
static base_result tell_read(struct weibel_core *core, const struct chat *chat, uint64_t message) {
    for (size_t i = core->arrivals.count; i > 0; i--) {
        const struct arrival *arrival = at(core, i - 1);
        bool placed =
            arrival->place.entry != 0 && arrival->place.turn == sync_place(core, SYNC_READ, chat, arrival->stream).turn;
        if (arrival->chat == chat->number && arrival->message <= message && !arrival->read && placed) {
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
static base_result mark_read(struct weibel_core *core, const struct chat *chat, uint64_t message, uint64_t *last) {
    for (size_t i = 0; i < core->arrivals.count && chat->unread > 0;) {
        const struct arrival *arrival = at(core, i);
        bool dropped = false, ours = arrival->chat == chat->number && !arrival->read;
        if (ours && (arrival->message <= message || was_read(core, chat, arrival))) {
            *last = arrival->message > *last ? arrival->message : *last;
            BASE_TRY(mark(core, i, false, true, &dropped));
        }
        i += dropped ? 0 : 1;
    }
    return BASE_OK;
}

base_result arrival_read_up_to(struct weibel_core *core, struct chat *chat, uint64_t message) {
    uint64_t last = 0;
    if (chat->unread == 0) {
        return BASE_OK;
    }
    BASE_TRY(tell_read(core, chat, message));
    return mark_read(core, chat, message, &last);
}

/* What has no place is read with what stands behind it. */
static base_result read_placeless(struct weibel_core *core, const struct chat *chat, uint64_t before) {
    for (size_t i = 0; i < core->arrivals.count && chat->unread > 0;) {
        const struct arrival *arrival = at(core, i);
        bool dropped = false;
        if (arrival->chat == chat->number && arrival->place.entry == 0 && arrival->message < before) {
            BASE_TRY(mark(core, i, false, true, &dropped));
        }
        i += dropped ? 0 : 1;
    }
    return BASE_OK;
}

/* The number of the first unread message of a chat; UINT64_MAX: there is none. */
static uint64_t first_unread(const struct weibel_core *core, const struct chat *chat) {
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < core->arrivals.count && chat->unread > 0; i++) {
        const struct arrival *arrival = at(core, i);
        bool unread = arrival->chat == chat->number && !arrival->read;
        first = unread && arrival->message < first ? arrival->message : first;
    }
    return first;
}

static base_result read_to_last(struct weibel_core *core, struct chat *chat, uint64_t last) {
    uint64_t first = first_unread(core, chat);
    return chat_read_up_to(core, chat, first > last ? last : first - 1);
}

base_result arrival_read_elsewhere(struct weibel_core *core, struct chat *chat) {
    uint64_t last = 0;
    BASE_TRY(mark_read(core, chat, 0, &last));
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
    bool dropped;
    return find(core, chat->number, message, &index) ? mark(core, index, false, true, &dropped) : BASE_OK;
}

base_result arrival_was_read(struct weibel_core *core, struct chat *chat, uint64_t message) {
    BASE_TRY(arrival_read_one(core, chat, message));
    BASE_TRY(read_placeless(core, chat, message));
    return read_to_last(core, chat, message);
}

base_result arrival_check(struct weibel_core *core, struct chat *chat, uint64_t message) {
    size_t index;
    bool read = find(core, chat->number, message, &index) && was_read(core, chat, at(core, index));
    return read ? arrival_was_read(core, chat, message) : BASE_OK;
}

base_result arrival_place(struct weibel_core *core, struct chat *chat, uint64_t message,
                          const uint8_t stream[WIRE_STREAM_LEN], uint64_t entry) {
    size_t index;
    if (!find(core, chat->number, message, &index)) {
        return BASE_OK;
    }
    set_place(core, chat, at(core, index), stream, entry);
    BASE_TRY(save(core, at(core, index)));
    return arrival_check(core, chat, message);
}

base_result arrival_add_earlier(struct weibel_core *core, struct chat *chat, uint64_t message,
                                const uint8_t stream[WIRE_STREAM_LEN], uint64_t entry) {
    struct arrival arrival = { .chat = chat->number, .message = message, .shown = true };
    set_place(core, chat, &arrival, stream, entry);
    if (was_read(core, chat, &arrival)) {
        return BASE_OK;
    }
    arrival.number = ++core->account.next_arrival;
    core->account.dirty = true;
    chat->read_to = chat->read_to < message ? chat->read_to : message - 1;
    chat->dirty = chat->announce = true;
    BASE_TRY(add(core, &arrival));
    BASE_TRY(save(core, &arrival));
    return forget_oldest(core);
}

base_result arrival_forget(struct weibel_core *core, uint64_t chat, uint64_t message) {
    size_t index;
    bool dropped;
    return find(core, chat, message, &index) ? mark(core, index, true, true, &dropped) : BASE_OK;
}

const struct arrival *arrival_next(const struct weibel_core *core, uint64_t after) {
    for (size_t i = 0; i < core->arrivals.count; i++) {
        if (at(core, i)->number > after && !at(core, i)->shown) {
            return at(core, i);
        }
    }
    return NULL;
}
