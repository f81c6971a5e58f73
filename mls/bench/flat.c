/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmls as a WebAssembly module for the benchmark in a browser: a client's operations as flat functions, each with its
 * group saved afterwards, as an application does it. What comes out lies at bench_out(), as long as the function says;
 * -1 is a failure.
 */
#include <string.h>

#include "mls/mls.h"

enum { CLIENTS_MAX = 1024, NAME_LEN = 16, ADDS_MAX = CLIENTS_MAX };

#define EXPORT(TYPE, NAME, ...)                                                                                        \
    __attribute__((export_name("bench_" #NAME))) TYPE NAME(__VA_ARGS__);                                               \
    TYPE NAME(__VA_ARGS__)

struct client {
    char name[NAME_LEN];
    struct mls_keypair key;
    struct mls_key_package_bundle package;
    struct mls_group *group;
};

struct bench {
    struct mls_context context;
    struct client clients[CLIENTS_MAX];
    struct mls_proposal_input adds[ADDS_MAX];
    struct base_bytes out, more;
    size_t saved; /* bytes */
};

static struct mls_identity identity_of(const struct client *client) {
    return (struct mls_identity){
        .credential = { MLS_CREDENTIAL_BASIC, base_slice_text(client->name) },
        .signature_key = &client->key,
    };
}

static base_result put(void *user, struct base_slice key, struct base_slice value) {
    struct bench *bench = (struct bench *)user;
    bench->saved += key.len + value.len;
    return BASE_OK;
}

static base_result del(void *user, struct base_slice key) {
    (void)user, (void)key;
    return BASE_OK;
}

/* The module has no globals either: what the functions share is made once, and handed to each. */
EXPORT(struct bench *, make, void) {
    struct bench *bench = (struct bench *)base_take(base_allocator_libc(), 1, sizeof *bench);
    if (bench != NULL) {
        bench->context = (struct mls_context){
            .allocator = base_allocator_libc(),
            .provider = mls_provider_sodium(),
            .random = base_random_system(),
            .clock = base_clock_system(),
        };
    }
    return bench;
}

EXPORT(uint8_t *, take, size_t len) {
    return (uint8_t *)base_take(base_allocator_libc(), len, 1);
}

EXPORT(void, give, uint8_t *block) {
    base_free(block);
}

EXPORT(const uint8_t *, out, const struct bench *bench) {
    return bench->out.data;
}

/* The Welcome, after an addition. */
EXPORT(const uint8_t *, more, const struct bench *bench) {
    return bench->more.data;
}

EXPORT(size_t, more_len, const struct bench *bench) {
    return bench->more.len;
}

static int32_t finish(struct bench *bench, struct client *client, base_result result) {
    const struct mls_sink sink = { put, del, bench };
    if (result == BASE_OK && client->group != NULL) {
        result = mls_group_save(client->group, &sink);
    }
    return result == BASE_OK ? (int32_t)bench->out.len : -1;
}

/* A new client with a key package, which comes out. */
EXPORT(int32_t, client, struct bench *bench, uint32_t index, uint32_t suite) {
    struct client *client = &bench->clients[index];
    memcpy(client->name, "client 0000", sizeof "client 0000");
    for (uint32_t i = 10, rest = index; i > 6; i--, rest /= 10) {
        client->name[i] = (char)('0' + rest % 10);
    }
    base_result result = mls_signature_key_create(&bench->context, (uint16_t)suite, &client->key);
    if (result == BASE_OK) {
        const struct mls_identity identity = identity_of(client);
        result = mls_key_package_bundle_create(&bench->context, (uint16_t)suite, &identity, NULL, &client->package);
    }
    base_bytes_free(&bench->out);
    if (result == BASE_OK) {
        result = base_bytes_copy(base_allocator_libc(), base_borrow(&client->package.message), &bench->out);
    }
    return finish(bench, client, result);
}

EXPORT(int32_t, create, struct bench *bench, uint32_t index, uint32_t suite) {
    struct client *client = &bench->clients[index];
    const struct mls_identity identity = identity_of(client);
    base_bytes_free(&bench->out);
    return finish(
        bench, client,
        mls_group_create(&bench->context, (uint16_t)suite, base_slice_text("bench"), &identity, NULL, &client->group));
}

/* A commit with the key packages that lie behind each other at `packages`, their lengths at `lens`; without any, an
 * update. It is merged at once, as if the server had taken it. */
EXPORT(int32_t, commit, struct bench *bench, uint32_t index, const uint8_t *packages, const uint32_t *lens,
       uint32_t count) {
    struct client *client = &bench->clients[index];
    struct mls_commit_output output = { 0 };
    for (uint32_t i = 0; i < count && i < ADDS_MAX; i++) {
        bench->adds[i] =
            (struct mls_proposal_input){ .type = MLS_PROPOSAL_ADD, .key_package = base_slice(packages, lens[i]) };
        packages += lens[i];
    }
    const struct mls_commit_options options = { .proposals = bench->adds,
                                                .proposal_count = count,
                                                .force_path = count == 0 };
    base_result result = mls_group_commit(client->group, &options, &output);
    if (result == BASE_OK) {
        result = mls_group_merge_pending(client->group);
    }
    base_bytes_free(&bench->out);
    base_bytes_free(&bench->more);
    bench->out = output.message;
    bench->more = output.welcome;
    output.message = output.welcome = (struct base_bytes){ 0 };
    mls_commit_output_free(&output);
    return finish(bench, client, result);
}

static base_result lend(void *user, struct base_slice ref, struct base_slice *private_part) {
    const struct client *client = (const struct client *)user;
    if (base_slice_equal(ref, mls_secret_slice(&client->package.ref))) {
        *private_part = base_borrow(&client->package.private_part);
    }
    return BASE_OK;
}

EXPORT(int32_t, join, struct bench *bench, uint32_t index, const uint8_t *welcome, size_t len) {
    struct client *client = &bench->clients[index];
    const struct mls_join_options options = { .key_package = lend, .user = client, .signature_key = &client->key };
    base_bytes_free(&bench->out);
    return finish(bench, client,
                  mls_group_join(&bench->context, base_slice(welcome, len), &options, NULL, &client->group));
}

EXPORT(int32_t, encrypt, struct bench *bench, uint32_t index, const uint8_t *text, size_t len) {
    struct client *client = &bench->clients[index];
    base_bytes_free(&bench->out);
    return finish(bench, client, mls_group_encrypt(client->group, base_slice(text, len), NULL, &bench->out));
}

/* A message, whose text comes out, or a commit, which is applied. */
EXPORT(int32_t, process, struct bench *bench, uint32_t index, const uint8_t *message, size_t len) {
    struct client *client = &bench->clients[index];
    struct mls_event event = { 0 };
    base_bytes_free(&bench->out);
    base_result result = mls_group_process(client->group, base_slice(message, len), &event);
    if (result == BASE_OK && event.staged != NULL) {
        result = mls_group_apply(client->group, &event.staged);
    } else if (result == BASE_OK) {
        result = base_bytes_copy(base_allocator_libc(), event.plaintext, &bench->out);
    }
    mls_event_free(&event);
    return finish(bench, client, result);
}
