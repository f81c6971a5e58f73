/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What own devices hand on, as it is filed: in its order, not before its group is there, not for ever waiting, and
 * nothing that was hidden or is gone.
 */
#include <stdio.h>
#include <string.h>

#include "arrival.h"
#include "chat.h"
#include "chatting.h"
#include "device.h"
#include "gone.h"
#include "group.h"
#include "heal.h"
#include "history.h"
#include "key.h"
#include "message.h"
#include "sync.h"
#include "test/result.h"

static size_t count_parts(const struct world_peer *peer, enum key_table which) {
    struct key table = key_table(which);
    size_t count = 0;
    for (size_t i = 0; i < peer->store.count; i++) {
        const struct model_bytes *key = &peer->store.records[i].key;
        count += key->len > 0 && key->data[0] == key_slice(&table).data[0] ? 1 : 0;
    }
    return count;
}

/* Earlier messages of a chat with a group into which the invitation has not come yet may stand in its stream, too:
 * they wait, and not for ever. */
static void earlier_messages_wait_for_invitations(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 31);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
    (void)world_call(anna, "send", "{'to':'%s','text':'one'}", ben->id);
    world_pass(&world, 5000);
    phone->core->account.history_room = true;
    uint8_t bytes[SYNC_MAX_CHAT_NAME];
    const struct chat *chat = (const struct chat *)phone->core->chats.items[1];
    struct base_slice name = base_slice(bytes, sync_chat_name(phone->core, chat, bytes));
    static const uint8_t unknown[WIRE_STREAM_LEN] = { 1 };
    struct base_writer writer = base_writer(base_allocator_libc(), HISTORY_MAX_PART);
    base_write_u8(&writer, HISTORY_VERSION);
    base_write_slice(&writer, base_slice(phone->core->account.device, WIRE_DEVICE_LEN));
    base_write_opaque(&writer, name);
    base_write_u8(&writer, 0);
    base_write_opaque(&writer, base_slice(unknown, sizeof unknown));
    base_write_opaque(&writer, base_slice(NULL, 0));
    assert_ok(history_take(phone->core, base_writer_view(&writer), anna->core->account.device));
    base_writer_free(&writer);
    assert_ok(weibel_core_tick(phone->core));
    world_pass(&world, 50 * 60 * 1000);
    assert_int_equal(count_parts(phone, KEY_HISTORY), 1);
    world_pass(&world, 20 * 60 * 1000);
    assert_int_equal(count_parts(phone, KEY_HISTORY), 0);
    world_end(&world);
}

/* The round that looks for it has found nothing, and does not know that yet, when it comes: both a part of what is
 * owed, and the invitation for which one waits. */
static void what_comes_while_it_is_looked_for_is_found(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
    (void)world_call(anna, "send", "{'to':'%s','text':'one'}", ben->id);
    world_pass(&world, 5000);
    struct weibel_core *core = phone->core;
    const struct chat *chat = (const struct chat *)core->chats.items[1];
    struct group *group = chat_writing_group(chat);
    for (int part = 0; part < 2; part++) {
        struct weibel_effect effect = { .kind = WEIBEL_EFFECT_LINE };
        core->late_done = false;
        assert_ok(weibel_core_tick(core));
        assert_true(weibel_core_next(core, &effect));
        assert_int_equal(effect.kind, WEIBEL_EFFECT_READ);
        uint32_t read = effect.of.read.read;
        if (part == 0) {
            history_joined(core, group);
        } else {
            struct base_writer writer = base_writer(base_allocator_libc(), HISTORY_MAX_PART);
            history_write_head(core, &writer, chat, core->account.device, true);
            base_write_opaque(&writer, base_slice(group->id, sizeof group->id));
            base_write_opaque(&writer, base_slice(NULL, 0));
            assert_ok(history_take(core, base_writer_view(&writer), anna->core->account.device));
            base_writer_free(&writer);
        }
        assert_ok(weibel_core_read_done(core, read, true));
        assert_true(part == 1 || history_comes_first(core, group));
        world_pass(&world, 1000);
        assert_false(history_comes_first(core, group));
        assert_int_equal(count_parts(phone, KEY_LATE), 0);
    }
    world_end(&world);
}

