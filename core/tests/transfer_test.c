/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Files: sealed, sent, saved; and what can go wrong with them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chatting.h"
#include "pictures.h"
#include "state.h"
#include "test/result.h"
#include "transfer.h"

static void fill(struct test_random *random, uint8_t *out, size_t len) {
    assert_true(base_random_fill(&random->random, out, len) == BASE_OK);
}

static void blobs_are_sealed_chunk_by_chunk(void **state) {
    (void)state;
    static const uint64_t sizes[] = {
        0, 1, 4096, 4097, WEIBEL_CHUNK - 1, WEIBEL_CHUNK, WEIBEL_CHUNK + 1, 3 * WEIBEL_CHUNK + 12345
    };
    struct test_random random;
    test_random_init_quiet(&random, 1);
    struct weibel_blob_key key, other;
    fill(&random, (uint8_t *)&key, sizeof key);
    fill(&random, (uint8_t *)&other, sizeof other);
    uint8_t *chunk = (uint8_t *)malloc(WEIBEL_CHUNK_SEALED), *plain = (uint8_t *)malloc(WEIBEL_CHUNK_SEALED),
            *sealed = (uint8_t *)malloc(WEIBEL_CHUNK_SEALED);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        uint64_t total = 0, opened = 0, count = weibel_blob_chunks(sizes[s]);
        for (uint64_t i = 0; i < count; i++) {
            size_t sealed_len, len;
            fill(&random, plain, WEIBEL_CHUNK);
            memcpy(chunk, plain, WEIBEL_CHUNK);
            assert_ok(weibel_blob_seal(&key, sizes[s], i, chunk, &sealed_len));
            memcpy(sealed, chunk, sealed_len);
            total += sealed_len;
            assert_ok(weibel_blob_open(&key, sizes[s], i, chunk, sealed_len, &len));
            assert_memory_equal(chunk, plain, len);
            opened += len;
            memcpy(chunk, sealed, sealed_len);
            assert_result(&WEIBEL_ERR_BLOB, weibel_blob_open(&other, sizes[s], i, chunk, sealed_len, &len));
            memcpy(chunk, sealed, sealed_len);
            chunk[sealed_len / 2] ^= 1;
            assert_result(&WEIBEL_ERR_BLOB, weibel_blob_open(&key, sizes[s], i, chunk, sealed_len, &len));
            assert_result(&WEIBEL_ERR_BLOB, weibel_blob_open(&key, sizes[s], i, chunk, sealed_len - 1, &len));
            if (count > 1) {
                memcpy(chunk, sealed, sealed_len);
                uint64_t elsewhere = i == 0 ? 1 : 0;
                assert_result(&WEIBEL_ERR_BLOB, weibel_blob_open(&key, sizes[s], elsewhere, chunk, sealed_len, &len));
            }
            assert_result(&BASE_ERR_VALUE, weibel_blob_open(&key, sizes[s], count, chunk, sealed_len, &len));
        }
        assert_true(total == weibel_blob_sealed_size(sizes[s]));
        assert_true(opened == sizes[s]);
        /* Padmé: less than an eighth more, beyond the least size. */
        assert_true(sizes[s] < 4096 || weibel_blob_sealed_size(sizes[s]) <= sizes[s] + sizes[s] / 8 + count * 16);
    }
    free(chunk);
    free(plain);
    free(sealed);
}

