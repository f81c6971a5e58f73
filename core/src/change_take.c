/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Key packages for those who are to be added, and whether they are theirs. Who comes with many comes in several
 * commits: one must fit an entry, and its Welcomes go to each of the new ones.
 */
#include <string.h>

#include "change.h"
#include "chat.h"
#include "contact.h"
#include "group.h"
#include "request.h"
#include "vouch.h"

enum {
    CHUNK_PACKAGES = 1000,   /* key packages that one commit adds … */
    CHUNK_BYTES = 640 << 10, /* … and their bytes, so that it fits an entry */
    FOUND_BYTES = 12 << 20,  /* likewise, of the commit that a group begins with and that is no entry */
    MAX_WAITS = 7,           /* after which a minute has become an hour */
};

static void free_taken(struct taken **taken) {
    if (*taken != NULL) {
        base_bytes_free(&(*taken)->key_package);
        base_free(*taken);
    }
}

base_result change_keep_taken(struct weibel_core *core, struct chat *chat, const struct contact *contact,
                              const uint8_t device[WIRE_DEVICE_LEN], struct base_slice key_package) {
    struct taken *taken BASE_CLEANUP(free_taken) = (struct taken *)base_take(core->options.allocator, 1, sizeof *taken);
    BASE_ENSURE(taken != NULL, BASE_ERR_NO_MEMORY);
    taken->contact = contact->number;
    memcpy(taken->device, device, sizeof taken->device);
    BASE_TRY(base_bytes_copy(core->options.allocator, key_package, &taken->key_package));
    BASE_TRY(list_add(&chat->change.taken, core->options.allocator, taken));
    chat->change.taken_bytes += taken->key_package.len;
    taken = NULL;
    return BASE_OK;
}

/* A key package must be of the account that was asked for, signed by the identity key that is pinned. */
static base_result check_genuine(struct weibel_core *core, const struct contact *contact,
                                 const struct wire_device_key_package *device) {
    struct mls_key_package_info info;
    struct identity identity;
    BASE_TRY(mls_key_package_inspect(&core->mls, device->key_package, &info));
    BASE_TRY(
        identity_read(core->options.allocator, info.member.credential.content, info.member.signature_key, &identity));
    BASE_ENSURE(info.suite == GROUP_SUITE && memcmp(identity.account, contact->id, sizeof identity.account) == 0 &&
                    base_slice_equal(identity.domain, base_slice_text(contact->domain)) &&
                    memcmp(identity.device, device->device, sizeof identity.device) == 0 &&
                    memcmp(identity.identity_key, contact->identity_key, sizeof identity.identity_key) == 0,
                WEIBEL_ERR_IDENTITY);
    return BASE_OK;
}

/* One of those who were to be added can't be. Who has asked hears of it, and nothing is done; if he was told already
 * that it would be done, it is done for the others. */
static base_result skip(struct weibel_core *core, struct chat *chat, const struct trouble *trouble) {
    struct change *change = &chat->change;
    bool nobody_else = change->kind == CHANGE_ADD && change->contact_count == 1;
    if (!change_is_told(chat) || nobody_else) {
        return change_fail(core, chat, trouble);
    }
    memmove(change->contacts + change->asked, change->contacts + change->asked + 1,
            (change->contact_count - change->asked - 1) * sizeof *change->contacts);
    change->contact_count--;
    chat->dirty = true;
    return chat_notice(core, chat, MESSAGE_REFUSED, 0, "Somebody could not be added to the group: %s", trouble->words);
}

bool change_wants_packages(const struct chat *chat) {
    const struct change *change = &chat->change;
    /* Who begins a group's successor may have no right to add anybody to it later: all come in at once. */
    bool at_once = change->kind == CHANGE_CREATE && chat->kind == CHAT_GROUP && chat->groups.count > 0;
    return change->asked < change->contact_count &&
           (at_once ? change->taken_bytes < FOUND_BYTES
                    : change->taken.count < CHUNK_PACKAGES && change->taken_bytes < CHUNK_BYTES);
}

