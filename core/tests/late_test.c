/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Own devices that come into a chat, or into the account's own group, later than they should: what was written before
 * is theirs, and nobody waits for ever.
 */
#include <string.h>

#include "chat.h"
#include "chatting.h"
#include "device.h"
#include "group.h"
#include "heal_letter.h"
#include "message.h"
#include "sync.h"
#include "test/result.h"

static void refuse(struct world *world, uint8_t type, uint16_t code, uint64_t argument) {
    world->model->refuse.type = type;
    world->model->refuse.code = code;
    world->model->refuse.argument = argument;
}

static int shown(const struct world_peer *peer, const char *text) {
    int count = 0;
    for (size_t i = 0; i < peer->line_count; i++) {
        const cJSON *method = cJSON_GetObjectItem(peer->lines[i], "method");
        const cJSON *params = cJSON_GetObjectItem(peer->lines[i], "params");
        count += cJSON_IsString(method) && strcmp(method->valuestring, "message") == 0 &&
                         strcmp(text_of(params, "text"), text) == 0
                     ? 1
                     : 0;
    }
    return count;
}

/* The server has no key package of the first device when somebody writes: the chat begins with the other one alone. */
static void who_is_let_in_late_has_what_was_written(void **state) {
    (void)state;
    for (int run = 0; run < 12; run++) {
        int crashes = run % 4;
        struct world world;
        world_init(&world, 12 + (uint64_t)run);
        refuse(&world, WIRE_PUT_KEY_PACKAGES, WIRE_REFUSED_DISK_FULL, 0);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
        (void)world_call(ben, "send", "{'to':'%s','text':'two','expire':100000}", anna->id);
        (void)world_call(phone, "contact.accept", "{'id':'%s'}", ben->id);
        (void)world_call(phone, "send", "{'to':'%s','text':'three'}", ben->id);
        (void)world_call(ben, "send", "{'to':'%s','text':'wrong'}", anna->id);
        (void)world_call(ben, "delete", "{'id':'%s','for':'everyone'}",
                         text_of(message_saying(ben, anna->id, "wrong"), "id"));
        (void)world_call(ben, "react", "{'id':'%s','emoji':'x'}",
                         text_of(message_saying(ben, anna->id, "three"), "id"));
        (void)world_call(ben, "send", "{'to':'%s','text':'gone soon','expire':1}", anna->id);
        assert_texts(phone, ben->id, "one\ntwo\nthree\n\ngone soon\n");
        (void)world_call(phone, "read", "{'chat':'%s','number':%d}", ben->id,
                         (int)number_of(message_saying(phone, ben->id, "one"), "number"));
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(anna, "chats", "{}"), "chats")), 0);
        world.crash_chance = crashes * 10;
        world.loss = crashes * 10;
        world_pass(&world, 40 * 1000);
        world.crash_chance = world.loss = 0;
        world_pass(&world, 90 * 1000);

        assert_texts(anna, ben->id, "one\ntwo\nthree\n\ngone soon\n");
        assert_int_equal(number_of(listed_chat(anna, ben->id), "unread"),
                         number_of(listed_chat(phone, ben->id), "unread"));
        assert_int_equal(number_of(listed_chat(anna, ben->id), "unread"), 2);
        assert_int_equal(number_of(message_saying(anna, ben->id, "two"), "expire"), 100000);
        const cJSON *three = message_saying(anna, ben->id, "three");
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(three, "own")));
        assert_string_equal(text_of(three, "state"), "delivered");
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(three, "reactions")), 1);
        if (crashes == 0) {
            assert_int_equal(shown(anna, "one"), 1);
            assert_int_equal(shown(anna, "three"), 1);
        }

        /* It goes on as if nothing had been. */
        (void)world_call(ben, "send", "{'to':'%s','text':'four'}", anna->id);
        (void)world_call(anna, "delete", "{'id':'%s','for':'everyone'}",
                         text_of(message_saying(anna, ben->id, "three"), "id"));
        assert_texts(anna, ben->id, "one\ntwo\n\n\ngone soon\nfour\n");
        assert_texts(ben, anna->id, "one\ntwo\n\n\nfour\n");
        (void)world_call(anna, "read", "{'chat':'%s','number':1000000}", ben->id);
        world_pass(&world, 60 * 1000);
        assert_int_equal(number_of(listed_chat(phone, ben->id), "unread"), 0);
        assert_texts(phone, ben->id, "one\ntwo\n\n\nfour\n");
        assert_texts(anna, ben->id, "one\ntwo\n\n\nfour\n");
        world_end(&world);
    }
}

/* What comes into a chat with two groups is looked for before it is shown. The first device is let into one of them
 * while that takes its time: it is owed what waits, too. */
static void what_waits_to_be_shown_is_owed(void **state) {
    (void)state;
    enum { RUNS = 6 };
    int written_to = 0;
    for (uint64_t run = 0; run < RUNS; run++) {
        struct world world;
        world_init_quiet(&world, 21 + run);
        refuse(&world, WIRE_PUT_KEY_PACKAGES, WIRE_REFUSED_DISK_FULL, 0);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        (void)world_ask(ben, "send", "{'to':'%s','text':'one'}", anna->id); /* he does not know her first device */
        (void)world_ask(phone, "send", "{'to':'%s','text':'two'}", ben->id);
        world_run(&world);
        written_to += mls_group_member_count(chat_writing_group(chat_of_two(phone))->mls) == 2 ? 1 : 0;
        phone->core->amending = true; /* as if something else was being looked for */
        (void)world_call(ben, "send", "{'to':'%s','text':'three'}", anna->id);
        (void)world_call(ben, "send", "{'to':'%s','text':'four'}", anna->id);
        assert_int_equal(phone->core->amendments.count, 2);
        world_pass(&world, 60 * 1000);
        assert_int_equal(mls_group_member_count(chat_writing_group(chat_of_two(phone))->mls), 3);
        phone->core->amending = false;
        (void)world_call(phone, "whoami", "{}");
        world_pass(&world, 60 * 1000);
        (void)message_saying(phone, ben->id, "four");
        (void)message_saying(anna, ben->id, "three");
        (void)message_saying(anna, ben->id, "four");
        world_end(&world);
    }
    assert_true(written_to > 0); /* which one is written to is up to chance */
}

