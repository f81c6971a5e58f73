/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Loading. Records come table by table, in the order of enum key_table, so that each finds what it refers to.
 */
#include "load.h"

#include <string.h>

#include "account.h"
#include "amend.h"
#include "arrival.h"
#include "change.h"
#include "chat.h"
#include "contact.h"
#include "damage.h"
#include "door.h"
#include "event.h"
#include "expiry.h"
#include "field.h"
#include "gone.h"
#include "group.h"
#include "hand.h"
#include "heal.h"
#include "identity.h"
#include "invitation.h"
#include "join.h"
#include "joining.h"
#include "json.h"
#include "keys.h"
#include "latecomer.h"
#include "letter.h"
#include "lock.h"
#include "member.h"
#include "policy.h"
#include "post.h"
#include "read.h"
#include "report.h"
#include "rpc.h"
#include "search/index.h"
#include "setting.h"
#include "sync.h"
#include "tally.h"
#include "transfer.h"

/* A record of libmls that waits until all of its group are there. */
struct piece {
    uint64_t group;
    struct base_bytes key;
    struct base_bytes value;
};

static void free_piece(void *item) {
    base_bytes_free(&((struct piece *)item)->key);
    base_bytes_free(&((struct piece *)item)->value);
    base_free(item);
}

static base_result take_vault(struct weibel_core *core, struct read *read, struct base_slice key,
                              struct base_slice value) {
    (void)read;
    (void)key;
    return base_bytes_copy(core->options.allocator, value, &core->vault_record);
}

static base_result vault_done(struct weibel_core *core, struct read *read) {
    core->home = read->count == 0 ? HOME_NEW : HOME_LOCKED;
    return rpc_release(core);
}

base_result load_begin(struct weibel_core *core) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, vault_done, NULL, &read));
    BASE_TRY(read_ask(core, read, take_vault, key_table(KEY_VAULT), key_table(KEY_ACCOUNT), 1, false));
    read = NULL;
    return BASE_OK;
}

static base_result answer_empty(struct weibel_core *core, struct call *call) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, call);
    json_object(&line);
    json_object_end(&line);
    return event_answer_end(core, call, &line);
}

static struct vault_cost cost_of(const struct weibel_core *core) {
    return (struct vault_cost){ core->options.passphrase_passes, core->options.passphrase_memory };
}

base_result load_create(struct weibel_core *core, struct call *call, const struct vault_means *means) {
    BASE_TRY(vault_create(&core->vault, core->options.allocator, core->options.random, means, cost_of(core),
                          &core->vault_record));
    BASE_TRY(out_put_plain(&core->out, key_table(KEY_VAULT), base_borrow(&core->vault_record)));
    core->home = HOME_OPEN;
    return answer_empty(core, call);
}

static base_result add_piece(struct weibel_core *core, struct base_slice key, struct base_slice value) {
    struct piece *piece = (struct piece *)base_take(core->options.allocator, 1, sizeof *piece);
    BASE_ENSURE(piece != NULL, BASE_ERR_NO_MEMORY);
    struct base_slice own;
    base_result result = key_parse_mls(key, &piece->group, &own);
    if (result == BASE_OK) {
        result = base_bytes_copy(core->options.allocator, own, &piece->key);
    }
    if (result == BASE_OK) {
        result = base_bytes_copy(core->options.allocator, value, &piece->value);
    }
    if (result == BASE_OK) {
        result = list_add(&core->pieces, core->options.allocator, piece);
    }
    if (result != BASE_OK) {
        free_piece(piece);
    }
    return result;
}

