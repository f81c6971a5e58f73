/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Limits: a reader that doesn't read, a disk that is full.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

/* Appends so many entries, and waits where it must; `largest`: the server's memory meanwhile. */
static bool append_all(struct client *writer, const struct stream *stream, struct base_slice content, uint64_t count,
                       uint64_t *largest) {
    struct wire_frame answer;
    for (uint64_t i = 1; i <= count; i++) {
        struct wire_frame frame = append_frame(stream, i, content);
        bool answered = client_ask(writer, &frame, &answer);
        if (answered && answer.type == WIRE_REFUSAL && answer.of.refusal.code == WIRE_REFUSED_TOO_OFTEN) {
            usleep((useconds_t)answer.of.refusal.argument * 1000);
            i--;
        } else if (!answered || answer.type != WIRE_APPENDED) {
            return false;
        }
        uint64_t now = process_memory(run.pid);
        *largest = now > *largest ? now : *largest;
    }
    return true;
}

void test_slow_reader(void) {
    enum { ENTRY = 500000, ENTRIES = 200 };
    struct client writer, reader;
    struct client_device writer_device, reader_device;
    struct wire_frame answer;
    struct stream stream;
    uint8_t *content = malloc(ENTRY);
    ok(join(&writer, &writer_device) && join(&reader, &reader_device) && create_stream(&writer, &stream),
       "a writer and a reader");
    struct wire_frame frame = read_frame(&stream, 0, true);
    ok(client_ask(&reader, &frame, &answer), "the reader reads live, and then no more");
    uint64_t before = process_memory(run.pid), largest = before;
    client_random(content, ENTRY);
    bool appended = append_all(&writer, &stream, base_slice(content, ENTRY), ENTRIES, &largest);
    uint64_t grown = largest - before;
    ok(appended && grown < (uint64_t)60 << 20, "100 MB pass by while it doesn't read, and the server grows by %u MiB",
       (unsigned)(grown >> 20));
    uint64_t wanted = 1, last = 0;
    while (wanted <= ENTRIES && client_receive(&reader, 20000, &answer)) {
        struct base_reader entries = base_reader(answer.of.entries.entries);
        struct wire_entry entry;
        while (entries.left != 0 && wire_entry_next(&entries, &entry) == BASE_OK && entry.number == wanted) {
            wanted++;
            last = entry.number;
        }
    }
    ok(last == ENTRIES, "then it gets everything, in order (%u of %u)", (unsigned)last, ENTRIES);
    free(content);
    client_close(&writer);
    client_close(&reader);
}

/* Many who don't read hold one copy of what they wait for, not one each. */
void test_slow_readers(void) {
    enum { READERS = 40, ENTRIES = 8, MOST_MIB = 28 }; /* the store's pages grow too, by up to 20 */
    static struct client readers[READERS];
    static struct client_device device;
    struct client writer;
    struct wire_frame answer;
    struct stream stream;
    uint8_t *content = malloc(WIRE_MAX_ENTRY);
    client_random(content, WIRE_MAX_ENTRY);
    bool good = join(&writer, &device) && create_stream(&writer, &stream);
    struct wire_frame frame = read_frame(&stream, 0, true);
    for (size_t i = 0; good && i < READERS; i++) {
        static struct client_device reader;
        good = join(&readers[i], &reader) && client_ask(&readers[i], &frame, &answer) && answer.type == WIRE_ENTRIES;
    }
    ok(good, "%d readers read live, and then no more", READERS);
    uint64_t before = process_memory(run.pid), largest = before;
    good = append_all(&writer, &stream, base_slice(content, WIRE_MAX_ENTRY), ENTRIES, &largest);
    uint64_t grown = largest - before;
    ok(good && grown < (uint64_t)MOST_MIB << 20, "they all wait for an entry of 1 MiB, and the server grows by %u MiB",
       (unsigned)(grown >> 20));
    size_t whole = 0;
    for (size_t i = 0; i < READERS; i++) {
        uint64_t last = 0;
        while (last < ENTRIES && client_receive(&readers[i], 20000, &answer) && count_entries(&answer, &last) != 0) {
        }
        whole += last == ENTRIES ? 1 : 0;
        client_close(&readers[i]);
    }
    ok(whole == READERS, "then all of them get everything (%zu of %d)", whole, READERS);
    free(content);
    client_close(&writer);
}

