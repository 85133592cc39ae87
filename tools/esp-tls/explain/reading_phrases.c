/* What logs say in words: ESP-IDF's components, the certificate check, and the C library's texts
 * for errno, which differ between newlib and glibc. */
#define _GNU_SOURCE /* memmem */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "reading.h"

enum meaning {
    REASON,
    CODE,
    FLAG
};

static const struct {
    const char *words; /* lower case */
    enum meaning meaning;
    int value;
} phrases[] = {
    {"no server verification option", REASON, ESP_TLS_REASON_NO_TRUST_OPTION},
    {"no authentication method is setup", REASON, ESP_TLS_REASON_NO_TRUST_OPTION}, /* BearSSL */
    {"got no ca chain", REASON, ESP_TLS_REASON_NO_TRUST_OPTION},
    {"bad certificate (usage extensions)", REASON, ESP_TLS_REASON_WRONG_USAGE},
    {"sec-websocket-accept not found", REASON, ESP_TLS_REASON_WS_REFUSED},
    {"memory allocation failed", REASON, ESP_TLS_REASON_NO_MEMORY}, /* of mbedtls_strerror() */
    {"dns failed for", REASON, ESP_TLS_REASON_DNS_FAILED},          /* Arduino */
    {"failed to verify peer certificate", CODE, 0x2700},
    {"no matching trusted root certificate", REASON, ESP_TLS_REASON_ROOT_NOT_TRUSTED},
    {"select() timeout", REASON, ESP_TLS_REASON_CONNECT_TIMEOUT},
    {"failed to open new connection in specified timeout", REASON, ESP_TLS_REASON_CONNECT_TIMEOUT},
    {"got no private key", REASON, ESP_TLS_REASON_KEY_MISSING},
    {"dynamic impl: alloc", REASON, ESP_TLS_REASON_NO_MEMORY},
    {"memory exhausted", REASON, ESP_TLS_REASON_NO_MEMORY},
    {"out of memory", REASON, ESP_TLS_REASON_NO_MEMORY},
    {"alloc failed", REASON, ESP_TLS_REASON_NO_MEMORY},
    {"malloc failed", REASON, ESP_TLS_REASON_NO_MEMORY},
    {"requesting more data than fits", REASON, ESP_TLS_REASON_RECORD_TOO_LARGE},
    {"bad message length", REASON, ESP_TLS_REASON_RECORD_TOO_LARGE},
    /* of mbedtls_strerror() */
    {"ssl - an invalid ssl record was received", CODE, 0x7200},
    {"ssl - a fatal alert message was received", CODE, 0x7780},
    {"ssl - the connection indicated an eof", CODE, 0x7280},
    {"ssl - the peer notified us that the connection is going to be closed", CODE, 0x7880},
    {"ssl - the operation timed out", CODE, 0x6800},
    {"x509 - certificate verification failed", CODE, 0x2700},
    {"net - failed to open a socket", CODE, 0x42},
    {"net - the connection to the given server / port failed", CODE, 0x44},
    {"net - reading information from the socket failed", CODE, 0x4C},
    {"net - sending information through the socket failed", CODE, 0x4E},
    {"net - connection was reset by peer", CODE, 0x50},
    {"net - failed to get an ip address", CODE, 0x52},
    {"certificate not trusted", FLAG, 0x08},
    {"not correctly signed by the trusted ca", FLAG, 0x08},
    {"does not match with the expected cn", FLAG, 0x04},
    {"certificate validity has expired", FLAG, 0x01},
    {"certificate validity starts in the future", FLAG, 0x0200},
    {"certificate has been revoked", FLAG, 0x02},
    {"certificate was missing", FLAG, 0x40},
    {"does not match the keyusage", FLAG, 0x0800},
    {"does not match the extendedkeyusage", FLAG, 0x1000},
    {"certificate is signed with an unacceptable hash", FLAG, 0x4000},
    {"certificate is signed with an unacceptable pk", FLAG, 0x8000},
    {"certificate is signed with an unacceptable key", FLAG, 0x010000},
};

static const struct {
    const char *words;
    const char *name;
} errnos[] = {
    {"host is unreachable", "EHOSTUNREACH"},
    {"no route to host", "EHOSTUNREACH"},
    {"network is unreachable", "ENETUNREACH"},
    {"connection refused", "ECONNREFUSED"},
    {"connection reset by peer", "ECONNRESET"},
    {"software caused connection abort", "ECONNABORTED"},
    {"socket is not connected", "ENOTCONN"},
    {"endpoint is not connected", "ENOTCONN"},
    {"connection timed out", "ETIMEDOUT"},
    {"host is down", "EHOSTDOWN"},
    {"network interface is not configured", "ENETDOWN"},
    {"network is down", "ENETDOWN"},
    {"connection already in progress", "EINPROGRESS"},
    {"operation now in progress", "EINPROGRESS"},
    {"resource temporarily unavailable", "EAGAIN"},
    {"no more processes", "EAGAIN"},
    {"not enough space", "ENOMEM"},
    {"cannot allocate memory", "ENOMEM"},
    {"no buffer space available", "ENOBUFS"},
    {"too many open files in system", "ENFILE"},
    {"too many open files", "EMFILE"},
    {"bad file number", "EBADF"},
    {"bad file descriptor", "EBADF"},
    {"broken pipe", "EPIPE"},
    {"address already in use", "EADDRINUSE"},
    {"assign requested address", "EADDRNOTAVAIL"},
    {"address not available", "EADDRNOTAVAIL"},
    {"address family not supported", "EAFNOSUPPORT"},
};