static struct model_account *account_of(struct world *world, const struct world_peer *peer) {
    for (size_t i = 0; i < world->model->account_count; i++) {
        if (memcmp(world->model->accounts[i].device, peer->core->account.device, WIRE_DEVICE_LEN) == 0) {
            return &world->model->accounts[i];
        }
    }
    fail();
    return NULL;
}

static struct world_peer *link_with_history(struct world_peer *by) {
    char link[256];
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(by, "device.link", "{'history':true}"), "link"));
    struct world_peer *device = world_add_empty(by->world);
    (void)world_call(device, "create", "{'passphrase':'correct horse'}");
    (void)world_call(device, "activate", "{'link':'%s'}", link);
    world_pass(by->world, 20 * 1000);
    return device;
}

/* Who lets it in came after it, and is not to tell by clocks what was written before it: the writer's was three hours
 * behind. What it has written itself, and not sent yet, shows that it is nobody new; but it need not have written, nor
 * is less owed where its link has promised what was written before, though an older one lets it in. */
static void who_is_let_in_by_a_newer_device_has_what_was_written(void **state) {
    (void)state;
    enum { BEHIND = 3 * 3600 * 1000, WRITES = 0, LISTENS = 1, HAS_HISTORY = 2, RUNS };
    for (int run = 0; run < RUNS; run++) {
        struct world world;
        world_init_quiet(&world, 3);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        struct world_peer *tablet = run == HAS_HISTORY ? link_with_history(anna) : world_link(anna);
        struct world_peer *phone = world_link(anna), *by = run == HAS_HISTORY ? anna : phone;
        (void)world_call(anna, "disconnect", "{}");
        (void)world_call(by == anna ? phone : anna, "disconnect", "{}");
        (void)world_call(tablet, "disconnect", "{}");
        if (run == WRITES) {
            (void)world_call(tablet, "send", "{'to':'%s','text':'two'}", ben->id);
        }
        struct model_account *there = account_of(&world, tablet);
        const struct model_account kept = *there; /* borrows */
        there->package_count = there->last_resort.len = 0;
        uint64_t behind = run == HAS_HISTORY ? 0 : BEHIND;
        world.clock.now += run == HAS_HISTORY ? (uint64_t)8 * 24 * 3600 * 1000 : 0; /* all of that has come */
        world.clock.now -= behind;
        (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
        world.clock.now += behind;
        there->package_count = kept.package_count;
        there->last_resort.len = kept.last_resort.len;
        assert_int_equal(mls_group_member_count(chat_writing_group(chat_of_two(ben))->mls), 3);
        (void)world_call(by, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_int_equal(mls_group_member_count(chat_writing_group(chat_of_two(by))->mls), 4);
        (void)world_call(tablet, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_texts(tablet, ben->id, run == WRITES ? "two\none\n" : "one\n");
        assert_texts(by, ben->id, run == WRITES ? "one\ntwo\n" : "one\n");
        world_end(&world);
    }
}

/* Until `know_key_package()` a device cannot let this other one of its account into anything. */
static struct model_bytes forget_key_package(struct world_peer *device, const struct world_peer *other) {
    enum { TIMES = 8 + 8 };
    uint8_t without_key_package[1 + 1 + TIMES + 1] = { 2 };
    struct base_slice name = base_slice(other->core->account.device, WIRE_DEVICE_LEN), record;
    assert_true(sync_get(device->core, SYNC_DEVICE, name, &record));
    struct model_bytes kept = model_copy(record);
    size_t times = 2 + (size_t)record.data[1]; /* behind the version and the name */
    assert_true(times + TIMES <= record.len);
    memcpy(without_key_package + 2, record.data + times, TIMES);
    assert_ok(sync_put(device->core, SYNC_DEVICE, name, base_slice(without_key_package, sizeof without_key_package)));
    return kept;
}

static void know_key_package(struct world_peer *device, const struct world_peer *other, struct model_bytes kept) {
    struct base_slice name = base_slice(other->core->account.device, WIRE_DEVICE_LEN);
    assert_ok(sync_put(device->core, SYNC_DEVICE, name, model_slice(kept)));
    free(kept.data);
    device->core->devices_version++; /* as if it had come from another device */
}

/* One of an account's devices begins a chat and goes away before it has let the other one in, who begins it anew: what
 * the peer wrote in between stands at the end there, unread, though he has written again since. */
static void what_somebody_else_had_begun_comes_last(void **state) {
    (void)state;
    size_t moved = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        struct model_bytes kept = forget_key_package(phone, anna);
        (void)world_call(phone, "send", "{'to':'%s','text':'one'}", ben->id);
        (void)world_call(ben, "contact.accept", "{'id':'%s'}", anna->id);
        const struct group *begun = chat_writing_group(chat_of_two(ben));
        assert_int_equal(mls_group_member_count(begun->mls), 2);
        (void)world_call(phone, "disconnect", "{}");
        know_key_package(phone, anna, kept);
        (void)world_ask(ben, "send", "{'to':'%s','text':'two'}", anna->id);
        (void)world_ask(anna, "send", "{'to':'%s','text':'three'}", ben->id);
        world_pass(&world, 10 * 1000);
        assert_int_equal(chat_of_two(ben)->groups.count, 2);
        (void)world_call(ben, "send", "{'to':'%s','text':'four'}", anna->id);
        world_pass(&world, 10 * 1000);
        bool moves = chat_writing_group(chat_of_two(ben)) != begun;
        assert_texts(anna, ben->id, moves ? "three\nfour\n" : "three\n");
        (void)world_call(phone, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_texts(anna, ben->id, moves ? "three\nfour\none\ntwo\n" : "three\none\ntwo\nfour\n");
        assert_texts(ben, anna->id, "one\ntwo\nthree\nfour\n");
        assert_int_equal(shown(anna, "two"), 1);
        assert_int_equal(shown(anna, "four"), 1);
        assert_int_equal(number_of(listed_chat(anna, ben->id), "unread"), 2);
        assert_int_equal(number_of(listed_chat(phone, ben->id), "unread"), 2);
        assert_seen_as(ben, anna->id, "two", "delivered");
        moved += moves ? 1 : 0;
        world_end(&world);
    }
    assert_true(moved > 0 && moved < 6);
}

/* It was let in, then the receipt came, then the message went again: the receipt alone does not tell it of which
 * message it is. */
static void what_was_sent_again_comes_with_its_receipt(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 4);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *tablet = world_link(anna);
    (void)world_call(ben, "disconnect", "{}");
    (void)world_call(tablet, "disconnect", "{}");
    struct model_bytes kept = forget_key_package(anna, tablet);
    (void)world_call(anna, "send", "{'to':'%s','text':'one'}", ben->id);
    const struct chat *chat = chat_of_two(anna);
    struct group *group = chat_writing_group(chat);
    assert_int_equal(mls_group_member_count(group->mls), 2);
    anna->core->arrears_at = UINT64_MAX; /* for a while */
    know_key_package(anna, tablet, kept);
    world_pass(&world, 60 * 1000);
    assert_int_equal(mls_group_member_count(group->mls), 3);
    assert_int_equal(chat->arrears.count, 1);
    (void)world_call(ben, "connect", "{}");
    (void)world_call(ben, "contact.accept", "{'id':'%s'}", anna->id);
    world_pass(&world, 20 * 1000);
    assert_seen_as(anna, ben->id, "one", "delivered");
    group->unread = true;
    assert_ok(weibel_core_tick(anna->core));
    world_pass(&world, 20 * 1000);
    assert_false(group->unread);
    anna->core->arrears_at = 0;
    assert_ok(weibel_core_tick(anna->core));
    (void)world_call(tablet, "connect", "{}");
    world_pass(&world, 20 * 1000);
    assert_int_equal(chat->arrears.count, 0);
    assert_texts(tablet, ben->id, "one\n");
    assert_seen_as(tablet, ben->id, "one", "delivered");
    world_end(&world);
}

/* Whoever makes a chat takes the devices from the server, which has a new one before the own group does. */
static void who_is_new_stays_in_a_chat(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    char link[256];
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
    (void)world_call(anna, "disconnect", "{}");
    struct world_peer *phone = world_add_empty(&world);
    (void)world_call(phone, "create", "{'passphrase':'correct horse'}");
    (void)world_call(phone, "activate", "{'link':'%s'}", link);
    (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    assert_texts(phone, ben->id, "one\n");
    refuse(&world, WIRE_TAKE_KEY_PACKAGES, WIRE_REFUSED_TOO_OFTEN, 60 * 1000);
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 30 * 1000);
    assert_int_equal(mls_group_member_count(device_group(anna->core)->mls), 1);
    const struct chat *chat = chat_with(anna->core, 1);
    assert_non_null(chat);
    assert_int_equal(mls_group_member_count(chat_writing_group(chat)->mls), 3);
    world_pass(&world, 90 * 1000);
    (void)world_call(ben, "send", "{'to':'%s','text':'two'}", anna->id);
    assert_texts(phone, ben->id, "one\ntwo\n");
    assert_texts(anna, ben->id, "one\ntwo\n");
    world_end(&world);
}

/* Asks another device of its account for its place in this own group, though it has it. */
static void ask_for_place(struct world_peer *device, const struct world_peer *other,
                          const uint8_t id[WIRE_STREAM_LEN]) {
    struct helper helper = { .domain = "" };
    memcpy(helper.account, other->core->account.id, sizeof helper.account);
    memcpy(helper.domain, other->core->account.domain, sizeof helper.domain);
    memcpy(helper.device, other->core->account.device, sizeof helper.device);
    memcpy(helper.key, other->core->account.device_key.public_key.data, sizeof helper.key);
    assert_ok(heal_letter_ask_them(device->core, id, 0, 0, &helper, 1));
    assert_ok(weibel_core_tick(device->core));
    world_pass(device->world, 150); /* he waits for longer than this before he does it */
    (void)world_call(device, "disconnect", "{}");
}

/* Asks for its place in the second of its own groups, if it has two, though it has it: it is let in there anew. */
static bool comes_anew_into_second(struct world_peer *device, const struct world_peer *other) {
    const struct chat *own = device_chat(device->core);
    if (own->groups.count < 2) {
        return false;
    }
    uint8_t id[WIRE_STREAM_LEN];
    memcpy(id, ((const struct group *)own->groups.items[1])->id, sizeof id);
    uint64_t epoch = mls_group_epoch(group_find(device->core, id)->mls);
    ask_for_place(device, other, id);
    world_pass(device->world, 60 * 1000);
    refuse(device->world, WIRE_READ, WIRE_REFUSED_TOO_OFTEN, 10 * 1000);
    device->world->model->refuse.more = 10;
    (void)world_ask(device, "connect", "{}");
    world_pass(device->world, 5000);
    refuse(device->world, 0, 0, 0); /* the invitation is read before the commit that takes it out */
    device->world->model->refuse.more = 0;
    world_pass(device->world, 60 * 1000);
    const struct group *mine = group_find(device->core, id), *there = group_find(other->core, id);
    assert_int_equal(own->groups.count, 2);
    assert_int_equal(mine->state, GROUP_OPEN);
    assert_true(mls_group_epoch(mine->mls) > epoch);
    assert_int_equal(mls_group_epoch(mine->mls), mls_group_epoch(there->mls));
    return true;
}

/* The one with the link is removed before it has let anybody in: two wait for the same. Which of them begins, whose
 * group is written to, and whether the other one gets its invitation before it has begun itself, is up to the seed. */
static void who_waits_for_nobody_goes_on(void **state) {
    (void)state;
    size_t anew = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        char link[256];
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *devices[2];
        refuse(&world, WIRE_TAKE_KEY_PACKAGES, WIRE_REFUSED_TOO_OFTEN, 600 * 1000);
        world.model->refuse.more = 1;
        for (size_t i = 0; i < 2; i++) {
            (void)world_call(anna, "connect", "{}");
            (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
            devices[i] = world_add_empty(&world);
            (void)world_call(devices[i], "create", "{'passphrase':'correct horse'}");
            (void)world_call(devices[i], "activate", "{'link':'%s'}", link);
            (void)snprintf(devices[i]->id, sizeof devices[i]->id, "%s", anna->id);
        }
        char name[64];
        (void)snprintf(name, sizeof name, "%s", text_of(world_call(anna, "whoami", "{}"), "device"));
        (void)world_call(anna, "disconnect", "{}");
        refuse(&world, 0, 0, 0);
        (void)world_call(devices[0], "device.remove", "{'device':'%s'}", name);
        world_pass(&world, 1000); /* what was written in the moment of a link may be from before it */
        (void)world_call(devices[0], "send", "{'to':'%s','text':'one'}", ben->id);
        (void)world_call(devices[1], "send", "{'to':'%s','text':'two'}", ben->id);
        world_pass(&world, 30 * 1000);
        assert_true(device_is_waiting(devices[0]->core));
        world_pass(&world, 60 * 1000);
        for (size_t i = 0; i < 2; i++) {
            assert_false(device_is_waiting(devices[i]->core));
            assert_int_equal(mls_group_member_count(device_group(devices[i]->core)->mls), 2);
        }
        assert_memory_equal(device_group(devices[0]->core)->id, device_group(devices[1]->core)->id, WIRE_STREAM_LEN);
        (void)world_call(ben, "send", "{'to':'%s','text':'three'}", anna->id);
        char *texts[3] = { world_texts(devices[0], ben->id), world_texts(devices[1], ben->id),
                           world_texts(ben, anna->id) };
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(strlen(texts[i]), strlen("one\ntwo\nthree\n"));
            free(texts[i]);
        }
        for (size_t i = 0; i < 2; i++) {
            anew += comes_anew_into_second(devices[i], devices[1 - i]) ? 1 : 0;
        }
        world_end(&world);
    }
    assert_true(anew > 0);
}

/* A device comes by a link, and is gone before it reads a letter. Meanwhile one of its siblings lets it in, and one
 * removes others: who has let it in, those whom the link names, or all of them. */
static void who_was_away_comes_in_whoever_was_removed(void **state) {
    (void)state;
    enum { ANNA, PHONE, TABLET, NOBODY };
    static const struct {
        int maker;        /* of the link, which does not name the tablet */
        int first;        /* lets it in */
        bool lost;        /* its letters do not go out before it is removed */
        int by, whom[2];  /* removes these */
        uint64_t seed[2]; /* the own group that is written to is up to it */
    } cases[] = {
        { ANNA, TABLET, false, TABLET, { PHONE, ANNA }, { 1, 2 } },
        { PHONE, PHONE, true, ANNA, { PHONE, NOBODY }, { 2, 3 } },
        { PHONE, ANNA, true, TABLET, { PHONE, ANNA }, { 3, 4 } },
    };
    for (size_t run = 0; run < 2 * sizeof cases / sizeof *cases; run++) {
        size_t i = run / 2;
        struct world world;
        world_init_quiet(&world, cases[i].seed[run % 2]);
        char link[256], names[3][64];
        struct world_peer *devices[3] = { world_add(&world) }, *ben = world_add(&world);
        (void)world_call(devices[ANNA], "group.create", "{'name':'G','members':['%s']}", ben->id);
        devices[PHONE] = world_link(devices[ANNA]);
        (void)snprintf(link, sizeof link, "%s",
                       text_of(world_call(devices[cases[i].maker], "device.link", "{}"), "link"));
        devices[TABLET] = world_link(devices[PHONE - cases[i].maker]);
        for (int k = 0; k < 3; k++) {
            (void)snprintf(names[k], sizeof names[k], "%s", text_of(world_call(devices[k], "whoami", "{}"), "device"));
            (void)world_call(devices[k], "disconnect", "{}");
        }
        struct world_peer *late = world_add_empty(&world);
        (void)world_call(late, "create", "{'passphrase':'correct horse'}");
        (void)world_call(late, "activate", "{'link':'%s'}", link);
        (void)snprintf(late->id, sizeof late->id, "%s", devices[ANNA]->id);
        (void)world_call(late, "disconnect", "{}");
        if (cases[i].lost) {
            refuse(&world, WIRE_INBOX_APPEND, WIRE_REFUSED_TOO_OFTEN, 3600 * 1000);
        }
        (void)world_call(devices[cases[i].first], "connect", "{}");
        world_pass(&world, 20 * 1000);
        assert_int_equal(mls_group_member_count(device_group(devices[cases[i].first]->core)->mls), 4);
        if (cases[i].lost) {
            assert_int_equal(world.model->refuse.code, 0); /* it was */
            (void)world_call(devices[cases[i].first], "disconnect", "{}");
        }
        (void)world_call(devices[cases[i].by], "connect", "{}");
        for (int k = 0; k < 2 && cases[i].whom[k] != NOBODY; k++) {
            (void)world_call(devices[cases[i].by], "device.remove", "{'device':'%s'}", names[cases[i].whom[k]]);
            world_pass(&world, 20 * 1000);
        }
        (void)world_call(devices[TABLET], "connect", "{}");
        world_crash(late);
        world_pass(&world, 150 * 1000);
        (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", late->id);
        (void)world_call(ben, "send", "{'chat':'G','text':'you, too'}");
        world_pass(&world, 1000);
        assert_non_null(device_group(late->core));
        assert_memory_equal(device_group(late->core)->id, device_group(devices[cases[i].by]->core)->id,
                            WIRE_STREAM_LEN);
        assert_texts(late, ben->id, "hello\n");
        assert_texts(late, group_of(late, "G"), "you, too\n");
        world_end(&world);
    }
}

/* Both begin the chat at once. While Ben's group is still being made, Anna's telephone comes into hers alone; what he
 * says of her messages then waits, and goes into both. */
static void what_waits_for_a_group_goes_into_the_others_too(void **state) {
    (void)state;
    size_t written_to = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        refuse(&world, WIRE_CREATE_STREAM, WIRE_REFUSED_TOO_OFTEN, 120 * 1000);
        (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
        struct world_peer *phone = world_link(anna);
        world_pass(&world, 20 * 1000);
        (void)world_call(anna, "send", "{'to':'%s','text':'two'}", ben->id);
        (void)world_call(ben, "react", "{'id':'%s','emoji':'x'}", text_of(message_saying(ben, anna->id, "two"), "id"));
        (void)world_call(ben, "react", "{'id':'%s','emoji':'y'}", text_of(message_saying(ben, anna->id, "two"), "id"));
        (void)world_call(ben, "react", "{'id':'%s','emoji':'x','remove':true}",
                         text_of(message_saying(ben, anna->id, "two"), "id"));
        (void)world_call(ben, "read", "{'chat':'%s','number':100}", anna->id);
        world_pass(&world, 20 * 1000);
        assert_seen_as(phone, ben->id, "two", "sent");
        (void)world_call(anna, "disconnect", "{}"); /* she can't let it in */
        world_pass(&world, 120 * 1000);
        const struct chat *chat = chat_of_two(ben);
        assert_int_equal(chat->groups.count, 2);
        assert_int_equal(chat->outbox.count, 0);
        written_to += mls_group_member_count(chat_writing_group(chat)->mls) == 2 ? 1 : 0;
        assert_int_equal(chat_of_two(phone)->groups.count, 1);
        for (int i = 0; i < 2; i++) {
            const cJSON *reactions = cJSON_GetObjectItem(message_saying(phone, ben->id, "two"), "reactions");
            assert_int_equal(cJSON_GetArraySize(reactions), 1);
            assert_string_equal(text_of(cJSON_GetArrayItem(reactions, 0), "emoji"), "y");
            assert_seen_as(phone, ben->id, "two", "read");
            phone = anna;
            (void)world_call(anna, "connect", "{}");
            world_pass(&world, 20 * 1000);
        }
        world_end(&world);
    }
    assert_true(written_to > 0); /* which one is written to is up to chance */
}

/* A device is away while a sibling comes, begins a chat and is removed: it asks the others there for a place, of which
 * any may let it in, and gets from another sibling what stands there. */
static void who_asks_for_a_place_has_what_was_written(void **state) {
    (void)state;
    enum { RUNS = 6 };
    for (size_t run = 0; run < RUNS; run++) {
        struct world world;
        world_init_quiet(&world, 5 + run);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *tablet = world_link(anna);
        world_pass(&world, 20 * 1000);
        (void)world_call(anna, "disconnect", "{}");
        struct world_peer *phone = world_link(tablet);
        world_pass(&world, 20 * 1000);
        (void)world_call(phone, "send", "{'to':'%s','text':'one'}", ben->id);
        world_pass(&world, 5000);
        (void)world_call(ben, "send", "{'to':'%s','text':'two'}", anna->id);
        world_pass(&world, 5000);
        assert_texts(tablet, ben->id, "one\ntwo\n");
        (void)world_call(tablet, "read", "{'chat':'%s','number':1000000}", ben->id);
        (void)world_call(tablet, "device.remove", "{'device':'%s'}",
                         text_of(world_call(phone, "whoami", "{}"), "device"));
        world_pass(&world, 20 * 1000);
        refuse(&world, WIRE_INBOX_READ, WIRE_REFUSED_TOO_OFTEN, 1000); /* it hears of the removal first */
        (void)world_call(anna, "connect", "{}");
        world_pass(&world, 5000);
        world_break(anna);
        if (run % 2 == 1) {
            world_crash(anna);
            world_crash(tablet);
        }
        world_pass(&world, 60 * 1000);
        assert_texts(anna, ben->id, "one\ntwo\n");
        assert_int_equal(number_of(listed_chat(anna, ben->id), "unread"), 0);
        assert_texts(tablet, ben->id, "one\ntwo\n");
        (void)world_call(ben, "send", "{'to':'%s','text':'three'}", anna->id);
        world_pass(&world, 5000);
        assert_texts(anna, ben->id, "one\ntwo\nthree\n");
        world_end(&world);
    }
}

/* A device is away while a sibling comes that has no key package of it, and begins a group: nobody there misses it, and
 * what is written until it is back is for its account as well. */
static void who_is_missing_in_a_group_has_what_was_written(void **state) {
    (void)state;
    enum { RUNS = 4 };
    for (size_t run = 0; run < RUNS; run++) {
        struct world world;
        world_init_quiet(&world, 7 + run);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *tablet = world_link(anna);
        world_pass(&world, 20 * 1000);
        (void)world_call(anna, "disconnect", "{}");
        struct world_peer *phone = world_link(tablet);
        (void)world_call(tablet, "disconnect", "{}"); /* it knows the key package, and would let it in */
        struct model_bytes kept = forget_key_package(phone, anna);
        (void)world_call(phone, "group.create", "{'name':'G','members':['%s']}", ben->id);
        world_pass(&world, 20 * 1000);
        assert_int_equal(mls_group_member_count(group_at_hand(phone)->mls), 3);
        (void)world_call(phone, "send", "{'chat':'%s','text':'one'}", group_of(phone, "G"));
        (void)world_call(ben, "send", "{'chat':'%s','text':'two'}", group_of(ben, "G"));
        world_pass(&world, 5000);
        (void)world_call(phone, "read", "{'chat':'%s','number':1000000}", group_of(phone, "G"));
        know_key_package(phone, anna, kept);
        world.crash_chance = run % 2 == 1 ? 20 : 0;
        world_pass(&world, 20 * 1000);
        assert_int_equal(mls_group_member_count(group_at_hand(phone)->mls), 4);
        world.crash_chance = 0;
        (void)world_call(ben, "send", "{'chat':'%s','text':'three'}", group_of(ben, "G"));
        world.crash_chance = run % 2 == 1 ? 20 : 0;
        (void)world_ask(anna, "connect", "{}");
        world_pass(&world, 40 * 1000);
        world.crash_chance = 0;
        world_pass(&world, 60 * 1000);
        (void)world_call(tablet, "connect", "{}");
        assert_texts(anna, group_of(anna, "G"), "one\ntwo\nthree\n");
        assert_int_equal(number_of(listed_chat(anna, group_of(anna, "G")), "unread"), 1);
        (void)world_call(ben, "send", "{'chat':'%s','text':'four'}", group_of(ben, "G"));
        struct world_peer *late = world_link(phone);
        world_pass(&world, 20 * 1000);
        assert_texts(anna, group_of(anna, "G"), "one\ntwo\nthree\nfour\n");
        assert_texts(late, group_of(late, "G"), ""); /* it is new */
        world_end(&world);
    }
}

static void assert_devices(const struct world_peer *peer, bool many, uint32_t count) {
    const struct group *group = many ? group_at_hand(peer) : chat_writing_group(chat_of_two(peer));
    assert_int_equal(mls_group_member_count(group->mls), count);
}

/* A device has lost its place among its account's, and who lets it in again is removed before the invitation has gone
 * out: what another one owes it must wait until it is there, as it can read nothing before. A third one does not wait
 * for it. */
static void what_is_owed_waits_for_who_comes_again(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 41);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    struct world_peer *phone = world_link(anna), *tablet = world_link(anna), *laptop = world_link(anna);
    world_pass(&world, 20 * 1000);
    char name[64];
    (void)snprintf(name, sizeof name, "%s", text_of(world_call(phone, "whoami", "{}"), "device"));
    struct model_bytes of_tablet = forget_key_package(anna, tablet), of_laptop = forget_key_package(anna, laptop);
    (void)world_call(laptop, "disconnect", "{}");
    const struct group *own = device_group(anna->core);
    uint64_t epoch = mls_group_epoch(own->mls);
    ask_for_place(tablet, phone, own->id);
    refuse(&world, WIRE_INBOX_APPEND, WIRE_REFUSED_TOO_OFTEN, 3600 * 1000);
    world_pass(&world, 20 * 1000);
    assert_int_equal(mls_group_epoch(own->mls), epoch + 1);
    assert_int_equal(world.model->refuse.code, 0); /* it was */
    (void)world_call(phone, "disconnect", "{}");
    (void)world_call(anna, "send", "{'to':'%s','text':'one'}", ben->id);
    (void)world_call(ben, "contact.accept", "{'id':'%s'}", anna->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'two'}", anna->id);
    assert_devices(ben, false, 3);
    know_key_package(anna, tablet, of_tablet);
    world_pass(&world, 20 * 1000);
    assert_devices(ben, false, 4);
    assert_int_equal(chat_of_two(anna)->arrears.count, 1);
    world_crash(anna);
    world_pass(&world, 1000);
    know_key_package(anna, laptop, of_laptop);
    (void)world_call(laptop, "connect", "{}");
    world_pass(&world, 20 * 1000);
    assert_texts(laptop, ben->id, "one\ntwo\n");
    assert_int_equal(chat_of_two(anna)->arrears.count, 1);
    (void)world_call(anna, "device.remove", "{'device':'%s'}", name);
    world_pass(&world, 20 * 1000);
    (void)world_call(tablet, "connect", "{}");
    world_pass(&world, 120 * 1000);
    own = device_group(anna->core);
    assert_memory_equal(device_group(tablet->core)->id, own->id, sizeof own->id);
    assert_false(device_is_letting_in(anna->core));
    assert_texts(tablet, ben->id, "one\ntwo\n");
    world_end(&world);
}

/* What stands there, from the first on: "m" a message, "g" a gap that is told, "-" something else. */
static const char *gaps(struct world_peer *peer, const char *chat) {
    static char out[64];
    size_t count = 0;
    const cJSON *message;
    cJSON_ArrayForEach(message,
                       cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s','limit':60}", chat), "messages")) {
        const cJSON *notice = cJSON_GetObjectItem(message, "notice");
        assert_true(count + 1 < sizeof out);
        out[count++] = !cJSON_IsString(notice) ? 'm' : strcmp(notice->valuestring, "gap") == 0 ? 'g' : '-';
    }
    out[count] = '\0';
    return out;
}

/* A group goes on in a successor, into which a device comes when something was written there: it says so. */
static void who_comes_late_into_a_successor_says_so(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 37);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    struct world_peer *phone = world_link(anna);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    world_pass(&world, 60 * 1000);
    (void)world_call(phone, "disconnect", "{}");
    (void)world_call(ben, "disconnect", "{}");
    const struct group *group = group_at_hand(anna);
    for (size_t i = 0; i < world.model->stream_count; i++) {
        world.model->streams[i]->id[0] ^= memcmp(world.model->streams[i]->id, group->id, WIRE_STREAM_LEN) == 0;
    }
    struct model_bytes kept = forget_key_package(anna, phone);
    world_break(anna);
    world_pass(&world, 2 * 3600 * 1000);
    assert_int_equal(group_at_hand(anna)->generation, 1);
    (void)world_call(anna, "send", "{'chat':'G','text':'between'}");
    world_pass(&world, 60 * 1000);
    know_key_package(anna, phone, kept);
    world_pass(&world, 60 * 1000);
    (void)world_call(phone, "connect", "{}");
    world_pass(&world, 60 * 1000);
    (void)world_call(anna, "send", "{'chat':'G','text':'then'}");
    world_pass(&world, 5 * 1000);
    assert_texts(phone, group_of(phone, "G"), "then\n");
    assert_string_equal(gaps(phone, "G"), "g-m");
    world_end(&world);
}

