/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The home: passphrase, activation, connection, and a store that fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amend.h"
#include "chat.h"
#include "chatting.h"
#include "field.h"
#include "gap.h"
#include "group.h"
#include "invitation.h"
#include "joining.h"
#include "joining_state.h"
#include "key.h"
#include "state.h"
#include "test/mutate.h"
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
    assert_int_equal((int64_t)cJSON_GetObjectItem(cJSON_GetObjectItem(error, "data"), "at")->valuedouble,
                     1714730000000);
    world.model->refuse.type = WIRE_ACTIVATE;
    world.model->refuse.code = WIRE_REFUSED_LINK_EXPIRED;
    world.model->refuse.argument = UINT64_MAX; /* whatever a server says */
    id = world_ask(peer, "activate", "{'link':'http://127.0.0.1/#activate=old'}");
    world_run(&world);
    error = cJSON_GetObjectItem(world_answer(peer, id), "error");
    assert_string_equal(text_of(cJSON_GetObjectItem(error, "data"), "name"), "link_expired");
    assert_null(cJSON_GetObjectItem(cJSON_GetObjectItem(error, "data"), "at"));
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
    bool went_on = false;
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
        const cJSON *status = world_call(peer, "status", "{}");
        bool begun = cJSON_IsTrue(cJSON_GetObjectItem(status, "activating"));
        went_on = went_on || begun;
        if (begun) {
            (void)world_call(peer, "activate", "{}");
        } else if (cJSON_IsFalse(cJSON_GetObjectItem(status, "activated"))) {
            assert_string_equal(world_error(peer, "activate", "{}"), "link_malformed");
            (void)world_call(peer, "activate", "{'link':'http://127.0.0.1/#activate=good'}");
        }
        assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_call(peer, "status", "{}"), "activating")));
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
    assert_true(went_on);
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

