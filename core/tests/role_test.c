/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who may do what in a group, what it says about itself, and changes that wait for a connection.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "chat.h"
#include "chatting.h"
#include "contact.h"
#include "group.h"
#include "policy.h"
#include "test/result.h"

/* Alice has made the group G of three. */
static void make_three(struct world *world, uint64_t seed) {
    world_init(world, seed);
    for (int i = 0; i < 3; i++) {
        (void)world_add(world);
    }
    (void)world_call(&world->peers[0], "group.create", "{'name':'G','members':['%s','%s']}", world->peers[1].id,
                     world->peers[2].id);
    world_pass(world, 2000);
}

static const cJSON *info_of(struct world_peer *peer) {
    return world_call(peer, "group.info", "{'chat':'%s'}", group_of(peer, "G"));
}

static const char *role_in(const cJSON *info, const struct world_peer *whose) {
    const cJSON *role = cJSON_GetObjectItem(cJSON_GetObjectItem(info, "roles"), whose->id);
    return role == NULL ? "member" : role->valuestring;
}

static const char *last_notice(struct world_peer *peer) {
    return text_of(world_event(peer, "message"), "text");
}

static void who_makes_a_group_owns_it(void **state) {
    (void)state;
    struct world world;
    make_three(&world, 1);
    for (size_t i = 0; i < 3; i++) {
        const cJSON *info = info_of(&world.peers[i]);
        assert_string_equal(role_in(info, &world.peers[0]), "owner");
        assert_string_equal(role_in(info, &world.peers[1]), "member");
        assert_string_equal(text_of(cJSON_GetObjectItem(info, "policy"), "add"), "all");
    }
    world_end(&world);
}

static void what_a_group_says_about_itself_is_seen_by_all(void **state) {
    (void)state;
    struct world world;
    make_three(&world, 2);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    (void)world_call(alice, "group.set",
                     "{'chat':'G','description':'about\\nit','expire':3600,'post':'admins','add':'admins',"
                     "'history':'optional','picture':{'data':'aGVsbG8=','type':'image/png'}}");
    world_pass(&world, 2000);
    const cJSON *info = info_of(bob);
    assert_string_equal(text_of(info, "description"), "about\nit");
    assert_int_equal((int)number_of(info, "expire"), 3600);
    assert_string_equal(text_of(cJSON_GetObjectItem(info, "policy"), "post"), "admins");
    assert_string_equal(text_of(cJSON_GetObjectItem(info, "policy"), "history"), "optional");
    assert_string_equal(text_of(info, "picture"), "2cf24dba5fb0a30e");
    const cJSON *picture = world_call(bob, "chat.picture", "{'chat':'G'}");
    assert_string_equal(text_of(picture, "data"), "aGVsbG8=");
    assert_string_equal(text_of(picture, "type"), "image/png");
    assert_string_equal(world_error(bob, "send", "{'chat':'G','text':'may I?'}"), "not_allowed");
    assert_string_equal(world_error(bob, "group.add", "{'chat':'G','members':['%s']}", world.peers[2].id),
                        "not_allowed");

    (void)world_call(alice, "group.set", "{'chat':'G','name':'New','picture':null,'expire':0}");
    world_pass(&world, 2000);
    assert_string_equal(text_of(world_call(bob, "group.info", "{'chat':'New'}"), "name"), "New");
    assert_string_equal(world_error(bob, "chat.picture", "{'chat':'New'}"), "empty");
    world_end(&world);
}

static void each_change_is_said_in_words(void **state) {
    (void)state;
    static const struct {
        const char *set, *words;
    } cases[] = {
        { "'name':'G'", "" },
        { "'description':'d'", " changed the description of the group" },
        { "'expire':60", " lets messages disappear after 1 minute" },
        { "'expire':172800", " lets messages disappear after 2 days" },
        { "'expire':0", " lets messages stay" },
        { "'expire_min':60", " changed how long messages may stay" },
        { "'expiring':'forbidden'", " lets no messages disappear" },
        { "'expiring':'optional'", " changed how long messages may stay" },
        { "'post':'admins'", " lets administrators alone write" },
        { "'post':'all'", " lets everybody write" },
        { "'add':'admins'", " lets administrators alone add members" },
        { "'add':'all'", " lets everybody add members" },
        { "'history':'optional'", " lets new members be shown earlier messages" },
        { "'history':'forbidden'", " lets nobody show new members earlier messages" },
        { "'join':'link'", " lets people join by an invitation link" },
        { "'join':'closed'", " ended the invitation link" },
        { "'picture':{'data':'eA==','type':'image/png'}", " changed the picture of the group" },
    };
    struct world world;
    make_three(&world, 3);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char wanted[160];
        const cJSON *before = world_event(bob, "message");
        (void)world_call(alice, "group.set", "{'chat':'G',%s}", cases[i].set);
        world_pass(&world, 2000);
        (void)snprintf(wanted, sizeof wanted, "%s%s", alice->id, cases[i].words);
        if (cases[i].words[0] == 0) {
            assert_ptr_equal(world_event(bob, "message"), before);
        } else {
            assert_string_equal(last_notice(bob), wanted);
        }
    }
    world_end(&world);
}

