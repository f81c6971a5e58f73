/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The devices of an account: links for new ones, the list, removal, and what of it is left in the store.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>

#include "peer.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

static void create_link(struct peer *peer, const char *code, uint8_t type, uint16_t refusal) {
    struct wire_frame frame = { .type = WIRE_CREATE_LINK }, answer;
    assert_int_equal(EVP_Digest(code, strlen(code), frame.of.create_link.code_hash, NULL, EVP_sha256(), NULL), 1);
    frame.of.create_link.content = base_slice_text("sealed");
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, type);
    assert_int_equal(type == WIRE_REFUSAL ? answer.of.refusal.code : 0, refusal);
}

static struct wire_frame take_link(const struct peer *peer, const char *code) {
    struct wire_frame frame = { .type = WIRE_TAKE_LINK };
    frame.of.take_link.code = base_slice_text(code);
    memcpy(frame.of.take_link.device, peer->device, WIRE_DEVICE_LEN);
    return frame;
}

static void take_ok(struct peer *peer, const char *code) {
    struct wire_frame frame = take_link(peer, code), answer;
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_LINK_CONTENT);
    assert_true(base_slice_equal(answer.of.link_content.content, base_slice_text("sealed")));
}

/* A connection of a device that isn't activated yet, of the account of `of`. */
static void connect_new(struct peer *of, struct peer *peer, uint8_t number) {
    connect_peer(of->world, peer);
    make_keys(peer, number);
    make_identity(peer, of);
    memcpy(peer->account, of->account, WIRE_ACCOUNT_LEN);
}

static void activate_ok(struct peer *peer, const char *code) {
    struct wire_frame frame = activation(peer, code), answer;
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_ACTIVATED);
    assert_memory_equal(answer.of.activated.account, peer->account, WIRE_ACCOUNT_LEN);
    assert_true(delivery_is_signed_in(peer->session));
}

static void put_packages(struct peer *peer) {
    struct wire_frame frame = { .type = WIRE_PUT_KEY_PACKAGES }, answer;
    frame.of.put_key_packages.last_resort = base_slice_text("last resort");
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
}

/* Another device of an account, linked and signed in. */
static void link_device(struct peer *by, struct peer *peer, uint8_t number) {
    char code[16];
    (void)snprintf(code, sizeof code, "link-%u", number);
    create_link(by, code, WIRE_DONE, 0);
    connect_new(by, peer, number);
    take_ok(peer, code);
    activate_ok(peer, code);
}

static void assert_list(const struct wire_frame *frame, uint32_t request, const uint8_t *numbers, uint32_t count) {
    assert_int_equal(frame->type, WIRE_DEVICES);
    assert_int_equal(frame->request, request);
    assert_int_equal(frame->of.devices.count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(frame->of.devices.devices[i][0], numbers[i]);
    }
}

static void assert_listed(struct peer *peer, const uint8_t *numbers, uint32_t count) {
    struct wire_frame frame = { .type = WIRE_LIST_DEVICES }, answer;
    ask(peer, &frame, &answer);
    assert_list(&answer, frame.request, numbers, count);
}

static struct wire_frame removal(uint8_t number) {
    struct wire_frame frame = { .type = WIRE_REMOVE_DEVICE };
    memset(frame.of.remove_device.device, number, WIRE_DEVICE_LEN);
    return frame;
}