/* One that another own device has sent now; the caller frees it. */
static struct message own_message(const struct weibel_core *core, uint8_t id, const char *text) {
    struct message message = { .kind = MESSAGE_TEXT, .own = true, .has_id = true, .id = { 1, id } };
    message.state = MESSAGE_SENT;
    message.sent_at = state_now(core);
    assert_ok(base_bytes_copy(core->options.allocator, base_slice_text(text), &message.text));
    return message;
}

static void write_part(const struct weibel_core *core, const struct chat *chat, const struct group *group,
                       struct message *one, struct base_writer *writer) {
    *writer = base_writer(base_allocator_libc(), HISTORY_MAX_PART);
    history_write_head(core, writer, chat, core->account.device, true);
    base_write_opaque(writer, base_slice(group->id, sizeof group->id));
    size_t mark = base_write_vector_begin(writer);
    assert_ok(history_write_item((struct weibel_core *)core, writer, one));
    base_write_vector_end(writer, mark);
}

/* It is unread again as an edit mentions this account: where the edit stands is not where the message does. */
static void where_an_edit_stands_is_not_handed_on(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 33);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    world_pass(&world, 5000);
    struct chat *chat = chat_at(anna->core, chat_of_two(anna)->number);
    struct message one = { .kind = MESSAGE_TEXT, .has_id = true, .id = { 1 }, .state = MESSAGE_RECEIVED };
    one.from = chat->peer;
    one.chat = chat->number;
    one.number = chat->next_message + 1; /* of which it is not known where it stands */
    struct stood place = { .entry = 77 };
    memcpy(place.stream, chat_writing_group(chat)->id, sizeof place.stream);
    bool calls;
    assert_ok(arrival_call(anna->core, chat, one.number, &place, &calls));
    assert_true(calls);
    struct base_writer writer = base_writer(base_allocator_libc(), HISTORY_MAX_PART);
    assert_ok(history_write_item(anna->core, &writer, &one));
    static const uint8_t unread_and_nowhere[1 + WIRE_STREAM_LEN + 8] = { 0 };
    assert_memory_equal(base_writer_view(&writer).data, unread_and_nowhere, sizeof unread_and_nowhere);
    base_writer_free(&writer);
    world_end(&world);
}

/* A part holds one more item than it is full with, whatever is in it: nothing else may end the core. */
static void what_names_too_many_people_stays_behind(void **state) {
    (void)state;
    static struct vote votes[MESSAGE_MAX_VOTES];
    struct world world;
    world_init(&world, 51);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    struct contact *contact = (struct contact *)anna->core->contacts.items[0];
    memset(contact->domain, 'a', WIRE_MAX_DOMAIN);
    struct message poll = { .kind = MESSAGE_TEXT, .chat = 1, .number = 7, .votes = votes };
    const size_t counts[] = { 1, MESSAGE_MAX_VOTES };
    for (size_t i = 0; i < 2; i++) {
        poll.vote_count = (uint32_t)counts[i];
        votes[0].from = contact->number;
        for (size_t k = 1; k < counts[i]; k++) {
            votes[k] = votes[0];
        }
        struct base_writer part BASE_CLEANUP(base_writer_free) =
            base_writer(anna->core->options.allocator, HISTORY_MAX_PART);
        assert_ok(history_write_item(anna->core, &part, &poll));
        assert_ok(part.failed);
        assert_true((base_writer_view(&part).len > 0) == (i == 0));
    }
    world_end(&world);
}

