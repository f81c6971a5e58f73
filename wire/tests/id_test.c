/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * IDs, addresses and activation links: what people type is understood or refused, never misunderstood.
 */
#include <stdlib.h>
#include <string.h>

#include "test/cmocka.h"
#include "test/random.h"
#include "test/result.h"
#include "wire/id.h"
#include "wire/link.h"

static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void random_id(uint8_t id[WIRE_ACCOUNT_LEN], uint64_t seed) {
    struct test_random random;
    test_random_init_quiet(&random, seed);
    assert_ok(wire_id_random(&random.random, id));
    assert_true(wire_id_valid(id));
}

static void test_check_character(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        uint8_t id[WIRE_ACCOUNT_LEN];
        random_id(id, seed);
        for (size_t i = 0; i < WIRE_ACCOUNT_LEN; i++) {
            uint8_t right = id[i];
            for (size_t c = 0; c < strlen(ALPHABET); c++) {
                id[i] = (uint8_t)ALPHABET[c];
                assert_int_equal(wire_id_valid(id), id[i] == right);
            }
            id[i] = right;
            for (size_t j = 0; j < i; j++) {
                uint8_t other = id[j];
                id[i] = other;
                id[j] = right;
                assert_int_equal(wire_id_valid(id), other == right);
                id[i] = right;
                id[j] = other;
            }
        }
    }
}

static void test_random_failure(void **state) {
    (void)state;
    uint8_t id[WIRE_ACCOUNT_LEN];
    assert_result(&BASE_ERR_RANDOM, wire_id_random(test_random_failing(), id));
}

static void test_lenient_parse(void **state) {
    (void)state;
    assert_true(wire_id_valid((const uint8_t *)"7K2M9QXA"));
    uint8_t ones[WIRE_ACCOUNT_LEN], parsed[WIRE_ACCOUNT_LEN];
    memcpy(ones, "1111111", WIRE_ACCOUNT_LEN - 1);
    size_t valid = 0;
    for (size_t c = 0; c < strlen(ALPHABET); c++) {
        ones[WIRE_ACCOUNT_LEN - 1] = (uint8_t)ALPHABET[c];
        if (wire_id_valid(ones)) {
            valid++;
            char text[32];
            snprintf(text, sizeof text, " iIlL - 1-11%c ", ALPHABET[c] >= 'A' ? ALPHABET[c] - 'A' + 'a' : ALPHABET[c]);
            assert_ok(wire_id_parse(base_slice_text(text), parsed));
            assert_memory_equal(parsed, ones, WIRE_ACCOUNT_LEN);
        }
    }
    assert_int_equal(valid, 1);

    uint8_t id[WIRE_ACCOUNT_LEN];
    random_id(id, 7);
    char text[WIRE_ID_TEXT_LEN + 1];
    wire_id_format(id, text);
    assert_int_equal(text[4], '-');
    assert_int_equal(strlen(text), WIRE_ID_TEXT_LEN);
    assert_ok(wire_id_parse(base_slice_text(text), parsed));
    assert_memory_equal(parsed, id, WIRE_ACCOUNT_LEN);

    static const char *const refused[] = { "",          "7K2M",      "7K2M-9QX",    "7K2M-9QXAA",
                                           "UUUU-UUUU", "7K2M_9QXA", "7K2M-9QX\xc3" };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_result(&WIRE_ERR_ID, wire_id_parse(base_slice_text(refused[i]), parsed));
    }
    assert_result(&WIRE_ERR_ID, wire_id_parse(base_slice("0000000\0", 8), parsed));
}

