/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a face may say about a message besides its text and files.
 */
#include "compose.h"

#include <string.h>

#include "content/location.h"
#include "content/poll.h"
#include "extra.h"
#include "field.h"
#include "json.h"

static base_result refuse(struct weibel_core *core, struct call *call, const char *words) {
    return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "%s", words);
}

static const cJSON *member(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static base_result take_format(struct weibel_core *core, struct call *call, const cJSON *params,
                               struct message *message, bool *good) {
    struct base_slice format = json_get_text(params, "format");
    *good = base_slice_equal(format, base_slice_text("markdown"));
    return *good ? extra_set_markdown(core, message, true)
                 : refuse(core, call, "format must be markdown, or be left out");
}

base_result compose_mentions(struct weibel_core *core, struct call *call, const cJSON *params, struct message *message,
                             bool *good) {
    const cJSON *mentions = member(params, "mentions"), *item;
    *good = cJSON_IsArray(mentions);
    if (!*good) {
        return refuse(core, call, "mentions must be a list of IDs");
    }
    cJSON_ArrayForEach(item, mentions) {
        struct wire_address address;
        *good = cJSON_IsString(item) && wire_address_parse(base_slice_text(item->valuestring), &address) == BASE_OK;
        if (!*good) {
            return refuse(core, call, "mentions must be a list of IDs");
        }
        if (address.domain[0] == 0) {
            field_set_text(address.domain, sizeof address.domain, base_slice_text(core->account.domain));
        }
        BASE_TRY(extra_mention(core, message, &address, good));
        if (!*good) {
            return rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a message can mention %d people at most",
                              EXTRA_MAX_MENTIONS);
        }
    }
    return BASE_OK;
}

/* Decoding what was encoded checks it. */
static base_result take_poll(struct weibel_core *core, struct call *call, const cJSON *params, struct message *message,
                             bool *good) {
    const cJSON *asked = member(params, "poll"), *options = member(asked, "options"),
                *multiple = member(asked, "multiple"), *item;
    struct content_poll poll = { .question = json_get_text(asked, "question"), .multiple = cJSON_IsTrue(multiple) };
    int count = cJSON_GetArraySize(options);
    *good = poll.question.data != NULL && cJSON_IsArray(options) && count >= CONTENT_MIN_OPTIONS &&
            count <= CONTENT_MAX_OPTIONS && (multiple == NULL || cJSON_IsBool(multiple));
    if (!*good) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "a poll needs a question and %d to %d options",
                          CONTENT_MIN_OPTIONS, CONTENT_MAX_OPTIONS);
    }
    cJSON_ArrayForEach(item, options) {
        poll.options[poll.count++] = cJSON_IsString(item) ? base_slice_text(item->valuestring) : base_slice(NULL, 0);
    }
    struct message_extra *extra;
    BASE_TRY(extra_get(core, message, &extra));
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, WEIBEL_MAX_LINE);
    content_poll_encode(&writer, &poll);
    BASE_TRY(base_writer_finish(&writer, &extra->poll));
    *good = content_poll_decode(base_borrow(&extra->poll), &poll) == BASE_OK;
    return *good ? BASE_OK
                 : rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                              "a poll's question can have %d bytes at most, an option %d, and neither can be empty or "
                              "have several lines",
                              CONTENT_MAX_QUESTION, CONTENT_MAX_OPTION);
}

/* Degrees as units; false if it is no such number. */
static bool take_degrees(const cJSON *object, const char *name, double max, int32_t *out) {
    const cJSON *item = member(object, name);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= -max && item->valuedouble <= max)) {
        return false;
    }
    *out = (int32_t)(item->valuedouble * CONTENT_DEGREE + (item->valuedouble < 0 ? -0.5 : 0.5));
    return true;
}

static bool take_accuracy(const cJSON *object, uint32_t *out) {
    const cJSON *item = member(object, "accuracy");
    if (item == NULL) {
        return true;
    }
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= CONTENT_MAX_ACCURACY)) {
        return false;
    }
    *out = (uint32_t)item->valuedouble;
    *out += *out < item->valuedouble ? 1 : 0; /* not more exact than it was said to be */
    return true;
}

static base_result take_location(struct weibel_core *core, struct call *call, const cJSON *params,
                                 struct message *message, bool *good) {
    const cJSON *asked = member(params, "location");
    struct content_location location = { .name = json_get_text(asked, "name") };
    *good = take_degrees(asked, "latitude", 90, &location.latitude) &&
            take_degrees(asked, "longitude", 180, &location.longitude) && take_accuracy(asked, &location.accuracy);
    if (!*good) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                          "a location needs a latitude from -90 to 90 and a longitude from -180 to 180; an accuracy is "
                          "%d metres at most",
                          CONTENT_MAX_ACCURACY);
    }
    struct message_extra *extra;
    BASE_TRY(extra_get(core, message, &extra));
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, WEIBEL_MAX_LINE);
    content_location_encode(&writer, &location);
    BASE_TRY(base_writer_finish(&writer, &extra->location));
    *good = content_location_decode(base_borrow(&extra->location), &location) == BASE_OK;
    return *good ? BASE_OK
                 : rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                              "a location's name can have %d bytes at most, and one line", CONTENT_MAX_PLACE);
}

