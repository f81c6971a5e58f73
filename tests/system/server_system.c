/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The server as a real process: links, sign-in, versions, key packages, streams, races, inboxes, TLS. Prints TAP.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "wire/id.h"

static void test_start(void) {
    char out[1024];
    const char *const init[] = { "init", "--data", run.folder, "--domain", "example.org", NULL };
    const char *const outside[] = { "serve", "--data", run.folder, "--listen", "0.0.0.0:0", NULL };
    const char *const again[] = { "serve", "--data", run.folder, "--listen", "127.0.0.1:0", NULL };
    const char *const nowhere[] = { "serve", "--data", "/nonexistent", NULL };
    const char *const help[] = { "invite", "--help", NULL };
    ok(command(out, sizeof out, init) == 0, "init makes a data folder");
    ok(command(out, sizeof out, init) == 73, "init refuses a folder that is in use");
    ok(command(out, sizeof out, outside) == 64, "serve refuses an outside address without a certificate");
    ok(command(out, sizeof out, nowhere) == 66, "serve says that there is no data folder");
    ok(command(out, sizeof out, help) == 0 && strstr(out, "--valid") != NULL, "help is printed on standard output");
    ok(start(), "the first line says where the server listens");
    ok(command(out, sizeof out, again) == 75, "a second server on the same folder is refused");
    struct client_http http;
    ok(client_http(run.port, "GET", "/healthz", "", NULL, 0, &http) && http.status == 200, "healthz answers");
    free(http.body);
    bool answered = client_http(run.port, "GET", "/metrics", "", NULL, 0, &http);
    http.body[http.body_len] = 0;
    ok(answered && strstr((char *)http.body, "weibel_connections 0") != NULL, "metrics count connections");
    free(http.body);
    const char *const with_url[] = { "invite", "--data", run.folder, NULL };
    char wanted[64];
    snprintf(wanted, sizeof wanted, "http://127.0.0.1:%u/#activate=", run.port);
    ok(command(out, sizeof out, with_url) == 0 && strncmp(out, wanted, strlen(wanted)) == 0,
       "invite knows the running server's address");
}

static void test_links(void) {
    char code[MAX_CODE], expired[MAX_CODE];
    struct client client;
    struct client_device device, other;
    struct wire_frame answer;
    client_device_init(&device);
    client_device_init(&other);
    ok(invite("7d", "admin", "Änni", code) && invite("1s", "user", "", expired), "invite makes links");
    ok(client_open(&client, run.port, NULL), "a client is challenged");
    ok(!client_activate(&client, &device, "NOSUCHCODE", &answer) && refused_with(&answer, WIRE_REFUSED_LINK_UNKNOWN),
       "an unknown link is refused");
    bool activated = client_activate(&client, &device, code, &answer);
    ok(activated && answer.of.activated.role == 1 &&
           base_slice_equal(answer.of.activated.name, base_slice_text("Änni")),
       "a link gives an account, its role and its name");
    client_close(&client);

    uint8_t account[WIRE_ACCOUNT_LEN];
    memcpy(account, device.account, sizeof account);
    ok(client_open(&client, run.port, NULL) && client_activate(&client, &device, code, &answer) &&
           memcmp(account, device.account, sizeof account) == 0 && answer.of.activated.name.len == 5,
       "the same keys get the same answer again");
    client_close(&client);
    ok(client_open(&client, run.port, NULL) && !client_activate(&client, &other, code, &answer) &&
           refused_with(&answer, WIRE_REFUSED_LINK_USED),
       "other keys are told that the link is used");
    sleep(2);
    ok(!client_activate(&client, &other, expired, &answer) && refused_with(&answer, WIRE_REFUSED_LINK_EXPIRED) &&
           answer.of.refusal.argument > 1700000000,
       "an expired link says when it expired");
    client_close(&client);

    ok(client_open(&client, run.port, NULL) && client_sign_in(&client, &device, &answer), "the device signs in");
    struct wire_frame put = { .type = WIRE_PUT_KEY_PACKAGES };
    put.of.put_key_packages.last_resort = base_slice_text("last resort");
    ok(client_ask(&client, &put, &answer) && answer.type == WIRE_DONE, "key packages are taken");
    client_close(&client);
    ok(client_open(&client, run.port, NULL) && client_activate(&client, &device, code, &answer) &&
           answer.of.activated.name.len == 0,
       "after that, the display name is gone from the server");
    client_close(&client);
}

