/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where connections come from, and how many come from there: those of one address beyond its share are closed before
 * anything is done for them, even before TLS.
 */
#define _DEFAULT_SOURCE
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "state.h"

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
    const struct in6_addr *ip = &((const struct sockaddr_in6 *)&address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        memcpy(buffer, ip->s6_addr + 12, 4);
        return base_slice(buffer, 4);
    }
    memcpy(buffer, ip->s6_addr, 8);
    return base_slice(buffer, 8);
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
