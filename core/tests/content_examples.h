/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The examples of draft-ietf-mimi-content-08 (§5, Appendix B), with the ids that are published beside them.
 */
#ifndef TEST_CONTENT_EXAMPLES_H
#define TEST_CONTENT_EXAMPLES_H

#include "content/content.h"

enum { CONTENT_EXAMPLES = 13 };

struct content_example {
    const char *name, *id, *salt, *replaces, *topic, *in_reply_to, *sender;
    uint32_t expires;
    void (*body)(struct base_writer *writer);
};

extern const struct content_example content_examples[CONTENT_EXAMPLES];
extern const char content_example_room[];

/** The bytes of an example; the caller frees them. */
struct base_bytes content_example_encode(const struct content_example *example);

#endif
