/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods about settings: settings.get, settings.set, chat.set.
 */
#include "chat.h"
#include "content/cbor.h"
#include "event.h"
#include "field.h"
#include "json.h"
#include "rpc.h"
#include "setting.h"

base_result rpc_settings_get(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    json_put_bool(&line, "receipts", core->settings.receipts);
    json_put_bool(&line, "typing", core->settings.typing);
    json_put_string(&line, "emoji", core->settings.emoji);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

/* A member that may be missing; `good` becomes false if it is there and no truth value. */
static void take_bool(const cJSON *params, const char *name, bool *out, bool *good) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(params, name);
    if (cJSON_IsBool(member)) {
        *out = cJSON_IsTrue(member);
    } else if (member != NULL) {
        *good = false;
    }
}

base_result rpc_settings_set(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct settings wanted = core->settings;
    struct base_slice emoji = json_get_text(params, "emoji");
    bool good = true, same;
    take_bool(params, "receipts", &wanted.receipts, &good);
    take_bool(params, "typing", &wanted.typing, &good);
    if (cJSON_GetObjectItemCaseSensitive(params, "emoji") != NULL) {
        good = good && emoji.data != NULL && emoji.len <= MAX_USED_EMOJI && cbor_utf8_valid(emoji);
        field_set_text(wanted.emoji, sizeof wanted.emoji, good ? emoji : base_slice(NULL, 0));
    }
    if (!good) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                          "receipts and typing are true or false, emoji a text of at most %d bytes", MAX_USED_EMOJI);
    }
    same = wanted.receipts == core->settings.receipts && wanted.typing == core->settings.typing;
    core->settings = wanted;
    BASE_TRY(same ? settings_save_here(core) : settings_save(core));
    return rpc_settings_get(core, call, params);
}

/* The draft of the request, if there is one, for the chat or a thread of it. */
static base_result take_draft(struct weibel_core *core, const cJSON *params, struct chat *chat, bool *good) {
    struct base_slice text = json_get_text(params, "draft");
    bool threaded = cJSON_GetObjectItemCaseSensitive(params, "thread") != NULL;
    uint8_t thread[MESSAGE_ID_PREFIX];
    if (cJSON_GetObjectItemCaseSensitive(params, "draft") == NULL) {
        *good = !threaded;
        return BASE_OK;
    }
    if (text.data == NULL || text.len > (threaded ? MAX_THREAD_DRAFT : WEIBEL_MAX_TEXT) || !cbor_utf8_valid(text) ||
        (threaded && !message_id_parse(json_get_text(params, "thread"), thread))) {
        *good = false;
        return BASE_OK;
    }
    if (threaded) {
        return setting_draft_in_thread(core, chat, thread, text);
    }
    base_bytes_free(&chat->setting.draft);
    return base_bytes_copy(core->options.allocator, text, &chat->setting.draft);
}

base_result rpc_chat_set(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct chat *chat;
    BASE_TRY(rpc_find_chat(core, call, json_get_text(params, "chat"), &chat));
    if (chat == NULL) {
        return BASE_OK;
    }
    struct chat_setting *setting = &chat->setting;
    bool pinned = setting->pinned, archived = setting->archived, marked = setting->marked, good = true;
    uint64_t muted_until = setting->muted_until;
    take_bool(params, "pinned", &pinned, &good);
    take_bool(params, "archived", &archived, &good);
    take_bool(params, "marked", &marked, &good);
    if (cJSON_GetObjectItemCaseSensitive(params, "muted_until") != NULL) {
        good = good && json_get_number(params, "muted_until", &muted_until);
    }
    if (good) {
        BASE_TRY(take_draft(core, params, chat, &good));
    }
    if (!good) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                          "pinned, archived and marked are true or false, muted_until a time, draft a text of at most "
                          "%d bytes, or %d with a thread",
                          WEIBEL_MAX_TEXT, MAX_THREAD_DRAFT);
    }
    setting->pinned = pinned;
    setting->archived = archived;
    setting->marked = marked;
    setting->muted_until = muted_until;
    BASE_TRY(setting_save(core, chat));
    chat->announce = true;
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    chat_json(core, &line, chat);
    return event_answer_end(core, call, &line);
}
