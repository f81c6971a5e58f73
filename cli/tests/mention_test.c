/* SPDX-License-Identifier: EUPL-1.2 */
/* Mentions: IDs that are found in texts, and names in their place. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "mention.h"
#include "test/cmocka.h"

static void test_finds(void **state) {
    (void)state;
    static const struct {
        const char *text, *ids;
    } cases[] = {
        { "@3TXE-9XH5", "[\"3TXE-9XH5\"]" },
        { "a @3TXE-9XH5, @6SSP-P007. @3TXE-9XH5", "[\"3TXE-9XH5\",\"6SSP-P007\"]" },
        { "@3TXE-9XH5@example.org.", "[\"3TXE-9XH5@example.org\"]" },
        { "@3TXE-9XH5@", "[\"3TXE-9XH5\"]" },
        { "@3TXE-9XH4 is mistyped", NULL },
        { "@3TXE-9XH5a @3txe-9xh5 @3TXE9XH5 3TXE-9XH5 @", NULL },
        { "@3TXE-9XH", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cJSON *list = mention_list(cases[i].text);
        char *ids = list == NULL ? NULL : cJSON_PrintUnformatted(list);
        assert_true((ids == NULL) == (cases[i].ids == NULL));
        if (ids != NULL) {
            assert_string_equal(ids, cases[i].ids);
        }
        cJSON_free(ids);
        cJSON_Delete(list);
    }
}

static void test_at_most(void **state) {
    (void)state;
    /* One ID is one mention, however often it stands there; a text of another server's IDs has as many as it has. */
    char text[16384] = "";
    for (unsigned i = 0; i < 2 * MENTION_MOST; i++) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "@3TXE-9XH5@x%u.example.org ", i);
    }
    cJSON *list = mention_list(text);
    assert_int_equal(cJSON_GetArraySize(list), MENTION_MOST);
    cJSON_Delete(list);
}

typedef void writes(struct base_writer *writer, const struct show *show, const cJSON *members, const char *text);

static void check(writes *write, const char *text, const char *expected) {
    struct show show = {
        .contacts =
            cJSON_Parse("[{\"id\":\"3TXE-9XH5\",\"name\":\"Ben\"},{\"id\":\"1VQ7-D91V\",\"name\":\"Ben Muster\"},"
                        "{\"id\":\"6SSP-P007\",\"name\":\"Zoé\"},{\"id\":\"A\",\"name\":\"Two\"},"
                        "{\"id\":\"B\",\"name\":\"Two\"},{\"id\":\"C\",\"name\":\"Away\"}]"),
    };
    cJSON *members = cJSON_Parse("[\"3TXE-9XH5\",\"1VQ7-D91V\",\"6SSP-P007\",\"A\",\"B\"]");
    struct base_writer writer = base_writer(base_allocator_libc(), 4096);
    write(&writer, &show, members, text);
    base_write_u8(&writer, 0);
    assert_string_equal((const char *)base_writer_view(&writer).data, expected);
    base_writer_free(&writer);
    cJSON_Delete(members);
    show_close(&show);
}

/* A new text: who stood in the old one alone goes, and who was called besides stays. */
static void test_anew(void **state) {
    (void)state;
    cJSON *message = cJSON_Parse("{\"text\":\"@3TXE-9XH5!\",\"mentions\":[\"3TXE-9XH5\",\"1VQ7-D91V\"]}");
    static const char *const texts[][2] = {
        { "@3TXE-9XH5?", "[\"3TXE-9XH5\",\"1VQ7-D91V\"]" },
        { "@6SSP-P007", "[\"6SSP-P007\",\"1VQ7-D91V\"]" },
        { "@1VQ7-D91V", "[\"1VQ7-D91V\"]" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cJSON *list = mention_list_anew(message, texts[i][0]);
        char *ids = cJSON_PrintUnformatted(list);
        assert_string_equal(ids, texts[i][1]);
        free(ids);
        cJSON_Delete(list);
    }
    cJSON_Delete(message);
    message = cJSON_Parse("{\"text\":\"@3TXE-9XH5\",\"mentions\":[\"3TXE-9XH5\"]}");
    cJSON *nobody = mention_list_anew(message, "");
    assert_true(cJSON_IsArray(nobody));
    assert_int_equal(cJSON_GetArraySize(nobody), 0);
    cJSON_Delete(nobody);
    cJSON_Delete(message);
}

static void test_names(void **state) {
    (void)state;
    check(mention_write_ids, "@Ben, @Ben Muster, @Zoé!", "@3TXE-9XH5, @1VQ7-D91V, @6SSP-P007!");
    check(mention_write_ids, "@Benno, @Two, @Away, @ben, @Zoéä @", "@Benno, @Two, @Away, @ben, @Zoéä @");
    check(mention_write_back, "@3TXE-9XH5, @1VQ7-D91V, @6SSP-P007!", "@Ben, @Ben Muster, @Zoé!");
    check(mention_write_back, "@3TXE-9XH5ä @3TXE-9XH4", "@3TXE-9XH5ä @3TXE-9XH4");
}

int main(void) {
    (void)setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds),
        cmocka_unit_test(test_at_most),
        cmocka_unit_test(test_anew),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
