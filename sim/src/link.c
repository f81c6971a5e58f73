/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A link is kept until the end of the simulation, because events may still name it.
 */
#include "link.h"

#include <inttypes.h>
#include <stdio.h>

#include "host.h"
#include "liar.h"
#include "memory.h"
#include "server.h"

enum {
    BREAK_PER_FRAME = 4000,
    SABOTAGE_PER_COMMIT = 30000,  /* millionths */
    MAX_NOTICE = 40 * SIM_SECOND, /* until one side learns that the other is gone */
    FRAMES_AT_ONCE = 8,
};

struct link {
    struct sim *sim;
    struct host *host;
    struct delivery_session *session; /**< NULL: the server does not know it yet, or not any more */
    bool cut;                         /**< nothing arrives any more, in either direction */
    bool ended;                       /**< the host knows, or nobody is there to know */
    bool flushing;                    /**< an event will look at the session's output */
    uint64_t up_at, down_at;          /**< when the last frame arrives: none overtakes another */
    struct base_bytes *held;          /**< frames that the server does not want to read yet */
    size_t held_first, held_count, held_capacity;
    struct link *next;
};

static const struct base_slice nothing = { NULL, 0 };

/* The delay of something that comes after what is on its way already. */
static uint64_t in_order(struct link *link, uint64_t *last) {
    uint64_t at = link->sim->timeline.now + sim_latency(link->sim);
    *last = at < *last ? *last : at;
    return *last - link->sim->timeline.now;
}

static void drop_held(struct link *link) {
    while (link->held_first < link->held_count) {
        base_bytes_free(&link->held[link->held_first++]);
    }
    link->held_first = link->held_count = 0;
}

static void server_forgets(struct link *link) {
    if (link->session != NULL) {
        delivery_disconnect(link->session, false);
        link->session = NULL;
        drop_held(link);
    }
}

static void tell_server(void *user, uint64_t number, struct base_slice bytes) {
    (void)number;
    (void)bytes;
    server_forgets(user);
}

static void tell_host(void *user, uint64_t number, struct base_slice bytes) {
    struct link *link = user;
    (void)number;
    (void)bytes;
    if (!link->ended) {
        link->ended = true;
        host_disconnected(link->host, link);
    }
}

static void after(struct link *link, uint64_t delay, timeline_fn *run) {
    timeline_add(&link->sim->timeline, delay, run, link, 0, nothing);
}

/* Says which frame arrives, if wanted. */
static void say_frame(const struct link *link, const char *arrow, struct base_slice bytes) {
    struct wire_frame frame;
    if (!link->sim->options.trace || wire_decode(bytes, &frame) != BASE_OK) {
        return;
    }
    uint64_t about = frame.type == WIRE_APPENDED  ? frame.of.appended.number
                     : frame.type == WIRE_REFUSAL ? frame.of.refusal.code
                     : frame.type == WIRE_READ    ? frame.of.read.after
                     : frame.type == WIRE_APPEND  ? frame.of.append.kind
                                                  : 0;
    const uint8_t *stream = frame.type == WIRE_APPEND    ? frame.of.append.stream
                            : frame.type == WIRE_READ    ? frame.of.read.stream
                            : frame.type == WIRE_ENTRIES ? frame.of.entries.stream
                                                         : NULL;
    char name[16] = "";
    if (stream != NULL) {
        (void)snprintf(name, sizeof name, ", %02x%02x", stream[0], stream[1]);
    }
    sim_say(link->sim, "%" PRIu64 " %s frame %#x, request %" PRIu32 ", %" PRIu64 "%s", host_number(link->host), arrow,
            (unsigned)frame.type, frame.request, about, name);
    struct base_reader entries =
        base_reader(frame.type == WIRE_ENTRIES ? frame.of.entries.entries : base_slice(NULL, 0));
    for (struct wire_entry entry; entries.left != 0 && wire_entry_next(&entries, &entry) == BASE_OK;) {
        sim_say(link->sim, "    stream %02x%02x entry %" PRIu64 " kind %u, %zu bytes", frame.of.entries.stream[0],
                frame.of.entries.stream[1], entry.number, (unsigned)entry.kind, entry.content.len);
    }
}

/* --- up --- */

static bool asks_whose(struct base_slice bytes) {
    struct wire_frame frame;
    return wire_decode(bytes, &frame) == BASE_OK && frame.type == WIRE_GET_IDENTITIES;
}

static void feed_server(struct link *link) {
    while (link->session != NULL && link->held_first < link->held_count && delivery_wants_input(link->session)) {
        struct base_bytes frame = link->held[link->held_first];
        link->held[link->held_first++] = (struct base_bytes){ 0 };
        link->sim->report->frames++;
        link->sim->questions += asks_whose(base_borrow(&frame)) ? 1 : 0;
        say_frame(link, "=>", base_borrow(&frame));
        liar_hear(link->sim, host_number(link->host), base_borrow(&frame));
        delivery_receive(link->session, base_borrow(&frame));
        base_bytes_free(&frame);
    }
}

static void reach_server(void *user, uint64_t number, struct base_slice frame) {
    struct link *link = user;
    (void)number;
    if (link->cut || link->session == NULL) {
        return;
    }
    if (frame.len > delivery_max_frame(link->session)) {
        sim_fail(link->sim, "a client sent a frame of %zu bytes, which the server does not read", frame.len);
        return;
    }
    sim_grow((void **)&link->held, link->held_count, &link->held_capacity, sizeof *link->held);
    link->held[link->held_count++] = sim_copy(frame);
    feed_server(link);
}

