/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Arrivals: in order of their numbers, in memory and in the store.
 */
#include "arrival.h"

#include "chat.h"
#include "expiry.h"
#include "field.h"

static struct arrival *at(const struct weibel_core *core, size_t index) {
    return (struct arrival *)core->arrivals.items[index];
}

static base_result save(struct weibel_core *core, const struct arrival *arrival) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, 32);
    base_write_u64(&writer, arrival->chat);
    base_write_u64(&writer, arrival->message);
    base_write_u64(&writer, arrival->group);
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
    BASE_TRY(base_read_u64(&reader, &arrival.group));
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

base_result arrival_add(struct weibel_core *core, struct chat *chat, struct message *message) {
    struct arrival arrival = { ++core->account.next_arrival, chat->number, message->number, message->group, false,
                               !is_to_be_read(message) };
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

base_result arrival_read_up_to(struct weibel_core *core, struct chat *chat, uint64_t group, uint64_t message) {
    for (size_t i = 0; i < core->arrivals.count && chat->unread > 0;) {
        const struct arrival *arrival = at(core, i);
        bool dropped = false;
        bool meant = group == 0 || arrival->group == 0 || arrival->group == group;
        if (arrival->chat == chat->number && arrival->message <= message && meant) {
            BASE_TRY(mark(core, i, false, true, &dropped));
        }
        i += dropped ? 0 : 1;
    }
    return BASE_OK;
}

uint64_t arrival_first_unread(const struct weibel_core *core, const struct chat *chat) {
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < core->arrivals.count && chat->unread > 0; i++) {
        const struct arrival *arrival = at(core, i);
        bool unread = arrival->chat == chat->number && !arrival->read;
        first = unread && arrival->message < first ? arrival->message : first;
    }
    return first;
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

base_result arrival_read_one(struct weibel_core *core, struct chat *chat, uint64_t message) {
    size_t index;
    bool dropped;
    return find(core, chat->number, message, &index) ? mark(core, index, false, true, &dropped) : BASE_OK;
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
