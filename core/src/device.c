/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Own devices: the own group, the records, and who should be where. What follows from it for chats is in
 * device_chats.c.
 */
#include "device.h"

#include <stdio.h>
#include <string.h>

#include "account.h"
#include "came.h"
#include "change.h"
#include "chat.h"
#include "contact.h"
#include "device_record.h"
#include "event.h"
#include "field.h"
#include "group.h"
#include "history.h"
#include "join.h"
#include "json.h"
#include "policy.h"
#include "request.h"
#include "rpc.h"
#include "safe.h"
#include "sync.h"
#include "sync_record.h"

enum { VERSION = 2, MAX_RECORD = SYNC_MAX_VALUE };

struct chat *device_chat(const struct weibel_core *core) {
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->kind == CHAT_OWN) {
            return chat;
        }
    }
    return NULL;
}

struct group *device_group(const struct weibel_core *core) {
    const struct chat *chat = device_chat(core);
    return chat == NULL ? NULL : chat_writing_group(chat);
}

static bool has_elder(const struct elders *elders, const uint8_t device[WIRE_DEVICE_LEN]) {
    bool has = false;
    for (size_t i = 0; i < elders->count && !has; i++) {
        has = memcmp(elders->devices[i], device, WIRE_DEVICE_LEN) == 0;
    }
    return has;
}

static void note_elder(struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]) {
    struct elders *elders = &core->account.elders;
    bool room = elders->count < sizeof elders->devices / sizeof elders->devices[0];
    if (room && memcmp(device, core->account.device, WIRE_DEVICE_LEN) != 0 && !has_elder(elders, device)) {
        memcpy(elders->devices[elders->count++], device, WIRE_DEVICE_LEN);
    }
}

/* Who is there when this device asks the server for the first time: into the own group it may come much later, when
 * others have come. Before the first one was nobody. */
static void note_elders(struct weibel_core *core) {
    struct account *account = &core->account;
    bool due = account->elders.state == ELDERS_DUE;
    for (size_t i = 0; i < account->linked_to_count && due; i++) {
        note_elder(core, account->linked_to[i].device);
    }
    if (!due || !core->session.devices_known) {
        return;
    }
    for (uint32_t i = 0; i < core->session.devices.count && account->linked; i++) {
        note_elder(core, core->session.devices.devices[i]);
    }
    account->elders.state = ELDERS_KNOWN;
    account->dirty = true;
}

base_result device_prepare(struct weibel_core *core) {
    struct chat *chat = device_chat(core);
    if (chat == NULL) {
        BASE_TRY(chat_new(core, CHAT_OWN, &chat));
    }
    if (chat->groups.count == 0 && chat->change.kind == CHANGE_NONE) {
        struct change wish = { .kind = CHANGE_CREATE };
        BASE_TRY(change_begin(core, chat, &wish, NULL));
    }
    return BASE_OK;
}

static bool is_alone(const struct weibel_core *core) {
    const struct session *session = &core->session;
    return session->devices_known && session->devices.count == 1 &&
           memcmp(session->devices.devices[0], core->account.device, WIRE_DEVICE_LEN) == 0;
}

bool device_is_waiting(const struct weibel_core *core) {
    return core->account.linked && device_group(core) == NULL && !is_alone(core);
}

/* It was restored from a backup. */
static bool is_nobody(const uint8_t maker[WIRE_DEVICE_LEN]) {
    static const uint8_t nobody[WIRE_DEVICE_LEN];
    return memcmp(maker, nobody, sizeof nobody) == 0;
}

/* Whether the server has one of those whom the link has named. Who was restored from a backup knows none: whoever it
 * lists may be lost, or be restored as well. */
static bool has_linker(const struct weibel_core *core) {
    const struct account *account = &core->account;
    bool listed = device_is_listed(core, account->history_from);
    for (size_t i = 0; i < account->linked_to_count && !listed; i++) {
        listed = device_is_listed(core, account->linked_to[i].device);
    }
    return listed;
}

/* Another device of its account can have come without its doing: by one of its backups, or by what it keeps on the
 * server. */
static bool may_be_restored_elsewhere(const struct weibel_core *core) {
    static const uint8_t none[sizeof core->account.recovery];
    return memcmp(core->account.recovery, none, sizeof none) != 0;
}

/* Whoever has made the link lets this device in, or another one that it names, unless they were removed; and who is
 * there when this one comes back by a backup does it soon. Others may still come and do it; and whoever waits for the
 * same comes into the group that is made here. */
