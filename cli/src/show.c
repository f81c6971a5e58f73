/* SPDX-License-Identifier: EUPL-1.2 */
/* How people see what the core answers. */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "text.h"
#include "when.h"
#include "words.h"

enum {
    LABELS = 14,       /* columns of labels before their values, … */
    LAST_COLUMNS = 18, /* … and of a moment */
};

const char *show_text(const cJSON *object, const char *name) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(member) ? member->valuestring : "";
}

bool show_flag(const cJSON *object, const char *name) {
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name)) != 0;
}

uint64_t show_number(const cJSON *object, const char *name) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(member) && member->valuedouble >= 0 && member->valuedouble < 0x1p63
               ? (uint64_t)member->valuedouble
               : 0;
}

void show_open(struct client *client, struct show *out) {
    *out = (struct show){ 0 };
    cJSON *answer = NULL;
    if (client_try(client, "whoami", NULL, &answer) == EX_OK) {
        (void)snprintf(out->own, sizeof out->own, "%s", show_text(answer, "id"));
    }
    cJSON_Delete(answer);
    answer = NULL;
    if (client_try(client, "contact.list", NULL, &answer) == EX_OK) {
        out->contacts = cJSON_DetachItemFromObjectCaseSensitive(answer, "contacts");
    }
    cJSON_Delete(answer);
    answer = NULL;
    if (client_try(client, "chats", NULL, &answer) == EX_OK) {
        out->chats = cJSON_DetachItemFromObjectCaseSensitive(answer, "chats");
    }
    cJSON_Delete(answer);
}

void show_close(struct show *show) {
    cJSON_Delete(show->contacts);
    cJSON_Delete(show->chats);
    *show = (struct show){ 0 };
}

const cJSON *show_find(const cJSON *list, const char *member, const char *value) {
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list) {
        if (strcmp(show_text(item, member), value) == 0) {
            return item;
        }
    }
    return NULL;
}

void show_line(struct base_writer *output, const char *text) {
    text_write_shown(output, base_slice_text(text), TEXT_LINE, 0);
}

/* Columns that `text` takes once it is harmless. */
static unsigned columns_of(const char *text) {
    struct base_writer shown = output_begin();
    show_line(&shown, text);
    unsigned columns = text_columns(base_writer_view(&shown));
    base_writer_free(&shown);
    return columns;
}

const char *show_name(const struct show *show, const char *id) {
    const char *name = show_text(show_find(show->contacts, "id", id), "name");
    return name[0] == '\0' ? id : name;
}

const char *show_chat_name(const struct show *show, const char *chat) {
    const char *name = show_text(show_find(show->chats, "chat", chat), "name");
    return name[0] == '\0' ? chat : name;
}

void show_person(struct base_writer *output, const struct show *show, const char *id) {
    const char *name = show_name(show, id);
    show_line(output, name);
    if (strcmp(name, id) != 0) {
        output_print(output, " (");
        show_line(output, id);
        output_print(output, ")");
    }
}

void show_duration(uint64_t milliseconds, char out[SHOW_SIZE]) {
    uint64_t seconds = milliseconds / 1000;
    (void)snprintf(out, SHOW_SIZE, "%" PRIu64 ":%02" PRIu64, seconds / 60, seconds % 60);
}

void show_voice(uint64_t milliseconds, char out[SHOW_VOICE]) {
    char length[SHOW_SIZE];
    show_duration(milliseconds, length);
    (void)snprintf(out, SHOW_VOICE, "%s, %s", _("Voice message"), length);
}

