/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Members who lie: devices under other people's IDs, names of groups that look like IDs, key packages without end; and
 * a server that gives what is ours to something else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "change.h"
#include "chat.h"
#include "chatting.h"
#include "contact.h"
#include "device.h"
#include "forged.h"
#include "group.h"
#include "heal.h"
#include "identity.h"
#include "join.h"
#include "leaf.h"
#include "letter.h"
#include "message.h"
#include "policy.h"
#include "tally.h"
#include "test/result.h"

static void forge_as(struct world_peer *forger, const struct world_peer *victim, struct forged *out) {
    struct forging what = { .filler = { 0 } };
    memcpy(what.account, victim->core->account.id, sizeof what.account);
    forge(forger, &what, out);
}

/* `liar` has a changed client: it adds a forged device as if it were one of `guest`, who is no member. */
static void let_in(struct world_peer *liar, struct chat *chat, const struct world_peer *guest,
                   const struct forged *forged, size_t count) {
    struct weibel_core *core = liar->core;
    const struct contact *contact = contact_find(core, guest->core->account.id, "");
    uint64_t *contacts = (uint64_t *)base_take(core->options.allocator, 1, sizeof *contacts);
    assert_true(contact != NULL && contacts != NULL);
    *contacts = contact->number;
    struct change change = { .kind = CHANGE_ADD, .contacts = contacts, .contact_count = 1 };
    assert_ok(change_begin(core, chat, &change, NULL));
    chat->change.asked = 1;
    for (size_t i = 0; i < count; i++) {
        struct taken *taken = (struct taken *)base_take(core->options.allocator, 1, sizeof *taken);
        assert_non_null(taken);
        taken->contact = contact->number;
        memcpy(taken->device, guest->core->account.device, sizeof taken->device);
        assert_ok(
            base_bytes_copy(core->options.allocator, base_borrow(&forged[i].bundle.message), &taken->key_package));
        assert_ok(list_add(&chat->change.taken, core->options.allocator, taken));
    }
    core->mls.callbacks.commit = NULL;
    assert_ok(weibel_core_tick(core));
    world_pass(liar->world, 5000);
}

static base_result lend(void *user, struct base_slice ref, struct base_slice *private_part) {
    const struct forged *forged = (const struct forged *)user;
    bool is_it = base_slice_equal(mls_secret_slice(&forged->bundle.ref), ref);
    *private_part = is_it ? base_borrow(&forged->bundle.private_part) : base_slice(NULL, 0);
    return BASE_OK;
}

/* The forged device joins by the letter that came last to `inbox`, and writes into the stream. */
static void write_as(struct world_peer *liar, const struct model_account *inbox, struct forged *forged,
                     const char *text) {
    struct model *model = liar->world->model;
    struct weibel_core *core = liar->core;
    assert_true(inbox->inbox_count > 0);
    const struct model_bytes *letter = &inbox->inbox[inbox->inbox_count - 1].content;
    struct base_reader reader = base_reader(base_slice(letter->data, letter->len));
    struct base_slice inside, welcome;
    uint16_t version_and_kind;
    assert_ok(base_read_u16(&reader, &version_and_kind));
    assert_ok(base_read_opaque(&reader, &inside));
    reader = base_reader(inside);
    assert_ok(base_read_opaque(&reader, &welcome));
    struct mls_join_options options = { .key_package = lend, .user = forged, .signature_key = &forged->key };
    struct mls_group *group BASE_CLEANUP(forged_free_group) = NULL;
    assert_ok(mls_group_join(&core->mls, welcome, &options, NULL, &group));
    struct message message BASE_CLEANUP(message_free) = { 0 };
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes counted BASE_CLEANUP(base_bytes_free) = { 0 }, sealed BASE_CLEANUP(base_bytes_free) = { 0 };
    struct group place = { .tally = { .since = mls_group_epoch(group) } };
    assert_ok(base_bytes_copy(core->options.allocator, base_slice_text(text), &message.text));
    assert_ok(message_to_content(core, &message, &content));
    assert_ok(tally_add(core, &place, base_borrow(&content), &counted));
    assert_ok(mls_group_encrypt(group, base_borrow(&counted), NULL, &sealed));
    struct model_stream *stream = model->streams[model->stream_count - 1];
    struct model_entry *entry = &stream->entries[stream->entry_count++];
    *entry = (struct model_entry){ .number = stream->next++ };
    assert_ok(base_random_fill(core->options.random, entry->nonce, sizeof entry->nonce));
    entry->content = (struct model_bytes){ (uint8_t *)malloc(sealed.len), sealed.len };
    assert_non_null(entry->content.data);
    memcpy(entry->content.data, sealed.data, sealed.len);
}

