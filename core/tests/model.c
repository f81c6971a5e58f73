/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The model of a server.
 */
#include "model.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/check.h"

static const char domain[] = "example.org";

struct model_bytes model_copy(struct base_slice from) {
    struct model_bytes bytes = { (uint8_t *)malloc(from.len == 0 ? 1 : from.len), from.len };
    TEST_CHECK(bytes.data != NULL, "the machine is out of memory");
    if (from.len > 0) {
        memcpy(bytes.data, from.data, from.len);
    }
    return bytes;
}

struct base_slice model_slice(struct model_bytes bytes) {
    return base_slice(bytes.data, bytes.len);
}

struct model *model_new(void) {
    struct model *model = (struct model *)calloc(1, sizeof *model);
    TEST_CHECK(model != NULL && sodium_init() >= 0, "no memory, or no libsodium");
    model->max_behind = WIRE_MAX_BEHIND;
    return model;
}

static void clear_frames(struct model_connection *connection) {
    for (size_t i = 0; i < connection->count; i++) {
        free(connection->frames[(connection->first + i) % MODEL_FRAMES].data);
    }
    connection->first = connection->count = 0;
}

void model_free(struct model *model) {
    for (size_t i = 0; i < MODEL_ACCOUNTS; i++) {
        struct model_account *account = &model->accounts[i];
        clear_frames(&model->connections[i]);
        for (size_t k = 0; k < account->package_count; k++) {
            free(account->packages[k].data);
        }
        for (size_t k = 0; k < account->inbox_count; k++) {
            free(account->inbox[k].content.data);
        }
        free(account->last_resort.data);
    }
    for (size_t i = 0; i < model->link_count; i++) {
        free(model->links[i].content.data);
    }
    for (size_t i = 0; i < model->stream_count; i++) {
        for (size_t k = 0; k < model->streams[i]->entry_count; k++) {
            free(model->streams[i]->entries[k].content.data);
        }
        free(model->streams[i]);
    }
    for (size_t i = 0; i < model->blob_count; i++) {
        free(model->blobs[i].content.data);
    }
    for (size_t i = 0; i < model->door_count; i++) {
        free(model->doors[i].content.data);
    }
    free(model);
}

void model_invite(struct model *model, const char *code, const char *name) {
    struct model_account *account = &model->accounts[model->account_count++];
    (void)snprintf(account->code, sizeof account->code, "%s", code);
    (void)snprintf(account->name, sizeof account->name, "%s", name);
}

static void say(struct model *model, size_t who, const struct wire_frame *frame) {
    struct model_connection *connection = &model->connections[who];
    if (!connection->open) {
        return;
    }
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    wire_encode(&writer, frame);
    struct base_bytes bytes = { 0 };
    base_result result = base_writer_finish(&writer, &bytes);
    TEST_CHECK(result == BASE_OK, result == BASE_OK ? "" : result->name);
    TEST_CHECK(connection->count < MODEL_FRAMES, "too many frames wait");
    connection->frames[(connection->first + connection->count++) % MODEL_FRAMES] = model_copy(base_borrow(&bytes));
    base_bytes_free(&bytes);
}

bool model_next(struct model *model, size_t who, struct model_bytes *frame) {
    struct model_connection *connection = &model->connections[who];
    if (connection->count == 0) {
        return false;
    }
    *frame = connection->frames[connection->first];
    connection->first = (connection->first + 1) % MODEL_FRAMES;
    connection->count--;
    return true;
}

static void refuse(struct model *model, size_t who, uint32_t request, uint16_t code, uint64_t argument) {
    struct wire_frame frame = { .type = WIRE_REFUSAL, .request = request };
    frame.of.refusal = (struct wire_refusal){ code, argument };
    say(model, who, &frame);
}

void model_connect(struct model *model, size_t who) {
    struct model_connection *connection = &model->connections[who];
    *connection = (struct model_connection){ .open = true };
    if (model->turns_away != 0) {
        refuse(model, who, 0, WIRE_REFUSED_TOO_OFTEN, model->turns_away);
        return;
    }
    randombytes_buf(connection->challenge, sizeof connection->challenge);
    struct wire_frame frame = { .type = WIRE_CHALLENGE };
    frame.of.challenge.lowest_version = model->lowest_version == 0 ? WIRE_VERSION : model->lowest_version;
    frame.of.challenge.highest_version = model->highest_version == 0 ? WIRE_VERSION : model->highest_version;
    frame.of.challenge.domain = base_slice_text(domain);
    memcpy(frame.of.challenge.challenge, connection->challenge, WIRE_KEY_LEN);
    frame.of.challenge.now = model->now;
    say(model, who, &frame);
}

void model_disconnect(struct model *model, size_t who) {
    clear_frames(&model->connections[who]);
    model->connections[who].open = false;
}

static void done(struct model *model, size_t who, uint32_t request) {
    struct wire_frame frame = { .type = WIRE_DONE, .request = request };
    say(model, who, &frame);
}

static bool signed_by(const uint8_t *key, const uint8_t *signature, struct base_writer *content) {
    struct base_slice message = base_writer_view(content);
    bool good = crypto_sign_verify_detached(signature, message.data, message.len, key) == 0;
    base_writer_free(content);
    return good;
}

static void activate_linked(struct model *model, size_t who, uint32_t request, const struct wire_activate *asked);