static base_result load_one(struct weibel_core *core, enum key_table table, uint64_t a, uint64_t b,
                            struct base_slice value) {
    switch (table) {
    case KEY_ACCOUNT:
        return account_load(core, value);
    case KEY_CONTACT:
        return contact_load(core, a, value);
    case KEY_CHAT:
        return chat_load(core, a, value);
    case KEY_GROUP:
        return group_load(core, a, value);
    case KEY_MEMBERS:
        return member_load(core, a, value);
    case KEY_TALLY:
        return tally_load(core, a, b, value);
    case KEY_LATECOMERS:
        return latecomer_load(core, a, value);
    case KEY_KEY_PACKAGE:
        return keys_load(core, a, value);
    case KEY_OUTBOX:
        return post_load(core, a, b, value);
    case KEY_LETTER:
        return letter_load(core, a, value);
    case KEY_TRANSFER:
        return transfer_load(core, a, value);
    case KEY_EXPIRY:
        return expiry_load(core, a, b, value);
    case KEY_INVITATION:
        return invitation_load(core, a, value);
    case KEY_HAND:
        return hand_load(core, a, value);
    case KEY_LOOSE:
        return search_load(core, a, b, value);
    case KEY_SETTING:
        return setting_load(core, a, value);
    case KEY_ARRIVAL:
        return arrival_load(core, a, value);
    case KEY_SYNC:
        return sync_load(core, a, value);
    case KEY_JOINING:
        return joining_load(core, a, value);
    case KEY_GONE:
        return gone_load(core, a, value);
    case KEY_AMENDMENT:
        return amend_load(core, a, value);
    default:
        return &BASE_ERR_VALUE;
    }
}

/* What a record is damaged by does not matter: lack of memory is not damage. */
static base_result as_damage(base_result result) {
    return result == BASE_OK || result == &BASE_ERR_NO_MEMORY || result == &WEIBEL_ERR_VERSION ? result
                                                                                               : &WEIBEL_ERR_RECORD;
}

static base_result take_small(struct weibel_core *core, struct read *read, struct base_slice key,
                              struct base_slice value) {
    (void)read;
    enum key_table table;
    uint64_t a, b;
    if (core->foreign) {
        return BASE_OK;
    }
    if (key.data[0] == KEY_MLS) {
        return as_damage(add_piece(core, key, value));
    }
    base_result result = key_parse(key, &table, &a, &b);
    result = as_damage(result == BASE_OK ? load_one(core, table, a, b, value) : result);
    core->foreign = result == &WEIBEL_ERR_VERSION;
    return core->foreign ? BASE_OK : result;
}

struct source {
    struct weibel_core *core;
    uint64_t group;
    size_t next;
};

static base_result next_piece(void *user, bool *found, struct base_slice *key, struct base_slice *value) {
    struct source *source = (struct source *)user;
    const struct list *pieces = &source->core->pieces;
    const struct piece *piece = source->next < pieces->count ? (const struct piece *)pieces->items[source->next] : NULL;
    *found = piece != NULL && piece->group == source->group;
    if (*found) {
        *key = base_borrow(&piece->key);
        *value = base_borrow(&piece->value);
        source->next++;
    }
    return BASE_OK;
}

static base_result erase_pieces(struct weibel_core *core, uint64_t group) {
    for (size_t i = 0; i < core->pieces.count; i++) {
        const struct piece *piece = (const struct piece *)core->pieces.items[i];
        if (piece->group == group) {
            BASE_TRY(out_remove(&core->out, key_mls(group, base_borrow(&piece->key))));
        }
    }
    return BASE_OK;
}

/* The chat that a group says it belongs to, or NULL. */
static struct chat *chat_of(const struct weibel_core *core, const struct mls_group *mls) {
    struct group_about about;
    struct mls_member member;
    if (group_read_about(mls, &about) != BASE_OK) {
        return NULL;
    }
    for (uint32_t leaf = 0; about.kind == CHAT_DIRECT && mls_group_next_member(mls, &leaf, &member); leaf++) {
        struct identity identity;
        char domain[WIRE_MAX_DOMAIN + 1];
        if (identity_peek(member.credential.content, &identity) == BASE_OK && !join_is_self(core, &identity)) {
            field_set_text(domain, sizeof domain, identity.domain);
            const struct contact *peer = contact_find(core, identity.account, domain);
            return peer == NULL ? NULL : chat_with(core, peer->number);
        }
    }
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->kind == CHAT_GROUP && memcmp(chat->room, about.room, sizeof chat->room) == 0) {
            return chat;
        }
    }
    return NULL;
}

