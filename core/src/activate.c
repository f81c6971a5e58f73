/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Activation.
 */
#include "activate.h"

#include <string.h>

#include "account.h"
#include "device.h"
#include "device_link.h"
#include "event.h"
#include "field.h"
#include "identity.h"
#include "json.h"
#include "request.h"
#include "safe.h"
#include "session.h"

base_result activate_begin(struct weibel_core *core, struct call *call, const struct wire_link *link) {
    struct account *account = &core->account;
    char code[WIRE_MAX_CODE + 1];
    uint8_t secret[LINK_SECRET_LEN] = { 0 };
    field_set_text(code, sizeof code, link->code);
    if (link->kind == WIRE_LINK_DEVICE) {
        BASE_ENSURE(device_link_read_secret(link->code, secret), WIRE_ERR_LINK);
        device_link_code(secret, code);
    }
    if (account->state != ACCOUNT_ACTIVATING || strcmp(account->code, code) != 0) {
        BASE_TRY(account_make_keys(core));
        memcpy(account->code, code, sizeof account->code);
        memcpy(account->link_secret, secret, sizeof account->link_secret);
        account->linked = link->kind == WIRE_LINK_DEVICE;
        account->link_taken = false;
    }
    base_wipe(secret, sizeof secret);
    field_set_text(account->url, sizeof account->url, link->url);
    account->state = ACCOUNT_ACTIVATING;
    account->dirty = true;
    base_bytes_move(&core->activate_call.id, &call->id);
    return session_want(core);
}

bool activate_is_begun(const struct weibel_core *core) {
    return core->account.state == ACCOUNT_ACTIVATING && core->account.code[0] != 0;
}

base_result activate_go_on(struct weibel_core *core, struct call *call) {
    base_bytes_move(&core->activate_call.id, &call->id);
    return session_want(core);
}

static void forget_link(struct account *account) {
    base_wipe(account->code, sizeof account->code);
    base_wipe(account->link_secret, sizeof account->link_secret);
    account->dirty = true;
}

/* It can't work: the keys are of no use any more. */
static base_result failed(struct weibel_core *core, const struct trouble *trouble) {
    core->account.state = ACCOUNT_NONE;
    core->account.linked = false;
    forget_link(&core->account);
    core->session.wanted = false;
    BASE_TRY(event_answer_trouble(core, &core->activate_call, trouble));
    return session_close(core, trouble, true);
}

static base_result refused(struct weibel_core *core, const struct wire_refusal *refusal) {
    struct trouble trouble = trouble_refusal(refusal);
    return request_passes(refusal) ? session_close(core, &trouble, false) : failed(core, &trouble);
}

static base_result done(struct weibel_core *core, const struct wire_activated *activated) {
    struct account *account = &core->account;
    if (account->linked && memcmp(account->id, activated->account, sizeof account->id) != 0) {
        struct trouble trouble = trouble_make(TROUBLE_REFUSED, "sign_in",
                                              "the server gave another account than the "
                                              "link is for");
        return failed(core, &trouble);
    }
    memcpy(account->id, activated->account, sizeof account->id);
    account->role = activated->role;
    field_set_text(account->name, sizeof account->name, activated->name);
    memcpy(account->domain, core->session.domain, sizeof account->domain);
    forget_link(account);
    account->state = ACCOUNT_ACTIVE;
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &core->activate_call);
    json_object(&line);
    activate_write_self(core, &line);
    json_object_end(&line);
    BASE_TRY(event_answer_end(core, &core->activate_call, &line));
    return session_activated(core);
}

static base_result activate_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a,
                                     uint64_t b) {
    (void)a;
    (void)b;
    if (answer->type == WIRE_REFUSAL) {
        return refused(core, &answer->of.refusal);
    }
    return answer->type == WIRE_ACTIVATED ? done(core, &answer->of.activated) : BASE_OK;
}

