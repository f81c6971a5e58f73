/* SPDX-License-Identifier: EUPL-1.2 */
/* Recordings that are to be voice messages, and files that are none. */
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "media.h"
#include "test/cmocka.h"

enum { RATE = 16000, SECONDS = 4 };

struct folder {
    char path[32], file[64];
};

static int setup(void **state) {
    struct folder *folder = (struct folder *)calloc(1, sizeof *folder);
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/weibel-media-XXXXXX");
    *state = folder;
    return mkdtemp(folder->path) == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct folder *folder = (struct folder *)*state;
    (void)unlink(folder->file);
    int left = rmdir(folder->path);
    free(folder);
    return left;
}

static const char *in(struct folder *folder, const char *name) {
    (void)unlink(folder->file);
    (void)snprintf(folder->file, sizeof folder->file, "%s/%s", folder->path, name);
    return folder->file;
}

/* Two seconds of silence, then two of a tone, in as many channels. */
static void record(const char *path, int format, int channels) {
    SF_INFO info = { .samplerate = RATE, .channels = channels, .format = format };
    SNDFILE *sound = sf_open(path, SFM_WRITE, &info);
    assert_non_null(sound);
    for (int i = 0; i < RATE * SECONDS; i++) {
        float frame[2];
        frame[0] = frame[1] = i < RATE * 2 ? 0 : 0.5F * sinf((float)i / 5);
        assert_int_equal(sf_writef_float(sound, frame, 1), 1);
    }
    assert_int_equal(sf_close(sound), 0);
}

static void write_file(const char *path, const char *data, size_t len) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void check_heard(const char *path, const char *type) {
    struct media_voice voice;
    assert_true(media_hear(path, &voice));
    assert_string_equal(voice.type, type);
    assert_in_range(voice.milliseconds, 3900, 4200); /* who compresses rounds up to whole blocks */
    assert_in_range(voice.points, 14, 64);
    for (uint32_t i = 0; i < voice.points; i++) {
        if (i < voice.points * 4 / 10) {
            assert_in_range(voice.shape[i], 0, 20);
        } else if (i > voice.points * 6 / 10 && i + 2 < voice.points) {
            assert_in_range(voice.shape[i], 235, 255);
        }
    }
}

static void test_shape(void **state) {
    struct folder *folder = (struct folder *)*state;
    static const struct {
        const char *name, *type;
        int format, channels;
    } kinds[] = {
        { "a.wav", "audio/wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1 },
        { "a.wav", "audio/wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2 },
        { "a.wav", "audio/wav", SF_FORMAT_WAVEX | SF_FORMAT_FLOAT, 1 },
        { "a.ogg", "audio/ogg", SF_FORMAT_OGG | SF_FORMAT_OPUS, 1 },
        { "a.ogg", "audio/ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 2 },
        { "a.mp3", "audio/mpeg", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 1 },
        { "what it is called does not matter", "audio/ogg", SF_FORMAT_OGG | SF_FORMAT_OPUS, 1 },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *path = in(folder, kinds[i].name);
        record(path, kinds[i].format, kinds[i].channels);
        check_heard(path, kinds[i].type);
    }
}

static void test_member(void **state) {
    struct folder *folder = (struct folder *)*state;
    const char *why = NULL;
    int code = 0;
    record(in(folder, "memo.opus"), SF_FORMAT_OGG | SF_FORMAT_OPUS, 1);
    cJSON *file = media_file(folder->file, MEDIA_VOICE, &why, &code);
    assert_non_null(file);
    assert_string_equal(cJSON_GetObjectItem(file, "name")->valuestring, "memo.opus");
    assert_string_equal(cJSON_GetObjectItem(file, "type")->valuestring, "audio/ogg");
    assert_string_equal(cJSON_GetObjectItem(file, "kind")->valuestring, "voice");
    assert_in_range(strlen(cJSON_GetObjectItem(file, "waveform")->valuestring), 20, 88);
    cJSON_Delete(file);
    file = media_file(folder->file, MEDIA_FILE, &why, &code);
    assert_non_null(file);
    assert_null(cJSON_GetObjectItem(file, "kind"));
    cJSON_Delete(file);
}

static void check_refused(const char *path, const char *words) {
    const char *why = NULL;
    int code = 0;
    assert_null(media_file(path, MEDIA_VOICE, &why, &code));
    assert_non_null(strstr(why, words));
    assert_int_equal(code, EX_DATAERR);
}

static void test_refused(void **state) {
    struct folder *folder = (struct folder *)*state;
    const char *why = NULL;
    int code = 0;
    char wav[RATE];
    in(folder, "none");
    write_file(folder->file, "words", 5);
    check_refused(folder->file, "no recording");
    write_file(folder->file, "", 0);
    check_refused(folder->file, "no recording");
    record(folder->file, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1); /* which no browser takes for a voice message */
    check_refused(folder->file, "no recording");
    assert_int_equal(truncate(folder->file, MEDIA_MAX_VOICE + 1), 0);
    check_refused(folder->file, "8 MiB");
    assert_null(media_file("/no/such/file", MEDIA_VOICE, &why, &code));
    assert_int_equal(code, EX_NOINPUT);
    assert_null(media_file(folder->path, MEDIA_FILE, &why, &code));
    assert_int_equal(code, EX_NOINPUT);

    /* Cut off, and with lengths that lie: never more than is there. */
    record(in(folder, "cut.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1);
    FILE *whole = fopen(folder->file, "rb");
    assert_non_null(whole);
    assert_int_equal(fread(wav, 1, sizeof wav, whole), sizeof wav);
    (void)fclose(whole);
    for (size_t len = 0; len <= sizeof wav; len += len < 64 ? 1 : 4096) {
        struct media_voice voice;
        write_file(folder->file, wav, len);
        if (media_hear(folder->file, &voice)) {
            assert_in_range(voice.milliseconds, 1, len * 1000 / 2 / RATE);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shape, setup, teardown),
        cmocka_unit_test_setup_teardown(test_member, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