/* A server may ask for much; beyond ten minutes it is not obeyed. */
static void who_is_turned_away_says_why_and_waits(void **state) {
    (void)state;
    static const struct {
        uint64_t asked, least, most; /* ms */
    } waits[] = { { 45000, 45000, 62000 }, { (uint64_t)365 * 24 * 3600 * 1000, 600000, 802000 } };
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        struct world world;
        world_init(&world, 6);
        struct world_peer *alice = world_add(&world);
        world.model->turns_away = waits[i].asked;
        world_break(alice);
        world_pass(&world, 1000);
        const cJSON *event = world_event(alice, "connection");
        const cJSON *error = cJSON_GetObjectItem(event, "error");
        assert_string_equal(text_of(event, "state"), "offline");
        assert_string_equal(text_of(cJSON_GetObjectItem(error, "data"), "name"), "too_often");
        world.model->turns_away = 0;
        world_pass(&world, waits[i].least - 1000);
        assert_string_equal(text_of(world_event(alice, "connection"), "state"), "offline");
        world_pass(&world, waits[i].most - waits[i].least + 1000);
        assert_string_equal(text_of(world_event(alice, "connection"), "state"), "online");
        world_end(&world);
    }
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
        if (record->key.data[0] >= KEY_LOADED_END) {
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
        } else if (record->key.data[0] <= KEY_CHAT) {
            assert_result(&WEIBEL_ERR_RECORD, result);
        } else {
            assert_result(BASE_OK, result); /* what becomes of it then: remains_test.c, heal_test.c */
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

static const char key_text[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

static void open_again(struct world_peer *peer) {
    world_close(peer);
    world_open(peer);
}

static void a_key_file_opens_a_home(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 9);
    struct world_peer *peer = world_add_empty(&world);
    assert_string_equal(world_error(peer, "create", "{}"), "params");
    assert_string_equal(world_error(peer, "create", "{'key':'AAECAwQF'}"), "params");
    assert_string_equal(world_error(peer, "create", "{'key':'%s','passphrase':''}", key_text), "params");
    assert_string_equal(world_error(peer, "create", "{'key':'no base64'}"), "params");
    (void)world_call(peer, "create", "{'key':'%s'}", key_text);
    open_again(peer);
    assert_string_equal(world_error(peer, "unlock", "{'passphrase':'%s'}", key_text), "passphrase");
    assert_string_equal(world_error(peer, "unlock", "{'key':'BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='}"),
                        "passphrase");
    assert_string_equal(world_error(peer, "unlock", "{'key':'%s','passphrase':'x'}", key_text), "passphrase");
    (void)world_call(peer, "unlock", "{'key':'%s'}", key_text);

    /* Both together. */
    assert_string_equal(world_error(peer, "passphrase", "{'old':'x','new':'y'}"), "passphrase");
    (void)world_call(peer, "passphrase", "{'old_key':'%s','new_key':'%s','new':'correct horse'}", key_text, key_text);
    open_again(peer);
    assert_string_equal(world_error(peer, "unlock", "{'key':'%s'}", key_text), "passphrase");
    assert_string_equal(world_error(peer, "unlock", "{'passphrase':'correct horse'}"), "passphrase");
    assert_string_equal(world_error(peer, "unlock", "{'key':'%s','passphrase':'wrong horse'}", key_text), "passphrase");
    (void)world_call(peer, "unlock", "{'key':'%s','passphrase':'correct horse'}", key_text);
    world_end(&world);
}

static void assert_means(struct world_peer *peer, const char *wanted) {
    char *text = cJSON_PrintUnformatted(cJSON_GetObjectItem(world_call(peer, "status", "{}"), "means"));
    assert_string_equal(text, wanted);
    cJSON_free(text);
}

/* A passphrase and a key each, until one of them is to be the only one. */
static void several_means_open_a_home(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 15);
    struct world_peer *peer = world_add_empty(&world);
    assert_null(cJSON_GetObjectItem(world_call(peer, "status", "{}"), "means"));
    (void)world_call(peer, "create", "{'passphrase':'correct horse'}");
    assert_means(peer, "[\"passphrase\"]");
    assert_string_equal(
        world_error(peer, "passphrase", "{'old_key':'%s','new_key':'%s','keep':true}", key_text, key_text),
        "passphrase");
    (void)world_call(peer, "passphrase", "{'old':'correct horse','new_key':'%s','keep':true}", key_text);
    open_again(peer);
    assert_means(peer, "[\"passphrase\",\"key\"]");
    assert_string_equal(world_error(peer, "unlock", "{'key':'%s','passphrase':'correct horse'}", key_text),
                        "passphrase");
    assert_string_equal(world_error(peer, "unlock", "{'passphrase':'wrong horse'}"), "passphrase");
    (void)world_call(peer, "unlock", "{'key':'%s'}", key_text);

    /* Of each kind there is one: another passphrase takes the place of the first, and the key stays. */
    (void)world_call(peer, "passphrase", "{'old_key':'%s','new':'battery','keep':true}", key_text);
    (void)world_call(peer, "passphrase", "{'old':'battery','new':'staple','new_key':'%s','keep':true}", key_text);
    assert_means(peer, "[\"passphrase\",\"key\",\"both\"]");
    open_again(peer);
    assert_string_equal(world_error(peer, "unlock", "{'passphrase':'correct horse'}"), "passphrase");
    (void)world_call(peer, "unlock", "{'passphrase':'battery'}");
    (void)world_call(peer, "unlock", "{'key':'%s'}", key_text);
    (void)world_call(peer, "unlock", "{'key':'%s','passphrase':'staple'}", key_text);

    /* Of keys there are several, each under a name; the same one once more takes its own place. */
    char name[2 * VAULT_KEY_NAME_LEN + 1], key[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (size_t i = 1; i < VAULT_MAX_KEYS; i++) {
        key[0] = (char)('A' + i);
        (void)world_call(peer, "passphrase", "{'old':'battery','new_key':'%s','keep':true}", key);
    }
    (void)world_call(peer, "passphrase", "{'old':'battery','new_key':'%s','keep':true}", key);
    assert_string_equal(
        world_error(peer, "passphrase",
                    "{'old':'battery','new_key':'ZAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=','keep':true}"),
        "too_many_keys");
    open_again(peer);
    (void)world_call(peer, "unlock", "{'key':'%s'}", key);
    key[0] = 'B';
    (void)world_call(peer, "unlock", "{'key':'%s'}", key);
    const cJSON *keys = cJSON_GetObjectItem(world_call(peer, "status", "{}"), "keys");
    assert_int_equal(cJSON_GetArraySize(keys), VAULT_MAX_KEYS);
    assert_int_equal(snprintf(name, sizeof name, "%s", cJSON_GetArrayItem(keys, 1)->valuestring), sizeof name - 1);
    assert_string_equal(world_error(peer, "means.remove", "{'means':'00','old':'battery'}"), "unknown_means");
    assert_string_equal(world_error(peer, "means.remove", "{'means':'%032d','old':'battery'}", 0), "unknown_means");
    assert_string_equal(world_error(peer, "means.remove", "{'means':'%s','old':'horse'}", name), "passphrase");
    assert_string_equal(world_error(peer, "means.remove", "{'means':'%s','old_key':'%s'}", name, key), "passphrase");
    (void)world_call(peer, "means.remove", "{'means':'%s','old_key':'%s'}", name, key_text);
    open_again(peer);
    assert_string_equal(world_error(peer, "unlock", "{'key':'%s'}", key), "passphrase");
    (void)world_call(peer, "unlock", "{'key':'%s'}", key_text);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(peer, "status", "{}"), "keys")),
                     VAULT_MAX_KEYS - 1);
    (void)world_call(peer, "means.remove", "{'means':'both','old':'battery'}");
    assert_means(peer, "[\"passphrase\",\"key\"]");
    assert_string_equal(world_error(peer, "means.remove", "{'means':'both','old':'battery'}"), "unknown_means");
    assert_string_equal(world_error(peer, "means.remove", "{'means':'passphrase','old':'battery'}"), "passphrase");
    (void)world_call(peer, "means.remove", "{'means':'passphrase','old_key':'%s'}", key_text);
    assert_means(peer, "[\"key\"]");
    (void)world_call(peer, "passphrase", "{'old_key':'%s','new':'battery','keep':true}", key_text);

    (void)world_call(peer, "passphrase", "{'old':'battery','new':'battery'}");
    assert_means(peer, "[\"passphrase\"]");
    open_again(peer);
    assert_string_equal(world_error(peer, "unlock", "{'key':'%s'}", key_text), "passphrase");
    (void)world_call(peer, "unlock", "{'passphrase':'battery'}");
    world_end(&world);
}

