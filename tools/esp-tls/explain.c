#define _GNU_SOURCE /* gai_strerror */
#include "explain.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

static void add_seconds(struct text *text, int ms)
{
    if (ms % 1000 == 0) {
        text_add(text, "%d s", ms / 1000);
    } else {
        text_add(text, "%d ms", ms);
    }
}

/** "example.org (192.0.2.1 port 443)", as far as it is known. */
static void add_peer(const struct failure *f, struct text *text)
{
    if (f->record.address[0] == '\0') {
        text_add(text, "%s", f->host);
    } else if (strcmp(f->record.address, f->host) == 0) {
        text_add(text, "%s port %u", f->host, f->record.port);
    } else {
        text_add(text, "%s (%s port %u)", f->host, f->record.address, f->record.port);
    }
}

/* --- time ----------------------------------------------------------------------------------------
 */

static enum tool_exit explain_timeout(const struct failure *f, struct text *text)
{
    int limit = f->options->timeout_ms;

    switch (f->record.phase) {
    case ESP_TLS_PHASE_RESOLVE:
        text_add(text, "timeout: no name server has answered for %s within ", f->host);
        add_seconds(text, limit);
        text_add(text, ". Check the network, and the name servers in /etc/resolv.conf");
        break;
    case ESP_TLS_PHASE_CONNECT:
        text_add(text, "timeout: no answer from ");
        add_peer(f, text);
        text_add(text, " within ");
        add_seconds(text, limit);
        text_add(text, ": TCP did not open. Check address and port; a firewall may be dropping "
                       "the packets");
        break;
    case ESP_TLS_PHASE_HANDSHAKE:
        text_add(text, "timeout: TCP to ");
        add_peer(f, text);
        text_add(text, " is open, but the TLS handshake was not complete within ");
        add_seconds(text, limit);
        text_add(text, ". Perhaps that port does not speak TLS, or the server is overloaded");
        break;
    default:
        text_add(text, "timeout: ");
        add_peer(f, text);
        text_add(text, " is connected, but nothing more came within ");
        add_seconds(text, limit);
        break;
    }
    text_add(text, ". If it only needs longer, use --timeout.");
    return EXIT_TIMEOUT;
}

/* --- before the connection
 * ------------------------------------------------------------------------- */

static enum tool_exit explain_resolve(const struct failure *f, struct text *text)
{
    int code = f->record.resolver_code;

    text_add(text, "name not found: %s has no usable address: %s.", f->host,
             code != 0 ? gai_strerror(code) : strerror(f->record.os_errno));
    if (code == EAI_AGAIN) {
        text_add(text, " No name server could be asked: check the network.");
    } else if (f->options->family != ESP_TLS_AF_UNSPEC) {
        text_add(text, " Perhaps it has one without -4 or -6.");
    } else {
        text_add(text, " Check the spelling; --connect-to HOST:PORT connects elsewhere.");
    }
    return EXIT_DNS;
}

static const char *tcp_remedy(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return " Nothing listens there: check that the server runs, and the port.";
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
        return " There is no way from here to that address: check the network, or try -4 or -6.";
    case ETIMEDOUT:
        return " Nobody answers there: check the address; a firewall may be dropping the packets.";
    case EMFILE:
    case ENFILE:
        return " Too many files are open: close some, or raise the limit (ulimit -n).";
    case EACCES:
    case EPERM:
        return " This machine forbids it: check its firewall.";
    default:
        return "";
    }
}

static enum tool_exit explain_tcp(const struct failure *f, struct text *text)
{
    text_add(text, "no connection: TCP to ");
    add_peer(f, text);
    text_add(text, " was not opened: %s.%s", strerror(f->record.os_errno),
             tcp_remedy(f->record.os_errno));
    return EXIT_TCP;
}

/* --- the options
 * ------------------------------------------------------------------------------------- */

static const struct setting {
    esp_err_t code;
    const char *sentence;
} settings[] = {
    {ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED,
     "a certificate cannot be read: the file of --cert should hold a certificate, PEM or DER."},
    {ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED,
     "the private key cannot be read: the file of --key should hold one, PEM or DER, and an "
     "encrypted key needs its password, with --pass."},
    {ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED,
     "the private key of --key does not belong to the certificate of --cert."},
    {ESP_ERR_MBEDTLS_SSL_SET_HOSTNAME_FAILED,
     "this name cannot stand in a certificate. Give one that can with --name."},
    {ESP_ERR_MBEDTLS_CTR_DRBG_SEED_FAILED, "this system gives no random numbers."},
};

