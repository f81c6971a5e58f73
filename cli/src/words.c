/* SPDX-License-Identifier: EUPL-1.2 */
/* The words this program says, in the language that the environment asks for. */
#include "words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_set(const char *text) {
    return text != NULL && text[0] != '\0';
}

/* The language of a name such as "de_CH.UTF-8"; -1: none that there are words in. */
static int language_of(const char *name) {
    static const char codes[WORDS_LANGUAGES][3] = { "en", "de", "fr", "it" };
    for (int i = 0; i < WORDS_LANGUAGES; i++) {
        char end = strncmp(name, codes[i], 2) == 0 ? name[2] : 'x';
        if (end == '\0' || end == '_' || end == '.' || end == '@' || end == ':') {
            return i;
        }
    }
    return -1;
}

enum words_language words_language(void) {
    const char *locale = getenv("LC_ALL");
    locale = is_set(locale) ? locale : getenv("LC_MESSAGES");
    locale = is_set(locale) ? locale : getenv("LANG");
    /* As gettext has it: the C locale speaks English, whatever LANGUAGE wishes. */
    if (!is_set(locale) || strncmp(locale, "POSIX", 5) == 0 || strcmp(locale, "C") == 0 ||
        strncmp(locale, "C.", 2) == 0) {
        return WORDS_ENGLISH;
    }
    const char *wish = getenv("LANGUAGE");
    while (is_set(wish)) {
        int language = language_of(wish);
        if (language >= 0) {
            return (enum words_language)language;
        }
        wish = strchr(wish, ':');
        wish = wish == NULL ? NULL : wish + 1;
    }
    int language = language_of(locale);
    return language < 0 ? WORDS_ENGLISH : (enum words_language)language;
}

const char *words_in(enum words_language language, const char *english) {
    for (const struct words_table *const *table = words_tables; *table != NULL; table++) {
        for (size_t i = 0; i < (*table)->count; i++) {
            if (strcmp((*table)->rows[i].in[WORDS_ENGLISH], english) == 0) {
                return (*table)->rows[i].in[language];
            }
        }
    }
    return NULL;
}

const char *words_say(const char *english) {
    enum words_language language = words_language();
    const char *found = language == WORDS_ENGLISH ? NULL : words_in(language, english);
    return found == NULL ? english : found;
}