static base_result send_activate(struct weibel_core *core) {
    const struct account *account = &core->account;
    struct wire_frame frame = { .type = WIRE_ACTIVATE };
    struct wire_activate *activate = &frame.of.activate;
    activate->code = base_slice_text(account->code);
    memcpy(activate->device, account->device, sizeof activate->device);
    memcpy(activate->identity_key, account->identity_key, sizeof activate->identity_key);
    memcpy(activate->device_key, account->device_key.public_key.data, sizeof activate->device_key);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, WIRE_MAX_SIGNED);
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    wire_activate_content(&writer, base_slice_text(core->session.domain), core->session.challenge, activate);
    BASE_TRY(base_writer_finish(&writer, &content));
    identity_sign(account->device_key.private_key.data, base_borrow(&content), activate->proof);
    identity_sign(account->identity_seed, base_borrow(&content), activate->identity_proof);
    return request_send(core, &frame, activate_answered, 0, 0);
}

/* The account's keys, from another device of it. They are durable before they are used. */
static base_result take_content(struct weibel_core *core, struct base_slice sealed) {
    struct account *account = &core->account;
    struct device_link_content content BASE_CLEANUP(device_link_wipe) = { .history = false };
    base_result result = device_link_open(core->options.allocator, account->link_secret, sealed, &content);
    if (result == &WEIBEL_ERR_LINK || (result == BASE_OK && strcmp(content.domain, core->session.domain) != 0)) {
        struct trouble trouble =
            trouble_make(TROUBLE_REFUSED, "link_damaged",
                         "what the server has for this link is not what your other device has put there; make a new "
                         "link");
        return failed(core, &trouble);
    }
    BASE_TRY(result);
    memcpy(account->id, content.account, sizeof account->id);
    memcpy(account->domain, content.domain, sizeof account->domain);
    memcpy(account->identity_seed, content.identity_seed, sizeof account->identity_seed);
    memcpy(account->deletion_secret, content.deletion_secret, sizeof account->deletion_secret);
    memcpy(account->history_from, content.devices[0].device, sizeof account->history_from);
    memcpy(account->linked_to, content.devices, sizeof account->linked_to);
    account->linked_to_count = content.device_count;
    account->history_room = account->history_asked = content.history;
    identity_key(account->identity_seed, account->identity_key);
    account->link_taken = true;
    account->dirty = true;
    return send_activate(core);
}

static base_result take_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)a;
    (void)b;
    if (answer->type == WIRE_REFUSAL) {
        return refused(core, &answer->of.refusal);
    }
    return answer->type == WIRE_LINK_CONTENT ? take_content(core, answer->of.link_content.content) : BASE_OK;
}

base_result activate_greeted(struct weibel_core *core) {
    const struct account *account = &core->account;
    if (safe_is_wanted(core)) {
        return safe_greeted(core);
    }
    if (account->linked && account->link_taken && strcmp(account->domain, core->session.domain) != 0) {
        struct trouble trouble = trouble_make(TROUBLE_REFUSED, "sign_in", "the account is at %s, and this server is %s",
                                              account->domain, core->session.domain);
        return failed(core, &trouble);
    }
    if (!account->linked || account->link_taken) {
        return send_activate(core);
    }
    struct wire_frame frame = { .type = WIRE_TAKE_LINK };
    frame.of.take_link.code = base_slice_text(account->code);
    memcpy(frame.of.take_link.device, account->device, sizeof frame.of.take_link.device);
    return request_send(core, &frame, take_answered, 0, 0);
}

void activate_write_self(const struct weibel_core *core, struct base_writer *writer) {
    const struct account *account = &core->account;
    struct wire_address address = { .domain = "" };
    memcpy(address.account, account->id, sizeof address.account);
    char text[WIRE_MAX_ADDRESS + 1];
    wire_address_format(&address, text);
    json_put_string(writer, "id", text);
    memcpy(address.domain, account->domain, sizeof address.domain);
    wire_address_format(&address, text);
    json_put_string(writer, "address", text);
    char device[DEVICE_TEXT_LEN + 1];
    device_text(account->device, device);
    json_put_string(writer, "device", device);
    if (account->name[0] != 0) {
        json_put_string(writer, "name", account->name);
    }
}