static void activate(struct model *model, size_t who, uint32_t request, const struct wire_activate *asked) {
    struct model_connection *connection = &model->connections[who];
    struct base_writer content = base_writer(base_allocator_libc(), WIRE_MAX_SIGNED);
    wire_activate_content(&content, base_slice_text(domain), connection->challenge, asked);
    bool identified = crypto_sign_verify_detached(asked->identity_proof, base_writer_view(&content).data,
                                                  base_writer_view(&content).len, asked->identity_key) == 0;
    TEST_CHECK(signed_by(asked->device_key, asked->proof, &content) && identified, "a proof of an activation is wrong");
    for (size_t i = 0; i < model->account_count; i++) {
        struct model_account *account = &model->accounts[i];
        if (!base_slice_equal(base_slice_text(account->code), asked->code)) {
            continue;
        }
        if (account->active && memcmp(account->device_key, asked->device_key, WIRE_KEY_LEN) != 0) {
            refuse(model, who, request, WIRE_REFUSED_LINK_USED, 0);
            return;
        }
        if (!account->active) {
            base_result drawn = wire_id_random(base_random_system(), account->id);
            TEST_CHECK(drawn == BASE_OK, "no randomness");
            memcpy(account->device, asked->device, WIRE_DEVICE_LEN);
            memcpy(account->identity_key, asked->identity_key, WIRE_KEY_LEN);
            memcpy(account->device_key, asked->device_key, WIRE_KEY_LEN);
            account->active = true;
        }
        connection->account = account;
        struct wire_frame frame = { .type = WIRE_ACTIVATED, .request = request };
        memcpy(frame.of.activated.account, account->id, WIRE_ACCOUNT_LEN);
        frame.of.activated.name = base_slice_text(account->name);
        say(model, who, &frame);
        return;
    }
    activate_linked(model, who, request, asked);
}

static struct model_account *find_account(struct model *model, const uint8_t *id) {
    for (size_t i = 0; i < model->account_count; i++) {
        if (model->accounts[i].active && !model->accounts[i].removed &&
            memcmp(model->accounts[i].id, id, WIRE_ACCOUNT_LEN) == 0) {
            return &model->accounts[i];
        }
    }
    return NULL;
}

static struct model_account *find_device(struct model *model, const uint8_t *account, const uint8_t *device) {
    for (size_t i = 0; i < model->account_count; i++) {
        struct model_account *one = &model->accounts[i];
        if (one->active && memcmp(one->id, account, WIRE_ACCOUNT_LEN) == 0 &&
            memcmp(one->device, device, WIRE_DEVICE_LEN) == 0) {
            return one;
        }
    }
    return NULL;
}

/* There are none yet if it is empty. */
static void write_name(struct base_writer *writer, struct model_bytes package) {
    uint8_t hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(hash, package.data, package.len);
    base_write_slice(writer, base_slice(hash, package.len == 0 ? 0 : WIRE_PACKAGE_NAME_LEN));
}

static void sign_in(struct model *model, size_t who, uint32_t request, const struct wire_sign_in *asked) {
    struct model_connection *connection = &model->connections[who];
    struct model_account *account = find_device(model, asked->account, asked->device);
    struct base_writer content = base_writer(base_allocator_libc(), WIRE_MAX_SIGNED);
    wire_sign_in_content(&content, base_slice_text(domain), connection->challenge, asked->account, asked->device);
    bool good = account != NULL && signed_by(account->device_key, asked->signature, &content);
    base_writer_free(&content);
    if (!good) {
        refuse(model, who, request, WIRE_REFUSED_SIGN_IN, 0);
        return;
    }
    if (account->removed) {
        refuse(model, who, request, WIRE_REFUSED_REMOVED, 0);
        return;
    }
    connection->account = account;
    struct wire_frame frame = { .type = WIRE_SIGNED_IN, .request = request };
    struct base_writer writer = base_writer(base_allocator_libc(), (MODEL_PACKAGES + 1) * WIRE_PACKAGE_NAME_LEN);
    for (size_t i = 0; i < account->package_count; i++) {
        write_name(&writer, account->packages[i]);
    }
    write_name(&writer, account->last_resort);
    struct base_slice names = base_writer_view(&writer);
    size_t len = account->package_count * WIRE_PACKAGE_NAME_LEN;
    frame.of.signed_in.packages = base_slice(names.data, len);
    frame.of.signed_in.last_resort = base_slice(names.data + len, names.len - len);
    say(model, who, &frame);
    base_writer_free(&writer);
}

static void tell_devices(struct model *model, const uint8_t *account);

static void put_key_packages(struct model *model, size_t who, uint32_t request,
                             const struct wire_put_key_packages *asked) {
    struct model_account *account = model->connections[who].account;
    bool first = account->package_count == 0 && account->last_resort.len == 0;
    while (asked->replace != 0 && account->package_count > 0) {
        free(account->packages[--account->package_count].data);
    }
    struct base_reader packages = base_reader(asked->packages);
    while (packages.left > 0 && account->package_count < MODEL_PACKAGES) {
        struct base_slice package = { 0 };
        TEST_CHECK(wire_key_package_next(&packages, &package) == BASE_OK, "a key package");
        account->packages[account->package_count++] = model_copy(package);
    }
    if (asked->last_resort.len > 0) {
        free(account->last_resort.data);
        account->last_resort = model_copy(asked->last_resort);
    }
    done(model, who, request);
    if (first) {
        tell_devices(model, account->id);
    }
}

static bool is_device_of(const struct model_account *device, const uint8_t *account) {
    return device->active && !device->removed && memcmp(device->id, account, WIRE_ACCOUNT_LEN) == 0;
}

static const struct model_stranger *find_stranger(const struct model *model, const uint8_t *id) {
    size_t low = 0, high = model->stranger_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(model->strangers[middle].id, id, WIRE_ACCOUNT_LEN) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < model->stranger_count && memcmp(model->strangers[low].id, id, WIRE_ACCOUNT_LEN) == 0;
    return found ? &model->strangers[low] : NULL;
}

