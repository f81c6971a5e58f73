/* SPDX-License-Identifier: EUPL-1.2 */
/* The bell: it rings for a message that is not in view, as this home wishes it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mention.h"
#include "screen/screen.h"
#include "when.h"
#include "words.h"

enum { RING_EVERY = 3000 }; /* milliseconds: many messages at once ring once */

static const char file_name[] = "bell";
static const char *const names[] = { [BELL_ON] = "on", [BELL_NOTIFY] = "notify", [BELL_OFF] = "off" };

void bell_read(struct screen *screen) {
    char path[PATH_MAX], text[16] = "";
    int file = client_path(screen->client, file_name, path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    screen->bell = BELL_ON;
    if (file < 0) {
        return;
    }
    if (read(file, text, sizeof text - 1) > 0) {
        text[strcspn(text, "\n")] = '\0';
        for (int i = 0; i < BELL_KINDS; i++) {
            screen->bell = strcmp(text, names[i]) == 0 ? (enum bell)i : screen->bell;
        }
    }
    (void)close(file);
}

void bell_next(struct screen *screen) {
    enum { FLAGS = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW };
    char path[PATH_MAX];
    screen->bell = (enum bell)((screen->bell + 1) % BELL_KINDS);
    int file = client_path(screen->client, file_name, path) ? open(path, FLAGS, S_IRUSR | S_IWUSR) : -1;
    if (file < 0 || dprintf(file, "%s\n", names[screen->bell]) < 0) {
        screen_say_bad(screen, _("that could not be kept: it holds until the program ends"));
    }
    if (file >= 0) {
        (void)close(file);
    }
}

static bool is_in_view(const struct screen *screen, const cJSON *message) {
    const struct thread *thread = &screen->thread;
    bool topic = thread->topic[0] == '\0' || strcmp(show_text(message, "thread"), thread->topic) == 0;
    return !screen->away && screen->page.build == NULL && strcmp(show_text(message, "chat"), thread->chat) == 0 &&
           topic && thread->up == 0 && !thread->newer;
}

void bell_hear(struct screen *screen, const cJSON *message) {
    bool notice = strcmp(show_text(message, "kind"), "notice") == 0;
    bool loud = notice && strcmp(show_text(message, "notice"), "identity") == 0;
    const cJSON *chat = screen_chat(screen, show_text(message, "chat"));
    bool muted = show_number(chat, "muted_until") > when_now() && !mention_is_of(message, screen->own);
    if (screen->online && !show_flag(message, "own") && (loud || (!notice && !muted)) && !is_in_view(screen, message)) {
        screen->rings = true;
    }
}

void bell_ring(struct screen *screen) {
    uint64_t now = client_now();
    if (!screen->rings || (screen->rang_at != 0 && now < screen->rang_at + RING_EVERY)) {
        return;
    }
    screen->rings = false;
    screen->rang_at = now;
    if (screen->bell != BELL_OFF) {
        view_ring(screen->bell == BELL_NOTIFY);
    }
}
