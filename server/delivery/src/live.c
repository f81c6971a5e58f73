/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Live readers. Each gets every entry once and in order: as it comes, or, if the connection was slow, from the store
 * once it has room again.
 */
#include <string.h>

#include "state.h"

enum { FIRST_SLOTS = 1024 };

/* --- topics --- */

struct topic_name topic_of_stream(const uint8_t stream[WIRE_STREAM_LEN]) {
    struct topic_name name = { .inbox = false };
    memcpy(name.bytes, stream, WIRE_STREAM_LEN);
    return name;
}

struct topic_name topic_of_inbox(const uint8_t account[WIRE_ACCOUNT_LEN], const uint8_t device[WIRE_DEVICE_LEN]) {
    struct topic_name name = { .inbox = true };
    memcpy(name.bytes, account, WIRE_ACCOUNT_LEN);
    memcpy(name.bytes + WIRE_ACCOUNT_LEN, device, WIRE_DEVICE_LEN);
    return name;
}

/* Names of streams are random, and devices' names too: their own bytes are hash enough against accidents. Somebody who
 * makes streams that collide gains a longer list for himself and a few others, bounded by his subscriptions. */
static size_t slot_of(const struct topic_name *name, size_t slots) {
    uint64_t a = 0, b = 0;
    memcpy(&a, name->bytes + WIRE_ACCOUNT_LEN, sizeof a);
    memcpy(&b, name->bytes, sizeof b);
    return (size_t)((a ^ b * 0x9e3779b97f4a7c15) >> 16) & (slots - 1);
}