static void give_stranger(struct model *model, size_t who, uint32_t request, const struct model_stranger *stranger) {
    struct wire_frame frame = { .type = WIRE_KEY_PACKAGES, .request = request };
    struct base_writer given = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    struct wire_device_key_package one = { .key_package = stranger->key_package };
    memcpy(one.device, stranger->device, WIRE_DEVICE_LEN);
    memcpy(frame.of.key_packages.identity_key, stranger->identity_key, WIRE_KEY_LEN);
    wire_device_key_package_write(&given, &one);
    frame.of.key_packages.devices = base_writer_view(&given);
    say(model, who, &frame);
    base_writer_free(&given);
}

static void take_key_packages(struct model *model, size_t who, uint32_t request,
                              const struct wire_take_key_packages *asked) {
    const struct model_account *account = find_account(model, asked->account);
    const struct model_stranger *stranger = find_stranger(model, asked->account);
    if (stranger != NULL) {
        give_stranger(model, who, request, stranger);
        return;
    }
    if (account == NULL) {
        refuse(model, who, request, WIRE_REFUSED_NO_ACCOUNT, 0);
        return;
    }
    struct model_bytes spent[WIRE_MAX_DEVICES];
    size_t spent_count = 0;
    struct wire_frame frame = { .type = WIRE_KEY_PACKAGES, .request = request };
    struct base_writer given = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    memcpy(frame.of.key_packages.identity_key, account->identity_key, WIRE_KEY_LEN);
    for (size_t i = 0; i < model->account_count; i++) {
        struct model_account *device = &model->accounts[i];
        bool any = device->package_count > 0 || device->last_resort.len > 0;
        if (!is_device_of(device, asked->account) || device == model->connections[who].account || !any) {
            continue;
        }
        bool one_time = device->package_count > 0;
        struct model_bytes package = one_time ? device->packages[--device->package_count] : device->last_resort;
        struct wire_device_key_package one = { .key_package = model_slice(package) };
        memcpy(one.device, device->device, WIRE_DEVICE_LEN);
        wire_device_key_package_write(&given, &one);
        if (one_time) {
            spent[spent_count++] = package;
        }
    }
    frame.of.key_packages.devices = base_writer_view(&given);
    if (frame.of.key_packages.devices.len == 0) {
        refuse(model, who, request, WIRE_REFUSED_NO_KEY_PACKAGE, 0);
    } else {
        say(model, who, &frame);
    }
    base_writer_free(&given);
    while (spent_count > 0) {
        free(spent[--spent_count].data);
    }
}

/* ---- devices ---- */

static void say_devices(struct model *model, size_t who, uint32_t request) {
    struct wire_frame frame = { .type = WIRE_DEVICES, .request = request };
    const struct model_account *own = model->connections[who].account;
    for (size_t i = 0; i < model->account_count; i++) {
        if (is_device_of(&model->accounts[i], own->id)) {
            memcpy(frame.of.devices.devices[frame.of.devices.count++], model->accounts[i].device, WIRE_DEVICE_LEN);
        }
    }
    say(model, who, &frame);
}

static void tell_devices(struct model *model, const uint8_t *account) {
    for (size_t i = 0; i < MODEL_ACCOUNTS; i++) {
        const struct model_connection *connection = &model->connections[i];
        if (connection->open && connection->account != NULL && is_device_of(connection->account, account)) {
            say_devices(model, i, 0);
        }
    }
}

static void create_link(struct model *model, size_t who, uint32_t request, const struct wire_create_link *asked) {
    struct model_account *own = model->connections[who].account;
    for (size_t i = 0; i < model->link_count; i++) {
        model->links[i].by = model->links[i].by == own && model->links[i].used == NULL ? NULL : model->links[i].by;
    }
    TEST_CHECK(model->link_count < MODEL_LINKS, "too many links");
    struct model_link *link = &model->links[model->link_count++];
    *link = (struct model_link){ .by = own, .expires = model->now + WIRE_LINK_SECONDS };
    link->content = model_copy(asked->content);
    memcpy(link->code_hash, asked->code_hash, WIRE_KEY_LEN);
    done(model, who, request);
}

static void put_recovery(struct model *model, size_t who, uint32_t request, const struct wire_put_recovery *asked) {
    struct model_account *own = model->connections[who].account;
    for (size_t i = 0; i < model->link_count; i++) {
        if (model->links[i].by == NULL && memcmp(model->links[i].code_hash, asked->code_hash, WIRE_KEY_LEN) == 0) {
            refuse(model, who, request, WIRE_REFUSED_LINK_USED, 0); /* a removal has closed it */
            return;
        }
    }
    TEST_CHECK(model->link_count < MODEL_LINKS, "too many links");
    struct model_link *link = &model->links[model->link_count++];
    *link = (struct model_link){ .by = own, .expires = UINT64_MAX, .recovers = true };
    memcpy(link->code_hash, asked->code_hash, WIRE_KEY_LEN);
    done(model, who, request);
}

static struct model_link *find_link(struct model *model, struct base_slice code) {
    uint8_t hash[WIRE_KEY_LEN];
    crypto_hash_sha256(hash, code.data, code.len);
    for (size_t i = 0; i < model->link_count; i++) {
        if (model->links[i].by != NULL && memcmp(model->links[i].code_hash, hash, WIRE_KEY_LEN) == 0) {
            return &model->links[i];
        }
    }
    return NULL;
}

