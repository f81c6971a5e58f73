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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_deleted_for_everyone_is_gone),
        cmocka_unit_test(what_is_deleted_with_its_chat_is_gone),
        cmocka_unit_test(what_has_disappeared_is_gone),
        cmocka_unit_test(what_waits_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
