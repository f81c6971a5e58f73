/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The inbox: whatever anybody puts there, a core lives on; and nobody but a member who has signed for it is helped.
 *
 * The first byte of the input says what the rest is. 0: a letter as it lies there. 1: what a letter that asks for help
 * says, as far as it is signed; it is signed by a member, and sealed, so that what is behind is tried. 2: likewise, of
 * one that says that this device should have a place.
 */
#include "letter.h"

#include <sodium.h>
#include <string.h>

#include "change.h"
#include "chat.h"
#include "field.h"
#include "fixture.h"
#include "invitation.h"
#include "test/fuzz.h"

enum { LETTER, ASKS, TELLS, VERSION = 1, WELCOME = 1, REENTRY = 2, INVITATION = 3, PLACE = 4, ROOM = 1 << 18 };

static struct base_writer writer(void) {
    return base_writer(base_allocator_libc(), ROOM);
}

/* Letter: version, kind, and what is sealed to this home's device. heal_letter.c says what is signed. */
static void write_sealed(const struct fixture *fixture, const struct weibel_core *core, bool asks,
                         struct base_slice input, struct base_writer *out) {
    struct base_writer to_sign = writer(), plain = writer();
    uint8_t signature[WIRE_SIGNATURE_LEN], public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    uint8_t box[crypto_box_PUBLICKEYBYTES];
    base_write_opaque(&to_sign, base_slice_text(asks ? "weibel 1 re-enter" : "weibel 1 place"));
    field_write_array(&to_sign, core->account.id, WIRE_ACCOUNT_LEN);
    field_write_array(&to_sign, core->account.device, WIRE_DEVICE_LEN);
    base_write_slice(&to_sign, input);
    identity_sign(fixture->device_key, base_writer_view(&to_sign), signature);
    base_write_slice(&plain, input);
    field_write_array(&plain, signature, sizeof signature);
    (void)crypto_sign_seed_keypair(public_key, secret, core->account.device_key.private_key.data);
    TEST_CHECK(crypto_sign_ed25519_pk_to_curve25519(box, public_key) == 0, "a device has a key that can't be used");
    struct base_slice view = base_writer_view(&plain);
    struct base_bytes sealed = { 0 };
    TEST_CHECK(base_bytes_take(base_allocator_libc(), view.len + crypto_box_SEALBYTES, &sealed) == BASE_OK &&
                   crypto_box_seal(sealed.data, view.data, view.len, box) == 0,
               "a letter can't be sealed");
    base_write_u8(out, VERSION);
    base_write_u8(out, asks ? REENTRY : PLACE);
    base_write_opaque(out, base_borrow(&sealed));
    base_bytes_free(&sealed);
    base_writer_free(&to_sign);
    base_writer_free(&plain);
}

/* The server says that it has come. */
static base_result push(struct weibel_core *core, struct base_slice letter) {
    struct base_writer entries = writer(), bytes = writer();
    struct wire_frame frame = { .type = WIRE_INBOX_ENTRIES };
    const struct wire_entry entry = { .number = core->session.inbox_position + 1, .content = letter };
    wire_entry_write(&entries, &entry);
    frame.of.inbox_entries.entries = base_writer_view(&entries);
    wire_encode(&bytes, &frame);
    base_result result = weibel_core_frame(core, base_writer_view(&bytes));
    base_writer_free(&entries);
    base_writer_free(&bytes);
    return result;
}

