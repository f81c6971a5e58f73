/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a fuzz target defines. The same file is a libFuzzer target, and a unit test when linked with
 * tests/fuzz_replay.c.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include "base/bytes.h"
#include "test/check.h"

/** Is given one seed; the bytes are copied if they are wanted longer. */
typedef void (*test_fuzz_seed)(struct base_slice seed, void *user);

/**
 * Optional, for targets whose seeds are better made by the code's own encoders than kept as files: hands each valid
 * input to `seed`. They are replayed with the corpus, and the fuzzer starts from them.
 */
void test_fuzz_seeds(test_fuzz_seed seed, void *user);

/** One run over any bytes; broken promises end in TEST_CHECK. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
