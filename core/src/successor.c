/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Judging successors.
 */
#include "successor.h"

#include <string.h>

#include "chat.h"
#include "field.h"
#include "group.h"
#include "heal.h"
#include "join.h"

bool successor_must_wait(const struct chat *chat) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        enum group_state state = ((const struct group *)chat->groups.items[i])->state;
        if (state == GROUP_OPEN || state == GROUP_LOST) {
            return true;
        }
    }
    return false;
}

/* What waits behind a group of the same stream is no successor. */
static struct group *find(const struct chat *chat) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        bool behind = group->state != GROUP_WAITING;
        for (size_t k = 0; k < i && !behind; k++) {
            const struct group *before = (const struct group *)chat->groups.items[k];
            behind = memcmp(before->id, group->id, sizeof group->id) == 0;
        }
        if (!behind) {
            return group;
        }
    }
    return NULL;
}

static bool is_settled(const struct weibel_core *core, const struct chat *chat) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        bool in_vain =
            chat->change.kind == CHANGE_CREATE || (group->heal_rounds > 0 && group->heal_at <= state_now(core));
        if ((group->state == GROUP_OPEN && !group->live) || (group->state == GROUP_LOST && !in_vain)) {
            return false;
        }
    }
    return true;
}

static base_result take(struct weibel_core *core, struct chat *chat, struct group *group, bool same) {
    struct group_about about;
    BASE_TRY(group_read_about(group->mls, &about));
    BASE_TRY(join_reopen(core, chat));
    if (chat->change.kind == CHANGE_CREATE && !chat->change.made) {
        chat_end_change(chat); /* the successor that we were about to make is here */
    }
    group->state = GROUP_OPEN;
    group->dirty = true;
    base_bytes_free(&chat->company); /* the group itself is there */
    field_set_text(chat->name, sizeof chat->name, about.name);
    chat->dirty = true;
    return heal_done(core, chat, same ? HEAL_SUCCEEDED : HEAL_SUCCEEDED_BY_OTHERS);
}

base_result successor_pump(struct weibel_core *core, struct chat *chat) {
    struct group *group = chat->kind == CHAT_GROUP ? find(chat) : NULL;
    bool good, same;
    if (group == NULL || !is_settled(core, chat)) {
        return BASE_OK;
    }
    BASE_TRY(heal_check_successor(core, chat, group, &good, &same));
    return good ? take(core, chat, group, same) : group_forget(core, group);
}
