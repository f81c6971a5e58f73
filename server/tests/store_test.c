/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The embedded store, on a real disk: what it promises holds across restarts, expiry and failures.
 */
#define _GNU_SOURCE
#include <openssl/sha.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "expect.h"
#include "test/cmocka.h"
#include "test/result.h"

enum { DAY = 24 * 3600 };

/* --- accounts --- */

static struct store_op *activate_op(struct driver *driver, const char *code, uint8_t key) {
    struct store_op *op = driver_op(driver, STORE_ACTIVATE);
    op->ask.of.activate.code = base_slice_text(code);
    memset(op->ask.of.activate.device, key, WIRE_DEVICE_LEN);
    memset(op->ask.of.activate.identity_key, key, WIRE_KEY_LEN);
    memset(op->ask.of.activate.device_key, key, WIRE_KEY_LEN);
    return op;
}

/* Makes an account whose device and keys are all bytes `key`. */
static void make_account(struct driver *driver, uint8_t key, uint8_t account[WIRE_ACCOUNT_LEN]) {
    char code[32];
    snprintf(code, sizeof code, "code-%u", key);
    driver_invite(driver, code, "", driver->now + DAY);
    struct store_op *op = expect(driver, activate_op(driver, code, key), WIRE_ACTIVATED, 0);
    memcpy(account, op->answer.of.activated.account, WIRE_ACCOUNT_LEN);
    store_op_free(op);
}

static struct store_op *owned_op(struct driver *driver, enum store_task task, const uint8_t account[WIRE_ACCOUNT_LEN],
                                 uint8_t device) {
    struct store_op *op = driver_op(driver, task);
    memcpy(op->account, account, WIRE_ACCOUNT_LEN);
    memset(op->device, device, WIRE_DEVICE_LEN);
    return op;
}

static void test_activation(void **state) {
    struct driver *driver = *state;
    uint8_t account[WIRE_ACCOUNT_LEN];
    driver_invite(driver, "one", "Änni", DRIVER_NOW + 100);
    expect_refusal(driver, activate_op(driver, "two", 1), WIRE_REFUSED_LINK_UNKNOWN);
    driver->now += 100;
    struct store_op *op = expect(driver, activate_op(driver, "one", 1), WIRE_REFUSAL, WIRE_REFUSED_LINK_EXPIRED);
    assert_int_equal(op->answer.of.refusal.argument, DRIVER_NOW + 100);
    store_op_free(op);
    driver->now -= 1;
    op = expect(driver, activate_op(driver, "one", 1), WIRE_ACTIVATED, 0);
    memcpy(account, op->answer.of.activated.account, sizeof account);
    assert_true(base_slice_equal(op->answer.of.activated.name, base_slice_text("Änni")));
    store_op_free(op);
    expect_refusal(driver, activate_op(driver, "one", 2), WIRE_REFUSED_LINK_USED);

    /* Again with the same keys, even after a restart and after its end: the same account. */
    driver->now += 1000;
    driver_reopen(driver);
    op = expect(driver, activate_op(driver, "one", 1), WIRE_ACTIVATED, 0);
    assert_memory_equal(op->answer.of.activated.account, account, sizeof account);
    store_op_free(op);

    op = driver_op(driver, STORE_FIND_DEVICE);
    memcpy(op->ask.of.sign_in.account, account, sizeof account);
    memset(op->ask.of.sign_in.device, 1, WIRE_DEVICE_LEN);
    expect(driver, op, WIRE_SIGNED_IN, 0);
    assert_int_equal(op->key[0], 1);
    store_op_free(op);
}

static struct store_op *put_packages_op(struct driver *driver, const uint8_t *account, uint32_t first, uint32_t count) {
    struct store_op *op = owned_op(driver, STORE_PUT_KEY_PACKAGES, account, 1);
    struct base_writer packages = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    for (uint32_t i = 0; i < count; i++) {
        char content[16];
        snprintf(content, sizeof content, "package %u", first + i);
        wire_key_package_write(&packages, base_slice_text(content));
    }
    assert_ok(base_writer_finish(&packages, &op->asked));
    op->ask.of.put_key_packages.packages = base_borrow(&op->asked);
    op->ask.of.put_key_packages.count = count;
    return op;
}

static bool is_name_of(const uint8_t *name, uint32_t package) {
    char content[16];
    uint8_t hash[WIRE_KEY_LEN];
    snprintf(content, sizeof content, "package %u", package);
    SHA256((const uint8_t *)content, strlen(content), hash);
    return memcmp(name, hash, WIRE_PACKAGE_NAME_LEN) == 0;
}

/* The device signs in, and is told which one-time packages there are. */
static struct store_op *sign_in_op(struct driver *driver, const uint8_t *account) {
    struct store_op *op = driver_op(driver, STORE_FIND_DEVICE);
    memcpy(op->ask.of.sign_in.account, account, WIRE_ACCOUNT_LEN);
    memset(op->ask.of.sign_in.device, 1, WIRE_DEVICE_LEN);
    return expect(driver, op, WIRE_SIGNED_IN, 0);
}

static bool is_named(const struct store_op *op, uint32_t package) {
    struct base_slice names = op->answer.of.signed_in.packages;
    bool found = false;
    for (size_t i = 0; i < names.len; i += WIRE_PACKAGE_NAME_LEN) {
        found = found || is_name_of(names.data + i, package);
    }
    return found;
}

