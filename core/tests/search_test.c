/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Search: words and their folding, pages, and what is found by a core, before and behind runs, edits and deletions.
 */
#include "search/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "chatting.h"
#include "search/hold.h"
#include "test/mutate.h"
#include "test/result.h"

/* ---- words ---- */

static void assert_words(const char *text, const char *expected) {
    struct base_slice rest = base_slice_text(text);
    struct search_word word;
    char found[1024] = "";
    while (search_next_word(&rest, &word)) {
        (void)snprintf(found + strlen(found), sizeof found - strlen(found), "%.*s ", (int)word.len,
                       (const char *)word.bytes);
    }
    assert_string_equal(found, expected);
}

static void words_are_folded(void **state) {
    (void)state;
    assert_words("", "");
    assert_words(" ,;—… ", "");
    assert_words("Zürich, ZÜRICH und zurich", "zurich zurich und zurich ");
    assert_words("Straße STRASSE STRAẞE", "strasse strasse strasse ");
    assert_words("L’été où l'Œuvre naïve coûte 12€", "l ete ou l oeuvre naive coute 12 ");
    assert_words("Perché città È già più", "perche citta e gia piu ");
    assert_words("re\xcc\x81sume\xcc\x81 Ångström Łódź", "resume angstrom lodz "); /* accents behind their letters */
    assert_words("„Sitzung“ (Mo.–Fr.) a/b c_d", "sitzung mo fr a b c d ");
    assert_words("ΑΘΗΝΑΣ Москва ЁЛКА", "αθηνασ москва ёлка ");
    assert_words("ΟΔΟΣ οδος a\xce\xa2", "οδοσ οδοσ a\xce\xa2 "); /* no letter has the number before final sigma's */
    assert_words("日本語 👍 ok", "日本語 ok ");
    assert_words("a\xff"
                 "b \xc3",
                 "a b ");
    assert_words("\xed\xa0\x80x \xc0\xafy", "x y "); /* surrogates, overlong */
    assert_words("Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", "donaudampfschifffahrtselektrizit ");
    assert_words("1234567890123456789012345678901ü", "1234567890123456789012345678901u ");
    assert_words("123456789012345678901234567890日本", "123456789012345678901234567890 "); /* no half characters */
}

static struct search_word word_of(const char *text) {
    struct base_slice rest = base_slice_text(text);
    struct search_word word;
    assert_true(search_next_word(&rest, &word));
    return word;
}

static void stems_have_two_characters(void **state) {
    (void)state;
    struct search_word word = word_of("a");
    assert_int_equal(search_stem_len(&word), 0);
    word = word_of("ab");
    assert_int_equal(search_stem_len(&word), 2);
    word = word_of("Montag");
    assert_int_equal(search_stem_len(&word), 2);
    word = word_of("日本語");
    assert_int_equal(search_stem_len(&word), 6);
    struct search_word prefix = word_of("MÓN");
    assert_true(search_text_has(base_slice_text("am montag"), &prefix));
    assert_false(search_text_has(base_slice_text("am mo ntag, almon"), &prefix));
}

/* ---- pages ---- */

static base_result collect(void *user, const struct search_item *item) {
    struct base_writer *writer = (struct base_writer *)user;
    base_write_slice(writer, base_slice(item->word.bytes, item->word.len));
    base_write_u64(writer, item->posting.chat);
    base_write_u64(writer, item->posting.number);
    base_write_u32(writer, item->posting.at);
    return BASE_OK;
}

static base_result ignore(void *user, const struct search_item *item) {
    (void)user;
    (void)item;
    return BASE_OK;
}

static struct base_bytes sample_page(void) {
    static const struct {
        const char *word;
        uint64_t chat, number;
    } sample[] = {
        { "mond", 1, 7 },    { "montag", 1, 3 }, { "montag", 2, 1 }, { "montag", 2, SEARCH_MAX_NUMBER },
        { "morgen", 9, 70 },
    };
    enum { COUNT = sizeof sample / sizeof *sample };
    struct search_item items[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        items[i] = (struct search_item){ word_of(sample[COUNT - 1 - i].word),
                                         { sample[COUNT - 1 - i].chat, sample[COUNT - 1 - i].number, 1700000000 } };
    }
    qsort(items, COUNT, sizeof *items, search_item_compare);
    struct base_writer writer = base_writer(base_allocator_libc(), 1 << 16);
    search_page_write(&writer, items, COUNT);
    struct base_bytes page = { 0 };
    assert_ok(base_writer_finish(&writer, &page));
    return page;
}

