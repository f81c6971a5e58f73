/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What only some messages have.
 */
#include "extra.h"

#include <sodium.h>
#include <stdio.h>

#include "account.h"
#include "contact.h"
#include "content/cbor.h"
#include "content/location.h"
#include "content/poll.h"
#include "field.h"
#include "json.h"
#include "vote.h"

base_result extra_get(const struct weibel_core *core, struct message *message, struct message_extra **out) {
    if (message->extra == NULL) {
        message->extra = (struct message_extra *)base_take(core->options.allocator, 1, sizeof *message->extra);
    }
    *out = message->extra;
    return message->extra == NULL ? &BASE_ERR_NO_MEMORY : BASE_OK;
}

base_result extra_set_markdown(const struct weibel_core *core, struct message *message, bool markdown) {
    struct message_extra *extra = message->extra;
    markdown = markdown && message->text.len > 0;
    if (extra == NULL && !markdown) {
        return BASE_OK;
    }
    BASE_TRY(extra_get(core, message, &extra));
    extra->markdown = markdown;
    return BASE_OK;
}

void extra_free(struct message *message) {
    if (message->extra != NULL) {
        base_free(message->extra->mentions);
        base_bytes_free(&message->extra->poll);
        base_bytes_free(&message->extra->location);
        base_free(message->extra);
        message->extra = NULL;
    }
}

bool extra_says_nothing(const struct message *message) {
    const struct message_extra *extra = message->extra;
    return message->text.len == 0 && message->file_count == 0 &&
           (extra == NULL || (extra->poll.len == 0 && extra->location.len == 0));
}

/* --- record --- */

void extra_write_mentions(struct base_writer *writer, const struct message *message) {
    const struct message_extra *extra = message->extra;
    base_write_u32(writer, extra == NULL ? 0 : extra->mention_count);
    for (uint32_t i = 0; extra != NULL && i < extra->mention_count; i++) {
        field_write_array(writer, extra->mentions[i].account, sizeof extra->mentions[i].account);
        field_write_text(writer, extra->mentions[i].domain);
    }
}

void extra_write(struct base_writer *writer, const struct message *message) {
    const struct message_extra *extra = message->extra;
    field_write_bool(writer, extra != NULL);
    if (extra == NULL) {
        return;
    }
    field_write_bool(writer, extra->markdown);
    field_write_bool(writer, extra->forwarded);
    field_write_bool(writer, extra->has_thread);
    field_write_array(writer, extra->thread, sizeof extra->thread);
    base_write_u64(writer, extra->handed_by);
    extra_write_mentions(writer, message);
    base_write_opaque(writer, base_borrow(&extra->poll));
    base_write_opaque(writer, base_borrow(&extra->location));
}

static base_result read_mentions(const struct weibel_core *core, struct base_reader *reader, struct message *message) {
    uint32_t count;
    bool taken;
    BASE_TRY(base_read_u32(reader, &count));
    BASE_ENSURE(count <= EXTRA_MAX_MENTIONS, BASE_ERR_VALUE);
    for (uint32_t i = 0; i < count; i++) {
        struct wire_address address;
        BASE_TRY(base_read_copy(reader, address.account, sizeof address.account));
        BASE_TRY(field_read_text(reader, address.domain, sizeof address.domain));
        BASE_TRY(extra_mention(core, message, &address, &taken));
    }
    return BASE_OK;
}

base_result extra_set_mentions(const struct weibel_core *core, struct message *message, struct base_slice written) {
    struct base_reader reader = base_reader(written);
    if (message->extra != NULL) {
        base_free(message->extra->mentions);
        message->extra->mentions = NULL;
        message->extra->mention_count = 0;
    }
    BASE_TRY(read_mentions(core, &reader, message));
    return base_read_end(&reader);
}

