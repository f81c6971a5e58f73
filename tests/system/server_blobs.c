/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Blobs over HTTP: uploads that go on where they stood, ranges, keys.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

struct blob {
    uint8_t name[WIRE_BLOB_LEN], upload_key[WIRE_KEY_LEN], deletion_key[WIRE_KEY_LEN];
    char path[128], upload[128];
    uint8_t *data;
    size_t size;
};

static void hex(const uint8_t *data, size_t len, char *out) {
    for (size_t i = 0; i < len; i++) {
        sprintf(out + 2 * i, "%02x", data[i]);
    }
}

static void say_key(const uint8_t key[WIRE_KEY_LEN], char *out, size_t size) {
    char text[2 * WIRE_KEY_LEN + 1];
    hex(key, WIRE_KEY_LEN, text);
    snprintf(out, size, "Authorization: Bearer %s\r\n", text);
}

static bool create_blob(struct client *client, struct blob *blob, size_t size, struct wire_frame *answer) {
    struct wire_frame frame = { .type = WIRE_CREATE_BLOB };
    char text[2 * WIRE_BLOB_LEN + 1];
    client_random(blob->name, sizeof blob->name);
    client_random(blob->upload_key, sizeof blob->upload_key);
    client_random(blob->deletion_key, sizeof blob->deletion_key);
    hex(blob->name, WIRE_BLOB_LEN, text);
    snprintf(blob->path, sizeof blob->path, "/blobs/%s", text);
    say_key(blob->upload_key, blob->upload, sizeof blob->upload);
    blob->size = size;
    memcpy(frame.of.create_blob.blob, blob->name, WIRE_BLOB_LEN);
    frame.of.create_blob.size = size;
    client_sha256(blob->upload_key, WIRE_KEY_LEN, frame.of.create_blob.upload_hash);
    client_sha256(blob->deletion_key, WIRE_KEY_LEN, frame.of.create_blob.deletion_hash);
    return client_ask(client, &frame, answer) && answer->type == WIRE_DONE;
}

static bool delete_blob(struct client *client, const struct blob *blob, const uint8_t key[WIRE_KEY_LEN],
                        struct wire_frame *answer) {
    struct wire_frame frame = { .type = WIRE_DELETE_BLOB };
    memcpy(frame.of.delete_blob.blob, blob->name, WIRE_BLOB_LEN);
    memcpy(frame.of.delete_blob.deletion_key, key, WIRE_KEY_LEN);
    return client_ask(client, &frame, answer) && answer->type == WIRE_DONE;
}

static unsigned patch(const struct blob *blob, size_t offset, size_t len, uint64_t *now_at) {
    char headers[256];
    struct client_http http;
    snprintf(headers, sizeof headers, "%sUpload-Offset: %zu\r\n", blob->upload, offset);
    if (!client_http(run.port, "PATCH", blob->path, headers, blob->data + offset, len, &http)) {
        return 0;
    }
    free(http.body);
    *now_at = http.offset;
    return http.status;
}

static uint64_t head(const struct blob *blob) {
    struct client_http http;
    if (!client_http(run.port, "HEAD", blob->path, "", NULL, 0, &http)) {
        return UINT64_MAX;
    }
    free(http.body);
    return http.offset;
}

static bool get(const struct blob *blob, const char *headers, unsigned status, size_t first, size_t len) {
    struct client_http http;
    if (!client_http(run.port, "GET", blob->path, headers, NULL, 0, &http)) {
        return false;
    }
    bool good = http.status == status && http.body_len == len && memcmp(http.body, blob->data + first, len) == 0;
    free(http.body);
    return good;
}

/* Uploads that are refused, and whose bytes never come. */
static bool waits_for_nobody(const struct blob *blob) {
    enum { SILENT = 150 }; /* more than one address may have under way */
    static struct client silent[SILENT];
    bool good = true;
    char text[256];
    int len = snprintf(text, sizeof text, "PATCH %s HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n", blob->path);
    for (size_t i = 0; i < SILENT; i++) {
        good = client_connect(&silent[i], run.port, NULL) &&
               client_write(&silent[i], (const uint8_t *)text, (size_t)len) && good;
    }
    good = good && get(blob, "Range: bytes=1000-1999\r\n", 206, 1000, 1000) && head(blob) == blob->size;
    for (size_t i = 0; i < SILENT; i++) {
        client_close(&silent[i]);
    }
    return good;
}

/* Of the transfers that are under way; 0: it does not say. */
static unsigned long transfers(void) {
    static const char name[] = "\nweibel_blob_transfers ";
    struct client_http http;
    unsigned long found = 0;
    if (client_http(run.port, "GET", "/metrics", "", NULL, 0, &http)) {
        const char *at = memmem(http.body, http.body_len, name, sizeof name - 1);
        found = at == NULL ? 0 : strtoul(at + sizeof name - 1, NULL, 10);
        free(http.body);
    }
    return found;
}

