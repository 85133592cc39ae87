/* From records and evidence to reasons and words: pure functions, one table. */
#include "sim_test.h"

#include <errno.h>
#include <netdb.h>

#include "clip.h"
#include "esp_tls_certificate.h"
#include "esp_tls_diagnosis.h"
#include "out.h"

/* A record of a failure. Alerts that are 0 here are none: see complete(). */
#define RECORD(...)                                                                                \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define PHASE(name) .phase = ESP_TLS_PHASE_##name
#define CAUSE(name) .cause = ESP_TLS_CAUSE_##name
#define REASONS(...)                                                                               \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define R(name) ESP_TLS_REASON_##name

static const struct row {
    const char *name;
    esp_tls_record_t record;
    esp_tls_evidence_t evidence;
    esp_tls_reason_t reasons[ESP_TLS_DIAGNOSIS_REASONS]; /* all of them */
    esp_tls_class_t kind;
} rows[] = {
    {"nothing failed", RECORD(PHASE(OPEN)), {.port = 0}, REASONS(R(NONE)), ESP_TLS_CLASS_NONE},
    {"cancelled",
     RECORD(PHASE(CONNECT), CAUSE(CANCELLED)),
     {.port = 0},
     REASONS(R(CANCELLED)),
     ESP_TLS_CLASS_CANCELLED},
    {"no trust",
     RECORD(PHASE(CONFIG), CAUSE(NO_TRUST), .esp_code = 0x8017),
     {.port = 0},
     REASONS(R(NO_TRUST_OPTION)),
     ESP_TLS_CLASS_CONFIG},
    {"missing key, 0x7600",
     RECORD(PHASE(CONFIG), CAUSE(INVALID_STATE), .stack_code = 0x7600, .option = "clientkey_buf"),
     {.port = 0},
     REASONS(R(KEY_MISSING)),
     ESP_TLS_CLASS_IDENTITY},
    {"key of another certificate",
     RECORD(PHASE(CONFIG), CAUSE(STACK), .esp_code = ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED),
     {.port = 0},
     REASONS(R(KEY_MISMATCH)),
     ESP_TLS_CLASS_IDENTITY},
    {"option not built",
     RECORD(PHASE(CONFIG), CAUSE(NOT_SUPPORTED), .option = "psk_hint_key"),
     {.port = 0},
     REASONS(R(OPTION_NOT_BUILT)),
     ESP_TLS_CLASS_CONFIG},
    {"port out of range",
     RECORD(PHASE(CONFIG), CAUSE(INVALID_ARG), .option = "port"),
     {.port = 0},
     REASONS(R(OPTION_INVALID)),
     ESP_TLS_CLASS_CONFIG},

    /* 0x7200 in its three causes: a record too large, no memory, an end in mid-record */
    {"0x7200: record of 16 KB, buffer of 4 KB",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x7200, .record_len = 16408,
            .record_limit = 4096, .esp_code = 0x801A),
     {.message = 11},
     REASONS(R(RECORD_TOO_LARGE)),
     ESP_TLS_CLASS_PROTOCOL},
    {"0x7200: no memory behind it",
     RECORD(PHASE(HANDSHAKE), CAUSE(NO_MEM), .stack_code = 0x7200, .mem_size = 16717),
     {.port = 0},
     REASONS(R(NO_MEMORY)),
     ESP_TLS_CLASS_MEMORY},
    {"0x7200: closed in mid-record",
     RECORD(PHASE(HANDSHAKE), CAUSE(TRUNCATED), .stack_code = 0x7280, .record_len = 2600,
            .bytes_in = 1000),
     {.record_got = 905},
     REASONS(R(CLOSED_IN_RECORD)),
     ESP_TLS_CLASS_CLOSED},
    {"message over several records",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .record_len = 20000, .record_limit = 16384),
     {.message = 11},
     REASONS(R(MESSAGE_TOO_LARGE)),
     ESP_TLS_CLASS_PROTOCOL},

    {"heap in pieces",
     RECORD(PHASE(HANDSHAKE), CAUSE(NO_MEM), .mem_size = 4200, .mem_largest_free = 3000),
     {.mem_free = 20000},
     REASONS(R(MEMORY_FRAGMENTED), R(NO_MEMORY)),
     ESP_TLS_CLASS_MEMORY},
    {"heap used up",
     RECORD(PHASE(HANDSHAKE), CAUSE(NO_MEM), .mem_size = 4200, .mem_largest_free = 3000),
     {.mem_free = 4000},
     REASONS(R(NO_MEMORY)),
     ESP_TLS_CLASS_MEMORY},
    {"over its limit",
     RECORD(PHASE(HANDSHAKE), CAUSE(NO_MEM), .mem_size = 4200),
     {.mem_over_limit = true},
     REASONS(R(MEMORY_LIMIT)),
     ESP_TLS_CLASS_MEMORY},
    {"one read without memory",
     RECORD(PHASE(OPEN), CAUSE(NO_MEM), .mem_size = 16000),
     {.port = 0},
     REASONS(R(NO_MEMORY), R(NO_MEMORY_FOR_CALL)),
     ESP_TLS_CLASS_MEMORY},

    {"a URL as the host",
     RECORD(PHASE(RESOLVE), CAUSE(RESOLVE), .resolver_code = EAI_NONAME),
     {.host = "https://test.example"},
     REASONS(R(HOST_NOT_A_NAME)),
     ESP_TLS_CLASS_CONFIG},
    {"a host with its port",
     RECORD(PHASE(RESOLVE), CAUSE(RESOLVE), .resolver_code = EAI_NONAME),
     {.host = "[2001:db8::1]:443"},
     REASONS(R(HOST_NOT_A_NAME)),
     ESP_TLS_CLASS_CONFIG},
    {"an IPv6 address has colons",
     RECORD(PHASE(RESOLVE), CAUSE(RESOLVE), .resolver_code = EAI_NONAME),
     {.host = "fe80::1%none"},
     REASONS(R(DNS_NO_NAME), R(DNS_NO_SERVER)),
     ESP_TLS_CLASS_DNS},
    {"no such name",
     RECORD(PHASE(RESOLVE), CAUSE(RESOLVE), .resolver_code = EAI_NONAME),
     {.port = 0},
     REASONS(R(DNS_NO_NAME), R(DNS_NO_SERVER)),
     ESP_TLS_CLASS_DNS},
    {"no address of the family",
     RECORD(PHASE(RESOLVE), CAUSE(RESOLVE), .resolver_code = EAI_NONAME),
     {.asked = ESP_TLS_ASKED_FAMILY},
     REASONS(R(DNS_NO_ADDRESS), R(DNS_NO_NAME), R(DNS_NO_SERVER)),
     ESP_TLS_CLASS_DNS},
    {"no name server",
     RECORD(PHASE(RESOLVE), CAUSE(RESOLVE), .resolver_code = EAI_AGAIN),
     {.port = 0},
     REASONS(R(DNS_NO_SERVER), R(DNS_TIMEOUT)),
     ESP_TLS_CLASS_DNS},
    {"no thread for the look-up",
     RECORD(PHASE(RESOLVE), CAUSE(RESOLVE), .os_errno = EAGAIN, .esp_code = 0x8001),
     {.host = "test.example"},
     REASONS(R(NO_THREADS)),
     ESP_TLS_CLASS_NETWORK},
    {"name server is silent",
     RECORD(PHASE(RESOLVE), CAUSE(TIMEOUT), .resolver_code = EAI_AGAIN),
     {.port = 0},
     REASONS(R(DNS_TIMEOUT)),
     ESP_TLS_CLASS_DNS},

    {"refused",
     RECORD(PHASE(CONNECT), CAUSE(SYSTEM), .os_errno = ECONNREFUSED),
     {.port = 0},
     REASONS(R(TCP_REFUSED)),
     ESP_TLS_CLASS_NETWORK},
    {"unreachable",
     RECORD(PHASE(CONNECT), CAUSE(SYSTEM), .os_errno = ENETUNREACH),
     {.port = 0},
     REASONS(R(TCP_UNREACHABLE)),
     ESP_TLS_CLASS_NETWORK},
    {"no host there",
     RECORD(PHASE(CONNECT), CAUSE(SYSTEM), .os_errno = EHOSTUNREACH),
     {.port = 0},
     REASONS(R(TCP_UNREACHABLE)),
     ESP_TLS_CLASS_NETWORK},
    {"no sockets",
     RECORD(PHASE(CONNECT), CAUSE(SYSTEM), .os_errno = EMFILE),
     {.port = 0},
     REASONS(R(TCP_NO_SOCKETS)),
     ESP_TLS_CLASS_NETWORK},
    {"reset in the handshake",
     RECORD(PHASE(HANDSHAKE), CAUSE(SYSTEM), .os_errno = ECONNRESET),
     {.port = 0},
     REASONS(R(TCP_RESET), R(CLOSED_IN_HANDSHAKE)),
     ESP_TLS_CLASS_NETWORK},
    {"reset when open",
     RECORD(PHASE(OPEN), CAUSE(SYSTEM), .os_errno = ECONNRESET),
     {.port = 0},
     REASONS(R(CONNECTION_LOST), R(TCP_RESET)),
     ESP_TLS_CLASS_CLOSED},

    {"no answer to SYN",
     RECORD(PHASE(CONNECT), CAUSE(TIMEOUT)),
     {.timeout_ms = 2000},
     REASONS(R(CONNECT_TIMEOUT)),
     ESP_TLS_CLASS_TIMEOUT},
    {"no answer to ClientHello",
     RECORD(PHASE(HANDSHAKE), CAUSE(TIMEOUT)),
     {.timeout_ms = 2000},
     REASONS(R(HANDSHAKE_SILENT)),
     ESP_TLS_CLASS_TIMEOUT},
    {"slow handshake",
     RECORD(PHASE(HANDSHAKE), CAUSE(TIMEOUT), .bytes_in = 120),
     {.timeout_ms = 2000},
     REASONS(R(HANDSHAKE_SLOW)),
     ESP_TLS_CLASS_TIMEOUT},
    {"nothing to read",
     RECORD(PHASE(OPEN), CAUSE(TIMEOUT)),
     {.port = 0},
     REASONS(R(READ_TIMEOUT)),
     ESP_TLS_CLASS_TIMEOUT},
    {"no room to write",
     RECORD(PHASE(OPEN), CAUSE(TIMEOUT)),
     {.is_writing = true},
     REASONS(R(WRITE_TIMEOUT)),
     ESP_TLS_CLASS_TIMEOUT},

    {"HTTP",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x7200),
     {.peer_bytes = "HTTP/", .peer_bytes_len = 5},
     REASONS(R(PEER_SPEAKS_HTTP)),
     ESP_TLS_CLASS_PROTOCOL},
    {"SSH",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x7200),
     {.peer_bytes = "SSH-2", .peer_bytes_len = 5},
     REASONS(R(PEER_SPEAKS_SSH)),
     ESP_TLS_CLASS_PROTOCOL},
    {"SMTP",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x7200),
     {.peer_bytes = "220 m", .peer_bytes_len = 5},
     REASONS(R(PEER_SPEAKS_MAIL)),
     ESP_TLS_CLASS_PROTOCOL},
    {"bytes",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x7200),
     {.peer_bytes = {0x4A, 0, 0, 0, 0x0A}, .peer_bytes_len = 5},
     REASONS(R(PEER_NOT_TLS)),
     ESP_TLS_CLASS_PROTOCOL},
    {"damaged record",
     RECORD(PHASE(OPEN), CAUSE(STACK), .stack_code = 0x7180, .alert_sent = 20),
     {.port = 0},
     REASONS(R(RECORD_DAMAGED)),
     ESP_TLS_CLASS_PROTOCOL},
    {"RSA-PSS that the library refuses in TLS 1.2",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x6600, .alert_sent = 47,
            .option = "rsa_pss_rsae"),
     {.message = 12},
     REASONS(R(LIBRARY_REFUSES_PSS)),
     ESP_TLS_CLASS_NEGOTIATION},
    {"a ServerKeyExchange with a group that was not offered",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x6600, .alert_sent = 47),
     {.message = 12, .group = 0x1E},
     REASONS(R(NO_COMMON_GROUP), R(PEER_FAULT)),
     ESP_TLS_CLASS_NEGOTIATION},
    {"with a signature that was not offered",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x6600, .alert_sent = 47),
     {.message = 12, .scheme = 0x0201},
     REASONS(R(NO_COMMON_SIGNATURE), R(PEER_FAULT)),
     ESP_TLS_CLASS_NEGOTIATION},
    {"with something else that is wrong",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x6600, .alert_sent = 47),
     {.message = 12},
     REASONS(R(PEER_FAULT)),
     ESP_TLS_CLASS_PROTOCOL},
    {"more certificates than the verifier takes",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x3000, .verify_depth = 8),
     {.message = 11, .chain_count = 10},
     REASONS(R(CHAIN_TOO_LONG)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"the verifier broke off for another cause",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x3000, .verify_depth = 8),
     {.message = 11, .chain_count = 9},
     REASONS(R(NO_MEMORY), R(STACK_INTERNAL)),
     ESP_TLS_CLASS_MEMORY},
    {"KeyUpdate",
     RECORD(PHASE(OPEN), CAUSE(STACK), .stack_code = 0x7700, .option = "KeyUpdate"),
     {.port = 0},
     REASONS(R(UPDATE_REFUSED)),
     ESP_TLS_CLASS_PROTOCOL},

    {"alert 70",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_received = 70, .stack_code = 0x7780),
     {.message = 2},
     REASONS(R(OLD_TLS_ONLY)),
     ESP_TLS_CLASS_NEGOTIATION},
    {"ServerHello of TLS 1.1",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_sent = 70, .stack_code = 0x6E80),
     {.message = 2},
     REASONS(R(OLD_TLS_ONLY)),
     ESP_TLS_CLASS_NEGOTIATION},
    {"alert 70 to TLS 1.3 only",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_received = 70, .stack_code = 0x7780),
     {.asked = ESP_TLS_ASKED_TLS_1_3_ONLY, .message = 2},
     REASONS(R(VERSION_EXCLUDED)),
     ESP_TLS_CLASS_NEGOTIATION},
    {"alert 40 to the ClientHello",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_received = 40, .stack_code = 0x7780),
     {.message = 2},
     REASONS(R(NO_COMMON_SUITE), R(NO_COMMON_GROUP)),
     ESP_TLS_CLASS_NEGOTIATION},
    {"alert 40 to a list of suites",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_received = 40, .stack_code = 0x7780),
     {.message = 2, .asked = ESP_TLS_ASKED_SUITES},
     REASONS(R(SUITES_RESTRICTED), R(NO_COMMON_SUITE), R(NO_COMMON_GROUP)),
     ESP_TLS_CLASS_NEGOTIATION},
    {"alert 40 after CertificateRequest",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_received = 40, .stack_code = 0x7780),
     {.message = 20, .identity_wanted = true},
     REASONS(R(CLIENT_CERT_MISSING)),
     ESP_TLS_CLASS_IDENTITY},
    {"alert 42 after CertificateRequest of TLS 1.3",
     RECORD(PHASE(OPEN), CAUSE(STACK), .alert_received = 42, .stack_code = 0x7780,
            .identity_missed = true),
     {.port = 0},
     REASONS(R(CLIENT_CERT_MISSING)),
     ESP_TLS_CLASS_IDENTITY},
    {"alert 116",
     RECORD(PHASE(OPEN), CAUSE(STACK), .alert_received = 116, .stack_code = 0x7780),
     {.port = 0},
     REASONS(R(CLIENT_CERT_MISSING)),
     ESP_TLS_CLASS_IDENTITY},
    {"alert 48",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_received = 48, .stack_code = 0x7780),
     {.asked = ESP_TLS_ASKED_IDENTITY},
     REASONS(R(CLIENT_CERT_UNTRUSTED)),
     ESP_TLS_CLASS_IDENTITY},
    {"alert 42 for a certificate",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_received = 42, .stack_code = 0x7780),
     {.asked = ESP_TLS_ASKED_IDENTITY, .identity_wanted = true},
     REASONS(R(CLIENT_CERT_REFUSED), R(CLIENT_KEY_WRONG)),
     ESP_TLS_CLASS_IDENTITY},
    {"alert 51 for a signature",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_received = 51, .stack_code = 0x7780),
     {.asked = ESP_TLS_ASKED_IDENTITY},
     REASONS(R(CLIENT_KEY_WRONG), R(PSK_UNKNOWN), R(PEER_REFUSED_OURS)),
     ESP_TLS_CLASS_IDENTITY},
    {"alert 112",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_received = 112),
     {.message = 2},
     REASONS(R(NAME_NOT_SERVED)),
     ESP_TLS_CLASS_NEGOTIATION},
    {"alert 120",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_received = 120),
     {.message = 2},
     REASONS(R(NO_COMMON_ALPN)),
     ESP_TLS_CLASS_NEGOTIATION},
    {"curve not offered",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_sent = 40, .stack_code = 0x6E00),
     {.message = 12, .group = 0x1E},
     REASONS(R(NO_COMMON_GROUP), R(NO_COMMON_SUITE), R(NO_COMMON_SIGNATURE)),
     ESP_TLS_CLASS_NEGOTIATION},

    {"expired",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 1, .stack_code = 0x2700),
     {.now = 1800000000, .clock_is_set = true, .chain_count = 2},
     REASONS(R(CERT_EXPIRED)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"not yet valid",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 0x200, .stack_code = 0x2700),
     {.now = 1800000000, .chain_count = 2},
     REASONS(R(CERT_NOT_YET_VALID)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"clock of 1970",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 0x200, .stack_code = 0x2700),
     {.now = 42, .chain_count = 2},
     REASONS(R(CLOCK_NOT_SET)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"wrong name",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 4),
     {.chain_count = 2},
     REASONS(R(NAME_MISMATCH)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"address without a name for it",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 4),
     {.chain_count = 2, .asked = ESP_TLS_ASKED_IP},
     REASONS(R(IP_NOT_IN_CERT)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"untrusted root sent along",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 3, .chain = ESP_TLS_CHAIN_ROOT_SENT},
     REASONS(R(ROOT_NOT_TRUSTED)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"root not trusted",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 2},
     REASONS(R(ROOT_NOT_TRUSTED), R(MISSING_INTERMEDIATE)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"one certificate, and where its issuer is",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 1, .aia = "http://ca.example/int.der"},
     REASONS(R(MISSING_INTERMEDIATE), R(ROOT_NOT_TRUSTED)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"an anchor of the same house",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 1, .chain = ESP_TLS_CHAIN_ANCHOR_KIN},
     REASONS(R(MISSING_INTERMEDIATE), R(ROOT_NOT_TRUSTED)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"order",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 3, .chain = ESP_TLS_CHAIN_OUT_OF_ORDER},
     REASONS(R(CHAIN_OUT_OF_ORDER)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"self-signed",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 1, .chain = ESP_TLS_CHAIN_SELF_SIGNED},
     REASONS(R(SELF_SIGNED)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"namesake",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 2, .chain = ESP_TLS_CHAIN_ANCHOR_NAMESAKE},
     REASONS(R(ANCHOR_KEY_DIFFERS)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"an issuer of that name, and another key",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 2, .chain = ESP_TLS_CHAIN_BAD_SIGNATURE},
     REASONS(R(BAD_SIGNATURE)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"a signature that was checked late",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8, .option = "signature"),
     {.port = 443},
     REASONS(R(BAD_SIGNATURE)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"an issuer without keyCertSign",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 2, .chain = ESP_TLS_CHAIN_NO_CERT_SIGN | ESP_TLS_CHAIN_ANCHOR_KIN},
     REASONS(R(NO_CERT_SIGN)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"an issuer with too many below it",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 3, .chain = ESP_TLS_CHAIN_PATH_LENGTH},
     REASONS(R(PATH_LENGTH)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"the server's own among the anchors",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 2, .chain = ESP_TLS_CHAIN_ANCHOR_IS_LEAF},
     REASONS(R(ANCHOR_IS_LEAF)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"self-signed, made anew",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 1, .chain = ESP_TLS_CHAIN_SELF_SIGNED | ESP_TLS_CHAIN_ANCHOR_RENEWED},
     REASONS(R(SELF_SIGNED_RENEWED)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"an authority sent first",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 4),
     {.chain_count = 2, .chain = ESP_TLS_CHAIN_FIRST_ISSUED, .asked = ESP_TLS_ASKED_IP},
     REASONS(R(CHAIN_OUT_OF_ORDER)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"keyUsage, which only the server's own is asked for",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 0x800),
     {.port = 443},
     REASONS(R(WRONG_USAGE)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"a store without certificates",
     RECORD(PHASE(CONFIG), CAUSE(INVALID_STATE), .option = "use_global_ca_store"),
     {.port = 443},
     REASONS(R(STORE_EMPTY)),
     ESP_TLS_CLASS_CONFIG},
    {"a bundle that was not built",
     RECORD(PHASE(CONFIG), CAUSE(INVALID_STATE), .option = "crt_bundle_attach"),
     {.port = 443},
     REASONS(R(OPTION_NOT_BUILT)),
     ESP_TLS_CLASS_CONFIG},
    {"a key without its certificate",
     RECORD(PHASE(CONFIG), CAUSE(INVALID_STATE), .option = "clientcert_buf"),
     {.port = 443},
     REASONS(R(OWN_CERT_MISSING)),
     ESP_TLS_CLASS_IDENTITY},
    {"suites of another version than tls_version",
     RECORD(PHASE(CONFIG), CAUSE(INVALID_STATE), .option = "ciphersuites_list"),
     {.port = 443},
     REASONS(R(OPTIONS_EXCLUDE)),
     ESP_TLS_CLASS_CONFIG},
    {"a handle that is connected",
     RECORD(PHASE(OPEN), CAUSE(INVALID_STATE), .option = "connected already"),
     {.port = 443},
     REASONS(R(CALL_OUT_OF_ORDER)),
     ESP_TLS_CLASS_CONFIG},
    {"no CA",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 8),
     {.chain_count = 2, .chain = ESP_TLS_CHAIN_NO_CONSTRAINTS},
     REASONS(R(NOT_A_CA)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"expired and for another name",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 5),
     {.chain_count = 2, .now = 1800000000},
     REASONS(R(CERT_EXPIRED), R(NAME_MISMATCH)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"weak key",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 0x10000),
     {.chain_count = 2, .key_bits = 1024},
     REASONS(R(WEAK_KEY)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"weak hash",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 0x4000),
     {.chain_count = 2},
     REASONS(R(WEAK_SIGNATURE)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"for clients",
     RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 0x1000),
     {.chain_count = 2},
     REASONS(R(WRONG_USAGE)),
     ESP_TLS_CLASS_CERTIFICATE},

    {"PEM without NUL",
     RECORD(PHASE(CONFIG), CAUSE(STACK), .esp_code = ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED),
     {.input = "cacert_buf", .input_fault = ESP_TLS_INPUT_NO_NUL},
     REASONS(R(INPUT_NO_NUL)),
     ESP_TLS_CLASS_CONFIG},
    {"encrypted key",
     RECORD(PHASE(CONFIG), CAUSE(STACK), .esp_code = ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED),
     {.input = "clientkey_buf", .input_fault = ESP_TLS_INPUT_NEEDS_PASSWORD},
     REASONS(R(KEY_PASSWORD)),
     ESP_TLS_CLASS_CONFIG},
    {"a key of our own that the handshake parses",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x0068),
     {.input = "clientkey_buf"},
     REASONS(R(INPUT_MALFORMED), R(CERT_UNREADABLE)),
     ESP_TLS_CLASS_CONFIG},
    {"a field that the handshake parses",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x0068),
     {.message = 11},
     REASONS(R(CERT_UNREADABLE)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"the server's certificate is damaged",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x2180),
     {.input = "peer", .input_fault = ESP_TLS_INPUT_LENGTH},
     REASONS(R(CERT_UNREADABLE)),
     ESP_TLS_CLASS_CERTIFICATE},

    {"closed after ClientHello",
     RECORD(PHASE(HANDSHAKE), CAUSE(TRUNCATED), .stack_code = 0x7280),
     {.message = 2},
     REASONS(R(CLOSED_IN_HANDSHAKE), R(NO_COMMON_SUITE)),
     ESP_TLS_CLASS_CLOSED},
    {"closed after CertificateRequest",
     RECORD(PHASE(HANDSHAKE), CAUSE(TRUNCATED), .stack_code = 0x7280, .bytes_in = 2000),
     {.message = 20, .identity_wanted = true},
     REASONS(R(CLIENT_CERT_MISSING), R(CLOSED_IN_HANDSHAKE)),
     ESP_TLS_CLASS_IDENTITY},
    {"FIN without close_notify",
     RECORD(PHASE(OPEN), CAUSE(TRUNCATED), .stack_code = 0x7280),
     {.port = 0},
     REASONS(R(CLOSED_WITHOUT_NOTIFY)),
     ESP_TLS_CLASS_CLOSED},
    {"close_notify",
     RECORD(PHASE(OPEN), CAUSE(EOF)),
     {.port = 0},
     REASONS(R(CLOSED_IN_ORDER)),
     ESP_TLS_CLASS_CLOSED},
    /* what is certain is all, whatever a code would add */
    {"no random numbers, and a code",
     RECORD(PHASE(CONFIG), CAUSE(STACK), .esp_code = ESP_ERR_MBEDTLS_CTR_DRBG_SEED_FAILED,
            .stack_code = 0x7180),
     {.port = 0},
     REASONS(R(NO_RANDOM)),
     ESP_TLS_CLASS_CONFIG},
    {"out of order, and a code",
     RECORD(PHASE(OPEN), CAUSE(INVALID_STATE), .stack_code = 0x7180),
     {.port = 0},
     REASONS(R(CALL_OUT_OF_ORDER)),
     ESP_TLS_CLASS_CONFIG},
    {"nothing to read, and a code",
     RECORD(PHASE(OPEN), CAUSE(TIMEOUT), .stack_code = 0x7180),
     {.port = 0},
     REASONS(R(READ_TIMEOUT)),
     ESP_TLS_CLASS_TIMEOUT},
    {"proof failed, and a code",
     RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_sent = 51, .stack_code = 0x7180),
     {.message = 15},
     REASONS(R(PEER_PROOF_FAILED)),
     ESP_TLS_CLASS_CERTIFICATE},
    {"nothing known",
     RECORD(PHASE(OPEN), CAUSE(FAILED)),
     {.port = 0},
     REASONS(R(OTHER)),
     ESP_TLS_CLASS_INTERNAL},
};