/* 0, or why the link is no good for this device. */
static uint16_t judge_link(const struct model *model, const struct model_link *link, const uint8_t *device) {
    return link == NULL                                                       ? WIRE_REFUSED_LINK_UNKNOWN
           : link->taken && memcmp(link->taker, device, WIRE_DEVICE_LEN) != 0 ? WIRE_REFUSED_LINK_USED
           : link->expires <= model->now                                      ? WIRE_REFUSED_LINK_EXPIRED
                                                                              : 0;
}

static void take_link(struct model *model, size_t who, uint32_t request, const struct wire_take_link *asked) {
    struct model_link *link = find_link(model, asked->code);
    uint16_t refusal = judge_link(model, link, asked->device);
    if (refusal != 0) {
        refuse(model, who, request, refusal, link == NULL ? 0 : link->expires);
        return;
    }
    link->taken = true;
    memcpy(link->taker, asked->device, WIRE_DEVICE_LEN);
    struct wire_frame frame = { .type = WIRE_LINK_CONTENT, .request = request };
    frame.of.link_content.content = model_slice(link->content);
    say(model, who, &frame);
}

static void activate_linked(struct model *model, size_t who, uint32_t request, const struct wire_activate *asked) {
    struct model_link *link = find_link(model, asked->code);
    uint16_t refusal = judge_link(model, link, asked->device);
    bool again = link != NULL && link->used != NULL && !link->used->removed &&
                 memcmp(link->used->device_key, asked->device_key, WIRE_KEY_LEN) == 0;
    if (link != NULL && link->recovers && !again) {
        link->used = NULL;
    }
    if (refusal == 0 && link->used == NULL && memcmp(link->by->identity_key, asked->identity_key, WIRE_KEY_LEN) != 0) {
        refusal = WIRE_REFUSED_SIGN_IN;
    }
    if (!again && (refusal != 0 || link->used != NULL)) {
        refuse(model, who, request, refusal != 0 ? refusal : WIRE_REFUSED_LINK_USED, link == NULL ? 0 : link->expires);
        return;
    }
    if (!again) {
        TEST_CHECK(model->account_count < MODEL_ACCOUNTS, "too many devices");
        struct model_account *device = &model->accounts[model->account_count++];
        memcpy(device->id, link->by->id, WIRE_ACCOUNT_LEN);
        memcpy(device->device, asked->device, WIRE_DEVICE_LEN);
        memcpy(device->identity_key, asked->identity_key, WIRE_KEY_LEN);
        memcpy(device->device_key, asked->device_key, WIRE_KEY_LEN);
        device->active = true;
        link->used = device;
    }
    model->connections[who].account = link->used;
    struct wire_frame frame = { .type = WIRE_ACTIVATED, .request = request };
    memcpy(frame.of.activated.account, link->used->id, WIRE_ACCOUNT_LEN);
    say(model, who, &frame);
}

static void remove_device(struct model *model, size_t who, uint32_t request, const struct wire_remove_device *asked) {
    const struct model_account *own = model->connections[who].account;
    struct model_account *device = NULL;
    for (size_t i = 0; i < model->account_count; i++) {
        struct model_account *one = &model->accounts[i];
        device = is_device_of(one, own->id) && memcmp(one->device, asked->device, WIRE_DEVICE_LEN) == 0 ? one : device;
    }
    if (device == NULL || device == own) {
        refuse(model, who, request, device == own ? WIRE_REFUSED_OWN_DEVICE : WIRE_REFUSED_NO_DEVICE, 0);
        return;
    }
    device->removed = true;
    for (size_t i = 0; i < model->link_count; i++) {
        model->links[i].by = model->links[i].used == NULL ? NULL : model->links[i].by;
    }
    done(model, who, request);
    for (size_t i = 0; i < MODEL_ACCOUNTS; i++) {
        if (model->connections[i].open && model->connections[i].account == device) {
            refuse(model, i, 0, WIRE_REFUSED_REMOVED, 0);
            model->connections[i].account = NULL;
        }
    }
    tell_devices(model, own->id);
}

static bool has_device(const struct model *model, const struct wire_which_device *asked) {
    bool found = false;
    for (size_t i = 0; i < model->account_count; i++) {
        const struct model_account *device = &model->accounts[i];
        found = found ||
                (is_device_of(device, asked->account) && memcmp(device->device_key, asked->key, WIRE_KEY_LEN) == 0);
    }
    return found;
}

static void get_identities(struct model *model, size_t who, uint32_t request, const struct wire_get_identities *asked) {
    struct wire_frame frame = { .type = WIRE_IDENTITIES, .request = request };
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    struct base_reader devices = base_reader(asked->devices);
    for (; devices.left != 0; model->asked_identities++) {
        struct wire_identity identity;
        TEST_CHECK(wire_which_device_next(&devices, &identity.device) == BASE_OK, "a device is cut off");
        const struct model_account *account = find_account(model, identity.device.account);
        const struct model_stranger *stranger = find_stranger(model, identity.device.account);
        identity.listed = stranger != NULL || has_device(model, &identity.device) ? 1 : 0;
        const uint8_t *key = stranger != NULL ? stranger->identity_key : account != NULL ? account->identity_key : NULL;
        identity.identity_key = base_slice(key, key == NULL ? 0 : WIRE_KEY_LEN);
        identity.device.account[0] ^= model->mixed_up ? 1 : 0;
        wire_identity_write(&writer, &identity);
    }
    frame.of.identities.identities = base_writer_view(&writer);
    say(model, who, &frame);
    base_writer_free(&writer);
}

