/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Saved state: whatever a record holds, a core opens or says that it is damaged.
 *
 * The input is the number of a record of the fixture (one byte) and its new value, which is sealed as the core would.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "test/fuzz.h"
#include "vault.h"

static struct vault opened_vault(const struct fixture *fixture) {
    static struct vault vault;
    if (!vault.open) {
        struct model_bytes record = fixture->store.records[0].value;
        const struct vault_means means = { .passphrase = base_slice_text("correct horse") };
        base_result result = vault_open(&vault, &means, base_slice(record.data, record.len));
        TEST_CHECK(result == BASE_OK, result->name);
    }
    return vault;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fixture *fixture = fixture_get();
    if (size == 0 || data[0] >= fixture->store.count) {
        return 0;
    }
    struct world_store store = world_store_copy(&fixture->store);
    struct world_record *record = &store.records[data[0]];
    struct vault vault = opened_vault(fixture);
    struct base_bytes sealed = { 0 };
    base_result result =
        vault_seal(&vault, base_allocator_libc(), base_random_system(), base_slice(record->key.data, record->key.len),
                   base_slice(data + 1, size - 1), &sealed);
    TEST_CHECK(result == BASE_OK, result->name);
    free(record->value.data);
    record->value.data = (uint8_t *)malloc(sealed.len);
    TEST_CHECK(record->value.data != NULL, "the machine is out of memory");
    memcpy(record->value.data, sealed.data, sealed.len);
    record->value.len = sealed.len;
    base_bytes_free(&sealed);
    weibel_core_free(fixture_open(fixture, &store, true));
    world_store_free(&store);
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    const struct fixture *fixture = fixture_get();
    struct vault vault = opened_vault(fixture);
    for (size_t i = 1; i < fixture->store.count && i < 256; i++) {
        const struct world_record *record = &fixture->store.records[i];
        struct base_bytes value = { 0 };
        base_result result = vault_unseal(&vault, base_allocator_libc(), base_slice(record->key.data, record->key.len),
                                          base_slice(record->value.data, record->value.len), &value);
        TEST_CHECK(result == BASE_OK, result->name);
        struct base_writer writer = base_writer(base_allocator_libc(), 1 << 20);
        base_write_u8(&writer, (uint8_t)i);
        base_write_slice(&writer, base_borrow(&value));
        seed(base_writer_view(&writer), user);
        base_writer_free(&writer);
        base_bytes_free(&value);
    }
}
