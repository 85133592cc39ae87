/* Which devices can connect: one row for each way to configure one. No I/O here. */
#include <string.h>

#include "check.h"
#include "memory/memory_report.h"

/** Would a handshake of this version find everything, without what is excluded? */
struct wish {
    const char *name;
    const char *setting;
    bool has_1_2, has_1_3;
    uint8_t no_suite; /* PROBE_IS_... that this device has not */
    uint8_t no_signature;
    bool only_p256; /* no other curve */
    bool small;     /* CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096 */
};

static const struct wish wishes[] = {
    {"ESP-IDF's default settings", "CONFIG_MBEDTLS_SSL_PROTO_TLS1_2=y", true, false, 0, 0, false,
     false},
    {"with TLS 1.3 as well", "CONFIG_MBEDTLS_SSL_PROTO_TLS1_3=y", true, true, 0, 0, false, false},
    {"TLS 1.3 only", "CONFIG_MBEDTLS_SSL_PROTO_TLS1_3=y, ..._TLS1_2=n", false, true, 0, 0, false,
     false},
    {"records of 4096 bytes, TLS 1.2", "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096", true, false, 0, 0,
     false, true},
    {"records of 4096 bytes, TLS 1.3", "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096, ..._TLS1_3=y",
     false, true, 0, 0, false, true},
    {"P-256 as the only curve", "CONFIG_MBEDTLS_ECP_DP_SECP256R1_ENABLED=y, no other", true, false,
     0, 0, true, false},
    {"without CBC", "CONFIG_MBEDTLS_CIPHER_MODE_CBC=n", true, false, PROBE_IS_CBC, 0, false, false},
    {"without the RSA key exchange", "CONFIG_MBEDTLS_KEY_EXCHANGE_RSA=n", true, false,
     PROBE_IS_STATIC_RSA, 0, false, false},
    {"TLS 1.3 without RSASSA-PSS", "CONFIG_MBEDTLS_X509_RSASSA_PSS_SUPPORT=n", false, true, 0,
     PROBE_IS_PSS, false, false},
};

/** @return what is missing; NULL: nothing */
static const char *missing(const struct wish *w, const struct survey_list *suites,
                           enum probe_kind kind, const struct survey_list *groups,
                           const struct survey_list *signatures)
{
    if (check_lacks(suites, kind, w->no_suite)) {
        return "no cipher suite in common";
    }
    if (groups->count > 0 && w->only_p256 && !survey_has(groups, 23)) {
        return "no group (curve) in common";
    }
    if (check_lacks(groups, PROBE_GROUPS, 0)) {
        return "no group (curve) in common";
    }
    if (check_lacks(signatures, PROBE_SIGNATURES, w->no_signature)) {
        return "no signature algorithm in common";
    }
    return NULL;
}

static const char *missing_1_2(const struct check *c, const struct wish *w)
{
    const struct survey *s = &c->survey;
    struct wish wish = *w;

    if (!w->has_1_3) {
        wish.no_signature |= PROBE_IS_PSS; /* probe_support(): it is not offered */
    }
    return !survey_accepts(s, PROBE_TLS_1_2) ? "the server does not speak TLS 1.2"
                                             : missing(&wish, &s->suites_1_2, PROBE_SUITES_1_2,
                                                       &s->groups_1_2, &s->signatures_1_2);
}

static const char *missing_1_3(const struct check *c, const struct wish *w)
{
    const struct survey *s = &c->survey;

    return !survey_accepts(&c->survey, PROBE_TLS_1_3)
               ? "the server does not speak TLS 1.3"
               : missing(w, &s->suites_1_3, PROBE_SUITES_1_3, &s->groups_1_3, &s->signatures_1_3);
}

/** What this device's own connection came to. */
static void judge_small(struct check_device *d, const struct session *small)
{
    if (!small->was_tried) {
        d->works = CHECK_UNTRIED;
        snprintf(d->why, sizeof(d->why), "the full connection was not made");
    } else if (check_small_failed(small)) {
        d->works = CHECK_NO;
        snprintf(d->why, sizeof(d->why), "the server sends records of %u bytes",
                 (unsigned)small->record.record_len);
    } else if (!small->opened) {
        d->works = CHECK_UNTRIED;
        snprintf(d->why, sizeof(d->why), "the connection was not made");
    }
}