static enum tool_exit explain_settings(const struct failure *f, struct text *text)
{
    const esp_tls_record_t *r = &f->record;

    if (r->cause == ESP_TLS_CAUSE_NO_TRUST) {
        text_add(text, "nothing is set that the server's certificate could be verified with: give "
                       "its authority with --cacert FILE.");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (settings[i].code == r->esp_code) {
            text_add(text, "%s", settings[i].sentence);
            return EXIT_USAGE;
        }
    }
    text_add(text, "the settings were refused: %s%s%s (%s).",
             r->option != NULL ? r->option : "one of them",
             r->cause == ESP_TLS_CAUSE_NOT_SUPPORTED ? " is not supported by this build" : "",
             r->cause == ESP_TLS_CAUSE_INVALID_ARG ? " has no valid value" : "",
             esp_err_to_name(r->esp_code));
    return EXIT_USAGE;
}

/* --- in and after the handshake
 * ------------------------------------------------------------------------ */

static enum tool_exit explain_memory(const struct failure *f, struct text *text)
{
    text_add(text, "out of memory");
    if (f->record.mem_size != 0) {
        text_add(text, ": %u bytes could not be had", (unsigned)f->record.mem_size);
    }
    text_add(text, ".");
    return EXIT_MEMORY;
}

static enum tool_exit explain_handshake(const struct failure *f, struct text *text)
{
    const esp_tls_record_t *r = &f->record;

    text_add(text, "TLS failed: ");
    if (r->cause == ESP_TLS_CAUSE_SYSTEM) {
        text_add(text,
                 "the connection to %s broke during the handshake: %s. Perhaps that port does not "
                 "speak TLS. The server's log may say why.",
                 f->host, strerror(r->os_errno));
    } else if (r->cause == ESP_TLS_CAUSE_EOF || r->cause == ESP_TLS_CAUSE_TRUNCATED) {
        text_add(text,
                 "%s closed the connection during the handshake. Perhaps it demands another "
                 "version of TLS or a client certificate, or the port belongs to another service. "
                 "Its log may say why.",
                 f->host);
    } else {
        explain_tls(f, text);
    }
    return EXIT_TLS;
}

static enum tool_exit explain_open(const struct failure *f, struct text *text)
{
    const esp_tls_record_t *r = &f->record;

    if (r->cause == ESP_TLS_CAUSE_STACK) {
        return explain_handshake(f, text); /* TLS 1.3: verdict on a client certificate comes late */
    }
    text_add(text, "the answer is not complete: ");
    if (r->cause == ESP_TLS_CAUSE_SYSTEM) {
        text_add(text, "the connection to %s broke: %s. Try again.", f->host,
                 strerror(r->os_errno));
    } else {
        text_add(text,
                 "%s closed TCP without closing TLS, so the end may be missing. Try again; if it "
                 "stays so, the server does not close TLS as it should (close_notify).",
                 f->host);
    }
    return EXIT_ANSWER;
}

enum tool_exit explain(const struct failure *f, struct text *text)
{
    switch (f->record.cause) {
    case ESP_TLS_CAUSE_TIMEOUT:
        return explain_timeout(f, text);
    case ESP_TLS_CAUSE_NO_MEM:
        return explain_memory(f, text);
    case ESP_TLS_CAUSE_VERIFY:
        explain_verify(f, text);
        return EXIT_CERTIFICATE;
    default:
        break;
    }
    switch (f->record.phase) {
    case ESP_TLS_PHASE_CONFIG:
        return explain_settings(f, text);
    case ESP_TLS_PHASE_RESOLVE:
        return explain_resolve(f, text);
    case ESP_TLS_PHASE_CONNECT:
        return explain_tcp(f, text);
    case ESP_TLS_PHASE_HANDSHAKE:
        return explain_handshake(f, text);
    case ESP_TLS_PHASE_OPEN:
        return explain_open(f, text);
    default:
        text_add(text, "it failed in phase %s: %s.", esp_tls_phase_name(f->record.phase),
                 esp_tls_cause_name(f->record.cause));
        return EXIT_OTHER;
    }
}
