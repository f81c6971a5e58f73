/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who is told what is written down. What must be missed is a part of what is: only where the reader knew how many the
 * writer had written (he has heard him in an epoch of which he lacks nothing else), and hears him again.
 */
#include "liar.h"

#include <inttypes.h>
#include <string.h>

#include "device.h"
#include "ledger.h"
#include "memory.h"
#include "mls/mls.h"
#include "wire/wire.h"

enum {
    VICTIMS = 3,          /* one device of so many is lied to */
    LIE_PER_ENTRY = 20000 /* millionths, of each kind */
};

/* Something that a client has sent. */
struct written {
    uint8_t stream[WIRE_STREAM_LEN], nonce[WIRE_NONCE_LEN];
    size_t writer;
    bool joins;   /* a commit from outside */
    bool counted; /* all that was left out was acknowledged before */
};

/* An entry as a reader was told it. */
struct told {
    size_t reader;
    uint8_t stream[WIRE_STREAM_LEN], nonce[WIRE_NONCE_LEN];
    uint64_t number;
    size_t writer;
    bool commits, joins, counted, counts; /* counts: has a tally */
    enum { HONEST, LEFT_OUT, SWAPPED } lie;
    struct base_bytes content; /* of a lie */
};

struct liar {
    struct written *written;
    size_t written_count, written_capacity;
    struct told *told;
    size_t told_count, told_capacity;
    bool has_lied, confessed;
};

struct liar *liar_new(void) {
    return sim_take(1, sizeof(struct liar));
}

void liar_free(struct liar *liar) {
    for (size_t i = 0; liar != NULL && i < liar->told_count; i++) {
        base_bytes_free(&liar->told[i].content);
    }
    if (liar != NULL) {
        base_free(liar->written);
        base_free(liar->told);
        base_free(liar);
    }
}

static const struct written *find_written(const struct liar *liar, const uint8_t *stream, const uint8_t *nonce) {
    for (size_t i = liar->written_count; i > 0; i--) {
        const struct written *written = &liar->written[i - 1];
        if (memcmp(written->nonce, nonce, WIRE_NONCE_LEN) == 0 &&
            memcmp(written->stream, stream, WIRE_STREAM_LEN) == 0) {
            return written;
        }
    }
    return NULL;
}

static const struct told *find_told(const struct liar *liar, size_t reader, const uint8_t *stream, uint64_t number) {
    for (size_t i = liar->told_count; i > 0; i--) {
        const struct told *told = &liar->told[i - 1];
        if (told->reader == reader && told->number == number && memcmp(told->stream, stream, WIRE_STREAM_LEN) == 0) {
            return told;
        }
    }
    return NULL;
}

static bool is_private(struct base_slice content, struct mls_message_head *head) {
    return mls_message_peek(content, head) == BASE_OK && head->wire == MLS_PRIVATE_MESSAGE;
}

void liar_hear(struct sim *sim, size_t writer, struct base_slice frame) {
    struct liar *liar = sim->liar;
    struct wire_frame decoded;
    struct mls_message_head head;
    if (liar == NULL || wire_decode(frame, &decoded) != BASE_OK || decoded.type != WIRE_APPEND) {
        return;
    }
    const struct wire_append *append = &decoded.of.append;
    if (find_written(liar, append->stream, append->nonce) != NULL) {
        return;
    }
    sim_grow((void **)&liar->written, liar->written_count, &liar->written_capacity, sizeof *liar->written);
    struct written *written = &liar->written[liar->written_count++];
    *written = (struct written){ .writer = writer, .counted = liar->confessed };
    memcpy(written->stream, append->stream, sizeof written->stream);
    memcpy(written->nonce, append->nonce, sizeof written->nonce);
    written->joins = append->kind != WIRE_KIND_MESSAGE && !is_private(append->content, &head);
}

/* ---- lying ---- */

static bool may_lie(const struct sim *sim, size_t reader, const uint8_t *stream, const struct wire_entry *entry,
                    struct mls_message_head *head) {
    const struct written *written = find_written(sim->liar, stream, entry->nonce);
    return written != NULL && reader % VICTIMS == sim->options.seed % VICTIMS &&
           sim->devices[written->writer].owner != sim->devices[reader].owner && entry->kind == WIRE_KIND_MESSAGE &&
           is_private(entry->content, head) && head->content_type == MLS_APPLICATION &&
           find_told(sim->liar, reader, stream, entry->number) == NULL;
}

