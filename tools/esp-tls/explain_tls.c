/* TLS that failed for another reason than the certificate: alerts (RFC 8446 section 6.2) and the
 * codes of the TLS library, in words. */
#include "explain.h"

#define RECORD_MOST    16384 /* RFC 8446 section 5.1 */
#define SSL_CODE(name) (-(MBEDTLS_ERR_SSL_##name))

/** What the server means by an alert, and what helps. */
static const struct alert {
    int16_t number;
    const char *name;
    const char *meaning;
} alerts[] = {
    {0, "close_notify", "it closes the connection in order, but too early."},
    {10, "unexpected_message", "it did not expect what it got: a fault of one of the two."},
    {20, "bad_record_mac", "a record arrived damaged: a faulty network, or a fault of one side."},
    {22, "record_overflow", "a record was too long for it."},
    {40, "handshake_failure",
     "it found no settings common to both, or wants a client certificate. If it asks for one, give "
     "--cert and --key; otherwise try without --tls."},
    {42, "bad_certificate", "it could not use the client certificate. Check --cert and --key."},
    {43, "unsupported_certificate",
     "it does not take a client certificate of this kind. Check --cert."},
    {44, "certificate_revoked", "the client certificate has been revoked. Get a new one."},
    {45, "certificate_expired", "the client certificate has expired. Get a new one, for --cert."},
    {46, "certificate_unknown", "it did not accept the client certificate. Check --cert."},
    {47, "illegal_parameter", "it found a value out of range: a fault of one of the two."},
    {48, "unknown_ca",
     "it does not trust the authority of the client certificate. Give one that the server's owner "
     "issued with --cert and --key, with its intermediate certificates."},
    {49, "access_denied", "the client certificate is valid, but has no access."},
    {50, "decode_error", "it could not read a message: a fault of one of the two."},
    {51, "decrypt_error",
     "a signature or a key exchange did not verify. Check that --key belongs to --cert."},
    {70, "protocol_version",
     "it does not speak this version of TLS. Try without --tls; a server that has nothing newer "
     "than TLS 1.1 cannot be reached, because those versions are insecure."},
    {71, "insufficient_security", "it demands stronger cipher suites than there are in common."},
    {80, "internal_error", "the server itself failed. Its log may say why."},
    {86, "inappropriate_fallback", "it was offered an older version than both have."},
    {109, "missing_extension", "it wants an extension of TLS that was not sent."},
    {110, "unsupported_extension", "it does not take an extension of TLS that was sent."},
    {112, "unrecognized_name",
     "it does not know the name it was asked for. Use its own name in the URL, or --name NAME."},
    {115, "unknown_psk_identity", "it does not know the shared key."},
    {116, "certificate_required", "it wants a client certificate. Give one with --cert and --key."},
    {120, "no_application_protocol", "it does not speak HTTP/1.1 (ALPN) on this port."},
};

static const struct alert *find_alert(int number)
{
    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
        if (alerts[i].number == number) {
            return &alerts[i];
        }
    }
    return NULL;
}

static void explain_alert(const struct failure *f, struct text *text)
{
    const struct alert *alert = find_alert(f->record.alert_received);

    if (alert == NULL) {
        text_add(text, "%s ended TLS with alert %d, which has no name here. Its log may say why.",
                 f->host, f->record.alert_received);
        return;
    }
    text_add(text, "%s ended TLS with the alert %s (%d): %s", f->host, alert->name, alert->number,
             alert->meaning);
}

/** Codes of the TLS library that have a usual cause: what the host did. */
static const struct code {
    int code;
    const char *sentence;
} codes[] = {
    {SSL_CODE(INVALID_RECORD),
     "sent something that is not TLS. Perhaps that port speaks another protocol (plain HTTP: try "
     "http://), or something on the way broke the connection off."},
    {SSL_CODE(PRIVATE_KEY_REQUIRED),
     "asks for a client certificate, and the private key for it is missing. Give both, with "
     "--cert and --key."},
    {SSL_CODE(CONN_EOF),
     "closed the connection during the handshake. Perhaps it demands another version of TLS or a "
     "client certificate, or the port belongs to another service. Its log may say why."},
    {SSL_CODE(BAD_PROTOCOL_VERSION),
     "chose a version of TLS that was not offered. Try without --tls; a server that has nothing "
     "newer than TLS 1.1 cannot be reached, because those versions are insecure."},
    {SSL_CODE(HANDSHAKE_FAILURE),
     "and this program have no TLS settings (cipher suite, curve, signature) in common."},
    {SSL_CODE(UNEXPECTED_MESSAGE), "sent a message that has no place there."},
    {SSL_CODE(DECODE_ERROR), "sent a message that cannot be read: it is faulty."},
    {SSL_CODE(ILLEGAL_PARAMETER), "sent a message with a value that is not allowed."},
    {SSL_CODE(INVALID_MAC), "sent a record that arrived damaged."},
    {SSL_CODE(NO_APPLICATION_PROTOCOL), "does not speak HTTP/1.1 (ALPN) on this port."},
    {SSL_CODE(BAD_CERTIFICATE), "sent a certificate that cannot be read."},
};

static const char *find_sentence(int code)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].code == code) {
            return codes[i].sentence;
        }
    }
    return NULL;
}

static void add_code(int code, struct text *text)
{
    const char *name = code != 0 ? esp_tls_stack_code_name(code) : NULL;

    if (name != NULL) {
        text_add(text, " [%s, 0x%X]", name, (unsigned)code);
    } else if (code != 0) {
        text_add(text, " [0x%X]", (unsigned)code);
    }
}

void explain_tls(const struct failure *f, struct text *text)
{
    const esp_tls_record_t *r = &f->record;
    const char *sentence = find_sentence(r->stack_code);

    if (r->alert_received >= 0) {
        explain_alert(f, text);
    } else if (r->record_limit >= RECORD_MOST && r->record_len > r->record_limit) {
        text_add(text,
                 "%s sent a message of more than %u bytes in several records, and Mbed TLS takes "
                 "no longer one; most likely its chain has certificates that nobody needs.",
                 f->host, (unsigned)r->record_limit);
    } else if (r->record_limit != 0 && r->record_len > r->record_limit) {
        text_add(text,
                 "%s sent a TLS record of %u bytes, and this build takes %u: raise "
                 "MBEDTLS_SSL_IN_CONTENT_LEN (make menuconfig).",
                 f->host, (unsigned)r->record_len, (unsigned)r->record_limit);
    } else if (sentence != NULL) {
        text_add(text, "%s %s", f->host, sentence);
    } else {
        text_add(text, "TLS with %s failed.", f->host);
    }
    add_code(r->stack_code, text);
}