/* Carries out what a core wants up to effect number `at`, which is cut short: a batch may be durable or not. */
static bool crash_at(struct world_peer *peer, long at, bool durable) {
    struct weibel_effect effect;
    for (long i = 0; weibel_core_next(peer->core, &effect); i++) {
        if (effect.kind == WEIBEL_EFFECT_STORE && (i < at || durable)) {
            world_store_apply(&peer->store, &effect.of.store);
        }
        if (i == at) {
            return true;
        }
        if (effect.kind == WEIBEL_EFFECT_STORE) {
            assert_ok(weibel_core_stored(peer->core, true));
        }
    }
    return false;
}

/* After a crash at any moment, the old or the new passphrase opens the home, and all is there. */
static void a_changed_passphrase_survives_a_crash(void **state) {
    (void)state;
    bool crashed = true;
    for (long at = 0; crashed; at++) {
        struct world world;
        world_init_quiet(&world, 10);
        struct world_peer *alice = world_add(&world);
        (void)world_call(alice, "disconnect", "{}");
        (void)world_call(alice, "contact.add", "{'id':'7K2M-9QXA','name':'Anna'}");
        assert_string_equal(world_error(alice, "passphrase", "{'old':'wrong horse','new':'battery'}"), "passphrase");
        assert_string_equal(world_error(alice, "passphrase", "{'old':'correct horse','new':''}"), "params");
        size_t records = alice->store.count;
        (void)world_ask(alice, "passphrase", "{'old':'correct horse','new':'battery'}");
        crashed = crash_at(alice, at / 2, at % 2 == 0);
        assert_int_equal(alice->store.count, records);
        open_again(alice);
        uint64_t id = world_ask(alice, "unlock", "{'passphrase':'battery'}");
        world_run(&world);
        if (cJSON_GetObjectItem(world_answer(alice, id), "error") != NULL) {
            assert_true(crashed);
            (void)world_call(alice, "unlock", "{'passphrase':'correct horse'}");
        } else {
            assert_string_equal(world_error(alice, "unlock", "{'passphrase':'correct horse'}"), "passphrase");
        }
        assert_int_equal(alice->core->contacts.count, 1);
        world_end(&world);
    }
}

