/* SPDX-License-Identifier: EUPL-1.2 */
/* A conversation in rows. */
#include "screen/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "mention.h"
#include "when.h"
#include "words.h"

enum {
    TIME = 1,                  /* column of the time; in the one before, the view marks what is selected */
    GUTTER = 8,                /* where texts begin */
    TOGETHER = 10 * 60 * 1000, /* milliseconds within which messages of one person stand under one name */
    MAX_LABEL = 256,
    MAX_FILE_LABEL = 1024,
    MAX_GIST = 128 << 10,
    BLANK_LINES = 2, /* as many of them in a row are shown */
};

/* One message on its way into rows. */
struct placing {
    struct rows *rows;
    const struct layout *layout;
    const cJSON *message;
    int item;
    bool begun;   /* its row with the time is there and still empty of text */
    bool goes_on; /* the one before it is of the same thread */
};

static unsigned text_width(const struct layout *layout) {
    return layout->width > GUTTER + 2 ? layout->width - GUTTER - 1 : 1;
}

static bool is_notice(const cJSON *message) {
    return strcmp(show_text(message, "kind"), "notice") == 0;
}

/* "───── Monday, 23 November 2026 ─────" */
static void put_rule(struct rows *rows, unsigned width, enum style style, const char *label) {
    enum { MAX_RULE = 512 };
    struct base_slice text = base_slice_text(label);
    unsigned taken = text_columns(text) + 2;
    unsigned left = taken < width ? (width - taken) / 2 : 0;
    char line[3 * MAX_RULE + 1];
    left = left < MAX_RULE ? left : MAX_RULE;
    for (unsigned i = 0; i < left; i++) {
        memcpy(line + 3 * (size_t)i, "─", 3);
    }
    line[3 * left] = '\0';
    rows_begin(rows, -1);
    (void)rows_put(rows, 0, left, STYLE_DIM, line);
    (void)rows_put(rows, left + 1, width - left, style, label);
    (void)rows_put(rows, left + taken, width > left + taken ? width - left - taken : 0, STYLE_DIM, line);
}

static void put_day(struct rows *rows, const struct layout *layout, uint64_t at) {
    enum { DAY = 24 * 3600 * 1000 };
    char day[WHEN_SIZE];
    uint64_t number = when_day_number(at);
    when_day(at, day);
    const char *label = number == when_day_number(layout->now)         ? _("Today")
                        : number == when_day_number(layout->now - DAY) ? _("Yesterday")
                                                                       : day;
    if (rows->count != 0) {
        rows_begin(rows, -1);
    }
    put_rule(rows, layout->width, STYLE_BOLD, label);
}

static bool same_writer(const cJSON *a, const cJSON *b) {
    return a != NULL && !is_notice(a) && strcmp(show_text(a, "from"), show_text(b, "from")) == 0 &&
           show_flag(a, "own") == show_flag(b, "own") &&
           show_number(b, "sent_at") - show_number(a, "sent_at") < TOGETHER;
}

static void put_writer(struct placing *placing) {
    bool own = show_flag(placing->message, "own");
    rows_begin(placing->rows, -1);
    rows_begin(placing->rows, placing->item);
    (void)rows_put(placing->rows, TIME, placing->layout->width - TIME, own ? STYLE_SELF : STYLE_PERSON,
                   own ? _("You") : show_name(placing->layout->show, show_text(placing->message, "from")));
}

static void put_time(struct placing *placing) {
    char at[WHEN_SIZE];
    when_time(show_number(placing->message, "sent_at"), at);
    rows_begin(placing->rows, placing->item);
    (void)rows_put(placing->rows, TIME, GUTTER - TIME, STYLE_DIM, at);
    placing->begun = true;
}

/* Text from the column of texts on: on the row with the time if that is still empty. */
static void put(struct placing *placing, enum style style, enum text_form form, const char *text) {
    rows_wrap(placing->rows, placing->item, GUTTER, text_width(placing->layout), style, form, text, placing->begun);
    placing->begun = false;
}