static esp_tls_record_t complete(esp_tls_record_t record)
{
    record.alert_sent = record.alert_sent == 0 ? -1 : record.alert_sent;
    record.alert_received = record.alert_received == 0 ? -1 : record.alert_received;
    return record;
}

static bool check_row(const struct row *row)
{
    esp_tls_record_t record = complete(row->record);
    esp_tls_diagnosis_t d;

    esp_tls_diagnose(&record, &row->evidence, &d);
    if (d.kind != row->kind || memcmp(d.reasons, row->reasons, sizeof(d.reasons)) != 0) {
        print_error("%s: class %s, reasons %s\n", row->name, esp_tls_class_name(d.kind),
                    sim_reasons(&d));
        return false;
    }
    (void)sim_reasons(&d); /* counts them, too */
    return true;
}

static void test_diagnose_each_evidence_names_its_reason(void **state)
{
    bool is_good = true;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        is_good = check_row(&rows[i]) && is_good;
    }
    assert_true(is_good);
}

static void test_diagnose_without_evidence_still_knows_the_codes(void **state)
{
    esp_tls_record_t record =
        RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .alert_received = 48, .stack_code = 0x7780);
    esp_tls_diagnosis_t d;

    (void)state;
    record = complete(record);
    esp_tls_diagnose(&record, NULL, &d);
    assert_int_equal(d.reasons[0], ESP_TLS_REASON_CLIENT_CERT_UNTRUSTED);
    assert_string_equal(d.evidence.host, "");
}