/* The record that said which chat it is of, and how far it was read, is damaged. */
static base_result adopt(struct weibel_core *core, uint64_t number, struct mls_group *mls) {
    struct chat *chat = chat_of(core, mls);
    if (chat == NULL) {
        mls_group_free(mls);
        return erase_pieces(core, number);
    }
    struct group *group;
    BASE_TRY(group_add(core, chat, mls, GROUP_OPEN, &group));
    group->number = number;
    BASE_TRY(group_save_changes(core, group));
    return heal_lose(core, group);
}

/* Pieces are sorted by group, as their names are. What is damaged is no reason for the whole home to be lost: others
 * help (heal.h). */
static base_result load_group(struct weibel_core *core, struct source *source) {
    size_t first = source->next;
    struct mls_group *mls = NULL;
    base_result result = as_damage(mls_group_load(&core->mls, &(struct mls_source){ next_piece, source }, &mls));
    if (result == &BASE_ERR_NO_MEMORY) {
        return result;
    }
    while (source->next < core->pieces.count &&
           ((const struct piece *)core->pieces.items[source->next])->group == source->group) {
        source->next++;
    }
    source->next = source->next == first ? first + 1 : source->next;
    struct group *group = group_at(core, source->group);
    if (mls == NULL) {
        return erase_pieces(core, source->group);
    }
    if (mls_group_id(mls).len != WIRE_STREAM_LEN || (group != NULL && group->mls != NULL)) {
        mls_group_free(mls);
        return erase_pieces(core, source->group);
    }
    if (group == NULL) {
        return joining_adopt(core, source->group, &mls) ? BASE_OK : adopt(core, source->group, mls);
    }
    group->mls = mls;
    memcpy(group->id, mls_group_id(mls).data, WIRE_STREAM_LEN);
    group->generation = group_generation(mls);
    return BASE_OK;
}

static base_result loaded_group(struct weibel_core *core, struct group *group) {
    if (group->mls == NULL && (group->state == GROUP_OPEN || group->state == GROUP_LOST)) {
        group->dirty = group->state != GROUP_LOST;
        group->state = GROUP_LOST;
        BASE_TRY(change_let_go(core, group));
        return post_renew(core, group->chat, group->number);
    }
    if (group->mls == NULL) {
        return group_forget(core, group);
    }
    /* What lies at a door ends after a while: those who look after the group renew it when they come. */
    group->door_due = group->door_due ||
                      (door_is_old(core, group) && (group_own_capabilities(core, group) & CAN_CREATE_JOIN_CODE) != 0);
    if (mls_group_proposal_count(group->mls) > 0 || group->leaver_count > 0) {
        group->tidy_at = state_now(core);
    }
    return BASE_OK;
}

static base_result load_groups(struct weibel_core *core) {
    struct source source = { .core = core };
    while (source.next < core->pieces.count) {
        source.group = ((const struct piece *)core->pieces.items[source.next])->group;
        BASE_TRY(load_group(core, &source));
    }
    list_free(&core->pieces, free_piece);
    BASE_TRY(joining_loaded(core));
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        report_plan(core, chat);
        for (size_t k = chat->groups.count; k > 0; k--) {
            BASE_TRY(loaded_group(core, (struct group *)chat->groups.items[k - 1]));
        }
    }
    return BASE_OK;
}

static base_result refuse_version(struct weibel_core *core, struct call *call) {
    struct trouble trouble = trouble_make(TROUBLE_REFUSED, "data_version", "%s", WEIBEL_ERR_VERSION.text);
    return event_answer_trouble(core, call, &trouble);
}

base_result load_damaged_piece(struct weibel_core *core, struct base_slice key) {
    return as_damage(add_piece(core, key, base_slice(NULL, 0)));
}

