/* esp-tls memory: connect as a device with little memory would, and say what it takes. */
#include <stdlib.h>
#include <string.h>

#include "cli/credentials.h"
#include "cli/explain.h"
#include "cli/page.h"
#include "cli/shortage.h"
#include "cli/streams.h"
#include "memory_report.h"

struct memory {
    struct memory_options options;
    struct identity identity;
    struct memory_report report;
};

const struct trial *report_whole(const struct memory_report *r)
{
    return r->has_ample ? &r->ample : &r->device;
}

const char *bytes_text(uint64_t n, char text[16])
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    size_t at = 0;

    for (int i = 0; i < len && at < 14; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            text[at++] = ',';
        }
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

/* --- what is connected to --------------------------------------------------------------------- */

static struct trial_target make_target(const struct memory *m)
{
    struct trial_target target = {.url = m->options.url, .path = m->options.path};

    credentials_configure(&m->identity, &m->options.connect, m->options.target.name, &target.cfg);
    target.through = tunnel_is_wanted(&m->options.connect) ? &m->options.connect : NULL;
    target.cfg.alpn_protos = connect_options_alpn(&m->options.connect, NULL);
    return target;
}

/* --- what came out ---------------------------------------------------------------------------- */

/** Not for want of memory. */
static enum tool_exit explain_trial(const struct memory *m, const struct trial *t, char *why,
                                    size_t cap)
{
    struct failure failure = {.options = &m->options.connect,
                              .record = t->record,
                              .evidence = t->evidence,
                              .code = t->code};
    struct text text = {0};
    enum tool_exit status;

    snprintf(failure.host, sizeof(failure.host), "%s", m->options.target.host);
    snprintf(failure.name, sizeof(failure.name), "%s", m->options.target.name);
    if (t->record.record_len != 0) {
        text_add(&text,
                 "the server sends a record of %u bytes, and the limit is %u (--in): it does not "
                 "keep to a smaller one.",
                 (unsigned)t->record.record_len, (unsigned)t->record.record_limit);
        status = EXIT_TLS;
    } else if (t->record.cause == ESP_TLS_CAUSE_NONE && t->http_why != NULL) {
        text_add(&text, "the answer cannot be used: %s.", t->http_why);
        status = EXIT_ANSWER;
    } else {
        status = explain(&failure, &text);
    }
    text_copy(&text, why, cap);
    return status;
}

static void say_memory_failure(const struct memory *m, const struct trial *t, struct text *text)
{
    char a[16];
    char b[16];
    char c[16];

    text_add(text, "It does not fit: out of memory in phase %s",
             esp_tls_phase_name(t->record.phase));
    if (t->failure.size != 0) {
        text_add(text, ", where %s bytes for %s could not be had", bytes_text(t->failure.size, a),
                 esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)t->failure.purpose));
        text_add(text, " (%s bytes were free, the largest block of them %s)",
                 bytes_text(t->failure.free_bytes, b), bytes_text(t->failure.largest_free, c));
    }
    text_add(text, ".");
    if (m->report.has_ample && m->report.ample.complete) {
        text_add(text, " With as much as it takes, the peak is %s bytes.",
                 bytes_text(m->report.ample.heap_peak, a));
    }
}

static void say_success(const struct memory *m, const struct trial *t, struct text *text)
{
    const struct device *d = &m->options.device;
    char a[16];
    char b[16];

    if (d->heap == 0) {
        text_add(text, "The connection took %s bytes of heap at its peak",
                 bytes_text(t->heap_peak, a));
    } else {
        text_add(text, "It fits: %s bytes of heap are taken at the peak, %s stay free",
                 bytes_text(t->heap_peak, a), bytes_text(t->heap_free - t->heap_peak, b));
    }
    if (t->psram_peak != 0) {
        text_add(text, ", and %s bytes of PSRAM", bytes_text(t->psram_peak, b));
    }
    text_add(text, "; open and idle it has %s.", bytes_text(t->heap_open, a));
}

static bool stack_is_enough(const struct memory *m, const struct trial *t)
{
    return m->options.device.stack == 0 || t->stack <= m->options.device.stack;
}

static void judge(struct memory *m)
{
    struct memory_report *r = &m->report;
    const struct trial *t = &r->device;
    struct text text = {0};
    char a[16];
    char b[16];

    if (trial_is_out_of_memory(t)) {
        say_memory_failure(m, t, &text);
        r->exit = EXIT_MEMORY;
    } else if (!t->complete) {
        char why[sizeof(r->verdict)];

        r->exit = explain_trial(m, t, why, sizeof(why));
        text_add(&text, "%s", why);
    } else if (!stack_is_enough(m, t)) {
        text_add(&text,
                 "It does not fit: the stack got %s bytes deep, and the device has %s. Give the "
                 "task more: no setting here saves much of it.",
                 bytes_text(t->stack, a), bytes_text(m->options.device.stack, b));
        r->exit = EXIT_MEMORY;
    } else {
        say_success(m, t, &text);
        r->fits = true;
    }
    text_copy(&text, r->verdict, sizeof(r->verdict));
}

