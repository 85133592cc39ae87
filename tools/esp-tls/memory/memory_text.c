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

static void print_phases(const struct trial *t, FILE *out)
{
    char peak[16];
    char largest[16];
    char stack[16];

    fprintf(out, "\n%-12s %12s %16s %12s %8s\n", "phase", "heap peak", "largest request",
            "allocations", "stack");
    for (unsigned i = ESP_TLS_PHASE_CONFIG; i <= ESP_TLS_PHASE_CLOSE; i++) {
        const struct trial_phase *p = &t->phase[i];

        if (p->count != 0 || p->stack != 0) {
            fprintf(out, "%-12s %12s %16s %12u %8s\n", esp_tls_phase_name((esp_tls_phase_t)i),
                    bytes_text(p->peak, peak), bytes_text(p->largest, largest), (unsigned)p->count,
                    p->stack != 0 ? bytes_text(p->stack, stack) : "");
        }
    }
}

static void print_purposes(const struct trial *t, FILE *out)
{
    char peak[16];
    char live[16];

    fprintf(out, "\n%-12s %12s %16s\n", "for", "peak", "open and idle");
    for (unsigned i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        const esp_tls_mem_use_t *use = &t->stats.by_purpose[i];

        if (use->peak != 0) {
            fprintf(out, "%-12s %12s %16s\n", esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)i),
                    bytes_text(use->peak, peak), t->opened ? bytes_text(use->live, live) : "");
        }
    }
    fprintf(out, "%-12s %12s %16s\n", "handle", bytes_text(t->stats.handle, peak),
            t->opened ? bytes_text(t->stats.handle, live) : "");
}

static void print_choices(const struct memory_report *r, FILE *out)
{
    if (r->choices == 0) {
        return;
    }
    fprintf(out, "\n%-31s %10s %10s  %s\n", "with this server", "heap peak", "saves", "fits");
    for (size_t i = 0; i < r->choices; i++) {
        const struct choice *c = &r->choice[i];
        char peak[16];
        char saved[16];

        if (!c->works) {
            fprintf(out, "%-31s does not work: %s\n", c->name, c->why);
            continue;
        }
        fprintf(out, "%-31s %10s %s%9s  %s\n", c->name, bytes_text(c->peak, peak),
                c->saved < 0 ? "-" : " ",
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
