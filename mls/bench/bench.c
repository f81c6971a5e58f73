/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mls-bench [--suite N]... [MEMBERS...]: what operations of groups cost, one JSON object a line.
 *
 * Groups are full: every member has committed once, so that no parent node is blank. Only two members are played; the
 * tree of all others is made without them. Signatures are not checked then (a provider of the program's own leaves that
 * out), but are while something is measured.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "framing.h"
#include "group/identity.h"
#include "mls/mls.h"
#include "treekem.h"

enum { EXIT_USAGE = 64, REPEATS = 20, MESSAGE_SIZE = 1024, SIZES_MAX = 16, SUITES_MAX = 7, NAME_MAX_SIZE = 32 };

#define CHECK(EXPR) check((EXPR), #EXPR)

static void check(base_result result, const char *what) {
    if (result != BASE_OK) {
        fprintf(stderr, "mls-bench: %s: %s: %s\n", what, result->name, result->text);
        exit(EXIT_FAILURE);
    }
}

static double now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* ------------------------------------------------------------------------------------------------ environment ---- */

/* An allocator that knows how much is out. */
struct counted {
    size_t bytes;
    size_t peak;
};

static void *counted_take(void *user, size_t size) {
    struct counted *self = user;
    self->bytes += size;
    self->peak = self->peak < self->bytes ? self->bytes : self->peak;
    return malloc(size);
}

static void counted_give(void *user, void *block, size_t size) {
    struct counted *self = user;
    self->bytes -= size;
    free(block);
}

static base_result trust(void *user, const struct mls_suite *suite, struct base_slice public_key,
                         struct base_slice message, struct base_slice signature) {
    (void)user, (void)suite, (void)public_key, (void)message, (void)signature;
    return BASE_OK;
}

struct bench {
    struct counted counted;
    struct base_allocator allocator;
    const struct mls_provider *real;
    struct mls_provider provider;
    struct mls_context context;
    uint16_t suite;
    uint32_t members;
};

static void set_checking(struct bench *bench, bool on) {
    bench->provider.verify = on ? bench->real->verify : trust;
}

static void print_line(const struct bench *bench, const char *op, double us, size_t bytes) {
    printf("{\"bench\":\"mls\",\"provider\":\"%s\",\"suite\":%u,\"members\":%" PRIu32 ",\"op\":\"%s\",\"us\":%.1f",
           bench->real->name, bench->suite, bench->members, op, us);
    if (bytes != 0) {
        printf(",\"bytes\":%zu", bytes);
    }
    printf("}\n");
    fflush(stdout);
}

/* ---------------------------------------------------------------------------------------------------- clients ---- */

struct client {
    char name[NAME_MAX_SIZE];
    struct mls_keypair key;
    struct mls_identity identity;
    struct mls_key_package_bundle package;
    struct mls_group *group;
};

static void client_init(struct bench *bench, struct client *client, uint32_t number) {
    snprintf(client->name, sizeof client->name, "member %" PRIu32, number);
    CHECK(mls_signature_key_create(&bench->context, bench->suite, &client->key));
    client->identity.credential = (struct mls_credential){ MLS_CREDENTIAL_BASIC, base_slice_text(client->name) };
    client->identity.signature_key = &client->key;
}

static void client_free(struct client *client) {
    mls_group_free(client->group);
    mls_key_package_bundle_free(&client->package);
    base_wipe(client, sizeof *client);
}

static base_result lend(void *user, struct base_slice ref, struct base_slice *private_part) {
    const struct client *client = user;
    if (base_slice_equal(ref, mls_secret_slice(&client->package.ref))) {
        *private_part = base_borrow(&client->package.private_part);
    }
    return BASE_OK;
}

static void join(struct bench *bench, struct client *client, struct base_slice welcome) {
    const struct mls_join_options options = { .key_package = lend, .user = client, .signature_key = &client->key };
    CHECK(mls_group_join(&bench->context, welcome, &options, NULL, &client->group));
}

