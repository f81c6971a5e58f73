/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mls-vectors FILE...: runs files of test vectors and counts what passes.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"

/* Exit codes: sysexits.h, and what test drivers take for "skipped". */
enum { EXIT_PASSED = 0, EXIT_FAILED = 1, EXIT_USAGE = 64, EXIT_SKIPPED = 77 };

/* Longer files are not vectors. */
#define FILE_MAX ((long)256 << 20)

static const struct vectors_kind *const tables[] = { vectors_crypto, vectors_groups, vectors_messages, vectors_tree };

static const char help[] =
    "usage: mls-vectors [--provider sodium|openssl|all] FILE...\n"
    "\n"
    "Runs test vectors in the format of mlswg/mls-implementations (test-vectors.md). The kind of a file is recognised\n"
    "by its cases. A case runs with each chosen provider that has its cipher suite.\n"
    "\n"
    "Prints each case that fails, with its file, index and error, and at last `N passed, N failed`. Ends with 0 if "
    "all\n"
    "has passed, 1 if something failed or could not be read, 77 if all there was had to be skipped.\n";

struct run {
    const struct mls_provider *providers[2];
    size_t provider_count;
    size_t passed;
    size_t failed;
    size_t skipped;
};

/* ---------------------------------------------------------------------------------------------------- files ---- */

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *text = NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        const long size = ftell(file);
        if (size >= 0 && size <= FILE_MAX && fseek(file, 0, SEEK_SET) == 0) {
            text = base_take(base_allocator_libc(), (size_t)size + 1, 1);
            if (text != NULL && fread(text, 1, (size_t)size, file) != (size_t)size) {
                base_free(text);
                text = NULL;
            }
        }
    }
    fclose(file);
    return text;
}

/* The most digits of which every number is exact as a double. */
#define EXACT_DIGITS 15

/* Puts longer numbers between quotes, so that they reach number_of() as they are written. */
static char *quote_long_numbers(const char *text) {
    char *out = base_take(base_allocator_libc(), strlen(text) * 2 + 1, 1);
    if (out == NULL) {
        return NULL;
    }
    char *to = out;
    bool in_string = false;
    while (*text != 0) {
        size_t digits = 0;
        while (!in_string && isdigit((unsigned char)text[digits])) {
            digits++;
        }
        if (digits != 0) {
            const bool quote = digits > EXACT_DIGITS;
            *to = '"';
            to += quote;
            memcpy(to, text, digits);
            to += digits;
            *to = '"';
            to += quote;
            text += digits;
            continue;
        }
        if (*text == '\\' && text[1] != 0) {
            *to++ = *text++;
        } else if (*text == '"') {
            in_string = !in_string;
        }
        *to++ = *text++;
    }
    *to = 0;
    return out;
}

static cJSON *parse_file(const char *path) {
    char *text = read_file(path);
    char *quoted = text == NULL ? NULL : quote_long_numbers(text);
    cJSON *json = quoted == NULL ? NULL : cJSON_ParseWithOpts(quoted, NULL, true);
    base_free(quoted);
    base_free(text);
    return json;
}

/* ---------------------------------------------------------------------------------------------------- cases ---- */

static const struct vectors_kind *find_kind(const cJSON *first) {
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (const struct vectors_kind *kind = tables[i]; kind->name != NULL; kind++) {
            if (cJSON_HasObjectItem(first, kind->key)) {
                return kind;
            }
        }
    }
    return NULL;
}

static void print_failure(const char *path, size_t index, const struct vectors_kind *kind,
                          const struct vectors_case *vector, base_result result) {
    printf("%s[%zu]: %s", path, index, kind->name);
    if (kind->with_suite && vector->crypto.suite != NULL) {
        printf(" (suite %d, %s)", (int)vector->crypto.suite->id, vector->crypto.provider->name);
    }
    if (vector->at[0] != 0) {
        printf(": %s", vector->at);
    }
    if (vector->field[0] != 0) {
        printf(": %s", vector->field);
    }
    printf(": %s: %s%s%s\n", result->name, result->text, result->section == NULL ? "" : ", ",
           result->section == NULL ? "" : result->section);
}