static void test_link(void **state) {
    struct world *world = *state;
    struct peer first, second, other;
    struct wire_frame frame, answer;
    join(world, &first, 1);
    connect_new(&first, &second, 2);
    connect_new(&first, &other, 3);
    frame = take_link(&second, "link");
    assert_refused(&second, &frame, WIRE_REFUSED_LINK_UNKNOWN);
    create_link(&first, "link", WIRE_DONE, 0);
    take_ok(&second, "link");
    take_ok(&second, "link");
    frame = take_link(&other, "link");
    assert_refused(&other, &frame, WIRE_REFUSED_LINK_USED);
    frame = activation(&other, "link");
    assert_refused(&other, &frame, WIRE_REFUSED_LINK_USED);

    /* Whoever has the code alone has not the identity key. */
    make_identity(&second, &second);
    frame = activation(&second, "link");
    assert_refused(&second, &frame, WIRE_REFUSED_SIGN_IN);
    make_identity(&second, &first);
    frame = activation(&second, "link");
    frame.of.activate.identity_proof[0] ^= 1;
    assert_refused(&second, &frame, WIRE_REFUSED_SIGN_IN);

    activate_ok(&second, "link");
    leave(&second);
    leave(&other);
    connect_new(&first, &second, 2);
    frame = take_link(&second, "link");
    assert_refused(&second, &frame, WIRE_REFUSED_LINK_USED);
    activate_ok(&second, "link"); /* the answer was lost */
    assert_listed(&first, (const uint8_t[]){ 1, 2 }, 2);

    /* A guest's request; and what is asked for by signed-in ones only. */
    frame = take_link(&second, "link");
    assert_refused(&second, &frame, WIRE_REFUSED_SIGN_IN);
    connect_peer(world, &other);
    frame = (struct wire_frame){ .type = WIRE_LIST_DEVICES };
    assert_refused(&other, &frame, WIRE_REFUSED_NOT_SIGNED_IN);
    frame = removal(1);
    assert_refused(&other, &frame, WIRE_REFUSED_NOT_SIGNED_IN);
    frame = (struct wire_frame){ .type = WIRE_CREATE_LINK };
    assert_refused(&other, &frame, WIRE_REFUSED_NOT_SIGNED_IN);
    (void)answer;
    leave(&other);
    leave(&second);
    leave(&first);
}

static void test_link_ends(void **state) {
    struct world *world = *state;
    struct peer first, second, stranger;
    struct wire_frame frame;
    join(world, &first, 1);
    join(world, &stranger, 9);
    connect_new(&first, &second, 2);

    /* A second link of the same device takes the first one's place; its code can't be another account's. */
    create_link(&first, "old", WIRE_DONE, 0);
    create_link(&first, "new", WIRE_DONE, 0);
    frame = take_link(&second, "old");
    assert_refused(&second, &frame, WIRE_REFUSED_LINK_UNKNOWN);
    create_link(&stranger, "new", WIRE_REFUSAL, WIRE_REFUSED_LINK_USED);

    take_ok(&second, "new");
    world->driver.now += WIRE_LINK_SECONDS;
    frame = take_link(&second, "new");
    assert_refused(&second, &frame, WIRE_REFUSED_LINK_EXPIRED);
    frame = activation(&second, "new");
    assert_refused(&second, &frame, WIRE_REFUSED_LINK_EXPIRED);
    assert_listed(&first, (const uint8_t[]){ 1 }, 1);
    leave(&second);
    leave(&stranger);
    leave(&first);
}

static void test_bound(void **state) {
    struct world *world = *state;
    struct peer first, second;
    join(world, &first, 1);
    create_link(&first, "early", WIRE_DONE, 0);
    for (uint8_t i = 2; i < WIRE_MAX_DEVICES; i++) {
        link_device(&first, &second, i);
        leave(&second);
    }
    /* One is left, and two have links. */
    struct peer another, last;
    connect_new(&first, &another, 100);
    connect_new(&first, &last, 101);
    connect_new(&first, &second, 2);
    struct wire_frame frame = sign_in(&second, "example.org"), answer;
    ask(&second, &frame, &answer);
    assert_int_equal(answer.type, WIRE_SIGNED_IN);
    create_link(&first, "a", WIRE_DONE, 0);
    create_link(&second, "b", WIRE_DONE, 0);
    activate_ok(&another, "a");
    frame = activation(&last, "b");
    ask(&last, &frame, &answer);
    assert_int_equal(answer.type, WIRE_REFUSAL);
    assert_int_equal(answer.of.refusal.code, WIRE_REFUSED_DEVICES);
    assert_int_equal(answer.of.refusal.argument, WIRE_MAX_DEVICES);
    create_link(&first, "c", WIRE_REFUSAL, WIRE_REFUSED_DEVICES);
    leave(&another);
    leave(&last);
    leave(&second);
    leave(&first);
}

