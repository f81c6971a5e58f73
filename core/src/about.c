/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The form of what a group says about itself.
 */
#include "about.h"

#include <string.h>

#include "content/cbor.h"
#include "field.h"

enum { VERSION = 3, MAX_ROLES_LEN = ABOUT_MAX_ROLES * (WIRE_ACCOUNT_LEN + WIRE_MAX_DOMAIN + 4) };

static const char *const role_names[] = { [ROLE_MEMBER] = "member", [ROLE_ADMIN] = "admin", [ROLE_OWNER] = "owner" };
static const char *const who_names[] = { [ABOUT_ALL] = "all", [ABOUT_ADMINS] = "admins" };
static const char *const join_names[] = { [ABOUT_CLOSED] = "closed", [ABOUT_BY_LINK] = "link" };
static const char *const history_names[] = {
    [ABOUT_HISTORY_FORBIDDEN] = "forbidden", [ABOUT_HISTORY_OPTIONAL] = "optional"
};

static const char *const expiring_names[] = {
    [ABOUT_EXPIRING_OPTIONAL] = "optional", [ABOUT_EXPIRING_FORBIDDEN] = "forbidden"
};

static bool parse(const char *const *names, uint8_t first, size_t count, struct base_slice text, uint8_t *out) {
    for (uint8_t i = first; i < count; i++) {
        if (base_slice_equal(base_slice_text(names[i]), text)) {
            *out = i;
            return true;
        }
    }
    return false;
}

const char *about_role_name(enum about_role role) {
    return role_names[role];
}

bool about_role_parse(struct base_slice text, uint8_t *out) {
    return parse(role_names, ROLE_MEMBER, ROLE_OWNER + 1, text, out);
}

const char *about_who_name(uint8_t who) {
    return who_names[who];
}

bool about_who_parse(struct base_slice text, uint8_t *out) {
    return parse(who_names, 0, ABOUT_ADMINS + 1, text, out);
}

const char *about_join_name(uint8_t join) {
    return join_names[join];
}

bool about_join_parse(struct base_slice text, uint8_t *out) {
    return parse(join_names, 0, ABOUT_BY_LINK + 1, text, out);
}

const char *about_history_name(uint8_t history) {
    return history_names[history];
}

bool about_history_parse(struct base_slice text, uint8_t *out) {
    return parse(history_names, 0, ABOUT_HISTORY_OPTIONAL + 1, text, out);
}

const char *about_expiring_name(const struct group_about *about) {
    return about->expire != 0 ? "required" : expiring_names[about->expiring];
}

bool about_expiring_parse(struct base_slice text, uint8_t *out) {
    return parse(expiring_names, 0, ABOUT_EXPIRING_FORBIDDEN + 1, text, out);
}

int about_compare(const uint8_t account[WIRE_ACCOUNT_LEN], struct base_slice domain,
                  const uint8_t other[WIRE_ACCOUNT_LEN], struct base_slice other_domain) {
    int order = memcmp(account, other, WIRE_ACCOUNT_LEN);
    return order != 0 ? order : base_slice_compare(domain, other_domain);
}

base_result about_role_next(struct base_reader *roles, struct about_entry *out) {
    BASE_TRY(base_read_copy(roles, out->account, sizeof out->account));
    BASE_TRY(base_read_opaque_max(roles, WIRE_MAX_DOMAIN, &out->domain));
    BASE_TRY(base_read_u8(roles, &out->role));
    BASE_ENSURE(out->role == ROLE_ADMIN || out->role == ROLE_OWNER, BASE_ERR_VALUE);
    return BASE_OK;
}

void about_role_write(struct base_writer *roles, const struct about_entry *entry) {
    field_write_array(roles, entry->account, sizeof entry->account);
    base_write_opaque(roles, entry->domain);
    base_write_u8(roles, entry->role);
}

static base_result check_roles(struct base_slice roles) {
    struct base_reader reader = base_reader(roles);
    struct about_entry before, entry;
    for (size_t count = 0; reader.left > 0; count++) {
        BASE_TRY(about_role_next(&reader, &entry));
        BASE_ENSURE(count < ABOUT_MAX_ROLES, BASE_ERR_TOO_LONG);
        BASE_ENSURE(count == 0 || about_compare(before.account, before.domain, entry.account, entry.domain) < 0,
                    BASE_ERR_VALUE);
        before = entry;
    }
    return BASE_OK;
}

enum about_role about_role_of(const struct group_about *about, const uint8_t account[WIRE_ACCOUNT_LEN],
                              struct base_slice domain) {
    struct base_reader reader = base_reader(about->roles);
    struct about_entry entry;
    while (reader.left > 0 && about_role_next(&reader, &entry) == BASE_OK) {
        if (about_compare(entry.account, entry.domain, account, domain) == 0) {
            return (enum about_role)entry.role;
        }
    }
    return ROLE_MEMBER;
}

size_t about_role_count(const struct group_about *about, enum about_role role) {
    struct base_reader reader = base_reader(about->roles);
    struct about_entry entry;
    size_t count = 0;
    while (reader.left > 0 && about_role_next(&reader, &entry) == BASE_OK) {
        count += entry.role == role ? 1 : 0;
    }
    return count;
}

