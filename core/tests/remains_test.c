/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What was deleted, or has disappeared, is nowhere any more: every record of every home is unsealed, and looked through
 * for what the message said. (Deleted records are overwritten by the host: cli/tests/store_test.c.)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chatting.h"
#include "key.h"
#include "message.h"
#include "test/result.h"
#include "vault.h"

enum { A_WHILE = 60 * 1000 };

static const char word[] = "zebra";

static bool contains(struct base_slice bytes, const char *text) {
    size_t len = strlen(text);
    bool found = false;
    for (size_t i = 0; i + len <= bytes.len && !found; i++) {
        found = memcmp(bytes.data + i, text, len) == 0;
    }
    return found;
}

/* In how many records of a home it stands. */
static size_t remains(struct world_peer *peer) {
    size_t count = 0;
    for (size_t i = 0; i < peer->store.count; i++) {
        const struct world_record *record = &peer->store.records[i];
        struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
        if (record->key.data[0] == KEY_VAULT) {
            continue;
        }
        assert_ok(vault_unseal(&peer->core->vault, peer->core->options.allocator, model_slice(record->key),
                               model_slice(record->value), &plain));
        if (contains(base_borrow(&plain), word)) {
            print_message("# peer %zu: %s in a record of table %d\n", peer->number, word, record->key.data[0]);
            count++;
        }
    }
    return count;
}

/* Two people with two devices each, and a chat. */
struct chat_of_four {
    struct world world;
    struct world_peer *anna, *ben, *phone, *tablet;
};

static void begin(struct chat_of_four *all, uint64_t seed) {
    world_init(&all->world, seed);
    all->anna = world_add(&all->world);
    all->ben = world_add(&all->world);
    all->phone = world_link(all->anna);
    all->tablet = world_link(all->ben);
    world_pass(&all->world, A_WHILE);
    (void)world_call(all->anna, "send", "{'to':'%s','text':'hello'}", all->ben->id);
    world_pass(&all->world, A_WHILE);
    (void)world_call(all->ben, "send", "{'to':'%s','text':'hello'}", all->anna->id);
    world_pass(&all->world, A_WHILE);
    world_put_file(all->anna, "there", (const uint8_t *)"hello", 5);
}

/* All that a message can say, and what others make of it. `more`: parameters of each. */
static void say_much(struct chat_of_four *all, const char *more, char ids[4][64]) {
    static const char file[] = "'text':'see','files':[{'path':'there','name':'zebra.txt','size':5,"
                               "'thumbnail':'emVicmE=','thumbnail_type':'image/jpeg'}]";
    const char *const messages[] = {
        "'text':'zebra one'",
        file,
        "'text':'','poll':{'question':'zebra?','options':['zebra','horse']}",
        "'location':{'latitude':46.9,'longitude':7.4,'name':'zebra'}",
    };
    for (size_t i = 0; i < 4; i++) {
        const char *text = messages[i];
        (void)snprintf(ids[i], 64, "%s",
                       text_of(world_call(all->anna, "send", "{'to':'%s',%s%s}", all->ben->id, text, more), "id"));
        world_pass(&all->world, A_WHILE);
    }
    (void)world_call(all->anna, "edit", "{'id':'%s','text':'zebra two'}", ids[0]);
    world_pass(&all->world, A_WHILE);
    (void)world_call(all->ben, "send", "{'to':'%s','text':'yes','reply_to':'%s'}", all->anna->id, ids[0]);
    (void)world_call(all->ben, "react", "{'id':'%s','emoji':'!'}", ids[0]);
    (void)world_call(all->ben, "vote", "{'id':'%s','options':[0]}", ids[2]);
    (void)world_call(all->tablet, "disconnect", "{}");
    const cJSON *download = world_call(all->tablet, "save", "{'message':'%s','path':'zebra.txt'}", ids[1]);
    (void)world_call(all->tablet, "transfer.set", "{'transfer':%d,'state':'paused'}",
                     (int)number_of(download, "transfer"));
    (void)world_call(all->tablet, "connect", "{}");
    (void)world_call(all->tablet, "search", "{'query':'zebra'}");
    (void)world_call(all->anna, "search", "{'query':'zebra'}");
    world_pass(&all->world, A_WHILE);
    for (size_t i = 0; i < 4; i++) {
        assert_true(remains(&all->world.peers[i]) >= 4);
    }
}

static void assert_gone(struct chat_of_four *all) {
    for (int crash = 0; crash < 2; crash++) {
        for (size_t i = 0; i < all->world.peer_count; i++) {
            assert_int_equal(remains(&all->world.peers[i]), 0);
            world_crash(&all->world.peers[i]);
        }
        world_pass(&all->world, A_WHILE);
    }
}

static void what_is_deleted_for_everyone_is_gone(void **state) {
    (void)state;
    struct chat_of_four all;
    char ids[4][64];
    begin(&all, 1);
    say_much(&all, "", ids);
    for (size_t i = 0; i < 4; i++) {
        (void)world_call(i % 2 == 0 ? all.anna : all.phone, "delete", "{'id':'%s','for':'everyone'}", ids[i]);
    }
    world_pass(&all.world, A_WHILE);
    assert_gone(&all);
    world_end(&all.world);
}

