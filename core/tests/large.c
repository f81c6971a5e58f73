/* SPDX-License-Identifier: EUPL-1.2 */
#include "large.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "group.h"
#include "test/result.h"

enum { TIMES = 5, ID_ROOM = 16 };

static int compare(const void *a, const void *b) {
    return memcmp(((const struct model_stranger *)a)->id, ((const struct model_stranger *)b)->id, WIRE_ACCOUNT_LEN);
}

void large_begin(struct large *large, uint64_t seed, size_t count, size_t filler) {
    static const uint8_t zeros[LARGE_MAX_FILLER];
    assert_true(filler <= LARGE_MAX_FILLER);
    *large = (struct large){ .made = count };
    struct world *world = &large->world;
    world_init_quiet(world, seed);
    large->alice = world_add(world);
    large->bob = world_add(world);
    large->alice->hushed = large->bob->hushed = true;
    large->forged = (struct forged *)calloc(count, sizeof *large->forged);
    large->strangers = (struct model_stranger *)calloc(count, sizeof *large->strangers);
    large->ids = (uint8_t(*)[WIRE_ACCOUNT_LEN])calloc(count, WIRE_ACCOUNT_LEN);
    assert_true(large->forged != NULL && large->strangers != NULL && large->ids != NULL);
    for (size_t i = 0; i < count; i++) {
        struct forging what = { .filler = base_slice(zeros, filler) };
        struct identity identity;
        assert_ok(wire_id_random(&world->random.random, what.account));
        forge(large->alice, &what, &large->forged[i]);
        assert_ok(identity_peek(base_borrow(&large->forged[i].credential), &identity));
        struct model_stranger *stranger = &large->strangers[i];
        memcpy(large->ids[i], what.account, WIRE_ACCOUNT_LEN);
        memcpy(stranger->id, identity.account, sizeof stranger->id);
        memcpy(stranger->device, identity.device, sizeof stranger->device);
        memcpy(stranger->identity_key, identity.identity_key, sizeof stranger->identity_key);
        stranger->key_package = base_borrow(&large->forged[i].bundle.message);
    }
    qsort(large->strangers, count, sizeof *large->strangers, compare);
    world->model->strangers = large->strangers;
    world->model->stranger_count = count;
}

void large_end(struct large *large) {
    for (size_t i = 0; i < large->made; i++) {
        forged_free(&large->forged[i]);
    }
    world_end(&large->world);
    free(large->forged);
    free(large->strangers);
    free(large->ids);
}

/* A request with the IDs of the next ones. */
static void ask_with(struct large *large, const char *method, const char *head, size_t first, size_t count) {
    size_t room = 256 + count * ID_ROOM, len;
    char *line = (char *)malloc(room);
    uint64_t id = large->world.next_id++;
    assert_non_null(line);
    len =
        (size_t)snprintf(line, room, "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"method\":\"%s\",\"params\":{%s,\"members\":[",
                         (unsigned long long)id, method, head);
    for (size_t i = 0; i < count; i++) {
        char text[WIRE_ID_TEXT_LEN + 1];
        wire_id_format(large->ids[first + i], text);
        len += (size_t)snprintf(line + len, room - len, "%s\"%s\"", i == 0 ? "" : ",", text);
    }
    len += (size_t)snprintf(line + len, room - len, "]}}");
    assert_ok(weibel_core_line(large->alice->core, base_slice(line, len)));
    free(line);
    world_run(&large->world);
    const cJSON *answer = world_answer(large->alice, id);
    assert_non_null(answer);
    assert_non_null(cJSON_GetObjectItem(answer, "result"));
}

void large_add(struct large *large, size_t count) {
    assert_true(count <= large->made - large->added);
    ask_with(large, "group.add", "\"chat\":\"G\"", large->added, count);
    large->added += count;
}

void large_remove(struct large *large, size_t count) {
    assert_true(count <= large->added);
    large->added -= count;
    ask_with(large, "group.remove", "\"chat\":\"G\"", large->added, count);
    world_pass(&large->world, 60 * 1000);
}

void large_grow(struct large *large, size_t to) {
    if (large->added == 0) {
        ask_with(large, "group.create", "\"name\":\"G\"", 0, 1);
        large->added = 1;
    }
    if (large->added < to) {
        large_add(large, to - large->added);
    }
    world_pass(&large->world, 60 * 1000);
}

void large_invite(struct large *large) {
    (void)world_call(large->alice, "group.add", "{'chat':'G','members':['%s']}", large->bob->id);
    world_pass(&large->world, 600 * 1000);
}

struct large_cost large_now(const struct world_peer *peer) {
    return (struct large_cost){
        .cpu = (uint64_t)clock() * (1000000 / CLOCKS_PER_SEC),
        .allocations = peer->alloc.calls,
        .records = peer->counts.records,
        .stored = peer->counts.stored,
        .sent = peer->counts.sent,
        .said = peer->counts.said,
    };
}

struct large_cost large_since(const struct world_peer *peer, const struct large_cost *before) {
    struct large_cost now = large_now(peer);
    return (struct large_cost){
        .cpu = now.cpu - before->cpu,
        .allocations = now.allocations - before->allocations,
        .peak = peer->alloc.peak,
        .records = now.records - before->records,
        .stored = now.stored - before->stored,
        .sent = now.sent - before->sent,
        .said = now.said - before->said,
    };
}

static struct large_cost least(struct large *large, const struct world_peer *at, const char *method,
                               const char *params) {
    struct large_cost cost = { .cpu = UINT64_MAX };
    for (int i = 0; i < TIMES; i++) {
        struct large_cost before = large_now(at);
        (void)world_call(large->alice, method, params, i);
        world_pass(&large->world, 10);
        struct large_cost once = large_since(at, &before);
        uint64_t cpu = once.cpu < cost.cpu ? once.cpu : cost.cpu;
        /* What comes back before the server has answered is noted twice. */
        cost = i == 0 || once.records <= cost.records ? once : cost;
        cost.cpu = cpu;
        world_pass(&large->world, 5000);
    }
    return cost;
}

struct large_cost large_message(struct large *large, const struct world_peer *at) {
    return least(large, at, "send", "{'chat':'G','text':'message %d'}");
}

struct large_cost large_commit(struct large *large, const struct world_peer *at) {
    return least(large, at, "group.set", "{'chat':'G','description':'commit %d'}");
}

struct large_cost large_come_in(struct large *large) {
    char link[256];
    struct world_peer *carol = world_add(&large->world);
    const cJSON *answer = world_call(large->alice, "group.link", "{'chat':'G','enabled':true}");
    carol->hushed = true;
    (void)snprintf(link, sizeof link, "%s", text_of(answer, "link"));
    world_pass(&large->world, 60 * 1000);
    struct large_cost before = large_now(carol);
    (void)world_call(carol, "group.join", "{'link':'%s'}", link);
    world_pass(&large->world, 600 * 1000);
    assert_agree(&large->world, "G", (const size_t[]){ 0, 2 }, 2);
    return large_since(carol, &before);
}