static void test_key_packages(void **state) {
    struct driver *driver = *state;
    uint8_t account[WIRE_ACCOUNT_LEN];
    make_account(driver, 1, account);
    struct store_op *op = driver_op(driver, STORE_TAKE_KEY_PACKAGES);
    memcpy(op->ask.of.take_key_packages.account, account, sizeof account);
    expect_refusal(driver, op, WIRE_REFUSED_NO_KEY_PACKAGE);
    expect_done(driver, put_packages_op(driver, account, 0, WIRE_MAX_KEY_PACKAGES));
    expect_refusal(driver, put_packages_op(driver, account, WIRE_MAX_KEY_PACKAGES, 1), WIRE_REFUSED_FULL);

    op = driver_op(driver, STORE_TAKE_KEY_PACKAGES);
    memcpy(op->ask.of.take_key_packages.account, account, sizeof account);
    expect(driver, op, WIRE_KEY_PACKAGES, 0);
    struct base_reader devices = base_reader(op->answer.of.key_packages.devices);
    struct wire_device_key_package given;
    assert_ok(wire_device_key_package_next(&devices, &given));
    assert_ok(base_read_end(&devices));
    assert_int_equal(op->answer.of.key_packages.identity_key[0], 1);
    uint32_t taken = (uint32_t)atoi((const char *)given.key_package.data + 8);
    store_op_free(op);

    /* The one that was handed out doesn't come back with a repeated upload; a new one is taken. */
    expect_done(driver, put_packages_op(driver, account, taken, 1));
    op = sign_in_op(driver, account);
    assert_int_equal(op->answer.of.signed_in.packages.len, (WIRE_MAX_KEY_PACKAGES - 1) * WIRE_PACKAGE_NAME_LEN);
    assert_false(is_named(op, taken));
    assert_true(is_named(op, taken == 0 ? 1 : 0));
    assert_int_equal(op->answer.of.signed_in.last_resort.len, 0);
    store_op_free(op);

    /* Others take the place of all that are there, once: nor do they bring back what was handed out. */
    for (int again = 0; again < 2; again++) {
        op = put_packages_op(driver, account, again == 0 ? WIRE_MAX_KEY_PACKAGES : taken, 2);
        op->ask.of.put_key_packages.replace = 1;
        op->ask.of.put_key_packages.last_resort = base_slice_text("package 777");
        expect_done(driver, op);
        op = sign_in_op(driver, account);
        assert_int_equal(op->answer.of.signed_in.packages.len, (2 - again) * WIRE_PACKAGE_NAME_LEN);
        assert_int_equal(is_named(op, WIRE_MAX_KEY_PACKAGES), again == 0);
        assert_int_equal(is_named(op, taken + 1), again == 1);
        assert_true(is_name_of(op->answer.of.signed_in.last_resort.data, 777));
        store_op_free(op);
    }
}

static void test_identity(void **state) {
    struct driver *driver = *state;
    uint8_t account[WIRE_ACCOUNT_LEN], asked[4][WIRE_WHICH_DEVICE_LEN];
    make_account(driver, 1, account);
    memset(asked, 1, sizeof asked); /* 1: the key of its device, … */
    memset(asked[0], '0', WIRE_ACCOUNT_LEN);
    memcpy(asked[1], account, WIRE_ACCOUNT_LEN);
    memcpy(asked[2], account, WIRE_ACCOUNT_LEN);
    memcpy(asked[3], account, WIRE_ACCOUNT_LEN);
    memset(asked[2] + WIRE_ACCOUNT_LEN, 2, WIRE_KEY_LEN); /* … 2: of none, 0: of none that is asked for */
    memset(asked[3] + WIRE_ACCOUNT_LEN, 0, WIRE_KEY_LEN);
    expect_done(driver, put_packages_op(driver, account, 0, 1));
    for (int i = 0; i < 2; i++) { /* as often as is wished */
        struct store_op *op = driver_op(driver, STORE_GET_IDENTITIES);
        op->ask.of.get_identities.devices = base_slice(asked, sizeof asked);
        expect(driver, op, WIRE_IDENTITIES, 0);
        struct base_reader reader = base_reader(op->answer.of.identities.identities);
        struct wire_identity identity;
        assert_ok(wire_identity_next(&reader, &identity));
        assert_memory_equal(identity.device.account, "00000000", WIRE_ACCOUNT_LEN);
        assert_int_equal(identity.identity_key.len, 0); /* nobody's */
        assert_int_equal(identity.listed, 0);
        for (int device = 1; device <= 3; device++) {
            assert_ok(wire_identity_next(&reader, &identity));
            assert_memory_equal(&identity.device, asked[device], WIRE_WHICH_DEVICE_LEN);
            assert_int_equal(identity.identity_key.len, WIRE_KEY_LEN);
            assert_int_equal(identity.identity_key.data[0], 1);
            assert_int_equal(identity.listed, device == 1);
        }
        assert_int_equal(reader.left, 0);
        store_op_free(op);
    }
    struct store_op *op = driver_op(driver, STORE_TAKE_KEY_PACKAGES); /* it has cost no package */
    memcpy(op->ask.of.take_key_packages.account, account, sizeof account);
    expect(driver, op, WIRE_KEY_PACKAGES, 0);
    store_op_free(op);
}

/* --- streams --- */

static void create_stream(struct driver *driver, uint8_t name, uint8_t token) {
    struct store_op *op = driver_op(driver, STORE_CREATE_STREAM);
    fill(op->ask.of.create_stream.stream, WIRE_STREAM_LEN, name);
    hash_of(token, op->ask.of.create_stream.token_hash);
    expect_done(driver, op);
}

/* Appends to stream `name`, with a nonce and a deletion key of bytes `nonce`. */
static struct store_op *append_op(struct driver *driver, uint8_t name, uint8_t token, uint8_t nonce) {
    struct store_op *op = driver_op(driver, STORE_APPEND);
    struct wire_append *ask = &op->ask.of.append;
    fill(ask->stream, WIRE_STREAM_LEN, name);
    fill(ask->token, WIRE_KEY_LEN, token);
    fill(ask->nonce, WIRE_NONCE_LEN, nonce);
    hash_of(nonce, ask->deletion_hash);
    ask->content = base_slice_text("content");
    return op;
}