static void put_text(struct placing *placing, enum style style, const char *text) {
    put(placing, style, TEXT_LINE, text);
}

/* A line of a text, with names for the IDs of those whom it mentions. */
static void mix_line(struct placing *placing, struct rows_mixed *mixed, struct base_slice line) {
    const struct show *show = placing->layout->show;
    struct mention mention = { .at = 0 };
    size_t from = 0;
    while (mention_next(line, from, &mention)) {
        struct base_writer name = base_writer(base_allocator_libc(), MAX_GIST);
        mention_write(&name, show, mention.id);
        rows_mix(placing->rows, mixed, STYLE_PLAIN, TEXT_LINES, base_slice(line.data + from, mention.at - from));
        rows_mix(placing->rows, mixed, strcmp(mention.id, show->own) == 0 ? STYLE_CALL : STYLE_PERSON, TEXT_LINE,
                 base_writer_view(&name));
        base_writer_free(&name);
        from = mention.at + mention.len;
    }
    rows_mix(placing->rows, mixed, STYLE_PLAIN, TEXT_LINES, base_slice(line.data + from, line.len - from));
}

/* Many lines without anything on them are counted, not shown: a message can have thousands. */
static void mix_blank(struct placing *placing, struct rows_mixed *mixed, unsigned count, bool first) {
    char label[MAX_LABEL];
    if (count <= BLANK_LINES) {
        for (unsigned i = first ? 1 : 0; i < count; i++) {
            rows_mix(placing->rows, mixed, STYLE_PLAIN, TEXT_LINES, base_slice("\n", 1));
        }
        return;
    }
    (void)snprintf(label, sizeof label, _("(%u empty lines)"), count);
    rows_mix(placing->rows, mixed, STYLE_PLAIN, TEXT_LINES, base_slice("\n", first ? 0 : 1));
    rows_mix(placing->rows, mixed, STYLE_DIM, TEXT_LINE, base_slice_text(label));
}

/* Nothing on it can be seen. */
static bool is_blank(struct base_slice line) {
    static const uint32_t spaces[] = { ' ', '\t', '\r', 0xa0, 0x2800, 0x3000, 0x3164 };
    while (line.len != 0) {
        uint32_t c = text_next(&line);
        bool space = c >= 0x2000 && c <= 0x200a;
        for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
            space = space || c == spaces[i];
        }
        if (!space) {
            return false;
        }
    }
    return true;
}

/* What somebody has written. */
static void put_said(struct placing *placing, const char *text) {
    struct rows_mixed mixed = rows_mixed(placing->rows);
    unsigned blank = 0;
    bool first = true;
    for (const char *line = text; line != NULL;) {
        const char *end = strchr(line, '\n');
        struct base_slice here = base_slice(line, end == NULL ? strlen(line) : (size_t)(end - line));
        if (is_blank(here)) {
            blank++;
        } else {
            mix_blank(placing, &mixed, blank, first);
            rows_mix(placing->rows, &mixed, STYLE_PLAIN, TEXT_LINES, base_slice("\n", first && blank == 0 ? 0 : 1));
            mix_line(placing, &mixed, here);
            first = false;
            blank = 0;
        }
        line = end == NULL ? NULL : end + 1;
    }
    mix_blank(placing, &mixed, blank, first);
    rows_wrap_mixed(placing->rows, &mixed, placing->item, GUTTER, text_width(placing->layout), STYLE_PLAIN,
                    placing->begun);
    placing->begun = false;
}

