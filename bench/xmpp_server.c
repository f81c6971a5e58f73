/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The servers' part: a folder, a configuration in it, a process. Nothing of the machine's own services is touched.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "xmpp.h"

enum { START_MS = 60000 };

static void configure_prosody(FILE *file, const struct xmpp_server *server) {
    bool tls = server->cert != NULL;
    fprintf(file, "run_as_root = true\npidfile = \"%s/pid\"\ndata_path = \"%s\"\n", server->folder, server->folder);
    fprintf(file, "sql = { driver = \"SQLite3\", database = \"%s/prosody.sqlite\" }\n", server->folder);
    fprintf(file, "log = { { levels = { min = \"error\" }, to = \"file\", filename = \"%s/log\" } }\n", server->folder);
    fprintf(file, "c2s_ports = { %.0u }\nc2s_direct_tls_ports = { %.0u }\n", tls ? 0u : server->port,
            tls ? server->port : 0u);
    if (tls) {
        fprintf(file, "ssl = { certificate = \"%s\", key = \"%s\" }\n", server->cert, server->key);
    }
    fputs("interfaces = { \"127.0.0.1\" }\n"
          "s2s_ports = {}\n"
          "http_ports = {}\n"
          "https_ports = {}\n"
          "c2s_require_encryption = false\n"
          "allow_unencrypted_plain_auth = true\n"
          "allow_registration = true\n"
          "modules_enabled = { \"saslauth\", \"tls\", \"register_ibr\", \"smacks\", \"offline\" }\n"
          "modules_disabled = { \"s2s\" }\n"
          "authentication = \"internal_plain\"\n"
          "storage = \"sql\"\n"
          "VirtualHost \"" XMPP_DOMAIN "\"\n",
          file);
}

static void configure_ejabberd(FILE *file, const struct xmpp_server *server) {
    bool tls = server->cert != NULL;
    fprintf(file, "sql_database: \"%s/ejabberd.sqlite\"\n", server->folder);
    fprintf(file, "listen:\n  - port: %u\n    tls: %s\n", server->port, tls ? "true" : "false");
    fputs("    ip: \"127.0.0.1\"\n"
          "    module: ejabberd_c2s\n"
          "    access: all\n"
          "    shaper: none\n"
          "    max_stanza_size: infinity\n",
          file);
    if (tls) {
        fprintf(file, "certfiles: [\"%s\", \"%s\"]\n", server->cert, server->key);
    }
    fputs("hosts: [" XMPP_DOMAIN "]\n"
          "loglevel: error\n"
          "default_db: sql\n"
          "sql_type: sqlite\n"
          "auth_method: internal\n"
          "auth_password_format: plain\n"
          "registration_timeout: infinity\n"
          "access_rules:\n"
          "  everybody: [allow: all]\n"
          "shaper_rules:\n"
          "  offline: [1000000: all]\n"
          "modules:\n"
          "  mod_register: {access: everybody, ip_access: everybody}\n"
          "  mod_stream_mgmt: {}\n"
          "  mod_offline: {access_max_user_messages: offline}\n",
          file);
}

static const char *path_of(const char *name) {
    return strcmp(name, "prosody") == 0 ? "/usr/bin/prosody" : "/usr/sbin/ejabberdctl";
}

bool xmpp_is_there(const char *name) {
    return access(path_of(name), X_OK) == 0;
}

void xmpp_die(struct xmpp_server *server, const char *what) {
    fprintf(stderr, "bench-xmpp: %s: %s (%s); see %s/log\n", server->name, what, strerror(errno), server->folder);
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
    }
    exit(EX_SOFTWARE);
}

static uint16_t free_port(void) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = bind(probe, (const struct sockaddr *)&address, size) == 0 &&
                 getsockname(probe, (struct sockaddr *)&address, &size) == 0;
    close(probe);
    return bound ? ntohs(address.sin_port) : 0;
}

static void write_configuration(struct xmpp_server *server, bool prosody, char path[XMPP_MAX_PATH + 32]) {
    snprintf(path, XMPP_MAX_PATH + 32, "%s/%s", server->folder, prosody ? "prosody.cfg.lua" : "ejabberd.yml");
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        xmpp_die(server, "its configuration can't be written");
    }
    if (prosody) {
        configure_prosody(file, server);
    } else {
        configure_ejabberd(file, server);
    }
    fclose(file);
}

static void wait_until_it_listens(struct xmpp_server *server) {
    uint64_t end = client_milliseconds() + START_MS;
    struct client client;
    while (!client_connect(&client, server->port, server->tls)) {
        if (client_milliseconds() > end) {
            xmpp_die(server, "it does not start");
        }
        usleep(100000);
    }
    client_close(&client);
}

void xmpp_start(struct xmpp_server *server) {
    char path[XMPP_MAX_PATH + 32], log[XMPP_MAX_PATH + 32], data[XMPP_MAX_PATH + 32];
    bool prosody = strcmp(server->name, "prosody") == 0;
    snprintf(server->folder, sizeof server->folder, "%s/xmpp-XXXXXX", server->build);
    if (mkdtemp(server->folder) == NULL) {
        xmpp_die(server, "no folder can be made");
    }
    char *absolute = realpath(server->folder, NULL);
    snprintf(server->folder, sizeof server->folder, "%s", absolute);
    free(absolute);
    server->port = free_port();
    write_configuration(server, prosody, path);
    snprintf(log, sizeof log, "%s/log", server->folder);
    /* Erlang's node has no name and no port of its own, and ejabberdctl no part in it. */
    snprintf(data, sizeof data, "\"%s/mnesia\"", server->folder);
    const char *const as_prosody[] = { "/usr/bin/prosody", "--config", path, "-F", NULL };
    const char *const as_ejabberd[] = { "/usr/bin/erl", "-noinput", "+K", "true",     "-mnesia",
                                        "dir",          data,       "-s", "ejabberd", NULL };
    setenv("EJABBERD_CONFIG_PATH", path, 1);
    setenv("EJABBERD_LOG_PATH", log, 1);
    setenv("ERL_LIBS", "/usr/lib/x86_64-linux-gnu", 1);
    server->pid = process_start(prosody ? as_prosody : as_ejabberd, log);
    wait_until_it_listens(server);
}

void xmpp_stop(struct xmpp_server *server) {
    char command[XMPP_MAX_PATH + 16];
    process_stop(server->pid, SIGTERM);
    server->pid = 0;
    snprintf(command, sizeof command, "rm -rf '%s'", server->folder);
    if (system(command) != 0) {
        xmpp_die(server, "its folder can't be removed");
    }
}
