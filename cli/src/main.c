/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel, the terminal client: reads the command line, opens the home, runs the command. */
#include <cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "args.h"
#include "client.h"
#include "commands.h"
#include "exit.h"
#include "output.h"
#include "words.h"

/* JSON on its way may hold the passphrase and messages: what it lay in is wiped. */
static void *take_wiped(size_t size) {
    return base_take(base_allocator_libc(), size, 1);
}

static int run(const struct args *args) {
    struct client *client = NULL;
    int code = client_open(args, &client);
    if (code == EX_OK) {
        code = args->command->run(client, args);
    }
    client_close(&client);
    return code;
}

/* Characters are UTF-8, also where the wished locale is not installed; words and dates are this program's own. */
static void use_locale(void) {
    if (setlocale(LC_ALL, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
    (void)setlocale(LC_NUMERIC, "C"); /* numbers are read and written with a point */
}

/* What is opened later must not take the place of a closed one: what is said would go into it. */
static void have_standard_files(void) {
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        if (fcntl(file, F_GETFD) < 0 && errno == EBADF) {
            int opened = open("/dev/null", file == STDERR_FILENO ? O_WRONLY : O_RDONLY);
            (void)opened; /* the lowest number that is free: this one */
        }
    }
}

static int end_printing(void) {
    return fflush(stdout) == 0 && ferror(stdout) == 0 ? EX_OK : output_failed(errno);
}

int main(int count, char **words) {
    cJSON_Hooks hooks = { take_wiped, base_free };
    const struct rlimit no_core = { 0, 0 };
    struct args args;
    have_standard_files();
    use_locale();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setrlimit(RLIMIT_CORE, &no_core); /* a core file would hold keys */
    cJSON_InitHooks(&hooks);
    (void)unsetenv("http_proxy"); /* libwebsockets would send everything there, also what is for this machine */
    struct args_problem problem = args_parse(commands, count - 1, words + 1, &args);
    if (problem.kind != ARGS_FINE) {
        args_explain(stderr, commands, &problem, &args);
        return EX_USAGE;
    }
    if (args.values[OPTION_HELP] != NULL) {
        args_help(stdout, commands, &args);
        return end_printing();
    }
    if (args.values[OPTION_VERSION] != NULL) {
        puts("weibel " WEIBEL_VERSION);
        return end_printing();
    }
    return run(&args);
}
