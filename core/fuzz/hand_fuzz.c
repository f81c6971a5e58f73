/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Earlier messages that somebody hands on: what reads as an item has one form, and becomes a message that can be saved,
 * or nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "extra.h"
#include "fixture.h"
#include "hand.h"
#include "test/fuzz.h"

static struct weibel_core *core;

static void close_core(void) {
    weibel_core_free(core);
}

static void open_core(void) {
    if (core == NULL) {
        const struct fixture *fixture = fixture_get();
        core = fixture_open(fixture, &fixture->store, false);
        TEST_CHECK(core != NULL && core->chats.count > 0 && atexit(close_core) == 0, "the home doesn't open");
    }
}

static void take(const struct hand_item *item, struct base_slice bytes) {
    struct base_writer writer = base_writer(base_allocator_libc(), bytes.len);
    struct message message = { .number = 1 };
    hand_item_write(&writer, item);
    TEST_CHECK(base_slice_equal(base_writer_view(&writer), bytes), "an item has two forms");
    base_writer_free(&writer);
    if (hand_item_message(core, (const struct chat *)core->chats.items[0], item, &message) == BASE_OK) {
        TEST_CHECK(message.has_id && !message.own && message.expire == 0 && message.expires_at == 0,
                   "a message is handed on that can't be");
        struct hand hand = { .contacts = HAND_MAX_CONTACTS }; /* of many inputs none makes a contact */
        TEST_CHECK(hand_marks_file(core, &hand, item, &message) == BASE_OK, "what was checked can't be taken");
        TEST_CHECK(message_save(core, &message) == BASE_OK, "a message can't be saved");
    }
    message_free(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    open_core();
    struct base_reader reader = base_reader(base_slice(data, size));
    struct hand_item item;
    for (const uint8_t *start = data; hand_item_read(&reader, &item) == BASE_OK; start = reader.next) {
        take(&item, base_slice(start, (size_t)(reader.next - start)));
    }
    out_drop(&core->out);
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    open_core();
    static const uint8_t id[CONTENT_ID_LEN] = { CONTENT_HASH_SHA256 };
    static const char reactions[] = "\x13"
                                    "7K2M9QXAexample.org"
                                    "\x01 an id of thirty-two characters\x01x";
    static const uint8_t votes[] = { 9, '7', 'K', '2', 'M', '9', 'Q', 'X', 'A', 'x', 0, 0, 0, 0, 0,
                                     0, 0,   1,   0,   0,   0,   0,   0,   0,   0,   2, 0, 0, 0, 1 };
    struct base_writer writer = base_writer(base_allocator_libc(), 1 << 16);
    for (uint32_t expire = 0; expire < 2; expire++) {
        struct message message = { .kind = MESSAGE_TEXT, .sent_at = 1, .expire = expire };
        struct base_bytes content = { 0 };
        TEST_CHECK(base_bytes_copy(core->options.allocator, base_slice_text("text"), &message.text) == BASE_OK &&
                       message_to_content(core, &message, &content) == BASE_OK,
                   "the machine is out of memory");
        hand_item_write(&writer, &(struct hand_item){
                                     .author = base_slice_text("7K2M9QXAexample.org"),
                                     .id = base_slice(id, sizeof id),
                                     .edited_at = expire,
                                     .content = base_borrow(&content),
                                     .reactions = base_slice_text(expire == 0 ? "" : reactions),
                                     .votes = base_slice(votes, expire == 0 ? 0 : sizeof votes),
                                 });
        seed(base_writer_view(&writer), user);
        base_bytes_free(&content);
        message_free(&message);
    }
    base_writer_free(&writer);
}
