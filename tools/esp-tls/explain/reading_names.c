/* Names of codes and reasons, in whatever spelling. */
#include <ctype.h>
#include <string.h>

#include "reading.h"

#define KEY_MOST 80

/* Mbed TLS abbreviates alerts that RFC 8446 writes out. */
static const struct {
    const char *from;
    const char *to;
} written_out[] = {
    {"CERT", "CERTIFICATE"},   {"EXT", "EXTENSION"},      {"INAPROPRIATE", "INAPPROPRIATE"},
    {"EWOULDBLOCK", "EAGAIN"}, {"ENOTSUP", "EOPNOTSUPP"},
};

/* Prefixes that a name may have or not. "MBEDTLS_SSL_ALERT_MSG_" is none of any name here. */
static const char *const prefixes[] = {
    "MBEDTLS_SSL_ALERT_MSG_",
    "SSL_ALERT_MSG_",
    "ESP_TLS_REASON_",
    "SSL_AD_",
};

#define CODES_MOST 1024

const esp_tls_code_t *all_codes(size_t *count)
{
    static esp_tls_code_t codes[CODES_MOST];
    static size_t known;

    static bool is_done;

    while (!is_done && known < CODES_MOST && esp_tls_code_at(known, &codes[known])) {
        known++;
    }
    is_done = true;
    *count = known;
    return codes;
}

static void add_names(char *key, size_t *len, const char *word, size_t n)
{
    for (size_t i = 0; i < n && *len < KEY_MOST - 1; i++) {
        key[(*len)++] = word[i];
    }
    key[*len] = '\0';
}

static void add_word(char *key, size_t *len, const char *word, size_t n, bool in_full)
{
    for (size_t i = 0; in_full && i < sizeof(written_out) / sizeof(written_out[0]); i++) {
        if (strlen(written_out[i].from) == n && memcmp(written_out[i].from, word, n) == 0) {
            add_names(key, len, written_out[i].to, strlen(written_out[i].to));
            return;
        }
    }
    add_names(key, len, word, n);
}

/** Upper case, "_" between the words. @param in_full  abbreviations written out */
static void key_of(char key[KEY_MOST], const char *text, size_t text_len, bool in_full)
{
    char word[KEY_MOST];
    size_t n = 0;
    size_t len = 0;

    for (size_t i = 0; i <= text_len; i++) {
        unsigned char c = i < text_len ? (unsigned char)text[i] : 0;

        if (isalnum(c)) {
            if (n < sizeof(word)) {
                word[n++] = (char)toupper(c);
            }
        } else if (n > 0) {
            add_names(key, &len, "_", len > 0 ? 1 : 0);
            add_word(key, &len, word, n, in_full);
            n = 0;
        }
    }
    key[len] = '\0';
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t skip = strlen(prefixes[i]);

        if (strncmp(key, prefixes[i], skip) == 0) {
            memmove(key, key + skip, len - skip + 1);
            return;
        }
    }
}

enum likeness {
    UNLIKE,
    ENDS_IN,
    WHOLE
};

/** @param name  of a row: letters, digits and "_" */
static enum likeness likeness(const char *name, const char *key)
{
    size_t len = strlen(name);
    size_t end = strlen(key);

    if (end == 0 || end > len || toupper((unsigned char)name[len - 1]) != key[end - 1]) {
        return UNLIKE;
    }
    for (size_t i = 0; i < end; i++) {
        if (toupper((unsigned char)name[len - end + i]) != key[i]) {
            return UNLIKE;
        }
    }
    if (end == len) {
        return WHOLE;
    }
    return name[len - end - 1] == '_' ? ENDS_IN : UNLIKE;
}

static bool codes_like(struct readings *r, const char *key, enum likeness wanted, int domain)
{
    size_t count;
    const esp_tls_code_t *codes = all_codes(&count);
    bool found = false;

    for (size_t i = 0; i < count; i++) {
        if ((domain < 0 || codes[i].domain == domain) && likeness(codes[i].name, key) == wanted) {
            reading_row(r, &codes[i], codes[i].value, NULL);
            found = true;
        }
    }
    return found;
}

static bool reason_like(struct readings *r, const char *key)
{
    for (int i = ESP_TLS_REASON_NONE + 1; i < ESP_TLS_REASON_COUNT; i++) {
        if (strcmp(esp_tls_reason_name((esp_tls_reason_t)i), key) == 0) {
            reading_reason(r, (esp_tls_reason_t)i, NULL);
            return true;
        }
    }
    return false;
}

/** An alert's name is two words of plain English: in a log it counts only behind "alert". */
static bool is_strict_name(const char *text, size_t len)
{
    bool has_lower = false;

    for (size_t i = 0; i < len; i++) {
        has_lower |= islower((unsigned char)text[i]) != 0;
    }
    return !has_lower && len > 3;
}

bool name_read(struct readings *r, const char *text, size_t len, enum looseness loose)
{
    char key[KEY_MOST];

    if (loose == STRICT && !is_strict_name(text, len)) {
        return false;
    }
    key_of(key, text, len, false);
    if (codes_like(r, key, WHOLE, -1) || reason_like(r, key)) {
        return true;
    }
    if (loose == STRICT) {
        return false;
    }
    if ((loose == ALONE || strchr(key, '_') != NULL) && codes_like(r, key, ENDS_IN, -1)) {
        return true;
    }
    key_of(key, text, len, true);
    return codes_like(r, key, WHOLE, -1);
}

bool alert_read(struct readings *r, const char *text, size_t len)
{
    char key[KEY_MOST];

    key_of(key, text, len, true);
    return codes_like(r, key, WHOLE, ESP_TLS_CODE_ALERT);
}

size_t names_like(const char *word, const char **names, size_t cap)
{
    char key[KEY_MOST];
    char own[KEY_MOST];
    size_t count;
    const esp_tls_code_t *codes = all_codes(&count);
    size_t found = 0;

    key_of(key, word, strlen(word), false);
    for (size_t i = 0; i < count && strlen(key) > 2; i++) {
        key_of(own, codes[i].name, strlen(codes[i].name), false);
        if (strstr(own, key) != NULL) {
            if (found < cap) {
                names[found] = codes[i].name;
            }
            found++;
        }
    }
    return found;
}