static void what_is_deleted_with_its_chat_is_gone(void **state) {
    (void)state;
    struct chat_of_four all;
    char ids[4][64];
    begin(&all, 2);
    say_much(&all, "", ids);
    (void)world_call(all.phone, "chat.delete", "{'chat':'%s'}", all.ben->id);
    (void)world_call(all.ben, "chat.delete", "{'chat':'%s'}", all.anna->id);
    world_pass(&all.world, A_WHILE);
    assert_gone(&all);
    world_end(&all.world);
}

static void what_has_disappeared_is_gone(void **state) {
    (void)state;
    struct chat_of_four all;
    char ids[4][64];
    begin(&all, 3);
    say_much(&all, ",'expire':3600", ids);
    (void)world_call(all.ben, "read", "{'chat':'%s','number':1000000}", all.anna->id);
    world_pass(&all.world, 2 * 3600 * 1000);
    assert_gone(&all);
    world_end(&all.world);
}

/* Deleted before it has gone out, and while its file is on its way; what failed; and what comes when it is deleted. */
static void what_waits_is_gone(void **state) {
    (void)state;
    struct chat_of_four all;
    char id[2][64];
    begin(&all, 4);
    (void)world_call(all.ben, "disconnect", "{}");
    (void)world_call(all.anna, "disconnect", "{}");
    for (int i = 0; i < 2; i++) {
        (void)snprintf(
            id[i], 64, "%s",
            text_of(world_call(all.anna, "send",
                               "{'to':'%s','text':'zebra','files':[{'path':'there','name':'zebra','size':5}]}",
                               all.ben->id),
                    "id"));
    }
    (void)world_call(all.anna, "edit", "{'id':'%s','text':'zebra two'}", id[0]);
    (void)world_call(all.anna, "delete", "{'id':'%s','for':'everyone'}", id[0]);
    (void)world_call(all.anna, "delete", "{'id':'%s','for':'me'}", id[1]);
    world_pass(&all.world, A_WHILE);
    assert_gone(&all);
    world_end(&all.world);
}

/* ---- damage ---- */

static const char stood[] = "A message that stood here was damaged";
static const char lost[] = "Part of what this device had stored";

enum outcome { REFUSED, HEALED, TOLD, FAILED, STOOD };

/* What becomes of a home in which one record can't be unsealed, by its table. */
static const struct {
    enum key_table table;
    enum outcome outcome;
} damages[] = {
    { KEY_ACCOUNT, REFUSED }, { KEY_CONTACT, REFUSED },    { KEY_CHAT, REFUSED },    { KEY_GROUP, HEALED },
    { KEY_MLS, HEALED },      { KEY_KEY_PACKAGE, HEALED }, { KEY_OUTBOX, FAILED },   { KEY_LETTER, TOLD },
    { KEY_TRANSFER, FAILED }, { KEY_EXPIRY, HEALED },      { KEY_ARRIVAL, TOLD },    { KEY_AMENDMENT, TOLD },
    { KEY_SYNC, TOLD },       { KEY_SETTING, TOLD },       { KEY_LOOSE, TOLD },      { KEY_MEMBERS, HEALED },
    { KEY_INVITATION, TOLD }, { KEY_HAND, TOLD },          { KEY_TALLY, HEALED },    { KEY_LATECOMERS, HEALED },
    { KEY_MESSAGE, STOOD },   { KEY_INDEX, HEALED },       { KEY_SEND_KEY, HEALED }, { KEY_HISTORY, HEALED },
    { KEY_SEARCH, HEALED },   { KEY_HELD, HEALED },        { KEY_LATE, HEALED },     { KEY_THREAD, HEALED },
    { KEY_GONE, HEALED },     { KEY_JOINING, TOLD },
};

/* The last record of a table, or one that was never sealed where there is none. */
static void damage_one(struct world_store *store, enum key_table table) {
    struct world_record *last = NULL;
    for (size_t i = 0; i < store->count; i++) {
        last = store->records[i].key.data[0] == table ? &store->records[i] : last;
    }
    if (last != NULL) {
        last->value.data[last->value.len / 2] ^= 1;
        return;
    }
    uint8_t rubbish[100] = { 1 };
    bool pair = table == KEY_HAND || table == KEY_TALLY;
    struct key key = pair ? key_pair(table, 1, 1) : key_number(table, 1);
    struct weibel_change change = { key_slice(&key), base_slice(rubbish, sizeof rubbish), false };
    world_store_apply(store, &(struct weibel_store){ .changes = &change, .count = 1 });
}

