/* SPDX-License-Identifier: EUPL-1.2 */
/* Polls and places, asked for one question after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen/screen.h"
#include "words.h"

/* What is asked for until it is sent. */
static cJSON *begin(struct screen *screen) {
    cJSON_Delete(screen->asked);
    screen->asked = type_params(screen);
    return screen->asked;
}

static void send_asked(struct screen *screen) {
    cJSON *params = screen->asked;
    screen->asked = NULL;
    if (type_send(screen, params)) {
        type_answered(screen);
    }
}

/* --- polls --- */

static void set_multiple(struct screen *screen, char key) {
    cJSON *poll = cJSON_GetObjectItemCaseSensitive(screen->asked, "poll");
    (void)cJSON_AddBoolToObject(poll, "multiple", key == 's');
    send_asked(screen);
}

static void set_options(struct screen *screen, const char *text) {
    enum { LEAST = 2, MOST = 20 }; /* docs/api.md */
    cJSON *options = cJSON_CreateArray();
    screen_add_list(options, text, ";");
    if (cJSON_GetArraySize(options) < LEAST || cJSON_GetArraySize(options) > MOST) {
        screen_say_bad(screen, _("a poll has 2 to 20 options, with ; between them"));
        cJSON_Delete(options);
        return;
    }
    (void)cJSON_AddItemToObject(cJSON_GetObjectItemCaseSensitive(screen->asked, "poll"), "options", options);
    ask_open(screen, _("Can one choose one option (o) or several (s)? Esc: no poll"), "os", set_multiple);
}

static void set_question(struct screen *screen, const char *text) {
    cJSON *poll = cJSON_AddObjectToObject(begin(screen), "poll");
    (void)cJSON_AddStringToObject(poll, "question", text);
    prompt_open(screen, N_("Options, with ; between them: "), "", false, set_options);
}

/* --- places --- */

/* "46.94809, 7.44744 Bundesplatz" */
static void send_place(struct screen *screen, const char *text) {
    char *after = NULL, *end = NULL;
    double latitude = strtod(text, &after);
    const char *second = after + strspn(after, " ,");
    double longitude = strtod(second, &end);
    if (after == text || second == after || end == second || !(latitude >= -90 && latitude <= 90) ||
        !(longitude >= -180 && longitude <= 180)) {
        screen_say_bad(screen, _("a place is a latitude and a longitude, such as 46.94809 7.44744"));
        return;
    }
    const char *name = end + strspn(end, " ,");
    cJSON *location = cJSON_AddObjectToObject(begin(screen), "location");
    (void)cJSON_AddNumberToObject(location, "latitude", latitude);
    (void)cJSON_AddNumberToObject(location, "longitude", longitude);
    if (name[0] != '\0') {
        (void)cJSON_AddStringToObject(location, "name", name);
    }
    send_asked(screen);
}

static void choose_kind(struct screen *screen, char key) {
    if (key == 'f' || key == 'i' || key == 'v') {
        type_attach(screen, key == 'f' ? MEDIA_FILE : key == 'i' ? MEDIA_AS_IS : MEDIA_VOICE);
    } else if (key == 'p') {
        prompt_open(screen, N_("Question: "), "", false, set_question);
    } else {
        prompt_open(screen, N_("Latitude, longitude and, if you like, a name: "), "", false, send_place);
    }
}

void share_open(struct screen *screen) {
    if (screen->thread.chat[0] != '\0' && screen->edit[0] == '\0' && type_may_write(screen)) {
        ask_open(screen, _("File (f), picture as it is (i), voice (v), poll (p), place (l)? Esc: nothing"), "fivpl",
                 choose_kind);
    }
}
