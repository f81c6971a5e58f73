/* SPDX-License-Identifier: EUPL-1.2 */
/* The page about a chat: a person with safety number, a group with members and settings. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "screen/screen.h"
#include "when.h"
#include "words.h"

enum { MAX_TIMER = 366 * 24 * 3600 }; /* seconds; docs/api.md */

static bool is_group(const struct screen *screen) {
    return strcmp(show_text(screen_chat(screen, screen->page.subject), "kind"), "group") == 0;
}

static cJSON *about(const struct screen *screen) {
    return screen_params(is_group(screen) ? "chat" : "id", screen->page.subject);
}

static void stale(struct screen *screen) {
    screen->page.width = 0;
    screen->chats_stale = true;
    screen->people_stale = true;
    screen_settle(screen);
}

/* Calls what changes the chat or the person. */
static void change(struct screen *screen, const char *method, cJSON *params) {
    if (screen_call_slowly(screen, method, params, NULL)) {
        stale(screen);
    }
}

static void put_span(struct screen *screen, const cJSON *object, const char *member, const char *label,
                     unsigned width) {
    char span[WHEN_SIZE];
    if (show_number(object, member) != 0) {
        when_span(show_number(object, member) * 1000, span);
        page_line(&screen->page, -1, width, label, span);
    }
}

static void put_timer(struct screen *screen, const cJSON *chat, unsigned width) {
    const cJSON *policy = cJSON_GetObjectItemCaseSensitive(chat, "policy");
    put_span(screen, chat, "expire", _("Disappears after"), width);
    put_span(screen, policy, "expire_min", _("Not before"), width);
    put_span(screen, policy, "expire_max", _("At the latest"), width);
    if (strcmp(show_text(policy, "expiring"), "forbidden") == 0) {
        page_line(&screen->page, -1, width, _("Disappearing"), _("forbidden"));
    }
}

static const char *hint_of_person(const cJSON *contact) {
    return show_flag(contact, "changed")
               ? N_("a accept the new key · n name · b block or not · k delete chat · Esc back")
           : show_flag(contact, "request")
               ? N_("a accept · x refuse · n name · b block or not · k delete chat · Esc back")
               : N_("n name · v verify · b block or not · t timer · r off the list · k delete chat · Esc back");
}

/* The number that is known of who has another key now is the old one: nobody could see the same. */
static void put_safety(struct screen *screen, const cJSON *contact, unsigned width) {
    struct page *page = &screen->page;
    cJSON *safety = NULL;
    if (client_try(screen->client, "contact.safety", screen_params("id", page->subject), &safety) == 0) {
        rows_begin(&page->rows, -1);
        page_line(page, -1, width, _("Safety number"), show_text(safety, "safety"));
        page_line(
            page, -1, width, "",
            _("Both of you see the same number if nobody stands in between. The other client can scan this code:"));
        page_qr(page, show_text(safety, "code"));
    } else if (show_text(contact, "safety")[0] != '\0') {
        page_line(page, -1, width, _("Safety number"), show_text(contact, "safety"));
    }
    cJSON_Delete(safety);
}

static void build_person(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    const cJSON *contact = show_find(screen->show.contacts, "id", page->subject);
    const char *name = show_text(contact, "name");
    bool changed = show_flag(contact, "changed");
    page->hint = hint_of_person(contact);
    page_line(page, -1, width, _("ID"), page->subject);
    page_line(page, -1, width, _("Name"), name[0] == '\0' ? "–" : name);
    bool verified = strcmp(show_text(contact, "trust"), "verified") == 0;
    page_line(
        page, -1, width, _("Identity"),
        changed
            ? _("the identity key has changed! Either this person has lost all devices, or somebody else pretends to "
                "be this person. Ask in another way than here; nothing is sent meanwhile. If it is so, a accepts "
                "the new key, and you compare its safety number.")
        : verified ? _("verified by you")
                   : _("not verified: compare the safety number with this person"));
    if (show_flag(contact, "blocked")) {
        page_line(page, -1, width, "", _("This person is blocked."));
    }
    if (show_flag(contact, "request")) {
        page_line(page, -1, width, "", _("This person wants to write with you: a accepts, x refuses."));
    }
    put_timer(screen, screen_chat(screen, page->subject), width);
    if (!changed) {
        put_safety(screen, contact, width);
    }
}

static const char *role_words(const cJSON *chat, const char *member) {
    const char *role = show_text(cJSON_GetObjectItemCaseSensitive(chat, "roles"), member);
    return strcmp(role, "owner") == 0 ? _("owner") : strcmp(role, "admin") == 0 ? _("administrator") : "";
}