static void a_file_goes_from_one_to_the_other(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    enum { SIZE = 2 * WEIBEL_CHUNK + 777 };
    uint8_t *content = (uint8_t *)malloc(SIZE);
    fill(&world.random, content, SIZE);
    world_put_file(alice, "photo.jpg", content, SIZE);
    world_put_file(alice, "empty", content, 0);
    const cJSON *sent = world_call(alice, "send",
                                   "{'to':'%s','text':'look','files':[{'path':'photo.jpg','name':'dir/photo.jpg',"
                                   "'size':%d,'type':'image/jpeg'},{'path':'empty','name':'..','size':0}]}",
                                   bob->id, SIZE);
    assert_string_equal(text_of(sent, "state"), "uploading");
    assert_string_equal(text_of(world_event(alice, "message_state"), "state"), "sent");
    (void)world_call(alice, "send", "{'to':'%s','text':'behind it'}", bob->id);
    assert_texts(bob, alice->id, "look\nbehind it\n");

    const cJSON *history = world_call(bob, "history", "{'chat':'%s'}", alice->id);
    const cJSON *message = cJSON_GetArrayItem(cJSON_GetObjectItem(history, "messages"), 0);
    const cJSON *files = cJSON_GetObjectItem(message, "files");
    assert_int_equal(cJSON_GetArraySize(files), 2);
    assert_string_equal(text_of(cJSON_GetArrayItem(files, 0), "name"), "photo.jpg");
    assert_string_equal(text_of(cJSON_GetArrayItem(files, 0), "type"), "image/jpeg");
    assert_int_equal((int)number_of(cJSON_GetArrayItem(files, 0), "size"), SIZE);
    assert_string_equal(text_of(cJSON_GetArrayItem(files, 1), "name"), "file");

    char id[32];
    (void)snprintf(id, sizeof id, "%s", text_of(message, "id"));
    (void)world_call(bob, "save", "{'message':'%s','path':'saved'}", id);
    assert_string_equal(text_of(world_event(bob, "transfer"), "state"), "done");
    const struct world_file *saved = world_find_file(bob, "saved");
    assert_non_null(saved);
    assert_int_equal(saved->content.len, SIZE);
    assert_memory_equal(saved->content.data, content, SIZE);
    (void)world_call(bob, "save", "{'message':'%s','file':1,'path':'nothing'}", id);
    assert_int_equal(world_find_file(bob, "nothing")->content.len, 0);
    assert_string_equal(world_error(bob, "save", "{'message':'%s','file':2,'path':'x'}", id), "unknown_file");
    assert_string_equal(world_error(bob, "save", "{'message':'0000000000000000','path':'x'}"), "unknown_message");
    free(content);
    world_end(&world);
}

static void what_cannot_be_sent_or_saved_is_told(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','files':[{'path':'missing','name':'a','size':5}]}", bob->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'goes on'}", bob->id);
    const cJSON *history = world_call(alice, "history", "{'chat':'%s'}", bob->id);
    const cJSON *message = cJSON_GetArrayItem(cJSON_GetObjectItem(history, "messages"), 0);
    assert_string_equal(text_of(message, "state"), "failed");
    assert_string_equal(text_of(cJSON_GetObjectItem(cJSON_GetObjectItem(message, "error"), "data"), "name"), "file");
    assert_texts(bob, alice->id, "goes on\n");

    world_put_file(alice, "there", (const uint8_t *)"hello", 5);
    (void)world_call(alice, "send", "{'to':'%s','files':[{'path':'there','name':'a','size':5}],'expire':600}", bob->id);
    assert_int_equal(world.model->blobs[world.model->blob_count - 1].lifetime,
                     0); /* who reads it late fetches it late */
    char id[32];
    (void)snprintf(id, sizeof id, "%s", text_of(world_event(bob, "message"), "id"));
    struct model_blob *blob = &world.model->blobs[world.model->blob_count - 1];
    blob->content.data[100] ^= 1;
    (void)world_call(bob, "save", "{'message':'%s','path':'x'}", id);
    const cJSON *event = world_event(bob, "transfer");
    assert_string_equal(text_of(event, "state"), "failed");
    assert_string_equal(text_of(cJSON_GetObjectItem(cJSON_GetObjectItem(event, "error"), "data"), "name"), "damaged");
    blob->content.len = 0;
    (void)world_call(bob, "save", "{'message':'%s','path':'x'}", id);
    event = world_event(bob, "transfer");
    assert_string_equal(text_of(cJSON_GetObjectItem(cJSON_GetObjectItem(event, "error"), "data"), "name"), "gone");
    world_end(&world);
}