static void assert_no_page(struct base_slice page, void *user) {
    (void)user;
    /* Its zeros may be cut off. */
    assert_true(search_page_read(page, ignore, NULL) != BASE_OK || (page.len > 0 && page.data[page.len - 1] == 0));
}

static void read_whatever(struct base_slice page, void *user) {
    (void)user;
    base_result result = search_page_read(page, ignore, NULL);
    (void)result;
}

static void pages_hold_what_was_written(void **state) {
    (void)state;
    struct base_bytes page = sample_page();
    struct base_writer found = base_writer(base_allocator_libc(), 1 << 16);
    assert_ok(search_page_read(base_borrow(&page), collect, &found));
    struct base_slice view = base_writer_view(&found);
    assert_int_equal(view.len, 4 + 3 * 6 + 6 + 5 * 20);
    assert_memory_equal(view.data, "mond", 4);
    assert_int_equal(page.len % 32, 0);
    base_writer_free(&found);
    test_each_truncation(base_borrow(&page), assert_no_page, NULL);
    test_each_bit_flip(base_borrow(&page), read_whatever, NULL);
    page.data[0] = 2;
    assert_result(&WEIBEL_ERR_VERSION, search_page_read(base_borrow(&page), ignore, NULL));
    page.data[0] = 1;
    page.data[page.len - 1] = 1;
    assert_result(&BASE_ERR_VALUE, search_page_read(base_borrow(&page), ignore, NULL));
    base_bytes_free(&page);
}

/* ---- the method ---- */

static char *found_by(struct world_peer *peer, const char *params) {
    char asked[512];
    (void)snprintf(asked, sizeof asked, "%s", params);
    const cJSON *result = world_call(peer, "search", "%s", asked), *message;
    char *texts = (char *)calloc(1, 1 << 16);
    assert_non_null(texts);
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(result, "messages")) {
        (void)strcat(strcat(texts, text_of(message, "text")), "|");
    }
    if (cJSON_IsTrue(cJSON_GetObjectItem(result, "more"))) {
        (void)strcat(texts, "…");
    }
    return texts;
}

static void assert_found(struct world_peer *peer, const char *query, const char *expected) {
    char params[512];
    (void)snprintf(params, sizeof params, "{'query':'%s'}", query);
    char *texts = found_by(peer, params);
    assert_string_equal(texts, expected);
    free(texts);
}

/* Puts what is held into pages, and forgets that it was in memory. */
static void settle(struct world_peer *peer) {
    assert_true(search_ready(peer->core));
    assert_ok(search_write_run(peer->core));
    assert_ok(weibel_core_tick(peer->core));
    world_run(peer->world);
    world_crash(peer);
    world_run(peer->world);
}

static void say(struct world_peer *from, const struct world_peer *to, const char *text) {
    (void)world_call(from, "send", "{'to':'%s','text':'%s'}", to->id, text);
    from->world->clock.now += 1000;
    world_run(from->world);
}

