/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads requests, a JSON object a line, and answers each with a line.
 */
#include <stdio.h>
#include <string.h>

#include "interop.h"

enum { EXIT_OK = 0, EXIT_USAGE = 64, EXIT_SOFTWARE = 70 };

/* A GroupInfo of a group of 100,000 in base64, and room. */
#define LINE_MAX_BYTES ((size_t)256 << 20)

static const char help[] =
    "usage: mls-interop [--provider openssl|sodium]\n"
    "\n"
    "Plays MLS clients by the operations of mls_client.proto (mlswg/mls-implementations, interop/proto). Each line of\n"
    "standard input is a request, each line of standard output the reply to it:\n"
    "\n"
    "  "
    "{\"method\":\"CreateGroup\",\"params\":{\"group_id\":\"Z3JvdXA=\",\"cipher_suite\":3,\"identity\":\"YWxpY2U=\"}}\n"
    "  {\"state_id\":1}\n"
    "\n"
    "Fields have their names in the protocol, bytes are in base64, what is missing is zero. They may also stand "
    "beside\n"
    "the method, or alone in {\"CreateGroup\":{…}}. An \"id\" of the request comes back in the reply. An error is\n"
    "  {\"error\":{\"name\":\"MLS_ERR_…\",\"message\":\"…\",\"section\":\"RFC 9420 §…\"}}\n"
    "and has changed nothing. `Free` ends a state. OpenSSL has all cipher suites, libsodium suite 3. Ends with 0 at "
    "the\n"
    "end of input.\n";

static const struct interop_operation *const tables[] = { interop_group_operations, interop_proposal_operations,
                                                          interop_commit_operations, interop_subgroup_operations };

static const struct interop_operation *find_operation(const char *name) {
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (const struct interop_operation *operation = tables[i]; operation->name != NULL; operation++) {
            if (strcmp(operation->name, name) == 0) {
                return operation;
            }
        }
    }
    return NULL;
}

/* The operation and its fields: {"method":NAME,"params":{…}}, or with the fields beside the name, or {NAME:{…}}. */
static const struct interop_operation *read_request(const cJSON *json, const cJSON **fields) {
    static const char *const names[] = { "method", "operation", "op", "rpc" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const cJSON *method = cJSON_GetObjectItemCaseSensitive(json, names[i]);
        if (cJSON_IsString(method)) {
            const cJSON *params = cJSON_GetObjectItemCaseSensitive(json, "params");
            *fields = params == NULL ? json : params;
            return find_operation(method->valuestring);
        }
    }
    for (const cJSON *item = json == NULL ? NULL : json->child; item != NULL; item = item->next) {
        const struct interop_operation *operation =
            item->string == NULL || !cJSON_IsObject(item) ? NULL : find_operation(item->string);
        if (operation != NULL) {
            *fields = item;
            return operation;
        }
    }
    return NULL;
}

static base_result run(struct interop *self, const cJSON *json, cJSON *reply) {
    struct interop_request BASE_CLEANUP(interop_request_end) request = { .self = self, .reply = reply };
    const struct interop_operation *operation = read_request(json, &request.fields);
    BASE_ENSURE(operation != NULL, INTEROP_ERR_OPERATION);
    BASE_ENSURE(request.fields == NULL || cJSON_IsObject(request.fields), INTEROP_ERR_FIELD);
    return operation->run(&request);
}

static cJSON *error_reply(base_result error) {
    cJSON *reply = cJSON_CreateObject();
    cJSON *inner = cJSON_AddObjectToObject(reply, "error");
    cJSON_AddStringToObject(inner, "name", error->name);
    cJSON_AddStringToObject(inner, "message", error->text);
    if (error->section != NULL) {
        cJSON_AddStringToObject(inner, "section", error->section);
    }
    return reply;
}

/* False: the reply could not be written. */
static bool answer(struct interop *self, const char *line) {
    cJSON *json = cJSON_ParseWithOpts(line, NULL, true);
    cJSON *reply = cJSON_CreateObject();
    base_result result = run(self, json, reply);
    if (result != BASE_OK) {
        cJSON_Delete(reply);
        reply = error_reply(result);
    }
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(json, "id");
    if (id != NULL) {
        cJSON_AddItemToObject(reply, "id", cJSON_Duplicate(id, true));
    }
    char *text = cJSON_PrintUnformatted(reply);
    const bool written = text != NULL && puts(text) >= 0 && fflush(stdout) == 0;
    cJSON_free(text);
    cJSON_Delete(reply);
    cJSON_Delete(json);
    return written;
}

/* The next line without its end, in a block that grows; NULL at the end of input, or if memory is out. */
static char *read_line(char **block, size_t *capacity) {
    size_t len = 0;
    for (int c = getchar(); c != EOF; c = getchar()) {
        if (len + 1 == *capacity) {
            char *grown = *capacity > LINE_MAX_BYTES ? NULL : base_retake(*block, *capacity * 2, 1);
            if (grown == NULL) {
                return NULL;
            }
            *block = grown;
            *capacity *= 2;
        }
        if (c == '\n') {
            (*block)[len] = 0;
            return *block;
        }
        (*block)[len++] = (char)c;
    }
    (*block)[len] = 0;
    return len == 0 ? NULL : *block;
}

static int serve(struct interop *self) {
    size_t capacity = 4096;
    char *block = base_take(base_allocator_libc(), capacity, 1);
    bool ok = block != NULL;
    for (char *line = ok ? read_line(&block, &capacity) : NULL; line != NULL && ok;
         line = read_line(&block, &capacity)) {
        ok = line[0] == 0 || answer(self, line);
    }
    base_free(block);
    return ok && feof(stdin) != 0 ? EXIT_OK : EXIT_SOFTWARE;
}

int main(int argc, char **argv) {
    const bool chosen = argc == 3 && strcmp(argv[1], "--provider") == 0;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    const bool sodium = chosen && strcmp(argv[2], "sodium") == 0;
    if ((argc != 1 && !chosen) || (chosen && !sodium && strcmp(argv[2], "openssl") != 0)) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    struct mls_provider *openssl = NULL;
    struct interop self = { 0 };
    if (sodium) {
        self.provider = mls_provider_sodium();
    } else if (mls_provider_openssl(base_allocator_libc(), &openssl) == BASE_OK) {
        self.provider = openssl;
    }
    if (self.provider == NULL) {
        fputs("mls-interop: the cryptographic library does not start\n", stderr);
        return EXIT_SOFTWARE;
    }
    const int code = serve(&self);
    for (struct interop_client *client = self.clients; client != NULL; client = client->next) {
        interop_drop(client); /* all groups first: they may have others' contexts */
    }
    while (self.clients != NULL) {
        struct interop_client *client = self.clients;
        self.clients = client->next;
        interop_client_free(client);
    }
    mls_provider_openssl_free(openssl);
    return code;
}
