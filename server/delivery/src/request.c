/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The table of requests: what each costs, who may ask, which operation it is, and what happens with the answer.
 */
#include <string.h>

#include "state.h"

enum who { GUEST, SIGNED_IN, ANYBODY };

struct handler {
    uint8_t type;
    enum who who;
    enum store_task task;
    enum bucket_kind bucket; /**< besides BUCKET_WORK */
    uint32_t cost;           /**< in that bucket */
    /** Before the operation: 0, or the refusal's code. NULL: nothing to do. */
    uint16_t (*begin)(struct delivery_session *session, struct store_op *op);
    /** With the answer, if the connection is still there; it goes out before. NULL: nothing to do. */
    void (*end)(struct delivery_session *session, struct store_op *op);
    /** With the answer, in any case. NULL: nothing to do. */
    void (*tell)(struct delivery *delivery, const struct store_op *op);
};

enum {
    SIGN_IN_COST = 1, /* at the address's bucket: a lookup and a signature */
    ACTIVATE_COST = 10,
    REACH_MISS_COST = 50,
    BUSY_MS = 1000,
};

/* --- who is there --- */

/* 0, or a refusal; how long to wait then is the operation's answer. */
static uint16_t attempt(const struct delivery_session *session, struct store_op *op, uint32_t cost) {
    uint64_t wait = limit_attempt(session->delivery, session->address, cost);
    op->answer.of.refusal.argument = wait;
    return wait == 0 ? 0 : WIRE_REFUSED_TOO_OFTEN;
}

static uint16_t begin_sign_in(struct delivery_session *session, struct store_op *op) {
    const struct wire_sign_in *ask = &op->ask.of.sign_in;
    uint16_t refused = attempt(session, op, SIGN_IN_COST);
    if (refused != 0) {
        return refused;
    }
    online_enter(session, ask->account, ask->device);
    return 0;
}

static void become(struct delivery_session *session, const uint8_t account[WIRE_ACCOUNT_LEN],
                   const uint8_t device[WIRE_DEVICE_LEN]) {
    if (!session->signed_in) {
        session->signed_in = true;
        session->delivery->counters.signed_in++;
    }
    online_enter(session, account, device);
    online_alone(session);
    limit_become(session);
    sleep_back(session);
}

static bool check_signature(const struct delivery_session *session, const uint8_t key[WIRE_KEY_LEN],
                            const struct wire_frame *ask, const uint8_t signature[WIRE_SIGNATURE_LEN]) {
    struct base_slice domain = base_borrow(&session->delivery->domain);
    struct base_writer content BASE_CLEANUP(base_writer_free) =
        base_writer(session->delivery->options.allocator, WIRE_MAX_SIGNED);
    if (ask->type == WIRE_SIGN_IN) {
        wire_sign_in_content(&content, domain, session->challenge, ask->of.sign_in.account, ask->of.sign_in.device);
    } else {
        wire_activate_content(&content, domain, session->challenge, &ask->of.activate);
    }
    struct base_slice view = base_writer_view(&content);
    return view.len != 0 && verify_signature(key, view, signature);
}

/* Whether the device or the signature is wrong is not said. */
static void judge_sign_in(struct delivery_session *session, struct store_op *op) {
    const struct wire_sign_in *ask = &op->ask.of.sign_in;
    bool removed = !store_succeeded(op) && op->answer.of.refusal.code == WIRE_REFUSED_REMOVED;
    bool claimed = memcmp(session->account, ask->account, WIRE_ACCOUNT_LEN) == 0 &&
                   memcmp(session->device, ask->device, WIRE_DEVICE_LEN) == 0;
    bool known = store_succeeded(op) || removed;
    if (session->signed_in || session->ended || !claimed ||
        (known && !check_signature(session, op->key, &op->ask, ask->signature))) {
        store_refuse(op, WIRE_REFUSED_SIGN_IN, 0);
    }
    if (store_succeeded(op)) {
        session->pushes = op->pushes && session->delivery->options.push != NULL;
        become(session, op->ask.of.sign_in.account, op->ask.of.sign_in.device);
    } else {
        limit_failure(session->address);
    }
}

