/* What was found, for programs. Sizes are bytes, times microseconds. */
#include "cli/json.h"
#include "memory_report.h"

#define CURVE_STEPS 1000 /* of time, in the whole connection */

static void put_device(struct json *j, const struct memory_report *r)
{
    const struct device *d = &r->options->device;

    json_object(j, "device");
    json_string(j, "profile", d->name[0] != '\0' ? d->name : NULL);
    json_number(j, "heap_bytes", d->heap);
    json_number(j, "largest", r->device.heap_largest);
    json_number(j, "psram", d->psram);
    json_number(j, "in", d->in);
    json_number(j, "out", d->out);
    json_number(j, "stack", d->stack);
    json_string(j, "buffers", d->fixed ? "fixed" : "elastic");
    json_array(j, "external");
    for (unsigned i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        if ((d->external & 1u << i) != 0) {
            json_string(j, NULL, esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)i));
        }
    }
    json_end(j, true);
    json_end(j, false);
}

static void put_session(struct json *j, const struct trial *t)
{
    json_object(j, "session");
    json_string(j, "version", t->opened ? t->version : NULL);
    json_string(j, "ciphersuite", t->opened ? t->suite : NULL);
    json_string(j, "address", t->record.address);
    json_number(j, "port", t->record.port);
    json_number(j, "http_status", t->http_status);
    json_number(j, "body", (int64_t)t->body);
    json_number(j, "records_in", t->record_count);
    json_number(j, "largest_record_in", t->record_largest);
    json_end(j, false);
}

static void put_failure(struct json *j, const struct trial *t)
{
    json_object(j, "failure");
    json_string(j, "phase", esp_tls_phase_name(t->record.phase));
    json_string(j, "cause", esp_tls_cause_name(t->record.cause));
    json_number(j, "size", t->failure.size);
    json_string(j, "purpose",
                t->failure.size != 0
                    ? esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)t->failure.purpose)
                    : NULL);
    json_number(j, "free", t->failure.free_bytes);
    json_number(j, "largest_free", t->failure.largest_free);
    json_number(j, "record_len", t->record.record_len);
    json_number(j, "record_limit", t->record.record_limit);
    json_end(j, false);
}

static void put_heap(struct json *j, const struct trial *t)
{
    json_object(j, "heap");
    json_number(j, "free", t->heap_free);
    json_number(j, "peak", t->heap_peak);
    json_number(j, "largest_request", t->stats.largest);
    json_number(j, "allocations", t->stats.count);
    json_number(j, "open", t->heap_open);
    json_number(j, "left", t->heap_left);
    json_number(j, "handle", t->stats.handle);
    json_number(j, "psram_peak", t->psram_peak);
    json_number(j, "stack", t->stack);
    json_end(j, false);
}

static void put_phases(struct json *j, const struct trial *t)
{
    json_array(j, "phases");
    for (unsigned i = ESP_TLS_PHASE_CONFIG; i <= ESP_TLS_PHASE_CLOSE; i++) {
        json_object(j, NULL);
        json_string(j, "phase", esp_tls_phase_name((esp_tls_phase_t)i));
        json_number(j, "heap_peak", t->phase[i].peak);
        json_number(j, "largest_request", t->phase[i].largest);
        json_number(j, "allocations", t->phase[i].count);
        json_number(j, "stack", t->phase[i].stack);
        json_end(j, false);
    }
    json_end(j, true);
}

static void put_purposes(struct json *j, const struct trial *t)
{
    json_array(j, "purposes");
    for (unsigned i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        json_object(j, NULL);
        json_string(j, "purpose", esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)i));
        json_number(j, "peak", t->stats.by_purpose[i].peak);
        json_number(j, "open", t->stats.by_purpose[i].live);
        json_end(j, false);
    }
    json_end(j, true);
}

static void put_choices(struct json *j, const struct memory_report *r)
{
    json_array(j, "choices");
    for (size_t i = 0; i < r->choices; i++) {
        const struct choice *c = &r->choice[i];

        json_object(j, NULL);
        json_string(j, "name", c->name);
        json_string(j, "arguments", c->args);
        json_string(j, "setting", c->setting);
        json_bool(j, "connects", c->works);
        json_bool(j, "fits", c->fits);
        json_number(j, "heap_peak", c->peak);
        json_number(j, "saved", c->saved);
        json_string(j, "why", c->works ? NULL : c->why);
        json_end(j, false);
    }
    json_end(j, true);
}

