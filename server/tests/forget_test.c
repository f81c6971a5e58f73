/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the server knows, it forgets: after the lifetimes nothing is left of what people have written, and a server that
 * is used as much as before needs no more room than before.
 */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#include "peer.h"

enum { DAY = 24 * 3600, STREAMS = 20, ENTRIES = 50, COMMITS = 5, LETTERS = 20, BLOBS = 5, CONTENT = 3000 };

static uint8_t content[CONTENT];

static void expect(struct peer *peer, struct wire_frame *frame, uint8_t type) {
    struct wire_frame answer;
    ask(peer, frame, &answer);
    assert_int_equal(answer.type, type);
}

/* Different bytes for each thing that needs a name, a token or a nonce. */
static void name_it(uint8_t *out, size_t len, uint32_t kind, uint32_t round, uint32_t number) {
    const uint32_t parts[] = { kind, round, number };
    memset(out, 0, len);
    memcpy(out, parts, sizeof parts);
}

static void hash_of(const uint8_t key[WIRE_KEY_LEN], uint8_t out[WIRE_KEY_LEN]) {
    assert_int_equal(EVP_Digest(key, WIRE_KEY_LEN, out, NULL, EVP_sha256(), NULL), 1);
}

static void fill_stream(struct peer *peer, uint32_t round, uint32_t number) {
    struct wire_frame frame = { .type = WIRE_CREATE_STREAM };
    uint8_t token[WIRE_KEY_LEN], next[WIRE_KEY_LEN];
    name_it(token, sizeof token, 2, round, number * 1000);
    name_it(frame.of.create_stream.stream, WIRE_STREAM_LEN, 1, round, number);
    hash_of(token, frame.of.create_stream.token_hash);
    expect(peer, &frame, WIRE_DONE);
    uint64_t last_commit = 0;
    for (uint32_t i = 1; i <= ENTRIES + COMMITS; i++) {
        bool commit = i % (ENTRIES / COMMITS + 1) == 0;
        frame = (struct wire_frame){ .type = WIRE_APPEND, .of.append = { .content = base_slice(content, CONTENT) } };
        name_it(frame.of.append.stream, WIRE_STREAM_LEN, 1, round, number);
        memcpy(frame.of.append.token, token, sizeof token);
        name_it(frame.of.append.nonce, WIRE_NONCE_LEN, 3, round, i);
        if (commit) {
            name_it(next, sizeof next, 2, round, number * 1000 + i);
            frame.of.append.kind = WIRE_KIND_COMMIT;
            frame.of.append.known_commit = last_commit;
            hash_of(next, frame.of.append.next_token_hash);
            memcpy(token, next, sizeof token);
            last_commit = i;
        }
        expect(peer, &frame, WIRE_APPENDED);
        peer->world->clock.now += 1000;
    }
}

static void put_packages(struct peer *peer, uint32_t round) {
    struct wire_frame frame = { .type = WIRE_PUT_KEY_PACKAGES };
    uint8_t package[64];
    name_it(package, sizeof package, 4, round, 0);
    struct base_writer packages = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    wire_key_package_write(&packages, base_slice(package, sizeof package));
    frame.of.put_key_packages.packages = base_writer_view(&packages);
    expect(peer, &frame, WIRE_DONE);
    base_writer_free(&packages);
}

/* Somebody has forwarded it. */
static void hold_blob(struct peer *peer, uint32_t round, uint32_t number) {
    struct wire_frame frame = { .type = WIRE_HOLD_BLOB, .of.hold_blob.size = 100000 };
    name_it(frame.of.hold_blob.blob, WIRE_BLOB_LEN, 5, round, number);
    name_it(frame.of.hold_blob.deletion_hash, WIRE_KEY_LEN, 8, round, number);
    expect(peer, &frame, WIRE_DONE);
}

static void make_blob(struct peer *peer, uint32_t round, uint32_t number) {
    struct wire_frame frame = { .type = WIRE_CREATE_BLOB, .of.create_blob.size = 100000 };
    char path[256];
    name_it(frame.of.create_blob.blob, WIRE_BLOB_LEN, 5, round, number);
    expect(peer, &frame, WIRE_DONE);
    assert_true(store_blob_path(peer->world->driver.folder, frame.of.create_blob.blob, path, sizeof path));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, CONTENT, file), CONTENT);
    assert_int_equal(fclose(file), 0);
}

