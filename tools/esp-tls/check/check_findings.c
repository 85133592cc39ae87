/* What can be found of a server. */
#include <string.h>

#include "check.h"

/* Short names for this table. */
#define REASON(name) ESP_TLS_REASON_##name
#define REMEDY(name) ESP_TLS_REMEDY_##name
#define OF_DIAGNOSIS REASON(NONE), {0}, NULL /* reason and remedies are those that it has */

/* clang-format off */
static const struct check_finding_row rows[] = {
    /* no connection */
    {"name", CHECK_FAILS, EXIT_DNS, "the name has no usable address", OF_DIAGNOSIS},
    {"name-timeout", CHECK_FAILS, EXIT_TIMEOUT, "no name server answered in time", OF_DIAGNOSIS},
    {"tcp", CHECK_FAILS, EXIT_TCP, "TCP does not open", OF_DIAGNOSIS},
    {"tcp-timeout", CHECK_FAILS, EXIT_TIMEOUT, "TCP is not answered", OF_DIAGNOSIS},
    {"proxy", CHECK_FAILS, EXIT_TCP, "the proxy does not lead there", OF_DIAGNOSIS},
    {"address", CHECK_DEPENDS, EXIT_TCP, "one of its addresses does not answer",
     REASON(TCP_NO_ANSWER), {0},
     "a device that takes this address first waits for it in vain: have the server's owner "
     "take it out of the name, or choose the family with addr_family"},
    {"starttls", CHECK_FAILS, EXIT_TLS, "STARTTLS is not to be had",
     REASON(NONE), {0},
     "check that the port is that of a mail server that offers STARTTLS (25, 587); a port "
     "with TLS from the first byte (465) is smtps"},
    {"no-tls", CHECK_FAILS, EXIT_TLS, "what answers there does not speak TLS", OF_DIAGNOSIS},
    {"silent", CHECK_FAILS, EXIT_TIMEOUT, "TCP opens, but TLS is not answered in time",
     REASON(HANDSHAKE_SILENT), {0}, NULL},
    /* versions */
    {"only-old", CHECK_FAILS, EXIT_TLS, "it speaks nothing newer than TLS 1.1",
     REASON(OLD_TLS_ONLY), {0}, NULL},
    {"no-version", CHECK_FAILS, EXIT_TLS, "it accepts no version of TLS", OF_DIAGNOSIS},
    {"only-1.3", CHECK_DEFAULT, EXIT_TLS,
     "it speaks TLS 1.3 only, and ESP-IDF's default is TLS 1.2",
     REASON(VERSION_EXCLUDED), {REMEDY(ENABLE_VERSION)}, NULL},
    /* what is agreed on */
    {"suites", CHECK_FAILS, EXIT_TLS, "no cipher suite in common with any build of ESP-IDF",
     REASON(NO_COMMON_SUITE), {0},
     "the server has to be given a suite with ECDHE and AES-GCM"},
    {"suites-option", CHECK_DEFAULT, EXIT_TLS,
     "it takes only cipher suites that ESP-IDF has switched off by default",
     REASON(NO_COMMON_SUITE), {0}, NULL},
    {"static-rsa", CHECK_DEPENDS, EXIT_TLS, "it takes only the RSA key exchange",
     REASON(NO_COMMON_SUITE), {0},
     "CONFIG_MBEDTLS_KEY_EXCHANGE_RSA=y is needed. The key exchange has no forward secrecy "
     "and is gone from newer TLS libraries: the server should be given ECDHE"},
    {"cbc", CHECK_DEPENDS, EXIT_TLS, "it takes only CBC cipher suites",
     REASON(NO_COMMON_SUITE), {0},
     "CONFIG_MBEDTLS_CIPHER_MODE_CBC=y is needed, which is ESP-IDF's default, and with this "
     "library CONFIG_ESP_TLS_CBC_CIPHERSUITES=y. The server should be given AES-GCM"},
    {"groups", CHECK_FAILS, EXIT_TLS, "no group (curve) in common with any build of ESP-IDF",
     REASON(NO_COMMON_GROUP), {0},
     "the server has to be given P-256 (secp256r1) or X25519"},
    {"groups-large", CHECK_DEPENDS, EXIT_TLS, "it takes neither P-256 nor X25519",
     REASON(NO_COMMON_GROUP), {REMEDY(ENABLE_GROUP)},
     "such curves take several times as long on a device"},
    {"signatures", CHECK_FAILS, EXIT_TLS, "it signs in no way that ESP-IDF can verify",
     REASON(NO_COMMON_SIGNATURE), {REMEDY(STRONGER_CERTIFICATE)}, NULL},
    {"pss", CHECK_DEFAULT, EXIT_TLS, "in TLS 1.2 it signs with RSASSA-PSS only",
     REASON(NO_COMMON_SIGNATURE), {REMEDY(ENABLE_VERSION)},
     "Mbed TLS 3.6 asks for such signatures only where TLS 1.3 is enabled, and 3.6.6 does not take "
     "them in TLS 1.2 even then"},
    {"pss-only", CHECK_FAILS, EXIT_TLS, "it signs with RSASSA-PSS only, and speaks TLS 1.2 only",
     REASON(NO_COMMON_SIGNATURE), {0},
     "have the server offer RSA PKCS #1 v1.5 signatures as well, or TLS 1.3"},
    {"handshake", CHECK_FAILS, EXIT_TLS, "the TLS handshake fails", OF_DIAGNOSIS},
    {"fails-1.2", CHECK_DEFAULT, EXIT_TLS, "with TLS 1.2, ESP-IDF's default, the handshake fails",
     OF_DIAGNOSIS},
    {"fails-1.3", CHECK_DEPENDS, EXIT_TLS, "with TLS 1.3 the handshake fails", OF_DIAGNOSIS},
    {"fails-both", CHECK_DEPENDS, EXIT_TLS,
     "the handshake fails when both TLS 1.2 and 1.3 are offered, though one of them opens",
     OF_DIAGNOSIS},
    {"wants-certificate", CHECK_FAILS, EXIT_TLS, "it demands a client certificate",
     REASON(CLIENT_CERT_MISSING), {REMEDY(SET_CLIENT_CERT)}, NULL},
    {"refuses-certificate", CHECK_FAILS, EXIT_TLS, "it does not accept the client certificate",
     OF_DIAGNOSIS},
    {"asks-certificate", CHECK_NOTE, EXIT_OK,
     "it asks for a client certificate, and goes on without",
     REASON(NONE), {REMEDY(SET_CLIENT_CERT)}, NULL},
    /* the certificate */
    {"certificate", CHECK_FAILS, EXIT_CERTIFICATE, "the certificate is refused", OF_DIAGNOSIS},
    {"chain-order", CHECK_NOTE, EXIT_OK, "the chain is not in order",
     REASON(CHAIN_OUT_OF_ORDER), {0}, NULL},
    {"chain-extra", CHECK_NOTE, EXIT_OK, "the chain has certificates that nobody needs",
     REASON(NONE), {REMEDY(SHORTEN_CHAIN)}, NULL},
    {"chain-root", CHECK_NOTE, EXIT_OK, "the chain ends with the root, which need not be sent",
     REASON(NONE), {REMEDY(SHORTEN_CHAIN)}, NULL},
    {"expires-soon", CHECK_NOTE, EXIT_CERTIFICATE, "a certificate expires soon",
     REASON(CERT_EXPIRED), {REMEDY(RENEW_CERTIFICATE)}, NULL},
    {"chain-long", CHECK_DEPENDS, EXIT_MEMORY, "the chain is larger than one record of 4096 bytes",
     REASON(MESSAGE_TOO_LARGE), {0}, NULL},
    /* records */
    {"large-records", CHECK_DEPENDS, EXIT_TLS, "its records are larger than a small device takes",
     REASON(RECORD_TOO_LARGE), {0}, NULL},
    {"max-fragment", CHECK_DEPENDS, EXIT_TLS,
     "it agrees to max_fragment_length and does not keep to it",
     REASON(RECORD_TOO_LARGE), {REMEDY(RAISE_IN)},
     "the server's TLS library is at fault"},
    {"record-limit", CHECK_DEPENDS, EXIT_TLS,
     "it agrees to record_size_limit and does not keep to it",
     REASON(RECORD_TOO_LARGE), {REMEDY(RAISE_IN)},
     "the server's TLS library is at fault"},
    /* what is spoken within */
    {"alpn", CHECK_FAILS, EXIT_TLS, "it refuses the protocols that it was offered (ALPN)",
     REASON(NO_COMMON_ALPN), {0}, NULL},
    {"alpn-needed", CHECK_DEFAULT, EXIT_TLS,
     "it answers only clients that offer a protocol which it speaks (ALPN)",
     REASON(NO_COMMON_ALPN), {0}, NULL},
    {"alpn-refused", CHECK_DEPENDS, EXIT_TLS,
     "it refuses the protocol of this URL, and takes clients that offer none (ALPN)",
     REASON(NO_COMMON_ALPN), {0}, NULL},
    {"unverified", CHECK_NOTE, EXIT_OTHER, "the certificate was not verified here",
     REASON(NONE), {0},
     "no cipher suite that the server takes is in the build of this program: it leaves out "
     "the RSA key exchange (CONFIG_MBEDTLS_KEY_EXCHANGE_RSA) and CBC "
     "(CONFIG_ESP_TLS_CBC_CIPHERSUITES)"},
    {"http", CHECK_NOTE, EXIT_ANSWER, "its answer is not proper HTTP",
     REASON(HTTP_MALFORMED), {0}, NULL},
    {"incomplete", CHECK_NOTE, EXIT_OTHER, "not everything could be asked",
     REASON(NONE), {0},
     "try again with a longer --timeout, or when the server has less to do"},
};
/* clang-format on */

