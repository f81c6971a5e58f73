/* SPDX-License-Identifier: EUPL-1.2 */
/* `weibel rpc`: lines from standard input to the core, and back, as they are. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client_state.h"
#include "exit.h"
#include "output.h"
#include "text.h"
#include "weibel/core.h"
#include "words.h"

enum { ANSWERS_WITHIN = 30000 /* milliseconds, once the input has ended */ };

static bool is_answer(struct base_slice line) {
    cJSON *message = cJSON_ParseWithLength((const char *)line.data, line.len);
    bool has = cJSON_GetObjectItemCaseSensitive(message, "method") != NULL;
    cJSON_Delete(message);
    return !has;
}

/* True for what is no notification as JSON-RPC 2.0 has it: only of those nothing is heard. */
static bool is_answered(struct base_slice line) {
    cJSON *message = cJSON_ParseWithLength((const char *)line.data, line.len);
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(message, "jsonrpc");
    bool notification = cJSON_GetObjectItemCaseSensitive(message, "id") == NULL && cJSON_IsString(version) &&
                        strcmp(version->valuestring, "2.0") == 0 &&
                        cJSON_IsString(cJSON_GetObjectItemCaseSensitive(message, "method"));
    cJSON_Delete(message);
    return !notification;
}

/* To standard output, where somebody may look at it: harmless, and the same value. */
static base_result put_out(struct client *client, struct base_slice line) {
    struct base_writer shown = base_writer(base_allocator_libc(), LINES_MAX_QUEUED);
    text_write_json(&shown, line);
    base_result result = shown.failed != BASE_OK ? shown.failed : lines_send(client->output, base_writer_view(&shown));
    base_writer_free(&shown);
    return result;
}

void client_pass_out(struct client *client, struct base_slice line) {
    client->unanswered -= client->unanswered != 0 && is_answer(line) ? 1 : 0;
    if (put_out(client, line) != BASE_OK) {
        client->lost = true;
    }
}

/* A line of standard input, on its way to the core. */
static void on_input(void *user, struct base_slice line) {
    struct client *client = (struct client *)user;
    client->unanswered += is_answered(line) ? 1 : 0;
    if (client_send(client, line) != BASE_OK) {
        client->lost = true;
    }
}

static void on_input_ended(void *user, base_result why) {
    struct client *client = (struct client *)user;
    client->input_ended = true;
    client->input_failed = why;
}

/* Said to a script by an answer, to a person by words. */
static int say_too_long(struct client *client) {
    static const char answer[] =
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"the request is too long\"}}";
    base_result queued = lines_send(client->output, base_slice_text(answer));
    exit_say(_("a request is longer than 1 MiB: what follows it was not read"));
    return queued == BASE_OK ? EX_DATAERR : client_fail(queued);
}

int client_pass_through(struct client *client) {
    static const struct lines_handler handler = { on_input, on_input_ended };
    int out = dup(STDOUT_FILENO);
    if (out < 0) {
        return output_failed(errno);
    }
    int in = dup(STDIN_FILENO);
    base_result result = lines_open(client_loop(client), in, out, WEIBEL_MAX_LINE, &handler, client, &client->output);
    if (result != BASE_OK) {
        return client_fail(result);
    }
    client->passing = true;
    client->input_failed = BASE_OK;
    uint64_t until = UINT64_MAX;
    int code = EX_OK;
    while (code == EX_OK && !client_interrupted(client) && client_now() < until && lines_broken(client->output) == 0 &&
           (client->lost || !client->input_ended || client->unanswered != 0 || lines_waiting(client->output))) {
        code = client_wait(client, until);
        if (client->input_ended && until == UINT64_MAX) {
            until = client_now() + ANSWERS_WITHIN;
        }
    }
    code = code == EX_OK && client->input_failed != BASE_OK ? say_too_long(client) : code;
    return lines_broken(client->output) == 0 ? code : output_failed(lines_broken(client->output));
}