/* What /metrics says under this name. */
static unsigned metric(const char *name) {
    struct client_http http;
    unsigned value = 0;
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\nweibel_%s ", name);
    if (client_http(run.port, "GET", "/metrics", "", NULL, 0, &http)) {
        http.body[http.body_len] = 0;
        const char *found = strstr((const char *)http.body, wanted);
        value = found == NULL ? 0 : (unsigned)strtoul(found + strlen(wanted), NULL, 10);
        free(http.body);
    }
    return value;
}

static bool say(struct client *client, const char *text) {
    return client_write(client, (const uint8_t *)text, strlen(text));
}

/* Waits until each of them is closed. */
static bool are_closed(struct client *clients, size_t count) {
    enum { PATIENCE_MS = 20000 };
    size_t closed = 0;
    while (closed < count && client_wait(&clients[closed], PATIENCE_MS)) {
        closed += client_fill(&clients[closed]) ? 0 : 1;
    }
    return closed == count;
}

/* Connections that begin something and don't go on: each ends, and others don't notice. */
void test_half_open(void) {
    enum { DRIPPING, IDLE, SILENT, GUEST = 200, COUNT, REQUEST_SECONDS = 15, GUEST_SECONDS = 30, MOST = 20 };
    static struct client clients[COUNT];
    struct client client;
    struct client_device device;
    struct stream stream;
    bool opened = true;
    run.probe->longest = 0;
    for (size_t i = 0; i < COUNT; i++) {
        opened = opened && (i == GUEST ? client_upgrade(&clients[i], run.port, NULL, "/connect", "weibel")
                                       : client_connect(&clients[i], run.port, NULL));
    }
    opened = opened && say(&clients[DRIPPING], "GET /healthz HTTP/1.1\r\nX-Slow: ") &&
             say(&clients[IDLE], "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ok(opened, "%d connections that say nothing, one that says it slowly, one without end, one that doesn't sign in",
       GUEST - SILENT);
    ok(metric("sockets") >= COUNT, "they are counted");
    ok(run.probe->longest > 0 && run.probe->longest < MOST, "one more costs the same with many (%u timers)",
       (unsigned)run.probe->longest);
    ok(join(&client, &device) && create_stream(&client, &stream) && append(&client, &stream, 1, "one") == 1,
       "somebody else is served meanwhile");
    ok(say(&clients[DRIPPING], "x"), "the slow one goes on");
    run.probe->leap += REQUEST_SECONDS + 1;
    ok(are_closed(clients, GUEST), "after %d seconds they are closed, the slow one too", REQUEST_SECONDS);
    ok(metric("connections") == 2, "but for who has not signed in");
    run.probe->leap += GUEST_SECONDS - REQUEST_SECONDS;
    ok(are_closed(&clients[GUEST], 1), "who is closed a little later");
    ok(append(&client, &stream, 2, "two") == 2 && metric("sockets") == 2,
       "others are not, and none is counted any more");
    client_close(&client);
    for (size_t i = 0; i < COUNT; i++) {
        client_close(&clients[i]);
    }
}

/* Whoever is there, but has nothing to say; and whoever is not there any more, without having said so. */
void test_idle(void) {
    enum { PING_SECONDS = 240, HANGUP_SECONDS = 300, GUESTS = 300, MOST = 20, PATIENCE_MS = 20000 };
    static struct client guests[GUESTS];
    struct client there, gone;
    struct client_device device;
    struct wire_frame frame;
    struct stream stream;
    ok(join(&there, &device) && create_stream(&there, &stream) && join(&gone, &device) && create_stream(&gone, &stream),
       "two people");
    run.probe->leap += PING_SECONDS + 1;
    /* It answers meanwhile; there is no frame. And the server has read that before it answers somebody else. */
    ok(client_wait(&there, PATIENCE_MS) && !client_receive(&there, 1, &frame) && client_wait(&gone, PATIENCE_MS) &&
           metric("connections") == 2,
       "both are asked whether they are there");
    run.probe->leap += HANGUP_SECONDS - PING_SECONDS;
    ok(are_closed(&gone, 1), "who does not answer is closed");
    ok(create_stream(&there, &stream) && metric("connections") == 1, "who does is not");
    run.probe->longest = 0;
    bool opened = true;
    for (size_t i = 0; opened && i < GUESTS; i++) {
        opened = client_open(&guests[i], run.port, NULL);
    }
    ok(opened && run.probe->longest > 0 && run.probe->longest < MOST,
       "to look after one more costs the same with many (%u timers, %d connections)", (unsigned)run.probe->longest,
       GUESTS);
    for (size_t i = 0; opened && i < GUESTS; i++) {
        client_close(&guests[i]);
    }
    client_close(&there);
    client_close(&gone);
}

