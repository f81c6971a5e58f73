/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The browser client's files, with the headers that keep a browser from running or asking for anything else.
 */
#define _DEFAULT_SOURCE
#include "web.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state.h"

BASE_DEFINE_ERROR(NET_ERR_WEB, BASE_USAGE, NULL,
                  "The browser client's folder can't be read, has no index.html, or holds too much");

enum { PIECE = 32 << 10, MAX_ACCEPTED = 256 };

/* The forms of a file, the best one first. */
enum { BROTLI, GZIP, PLAIN, FORMS };
static const struct {
    const char *suffix, *coding;
} forms[FORMS] = { { ".br", "br" }, { ".gz", "gzip" }, { "", NULL } };

struct web_file {
    char path[WEB_MAX_NAME]; /* "/assets/index-….js" */
    struct web_body bodies[FORMS];
};

struct web {
    struct web_file files[WEB_MAX_FILES];
    size_t count;
    size_t read; /* files, compressed ones included */
    size_t bytes;
};

/* Only what comes from here is run or asked for; 'wasm-unsafe-eval' allows WebAssembly and nothing else. */
static const char POLICY[] =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; font-src 'self'; img-src 'self' "
    "blob:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types weibel";

static const char PERMISSIONS[] =
    "camera=(self), microphone=(self), geolocation=(self), publickey-credentials-get=(self), "
    "publickey-credentials-create=(self), accelerometer=(), autoplay=(self), "
    "browsing-topics=(), display-capture=(), gyroscope=(), magnetometer=(), midi=(), "
    "payment=(), serial=(), usb=(), xr-spatial-tracking=()";

static const char PAGE[] = "text/html; charset=utf-8";