static struct model_stream *find_stream(struct model *model, const uint8_t *id, size_t *index) {
    for (size_t i = 0; i < model->stream_count; i++) {
        if (memcmp(model->streams[i]->id, id, WIRE_STREAM_LEN) == 0) {
            *index = i;
            return model->streams[i];
        }
    }
    return NULL;
}

/* Which epoch a token is of; epoch_count: none. */
static size_t find_epoch(const struct model_stream *stream, const uint8_t *token) {
    uint8_t hash[WIRE_KEY_LEN];
    crypto_hash_sha256(hash, token, WIRE_KEY_LEN);
    size_t epoch = stream->epoch_count;
    for (size_t i = 0; i < stream->epoch_count; i++) {
        epoch = memcmp(stream->epochs[i].hash, hash, WIRE_KEY_LEN) == 0 ? i : epoch;
    }
    return epoch;
}

static void create_stream(struct model *model, size_t who, uint32_t request, const struct wire_create_stream *asked) {
    size_t index;
    struct model_stream *stream = find_stream(model, asked->stream, &index);
    if (stream != NULL) {
        if (memcmp(stream->epochs[stream->epoch_count - 1].hash, asked->token_hash, WIRE_KEY_LEN) == 0) {
            done(model, who, request);
        } else {
            refuse(model, who, request, WIRE_REFUSED_STREAM_EXISTS, 0);
        }
        return;
    }
    TEST_CHECK(model->stream_count < MODEL_STREAMS, "too many streams");
    stream = (struct model_stream *)calloc(1, sizeof *stream);
    TEST_CHECK(stream != NULL, "the machine is out of memory");
    memcpy(stream->id, asked->stream, WIRE_STREAM_LEN);
    memcpy(stream->epochs[0].hash, asked->token_hash, WIRE_KEY_LEN);
    stream->epoch_count = 1;
    stream->next = 1;
    model->streams[model->stream_count++] = stream;
    done(model, who, request);
}

/* Says the entries from `from` on that are open to the epoch; whether its token was replaced by the last of them. */
static void say_entries(struct model *model, size_t who, uint32_t request, size_t stream_index, size_t epoch,
                        uint64_t after) {
    enum { BATCH = 3 }; /* few at a time, so that "more" is met often */
    const struct model_stream *stream = model->streams[stream_index];
    bool replaced = stream->epochs[epoch].last != 0;
    uint64_t first = stream->epochs[epoch].after, last = replaced ? stream->epochs[epoch].last : UINT64_MAX;
    struct base_writer entries = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    struct wire_frame frame = { .type = WIRE_ENTRIES, .request = request };
    memcpy(frame.of.entries.stream, stream->id, WIRE_STREAM_LEN);
    size_t said = 0;
    for (size_t i = 0; i < stream->entry_count; i++) {
        const struct model_entry *entry = &stream->entries[i];
        if (entry->number <= after || entry->number <= first || entry->number > last || entry->content.len == 0) {
            continue;
        }
        if (said == BATCH && request != 0) {
            frame.of.entries.flags |= WIRE_MORE;
            break;
        }
        struct wire_entry out = { .number = entry->number,
                                  .kind = entry->kind,
                                  .content = model_slice(entry->content) };
        memcpy(out.nonce, entry->nonce, WIRE_NONCE_LEN);
        wire_entry_write(&entries, &out);
        said++;
    }
    if (replaced && (frame.of.entries.flags & WIRE_MORE) == 0) {
        frame.of.entries.flags |= WIRE_ENDED;
    }
    frame.of.entries.last_commit = stream->last_commit;
    frame.of.entries.entries = base_writer_view(&entries);
    say(model, who, &frame);
    base_writer_free(&entries);
    if (frame.of.entries.flags != 0) {
        model->connections[who].live[stream_index] = false;
    }
}

static void read_stream(struct model *model, size_t who, uint32_t request, const struct wire_read *asked) {
    size_t index;
    struct model_stream *stream = find_stream(model, asked->stream, &index);
    size_t epoch = stream == NULL ? 0 : find_epoch(stream, asked->token);
    if (stream == NULL || epoch == stream->epoch_count) {
        refuse(model, who, request, WIRE_REFUSED_NO_STREAM, 0);
        return;
    }
    if (asked->after >= stream->next) {
        refuse(model, who, request, WIRE_REFUSED_REWOUND, stream->next - 1);
        return;
    }
    stream->epochs[epoch].used = stream->epochs[epoch].used || stream->epochs[epoch].committer != who;
    model->connections[who].live[index] = asked->live == 1;
    model->connections[who].quiet_until[index] = asked->quiet_until;
    say_entries(model, who, request, index, epoch, asked->after);
}

static void appended(struct model *model, size_t who, uint32_t request, uint64_t number) {
    struct wire_frame frame = { .type = WIRE_APPENDED, .request = request };
    frame.of.appended.number = number;
    say(model, who, &frame);
}

/* The number of the entry behind number `after` that has the nonce, or 0. */
static uint64_t find_nonce(const struct model_stream *stream, uint64_t after, const uint8_t nonce[WIRE_NONCE_LEN]) {
    for (size_t i = 0; i < stream->entry_count; i++) {
        if (stream->entries[i].number > after && memcmp(stream->entries[i].nonce, nonce, WIRE_NONCE_LEN) == 0) {
            return stream->entries[i].number;
        }
    }
    return 0;
}

