/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages: record, index and JSON. Content is in message_content.c.
 */
#include "message.h"

#include <stdio.h>

#include "arrival.h"
#include "chat.h"
#include "contact.h"
#include "copy.h"
#include "event.h"
#include "expiry.h"
#include "extra.h"
#include "field.h"
#include "group.h"
#include "json.h"
#include "notice.h"
#include "reaction.h"
#include "receipt.h"
#include "search/index.h"
#include "thread.h"
#include "vote.h"

enum { VERSION = 11, MAX_RECORD = 1 << 20 };

/* Crockford's base32, as IDs have it, in small letters. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static const char *const notice_names[MESSAGE_KIND_END] = {
    [MESSAGE_CREATED] = "created",   [MESSAGE_ADDED] = "added",       [MESSAGE_REMOVED] = "removed",
    [MESSAGE_LEFT] = "left",         [MESSAGE_GAP] = "gap",           [MESSAGE_UNREADABLE] = "unreadable",
    [MESSAGE_IDENTITY] = "identity", [MESSAGE_CHANGED] = "changed",   [MESSAGE_ROLE] = "role",
    [MESSAGE_REFUSED] = "refused",   [MESSAGE_REPAIRED] = "repaired", [MESSAGE_HANDED] = "handed",
};

const char *message_preview_type(size_t index) {
    static const char *const types[] = { "image/jpeg", "image/png", "image/webp" };
    return index < sizeof types / sizeof *types ? types[index] : NULL;
}

void message_free_files(struct message *message) {
    for (uint32_t i = 0; i < message->file_count; i++) {
        base_bytes_free(&message->files[i].preview);
    }
    base_free(message->files);
    message->files = NULL;
    message->file_count = 0;
}

void message_free(struct message *message) {
    message_clear(message);
    base_free(message->receipts);
    base_free(message->copies);
    base_wipe(message, sizeof *message);
}

void message_clear(struct message *message) {
    base_bytes_free(&message->text);
    base_bytes_free(&message->content);
    extra_free(message);
    message_free_files(message);
    base_free(message->reactions);
    message->reactions = NULL;
    message->reaction_count = 0;
    base_free(message->votes);
    message->votes = NULL;
    message->vote_count = 0;
    message->has_reply = false;
    message->edited_at = 0;
}

bool message_place(const struct weibel_core *core, const struct message *message, struct stood *out) {
    const struct chat *chat = message->entry == 0 ? NULL : chat_at(core, message->chat);
    const struct group *group = chat == NULL ? NULL : group_in_place(chat, message->group);
    *out = message->stood;
    if (out->entry == 0 && group != NULL) {
        memcpy(out->stream, group->id, sizeof out->stream);
        out->entry = message->entry;
    }
    return out->entry != 0 && message->kind != MESSAGE_GAP; /* what is missing here, nobody reads by that */
}

static void write_files(struct base_writer *writer, const struct message *message) {
    base_write_u32(writer, message->file_count);
    for (uint32_t i = 0; i < message->file_count; i++) {
        const struct message_file *file = &message->files[i];
        field_write_text(writer, file->name);
        field_write_text(writer, file->type);
        base_write_u64(writer, file->size);
        field_write_array(writer, file->blob, sizeof file->blob);
        field_write_array(writer, file->key.key, sizeof file->key.key);
        field_write_array(writer, file->key.nonce, sizeof file->key.nonce);
        base_write_u8(writer, (uint8_t)file->kind);
        base_write_u32(writer, file->width);
        base_write_u32(writer, file->height);
        base_write_u32(writer, file->duration);
        base_write_opaque(writer, base_slice(file->waveform, file->waveform_len));
        base_write_u32(writer, file->preview_type);
        base_write_opaque(writer, base_borrow(&file->preview));
    }
}

static base_result read_media(const struct weibel_core *core, struct base_reader *reader, struct message_file *file) {
    uint8_t kind;
    struct base_slice waveform;
    BASE_TRY(base_read_u8(reader, &kind));
    BASE_TRY(base_read_u32(reader, &file->width));
    BASE_TRY(base_read_u32(reader, &file->height));
    BASE_TRY(base_read_u32(reader, &file->duration));
    BASE_TRY(base_read_opaque_max(reader, sizeof file->waveform, &waveform));
    BASE_TRY(base_read_u32(reader, &file->preview_type));
    BASE_ENSURE(kind <= CONTENT_VIDEO && message_preview_type(file->preview_type) != NULL, BASE_ERR_VALUE);
    file->kind = (enum content_media_kind)kind;
    file->waveform_len = (uint32_t)waveform.len;
    if (waveform.len > 0) {
        memcpy(file->waveform, waveform.data, waveform.len);
    }
    return field_read_bytes(reader, core->options.allocator, &file->preview);
}

