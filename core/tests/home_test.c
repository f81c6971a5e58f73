/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The home: passphrase, activation, connection, and a store that fails.
 */
#include <stdlib.h>
#include <string.h>

#include "chatting.h"
#include "test/result.h"

/* True if `what` stands somewhere in the bytes. */
static bool contains(const uint8_t *bytes, size_t len, const char *what) {
    size_t what_len = strlen(what);
    for (size_t i = 0; i + what_len <= len; i++) {
        if (memcmp(bytes + i, what, what_len) == 0) {
            return true;
        }
    }
    return false;
}

static void a_locked_home_shows_nothing(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world);
    world_close(alice);
    world_open(alice);
    const cJSON *status = world_call(alice, "status", "{}");
    assert_string_equal(text_of(status, "state"), "locked");
    assert_null(cJSON_GetObjectItem(status, "id"));
    assert_string_equal(world_error(alice, "whoami", "{}"), "locked");
    assert_string_equal(world_error(alice, "chats", "{}"), "locked");
    assert_string_equal(world_error(alice, "connect", "{}"), "locked");
    assert_string_equal(world_error(alice, "create", "{'passphrase':'another'}"), "state");
    assert_string_equal(world_error(alice, "unlock", "{'passphrase':'wrong horse'}"), "passphrase");
    assert_string_equal(world_error(alice, "unlock", "{'passphrase':''}"), "params");
    assert_string_equal(text_of(world_call(alice, "status", "{}"), "state"), "locked");
    (void)world_call(alice, "unlock", "{'passphrase':'correct horse'}");
    assert_string_equal(text_of(world_call(alice, "whoami", "{}"), "id"), alice->id);
    assert_string_equal(world_error(alice, "unlock", "{'passphrase':'wrong horse'}"), "passphrase");
    world_end(&world);
}

static void a_new_home_wants_an_account(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *peer = world_add_empty(&world);
    assert_string_equal(text_of(world_call(peer, "status", "{}"), "state"), "new");
    assert_string_equal(world_error(peer, "chats", "{}"), "not_activated");
    assert_string_equal(world_error(peer, "unlock", "{'passphrase':'x'}"), "state");
    (void)world_call(peer, "create", "{'passphrase':'correct horse'}");
    assert_string_equal(world_error(peer, "whoami", "{}"), "not_activated");
    assert_string_equal(world_error(peer, "activate", "{'link':'hello'}"), "link_malformed");
    assert_string_equal(world_error(peer, "activate", "{'link':'http://127.0.0.1/#activate=none'}"), "link_unknown");
    world.model->refuse.type = WIRE_ACTIVATE;
    world.model->refuse.code = WIRE_REFUSED_LINK_EXPIRED;
    world.model->refuse.argument = 1714730000; /* 3 May 2024 */
    uint64_t id = world_ask(peer, "activate", "{'link':'http://127.0.0.1/#activate=old'}");
    world_run(&world);
    const cJSON *error = cJSON_GetObjectItem(world_answer(peer, id), "error");
    assert_string_equal(text_of(error, "message"),
                        "this link expired on 3 May 2024; ask for a new one, or make one on your other device");
    /* The right one works after all that. */
    model_invite(world.model, "good", "Peer");
    const cJSON *self = world_call(peer, "activate", "{'link':'http://127.0.0.1/#activate=good'}");
    assert_string_equal(text_of(self, "name"), "Peer");
    assert_string_equal(world_error(peer, "activate", "{'link':'http://127.0.0.1/#activate=good'}"),
                        "already_activated");
    /* And for nobody else. */
    struct world_peer *other = world_add_empty(&world);
    (void)world_call(other, "create", "{'passphrase':'correct horse'}");
    assert_string_equal(world_error(other, "activate", "{'link':'http://127.0.0.1/#activate=good'}"), "link_used");
    world_end(&world);
}

static void activation_survives_a_crash_at_every_effect(void **state) {
    (void)state;
    for (long at = 0;; at++) {
        struct world world;
        world_init(&world, 3);
        struct world_peer *peer = world_add_empty(&world);
        model_invite(world.model, "good", "");
        (void)world_call(peer, "create", "{'passphrase':'correct horse'}");
        peer->crash_after = at;
        (void)world_ask(peer, "activate", "{'link':'http://127.0.0.1/#activate=good'}");
        world_run(&world);
        peer->crash_after = -1;
        if (cJSON_IsFalse(cJSON_GetObjectItem(world_call(peer, "status", "{}"), "activated"))) {
            (void)world_call(peer, "activate", "{'link':'http://127.0.0.1/#activate=good'}");
        }
        (void)world_call(peer, "whoami", "{}");
        world_pass(&world, 5000);
        assert_true(world.model->accounts[0].package_count > 0);
        assert_true(world.model->accounts[0].last_resort.len > 0);
        size_t crashes = peer->crashes;
        world_end(&world);
        if (crashes == 0) {
            break;
        }
    }
}

static void a_server_of_another_version_is_told(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world);
    world.model->lowest_version = world.model->highest_version = 9;
    world_break(alice);
    world_pass(&world, 5000);
    const cJSON *event = world_event(alice, "connection");
    assert_string_equal(text_of(event, "state"), "offline");
    assert_null(cJSON_GetObjectItem(event, "retry_at"));
    const cJSON *error = cJSON_GetObjectItem(event, "error");
    assert_string_equal(text_of(cJSON_GetObjectItem(error, "data"), "name"), "version");
    /* Updated meanwhile. */
    world.model->lowest_version = world.model->highest_version = 0;
    (void)world_call(alice, "connect", "{}");
    world_run(&world);
    assert_string_equal(text_of(world_event(alice, "connection"), "state"), "online");
    world_end(&world);
}

