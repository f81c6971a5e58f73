/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The format of backups: whole, or refused.
 */
#include "archive.h"

#include "test/mutate.h"
#include "test/random.h"
#include "test/result.h"
#include "weibel/core.h"

static const struct vault_cost cheap = { 1, 8 };

static struct base_bytes sample_archive(const char *passphrase) {
    struct test_random random;
    struct archive archive;
    struct base_writer file = base_writer(base_allocator_libc(), 1 << 20);
    struct base_bytes whole = { 0 };
    test_random_init_quiet(&random, 1);
    assert_ok(archive_begin(&archive, &random.random, base_slice_text(passphrase), cheap));
    base_write_slice(&file, base_slice(archive.head, ARCHIVE_HEAD_LEN));
    for (int i = 0; i < 3; i++) {
        struct base_writer records = base_writer(base_allocator_libc(), 1 << 16);
        struct base_bytes piece = { 0 };
        archive_write_record(&records, base_slice_text("name"), base_slice_text("value"));
        assert_ok(archive_seal(&archive, base_allocator_libc(), base_writer_view(&records), i == 2, &piece));
        base_write_slice(&file, base_borrow(&piece));
        base_writer_free(&records);
        base_bytes_free(&piece);
    }
    assert_ok(base_writer_finish(&file, &whole));
    return whole;
}

/* Reads one as a restore does; how many records it has. */
static base_result read_archive(struct base_slice file, const char *passphrase, size_t *count) {
    struct base_reader reader = base_reader(file);
    struct archive archive;
    struct base_slice head, bytes, name, value;
    bool last = false;
    *count = 0;
    BASE_ENSURE(base_read_slice(&reader, ARCHIVE_HEAD_LEN, &head) == BASE_OK, WEIBEL_ERR_ARCHIVE);
    BASE_TRY(archive_open(&archive, head, base_slice_text(passphrase)));
    while (!last) {
        size_t len;
        struct base_bytes records BASE_CLEANUP(base_bytes_free) = { 0 };
        BASE_ENSURE(base_read_slice(&reader, ARCHIVE_LEN_LEN, &bytes) == BASE_OK, WEIBEL_ERR_ARCHIVE);
        BASE_TRY(archive_piece_len(bytes, &len));
        BASE_ENSURE(base_read_slice(&reader, len, &bytes) == BASE_OK, WEIBEL_ERR_ARCHIVE);
        BASE_TRY(archive_open_piece(&archive, base_allocator_libc(), bytes, &records, &last));
        struct base_reader inner = base_reader(base_borrow(&records));
        while (inner.left > 0) {
            BASE_TRY(archive_read_record(&inner, &name, &value));
            ++*count;
        }
    }
    return base_read_end(&reader);
}

static void assert_no_archive(struct base_slice file, void *user) {
    size_t count;
    (void)user;
    base_result result = read_archive(file, "correct horse", &count);
    assert_true(result == &WEIBEL_ERR_ARCHIVE || result == &WEIBEL_ERR_PASSPHRASE || result == &WEIBEL_ERR_VERSION ||
                result == &BASE_ERR_TRAILING);
}

static void archives_are_whole_or_refused(void **state) {
    (void)state;
    struct base_bytes file = sample_archive("correct horse");
    size_t count;
    assert_ok(read_archive(base_borrow(&file), "correct horse", &count));
    assert_int_equal(count, 3);
    assert_result(&WEIBEL_ERR_PASSPHRASE, read_archive(base_borrow(&file), "wrong horse", &count));
    test_each_truncation(base_borrow(&file), assert_no_archive, NULL);
    test_each_extension(base_borrow(&file), assert_no_archive, NULL);
    enum { COST_BEGINS = 25, COST_ENDS = 33 }; /* a flip there may make it so high that the machine can't pay it */
    for (size_t bit = 0; bit < 8 * file.len; bit++) {
        if (bit / 8 < COST_BEGINS || bit / 8 >= COST_ENDS) {
            file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_no_archive(base_borrow(&file), NULL);
            file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    /* Pieces in another order. */
    size_t piece = (file.len - ARCHIVE_HEAD_LEN) / 3;
    for (size_t i = 0; i < piece; i++) {
        uint8_t *first = file.data + ARCHIVE_HEAD_LEN + i, kept = *first;
        *first = first[piece];
        first[piece] = kept;
    }
    assert_no_archive(base_borrow(&file), NULL);
    base_bytes_free(&file);
}

static void a_key_takes_the_place_of_a_passphrase(void **state) {
    (void)state;
    const uint8_t key[VAULT_KEY_LEN] = { 7 }, other[VAULT_KEY_LEN] = { 8 };
    struct test_random random;
    struct archive archive, opened;
    struct base_bytes piece = { 0 }, records = { 0 };
    bool last;
    test_random_init_quiet(&random, 2);
    assert_ok(archive_begin_key(&archive, &random.random, key));
    assert_ok(archive_seal(&archive, base_allocator_libc(), base_slice_text("abc"), true, &piece));
    struct base_slice head = base_slice(archive.head, ARCHIVE_HEAD_LEN);
    struct base_slice sealed = base_slice(piece.data + ARCHIVE_LEN_LEN, piece.len - ARCHIVE_LEN_LEN);
    assert_result(&WEIBEL_ERR_ARCHIVE, archive_open(&opened, head, base_slice_text("correct horse")));
    assert_ok(archive_open_key(&opened, head, other));
    assert_result(&WEIBEL_ERR_PASSPHRASE, archive_open_piece(&opened, base_allocator_libc(), sealed, &records, &last));
    assert_ok(archive_open_key(&opened, head, key));
    assert_ok(archive_open_piece(&opened, base_allocator_libc(), sealed, &records, &last));
    assert_true(last && base_slice_equal(base_borrow(&records), base_slice_text("abc")));
    base_bytes_free(&piece);
    base_bytes_free(&records);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archives_are_whole_or_refused),
        cmocka_unit_test(a_key_takes_the_place_of_a_passphrase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
