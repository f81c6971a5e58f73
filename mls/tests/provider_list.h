/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every suite of every provider, so that a test runs with all of them.
 */
#ifndef MLS_TESTS_PROVIDER_LIST_H
#define MLS_TESTS_PROVIDER_LIST_H

#include "crypto.h"
#include "test/check.h"

/** A provider's suite, ready to be used. */
struct provider_suite {
    struct mls_crypto crypto;
};

struct provider_list {
    struct mls_provider *openssl;
    struct provider_suite suites[8];
    size_t count;
};

static inline void provider_list_add(struct provider_list *list, const struct mls_provider *provider, uint16_t suite) {
    if (mls_crypto_for(provider, base_allocator_libc(), suite, &list->suites[list->count].crypto) == BASE_OK) {
        list->count++;
    }
}

/** libsodium's suite 3 first, then all of OpenSSL. */
static inline void provider_list_init(struct provider_list *list) {
    *list = (struct provider_list){ 0 };
    TEST_CHECK(mls_provider_openssl(base_allocator_libc(), &list->openssl) == BASE_OK, "OpenSSL does not start");
    provider_list_add(list, mls_provider_sodium(), 3);
    for (uint16_t suite = 1; suite <= 7; suite++) {
        provider_list_add(list, list->openssl, suite);
    }
    TEST_CHECK(list->count == 8, "a provider lacks a suite");
}

static inline void provider_list_free(struct provider_list *list) {
    mls_provider_openssl_free(list->openssl);
}

#endif