/* Whom a message mentions besides those who stand in its text. */
static void put_mentions(struct placing *placing) {
    const struct show *show = placing->layout->show;
    cJSON *said = mention_list(show_text(placing->message, "text"));
    struct rows_mixed mixed = rows_mixed(placing->rows);
    bool any = false;
    const cJSON *id = NULL;
    cJSON_ArrayForEach(id, cJSON_GetObjectItemCaseSensitive(placing->message, "mentions")) {
        if (cJSON_IsString(id) && !mention_is_listed(said, id->valuestring)) {
            struct base_writer name = base_writer(base_allocator_libc(), MAX_GIST);
            mention_write(&name, show, id->valuestring);
            rows_mix(placing->rows, &mixed, STYLE_PLAIN, TEXT_LINE, base_slice(" ", any ? 1 : 0));
            rows_mix(placing->rows, &mixed, strcmp(id->valuestring, show->own) == 0 ? STYLE_CALL : STYLE_PERSON,
                     TEXT_LINE, base_writer_view(&name));
            base_writer_free(&name);
            any = true;
        }
    }
    if (any) {
        rows_wrap_mixed(placing->rows, &mixed, placing->item, GUTTER, text_width(placing->layout), STYLE_PLAIN,
                        placing->begun);
        placing->begun = false;
    }
    cJSON_Delete(said);
}

static void new_row(struct placing *placing) {
    if (!placing->begun) {
        rows_begin(placing->rows, placing->item);
    }
    placing->begun = false;
}

static const cJSON *find_message(const struct layout *layout, const char *id) {
    const cJSON *message = show_find(layout->messages, "id", id);
    return message != NULL ? message : cJSON_GetObjectItemCaseSensitive(layout->quotes, id);
}

/* "│ Anna: Are you coming at nine?" */
static void put_quote(struct placing *placing, const char *id, const char *sign) {
    char label[MAX_LABEL];
    const cJSON *quoted = find_message(placing->layout, id);
    struct base_writer gist = base_writer(base_allocator_libc(), MAX_GIST);
    if (quoted == NULL || cJSON_IsNull(quoted)) {
        base_write_slice(&gist, base_slice_text(_("a message that is not here")));
    } else {
        base_write_slice(&gist, base_slice_text(show_flag(quoted, "own")
                                                    ? _("You")
                                                    : show_name(placing->layout->show, show_text(quoted, "from"))));
        base_write_slice(&gist, base_slice_text(": "));
        show_gist(&gist, quoted);
    }
    struct base_writer named = base_writer(base_allocator_libc(), MAX_GIST);
    mention_write_names(&named, placing->layout->show, base_writer_view(&gist));
    struct base_slice text = base_writer_view(&named);
    (void)snprintf(label, sizeof label, "%s %.*s", sign, (int)text.len, (const char *)text.data);
    new_row(placing);
    (void)rows_put(placing->rows, GUTTER, text_width(placing->layout), STYLE_DIM, label);
    base_writer_free(&named);
    base_writer_free(&gist);
}

static void put_file(struct placing *placing, const cJSON *file, unsigned number) {
    char size[SHOW_SIZE], detail[MAX_LABEL] = "", label[MAX_FILE_LABEL];
    const char *kind = show_text(file, "kind");
    show_size(show_number(file, "size"), size);
    if (show_number(file, "duration") != 0) {
        char length[SHOW_SIZE];
        show_duration(show_number(file, "duration"), length);
        (void)snprintf(detail, sizeof detail, ", %s", length);
    } else if (show_number(file, "width") != 0) {
        (void)snprintf(detail, sizeof detail, ", %" PRIu64 "×%" PRIu64, show_number(file, "width"),
                       show_number(file, "height"));
    }
    const char *what = strcmp(kind, "voice") == 0   ? _("Voice message")
                       : strcmp(kind, "image") == 0 ? _("Image")
                       : strcmp(kind, "video") == 0 ? _("Video")
                                                    : _("File");
    (void)snprintf(label, sizeof label, "[%s: %s, %s%s]", what, show_text(file, "name"), size, detail);
    put_text(placing, STYLE_BOLD, label);
    bool paused = false;
    int percent =
        placing->layout->progress == NULL
            ? -1
            : placing->layout->progress(placing->layout->user, show_text(placing->message, "id"), number, &paused);
    if (percent >= 0) {
        enum { BAR = 20 };
        char bar[BAR + 1];
        memset(bar, ' ', BAR);
        memset(bar, '=', (size_t)percent * BAR / 100);
        bar[BAR] = '\0';
        (void)snprintf(label, sizeof label, "[%s] %d %%%s", bar, percent, paused ? _(", paused") : "");
        put_text(placing, paused ? STYLE_DIM : STYLE_PLAIN, label);
    }
}