static uint16_t begin_activate(struct delivery_session *session, struct store_op *op) {
    uint16_t refused = attempt(session, op, ACTIVATE_COST);
    if (refused != 0) {
        return refused;
    }
    const struct wire_activate *ask = &op->ask.of.activate;
    if (!check_signature(session, ask->device_key, &op->ask, ask->proof) ||
        !check_signature(session, ask->identity_key, &op->ask, ask->identity_proof)) {
        limit_failure(session->address);
        return WIRE_REFUSED_SIGN_IN;
    }
    return 0;
}

static void end_activate(struct delivery_session *session, struct store_op *op) {
    if (store_succeeded(op) && !session->signed_in) {
        become(session, op->answer.of.activated.account, op->ask.of.activate.device);
        if (op->recovered) {
            online_recheck(session->delivery, session->account);
        }
    } else if (!store_succeeded(op)) {
        limit_failure(session->address);
    }
}

/* --- other accounts --- */

static void end_reach(struct delivery_session *session, struct store_op *op) {
    if (!store_succeeded(op) && op->answer.of.refusal.code == WIRE_REFUSED_NO_ACCOUNT) {
        limit_charge(session, BUCKET_REACH, REACH_MISS_COST);
    }
}

/* Each device that is asked for costs what a request for it alone would. */
static uint16_t begin_get_identities(struct delivery_session *session, struct store_op *op) {
    size_t count = op->ask.of.get_identities.devices.len / WIRE_WHICH_DEVICE_LEN;
    limit_charge(session, BUCKET_LOOKUP, (uint32_t)(count - 1));
    return 0;
}

static void end_get_identities(struct delivery_session *session, struct store_op *op) {
    struct base_reader identities =
        base_reader(store_succeeded(op) ? op->answer.of.identities.identities : base_slice(NULL, 0));
    struct wire_identity identity;
    uint32_t missed = 0;
    while (identities.left != 0 && wire_identity_next(&identities, &identity) == BASE_OK) {
        missed += identity.identity_key.len == 0 ? 1 : 0;
    }
    limit_charge(session, BUCKET_LOOKUP, missed * LIMIT_MISS_COST);
}

/* --- devices --- */

static uint16_t begin_take_link(struct delivery_session *session, struct store_op *op) {
    return attempt(session, op, ACTIVATE_COST);
}

static void end_take_link(struct delivery_session *session, struct store_op *op) {
    if (!store_succeeded(op)) {
        limit_failure(session->address);
    }
}

/* Somebody who has lost his devices has nothing to sign in with. */
static uint16_t begin_get_door(struct delivery_session *session, struct store_op *op) {
    return session->signed_in ? 0 : attempt(session, op, ACTIVATE_COST);
}

static void end_get_door(struct delivery_session *session, struct store_op *op) {
    if (!session->signed_in && !store_succeeded(op)) {
        limit_failure(session->address);
    }
}

static void done(struct store_op *op);

/* The list goes out as if the session had asked for it, with request 0. */
static void send_list(struct delivery_session *session) {
    struct store_op *op = store_op_new(session->delivery->options.allocator, STORE_LIST_DEVICES);
    if (op == NULL) {
        return;
    }
    op->ask.type = WIRE_LIST_DEVICES;
    op->done = done;
    memcpy(op->account, session->account, WIRE_ACCOUNT_LEN);
    session_submit(session, op);
}

static void tell_reachable(struct delivery *delivery, const struct store_op *op) {
    if (op->fresh) {
        request_tell_devices(delivery, op->account);
    }
}

void request_tell_devices(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN]) {
    online_each(delivery, account, send_list);
}

