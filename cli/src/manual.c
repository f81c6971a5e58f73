/* SPDX-License-Identifier: EUPL-1.2 */
/* The manual page and the shell's completion. English: both are made when the program is built. */
#include "manual.h"

#include <string.h>

/* Text for roff: no line begins like a request, no character means more than itself. */
static void roff(FILE *out, const char *text) {
    bool begins = true;
    for (; *text != '\0'; text++) {
        if (begins && (*text == '.' || *text == '\'')) {
            (void)fputs("\\&", out);
        }
        if (*text == '\\') {
            (void)fputs("\\e", out);
        } else if (*text == '-') {
            (void)fputs("\\-", out);
        } else if (*text == '\n' && text[1] == '\n') {
            (void)fputs("\n.PP", out);
        } else {
            (void)fputc(*text, out);
        }
        begins = *text == '\n';
    }
}

static void option_line(FILE *out, enum args_option option) {
    struct args_option_text text = args_option_text(option);
    (void)fputs(".TP\n.B \\-\\-", out);
    roff(out, text.name);
    if (text.value != NULL) {
        (void)fputs(" \\fI", out);
        roff(out, text.value);
        (void)fputs("\\fR", out);
    }
    (void)fputc('\n', out);
    roff(out, text.help);
    (void)fputc('\n', out);
}

static void options_of(FILE *out, uint64_t set) {
    for (int i = 0; i < OPTION_COUNT; i++) {
        if ((set & ARGS_BIT(i)) != 0) {
            option_line(out, (enum args_option)i);
        }
    }
}

static void command_of(FILE *out, const struct args_command *c) {
    (void)fputs(".SS weibel ", out);
    roff(out, c->name);
    if (c->operands != NULL) {
        (void)fputs(" \\fI", out);
        roff(out, c->operands);
        (void)fputs("\\fR", out);
    }
    (void)fputc('\n', out);
    roff(out, c->summary);
    (void)fputs(".\n.PP\n", out);
    roff(out, c->help);
    (void)fputc('\n', out);
    options_of(out, c->options);
    if (c->examples != NULL) {
        (void)fputs(".PP\n.nf\n", out);
        roff(out, c->examples);
        (void)fputs("\n.fi\n", out);
    }
}

void manual_page(FILE *out, const struct args_command *commands, const char *version) {
    (void)fprintf(out, ".TH WEIBEL 1 \"\" \"weibel %s\" \"User Commands\"\n", version);
    (void)fputs(
        ".SH NAME\nweibel \\- end\\-to\\-end encrypted messages and files, from the terminal\n"
        ".SH SYNOPSIS\n.B weibel\n[\\-\\-home \\fIDIR\\fR] \\fICOMMAND\\fR ...\n"
        ".SH DESCRIPTION\nThe terminal client of the messenger Weibel, for people, scripts and bots. "
        "\\fBweibel chat\\fR is a\nfull\\-screen view; the other commands do one thing each and end. Data goes to "
        "standard output, words to\nstandard error; with \\-\\-json each object is a line.\n"
        ".SH COMMANDS\n",
        out);
    for (const struct args_command *c = commands; c->name != NULL; c++) {
        command_of(out, c);
    }
    (void)fputs(".SH OPTIONS\nAll commands have these.\n", out);
    options_of(out, ARGS_EVERYWHERE);
    (void)fputs(
        ".SH ENVIRONMENT\n"
        ".TP\n.B WEIBEL_PASSPHRASE_FILE\nThe file whose first line is the passphrase, if \\-\\-passphrase\\-file is "
        "not "
        "given.\n"
        ".TP\n.B WEIBEL_KEY_FILE\nThe key file, if \\-\\-key\\-file is not given.\n"
        ".TP\n.B LANGUAGE, LC_ALL, LC_MESSAGES, LANG\nThe language: English, German, French or Italian.\n"
        ".TP\n.B NO_COLOR\nIf it is set, \\fBweibel chat\\fR uses no colours.\n"
        ".SH EXIT STATUS\n0 only when what was asked for has happened; otherwise a code of sysexits.h, among them\n"
        ".TP\n.B 64\nthe command line is wrong\n.TP\n.B 67\nno such person or chat\n"
        ".TP\n.B 69\nthe server or a peer has refused it\n"
        ".TP\n.B 75\nnot yet: it will happen once there is a connection\n.TP\n.B 77\nnot allowed, or a wrong "
        "passphrase\n"
        ".TP\n.B 78\nthere is no account in this home\n"
        ".SH FILES\n.TP\n.I ~/.local/share/weibel\nThe home, if \\-\\-home is not given. All that matters in it is "
        "sealed.\n",
        out);
}

