/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Checks the body of a message as a whole; the parts one by one are in content.h.
 */
#ifndef CONTENT_PART_H
#define CONTENT_PART_H

#include "content/content.h"

/** Reads over a NestedPart and all that is in it: nesting, number of parts and every field. */
BASE_MUST_USE base_result content_part_check(struct base_reader *reader);

#endif