base_result about_role_set(const struct base_allocator *allocator, struct base_slice roles,
                           const struct about_entry *entry, struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(allocator, MAX_ROLES_LEN);
    struct base_reader reader = base_reader(roles);
    struct about_entry other;
    bool placed = entry->role == ROLE_MEMBER;
    size_t count = 0;
    while (reader.left > 0) {
        BASE_TRY(about_role_next(&reader, &other));
        int order = about_compare(entry->account, entry->domain, other.account, other.domain);
        if (!placed && order <= 0) {
            about_role_write(&writer, entry);
            placed = true;
            count++;
        }
        if (order != 0) {
            about_role_write(&writer, &other);
            count++;
        }
    }
    if (!placed) {
        about_role_write(&writer, entry);
        count++;
    }
    BASE_ENSURE(count <= ABOUT_MAX_ROLES, BASE_ERR_TOO_LONG);
    return base_writer_finish(&writer, out);
}

static uint32_t at_most(uint32_t value, uint32_t bound) {
    return value < bound ? value : bound;
}

static void settle_expiry(struct group_about *about) {
    if (about->expiring == ABOUT_EXPIRING_FORBIDDEN) {
        about->expire = about->expire_min = about->expire_max = 0;
        return;
    }
    about->expire_max = at_most(about->expire_max, ABOUT_MAX_EXPIRE);
    uint32_t most = about->expire_max == 0 ? ABOUT_MAX_EXPIRE : about->expire_max;
    about->expire_min = at_most(about->expire_min, most);
    about->expire = about->expire == 0 || about->expire >= about->expire_min ? about->expire : about->expire_min;
    about->expire = at_most(about->expire, most);
}

uint32_t about_expire(const struct group_about *about, uint32_t own) {
    uint32_t most = about->expire_max != 0 ? about->expire_max : about->expire;
    uint32_t time = own != 0 ? own : about->expire;
    if (time == 0 || about->expiring == ABOUT_EXPIRING_FORBIDDEN) {
        return 0;
    }
    time = time < about->expire_min ? about->expire_min : time;
    return most == 0 ? time : at_most(time, most);
}

void about_write(struct base_writer *writer, const struct group_about *about) {
    base_write_u8(writer, VERSION);
    base_write_u8(writer, (uint8_t)about->kind);
    base_write_opaque(writer, about->name);
    base_write_opaque(writer, about->description);
    base_write_u32(writer, about->expire);
    base_write_u32(writer, about->expire_min);
    base_write_u32(writer, about->expire_max);
    base_write_u8(writer, about->expiring);
    base_write_u8(writer, about->history);
    base_write_u8(writer, about->join);
    base_write_u8(writer, about->post);
    base_write_u8(writer, about->add);
    base_write_opaque(writer, about->link);
    field_write_array(writer, about->room, sizeof about->room);
    base_write_u32(writer, about->generation);
    field_write_array(writer, about->predecessor, sizeof about->predecessor);
    base_write_opaque(writer, about->roles);
}

static base_result read_choice(struct base_reader *reader, uint8_t last, uint8_t *out) {
    BASE_TRY(base_read_u8(reader, out));
    BASE_ENSURE(*out <= last, BASE_ERR_VALUE);
    return BASE_OK;
}

static base_result read_fields(struct base_reader *reader, struct group_about *out) {
    BASE_TRY(base_read_opaque_max(reader, WEIBEL_MAX_GROUP_NAME, &out->name));
    BASE_TRY(base_read_opaque_max(reader, ABOUT_MAX_DESCRIPTION, &out->description));
    BASE_TRY(base_read_u32(reader, &out->expire));
    BASE_TRY(base_read_u32(reader, &out->expire_min));
    BASE_TRY(base_read_u32(reader, &out->expire_max));
    BASE_TRY(read_choice(reader, ABOUT_EXPIRING_FORBIDDEN, &out->expiring));
    BASE_TRY(read_choice(reader, ABOUT_HISTORY_OPTIONAL, &out->history));
    BASE_TRY(read_choice(reader, ABOUT_BY_LINK, &out->join));
    BASE_TRY(read_choice(reader, ABOUT_ADMINS, &out->post));
    BASE_TRY(read_choice(reader, ABOUT_ADMINS, &out->add));
    BASE_TRY(base_read_opaque_max(reader, ABOUT_LINK_LEN, &out->link));
    BASE_TRY(base_read_copy(reader, out->room, sizeof out->room));
    BASE_TRY(base_read_u32(reader, &out->generation));
    BASE_TRY(base_read_copy(reader, out->predecessor, sizeof out->predecessor));
    BASE_TRY(base_read_opaque_max(reader, MAX_ROLES_LEN, &out->roles));
    return base_read_end(reader);
}

