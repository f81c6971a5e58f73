/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The examples of draft-ietf-mimi-content-08, made from their diagnostic notation.
 */
#include "content_examples.h"

#include <sodium.h>
#include <string.h>

#include "content/cbor.h"
#include "test/check.h"

enum { MAX_BODY = 4096 };

const char content_example_room[] = "mimi://example.com/r/engineering_team";
static const char alice[] = "mimi://example.com/u/alice-smith", bob[] = "mimi://example.com/u/bob-jones",
                  cathy[] = "mimi://example.com/u/cathy-washington";
static const char markdown[] = "text/markdown;variant=GFM-MIMI";
static const char original_id[] = "017ce54837404c3696e0c747b985cb172716d0ed0a3d249ca63ace7d82a096f4";
static const char reply_id[] = "015354973c2b65ca937bf1e035ae53a5ab80e947afa43d46920d4202e5cc0b27";
static const char reaction_id[] = "0158c4288911e50a8f6be3f47746b6682f10fd91bc8c05557aa589a3157aff68";

static void unhex(const char *hex, uint8_t *out, size_t len) {
    size_t written;
    TEST_CHECK(sodium_hex2bin(out, len, hex, strlen(hex), NULL, &written, NULL) == 0 && written == len, "bad hex");
}

static void single(struct base_writer *writer, uint8_t disposition, const char *language, const char *type,
                   struct base_slice content) {
    struct content_part part = {
        .disposition = disposition,
        .language = base_slice_text(language),
        .cardinality = CONTENT_SINGLE,
        .type = base_slice_text(type),
        .content = content,
    };
    content_part_write(writer, &part);
}

static void text(struct base_writer *writer, const char *content) {
    single(writer, CONTENT_RENDER, "", markdown, base_slice_text(content));
}

static void original(struct base_writer *writer) {
    text(writer, "Hi everyone, we just shipped release 2.0. __Good  work__!");
}

static void reply(struct base_writer *writer) {
    text(writer, "Right on! _Congratulations_ 'all!");
}

static void reaction(struct base_writer *writer) {
    single(writer, CONTENT_REACTION, "", "text/plain;charset=utf-8", base_slice_text("\xe2\x9d\xa4"));
}

static void mention(struct base_writer *writer) {
    text(writer, "Kudos to [@Alice Smith](mimi://example.com/u/alice-smith) for making the release happen!");
}

static void edit(struct base_writer *writer) {
    text(writer, "Right on! _Congratulations_ y'all!");
}

static void nothing(struct base_writer *writer) {
    content_part_write(writer, &(struct content_part){ .disposition = CONTENT_RENDER });
}

static void no_reaction(struct base_writer *writer) {
    content_part_write(writer, &(struct content_part){ .disposition = CONTENT_REACTION });
}

static void expiring(struct base_writer *writer) {
    text(writer, "__*VPN GOING DOWN*__ I'm rebooting the VPN in ten minutes unless anyone objects.");
}

static void attachment(struct base_writer *writer) {
    uint8_t key[16], nonce[12], hash[32];
    unhex("21399320958a6f4c745dde670d95e0d8", key, sizeof key);
    unhex("c86cf2c33f21527d1dd76f5b", nonce, sizeof nonce);
    unhex("9ab17a8cf0890baaae7ee016c7312fcc080ba46498389458ee44f0276e783163", hash, sizeof hash);
    struct content_part part = {
        .disposition = CONTENT_ATTACHMENT,
        .language = base_slice_text("en"),
        .cardinality = CONTENT_EXTERNAL,
        .type = base_slice_text("video/mp4"),
        .url = base_slice_text("https://example.com/storage/8ksB4bSrrRE.mp4"),
        .size = 708234961,
        .encryption = 1,
        .key = base_slice(key, sizeof key),
        .nonce = base_slice(nonce, sizeof nonce),
        .hash_algorithm = 1,
        .hash = base_slice(hash, sizeof hash),
        .description = base_slice_text("2 hours of key signing video"),
        .filename = base_slice_text("bigfile.mp4"),
    };
    content_part_write(writer, &part);
}