/* Its clock is ahead then, or behind, and mended before anything is written. */
static struct world_peer *link_with_clock(struct world_peer *peer, int64_t ahead) {
    struct world *world = peer->world;
    world->clock.now += (uint64_t)ahead;
    struct world_peer *device = world_link(peer);
    world->clock.now -= (uint64_t)ahead;
    for (size_t i = 0; i < world->peer_count && ahead > 0; i++) {
        world_crash(&world->peers[i]);
    }
    return device;
}

/* Who lets a device in came after it, and has not what stood there before itself. It comes from whoever has it, who may
 * be back last; and whose clock may have been ahead when it was linked, or that of who lets in behind. */
static void what_the_one_that_lets_in_never_had_comes_from_another(void **state) {
    (void)state;
    enum { WITH_CRASHES = 4, AHEAD = 8, BEHIND = 11, RUNS = 12, WRONG = 1800 * 1000 };
    for (size_t run = 0; run < RUNS; run++) {
        bool many = run % 2 == 1, last = run / 2 % 2 == 1, behind = run == BEHIND;
        int64_t ahead = run >= AHEAD && !behind ? WRONG : 0, chance = run >= WITH_CRASHES && run < AHEAD ? 20 : 0;
        uint32_t more = behind ? 1 : 0; /* the first device, which lacks nothing then */
        struct world world;
        world_init_quiet(&world, 21 + run);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *old = behind ? world_link(anna) : anna;
        struct world_peer *phone = link_with_clock(old, ahead);
        world_pass(&world, 20 * 1000);
        (void)world_call(anna, "disconnect", "{}");
        (void)world_call(old, "disconnect", "{}");
        struct model_bytes kept = forget_key_package(phone, old);
        char where[64] = "", there[64] = "";
        if (many) {
            (void)world_call(phone, "group.create", "{'name':'G','members':['%s']}", ben->id);
            world_pass(&world, 20 * 1000);
        }
        (void)snprintf(where, sizeof where, "'%s':'%s'", many ? "chat" : "to", many ? group_of(phone, "G") : ben->id);
        (void)snprintf(there, sizeof there, "'%s':'%s'", many ? "chat" : "to", many ? group_of(ben, "G") : anna->id);
        (void)world_call(phone, "send", "{%s,'text':'one'}", where);
        (void)world_call(ben, "send", "{%s,'text':'two'}", there);
        world_pass(&world, 60 * 1000);
        struct world_peer *tablet = link_with_clock(phone, behind ? -WRONG : 0);
        world_pass(&world, 60 * 1000);
        assert_devices(ben, many, 3 + more);
        (void)world_call(ben, "send", "{%s,'text':'three'}", there);
        (void)world_call(phone, "disconnect", "{}");
        world_pass(&world, (uint64_t)ahead);
        know_key_package(tablet, old, kept);
        world.crash_chance = (int)chance;
        world_pass(&world, 60 * 1000);
        world.crash_chance = 0; /* he would have to write it once more */
        assert_devices(ben, many, 4 + more);
        (void)world_call(ben, "send", "{%s,'text':'four'}", there);
        for (int i = 0; i < 2; i++, world.crash_chance = 0) {
            world.crash_chance = (int)chance;
            (void)world_ask((i == 0) == last ? old : phone, "connect", "{}");
            world_pass(&world, 60 * 1000);
        }
        world_pass(&world, 60 * 1000);
        const char *name = many ? group_of(old, "G") : ben->id;
        assert_texts(old, name, last ? "three\nfour\none\ntwo\n" : "three\none\ntwo\nfour\n");
        assert_texts(tablet, many ? group_of(tablet, "G") : ben->id, "three\nfour\n"); /* it is new */
        (void)world_call(old, "read", "{'chat':'%s','number':1000000}", name);
        world_pass(&world, 20 * 1000);
        assert_int_equal(number_of(listed_chat(phone, many ? group_of(phone, "G") : ben->id), "unread"), 0);
        world_end(&world);
    }
}

