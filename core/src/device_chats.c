/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Own devices in chats: who is missing, who is in it no more, and when something is done about it.
 */
#include <string.h>

#include "change.h"
#include "chat.h"
#include "contact.h"
#include "deserted.h"
#include "device.h"
#include "device_record.h"
#include "group.h"
#include "join.h"
#include "letter.h"
#include "newcomer.h"

enum {
    MIN_DELAY = 500,    /* milliseconds before a device acts on what another one has begun … */
    CHANCE_DELAY = 16,  /* … and, by chance, up to 256 times this more */
    RETRY_DELAY = 2000, /* after the first attempt; twice as much after each further one … */
    MAX_RETRIES = 15,   /* … up to this many times: 18 hours */
};

/* The devices that should be in the chat. False: not known at the moment. `now`: what is not up to date will do. */
static bool wanted(const struct weibel_core *core, const struct chat *chat, bool now, struct device_set *out) {
    out->count = 0;
    if (chat->kind == CHAT_OWN) {
        for (uint32_t i = 0; i < core->session.devices.count && core->session.devices_known; i++) {
            if (!device_is_gone(core, core->session.devices.devices[i])) {
                memcpy(out->ids[out->count++], core->session.devices.devices[i], WIRE_DEVICE_LEN);
            }
        }
        return device_set_has(out, core->account.device);
    }
    const struct group *group = device_group(core);
    if (group == NULL || !(group->live || now)) {
        return false;
    }
    struct mls_member member;
    for (uint32_t leaf = 0;
         mls_group_next_member(group->mls, &leaf, &member) && out->count < sizeof out->ids / sizeof *out->ids; leaf++) {
        struct identity identity;
        if (identity_peek(member.credential.content, &identity) == BASE_OK && !device_is_gone(core, identity.device)) {
            memcpy(out->ids[out->count++], identity.device, WIRE_DEVICE_LEN);
        }
    }
    return true;
}

bool device_is_wanted(const struct weibel_core *core, const struct chat *chat, const uint8_t device[WIRE_DEVICE_LEN]) {
    struct device_set set;
    return wanted(core, chat, true, &set) && device_set_has(&set, device);
}

/* The next leaf of the account's other devices from `*leaf` on. */
static bool next_sibling(const struct weibel_core *core, const struct group *group, uint32_t *leaf,
                         struct identity *identity) {
    struct mls_member member;
    for (; mls_group_next_member(group->mls, leaf, &member); (*leaf)++) {
        if (*leaf != mls_group_own_leaf(group->mls) && identity_peek(member.credential.content, identity) == BASE_OK &&
            join_is_self(core, identity)) {
            return true;
        }
    }
    return false;
}

size_t device_siblings(const struct weibel_core *core, const struct group *group, uint32_t *leaves, size_t size) {
    struct identity identity;
    size_t count = 0;
    for (uint32_t leaf = 0; count < size && next_sibling(core, group, &leaf, &identity); leaf++) {
        leaves[count++] = leaf;
    }
    return count;
}

/* Whoever makes a chat takes the devices from the server: one that was just linked may be in it before it is in the own
 * group. */
static bool is_coming(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]) {
    return !core->session.devices_known || device_is_listed(core, device);
}

size_t device_unwanted(const struct weibel_core *core, const struct chat *chat, const struct group *group,
                       uint32_t *leaves, size_t size) {
    struct identity identity;
    struct device_set set;
    size_t count = 0;
    bool own = chat->kind == CHAT_OWN; /* the server's list alone removes nobody */
    if (!own && (!core->session.devices_known || !wanted(core, chat, false, &set))) {
        return 0;
    }
    for (uint32_t leaf = 0; count < size && next_sibling(core, group, &leaf, &identity); leaf++) {
        bool stays = own || device_set_has(&set, identity.device) || is_coming(core, identity.device);
        if (!stays || device_is_gone(core, identity.device)) {
            leaves[count++] = leaf;
        }
    }
    return count;
}