static void test_sign_in(void) {
    struct client client;
    struct client_device device, stranger;
    struct wire_frame answer;
    ok(join(&client, &device), "a second person joins");
    client_close(&client);
    client_device_init(&stranger);
    memcpy(stranger.account, device.account, WIRE_ACCOUNT_LEN);
    ok(client_open(&client, run.port, NULL) && !client_sign_in(&client, &stranger, &answer) &&
           refused_with(&answer, WIRE_REFUSED_SIGN_IN),
       "an unknown device is refused");
    memcpy(stranger.device, device.device, WIRE_DEVICE_LEN);
    ok(!client_sign_in(&client, &stranger, &answer) && refused_with(&answer, WIRE_REFUSED_SIGN_IN),
       "a wrong signature is refused with the same words");
    struct wire_frame stop_frame = { .type = WIRE_STOP };
    ok(client_ask(&client, &stop_frame, &answer) && refused_with(&answer, WIRE_REFUSED_NOT_SIGNED_IN),
       "a guest can't do anything else");
    ok(client_sign_in(&client, &device, &answer), "the right signature is taken on the same connection");
    client_close(&client);

    uint8_t large[2000] = { WIRE_VERSION, WIRE_ACTIVATE };
    ok(client_open(&client, run.port, NULL) && client_send_bytes(&client, base_slice(large, sizeof large)) &&
           !client_receive(&client, 5000, &answer),
       "a guest's large frame ends the connection");
    client_close(&client);
}

static void test_versions(void) {
    struct client client;
    struct client_device device;
    struct wire_frame answer;
    ok(join(&client, &device), "somebody joins");
    const uint8_t newer[] = { WIRE_VERSION + 1, 0xff, 1, 2, 3 };
    ok(client_send_bytes(&client, base_slice(newer, sizeof newer)) && client_receive(&client, 5000, &answer) &&
           refused_with(&answer, WIRE_REFUSED_VERSION) && answer.of.refusal.argument == (1 << 8 | 1),
       "a newer protocol version is refused, with those that are spoken");
    const uint8_t older[] = { WIRE_VERSION - 1, WIRE_STOP };
    ok(client_send_bytes(&client, base_slice(older, sizeof older)) && client_receive(&client, 5000, &answer) &&
           refused_with(&answer, WIRE_REFUSED_VERSION),
       "an older one too");
    const uint8_t unknown[] = { WIRE_VERSION, 0x7f, 0, 0, 0, 9, 1, 2, 3 };
    ok(client_send_bytes(&client, base_slice(unknown, sizeof unknown)) && client_receive(&client, 5000, &answer) &&
           refused_with(&answer, WIRE_REFUSED_UNKNOWN_TYPE) && answer.request == 9,
       "an unknown type is refused by its request");
    struct stream stream;
    ok(create_stream(&client, &stream), "the connection goes on after that");
    const uint8_t broken[] = { WIRE_VERSION, WIRE_STOP, 0, 0, 0, 10, 1 };
    ok(client_send_bytes(&client, base_slice(broken, sizeof broken)) && client_receive(&client, 5000, &answer) &&
           refused_with(&answer, WIRE_REFUSED_MALFORMED) && !client_receive(&client, 5000, &answer),
       "a broken frame is refused, and ends the connection");
    client_close(&client);
}

static struct base_slice first_package(const struct wire_frame *answer) {
    struct base_reader devices = base_reader(answer->of.key_packages.devices);
    struct wire_device_key_package given = { 0 };
    bool good = answer->type == WIRE_KEY_PACKAGES && wire_device_key_package_next(&devices, &given) == BASE_OK;
    return good ? given.key_package : base_slice(NULL, 0);
}

