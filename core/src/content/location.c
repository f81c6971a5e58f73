/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Locations.
 */
#include "content/location.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content/cbor.h"
#include "wire/wire.h"

enum { FIELDS = 4, DIGITS = 7, MAX_LATITUDE = 90, MAX_LONGITUDE = 180 };

const char content_location_type[] = "application/vnd.weibel.location+cbor";

static base_result read_degrees(struct base_reader *reader, int64_t max, int32_t *out) {
    int64_t value;
    BASE_TRY(cbor_read_int(reader, max * CONTENT_DEGREE, &value));
    *out = (int32_t)value;
    return BASE_OK;
}

base_result content_location_decode(struct base_slice bytes, struct content_location *out) {
    struct base_reader reader = base_reader(bytes);
    struct content_location location = { 0 };
    uint64_t fields, accuracy;
    BASE_TRY(cbor_read_array(&reader, &fields));
    BASE_ENSURE(fields == FIELDS, CBOR_ERR_TYPE);
    BASE_TRY(read_degrees(&reader, MAX_LATITUDE, &location.latitude));
    BASE_TRY(read_degrees(&reader, MAX_LONGITUDE, &location.longitude));
    BASE_TRY(cbor_read_uint(&reader, CONTENT_MAX_ACCURACY, &accuracy));
    BASE_TRY(cbor_read_text(&reader, &location.name));
    BASE_ENSURE(location.name.len <= CONTENT_MAX_PLACE && wire_text_valid(location.name), BASE_ERR_VALUE);
    BASE_TRY(base_read_end(&reader));
    location.accuracy = (uint32_t)accuracy;
    *out = location;
    return BASE_OK;
}

void content_location_encode(struct base_writer *writer, const struct content_location *location) {
    cbor_write_head(writer, CBOR_ARRAY, FIELDS);
    cbor_write_int(writer, location->latitude);
    cbor_write_int(writer, location->longitude);
    cbor_write_head(writer, CBOR_UNSIGNED, location->accuracy);
    cbor_write_text(writer, location->name);
}

void content_degrees_text(int32_t degrees, char out[CONTENT_MAX_DEGREES]) {
    int32_t amount = abs(degrees);
    int len = snprintf(out, CONTENT_MAX_DEGREES, "%s%" PRId32 ".%0*" PRId32, degrees < 0 ? "-" : "",
                       amount / CONTENT_DEGREE, DIGITS, amount % CONTENT_DEGREE);
    while (out[len - 1] == '0') {
        out[--len] = 0;
    }
    if (out[len - 1] == '.') {
        out[len - 1] = 0;
    }
}

void content_location_text(struct base_writer *writer, const struct content_location *location) {
    char latitude[CONTENT_MAX_DEGREES], longitude[CONTENT_MAX_DEGREES], uri[64];
    if (location->name.len > 0) {
        base_write_slice(writer, location->name);
        base_write_u8(writer, '\n');
    }
    content_degrees_text(location->latitude, latitude);
    content_degrees_text(location->longitude, longitude);
    (void)snprintf(uri, sizeof uri, "geo:%s,%s", latitude, longitude);
    base_write_slice(writer, base_slice_text(uri));
    if (location->accuracy > 0) {
        (void)snprintf(uri, sizeof uri, ";u=%" PRIu32, location->accuracy);
        base_write_slice(writer, base_slice_text(uri));
    }
}