static base_result read_files(const struct weibel_core *core, struct base_reader *reader, struct message *out) {
    uint32_t count;
    BASE_TRY(base_read_u32(reader, &count));
    BASE_ENSURE(count <= WEIBEL_MAX_FILES, BASE_ERR_VALUE);
    if (count == 0) {
        return BASE_OK;
    }
    out->files = (struct message_file *)base_take(core->options.allocator, count, sizeof *out->files);
    BASE_ENSURE(out->files != NULL, BASE_ERR_NO_MEMORY);
    out->file_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct message_file *file = &out->files[i];
        BASE_TRY(field_read_text(reader, file->name, sizeof file->name));
        BASE_TRY(field_read_text(reader, file->type, sizeof file->type));
        BASE_TRY(base_read_u64(reader, &file->size));
        BASE_TRY(base_read_copy(reader, file->blob, sizeof file->blob));
        BASE_TRY(base_read_copy(reader, file->key.key, sizeof file->key.key));
        BASE_TRY(base_read_copy(reader, file->key.nonce, sizeof file->key.nonce));
        BASE_TRY(read_media(core, reader, file));
    }
    return BASE_OK;
}

base_result message_encode(struct weibel_core *core, const struct message *message, struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_u64(&writer, message->arrival);
    base_write_u8(&writer, (uint8_t)message->kind);
    base_write_u64(&writer, message->from);
    field_write_bool(&writer, message->own);
    field_write_bool(&writer, message->has_id);
    field_write_array(&writer, message->id, sizeof message->id);
    base_write_u64(&writer, message->sent_at);
    base_write_opaque(&writer, base_borrow(&message->text));
    field_write_bool(&writer, message->has_reply);
    field_write_array(&writer, message->reply_to, sizeof message->reply_to);
    base_write_u64(&writer, message->expires_at);
    base_write_u32(&writer, message->expire);
    base_write_u8(&writer, (uint8_t)message->state);
    trouble_save(&writer, &message->trouble);
    base_write_u64(&writer, message->group);
    base_write_u64(&writer, message->entry);
    field_write_array(&writer, message->nonce, sizeof message->nonce);
    base_write_u32(&writer, message->sequence);
    base_write_u64(&writer, message->stood.entry);
    field_write_array(&writer, message->stood.stream, message->stood.entry == 0 ? 0 : sizeof message->stood.stream);
    write_files(&writer, message);
    extra_write(&writer, message);
    field_write_bool(&writer, message->deleted);
    base_write_u64(&writer, message->edited_at);
    field_write_array(&writer, message->edit_id, sizeof message->edit_id);
    reaction_write(&writer, message);
    base_write_u8(&writer, message->told);
    receipt_write(&writer, message);
    vote_write(&writer, message);
    base_write_opaque(&writer, base_borrow(&message->content));
    field_write_array(&writer, message->salt, sizeof message->salt);
    copy_write(&writer, message);
    base_bytes_free(out);
    return base_writer_finish(&writer, out);
}

base_result message_save(struct weibel_core *core, const struct message *message) {
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(message_encode(core, message, &record));
    BASE_TRY(chat_keep_last(core, message));
    return out_put(&core->out, key_pair(KEY_MESSAGE, message->chat, message->number), base_borrow(&record));
}

base_result message_remove(struct weibel_core *core, const struct message *message) {
    BASE_TRY(out_remove(&core->out, key_pair(KEY_MESSAGE, message->chat, message->number)));
    if (message->has_id) {
        BASE_TRY(out_remove(&core->out, message_index_key(core, message->id + 1)));
    }
    struct chat *chat = chat_at(core, message->chat);
    if (chat != NULL) {
        chat_message_gone(chat, message->number);
        BASE_TRY(search_gone(core, message->chat, message->number));
    }
    BASE_TRY(arrival_forget(core, message->chat, message->number));
    BASE_TRY(thread_forget(core, message->chat, message->number));
    return event_message_removed(core, message);
}

