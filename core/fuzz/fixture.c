/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The fixture. Its server is the model until the snapshot; behind that it only says that there is nothing new.
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "door.h"
#include "group.h"
#include "keys.h"
#include "test/check.h"

enum { SEED = 42 };

/* Where the core under test gets time and randomness: the same for each run. */
static struct test_clock clock;
static struct test_random randomness;

static void check(base_result result) {
    TEST_CHECK(result == BASE_OK, result->name);
}

static void copy_bytes(struct model_bytes *copy, struct base_slice bytes) {
    copy->len = bytes.len;
    copy->data = (uint8_t *)malloc(bytes.len);
    TEST_CHECK(copy->data != NULL, "the machine is out of memory");
    memcpy(copy->data, bytes.data, bytes.len);
}

static void record_frame(void *user, struct base_slice frame) {
    struct fixture *fixture = (struct fixture *)user;
    if (fixture->frame_count == FIXTURE_FRAMES) {
        return;
    }
    copy_bytes(&fixture->frames[fixture->frame_count++], frame);
}

static void take_of_alice(struct fixture *fixture, struct world_peer *alice) {
    struct weibel_core *core = alice->core;
    const struct model *model = alice->world->model;
    memcpy(fixture->device_key, core->account.device_key.private_key.data, sizeof fixture->device_key);
    struct base_bytes package = { 0 };
    check(keys_make_wish(core, fixture->streams[fixture->stream_count - 1].id, 0, &package));
    copy_bytes(&fixture->key_package, base_borrow(&package));
    base_bytes_free(&package);
    check(out_commit(&core->out));
    (void)world_call(alice, "group.link", "{'chat':'Second','enabled':true}");
    world_pass(alice->world, 1000);
    bool open = false;
    for (size_t i = 0; i < core->chats.count && !open; i++) {
        open = door_secret(chat_group((const struct chat *)core->chats.items[i]), fixture->door_secret);
    }
    TEST_CHECK(open && model->door_count == 1, "nothing lies at the door");
    copy_bytes(&fixture->door, model_slice(model->doors[0].content));
}

static void make(struct fixture *fixture) {
    static struct world world;
    world_init(&world, SEED);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    (void)world_call(alice, "group.create", "{'name':'Group','members':['%s']}", bob->id);
    (void)world_call(alice, "send", "{'chat':'Group','text':'hello all'}");
    fixture->store = world_store_copy(&bob->store);
    for (size_t i = 0; i < world.model->stream_count; i++) {
        memcpy(fixture->streams[i].id, world.model->streams[i]->id, WIRE_STREAM_LEN);
        fixture->streams[i].last_commit = world.model->streams[i]->last_commit;
    }
    fixture->stream_count = world.model->stream_count;
    bob->on_frame = record_frame;
    bob->on_frame_user = fixture;
    (void)world_call(alice, "typing", "{'chat':'%s','typing':true}", bob->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'more','expire':60}", bob->id);
    (void)world_call(alice, "send",
                     "{'chat':'Group','text':'*a*','format':'markdown','mentions':['%s'],"
                     "'poll':{'question':'q','options':['a','b']},'location':{'latitude':1,'longitude':2}}",
                     bob->id);
    (void)world_call(alice, "send", "{'chat':'Group','text':'more for all'}");
    world_put_file(alice, "f", (const uint8_t *)"abc", 3);
    (void)world_call(alice, "send",
                     "{'chat':'Group','files':[{'path':'f','name':'f','size':3,'kind':'voice','duration':5,"
                     "'waveform':'AAEC','thumbnail':'AAEC','thumbnail_type':'image/png'}]}");
    (void)world_call(alice, "group.create", "{'name':'Second','members':['%s','%s']}", bob->id, carol->id);
    (void)world_call(alice, "group.add", "{'chat':'Group','members':['%s']}", carol->id);
    (void)world_call(carol, "group.leave", "{'chat':'Group'}");
    world_pass(&world, 10 * 1000);
    (void)world_call(alice, "group.remove", "{'chat':'Group','members':['%s']}", bob->id);
    take_of_alice(fixture, alice);
    world_end(&world);
}

const struct fixture *fixture_get(void) {
    static struct fixture fixture;
    if (fixture.store.count == 0) {
        make(&fixture);
    }
    return &fixture;
}

static base_result say(struct weibel_core *core, const struct wire_frame *frame) {
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    wire_encode(&writer, frame);
    base_result result = weibel_core_frame(core, base_writer_view(&writer));
    base_writer_free(&writer);
    return result;
}

