/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Safety numbers.
 */
#include "safety.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "contact.h"

enum { GROUP_DIGITS = 5, GROUP_BYTES = 5, GROUPS = SAFETY_HALF_DIGITS / GROUP_DIGITS };

static const char label[] = "weibel 1 safety number";
static const char code_prefix[] = "WEIBEL:1:";

static void half(const uint8_t identity_key[WIRE_KEY_LEN], const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain,
                 char out[SAFETY_HALF_DIGITS + 1]) {
    uint8_t hash[WIRE_KEY_LEN];
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    (void)crypto_generichash_update(&state, (const uint8_t *)label, sizeof label);
    (void)crypto_generichash_update(&state, identity_key, WIRE_KEY_LEN);
    (void)crypto_generichash_update(&state, id, WIRE_ACCOUNT_LEN);
    (void)crypto_generichash_update(&state, (const uint8_t *)domain, strlen(domain));
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    for (size_t i = 0; i < GROUPS; i++) {
        uint64_t number = 0;
        for (size_t k = 0; k < GROUP_BYTES; k++) {
            number = number << 8 | hash[i * GROUP_BYTES + k];
        }
        (void)snprintf(out + i * GROUP_DIGITS, GROUP_DIGITS + 1, "%05u", (unsigned)(number % 100000));
    }
}

static void digits(const struct weibel_core *core, const struct contact *contact, char out[SAFETY_DIGITS + 1]) {
    char own[SAFETY_HALF_DIGITS + 1], other[SAFETY_HALF_DIGITS + 1];
    half(core->account.identity_key, core->account.id, core->account.domain, own);
    half(contact->identity_key, contact->id, contact->domain, other);
    bool own_first = strcmp(own, other) < 0;
    (void)snprintf(out, SAFETY_DIGITS + 1, "%s%s", own_first ? own : other, own_first ? other : own);
}

void safety_number(const struct weibel_core *core, const struct contact *contact, char out[SAFETY_TEXT_LEN + 1]) {
    char plain[SAFETY_DIGITS + 1];
    size_t len = 0;
    digits(core, contact, plain);
    for (size_t i = 0; i < SAFETY_DIGITS; i++) {
        if (i > 0 && i % GROUP_DIGITS == 0) {
            out[len++] = ' ';
        }
        out[len++] = plain[i];
    }
    out[len] = 0;
}

static char capital(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

/* Up to and with the colon before the digits. */
static size_t write_head(const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain, char out[SAFETY_MAX_CODE + 1]) {
    struct wire_address address = { .domain = "" };
    char text[WIRE_MAX_ADDRESS + 1];
    memcpy(address.account, id, WIRE_ACCOUNT_LEN);
    (void)snprintf(address.domain, sizeof address.domain, "%s", domain);
    wire_address_format(&address, text);
    size_t len = (size_t)snprintf(out, SAFETY_MAX_CODE + 1, "%s%s:", code_prefix, text);
    for (size_t i = 0; i < len; i++) {
        out[i] = out[i] == '@' ? '/' : capital(out[i]); /* QR's alphanumeric mode has no @ */
    }
    return len;
}

void safety_code(const struct weibel_core *core, const struct contact *contact, char out[SAFETY_MAX_CODE + 1]) {
    size_t len = write_head(core->account.id, core->account.domain, out);
    digits(core, contact, out + len);
}

void safety_own_code(const struct weibel_core *core, char out[SAFETY_MAX_CODE + 1]) {
    size_t len = write_head(core->account.id, core->account.domain, out);
    half(core->account.identity_key, core->account.id, core->account.domain, out + len);
}

/* The code without what is between the groups of digits. False: too long. */
static bool squeeze(struct base_slice code, char out[SAFETY_MAX_CODE + 1]) {
    size_t len = 0;
    for (size_t i = 0; i < code.len; i++) {
        char c = capital((char)code.data[i]);
        bool in_number = len == 0 || (out[0] >= '0' && out[0] <= '9');
        bool between = c == ' ' || c == '\t' || c == '\n' || c == '\r' || (c == '-' && in_number);
        if (between) {
            continue;
        }
        if (c == 0 || len == SAFETY_MAX_CODE) {
            return false;
        }
        out[len++] = c;
    }
    out[len] = 0;
    return true;
}

enum safety_verdict safety_compare(const struct weibel_core *core, const struct contact *contact,
                                   struct base_slice code) {
    char given[SAFETY_MAX_CODE + 1], head[SAFETY_MAX_CODE + 1], expected[SAFETY_DIGITS + 1];
    if (!squeeze(code, given)) {
        return SAFETY_MALFORMED;
    }
    const char *number = given;
    bool coded = strncmp(given, code_prefix, sizeof code_prefix - 1) == 0;
    if (coded) {
        size_t len = write_head(contact->id, contact->domain, head);
        if (strncmp(given, head, len) != 0) {
            return SAFETY_OTHER;
        }
        number = given + len;
    }
    size_t count = strlen(number);
    if (strspn(number, "0123456789") != count ||
        (count != SAFETY_DIGITS &&
         !(coded && count == SAFETY_HALF_DIGITS))) { /* read aloud, all of them are compared */
        return SAFETY_MALFORMED;
    }
    if (count == SAFETY_DIGITS) {
        digits(core, contact, expected);
    } else {
        half(contact->identity_key, contact->id, contact->domain, expected);
    }
    return base_equal_secret(number, expected, count) ? SAFETY_SAME : SAFETY_DIFFERENT;
}
