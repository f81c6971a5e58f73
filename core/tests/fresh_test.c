/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A home that a restore has left half made: it opens, and the restore can be begun anew, wherever the host crashes.
 */
#include <stdio.h>
#include <string.h>

#include "chatting.h"
#include "key.h"
#include "state.h"
#include "test/result.h"

static const char server[] = "http://127.0.0.1:8080";

static const char by_file[] = "{'path':'all','passphrase':'battery staple'}";
static const char from_safe[] = "{'id':'%s','passphrase':'battery staple','server':'%s'}";

/* Alice, who has contacts, chats and messages, a backup and a safe, and whose devices are gone; and a new home. */
struct lost {
    struct world world;
    struct world_peer *alice, *bob, *carol, *again;
};

static void lose(struct lost *lost, bool safe) {
    struct world *world = &lost->world;
    world_init_quiet(world, 20);
    struct world_peer *alice = lost->alice = world_add(world);
    lost->bob = world_add(world);
    lost->carol = world_add(world);
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", lost->bob->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'second'}", lost->carol->id);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", lost->bob->id, lost->carol->id);
    (void)world_call(alice, "chat.set", "{'chat':'%s','pinned':true}", lost->bob->id);
    world_pass(world, 5000);
    if (safe) {
        (void)world_call(alice, "safe.set", "{'enabled':true,'passphrase':'battery staple'}");
    }
    (void)world_call(alice, "backup", "{'path':'all','passphrase':'battery staple','history':true}");
    world_run(world);
    const struct world_file *file = world_find_file(alice, "all");
    assert_non_null(file);
    lost->again = world_add_empty(world);
    (void)world_call(lost->again, "create", "{'passphrase':'correct horse'}");
    world_put_file(lost->again, "all", file->content.data, file->content.len);
    (void)snprintf(lost->again->id, sizeof lost->again->id, "%s", alice->id);
    world_close(alice);
}

/* All that was in the backup is there, and none of it twice. */
static void assert_restored(struct lost *lost, bool history) {
    struct world_peer *again = lost->again;
    world_pass(&lost->world, 5000);
    assert_int_equal(again->core->account.state, ACCOUNT_ACTIVE);
    assert_int_equal(again->core->contacts.count, 2);
    assert_int_equal(again->core->chats.count, 3);
    assert_texts(again, lost->bob->id, history ? "first\n" : "");
    assert_texts(again, lost->carol->id, history ? "second\n" : "");
}

/* Everything from the file has been taken, and the server can't do its part now. */
static void take_all(struct lost *lost) {
    lost->world.model->refuse.type = WIRE_ACTIVATE;
    lost->world.model->refuse.code = WIRE_REFUSED_UNAVAILABLE;
    (void)world_ask(lost->again, "restore", by_file);
    world_run(&lost->world);
    assert_int_equal(lost->again->core->account.state, ACCOUNT_ACTIVATING);
    assert_int_equal(lost->again->core->contacts.count, 2);
    lost->world.deaf = true;
    world_crash(lost->again);
    world_run(&lost->world);
}

/* Begins it anew, and crashes behind so many effects. True if it came to that. */
static bool crash_at(struct lost *lost, long at) {
    struct world_peer *again = lost->again;
    size_t crashes = again->crashes;
    again->crash_after = at;
    (void)world_ask(again, "restore", by_file);
    world_run(&lost->world);
    again->crash_after = -1;
    assert_int_equal(again->core->home, HOME_OPEN);
    return again->crashes > crashes;
}

/* If its face is told that all of it is here, it goes on; otherwise it is begun anew. */
static void end_restore(struct lost *lost, bool safe) {
    struct world_peer *again = lost->again;
    lost->world.deaf = false;
    (void)world_ask(again, "connect", "{}");
    if (again->core->account.state == ACCOUNT_ACTIVATING) {
        (void)world_ask(again, "activate", "{}");
    } else if (again->core->account.state == ACCOUNT_NONE && safe) {
        (void)world_ask(again, "safe.restore", from_safe, lost->alice->id, server);
    } else if (again->core->account.state == ACCOUNT_NONE) {
        (void)world_ask(again, "restore", by_file);
    }
    assert_restored(lost, !safe);
    world_end(&lost->world);
}

/* The second one deletes what the first one has left: a crash in between leaves what can be opened. */
static void a_second_restore_may_crash_anywhere(void **state) {
    (void)state;
    bool crashed = true;
    for (long at = 0; crashed; at++) {
        struct lost lost;
        lose(&lost, false);
        take_all(&lost);
        crashed = crash_at(&lost, at);
        assert_true(crashed || at > 10);
        end_restore(&lost, false);
    }
}

/* And so may the third, which finds what the second one has left of it. */
static void a_third_restore_may_crash_anywhere(void **state) {
    (void)state;
    enum { STRIDE = 5 };
    for (long first = 1; first < 4 * STRIDE; first += STRIDE) {
        bool crashed = true;
        for (long at = 0; crashed; at += 2) {
            struct lost lost;
            lose(&lost, false);
            take_all(&lost);
            assert_true(crash_at(&lost, first));
            crashed = crash_at(&lost, at);
            end_restore(&lost, false);
        }
    }
}

static void a_safe_may_follow_a_file(void **state) {
    (void)state;
    enum { MIDDLE = 8 };
    struct lost lost;
    lose(&lost, true);
    take_all(&lost);
    assert_true(crash_at(&lost, MIDDLE));
    lost.world.deaf = false;
    (void)world_call(lost.again, "safe.restore", from_safe, lost.alice->id, server);
    assert_restored(&lost, false);
    world_end(&lost.world);
}