base_result device_lonely_pump(struct weibel_core *core) {
    enum { PATIENCE = 60 * 1000, CHANCE = 64 /* milliseconds, and up to 256 times this more */ };
    uint8_t chance;
    if (!core->account.linked && device_chat(core) == NULL && core->session.devices_known &&
        core->session.devices.count > 1) {
        return device_prepare(core); /* it was the only one, and was found again after a backup had taken its place */
    }
    if (!device_is_waiting(core) || !core->session.devices_known || has_linker(core)) {
        core->lonely_at = 0;
        return BASE_OK;
    }
    if (core->lonely_at == 0) {
        BASE_TRY(base_random_fill(core->options.random, &chance, 1));
        core->lonely_at = state_now(core) + PATIENCE + (uint64_t)chance * CHANCE;
    }
    return core->lonely_at <= state_now(core) ? device_prepare(core) : BASE_OK;
}

base_result device_self(struct weibel_core *core, struct contact **out) {
    BASE_TRY(contact_get(core, core->account.id, core->account.domain, out));
    if ((*out)->vouched) {
        return BASE_OK;
    }
    bool same;
    return contact_vouch(core, *out, core->account.identity_key, &same);
}

/* ---- removal ---- */

/* The server may refuse it (this one was removed before): nobody else hears of the wish before it has answered. */
static base_result removal_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    static const uint8_t value[] = { VERSION };
    const struct wire_refusal *refusal = answer->type == WIRE_REFUSAL ? &answer->of.refusal : NULL;
    (void)a;
    (void)b;
    core->account.removing = false;
    core->account.dirty = true;
    if (refusal != NULL && refusal->code != WIRE_REFUSED_NO_DEVICE) {
        struct trouble trouble = trouble_refusal(refusal);
        return event_answer_trouble(core, &core->removal_call, &trouble);
    }
    core->devices_version++;
    core->session.devices_first = true;
    safe_renew(core);
    BASE_TRY(
        sync_put(core, SYNC_GONE, base_slice(core->account.removed, WIRE_DEVICE_LEN), base_slice(value, sizeof value)));
    return rpc_answer_empty(core, &core->removal_call);
}

static base_result ask_removal(struct weibel_core *core) {
    struct wire_frame frame = { .type = WIRE_REMOVE_DEVICE };
    memcpy(frame.of.remove_device.device, core->account.removed, WIRE_DEVICE_LEN);
    return request_send(core, &frame, removal_answered, 0, 0);
}

base_result device_expel(struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]) {
    core->account.removing = true;
    memcpy(core->account.removed, device, sizeof core->account.removed);
    core->account.dirty = true;
    return ask_removal(core);
}

/* ---- the server's list ---- */

static base_result list_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)a;
    (void)b;
    if (answer->type != WIRE_DEVICES) {
        return BASE_OK;
    }
    BASE_TRY(device_listed(core, &answer->of.devices));
    return change_follow_wishes(core);
}

base_result device_ask_list(struct weibel_core *core) {
    struct wire_frame frame = { .type = WIRE_LIST_DEVICES };
    return request_send(core, &frame, list_answered, 0, 0);
}

base_result device_signed_in(struct weibel_core *core) {
    core->sync_waiting = true;
    if (core->account.removing) {
        BASE_TRY(ask_removal(core));
    }
    if (device_chat(core) == NULL && !core->account.linked && !may_be_restored_elsewhere(core)) {
        return BASE_OK;
    }
    return device_ask_list(core);
}

static bool list_has(const struct wire_devices *list, const uint8_t device[WIRE_DEVICE_LEN]) {
    bool found = false;
    for (uint32_t i = 0; i < list->count && !found; i++) {
        found = memcmp(list->devices[i], device, WIRE_DEVICE_LEN) == 0;
    }
    return found;
}

base_result device_listed(struct weibel_core *core, const struct wire_devices *list) {
    const struct wire_devices before = core->session.devices;
    bool known = core->session.devices_known;
    core->session.devices = *list;
    core->session.devices_known = true;
    core->devices_version++;
    note_elders(core);
    const struct group *own = device_group(core);
    for (uint32_t i = 0; i < list->count; i++) {
        bool is_new = known ? !list_has(&before, list->devices[i])
                            : own == NULL || !history_has_device(core, own, list->devices[i]);
        if (is_new && memcmp(list->devices[i], core->account.device, WIRE_DEVICE_LEN) != 0) {
            history_wait(core);
        }
        BASE_TRY(is_new && known ? event_device(core, list->devices[i], "listed") : BASE_OK);
    }
    return BASE_OK;
}

static base_result lost(struct weibel_core *core, struct call *call) {
    if (call->id.len == 0) {
        return BASE_OK;
    }
    struct trouble trouble = trouble_make(TROUBLE_LATER, "offline", "the connection to the server was lost; try again");
    return event_answer_trouble(core, call, &trouble);
}

base_result device_forget_connection(struct weibel_core *core) {
    core->session.devices_known = false;
    core->session.devices_first = core->session.devices_in_flight = core->session.devices_asked = false;
    core->session.devices_at = 0;
    base_wipe(core->link_secret, sizeof core->link_secret);
    BASE_TRY(lost(core, &core->link_call));
    BASE_TRY(lost(core, &core->push_call));
    return lost(core, &core->removal_call);
}

