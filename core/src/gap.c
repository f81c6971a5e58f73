/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Gaps.
 */
#include "gap.h"

#include <inttypes.h>
#include <string.h>

#include "amend.h"
#include "chat.h"
#include "chat_delete.h"
#include "copy.h"
#include "field.h"

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

bool gap_explain_by(const struct weibel_core *core, struct group *group, struct amendment *deletion, uint64_t number) {
    bool explained = gap_explain(group, number) && !chat_deletion_covers(core, group->chat, group->id, number);
    if (explained && deletion->entry == 0) {
        deletion->group = group->number;
        deletion->entry = number;
    }
    return explained;
}

bool gap_is_open(const struct group *group, uint64_t number) {
    return group->fresh || (group->unsure && number <= group->first);
}

static struct amendment *kept_at(const struct group *group, size_t index) {
    return (struct amendment *)group->explained.items[index];
}

/* The same may stand in each group of a chat. */
static bool is_kept(const struct group *group, const struct amendment *deletion, struct base_slice named) {
    bool kept = false;
    for (size_t i = 0; i < group->explained.count && !kept; i++) {
        const struct amendment *one = kept_at(group, i);
        kept = one->by == deletion->by && memcmp(one->target, deletion->target, sizeof one->target) == 0 &&
               base_slice_equal(base_borrow(&one->data), named);
    }
    return kept;
}

static base_result keep(const struct weibel_core *core, struct group *group, const struct amendment *deletion,
                        struct base_slice named) {
    struct amendment *kept = (struct amendment *)base_take(core->options.allocator, 1, sizeof *kept);
    BASE_ENSURE(kept != NULL, BASE_ERR_NO_MEMORY);
    kept->kind = AMEND_DELETE;
    kept->by = deletion->by;
    kept->at = deletion->at;
    kept->moderates = deletion->moderates;
    kept->durable = true;
    memcpy(kept->target, deletion->target, sizeof kept->target);
    memcpy(kept->id, deletion->id, sizeof kept->id);
    base_result result = base_bytes_copy(core->options.allocator, named, &kept->data);
    result = result == BASE_OK ? list_add(&group->explained, core->options.allocator, kept) : result;
    if (result != BASE_OK) {
        amend_free(kept);
    }
    return result;
}

base_result gap_keep(struct weibel_core *core, struct group *group, const struct amendment *deletion,
                     struct base_slice named) {
    if (group->explained.count == STATE_MAX_EXPLAINED || is_kept(group, deletion, named)) {
        return BASE_OK;
    }
    group->dirty = true;
    return keep(core, group, deletion, named);
}

void gap_write_kept(struct base_writer *writer, const struct group *group) {
    base_write_u8(writer, (uint8_t)group->explained.count);
    for (size_t i = 0; i < group->explained.count; i++) {
        const struct amendment *kept = kept_at(group, i);
        base_write_u64(writer, kept->by);
        base_write_u64(writer, kept->at);
        field_write_bool(writer, kept->moderates);
        field_write_array(writer, kept->target, sizeof kept->target);
        field_write_array(writer, kept->id, sizeof kept->id);
        base_write_opaque(writer, base_borrow(&kept->data));
    }
}

base_result gap_read_kept(const struct weibel_core *core, struct base_reader *reader, struct group *group) {
    uint8_t count;
    BASE_TRY(base_read_u8(reader, &count));
    BASE_ENSURE(count <= STATE_MAX_EXPLAINED, BASE_ERR_VALUE);
    for (uint8_t i = 0; i < count; i++) {
        struct amendment deletion = { .by = 0 };
        struct base_slice named;
        BASE_TRY(base_read_u64(reader, &deletion.by));
        BASE_TRY(base_read_u64(reader, &deletion.at));
        BASE_TRY(field_read_bool(reader, &deletion.moderates));
        BASE_TRY(base_read_copy(reader, deletion.target, sizeof deletion.target));
        BASE_TRY(base_read_copy(reader, deletion.id, sizeof deletion.id));
        BASE_TRY(base_read_opaque(reader, &named));
        BASE_TRY(keep(core, group, &deletion, named));
    }
    return BASE_OK;
}

/* Which of the entries that it names are missing here, as is known now. */
static base_result explain_by(struct weibel_core *core, struct group *group, struct amendment *kept) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) =
        base_writer(core->options.allocator, MESSAGE_MAX_COPIES * COPY_NAMED_LEN);
    struct base_reader reader = base_reader(base_borrow(&kept->data));
    struct copy_named named;
    while (copy_next_named(&reader, &named)) {
        named.explained = memcmp(named.at.stream, group->id, sizeof group->id) == 0 &&
                          gap_explain_by(core, group, kept, named.at.entry);
        copy_write_named(&writer, &named);
    }
    base_bytes_free(&kept->data);
    BASE_TRY(base_writer_finish(&writer, &kept->data));
    kept->chat = group->chat->number;
    return kept->entry == 0 ? BASE_OK : amend_add(core, kept);
}

static base_result explain_kept(struct weibel_core *core, struct group *group) {
    while (group->explained.count > 0) {
        struct amendment *kept = (struct amendment *)list_take(&group->explained, 0);
        base_result result = explain_by(core, group, kept);
        amend_free(kept);
        BASE_TRY(result);
        group->dirty = true;
    }
    return BASE_OK;
}

base_result gap_not_explained(struct weibel_core *core, struct chat *chat, const struct stood *place) {
    return chat_notice_gap(core, chat, 0, place, "A message was deleted, or had expired, before it was read");
}

struct stood gap_place(const struct group *group, uint64_t entry) {
    struct stood place = { .entry = entry };
    memcpy(place.stream, group->id, sizeof place.stream);
    return place;
}

base_result gap_tell(struct weibel_core *core, struct group *group) {
    struct stood last = gap_place(group, 0);
    uint64_t missing = 0;
    BASE_TRY(group->unsure ? BASE_OK : explain_kept(core, group));
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
               : chat_notice_gap(core, group->chat, 0, &last,
                                 "%" PRIu64 " messages were deleted, or had expired, before they were read", missing);
}