/* Which device is newer its clock does not say: neither one that was ahead when the other was linked, nor one that was
 * behind when it came itself. It sees nothing of what was written in a group before. */
static void no_clock_makes_a_device_older(void **state) {
    (void)state;
    enum { WRONG = 20 * 3600 * 1000 };
    struct world world;
    world_init_quiet(&world, 31);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    world.clock.now += WRONG;
    struct world_peer *phone = world_link(anna);
    world.clock.now -= WRONG;
    for (size_t i = 0; i < world.peer_count; i++) {
        world_crash(&world.peers[i]);
    }
    world_pass(&world, 60 * 1000);
    (void)world_call(ben, "group.create", "{'name':'G','members':['%s']}", anna->id);
    world_pass(&world, 60 * 1000);
    (void)world_call(ben, "send", "{'chat':'G','text':'before'}");
    world_pass(&world, 60 * 1000);
    assert_texts(phone, group_of(phone, "G"), "before\n");
    (void)world_call(anna, "disconnect", "{}");
    world.clock.now -= WRONG;
    struct world_peer *tablet = world_link(phone);
    world.clock.now += WRONG;
    world_pass(&world, 60 * 1000);
    (void)world_call(ben, "send", "{'chat':'G','text':'after'}");
    world_pass(&world, 60 * 1000);
    assert_texts(tablet, group_of(tablet, "G"), "after\n");
    world_end(&world);
}

