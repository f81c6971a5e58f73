/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel contact. */
#include "command_call.h"
#include "command_list.h"
#include "exit.h"
#include "qr.h"
#include "words.h"

static int call(struct client *client, const struct args *args, const char *method, cJSON *params) {
    return command_call(client, args, &(struct command_call){ method, params, COMMAND_LOCAL, 0, command_show_contact });
}

int command_contact_list(struct client *client, const struct args *args) {
    return command_list(client, args,
                        &(struct command_list){ "contact.list", "contacts", show_contacts,
                                                N_("no contacts yet: weibel contact add ID NAME keeps one"), false });
}

static void show_added(struct base_writer *output, const struct show *show, const cJSON *contact) {
    command_show_contact(output, show, contact);
    if (show_text(contact, "safety")[0] == '\0') {
        exit_say(_("there is no connection: whether somebody has this ID was not checked"));
    }
}

int command_contact_add(struct client *client, const struct args *args) {
    cJSON *params = command_params(args, "id");
    if (args->operand_count == 2) {
        (void)cJSON_AddStringToObject(params, "name", args->operands[1]);
    }
    return command_call(client, args, &(struct command_call){ "contact.add", params, COMMAND_ASK, 0, show_added });
}

static void show_safety(struct base_writer *output, const struct show *show, const cJSON *safety) {
    (void)show;
    show_member(output, _("Safety"), safety, "safety");
    show_member(output, _("Code"), safety, "code");
    qr_show(output, show_text(safety, "code"));
}

int command_contact_verify(struct client *client, const struct args *args) {
    cJSON *params = command_params(args, "id");
    if (args->values[OPTION_CODE] != NULL) {
        command_add_text(params, "code", args, OPTION_CODE);
        return call(client, args, "contact.verify", params);
    }
    return command_call(client, args,
                        &(struct command_call){ "contact.safety", params, COMMAND_LOCAL, 0, show_safety });
}

static int set_blocked(struct client *client, const struct args *args, bool blocked) {
    cJSON *params = command_params(args, "id");
    (void)cJSON_AddBoolToObject(params, "blocked", blocked);
    return call(client, args, "contact.set", params);
}

int command_contact_block(struct client *client, const struct args *args) {
    return set_blocked(client, args, true);
}

int command_contact_unblock(struct client *client, const struct args *args) {
    return set_blocked(client, args, false);
}

int command_contact_accept(struct client *client, const struct args *args) {
    return call(client, args, "contact.accept", command_params(args, "id"));
}

int command_contact_reject(struct client *client, const struct args *args) {
    return call(client, args, "contact.reject", command_params(args, "id"));
}

int command_contact_remove(struct client *client, const struct args *args) {
    return command_call(client, args,
                        &(struct command_call){ "contact.remove", command_params(args, "id"), COMMAND_LOCAL, 0, NULL });
}
