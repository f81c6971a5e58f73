/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Frames: each goes through encoder and decoder unchanged, damaged ones are refused with the right error, and every
 * bound holds at both of its sides.
 */
#include <stdlib.h>

#include "samples.h"
#include "test/alloc.h"
#include "test/cmocka.h"
#include "test/mutate.h"
#include "test/result.h"

static struct base_bytes encode(const struct wire_frame *frame) {
    struct base_bytes bytes = { 0 };
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    wire_encode(&writer, frame);
    assert_ok(base_writer_finish(&writer, &bytes));
    return bytes;
}

static void assert_encode_fails(const struct wire_frame *frame, base_result error) {
    struct base_bytes bytes = { 0 };
    struct base_writer writer = base_writer(base_allocator_libc(), 4 * WIRE_MAX_FRAME);
    wire_encode(&writer, frame);
    assert_result(error, base_writer_finish(&writer, &bytes));
}

static void assert_decode_fails(struct base_slice bytes, base_result error) {
    struct wire_frame frame;
    assert_result(error, wire_decode(bytes, &frame));
}

/* What decodes must encode to the same bytes: no two encodings of one frame. */
static void assert_canonical(struct base_slice bytes, void *user) {
    size_t *accepted = user;
    struct wire_frame frame;
    if (wire_decode(bytes, &frame) != BASE_OK) {
        return;
    }
    struct base_bytes again = encode(&frame);
    assert_true(base_slice_equal(bytes, base_borrow(&again)));
    base_bytes_free(&again);
    (*accepted)++;
}

static void assert_refused(struct base_slice bytes, void *user) {
    (void)user;
    struct wire_frame frame;
    assert_ptr_not_equal(wire_decode(bytes, &frame), BASE_OK);
}

static void test_roundtrip_and_mutations(void **state) {
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct wire_frame frame, decoded;
        sample_frame(i, &frame);
        struct base_bytes bytes = encode(&frame);
        assert_ok(wire_decode(base_borrow(&bytes), &decoded));
        assert_int_equal(decoded.type, frame.type);
        assert_int_equal(decoded.request, frame.request);
        size_t accepted = 0;
        assert_canonical(base_borrow(&bytes), &accepted);
        assert_int_equal(accepted, 1);
        test_each_truncation(base_borrow(&bytes), assert_refused, NULL);
        test_each_extension(base_borrow(&bytes), assert_refused, NULL);
        test_each_bit_flip(base_borrow(&bytes), assert_canonical, &accepted);
        assert_true(accepted > 1);
        base_bytes_free(&bytes);
    }
}

static void test_append_fields(void **state) {
    (void)state;
    struct wire_frame frame, decoded;
    sample_frame(16, &frame);
    struct base_bytes bytes = encode(&frame);
    assert_ok(wire_decode(base_borrow(&bytes), &decoded));
    const struct wire_append *append = &decoded.of.append;
    assert_int_equal(append->kind, WIRE_KIND_COMMIT);
    assert_int_equal(append->known_commit, 5);
    assert_int_equal(append->lifetime, 86400);
    assert_int_equal(append->next_token_hash[3], 21);
    assert_memory_equal(append->nonce, frame.of.append.nonce, WIRE_NONCE_LEN);
    assert_int_equal(append->content.len, SAMPLE_CONTENT);
    base_bytes_free(&bytes);

    /* A message has no commit's fields: they are zero, whatever the memory held before. */
    sample_frame(15, &frame);
    bytes = encode(&frame);
    memset(&decoded, 0xff, sizeof decoded);
    assert_ok(wire_decode(base_borrow(&bytes), &decoded));
    assert_int_equal(decoded.of.append.known_commit, 0);
    assert_int_equal(decoded.of.append.next_token_hash[3], 0);
    base_bytes_free(&bytes);
}