/* The round has passed over the first part, as the invitation has not come, and finds the second one when it has. */
static void parts_are_filed_in_their_order(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
    (void)world_call(anna, "send", "{'to':'%s','text':'zero'}", ben->id);
    world_pass(&world, 5000);
    struct weibel_core *core = phone->core;
    struct chat *chat = (struct chat *)core->chats.items[1];
    struct group *group = chat_writing_group(chat);
    for (uint8_t part = 1; part <= 2; part++) {
        struct base_writer writer;
        struct message one = own_message(core, part, part == 1 ? "one" : "two");
        write_part(core, chat, group, &one, &writer);
        assert_ok(history_take(core, base_writer_view(&writer), anna->core->account.device));
        base_writer_free(&writer);
        message_free(&one);
    }
    size_t groups = chat->groups.count;
    chat->groups.count = 0;
    bool passed = false;
    assert_ok(weibel_core_tick(core));
    while (!passed) {
        struct weibel_effect effect = { .kind = WEIBEL_EFFECT_LINE };
        assert_true(weibel_core_next(core, &effect));
        if (effect.kind == WEIBEL_EFFECT_STORE) {
            world_store_apply(&phone->store, &effect.of.store);
            assert_ok(weibel_core_stored(core, true));
        } else if (effect.kind == WEIBEL_EFFECT_READ) {
            assert_ok(world_read(&phone->store, core, &effect.of.read));
            passed = core->late_blocked;
        }
    }
    chat->groups.count = groups;
    history_joined(core, group);
    world_pass(&world, 20 * 1000);
    assert_int_equal(count_parts(phone, KEY_LATE), 0);
    assert_texts(phone, ben->id, "zero\none\ntwo\n");
    world_end(&world);
}

/* A part for each of the chat's groups says that something is too old: it is told once. It stays said if what stands
 * before that was deleted on another device. */
static void what_is_too_old_is_told_once(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 9);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
    world.deaf = true;
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    world.deaf = false;
    world_pass(&world, 20 * 1000);
    const struct chat *chat = chat_of_two(phone);
    assert_int_equal(chat->groups.count, 2);
    uint64_t last = chat->next_message;
    for (uint8_t i = 0; i < 2; i++) {
        struct base_writer writer;
        struct message gap = { .kind = MESSAGE_GAP, .own = true, .has_id = true, .id = { 1, i } };
        const struct group *group = (const struct group *)chat->groups.items[i];
        gap.state = MESSAGE_SENT;
        gap.chat = chat->number;
        gap.group = group->number;
        gap.entry = group->position + 100;
        write_part(phone->core, chat, group, &gap, &writer);
        assert_ok(history_take(phone->core, base_writer_view(&writer), anna->core->account.device));
        base_writer_free(&writer);
        assert_ok(weibel_core_tick(phone->core));
        world_pass(&world, 20 * 1000);
        assert_int_equal(count_parts(phone, KEY_LATE), 0);
    }
    assert_int_equal(chat->next_message, last + 1);
    for (size_t i = 0; i < 2; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        tell_deleted(phone, group, group->position);
    }
    assert_texts(phone, ben->id, "");
    assert_string_equal(text_of(cJSON_GetObjectItem(listed_chat(phone, ben->id), "last"), "notice"), "gap");
    world_end(&world);
}

/* They wait for groups that never come, but not while the device is away, as none could come then: that one of them is
 * given up ends nothing for the other. */
static void all_that_waits_too_long_goes(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
    (void)world_call(anna, "send", "{'to':'%s','text':'one'}", ben->id);
    for (uint8_t part = 1; part <= 2; part++) {
        struct base_writer writer = base_writer(base_allocator_libc(), HISTORY_MAX_PART);
        history_write_head(anna->core, &writer, chat_of_two(anna), anna->core->account.device, true);
        const uint8_t unknown[WIRE_STREAM_LEN] = { part };
        base_write_opaque(&writer, base_slice(unknown, sizeof unknown));
        base_write_opaque(&writer, base_slice(NULL, 0));
        assert_ok(history_take(anna->core, base_writer_view(&writer), phone->core->account.device));
        base_writer_free(&writer);
    }
    (void)world_call(anna, "disconnect", "{}");
    for (int i = 0; i < 800; i++) {
        world.clock.now += 5000;
        assert_ok(weibel_core_tick(anna->core));
        world_run(&world);
    }
    assert_int_equal(count_parts(anna, KEY_LATE), 2);
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 50 * 60 * 1000);
    assert_int_equal(count_parts(anna, KEY_LATE), 2);
    world_pass(&world, 80 * 60 * 1000);
    assert_int_equal(count_parts(anna, KEY_LATE), 0);
    world_end(&world);
}