static size_t helped(const struct weibel_core *core) {
    size_t count = 0;
    for (size_t i = 0; i < core->chats.count; i++) {
        const struct chat *chat = (const struct chat *)core->chats.items[i];
        count += chat->change.kind == CHANGE_REENTER ? 1 : 0;
        for (size_t k = 0; k < chat->waiting.count; k++) {
            count += ((const struct change *)chat->waiting.items[k])->kind == CHANGE_REENTER ? 1 : 0;
        }
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fixture *fixture = fixture_get();
    if (size == 0 || size > WIRE_MAX_ENTRY / 2) {
        return 0;
    }
    struct weibel_core *core = fixture_open(fixture, &fixture->store, true);
    TEST_CHECK(core != NULL, "the home doesn't open");
    struct base_slice input = base_slice(data + 1, size - 1);
    struct base_writer letter = writer();
    if (data[0] == ASKS || data[0] == TELLS) {
        write_sealed(fixture, core, data[0] == ASKS, input, &letter);
    } else {
        base_write_slice(&letter, input);
    }
    if (base_writer_view(&letter).len != 0) {
        base_result result = push(core, base_writer_view(&letter));
        TEST_CHECK(result == BASE_OK, result->name);
        TEST_CHECK(data[0] == ASKS || helped(core) == 0, "somebody is helped who has not signed for it");
        result = fixture_drain(fixture, &fixture->store, core, true);
        TEST_CHECK(result == BASE_OK, result->name);
    }
    base_writer_free(&letter);
    weibel_core_free(core);
    return 0;
}

/* The Welcome of a letter, as one into a large group whose ratchet tree lies nowhere. */
static void seed_invitation(const struct fixture *fixture, struct base_slice letter, test_fuzz_seed seed, void *user) {
    struct weibel_core *core = fixture_open(fixture, &fixture->store, false);
    const struct tree_place place = { .name = { 1 }, .size = 1000 };
    const struct group group = { .id = { 2 } };
    struct base_writer input = writer();
    struct base_bytes content = { 0 };
    struct base_slice inside;
    if (letter_content(letter, &inside) == BASE_OK && letter.data[1] == WELCOME) {
        TEST_CHECK(invitation_write(core, &group, inside, &place, &content) == BASE_OK,
                   "an invitation can't be written");
        base_write_u8(&input, LETTER);
        base_write_u8(&input, VERSION);
        base_write_u8(&input, INVITATION);
        base_write_opaque(&input, base_borrow(&content));
        seed(base_writer_view(&input), user);
    }
    base_bytes_free(&content);
    base_writer_free(&input);
    weibel_core_free(core);
}

/* A place in a group that this home has never heard of. */
static void seed_told(struct base_slice key_package, test_fuzz_seed seed, void *user) {
    static const uint8_t unknown[WIRE_STREAM_LEN] = { 3 };
    struct base_writer input = writer();
    base_write_u8(&input, TELLS);
    field_write_array(&input, unknown, sizeof unknown);
    base_write_u64(&input, (uint64_t)1700000100 * 1000);
    base_write_opaque(&input, key_package);
    seed(base_writer_view(&input), user);
    base_writer_free(&input);
}

/* A request for each group; it helps in the one that both are in. */
void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    const struct fixture *fixture = fixture_get();
    size_t good = 0;
    for (size_t i = 0; i < fixture->stream_count; i++) {
        struct base_writer input = writer();
        base_write_u8(&input, ASKS);
        field_write_array(&input, fixture->streams[i].id, WIRE_STREAM_LEN);
        base_write_u64(&input, (uint64_t)1700000100 * 1000);
        base_write_opaque(&input, model_slice(fixture->key_package));
        struct base_slice view = base_writer_view(&input);
        struct weibel_core *core = fixture_open(fixture, &fixture->store, true);
        struct base_writer letter = writer();
        write_sealed(fixture, core, true, base_slice(view.data + 1, view.len - 1), &letter);
        TEST_CHECK(push(core, base_writer_view(&letter)) == BASE_OK, "a good letter is not taken");
        good += helped(core);
        seed(view, user);
        base_writer_free(&letter);
        base_writer_free(&input);
        weibel_core_free(core);
    }
    TEST_CHECK(good == 1, "not one group helps");
    seed_told(model_slice(fixture->key_package), seed, user);
    /* The letters that came, as they lay there. */
    for (size_t i = 0; i < fixture->frame_count; i++) {
        struct wire_frame frame;
        struct wire_entry entry;
        if (wire_decode(model_slice(fixture->frames[i]), &frame) != BASE_OK || frame.type != WIRE_INBOX_ENTRIES) {
            continue;
        }
        struct base_reader reader = base_reader(frame.of.inbox_entries.entries);
        while (wire_entry_next(&reader, &entry) == BASE_OK) {
            struct base_writer input = writer();
            base_write_u8(&input, LETTER);
            base_write_slice(&input, entry.content);
            seed(base_writer_view(&input), user);
            base_writer_free(&input);
            seed_invitation(fixture, entry.content, seed, user);
        }
    }
}
