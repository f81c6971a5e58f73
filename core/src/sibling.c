/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Words about own devices.
 */
#include "sibling.h"

#include <string.h>

#include "device.h"
#include "device_record.h"
#include "field.h"
#include "join.h"
#include "request.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_UNHEARD, BASE_PEER, NULL, "a device that nobody here has heard of yet");

static bool same_key(struct base_slice key, const struct mls_member *member) {
    return base_slice_equal(key, member->signature_key);
}

/* What the link that this device has come by, and waits for, says of this one, or NULL. */
static const struct own_device *linker(const struct weibel_core *core, const struct identity *identity) {
    const struct own_device *found = NULL;
    for (size_t i = 0; i < core->account.linked_to_count && found == NULL; i++) {
        const struct own_device *named = &core->account.linked_to[i];
        found = memcmp(named->device, identity->device, sizeof named->device) == 0 ? named : NULL;
    }
    return found;
}

bool sibling_is_linker(const struct weibel_core *core, const struct mls_member *member,
                       const struct identity *identity) {
    const struct own_device *named = linker(core, identity);
    return named != NULL && same_key(base_slice(named->key, sizeof named->key), member);
}

/* By the own group, the link that this device has come by, or the device's record. False: its key is not known. */
static bool find_key(const struct weibel_core *core, const struct mls_member *member, const struct identity *identity,
                     bool *same) {
    const struct group *own = device_group(core);
    struct mls_key_package_info info;
    struct base_slice package;
    struct mls_member other;
    for (uint32_t leaf = 0; own != NULL && mls_group_next_member(own->mls, &leaf, &other); leaf++) {
        struct identity known;
        if (identity_peek(other.credential.content, &known) == BASE_OK &&
            memcmp(known.device, identity->device, sizeof known.device) == 0) {
            *same = same_key(other.signature_key, member);
            return true;
        }
    }
    if (linker(core, identity) != NULL) {
        *same = sibling_is_linker(core, member, identity);
        return true;
    }
    bool recorded = device_key_package(core, identity->device, &package) &&
                    mls_key_package_inspect(&core->mls, package, &info) == BASE_OK;
    *same = recorded && same_key(info.member.signature_key, member);
    return recorded;
}

/* The server has let this device in, and the account's devices have not yet: of whom the link does not name, nothing
 * but the server's word is known. */
static bool waits_for_linker(const struct weibel_core *core) {
    return core->account.linked_to_count > 0 && device_group(core) == NULL;
}

static bool is_named(const struct account *account, const struct helper *helper) {
    bool named = false;
    for (size_t i = 0; i < account->linked_to_count && !named; i++) {
        const struct own_device *one = &account->linked_to[i];
        named = memcmp(one->device, helper->device, sizeof helper->device) == 0 &&
                base_slice_equal(base_slice(one->key, sizeof one->key), base_slice(helper->key, sizeof helper->key));
    }
    return named;
}

size_t sibling_linkers(const struct weibel_core *core, const struct helper *instead_of,
                       struct helper out[STATE_MAX_TELLERS]) {
    const struct account *account = &core->account;
    bool ours = memcmp(instead_of->account, account->id, sizeof account->id) == 0 &&
                strcmp(instead_of->domain, account->domain) == 0;
    size_t count = 0;
    if (!ours || !waits_for_linker(core) || is_named(account, instead_of)) {
        return 0;
    }
    for (size_t i = 0; i < account->linked_to_count && count < STATE_MAX_TELLERS; i++) {
        const struct own_device *named = &account->linked_to[i];
        if (device_is_listed(core, named->device)) {
            struct helper *helper = &out[count++];
            memcpy(helper->account, account->id, sizeof helper->account);
            field_set_text(helper->domain, sizeof helper->domain, base_slice_text(account->domain));
            memcpy(helper->device, named->device, sizeof helper->device);
            memcpy(helper->key, named->key, sizeof helper->key);
        }
    }
    return count;
}

/* `heard` false: it is neither in the server's list, nor known otherwise. */
static bool is_ours(const struct weibel_core *core, const struct mls_member *member, const struct identity *identity,
                    bool *heard) {
    bool same, self = memcmp(identity->device, core->account.device, sizeof core->account.device) == 0;
    *heard = true;
    if (self || device_is_gone(core, identity->device)) {
        return self &&
               same_key(base_slice(core->account.device_key.public_key.data, core->account.device_key.public_key.len),
                        member);
    }
    if (find_key(core, member, identity, &same)) {
        return same;
    }
    if (waits_for_linker(core)) {
        return false;
    }
    *heard = device_is_listed(core, identity->device);
    return *heard;
}

size_t sibling_list(const struct weibel_core *core, struct own_device out[WIRE_MAX_DEVICES]) {
    const struct account *account = &core->account;
    const struct group *own = device_group(core);
    struct mls_member member;
    size_t count = 1;
    memcpy(out[0].device, account->device, sizeof out->device);
    memcpy(out[0].key, account->device_key.public_key.data, sizeof out->key);
    for (size_t i = 0; own == NULL && i < account->linked_to_count && count < WIRE_MAX_DEVICES; i++) {
        out[count++] = account->linked_to[i];
    }
    for (uint32_t leaf = 0; own != NULL && count < WIRE_MAX_DEVICES && mls_group_next_member(own->mls, &leaf, &member);
         leaf++) {
        struct identity identity;
        if (leaf != mls_group_own_leaf(own->mls) && member.signature_key.len == sizeof out->key &&
            identity_peek(member.credential.content, &identity) == BASE_OK && !device_is_gone(core, identity.device)) {
            memcpy(out[count].device, identity.device, sizeof out->device);
            memcpy(out[count++].key, member.signature_key.data, sizeof out->key);
        }
    }
    return count;
}

bool sibling_is_known(const struct weibel_core *core, const struct mls_member *member,
                      const struct identity *identity) {
    bool heard;
    return is_ours(core, member, identity, &heard);
}

base_result sibling_check(struct weibel_core *core, const struct mls_member *member, const struct identity *identity) {
    struct session *session = &core->session;
    bool heard, ours = is_ours(core, member, identity, &heard), asked = session->devices_asked;
    session->devices_asked = asked && heard;
    BASE_ENSURE(heard || asked, WEIBEL_ERR_UNHEARD);
    BASE_ENSURE(ours, WEIBEL_ERR_WELCOME);
    return BASE_OK;
}

static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct session *session = &core->session;
    (void)a;
    (void)b;
    session->devices_in_flight = false;
    if (answer->type != WIRE_DEVICES) {
        session->devices_at = state_now(core) + request_delay(&answer->of.refusal);
        return BASE_OK;
    }
    session->devices_asked = true;
    if (session->inbox_waits) {
        session->inbox_waits = session->inbox_live = false; /* read again from the letter that has waited */
    }
    return device_listed(core, &answer->of.devices);
}

base_result sibling_ask(struct weibel_core *core) {
    struct wire_frame frame = { .type = WIRE_LIST_DEVICES };
    if (core->session.devices_in_flight || core->session.devices_at > state_now(core)) {
        return BASE_OK;
    }
    core->session.devices_in_flight = true;
    return request_send(core, &frame, answered, 0, 0);
}

base_result sibling_pump(struct weibel_core *core) {
    return core->session.inbox_waits && core->session.inbox_unread == 0 ? sibling_ask(core) : BASE_OK;
}

uint64_t sibling_deadline(const struct weibel_core *core) {
    return core->session.inbox_waits && core->session.inbox_unread == 0 ? core->session.devices_at : UINT64_MAX;
}
