/* SPDX-License-Identifier: EUPL-1.2 */
/* The command line: read by, and described from, one constant table of commands and one of options. */
#include "args.h"

#include <string.h>

#include "words.h"

static const struct {
    const char *name;
    const char *value; /* NULL: a switch */
    const char *help;
} options[OPTION_COUNT] = {
    [OPTION_HOME] = { "home", N_("DIR"), N_("where this account lives (default: ~/.local/share/weibel)") },
    [OPTION_PASSPHRASE_FILE] = { "passphrase-file", N_("FILE"), N_("take the passphrase from the first line of FILE") },
    [OPTION_CA] = { "ca", N_("FILE"), N_("also trust the certificate authorities in FILE (PEM)") },
    [OPTION_JSON] = { "json", NULL, N_("print one JSON object a line") },
    [OPTION_HELP] = { "help", NULL, N_("show this help") },
    [OPTION_VERSION] = { "version", NULL, N_("show the version") },
    [OPTION_SERVER] = { "server", N_("URL"), N_("reach the server here instead of at the link's address") },
    [OPTION_FILE] = { "file", N_("PATH"), N_("send this file along; may be given several times") },
    [OPTION_AS_IS] = { "as-is", NULL, N_("send pictures with all that they say: place, time, camera") },
    [OPTION_VOICE] = { "voice", N_("PATH"), N_("send this recording as a voice message: Ogg, WAV or MP3") },
    [OPTION_REPLY] = { "reply", N_("MESSAGE"), N_("answer this message") },
    [OPTION_EXPIRE] = { "expire", N_("DURATION"),
                        N_("let it disappear everywhere after this time: 90s, 30m, 12h, 7d") },
    [OPTION_WAIT] = { "wait", N_("SECONDS"), N_("wait so long for something new") },
    [OPTION_FOLLOW] = { "follow", NULL, N_("go on printing what arrives, until interrupted") },
    [OPTION_LIMIT] = { "limit", N_("N"), N_("at most the last N messages (default: 50)") },
    [OPTION_TO] = { "to", N_("PATH"), N_("save to this file, or into this folder") },
    [OPTION_KEY_FILE] = { "key-file", N_("FILE"), N_("use the key in FILE instead of a passphrase") },
    [OPTION_MENTION] = { "mention", N_("ID"), N_("call this person's attention, as @ID in TEXT does; repeatable") },
    [OPTION_THREAD] = { "thread", N_("MESSAGE"), N_("write into the thread that hangs on this message") },
    [OPTION_MARKDOWN] = { "markdown", NULL, N_("the text is Markdown") },
    [OPTION_KEY] = { "key", N_("KEY"), N_("send it once only, however often this is called with the same KEY") },
    [OPTION_FOR] = { "for", N_("WHOM"), N_("\"everyone\", or \"me\": on this account's devices only") },
    [OPTION_REMOVE] = { "remove", NULL, N_("take it back") },
    [OPTION_MULTIPLE] = { "multiple", NULL, N_("more than one option may be chosen") },
    [OPTION_NAME] = { "name", N_("NAME"), N_("what the place is called") },
    [OPTION_ACCURACY] = { "accuracy", N_("METRES"), N_("how exact the place is") },
    [OPTION_CHAT] = { "chat", N_("CHAT"), N_("in this chat only") },
    [OPTION_CODE] = { "code", N_("CODE"), N_("the safety number as the other person sees it, or his code") },
    [OPTION_RECEIPTS] = { "receipts", N_("YES|NO"), N_("tell others what was received and read") },
    [OPTION_TYPING] = { "typing", N_("YES|NO"), N_("tell others that something is being typed") },
    [OPTION_PIN] = { "pin", N_("YES|NO"), N_("keep the chat at the top") },
    [OPTION_ARCHIVE] = { "archive", N_("YES|NO"), N_("put the chat away until something is written") },
    [OPTION_MUTE] = { "mute", N_("DURATION|NO"), N_("do not call attention to the chat: 12h, 7d") },
    [OPTION_JOIN] = { "join", N_("HOW"), N_("\"closed\": who is added; \"link\": who has the link, too") },
    [OPTION_POST] = { "post", N_("WHO"), N_("who may write: \"all\" or \"admins\"") },
    [OPTION_ADD] = { "add", N_("WHO"), N_("who may add members: \"all\" or \"admins\"") },
    [OPTION_SHARE_HISTORY] = { "share-history", N_("YES|NO"),
                               N_("whoever adds somebody hands the last 90 days to him") },
    [OPTION_EXPIRING] = { "expiring", N_("HOW"), N_("\"optional\": messages may disappear; \"forbidden\": all stay") },
    [OPTION_EXPIRE_MIN] = { "expire-min", N_("DURATION"), N_("no message disappears sooner; 0: as soon as one likes") },
    [OPTION_EXPIRE_MAX] = { "expire-max", N_("DURATION"), N_("none that disappears stays longer; 0: no bound") },
    [OPTION_OFF] = { "off", NULL, N_("take the link back") },
    [OPTION_HISTORY] = { "history", NULL, N_("the messages as well") },
    [OPTION_NEW_PASSPHRASE_FILE] = { "new-passphrase-file", N_("FILE"),
                                     N_("take the new passphrase from the first line of FILE") },
    [OPTION_BACKUP_PASSPHRASE_FILE] = { "backup-passphrase-file", N_("FILE"),
                                        N_("take the backup's passphrase from the first line of FILE") },
    [OPTION_YES] = { "yes", NULL, N_("do it, whatever is lost") },
};

