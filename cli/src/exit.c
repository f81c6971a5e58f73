/* SPDX-License-Identifier: EUPL-1.2 */
/* What the program ends with. */
#include "exit.h"

#include <stdio.h>
#include <string.h>

#include "home.h"
#include "store.h"
#include "text.h"
#include "words.h"

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
        { "sign_in", EX_NOPERM },          { "elsewhere", EX_NOPERM },
        { "identity_changed", EX_NOPERM }, { "full", EX_UNAVAILABLE },
        { "too_large", EX_DATAERR },       { "passphrase", EX_NOPERM },
        { "gone", EX_UNAVAILABLE },        { "damaged", EX_DATAERR },
        { "memory", EX_UNAVAILABLE },      { "file", EX_IOERR },
        { "mismatch", EX_NOPERM },         { "blocked", EX_NOPERM },
        { "not_allowed", EX_NOPERM },      { "expiry", EX_NOPERM },
        { "not_own", EX_NOPERM },          { "link_damaged", EX_DATAERR },
        { "unknown_device", EX_NOUSER },   { "too_many_devices", EX_UNAVAILABLE },
        { "deleted", EX_NOINPUT },         { "not_a_poll", EX_USAGE },
        { "closed", EX_UNAVAILABLE },      { "method", EX_UNAVAILABLE },
        { "not_joining", EX_NOINPUT },     { "cancelled", EX_UNAVAILABLE },
        { "data_version", EX_DATAERR },    { "data_damaged", EX_DATAERR },
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

/* The core's sentence says more than its name; in another language the name has to do. */
const char *exit_words(const cJSON *error) {
    static const struct {
        const char *name, *words;
    } by_name[] = {
        { "ambiguous_chat", N_("several groups have this name; use g and the number") },
        { "already_a_member", N_("this person is a member already") },
        { "already_activated", N_("there is an account here already") },
        { "blocked", N_("this person is blocked") },
        { "busy", N_("another change is under way; try again in a moment") },
        { "cancelled", N_("this was given up") },
        { "closed", N_("this poll is closed") },
        { "damaged", N_("the file has been damaged on its way") },
        { "data_damaged", N_("what was to be sent was damaged on this device: write it again") },
        { "data_version", N_("another version of Weibel has written this: update this one, or use that one") },
        { "deleted", N_("the message has been deleted") },
        { "disk_full", N_("the server's disk is full; it is tried again") },
        { "elsewhere", N_("this device has connected from elsewhere: two copies of its home can't be used") },
        { "empty", N_("something is missing: it is empty") },
        { "expiry", N_("this group does not let messages disappear, or not then (\"group info\" says when)") },
        { "file", N_("the file cannot be read or written") },
        { "full", N_("a quota of the server is used up") },
        { "gone", N_("the file is not on the server any more") },
        { "identity_changed", N_("the identity key is another one now; nothing is sent before you accept it") },
        { "link_damaged", N_("what this link leads to is damaged; make a new one on your other device") },
        { "link_expired", N_("the link has expired; ask for a new one") },
        { "link_malformed", N_("this is no such link; check that it was copied as a whole") },
        { "link_unknown", N_("the server does not know this link; check that it was copied as a whole") },
        { "link_used", N_("the link has been used already; ask for a new one") },
        { "locked", N_("this home is locked") },
        { "memory", N_("to open this backup takes more memory than there is or than it may take") },
        { "method", N_("this version cannot do that") },
        { "mismatch", N_("the code is not that of this person") },
        { "no_account", N_("no account has this ID") },
        { "no_key_package", N_("none of this account's devices can be reached yet; it is tried again") },
        { "not_a_poll", N_("this message is no poll") },
        { "not_activated", N_("there is no account here yet: weibel activate LINK makes one") },
        { "not_a_group", N_("this chat is not a group") },
        { "not_a_member", N_("this person is not a member") },
        { "not_allowed", N_("your role in this group does not allow it") },
        { "not_joining", N_("nothing is under way by this link") },
        { "not_own", N_("only what you have written yourself can be changed") },
        { "offline", N_("there is no connection") },
        { "params", N_("something in this request is missing or has a wrong form") },
        { "passphrase", N_("the passphrase is wrong") },
        { "picture_too_large", N_("a picture of more than 64 MiB can only be sent as it is") },
        { "push_service", N_("the server doesn't use the push service of this browser") },
        { "refused", N_("the server has refused it") },
        { "removed", N_("the administrator has removed this account or device from the server") },
        { "self", N_("this is your own ID") },
        { "sign_in", N_("the server does not know this device any more; ask your administrator") },
        { "state", N_("this is not possible now") },
        { "too_large", N_("it is too large for the server") },
        { "too_long", N_("it is too long") },
        { "too_often", N_("too many requests; the server asks to wait") },
        { "too_many_keys", N_("there are eight keys that open this home already; remove one first") },
        { "too_many_devices", N_("this account has as many devices as it may; remove one first") },
        { "unavailable", N_("the server has a problem of its own; it is tried again") },
        { "unknown_chat", N_("there is no such chat") },
        { "unknown_device", N_("the account has no such device") },
        { "unknown_file", N_("the message has no such file") },
        { "unknown_means", N_("there is nothing of this name that opens the home") },
        { "unknown_message", N_("there is no such message") },
        { "version", N_("the server speaks another version of the protocol: update the older of the two") },
        { "waiting", N_("this device is new: another one of yours lets it in as soon as it is connected; remove those "
                        "that you have no more") },
    };
    const cJSON *message = cJSON_GetObjectItemCaseSensitive(error, "message");
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(error, "data"), "name");
    const char *english = cJSON_IsString(message) ? message->valuestring : N_("an unknown error");
    const char *said = words_in(words_language(), english);
    /* Of the same name, and something else. */
    if (said == NULL && words_language() != WORDS_ENGLISH && strncmp(english, "accounts of ", 12) == 0) {
        said = _("accounts of other servers can't be reached yet");
    }
    for (size_t i = 0; said == NULL && cJSON_IsString(name) && words_language() != WORDS_ENGLISH &&
                       i < sizeof by_name / sizeof by_name[0];
         i++) {
        said = strcmp(by_name[i].name, name->valuestring) == 0 ? _(by_name[i].words) : NULL;
    }
    return said == NULL ? english : said;
}

void exit_copy_words(const cJSON *error, char *out, size_t size) {
    static const char without[] = "no connection to ";
    const cJSON *message = cJSON_GetObjectItemCaseSensitive(error, "message");
    const cJSON *wait = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(error, "data"), "wait");
    const char *english = cJSON_IsString(message) ? message->valuestring : "", *said = exit_words(error);
    if (said != english && cJSON_IsNumber(wait) && wait->valuedouble > 0) {
        enum { LONG = 120 };
        unsigned long long seconds = (unsigned long long)wait->valuedouble;
        (void)snprintf(out, size, "%s (%llu %s)", said, seconds < LONG ? seconds : seconds / 60 + 1,
                       seconds < LONG ? "s" : "min");
        return;
    }
    if (said == english || strncmp(english, without, sizeof without - 1) != 0) {
        (void)snprintf(out, size, "%s", said);
        return;
    }
    const char *server = english + sizeof without - 1, *end = strstr(server, ": ");
    (void)snprintf(out, size, "%s (%.*s)", said, end == NULL ? (int)strlen(server) : (int)(end - server), server);
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
