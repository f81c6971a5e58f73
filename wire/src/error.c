/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Errors of this library, and the words for refusals.
 */
#include "wire/id.h"
#include "wire/link.h"
#include "wire/wire.h"

BASE_DEFINE_ERROR(WIRE_ERR_VERSION, BASE_PEER, "docs/protocol.md, Frames",
                  "The frame has a version that is not spoken here");
BASE_DEFINE_ERROR(WIRE_ERR_TYPE, BASE_PEER, "docs/protocol.md, Frames", "The frame has a type that is not known here");
BASE_DEFINE_ERROR(WIRE_ERR_FIELD, BASE_PEER, "docs/protocol.md, Frames", "A field of the frame is outside its bounds");
BASE_DEFINE_ERROR(WIRE_ERR_ID, BASE_USAGE, "docs/protocol.md, Accounts",
                  "This is no account's ID: a character is missing, too many or mistyped");
BASE_DEFINE_ERROR(WIRE_ERR_DOMAIN, BASE_USAGE, "RFC 1123 §2.1", "This is no domain name");
BASE_DEFINE_ERROR(WIRE_ERR_LINK, BASE_USAGE, "docs/protocol.md, Activation",
                  "This is no activation link: it looks like https://example.org/#activate=CODE or …/#link=CODE");

const char *wire_refusal_name(uint16_t code) {
    static const char *const names[] = {
        [WIRE_REFUSED_MALFORMED] = "malformed",
        [WIRE_REFUSED_VERSION] = "version",
        [WIRE_REFUSED_NOT_SIGNED_IN] = "not_signed_in",
        [WIRE_REFUSED_SIGN_IN] = "sign_in",
        [WIRE_REFUSED_LINK_UNKNOWN] = "link_unknown",
        [WIRE_REFUSED_LINK_USED] = "link_used",
        [WIRE_REFUSED_LINK_EXPIRED] = "link_expired",
        [WIRE_REFUSED_NO_ACCOUNT] = "no_account",
        [WIRE_REFUSED_NO_KEY_PACKAGE] = "no_key_package",
        [WIRE_REFUSED_NO_STREAM] = "no_stream",
        [WIRE_REFUSED_EPOCH_MOVED] = "epoch_moved",
        [WIRE_REFUSED_STREAM_EXISTS] = "stream_exists",
        [WIRE_REFUSED_TOO_LARGE] = "too_large",
        [WIRE_REFUSED_FULL] = "full",
        [WIRE_REFUSED_TOO_OFTEN] = "too_often",
        [WIRE_REFUSED_DISK_FULL] = "disk_full",
        [WIRE_REFUSED_NO_ENTRY] = "no_entry",
        [WIRE_REFUSED_BLOB_EXISTS] = "blob_exists",
        [WIRE_REFUSED_UNAVAILABLE] = "unavailable",
        [WIRE_REFUSED_UNKNOWN_TYPE] = "unknown_type",
        [WIRE_REFUSED_REMOVED] = "removed",
        [WIRE_REFUSED_NO_DEVICE] = "no_device",
        [WIRE_REFUSED_DEVICES] = "devices",
        [WIRE_REFUSED_OWN_DEVICE] = "own_device",
        [WIRE_REFUSED_EPOCH_USED] = "epoch_used",
        [WIRE_REFUSED_NO_DOOR] = "no_door",
        [WIRE_REFUSED_ELSEWHERE] = "elsewhere",
        [WIRE_REFUSED_OUT_OF_ORDER] = "out_of_order",
        [WIRE_REFUSED_BEHIND] = "behind",
        [WIRE_REFUSED_PUSH_SERVICE] = "push_service",
        [WIRE_REFUSED_REWOUND] = "rewound",
    };
    if (code >= sizeof names / sizeof names[0] || names[code] == NULL) {
        return "unknown";
    }
    return names[code];
}