static void tell_removed(struct delivery *delivery, const struct store_op *op) {
    online_end(delivery, op->account, op->ask.of.remove_device.device);
    sleep_forget(delivery, op->account, op->ask.of.remove_device.device);
    request_tell_devices(delivery, op->account);
}

/* --- streams --- */

uint64_t last_entry_number(struct base_slice entries, uint64_t otherwise) {
    struct base_reader reader = base_reader(entries);
    uint64_t last = otherwise;
    while (reader.left != 0) {
        struct wire_entry entry;
        if (wire_entry_next(&reader, &entry) != BASE_OK) {
            break;
        }
        last = entry.number;
    }
    return last;
}

static uint16_t begin_read(struct delivery_session *session, struct store_op *op) {
    const struct wire_read *ask = &op->ask.of.read;
    if (ask->live == 0) {
        return 0;
    }
    struct topic_name name = topic_of_stream(ask->stream);
    return live_prepare(session, &name, ask->token, ask->after, ask->quiet_until) ? 0 : WIRE_REFUSED_FULL;
}

static void noted(struct store_op *op) {
    session_release(op->user, op);
}

/* Whoever reads on with a token follows the commit that has brought it. */
static void note_use(struct delivery_session *session, const struct wire_read *ask) {
    struct store_op *op = store_op_new(session->delivery->options.allocator, STORE_USE_EPOCH);
    if (op == NULL) {
        return;
    }
    op->ask.of.read = *ask;
    op->who = session->number;
    op->done = noted;
    session_submit(session, op);
}

static void end_read(struct delivery_session *session, struct store_op *op) {
    const struct wire_read *ask = &op->ask.of.read;
    const struct wire_entries *answer = &op->answer.of.entries;
    if (store_succeeded(op) && op->unused) {
        note_use(session, ask);
    }
    if (ask->live == 0) {
        return;
    }
    struct topic_name name = topic_of_stream(ask->stream);
    if (store_succeeded(op)) {
        live_answered(session, &name, last_entry_number(answer->entries, ask->after), (answer->flags & WIRE_MORE) != 0,
                      (answer->flags & WIRE_ENDED) != 0);
    } else {
        live_stop(session, &name);
    }
}

/* Writes what live readers get of one appended entry, and gives it to them. `by` is as in live_appended(). */
static void tell_entry(struct delivery *delivery, const struct topic_name *name, const struct wire_entry *entry,
                       struct wire_frame *frame, struct base_slice *entries, const uint8_t by[WIRE_ACCOUNT_LEN]) {
    bool ended = entry->kind == WIRE_KIND_COMMIT;
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(delivery->options.allocator, WIRE_MAX_FRAME);
    wire_entry_write(&writer, entry);
    *entries = base_writer_view(&writer);
    if (entries->len != 0) {
        live_appended(delivery, name, entry->number, frame, ended, by);
    }
}

static void tell_append(struct delivery *delivery, const struct store_op *op) {
    const struct wire_append *ask = &op->ask.of.append;
    if (!op->fresh) {
        return;
    }
    delivery->counters.appends++;
    struct topic_name name = topic_of_stream(ask->stream);
    if (ask->wakes != 0) {
        sleep_wake(delivery, &name, op->account);
    }
    if (!live_has_readers(delivery, &name)) {
        return;
    }
    bool commits = ask->kind != WIRE_KIND_MESSAGE;
    struct wire_entry entry = { .number = op->answer.of.appended.number,
                                .kind = commits ? WIRE_KIND_COMMIT : WIRE_KIND_MESSAGE,
                                .content = ask->content };
    struct wire_frame frame = { .type = WIRE_ENTRIES };
    memcpy(entry.nonce, ask->nonce, WIRE_NONCE_LEN);
    memcpy(frame.of.entries.stream, ask->stream, WIRE_STREAM_LEN);
    frame.of.entries.flags = commits ? WIRE_ENDED : 0;
    frame.of.entries.last_commit = op->last_commit;
    tell_entry(delivery, &name, &entry, &frame, &frame.of.entries.entries, ask->wakes != 0 ? op->account : NULL);
}