static struct chat *chat_of(struct world_peer *peer, size_t index) {
    return (struct chat *)peer->core->chats.items[index];
}

static void a_device_under_a_members_id_is_no_member_of_a_direct_chat(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    (void)world_call(alice, "contact.add", "{'id':'%s'}", carol->id);
    struct forged forged;
    forge_as(alice, bob, &forged);
    let_in(alice, chat_of(alice, 0), carol, &forged, 1);
    forged_free(&forged);
    assert_string_equal(text_of(world_event(bob, "message"), "notice"), "unreadable");

    /* What bob writes goes to alice and himself alone, in a new group. */
    (void)world_call(bob, "send", "{'to':'%s','text':'for alice alone'}", alice->id);
    world_pass(&world, 5000);
    assert_texts(alice, bob->id, "hello\nfor alice alone\n");
    assert_int_equal(world.model->stream_count, 2);
    world_end(&world);
}

/* In a group of alice, bob and carol's ID: alice makes up a device of carol's. */
static void nothing_is_shown_of_a_device(bool known) {
    struct world world;
    world_init(&world, 2);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    if (known) {
        (void)world_call(carol, "send", "{'to':'%s','text':'it is me'}", bob->id);
    }
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    (void)world_call(alice, "contact.add", "{'id':'%s'}", carol->id);
    world_pass(&world, 5000);
    (void)world_call(carol, "disconnect", "{}");
    struct forged forged;
    forge_as(alice, carol, &forged);
    let_in(alice, chat_of(alice, 0), carol, &forged, 1);
    size_t notices = bob->line_count;
    write_as(alice, &world.model->accounts[2], &forged, "words in the mouth of another");
    forged_free(&forged);
    world_break(bob);
    world_pass(&world, 5000);
    assert_true(bob->line_count > notices);
    assert_texts(bob, group_of(bob, "G"), "");
    assert_string_equal(text_of(world_event(bob, "message"), "notice"), "identity");

    /* The others are heard as before. */
    (void)world_call(alice, "send", "{'chat':'%s','text':'from alice'}", group_of(alice, "G"));
    world_pass(&world, 5000);
    assert_texts(bob, group_of(bob, "G"), "from alice\n");
    world_end(&world);
}

static void nobody_speaks_under_the_id_of_somebody_known(void **state) {
    (void)state;
    nothing_is_shown_of_a_device(true);
}

static void nobody_speaks_under_the_id_of_somebody_who_is_met_there(void **state) {
    (void)state;
    nothing_is_shown_of_a_device(false);
}

/* A device of bob's own, who is a member: his devices come by his own doing alone. */
static void nobody_adds_a_device_under_a_members_id(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    (void)world_call(alice, "contact.add", "{'id':'%s'}", carol->id);
    world_pass(&world, 5000);
    struct forged forged;
    forge_as(alice, bob, &forged);
    let_in(alice, chat_of(alice, 0), carol, &forged, 1);
    forged_free(&forged);
    assert_string_equal(text_of(world_event(bob, "message"), "notice"), "unreadable");
    world_end(&world);
}

