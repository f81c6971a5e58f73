/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The form of what a group says about itself, and roles in it.
 */
#include "about_samples.h"
#include "test/cmocka.h"
#include "test/mutate.h"
#include "test/result.h"

static void read_mutation(struct base_slice mutated, void *user) {
    size_t *accepted = (size_t *)user;
    struct group_about about;
    if (about_read(mutated, &about) != BASE_OK) {
        return;
    }
    struct base_writer writer = base_writer(base_allocator_libc(), ABOUT_MAX);
    about_write(&writer, &about);
    assert_true(base_slice_equal(base_writer_view(&writer), mutated));
    base_writer_free(&writer);
    (*accepted)++;
}

static void what_is_damaged_is_refused_or_means_something_else(void **state) {
    (void)state;
    for (size_t i = 0; i < ABOUT_SAMPLES; i++) {
        struct base_bytes bytes = about_sample(i);
        size_t accepted = 0;
        test_each_truncation(base_borrow(&bytes), read_mutation, &accepted);
        test_each_extension(base_borrow(&bytes), read_mutation, &accepted);
        assert_int_equal(accepted, 0);
        test_each_bit_flip(base_borrow(&bytes), read_mutation, &accepted);
        assert_true(accepted > 0);
        base_bytes_free(&bytes);
    }
}

static void assert_refused(const struct group_about *about, base_result expected) {
    struct base_writer writer = base_writer(base_allocator_libc(), ABOUT_MAX);
    struct group_about out;
    about_write(&writer, about);
    assert_result(about_read(base_writer_view(&writer), &out), expected);
    base_writer_free(&writer);
}

static void what_no_chat_has_is_refused(void **state) {
    (void)state;
    struct base_bytes bytes = about_sample(2);
    struct group_about good;
    assert_ok(about_read(base_borrow(&bytes), &good));
    assert_refused(&good, BASE_OK);
    struct group_about about = good;
    about.name = base_slice_text("two\nlines");
    assert_refused(&about, &BASE_ERR_VALUE);
    about = good;
    about.name = base_slice(NULL, 0);
    assert_refused(&about, &BASE_ERR_VALUE);
    about = good;
    about.roles = base_slice(NULL, 0); /* nobody owns it */
    assert_refused(&about, &BASE_ERR_VALUE);
    about = good;
    about.link = base_slice(NULL, 0);
    assert_refused(&about, &BASE_ERR_VALUE);
    about = good;
    about.join = ABOUT_CLOSED;
    assert_refused(&about, &BASE_ERR_VALUE);
    about = good;
    about.kind = CHAT_DIRECT;
    assert_refused(&about, &BASE_ERR_VALUE);
    about = good;
    about.expire_max = 0;
    about.expire = ABOUT_MAX_EXPIRE + 1;
    assert_refused(&about, &BASE_ERR_VALUE);
    about = good;
    about.expire = about.expire_max + 1;
    assert_refused(&about, &BASE_ERR_VALUE);
    about = good;
    about.expire = about.expire_min - 1;
    assert_refused(&about, &BASE_ERR_VALUE);
    about = good;
    about.expire = 0;
    about.expire_min = about.expire_max + 1;
    assert_refused(&about, &BASE_ERR_VALUE);
    about = good;
    about.expiring = ABOUT_EXPIRING_FORBIDDEN; /* with a timer */
    assert_refused(&about, &BASE_ERR_VALUE);
    about.expire = about.expire_min = about.expire_max = 0;
    assert_refused(&about, BASE_OK);
    about = (struct group_about){ .kind = CHAT_DIRECT, .expire_max = 5 };
    assert_refused(&about, &BASE_ERR_VALUE);
    base_bytes_free(&bytes);
}

/* What a writer wishes, in groups that say different things about it. */
static void a_wish_is_bounded(void **state) {
    (void)state;
    static const struct {
        struct group_about about;
        uint32_t own, expected;
    } cases[] = {
        { { .expire = 0 }, 0, 0 },
        { { .expire = 0 }, 5, 5 },
        { { .expire = 60 }, 0, 60 },
        { { .expire = 60 }, 5, 5 },
        { { .expire = 60 }, 99, 60 }, /* the longest time, if there is no other */
        { { .expire = 60, .expire_max = 90 }, 99, 90 },
        { { .expire = 60, .expire_max = 90 }, 0, 60 },
        { { .expire = 60, .expire_min = 10 }, 5, 10 },
        { { .expire_min = 10, .expire_max = 90 }, 5, 10 },
        { { .expire_min = 10, .expire_max = 90 }, 99, 90 },
        { { .expire_min = 10, .expire_max = 90 }, 0, 0 },
        { { .expiring = ABOUT_EXPIRING_FORBIDDEN }, 5, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(about_expire(&cases[i].about, cases[i].own), cases[i].expected);
    }
}

static void roles_stay_sorted_and_bounded(void **state) {
    (void)state;
    struct base_bytes roles = { 0 };
    for (int i = 0; i <= ABOUT_MAX_ROLES; i++) {
        struct base_bytes next = { 0 };
        struct about_entry entry = { .domain = base_slice_text("x"), .role = ROLE_OWNER };
        entry.account[0] = (uint8_t)(i * 7);
        entry.account[1] = (uint8_t)(i >> 8);
        base_result result = about_role_set(base_allocator_libc(), base_borrow(&roles), &entry, &next);
        assert_result(result, i < ABOUT_MAX_ROLES ? BASE_OK : &BASE_ERR_TOO_LONG);
        if (result == BASE_OK) {
            base_bytes_move(&roles, &next);
        }
    }
    struct group_about about = { .kind = CHAT_GROUP, .name = base_slice_text("n"), .roles = base_borrow(&roles) };
    assert_refused(&about, BASE_OK);
    assert_int_equal(about_role_count(&about, ROLE_OWNER), ABOUT_MAX_ROLES);

    struct base_bytes next = { 0 };
    struct about_entry member = { .domain = base_slice_text("x"), .role = ROLE_MEMBER };
    assert_ok(about_role_set(base_allocator_libc(), base_borrow(&roles), &member, &next));
    about.roles = base_borrow(&next);
    assert_int_equal(about_role_count(&about, ROLE_OWNER), ABOUT_MAX_ROLES - 1);
    assert_int_equal(about_role_of(&about, member.account, member.domain), ROLE_MEMBER);
    base_bytes_free(&roles);
    base_bytes_free(&next);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_damaged_is_refused_or_means_something_else),
        cmocka_unit_test(what_no_chat_has_is_refused),
        cmocka_unit_test(a_wish_is_bounded),
        cmocka_unit_test(roles_stay_sorted_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