static void what_begins_so_is_found(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    say(alice, bob, "Sitzung am Montag in Zürich");
    say(bob, alice, "am Montag geht es nicht");
    say(carol, alice, "Montags nie");
    world_put_file(alice, "x", (const uint8_t *)"x", 1);
    (void)world_call(alice, "send",
                     "{'to':'%s','files':[{'path':'x','name':'Montageplan.pdf','size':1}],'text':'hier'}", bob->id);
    world.clock.now += 1000;
    world_run(&world);
    for (int round = 0; round < 3; round++) {
        assert_found(alice, "mont", "hier|Montags nie|am Montag geht es nicht|Sitzung am Montag in Zürich|");
        assert_found(alice, "MÖNTAG", "hier|Montags nie|am Montag geht es nicht|Sitzung am Montag in Zürich|");
        assert_found(alice, "zurich", "Sitzung am Montag in Zürich|");
        assert_found(alice, "mon sitz", "Sitzung am Montag in Zürich|");
        assert_found(alice, "mon am ge", "am Montag geht es nicht|");
        assert_found(alice, "montag unbekannt", "");
        assert_found(alice, "ontag", "");
        assert_found(alice, "m", "");
        assert_found(alice, "m zür", "Sitzung am Montag in Zürich|");
        assert_found(alice, "", "");
        char params[128];
        (void)snprintf(params, sizeof params, "{'query':'montag','chat':'%s'}", carol->id);
        char *texts = found_by(alice, params);
        assert_string_equal(texts, "Montags nie|");
        free(texts);
        texts = found_by(alice, "{'query':'montag','limit':2}");
        assert_string_equal(texts, "hier|Montags nie|…");
        free(texts);
        const cJSON *messages =
            cJSON_GetObjectItem(world_call(alice, "search", "{'query':'montag','limit':2}"), "messages");
        (void)snprintf(params, sizeof params, "{'query':'montag','limit':2,'before':%.0f}",
                       number_of(cJSON_GetArrayItem(messages, 1), "sent_at"));
        texts = found_by(alice, params);
        assert_string_equal(texts, "am Montag geht es nicht|Sitzung am Montag in Zürich|");
        free(texts);
        if (round == 0) {
            settle(alice);
        } else if (round == 1) {
            world_crash(alice); /* and nothing of it in memory, but the pages */
            world_run(&world);
        }
    }
    assert_string_equal(world_error(alice, "search", "{}"), "params");
    assert_string_equal(world_error(alice, "search", "{'query':'x','limit':0}"), "params");
    assert_string_equal(world_error(alice, "search", "{'query':'x','before':'y'}"), "params");
    assert_string_equal(world_error(alice, "search", "{'query':'x','chat':'g9'}"), "unknown_chat");
    world_end(&world);
}

static int count_notices(struct world_peer *peer, const char *chat, const char *words) {
    const cJSON *answer = world_call(peer, "history", "{'chat':'%s','limit':200}", chat), *message;
    int count = 0;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(answer, "messages")) {
        count += strstr(text_of(message, "text"), words) != NULL ? 1 : 0;
    }
    return count;
}

/* What stands in a page that can't be read is not found any more: that is said, once, and what is written then is. */
static void a_damaged_page_is_told(void **state) {
    (void)state;
    static const char told[] = "Part of this device's search was damaged";
    struct world world;
    world_init_quiet(&world, 4);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    say(alice, bob, "Montag");
    say(alice, bob, "Dienstag");
    assert_found(alice, "montag", "Montag|");
    settle(alice);
    for (size_t i = 0; i < alice->store.count; i++) {
        struct world_record *record = &alice->store.records[i];
        if (record->key.data[0] == KEY_SEARCH) {
            record->value.data[record->value.len / 2] ^= 1;
        }
    }
    for (int round = 0; round < 2; round++) {
        assert_found(alice, "montag", "");
        assert_found(alice, "dienstag", "");
        assert_int_equal(count_notices(alice, bob->id, told), 1);
        world_crash(alice);
        world_run(&world);
    }
    say(alice, bob, "am Montag");
    assert_found(alice, "montag", "am Montag|");
    assert_int_equal(count_notices(alice, bob->id, told), 1);
    world_end(&world);
}

/* Whether some record of the index has the message's words: `plain` all of its pages, opened. */
static bool index_has(struct world_peer *peer, const char *text) {
    bool found = false;
    for (size_t i = 0; i < peer->store.count; i++) {
        const struct world_record *record = &peer->store.records[i];
        struct base_bytes plain = { 0 };
        if (record->key.data[0] != KEY_SEARCH) {
            continue;
        }
        assert_ok(vault_unseal(&peer->core->vault, base_allocator_libc(), model_slice(record->key),
                               model_slice(record->value), &plain));
        for (size_t k = 0; k + strlen(text) <= plain.len; k++) {
            found = found || memcmp(plain.data + k, text, strlen(text)) == 0;
        }
        base_bytes_free(&plain);
    }
    return found;
}