static void end_stop(struct delivery_session *session, struct store_op *op) {
    struct topic_name name = topic_of_stream(op->ask.of.stop.stream);
    live_stop(session, &name);
}

static void end_signal(struct delivery_session *session, struct store_op *op) {
    const struct wire_signal *ask = &op->ask.of.signal;
    struct topic_name name = topic_of_stream(ask->stream);
    struct wire_frame frame = { .type = WIRE_SIGNALLED };
    memcpy(frame.of.signalled.stream, ask->stream, WIRE_STREAM_LEN);
    frame.of.signalled.content = ask->content;
    live_signal(session, &name, ask->token, &frame);
}

/* --- inbox --- */

static uint16_t begin_inbox_read(struct delivery_session *session, struct store_op *op) {
    if (op->ask.of.inbox_read.live == 0) {
        return 0;
    }
    struct topic_name name = topic_of_inbox(session->account, session->device);
    return live_prepare(session, &name, NULL, op->ask.of.inbox_read.after, 0) ? 0 : WIRE_REFUSED_FULL;
}

static void end_inbox_read(struct delivery_session *session, struct store_op *op) {
    const struct wire_inbox_read *ask = &op->ask.of.inbox_read;
    const struct wire_inbox_entries *answer = &op->answer.of.inbox_entries;
    if (ask->live == 0) {
        return;
    }
    struct topic_name name = topic_of_inbox(session->account, session->device);
    if (store_succeeded(op)) {
        live_answered(session, &name, last_entry_number(answer->entries, ask->after), (answer->flags & WIRE_MORE) != 0,
                      false);
    } else {
        live_stop(session, &name);
    }
}

static void tell_inbox_append(struct delivery *delivery, const struct store_op *op) {
    const struct wire_inbox_append *ask = &op->ask.of.inbox_append;
    struct topic_name name = topic_of_inbox(ask->account, ask->device);
    if (!op->fresh) {
        return;
    }
    sleep_wake(delivery, &name, op->account);
    if (!live_has_readers(delivery, &name)) {
        return;
    }
    struct wire_entry entry = { .number = op->answer.of.appended.number, .content = ask->content };
    struct wire_frame frame = { .type = WIRE_INBOX_ENTRIES };
    memcpy(entry.nonce, ask->nonce, WIRE_NONCE_LEN);
    tell_entry(delivery, &name, &entry, &frame, &frame.of.inbox_entries.entries, op->account);
}

/* --- pushes --- */

static void end_get_push(struct delivery_session *session, struct store_op *op) {
    const struct delivery_options *options = &session->delivery->options;
    op->answer.type = WIRE_PUSH;
    op->answer.of.push.key = options->push == NULL ? base_slice(NULL, 0) : options->push_key;
}

static uint16_t begin_put_push(struct delivery_session *session, struct store_op *op) {
    const struct delivery_options *options = &session->delivery->options;
    struct base_slice endpoint = op->ask.of.put_push.endpoint;
    struct push_endpoint parts;
    bool good = endpoint.len == 0 ||
                (options->push != NULL && push_endpoint_parse(options->push_hosts, endpoint, &parts) == BASE_OK);
    return good ? 0 : WIRE_REFUSED_PUSH_SERVICE;
}

static void end_put_push(struct delivery_session *session, struct store_op *op) {
    if (store_succeeded(op)) {
        session->pushes = op->ask.of.put_push.endpoint.len != 0;
    }
}

/* --- the table --- */

