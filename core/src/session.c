/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The session. All that depends on the connection is reset here when it ends, and asked for anew when the next one
 * stands.
 */
#include "session.h"

#include <stdio.h>

#include "account.h"
#include "activate.h"
#include "change.h"
#include "device.h"
#include "event.h"
#include "field.h"
#include "group.h"
#include "identity.h"
#include "joining.h"
#include "keys.h"
#include "letter.h"
#include "pump.h"
#include "request.h"
#include "rpc.h"
#include "safe.h"
#include "stream.h"
#include "transfer.h"
#include "vouch.h"

enum { FIRST_DELAY = 500, MAX_DELAY = 60 * 1000, MAX_ASKED = 600 /* seconds */ };

static base_result connect_now(struct weibel_core *core) {
    core->session.state = SESSION_CONNECTING;
    core->session.trouble = (struct trouble){ 0 };
    BASE_TRY(out_connect(&core->out, core->account.url));
    return event_connection(core);
}

static base_result close_with(struct weibel_core *core, struct trouble trouble, bool hopeless) {
    struct session *session = &core->session;
    session->trouble = trouble;
    session->hopeless = hopeless;
    if (session->closing || session->state == SESSION_OFFLINE) {
        return BASE_OK;
    }
    session->closing = true;
    return out_disconnect(&core->out);
}

base_result session_want(struct weibel_core *core) {
    struct session *session = &core->session;
    session->wanted = true;
    session->hopeless = false;
    session->attempts = 0;
    session->retry_at = 0;
    return BASE_OK;
}

base_result session_stop(struct weibel_core *core) {
    core->session.wanted = false;
    return close_with(core, (struct trouble){ 0 }, false);
}

base_result session_connected(struct weibel_core *core) {
    if (core->session.state == SESSION_CONNECTING && !core->session.closing) {
        core->session.state = SESSION_GREETING;
    }
    return BASE_OK;
}

/* Twice as long each time, a quarter of it by chance, so that a thousand clients don't come back in one moment; as long
 * as the server asks for, within reason. */
static base_result set_retry(struct weibel_core *core) {
    struct session *session = &core->session;
    uint64_t delay = (uint64_t)FIRST_DELAY << (session->attempts < 10 ? session->attempts : 10);
    delay = delay < MAX_DELAY ? delay : MAX_DELAY;
    uint64_t asked = (session->trouble.wait < MAX_ASKED ? session->trouble.wait : MAX_ASKED) * 1000;
    uint8_t chance;
    BASE_TRY(base_random_fill(core->options.random, &chance, 1));
    delay = delay * 3 / 4 < asked ? asked * 4 / 3 : delay;
    session->retry_at = state_now(core) + delay * 3 / 4 + delay * chance / 1024;
    session->attempts++;
    return BASE_OK;
}

base_result session_disconnected(struct weibel_core *core, const char *reason) {
    struct session *session = &core->session;
    if (session->state == SESSION_OFFLINE) {
        return BASE_OK;
    }
    session->state = SESSION_OFFLINE;
    session->closing = false;
    session->synced = false;
    session->read_at = 0;
    session->inbox_in_flight = session->inbox_live = session->inbox_waits = session->inbox_whole = false;
    session->keys_in_flight = false;
    session->inbox_unread = session->inbox_position =
        0; /* what was dealt with is deleted there, and a server that was set back counts anew */
    session->keys_at = 0;
    request_forget_all(core);
    pump_forget_connection(core);
    BASE_TRY(device_forget_connection(core));
    BASE_TRY(vouch_forget(core));
    BASE_TRY(safe_forget_connection(core));
    BASE_TRY(change_answer_all(core));
    BASE_TRY(joining_disconnected(core));
    if (session->trouble.code == 0 && session->wanted) {
        session->trouble = trouble_make(TROUBLE_LATER, "offline", "no connection to %s%s%s", core->account.url,
                                        reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
    }
    BASE_TRY(set_retry(core));
    return event_connection(core);
}

static base_result signed_in(struct weibel_core *core) {
    struct session *session = &core->session;
    session->state = SESSION_ONLINE;
    session->attempts = 0;
    session->synced = false;
    session->read_at = 0;
    transfer_wake(core);
    BASE_TRY(device_signed_in(core));
    return event_connection(core);
}

base_result session_activated(struct weibel_core *core) {
    keys_signed_in(core, &(struct wire_signed_in){ .packages = { NULL, 0 } });
    return signed_in(core);
}

base_result session_close(struct weibel_core *core, const struct trouble *trouble, bool hopeless) {
    return close_with(core, *trouble, hopeless);
}

static base_result sign_in_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)a;
    (void)b;
    if (answer->type == WIRE_REFUSAL) {
        bool final = !request_passes(&answer->of.refusal);
        return close_with(core, trouble_refusal(&answer->of.refusal), final);
    }
    if (answer->type != WIRE_SIGNED_IN) {
        return BASE_OK;
    }
    keys_signed_in(core, &answer->of.signed_in);
    return signed_in(core);
}