static void test_list(void **state) {
    struct world *world = *state;
    struct peer first, second;
    struct wire_frame frame, answer;
    join(world, &first, 1);
    put_packages(&first);
    assert_true(receive(&first, &answer));
    assert_list(&answer, 0, (const uint8_t[]){ 1 }, 1);
    link_device(&first, &second, 2);
    assert_false(receive(&first, &answer));
    put_packages(&second);
    assert_true(receive(&first, &answer));
    assert_list(&answer, 0, (const uint8_t[]){ 1, 2 }, 2);
    assert_true(receive(&second, &answer));
    put_packages(&second); /* it could be reached before */
    assert_false(receive(&first, &answer));

    /* One's own key packages are not given to oneself. */
    frame = (struct wire_frame){ .type = WIRE_TAKE_KEY_PACKAGES };
    memcpy(frame.of.take_key_packages.account, first.account, WIRE_ACCOUNT_LEN);
    ask(&first, &frame, &answer);
    assert_int_equal(answer.type, WIRE_KEY_PACKAGES);
    struct base_reader devices = base_reader(answer.of.key_packages.devices);
    struct wire_device_key_package given;
    assert_ok(wire_device_key_package_next(&devices, &given));
    assert_ok(base_read_end(&devices));
    assert_int_equal(given.device[0], 2);

    /* A list that can't be read is no answer to anybody. */
    world->driver.hold = true;
    frame = removal(2);
    send(&first, &frame);
    driver_release(&world->driver, 0);
    store_finish(&world->driver.store);
    world->driver.refuse_with = WIRE_REFUSED_UNAVAILABLE;
    driver_release(&world->driver, 0);
    assert_true(receive(&first, &answer));
    assert_int_equal(answer.type, WIRE_DONE);
    assert_false(receive(&first, &answer));
    leave(&second);
    leave(&first);
}

static void assert_removed(struct peer *peer) {
    struct wire_frame answer;
    do {
        assert_true(receive(peer, &answer));
    } while (answer.type != WIRE_REFUSAL);
    assert_int_equal(answer.request, 0);
    assert_int_equal(answer.of.refusal.code, WIRE_REFUSED_REMOVED);
    assert_true(delivery_is_ended(peer->session));
}

