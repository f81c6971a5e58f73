/* SPDX-License-Identifier: EUPL-1.2 */
/* Several faces at one core: each answer goes to who asked, events go to all. */
#include "router.h"

#include <cJSON.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A request that waits for its answer. */
struct waiting {
    struct waiting *next;
    uint32_t number; /* its id towards the core */
    cJSON *id;       /* its id towards the face */
};

struct face {
    struct router *router;
    struct face *next;
    face_deliver deliver;
    void *user;
    struct waiting *first;
    size_t count;
};

struct router {
    router_submit submit;
    void *user;
    struct face *first;
    uint32_t last_number;
};

base_result router_open(router_submit submit, void *user, struct router **out) {
    struct router *router = (struct router *)base_take(base_allocator_libc(), 1, sizeof *router);
    BASE_ENSURE(router != NULL, BASE_ERR_NO_MEMORY);
    *router = (struct router){ .submit = submit, .user = user };
    *out = router;
    return BASE_OK;
}

void router_close(struct router **router) {
    base_free(*router);
    *router = NULL;
}

base_result router_add(struct router *router, face_deliver deliver, void *user, struct face **out) {
    struct face *face = (struct face *)base_take(base_allocator_libc(), 1, sizeof *face);
    BASE_ENSURE(face != NULL, BASE_ERR_NO_MEMORY);
    *face = (struct face){ .router = router, .next = router->first, .deliver = deliver, .user = user };
    router->first = face;
    *out = face;
    return BASE_OK;
}

static void free_waiting(struct waiting *waiting) {
    cJSON_Delete(waiting->id);
    base_free(waiting);
}

void router_remove(struct face **face) {
    if (*face == NULL) {
        return;
    }
    for (struct face **at = &(*face)->router->first; *at != NULL; at = &(*at)->next) {
        if (*at == *face) {
            *at = (*face)->next;
            break;
        }
    }
    while ((*face)->first != NULL) {
        struct waiting *gone = (*face)->first;
        (*face)->first = gone->next;
        free_waiting(gone);
    }
    base_free(*face);
    *face = NULL;
}

static void free_text(char **text) {
    cJSON_free(*text);
}

/* Prints `message` and gives it to a face (or, if that is NULL, to the core). */
static base_result pass_on(const struct router *router, const struct face *face, const cJSON *message) {
    BASE_CLEANUP(free_text) char *text = cJSON_PrintUnformatted(message);
    BASE_ENSURE(text != NULL, BASE_ERR_NO_MEMORY);
    if (face == NULL) {
        router->submit(router->user, base_slice_text(text));
    } else {
        face->deliver(face->user, base_slice_text(text));
    }
    return BASE_OK;
}

/* Of numbers, those that come back as they were; no other is a name. */
static bool is_id(const cJSON *id) {
    static const double most = 0x1p53;
    return cJSON_IsString(id) || cJSON_IsNull(id) ||
           (cJSON_IsNumber(id) && id->valuedouble > -most && id->valuedouble < most &&
            id->valuedouble == (double)(int64_t)id->valuedouble);
}

/* cJSON itself prints fifteen digits of a number, and these may have sixteen. */
static cJSON *copy_id(const cJSON *id) {
    char digits[32];
    (void)snprintf(digits, sizeof digits, "%.0f", id->valuedouble);
    return cJSON_IsNumber(id) ? cJSON_CreateRaw(digits) : cJSON_Duplicate(id, 1);
}

static base_result refuse(const struct face *face, const cJSON *id, int code, const char *words) {
    cJSON *answer = cJSON_CreateObject();
    cJSON *error = cJSON_CreateObject();
    cJSON *copy = id == NULL ? cJSON_CreateNull() : copy_id(id);
    bool built = cJSON_AddStringToObject(answer, "jsonrpc", "2.0") != NULL &&
                 cJSON_AddNumberToObject(error, "code", code) != NULL &&
                 cJSON_AddStringToObject(error, "message", words) != NULL;
    built = cJSON_AddItemToObject(answer, "id", copy) != 0 && built;
    built = cJSON_AddItemToObject(answer, "error", error) != 0 && built;
    base_result result = built ? pass_on(face->router, face, answer) : &BASE_ERR_NO_MEMORY;
    cJSON_Delete(answer);
    return result;
}

