/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * How people see what the core answers: chats, messages, files, times, sizes. All text of others is made harmless here.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "client.h"
#include "output.h"

/** Names for IDs, as this account knows them. */
struct show {
    cJSON *contacts;    /**< of contact.list */
    cJSON *chats;       /**< of chats */
    char last_chat[64]; /**< heading that was printed last */
    uint64_t last_day;
};

/** Asks for the names. A failure leaves the IDs. */
void show_open(struct client *client, struct show *out);
void show_close(struct show *show);

/** A message, with a heading where another chat begins if `headings`. */
void show_message(struct base_writer *output, struct show *show, const cJSON *message, bool headings);

/** The table of chats. */
void show_chats(struct base_writer *output, const cJSON *chats);

/** One chat in full: `group info`. */
void show_chat(struct base_writer *output, const struct show *show, const cJSON *chat);

/** The table of contacts. */
void show_contacts(struct base_writer *output, const cJSON *contacts);

/** A line "LABEL  VALUE", if there is such a text member. */
void show_member(struct base_writer *output, const char *label, const cJSON *object, const char *name);

/** Text member of an object, or "" . */
const char *show_text(const cJSON *object, const char *name);

/** Number member of an object, or 0; never negative. */
uint64_t show_number(const cJSON *object, const char *name);

/** A size for people: "812 bytes", "1.4 MB". */
enum { SHOW_SIZE = 32 };
void show_size(uint64_t bytes, char out[SHOW_SIZE]);

#endif
