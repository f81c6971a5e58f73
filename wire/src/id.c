/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Account IDs: alphabet, check character, and the lenient reading of what people type.
 */
#include "wire/id.h"

#include <string.h>

static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum {
    BITS = 5,
    FIELD_POLYNOMIAL = 0x25, /* x⁵ + x² + 1, primitive over GF(2) */
    CHECK = WIRE_ACCOUNT_LEN - 1,
    GROUP = 4, /* characters before the hyphen */
};

static int value_of(uint8_t character) {
    const char *found = character == 0 ? NULL : strchr(ALPHABET, character);
    return found == NULL ? -1 : (int)(found - ALPHABET);
}

/* Horner's rule: multiplies by α for each character that follows. The check character's own factor is 1. */
static unsigned sum_of(const unsigned values[WIRE_ACCOUNT_LEN], size_t count) {
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum ^= values[i];
        if (i != CHECK) {
            sum <<= 1;
            sum ^= (sum >> BITS) != 0 ? FIELD_POLYNOMIAL : 0;
        }
    }
    return sum;
}

base_result wire_id_random(const struct base_random *random, uint8_t out[WIRE_ACCOUNT_LEN]) {
    uint8_t raw[CHECK];
    BASE_TRY(base_random_fill(random, raw, sizeof raw));
    unsigned values[WIRE_ACCOUNT_LEN] = { 0 };
    for (size_t i = 0; i < CHECK; i++) {
        values[i] = raw[i] & 31;
        out[i] = (uint8_t)ALPHABET[values[i]];
    }
    out[CHECK] = (uint8_t)ALPHABET[sum_of(values, CHECK)];
    return BASE_OK;
}

bool wire_id_valid(const uint8_t id[WIRE_ACCOUNT_LEN]) {
    unsigned values[WIRE_ACCOUNT_LEN];
    for (size_t i = 0; i < WIRE_ACCOUNT_LEN; i++) {
        int value = value_of(id[i]);
        if (value < 0) {
            return false;
        }
        values[i] = (unsigned)value;
    }
    return sum_of(values, WIRE_ACCOUNT_LEN) == 0;
}

void wire_id_format(const uint8_t id[WIRE_ACCOUNT_LEN], char out[WIRE_ID_TEXT_LEN + 1]) {
    memcpy(out, id, GROUP);
    out[GROUP] = '-';
    memcpy(out + GROUP + 1, id + GROUP, WIRE_ACCOUNT_LEN - GROUP);
    out[WIRE_ID_TEXT_LEN] = 0;
}

/* As ASCII says, whatever the locale. */
static uint8_t upper(uint8_t character) {
    return character >= 'a' && character <= 'z' ? (uint8_t)(character - 'a' + 'A') : character;
}

static uint8_t meant(uint8_t character) {
    uint8_t capital = upper(character);
    if (capital == 'I' || capital == 'L') {
        return '1';
    }
    return capital == 'O' ? '0' : capital;
}

base_result wire_id_parse(struct base_slice text, uint8_t out[WIRE_ACCOUNT_LEN]) {
    uint8_t id[WIRE_ACCOUNT_LEN];
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '-' || text.data[i] == ' ') {
            continue;
        }
        BASE_ENSURE(len < WIRE_ACCOUNT_LEN, WIRE_ERR_ID);
        id[len] = meant(text.data[i]);
        len++;
    }
    BASE_ENSURE(len == WIRE_ACCOUNT_LEN && wire_id_valid(id), WIRE_ERR_ID);
    memcpy(out, id, WIRE_ACCOUNT_LEN);
    return BASE_OK;
}

static bool is_label_character(uint8_t character) {
    uint8_t capital = upper(character);
    return (capital >= 'A' && capital <= 'Z') || (capital >= '0' && capital <= '9') || capital == '-';
}

bool wire_domain_valid(struct base_slice domain) {
    enum { MAX_LABEL = 63 };
    if (domain.len == 0 || domain.len > WIRE_MAX_DOMAIN) {
        return false;
    }
    size_t label = 0;
    for (size_t i = 0; i <= domain.len; i++) {
        if (i < domain.len && domain.data[i] != '.') {
            bool first_hyphen = label == 0 && domain.data[i] == '-';
            if (!is_label_character(domain.data[i]) || first_hyphen) {
                return false;
            }
            label++;
            continue;
        }
        if (label == 0 || label > MAX_LABEL || domain.data[i - 1] == '-') {
            return false;
        }
        label = 0;
    }
    return true;
}

base_result wire_address_parse(struct base_slice text, struct wire_address *out) {
    const uint8_t *at = text.len == 0 ? NULL : memchr(text.data, '@', text.len);
    struct wire_address address = { 0 };
    if (at == NULL) {
        BASE_TRY(wire_id_parse(text, address.account));
        *out = address;
        return BASE_OK;
    }
    size_t id_len = (size_t)(at - text.data);
    struct base_slice domain = base_slice(at + 1, text.len - id_len - 1);
    BASE_TRY(wire_id_parse(base_slice(text.data, id_len), address.account));
    BASE_ENSURE(wire_domain_valid(domain), WIRE_ERR_DOMAIN);
    for (size_t i = 0; i < domain.len; i++) {
        uint8_t c = domain.data[i];
        address.domain[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    *out = address;
    return BASE_OK;
}

void wire_address_format(const struct wire_address *address, char out[WIRE_MAX_ADDRESS + 1]) {
    wire_id_format(address->account, out);
    size_t len = strlen(address->domain);
    if (len != 0) {
        out[WIRE_ID_TEXT_LEN] = '@';
        memcpy(out + WIRE_ID_TEXT_LEN + 1, address->domain, len + 1);
    }
}