/* Which of the wanted devices the group lacks. In chats only those that can be added. */
static void missing(const struct weibel_core *core, const struct chat *chat, const struct group *group, bool now,
                    struct device_set *out) {
    struct device_set set, present = { .count = 0 };
    struct identity identity;
    struct base_slice package;
    out->count = 0;
    if (!wanted(core, chat, now, &set)) {
        return;
    }
    for (uint32_t leaf = 0; present.count < WIRE_MAX_DEVICES && next_sibling(core, group, &leaf, &identity); leaf++) {
        memcpy(present.ids[present.count++], identity.device, WIRE_DEVICE_LEN);
    }
    for (size_t i = 0; i < set.count; i++) {
        bool lacks =
            memcmp(set.ids[i], core->account.device, WIRE_DEVICE_LEN) != 0 && !device_set_has(&present, set.ids[i]);
        if (lacks && (chat->kind == CHAT_OWN || device_key_package(core, set.ids[i], &package))) {
            memcpy(out->ids[out->count++], set.ids[i], WIRE_DEVICE_LEN);
        }
    }
}

static bool is_taken(const struct chat *chat, uint64_t contact, const uint8_t device[WIRE_DEVICE_LEN]) {
    const struct list *list = &chat->change.taken;
    for (size_t i = 0; i < list->count; i++) {
        const struct taken *taken = (const struct taken *)list->items[i];
        if (taken->contact == contact && memcmp(taken->device, device, WIRE_DEVICE_LEN) == 0) {
            return true;
        }
    }
    return false;
}

base_result device_take(struct weibel_core *core, struct chat *chat, const struct group *group) {
    struct device_set set;
    if (chat->kind == CHAT_OWN) {
        return BASE_OK; /* they are taken from the server */
    }
    missing(core, chat, group, true, &set);
    for (size_t i = 0; i < set.count; i++) {
        struct base_slice package;
        struct contact *self;
        BASE_TRY(device_self(core, &self));
        if (!is_taken(chat, self->number, set.ids[i]) && device_key_package(core, set.ids[i], &package)) {
            BASE_TRY(change_keep_taken(core, chat, self, set.ids[i], package));
        }
    }
    return BASE_OK;
}

/* Who has begun it goes on at once; the others leave him some time. */
static base_result plan(struct weibel_core *core, struct chat *chat) {
    uint8_t chance;
    BASE_TRY(base_random_fill(core->options.random, &chance, 1));
    bool first = chat->kind == CHAT_OWN ? core->session.devices_first : core->devices_first;
    chat->devices_at = state_now(core) + (first ? 0 : MIN_DELAY + (uint64_t)chance * CHANCE_DELAY);
    chat->devices_tries = 0;
    return BASE_OK;
}

static base_result begin(struct weibel_core *core, struct chat *chat, const struct group *group, bool adds) {
    unsigned tries = chat->devices_tries < MAX_RETRIES ? chat->devices_tries : MAX_RETRIES;
    chat->devices_tries++;
    chat->devices_at = state_now(core) + ((uint64_t)RETRY_DELAY << tries);
    struct change wish = { .kind = CHANGE_DEVICES, .group = group->number };
    if (adds && chat->kind == CHAT_OWN) {
        struct contact *self;
        BASE_TRY(device_self(core, &self));
        wish.contacts = (uint64_t *)base_take(core->options.allocator, 1, sizeof *wish.contacts);
        BASE_ENSURE(wish.contacts != NULL, BASE_ERR_NO_MEMORY);
        wish.contacts[0] = self->number;
        wish.contact_count = 1;
    }
    return change_begin(core, chat, &wish, NULL);
}

/* The own group comes into being, if it could not before. */
static base_result pump_making(struct weibel_core *core, struct chat *chat) {
    if (chat->kind == CHAT_OWN && chat->groups.count == 0 && chat->devices_at <= state_now(core)) {
        chat->devices_at = state_now(core) + RETRY_DELAY;
        struct change wish = { .kind = CHANGE_CREATE };
        BASE_TRY(change_begin(core, chat, &wish, NULL));
    }
    return BASE_OK;
}

