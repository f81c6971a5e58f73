/* SPDX-License-Identifier: EUPL-1.2 */
#include "media.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

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
