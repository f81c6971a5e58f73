/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Gaps.
 */
#include "gap.h"

#include <inttypes.h>
#include <string.h>

#include "chat.h"

_Static_assert((int)GAP_BEGIN_LEN == (int)sizeof(uint64_t), "a number of an entry");

base_result gap_note(struct weibel_core *core, struct group *group, uint64_t first, uint64_t last) {
    if (group->gap_count == STATE_MAX_GAPS) {
        BASE_TRY(gap_tell(core, group));
    }
    group->gaps[group->gap_count++] = (struct gap){ first, last };
    group->dirty = true;
    return BASE_OK;
}

void gap_write_begin(uint64_t number, uint8_t out[GAP_BEGIN_LEN]) {
    for (size_t i = 0; i < GAP_BEGIN_LEN; i++) {
        out[i] = (uint8_t)(number >> 8 * (GAP_BEGIN_LEN - 1 - i));
    }
}

static void drop(struct group *group, size_t index) {
    group->gap_count--;
    memmove(&group->gaps[index], &group->gaps[index + 1], (group->gap_count - index) * sizeof *group->gaps);
}

void gap_unsure(struct group *group) {
    group->unsure = group->first > 0 && group->state != GROUP_LEAVING && group->chat->kind != CHAT_OWN;
}

void gap_loaded(struct group *group) {
    for (size_t i = group->gap_count; i > 0 && group->unsure; i--) {
        if (group->gaps[i - 1].last <= group->first) {
            drop(group, i - 1);
        }
    }
}

base_result gap_begun(struct weibel_core *core, struct group *group, uint64_t number) {
    bool missing = group->unsure && number < group->first;
    group->dirty = group->dirty || group->unsure;
    group->unsure = false;
    return missing ? gap_note(core, group, number + 1, group->first) : BASE_OK;
}

base_result gap_begun_with(struct weibel_core *core, struct group *group, struct base_slice along) {
    struct base_reader reader = base_reader(along);
    uint64_t number = UINT64_MAX;
    bool said = base_read_u64(&reader, &number) == BASE_OK && reader.left == 0;
    return gap_begun(core, group, said ? number : UINT64_MAX);
}

bool gap_explain(struct group *group, uint64_t number) {
    for (size_t i = 0; i < group->gap_count; i++) {
        struct gap *gap = &group->gaps[i];
        if (number < gap->first || number > gap->last) {
            continue;
        }
        bool inside = number > gap->first && number < gap->last;
        if (inside && group->gap_count == STATE_MAX_GAPS) {
            return false;
        }
        group->dirty = true;
        if (gap->first == gap->last) {
            drop(group, i);
        } else if (number == gap->first) {
            gap->first++;
        } else if (number == gap->last) {
            gap->last--;
        } else {
            group->gaps[group->gap_count++] = (struct gap){ number + 1, gap->last };
            gap->last = number - 1;
        }
        return true;
    }
    return false;
}

base_result gap_not_explained(struct weibel_core *core, struct chat *chat, const struct stood *place) {
    return chat_notice_gap(core, chat, place, "A message was deleted, or had expired, before it was read");
}

base_result gap_tell(struct weibel_core *core, struct group *group) {
    struct stood last = { .entry = 0 };
    uint64_t missing = 0;
    memcpy(last.stream, group->id, sizeof last.stream);
    for (size_t i = 0; i < group->gap_count; i++) {
        const struct gap *gap = &group->gaps[i];
        uint64_t more = gap->last - gap->first + 1;
        missing = more > UINT64_MAX - missing ? UINT64_MAX : missing + more;
        last.entry = gap->last > last.entry ? gap->last : last.entry;
    }
    if (group->gap_count == 0) {
        return BASE_OK;
    }
    group->gap_count = 0;
    group->dirty = true;
    return missing == 1
               ? gap_not_explained(core, group->chat, &last)
               : chat_notice_gap(core, group->chat, &last,
                                 "%" PRIu64 " messages were deleted, or had expired, before they were read", missing);
}