static void test_diagnose_in_place_keeps_its_inputs(void **state)
{
    esp_tls_diagnosis_t d = {.record = RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 4),
                             .evidence = {.names = "a.example"}};

    (void)state;
    d.record = complete(d.record);
    esp_tls_diagnose(&d.record, &d.evidence, &d);
    assert_int_equal(d.record.verify_flags, 4);
    assert_string_equal(d.evidence.names, "a.example");
    assert_int_equal(d.reasons[0], ESP_TLS_REASON_NAME_MISMATCH);
}

static void test_lead_reason_goes_first_once(void **state)
{
    esp_tls_record_t record = RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 5);
    esp_tls_evidence_t evidence = {.now = 1800000000, .chain_count = 1};
    esp_tls_diagnosis_t d;

    (void)state;
    record = complete(record);
    esp_tls_diagnose(&record, &evidence, &d);
    esp_tls_diagnosis_lead(&d, ESP_TLS_REASON_NAME_MISMATCH);
    assert_int_equal(d.reasons[0], ESP_TLS_REASON_NAME_MISMATCH);
    assert_int_equal(d.reasons[1], ESP_TLS_REASON_CERT_EXPIRED);
    assert_int_equal(d.reason_count, 2);
}

/* --- in words --------------------------------------------------------------------------------- */