static base_result small_done(struct weibel_core *core, struct read *read) {
    if (read->count == WEIBEL_MAX_READ) {
        struct key from = key_after(key_slice(&read->last));
        return read_ask(core, read, take_small, from, (struct key){ { KEY_LOADED_END }, 1 }, WEIBEL_MAX_READ, false);
    }
    if (core->foreign) {
        core->foreign = false;
        lock_wipe(core);
        core->home = HOME_LOCKED;
        BASE_TRY(refuse_version(core, &read->call));
        return rpc_release(core);
    }
    BASE_TRY(load_groups(core));
    core->history_opened = core->account.next_history;
    core->home = HOME_OPEN;
    BASE_TRY(damage_tell(core));
    BASE_TRY(answer_empty(core, &read->call));
    return rpc_release(core);
}

/* Whether the means open the vault; if not, the call was answered. */
static base_result try_means(struct weibel_core *core, struct call *call, const struct vault_means *means,
                             struct vault *vault, bool *good) {
    base_result result = vault_open(vault, means, base_borrow(&core->vault_record));
    *good = result == BASE_OK;
    if (result == &WEIBEL_ERR_VERSION) {
        return refuse_version(core, call);
    }
    if (result == &WEIBEL_ERR_PASSPHRASE) {
        struct trouble trouble = trouble_make(TROUBLE_PASSPHRASE, "passphrase", "%s", result->text);
        return event_answer_trouble(core, call, &trouble);
    }
    return result;
}

base_result load_unlock(struct weibel_core *core, struct call *call, const struct vault_means *means) {
    struct vault vault BASE_CLEANUP(vault_close) = { 0 };
    bool good;
    BASE_TRY(try_means(core, call, means, &vault, &good));
    if (!good) {
        return BASE_OK;
    }
    if (core->home == HOME_OPEN) {
        return answer_empty(core, call);
    }
    core->vault = vault;
    core->home = HOME_OPENING;
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, small_done, call, &read));
    BASE_TRY(read_ask(core, read, take_small, key_table(KEY_ACCOUNT), (struct key){ { KEY_LOADED_END }, 1 },
                      WEIBEL_MAX_READ, false));
    read = NULL;
    return BASE_OK;
}

static base_result save_vault(struct weibel_core *core, struct call *call) {
    BASE_TRY(out_put_plain(&core->out, key_table(KEY_VAULT), base_borrow(&core->vault_record)));
    return answer_empty(core, call);
}

base_result load_rewrap(struct weibel_core *core, struct call *call, const struct vault_means *old,
                        const struct vault_means *means, bool keep) {
    struct vault vault BASE_CLEANUP(vault_close) = { 0 };
    bool good;
    BASE_TRY(try_means(core, call, old, &vault, &good));
    if (!good) {
        return BASE_OK;
    }
    struct base_slice kept = keep ? base_borrow(&core->vault_record) : base_slice(NULL, 0);
    base_result result = vault_rewrap(&core->vault, core->options.allocator, core->options.random, means, cost_of(core),
                                      kept, &core->vault_record);
    if (result == &BASE_ERR_TOO_LONG) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "too_many_keys",
                          "%d keys open this home already; remove one first", VAULT_MAX_KEYS);
    }
    BASE_TRY(result);
    return save_vault(core, call);
}

base_result load_remove_means(struct weibel_core *core, struct call *call, const struct vault_means *means,
                              uint8_t kind, const uint8_t name[VAULT_KEY_NAME_LEN]) {
    base_result result = vault_remove(core->options.allocator, means, kind, name, &core->vault_record);
    if (result == &BASE_ERR_VALUE) {
        return rpc_refuse(core, call, TROUBLE_USAGE, "unknown_means",
                          "there is nothing of this name that opens the home");
    }
    if (result == &WEIBEL_ERR_PASSPHRASE) {
        return rpc_refuse(core, call, TROUBLE_PASSPHRASE, "passphrase", "%s", result->text);
    }
    BASE_TRY(result);
    return save_vault(core, call);
}

void load_free_pieces(struct weibel_core *core) {
    list_free(&core->pieces, free_piece);
}
