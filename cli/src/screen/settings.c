/* SPDX-License-Identifier: EUPL-1.2 */
/* The pages of settings and of the account's devices. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "screen/screen.h"
#include "when.h"
#include "words.h"

enum { RECEIPTS, TYPING, BELL, PASSPHRASE, DEVICES, CODE, ITEMS };

/* --- devices --- */

static void build_devices(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    cJSON *answer = NULL;
    if (client_try(screen->client, "device.list", NULL, &answer) != 0) {
        page_line(page, -1, width, "", client_error_text(screen->client));
    }
    cJSON_Delete(page->items);
    page->items = cJSON_DetachItemFromObjectCaseSensitive(answer, "devices");
    cJSON_Delete(answer);
    int item = 0;
    const cJSON *device = NULL;
    cJSON_ArrayForEach(device, page->items) {
        char at[WHEN_SIZE], line[SCREEN_STATUS];
        when_stamp_or(show_number(device, "added_at"), "–", at);
        (void)snprintf(line, sizeof line, "%s  %s%s", at, show_text(device, "name"), show_device_remark(device));
        page_line(page, item++, width, show_text(device, "device"), line);
    }
    page->selected = item == 0 ? -1 : page->selected < 0 ? 0 : page->selected < item ? page->selected : item - 1;
}

static void build_link(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    const char *link = page->subject;
    page_line(page, -1, width, "",
              _("Open this link on the new device, within ten minutes. It holds your account: show it "
                "to nobody else."));
    rows_begin(&page->rows, -1);
    page_line(page, -1, width, "", link);
    page_qr(page, link);
}

static void link_device(struct screen *screen, char key) {
    cJSON *answer = NULL, *params = cJSON_CreateObject();
    (void)cJSON_AddBoolToObject(params, "history", key == 'y');
    if (screen_call_slowly(screen, "device.link", params, &answer)) {
        page_open(screen, _("A further device"), build_link, NULL, N_("Esc back"));
        screen_copy(screen->page.subject, sizeof screen->page.subject, show_text(answer, "link"));
    }
    cJSON_Delete(answer);
}

static void remove_device(struct screen *screen, char key) {
    (void)key;
    (void)screen_call_slowly(screen, "device.remove", screen_params("device", screen->picked), NULL);
    screen->page.width = 0;
}

static bool devices_key(struct screen *screen, struct keys_press key) {
    const cJSON *device = page_selected(screen);
    if (key.kind == KEYS_CHARACTER && key.c == 'l') {
        ask_open(screen, _("Hand over the messages of the last 90 days too: yes (y), no (o)? Esc: no device"), "yo",
                 link_device);
        return true;
    }
    if (key.kind == KEYS_CHARACTER && key.c == 'x' && device != NULL) {
        screen_copy(screen->picked, sizeof screen->picked, show_text(device, "device"));
        ask_open(screen,
                 show_flag(cJSON_GetArrayItem(screen->page.items, 0), "waiting")
                     ? _("This one is not in all chats yet; only the others let it in. Remove (y)? Esc: no")
                     : _("Remove this device from your account (y)? Esc: no"),
                 "y", remove_device);
        return true;
    }
    return false;
}

static void devices_open(struct screen *screen) {
    page_open(screen, _("Devices"), build_devices, devices_key, N_("l link a further one · x remove · Esc back"));
}

/* --- the passphrase --- */

/* Other means that open the home go on opening it. */
static void repeat_passphrase(struct screen *screen, const char *text) {
    cJSON *params = screen->asked;
    screen->asked = NULL;
    const char *first = show_text(params, "new");
    if (strlen(first) != strlen(text) || !base_equal_secret(first, text, strlen(text))) {
        screen_say_bad(screen, _("the two passphrases differ"));
        cJSON_Delete(params);
        return;
    }
    (void)cJSON_AddBoolToObject(params, "keep", true);
    if (screen_call_slowly(screen, "passphrase", params, NULL)) {
        screen_say(screen, _("The new passphrase opens it from now on."));
    }
}

static void new_passphrase(struct screen *screen, const char *text) {
    (void)cJSON_AddStringToObject(screen->asked, "new", text);
    prompt_open_secret(screen, N_("The same again: "), repeat_passphrase);
}

static void old_passphrase(struct screen *screen, const char *text) {
    cJSON_Delete(screen->asked);
    screen->asked = screen_params("old", text);
    prompt_open_secret(screen, N_("New passphrase: "), new_passphrase);
}