static void conferencing(struct base_writer *writer) {
    struct content_part part = {
        .disposition = CONTENT_SESSION,
        .cardinality = CONTENT_EXTERNAL,
        .url = base_slice_text("https://example.com/join/12345"),
        .description = base_slice_text("Join the Foo 118 conference"),
    };
    content_part_write(writer, &part);
}

static void multi(struct base_writer *writer, uint8_t disposition, uint8_t semantics, uint64_t count,
                  struct base_writer *parts) {
    struct content_part part = {
        .disposition = disposition,
        .cardinality = CONTENT_MULTI,
        .semantics = semantics,
        .count = count,
        .parts = base_writer_view(parts),
    };
    content_part_write(writer, &part);
    base_writer_free(parts);
}

static struct base_writer body_writer(void) {
    return base_writer(base_allocator_libc(), MAX_BODY);
}

static void multipart_1(struct base_writer *writer) {
    struct base_writer parts = body_writer();
    uint8_t fancy[15];
    unhex("dc861ebaa718fd7c3ca159f71a2001", fancy, sizeof fancy);
    text(&parts, "# Welcome!");
    single(&parts, CONTENT_RENDER, "", "application/vnd.examplevendor-fancy-im-message",
           base_slice(fancy, sizeof fancy));
    multi(writer, CONTENT_RENDER, CONTENT_CHOOSE_ONE, 2, &parts);
}

static void multipart_2(struct base_writer *writer) {
    static const char *const emojis[] = { "\xe2\x9d\xa4", "\xf0\x9f\xa5\xb3", "\xf0\x9f\xa4\x9e" };
    struct base_writer parts = body_writer();
    for (size_t i = 0; i < 3; i++) {
        single(&parts, CONTENT_REACTION, "", "text/plain;charset=utf-8", base_slice_text(emojis[i]));
    }
    multi(writer, CONTENT_REACTION, CONTENT_PROCESS_ALL, 3, &parts);
}

/* One image with its page in two languages. */
static void page(struct base_writer *writer, const char *english, const char *french, const char *type,
                 const char *image) {
    struct base_writer languages = body_writer(), parts = body_writer();
    uint8_t bytes[16];
    unhex(image, bytes, sizeof bytes);
    single(&languages, CONTENT_RENDER, "en", "text/html;charset=utf-8", base_slice_text(english));
    single(&languages, CONTENT_RENDER, "fr", "text/html;charset=utf-8", base_slice_text(french));
    multi(&parts, CONTENT_RENDER, CONTENT_CHOOSE_ONE, 2, &languages);
    single(&parts, CONTENT_INLINE, "", type, base_slice(bytes, sizeof bytes));
    multi(writer, CONTENT_RENDER, CONTENT_PROCESS_ALL, 2, &parts);
}

static void multipart_3(struct base_writer *writer) {
    struct base_writer parts = body_writer();
    page(&parts,
         "<html><body><h1>Welcome!</h1>\n<img src=\"cid:5@local.invalid\" alt=\"Welcome image\"/>\n</body></html>",
         "<html><body><h1>Bienvenue!</h1>\n<img src=\"cid:5@local.invalid\" alt=\"Image bienvenue\"/>\n</body></html>",
         "image/gif", "dc861ebaa718fd7c3ca159f71a2001a7");
    page(&parts,
         "<html><body><h1>Welcome!</h1>\n<img src=\"cid:10@local.invalid\" alt=\"Welcome image\"/>\n</body></html>",
         "<html><body><h1>Bienvenue!</h1>\n<img src=\"cid:10@local.invalid\" alt=\"Image bienvenue\"/>\n</body></html>",
         "image/png", "fa444237451a05a72bb0f67037cc1669");
    multi(writer, CONTENT_RENDER, CONTENT_CHOOSE_ONE, 2, &parts);
}

