/* SPDX-License-Identifier: EUPL-1.2 */
/* The event loop: libwebsockets' own, with timers, file descriptors and signals of this program in it. */
#include "loop.h"

#include <openssl/ssl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SERVICE_BUFFER = 64 << 10 }; /* what libwebsockets reads at once: files come in such parts */

BASE_DEFINE_ERROR(LOOP_ERR_START, BASE_LIMIT, NULL,
                  "the network cannot be set up (is the file of certificate authorities readable PEM?)");

struct loop {
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct loop_watch *signals;
    bool interrupted;
};

struct loop_watch {
    struct lws *wsi; /* NULL: libwebsockets has dropped it */
    int file;
    const struct loop_handler *handler;
    void *user;
    bool writing; /* within the handler's `writable` */
    struct loop_timer again;
    struct loop *loop;
};

static int watch_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user;
    (void)in;
    (void)len;
    struct loop_watch *watch = (struct loop_watch *)lws_get_opaque_user_data(wsi);
    if (watch == NULL) {
        return reason == LWS_CALLBACK_RAW_RX_FILE ? -1 : 0;
    }
    switch (reason) {
    case LWS_CALLBACK_RAW_RX_FILE:
        watch->handler->readable(watch->user, watch->file);
        break;
    case LWS_CALLBACK_RAW_WRITEABLE_FILE:
        if (watch->handler->writable != NULL) {
            watch->writing = true;
            watch->handler->writable(watch->user, watch->file);
        }
        break;
    case LWS_CALLBACK_RAW_CLOSE_FILE:
        /* The other side has hung up: its owner learns it by reading. */
        watch->wsi = NULL;
        lws_set_opaque_user_data(wsi, NULL);
        watch->handler->readable(watch->user, watch->file);
        return 0;
    default:
        break;
    }
    if (lws_get_opaque_user_data(wsi) == NULL) {
        return -1; /* its owner has ended the watch: the file is closed now */
    }
    watch->writing = false;
    return 0;
}

static const struct lws_protocols protocols[] = {
    { .name = "weibel", .callback = websocket_callback },
    { .name = "http", .callback = http_callback, .rx_buffer_size = SERVICE_BUFFER },
    { .name = "watch", .callback = watch_callback },
    { .name = NULL },
};

static void on_signal(void *user, int file) {
    struct loop *loop = (struct loop *)user;
    struct signalfd_siginfo info;
    if (read(file, &info, sizeof info) == (ssize_t)sizeof info) {
        loop->interrupted = true;
    }
}

static base_result catch_signals(struct loop *loop) {
    static const struct loop_handler handler = { on_signal, NULL };
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    BASE_ENSURE(sigprocmask(SIG_BLOCK, &set, NULL) == 0, LOOP_ERR_START);
    int file = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    BASE_ENSURE(file >= 0, LOOP_ERR_START);
    return loop_watch(loop, file, &handler, loop, &loop->signals);
}

base_result loop_open(const char *ca_file, struct loop **out) {
    struct loop *loop = (struct loop *)base_take(base_allocator_libc(), 1, sizeof *loop);
    BASE_ENSURE(loop != NULL, BASE_ERR_NO_MEMORY);
    lws_set_log_level(0, NULL);
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .gid = -1,
        .uid = -1,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .pt_serv_buf_size = SERVICE_BUFFER,
        .client_ssl_ca_filepath = ca_file,
        .ssl_client_options_set = SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2,
    };
    loop->context = lws_create_context(&info);
    loop->vhost = loop->context == NULL ? NULL : lws_create_vhost(loop->context, &info);
    base_result result = loop->vhost == NULL ? &LOOP_ERR_START : catch_signals(loop);
    if (result != BASE_OK) {
        loop_close(&loop);
        return result;
    }
    *out = loop;
    return BASE_OK;
}

void loop_close(struct loop **loop) {
    if (*loop == NULL) {
        return;
    }
    loop_unwatch(&(*loop)->signals);
    if ((*loop)->context != NULL) {
        lws_context_destroy((*loop)->context);
    }
    base_free(*loop);
    *loop = NULL;
}

void loop_turn(struct loop *loop) {
    (void)lws_service(loop->context, 0);
}

bool loop_interrupted(const struct loop *loop) {
    return loop->interrupted;
}

bool loop_signalled(void) {
    sigset_t set;
    return sigpending(&set) == 0 &&
           (sigismember(&set, SIGINT) == 1 || sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGHUP) == 1);
}

struct lws *loop_connect(struct loop *loop, struct lws_client_connect_info *info) {
    info->context = loop->context;
    info->vhost = loop->vhost;
    return lws_client_connect_via_info(info);
}

static void on_timer(lws_sorted_usec_list_t *entry) {
    struct loop_timer *timer = (struct loop_timer *)(void *)entry;
    /* Timers run before the waiting, which would go on: who waits for what a timer does must get to see it. */
    lws_cancel_service(timer->loop->context);
    timer->fire(timer->user);
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t milliseconds) {
    enum { DAY = 24 * 3600 * 1000 };
    timer->loop = loop;
    uint64_t bounded = milliseconds < DAY ? milliseconds : DAY;
    /* At least a microsecond: 0 would run it within the list that is being walked. */
    lws_sul_schedule(loop->context, 0, &timer->entry, on_timer, (lws_usec_t)(bounded * LWS_US_PER_MS + 1));
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer) {
    lws_sul_schedule(loop->context, 0, &timer->entry, on_timer, LWS_SET_TIMER_USEC_CANCEL);
}

static void on_again(void *user) {
    loop_watch_writable((struct loop_watch *)user);
}

base_result loop_watch(struct loop *loop, int file, const struct loop_handler *handler, void *user,
                       struct loop_watch **out) {
    struct loop_watch *watch = (struct loop_watch *)base_take(base_allocator_libc(), 1, sizeof *watch);
    if (watch == NULL) {
        (void)close(file);
        return &BASE_ERR_NO_MEMORY;
    }
    *watch = (struct loop_watch){
        .file = file, .handler = handler, .user = user, .again = { .fire = on_again, .user = watch }, .loop = loop
    };
    const lws_adopt_desc_t how = {
        .vh = loop->vhost,
        .type = LWS_ADOPT_RAW_FILE_DESC,
        .fd = { .filefd = file },
        .vh_prot_name = "watch",
        .opaque = watch,
    };
    watch->wsi = lws_adopt_descriptor_vhost_via_info(&how);
    if (watch->wsi == NULL) {
        base_free(watch);
        return &BASE_ERR_NO_MEMORY;
    }
    *out = watch;
    return BASE_OK;
}

void loop_watch_writable(struct loop_watch *watch) {
    if (watch->writing) {
        /* libwebsockets forgets, after the callback of such a file, what was asked for within. */
        loop_timer_set(watch->loop, &watch->again, 0);
    } else if (watch->wsi != NULL) {
        (void)lws_callback_on_writable(watch->wsi);
    }
}

void loop_watch_pause(struct loop_watch *watch, bool pause) {
    if (watch->wsi != NULL) {
        (void)lws_rx_flow_control(watch->wsi, pause ? 0 : 1);
    }
}

void loop_unwatch(struct loop_watch **watch) {
    if (*watch == NULL) {
        return;
    }
    loop_timer_stop((*watch)->loop, &(*watch)->again);
    if ((*watch)->wsi != NULL) {
        lws_set_opaque_user_data((*watch)->wsi, NULL);
        lws_set_timeout((*watch)->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
    base_free(*watch);
    *watch = NULL;
}