static void follow(struct client *client, struct base_slice commit) {
    struct mls_event event = { 0 };
    CHECK(mls_group_process(client->group, commit, &event));
    CHECK(mls_group_apply(client->group, &event.staged));
    mls_event_free(&event);
}

/* ------------------------------------------------------------------------------------------------ a full group ---- */

/* A tree of this many leaves, each of which has committed; `signer` is the key of the first. */
static void make_tree(struct bench *bench, const struct mls_crypto *crypto, struct base_slice group_id, uint32_t leaves,
                      struct mls_keypair *signer, struct mls_tree *tree) {
    CHECK(mls_tree_create(bench->context.random, 0, tree));
    for (uint32_t i = 0; i < leaves; i++) {
        struct client client = { 0 };
        struct mls_treekem_keys keys = { 0 };
        struct mls_treekem_path path = { 0 };
        struct mls_leaf_lists lists = { 0 };
        client_init(bench, &client, i);
        CHECK(mls_leaf_lists_make(&bench->context, &client.identity, &lists));
        const struct mls_treekem_leaf leaf = { &client.key, client.identity.credential, lists.capabilities,
                                               lists.extensions };
        CHECK(mls_treekem_keys_create(bench->context.allocator, i, &(struct mls_keypair){ 0 }, &keys));
        CHECK(mls_treekem_create(crypto, bench->context.random, tree, &keys, &leaf, group_id, &path));
        if (i == 0) {
            *signer = client.key;
        }
        mls_treekem_keys_free(&keys);
        mls_treekem_path_free(&path);
        mls_leaf_lists_free(&lists);
    }
}

static void write_extension(struct base_writer *to, uint16_t type, struct base_writer *data) {
    mls_extension_write(to, &(struct mls_extension){ type, base_writer_view(data) });
    base_writer_free(data);
}

/* A GroupInfo of that tree, by which the first of the two measured members joins. Nobody knows the epoch's secrets. */
static void make_info(struct bench *bench, const struct mls_crypto *crypto, uint32_t leaves, struct base_bytes *out) {
    const struct base_slice group_id = base_slice_text("bench");
    const struct base_allocator *allocator = bench->context.allocator;
    struct mls_keypair signer;
    struct mls_keypair external;
    struct mls_secret hash;
    struct mls_signature signature;
    struct mls_tree tree = { 0 };
    struct base_writer writer = base_writer(allocator, MLS_MESSAGE_MAX);
    struct base_writer extensions = base_writer(allocator, MLS_MESSAGE_MAX);
    struct base_writer data = base_writer(allocator, MLS_MESSAGE_MAX);
    make_tree(bench, crypto, group_id, leaves, &signer, &tree);
    CHECK(mls_tree_hash(crypto, &tree, &hash));
    CHECK(mls_kem_generate(crypto, bench->context.random, &external));
    mls_tree_encode(&data, &tree);
    write_extension(&extensions, MLS_EXTENSION_RATCHET_TREE, &data);
    data = base_writer(allocator, MLS_MESSAGE_MAX);
    base_write_opaque(&data, mls_public_key_slice(&external.public_key));
    write_extension(&extensions, MLS_EXTENSION_EXTERNAL_PUB, &data);
    struct mls_group_info info = {
        .context = { .cipher_suite = bench->suite, .group_id = group_id, .tree_hash = mls_secret_slice(&hash) },
        .extensions = base_writer_view(&extensions),
        .confirmation_tag = mls_secret_slice(&hash),
    };
    struct base_writer unsigned_info = base_writer(allocator, MLS_MESSAGE_MAX);
    mls_group_info_write_unsigned(&unsigned_info, &info);
    CHECK(mls_sign_with_label(crypto, &signer, base_slice_text("GroupInfoTBS"), base_writer_view(&unsigned_info),
                              &signature));
    base_write_u16(&writer, MLS_VERSION_10);
    base_write_u16(&writer, MLS_GROUP_INFO);
    base_write_slice(&writer, base_writer_view(&unsigned_info));
    base_write_opaque(&writer, base_slice(signature.data, signature.len));
    CHECK(base_writer_finish(&writer, out));
    base_writer_free(&unsigned_info);
    base_writer_free(&extensions);
    mls_tree_free(&tree);
}