static void a_lock_wipes_and_can_be_opened_again(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 11);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    (void)world_call(bob, "send", "{'to':'%s','text':'two'}", alice->id);
    world_put_file(alice, "plan.pdf", (const uint8_t *)"plan", 4);
    uint64_t history = world_ask(alice, "history", "{'chat':'%s'}", bob->id);
    uint64_t safety = world_ask(alice, "contact.safety", "{'id':'7K2M-9QXA'}");
    (void)world_ask(alice, "send",
                    "{'to':'%s','files':[{'path':'plan.pdf','name':'plan.pdf','size':4}],'text':'three'}", bob->id);
    uint64_t locked = world_ask(alice, "lock", "{}");
    const struct weibel_core *core = alice->core;
    static const struct account no_account;
    static const struct vault no_vault;
    assert_memory_equal(&core->account, &no_account, sizeof no_account);
    assert_memory_equal(&core->vault, &no_vault, sizeof no_vault);
    assert_true(core->chats.count + core->contacts.count + core->key_packages.count + core->transfers.count == 0);
    world_run(&world);
    assert_non_null(cJSON_GetObjectItem(world_answer(alice, locked), "result"));
    const uint64_t refused[] = { history, safety };
    for (size_t i = 0; i < 2; i++) {
        const cJSON *error = cJSON_GetObjectItem(world_answer(alice, refused[i]), "error");
        assert_string_equal(text_of(cJSON_GetObjectItem(error, "data"), "name"), "locked");
    }
    const cJSON *status = world_call(alice, "status", "{}");
    assert_string_equal(text_of(status, "state"), "locked");
    assert_string_equal(text_of(status, "connection"), "offline");
    assert_non_null(world_event(alice, "locked"));
    assert_string_equal(world_error(alice, "lock", "{}"), "locked");
    assert_string_equal(world_error(alice, "history", "{'chat':'%s'}", bob->id), "locked");
    assert_string_equal(world_error(alice, "unlock", "{'passphrase':'wrong horse'}"), "passphrase");
    (void)world_call(bob, "send", "{'to':'%s','text':'meanwhile'}", alice->id);

    (void)world_call(alice, "unlock", "{'passphrase':'correct horse'}");
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 120000);
    assert_texts(bob, alice->id, "one\ntwo\nmeanwhile\nthree\n");
    char *texts = world_texts(alice, bob->id);
    assert_non_null(strstr(texts, "meanwhile\n"));
    free(texts);
    world_end(&world);
}

/* A new home can be locked, and one that is being activated. */
static void a_lock_comes_at_any_moment(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 12);
    struct world_peer *peer = world_add_empty(&world);
    assert_string_equal(world_error(peer, "lock", "{}"), "not_activated");
    (void)world_call(peer, "create", "{'passphrase':'correct horse'}");
    model_invite(world.model, "good", "Peer");
    uint64_t id = world_ask(peer, "activate", "{'link':'http://127.0.0.1/#activate=good'}");
    (void)world_call(peer, "lock", "{}");
    const cJSON *error = cJSON_GetObjectItem(world_answer(peer, id), "error");
    assert_string_equal(text_of(cJSON_GetObjectItem(error, "data"), "name"), "locked");
    (void)world_call(peer, "unlock", "{'passphrase':'correct horse'}");
    (void)world_call(peer, "activate", "{'link':'http://127.0.0.1/#activate=good'}");
    for (int i = 0; i < 5; i++) {
        uint64_t unlocked = world_ask(peer, "unlock", "{'passphrase':'correct horse'}");
        (void)world_ask(peer, "lock", "{}");
        (void)world_ask(peer, "unlock", "{'passphrase':'correct horse'}");
        (void)world_ask(peer, "connect", "{}");
        world_run(&world);
        assert_non_null(cJSON_GetObjectItem(world_answer(peer, unlocked), "result"));
    }
    world_pass(&world, 5000);
    assert_string_equal(text_of(world_call(peer, "status", "{}"), "connection"), "online");
    world_end(&world);
}

static uint8_t version_beside(uint8_t version, bool later) {
    return later ? 99 : version > 1 ? (uint8_t)(version - 1) : version;
}

/* The value of a record as another Weibel might write it, a later one or, if there was `another`, the one before. */
static struct model_bytes of_another_version(const struct vault *vault, const struct base_random *random,
                                             struct base_slice key, struct base_slice value, bool later,
                                             bool *another) {
    const struct base_allocator *allocator = base_allocator_libc();
    struct base_bytes plain = { 0 }, sealed = { 0 };
    if (key.data[0] == KEY_VAULT) {
        assert_ok(base_bytes_copy(allocator, value, &sealed));
        *another = later || sealed.data[0] > 1;
        sealed.data[0] = version_beside(sealed.data[0], later);
    } else {
        assert_ok(vault_unseal(vault, allocator, key, value, &plain));
        *another = later || plain.data[0] > 1;
        plain.data[0] = version_beside(plain.data[0], later);
        assert_ok(vault_seal(vault, allocator, random, key, base_borrow(&plain), &sealed));
    }
    struct model_bytes result = model_copy(base_borrow(&sealed));
    base_bytes_free(&plain);
    base_bytes_free(&sealed);
    return result;
}

/* Opens the home with each record as of another version in turn; returns of how many there is one. */
static size_t foreign_records(struct world_peer *alice, const struct vault *vault, bool later) {
    size_t tried = 0;
    for (size_t i = 0; i < alice->store.count; i++) {
        struct world_record *record = &alice->store.records[i];
        const struct base_slice key = model_slice(record->key);
        bool versioned = key.data[0] < KEY_LOADED_END && key.data[0] != KEY_MLS && key.data[0] != KEY_EXPIRY &&
                         key.data[0] != KEY_ARRIVAL;
        if (!versioned) {
            continue;
        }
        const struct model_bytes kept = record->value;
        bool another;
        record->value =
            of_another_version(vault, &alice->world->random.random, key, model_slice(kept), later, &another);
        open_again(alice);
        if (another) {
            assert_string_equal(world_error(alice, "unlock", "{'passphrase':'correct horse'}"), "data_version");
            assert_string_equal(text_of(world_call(alice, "status", "{}"), "state"), "locked");
        }
        free(record->value.data);
        record->value = kept;
        if (key.data[0] != KEY_VAULT) {
            (void)world_call(alice, "unlock", "{'passphrase':'correct horse'}"); /* nothing is left of the attempt */
        }
        tried += another ? 1 : 0;
    }
    return tried;
}

