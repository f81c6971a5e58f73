/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What groups say about themselves, encoded: for tests and as seeds of the fuzzer.
 */
#ifndef CORE_TESTS_ABOUT_SAMPLES_H
#define CORE_TESTS_ABOUT_SAMPLES_H

#include <string.h>

#include "about.h"

enum { ABOUT_SAMPLES = 3 };

/** Sample number `i`; to be freed. */
static inline struct base_bytes about_sample(size_t i) {
    struct base_writer roles = base_writer(base_allocator_libc(), 256);
    struct base_writer writer = base_writer(base_allocator_libc(), ABOUT_MAX);
    struct base_bytes bytes = { 0 };
    struct group_about about = { .kind = CHAT_DIRECT, .expire = 60 };
    if (i > 0) {
        about_role_write(&roles, &(struct about_entry){ "00000000", base_slice_text("a.example"), ROLE_ADMIN });
        about_role_write(&roles, &(struct about_entry){ "00000000", base_slice_text("b.example"), ROLE_OWNER });
        about = (struct group_about){
            .kind = CHAT_GROUP,
            .name = base_slice_text("Gruppe"),
            .description = base_slice_text("für\nalle"),
            .expire = 3600,
            .expire_min = 60,
            .expire_max = i == 2 ? 7200 : 0,
            .history = ABOUT_HISTORY_OPTIONAL,
            .join = i == 2 ? ABOUT_BY_LINK : ABOUT_CLOSED,
            .post = ABOUT_ADMINS,
            .add = ABOUT_ADMINS,
            .link = base_slice_text(i == 2 ? "thirty-two bytes of a link here!" : ""),
            .room = { 1 },
            .generation = 2,
            .predecessor = { 3 },
            .roles = base_writer_view(&roles),
        };
    }
    about_write(&writer, &about);
    (void)(base_writer_finish(&writer, &bytes) == BASE_OK);
    base_writer_free(&roles);
    return bytes;
}

#endif
