#include "mbed.h"

#include "mbedtls_codes.h"
#include "mbedtls/net_sockets.h"

/** The name of a stack code, sign and all sub-codes aside. Low-level modules add their code to a
 *  high-level one (error.h of Mbed TLS): the high-level part names it then. */
const char *esp_tls_stack_code_name(int code)
{
#define X(value, name, ...)   {value, "MBEDTLS_ERR_" #name},
#define PSA(value, name, ...) {value, "PSA_ERROR_" #name},
    static const struct {
        int value;
        const char *name;
    } rows[] = {MBED_CODES(X) MBED_PSA_CODES(PSA)};
#undef X
#undef PSA
    int value;

    if (code < -0xFFFF || code > 0xFFFF) {
        return NULL;
    }
    value = code < 0 ? -code : code;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            if (rows[i].value == value) {
                return rows[i].name;
            }
        }
        value &= MBED_HIGH_LEVEL;
    }
    return NULL;
}

/** Does this one code, without anything added to it, say "no memory"? */
static bool says_no_mem(int code)
{
    static const int codes[] = {
        MBEDTLS_ERR_SSL_ALLOC_FAILED,
        MBEDTLS_ERR_X509_ALLOC_FAILED,
        PSA_ERROR_INSUFFICIENT_MEMORY,
        -0x0010 /* MPI */,
        -0x0017 /* LMS */,
        -0x006A /* ASN1 */,
        -0x1180 /* PEM */,
        -0x3400 /* DHM */,
        -0x3F80 /* PK */,
        -0x4D80 /* ECP */,
        -0x5180 /* MD */,
        -0x5780 /* PKCS7 */,
        -0x6180 /* CIPHER */,
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (code == codes[i]) {
            return true;
        }
    }
    return false;
}

/** A sum has a high-level code, which begins at 0x1000 (error.h of Mbed TLS). PSA's numbers are
 *  none, though some look so: -144 is no -128 with -16 added to it. */
bool et_mbed_is_no_mem(int code)
{
    if (code > -MBED_HIGH_LEVEL_LEAST || code < -UINT16_MAX) {
        return says_no_mem(code);
    }
    return says_no_mem(-(-code & MBED_HIGH_LEVEL)) || says_no_mem(-(-code & ~MBED_HIGH_LEVEL));
}

static tls_status status_of(const struct mbed *m, int code)
{
    if (et_mbed_is_flooded(m)) {
        return TLS_FLOOD;
    }
    if (m->io.account->failure.size != 0 || et_mbed_is_no_mem(code)) {
        return TLS_NO_MEM;
    }
    switch (code) {
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
        return TLS_VERIFY;
    case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
        return m->io.err->verify_flags != 0 ? TLS_VERIFY : TLS_STACK;
    case MBEDTLS_ERR_SSL_CONN_EOF:
        return TLS_TRUNCATED;
    default:
        return TLS_STACK;
    }
}

/** Fill in what Mbed TLS knows about the failure beyond its code. */
static void add_evidence(struct mbed *m, int code)
{
    struct tls_error *err = m->io.err;

    if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && m->ssl.in_msg != NULL) {
        err->alert_received = m->ssl.in_msg[1]; /* RFC 8446 section 6: level, description */
    }
#if defined(MBEDTLS_SSL_ALL_ALERT_MESSAGES)
    if (code == MBEDTLS_ERR_SSL_INVALID_MAC) { /* mbedtls_ssl_read_record() has sent it */
        err->alert_sent = MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC;
    }
#endif
    if (err->now != ESP_TLS_PHASE_HANDSHAKE) {
        return;
    }
    if (et_mbed_refused_pss(m, code)) {
        err->option = "rsa_pss_rsae";
    }
    if (code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || code == MBEDTLS_ERR_SSL_BAD_CERTIFICATE) {
        err->verify_flags = mbedtls_ssl_get_verify_result(&m->ssl);
        if (err->verify_flags == UINT32_MAX) {
            err->verify_flags = 0; /* Mbed TLS sets every bit where it has no result */
        }
        err->alert_sent = err->verify_flags != 0 ? et_mbed_alert_for(err->verify_flags) : -1;
        if (err->verify_flags != 0 && err->verify_depth < 0) {
            err->verify_depth = 0; /* its key usage, checked after the chain */
        }
    } else if (err->alert_sent < 0 && m->ssl.alert_type != 0) {
        err->alert_sent = m->ssl.alert_type;
    }
}

#ifndef ESP_TLS_SYSTEM_MBEDTLS
/** A write that the system refused (EPIPE, ECONNRESET) often follows an alert that the peer sent
 *  and nobody has read yet: what has come is read, and an alert is the true first cause. */
static bool find_alert(struct mbed *m, int code, esp_err_t esp)
{
    struct tls_error saved = *m->io.err;
    struct mbed_scope scope;
    int ret;

    if (code != MBEDTLS_ERR_NET_SEND_FAILED || saved.status != TLS_SYSTEM) {
        return false;
    }
    m->io.err->status = TLS_OK;
    et_mbed_begin_step(m);
    et_mbed_enter(&scope, m, PLAT_MEM_HANDSHAKE);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    if (saved.now == ESP_TLS_PHASE_HANDSHAKE && m->ssl.transform_application != NULL) {
        /* the server has finished, and its keys are those of application data by now */
        mbedtls_ssl_set_inbound_transform(&m->ssl, m->ssl.transform_application);
    }
#endif
    ret = mbedtls_ssl_read_record(&m->ssl, 0);
    et_mbed_leave(&scope);
    if (ret != MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE || m->ssl.in_msg == NULL) {
        *m->io.err = saved;
        return false;
    }
    m->io.err->alert_received = m->ssl.in_msg[1];
    et_error_set(m->io.err, TLS_STACK, esp, saved.os, ret);
    return true;
}
#else
static bool find_alert(struct mbed *m, int code, esp_err_t esp)
{
    (void)m;
    (void)code;
    (void)esp;
    return false;
}
#endif

/** Tell the peer, as far as it can be told without waiting (RFC 8446 section 6.2). */
static void send_alert(struct mbed *m, uint8_t description)
{
    struct mbed_scope scope;

    if (m->ssl.out_left != 0) {
        return;
    }
    et_mbed_enter(&scope, m, PLAT_MEM_RECORD_OUT);
    if (mbedtls_ssl_send_alert_message(&m->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, description) == 0) {
        m->io.err->alert_sent = description;
    }
    et_mbed_leave(&scope);
}

tls_status et_mbed_fail(struct mbed *m, int code, esp_err_t esp)
{
    struct tls_error *err = m->io.err;

    et_mbed_note_record(m);
    if (err->status != TLS_OK) { /* the link failed first, and its record stays */
        if (find_alert(m, code, esp)) {
            return TLS_STACK;
        }
        if (err->stack == 0) {
            err->stack = et_error_stack(code);
        }
        return (tls_status)err->status;
    }
    add_evidence(m, code);
    tls_status st = status_of(m, code);
    (void)et_error_set(err, st, st == TLS_NO_MEM ? ESP_ERR_NO_MEM : esp, 0, code);
    if (st == TLS_FLOOD) {
        send_alert(m, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
    }
    return st;
}
