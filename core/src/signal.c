/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Signals on their way out.
 */
#include "signal.h"

#include <string.h>

#include "group.h"
#include "request.h"

const char signal_label[] = "weibel signal";

/* A commit that waits ends this epoch: nothing is encrypted in it any more, as in post_pump(). */
bool signal_can(const struct group *group) {
    return group->state == GROUP_OPEN && group->live && !group->chat->change.made &&
           group->skipped < SIGNAL_MAX_SKIPPED;
}

base_result signal_send(struct weibel_core *core, struct group *group, struct base_slice content) {
    struct base_bytes ciphertext BASE_CLEANUP(base_bytes_free) = { 0 };
    const uint8_t *token;
    BASE_TRY(mls_group_encrypt(group->mls, content,
                               &(struct mls_send_options){
                                   .padding = group_padding(content.len),
                                   .authenticated_data = base_slice_text(signal_label),
                               },
                               &ciphertext));
    group->skipped++;
    group->dirty = true;
    BASE_TRY(group_token(group, &token));
    struct wire_frame frame = { .type = WIRE_SIGNAL };
    memcpy(frame.of.signal.stream, group->id, sizeof frame.of.signal.stream);
    memcpy(frame.of.signal.token, token, sizeof frame.of.signal.token);
    frame.of.signal.content = base_borrow(&ciphertext);
    return request_send(core, &frame, request_no_matter, 0, 0);
}