void show_size(uint64_t bytes, char out[SHOW_SIZE]) {
    static const char *const units[] = { "kB", "MB", "GB", "TB" };
    if (bytes < 1000) {
        (void)snprintf(out, SHOW_SIZE, _("%u bytes"), (unsigned)bytes);
        return;
    }
    double value = (double)bytes / 1000;
    size_t unit = 0;
    while (value >= 999.95 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(out, SHOW_SIZE, "%.1f %s", value, units[unit]);
}

static unsigned widest(const cJSON *list, const char *member, const char *title) {
    unsigned columns = columns_of(title);
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list) {
        unsigned own = columns_of(show_text(item, member));
        columns = own > columns ? own : columns;
    }
    return columns + 2;
}

static void write_right(struct base_writer *output, const char *text, unsigned width) {
    unsigned used = columns_of(text);
    output_print(output, "%*s%s", used < width ? (int)(width - used) : 0, "", text);
}

static void write_count(struct base_writer *output, uint64_t number, const char *title) {
    char text[32];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    write_right(output, text, columns_of(title));
}

static void write_cell(struct base_writer *output, const char *text, unsigned width) {
    show_line(output, text);
    output_pad(output, columns_of(text), width);
}

void show_chats(struct base_writer *output, const cJSON *chats) {
    unsigned ids = widest(chats, "chat", _("CHAT"));
    unsigned names = widest(chats, "name", _("NAME"));
    write_cell(output, _("CHAT"), ids);
    write_cell(output, _("NAME"), names);
    output_print(output, "%s  %s  ", _("MEMBERS"), _("UNREAD"));
    write_cell(output, _("LAST"), LAST_COLUMNS);
    output_print(output, "%s\n", _("STATE"));
    const cJSON *chat = NULL;
    cJSON_ArrayForEach(chat, chats) {
        char last[WHEN_SIZE];
        when_stamp_or(show_number(chat, "last_at"), "-", last);
        write_cell(output, show_text(chat, "chat"), ids);
        write_cell(output, show_text(chat, "name"), names);
        int members = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(chat, "members"));
        write_count(output, (uint64_t)members, _("MEMBERS"));
        output_print(output, "  ");
        write_count(output, show_number(chat, "unread"), _("UNREAD"));
        output_print(output, "  ");
        write_cell(output, last, LAST_COLUMNS);
        show_line(output, _(show_text(chat, "state")));
        if (show_number(chat, "queued") != 0) {
            output_print(output, _(", %u to send"), (unsigned)show_number(chat, "queued"));
        }
        output_print(output, "\n");
    }
}

void show_member(struct base_writer *output, const char *label, const cJSON *object, const char *name) {
    if (show_text(object, name)[0] != '\0') {
        write_cell(output, label, LABELS);
        show_line(output, show_text(object, name));
        output_print(output, "\n");
    }
}

/* A number or a text behind its label. */
static void write_labelled(struct base_writer *output, const char *label, const char *text) {
    write_cell(output, label, LABELS);
    show_line(output, text);
    output_print(output, "\n");
}

/* What the core has one word of its own for, in the reader's language. */
static void write_word(struct base_writer *output, const char *label, const cJSON *object, const char *name) {
    if (show_text(object, name)[0] != '\0') {
        write_labelled(output, label, _(show_text(object, name)));
    }
}

static void write_number(struct base_writer *output, const char *label, const cJSON *object, const char *name) {
    char number[32];
    if (cJSON_HasObjectItem(object, name)) {
        (void)snprintf(number, sizeof number, "%" PRIu64, show_number(object, name));
        write_labelled(output, label, number);
    }
}

static void write_members(struct base_writer *output, const struct show *show, const cJSON *chat) {
    const cJSON *roles = cJSON_GetObjectItemCaseSensitive(chat, "roles");
    const cJSON *member = NULL;
    const char *label = _("Members");
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(chat, "members")) {
        if (cJSON_IsString(member)) {
            const char *role = show_text(roles, member->valuestring);
            write_cell(output, label, LABELS);
            show_person(output, show, member->valuestring);
            output_print(output, role[0] == '\0' ? "%s\n" : ", %s\n", _(role));
            label = "";
        }
    }
}

