/* From codes and evidence to reasons.
 *
 * Two sources, in this order:
 *   1. The rules below, which look at the evidence. Their order is their rank; one that is certain
 *      ends the search.
 *   2. What the codes mean in general (codes.c): the alert, the verify flags, the resolver's code,
 *      errno, the stack's code, the ESP-IDF code.
 * Each reason is taken once, and ESP_TLS_DIAGNOSIS_REASONS of them at most. */
#include <string.h>

#include "esp_tls_certificate.h"
#include "esp_tls_diagnosis.h"
#include "plat_errno.h"
#include "words.h"

#define RECORD_MOST 16384 /* RFC 8446 section 5.1 */
/* A clock that says it is earlier has not been set: these are seconds of 2024-01-01. */
#define CLOCK_LEAST 1704067200

/* AlertDescription, RFC 8446 section 6. */
enum {
    HANDSHAKE_FAILURE = 40,
    NO_CERTIFICATE = 41,
    BAD_CERTIFICATE = 42,
    ILLEGAL_PARAMETER = 47,
    DECRYPT_ERROR = 51,
    PROTOCOL_VERSION = 70,
    CERTIFICATE_REQUIRED = 116
};

/* HandshakeType, RFC 8446 section 4. */
enum {
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    SERVER_CERTIFICATE = 11,
    SERVER_KEY_EXCHANGE = 12,
    CERTIFICATE_VERIFY = 15
};

/* Verify flags: the numbers that every stack reports (MBEDTLS_X509_BADCERT_... of Mbed TLS). */
enum {
    FLAG_EXPIRED = 0x01,
    FLAG_NAME = 0x04,
    FLAG_NOT_TRUSTED = 0x08,
    FLAG_FUTURE = 0x0200,
    FLAG_EXT_KEY_USAGE = 0x1000
};

/* The stack's codes that only evidence tells apart; the numbers are Mbed TLS's for every stack. */
enum {
    KEY_REQUIRED = 0x7600,
    UNEXPECTED_MESSAGE = 0x7700,
    INVALID_RECORD = 0x7200,
    BAD_PROTOCOL_VERSION = 0x6E80,
    BUFFER_TOO_SMALL = 0x6A00,
    CERTIFICATE_SET = 0x7A00,
    CHECK_BROKEN_OFF = 0x3000, /* X509_FATAL_ERROR */
    UNKNOWN_EXTENSION = 0x2562 /* X509_INVALID_EXTENSIONS, ASN1_UNEXPECTED_TAG */
};

struct facts {
    const esp_tls_record_t *r;
    const esp_tls_evidence_t *e;
};

typedef bool (*condition)(const struct facts *f);

static bool always(const struct facts *f)
{
    (void)f;
    return true;
}

static bool asked(const struct facts *f, unsigned bits)
{
    return (f->e->asked & bits) != 0;
}

static bool chain(const struct facts *f, unsigned bits)
{
    return (f->e->chain & bits) != 0;
}

static bool has_flag(const struct facts *f, uint32_t flag)
{
    return (f->r->verify_flags & flag) != 0;
}

static bool option_is(const struct facts *f, const char *option)
{
    return f->r->option != NULL && strcmp(f->r->option, option) == 0;
}

static bool in_handshake(const struct facts *f)
{
    return f->r->phase == ESP_TLS_PHASE_HANDSHAKE;
}

static bool in_open(const struct facts *f)
{
    return f->r->phase == ESP_TLS_PHASE_OPEN;
}

/* --- memory ----------------------------------------------------------------------------------- */

static bool over_limit(const struct facts *f)
{
    return f->e->mem_over_limit;
}

static bool heap_refused(const struct facts *f)
{
    return !f->e->mem_over_limit;
}

static bool in_pieces(const struct facts *f)
{
    return f->r->mem_largest_free != 0 && f->r->mem_size > f->r->mem_largest_free &&
           f->e->mem_free >= f->r->mem_size;
}

/* --- the configuration ------------------------------------------------------------------------ */

static bool key_missing(const struct facts *f)
{
    return f->r->stack_code == KEY_REQUIRED;
}

static bool own_chain_too_long(const struct facts *f)
{
    return f->r->stack_code == BUFFER_TOO_SMALL && option_is(f, "clientcert_buf");
}

static bool pair_refused(const struct facts *f)
{
    return f->r->esp_code == ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED;
}

static bool name_refused(const struct facts *f)
{
    return f->r->esp_code == ESP_ERR_MBEDTLS_SSL_SET_HOSTNAME_FAILED;
}

static bool no_random(const struct facts *f)
{
    return f->r->esp_code == ESP_ERR_MBEDTLS_CTR_DRBG_SEED_FAILED;
}

static bool store_empty(const struct facts *f)
{
    return option_is(f, "use_global_ca_store");
}

/** Options that ESP-IDF answers with ESP_ERR_INVALID_STATE, too, where a build lacks them. */
static bool not_in_build(const struct facts *f)
{
    return option_is(f, "crt_bundle_attach") || option_is(f, "alpn_protos");
}

static bool own_cert_missing(const struct facts *f)
{
    return option_is(f, "clientcert_buf");
}

