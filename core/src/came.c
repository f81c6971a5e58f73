/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who has come since.
 */
#include "came.h"

#include <string.h>

#include "device.h"
#include "field.h"
#include "history.h"
#include "identity.h"
#include "join.h"
#include "policy.h"

static const struct came *find(const struct chat *chat, const uint8_t device[WIRE_DEVICE_LEN]) {
    const struct came *found = NULL;
    for (size_t i = 0; chat != NULL && i < chat->came_count && found == NULL; i++) {
        found = memcmp(chat->came[i].device, device, WIRE_DEVICE_LEN) == 0 ? &chat->came[i] : NULL;
    }
    return found;
}

static void add(struct chat *chat, const uint8_t device[WIRE_DEVICE_LEN], uint64_t number) {
    struct came came = { .number = number };
    memcpy(came.device, device, sizeof came.device);
    chat->came[chat->came_count++] = came;
    chat->dirty = true;
}

static void drop(struct chat *chat, const uint8_t device[WIRE_DEVICE_LEN]) {
    const struct came *found = find(chat, device);
    if (found != NULL) {
        size_t index = (size_t)(found - chat->came);
        chat->came_count--;
        memmove(chat->came + index, chat->came + index + 1, (chat->came_count - index) * sizeof *chat->came);
        chat->dirty = true;
    }
}

/* That of the own devices has all of them, and others those that came since they are there: so what a chat does not
 * have came before it. */
static void note(struct weibel_core *core, struct chat *own, const uint8_t device[WIRE_DEVICE_LEN], uint64_t epoch) {
    if (find(own, device) != NULL || own->came_count == WIRE_MAX_DEVICES) {
        return;
    }
    add(own, device, epoch);
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->kind == CHAT_DIRECT && chat->came_count < WIRE_MAX_DEVICES && find(chat, device) == NULL) {
            add(chat, device, chat->next_message);
        }
    }
}

static void forget(struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]) {
    for (size_t i = 0; i < core->chats.count; i++) {
        drop((struct chat *)core->chats.items[i], device);
    }
}

base_result came_committed(struct weibel_core *core, const struct group *own, const struct mls_staged *staged) {
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        bool added = change.kind == MLS_CHANGE_ADDED;
        struct identity identity;
        if (!added && change.kind != MLS_CHANGE_REMOVED) {
            continue;
        }
        BASE_TRY(identity_peek((added ? &change.after : &change.before)->credential.content, &identity));
        if (policy_is_replaced(staged, &identity) || !join_is_self(core, &identity)) {
            continue; /* it was there before, and is in again */
        }
        if (!added) {
            forget(core, identity.device);
        } else if (!device_is_elder(core, identity.device)) {
            note(core, own->chat, identity.device, mls_group_epoch(own->mls));
        }
    }
    return BASE_OK;
}

uint64_t came_above(const struct weibel_core *core, const struct chat *chat, const uint8_t device[WIRE_DEVICE_LEN]) {
    const struct came *came = find(chat, device);
    bool before = core->account.elders.state == ELDERS_KNOWN && device_is_elder(core, device);
    if (!before && find(device_chat(core), device) == NULL) {
        return UINT64_MAX;
    }
    return came != NULL ? came->number : chat->history_next > 0 ? (uint64_t)HISTORY_ROOM : 0;
}

bool came_before(const struct weibel_core *core, const uint8_t a[WIRE_DEVICE_LEN], const uint8_t b[WIRE_DEVICE_LEN]) {
    const struct came *one = find(device_chat(core), a), *other = find(device_chat(core), b);
    bool counted = one != NULL && other != NULL && one->number != other->number;
    return counted ? one < other : device_since(core, a) < device_since(core, b);
}

void came_write(struct base_writer *writer, const struct chat *chat) {
    base_write_u8(writer, (uint8_t)chat->came_count);
    for (size_t i = 0; i < chat->came_count; i++) {
        field_write_array(writer, chat->came[i].device, sizeof chat->came[i].device);
        base_write_u64(writer, chat->came[i].number);
    }
}

base_result came_read(struct base_reader *reader, struct chat *chat) {
    uint8_t count;
    BASE_TRY(base_read_u8(reader, &count));
    BASE_ENSURE(count <= WIRE_MAX_DEVICES, BASE_ERR_VALUE);
    for (chat->came_count = 0; chat->came_count < count; chat->came_count++) {
        struct came *came = &chat->came[chat->came_count];
        BASE_TRY(base_read_copy(reader, came->device, sizeof came->device));
        BASE_TRY(base_read_u64(reader, &came->number));
    }
    return BASE_OK;
}