/* Says it, and gets what comes until the end. False if nothing does. */
static bool ask_for(uint32_t host, SSL_CTX *context, const char *text, char *out, size_t size) {
    struct client client;
    bool good = client_connect_from(&client, host, run.port, context) && say(&client, text);
    while (good && client_wait(&client, 20000) && client_fill(&client)) {
    }
    size_t len = good && client.in_len < size ? client.in_len : 0;
    if (len != 0) {
        memcpy(out, client.in, len);
    }
    out[len] = 0;
    client_close(&client);
    return len != 0;
}

/* How many answers come to what is said on one connection until the server ends it: what is said last asks for that. */
static unsigned answers_to(const char *text) {
    enum { PATIENCE_MS = 20000 };
    struct client client;
    if (!client_connect(&client, run.port, NULL) || !say(&client, text)) {
        return UINT_MAX;
    }
    bool open = true;
    while (open && client_wait(&client, PATIENCE_MS)) {
        open = client_fill(&client);
    }
    unsigned count = 0;
    for (size_t i = 0; i + 9 <= client.in_len; i++) {
        count += memcmp(client.in + i, "HTTP/1.1 ", 9) == 0 ? 1 : 0;
    }
    client_close(&client);
    return open ? UINT_MAX : count;
}

/* A proxy has requests of many people on one connection: where each ends must be clear. */
void test_requests(void) {
    static const char get[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    static const char last[] = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    static const char *const unclear[] = {
        "Transfer-Encoding: chunked", "Content-Length: 0\r\nContent-Length: 36", "Content-Length: -1",
        "Content-Length: 0x24",       "Content-Length: 18446744073709551652",
    };
    char text[512];
    static const char *const pages[] = { "/healthz", "/", "/nothing" };
    char said[2048];
    snprintf(text, sizeof text, "%s%s", get, last);
    ok(answers_to(text) == 2, "two requests are answered");
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        snprintf(text, sizeof text, "HEAD %s HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n%s\r\n",
                 pages[i], "Connection: close\r\n");
        const char *end = ask_for(0, NULL, text, said, sizeof said) ? strstr(said, "\r\n\r\n") : NULL;
        ok(end != NULL && strncmp(end + 4, "HTTP/1.1 200 ", 13) == 0,
           "what asks for headers alone gets them alone (%s)", pages[i]);
    }
    snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s%s", sizeof get - 1,
             get, last);
    ok(answers_to(text) == 2, "a body is none");
    static const char upgrade[] = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                                  "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n";
    ok(ask_for(0, NULL, upgrade, said, sizeof said) && strncmp(said + 8, " 400 ", 5) == 0 &&
           strstr(said, "HTTP/1.1 and WebSockets") != NULL,
       "another protocol is not spoken");
    static const char *const others[] = { "SSH-2.0-x\r\n", "\x16\x03\x01", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ok(ask_for(0, NULL, others[i], said, sizeof said) && strncmp(said + 8, " 400 ", 5) == 0 &&
               strstr(said, "HTTP/1.1 and WebSockets") != NULL && strstr(said, "<html>") == NULL,
           "what is no request of ours is told what is spoken (%zu)", i);
    }
    for (size_t i = 0; i < sizeof unclear / sizeof *unclear; i++) {
        snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n%s", unclear[i], get);
        ok(answers_to(text) == 1 && ask_for(0, NULL, text, said, sizeof said) &&
               strncmp(said + 8, i == 0 ? " 411 " : " 400 ", 5) == 0 && strstr(said, "connection: close\r\n") != NULL &&
               strstr(said, "Content-Length") != NULL,
           "one whose end is not clear is refused, and nothing behind it is answered (%zu)", i);
    }
}

/* Says it, and whether the answer has this status and these words, and is the last one. */
static bool is_refused(const char *text, const char *status, const char *words) {
    char said[2048];
    return ask_for(0, NULL, text, said, sizeof said) && strncmp(said + 8, status, strlen(status)) == 0 &&
           strstr(said, "connection: close") != NULL && strstr(said, words) != NULL;
}