static bool versions_exclude(const struct facts *f)
{
    return option_is(f, "ciphersuites_list");
}

/** Which reason an input's fault is, by esp_tls_input_reason_t. */
static const uint8_t input_reasons[ESP_TLS_INPUT_REASONS] = {
    [ESP_TLS_INPUT_EMPTY] = ESP_TLS_REASON_INPUT_EMPTY,
    [ESP_TLS_INPUT_NO_FORMAT] = ESP_TLS_REASON_INPUT_NOT_A_CERTIFICATE,
    [ESP_TLS_INPUT_UTF16] = ESP_TLS_REASON_INPUT_NOT_A_CERTIFICATE,
    [ESP_TLS_INPUT_NO_NUL] = ESP_TLS_REASON_INPUT_NO_NUL,
    [ESP_TLS_INPUT_NUL_INSIDE] = ESP_TLS_REASON_INPUT_TRUNCATED,
    [ESP_TLS_INPUT_NO_LINES] = ESP_TLS_REASON_INPUT_LINE_BREAKS,
    [ESP_TLS_INPUT_BACKSLASH_N] = ESP_TLS_REASON_INPUT_LINE_BREAKS,
    [ESP_TLS_INPUT_LONE_CR] = ESP_TLS_REASON_INPUT_LINE_BREAKS,
    [ESP_TLS_INPUT_SPACES] = ESP_TLS_REASON_INPUT_LINE_BREAKS,
    [ESP_TLS_INPUT_NO_END] = ESP_TLS_REASON_INPUT_TRUNCATED,
    [ESP_TLS_INPUT_NO_BEGIN] = ESP_TLS_REASON_INPUT_TRUNCATED,
    [ESP_TLS_INPUT_WRONG_END] = ESP_TLS_REASON_INPUT_WRONG_KIND,
    [ESP_TLS_INPUT_BAD_CHARACTER] = ESP_TLS_REASON_INPUT_BAD_BASE64,
    [ESP_TLS_INPUT_BASE64_CUT] = ESP_TLS_REASON_INPUT_TRUNCATED,
    [ESP_TLS_INPUT_EMPTY_BLOCK] = ESP_TLS_REASON_INPUT_EMPTY,
    [ESP_TLS_INPUT_WRONG_KIND] = ESP_TLS_REASON_INPUT_WRONG_KIND,
    [ESP_TLS_INPUT_NEEDS_PASSWORD] = ESP_TLS_REASON_KEY_PASSWORD,
    [ESP_TLS_INPUT_ENCRYPTION] = ESP_TLS_REASON_KEY_ENCRYPTION,
    [ESP_TLS_INPUT_STRLEN_OF_DER] = ESP_TLS_REASON_INPUT_DER_AS_PEM,
    [ESP_TLS_INPUT_TRUNCATED] = ESP_TLS_REASON_INPUT_TRUNCATED,
    [ESP_TLS_INPUT_TRAILING] = ESP_TLS_REASON_INPUT_TRAILING,
    [ESP_TLS_INPUT_TAG] = ESP_TLS_REASON_INPUT_MALFORMED,
    [ESP_TLS_INPUT_LENGTH] = ESP_TLS_REASON_INPUT_MALFORMED,
    [ESP_TLS_INPUT_VALUE] = ESP_TLS_REASON_INPUT_MALFORMED,
    [ESP_TLS_INPUT_VERSION] = ESP_TLS_REASON_INPUT_MALFORMED,
    [ESP_TLS_INPUT_ALGORITHM] = ESP_TLS_REASON_INPUT_UNSUPPORTED,
    [ESP_TLS_INPUT_CURVE] = ESP_TLS_REASON_INPUT_UNSUPPORTED,
    [ESP_TLS_INPUT_EXTENSION] = ESP_TLS_REASON_INPUT_EXTENSION,
    [ESP_TLS_INPUT_REPEATED] = ESP_TLS_REASON_INPUT_MALFORMED,
    [ESP_TLS_INPUT_ALGORITHMS_DIFFER] = ESP_TLS_REASON_INPUT_MALFORMED,
    [ESP_TLS_INPUT_KEY_SIZE] = ESP_TLS_REASON_INPUT_KEY_SIZE,
    [ESP_TLS_INPUT_ARMOR] = ESP_TLS_REASON_INPUT_ARMOR,
    [ESP_TLS_INPUT_BAD_BEGIN] = ESP_TLS_REASON_INPUT_MALFORMED,
};

static esp_tls_reason_t input_reason(const esp_tls_evidence_t *e)
{
    esp_tls_reason_t reason = e->input_fault < ESP_TLS_INPUT_REASONS
                                  ? (esp_tls_reason_t)input_reasons[e->input_fault]
                                  : ESP_TLS_REASON_NONE;

    if (e->input == NULL || strcmp(e->input, "peer") != 0) {
        return reason;
    }
    return reason == ESP_TLS_REASON_INPUT_UNSUPPORTED ? ESP_TLS_REASON_CERT_UNSUPPORTED
           : reason == ESP_TLS_REASON_INPUT_EXTENSION ? ESP_TLS_REASON_CERT_EXTENSION
           : reason == ESP_TLS_REASON_INPUT_KEY_SIZE  ? ESP_TLS_REASON_CERT_KEY_SIZE
                                                      : ESP_TLS_REASON_CERT_UNREADABLE;
}