/* What has come before the invitation into its chat is filed with that, however soon it would be looked for again. */
static void what_waits_is_filed_with_the_invitation(void **state) {
    (void)state;
    enum { LATE = 3000 };
    struct world world;
    world_init(&world, 31);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_add_empty(&world);
    char link[256];
    (void)world_call(ben, "send", "{'to':'%s','text':'zero'}", anna->id);
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{'history':true}"), "link"));
    (void)world_call(phone, "create", "{'passphrase':'correct horse'}");
    world.model->refuse.type = WIRE_INBOX_APPEND;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = LATE;
    world.model->refuse.skip = 1; /* its own group */
    (void)world_call(phone, "activate", "{'link':'%s'}", link);
    world_pass(&world, LATE - 500);
    assert_int_equal(phone->core->chats.count, 1);
    assert_int_equal(count_parts(phone, KEY_HISTORY), 1);
    world_pass(&world, 1500);
    assert_texts(phone, ben->id, "zero\n");
    world_end(&world);
}

/* Whoever has sent what is owed may be gone for days before the invitation goes out, as when his device breaks down in
 * between: it is filed when that comes, and given up after a month without it. */
static void what_is_owed_waits_for_its_chat(void **state) {
    (void)state;
    enum { HOUR = 3600 * 1000, DAYS = 32 };
    for (int comes = 0; comes < 2; comes++) {
        struct world world;
        struct base_writer writer;
        world_init(&world, 3);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        (void)world_call(anna, "send", "{'to':'%s','text':'zero'}", ben->id);
        world_pass(&world, 5000);
        struct weibel_core *core = phone->core;
        struct chat *chat = (struct chat *)core->chats.items[1];
        struct message one = own_message(core, 1, "one");
        write_part(core, chat, chat_writing_group(chat), &one, &writer);
        core->chats.count = 1; /* the own one */
        assert_ok(history_take(core, base_writer_view(&writer), anna->core->account.device));
        base_writer_free(&writer);
        message_free(&one);
        for (int day = 0; day < (comes == 1 ? 3 : DAYS); day++) {
            assert_int_equal(count_parts(phone, KEY_LATE), day == 0 ? 0 : 1);
            world_pass(&world, 24 * (uint64_t)HOUR);
        }
        assert_int_equal(count_parts(phone, KEY_LATE), comes);
        core->chats.count = 2;
        if (comes == 1) { /* another one, of a group that has not come, has its own time */
            static const struct group unknown = { .id = { 9 } };
            write_part(core, chat, &unknown, &(struct message){ .kind = MESSAGE_TEXT }, &writer);
            assert_ok(history_take(core, base_writer_view(&writer), anna->core->account.device));
            base_writer_free(&writer);
            assert_int_equal(core->history_tries, 0);
        }
        history_joined(core, chat_writing_group(chat));
        assert_ok(weibel_core_tick(core));
        world_pass(&world, 20 * 1000);
        assert_int_equal(count_parts(phone, KEY_LATE), comes);
        assert_texts(phone, ben->id, comes == 1 ? "zero\none\n" : "zero\n");
        world_end(&world);
    }
}

/* Earlier messages come when their sender is back, who has what was written since the link, too. */
static void what_was_hidden_does_not_come_as_an_earlier_message(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    char link[256];
    (void)world_call(ben, "send", "{'to':'%s','text':'zero'}", anna->id);
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{'history':true}"), "link"));
    anna->core->account.history_offered = false; /* for a while */
    struct world_peer *phone = world_add_empty(&world);
    (void)world_call(phone, "create", "{'passphrase':'correct horse'}");
    (void)world_call(phone, "activate", "{'link':'%s'}", link);
    world_pass(&world, 20 * 1000);
    (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'two'}", anna->id);
    (void)world_call(phone, "delete", "{'id':'%s','for':'me'}", text_of(message_saying(phone, ben->id, "one"), "id"));
    assert_texts(phone, ben->id, "two\n");
    anna->core->account.history_offered = true;
    history_begin(anna->core, phone->core->account.device);
    assert_ok(weibel_core_tick(anna->core));
    world_pass(&world, 60 * 1000);
    assert_texts(phone, ben->id, "zero\ntwo\n");
    world_end(&world);
}

