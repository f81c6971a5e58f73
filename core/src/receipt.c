/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Receipts.
 */
#include "receipt.h"

#include "chat.h"
#include "contact.h"
#include "field.h"
#include "group.h"
#include "json.h"
#include "roster.h"

base_result receipt_audience(const struct weibel_core *core, const struct group *group, uint32_t *out) {
    size_t accounts;
    *out = 0;
    if (mls_group_member_count(group->mls) > MESSAGE_MAX_RECEIPTS * WIRE_MAX_DEVICES) {
        return BASE_OK; /* so large a group need not be counted */
    }
    BASE_TRY(group_account_count(core, group, &accounts));
    *out = accounts > 0 && accounts <= MESSAGE_MAX_RECEIPTS ? (uint32_t)accounts - 1 : 0;
    return BASE_OK;
}

static base_result find(struct weibel_core *core, struct message *message, uint64_t from, struct receipt **out) {
    *out = NULL;
    for (uint32_t i = 0; i < message->receipt_count; i++) {
        if (message->receipts[i].from == from) {
            *out = &message->receipts[i];
            return BASE_OK;
        }
    }
    if (message->receipt_count >= message->audience) {
        return BASE_OK; /* somebody who came later */
    }
    if (message->receipts == NULL) {
        message->receipts =
            (struct receipt *)base_take(core->options.allocator, MESSAGE_MAX_RECEIPTS, sizeof *message->receipts);
        BASE_ENSURE(message->receipts != NULL, BASE_ERR_NO_MEMORY);
    }
    *out = &message->receipts[message->receipt_count++];
    **out = (struct receipt){ .from = from };
    return BASE_OK;
}

base_result receipt_add(struct weibel_core *core, struct message *message, uint64_t from, bool read, uint64_t at,
                        bool *changed) {
    struct receipt *receipt;
    *changed = false;
    BASE_TRY(find(core, message, from, &receipt));
    if (receipt == NULL) {
        return BASE_OK;
    }
    uint64_t now = state_now(core);
    at = at > now || at == 0 ? now : at;
    if (receipt->delivered_at == 0) {
        receipt->delivered_at = at;
        *changed = true;
    }
    if (read && receipt->read_at == 0) {
        receipt->read_at = at;
        *changed = true;
    }
    return BASE_OK;
}

struct counts {
    uint32_t delivered, read, of;
};

static struct counts count_all(const struct message *message) {
    struct counts counts = { message->receipt_count, 0, message->audience };
    for (uint32_t i = 0; i < message->receipt_count; i++) {
        counts.read += message->receipts[i].read_at != 0 ? 1 : 0;
    }
    return counts;
}

/* Who has left the group since then is not waited for. */
static struct counts count(const struct weibel_core *core, const struct message *message) {
    struct counts all = count_all(message);
    const struct chat *chat = chat_at(core, message->chat);
    const struct group *group = chat == NULL || chat->kind != CHAT_GROUP ? NULL : chat_writing_group(chat);
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    if (group == NULL || all.read >= all.of ||
        roster_make(core->options.allocator, group->mls, NULL, &roster) != BASE_OK) {
        return all;
    }
    struct counts here = { 0, 0, all.of };
    for (uint32_t i = 0; i < message->receipt_count; i++) {
        const struct receipt *receipt = &message->receipts[i];
        const struct contact *contact = contact_at(core, receipt->from);
        bool member = contact != NULL && roster_find(&roster, contact->id, base_slice_text(contact->domain)) != NULL;
        here.delivered += member ? 1 : 0;
        here.read += member && receipt->read_at != 0 ? 1 : 0;
        here.of -= member ? 0 : 1;
    }
    uint32_t others = (uint32_t)roster_accounts(&roster) - 1;
    here.of = others < here.of ? others : here.of;
    return here;
}

const char *receipt_state(const struct weibel_core *core, const struct message *message) {
    struct counts counts = count(core, message);
    return message->audience == 0          ? "sent"
           : counts.read >= counts.of      ? "read"
           : counts.delivered >= counts.of ? "delivered"
                                           : "sent";
}

void receipt_write(struct base_writer *writer, const struct message *message) {
    base_write_u32(writer, message->audience);
    base_write_u32(writer, message->receipt_count);
    for (uint32_t i = 0; i < message->receipt_count; i++) {
        base_write_u64(writer, message->receipts[i].from);
        base_write_u64(writer, message->receipts[i].delivered_at);
        base_write_u64(writer, message->receipts[i].read_at);
    }
}

base_result receipt_read(const struct weibel_core *core, struct base_reader *reader, struct message *out) {
    uint32_t receipts;
    BASE_TRY(base_read_u32(reader, &out->audience));
    BASE_TRY(base_read_u32(reader, &receipts));
    BASE_ENSURE(receipts <= MESSAGE_MAX_RECEIPTS && receipts <= out->audience, BASE_ERR_VALUE);
    if (receipts == 0) {
        return BASE_OK;
    }
    out->receipts = (struct receipt *)base_take(core->options.allocator, MESSAGE_MAX_RECEIPTS, sizeof *out->receipts);
    BASE_ENSURE(out->receipts != NULL, BASE_ERR_NO_MEMORY);
    for (; out->receipt_count < receipts; out->receipt_count++) {
        struct receipt *receipt = &out->receipts[out->receipt_count];
        BASE_TRY(base_read_u64(reader, &receipt->from));
        BASE_TRY(base_read_u64(reader, &receipt->delivered_at));
        BASE_TRY(base_read_u64(reader, &receipt->read_at));
    }
    return BASE_OK;
}

void receipt_json(const struct weibel_core *core, struct base_writer *writer, const struct message *message) {
    if (message->audience == 0) {
        return;
    }
    struct counts counts = count(core, message);
    json_name(writer, "receipts");
    json_object(writer);
    json_put_number(writer, "delivered", counts.delivered);
    json_put_number(writer, "read", counts.read);
    json_put_number(writer, "of", counts.of);
    json_object_end(writer);
}

void receipt_json_members(const struct weibel_core *core, struct base_writer *writer, const struct message *message) {
    json_name(writer, "members");
    json_array(writer);
    for (uint32_t i = 0; i < message->receipt_count; i++) {
        const struct receipt *receipt = &message->receipts[i];
        char text[WIRE_MAX_ADDRESS + 1];
        const struct contact *contact = contact_at(core, receipt->from);
        if (contact == NULL) {
            continue;
        }
        json_object(writer);
        contact_text(core, contact, text);
        json_put_string(writer, "id", text);
        json_put_number(writer, "delivered_at", receipt->delivered_at);
        if (receipt->read_at != 0) {
            json_put_number(writer, "read_at", receipt->read_at);
        }
        json_object_end(writer);
    }
    json_array_end(writer);
}
