/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the program ends with: codes of sysexits.h, and the words that go with them.
 */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

#include <cJSON.h>
#include <sysexits.h>

#include "base/result.h"

/** The code for an error object of the JSON-RPC interface (docs/api.md). */
int exit_of_error(const cJSON *error);

/** What such an error says, in the reader's language. Valid as long as the object. */
const char *exit_words(const cJSON *error);

/** The same as a copy. Without a connection it names the server in any language. */
void exit_copy_words(const cJSON *error, char *out, size_t size);

/** The code for a result of this program's own layers. */
int exit_of_result(base_result result);

/** Says "weibel: WORDS" on standard error; a text of somebody else's is made harmless. */
void exit_say(const char *words);

/** Says "weibel: SUBJECT: WORDS". */
void exit_say_about(const char *subject, const char *words);

#endif
