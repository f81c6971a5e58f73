/* SPDX-License-Identifier: EUPL-1.2 */
/* Key files. */
#include "keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "words.h"

BASE_DEFINE_ERROR(KEYFILE_ERR_FILE, BASE_USAGE, NULL, N_("the key file cannot be read or made"));
BASE_DEFINE_ERROR(KEYFILE_ERR_LEN, BASE_USAGE, NULL, N_("a key file has 32 bytes, and this one has not"));

struct key {
    uint8_t bytes[KEYFILE_LEN + 1];
};

static void key_wipe(struct key *key) {
    base_wipe(key, sizeof *key);
}

const char *keyfile_named(const char *given) {
    const char *named = given != NULL ? given : getenv("WEIBEL_KEY_FILE");
    return named != NULL && named[0] != '\0' ? named : NULL;
}

static base_result make_key(const char *path, struct key *key) {
    BASE_TRY(base_random_fill(base_random_system(), key->bytes, KEYFILE_LEN));
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    BASE_ENSURE(file >= 0, KEYFILE_ERR_FILE);
    bool written = write(file, key->bytes, KEYFILE_LEN) == KEYFILE_LEN && fsync(file) == 0;
    int reason = errno;
    (void)close(file);
    if (!written) {
        (void)unlink(path);
    }
    errno = reason;
    BASE_ENSURE(written, KEYFILE_ERR_FILE);
    return BASE_OK;
}

static base_result read_key(const char *path, struct key *key) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    BASE_ENSURE(file >= 0, KEYFILE_ERR_FILE);
    ssize_t len = read(file, key->bytes, sizeof key->bytes);
    int reason = errno;
    (void)close(file);
    errno = reason;
    BASE_ENSURE(len >= 0, KEYFILE_ERR_FILE);
    BASE_ENSURE(len == KEYFILE_LEN, KEYFILE_ERR_LEN);
    return BASE_OK;
}

base_result keyfile_read(const char *file, bool make, char out[KEYFILE_TEXT]) {
    BASE_CLEANUP(key_wipe) struct key key = { { 0 } };
    base_result result = read_key(file, &key);
    if (result == &KEYFILE_ERR_FILE && errno == ENOENT && make) {
        result = make_key(file, &key);
    }
    BASE_TRY(result);
    (void)sodium_bin2base64(out, KEYFILE_TEXT, key.bytes, KEYFILE_LEN, sodium_base64_VARIANT_ORIGINAL);
    return BASE_OK;
}