static void roles_are_given_and_taken(void **state) {
    (void)state;
    struct world world;
    make_three(&world, 4);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    assert_string_equal(world_error(bob, "group.remove", "{'chat':'G','members':['%s']}", carol->id), "not_allowed");
    assert_string_equal(world_error(bob, "group.set", "{'chat':'G','name':'Mine'}"), "not_allowed");
    assert_string_equal(world_error(bob, "group.role", "{'chat':'G','member':'%s','role':'owner'}", bob->id),
                        "not_allowed");
    assert_string_equal(world_error(alice, "group.role", "{'chat':'G','member':'%s','role':'king'}", bob->id),
                        "params");
    (void)world_call(alice, "group.role", "{'chat':'G','member':'%s','role':'admin'}", bob->id);
    world_pass(&world, 2000);
    assert_string_equal(last_notice(bob), "You are an administrator of the group now");
    (void)world_call(bob, "group.set", "{'chat':'G','description':'mine'}");
    assert_string_equal(world_error(bob, "group.role", "{'chat':'G','member':'%s','role':'admin'}", carol->id),
                        "not_allowed");
    (void)world_call(bob, "group.remove", "{'chat':'G','members':['%s']}", carol->id);
    world_pass(&world, 2000);
    assert_string_equal(text_of(info_of(carol), "state"), "removed");

    /* An administrator can't take the owner out; the owner may step down, for there is another one. */
    uint64_t asked = world_ask(bob, "group.remove", "{'chat':'G','members':['%s']}", alice->id);
    world_pass(&world, 2000);
    const cJSON *error = cJSON_GetObjectItem(world_answer(bob, asked), "error");
    assert_string_equal(text_of(cJSON_GetObjectItem(error, "data"), "name"), "not_allowed");
    (void)world_call(alice, "group.role", "{'chat':'G','member':'%s','role':'owner'}", bob->id);
    (void)world_call(alice, "group.role", "{'chat':'G','member':'%s','role':'member'}", alice->id);
    world_pass(&world, 2000);
    assert_string_equal(role_in(info_of(bob), alice), "member");
    assert_string_equal(role_in(info_of(alice), bob), "owner");
    world_end(&world);
}

static void the_last_owner_hands_on(void **state) {
    (void)state;
    struct world world;
    make_three(&world, 5);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    (void)world_call(alice, "group.role", "{'chat':'G','member':'%s','role':'admin'}", carol->id);
    (void)world_call(alice, "group.leave", "{'chat':'G'}");
    world_pass(&world, 60 * 1000);
    assert_string_equal(role_in(info_of(bob), carol), "owner");
    assert_string_equal(last_notice(carol), "You are an owner of the group now");
    (void)world_call(carol, "group.leave", "{'chat':'G'}");
    world_pass(&world, 60 * 1000);
    assert_string_equal(role_in(info_of(bob), bob), "owner");

    /* Who comes back has no role any more. */
    (void)world_call(bob, "group.add", "{'chat':'G','members':['%s']}", alice->id);
    world_pass(&world, 2000);
    assert_string_equal(role_in(info_of(alice), alice), "member");
    assert_string_equal(role_in(info_of(alice), bob), "owner");
    world_end(&world);
}

static void a_direct_chat_has_a_timer(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    world_pass(&world, 2000);
    assert_string_equal(world_error(bob, "group.set", "{'chat':'%s','name':'x'}", alice->id), "not_a_group");
    assert_string_equal(world_error(bob, "group.set", "{'chat':'%s'}", alice->id), "empty");
    (void)world_call(bob, "group.set", "{'chat':'%s','expire':60}", alice->id);
    world_pass(&world, 2000);
    const cJSON *sent = world_call(alice, "send", "{'to':'%s','text':'gone soon'}", bob->id);
    assert_int_equal((int)number_of(sent, "expire"), 60);
    (void)world_call(bob, "read", "{'chat':'%s','number':9}", alice->id);
    world_pass(&world, 120 * 1000);
    assert_texts(bob, alice->id, "hello\n");
    world_end(&world);
}

