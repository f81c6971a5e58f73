/* SPDX-License-Identifier: EUPL-1.2 */
/* Files on their way: how far they are, pauses, ends. */
#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "screen/screen.h"
#include "words.h"

static struct screen_transfer *find(struct screen *screen, uint64_t number) {
    for (int i = 0; i < SCREEN_TRANSFERS; i++) {
        if (screen->transfers[i].number == number) {
            return &screen->transfers[i];
        }
    }
    return NULL;
}

static void finish(struct screen *screen, struct screen_transfer *transfer, const cJSON *event) {
    char words[sizeof transfer->target->final + SCREEN_TITLE];
    bool done = strcmp(show_text(event, "state"), "done") == 0;
    if (!done && transfer->given_up) {
        screen_say(screen, _("Ended: nothing was saved."));
    } else if (!done) {
        screen_say_bad(screen, exit_words(cJSON_GetObjectItemCaseSensitive(event, "error")));
    } else if (transfer->target != NULL && target_finish(transfer->target) == EX_OK) {
        (void)snprintf(words, sizeof words, _("Saved as %s"), transfer->target->final);
        screen_say(screen, words);
    }
    base_free(transfer->target);
    *transfer = (struct screen_transfer){ .number = 0 };
}

/* A download that an earlier process began goes on to where that one wanted it. */
static struct target *target_of(const char *path) {
    struct target *target = (struct target *)base_take(base_allocator_libc(), 1, sizeof *target);
    if (target != NULL) {
        *target = (struct target){ .path = "" };
        screen_copy(target->path, sizeof target->path, path);
        screen_copy(target->final, sizeof target->final, path);
    }
    return target;
}

/* One that is not followed yet, if there is room for it. */
static struct screen_transfer *begin(struct screen *screen, const cJSON *params) {
    bool upload = strcmp(show_text(params, "kind"), "upload") == 0;
    const char *path = show_text(params, "path");
    struct screen_transfer *transfer = show_text(params, "message")[0] == '\0' ? NULL : find(screen, 0);
    if (transfer == NULL) {
        return NULL;
    }
    *transfer = (struct screen_transfer){ .number = show_number(params, "transfer"), .upload = upload };
    transfer->file = (unsigned)show_number(params, "file");
    transfer->target = upload || path[0] == '\0' ? NULL : target_of(path);
    screen_copy(transfer->message, sizeof transfer->message, show_text(params, "message"));
    return transfer;
}

static void take(struct screen *screen, const cJSON *params, bool known_alone) {
    uint64_t number = show_number(params, "transfer");
    const char *state = show_text(params, "state");
    bool goes = strcmp(state, "running") == 0 || strcmp(state, "paused") == 0;
    struct screen_transfer *transfer = number == 0 ? NULL : find(screen, number);
    if (transfer == NULL && goes && !known_alone) {
        transfer = begin(screen, params);
    }
    if (transfer == NULL) {
        return;
    }
    screen->thread.width = 0;
    transfer->paused = strcmp(state, "paused") == 0;
    transfer->done = show_number(params, "done") != 0 ? show_number(params, "done") : transfer->done;
    transfer->size = show_number(params, "size");
    if (!goes) {
        finish(screen, transfer, params);
    }
}

void files_event(struct screen *screen, const cJSON *params) {
    /* What another process saves is its own affair. */
    take(screen, params, strcmp(show_text(params, "kind"), "upload") != 0);
}

void files_ask(struct screen *screen) {
    cJSON *answer = NULL;
    if (client_try(screen->client, "transfers", NULL, &answer) == 0) {
        const cJSON *transfer = NULL;
        cJSON_ArrayForEach(transfer, cJSON_GetObjectItemCaseSensitive(answer, "transfers")) {
            take(screen, transfer, false);
        }
    }
    cJSON_Delete(answer);
}

bool files_follow(struct screen *screen, const cJSON *answer, const char *message, unsigned file,
                  struct target *target) {
    struct screen_transfer *transfer = find(screen, 0);
    if (transfer == NULL) {
        base_free(target);
        screen_say(screen, _("It is being saved; so many are on their way that this one is not shown."));
        return false;
    }
    *transfer = (struct screen_transfer){ .number = show_number(answer, "transfer"), .file = file, .target = target };
    transfer->size = show_number(answer, "size");
    screen_copy(transfer->message, sizeof transfer->message, message);
    screen->thread.width = 0;
    return true;
}

bool files_move(const struct screen *screen, const char *message) {
    for (int i = 0; i < SCREEN_TRANSFERS; i++) {
        if (screen->transfers[i].number != 0 && strcmp(screen->transfers[i].message, message) == 0) {
            return true;
        }
    }
    return false;
}

static bool set(struct screen *screen, struct screen_transfer *transfer, const char *state) {
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddNumberToObject(params, "transfer", (double)transfer->number);
    (void)cJSON_AddStringToObject(params, "state", state);
    return screen_call(screen, "transfer.set", params, NULL);
}

void files_pause(struct screen *screen) {
    bool runs = false;
    if (!files_move(screen, screen->picked)) {
        files_ask(screen); /* nothing may have been said of it yet */
    }
    if (!files_move(screen, screen->picked)) {
        screen_say_bad(screen, _("nothing of this message is on its way"));
        return;
    }
    for (int i = 0; i < SCREEN_TRANSFERS; i++) {
        const struct screen_transfer *transfer = &screen->transfers[i];
        runs = runs || (transfer->number != 0 && strcmp(transfer->message, screen->picked) == 0 && !transfer->paused);
    }
    for (int i = 0; i < SCREEN_TRANSFERS; i++) {
        struct screen_transfer *transfer = &screen->transfers[i];
        uint64_t number = transfer->number;
        if (number != 0 && strcmp(transfer->message, screen->picked) == 0 &&
            set(screen, transfer, runs ? "paused" : "running") && transfer->number == number) {
            transfer->paused = runs;
            screen->thread.width = 0;
        }
    }
}

static void give_up(struct screen *screen, char key) {
    (void)key;
    for (int i = 0; i < SCREEN_TRANSFERS; i++) {
        struct screen_transfer *transfer = &screen->transfers[i];
        if (transfer->number != 0 && !transfer->upload && strcmp(transfer->message, screen->picked) == 0) {
            transfer->given_up = true;
            (void)set(screen, transfer, "given_up");
        }
    }
}

/* An upload ends with its message. */
static void take_back(struct screen *screen, char key) {
    (void)key;
    cJSON *params = screen_params("id", screen->picked);
    (void)cJSON_AddStringToObject(params, "for", "me");
    if (!screen_call(screen, "delete", params, NULL)) {
        return;
    }
    for (int i = 0; i < SCREEN_TRANSFERS; i++) {
        if (screen->transfers[i].number != 0 && strcmp(screen->transfers[i].message, screen->picked) == 0) {
            base_free(screen->transfers[i].target);
            screen->transfers[i] = (struct screen_transfer){ .number = 0 };
        }
    }
    thread_remove(&screen->thread, screen->picked);
    screen_say(screen, _("Ended: the message was not sent."));
}

void files_cancel(struct screen *screen, const cJSON *message) {
    bool unsent =
        strcmp(show_text(message, "state"), "uploading") == 0 || strcmp(show_text(message, "state"), "queued") == 0;
    if (unsent) {
        ask_open(screen, _("Do not send this message after all (y)? Esc: go on"), "y", take_back);
    } else if (files_move(screen, screen->picked)) {
        ask_open(screen, _("Stop saving these files (y)? Esc: go on"), "y", give_up);
    } else {
        screen_say_bad(screen, _("nothing of this message is on its way"));
    }
}