static void put_files(struct placing *placing) {
    unsigned number = 0;
    const cJSON *file = NULL;
    cJSON_ArrayForEach(file, cJSON_GetObjectItemCaseSensitive(placing->message, "files")) {
        put_file(placing, file, number++);
    }
}

static void put_poll(struct placing *placing, const cJSON *poll) {
    if (poll == NULL) {
        return;
    }
    put_text(placing, STYLE_BOLD, show_text(poll, "question"));
    unsigned number = 0;
    const cJSON *option = NULL;
    cJSON_ArrayForEach(option, cJSON_GetObjectItemCaseSensitive(poll, "options")) {
        enum { NUMBER = 4 }; /* columns of "12. " */
        char label[MAX_LABEL], sign[MAX_LABEL];
        enum style style = show_flag(option, "own") ? STYLE_BOLD : STYLE_PLAIN;
        unsigned width = text_width(placing->layout);
        (void)snprintf(sign, sizeof sign, "%2u.", ++number);
        (void)snprintf(label, sizeof label, "%s: %" PRIu64 "%s", show_text(option, "text"),
                       show_number(option, "votes"), show_flag(option, "own") ? " ✓" : "");
        new_row(placing);
        (void)rows_put(placing->rows, GUTTER, NUMBER, style, sign);
        rows_wrap(placing->rows, placing->item, GUTTER + NUMBER, width > NUMBER ? width - NUMBER : 1, style, TEXT_LINE,
                  label, true);
    }
    if (show_flag(poll, "closed")) {
        put_text(placing, STYLE_DIM, _("(this poll is closed)"));
    }
}

static void put_location(struct placing *placing, const cJSON *location) {
    if (location != NULL) {
        char place[SHOW_PLACE], label[MAX_LABEL];
        show_place(location, place);
        (void)snprintf(label, sizeof label, "%s%s %s", _("Place: "), place, show_text(location, "name"));
        put_text(placing, STYLE_PLAIN, label);
    }
}

static void put_reactions(struct placing *placing) {
    const cJSON *reactions = cJSON_GetObjectItemCaseSensitive(placing->message, "reactions");
    unsigned column = GUTTER;
    bool first = true;
    const cJSON *reaction = NULL;
    cJSON_ArrayForEach(reaction, reactions) {
        char label[MAX_LABEL];
        int count = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(reaction, "from"));
        (void)snprintf(label, sizeof label, "%s %d", show_text(reaction, "emoji"), count);
        unsigned columns = text_columns(base_slice_text(label));
        if (first || column + columns >= placing->layout->width) {
            new_row(placing);
            column = GUTTER;
        }
        first = false;
        column = rows_put(placing->rows, column, text_width(placing->layout),
                          show_flag(reaction, "own") ? STYLE_BOLD : STYLE_PLAIN, label) +
                 2;
    }
}

/* "⤷ 3 in the thread, new": what hangs on it. */
static void put_topic(struct placing *placing) {
    const struct layout *layout = placing->layout;
    const char *id = show_text(placing->message, "id");
    const cJSON *topic = layout->topic != NULL || id[0] == '\0' ? NULL : show_find(layout->topics, "thread", id);
    unsigned count = (unsigned)show_number(topic, "count");
    char label[2 * MAX_LABEL], words[MAX_LABEL];
    if (count == 0) {
        return;
    }
    (void)snprintf(words, sizeof words, _("%u in the thread"), count);
    (void)snprintf(label, sizeof label, "⤷ %s%s", words, show_flag(topic, "new") ? _(", new") : "");
    put_text(placing, show_flag(topic, "new") ? STYLE_GOOD : STYLE_DIM, label);
}