/* --- the connections -------------------------------------------------------------------------- */

static struct device without_bound(const struct device *device)
{
    struct device d = *device;

    d.heap = 0;
    d.largest = 0;
    return d;
}

/** Settings other than those asked for. */
static bool try_choices(struct memory *m, const struct trial_target *target)
{
    struct memory_report *r = &m->report;
    const struct trial *whole = report_whole(r);

    if (!whole->complete) {
        return true;
    }
    return choices_try(r, target) && choices_advise(r, target);
}

static bool try_other_buffers(struct memory *m, const struct trial_target *target)
{
    struct device d = without_bound(&m->options.device);

    if (device_fixed_is_all()) {
        return true;
    }
    d.fixed = !d.fixed;
    m->report.has_other = trial_run(&m->report.other, &d, target);
    return m->report.has_other;
}

/** What the server sends is looked at in a connection of its own, whose figures do not count. */
static bool estimate_others(struct memory *m, const struct trial_target *target)
{
    struct memory_report *r = &m->report;
    const struct trial *whole = report_whole(r);
    struct trial_target looking = *target;
    struct device ample = without_bound(&m->options.device);
    struct trial seen;
    bool ok;

    looking.path = NULL;
    looking.looks = true;
    ok = trial_run(&seen, &ample, &looking);
    r->has_estimates = ok && seen.opened;
    if (r->has_estimates) {
        const struct connection_kind kind = {
            .is_1_3 = strcmp(whole->version, "TLSv1.3") == 0,
            .has_rsa = seen.has_rsa,
            .is_mutual = target->cfg.clientcert_buf != NULL && seen.asks_certificate,
            .in = m->options.device.in,
            .out = m->options.device.out,
            .chain_bytes = seen.chain_bytes,
        };

        r->estimates = estimate_esp_idf(&kind);
    }
    trial_clear(&seen);
    return ok;
}

static bool run_trials(struct memory *m)
{
    struct memory_report *r = &m->report;
    struct trial_target target = make_target(m);
    struct device ample = without_bound(&m->options.device);
    bool ok = trial_run(&r->device, &m->options.device, &target);

    if (ok && trial_is_out_of_memory(&r->device)) {
        r->has_ample = ok = trial_run(&r->ample, &ample, &target);
    }
    if (ok) {
        judge(m);
    }
    if (ok && report_whole(r)->opened) {
        ok = estimate_others(m, &target);
    }
    if (ok && (trial_is_out_of_memory(&r->device) || (r->fits && m->options.compare))) {
        ok = try_choices(m, &target);
    }
    if (ok && m->options.html != NULL && report_whole(r)->opened) {
        ok = try_other_buffers(m, &target);
    }
    return ok;
}

/* --- the command ------------------------------------------------------------------------------ */

static enum tool_exit tell_memory(struct memory *m)
{
    struct memory_report *r = &m->report;
    enum tool_exit status = EXIT_OK;

    if (m->options.html != NULL) {
        status = page_write(m->options.html, memory_print_page_json, r);
    }
    if (m->options.connect.json) {
        memory_print_json(r, stdout);
    } else if (r->device.opened || r->has_ample) {
        streams_fold();
        memory_print_text(r, stdout);
    } else {
        fprintf(stderr, "esp-tls: %s\n", r->verdict);
    }
    return status == EXIT_OK ? r->exit : status;
}

static enum tool_exit memory_run(void *state)
{
    struct memory *m = state;
    enum tool_exit status = credentials_load(&m->identity, &m->options.connect);

    m->report.options = &m->options;
    if (status != EXIT_OK) {
        return status;
    }
    if (run_trials(m)) {
        return tell_memory(m);
    }
    return shortage_take() ? tool_no_memory() : EXIT_OTHER;
}

static void memory_clear(void *state)
{
    struct memory *m = state;

    trial_clear(&m->report.device);
    trial_clear(&m->report.ample);
    trial_clear(&m->report.other);
    credentials_clear(&m->identity);
    esp_tls_free_global_ca_store();
}

const struct command cmd_memory = {
    .options = &memory_options,
    .summary = "connect as a small device would, and say what it takes",
    .speaks_of_device = true,
    .size = sizeof(struct memory),
    .init = memory_options_init,
    .accept = memory_options_accept,
    .run = memory_run,
    .clear = memory_clear,
};