static void append(struct model *model, size_t who, uint32_t request, const struct wire_append *asked) {
    size_t index;
    struct model_stream *stream = find_stream(model, asked->stream, &index);
    size_t epoch = stream == NULL ? 0 : find_epoch(stream, asked->token);
    if (stream == NULL || epoch == stream->epoch_count) {
        refuse(model, who, request, WIRE_REFUSED_NO_STREAM, 0);
        return;
    }
    uint64_t after = asked->after > stream->epochs[epoch].after ? asked->after : stream->epochs[epoch].after;
    uint64_t last = stream->epochs[epoch].last != 0 ? stream->epochs[epoch].last : stream->next - 1;
    if (asked->kind == WIRE_KIND_MESSAGE && last > after && last - after > model->max_behind) {
        refuse(model, who, request, WIRE_REFUSED_BEHIND, model->max_behind);
        return;
    }
    uint64_t number = find_nonce(stream, asked->after, asked->nonce);
    if (number != 0) {
        appended(model, who, request, number);
        return;
    }
    bool commit = asked->kind != WIRE_KIND_MESSAGE;
    size_t current = stream->epoch_count - 1;
    bool repairs =
        asked->kind == WIRE_KIND_REPAIR && epoch != current && stream->epochs[epoch].last == stream->last_commit;
    bool in_time = repairs || (epoch == current && asked->kind != WIRE_KIND_REPAIR);
    if (!in_time || (commit && asked->known_commit != stream->last_commit)) {
        refuse(model, who, request, WIRE_REFUSED_EPOCH_MOVED, stream->last_commit);
        return;
    }
    if (repairs && stream->epochs[current].used) {
        refuse(model, who, request, WIRE_REFUSED_EPOCH_USED, 0);
        return;
    }
    stream->epochs[current].used = stream->epochs[current].used || stream->epochs[current].committer != who;
    static const uint8_t none[WIRE_NONCE_LEN];
    if (!commit && memcmp(asked->previous, none, sizeof none) != 0 &&
        find_nonce(stream, asked->after, asked->previous) == 0) {
        refuse(model, who, request, WIRE_REFUSED_OUT_OF_ORDER, 0);
        return;
    }
    TEST_CHECK(stream->entry_count < MODEL_ENTRIES && stream->epoch_count < MODEL_EPOCHS, "a stream is full");
    struct model_entry *entry = &stream->entries[stream->entry_count++];
    entry->number = stream->next++;
    entry->kind = commit ? WIRE_KIND_COMMIT : WIRE_KIND_MESSAGE;
    memcpy(entry->nonce, asked->nonce, WIRE_NONCE_LEN);
    entry->lifetime = asked->lifetime;
    entry->content = model_copy(asked->content);
    if (commit) {
        stream->last_commit = entry->number;
        stream->epochs[current].last = stream->epochs[epoch].last = entry->number;
        stream->epochs[stream->epoch_count].committer = who;
        memcpy(stream->epochs[stream->epoch_count].hash, asked->next_token_hash, WIRE_KEY_LEN);
        stream->epochs[stream->epoch_count++].after = entry->number;
    }
    appended(model, who, request, entry->number);
    for (size_t i = 0; i < MODEL_ACCOUNTS; i++) {
        if (model->connections[i].open && model->connections[i].live[index]) {
            say_entries(model, i, 0, index, current, entry->number - 1);
        }
    }
}

/* The model does not look at deletion keys: the server's tests do. */
static void delete_entry(struct model *model, size_t who, uint32_t request, const struct wire_delete_entry *asked) {
    size_t index;
    struct model_stream *stream = find_stream(model, asked->stream, &index);
    for (size_t i = 0; stream != NULL && i < stream->entry_count; i++) {
        struct model_entry *entry = &stream->entries[i];
        if (entry->number == asked->number && entry->kind == WIRE_KIND_MESSAGE && entry->content.len > 0) {
            free(entry->content.data);
            entry->content = (struct model_bytes){ 0 };
            done(model, who, request);
            return;
        }
    }
    refuse(model, who, request, WIRE_REFUSED_NO_ENTRY, 0);
}

static void say_inbox(struct model *model, size_t who, uint32_t request, uint64_t after) {
    struct base_writer entries = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    struct wire_frame frame = { .type = WIRE_INBOX_ENTRIES, .request = request };
    const struct model_account *account = model->connections[who].account;
    for (size_t i = 0; i < account->inbox_count; i++) {
        const struct model_entry *entry = &account->inbox[i];
        if (entry->number > after && entry->content.data != NULL) {
            struct wire_entry out = { .number = entry->number, .content = model_slice(entry->content) };
            memcpy(out.nonce, entry->nonce, WIRE_NONCE_LEN);
            wire_entry_write(&entries, &out);
        }
    }
    frame.of.inbox_entries.entries = base_writer_view(&entries);
    say(model, who, &frame);
    base_writer_free(&entries);
}

static void inbox_append(struct model *model, size_t who, uint32_t request, const struct wire_inbox_append *asked) {
    struct model_account *account = find_device(model, asked->account, asked->device);
    if (find_stranger(model, asked->account) != NULL) {
        appended(model, who, request, 1);
        return;
    }
    if (account == NULL || account->removed) {
        refuse(model, who, request, WIRE_REFUSED_NO_DEVICE, 0);
        return;
    }
    for (size_t i = 0; i < account->inbox_count; i++) {
        if (memcmp(account->inbox[i].nonce, asked->nonce, WIRE_NONCE_LEN) == 0) {
            appended(model, who, request, account->inbox[i].number);
            return;
        }
    }
    TEST_CHECK(account->inbox_count < MODEL_ENTRIES, "an inbox is full");
    struct model_entry *entry = &account->inbox[account->inbox_count++];
    entry->number = ++account->inbox_next;
    memcpy(entry->nonce, asked->nonce, WIRE_NONCE_LEN);
    entry->content = model_copy(asked->content);
    appended(model, who, request, entry->number);
    for (size_t i = 0; i < MODEL_ACCOUNTS; i++) {
        if (model->connections[i].open && model->connections[i].account == account &&
            model->connections[i].inbox_live) {
            say_inbox(model, i, 0, entry->number - 1);
        }
    }
}