static void test_push_fields(void **state) {
    (void)state;
    static const uint8_t key[WIRE_PUSH_KEY_LEN + 1] = { 4 };
    static const uint8_t endpoint[WIRE_MAX_ENDPOINT + 1] = { 'h' };
    struct wire_frame frame = { .type = WIRE_PUSH };
    frame.of.push.key = base_slice(key, WIRE_PUSH_KEY_LEN - 1);
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);
    frame.of.push.key = base_slice(key, sizeof key);
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);
    const uint8_t short_key[] = { WIRE_VERSION, WIRE_PUSH, 0, 0, 0, 1, 1, 4 };
    assert_decode_fails(base_slice(short_key, sizeof short_key), &WIRE_ERR_FIELD);
    frame = (struct wire_frame){ .type = WIRE_PUT_PUSH };
    frame.of.put_push.endpoint = base_slice(endpoint, sizeof endpoint);
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);
    uint8_t long_endpoint[6 + 2 + WIRE_MAX_ENDPOINT + 1] = { WIRE_VERSION, WIRE_PUT_PUSH, 0, 0, 0, 1, 0x44, 0x01 };
    assert_decode_fails(base_slice(long_endpoint, sizeof long_endpoint), &BASE_ERR_TOO_LONG);
}

static void test_version_and_type(void **state) {
    (void)state;
    const uint8_t other_version[] = { 2, 0xff };
    assert_decode_fails(base_slice(other_version, sizeof other_version), &WIRE_ERR_VERSION);
    assert_decode_fails(base_slice(NULL, 0), &BASE_ERR_TRUNCATED);

    const uint8_t other_type[] = { WIRE_VERSION, 0x7f, 0, 0, 0, 9, 1, 2, 3 };
    struct wire_frame frame;
    assert_result(&WIRE_ERR_TYPE, wire_decode(base_slice(other_type, sizeof other_type), &frame));
    assert_int_equal(frame.type, 0x7f);
    assert_int_equal(frame.request, 9);

    const uint8_t broken[] = { WIRE_VERSION, WIRE_STOP, 0, 0, 0, 9, 1 };
    assert_result(&BASE_ERR_TRUNCATED, wire_decode(base_slice(broken, sizeof broken), &frame));
    assert_int_equal(frame.type, WIRE_STOP);
    assert_int_equal(frame.request, 9);
    frame.type = 0x7f;
    assert_encode_fails(&frame, &WIRE_ERR_TYPE);
}

/* Encodes a valid frame and puts `value` where `offset` says. */
static void assert_byte_refused(size_t sample, size_t offset, uint8_t value, base_result error) {
    struct wire_frame frame;
    sample_frame(sample, &frame);
    struct base_bytes bytes = encode(&frame);
    assert_true(offset < bytes.len);
    bytes.data[offset] = value;
    assert_decode_fails(base_borrow(&bytes), error);
    base_bytes_free(&bytes);
}

static void test_field_values(void **state) {
    (void)state;
    enum { HEAD = 6 };
    assert_byte_refused(0, HEAD, 4, &WIRE_ERR_FIELD);                          /* lowest above highest version */
    assert_byte_refused(4, HEAD + 8, 2, &WIRE_ERR_FIELD);                      /* role */
    assert_byte_refused(7, HEAD + 32, 4, &WIRE_ERR_FIELD);                     /* flags */
    assert_byte_refused(8, HEAD, 2, &WIRE_ERR_FIELD);                          /* the inbox has no end */
    assert_byte_refused(15, HEAD + 32 + 32 + 16 + 32, 0x7f, &WIRE_ERR_FIELD);  /* lifetime */
    assert_byte_refused(15, HEAD + 32 + 32 + 16 + 32 + 4, 3, &WIRE_ERR_FIELD); /* kind */
    assert_byte_refused(15, HEAD + 32 + 32 + 16 + 32 + 5 + 8 + 16, 2, &WIRE_ERR_FIELD); /* wakes */
    assert_byte_refused(17, HEAD + 32 + 32 + 8, 2, &WIRE_ERR_FIELD);                    /* live */
    assert_byte_refused(7, HEAD + 32 + 1 + 8 + 1 + 7, 0, &WIRE_ERR_FIELD);              /* an entry with number 0 */
    assert_byte_refused(6, HEAD + 4, 0x20, &WIRE_ERR_FIELD);                    /* numbers beyond WIRE_MAX_NUMBER: an */
    assert_byte_refused(7, HEAD + 32 + 1, 1, &WIRE_ERR_FIELD);                  /* answer's, the last commit's, */
    assert_byte_refused(7, HEAD + 32 + 1 + 8 + 1, 0xff, &WIRE_ERR_FIELD);       /* an entry's, */
    assert_byte_refused(8, HEAD + 1 + 1 + 4, 0x20, &WIRE_ERR_FIELD);            /* a letter's */
    assert_byte_refused(7, HEAD + 32 + 1 + 8 + 1 + 8, 9, &WIRE_ERR_FIELD);      /* an entry of unknown kind */
    assert_byte_refused(7, HEAD + 32 + 1 + 8 + 1 + 29 + 6, 0, &WIRE_ERR_FIELD); /* numbers that do not rise */
}

