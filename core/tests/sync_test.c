/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The records that an account's devices share: the last writer's wins, they outlive the process, and damaged messages
 * change nothing.
 */
#include <string.h>

#include "chatting.h"
#include "out.h"
#include "sync_record.h"
#include "test/mutate.h"
#include "test/result.h"

static const uint8_t low[WIRE_DEVICE_LEN] = { 1 }, high[WIRE_DEVICE_LEN] = { 2 };

static void assert_value(const struct weibel_core *core, enum sync_kind kind, const char *name, const char *expected) {
    struct base_slice value = base_slice_text("");
    assert_int_equal(sync_get(core, kind, base_slice_text(name), &value), expected != NULL);
    if (expected != NULL) {
        assert_true(base_slice_equal(value, base_slice_text(expected)));
    }
}

static void put(struct weibel_core *core, enum sync_kind kind, const char *name, const char *value) {
    assert_ok(sync_put(core, kind, base_slice_text(name), base_slice_text(value)));
}

/* A message with one record. */
static struct base_bytes message_of(enum sync_kind kind, const char *name, const char *value, uint64_t clock,
                                    const uint8_t device[WIRE_DEVICE_LEN]) {
    struct base_writer writer = base_writer(base_allocator_libc(), 1 << 20);
    struct base_bytes bytes = { 0 };
    const uint8_t head[] = { 1, 0 };
    base_write_slice(&writer, base_slice(head, sizeof head));
    size_t mark = base_write_vector_begin(&writer);
    base_write_u8(&writer, (uint8_t)kind);
    base_write_opaque(&writer, base_slice_text(name));
    base_write_opaque(&writer, base_slice_text(value));
    base_write_u64(&writer, clock);
    base_write_slice(&writer, base_slice(device, WIRE_DEVICE_LEN));
    base_write_vector_end(&writer, mark);
    assert_ok(base_writer_finish(&writer, &bytes));
    return bytes;
}

static void take(struct weibel_core *core, const char *value, uint64_t clock, const uint8_t *device) {
    struct base_bytes message = message_of(SYNC_SETTING, "a", value, clock, device);
    assert_ok(sync_take(core, base_borrow(&message)));
    base_bytes_free(&message);
}

static void the_last_writer_wins(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct weibel_core *core = world_add(&world)->core;
    assert_value(core, SYNC_SETTING, "a", NULL);
    take(core, "one", 7, low);
    assert_value(core, SYNC_SETTING, "a", "one");
    assert_value(core, SYNC_CHAT, "a", NULL);
    take(core, "older", 6, high);
    assert_value(core, SYNC_SETTING, "a", "one");
    take(core, "same time", 7, high);
    assert_value(core, SYNC_SETTING, "a", "same time");
    take(core, "lesser device", 7, low);
    assert_value(core, SYNC_SETTING, "a", "same time");

    /* What is set here comes behind all that was seen. */
    put(core, SYNC_SETTING, "a", "two");
    take(core, "seven", 7, high);
    assert_value(core, SYNC_SETTING, "a", "two");
    take(core, "nine", 9, low);
    assert_value(core, SYNC_SETTING, "a", "nine");
    take(core, "never", UINT64_MAX, high);
    assert_value(core, SYNC_SETTING, "a", "nine");
    put(core, SYNC_SETTING, "a", "ten");
    take(core, "nine again", 9, high);
    assert_value(core, SYNC_SETTING, "a", "ten");

    assert_ok(sync_forget(core, SYNC_SETTING, base_slice_text("a")));
    assert_value(core, SYNC_SETTING, "a", NULL);
    assert_ok(sync_forget(core, SYNC_SETTING, base_slice_text("a")));
    world_end(&world);
}