base_result message_load(const struct weibel_core *core, uint64_t chat, uint64_t number, struct base_slice value,
                         struct message *out) {
    struct base_reader reader = base_reader(value);
    uint8_t kind, state;
    out->chat = chat;
    out->number = number;
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(base_read_u64(&reader, &out->arrival));
    BASE_TRY(base_read_u8(&reader, &kind));
    BASE_TRY(base_read_u64(&reader, &out->from));
    BASE_TRY(field_read_bool(&reader, &out->own));
    BASE_TRY(field_read_bool(&reader, &out->has_id));
    BASE_TRY(base_read_copy(&reader, out->id, sizeof out->id));
    BASE_TRY(base_read_u64(&reader, &out->sent_at));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &out->text));
    BASE_TRY(field_read_bool(&reader, &out->has_reply));
    BASE_TRY(base_read_copy(&reader, out->reply_to, sizeof out->reply_to));
    BASE_TRY(base_read_u64(&reader, &out->expires_at));
    BASE_TRY(base_read_u32(&reader, &out->expire));
    BASE_TRY(base_read_u8(&reader, &state));
    BASE_TRY(trouble_load(&reader, &out->trouble));
    BASE_TRY(base_read_u64(&reader, &out->group));
    BASE_TRY(base_read_u64(&reader, &out->entry));
    BASE_TRY(base_read_copy(&reader, out->nonce, sizeof out->nonce));
    BASE_TRY(base_read_u32(&reader, &out->sequence));
    BASE_TRY(base_read_u64(&reader, &out->stood.entry));
    BASE_TRY(base_read_copy(&reader, out->stood.stream, out->stood.entry == 0 ? 0 : sizeof out->stood.stream));
    BASE_TRY(read_files(core, &reader, out));
    BASE_TRY(extra_read(core, &reader, out));
    BASE_TRY(field_read_bool(&reader, &out->deleted));
    BASE_TRY(base_read_u64(&reader, &out->edited_at));
    BASE_TRY(base_read_copy(&reader, out->edit_id, sizeof out->edit_id));
    BASE_TRY(reaction_read(core, &reader, out));
    BASE_TRY(base_read_u8(&reader, &out->told));
    BASE_TRY(receipt_read(core, &reader, out));
    BASE_TRY(vote_read(core, &reader, out));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &out->content));
    BASE_TRY(base_read_copy(&reader, out->salt, sizeof out->salt));
    BASE_TRY(copy_read(core, &reader, out));
    BASE_ENSURE(kind >= MESSAGE_TEXT && kind < MESSAGE_KIND_END && state <= MESSAGE_FAILED, BASE_ERR_VALUE);
    out->kind = (enum message_kind)kind;
    out->state = (enum message_state)state;
    return base_read_end(&reader);
}

void message_id_text(const uint8_t id[CONTENT_ID_LEN], char out[MESSAGE_ID_TEXT_LEN + 1]) {
    const uint8_t *hash = id + 1; /* the first byte says which hash */
    for (size_t i = 0; i < MESSAGE_ID_TEXT_LEN; i++) {
        size_t bit = i * 5;
        unsigned two = (unsigned)hash[bit / 8] << 8 | hash[bit / 8 + 1];
        out[i] = alphabet[two >> (11 - bit % 8) & 31];
    }
    out[MESSAGE_ID_TEXT_LEN] = 0;
}

bool message_id_parse(struct base_slice text, uint8_t out[MESSAGE_ID_PREFIX]) {
    if (text.len != MESSAGE_ID_TEXT_LEN) {
        return false;
    }
    memset(out, 0, MESSAGE_ID_PREFIX);
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
        const char *found = c == 0 ? NULL : strchr(alphabet, c);
        if (found == NULL) {
            return false;
        }
        unsigned value = (unsigned)(found - alphabet);
        size_t bit = i * 5;
        unsigned two = value << (11 - bit % 8);
        out[bit / 8] |= (uint8_t)(two >> 8);
        if (bit / 8 + 1 < MESSAGE_ID_PREFIX) {
            out[bit / 8 + 1] |= (uint8_t)two;
        }
    }
    return true;
}

struct key message_index_key(const struct weibel_core *core, const uint8_t prefix[MESSAGE_ID_PREFIX]) {
    struct key key = key_table(KEY_INDEX);
    vault_pseudonym(&core->vault, base_slice(prefix, MESSAGE_ID_PREFIX), key.data + key.len);
    key.len += VAULT_PSEUDONYM_LEN;
    return key;
}

base_result message_index_save(struct weibel_core *core, const struct message *message) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, 16);
    base_write_u64(&writer, message->chat);
    base_write_u64(&writer, message->number);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    BASE_TRY(thread_save(core, message));
    return out_put(&core->out, message_index_key(core, message->id + 1), base_borrow(&record));
}