/* What has become of an own message, in a sign or words. */
static const char *state_words(const cJSON *message, char out[MAX_LABEL], enum style *style) {
    const char *state = show_text(message, "state");
    *style = STYLE_DIM;
    if (strcmp(state, "queued") == 0) {
        return _("waiting");
    }
    if (strcmp(state, "uploading") == 0) {
        return _("sending files");
    }
    if (strcmp(state, "failed") == 0) {
        *style = STYLE_BAD;
        (void)snprintf(out, MAX_LABEL, "✗ %s: %s", _("not sent"),
                       exit_words(cJSON_GetObjectItemCaseSensitive(message, "error")));
        return out;
    }
    const cJSON *receipts = cJSON_GetObjectItemCaseSensitive(message, "receipts");
    bool read = strcmp(state, "read") == 0;
    *style = read || strcmp(state, "delivered") == 0 ? STYLE_GOOD : STYLE_DIM;
    if (read) {
        return _("✓✓ read");
    }
    if (show_number(receipts, "read") != 0) {
        (void)snprintf(out, MAX_LABEL, _("✓✓ read by %" PRIu64 " of %" PRIu64), show_number(receipts, "read"),
                       show_number(receipts, "of"));
        return out;
    }
    return strcmp(state, "delivered") == 0 ? "✓✓" : strcmp(state, "sent") == 0 ? "✓" : "";
}

/* State, and marks such as "edited", at the right end of the last row, or on one of their own. */
static void put_marks(struct placing *placing) {
    char words[MAX_LABEL] = "", label[2 * MAX_LABEL], left[WHEN_SIZE];
    enum style style;
    const char *state = state_words(placing->message, words, &style);
    uint64_t expires = show_number(placing->message, "expires_at");
    bool edited = show_number(placing->message, "edited_at") != 0 && !show_flag(placing->message, "deleted");
    left[0] = '\0';
    if (expires > placing->layout->now) {
        when_span(expires - placing->layout->now, left);
    }
    (void)snprintf(label, sizeof label, "%s%s%s%s%s%s", edited ? _("edited") : "",
                   edited && (left[0] != '\0' || state[0] != '\0') ? "  " : "", left[0] != '\0' ? "⧖ " : "", left,
                   left[0] != '\0' && state[0] != '\0' ? "  " : "", state);
    unsigned columns = text_columns(base_slice_text(label));
    if (columns == 0) {
        return;
    }
    unsigned width = placing->layout->width;
    unsigned column = columns + GUTTER + 1 < width ? width - columns - 1 : GUTTER;
    if (strncmp(state, "✗", 3) == 0 || column == GUTTER) {
        placing->begun = false;
        put_text(placing, style, label);
        return;
    }
    if (rows_end(placing->rows) + 2 > column) {
        new_row(placing);
    }
    (void)rows_put(placing->rows, column, columns, style, label);
}

static void put_body(struct placing *placing) {
    const cJSON *message = placing->message;
    if (show_flag(message, "deleted")) {
        put_text(placing, STYLE_DIM, _("(deleted)"));
        return;
    }
    if (show_text(message, "handed_by")[0] != '\0') {
        char label[MAX_LABEL];
        (void)snprintf(label, sizeof label, _("(handed on by %s)"),
                       show_name(placing->layout->show, show_text(message, "handed_by")));
        put_text(placing, STYLE_DIM, label);
    }
    if (show_flag(message, "forwarded")) {
        put_text(placing, STYLE_DIM, _("(forwarded)"));
    }
    if (show_text(message, "thread")[0] != '\0' && placing->layout->topic == NULL && !placing->goes_on) {
        put_quote(placing, show_text(message, "thread"), "↳");
    }
    if (show_text(message, "reply_to")[0] != '\0') {
        put_quote(placing, show_text(message, "reply_to"), "│");
    }
    if (show_text(message, "text")[0] != '\0') {
        put_said(placing, show_text(message, "text"));
    }
    put_mentions(placing);
    put_poll(placing, cJSON_GetObjectItemCaseSensitive(message, "poll"));
    put_location(placing, cJSON_GetObjectItemCaseSensitive(message, "location"));
    put_files(placing);
    put_reactions(placing);
}

