/* SPDX-License-Identifier: EUPL-1.2 */
/* What a recording sounds like, before it is sent as a voice message. */
#include <math.h>
#include <sndfile.h>
#include <string.h>

#include "media.h"

enum {
    SAMPLES = 4096, /* at once, of all channels: a tenth of a second of speech */
    MAX_MILLISECONDS = 604800000,
};

static const char *type_of(int format) {
    switch (format & SF_FORMAT_TYPEMASK) {
    case SF_FORMAT_OGG:
        return "audio/ogg";
    case SF_FORMAT_WAV:
    case SF_FORMAT_WAVEX:
        return "audio/wav";
    case SF_FORMAT_MPEG:
        return "audio/mpeg";
    default:
        return NULL; /* browsers play nothing else of what can be read here */
    }
}

/* How loud it is, as ears have it: from -60 dB to 0. */
static double loudness(const float *samples, size_t count) {
    double power = 0;
    for (size_t i = 0; i < count; i++) {
        power += (double)samples[i] * (double)samples[i];
    }
    double level = (10 * log10(power / (double)count + 1e-9) + 60) / 60;
    return level > 0 ? fmin(level, 1) : 0; /* a sample may be no number */
}

/* The loudest of each part. Returns how many frames there were. */
static sf_count_t listen(SNDFILE *sound, const SF_INFO *info, double *levels, uint32_t points) {
    float samples[SAMPLES];
    sf_count_t heard = 0, count;
    while ((count = sf_readf_float(sound, samples, SAMPLES / info->channels)) > 0) {
        double part = fmin((double)heard / (double)info->frames * points, points - 1);
        double level = loudness(samples, (size_t)count * (size_t)info->channels);
        levels[(uint32_t)part] = fmax(levels[(uint32_t)part], level);
        heard += count;
    }
    return heard;
}

static bool describe(SNDFILE *sound, const SF_INFO *info, struct media_voice *out) {
    enum { POINTS = sizeof out->shape };
    double levels[POINTS] = { 0 }, loudest = 0.05;
    out->type = type_of(info->format);
    if (out->type == NULL || info->channels < 1 || info->channels > SAMPLES || info->samplerate < 1 ||
        info->frames < 1) {
        return false;
    }
    sf_count_t parts = info->frames / (SAMPLES / info->channels);
    out->points = parts < 1 ? 1 : parts > POINTS ? POINTS : (uint32_t)parts;
    double milliseconds = (double)listen(sound, info, levels, out->points) * 1000 / info->samplerate;
    if (milliseconds < 1 || milliseconds > MAX_MILLISECONDS) {
        return false;
    }
    out->milliseconds = (uint32_t)milliseconds;
    for (uint32_t i = 0; i < out->points; i++) {
        loudest = fmax(loudest, levels[i]);
    }
    for (uint32_t i = 0; i < out->points; i++) {
        out->shape[i] = (uint8_t)lround(255 * levels[i] / loudest);
    }
    return true;
}

bool media_hear(const char *path, struct media_voice *out) {
    SF_INFO info = { 0 };
    SNDFILE *sound = sf_open(path, SFM_READ, &info);
    *out = (struct media_voice){ .type = NULL };
    if (sound == NULL) {
        return false;
    }
    bool good = describe(sound, &info, out);
    (void)sf_close(sound);
    return good;
}