/* Who may do something, by the policy. */
static void put_policy(struct screen *screen, const cJSON *policy, unsigned width) {
    struct page *page = &screen->page;
    page_line(page, -1, width, _("Writing"),
              strcmp(show_text(policy, "post"), "admins") == 0 ? _("administrators alone") : _("all members"));
    page_line(page, -1, width, _("Adding members"),
              strcmp(show_text(policy, "add"), "admins") == 0 ? _("administrators alone") : _("all members"));
    page_line(page, -1, width, _("Earlier messages"),
              strcmp(show_text(policy, "history"), "optional") == 0 ? _("may be handed to new members")
                                                                    : _("stay unknown to new members"));
}

static void build_group(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    const cJSON *chat = screen_chat(screen, page->subject);
    cJSON *info = NULL;
    page_line(page, -1, width, _("Group"), show_text(chat, "name"));
    if (show_text(chat, "description")[0] != '\0') {
        page_line(page, -1, width, _("Description"), show_text(chat, "description"));
    }
    put_timer(screen, chat, width);
    put_policy(screen, cJSON_GetObjectItemCaseSensitive(chat, "policy"), width);
    if (client_try(screen->client, "group.info", screen_params("chat", page->subject), &info) == 0) {
        char count[32];
        (void)snprintf(count, sizeof count, "%" PRIu64, show_number(info, "devices"));
        page_line(page, -1, width, _("Devices"), count);
    }
    cJSON_Delete(info);
    rows_begin(&page->rows, -1);
    rows_begin(&page->rows, -1);
    (void)rows_put(&page->rows, 1, width, STYLE_BOLD, _("Members"));
    cJSON_Delete(page->items);
    page->items = cJSON_CreateArray();
    int item = 0;
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(chat, "members")) {
        const char *id = cJSON_IsString(member) ? member->valuestring : "";
        const char *name = show_name(&screen->show, id);
        enum { ID = 12, ROLE = 14 };
        unsigned names = width > ID + 2 * ROLE ? width - ID - ROLE : ROLE;
        (void)cJSON_AddItemToArray(page->items, cJSON_CreateString(id));
        rows_begin(&page->rows, item++);
        (void)rows_put(&page->rows, 1, ID, STYLE_PLAIN, id);
        (void)rows_put(&page->rows, ID, names, STYLE_PERSON,
                       strcmp(id, screen->own) == 0 ? _("You")
                       : strcmp(name, id) == 0      ? ""
                                                    : name);
        (void)rows_put(&page->rows, ID + names, ROLE, STYLE_DIM, role_words(chat, id));
    }
    page->selected = item == 0 ? -1 : page->selected < 0 ? 0 : page->selected < item ? page->selected : item - 1;
}

static void build(struct screen *screen, unsigned width) {
    if (is_group(screen)) {
        build_group(screen, width);
    } else {
        build_person(screen, width);
    }
}

/* --- what can be done with a group --- */

static void set_member(struct screen *screen, const char *method, const char *id) {
    cJSON *params = about(screen);
    cJSON *members = cJSON_AddArrayToObject(params, "members");
    (void)cJSON_AddItemToArray(members, cJSON_CreateString(id));
    change(screen, method, params);
}

static void add_member(struct screen *screen, const char *id) {
    set_member(screen, "group.add", id);
}

static void remove_member(struct screen *screen, char key) {
    (void)key;
    set_member(screen, "group.remove", screen->picked);
}

static void set_text(struct screen *screen, const char *name, const char *text) {
    cJSON *params = about(screen);
    (void)cJSON_AddStringToObject(params, name, text);
    change(screen, "group.set", params);
}

static void rename_group(struct screen *screen, const char *name) {
    set_text(screen, "name", name);
}

static void describe_group(struct screen *screen, const char *text) {
    set_text(screen, "description", text);
}

static void set_policy(struct screen *screen, char key) {
    static const struct {
        const char *name, *value;
    } choices[] = { { "post", "all" },          { "post", "admins" },       { "add", "all" },
                    { "add", "admins" },        { "history", "optional" },  { "history", "forbidden" },
                    { "expiring", "optional" }, { "expiring", "forbidden" } };
    set_text(screen, choices[key - '1'].name, choices[key - '1'].value);
}

static void set_role(struct screen *screen, char key) {
    cJSON *params = about(screen);
    (void)cJSON_AddStringToObject(params, "member", screen->picked);
    (void)cJSON_AddStringToObject(params, "role", key == 'o' ? "owner" : key == 'a' ? "admin" : "member");
    change(screen, "group.role", params);
}

