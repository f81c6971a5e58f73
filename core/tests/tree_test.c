/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Ratchet trees that travel beside their invitations: they are fetched and checked, and what can't be fetched, or is
 * something else, leads back in by another way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "chatting.h"
#include "door.h"
#include "group.h"
#include "invitation.h"
#include "join.h"
#include "letter.h"
#include "test/mutate.h"
#include "test/result.h"
#include "tree.h"

enum { NO_GROUP = 1000 };

/* Alice owns G with bob; carol is not in it. */
static void make(struct world *world, uint64_t seed) {
    world_init_quiet(world, seed);
    world->tree_devices = 1;
    for (int i = 0; i < 3; i++) {
        (void)world_add(world);
    }
    (void)world_call(&world->peers[0], "group.create", "{'name':'G','members':['%s']}", world->peers[1].id);
    world_pass(world, 5000);
}

static struct group *open_group(const struct world_peer *peer) {
    const struct list *chats = &peer->core->chats;
    for (size_t i = 0; i < chats->count; i++) {
        const struct chat *chat = (const struct chat *)chats->items[i];
        if (chat->kind == CHAT_GROUP && chat_writing_group(chat) != NULL) {
            return chat_writing_group(chat);
        }
    }
    return NULL;
}

static void add_carol(struct world *world) {
    (void)world_call(&world->peers[0], "group.add", "{'chat':'G','members':['%s']}", world->peers[2].id);
}