/* A month of one person's doings, for another one. */
static void be_busy(struct world *world, struct peer *peer, struct peer *other, uint32_t round) {
    struct wire_frame frame;
    char code[32];
    for (uint32_t i = 0; i < STREAMS; i++) {
        fill_stream(peer, round, i);
    }
    put_packages(other, round);
    frame = (struct wire_frame){ .type = WIRE_TAKE_KEY_PACKAGES };
    memcpy(frame.of.take_key_packages.account, other->account, WIRE_ACCOUNT_LEN);
    expect(peer, &frame, WIRE_KEY_PACKAGES);
    for (uint32_t i = 0; i < LETTERS; i++) {
        frame = (struct wire_frame){ .type = WIRE_INBOX_APPEND };
        memcpy(frame.of.inbox_append.account, other->account, WIRE_ACCOUNT_LEN);
        memcpy(frame.of.inbox_append.device, other->device, WIRE_DEVICE_LEN);
        name_it(frame.of.inbox_append.nonce, WIRE_NONCE_LEN, 6, round, i);
        frame.of.inbox_append.content = base_slice(content, CONTENT);
        expect(peer, &frame, WIRE_APPENDED);
    }
    frame = (struct wire_frame){ .type = WIRE_INBOX_DELETE, .of.inbox_delete.last = WIRE_MAX_NUMBER };
    expect(other, &frame, WIRE_DONE);
    for (uint32_t i = 0; i < BLOBS; i++) {
        make_blob(peer, round, i);
        hold_blob(other, round, i);
    }
    frame = (struct wire_frame){ .type = WIRE_CREATE_LINK, .of.create_link.content = base_slice(content, CONTENT) };
    name_it(frame.of.create_link.code_hash, WIRE_KEY_LEN, 7, round, 0);
    expect(peer, &frame, WIRE_DONE);
    frame = (struct wire_frame){ .type = WIRE_PUT_DOOR, .of.put_door = { .content = base_slice(content, CONTENT) } };
    name_it(frame.of.put_door.key, WIRE_KEY_LEN, 8, round, 0);
    expect(peer, &frame, WIRE_DONE);
    snprintf(code, sizeof code, "unused-%u", round);
    driver_invite(&world->driver, code, "Somebody", world->driver.now + DAY);
}

static void pass(struct world *world, uint64_t seconds) {
    world->driver.now += seconds;
    world->clock.now += seconds * 1000;
    driver_sweep(&world->driver);
}

