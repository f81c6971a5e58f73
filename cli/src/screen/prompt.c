/* SPDX-License-Identifier: EUPL-1.2 */
/* Questions at the bottom: for a line of text, or for one key. */
#include <string.h>

#include "screen/path.h"
#include "screen/screen.h"
#include "words.h"

enum { MAX_LINE = 4096 };

void prompt_open(struct screen *screen, const char *label, const char *text, bool path,
                 void (*done)(struct screen *screen, const char *text)) {
    struct prompt *prompt = &screen->prompt;
    editor_free(&prompt->line);
    *prompt = (struct prompt){
        .label = label,
        .line = editor_make(MAX_LINE, true),
        .path = path,
        .done = done,
        .back = screen->focus == FOCUS_PROMPT || screen->focus == FOCUS_ASK ? prompt->back : screen->focus,
    };
    editor_set(&prompt->line, text);
    screen->focus = FOCUS_PROMPT;
    screen->status[0] = '\0';
}

void prompt_open_secret(struct screen *screen, const char *label,
                        void (*done)(struct screen *screen, const char *text)) {
    prompt_open(screen, label, "", false, done);
    screen->prompt.secret = true;
}

void prompt_open_whom(struct screen *screen, const char *label, enum prompt_whom whom,
                      void (*done)(struct screen *screen, const char *text)) {
    prompt_open(screen, label, "", false, done);
    screen->prompt.whom = whom;
    screen->completion.end = 0;
}

static void complete(struct screen *screen) {
    char path[PATH_MAX], names[SCREEN_STATUS];
    size_t count = path_complete(editor_text(&screen->prompt.line), path, names, sizeof names);
    editor_set(&screen->prompt.line, path);
    if (count == 0) {
        screen_say_bad(screen, _("there is nothing that begins so"));
    } else if (count > 1) {
        screen_say(screen, names);
    } else {
        screen->status[0] = '\0';
    }
}

/* What was refused stands there again, to be put right. */
static void ask_again(struct screen *screen, const struct prompt *asked) {
    if (asked->secret || screen->status[0] == '\0' || !screen->status_bad || screen->focus != asked->back) {
        return;
    }
    char why[SCREEN_STATUS];
    screen_copy(why, sizeof why, screen->status);
    prompt_open(screen, asked->label, editor_text(&asked->line), asked->path, asked->done);
    screen->prompt.may_be_empty = asked->may_be_empty;
    screen->prompt.whom = asked->whom;
    screen_say_bad(screen, why);
}

void prompt_key(struct screen *screen, struct keys_press key) {
    struct prompt *prompt = &screen->prompt;
    if (key.kind == KEYS_ESCAPE) {
        screen->focus = prompt->back;
        screen->status[0] = '\0';
    } else if (key.kind == KEYS_TAB && prompt->path) {
        complete(screen);
    } else if (key.kind == KEYS_TAB && prompt->whom != WHOM_NOBODY) {
        call_complete_whom(screen);
    } else if (key.kind == KEYS_ENTER) {
        /* What is done with it may open the next question. */
        struct prompt asked = *prompt;
        prompt->line = editor_make(MAX_LINE, true);
        screen->focus = prompt->back;
        screen->status[0] = '\0';
        if (asked.line.len != 0 || asked.may_be_empty) {
            prompt->secret = false;
            prompt->done(screen, editor_text(&asked.line));
            ask_again(screen, &asked);
        }
        editor_free(&asked.line);
    } else {
        screen->completion.end = 0;
        (void)editor_key(&prompt->line, key, MAX_LINE);
    }
}

void ask_open(struct screen *screen, const char *words, const char *keys,
              void (*done)(struct screen *screen, char key)) {
    struct ask *ask = &screen->ask;
    ask->back = screen->focus == FOCUS_PROMPT ? screen->prompt.back
                : screen->focus == FOCUS_ASK  ? ask->back
                                              : screen->focus;
    screen_copy(ask->words, sizeof ask->words, words);
    ask->keys = keys;
    ask->done = done;
    screen->focus = FOCUS_ASK;
}

void ask_key(struct screen *screen, struct keys_press key) {
    struct ask *ask = &screen->ask;
    if (key.kind == KEYS_CHARACTER && key.c < 0x80 && strchr(ask->keys, (int)key.c) != NULL) {
        screen->focus = ask->back;
        ask->done(screen, (char)key.c);
    } else if (key.kind == KEYS_ESCAPE || (key.kind == KEYS_CHARACTER && key.c == 'n')) {
        screen->focus = ask->back;
    }
}