static void test_entries(void **state) {
    (void)state;
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_BATCH);
    struct wire_entry first = { 7, WIRE_KIND_MESSAGE, { 0 }, base_slice_text("abc") };
    struct wire_entry second = { 256, WIRE_KIND_MESSAGE, { 0 }, base_slice_text("d") };
    memset(first.nonce, 1, WIRE_NONCE_LEN);
    memset(second.nonce, 2, WIRE_NONCE_LEN);
    wire_entry_write(&writer, &first);
    wire_entry_write(&writer, &second);
    assert_true(base_slice_equal(base_writer_view(&writer), sample_entries()));

    struct base_reader reader = base_reader(base_writer_view(&writer));
    struct wire_entry out;
    assert_ok(wire_entry_next(&reader, &out));
    assert_int_equal(out.number, 7);
    assert_true(base_slice_equal(out.content, first.content));
    assert_ok(wire_entry_next(&reader, &out));
    assert_int_equal(out.number, 256);
    assert_ok(base_read_end(&reader));
    base_writer_free(&writer);

    struct wire_entry empty = { 1, WIRE_KIND_MESSAGE, { 0 }, { NULL, 0 } };
    writer = base_writer(base_allocator_libc(), WIRE_MAX_BATCH);
    wire_entry_write(&writer, &empty);
    assert_ptr_equal(writer.failed, &WIRE_ERR_FIELD);
    base_writer_free(&writer);
}

/* A field of `max` bytes goes through, one of `max + 1` neither out nor in. */
static void test_bounds(void **state) {
    (void)state;
    struct base_bytes big = { 0 };
    assert_ok(base_bytes_take(base_allocator_libc(), WIRE_MAX_ENTRY + 1, &big));
    memset(big.data, 'a', big.len);
    static const struct {
        size_t sample, max, min;
    } fields[] = {
        { 15, WIRE_MAX_ENTRY, 1 },  { 20, WIRE_MAX_ENTRY, 1 },  { 10, WIRE_MAX_CODE, 1 },
        { 0, WIRE_MAX_DOMAIN, 1 },  { 4, WIRE_MAX_NAME, 0 },    { 11, WIRE_MAX_KEY_PACKAGE, 0 },
        { 23, WIRE_MAX_SIGNAL, 1 }, { 24, WIRE_MAX_SIGNAL, 1 }, { 29, WIRE_MAX_LINK, 0 },
        { 30, WIRE_MAX_LINK, 0 },   { 31, WIRE_MAX_CODE, 1 },
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct wire_frame frame, decoded;
        sample_frame(fields[i].sample, &frame);
        struct base_slice *field = frame.type == WIRE_APPEND         ? &frame.of.append.content
                                   : frame.type == WIRE_INBOX_APPEND ? &frame.of.inbox_append.content
                                   : frame.type == WIRE_SIGNAL       ? &frame.of.signal.content
                                   : frame.type == WIRE_SIGNALLED    ? &frame.of.signalled.content
                                   : frame.type == WIRE_ACTIVATE     ? &frame.of.activate.code
                                   : frame.type == WIRE_CHALLENGE    ? &frame.of.challenge.domain
                                   : frame.type == WIRE_ACTIVATED    ? &frame.of.activated.name
                                   : frame.type == WIRE_LINK_CONTENT ? &frame.of.link_content.content
                                   : frame.type == WIRE_CREATE_LINK  ? &frame.of.create_link.content
                                   : frame.type == WIRE_TAKE_LINK    ? &frame.of.take_link.code
                                                                     : &frame.of.put_key_packages.last_resort;
        *field = base_slice(big.data, fields[i].max);
        struct base_bytes bytes = encode(&frame);
        assert_ok(wire_decode(base_borrow(&bytes), &decoded));
        base_bytes_free(&bytes);
        *field = base_slice(big.data, fields[i].max + 1);
        assert_encode_fails(&frame, &WIRE_ERR_FIELD);
        if (fields[i].min == 1) {
            *field = base_slice(NULL, 0);
            assert_encode_fails(&frame, &WIRE_ERR_FIELD);
        }
    }
    base_bytes_free(&big);
}