static struct message read_message(struct world_peer *peer, uint64_t chat, uint64_t number) {
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = stored_record(peer, key_pair(KEY_MESSAGE, chat, number));
    struct message message = { 0 };
    assert_ok(message_load(peer->core, chat, number, base_borrow(&plain), &message));
    return message;
}

/* As an edit does it. */
static void edit(struct world_peer *peer, uint64_t number, const char *text) {
    struct message message = read_message(peer, 1, number);
    assert_ok(search_forget(peer->core, &message));
    base_bytes_free(&message.text);
    assert_ok(base_bytes_copy(peer->core->options.allocator, base_slice_text(text), &message.text));
    assert_ok(message_save(peer->core, &message));
    assert_ok(search_again(peer->core, &message));
    assert_ok(weibel_core_tick(peer->core));
    message_free(&message);
    world_run(peer->world);
}

static void remove_one(struct world_peer *peer, uint64_t number, bool forgotten) {
    struct message message = read_message(peer, 1, number);
    if (forgotten) {
        assert_ok(search_forget(peer->core, &message));
    }
    assert_ok(out_remove(&peer->core->out, key_pair(KEY_MESSAGE, 1, number)));
    assert_ok(search_gone(peer->core, 1, number));
    assert_ok(weibel_core_tick(peer->core));
    message_free(&message);
    world_run(peer->world);
}

static void what_was_edited_or_deleted_is_found_no_more(void **state) {
    (void)state;
    for (int early = 0; early < 2; early++) {
        struct world world;
        world_init(&world, 2);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world);
        say(alice, bob, "Vertraulich: Quartalsbericht");
        say(alice, bob, "Vertraulich: Kündigung");
        say(alice, bob, "Vertraulich: Zusammenschluss");
        say(alice, bob, "Vertraulich: bleibt");
        assert_found(alice, "quartal", "Vertraulich: Quartalsbericht|");
        if (early == 0) {
            settle(alice);
            assert_true(index_has(alice, "quartalsbericht") && index_has(alice, "kundigung"));
        }
        edit(alice, 1, "Oeffentlich: Jahresbericht");
        remove_one(alice, 2, true);
        remove_one(alice, 3, false);
        for (int round = 0; round < 4; round++) {
            assert_found(alice, "quartal", "");
            assert_found(alice, "kundigung", "");
            assert_found(alice, "zusammenschluss", "");
            assert_found(alice, "jahr", "Oeffentlich: Jahresbericht|");
            assert_found(alice, "vertr", "Vertraulich: bleibt|");
            assert_false(index_has(alice, "quartal") || index_has(alice, "kundig") || index_has(alice, "zusammen"));
            if (round == 1) {
                settle(alice);
                assert_true(index_has(alice, "jahresbericht"));
                assert_int_equal(alice->core->search.loose.count, 0);
            } else {
                world_crash(alice);
                world_run(&world);
            }
        }
        world_end(&world);
    }
}

static void amendments_change_what_is_found(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    char ids[2][32];
    for (size_t i = 0; i < 2; i++) {
        const cJSON *sent = world_call(alice, "send", "{'to':'%s','text':'%s'}", bob->id, i == 0 ? "Eins" : "Zwei");
        (void)snprintf(ids[i], sizeof ids[i], "%s", text_of(sent, "id"));
    }
    world_run(&world);
    assert_found(bob, "ei", "Eins|");
    settle(bob);
    (void)world_call(alice, "edit", "{'id':'%s','text':'Drei'}", ids[0]);
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", ids[1]);
    world_pass(&world, 5000);
    for (int round = 0; round < 2; round++) {
        assert_found(bob, "ei", "");
        assert_found(bob, "dr", "Drei|");
        assert_found(bob, "zw", "");
        assert_false(index_has(bob, "eins") || index_has(bob, "zwei"));
        settle(bob);
    }
    assert_true(index_has(bob, "drei"));
    world_end(&world);
}