static void put_estimate(struct json *j, const char *key, const struct estimate *e)
{
    json_object(j, key);
    json_number(j, "least", e->least);
    json_number(j, "most", e->most);
    json_end(j, false);
}

/** Peaks of ESP-IDF's own esp-tls; null where the connection was not made. */
static void put_estimates(struct json *j, const struct memory_report *r)
{
    if (!r->has_estimates) {
        json_string(j, "esp_idf_estimate", NULL);
        return;
    }
    json_object(j, "esp_idf_estimate");
    put_estimate(j, "fixed", &r->estimates.fixed);
    put_estimate(j, "dynamic", &r->estimates.dynamic);
    json_end(j, false);
}

static void put_timeline(struct json *j, const struct trial *t)
{
    json_object(j, "timeline");
    json_number(j, "resolved_us", t->timeline.resolved_us);
    json_number(j, "connected_us", t->timeline.connected_us);
    json_number(j, "handshake_us", t->timeline.handshake_us);
    json_number(j, "first_byte_us", t->timeline.first_byte_us);
    json_number(j, "closed_us", t->closed_us);
    json_end(j, false);
}

/** Bytes taken of the heap over time. Of events that no picture tells apart, the highest, the
 *  lowest and the last count. */
static void put_heap_over_time(struct json *j, const struct trial *t)
{
    uint32_t step = t->events > 0 ? t->event[t->events - 1].us / CURVE_STEPS + 1 : 1;

    for (size_t i = 0; i < t->events;) {
        const uint32_t us = t->event[i].us;
        uint32_t high = t->event[i].heap;
        uint32_t low = high;
        uint32_t last = high;

        for (; i < t->events && t->event[i].us < us + step; i++) {
            last = t->event[i].heap;
            high = last > high ? last : high;
            low = last < low ? last : low;
        }
        if (high != low) {
            json_pair(j, us, high);
            json_pair(j, us, low);
        }
        json_pair(j, us, last);
    }
}

/** The heap, and the buffers made for incoming records, both by time. */
static void put_curve(struct json *j, const struct trial *t, bool is_fixed)
{
    json_object(j, NULL);
    json_string(j, "buffers", is_fixed ? "fixed" : "elastic");
    json_number(j, "heap_peak", t->heap_peak);
    json_number(j, "heap_open", t->heap_open);
    put_timeline(j, t);
    json_array(j, "heap");
    put_heap_over_time(j, t);
    json_end(j, true);
    json_array(j, "records_in");
    for (size_t i = 0; i < t->events; i++) {
        if (t->event[i].purpose == ESP_TLS_MEM_RECORD_IN && t->event[i].size > 0) {
            json_pair(j, t->event[i].us, t->event[i].size);
        }
    }
    json_end(j, true);
    json_end(j, false);
}

static void put_curves(struct json *j, const struct memory_report *r)
{
    bool is_fixed = r->options->device.fixed;

    json_array(j, "curves");
    put_curve(j, report_whole(r), is_fixed);
    if (r->has_other) {
        put_curve(j, &r->other, !is_fixed);
    }
    json_end(j, true);
}

static void put_members(struct json *j, const struct memory_report *r)
{
    const struct trial *t = report_whole(r);
    char proxy[300];

    json_string(j, "host", r->options->target.host);
    json_string(j, "proxy", tunnel_proxy_text(&r->options->connect, proxy));
    json_bool(j, "fits", r->fits);
    json_number(j, "exit", r->exit);
    json_string(j, "verdict", r->verdict);
    json_string(j, "advice", r->advice[0] != '\0' ? r->advice : NULL);
    json_string(j, "advice_arguments", r->advice_args[0] != '\0' ? r->advice_args : NULL);
    json_number(j, "pointer_bits", (int64_t)(8 * sizeof(void *)));
    put_device(j, r);
    put_failure(j, &r->device);
    put_session(j, t);
    put_heap(j, t);
    put_phases(j, t);
    put_purposes(j, t);
    put_timeline(j, t);
    put_choices(j, r);
    put_estimates(j, r);
}

void memory_print_json(const struct memory_report *r, FILE *out)
{
    struct json j = {.out = out};

    json_report(&j, "memory");
    put_members(&j, r);
    json_end(&j, false);
}

void memory_print_page_json(const void *report, FILE *out)
{
    struct json j = {.out = out};

    json_report(&j, "memory");
    put_members(&j, report);
    put_curves(&j, report);
    json_end(&j, false);
}