/* Rows of a table; of all tables but those that are to stay, if NULL. */
static int count_rows(const struct world *world, const char *table) {
    char path[128], sql[256];
    int rows = 0;
    sqlite3 *db = NULL;
    sqlite3_stmt *list = NULL, *count = NULL;
    snprintf(path, sizeof path, "%s/weibel.sqlite", world->driver.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    static const char tables[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND"
                                 " (name = ?1 OR (?1 IS NULL AND name NOT IN ('setting', 'account', 'device')))";
    assert_int_equal(sqlite3_prepare_v2(db, tables, -1, &list, NULL), SQLITE_OK);
    sqlite3_bind_text(list, 1, table, -1, SQLITE_STATIC);
    while (sqlite3_step(list) == SQLITE_ROW) {
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", (const char *)sqlite3_column_text(list, 0));
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &count, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(count), SQLITE_ROW);
        int here = sqlite3_column_int(count, 0);
        if (table == NULL && here != 0) {
            print_message("%d in %s\n", here, (const char *)sqlite3_column_text(list, 0));
        }
        rows += here;
        sqlite3_finalize(count);
    }
    sqlite3_finalize(list);
    sqlite3_close(db);
    return rows;
}

static size_t count_blob_files(const struct world *world) {
    char path[600];
    size_t files = 0;
    snprintf(path, sizeof path, "%s/blobs", world->driver.folder);
    DIR *all = opendir(path);
    assert_non_null(all);
    for (struct dirent *part = readdir(all); part != NULL; part = readdir(all)) {
        if (part->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/blobs/%s", world->driver.folder, part->d_name);
        DIR *one = opendir(path);
        assert_non_null(one);
        for (struct dirent *file = readdir(one); file != NULL; file = readdir(one)) {
            files += file->d_name[0] == '.' ? 0 : 1;
        }
        closedir(one);
    }
    closedir(all);
    return files;
}

static off_t database_size(struct world *world) {
    char path[128];
    struct stat status;
    driver_reopen(&world->driver); /* the write-ahead log is worked off */
    snprintf(path, sizeof path, "%s/weibel.sqlite", world->driver.folder);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void test_it_is_forgotten(void **state) {
    static const char *const written[] = { "entry", "inbox", "blob", "link", "door" };
    struct world *world = *state;
    struct peer peer, other;
    join(world, &peer, 1);
    join(world, &other, 2);
    memset(content, 0xa5, sizeof content);
    off_t size = 0;
    for (uint32_t round = 0; round < 4; round++) {
        be_busy(world, &peer, &other, round);
        for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
            assert_int_not_equal(count_rows(world, written[i]), 0);
        }
        off_t grown = database_size(world);
        if (round == 0) {
            size = grown;
            assert_true(size > (off_t)STREAMS * ENTRIES * CONTENT);
        }
        /* What a stream leaves for a year is its name and its tokens' hashes. */
        assert_in_range(grown, size / 2, size + size / 10);
        pass(world, 32 * DAY);
        for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
            assert_int_equal(count_rows(world, written[i]), 0);
        }
        assert_int_equal(count_blob_files(world), 0);
    }
    assert_ok(store_sqlite_remove(world->driver.folder, other.account));
    pass(world, 500 * DAY);
    pass(world, 500 * DAY);
    assert_int_equal(count_rows(world, NULL), 0);
    assert_int_equal(count_rows(world, "device"), 1);
    leave(&peer);
    leave(&other);
}

static void sweep_once(struct world *world, uint64_t now) {
    world->driver.now = now;
    struct store_op *op = driver_run(&world->driver, driver_op(&world->driver, STORE_SWEEP));
    assert_true(store_succeeded(op) && !op->more);
    store_op_free(op);
}

static void test_a_wrong_clock_deletes_nothing(void **state) {
    struct world *world = *state;
    struct peer peer, other;
    uint64_t year = 365 * DAY;
    join(world, &peer, 1);
    join(world, &other, 2);
    uint64_t now = world->driver.now + 2 * DAY;
    world->clock.now = now * 1000;
    sweep_once(world, now);
    be_busy(world, &peer, &other, 0);
    int entries = count_rows(world, "entry");
    assert_int_equal(entries, STREAMS * (ENTRIES + COMMITS));

    /* Years ahead, also at several starts, or leaping on: it is not believed before it has stood for a day. */
    for (uint64_t i = 1; i < 100; i++) {
        sweep_once(world, now + 2 * year + i * 600);
    }
    for (uint64_t i = 1; i < 100; i++) {
        sweep_once(world, now + 3 * year + i * 600);
    }
    assert_int_equal(count_rows(world, "entry"), entries);
    for (int i = 0; i < 3; i++) {
        driver_reopen(&world->driver);
        sweep_once(world, now + 2 * year);
    }
    assert_int_equal(count_rows(world, "entry"), entries);
    sweep_once(world, now + DAY);
    assert_int_equal(count_rows(world, "entry"), entries);

    /* What is written while it is years back lives as long as if it had been right. */
    world->clock.now = (now - 10 * year) * 1000;
    world->driver.now = now - 10 * year;
    be_busy(world, &peer, &other, 1);
    sweep_once(world, now + 2 * DAY);
    assert_int_equal(count_rows(world, "entry"), 2 * entries);

    /* A server that was off for long forgets a day later. */
    world->driver.swept = 0;
    world->driver.now = now + year;
    driver_sweep(&world->driver);
    assert_int_equal(count_rows(world, "entry"), 0);
    leave(&peer);
    leave(&other);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = { TEST(test_it_is_forgotten), TEST(test_a_wrong_clock_deletes_nothing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