static size_t blobs_left(const struct world *world) {
    static const uint8_t none[WIRE_BLOB_LEN];
    size_t count = 0;
    for (size_t i = 0; i < world->model->blob_count; i++) {
        count += memcmp(world->model->blobs[i].name, none, sizeof none) != 0;
    }
    return count;
}

static void send_file(struct world_peer *from, const char *chat, const char *path, char id[32]) {
    world_put_file(from, path, (const uint8_t *)"hello", 5);
    const cJSON *sent = world_call(from, "send", "{'to':'%s','files':[{'path':'%s','name':'a','size':5}]}", chat, path);
    (void)snprintf(id, 32, "%s", text_of(sent, "id"));
}

/* What was uploaded for a message that is deleted for everyone goes from the server, too. */
static void files_are_deleted_with_their_message(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 5);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    char first[32], second[32], third[32];
    (void)world_call(bob, "group.create", "{'name':'G','members':['%s','%s']}", alice->id, carol->id);
    send_file(alice, "G", "one", first);
    send_file(alice, "G", "two", second);
    send_file(alice, "G", "three", third);
    assert_int_equal(blobs_left(&world), 3);

    (void)world_call(carol, "delete", "{'id':'%s','for':'me'}", first);
    assert_int_equal(blobs_left(&world), 3);
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", first);
    assert_int_equal(blobs_left(&world), 2);

    /* Who moderates has not the key: the author's client does it, when it is there again. */
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(bob, "delete", "{'id':'%s','for':'everyone'}", second);
    assert_int_equal(blobs_left(&world), 2);
    world_crash(alice);
    world_pass(&world, 5000);
    assert_int_equal(blobs_left(&world), 1);

    /* One that nobody has ever had. */
    world_put_file(alice, "four", (const uint8_t *)"hello", 5);
    (void)world_call(alice, "disconnect", "{}");
    send_file(alice, "G", "four", first);
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", first);
    world_crash(alice);
    world_pass(&world, 5000);
    assert_int_equal(blobs_left(&world), 1);
    for (size_t i = 0; i < alice->core->chats.count; i++) {
        assert_int_equal(((const struct chat *)alice->core->chats.items[i])->outbox.count, 0);
    }
    world_end(&world);
}

static void forward(struct world_peer *from, const char *to, const char *what, char id[32]) {
    const cJSON *sent = world_call(from, "send", "{'to':'%s','forward':'%s'}", to, what);
    (void)snprintf(id, 32, "%s", text_of(sent, "id"));
}

static void assert_saved(struct world_peer *peer, const char *message) {
    (void)world_call(peer, "save", "{'message':'%s','path':'%s'}", message, message);
    world_pass(peer->world, 1000);
    const struct world_file *file = world_find_file(peer, message);
    assert_non_null(file);
    assert_memory_equal(file->content.data, "hello", 5);
}