static struct store_op *commit_op(struct driver *driver, uint8_t name, uint8_t token, uint8_t nonce, uint64_t known,
                                  uint8_t next) {
    struct store_op *op = append_op(driver, name, token, nonce);
    op->ask.of.append.kind = WIRE_KIND_COMMIT;
    op->ask.of.append.known_commit = known;
    hash_of(next, op->ask.of.append.next_token_hash);
    return op;
}

static void expect_number(struct driver *driver, struct store_op *op, uint64_t number, bool fresh) {
    expect(driver, op, WIRE_APPENDED, 0);
    assert_int_equal(op->answer.of.appended.number, number);
    assert_int_equal(op->fresh, fresh);
    store_op_free(op);
}

/* Reads, and expects these numbers, up to a 0. */
static void expect_entries(struct driver *driver, uint8_t name, uint8_t token, uint64_t after, uint8_t flags,
                           const uint64_t *numbers) {
    struct store_op *op = driver_op(driver, STORE_READ);
    fill(op->ask.of.read.stream, WIRE_STREAM_LEN, name);
    fill(op->ask.of.read.token, WIRE_KEY_LEN, token);
    op->ask.of.read.after = after;
    expect(driver, op, WIRE_ENTRIES, 0);
    assert_int_equal(op->answer.of.entries.flags, flags);
    struct base_reader reader = base_reader(op->answer.of.entries.entries);
    for (; *numbers != 0; numbers++) {
        struct wire_entry entry;
        assert_ok(wire_entry_next(&reader, &entry));
        assert_int_equal(entry.number, *numbers);
    }
    assert_ok(base_read_end(&reader));
    store_op_free(op);
}

static void expect_rewound(struct driver *driver, uint64_t after) {
    struct store_op *op = driver_op(driver, STORE_READ);
    fill(op->ask.of.read.stream, WIRE_STREAM_LEN, 1);
    fill(op->ask.of.read.token, WIRE_KEY_LEN, 1);
    op->ask.of.read.after = after;
    expect_refusal(driver, op, WIRE_REFUSED_REWOUND);
}

#define NUMBERS(...) ((const uint64_t[]){ __VA_ARGS__ })

static void test_append(void **state) {
    struct driver *driver = *state;
    expect_refusal(driver, append_op(driver, 1, 1, 1), WIRE_REFUSED_NO_STREAM);
    create_stream(driver, 1, 1);
    create_stream(driver, 1, 1);
    struct store_op *op = driver_op(driver, STORE_CREATE_STREAM);
    fill(op->ask.of.create_stream.stream, WIRE_STREAM_LEN, 1);
    hash_of(2, op->ask.of.create_stream.token_hash);
    expect_refusal(driver, op, WIRE_REFUSED_STREAM_EXISTS);
    create_stream(driver, 2, 1);

    expect_number(driver, append_op(driver, 1, 1, 1), 1, true);
    expect_number(driver, append_op(driver, 2, 1, 1), 1, true);
    expect_number(driver, append_op(driver, 1, 1, 2), 2, true);
    expect_number(driver, append_op(driver, 1, 1, 1), 1, false);
    expect_refusal(driver, append_op(driver, 1, 9, 3), WIRE_REFUSED_NO_STREAM);
    driver_reopen(driver);
    expect_number(driver, append_op(driver, 1, 1, 2), 2, false);
    expect_number(driver, append_op(driver, 1, 1, 3), 3, true);
    expect_entries(driver, 1, 1, 0, 0, NUMBERS(1, 2, 3, 0));
    expect_entries(driver, 1, 1, 2, 0, NUMBERS(3, 0));
    /* Who has read further than the stream goes knows it from before an older copy took its place. */
    expect_entries(driver, 1, 1, 3, 0, NUMBERS(0));
    expect_rewound(driver, 4);
    expect_rewound(driver, UINT64_MAX);
}

/* Several appends under way at once: what follows a refused one is refused too, and so they stay in their order. */
static void test_order_of_appends(void **state) {
    struct driver *driver = *state;
    create_stream(driver, 1, 1);
    create_stream(driver, 2, 1);
    struct store_op *op = append_op(driver, 1, 1, 2);
    fill(op->ask.of.append.previous, WIRE_NONCE_LEN, 1);
    expect_refusal(driver, op, WIRE_REFUSED_OUT_OF_ORDER);
    expect_number(driver, append_op(driver, 2, 1, 1), 1, true);
    op = append_op(driver, 1, 1, 2);
    fill(op->ask.of.append.previous, WIRE_NONCE_LEN, 1);
    expect_refusal(driver, op, WIRE_REFUSED_OUT_OF_ORDER); /* another stream's entry does not count */
    expect_number(driver, append_op(driver, 1, 1, 1), 1, true);
    for (int i = 0; i < 2; i++) {
        op = append_op(driver, 1, 1, 2);
        fill(op->ask.of.append.previous, WIRE_NONCE_LEN, 1);
        expect_number(driver, op, 2, i == 0);
    }
    /* In a new epoch the epoch is what is refused. */
    expect_number(driver, commit_op(driver, 1, 1, 3, 0, 2), 3, true);
    op = append_op(driver, 1, 1, 5);
    fill(op->ask.of.append.previous, WIRE_NONCE_LEN, 4);
    expect_refusal(driver, op, WIRE_REFUSED_EPOCH_MOVED);
}

