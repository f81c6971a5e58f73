/* SPDX-License-Identifier: EUPL-1.2 */
#include "media.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "weibel/core.h"
#include "words.h"

const char *media_type(const char *name) {
    static const struct {
        const char *end, *type;
    } known[] = {
        { "avif", "image/avif" },
        { "bmp", "image/bmp" },
        { "gif", "image/gif" },
        { "heic", "image/heic" },
        { "jpeg", "image/jpeg" },
        { "jpg", "image/jpeg" },
        { "png", "image/png" },
        { "svg", "image/svg+xml" },
        { "tif", "image/tiff" },
        { "tiff", "image/tiff" },
        { "webp", "image/webp" },
        { "aac", "audio/aac" },
        { "flac", "audio/flac" },
        { "m4a", "audio/mp4" },
        { "mp3", "audio/mpeg" },
        { "oga", "audio/ogg" },
        { "ogg", "audio/ogg" },
        { "opus", "audio/ogg" },
        { "wav", "audio/wav" },
        { "mkv", "video/x-matroska" },
        { "mov", "video/quicktime" },
        { "mp4", "video/mp4" },
        { "webm", "video/webm" },
        { "csv", "text/csv" },
        { "htm", "text/html" },
        { "html", "text/html" },
        { "ics", "text/calendar" },
        { "md", "text/markdown" },
        { "txt", "text/plain" },
        { "vcf", "text/vcard" },
        { "json", "application/json" },
        { "pdf", "application/pdf" },
        { "rtf", "application/rtf" },
        { "xml", "application/xml" },
        { "zip", "application/zip" },
        { "odp", "application/vnd.oasis.opendocument.presentation" },
        { "ods", "application/vnd.oasis.opendocument.spreadsheet" },
        { "odt", "application/vnd.oasis.opendocument.text" },
        { "doc", "application/msword" },
        { "ppt", "application/vnd.ms-powerpoint" },
        { "xls", "application/vnd.ms-excel" },
        { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
        { "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
        { "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    };
    const char *dot = strrchr(name, '.');
    if (dot == NULL || dot == name || strchr(dot, '/') != NULL) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(dot + 1, known[i].end) == 0) {
            return known[i].type;
        }
    }
    return NULL;
}

static bool add_voice(cJSON *file, const char *path) {
    struct media_voice voice;
    char shape[sodium_base64_ENCODED_LEN(sizeof voice.shape, sodium_base64_VARIANT_ORIGINAL)];
    if (!media_hear(path, &voice)) {
        return false;
    }
    (void)sodium_bin2base64(shape, sizeof shape, voice.shape, voice.points, sodium_base64_VARIANT_ORIGINAL);
    (void)cJSON_AddStringToObject(file, "type", voice.type);
    (void)cJSON_AddStringToObject(file, "kind", "voice");
    (void)cJSON_AddNumberToObject(file, "duration", voice.milliseconds);
    (void)cJSON_AddStringToObject(file, "waveform", shape);
    return true;
}

/* By its content: the name doesn't say what a camera has put into it. */
static bool is_picture(const char *path) {
    uint8_t head[WEIBEL_PICTURE_HEAD];
    FILE *file = fopen(path, "rbe");
    size_t len = file == NULL ? 0 : fread(head, 1, sizeof head, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    return weibel_picture_is(head, len);
}

cJSON *media_file(const char *path, enum media_as as, const char **why, int *code) {
    bool voice = as == MEDIA_VOICE;
    char absolute[PATH_MAX];
    struct stat status;
    *code = EX_NOINPUT;
    if (realpath(path, absolute) == NULL || stat(absolute, &status) != 0 || access(absolute, R_OK) != 0) {
        *why = strerror(errno);
        return NULL;
    }
    if (!S_ISREG(status.st_mode)) {
        *why = _("it is not a regular file");
        return NULL;
    }
    if (voice && status.st_size > MEDIA_MAX_VOICE) {
        *why = _("a voice message has 8 MiB at most; send it as a file");
        *code = EX_DATAERR;
        return NULL;
    }
    const char *slash = strrchr(path, '/'), *type = media_type(absolute);
    cJSON *file = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(file, "path", absolute);
    (void)cJSON_AddStringToObject(file, "name", slash == NULL ? path : slash + 1);
    (void)cJSON_AddNumberToObject(file, "size", (double)status.st_size);
    if (voice && !add_voice(file, absolute)) {
        cJSON_Delete(file);
        *why = _("it is no recording that others could play: Ogg, WAV or MP3");
        *code = EX_DATAERR;
        return NULL;
    }
    if (!voice && type != NULL) {
        (void)cJSON_AddStringToObject(file, "type", type);
    }
    if (as == MEDIA_FILE && is_picture(absolute)) {
        (void)cJSON_AddBoolToObject(file, "bare", true);
    }
    return file;
}
