/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Notices in words that a face can say in another language: the sentence, and what is particular about it, are kept
 * apart. A notice's `text` holds both, and only this file knows how.
 */
#ifndef CORE_NOTICE_H
#define CORE_NOTICE_H

#include <stdarg.h>

#include "state.h"

/** Makes the text of a notice. `format` as of printf, without widths; what is too long is cut off. */
__attribute__((format(printf, 2, 0))) BASE_MUST_USE base_result notice_make(struct weibel_core *core,
                                                                            const char *format, va_list arguments,
                                                                            struct base_bytes *out);

/** Writes the members `text`, `words` and `parts` (docs/api.md, Message). */
void notice_json(const struct weibel_core *core, struct base_writer *writer, struct base_slice text);

/** Writes the whole sentence in English. */
void notice_say(struct base_writer *writer, struct base_slice text);

#endif