/* Of an epoch that nobody will ever see. */
static struct base_bytes make_unseen(struct base_slice content, const struct mls_message_head *head) {
    struct base_bytes unseen = sim_copy(content);
    unseen.data[(size_t)(head->group_id.data - content.data) + head->group_id.len] ^= 0x40;
    return unseen;
}

static struct told *note(struct sim *sim, size_t reader, const uint8_t *stream, const struct wire_entry *entry) {
    struct liar *liar = sim->liar;
    struct mls_message_head head;
    const struct written *written = find_written(liar, stream, entry->nonce);
    sim_grow((void **)&liar->told, liar->told_count, &liar->told_capacity, sizeof *liar->told);
    struct told *told = &liar->told[liar->told_count++];
    *told = (struct told){ .reader = reader, .number = entry->number, .writer = SIM_MAX_DEVICES };
    memcpy(told->stream, stream, sizeof told->stream);
    memcpy(told->nonce, entry->nonce, sizeof told->nonce);
    told->commits = entry->kind == WIRE_KIND_COMMIT;
    told->counts = is_private(entry->content, &head) && head.content_type == MLS_APPLICATION;
    if (written != NULL) {
        told->writer = written->writer;
        told->joins = written->joins;
        told->counted = written->counted;
    }
    return told;
}

static void lie(struct sim *sim, struct told *told, struct wire_entry *entry) {
    entry->content = base_borrow(&told->content);
    memcpy(entry->nonce, told->nonce, sizeof entry->nonce);
    sim->devices[told->reader].deceived = true;
    sim->liar->has_lied = true;
    sim->report->lies++;
    sim_say(sim, "%zu is lied to about entry %" PRIu64 " of %zu in %02x%02x", told->reader, told->number, told->writer,
            told->stream[0], told->stream[1]);
}

/* True if the one at `i`, or it and the next one, are not told as they are. */
static bool tell_new(struct sim *sim, size_t reader, const uint8_t *stream, struct wire_entry *all, size_t count,
                     size_t i) {
    struct mls_message_head head, next;
    const struct written *one = find_written(sim->liar, stream, all[i].nonce);
    bool may = may_lie(sim, reader, stream, &all[i], &head);
    if (may && sim_goes_wrong(sim, SIM_LIES, LIE_PER_ENTRY)) {
        struct told *told = note(sim, reader, stream, &all[i]);
        told->lie = LEFT_OUT;
        told->content = make_unseen(all[i].content, &head);
        lie(sim, told, &all[i]);
        return true;
    }
    if (may && i + 1 < count && may_lie(sim, reader, stream, &all[i + 1], &next) && next.epoch == head.epoch &&
        find_written(sim->liar, stream, all[i + 1].nonce)->writer == one->writer &&
        sim_goes_wrong(sim, SIM_LIES, LIE_PER_ENTRY)) {
        struct wire_entry two[] = { all[i + 1], all[i] };
        for (size_t k = 0; k < 2; k++) {
            two[k].number = all[i + k].number;
            struct told *told = note(sim, reader, stream, &two[k]);
            told->lie = SWAPPED;
            told->content = sim_copy(two[k].content);
            lie(sim, told, &two[k]);
        }
        memcpy(&all[i], two, sizeof two);
        return true;
    }
    (void)note(sim, reader, stream, &all[i]);
    return false;
}