const struct content_example content_examples[CONTENT_EXAMPLES] = {
    { "original", original_id, "5eed9406c2545547ab6f09f20a18b003", NULL, "", NULL, alice, 0, original },
    { "reply", reply_id, "11a458c73b8dd2cf404db4b378b8fe4d", NULL, "", original_id, bob, 0, reply },
    { "reaction", reaction_id, "d37bc0e6a8b4f04e9e6382375f587bf6", NULL, "", original_id, cathy, 0, reaction },
    { "mention", "018d825adf9f6be00dcafc5704c4102f5022e74219d0b603e4ba7622654042af", "04f290e215d0f82d1750bfa8b7dc089d",
      NULL, "", original_id, cathy, 0, mention },
    { "edit", "014028c0deddbdea56bec26172f6ede953d11024cb82b8192b5e2aea62d7fb47", "b8c2e6d8800ecf45df39be6c45f4c042",
      reply_id, "", original_id, bob, 0, edit },
    { "delete", "011d9efc78d04d4dcf4d82b07d5199bbef37011c1f0c7e004b6111c6dda504b4", "0a590d73b2c7761c39168be5ebf7f2e6",
      reply_id, "", original_id, bob, 0, nothing },
    { "unlike", "013aadbb8f313253c8930f4e93c6ca54b2ed06d258185bdcec3870534c8a4ec4", "c5ba86dc9fd272e58ca52ec805b79199",
      reaction_id, "", original_id, cathy, 0, no_reaction },
    { "expiring", "01e59db8173939facc2c8a4a0f0ae8d0c7a11a81239626630c9464a8d6717a03",
      "33be993eb39f418f9295afc2ae160d2d", NULL, "", NULL, alice, 1644390004, expiring },
    { "attachment", "0176180c7d19a925021fe446d241134d05c38e0d999cdc0f39c391d2377ed9d1",
      "18fac6371e4e53f1aeaf8a013155c166", NULL, "", NULL, bob, 0, attachment },
    { "conferencing", "01496d15a8dba28d7397f9868b70768e4a67f765d5b5b1ae9e03848c5fdeb0ba",
      "678ac6cd54de049c3e9665cd212470fa", NULL, "Foo 118", NULL, alice, 0, conferencing },
    { "multipart-1", "01da5a515ec5db42cc4dcc19b90c3c31245d8a1cfcce11318f24eb11dce0990e",
      "261c953e178af653fe3d42641b91d814", NULL, "", NULL, alice, 0, multipart_1 },
    { "multipart-2", "01d65918c6c51c8e76546337276ae6f4bfd873d867d5cb57c76bcdca3d999dd7",
      "8528dc2d92e4f1944d62042907ab94d0", NULL, "", NULL, alice, 0, multipart_2 },
    { "multipart-3", "01cfebeadbdb83c1eefb6403ba4852daf8bbbf9cd53bf5035a74d5d741950c9f",
      "b8362793168d18c049b882d4642a2274", NULL, "", NULL, alice, 0, multipart_3 },
};

struct base_bytes content_example_encode(const struct content_example *example) {
    struct base_writer body = body_writer(), extensions = body_writer(), writer = body_writer();
    uint8_t replaces[CONTENT_ID_LEN], in_reply_to[CONTENT_ID_LEN];
    struct content content = { 0 };
    unhex(example->salt, content.salt, sizeof content.salt);
    if (example->replaces != NULL) {
        unhex(example->replaces, replaces, sizeof replaces);
        content.replaces = base_slice(replaces, sizeof replaces);
    }
    if (example->in_reply_to != NULL) {
        unhex(example->in_reply_to, in_reply_to, sizeof in_reply_to);
        content.in_reply_to = base_slice(in_reply_to, sizeof in_reply_to);
    }
    content.topic = base_slice_text(example->topic);
    content.expires = example->expires != 0;
    content.expires_time = example->expires;
    cbor_write_head(&extensions, CBOR_MAP, 2);
    cbor_write_head(&extensions, CBOR_UNSIGNED, CONTENT_SENDER_URI);
    cbor_write_text(&extensions, base_slice_text(example->sender));
    cbor_write_head(&extensions, CBOR_UNSIGNED, CONTENT_ROOM_URI);
    cbor_write_text(&extensions, base_slice_text(content_example_room));
    content.extensions = base_writer_view(&extensions);
    example->body(&body);
    content.body = base_writer_view(&body);
    content_encode(&writer, &content);
    struct base_bytes bytes = { 0 };
    TEST_CHECK(base_writer_finish(&writer, &bytes) == BASE_OK, "an example is too long");
    base_writer_free(&extensions);
    base_writer_free(&body);
    return bytes;
}
