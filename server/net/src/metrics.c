/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The page of /metrics, in the text format of Prometheus: counts of things, never of people.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "state.h"

static void line(struct base_writer *writer, const char *name, const char *type, const char *help, uint64_t value) {
    char text[512];
    int len = snprintf(text, sizeof text, "# HELP weibel_%s %s\n# TYPE weibel_%s %s\nweibel_%s %" PRIu64 "\n", name,
                       help, name, type, name, value);
    base_write_slice(writer, base_slice(text, (size_t)len));
}

static void write_refusals(struct base_writer *writer, const struct delivery_counters *counters) {
    base_write_slice(writer, base_slice_text("# HELP weibel_refusals_total Requests refused, by reason\n"
                                             "# TYPE weibel_refusals_total counter\n"));
    for (uint16_t code = 1; code < sizeof counters->refusals / sizeof counters->refusals[0]; code++) {
        char text[128];
        if (strcmp(wire_refusal_name(code), "unknown") == 0) {
            continue;
        }
        int len = snprintf(text, sizeof text, "weibel_refusals_total{reason=\"%s\"} %" PRIu64 "\n",
                           wire_refusal_name(code), counters->refusals[code]);
        base_write_slice(writer, base_slice(text, (size_t)len));
    }
}

void metrics_write(struct server *server, struct base_writer *writer) {
    struct delivery_counters delivery;
    struct store_counters store;
    delivery_count(server->delivery, &delivery);
    store_count(server->store, &store);
    line(writer, "sockets", "gauge", "Connections of any kind", delivery.arrived);
    line(writer, "arrivals_told_total", "counter", "Connections over a limit of their address that were told so",
         delivery.told);
    line(writer, "arrivals_dropped_total", "counter", "Connections over a limit that were closed without a word",
         delivery.dropped);
    line(writer, "connections", "gauge", "WebSocket connections", delivery.sessions);
    line(writer, "devices_signed_in", "gauge", "Connections of signed-in devices", delivery.signed_in);
    line(writer, "live_readers", "gauge", "Streams and inboxes that are read live", delivery.live);
    line(writer, "reader_bytes", "gauge", "Bytes in memory for readers", delivery.held);
    line(writer, "frames_received_total", "counter", "Frames received", delivery.frames_in);
    line(writer, "frames_sent_total", "counter", "Frames sent", delivery.frames_out);
    line(writer, "appends_total", "counter", "Entries appended to streams", delivery.appends);
    line(writer, "live_entries_total", "counter", "Entries given to live readers", delivery.entries_out);
    line(writer, "push_devices", "gauge", "Devices that are away and would be pushed to", delivery.sleepers);
    line(writer, "pushes_sent_total", "counter", "Pushes that a push service has taken", delivery.pushes_sent);
    line(writer, "pushes_gone_total", "counter", "Pushes to devices that the push service knows no more",
         delivery.pushes_gone);
    line(writer, "pushes_failed_total", "counter", "Pushes that could not be sent", delivery.pushes_failed);
    line(writer, "store_transactions_total", "counter", "Durable transactions", store.batches);
    line(writer, "store_writes_total", "counter", "Operations in them", store.writes);
    line(writer, "store_reads_total", "counter", "Operations that only read", store.reads);
    line(writer, "store_failures_total", "counter", "Transactions that failed", store.failures);
    line(writer, "store_queue", "gauge", "Operations that wait", store.queued);
    line(writer, "store_queue_bytes", "gauge", "Bytes of operations that wait", store.queued_bytes);
    line(writer, "blob_transfers", "gauge", "Blobs on their way", server->transfers);
    line(writer, "blob_received_bytes_total", "counter", "Bytes of blobs received", server->blob_bytes_in);
    line(writer, "blob_sent_bytes_total", "counter", "Bytes of blobs sent", server->blob_bytes_out);
    line(writer, "start_time_seconds", "gauge", "When the server started, seconds since 1970", server->started);
    write_refusals(writer, &delivery);
}
