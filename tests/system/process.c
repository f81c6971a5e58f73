/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * fork, exec, and the clock of somebody else's CPU time.
 */
#define _GNU_SOURCE
#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void become(const char *const *argv, int out, const char *log) {
    int error = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out < 0 ? error : out, STDOUT_FILENO);
    dup2(error, STDERR_FILENO);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

pid_t process_start(const char *const *argv, const char *log) {
    pid_t pid = fork();
    if (pid == 0) {
        become(argv, -1, log);
    }
    return pid;
}

bool process_serve(const struct process_options *options, pid_t *pid, uint16_t *port) {
    const char *argv[] = { options->binary,
                           "serve",
                           "--data",
                           options->data,
                           "--listen",
                           "127.0.0.1:0",
                           options->cert == NULL ? NULL : "--tls-cert",
                           options->cert,
                           "--tls-key",
                           options->key,
                           NULL };
    int pipes[2];
    char line[256] = "";
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        return false;
    }
    *pid = fork();
    if (*pid == 0) {
        become(argv, pipes[1], options->log);
    }
    close(pipes[1]);
    FILE *out = fdopen(pipes[0], "r");
    bool read = fgets(line, sizeof line, out) != NULL;
    fclose(out);
    const char *colon = strrchr(line, ':');
    *port = read && colon != NULL ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
    const char *wanted = options->cert == NULL ? "listening on http://127.0.0.1:" : "listening on https://127.0.0.1:";
    return strncmp(line, wanted, strlen(wanted)) == 0;
}

int process_stop(pid_t pid, int number) {
    int status = 0;
    kill(pid, number);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

uint64_t process_cpu(pid_t pid) {
    clockid_t clock;
    struct timespec used = { 0 };
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

uint64_t process_memory(pid_t pid) {
    char path[64];
    unsigned long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%*s %lu", &pages) != 1) {
        pages = 0;
    }
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