static void test_removal(void **state) {
    struct world *world = *state;
    struct peer first, second, twin, other;
    struct wire_frame frame, answer;
    join(world, &first, 1);
    link_device(&first, &second, 2);
    put_packages(&second);
    assert_true(receive(&first, &answer));
    connect_new(&first, &twin, 2);
    frame = sign_in(&twin, "example.org");
    ask(&twin, &frame, &answer);
    assert_int_equal(answer.type, WIRE_SIGNED_IN);
    create_link(&twin, "door", WIRE_DONE, 0);

    frame = removal(1);
    assert_refused(&first, &frame, WIRE_REFUSED_OWN_DEVICE);
    frame = removal(3);
    assert_refused(&first, &frame, WIRE_REFUSED_NO_DEVICE);
    frame = removal(2);
    ask(&first, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
    assert_removed(&twin);
    assert_true(receive(&first, &answer));
    assert_list(&answer, 0, (const uint8_t[]){ 1 }, 1);
    leave(&second);
    leave(&twin);

    /* It is told so if it is itself, also after a restart; others learn nothing. */
    driver_reopen(&world->driver);
    connect_new(&first, &second, 2);
    frame = sign_in(&second, "example.org");
    assert_refused(&second, &frame, WIRE_REFUSED_REMOVED);
    frame.of.sign_in.signature[0] ^= 1;
    assert_refused(&second, &frame, WIRE_REFUSED_SIGN_IN);
    /* The door that it had opened is closed, and the link that it came by too. */
    frame = activation(&second, "door");
    assert_refused(&second, &frame, WIRE_REFUSED_LINK_UNKNOWN);
    frame = activation(&second, "link-2");
    assert_refused(&second, &frame, WIRE_REFUSED_LINK_USED);

    connect_peer(world, &other);
    frame = (struct wire_frame){ .type = WIRE_INBOX_APPEND };
    memcpy(frame.of.inbox_append.account, first.account, WIRE_ACCOUNT_LEN);
    memset(frame.of.inbox_append.device, 2, WIRE_DEVICE_LEN);
    frame.of.inbox_append.content = base_slice_text("letter");
    assert_refused(&first, &frame, WIRE_REFUSED_NO_DEVICE);
    frame = (struct wire_frame){ .type = WIRE_TAKE_KEY_PACKAGES };
    memcpy(frame.of.take_key_packages.account, first.account, WIRE_ACCOUNT_LEN);
    assert_refused(&first, &frame, WIRE_REFUSED_NO_KEY_PACKAGE);
    leave(&other);
    leave(&second);

    /* Later it is forgotten altogether. */
    world->driver.now += STORE_KEEP_REMOVED + 2 * DAY;
    struct store_op *op = driver_run(&world->driver, driver_op(&world->driver, STORE_SWEEP));
    assert_true(store_succeeded(op));
    store_op_free(op);
    connect_new(&first, &second, 2);
    frame = sign_in(&second, "example.org");
    assert_refused(&second, &frame, WIRE_REFUSED_SIGN_IN);
    leave(&second);
    leave(&first);
}

/* What a removed device has asked for before it knew comes too late. */
static void test_races(void **state) {
    struct world *world = *state;
    struct peer first, second, late;
    struct wire_frame frame, answer;
    join(world, &first, 1);
    link_device(&first, &second, 2);
    world->driver.hold = true;

    /* Each removes the other: one of them stays. */
    frame = removal(2);
    send(&first, &frame);
    frame = removal(1);
    send(&second, &frame);
    frame = (struct wire_frame){ .type = WIRE_CREATE_LINK };
    send(&second, &frame);
    frame = (struct wire_frame){ .type = WIRE_PUT_KEY_PACKAGES };
    frame.of.put_key_packages.last_resort = base_slice_text("last resort");
    send(&second, &frame);
    /* And a sign-in that was looked up before the removal. */
    connect_new(&first, &late, 2);
    frame = sign_in(&late, "example.org");
    send(&late, &frame);
    driver_release(&world->driver, 4);
    world->driver.hold = false;
    for (size_t i = 0; i < 4; i++) {
        driver_release(&world->driver, 0);
    }
    /* The read is told of last. */
    struct store_op *read = world->driver.finished[0];
    memmove(world->driver.finished, world->driver.finished + 1, 4 * sizeof read);
    world->driver.finished[4] = read;
    store_finish(&world->driver.store);

    assert_true(receive(&first, &answer));
    assert_int_equal(answer.type, WIRE_DONE);
    assert_removed(&second);
    for (size_t i = 0; i < 3; i++) {
        assert_true(receive(&second, &answer));
        assert_int_equal(answer.type, WIRE_REFUSAL);
        assert_int_equal(answer.of.refusal.code, WIRE_REFUSED_REMOVED);
    }
    assert_removed(&late);
    assert_false(delivery_is_signed_in(late.session));
    leave(&late);
    leave(&second);
    assert_true(receive(&first, &answer));
    assert_list(&answer, 0, (const uint8_t[]){ 1 }, 1);
    leave(&first);
}

static int count_rows(struct world *world, const char *table) {
    char path[128], sql[64];
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    (void)snprintf(path, sizeof path, "%s/weibel.sqlite", world->driver.folder);
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return count;
}

static void test_nothing_stays(void **state) {
    struct world *world = *state;
    struct peer first, second;
    struct wire_frame frame, answer;
    join(world, &first, 1);
    link_device(&first, &second, 2);
    put_packages(&second);
    frame = (struct wire_frame){ .type = WIRE_INBOX_APPEND };
    memcpy(frame.of.inbox_append.account, first.account, WIRE_ACCOUNT_LEN);
    memset(frame.of.inbox_append.device, 2, WIRE_DEVICE_LEN);
    frame.of.inbox_append.content = base_slice_text("letter");
    ask(&first, &frame, &answer);
    assert_int_equal(answer.type, WIRE_APPENDED);
    create_link(&first, "open", WIRE_DONE, 0);
    assert_int_equal(count_rows(world, "link"), 2);
    assert_int_equal(count_rows(world, "inbox"), 1);
    assert_int_equal(count_rows(world, "key_package"), 1);

    frame = removal(2);
    ask(&first, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
    assert_int_equal(count_rows(world, "device"), 1);
    assert_int_equal(count_rows(world, "inbox"), 0);
    assert_int_equal(count_rows(world, "key_package"), 0);
    assert_int_equal(count_rows(world, "link WHERE content IS NOT NULL"), 0);
    assert_int_equal(count_rows(world, "removed_device"), 1);

    world->driver.now += STORE_KEEP_REMOVED + 2 * DAY;
    store_op_free(driver_run(&world->driver, driver_op(&world->driver, STORE_SWEEP)));
    assert_int_equal(count_rows(world, "link"), 0);
    assert_int_equal(count_rows(world, "removed_device"), 0);
    leave(&second);
    leave(&first);
}

/* Rows that hold these bytes in any column of any table but removed_device and the notes on its end. */
static int count_traces(const struct world *world, struct base_slice what) {
    static const char columns[] = "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c"
                                  " WHERE t.type = 'table' AND t.name != 'removed_device'";
    char path[128], sql[256];
    int count = 0;
    sqlite3 *db = NULL;
    sqlite3_stmt *list = NULL, *look = NULL;
    snprintf(path, sizeof path, "%s/weibel.sqlite", world->driver.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, columns, -1, &list, NULL), SQLITE_OK);
    while (sqlite3_step(list) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(list, 0);
        bool notes = strcmp(table, "expiry") == 0;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE instr(%s, ?1) > 0%s", table,
                 (const char *)sqlite3_column_text(list, 1), notes ? " AND hour < ?2" : "");
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &look, NULL), SQLITE_OK);
        sqlite3_bind_blob(look, 1, what.data, (int)what.len, SQLITE_STATIC);
        if (notes) {
            sqlite3_bind_int64(look, 2, (sqlite3_int64)((world->driver.now + STORE_KEEP_REMOVED) / HOUR));
        }
        assert_int_equal(sqlite3_step(look), SQLITE_ROW);
        count += sqlite3_column_int(look, 0);
        sqlite3_finalize(look);
    }
    sqlite3_finalize(list);
    sqlite3_close(db);
    return count;
}