#ifdef CONFIG_ESP_TLS_DIAGNOSIS_TEXT
static void test_text_of_large_record_names_both_sizes_and_the_symbol(void **state)
{
    esp_tls_record_t record =
        RECORD(PHASE(HANDSHAKE), CAUSE(STACK), .stack_code = 0x7200, .record_len = 16408,
               .record_limit = 4096, .esp_code = 0x801A, .address = "192.0.2.1", .port = 443);
    esp_tls_evidence_t evidence = {.host = "example.org"};
    esp_tls_diagnosis_t d;
    char text[2048];

    (void)state;
    record = complete(record);
    esp_tls_diagnose(&record, &evidence, &d);
    assert_true(esp_tls_diagnosis_text(&d, text, sizeof(text)) < sizeof(text));
    assert_non_null(strstr(text, "example.org (192.0.2.1 port 443)"));
    assert_non_null(strstr(text, "a record of 16408 bytes, and the input buffer takes 4096"));
    assert_non_null(strstr(text, "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN to 16384"));
    assert_non_null(strstr(text, "MBEDTLS_ERR_SSL_INVALID_RECORD -0x7200"));
    assert_null(strchr(text, '{'));
}

static void test_every_sentence_has_only_known_words(void **state)
{
    esp_tls_diagnosis_t d = {.record = RECORD(PHASE(HANDSHAKE), CAUSE(STACK))};
    char text[1024];

    (void)state;
    for (int r = 1; r < ESP_TLS_REASON_COUNT; r++) {
        const esp_tls_diagnosis_t *both[] = {NULL, &d};

        for (size_t i = 0; i < 2; i++) {
            size_t len = esp_tls_reason_sentence(both[i], (esp_tls_reason_t)r, text, sizeof(text));

            assert_true(len > 0 && len < sizeof(text));
            if (strpbrk(text, "{}") != NULL) {
                fail_msg("%s: %s", esp_tls_reason_name((esp_tls_reason_t)r), text);
            }
        }
    }
    for (int r = 1; r < ESP_TLS_REMEDY_COUNT; r++) {
        assert_true(esp_tls_remedy_sentence(&d, (esp_tls_remedy_t)r, text, sizeof(text)) > 0);
        assert_null(strpbrk(text, "{}"));
    }
    assert_int_equal(esp_tls_reason_sentence(NULL, ESP_TLS_REASON_COUNT, text, sizeof(text)), 0);
    assert_int_equal(esp_tls_remedy_sentence(NULL, ESP_TLS_REMEDY_COUNT, text, sizeof(text)), 0);
}
#else
static void test_text_without_sentences_names_the_reasons(void **state)
{
    esp_tls_record_t record = RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 5);
    esp_tls_evidence_t evidence = {.now = 1800000000, .chain_count = 1};
    esp_tls_diagnosis_t d;
    char text[128];

    (void)state;
    record = complete(record);
    esp_tls_diagnose(&record, &evidence, &d);
    (void)esp_tls_diagnosis_text(&d, text, sizeof(text));
    assert_string_equal(text, "CERT_EXPIRED NAME_MISMATCH");
    assert_int_equal(esp_tls_diagnosis_sentence(&d, text, sizeof(text)), 0);
    assert_string_equal(text, "");
}
#endif