/* With each provider that has the case's suite, until one fails. */
static base_result run_with_suite(const struct run *run, const struct vectors_kind *kind, struct vectors_case *vector) {
    uint16_t suite = 0;
    bool ran = false;
    BASE_TRY(vectors_u16(vector, vector->json, "cipher_suite", &suite));
    for (size_t i = 0; i < run->provider_count; i++) {
        if (mls_crypto_for(run->providers[i], base_allocator_libc(), suite, &vector->crypto) == BASE_OK) {
            ran = true;
            BASE_TRY(kind->run(vector));
        }
    }
    return ran ? BASE_OK : &VECTORS_SKIPPED;
}

static void run_case(struct run *run, const char *path, size_t index, const struct vectors_kind *kind,
                     const cJSON *json) {
    struct vectors_case vector = { .json = json, .random = base_random_system() };
    base_result result = kind->with_suite ? run_with_suite(run, kind, &vector) : kind->run(&vector);
    if (result == BASE_OK) {
        run->passed++;
    } else if (result == &VECTORS_SKIPPED) {
        run->skipped++;
        print_failure(path, index, kind, &vector, result);
    } else {
        run->failed++;
        print_failure(path, index, kind, &vector, result);
    }
    vectors_case_free(&vector);
}

static void run_file(struct run *run, const char *path) {
    cJSON *json = parse_file(path);
    if (json == NULL) {
        run->failed++;
        printf("%s: cannot be read, or is not JSON\n", path);
        return;
    }
    /* A single case may stand without an array around it. */
    const cJSON *first = cJSON_IsArray(json) ? json->child : json;
    const struct vectors_kind *kind = first == NULL ? NULL : find_kind(first);
    size_t count = 0;
    for (const cJSON *item = first; item != NULL; item = item->next, count++) {
        if (kind == NULL) {
            run->skipped++;
        } else {
            run_case(run, path, count, kind, item);
        }
    }
    if (count == 0) {
        printf("%s: has no cases\n", path);
    } else if (kind == NULL) {
        printf("%s: skipped: vectors of a kind that is not known here\n", path);
    }
    cJSON_Delete(json);
}

/* --------------------------------------------------------------------------------------------------- program ---- */

static int usage(const char *reason, const char *what) {
    fprintf(stderr, "mls-vectors: %s%s\n%s", reason, what, help);
    return EXIT_USAGE;
}

/* Adds the providers that `name` asks for. False: there are none. */
static bool choose_providers(struct run *run, const char *name, struct mls_provider **openssl) {
    const bool all = strcmp(name, "all") == 0;
    if (all || strcmp(name, "sodium") == 0) {
        run->providers[run->provider_count] = mls_provider_sodium();
        run->provider_count += run->providers[run->provider_count] != NULL;
    }
    if (all || strcmp(name, "openssl") == 0) {
        if (vectors_openssl(openssl) == BASE_OK && *openssl != NULL) {
            run->providers[run->provider_count++] = *openssl;
        }
    }
    return run->provider_count != 0;
}

static int finish(const struct run *run) {
    printf("%zu passed, %zu failed", run->passed, run->failed);
    if (run->skipped != 0) {
        printf(", %zu skipped", run->skipped);
    }
    printf("\n");
    if (run->failed != 0) {
        return EXIT_FAILED;
    }
    return run->passed == 0 && run->skipped != 0 ? EXIT_SKIPPED : EXIT_PASSED;
}

int main(int argc, char **argv) {
    const char *provider = "all";
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--help") == 0) {
            fputs(help, stdout);
            return EXIT_PASSED;
        }
        if (strcmp(argv[at], "--provider") != 0 || at + 1 == argc) {
            return usage("unknown option ", argv[at]);
        }
        provider = argv[++at];
    }
    if (at == argc) {
        return usage("no files", "");
    }
    struct run run = { 0 };
    struct mls_provider *openssl = NULL;
    if (!choose_providers(&run, provider, &openssl)) {
        return usage("no such provider: ", provider);
    }
    for (; at < argc; at++) {
        run_file(&run, argv[at]);
    }
    vectors_openssl_free(openssl);
    return finish(&run);
}