static void test_account_removed_from_beside(void **state) {
    struct world *world = *state;
    struct peer first, second, friend;
    struct wire_frame frame, answer;
    uint8_t account[WIRE_ACCOUNT_LEN];
    world->driver.now = (uint64_t)time(NULL); /* as the process beside has it */
    world->clock.now = world->driver.now * 1000;
    join(world, &first, 1);
    join(world, &friend, 3);
    link_device(&first, &second, 2);
    put_packages(&first);
    put_packages(&second);
    create_link(&second, "open", WIRE_DONE, 0);
    memcpy(account, first.account, sizeof account);
    frame = (struct wire_frame){ .type = WIRE_INBOX_APPEND };
    memcpy(frame.of.inbox_append.account, account, WIRE_ACCOUNT_LEN);
    memset(frame.of.inbox_append.device, 2, WIRE_DEVICE_LEN);
    frame.of.inbox_append.content = base_slice_text("letter");
    ask(&friend, &frame, &answer);
    assert_int_equal(answer.type, WIRE_APPENDED);
    frame = (struct wire_frame){ .type = WIRE_TAKE_KEY_PACKAGES };
    memcpy(frame.of.take_key_packages.account, account, WIRE_ACCOUNT_LEN);
    ask(&friend, &frame, &answer);
    assert_int_equal(answer.type, WIRE_KEY_PACKAGES);
    assert_true(count_traces(world, base_slice(account, sizeof account)) > 5);

    assert_ok(store_sqlite_remove(world->driver.folder, account));
    assert_result(&STORE_ERR_NO_ACCOUNT, store_sqlite_remove(world->driver.folder, account));
    assert_int_equal(count_traces(world, base_slice(account, sizeof account)), 0);
    assert_int_equal(count_traces(world, base_slice(first.key, WIRE_KEY_LEN)), 0);
    assert_int_equal(count_rows(world, "removed_device"), 2);

    /* Those who are connected are told and go; nobody else does. */
    delivery_recheck(world->delivery);
    store_finish(&world->driver.store);
    assert_true(delivery_is_ended(first.session) && delivery_is_ended(second.session));
    assert_false(delivery_is_ended(friend.session));
    do {
        assert_true(receive(&first, &answer));
    } while (answer.type != WIRE_REFUSAL);
    assert_int_equal(answer.request, 0);
    assert_string_equal(wire_refusal_name(answer.of.refusal.code), "removed");
    assert_refused(&friend, &frame, WIRE_REFUSED_NO_ACCOUNT);
    leave(&second);
    leave(&first);
    leave(&friend);
}