static void test_text_is_cut_where_the_memory_ends(void **state)
{
    esp_tls_record_t record = RECORD(PHASE(CONFIG), CAUSE(NO_TRUST), .esp_code = 0x8017);
    esp_tls_diagnosis_t d;
    char whole[2048];
    char part[2048];
    size_t len;

    (void)state;
    record = complete(record);
    esp_tls_diagnose(&record, NULL, &d);
    len = esp_tls_diagnosis_text(&d, whole, sizeof(whole));
    assert_int_equal(len, strlen(whole));
    assert_int_equal(esp_tls_diagnosis_text(&d, NULL, 0), len);
    for (size_t cap = 1; cap <= len + 1; cap++) {
        memset(part, 'x', sizeof(part));
        assert_int_equal(esp_tls_diagnosis_text(&d, part, cap), len);
        assert_int_equal(strlen(part), cap - 1);
        assert_memory_equal(part, whole, cap - 1);
        assert_int_equal(part[cap], 'x');
    }
}

static void test_every_reason_has_a_class_and_a_name(void **state)
{
    (void)state;
    for (int r = 1; r < ESP_TLS_REASON_COUNT; r++) {
        esp_tls_class_t kind = esp_tls_reason_class((esp_tls_reason_t)r);

        assert_true(kind > ESP_TLS_CLASS_NONE && kind <= ESP_TLS_CLASS_INTERNAL);
        assert_string_not_equal(esp_tls_class_name(kind), "?");
        assert_string_not_equal(esp_tls_reason_name((esp_tls_reason_t)r), "?");
        assert_true(r == ESP_TLS_REASON_CANCELLED ||
                    esp_tls_reason_remedy((esp_tls_reason_t)r, 0) != ESP_TLS_REMEDY_NONE);
    }
    assert_string_equal(esp_tls_reason_name(ESP_TLS_REASON_COUNT), "?");
    assert_string_equal(esp_tls_class_name((esp_tls_class_t)99), "?");
}

