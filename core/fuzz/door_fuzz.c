/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Doors: whatever lies at one, who follows a link comes in or says that he can't; what nobody has sealed doesn't open;
 * and a link's code is written in one way.
 *
 * The input is what the door's content says: it is sealed as a member would, so that what is behind the seal is tried.
 */
#include "door.h"

#include <sodium.h>
#include <string.h>

#include "fixture.h"
#include "test/fuzz.h"
#include "tree.h"

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};

static void content_key(const struct fixture *fixture, uint8_t key[WIRE_KEY_LEN]) {
    static const char label[] = "weibel 1 door content";
    (void)crypto_generichash(key, WIRE_KEY_LEN, (const uint8_t *)label, sizeof label - 1, fixture->door_secret,
                             ABOUT_LINK_LEN);
}

static void try_raw(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN], struct base_slice input) {
    struct base_bytes plain = { 0 };
    struct door door;
    uint8_t read[ABOUT_LINK_LEN];
    TEST_CHECK(door_open(core, secret, input, &plain, &door) != BASE_OK, "a door opens that nobody has sealed");
    base_bytes_free(&plain);
    TEST_CHECK(door_open_commit(core, secret, input, &plain) != BASE_OK, "a commit opens that nobody has sealed");
    base_bytes_free(&plain);
    if (door_read_code(input, read)) {
        struct base_writer link = base_writer(base_allocator_libc(), 1024);
        door_write_link(core, &link, read);
        struct base_slice view = base_writer_view(&link);
        TEST_CHECK(view.len > input.len && memcmp(view.data + view.len - input.len, input.data, input.len) == 0,
                   "a code can be written in two ways");
        base_writer_free(&link);
    }
}

static void try_commit(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN], struct base_slice input) {
    struct base_bytes sealed = { 0 }, opened = { 0 };
    if (input.len != 0 && door_seal_commit(core, secret, input, &sealed) == BASE_OK) {
        TEST_CHECK(door_open_commit(core, secret, base_borrow(&sealed), &opened) == BASE_OK &&
                       base_slice_equal(base_borrow(&opened), input),
                   "a commit doesn't come out as it went in");
    }
    base_bytes_free(&sealed);
    base_bytes_free(&opened);
}

static base_result follow_link(const struct fixture *fixture, struct weibel_core *core) {
    struct base_writer line = base_writer(base_allocator_libc(), 1024);
    base_write_slice(
        &line, base_slice_text("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"group.join\",\"params\":{\"link\":\""));
    door_write_link(core, &line, fixture->door_secret);
    base_write_slice(&line, base_slice_text("\"}}"));
    base_result result = weibel_core_line(core, base_writer_view(&line));
    base_writer_free(&line);
    return result == BASE_OK ? fixture_drain(fixture, &fixture->store, core, true) : result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fixture fixture = *fixture_get();
    struct base_slice input = base_slice(data, size);
    uint8_t key[WIRE_KEY_LEN], nonce[NONCE] = { 0 };
    struct base_bytes sealed = { 0 };
    if (size == 0 || size > WIRE_MAX_ENTRY - NONCE - TAG) {
        return 0;
    }
    struct weibel_core *core = fixture_open(&fixture, &fixture.store, true);
    TEST_CHECK(core != NULL, "the home doesn't open");
    try_raw(core, fixture.door_secret, input);
    try_commit(core, fixture.door_secret, input);
    TEST_CHECK(base_bytes_take(base_allocator_libc(), NONCE + size + TAG, &sealed) == BASE_OK,
               "the machine is out of memory");
    content_key(&fixture, key);
    memcpy(sealed.data, nonce, NONCE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data + NONCE, NULL, data, size, NULL, 0, NULL, nonce, key);
    fixture.door = (struct model_bytes){ sealed.data, sealed.len };
    base_result result = follow_link(&fixture, core);
    TEST_CHECK(result == BASE_OK, result->name);
    base_bytes_free(&sealed);
    weibel_core_free(core);
    return 0;
}

/* What lay there, and a code. */
void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    const struct fixture *fixture = fixture_get();
    struct weibel_core *core = fixture_open(fixture, &fixture->store, true);
    TEST_CHECK(core != NULL && follow_link(fixture, core) == BASE_OK && core->joining.count == 1,
               "a good door leads nowhere");
    weibel_core_free(core);
    uint8_t key[WIRE_KEY_LEN];
    char code[DOOR_CODE_LEN + 1];
    struct base_bytes plain = { 0 };
    struct base_slice sealed = model_slice(fixture->door);
    TEST_CHECK(base_bytes_take(base_allocator_libc(), sealed.len - NONCE - TAG, &plain) == BASE_OK,
               "the machine is out of memory");
    content_key(fixture, key);
    TEST_CHECK(crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data, NULL, NULL, sealed.data + NONCE,
                                                          sealed.len - NONCE, NULL, 0, sealed.data, key) == 0,
               "the door's content is sealed otherwise");
    seed(base_borrow(&plain), user);
    /* As that of a large group, whose ratchet tree lies beside it. */
    struct base_writer large = base_writer(base_allocator_libc(), 1 << 20);
    const struct tree_place place = { .name = { 1 }, .size = 1000 };
    base_write_u8(&large, 2);
    base_write_slice(&large, base_slice(plain.data + 1, plain.len - 1));
    tree_write_place(&large, &place);
    seed(base_writer_view(&large), user);
    base_writer_free(&large);
    base_bytes_free(&plain);
    (void)sodium_bin2base64(code, sizeof code, fixture->door_secret, ABOUT_LINK_LEN,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    seed(base_slice_text(code), user);
    code[5] = (char)0xff; /* no character of base64url, but libsodium takes it for one */
    seed(base_slice_text(code), user);
}
