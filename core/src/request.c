/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Requests and their answers.
 */
#include "request.h"

enum { DELAY_UNKNOWN = 60 * 1000, DELAY_DISK_FULL = 30 * 1000, DELAY_MIN = 500, DELAY_MAX = 3600 * 1000 };

base_result request_send(struct weibel_core *core, struct wire_frame *frame, request_fn answered, uint64_t a,
                         uint64_t b) {
    struct session *session = &core->session;
    session->next_request = session->next_request == UINT32_MAX ? 1 : session->next_request + 1;
    frame->request = session->next_request;
    BASE_TRY(out_frame(&core->out, frame));
    struct request *request = (struct request *)base_take(core->options.allocator, 1, sizeof *request);
    BASE_ENSURE(request != NULL, BASE_ERR_NO_MEMORY);
    *request = (struct request){ frame->request, answered, a, b, frame->type };
    base_result result = list_add(&session->requests, core->options.allocator, request);
    if (result != BASE_OK) {
        base_free(request);
    }
    return result;
}

base_result request_no_matter(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)core;
    (void)answer;
    (void)a;
    (void)b;
    return BASE_OK;
}

static uint8_t answer_to(uint8_t type) {
    switch (type) {
    case WIRE_SIGN_IN:
        return WIRE_SIGNED_IN;
    case WIRE_ACTIVATE:
        return WIRE_ACTIVATED;
    case WIRE_GET_DOOR:
        return WIRE_DOOR;
    case WIRE_TAKE_LINK:
        return WIRE_LINK_CONTENT;
    case WIRE_LIST_DEVICES:
        return WIRE_DEVICES;
    case WIRE_TAKE_KEY_PACKAGES:
        return WIRE_KEY_PACKAGES;
    case WIRE_GET_IDENTITIES:
        return WIRE_IDENTITIES;
    case WIRE_GET_PUSH:
        return WIRE_PUSH;
    case WIRE_APPEND:
    case WIRE_INBOX_APPEND:
        return WIRE_APPENDED;
    case WIRE_READ:
        return WIRE_ENTRIES;
    case WIRE_INBOX_READ:
        return WIRE_INBOX_ENTRIES;
    default:
        return WIRE_DONE;
    }
}

bool request_fits(const struct weibel_core *core, const struct wire_frame *answer) {
    const struct list *requests = &core->session.requests;
    for (size_t i = 0; i < requests->count; i++) {
        const struct request *request = (const struct request *)requests->items[i];
        if (request->number == answer->request) {
            return answer->type == WIRE_REFUSAL || answer->type == answer_to(request->type);
        }
    }
    return true;
}

base_result request_answer(struct weibel_core *core, const struct wire_frame *answer) {
    struct list *requests = &core->session.requests;
    for (size_t i = 0; i < requests->count; i++) {
        if (((const struct request *)requests->items[i])->number == answer->request) {
            struct request *request = (struct request *)list_take(requests, i);
            struct request copy = *request;
            base_free(request);
            return copy.answered(core, answer, copy.a, copy.b);
        }
    }
    return BASE_OK;
}

void request_forget_all(struct weibel_core *core) {
    list_free(&core->session.requests, base_free);
}

uint64_t request_delay(const struct wire_refusal *refusal) {
    uint64_t delay = refusal->code == WIRE_REFUSED_TOO_OFTEN || refusal->code == WIRE_REFUSED_UNAVAILABLE
                         ? refusal->argument
                     : refusal->code == WIRE_REFUSED_DISK_FULL ? DELAY_DISK_FULL
                                                               : DELAY_UNKNOWN;
    return delay < DELAY_MIN ? DELAY_MIN : delay > DELAY_MAX ? DELAY_MAX : delay;
}

bool request_passes(const struct wire_refusal *refusal) {
    return refusal->code == WIRE_REFUSED_TOO_OFTEN || refusal->code == WIRE_REFUSED_UNAVAILABLE ||
           refusal->code == WIRE_REFUSED_DISK_FULL;
}
