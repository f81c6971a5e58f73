/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The server's life: open the store, listen, serve, end cleanly.
 */
#define _DEFAULT_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "state.h"

BASE_DEFINE_ERROR(NET_ERR_LISTEN, BASE_USAGE, NULL,
                  "The address can't be listened on: it is in use, not this machine's, or not allowed");
BASE_DEFINE_ERROR(NET_ERR_TLS, BASE_USAGE, NULL, "The TLS certificate or its key can't be read, or don't fit together");

BASE_DEFINE_ERROR(NET_ERR_PUSH, BASE_USAGE, NULL,
                  "The file of certificate authorities for push services can't be read, or isn't PEM");

enum {
    OTHER_FILES = 1000, /* descriptors besides the sessions' */
    SWEEP_SECONDS = 600,
    HANDSHAKE_SECONDS = 15, /* for TLS, and for a request's headers */
    KEEPALIVE_SECONDS = 15, /* between two requests on one connection */
    MAX_PATH = 4096,
    MAX_HELD = 64 << 20, /* bytes in memory for readers: hundreds who read much at once wait for each other */
    MAX_HELD_OF_ONE = MAX_HELD / 8, /* of them, of one account's */
    MAX_SLEEPERS = 1 << 18,         /* devices that are remembered while they are away, … */
    MAX_WAITS = 1 << 20,            /* … the streams of all of them: 40 MiB, … */
    MAX_WAITS_OF_ONE = 1024,        /* … and of one */
};

static const uint64_t MAX_BLOB = (uint64_t)4 << 30;
static const uint64_t BLOB_QUOTA = (uint64_t)1 << 40;

/* The only state outside of any object: a signal handler reaches nothing else. */
static volatile sig_atomic_t stop_wanted;
static struct lws_context *volatile stop_context;

static void on_signal(int number) {
    (void)number;
    stop_wanted = 1;
    if (stop_context != NULL) {
        lws_cancel_service(stop_context);
    }
}

void server_stop_if_wanted(struct server *server) {
    if (stop_wanted != 0) {
        uv_stop(server->loop);
    }
}

static void wake(void *user) {
    struct server *server = user;
    if (server->context != NULL) {
        lws_cancel_service(server->context);
    }
}