static void put_notice(struct placing *placing) {
    struct base_writer said = base_writer(base_allocator_libc(), MAX_GIST);
    show_notice(&said, placing->message);
    base_write_u8(&said, 0);
    bool loud = strcmp(show_text(placing->message, "notice"), "identity") == 0;
    if (base_writer_view(&said).len != 0) {
        put_text(placing, loud ? STYLE_BAD : STYLE_DIM, (const char *)base_writer_view(&said).data);
    }
    base_writer_free(&said);
}

static void put_message(struct placing *placing, const cJSON *before, bool apart) {
    bool notice = is_notice(placing->message);
    if (notice) {
        rows_begin(placing->rows, -1);
    } else if (apart || !same_writer(before, placing->message)) {
        put_writer(placing);
    }
    put_time(placing);
    if (notice) {
        put_notice(placing);
    } else {
        put_body(placing);
        put_marks(placing);
        put_topic(placing);
    }
}

/* Follows, of one writer or not, another message of the same thread: what the thread is stands there. */
static bool goes_on(const cJSON *before, const cJSON *message, bool apart) {
    const char *topic = show_text(message, "thread");
    return before != NULL && !apart && topic[0] != '\0' && strcmp(show_text(before, "thread"), topic) == 0;
}

/* Between what a thread hangs on and what hangs on it. */
static void put_topic_rule(struct rows *rows, const struct layout *layout) {
    if (cJSON_GetArraySize(layout->messages) == 1) {
        rows_begin(rows, -1);
        rows_wrap(rows, -1, 1, layout->width - 2, STYLE_DIM, TEXT_LINE,
                  _("Nothing hangs on this message yet: what you write here does."), false);
    } else {
        rows_begin(rows, -1);
        put_rule(rows, layout->width, STYLE_DIM, _("Thread"));
    }
}

void layout_conversation(struct rows *rows, const struct layout *layout) {
    rows_clear(rows);
    if (cJSON_GetArraySize(layout->messages) == 0) {
        rows_begin(rows, -1);
        rows_wrap(rows, -1, 1, layout->width - 2, STYLE_DIM, TEXT_LINE,
                  _("No messages yet. What you write here can be read by nobody but the members of this chat."), false);
        return;
    }
    if (layout->older) {
        put_rule(rows, layout->width, STYLE_DIM, _("older messages: Page Up"));
    }
    uint64_t day = 0;
    int item = -1;
    const cJSON *before = NULL, *message = NULL;
    cJSON_ArrayForEach(message, layout->messages) {
        item++;
        struct placing placing = { .rows = rows, .layout = layout, .message = message, .item = item };
        uint64_t own_day = when_day_number(show_number(message, "sent_at"));
        bool is_new = layout->new_from != 0 && show_number(message, "number") == layout->new_from;
        if (own_day != day) {
            put_day(rows, layout, show_number(message, "sent_at"));
        }
        if (is_new) {
            rows_begin(rows, -1);
            put_rule(rows, layout->width, STYLE_GOOD, _("New"));
        }
        bool root = layout->topic != NULL && strcmp(show_text(message, "id"), layout->topic) == 0;
        placing.goes_on = goes_on(before, message, own_day != day || is_new);
        put_message(&placing, before, own_day != day || is_new);
        if (root) {
            put_topic_rule(rows, layout);
        }
        before = root ? NULL : message;
        day = own_day;
    }
}