/* Rises with each epoch of any of its groups: of a chat of two there may be several. */
static uint64_t epochs(const struct chat *chat, bool *all_live) {
    uint64_t sum = 0;
    *all_live = true;
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        if (group->state == GROUP_OPEN) {
            sum += 1 + mls_group_epoch(group->mls);
            *all_live = *all_live && group->live;
        }
    }
    return sum;
}

/* Whether own devices are missing there (`adds`), or too many. Nobody comes into what nobody writes to any more. */
static bool is_due(const struct weibel_core *core, const struct chat *chat, const struct group *group, bool *adds) {
    uint32_t leaves[WIRE_MAX_DEVICES];
    struct device_set set;
    if (group->state != GROUP_OPEN || deserted_is(chat, group)) {
        return false;
    }
    missing(core, chat, group, false, &set);
    *adds = set.count > 0;
    return *adds || device_unwanted(core, chat, group, leaves, WIRE_MAX_DEVICES) > 0;
}

/* A group of the chat where something is to be done; NULL: there is none. The one that is written to comes last: who is
 * in it is in the others, too. But a device on the account's list may never come: none of the own groups waits for what
 * can't be done in another one, so that with each try it is the next one's turn. */
static const struct group *find_due(const struct weibel_core *core, const struct chat *chat, unsigned tries,
                                    bool *adds) {
    const struct group *writing = chat_writing_group(chat), *first = NULL;
    size_t turn = chat->kind == CHAT_OWN ? tries % chat->groups.count : 0;
    bool first_adds = false;
    for (size_t i = 0; i <= chat->groups.count; i++) {
        bool last = i == chat->groups.count;
        const struct group *group = last ? writing : (const struct group *)chat->groups.items[i];
        if ((group == writing && !last) || !is_due(core, chat, group, adds)) {
            continue;
        }
        if (turn-- == 0) {
            return group;
        }
        first_adds = first == NULL ? *adds : first_adds;
        first = first == NULL ? group : first;
    }
    *adds = first_adds;
    return first;
}

static bool lacks_devices(const struct weibel_core *core, const struct chat *chat) {
    struct device_set set;
    bool lacks = chat->change.kind == CHANGE_DEVICES;
    for (size_t i = 0; i < chat->groups.count && !lacks; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        if (group->state == GROUP_OPEN && !deserted_is(chat, group)) {
            missing(core, chat, group, true, &set);
            lacks = set.count > 0;
        }
    }
    return lacks;
}

bool device_is_letting_in(const struct weibel_core *core) {
    bool letting = false;
    for (size_t i = 0; i < core->letters.count && !letting; i++) {
        const struct letter *letter = (const struct letter *)core->letters.items[i];
        letting = letter_invites(letter) && memcmp(letter->account, core->account.id, sizeof letter->account) == 0;
    }
    for (size_t i = 0; i < core->chats.count && !letting; i++) {
        letting = lacks_devices(core, (const struct chat *)core->chats.items[i]);
    }
    return letting;
}

base_result device_pump(struct weibel_core *core, struct chat *chat) {
    if (chat->change.kind != CHANGE_NONE) {
        return BASE_OK;
    }
    if (chat_writing_group(chat) == NULL) {
        return pump_making(core, chat);
    }
    bool live, adds;
    uint64_t epoch = epochs(chat, &live);
    bool changed = chat->devices_seen != core->devices_version || chat->devices_epoch != epoch;
    bool due = chat->devices_at != 0 && chat->devices_at <= state_now(core);
    struct device_set set;
    if (!live || (!changed && !due)) {
        return BASE_OK;
    }
    if (changed && chat->kind == CHAT_OWN) {
        BASE_TRY(newcomer_tell_siblings(core, chat));
    }
    const struct group *group = find_due(core, chat, changed ? 0 : chat->devices_tries, &adds);
    if (group == NULL && !wanted(core, chat, false, &set)) {
        return BASE_OK;
    }
    chat->devices_seen = core->devices_version;
    chat->devices_epoch = epoch;
    if (group == NULL) {
        chat->devices_at = 0;
        return BASE_OK;
    }
    if (changed) {
        BASE_TRY(plan(core, chat));
    }
    return chat->devices_at <= state_now(core) ? begin(core, chat, group, adds) : BASE_OK;
}
