/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Settings and their records.
 */
#include "setting.h"

#include <string.h>

#include "chat.h"
#include "field.h"
#include "sync_kind.h"

enum {
    VERSION = 3,
    MAX_RECORD = WEIBEL_MAX_TEXT + 64 + MAX_THREAD_DRAFTS * (MAX_THREAD_DRAFT + 16),
};

void settings_init(struct weibel_core *core) {
    core->settings = (struct settings){ .receipts = true, .typing = true };
}

bool settings_receipts(const struct weibel_core *core) {
    return core->settings.receipts;
}

bool settings_typing(const struct weibel_core *core) {
    return core->settings.typing;
}

base_result settings_encode(const struct weibel_core *core, struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    field_write_bool(&writer, core->settings.receipts);
    field_write_bool(&writer, core->settings.typing);
    field_write_text(&writer, core->settings.emoji);
    return base_writer_finish(&writer, out);
}

base_result settings_save_here(struct weibel_core *core) {
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(settings_encode(core, &record));
    return out_put(&core->out, key_table(KEY_SETTING), base_borrow(&record));
}

base_result settings_save(struct weibel_core *core) {
    BASE_TRY(settings_save_here(core));
    return sync_settings_put(core);
}

base_result setting_encode(const struct weibel_core *core, const struct chat *chat, struct base_bytes *out) {
    const struct chat_setting *setting = &chat->setting;
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    field_write_bool(&writer, setting->pinned);
    field_write_bool(&writer, setting->archived);
    field_write_bool(&writer, setting->marked);
    base_write_u64(&writer, setting->muted_until);
    base_write_opaque(&writer, base_borrow(&setting->draft));
    base_write_u8(&writer, (uint8_t)setting->thread_draft_count);
    for (size_t i = 0; i < setting->thread_draft_count; i++) {
        field_write_array(&writer, setting->thread_drafts[i].thread, MESSAGE_ID_PREFIX);
        base_write_opaque(&writer, base_borrow(&setting->thread_drafts[i].text));
    }
    return base_writer_finish(&writer, out);
}

base_result setting_save(struct weibel_core *core, const struct chat *chat) {
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(setting_encode(core, chat, &record));
    BASE_TRY(out_put(&core->out, key_number(KEY_SETTING, chat->number), base_borrow(&record)));
    return sync_setting_put(core, chat);
}

bool setting_is_any(const struct chat *chat) {
    const struct chat_setting *setting = &chat->setting;
    return setting->pinned || setting->archived || setting->marked || setting->muted_until != 0 ||
           setting->draft.len > 0;
}

base_result setting_forget(struct weibel_core *core, const struct chat *chat) {
    return out_remove(&core->out, key_number(KEY_SETTING, chat->number));
}

static void take_thread_draft(struct chat_setting *setting, size_t index) {
    base_bytes_free(&setting->thread_drafts[index].text);
    setting->thread_draft_count--;
    memmove(&setting->thread_drafts[index], &setting->thread_drafts[index + 1],
            (setting->thread_draft_count - index) * sizeof *setting->thread_drafts);
    setting->thread_drafts[setting->thread_draft_count] = (struct thread_draft){ .thread = { 0 } };
}

base_result setting_draft_in_thread(struct weibel_core *core, struct chat *chat,
                                    const uint8_t thread[MESSAGE_ID_PREFIX], struct base_slice text) {
    struct chat_setting *setting = &chat->setting;
    struct thread_draft draft = { .thread = { 0 } };
    memcpy(draft.thread, thread, MESSAGE_ID_PREFIX);
    BASE_TRY(base_bytes_copy(core->options.allocator, text, &draft.text));
    for (size_t i = 0; i < setting->thread_draft_count; i++) {
        if (memcmp(setting->thread_drafts[i].thread, thread, MESSAGE_ID_PREFIX) == 0) {
            take_thread_draft(setting, i);
            break;
        }
    }
    if (text.len == 0) {
        base_bytes_free(&draft.text);
        return BASE_OK;
    }
    if (setting->thread_draft_count == MAX_THREAD_DRAFTS) {
        take_thread_draft(setting, 0);
    }
    setting->thread_drafts[setting->thread_draft_count++] = draft;
    return BASE_OK;
}

static base_result load_thread_drafts(struct weibel_core *core, struct chat *chat, struct base_reader *reader) {
    uint8_t count;
    BASE_TRY(base_read_u8(reader, &count));
    BASE_ENSURE(count <= MAX_THREAD_DRAFTS, BASE_ERR_VALUE);
    for (uint8_t i = 0; i < count; i++) {
        struct base_slice thread, text;
        BASE_TRY(base_read_slice(reader, MESSAGE_ID_PREFIX, &thread));
        BASE_TRY(base_read_opaque_max(reader, MAX_THREAD_DRAFT, &text));
        BASE_TRY(setting_draft_in_thread(core, chat, thread.data, text));
    }
    return BASE_OK;
}

static base_result load_settings(struct weibel_core *core, struct base_reader *reader) {
    BASE_TRY(field_read_bool(reader, &core->settings.receipts));
    BASE_TRY(field_read_bool(reader, &core->settings.typing));
    BASE_TRY(field_read_text(reader, core->settings.emoji, sizeof core->settings.emoji));
    return base_read_end(reader);
}

base_result setting_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct base_reader reader = base_reader(value);
    BASE_TRY(field_read_version(&reader, VERSION));
    if (number == 0) {
        return load_settings(core, &reader);
    }
    struct chat *chat = chat_at(core, number);
    BASE_ENSURE(chat != NULL, BASE_ERR_VALUE);
    BASE_TRY(field_read_bool(&reader, &chat->setting.pinned));
    BASE_TRY(field_read_bool(&reader, &chat->setting.archived));
    BASE_TRY(field_read_bool(&reader, &chat->setting.marked));
    BASE_TRY(base_read_u64(&reader, &chat->setting.muted_until));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &chat->setting.draft));
    BASE_TRY(load_thread_drafts(core, chat, &reader));
    return base_read_end(&reader);
}

void setting_free(struct chat_setting *setting) {
    base_bytes_free(&setting->draft);
    while (setting->thread_draft_count > 0) {
        take_thread_draft(setting, setting->thread_draft_count - 1);
    }
}