base_result about_read(struct base_slice bytes, struct group_about *out) {
    struct base_reader reader = base_reader(bytes);
    uint8_t version, kind;
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_TRY(base_read_u8(&reader, &kind));
    BASE_ENSURE(version == VERSION && kind >= CHAT_DIRECT && kind <= CHAT_OWN, BASE_ERR_VALUE);
    out->kind = (enum chat_kind)kind;
    BASE_TRY(read_fields(&reader, out));
    /* Notices have the name in them: it can't go on like one. */
    BASE_ENSURE(wire_text_valid(out->name) && cbor_utf8_valid(out->description), BASE_ERR_VALUE);
    struct group_about settled = *out;
    settle_expiry(&settled);
    BASE_ENSURE(settled.expire == out->expire && settled.expire_min == out->expire_min &&
                    settled.expire_max == out->expire_max,
                BASE_ERR_VALUE);
    BASE_ENSURE(out->link.len == (out->join == ABOUT_BY_LINK ? ABOUT_LINK_LEN : 0), BASE_ERR_VALUE);
    if (out->kind != CHAT_GROUP) {
        BASE_ENSURE(out->name.len == 0 && out->description.len == 0 && out->roles.len == 0 && out->link.len == 0 &&
                        out->expire_min == 0 && out->expire_max == 0 && out->expiring == 0 && out->history == 0 &&
                        out->post == ABOUT_ALL && out->add == ABOUT_ALL,
                    BASE_ERR_VALUE);
        return BASE_OK;
    }
    BASE_TRY(check_roles(out->roles));
    BASE_ENSURE(out->name.len > 0 && about_role_count(out, ROLE_OWNER) > 0, BASE_ERR_VALUE);
    return BASE_OK;
}

void about_picture_write(struct base_writer *writer, const struct about_picture *picture) {
    base_write_opaque(writer, picture->type);
    base_write_opaque(writer, picture->data);
}

static base_result read_picture(struct base_reader *reader, struct about_picture *out) {
    BASE_TRY(base_read_opaque_max(reader, ABOUT_MAX_TYPE, &out->type));
    BASE_TRY(base_read_opaque_max(reader, ABOUT_MAX_PICTURE, &out->data));
    BASE_ENSURE(wire_text_valid(out->type) && (out->data.len > 0 || out->type.len == 0), BASE_ERR_VALUE);
    return BASE_OK;
}

base_result about_picture_read(struct base_slice bytes, struct about_picture *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(read_picture(&reader, out));
    return base_read_end(&reader);
}

void about_edit_expiry(const struct about_edit *edit, struct group_about *about) {
    about->expire = (edit->fields & ABOUT_EXPIRE) != 0 ? edit->expire : about->expire;
    about->expire_min = (edit->fields & ABOUT_EXPIRE_MIN) != 0 ? edit->expire_min : about->expire_min;
    about->expire_max = (edit->fields & ABOUT_EXPIRE_MAX) != 0 ? edit->expire_max : about->expire_max;
    if ((edit->fields & ABOUT_EXPIRING) != 0) {
        about->expiring = edit->expiring;
    } else if (about->expire != 0 || about->expire_min != 0 || about->expire_max != 0) {
        about->expiring = ABOUT_EXPIRING_OPTIONAL;
    }
    settle_expiry(about);
}

void about_edit_write(struct base_writer *writer, const struct about_edit *edit) {
    base_write_u16(writer, edit->fields);
    base_write_opaque(writer, edit->name);
    base_write_opaque(writer, edit->description);
    about_picture_write(writer, &edit->picture);
    base_write_u32(writer, edit->expire);
    base_write_u32(writer, edit->expire_min);
    base_write_u32(writer, edit->expire_max);
    base_write_u8(writer, edit->expiring);
    base_write_u8(writer, edit->history);
    base_write_u8(writer, edit->join);
    base_write_u8(writer, edit->post);
    base_write_u8(writer, edit->add);
    base_write_opaque(writer, edit->link);
    base_write_u8(writer, edit->role);
}

base_result about_edit_read(struct base_slice bytes, struct about_edit *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(base_read_u16(&reader, &out->fields));
    BASE_ENSURE(out->fields < ABOUT_FIELDS_END, BASE_ERR_VALUE);
    BASE_TRY(base_read_opaque_max(&reader, WEIBEL_MAX_GROUP_NAME, &out->name));
    BASE_TRY(base_read_opaque_max(&reader, ABOUT_MAX_DESCRIPTION, &out->description));
    BASE_TRY(read_picture(&reader, &out->picture));
    BASE_TRY(base_read_u32(&reader, &out->expire));
    BASE_TRY(base_read_u32(&reader, &out->expire_min));
    BASE_TRY(base_read_u32(&reader, &out->expire_max));
    BASE_TRY(read_choice(&reader, ABOUT_EXPIRING_FORBIDDEN, &out->expiring));
    BASE_TRY(read_choice(&reader, ABOUT_HISTORY_OPTIONAL, &out->history));
    BASE_TRY(read_choice(&reader, ABOUT_BY_LINK, &out->join));
    BASE_TRY(read_choice(&reader, ABOUT_ADMINS, &out->post));
    BASE_TRY(read_choice(&reader, ABOUT_ADMINS, &out->add));
    BASE_TRY(base_read_opaque_max(&reader, ABOUT_LINK_LEN, &out->link));
    BASE_TRY(read_choice(&reader, ROLE_OWNER, &out->role));
    return base_read_end(&reader);
}
