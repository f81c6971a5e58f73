/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods that change messages, and those about who has read them.
 */
#include "amend.h"
#include "arrival.h"
#include "chat.h"
#include "compose.h"
#include "content/cbor.h"
#include "content/poll.h"
#include "event.h"
#include "json.h"
#include "reaction.h"
#include "read.h"
#include "receipt.h"
#include "report.h"
#include "rpc.h"
#include "setting.h"

static base_result refuse_unknown(struct weibel_core *core, struct call *call) {
    return rpc_refuse(core, call, TROUBLE_USAGE, "unknown_message", "there is no message with this id");
}

/* A wish about the message that `id` names; it answers the call, and takes over what the amendment has. */
static base_result add_wish(struct weibel_core *core, struct call *call, const cJSON *params,
                            struct amendment *amendment, struct base_slice data) {
    bool known = message_id_parse(json_get_text(params, "id"), amendment->target + 1);
    base_result result = known ? base_bytes_copy(core->options.allocator, data, &amendment->data) : BASE_OK;
    if (known && result == BASE_OK) {
        amendment->wish = true;
        base_bytes_move(&amendment->call.id, &call->id);
        result = amend_add(core, amendment);
    }
    base_bytes_free(&amendment->data);
    base_bytes_free(&amendment->mentions);
    base_bytes_free(&amendment->call.id);
    return known ? result : refuse_unknown(core, call);
}

static base_result wish_with(struct weibel_core *core, struct call *call, const cJSON *params, enum amendment_kind kind,
                             struct base_slice data, uint32_t chosen) {
    struct amendment amendment = { .kind = kind, .entry = chosen };
    return add_wish(core, call, params, &amendment, data);
}

static base_result wish(struct weibel_core *core, struct call *call, const cJSON *params, enum amendment_kind kind,
                        struct base_slice data) {
    return wish_with(core, call, params, kind, data, 0);
}

static bool format_of(const cJSON *params, enum amend_format *out) {
    struct base_slice format = json_get_text(params, "format");
    bool markdown = base_slice_equal(format, base_slice_text("markdown"));
    *out = markdown ? AMEND_MARKDOWN : format.len > 0 ? AMEND_PLAIN : AMEND_SAME_FORMAT;
    return markdown || cJSON_GetObjectItemCaseSensitive(params, "format") == NULL ||
           base_slice_equal(format, base_slice_text("plain"));
}

base_result rpc_edit(struct weibel_core *core, struct call *call, const cJSON *params) {
    enum amend_format format;
    struct base_slice text = json_get_text(params, "text");
    if (text.len > WEIBEL_MAX_TEXT) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a text can have %d bytes at most; send it as a file",
                          WEIBEL_MAX_TEXT);
    }
    if (text.data == NULL || !cbor_utf8_valid(text)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "a text is needed, in UTF-8");
    }
    if (!format_of(params, &format)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "format must be markdown or plain, or be left out");
    }
    struct amendment amendment = { .kind = AMEND_EDIT, .entry = format };
    if (cJSON_GetObjectItemCaseSensitive(params, "mentions") != NULL) {
        struct message mentioning BASE_CLEANUP(message_free) = { .kind = MESSAGE_TEXT };
        bool good;
        BASE_TRY(compose_mentions(core, call, params, &mentioning, &good));
        if (!good) {
            return BASE_OK;
        }
        BASE_TRY(amend_set_mentions(core, &mentioning, &amendment));
    }
    return add_wish(core, call, params, &amendment, text);
}

base_result rpc_delete(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct base_slice whom = json_get_text(params, "for");
    bool everyone = base_slice_equal(whom, base_slice_text("everyone"));
    if (!everyone && !base_slice_equal(whom, base_slice_text("me"))) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "for must be \"everyone\" or \"me\"");
    }
    return wish(core, call, params, everyone ? AMEND_DELETE : AMEND_HIDE, base_slice(NULL, 0));
}

base_result rpc_react(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct base_slice emoji = json_get_text(params, "emoji");
    const cJSON *remove = cJSON_GetObjectItemCaseSensitive(params, "remove");
    if (!reaction_valid(emoji) || (remove != NULL && !cJSON_IsBool(remove))) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "a reaction has 1 to %d bytes", MESSAGE_MAX_REACTION);
    }
    if (!cJSON_IsTrue(remove) && !reaction_is_one(emoji)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a reaction is one emoji, or one character");
    }
    return wish(core, call, params, cJSON_IsTrue(remove) ? AMEND_UNREACT : AMEND_REACT, emoji);
}

base_result rpc_retry(struct weibel_core *core, struct call *call, const cJSON *params) {
    return wish(core, call, params, AMEND_RETRY, base_slice(NULL, 0));
}

base_result rpc_vote(struct weibel_core *core, struct call *call, const cJSON *params) {
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(params, "options"), *option;
    uint32_t chosen = 0;
    bool good = cJSON_IsArray(options);
    cJSON_ArrayForEach(option, options) {
        good = good && cJSON_IsNumber(option) && option->valueint >= 0 && option->valueint < CONTENT_MAX_OPTIONS &&
               option->valuedouble == option->valueint;
        chosen |= good ? (uint32_t)1 << option->valueint : 0;
    }
    if (!good) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "options must be a list of places in the poll, from 0");
    }
    return wish_with(core, call, params, AMEND_VOTE, base_slice(NULL, 0), chosen);
}

base_result rpc_poll_close(struct weibel_core *core, struct call *call, const cJSON *params) {
    return wish(core, call, params, AMEND_CLOSE, base_slice(NULL, 0));
}

base_result rpc_read(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    uint64_t number;
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    if (!json_get_number(params, "number", &number)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "number must be the number of a message");
    }
    BASE_TRY(chat_read_up_to(core, chat, number, true));
    report_read_here(core, chat);
    if (chat->setting.marked) {
        chat->setting.marked = false;
        chat->announce = true;
        BASE_TRY(setting_save(core, chat));
    }
    return rpc_answer_empty(core, call);
}

static base_result receipts_found(struct weibel_core *core, struct read *read) {
    if (read->messages.count == 0) {
        return refuse_unknown(core, &read->call);
    }
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &read->call);
    json_object(&line);
    receipt_json_members(core, &line, (const struct message *)read->messages.items[0]);
    json_object_end(&line);
    return event_answer_end(core, &read->call, &line);
}

base_result rpc_receipts(struct weibel_core *core, struct call *call, const cJSON *params) {
    uint8_t prefix[MESSAGE_ID_PREFIX];
    if (!message_id_parse(json_get_text(params, "id"), prefix)) {
        return refuse_unknown(core, call);
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, receipts_found, call, &read));
    BASE_TRY(read_find_message(core, read, prefix, receipts_found));
    read = NULL;
    return BASE_OK;
}
