/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The client's part: stanzas are made by printf, and found in what comes by their tags. The text of messages has no
 * character of XML in it.
 */
#define _GNU_SOURCE
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xmpp.h"

enum { MAX_STANZA = 1 << 16, WAIT_MS = 20000 };

__attribute__((format(printf, 2, 3))) static bool say(struct client *client, const char *format, ...) {
    char stanza[MAX_STANZA];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(stanza, sizeof stanza, format, arguments);
    va_end(arguments);
    return len > 0 && len < MAX_STANZA && client_write(client, (const uint8_t *)stanza, (size_t)len);
}

static bool find(const struct client *client, const char *what, size_t *end) {
    const uint8_t *from = client->in + client->taken;
    size_t len = client->in_len - client->taken;
    const uint8_t *found = len == 0 ? NULL : memmem(from, len, what, strlen(what));
    if (found != NULL) {
        *end = (size_t)(found - client->in) + strlen(what);
    }
    return found != NULL;
}

/* Reads up to the end of `wanted`. */
static bool wait_for(struct client *client, const char *wanted) {
    size_t end = 0;
    while (!find(client, wanted, &end)) {
        if (!client_wait(client, WAIT_MS) || !client_fill(client)) {
            return false;
        }
    }
    client->taken = end;
    return true;
}

static bool open_stream(struct client *client) {
    return say(client, "<?xml version='1.0'?><stream:stream to='" XMPP_DOMAIN "' xmlns='jabber:client' "
                       "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>") &&
           wait_for(client, "</stream:features>");
}

void xmpp_register(struct xmpp_server *server, const char *user) {
    struct client client;
    if (!client_connect(&client, server->port, server->tls) || !open_stream(&client) ||
        !say(&client,
             "<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>%s</username>"
             "<password>secret</password></query></iq>",
             user) ||
        !wait_for(&client, "result")) {
        xmpp_die(server, "an account can't be made");
    }
    client_close(&client);
}

static void plain(const char *user, char out[256]) {
    unsigned char raw[128];
    int len = snprintf((char *)raw, sizeof raw, "%c%s%csecret", 0, user, 0);
    EVP_EncodeBlock((unsigned char *)out, raw, len);
}

void xmpp_sign_in(struct xmpp_server *server, const char *user, bool acknowledged, struct client *client) {
    char proof[256];
    plain(user, proof);
    bool good = client_connect(client, server->port, server->tls) && open_stream(client) &&
                say(client, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>", proof) &&
                wait_for(client, "<success") && wait_for(client, ">") && open_stream(client) &&
                say(client, "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                            "<resource>b</resource></bind></iq>") &&
                wait_for(client, "</jid>") && wait_for(client, "</iq>");
    if (good && acknowledged) {
        good = say(client, "<enable xmlns='urn:xmpp:sm:3'/>") && wait_for(client, "<enabled") && wait_for(client, ">");
    }
    good = good && say(client, "<presence/>");
    if (!good) {
        xmpp_die(server, "an account can't sign in");
    }
}

bool xmpp_send(struct client *client, const char *to, const char *body, bool ask_for_acknowledgement) {
    return say(client, "<message type='chat' to='%s@" XMPP_DOMAIN "'><body>%s</body></message>%s", to, body,
               ask_for_acknowledgement ? "<r xmlns='urn:xmpp:sm:3'/>" : "");
}

/* The number in h='…' of an acknowledgement that begins there. */
static unsigned number_in(const struct client *client, size_t at) {
    char text[128] = "";
    size_t len = client->in_len - at < sizeof text - 1 ? client->in_len - at : sizeof text - 1;
    memcpy(text, client->in + at, len);
    const char *h = strstr(text, "h=");
    return h == NULL ? 0 : (unsigned)strtoul(h + 3, NULL, 10);
}

bool xmpp_take(struct client *client, unsigned *messages, unsigned *acknowledged) {
    size_t end = 0;
    *messages = 0;
    if (!client_fill(client)) {
        return false;
    }
    while (find(client, "</message>", &end)) {
        client->taken = end;
        (*messages)++;
    }
    /* One that is not there as a whole is taken the next time. */
    for (size_t start = 0; find(client, "<a ", &start);) {
        size_t close = client->taken;
        client->taken = start;
        if (!find(client, "/>", &end)) {
            client->taken = close;
            break;
        }
        *acknowledged = number_in(client, start);
        client->taken = end;
    }
    return true;
}