/* Takes the place of the sleeping member with the same name. */
static void wake(struct bench *bench, struct client *client, struct base_slice info, struct base_bytes *out) {
    const struct mls_external_options options = { .resync = true };
    CHECK(mls_group_join_external(&bench->context, info, &client->identity, &options, &client->group, out));
}

/* Two members of a full tree, in which all others sleep: the first leaf, and one that is a quarter of the tree away. */
static void fill(struct bench *bench, struct client *first, struct client *second) {
    struct mls_crypto crypto;
    struct base_bytes info = { 0 };
    struct base_bytes commit = { 0 };
    CHECK(mls_crypto_for(&bench->provider, bench->context.allocator, bench->suite, &crypto));
    set_checking(bench, false);
    client_init(bench, first, 0);
    client_init(bench, second, bench->members < 4 ? 1 : bench->members / 4);
    make_info(bench, &crypto, bench->members, &info);
    wake(bench, first, base_borrow(&info), &commit);
    base_bytes_free(&info);
    base_bytes_free(&commit);
    CHECK(mls_group_info(first->group, NULL, &info));
    wake(bench, second, base_borrow(&info), &commit);
    follow(first, base_borrow(&commit));
    base_bytes_free(&info);
    base_bytes_free(&commit);
    set_checking(bench, true);
}

/* --------------------------------------------------------------------------------------------------- measures ---- */

static void measure_key_package(struct bench *bench, struct client *client) {
    double start = now_us();
    size_t bytes = 0;
    for (int i = 0; i < REPEATS; i++) {
        mls_key_package_bundle_free(&client->package);
        CHECK(mls_key_package_bundle_create(&bench->context, bench->suite, &client->identity, NULL, &client->package));
        bytes = client->package.message.len;
    }
    print_line(bench, "key_package_create", (now_us() - start) / REPEATS, bytes);
}

static void measure_update(struct bench *bench, struct client *first, struct client *second) {
    const struct mls_commit_options options = { .force_path = true };
    double create = 0;
    double process = 0;
    size_t bytes = 0;
    for (int i = 0; i < REPEATS; i++) {
        struct mls_commit_output output = { 0 };
        double start = now_us();
        CHECK(mls_group_commit(first->group, &options, &output));
        CHECK(mls_group_merge_pending(first->group));
        double middle = now_us();
        follow(second, base_borrow(&output.message));
        create += middle - start;
        process += now_us() - middle;
        bytes = output.message.len;
        mls_commit_output_free(&output);
    }
    print_line(bench, "update_create", create / REPEATS, bytes);
    print_line(bench, "update_process", process / REPEATS, bytes);
}

static void measure_messages(struct bench *bench, struct client *first, struct client *second) {
    uint8_t text[MESSAGE_SIZE] = { 0 };
    double encrypt = 0;
    double decrypt = 0;
    size_t bytes = 0;
    for (int i = 0; i < 10 * REPEATS; i++) {
        struct base_bytes message = { 0 };
        struct mls_event event = { 0 };
        double start = now_us();
        CHECK(mls_group_encrypt(first->group, base_slice(text, sizeof text), NULL, &message));
        double middle = now_us();
        CHECK(mls_group_process(second->group, base_borrow(&message), &event));
        encrypt += middle - start;
        decrypt += now_us() - middle;
        bytes = message.len;
        mls_event_free(&event);
        base_bytes_free(&message);
    }
    print_line(bench, "message_encrypt_1k", encrypt / (10 * REPEATS), bytes);
    print_line(bench, "message_decrypt_1k", decrypt / (10 * REPEATS), bytes);
}

static base_result count_put(void *user, struct base_slice key, struct base_slice value) {
    *(size_t *)user += key.len + value.len;
    return BASE_OK;
}