base_result extra_read(const struct weibel_core *core, struct base_reader *reader, struct message *message) {
    struct message_extra *extra;
    bool present;
    BASE_TRY(field_read_bool(reader, &present));
    if (!present) {
        return BASE_OK;
    }
    BASE_TRY(extra_get(core, message, &extra));
    BASE_TRY(field_read_bool(reader, &extra->markdown));
    BASE_TRY(field_read_bool(reader, &extra->forwarded));
    BASE_TRY(field_read_bool(reader, &extra->has_thread));
    BASE_TRY(base_read_copy(reader, extra->thread, sizeof extra->thread));
    BASE_TRY(base_read_u64(reader, &extra->handed_by));
    BASE_TRY(read_mentions(core, reader, message));
    BASE_TRY(field_read_bytes(reader, core->options.allocator, &extra->poll));
    return field_read_bytes(reader, core->options.allocator, &extra->location);
}

/* --- JSON --- */

static void poll_json(const struct weibel_core *core, struct base_writer *writer, const struct message *message) {
    struct content_poll poll;
    if (content_poll_decode(base_borrow(&message->extra->poll), &poll) != BASE_OK) {
        return;
    }
    json_name(writer, "poll");
    json_object(writer);
    json_put_text(writer, "question", poll.question);
    json_name(writer, "options");
    json_array(writer);
    for (uint32_t i = 0; i < poll.count; i++) {
        json_object(writer);
        json_put_text(writer, "text", poll.options[i]);
        vote_json(core, writer, message, i);
        json_object_end(writer);
    }
    json_array_end(writer);
    json_put_bool(writer, "multiple", poll.multiple);
    json_put_bool(writer, "closed", message->closed_at != 0);
    json_object_end(writer);
}

static void put_degrees(struct base_writer *writer, const char *name, int32_t degrees) {
    char text[CONTENT_MAX_DEGREES];
    content_degrees_text(degrees, text);
    json_name(writer, name);
    json_raw(writer, base_slice_text(text));
}

static void location_json(struct base_writer *writer, struct base_slice bytes) {
    struct content_location location;
    if (content_location_decode(bytes, &location) != BASE_OK) {
        return;
    }
    json_name(writer, "location");
    json_object(writer);
    put_degrees(writer, "latitude", location.latitude);
    put_degrees(writer, "longitude", location.longitude);
    if (location.accuracy > 0) {
        json_put_number(writer, "accuracy", location.accuracy);
    }
    if (location.name.len > 0) {
        json_put_text(writer, "name", location.name);
    }
    json_object_end(writer);
}

static void mentions_json(const struct weibel_core *core, struct base_writer *writer,
                          const struct message_extra *extra) {
    char text[WIRE_MAX_ADDRESS + 1];
    json_name(writer, "mentions");
    json_array(writer);
    for (uint32_t i = 0; i < extra->mention_count; i++) {
        contact_address_text(core, extra->mentions[i].account, extra->mentions[i].domain, text);
        json_string(writer, text);
    }
    json_array_end(writer);
}

void extra_json(const struct weibel_core *core, struct base_writer *writer, const struct message *message) {
    const struct message_extra *extra = message->extra;
    char id[MESSAGE_ID_TEXT_LEN + 1];
    if (extra == NULL) {
        return;
    }
    if (extra->markdown) {
        json_put_string(writer, "format", "markdown");
    }
    if (extra->forwarded) {
        json_put_bool(writer, "forwarded", true);
    }
    if (extra->has_thread) {
        message_id_text(extra->thread, id);
        json_put_string(writer, "thread", id);
    }
    if (extra->handed_by != 0) {
        char by[WIRE_MAX_ADDRESS + 1];
        contact_number_text(core, extra->handed_by, by);
        json_put_string(writer, "handed_by", by);
    }
    if (extra->mention_count > 0) {
        mentions_json(core, writer, extra);
    }
    if (extra->poll.len > 0) {
        poll_json(core, writer, message);
    }
    if (extra->location.len > 0) {
        location_json(writer, base_borrow(&extra->location));
    }
}

