/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * weibeld init: makes the data folder.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands.h"
#include "wire/id.h"
#include "wire/link.h"

static const char HELP[] = "weibeld init --data DIR --domain NAME [--url URL] [--json]\n"
                           "\n"
                           "Makes a data folder for a server.\n"
                           "\n"
                           "  --data DIR     the folder; made if it isn't there\n"
                           "  --domain NAME  the name of this server in people's addresses: 7K2M-9QXA@NAME\n"
                           "  --url URL      the public address for activation links; otherwise https://NAME,\n"
                           "                 or that of the running server if it is reached on this machine alone\n"
                           "  --json         prints the result as JSON\n";

/* Only what store_settings says: lower case, so that one name is one text. */
static bool set_domain(struct store_settings *settings, const char *name) {
    if (!wire_domain_valid(base_slice_text(name))) {
        return false;
    }
    size_t len = strlen(name);
    for (size_t i = 0; i <= len; i++) {
        settings->domain[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
    }
    return true;
}

static bool set_url(struct store_settings *settings, const char *url) {
    size_t len = strlen(url);
    len -= len != 0 && url[len - 1] == '/' ? 1 : 0;
    if (!wire_url_valid(base_slice(url, len))) {
        return false;
    }
    memcpy(settings->url, url, len);
    return true;
}

int command_init(int argc, char **argv) {
    static const struct option options[] = {
        { "data", required_argument, NULL, 'd' }, { "domain", required_argument, NULL, 'n' },
        { "url", required_argument, NULL, 'u' },  { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },       { 0 },
    };
    const char *folder = NULL, *domain = NULL, *url = NULL;
    bool json = false;
    for (int option = getopt_long(argc, argv, "", options, NULL); option != -1;
         option = getopt_long(argc, argv, "", options, NULL)) {
        switch (option) {
        case 'd':
            folder = optarg;
            break;
        case 'n':
            domain = optarg;
            break;
        case 'u':
            url = optarg;
            break;
        case 'j':
            json = true;
            break;
        case 'h':
            fputs(HELP, stdout);
            return EX_OK;
        default:
            return fail_usage("init");
        }
    }
    struct store_settings settings = { 0 };
    const char *missing = folder == NULL ? "--data DIR" : domain == NULL ? "--domain NAME" : NULL;
    if (missing != NULL || optind != argc) {
        return fail_arguments("init", missing, argc, argv);
    }
    if (!set_domain(&settings, domain)) {
        return fail(EX_USAGE, "--domain %s: this is no domain name, as in chat.example.org", domain);
    }
    if (url != NULL && !set_url(&settings, url)) {
        return fail(EX_USAGE, "--url %s: this is no address of a server, as in https://chat.example.org", url);
    }
    base_result result = store_sqlite_init(folder, &settings);
    if (result != BASE_OK) {
        return fail_with(result, folder);
    }
    if (json) {
        printf("{\"domain\":\"%s\"}\n", settings.domain);
    } else {
        fprintf(stderr, "The data folder for %s is ready. Next: weibeld serve --data %s\n", settings.domain, folder);
    }
    return EX_OK;
}