static void nobody_speaks_under_an_id_that_no_account_has(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 9);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    (void)world_call(alice, "contact.add", "{'id':'%s'}", carol->id);
    (void)world_call(carol, "disconnect", "{}");
    struct forged forged;
    forge(alice, &(struct forging){ .account = { '0', '0', '0', '0', '0', '0', '0', '0' } }, &forged);
    let_in(alice, chat_of(alice, 0), carol, &forged, 1);
    write_as(alice, &world.model->accounts[2], &forged, "nobody at all");
    forged_free(&forged);
    world_break(bob);
    world_pass(&world, 5000);
    assert_texts(bob, group_of(bob, "G"), "");
    assert_string_equal(text_of(world_event(bob, "message"), "notice"), "identity");
    (void)world_call(alice, "send", "{'chat':'%s','text':'from alice'}", group_of(alice, "G"));
    world_pass(&world, 5000);
    assert_texts(bob, group_of(bob, "G"), "from alice\n");
    world_end(&world);
}

static void nobody_begins_a_chat_under_the_id_of_somebody_else(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(bob, "disconnect", "{}"); /* nobody is asked who she is */
    (void)world_call(bob, "contact.add", "{'id':'%s','name':'Carol'}", carol->id);
    (void)world_call(bob, "connect", "{}");

    /* Alice's changed client writes carol's ID into its credentials; nobody has met carol yet. */
    uint8_t own[WIRE_ACCOUNT_LEN];
    memcpy(own, alice->core->account.id, sizeof own);
    memcpy(alice->core->account.id, carol->core->account.id, sizeof own);
    (void)world_call(alice, "send", "{'to':'%s','text':'carol here'}", bob->id);
    world_pass(&world, 5000);
    memcpy(alice->core->account.id, own, sizeof own);
    assert_int_equal(world.model->accounts[1].inbox_next, 1);
    assert_texts(bob, carol->id, "");
    assert_string_equal(text_of(world_event(bob, "message"), "notice"), "identity");

    /* What bob writes to carol goes to her, and what she writes comes. */
    (void)world_call(bob, "send", "{'to':'%s','text':'for carol alone'}", carol->id);
    world_pass(&world, 5000);
    assert_texts(carol, bob->id, "for carol alone\n");
    (void)world_call(carol, "send", "{'to':'%s','text':'it is me'}", bob->id);
    world_pass(&world, 5000);
    assert_texts(bob, carol->id, "for carol alone\nit is me\n");
    world_end(&world);
}

/* The same, but bob has never been told of carol before, is offline, and the real one writes as well. */
static void who_is_imitated_is_heard_all_the_same(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 7);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(bob, "disconnect", "{}");
    uint8_t own[WIRE_ACCOUNT_LEN];
    memcpy(own, alice->core->account.id, sizeof own);
    memcpy(alice->core->account.id, carol->core->account.id, sizeof own);
    (void)world_call(alice, "send", "{'to':'%s','text':'carol here'}", bob->id);
    memcpy(alice->core->account.id, own, sizeof own);
    (void)world_call(carol, "send", "{'to':'%s','text':'it is me'}", bob->id);
    world_pass(&world, 5000);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 5000);
    assert_texts(bob, carol->id, "it is me\n");
    (void)world_call(bob, "send", "{'to':'%s','text':'for carol alone'}", carol->id);
    world_pass(&world, 5000);
    assert_texts(carol, bob->id, "it is me\nfor carol alone\n");
    world_end(&world);
}

static void key_packages_without_end_harm_nobody(void **state) {
    (void)state;
    enum { COUNT = 80, FILLER = 15 << 10 };
    static const uint8_t filler[FILLER];
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    (void)world_call(alice, "contact.add", "{'id':'%s'}", carol->id);
    struct forged *forged = (struct forged *)calloc(COUNT, sizeof *forged);
    assert_non_null(forged);
    for (size_t i = 0; i < COUNT; i++) {
        struct forging what = { .filler = base_slice(filler, FILLER) };
        memcpy(what.account, carol->core->account.id, sizeof what.account);
        forge(alice, &what, &forged[i]);
    }
    let_in(alice, chat_of(alice, 0), carol, forged, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        forged_free(&forged[i]);
    }
    free(forged);

    /* The group goes on, and can be changed. */
    (void)world_call(alice, "group.add", "{'chat':'%s','members':['%s']}", group_of(alice, "G"), carol->id);
    (void)world_call(alice, "send", "{'chat':'%s','text':'all is well'}", group_of(alice, "G"));
    world_pass(&world, 5000);
    assert_texts(bob, group_of(bob, "G"), "all is well\n");
    assert_texts(carol, group_of(carol, "G"), "all is well\n");
    world_end(&world);
}

