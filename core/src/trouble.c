/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Errors in words.
 */
#include "trouble.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "content/cbor.h"
#include "field.h"
#include "json.h"
#include "mls/provider.h"

bool trouble_is_fatal(base_result result) {
    return result == &BASE_ERR_NO_MEMORY || result == &BASE_ERR_RANDOM || result == &MLS_ERR_BACKEND;
}

struct trouble trouble_make(enum trouble_code code, const char *name, const char *format, ...) {
    struct trouble trouble = { .code = code };
    (void)snprintf(trouble.name, sizeof trouble.name, "%s", name);
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(trouble.words, sizeof trouble.words, format, arguments);
    va_end(arguments);
    /* A cut may have gone through a character. */
    size_t end = len < 0 ? 0 : strlen(trouble.words);
    while (end > 0 && !cbor_utf8_valid(base_slice(trouble.words, end))) {
        end--;
    }
    trouble.words[end] = 0;
    return trouble;
}

/* The civil date of a time in seconds (days since 1970, Gregorian calendar), without the C library's time zones. */
static void write_date(uint64_t seconds, char *out, size_t size) {
    static const char *const months[] = { "January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December" };
    uint64_t days = seconds / 86400 + 719468; /* since 0000-03-01 */
    uint64_t era = days / 146097, of_era = days % 146097;
    uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t month = (5 * of_year + 2) / 153; /* from March on */
    uint64_t day = of_year - (153 * month + 2) / 5 + 1;
    uint64_t year = year_of_era + era * 400 + (month >= 10 ? 1 : 0);
    (void)snprintf(out, size, "%" PRIu64 " %s %" PRIu64, day, months[(month + 2) % 12], year);
}

/* How long to wait, in words. */
static void write_wait(uint64_t milliseconds, char *out, size_t size) {
    uint64_t seconds = milliseconds / 1000 + 1;
    if (seconds < 120) {
        (void)snprintf(out, size, "%" PRIu64 " second%s", seconds, seconds == 1 ? "" : "s");
    } else {
        (void)snprintf(out, size, "%" PRIu64 " minutes", seconds / 60 + 1);
    }
}

/* The last second of the year 9999: a server may say what it likes. */
static const uint64_t last_second = 253402300799;

static struct trouble link_expired(uint64_t seconds) {
    char text[64];
    write_date(seconds, text, sizeof text);
    struct trouble trouble =
        trouble_make(TROUBLE_REFUSED, "link_expired",
                     "this link expired on %s; ask for a new one, or make one on your other device", text);
    trouble.at = seconds <= last_second ? seconds * 1000 : 0;
    return trouble;
}

static struct trouble too_often(uint64_t milliseconds) {
    char text[64];
    write_wait(milliseconds, text, sizeof text);
    struct trouble trouble =
        trouble_make(TROUBLE_LATER, "too_often", "too many requests; the server asks to wait for %s", text);
    trouble.wait = milliseconds / 1000 + 1;
    return trouble;
}

struct trouble trouble_refusal(const struct wire_refusal *refusal) {
    switch (refusal->code) {
    case WIRE_REFUSED_VERSION:
        return trouble_make(TROUBLE_REFUSED, "version",
                            (refusal->argument & 0xff) < WIRE_VERSION
                                ? "the server is older than this program: its administrator has to update it"
                                : "the server is newer than this program: update this program");
    case WIRE_REFUSED_SIGN_IN:
    case WIRE_REFUSED_NOT_SIGNED_IN:
        return trouble_make(TROUBLE_REFUSED, "sign_in",
                            "the server does not know this device any more; ask your administrator");
    case WIRE_REFUSED_LINK_UNKNOWN:
        return trouble_make(TROUBLE_REFUSED, "link_unknown",
                            "the server does not know this link; check that it was copied as a whole");
    case WIRE_REFUSED_LINK_USED:
        return trouble_make(TROUBLE_REFUSED, "link_used",
                            "this link has been used already; ask for a new one, or make one on your other device");
    case WIRE_REFUSED_LINK_EXPIRED:
        return link_expired(refusal->argument);
    case WIRE_REFUSED_NO_ACCOUNT:
        return trouble_make(TROUBLE_REFUSED, "no_account", "no account has this ID");
    case WIRE_REFUSED_NO_KEY_PACKAGE:
        return trouble_make(TROUBLE_LATER, "no_key_package",
                            "none of this account's devices can be reached yet; it is tried again");
    case WIRE_REFUSED_TOO_LARGE:
        return trouble_make(TROUBLE_REFUSED, "too_large", "too large for the server, which takes %" PRIu64 " bytes",
                            refusal->argument);
    case WIRE_REFUSED_FULL:
        return trouble_make(TROUBLE_REFUSED, "full", "a quota of the server is used up (%" PRIu64 ")",
                            refusal->argument);
    case WIRE_REFUSED_TOO_OFTEN:
        return too_often(refusal->argument);
    case WIRE_REFUSED_DISK_FULL:
        return trouble_make(TROUBLE_LATER, "disk_full",
                            "the server's disk is full; tell its administrator. It is tried again");
    case WIRE_REFUSED_UNAVAILABLE:
        return trouble_make(TROUBLE_LATER, "unavailable", "the server has a problem of its own; it is tried again");
    case WIRE_REFUSED_REMOVED:
        return trouble_make(TROUBLE_REFUSED, "removed",
                            "this device has been removed from its account, or the account from the server; what "
                            "is here can still be read");
    case WIRE_REFUSED_DEVICES:
        return trouble_make(TROUBLE_REFUSED, "too_many_devices",
                            "this account has %" PRIu64 " devices, as many as it may have; remove one first",
                            refusal->argument);
    case WIRE_REFUSED_ELSEWHERE:
        return trouble_make(TROUBLE_REFUSED, "elsewhere",
                            "this device has connected from elsewhere: two copies of its home can't be used");
    case WIRE_REFUSED_PUSH_SERVICE:
        return trouble_make(TROUBLE_REFUSED, "push_service", "the server doesn't use the push service of this browser");
    default:
        return trouble_make(TROUBLE_REFUSED, "refused", "the server refused it: %s", wire_refusal_name(refusal->code));
    }
}

void trouble_save(struct base_writer *writer, const struct trouble *trouble) {
    base_write_u8(writer, (uint8_t)trouble->code);
    field_write_text(writer, trouble->name);
    field_write_text(writer, trouble->words);
}

base_result trouble_load(struct base_reader *reader, struct trouble *out) {
    uint8_t code;
    BASE_TRY(base_read_u8(reader, &code));
    BASE_TRY(field_read_text(reader, out->name, sizeof out->name));
    BASE_TRY(field_read_text(reader, out->words, sizeof out->words));
    out->code = code;
    return BASE_OK;
}

void trouble_write(struct base_writer *writer, const struct trouble *trouble) {
    json_object(writer);
    json_name(writer, "code");
    char code[16];
    int len = snprintf(code, sizeof code, "%d", trouble->code);
    json_raw(writer, base_slice(code, (size_t)len));
    json_put_string(writer, "message", trouble->words);
    json_name(writer, "data");
    json_object(writer);
    json_put_string(writer, "name", trouble->name);
    if (trouble->at != 0) {
        json_put_number(writer, "at", trouble->at);
    }
    if (trouble->wait != 0) {
        json_put_number(writer, "wait", trouble->wait);
    }
    json_object_end(writer);
    json_object_end(writer);
}