static void what_disappears_never_comes_into_a_page(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'geheime Zusage','expire':3600}", bob->id);
    say(alice, bob, "offene Zusage");
    for (int round = 0; round < 3; round++) {
        assert_found(alice, "zus", "offene Zusage|geheime Zusage|");
        assert_found(bob, "geheim", "geheime Zusage|");
        settle(alice);
        settle(bob);
        assert_true(index_has(alice, "offene"));
        assert_false(index_has(alice, "geheim"));
    }
    (void)world_call(bob, "read", "{'chat':'%s','number':2}", alice->id); /* from then on it counts */
    world_pass(&world, 4000000);
    assert_found(alice, "zus", "offene Zusage|");
    assert_int_equal(alice->core->search.loose.count, 0);
    world_crash(bob);
    world_run(&world);
    assert_found(bob, "zus", "offene Zusage|");
    assert_int_equal(bob->core->search.loose.count, 0);
    world_end(&world);
}

static void searches_wait_and_are_refused_by_a_lock(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    say(alice, bob, "Montag");
    world_crash(alice);
    world_run(&world);
    uint64_t ids[3];
    for (size_t i = 0; i < 3; i++) {
        ids[i] = world_ask(alice, "search", "{'query':'mo'}");
    }
    world_run(&world);
    for (size_t i = 0; i < 3; i++) {
        const cJSON *result = cJSON_GetObjectItem(world_answer(alice, ids[i]), "result");
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(result, "messages")), 1);
    }
    world_crash(alice);
    world_run(&world);
    ids[0] = world_ask(alice, "search", "{'query':'mo'}");
    (void)world_call(alice, "lock", "{}");
    const cJSON *error = cJSON_GetObjectItem(world_answer(alice, ids[0]), "error");
    assert_string_equal(text_of(cJSON_GetObjectItem(error, "data"), "name"), "locked");
    (void)world_call(alice, "unlock", "{'passphrase':'correct horse'}");
    assert_found(alice, "mo", "Montag|");
    world_end(&world);
}

/* ---- many ---- */

struct counted {
    size_t reads, records, bytes;
};

/* Carries out reads and batches, and counts what is read, until a line comes. */
static cJSON *carry_out(struct world_peer *peer, struct counted *counted) {
    struct weibel_effect effect;
    cJSON *answer = NULL;
    while (answer == NULL && weibel_core_next(peer->core, &effect)) {
        if (effect.kind == WEIBEL_EFFECT_STORE) {
            world_store_apply(&peer->store, &effect.of.store);
            assert_ok(weibel_core_stored(peer->core, true));
        } else if (effect.kind == WEIBEL_EFFECT_READ) {
            counted->reads++;
            world_count_read(&peer->store, &effect.of.read, &counted->records, &counted->bytes);
            assert_ok(world_read(&peer->store, peer->core, &effect.of.read));
        } else if (effect.kind == WEIBEL_EFFECT_LINE) {
            cJSON *line = cJSON_ParseWithLength((const char *)effect.of.line.data, effect.of.line.len);
            answer = cJSON_GetObjectItem(line, "result");
            if (answer != NULL) {
                answer = cJSON_DetachItemFromObject(line, "result");
            }
            cJSON_Delete(line);
        }
    }
    return answer;
}

/* Texts of some ten words, as people's words are: few are many, and many are few. */
static void make_text(struct test_random *random, char *out, size_t size) {
    static const char *const syllables[] = { "be",  "ge", "er", "ver", "mon", "tag", "sitz", "ung", "rat", "haus",
                                             "ein", "de", "an", "auf", "in",  "zu",  "la",   "ci",  "tta", "re" };
    size_t len = 0, words = 5 + test_random_below(random, 10);
    for (size_t i = 0; i < words; i++) {
        size_t parts = 1 + test_random_below(random, 4);
        for (size_t k = 0; k < parts; k++) {
            len += (size_t)snprintf(out + len, size - len, "%s", syllables[test_random_below(random, 20)]);
        }
        len += (size_t)snprintf(out + len, size - len, " ");
    }
}

