/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Handing on, and lying about it.
 */
#include "handing.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "chat.h"
#include "content/poll.h"
#include "extra.h"
#include "group.h"
#include "sync.h"
#include "test/result.h"

enum { MINUTE = 60 * 1000 };

/* Alice has made the group G with Bob; Carol has an account. `policy`: what it says of earlier messages. */
void handing_make(struct world *world, uint64_t seed, const char *policy) {
    world_init_quiet(world, seed);
    for (int i = 0; i < 3; i++) {
        (void)world_add(world);
    }
    (void)world_call(&world->peers[0], "group.create", "{'name':'G','members':['%s']}", world->peers[1].id);
    (void)world_call(&world->peers[0], "group.set", "{'chat':'G','history':'%s'}", policy);
    world_pass(world, MINUTE);
}

void handing_add(struct world_peer *by, const struct world_peer *whom) {
    (void)world_call(by, "group.add", "{'chat':'G','members':['%s']}", whom->id);
    world_pass(by->world, MINUTE);
}

const cJSON *handing_messages(struct world_peer *peer) {
    return cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s','limit':200}", group_of(peer, "G")),
                               "messages");
}

/* The text of the only notice of this kind; "": there is none. */
const char *handing_notice(struct world_peer *peer) {
    const cJSON *message;
    const char *found = "";
    cJSON_ArrayForEach(message, handing_messages(peer)) {
        const cJSON *notice = cJSON_GetObjectItem(message, "notice");
        if (notice != NULL && strcmp(notice->valuestring, "handed") == 0) {
            assert_string_equal(found, "");
            found = text_of(message, "text");
        }
    }
    return found;
}

void assert_notice(struct world_peer *peer, const struct world_peer *by, const char *words) {
    char expected[160];
    (void)snprintf(expected, sizeof expected, words, by->id);
    assert_string_equal(handing_notice(peer), expected);
}

void assert_empty(struct world_peer *peer) {
    assert_texts(peer, group_of(peer, "G"), "");
    assert_string_equal(handing_notice(peer), "");
}

/* Everything that those who hand on have put somewhere, and what is told of it, is gone when it is over. */
void assert_over(const struct world *world) {
    for (size_t i = 0; i < world->peer_count; i++) {
        const struct weibel_core *core = world->peers[i].core;
        for (size_t k = 0; k < core->hands.count; k++) {
            assert_int_equal(((const struct hand *)core->hands.items[k])->kind, HAND_AWAIT);
        }
    }
}

/* ---- a changed client ---- */

void lie_begin(struct lie *lie, struct world_peer *liar) {
    lie->core = liar->core;
    lie->edited_at = 0;
    lie->bundle = base_writer(liar->core->options.allocator, HAND_MAX_BYTES);
    base_write_u8(&lie->bundle, HAND_VERSION);
}

void lie_item(struct lie *lie, struct base_slice author, uint32_t id, struct base_slice content) {
    uint8_t whole[CONTENT_ID_LEN] = { CONTENT_HASH_SHA256 };
    for (unsigned i = 0; i < 4; i++) {
        whole[1 + i] = (uint8_t)(id >> (24 - 8 * i));
    }
    hand_item_write(&lie->bundle, &(struct hand_item){ author, base_slice(whole, sizeof whole), content,
                                                       .edited_at = lie->edited_at });
}

void lie_say(struct lie *lie, const char *author, uint32_t id, const char *text, uint32_t expire) {
    struct message message BASE_CLEANUP(message_free) = { .kind = MESSAGE_TEXT, .sent_at = 1, .expire = expire };
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    uint8_t account[WIRE_ACCOUNT_LEN], name[SYNC_MAX_ACCOUNT_NAME];
    assert_ok(wire_id_parse(base_slice_text(author), account));
    size_t len = sync_account_name(account, lie->core->account.domain, name);
    assert_ok(base_bytes_copy(lie->core->options.allocator, base_slice_text(text), &message.text));
    assert_ok(message_to_content(lie->core, &message, &content));
    lie_item(lie, base_slice(name, len), id, base_borrow(&content));
}

static void say_who(struct base_writer *writer, const struct weibel_core *core, const char *who) {
    uint8_t account[WIRE_ACCOUNT_LEN], name[SYNC_MAX_ACCOUNT_NAME];
    assert_ok(wire_id_parse(base_slice_text(who), account));
    base_write_opaque(writer, base_slice(name, sync_account_name(account, core->account.domain, name)));
}