static const char *type_of(const char *path) {
    static const struct {
        const char *suffix, *type;
    } types[] = {
        { ".html", PAGE },
        { ".js", "text/javascript; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".wasm", "application/wasm" },
        { ".svg", "image/svg+xml" },
        { ".png", "image/png" },
        { ".json", "application/json" },
        { ".webmanifest", "application/manifest+json" },
        { ".txt", "text/plain; charset=utf-8" },
    };
    const char *suffix = strrchr(path, '.');
    for (size_t i = 0; suffix != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(suffix, types[i].suffix) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

/* --- reading the folder --- */

static base_result read_body(int folder, const char *name, struct web *web, struct web_body *body) {
    struct stat status;
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size > (off_t)(WEB_MAX_BYTES - web->bytes)) {
        if (file >= 0) {
            close(file);
        }
        return &NET_ERR_WEB;
    }
    size_t len = (size_t)status.st_size;
    base_result result = base_bytes_take(base_allocator_libc(), len, &body->data);
    size_t done = 0;
    while (result == BASE_OK && done < len) {
        ssize_t part = read(file, body->data.data + done, len - done);
        result = part <= 0 ? &NET_ERR_WEB : BASE_OK;
        done += part > 0 ? (size_t)part : 0;
    }
    close(file);
    BASE_TRY(result);
    web->bytes += len;
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256(body->data.data, len, hash);
    int at = snprintf(body->etag, sizeof body->etag, "\"");
    for (size_t i = 0; i < sizeof hash / 2; i++) {
        at += snprintf(body->etag + at, sizeof body->etag - (size_t)at, "%02x", hash[i]);
    }
    snprintf(body->etag + at, sizeof body->etag - (size_t)at, "\"");
    return BASE_OK;
}

/* The file of this path; a new one if there is none yet. */
static struct web_file *file_for(struct web *web, const char *path, size_t len) {
    for (size_t i = 0; i < web->count; i++) {
        if (strlen(web->files[i].path) == len && strncmp(web->files[i].path, path, len) == 0) {
            return &web->files[i];
        }
    }
    struct web_file *file = &web->files[web->count++];
    memcpy(file->path, path, len);
    return file;
}

static base_result read_file(struct web *web, int folder, const char *name, const char *path) {
    BASE_ENSURE(web->read < WEB_MAX_FILES, NET_ERR_WEB);
    web->read++;
    size_t form = PLAIN;
    size_t len = strlen(path);
    for (size_t i = 0; i < PLAIN; i++) {
        size_t suffix = strlen(forms[i].suffix);
        if (len > suffix && strcmp(path + len - suffix, forms[i].suffix) == 0) {
            form = i;
            len -= suffix;
        }
    }
    return read_body(folder, name, web, &file_for(web, path, len)->bodies[form]);
}

/* `prefix` is the folder's path below the client's, "" for that itself. Takes the descriptor. */
static base_result read_folder(struct web *web, int folder, const char *prefix,
                               unsigned depth) { // NOLINT(misc-no-recursion): WEB_MAX_DEPTH
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (entries == NULL) {
        if (folder >= 0) {
            close(folder);
        }
        return &NET_ERR_WEB;
    }
    base_result result = BASE_OK;
    for (struct dirent *entry = readdir(entries); entry != NULL && result == BASE_OK; entry = readdir(entries)) {
        struct stat status;
        char path[WEB_MAX_NAME];
        if (entry->d_name[0] == '.' && strcmp(entry->d_name, ".well-known") != 0) {
            continue;
        }
        int len = snprintf(path, sizeof path, "%s/%s", prefix, entry->d_name);
        if (len < 0 || (size_t)len >= sizeof path ||
            fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
            result = &NET_ERR_WEB;
        } else if (S_ISDIR(status.st_mode)) {
            result = depth == WEB_MAX_DEPTH
                         ? &NET_ERR_WEB
                         : read_folder(web, openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path,
                                       depth + 1);
        } else {
            result = read_file(web, folder, entry->d_name, path);
        }
    }
    closedir(entries);
    return result;
}

static const struct web_file *find(const struct web *web, const char *path) {
    const char *wanted = strcmp(path, "/") == 0 ? "/index.html" : path;
    for (size_t i = 0; i < web->count; i++) {
        /* A compressed form alone is no file. */
        bool is_file = web->files[i].bodies[PLAIN].etag[0] != '\0';
        if (is_file && strcmp(web->files[i].path, wanted) == 0) {
            return &web->files[i];
        }
    }
    return NULL;
}

base_result web_open(const char *folder, struct web **out) {
    struct web *web = base_take(base_allocator_libc(), 1, sizeof *web);
    BASE_ENSURE(web != NULL, BASE_ERR_NO_MEMORY);
    base_result result = read_folder(web, open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "", 0);
    if (result == BASE_OK && find(web, "/") == NULL) {
        result = &NET_ERR_WEB;
    }
    if (result != BASE_OK) {
        web_close(web);
        return result;
    }
    *out = web;
    return BASE_OK;
}

void web_close(struct web *web) {
    if (web == NULL) {
        return;
    }
    for (size_t i = 0; i < web->count; i++) {
        for (size_t form = 0; form < FORMS; form++) {
            base_bytes_free(&web->files[i].bodies[form].data);
        }
    }
    base_free(web);
}

/* --- answering --- */

/* True if the list of RFC 9110 §12.5.3 names the coding, and not with a weight of zero. */
static bool accepts(const char *list, const char *coding) {
    size_t len = strlen(coding);
    for (const char *at = list; *at != '\0';) {
        at += strspn(at, " \t,");
        size_t item = strcspn(at, ",");
        if (item >= len && strncmp(at, coding, len) == 0 && (item == len || strchr(" ;", at[len]) != NULL)) {
            const char *weight = memchr(at, '=', item);
            /* "0", "0." and "0.000" are zero; any other digit is more. */
            return weight == NULL || strcspn(weight, "123456789") < item - (size_t)(weight - at);
        }
        at += item;
    }
    return false;
}

static const struct web_body *choose(const struct web_file *file, struct lws *wsi, const char **coding) {
    char list[MAX_ACCEPTED] = "";
    if (lws_hdr_copy(wsi, list, sizeof list, WSI_TOKEN_HTTP_ACCEPT_ENCODING) < 0) {
        list[0] = '\0';
    }
    for (size_t form = 0; form < PLAIN; form++) {
        if (file->bodies[form].etag[0] != '\0' && accepts(list, forms[form].coding)) {
            *coding = forms[form].coding;
            return &file->bodies[form];
        }
    }
    *coding = NULL;
    return &file->bodies[PLAIN];
}

static bool known_already(struct lws *wsi, const struct web_body *body) {
    char list[MAX_ACCEPTED] = "";
    return lws_hdr_copy(wsi, list, sizeof list, WSI_TOKEN_HTTP_IF_NONE_MATCH) > 0 && strstr(list, body->etag) != NULL;
}

bool web_begin(const struct web *web, struct lws *wsi, const char *path, bool head, const struct web_body **body,
               int *result) {
    const struct web_file *file = find(web, path);
    if (file == NULL) {
        return false;
    }
    static const char assets[] = "/assets/";
    bool hashed = strncmp(path, assets, sizeof assets - 1) == 0;
    const char *coding = NULL;
    const struct web_body *chosen = choose(file, wsi, &coding);
    bool unchanged = known_already(wsi, chosen);
    const char *type = type_of(file->path);
    /* What is said of pages alone says nothing of what they fetch, and would be a good part of a small answer. */
    bool page = strcmp(type, PAGE) == 0;
    bool tls = server_of(wsi)->options->tls_cert != NULL;
    const struct http_header headers[] = {
        { "cache-control:", "", hashed ? "public, max-age=31536000, immutable" : "no-cache" },
        { "etag:", "", chosen->etag },
        { "vary:", "accept-encoding", NULL },
        { "content-security-policy:", "", POLICY },
        { "cross-origin-embedder-policy:", "require-corp", NULL },
        { "referrer-policy:", "no-referrer", NULL },
        { page ? "permissions-policy:" : NULL, "", PERMISSIONS },
        { page ? "cross-origin-opener-policy:" : NULL, "same-origin", NULL },
        { page && tls ? "strict-transport-security:" : NULL, "max-age=31536000", NULL },
        { coding != NULL ? "content-encoding:" : NULL, "", coding },
    };
    size_t count = sizeof headers / sizeof *headers;
    uint64_t length = unchanged ? 0 : chosen->data.len;
    if (http_start(wsi, unchanged ? HTTP_STATUS_NOT_MODIFIED : HTTP_STATUS_OK, type, length, headers, count) != 0) {
        *result = -1;
        return true;
    }
    *body = unchanged || head || length == 0 ? NULL : chosen;
    *result = 0;
    if (*body != NULL) {
        lws_callback_on_writable(wsi);
    } else if (lws_http_transaction_completed(wsi) != 0) {
        *result = -1;
    }
    return true;
}

int web_writable(struct lws *wsi, const struct web_body *body, size_t *offset) {
    uint8_t piece[LWS_PRE + PIECE];
    size_t left = body->data.len - *offset;
    size_t len = left < PIECE ? left : PIECE;
    memcpy(piece + LWS_PRE, body->data.data + *offset, len);
    if (lws_write(wsi, piece + LWS_PRE, len, len == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0) {
        return -1;
    }
    *offset += len;
    if (len != left) {
        lws_callback_on_writable(wsi);
    }
    return len == left ? 1 : 0;
}