/* --- mentions --- */

/* Bytes of the extension: each URI behind its head. */
static size_t mentions_size(const struct message_extra *extra) {
    enum { HEAD = 3 };
    char uri[ACCOUNT_MAX_URI];
    size_t size = HEAD;
    for (uint32_t i = 0; i < extra->mention_count; i++) {
        account_uri(extra->mentions[i].account, extra->mentions[i].domain, uri);
        size += HEAD + strlen(uri);
    }
    return size;
}

base_result extra_mention(const struct weibel_core *core, struct message *message, const struct wire_address *address,
                          bool *taken) {
    struct message_extra *extra;
    BASE_TRY(extra_get(core, message, &extra));
    *taken = true;
    for (uint32_t i = 0; i < extra->mention_count; i++) {
        const struct wire_address *other = &extra->mentions[i];
        if (memcmp(other->account, address->account, WIRE_ACCOUNT_LEN) == 0 &&
            strcmp(other->domain, address->domain) == 0) {
            return BASE_OK;
        }
    }
    *taken =
        extra->mention_count < EXTRA_MAX_MENTIONS && mentions_size(extra) + ACCOUNT_MAX_URI <= CONTENT_MAX_EXTENSION;
    if (!*taken) {
        return BASE_OK;
    }
    size_t count = extra->mention_count + (size_t)1;
    struct wire_address *mentions =
        extra->mentions == NULL ? (struct wire_address *)base_take(core->options.allocator, count, sizeof *mentions)
                                : (struct wire_address *)base_retake(extra->mentions, count, sizeof *mentions);
    BASE_ENSURE(mentions != NULL, BASE_ERR_NO_MEMORY);
    mentions[extra->mention_count++] = *address;
    extra->mentions = mentions;
    return BASE_OK;
}

bool extra_calls(const struct weibel_core *core, const struct message *message) {
    const struct message_extra *extra = message->extra;
    for (uint32_t i = 0; extra != NULL && i < extra->mention_count; i++) {
        if (memcmp(extra->mentions[i].account, core->account.id, WIRE_ACCOUNT_LEN) == 0 &&
            strcmp(extra->mentions[i].domain, core->account.domain) == 0) {
            return true;
        }
    }
    return false;
}

/* mimi://example.org/u/7K2M9QXA */
static bool parse_uri(struct base_slice uri, struct wire_address *out) {
    static const char scheme[] = "mimi://", user[] = "/u/";
    size_t scheme_len = sizeof scheme - 1, end_len = sizeof user - 1 + WIRE_ACCOUNT_LEN;
    if (uri.len <= scheme_len + end_len || memcmp(uri.data, scheme, scheme_len) != 0 ||
        memcmp(uri.data + uri.len - end_len, user, sizeof user - 1) != 0) {
        return false;
    }
    const uint8_t *id = uri.data + uri.len - WIRE_ACCOUNT_LEN;
    struct base_slice domain = base_slice(uri.data + scheme_len, uri.len - scheme_len - end_len);
    if (!wire_id_valid(id) || !wire_domain_valid(domain)) {
        return false;
    }
    memcpy(out->account, id, WIRE_ACCOUNT_LEN);
    field_set_text(out->domain, sizeof out->domain, domain);
    return true;
}

static base_result take_mentioned(struct weibel_core *core, struct message *message, struct base_slice uri) {
    struct wire_address address;
    bool taken;
    return parse_uri(uri, &address) ? extra_mention(core, message, &address, &taken) : BASE_OK;
}

/* Whom the extension names. One that isn't what it should be names nobody. */
static base_result take_extension(struct weibel_core *core, struct base_slice value, struct message *message) {
    struct base_reader reader = base_reader(value);
    uint64_t count;
    if (cbor_read_array(&reader, &count) != BASE_OK) {
        return BASE_OK;
    }
    for (uint64_t i = 0; i < count && i < EXTRA_MAX_MENTIONS; i++) {
        struct base_slice uri;
        if (cbor_read_text(&reader, &uri) != BASE_OK) {
            break;
        }
        BASE_TRY(take_mentioned(core, message, uri));
    }
    return BASE_OK;
}