static base_result greet(struct weibel_core *core) {
    struct wire_frame frame = { .type = WIRE_CHALLENGE };
    frame.of.challenge.lowest_version = frame.of.challenge.highest_version = WIRE_VERSION;
    frame.of.challenge.domain = base_slice_text("example.org");
    BASE_TRY(weibel_core_connected(core));
    return say(core, &frame);
}

/* The server has all of them still. */
static struct wire_signed_in all_packages(const struct weibel_core *core, uint8_t *names) {
    struct wire_signed_in in = { .packages = { names, 0 } };
    for (size_t i = 0; i < core->key_packages.count && i < WIRE_MAX_KEY_PACKAGES; i++) {
        const struct key_package *package = (const struct key_package *)core->key_packages.items[i];
        if (package->last_resort) {
            in.last_resort = base_slice(package->name, sizeof package->name);
        } else {
            memcpy(names + in.packages.len, package->name, sizeof package->name);
            in.packages.len += sizeof package->name;
        }
    }
    return in;
}

/* There is nothing new on this server. */
static base_result answer(const struct fixture *fixture, struct weibel_core *core, struct base_slice bytes) {
    struct wire_frame asked, said = { 0 };
    uint8_t names[(WIRE_MAX_KEY_PACKAGES + 1) * WIRE_PACKAGE_NAME_LEN];
    check(wire_decode(bytes, &asked));
    said.request = asked.request;
    if (asked.type == WIRE_SIGN_IN) {
        said.type = WIRE_SIGNED_IN;
        said.of.signed_in = all_packages(core, names);
    } else if (asked.type == WIRE_INBOX_READ) {
        said.type = WIRE_INBOX_ENTRIES;
    } else if (asked.type == WIRE_READ) {
        said.type = WIRE_ENTRIES;
        memcpy(said.of.entries.stream, asked.of.read.stream, WIRE_STREAM_LEN);
        for (size_t i = 0; i < fixture->stream_count; i++) {
            if (memcmp(fixture->streams[i].id, asked.of.read.stream, WIRE_STREAM_LEN) == 0) {
                said.of.entries.last_commit = fixture->streams[i].last_commit;
            }
        }
    } else if (asked.type == WIRE_GET_DOOR) {
        said.type = WIRE_DOOR;
        said.of.door.content = model_slice(fixture->door);
    } else {
        return BASE_OK;
    }
    return say(core, &said);
}

base_result fixture_drain(const struct fixture *fixture, const struct world_store *store, struct weibel_core *core,
                          bool online) {
    struct weibel_effect effect;
    while (weibel_core_next(core, &effect)) {
        if (effect.kind == WEIBEL_EFFECT_STORE) {
            BASE_TRY(weibel_core_stored(core, true));
        } else if (effect.kind == WEIBEL_EFFECT_READ) {
            BASE_TRY(world_read(store, core, &effect.of.read));
        } else if (effect.kind == WEIBEL_EFFECT_CONNECT && online) {
            BASE_TRY(greet(core));
        } else if (effect.kind == WEIBEL_EFFECT_DISCONNECT) {
            BASE_TRY(weibel_core_disconnected(core, NULL));
        } else if (effect.kind == WEIBEL_EFFECT_FRAME && online) {
            BASE_TRY(answer(fixture, core, effect.of.frame));
        }
    }
    return BASE_OK;
}

static base_result ask(struct weibel_core *core, const char *line) {
    return weibel_core_line(core, base_slice_text(line));
}

struct weibel_core *fixture_open(const struct fixture *fixture, const struct world_store *store, bool online) {
    test_clock_init(&clock, (uint64_t)1700000100 * 1000);
    test_random_init_quiet(&randomness, SEED);
    struct weibel_options options = {
        .allocator = base_allocator_libc(),
        .random = &randomness.random,
        .clock = &clock.clock,
        .provider = mls_provider_sodium(),
    };
    struct weibel_core *core = NULL;
    check(weibel_core_open(&options, &core));
    check(ask(core,
              "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"unlock\",\"params\":{\"passphrase\":\"correct horse\"}}"));
    base_result result = fixture_drain(fixture, store, core, online);
    if (result == BASE_OK && online) {
        check(ask(core, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"connect\"}"));
        result = fixture_drain(fixture, store, core, online);
    }
    if (result != BASE_OK) {
        weibel_core_free(core);
        return NULL;
    }
    return core;
}
