#include "pem.h"

#include <string.h>

#include "der.h"

#define BEGIN  "-----BEGIN "
#define END    "-----END "
#define DASHES "-----"

/* --- text ------------------------------------------------------------------------------------- */

size_t et_pem_find(const uint8_t *text, size_t len, size_t at, const char *what)
{
    size_t n = strlen(what);

    while (n <= len && at <= len - n) {
        const uint8_t *hit = memchr(text + at, what[0], len - at - n + 1);

        if (hit == NULL) {
            return PEM_NONE;
        }
        at = (size_t)(hit - text);
        if (memcmp(hit, what, n) == 0) {
            return at;
        }
        at++;
    }
    return PEM_NONE;
}

static bool starts_with(esp_tls_bytes_t text, const char *what)
{
    size_t n = strlen(what);

    return text.len >= n && memcmp(text.ptr, what, n) == 0;
}

/** Cut off up to and with the end of the line. @return the line */
static esp_tls_bytes_t take_line(esp_tls_bytes_t *text)
{
    const uint8_t *lf = memchr(text->ptr, '\n', text->len);
    size_t n = lf != NULL ? (size_t)(lf - text->ptr) + 1 : text->len;
    esp_tls_bytes_t line = {text->ptr, n};

    text->ptr += n;
    text->len -= n;
    while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r')) {
        line.len--;
    }
    return line;
}

void et_pem_headers(esp_tls_bytes_t *body, bool *is_encrypted, esp_tls_bytes_t *cipher)
{
    esp_tls_bytes_t rest = *body;

    *is_encrypted = false;
    *cipher = (esp_tls_bytes_t){NULL, 0};
    while (rest.len > 0) {
        esp_tls_bytes_t line = take_line(&rest);

        if (line.len > 0 && memchr(line.ptr, ':', line.len) == NULL) {
            return;
        }
        if (starts_with(line, "Proc-Type: 4,ENCRYPTED")) {
            *is_encrypted = true;
        } else if (starts_with(line, "DEK-Info: ")) {
            const uint8_t *comma = memchr(line.ptr, ',', line.len);

            cipher->ptr = line.ptr + 10;
            cipher->len = comma != NULL ? (size_t)(comma - line.ptr) - 10 : line.len - 10;
        }
        *body = rest;
        if (line.len == 0) {
            return;
        }
    }
}

/* --- base64 ----------------------------------------------------------------------------------- */