static const struct check_finding_row *find_row(const char *id)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].id, id) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

const char *check_weight_name(enum check_weight weight)
{
    static const char *const names[] = {
        [CHECK_FAILS] = "fails",
        [CHECK_DEFAULT] = "fails with default settings",
        [CHECK_DEPENDS] = "depends on settings",
        [CHECK_NOTE] = "note",
    };

    return names[weight];
}

/* --- what helps ------------------------------------------------------------------------------- */

static void add_sentence(struct text *text, const char *sentence)
{
    char capital[700];

    if (sentence[0] != '\0') {
        check_capital(capital, sizeof(capital), sentence);
        text_add(text, "%s%s.", text->len > 0 ? " " : "", capital);
    }
}

static void add_remedy(struct text *text, const esp_tls_diagnosis_t *d, esp_tls_remedy_t remedy)
{
    char sentence[600] = "";

    if (remedy != ESP_TLS_REMEDY_NONE) {
        (void)esp_tls_remedy_sentence(d, remedy, sentence, sizeof(sentence));
    }
    add_sentence(text, sentence);
}

static void say_remedies(struct check_finding *f, const char *advice, const esp_tls_diagnosis_t *d)
{
    const struct check_finding_row *row = f->row;
    struct text text = {0};

    add_sentence(&text, advice != NULL ? advice : "");
    add_sentence(&text, row->advice != NULL ? row->advice : "");
    if (row->remedy[0] != ESP_TLS_REMEDY_NONE) {
        add_remedy(&text, d, row->remedy[0]);
        add_remedy(&text, d, row->remedy[1]);
    } else if (text.len == 0) {
        for (unsigned i = 0; i < ESP_TLS_REASON_REMEDIES; i++) {
            add_remedy(&text, d, esp_tls_reason_remedy(f->reason, i));
        }
    }
    text_copy(&text, f->remedy, sizeof(f->remedy));
}