static void leave_group(struct screen *screen, char key) {
    (void)key;
    change(screen, "group.leave", about(screen));
    page_close(screen);
}

static void delete_chat(struct screen *screen, char key) {
    (void)key;
    change(screen, "chat.delete", screen_params("chat", screen->page.subject));
    page_close(screen);
}

static void ask_delete(struct screen *screen) {
    ask_open(screen, _("Delete this chat from all your devices, while the others keep it (y)? Esc: no"), "y",
             delete_chat);
}

static void remove_person(struct screen *screen, char key) {
    (void)key;
    change(screen, "contact.remove", about(screen));
    page_close(screen);
}

static void build_link(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    page_line(page, -1, width, "", _("Whoever has this link can join the group. L on the page before takes it back."));
    rows_begin(&page->rows, -1);
    page_line(page, -1, width, "", screen->page.subject);
    page_qr(page, screen->page.subject);
}

static void show_link(struct screen *screen, bool enabled) {
    cJSON *answer = NULL;
    cJSON *params = about(screen);
    (void)cJSON_AddBoolToObject(params, "enabled", enabled);
    if (screen_call_slowly(screen, "group.link", params, &answer)) {
        if (enabled) {
            page_open(screen, _("Link to the group"), build_link, NULL, N_("Esc back"));
            screen_copy(screen->page.subject, sizeof screen->page.subject, show_text(answer, "link"));
        } else {
            screen_say(screen, _("The link is no longer good."));
        }
    }
    cJSON_Delete(answer);
}

/* --- what can be done with a person --- */

static void rename_person(struct screen *screen, const char *name) {
    cJSON *params = about(screen);
    (void)cJSON_AddStringToObject(params, "name", name);
    change(screen, "contact.add", params);
}

static void verify(struct screen *screen, const char *code) {
    cJSON *params = about(screen);
    (void)cJSON_AddStringToObject(params, "code", code);
    change(screen, "contact.verify", params);
}

static void trust(struct screen *screen, char key) {
    (void)key;
    change(screen, "contact.accept", about(screen));
}

static void block(struct screen *screen) {
    bool blocked = show_flag(show_find(screen->show.contacts, "id", screen->page.subject), "blocked");
    cJSON *params = about(screen);
    (void)cJSON_AddBoolToObject(params, "blocked", !blocked);
    change(screen, "contact.set", params);
}

/* --- keys --- */

static void set_timer(struct screen *screen, const char *text) {
    unsigned long seconds = 0;
    if (strcmp(text, "0") != 0 && !args_duration(text, MAX_TIMER, &seconds)) {
        screen_say_bad(screen, _("not a length of time up to a year, such as 90s, 12h or 7d"));
        return;
    }
    cJSON *params = screen_params("chat", screen->page.subject);
    (void)cJSON_AddNumberToObject(params, "expire", (double)seconds);
    change(screen, "group.set", params);
}

/* Names the member who is picked: the rows may be too few to see him. */
static void ask_about(struct screen *screen, const char *format, const char *keys,
                      void (*done)(struct screen *screen, char key)) {
    char words[SCREEN_STATUS];
    if (screen->picked[0] != '\0') {
        (void)snprintf(words, sizeof words, format, show_name(&screen->show, screen->picked));
        ask_open(screen, words, keys, done);
    }
}

static bool group_key(struct screen *screen, uint32_t c) {
    const cJSON *member = page_selected(screen);
    screen_copy(screen->picked, sizeof screen->picked, cJSON_IsString(member) ? member->valuestring : "");
    switch (c) {
    case 'a':
        prompt_open_whom(screen, N_("ID or address of the person: "), WHOM_PERSON, add_member);
        return true;
    case 'n':
        prompt_open(screen, N_("New name: "), show_text(screen_chat(screen, screen->page.subject), "name"), false,
                    rename_group);
        return true;
    case 'd':
        prompt_open(screen, N_("Description: "), show_text(screen_chat(screen, screen->page.subject), "description"),
                    false, describe_group);
        screen->prompt.may_be_empty = true;
        return true;
    case 'p':
        ask_open(screen,
                 _("Write: all 1, administrators 2 · add: all 3, administrators 4 · earlier messages for new ones: yes "
                   "5, no 6 · messages may disappear: yes 7, no 8"),
                 "12345678", set_policy);
        return true;
    case 'x':
        ask_about(screen, _("Remove %s from the group (y)? Esc: no"), "y", remove_member);
        return true;
    case 'o':
        ask_about(screen, _("Make %s owner (o), administrator (a) or simple member (m)? Esc: as it is"), "oam",
                  set_role);
        return true;
    case 'l':
    case 'L':
        show_link(screen, c == 'l');
        return true;
    case 'e':
        ask_open(screen, _("Leave this group (y)? Esc: no"), "y", leave_group);
        return true;
    case 'k':
        ask_delete(screen);
        return true;
    case 'i':
        if (screen->picked[0] != '\0' && strcmp(screen->picked, screen->own) != 0) {
            char id[SHOW_ID];
            screen_copy(id, sizeof id, screen->picked);
            info_open(screen, id);
        }
        return true;
    default:
        return false;
    }
}

