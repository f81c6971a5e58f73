/* SPDX-License-Identifier: EUPL-1.2 */
/* Pictures are sent without what they say beside themselves, and look as before. */
#include <stdlib.h>

#include "pictures.h"
#include "test/mutate.h"
#include "test/result.h"
#include "weibel/core.h"

static bool says_secret(const uint8_t *data, size_t len) {
    static const char secret[] = "SECRET";
    for (size_t at = 0; at + sizeof secret - 1 <= len; at++) {
        if (memcmp(data + at, secret, sizeof secret - 1) == 0) {
            return true;
        }
    }
    return false;
}

static void the_secret_goes_and_the_picture_stays(void **state) {
    (void)state;
    for (size_t i = 0; i < picture_sample_count; i++) {
        const struct picture_sample *sample = &picture_samples[i];
        uint8_t *data = test_exact_copy(sample->before.data, sample->before.len);
        print_message("%s\n", sample->name);
        assert_true(weibel_picture_is(data, WEIBEL_PICTURE_HEAD));
        for (unsigned twice = 0; twice < 2; twice++) {
            assert_ok(weibel_picture_bare(data, sample->before.len));
            assert_memory_equal(data, sample->after.data, sample->after.len);
            for (size_t at = sample->after.len; at < sample->before.len; at++) {
                assert_int_equal(data[at], 0);
            }
        }
        assert_false(says_secret(data, sample->before.len));
        free(data);
    }
}

static void take_mutation(struct base_slice mutated, void *user) {
    size_t *refused = (size_t *)user;
    uint8_t *data = test_exact_copy(mutated.data, mutated.len);
    *refused += weibel_picture_bare(data, mutated.len) == BASE_OK ? 0 : 1;
    free(data);
}

static void damage_is_refused_or_harmless(void **state) {
    (void)state;
    for (size_t i = 0; i < picture_sample_count; i++) {
        size_t refused = 0;
        test_each_mutation(picture_samples[i].before, take_mutation, &refused);
        assert_true(refused > 20); /* its first bytes, at least */
    }
}

/* Each would send a secret on, if it were taken for a picture. */
static void what_is_not_understood_is_refused(void **state) {
    (void)state;
    static const char *const refused[] = {
        "",
        "%PDF-1.4 SECRET",
        "BM SECRET",
        "II*\0 SECRET",
        "\xff\xd8\xff\xd9",                    /* no picture in it */
        "\xff\xd8\xff\xe1\xff\xffJFIF",        /* longer than it is */
        "\xff\xd8\xff\xe1\x01\x01",            /* shorter than a length */
        "\x89PNG\r\n\x1a\n",                   /* without an end */
        "RIFF\xff\xff\xff\x7fWEBP",            /* longer than it is */
        "GIF89a\x01\x01\x01\x01\x01\x01\x01@", /* no such block */
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        size_t len = strlen(refused[i]);
        uint8_t *data = test_exact_copy((const uint8_t *)refused[i], len);
        assert_result(&WEIBEL_ERR_PICTURE, weibel_picture_bare(data, len));
        free(data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_secret_goes_and_the_picture_stays),
        cmocka_unit_test(damage_is_refused_or_harmless),
        cmocka_unit_test(what_is_not_understood_is_refused),
    };
    return cmocka_run_group_tests_name("picture", tests, NULL, NULL);
}
