/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Methods about contacts.
 */
#include "contact.h"
#include "event.h"
#include "held.h"
#include "json.h"
#include "rpc.h"
#include "safety.h"
#include "vouch.h"

static base_result answer(struct weibel_core *core, struct call *call, const struct contact *contact) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    contact_json(core, &line, contact);
    return event_answer_end(core, call, &line);
}

base_result rpc_contact_list(struct weibel_core *core, struct call *call, const cJSON *params) {
    (void)params;
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    json_name(&line, "contacts");
    json_array(&line);
    for (size_t i = 0; i < core->contacts.count; i++) {
        const struct contact *contact = (const struct contact *)core->contacts.items[i];
        if (contact_is_shown(contact)) {
            contact_json(core, &line, contact);
        }
    }
    json_array_end(&line);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

/* The name in the request, if there is one. `good` false: the call was answered. */
static base_result take_name(struct weibel_core *core, struct call *call, const cJSON *params, struct base_slice *name,
                             bool *good) {
    *name = json_get_text(params, "name");
    *good = name->len <= WIRE_MAX_NAME && wire_text_valid(*name);
    return *good ? BASE_OK
                 : rpc_refuse(core, call, TROUBLE_USAGE, "too_long", "a name can have %d bytes of UTF-8, in one line",
                              WIRE_MAX_NAME);
}

static base_result find(struct weibel_core *core, struct call *call, const cJSON *params, struct contact **out) {
    return rpc_find_contact(core, call, json_get_text(params, "id"), out);
}

static base_result refuse_absent(struct weibel_core *core, struct call *call) {
    return rpc_refuse(core, call, TROUBLE_REFUSED, "no_account", "no account has this ID");
}

base_result rpc_contact_add(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct contact *contact;
    struct base_slice name;
    bool good;
    BASE_TRY(take_name(core, call, params, &name, &good));
    if (!good) {
        return BASE_OK;
    }
    BASE_TRY(find(core, call, params, &contact));
    if (contact == NULL) {
        return BASE_OK;
    }
    if (!contact->listed && !contact->vouched && contact->absent) {
        return refuse_absent(core, call);
    }
    if (!contact->listed && !contact->vouched && vouch_is_asked(core)) {
        return vouch_then(core, contact, call, params, rpc_contact_add);
    }
    BASE_TRY(contact_list(core, contact));
    if (name.data != NULL) {
        BASE_TRY(contact_name(core, contact, name));
    }
    return answer(core, call, contact);
}

base_result rpc_contact_set(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct contact *contact;
    struct base_slice name;
    bool good;
    const cJSON *blocked = cJSON_GetObjectItemCaseSensitive(params, "blocked");
    if (blocked != NULL && !cJSON_IsBool(blocked)) {
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params", "blocked must be true or false");
    }
    BASE_TRY(take_name(core, call, params, &name, &good));
    if (!good) {
        return BASE_OK;
    }
    BASE_TRY(find(core, call, params, &contact));
    if (contact == NULL) {
        return BASE_OK;
    }
    if (blocked != NULL) {
        BASE_TRY(contact_block(core, contact, cJSON_IsTrue(blocked)));
    }
    if (name.data != NULL) {
        BASE_TRY(contact_name(core, contact, name));
    }
    return answer(core, call, contact);
}

/* Out of the list, with what waits for his key to be accepted. NULL: the call was answered. */
static base_result dismiss(struct weibel_core *core, struct call *call, const cJSON *params, struct contact **out) {
    BASE_TRY(find(core, call, params, out));
    if (*out == NULL) {
        return BASE_OK;
    }
    BASE_TRY(held_drop(core, *out));
    return contact_unlist(core, *out);
}

base_result rpc_contact_remove(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct contact *contact;
    BASE_TRY(dismiss(core, call, params, &contact));
    if (contact == NULL) {
        return BASE_OK;
    }
    return rpc_answer_empty(core, call);
}

/* A contact whose identity key is known, and not in doubt. NULL: the call was answered, or `handler` gets it again. */
static base_result find_known(struct weibel_core *core, struct call *call, const cJSON *params, rpc_handler handler,
                              struct contact **out) {
    BASE_TRY(find(core, call, params, out));
    struct contact *contact = *out;
    if (contact == NULL || (contact->vouched && !contact->changed)) {
        return BASE_OK;
    }
    *out = NULL;
    if (contact->changed) {
        return rpc_refuse(core, call, TROUBLE_REFUSED, "identity_changed",
                          "the server says that the identity key is another one now; accept it first");
    }
    if (contact->absent) {
        return refuse_absent(core, call);
    }
    return vouch_then(core, contact, call, params, handler);
}

base_result rpc_contact_safety(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct contact *contact;
    BASE_TRY(find_known(core, call, params, rpc_contact_safety, &contact));
    if (contact == NULL) {
        return BASE_OK;
    }
    char number[SAFETY_TEXT_LEN + 1], code[SAFETY_MAX_CODE + 1];
    safety_number(core, contact, number);
    safety_code(core, contact, code);
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    json_put_string(&line, "safety", number);
    json_put_string(&line, "code", code);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

base_result rpc_contact_verify(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct contact *contact;
    BASE_TRY(find_known(core, call, params, rpc_contact_verify, &contact));
    if (contact == NULL) {
        return BASE_OK;
    }
    switch (safety_compare(core, contact, json_get_text(params, "code"))) {
    case SAFETY_SAME:
        BASE_TRY(contact_verified(core, contact));
        return answer(core, call, contact);
    case SAFETY_DIFFERENT:
        return rpc_refuse(core, call, TROUBLE_REFUSED, "mismatch",
                          "the safety numbers differ: somebody may sit between the two of you");
    case SAFETY_OTHER:
        return rpc_refuse(core, call, TROUBLE_REFUSED, "mismatch", "this is the code of another account");
    default:
        return rpc_refuse(core, call, TROUBLE_PARAMS, "params",
                          "a safety number has %d digits; a code begins with WEIBEL:1:", SAFETY_DIGITS);
    }
}

static base_result accepted(struct weibel_core *core, struct read *read) {
    return answer(core, &read->call, contact_at(core, (uint64_t)read->index));
}

base_result rpc_contact_accept(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct contact *contact;
    BASE_TRY(find(core, call, params, &contact));
    if (contact == NULL) {
        return BASE_OK;
    }
    if (contact->changed) {
        BASE_TRY(vouch_accept(core, contact));
        return held_open(core, contact, call, accepted);
    }
    BASE_TRY(contact_list(core, contact));
    return answer(core, call, contact);
}

base_result rpc_contact_reject(struct weibel_core *core, struct call *call, const cJSON *params) {
    struct contact *contact;
    BASE_TRY(dismiss(core, call, params, &contact));
    if (contact == NULL) {
        return BASE_OK;
    }
    BASE_TRY(contact_block(core, contact, true));
    return answer(core, call, contact);
}

base_result rpc_check_peer(struct weibel_core *core, struct call *call, struct contact *peer, bool *good) {
    *good = peer == NULL || (!peer->changed && !peer->blocked);
    if (*good) {
        return peer == NULL || peer->listed ? BASE_OK : contact_list(core, peer);
    }
    return peer->changed ? rpc_refuse(core, call, TROUBLE_REFUSED, "identity_changed",
                                      "the server says that the identity key is another one now; nothing is sent "
                                      "before you accept it")
                         : rpc_refuse(core, call, TROUBLE_USAGE, "blocked", "you have blocked this contact");
}