/* Who writes another client, or puts a proxy before the server, reads what is wrong. */
void test_upgrades(void) {
    static const char begin[] = " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
    static const char key[] = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    static const struct {
        const char *path, *headers, *status, *words;
        bool key;
    } wrong[] = {
        { "/elsewhere", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: weibel\r\n", " 404 ", "/connect", true },
        { "/connect", "Sec-WebSocket-Version: 13\r\n", " 400 ", "subprotocol weibel", true },
        { "/connect", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, weibels\r\n", " 400 ",
          "subprotocol weibel", true },
        { "/connect", "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Protocol: weibel\r\n", " 426 ",
          "sec-websocket-version: 13\r\n", true },
        { "/connect", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: weibel\r\n", " 400 ", "Sec-WebSocket-Key",
          false },
    };
    char text[512];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "GET %s%s%s%s\r\n", wrong[i].path, begin, wrong[i].key ? key : "",
                 wrong[i].headers);
        ok(is_refused(text, wrong[i].status, wrong[i].words), "a WebSocket that can't be is refused with%s(%zu)",
           wrong[i].status, i);
    }
    ok(is_refused("GET /connect HTTP/1.1\r\nHost: a\r\n\r\n", " 426 ", "a proxy"),
       "and so is one of which a proxy has made a plain request");
    struct client client;
    ok(client_upgrade(&client, run.port, NULL, "/connect", "chat, weibel"), "ours may be one of several");
    client_close(&client);
}

/* True if the connection ends with a frame of this code, and words. */
static bool is_closed_with(struct client *client, struct base_slice message, unsigned code) {
    struct wire_frame challenge;
    if (!client_upgrade(client, run.port, NULL, "/connect", "weibel") || !client_receive(client, 5000, &challenge)) {
        return false;
    }
    bool good = client_write(client, message.data, message.len);
    while (good && client->in_len - client->taken < 5 && client_wait(client, 5000) && client_fill(client)) {
    }
    const uint8_t *frame = client->in + client->taken;
    return good && client->in_len - client->taken > 4 && frame[0] == 0x88 && frame[1] > 2 &&
           ((unsigned)frame[2] << 8 | frame[3]) == code;
}

/* Once a ping is answered, all that was said before it has come. */
static bool has_come(struct client *client) {
    static const uint8_t ping[] = { 0x89, 0x80, 0, 0, 0, 0 };
    return client_write(client, ping, sizeof ping) && client_wait(client, 20000) && client_fill(client);
}

/* What is no frame of the protocol ends the connection with a code of RFC 6455 and words. */
void test_closes(void) {
    enum { PIECE = (1 << 20) + 1, HEADER = 14, HOLDERS = 64 /* of 2 MiB each */ };
    static const uint8_t text[] = { 0x81, 0x82, 0, 0, 0, 0, 'h', 'i' };
    uint8_t *piece = calloc(1, HEADER + PIECE);
    struct client client;
    ok(is_closed_with(&client, base_slice(text, sizeof text), 1003), "text is refused");
    client_close(&client);
    /* An unfinished message, masked with zeros. */
    memcpy(piece, (const uint8_t[]){ 0x02, 0x80 | 127, 0, 0, 0, 0, 0, PIECE >> 16, 0, 1 }, 10);
    ok(is_closed_with(&client, base_slice(piece, HEADER + 2000), 1009), "what is too large is refused");
    client_close(&client);

    /* More unfinished ones than there is room for. */
    static struct client holders[HOLDERS + 1];
    static struct client_device devices[HOLDERS + 1];
    struct wire_frame answer;
    bool good = true;
    for (size_t i = 0; good && i < HOLDERS; i++) {
        good =
            join(&holders[i], &devices[i]) && client_write(&holders[i], piece, HEADER + PIECE) && has_come(&holders[i]);
    }
    good = good && join(&holders[HOLDERS], &devices[HOLDERS]) && client_write(&holders[HOLDERS], piece, HEADER + 2000);
    ok(good && client_receive(&holders[HOLDERS], 20000, &answer) && refused_with(&answer, WIRE_REFUSED_UNAVAILABLE) &&
           answer.request == 0 && answer.of.refusal.argument == 1000 && are_closed(&holders[HOLDERS], 1),
       "when there is no room for it, it is told when to come back");
    client_close(&holders[0]);
    client_close(&holders[HOLDERS]);
    struct stream stream;
    ok(rejoin(&client, &devices[HOLDERS]) && create_stream(&client, &stream), "and it does");
    client_close(&client);
    for (size_t i = 1; i < HOLDERS; i++) {
        client_close(&holders[i]);
    }
    free(piece);
}

