#include "memory_report.h"

#include <string.h>

#include "cli/explain.h"

#define PSRAM (4u << 20)

struct settings {
    struct device device;
    struct trial_target target;
};

/** Another setting, and what it changes. In the order in which they are advised: what costs least
 *  to change comes first. */
static const struct row {
    const char *name;
    const char *args;
    const char *setting;
    bool is_advice;
    bool elastic, fixed;
    uint32_t in, out; /* at most so much; 0: stays */
    uint32_t external;
    esp_tls_proto_ver_t version; /* ANY: stays */
    bool no_certificate;
} rows[] = {
    {"elastic record buffers", "--elastic",
     "CONFIG_MBEDTLS_DYNAMIC_BUFFER=y, or with this library .buffers = ESP_TLS_BUFFERS_ELASTIC",
     true, .elastic = true},
    {"records sent of 2048 bytes", "--out 2048",
     "CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN=2048, or with this library .out_content_len", true,
     .out = 2048},
    {"records received of 4096 bytes", "--in 4096",
     "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096, or with this library .in_content_len", true,
     .in = 4096},
    {"TLS 1.2 only", "--tls 1.2", ".tls_version = ESP_TLS_VER_TLS_1_2", true,
     .version = ESP_TLS_VER_TLS_1_2},
    {"TLS 1.3 only", "--tls 1.3", ".tls_version = ESP_TLS_VER_TLS_1_3", true,
     .version = ESP_TLS_VER_TLS_1_3},
    {"record buffers in PSRAM", "--psram 4M --external record-in,record-out",
     "this library's .caps[ESP_TLS_MEM_RECORD_IN] and [..._OUT] = MALLOC_CAP_SPIRAM", true,
     .external = DEVICE_RECORDS},
    {"everything in PSRAM", "--psram 4M --external all",
     "CONFIG_MBEDTLS_EXTERNAL_MEM_ALLOC=y, or with this library .caps = MALLOC_CAP_SPIRAM", true,
     .external = DEVICE_ALL},
    {"fixed record buffers", "--fixed", "CONFIG_MBEDTLS_DYNAMIC_BUFFER=n", false, .fixed = true},
    {"no client certificate", NULL, "a server that does not ask for one", false,
     .no_certificate = true},
};

/** A device that is described has the PSRAM that it is said to have. */
static bool may_have_psram(const struct device *d)
{
    return d->psram != 0 || (d->name[0] == '\0' && d->heap == 0);
}

/** Change the settings. @return false: they are so already, or are fixed by another choice */
static bool apply(const struct row *row, struct settings *s)
{
    struct device *d = &s->device;
    esp_tls_cfg_t *cfg = &s->target.cfg;

    if ((row->elastic && d->fixed && !device_fixed_is_all()) || (row->fixed && !d->fixed)) {
        d->fixed = row->fixed;
    } else if (row->in != 0 && d->in > row->in) {
        d->in = row->in;
    } else if (row->out != 0 && d->out > row->out) {
        d->out = row->out;
    } else if ((row->external & ~d->external) != 0 && may_have_psram(d)) {
        d->external |= row->external;
        d->psram = d->psram != 0 ? d->psram : PSRAM;
    } else if (row->version != ESP_TLS_VER_ANY && cfg->tls_version == ESP_TLS_VER_ANY) {
        cfg->tls_version = row->version;
    } else if (row->no_certificate && cfg->clientcert_buf != NULL) {
        cfg->clientcert_buf = NULL;
        cfg->clientkey_buf = NULL;
        cfg->clientkey_password = NULL;
    } else {
        return false;
    }
    return true;
}

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct settings as_asked(const struct memory_report *r, const struct trial_target *target)
{
    return (struct settings){.device = r->options->device, .target = *target};
}

/** Why a connection with this choice was not made. */
static void say_why(const struct memory_report *r, const struct trial *t, struct choice *c)
{
    struct failure failure = {.options = &r->options->connect, .record = t->record};
    struct text text = {0};

    if (t->record.record_len != 0) {
        text_add(&text, "the server sends records of %u bytes", (unsigned)t->record.record_len);
    } else if (t->http_why != NULL) {
        text_add(&text, "%s", t->http_why);
    } else {
        snprintf(failure.host, sizeof(failure.host), "%s", r->options->target.host);
        snprintf(failure.name, sizeof(failure.name), "%s", r->options->target.name);
        (void)explain(&failure, &text);
    }
    text_copy(&text, c->why, sizeof(c->why));
}

/** Measure with as much heap as it takes; then see whether the device's is enough. */
static bool measure(const struct memory_report *r, const struct settings *s, struct choice *c)
{
    struct settings ample = *s;
    struct trial t;
    bool ok;

    ample.device.heap = 0;
    ample.device.largest = 0;
    ok = trial_run(&t, &ample.device, &s->target);
    c->works = ok && t.complete;
    if (c->works) {
        c->peak = t.heap_peak;
        c->saved = (int64_t)report_whole(r)->heap_peak - (int64_t)t.heap_peak;
    } else if (ok) {
        say_why(r, &t, c);
    }
    trial_clear(&t);
    c->fits = c->works && s->device.heap == 0;
    if (c->works && s->device.heap != 0 && c->peak <= s->device.heap) {
        ok = trial_run(&t, &s->device, &s->target);
        c->fits = ok && t.complete;
        trial_clear(&t);
    }
    return ok;
}