static bool is_digit(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

/** Why is this character out of place? */
static esp_tls_input_reason_t why_not(const uint8_t *text, size_t size, size_t at)
{
    esp_tls_bytes_t rest = {text + at, size - at};

    switch (text[at]) {
    case '\r':
        return ESP_TLS_INPUT_LONE_CR;
    case ' ':
    case '\t':
        return ESP_TLS_INPUT_SPACES;
    case '\\':
        return starts_with(rest, "\\n") || starts_with(rest, "\\r") ? ESP_TLS_INPUT_BACKSLASH_N
                                                                    : ESP_TLS_INPUT_BAD_CHARACTER;
    case '-':
        return starts_with(rest, BEGIN) ? ESP_TLS_INPUT_NO_END : ESP_TLS_INPUT_BAD_CHARACTER;
    default:
        return ESP_TLS_INPUT_BAD_CHARACTER;
    }
}

esp_tls_input_reason_t et_pem_check(const uint8_t *text, size_t size, size_t *len, size_t *at)
{
    size_t digits = 0;
    size_t fills = 0;
    size_t last = 0; /* behind the last character that counts */

    for (size_t i = 0; i < size; i++) {
        size_t blank = i;

        while (i < size && text[i] == ' ') {
            i++;
        }
        if (i == size) {
            break;
        }
        if (text[i] == '\n' || (text[i] == '\r' && i + 1 < size && text[i + 1] == '\n')) {
            continue;
        }
        *at = blank;
        if (blank < i) {
            return ESP_TLS_INPUT_SPACES;
        }
        if (text[i] == '=' ? ++fills > 2 : fills != 0 || !is_digit(text[i])) {
            return text[i] != '=' && is_digit(text[i]) ? ESP_TLS_INPUT_BAD_CHARACTER
                                                       : why_not(text, size, i);
        }
        digits += text[i] != '=';
        last = i + 1;
    }
    *at = last > 0 ? last - 1 : 0;
    if (digits == 0) {
        return fills == 0 ? ESP_TLS_INPUT_EMPTY_BLOCK : ESP_TLS_INPUT_BASE64_CUT;
    }
    if (digits % 4 == 1 || (digits + fills) % 4 != 0) {
        return ESP_TLS_INPUT_BASE64_CUT;
    }
    *len = (digits + fills) / 4 * 3 - fills;
    return ESP_TLS_INPUT_OK;
}

/* --- blocks ----------------------------------------------------------------------------------- */

bool et_pem_label(const uint8_t *text, size_t len, size_t at, esp_tls_bytes_t *label)
{
    size_t end = et_pem_find(text, len, at, DASHES);

    if (end == PEM_NONE || end - at > 64 || memchr(text + at, '\n', end - at) != NULL) {
        *label = (esp_tls_bytes_t){text + at, 0};
        return false;
    }
    *label = (esp_tls_bytes_t){text + at, end - at};
    return true;
}

/** The END line of this label, not behind another BEGIN. */
static size_t find_end(const uint8_t *text, size_t len, size_t at, esp_tls_bytes_t label)
{
    size_t begin = et_pem_find(text, len, at, BEGIN);

    for (;;) {
        esp_tls_bytes_t other;

        at = et_pem_find(text, len, at, END);
        if (at == PEM_NONE || (begin != PEM_NONE && begin < at)) {
            return PEM_NONE;
        }
        if (et_pem_label(text, len, at + strlen(END), &other) && other.len == label.len &&
            memcmp(other.ptr, label.ptr, label.len) == 0) {
            return at;
        }
        at++;
    }
}

bool esp_tls_pem_next(const void *text, size_t len, size_t *at, esp_tls_pem_block_t *block)
{
    const uint8_t *p = text;
    const uint8_t *nul = p != NULL ? memchr(p, '\0', len) : NULL;
    esp_tls_bytes_t cipher;
    size_t line_from = 0;

    len = nul != NULL ? (size_t)(nul - p) : len;
    while (p != NULL) {
        size_t begin = et_pem_find(p, len, *at, BEGIN);
        size_t body;
        size_t end;

        if (begin == PEM_NONE) {
            return false;
        }
        *at = begin + 1;
        if (!et_pem_label(p, len, begin + strlen(BEGIN), &block->label)) {
            continue;
        }
        body = begin + strlen(BEGIN) + block->label.len + strlen(DASHES);
        end = find_end(p, len, body, block->label);
        if (end == PEM_NONE) {
            continue;
        }
        *at = end + strlen(END) + block->label.len + strlen(DASHES);
        block->offset = begin;
        block->line = 1;
        while ((line_from = et_pem_find(p, begin, line_from, "\n")) != PEM_NONE) {
            block->line++;
            line_from++;
        }
        block->body = (esp_tls_bytes_t){p + body, end - body};
        (void)take_line(&block->body);
        et_pem_headers(&block->body, &block->is_encrypted, &cipher);
        return true;
    }
    return false;
}

bool esp_tls_pem_is(const esp_tls_pem_block_t *block, const char *label)
{
    size_t n = strlen(label);

    return block->label.len == n && memcmp(block->label.ptr, label, n) == 0;
}

esp_err_t esp_tls_pem_decode(const esp_tls_pem_block_t *block, uint8_t *out, size_t cap,
                             size_t *len)
{
    struct der_source src;
    size_t at;

    if (block == NULL || block->body.ptr == NULL || out == NULL || len == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (et_pem_check(block->body.ptr, block->body.len, len, &at) != ESP_TLS_INPUT_OK) {
        *len = 0;
        return ESP_FAIL;
    }
    if (*len > cap) {
        return ESP_ERR_INVALID_SIZE;
    }
    et_der_source_base64(&src, block->body.ptr, block->body.len, *len);
    (void)et_der_copy(&src, 0, *len, out, cap);
    return ESP_OK;
}
