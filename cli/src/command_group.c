/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel group. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "command_call.h"
#include "command_list.h"
#include "exit.h"
#include "qr.h"
#include "weibel/core.h"
#include "words.h"

static cJSON *params_of(const char *first, const struct args *args) {
    cJSON *params = command_params(args, first);
    cJSON *members = cJSON_AddArrayToObject(params, "members");
    for (unsigned i = 1; i < args->operand_count; i++) {
        (void)cJSON_AddItemToArray(members, cJSON_CreateString(args->operands[i]));
    }
    return params;
}

/* A change goes out with the next connection if there is none now. */
static int change(struct client *client, const struct args *args, const char *method, cJSON *params) {
    return command_call(client, args, &(struct command_call){ method, params, COMMAND_GROUP, 0, command_show_chat });
}

int command_group_create(struct client *client, const struct args *args) {
    return change(client, args, "group.create", params_of("name", args));
}

int command_group_add(struct client *client, const struct args *args) {
    return change(client, args, "group.add", params_of("chat", args));
}

int command_group_remove(struct client *client, const struct args *args) {
    return change(client, args, "group.remove", params_of("chat", args));
}

/* A group in which we are not yet is known by its link alone. There is no waiting for a connection before it is given
 * up: we would come in. */
int command_group_leave(struct client *client, const struct args *args) {
    if (strstr(args->operands[0], "#group=") != NULL) {
        cJSON *params = command_params(args, "link");
        return command_call(client, args, &(struct command_call){ "group.join_cancel", params, COMMAND_SENT, 0, NULL });
    }
    return change(client, args, "group.leave", command_params(args, "chat"));
}

int command_group_info(struct client *client, const struct args *args) {
    return command_call(
        client, args,
        &(struct command_call){ "group.info", command_params(args, "chat"), COMMAND_LOCAL, 0, command_show_chat });
}

static int set_text(struct client *client, const struct args *args, const char *member) {
    cJSON *params = command_params(args, "chat");
    (void)cJSON_AddStringToObject(params, member, args->operands[1]);
    return change(client, args, "group.set", params);
}

int command_group_rename(struct client *client, const struct args *args) {
    return set_text(client, args, "name");
}

int command_group_describe(struct client *client, const struct args *args) {
    return set_text(client, args, "description");
}

int command_group_set(struct client *client, const struct args *args) {
    cJSON *params = command_params(args, "chat");
    bool share = false;
    int code = command_add_seconds(params, "expire", args, OPTION_EXPIRE, true);
    code = code == EX_OK ? command_add_seconds(params, "expire_min", args, OPTION_EXPIRE_MIN, true) : code;
    code = code == EX_OK ? command_add_seconds(params, "expire_max", args, OPTION_EXPIRE_MAX, true) : code;
    command_add_text(params, "expiring", args, OPTION_EXPIRING);
    command_add_text(params, "join", args, OPTION_JOIN);
    command_add_text(params, "post", args, OPTION_POST);
    command_add_text(params, "add", args, OPTION_ADD);
    if (code == EX_OK && args->values[OPTION_SHARE_HISTORY] != NULL) {
        if (!args_yes(args->values[OPTION_SHARE_HISTORY], &share)) {
            exit_say_about(args->values[OPTION_SHARE_HISTORY], _("neither \"yes\" nor \"no\""));
            code = EX_USAGE;
        }
        (void)cJSON_AddStringToObject(params, "history", share ? "optional" : "forbidden");
    }
    if (code == EX_OK && cJSON_GetArraySize(params) == 1) {
        exit_say(_("what shall be set? weibel group set --help lists it"));
        code = EX_USAGE;
    }
    if (code != EX_OK) {
        cJSON_Delete(params);
        return code;
    }
    return change(client, args, "group.set", params);
}

int command_group_role(struct client *client, const struct args *args) {
    const char *role = args->operands[2];
    if (strcmp(role, "owner") != 0 && strcmp(role, "admin") != 0 && strcmp(role, "member") != 0) {
        exit_say_about(role, _("a role is \"owner\", \"admin\" or \"member\""));
        return EX_USAGE;
    }
    cJSON *params = command_params(args, "chat");
    (void)cJSON_AddStringToObject(params, "member", args->operands[1]);
    (void)cJSON_AddStringToObject(params, "role", role);
    return change(client, args, "group.role", params);
}

