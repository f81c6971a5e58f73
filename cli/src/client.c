/* SPDX-License-Identifier: EUPL-1.2 */
/* What commands speak to the core through, wherever it runs. */
#include "client_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exit.h"
#include "store.h"
#include "words.h"

enum {
    THROUGH_WITHIN = 15000, /* milliseconds for what an interrupt does not end at once: as long as a home opens */
    OPEN_WITHIN = 15000,    /* milliseconds for another process to let us in, or to end */
    OPEN_EVERY = 50,
    RETRY_EVERY = 3000, /* where a full disk shuts us out */
    NAP = 100,
    SILENT_AFTER = 2000, /* when it has let us in and does not answer, we say so */
};

uint64_t client_now(void) {
    struct timespec now = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int client_fail(base_result result) {
    exit_say(_(result->text));
    return exit_of_result(result);
}

static int fail_home(const struct client *client, base_result result) {
    int reason = errno;
    const char *path = client->args->values[OPTION_HOME];
    exit_say_about(path != NULL                   ? path
                   : client->home.path[0] != '\0' ? client->home.path
                                                  : _("home"),
                   result == &HOME_ERR_CREATE && reason != 0 ? strerror(reason) : _(result->text));
    return exit_of_result(result == &HOME_ERR_CREATE && reason == ENOSPC ? &HOME_ERR_FULL : result);
}

static bool belongs_to_call(const struct client *client, const cJSON *message) {
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(message, "id");
    return client->awaited != 0 && cJSON_IsNumber(id) && id->valuedouble == (double)client->awaited;
}

static void give_event(struct client *client, const cJSON *message) {
    const char *name = cJSON_GetObjectItemCaseSensitive(message, "method")->valuestring;
    client->locked = client->locked || strcmp(name, "locked") == 0;
    if (client->on_event != NULL) {
        client->on_event(client->user, name, cJSON_GetObjectItemCaseSensitive(message, "params"));
    }
}

/* What came behind an answer is newer than it: whoever has asked takes the answer first. Takes the message. */
static void keep_for_later(struct client *client, cJSON *message) {
    client->later = client->later == NULL ? cJSON_CreateArray() : client->later;
    if (!cJSON_AddItemToArray(client->later, message)) {
        client->lost = true; /* no memory; what is missed is asked for anew */
        cJSON_Delete(message);
    }
}

static void give_what_was_kept(struct client *client) {
    cJSON *kept = client->later;
    const cJSON *message = NULL;
    client->later = NULL;
    cJSON_ArrayForEach(message, kept) {
        give_event(client, message);
    }
    cJSON_Delete(kept);
}

/* A line from the core, by either way. */
static void on_line(void *user, struct base_slice line) {
    struct client *client = (struct client *)user;
    if (client->passing) {
        client_pass_out(client, line);
        return;
    }
    cJSON *message = cJSON_ParseWithLength((const char *)line.data, line.len);
    const cJSON *method = cJSON_GetObjectItemCaseSensitive(message, "method");
    if (cJSON_IsString(method) && (client->answer != NULL || client->later != NULL)) {
        keep_for_later(client, message);
        return;
    }
    if (cJSON_IsString(method)) {
        give_event(client, message);
    } else if (belongs_to_call(client, message)) {
        client->awaited = 0;
        client->answer = message;
        return;
    }
    cJSON_Delete(message);
}

static void on_lost(void *user, base_result why) {
    (void)why;
    ((struct client *)user)->lost = true;
}

base_result client_send(struct client *client, struct base_slice line) {
    if (client->host != NULL) {
        return router_request(client->face, line);
    }
    return client->lost ? BASE_OK : lines_send(client->lines, line);
}

static base_result open_host(struct client *client) {
    char kept[PATH_MAX];
    const char *ca_file = client->args->values[OPTION_CA];
    if (ca_file == NULL) {
        BASE_TRY(home_path(&client->home, "ca.pem", kept));
        ca_file = access(kept, R_OK) == 0 ? kept : NULL;
    }
    BASE_TRY(host_open(&client->home, ca_file, &client->host));
    BASE_TRY(router_add(host_router(client->host), on_line, client, &client->face));
    /* Without the socket (a full disk, a file system that has none) others have to wait, and nothing else is missing.
     */
    base_result listening = host_listen(client->host);
    (void)listening;
    return BASE_OK;
}

static base_result open_guest(struct client *client, int connection) {
    static const struct lines_handler handler = { on_line, on_lost };
    base_result result = loop_open(NULL, &client->loop);
    if (result != BASE_OK) {
        (void)close(connection);
        return result;
    }
    return lines_open(client->loop, connection, connection, LINES_MAX_QUEUED, &handler, client, &client->lines);
}

/* Either has the lock or reaches the process that has it; in the moment between it tries again. */
static base_result open_core(struct client *client) {
    uint64_t until = client_now() + OPEN_WITHIN;
    for (;;) {
        base_result locked = home_lock(&client->home);
        if (locked == BASE_OK) {
            return open_host(client);
        }
        BASE_TRY(locked == &HOME_ERR_BUSY ? BASE_OK : locked);
        int connection = home_connect(&client->home);
        if (connection >= 0) {
            return open_guest(client, connection);
        }
        if (client_now() >= until) {
            return locked;
        }
        struct timespec pause = { .tv_nsec = OPEN_EVERY * 1000000L };
        (void)nanosleep(&pause, NULL);
    }
}

static void on_timer(void *user) {
    (void)user;
}

int client_open(const struct args *args, struct client **out) {
    struct client *client = (struct client *)base_take(base_allocator_libc(), 1, sizeof *client);
    if (client == NULL) {
        return client_fail(&BASE_ERR_NO_MEMORY);
    }
    *client = (struct client){ .args = args, .home = { .folder = -1, .lock = -1 }, .timer = { .fire = on_timer } };
    errno = 0;
    base_result result = home_open(args->values[OPTION_HOME], &client->home);
    if (result == BASE_OK) {
        result = open_core(client);
    }
    if (result != BASE_OK) {
        int code = fail_home(client, result);
        client_close(&client);
        return code;
    }
    *out = client;
    return EX_OK;
}

int client_keep_ca(const struct client *client) {
    const char *file = client->args->values[OPTION_CA];
    base_result result = file == NULL ? BASE_OK : home_keep_ca(&client->home, file);
    if (result == BASE_OK) {
        return EX_OK;
    }
    int reason = errno;
    exit_say_about(file, result == &HOME_ERR_FULL ? _(result->text) : strerror(reason));
    return result == &HOME_ERR_FULL ? EX_IOERR : EX_NOINPUT;
}

void client_close(struct client **client) {
    if (*client == NULL) {
        return;
    }
    if ((*client)->face != NULL) {
        router_remove(&(*client)->face);
    }
    loop_unwatch(&(*client)->watch);
    lines_free(&(*client)->output);
    lines_free(&(*client)->lines);
    host_close(&(*client)->host);
    loop_close(&(*client)->loop);
    home_close(&(*client)->home);
    cJSON_Delete((*client)->answer);
    cJSON_Delete((*client)->later);
    base_free(*client);
    *client = NULL;
}

struct loop *client_loop(const struct client *client) {
    return client->host != NULL ? host_loop(client->host) : client->loop;
}

bool client_path(const struct client *client, const char *name, char out[PATH_MAX]) {
    return home_path(&client->home, name, out) == BASE_OK;
}

const struct args *client_args(const struct client *client) {
    return client->args;
}

void client_tell(const struct client *client, const char *name) {
    if (client->on_event != NULL) {
        client->on_event(client->user, name, NULL);
    }
}

bool client_interrupted(const struct client *client) {
    const struct loop *loop = client_loop(client);
    return loop != NULL ? loop_interrupted(loop) : loop_signalled();
}

void client_stay(struct client *client) {
    client->stays = true;
}

static base_result watch_again(struct client *client);

/* Lets the home go, so that others can have it; calls are not possible until client_enter(). */
void client_leave(struct client *client) {
    cJSON_Delete(client->later);
    client->later = NULL;
    loop_unwatch(&client->watch);
    if (client->face != NULL) {
        router_remove(&client->face);
    }
    lines_free(&client->lines);
    host_close(&client->host);
    loop_close(&client->loop);
    home_unlock(&client->home);
    client->lost = false;
}

int client_enter(struct client *client) {
    errno = 0;
    base_result result = open_core(client);
    result = result == BASE_OK ? watch_again(client) : result;
    return result == BASE_OK ? EX_OK : fail_home(client, result);
}

static int say_lost(void) {
    exit_say(_("the weibel process that had this home open has ended; please try again"));
    return EX_TEMPFAIL;
}

static int say_locked(void) {
    exit_say(_("this home has been locked"));
    return EX_TEMPFAIL;
}

/* What passes when somebody makes room. */
static bool is_passing(base_result result) {
    return result == &STORE_ERR_FULL || result == &STORE_ERR_IO || result == &HOME_ERR_FULL;
}

/* Nothing of the home is open any more: later again. */
static void shut_out(struct client *client) {
    if (client_loop(client) != NULL) {
        loop_timer_stop(client_loop(client), &client->timer);
    }
    client_leave(client);
    client->lost = true;
    client->shut = true;
    client->retry_at = client_now() + RETRY_EVERY;
    client_tell(client, CLIENT_SHUT);
}

static int open_again(struct client *client) {
    client_leave(client);
    client->shut = false;
    int code = client_enter(client);
    if (code == EX_IOERR && client->stays) {
        shut_out(client);
    }
    code = code == EX_OK ? client_unlock(client, CLIENT_ACTIVATED) : code;
    return code == EX_OK && client->connects ? client_call(client, "connect", NULL, NULL) : code;
}

/*
 * Opens the home again after the process that had it open has ended: one of those that it let in is the next. Who is
 * let in by one that is about to end tries again.
 */
static int reopen(struct client *client) {
    if (client->passing) {
        return say_lost();
    }
    give_what_was_kept(client);
    if (client->locked) {
        return say_locked();
    }
    if (client->reopening || (client->shut && client_now() < client->retry_at)) {
        return EX_TEMPFAIL; /* seen below */
    }
    uint64_t until = client_now() + OPEN_WITHIN;
    int code = EX_OK;
    client->reopening = true;
    do {
        code = open_again(client);
    } while (client->lost && !client->shut && client_now() < until);
    client->reopening = false;
    if (client->shut) {
        return EX_TEMPFAIL; /* why has been said */
    }
    if (client->lost) {
        return say_lost();
    }
    if (code == EX_OK) {
        client_tell(client, CLIENT_REOPENED);
    }
    return code;
}

/* One turn of the loop. Says what ends everything. */
static int turn(struct client *client) {
    if (client->later != NULL) {
        give_what_was_kept(client);
        return EX_OK;
    }
    if (client->host != NULL) {
        base_result result = host_turn(client->host);
        if (result != BASE_OK) {
            exit_say_about(client->home.path, _(result->text));
            if (!client->stays || !is_passing(result)) {
                return exit_of_result(result);
            }
            shut_out(client);
        }
    } else if (!client->lost) {
        loop_turn(client->loop);
    }
    return EX_OK;
}

int client_wait(struct client *client, uint64_t until) {
    uint64_t now = client_now();
    if (now >= until) {
        return EX_OK;
    }
    if (client->locked) {
        return say_locked();
    }
    if (client->later != NULL) {
        give_what_was_kept(client);
        return EX_OK;
    }
    if (client->lost) {
        int code = reopen(client);
        struct timespec nap = { .tv_nsec = NAP * 1000000L };
        return client->shut && nanosleep(&nap, NULL) <= 0 ? EX_OK : code;
    }
    loop_timer_set(client_loop(client), &client->timer, until - now);
    int code = turn(client);
    if (!client->shut) { /* else it has gone with its loop */
        loop_timer_stop(client_loop(client), &client->timer);
    }
    return code;
}

void client_on_event(struct client *client, client_event handler, void *user) {
    client->on_event = handler;
    client->user = user;
}

/* The text of a request, to be freed with cJSON_free(); NULL: no memory. Takes `params` over. */
static char *request_text(struct client *client, const char *method, cJSON *params) {
    cJSON *request = cJSON_CreateObject();
    bool built = cJSON_AddStringToObject(request, "jsonrpc", "2.0") != NULL &&
                 cJSON_AddNumberToObject(request, "id", ++client->last_id) != NULL &&
                 cJSON_AddStringToObject(request, "method", method) != NULL;
    if (params != NULL) {
        built = cJSON_AddItemToObject(request, "params", params) != 0 && built;
    }
    char *text = built ? cJSON_PrintUnformatted(request) : NULL;
    cJSON_Delete(request);
    return text;
}

static void note_error(struct client *client, const cJSON *error, int *code) {
    exit_copy_words(error, client->error_text, sizeof client->error_text);
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(error, "data"), "name");
    (void)snprintf(client->error_name, sizeof client->error_name, "%s", cJSON_IsString(name) ? name->valuestring : "");
    *code = exit_of_error(error);
}