static void test_json_escapes_what_a_peer_sent(void **state)
{
    esp_tls_record_t record = RECORD(PHASE(HANDSHAKE), CAUSE(VERIFY), .verify_flags = 4,
                                     .stack_code = 0x2700, .esp_code = 0x801A);
    esp_tls_evidence_t evidence = {.chain_count = 1, .names = "a\"b\\c", .host = "h"};
    esp_tls_diagnosis_t d;
    char text[4096];

    (void)state;
    record = complete(record);
    esp_tls_diagnose(&record, &evidence, &d);
    assert_true(esp_tls_diagnosis_json(&d, text, sizeof(text)) < sizeof(text));
    assert_non_null(strstr(text, "\"names\":\"a\\\"b\\\\c\""));
    assert_non_null(strstr(text, "\"class\":\"certificate\""));
    assert_non_null(strstr(text, "\"name\":\"NAME_MISMATCH\""));
    assert_int_equal(text[0], '{');
    assert_int_equal(text[strlen(text) - 1], '}');
}

/* --- its tools -------------------------------------------------------------------------------- */

static void test_numbers_at_their_ends(void **state)
{
    char text[64];
    struct out out;

    (void)state;
    et_out_init(&out, text, sizeof(text));
    et_out_signed(&out, INT64_MIN);
    et_out_char(&out, ' ');
    et_out_number(&out, UINT64_MAX);
    et_out_char(&out, ' ');
    et_out_code(&out, UINT32_MAX);
    et_out_hex(&out, 0x0A);
    assert_string_equal(text, "-9223372036854775808 18446744073709551615 0xFFFFFFFF0a");
}