static bool same_name(const struct topic_name *a, const struct topic_name *b) {
    return a->inbox == b->inbox && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static struct topic *find_topic(const struct delivery *delivery, const struct topic_name *name) {
    if (delivery->topic_slots == 0) {
        return NULL;
    }
    struct topic *topic = delivery->topics[slot_of(name, delivery->topic_slots)];
    while (topic != NULL && !same_name(&topic->name, name)) {
        topic = topic->next;
    }
    return topic;
}

static bool grow_table(struct delivery *delivery) {
    size_t slots = delivery->topic_slots == 0 ? FIRST_SLOTS : 2 * delivery->topic_slots;
    struct topic **topics = base_take(delivery->options.allocator, slots, sizeof *topics);
    if (topics == NULL) {
        return false;
    }
    for (size_t i = 0; i < delivery->topic_slots; i++) {
        while (delivery->topics[i] != NULL) {
            struct topic *topic = delivery->topics[i];
            delivery->topics[i] = topic->next;
            size_t slot = slot_of(&topic->name, slots);
            topic->next = topics[slot];
            topics[slot] = topic;
        }
    }
    base_free(delivery->topics);
    delivery->topics = topics;
    delivery->topic_slots = slots;
    return true;
}

static struct topic *make_topic(struct delivery *delivery, const struct topic_name *name) {
    struct topic *topic = find_topic(delivery, name);
    if (topic != NULL) {
        return topic;
    }
    /* A table that cannot grow still works. */
    if (delivery->topic_count >= delivery->topic_slots && !grow_table(delivery) && delivery->topic_slots == 0) {
        return NULL;
    }
    topic = base_take(delivery->options.allocator, 1, sizeof *topic);
    if (topic != NULL) {
        size_t slot = slot_of(name, delivery->topic_slots);
        topic->name = *name;
        topic->next = delivery->topics[slot];
        delivery->topics[slot] = topic;
        delivery->topic_count++;
    }
    return topic;
}

static void drop_topic_if_empty(struct delivery *delivery, struct topic *topic) {
    if (topic->subscriptions != NULL) {
        return;
    }
    struct topic **at = &delivery->topics[slot_of(&topic->name, delivery->topic_slots)];
    while (*at != topic) {
        at = &(*at)->next;
    }
    *at = topic->next;
    delivery->topic_count--;
    base_free(topic);
}

/* --- subscriptions --- */

static struct subscription *find_subscription(const struct delivery_session *session, const struct topic_name *name) {
    struct subscription *subscription = session->subscriptions;
    while (subscription != NULL && !same_name(&subscription->topic->name, name)) {
        subscription = subscription->next_of_session;
    }
    return subscription;
}

static void drop_subscription(struct subscription *subscription) {
    struct delivery_session *session = subscription->session;
    struct topic *topic = subscription->topic;
    struct subscription **at = &session->subscriptions;
    while (*at != subscription) {
        at = &(*at)->next_of_session;
    }
    *at = subscription->next_of_session;
    if (subscription->previous_of_topic == NULL) {
        topic->subscriptions = subscription->next_of_topic;
    } else {
        subscription->previous_of_topic->next_of_topic = subscription->next_of_topic;
    }
    if (subscription->next_of_topic != NULL) {
        subscription->next_of_topic->previous_of_topic = subscription->previous_of_topic;
    }
    session->subscription_count--;
    session->delivery->counters.live--;
    base_free(subscription);
    drop_topic_if_empty(session->delivery, topic);
}

static struct subscription *make_subscription(struct delivery_session *session, const struct topic_name *name) {
    if (session->subscription_count >= DELIVERY_MAX_LIVE) {
        return NULL;
    }
    struct topic *topic = make_topic(session->delivery, name);
    if (topic == NULL) {
        return NULL;
    }
    struct subscription *subscription = base_take(session->delivery->options.allocator, 1, sizeof *subscription);
    if (subscription == NULL) {
        drop_topic_if_empty(session->delivery, topic);
        return NULL;
    }
    subscription->session = session;
    subscription->topic = topic;
    subscription->next_of_topic = topic->subscriptions;
    if (topic->subscriptions != NULL) {
        topic->subscriptions->previous_of_topic = subscription;
    }
    topic->subscriptions = subscription;
    subscription->next_of_session = session->subscriptions;
    session->subscriptions = subscription;
    session->subscription_count++;
    session->delivery->counters.live++;
    return subscription;
}

/* --- fetching what was missed --- */

static bool is_behind(const struct subscription *subscription) {
    return !subscription->over && subscription->newest > subscription->sent;
}

/* The client reads on with the next token, or stops. */
static void end_subscription(struct subscription *subscription) {
    subscription->live = false;
    subscription->over = true;
}

static void fetched(struct store_op *op);

static void fetch(struct subscription *subscription) {
    struct delivery_session *session = subscription->session;
    const struct topic_name *name = &subscription->topic->name;
    struct store_op *op =
        store_op_new(session->delivery->options.allocator, name->inbox ? STORE_INBOX_READ : STORE_READ);
    if (op == NULL) {
        session_end(session);
        return;
    }
    if (name->inbox) {
        memcpy(op->account, session->account, WIRE_ACCOUNT_LEN);
        memcpy(op->device, session->device, WIRE_DEVICE_LEN);
        op->ask.of.inbox_read.after = subscription->sent;
    } else {
        memcpy(op->ask.of.read.stream, name->bytes, WIRE_STREAM_LEN);
        memcpy(op->ask.of.read.token, subscription->token, WIRE_KEY_LEN);
        op->ask.of.read.after = subscription->sent;
    }
    op->done = fetched;
    subscription->fetching = true;
    subscription->wanted = subscription->newest;
    session_submit(session, op);
}

/* Gives out what was fetched. Returns false if the subscription is over. */
static bool give_fetched(struct subscription *subscription, struct store_op *op) {
    bool inbox = subscription->topic->name.inbox;
    uint8_t *flags = inbox ? &op->answer.of.inbox_entries.flags : &op->answer.of.entries.flags;
    struct base_slice entries = inbox ? op->answer.of.inbox_entries.entries : op->answer.of.entries.entries;
    bool more = (*flags & WIRE_MORE) != 0;
    bool ended = (*flags & WIRE_ENDED) != 0;
    subscription->sent = last_entry_number(entries, subscription->sent);
    if (!more && subscription->sent < subscription->wanted) {
        /* What is missing was deleted in between. */
        subscription->sent = subscription->wanted;
    }
    /* A live reader need not ask: the rest follows by itself. */
    *flags = (uint8_t)(*flags & ~WIRE_MORE);
    if (entries.len != 0 || ended) {
        op->answer.request = 0;
        session_send(subscription->session, &op->answer);
    }
    return !ended;
}

static void fetched(struct store_op *op) {
    struct delivery_session *session = op->user;
    struct topic_name name = op->task == STORE_INBOX_READ ? topic_of_inbox(op->account, op->device)
                                                          : topic_of_stream(op->ask.of.read.stream);
    uint64_t after = op->task == STORE_INBOX_READ ? op->ask.of.inbox_read.after : op->ask.of.read.after;
    struct subscription *subscription = session->connection == NULL ? NULL : find_subscription(session, &name);
    /* It may have been stopped or begun anew meanwhile. */
    if (subscription != NULL && subscription->fetching && subscription->sent == after) {
        subscription->fetching = false;
        if (!store_succeeded(op)) {
            /* The client comes back and reads on from where it is. */
            session_end(session);
        } else if (!give_fetched(subscription, op)) {
            end_subscription(subscription);
        }
    }
    session->behind = true;
    session_release(session, op);
}

void live_resume(struct delivery_session *session) {
    if (!session->behind || session->ended || session->output_bytes > OUTPUT_LOW) {
        return;
    }
    session->behind = false;
    for (struct subscription *next = session->subscriptions; next != NULL; next = next->next_of_session) {
        if (!next->live || next->fetching || !is_behind(next)) {
            continue;
        }
        if (session->reads >= MAX_READS) {
            session->behind = true;
            return;
        }
        fetch(next);
    }
}

/* --- reading live --- */

bool live_prepare(struct delivery_session *session, const struct topic_name *name, const uint8_t token[WIRE_KEY_LEN],
                  uint64_t after, uint64_t quiet_until) {
    struct subscription *subscription = find_subscription(session, name);
    if (subscription == NULL) {
        subscription = make_subscription(session, name);
    }
    if (subscription == NULL) {
        return false;
    }
    if (token != NULL) {
        memcpy(subscription->token, token, WIRE_KEY_LEN);
    }
    subscription->sent = after;
    subscription->newest = 0;
    subscription->live = false;
    subscription->fetching = false;
    subscription->over = false;
    subscription->quiet_until = quiet_until;
    return true;
}

void live_answered(struct delivery_session *session, const struct topic_name *name, uint64_t last, bool more,
                   bool ended) {
    struct subscription *subscription = find_subscription(session, name);
    if (subscription == NULL) {
        return;
    }
    if (more || ended) {
        end_subscription(subscription);
        return;
    }
    subscription->live = true;
    subscription->sent = last;
    session->behind = session->behind || is_behind(subscription);
}

bool live_has_readers(const struct delivery *delivery, const struct topic_name *name) {
    return find_topic(delivery, name) != NULL;
}

/* Who has more to take, and whose account holds much already, fetches it when there is room. */
static bool may_hold(const struct delivery_session *session) {
    bool room = session->output_bytes == 0 || (session->output_bytes < OUTPUT_HIGH && !line_is_full(session));
    return room && !session->ended;
}

/* Gives one entry to one reader, or leaves it for later. */
static void give(struct subscription *subscription, uint64_t number, struct delivery_output *output, bool ended) {
    struct delivery_session *session = subscription->session;
    if (subscription->over) {
        return;
    }
    bool behind = is_behind(subscription);
    subscription->newest = number > subscription->newest ? number : subscription->newest;
    if (!subscription->live || subscription->fetching || behind || number <= subscription->sent || !may_hold(session) ||
        !session_queue(session, output)) {
        session->behind = true;
        return;
    }
    subscription->sent = number;
    session->delivery->counters.entries_out++;
    if (ended) {
        end_subscription(subscription);
    }
}

/* It is as if it had been given out: who is behind would be told by a push, too, if it were away. */
static void note_told(struct subscription *subscription, const uint8_t by[WIRE_ACCOUNT_LEN]) {
    struct delivery_session *session = subscription->session;
    if (by != NULL && session->pushes && subscription->quiet_until <= delivery_now(session->delivery) &&
        memcmp(session->account, by, WIRE_ACCOUNT_LEN) != 0) {
        session->told_at = delivery_now_ms(session->delivery);
    }
}

void live_appended(struct delivery *delivery, const struct topic_name *name, uint64_t number,
                   const struct wire_frame *frame, bool ended, const uint8_t by[WIRE_ACCOUNT_LEN]) {
    struct topic *topic = find_topic(delivery, name);
    struct delivery_output *output = topic == NULL ? NULL : output_new(delivery, frame);
    if (output == NULL) {
        return;
    }
    output->users++; /* ours, while it is given out */
    for (struct subscription *next = topic->subscriptions; next != NULL;) {
        struct subscription *subscription = next;
        next = next->next_of_topic;
        give(subscription, number, output, ended);
        note_told(subscription, by);
    }
    output->users--;
    output_free_unused(delivery, output);
}

/* Whose own token was good when it became live: so the signal's one is, if it is the same. */
static bool hears(const struct subscription *subscription, const uint8_t token[WIRE_KEY_LEN]) {
    return subscription->live && !subscription->fetching && !is_behind(subscription) &&
           subscription->session->output_bytes < OUTPUT_LOW && may_hold(subscription->session) &&
           base_equal_secret(subscription->token, token, WIRE_KEY_LEN);
}

void live_signal(struct delivery_session *from, const struct topic_name *name, const uint8_t token[WIRE_KEY_LEN],
                 const struct wire_frame *frame) {
    const struct topic *topic = find_topic(from->delivery, name);
    struct delivery_output *output = topic == NULL ? NULL : output_new(from->delivery, frame);
    if (output == NULL) {
        return;
    }
    output->users++; /* ours, while it is given out */
    for (struct subscription *next = topic->subscriptions; next != NULL; next = next->next_of_topic) {
        if (next->session != from && hears(next, token)) {
            (void)session_queue(next->session, output);
        }
    }
    output->users--;
    output_free_unused(from->delivery, output);
}

void live_stop(struct delivery_session *session, const struct topic_name *name) {
    struct subscription *subscription = find_subscription(session, name);
    if (subscription != NULL) {
        drop_subscription(subscription);
    }
}

void live_stop_all(struct delivery_session *session) {
    while (session->subscriptions != NULL) {
        drop_subscription(session->subscriptions);
    }
}