static void say_reaction(struct base_writer *writer, const struct weibel_core *core, const char *who, uint8_t id) {
    const uint8_t whole[CONTENT_ID_LEN] = { CONTENT_HASH_SHA256, id };
    say_who(writer, core, who);
    base_write_slice(writer, base_slice(whole, sizeof whole));
    base_write_opaque(writer, base_slice_text("x"));
}

static void say_vote(struct base_writer *writer, const struct weibel_core *core, const char *who, uint32_t chosen) {
    say_who(writer, core, who);
    base_write_u64(writer, UINT64_MAX); /* the latest that there can be */
    base_write_u64(writer, UINT64_MAX);
    base_write_u32(writer, chosen);
}

/* A poll of `who[0]`, with a sign and a vote of each of them; `len` bytes of the signs are there. */
void lie_poll(struct lie *lie, const struct world_peer *who, size_t count, size_t len) {
    struct weibel_core *core = lie->core;
    struct message message BASE_CLEANUP(message_free) = { .kind = MESSAGE_TEXT, .sent_at = 1 };
    struct message_extra *extra;
    uint8_t account[WIRE_ACCOUNT_LEN], name[SYNC_MAX_ACCOUNT_NAME];
    const uint8_t id[CONTENT_ID_LEN] = { CONTENT_HASH_SHA256, 9 };
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_writer poll = base_writer(core->options.allocator, CONTENT_MAX);
    struct base_writer reactions = base_writer(core->options.allocator, HAND_MAX_MARKS);
    struct base_writer votes = base_writer(core->options.allocator, HAND_MAX_MARKS);
    for (uint8_t i = 0; i < count; i++) {
        say_reaction(&reactions, core, who[i].id, i);
        say_vote(&votes, core, who[i].id, 1);
        say_vote(&votes, core, who[i].id, 1 << 2); /* there is no such option */
    }
    for (uint8_t i = 0; i <= MESSAGE_MAX_OWN_REACTIONS; i++) {
        say_reaction(&reactions, core, who[0].id, (uint8_t)(100 + i));
    }
    content_poll_encode(&poll,
                        &(struct content_poll){
                            base_slice_text("when"), false, 2, { base_slice_text("now"), base_slice_text("later") } });
    assert_ok(extra_get(core, &message, &extra));
    assert_ok(base_writer_finish(&poll, &extra->poll));
    assert_ok(message_to_content(core, &message, &content));
    assert_ok(wire_id_parse(base_slice_text(who[0].id), account));
    size_t name_len = sync_account_name(account, core->account.domain, name);
    struct base_slice signs = base_writer_view(&reactions);
    hand_item_write(&lie->bundle, &(struct hand_item){
                                      base_slice(name, name_len),
                                      base_slice(id, sizeof id),
                                      base_borrow(&content),
                                      .reactions = base_slice(signs.data, len < signs.len ? len : signs.len),
                                      .votes = base_writer_view(&votes),
                                  });
    base_writer_free(&reactions);
    base_writer_free(&votes);
}

/* Hands it on in its chat number 1, as what is for those who came with these epochs, counted from the current one. */
struct hand *lie_tell(struct lie *lie, struct world *world, int64_t first, int64_t last) {
    struct weibel_core *core = lie->core;
    struct chat *chat = (struct chat *)core->chats.items[0];
    const uint8_t key[WIRE_KEY_LEN] = { (uint8_t)++world->next_id };
    uint64_t epoch = mls_group_epoch(chat_writing_group(chat)->mls);
    struct base_bytes bundle = { 0 };
    struct hand *hand;
    assert_ok(base_writer_finish(&lie->bundle, &bundle));
    assert_ok(hand_add(core, chat->number, HAND_GIVE, &hand));
    hand->first = (uint64_t)((int64_t)epoch + first);
    hand->last = (uint64_t)((int64_t)epoch + last);
    (void)crypto_hash_sha256(hand->hash, bundle.data, bundle.len);
    assert_ok(tree_make_place(core, key, bundle.len, &hand->place));
    tree_put_begin(core, &hand->put, &hand->place, key, &bundle);
    return hand;
}

void lie_spread(struct lie *lie, struct world *world) {
    assert_ok(weibel_core_tick(lie->core));
    world_pass(world, MINUTE);
}