/* A repetition is looked for among what its writer has not read, in memory and in the database, and not beyond. */
static void test_repetitions(void **state) {
    enum { MANY = WIRE_MAX_BEHIND + 2 };
    struct driver *driver = *state;
    create_stream(driver, 1, 1);
    for (uint64_t i = 1; i <= MANY; i++) {
        struct store_op *op = append_op(driver, 1, 1, 0);
        memcpy(op->ask.of.append.nonce, &i, sizeof i);
        op->ask.of.append.after = i - 1;
        expect_number(driver, op, i, true);
    }
    static const struct {
        uint64_t index, after;
        bool known, behind;
    } cases[] = {
        { MANY, MANY - 1, true, false }, { MANY, MANY - 2, true, false },
        { MANY, 2, true, false },        { MANY - 20, MANY - 21, true, false },
        { 3, 2, true, false },           { 3, 1, false, true },
        { 3, 0, false, true },           { MANY - 1, MANY - 2, true, false },
    };
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct store_op *op = append_op(driver, 1, 1, 0);
            memcpy(op->ask.of.append.nonce, &cases[i].index, sizeof cases[i].index);
            op->ask.of.append.after = cases[i].after;
            if (cases[i].behind) {
                expect_refusal(driver, op, WIRE_REFUSED_BEHIND);
            } else {
                expect_number(driver, op, cases[i].index, false);
            }
        }
        driver_reopen(driver); /* nothing is in memory then */
    }
    /* A commit is found where it stands, however much comes behind it, and ends what has to be looked through. */
    expect_number(driver, commit_op(driver, 1, 1, 2, 0, 2), MANY + 1, true);
    expect_number(driver, append_op(driver, 1, 2, 3), MANY + 2, true);
    expect_number(driver, append_op(driver, 1, 2, 3), MANY + 2, false);
    expect_number(driver, commit_op(driver, 1, 1, 2, 0, 2), MANY + 1, false);
    driver_reopen(driver);
    expect_number(driver, commit_op(driver, 1, 1, 2, 0, 2), MANY + 1, false);
    /* What was deleted is known all the same. */
    struct store_op *op = driver_op(driver, STORE_DELETE_ENTRY);
    fill(op->ask.of.delete_entry.stream, WIRE_STREAM_LEN, 1);
    fill(op->ask.of.delete_entry.deletion_key, WIRE_KEY_LEN, 3);
    op->ask.of.delete_entry.number = MANY + 2;
    expect_done(driver, op);
    expect_number(driver, append_op(driver, 1, 2, 3), MANY + 2, false);
}

static void test_epochs(void **state) {
    struct driver *driver = *state;
    create_stream(driver, 1, 1);
    expect_number(driver, append_op(driver, 1, 1, 1), 1, true);
    expect_refusal(driver, commit_op(driver, 1, 1, 2, 7, 2), WIRE_REFUSED_EPOCH_MOVED);
    expect_refusal(driver, commit_op(driver, 1, 1, 2, 0, 1), WIRE_REFUSED_MALFORMED);
    expect_number(driver, commit_op(driver, 1, 1, 2, 0, 2), 2, true);
    /* Repeated with the old token, after a restart too: its number. Something else: the epoch has moved. */
    expect_number(driver, commit_op(driver, 1, 1, 2, 0, 2), 2, false);
    driver_reopen(driver);
    expect_number(driver, commit_op(driver, 1, 1, 2, 0, 2), 2, false);
    struct store_op *op = expect(driver, append_op(driver, 1, 1, 3), WIRE_REFUSAL, WIRE_REFUSED_EPOCH_MOVED);
    assert_int_equal(op->answer.of.refusal.argument, 2);
    store_op_free(op);
    expect_number(driver, append_op(driver, 1, 2, 3), 3, true);
    expect_refusal(driver, commit_op(driver, 1, 2, 4, 0, 3), WIRE_REFUSED_EPOCH_MOVED);
    expect_refusal(driver, commit_op(driver, 1, 2, 4, 2, 1), WIRE_REFUSED_MALFORMED);
    expect_number(driver, commit_op(driver, 1, 2, 4, 2, 3), 4, true);

    expect_entries(driver, 1, 1, 0, WIRE_ENDED, NUMBERS(1, 2, 0));
    expect_entries(driver, 1, 1, 2, WIRE_ENDED, NUMBERS(0));
    expect_entries(driver, 1, 2, 0, WIRE_ENDED, NUMBERS(3, 4, 0));
    expect_entries(driver, 1, 3, 0, 0, NUMBERS(0));
}

static struct store_op *delete_op(struct driver *driver, uint8_t name, uint64_t number, uint8_t key) {
    struct store_op *op = driver_op(driver, STORE_DELETE_ENTRY);
    fill(op->ask.of.delete_entry.stream, WIRE_STREAM_LEN, name);
    op->ask.of.delete_entry.number = number;
    fill(op->ask.of.delete_entry.deletion_key, WIRE_KEY_LEN, key);
    return op;
}

static struct store_op *by(struct store_op *op, uint64_t who) {
    op->who = who;
    return op;
}

static struct store_op *repair_op(struct driver *driver, uint8_t token, uint8_t nonce, uint64_t known, uint8_t next) {
    struct store_op *op = commit_op(driver, 1, token, nonce, known, next);
    op->ask.of.append.kind = WIRE_KIND_REPAIR;
    return by(op, 2);
}

static void use(struct driver *driver, uint8_t token, uint64_t who) {
    struct store_op *op = driver_op(driver, STORE_USE_EPOCH);
    fill(op->ask.of.read.stream, WIRE_STREAM_LEN, 1);
    fill(op->ask.of.read.token, WIRE_KEY_LEN, token);
    expect_done(driver, by(op, who));
}

