/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Whatever a face asks, a core answers or does, and lives on. The input is a row of lines.
 */
#include <string.h>

#include "fixture.h"
#include "test/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fixture *fixture = fixture_get();
    struct weibel_core *core = fixture_open(fixture, &fixture->store, size % 2 == 0);
    TEST_CHECK(core != NULL, "the home doesn't open");
    while (size > 0) {
        const uint8_t *end = (const uint8_t *)memchr(data, '\n', size);
        size_t len = end == NULL ? size : (size_t)(end - data);
        base_result result = weibel_core_line(core, base_slice(data, len));
        TEST_CHECK(result == BASE_OK, result->name);
        result = fixture_drain(fixture, &fixture->store, core, true);
        TEST_CHECK(result == BASE_OK, result->name);
        size_t used = len + (end == NULL ? 0 : 1);
        data += used;
        size -= used;
    }
    weibel_core_free(core);
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    static const char *const lines[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"create\",\"params\":{\"passphrase\":\"p\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"activate\",\"params\":{\"link\":\"http://127.0.0.1/#activate=x\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"whoami\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"connect\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":"
        "\"disconnect\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"send\",\"params\":{\"chat\":\"Group\",\"text\":\"hi\",\"expire\":5,"
        "\"files\":[{\"path\":\"a\",\"name\":\"b\",\"size\":7,\"type\":\"c/d\"}]}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"send\",\"params\":{\"to\":\"7K2M-9QXA\",\"text\":\"hi\",\"reply_"
        "to\":\"0\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"send\",\"params\":{\"chat\":\"Group\",\"text\":\"hi\",\"format\":"
        "\"markdown\",\"mentions\":[\"7K2M-9QXA\"],\"poll\":{\"question\":\"q\",\"options\":[\"a\",\"b\"]},"
        "\"location\":{"
        "\"latitude\":1.5,\"longitude\":-2,\"accuracy\":3,\"name\":\"n\"},\"thread\":\"0123456789abcdef\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"typing\",\"params\":{\"chat\":\"Group\",\"typing\":true}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"receive\",\"params\":{\"limit\":3}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"seen\",\"params\":{\"arrival\":1}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"chats\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"history\",\"params\":{\"chat\":\"g2\",\"before\":9,\"limit\":3}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"message\",\"params\":{\"id\":\"0123456789abcdef\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"save\",\"params\":{\"message\":\"0123456789abcdef\",\"path\":\"x\"}"
        "}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"group.create\",\"params\":{\"name\":\"n\",\"members\":[\"7K2M-"
        "9QXA\"]}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"group.leave\",\"params\":{\"chat\":\"Group\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"group.info\",\"params\":{\"chat\":\"Group\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contact.list\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contact.add\",\"params\":{\"id\":\"7K2M-9QXA\",\"name\":\"N\"}}",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        seed(base_slice_text(lines[i]), user);
    }
}
