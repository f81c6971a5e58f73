/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Typing: what we say of us, and what we hear of others.
 *
 *     [ 1, typing: bool ]          a signal
 */
#include "typing.h"

#include <string.h>

#include "chat.h"
#include "contact.h"
#include "content/cbor.h"
#include "event.h"
#include "group.h"
#include "setting.h"
#include "signal.h"

enum { MAX_CONTENT = 16 };

/* --- ours --- */

void typing_say(struct weibel_core *core, struct chat *chat, bool typing) {
    uint64_t now = state_now(core);
    bool allowed = settings_typing(core) || !typing;
    bool believed = chat->typing_told && now < chat->typing_sent_at + TYPING_LIFETIME;
    chat->typing_wanted = core->session.state != SESSION_ONLINE || !allowed ? TYPING_NOTHING
                          : typing                                          ? TYPING_STARTED
                          : believed                                        ? TYPING_STOPPED
                                                                            : TYPING_NOTHING;
}

void typing_written(struct chat *chat) {
    chat->typing_wanted = TYPING_NOTHING;
    chat->typing_told = false;
}

void typing_forget_connection(struct chat *chat) {
    typing_written(chat);
}

static base_result send_signal(struct weibel_core *core, struct group *group, bool typing) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_CONTENT);
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    cbor_write_head(&writer, CBOR_ARRAY, 2);
    cbor_write_head(&writer, CBOR_UNSIGNED, SIGNAL_TYPING);
    cbor_write_simple(&writer, typing ? CBOR_TRUE : CBOR_FALSE);
    BASE_TRY(base_writer_finish(&writer, &content));
    return signal_send(core, group, base_borrow(&content));
}

base_result typing_pump(struct weibel_core *core, struct chat *chat) {
    uint64_t now = state_now(core);
    if (chat->typing_wanted == TYPING_NOTHING || now < typing_deadline(chat)) {
        return BASE_OK;
    }
    bool typing = chat->typing_wanted == TYPING_STARTED;
    struct group *group = chat_writing_group(chat);
    chat->typing_wanted = TYPING_NOTHING;
    if (group == NULL || !signal_can(group)) {
        return BASE_OK;
    }
    size_t members;
    BASE_TRY(group_account_count(core, group, &members));
    if (members > TYPING_MAX_MEMBERS) {
        return BASE_OK;
    }
    chat->typing_told = typing;
    chat->typing_sent_at = now;
    return send_signal(core, group, typing);
}

uint64_t typing_deadline(const struct chat *chat) {
    return chat->typing_wanted == TYPING_NOTHING ? UINT64_MAX
           : chat->typing_sent_at == 0           ? 0
                                                 : chat->typing_sent_at + TYPING_INTERVAL;
}

/* --- others' --- */

static base_result forget_at(struct weibel_core *core, struct chat *chat, size_t index) {
    struct typing *typing = (struct typing *)list_take(&chat->typing, index);
    uint64_t contact = typing->contact;
    base_free(typing);
    return event_typing(core, chat, contact, false);
}

static size_t find(const struct chat *chat, uint64_t contact) {
    size_t i = 0;
    while (i < chat->typing.count && ((const struct typing *)chat->typing.items[i])->contact != contact) {
        i++;
    }
    return i;
}

base_result typing_over(struct weibel_core *core, struct chat *chat, uint64_t contact) {
    size_t index = find(chat, contact);
    return index < chat->typing.count ? forget_at(core, chat, index) : BASE_OK;
}

static base_result add(struct weibel_core *core, struct chat *chat, uint64_t contact) {
    size_t index = find(chat, contact);
    uint64_t until = state_now(core) + TYPING_LIFETIME;
    if (index < chat->typing.count) {
        ((struct typing *)chat->typing.items[index])->until = until;
        return BASE_OK;
    }
    if (chat->typing.count >= TYPING_MAX_HEARD) {
        return BASE_OK;
    }
    struct typing *typing = (struct typing *)base_take(core->options.allocator, 1, sizeof *typing);
    BASE_ENSURE(typing != NULL, BASE_ERR_NO_MEMORY);
    *typing = (struct typing){ contact, until };
    base_result result = list_add(&chat->typing, core->options.allocator, typing);
    if (result != BASE_OK) {
        base_free(typing);
        return result;
    }
    return event_typing(core, chat, contact, true);
}

static base_result read_content(struct base_slice content, bool *typing) {
    struct base_reader reader = base_reader(content);
    uint64_t count, kind;
    BASE_TRY(cbor_read_array(&reader, &count));
    BASE_TRY(cbor_read_uint(&reader, UINT16_MAX, &kind));
    BASE_ENSURE(count == 2 && kind == SIGNAL_TYPING, BASE_ERR_VALUE);
    BASE_TRY(cbor_read_bool(&reader, typing));
    return base_read_end(&reader);
}

base_result typing_heard(struct weibel_core *core, struct chat *chat, uint64_t contact, struct base_slice content) {
    bool typing;
    bool blocked = chat->kind == CHAT_DIRECT && contact_at(core, contact)->blocked;
    if (blocked || !settings_typing(core) || read_content(content, &typing) != BASE_OK) {
        return BASE_OK;
    }
    return typing ? add(core, chat, contact) : typing_over(core, chat, contact);
}

base_result typing_run(struct weibel_core *core) {
    uint64_t now = state_now(core);
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        for (size_t k = chat->typing.count; k > 0; k--) {
            if (((const struct typing *)chat->typing.items[k - 1])->until <= now) {
                BASE_TRY(forget_at(core, chat, k - 1));
            }
        }
    }
    return BASE_OK;
}

uint64_t typing_next(const struct chat *chat) {
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < chat->typing.count; i++) {
        const struct typing *typing = (const struct typing *)chat->typing.items[i];
        next = typing->until < next ? typing->until : next;
    }
    return next;
}