/* ---- records ---- */

struct view {
    struct base_slice name, key_package;
    uint64_t added_at, since;
};

static base_result read_value(struct base_slice value, struct view *out) {
    struct base_reader reader = base_reader(value);
    uint8_t version;
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_ENSURE(version == VERSION, BASE_ERR_VALUE);
    BASE_TRY(base_read_opaque_max(&reader, WIRE_MAX_NAME, &out->name));
    BASE_ENSURE(wire_text_valid(out->name), BASE_ERR_VALUE);
    BASE_TRY(base_read_u64(&reader, &out->added_at));
    BASE_TRY(base_read_u64(&reader, &out->since));
    BASE_TRY(base_read_opaque_max(&reader, WIRE_MAX_KEY_PACKAGE, &out->key_package));
    return base_read_end(&reader);
}

/* False: there is no record of the device, or none that can be read. */
static bool find_value(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN], struct view *out) {
    struct base_slice value;
    return sync_get(core, SYNC_DEVICE, base_slice(device, WIRE_DEVICE_LEN), &value) &&
           read_value(value, out) == BASE_OK;
}

base_result device_publish(struct weibel_core *core, struct base_slice key_package) {
    const struct account *account = &core->account;
    struct view before = { .added_at = state_now(core) };
    bool known = find_value(core, account->device, &before);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    field_write_text(&writer, account->device_name);
    uint64_t now = state_now(core), added_at = known && before.added_at < now ? before.added_at : now;
    base_write_u64(&writer, added_at);
    base_write_u64(&writer, account->linked ? added_at : 0);
    base_write_opaque(&writer, key_package);
    struct base_bytes value BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &value));
    return sync_put(core, SYNC_DEVICE, base_slice(account->device, WIRE_DEVICE_LEN), base_borrow(&value));
}

uint64_t device_since(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]) {
    struct view view;
    bool known = find_value(core, device, &view);
    /* A clock that was ahead then must not keep from it all that is written until that time. */
    return !known ? UINT64_MAX : view.since > state_now(core) ? 0 : view.since;
}

bool device_key_package(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN], struct base_slice *out) {
    struct view view;
    struct mls_key_package_info info;
    struct identity identity;
    if (!find_value(core, device, &view) || mls_key_package_inspect(&core->mls, view.key_package, &info) != BASE_OK ||
        info.suite != GROUP_SUITE ||
        identity_read(core->options.allocator, info.member.credential.content, info.member.signature_key, &identity) !=
            BASE_OK) {
        return false;
    }
    *out = view.key_package;
    return join_is_self(core, &identity) && join_is_genuine(core, &identity) &&
           memcmp(identity.device, device, WIRE_DEVICE_LEN) == 0;
}

base_result device_synced(struct weibel_core *core, struct base_slice name, struct base_slice value, bool fresh) {
    struct view view;
    if (name.len != WIRE_DEVICE_LEN || read_value(value, &view) != BASE_OK) {
        return BASE_OK;
    }
    core->devices_version++;
    return fresh ? event_device(core, name.data, "linked") : BASE_OK;
}

base_result device_gone_synced(struct weibel_core *core, struct base_slice name, struct base_slice value, bool fresh) {
    (void)name;
    (void)value;
    (void)fresh;
    core->devices_version++;
    return BASE_OK;
}

bool device_is_gone(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]) {
    struct base_slice value;
    return sync_get(core, SYNC_GONE, base_slice(device, WIRE_DEVICE_LEN), &value);
}

uint32_t device_count_gone(const struct weibel_core *core) {
    uint32_t count = 0;
    for (size_t i = 0; i < core->syncs.count; i++) {
        count += ((const struct sync_record *)core->syncs.items[i])->kind == SYNC_GONE ? 1 : 0;
    }
    return count;
}

/* Whoever answers first begins with all devices that it knows: with that of the link's maker, the others are here. */
bool device_is_new(const struct weibel_core *core) {
    const struct group *group = device_group(core);
    struct mls_member member;
    struct view view;
    bool others = false, any = false;
    if (core->account.linked && is_nobody(core->account.history_from)) {
        return false; /* it has a backup's, whose other devices may never be back */
    }
    if (!core->account.linked || group == NULL) {
        return device_is_waiting(core);
    }
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        struct identity identity;
        if (leaf == mls_group_own_leaf(group->mls) || identity_peek(member.credential.content, &identity) != BASE_OK) {
            continue;
        }
        bool known = find_value(core, identity.device, &view);
        if (memcmp(identity.device, core->account.history_from, sizeof identity.device) == 0) {
            return !known;
        }
        others = true;
        any = any || known;
    }
    return others && !any;
}