/* Also before the safe's content has come: there are no keys then, and no passphrase any more to ask for it with. */
static void a_safe_may_crash_anywhere(void **state) {
    (void)state;
    bool crashed = true;
    for (long at = 0; crashed; at++) {
        struct lost lost;
        lose(&lost, true);
        size_t crashes = lost.again->crashes;
        lost.again->crash_after = at;
        (void)world_ask(lost.again, "safe.restore", from_safe, lost.alice->id, server);
        world_run(&lost.world);
        lost.again->crash_after = -1;
        crashed = lost.again->crashes > crashes;
        assert_true(crashed || at > 5);
        assert_int_equal(lost.again->core->home, HOME_OPEN);
        end_restore(&lost, true);
    }
}

/* What the first one has left is deleted, whatever can be made of it. */
static void what_is_damaged_is_deleted_all_the_same(void **state) {
    (void)state;
    struct lost lost;
    lose(&lost, false);
    take_all(&lost);
    struct world_store *store = &lost.again->store;
    for (size_t i = 0; i < store->count; i++) {
        struct world_record *record = &store->records[i];
        if (record->key.data[0] != KEY_VAULT) {
            record->value.data[i % 2 == 0 ? 0 : record->value.len / 2] ^= 2; /* the first byte: a later Weibel's */
        }
    }
    lost.world.deaf = false;
    (void)world_ask(lost.again, "restore", by_file);
    assert_restored(&lost, true);
    world_end(&lost.world);
}

/* What is being deleted, or taken in, is not added to meanwhile: whoever asks twice would lose what the first one has
 * taken. */
static void two_at_once_are_not_begun(void **state) {
    (void)state;
    for (int half_made = 0; half_made < 2; half_made++) {
        struct lost lost;
        lose(&lost, false);
        if (half_made) {
            take_all(&lost);
        }
        lost.world.deaf = false;
        (void)world_ask(lost.again, "restore", by_file);
        static const char *const others[] = { "restore", "safe.restore", "activate" };
        uint64_t asked[sizeof others / sizeof *others];
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            asked[i] = world_ask(lost.again, others[i],
                                 "{'path':'all','passphrase':'x','id':'%s','server':'%s','link':'%s/#activate=good'}",
                                 lost.alice->id, server, server);
        }
        assert_restored(&lost, true);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            const cJSON *error = cJSON_GetObjectItem(world_answer(lost.again, asked[i]), "error");
            assert_string_equal(text_of(cJSON_GetObjectItem(error, "data"), "name"), "busy");
        }
        world_end(&lost.world);
    }
}

static void deafen(void *user, struct base_slice frame) {
    struct world *world = (struct world *)user;
    struct wire_frame said;
    assert_ok(wire_decode(frame, &said));
    world->deaf = said.type == WIRE_DOOR;
}

/* The server may have the device already: another one beside it would stand on the account's list for ever. */
static void who_asks_for_his_safe_again_is_one_device(void **state) {
    (void)state;
    struct lost lost;
    lose(&lost, true);
    struct world_peer *again = lost.again;
    again->on_frame = deafen;
    again->on_frame_user = &lost.world;
    (void)world_ask(again, "safe.restore", from_safe, lost.alice->id, server);
    world_run(&lost.world);
    again->on_frame = NULL;
    assert_int_equal(lost.world.model->account_count, 4); /* the answer is lost */
    world_close(again);
    lost.world.deaf = false;
    world_open(again);
    (void)world_call(again, "unlock", "{'passphrase':'correct horse'}");
    (void)world_call(again, "safe.restore", from_safe, lost.alice->id, server);
    assert_int_equal(lost.world.model->account_count, 4);
    assert_restored(&lost, false);
    world_end(&lost.world);
}

/* A file that is damaged behind its first piece leaves nothing that comes into another account. */
static void a_restore_that_failed_leaves_nothing(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 21);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    char text[4001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < 300; i++) {
        (void)world_call(alice, "send", "{'to':'%s','text':'%s'}", bob->id, text);
    }
    (void)world_call(alice, "backup", "{'path':'all','passphrase':'battery staple','history':true}");
    world_run(&world);
    const struct world_file *file = world_find_file(alice, "all");
    assert_non_null(file);
    struct world_peer *again = world_add_empty(&world);
    (void)world_call(again, "create", "{'passphrase':'correct horse'}");
    file->content.data[file->content.len - 1] ^= 1;
    world_put_file(again, "bad", file->content.data, file->content.len);
    assert_string_equal(world_error(again, "restore", "{'path':'bad','passphrase':'battery staple'}"), "damaged");
    assert_true(again->core->contacts.count > 0);
    model_invite(world.model, "fresh-code", "Carol");
    (void)world_call(again, "activate", "{'link':'https://example.org/#activate=fresh-code'}");
    assert_int_equal(again->core->account.state, ACCOUNT_ACTIVE);
    assert_int_equal(again->core->contacts.count, 0);
    assert_int_equal(again->core->chats.count, 0);
    for (size_t i = 0; i < again->store.count; i++) {
        assert_int_not_equal(again->store.records[i].key.data[0], KEY_MESSAGE);
        assert_int_not_equal(again->store.records[i].key.data[0], KEY_CHAT);
    }
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_restore_may_crash_anywhere),
        cmocka_unit_test(a_third_restore_may_crash_anywhere),
        cmocka_unit_test(a_safe_may_follow_a_file),
        cmocka_unit_test(a_safe_may_crash_anywhere),
        cmocka_unit_test(what_is_damaged_is_deleted_all_the_same),
        cmocka_unit_test(two_at_once_are_not_begun),
        cmocka_unit_test(who_asks_for_his_safe_again_is_one_device),
        cmocka_unit_test(a_restore_that_failed_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
