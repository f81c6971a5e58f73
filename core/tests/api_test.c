/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * docs/api.md describes every method, event and error that there is, and no other.
 */
#define _DEFAULT_SOURCE /* opendir */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "rpc.h"
#include "test/cmocka.h"

enum { MAX_TEXT = 1 << 17, MAX_NAMES = 160, MAX_NAME = 64 };

static const char *api_path, *source_path;

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
            size_t len = strlen(line + 4) + 1;
            assert_true(names->count < MAX_NAMES && len <= MAX_NAME);
            memcpy(names->items[names->count++], line + 4, len);
        }
    }
    (void)fclose(file);
}

static void add(struct names *names, const char *name, size_t len) {
    char copy[MAX_NAME];
    assert_true(len < sizeof copy && names->count < MAX_NAMES);
    memcpy(copy, name, len);
    copy[len] = 0;
    if (!has(names, copy)) {
        memcpy(names->items[names->count++], copy, len + 1);
    }
}

/* The names in the table of errors: what stands between backquotes in its rows. */
static void read_error_table(struct names *names) {
    FILE *file = fopen(api_path, "r");
    assert_non_null(file);
    static char line[MAX_TEXT];
    bool inside = false;
    while (fgets(line, sizeof line, file) != NULL) {
        inside = strncmp(line, "## ", 3) == 0 ? strncmp(line, "## Errors", 9) == 0 : inside;
        if (!inside || line[0] != '|') {
            continue;
        }
        for (const char *start = strchr(line, '`'); start != NULL; start = strchr(start, '`')) {
            size_t len = strcspn(start + 1, "`");
            add(names, start + 1, len);
            start += len + 2;
        }
    }
    (void)fclose(file);
}

/* Calls `each` with the text of every source file of the core. */
static void each_source(void (*each)(const char *text, void *user), void *user) {
    DIR *folder = opendir(source_path);
    assert_non_null(folder);
    size_t count = 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        size_t len = strlen(entry->d_name);
        if (len < 2 || strcmp(entry->d_name + len - 2, ".c") != 0) {
            continue;
        }
        char path[1024];
        (void)snprintf(path, sizeof path, "%s/%s", source_path, entry->d_name);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        static char text[MAX_TEXT];
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        (void)fclose(file);
        each(text, user);
        count++;
    }
    (void)closedir(folder);
    assert_true(count > 10);
}

/* TROUBLE_CODE, "name" */
static void find_troubles(const char *text, void *user) {
    for (const char *at = strstr(text, "TROUBLE_"); at != NULL; at = strstr(at, "TROUBLE_")) {
        at += strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        const char *name = at + strspn(at, ", \n");
        if (at[0] == ',' && name[0] == '"') {
            add((struct names *)user, name + 1, strcspn(name + 1, "\""));
        }
    }
}

struct quoted {
    char quoted[MAX_NAME + 2];
    bool found;
};

static void find_quoted(const char *text, void *user) {
    struct quoted *search = (struct quoted *)user;
    search->found = search->found || strstr(text, search->quoted) != NULL;
}

static void every_error_has_its_row(void **state) {
    (void)state;
    static struct names documented, made;
    read_error_table(&documented);
    each_source(find_troubles, &made);
    assert_true(made.count > 20);
    for (size_t i = 0; i < made.count; i++) {
        if (!has(&documented, made.items[i])) {
            print_error("not in the document: %s\n", made.items[i]);
        }
        assert_true(has(&documented, made.items[i]));
    }
    for (size_t i = 0; i < documented.count; i++) {
        struct quoted search = { .found = false };
        (void)snprintf(search.quoted, sizeof search.quoted, "\"%s\"", documented.items[i]);
        each_source(find_quoted, &search);
        if (!search.found) {
            print_error("not in the code: %s\n", documented.items[i]);
        }
        assert_true(search.found);
    }
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
    source_path = argc > 2 ? argv[2] : "core/src";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_and_code_agree),
        cmocka_unit_test(every_error_has_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