static void test_counts(void **state) {
    (void)state;
    struct wire_frame frame, decoded;
    sample_frame(11, &frame);
    struct wire_put_key_packages *put = &frame.of.put_key_packages;
    struct base_writer packages = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    for (size_t i = 0; i < WIRE_MAX_KEY_PACKAGES; i++) {
        wire_key_package_write(&packages, base_slice_text("k"));
    }
    put->packages = base_writer_view(&packages);
    struct base_bytes bytes = encode(&frame);
    assert_ok(wire_decode(base_borrow(&bytes), &decoded));
    assert_int_equal(decoded.of.put_key_packages.count, WIRE_MAX_KEY_PACKAGES);
    base_bytes_free(&bytes);
    wire_key_package_write(&packages, base_slice_text("k"));
    put->packages = base_writer_view(&packages);
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);
    put->packages = base_slice("\2k", 2);
    assert_encode_fails(&frame, &BASE_ERR_TRUNCATED);
    base_writer_free(&packages);

    put->packages = sample_packages();
    put->replace = 2;
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);

    /* One package more on the wire than the bound: `last_resort` empty, 101 packages of one byte. */
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    const uint8_t head[] = { WIRE_VERSION, WIRE_PUT_KEY_PACKAGES, 0, 0, 0, 1, 0, 0 };
    base_write_slice(&writer, base_slice(head, sizeof head));
    size_t mark = base_write_vector_begin(&writer);
    for (size_t i = 0; i <= WIRE_MAX_KEY_PACKAGES; i++) {
        base_write_opaque(&writer, base_slice_text("k"));
    }
    base_write_vector_end(&writer, mark);
    assert_decode_fails(base_writer_view(&writer), &WIRE_ERR_FIELD);
    base_writer_free(&writer);

    static const uint8_t names[(WIRE_MAX_KEY_PACKAGES + 1) * WIRE_PACKAGE_NAME_LEN] = { 0 };
    const uint8_t two[] = { WIRE_VERSION, WIRE_PUT_KEY_PACKAGES, 0, 0, 0, 1, 2, 0, 0 };
    assert_decode_fails(base_slice(two, sizeof two), &WIRE_ERR_FIELD);
    sample_frame(3, &frame);
    frame.of.signed_in.packages = base_slice(names, sizeof names - WIRE_PACKAGE_NAME_LEN);
    bytes = encode(&frame);
    assert_ok(wire_decode(base_borrow(&bytes), &decoded));
    base_bytes_free(&bytes);
    frame.of.signed_in.packages = base_slice(names, sizeof names);
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);
    frame.of.signed_in.packages = base_slice(names, WIRE_PACKAGE_NAME_LEN + 1);
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);
    frame.of.signed_in.packages = base_slice(NULL, 0);
    frame.of.signed_in.last_resort = base_slice(names, WIRE_PACKAGE_NAME_LEN - 1);
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);
    const uint8_t half[] = { WIRE_VERSION, WIRE_SIGNED_IN, 0, 0, 0, 1, 4, 1, 2, 3, 4, 0 };
    assert_decode_fails(base_slice(half, sizeof half), &WIRE_ERR_FIELD);

    sample_frame(5, &frame);
    frame.of.key_packages.devices = base_slice(NULL, 0);
    assert_encode_fails(&frame, &BASE_ERR_TRUNCATED);
    struct base_writer devices = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    for (size_t i = 0; i <= WIRE_MAX_DEVICES; i++) {
        wire_device_key_package_write(&devices, &(struct wire_device_key_package){ { 6 }, base_slice_text("k") });
    }
    frame.of.key_packages.devices = base_writer_view(&devices);
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);
    base_writer_free(&devices);
    sample_frame(28, &frame);
    frame.of.devices.count = WIRE_MAX_DEVICES;
    bytes = encode(&frame);
    assert_ok(wire_decode(base_borrow(&bytes), &decoded));
    assert_int_equal(decoded.of.devices.count, WIRE_MAX_DEVICES);
    assert_int_equal(decoded.of.devices.devices[1][0], 33);
    base_bytes_free(&bytes);
    frame.of.devices.count = WIRE_MAX_DEVICES + 1;
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);
    writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    const uint8_t list_head[] = { WIRE_VERSION, WIRE_DEVICES, 0, 0, 0, 0 };
    const uint8_t list[(WIRE_MAX_DEVICES + 1) * WIRE_DEVICE_LEN] = { 0 };
    base_write_slice(&writer, base_slice(list_head, sizeof list_head));
    base_write_opaque(&writer, base_slice(list, sizeof list));
    assert_decode_fails(base_writer_view(&writer), &WIRE_ERR_FIELD);
    base_writer_free(&writer);
    sample_frame(12, &frame);
    frame.of.create_blob.size = 0;
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);
}