/* --- what came -------------------------------------------------------------------------------- */

static bool begins(const struct facts *f, const char *with)
{
    size_t len = strlen(with);

    return f->e->peer_bytes_len >= len && memcmp(f->e->peer_bytes, with, len) == 0;
}

static bool speaks_http(const struct facts *f)
{
    return begins(f, "HTTP") || begins(f, "<!DO") || begins(f, "<htm") || begins(f, "<HTM");
}

static bool speaks_ssh(const struct facts *f)
{
    return begins(f, "SSH-");
}

/** SMTP and FTP (RFC 5321, RFC 959), POP3 (RFC 1939), IMAP (RFC 9051). */
static bool speaks_mail(const struct facts *f)
{
    return begins(f, "220") || begins(f, "421") || begins(f, "554") || begins(f, "+OK") ||
           begins(f, "* OK");
}

static bool not_tls(const struct facts *f)
{
    return f->e->peer_bytes_len > 0;
}

static bool record_too_large(const struct facts *f)
{
    return f->r->record_limit != 0 && f->r->record_limit < RECORD_MOST &&
           f->r->record_len > f->r->record_limit;
}

static bool message_too_large(const struct facts *f)
{
    return f->r->record_limit >= RECORD_MOST && f->r->record_len > f->r->record_limit;
}

static bool update_refused(const struct facts *f)
{
    return f->r->stack_code == UNEXPECTED_MESSAGE &&
           (option_is(f, "KeyUpdate") || option_is(f, "renegotiation"));
}

/* --- ends ------------------------------------------------------------------------------------- */

static bool has_ended(const struct facts *f)
{
    return f->r->cause == ESP_TLS_CAUSE_TRUNCATED || f->r->cause == ESP_TLS_CAUSE_EOF;
}

static bool ended_in_record(const struct facts *f)
{
    return has_ended(f) && f->r->record_limit == 0 && f->r->record_len > f->e->record_got;
}

static bool wants_identity(const struct facts *f)
{
    return f->r->identity_missed || (f->e->identity_wanted && !asked(f, ESP_TLS_ASKED_IDENTITY));
}

static bool ended_for_identity(const struct facts *f)
{
    return has_ended(f) && in_handshake(f) && wants_identity(f);
}

static bool ended_in_handshake(const struct facts *f)
{
    return has_ended(f) && in_handshake(f);
}

static bool ended_for_version(const struct facts *f)
{
    return ended_in_handshake(f) && f->r->bytes_in == 0 &&
           asked(f, ESP_TLS_ASKED_TLS_1_2_ONLY | ESP_TLS_ASKED_TLS_1_3_ONLY);
}

static bool ended_before_answer(const struct facts *f)
{
    return ended_in_handshake(f) && f->r->bytes_in == 0;
}

static bool ended_without_notify(const struct facts *f)
{
    return f->r->cause == ESP_TLS_CAUSE_TRUNCATED && in_open(f);
}

static bool ended_in_order(const struct facts *f)
{
    return f->r->cause == ESP_TLS_CAUSE_EOF && in_open(f);
}

static bool lost(const struct facts *f)
{
    return f->r->cause == ESP_TLS_CAUSE_SYSTEM && in_open(f);
}

/* --- time ------------------------------------------------------------------------------------- */

static bool timed_out_in(const struct facts *f, esp_tls_phase_t phase)
{
    return f->r->cause == ESP_TLS_CAUSE_TIMEOUT && f->r->phase == phase;
}

static bool dns_timeout(const struct facts *f)
{
    return timed_out_in(f, ESP_TLS_PHASE_RESOLVE);
}

static bool connect_timeout(const struct facts *f)
{
    return timed_out_in(f, ESP_TLS_PHASE_CONNECT);
}

static bool handshake_silent(const struct facts *f)
{
    return timed_out_in(f, ESP_TLS_PHASE_HANDSHAKE) && f->r->bytes_in == 0;
}

static bool handshake_slow(const struct facts *f)
{
    return timed_out_in(f, ESP_TLS_PHASE_HANDSHAKE);
}

static bool write_timeout(const struct facts *f)
{
    return timed_out_in(f, ESP_TLS_PHASE_OPEN) && f->e->is_writing;
}

static bool read_timeout(const struct facts *f)
{
    return timed_out_in(f, ESP_TLS_PHASE_OPEN);
}

/* --- names and addresses ---------------------------------------------------------------------- */

static bool host_is_more(const struct facts *f)
{
    return et_words_host_fault(f->e->host) != NULL;
}

static bool no_such_family(const struct facts *f)
{
    return f->r->cause == ESP_TLS_CAUSE_RESOLVE && asked(f, ESP_TLS_ASKED_FAMILY);
}

