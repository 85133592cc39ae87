/* What logs say in words: ESP-IDF's components, the certificate check, and the C library's texts
 * for errno, which differ between newlib and glibc. */
#define _GNU_SOURCE /* memmem */
#include <ctype.h>
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