/* Sends a request and waits for its answer, which may be missing: then the core's process has gone meanwhile. */
static int ask(struct client *client, uint32_t id, const char *text, cJSON **answer) {
    uint64_t silent_at = client_now() + SILENT_AFTER;
    client->given_up = false;
    client->awaited = id;
    base_result sent = client_send(client, base_slice_text(text));
    int code = sent == BASE_OK ? EX_OK : client_fail(sent);
    while (code == EX_OK && client->awaited != 0 && !client->lost) {
        bool through = client_now() < client->through_until;
        if (client_interrupted(client) && !through) {
            exit_say(_("interrupted"));
            code = EX_TEMPFAIL;
        } else if (through) {
            code = client_wait(client, client->through_until);
        } else if (client->host == NULL && !client->heard) {
            code = client_wait(client, silent_at);
            if (code == EX_OK && client->awaited != 0 && client_now() >= silent_at) {
                client->heard = true;
                exit_say(_("another weibel process has this home open and does not answer yet"));
            }
        } else {
            code = client->given_up ? EX_TEMPFAIL : turn(client);
        }
    }
    client->heard = client->heard || client->awaited == 0;
    client->awaited = 0;
    *answer = client->answer;
    client->answer = NULL;
    return code;
}

/* What may be asked twice when it is not known whether it was heard the first time. */
static bool is_repeatable(const char *method) {
    static const char *const changing[] = { "create",     "activate", "send",    "save",   "group.",
                                            "passphrase", "backup",   "restore", "device", "safe." };
    for (size_t i = 0; i < sizeof changing / sizeof changing[0]; i++) {
        if (strncmp(method, changing[i], strlen(changing[i])) == 0) {
            return false;
        }
    }
    return true;
}