/** The look-up did not begin, which only a missing thread does with this errno (plat_net.h). */
static bool no_thread(const struct facts *f)
{
    return f->r->resolver_code == 0 && f->r->os_errno == plat_errno_again;
}

static bool bad_interface(const struct facts *f)
{
    return f->r->cause == ESP_TLS_CAUSE_SYSTEM && f->r->phase <= ESP_TLS_PHASE_CONNECT &&
           option_is(f, "if_name");
}

/* --- nothing in common ------------------------------------------------------------------------ */

static bool version_excluded(const struct facts *f)
{
    return (f->r->alert_received == PROTOCOL_VERSION || f->r->stack_code == BAD_PROTOCOL_VERSION) &&
           asked(f, ESP_TLS_ASKED_TLS_1_2_ONLY | ESP_TLS_ASKED_TLS_1_3_ONLY);
}

static bool version_too_old(const struct facts *f)
{
    return f->r->alert_received == PROTOCOL_VERSION || f->r->stack_code == BAD_PROTOCOL_VERSION;
}

/** Alerts by which servers say that a client certificate is missing: RFC 8446 has 116, RFC 5246
 *  leaves it at 40, and some say 42, or SSL 3.0's 41. In TLS 1.3 they come when the client takes
 *  itself for done. */
static bool alert_for_identity(const struct facts *f)
{
    int alert = f->r->alert_received;

    if (asked(f, ESP_TLS_ASKED_IDENTITY)) {
        return false;
    }
    return alert == CERTIFICATE_REQUIRED || alert == NO_CERTIFICATE ||
           ((alert == HANDSHAKE_FAILURE || alert == BAD_CERTIFICATE) && wants_identity(f));
}

static bool refused_hello(const struct facts *f)
{
    return f->r->alert_received == HANDSHAKE_FAILURE && f->e->message <= SERVER_HELLO;
}

static bool refused_suites(const struct facts *f)
{
    return refused_hello(f) && asked(f, ESP_TLS_ASKED_SUITES);
}

static bool refused_identity(const struct facts *f)
{
    return f->r->alert_received == HANDSHAKE_FAILURE && f->e->identity_wanted &&
           asked(f, ESP_TLS_ASKED_IDENTITY);
}

static bool wrong_key(const struct facts *f)
{
    return f->r->alert_received == DECRYPT_ERROR && asked(f, ESP_TLS_ASKED_IDENTITY);
}

static bool refused_by_us(const struct facts *f, unsigned message)
{
    return in_handshake(f) && f->r->cause == ESP_TLS_CAUSE_STACK && f->r->alert_received < 0 &&
           f->e->message == message && !f->e->message_is_ours &&
           (f->r->alert_sent == HANDSHAKE_FAILURE || f->r->alert_sent == ILLEGAL_PARAMETER);
}

static bool pss_refused(const struct facts *f)
{
    return option_is(f, "rsa_pss_rsae");
}

static bool bad_group(const struct facts *f)
{
    return refused_by_us(f, SERVER_KEY_EXCHANGE) && f->e->group != 0;
}

static bool bad_signature_algorithm(const struct facts *f)
{
    return refused_by_us(f, CERTIFICATE_VERIFY) ||
           (refused_by_us(f, SERVER_KEY_EXCHANGE) && f->e->scheme != 0);
}

/** It chose what it was offered, and what it made of that is refused: a point that is none, a
 *  signature of another kind than its key. */
static bool bad_exchange(const struct facts *f)
{
    return refused_by_us(f, SERVER_KEY_EXCHANGE) && f->e->group == 0 && f->e->scheme == 0;
}

static bool chain_too_long(const struct facts *f)
{
    return f->r->stack_code == CHECK_BROKEN_OFF && f->r->verify_depth >= 0 &&
           f->e->chain_count > f->r->verify_depth + 1;
}

static bool proof_failed(const struct facts *f)
{
    return in_handshake(f) && f->r->cause == ESP_TLS_CAUSE_STACK &&
           f->r->alert_sent == DECRYPT_ERROR && !f->e->message_is_ours;
}

/* --- the server's certificate ----------------------------------------------------------------- */

static bool bad_time(const struct facts *f)
{
    return has_flag(f, FLAG_EXPIRED | FLAG_FUTURE);
}

static bool clock_not_set(const struct facts *f)
{
    return bad_time(f) && (option_is(f, "clock") || (f->e->now != 0 && f->e->now < CLOCK_LEAST));
}

/** The clock is set, so the certificate is early. */
static bool is_early(const struct facts *f)
{
    return has_flag(f, FLAG_FUTURE) && f->e->now >= CLOCK_LEAST;
}

static bool not_trusted(const struct facts *f)
{
    return has_flag(f, FLAG_NOT_TRUSTED);
}

/** The first one sent is an authority that issued another one: the server's own stands behind it,
 *  and its names were not compared. */
static bool authority_is_first(const struct facts *f)
{
    return has_flag(f, FLAG_NAME) && chain(f, ESP_TLS_CHAIN_FIRST_ISSUED);
}

static bool out_of_order(const struct facts *f)
{
    return authority_is_first(f) || (not_trusted(f) && chain(f, ESP_TLS_CHAIN_OUT_OF_ORDER));
}

