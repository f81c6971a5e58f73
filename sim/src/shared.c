/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Lists are compared as sorted texts: their order is each device's own affair.
 */
#include "shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "memory.h"

enum { MAX_ITEM = 128, MAX_TEXT = 8192 };

static const char *text_of(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

void shared_count(struct sim *sim) {
    for (size_t i = 0; i < sim->device_count && !sim_failed(sim); i++) {
        struct device *device = &sim->devices[i];
        bool came = device->id[0] != 0;
        device->gone = device->gone || (!came && i >= sim->options.people);
        const cJSON *status = device->gone ? NULL : device_check(device, "status", "{}");
        if (status == NULL) {
            continue;
        }
        bool online = strcmp(text_of(status, "connection"), "online") == 0;
        double queued = cJSON_GetObjectItemCaseSensitive(status, "queued")->valuedouble;
        device->gone = device->doomed && !online;
        sim->report->removed += device->gone ? 1 : 0;
        if (!device->gone && (!online || queued > 0)) {
            sim_fail(sim, "%zu is %s, with %.0f messages still queued", i, text_of(status, "connection"), queued);
        }
    }
}

static int compare(const void *a, const void *b) {
    return strcmp(a, b);
}

/* One line of a list, or nothing. */
typedef void line_fn(const cJSON *item, char out[MAX_ITEM]);

static void say_device(const cJSON *item, char out[MAX_ITEM]) {
    snprintf(out, MAX_ITEM, "%s", text_of(item, "device"));
}

static void say_contact(const cJSON *item, char out[MAX_ITEM]) {
    snprintf(out, MAX_ITEM, "%s %s", text_of(item, "id"), text_of(item, "name"));
}

static void say_pinned(const cJSON *item, char out[MAX_ITEM]) {
    bool pinned =
        strcmp(text_of(item, "kind"), "direct") == 0 && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "pinned"));
    snprintf(out, MAX_ITEM, "%s", pinned ? text_of(item, "chat") : "");
}

static void list(struct device *device, const char *method, const char *member, line_fn *line, char out[MAX_TEXT]) {
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(device_check(device, method, "{}"), member);
    size_t count = 0, len = 0, size = (size_t)cJSON_GetArraySize(items);
    char(*lines)[MAX_ITEM] = sim_take(size + 1, sizeof *lines);
    const cJSON *item;
    cJSON_ArrayForEach(item, items) {
        line(item, lines[count++]);
    }
    qsort(lines, count, sizeof *lines, compare);
    out[0] = 0;
    for (size_t i = 0; i < count && len + MAX_ITEM < MAX_TEXT; i++) {
        len += (size_t)snprintf(out + len, MAX_TEXT - len, "%s%s", lines[i], lines[i][0] == 0 ? "" : "; ");
    }
    base_free(lines);
}

static void check_one(struct sim *sim, size_t person, const char *method, const char *member, line_fn *line) {
    char first[MAX_TEXT] = "", next[MAX_TEXT];
    const struct device *known = NULL;
    for (size_t i = 0; i < sim->device_count && !sim_failed(sim); i++) {
        struct device *device = &sim->devices[i];
        if (device->owner != person || device->gone) {
            continue;
        }
        list(device, method, member, line, known == NULL ? first : next);
        if (known != NULL && strcmp(first, next) != 0) {
            sim_fail(sim, "%zu and %zu are of one person, but %s gives %.160s and %.160s", known->number, i, method,
                     first, next);
        }
        known = known == NULL ? device : known;
    }
}

void shared_check(struct sim *sim) {
    for (size_t person = 0; person < sim->options.people; person++) {
        check_one(sim, person, "device.list", "devices", say_device);
        check_one(sim, person, "contact.list", "contacts", say_contact);
        check_one(sim, person, "chats", "chats", say_pinned);
    }
}