static void a_home_of_another_version_is_named_so(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 13);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    (void)world_call(alice, "settings.set", "{'typing':false}");
    (void)world_call(alice, "chat.set", "{'chat':'%s','pinned':true}", bob->id);
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(alice, "send", "{'to':'%s','text':'two'}", bob->id);
    const struct vault vault = alice->core->vault;
    open_again(alice);
    for (int later = 0; later < 2; later++) {
        assert_true(foreign_records(alice, &vault, later == 1) > 8);
    }
    world_end(&world);
}

static void assert_no_vault(struct base_slice record, void *user) {
    (void)user;
    const struct vault_means means = { .passphrase = base_slice_text("correct horse") };
    struct vault vault = { .open = false };
    base_result result = vault_open(&vault, &means, record);
    assert_true(result == &WEIBEL_ERR_PASSPHRASE || result == &WEIBEL_ERR_RECORD || result == &WEIBEL_ERR_VERSION);
}

static void a_damaged_vault_opens_for_nobody(void **state) {
    (void)state;
    struct test_random random;
    test_random_init_quiet(&random, 1);
    const struct vault_means means = { .passphrase = base_slice_text("correct horse") };
    const struct vault_means none = { .passphrase = base_slice(NULL, 0) };
    const struct vault_cost cost = { 1, 8 };
    struct vault vault = { .open = false };
    struct base_bytes record = { 0 };
    assert_result(&BASE_ERR_VALUE, vault_create(&vault, base_allocator_libc(), &random.random, &none, cost, &record));
    assert_ok(vault_create(&vault, base_allocator_libc(), &random.random, &means, cost, &record));
    uint8_t kinds;
    const uint8_t bytes[VAULT_KEY_LEN] = { 1 };
    const struct vault_means with_key = { .key = base_slice(bytes, sizeof bytes) };
    assert_ok(
        vault_rewrap(&vault, base_allocator_libc(), &random.random, &with_key, cost, base_borrow(&record), &record));
    assert_ok(vault_kinds(base_borrow(&record), &kinds));
    assert_int_equal(kinds, 1 << 1 | 1 << 2);
    vault_close(&vault);
    assert_ok(vault_open(&vault, &means, base_borrow(&record)));
    assert_ok(vault_open(&vault, &with_key, base_borrow(&record)));
    /* A passphrase twice, another order, or too many keys is nothing that was written here. */
    size_t half = record.len / 2;
    struct base_bytes other = { 0 };
    assert_ok(base_bytes_copy(base_allocator_libc(), base_borrow(&record), &other));
    memcpy(record.data + half, record.data, half);
    assert_result(&WEIBEL_ERR_RECORD, vault_open(&vault, &means, base_borrow(&record)));
    memcpy(record.data, other.data + half, half);
    assert_result(&WEIBEL_ERR_RECORD, vault_open(&vault, &with_key, base_borrow(&record)));
    uint8_t many[(VAULT_MAX_KEYS + 1) * 128];
    assert_true(half <= 128);
    for (size_t i = 0; i <= VAULT_MAX_KEYS; i++) {
        memcpy(many + i * half, other.data + half, half);
    }
    assert_ok(vault_open(&vault, &with_key, base_slice(many, VAULT_MAX_KEYS * half)));
    assert_result(&WEIBEL_ERR_RECORD, vault_open(&vault, &with_key, base_slice(many, (VAULT_MAX_KEYS + 1) * half)));
    memcpy(record.data, other.data, half);
    base_bytes_free(&other);
    record.len = half;
    test_each_truncation(base_borrow(&record), assert_no_vault, NULL);
    test_each_extension(base_borrow(&record), assert_no_vault, NULL);
    enum { COST_BEGINS = 18, COST_ENDS = 26 }; /* a flip there may make it so high that the machine can't pay it */
    for (size_t bit = 0; bit < 8 * record.len; bit++) {
        if (bit / 8 < COST_BEGINS || bit / 8 >= COST_ENDS) {
            record.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_no_vault(base_borrow(&record), NULL);
            record.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    base_bytes_free(&record);
}

/* The server can't take them at the moment, or does not want them at all: asked again soon, or after the next sign-in.
 * What it has refused is not kept. */
static void key_packages_are_offered_again(void **state) {
    (void)state;
    static const uint16_t codes[] = { WIRE_REFUSED_DISK_FULL, WIRE_REFUSED_MALFORMED };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        bool passes = codes[i] == WIRE_REFUSED_DISK_FULL;
        struct world world;
        world_init(&world, 40);
        world.model->refuse.type = WIRE_PUT_KEY_PACKAGES;
        world.model->refuse.code = codes[i];
        struct world_peer *anna = world_add(&world);
        const struct model_account *account = &world.model->accounts[anna->number];
        const size_t *asked = &world.model->asked[WIRE_PUT_KEY_PACKAGES];
        assert_int_equal(*asked, 1);
        assert_int_equal(account->package_count, 0);
        assert_int_equal(anna->core->key_packages.count, 1); /* the last resort, which other devices may use */
        world_pass(&world, 3600 * 1000);
        assert_int_equal(*asked, passes ? 2 : 1);
        world_break(anna);
        world_pass(&world, 60 * 1000);
        assert_int_equal(*asked, 2);
        assert_int_equal(account->package_count, 20);
        assert_int_equal(anna->core->key_packages.count, 20 + 2);
        world_end(&world);
    }
}

/* Backups, and homes, from before chats had a generation, or knew which devices have come since, are read. */
static void chats_of_versions_before_are_taken(void **state) {
    (void)state;
    enum { NO_GENERATION = 14, BY_CLOCK = 15, GENERATION_LEN = 4, CAME_LEN = 1 };
    struct world world;
    world_init(&world, 34);
    struct weibel_core *core = world_add(&world)->core;
    struct chat chat = { .kind = CHAT_GROUP, .generation = 7 };
    struct base_bytes value = { 0 };
    assert_ok(chat_encode(core, &chat, &value));
    assert_ok(chat_load(core, 1, base_borrow(&value)));
    assert_int_equal(chat_at(core, 1)->generation, 7);
    struct base_slice by_clock = base_slice(value.data, value.len - CAME_LEN),
                      without = base_slice(value.data, by_clock.len - GENERATION_LEN);
    assert_true(chat_load(core, 2, by_clock) != BASE_OK);
    value.data[0] = BY_CLOCK;
    assert_ok(chat_load(core, 3, by_clock));
    assert_int_equal(chat_at(core, 3)->generation, 7);
    assert_true(chat_load(core, 4, without) != BASE_OK);
    value.data[0] = NO_GENERATION;
    assert_ok(chat_load(core, 5, without));
    assert_int_equal(chat_at(core, 5)->generation, 0);
    base_bytes_free(&value);
    world_end(&world);
}

/* What the core has just saved, and nothing else: the value of this key. */
static void take_saved(struct weibel_core *core, struct key key, struct base_bytes *out) {
    struct weibel_effect effect;
    assert_ok(out_commit(&core->out));
    assert_true(out_next(&core->out, &effect));
    assert_int_equal(effect.kind, WEIBEL_EFFECT_STORE);
    assert_int_equal(effect.of.store.count, 1);
    assert_true(base_slice_equal(effect.of.store.changes->key, key_slice(&key)));
    assert_ok(vault_unseal(&core->vault, base_allocator_libc(), key_slice(&key), effect.of.store.changes->value, out));
}

/* From before it was known what own devices hand on, then who was seen coming and where the epoch starts, and then
 * whether they have said that they have more, whether its stream has vanished, and what may explain its gaps. */
static void groups_of_versions_before_are_taken(void **state) {
    (void)state;
    enum { NAMED = 41, KEPT = 1 + 8 + 8 + 1 + 2 * CONTENT_ID_LEN + 1 + NAMED };
    static const uint8_t named[NAMED] = { 5 };
    static const struct {
        uint8_t version;
        size_t cut; /* bytes that it does not have */
        uint64_t passed;
        bool seen, told, vanished;
        size_t kept;
    } all[] = { { 20, 0, 11, true, true, true, 1 },
                { 19, KEPT, 11, true, true, true, 0 },
                { 18, KEPT + 1, 11, true, true, false, 0 },
                { 17, KEPT + 1 + 1, 11, true, false, false, 0 },
                { 16, KEPT + 1 + 1 + 8 + 1, 11, false, false, false, 0 },
                { 15, KEPT + 1 + 1 + 8 + 1 + 8, 0, false, false, false, 0 } };
    enum { COUNT = sizeof all / sizeof *all };
    struct world world;
    world_init(&world, 36);
    struct weibel_core *core = world_add(&world)->core;
    struct chat chat = { .kind = CHAT_GROUP };
    struct base_bytes value = { 0 };
    assert_ok(chat_encode(core, &chat, &value));
    assert_ok(chat_load(core, 1, base_borrow(&value)));
    base_bytes_free(&value);
    struct group saved = { .number = 20, .chat = chat_at(core, 1), .state = GROUP_OPEN, .position = 12, .dirty = true };
    saved.newcomers[0] = (struct newcomer){ 4, 2, true };
    saved.newcomer_count = 1;
    saved.tally.spent = 6;
    saved.passed = 11;
    saved.unsure = saved.old_told = saved.vanished = true;
    saved.first = 9;
    saved.gaps[0] = (struct gap){ 1, saved.first }; /* as some of this version had noted it; it is not known yet */
    saved.gaps[1] = (struct gap){ 11, 11 };
    saved.gap_count = 2;
    assert_ok(gap_keep(core, &saved, &(struct amendment){ .by = 3 }, base_slice(named, sizeof named)));
    assert_ok(group_save_changes(core, &saved));
    take_saved(core, key_number(KEY_GROUP, saved.number), &value);
    assert_int_equal(value.data[0], all[0].version);
    for (uint64_t i = 0; i < COUNT; i++) {
        value.data[0] = all[i].version;
        for (size_t k = 0; k < COUNT; k++) { /* with the fields of another one */
            base_result expected = k == i ? BASE_OK : k > i ? &BASE_ERR_TRUNCATED : &WEIBEL_ERR_VERSION;
            uint64_t number = k == i ? 30 + i : 40;
            assert_result(expected, group_load(core, number, base_slice(value.data, value.len - all[k].cut)));
        }
        const struct group *group = group_at(core, 30 + i);
        assert_int_equal(group->position, 12);
        assert_int_equal(group->newcomer_count, 1);
        assert_int_equal(group->newcomers[0].by, 2);
        assert_int_equal(group->newcomers[0].seen, all[i].seen);
        assert_int_equal(group->tally.spent, 6);
        assert_int_equal(group->passed, all[i].passed);
        assert_int_equal(group->unsure, all[i].seen);
        assert_int_equal(group->old_told, all[i].told);
        assert_int_equal(group->vanished, all[i].vanished);
        assert_int_equal(group->explained.count, all[i].kept);
        assert_int_equal(group->gap_count, all[i].seen ? 1 : 2);
        assert_int_equal(group->gaps[group->gap_count - 1].first, 11);
        struct base_slice shorter = base_slice(value.data, value.len - all[i].cut - 1);
        assert_result(&BASE_ERR_TRUNCATED, group_load(core, 40, shorter));
    }
    base_bytes_free(&value);
    list_free(&saved.explained, amend_free);
    world_end(&world);
}

/* From before it was known since when somebody waits. */
static void joinings_of_the_version_before_are_taken(void **state) {
    (void)state;
    enum { BEFORE = 1, SINCE_LEN = 8 };
    struct world world;
    world_init(&world, 37);
    struct weibel_core *core = world_add(&world)->core;
    struct joining saved = { .number = 5, .group = 6, .made = true, .inviter = 7, .since = 1234 };
    struct base_bytes value = { 0 };
    assert_ok(base_bytes_copy(base_allocator_libc(), base_slice_text("commit"), &saved.message));
    assert_ok(joining_save(core, &saved));
    take_saved(core, key_number(KEY_JOINING, saved.number), &value);
    struct base_slice now = base_borrow(&value), before = base_slice(value.data, value.len - SINCE_LEN);
    assert_ok(joining_load(core, 1, now));
    assert_result(&BASE_ERR_TRUNCATED, joining_load(core, 2, before));
    value.data[0] = BEFORE;
    assert_result(&BASE_ERR_TRAILING, joining_load(core, 3, now));
    assert_result(&BASE_ERR_TRUNCATED, joining_load(core, 4, base_slice(value.data, before.len - 1)));
    assert_ok(joining_load(core, 5, before));
    assert_int_equal(core->joining.count, 5);
    for (size_t i = 0; i < 5; i += 4) {
        const struct joining *joining = (const struct joining *)core->joining.items[i];
        assert_int_equal(joining->number, i + 1);
        assert_int_equal(joining->group, 6);
        assert_true(joining->made);
        assert_int_equal(joining->inviter, 7);
        assert_true(base_slice_equal(base_borrow(&joining->message), base_slice_text("commit")));
        assert_int_equal(joining->since, i == 0 ? 1234 : 0);
    }
    base_bytes_free(&saved.message);
    base_bytes_free(&value);
    world_end(&world);
}

/* From before it was known how often those were asked who don't answer, and for what. */
static void invitations_of_the_version_before_are_taken(void **state) {
    (void)state;
    enum { NOW = 4, BEFORE = 3, LATER_LEN = 1 + 8 };
    static const uint8_t stream[WIRE_STREAM_LEN] = { 1 }, asked[WIRE_DEVICE_LEN] = { 2 };
    struct world world;
    world_init(&world, 38);
    struct weibel_core *core = world_add(&world)->core;
    struct base_writer writer = base_writer(base_allocator_libc(), 512);
    struct base_bytes value = { 0 };
    base_write_u8(&writer, NOW);
    base_write_opaque(&writer, base_slice_text("letter"));
    field_write_array(&writer, stream, sizeof stream);
    base_write_u64(&writer, 1234);
    base_write_u8(&writer, 1);
    field_write_array(&writer, asked, sizeof asked);
    base_write_u8(&writer, 0); /* nobody else */
    base_write_u8(&writer, 5);
    base_write_u64(&writer, 6);
    assert_ok(base_writer_finish(&writer, &value));
    base_writer_free(&writer);
    struct base_slice now = base_borrow(&value), before = base_slice(value.data, value.len - LATER_LEN);
    assert_ok(invitation_load(core, 1, now));
    assert_result(&BASE_ERR_TRUNCATED, invitation_load(core, 2, before));
    value.data[0] = BEFORE;
    assert_ok(invitation_load(core, 3, before));
    assert_result(&BASE_ERR_TRAILING, invitation_load(core, 4, now));
    value.data[0] = BEFORE - 1;
    assert_result(&WEIBEL_ERR_VERSION, invitation_load(core, 5, before));
    assert_int_equal(core->invitations.count, 5);
    for (size_t i = 0; i < 3; i += 2) {
        const struct invitation *invitation = (const struct invitation *)core->invitations.items[i];
        assert_int_equal(invitation->asked_at, 1234);
        assert_int_equal(invitation->asked_count, 1);
        assert_memory_equal(invitation->asked[0], asked, sizeof asked);
        assert_int_equal(invitation->rounds, i == 0 ? 5 : 0);
        assert_int_equal(invitation->before, i == 0 ? 6 : 0);
    }
    base_bytes_free(&value);
    world_end(&world);
}

/* A device that has come since is kept in mind with the chat, and what is owed from its coming on. */
static void who_has_come_since_is_kept(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 35);
    struct weibel_core *core = world_add(&world)->core;
    struct arrears arrears = { .above = 9 };
    void *items[] = { &arrears };
    struct chat chat = { .kind = CHAT_GROUP, .arrears = { items, 1, 1 }, .came = { { { 5 }, 8 } }, .came_count = 1 };
    struct base_bytes value = { 0 };
    assert_ok(chat_encode(core, &chat, &value));
    assert_ok(chat_load(core, 1, base_borrow(&value)));
    const struct chat *loaded = chat_at(core, 1);
    assert_int_equal(loaded->came_count, 1);
    assert_int_equal(loaded->came[0].device[0], 5);
    assert_int_equal(loaded->came[0].number, 8);
    assert_int_equal(((const struct arrears *)loaded->arrears.items[0])->above, 9);
    base_bytes_free(&value);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_locked_home_shows_nothing),
        cmocka_unit_test(a_new_home_wants_an_account),
        cmocka_unit_test(activation_survives_a_crash_at_every_effect),
        cmocka_unit_test(a_server_of_another_version_is_told),
        cmocka_unit_test(who_is_turned_away_says_why_and_waits),
        cmocka_unit_test(a_failing_store_ends_the_core_and_loses_nothing),
        cmocka_unit_test(damaged_records_are_noticed),
        cmocka_unit_test(a_key_file_opens_a_home),
        cmocka_unit_test(several_means_open_a_home),
        cmocka_unit_test(a_changed_passphrase_survives_a_crash),
        cmocka_unit_test(a_lock_wipes_and_can_be_opened_again),
        cmocka_unit_test(a_lock_comes_at_any_moment),
        cmocka_unit_test(a_home_of_another_version_is_named_so),
        cmocka_unit_test(a_damaged_vault_opens_for_nobody),
        cmocka_unit_test(nothing_is_stored_in_the_clear),
        cmocka_unit_test(nonsense_is_answered),
        cmocka_unit_test(key_packages_are_offered_again),
        cmocka_unit_test(chats_of_versions_before_are_taken),
        cmocka_unit_test(groups_of_versions_before_are_taken),
        cmocka_unit_test(joinings_of_the_version_before_are_taken),
        cmocka_unit_test(invitations_of_the_version_before_are_taken),
        cmocka_unit_test(who_has_come_since_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
