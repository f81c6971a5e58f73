/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Leaves.
 */
#include "leaf.h"

#include <string.h>

#include "account.h"
#include "group.h"

/* What every device of Weibel can do. */
static const uint16_t known_extensions[] = { MLS_EXTENSION_LAST_RESORT, GROUP_CHAT_EXTENSION, GROUP_PICTURE_EXTENSION,
                                             LEAF_EXTENSION };

struct leaf_note leaf_note_of(const struct mls_member *member) {
    struct base_reader reader = base_reader(member->extensions);
    struct mls_extension extension;
    while (reader.left > 0 && mls_extension_next(&reader, &extension) == BASE_OK) {
        struct leaf_note note;
        struct base_reader inside = base_reader(extension.data);
        if (extension.type == LEAF_EXTENSION && base_read_u64(&inside, &note.made_at) == BASE_OK &&
            base_read_opaque_max(&inside, WIRE_STREAM_LEN, &note.stream) == BASE_OK && inside.left == 0) {
            return note;
        }
    }
    return (struct leaf_note){ 0 };
}

uint64_t leaf_made_at(const struct mls_group *mls) {
    struct mls_member own;
    return mls_group_member(mls, mls_group_own_leaf(mls), &own) ? leaf_note_of(&own).made_at : 0;
}

bool leaf_is_same_key(const struct mls_member *before, const struct mls_member *after) {
    return base_slice_equal(before->signature_key, after->signature_key);
}

bool leaf_is_wish(const struct mls_member *before, const struct mls_member *after, struct base_slice stream) {
    struct leaf_note old = leaf_note_of(before), wish = leaf_note_of(after);
    return leaf_is_same_key(before, after) && wish.stream.len > 0 && base_slice_equal(wish.stream, stream) &&
           wish.made_at > old.made_at;
}

void leaf_free(struct leaf *leaf) {
    base_bytes_free(&leaf->credential);
}

base_result leaf_make(struct weibel_core *core, const uint8_t *stream, uint64_t after, struct leaf *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, LEAF_NOTE_MAX);
    uint64_t now = state_now(core);
    BASE_TRY(account_credential(core, &out->credential));
    base_write_u64(&writer, now > after ? now : after + 1);
    base_write_opaque(&writer, base_slice(stream, stream == NULL ? 0 : WIRE_STREAM_LEN));
    struct base_slice note = base_writer_view(&writer);
    BASE_ENSURE(note.len > 0 && note.len <= sizeof out->note, BASE_ERR_NO_MEMORY);
    memcpy(out->note, note.data, note.len);
    out->extension = (struct mls_extension){ LEAF_EXTENSION, base_slice(out->note, note.len) };
    out->identity = (struct mls_identity){
        .credential = { MLS_CREDENTIAL_BASIC, base_borrow(&out->credential) },
        .signature_key = &core->account.device_key,
        .abilities = { .extensions = { known_extensions, sizeof known_extensions / sizeof *known_extensions } },
        .extensions = &out->extension,
        .extension_count = 1,
    };
    return BASE_OK;
}
