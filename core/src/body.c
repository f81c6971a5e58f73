/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The body of a message: which part is the text, which are files, and what is of our own types.
 */
#include "body.h"

#include <stdio.h>

#include "content/cbor.h"
#include "content/location.h"
#include "content/poll.h"
#include "extra.h"
#include "field.h"

enum { BLOB_HEX_LEN = 2 * WIRE_BLOB_LEN };

static const char plain_type[] = "text/plain;charset=utf-8";
static const char markdown_type[] = "text/markdown;variant=GFM-MIMI";
static const char blob_path[] = "/blobs/";

static void write_single(struct base_writer *writer, enum content_disposition disposition, const char *type,
                         struct base_slice content) {
    struct content_part part = {
        .disposition = (uint8_t)disposition,
        .cardinality = CONTENT_SINGLE,
        .type = base_slice_text(type),
        .content = content,
    };
    content_part_write(writer, &part);
}

/* A part of a type of our own, beside a text for programs that don't know it. */
static void write_choice(struct weibel_core *core, struct base_writer *writer, const char *type,
                         struct base_slice content, const struct base_writer *text) {
    struct base_writer parts BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    write_single(&parts, CONTENT_RENDER, type, content);
    write_single(&parts, CONTENT_RENDER, plain_type, base_writer_view(text));
    struct content_part part = {
        .disposition = CONTENT_RENDER,
        .cardinality = CONTENT_MULTI,
        .semantics = CONTENT_CHOOSE_ONE,
        .count = 2,
        .parts = base_writer_view(&parts),
    };
    content_part_write(writer, &part);
    if (parts.failed != BASE_OK || text->failed != BASE_OK) {
        base_writer_fail(writer, parts.failed != BASE_OK ? parts.failed : text->failed);
    }
}

static base_result write_poll(struct weibel_core *core, struct base_writer *writer, struct base_slice bytes) {
    struct base_writer text BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    struct content_poll poll;
    BASE_TRY(content_poll_decode(bytes, &poll));
    content_poll_text(&text, &poll);
    write_choice(core, writer, content_poll_type, bytes, &text);
    return BASE_OK;
}

static base_result write_location(struct weibel_core *core, struct base_writer *writer, struct base_slice bytes) {
    struct base_writer text BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    struct content_location location;
    BASE_TRY(content_location_decode(bytes, &location));
    content_location_text(&text, &location);
    write_choice(core, writer, content_location_type, bytes, &text);
    return BASE_OK;
}

static void write_external(struct weibel_core *core, struct base_writer *writer, const struct message_file *file) {
    char url[sizeof "https://" + WIRE_MAX_DOMAIN + sizeof blob_path + BLOB_HEX_LEN];
    int len = snprintf(url, sizeof url, "https://%s%s", core->account.domain, blob_path);
    for (size_t i = 0; i < WIRE_BLOB_LEN; i++) {
        len += snprintf(url + len, sizeof url - (size_t)len, "%02x", file->blob[i]);
    }
    struct content_part part = {
        .disposition = file->kind == CONTENT_FILE ? CONTENT_ATTACHMENT : CONTENT_INLINE,
        .cardinality = CONTENT_EXTERNAL,
        .type = base_slice_text(file->type),
        .url = base_slice(url, (size_t)len),
        .size = file->size,
        .encryption = CONTENT_XCHACHA20_CHUNKS,
        .key = base_slice(file->key.key, sizeof file->key.key),
        .nonce = base_slice(file->key.nonce, sizeof file->key.nonce),
        .filename = base_slice_text(file->name),
    };
    content_part_write(writer, &part);
}

static bool is_described(const struct message_file *file) {
    return file->kind != CONTENT_FILE || file->width > 0 || file->height > 0 || file->duration > 0 ||
           file->waveform_len > 0;
}