static void a_search_reads_little(void **state) {
    (void)state;
    const char *wanted = getenv("WEIBEL_SEARCH_MESSAGES");
    size_t many = wanted == NULL ? 6000 : (size_t)atol(wanted);
    struct world world;
    world_init(&world, 5);
    struct world_peer *alice = world_add(&world);
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(alice, "contact.add", "{'id':'7K2M-9QXA'}");
    struct chat *chat;
    struct counted counted = { 0 };
    assert_ok(chat_new(alice->core, CHAT_DIRECT, &chat));
    chat->peer = 1;
    for (size_t i = 0; i < many; i++) {
        char text[1024];
        make_text(&world.random, text, sizeof text);
        if (i % 1000 == 7) {
            (void)strcat(text, "Nadel");
        }
        struct message message = {
            .kind = MESSAGE_TEXT, .own = true, .state = MESSAGE_SENT, .sent_at = world.clock.now
        };
        assert_ok(base_bytes_copy(alice->core->options.allocator, base_slice_text(text), &message.text));
        assert_ok(chat_add_message(alice->core, chat, &message));
        message_free(&message);
        world.clock.now += 1000;
        if (i % 100 == 99) {
            assert_ok(weibel_core_tick(alice->core));
            cJSON_Delete(carry_out(alice, &counted));
        }
    }
    assert_ok(weibel_core_tick(alice->core));
    cJSON_Delete(carry_out(alice, &counted));
    assert_true(chat->next_message - chat->indexed < 2 * SEARCH_RUN_MESSAGES);
    static const char *const queries[] = { "nadel", "sitz", "mo", "mon ver", "gibtesnicht" };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        counted = (struct counted){ 0 };
        (void)world_ask(alice, "search", "{'query':'%s'}", queries[i]);
        cJSON *answer = carry_out(alice, &counted);
        int found = cJSON_GetArraySize(cJSON_GetObjectItem(answer, "messages"));
        print_message("# %zu messages, \"%s\": %d shown, %zu reads of %zu records, %zu bytes\n", many, queries[i],
                      found, counted.reads, counted.records, counted.bytes);
        assert_int_equal(found > 0, i != 4);
        assert_true(found <= 21);
        /* One bucket for each word, then messages that stand close to each other at once: a rare word's come alone. */
        size_t pages = 2 * (1 + many / SEARCH_RUN_MESSAGES / WEIBEL_MAX_READ);
        assert_true(counted.reads <= pages + (i == 0 ? 20 : 3));
        assert_true(counted.records <= 21 * 128);
        cJSON_Delete(answer);
    }
    world_end(&world);
}

/* Others choose the words: all may begin alike, and come into one bucket. */
static void words_that_all_begin_alike_fit(void **state) {
    (void)state;
    enum { MESSAGES = 260, LETTERS = 26 };
    struct world world;
    world_init(&world, 12);
    struct world_peer *alice = world_add(&world);
    struct weibel_core *core = alice->core;
    uint64_t runs = core->account.next_run;
    for (uint64_t i = 1; i <= MESSAGES; i++) {
        struct search_hold *hold = (struct search_hold *)base_take(
            core->options.allocator, 1, sizeof *hold + SEARCH_MESSAGE_WORDS * sizeof(struct search_word));
        assert_non_null(hold);
        hold->posting = (struct search_posting){ 1 << 20, i, 0 };
        for (size_t k = 0; k < SEARCH_MESSAGE_WORDS; k++) {
            struct search_word *word = &hold->words[k];
            uint64_t number = i * SEARCH_MESSAGE_WORDS + k;
            word->len = SEARCH_MAX_WORD;
            memset(word->bytes, 'a', SEARCH_MAX_WORD);
            for (size_t n = SEARCH_MAX_WORD - 1; number > 0; n--, number /= LETTERS) {
                word->bytes[n] = (uint8_t)('a' + number % LETTERS);
            }
        }
        hold->count = SEARCH_MESSAGE_WORDS;
        assert_ok(list_add(&core->search.holds, core->options.allocator, hold));
        core->search.messages++;
        core->search.words += SEARCH_MESSAGE_WORDS;
    }
    assert_ok(search_write_run(core));
    assert_true(core->account.next_run > runs + 1);
    assert_int_equal(core->search.words, 0);
    assert_ok(weibel_core_tick(core));
    world_run(&world);
    world_end(&world);
}

