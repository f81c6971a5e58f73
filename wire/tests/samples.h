/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One frame of each type, filled to its last field, for tests and as seeds for the fuzzer.
 */
#ifndef WIRE_TESTS_SAMPLES_H
#define WIRE_TESTS_SAMPLES_H

#include <stddef.h>
#include <string.h>

#include "wire/wire.h"

/* New ones come last: tests and the corpus name samples by their number. */
static const uint8_t sample_types[] = {
    WIRE_CHALLENGE,
    WIRE_REFUSAL,
    WIRE_DONE,
    WIRE_SIGNED_IN,
    WIRE_ACTIVATED,
    WIRE_KEY_PACKAGES,
    WIRE_APPENDED,
    WIRE_ENTRIES,
    WIRE_INBOX_ENTRIES,
    WIRE_SIGN_IN,
    WIRE_ACTIVATE,
    WIRE_PUT_KEY_PACKAGES,
    WIRE_CREATE_BLOB,
    WIRE_TAKE_KEY_PACKAGES,
    WIRE_CREATE_STREAM,
    WIRE_APPEND,
    WIRE_APPEND,
    WIRE_READ,
    WIRE_STOP,
    WIRE_DELETE_ENTRY,
    WIRE_INBOX_APPEND,
    WIRE_INBOX_READ,
    WIRE_INBOX_DELETE,
    WIRE_SIGNAL,
    WIRE_SIGNALLED,
    WIRE_GET_IDENTITIES,
    WIRE_IDENTITIES,
    WIRE_PUT_KEY_PACKAGES,
    /* devices */
    WIRE_DEVICES,
    WIRE_LINK_CONTENT,
    WIRE_CREATE_LINK,
    WIRE_TAKE_LINK,
    WIRE_LIST_DEVICES,
    WIRE_REMOVE_DEVICE,
    /* groups */
    WIRE_DOOR,
    WIRE_PUT_DOOR,
    WIRE_GET_DOOR,
    WIRE_APPEND,
    /* backups */
    WIRE_PUT_RECOVERY,
    /* push */
    WIRE_PUSH,
    WIRE_GET_PUSH,
    WIRE_PUT_PUSH,
    WIRE_PUSH,
    /* blobs */
    WIRE_DELETE_BLOB,
    WIRE_HOLD_BLOB,
};

enum {
    SAMPLE_COUNT = sizeof sample_types,
    SAMPLE_EMPTY_PUT = 27,
    SAMPLE_REPAIR = 37,
    SAMPLE_NO_PUSH = 42,
    SAMPLE_CONTENT = 40
};

/* Two encoded entries: number, kind, nonce, content. */
static inline struct base_slice sample_entries(void) {
    static const uint8_t entries[] = {
        0, 0, 0, 0, 0, 0, 0, 7, WIRE_KIND_MESSAGE, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 'a', 'b', 'c',
        0, 0, 0, 0, 0, 0, 1, 0, WIRE_KIND_MESSAGE, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 'd',
    };
    return base_slice(entries, sizeof entries);
}

#define SAMPLE_PACKAGE "(forty bytes that stand for a key package"

/* Two key packages, the first byte being their length; and two of devices 6 and 7. */
static inline struct base_slice sample_packages(void) {
    return base_slice_text(SAMPLE_PACKAGE SAMPLE_PACKAGE);
}

static inline struct base_slice sample_devices(void) {
    static const char devices[] =
        "\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" SAMPLE_PACKAGE "\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" SAMPLE_PACKAGE;
    return base_slice(devices, sizeof devices - 1);
}

#define SAMPLE_DEVICE_KEY "the key of the device: 32 bytes."

/* The key of one account, which has this device, and one that is not there. */
static inline struct base_slice sample_identities(void) {
    static const char identities[] = "7K2M9QXA" SAMPLE_DEVICE_KEY " thirty-two bytes of identity key\1"
                                     "00000000" SAMPLE_DEVICE_KEY "\0\0";
    return base_slice(identities, sizeof identities - 1);
}

