/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Key packages: made, stored, then published.
 */
#include "keys.h"

#include <string.h>

#include "account.h"
#include "device.h"
#include "field.h"
#include "group.h"
#include "leaf.h"
#include "request.h"

enum {
    VERSION = 2,
    MAX_RECORD = 64 << 10,
    KEEP = 20,                        /* one-time key packages on the server */
    REFILL = 10,                      /* more are made when fewer are left */
    RETRY = 60 * 1000,                /* milliseconds at least, if the server can't take them at the moment */
    ONE_TIME_AGE = 60 * 24 * 3600,    /* seconds after which those on the server are replaced */
    LAST_RESORT_AGE = 30 * 24 * 3600, /* seconds after which a new last resort takes the old one's place */
    AHEAD = 24 * 3600,            /* seconds by which one may have been made after now: others allow for twice that */
    FORGET_AGE = 120 * 24 * 3600, /* seconds after which nobody can use one any more: they are valid for 90 days */
};

void keys_free(void *item) {
    struct key_package *package = (struct key_package *)item;
    base_bytes_free(&package->private_part);
    base_free(package);
}

static base_result add(struct weibel_core *core, struct key_package **out) {
    struct key_package *package = (struct key_package *)base_take(core->options.allocator, 1, sizeof *package);
    BASE_ENSURE(package != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&core->key_packages, core->options.allocator, package);
    if (result != BASE_OK) {
        base_free(package);
        return result;
    }
    *out = package;
    return BASE_OK;
}

static base_result save(struct weibel_core *core, const struct key_package *package) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_opaque(&writer, mls_secret_slice(&package->ref));
    field_write_array(&writer, package->name, sizeof package->name);
    field_write_bool(&writer, package->last_resort);
    base_write_u64(&writer, package->made_at);
    base_write_opaque(&writer, base_borrow(&package->private_part));
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_number(KEY_KEY_PACKAGE, package->number), base_borrow(&record));
}

base_result keys_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct key_package *package;
    BASE_TRY(add(core, &package));
    package->number = number;
    struct base_reader reader = base_reader(value);
    struct base_slice ref;
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(base_read_opaque_max(&reader, MLS_HASH_MAX, &ref));
    BASE_ENSURE(ref.len > 0, BASE_ERR_VALUE);
    memcpy(package->ref.data, ref.data, ref.len);
    package->ref.len = (uint8_t)ref.len;
    BASE_TRY(base_read_copy(&reader, package->name, sizeof package->name));
    BASE_TRY(field_read_bool(&reader, &package->last_resort));
    BASE_TRY(base_read_u64(&reader, &package->made_at));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &package->private_part));
    return base_read_end(&reader);
}

struct key_package *keys_find(const struct weibel_core *core, struct base_slice ref) {
    for (size_t i = 0; i < core->key_packages.count; i++) {
        struct key_package *package = (struct key_package *)core->key_packages.items[i];
        if (base_slice_equal(mls_secret_slice(&package->ref), ref)) {
            return package;
        }
    }
    return NULL;
}

/* How many the server has it says when signed in alone, and a connection may last for months. */
static void count_down(struct session *session, const struct key_package *package) {
    if (package->given && session->keys_left > 0 && --session->keys_left == REFILL - 1) {
        session->keys_at = 0;
    }
}

base_result keys_used(struct weibel_core *core, struct base_slice ref) {
    for (size_t i = 0; i < core->key_packages.count; i++) {
        struct key_package *package = (struct key_package *)core->key_packages.items[i];
        if (base_slice_equal(mls_secret_slice(&package->ref), ref) && !package->last_resort) {
            count_down(&core->session, package);
            BASE_TRY(out_remove(&core->out, key_number(KEY_KEY_PACKAGE, package->number)));
            keys_free(list_take(&core->key_packages, i));
            return BASE_OK;
        }
    }
    return BASE_OK;
}