/* TCP was not opened, and nobody says why: Arduino. */
static const char *const unopened[] = {"connect to server failed"};

static const uint8_t unopened_reasons[] = {ESP_TLS_REASON_TCP_REFUSED, ESP_TLS_REASON_TCP_NO_ANSWER,
                                           ESP_TLS_REASON_TCP_UNREACHABLE};

static const char *const last_words[] = {
    "failed to open new connection", "failed to open a new connection",
    "error transport connect",       "connection failed, sock < 0",
    "start_ssl_client: -",           "oserror",
};

/* The socket is gone, and what is done with it fails; "connection refused" is what Arduino's HTTP
 * client calls every failed connect. */
static const char *const follow_ups[] = {
    "fd -1,",
    "fd=-1,",
    "socket -1,",
    "error(-1): connection refused",
    "failed, error: connection refused",
};

static const char *const summaries[] = {"last ", "captured"};

/* The beginning of a line in lower case; no phrase stands further on. */
struct lowered {
    const struct spot *line;
    size_t len;
    char text[1024];
};

static void lower(struct lowered *to, const struct spot *line)
{
    to->line = line;
    to->len = line->len < sizeof(to->text) ? line->len : sizeof(to->text);
    for (size_t i = 0; i < to->len; i++) {
        to->text[i] = (char)tolower((unsigned char)line->text[i]);
    }
}

/** Find words in a line. @return where they stand in it, or NULL */
static const char *find_phrases(const struct lowered *in, const char *words)
{
    const char *at = memmem(in->text, in->len, words, strlen(words));

    return at != NULL ? in->line->text + (at - in->text) : NULL;
}

static bool has_any(const struct spot *line, const char *const *words, size_t count)
{
    struct lowered in;

    lower(&in, line);
    for (size_t i = 0; i < count; i++) {
        if (find_phrases(&in, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

#define HAS_ANY(line, words) has_any(line, words, sizeof(words) / sizeof((words)[0]))

bool gives_up(const struct spot *line)
{
    return HAS_ANY(line, last_words);
}

bool is_follow_up(const struct spot *line)
{
    return HAS_ANY(line, follow_ups);
}

bool is_summary(const struct spot *line)
{
    return HAS_ANY(line, summaries);
}

static void unopened_read(struct readings *r, const struct lowered *in)
{
    for (size_t i = 0; i < sizeof(unopened) / sizeof(unopened[0]); i++) {
        const char *at = find_phrases(in, unopened[i]);
        struct spot spot = {at, strlen(unopened[i]), in->line->line};

        if (at != NULL) {
            reading_place(r, &spot);
            for (size_t k = 0; k < sizeof(unopened_reasons); k++) {
                reading_reason(r, (esp_tls_reason_t)unopened_reasons[k], NULL);
            }
            (void)reading_done(r);
        }
    }
}

/** ESP-IDF: "couldn't get hostname for :https://test.example: getaddrinfo() returns 202". */
static void host_read(struct readings *r, const struct lowered *in)
{
    static const char words[] = "couldn't get hostname for :";
    const char *at = find_phrases(in, words);
    struct spot host;

    if (at == NULL) {
        return;
    }
    at += strlen(words);
    host = (struct spot){at, 0, in->line->line};
    while (at + host.len < in->line->text + in->line->len && at[host.len] != ' ') {
        host.len++;
    }
    if (memchr(at, '/', host.len) != NULL) {
        reading_place(r, &host);
        reading_reason(r, ESP_TLS_REASON_HOST_NOT_A_NAME, NULL);
        (void)reading_done(r);
    }
}

static void take_phrases(struct readings *r, const struct spot *spot, enum meaning meaning,
                         int value)
{
    reading_place(r, spot);
    if (meaning == REASON) {
        reading_reason(r, (esp_tls_reason_t)value, NULL);
    } else {
        (void)reading_code(r, meaning == CODE ? ESP_TLS_CODE_STACK : ESP_TLS_CODE_VERIFY, value,
                           NULL);
    }
    (void)reading_done(r);
}

void phrases_read(struct readings *r, const struct spot *line)
{
    struct lowered in;

    lower(&in, line);
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        const char *at = find_phrases(&in, phrases[i].words);

        if (at != NULL) {
            struct spot spot = {at, strlen(phrases[i].words), line->line};

            take_phrases(r, &spot, phrases[i].meaning, phrases[i].value);
        }
    }
    unopened_read(r, &in);
    host_read(r, &in);
    for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
        const char *at = find_phrases(&in, errnos[i].words);

        if (at != NULL) {
            struct spot spot = {at, strlen(errnos[i].words), line->line};

            reading_place(r, &spot);
            (void)name_read(r, errnos[i].name, strlen(errnos[i].name), STRICT);
            (void)reading_done(r);
            return;
        }
    }
}