static bool person_key(struct screen *screen, uint32_t c) {
    const cJSON *contact = show_find(screen->show.contacts, "id", screen->page.subject);
    switch (c) {
    case 'n':
        prompt_open(screen, N_("New name: "), show_text(contact, "name"), false, rename_person);
        return true;
    case 'v':
        prompt_open(screen, N_("Safety number as the other person sees it, or code: "), "", false, verify);
        return true;
    case 'b':
        block(screen);
        return true;
    case 'a':
        if (show_flag(contact, "changed")) {
            ask_open(screen, _("Have you asked this person, and is the new key right (y)? Esc: no"), "y", trust);
        } else {
            change(screen, "contact.accept", about(screen));
        }
        return true;
    case 'x':
        change(screen, "contact.reject", about(screen));
        return true;
    case 'k':
        ask_delete(screen);
        return true;
    case 'r':
        ask_open(screen, _("Take this person off your contacts; the chat stays (y)? Esc: no"), "y", remove_person);
        return true;
    default:
        return false;
    }
}

static bool key_of(struct screen *screen, struct keys_press key) {
    if (key.kind != KEYS_CHARACTER) {
        return false;
    }
    if (key.c == 't') {
        prompt_open(screen, N_("Messages disappear after (90s, 12h, 7d; 0: never): "), "", false, set_timer);
        return true;
    }
    return is_group(screen) ? group_key(screen, key.c) : person_key(screen, key.c);
}

void info_open(struct screen *screen, const char *chat) {
    if (chat[0] == '\0') {
        return;
    }
    char subject[SHOW_ID];
    screen_copy(subject, sizeof subject, chat);
    page_open(screen, show_chat_name(&screen->show, subject), build, key_of, NULL);
    screen_copy(screen->page.subject, sizeof screen->page.subject, subject);
    screen->page.hint =
        is_group(screen)
            ? N_("a add · x remove · o role · n name · d about · p policy · t timer · l link · e leave · k delete · "
                 "Esc back")
            : hint_of_person(show_find(screen->show.contacts, "id", subject));
}

/* --- who has received a message --- */

static void build_receipts(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    cJSON *answer = NULL;
    page_line(page, -1, width, _("Message"), page->subject);
    const cJSON *message = thread_message(screen, page->subject);
    if (message != NULL) {
        char at[WHEN_SIZE];
        when_stamp(show_number(message, "sent_at"), at);
        page_line(page, -1, width, _("From"),
                  show_flag(message, "own") ? _("You") : show_name(&screen->show, show_text(message, "from")));
        page_line(page, -1, width, _("Written"), at);
    }
    if (message != NULL && !show_flag(message, "own")) {
        return;
    }
    if (client_try(screen->client, "receipts", screen_params("id", page->subject), &answer) == 0) {
        const cJSON *member = NULL;
        cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(answer, "members")) {
            char line[SCREEN_STATUS], delivered[WHEN_SIZE], read[WHEN_SIZE];
            when_stamp_or(show_number(member, "delivered_at"), "–", delivered);
            when_stamp_or(show_number(member, "read_at"), "–", read);
            (void)snprintf(line, sizeof line, _("received %s, read %s"), delivered, read);
            page_line(page, -1, width, show_name(&screen->show, show_text(member, "id")), line);
        }
        if (cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "members")) == 0) {
            rows_begin(&page->rows, -1);
            page_line(page, -1, width, "", _("Nobody has said yet that it was received."));
        }
    } else {
        page_line(page, -1, width, "", client_error_text(screen->client));
    }
    cJSON_Delete(answer);
}

void receipts_open(struct screen *screen, const char *id) {
    char subject[SHOW_ID];
    screen_copy(subject, sizeof subject, id);
    page_open(screen, _("About this message"), build_receipts, NULL, N_("Esc back"));
    screen_copy(screen->page.subject, sizeof screen->page.subject, subject);
}