/* Each of those who have sent or forwarded a file holds it: it goes with the last of their messages. */
static void a_forwarded_file_outlives_its_first_message(void **state) {
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct world world;
        world_init_quiet(&world, 6);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
        char first[32], own[32], others[32];
        (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", alice->id);
        send_file(alice, "G", "one", first);
        forward(alice, carol->id, first, own);
        forward(bob, carol->id, first, others);
        (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", first);
        assert_int_equal(blobs_left(&world), 1);
        assert_saved(carol, own);
        assert_saved(carol, others);
        (void)world_call(order == 0 ? alice : bob, "delete", "{'id':'%s','for':'everyone'}", order == 0 ? own : others);
        assert_int_equal(blobs_left(&world), 1);
        (void)world_call(order == 0 ? bob : alice, "delete", "{'id':'%s','for':'everyone'}", order == 0 ? others : own);
        assert_int_equal(blobs_left(&world), 0);
        world_end(&world);
    }
}

/* It is held before it is passed on, whenever that is: who is offline, or crashes, holds it later, and says if it is
 * gone. */
static void a_file_is_held_before_it_is_passed_on(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 7);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    char first[32], second[32], kept[32], lost[32], dropped[32];
    (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", alice->id);
    (void)world_call(bob, "send", "{'to':'%s','text':'hello'}", carol->id);
    send_file(alice, "G", "one", first);
    send_file(alice, "G", "two", second);
    (void)world_call(bob, "disconnect", "{}");
    forward(bob, carol->id, first, kept);
    assert_string_equal(text_of(world_call(bob, "message", "{'id':'%s'}", kept), "state"), "queued");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(bob, "transfers", "{}"), "transfers")), 0);
    world_crash(bob);
    world_pass(&world, 5000);
    assert_string_equal(text_of(world_call(bob, "message", "{'id':'%s'}", kept), "state"), "sent");
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", first);
    assert_saved(carol, kept);

    world.model->refuse.type = WIRE_HOLD_BLOB;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 60 * 1000;
    forward(bob, carol->id, second, lost);
    assert_string_equal(text_of(world_call(bob, "message", "{'id':'%s'}", lost), "state"), "queued");
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", second);
    world_pass(&world, 120 * 1000);
    const cJSON *failed = world_call(bob, "message", "{'id':'%s'}", lost);
    assert_string_equal(text_of(failed, "state"), "failed");
    assert_string_equal(text_of(cJSON_GetObjectItem(cJSON_GetObjectItem(failed, "error"), "data"), "name"), "gone");
    assert_int_equal(blobs_left(&world), 1);

    /* One that was never passed on is let go, too. */
    world.model->refuse.type = WIRE_APPEND;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    (void)world_call(bob, "disconnect", "{}");
    forward(bob, carol->id, kept, dropped);
    (void)world_call(bob, "delete", "{'id':'%s','for':'everyone'}", dropped);
    (void)world_call(bob, "delete", "{'id':'%s','for':'everyone'}", kept);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 120 * 1000);
    assert_int_equal(blobs_left(&world), 0);
    for (size_t i = 0; i < bob->core->chats.count; i++) {
        assert_int_equal(((const struct chat *)bob->core->chats.items[i])->outbox.count, 0);
    }
    world_end(&world);
}

/* One that says much beside itself. */
static void put_picture(struct world_peer *peer, const char *path) {
    world_put_file(peer, path, picture_samples[0].before.data, picture_samples[0].before.len);
}

static void send_picture(struct world_peer *from, const char *to, const char *path) {
    (void)world_call(from, "send", "{'to':'%s','files':[{'path':'%s','name':'a','size':%zu,'bare':true}]}", to, path,
                     picture_samples[0].before.len);
}

static void assert_bare_picture(struct world_peer *peer, const char *path) {
    const struct world_file *file = world_find_file(peer, path);
    assert_non_null(file);
    assert_int_equal(file->content.len, picture_samples[0].before.len);
    assert_memory_equal(file->content.data, picture_samples[0].after.data, picture_samples[0].after.len);
    for (size_t at = picture_samples[0].after.len; at < file->content.len; at++) {
        assert_int_equal(file->content.data[at], 0);
    }
}

/* Nothing of it may go: better the sender hears of it than that it says where a witness lives. */
static void a_picture_that_can_t_be_bared_is_not_sent(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    struct base_bytes damaged = { 0 };
    assert_ok(base_bytes_copy(base_allocator_libc(), picture_samples[0].before, &damaged));
    damaged.data[2] = 0;
    world_put_file(alice, "there", damaged.data, damaged.len);
    base_bytes_free(&damaged);
    send_picture(alice, bob->id, "there");
    const cJSON *message =
        cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(alice, "history", "{'chat':'%s'}", bob->id), "messages"), 0);
    assert_string_equal(text_of(message, "state"), "failed");
    assert_string_equal(text_of(cJSON_GetObjectItem(message, "error"), "message"), "no picture");
    assert_int_equal(world.model->blob_count, 0);
    assert_string_equal(world_error(alice, "send",
                                    "{'to':'%s','files':[{'path':'there','name':'a','size':%d,'bare':true}]}", bob->id,
                                    WEIBEL_MAX_BARE + 1),
                        "picture_too_large");
    world_end(&world);
}