/* Its clock was years ahead when it was linked: once that is mended, it is in all chats, and has what is written. */
static void a_clock_that_was_ahead_keeps_nothing_away(void **state) {
    (void)state;
    const uint64_t wrong = (uint64_t)3 * 365 * 24 * 3600 * 1000;
    struct world world;
    world_init_quiet(&world, 32);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    world.clock.now += wrong;
    struct world_peer *phone = world_link(anna);
    world.clock.now -= wrong;
    for (size_t i = 0; i < world.peer_count; i++) {
        world_crash(&world.peers[i]);
    }
    world_pass(&world, 60 * 1000);
    (void)world_call(ben, "group.create", "{'name':'G','members':['%s']}", anna->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    world_pass(&world, 60 * 1000);
    (void)world_call(ben, "send", "{'chat':'G','text':'now'}");
    world_pass(&world, 60 * 1000);
    assert_texts(phone, group_of(phone, "G"), "now\n");
    assert_texts(phone, ben->id, "hello\n");
    assert_true(device_since(anna->core, phone->core->account.device) <= world.clock.now);
    world_end(&world);
}

/* Nor is it owed less: what was written before it was let in is from before that time. */
static void a_clock_that_is_ahead_takes_nothing_that_is_owed(void **state) {
    (void)state;
    enum { WRONG = 11 * 3600 * 1000, BIT = 10 * 60 * 1000, BY_ELDER = 0, BY_NEWEST, AT_ONCE, RUNS };
    for (size_t run = 0; run < RUNS; run++) {
        struct world world;
        world_init_quiet(&world, 33 + run);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        struct world_peer *phone = link_with_clock(anna, run == AT_ONCE ? BIT : WRONG);
        world_pass(&world, 60 * 1000);
        struct world_peer *by = run == BY_ELDER ? anna : world_link(anna); /* the newest may be the only one there */
        if (run == AT_ONCE) {                                              /* each was there when the other one came */
            struct elders *elders = &phone->core->account.elders;
            memcpy(elders->devices[elders->count++], by->core->account.device, WIRE_DEVICE_LEN);
        }
        struct model_bytes kept = forget_key_package(by, phone);
        (void)world_call(phone, "disconnect", "{}");
        (void)world_call(run == BY_ELDER ? phone : anna, "disconnect", "{}");
        (void)world_call(by, "send", "{'to':'%s','text':'one'}", ben->id);
        (void)world_call(ben, "send", "{'to':'%s','text':'two'}", anna->id);
        world_pass(&world, 60 * 1000);
        uint32_t there = run == BY_ELDER ? 2 : 3;
        assert_devices(ben, false, there);
        know_key_package(by, phone, kept);
        world_pass(&world, 60 * 1000);
        assert_devices(ben, false, there + 1);
        world_pass(&world, BIT);
        (void)world_call(phone, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_texts(phone, ben->id, "one\ntwo\n");
        world_end(&world);
    }
}

/* As if what the chat has so far had been handed on by another device when this one had seen the new one come. What it
 * owes waits for `owed_anyway()`. */
static void have_from_another(struct world_peer *peer, const struct world_peer *newcomer) {
    struct chat *chat = chat_at(peer->core, chat_of_two(peer)->number);
    struct group *group = chat_writing_group(chat);
    chat->came_count = 0;
    chat->came[chat->came_count++] = (struct came){ .number = 0 };
    memcpy(chat->came[0].device, newcomer->core->account.device, WIRE_DEVICE_LEN);
    group->first = group->position;
    peer->core->arrears_at = peer->world->clock.now + 15 * 1000;
}

/* As if by its clock, too, it could be what the new one is to have. */
static void owed_anyway(const struct world_peer *peer) {
    assert_int_equal(chat_of_two(peer)->arrears.count, 1);
    ((struct arrears *)chat_of_two(peer)->arrears.items[0])->since = 0;
}

/* The writer's clock is hours behind: what he writes when a new device is there, and not in the chat yet, it has all
 * the same, as it came to the others after it. What they have had before, it has not, also if it came to the one that
 * lets it in from another device since. */
static void a_clock_that_is_behind_takes_nothing_that_is_owed(void **state) {
    (void)state;
    enum { BEHIND = 3 * 3600 * 1000, NEW_CHAT = 0, OLD_CHAT, CRASHES, FROM_ANOTHER, RUNS };
    for (size_t run = 0; run < RUNS; run++) {
        struct world world;
        world_init_quiet(&world, 61 + run);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        struct model_bytes kept = forget_key_package(anna, phone);
        world_pass(&world, 60 * 1000);
        if (run != NEW_CHAT) {
            (void)world_call(anna, "send", "{'to':'%s','text':'zero'}", ben->id);
            (void)world_call(ben, "contact.accept", "{'id':'%s'}", anna->id);
            world_pass(&world, 60 * 1000);
        }
        (void)world_call(anna, "disconnect", "{}");
        struct world_peer *tablet = world_link(phone);
        (void)world_call(anna, "connect", "{}"); /* it hears of the new one, and has not let it in yet */
        (void)world_call(anna, "disconnect", "{}");
        if (run == CRASHES) {
            world_crash(anna);
            (void)world_call(anna, "disconnect", "{}");
        }
        if (run == FROM_ANOTHER) {
            have_from_another(anna, tablet);
        }
        struct model_account *there[] = { account_of(&world, tablet), account_of(&world, phone) };
        const struct model_account counts[] = { *there[0], *there[1] }; /* borrow */
        for (size_t i = 0; i < 2; i++) {
            there[i]->package_count = there[i]->last_resort.len = 0;
        }
        world.clock.now -= BEHIND;
        (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
        world.clock.now += BEHIND;
        for (size_t i = 0; i < 2; i++) {
            there[i]->package_count = counts[i].package_count;
            there[i]->last_resort.len = counts[i].last_resort.len;
        }
        assert_devices(ben, false, 2);
        (void)world_call(anna, "connect", "{}");
        if (run == FROM_ANOTHER) {
            world_pass(&world, 5 * 1000);
            owed_anyway(anna);
        }
        world_pass(&world, 60 * 1000);
        assert_devices(ben, false, 3);
        assert_texts(tablet, ben->id, "one\n");
        know_key_package(anna, phone, kept);
        world_pass(&world, 60 * 1000);
        assert_texts(phone, ben->id, run == NEW_CHAT ? "one\n" : "zero\none\n");
        world_end(&world);
    }
}

static void make_large(struct world_peer *peer, const char *id) {
    enum { LARGE = 300 << 10 };
    struct message message = { 0 };
    stored_message(peer, id, &message);
    base_bytes_free(&message.text);
    assert_ok(base_bytes_take(peer->core->options.allocator, LARGE, &message.text));
    memset(message.text.data, 'x', LARGE);
    assert_ok(message_save(peer->core, &message));
    message_free(&message);
}

/* What is older than 90 days no device hands on, nor what is very large, or stands before 10,000 messages: that is told
 * in its place, once in a chat, and not of what disappears by itself, or was deleted. */
static void that_something_is_missing_is_told(void **state) {
    (void)state;
    enum { OLD, OLD_GONE, LARGE, MANY, RUNS };
    static const char *const there[RUNS] = { "mgmm", "mmm", "mgmmmm",
                                             "gmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm" };
    for (int run = 0; run < RUNS; run++) {
        struct world world;
        world_init_quiet(&world, 71);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        struct model_bytes kept = forget_key_package(phone, anna);
        uint64_t ago = run <= OLD_GONE ? (uint64_t)100 * 24 * 3600 * 1000 : 0;
        (void)world_call(anna, "disconnect", "{}");
        for (int i = 0; i < (run == MANY ? 50 : 1); i++) {
            (void)world_call(phone, "send", "{'to':'%s','text':'one'}", ben->id);
        }
        ((struct chat *)chat_of_two(phone))->next_message += run == MANY ? 10000 : 0;
        for (int i = 0; i < 2; i++) {
            world.clock.now -= ago;
            (void)world_call(phone, "send", "{'to':'%s','text':'old'%s}", ben->id,
                             run == OLD_GONE ? ",'expire':9000000" : "");
            if (run == LARGE) {
                make_large(phone, text_of(message_saying(phone, ben->id, "old"), "id"));
            }
            (void)world_call(phone, "send", "{'to':'%s','text':'wrong'}", ben->id);
            (void)world_call(phone, "delete", "{'id':'%s','for':'everyone'}",
                             text_of(message_saying(phone, ben->id, "wrong"), "id"));
            world.clock.now += ago;
            (void)world_call(phone, "send", "{'to':'%s','text':'new'}", ben->id);
        }
        know_key_package(phone, anna, kept);
        (void)world_call(anna, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_devices(ben, false, 3);
        assert_string_equal(gaps(anna, ben->id), there[run]);
        world_end(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_to_be_shown_is_owed),
        cmocka_unit_test(who_is_let_in_late_has_what_was_written),
        cmocka_unit_test(who_is_let_in_by_a_newer_device_has_what_was_written),
        cmocka_unit_test(what_somebody_else_had_begun_comes_last),
        cmocka_unit_test(what_was_sent_again_comes_with_its_receipt),
        cmocka_unit_test(who_is_new_stays_in_a_chat),
        cmocka_unit_test(who_waits_for_nobody_goes_on),
        cmocka_unit_test(who_was_away_comes_in_whoever_was_removed),
        cmocka_unit_test(who_asks_for_a_place_has_what_was_written),
        cmocka_unit_test(who_is_missing_in_a_group_has_what_was_written),
        cmocka_unit_test(what_is_owed_waits_for_who_comes_again),
        cmocka_unit_test(what_the_one_that_lets_in_never_had_comes_from_another),
        cmocka_unit_test(no_clock_makes_a_device_older),
        cmocka_unit_test(a_clock_that_was_ahead_keeps_nothing_away),
        cmocka_unit_test(a_clock_that_is_ahead_takes_nothing_that_is_owed),
        cmocka_unit_test(a_clock_that_is_behind_takes_nothing_that_is_owed),
        cmocka_unit_test(that_something_is_missing_is_told),
        cmocka_unit_test(who_comes_late_into_a_successor_says_so),
        cmocka_unit_test(what_waits_for_a_group_goes_into_the_others_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