/* ---- How long messages stay. ------------------------------------------------------------------------------------ */

static void a_group_bounds_how_long_messages_stay(void **state) {
    (void)state;
    struct world world;
    make_three(&world, 31);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    (void)world_call(alice, "group.set", "{'chat':'G','expire_min':60,'expire_max':3600}");
    world_pass(&world, 2000);
    const cJSON *policy = cJSON_GetObjectItem(info_of(bob), "policy");
    assert_string_equal(text_of(policy, "expiring"), "optional");
    assert_int_equal((int)number_of(policy, "expire_min"), 60);
    assert_int_equal((int)number_of(policy, "expire_max"), 3600);
    assert_string_equal(world_error(bob, "send", "{'chat':'G','text':'too soon','expire':59}"), "expiry");
    assert_int_equal((int)number_of(world_call(bob, "send", "{'chat':'G','text':'a','expire':60}"), "expire"), 60);
    assert_int_equal((int)number_of(world_call(bob, "send", "{'chat':'G','text':'b','expire':7200}"), "expire"), 3600);
    assert_null(cJSON_GetObjectItem(world_call(bob, "send", "{'chat':'G','text':'c'}"), "expire"));

    /* The timer is one of those times, and follows when they change. */
    assert_string_equal(world_error(alice, "group.set", "{'chat':'G','expire':59}"), "expiry");
    assert_string_equal(world_error(alice, "group.set", "{'chat':'G','expire_min':3601}"), "expiry");
    (void)world_call(alice, "group.set", "{'chat':'G','expire':1800}");
    assert_string_equal(text_of(cJSON_GetObjectItem(info_of(alice), "policy"), "expiring"), "required");
    (void)world_call(alice, "group.set", "{'chat':'G','expire_max':900}");
    assert_int_equal((int)number_of(info_of(alice), "expire"), 900);

    (void)world_call(alice, "group.set", "{'chat':'G','expiring':'forbidden'}");
    world_pass(&world, 2000);
    assert_int_equal((int)number_of(info_of(bob), "expire"), 0);
    assert_string_equal(text_of(cJSON_GetObjectItem(info_of(bob), "policy"), "expiring"), "forbidden");
    assert_string_equal(world_error(bob, "send", "{'chat':'G','text':'gone','expire':60}"), "expiry");
    (void)world_call(alice, "group.set", "{'chat':'G','expire':60}");
    assert_string_equal(text_of(cJSON_GetObjectItem(info_of(alice), "policy"), "expiring"), "required");
    assert_string_equal(world_error(alice, "group.set", "{'chat':'G','expiring':'required'}"), "params");
    world_end(&world);
}

static const cJSON *written(struct world_peer *peer, const char *text) {
    const cJSON *page = world_call(peer, "history", "{'chat':'%s'}", group_of(peer, "G")), *message;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(page, "messages")) {
        if (strcmp(text_of(message, "text"), text) == 0) {
            return message;
        }
    }
    fail_msg("%s is not there", text);
    return NULL;
}

static int found(struct world_peer *peer, const char *word) {
    const cJSON *page = world_call(peer, "search", "{'query':'%s'}", word);
    return cJSON_GetArraySize(cJSON_GetObjectItem(page, "messages"));
}

/* Whatever a client has written, or wrote before it knew better: all devices follow the group. */
static void the_bounds_hold_for_what_was_written_before(void **state) {
    (void)state;
    struct world world;
    make_three(&world, 32);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(bob, "send", "{'chat':'G','text':'stays'}");
    (void)world_call(alice, "group.set", "{'chat':'G','expire':60}");
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 2000);
    assert_int_equal((int)number_of(written(alice, "stays"), "expire"), 60);
    assert_true(number_of(written(bob, "stays"), "expires_at") > 0);
    (void)world_call(alice, "read", "{'chat':'G','number':99}");
    world_crash(bob);
    world_pass(&world, 62 * 1000);
    assert_texts(alice, group_of(alice, "G"), "");
    assert_texts(bob, group_of(bob, "G"), "");
    assert_int_equal(
        cJSON_GetArraySize(cJSON_GetObjectItem(world_call(bob, "search", "{'query':'stays'}"), "messages")), 0);

    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(bob, "send", "{'chat':'G','text':'goes','expire':30}");
    (void)world_call(alice, "group.set", "{'chat':'G','expiring':'forbidden'}");
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 2000);
    assert_null(cJSON_GetObjectItem(written(alice, "goes"), "expire"));
    (void)world_call(alice, "read", "{'chat':'G','number':99}");
    world_crash(bob);
    world_pass(&world, 62 * 1000);
    assert_texts(alice, group_of(alice, "G"), "goes\n");
    assert_texts(bob, group_of(bob, "G"), "goes\n");
    assert_int_equal(found(bob, "goes"), 1);
    world_end(&world);
}

