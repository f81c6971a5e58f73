/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * weibeld serve: runs the server.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands.h"
#include "net/net.h"

static const char HELP[] = "weibeld serve --data DIR [--listen ADDRESS:PORT] [--tls-cert FILE --tls-key FILE]\n"
                           "\n"
                           "Runs the server until SIGTERM. Its first line on standard output is: listening on URL\n"
                           "\n"
                           "  --data DIR             the folder that weibeld init made\n"
                           "  --listen ADDRESS:PORT  127.0.0.1:8080 unless said otherwise; port 0 takes a free one,\n"
                           "                         *:443 means every address; IPv6 in brackets: [::1]:8080\n"
                           "  --tls-cert FILE        certificate chain, PEM\n"
                           "  --tls-key FILE         its private key, PEM; without the two, only addresses of this\n"
                           "                         machine itself (127.0.0.1, ::1) can be listened on\n";

struct serve {
    const char *folder;
    const struct store_settings *settings;
    bool local, tls;
};

/* The address for activation links: what people outside reach. */
static void listening(const char *url, void *user) {
    const struct serve *serve = user;
    char public_url[STORE_MAX_URL + 1];
    const char *port = strrchr(url, ':');
    if (serve->local) {
        snprintf(public_url, sizeof public_url, "%s", url);
    } else {
        snprintf(public_url, sizeof public_url, "https://%s%s", serve->settings->domain,
                 strcmp(port, ":443") == 0 ? "" : port);
    }
    base_result result = write_url_file(serve->folder, public_url);
    if (result != BASE_OK) {
        fail(EX_OK, "invite will not know this server's address: %s", result->text);
    }
    printf("listening on %s\n", url);
    fflush(stdout);
}

int command_serve(int argc, char **argv) {
    static const struct option options[] = {
        { "data", required_argument, NULL, 'd' },     { "listen", required_argument, NULL, 'l' },
        { "tls-cert", required_argument, NULL, 'c' }, { "tls-key", required_argument, NULL, 'k' },
        { "help", no_argument, NULL, 'h' },           { 0 },
    };
    struct net_options net = { 0 };
    const char *listen = "127.0.0.1:8080";
    for (int option = getopt_long(argc, argv, "", options, NULL); option != -1;
         option = getopt_long(argc, argv, "", options, NULL)) {
        switch (option) {
        case 'd':
            net.folder = optarg;
            break;
        case 'l':
            listen = optarg;
            break;
        case 'c':
            net.tls_cert = optarg;
            break;
        case 'k':
            net.tls_key = optarg;
            break;
        case 'h':
            fputs(HELP, stdout);
            return EX_OK;
        default:
            return fail_usage("serve");
        }
    }
    if (net.folder == NULL || optind != argc || (net.tls_cert == NULL) != (net.tls_key == NULL)) {
        return fail_usage("serve");
    }
    if (net_parse_address(listen, &net.listen) != BASE_OK) {
        return fail(EX_USAGE, "--listen %s: this is no address and port, as in 127.0.0.1:8080 or [::1]:8080", listen);
    }
    bool local = net_is_loopback(&net.listen);
    if (!local && net.tls_cert == NULL) {
        return fail(EX_USAGE,
                    "--listen %s can be reached from outside: give --tls-cert and --tls-key, or listen on 127.0.0.1",
                    listen);
    }
    struct store_settings settings;
    base_result result = store_sqlite_settings(net.folder, &settings);
    if (result != BASE_OK) {
        return fail_with(result, net.folder);
    }
    struct serve serve = { net.folder, &settings, local, net.tls_cert != NULL };
    net.settings = &settings;
    net.listening = listening;
    net.user = &serve;
    result = net_serve(&net);
    if (result != BASE_OK) {
        return result == &NET_ERR_LISTEN ? fail(EX_UNAVAILABLE, "%s: %s", listen, result->text)
                                         : fail_with(result, result == &NET_ERR_TLS ? net.tls_cert : net.folder);
    }
    remove_url_file(net.folder);
    return EX_OK;
}
