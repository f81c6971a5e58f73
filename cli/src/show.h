/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * How people see what the core answers: chats, messages, files, times, sizes. All text of others is made harmless here.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "client.h"
#include "output.h"

enum { SHOW_ID = 320 }; /**< room for whatever names a chat, a message or a person, with its final 0 */

/** Names for IDs, as this account knows them. */
struct show {
    cJSON *contacts;         /**< of contact.list */
    cJSON *chats;            /**< of chats */
    char own[SHOW_ID];       /**< this account's */
    char last_chat[SHOW_ID]; /**< heading that was printed last */
    uint64_t last_day;
};

/** Asks for the names. A failure leaves the IDs. */
void show_open(struct client *client, struct show *out);
void show_close(struct show *show);

/** A message, with a heading where another chat begins if `headings`. */
void show_message(struct base_writer *output, struct show *show, const cJSON *message, bool headings);

/** How a person is called here: the contact's name, or the ID. */
const char *show_name(const struct show *show, const char *id);

/** Writes a person: "Anna (7K2M-9QXA)", or the ID alone. */
void show_person(struct base_writer *output, const struct show *show, const char *id);

/** Writes a text of somebody else's on one line, made harmless. */
void show_line(struct base_writer *output, const char *text);

/** How a chat is called here: its name, or what names it. */
const char *show_chat_name(const struct show *show, const char *chat);

/** The object of a list whose text member `member` is `value`, or NULL. */
const cJSON *show_find(const cJSON *list, const char *member, const char *value);

/** What a notice says, in the reader's language: raw, to be made harmless. */
void show_notice(struct base_writer *writer, const cJSON *message);

/** What a message is, in one line: its text, or the names of its files, or what else it has. Raw. */
void show_gist(struct base_writer *writer, const cJSON *message);

/** The table of chats. */
void show_chats(struct base_writer *output, const cJSON *chats);

/** What is known of a group that is being joined by its link; and all of them. */
const char *show_joining(const cJSON *join);
void show_joins(struct base_writer *output, const cJSON *joins);

/** One chat in full: `group info`. */
void show_chat(struct base_writer *output, const struct show *show, const cJSON *chat);

/** How far a contact is to be trusted, in words. */
const char *show_trust(const cJSON *contact);

/** What is particular about a device, to be put behind its name; "" if nothing is. */
const char *show_device_remark(const cJSON *device);

/** One contact. */
void show_contact(struct base_writer *output, const cJSON *contact);

/** The table of contacts. */
void show_contacts(struct base_writer *output, const cJSON *contacts);

/** A line "LABEL  VALUE", if there is such a text member. */
void show_member(struct base_writer *output, const char *label, const cJSON *object, const char *name);

/** Text member of an object, or "" . */
const char *show_text(const cJSON *object, const char *name);

/** True if an object has a member that is true. */
bool show_flag(const cJSON *object, const char *name);

/** Number member of an object, or 0; never negative. */
uint64_t show_number(const cJSON *object, const char *name);

/** A place as numbers: "46.94809, 7.44744". */
enum { SHOW_PLACE = 64 };
void show_place(const cJSON *location, char out[SHOW_PLACE]);

/** A size for people: "812 bytes", "1.4 MB". */
enum { SHOW_SIZE = 32, SHOW_VOICE = 96 };
void show_size(uint64_t bytes, char out[SHOW_SIZE]);

/** How long something plays: "1:07". */
void show_duration(uint64_t milliseconds, char out[SHOW_SIZE]);

/** "Voice message, 1:07". */
void show_voice(uint64_t milliseconds, char out[SHOW_VOICE]);

#endif
