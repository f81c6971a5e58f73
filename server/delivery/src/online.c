/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which sessions are of which account: so that a device that is removed is gone at once, also if its sign-in is still
 * being looked up.
 */
#include <string.h>

#include "state.h"

/* IDs are drawn by the server. */
static size_t place_of(const uint8_t account[WIRE_ACCOUNT_LEN]) {
    uint64_t value = 0;
    memcpy(&value, account, sizeof value);
    return (size_t)(value * 0x9e3779b97f4a7c15 >> 32) % ONLINE_SLOTS;
}

static struct delivery_session **slot_of(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN]) {
    return &delivery->online[place_of(account)];
}

void online_leave(struct delivery_session *session) {
    if (!session->listed) {
        return;
    }
    struct delivery_session **slot = slot_of(session->delivery, session->account);
    if (session->previous_of_slot == NULL) {
        *slot = session->next_of_slot;
    } else {
        session->previous_of_slot->next_of_slot = session->next_of_slot;
    }
    if (session->next_of_slot != NULL) {
        session->next_of_slot->previous_of_slot = session->previous_of_slot;
    }
    session->previous_of_slot = session->next_of_slot = NULL;
    session->listed = false;
}

void online_enter(struct delivery_session *session, const uint8_t account[WIRE_ACCOUNT_LEN],
                  const uint8_t device[WIRE_DEVICE_LEN]) {
    online_leave(session);
    memcpy(session->account, account, WIRE_ACCOUNT_LEN);
    memcpy(session->device, device, WIRE_DEVICE_LEN);
    struct delivery_session **slot = slot_of(session->delivery, session->account);
    session->next_of_slot = *slot;
    if (*slot != NULL) {
        (*slot)->previous_of_slot = session;
    }
    *slot = session;
    session->listed = true;
}

/* The sessions of one device, but for `but`. */
static void end_all(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                    const uint8_t device[WIRE_DEVICE_LEN], const struct delivery_session *but, uint16_t code) {
    for (struct delivery_session *session = *slot_of(delivery, account); session != NULL;
         session = session->next_of_slot) {
        bool meant = (but == NULL || session != but) && memcmp(session->account, account, WIRE_ACCOUNT_LEN) == 0 &&
                     memcmp(session->device, device, WIRE_DEVICE_LEN) == 0;
        if (meant && !session->ended && (session->signed_in || but == NULL)) {
            session_refuse(session, 0, code, 0);
            session_end(session);
        }
    }
}

bool online_has(const struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                const uint8_t device[WIRE_DEVICE_LEN]) {
    for (const struct delivery_session *session = delivery->online[place_of(account)]; session != NULL;
         session = session->next_of_slot) {
        if (session->signed_in && !session->ended && memcmp(session->account, account, WIRE_ACCOUNT_LEN) == 0 &&
            memcmp(session->device, device, WIRE_DEVICE_LEN) == 0) {
            return true;
        }
    }
    return false;
}

void online_end(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                const uint8_t device[WIRE_DEVICE_LEN]) {
    end_all(delivery, account, device, NULL, WIRE_REFUSED_REMOVED);
}

void online_alone(struct delivery_session *session) {
    end_all(session->delivery, session->account, session->device, session, WIRE_REFUSED_ELSEWHERE);
}

void online_each(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                 void (*call)(struct delivery_session *session)) {
    struct delivery_session *next = NULL;
    for (struct delivery_session *session = *slot_of(delivery, account); session != NULL; session = next) {
        next = session->next_of_slot;
        if (session->signed_in && !session->ended && memcmp(session->account, account, WIRE_ACCOUNT_LEN) == 0) {
            call(session);
        }
    }
}

static void rechecked(struct store_op *op) {
    struct delivery_session *session = op->user;
    bool gone = !store_succeeded(op) && (op->answer.of.refusal.code == WIRE_REFUSED_REMOVED ||
                                         op->answer.of.refusal.code == WIRE_REFUSED_SIGN_IN);
    if (gone && session->connection != NULL && !session->ended) {
        session_refuse(session, 0, WIRE_REFUSED_REMOVED, 0);
        session_end(session);
        request_tell_devices(session->delivery, session->account);
    }
    session_release(session, op);
}

static void recheck(struct delivery_session *session) {
    struct store_op *op = store_op_new(session->delivery->options.allocator, STORE_FIND_DEVICE);
    if (op == NULL) {
        return;
    }
    memcpy(op->ask.of.sign_in.account, session->account, WIRE_ACCOUNT_LEN);
    memcpy(op->ask.of.sign_in.device, session->device, WIRE_DEVICE_LEN);
    op->done = rechecked;
    session_submit(session, op);
}

void online_recheck(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN]) {
    online_each(delivery, account, recheck);
}

void delivery_recheck(struct delivery *delivery) {
    for (size_t i = 0; i < ONLINE_SLOTS; i++) {
        struct delivery_session *next = NULL;
        for (struct delivery_session *session = delivery->online[i]; session != NULL; session = next) {
            next = session->next_of_slot;
            if (session->signed_in && !session->ended) {
                recheck(session);
            }
        }
    }
}