static void send_again(struct world_peer *from) {
    chat_writing_group(chat_of_two(from))->unread = true; /* as if nobody had read it */
    assert_ok(weibel_core_tick(from->core));
    world_pass(from->world, 20 * 1000);
    assert_false(chat_writing_group(chat_of_two(from))->unread);
}

/* Two of its siblings owe it the same, and the elder one comes when it is gone there: it does not come once more, nor
 * when its author sends it again. */
static void what_was_handed_on_and_has_gone_stays_away(void **state) {
    (void)state;
    for (int hides = 0; hides < 2; hides++) {
        struct world world;
        world_init_quiet(&world, 3);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *tablet = world_link(anna),
                          *phone = world_link(anna);
        (void)world_call(anna, "disconnect", "{}");
        (void)world_call(tablet, "disconnect", "{}");
        struct model_account *there = &world.model->accounts[2];
        assert_memory_equal(there->device, tablet->core->account.device, WIRE_DEVICE_LEN);
        const struct model_account kept = *there; /* borrows */
        there->package_count = there->last_resort.len = 0;
        (void)world_call(ben, "send", "{'to':'%s','text':'one'%s}", anna->id, hides ? "" : ",'expire':60");
        (void)world_call(ben, "send", "{'to':'%s','text':'two'}", anna->id);
        there->package_count = kept.package_count;
        there->last_resort.len = kept.last_resort.len;
        world_pass(&world, 60 * 1000);
        assert_int_equal(mls_group_member_count(chat_writing_group(chat_of_two(phone))->mls), 4);
        (void)world_call(tablet, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_texts(tablet, ben->id, "one\ntwo\n");
        if (hides) {
            (void)world_call(tablet, "delete", "{'id':'%s','for':'me'}",
                             text_of(message_saying(tablet, ben->id, "one"), "id"));
        } else {
            (void)world_call(tablet, "read", "{'chat':'%s','number':1000000}", ben->id);
            world_pass(&world, 120 * 1000);
        }
        assert_texts(tablet, ben->id, "two\n");
        world_crash(tablet);
        world_pass(&world, 10 * 1000);
        (void)world_call(anna, "connect", "{}");
        assert_texts(anna, ben->id, "one\ntwo\n");
        world_pass(&world, 30 * 1000);
        assert_int_equal(chat_of_two(anna)->arrears.count, 0);
        assert_texts(tablet, ben->id, "two\n");
        send_again(ben);
        assert_texts(tablet, ben->id, "two\n");
        world_end(&world);
    }
}

/* There is an end to what is kept in mind: the oldest goes. */
static void what_is_kept_of_what_is_gone_has_a_bound(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 3);
    struct world_peer *anna = world_add(&world);
    struct message message = { .has_id = true, .expire = 1 }, first = message;
    for (uint32_t i = 0; i < GONE_MAX; i++) {
        memcpy(message.id + 1, &i, sizeof i);
        assert_ok(gone_load(anna->core, i + 1, base_slice(message.id + 1, MESSAGE_ID_PREFIX)));
    }
    assert_result(&BASE_ERR_TRUNCATED, gone_load(anna->core, 1, base_slice(message.id + 1, MESSAGE_ID_PREFIX - 1)));
    assert_true(gone_has(anna->core, &first));
    assert_ok(gone_came(anna->core, &message));
    assert_true(gone_has(anna->core, &first)); /* it was there already */
    memset(message.id, 0xff, sizeof message.id);
    assert_false(gone_has(anna->core, &message));
    assert_ok(gone_came(anna->core, &message));
    assert_true(gone_has(anna->core, &message));
    assert_false(gone_has(anna->core, &first));
    assert_int_equal(anna->core->gone.count, GONE_MAX);
    message.expire = 0;
    message.id[1] = 0;
    assert_ok(gone_came(anna->core, &message));
    assert_false(gone_has(anna->core, &message)); /* it does not go */
    world_end(&world);
}