/* ---- A changed client of bob's, who is a member without rights. ---------------------------------------------------
 */

static void commit_anyway(struct world_peer *liar, struct change *change) {
    struct chat *chat = (struct chat *)liar->core->chats.items[0];
    liar->core->mls.callbacks.commit = NULL;
    assert_ok(change_begin(liar->core, chat, change, NULL));
    assert_ok(weibel_core_tick(liar->core));
    world_pass(liar->world, 3000);
}

static void set_edit(struct world_peer *liar, const struct about_edit *edit, struct change *change) {
    struct base_writer writer = base_writer(liar->core->options.allocator, ABOUT_MAX);
    about_edit_write(&writer, edit);
    assert_ok(base_writer_finish(&writer, &change->edit));
}

static void name_contact(struct world_peer *liar, const struct world_peer *whom, struct change *change) {
    struct contact *contact;
    assert_ok(contact_get(liar->core, whom->core->account.id, "", &contact));
    change->contacts = (uint64_t *)base_take(liar->core->options.allocator, 1, sizeof *change->contacts);
    assert_non_null(change->contacts);
    change->contacts[0] = whom == liar ? 0 : contact->number;
    change->contact_count = 1;
}

static void what_nobody_has_a_right_to_is_not_followed(void **state) {
    (void)state;
    const struct about_edit edits[] = {
        { .fields = ABOUT_NAME, .name = base_slice_text("Mine") },
        { .fields = ABOUT_DESCRIPTION, .description = base_slice_text("Mine") },
        { .fields = ABOUT_EXPIRE, .expire = 5 },
        { .fields = ABOUT_EXPIRE_MIN, .expire_min = 5 },
        { .fields = ABOUT_EXPIRE_MAX, .expire_max = 5 },
        { .fields = ABOUT_EXPIRING, .expiring = ABOUT_EXPIRING_FORBIDDEN },
        { .fields = ABOUT_HISTORY, .history = ABOUT_HISTORY_OPTIONAL },
        { .fields = ABOUT_POST, .post = ABOUT_ADMINS },
        { .fields = ABOUT_ADD, .add = ABOUT_ADMINS },
        { .fields = ABOUT_PICTURE, .picture = { base_slice_text("image/png"), base_slice_text("x") } },
        { .fields = ABOUT_JOIN, .join = ABOUT_BY_LINK, .link = base_slice_text("thirty-two bytes of a link here!") },
        { .fields = ABOUT_ROLE, .role = ROLE_OWNER },
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct world world;
        make_three(&world, 10 + i);
        struct world_peer *bob = &world.peers[1], *carol = &world.peers[2];
        char *before = cJSON_PrintUnformatted(cJSON_GetObjectItem(info_of(carol), "policy"));
        struct change change = { .kind = CHANGE_SET };
        set_edit(bob, &edits[i], &change);
        if (edits[i].fields == ABOUT_ROLE) {
            change.kind = CHANGE_ROLE;
            name_contact(bob, bob, &change);
        }
        commit_anyway(bob, &change);
        assert_string_equal(text_of(world_event(carol, "message"), "notice"), "unreadable");
        const cJSON *info = info_of(carol);
        char *after = cJSON_PrintUnformatted(cJSON_GetObjectItem(info, "policy"));
        assert_string_equal(before, after);
        assert_string_equal(text_of(info, "description"), "");
        assert_string_equal(role_in(info, bob), "member");
        cJSON_free(before);
        cJSON_free(after);
        world_end(&world);
    }
}

static void a_member_removes_nobody(void **state) {
    (void)state;
    struct world world;
    make_three(&world, 7);
    struct world_peer *bob = &world.peers[1], *carol = &world.peers[2];
    struct change change = { .kind = CHANGE_REMOVE };
    name_contact(bob, &world.peers[0], &change);
    commit_anyway(bob, &change);
    assert_string_equal(text_of(world_event(carol, "message"), "notice"), "unreadable");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(info_of(carol), "members")), 3);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(info_of(&world.peers[0]), "members")), 3);
    world_end(&world);
}

/* ---- Without a connection. ------------------------------------------------------------------------------------- */