static void show_link(struct base_writer *output, const struct show *show, const cJSON *answer) {
    (void)show;
    const char *link = show_text(answer, "link");
    if (link[0] != '\0') {
        show_line(output, link);
        output_print(output, "\n");
        qr_show(output, link);
    }
}

int command_group_link(struct client *client, const struct args *args) {
    cJSON *params = command_params(args, "chat");
    (void)cJSON_AddBoolToObject(params, "enabled", args->values[OPTION_OFF] == NULL);
    return command_call(client, args, &(struct command_call){ "group.link", params, COMMAND_SERVER, 0, show_link });
}

int command_group_join(struct client *client, const struct args *args) {
    return command_call(
        client, args,
        &(struct command_call){ "group.join", command_params(args, "link"), COMMAND_SERVER, 0, command_show_chat });
}

int command_group_joins(struct client *client, const struct args *args) {
    return command_list(
        client, args,
        &(struct command_list){ "group.joins", "joins", show_joins, N_("you are joining no group"), false });
}

/* --- pictures --- */

enum { MAX_PICTURE = 48 << 10 }; /* docs/api.md, group.set */

/* What its first bytes say that it is; NULL: none of those that everybody can show. */
static const char *type_of_picture(const uint8_t *bytes, size_t len) {
    static const struct {
        const char *begin;
        size_t len;
        const char *type;
    } types[] = {
        { "\xff\xd8\xff", 3, "image/jpeg" },
        { "\x89PNG", 4, "image/png" },
        { "RIFF", 4, "image/webp" },
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (len > types[i].len && memcmp(bytes, types[i].begin, types[i].len) == 0) {
            return types[i].type;
        }
    }
    return NULL;
}

static int add_picture(cJSON *params, const char *path) {
    enum { BASE64 = MAX_PICTURE / 3 * 4 + 8 };
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        exit_say_about(path, strerror(errno));
        return EX_NOINPUT;
    }
    uint8_t bytes[MAX_PICTURE + 1];
    size_t len = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    const char *type = type_of_picture(bytes, len);
    if (type == NULL || len > MAX_PICTURE || weibel_picture_bare(bytes, len) != BASE_OK) {
        exit_say_about(path, _("a picture is JPEG, PNG or WebP of at most 48 KiB"));
        return EX_DATAERR;
    }
    char text[BASE64];
    (void)sodium_bin2base64(text, sizeof text, bytes, len, sodium_base64_VARIANT_ORIGINAL);
    cJSON *picture = cJSON_AddObjectToObject(params, "picture");
    (void)cJSON_AddStringToObject(picture, "data", text);
    (void)cJSON_AddStringToObject(picture, "type", type);
    return EX_OK;
}

static int save_picture(struct client *client, const struct args *args) {
    cJSON *answer = NULL;
    int code = client_unlock(client, CLIENT_ACTIVATED);
    if (code == EX_OK) {
        code = client_call(client, "chat.picture", command_params(args, "chat"), &answer);
    }
    uint8_t bytes[MAX_PICTURE];
    size_t len = 0;
    const char *data = show_text(answer, "data");
    if (code == EX_OK && sodium_base642bin(bytes, sizeof bytes, data, strlen(data), NULL, &len, NULL,
                                           sodium_base64_VARIANT_ORIGINAL) != 0) {
        code = EX_DATAERR;
    }
    cJSON_Delete(answer);
    if (code != EX_OK) {
        return code;
    }
    FILE *file = fopen(args->values[OPTION_TO], "wbxe");
    bool written = file != NULL && fwrite(bytes, 1, len, file) == len;
    written = file != NULL && fclose(file) == 0 && written;
    if (!written) {
        exit_say_about(args->values[OPTION_TO], strerror(errno));
        return EX_CANTCREAT;
    }
    return EX_OK;
}

int command_group_picture(struct client *client, const struct args *args) {
    if (args->operand_count == 1 && args->values[OPTION_TO] != NULL) {
        return save_picture(client, args);
    }
    cJSON *params = command_params(args, "chat");
    int code = EX_OK;
    if (args->values[OPTION_REMOVE] != NULL) {
        (void)cJSON_AddNullToObject(params, "picture");
    } else if (args->operand_count == 2) {
        code = add_picture(params, args->operands[1]);
    } else {
        exit_say(_("a FILE to set, --to PATH to save it, or --remove"));
        code = EX_USAGE;
    }
    if (code != EX_OK) {
        cJSON_Delete(params);
        return code;
    }
    return change(client, args, "group.set", params);
}
