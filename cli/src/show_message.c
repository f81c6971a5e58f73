/* SPDX-License-Identifier: EUPL-1.2 */
/* How people see a message, in lines. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "mention.h"
#include "show.h"
#include "text.h"
#include "when.h"
#include "words.h"

enum { MAX_WORDS = 64, INDENT = 7 }; /* below a message's time */

/* "— Einsatz (g3), 23 November 2026 —" where another chat or day begins. */
static void write_heading(struct base_writer *output, struct show *show, const cJSON *message, bool headings) {
    char day[WHEN_SIZE];
    uint64_t number = when_day_number(show_number(message, "sent_at"));
    const char *chat = show_text(message, "chat");
    bool other_chat = headings && strcmp(chat, show->last_chat) != 0;
    if (!other_chat && number == show->last_day) {
        return;
    }
    if (show->last_day != 0) {
        output_print(output, "\n");
    }
    output_print(output, "— ");
    if (headings) {
        const char *name = show_chat_name(show, chat);
        show_line(output, name);
        if (strcmp(name, chat) != 0) {
            output_print(output, " (");
            show_line(output, chat);
            output_print(output, ")");
        }
        output_print(output, ", ");
    }
    when_day(show_number(message, "sent_at"), day);
    output_print(output, "%s —\n", day);
    (void)snprintf(show->last_chat, sizeof show->last_chat, "%s", chat);
    show->last_day = number;
}

/* A line below the message that begins with words of ours. */
static void begin_line(struct base_writer *output, const char *words) {
    output_print(output, "%*s%s", INDENT, "", words);
}

static void write_files(struct base_writer *output, const cJSON *message) {
    const cJSON *file = NULL;
    cJSON_ArrayForEach(file, cJSON_GetObjectItemCaseSensitive(message, "files")) {
        char size[SHOW_SIZE];
        show_size(show_number(file, "size"), size);
        begin_line(output, "[");
        if (strcmp(show_text(file, "kind"), "voice") == 0) {
            output_print(output, "%s: ", _("Voice message"));
        }
        show_line(output, show_text(file, "name"));
        output_print(output, ", %s", size);
        if (show_number(file, "duration") != 0) {
            show_duration(show_number(file, "duration"), size);
            output_print(output, ", %s", size);
        }
        output_print(output, "; weibel save ");
        show_line(output, show_text(message, "id"));
        output_print(output, "]\n");
    }
}

static void write_state(struct base_writer *output, const cJSON *message) {
    static const struct {
        const char *state, *words;
    } states[] = {
        { "queued", N_("not sent yet") },
        { "uploading", N_("its files are being sent") },
        { "delivered", N_("delivered") },
        { "read", N_("read") },
    };
    const char *state = show_text(message, "state");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(state, states[i].state) == 0) {
            output_print(output, "  (%s)", _(states[i].words));
        }
    }
    if (strcmp(state, "failed") == 0) {
        output_print(output, "  (%s: ", _("not sent"));
        show_line(output, exit_words(cJSON_GetObjectItemCaseSensitive(message, "error")));
        output_print(output, ")");
    }
    if (show_number(message, "edited_at") != 0) {
        output_print(output, "  (%s)", _("edited"));
    }
}

static void write_reference(struct base_writer *output, const cJSON *message, const char *member, const char *words) {
    if (show_text(message, member)[0] != '\0') {
        begin_line(output, words);
        output_print(output, " ");
        show_line(output, show_text(message, member));
        output_print(output, "\n");
    }
}

static void write_poll(struct base_writer *output, const cJSON *poll) {
    if (poll == NULL) {
        return;
    }
    begin_line(output, show_flag(poll, "closed") ? _("Poll, closed: ") : _("Poll: "));
    show_line(output, show_text(poll, "question"));
    output_print(output, "\n");
    unsigned number = 0;
    const cJSON *option = NULL;
    cJSON_ArrayForEach(option, cJSON_GetObjectItemCaseSensitive(poll, "options")) {
        output_print(output, "%*s%3u. ", INDENT, "", ++number);
        show_line(output, show_text(option, "text"));
        output_print(output, ": %" PRIu64 "%s\n", show_number(option, "votes"), show_flag(option, "own") ? " *" : "");
    }
}

void show_place(const cJSON *location, char out[SHOW_PLACE]) {
    const cJSON *latitude = cJSON_GetObjectItemCaseSensitive(location, "latitude");
    const cJSON *longitude = cJSON_GetObjectItemCaseSensitive(location, "longitude");
    (void)snprintf(out, SHOW_PLACE, "%.5f, %.5f", cJSON_IsNumber(latitude) ? latitude->valuedouble : 0,
                   cJSON_IsNumber(longitude) ? longitude->valuedouble : 0);
}