static void test_key_packages(void) {
    enum { PACKAGES = 20 };
    struct client alice, bob, carol;
    struct client_device alice_device, bob_device, carol_device;
    struct wire_frame answer;
    ok(join(&alice, &alice_device) && join(&bob, &bob_device) && join(&carol, &carol_device), "three people join");
    struct wire_frame take = { .type = WIRE_TAKE_KEY_PACKAGES };
    memcpy(take.of.take_key_packages.account, alice_device.account, WIRE_ACCOUNT_LEN);
    ok(client_ask(&bob, &take, &answer) && refused_with(&answer, WIRE_REFUSED_NO_KEY_PACKAGE),
       "a device without key packages can't be reached yet");
    struct wire_frame put = { .type = WIRE_PUT_KEY_PACKAGES };
    struct base_writer packages = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    for (size_t i = 0; i < PACKAGES; i++) {
        char name[16];
        snprintf(name, sizeof name, "package %zu", i);
        wire_key_package_write(&packages, base_slice_text(name));
    }
    put.of.put_key_packages.packages = base_writer_view(&packages);
    put.of.put_key_packages.last_resort = base_slice_text("last resort");
    bool stored = client_ask(&alice, &put, &answer) && answer.type == WIRE_DONE;
    ok(stored, "key packages are stored");

    /* Two ask at the same time, many requests at once. */
    bool seen[PACKAGES] = { false };
    size_t last_resorts = 0, twice = 0;
    struct client *clients[] = { &bob, &carol };
    for (size_t i = 0; i < PACKAGES + 4; i++) {
        client_send(clients[i % 2], &take);
    }
    for (size_t i = 0; i < PACKAGES + 4; i++) {
        unsigned number = 0;
        char text[32] = "";
        if (!client_receive(clients[i % 2], 5000, &answer) || answer.type != WIRE_KEY_PACKAGES) {
            continue;
        }
        struct base_slice package = first_package(&answer);
        memcpy(text, package.data, package.len < 31 ? package.len : 31);
        if (sscanf(text, "package %u", &number) == 1 && number < PACKAGES) {
            twice += seen[number] ? 1 : 0;
            seen[number] = true;
        } else {
            last_resorts++;
        }
    }
    ok(twice == 0 && last_resorts == 4, "each one-time key package is handed out once, the last resort after them");
    put.of.put_key_packages.last_resort = base_slice(NULL, 0);
    ok(client_ask(&alice, &put, &answer) && answer.type == WIRE_DONE && client_ask(&bob, &take, &answer) &&
           base_slice_equal(first_package(&answer), base_slice_text("last resort")),
       "a repeated upload doesn't bring back what was handed out");
    base_writer_free(&packages);
    memcpy(take.of.take_key_packages.account, "00000000", WIRE_ACCOUNT_LEN);
    ok(client_ask(&bob, &take, &answer) && refused_with(&answer, WIRE_REFUSED_NO_ACCOUNT), "an unknown ID is refused");
    client_close(&alice);
    client_close(&bob);
    client_close(&carol);
}