/* What was read only grows, whoever has said it when. A stream that was set back begins anew. */
static void the_greater_place_holds(void **state) {
    (void)state;
    static const struct {
        uint8_t value[17];
        size_t len;
        uint64_t clock;
        bool holds;
    } told[] = {
        { { [15] = 5 }, 16, 50, true },         { { [15] = 4 }, 16, 60, false },
        { { [14] = 1 }, 16, 3, true },          { { [14] = 1, [15] = 1 }, 17, 70, false },
        { { [14] = 2 }, 15, 71, false },        { { [14] = 1 }, 16, 72, false },
        { { [7] = 1 }, 16, 2, true },           { { [13] = 1 }, 16, 73, false },
        { { [7] = 1, [15] = 1 }, 16, 1, true },
    };
    struct world world;
    world_init(&world, 7);
    struct world_peer *peer = world_add(&world);
    struct base_slice value, held = base_slice(NULL, 0);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        struct sync_view view = { .kind = SYNC_READ,
                                  .name = base_slice_text("of some stream, and some chat that is not here"),
                                  .value = base_slice(told[i].value, told[i].len),
                                  .clock = told[i].clock };
        memcpy(view.device, low, sizeof view.device);
        assert_ok(sync_record_take(peer->core, &view));
        held = told[i].holds ? view.value : held;
        assert_true(sync_get(peer->core, SYNC_READ, view.name, &value));
        assert_true(base_slice_equal(value, held));
    }
    (void)world_call(peer, "whoami", "{}");
    world_end(&world);
}

/* Whoever asks for everything has it from the first one that answers; but each one says itself that it is there. */
static void all_say_that_they_are_there(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 8);
    struct world_peer *peer = world_add(&world);
    (void)world_link(peer);
    (void)world_link(peer);
    world_pass(&world, 60 * 1000);
    size_t before = world.model->asked[WIRE_APPEND];
    peer->core->account.sync_wanted = peer->core->account.dirty = peer->core->sync_waiting = true;
    assert_ok(weibel_core_tick(peer->core));
    world_pass(&world, 60 * 1000);
    assert_int_equal(world.model->asked[WIRE_APPEND] - before, 3);
    world_end(&world);
}

/* What stands in the question itself, the answer spares. */
static void who_asks_is_not_told_what_he_has_said(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 9);
    struct weibel_core *core = world_add(&world)->core;
    take(core, "one", 7, low);
    struct base_bytes message = message_of(SYNC_SETTING, "a", "one", 7, low);
    message.data[1] = 1;
    assert_ok(sync_take(core, base_borrow(&message)));
    base_bytes_free(&message);
    const struct sync_record *record = (const struct sync_record *)core->syncs.items[core->syncs.count - 1];
    assert_int_equal(record->kind, SYNC_SETTING);
    assert_true(record->sent);
    (void)world_call(&world.peers[0], "whoami", "{}");
    world_end(&world);
}

static void records_are_kept(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *peer = world_add(&world);
    put(peer->core, SYNC_SETTING, "b", "2");
    put(peer->core, SYNC_SETTING, "a", "1");
    put(peer->core, SYNC_CHAT, "a", "3");
    put(peer->core, SYNC_SETTING, "c", "");
    put(peer->core, SYNC_SETTING, "b", "4");
    assert_ok(sync_forget(peer->core, SYNC_CHAT, base_slice_text("a")));
    (void)world_call(peer, "whoami", "{}");
    world_crash(peer);
    world_run(&world);
    assert_value(peer->core, SYNC_SETTING, "a", "1");
    assert_value(peer->core, SYNC_SETTING, "b", "4");
    assert_value(peer->core, SYNC_SETTING, "c", "");
    assert_value(peer->core, SYNC_CHAT, "a", NULL);
    take(peer->core, "older", 2, high);
    assert_value(peer->core, SYNC_SETTING, "a", "1");
    world_end(&world);
}

static void bounds_hold(void **state) {
    (void)state;
    static const uint8_t bytes[SYNC_MAX_VALUE + 1] = { 0 };
    struct world world;
    world_init(&world, 3);
    struct weibel_core *core = world_add(&world)->core;
    struct base_slice name = base_slice(bytes, SYNC_MAX_NAME), value = base_slice(bytes, SYNC_MAX_VALUE);
    assert_ok(sync_put(core, SYNC_CHAT, name, value));
    assert_result(&BASE_ERR_TOO_LONG, sync_put(core, SYNC_CHAT, base_slice(bytes, SYNC_MAX_NAME + 1), value));
    assert_result(&BASE_ERR_TOO_LONG, sync_put(core, SYNC_CHAT, name, base_slice(bytes, SYNC_MAX_VALUE + 1)));
    (void)world_call(&world.peers[0], "whoami", "{}");
    world_end(&world);
}

static void try_damaged(struct base_slice bytes, void *user) {
    struct weibel_core *core = user;
    base_result result = sync_take(core, bytes);
    assert_true(result == BASE_OK || (result->category != BASE_INTERNAL && result != &BASE_ERR_NO_MEMORY));
}

static void assert_truncated(struct base_slice bytes, void *user) {
    assert_ptr_not_equal(sync_take(user, bytes), BASE_OK);
}

