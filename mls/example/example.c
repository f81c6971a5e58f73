/* SPDX-License-Identifier: Apache-2.0 */
/* Alice makes a group, adds Bob and writes to him. Whatever goes from one to the other here goes over a network there.
 */
#include <stdio.h>
#include <stdlib.h>

#include <mls/mls.h>

#define SUITE MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519

static void must(base_result result) {
    if (result != BASE_OK) {
        fprintf(stderr, "%s: %s (%s)\n", result->name, result->text, result->section == NULL ? "-" : result->section);
        exit(EXIT_FAILURE);
    }
}

/* mls_group_join() asks for the private half of the key package that a Welcome was made for. */
static base_result lend(void *user, struct base_slice ref, struct base_slice *private_part) {
    const struct mls_key_package_bundle *bundle = user;
    if (base_slice_equal(ref, mls_secret_slice(&bundle->ref))) {
        *private_part = base_borrow(&bundle->private_part);
    }
    return BASE_OK;
}

int main(void) {
    /* What comes in from outside. A real program also sets the callbacks: they decide who is who. */
    const struct mls_context context = {
        .allocator = base_allocator_libc(),
        .provider = mls_provider_sodium(),
        .random = base_random_system(),
        .clock = base_clock_system(),
    };
    struct mls_keypair alice_key;
    struct mls_keypair bob_key;
    must(mls_signature_key_create(&context, SUITE, &alice_key));
    must(mls_signature_key_create(&context, SUITE, &bob_key));
    const struct mls_identity alice = { .credential = { MLS_CREDENTIAL_BASIC, base_slice_text("Alice") },
                                        .signature_key = &alice_key };
    const struct mls_identity bob = { .credential = { MLS_CREDENTIAL_BASIC, base_slice_text("Bob") },
                                      .signature_key = &bob_key };

    /* Bob publishes a key package and keeps its private half. */
    struct mls_key_package_bundle package = { 0 };
    must(mls_key_package_bundle_create(&context, SUITE, &bob, NULL, &package));

    /* Alice makes a group and commits to adding Bob. The server accepts the commit, so she merges it. */
    struct mls_group *alices;
    must(mls_group_create(&context, SUITE, base_slice_text("a group"), &alice, NULL, &alices));
    const struct mls_proposal_input add = { .type = MLS_PROPOSAL_ADD, .key_package = base_borrow(&package.message) };
    const struct mls_commit_options options = { .proposals = &add, .proposal_count = 1 };
    struct mls_commit_output output = { 0 };
    must(mls_group_commit(alices, &options, &output));
    must(mls_group_merge_pending(alices));

    /* Bob joins by the Welcome. */
    struct mls_group *bobs;
    const struct mls_join_options join = { .key_package = lend, .user = &package, .signature_key = &bob_key };
    must(mls_group_join(&context, base_borrow(&output.welcome), &join, NULL, &bobs));

    /* Alice writes, Bob reads. */
    struct base_bytes message = { 0 };
    struct mls_event event = { 0 };
    must(mls_group_encrypt(alices, base_slice_text("Hello Bob"), NULL, &message));
    must(mls_group_process(bobs, base_borrow(&message), &event));
    printf("%.*s: %.*s\n", (int)event.member.credential.content.len, (const char *)event.member.credential.content.data,
           (int)event.plaintext.len, (const char *)event.plaintext.data);

    mls_event_free(&event);
    base_bytes_free(&message);
    mls_commit_output_free(&output);
    mls_key_package_bundle_free(&package);
    mls_group_free(alices);
    mls_group_free(bobs);
    base_wipe(&alice_key, sizeof alice_key);
    base_wipe(&bob_key, sizeof bob_key);
    return EXIT_SUCCESS;
}