static base_result packages_came(struct weibel_core *core, struct chat *chat,
                                 const struct wire_key_packages *packages) {
    struct change *change = &chat->change;
    struct contact *contact = contact_at(core, change->contacts[change->asked]);
    char who[WIRE_MAX_ADDRESS + 1];
    contact_text(core, contact, who);
    bool same;
    BASE_TRY(contact_vouch(core, contact, packages->identity_key, &same));
    if (!same) {
        BASE_TRY(vouch_changed(core, contact, packages->identity_key));
        struct trouble trouble =
            trouble_make(TROUBLE_REFUSED, "identity_changed",
                         "the identity key of %s is not the one known here; ask in person why", who);
        return skip(core, chat, &trouble);
    }
    size_t genuine = 0, expired = 0, count = 0;
    struct base_reader devices = base_reader(packages->devices);
    for (; devices.left != 0; count++) {
        struct wire_device_key_package device;
        BASE_TRY(wire_device_key_package_next(&devices, &device));
        base_result result = check_genuine(core, contact, &device);
        if (result == BASE_OK) {
            BASE_TRY(change_keep_taken(core, chat, contact, device.device, device.key_package));
            genuine++;
        } else if (trouble_is_fatal(result)) {
            return result;
        }
        expired += result == &MLS_ERR_LIFETIME ? 1 : 0;
    }
    if (genuine == 0 && expired == count) {
        struct trouble trouble =
            trouble_make(TROUBLE_LATER, "no_key_package",
                         "the devices of %s were away for months, and can't be reached before they "
                         "are back",
                         who);
        return skip(core, chat, &trouble);
    }
    if (genuine == 0) {
        struct trouble trouble = trouble_make(TROUBLE_REFUSED, "identity_changed",
                                              "no device of %s is signed by its account; nothing was sent", who);
        return skip(core, chat, &trouble);
    }
    change->asked++;
    return BASE_OK;
}

/* Nobody says when a device will be there: each wait for one is as long as all before it, up to an hour. */
static uint64_t next_wait(struct change *change, const struct wire_refusal *refusal) {
    change->waits += change->waits < MAX_WAITS ? 1 : 0;
    return request_delay(refusal) << (change->waits - 1);
}

/* `a`: number of the chat. */
static base_result take_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct chat *chat = chat_at(core, a);
    struct change *change = chat == NULL ? NULL : &chat->change;
    if (change == NULL || !change->in_flight || change->asked != b || b >= change->contact_count) {
        return BASE_OK; /* the change has ended meanwhile */
    }
    change->in_flight = false;
    if (answer->type == WIRE_KEY_PACKAGES) {
        return packages_came(core, chat, &answer->of.key_packages);
    }
    if (answer->type != WIRE_REFUSAL) {
        return BASE_OK;
    }
    const struct wire_refusal *refusal = &answer->of.refusal;
    struct trouble trouble = trouble_refusal(refusal);
    bool patient = chat->kind == CHAT_DIRECT && refusal->code == WIRE_REFUSED_NO_KEY_PACKAGE;
    if (request_passes(refusal) || patient) {
        change->retry_at = state_now(core) + (patient ? next_wait(change, refusal) : request_delay(refusal));
        return BASE_OK;
    }
    if (refusal->code == WIRE_REFUSED_NO_ACCOUNT || refusal->code == WIRE_REFUSED_NO_KEY_PACKAGE) {
        char who[WIRE_MAX_ADDRESS + 1];
        contact_text(core, contact_at(core, change->contacts[change->asked]), who);
        trouble = refusal->code == WIRE_REFUSED_NO_ACCOUNT
                      ? trouble_make(TROUBLE_REFUSED, "no_account", "no account has the ID %s", who)
                      : trouble_make(TROUBLE_LATER, "no_key_package", "no device of %s can be reached yet", who);
        return skip(core, chat, &trouble);
    }
    return change_fail(core, chat, &trouble);
}

base_result change_take_packages(struct weibel_core *core, struct chat *chat) {
    const struct contact *contact = contact_at(core, chat->change.contacts[chat->change.asked]);
    struct wire_frame frame = { .type = WIRE_TAKE_KEY_PACKAGES };
    memcpy(frame.of.take_key_packages.account, contact->id, sizeof frame.of.take_key_packages.account);
    chat->change.in_flight = true;
    return request_send(core, &frame, take_answered, chat->number, chat->change.asked);
}
