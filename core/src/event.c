/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Lines to the face: notifications and responses of JSON-RPC 2.0.
 */
#include "event.h"

#include "chat.h"
#include "contact.h"
#include "device.h"
#include "door.h"
#include "joining.h"
#include "json.h"
#include "message.h"

enum event {
    EVENT_CONNECTION,
    EVENT_MESSAGE,
    EVENT_MESSAGE_STATE,
    EVENT_MESSAGE_CHANGED,
    EVENT_MESSAGE_REMOVED,
    EVENT_CHAT,
    EVENT_CHAT_DELETED,
    EVENT_TRANSFER,
    EVENT_TYPING,
    EVENT_JOINING,
    EVENT_JOINS,
    EVENT_CONTACT,
    EVENT_DEVICE,
    EVENT_LOCKED,
};

static const char *const names[] = {
    [EVENT_CONNECTION] = "connection",
    [EVENT_MESSAGE] = "message",
    [EVENT_MESSAGE_STATE] = "message_state",
    [EVENT_MESSAGE_CHANGED] = "message_changed",
    [EVENT_MESSAGE_REMOVED] = "message_removed",
    [EVENT_CHAT] = "chat",
    [EVENT_CHAT_DELETED] = "chat_deleted",
    [EVENT_TRANSFER] = "transfer",
    [EVENT_TYPING] = "typing",
    [EVENT_JOINING] = "joining",
    [EVENT_JOINS] = "joins",
    [EVENT_CONTACT] = "contact",
    [EVENT_DEVICE] = "device",
    [EVENT_LOCKED] = "locked",
};

const char *event_name_at(size_t index) {
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

static struct base_writer begin(struct weibel_core *core, enum event event) {
    struct base_writer line = base_writer(core->options.allocator, EVENT_MAX_LINE);
    json_object(&line);
    json_put_string(&line, "jsonrpc", "2.0");
    json_put_string(&line, "method", names[event]);
    json_name(&line, "params");
    return line;
}

static base_result end(struct weibel_core *core, struct base_writer *line) {
    json_object_end(line);
    return out_line(&core->out, line);
}

const char *event_connection_state(const struct weibel_core *core) {
    const struct session *session = &core->session;
    return session->state == SESSION_OFFLINE  ? "offline"
           : session->state != SESSION_ONLINE ? "connecting"
           : session->synced                  ? "online"
                                              : "syncing";
}

base_result event_connection(struct weibel_core *core) {
    const struct session *session = &core->session;
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_CONNECTION);
    json_object(&line);
    json_put_string(&line, "state", event_connection_state(core));
    if (session->state == SESSION_OFFLINE) {
        if (session->trouble.code != 0) {
            json_name(&line, "error");
            trouble_write(&line, &session->trouble);
        }
        if (session->wanted && !session->hopeless) {
            json_put_number(&line, "retry_at", session->retry_at);
        }
    }
    json_object_end(&line);
    return end(core, &line);
}

static base_result whole_message(struct weibel_core *core, enum event event, const struct message *message) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, event);
    message_json(core, &line, message);
    return end(core, &line);
}

base_result event_message(struct weibel_core *core, const struct message *message) {
    return whole_message(core, EVENT_MESSAGE, message);
}

base_result event_message_changed(struct weibel_core *core, const struct message *message) {
    return whole_message(core, EVENT_MESSAGE_CHANGED, message);
}

/* The chat and the id: which message it is. */
static void put_names(struct weibel_core *core, struct base_writer *line, const struct message *message) {
    char text[WIRE_MAX_ADDRESS + 1];
    chat_text(core, chat_at(core, message->chat), text);
    json_put_string(line, "chat", text);
    if (message->has_id) {
        message_id_text(message->id, text);
        json_put_string(line, "id", text);
    }
}

base_result event_message_removed(struct weibel_core *core, const struct message *message) {
    if (chat_at(core, message->chat) == NULL) {
        return BASE_OK;
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_MESSAGE_REMOVED);
    json_object(&line);
    put_names(core, &line, message);
    json_put_number(&line, "number", message->number);
    json_object_end(&line);
    return end(core, &line);
}

base_result event_message_state(struct weibel_core *core, const struct message *message) {
    static const char *const words[] = { "received", "queued", "sent", "failed" };
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_MESSAGE_STATE);
    json_object(&line);
    put_names(core, &line, message);
    json_put_string(&line, "state", words[message->state]);
    if (message->trouble.code != 0) {
        json_name(&line, "error");
        trouble_write(&line, &message->trouble);
    }
    json_object_end(&line);
    return end(core, &line);
}

base_result event_chat(struct weibel_core *core, const struct chat *chat) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_CHAT);
    chat_json(core, &line, chat);
    return end(core, &line);
}

