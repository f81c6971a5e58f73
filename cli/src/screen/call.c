/* SPDX-License-Identifier: EUPL-1.2 */
/* Mentions in the full-screen view: names that are completed. */
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "mention.h"
#include "screen/screen.h"
#include "weibel/core.h"
#include "words.h"

static const cJSON *members_of(const struct screen *screen) {
    return cJSON_GetObjectItemCaseSensitive(screen_chat(screen, screen->thread.chat), "members");
}

/* --- completing --- */

/* True if `text` begins as `begin` does, whatever the case. */
static bool begins(const char *text, const char *begin) {
    struct base_slice a = base_slice_text(text), b = base_slice_text(begin);
    while (b.len != 0) {
        if (a.len == 0 || towlower((wint_t)text_next(&a)) != towlower((wint_t)text_next(&b))) {
            return false;
        }
    }
    return true;
}

/* Names are found by each of their words. */
static bool fits(const char *name, const char *typed) {
    for (const char *word = name; word != NULL;) {
        if (begins(word, typed)) {
            return true;
        }
        word = strchr(word, ' ');
        word = word == NULL ? NULL : word + 1;
    }
    return false;
}

/* The ID of the member number `turn` of those that fit, or NULL. */
static const char *candidate(const struct screen *screen, const char *typed, unsigned turn) {
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, members_of(screen)) {
        const char *id = cJSON_IsString(member) ? member->valuestring : "";
        bool other = id[0] != '\0' && strcmp(id, screen->own) != 0;
        if (other && (fits(show_name(&screen->show, id), typed) || begins(id, typed)) && turn-- == 0) {
            return id;
        }
    }
    return NULL;
}

/* What a member is called by in the typing line: a name that only one has, or the ID. */
static const char *shown(const struct screen *screen, const char *id) {
    const char *name = mention_name(&screen->show, members_of(screen), id);
    return name == NULL ? id : name;
}

/* The word behind an @ that ends at the cursor. False: there is none. */
static bool typed_word(const struct screen *screen, size_t *begin, char out[SCREEN_TITLE]) {
    const struct editor *editor = &screen->editor;
    const char *text = editor_text(editor);
    for (size_t i = editor->cursor; i-- > 0 && text[i] != ' ' && text[i] != '\n';) {
        size_t len = editor->cursor - i - 1;
        if (text[i] == '@' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\n') && len < SCREEN_TITLE) {
            *begin = i + 1;
            memcpy(out, text + i + 1, len);
            out[len] = '\0';
            return true;
        }
    }
    return false;
}

bool call_complete(struct screen *screen) {
    struct editor *editor = &screen->editor;
    bool goes_on = screen->completion.end != 0 && screen->completion.end == editor->cursor;
    if (!goes_on) {
        screen->completion.turn = 0;
        if (screen->thread.chat[0] == '\0' ||
            !typed_word(screen, &screen->completion.begin, screen->completion.typed)) {
            return false;
        }
    }
    const char *id = candidate(screen, screen->completion.typed, screen->completion.turn);
    if (id == NULL && screen->completion.turn != 0) {
        screen->completion.turn = 0;
        id = candidate(screen, screen->completion.typed, 0);
    }
    screen->completion.end = 0;
    if (id == NULL) {
        return goes_on;
    }
    editor_erase_back(editor, screen->completion.begin);
    editor_insert(editor, base_slice_text(shown(screen, id)));
    editor_insert(editor, base_slice(" ", 1));
    screen->completion.end = editor->cursor;
    screen->completion.turn++;
    return true;
}

bool call_words(const struct screen *screen, char *out, size_t size) {
    char typed[SCREEN_TITLE];
    size_t begin, len = 0;
    if (screen->focus != FOCUS_TYPE || screen->completion.end != 0 || !typed_word(screen, &begin, typed) ||
        candidate(screen, typed, 0) == NULL) {
        return false;
    }
    len += (size_t)snprintf(out, size, "Tab:");
    for (unsigned i = 0; i < SCREEN_CALLS; i++) {
        const char *id = candidate(screen, typed, i);
        if (id != NULL && len < size) {
            len += (size_t)snprintf(out + len, size - len, "  @%s", shown(screen, id));
        }
    }
    return true;
}