static void write_span(struct base_writer *output, const char *label, const cJSON *object, const char *member) {
    char span[WHEN_SIZE];
    if (show_number(object, member) != 0) {
        when_span(show_number(object, member) * 1000, span);
        write_labelled(output, label, span);
    }
}

void show_chat(struct base_writer *output, const struct show *show, const cJSON *chat) {
    const cJSON *policy = cJSON_GetObjectItemCaseSensitive(chat, "policy");
    show_member(output, _("Chat"), chat, "chat");
    show_member(output, _("Name"), chat, "name");
    show_member(output, _("Description"), chat, "description");
    write_word(output, _("Kind"), chat, "kind");
    write_word(output, _("State"), chat, "state");
    write_span(output, _("Disappears after"), chat, "expire");
    write_span(output, _("Not before"), policy, "expire_min");
    write_span(output, _("At the latest"), policy, "expire_max");
    if (strcmp(show_text(policy, "expiring"), "forbidden") == 0) {
        write_labelled(output, _("Disappearing"), _("forbidden"));
    }
    write_word(output, _("Joining"), policy, "join");
    write_word(output, _("Writing"), policy, "post");
    write_word(output, _("Adding"), policy, "add");
    write_number(output, _("Epoch"), chat, "epoch");
    write_number(output, _("Devices"), chat, "devices");
    show_member(output, _("Check"), chat, "authenticator");
    write_members(output, show, chat);
}

const char *show_trust(const cJSON *contact) {
    const char *trust = show_text(contact, "trust");
    return show_flag(contact, "changed")        ? _("identity key has changed")
           : show_flag(contact, "blocked")      ? _("blocked")
           : show_flag(contact, "request")      ? _("wants to write with you")
           : strcmp(trust, "verified") == 0     ? _("verified")
           : strcmp(trust, "organisation") == 0 ? _("vouched for by the organisation")
                                                : _("not verified");
}

const char *show_device_remark(const cJSON *device) {
    return show_flag(device, "current")   ? _("  (this one)")
           : show_flag(device, "missing") ? _("  (the server does not know this device)")
                                          : "";
}

void show_contact(struct base_writer *output, const cJSON *contact) {
    show_member(output, _("ID"), contact, "id");
    show_member(output, _("Name"), contact, "name");
    write_labelled(output, _("Trust"), show_trust(contact));
    show_member(output, _("Safety"), contact, "safety");
}

const char *show_joining(const cJSON *join) {
    return show_flag(join, "cancelled") ? _("given up: if you are in already, you leave")
                                        : _("it is not known yet whether you are in");
}

void show_joins(struct base_writer *output, const cJSON *joins) {
    unsigned names = widest(joins, "name", _("NAME"));
    write_cell(output, _("SINCE"), LAST_COLUMNS);
    write_cell(output, _("NAME"), names);
    output_print(output, "%s\n", _("STATE"));
    const cJSON *join = NULL;
    cJSON_ArrayForEach(join, joins) {
        char since[WHEN_SIZE];
        when_stamp_or(show_number(join, "since"), "-", since);
        write_cell(output, since, LAST_COLUMNS);
        write_cell(output, show_text(join, "name"), names);
        output_print(output, "%s\n  ", show_joining(join));
        show_line(output, show_text(join, "link"));
        output_print(output, "\n");
    }
}

void show_contacts(struct base_writer *output, const cJSON *contacts) {
    unsigned ids = widest(contacts, "id", _("ID"));
    unsigned names = widest(contacts, "name", _("NAME"));
    write_cell(output, _("ID"), ids);
    write_cell(output, _("NAME"), names);
    output_print(output, "%s\n", _("TRUST"));
    const cJSON *contact = NULL;
    cJSON_ArrayForEach(contact, contacts) {
        write_cell(output, show_text(contact, "id"), ids);
        write_cell(output, show_text(contact, "name"), names);
        output_print(output, "%s\n", show_trust(contact));
    }
}