static void a_groups_name_takes_no_message_from_an_id_or_number(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 5);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *mallory = world_add(&world);
    (void)world_call(mallory, "group.create", "{'name':'%s','members':['%s']}", alice->id, bob->id);
    (void)world_call(mallory, "group.create", "{'name':'g77','members':['%s']}", bob->id);
    world_pass(&world, 1000);
    (void)world_call(bob, "send", "{'to':'%s','text':'for alice alone'}", alice->id);
    world_pass(&world, 5000);
    assert_texts(alice, bob->id, "for alice alone\n");
    assert_string_equal(world_error(bob, "send", "{'chat':'g77','text':'to nobody'}"), "unknown_chat");
    assert_string_equal(world_error(bob, "send", "{'to':'g77','text':'to nobody'}"), "no_account");
    world_end(&world);
}

static void a_groups_name_has_one_line(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 8);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    assert_string_equal(world_error(alice, "group.create", "{'name':'a\\nb','members':['%s']}", bob->id), "too_long");

    /* A changed client's. */
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 1000);
    struct about_edit edit = { .fields = ABOUT_NAME,
                               .name = base_slice_text("G” now\n12:00  * Anna says: all is well") };
    struct change change = { .kind = CHANGE_SET };
    struct base_writer writer = base_writer(alice->core->options.allocator, ABOUT_MAX);
    about_edit_write(&writer, &edit);
    assert_ok(base_writer_finish(&writer, &change.edit));
    alice->core->mls.callbacks.commit = NULL;
    assert_ok(change_begin(alice->core, chat_of(alice, 0), &change, NULL));
    assert_ok(weibel_core_tick(alice->core));
    world_pass(&world, 1000);
    assert_string_equal(text_of(world_event(bob, "message"), "notice"), "unreadable");
    assert_string_equal(chat_of(bob, 0)->name, "G");
    world_end(&world);
}

static void a_nonce_alone_makes_nothing_ones_own(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    (void)world_call(bob, "send", "{'to':'%s','text':'hello yourself'}", alice->id);
    world_pass(&world, 1000);

    /* Alice's next message is queued while she is away; bob's comes first, and gets her nonce. */
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(bob, "send", "{'to':'%s','text':'not to be lost'}", alice->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'hers'}", bob->id);
    const struct chat *chat = chat_of(alice, 0);
    assert_int_equal(chat->outbox.count, 1);
    struct model_stream *stream = world.model->streams[0];
    memcpy(stream->entries[stream->entry_count - 1].nonce, ((const struct post *)chat->outbox.items[0])->nonce,
           WIRE_NONCE_LEN);
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 5000);
    char *texts = world_texts(alice, bob->id);
    assert_non_null(strstr(texts, "not to be lost\n"));
    free(texts);
    world_end(&world);
}

/* A lying server: an entry of the stream, or of the inbox if `stream` is NULL, under a number that none reaches. */
static void push_numbered(struct world_peer *peer, const struct model_stream *stream, uint64_t number) {
    enum { HEAD = 6, STREAM_ENTRIES = HEAD + WIRE_STREAM_LEN + 1 + 8 + 1, INBOX_ENTRIES = HEAD + 1 + 1 };
    struct base_writer entries BASE_CLEANUP(base_writer_free) = base_writer(base_allocator_libc(), WIRE_MAX_BATCH);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    struct base_bytes bytes BASE_CLEANUP(base_bytes_free) = { 0 };
    struct wire_entry entry = { .number = WIRE_MAX_NUMBER, .content = base_slice_text("nothing that can be read") };
    wire_entry_write(&entries, &entry);
    struct wire_frame frame = { .type = stream == NULL ? WIRE_INBOX_ENTRIES : WIRE_ENTRIES };
    if (stream == NULL) {
        frame.of.inbox_entries.entries = base_writer_view(&entries);
    } else {
        memcpy(frame.of.entries.stream, stream->id, WIRE_STREAM_LEN);
        frame.of.entries.entries = base_writer_view(&entries);
    }
    wire_encode(&writer, &frame);
    assert_ok(base_writer_finish(&writer, &bytes));
    for (size_t i = 0; i < sizeof number; i++) {
        bytes.data[(stream == NULL ? INBOX_ENTRIES : STREAM_ENTRIES) + i] = (uint8_t)(number >> (56 - 8 * i));
    }
    assert_ok(weibel_core_frame(peer->core, base_borrow(&bytes)));
    world_pass(peer->world, 5000);
}