/* Connection 1 appends a commit that nobody can follow, 2 repairs it. */
static void test_repair(void **state) {
    struct driver *driver = *state;
    create_stream(driver, 1, 1);
    expect_number(driver, commit_op(driver, 1, 1, 1, 0, 2), 1, true);
    expect_number(driver, by(commit_op(driver, 1, 2, 2, 1, 3), 1), 2, true);
    use(driver, 3, 1); /* its author himself */
    expect_number(driver, by(append_op(driver, 1, 3, 3), 1), 3, true);
    expect_refusal(driver, repair_op(driver, 3, 4, 2, 5), WIRE_REFUSED_EPOCH_MOVED); /* nothing has replaced it */
    expect_refusal(driver, repair_op(driver, 1, 4, 2, 5), WIRE_REFUSED_EPOCH_MOVED); /* long ago */
    expect_refusal(driver, repair_op(driver, 2, 4, 1, 5), WIRE_REFUSED_EPOCH_MOVED);
    expect_refusal(driver, repair_op(driver, 2, 4, 2, 3), WIRE_REFUSED_MALFORMED); /* a token that was there */
    expect_refusal(driver, repair_op(driver, 9, 4, 2, 5), WIRE_REFUSED_NO_STREAM);
    expect_number(driver, repair_op(driver, 2, 4, 2, 5), 4, true);
    expect_number(driver, repair_op(driver, 2, 4, 2, 5), 4, false);

    /* The old token leads to the repair, that of the commit that was repaired to nothing more. */
    expect_entries(driver, 1, 2, 1, WIRE_ENDED, NUMBERS(2, 3, 4, 0));
    expect_entries(driver, 1, 3, 2, WIRE_ENDED, NUMBERS(3, 4, 0));
    expect_entries(driver, 1, 5, 4, 0, NUMBERS(0));
    expect_refusal(driver, append_op(driver, 1, 3, 5), WIRE_REFUSED_EPOCH_MOVED);

    /* Again, and again: by the same token as before. */
    expect_number(driver, by(commit_op(driver, 1, 5, 6, 4, 6), 1), 5, true);
    expect_number(driver, repair_op(driver, 5, 7, 5, 7), 6, true);
    expect_refusal(driver, by(repair_op(driver, 5, 8, 5, 8), 3), WIRE_REFUSED_EPOCH_MOVED);
    expect_number(driver, by(repair_op(driver, 5, 8, 6, 8), 3), 7, true);

    /* Once somebody else has used its token, a commit stays. */
    use(driver, 7, 4); /* not the current one: nothing */
    use(driver, 8, 4);
    use(driver, 8, 4);
    expect_refusal(driver, by(repair_op(driver, 5, 9, 7, 9), 2), WIRE_REFUSED_EPOCH_USED);
    driver_reopen(driver);
    expect_refusal(driver, by(repair_op(driver, 5, 9, 7, 9), 2), WIRE_REFUSED_EPOCH_USED);
    expect_number(driver, by(commit_op(driver, 1, 8, 10, 7, 10), 1), 8, true);
    expect_number(driver, by(append_op(driver, 1, 10, 11), 2), 9, true);
    expect_refusal(driver, repair_op(driver, 8, 12, 8, 12), WIRE_REFUSED_EPOCH_USED);

    /* After a restart nobody knows who the author was: whoever uses it counts as another one. */
    expect_number(driver, by(commit_op(driver, 1, 10, 13, 8, 13), 1), 10, true);
    driver_reopen(driver);
    use(driver, 13, 1);
    expect_refusal(driver, repair_op(driver, 10, 14, 10, 14), WIRE_REFUSED_EPOCH_USED);
}

/* A read says whether its token is to be marked as used. */
static void test_unused(void **state) {
    struct driver *driver = *state;
    create_stream(driver, 1, 1);
    for (int step = 0; step < 4; step++) {
        struct store_op *op = driver_op(driver, STORE_READ);
        fill(op->ask.of.read.stream, WIRE_STREAM_LEN, 1);
        fill(op->ask.of.read.token, WIRE_KEY_LEN, step == 0 || step == 3 ? 1 : 2);
        expect(driver, op, WIRE_ENTRIES, 0);
        assert_int_equal(op->unused, step == 1); /* no commit yet; a new one; used; the replaced one's */
        store_op_free(op);
        if (step == 0) {
            expect_number(driver, commit_op(driver, 1, 1, 1, 0, 2), 1, true);
        } else if (step == 1) {
            use(driver, 2, 7);
        }
    }
}

static struct store_op *door_op(struct driver *driver, uint8_t key, uint32_t index, const char *content) {
    struct store_op *op = driver_op(driver, STORE_PUT_DOOR);
    fill(op->ask.of.put_door.key, WIRE_KEY_LEN, key);
    op->ask.of.put_door.index = index;
    op->ask.of.put_door.lifetime = 3600;
    op->ask.of.put_door.content = base_slice_text(content);
    return op;
}

static void expect_door(struct driver *driver, uint8_t key, uint32_t index, const char *content) {
    struct store_op *op = driver_op(driver, STORE_GET_DOOR);
    uint8_t made_with[WIRE_KEY_LEN], hash[WIRE_KEY_LEN], name[WIRE_DOOR_CONTENT];
    fill(made_with, sizeof made_with, key);
    SHA256(made_with, sizeof made_with, hash);
    wire_door_content(hash, index, name);
    SHA256(name, sizeof name, op->ask.of.get_door.door);
    if (content == NULL) {
        expect_refusal(driver, op, WIRE_REFUSED_NO_DOOR);
        return;
    }
    expect(driver, op, WIRE_DOOR, 0);
    assert_true(base_slice_equal(op->answer.of.door.content, base_slice_text(content)));
    store_op_free(op);
}