/* As if the one had handed on to the other what it is owed. */
static void take_late(struct world_peer *to, const struct world_peer *from, const struct chat *chat,
                      const struct message *message) {
    struct base_bytes part BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_writer writer BASE_CLEANUP(base_writer_free) =
        base_writer(from->core->options.allocator, HISTORY_MAX_PART);
    history_write_head(from->core, &writer, chat, to->core->account.device, true);
    size_t mark = base_write_vector_begin(&writer);
    base_write_slice(&writer, base_slice(chat_writing_group(chat)->id, WIRE_STREAM_LEN));
    base_write_vector_end(&writer, mark);
    mark = base_write_vector_begin(&writer);
    assert_ok(history_write_item(from->core, &writer, message));
    base_write_vector_end(&writer, mark);
    assert_ok(base_writer_finish(&writer, &part));
    assert_ok(history_take(to->core, base_borrow(&part), from->core->account.device));
    world_pass(to->world, 1000);
}

/* What it has read, and hidden, comes from a sibling that has it from where its author has sent it again alone; then it
 * loses its place, and he sends it once more. */
static void what_was_read_and_hidden_stays_away(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 3);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    struct message one = { 0 };
    (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    (void)world_call(anna, "contact.accept", "{'id':'%s'}", ben->id);
    const char *id = text_of(message_saying(anna, ben->id, "one"), "id");
    (void)world_call(anna, "delete", "{'id':'%s','for':'me'}", id);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, 20 * 1000);
    (void)world_call(anna, "disconnect", "{}");
    send_again(ben);
    assert_texts(phone, ben->id, "one\n");
    stored_message(phone, id, &one);
    assert_int_not_equal(one.stood.entry, 0);
    take_late(anna, phone, chat_of_two(phone), &one);
    assert_texts(anna, ben->id, "");
    message_free(&one);
    assert_ok(heal_lose(anna->core, chat_writing_group(chat_of_two(anna))));
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_texts(anna, ben->id, "");
    world_end(&world);
}

/* A device was away when it was let into the own group, and reads that when others have come: they are newer than it
 * all the same, and see nothing of what was written in a group before. Who was there it knows since it came itself. */
static void who_comes_in_late_takes_nobody_for_older(void **state) {
    (void)state;
    char link[512];
    struct world world;
    world_init_quiet(&world, 34);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *old = world_add_empty(&world);
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
    (void)world_call(anna, "disconnect", "{}");
    (void)world_call(old, "create", "{'passphrase':'sesame'}");
    (void)world_call(old, "activate", "{'link':'%s'}", link);
    (void)world_call(old, "disconnect", "{}");
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 60 * 1000);
    struct world_peer *phone = world_link(anna);
    (void)world_call(ben, "group.create", "{'name':'G','members':['%s']}", anna->id);
    world_pass(&world, 60 * 1000);
    (void)world_call(ben, "send", "{'chat':'G','text':'before'}");
    world_pass(&world, 60 * 1000);
    for (int i = 0; i < 4; i++) { /* there is more to read than in the own group */
        (void)world_call(ben, "group.set", "{'chat':'G','description':'%d'}", i);
    }
    (void)world_call(anna, "disconnect", "{}");
    struct world_peer *tablet = world_link(phone);
    world_pass(&world, 60 * 1000);
    assert_int_equal(mls_group_member_count(group_at_hand(ben)->mls), 5);
    (void)world_call(ben, "send", "{'chat':'G','text':'after'}");
    (void)world_call(old, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_texts(old, group_of(old, "G"), "before\nafter\n");
    assert_texts(tablet, group_of(tablet, "G"), "after\n");
    world_end(&world);
}

/* Likewise in a group of many, out of which the account was taken, and into which it was let again: what stands there
 * from before was read. */