/* A lost phone: it goes, the account and its other device stay. */
static void test_device_removed_from_beside(void **state) {
    struct world *world = *state;
    struct peer first, second;
    struct wire_frame frame, answer;
    uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN], account[WIRE_ACCOUNT_LEN];
    uint32_t count = 0;
    world->driver.now = (uint64_t)time(NULL); /* as the process beside has it */
    world->clock.now = world->driver.now * 1000;
    join(world, &first, 1);
    link_device(&first, &second, 2);
    put_packages(&first);
    put_packages(&second);
    create_link(&first, "open", WIRE_DONE, 0);
    memcpy(account, first.account, sizeof account);
    assert_ok(store_sqlite_devices(world->driver.folder, account, devices, &count));
    assert_int_equal(count, 2);
    assert_memory_equal(devices[1], second.device, WIRE_DEVICE_LEN);
    while (receive(&first, &answer)) {
    }

    const char *folder = world->driver.folder;
    assert_ok(store_sqlite_remove_device(folder, account, second.device));
    assert_result(&STORE_ERR_NO_DEVICE, store_sqlite_remove_device(folder, account, second.device));
    account[0] ^= 1;
    assert_result(&STORE_ERR_NO_ACCOUNT, store_sqlite_remove_device(folder, account, first.device));
    assert_result(&STORE_ERR_NO_ACCOUNT, store_sqlite_devices(folder, account, devices, &count));
    account[0] ^= 1;
    assert_ok(store_sqlite_devices(folder, account, devices, &count));
    assert_int_equal(count, 1);
    assert_int_equal(count_rows(world, "removed_device"), 1);
    assert_int_equal(count_rows(world, "link WHERE content IS NOT NULL"), 0);
    assert_int_equal(count_traces(world, base_slice(second.key, WIRE_KEY_LEN)), 0);

    /* It is told and goes, and the other one hears which are left. */
    delivery_recheck(world->delivery);
    store_finish(&world->driver.store);
    assert_true(delivery_is_ended(second.session));
    assert_false(delivery_is_ended(first.session));
    do {
        assert_true(receive(&second, &answer));
    } while (answer.type != WIRE_REFUSAL);
    assert_string_equal(wire_refusal_name(answer.of.refusal.code), "removed");
    assert_true(receive(&first, &answer));
    assert_int_equal(answer.type, WIRE_DEVICES);
    assert_int_equal(answer.request, 0);
    assert_int_equal(answer.of.devices.count, 1);
    frame = (struct wire_frame){ .type = WIRE_LIST_DEVICES };
    ask(&first, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DEVICES);
    leave(&second);
    leave(&first);
}

static void put_recovery(struct peer *peer, const char *code, uint8_t type, uint16_t refusal) {
    struct wire_frame frame = { .type = WIRE_PUT_RECOVERY }, answer;
    assert_int_equal(EVP_Digest(code, strlen(code), frame.of.put_recovery.code_hash, NULL, EVP_sha256(), NULL), 1);
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, type);
    assert_int_equal(type == WIRE_REFUSAL ? answer.of.refusal.code : 0, refusal);
}

/* Whoever has lost all devices comes back by a recovery code, as often as he must; until one of his devices removes
 * another. */