/* As many descriptors as sessions need; libwebsockets sizes its tables by this. */
static void limit_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        rlim_t wanted = NET_MAX_SESSIONS + OTHER_FILES;
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void catch_signals(void) {
    struct sigaction action = { .sa_handler = on_signal };
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    /* A connection or disk that ends while it is written to is told by the result. */
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

static void sweep(lws_sorted_usec_list_t *timer) {
    struct server *server = lws_container_of(timer, struct server, sweep_timer);
    delivery_sweep(server->delivery);
    delivery_recheck(server->delivery);
    lws_sul_schedule(server->context, 0, timer, sweep, (lws_usec_t)SWEEP_SECONDS * LWS_US_PER_SEC);
}

static void look_after(lws_sorted_usec_list_t *timer) {
    struct server *server = lws_container_of(timer, struct server, patience_timer);
    server->patience.now = (uint64_t)lws_now_usecs() / LWS_US_PER_SEC;
    delivery_tick(server->delivery);
    sockets_look_after(server);
    peers_look_after(server);
    memory_look_after(&server->memory, server->patience.now);
    lws_sul_schedule(server->context, 0, timer, look_after, LWS_US_PER_SEC);
}

/* The administrator's commands wake the server by the time of its lock. */
static void on_lock_touched(uv_fs_event_t *watch, const char *name, int events, int status) {
    const struct server *server = watch->data;
    (void)name;
    (void)events;
    if (status == 0 && server->delivery != NULL) {
        delivery_recheck(server->delivery);
    }
}

/* Where files can't be watched, what was removed ends with the next sweep. */
static void watch_lock(struct server *server) {
    char path[MAX_PATH];
    int len = snprintf(path, sizeof path, "%s/lock", server->options->folder);
    server->watch->data = server;
    bool good = len > 0 && (size_t)len < sizeof path && uv_fs_event_init(server->loop, server->watch) == 0 &&
                uv_fs_event_start(server->watch, on_lock_touched, path, 0) == 0;
    if (!good) {
        log_event("warning", "unwatched", "%s", "text=\"removals take up to ten minutes to end connections\"");
    }
}

static base_result open_store(struct server *server) {
    const struct store_sqlite_options options = {
        .allocator = base_allocator_libc(),
        .random = base_random_system(),
        .folder = server->options->folder,
        .max_blob = MAX_BLOB,
        .blob_quota = BLOB_QUOTA,
        .wake = wake,
        .user = server,
    };
    return store_sqlite_open(&options, &server->store);
}

static bool send_push(void *user, const struct delivery_push *push) {
    const struct server *server = user;
    return pusher_send(server->pusher, push);
}

/* A server's key is made when it first pushes. */
static base_result open_push_key(struct server *server) {
    char path[MAX_PATH];
    int len = snprintf(path, sizeof path, "%s/push.pem", server->options->folder);
    BASE_ENSURE(len > 0 && (size_t)len < sizeof path, STORE_ERR_FOLDER);
    BASE_ENSURE(server->options->push_ca == NULL || pusher_check_ca(server->options->push_ca), NET_ERR_PUSH);
    return push_key_open(base_allocator_libc(), path, &server->push_key);
}

static base_result open_delivery(struct server *server) {
    bool pushes = server->options->push.count != 0;
    if (pushes) {
        BASE_TRY(open_push_key(server));
    }
    const struct delivery_options options = {
        .allocator = base_allocator_libc(),
        .random = base_random_system(),
        .clock = base_clock_system(),
        .store = server->store,
        .domain = base_slice_text(server->options->settings->domain),
        .max_sessions = NET_MAX_SESSIONS,
        .max_held = MAX_HELD,
        .max_held_of_one = MAX_HELD_OF_ONE,
        .changed = socket_changed,
        .push = pushes ? send_push : NULL,
        .user = server,
        .push_hosts = &server->options->push,
        .push_key = pushes ? push_key_public(server->push_key) : base_slice(NULL, 0),
        .max_sleepers = MAX_SLEEPERS,
        .max_waits = MAX_WAITS,
        .max_waits_of_one = MAX_WAITS_OF_ONE,
    };
    return delivery_open(&options, &server->delivery);
}

static void wake_unknown(lws_sorted_usec_list_t *timer) {
    struct server *server = lws_container_of(timer, struct server, wake_timer);
    if (delivery_wake_unknown(server->delivery)) {
        lws_sul_schedule(server->context, 0, timer, wake_unknown, LWS_US_PER_SEC);
    }
}

static base_result open_pusher(struct server *server, bool ipv6) {
    char subject[STORE_MAX_URL + sizeof "https://"];
    const struct store_settings *settings = server->options->settings;
    bool https = strncmp(settings->url, "https:", strlen("https:")) == 0;
    (void)snprintf(subject, sizeof subject, "%s%s", https ? "" : "https://", https ? settings->url : settings->domain);
    const struct pusher_options options = { .context = server->context,
                                            .loop = server->loop,
                                            .delivery = server->delivery,
                                            .key = server->push_key,
                                            .subject = subject,
                                            .ca = server->options->push_ca,
                                            .ipv6 = ipv6 };
    BASE_TRY(pusher_open(&options, &server->pusher));
    lws_sul_schedule(server->context, 0, &server->wake_timer, wake_unknown,
                     (lws_usec_t)server->options->push_delay * LWS_US_PER_SEC);
    return BASE_OK;
}

static base_result listen_on(struct server *server) {
    static const struct lws_protocols protocols[] = {
        { .name = "http", .callback = http_callback, .per_session_data_size = sizeof(struct request) },
        { .name = "weibel",
          .callback = socket_callback,
          .per_session_data_size = sizeof(struct socket),
          .rx_buffer_size = SOCKET_BUFFER,
          .tx_packet_size = SOCKET_RECORD },
        { 0 },
    };
    static const lws_retry_bo_t no_timers = { 0 }; /* patience.h */
    const struct net_options *options = server->options;
    void *loops[1] = { server->loop };
    bool tls = options->tls_cert != NULL;
    bool ipv6 = options->listen.host[0] == 0 || strchr(options->listen.host, ':') != NULL;
    struct lws_context_creation_info info = {
        .port = options->listen.port,
        .iface = options->listen.host[0] == 0 ? NULL : options->listen.host,
        .protocols = protocols,
        .gid = -1,
        .uid = -1,
        .user = server,
        .server_string = "weibel",
        .alpn = "http/1.1",
        .pt_serv_buf_size = SERVICE_BUFFER,
        .retry_and_idle_policy = &no_timers,
        .timeout_secs = HANDSHAKE_SECONDS,
        .keepalive_timeout = KEEPALIVE_SECONDS,
        .foreign_loops = loops,
        .vhost_name = "weibel",
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS | LWS_SERVER_OPTION_LIBUV |
                   LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG |
                   (tls || server->push_key != NULL ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0) |
                   (ipv6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
        .ssl_cert_filepath = options->tls_cert,
        .ssl_private_key_filepath = options->tls_key,
    };
    server->context = lws_create_context(&info);
    BASE_ENSURE(server->context != NULL, BASE_ERR_NO_MEMORY);
    struct lws_vhost *vhost = lws_create_vhost(server->context, &info);
    BASE_ENSURE(vhost != NULL, NET_ERR_LISTEN);
    server->port = (uint16_t)lws_get_vhost_listen_port(vhost);
    return server->push_key == NULL ? BASE_OK : open_pusher(server, ipv6);
}

static void tell_listening(const struct server *server) {
    const struct net_options *options = server->options;
    const char *host = options->listen.host[0] == 0 ? "0.0.0.0" : options->listen.host;
    bool brackets = strchr(host, ':') != NULL;
    char url[NET_MAX_ADDRESS + 32];
    snprintf(url, sizeof url, "%s://%s%s%s:%u", options->tls_cert != NULL ? "https" : "http", brackets ? "[" : "", host,
             brackets ? "]" : "", server->port);
    log_event("info", "started", "tls=%d port=%u", options->tls_cert != NULL, server->port);
    options->listening(url, options->user);
}

static void run(struct server *server) {
    stop_context = server->context;
    watch_lock(server);
    sweep(&server->sweep_timer);
    look_after(&server->patience_timer);
    uv_run(server->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)server->watch, NULL);
    stop_context = NULL;
    log_event("info", "stopping", "%s", "");
}

/* What was asked for is done to its end; its answers go nowhere. */
static void drain(struct server *server) {
    struct store_counters counters;
    do {
        store_finish(server->store);
        jobs_finish(server->jobs);
        store_count(server->store, &counters);
        usleep(1000);
    } while (counters.queued != 0 || jobs_busy(server->jobs));
    store_finish(server->store);
}

static base_result set_up(struct server *server) {
    const struct net_options *options = server->options;
    BASE_ENSURE(uv_loop_init(server->loop) == 0, BASE_ERR_NO_MEMORY);
    if (options->tls_cert != NULL) {
        BASE_TRY(tls_check(options->tls_cert, options->tls_key));
    }
    if (options->web != NULL) {
        BASE_TRY(web_open(options->web, &server->web));
    }
    BASE_TRY(open_store(server));
    BASE_TRY(jobs_open(base_allocator_libc(), wake, server, &server->jobs));
    BASE_TRY(open_delivery(server));
    return listen_on(server);
}

static void tear_down(struct server *server) {
    pusher_stop(server->pusher);
    if (server->delivery != NULL) {
        delivery_stop_pushes(server->delivery);
    }
    /* Sessions and transfers end with their connections; what they have under way comes back afterwards. */
    if (server->context != NULL) {
        struct lws_context *context = server->context;
        /* The first call closes everything; the loop carries that out, and the second frees. */
        lws_context_destroy(context);
        uv_run(server->loop, UV_RUN_DEFAULT);
        lws_context_destroy(context);
        server->context = NULL;
    }
    uv_loop_close(server->loop);
    if (server->store != NULL && server->jobs != NULL) {
        drain(server);
    }
    jobs_close(server->jobs);
    if (server->store != NULL) {
        store_close(server->store);
    }
    pusher_close(server->pusher);
    push_key_close(server->push_key);
    delivery_close(server->delivery);
    web_close(server->web);
    base_free(server->arriving);
}

base_result net_serve(const struct net_options *options) {
    /* libuv's loop uses epoll: its cost doesn't grow with the idle connections, as that of poll() would. */
    uv_loop_t loop;
    uv_fs_event_t watch;
    struct server server = { .options = options, .loop = &loop, .watch = &watch };
    const struct base_clock *clock = base_clock_system();
    server.started = clock->now(clock->user) / 1000;
    lws_set_log_level(LLL_ERR, log_from_lws);
    limit_files();
    catch_signals();
    base_result result = set_up(&server);
    if (result == BASE_OK) {
        /* From here on, its words might name an address. */
        lws_set_log_level(0, log_from_lws);
        tell_listening(&server);
        run(&server);
    }
    tear_down(&server);
    if (result == BASE_OK) {
        log_event("info", "stopped", "%s", "");
    }
    return result;
}