static void test_addresses(void **state) {
    (void)state;
    uint8_t id[WIRE_ACCOUNT_LEN];
    random_id(id, 8);
    char text[WIRE_MAX_ADDRESS + 1];
    wire_id_format(id, text);
    struct wire_address address;
    assert_ok(wire_address_parse(base_slice_text(text), &address));
    assert_string_equal(address.domain, "");

    strcat(text, "@Chat.Example-1.org");
    assert_ok(wire_address_parse(base_slice_text(text), &address));
    assert_memory_equal(address.account, id, WIRE_ACCOUNT_LEN);
    assert_string_equal(address.domain, "chat.example-1.org");
    char out[WIRE_MAX_ADDRESS + 1];
    wire_address_format(&address, out);
    struct wire_address again;
    assert_ok(wire_address_parse(base_slice_text(out), &again));
    assert_string_equal(again.domain, address.domain);

    static const char *const refused[] = { "", ".", "a..b", "-a.org", "a-.org", "a.org.", "a b", "a@b", "ä.org" };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        wire_id_format(id, text);
        strcat(strcat(text, "@"), refused[i]);
        assert_result(&WIRE_ERR_DOMAIN, wire_address_parse(base_slice_text(text), &address));
    }
    assert_result(&WIRE_ERR_ID, wire_address_parse(base_slice_text("7K2M@a.org"), &address));

    char longest[WIRE_MAX_DOMAIN + 2];
    memset(longest, 'a', sizeof longest);
    for (size_t i = 63; i < sizeof longest; i += 64) {
        longest[i] = '.';
    }
    assert_true(wire_domain_valid(base_slice(longest, WIRE_MAX_DOMAIN)));
    assert_false(wire_domain_valid(base_slice(longest, WIRE_MAX_DOMAIN + 1)));
    memset(longest, 'a', 64);
    assert_true(wire_domain_valid(base_slice(longest, 63)));
    assert_false(wire_domain_valid(base_slice(longest, 64)));
}

static void test_links(void **state) {
    (void)state;
    static const struct {
        const char *text, *url, *code;
    } links[] = {
        { "https://example.org/#activate=AB-c_1", "https://example.org", "AB-c_1" },
        { " http://127.0.0.1:8080/#activate=A\n", "http://127.0.0.1:8080", "A" },
        { "https://example.org/chat/#activate=A", "https://example.org/chat", "A" },
        { "https://example.org#activate=A", "https://example.org", "A" },
        { "https://example.org/#link=A-_9", "https://example.org", "A-_9" },
    };
    struct wire_link link;
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        assert_ok(wire_link_parse(base_slice_text(links[i].text), &link));
        assert_true(base_slice_equal(link.url, base_slice_text(links[i].url)));
        assert_true(base_slice_equal(link.code, base_slice_text(links[i].code)));
        struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_URL * 2);
        wire_link_write(&writer, &link);
        struct wire_link again;
        assert_ok(wire_link_parse(base_writer_view(&writer), &again));
        assert_true(base_slice_equal(again.url, link.url));
        assert_true(base_slice_equal(again.code, link.code));
        assert_int_equal(link.kind, strstr(links[i].text, "#link=") == NULL ? WIRE_LINK_ACTIVATE : WIRE_LINK_DEVICE);
        assert_int_equal(again.kind, link.kind);
        base_writer_free(&writer);
    }
    static const char *const refused[] = {
        "",
        "#activate=A",
        "https://example.org/",
        "https://example.org/#activate=",
        "https://example.org/#link=",
        "https://example.org/#link=A#activate=B",
        "https://example.org/#activate=a b",
        "https://example.org/#other=A",
        "ftp://example.org/#activate=A",
        "https:///#activate=A",
        "https://u@example.org/#activate=A",
        "https://example.org/?x#activate=A",
        "https://exam ple.org/#activate=A",
        "https://example.org/#activate=A#activate=B",
        "https://example.org/#activate=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_result(&WIRE_ERR_LINK, wire_link_parse(base_slice_text(refused[i]), &link));
    }
    struct base_writer writer = base_writer(base_allocator_libc(), 100);
    wire_link_write(&writer, &(struct wire_link){ base_slice_text("https://a.org"), base_slice_text("no code"),
                                                  WIRE_LINK_ACTIVATE });
    assert_ptr_equal(writer.failed, &WIRE_ERR_LINK);
    base_writer_free(&writer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_character), cmocka_unit_test(test_random_failure),
        cmocka_unit_test(test_lenient_parse),   cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