static void hold_text(struct world_peer *peer, uint64_t number, const char *text, bool fleeting) {
    struct message message = { .kind = MESSAGE_TEXT, .chat = 1 << 20, .number = number, .expire = fleeting ? 60 : 0 };
    assert_ok(base_bytes_copy(peer->core->options.allocator, base_slice_text(text), &message.text));
    assert_ok(search_take_in(peer->core, &message));
    base_bytes_free(&message.text);
}

/* `count` words, each twice. */
static char *many_words(size_t count, size_t from) {
    enum { LONGEST = 16 };
    char *text = (char *)malloc(2 * count * LONGEST + 1);
    size_t len = 0;
    assert_non_null(text);
    for (size_t i = 0; i < 2 * count; i++) {
        len += (size_t)snprintf(text + len, LONGEST, "w%zu ", from + i % count);
    }
    return text;
}

static void a_message_has_each_word_once_and_not_too_many(void **state) {
    (void)state;
    static const size_t counts[] = { 1, 7, 1999, 2000, 2001, 3999, 4001, 30000 };
    struct world world;
    world_init(&world, 13);
    struct world_peer *alice = world_add(&world);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char *text = many_words(counts[i], 0);
        hold_text(alice, i + 1, text, false);
        free(text);
        const struct list *holds = &alice->core->search.holds;
        const struct search_hold *hold = (const struct search_hold *)holds->items[holds->count - 1];
        assert_int_equal(hold->count, counts[i] < SEARCH_MESSAGE_WORDS ? counts[i] : SEARCH_MESSAGE_WORDS);
        for (size_t k = 1; k < hold->count; k++) {
            const struct search_word *a = &hold->words[k - 1], *b = &hold->words[k];
            assert_true(base_slice_compare(base_slice(a->bytes, a->len), base_slice(b->bytes, b->len)) < 0);
        }
    }
    world_end(&world);
}

static void words_that_disappear_are_bounded(void **state) {
    (void)state;
    enum { EACH = 1500, MESSAGES = 2 * SEARCH_FLEETING_WORDS / EACH };
    struct world world;
    world_init(&world, 14);
    struct world_peer *alice = world_add(&world);
    const struct search *search = &alice->core->search;
    hold_text(alice, 1000, "this one stays", false);
    for (size_t i = 1; i <= MESSAGES; i++) {
        char *text = many_words(EACH, i * EACH);
        hold_text(alice, i, text, true);
        free(text);
        assert_true(search->fleeting <= SEARCH_FLEETING_WORDS);
    }
    assert_int_equal(search->words, 3);
    assert_int_equal(search->loose.count, MESSAGES);
    const struct search_hold *last = (const struct search_hold *)search->holds.items[search->holds.count - 1];
    assert_int_equal(last->posting.number, MESSAGES);
    /* Records are found and go in any order. */
    for (size_t i = 0; i < MESSAGES; i++) {
        uint64_t number = 1 + i * 7 % MESSAGES;
        struct search_loose *loose = search_loose_find(alice->core, 1 << 20, number);
        if (loose != NULL) {
            assert_int_equal(loose->message, number);
            loose->held = false;
            assert_ok(search_loose_save(alice->core, loose));
            assert_null(search_loose_find(alice->core, 1 << 20, number));
        }
    }
    assert_null(search_loose_find(alice->core, 1, 1));
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_folded),
        cmocka_unit_test(a_damaged_page_is_told),
        cmocka_unit_test(stems_have_two_characters),
        cmocka_unit_test(pages_hold_what_was_written),
        cmocka_unit_test(what_begins_so_is_found),
        cmocka_unit_test(what_was_edited_or_deleted_is_found_no_more),
        cmocka_unit_test(amendments_change_what_is_found),
        cmocka_unit_test(what_disappears_never_comes_into_a_page),
        cmocka_unit_test(searches_wait_and_are_refused_by_a_lock),
        cmocka_unit_test(a_search_reads_little),
        cmocka_unit_test(words_that_all_begin_alike_fit),
        cmocka_unit_test(a_message_has_each_word_once_and_not_too_many),
        cmocka_unit_test(words_that_disappear_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