static void test_clipped_text_says_that_it_goes_on(void **state)
{
    char to[8];

    (void)state;
    et_clip_text(to, sizeof(to), "1234567", 7);
    assert_string_equal(to, "1234567");
    et_clip_text(to, sizeof(to), "12345678", 8);
    assert_string_equal(to, "1234...");
    et_clip_text(to, sizeof(to), "a\nb\x7F", 4);
    assert_string_equal(to, "a?b?");
    et_clip_text(to, sizeof(to), "123\xC3\xA4xyz", 8); /* not in the middle of a character */
    assert_string_equal(to, "123...");
}

static void test_clipped_list_says_that_there_are_more(void **state)
{
    char to[24] = "";

    (void)state;
    et_clip_item(to, sizeof(to), "a.example", 9);
    assert_string_equal(to, "a.example");
    et_clip_item(to, sizeof(to), "b.ex", 4);
    assert_string_equal(to, "a.example, b.ex");
    et_clip_item(to, sizeof(to), "c.example", 9);
    assert_string_equal(to, "a.example, b.ex, ...");
    et_clip_item(to, sizeof(to), "d", 1);
    assert_string_equal(to, "a.example, b.ex, ...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diagnose_each_evidence_names_its_reason),
        cmocka_unit_test(test_diagnose_without_evidence_still_knows_the_codes),
        cmocka_unit_test(test_diagnose_in_place_keeps_its_inputs),
        cmocka_unit_test(test_lead_reason_goes_first_once),
#ifdef CONFIG_ESP_TLS_DIAGNOSIS_TEXT
        cmocka_unit_test(test_text_of_large_record_names_both_sizes_and_the_symbol),
        cmocka_unit_test(test_every_sentence_has_only_known_words),
#else
        cmocka_unit_test(test_text_without_sentences_names_the_reasons),
#endif
        cmocka_unit_test(test_text_is_cut_where_the_memory_ends),
        cmocka_unit_test(test_every_reason_has_a_class_and_a_name),
        cmocka_unit_test(test_json_escapes_what_a_peer_sent),
        cmocka_unit_test(test_numbers_at_their_ends),
        cmocka_unit_test(test_clipped_text_says_that_it_goes_on),
        cmocka_unit_test(test_clipped_list_says_that_there_are_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