/* --- completing in questions --- */

/* The object number `turn` of those of a list whose name or ID fits, or NULL; counts `turn` down. */
static const cJSON *of_list(const cJSON *list, const char *id_member, const char *typed, unsigned *turn) {
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list) {
        bool listed = strcmp(id_member, "id") == 0 || strcmp(show_text(item, "kind"), "group") == 0;
        const char *name = show_text(item, "name");
        if (listed && ((name[0] != '\0' && fits(name, typed)) || begins(show_text(item, id_member), typed)) &&
            (*turn)-- == 0) {
            return item;
        }
    }
    return NULL;
}

/* Contacts, and where chats are asked for, groups. */
static const cJSON *known(const struct screen *screen, unsigned turn, const char **id) {
    const char *typed = screen->completion.typed;
    const cJSON *found = of_list(screen->show.contacts, "id", typed, &turn);
    const char *member = "id";
    if (found == NULL && screen->prompt.whom == WHOM_CHAT) {
        member = "chat";
        found = of_list(screen->show.chats, member, typed, &turn);
    }
    *id = show_text(found, member);
    return found;
}

/* What is typed of the last one. */
static void take_last(struct screen *screen) {
    const struct editor *line = &screen->prompt.line;
    const char *text = editor_text(line);
    size_t begin = line->cursor;
    while (begin != 0 && strchr(" ,;", text[begin - 1]) == NULL) {
        begin--;
    }
    size_t len = line->cursor - begin;
    len = len < SCREEN_TITLE ? len : SCREEN_TITLE - 1;
    memcpy(screen->completion.typed, text + begin, len);
    screen->completion.typed[len] = '\0';
    screen->completion.begin = begin;
    screen->completion.turn = 0;
}

void call_complete_whom(struct screen *screen) {
    struct editor *line = &screen->prompt.line;
    const char *id = "";
    if (screen->completion.end == 0 || screen->completion.end != line->cursor) {
        take_last(screen);
    }
    const cJSON *found = known(screen, screen->completion.turn, &id);
    if (found == NULL) {
        screen->completion.turn = 0;
        found = known(screen, 0, &id);
    }
    if (found == NULL) {
        screen_say_bad(screen, _("nobody is known here whose name begins so"));
        return;
    }
    editor_erase_back(line, screen->completion.begin);
    editor_insert(line, base_slice_text(id));
    editor_insert(line, base_slice(" ", screen->prompt.whom == WHOM_SEVERAL ? 1 : 0));
    screen->completion.end = line->cursor;
    screen->completion.turn++;
    screen_say(screen, show_text(found, "name")[0] == '\0' ? id : show_text(found, "name"));
}

/* --- what goes out --- */

void call_add(const struct screen *screen, cJSON *params, const char *text, const cJSON *edited) {
    struct base_writer ids = base_writer(base_allocator_libc(), 2 * WEIBEL_MAX_TEXT);
    mention_write_ids(&ids, &screen->show, members_of(screen), text);
    base_write_u8(&ids, 0);
    const char *written = base_writer_view(&ids).len == 0 ? text : (const char *)base_writer_view(&ids).data;
    cJSON *mentions = edited == NULL ? mention_list(written) : mention_list_anew(edited, written);
    (void)cJSON_AddStringToObject(params, "text", written);
    if (mentions != NULL) {
        (void)cJSON_AddItemToObject(params, "mentions", mentions);
    }
    base_writer_free(&ids);
}

void call_edit(struct screen *screen, const char *text) {
    struct base_writer names = base_writer(base_allocator_libc(), 2 * WEIBEL_MAX_TEXT);
    mention_write_back(&names, &screen->show, members_of(screen), text);
    base_write_u8(&names, 0);
    editor_set(&screen->editor, base_writer_view(&names).len == 0 ? text : (const char *)base_writer_view(&names).data);
    base_writer_free(&names);
}