/* Makes one: its private part goes to the store, its public one to `message`. */
static base_result make(struct weibel_core *core, const struct leaf *leaf, bool last_resort, bool given,
                        struct base_bytes *message) {
    struct mls_key_package_bundle bundle BASE_CLEANUP(mls_key_package_bundle_free) = { 0 };
    BASE_TRY(mls_key_package_bundle_create(&core->mls, GROUP_SUITE, &leaf->identity,
                                           &(struct mls_key_package_options){ .last_resort = last_resort }, &bundle));
    struct key_package *package;
    BASE_TRY(add(core, &package));
    package->number = ++core->account.next_key_package;
    package->ref = bundle.ref;
    uint8_t hash[WIRE_KEY_LEN];
    account_hash(base_borrow(&bundle.message), hash);
    memcpy(package->name, hash, sizeof package->name);
    package->last_resort = last_resort;
    package->given = given;
    package->made_at = state_now(core) / 1000;
    base_bytes_move(&package->private_part, &bundle.private_part);
    base_bytes_move(message, &bundle.message);
    core->account.dirty = true;
    return save(core, package);
}

base_result keys_make_wish(struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN], uint64_t after,
                           struct base_bytes *message) {
    struct leaf leaf BASE_CLEANUP(leaf_free) = { .credential = { 0 } };
    BASE_TRY(leaf_make(core, stream, after, &leaf));
    return make(core, &leaf, false, false, message);
}

static uint64_t age_of(const struct key_package *package, uint64_t now) {
    return now > package->made_at ? now - package->made_at : 0;
}

/* The clock was ahead when it was made: others would not take it before that time. */
static bool is_ahead(const struct key_package *package, uint64_t now) {
    return package->made_at > now && package->made_at - now > AHEAD;
}

/* Deletes what is too old to be used, and says whether the last resort is to be replaced; and when the first of those
 * on the server is to be, in seconds: a connection may last for longer than they are valid. */
static base_result look_through(struct weibel_core *core, bool *renew, uint64_t *until) {
    struct session *session = &core->session;
    uint64_t now = state_now(core) / 1000;
    *renew = true;
    if (session->keys_left > 0 && now > session->keys_made + ONE_TIME_AGE) {
        session->keys_foreign = true;
        session->keys_left = 0;
    }
    uint64_t last = 0;
    for (size_t i = core->key_packages.count; i > 0; i--) {
        const struct key_package *package = (const struct key_package *)core->key_packages.items[i - 1];
        uint64_t age = age_of(package, now);
        if (age > FORGET_AGE) {
            BASE_TRY(out_remove(&core->out, key_number(KEY_KEY_PACKAGE, package->number)));
            keys_free(list_take(&core->key_packages, i - 1));
        } else if (package->last_resort && age <= LAST_RESORT_AGE && !is_ahead(package, now)) {
            *renew = !session->keys_last_resort;
            last = package->made_at > last ? package->made_at : last;
        }
    }
    uint64_t ones = session->keys_made + ONE_TIME_AGE + 1, last_resort = last + LAST_RESORT_AGE + 1;
    *until = ones < last_resort ? ones : last_resort;
    return BASE_OK;
}

/* Nobody has these: one-time key packages from number `first` on. */
static base_result take_back(struct weibel_core *core, uint64_t first, uint64_t count) {
    for (size_t i = core->key_packages.count; i > 0; i--) {
        const struct key_package *package = (const struct key_package *)core->key_packages.items[i - 1];
        if (!package->last_resort && package->number >= first && package->number - first < count) {
            BASE_TRY(out_remove(&core->out, key_number(KEY_KEY_PACKAGE, package->number)));
            keys_free(list_take(&core->key_packages, i - 1));
        }
    }
    return BASE_OK;
}

/* `a`: number of the first one-time key package; `b`: 1 if a last resort was among them. */
static base_result put_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct session *session = &core->session;
    session->keys_in_flight = false;
    if (answer->type != WIRE_DONE) {
        const struct wire_refusal *refusal = answer->type == WIRE_REFUSAL ? &answer->of.refusal : NULL;
        bool passes = refusal != NULL && request_passes(refusal);
        uint64_t delay = passes ? request_delay(refusal) : 0;
        /* Else: when signed in again. */
        session->keys_at = passes ? state_now(core) + (delay > RETRY ? delay : RETRY) : UINT64_MAX;
        return take_back(core, a, session->keys_left < KEEP ? KEEP - session->keys_left : 0);
    }
    session->keys_left = session->keys_left < KEEP ? KEEP : session->keys_left;
    session->keys_foreign = false;
    session->keys_last_resort = session->keys_last_resort || b == 1;
    return BASE_OK;
}