/* A member of a file that is a number, or not there. */
static bool take_number(const cJSON *item, const char *name, uint64_t max, uint32_t *out) {
    uint64_t number = 0;
    if (member(item, name) != NULL && (!json_get_number(item, name, &number) || number > max)) {
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

static bool take_kind(const cJSON *item, enum content_media_kind *out) {
    static const char *const kinds[] = { "file", "image", "voice", "video" };
    struct base_slice kind = json_get_text(item, "kind");
    *out = CONTENT_FILE;
    if (member(item, "kind") == NULL) {
        return true;
    }
    for (uint32_t i = 0; i <= CONTENT_VIDEO; i++) {
        if (base_slice_equal(kind, base_slice_text(kinds[i]))) {
            *out = (enum content_media_kind)i;
            return true;
        }
    }
    return false;
}

static base_result take_waveform(struct weibel_core *core, const cJSON *item, struct message_file *file, bool *good) {
    struct base_bytes bytes BASE_CLEANUP(base_bytes_free) = { 0 };
    *good = true;
    if (member(item, "waveform") == NULL) {
        return BASE_OK;
    }
    BASE_TRY(json_get_base64(item, "waveform", sizeof file->waveform, core->options.allocator, &bytes, good));
    file->waveform_len = (uint32_t)bytes.len;
    if (bytes.len > 0) {
        memcpy(file->waveform, bytes.data, bytes.len);
    }
    return BASE_OK;
}

static base_result take_thumbnail(struct weibel_core *core, const cJSON *item, struct message_file *file, bool *good) {
    struct base_slice type = json_get_text(item, "thumbnail_type");
    const char *known;
    *good = true;
    if (member(item, "thumbnail") == NULL) {
        return BASE_OK;
    }
    while ((known = message_preview_type(file->preview_type)) != NULL &&
           !base_slice_equal(type, base_slice_text(known))) {
        file->preview_type++;
    }
    if (known == NULL) {
        *good = false;
        return BASE_OK;
    }
    return json_get_base64(item, "thumbnail", MESSAGE_MAX_PREVIEW, core->options.allocator, &file->preview, good);
}

base_result compose_media(struct weibel_core *core, struct call *call, const cJSON *item, struct message_file *file,
                          bool *good) {
    *good = take_kind(item, &file->kind) && take_number(item, "width", CONTENT_MAX_PIXELS, &file->width) &&
            take_number(item, "height", CONTENT_MAX_PIXELS, &file->height) &&
            take_number(item, "duration", CONTENT_MAX_DURATION, &file->duration);
    if (!*good) {
        return refuse(core, call, "a file's kind is file, image, voice or video, and its numbers have bounds");
    }
    BASE_TRY(take_waveform(core, item, file, good));
    if (!*good) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "a waveform is base64 of at most %d bytes",
                          CONTENT_MAX_WAVEFORM);
    }
    BASE_TRY(take_thumbnail(core, item, file, good));
    return *good
               ? BASE_OK
               : rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                            "a thumbnail is base64 of at most %d bytes, and a JPEG, PNG or WebP", MESSAGE_MAX_PREVIEW);
}

base_result compose_extra(struct weibel_core *core, struct call *call, const cJSON *params, struct message *message,
                          bool *good) {
    static const struct {
        const char *name;
        base_result (*take)(struct weibel_core *core, struct call *call, const cJSON *params, struct message *message,
                            bool *good);
    } members[] = {
        { "format", take_format },
        { "mentions", compose_mentions },
        { "poll", take_poll },
        { "location", take_location },
    };
    *good = true;
    for (size_t i = 0; *good && i < sizeof members / sizeof *members; i++) {
        if (member(params, members[i].name) != NULL) {
            BASE_TRY(members[i].take(core, call, params, message, good));
        }
    }
    return BASE_OK;
}

static base_result copy_files(struct weibel_core *core, const struct message *other, struct message *message) {
    const struct base_allocator *allocator = core->options.allocator;
    if (other->file_count == 0) {
        return BASE_OK;
    }
    message->files = (struct message_file *)base_take(allocator, other->file_count, sizeof *message->files);
    BASE_ENSURE(message->files != NULL, BASE_ERR_NO_MEMORY);
    for (uint32_t i = 0; i < other->file_count; i++) {
        struct message_file *file = &message->files[message->file_count++];
        *file = other->files[i];
        file->preview = (struct base_bytes){ 0 };
        BASE_TRY(base_bytes_copy(allocator, base_borrow(&other->files[i].preview), &file->preview));
    }
    return BASE_OK;
}

base_result compose_forward(struct weibel_core *core, const struct message *other, struct message *message) {
    const struct base_allocator *allocator = core->options.allocator;
    struct message_extra *extra;
    BASE_TRY(extra_get(core, message, &extra));
    extra->forwarded = true;
    if (other->extra != NULL) {
        extra->markdown = other->extra->markdown;
        BASE_TRY(base_bytes_copy(allocator, base_borrow(&other->extra->poll), &extra->poll));
        BASE_TRY(base_bytes_copy(allocator, base_borrow(&other->extra->location), &extra->location));
    }
    base_bytes_free(&message->text);
    BASE_TRY(base_bytes_copy(allocator, base_borrow(&other->text), &message->text));
    return copy_files(core, other, message);
}