/* As the server does it: the nonces stay, so that a repetition is known. */
static void inbox_delete(struct model_account *account, uint64_t last) {
    for (size_t i = 0; i < account->inbox_count && account->inbox[i].number <= last; i++) {
        free(account->inbox[i].content.data);
        account->inbox[i].content = (struct model_bytes){ 0 };
    }
}

static struct model_blob *find_blob(struct model *model, const uint8_t name[WIRE_BLOB_LEN]) {
    for (size_t i = 0; i < model->blob_count; i++) {
        if (memcmp(model->blobs[i].name, name, WIRE_BLOB_LEN) == 0) {
            return &model->blobs[i];
        }
    }
    return NULL;
}

/* MODEL_HOLDS: it is not there. */
static size_t find_hold(const struct model_blob *blob, const uint8_t hash[WIRE_KEY_LEN]) {
    size_t i = 0;
    while (i < blob->hold_count && memcmp(blob->holds[i], hash, WIRE_KEY_LEN) != 0) {
        i++;
    }
    return i == blob->hold_count ? MODEL_HOLDS : i;
}

static void add_hold(struct model_blob *blob, const uint8_t hash[WIRE_KEY_LEN]) {
    if (find_hold(blob, hash) == MODEL_HOLDS) {
        TEST_CHECK(blob->hold_count < MODEL_HOLDS, "too many holds");
        memcpy(blob->holds[blob->hold_count++], hash, WIRE_KEY_LEN);
    }
}

static void hold_blob(struct model *model, size_t who, uint32_t request, const struct wire_hold_blob *asked) {
    struct model_blob *blob = find_blob(model, asked->blob);
    if (blob == NULL) {
        refuse(model, who, request, WIRE_REFUSED_NO_ENTRY, 0);
        return;
    }
    add_hold(blob, asked->deletion_hash);
    done(model, who, request);
}

static void delete_blob(struct model *model, size_t who, uint32_t request, const struct wire_delete_blob *asked) {
    struct model_blob *blob = find_blob(model, asked->blob);
    uint8_t hash[WIRE_KEY_LEN];
    (void)crypto_hash_sha256(hash, asked->deletion_key, sizeof asked->deletion_key);
    size_t hold = blob == NULL ? MODEL_HOLDS : find_hold(blob, hash);
    if (hold == MODEL_HOLDS) {
        refuse(model, who, request, WIRE_REFUSED_NO_ENTRY, 0);
        return;
    }
    memcpy(blob->holds[hold], blob->holds[--blob->hold_count], WIRE_KEY_LEN);
    if (blob->hold_count == 0) {
        free(blob->content.data);
        *blob = (struct model_blob){ 0 };
    }
    done(model, who, request);
}

static void put_door(struct model *model, size_t who, uint32_t request, const struct wire_put_door *asked) {
    uint8_t hash[crypto_hash_sha256_BYTES], content[WIRE_DOOR_CONTENT], name[WIRE_STREAM_LEN];
    size_t i = 0;
    (void)crypto_hash_sha256(hash, asked->key, sizeof asked->key);
    wire_door_content(hash, asked->index, content);
    (void)crypto_hash_sha256(name, content, sizeof content);
    while (i < model->door_count && memcmp(model->doors[i].name, name, WIRE_STREAM_LEN) != 0) {
        i++;
    }
    TEST_CHECK(i < MODEL_DOORS, "too many doors");
    model->door_count = i == model->door_count ? i + 1 : model->door_count;
    memcpy(model->doors[i].name, name, WIRE_STREAM_LEN);
    free(model->doors[i].content.data);
    model->doors[i].content = (struct model_bytes){ 0 };
    if (asked->content.len > 0) {
        model->doors[i].content = model_copy(asked->content);
    }
    done(model, who, request);
}

static void get_door(struct model *model, size_t who, uint32_t request, const struct wire_get_door *asked) {
    for (size_t i = 0; i < model->door_count; i++) {
        if (memcmp(model->doors[i].name, asked->door, WIRE_STREAM_LEN) == 0 && model->doors[i].content.len > 0) {
            struct wire_frame frame = { .type = WIRE_DOOR, .request = request };
            frame.of.door.content = model_slice(model->doors[i].content);
            say(model, who, &frame);
            return;
        }
    }
    refuse(model, who, request, WIRE_REFUSED_NO_DOOR, 0);
}

static void create_blob(struct model *model, size_t who, uint32_t request, const struct wire_create_blob *asked) {
    for (size_t i = 0; i < model->blob_count; i++) {
        if (memcmp(model->blobs[i].name, asked->blob, WIRE_BLOB_LEN) == 0) {
            done(model, who, request);
            return;
        }
    }
    TEST_CHECK(model->blob_count < MODEL_BLOBS, "too many blobs");
    model->blobs[model->blob_count].lifetime = asked->lifetime;
    add_hold(&model->blobs[model->blob_count], asked->deletion_hash);
    memcpy(model->blobs[model->blob_count++].name, asked->blob, WIRE_BLOB_LEN);
    done(model, who, request);
}

