/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Backups: whatever records one holds, a new home takes them in or refuses them; and what is no archive does not open.
 *
 * The input is the records of a piece: they are sealed as the core would, so that what is behind the seal is tried.
 */
#include <string.h>

#include "archive.h"
#include "test/check.h"
#include "test/fuzz.h"
#include "world.h"

static const char passphrase[] = "battery staple";

static void check(base_result result) {
    TEST_CHECK(result == BASE_OK, result->name);
}

static void ask(struct weibel_core *core, const char *line) {
    check(weibel_core_line(core, base_slice_text(line)));
}

/* Gives the core the parts of the file that it asks for. */
static base_result feed(struct weibel_core *core, struct base_slice file) {
    struct weibel_effect effect;
    while (weibel_core_next(core, &effect)) {
        const struct weibel_transfer *transfer = &effect.of.transfer;
        if (effect.kind == WEIBEL_EFFECT_STORE) {
            BASE_TRY(weibel_core_stored(core, true));
        } else if (effect.kind == WEIBEL_EFFECT_READ) {
            BASE_TRY(weibel_core_read_done(core, effect.of.read.read, true));
        } else if (effect.kind == WEIBEL_EFFECT_TRANSFER && transfer->step == WEIBEL_TRANSFER_READ) {
            size_t start = transfer->offset < file.len ? (size_t)transfer->offset : file.len;
            size_t left = file.len - start, len = left < transfer->size ? left : (size_t)transfer->size;
            BASE_TRY(weibel_core_transfer_data(core, transfer->transfer, base_slice(file.data + start, len)));
        }
    }
    return BASE_OK;
}

static void restore(struct base_slice file) {
    static struct test_clock clock;
    static struct test_random random;
    test_clock_init(&clock, (uint64_t)1700000100 * 1000);
    test_random_init_quiet(&random, 1);
    const struct weibel_options options = {
        .allocator = base_allocator_libc(),
        .random = &random.random,
        .clock = &clock.clock,
        .provider = mls_provider_sodium(),
        .passphrase_passes = 1,
        .passphrase_memory = 8,
    };
    struct weibel_core *core;
    check(weibel_core_open(&options, &core));
    check(feed(core, file));
    ask(core, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"create\",\"params\":{\"passphrase\":\"x\"}}");
    ask(core, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"restore\",\"params\":{\"path\":\"f\",\"passphrase\":"
              "\"battery staple\"}}");
    check(feed(core, file));
    ask(core, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"chats\"}");
    check(feed(core, file));
    weibel_core_free(core);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct test_random random;
    struct archive archive, opened;
    struct base_bytes piece = { 0 };
    const uint8_t key[VAULT_KEY_LEN] = { 0 };
    struct base_slice input = base_slice(data, size);
    TEST_CHECK(size < ARCHIVE_HEAD_LEN ||
                   archive_open_key(&opened, base_slice(data, ARCHIVE_HEAD_LEN), key) != BASE_OK ||
                   archive_open_piece(&opened, base_allocator_libc(), input, &piece, &(bool){ false }) != BASE_OK,
               "a piece opens that nobody has sealed");
    if (size > ARCHIVE_PIECE) {
        return 0;
    }
    test_random_init_quiet(&random, 2);
    struct base_writer file = base_writer(base_allocator_libc(), 1 << 20);
    check(archive_begin(&archive, &random.random, base_slice_text(passphrase), (struct vault_cost){ 1, 8 }));
    check(archive_seal(&archive, base_allocator_libc(), input, true, &piece));
    base_write_slice(&file, base_slice(archive.head, ARCHIVE_HEAD_LEN));
    base_write_slice(&file, base_borrow(&piece));
    restore(base_writer_view(&file));
    base_writer_free(&file);
    base_bytes_free(&piece);
    return 0;
}

/* The records of a real one. */
void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    static struct world world;
    struct archive archive;
    struct base_bytes records = { 0 };
    bool last;
    world_init_quiet(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    (void)world_call(alice, "group.create", "{'name':'Group','members':['%s']}", bob->id);
    (void)world_call(alice, "backup", "{'path':'f','passphrase':'battery staple','history':true}");
    world_run(&world);
    struct base_slice file = model_slice(world_find_file(alice, "f")->content);
    check(archive_open(&archive, base_slice(file.data, ARCHIVE_HEAD_LEN), base_slice_text(passphrase)));
    size_t start = ARCHIVE_HEAD_LEN + ARCHIVE_LEN_LEN;
    check(archive_open_piece(&archive, base_allocator_libc(), base_slice(file.data + start, file.len - start), &records,
                             &last));
    seed(base_borrow(&records), user);
    base_bytes_free(&records);
    world_end(&world);
}