bool choices_try(struct memory_report *r, const struct trial_target *target)
{
    for (size_t i = 0; i < ROWS && r->choices < CHOICES_MAX; i++) {
        struct settings s = as_asked(r, target);
        struct choice *c = &r->choice[r->choices];

        if (!apply(&rows[i], &s) || (!rows[i].is_advice && !r->options->compare)) {
            continue;
        }
        *c =
            (struct choice){.name = rows[i].name, .args = rows[i].args, .setting = rows[i].setting};
        r->choices++;
        if (!measure(r, &s, c)) {
            return false;
        }
    }
    return true;
}

/* --- advice ----------------------------------------------------------------------------------- */

static const struct row *row_named(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].name == name) {
            return &rows[i];
        }
    }
    return NULL;
}

static void advise_one(struct memory_report *r, const struct choice *c)
{
    char peak[16];

    snprintf(r->advice, sizeof(r->advice), "With %s (%s) it fits: the peak is then %s bytes.",
             c->name, c->setting, bytes_text(c->peak, peak));
    snprintf(r->advice_args, sizeof(r->advice_args), "%s", c->args);
}

static void add_words(char *to, size_t cap, const char *between, const char *words)
{
    size_t len = strlen(to);

    snprintf(to + len, cap - len, "%s%s", len > 0 ? between : "", words);
}

/** The choice that saves most and was not taken yet. */
static const struct choice *next_best(const struct memory_report *r, const bool *taken)
{
    const struct choice *best = NULL;

    for (size_t i = 0; i < r->choices; i++) {
        const struct choice *c = &r->choice[i];
        const struct row *row = row_named(c->name);

        if (!taken[i] && row != NULL && row->is_advice && c->works && c->saved > 0 &&
            (best == NULL || c->saved > best->saved)) {
            best = c;
        }
    }
    return best;
}

static void advise_together(struct memory_report *r, const char *names, uint32_t peak)
{
    char text[16];

    snprintf(r->advice, sizeof(r->advice),
             "No single setting is enough. Together these fit, with a peak of %s bytes: %s.",
             bytes_text(peak, text), names);
}

/** One after the other is added, the one that saves most first, until it fits: of several that
 *  exclude each other only the first. */
static bool try_together(struct memory_report *r, const struct trial_target *target, bool *fits)
{
    struct settings s = as_asked(r, target);
    bool taken[CHOICES_MAX] = {false};
    const struct choice *c;
    char names[400] = "";
    unsigned count = 0;

    *fits = false;
    while (!*fits && (c = next_best(r, taken)) != NULL) {
        struct choice together = {.name = ""};

        taken[c - r->choice] = true;
        if (!apply(row_named(c->name), &s)) {
            continue;
        }
        add_words(names, sizeof(names), ", ", c->name);
        add_words(r->advice_args, sizeof(r->advice_args), " ", c->args);
        if (++count > 1 && !measure(r, &s, &together)) {
            return false;
        }
        *fits = together.fits;
        if (*fits) {
            advise_together(r, names, together.peak);
        }
    }
    return true;
}

static bool advise_all(struct memory_report *r, const struct trial_target *target)
{
    bool fits;

    if (!try_together(r, target, &fits)) {
        return false;
    }
    if (!fits) {
        r->advice_args[0] = '\0';
        snprintf(r->advice, sizeof(r->advice),
                 "No setting that was tried makes it fit: the device needs more free heap when the "
                 "connection begins, or a larger block of it.");
    }
    return true;
}

/** The own key is the largest part only where it is an RSA key: one on P-256 takes 100 bytes. */
static void advise_key(struct memory_report *r)
{
    const esp_tls_memory_stats_t *stats = &report_whole(r)->stats;
    uint32_t key = stats->by_purpose[ESP_TLS_MEM_KEY].peak;
    size_t len = strlen(r->advice);
    char text[16];

    for (unsigned i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        if (i != ESP_TLS_MEM_KEY && stats->by_purpose[i].peak >= key) {
            return;
        }
    }
    snprintf(r->advice + len, sizeof(r->advice) - len,
             "%sThe largest part is the own RSA key, %s bytes: with a client certificate for an EC "
             "key (P-256) it takes some 100.",
             len > 0 ? " " : "", bytes_text(key, text));
}

static bool advise_settings(struct memory_report *r, const struct trial_target *target)
{
    for (size_t i = 0; i < r->choices; i++) {
        const struct row *row = row_named(r->choice[i].name);

        if (r->choice[i].fits && row != NULL && row->is_advice) {
            advise_one(r, &r->choice[i]);
            return true;
        }
    }
    return advise_all(r, target);
}

bool choices_advise(struct memory_report *r, const struct trial_target *target)
{
    if (r->fits) {
        return true;
    }
    if (!advise_settings(r, target)) {
        return false;
    }
    advise_key(r);
    return true;
}