static void test_identities(void **state) {
    (void)state;
    static const uint8_t devices[(WIRE_MAX_IDENTITIES + 1) * WIRE_WHICH_DEVICE_LEN];
    struct wire_frame frame = { .type = WIRE_GET_IDENTITIES }, decoded;
    struct base_slice *field = &frame.of.get_identities.devices;
    *field = base_slice(devices, sizeof devices - WIRE_WHICH_DEVICE_LEN);
    struct base_bytes bytes = encode(&frame);
    assert_ok(wire_decode(base_borrow(&bytes), &decoded));
    assert_int_equal(decoded.of.get_identities.devices.len, WIRE_MAX_IDENTITIES * WIRE_WHICH_DEVICE_LEN);
    base_bytes_free(&bytes);
    const size_t bad[] = { 0, 1, WIRE_WHICH_DEVICE_LEN + 1, sizeof devices };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        *field = base_slice(devices, bad[i]);
        assert_encode_fails(&frame, &WIRE_ERR_FIELD);
    }
    const uint8_t nobody[] = { WIRE_VERSION, WIRE_GET_IDENTITIES, 0, 0, 0, 1, 0 };
    assert_decode_fails(base_slice(nobody, sizeof nobody), &WIRE_ERR_FIELD);
    const uint8_t cut[] = { WIRE_VERSION, WIRE_GET_IDENTITIES, 0, 0, 0, 1, 1, '0' };
    assert_decode_fails(base_slice(cut, sizeof cut), &WIRE_ERR_FIELD);

    struct wire_identity identity = { .device = { .account = "0000000" } };
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    frame = (struct wire_frame){ .type = WIRE_IDENTITIES };
    assert_encode_fails(&frame, &BASE_ERR_TRUNCATED);
    for (size_t i = 0; i < WIRE_MAX_IDENTITIES; i++) {
        wire_identity_write(&writer, &identity);
    }
    frame.of.identities.identities = base_writer_view(&writer);
    bytes = encode(&frame);
    assert_ok(wire_decode(base_borrow(&bytes), &decoded));
    base_bytes_free(&bytes);
    wire_identity_write(&writer, &identity);
    frame.of.identities.identities = base_writer_view(&writer);
    assert_encode_fails(&frame, &WIRE_ERR_FIELD);
    base_writer_free(&writer);
    const uint8_t none[] = { WIRE_VERSION, WIRE_IDENTITIES, 0, 0, 0, 1, 0 };
    assert_decode_fails(base_slice(none, sizeof none), &BASE_ERR_TRUNCATED);
    enum { HEAD = 7 + WIRE_WHICH_DEVICE_LEN };
    const uint8_t half[HEAD + 3] = {
        WIRE_VERSION, WIRE_IDENTITIES, 0, 0, 0, 1, WIRE_WHICH_DEVICE_LEN + 3, [HEAD] = 1, 7, 0
    };
    assert_decode_fails(base_slice(half, sizeof half), &WIRE_ERR_FIELD);
    const uint8_t doubtful[HEAD + 2] = {
        WIRE_VERSION, WIRE_IDENTITIES, 0, 0, 0, 1, WIRE_WHICH_DEVICE_LEN + 2, [HEAD] = 0, 2
    };
    assert_decode_fails(base_slice(doubtful, sizeof doubtful), &WIRE_ERR_FIELD);
}