bool device_is_outside(const struct weibel_core *core) {
    return core->account.linked && (device_is_waiting(core) || device_is_new(core) || sync_lacks_chat(core));
}

/* ---- the own group ---- */

bool device_is_elder(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]) {
    const struct account *account = &core->account;
    bool elder = has_elder(&account->elders, device);
    for (size_t i = 0; i < account->linked_to_count && !elder; i++) {
        elder = memcmp(account->linked_to[i].device, device, WIRE_DEVICE_LEN) == 0;
    }
    return account->elders.state == ELDERS_BY_CLOCK ? device_since(core, device) < device_since(core, account->device)
                                                    : elder;
}

base_result device_missed(struct weibel_core *core) {
    note_elders(core);
    core->devices_version++;
    core->account.sync_wanted = true;
    core->account.linked_to_count = 0;
    core->account.dirty = true;
    core->sync_waiting = true;
    return BASE_OK;
}

base_result device_joined(struct weibel_core *core) {
    BASE_TRY(device_missed(core));
    return sync_send_all(core);
}

base_result device_committed(struct weibel_core *core, const struct group *group, const struct mls_staged *staged,
                             bool own) {
    core->devices_version++;
    core->devices_first = own;
    BASE_TRY(came_committed(core, group, staged));
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        struct identity identity;
        if (change.kind != MLS_CHANGE_REMOVED) {
            continue;
        }
        BASE_TRY(identity_peek(change.before.credential.content, &identity));
        if (policy_is_replaced(staged, &identity)) {
            continue; /* it has lost its place, and is in again */
        }
        BASE_TRY(event_device(core, identity.device, "removed"));
        BASE_TRY(sync_forget(core, SYNC_DEVICE, base_slice(identity.device, WIRE_DEVICE_LEN)));
    }
    return BASE_OK;
}

/* ---- for faces ---- */

void device_text(const uint8_t device[WIRE_DEVICE_LEN], char out[DEVICE_TEXT_LEN + 1]) {
    for (size_t i = 0; i < WIRE_DEVICE_LEN; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", device[i]);
    }
}

bool device_set_has(const struct device_set *set, const uint8_t device[WIRE_DEVICE_LEN]) {
    for (size_t i = 0; i < set->count; i++) {
        if (memcmp(set->ids[i], device, WIRE_DEVICE_LEN) == 0) {
            return true;
        }
    }
    return false;
}

static void set_add(struct device_set *set, const uint8_t device[WIRE_DEVICE_LEN]) {
    if (!device_set_has(set, device) && set->count < sizeof set->ids / sizeof *set->ids) {
        memcpy(set->ids[set->count++], device, WIRE_DEVICE_LEN);
    }
}

void device_known(const struct weibel_core *core, struct device_set *out) {
    const struct group *group = device_group(core);
    struct mls_member member;
    out->count = 0;
    set_add(out, core->account.device);
    if (core->session.devices_known) {
        for (uint32_t i = 0; i < core->session.devices.count; i++) {
            set_add(out, core->session.devices.devices[i]);
        }
    }
    if (core->account.linked && group == NULL) {
        set_add(out, core->account.history_from); /* by its link this one has come */
    }
    for (uint32_t leaf = 0; group != NULL && mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        struct identity identity;
        bool known = identity_peek(member.credential.content, &identity) == BASE_OK;
        if (known && !(core->session.devices_known && device_is_gone(core, identity.device))) {
            set_add(out, identity.device);
        }
    }
}

bool device_is_listed(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]) {
    bool listed = false;
    for (uint32_t i = 0; i < core->session.devices.count && core->session.devices_known && !listed; i++) {
        listed = memcmp(core->session.devices.devices[i], device, WIRE_DEVICE_LEN) == 0;
    }
    return listed;
}

/* In the chats, and not in the server's list. */
static bool is_missing(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]) {
    return core->session.devices_known && !device_is_listed(core, device) &&
           memcmp(core->account.device, device, WIRE_DEVICE_LEN) != 0;
}

void device_json(const struct weibel_core *core, struct base_writer *writer, const uint8_t device[WIRE_DEVICE_LEN]) {
    char text[DEVICE_TEXT_LEN + 1];
    struct view view = { .added_at = 0 };
    bool known = find_value(core, device, &view);
    device_text(device, text);
    json_put_string(writer, "device", text);
    json_put_text(writer, "name", view.name);
    json_put_bool(writer, "current", memcmp(device, core->account.device, WIRE_DEVICE_LEN) == 0);
    if (known) {
        json_put_number(writer, "added_at", view.added_at);
    }
    if (is_missing(core, device)) {
        json_put_bool(writer, "missing", true);
    }
    if (memcmp(device, core->account.device, WIRE_DEVICE_LEN) == 0 && device_is_outside(core)) {
        json_put_bool(writer, "waiting", true);
    }
}