/* A home from before pictures were bared has uploads under way. */
static void uploads_of_the_version_before_are_taken(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 5);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    put_picture(alice, "there");
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
    (void)world_call(alice, "disconnect", "{}");
    send_picture(alice, bob->id, "there");
    const struct transfer *saved = (const struct transfer *)alice->core->transfers.items[0];
    struct base_bytes value = stored_record(alice, key_number(KEY_TRANSFER, saved->number));
    assert_true(saved->bare);
    assert_ok(transfer_load(alice->core, 90, base_borrow(&value)));
    assert_true(transfer_at(alice->core, 90)->bare);
    assert_result(&BASE_ERR_TRUNCATED, transfer_load(alice->core, 91, base_slice(value.data, value.len - 1)));
    value.data[0]--;
    assert_result(&BASE_ERR_TRAILING, transfer_load(alice->core, 92, base_borrow(&value)));
    assert_ok(transfer_load(alice->core, 93, base_slice(value.data, value.len - 1)));
    assert_false(transfer_at(alice->core, 93)->bare);
    assert_int_equal(transfer_at(alice->core, 93)->size, saved->size);
    base_bytes_free(&value);
    world_end(&world);
}

static void files_survive_a_crash_at_every_effect(void **state) {
    (void)state;
    for (size_t who = 0; who < 2; who++) {
        for (long at = 0;; at++) {
            struct world world;
            world_init(&world, 3);
            struct world_peer *alice = world_add(&world), *bob = world_add(&world);
            put_picture(alice, "there");
            (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
            (void)world_call(alice, "disconnect", "{}");
            send_picture(alice, bob->id, "there");
            (void)world_call(alice, "send", "{'to':'%s','text':'last'}", bob->id);
            world.peers[who].crash_after = at;
            (void)world_ask(alice, "connect", "{}");
            world_pass(&world, 20 * 1000);
            world.peers[who].crash_after = -1;
            assert_texts(bob, alice->id, "first\n\nlast\n");
            const cJSON *history = world_call(bob, "history", "{'chat':'%s'}", alice->id);
            const cJSON *message = cJSON_GetArrayItem(cJSON_GetObjectItem(history, "messages"), 1);
            (void)world_call(bob, "save", "{'message':'%s','path':'saved'}", text_of(message, "id"));
            assert_bare_picture(bob, "saved");
            size_t crashes = world.peers[who].crashes;
            world_end(&world);
            if (crashes == 0) {
                break;
            }
        }
    }
}

/* The only transfer under way. */
static const cJSON *the_transfer(struct world_peer *peer) {
    const cJSON *transfers = cJSON_GetObjectItem(world_call(peer, "transfers", "{}"), "transfers");
    assert_int_equal(cJSON_GetArraySize(transfers), 1);
    return cJSON_GetArrayItem(transfers, 0);
}

static void paused_transfers_wait_and_hold_nothing_up(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    world_put_file(alice, "there", (const uint8_t *)"hello", 5);
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
    (void)world_call(alice, "disconnect", "{}");
    char id[32];
    (void)snprintf(
        id, sizeof id, "%s",
        text_of(world_call(alice, "send", "{'to':'%s','text':'file','files':[{'path':'there','name':'a','size':5}]}",
                           bob->id),
                "id"));
    const cJSON *transfer = the_transfer(alice);
    assert_string_equal(text_of(transfer, "kind"), "upload");
    assert_string_equal(text_of(transfer, "state"), "running");
    assert_string_equal(text_of(transfer, "message"), id);
    assert_int_equal(number_of(transfer, "file"), 0);
    int number = (int)number_of(transfer, "transfer");
    (void)world_call(alice, "transfer.set", "{'transfer':%d,'state':'paused'}", number);
    assert_string_equal(text_of(world_event(alice, "transfer"), "state"), "paused");
    assert_string_equal(world_error(alice, "transfer.set", "{'transfer':%d,'state':'given_up'}", number), "state");
    assert_string_equal(world_error(alice, "transfer.set", "{'transfer':%d,'state':'slow'}", number), "params");
    (void)world_call(alice, "send", "{'to':'%s','text':'behind'}", bob->id);
    (void)world_call(alice, "react", "{'id':'%s','emoji':'!'}", id);
    (void)world_call(alice, "send", "{'to':'%s','text':'last'}", bob->id);
    world_crash(alice);
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_texts(bob, alice->id, "first\nbehind\nlast\n");
    assert_string_equal(text_of(the_transfer(alice), "state"), "paused");
    (void)world_call(alice, "transfer.set", "{'transfer':%d,'state':'running'}", number);
    world_run(&world);
    assert_texts(bob, alice->id, "first\nbehind\nlast\nfile\n");
    assert_string_equal(world_error(alice, "transfer.set", "{'transfer':%d,'state':'running'}", number), "state");

    for (size_t i = 0; i < 2; i++) {
        (void)world_call(bob, "disconnect", "{}");
        number = (int)number_of(world_call(bob, "save", "{'message':'%s','path':'saved'}", id), "transfer");
        (void)world_call(bob, "transfer.set", "{'transfer':%d,'state':'paused'}", number);
        (void)world_call(bob, "connect", "{}");
        world_pass(&world, 60 * 1000);
        transfer = the_transfer(bob);
        assert_string_equal(text_of(transfer, "kind"), "download");
        assert_string_equal(text_of(transfer, "message"), id);
        assert_string_equal(text_of(transfer, "path"), "saved");
        (void)world_call(bob, "transfer.set", "{'transfer':%d,'state':'%s'}", number, i == 0 ? "given_up" : "running");
        world_run(&world);
        assert_string_equal(text_of(world_event(bob, "transfer"), "state"), i == 0 ? "failed" : "done");
        assert_true((world_find_file(bob, "saved") == NULL) == (i == 0));
    }
    world_end(&world);
}

/* A text went past a paused message, was refused, and waits, encrypted: the message goes first after all, and is
 * encrypted first. Its reader sees both in the order of writing, and accuses nobody of having changed it. */
static void what_goes_on_is_encrypted_before_what_is_behind_it(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    world_put_file(alice, "there", (const uint8_t *)"hello", 5);
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
    (void)world_call(bob, "send", "{'to':'%s','text':'heard'}", alice->id);
    world_pass(&world, 60 * 1000);
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(alice, "send", "{'to':'%s','text':'file','files':[{'path':'there','name':'a','size':5}]}",
                     bob->id);
    int number = (int)number_of(the_transfer(alice), "transfer");
    (void)world_call(alice, "transfer.set", "{'transfer':%d,'state':'paused'}", number);
    (void)world_call(alice, "send", "{'to':'%s','text':'behind'}", bob->id);
    world.model->refuse.type = WIRE_APPEND;
    world.model->refuse.argument = 600 * 1000;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_int_equal(world.model->refuse.code, 0);
    assert_texts(bob, alice->id, "first\nheard\n");
    (void)world_call(alice, "transfer.set", "{'transfer':%d,'state':'running'}", number);
    world_pass(&world, 900 * 1000);
    assert_texts(bob, alice->id, "first\nheard\nfile\nbehind\n");
    const cJSON *history = world_call(bob, "history", "{'chat':'%s'}", alice->id), *message;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(history, "messages")) {
        assert_string_equal(text_of(message, "kind"), "message");
    }
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blobs_are_sealed_chunk_by_chunk),
        cmocka_unit_test(files_are_deleted_with_their_message),
        cmocka_unit_test(a_forwarded_file_outlives_its_first_message),
        cmocka_unit_test(a_file_is_held_before_it_is_passed_on),
        cmocka_unit_test(a_file_goes_from_one_to_the_other),
        cmocka_unit_test(what_cannot_be_sent_or_saved_is_told),
        cmocka_unit_test(a_picture_that_can_t_be_bared_is_not_sent),
        cmocka_unit_test(uploads_of_the_version_before_are_taken),
        cmocka_unit_test(files_survive_a_crash_at_every_effect),
        cmocka_unit_test(paused_transfers_wait_and_hold_nothing_up),
        cmocka_unit_test(what_goes_on_is_encrypted_before_what_is_behind_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