/* One more of the first address is refused for now, in words and with a time. */
static bool is_told_to_wait(const struct blob *blob) {
    static const char *const said[] = { "HTTP/1.1 503", "retry-after: 1\r\n", "try again later" };
    enum { PATIENCE_MS = 20000 };
    struct client client;
    char text[512];
    int len = snprintf(text, sizeof text,
                       "PATCH %s HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.10\r\n%sUpload-Offset: 0\r\n"
                       "Content-Length: 9\r\n\r\n123456789",
                       blob->path, blob->upload);
    bool good = client_connect(&client, run.port, NULL) && client_write(&client, (const uint8_t *)text, (size_t)len);
    size_t found = 0;
    while (good && found < sizeof said / sizeof *said) {
        bool there = client.in_len != 0 && memmem(client.in, client.in_len, said[found], strlen(said[found])) != NULL;
        found += there ? 1 : 0;
        good = there || (client_wait(&client, PATIENCE_MS) && client_fill(&client));
    }
    client_close(&client);
    return good;
}

/* Uploads that may be, whose bytes never come, from two addresses: each may have as many as are left then. */
static bool leaves_places(const struct blob *blob) {
    enum { SILENT = 150, ADDRESSES = 2, TRIES = 1000 };
    static struct client silent[ADDRESSES * SILENT];
    bool good = true;
    for (unsigned i = 0; i < ADDRESSES * SILENT; i++) {
        char text[512];
        int len = snprintf(text, sizeof text,
                           "PATCH %s HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.%u\r\n%sUpload-Offset: 0\r\n"
                           "Content-Length: 9\r\n\r\n",
                           blob->path, 10 + i / SILENT, blob->upload);
        good = client_connect(&silent[i], run.port, NULL) &&
               client_write(&silent[i], (const uint8_t *)text, (size_t)len) && good;
    }
    unsigned long count = 0;
    for (unsigned i = 0; i < TRIES && count < SILENT; i++) {
        count = transfers();
    }
    good = good && count == SILENT && head(blob) == 0 && is_told_to_wait(blob);
    for (size_t i = 0; i < ADDRESSES * SILENT; i++) {
        client_close(&silent[i]);
    }
    return good;
}

void test_blobs(void) {
    enum { SIZE = 5000000, PART = 2000000 };
    struct client client;
    struct client_device device;
    struct wire_frame answer;
    struct blob blob = { .data = malloc(SIZE) }, large = { .data = NULL };
    struct client_http http;
    uint64_t at = 0;
    client_random(blob.data, SIZE);
    ok(join(&client, &device) && create_blob(&client, &blob, SIZE, &answer), "room is made for a blob");
    ok(!create_blob(&client, &large, (size_t)1 << 40, &answer) && refused_with(&answer, WIRE_REFUSED_TOO_LARGE),
       "too large a blob is refused");
    ok(head(&blob) == 0, "nothing of it is there");
    ok(leaves_places(&blob), "who has two addresses leaves places for others");
    ok(patch(&blob, 0, PART, &at) == 204 && at == PART && head(&blob) == PART, "a first part is uploaded");
    ok(patch(&blob, 0, PART, &at) == 409 && at == PART, "the same part again is told where the upload stands");
    ok(!get(&blob, "", 200, 0, SIZE), "what isn't complete can't be fetched");
    ok(client_http(run.port, "PATCH", blob.path, "Upload-Offset: 2000000\r\n", blob.data, 10, &http) &&
           http.status == 401,
       "without a key nothing is uploaded");
    free(http.body);
    struct blob thief = blob;
    say_key(blob.deletion_key, thief.upload, sizeof thief.upload);
    ok(patch(&thief, PART, 10, &at) == 403, "nor with a wrong one");

    stop(SIGKILL);
    ok(start() && rejoin(&client, &device) && head(&blob) == PART, "a kill loses nothing of what was acknowledged");
    ok(patch(&blob, PART, PART, &at) == 204 && patch(&blob, 2 * (size_t)PART, SIZE - 2 * PART, &at) == 204,
       "the upload goes on");
    ok(patch(&blob, SIZE, 0, &at) == 204, "an empty part at the end is taken");
    ok(get(&blob, "", 200, 0, SIZE), "the blob is fetched as it was");
    ok(get(&blob, "Range: bytes=1000-1999\r\n", 206, 1000, 1000) &&
           get(&blob, "Range: bytes=4999999-\r\n", 206, 4999999, 1),
       "a range of it too");
    ok(client_http(run.port, "GET", blob.path, "Range: bytes=5000000-\r\n", NULL, 0, &http) && http.status == 416,
       "a range beyond its end is refused");
    free(http.body);
    ok(waits_for_nobody(&blob), "those who are refused don't keep others from it");
    ok(!delete_blob(&client, &blob, blob.upload_key, &answer) && refused_with(&answer, WIRE_REFUSED_NO_ENTRY) &&
           head(&blob) == SIZE,
       "the upload key doesn't delete");
    ok(delete_blob(&client, &blob, blob.deletion_key, &answer) && head(&blob) == UINT64_MAX, "the deletion key does");
    free(blob.data);
    client_close(&client);
}