static void changes_wait_for_a_connection_in_their_order(void **state) {
    (void)state;
    struct world world;
    make_three(&world, 8);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    struct world_peer *dora = world_add(&world);
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(alice, "group.set", "{'chat':'G','description':'first'}");
    (void)world_call(alice, "group.set", "{'chat':'G','description':'second'}");
    (void)world_call(alice, "group.add", "{'chat':'G','members':['%s']}", dora->id);
    const cJSON *chat = world_call(alice, "group.remove", "{'chat':'G','members':['%s']}", world.peers[2].id);
    assert_int_equal((int)number_of(chat, "pending"), 4);
    (void)world_call(alice, "send", "{'chat':'G','text':'after all that'}");
    const cJSON *made = world_call(alice, "group.create", "{'name':'Offline','members':['%s']}", bob->id);
    assert_string_equal(text_of(made, "state"), "open");
    assert_int_equal((int)number_of(made, "pending"), 1);
    (void)world_call(alice, "send", "{'chat':'Offline','text':'hello'}");
    world_crash(alice);
    world_pass(&world, 20 * 1000);
    assert_string_equal(text_of(info_of(bob), "description"), "second");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(info_of(bob), "members")), 3);
    assert_texts(dora, group_of(dora, "G"), "after all that\n");
    assert_texts(bob, group_of(bob, "Offline"), "hello\n");
    assert_int_equal((int)number_of(info_of(alice), "pending"), 0);
    world_end(&world);
}

static void what_was_not_possible_later_is_said(void **state) {
    (void)state;
    struct world world;
    make_three(&world, 9);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    (void)world_call(alice, "group.role", "{'chat':'G','member':'%s','role':'admin'}", bob->id);
    world_pass(&world, 2000);
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(bob, "group.set", "{'chat':'G','name':'Mine'}");
    (void)world_call(alice, "group.role", "{'chat':'G','member':'%s','role':'member'}", bob->id);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 5000);
    assert_string_equal(text_of(world_event(bob, "message"), "notice"), "refused");
    assert_string_equal(text_of(info_of(alice), "name"), "G");

    /* Somebody who does not exist is left out; the group is made with the others. */
    uint8_t id[WIRE_ACCOUNT_LEN];
    char text[WIRE_ID_TEXT_LEN + 1];
    assert_true(wire_id_random(&world.random.random, id) == BASE_OK);
    wire_id_format(id, text);
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(bob, "group.create", "{'name':'New','members':['%s','%s']}", text, alice->id);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 5000);
    assert_int_equal(
        cJSON_GetArraySize(cJSON_GetObjectItem(world_call(alice, "group.info", "{'chat':'New'}"), "members")), 2);
    world_end(&world);
}

static void a_crash_at_every_effect_loses_no_change(void **state) {
    (void)state;
    for (long at = 0;; at++) {
        struct world world;
        world_init_quiet(&world, 7);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world);
        (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
        world_pass(&world, 2000);
        (void)world_call(alice, "disconnect", "{}");
        (void)world_call(alice, "group.set", "{'chat':'G','description':'d'}");
        (void)world_call(alice, "group.role", "{'chat':'G','member':'%s','role':'owner'}", bob->id);
        alice->crash_after = at;
        (void)world_ask(alice, "connect", "{}");
        world_pass(&world, 30 * 1000);
        alice->crash_after = -1;
        size_t crashes = alice->crashes;
        assert_string_equal(text_of(info_of(bob), "description"), "d");
        assert_string_equal(role_in(info_of(bob), bob), "owner");
        assert_agree(&world, "G", (const size_t[]){ 0, 1 }, 2);
        world_end(&world);
        if (crashes == 0) {
            assert_true(at > 5);
            break;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_makes_a_group_owns_it),
        cmocka_unit_test(what_a_group_says_about_itself_is_seen_by_all),
        cmocka_unit_test(each_change_is_said_in_words),
        cmocka_unit_test(roles_are_given_and_taken),
        cmocka_unit_test(the_last_owner_hands_on),
        cmocka_unit_test(a_direct_chat_has_a_timer),
        cmocka_unit_test(a_group_bounds_how_long_messages_stay),
        cmocka_unit_test(the_bounds_hold_for_what_was_written_before),
        cmocka_unit_test(what_nobody_has_a_right_to_is_not_followed),
        cmocka_unit_test(a_member_removes_nobody),
        cmocka_unit_test(changes_wait_for_a_connection_in_their_order),
        cmocka_unit_test(what_was_not_possible_later_is_said),
        cmocka_unit_test(a_crash_at_every_effect_loses_no_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