static void test_streams(void) {
    struct client alice, bob;
    struct client_device alice_device, bob_device;
    struct wire_frame answer;
    struct stream stream = { 0 };
    struct stream wrong;
    uint64_t last = 0;
    ok(join(&alice, &alice_device) && join(&bob, &bob_device) && create_stream(&alice, &stream),
       "two people and a stream");
    wrong = stream;
    wrong.token[0] ^= 1;
    struct wire_frame frame = append_frame(&wrong, 1, base_slice_text("x"));
    ok(client_ask(&bob, &frame, &answer) && refused_with(&answer, WIRE_REFUSED_NO_STREAM),
       "a wrong token opens nothing");
    ok(append(&alice, &stream, 1, "one") == 1 && append(&bob, &stream, 2, "two") == 2, "entries are numbered");
    ok(append(&alice, &stream, 1, "one") == 1, "the same nonce gets the same number");

    frame = read_frame(&stream, 0, true);
    ok(client_ask(&bob, &frame, &answer) && count_entries(&answer, &last) == 2 && last == 2, "what is there is read");
    ok(append(&alice, &stream, 3, "three") == 3 && client_receive(&bob, 5000, &answer) && answer.request == 0 &&
           count_entries(&answer, &last) == 1 && last == 3,
       "what follows comes by itself");

    struct wire_frame delete = { .type = WIRE_DELETE_ENTRY };
    memcpy(delete.of.delete_entry.stream, stream.name, WIRE_STREAM_LEN);
    delete.of.delete_entry.number = 2;
    ok(client_ask(&bob, &delete, &answer) && refused_with(&answer, WIRE_REFUSED_NO_ENTRY),
       "a wrong deletion key deletes nothing");
    memset(delete.of.delete_entry.deletion_key, 1, WIRE_KEY_LEN);
    ok(client_ask(&alice, &delete, &answer) && answer.type == WIRE_DONE, "the right one does");
    frame = read_frame(&stream, 0, false);
    ok(client_ask(&alice, &frame, &answer) && count_entries(&answer, &last) == 2, "and the entry is gone");

    uint8_t next[WIRE_KEY_LEN];
    client_random(next, sizeof next);
    frame = commit_frame(&stream, 4, 0, next);
    ok(client_ask(&alice, &frame, &answer) && answer.type == WIRE_APPENDED && answer.of.appended.number == 4,
       "a commit is appended");
    ok(client_receive(&bob, 5000, &answer) && (answer.of.entries.flags & WIRE_ENDED) != 0 &&
           answer.of.entries.last_commit == 4,
       "live readers get it, and the end of the epoch with it");
    struct stream old = stream;
    memcpy(stream.token, next, WIRE_KEY_LEN);
    frame = append_frame(&old, 5, base_slice_text("late"));
    ok(client_ask(&bob, &frame, &answer) && refused_with(&answer, WIRE_REFUSED_EPOCH_MOVED) &&
           answer.of.refusal.argument == 4,
       "the replaced token appends nothing");
    ok(append(&alice, &old, 1, "one") == 1, "but it still knows what it has appended");
    ok(append(&bob, &stream, 5, "five") == 5, "the new token appends");
    frame = read_frame(&old, 0, false);
    ok(client_ask(&alice, &frame, &answer) && count_entries(&answer, &last) == 3 && last == 4 &&
           answer.of.entries.flags == WIRE_ENDED,
       "the old token opens everything up to the commit");
    frame = read_frame(&stream, 0, false);
    ok(client_ask(&alice, &frame, &answer) && count_entries(&answer, &last) == 1 && last == 5,
       "the new token opens what follows the commit");
    client_close(&alice);
    client_close(&bob);
}

