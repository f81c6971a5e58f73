/* SPDX-License-Identifier: EUPL-1.2 */
/* The store keeps what it has acknowledged: through kill -9 at any moment, and when the disk is full. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store.h"
#include "test/cmocka.h"
#include "test/random.h"
#include "test/result.h"

static char folder[64];
static char path[96];

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/weibel-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/store.db", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm", "store.db-journal" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static struct weibel_change put(const char *key, const char *value) {
    return (struct weibel_change){ .key = base_slice_text(key), .value = base_slice_text(value) };
}

static struct weibel_change removed(const char *key) {
    return (struct weibel_change){ .key = base_slice_text(key), .remove = true };
}

static base_result apply(struct store *store, const struct weibel_change *changes, size_t count) {
    const struct weibel_store batch = { changes, count };
    return store_apply(store, &batch);
}

/* "a=1 b=2" of a range. */
struct listing {
    char text[1024];
    size_t len;
};

static base_result list(void *user, struct base_slice key, struct base_slice value) {
    struct listing *listing = (struct listing *)user;
    listing->len += (size_t)snprintf(listing->text + listing->len, sizeof listing->text - listing->len, "%.*s=%.*s ",
                                     (int)key.len, (const char *)key.data, (int)value.len, (const char *)value.data);
    return BASE_OK;
}

static void assert_range(struct store *store, const char *from, const char *before, uint32_t limit, bool backwards,
                         const char *expected) {
    struct listing listing = { .len = 0 };
    const struct weibel_read range = {
        .from = base_slice_text(from), .before = base_slice_text(before), .limit = limit, .backwards = backwards
    };
    assert_ok(store_read(store, &range, list, &listing));
    assert_string_equal(listing.text, expected);
}

static void test_ranges(void **state) {
    (void)state;
    struct store *store = NULL;
    assert_ok(store_open(path, &store));
    const struct weibel_change changes[] = { put("b", "2"), put("a", "1"), put("ab", "3"), put("c", ""),
                                             put("\xff", "5") };
    assert_ok(apply(store, changes, 5));
    assert_range(store, "a", "c", 10, false, "a=1 ab=3 b=2 ");
    assert_range(store, "a", "d", 10, false, "a=1 ab=3 b=2 c= ");
    assert_range(store, "a", "\xff\xff", 10, false, "a=1 ab=3 b=2 c= \xff=5 ");
    assert_range(store, "a", "d", 2, false, "a=1 ab=3 ");
    assert_range(store, "a", "d", 2, true, "c= b=2 ");
    assert_range(store, "", "a", 10, false, "");
    assert_range(store, "a", "a", 10, false, "");
    const struct weibel_change more[] = { put("a", "9"), removed("b"), removed("nothing"), put("b", "8"),
                                          removed("b") };
    assert_ok(apply(store, more, 5));
    assert_range(store, "a", "d", 10, false, "a=9 ab=3 c= ");
    store_close(&store);
    assert_null(store);
    assert_ok(store_open(path, &store));
    assert_range(store, "a", "d", 10, false, "a=9 ab=3 c= ");
    store_close(&store);
}

static base_result refuse(void *user, struct base_slice key, struct base_slice value) {
    (void)key;
    (void)value;
    (*(unsigned *)user)++;
    return &BASE_ERR_VALUE;
}

static void test_visit_ends(void **state) {
    (void)state;
    struct store *store = NULL;
    unsigned visited = 0;
    assert_ok(store_open(path, &store));
    const struct weibel_change changes[] = { put("a", "1"), put("b", "2") };
    assert_ok(apply(store, changes, 2));
    const struct weibel_read range = { .from = base_slice_text(""), .before = base_slice_text("z"), .limit = 10 };
    assert_result(&BASE_ERR_VALUE, store_read(store, &range, refuse, &visited));
    assert_int_equal(visited, 1);
    assert_range(store, "", "z", 10, false, "a=1 b=2 ");
    store_close(&store);
}