/* One that we can let be used by its public part's name on the server; NULL: we can't. */
static struct key_package *find_name(const struct weibel_core *core, const uint8_t *name, bool last_resort) {
    for (size_t i = 0; i < core->key_packages.count; i++) {
        struct key_package *package = (struct key_package *)core->key_packages.items[i];
        if (package->last_resort == last_resort && memcmp(package->name, name, sizeof package->name) == 0) {
            return package;
        }
    }
    return NULL;
}

void keys_signed_in(struct weibel_core *core, const struct wire_signed_in *in) {
    struct session *session = &core->session;
    uint64_t now = state_now(core) / 1000;
    session->keys_left = (uint32_t)(in->packages.len / WIRE_PACKAGE_NAME_LEN);
    session->keys_foreign = false;
    session->keys_made = now;
    for (size_t i = 0; i < core->key_packages.count; i++) {
        ((struct key_package *)core->key_packages.items[i])->given = false; /* its invitation may be in the inbox */
    }
    for (size_t i = 0; i < in->packages.len; i += WIRE_PACKAGE_NAME_LEN) {
        struct key_package *package = find_name(core, in->packages.data + i, false);
        if (package != NULL) {
            package->given = true;
        }
        bool fresh = package != NULL && age_of(package, now) <= ONE_TIME_AGE && !is_ahead(package, now);
        session->keys_foreign = session->keys_foreign || !fresh;
        session->keys_made = fresh && package->made_at < session->keys_made ? package->made_at : session->keys_made;
    }
    session->keys_left = session->keys_foreign ? 0 : session->keys_left;
    const struct key_package *last = in->last_resort.len == 0 ? NULL : find_name(core, in->last_resort.data, true);
    session->keys_last_resort = last != NULL && !session->keys_foreign;
    for (size_t i = 0; i < core->key_packages.count && last != NULL; i++) {
        const struct key_package *package = (const struct key_package *)core->key_packages.items[i];
        if (package->last_resort && package->number > last->number) {
            session->keys_last_resort = false;
        }
    }
}

uint64_t keys_deadline(const struct weibel_core *core) {
    return core->session.keys_at;
}

base_result keys_pump(struct weibel_core *core) {
    struct session *session = &core->session;
    if (session->keys_in_flight || session->keys_at > state_now(core)) {
        return BASE_OK;
    }
    bool renew;
    uint64_t until;
    BASE_TRY(look_through(core, &renew, &until));
    if (session->keys_left >= REFILL && !renew) {
        session->keys_at = until * 1000;
        return BASE_OK;
    }
    struct leaf leaf BASE_CLEANUP(leaf_free) = { .credential = { 0 } };
    struct base_writer packages BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, WIRE_MAX_FRAME);
    struct base_bytes last_resort BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(leaf_make(core, NULL, 0, &leaf));
    struct wire_frame frame = { .type = WIRE_PUT_KEY_PACKAGES };
    struct wire_put_key_packages *put = &frame.of.put_key_packages;
    put->replace = session->keys_foreign ? 1 : 0;
    session->keys_last_resort = session->keys_last_resort && !renew;
    session->keys_made = session->keys_left == 0 ? state_now(core) / 1000 : session->keys_made;
    uint64_t first = core->account.next_key_package + 1;
    for (uint32_t left = session->keys_left; left < KEEP; left++) {
        struct base_bytes message BASE_CLEANUP(base_bytes_free) = { 0 };
        BASE_TRY(make(core, &leaf, false, true, &message));
        wire_key_package_write(&packages, base_borrow(&message));
        put->count++;
    }
    put->packages = base_writer_view(&packages);
    if (renew) {
        BASE_TRY(make(core, &leaf, true, true, &last_resort));
        put->last_resort = base_borrow(&last_resort);
        BASE_TRY(device_publish(core, put->last_resort));
    }
    session->keys_in_flight = true;
    return request_send(core, &frame, put_answered, first, renew ? 1 : 0);
}
