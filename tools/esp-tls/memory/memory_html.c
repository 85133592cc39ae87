/* What was found, as a page. */
#define _GNU_SOURCE /* open_memstream */
#include <stdlib.h>
#include <string.h>

#include "memory_report.h"
#include "cli/output.h"
#include "cli/page.h"

#define MARKS_MAX 4096

/* --- the charts
 * ---------------------------------------------------------------------------------------- */

/** What both charts share, so that they can be compared. */
struct scale {
    double ms;
    double bytes;
};

static double end_ms(const struct trial *t)
{
    uint32_t us = t->closed_us;

    if (t->events > 0 && t->event[t->events - 1].us > us) {
        us = t->event[t->events - 1].us;
    }
    return us / 1000.0;
}

static void widen(struct scale *scale, const struct trial *t)
{
    double ms = end_ms(t);

    scale->ms = ms > scale->ms ? ms : scale->ms;
    scale->bytes = t->heap_peak > scale->bytes ? t->heap_peak : scale->bytes;
}

static struct scale common_scale(const struct memory_report *r)
{
    struct scale scale = {.ms = 0.1, .bytes = 1024};

    widen(&scale, report_whole(r));
    if (r->has_other) {
        widen(&scale, &r->other);
    }
    if (r->options->device.heap != 0 && r->options->device.heap < 2 * scale.bytes &&
        r->options->device.heap > scale.bytes) {
        scale.bytes = r->options->device.heap;
    }
    scale.bytes *= 1.08;
    scale.ms *= 1.01;
    return scale;
}

static size_t make_bands(const struct trial *t, struct chart_band bands[8])
{
    const struct {
        const char *label;
        uint32_t end_us;
    } steps[] = {
        {"resolve", t->timeline.resolved_us},
        {"connect", t->timeline.connected_us},
        {"handshake", t->timeline.handshake_us},
        {"open", t->opened ? t->closed_us : 0},
    };
    double from = 0;
    size_t count = 0;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i].end_us != 0) {
            bands[count++] = (struct chart_band){from, steps[i].end_us / 1000.0, steps[i].label};
            from = steps[i].end_us / 1000.0;
        }
    }
    return count;
}

static size_t make_marks(const struct trial *t, struct chart_mark *marks)
{
    size_t count = 0;

    for (size_t i = 0; i < t->events && count < MARKS_MAX; i++) {
        const struct trial_event *e = &t->event[i];

        if (e->purpose == ESP_TLS_MEM_RECORD_IN && e->size > 0) {
            marks[count++] = (struct chart_mark){e->us / 1000.0, e->size};
        }
    }
    return count;
}

static struct chart_point *make_points(const struct trial *t)
{
    struct chart_point *points = malloc((t->events + 2) * sizeof(*points));

    for (size_t i = 0; points != NULL && i < t->events; i++) {
        points[i] = (struct chart_point){t->event[i].us / 1000.0, t->event[i].heap};
    }
    return points;
}

static void draw_trial(FILE *out, const struct memory_report *r, const struct trial *t,
                       const struct scale *scale, bool is_fixed)
{
    struct chart_band bands[8];
    struct chart_mark *marks = malloc(MARKS_MAX * sizeof(*marks));
    struct chart_point *points = make_points(t);
    struct chart chart = {
        .title = is_fixed ? "Heap over time with fixed record buffers"
                          : "Heap over time with elastic record buffers",
        .id = is_fixed ? "fixed" : "elastic",
        .x_max = scale->ms,
        .y_max = scale->bytes,
        .x_unit = "ms",
        .y_unit = "bytes",
        .points = t->events,
        .bands = make_bands(t, bands),
        .band = bands,
        .limit = r->options->device.heap,
        .limit_label = "free heap of the device",
    };

    if (points != NULL && marks != NULL) {
        chart.point = points;
        chart.mark = marks;
        chart.marks = make_marks(t, marks);
        page_chart(out, &chart);
    }
    free(points);
    free(marks);
}

static void put_chart(FILE *out, const struct memory_report *r, const struct trial *t,
                      const struct scale *scale, bool is_fixed)
{
    char peak[16];
    char open[16];
    char line[200];

    page_heading(out,
                 is_fixed ? "Heap over time, fixed buffers" : "Heap over time, elastic buffers");
    snprintf(line, sizeof(line), "Peak %s bytes; open and idle %s bytes.",
             bytes_text(t->heap_peak, peak), bytes_text(t->heap_open, open));
    page_paragraph(out, NULL, line);
    draw_trial(out, r, t, scale, is_fixed);
}

static void put_charts(FILE *out, const struct memory_report *r)
{
    bool is_fixed = r->options->device.fixed;
    struct scale scale = common_scale(r);

    put_chart(out, r, report_whole(r), &scale, is_fixed);
    if (r->has_other) {
        put_chart(out, r, &r->other, &scale, !is_fixed);
    }
    page_paragraph(out, "note",
                   "The curve is what is taken of the heap, block headers, handle and what the "
                   "process shares included. Each orange stem is a buffer made for an incoming "
                   "record, as high as it is large. Both charts have the same scale.");
}

/* --- the tables
 * ---------------------------------------------------------------------------------------- */