static void a_number_beyond_all_makes_nothing_be_skipped(void **state) {
    (void)state;
    static const uint64_t numbers[] = { WIRE_MAX_NUMBER + 1, (uint64_t)1 << 63, UINT64_MAX };
    struct world world;
    world_init(&world, 9);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    world_pass(&world, 1000);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        push_numbered(bob, world.model->streams[0], numbers[i]);
        push_numbered(bob, NULL, numbers[i]);
    }
    (void)world_call(alice, "send", "{'to':'%s','text':'two'}", bob->id);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    (void)world_call(alice, "send", "{'chat':'%s','text':'three'}", group_of(alice, "G"));
    world_pass(&world, 5000);
    assert_texts(bob, alice->id, "one\ntwo\n");
    assert_texts(bob, group_of(bob, "G"), "three\n");
    assert_null(world_event(bob, "notice"));
    world_end(&world);
}

/* Mallory makes a group under the ID of another one, several epochs ahead of it, and invites a device of alice's. */
static void invite_into_copy(struct world_peer *mallory, const struct world_peer *alice, const struct group *original) {
    struct weibel_core *core = mallory->core;
    struct model_account *account = &mallory->world->model->accounts[alice->number];
    struct mls_group *mls BASE_CLEANUP(forged_free_group) = NULL;
    struct chat chat = { .kind = CHAT_GROUP, .name = "copy" };
    memcpy(chat.room, original->id, sizeof chat.room);
    assert_int_equal(sizeof chat.room, sizeof original->id);
    assert_ok(group_create_mls(core, &chat, &mls));
    while (mls_group_epoch(mls) <= mls_group_epoch(original->mls)) {
        struct mls_commit_output output BASE_CLEANUP(mls_commit_output_free) = { 0 };
        assert_ok(mls_group_commit(mls, &(struct mls_commit_options){ .force_path = true }, &output));
        assert_ok(mls_group_merge_pending(mls));
    }
    assert_true(account->package_count > 0);
    struct model_bytes *package = &account->packages[--account->package_count];
    struct mls_proposal_input add = { .type = MLS_PROPOSAL_ADD, .key_package = model_slice(*package) };
    struct mls_commit_output output BASE_CLEANUP(mls_commit_output_free) = { 0 };
    assert_ok(mls_group_commit(mls, &(struct mls_commit_options){ .proposals = &add, .proposal_count = 1 }, &output));
    free(package->data);
    forged_letter(mallory, mls, account, base_borrow(&output.welcome));
    assert_ok(weibel_core_tick(core));
    world_pass(mallory->world, 5000);
}

/* The server, which helps her, says that the stream is not there any more. */
static void lose_stream(struct world_peer *peer, const struct group *group) {
    struct model *model = peer->world->model;
    for (size_t i = 0; i < model->stream_count; i++) {
        if (memcmp(model->streams[i]->id, group->id, sizeof group->id) == 0) {
            model->streams[i]->id[0] ^= 1;
        }
    }
    world_break(peer);
    world_pass(peer->world, 5000);
}

static void nothing_takes_the_place_of_the_own_group(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 10);
    struct world_peer *alice = world_add(&world);
    struct world_peer *mallory = world_add(&world);
    (void)world_link(alice);
    world_pass(&world, 10000);
    struct chat *own = device_chat(alice->core);
    assert_non_null(own);
    invite_into_copy(mallory, alice, chat_writing_group(own));
    assert_int_equal(own->groups.count, 1);
    lose_stream(alice, chat_writing_group(own));
    assert_int_equal(own->groups.count, 1);
    const struct group *group = (const struct group *)own->groups.items[0];
    assert_false(group_has_account(group->mls, mallory->core->account.id, mallory->core->account.domain));
    world_end(&world);
}