/** A certificate on the path whose key is on a curve other than P-256. */
static void judge_curve(struct check_device *d, const struct chain_tree *chain)
{
    for (size_t k = 0; k < chain->path_count && d->works == CHECK_YES; k++) {
        const struct cert *cert = chain->node[chain->path[k]].cert;
        char key[64];

        check_key_text(cert, key, sizeof(key));
        if (cert->is_read && cert->read.key.type == ESP_TLS_KEY_EC &&
            strcmp(key, "EC P-256") != 0) {
            d->works = CHECK_NO;
            snprintf(d->why, sizeof(d->why), "the key of %.200s is %s", cert->subject, key);
        }
    }
}

/** What a connection with this device's versions came to here. */
static void judge_session_of(const struct check *c, struct check_device *d, const struct wish *w)
{
    const struct session *s = w->has_1_2 && w->has_1_3 ? &c->session_any
                              : w->has_1_2             ? &c->session_1_2
                                                       : &c->session_1_3;
    struct text why = {0};

    if (!s->was_tried || s->opened ||
        (!w->has_1_3 && check_is_beyond_this_build(&c->survey.suites_1_2))) {
        return;
    }
    check_explain_session(s, &why);
    d->works = CHECK_NO;
    text_copy(&why, d->why, sizeof(d->why));
}

static void judge_device(struct check *c, const struct wish *w)
{
    const char *why_1_2 = w->has_1_2 ? missing_1_2(c, w) : "";
    const char *why_1_3 = w->has_1_3 ? missing_1_3(c, w) : "";
    struct check_device *d = &c->device[c->devices++];

    *d = (struct check_device){.name = w->name, .setting = w->setting, .works = CHECK_YES};
    if (why_1_2 != NULL && why_1_3 != NULL) {
        d->works = CHECK_NO;
        snprintf(d->why, sizeof(d->why), "%s%s%s", why_1_2,
                 *why_1_2 != '\0' && *why_1_3 != '\0' ? "; " : "", why_1_3);
    } else if (w->small) {
        judge_small(d, w->has_1_2 ? &c->small_1_2 : &c->small_1_3);
    } else if (w->only_p256) {
        judge_curve(d, &c->chain);
    }
}

/** Heap of a profile against what was measured. */
static void judge_memory_of(struct check *c, const char *profile, bool fixed)
{
    const struct trial *t = fixed ? &c->fixed : &c->elastic;
    struct check_device *d = &c->device[c->devices];
    struct device device;
    char a[16];
    char b[16];

    device_init(&device);
    if (!device_load(&device, profile)) {
        return;
    }
    c->devices++;
    *d = (struct check_device){.name = fixed ? "this library, full-size record buffers"
                                             : "this library, elastic record buffers",
                               .setting = fixed ? "CONFIG_MBEDTLS_DYNAMIC_BUFFER=n"
                                                : "CONFIG_MBEDTLS_DYNAMIC_BUFFER=y",
                               .works = t->heap_peak <= device.heap ? CHECK_YES : CHECK_NO};
    snprintf(d->why, sizeof(d->why), "%s bytes at the peak; %s has %s", bytes_text(t->heap_peak, a),
             profile, bytes_text(device.heap, b));
}

/** The server said something in TLS 1.2 or 1.3, or refused these by their number. */
static bool knows_versions(const struct check *c)
{
    const struct survey *s = &c->survey;

    return survey_accepts(s, PROBE_TLS_1_2) || survey_accepts(s, PROBE_TLS_1_3) ||
           survey_accepts(s, PROBE_TLS_1_1) || survey_accepts(s, PROBE_TLS_1_0);
}

/** Something stops every device. A certificate that is refused stops them whatever else they have
 *  set; behind another failure a setting could not be tried. */
static void judge_after_failure(struct check *c, const struct check_finding_row *row)
{
    bool is_certificate = strcmp(row->id, "certificate") == 0;

    for (size_t i = 0; i < c->devices; i++) {
        struct check_device *d = &c->device[i];

        if (d->works != CHECK_NO || !knows_versions(c)) {
            d->works = is_certificate ? CHECK_NO : CHECK_UNTRIED;
            snprintf(d->why, sizeof(d->why), "%s", row->title);
        }
    }
}

