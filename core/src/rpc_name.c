/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What people call accounts and chats.
 */
#include <string.h>

#include "chat.h"
#include "contact.h"
#include "rpc.h"
#include "sync.h"

bool rpc_is_self(const struct weibel_core *core, struct base_slice text) {
    struct wire_address address;
    return wire_address_parse(text, &address) == BASE_OK &&
           memcmp(address.account, core->account.id, WIRE_ACCOUNT_LEN) == 0 &&
           (address.domain[0] == 0 || strcmp(address.domain, core->account.domain) == 0);
}

base_result rpc_find_contact(struct weibel_core *core, struct call *call, struct base_slice text,
                             struct contact **out) {
    struct wire_address address;
    *out = NULL;
    if (wire_address_parse(text, &address) != BASE_OK) {
        return rpc_refuse(core, call, TROUBLE_REFUSED, "no_account",
                          "%.*s is not an ID; IDs look like 7K2M-9QXA, and this one may be mistyped",
                          (int)(text.len < 64 ? text.len : 64), text.len == 0 ? "" : (const char *)text.data);
    }
    if (rpc_is_self(core, text)) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "self", "this is your own ID");
    }
    if (address.domain[0] != 0 && strcmp(address.domain, core->account.domain) != 0) {
        return rpc_refuse(core, call, TROUBLE_REFUSED, "no_account", "accounts of %s can't be reached from %s yet",
                          address.domain, core->account.domain);
    }
    return contact_get(core, address.account, address.domain, out);
}

/* "g3" */
static bool read_number(struct base_slice text, uint64_t *number) {
    *number = 0;
    if (text.len < 2 || text.len > 12 || (text.data[0] != 'g' && text.data[0] != 'G')) {
        return false;
    }
    for (size_t i = 1; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        *number = *number * 10 + (uint64_t)(text.data[i] - '0');
    }
    return true;
}

static struct chat *by_number(const struct weibel_core *core, struct base_slice text) {
    uint64_t number;
    struct chat *chat = read_number(text, &number) ? chat_at(core, number) : NULL;
    return chat != NULL && chat->kind == CHAT_GROUP ? chat : NULL;
}

/* Others choose the names of groups: one that looks like an ID or a number must not receive what was meant for that. */
static bool may_be_name(struct base_slice text) {
    struct wire_address address;
    uint64_t number;
    return !read_number(text, &number) && wire_address_parse(text, &address) != BASE_OK;
}

static struct chat *by_name(const struct weibel_core *core, struct base_slice text, size_t *count) {
    struct chat *found = NULL;
    *count = 0;
    if (!may_be_name(text)) {
        return NULL;
    }
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->kind == CHAT_GROUP && base_slice_equal(base_slice_text(chat->name), text)) {
            found = chat;
            (*count)++;
        }
    }
    return found;
}

static struct chat *by_peer(const struct weibel_core *core, struct base_slice text) {
    struct wire_address address;
    if (wire_address_parse(text, &address) != BASE_OK) {
        return NULL;
    }
    const struct contact *contact = contact_find(core, address.account, address.domain);
    return contact == NULL ? NULL : chat_with(core, contact->number);
}

base_result rpc_find_chat(struct weibel_core *core, struct call *call, struct base_slice text, struct chat **out) {
    size_t count;
    *out = by_number(core, text);
    if (*out == NULL) {
        *out = by_peer(core, text);
    }
    if (*out != NULL) {
        return BASE_OK;
    }
    struct chat *named = by_name(core, text, &count);
    if (count > 1) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "ambiguous_chat",
                          "%zu groups have this name; take the one you mean from the list of chats", count);
    }
    *out = named;
    return named != NULL ? BASE_OK : rpc_refuse(core, call, TROUBLE_USAGE, "unknown_chat", "there is no such chat");
}

base_result rpc_find_recipient(struct weibel_core *core, struct call *call, struct base_slice text, struct chat **out) {
    size_t count;
    *out = by_number(core, text);
    if (*out == NULL) {
        *out = by_peer(core, text);
    }
    struct wire_address address;
    if (*out != NULL) {
        return BASE_OK;
    }
    if (by_name(core, text, &count) != NULL || wire_address_parse(text, &address) != BASE_OK) {
        return count > 0 ? rpc_find_chat(core, call, text, out)
                         : rpc_refuse(core, call, TROUBLE_REFUSED, "no_account",
                                      "there is no such chat, and this is not an ID; IDs look like 7K2M-9QXA, and a "
                                      "mistyped one is noticed");
    }
    struct contact *contact;
    BASE_TRY(rpc_find_contact(core, call, text, &contact));
    bool good = false;
    BASE_TRY(contact == NULL ? BASE_OK : rpc_check_peer(core, call, contact, &good));
    if (!good) {
        return BASE_OK;
    }
    BASE_TRY(chat_new(core, CHAT_DIRECT, out));
    (*out)->peer = contact->number;
    (*out)->announce = true;
    return sync_chat_made(core, *out); /* another device may have it, and have set something for it */
}