/* "send", or the first word of commands with two; each group once. */
static bool begins_group(const struct args_command *commands, const struct args_command *c, size_t *len) {
    const char *space = strchr(c->name, ' ');
    *len = space == NULL ? strlen(c->name) : (size_t)(space - c->name);
    for (const struct args_command *earlier = commands; space != NULL && earlier != c; earlier++) {
        if (strncmp(earlier->name, c->name, *len + 1) == 0) {
            return false;
        }
    }
    return true;
}

static void second_words(FILE *out, const struct args_command *commands) {
    for (const struct args_command *c = commands; c->name != NULL; c++) {
        size_t len;
        if (strchr(c->name, ' ') == NULL || !begins_group(commands, c, &len)) {
            continue;
        }
        (void)fprintf(out, "        %.*s) words=\"", (int)len, c->name);
        for (const struct args_command *other = c; other->name != NULL; other++) {
            if (strncmp(other->name, c->name, len + 1) == 0) {
                (void)fprintf(out, "%s ", other->name + len + 1);
            }
        }
        (void)fputs("\" ;;\n", out);
    }
}

static void option_words(FILE *out, uint64_t set) {
    for (int i = 0; i < OPTION_COUNT; i++) {
        if ((set & ARGS_BIT(i)) != 0) {
            (void)fprintf(out, "--%s ", args_option_text((enum args_option)i).name);
        }
    }
}

void manual_completion(FILE *out, const struct args_command *commands) {
    (void)fputs("# SPDX-License-Identifier: EUPL-1.2\n# Completion of weibel for bash: commands, options, files.\n"
                "_weibel() {\n"
                "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words= options= "
                "command= word i skip=\n"
                "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                "        word=${COMP_WORDS[i]}\n"
                "        if [ -n \"$skip\" ]; then skip=; continue; fi\n"
                "        case $word in\n            ",
                out);
    const char *bar = "";
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (args_option_text((enum args_option)i).value != NULL) {
            (void)fprintf(out, "%s--%s", bar, args_option_text((enum args_option)i).name);
            bar = "|";
        }
    }
    (void)fputs(") skip=yes ;;\n            -*) ;;\n            *) command=\"${command:+$command }$word\" ;;\n"
                "        esac\n    done\n    case $command in\n        '') words=\"",
                out);
    for (const struct args_command *c = commands; c->name != NULL; c++) {
        size_t len;
        if (begins_group(commands, c, &len)) {
            (void)fprintf(out, "%.*s ", (int)len, c->name);
        }
    }
    (void)fputs("\" ;;\n", out);
    second_words(out, commands);
    (void)fputs("    esac\n    case $command in\n", out);
    for (const struct args_command *c = commands; c->name != NULL; c++) {
        (void)fprintf(out, "        '%s' | '%s '*) options=\"", c->name, c->name);
        option_words(out, c->options);
        (void)fputs("\" ;;\n", out);
    }
    (void)fputs("    esac\n    options=\"$options ", out);
    option_words(out, ARGS_EVERYWHERE);
    (void)fputs(
        "\"\n"
        "    case $previous in\n"
        "        --home) mapfile -t COMPREPLY < <(compgen -d -- \"$current\"); return ;;\n"
        "        --*file | --ca | --to | --voice) mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n"
        "    esac\n"
        "    case $current in\n"
        "        -*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\") ;;\n"
        "        *) if [ -n \"$words\" ]; then mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\"); "
        "else mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); fi ;;\n"
        "    esac\n"
        "}\n"
        "complete -o filenames -F _weibel weibel\n",
        out);
}