static void free_text(char **text) {
    cJSON_free(*text);
}

int client_try(struct client *client, const char *method, cJSON *params, cJSON **result) {
    client->error_text[0] = '\0';
    client->error_name[0] = '\0';
    BASE_CLEANUP(free_text) char *text = request_text(client, method, params);
    uint32_t id = client->last_id;
    if (text == NULL) {
        return client_fail(&BASE_ERR_NO_MEMORY);
    }
    give_what_was_kept(client); /* it is older than the answer will be */
    cJSON *answer = NULL;
    int code = client->lost ? reopen(client) : EX_OK;
    if (code == EX_OK) {
        code = ask(client, id, text, &answer);
    }
    while (code == EX_OK && answer == NULL) {
        code = is_repeatable(method) ? reopen(client) : say_lost();
        if (code == EX_OK) {
            code = ask(client, id, text, &answer);
        }
    }
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(answer, "error");
    if (error != NULL) {
        note_error(client, error, &code);
    } else if (answer != NULL) {
        client->connects = client->connects || strcmp(method, "connect") == 0;
        if (result != NULL) {
            *result = cJSON_DetachItemFromObjectCaseSensitive(answer, "result");
        }
    }
    cJSON_Delete(answer);
    return code;
}

int client_call(struct client *client, const char *method, cJSON *params, cJSON **result) {
    int code = client_try(client, method, params, result);
    if (client->error_text[0] != '\0') {
        exit_say(client->error_text);
    }
    if (strcmp(client->error_name, "identity_changed") == 0) {
        exit_say(_("ask this person in another way; if the key is new indeed: weibel contact accept ID, then compare: "
                   "weibel contact verify ID"));
    }
    return code;
}

int client_call_through(struct client *client, const char *method, cJSON *params) {
    client->through_until = client_now() + THROUGH_WITHIN;
    int code = client_call(client, method, params, NULL);
    client->through_until = 0;
    return code;
}

void client_give_up(struct client *client) {
    client->given_up = client->awaited != 0;
}

const char *client_error_text(const struct client *client) {
    return client->error_text;
}

const char *client_error_name(const struct client *client) {
    return client->error_name;
}

static base_result watch_again(struct client *client) {
    if (client->watch_handler == NULL) {
        return BASE_OK;
    }
    int file = dup(client->watch_file);
    BASE_ENSURE(file >= 0, BASE_ERR_NO_MEMORY);
    return loop_watch(client_loop(client), file, client->watch_handler, client->watch_user, &client->watch);
}

int client_watch(struct client *client, int file, const struct loop_handler *handler, void *user) {
    client->watch_file = file;
    client->watch_handler = handler;
    client->watch_user = user;
    base_result result = watch_again(client);
    return result == BASE_OK ? EX_OK : client_fail(result);
}

void client_unwatch(struct client *client) {
    loop_unwatch(&client->watch);
    client->watch_handler = NULL;
}