static void pass_signal(struct model *model, size_t who, uint32_t request, const struct wire_signal *asked) {
    size_t index;
    const struct model_stream *stream = find_stream(model, asked->stream, &index);
    struct wire_frame frame = { .type = WIRE_SIGNALLED };
    memcpy(frame.of.signalled.stream, asked->stream, WIRE_STREAM_LEN);
    frame.of.signalled.content = asked->content;
    done(model, who, request);
    model->signals++;
    for (size_t i = 0; i < MODEL_ACCOUNTS && stream != NULL && !model->mute; i++) {
        bool current = find_epoch(stream, asked->token) + 1 == stream->epoch_count;
        if (i != who && current && model->connections[i].open && model->connections[i].live[index]) {
            say(model, i, &frame);
        }
    }
}

void model_receive(struct model *model, size_t who, struct base_slice bytes) {
    struct model_connection *connection = &model->connections[who];
    if (!connection->open) {
        return;
    }
    struct wire_frame frame;
    base_result result = wire_decode(bytes, &frame);
    TEST_CHECK(result == BASE_OK, result == BASE_OK ? "" : result->name);
    model->asked[frame.type]++;
    if (model->refuse.code != 0 && model->refuse.type == frame.type && model->refuse.skip > 0) {
        model->refuse.skip--;
    } else if (model->refuse.code != 0 && model->refuse.type == frame.type) {
        uint16_t code = model->refuse.code;
        if (model->refuse.more == 0) {
            model->refuse.code = 0;
        } else {
            model->refuse.more--;
        }
        refuse(model, who, frame.request, code, model->refuse.argument);
        return;
    }
    if (connection->account == NULL && frame.type != WIRE_ACTIVATE && frame.type != WIRE_SIGN_IN &&
        frame.type != WIRE_TAKE_LINK && frame.type != WIRE_GET_DOOR) {
        refuse(model, who, frame.request, WIRE_REFUSED_NOT_SIGNED_IN, 0);
        return;
    }
    switch (frame.type) {
    case WIRE_ACTIVATE:
        activate(model, who, frame.request, &frame.of.activate);
        break;
    case WIRE_SIGN_IN:
        sign_in(model, who, frame.request, &frame.of.sign_in);
        break;
    case WIRE_PUT_KEY_PACKAGES:
        put_key_packages(model, who, frame.request, &frame.of.put_key_packages);
        break;
    case WIRE_TAKE_KEY_PACKAGES:
        take_key_packages(model, who, frame.request, &frame.of.take_key_packages);
        break;
    case WIRE_PUT_RECOVERY:
        put_recovery(model, who, frame.request, &frame.of.put_recovery);
        break;
    case WIRE_GET_IDENTITIES:
        get_identities(model, who, frame.request, &frame.of.get_identities);
        break;
    case WIRE_CREATE_STREAM:
        create_stream(model, who, frame.request, &frame.of.create_stream);
        break;
    case WIRE_GET_PUSH: {
        static const uint8_t key[WIRE_PUSH_KEY_LEN] = { 4, 1, 2 };
        struct wire_frame answer = { .type = WIRE_PUSH, .request = frame.request };
        answer.of.push.key = base_slice(key, model->pushes ? sizeof key : 0);
        say(model, who, &answer);
        break;
    }
    case WIRE_PUT_PUSH:
        (void)snprintf(model->endpoint, sizeof model->endpoint, "%.*s", (int)frame.of.put_push.endpoint.len,
                       (const char *)frame.of.put_push.endpoint.data);
        done(model, who, frame.request);
        break;
    case WIRE_APPEND:
        model->wakes += frame.of.append.wakes;
        append(model, who, frame.request, &frame.of.append);
        break;
    case WIRE_DELETE_ENTRY:
        delete_entry(model, who, frame.request, &frame.of.delete_entry);
        break;
    case WIRE_READ:
        read_stream(model, who, frame.request, &frame.of.read);
        break;
    case WIRE_STOP: {
        size_t index;
        if (find_stream(model, frame.of.stop.stream, &index) != NULL) {
            connection->live[index] = false;
        }
        done(model, who, frame.request);
        break;
    }
    case WIRE_INBOX_APPEND:
        inbox_append(model, who, frame.request, &frame.of.inbox_append);
        break;
    case WIRE_INBOX_READ:
        connection->inbox_live = frame.of.inbox_read.live == 1;
        say_inbox(model, who, frame.request, frame.of.inbox_read.after);
        break;
    case WIRE_INBOX_DELETE:
        inbox_delete(connection->account, frame.of.inbox_delete.last);
        done(model, who, frame.request);
        break;
    case WIRE_PUT_DOOR:
        put_door(model, who, frame.request, &frame.of.put_door);
        break;
    case WIRE_GET_DOOR:
        get_door(model, who, frame.request, &frame.of.get_door);
        break;
    case WIRE_CREATE_LINK:
        create_link(model, who, frame.request, &frame.of.create_link);
        break;
    case WIRE_TAKE_LINK:
        take_link(model, who, frame.request, &frame.of.take_link);
        break;
    case WIRE_LIST_DEVICES:
        say_devices(model, who, frame.request);
        break;
    case WIRE_REMOVE_DEVICE:
        remove_device(model, who, frame.request, &frame.of.remove_device);
        break;
    case WIRE_CREATE_BLOB:
        create_blob(model, who, frame.request, &frame.of.create_blob);
        break;
    case WIRE_HOLD_BLOB:
        hold_blob(model, who, frame.request, &frame.of.hold_blob);
        return;
    case WIRE_DELETE_BLOB:
        delete_blob(model, who, frame.request, &frame.of.delete_blob);
        break;
    case WIRE_SIGNAL:
        pass_signal(model, who, frame.request, &frame.of.signal);
        break;
    default:
        TEST_CHECK(false, "a frame that no client sends");
    }
}