static void a_stranger_and_the_server_take_no_groups_place(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 11);
    struct world_peer *alice = world_add(&world), *mallory = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    const struct chat *chat = chat_of(alice, 0);
    invite_into_copy(mallory, alice, chat_writing_group(chat));
    lose_stream(alice, chat_writing_group(chat));
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        assert_true(group->state != GROUP_OPEN ||
                    group_has_account(group->mls, bob->core->account.id, alice->core->account.domain));
    }
    world_end(&world);
}

/* Nor when our place in it is lost, which the server can bring about. */
static void a_stranger_helps_nobody_back(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 13);
    struct world_peer *alice = world_add(&world), *mallory = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    (void)world_call(bob, "disconnect", "{}");
    struct chat *chat = chat_of(alice, 0);
    struct group *group = chat_writing_group(chat);
    assert_ok(heal_lose(alice->core, group));
    assert_ok(weibel_core_tick(alice->core));
    invite_into_copy(mallory, alice, group);
    assert_int_equal(chat->groups.count, 1);
    group = (struct group *)chat->groups.items[0];
    assert_true(group_has_account(group->mls, bob->core->account.id, alice->core->account.domain));
    world_end(&world);
}

/* A link to a group that says to be in a room where another one is. */
static void a_link_leads_into_no_chat_that_goes_on(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 14);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    (void)world_call(alice, "group.link", "{'chat':'G','enabled':true}");
    world_pass(&world, 5000);
    struct weibel_core *core = alice->core;
    struct chat *chat = chat_of(alice, 0), *out = NULL;
    struct base_slice about;
    struct leaf leaf = { .credential = { 0 } };
    struct mls_group *mls = NULL;
    assert_true(mls_group_extension(chat_writing_group(chat)->mls, GROUP_CHAT_EXTENSION, &about));
    assert_ok(leaf_make(core, NULL, 0, &leaf));
    struct mls_extension extension = { GROUP_CHAT_EXTENSION, about };
    uint8_t id[WIRE_STREAM_LEN] = { 0 };
    assert_ok(mls_group_create(&core->mls, GROUP_SUITE, base_slice(id, sizeof id), &leaf.identity,
                               &(struct mls_group_options){ .extensions = &extension, .extension_count = 1 }, &mls));
    assert_result(&WEIBEL_ERR_PRESENT, join_check_link(core, mls, 0, id));

    /* Nor into one that goes on since that was looked at: we are in, but elsewhere. */
    assert_ok(join_by_link(core, &mls, 7, 0, 1, &out));
    assert_null(mls);
    assert_ptr_not_equal(out, chat);
    assert_int_equal(out->groups.count, 1);
    assert_int_equal(chat->groups.count, 1);
    leaf_free(&leaf);
    world_end(&world);
}

/* What waits to be sent is not for those whom who was removed meanwhile does not know from there: it fails. */
static void what_waits_for_a_chat_that_is_another_one_fails(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 18);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", alice->id);
    world_pass(&world, 5000);
    struct chat *chat = chat_of(alice, 0);
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(alice, "send", "{'chat':'G','text':'waits'}");
    (void)world_call(bob, "group.remove", "{'chat':'G','members':['%s']}", alice->id);
    world_pass(&world, 5000);
    (void)world_call(bob, "group.add", "{'chat':'G','members':['%s']}", carol->id);
    world_pass(&world, 5000);
    (void)world_call(carol, "group.add", "{'chat':'G','members':['%s']}", alice->id);
    world_pass(&world, 5000);
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 20 * 1000);
    assert_int_equal(alice->core->chats.count, 2);
    assert_int_equal(chat->outbox.count, 0);
    char name[32];
    (void)snprintf(name, sizeof name, "g%d", (int)chat->number);
    assert_seen_as(alice, name, "waits", "failed");
    assert_int_equal(number_of(world_call(alice, "status", "{}"), "queued"), 0);
    world_end(&world);
}