static base_result count_del(void *user, struct base_slice key) {
    *(size_t *)user += key.len;
    return BASE_OK;
}

static void measure_save(struct bench *bench, const char *op, struct client *client) {
    size_t bytes = 0;
    const struct mls_sink sink = { count_put, count_del, &bytes };
    double start = now_us();
    CHECK(mls_group_save(client->group, &sink));
    print_line(bench, op, now_us() - start, bytes);
}

static void measure_saves(struct bench *bench, struct client *first, struct client *second) {
    struct base_bytes message = { 0 };
    struct mls_event event = { 0 };
    struct mls_commit_output output = { 0 };
    measure_save(bench, "save_all", first);
    measure_save(bench, "save_all", second);
    for (int i = 0; i < 2; i++) {
        CHECK(mls_group_encrypt(first->group, base_slice_text("x"), NULL, &message));
        CHECK(mls_group_process(second->group, base_borrow(&message), &event));
        mls_event_free(&event);
        base_bytes_free(&message);
        measure_save(bench, i == 0 ? "save_after_first_sent" : "save_after_sent", first);
        measure_save(bench, i == 0 ? "save_after_first_received" : "save_after_received", second);
    }
    CHECK(mls_group_commit(first->group, NULL, &output));
    CHECK(mls_group_merge_pending(first->group));
    follow(second, base_borrow(&output.message));
    measure_save(bench, "save_after_update", second);
    mls_commit_output_free(&output);
}

/* All but two are added by one commit. */
static void measure_add(struct bench *bench) {
    uint32_t count = bench->members - 1;
    struct client first = { 0 };
    struct client second = { 0 };
    struct client *others = calloc(count, sizeof *others);
    struct mls_proposal_input *adds = calloc(count, sizeof *adds);
    struct mls_commit_output output = { 0 };
    if (others == NULL || adds == NULL) {
        exit(EXIT_FAILURE);
    }
    uint32_t members = bench->members;
    bench->members = 2;
    fill(bench, &first, &second);
    bench->members = members;
    for (uint32_t i = 0; i < count; i++) {
        client_init(bench, &others[i], i + 2);
        CHECK(mls_key_package_bundle_create(&bench->context, bench->suite, &others[i].identity, NULL,
                                            &others[i].package));
        adds[i] = (struct mls_proposal_input){ .type = MLS_PROPOSAL_ADD,
                                               .key_package = base_borrow(&others[i].package.message) };
    }
    const struct mls_commit_options options = { .proposals = adds, .proposal_count = count };
    bench->counted.peak = bench->counted.bytes;
    size_t before = bench->counted.bytes;
    double start = now_us();
    CHECK(mls_group_commit(first.group, &options, &output));
    CHECK(mls_group_merge_pending(first.group));
    print_line(bench, "add_all_create", now_us() - start, output.message.len);
    print_line(bench, "add_all_peak_memory", 0, bench->counted.peak - before);
    start = now_us();
    follow(&second, base_borrow(&output.message));
    print_line(bench, "add_all_process", now_us() - start, output.message.len);
    start = now_us();
    join(bench, &others[0], base_borrow(&output.welcome));
    print_line(bench, "join", now_us() - start, output.welcome.len);
    mls_commit_output_free(&output);
    for (uint32_t i = 0; i < count; i++) {
        client_free(&others[i]);
    }
    client_free(&first);
    client_free(&second);
    free(others);
    free(adds);
}

static void measure_join_full(struct bench *bench, struct client *first) {
    struct client joiner = { 0 };
    struct mls_commit_output output = { 0 };
    client_init(bench, &joiner, bench->members);
    CHECK(mls_key_package_bundle_create(&bench->context, bench->suite, &joiner.identity, NULL, &joiner.package));
    const struct mls_proposal_input add = { .type = MLS_PROPOSAL_ADD,
                                            .key_package = base_borrow(&joiner.package.message) };
    const struct mls_commit_options options = { .proposals = &add, .proposal_count = 1 };
    double start = now_us();
    CHECK(mls_group_commit(first->group, &options, &output));
    print_line(bench, "add_one_create", now_us() - start, output.message.len);
    CHECK(mls_group_merge_pending(first->group));
    size_t before = bench->counted.bytes;
    start = now_us();
    join(bench, &joiner, base_borrow(&output.welcome));
    print_line(bench, "join_full", now_us() - start, output.welcome.len);
    print_line(bench, "group_memory", 0, bench->counted.bytes - before);
    mls_commit_output_free(&output);
    client_free(&joiner);
}