enum { COLUMN = 26 }; /* where descriptions begin */

static int option_named(const char *name, size_t len) {
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0) {
            return i;
        }
    }
    return -1;
}

/* The rest of `name` after `word` and a space, if it begins with it. */
static const char *after_word(const char *name, const char *word) {
    size_t len = strlen(word);
    return strncmp(name, word, len) == 0 && name[len] == ' ' ? name + len + 1 : NULL;
}

/* Where the words of a line have led so far. */
struct progress {
    const struct args_command *commands;
    struct args *args;
    uint64_t given; /* bits of the options that were met */
    bool only_operands;
};

static struct args_problem take_command(struct progress *progress, const char *word) {
    struct args *args = progress->args;
    bool opens_group = false;
    for (const struct args_command *c = progress->commands; c->name != NULL; c++) {
        const char *name = args->group == NULL ? c->name : after_word(c->name, args->group);
        if (name != NULL && strcmp(name, word) == 0) {
            args->command = c;
            return (struct args_problem){ ARGS_FINE, NULL };
        }
        opens_group = opens_group || (name != NULL && after_word(name, word) != NULL);
    }
    if (!opens_group) {
        return (struct args_problem){ ARGS_UNKNOWN_COMMAND, word };
    }
    args->group = word;
    return (struct args_problem){ ARGS_FINE, NULL };
}

static struct args_problem take_operand(struct progress *progress, const char *word) {
    struct args *args = progress->args;
    if (args->command == NULL) {
        return take_command(progress, word);
    }
    if (args->operand_count == ARGS_MAX_OPERANDS) {
        return (struct args_problem){ ARGS_TOO_MANY, word };
    }
    args->operands[args->operand_count++] = word;
    return (struct args_problem){ ARGS_FINE, NULL };
}

/* `next` is the following word, or NULL; `*used` tells whether it was taken as the option's value. */
static struct args_problem take_option(struct progress *progress, const char *word, const char *next, bool *used) {
    struct args *args = progress->args;
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    int option = option_named(name, equals == NULL ? strlen(name) : (size_t)(equals - name));
    if (option < 0) {
        return (struct args_problem){ ARGS_UNKNOWN_OPTION, word };
    }
    const char *value = "";
    if (options[option].value == NULL) {
        if (equals != NULL) {
            return (struct args_problem){ ARGS_NEEDS_NO_VALUE, options[option].name };
        }
    } else if (equals != NULL) {
        value = equals + 1;
    } else if (next != NULL) {
        value = next;
        *used = true;
    } else {
        return (struct args_problem){ ARGS_NO_VALUE, options[option].name };
    }
    if ((option == OPTION_FILE && args->file_count == ARGS_MAX_REPEATED) ||
        (option == OPTION_MENTION && args->mention_count == ARGS_MAX_REPEATED)) {
        return (struct args_problem){ ARGS_TOO_OFTEN, options[option].name };
    }
    if (option == OPTION_FILE) {
        args->files[args->file_count++] = value;
    } else if (option == OPTION_MENTION) {
        args->mentions[args->mention_count++] = value;
    }
    args->values[option] = value;
    progress->given |= ARGS_BIT(option);
    return (struct args_problem){ ARGS_FINE, NULL };
}