/* Who was removed is invited anew by somebody who was not there, into what has the same name: that is another chat. */
static void a_stranger_brings_nobody_back_into_a_chat(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 16);
    struct world_peer *alice = world_add(&world), *mallory = world_add(&world), *bob = world_add(&world);
    (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", alice->id);
    world_pass(&world, 5000);
    (void)world_call(bob, "group.remove", "{'chat':'G','members':['%s']}", alice->id);
    world_pass(&world, 5000);
    const struct chat *chat = chat_of(alice, 0);
    struct group *group = (struct group *)chat->groups.items[0];
    assert_int_equal(group->state, GROUP_REMOVED);
    invite_into_copy(mallory, alice, group);
    assert_int_equal(chat->groups.count, 1);
    assert_ptr_equal(chat->groups.items[0], group);
    assert_int_equal(group->state, GROUP_REMOVED);
    assert_int_equal(alice->core->chats.count, 2);

    /* Nor by a link that leads into the same room. */
    struct weibel_core *core = alice->core;
    struct chat copy = { .kind = CHAT_GROUP, .name = "G" }, *out = NULL;
    struct mls_group *mls = NULL;
    memcpy(copy.room, chat->room, sizeof copy.room);
    assert_ok(group_create_mls(core, &copy, &mls));
    chat_forget(chat_of(alice, 1));
    assert_ok(weibel_core_tick(core));
    assert_ok(join_by_link(core, &mls, 7, 7, 1, &out));
    assert_ptr_not_equal(out, chat);
    assert_int_equal(group->state, GROUP_REMOVED);

    /* Who was there does. */
    assert_ok(weibel_core_tick(core));
    world_pass(&world, 5000);
    (void)world_call(bob, "group.add", "{'chat':'G','members':['%s']}", alice->id);
    world_pass(&world, 5000);
    assert_int_equal(chat->groups.count, 1);
    assert_int_equal(((const struct group *)chat->groups.items[0])->state, GROUP_OPEN);
    world_end(&world);
}

static struct chat *chat_with_account(struct world_peer *peer, const struct world_peer *whom) {
    const struct weibel_core *core = whom->core;
    for (size_t i = 0; i < peer->core->chats.count; i++) {
        const struct group *group = chat_writing_group(chat_of(peer, i));
        if (group != NULL && group_has_account(group->mls, core->account.id, core->account.domain)) {
            return chat_of(peer, i);
        }
    }
    fail();
    return NULL;
}

/* A stranger who knows the room has come to one of the account's devices first, with a group that says to go on in it.
 * What the account's other device says about its chat is not said about that one. */
static void what_an_own_device_says_is_about_no_strangers_group(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 20);
    struct world_peer *bob = world_add(&world), *mallory = world_add(&world), *alice = world_add(&world);
    struct world_peer *phone = world_link(alice);
    (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", mallory->id);
    world_pass(&world, 5000);
    struct group before = { .state = GROUP_LOST, .mls = chat_writing_group(chat_of(bob, 0))->mls };
    void *befores[] = { &before };
    struct chat copy = { .kind = CHAT_GROUP, .groups = { befores, 1, 1 } };
    invite_into(mallory, &copy, NULL, 0, phone);
    world_pass(&world, 5000);
    (void)world_call(bob, "group.add", "{'chat':'G','members':['%s']}", alice->id);
    world_pass(&world, 20 * 1000);
    struct chat *real = chat_with_account(phone, bob), *fake = chat_with_account(phone, mallory);
    struct chat *ours = chat_with_account(alice, bob);
    assert_true(real != fake && memcmp(real->room, fake->room, sizeof real->room) == 0);
    (void)world_call(alice, "chat.set", "{'chat':'g%d','pinned':true,'draft':'for bob'}", (int)ours->number);
    world_pass(&world, 5000);
    assert_true(real->setting.pinned && real->setting.draft.len > 0);
    assert_false(fake->setting.pinned || fake->setting.draft.len > 0);
    world_end(&world);
}

/* Who knows a group's stream, as everybody does who was in it, invites into another one under its name before somebody
 * from there does: the server lets nobody read it by that, and the real one is in nothing's way. */
