/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Mentions: in a text that goes out, whom it calls stands as "@7K2M-9QXA", or "@7K2M-9QXA@example.org"; people see, and
 * type, "@Anna".
 */
#ifndef CLI_MENTION_H
#define CLI_MENTION_H

#include <cJSON.h>

#include "base/writer.h"
#include "show.h"

enum { MENTION_MOST = 50 }; /**< in one message; docs/api.md */

struct mention {
    size_t at, len; /**< in the text, with the @ */
    char id[SHOW_ID];
};

/** Finds the first mention that begins at `from` or later. False: there is none. */
bool mention_next(struct base_slice text, size_t from, struct mention *out);

/** Whom a text mentions, each once, MENTION_MOST at most, as a list of IDs; NULL: nobody. */
cJSON *mention_list(const char *text);

/** Adds an ID to a list, once. */
void mention_put(cJSON *list, const char *id);

/** Whom a message mentions when its text has become another one: those in that, and those whom it mentioned though they
 * did not stand in its text. A list, also of nobody. */
cJSON *mention_list_anew(const cJSON *message, const char *text);

/** True if a list of IDs has this one. */
bool mention_is_listed(const cJSON *list, const char *id);

/** True if this account is among whom a message mentions. */
bool mention_is_of(const cJSON *message, const char *own);

/** Writes "@Anna": the name of an ID, or the ID itself. Raw. */
void mention_write(struct base_writer *writer, const struct show *show, const char *id);

/** Writes a text with names in the place of IDs. Raw. */
void mention_write_names(struct base_writer *writer, const struct show *show, struct base_slice text);

/** The name by which `id` can be called among `members`: nobody else of them has it. NULL: by his ID alone. */
const char *mention_name(const struct show *show, const cJSON *members, const char *id);

/** Writes a text with IDs in the place of such names: "@Anna" becomes "@7K2M-9QXA" where Anna is one of `members`. */
void mention_write_ids(struct base_writer *writer, const struct show *show, const cJSON *members, const char *text);

/** The reverse, for a text that is to be changed: what mention_write_ids() makes the same of. */
void mention_write_back(struct base_writer *writer, const struct show *show, const cJSON *members, const char *text);

#endif