/** Fills `out` with sample number `i` below SAMPLE_COUNT. */
static inline void sample_frame(size_t i, struct wire_frame *out) {
    static const uint8_t push_key[WIRE_PUSH_KEY_LEN] = { 4, 40 };
    struct base_slice content = base_slice_text("forty bytes that stand for a ciphertext.");
    memset(out, 0, sizeof *out);
    out->type = sample_types[i];
    out->request = 0x01020304;
    switch (out->type) {
    case WIRE_CHALLENGE:
        out->of.challenge = (struct wire_challenge){ 1, 3, base_slice_text("example.org"), { 4 }, 1700000000 };
        break;
    case WIRE_REFUSAL:
        out->of.refusal = (struct wire_refusal){ WIRE_REFUSED_TOO_OFTEN, 1500 };
        break;
    case WIRE_SIGNED_IN:
        out->of.signed_in.packages = base_slice(content.data, 2 * WIRE_PACKAGE_NAME_LEN);
        out->of.signed_in.last_resort = base_slice(content.data + 16, WIRE_PACKAGE_NAME_LEN);
        break;
    case WIRE_ACTIVATED:
        out->of.activated = (struct wire_activated){ "7K2M9QXA", 1, base_slice_text("Änni") };
        break;
    case WIRE_KEY_PACKAGES:
        out->of.key_packages = (struct wire_key_packages){ { 5 }, sample_devices() };
        break;
    case WIRE_APPENDED:
        out->of.appended.number = WIRE_MAX_NUMBER;
        break;
    case WIRE_ENTRIES:
        out->of.entries = (struct wire_entries){ { 8 }, WIRE_MORE | WIRE_ENDED, 6, sample_entries() };
        break;
    case WIRE_INBOX_ENTRIES:
        out->of.inbox_entries = (struct wire_inbox_entries){ WIRE_MORE, sample_entries() };
        break;
    case WIRE_SIGN_IN:
        out->of.sign_in = (struct wire_sign_in){ "7K2M9QXA", { 9 }, { 10 } };
        break;
    case WIRE_ACTIVATE:
        out->of.activate = (struct wire_activate){ base_slice_text("CODE"), { 11 }, { 12 }, { 13 }, { 14 }, { 15 } };
        break;
    case WIRE_PUT_KEY_PACKAGES:
        if (i != SAMPLE_EMPTY_PUT) {
            out->of.put_key_packages = (struct wire_put_key_packages){ 1, content, sample_packages(), 2 };
        }
        break;
    case WIRE_TAKE_KEY_PACKAGES:
        memcpy(out->of.take_key_packages.account, "7K2M9QXA", WIRE_ACCOUNT_LEN);
        break;
    case WIRE_CREATE_STREAM:
        out->of.create_stream = (struct wire_create_stream){ { 15 }, { 16 } };
        break;
    case WIRE_APPEND:
        out->of.append = (struct wire_append){ { 17 }, { 18 }, { 19 }, { 20 }, 86400, WIRE_KIND_MESSAGE,
                                               7,      { 32 }, 1,      0,      { 0 }, content };
        if (sample_types[i - 1] == WIRE_APPEND || i == SAMPLE_REPAIR) {
            out->of.append.after = 0;
            memset(out->of.append.previous, 0, WIRE_NONCE_LEN);
            out->of.append.wakes = 0;
            out->of.append.kind = WIRE_KIND_COMMIT;
            out->of.append.known_commit = 5;
            out->of.append.next_token_hash[3] = 21;
        }
        if (i == SAMPLE_REPAIR) {
            memset(out->of.append.previous, 0, WIRE_NONCE_LEN);
            out->of.append.wakes = 0;
            out->of.append.kind = WIRE_KIND_REPAIR;
            out->of.append.known_commit = 5;
        }
        break;
    case WIRE_DOOR:
        out->of.door.content = content;
        break;
    case WIRE_PUT_DOOR:
        out->of.put_door = (struct wire_put_door){ { 34 }, 35, 86400, content };
        break;
    case WIRE_GET_DOOR:
        out->of.get_door.door[0] = 33;
        break;
    case WIRE_READ:
        out->of.read = (struct wire_read){ { 22 }, { 23 }, 41, 1, 1700000000 };
        break;
    case WIRE_STOP:
        out->of.stop.stream[31] = 24;
        break;
    case WIRE_DELETE_ENTRY:
        out->of.delete_entry = (struct wire_delete_entry){ { 25 }, 42, { 26 } };
        break;
    case WIRE_INBOX_APPEND:
        out->of.inbox_append = (struct wire_inbox_append){ "7K2M9QXA", { 27 }, { 28 }, content };
        break;
    case WIRE_INBOX_READ:
        out->of.inbox_read = (struct wire_inbox_read){ 43, 1 };
        break;
    case WIRE_INBOX_DELETE:
        out->of.inbox_delete.last = 44;
        break;
    case WIRE_CREATE_BLOB:
        out->of.create_blob = (struct wire_create_blob){ { 29 }, 1 << 20, { 30 }, { 31 }, 3600 };
        break;
    case WIRE_DELETE_BLOB:
        out->of.delete_blob = (struct wire_delete_blob){ { 35 }, { 36 } };
        break;
    case WIRE_HOLD_BLOB:
        out->of.hold_blob = (struct wire_hold_blob){ { 41 }, 1 << 20, { 42 }, 3600 };
        break;
    case WIRE_SIGNAL:
        out->of.signal = (struct wire_signal){ { 32 }, { 33 }, content };
        break;
    case WIRE_SIGNALLED:
        out->of.signalled = (struct wire_signalled){ { 34 }, content };
        break;
    case WIRE_PUT_RECOVERY:
        out->of.put_recovery = (struct wire_put_recovery){ { 38 } };
        break;
    case WIRE_GET_IDENTITIES:
        out->of.get_identities.devices = base_slice_text("7K2M9QXA" SAMPLE_DEVICE_KEY "00000000" SAMPLE_DEVICE_KEY);
        break;
    case WIRE_IDENTITIES:
        out->of.identities.identities = sample_identities();
        break;
    case WIRE_DEVICES:
        out->of.devices = (struct wire_devices){ 2, { { 32 }, { 33 } } };
        break;
    case WIRE_LINK_CONTENT:
        out->of.link_content.content = content;
        break;
    case WIRE_CREATE_LINK:
        out->of.create_link = (struct wire_create_link){ { 34 }, content };
        break;
    case WIRE_TAKE_LINK:
        out->of.take_link = (struct wire_take_link){ base_slice_text("CODE"), { 35 } };
        break;
    case WIRE_REMOVE_DEVICE:
        out->of.remove_device.device[15] = 36;
        break;
    case WIRE_PUSH:
        out->of.push.key = i == SAMPLE_NO_PUSH ? base_slice(NULL, 0) : base_slice(push_key, sizeof push_key);
        break;
    case WIRE_PUT_PUSH:
        out->of.put_push.endpoint = base_slice_text("https://push.example.org/39");
        break;
    default:
        break;
    }
}

#endif