static void what_was_read_before_coming_again_stays_away(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 3);
    struct world_peer *ben = world_add(&world), *anna = world_add(&world), *phone = world_link(anna);
    struct message one = { 0 };
    (void)world_call(ben, "group.create", "{'name':'G','members':['%s']}", anna->id);
    (void)world_call(ben, "send", "{'chat':'G','text':'one'}");
    world_pass(&world, 20 * 1000);
    const char *id = text_of(message_saying(anna, group_of(anna, "G"), "one"), "id");
    (void)world_call(anna, "delete", "{'id':'%s','for':'me'}", id);
    (void)world_call(ben, "group.remove", "{'chat':'G','members':['%s']}", anna->id);
    world_pass(&world, 20 * 1000);
    (void)world_call(ben, "group.add", "{'chat':'G','members':['%s']}", anna->id);
    world_pass(&world, 20 * 1000);
    stored_message(phone, id, &one);
    take_late(anna, phone, group_at_hand(phone)->chat, &one);
    assert_texts(anna, group_of(anna, "G"), "");
    message_free(&one);
    world_end(&world);
}

/* A device was away while its account was added to a group that it knows, left it, and was added without it. Its
 * sibling lets it in: what it hands on is older than what the device reads in the stream then, and stands before it,
 * though the device knows the group's stream from the time when it had left it. */
static void what_is_handed_on_stands_before_what_is_read_behind_it(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *tablet = world_link(anna);
        world_pass(&world, 20 * 1000);
        (void)world_call(ben, "group.create", "{'name':'G','members':['%s']}", anna->id);
        world_pass(&world, 20 * 1000);
        (void)world_call(tablet, "group.leave", "{'chat':'%s'}", group_of(tablet, "G"));
        world_pass(&world, 20 * 1000);
        (void)world_call(anna, "disconnect", "{}");
        (void)world_call(ben, "group.add", "{'chat':'%s','members':['%s']}", group_of(ben, "G"), anna->id);
        world_pass(&world, 20 * 1000);
        (void)world_call(tablet, "send", "{'chat':'%s','text':'one'}", group_of(tablet, "G"));
        (void)world_call(ben, "send", "{'chat':'%s','text':'two'}", group_of(ben, "G"));
        world_pass(&world, 20 * 1000);
        (void)world_call(tablet, "group.leave", "{'chat':'%s'}", group_of(tablet, "G"));
        world_pass(&world, 20 * 1000);
        world_lose_letters(anna);
        struct model_account *there = &world.model->accounts[anna->number];
        const struct model_account kept = *there; /* borrows */
        there->package_count = there->last_resort.len = 0;
        (void)world_call(ben, "group.add", "{'chat':'%s','members':['%s']}", group_of(ben, "G"), anna->id);
        world_pass(&world, 20 * 1000);
        there->package_count = kept.package_count;
        there->last_resort.len = kept.last_resort.len;
        assert_int_equal(mls_group_member_count(group_at_hand(ben)->mls), 3);
        (void)world_call(tablet, "send", "{'chat':'%s','text':'three'}", group_of(tablet, "G"));
        (void)world_call(ben, "send", "{'chat':'%s','text':'four'}", group_of(ben, "G"));
        world_pass(&world, 20 * 1000);
        (void)world_call(anna, "connect", "{}");
        world_pass(&world, 120 * 1000);
        assert_texts(anna, group_of(anna, "G"), "one\ntwo\nthree\nfour\n");
        world_end(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(earlier_messages_wait_for_invitations),
        cmocka_unit_test(what_comes_while_it_is_looked_for_is_found),
        cmocka_unit_test(where_an_edit_stands_is_not_handed_on),
        cmocka_unit_test(what_names_too_many_people_stays_behind),
        cmocka_unit_test(parts_are_filed_in_their_order),
        cmocka_unit_test(what_is_too_old_is_told_once),
        cmocka_unit_test(all_that_waits_too_long_goes),
        cmocka_unit_test(what_waits_is_filed_with_the_invitation),
        cmocka_unit_test(what_is_owed_waits_for_its_chat),
        cmocka_unit_test(what_was_hidden_does_not_come_as_an_earlier_message),
        cmocka_unit_test(what_was_handed_on_and_has_gone_stays_away),
        cmocka_unit_test(what_was_read_and_hidden_stays_away),
        cmocka_unit_test(what_was_read_before_coming_again_stays_away),
        cmocka_unit_test(what_is_kept_of_what_is_gone_has_a_bound),
        cmocka_unit_test(who_comes_in_late_takes_nobody_for_older),
        cmocka_unit_test(what_is_handed_on_stands_before_what_is_read_behind_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
