/* What was found, as text for a terminal. */
#include "memory_report.h"

/** What lies in PSRAM. */
static void print_external(const struct device *d, FILE *out)
{
    const char *before = "; in PSRAM: ";

    for (unsigned i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        if ((d->external & 1u << i) != 0) {
            fprintf(out, "%s%s", before, esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)i));
            before = ", ";
        }
    }
}

static void print_device(const struct memory_report *r, FILE *out)
{
    const struct device *d = &r->options->device;
    const struct trial *t = &r->device;
    char a[16];
    char b[16];

    fprintf(out, "Device: %s", d->name[0] != '\0' ? d->name : "no profile");
    if (d->heap == 0) {
        fputs(", heap without a bound", out);
    } else {
        fprintf(out, ", %s bytes of heap free, largest block %s", bytes_text(t->heap_free, a),
                bytes_text(t->heap_largest, b));
    }
    if (d->psram != 0) {
        fprintf(out, ", %s of PSRAM", bytes_text(d->psram, a));
    }
    if (d->stack != 0) {
        fprintf(out, ", stack %s", bytes_text(d->stack, a));
    }
    fprintf(out, "\nRecord buffers: %s, in %u, out %u bytes", d->fixed ? "fixed" : "elastic",
            (unsigned)d->in, (unsigned)d->out);
    print_external(d, out);
    fputc('\n', out);
}

static void print_session(const struct memory_report *r, FILE *out)
{
    const struct trial *t = report_whole(r);

    fprintf(out, "Server: %s (%s port %u)", r->options->target.host, t->record.address,
            t->record.port);
    if (t->opened) {
        fprintf(out, ", %s, %s", t->version, t->suite);
    }
    fputc('\n', out);
    if (t->http_status != 0) {
        fprintf(out, "Fetched: %s, status %d, %llu bytes in %u records, the largest %u\n",
                r->options->path, t->http_status, (unsigned long long)t->body,
                (unsigned)t->record_count, (unsigned)t->record_largest);
    }
}

/** The widths of the tables' columns, which a narrow terminal has less room for. */
struct widths {
    int name, peak, largest, count, stack;
    const char *peak_head, *largest_head, *count_head;
};

static const struct widths wide = {12,           12, 16, 12, 8, "heap peak", "largest request",
                                   "allocations"};
static const struct widths narrow = {9, 8, 8, 5, 6, "peak", "request", "count"};

#define WIDE_LEAST 64

static const struct widths *widths_for(FILE *out)
{
    size_t columns = text_columns(out);

    return columns > 0 && columns < WIDE_LEAST ? &narrow : &wide;
}

static void print_phases(const struct trial *t, FILE *out)
{
    char peak[16];
    char largest[16];
    char stack[16];
    const struct widths *w = widths_for(out);

    fprintf(out, "\n%-*s %*s %*s %*s %*s\n", w->name, "phase", w->peak, w->peak_head, w->largest,
            w->largest_head, w->count, w->count_head, w->stack, "stack");
    for (unsigned i = ESP_TLS_PHASE_CONFIG; i <= ESP_TLS_PHASE_CLOSE; i++) {
        const struct trial_phase *p = &t->phase[i];

        if (p->count != 0 || p->stack != 0) {
            fprintf(out, "%-*s %*s %*s %*u %*s\n", w->name, esp_tls_phase_name((esp_tls_phase_t)i),
                    w->peak, bytes_text(p->peak, peak), w->largest, bytes_text(p->largest, largest),
                    w->count, (unsigned)p->count, w->stack,
                    p->stack != 0 ? bytes_text(p->stack, stack) : "");
        }
    }
}

static void print_purposes(const struct trial *t, FILE *out)
{
    char peak[16];
    char live[16];
    const int peak_width = widths_for(out)->peak;

    fprintf(out, "\n%-12s %*s %16s\n", "for", peak_width, "peak", "open and idle");
    for (unsigned i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        const esp_tls_mem_use_t *use = &t->stats.by_purpose[i];

        if (use->peak != 0) {
            fprintf(out, "%-12s %*s %16s\n", esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)i),
                    peak_width, bytes_text(use->peak, peak),
                    t->opened ? bytes_text(use->live, live) : "");
        }
    }
    fprintf(out, "%-12s %*s %16s\n", "handle", peak_width, bytes_text(t->stats.handle, peak),
            t->opened ? bytes_text(t->stats.handle, live) : "");
}

#define CHOICE_NAME 31

/** The figures stand below the name where there is no room beside it. */
static void print_choices(const struct memory_report *r, FILE *out)
{
    const bool is_below = widths_for(out) == &narrow;
    const int name = is_below ? 10 : CHOICE_NAME;

    if (r->choices == 0) {
        return;
    }
    fprintf(out, "\n%-*s%s%*s %10s %10s  %s\n", name, "with this server", is_below ? "\n" : "",
            is_below ? name : 0, "", "heap peak", "saves", "fits");
    for (size_t i = 0; i < r->choices; i++) {
        const struct choice *c = &r->choice[i];
        char peak[16];
        char saved[16];

        if (!c->works) {
            fprintf(out, "%-*s does not work: %s\n", name, c->name, c->why);
            continue;
        }
        fprintf(out, "%-*s%s%*s %10s %s%9s  %s\n", name, c->name, is_below ? "\n" : "",
                is_below ? name : 0, "", bytes_text(c->peak, peak), c->saved < 0 ? "-" : " ",
                bytes_text((uint64_t)(c->saved < 0 ? -c->saved : c->saved), saved),
                c->fits ? "yes" : "no");
    }
}

/** Does what is estimated go into the device's heap? "" where that was not asked. */
static const char *fits_text(const struct memory_report *r, const struct estimate *e)
{
    uint32_t heap = r->options->device.heap;

    return heap == 0          ? ""
           : e->most <= heap  ? ", which fits"
           : e->least <= heap ? ", which fits with settings that save"
                              : ", which does not fit";
}

/** Whose figures these are, and what the other library takes. */
static void print_measured(const struct memory_report *r, FILE *out)
{
    struct text text = {0};
    char fixed[40];
    char dynamic[40];

    text_add(&text, "The figures are those of this library, measured%s.",
             sizeof(void *) > 4 ? " on a 64-bit machine; on a 32-bit device, where pointers and "
                                  "block headers are half as large, it takes no more"
                                : "");
    if (r->has_estimates) {
        text_add(&text,
                 " ESP-IDF's own esp-tls takes by estimate %s bytes at the peak%s; with its "
                 "CONFIG_MBEDTLS_DYNAMIC_BUFFER %s%s.",
                 estimate_text(&r->estimates.fixed, fixed), fits_text(r, &r->estimates.fixed),
                 estimate_text(&r->estimates.dynamic, dynamic),
                 fits_text(r, &r->estimates.dynamic));
    }
    fputc('\n', out);
    text_print(&text, out);
}

void memory_print_text(const struct memory_report *r, FILE *out)
{
    struct text verdict = {0};

    print_session(r, out);
    print_device(r, out);
    print_phases(report_whole(r), out);
    print_purposes(report_whole(r), out);
    print_choices(r, out);
    fputc('\n', out);
    text_add(&verdict, "%s", r->verdict);
    if (r->advice[0] != '\0') {
        text_add(&verdict, " %s", r->advice);
        if (r->advice_args[0] != '\0') {
            text_add(&verdict, " To see it here, add: %s", r->advice_args);
        }
    }
    text_print(&verdict, out);
    print_measured(r, out);
}
