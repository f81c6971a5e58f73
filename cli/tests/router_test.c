/* SPDX-License-Identifier: EUPL-1.2 */
/* Several faces at one core: each gets its own answers, under its own ids, and all events. */
#include <cJSON.h>
#include <stdio.h>
#include <string.h>

#include "router.h"
#include "test/cmocka.h"
#include "test/result.h"

/* What has come out at one place. */
struct log {
    char lines[4][256];
    unsigned count;
};

static void note(void *user, struct base_slice line) {
    struct log *log = (struct log *)user;
    if (log->count < 4) {
        snprintf(log->lines[log->count], sizeof log->lines[0], "%.*s", (int)line.len, (const char *)line.data);
    }
    log->count++;
}

struct fixture {
    struct log core, a, b;
    struct router *router;
    struct face *face_a, *face_b;
};

static int set_up(void **state) {
    static struct fixture fixture;
    fixture = (struct fixture){ .router = NULL };
    assert_ok(router_open(note, &fixture.core, &fixture.router));
    assert_ok(router_add(fixture.router, note, &fixture.a, &fixture.face_a));
    assert_ok(router_add(fixture.router, note, &fixture.b, &fixture.face_b));
    *state = &fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = (struct fixture *)*state;
    router_remove(&f->face_a);
    router_remove(&f->face_b);
    router_close(&f->router);
    return 0;
}

static unsigned id_of(const char *line) {
    cJSON *message = cJSON_Parse(line);
    unsigned id = (unsigned)cJSON_GetObjectItem(message, "id")->valueint;
    cJSON_Delete(message);
    return id;
}

static void answer(struct fixture *f, unsigned id, const char *result) {
    char line[128];
    snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%u,\"result\":%s}", id, result);
    assert_ok(router_answer(f->router, base_slice_text(line)));
}

static void test_same_ids(void **state) {
    struct fixture *f = (struct fixture *)*state;
    assert_ok(router_request(f->face_a, base_slice_text("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"whoami\"}")));
    assert_ok(router_request(f->face_b, base_slice_text("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"chats\"}")));
    assert_int_equal(f->core.count, 2);
    unsigned first = id_of(f->core.lines[0]);
    unsigned second = id_of(f->core.lines[1]);
    assert_int_not_equal(first, second);
    assert_non_null(strstr(f->core.lines[0], "whoami"));
    assert_int_equal(router_waiting(f->router, NULL), 2);
    assert_int_equal(router_waiting(f->router, f->face_a), 1);
    answer(f, second, "\"for b\"");
    answer(f, first, "\"for a\"");
    assert_string_equal(f->a.lines[0], "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"for a\"}");
    assert_string_equal(f->b.lines[0], "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"for b\"}");
    assert_int_equal(router_waiting(f->router, NULL), 0);
    answer(f, first, "\"twice\"");
    assert_int_equal(f->a.count + f->b.count, 2);
}

static void test_kinds_of_ids(void **state) {
    struct fixture *f = (struct fixture *)*state;
    assert_ok(router_request(f->face_a, base_slice_text("{\"id\":\"x-7\",\"method\":\"m\"}")));
    answer(f, id_of(f->core.lines[0]), "{}");
    assert_string_equal(f->a.lines[0], "{\"jsonrpc\":\"2.0\",\"id\":\"x-7\",\"result\":{}}");
    /* A notification has no answer. */
    assert_ok(router_request(f->face_a, base_slice_text("{\"method\":\"m\"}")));
    assert_int_equal(f->core.count, 2);
    assert_int_equal(router_waiting(f->router, NULL), 0);
    assert_ok(router_request(f->face_a, base_slice_text("{\"id\":{},\"method\":\"m\"}")));
    assert_int_equal(f->core.count, 2);
    assert_non_null(strstr(f->a.lines[1], "-32600"));
}

static void check_id(struct fixture *f, const char *id, const char *back) {
    char line[128];
    f->core.count = 0;
    f->a.count = 0;
    (void)snprintf(line, sizeof line, "{\"id\":%s,\"method\":\"m\"}", id);
    assert_ok(router_request(f->face_a, base_slice_text(line)));
    if (back != NULL) {
        assert_int_equal(f->core.count, 1);
        answer(f, id_of(f->core.lines[0]), "{}");
        (void)snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{}}", back);
        assert_string_equal(f->a.lines[0], line);
    } else {
        assert_int_equal(f->core.count, 0);
        assert_non_null(strstr(f->a.lines[0], "-32600"));
    }
}

