/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What was written in a chat of two and may have reached nobody is sent once more, by itself, by the device that has
 * written it (docs/decisions/0035): where none of the peer's devices is left in the group; where the chat goes on in
 * its successor, because somebody has lost his place; where the peer could not open his invitation.
 *
 * It goes out as it was, inside another content that says where it stood (content/again.h): so its id, which is made of
 * it, is the same, nobody can claim another one, and who has it already shows nothing. On both sides the order of
 * writing is kept.
 */
#ifndef CORE_AGAIN_H
#define CORE_AGAIN_H

#include "content/again.h"
#include "message.h"
#include "state.h"

enum {
    AGAIN_MAX = WEIBEL_MAX_READ, /**< messages of a chat, the newest ones, that are looked at */
    AGAIN_PAST_LEN = WIRE_STREAM_LEN + 8 + 8,
    AGAIN_MAX_PAST = STATE_MAX_DIRECT_GROUPS * AGAIN_PAST_LEN, /**< bytes about groups that are gone: the last ones */
};

/** Whether something is to be sent again first, before anything else is written. */
bool again_is_due(const struct chat *chat);

/** Sends it again, if it can be now. Called when online. */
BASE_MUST_USE base_result again_pump(struct weibel_core *core, struct chat *chat);

/** The group is about to be forgotten: what was read there is kept in mind. */
BASE_MUST_USE base_result again_keep(const struct weibel_core *core, const struct group *group);

/** A group that is gone: what was read in it. */
struct again_past {
    struct base_slice stream; /**< in what is read */
    uint64_t first, position; /**< entries behind the first, up to the other */
};

/** The next one of those in `chat->past`. */
BASE_MUST_USE base_result again_read_past(struct base_reader *reader, struct again_past *past);

/** Whether this device has read this entry of a stream of the chat's: what stood there and is not here any more, was
 * hidden or has disappeared. */
bool again_was_read(const struct chat *chat, struct base_slice stood_in, uint64_t entry);

/** Somebody, or another device of ours, sends one again; `message` is what is in it, with its place now. Nothing
 * happens if this device has read it where it stood, or if it was deleted there. */
BASE_MUST_USE base_result again_take(struct weibel_core *core, const struct chat *chat,
                                     const struct content_again *again, const struct message *message);

/** Shows a message that has come; later, if it has to be looked first whether it is there already. `bytes` is its
 * content. */
BASE_MUST_USE base_result again_show(struct weibel_core *core, struct chat *chat, struct message *message,
                                     struct base_slice bytes);

/** Queues one for the group alone where it is missing, as number `sequence`; `bytes` grows by what goes out (missed.h).
 */
BASE_MUST_USE base_result again_send(struct weibel_core *core, struct chat *chat, const struct group *group,
                                     const struct message *message, uint32_t sequence, size_t *bytes);

/** Likewise what is no message: `content`. */
BASE_MUST_USE base_result again_send_kept(struct weibel_core *core, struct chat *chat, const struct group *group,
                                          const struct own_content *kept, struct base_slice content);

/** Shows one that has come for that reason, unless it is there. */
BASE_MUST_USE base_result again_look_for(struct weibel_core *core, const struct chat *chat,
                                         const struct message *message, struct base_slice bytes);

/** Whether the server may not know any more that it had what was written then (milliseconds since 1970), and takes it a
 * second time: its writer encrypts it anew, and who reads it looks first whether it is there. */
bool again_is_old(const struct weibel_core *core, uint64_t written_at);

/** Shows one for which was looked, and which is not there. */
BASE_MUST_USE base_result again_apply(struct weibel_core *core, struct chat *chat, const struct amendment *amendment);

#endif