static void test_recovery(void **state) {
    struct world *world = *state;
    struct peer first, second, third, stranger;
    struct wire_frame frame, answer;
    join(world, &first, 1);
    join(world, &stranger, 9);
    put_recovery(&first, "recovery", WIRE_DONE, 0);
    put_recovery(&first, "recovery", WIRE_DONE, 0);
    put_recovery(&stranger, "recovery", WIRE_REFUSAL, WIRE_REFUSED_LINK_USED);
    connect_new(&first, &second, 2);
    frame = take_link(&second, "recovery");
    assert_refused(&second, &frame, WIRE_REFUSED_LINK_USED); /* it has no content */
    make_identity(&second, &second);
    frame = activation(&second, "recovery");
    assert_refused(&second, &frame, WIRE_REFUSED_SIGN_IN);
    make_identity(&second, &first);
    activate_ok(&second, "recovery");
    leave(&second);
    connect_new(&first, &second, 2); /* the answer was lost */
    activate_ok(&second, "recovery");
    connect_new(&first, &third, 3);
    activate_ok(&third, "recovery");

    /* A link that is made, or used, leaves it alone; time does not. */
    create_link(&first, "link", WIRE_DONE, 0);
    world->clock.now += (uint64_t)1000 * DAY * 399;
    put_recovery(&first, "recovery", WIRE_DONE, 0);
    for (int i = 2; i <= WIRE_MAX_RECOVERIES; i++) {
        char code[16];
        (void)snprintf(code, sizeof code, "recovery-%d", i);
        put_recovery(&first, code, WIRE_DONE, 0);
    }
    put_recovery(&first, "one too many", WIRE_REFUSAL, WIRE_REFUSED_FULL);

    /* The removed device has known the codes. */
    frame = removal(3);
    ask(&first, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
    leave(&third);
    connect_new(&first, &third, 4);
    frame = activation(&third, "recovery");
    assert_refused(&third, &frame, WIRE_REFUSED_LINK_UNKNOWN);
    put_recovery(&first, "recovery", WIRE_REFUSAL, WIRE_REFUSED_LINK_USED);
    put_recovery(&second, "recovery-2", WIRE_REFUSAL, WIRE_REFUSED_LINK_USED);
    assert_refused(&third, &frame, WIRE_REFUSED_LINK_UNKNOWN);
    put_recovery(&first, "another", WIRE_DONE, 0);
    activate_ok(&third, "another");
    leave(&third);
    leave(&second);
    leave(&first);
    leave(&stranger);
}

/* Who has lost all devices gets the ID back by a link of the administrator, with another identity and nothing else. */
static void test_given_back(void **state) {
    struct world *world = *state;
    struct peer first, second, friend, lost, thief;
    struct wire_frame frame, answer;
    struct store_invitation invitation = { .recovers = true, .expires = DRIVER_NOW + 1000 };
    join(world, &first, 1);
    join(world, &friend, 3);
    link_device(&first, &second, 2);
    put_packages(&first);
    create_link(&second, "open", WIRE_DONE, 0);
    assert_int_equal(EVP_Digest("recovery", 8, invitation.code_hash, NULL, EVP_sha256(), NULL), 1);
    assert_result(&STORE_ERR_NO_ACCOUNT, store_sqlite_invite(world->driver.folder, &invitation, 1));
    memcpy(invitation.account, first.account, WIRE_ACCOUNT_LEN);
    assert_ok(store_sqlite_invite(world->driver.folder, &invitation, 1));
    assert_listed(&first, (const uint8_t[]){ 1, 2 }, 2); /* the link alone changes nothing */

    connect_peer(world, &lost);
    make_keys(&lost, 4);
    memcpy(lost.account, first.account, WIRE_ACCOUNT_LEN);
    activate_ok(&lost, "recovery");
    store_finish(&world->driver.store);
    assert_removed(&first);
    assert_true(delivery_is_ended(second.session));
    assert_false(delivery_is_ended(friend.session));
    assert_listed(&lost, (const uint8_t[]){ 4 }, 1);
    uint8_t device[WIRE_WHICH_DEVICE_LEN];
    ask_whose(&frame, lost.account, device);
    ask(&friend, &frame, &answer);
    const struct wire_frame same = activation(&lost, "recovery");
    assert_identity(&answer, lost.account, same.of.activate.identity_key);
    frame = (struct wire_frame){ .type = WIRE_TAKE_KEY_PACKAGES };
    memcpy(frame.of.take_key_packages.account, lost.account, WIRE_ACCOUNT_LEN);
    assert_refused(&friend, &frame, WIRE_REFUSED_NO_KEY_PACKAGE);

    connect_peer(world, &thief);
    make_keys(&thief, 5);
    frame = activation(&thief, "recovery");
    assert_refused(&thief, &frame, WIRE_REFUSED_LINK_USED);
    frame = take_link(&thief, "open");
    ask(&thief, &frame, &answer);
    assert_int_equal(answer.type, WIRE_REFUSAL);
    leave(&thief);
    leave(&second);
    leave(&first);
    leave(&lost);
    leave(&friend);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_link),
        TEST(test_link_ends),
        TEST(test_bound),
        TEST(test_list),
        TEST(test_removal),
        TEST(test_races),
        TEST(test_nothing_stays),
        TEST(test_account_removed_from_beside),
        TEST(test_device_removed_from_beside),
        TEST(test_recovery),
        TEST(test_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