static void test_deletion(void **state) {
    struct driver *driver = *state;
    create_stream(driver, 1, 1);
    expect_number(driver, append_op(driver, 1, 1, 1), 1, true);
    expect_number(driver, commit_op(driver, 1, 1, 2, 0, 2), 2, true);
    expect_refusal(driver, delete_op(driver, 1, 1, 9), WIRE_REFUSED_NO_ENTRY);
    expect_refusal(driver, delete_op(driver, 9, 1, 1), WIRE_REFUSED_NO_ENTRY);
    expect_refusal(driver, delete_op(driver, 1, 3, 1), WIRE_REFUSED_NO_ENTRY);
    expect_refusal(driver, delete_op(driver, 1, 2, 2), WIRE_REFUSED_NO_ENTRY); /* a commit */
    expect_done(driver, delete_op(driver, 1, 1, 1));
    expect_refusal(driver, delete_op(driver, 1, 1, 1), WIRE_REFUSED_NO_ENTRY);
    expect_entries(driver, 1, 1, 0, WIRE_ENDED, NUMBERS(2, 0));
    expect_number(driver, append_op(driver, 1, 1, 1), 1, false);
}

/* Their names are made of their keys: nobody takes what is another one's, nor keeps its place from him. */
static void test_doors(void **state) {
    struct driver *driver = *state;
    expect_door(driver, 1, 0, NULL);
    expect_done(driver, door_op(driver, 1, 0, "first"));
    expect_done(driver, door_op(driver, 1, UINT32_MAX, "last"));
    expect_done(driver, door_op(driver, 2, 0, "somebody else's"));
    expect_done(driver, door_op(driver, 2, UINT32_MAX, ""));
    expect_door(driver, 1, 0, "first");
    expect_done(driver, door_op(driver, 1, 0, "anew"));
    driver_reopen(driver);
    expect_door(driver, 1, 0, "anew");
    expect_door(driver, 1, UINT32_MAX, "last");
    expect_door(driver, 2, 0, "somebody else's");
    expect_done(driver, door_op(driver, 1, 0, ""));
    expect_door(driver, 1, 0, NULL);
    expect_done(driver, door_op(driver, 1, 0, "for an hour"));
    driver->now += 3 * 3600;
    expect_door(driver, 1, 0, NULL);
    sweep(driver);
    expect_done(driver, door_op(driver, 1, 0, "again"));
    expect_door(driver, 1, 0, "again");
}

/* Nobody reads what has ended: who was away meanwhile can write all the same. */
static void test_behind_what_was_swept(void **state) {
    enum { MANY = WIRE_MAX_BEHIND + 2 };
    struct driver *driver = *state;
    create_stream(driver, 1, 1);
    for (uint64_t i = 1; i <= MANY; i++) {
        struct store_op *op = append_op(driver, 1, 1, 0);
        memcpy(op->ask.of.append.nonce, &i, sizeof i);
        op->ask.of.append.nonce[WIRE_NONCE_LEN - 1] = 1;
        op->ask.of.append.after = i - 1;
        op->ask.of.append.lifetime = i < MANY ? 60 : 3 * DAY;
        expect_number(driver, op, i, true);
    }
    expect_refusal(driver, append_op(driver, 1, 1, 1), WIRE_REFUSED_BEHIND);
    driver->now += 2 * 3600;
    sweep(driver);
    expect_number(driver, append_op(driver, 1, 1, 1), MANY + 1, true);
    expect_number(driver, append_op(driver, 1, 1, 1), MANY + 1, false);
    driver->now += 60 * DAY;
    sweep(driver);
    expect_number(driver, append_op(driver, 1, 1, 2), MANY + 2, true);
    driver_reopen(driver);
    expect_number(driver, append_op(driver, 1, 1, 2), MANY + 2, false);
}

static void test_lifetimes(void **state) {
    struct driver *driver = *state;
    create_stream(driver, 1, 1);
    expect_number(driver, append_op(driver, 1, 1, 1), 1, true);
    struct store_op *op = append_op(driver, 1, 1, 2);
    op->ask.of.append.lifetime = 60;
    expect_number(driver, op, 2, true);
    driver->now += 2 * 3600;
    expect_entries(driver, 1, 1, 0, 0, NUMBERS(1, 0)); /* gone for readers before it is swept */
    sweep(driver);
    driver_reopen(driver);
    expect_number(driver, append_op(driver, 1, 1, 3), 3, true); /* its number is not used again */
    driver->now += 29 * DAY;
    sweep(driver);
    expect_entries(driver, 1, 1, 0, 0, NUMBERS(1, 3, 0));
    driver->now += 3 * DAY;
    sweep(driver);
    expect_entries(driver, 1, 1, 0, 0, NUMBERS(0));
    expect_entries(driver, 1, 1, 3, 0, NUMBERS(0)); /* whoever has read it is not beyond the end */
    expect_rewound(driver, 4);
    driver->now += 366 * DAY;
    sweep(driver);
    expect_number(driver, append_op(driver, 1, 1, 4), 4, true);
    driver->now += 500 * DAY;
    sweep(driver);
    sweep(driver);
    expect_refusal(driver, append_op(driver, 1, 1, 5), WIRE_REFUSED_NO_STREAM);
}