static void who_comes_first_with_a_copy_keeps_nobody_out(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 21);
    struct world_peer *bob = world_add(&world), *mallory = world_add(&world), *alice = world_add(&world);
    (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", mallory->id);
    world_pass(&world, 5000);
    (void)world_call(bob, "group.remove", "{'chat':'G','members':['%s']}", mallory->id);
    world_pass(&world, 5000);
    invite_into_copy(mallory, alice, chat_writing_group(chat_of(bob, 0)));
    (void)world_call(bob, "group.add", "{'chat':'G','members':['%s']}", alice->id);
    world_pass(&world, 20 * 1000);
    (void)world_call(bob, "send", "{'chat':'G','text':'welcome'}");
    world_pass(&world, 20 * 1000);
    char name[32];
    (void)snprintf(name, sizeof name, "g%d", (int)chat_with_account(alice, bob)->number);
    assert_texts(alice, name, "welcome\n");
    world_end(&world);
}

/* A member at another domain can't become the one with his ID at this one, who has other rights. */
static void nobody_moves_to_another_domain(void **state) {
    (void)state;
    static const char *const domains[] = { "evil.example", "good.example" };
    struct world world;
    world_init(&world, 12);
    struct world_peer *mallory = world_add(&world);
    struct weibel_core *core = mallory->core;
    struct base_slice key =
        base_slice(core->account.device_key.public_key.data, core->account.device_key.public_key.len);
    struct base_bytes credentials[2] = { { 0 }, { 0 } };
    struct mls_member members[2];
    for (size_t i = 0; i < 2; i++) {
        struct identity identity = { .domain = base_slice_text(domains[i]) };
        memcpy(identity.account, core->account.id, sizeof identity.account);
        memcpy(identity.identity_key, core->account.identity_key, sizeof identity.identity_key);
        assert_ok(
            identity_write(core->options.allocator, &identity, core->account.identity_seed, key, &credentials[i]));
        members[i] = (struct mls_member){ .credential = { MLS_CREDENTIAL_BASIC, base_borrow(&credentials[i]) },
                                          .signature_key = key };
    }
    struct mls_credential_check check = { .use = MLS_CREDENTIAL_UPDATED, .member = &members[0], .before = &members[0] };
    assert_ok(join_check_credential(core, &check));
    check.member = &members[1];
    assert_result(&WEIBEL_ERR_IDENTITY, join_check_credential(core, &check));
    base_bytes_free(&credentials[0]);
    base_bytes_free(&credentials[1]);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_under_a_members_id_is_no_member_of_a_direct_chat),
        cmocka_unit_test(nobody_speaks_under_the_id_of_somebody_known),
        cmocka_unit_test(nobody_speaks_under_the_id_of_somebody_who_is_met_there),
        cmocka_unit_test(nobody_speaks_under_an_id_that_no_account_has),
        cmocka_unit_test(nobody_adds_a_device_under_a_members_id),
        cmocka_unit_test(nobody_begins_a_chat_under_the_id_of_somebody_else),
        cmocka_unit_test(who_is_imitated_is_heard_all_the_same),
        cmocka_unit_test(key_packages_without_end_harm_nobody),
        cmocka_unit_test(a_groups_name_takes_no_message_from_an_id_or_number),
        cmocka_unit_test(a_groups_name_has_one_line),
        cmocka_unit_test(a_nonce_alone_makes_nothing_ones_own),
        cmocka_unit_test(a_number_beyond_all_makes_nothing_be_skipped),
        cmocka_unit_test(nothing_takes_the_place_of_the_own_group),
        cmocka_unit_test(a_stranger_and_the_server_take_no_groups_place),
        cmocka_unit_test(a_stranger_helps_nobody_back),
        cmocka_unit_test(a_link_leads_into_no_chat_that_goes_on),
        cmocka_unit_test(what_waits_for_a_chat_that_is_another_one_fails),
        cmocka_unit_test(a_stranger_brings_nobody_back_into_a_chat),
        cmocka_unit_test(what_an_own_device_says_is_about_no_strangers_group),
        cmocka_unit_test(who_comes_first_with_a_copy_keeps_nobody_out),
        cmocka_unit_test(nobody_moves_to_another_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