static void assert_all_in(struct world *world) {
    world_pass(world, 60 * 1000);
    assert_agree(world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    (void)world_call(&world->peers[2], "send", "{'chat':'G','text':'here'}");
    world_pass(world, 2000);
    assert_texts(&world->peers[1], group_of(&world->peers[1], "G"), "here\n");
    assert_int_equal(world->peers[2].core->invitations.count, 0);
}

static struct model_bytes *last_letter(struct world_peer *peer) {
    struct model_account *account = &peer->world->model->accounts[peer->number];
    assert_true(account->inbox_count > 0);
    return &account->inbox[account->inbox_count - 1].content;
}

static void an_invitation_is_small_and_leads_in(void **state) {
    (void)state;
    struct world world;
    make(&world, 1);
    size_t before = world.model->asked[WIRE_PUT_DOOR];
    add_carol(&world);
    assert_int_equal(world.model->asked[WIRE_PUT_DOOR] - before, 1);
    assert_all_in(&world);
    struct base_bytes tree = { 0 };
    assert_ok(mls_group_ratchet_tree(open_group(&world.peers[0])->mls, &tree));
    assert_true(last_letter(&world.peers[2])->len < tree.len + 1024);
    base_bytes_free(&tree);
    /* Nobody but who has put it there can take it away. */
    assert_int_equal(world.model->asked[WIRE_GET_DOOR], 2);
    world_end(&world);
}

/* Small groups' invitations have everything inside. */
static void a_small_group_needs_no_door(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    assert_int_equal(world.model->asked[WIRE_PUT_DOOR], 0);
    assert_agree(&world, "G", (const size_t[]){ 0, 1 }, 2);
    world_end(&world);
}

/* ---- what lies there is not what was said ---- */

static void clear_doors(struct model *model) {
    for (size_t i = 0; i < model->door_count; i++) {
        free(model->doors[i].content.data);
        model->doors[i].content = (struct model_bytes){ 0 };
    }
}

static void lengthen(struct model *model) {
    for (size_t i = 0; i < model->door_count; i++) {
        struct model_bytes *content = &model->doors[i].content;
        struct model_bytes longer = { (uint8_t *)calloc(1, content->len + 1), content->len + 1 };
        memcpy(longer.data, content->data, content->len);
        free(content->data);
        *content = longer;
    }
}

static void change_byte(struct model *model) {
    for (size_t i = 0; i < model->door_count; i++) {
        model->doors[i].content.data[7] ^= 1;
    }
}

static void bad_doors_lead_to_another_invitation(void **state) {
    (void)state;
    void (*const spoil[])(struct model *) = { clear_doors, lengthen, change_byte };
    for (size_t i = 0; i < sizeof spoil / sizeof *spoil; i++) {
        struct world world;
        make(&world, 10 + i);
        struct world_peer *carol = &world.peers[2];
        (void)world_call(carol, "disconnect", "{}");
        add_carol(&world);
        world_pass(&world, 5000);
        spoil[i](world.model);
        size_t asked = world.model->asked[WIRE_INBOX_APPEND];
        (void)world_call(carol, "connect", "{}");
        world_pass(&world, 100);
        assert_int_equal(world.model->asked[WIRE_INBOX_APPEND] - asked, 1);
        assert_all_in(&world);
        world_end(&world);
    }
}

/* Likewise if somebody else has said in between that she should have a place, and is gone when he is asked. */
static void who_has_invited_is_asked_too(void **state) {
    (void)state;
    struct world world;
    make(&world, 13);
    struct world_peer *alice = &world.peers[0], *carol = &world.peers[2];
    struct helper gone = { .device = { 9 } };
    memcpy(gone.domain, alice->core->account.domain, sizeof gone.domain);
    memcpy(gone.account, alice->core->account.id, sizeof gone.account);
    memcpy(gone.key, alice->core->account.device_key.public_key.data, sizeof gone.key);
    world.model->refuse.type = WIRE_GET_DOOR;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 60 * 1000;
    add_carol(&world);
    world_pass(&world, 5000);
    assert_int_equal(carol->core->invitations.count, 1);
    assert_ok(invitation_ask(carol->core, open_group(alice)->id, 0, &gone, 1));
    change_byte(world.model);
    world_pass(&world, 120 * 1000);
    assert_all_in(&world);
    world_end(&world);
}

/* An invitation of mallory's: a Welcome of her group, and a place where something else lies. */
static void invite_badly(struct world_peer *mallory, const struct world_peer *alice, const struct tree_place *place) {
    struct weibel_core *core = mallory->core;
    struct model_account *account = &mallory->world->model->accounts[alice->number];
    struct group *group = open_group(mallory);
    assert_true(account->package_count > 0);
    struct model_bytes package = account->packages[--account->package_count];
    struct mls_proposal_input add = { .type = MLS_PROPOSAL_ADD, .key_package = model_slice(package) };
    struct mls_commit_options options = { .proposals = &add, .proposal_count = 1, .welcome_without_tree = true };
    struct mls_commit_output output = { 0 };
    assert_ok(mls_group_commit(group->mls, &options, &output));
    mls_group_discard_pending(group->mls);
    struct contact contact = { 0 };
    memcpy(contact.id, account->id, sizeof contact.id);
    struct chat chat = { 0 };
    struct group named = { .number = NO_GROUP, .chat = &chat };
    memcpy(named.id, group->id, sizeof named.id);
    assert_ok(letter_invite(core, &named, &contact, account->device, base_borrow(&output.welcome), place));
    assert_ok(letter_release(core, NO_GROUP));
    assert_ok(weibel_core_tick(core));
    mls_commit_output_free(&output);
    free(package.data);
    world_pass(mallory->world, 5000);
}

static void leave_tree(struct world_peer *by, struct tree_place *place, const struct mls_group *mls) {
    struct base_bytes tree = { 0 };
    uint8_t key[WIRE_KEY_LEN] = { 8 };
    struct tree_put put = { 0 };
    assert_ok(mls_group_ratchet_tree(mls, &tree));
    assert_ok(tree_make_place(by->core, key, tree.len, place));
    tree_put_begin(by->core, &put, place, key, &tree);
    assert_ok(tree_put_pump(by->core, &put, request_no_matter, 0));
    assert_ok(weibel_core_tick(by->core));
    world_run(by->world);
    tree_put_end(&put);
}

/* He who has made the tree useless is asked once, not again and again. */
static void a_tree_of_another_epoch_is_refused(void **state) {
    (void)state;
    struct world world;
    make(&world, 20);
    struct world_peer *alice = &world.peers[0], *carol = &world.peers[2];
    struct tree_place place;
    leave_tree(alice, &place, open_group(alice)->mls);
    size_t letters = world.model->asked[WIRE_INBOX_APPEND];
    for (int i = 0; i < 3; i++) {
        invite_badly(alice, carol, &place);
        assert_null(open_group(carol));
        assert_int_equal(carol->core->invitations.count, 1);
    }
    /* Three of hers, one of carol's; alice knows no such member. */
    assert_int_equal(world.model->asked[WIRE_INBOX_APPEND] - letters, 4);
    world_crash(carol);
    world_pass(&world, 5000);
    assert_int_equal(carol->core->invitations.count, 1);
    world_pass(&world, 24 * 3600 * 1000);
    invite_badly(alice, carol, &place);
    assert_int_equal(world.model->asked[WIRE_INBOX_APPEND] - letters, 6);
    /* And none of it is in the way of a good one. */
    add_carol(&world);
    assert_all_in(&world);
    world_end(&world);
}

static void a_size_that_is_a_lie_is_refused(void **state) {
    (void)state;
    struct world world;
    make(&world, 21);
    struct world_peer *alice = &world.peers[0], *carol = &world.peers[2];
    struct tree_place place;
    leave_tree(alice, &place, open_group(alice)->mls);
    size_t peak = carol->alloc.peak;
    place.size = TREE_MAX;
    invite_badly(alice, carol, &place);
    assert_null(open_group(carol));
    assert_true(carol->alloc.peak < peak + (4 << 20)); /* no room is made for what is not there */
    place.size = TREE_MAX + 1;
    invite_badly(alice, carol, &place);
    place.size = 1;
    invite_badly(alice, carol, &place);
    assert_null(open_group(carol));
    assert_int_equal(carol->core->invitations.count, 1);
    world_end(&world);
}

/* Only what is for a key package of ours is fetched; and only so many of them wait. */
static void invitations_are_bounded(void **state) {
    (void)state;
    struct world world;
    make(&world, 22);
    struct world_peer *alice = &world.peers[0], *carol = &world.peers[2], *dora = world_add(&world);
    struct weibel_core *core = carol->core;
    struct tree_place place;
    leave_tree(alice, &place, open_group(alice)->mls);
    struct model_account *account = &world.model->accounts[carol->number];
    struct mls_proposal_input add = { .type = MLS_PROPOSAL_ADD, .key_package = model_slice(account->last_resort) };
    struct mls_commit_options options = { .proposals = &add, .proposal_count = 1, .welcome_without_tree = true };
    struct mls_commit_output output = { 0 };
    struct group *group = open_group(alice);
    struct base_bytes content = { 0 }, other = { 0 };
    assert_ok(mls_group_commit(group->mls, &options, &output));
    mls_group_discard_pending(group->mls);
    assert_ok(invitation_write(alice->core, group, base_borrow(&output.welcome), &place, &content));
    for (uint8_t i = 0; i < STATE_MAX_INVITATIONS; i++) {
        for (int again = 0; again < 2; again++) {
            assert_ok(invitation_take(core, base_slice(&i, 1), base_borrow(&content)));
            assert_int_equal(core->invitations.count, i + 1);
        }
    }
    assert_result(&WEIBEL_ERR_WELCOME, invitation_take(core, base_borrow(&content), base_borrow(&content)));
    assert_int_equal(core->invitations.count, STATE_MAX_INVITATIONS);
    mls_commit_output_free(&output);

    /* Dora's: nothing to do with carol. */
    add.key_package = model_slice(world.model->accounts[dora->number].last_resort);
    assert_ok(mls_group_commit(group->mls, &options, &output));
    mls_group_discard_pending(group->mls);
    assert_ok(invitation_write(alice->core, group, base_borrow(&output.welcome), &place, &other));
    size_t letters = core->letters.count;
    assert_ok(invitation_take(core, base_borrow(&other), base_borrow(&other)));
    assert_int_equal(core->invitations.count, STATE_MAX_INVITATIONS);
    assert_int_equal(core->letters.count, letters); /* while others wait, nobody is asked */
    while (core->invitations.count > 0) {
        invitation_free(list_take(&core->invitations, 0));
    }
    assert_ok(invitation_take(core, base_borrow(&other), base_borrow(&other)));
    assert_int_equal(core->letters.count, letters + 1);
    assert_int_equal(core->invitations.count, 1);
    assert_true(((const struct invitation *)core->invitations.items[0])->asked_at != 0);
    mls_commit_output_free(&output);
    base_bytes_free(&content);
    base_bytes_free(&other);
    world_end(&world);
}

/* A stranger tells of more and more groups that there are not: so many are asked for in a day, and no more. */
static void groups_without_end_are_not_asked_for(void **state) {
    (void)state;
    struct world world;
    make(&world, 23);
    struct weibel_core *core = world.peers[2].core;
    struct helper from;
    memcpy(from.domain, core->account.domain, sizeof from.domain);
    memcpy(from.account, world.peers[0].core->account.id, sizeof from.account);
    memcpy(from.device, world.peers[0].core->account.device, sizeof from.device);
    memcpy(from.key, world.peers[0].core->account.device_key.public_key.data, sizeof from.key);
    enum { A_DAY = 16, MANY = 2 * STATE_MAX_INVITATIONS };
    size_t before = core->key_packages.count;
    for (size_t day = 1; day <= 2; day++) {
        for (uint8_t i = 0; i < MANY; i++) {
            const uint8_t stream[WIRE_STREAM_LEN] = { i, (uint8_t)day };
            assert_ok(invitation_ask(core, stream, 0, &from, 1));
        }
        assert_int_equal(core->key_packages.count, before + day * A_DAY);
        assert_true(core->invitations.count <= STATE_MAX_INVITATIONS);
        assert_ok(weibel_core_tick(core));
        world_pass(&world, 24 * 3600 * 1000);
    }
    world_end(&world);
}

/* ---- decoding ---- */

static void take_damaged(struct base_slice mutated, void *user) {
    struct weibel_core *core = (struct weibel_core *)user;
    base_result result = letter_open(core, mutated);
    assert_true(result != BASE_OK || core->invitations.count == 1);
    if (core->invitations.count > 0) {
        invitation_free(list_take(&core->invitations, 0)); /* what is changed in it shows when it is fetched */
    }
}

static void damaged_letters_do_no_harm(void **state) {
    (void)state;
    struct world world;
    make(&world, 30);
    struct world_peer *carol = &world.peers[2];
    (void)world_call(carol, "disconnect", "{}");
    add_carol(&world);
    world_pass(&world, 5000);
    const struct model_bytes *letter = last_letter(carol);
    test_each_truncation(model_slice(*letter), take_damaged, carol->core);
    /* All but the Welcome, whose flips libmls's tests have. */
    enum { TAIL = 400 };
    uint8_t *copy = test_exact_copy(letter->data, letter->len);
    for (size_t bit = (letter->len - TAIL) * 8; bit < letter->len * 8; bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        take_damaged(base_slice(copy, letter->len), carol->core);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(copy);
    world_crash(carol);
    assert_all_in(&world);
    world_end(&world);
}

/* ---- invitation links ---- */

/* The tree of an epoch takes the place of the one before: who has read the door just before tries again. */
static void a_link_finds_the_newest_tree(void **state) {
    (void)state;
    struct world world;
    make(&world, 40);
    struct world_peer *alice = &world.peers[0], *carol = &world.peers[2];
    char link[512];
    (void)snprintf(link, sizeof link, "%s",
                   text_of(world_call(alice, "group.link", "{'chat':'G','enabled':true}"), "link"));
    world_pass(&world, 10 * 1000);
    change_byte(world.model); /* the door is not what it must be, nor is the tree */
    assert_string_equal(world_error(carol, "group.join", "{'link':'%s'}", link), "link_unknown");
    (void)world_call(alice, "group.set", "{'chat':'G','description':'d'}");
    world_pass(&world, 10 * 1000);
    for (size_t i = 0; i < world.model->door_count; i++) {
        if (world.model->doors[i].content.len == WEIBEL_CHUNK_TAG + 4096) {
            world.model->doors[i].content.data[9] ^= 1; /* the tree alone */
        }
    }
    uint64_t id = world_ask(carol, "group.join", "{'link':'%s'}", link);
    world_pass(&world, 1000);
    assert_null(world_answer(carol, id));
    (void)world_call(alice, "group.set", "{'chat':'G','description':'e'}");
    assert_all_in(&world);
    assert_non_null(cJSON_GetObjectItem(world_answer(carol, id), "result"));
    world_end(&world);
}

/* What lies at a door is renewed by those who look after the group, but not each time they come. */
static void a_door_is_not_renewed_at_each_start(void **state) {
    (void)state;
    struct world world;
    make(&world, 41);
    struct world_peer *alice = &world.peers[0];
    (void)world_call(alice, "group.link", "{'chat':'G','enabled':true}");
    world_pass(&world, 10 * 1000);
    size_t before = world.model->asked[WIRE_PUT_DOOR];
    world_crash(alice);
    world_pass(&world, 10 * 1000);
    assert_int_equal(world.model->asked[WIRE_PUT_DOOR], before);
    world_pass(&world, 11ull * 24 * 3600 * 1000);
    world_crash(alice);
    world_pass(&world, 10 * 1000);
    assert_int_equal(world.model->asked[WIRE_PUT_DOOR], before + 2);
    world_end(&world);
}

/* ---- refusals ---- */

static void a_busy_server_is_asked_later(void **state) {
    (void)state;
    struct world world;
    make(&world, 50);
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 3000;
    world.model->refuse.type = WIRE_PUT_DOOR;
    uint64_t id = world_ask(&world.peers[0], "group.add", "{'chat':'G','members':['%s']}", world.peers[2].id);
    world_pass(&world, 2000);
    assert_null(world_answer(&world.peers[0], id));
    world_pass(&world, 2000);
    assert_non_null(cJSON_GetObjectItem(world_answer(&world.peers[0], id), "result"));
    assert_all_in(&world);
    (void)world_call(&world.peers[0], "group.remove", "{'chat':'G','members':['%s']}", world.peers[2].id);
    world_pass(&world, 5000);
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.type = WIRE_GET_DOOR;
    add_carol(&world);
    world_pass(&world, 2000);
    assert_int_equal(world.peers[2].core->invitations.count, 1);
    world_pass(&world, 10 * 1000);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    world.model->refuse.code = WIRE_REFUSED_NO_DOOR; /* somebody has this door already: never by chance */
    world.model->refuse.type = WIRE_PUT_DOOR;
    struct world_peer *dora = world_add(&world);
    assert_string_equal(world_error(&world.peers[0], "group.add", "{'chat':'G','members':['%s']}", dora->id),
                        "refused");
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invitation_is_small_and_leads_in),
        cmocka_unit_test(a_small_group_needs_no_door),
        cmocka_unit_test(bad_doors_lead_to_another_invitation),
        cmocka_unit_test(who_has_invited_is_asked_too),
        cmocka_unit_test(a_tree_of_another_epoch_is_refused),
        cmocka_unit_test(a_size_that_is_a_lie_is_refused),
        cmocka_unit_test(invitations_are_bounded),
        cmocka_unit_test(groups_without_end_are_not_asked_for),
        cmocka_unit_test(damaged_letters_do_no_harm),
        cmocka_unit_test(a_link_finds_the_newest_tree),
        cmocka_unit_test(a_door_is_not_renewed_at_each_start),
        cmocka_unit_test(a_busy_server_is_asked_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