/* Behind a proxy all come from this machine; what one stranger does there must not shut out the others. */
void test_proxy(void) {
    enum { MOST = 200 };
    struct client client, stranger;
    struct client_device device, made_up;
    struct wire_frame answer;
    struct client_http http;
    ok(join(&client, &device), "somebody joins");
    client_close(&client);
    client_device_init(&made_up);
    run.probe->still = (uint64_t)time(NULL);
    unsigned tries = 0;
    bool more = client_open_for(&stranger, run.port, "2001:db8::1");
    while (more && tries < MOST && !client_sign_in(&stranger, &made_up, &answer) &&
           refused_with(&answer, WIRE_REFUSED_SIGN_IN)) {
        tries++;
    }
    ok(more && tries > 10 && refused_with(&answer, WIRE_REFUSED_TOO_OFTEN), "who guesses has to wait after %u tries",
       tries);
    client_close(&stranger);
    ok(!client_open_for(&stranger, run.port, "2001:db8::2"), "he is not let in once more from the same network");
    ok(client_http(run.port, "GET", "/blobs/", "X-Forwarded-For: 2001:db8::3\r\n", NULL, 0, &http) &&
           http.status == 429,
       "and a request of his is told to wait");
    free(http.body);
    ok(client_open_for(&client, run.port, "192.0.2.1") && client_sign_in(&client, &device, &answer),
       "others behind the proxy are");
    client_close(&client);
    ok(client_open(&client, run.port, NULL) && client_sign_in(&client, &device, &answer), "and so is this machine");
    client_close(&client);
    run.probe->still = 0;
    ok(client_http(run.port, "GET", "/metrics", "X-Forwarded-For: 192.0.2.1\r\n", NULL, 0, &http) && http.status == 404,
       "how much is written is nobody's business outside");
    free(http.body);
}

/* Somebody who guesses keys, until his address is over its limit. */
static bool use_up(uint32_t host, SSL_CTX *context) {
    struct client client;
    struct client_device made_up;
    struct wire_frame answer;
    client_device_init(&made_up);
    bool opened = client_open_from(&client, host, run.port, context);
    while (opened && !client_sign_in(&client, &made_up, &answer) && answer.type == WIRE_REFUSAL &&
           answer.of.refusal.code == WIRE_REFUSED_SIGN_IN) {
    }
    bool good = opened && refused_with(&answer, WIRE_REFUSED_TOO_OFTEN);
    client_close(&client);
    return good;
}