static void put_phases(FILE *out, const struct trial *t)
{
    static const char *const heads[] = {"Phase", "Heap peak", "Largest request", "Blocks made",
                                        "Stack"};

    page_heading(out, "By phase");
    page_table_begin(out, NULL, heads, 5);
    for (unsigned i = ESP_TLS_PHASE_CONFIG; i <= ESP_TLS_PHASE_CLOSE; i++) {
        const struct trial_phase *p = &t->phase[i];
        char peak[16];
        char largest[16];
        char count[16];
        char stack[16];
        const char *cells[] = {esp_tls_phase_name((esp_tls_phase_t)i), bytes_text(p->peak, peak),
                               bytes_text(p->largest, largest), bytes_text(p->count, count),
                               p->stack != 0 ? bytes_text(p->stack, stack) : ""};

        if (p->count != 0 || p->stack != 0) {
            page_table_row(out, cells, 5);
        }
    }
    page_table_end(out);
}

static void put_purposes(FILE *out, const struct trial *t)
{
    static const char *const heads[] = {"For", "Peak", "Open and idle"};

    page_heading(out, "By purpose");
    page_table_begin(out, NULL, heads, 3);
    for (unsigned i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        const esp_tls_mem_use_t *use = &t->stats.by_purpose[i];
        char peak[16];
        char live[16];
        const char *cells[] = {esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)i),
                               bytes_text(use->peak, peak), bytes_text(use->live, live)};

        if (use->peak != 0) {
            page_table_row(out, cells, 3);
        }
    }
    page_table_end(out);
}

static void put_choices(FILE *out, const struct memory_report *r)
{
    static const char *const heads[] = {"Setting", "Heap peak", "Saves", "Fits"};

    if (r->choices == 0) {
        return;
    }
    page_heading(out, "Other settings, tried with this server");
    page_table_begin(out, NULL, heads, 4);
    for (size_t i = 0; i < r->choices; i++) {
        const struct choice *c = &r->choice[i];
        char peak[16];
        char saved[17] = "-";
        char name[200];
        const char *cells[] = {name, c->works ? bytes_text(c->peak, peak) : "", saved,
                               c->fits ? "yes" : "no"};

        snprintf(name, sizeof(name), "%s (%s)", c->name, c->setting);
        bytes_text((uint64_t)(c->saved < 0 ? -c->saved : c->saved), saved + (c->saved < 0));
        if (!c->works) {
            cells[2] = "";
            cells[3] = c->why;
        }
        page_table_row(out, cells, 4);
    }
    page_table_end(out);
}

static void put_device(FILE *out, const struct memory_report *r)
{
    const struct device *d = &r->options->device;
    const struct trial *t = report_whole(r);
    char heap[16];
    char psram[16];
    char line[300];
    int len;

    snprintf(line, sizeof(line), "%s%s%s%s%s", t->record.address, t->opened ? ", " : "", t->version,
             t->opened ? ", " : "", t->suite);
    page_paragraph(out, NULL, line);
    len = snprintf(line, sizeof(line), "Device: %s, ", d->name[0] != '\0' ? d->name : "no profile");
    len += snprintf(line + len, sizeof(line) - (size_t)len, "%s%s, ",
                    d->heap != 0 ? bytes_text(d->heap, heap) : "heap without a bound",
                    d->heap != 0 ? " bytes of heap free" : "");
    if (d->psram != 0) {
        len += snprintf(line + len, sizeof(line) - (size_t)len, "%s bytes of PSRAM, ",
                        bytes_text(d->psram, psram));
    }
    snprintf(line + len, sizeof(line) - (size_t)len, "%s record buffers, in %u, out %u.",
             d->fixed ? "fixed" : "elastic", (unsigned)d->in, (unsigned)d->out);
    page_paragraph(out, NULL, line);
}

/* --- the page
 * --------------------------------------------------------------------------------------------- */

static void put_page(FILE *out, const struct memory_report *r)
{
    char title[320];
    const struct trial *t = report_whole(r);

    snprintf(title, sizeof(title), "Memory of a TLS connection to %s", r->options->target.host);
    page_begin(out, title);
    page_paragraph(out, r->fits ? "good" : "bad", r->verdict);
    if (r->advice[0] != '\0') {
        page_paragraph(out, NULL, r->advice);
    }
    put_device(out, r);
    if (t->events > 0) {
        put_charts(out, r);
        put_phases(out, t);
        put_purposes(out, t);
    }
    put_choices(out, r);
    page_end(out, sizeof(void *) > 4
                      ? "Made by esp-tls " ESP_TLS_VERSION
                        " on a 64-bit machine: pointers and block headers are half as large on a "
                        "32-bit device."
                      : "Made by esp-tls " ESP_TLS_VERSION ".");
}

enum tool_exit memory_write_html(const struct memory_report *r, const char *path)
{
    struct output output = {.fd = -1};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    enum tool_exit status;

    if (out == NULL) {
        fputs("esp-tls: out of memory\n", stderr);
        return EXIT_MEMORY;
    }
    put_page(out, r);
    if (fclose(out) != 0) {
        free(text);
        fputs("esp-tls: out of memory\n", stderr);
        return EXIT_MEMORY;
    }
    status = output_open(&output, strcmp(path, "-") == 0 ? NULL : path);
    if (status == EXIT_OK) {
        status = output_write(&output, text, len);
    }
    status = status == EXIT_OK ? output_finish(&output) : status;
    output_clear(&output);
    free(text);
    return status;
}