static bool not_a_ca(const struct facts *f)
{
    return not_trusted(f) && chain(f, ESP_TLS_CHAIN_NO_CONSTRAINTS);
}

static bool no_cert_sign(const struct facts *f)
{
    return not_trusted(f) && chain(f, ESP_TLS_CHAIN_NO_CERT_SIGN);
}

static bool path_too_long(const struct facts *f)
{
    return not_trusted(f) && chain(f, ESP_TLS_CHAIN_PATH_LENGTH);
}

/** Its issuer is there, or one that is called so, and the signature does not hold. Where signatures
 *  are checked late (CONFIG_ESP_TLS_DEFER_CERT_SIGNATURES) the chain is gone by then. */
static bool bad_signature(const struct facts *f)
{
    return not_trusted(f) && (chain(f, ESP_TLS_CHAIN_BAD_SIGNATURE) || option_is(f, "signature"));
}

static bool anchor_is_leaf(const struct facts *f)
{
    return not_trusted(f) && chain(f, ESP_TLS_CHAIN_ANCHOR_IS_LEAF);
}

static bool renewed(const struct facts *f)
{
    return not_trusted(f) && chain(f, ESP_TLS_CHAIN_ANCHOR_RENEWED);
}

/** Where nobody saw the certificate: Mbed TLS's code for a critical extension that it does not
 *  know. A damaged one has it as well. */
static bool unknown_extension(const struct facts *f)
{
    return in_handshake(f) && f->e->input == NULL && f->r->stack_code == UNKNOWN_EXTENSION;
}

static bool issuer_usage(const struct facts *f)
{
    return has_flag(f, FLAG_EXT_KEY_USAGE) && f->r->verify_depth > 0;
}

static bool self_signed(const struct facts *f)
{
    return not_trusted(f) && chain(f, ESP_TLS_CHAIN_SELF_SIGNED) && !renewed(f);
}

static bool anchor_namesake(const struct facts *f)
{
    return not_trusted(f) && chain(f, ESP_TLS_CHAIN_ANCHOR_NAMESAKE);
}

/** A name that says it is a root's: authorities call them so. */
static bool is_called_root(const char *name)
{
    return strstr(name, "Root") != NULL || strstr(name, "ROOT") != NULL ||
           strstr(name, "root") != NULL;
}

/** The wanted issuer was seen, and is not the one that is missing. */
static bool issuer_is_there(const struct facts *f)
{
    return option_is(f, "signature") ||
           chain(f, ESP_TLS_CHAIN_SELF_SIGNED | ESP_TLS_CHAIN_NO_CONSTRAINTS |
                        ESP_TLS_CHAIN_OUT_OF_ORDER | ESP_TLS_CHAIN_ANCHOR_NAMESAKE |
                        ESP_TLS_CHAIN_BAD_SIGNATURE | ESP_TLS_CHAIN_NO_CERT_SIGN |
                        ESP_TLS_CHAIN_PATH_LENGTH | ESP_TLS_CHAIN_ANCHOR_IS_LEAF);
}

/** No issuer of the server's own certificate was sent, nor is it a trusted one, nor, by all that is
 *  seen, a root: an anchor is of the same organization, or the certificate says where its
 *  issuer's can be had. */
static bool gap_is_likely(const struct facts *f)
{
    return not_trusted(f) && f->r->verify_depth == 0 && !issuer_is_there(f) &&
           !is_called_root(f->e->issuer) &&
           (chain(f, ESP_TLS_CHAIN_ANCHOR_KIN) || f->e->aia[0] != '\0');
}

static bool gap_is_possible(const struct facts *f)
{
    return not_trusted(f) && f->e->chain_count > 0 && !chain(f, ESP_TLS_CHAIN_ROOT_SENT) &&
           !issuer_is_there(f);
}

static bool ip_mismatch(const struct facts *f)
{
    return has_flag(f, FLAG_NAME) && asked(f, ESP_TLS_ASKED_IP) && !authority_is_first(f);
}

static bool unreadable(const struct facts *f)
{
    return f->e->input != NULL && strcmp(f->e->input, "peer") == 0 &&
           f->r->cause == ESP_TLS_CAUSE_STACK;
}

/* --- the rules -------------------------------------------------------------------------------- */

#define OF(cause) (1U << ESP_TLS_CAUSE_##cause)
#define ENDS      (OF(EOF) | OF(TRUNCATED))
#define ANY       UINT32_MAX