static void test_ids_come_back_as_they_were(void **state) {
    struct fixture *f = (struct fixture *)*state;
    check_id(f, "0", "0");
    check_id(f, "null", "null");
    check_id(f, "1764242342123457", "1764242342123457");
    check_id(f, "-9007199254740991", "-9007199254740991");
    check_id(f, "9007199254740992", NULL);
    check_id(f, "1.5", NULL);
    check_id(f, "1e300", NULL);
    check_id(f, "true", NULL);
}

/* The core takes the first of several ids: it must be ours, or somebody else's request would be answered. */
static void test_several_ids(void **state) {
    struct fixture *f = (struct fixture *)*state;
    assert_ok(router_request(f->face_b, base_slice_text("{\"id\":7,\"method\":\"b\"}")));
    unsigned of_b = id_of(f->core.lines[0]);
    char line[128];
    (void)snprintf(line, sizeof line, "{\"id\":5,\"method\":\"a\",\"id\":%u}", of_b);
    assert_ok(router_request(f->face_a, base_slice_text(line)));
    assert_int_equal(f->core.count, 2);
    assert_int_not_equal(id_of(f->core.lines[1]), of_b);
    answer(f, id_of(f->core.lines[1]), "{}");
    assert_string_equal(f->a.lines[0], "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}");
    assert_int_equal(f->b.count, 0);
}

static void test_whole_lines_alone(void **state) {
    struct fixture *f = (struct fixture *)*state;
    assert_ok(router_request(f->face_a, base_slice_text("{\"id\":1,\"method\":\"m\"} {}")));
    assert_int_equal(f->core.count, 0);
    assert_non_null(strstr(f->a.lines[0], "-32700"));
    assert_ok(router_request(f->face_a, base_slice_text("{\"id\":1,\"method\":\"m\"} \r")));
    assert_int_equal(f->core.count, 1);
}

/* cJSON would end the text there, and half of it would be sent. */
static void test_no_null_character(void **state) {
    struct fixture *f = (struct fixture *)*state;
    assert_ok(
        router_request(f->face_a, base_slice_text("{\"id\":1,\"method\":\"m\",\"params\":{\"text\":\"a\\u0000b\"}}")));
    assert_int_equal(f->core.count, 0);
    assert_non_null(strstr(f->a.lines[0], "\"id\":1"));
    assert_non_null(strstr(f->a.lines[0], "-32602"));
    assert_ok(router_request(f->face_a, base_slice_text("{\"id\":1,\"method\":\"\\\\u0000\"}")));
    assert_int_equal(f->core.count, 1);
}

static void test_no_request(void **state) {
    struct fixture *f = (struct fixture *)*state;
    assert_ok(router_request(f->face_a, base_slice_text("{nonsense")));
    assert_ok(router_request(f->face_a, base_slice_text("[]")));
    assert_ok(router_request(f->face_a, base_slice_text("")));
    assert_int_equal(f->core.count, 0);
    assert_int_equal(f->a.count, 3);
    assert_non_null(strstr(f->a.lines[0], "-32700"));
    assert_non_null(strstr(f->a.lines[0], "\"id\":null"));
    assert_non_null(strstr(f->a.lines[1], "-32600"));
}

static void test_events(void **state) {
    struct fixture *f = (struct fixture *)*state;
    static const char event[] = "{\"jsonrpc\":\"2.0\",\"method\":\"message\",\"params\":{\"text\":\"hi\"}}";
    assert_ok(router_answer(f->router, base_slice_text(event)));
    assert_string_equal(f->a.lines[0], event);
    assert_string_equal(f->b.lines[0], event);
}

static void test_gone(void **state) {
    struct fixture *f = (struct fixture *)*state;
    assert_ok(router_request(f->face_b, base_slice_text("{\"id\":5,\"method\":\"m\"}")));
    router_remove(&f->face_b);
    answer(f, id_of(f->core.lines[0]), "{}");
    assert_int_equal(f->a.count + f->b.count, 0);
}

static void test_bound(void **state) {
    struct fixture *f = (struct fixture *)*state;
    for (unsigned i = 0; i < ROUTER_MAX_WAITING; i++) {
        assert_ok(router_request(f->face_a, base_slice_text("{\"id\":1,\"method\":\"m\"}")));
    }
    assert_int_equal(f->a.count, 0);
    assert_ok(router_request(f->face_a, base_slice_text("{\"id\":9,\"method\":\"m\"}")));
    assert_int_equal(f->a.count, 1);
    assert_non_null(strstr(f->a.lines[0], "\"id\":9"));
    assert_int_equal(f->core.count, ROUTER_MAX_WAITING);
    assert_ok(router_request(f->face_b, base_slice_text("{\"id\":9,\"method\":\"m\"}")));
    assert_int_equal(f->b.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kinds_of_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ids_come_back_as_they_were, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_several_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_whole_lines_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_null_character, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bound, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