bool liar_tell(struct sim *sim, size_t reader, struct base_slice frame, struct base_bytes *out) {
    struct wire_frame decoded;
    struct wire_entry *all = NULL;
    size_t count = 0, capacity = 0;
    bool lies = false;
    if (sim->liar == NULL || wire_decode(frame, &decoded) != BASE_OK || decoded.type != WIRE_ENTRIES) {
        return false;
    }
    struct wire_entries *entries = &decoded.of.entries;
    struct base_reader each = base_reader(entries->entries);
    while (each.left > 0) {
        sim_grow((void **)&all, count, &capacity, sizeof *all);
        TEST_CHECK(wire_entry_next(&each, &all[count++]) == BASE_OK, "the server has sent a broken entry");
    }
    struct base_writer inside BASE_CLEANUP(base_writer_free) = base_writer(base_allocator_libc(), WIRE_MAX_FRAME),
                              writer BASE_CLEANUP(base_writer_free) =
                                  base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    for (size_t i = 0; i < count; i++) {
        const struct told *before = find_told(sim->liar, reader, entries->stream, all[i].number);
        if (before == NULL) {
            lies = tell_new(sim, reader, entries->stream, all, count, i) || lies;
        } else if (before->lie != HONEST) { /* what he is told again is the same */
            all[i].content = base_borrow(&before->content);
            memcpy(all[i].nonce, before->nonce, sizeof all[i].nonce);
            lies = true;
        }
        wire_entry_write(&inside, &all[i]);
    }
    base_free(all);
    entries->entries = base_writer_view(&inside);
    wire_encode(&writer, &decoded);
    TEST_CHECK(!lies || base_writer_finish(&writer, out) == BASE_OK, "a frame can't be written");
    return lies;
}

/* ---- judging ---- */

bool liar_confess(struct liar *liar) {
    if (liar != NULL) {
        liar->confessed = true;
    }
    return liar != NULL && liar->has_lied;
}

/* Whoever may have come again has been counted anew. */
static bool was_there(const struct sim *sim, size_t device) {
    bool there = device < SIM_MAX_DEVICES && !sim->devices[device].doomed;
    for (size_t i = 0; there && i < sim->ledger->group_count; i++) {
        there = !ledger_may_be_out(sim->ledger, i, sim->devices[device].owner);
    }
    return there;
}

static void judge_missing(struct sim *sim, size_t reader, size_t writer) {
    if ((sim->devices[reader].accuses & people_one(sim->devices[writer].owner)) == 0) {
        sim_fail(sim, "%zu was not told of what %zu had written, and does not say so", reader, writer);
    }
    sim->report->missed++;
}

/* The stream of the reader's entry number `first` in what was told. */
static void judge_stream(struct sim *sim, size_t first) {
    const struct liar *liar = sim->liar;
    const size_t reader = liar->told[first].reader;
    uint64_t last = 0;
    bool whole = false; /* nothing was missing since a commit */
    device_set heard = 0, missing = 0;
    for (size_t i = first; i < liar->told_count; i++) {
        const struct told *told = &liar->told[i];
        if (told->reader != reader || memcmp(told->stream, liar->told[first].stream, sizeof told->stream) != 0) {
            continue;
        }
        device_set writer = told->writer < SIM_MAX_DEVICES ? devices_one(told->writer) : 0;
        bool comes = told->joins && told->writer == reader;
        if (comes || told->number != last + 1) {
            whole = false;
            heard = missing = 0;
        }
        last = told->number;
        heard &= told->joins ? ~writer : ~(device_set)0;
        missing &= told->joins ? ~writer : ~(device_set)0;
        whole = whole || (told->commits && !comes);
        if (told->lie != HONEST) {
            missing |= heard & writer;
        } else if (told->counts && (missing & writer) != 0 && told->counted && was_there(sim, told->writer)) {
            judge_missing(sim, reader, told->writer);
        }
        heard |= told->counts && told->lie == HONEST && whole ? writer : 0;
    }
}

void liar_judge(struct sim *sim) {
    const struct liar *liar = sim->liar;
    for (size_t i = 0; liar != NULL && i < liar->told_count && !sim_failed(sim); i++) {
        const struct told *told = &liar->told[i];
        const struct device *reader = &sim->devices[told->reader];
        bool begins = true;
        for (size_t k = 0; k < i && begins; k++) {
            begins = liar->told[k].reader != told->reader ||
                     memcmp(liar->told[k].stream, told->stream, sizeof told->stream) != 0;
        }
        if (begins && reader->deceived && !reader->gone && !reader->unreadable && was_there(sim, told->reader)) {
            judge_stream(sim, i);
        }
    }
}
