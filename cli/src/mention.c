/* SPDX-License-Identifier: EUPL-1.2 */
/* Mentions in texts. */
#include "mention.h"

#include <stdio.h>
#include <string.h>
#include <wctype.h>

#include "text.h"
#include "wire/id.h"
#include "words.h"

enum { HALF = 4, ID_LEN = 9 }; /* "7K2M-9QXA" */

static bool is_id_character(uint8_t c) {
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    return c != '\0' && strchr(alphabet, c) != NULL;
}

static bool is_ascii_word(uint8_t c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_id(struct base_slice text, size_t at) {
    if (text.len - at < ID_LEN) {
        return false;
    }
    for (size_t i = 0; i < ID_LEN; i++) {
        if (i == HALF ? text.data[at + i] != '-' : !is_id_character(text.data[at + i])) {
            return false;
        }
    }
    return text.len - at == ID_LEN || !is_ascii_word(text.data[at + ID_LEN]);
}

/* Bytes of "@example.org" at `at`; 0: there is no such thing. */
static size_t domain_len(struct base_slice text, size_t at) {
    size_t end = at;
    if (at == text.len || text.data[at] != '@') {
        return 0;
    }
    for (size_t i = at + 1; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (is_ascii_word(c)) {
            end = i + 1;
        } else if ((c != '.' && c != '-') || i != end) {
            break;
        }
    }
    return end - at;
}

bool mention_next(struct base_slice text, size_t from, struct mention *out) {
    for (size_t at = from; at < text.len; at++) {
        if (text.data[at] != '@' || !is_id(text, at + 1)) {
            continue;
        }
        struct wire_address address;
        size_t len = 1 + ID_LEN + domain_len(text, at + 1 + ID_LEN);
        if (len > sizeof out->id || wire_address_parse(base_slice(text.data + at + 1, len - 1), &address) != BASE_OK) {
            continue;
        }
        out->at = at;
        out->len = len;
        (void)snprintf(out->id, sizeof out->id, "%.*s", (int)(len - 1), (const char *)text.data + at + 1);
        return true;
    }
    return false;
}

bool mention_is_listed(const cJSON *list, const char *id) {
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list) {
        if (cJSON_IsString(item) && strcmp(item->valuestring, id) == 0) {
            return true;
        }
    }
    return false;
}

cJSON *mention_list(const char *text) {
    cJSON *list = NULL;
    struct mention mention = { .at = 0 };
    struct base_slice all = base_slice_text(text);
    for (size_t from = 0; mention_next(all, from, &mention); from = mention.at + mention.len) {
        list = list == NULL ? cJSON_CreateArray() : list;
        if (!mention_is_listed(list, mention.id) && cJSON_GetArraySize(list) < MENTION_MOST) {
            (void)cJSON_AddItemToArray(list, cJSON_CreateString(mention.id));
        }
    }
    return list;
}

void mention_put(cJSON *list, const char *id) {
    if (!mention_is_listed(list, id)) {
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(id));
    }
}

cJSON *mention_list_anew(const cJSON *message, const char *text) {
    cJSON *list = mention_list(text), *stood = mention_list(show_text(message, "text"));
    const cJSON *id = NULL;
    list = list == NULL ? cJSON_CreateArray() : list;
    cJSON_ArrayForEach(id, cJSON_GetObjectItemCaseSensitive(message, "mentions")) {
        bool fits = cJSON_GetArraySize(list) < MENTION_MOST;
        if (cJSON_IsString(id) && !mention_is_listed(stood, id->valuestring) && fits) {
            mention_put(list, id->valuestring);
        }
    }
    cJSON_Delete(stood);
    return list;
}

bool mention_is_of(const cJSON *message, const char *own) {
    return !show_flag(message, "own") && own[0] != '\0' &&
           mention_is_listed(cJSON_GetObjectItemCaseSensitive(message, "mentions"), own);
}

void mention_write(struct base_writer *writer, const struct show *show, const char *id) {
    base_write_u8(writer, '@');
    base_write_slice(writer, base_slice_text(strcmp(id, show->own) == 0 ? _("You") : show_name(show, id)));
}

void mention_write_names(struct base_writer *writer, const struct show *show, struct base_slice text) {
    struct mention mention = { .at = 0 };
    size_t from = 0;
    while (mention_next(text, from, &mention)) {
        base_write_slice(writer, base_slice(text.data + from, mention.at - from));
        mention_write(writer, show, mention.id);
        from = mention.at + mention.len;
    }
    base_write_slice(writer, base_slice(text.data + from, text.len - from));
}

const char *mention_name(const struct show *show, const cJSON *members, const char *id) {
    const char *name = show_name(show, id);
    const cJSON *member = NULL;
    if (strcmp(name, id) == 0 || strchr(name, '\n') != NULL) {
        return NULL;
    }
    cJSON_ArrayForEach(member, members) {
        if (cJSON_IsString(member) && strcmp(member->valuestring, id) != 0 &&
            strcmp(show_name(show, member->valuestring), name) == 0) {
            return NULL;
        }
    }
    return name;
}

static bool is_word_at(struct base_slice text, size_t at) {
    if (at >= text.len) {
        return false;
    }
    struct base_slice rest = base_slice(text.data + at, text.len - at);
    uint32_t c = text_next(&rest);
    return c < 0x80 ? is_ascii_word((uint8_t)c) : iswalnum((wint_t)c) != 0;
}

/* The member whose name stands at `at`, the longest one; NULL: none. */
static const char *member_at(const struct show *show, const cJSON *members, struct base_slice text, size_t at,
                             size_t *len) {
    const char *found = NULL;
    const cJSON *member = NULL;
    *len = 0;
    cJSON_ArrayForEach(member, members) {
        const char *name = cJSON_IsString(member) ? mention_name(show, members, member->valuestring) : NULL;
        size_t name_len = name == NULL ? 0 : strlen(name);
        if (name_len > *len && name_len <= text.len - at && memcmp(text.data + at, name, name_len) == 0 &&
            !is_word_at(text, at + name_len)) {
            found = member->valuestring;
            *len = name_len;
        }
    }
    return found;
}

void mention_write_ids(struct base_writer *writer, const struct show *show, const cJSON *members, const char *text) {
    struct base_slice all = base_slice_text(text);
    size_t from = 0;
    for (size_t at = 0; at < all.len; at++) {
        size_t len;
        const char *id = all.data[at] == '@' ? member_at(show, members, all, at + 1, &len) : NULL;
        if (id != NULL) {
            base_write_slice(writer, base_slice(all.data + from, at + 1 - from));
            base_write_slice(writer, base_slice_text(id));
            from = at + 1 + len;
            at = from - 1;
        }
    }
    base_write_slice(writer, base_slice(all.data + from, all.len - from));
}

void mention_write_back(struct base_writer *writer, const struct show *show, const cJSON *members, const char *text) {
    struct base_slice all = base_slice_text(text);
    struct mention mention = { .at = 0 };
    size_t from = 0;
    while (mention_next(all, from, &mention)) {
        size_t end = mention.at + mention.len;
        const char *name = mention_is_listed(members, mention.id) ? mention_name(show, members, mention.id) : NULL;
        bool same = name != NULL && !is_word_at(all, end);
        base_write_slice(writer, base_slice(all.data + from, mention.at + 1 - from));
        base_write_slice(writer, base_slice_text(same ? name : mention.id));
        from = end;
    }
    base_write_slice(writer, base_slice(all.data + from, all.len - from));
}