static const struct rule {
    uint32_t causes; /* of the record, as bits */
    condition holds;
    uint8_t reason;
    bool is_certain;
} rules[] = {
    {OF(CANCELLED), always, ESP_TLS_REASON_CANCELLED, true},
    {OF(NO_TRUST), always, ESP_TLS_REASON_NO_TRUST_OPTION, true},
    {OF(FLOOD), always, ESP_TLS_REASON_PEER_FLOODS, true},

    {OF(NO_MEM), over_limit, ESP_TLS_REASON_MEMORY_LIMIT, false},
    {OF(NO_MEM), in_pieces, ESP_TLS_REASON_MEMORY_FRAGMENTED, false},
    {OF(NO_MEM), heap_refused, ESP_TLS_REASON_NO_MEMORY, false},
    {OF(NO_MEM), in_open, ESP_TLS_REASON_NO_MEMORY_FOR_CALL, true},
    {OF(NO_MEM), always, ESP_TLS_REASON_NONE, true},

    {OF(INVALID_STATE) | OF(STACK), key_missing, ESP_TLS_REASON_KEY_MISSING, true},
    {ANY, pair_refused, ESP_TLS_REASON_KEY_MISMATCH, true},
    {ANY, own_chain_too_long, ESP_TLS_REASON_IDENTITY_TOO_LARGE, true},
    {ANY, name_refused, ESP_TLS_REASON_NAME_UNUSABLE, true},
    {ANY, no_random, ESP_TLS_REASON_NO_RANDOM, true},
    {OF(NOT_SUPPORTED), always, ESP_TLS_REASON_OPTION_NOT_BUILT, true},
    {OF(INVALID_ARG), always, ESP_TLS_REASON_OPTION_INVALID, true},
    {OF(INVALID_STATE), store_empty, ESP_TLS_REASON_STORE_EMPTY, true},
    {OF(INVALID_STATE), not_in_build, ESP_TLS_REASON_OPTION_NOT_BUILT, true},
    {OF(INVALID_STATE), own_cert_missing, ESP_TLS_REASON_OWN_CERT_MISSING, true},
    {OF(INVALID_STATE), versions_exclude, ESP_TLS_REASON_OPTIONS_EXCLUDE, true},
    {OF(INVALID_STATE), always, ESP_TLS_REASON_CALL_OUT_OF_ORDER, true},

    {OF(TIMEOUT), dns_timeout, ESP_TLS_REASON_DNS_TIMEOUT, true},
    {OF(TIMEOUT), connect_timeout, ESP_TLS_REASON_CONNECT_TIMEOUT, true},
    {OF(TIMEOUT), handshake_silent, ESP_TLS_REASON_HANDSHAKE_SILENT, true},
    {OF(TIMEOUT), handshake_slow, ESP_TLS_REASON_HANDSHAKE_SLOW, true},
    {OF(TIMEOUT), write_timeout, ESP_TLS_REASON_WRITE_TIMEOUT, true},
    {OF(TIMEOUT), read_timeout, ESP_TLS_REASON_READ_TIMEOUT, true},

    {OF(RESOLVE), host_is_more, ESP_TLS_REASON_HOST_NOT_A_NAME, true},
    {OF(RESOLVE), no_thread, ESP_TLS_REASON_NO_THREADS, true},
    {OF(RESOLVE), no_such_family, ESP_TLS_REASON_DNS_NO_ADDRESS, false},
    {OF(SYSTEM), bad_interface, ESP_TLS_REASON_TCP_INTERFACE, true},
    {OF(SYSTEM), lost, ESP_TLS_REASON_CONNECTION_LOST, false},

    {ANY, speaks_http, ESP_TLS_REASON_PEER_SPEAKS_HTTP, true},
    {ANY, speaks_ssh, ESP_TLS_REASON_PEER_SPEAKS_SSH, true},
    {ANY, speaks_mail, ESP_TLS_REASON_PEER_SPEAKS_MAIL, true},
    {ANY, not_tls, ESP_TLS_REASON_PEER_NOT_TLS, true},
    {ANY, record_too_large, ESP_TLS_REASON_RECORD_TOO_LARGE, true},
    {ANY, message_too_large, ESP_TLS_REASON_MESSAGE_TOO_LARGE, true},
    {OF(STACK), update_refused, ESP_TLS_REASON_UPDATE_REFUSED, true},

    {ENDS, ended_in_record, ESP_TLS_REASON_CLOSED_IN_RECORD, true},
    {ENDS, ended_for_identity, ESP_TLS_REASON_CLIENT_CERT_MISSING, false},
    {ENDS, ended_for_version, ESP_TLS_REASON_VERSION_EXCLUDED, false},
    {ENDS, ended_in_handshake, ESP_TLS_REASON_CLOSED_IN_HANDSHAKE, false},
    {ENDS, ended_before_answer, ESP_TLS_REASON_NO_COMMON_SUITE, true},
    {ENDS, ended_in_handshake, ESP_TLS_REASON_NONE, true},
    {ENDS, ended_without_notify, ESP_TLS_REASON_CLOSED_WITHOUT_NOTIFY, true},
    {ENDS, ended_in_order, ESP_TLS_REASON_CLOSED_IN_ORDER, true},

    {OF(STACK), version_excluded, ESP_TLS_REASON_VERSION_EXCLUDED, true},
    {OF(STACK), version_too_old, ESP_TLS_REASON_OLD_TLS_ONLY, true},
    {OF(STACK), alert_for_identity, ESP_TLS_REASON_CLIENT_CERT_MISSING, true},
    {OF(STACK), refused_suites, ESP_TLS_REASON_SUITES_RESTRICTED, false},
    {OF(STACK), refused_hello, ESP_TLS_REASON_NO_COMMON_SUITE, false},
    {OF(STACK), refused_identity, ESP_TLS_REASON_CLIENT_CERT_REFUSED, false},
    {OF(STACK), wrong_key, ESP_TLS_REASON_CLIENT_KEY_WRONG, false},
    {OF(STACK), pss_refused, ESP_TLS_REASON_LIBRARY_REFUSES_PSS, true},
    {OF(STACK), bad_group, ESP_TLS_REASON_NO_COMMON_GROUP, false},
    {OF(STACK), bad_signature_algorithm, ESP_TLS_REASON_NO_COMMON_SIGNATURE, false},
    {OF(STACK), bad_exchange, ESP_TLS_REASON_PEER_FAULT, true},
    {OF(STACK), chain_too_long, ESP_TLS_REASON_CHAIN_TOO_LONG, true},
    {OF(STACK), proof_failed, ESP_TLS_REASON_PEER_PROOF_FAILED, true},
    {OF(STACK), unknown_extension, ESP_TLS_REASON_CERT_EXTENSION, false},

    {OF(VERIFY), clock_not_set, ESP_TLS_REASON_CLOCK_NOT_SET, false},
    {OF(VERIFY), is_early, ESP_TLS_REASON_CERT_NOT_YET_VALID, false},
    {OF(VERIFY), out_of_order, ESP_TLS_REASON_CHAIN_OUT_OF_ORDER, false},
    {OF(VERIFY), not_a_ca, ESP_TLS_REASON_NOT_A_CA, false},
    {OF(VERIFY), no_cert_sign, ESP_TLS_REASON_NO_CERT_SIGN, false},
    {OF(VERIFY), path_too_long, ESP_TLS_REASON_PATH_LENGTH, false},
    {OF(VERIFY), bad_signature, ESP_TLS_REASON_BAD_SIGNATURE, false},
    {OF(VERIFY), anchor_is_leaf, ESP_TLS_REASON_ANCHOR_IS_LEAF, false},
    {OF(VERIFY), renewed, ESP_TLS_REASON_SELF_SIGNED_RENEWED, false},
    {OF(VERIFY), issuer_usage, ESP_TLS_REASON_ISSUER_USAGE, true},
    {OF(VERIFY), anchor_namesake, ESP_TLS_REASON_ANCHOR_KEY_DIFFERS, false},
    {OF(VERIFY), self_signed, ESP_TLS_REASON_SELF_SIGNED, false},
    {OF(VERIFY), gap_is_likely, ESP_TLS_REASON_MISSING_INTERMEDIATE, false},
    {OF(VERIFY), ip_mismatch, ESP_TLS_REASON_IP_NOT_IN_CERT, false},
};

