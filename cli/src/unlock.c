/* SPDX-License-Identifier: EUPL-1.2 */
/* What opens a home: the passphrase, from a file or a person, or a key file. */
#include <errno.h>
#include <string.h>

#include "client.h"
#include "exit.h"
#include "keyfile.h"
#include "passphrase.h"
#include "words.h"

static int fail(base_result result) {
    exit_say(_(result->text));
    return exit_of_result(result);
}

/* Asks on the terminal. That may take days: others have the home meanwhile. */
static int ask_passphrase(struct client *client, bool fresh, struct base_bytes *out) {
    client_leave(client);
    client_tell(client, CLIENT_ASKS);
    base_result result = passphrase_ask(fresh ? _("New passphrase: ") : _("Passphrase: "), fresh, out);
    client_tell(client, CLIENT_ASKED);
    int code = client_enter(client);
    return result != BASE_OK ? fail(result) : code;
}

static int get_passphrase(struct client *client, bool fresh, struct base_bytes *out) {
    const char *file = passphrase_file(client_args(client)->values[OPTION_PASSPHRASE_FILE]);
    if (file == NULL) {
        return ask_passphrase(client, fresh, out);
    }
    base_result result = passphrase_read(file, out);
    if (result == &PASSPHRASE_ERR_FILE) {
        exit_say_about(file, strerror(errno));
        return EX_NOINPUT;
    }
    return result == BASE_OK ? EX_OK : fail(result);
}

/* Adds the key of a key file, which is made if that is allowed. */
static int add_key(cJSON *params, const char *file, bool make) {
    char key[KEYFILE_TEXT] = "";
    base_result result = keyfile_read(file, make, key);
    if (result != BASE_OK) {
        exit_say_about(file, result == &KEYFILE_ERR_FILE ? strerror(errno) : _(result->text));
        return result == &KEYFILE_ERR_FILE ? EX_NOINPUT : exit_of_result(result);
    }
    (void)cJSON_AddStringToObject(params, "key", key);
    base_wipe(key, sizeof key);
    return EX_OK;
}

/* Adds the passphrase. */
static int add_passphrase(struct client *client, cJSON *params, bool fresh) {
    BASE_CLEANUP(base_bytes_free) struct base_bytes passphrase = { 0 };
    int code = get_passphrase(client, fresh, &passphrase);
    if (code != EX_OK) {
        return code;
    }
    BASE_CLEANUP(base_free_at) char *text = (char *)base_take(base_allocator_libc(), passphrase.len + 1, 1);
    if (text == NULL) {
        return fail(&BASE_ERR_NO_MEMORY);
    }
    memcpy(text, passphrase.data, passphrase.len);
    return cJSON_AddStringToObject(params, "passphrase", text) == NULL ? fail(&BASE_ERR_NO_MEMORY) : EX_OK;
}

/* What opens the home: the passphrase, or a key file, or both if both are named. */
static int add_means(struct client *client, cJSON *params, bool fresh) {
    const struct args *args = client_args(client);
    const char *key = keyfile_named(args->values[OPTION_KEY_FILE]);
    bool both = key == NULL || args->values[OPTION_PASSPHRASE_FILE] != NULL;
    int code = key == NULL ? EX_OK : add_key(params, key, fresh);
    return code == EX_OK && both ? add_passphrase(client, params, fresh) : code;
}

enum state { STATE_OPEN, STATE_NEW, STATE_LOCKED };

static int get_state(struct client *client, enum state *out) {
    cJSON *status = NULL;
    int code = client_call(client, "status", NULL, &status);
    const cJSON *state = cJSON_GetObjectItemCaseSensitive(status, "state");
    const char *name = cJSON_IsString(state) ? state->valuestring : "";
    *out = strcmp(name, "new") == 0 ? STATE_NEW : strcmp(name, "locked") == 0 ? STATE_LOCKED : STATE_OPEN;
    cJSON_Delete(status);
    return code;
}

static int say_none(void) {
    exit_say(_("there is no account here yet: weibel activate LINK makes one"));
    return EX_CONFIG;
}

int client_need(struct client *client) {
    enum state state;
    int code = get_state(client, &state);
    return code == EX_OK && state == STATE_NEW ? say_none() : code;
}

int client_unlock(struct client *client, enum client_needs need) {
    enum state state;
    int code = get_state(client, &state);
    if (code == EX_OK && state == STATE_NEW && need == CLIENT_ACTIVATED) {
        return say_none();
    }
    if (code != EX_OK || state == STATE_OPEN) {
        return code;
    }
    cJSON *params = cJSON_CreateObject();
    code = add_means(client, params, state == STATE_NEW);
    code = code == EX_OK ? get_state(client, &state) : code; /* somebody else may have opened, or even made it */
    if (code != EX_OK || state == STATE_OPEN) {
        cJSON_Delete(params);
        return code;
    }
    return client_call(client, state == STATE_NEW ? "create" : "unlock", params, NULL);
}