/* A file; with what describes it, if there is something, in parts behind it. */
static void write_file(struct weibel_core *core, struct base_writer *writer, const struct message_file *file) {
    if (!is_described(file) && file->preview.len == 0) {
        write_external(core, writer, file);
        return;
    }
    struct base_writer parts BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    struct base_writer description BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    struct content_part all = {
        .disposition = file->kind == CONTENT_FILE ? CONTENT_ATTACHMENT : CONTENT_INLINE,
        .cardinality = CONTENT_MULTI,
        .semantics = CONTENT_PROCESS_ALL,
        .count = 1,
    };
    write_external(core, &parts, file);
    if (is_described(file)) {
        content_media_encode(&description,
                             &(struct content_media){ (uint8_t)file->kind, file->width, file->height, file->duration,
                                                      base_slice(file->waveform, file->waveform_len) });
        write_single(&parts, CONTENT_PREVIEW, content_media_type, base_writer_view(&description));
        all.count++;
    }
    if (file->preview.len > 0) {
        write_single(&parts, CONTENT_PREVIEW, message_preview_type(file->preview_type), base_borrow(&file->preview));
        all.count++;
    }
    all.parts = base_writer_view(&parts);
    content_part_write(writer, &all);
    if (parts.failed != BASE_OK || description.failed != BASE_OK) {
        base_writer_fail(writer, parts.failed != BASE_OK ? parts.failed : description.failed);
    }
}

base_result body_write(struct weibel_core *core, const struct message *message, struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    const struct message_extra *extra = message->extra;
    bool has_text = message->text.len > 0;
    bool has_poll = extra != NULL && extra->poll.len > 0, has_location = extra != NULL && extra->location.len > 0;
    uint64_t count = message->file_count + (uint64_t)(has_text ? 1 : 0) + (has_poll ? 1 : 0) + (has_location ? 1 : 0);
    if (count > 1) {
        cbor_write_head(&writer, CBOR_ARRAY, 5);
        cbor_write_head(&writer, CBOR_UNSIGNED, CONTENT_RENDER);
        cbor_write_text(&writer, base_slice(NULL, 0));
        cbor_write_head(&writer, CBOR_UNSIGNED, CONTENT_MULTI);
        cbor_write_head(&writer, CBOR_UNSIGNED, CONTENT_PROCESS_ALL);
        cbor_write_head(&writer, CBOR_ARRAY, count);
    }
    if (has_text) {
        write_single(&writer, CONTENT_RENDER, extra != NULL && extra->markdown ? markdown_type : plain_type,
                     base_borrow(&message->text));
    }
    if (has_poll) {
        BASE_TRY(write_poll(core, &writer, base_borrow(&extra->poll)));
    }
    if (has_location) {
        BASE_TRY(write_location(core, &writer, base_borrow(&extra->location)));
    }
    for (uint32_t i = 0; i < message->file_count; i++) {
        write_file(core, &writer, &message->files[i]);
    }
    return base_writer_finish(&writer, out);
}

/* The part's media type is this one, whatever its parameters are. */
static bool has_type(const struct content_part *part, const char *name) {
    struct base_slice type = base_slice_text(name);
    return part->type.len >= type.len && memcmp(part->type.data, type.data, type.len) == 0 &&
           (part->type.len == type.len || part->type.data[type.len] == ';');
}

