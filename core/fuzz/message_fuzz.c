/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a member sends becomes a message, whatever it is: as JSON it can be read, and sent on it says the same.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "content_examples.h"
#include "extra.h"
#include "fixture.h"
#include "test/fuzz.h"

static const char sender[] = "mimi://example.org/u/7K2M9QXA", room[] = "mimi:///r/00";

static struct weibel_core *core;

static void close_core(void) {
    weibel_core_free(core);
}

/* What a message leaves in it is dropped after each. */
static void open_core(void) {
    if (core == NULL) {
        const struct fixture *fixture = fixture_get();
        core = fixture_open(fixture, &fixture->store, false);
        TEST_CHECK(core != NULL && atexit(close_core) == 0, "the home doesn't open");
    }
}

static void check_json(const struct message *message) {
    struct base_writer json = base_writer(base_allocator_libc(), 16 << 20);
    message_json(core, &json, message);
    struct base_slice view = base_writer_view(&json);
    cJSON *parsed = cJSON_ParseWithLength((const char *)view.data, view.len);
    TEST_CHECK(parsed != NULL, "a message is no JSON");
    cJSON_Delete(parsed);
    base_writer_free(&json);
}

static bool same(const struct base_bytes *a, const struct base_bytes *b) {
    return base_slice_equal(base_borrow(a), base_borrow(b));
}

static void check_same(const struct message *one, const struct message *other) {
    TEST_CHECK(same(&one->text, &other->text) && one->expire == other->expire && one->file_count == other->file_count &&
                   one->has_reply == other->has_reply,
               "a message that is sent on says something else");
    for (uint32_t i = 0; i < one->file_count; i++) {
        const struct message_file *a = &one->files[i], *b = &other->files[i];
        TEST_CHECK(strcmp(a->name, b->name) == 0 && a->kind == b->kind && a->width == b->width &&
                       a->height == b->height && a->duration == b->duration && a->waveform_len == b->waveform_len &&
                       same(&a->preview, &b->preview),
                   "a file that is sent on is described otherwise");
    }
    const struct message_extra none = { 0 };
    const struct message_extra *a = one->extra == NULL ? &none : one->extra;
    const struct message_extra *b = other->extra == NULL ? &none : other->extra;
    TEST_CHECK(same(&a->poll, &b->poll) && same(&a->location, &b->location) && a->mention_count == b->mention_count &&
                   a->forwarded == b->forwarded && a->has_thread == b->has_thread &&
                   (a->markdown == b->markdown || one->text.len == 0),
               "a message that is sent on has other parts");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    open_core();
    struct message message = { .kind = MESSAGE_TEXT, .chat = 1, .number = 1 }, again = { .kind = MESSAGE_TEXT };
    struct base_bytes content = { 0 };
    if (message_from_content(core, base_slice(data, size), sender, room, &message) == BASE_OK) {
        check_json(&message);
        TEST_CHECK(message_save(core, &message) == BASE_OK, "a message can't be saved");
        if (!extra_says_nothing(&message)) {
            TEST_CHECK(message_to_content(core, &message, &content) == BASE_OK, "a message can't be sent on");
            TEST_CHECK(message_from_content(core, base_borrow(&content), sender, room, &again) == BASE_OK,
                       "a message that is sent on can't be read");
            check_same(&message, &again);
        }
    }
    out_drop(&core->out);
    base_bytes_free(&content);
    message_free(&message);
    message_free(&again);
    return 0;
}

/* One of everything. */
static void fill(struct message *message) {
    static const uint8_t poll[] = { 0x83, 0x61, 'q', 0x82, 0x61, 'a', 0x61, 'b', 0xf4 };
    static const uint8_t place[] = { 0x84, 0x05, 0x20, 0x07, 0x61, 'p' };
    const struct base_allocator *allocator = core->options.allocator;
    struct wire_address address = { .account = "7K2M9QXA", .domain = "example.org" };
    struct message_extra *extra;
    bool taken;
    message->files = (struct message_file *)base_take(allocator, 1, sizeof *message->files);
    TEST_CHECK(message->files != NULL && extra_get(core, message, &extra) == BASE_OK &&
                   extra_mention(core, message, &address, &taken) == BASE_OK &&
                   base_bytes_copy(allocator, base_slice_text("*text*"), &message->text) == BASE_OK &&
                   base_bytes_copy(allocator, base_slice(poll, sizeof poll), &extra->poll) == BASE_OK &&
                   base_bytes_copy(allocator, base_slice(place, sizeof place), &extra->location) == BASE_OK &&
                   base_bytes_copy(allocator, base_slice_text("picture"), &message->files[0].preview) == BASE_OK,
               "the machine is out of memory");
    message->file_count = 1;
    message->files[0].kind = CONTENT_VIDEO;
    message->files[0].width = 640;
    message->files[0].waveform_len = 3;
    memcpy(message->files[0].name, "name", sizeof "name");
    memcpy(message->files[0].type, "video/mp4", sizeof "video/mp4");
    extra->markdown = extra->forwarded = extra->has_thread = true;
    message->expire = 60;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    open_core();
    struct message message = { .kind = MESSAGE_TEXT, .sent_at = 1 };
    struct base_bytes content = { 0 };
    fill(&message);
    TEST_CHECK(message_to_content(core, &message, &content) == BASE_OK, "a message can't be sent");
    seed(base_borrow(&content), user);
    base_bytes_free(&content);
    message_free(&message);
    for (size_t i = 0; i < CONTENT_EXAMPLES; i++) {
        struct base_bytes bytes = content_example_encode(&content_examples[i]);
        seed(base_borrow(&bytes), user);
        base_bytes_free(&bytes);
    }
}
