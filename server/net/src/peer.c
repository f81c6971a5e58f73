/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where connections come from, and how many come from there: those of one address beyond its share are closed before
 * anything is done for them, even before TLS.
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

struct base_slice peer_address(int fd, uint8_t buffer[8]) {
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof address;
    if (getpeername(fd, (struct sockaddr *)&address, &size) != 0) {
        return base_slice(NULL, 0);
    }
    if (address.ss_family == AF_INET) {
        memcpy(buffer, &((const struct sockaddr_in *)&address)->sin_addr, 4);
        return base_slice(buffer, 4);
    }
    return of_ip6(&((const struct sockaddr_in6 *)&address)->sin6_addr, buffer);
}

static bool is_loopback(struct base_slice address) {
    static const uint8_t ip6[8] = { 0 }; /* ::1 */
    return (address.len == 4 && address.data[0] == 127) || base_slice_equal(address, base_slice(ip6, sizeof ip6));
}

/* A proxy adds behind all that others have said before it; who connects from elsewhere is believed nothing. */
static struct base_slice forwarded(struct lws *wsi, uint8_t buffer[8]) {
    char list[MAX_FORWARDED] = "";
    struct in6_addr ip6;
    if (!is_loopback(peer_address(lws_get_socket_fd(wsi), buffer)) ||
        lws_hdr_copy(wsi, list, sizeof list, WSI_TOKEN_X_FORWARDED_FOR) <= 0) {
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
    struct base_slice address = forwarded(wsi, buffer);
    return address.len != 0 ? address : peer_address(lws_get_socket_fd(wsi), buffer);
}

bool peer_is_here(struct lws *wsi) {
    uint8_t buffer[8];
    return is_loopback(peer_address(lws_get_socket_fd(wsi), buffer)) &&
           lws_hdr_total_length(wsi, WSI_TOKEN_X_FORWARDED_FOR) <= 0;
}

bool peer_asks(struct server *server, struct lws *wsi) {
    uint8_t buffer[8];
    struct base_slice address = forwarded(wsi, buffer);
    if (address.len == 0 || lws_get_opaque_user_data(wsi) == NULL) {
        return true;
    }
    uint32_t ticket = peer_ticket(wsi);
    bool more = delivery_arrive_from(server->delivery, address, &ticket);
    lws_set_opaque_user_data(wsi, more ? (void *)((uintptr_t)ticket + 1) : NULL);
    return more;
}

/* Between being accepted and getting its own struct, a connection's ticket waits in the server: libwebsockets does both
 * in one go. Kept plus one at the connection, so that NULL means none. */
int peer_arrives(struct server *server, int fd) {
    uint8_t buffer[8];
    peer_is_gone(server, NULL);
    server->has_ticket = delivery_arrive(server->delivery, peer_address(fd, buffer), &server->ticket);
    return server->has_ticket ? 0 : 1;
}

void peer_is_there(struct server *server, struct lws *wsi) {
    if (server->has_ticket) {
        server->has_ticket = false;
        lws_set_opaque_user_data(wsi, (void *)((uintptr_t)server->ticket + 1));
    }
}

uint32_t peer_ticket(struct lws *wsi) {
    uintptr_t kept = (uintptr_t)lws_get_opaque_user_data(wsi);
    return kept == 0 ? 0 : (uint32_t)(kept - 1);
}

void peer_is_gone(struct server *server, struct lws *wsi) {
    if (wsi == NULL && server->has_ticket) {
        /* It was accepted, but came to nothing. */
        server->has_ticket = false;
        delivery_depart(server->delivery, server->ticket);
    } else if (wsi != NULL && lws_get_opaque_user_data(wsi) != NULL) {
        delivery_depart(server->delivery, peer_ticket(wsi));
        lws_set_opaque_user_data(wsi, NULL);
    }
}