static void damaged_messages_do_no_harm(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct weibel_core *core = world_add(&world)->core;
    struct base_bytes message = message_of(SYNC_SETTING, "name", "value", 3, low);
    test_each_truncation(base_borrow(&message), assert_truncated, core);
    test_each_extension(base_borrow(&message), assert_truncated, core);
    assert_value(core, SYNC_SETTING, "name", NULL);
    test_each_bit_flip(base_borrow(&message), try_damaged, core);
    base_bytes_free(&message);

    /* A kind of a later version is passed over. */
    message = message_of((enum sync_kind)200, "name", "value", 3, low);
    assert_ok(sync_take(core, base_borrow(&message)));
    base_bytes_free(&message);
    (void)world_call(&world.peers[0], "whoami", "{}");
    world_end(&world);
}

/* What the kinds' handlers don't understand changes nothing but the record. */
static void damaged_values_do_no_harm(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 5);
    struct world_peer *peer = world_add(&world);
    uint64_t clock = 10;
    for (int kind = SYNC_DEVICE; kind < SYNC_KIND_END; kind++) {
        for (size_t len = 0; len < 60; len++) {
            char value[64], name[64];
            memset(value, len % 2 == 0 ? 1 : 'A', sizeof value);
            memset(name, 'Z', sizeof name);
            value[len] = name[len % 40] = 0;
            struct base_bytes message = message_of((enum sync_kind)kind, name, value, clock++, low);
            assert_ok(sync_take(peer->core, base_borrow(&message)));
            base_bytes_free(&message);
        }
    }
    world_run(&world);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(peer, "contact.list", "{}"), "contacts")), 0);
    world_crash(peer);
    world_run(&world);
    (void)world_call(peer, "whoami", "{}");
    world_end(&world);
}

static void names_of_accounts(void **state) {
    (void)state;
    uint8_t name[SYNC_MAX_NAME], id[WIRE_ACCOUNT_LEN], account[WIRE_ACCOUNT_LEN];
    char domain[WIRE_MAX_DOMAIN + 1];
    assert_ok(wire_id_random(base_random_system(), account));
    size_t len = sync_account_name(account, "example.org", name);
    assert_true(sync_account_parse(base_slice(name, len), id, domain));
    assert_memory_equal(id, account, sizeof id);
    assert_string_equal(domain, "example.org");
    assert_false(sync_account_parse(base_slice(name, WIRE_ACCOUNT_LEN), id, domain));
    name[0] = '!';
    assert_false(sync_account_parse(base_slice(name, len), id, domain));
}

/* A device was away while a record went by, and has ended. It finds that something is missing while a message of its
 * own is under way, that asks for nothing yet: what is missing is asked for with the next one. */
static void what_is_missed_meanwhile_is_asked_for(void **state) {
    (void)state;
    enum { RUNS = 12 };
    for (uint64_t run = 0; run < RUNS; run++) {
        struct world world;
        world_init(&world, 20 + run);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        world_pass(&world, 60 * 1000);
        (void)world_call(phone, "disconnect", "{}");
        (void)world_call(anna, "contact.add", "{'id':'%s','name':'Benjamin'}", ben->id);
        world_pass(&world, 60 * 1000);
        (void)world_call(anna, "disconnect", "{}");
        world_pass_month(&world);
        put(anna->core, SYNC_SETTING, "of anna's", "one");
        put(phone->core, SYNC_SETTING, "of the phone's", "two");
        (void)world_ask(anna, "connect", "{}");
        (void)world_ask(phone, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_value(anna->core, SYNC_SETTING, "of the phone's", "two");
        assert_value(phone->core, SYNC_SETTING, "of anna's", "one");
        const cJSON *contacts = cJSON_GetObjectItem(world_call(phone, "contact.list", "{}"), "contacts");
        assert_string_equal(text_of(cJSON_GetArrayItem(contacts, 0), "name"), "Benjamin");
        world_end(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_writer_wins),
        cmocka_unit_test(the_greater_place_holds),
        cmocka_unit_test(all_say_that_they_are_there),
        cmocka_unit_test(what_is_missed_meanwhile_is_asked_for),
        cmocka_unit_test(who_asks_is_not_told_what_he_has_said),
        cmocka_unit_test(records_are_kept),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(damaged_messages_do_no_harm),
        cmocka_unit_test(damaged_values_do_no_harm),
        cmocka_unit_test(names_of_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