base_result message_index_load(struct base_slice value, uint64_t *chat, uint64_t *number) {
    struct base_reader reader = base_reader(value);
    BASE_TRY(base_read_u64(&reader, chat));
    BASE_TRY(base_read_u64(&reader, number));
    return base_read_end(&reader);
}

static const char *state_text(const struct weibel_core *core, const struct message *message) {
    if (message->state == MESSAGE_QUEUED) {
        for (size_t i = 0; i < core->transfers.count; i++) {
            const struct transfer *transfer = (const struct transfer *)core->transfers.items[i];
            if (transfer->kind == TRANSFER_UPLOAD && transfer->stage != TRANSFER_HOLDING &&
                transfer->chat == message->chat && transfer->message == message->number) {
                return "uploading";
            }
        }
        return "queued";
    }
    return message->state == MESSAGE_SENT ? receipt_state(core, message) : "failed";
}

static void file_json(struct base_writer *writer, const struct message_file *file) {
    static const char *const kinds[] = { "file", "image", "voice", "video" };
    const struct {
        const char *name;
        uint32_t number;
    } numbers[] = { { "width", file->width }, { "height", file->height }, { "duration", file->duration } };
    json_object(writer);
    json_put_string(writer, "name", file->name);
    json_put_number(writer, "size", file->size);
    json_put_string(writer, "type", file->type);
    json_put_string(writer, "kind", kinds[file->kind]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i].number > 0) {
            json_put_number(writer, numbers[i].name, numbers[i].number);
        }
    }
    if (file->waveform_len > 0) {
        json_put_base64(writer, "waveform", base_slice(file->waveform, file->waveform_len));
    }
    if (file->preview.len > 0) {
        json_put_base64(writer, "thumbnail", base_borrow(&file->preview));
        json_put_string(writer, "thumbnail_type", message_preview_type(file->preview_type));
    }
    json_object_end(writer);
}

void message_json(const struct weibel_core *core, struct base_writer *writer, const struct message *message) {
    char text[WIRE_MAX_ADDRESS + 1];
    json_object(writer);
    const struct chat *chat = chat_at(core, message->chat);
    chat_text(core, chat, text);
    json_put_string(writer, "chat", text);
    if (message->has_id) {
        message_id_text(message->id, text);
        json_put_string(writer, "id", text);
    }
    json_put_number(writer, "number", message->number);
    if (message->arrival != 0) {
        json_put_number(writer, "arrival", message->arrival);
    }
    json_put_string(writer, "kind", message->kind == MESSAGE_TEXT ? "message" : "notice");
    if (message->kind != MESSAGE_TEXT) {
        json_put_string(writer, "notice", notice_names[message->kind]);
    }
    const struct contact *from = contact_at(core, message->from);
    if (from != NULL) {
        contact_text(core, from, text);
        json_put_string(writer, "from", text);
    } else if (message->own) {
        wire_id_format(core->account.id, text);
        json_put_string(writer, "from", text);
    }
    json_put_bool(writer, "own", message->own);
    json_put_number(writer, "sent_at", message->sent_at);
    if (message->kind == MESSAGE_TEXT) {
        json_put_text(writer, "text", base_borrow(&message->text));
    } else {
        notice_json(core, writer, base_borrow(&message->text));
    }
    json_name(writer, "files");
    json_array(writer);
    for (uint32_t i = 0; i < message->file_count; i++) {
        file_json(writer, &message->files[i]);
    }
    json_array_end(writer);
    if (message->has_reply) {
        message_id_text(message->reply_to, text);
        json_put_string(writer, "reply_to", text);
    }
    extra_json(core, writer, message);
    if (message->deleted) {
        json_put_bool(writer, "deleted", true);
    }
    if (message->edited_at != 0) {
        json_put_number(writer, "edited_at", message->edited_at);
    }
    if (message->calls) {
        json_put_bool(writer, "calls_now", true);
    }
    reaction_json(core, writer, message);
    receipt_json(core, writer, message);
    uint64_t expires_at = message->expire == 0 ? message->expires_at : expiry_at(core, message->chat, message->number);
    if (expires_at != 0) {
        json_put_number(writer, "expires_at", expires_at);
    } else if (message->expire != 0) {
        json_put_number(writer, "expire", message->expire);
    }
    if (message->state != MESSAGE_RECEIVED) {
        json_put_string(writer, "state", state_text(core, message));
    }
    if (message->state == MESSAGE_FAILED) {
        json_name(writer, "error");
        trouble_write(writer, &message->trouble);
    }
    json_object_end(writer);
}