static void change_passphrase(struct screen *screen) {
    static const char kind[] = "passphrase";
    cJSON *status = NULL;
    bool opens = false;
    if (!screen_call(screen, "status", NULL, &status)) {
        return;
    }
    const cJSON *means = NULL;
    cJSON_ArrayForEach(means, cJSON_GetObjectItemCaseSensitive(status, "means")) {
        opens = opens || (cJSON_IsString(means) && strcmp(means->valuestring, kind) == 0);
    }
    cJSON_Delete(status);
    if (opens) {
        prompt_open_secret(screen, N_("Passphrase until now: "), old_passphrase);
    } else {
        screen_say_bad(screen, _("no passphrase alone opens this home: use \"weibel passphrase\""));
    }
}

/* --- the code --- */

static void build_code(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    page_line(page, -1, width, "", _("Whoever scans this code here has you as a contact, and knows that it is you."));
    page_qr(page, page->subject);
}

static void code_open(struct screen *screen) {
    cJSON *account = NULL;
    if (screen_call(screen, "whoami", NULL, &account)) {
        page_open(screen, _("QR code"), build_code, NULL, N_("Esc back"));
        screen_copy(screen->page.subject, sizeof screen->page.subject, show_text(account, "code"));
    }
    cJSON_Delete(account);
}

/* --- settings --- */

static const char *bell_words(const struct screen *screen) {
    return screen->bell == BELL_OFF      ? _("silent, whatever comes")
           : screen->bell == BELL_NOTIFY ? _("rings for a message that you don't see, and the terminal shows that "
                                             "there is one, without its words")
                                         : _("rings for a message that you don't see");
}

static void build(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    cJSON *settings = NULL, *account = NULL;
    cJSON_Delete(page->items);
    page->items = NULL;
    if (client_try(screen->client, "whoami", NULL, &account) == 0) {
        page_line(page, -1, width, _("ID"), show_text(account, "id"));
        page_line(page, -1, width, _("Address"), show_text(account, "address"));
        if (show_text(account, "name")[0] != '\0') {
            page_line(page, -1, width, _("Name"), show_text(account, "name"));
        }
        rows_begin(&page->rows, -1);
    }
    if (client_try(screen->client, "settings.get", NULL, &settings) == 0) {
        page->items = cJSON_CreateArray();
        for (int i = 0; i < ITEMS; i++) {
            (void)cJSON_AddItemToArray(page->items, cJSON_CreateNumber(i));
        }
        page_line(page, RECEIPTS, width, _("Receipts"),
                  show_flag(settings, "receipts") ? _("others see what you have received and read")
                                                  : _("nobody sees what you have received and read"));
        page_line(page, TYPING, width, _("Typing"),
                  show_flag(settings, "typing") ? _("others see that you type, and you see that they do")
                                                : _("nobody sees that you type, and you don't see that others do"));
        page_line(page, BELL, width, _("Bell"), bell_words(screen));
        page_line(page, PASSPHRASE, width, _("Passphrase"), _("another one for what is kept on this device"));
        page_line(page, DEVICES, width, _("Devices"), _("link a further one, remove one"));
        page_line(page, CODE, width, _("QR code"), _("for whoever wants to write to you"));
        page->selected = page->selected < 0 ? 0 : page->selected;
    }
    cJSON_Delete(account);
    cJSON_Delete(settings);
}

static void toggle(struct screen *screen, const char *name) {
    cJSON *settings = NULL, *params = cJSON_CreateObject();
    if (screen_call(screen, "settings.get", NULL, &settings)) {
        (void)cJSON_AddBoolToObject(params, name, !show_flag(settings, name));
        (void)screen_call(screen, "settings.set", params, NULL);
        screen->page.width = 0;
    } else {
        cJSON_Delete(params);
    }
    cJSON_Delete(settings);
}

static bool key_of(struct screen *screen, struct keys_press key) {
    bool chosen = key.kind == KEYS_ENTER || (key.kind == KEYS_CHARACTER && key.c == ' ');
    if (!chosen || page_selected(screen) == NULL) {
        return false;
    }
    switch (screen->page.selected) {
    case RECEIPTS:
        toggle(screen, "receipts");
        break;
    case TYPING:
        toggle(screen, "typing");
        break;
    case BELL:
        bell_next(screen);
        screen->page.width = 0;
        break;
    case PASSPHRASE:
        change_passphrase(screen);
        break;
    case DEVICES:
        devices_open(screen);
        break;
    default:
        code_open(screen);
        break;
    }
    return true;
}

void settings_open(struct screen *screen) {
    page_open(screen, _("Settings"), build, key_of, N_("↑ ↓ choose · Enter change or open · Esc back"));
}