static void a_failing_store_ends_the_core_and_loses_nothing(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 5);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    (void)world_ask(alice, "send", "{'to':'%s','text':'never stored'}", bob->id);
    struct weibel_effect effect;
    assert_true(weibel_core_next(alice->core, &effect));
    assert_int_equal(effect.kind, WEIBEL_EFFECT_STORE);
    assert_result(&WEIBEL_ERR_STORE, weibel_core_stored(alice->core, false));
    assert_false(weibel_core_next(alice->core, &effect));
    assert_result(&WEIBEL_ERR_DEAD, weibel_core_tick(alice->core));
    assert_true(weibel_core_deadline(alice->core) == UINT64_MAX);
    world_crash(alice);
    world_run(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'two'}", bob->id);
    assert_texts(bob, alice->id, "one\ntwo\n");
    world_end(&world);
}

/* Every record's value is exchanged for another's, or damaged: that is noticed, and nothing else happens. */
static void damaged_records_are_noticed(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    world_close(alice);
    for (size_t i = 0; i < alice->store.count; i++) {
        struct world_record *record = &alice->store.records[i];
        if (record->key.data[0] >= 24) {
            continue; /* read when asked for */
        }
        record->value.data[record->value.len - 1] ^= 1;
        struct weibel_core *core;
        struct weibel_options options = {
            .allocator = &alice->alloc.allocator,
            .random = &world.random.random,
            .clock = &world.clock.clock,
            .provider = mls_provider_sodium(),
        };
        assert_ok(weibel_core_open(&options, &core));
        static const char unlock[] =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"unlock\",\"params\":{\"passphrase\":\"correct horse\"}}";
        assert_ok(weibel_core_line(core, base_slice(unlock, sizeof unlock - 1)));
        base_result result = BASE_OK;
        bool answered_wrong = false;
        struct weibel_effect effect;
        while (result == BASE_OK && weibel_core_next(core, &effect)) {
            if (effect.kind == WEIBEL_EFFECT_READ) {
                result = world_read(&alice->store, core, &effect.of.read);
            } else if (effect.kind == WEIBEL_EFFECT_LINE) {
                answered_wrong = contains(effect.of.line.data, effect.of.line.len, "\"passphrase\"");
            }
        }
        if (record->key.data[0] == 1) {
            assert_true(answered_wrong); /* the vault's own: it looks like a wrong passphrase */
        } else {
            assert_result(&WEIBEL_ERR_RECORD, result);
        }
        weibel_core_free(core);
        record->value.data[record->value.len - 1] ^= 1;
    }
    world_end(&world);
}

/* Nothing that people write or are called may be found in the store, nor in what goes to the server. */
static void nothing_is_stored_in_the_clear(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 7);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'PLAINTEXT'}", bob->id);
    (void)world_call(alice, "group.create", "{'name':'GROUPNAME','members':['%s']}", bob->id);
    char id[WIRE_ACCOUNT_LEN + 1];
    memcpy(id, alice->id, 4);
    memcpy(id + 4, alice->id + 5, 5);
    const char *const secrets[] = { "PLAINTEXT", "GROUPNAME", id };
    for (size_t s = 0; s < 3; s++) {
        for (size_t p = 0; p < 2; p++) {
            const struct world_store *store = &world.peers[p].store;
            for (size_t i = 0; i < store->count; i++) {
                assert_false(contains(store->records[i].value.data, store->records[i].value.len, secrets[s]));
                assert_false(contains(store->records[i].key.data, store->records[i].key.len, secrets[s]));
            }
        }
        for (size_t i = 0; i < world.model->stream_count; i++) {
            const struct model_stream *stream = world.model->streams[i];
            for (size_t k = 0; k < stream->entry_count; k++) {
                assert_false(contains(stream->entries[k].content.data, stream->entries[k].content.len, secrets[s]));
            }
        }
    }
    world_end(&world);
}

static void nonsense_is_answered(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 8);
    struct world_peer *alice = world_add(&world);
    static const char *const lines[] = {
        "",
        "{",
        "[]",
        "1",
        "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"status\"}",
        "null",
        "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"status\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nothing\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"send\",\"params\":[]}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"send\",\"params\":{\"to\":5,\"text\":7}}",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t before = alice->line_count;
        assert_ok(weibel_core_line(alice->core, base_slice_text(lines[i])));
        world_run(&world);
        assert_int_equal(alice->line_count, before + 1);
        assert_non_null(cJSON_GetObjectItem(alice->lines[before], "error"));
    }
    /* A notification is done, and not answered. */
    size_t before = alice->line_count;
    assert_ok(weibel_core_line(alice->core, base_slice_text("{\"jsonrpc\":\"2.0\",\"method\":\"status\"}")));
    world_run(&world);
    assert_int_equal(alice->line_count, before);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_locked_home_shows_nothing),
        cmocka_unit_test(a_new_home_wants_an_account),
        cmocka_unit_test(activation_survives_a_crash_at_every_effect),
        cmocka_unit_test(a_server_of_another_version_is_told),
        cmocka_unit_test(a_failing_store_ends_the_core_and_loses_nothing),
        cmocka_unit_test(damaged_records_are_noticed),
        cmocka_unit_test(nothing_is_stored_in_the_clear),
        cmocka_unit_test(nonsense_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