base_result event_chat_deleted(struct weibel_core *core, const struct chat *chat) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_CHAT_DELETED);
    char text[WIRE_MAX_ADDRESS + 1];
    json_object(&line);
    chat_text(core, chat, text);
    json_put_string(&line, "chat", text);
    json_object_end(&line);
    return end(core, &line);
}

base_result event_joining(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN], const struct chat *chat,
                          const struct trouble *trouble) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_JOINING);
    struct base_writer link BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, DOOR_MAX_LINK);
    door_write_link(core, &link, secret);
    json_object(&line);
    json_put_text(&line, "link", base_writer_view(&link));
    if (chat != NULL) {
        char text[WIRE_MAX_ADDRESS + 1];
        chat_text(core, chat, text);
        json_put_string(&line, "chat", text);
    } else {
        json_name(&line, "error");
        trouble_write(&line, trouble);
    }
    json_object_end(&line);
    return end(core, &line);
}

base_result event_joins(struct weibel_core *core) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_JOINS);
    json_object(&line);
    joining_list_json(core, &line);
    json_object_end(&line);
    return end(core, &line);
}

base_result event_typing(struct weibel_core *core, const struct chat *chat, uint64_t contact, bool typing) {
    char text[WIRE_MAX_ADDRESS + 1];
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_TYPING);
    json_object(&line);
    chat_text(core, chat, text);
    json_put_string(&line, "chat", text);
    contact_text(core, contact_at(core, contact), text);
    json_put_string(&line, "from", text);
    json_put_bool(&line, "typing", typing);
    json_object_end(&line);
    return end(core, &line);
}

base_result event_contact(struct weibel_core *core, const struct contact *contact) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_CONTACT);
    contact_json(core, &line, contact);
    return end(core, &line);
}

base_result event_device(struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN], const char *what) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_DEVICE);
    json_object(&line);
    device_json(core, &line, device);
    json_put_string(&line, "event", what);
    json_object_end(&line);
    return end(core, &line);
}

base_result event_locked(struct weibel_core *core) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_LOCKED);
    json_object(&line);
    json_object_end(&line);
    return end(core, &line);
}

void event_put_transfer(struct base_writer *line, const struct transfer *transfer, const char *state, uint64_t done) {
    static const char *const kinds[] = { "", "upload", "download", "backup", "restore" };
    json_put_number(line, "transfer", transfer->number);
    json_put_string(line, "kind", kinds[transfer->kind]);
    json_put_string(line, "state", state);
    json_put_number(line, "done", done);
    json_put_number(line, "size", transfer->size);
    if (transfer->path.len > 1) {
        json_put_text(line, "path", base_slice(transfer->path.data, transfer->path.len - 1));
    }
    if (transfer->kind == TRANSFER_UPLOAD || transfer->kind == TRANSFER_DOWNLOAD) {
        char id[MESSAGE_ID_TEXT_LEN + 1];
        message_id_text(transfer->id, id);
        json_put_string(line, "message", id);
        json_put_number(line, "file", transfer->file);
    }
}

base_result event_transfer(struct weibel_core *core, const struct transfer *transfer, const char *state, uint64_t done,
                           const struct trouble *trouble) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = begin(core, EVENT_TRANSFER);
    json_object(&line);
    event_put_transfer(&line, transfer, state, done);
    if (trouble != NULL) {
        json_name(&line, "error");
        trouble_write(&line, trouble);
    }
    json_object_end(&line);
    return end(core, &line);
}

static struct base_writer answer(struct weibel_core *core, const struct call *call, const char *member) {
    struct base_writer line = base_writer(core->options.allocator, EVENT_MAX_LINE);
    json_object(&line);
    json_put_string(&line, "jsonrpc", "2.0");
    json_name(&line, "id");
    json_raw(&line, base_borrow(&call->id));
    json_name(&line, member);
    return line;
}

struct base_writer event_answer_begin(struct weibel_core *core, const struct call *call) {
    return answer(core, call, "result");
}

base_result event_answer_end(struct weibel_core *core, struct call *call, struct base_writer *line) {
    if (call->id.len == 0) {
        return BASE_OK;
    }
    if (line->failed == &BASE_ERR_TOO_LONG) {
        struct trouble trouble = trouble_make(TROUBLE_USAGE, "too_long", "the answer would be too long; ask for less");
        return event_answer_trouble(core, call, &trouble);
    }
    base_bytes_free(&call->id);
    return end(core, line);
}

base_result event_answer_trouble(struct weibel_core *core, struct call *call, const struct trouble *trouble) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = answer(core, call, "error");
    trouble_write(&line, trouble);
    return event_answer_end(core, call, &line);
}