/* [@Anna](mimi://example.org/u/7K2M9QXA) in the text (§5.4). */
static base_result take_links(struct weibel_core *core, struct message *message) {
    struct base_slice text = base_borrow(&message->text);
    for (size_t i = 0; i + 2 < text.len; i++) {
        if (text.data[i] != ']' || text.data[i + 1] != '(') {
            continue;
        }
        struct base_slice rest = base_slice(text.data + i + 2, text.len - i - 2);
        rest.len = rest.len < ACCOUNT_MAX_URI ? rest.len : ACCOUNT_MAX_URI;
        const uint8_t *end = (const uint8_t *)memchr(rest.data, ')', rest.len);
        if (end != NULL) {
            BASE_TRY(take_mentioned(core, message, base_slice(rest.data, (size_t)(end - rest.data))));
        }
    }
    return BASE_OK;
}

/* --- the container --- */

/* A thread of ours has the id of its first message for a topic (§5.11). Another topic gets an id, so that what belongs
 * together still does. */
static void set_thread(struct message_extra *extra, struct base_slice topic) {
    extra->has_thread = true;
    if (topic.len == CONTENT_ID_LEN && topic.data[0] == CONTENT_HASH_SHA256) {
        memcpy(extra->thread, topic.data, CONTENT_ID_LEN);
        return;
    }
    uint8_t hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(hash, topic.data, topic.len);
    extra->thread[0] = CONTENT_HASH_SHA256;
    memcpy(extra->thread + 1, hash, CONTENT_ID_LEN - 1);
}

base_result extra_from_content(struct weibel_core *core, const struct content *content, struct message *message) {
    struct message_extra *extra;
    if (content->topic.len > 0) {
        BASE_TRY(extra_get(core, message, &extra));
        set_thread(extra, content->topic);
    }
    bool forwarded = false;
    struct base_reader reader = base_reader(content_extension(content, CONTENT_FORWARDED));
    if (reader.left > 0 && cbor_read_bool(&reader, &forwarded) == BASE_OK && forwarded) {
        BASE_TRY(extra_get(core, message, &extra));
        extra->forwarded = true;
    }
    BASE_TRY(take_extension(core, content_extension(content, CONTENT_MENTIONS), message));
    return message->extra != NULL && message->extra->markdown ? take_links(core, message) : BASE_OK;
}

struct base_slice extra_topic(const struct message *message) {
    const struct message_extra *extra = message->extra;
    return extra != NULL && extra->has_thread ? base_slice(extra->thread, CONTENT_ID_LEN) : base_slice(NULL, 0);
}

uint64_t extra_extension_count(const struct message *message) {
    const struct message_extra *extra = message->extra;
    return extra == NULL ? 0 : (uint64_t)(extra->mention_count > 0 ? 1 : 0) + (extra->forwarded ? 1 : 0);
}

void extra_write_extensions(struct base_writer *writer, const struct message *message) {
    const struct message_extra *extra = message->extra;
    if (extra == NULL) {
        return;
    }
    if (extra->mention_count > 0) {
        cbor_write_int(writer, CONTENT_MENTIONS);
        cbor_write_head(writer, CBOR_ARRAY, extra->mention_count);
        for (uint32_t i = 0; i < extra->mention_count; i++) {
            char uri[ACCOUNT_MAX_URI];
            account_uri(extra->mentions[i].account, extra->mentions[i].domain, uri);
            cbor_write_text(writer, base_slice_text(uri));
        }
    }
    if (extra->forwarded) {
        cbor_write_int(writer, CONTENT_FORWARDED);
        cbor_write_simple(writer, CBOR_TRUE);
    }
}