static void run_sql(const struct driver *driver, const char *sql) {
    char path[128];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/weibel.sqlite", driver->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* A stream has a bound, between its oldest entry and its newest. */
static struct store_op *late_append_op(struct driver *driver, uint64_t after, uint8_t nonce) {
    struct store_op *op = append_op(driver, 1, 1, nonce);
    op->ask.of.append.after = after;
    return op;
}

static void test_stream_bound(void **state) {
    struct driver *driver = *state;
    create_stream(driver, 1, 1);
    expect_number(driver, append_op(driver, 1, 1, 1), 1, true);
    run_sql(driver, "UPDATE stream SET last = 1000000");
    driver_reopen(driver);
    expect_number(driver, late_append_op(driver, 1000000, 2), 1000001, true);
    expect_refusal(driver, late_append_op(driver, 1000001, 3), WIRE_REFUSED_FULL);
    driver_reopen(driver);
    expect_refusal(driver, late_append_op(driver, 1000001, 3), WIRE_REFUSED_FULL);
    run_sql(driver, "DELETE FROM entry WHERE id & 0x1fffffff = 1");
    expect_number(driver, late_append_op(driver, 1000001, 3), 1000002, true);
}

/* More than one batch: all come, once, in order. */
static void test_batches(void **state) {
    struct driver *driver = *state;
    enum { ENTRIES = 40, ENTRY = 20000 };
    struct base_bytes content = { 0 };
    assert_ok(base_bytes_take(base_allocator_libc(), ENTRY, &content));
    create_stream(driver, 1, 1);
    for (uint8_t i = 1; i <= ENTRIES; i++) {
        struct store_op *op = append_op(driver, 1, 1, i);
        op->ask.of.append.content = base_borrow(&content);
        expect_number(driver, op, i, true);
    }
    uint64_t after = 0;
    size_t batches = 0;
    for (bool more = true; more; batches++) {
        struct store_op *op = driver_op(driver, STORE_READ);
        fill(op->ask.of.read.stream, WIRE_STREAM_LEN, 1);
        fill(op->ask.of.read.token, WIRE_KEY_LEN, 1);
        op->ask.of.read.after = after;
        expect(driver, op, WIRE_ENTRIES, 0);
        struct base_reader reader = base_reader(op->answer.of.entries.entries);
        assert_true(reader.left <= WIRE_MAX_BATCH);
        while (reader.left != 0) {
            struct wire_entry entry;
            assert_ok(wire_entry_next(&reader, &entry));
            assert_int_equal(entry.number, after + 1);
            after = entry.number;
        }
        more = op->answer.of.entries.flags == WIRE_MORE;
        store_op_free(op);
    }
    assert_int_equal(after, ENTRIES);
    assert_int_equal(batches, 4);
    base_bytes_free(&content);
}

/* --- inbox --- */

static struct store_op *inbox_op(struct driver *driver, const uint8_t *account, uint8_t device, uint32_t nonce) {
    struct store_op *op = driver_op(driver, STORE_INBOX_APPEND);
    memcpy(op->ask.of.inbox_append.account, account, WIRE_ACCOUNT_LEN);
    fill(op->ask.of.inbox_append.device, WIRE_DEVICE_LEN, device);
    memcpy(op->ask.of.inbox_append.nonce, &nonce, sizeof nonce);
    op->ask.of.inbox_append.content = base_slice_text("welcome");
    return op;
}

static void expect_inbox(struct driver *driver, const uint8_t *account, size_t wanted) {
    struct store_op *op = expect(driver, owned_op(driver, STORE_INBOX_READ, account, 1), WIRE_INBOX_ENTRIES, 0);
    struct base_reader reader = base_reader(op->answer.of.inbox_entries.entries);
    size_t count = 0;
    while (reader.left != 0) {
        struct wire_entry entry;
        assert_ok(wire_entry_next(&reader, &entry));
        count++;
    }
    assert_int_equal(count, wanted);
    store_op_free(op);
}

static void test_inbox(void **state) {
    struct driver *driver = *state;
    uint8_t account[WIRE_ACCOUNT_LEN];
    make_account(driver, 1, account);
    expect_number(driver, inbox_op(driver, account, 1, 1), 1, true);
    expect_number(driver, inbox_op(driver, account, 1, 1), 1, false);
    expect_number(driver, inbox_op(driver, account, 1, 2), 2, true);
    expect_refusal(driver, inbox_op(driver, account, 2, 1), WIRE_REFUSED_NO_DEVICE);
    expect_refusal(driver, inbox_op(driver, (const uint8_t *)"00000000", 1, 1), WIRE_REFUSED_NO_ACCOUNT);
    expect_inbox(driver, account, 2);
    struct store_op *op = owned_op(driver, STORE_INBOX_DELETE, account, 1);
    op->ask.of.inbox_delete.last = 1;
    expect_done(driver, op);
    expect_inbox(driver, account, 1);
    driver->now += 29 * DAY;
    sweep(driver);
    expect_number(driver, inbox_op(driver, account, 1, 1), 1, false);
    driver->now += 3 * DAY;
    sweep(driver);
    expect_number(driver, inbox_op(driver, account, 1, 1), 3, true); /* read long ago: nobody repeats it */
    driver->now += 300 * DAY;
    sweep(driver);
    expect_inbox(driver, account, 2);
    driver->now += 36 * DAY;
    expect_inbox(driver, account, 1);
    sweep(driver);
    expect_number(driver, inbox_op(driver, account, 1, 2), 4, true);
}

static void test_inbox_quota(void **state) {
    struct driver *driver = *state;
    uint8_t account[WIRE_ACCOUNT_LEN];
    struct base_bytes content = { 0 };
    make_account(driver, 1, account);
    assert_ok(base_bytes_take(base_allocator_libc(), WIRE_MAX_ENTRY, &content));
    for (uint32_t i = 0; i < STORE_MAX_INBOX_BYTES / WIRE_MAX_ENTRY; i++) {
        struct store_op *op = inbox_op(driver, account, 1, i);
        op->ask.of.inbox_append.content = base_borrow(&content);
        expect_number(driver, op, i + 1, true);
    }
    expect_refusal(driver, inbox_op(driver, account, 1, 1000), WIRE_REFUSED_FULL);
    struct store_op *op = owned_op(driver, STORE_INBOX_DELETE, account, 1);
    op->ask.of.inbox_delete.last = 1;
    expect_done(driver, op);
    expect_number(driver, inbox_op(driver, account, 1, 1000), 65, true);
    base_bytes_free(&content);
}

/* --- failures --- */

static void test_full_disk(void **state) {
    struct driver *driver = *state;
    struct rlimit old, small = { 0 };
    struct base_bytes content = { 0 };
    assert_ok(base_bytes_take(base_allocator_libc(), WIRE_MAX_ENTRY, &content));
    create_stream(driver, 1, 1);
    expect_number(driver, append_op(driver, 1, 1, 1), 1, true);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){ 512 << 10, old.rlim_max };
    setrlimit(RLIMIT_FSIZE, &small);
    struct store_op *op = append_op(driver, 1, 1, 2);
    op->ask.of.append.content = base_borrow(&content);
    driver_run(driver, op);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(op->answer.type, WIRE_REFUSAL);
    assert_int_equal(op->answer.of.refusal.code, WIRE_REFUSED_DISK_FULL);
    assert_false(op->fresh);
    store_op_free(op);
    struct store_counters counters;
    store_count(driver->real, &counters);
    assert_false(counters.last_write_ok);
    expect_refusal(driver, append_op(driver, 9, 1, 1), WIRE_REFUSED_NO_STREAM);
    store_count(driver->real, &counters);
    assert_false(counters.last_write_ok); /* nothing was written: that it went well says nothing of the disk */
    expect_entries(driver, 1, 1, 0, 0, NUMBERS(1, 0));
    expect_number(driver, append_op(driver, 1, 1, 2), 2, true);
    store_count(driver->real, &counters);
    assert_true(counters.last_write_ok);
    base_bytes_free(&content);
}