static void judge_estimate_of(struct check *c, const char *profile, bool dynamic)
{
    const struct estimate *e = dynamic ? &c->estimates.dynamic : &c->estimates.fixed;
    struct check_device *d = &c->device[c->devices];
    struct device device;
    char a[40];
    char b[16];

    device_init(&device);
    if (!device_load(&device, profile)) {
        return;
    }
    c->devices++;
    *d = (struct check_device){.name = dynamic ? "ESP-IDF's own esp-tls, dynamic record buffers"
                                               : "ESP-IDF's own esp-tls, full-size record buffers",
                               .setting = dynamic ? "CONFIG_MBEDTLS_DYNAMIC_BUFFER=y"
                                                  : "CONFIG_MBEDTLS_DYNAMIC_BUFFER=n",
                               .is_estimated = true,
                               .works = e->most <= device.heap   ? CHECK_YES
                                        : e->least > device.heap ? CHECK_NO
                                                                 : CHECK_UNTRIED};
    snprintf(d->why, sizeof(d->why), "estimated: %s bytes at the peak; %s has %s",
             estimate_text(e, a), profile, bytes_text(device.heap, b));
}

/** What came in this version; a server may have a chain for each. */
static const struct probe_chain *chain_of(const struct survey *s, bool is_1_3)
{
    const struct probe_chain *chain = is_1_3 ? &s->chain_1_3 : &s->chain_1_2;

    return chain->count > 0 ? chain : survey_chain(s);
}

static size_t chain_len(const struct probe_chain *chain)
{
    size_t len = 0;

    for (size_t i = 0; i < chain->count; i++) {
        len += chain->certificate[i].len;
    }
    return len;
}

/** By what was seen of the server in the version that was agreed on; records are of ESP-IDF's
 *  default sizes. */
static void estimate_others(struct check *c)
{
    const struct session *s = &c->session_any;
    bool is_1_3 = strcmp(s->version, "TLSv1.3") == 0;
    const struct probe_chain *chain = chain_of(&c->survey, is_1_3);
    const struct probe_answer *answer =
        is_1_3 ? &c->survey.flight_1_3.answer
               : &c->survey.version[survey_index(PROBE_TLS_1_2)].answer;
    esp_tls_certificate_t leaf;

    c->has_estimates = s->opened && chain->count > 0 &&
                       esp_tls_certificate_read(chain->certificate[0].der,
                                                chain->certificate[0].len, &leaf) == ESP_OK;
    if (c->has_estimates) {
        const struct connection_kind kind = {
            .is_1_3 = is_1_3,
            .has_rsa = leaf.key.type == ESP_TLS_KEY_RSA,
            .is_mutual = c->options.connect.cert != NULL && answer->wants_certificate,
            .in = 16384,
            .out = 4096,
            .chain_bytes = chain_len(chain),
        };

        c->estimates = estimate_esp_idf(&kind);
    }
}

void check_judge_devices(struct check *c)
{
    const struct session *s = check_shown(c);

    estimate_others(c);

    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
        judge_device(c, &wishes[i]);
    }
    if (c->has_memory && !device_fixed_is_all()) {
        judge_memory_of(c, "esp8266", false);
    }
    if (c->has_memory) {
        judge_memory_of(c, "esp8266", true);
    }
    if (c->has_estimates && !c->options.no_memory) {
        judge_estimate_of(c, "esp8266", true);
        judge_estimate_of(c, "esp8266", false);
    }
    for (size_t i = 0; s != NULL && s->opened && i < sizeof(wishes) / sizeof(wishes[0]); i++) {
        if (c->device[i].works == CHECK_YES) {
            judge_session_of(c, &c->device[i], &wishes[i]);
        }
    }
    if (c->findings > 0 && c->finding[0].row->weight == CHECK_FAILS) {
        judge_after_failure(c, c->finding[0].row);
    }
}

const char *check_all_devices(const struct check *c, enum check_works works)
{
    for (size_t i = 0; i < c->devices; i++) {
        if (c->device[i].works != works || strcmp(c->device[i].why, c->device[0].why) != 0) {
            return NULL;
        }
    }
    return c->devices > 0 ? c->device[0].why : NULL;
}
