/* SPDX-License-Identifier: EUPL-1.2 */
/* Files as messages carry them: what kind of thing each is. By that, clients show pictures and play sounds. */
#ifndef CLI_MEDIA_H
#define CLI_MEDIA_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    MEDIA_MAX_VOICE = 8 << 20, /* bytes; a larger one no client would play at once */
};

/** The media type of a file of this name. NULL: it says nothing. */
const char *media_type(const char *name);

/** How a file is sent. */
enum media_as {
    MEDIA_FILE,  /* a picture without what it says of its place and time */
    MEDIA_AS_IS, /* a picture with all that it says, too */
    MEDIA_VOICE, /* a voice message, with its length and shape */
};

/**
 * The file at `path` as a member of `files` in the parameters of `send` (docs/api.md); the caller owns it. NULL: there
 * is none, and *why says so in words, for as long as nothing else is called; *code is the exit code for it.
 */
cJSON *media_file(const char *path, enum media_as as, const char **why, int *code);

/** What a recording is: its type as the content says, its length, and how loud it is at equal distances. */
struct media_voice {
    const char *type;
    uint32_t milliseconds;
    uint8_t shape[64];
    uint32_t points; /* of the shape */
};

/** Reads the recording at `path`: Ogg (Opus, Vorbis), WAV or MP3. False: it is none of them, or nothing is heard in it.
 */
bool media_hear(const char *path, struct media_voice *out);

#endif