#define ALL (sizeof(((esp_tls_code_t *)NULL)->reasons)) /* reasons of a code */

/* --- putting it together ---------------------------------------------------------------------- */

static void add(esp_tls_diagnosis_t *d, esp_tls_reason_t reason)
{
    if (reason == ESP_TLS_REASON_NONE || d->reason_count == ESP_TLS_DIAGNOSIS_REASONS) {
        return;
    }
    for (unsigned i = 0; i < d->reason_count; i++) {
        if (d->reasons[i] == reason) {
            return;
        }
    }
    d->reasons[d->reason_count++] = reason;
}

/** A client certificate cannot be missing where one is set, nor before the server could ask. */
static bool identity_cannot_be_missing(const struct facts *f)
{
    return asked(f, ESP_TLS_ASKED_IDENTITY) || f->e->message == SERVER_HELLO;
}

/** What is parsed in a handshake is the server's, unless the evidence names an input of our own. */
static bool in_handshake_of_peer(const struct facts *f)
{
    return in_handshake(f) && f->e->input == NULL;
}

static bool chain_fits(const struct facts *f)
{
    return f->e->chain_count > 0 && !chain_too_long(f);
}

/** What a code may mean elsewhere, and cannot mean here. */
static const struct {
    uint8_t reason;
    condition is_excluded;
} exclusions[] = {
    {ESP_TLS_REASON_CLOSED_IN_HANDSHAKE, in_open},
    {ESP_TLS_REASON_CONNECTION_LOST, in_handshake},
    {ESP_TLS_REASON_CLIENT_CERT_MISSING, identity_cannot_be_missing},
    {ESP_TLS_REASON_INPUT_MALFORMED, in_handshake_of_peer},
    {ESP_TLS_REASON_CHAIN_TOO_LONG, chain_fits},
};

static bool is_excluded(const struct facts *f, uint8_t reason)
{
    for (size_t i = 0; i < sizeof(exclusions) / sizeof(exclusions[0]); i++) {
        if (exclusions[i].reason == reason) {
            return exclusions[i].is_excluded(f);
        }
    }
    return false;
}

/** What a code means in general. @param most  of its reasons, the likeliest first */
static void add_code(esp_tls_diagnosis_t *d, const struct facts *f, esp_tls_code_domain_t domain,
                     int value, unsigned most)
{
    esp_tls_code_t code;

    if (esp_tls_code_find(domain, value, &code)) {
        for (unsigned i = 0; i < most; i++) {
            if (!is_excluded(f, code.reasons[i])) {
                add(d, (esp_tls_reason_t)code.reasons[i]);
            }
        }
    }
}