static void run(const struct mls_provider *provider, uint16_t suite, uint32_t members) {
    struct bench bench = { .real = provider, .provider = *provider, .suite = suite, .members = members };
    struct client first = { 0 };
    struct client second = { 0 };
    bench.allocator = (struct base_allocator){ counted_take, counted_give, &bench.counted };
    bench.context = (struct mls_context){
        .allocator = &bench.allocator,
        .provider = &bench.provider,
        .random = base_random_system(),
        .clock = base_clock_system(),
    };
    fill(&bench, &first, &second);
    measure_key_package(&bench, &second);
    measure_update(&bench, &first, &second);
    measure_messages(&bench, &first, &second);
    measure_saves(&bench, &first, &second);
    measure_join_full(&bench, &first);
    measure_add(&bench);
    client_free(&first);
    client_free(&second);
}

/* ---------------------------------------------------------------------------------------------------- program ---- */

static int help(void) {
    printf("usage: mls-bench [--suite N]... [MEMBERS...]\n"
           "\n"
           "Measures groups of 2, 100 and 1000 members, unless told otherwise, with suites 1 (OpenSSL) and 3\n"
           "(libsodium). Times are microseconds of processor time, sizes bytes; one JSON object a line.\n");
    return EXIT_SUCCESS;
}

static int wrong(const char *argument) {
    fprintf(
        stderr,
        "mls-bench: can't take \"%s\": --suite wants a number from 1 to %d, at most %d of them; a group has 2 to %u "
        "members, at most %d sizes\n"
        "mls-bench --help says more\n",
        argument, SUITES_MAX, SUITES_MAX, (unsigned)MLS_MEMBERS_DEFAULT, SIZES_MAX);
    return EXIT_USAGE;
}

static bool parse_number(const char *text, uint32_t most, uint32_t *out) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *out = (uint32_t)value;
    return *text >= '0' && *text <= '9' && *end == 0 && value <= most;
}

int main(int argc, char **argv) {
    uint32_t sizes[SIZES_MAX] = { 2, 100, 1000 };
    uint32_t suites[SUITES_MAX] = { 1, 3 };
    int size_count = 0;
    int suite_count = 0;
    for (int i = 1; i < argc; i++) {
        bool is_suite = strcmp(argv[i], "--suite") == 0 && i + 1 < argc && suite_count < SUITES_MAX;
        if (is_suite && parse_number(argv[++i], SUITES_MAX, &suites[suite_count]) && suites[suite_count] != 0) {
            suite_count++;
        } else if (!is_suite && size_count < SIZES_MAX &&
                   parse_number(argv[i], MLS_MEMBERS_DEFAULT, &sizes[size_count]) && sizes[size_count] > 1) {
            size_count++;
        } else {
            return strcmp(argv[i], "--help") == 0 ? help() : wrong(argv[i]);
        }
    }
    size_count = size_count == 0 ? 3 : size_count;
    suite_count = suite_count == 0 ? 2 : suite_count;
    struct mls_provider *openssl;
    CHECK(mls_provider_openssl(base_allocator_libc(), &openssl));
    for (int i = 0; i < suite_count; i++) {
        bool sodium = suites[i] == MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;
        for (int k = 0; k < size_count; k++) {
            run(sodium ? mls_provider_sodium() : openssl, (uint16_t)suites[i], sizes[k]);
        }
    }
    mls_provider_openssl_free(openssl);
    return EXIT_SUCCESS;
}
