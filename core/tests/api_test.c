/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * docs/api.md describes every method and event that there is, and no other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "rpc.h"
#include "test/cmocka.h"

enum { MAX_TEXT = 1 << 17, MAX_NAMES = 64, MAX_NAME = 64 };

static const char *api_path;

struct names {
    char items[MAX_NAMES][MAX_NAME];
    size_t count;
};

static bool has(const struct names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The headings of the third level, before and behind "## Events". */
static void read_headings(struct names *methods, struct names *events) {
    FILE *file = fopen(api_path, "r");
    assert_non_null(file);
    static char line[MAX_TEXT];
    struct names *names = methods;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (strcmp(line, "## Events") == 0) {
            names = events;
        } else if (strncmp(line, "### ", 4) == 0) {
            assert_true(names->count < MAX_NAMES);
            (void)snprintf(names->items[names->count++], MAX_NAME, "%s", line + 4);
        }
    }
    (void)fclose(file);
}

static void document_and_code_agree(void **state) {
    (void)state;
    static struct names methods, events;
    read_headings(&methods, &events);
    size_t count = 0;
    for (; rpc_method_at(count) != NULL; count++) {
        if (!has(&methods, rpc_method_at(count)->name)) {
            print_error("not in the document: %s\n", rpc_method_at(count)->name);
        }
        assert_true(has(&methods, rpc_method_at(count)->name));
    }
    assert_int_equal(count, methods.count);
    for (count = 0; event_name_at(count) != NULL; count++) {
        assert_true(has(&events, event_name_at(count)));
    }
    assert_int_equal(count, events.count);
}

int main(int argc, char **argv) {
    api_path = argc > 1 ? argv[1] : "docs/api.md";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_and_code_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