static struct args_problem check(const struct progress *progress) {
    const struct args *args = progress->args;
    if (args->values[OPTION_HELP] != NULL || args->values[OPTION_VERSION] != NULL) {
        return (struct args_problem){ ARGS_FINE, NULL };
    }
    if (args->command == NULL) {
        return (struct args_problem){ ARGS_NO_COMMAND, args->group };
    }
    uint64_t foreign = progress->given & ~(args->command->options | ARGS_EVERYWHERE);
    for (int i = 0; i < OPTION_COUNT; i++) {
        if ((foreign & ARGS_BIT(i)) != 0) {
            return (struct args_problem){ ARGS_OPTION_ELSEWHERE, options[i].name };
        }
    }
    if (args->operand_count < args->command->least) {
        return (struct args_problem){ ARGS_TOO_FEW, NULL };
    }
    if (args->operand_count > args->command->most) {
        return (struct args_problem){ ARGS_TOO_MANY, args->operands[args->command->most] };
    }
    return (struct args_problem){ ARGS_FINE, NULL };
}

struct args_problem args_parse(const struct args_command *commands, int count, char *const *words, struct args *out) {
    *out = (struct args){ 0 };
    struct progress progress = { .commands = commands, .args = out };
    for (int i = 0; i < count; i++) {
        const char *word = words[i];
        bool used = false;
        struct args_problem problem;
        if (!progress.only_operands && strcmp(word, "--") == 0) {
            progress.only_operands = true;
            continue;
        }
        bool asks = strcmp(word, "help") == 0 && out->command == NULL && out->group == NULL; /* weibel help send */
        if (!progress.only_operands && (strcmp(word, "-h") == 0 || asks)) {
            word = "--help";
        }
        if (!progress.only_operands && word[0] == '-' && word[1] == '-') {
            problem = take_option(&progress, word, i + 1 < count ? words[i + 1] : NULL, &used);
        } else if (!progress.only_operands && word[0] == '-' && word[1] != '\0') {
            problem = (struct args_problem){ ARGS_UNKNOWN_OPTION, word };
        } else {
            problem = take_operand(&progress, word);
        }
        if (problem.kind != ARGS_FINE) {
            return problem;
        }
        i += used ? 1 : 0;
    }
    return check(&progress);
}

/* The second words that stand behind this one. */
static void explain_group(FILE *out, const struct args_command *commands, const char *word) {
    fprintf(out, "weibel: %s:", _("this command needs a second word"));
    for (const struct args_command *c = commands; c->name != NULL; c++) {
        const char *second = after_word(c->name, word);
        if (second != NULL) {
            fprintf(out, " %s", second);
        }
    }
    fputc('\n', out);
}

void args_explain(FILE *out, const struct args_command *commands, const struct args_problem *problem,
                  const struct args *args) {
    const char *word = problem->word;
    switch (problem->kind) {
    case ARGS_FINE:
        return;
    case ARGS_NO_COMMAND:
        if (word == NULL) {
            fprintf(out, "weibel: %s\n", _("what shall be done? A command is missing"));
        } else {
            explain_group(out, commands, word);
        }
        break;
    case ARGS_UNKNOWN_COMMAND:
        fprintf(out, _("weibel: there is no command \"%s\"\n"), word);
        break;
    case ARGS_UNKNOWN_OPTION:
        fprintf(out, _("weibel: there is no option \"%s\" (text that begins with a hyphen goes after --)\n"), word);
        break;
    case ARGS_OPTION_ELSEWHERE:
        fprintf(out, _("weibel: \"%s\" has no option --%s\n"), args->command->name, word);
        break;
    case ARGS_NO_VALUE:
        fprintf(out, _("weibel: --%s needs a value\n"), word);
        break;
    case ARGS_NEEDS_NO_VALUE:
        fprintf(out, _("weibel: --%s takes no value\n"), word);
        break;
    case ARGS_TOO_FEW:
        fprintf(out, _("weibel: something is missing: weibel %s %s\n"), args->command->name,
                _(args->command->operands));
        break;
    case ARGS_TOO_MANY:
        fprintf(out, _("weibel: \"%s\" is too much (text of several words stands in quotes)\n"), word);
        break;
    case ARGS_TOO_OFTEN:
        fprintf(out, _("weibel: --%s can be given %d times\n"), word, ARGS_MAX_REPEATED);
        break;
    }
    if (args->command != NULL) {
        fprintf(out, _("weibel %s --help says more\n"), args->command->name);
    } else if (args->group != NULL) {
        fprintf(out, _("weibel %s --help says more\n"), args->group);
    } else {
        fputs(_("weibel --help lists the commands\n"), out);
    }
}

/* Bytes of a text beyond the columns that it takes. */
static int surplus(const char *text) {
    int count = 0;
    for (; *text != '\0'; text++) {
        count += ((unsigned char)*text & 0xc0) == 0x80 ? 1 : 0;
    }
    return count;
}

