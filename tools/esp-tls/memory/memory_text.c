/* What was found, as text for a terminal. */
#include "memory_report.h"

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
    fprintf(out, "\nRecord buffers: %s, in %u, out %u bytes\n", d->fixed ? "fixed" : "elastic",
            (unsigned)d->in, (unsigned)d->out);
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
    if (sizeof(void *) > 4) {
        fputs("\nMeasured on a 64-bit machine: pointers and block headers are half as large on a\n"
              "32-bit device, so what fits here fits there.\n",
              out);
    }
}
