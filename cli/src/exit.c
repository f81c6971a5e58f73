/* SPDX-License-Identifier: EUPL-1.2 */
/* What the program ends with. */
#include "exit.h"

#include <stdio.h>
#include <string.h>

#include "home.h"
#include "store.h"
#include "text.h"

int exit_of_error(const cJSON *error) {
    static const struct {
        const char *name;
        int code;
    } by_name[] = {
        { "not_activated", EX_CONFIG },    { "already_activated", EX_USAGE },
        { "unknown_chat", EX_NOUSER },     { "ambiguous_chat", EX_USAGE },
        { "unknown_message", EX_NOINPUT }, { "unknown_file", EX_NOINPUT },
        { "link_malformed", EX_DATAERR },  { "link_unknown", EX_NOPERM },
        { "link_used", EX_NOPERM },        { "link_expired", EX_NOPERM },
        { "no_account", EX_NOUSER },       { "no_key_package", EX_UNAVAILABLE },
        { "version", EX_PROTOCOL },        { "removed", EX_NOPERM },
        { "sign_in", EX_NOPERM },          { "identity_changed", EX_NOPERM },
        { "full", EX_UNAVAILABLE },        { "too_large", EX_DATAERR },
        { "passphrase", EX_NOPERM },       { "gone", EX_UNAVAILABLE },
        { "damaged", EX_DATAERR },         { "file", EX_IOERR },
    };
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(error, "code");
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(error, "data"), "name");
    for (size_t i = 0; cJSON_IsString(name) && i < sizeof by_name / sizeof by_name[0]; i++) {
        if (strcmp(by_name[i].name, name->valuestring) == 0) {
            return by_name[i].code;
        }
    }
    switch (cJSON_IsNumber(code) ? code->valueint : 0) {
    case 1:
    case -32602:
        return EX_USAGE;
    case 2:
        return EX_TEMPFAIL;
    case 3:
        return EX_UNAVAILABLE;
    default:
        return EX_SOFTWARE;
    }
}

int exit_of_result(base_result result) {
    if (result == BASE_OK) {
        return EX_OK;
    }
    if (result == &STORE_ERR_FULL || result == &STORE_ERR_IO || result == &HOME_ERR_FULL) {
        return EX_IOERR;
    }
    if (result == &HOME_ERR_CREATE) {
        return EX_CANTCREAT;
    }
    if (result == &STORE_ERR_DAMAGED) {
        return EX_DATAERR;
    }
    switch (result->category) {
    case BASE_USAGE:
        return EX_USAGE;
    case BASE_BLOCKED:
        return EX_TEMPFAIL;
    case BASE_LIMIT:
        return EX_OSERR;
    case BASE_PEER:
        return EX_PROTOCOL;
    case BASE_CRYPTO:
    case BASE_INTERNAL:
        break;
    }
    return EX_SOFTWARE;
}

void exit_say(const char *words) {
    exit_say_about(NULL, words);
}

void exit_say_about(const char *subject, const char *words) {
    enum { MAX = 16 << 10 };
    struct base_writer line = base_writer(base_allocator_libc(), MAX);
    base_write_slice(&line, base_slice_text("weibel: "));
    if (subject != NULL) {
        text_write_shown(&line, base_slice_text(subject), TEXT_LINE, 0);
        base_write_slice(&line, base_slice_text(": "));
    }
    text_write_shown(&line, base_slice_text(words), TEXT_LINES, 8);
    base_write_u8(&line, '\n');
    struct base_slice text = base_writer_view(&line);
    (void)fwrite(text.data, 1, text.len, stderr);
    base_writer_free(&line);
}