static base_result sign_in(struct weibel_core *core) {
    const struct account *account = &core->account;
    struct wire_frame frame = { .type = WIRE_SIGN_IN };
    memcpy(frame.of.sign_in.account, account->id, sizeof account->id);
    memcpy(frame.of.sign_in.device, account->device, sizeof account->device);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, WIRE_MAX_SIGNED);
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    wire_sign_in_content(&writer, base_slice_text(core->session.domain), core->session.challenge, account->id,
                         account->device);
    BASE_TRY(base_writer_finish(&writer, &content));
    identity_sign(account->device_key.private_key.data, base_borrow(&content), frame.of.sign_in.signature);
    return request_send(core, &frame, sign_in_answered, 0, 0);
}

static base_result greeted(struct weibel_core *core, const struct wire_challenge *challenge) {
    struct session *session = &core->session;
    if (challenge->lowest_version > WIRE_VERSION || challenge->highest_version < WIRE_VERSION) {
        struct wire_refusal refusal = {
            .code = WIRE_REFUSED_VERSION,
            .argument = (uint64_t)challenge->lowest_version << 8 | challenge->highest_version,
        };
        return close_with(core, trouble_refusal(&refusal), true);
    }
    field_set_text(session->domain, sizeof session->domain, challenge->domain);
    memcpy(session->challenge, challenge->challenge, sizeof session->challenge);
    session->state = SESSION_SIGNING_IN;
    if (core->account.state == ACCOUNT_ACTIVATING) {
        return activate_greeted(core);
    }
    if (strcmp(session->domain, core->account.domain) != 0) {
        return close_with(core,
                          trouble_make(TROUBLE_REFUSED, "sign_in",
                                       "this address belongs to another server now: %s instead of %s", session->domain,
                                       core->account.domain),
                          true);
    }
    return sign_in(core);
}

/* What the server says by itself. */
static base_result announced(struct weibel_core *core, const struct wire_frame *frame) {
    switch (frame->type) {
    case WIRE_REFUSAL:
        return close_with(core, trouble_refusal(&frame->of.refusal), !request_passes(&frame->of.refusal));
    case WIRE_ENTRIES:
        return stream_pushed(core, &frame->of.entries);
    case WIRE_SIGNALLED:
        return stream_signalled(core, &frame->of.signalled);
    case WIRE_INBOX_ENTRIES:
        return letter_pushed(core, &frame->of.inbox_entries);
    case WIRE_DEVICES:
        return device_listed(core, &frame->of.devices);
    default:
        return BASE_OK;
    }
}

base_result session_frame(struct weibel_core *core, struct base_slice bytes) {
    struct session *session = &core->session;
    if (session->state < SESSION_GREETING || session->closing) {
        return BASE_OK;
    }
    struct wire_frame frame;
    base_result result = wire_decode(bytes, &frame);
    if (result == &WIRE_ERR_VERSION && bytes.len > 0) {
        struct wire_refusal refusal = {
            .code = WIRE_REFUSED_VERSION,
            .argument = (uint64_t)bytes.data[0] << 8 | bytes.data[0],
        };
        return close_with(core, trouble_refusal(&refusal), true);
    }
    if (result == &WIRE_ERR_TYPE) {
        return BASE_OK; /* of a later minor version: not for us */
    }
    if (result != BASE_OK) {
        return close_with(
            core,
            trouble_make(TROUBLE_LATER, "unavailable", "the server sent something that is no frame: %s", result->text),
            false);
    }
    if (frame.type == WIRE_CHALLENGE) {
        return session->state == SESSION_GREETING ? greeted(core, &frame.of.challenge) : BASE_OK;
    }
    if (frame.request == 0) {
        return announced(core, &frame);
    }
    if (!request_fits(core, &frame)) {
        return close_with(
            core, trouble_make(TROUBLE_LATER, "unavailable", "the server answered something else than was asked"),
            false);
    }
    return request_answer(core, &frame);
}

base_result session_pump(struct weibel_core *core) {
    struct session *session = &core->session;
    if (session->state == SESSION_OFFLINE && session->wanted && !session->hopeless &&
        core->account.state != ACCOUNT_NONE && state_now(core) >= session->retry_at) {
        BASE_TRY(connect_now(core));
    }
    return BASE_OK;
}

uint64_t session_deadline(const struct weibel_core *core) {
    const struct session *session = &core->session;
    bool waiting = session->state == SESSION_OFFLINE && session->wanted && !session->hopeless &&
                   core->account.state != ACCOUNT_NONE;
    return waiting ? session->retry_at : UINT64_MAX;
}
