/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Activation.
 */
#include "activate.h"

#include <stdio.h>

#include "account.h"
#include "event.h"
#include "field.h"
#include "identity.h"
#include "json.h"
#include "session.h"

base_result activate_begin(struct weibel_core *core, struct call *call, struct base_slice url, struct base_slice code) {
    struct account *account = &core->account;
    bool same = account->state == ACCOUNT_ACTIVATING && base_slice_equal(base_slice_text(account->code), code);
    if (!same) {
        BASE_TRY(account_make_keys(core));
        field_set_text(account->code, sizeof account->code, code);
    }
    field_set_text(account->url, sizeof account->url, url);
    account->state = ACCOUNT_ACTIVATING;
    account->dirty = true;
    base_bytes_move(&core->activate_call.id, &call->id);
    return session_want(core);
}

base_result activate_frame(struct weibel_core *core, struct wire_frame *frame, struct base_bytes *content) {
    const struct account *account = &core->account;
    *frame = (struct wire_frame){ .type = WIRE_ACTIVATE };
    struct wire_activate *activate = &frame->of.activate;
    activate->code = base_slice_text(account->code);
    memcpy(activate->device, account->device, sizeof activate->device);
    memcpy(activate->identity_key, account->identity_key, sizeof activate->identity_key);
    memcpy(activate->device_key, account->device_key.public_key.data, sizeof activate->device_key);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, WIRE_MAX_SIGNED);
    wire_activate_content(&writer, base_slice_text(core->session.domain), core->session.challenge, activate);
    BASE_TRY(base_writer_finish(&writer, content));
    identity_sign(account->device_key.private_key.data, base_borrow(content), activate->proof);
    identity_sign(account->identity_seed, base_borrow(content), activate->identity_proof);
    return BASE_OK;
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
    char device[2 * WIRE_DEVICE_LEN + 1];
    for (size_t i = 0; i < WIRE_DEVICE_LEN; i++) {
        (void)snprintf(device + 2 * i, 3, "%02x", account->device[i]);
    }
    json_put_string(writer, "device", device);
    if (account->name[0] != 0) {
        json_put_string(writer, "name", account->name);
    }
}

base_result activate_done(struct weibel_core *core, const struct wire_activated *activated) {
    struct account *account = &core->account;
    memcpy(account->id, activated->account, sizeof account->id);
    account->role = activated->role;
    field_set_text(account->name, sizeof account->name, activated->name);
    memcpy(account->domain, core->session.domain, sizeof account->domain);
    base_wipe(account->code, sizeof account->code);
    account->state = ACCOUNT_ACTIVE;
    account->dirty = true;
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &core->activate_call);
    json_object(&line);
    activate_write_self(core, &line);
    json_object_end(&line);
    return event_answer_end(core, &core->activate_call, &line);
}

base_result activate_failed(struct weibel_core *core, const struct trouble *trouble) {
    core->account.state = ACCOUNT_NONE;
    core->account.dirty = true;
    base_wipe(core->account.code, sizeof core->account.code);
    core->session.wanted = false;
    return event_answer_trouble(core, &core->activate_call, trouble);
}