/* True if the frame is a commit of a group that is there already, and becomes rubbish; `out` is to be freed then. */
static bool sabotage(struct sim *sim, struct base_slice frame, struct base_bytes *out) {
    struct wire_frame decoded;
    if (wire_decode(frame, &decoded) != BASE_OK || decoded.type != WIRE_APPEND ||
        decoded.of.append.kind == WIRE_KIND_MESSAGE || decoded.of.append.known_commit == 0 ||
        !sim_goes_wrong(sim, SIM_SABOTAGE, SABOTAGE_PER_COMMIT)) {
        return false;
    }
    sim_say(sim, "sabotage");
    decoded.of.append.content = base_slice_text("rubbish");
    decoded.of.append.next_token_hash[0] ^= 1;
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    wire_encode(&writer, &decoded);
    TEST_CHECK(base_writer_finish(&writer, out) == BASE_OK, "a frame can't be written");
    return true;
}

void link_send(struct link *link, struct base_slice frame) {
    struct base_bytes other BASE_CLEANUP(base_bytes_free) = { 0 };
    if (link->ended) {
        return;
    }
    if (sim_goes_wrong(link->sim, SIM_BREAKS, BREAK_PER_FRAME)) {
        link_break(link);
    }
    bool changed = sabotage(link->sim, frame, &other);
    timeline_add(&link->sim->timeline, in_order(link, &link->up_at), reach_server, link, 0,
                 changed ? base_borrow(&other) : frame);
}

/* --- down --- */

static void reach_host(void *user, uint64_t number, struct base_slice frame) {
    struct link *link = user;
    struct base_bytes other BASE_CLEANUP(base_bytes_free) = { 0 };
    (void)number;
    if (!link->cut && !link->ended) {
        link->sim->report->frames++;
        say_frame(link, "<=", frame);
        bool lies = liar_tell(link->sim, host_number(link->host), frame, &other);
        host_frame(link->host, link, lies ? base_borrow(&other) : frame);
    }
}

static void server_ends(struct link *link) {
    server_forgets(link);
    after(link, in_order(link, &link->down_at), tell_host);
}

static void flush(void *user, uint64_t number, struct base_slice bytes) {
    struct link *link = user;
    (void)number;
    (void)bytes;
    link->flushing = false;
    for (size_t i = 0; i < FRAMES_AT_ONCE && link->session != NULL; i++) {
        const struct delivery_output *output = delivery_next_output(link->session);
        if (output == NULL) {
            break;
        }
        if (sim_goes_wrong(link->sim, SIM_BREAKS, BREAK_PER_FRAME)) {
            link_break(link);
        }
        timeline_add(&link->sim->timeline, in_order(link, &link->down_at), reach_host, link, 0,
                     base_slice(output->data, output->len));
        delivery_sent(link->session);
    }
    feed_server(link);
    if (link->session != NULL && delivery_next_output(link->session) != NULL) {
        link_changed(link);
    } else if (link->session != NULL && delivery_is_ended(link->session)) {
        server_ends(link);
    }
}

void link_changed(void *connection) {
    struct link *link = connection;
    if (!link->flushing) {
        link->flushing = true;
        after(link, sim_below(link->sim, 3), flush);
    }
}

/* --- begin and end --- */

static void give_up_guest(void *user, uint64_t number, struct base_slice bytes) {
    struct link *link = user;
    (void)number;
    (void)bytes;
    if (link->session != NULL && !delivery_is_signed_in(link->session)) {
        server_ends(link);
    }
}

static void become_connected(void *user, uint64_t number, struct base_slice bytes) {
    struct link *link = user;
    (void)number;
    (void)bytes;
    if (!link->ended && !link->cut) {
        host_connected(link->host, link);
    }
}

static void reach_port(void *user, uint64_t number, struct base_slice bytes) {
    struct link *link = user;
    (void)number;
    (void)bytes;
    if (link->cut || link->ended) {
        return;
    }
    bool up = server_is_up(link->sim->server);
    if (up) {
        after(link, in_order(link, &link->down_at), become_connected);
        link->session = server_connect(link->sim->server, link, host_number(link->host));
    }
    if (link->session == NULL) {
        after(link, in_order(link, &link->down_at), tell_host);
        return;
    }
    after(link, (uint64_t)DELIVERY_GUEST_SECONDS * SIM_SECOND, give_up_guest);
}

struct link *link_open(struct sim *sim, struct host *host) {
    struct link *link = sim_take(1, sizeof *link);
    link->sim = sim;
    link->host = host;
    link->next = sim->links;
    sim->links = link;
    after(link, in_order(link, &link->up_at), reach_port);
    return link;
}

void link_close(struct link *link) {
    after(link, in_order(link, &link->up_at), tell_server);
    after(link, 0, tell_host);
}

void link_abandon(struct link *link) {
    link->ended = true;
    link->cut = sim_below(link->sim, 2) == 0;
    after(link, in_order(link, &link->up_at) + sim_below(link->sim, MAX_NOTICE), tell_server);
}

void link_break(struct link *link) {
    if (link->cut) {
        return;
    }
    link->cut = true;
    link->sim->report->breaks++;
    after(link, sim_below(link->sim, MAX_NOTICE), tell_server);
    after(link, sim_below(link->sim, MAX_NOTICE), tell_host);
}

void link_server_is_gone(struct sim *sim) {
    for (struct link *link = sim->links; link != NULL; link = link->next) {
        if (link->session != NULL) {
            server_forgets(link);
            link->cut = true;
            after(link, sim_below(sim, MAX_NOTICE), tell_host);
        }
    }
}

void link_free_all(struct sim *sim) {
    while (sim->links != NULL) {
        struct link *link = sim->links;
        sim->links = link->next;
        drop_held(link);
        base_free(link->held);
        base_free(link);
    }
}
