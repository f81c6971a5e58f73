/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * weibeld serve: runs the server.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands.h"
#include "net/net.h"

static const char HELP[] =
    "weibeld serve --data DIR [--listen ADDRESS:PORT] [--tls-cert FILE --tls-key FILE]\n"
    "                           [--web DIR] [--push HOSTS [--push-ca FILE] [--push-delay DURATION]]\n"
    "\n"
    "Runs the server until SIGTERM. Its first line on standard output is: listening on URL\n"
    "\n"
    "  --data DIR             the folder that weibeld init made\n"
    "  --listen ADDRESS:PORT  127.0.0.1:8080 unless said otherwise; port 0 takes a free one,\n"
    "                         *:443 means every address; IPv6 in brackets: [::1]:8080\n"
    "  --tls-cert FILE        certificate chain, PEM\n"
    "  --tls-key FILE         its private key, PEM; without the two, only addresses of this\n"
    "                         machine itself (127.0.0.1, ::1) can be listened on\n"
    "  --web DIR              the browser client; unless said otherwise the folder web beside\n"
    "                         this program, or where 'make install' puts it; if there is\n"
    "                         none, the server works without. --web '' leaves it out\n"
    "  --push HOSTS           lets people turn on notifications by the push services of their\n"
    "                         browsers, which then learn when there is something new for one of\n"
    "                         them, and nothing else. HOSTS says which: 'known' (Google, Mozilla,\n"
    "                         Microsoft, Apple) or names, with commas between them:\n"
    "                         push.example.org,*.example.org:8443. Without --push, this server\n"
    "                         never asks any other one for anything. The environment's http_proxy\n"
    "                         is used\n"
    "  --push-ca FILE         certificate authorities for them beside the system's, PEM\n"
    "  --push-delay DURATION  after a start, devices that are not back by then are told once\n"
    "                         that there may be something new; 2m unless said otherwise\n";

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

/* Where the browser client lies: `out` is empty if it is nowhere. */
static void find_web(char out[PATH_MAX]) {
    static const char *const places[] = { "web", "../share/weibel/web" };
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    out[0] = '\0';
    if (len <= 0) {
        return;
    }
    program[len] = '\0';
    char *slash = strrchr(program, '/');
    *(slash == NULL ? program : slash) = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int written = snprintf(out, PATH_MAX, "%s/%s/index.html", program, places[i]);
        if (written > 0 && written < PATH_MAX && access(out, R_OK) == 0) {
            *strrchr(out, '/') = '\0';
            return;
        }
        out[0] = '\0';
    }
}

int command_serve(int argc, char **argv) {
    static const struct option options[] = {
        { "data", required_argument, NULL, 'd' },     { "listen", required_argument, NULL, 'l' },
        { "tls-cert", required_argument, NULL, 'c' }, { "tls-key", required_argument, NULL, 'k' },
        { "web", required_argument, NULL, 'w' },      { "push", required_argument, NULL, 'p' },
        { "push-ca", required_argument, NULL, 'a' },  { "push-delay", required_argument, NULL, 'y' },
        { "help", no_argument, NULL, 'h' },           { 0 },
    };
    struct net_options net = { 0 };
    const char *listen = "127.0.0.1:8080", *push_delay = "2m";
    char web[PATH_MAX];
    find_web(web);
    net.web = web;
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
        case 'w':
            net.web = optarg;
            break;
        case 'p':
            if (push_hosts_parse(optarg, &net.push) != BASE_OK) {
                return fail(EX_USAGE, "--push %s: %s", optarg, PUSH_ERR_HOSTS.text);
            }
            break;
        case 'a':
            net.push_ca = optarg;
            break;
        case 'y':
            push_delay = optarg;
            break;
        case 'h':
            fputs(HELP, stdout);
            return EX_OK;
        default:
            return fail_usage("serve");
        }
    }
    const char *missing = net.folder == NULL                            ? "--data DIR"
                          : net.tls_cert == NULL && net.tls_key != NULL ? "--tls-cert FILE"
                          : net.tls_cert != NULL && net.tls_key == NULL ? "--tls-key FILE"
                                                                        : NULL;
    if (missing != NULL || optind != argc) {
        return fail_arguments("serve", missing, argc, argv);
    }
    if (net_parse_address(listen, &net.listen) != BASE_OK) {
        return fail(EX_USAGE, "--listen %s: this is no address and port, as in 127.0.0.1:8080 or [::1]:8080", listen);
    }
    net.push_delay = parse_duration(push_delay);
    if (net.push_delay == 0) {
        return fail(EX_USAGE, "--push-delay %s: say how long, as in 30s or 2m", push_delay);
    }
    bool local = net_is_loopback(&net.listen);
    if (!local && net.tls_cert == NULL) {
        return fail(EX_USAGE,
                    "--listen %s can be reached from outside: give --tls-cert and --tls-key, or listen on 127.0.0.1",
                    listen);
    }
    if (net.web[0] == '\0') {
        net.web = NULL;
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
               : result == &NET_ERR_TLS  ? fail(EX_NOINPUT, "%s, %s: %s", net.tls_cert, net.tls_key, result->text)
                                         : fail_with(result, result == &NET_ERR_WEB    ? net.web
                                                             : result == &NET_ERR_PUSH ? net.push_ca
                                                                                       : net.folder);
    }
    remove_url_file(net.folder);
    return EX_OK;
}
