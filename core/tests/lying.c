/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A server that lies to some.
 */
#include "lying.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "group.h"
#include "test/result.h"

enum { MAX_ENTRIES = 64 };

static uint64_t shifted(const struct liar *liar, uint64_t number) {
    uint64_t less = 0;
    for (size_t i = 0; i < liar->count; i++) {
        less += liar->dropped[i] <= number ? 1 : 0;
    }
    return number - less;
}

static bool is_dropped(const struct liar *liar, uint64_t number) {
    return shifted(liar, number) == shifted(liar, number - 1);
}

/* The entry comes late. `all` has room for one more. */
static size_t keep_late(struct liar *liar, struct wire_entry *all, size_t count) {
    uint64_t last = liar->late + liar->late_by;
    if (liar->late == 0 || count != 1 || all[0].number < liar->late || all[0].number > last + 1) {
        return count;
    }
    if (all[0].number == liar->late) {
        liar->kept = model_copy(all[0].content);
        memcpy(liar->kept_nonce, all[0].nonce, sizeof liar->kept_nonce);
        return 0;
    }
    if (all[0].number <= last) {
        all[0].number--;
        return 1;
    }
    all[1] = all[0];
    all[0].number--;
    all[0].content = model_slice(liar->kept);
    memcpy(all[0].nonce, liar->kept_nonce, sizeof liar->kept_nonce);
    return 2;
}

static void forge_frame(void *user, struct model_bytes *bytes) {
    struct liar *liar = (struct liar *)user;
    struct wire_frame frame;
    assert_ok(wire_decode(model_slice(*bytes), &frame));
    if (frame.type != WIRE_ENTRIES || memcmp(frame.of.entries.stream, liar->stream, WIRE_STREAM_LEN) != 0) {
        return;
    }
    struct wire_entries *entries = &frame.of.entries;
    struct wire_entry all[MAX_ENTRIES + 1];
    size_t count = 0;
    struct base_reader reader = base_reader(entries->entries);
    while (reader.left > 0) {
        assert_true(count < MAX_ENTRIES);
        assert_ok(wire_entry_next(&reader, &all[count++]));
    }
    count = keep_late(liar, all, count);
    for (size_t i = 0; i + 1 < count; i++) {
        if (all[i].number == liar->swapped) {
            struct wire_entry one = all[i];
            all[i] = all[i + 1];
            all[i + 1] = one;
            all[i + 1].number = all[i].number;
            all[i].number = one.number;
        }
    }
    struct base_writer inside BASE_CLEANUP(base_writer_free) = base_writer(base_allocator_libc(), WIRE_MAX_FRAME),
                              writer BASE_CLEANUP(base_writer_free) =
                                  base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    for (size_t i = 0; i < count; i++) {
        if (!is_dropped(liar, all[i].number)) {
            all[i].number = shifted(liar, all[i].number);
            wire_entry_write(&inside, &all[i]);
        }
    }
    entries->last_commit = shifted(liar, entries->last_commit);
    entries->entries = base_writer_view(&inside);
    wire_encode(&writer, &frame);
    assert_ok(writer.failed);
    struct model_bytes forged = model_copy(base_writer_view(&writer));
    free(bytes->data);
    *bytes = forged;
}

void lie_to(struct world_peer *peer, struct liar *liar) {
    lie_about(peer, liar, group_at_hand(peer));
}

void lie_about(struct world_peer *peer, struct liar *liar, const struct group *group) {
    memcpy(liar->stream, group->id, sizeof liar->stream);
    peer->forge = forge_frame;
    peer->forge_user = liar;
}

uint64_t next_entry(const struct world_peer *peer) {
    return peer->world->model->streams[peer->world->model->stream_count - 1]->next;
}

void assert_shown(struct world_peer *peer, const char *chat, const char *expected) {
    const cJSON *messages =
                    cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s','limit':200}", chat), "messages"),
                *message;
    char shown[4096] = "";
    size_t len = 0;
    cJSON_ArrayForEach(message, messages) {
        bool notice = strcmp(text_of(message, "kind"), "notice") == 0;
        if (!notice || strcmp(text_of(message, "notice"), "gap") == 0) {
            len +=
                (size_t)snprintf(shown + len, sizeof shown - len, notice ? "[%s]\n" : "%s\n", text_of(message, "text"));
            assert_true(len < sizeof shown);
        }
    }
    assert_string_equal(shown, expected);
}

void say(struct world_peer *peer, const char *text) {
    (void)world_call(peer, "send", "{'chat':'%s','text':'%s'}", group_of(peer, "G"), text);
    world_pass(peer->world, 1000);
}

struct world_peer *add_silent(struct world *world) {
    struct world_peer *peer = world_add(world);
    (void)world_call(peer, "settings.set", "{'receipts':false}");
    return peer;
}

void meet(struct people *people, uint64_t seed) {
    world_init(&people->world, seed);
    people->anna = add_silent(&people->world);
    people->ben = add_silent(&people->world);
    people->carol = add_silent(&people->world);
    (void)world_call(people->anna, "group.create", "{'name':'G','members':['%s','%s']}", people->ben->id,
                     people->carol->id);
    world_pass(&people->world, 5000);
    say(people->anna, "a");
    say(people->ben, "b");
    say(people->carol, "c");
}