static bool ask_page(uint32_t host, SSL_CTX *context, char *out, size_t size) {
    return ask_for(host, context, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", out, size);
}

/* An address over its limit: the first few connections of each second are told so, the others cost nothing. */
void test_turned_away(SSL_CTX *context) {
    enum { HOST = 40, ONSLAUGHT = 100, TOLD = 10 };
    const char *over = context == NULL ? "without TLS" : "with TLS";
    struct client client;
    struct wire_refusal refusal;
    char page[2048];
    unsigned told = 0, heard = 0;
    uint64_t now = (uint64_t)time(NULL);
    run.probe->still = now;
    ok(use_up(HOST, context), "an address is over its limit, %s", over);
    bool refused = client_turned_away(&client, HOST, run.port, context, &refusal);
    ok(refused && refusal.code == WIRE_REFUSED_TOO_OFTEN && refusal.argument > 0 && refusal.argument < 1000,
       "who connects from there is told to wait (%u ms), %s", (unsigned)refusal.argument, over);
    ok(are_closed(&client, 1), "and the connection ends, %s", over);
    client_close(&client);
    ok(ask_page(HOST, context, page, sizeof page) && strstr(page, " 429 ") != NULL &&
           strstr(page, "\r\nretry-after: 1\r\n") != NULL && strstr(page, "Wait for 1 s") != NULL &&
           strstr(page, "Warten Sie 1 s") != NULL,
       "who asks for a page is told so in words, %s", over);
    for (unsigned i = 2; i < ONSLAUGHT; i++) {
        heard += ask_page(HOST, context, page, sizeof page) ? 1 : 0;
        told += strstr(page, " 429 ") != NULL ? 1 : 0;
    }
    ok(told == TOLD - 2 && heard == told, "of %u connections no more than %u get a word, %s", ONSLAUGHT, told + 2,
       over);
    ok(client_open_from(&client, HOST + 1, run.port, context), "others come in meanwhile, %s", over);
    client_close(&client);
    run.probe->still = now + 1;
    ok(client_open_from(&client, HOST, run.port, context), "and so does this one a second later, %s", over);
    client_close(&client);
    run.probe->still = 0;
}

/* Fills the disk by appends until they are refused; then makes room, and looks whether all is there. */
static void fill_disk(const char *kind, void (*make_full)(void), void (*make_room)(void), bool deletes) {
    enum { ENTRY = 100000, MOST = 400 };
    struct client client;
    struct client_device device;
    struct wire_frame answer;
    struct stream stream;
    uint8_t *content = malloc(ENTRY);
    uint64_t last = 0, number = 0, kept = 0;
    client_random(content, ENTRY);
    ok(join(&client, &device) && create_stream(&client, &stream), "%s: a writer", kind);
    make_full();
    for (uint64_t i = 1; i <= MOST; i++) {
        struct wire_frame frame = append_frame(&stream, i, base_slice(content, ENTRY));
        if (!client_ask(&client, &frame, &answer) || answer.type != WIRE_APPENDED) {
            break;
        }
        number = answer.of.appended.number;
    }
    ok(refused_with(&answer, WIRE_REFUSED_DISK_FULL), "%s: an append is refused with the right words after %u", kind,
       (unsigned)number);
    if (deletes) {
        struct wire_frame delete = { .type = WIRE_DELETE_ENTRY };
        memcpy(delete.of.delete_entry.stream, stream.name, WIRE_STREAM_LEN);
        memset(delete.of.delete_entry.deletion_key, 1, WIRE_KEY_LEN);
        delete.of.delete_entry.number = 1;
        ok(client_ask(&client, &delete, &answer) && answer.type == WIRE_DONE, "%s: a deletion is still taken", kind);
        kept++;
    }
    make_room();
    struct wire_frame frame = append_frame(&stream, number + 1, base_slice_text("room again"));
    ok(client_ask(&client, &frame, &answer) && answer.type == WIRE_APPENDED && answer.of.appended.number == number + 1,
       "%s: with room again, the same append is taken", kind);
    stop(SIGKILL);
    ok(start() && rejoin(&client, &device), "%s: the server starts again", kind);
    for (bool more = true; more;) {
        frame = read_frame(&stream, last, false);
        more = client_ask(&client, &frame, &answer) && answer.type == WIRE_ENTRIES;
        kept += more ? count_entries(&answer, &last) : 0;
        more = more && (answer.of.entries.flags & WIRE_MORE) != 0;
    }
    ok(kept == number + 1, "%s: nothing acknowledged is lost", kind);
    free(content);
    client_close(&client);
}

static void limit_file_size(rlim_t size) {
    struct rlimit limit = { size, RLIM_INFINITY };
    prlimit(run.pid, RLIMIT_FSIZE, &limit, NULL);
}

static void make_files_full(void) {
    limit_file_size(24 << 20);
}

static void make_files_free(void) {
    limit_file_size(RLIM_INFINITY);
}

static char ballast[MAX_PATH + 16];

static void make_disk_full(void) {
    /* Leaves a little: the server itself shall meet the end. */
    int file = open(ballast, O_WRONLY | O_CREAT, 0600);
    if (file < 0 || posix_fallocate(file, 0, 10 << 20) != 0) {
        printf("# the ballast could not be written\n");
    }
    close(file);
}

static void make_disk_free(void) {
    unlink(ballast);
}

void test_full_disk(void) {
    fill_disk("file size limit", make_files_full, make_files_free, false);
    char folder[MAX_PATH];
    const char *why = "mounting a small file system needs root";
    snprintf(folder, sizeof folder, "%.400s-small", run.folder);
    mkdir(folder, 0700);
    if (geteuid() != 0 || mount("tmpfs", folder, "tmpfs", 0, "size=16m") != 0) {
        skip("full disk", why);
        return;
    }
    char out[256], old_folder[MAX_PATH];
    stop(SIGTERM);
    memcpy(old_folder, run.folder, sizeof old_folder);
    memcpy(run.folder, folder, sizeof folder);
    snprintf(ballast, sizeof ballast, "%s/ballast", folder);
    const char *const init[] = { "init", "--data", run.folder, "--domain", "example.org", NULL };
    if (ok(command(out, sizeof out, init) == 0 && start(), "a server on a small disk")) {
        fill_disk("small disk", make_disk_full, make_disk_free, true);
        stop(SIGTERM);
    }
    memcpy(run.folder, old_folder, sizeof old_folder);
    umount(folder);
    rmdir(folder);
    start();
}
