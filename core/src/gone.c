/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What is gone: in order of its coming, in memory and in the store.
 */
#include "gone.h"

#include <string.h>

#include "again.h"

struct gone {
    uint64_t number;
    uint8_t id[MESSAGE_ID_PREFIX];
};

static const struct gone *at(const struct weibel_core *core, size_t index) {
    return (const struct gone *)core->gone.items[index];
}

static base_result add(struct weibel_core *core, uint64_t number, const uint8_t id[MESSAGE_ID_PREFIX]) {
    struct gone *gone = (struct gone *)base_take(core->options.allocator, 1, sizeof *gone);
    BASE_ENSURE(gone != NULL, BASE_ERR_NO_MEMORY);
    gone->number = number;
    memcpy(gone->id, id, sizeof gone->id);
    base_result result = list_add(&core->gone, core->options.allocator, gone);
    if (result != BASE_OK) {
        base_free(gone);
    }
    return result;
}

base_result gone_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    uint8_t id[MESSAGE_ID_PREFIX];
    struct base_reader reader = base_reader(value);
    BASE_TRY(base_read_copy(&reader, id, sizeof id));
    BASE_TRY(base_read_end(&reader));
    return add(core, number, id);
}

static base_result keep(struct weibel_core *core, const struct message *message) {
    if (!message->has_id || gone_has(core, message)) {
        return BASE_OK;
    }
    while (core->gone.count >= GONE_MAX) {
        BASE_TRY(out_remove(&core->out, key_number(KEY_GONE, at(core, 0)->number)));
        base_free(list_take(&core->gone, 0));
    }
    size_t count = core->gone.count;
    uint64_t number = count == 0 ? 1 : at(core, count - 1)->number + 1;
    BASE_TRY(add(core, number, message->id + 1));
    return out_put(&core->out, key_number(KEY_GONE, number), base_slice(message->id + 1, MESSAGE_ID_PREFIX));
}

base_result gone_came(struct weibel_core *core, const struct message *message) {
    return message->expire == 0 && message->expires_at == 0 ? BASE_OK : keep(core, message);
}

base_result gone_hidden(struct weibel_core *core, const struct chat *chat, const struct message *message) {
    struct stood place;
    bool there = !message->own || message->state == MESSAGE_SENT; /* else nobody has it */
    bool read = message_place(core, message, &place) &&
                again_was_read(chat, base_slice(place.stream, sizeof place.stream), place.entry);
    return there && !read ? keep(core, message) : BASE_OK;
}

bool gone_has(const struct weibel_core *core, const struct message *message) {
    bool has = false;
    for (size_t i = 0; i < core->gone.count && message->has_id && !has; i++) {
        has = memcmp(at(core, i)->id, message->id + 1, MESSAGE_ID_PREFIX) == 0;
    }
    return has;
}