/* STORE_FIRST_WRITE stands for: needs no store. */
static const struct handler HANDLERS[] = {
    { WIRE_SIGN_IN, GUEST, STORE_FIND_DEVICE, BUCKET_WORK, 0, begin_sign_in, NULL, NULL },
    { WIRE_ACTIVATE, GUEST, STORE_ACTIVATE, BUCKET_WORK, 0, begin_activate, end_activate, NULL },
    { WIRE_PUT_KEY_PACKAGES, SIGNED_IN, STORE_PUT_KEY_PACKAGES, BUCKET_ROOM, 5, NULL, NULL, tell_reachable },
    { WIRE_TAKE_KEY_PACKAGES, SIGNED_IN, STORE_TAKE_KEY_PACKAGES, BUCKET_REACH, 1, NULL, end_reach, NULL },
    { WIRE_CREATE_STREAM, SIGNED_IN, STORE_CREATE_STREAM, BUCKET_ROOM, 1, NULL, NULL, NULL },
    { WIRE_APPEND, SIGNED_IN, STORE_APPEND, BUCKET_WORK, 0, NULL, NULL, tell_append },
    { WIRE_READ, SIGNED_IN, STORE_READ, BUCKET_WORK, 0, begin_read, end_read, NULL },
    { WIRE_STOP, SIGNED_IN, STORE_FIRST_WRITE, BUCKET_WORK, 0, NULL, end_stop, NULL },
    { WIRE_DELETE_ENTRY, SIGNED_IN, STORE_DELETE_ENTRY, BUCKET_WORK, 0, NULL, NULL, NULL },
    { WIRE_INBOX_APPEND, SIGNED_IN, STORE_INBOX_APPEND, BUCKET_REACH, 1, NULL, end_reach, tell_inbox_append },
    { WIRE_INBOX_READ, SIGNED_IN, STORE_INBOX_READ, BUCKET_WORK, 0, begin_inbox_read, end_inbox_read, NULL },
    { WIRE_INBOX_DELETE, SIGNED_IN, STORE_INBOX_DELETE, BUCKET_WORK, 0, NULL, NULL, NULL },
    { WIRE_CREATE_BLOB, SIGNED_IN, STORE_CREATE_BLOB, BUCKET_ROOM, 1, NULL, NULL, NULL },
    { WIRE_HOLD_BLOB, SIGNED_IN, STORE_HOLD_BLOB, BUCKET_ROOM, 1, NULL, NULL, NULL },
    { WIRE_DELETE_BLOB, SIGNED_IN, STORE_DELETE_BLOB, BUCKET_WORK, 0, NULL, NULL, NULL },
    { WIRE_SIGNAL, SIGNED_IN, STORE_FIRST_WRITE, BUCKET_REACH, 1, NULL, end_signal, NULL },
    { WIRE_PUT_DOOR, SIGNED_IN, STORE_PUT_DOOR, BUCKET_ROOM, 1, NULL, NULL, NULL },
    { WIRE_GET_DOOR, ANYBODY, STORE_GET_DOOR, BUCKET_LOOKUP, 1, begin_get_door, end_get_door, NULL },
    { WIRE_GET_IDENTITIES, SIGNED_IN, STORE_GET_IDENTITIES, BUCKET_LOOKUP, 1, begin_get_identities, end_get_identities,
      NULL },
    { WIRE_CREATE_LINK, SIGNED_IN, STORE_CREATE_LINK, BUCKET_ROOM, 10, NULL, NULL, NULL },
    { WIRE_PUT_RECOVERY, SIGNED_IN, STORE_PUT_RECOVERY, BUCKET_ROOM, 10, NULL, NULL, NULL },
    { WIRE_TAKE_LINK, GUEST, STORE_TAKE_LINK, BUCKET_WORK, 0, begin_take_link, end_take_link, NULL },
    { WIRE_LIST_DEVICES, SIGNED_IN, STORE_LIST_DEVICES, BUCKET_WORK, 0, NULL, NULL, NULL },
    { WIRE_REMOVE_DEVICE, SIGNED_IN, STORE_REMOVE_DEVICE, BUCKET_ROOM, 10, NULL, NULL, tell_removed },
    { WIRE_GET_PUSH, SIGNED_IN, STORE_FIRST_WRITE, BUCKET_WORK, 0, NULL, end_get_push, NULL },
    { WIRE_PUT_PUSH, SIGNED_IN, STORE_PUT_PUSH, BUCKET_ROOM, 10, begin_put_push, end_put_push, NULL },
};