/* `written`: bytes of the line, which ends in `last`. */
static void describe(FILE *out, int written, const char *last, const char *text) {
    written -= last == NULL ? 0 : surplus(last);
    if (written >= COLUMN) {
        fputc('\n', out);
        written = 0;
    }
    fprintf(out, "%*s%s\n", COLUMN - written, "", text);
}

static void help_options(FILE *out, uint64_t set) {
    for (int i = 0; i < OPTION_COUNT; i++) {
        if ((set & ARGS_BIT(i)) != 0) {
            int written = options[i].value == NULL ? fprintf(out, "  --%s", options[i].name)
                                                   : fprintf(out, "  --%s %s", options[i].name, _(options[i].value));
            describe(out, written, options[i].value == NULL ? NULL : _(options[i].value), _(options[i].help));
        }
    }
}

static void help_commands(FILE *out, const struct args_command *commands, const char *group) {
    for (const struct args_command *c = commands; c->name != NULL; c++) {
        if (group == NULL || after_word(c->name, group) != NULL) {
            int written =
                c->operands == NULL ? fprintf(out, "  %s", c->name) : fprintf(out, "  %s %s", c->name, _(c->operands));
            describe(out, written, c->operands == NULL ? NULL : _(c->operands), _(c->summary));
        }
    }
}

static void help_command(FILE *out, const struct args_command *c) {
    fprintf(out, _("Usage: weibel [--home DIR] %s"), c->name);
    if (c->operands != NULL) {
        fprintf(out, " %s", _(c->operands));
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        if ((c->options & ARGS_BIT(i)) == 0) {
            continue;
        }
        if (options[i].value == NULL) {
            fprintf(out, " [--%s]", options[i].name);
        } else {
            fprintf(out, " [--%s %s]%s", options[i].name, _(options[i].value),
                    i == OPTION_FILE || i == OPTION_MENTION ? "..." : "");
        }
    }
    fprintf(out, "\n\n%s.\n\n%s\n", _(c->summary), _(c->help));
    fputs(_("\nOptions:\n"), out);
    help_options(out, c->options | ARGS_EVERYWHERE);
    if (c->examples != NULL) {
        fprintf(out, _("\nExamples:\n%s\n"), c->examples);
    }
}

void args_help(FILE *out, const struct args_command *commands, const struct args *args) {
    if (args->command != NULL) {
        help_command(out, args->command);
        return;
    }
    fputs(_("Usage: weibel [--home DIR] COMMAND ...\n"), out);
    if (args->group == NULL) {
        fputs(_("\nEnd-to-end encrypted messages and files, from the terminal.\n"), out);
    }
    fputs(_("\nCommands:\n"), out);
    help_commands(out, commands, args->group);
    fputs(_("\nOptions:\n"), out);
    help_options(out, ARGS_EVERYWHERE);
    if (args->group == NULL) {
        fputs(_("\nweibel COMMAND --help says more about a command.\n"
                "The passphrase comes from --passphrase-file, from the file that WEIBEL_PASSPHRASE_FILE names, or is\n"
                "asked for on the terminal. A key file, which no passphrase is needed with, is named by --key-file or\n"
                "WEIBEL_KEY_FILE. The program ends with 0 only when what was asked for has happened, and\n"
                "with 75 when it will happen once there is a connection.\n"),
              out);
    }
}

bool args_number(const char *text, unsigned long most, unsigned long *out) {
    unsigned long number = 0;
    if (text[0] == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        unsigned long digit = (unsigned long)(*text - '0');
        if (number > (most - digit) / 10 || digit > most) {
            return false;
        }
        number = number * 10 + digit;
    }
    *out = number;
    return true;
}

bool args_yes(const char *text, bool *out) {
    *out = strcmp(text, "yes") == 0;
    return *out || strcmp(text, "no") == 0;
}

struct args_option_text args_option_text(enum args_option option) {
    return (struct args_option_text){ options[option].name, options[option].value, options[option].help };
}

bool args_duration(const char *text, unsigned long most, unsigned long *out) {
    static const struct {
        char letter;
        unsigned long seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 7 * 86400 } };
    char digits[16];
    size_t len = strlen(text);
    if (len < 2 || len > sizeof digits) {
        return false;
    }
    memcpy(digits, text, len - 1);
    digits[len - 1] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].letter == text[len - 1]) {
            unsigned long number = 0;
            if (!args_number(digits, most / units[i].seconds, &number) || number == 0) {
                return false;
            }
            *out = number * units[i].seconds;
            return true;
        }
    }
    return false;
}
