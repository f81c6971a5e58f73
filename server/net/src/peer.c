/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where connections come from, and how many come from there: those of one address beyond its share are closed before
 * anything is done for them, even before TLS, but for a few that are told so.
 */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "state.h"

enum { MAX_FORWARDED = 4096 }; /* libwebsockets takes no more headers than that */

static struct base_slice of_ip6(const struct in6_addr *ip, uint8_t buffer[8]) {
    bool mapped = IN6_IS_ADDR_V4MAPPED(ip);
    memcpy(buffer, ip->s6_addr + (mapped ? 12 : 0), mapped ? 4 : 8);
    return base_slice(buffer, mapped ? 4 : 8);
}

static bool is_loopback(struct base_slice address) {
    static const uint8_t ip6[8] = { 0 }; /* ::1 */
    return (address.len == 4 && address.data[0] == 127) || base_slice_equal(address, base_slice(ip6, sizeof ip6));
}

static void find_address(int fd, struct peer *peer) {
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof address;
    struct base_slice found = { 0 };
    if (getpeername(fd, (struct sockaddr *)&address, &size) != 0) {
        return;
    }
    if (address.ss_family == AF_INET) {
        memcpy(peer->address, &((const struct sockaddr_in *)&address)->sin_addr, 4);
        found = base_slice(peer->address, 4);
    } else {
        found = of_ip6(&((const struct sockaddr_in6 *)&address)->sin6_addr, peer->address);
    }
    peer->address_len = (uint8_t)found.len;
    peer->here = is_loopback(found);
}

static struct peer *peer_of(struct lws *wsi) {
    return lws_get_opaque_user_data(wsi);
}

/* A proxy adds behind all that others have said before it; who connects from elsewhere is believed nothing. */
static struct base_slice forwarded(struct lws *wsi, uint8_t buffer[8]) {
    char list[MAX_FORWARDED] = "";
    struct in6_addr ip6;
    const struct peer *peer = peer_of(wsi);
    if (peer == NULL || !peer->here || lws_hdr_copy(wsi, list, sizeof list, WSI_TOKEN_X_FORWARDED_FOR) <= 0) {
        return base_slice(NULL, 0);
    }
    char *last = strrchr(list, ',');
    last = last == NULL ? list : last + 1;
    last += strspn(last, " \t");
    last[strcspn(last, " \t")] = 0;
    if (inet_pton(AF_INET, last, buffer) == 1) {
        return base_slice(buffer, 4);
    }
    return inet_pton(AF_INET6, last, &ip6) == 1 ? of_ip6(&ip6, buffer) : base_slice(NULL, 0);
}

struct base_slice peer_origin(struct lws *wsi, uint8_t buffer[8]) {
    const struct peer *peer = peer_of(wsi);
    struct base_slice address = forwarded(wsi, buffer);
    return address.len != 0 || peer == NULL ? address : base_slice(peer->address, peer->address_len);
}

bool peer_is_here(struct lws *wsi) {
    const struct peer *peer = peer_of(wsi);
    return peer != NULL && peer->here && lws_hdr_total_length(wsi, WSI_TOKEN_X_FORWARDED_FOR) <= 0;
}

bool peer_asks(struct server *server, struct lws *wsi) {
    uint8_t buffer[8];
    struct peer *peer = peer_of(wsi);
    struct base_slice address = forwarded(wsi, buffer);
    if (address.len == 0 || !peer->counted) {
        return true;
    }
    peer->counted = delivery_arrive_from(server->delivery, address, &peer->arrival);
    return peer->counted;
}

/* libwebsockets keeps a sorted list of timers, that it walks for each connection which comes: so nobody stands in it
 * for longer than until the next one comes, and patience.h waits instead. */
static void stop_timer(const struct peer *peer) {
    lws_set_timeout(peer->wsi, NO_PENDING_TIMEOUT, 0);
}

/* Between being accepted and getting its own struct, a connection waits in the server: libwebsockets does both in one
 * go. */
int peer_arrives(struct server *server, int fd) {
    struct peer *peer = base_take(base_allocator_libc(), 1, sizeof *peer);
    peer_is_gone(server, NULL);
    if (peer == NULL) {
        return 1;
    }
    find_address(fd, peer);
    peer->counted = delivery_arrive(server->delivery, base_slice(peer->address, peer->address_len), &peer->arrival);
    if (!peer->counted) {
        base_free(peer);
        return 1;
    }
    if (server->newest != NULL) {
        stop_timer(server->newest);
        server->newest = NULL;
    }
    server->arriving = peer;
    return 0;
}

void peer_is_there(struct server *server, struct lws *wsi) {
    struct peer *peer = server->arriving;
    if (peer != NULL) {
        server->arriving = NULL;
        peer->wsi = wsi;
        lws_set_opaque_user_data(wsi, peer);
        peer_goes_on(server, wsi, false);
        server->newest = peer;
    }
}

struct delivery_arrival peer_arrival(struct lws *wsi) {
    static const struct delivery_arrival none = { 0 };
    const struct peer *peer = peer_of(wsi);
    return peer == NULL ? none : peer->arrival;
}

void peer_is_gone(struct server *server, struct lws *wsi) {
    struct peer *peer = wsi == NULL ? server->arriving : peer_of(wsi);
    if (peer == NULL) {
        return;
    }
    if (wsi == NULL) {
        server->arriving = NULL; /* it was accepted, but came to nothing */
    } else {
        lws_set_opaque_user_data(wsi, NULL);
    }
    server->newest = server->newest == peer ? NULL : server->newest;
    patience_end(&server->patience, &peer->patience);
    if (peer->counted) {
        delivery_depart(server->delivery, &peer->arrival);
    }
    base_free(peer);
}

void peer_goes_on(struct server *server, struct lws *wsi, bool elsewhere) {
    struct peer *peer = peer_of(wsi);
    if (peer == NULL) {
        return;
    }
    server->newest = server->newest == peer ? NULL : server->newest;
    if (elsewhere) {
        patience_end(&server->patience, &peer->patience);
    } else {
        patience_wait(&server->patience, &peer->patience, FOR_REQUEST);
        stop_timer(peer);
    }
}

void peers_look_after(struct server *server) {
    struct patience *patience = &server->patience;
    struct patience_place *place = patience->queues[FOR_REQUEST].first;
    for (; place != NULL; place = place->next) {
        stop_timer(lws_container_of(place, struct peer, patience)); /* that has been set since then: by TLS */
    }
    for (unsigned i = 0; i < MOST_AT_ONCE; i++) {
        place = patience_due(patience, FOR_REQUEST);
        if (place == NULL) {
            break;
        }
        struct peer *peer = lws_container_of(place, struct peer, patience);
        patience_end(patience, place);
        server->newest = server->newest == peer ? NULL : server->newest;
        lws_set_timeout(peer->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    }
}