static base_result forward(struct face *face, cJSON *request) {
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(request, "id");
    if (id == NULL) {
        return pass_on(face->router, NULL, request);
    }
    if (!is_id(id)) {
        return refuse(face, NULL, -32600, "the id is neither text nor a whole number");
    }
    if (face->count == ROUTER_MAX_WAITING) {
        return refuse(face, id, 2, "too many requests wait for their answer");
    }
    struct waiting *waiting = (struct waiting *)base_take(base_allocator_libc(), 1, sizeof *waiting);
    BASE_ENSURE(waiting != NULL, BASE_ERR_NO_MEMORY);
    waiting->id = copy_id(id);
    if (waiting->id == NULL) {
        base_free(waiting);
        return &BASE_ERR_NO_MEMORY;
    }
    waiting->number = ++face->router->last_number;
    /* All that are called so: the core would take the first, and answer a request of somebody else's. */
    while (cJSON_GetObjectItemCaseSensitive(request, "id") != NULL) {
        cJSON_DeleteItemFromObjectCaseSensitive(request, "id");
    }
    struct waiting **end = &face->first;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = waiting;
    face->count++;
    BASE_ENSURE(cJSON_AddNumberToObject(request, "id", waiting->number) != NULL, BASE_ERR_NO_MEMORY);
    return pass_on(face->router, NULL, request);
}

/* True if nothing but space stands in what is left. */
static bool is_blank(struct base_slice rest) {
    while (rest.len != 0 && strchr(" \t\r\n", rest.data[0]) != NULL && rest.data[0] != '\0') {
        rest.data++;
        rest.len--;
    }
    return rest.len == 0;
}

/* True if U+0000 is written somewhere: cJSON would take the text to end there. */
static bool has_null(struct base_slice line) {
    static const char escape[] = "\\u0000";
    for (size_t i = 0; i + sizeof escape - 1 <= line.len; i++) {
        if (line.data[i] != '\\') {
            continue;
        }
        if (memcmp(line.data + i, escape, sizeof escape - 1) == 0) {
            return true;
        }
        i++; /* what is escaped is no beginning of another one */
    }
    return false;
}

base_result router_request(struct face *face, struct base_slice line) {
    const char *end = NULL;
    cJSON *request = cJSON_ParseWithLengthOpts((const char *)line.data, line.len, &end, 0);
    base_result result;
    if (request == NULL ||
        !is_blank(base_slice((const uint8_t *)end, line.len - (size_t)(end - (const char *)line.data)))) {
        result = refuse(face, NULL, -32700, "this is not JSON");
    } else if (has_null(line)) {
        result = refuse(face, cJSON_GetObjectItemCaseSensitive(request, "id"), -32602,
                        "a text can't hold the character U+0000");
    } else if (!cJSON_IsObject(request)) {
        result = refuse(face, NULL, -32600, "this is not a request");
    } else {
        result = forward(face, request);
    }
    cJSON_Delete(request);
    return result;
}

/* Takes the request `number` off the face that waits for it; NULL: nobody does. */
static struct waiting *take_waiting(struct router *router, uint32_t number, struct face **owner) {
    for (struct face *face = router->first; face != NULL; face = face->next) {
        for (struct waiting **at = &face->first; *at != NULL; at = &(*at)->next) {
            if ((*at)->number == number) {
                struct waiting *found = *at;
                *at = found->next;
                face->count--;
                *owner = face;
                return found;
            }
        }
    }
    return NULL;
}

static base_result answer(struct router *router, cJSON *message) {
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(message, "id");
    struct face *face = NULL;
    struct waiting *waiting = !cJSON_IsNumber(number) || number->valuedouble < 1 || number->valuedouble > UINT32_MAX
                                  ? NULL
                                  : take_waiting(router, (uint32_t)number->valuedouble, &face);
    if (waiting == NULL) {
        return BASE_OK; /* who asked has gone */
    }
    cJSON *id = waiting->id;
    waiting->id = NULL;
    free_waiting(waiting);
    if (cJSON_ReplaceItemInObjectCaseSensitive(message, "id", id) == 0) {
        cJSON_Delete(id);
        return &BASE_ERR_NO_MEMORY;
    }
    return pass_on(router, face, message);
}

base_result router_answer(struct router *router, struct base_slice line) {
    cJSON *message = cJSON_ParseWithLength((const char *)line.data, line.len);
    BASE_ENSURE(message != NULL, BASE_ERR_NO_MEMORY); /* the core writes JSON */
    base_result result = BASE_OK;
    if (cJSON_GetObjectItemCaseSensitive(message, "method") != NULL) {
        for (struct face *face = router->first; face != NULL; face = face->next) {
            face->deliver(face->user, line);
        }
    } else {
        result = answer(router, message);
    }
    cJSON_Delete(message);
    return result;
}

size_t router_waiting(const struct router *router, const struct face *except) {
    size_t count = 0;
    for (const struct face *face = router->first; face != NULL; face = face->next) {
        count += face == except ? 0 : face->count;
    }
    return count;
}