static const struct handler *find_handler(uint8_t type) {
    for (size_t i = 0; i < sizeof HANDLERS / sizeof HANDLERS[0]; i++) {
        if (HANDLERS[i].type == type) {
            return &HANDLERS[i];
        }
    }
    return NULL;
}

static void answer(struct delivery_session *session, struct store_op *op) {
    if (store_succeeded(op)) {
        op->answer.request = op->ask.request;
        session_send(session, &op->answer);
    } else if (op->ask.request != 0 || op->task != STORE_LIST_DEVICES) {
        session_refuse(session, op->ask.request, op->answer.of.refusal.code, op->answer.of.refusal.argument);
    }
}

static void done(struct store_op *op) {
    struct delivery_session *session = op->user;
    const struct handler *handler = find_handler(op->ask.type);
    if (session->connection != NULL) {
        if (op->ask.type == WIRE_SIGN_IN) {
            judge_sign_in(session, op);
        }
        answer(session, op);
        if (handler->end != NULL) {
            handler->end(session, op);
        }
    }
    if (handler->tell != NULL && store_succeeded(op)) {
        handler->tell(session->delivery, op);
    }
    session_release(session, op);
}

/* The refusal that stops a request before any work is done, or a code of 0. */
static struct wire_refusal admit(struct delivery_session *session, const struct handler *handler,
                                 const struct store_op *op) {
    if (handler == NULL) {
        return (struct wire_refusal){ WIRE_REFUSED_UNKNOWN_TYPE, 0 };
    }
    if (handler->who == SIGNED_IN && !session->signed_in) {
        return (struct wire_refusal){ WIRE_REFUSED_NOT_SIGNED_IN, 0 };
    }
    if (handler->who == GUEST && session->signed_in) {
        return (struct wire_refusal){ WIRE_REFUSED_SIGN_IN, 0 };
    }
    uint64_t wait = limit_take(session, op, handler->task, handler->bucket, handler->cost);
    if (wait != 0) {
        return (struct wire_refusal){ WIRE_REFUSED_TOO_OFTEN, wait };
    }
    if (session->delivery->queued_bytes + op->asked.len > MAX_QUEUED_BYTES) {
        return (struct wire_refusal){ WIRE_REFUSED_UNAVAILABLE, BUSY_MS };
    }
    return (struct wire_refusal){ 0, 0 };
}

void request_handle(struct delivery_session *session, struct store_op *op) {
    const struct handler *handler = find_handler(op->ask.type);
    struct wire_refusal refusal = admit(session, handler, op);
    if (refusal.code == 0 && handler->begin != NULL) {
        refusal.code = handler->begin(session, op);
        refusal.argument = refusal.code == WIRE_REFUSED_TOO_OFTEN ? op->answer.of.refusal.argument
                           : refusal.code == WIRE_REFUSED_FULL    ? DELIVERY_MAX_LIVE
                                                                  : 0;
    }
    if (refusal.code != 0) {
        session_refuse(session, op->ask.request, refusal.code, refusal.argument);
        store_op_free(op);
        return;
    }
    if (handler->task == STORE_FIRST_WRITE) {
        op->answer.type = WIRE_DONE;
        handler->end(session, op);
        answer(session, op);
        store_op_free(op);
        return;
    }
    op->task = handler->task;
    op->done = done;
    memcpy(op->account, session->account, WIRE_ACCOUNT_LEN);
    memcpy(op->device, session->device, WIRE_DEVICE_LEN);
    op->who = session->number;
    session_submit(session, op);
}