static int hex_digit(uint8_t c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The blob's name at the end of its URL. */
static bool parse_blob(struct base_slice url, uint8_t blob[WIRE_BLOB_LEN]) {
    size_t path_len = sizeof blob_path - 1;
    if (url.len < path_len + BLOB_HEX_LEN) {
        return false;
    }
    const uint8_t *hex = url.data + url.len - BLOB_HEX_LEN;
    if (memcmp(hex - path_len, blob_path, path_len) != 0) {
        return false;
    }
    for (size_t i = 0; i < WIRE_BLOB_LEN; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        blob[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* A name that is no path: what a sender calls a file must not choose where it lands. */
static void set_file_name(struct message_file *file, struct base_slice name) {
    for (size_t i = name.len; i > 0; i--) {
        if (name.data[i - 1] == '/' || name.data[i - 1] == '\\') {
            name = base_slice(name.data + i, name.len - i);
            break;
        }
    }
    while (name.len > 0 && (name.len > WEIBEL_MAX_FILE_NAME || !cbor_utf8_valid(name))) {
        name.len--;
    }
    bool usable =
        name.len > 0 && !base_slice_equal(name, base_slice_text(".")) && !base_slice_equal(name, base_slice_text(".."));
    for (size_t i = 0; i < name.len; i++) {
        usable = usable && name.data[i] >= 0x20 && name.data[i] != 0x7f;
    }
    field_set_text(file->name, sizeof file->name, usable ? name : base_slice_text("file"));
}

/* What other programs show in their text is shown here too. */
static enum content_media_kind guess_kind(const struct content_part *part) {
    static const char image[] = "image/", video[] = "video/";
    enum { LEN = sizeof image - 1 };
    if (part->type.len <= LEN || part->disposition == CONTENT_ATTACHMENT) {
        return CONTENT_FILE;
    }
    return memcmp(part->type.data, image, LEN) == 0   ? CONTENT_IMAGE
           : memcmp(part->type.data, video, LEN) == 0 ? CONTENT_VIDEO
                                                      : CONTENT_FILE;
}

static bool read_file(const struct content_part *part, struct message_file *file) {
    if (part->encryption != CONTENT_XCHACHA20_CHUNKS || part->key.len != sizeof file->key.key ||
        part->nonce.len != sizeof file->key.nonce || part->size > WEIBEL_MAX_FILE ||
        part->type.len > MESSAGE_MAX_TYPE || !parse_blob(part->url, file->blob)) {
        return false;
    }
    memcpy(file->key.key, part->key.data, part->key.len);
    memcpy(file->key.nonce, part->nonce.data, part->nonce.len);
    file->size = part->size;
    file->kind = guess_kind(part);
    field_set_text(file->type, sizeof file->type, part->type);
    set_file_name(file, part->filename);
    return true;
}

/* What was found so far in a body. */
struct finding {
    struct weibel_core *core;
    struct message *message;
    struct base_writer text;
    bool plain; /* a part of the text is no Markdown */
    bool markdown;
    struct base_slice unknown; /* a media type that can't be shown */
    bool has_unknown;
};

/* Texts of several parts become one. */
static base_result take_text(struct finding *finding, const struct content_part *part, bool *taken) {
    bool markdown = has_type(part, "text/markdown");
    *taken = (markdown || has_type(part, "text/plain")) && cbor_utf8_valid(part->content);
    if (!*taken) {
        return BASE_OK;
    }
    if (base_writer_view(&finding->text).len > 0) {
        base_write_u8(&finding->text, '\n');
    }
    base_write_slice(&finding->text, part->content);
    finding->markdown = finding->markdown || markdown;
    finding->plain = finding->plain || !markdown;
    return BASE_OK;
}

/* A part of a type of our own; a message has one of each. */
static base_result take_special(struct finding *finding, const struct content_part *part, bool *taken) {
    struct weibel_core *core = finding->core;
    struct content_poll poll;
    struct content_location location;
    bool is_poll = has_type(part, content_poll_type) && content_poll_decode(part->content, &poll) == BASE_OK;
    bool is_location =
        has_type(part, content_location_type) && content_location_decode(part->content, &location) == BASE_OK;
    *taken = false;
    if (!is_poll && !is_location) {
        return BASE_OK;
    }
    struct message_extra *extra;
    BASE_TRY(extra_get(core, finding->message, &extra));
    struct base_bytes *place = is_poll ? &extra->poll : &extra->location;
    *taken = place->len == 0;
    return *taken ? base_bytes_copy(core->options.allocator, part->content, place) : BASE_OK;
}

static base_result take_file(struct finding *finding, const struct content_part *part, bool *taken) {
    struct message *message = finding->message;
    struct message_file file = { 0 };
    *taken = message->file_count < WEIBEL_MAX_FILES && read_file(part, &file);
    if (!*taken) {
        return BASE_OK;
    }
    size_t count = message->file_count + (size_t)1;
    struct message_file *files =
        message->files == NULL
            ? (struct message_file *)base_take(finding->core->options.allocator, count, sizeof *files)
            : (struct message_file *)base_retake(message->files, count, sizeof *files);
    BASE_ENSURE(files != NULL, BASE_ERR_NO_MEMORY);
    files[message->file_count] = file;
    message->files = files;
    message->file_count++;
    base_wipe(&file, sizeof file);
    return BASE_OK;
}

/* A part that describes the file before it. */
static base_result take_description(struct finding *finding, const struct content_part *part, struct message_file *file,
                                    bool *taken) {
    struct content_media media;
    *taken = true;
    if (has_type(part, content_media_type) && content_media_decode(part->content, &media) == BASE_OK) {
        file->kind = (enum content_media_kind)media.kind;
        file->width = media.width;
        file->height = media.height;
        file->duration = media.duration;
        file->waveform_len = (uint32_t)media.waveform.len;
        if (media.waveform.len > 0) {
            memcpy(file->waveform, media.waveform.data, media.waveform.len);
        }
        return BASE_OK;
    }
    const char *type;
    for (uint32_t i = 0; (type = message_preview_type(i)) != NULL; i++) {
        if (part->disposition == CONTENT_PREVIEW && has_type(part, type) && part->content.len <= MESSAGE_MAX_PREVIEW) {
            file->preview_type = i;
            base_bytes_free(&file->preview);
            return base_bytes_copy(finding->core->options.allocator, part->content, &file->preview);
        }
    }
    *taken = false;
    return BASE_OK;
}

/* Takes in one part with all that is in it; `shown` says if anything of it can be shown. Depth was checked when the
 * content was decoded. `files`: how many files there were before the multipart that it is in: of its own files the last
 * one is what it may describe. */
static base_result take_part(struct finding *finding, struct base_reader *reader, uint32_t files, bool *shown) {
    struct content_part part;
    BASE_TRY(content_part_read(reader, &part));
    *shown = false;
    if (part.cardinality == CONTENT_SINGLE) {
        struct message *message = finding->message;
        if (message->file_count > files) {
            BASE_TRY(take_description(finding, &part, &message->files[message->file_count - 1], shown));
        }
        if (!*shown) {
            BASE_TRY(take_text(finding, &part, shown));
        }
        if (!*shown) {
            BASE_TRY(take_special(finding, &part, shown));
        }
    } else if (part.cardinality == CONTENT_EXTERNAL) {
        BASE_TRY(take_file(finding, &part, shown));
    } else if (part.cardinality == CONTENT_MULTI) {
        struct base_reader parts = base_reader(part.parts);
        uint32_t before = finding->message->file_count;
        for (uint64_t i = 0; i < part.count && !(part.semantics == CONTENT_CHOOSE_ONE && *shown); i++) {
            bool part_shown;
            BASE_TRY(take_part(finding, &parts, before, &part_shown));
            *shown = *shown || part_shown;
        }
        return BASE_OK;
    }
    if (!*shown && part.cardinality != CONTENT_NULL_PART) {
        finding->unknown = part.type;
        finding->has_unknown = true;
    }
    return BASE_OK;
}

static void free_finding(struct finding *finding) {
    base_writer_free(&finding->text);
}

base_result body_read(struct weibel_core *core, struct base_slice body, struct message *message) {
    struct finding finding BASE_CLEANUP(free_finding) = {
        .core = core,
        .message = message,
        .text = base_writer(core->options.allocator, CONTENT_MAX),
    };
    struct base_reader reader = base_reader(body);
    bool shown;
    BASE_TRY(take_part(&finding, &reader, 0, &shown));
    if (!shown && finding.has_unknown) {
        base_write_slice(&finding.text, base_slice_text("(a message that this program can't show"));
        if (finding.unknown.len > 0) {
            base_write_slice(&finding.text, base_slice_text(": "));
            base_write_slice(&finding.text, finding.unknown);
        }
        base_write_slice(&finding.text, base_slice_text(")"));
    }
    base_bytes_free(&message->text);
    BASE_TRY(base_writer_finish(&finding.text, &message->text));
    return extra_set_markdown(core, message, finding.markdown && !finding.plain);
}
