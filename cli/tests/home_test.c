/* SPDX-License-Identifier: EUPL-1.2 */
/* A home is its owner's alone, lets in one process at a time, and takes over nobody's folder. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "home.h"
#include "test/cmocka.h"
#include "test/result.h"

static char folder[64];

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/weibel-home-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void assert_mode(const char *path, unsigned mode) {
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, mode);
}

static void test_made_private(void **state) {
    (void)state;
    char path[128];
    struct home home;
    snprintf(path, sizeof path, "%s/a/b", folder);
    umask(0);
    assert_ok(home_open(path, &home));
    assert_mode(path, 0700);
    assert_ok(home_lock(&home));
    home_close(&home);
    /* One that was opened to others later is closed again. */
    assert_int_equal(chmod(path, 0755), 0);
    assert_ok(home_open(path, &home));
    assert_mode(path, 0700);
    home_close(&home);
}

static void test_foreign_folder(void **state) {
    (void)state;
    char path[128];
    struct home home;
    assert_int_equal(chmod(folder, 0755), 0);
    snprintf(path, sizeof path, "%s/holiday.jpg", folder);
    assert_true(close(open(path, O_CREAT | O_WRONLY, 0644)) == 0);
    assert_result(&HOME_ERR_FOREIGN, home_open(folder, &home));
    assert_mode(folder, 0755);
    assert_result(&HOME_ERR_CREATE, home_open(path, &home)); /* a file */
    assert_result(&HOME_ERR_CREATE, home_open("/proc/no/such", &home));
    assert_result(&HOME_ERR_PATH, home_open("", &home));
}

static void test_default(void **state) {
    (void)state;
    char expected[128];
    struct home home;
    setenv("XDG_DATA_HOME", folder, 1);
    assert_ok(home_open(NULL, &home));
    snprintf(expected, sizeof expected, "%s/weibel", folder);
    assert_string_equal(home.path, expected);
    home_close(&home);
    unsetenv("XDG_DATA_HOME");
    setenv("HOME", folder, 1);
    assert_ok(home_open(NULL, &home));
    snprintf(expected, sizeof expected, "%s/.local/share/weibel", folder);
    assert_string_equal(home.path, expected);
    home_close(&home);
    unsetenv("HOME");
    assert_result(&HOME_ERR_PATH, home_open(NULL, &home));
}

/* Another process has the lock until it ends, however it ends. */
static void test_lock(void **state) {
    (void)state;
    int ready[2];
    struct home home;
    assert_int_equal(pipe(ready), 0);
    pid_t holder = fork();
    if (holder == 0) {
        struct home own;
        bool locked = home_open(folder, &own) == BASE_OK && home_lock(&own) == BASE_OK;
        if (write(ready[1], locked ? "y" : "n", 1) == 1) {
            pause();
        }
        _exit(0);
    }
    char answer = '\0';
    assert_int_equal(read(ready[0], &answer, 1), 1);
    assert_int_equal(answer, 'y');
    assert_ok(home_open(folder, &home));
    assert_result(&HOME_ERR_BUSY, home_lock(&home));
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    assert_ok(home_lock(&home));
    home_close(&home);
}

/* The socket works however long the path is, and one left by a process that was killed is no obstacle. */
static void test_socket(void **state) {
    (void)state;
    char path[PATH_MAX];
    struct home home;
    size_t len = (size_t)snprintf(path, sizeof path, "%s/", folder);
    for (unsigned i = 0; i < 10; i++) {
        len += (size_t)snprintf(path + len, sizeof path - len, "a-rather-long-name-of-a-folder/");
    }
    assert_ok(home_open(path, &home));
    assert_int_equal(home_connect(&home), -1);
    for (unsigned i = 0; i < 2; i++) {
        int listener = home_listen(&home);
        assert_true(listener >= 0);
        int connection = home_connect(&home);
        assert_true(connection >= 0);
        struct stat status;
        assert_int_equal(fstatat(home.folder, "rpc.sock", &status, 0), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        close(connection);
        close(listener); /* the name stays, as after a crash */
        assert_int_equal(home_connect(&home), -1);
        assert_int_equal(errno, ECONNREFUSED);
    }
    home_close(&home);
}

static void test_ca(void **state) {
    (void)state;
    char path[128];
    char kept[PATH_MAX];
    struct home home;
    snprintf(path, sizeof path, "%s/home", folder);
    assert_ok(home_open(path, &home));
    assert_result(&HOME_ERR_CREATE, home_keep_ca(&home, "/no/such/file"));
    assert_ok(home_path(&home, "ca.pem", kept));
    assert_int_equal(access(kept, F_OK), -1);
    assert_ok(home_keep_ca(&home, "/etc/hostname"));
    assert_mode(kept, 0600);
    home_close(&home);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_private, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_default, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ca, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
