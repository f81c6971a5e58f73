/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Endpoints that devices give: what is taken is of a host that was named, and its parts make it up again.
 */
#include <stdio.h>
#include <string.h>

#include "push/push.h"
#include "test/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct push_hosts hosts = { 0 };
    struct push_endpoint endpoint;
    TEST_CHECK(push_hosts_parse("known,push.example.org:8443", &hosts) == BASE_OK, "the hosts can't be read");
    if (push_endpoint_parse(&hosts, base_slice(data, size), &endpoint) != BASE_OK) {
        return 0;
    }
    char written[WIRE_MAX_ENDPOINT + PUSH_MAX_ORIGIN], with_port[PUSH_MAX_ORIGIN];
    push_origin(&endpoint, with_port);
    int len = snprintf(written, sizeof written, "%s%s", with_port, endpoint.path);
    bool default_port = endpoint.port == PUSH_HTTPS_PORT; /* which may be written or not */
    TEST_CHECK(default_port || ((size_t)len == size && memcmp(written, data, size) == 0), "the endpoint changed");
    TEST_CHECK(strchr(endpoint.host, '@') == NULL && strchr(endpoint.path, '\n') == NULL, "it is no plain address");
    bool known =
        strcmp(endpoint.host, "push.example.org") == 0 ? endpoint.port == 8443 : endpoint.port == PUSH_HTTPS_PORT;
    TEST_CHECK(known, "another port");
    return 0;
}