static void write_location(struct base_writer *output, const cJSON *location) {
    if (location != NULL) {
        char place[SHOW_PLACE];
        show_place(location, place);
        begin_line(output, _("Place: "));
        show_line(output, place);
        if (show_number(location, "accuracy") != 0) {
            output_print(output, " (± %" PRIu64 " m)", show_number(location, "accuracy"));
        }
        if (show_text(location, "name")[0] != '\0') {
            output_print(output, " ");
            show_line(output, show_text(location, "name"));
        }
        output_print(output, "\n");
    }
}

static void write_reactions(struct base_writer *output, const cJSON *reactions) {
    if (cJSON_GetArraySize(reactions) == 0) {
        return;
    }
    begin_line(output, "");
    const cJSON *reaction = NULL;
    cJSON_ArrayForEach(reaction, reactions) {
        output_print(output, reaction->prev->next == NULL ? "" : "  "); /* the first one's prev is the last one */
        show_line(output, show_text(reaction, "emoji"));
        output_print(output, " %d", cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(reaction, "from")));
    }
    output_print(output, "\n");
}

/* Whom it mentions besides those who stand in its text. */
static void write_mentions(struct base_writer *output, const struct show *show, const cJSON *message) {
    cJSON *said = mention_list(show_text(message, "text"));
    bool any = false;
    const cJSON *id = NULL;
    cJSON_ArrayForEach(id, cJSON_GetObjectItemCaseSensitive(message, "mentions")) {
        if (cJSON_IsString(id) && !mention_is_listed(said, id->valuestring)) {
            struct base_writer name = output_begin();
            mention_write(&name, show, id->valuestring);
            output_print(output, "%*s", any ? 1 : INDENT, "");
            text_write_shown(output, base_writer_view(&name), TEXT_LINE, 0);
            base_writer_free(&name);
            any = true;
        }
    }
    output_print(output, any ? "\n" : "");
    cJSON_Delete(said);
}

static void write_body(struct base_writer *output, const struct show *show, const cJSON *message) {
    const char *text = show_text(message, "text");
    if (show_flag(message, "deleted")) {
        begin_line(output, _("(deleted)"));
        output_print(output, "\n");
        return;
    }
    if (show_flag(message, "forwarded")) {
        begin_line(output, _("(forwarded)"));
        output_print(output, "\n");
    }
    write_reference(output, message, "thread", _("in the thread of"));
    write_reference(output, message, "reply_to", _("answers"));
    if (text[0] != '\0') {
        begin_line(output, "");
        struct base_writer named = output_begin();
        mention_write_names(&named, show, base_slice_text(text));
        text_write_shown(output, base_writer_view(&named), TEXT_LINES, INDENT);
        base_writer_free(&named);
        output_print(output, "\n");
    }
    write_mentions(output, show, message);
    write_poll(output, cJSON_GetObjectItemCaseSensitive(message, "poll"));
    write_location(output, cJSON_GetObjectItemCaseSensitive(message, "location"));
    write_files(output, message);
    write_reactions(output, cJSON_GetObjectItemCaseSensitive(message, "reactions"));
}

void show_message(struct base_writer *output, struct show *show, const cJSON *message, bool headings) {
    char at[WHEN_SIZE];
    write_heading(output, show, message, headings);
    when_time(show_number(message, "sent_at"), at);
    output_print(output, "%s  ", at);
    if (strcmp(show_text(message, "kind"), "notice") == 0) {
        struct base_writer said = output_begin();
        show_notice(&said, message);
        output_print(output, "* ");
        text_write_shown(output, base_writer_view(&said), TEXT_LINES, INDENT + 2);
        output_print(output, "\n");
        base_writer_free(&said);
        return;
    }
    if (show_flag(message, "own")) {
        output_print(output, "%s", _("me"));
    } else {
        show_person(output, show, show_text(message, "from"));
    }
    output_print(output, "  ");
    show_line(output, show_text(message, "id"));
    write_state(output, message);
    output_print(output, "\n");
    if (show_text(message, "handed_by")[0] != '\0') {
        begin_line(output, _("handed on by"));
        output_print(output, " ");
        show_person(output, show, show_text(message, "handed_by"));
        output_print(output, "\n");
    }
    write_body(output, show, message);
}

/* What the core explains is a sentence of its own; what somebody has named is left as it is. Why a message can't be
 * read, MLS says in a hundred ways that only an expert tells apart: for those there is one sentence. */