static void test_private(void **state) {
    (void)state;
    struct store *store = NULL;
    umask(0);
    assert_ok(store_open(path, &store));
    const struct weibel_change change = put("a", "1");
    assert_ok(apply(store, &change, 1));
    struct stat status;
    char wal[128];
    snprintf(wal, sizeof wal, "%s-wal", path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(wal, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    store_close(&store);
}

/* What was deleted is gone from the disk, not only from sight. */
static void test_deleted_is_gone(void **state) {
    (void)state;
    static const char secret[] = "a ratchet key that has been used";
    struct store *store = NULL;
    assert_ok(store_open(path, &store));
    const struct weibel_change changes[] = { put("a", secret), removed("a") };
    assert_ok(apply(store, &changes[0], 1));
    assert_ok(apply(store, &changes[1], 1));
    store_close(&store);
    char content[65536];
    FILE *file = fopen(path, "rb");
    size_t len = fread(content, 1, sizeof content, file);
    fclose(file);
    assert_true(len > 0);
    assert_null(memmem(content, len, secret, strlen(secret)));
}

static size_t journal_size(void) {
    struct stat status;
    char wal[128];
    snprintf(wal, sizeof wal, "%s-wal", path);
    return stat(wal, &status) == 0 ? (size_t)status.st_size : 0;
}

/* Nor does it stay in the journal for as long as a client runs, or after it was killed. */
static void test_journal_forgets(void **state) {
    (void)state;
    enum { LARGE = 16 << 20, SMALL = 64 << 10, LIMIT = 4 << 20, ROUNDS = 200 };
    struct store *store = NULL;
    uint8_t *value = (uint8_t *)calloc(LARGE, 1);
    assert_non_null(value);
    const struct weibel_change large = { .key = base_slice_text("large"), .value = base_slice(value, LARGE) };
    const struct weibel_change small = { .key = base_slice_text("small"), .value = base_slice(value, SMALL) };
    assert_ok(store_open(path, &store));
    assert_ok(apply(store, &large, 1));
    assert_true(journal_size() > LARGE);
    for (int i = 0; i < ROUNDS; i++) {
        memset(value, i + 1, SMALL);
        assert_ok(apply(store, &small, 1));
    }
    assert_true(journal_size() < LIMIT + 2 * SMALL);
    store_close(&store);
    memset(value, 0, SMALL);
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        _exit(store_open(path, &store) == BASE_OK && apply(store, &small, 1) == BASE_OK ? 0 : 1);
    }
    int code = 1;
    assert_int_equal(waitpid(writer, &code, 0), writer);
    assert_int_equal(code, 0);
    assert_true(journal_size() > SMALL);
    assert_ok(store_open(path, &store));
    assert_int_equal(journal_size(), 0);
    store_close(&store);
    free(value);
}

static void test_foreign(void **state) {
    (void)state;
    struct store *store = NULL;
    FILE *file = fopen(path, "wb");
    for (int i = 0; i < 100; i++) {
        fputs("this is a text of somebody's, and no store at all\n", file);
    }
    fclose(file);
    assert_result(&STORE_ERR_DAMAGED, store_open(path, &store));
    assert_null(store);
    unlink(path);
    char nowhere[256];
    snprintf(nowhere, sizeof nowhere, "%s/no/such/folder/store.db", folder);
    assert_result(&STORE_ERR_IO, store_open(nowhere, &store));
}

/* Writes batches of two records that belong together, and says on the pipe which are acknowledged, until it is killed.
 */
static void write_until_killed(int acknowledged) {
    struct store *store = NULL;
    if (store_open(path, &store) != BASE_OK) {
        _exit(1);
    }
    for (uint32_t i = 1;; i++) {
        char value[2048];
        memset(value, 'a' + (int)(i % 26), sizeof value);
        const struct weibel_change changes[] = {
            { .key = base_slice_text("left"), .value = base_slice(&i, sizeof i) },
            { .key = base_slice_text("padding"), .value = base_slice(value, sizeof value) },
            { .key = base_slice_text("right"), .value = base_slice(&i, sizeof i) },
        };
        if (apply(store, changes, 3) != BASE_OK || write(acknowledged, &i, sizeof i) != sizeof i) {
            _exit(1);
        }
    }
}

struct pair {
    uint32_t values[2];
    unsigned count;
};

static base_result take(void *user, struct base_slice key, struct base_slice value) {
    struct pair *pair = (struct pair *)user;
    if (value.len == sizeof(uint32_t)) {
        memcpy(&pair->values[pair->count++], value.data, sizeof(uint32_t));
    }
    (void)key;
    return BASE_OK;
}

static void test_killed(void **state) {
    (void)state;
    struct test_random random;
    test_random_init(&random, 22);
    for (unsigned run = 0; run < 20; run++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t writer = fork();
        assert_true(writer >= 0);
        if (writer == 0) {
            close(ends[0]);
            write_until_killed(ends[1]);
        }
        close(ends[1]);
        usleep((useconds_t)(2000 + test_random_below(&random, 60000)));
        kill(writer, SIGKILL);
        assert_int_equal(waitpid(writer, NULL, 0), writer);
        uint32_t last = 0;
        uint32_t number = 0;
        while (read(ends[0], &number, sizeof number) == sizeof number) {
            last = number;
        }
        close(ends[0]);
        struct store *store = NULL;
        struct pair pair = { .count = 0 };
        const struct weibel_read range = { .from = base_slice_text("left"),
                                           .before = base_slice_text("z"),
                                           .limit = 10 };
        assert_ok(store_open(path, &store));
        assert_ok(store_read(store, &range, take, &pair));
        store_close(&store);
        if (pair.count == 0) {
            assert_int_equal(last, 0);
            continue;
        }
        assert_int_equal(pair.count, 2);
        assert_int_equal(pair.values[0], pair.values[1]);
        assert_true(pair.values[0] >= last && pair.values[0] <= last + 1);
        const struct weibel_change changes[] = { removed("left"), removed("right") };
        assert_ok(store_open(path, &store));
        assert_ok(apply(store, changes, 2));
        store_close(&store);
    }
}

static void test_disk_full(void **state) {
    (void)state;
    if (mount("none", folder, "tmpfs", 0, "size=512k") != 0) {
        print_message("skipped: a small disk needs root (%s)\n", strerror(errno));
        skip();
    }
    struct store *store = NULL;
    assert_ok(store_open(path, &store));
    const struct weibel_change first = put("kept", "1");
    assert_ok(apply(store, &first, 1));
    char value[32768];
    memset(value, 'x', sizeof value);
    base_result result = BASE_OK;
    unsigned stored = 0;
    for (; result == BASE_OK && stored < 100; stored += result == BASE_OK ? 1 : 0) {
        char key[16];
        snprintf(key, sizeof key, "n%03u", stored);
        const struct weibel_change changes[] = {
            { .key = base_slice_text(key), .value = base_slice(value, sizeof value) },
            { .key = base_slice_text("last"), .value = base_slice_text(key) },
        };
        result = apply(store, changes, 2);
    }
    assert_result(&STORE_ERR_FULL, result);
    assert_true(stored > 0);
    /* Everything acknowledged is there, nothing of the batch that failed is; also after opening it anew. */
    char expected[64];
    snprintf(expected, sizeof expected, "kept=1 last=n%03u ", stored - 1);
    assert_range(store, "kept", "n", 10, false, expected);
    store_close(&store);
    assert_ok(store_open(path, &store));
    assert_range(store, "kept", "n", 10, false, expected);
    store_close(&store);
    assert_int_equal(umount(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ranges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_visit_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_private, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deleted_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_journal_forgets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_disk_full, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