/* What one operation of a batch does wrong doesn't reach the others; all of a batch are answered in order. */
static void test_one_batch(void **state) {
    struct driver *driver = *state;
    enum { OPS = 64 };
    struct store_op *ops[OPS];
    size_t finished = 0;
    create_stream(driver, 1, 1);
    for (uint8_t i = 0; i < OPS; i++) {
        ops[i] = append_op(driver, 1, i % 4 == 3 ? 9 : 1, (uint8_t)(i + 1));
        store_submit(driver->real, ops[i]);
    }
    uint64_t wanted = 1;
    while (finished < OPS) {
        struct store_op *op = driver->real->functions->take_finished(driver->real);
        if (op == NULL) {
            usleep(100);
            continue;
        }
        assert_ptr_equal(op, ops[finished]);
        if (finished % 4 == 3) {
            assert_int_equal(op->answer.of.refusal.code, WIRE_REFUSED_NO_STREAM);
        } else {
            assert_int_equal(op->answer.of.appended.number, wanted);
            wanted++;
        }
        finished++;
        store_op_free(op);
    }
}

static void test_folder(void **state) {
    struct driver *driver = *state;
    struct store_settings settings = { .domain = "example.org" };
    struct store *second = NULL;
    struct store_sqlite_options options = { .allocator = base_allocator_libc(), .folder = driver->folder };
    assert_result(&STORE_ERR_EXISTS, store_sqlite_init(driver->folder, &settings));
    assert_result(&STORE_ERR_IN_USE, store_sqlite_open(&options, &second));
    assert_result(&STORE_ERR_NONE, store_sqlite_settings("/nonexistent", &settings));
    options.folder = "/nonexistent";
    assert_result(&STORE_ERR_NONE, store_sqlite_open(&options, &second));
    assert_result(&STORE_ERR_FOLDER, store_sqlite_init("/nonexistent/folder", &settings));
    memset(&settings, 0, sizeof settings);
    assert_ok(store_sqlite_settings(driver->folder, &settings));
    assert_string_equal(settings.domain, "example.org");
}

/* --- what it knows --- */

/* Every column is explained, and no row of a stream or blob holds an account's ID. */
static void test_privacy(void **state) {
    struct driver *driver = *state;
    uint8_t account[WIRE_ACCOUNT_LEN];
    char path[128];
    static char text[65536];
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    FILE *file = fopen(PRIVACY_TEXT, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);

    make_account(driver, 1, account);
    create_stream(driver, 1, 1);
    struct store_op *op = append_op(driver, 1, 1, 1);
    memcpy(op->account, account, sizeof account);
    expect_number(driver, op, 1, true);
    expect_done(driver, blob_op(driver, STORE_CREATE_BLOB, 1, 1));

    snprintf(path, sizeof path, "%s/weibel.sqlite", driver->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
                                        " WHERE m.type = 'table'",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    size_t columns = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        char field[128];
        snprintf(field, sizeof field, "`%s.%s`", sqlite3_column_text(statement, 0), sqlite3_column_text(statement, 1));
        if (strstr(text, field) == NULL) {
            print_error("%s is not explained in docs/privacy.md\n", field);
            fail();
        }
        columns++;
    }
    sqlite3_finalize(statement);
    assert_true(columns > 30);

    static const char *const tables[] = { "stream", "epoch", "entry", "blob" };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[64];
        size_t rows = 0;
        snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[i]);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
        for (; sqlite3_step(statement) == SQLITE_ROW; rows++) {
            for (int c = 0; c < sqlite3_column_count(statement); c++) {
                const void *value = sqlite3_column_blob(statement, c);
                size_t len = (size_t)sqlite3_column_bytes(statement, c);
                assert_true(value == NULL || memmem(value, len, account, sizeof account) == NULL);
            }
        }
        assert_true(rows != 0);
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_activation),
        TEST(test_key_packages),
        TEST(test_identity),
        TEST(test_append),
        TEST(test_order_of_appends),
        TEST(test_repetitions),
        TEST(test_epochs),
        TEST(test_deletion),
        TEST(test_lifetimes),
        TEST(test_behind_what_was_swept),
        TEST(test_stream_bound),
        TEST(test_batches),
        TEST(test_inbox),
        TEST(test_inbox_quota),
        TEST(test_repair),
        TEST(test_unused),
        TEST(test_doors),
        TEST(test_full_disk),
        TEST(test_one_batch),
        TEST(test_folder),
        TEST(test_privacy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