static size_t count_saying(struct world_peer *peer, const char *words) {
    const cJSON *chats = cJSON_GetObjectItem(world_call(peer, "chats", "{}"), "chats"), *chat, *message;
    size_t count = 0;
    cJSON_ArrayForEach(chat, chats) {
        const cJSON *answer = world_call(peer, "history", "{'chat':'%s','limit':200}", text_of(chat, "chat"));
        cJSON_ArrayForEach(message, cJSON_GetObjectItem(answer, "messages")) {
            const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(message, "text"));
            count += text != NULL && strstr(text, words) != NULL ? 1 : 0;
        }
    }
    return count;
}

/* The home does not open, and says what is to be done. */
static void assert_refused(struct world_peer *peer, enum key_table table) {
    struct world_store kept = peer->store;
    peer->store = world_store_copy(&kept);
    damage_one(&peer->store, table);
    world_close(peer);
    world_open(peer);
    world_run(peer->world);
    (void)world_ask(peer, "unlock", "{'passphrase':'correct horse'}");
    struct weibel_effect effect;
    base_result result = BASE_OK;
    while (result == BASE_OK && weibel_core_next(peer->core, &effect)) {
        result = effect.kind == WEIBEL_EFFECT_READ ? world_read(&peer->store, peer->core, &effect.of.read) : BASE_OK;
    }
    assert_result(&WEIBEL_ERR_RECORD, result);
    assert_non_null(strstr(result->text, "backup"));
    assert_non_null(strstr(result->text, "link"));
    world_store_free(&peer->store);
    peer->store = kept;
    world_crash(peer);
    world_pass(peer->world, A_WHILE);
}

/* All goes on: what is there can be read and searched, and what is said is heard. */
static void assert_usable(struct chat_of_four *all, int round) {
    char text[32];
    (void)snprintf(text, sizeof text, "round %d", round);
    (void)world_call(all->anna, "search", "{'query':'zebra'}");
    (void)world_call(all->anna, "receive", "{}");
    (void)world_call(all->anna, "threads", "{'chat':'%s'}", all->ben->id);
    (void)world_call(all->anna, "send", "{'to':'%s','text':'%s','key':'k%d'}", all->ben->id, text, round);
    (void)world_call(all->ben, "send", "{'to':'%s','text':'heard %s'}", all->anna->id, text);
    world_pass(&all->world, A_WHILE);
    assert_non_null(message_saying(all->ben, all->anna->id, text));
    assert_non_null(message_saying(all->phone, all->ben->id, text));
    (void)snprintf(text, sizeof text, "heard round %d", round);
    assert_non_null(message_saying(all->anna, all->ben->id, text));
    assert_int_equal(number_of(world_call(all->anna, "status", "{}"), "queued"), 0);
}

static void one_damaged_record_ends_no_home(void **state) {
    (void)state;
    struct chat_of_four all;
    char ids[4][64];
    begin(&all, 5);
    say_much(&all, ",'expire':3000000", ids);
    struct world_peer *anna = all.anna;
    (void)world_call(all.ben, "send", "{'to':'%s','text':'in a thread','thread':'%s'}", anna->id, ids[0]);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        const enum key_table table = damages[i].table;
        const enum outcome outcome = damages[i].outcome;
        print_message("# a record of table %d\n", (int)table);
        if (outcome == REFUSED) {
            assert_refused(anna, table);
            continue;
        }
        size_t told = count_saying(anna, lost), gaps = count_saying(anna, stood);
        (void)world_call(anna, "disconnect", "{}");
        (void)world_call(anna, "chat.set", "{'chat':'%s','draft':'round %d'}", all.ben->id, (int)i);
        char waits[64];
        const char *files = outcome == FAILED ? ",'files':[{'path':'there','name':'z','size':5}]" : "";
        const cJSON *sent = world_call(anna, "send", "{'to':'%s','text':'waits'%s}", all.ben->id, files);
        (void)snprintf(waits, sizeof waits, "%s", text_of(sent, "id"));
        damage_one(&anna->store, table);
        world_crash(anna);
        world_pass(&all.world, 3 * A_WHILE);
        assert_usable(&all, (int)i);
        const cJSON *message = world_call(anna, "message", "{'id':'%s'}", waits);
        assert_int_equal(count_saying(anna, lost) - told, outcome == TOLD || outcome == FAILED ? 1 : 0);
        assert_int_equal(count_saying(anna, stood) - gaps, outcome == STOOD ? 1 : 0);
        if (outcome != STOOD && table != KEY_INDEX) {
            assert_string_equal(text_of(message, "state"), outcome == FAILED ? "failed" : "delivered");
        }
        world_crash(anna);
        world_pass(&all.world, A_WHILE);
        assert_int_equal(count_saying(anna, lost) - told, outcome == TOLD || outcome == FAILED ? 1 : 0);
    }
    world_end(&all.world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_deleted_for_everyone_is_gone), cmocka_unit_test(what_is_deleted_with_its_chat_is_gone),
        cmocka_unit_test(what_has_disappeared_is_gone),         cmocka_unit_test(what_waits_is_gone),
        cmocka_unit_test(one_damaged_record_ends_no_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