/* --- adding ----------------------------------------------------------------------------------- */

/** The gravest stay first; among equals the order in which they were found. */
void check_add(struct check *c, const char *id, const char *evidence, const char *advice,
               const esp_tls_diagnosis_t *d)
{
    const struct check_finding_row *row = find_row(id);
    size_t at = c->findings;
    struct check_finding *f;

    if (row == NULL || c->findings == CHECK_FINDINGS) {
        return;
    }
    while (at > 0 && c->finding[at - 1].row->weight > row->weight) {
        at--;
    }
    f = &c->finding[at];
    memmove(f + 1, f, (c->findings - at) * sizeof(*f));
    c->findings++;
    f->row = row;
    f->reason = row->reason;
    if (f->reason == ESP_TLS_REASON_NONE && d != NULL && d->reason_count > 0) {
        f->reason = d->reasons[0];
    }
    snprintf(f->evidence, sizeof(f->evidence), "%s", evidence);
    say_remedies(f, advice, d);
}

void check_add_diagnosis(struct check *c, const char *id, const esp_tls_diagnosis_t *d)
{
    struct text text = {0};
    char sentence[500];

    (void)esp_tls_diagnosis_sentence(d, sentence, sizeof(sentence));
    text_add(&text, "%s", sentence);
    if (d->reason_count > 0) {
        (void)esp_tls_reason_sentence(d, d->reasons[0], sentence, sizeof(sentence));
        text_add(&text, ": %s", sentence);
    }
    check_add(c, id, text.chars, NULL, d);
}