static void gather(const struct client *client, int on) {
    setsockopt(client->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

static unsigned segments_of(const struct client *client) {
    struct tcp_info info = { 0 };
    socklen_t size = sizeof info;
    return getsockopt(client->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_data_segs_in : 0;
}

/* Messages that come at once are stored at once, and what all of them lead to goes out together. */
static void test_many_at_once(void) {
    enum { MESSAGES = 50, MOST_SEGMENTS = 8, LONG = 64 << 10 }; /* TCP alone sends ten before it waits and gathers */
    struct client alice, bob;
    struct client_device alice_device, bob_device;
    struct wire_frame answer;
    struct stream stream = { 0 };
    uint64_t last = 0;
    size_t entries = 0;
    ok(join(&alice, &alice_device) && join(&bob, &bob_device) && create_stream(&alice, &stream),
       "two people and a stream");
    struct wire_frame frame = read_frame(&stream, 0, true);
    ok(client_ask(&bob, &frame, &answer), "one of them reads live");
    unsigned before = segments_of(&bob);
    gather(&alice, 1);
    for (uint64_t i = 1; i <= MESSAGES; i++) {
        frame = append_frame(&stream, i, base_slice_text("one of many"));
        client_send(&alice, &frame);
    }
    gather(&alice, 0);
    while (last < MESSAGES && client_receive(&bob, 5000, &answer)) {
        entries += count_entries(&answer, &last);
    }
    unsigned segments = segments_of(&bob) - before;
    ok(entries == MESSAGES && last == MESSAGES, "each message comes once");
    ok(segments != 0 && segments <= MOST_SEGMENTS, "and many of them together: %u in %u segments", MESSAGES, segments);
    uint8_t *content = calloc(1, LONG);
    before = segments_of(&bob);
    frame = append_frame(&stream, MESSAGES + 1, base_slice(content, LONG));
    client_send(&alice, &frame);
    ok(client_receive(&bob, 5000, &answer) && count_entries(&answer, &last) == 1, "a long one comes, too");
    segments = segments_of(&bob) - before;
    ok(segments != 0 && segments <= MOST_SEGMENTS, "in %u segments", segments);
    free(content);
    client_close(&alice);
    client_close(&bob);
}

static void test_signals(void) {
    struct client alice, bob;
    struct client_device alice_device, bob_device;
    struct wire_frame answer;
    struct stream stream = { 0 };
    ok(join(&alice, &alice_device) && join(&bob, &bob_device) && create_stream(&alice, &stream),
       "two people and a stream");
    struct wire_frame frame = read_frame(&stream, 0, true);
    ok(client_ask(&alice, &frame, &answer) && client_ask(&bob, &frame, &answer), "both read live");
    frame = (struct wire_frame){ .type = WIRE_SIGNAL };
    memcpy(frame.of.signal.stream, stream.name, WIRE_STREAM_LEN);
    memcpy(frame.of.signal.token, stream.token, WIRE_KEY_LEN);
    frame.of.signal.content = base_slice_text("typing");
    ok(client_ask(&alice, &frame, &answer) && answer.type == WIRE_DONE, "one signals");
    ok(client_receive(&bob, 5000, &answer) && answer.type == WIRE_SIGNALLED, "the other hears it at once");
    client_close(&alice);
    client_close(&bob);
}

struct racer {
    struct client client;
    struct client_device device;
    struct stream stream;
    uint64_t index, known;
    uint8_t next[WIRE_KEY_LEN];
    struct wire_frame answer;
    bool answered;
};

static void *race(void *argument) {
    struct racer *racer = argument;
    struct wire_frame frame = commit_frame(&racer->stream, racer->index, racer->known, racer->next);
    racer->answered = client_ask(&racer->client, &frame, &racer->answer);
    return NULL;
}

static void test_racing_commits(void) {
    enum { RACERS = 8, ROUNDS = 10 };
    static struct racer racers[RACERS];
    struct stream stream;
    bool joined = true, fair = true;
    uint64_t known = 0;
    for (size_t i = 0; i < RACERS; i++) {
        joined = joined && join(&racers[i].client, &racers[i].device);
    }
    ok(joined && create_stream(&racers[0].client, &stream), "eight people and a stream");
    for (uint64_t round = 0; joined && round < ROUNDS; round++) {
        pthread_t threads[RACERS];
        size_t winners = 0, losers = 0;
        for (size_t i = 0; i < RACERS; i++) {
            racers[i].stream = stream;
            racers[i].index = round * RACERS + i + 1;
            racers[i].known = known;
            client_random(racers[i].next, WIRE_KEY_LEN);
            pthread_create(&threads[i], NULL, race, &racers[i]);
        }
        for (size_t i = 0; i < RACERS; i++) {
            pthread_join(threads[i], NULL);
        }
        for (size_t i = 0; i < RACERS; i++) {
            const struct wire_frame *answer = &racers[i].answer;
            if (racers[i].answered && answer->type == WIRE_APPENDED) {
                winners++;
                known = answer->of.appended.number;
                memcpy(stream.token, racers[i].next, WIRE_KEY_LEN);
            } else if (racers[i].answered && answer->type == WIRE_REFUSAL) {
                losers += answer->of.refusal.code == WIRE_REFUSED_EPOCH_MOVED ? 1 : 0;
            }
        }
        fair = fair && winners == 1 && losers == RACERS - 1 && known == round + 1;
    }
    ok(fair, "of eight commits at the same moment, one wins and seven are told, ten times");
    for (size_t i = 0; i < RACERS; i++) {
        client_close(&racers[i].client);
    }
}

static void test_inbox(void) {
    struct client alice, bob;
    struct client_device alice_device, bob_device;
    struct wire_frame answer;
    uint64_t last = 0;
    ok(join(&alice, &alice_device) && join(&bob, &bob_device), "two people join");
    struct wire_frame put = { .type = WIRE_INBOX_APPEND }, read = { .type = WIRE_INBOX_READ };
    memcpy(put.of.inbox_append.account, bob_device.account, WIRE_ACCOUNT_LEN);
    memcpy(put.of.inbox_append.device, bob_device.device, WIRE_DEVICE_LEN);
    put.of.inbox_append.content = base_slice_text("welcome");
    ok(client_ask(&alice, &put, &answer) && answer.type == WIRE_APPENDED && answer.of.appended.number == 1,
       "an entry is put into an inbox");
    ok(client_ask(&alice, &put, &answer) && answer.of.appended.number == 1, "its nonce makes that idempotent");
    read.of.inbox_read.live = 1;
    ok(client_ask(&bob, &read, &answer) && answer.type == WIRE_INBOX_ENTRIES, "its device reads it");
    put.of.inbox_append.nonce[0] = 1;
    ok(client_ask(&alice, &put, &answer) && answer.of.appended.number == 2 && client_receive(&bob, 5000, &answer) &&
           answer.type == WIRE_INBOX_ENTRIES,
       "the next comes by itself");
    struct wire_frame delete = { .type = WIRE_INBOX_DELETE, .of.inbox_delete.last = 2 };
    ok(client_ask(&bob, &delete, &answer) && answer.type == WIRE_DONE, "what was read is deleted");
    read.of.inbox_read.live = 0;
    ok(client_ask(&bob, &read, &answer) && answer.of.inbox_entries.entries.len == 0, "and gone");
    ok(client_ask(&alice, &put, &answer) && answer.of.appended.number == 2, "its nonce is still known");
    ok(client_ask(&alice, &read, &answer) && answer.of.inbox_entries.entries.len == 0,
       "nobody else's inbox is touched");
    put.of.inbox_append.device[0] ^= 1;
    ok(client_ask(&alice, &put, &answer) && refused_with(&answer, WIRE_REFUSED_NO_DEVICE),
       "an unknown device is refused");
    (void)last;
    client_close(&alice);
    client_close(&bob);
}

static void test_removal(void) {
    struct client alice, bob, again;
    struct client_device alice_device, bob_device = { 0 };
    struct wire_frame answer;
    char out[4096], id[WIRE_ID_TEXT_LEN + 1], wanted[64];
    ok(join(&alice, &alice_device) && join(&bob, &bob_device), "two people join");
    wire_id_format(bob_device.account, id);
    const char *const list[] = { "list", "--data", run.folder, NULL };
    const char *const remove[] = { "remove", "--data", run.folder, id, NULL };
    const char *const typo[] = { "remove", "--data", run.folder, "7K2M-9QXX", NULL };
    snprintf(wanted, sizeof wanted, "%s  user   1 device\n", id);
    ok(command(out, sizeof out, list) == 0 && strstr(out, wanted) != NULL, "list shows them");
    ok(command(out, sizeof out, typo) == 64, "a mistyped ID removes nobody");
    ok(command(out, sizeof out, remove) == 0, "one is removed while the server runs");
    ok(client_receive(&bob, 5000, &answer) && refused_with(&answer, WIRE_REFUSED_REMOVED) &&
           !client_receive(&bob, 5000, &answer),
       "his connection is told so, and ends");
    ok(client_open(&again, run.port, NULL) && !client_sign_in(&again, &bob_device, &answer) &&
           refused_with(&answer, WIRE_REFUSED_REMOVED),
       "he is refused with these words from now on");
    bob_device.seed[0] ^= 1;
    ok(!client_sign_in(&again, &bob_device, &answer) && refused_with(&answer, WIRE_REFUSED_SIGN_IN),
       "nobody else is told");
    struct wire_frame take = { .type = WIRE_TAKE_KEY_PACKAGES };
    memcpy(take.of.take_key_packages.account, bob_device.account, WIRE_ACCOUNT_LEN);
    ok(client_ask(&alice, &take, &answer) && refused_with(&answer, WIRE_REFUSED_NO_ACCOUNT), "his ID is gone");
    ok(command(out, sizeof out, list) == 0 && strstr(out, id) == NULL && command(out, sizeof out, remove) == 67,
       "and not in the list any more");
    client_close(&alice);
    client_close(&bob);
    client_close(&again);
}

/* Whether weibeld refuses the folder with these words on standard error. */
static bool refuses_folder(const char *command_name, const char *words) {
    char line[MAX_PATH * 3], out[1024] = "";
    snprintf(line, sizeof line, "'%s' %s --data '%s' 2>&1 >/dev/null", run.binary, command_name, run.folder);
    FILE *said = popen(line, "r");
    out[said == NULL ? 0 : fread(out, 1, sizeof out - 1, said)] = 0;
    return said != NULL && pclose(said) != 0 && strstr(out, words) != NULL;
}

static void test_newer_folder(void) {
    char newer[MAX_PATH * 3], back[MAX_PATH * 2];
    snprintf(newer, sizeof newer,
             "sqlite3 '%s/weibel.sqlite' 'PRAGMA user_version' >version &&"
             " sqlite3 '%s/weibel.sqlite' 'PRAGMA user_version = 1000'",
             run.folder, run.folder);
    snprintf(back, sizeof back, "sqlite3 '%s/weibel.sqlite' \"PRAGMA user_version = $(cat version)\"", run.folder);
    stop(SIGTERM);
    if (system(newer) != 0) {
        skip("a newer data folder", "the sqlite3 program is not there");
        start();
        return;
    }
    static const char words[] = "written by a newer version of weibeld";
    ok(refuses_folder("serve --listen 127.0.0.1:0", words) && refuses_folder("invite", words) &&
           refuses_folder("list", words) && refuses_folder("remove 00000000", words),
       "a data folder of a newer version is refused in words, by every command");
    ok(system(back) == 0 && start(), "and goes on with its own");
}

static void test_tls(void) {
    struct client client;
    struct client_device device;
    struct wire_frame answer;
    struct stream stream;
    char code[MAX_CODE];
    SSL_CTX *context = SSL_CTX_new(TLS_client_method()), *old = SSL_CTX_new(TLS_client_method());
    if (system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -days 2"
               " -keyout key.pem -out cert.pem 2>openssl.log") != 0) {
        skip("TLS", "the openssl program is not there to make a certificate");
        return;
    }
    stop(SIGTERM);
    ok(start_with(true), "a server with a certificate");
    struct client silent;
    ok(client_connect(&silent, run.port, NULL), "somebody connects and says nothing");
    client_device_init(&device);
    ok(invite("1h", "user", "", code) && client_open(&client, run.port, context) &&
           client_activate(&client, &device, code, &answer) && create_stream(&client, &stream),
       "a client connects over TLS");
    uint8_t *content = calloc(1, WIRE_MAX_ENTRY);
    struct wire_frame frame = append_frame(&stream, 1, base_slice(content, WIRE_MAX_ENTRY));
    ok(client_ask(&client, &frame, &answer) && answer.type == WIRE_APPENDED, "the largest entry goes out");
    frame = read_frame(&stream, 0, false);
    ok(client_ask(&client, &frame, &answer) && answer.type == WIRE_ENTRIES &&
           answer.of.entries.entries.len > WIRE_MAX_ENTRY,
       "and comes back");
    free(content);
    client_close(&client);
    SSL_CTX_set_max_proto_version(old, TLS1_2_VERSION);
    ok(!client_open(&client, run.port, old), "TLS 1.2 is refused");
    ok(!client_open(&client, run.port, NULL), "a client without TLS is refused");
    test_turned_away(context);
    SSL_CTX_free(context);
    SSL_CTX_free(old);
    run.probe->leap += 16;
    ok(client_wait(&silent, 30000) && !client_fill(&silent), "who doesn't begin with TLS is gone after 15 seconds");
    client_close(&silent);
    ok(stop(SIGTERM) == 0 && start(), "the server ends and starts again");
}

static void test_end(void) {
    struct client client;
    struct client_device device;
    struct stream stream;
    ok(join(&client, &device) && create_stream(&client, &stream), "a client is connected");
    struct wire_frame frame = append_frame(&stream, 1, base_slice_text("last words"));
    client_send(&client, &frame);
    ok(stop(SIGTERM) == 0, "SIGTERM ends the server with code 0");
    client_close(&client);
    char path[MAX_PATH + 16];
    snprintf(path, sizeof path, "%s/url", run.folder);
    ok(access(path, F_OK) != 0, "it leaves no address behind");
}

/* Everything that comes in goes through these: for a server with sanitizers, where all would take minutes. */
static void test_briefly(void) {
    test_sign_in();
    test_versions();
    test_streams();
    test_blobs();
    test_requests();
    test_upgrades();
    test_proxy();
    test_turned_away(NULL);
    test_tls();
}

static void test_all(void) {
    test_links();
    test_sign_in();
    test_versions();
    test_key_packages();
    test_streams();
    test_many_at_once();
    test_signals();
    test_racing_commits();
    test_inbox();
    test_removal();
    test_newer_folder();
    test_kills();
    test_blobs();
    test_slow_reader();
    test_slow_readers();
    test_half_open();
    test_idle();
    test_requests();
    test_upgrades();
    test_closes();
    test_proxy();
    test_turned_away(NULL);
    test_full_disk();
    test_tls();
}

int main(int argc, char **argv) {
    if (argc > 2 || (argc == 2 && strcmp(argv[1], "--briefly") != 0)) {
        fputs("server_system [--briefly]\n", stderr);
        return EXIT_FAILURE;
    }
    bool briefly = argc == 2;
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    char folder[] = "/tmp/weibel-server-XXXXXX", remove[64];
    const char *build = getenv("WEIBEL_BUILD");
    /* AddressSanitizer holds freed memory back, which would be taken for growth; and the probe is loaded before it. */
    setenv("ASAN_OPTIONS", "quarantine_size_mb=4:verify_asan_link_order=0", 0);
    snprintf(run.binary, sizeof run.binary, "%s/weibeld", build == NULL ? "build" : build);
    char *absolute = realpath(run.binary, NULL);
    if (absolute == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0) {
        printf("Bail out! %s: %s\n", run.binary, strerror(errno));
        return EXIT_FAILURE;
    }
    snprintf(run.binary, sizeof run.binary, "%s", absolute);
    snprintf(run.folder, sizeof run.folder, "%s/data", folder);
    free(absolute);
    if (!start_probing(folder)) {
        printf("Bail out! probe: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    test_start();
    if (run.failures == 0) {
        (briefly ? test_briefly : test_all)();
    }
    test_end();
    printf("1..%d\n", run.tests);
    if (run.failures == 0) {
        snprintf(remove, sizeof remove, "rm -rf %s", folder);
        return system(remove) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    printf("# the server's log and data are in %s\n", folder);
    return EXIT_FAILURE;
}