static base_result encode_all(const struct base_allocator *allocator, void *user) {
    (void)user;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct wire_frame frame;
        sample_frame(i, &frame);
        struct base_bytes bytes BASE_CLEANUP(base_bytes_free) = { 0 };
        struct base_writer writer = base_writer(allocator, WIRE_MAX_FRAME);
        wire_encode(&writer, &frame);
        BASE_TRY(base_writer_finish(&writer, &bytes));
    }
    return BASE_OK;
}

static void test_allocations(void **state) {
    (void)state;
    assert_true(test_each_allocation(encode_all, NULL) >= SAMPLE_COUNT);
}

/* What is signed differs with each of its parts, and the two purposes never sign the same. */
static void test_signed_contents(void **state) {
    (void)state;
    enum { CONTENTS = 8 };
    struct base_writer writers[CONTENTS];
    const uint8_t challenge[WIRE_KEY_LEN] = { 1 }, other_challenge[WIRE_KEY_LEN] = { 2 };
    const uint8_t account[WIRE_ACCOUNT_LEN] = { 3 }, device[WIRE_DEVICE_LEN] = { 4 };
    struct base_slice domain = base_slice_text("example.org");
    struct wire_frame frame;
    sample_frame(10, &frame);
    for (size_t i = 0; i < CONTENTS; i++) {
        writers[i] = base_writer(base_allocator_libc(), WIRE_MAX_SIGNED);
    }
    wire_sign_in_content(&writers[0], domain, challenge, account, device);
    wire_sign_in_content(&writers[1], base_slice_text("example.com"), challenge, account, device);
    wire_sign_in_content(&writers[2], domain, other_challenge, account, device);
    wire_sign_in_content(&writers[3], domain, challenge, device, device);
    wire_sign_in_content(&writers[4], domain, challenge, account, challenge);
    wire_activate_content(&writers[5], domain, challenge, &frame.of.activate);
    frame.of.activate.device_key[31] ^= 1;
    wire_activate_content(&writers[6], domain, challenge, &frame.of.activate);
    frame.of.activate.code = base_slice_text("CODF");
    wire_activate_content(&writers[7], domain, challenge, &frame.of.activate);
    for (size_t i = 0; i < CONTENTS; i++) {
        assert_ptr_equal(writers[i].failed, BASE_OK);
        for (size_t j = 0; j < i; j++) {
            assert_false(base_slice_equal(base_writer_view(&writers[i]), base_writer_view(&writers[j])));
        }
    }
    for (size_t i = 0; i < CONTENTS; i++) {
        base_writer_free(&writers[i]);
    }
}

static void test_text(void **state) {
    (void)state;
    static const char *const good[] = { "", "Änni", "\u20ac", "\U0001f600", "\U0010ffff", "a b" };
    static const char *const bad[] = {
        "\n",           "\x1b[2J",          "\x7f", "\xc2\x9b", "\xc0\x80", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8", "\xc3",     "\xe2\x82", "\x80",         "a\xc3 "
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(wire_text_valid(base_slice_text(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(wire_text_valid(base_slice_text(bad[i])));
    }
    assert_byte_refused(4, 6 + WIRE_ACCOUNT_LEN + 1 + 1, 0x1b, &WIRE_ERR_FIELD);
}

static void test_refusal_names(void **state) {
    (void)state;
    assert_string_equal(wire_refusal_name(WIRE_REFUSED_LINK_USED), "link_used");
    assert_string_equal(wire_refusal_name(WIRE_REFUSED_REWOUND), "rewound");
    assert_string_equal(wire_refusal_name(0), "unknown");
    assert_string_equal(wire_refusal_name(UINT16_MAX), "unknown");
    for (uint16_t code = WIRE_REFUSED_MALFORMED; code <= WIRE_REFUSED_OWN_DEVICE; code++) {
        assert_string_not_equal(wire_refusal_name(code), "unknown");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roundtrip_and_mutations),
        cmocka_unit_test(test_append_fields),
        cmocka_unit_test(test_push_fields),
        cmocka_unit_test(test_version_and_type),
        cmocka_unit_test(test_field_values),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_identities),
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_signed_contents),
        cmocka_unit_test(test_refusal_names),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
