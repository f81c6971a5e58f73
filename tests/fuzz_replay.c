/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Runs a fuzz target over its own seeds and the files of its corpus, so that every build replays what the fuzzer has
 * ever learnt. With --write the seeds go to a folder instead, for the fuzzer to start from.
 */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "test/fuzz.h"

#pragma weak test_fuzz_seeds /* not every target has seeds */

/* libFuzzer keeps its inputs far below this; a larger file in a corpus is there by mistake. */
enum { LARGEST_INPUT = 1 << 20, LONGEST_PATH = 4096 };

struct replay {
    const char *write_to; /* NULL: run the seeds */
    uint8_t *buffer;
    int count; /* inputs so far; -1 after an error */
};

static void fail(struct replay *replay, const char *path, const char *reason) {
    fprintf(stderr, "%s: %s\n", path, reason);
    replay->count = -1;
}

/* A copy of exactly its size shows a read of one byte too many to AddressSanitizer. */
static void run(struct replay *replay, const uint8_t *data, size_t len) {
    uint8_t *input = malloc(len == 0 ? 1 : len);
    TEST_CHECK(input != NULL, "the machine is out of memory");
    if (len != 0) {
        memcpy(input, data, len);
    }
    LLVMFuzzerTestOneInput(input, len);
    free(input);
    replay->count++;
}

static void run_file(struct replay *replay, const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail(replay, path, strerror(errno));
        return;
    }
    size_t len = fread(replay->buffer, 1, LARGEST_INPUT + 1, file);
    int broken = ferror(file);
    fclose(file);
    if (broken) {
        fail(replay, path, "can't be read");
    } else if (len > LARGEST_INPUT) {
        fail(replay, path, "is larger than an input may be");
    } else {
        run(replay, replay->buffer, len);
    }
}

static void run_folder(struct replay *replay, const char *path) {
    DIR *folder = opendir(path);
    if (folder == NULL) {
        fail(replay, path, strerror(errno));
        return;
    }
    int before = replay->count;
    const struct dirent *entry = readdir(folder);
    for (; entry != NULL && replay->count >= 0; entry = readdir(folder)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char file[LONGEST_PATH];
        int len = snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (len > 0 && len < LONGEST_PATH) {
            run_file(replay, file);
        } else {
            fail(replay, path, "the path is too long");
        }
    }
    closedir(folder);
    if (replay->count == before) {
        fail(replay, path, "the corpus is empty");
    }
}

static void write_seed(struct replay *replay, struct base_slice seed) {
    char path[LONGEST_PATH];
    int len = snprintf(path, sizeof path, "%s/seed-%03d", replay->write_to, replay->count);
    FILE *file = len > 0 && len < LONGEST_PATH ? fopen(path, "wb") : NULL;
    if (file == NULL) {
        fail(replay, replay->write_to, "no file can be made there");
        return;
    }
    size_t written = seed.len == 0 ? 0 : fwrite(seed.data, 1, seed.len, file);
    if (fclose(file) != 0 || written != seed.len) {
        fail(replay, path, "can't be written");
        return;
    }
    replay->count++;
}

static void take_seed(struct base_slice seed, void *user) {
    struct replay *replay = user;
    if (replay->count < 0) {
        return;
    }
    if (replay->write_to != NULL) {
        write_seed(replay, seed);
    } else {
        run(replay, seed.data, seed.len);
    }
}

int main(int argc, char **argv) {
    bool asks = argc > 1 && strcmp(argv[1], "--help") == 0, writes = argc > 1 && strcmp(argv[1], "--write") == 0;
    if (asks || (argc > 1 && argv[1][0] == '-' && !(writes && argc == 3))) {
        fprintf(asks ? stdout : stderr,
                "%s [FOLDER]...        gives the target its own seeds, and the files of these folders\n"
                "%s --write FOLDER     writes its own seeds there\n",
                argv[0], argv[0]);
        return asks ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    struct replay replay = { .buffer = malloc(LARGEST_INPUT + 1) };
    TEST_CHECK(replay.buffer != NULL, "the machine is out of memory");
    if (writes) {
        replay.write_to = argv[2];
    } else {
        run(&replay, (const uint8_t *)"", 0);
    }
    if (test_fuzz_seeds != NULL) {
        test_fuzz_seeds(take_seed, &replay);
    }
    for (int i = 1; replay.write_to == NULL && i < argc && replay.count >= 0; i++) {
        run_folder(&replay, argv[i]);
    }
    free(replay.buffer);
    if (replay.count < 0) {
        return EXIT_FAILURE;
    }
    printf("%s %d inputs\n", replay.write_to == NULL ? "replayed" : "wrote", replay.count);
    return EXIT_SUCCESS;
}
