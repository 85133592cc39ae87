#include "probe_names.h"

#include <stdio.h>

#define ECDHE_RSA   "CONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_RSA"
#define ECDHE_ECDSA "CONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA"
#define STATIC_RSA  "CONFIG_MBEDTLS_KEY_EXCHANGE_RSA"
#define CHACHA      "CONFIG_MBEDTLS_CHACHAPOLY_C"
#define CAMELLIA    "CONFIG_MBEDTLS_CAMELLIA_C"
#define ARIA        "CONFIG_MBEDTLS_ARIA_C"

#define PROBE_VERSION_1_3 0x0304

#define LEGACY_CBC (PROBE_IS_CBC | PROBE_IS_LEGACY)
#define RSA_CBC    (PROBE_IS_CBC | PROBE_IS_STATIC_RSA)

static const struct probe_point suites_1_3[] = {
    {0x1301, PROBE_BY_DEFAULT, 0, "TLS_AES_128_GCM_SHA256", "CONFIG_MBEDTLS_GCM_C"},
    {0x1302, PROBE_BY_DEFAULT, 0, "TLS_AES_256_GCM_SHA384", "CONFIG_MBEDTLS_GCM_C"},
    {0x1303, PROBE_BY_OPTION, 0, "TLS_CHACHA20_POLY1305_SHA256", CHACHA},
    {0x1304, PROBE_BY_DEFAULT, 0, "TLS_AES_128_CCM_SHA256", "CONFIG_MBEDTLS_CCM_C"},
    {0x1305, PROBE_BY_DEFAULT, 0, "TLS_AES_128_CCM_8_SHA256", "CONFIG_MBEDTLS_CCM_C"},
};