static const char *part_words(const char *part, const char *notice) {
    bool unreadable = strcmp(notice, "unreadable") == 0;
    bool explains = unreadable || strcmp(notice, "refused") == 0;
    const char *said = explains ? words_in(words_language(), part) : NULL;
    if (said == NULL && unreadable && words_language() != WORDS_ENGLISH) {
        said = _("it does not follow the protocol");
    }
    return said == NULL ? part : said;
}

/* The core says a length of time in whole units: "1 hour", "7 days". */
static void time_words(const char *time, char out[WHEN_SIZE]) {
    static const struct {
        const char *unit, *one, *several;
    } units[] = {
        { "second", N_("1 second"), N_("%lu seconds") },
        { "minute", N_("1 minute"), N_("%lu minutes") },
        { "hour", N_("1 hour"), N_("%lu hours") },
        { "day", N_("1 day"), N_("%lu days") },
    };
    char *unit = NULL;
    unsigned long count = strtoul(time, &unit, 10);
    (void)snprintf(out, WHEN_SIZE, "%s", time);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (unit[0] != ' ' || strncmp(unit + 1, units[i].unit, strlen(units[i].unit)) != 0) {
            continue;
        }
        if (count == 1) {
            (void)snprintf(out, WHEN_SIZE, "%s", _(units[i].one));
        } else {
            (void)snprintf(out, WHEN_SIZE, _(units[i].several), count);
        }
    }
}

/* Whether the last thing that a sentence says is a length of time. */
static bool ends_with_time(const char *words) {
    static const char end[] = " disappear after %s";
    size_t len = strlen(words);
    return len >= sizeof end - 1 && strcmp(words + len - (sizeof end - 1), end) == 0;
}

/* The part that a conversion, "%s" or "%2$s" at `at`, stands for; `next` counts those without a number. */
static const char *part_of(const cJSON *parts, const char *at, int *next, size_t *len) {
    bool numbered = at[1] >= '1' && at[1] <= '9' && at[2] == '$';
    *len = numbered ? 4 : 2;
    const cJSON *part = cJSON_GetArrayItem(parts, numbered ? at[1] - '1' : (*next)++);
    return cJSON_IsString(part) ? part->valuestring : "";
}

void show_notice(struct base_writer *writer, const cJSON *message) {
    const char *words = show_text(message, "words");
    const char *said = words_in(words_language(), words);
    if (words[0] == '\0' || said == NULL) {
        base_write_slice(writer, base_slice_text(show_text(message, "text")));
        return;
    }
    const cJSON *parts = cJSON_GetObjectItemCaseSensitive(message, "parts");
    const char *notice = show_text(message, "notice");
    char time[WHEN_SIZE] = "";
    const cJSON *last = ends_with_time(words) ? cJSON_GetArrayItem(parts, cJSON_GetArraySize(parts) - 1) : NULL;
    last = cJSON_IsString(last) ? last : NULL;
    if (last != NULL) {
        time_words(last->valuestring, time);
    }
    int next = 0;
    while (*said != '\0') {
        size_t len = strcspn(said, "%");
        base_write_slice(writer, base_slice(said, len));
        said += len;
        if (*said == '%') {
            const char *part = part_of(parts, said, &next, &len);
            bool is_time = last != NULL && part == last->valuestring;
            base_write_slice(writer, base_slice_text(is_time ? time : part_words(part, notice)));
            said += len <= strlen(said) ? len : strlen(said);
        }
    }
}

void show_gist(struct base_writer *writer, const cJSON *message) {
    const cJSON *poll = cJSON_GetObjectItemCaseSensitive(message, "poll");
    const cJSON *file = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(message, "files"), 0);
    const char *text = strcmp(show_text(message, "kind"), "notice") == 0 ? "" : show_text(message, "text");
    char voice[SHOW_VOICE];
    if (show_flag(message, "deleted")) {
        text = _("(deleted)");
    } else if (text[0] == '\0' && poll != NULL) {
        text = show_text(poll, "question");
    } else if (text[0] == '\0' && strcmp(show_text(file, "kind"), "voice") == 0) {
        show_voice(show_number(file, "duration"), voice);
        text = voice;
    } else if (text[0] == '\0' && file != NULL) {
        text = show_text(file, "name");
    } else if (text[0] == '\0' && cJSON_HasObjectItem(message, "location")) {
        text = _("a place");
    } else if (text[0] == '\0') {
        show_notice(writer, message);
    }
    text += strspn(text, " \t\r\n");
    base_write_slice(writer, base_slice(text, strcspn(text, "\r\n")));
}
