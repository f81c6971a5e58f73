/* SPDX-License-Identifier: EUPL-1.2 */
/* What most commands want of the connection: to stand, or to hear soon that it does not. */
#include "online.h"

#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "show.h"
#include "words.h"

static void take_error(struct online *self, const cJSON *error) {
    const char *name = show_text(cJSON_GetObjectItemCaseSensitive(error, "data"), "name");
    exit_copy_words(error, self->reason, sizeof self->reason);
    self->code = exit_of_error(error);
    self->fatal = strcmp(name, "version") == 0 || strcmp(name, "removed") == 0 || strcmp(name, "elsewhere") == 0 ||
                  strcmp(name, "sign_in") == 0;
}

static void on_event(void *user, const char *name, const cJSON *params) {
    struct online *self = (struct online *)user;
    if (strcmp(name, "connection") == 0) {
        const char *state = show_text(params, "state");
        bool online = strcmp(state, "online") == 0;
        if (online != self->online) {
            self->since = client_now();
        }
        self->online = online;
        self->was_online = self->was_online || online;
        const cJSON *error = cJSON_GetObjectItemCaseSensitive(params, "error");
        if (error != NULL) {
            take_error(self, error);
        }
        self->refused = !online && (strcmp(state, "offline") == 0 || error != NULL);
    }
    if (self->next != NULL) {
        self->next(self->user, name, params);
    }
}

void online_watch(struct online *self, struct client *client, client_event next, void *user) {
    *self = (struct online){ .client = client, .since = client_now(), .code = EX_TEMPFAIL, .next = next, .user = user };
    client_on_event(client, on_event, self);
}

int online_connect(struct online *self, struct client *client, client_event next, void *user) {
    online_watch(self, client, next, user);
    int code = client_call(client, "connect", NULL, NULL);
    cJSON *status = NULL;
    if (code == EX_OK) {
        code = client_call(client, "status", NULL, &status);
    }
    if (code == EX_OK && strcmp(show_text(status, "connection"), "online") == 0) {
        self->online = true;
        self->was_online = true;
    }
    cJSON_Delete(status);
    while (code == EX_OK && !self->online && !online_hopeless(self) && !client_interrupted(client)) {
        code = client_wait(client, self->since + ONLINE_WITHIN);
    }
    return code;
}

bool online_hopeless(const struct online *self) {
    if (self->online) {
        return false;
    }
    if (self->fatal || (self->refused && !self->was_online)) {
        return true;
    }
    return client_now() >= self->since + (self->was_online ? ONLINE_BACK_WITHIN : ONLINE_WITHIN);
}

int online_say(const struct online *self) {
    exit_say(self->reason[0] == '\0' ? _("no connection: the server does not answer") : self->reason);
    return self->code;
}