static const struct probe_point suites_1_2[] = {
    {0xC02B, PROBE_BY_DEFAULT, PROBE_IS_ECDSA, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
     ECDHE_ECDSA},
    {0xC02C, PROBE_BY_DEFAULT, PROBE_IS_ECDSA, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
     ECDHE_ECDSA},
    {0xC02F, PROBE_BY_DEFAULT, 0, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ECDHE_RSA},
    {0xC030, PROBE_BY_DEFAULT, 0, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", ECDHE_RSA},
    {0xC0AC, PROBE_BY_DEFAULT, PROBE_IS_ECDSA, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", ECDHE_ECDSA},
    {0xC0AD, PROBE_BY_DEFAULT, PROBE_IS_ECDSA, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM", ECDHE_ECDSA},
    {0xC0AE, PROBE_BY_DEFAULT, PROBE_IS_ECDSA, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", ECDHE_ECDSA},
    {0xC0AF, PROBE_BY_DEFAULT, PROBE_IS_ECDSA, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", ECDHE_ECDSA},
    {0xC023, PROBE_BY_DEFAULT, PROBE_IS_ECDSA | PROBE_IS_CBC,
     "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", ECDHE_ECDSA},
    {0xC024, PROBE_BY_DEFAULT, PROBE_IS_ECDSA | PROBE_IS_CBC,
     "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", ECDHE_ECDSA},
    {0xC009, PROBE_BY_DEFAULT, PROBE_IS_ECDSA | LEGACY_CBC, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
     ECDHE_ECDSA},
    {0xC00A, PROBE_BY_DEFAULT, PROBE_IS_ECDSA | LEGACY_CBC, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
     ECDHE_ECDSA},
    {0xC027, PROBE_BY_DEFAULT, PROBE_IS_CBC, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", ECDHE_RSA},
    {0xC028, PROBE_BY_DEFAULT, PROBE_IS_CBC, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", ECDHE_RSA},
    {0xC013, PROBE_BY_DEFAULT, LEGACY_CBC, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", ECDHE_RSA},
    {0xC014, PROBE_BY_DEFAULT, LEGACY_CBC, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", ECDHE_RSA},
    {0xCCA9, PROBE_BY_OPTION, PROBE_IS_ECDSA, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
     CHACHA},
    {0xCCA8, PROBE_BY_OPTION, 0, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", CHACHA},
    {0x009C, PROBE_BY_DEFAULT, PROBE_IS_STATIC_RSA, "TLS_RSA_WITH_AES_128_GCM_SHA256", STATIC_RSA},
    {0x009D, PROBE_BY_DEFAULT, PROBE_IS_STATIC_RSA, "TLS_RSA_WITH_AES_256_GCM_SHA384", STATIC_RSA},
    {0xC09C, PROBE_BY_DEFAULT, PROBE_IS_STATIC_RSA, "TLS_RSA_WITH_AES_128_CCM", STATIC_RSA},
    {0xC09D, PROBE_BY_DEFAULT, PROBE_IS_STATIC_RSA, "TLS_RSA_WITH_AES_256_CCM", STATIC_RSA},
    {0xC0A0, PROBE_BY_DEFAULT, PROBE_IS_STATIC_RSA, "TLS_RSA_WITH_AES_128_CCM_8", STATIC_RSA},
    {0xC0A1, PROBE_BY_DEFAULT, PROBE_IS_STATIC_RSA, "TLS_RSA_WITH_AES_256_CCM_8", STATIC_RSA},
    {0x003C, PROBE_BY_DEFAULT, RSA_CBC, "TLS_RSA_WITH_AES_128_CBC_SHA256", STATIC_RSA},
    {0x003D, PROBE_BY_DEFAULT, RSA_CBC, "TLS_RSA_WITH_AES_256_CBC_SHA256", STATIC_RSA},
    {0x002F, PROBE_BY_DEFAULT, RSA_CBC | PROBE_IS_LEGACY, "TLS_RSA_WITH_AES_128_CBC_SHA",
     STATIC_RSA},
    {0x0035, PROBE_BY_DEFAULT, RSA_CBC | PROBE_IS_LEGACY, "TLS_RSA_WITH_AES_256_CBC_SHA",
     STATIC_RSA},
    {0xC086, PROBE_BY_OPTION, PROBE_IS_ECDSA, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_GCM_SHA256",
     CAMELLIA},
    {0xC08A, PROBE_BY_OPTION, 0, "TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256", CAMELLIA},
    {0xC076, PROBE_BY_OPTION, PROBE_IS_CBC, "TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256", CAMELLIA},
    {0xC05C, PROBE_BY_OPTION, PROBE_IS_ECDSA, "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256", ARIA},
    {0xC060, PROBE_BY_OPTION, 0, "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256", ARIA},
    {0x009E, PROBE_NEVER, 0, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", NULL},
    {0x009F, PROBE_NEVER, 0, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", NULL},
    {0xCCAA, PROBE_NEVER, 0, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", NULL},
    {0x0067, PROBE_NEVER, PROBE_IS_CBC, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", NULL},
    {0x006B, PROBE_NEVER, PROBE_IS_CBC, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", NULL},
    {0x0033, PROBE_NEVER, LEGACY_CBC, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", NULL},
    {0x0039, PROBE_NEVER, LEGACY_CBC, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", NULL},
    {0xC012, PROBE_NEVER, LEGACY_CBC | PROBE_IS_WEAK, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", NULL},
    {0x000A, PROBE_NEVER, RSA_CBC | PROBE_IS_LEGACY | PROBE_IS_WEAK,
     "TLS_RSA_WITH_3DES_EDE_CBC_SHA", NULL},
    {0x0005, PROBE_NEVER, PROBE_IS_STATIC_RSA | PROBE_IS_LEGACY | PROBE_IS_WEAK,
     "TLS_RSA_WITH_RC4_128_SHA", NULL},
};

static const struct probe_point groups[] = {
    {29, PROBE_BY_DEFAULT, 0, "x25519", "CONFIG_MBEDTLS_ECP_DP_CURVE25519_ENABLED"},
    {23, PROBE_BY_DEFAULT, 0, "secp256r1", "CONFIG_MBEDTLS_ECP_DP_SECP256R1_ENABLED"},
    {24, PROBE_BY_DEFAULT, 0, "secp384r1", "CONFIG_MBEDTLS_ECP_DP_SECP384R1_ENABLED"},
    {25, PROBE_BY_DEFAULT, 0, "secp521r1", "CONFIG_MBEDTLS_ECP_DP_SECP521R1_ENABLED"},
    {26, PROBE_BY_DEFAULT, PROBE_IS_1_2_ONLY, "brainpoolP256r1",
     "CONFIG_MBEDTLS_ECP_DP_BP256R1_ENABLED"},
    {27, PROBE_BY_DEFAULT, PROBE_IS_1_2_ONLY, "brainpoolP384r1",
     "CONFIG_MBEDTLS_ECP_DP_BP384R1_ENABLED"},
    {28, PROBE_BY_DEFAULT, PROBE_IS_1_2_ONLY, "brainpoolP512r1",
     "CONFIG_MBEDTLS_ECP_DP_BP512R1_ENABLED"},
    {30, PROBE_NEVER, 0, "x448", NULL},
    {22, PROBE_NEVER, PROBE_IS_1_2_ONLY, "secp256k1", NULL},
    {31, PROBE_NEVER, PROBE_IS_1_3_ONLY, "brainpoolP256r1tls13", NULL},
    {32, PROBE_NEVER, PROBE_IS_1_3_ONLY, "brainpoolP384r1tls13", NULL},
    {33, PROBE_NEVER, PROBE_IS_1_3_ONLY, "brainpoolP512r1tls13", NULL},
    {256, PROBE_NEVER, PROBE_IS_1_3_ONLY, "ffdhe2048", NULL},
    {257, PROBE_NEVER, PROBE_IS_1_3_ONLY, "ffdhe3072", NULL},
    {4588, PROBE_NEVER, PROBE_IS_1_3_ONLY, "X25519MLKEM768", NULL},
};

#define PSS "CONFIG_MBEDTLS_X509_RSASSA_PSS_SUPPORT"

static const struct probe_point signatures[] = {
    {0x0403, PROBE_BY_DEFAULT, PROBE_IS_ECDSA, "ecdsa_secp256r1_sha256", "CONFIG_MBEDTLS_ECDSA_C"},
    {0x0503, PROBE_BY_DEFAULT, PROBE_IS_ECDSA, "ecdsa_secp384r1_sha384", "CONFIG_MBEDTLS_ECDSA_C"},
    {0x0603, PROBE_BY_DEFAULT, PROBE_IS_ECDSA, "ecdsa_secp521r1_sha512", "CONFIG_MBEDTLS_ECDSA_C"},
    {0x0804, PROBE_BY_DEFAULT, PROBE_IS_PSS, "rsa_pss_rsae_sha256", PSS},
    {0x0805, PROBE_BY_DEFAULT, PROBE_IS_PSS, "rsa_pss_rsae_sha384", PSS},
    {0x0806, PROBE_BY_DEFAULT, PROBE_IS_PSS, "rsa_pss_rsae_sha512", PSS},
    {0x0401, PROBE_BY_DEFAULT, PROBE_IS_1_2_ONLY, "rsa_pkcs1_sha256", "CONFIG_MBEDTLS_PKCS1_V15"},
    {0x0501, PROBE_BY_DEFAULT, PROBE_IS_1_2_ONLY, "rsa_pkcs1_sha384", "CONFIG_MBEDTLS_PKCS1_V15"},
    {0x0601, PROBE_BY_DEFAULT, PROBE_IS_1_2_ONLY, "rsa_pkcs1_sha512", "CONFIG_MBEDTLS_PKCS1_V15"},
    {0x0809, PROBE_NEVER, PROBE_IS_PSS, "rsa_pss_pss_sha256", NULL},
    {0x080A, PROBE_NEVER, PROBE_IS_PSS, "rsa_pss_pss_sha384", NULL},
    {0x080B, PROBE_NEVER, PROBE_IS_PSS, "rsa_pss_pss_sha512", NULL},
    {0x0807, PROBE_NEVER, 0, "ed25519", NULL},
    {0x0808, PROBE_NEVER, 0, "ed448", NULL},
    {0x0203, PROBE_NEVER, PROBE_IS_ECDSA | PROBE_IS_1_2_ONLY | PROBE_IS_WEAK, "ecdsa_sha1", NULL},
    {0x0201, PROBE_NEVER, PROBE_IS_1_2_ONLY | PROBE_IS_WEAK, "rsa_pkcs1_sha1", NULL},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct probe_point *probe_points(enum probe_kind kind, size_t *count)
{
    static const struct {
        const struct probe_point *at;
        size_t count;
    } kinds[PROBE_KINDS] = {
        [PROBE_SUITES_1_3] = {suites_1_3, COUNT(suites_1_3)},
        [PROBE_SUITES_1_2] = {suites_1_2, COUNT(suites_1_2)},
        [PROBE_GROUPS] = {groups, COUNT(groups)},
        [PROBE_SIGNATURES] = {signatures, COUNT(signatures)},
    };

    *count = kinds[kind].count;
    return kinds[kind].at;
}

const struct probe_point *probe_point(enum probe_kind kind, uint16_t id)
{
    size_t count;
    const struct probe_point *points = probe_points(kind, &count);

    for (size_t i = 0; i < count; i++) {
        if (points[i].id == id) {
            return &points[i];
        }
    }
    return NULL;
}

enum probe_support probe_support(const struct probe_point *point, uint16_t version)
{
    if (point == NULL || (version < PROBE_VERSION_1_3 && (point->about & PROBE_IS_PSS) != 0)) {
        return PROBE_NEVER;
    }
    return (enum probe_support)point->support;
}

const char *probe_point_name(enum probe_kind kind, uint16_t id, char text[8])
{
    const struct probe_point *point = probe_point(kind, id);

    if (point != NULL) {
        return point->name;
    }
    snprintf(text, 8, "0x%04X", id);
    return text;
}

const char *probe_version_name(uint16_t version)
{
    static const struct {
        uint16_t version;
        const char *name;
    } names[] = {{0x0300, "SSL 3.0"},
                 {0x0301, "TLS 1.0"},
                 {0x0302, "TLS 1.1"},
                 {0x0303, "TLS 1.2"},
                 {0x0304, "TLS 1.3"}};

    for (size_t i = 0; i < COUNT(names); i++) {
        if (names[i].version == version) {
            return names[i].name;
        }
    }
    return "?";
}

const char *probe_alert_name(int alert)
{
    static const struct {
        int alert;
        const char *name;
    } names[] = {
        {0, "close_notify"},
        {10, "unexpected_message"},
        {20, "bad_record_mac"},
        {22, "record_overflow"},
        {40, "handshake_failure"},
        {42, "bad_certificate"},
        {47, "illegal_parameter"},
        {50, "decode_error"},
        {51, "decrypt_error"},
        {70, "protocol_version"},
        {71, "insufficient_security"},
        {80, "internal_error"},
        {86, "inappropriate_fallback"},
        {90, "user_canceled"},
        {109, "missing_extension"},
        {110, "unsupported_extension"},
        {112, "unrecognized_name"},
        {116, "certificate_required"},
        {120, "no_application_protocol"},
    };

    for (size_t i = 0; i < COUNT(names); i++) {
        if (names[i].alert == alert) {
            return names[i].name;
        }
    }
    return "?";
}
