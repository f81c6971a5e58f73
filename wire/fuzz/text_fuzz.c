/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Any text as an address and as a link: refused, or read back the same from what is written.
 */
#include <string.h>

#include "test/check.h"
#include "wire/id.h"
#include "wire/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_address(struct base_slice text) {
    struct wire_address address, again;
    if (wire_address_parse(text, &address) != BASE_OK) {
        return;
    }
    char written[WIRE_MAX_ADDRESS + 1];
    wire_address_format(&address, written);
    TEST_CHECK(wire_address_parse(base_slice_text(written), &again) == BASE_OK, "a written address can't be read");
    TEST_CHECK(memcmp(address.account, again.account, WIRE_ACCOUNT_LEN) == 0, "the account changed");
    TEST_CHECK(strcmp(address.domain, again.domain) == 0, "the domain changed");
}

static void try_link(struct base_slice text) {
    struct wire_link link, again;
    if (wire_link_parse(text, &link) != BASE_OK) {
        return;
    }
    struct base_writer writer = base_writer(base_allocator_libc(), text.len + 1);
    wire_link_write(&writer, &link);
    TEST_CHECK(wire_link_parse(base_writer_view(&writer), &again) == BASE_OK, "a written link can't be read");
    TEST_CHECK(base_slice_equal(link.url, again.url) && base_slice_equal(link.code, again.code), "the link changed");
    base_writer_free(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_address(base_slice(data, size));
    try_link(base_slice(data, size));
    return 0;
}