static void add_code_if(esp_tls_diagnosis_t *d, const struct facts *f, esp_tls_code_domain_t domain,
                        int value)
{
    if (value != 0) {
        add_code(d, f, domain, value, ALL);
    }
}

static bool is_said(const struct facts *f, uint32_t flag)
{
    return (flag == FLAG_NAME && (asked(f, ESP_TLS_ASKED_IP) || authority_is_first(f))) ||
           (flag == FLAG_FUTURE && is_early(f)) || (flag == FLAG_NOT_TRUSTED && issuer_is_there(f));
}

/** Each flag by itself, as far as the rules have not said it better. */
static void add_each_flag(esp_tls_diagnosis_t *d, const struct facts *f, unsigned most)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t flag = (uint32_t)1 << bit;

        if (has_flag(f, flag) && !is_said(f, flag)) {
            add_code(d, f, ESP_TLS_CODE_VERIFY, (int)flag, most);
        }
    }
}

/** The likeliest reason of each flag, then the others. With evidence the first will do: the others
 *  are what the rules look for. */
static void add_flags(esp_tls_diagnosis_t *d, const struct facts *f)
{
    add_each_flag(d, f, 1);
    if (f->e->chain_count == 0) {
        add_each_flag(d, f, ALL);
    }
    if (gap_is_possible(f)) {
        add(d, ESP_TLS_REASON_MISSING_INTERMEDIATE);
    }
}

/** @return true: a rule was certain, and nothing else is looked at */
static bool apply_rules(esp_tls_diagnosis_t *d, const struct facts *f)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct rule *rule = &rules[i];

        if ((rule->causes >> f->r->cause & 1) != 0 && rule->holds(f)) {
            add(d, (esp_tls_reason_t)rule->reason);
            if (rule->is_certain) {
                return true;
            }
        }
    }
    return false;
}

static void apply_codes(esp_tls_diagnosis_t *d, const struct facts *f)
{
    const esp_tls_record_t *r = f->r;

    if (r->alert_received >= 0) {
        add_code(d, f, ESP_TLS_CODE_ALERT, r->alert_received, ALL);
        if (d->reason_count > 0) {
            return; /* the other codes only say that there was one */
        }
    }
    add_flags(d, f);
    if (r->cause == ESP_TLS_CAUSE_VERIFY && d->reason_count > 0) {
        return;
    }
    add_code_if(d, f, ESP_TLS_CODE_RESOLVER, r->resolver_code);
    if (r->cause == ESP_TLS_CAUSE_SYSTEM) { /* elsewhere it only accompanies the failure */
        add_code_if(d, f, ESP_TLS_CODE_ERRNO, r->os_errno);
    }
    add_code_if(d, f, ESP_TLS_CODE_STACK, r->stack_code);
    if (d->reason_count == 0) {
        add_code_if(d, f, ESP_TLS_CODE_ESP, r->esp_code);
    }
}

static void find_reasons(esp_tls_diagnosis_t *d, const struct facts *f)
{
    esp_tls_reason_t input = input_reason(f->e);

    if (f->r->cause == ESP_TLS_CAUSE_NONE) {
        return;
    }
    if (f->r->phase == ESP_TLS_PHASE_CONFIG || unreadable(f)) {
        add(d, input);
    }
    if (d->reason_count > 0 || apply_rules(d, f)) {
        return;
    }
    apply_codes(d, f);
    if (d->reason_count == 0) {
        add(d, ESP_TLS_REASON_OTHER);
    }
}

void esp_tls_diagnose(const esp_tls_record_t *record, const esp_tls_evidence_t *evidence,
                      esp_tls_diagnosis_t *diagnosis)
{
    /* the inputs may be the fields of the output */
    if (record != &diagnosis->record) {
        diagnosis->record = *record;
    }
    if (evidence == NULL) {
        memset(&diagnosis->evidence, 0, sizeof(diagnosis->evidence));
    } else if (evidence != &diagnosis->evidence) {
        diagnosis->evidence = *evidence;
    }
    const struct facts f = {&diagnosis->record, &diagnosis->evidence};

    diagnosis->reason_count = 0;
    memset(diagnosis->reasons, 0, sizeof(diagnosis->reasons));
    find_reasons(diagnosis, &f);
    diagnosis->kind = esp_tls_reason_class(diagnosis->reasons[0]);
}

void esp_tls_diagnosis_lead(esp_tls_diagnosis_t *diagnosis, esp_tls_reason_t reason)
{
    esp_tls_reason_t old[ESP_TLS_DIAGNOSIS_REASONS];
    unsigned count = diagnosis->reason_count;

    memcpy(old, diagnosis->reasons, sizeof(old));
    diagnosis->reason_count = 0;
    add(diagnosis, reason);
    for (unsigned i = 0; i < count; i++) {
        add(diagnosis, old[i]);
    }
    diagnosis->kind = esp_tls_reason_class(diagnosis->reasons[0]);
}
