/* Why an input cannot be parsed. The buffer is taken apart in the order in which Mbed TLS does it:
 * PEM when there is a NUL at its end and a BEGIN line in it, otherwise DER. */
#include <string.h>

#include "pem.h"
#include "plat_heap.h"
#include "walk.h"

struct exam {
    const uint8_t *buf;
    size_t len;
    esp_tls_input_t as;
    esp_tls_input_problem_t *problem;
};

/* --- the first problem ------------------------------------------------------------------------ */

/** A place in the text as line and column. */
static void place(struct exam *e, size_t offset)
{
    esp_tls_input_problem_t *p = e->problem;

    p->offset = offset;
    if (!p->is_pem) {
        return;
    }
    p->line = 1;
    p->column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (e->buf[i] == '\n') {
            p->line++;
            p->column = 0;
        }
        p->column++;
    }
}

/** Something is wrong at an offset of the buffer. @return false: another came first */
static bool found_at(struct exam *e, esp_tls_input_reason_t reason, size_t offset)
{
    esp_tls_input_problem_t *p = e->problem;

    p->bad++;
    if (p->reason != ESP_TLS_INPUT_OK) {
        return false;
    }
    p->reason = reason;
    p->index = p->count > 0 ? p->count - 1 : 0;
    place(e, offset);
    return true;
}

/** What a walk noted. @param base  where its source begins in the buffer */
static void found_in_walk(struct exam *e, struct walk *w, size_t base)
{
    esp_tls_input_problem_t *p = e->problem;
    esp_tls_input_problem_t kept = *p;
    size_t offset;

    if (w->problem.reason == ESP_TLS_INPUT_OK) {
        return;
    }
    if (kept.reason != ESP_TLS_INPUT_OK) {
        p->bad++;
        return;
    }
    *p = w->problem;
    p->reason = ESP_TLS_INPUT_OK;
    p->is_pem = kept.is_pem;
    p->count = kept.count;
    p->bad = kept.bad;
    offset = w->problem.der_offset;
    if (offset >= w->src->len) { /* the damage is behind the end of the buffer */
        offset = w->src->len > 0 ? w->src->len - 1 : 0;
    }
    (void)found_at(e, w->problem.reason, base + et_der_text_offset(w->src, offset));
}

/** The buffer holds something else. */
static void wrong_kind(struct exam *e, esp_tls_input_reason_t reason, size_t offset,
                       enum der_kind kind)
{
    const char *name = et_der_kind_name(kind);

    if (found_at(e, reason, offset)) {
        e->problem->found = (esp_tls_bytes_t){(const uint8_t *)name, strlen(name)};
    }
}

/* --- DER -------------------------------------------------------------------------------------- */

static bool is_key_kind(enum der_kind kind)
{
    return kind == DER_KIND_PKCS8 || kind == DER_KIND_PKCS8_ENCRYPTED || kind == DER_KIND_PKCS1 ||
           kind == DER_KIND_SEC1;
}

/** One certificate or key. @param format  of a key that PEM names
 *  @return bytes that it takes; 0: nothing can follow */
static size_t examine_der(struct exam *e, struct der_source *src, size_t base,
                          esp_tls_key_format_t format)
{
    enum der_kind kind = et_der_kind(src);
    struct der_span in = {0, src->len};
    union {
        esp_tls_certificate_t cert;
        esp_tls_private_key_t key;
    } read;
    struct walk w;

    et_walk_init(&w, src);
    e->problem->count++;
    if (e->as == ESP_TLS_INPUT_CERTIFICATES) {
        if (kind != DER_KIND_CERTIFICATE && kind != DER_KIND_NONE && kind != DER_KIND_OTHER) {
            wrong_kind(e, ESP_TLS_INPUT_WRONG_KIND, base, kind);
            return 0;
        }
        et_walk_certificate(&w, &in, &read.cert);
    } else {
        if (format == ESP_TLS_KEY_FORMAT_NONE && !is_key_kind(kind)) {
            wrong_kind(e, ESP_TLS_INPUT_WRONG_KIND, base, kind);
            return 0;
        }
        if (format != ESP_TLS_KEY_FORMAT_NONE && is_key_kind(kind) &&
            et_der_key_format(kind) != format) {
            wrong_kind(e, ESP_TLS_INPUT_ARMOR, base, kind);
            return 0;
        }
        et_walk_private_key(&w, &in, e->as == ESP_TLS_INPUT_KEY_PASSWORD, format, &read.key);
    }
    found_in_walk(e, &w, base);
    return in.at;
}

/** DER that ends where its first zero byte would be: its length came from strlen(). */
static void suspect_strlen(struct exam *e)
{
    esp_tls_input_problem_t *p = e->problem;

    if (p->reason == ESP_TLS_INPUT_TRUNCATED && p->index == 0 && e->len > 4 &&
        memchr(e->buf, '\0', e->len - 1) == NULL) {
        p->reason = ESP_TLS_INPUT_STRLEN_OF_DER;
    }
}

static void examine_certificates_der(struct exam *e)
{
    size_t at = 0;

    while (at < e->len && (e->buf[at] != 0 || at == 0)) { /* embedded files end in a NUL */
        struct der_source src;
        size_t n;

        et_der_source_raw(&src, e->buf + at, e->len - at);
        if (at > 0 && e->buf[at] != DER_SEQUENCE) {
            if (found_at(e, ESP_TLS_INPUT_TRAILING, at)) {
                e->problem->available = e->len - at;
                e->problem->der_offset = at;
            }
            break;
        }
        n = examine_der(e, &src, at, ESP_TLS_KEY_FORMAT_NONE);
        if (n == 0) {
            break;
        }
        at += n;
    }
    suspect_strlen(e);
}

static void examine_key_der(struct exam *e)
{
    struct der_source src;

    et_der_source_raw(&src, e->buf, e->len);
    (void)examine_der(e, &src, 0, ESP_TLS_KEY_FORMAT_NONE);
    suspect_strlen(e);
}

/* --- PEM -------------------------------------------------------------------------------------- */

/** A kind of PEM block that is looked for. */
struct wanted {
    const char *begin;
    const char *end;
    esp_tls_key_format_t format;
};

static const struct wanted certificate = {"-----BEGIN CERTIFICATE-----",
                                          "-----END CERTIFICATE-----", ESP_TLS_KEY_FORMAT_NONE};

/** In the order in which Mbed TLS tries them. */
static const struct wanted keys[] = {
    {"-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----", ESP_TLS_KEY_FORMAT_PKCS1},
    {"-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----", ESP_TLS_KEY_FORMAT_SEC1},
    {"-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", ESP_TLS_KEY_FORMAT_PKCS8},
    {"-----BEGIN ENCRYPTED PRIVATE KEY-----", "-----END ENCRYPTED PRIVATE KEY-----",
     ESP_TLS_KEY_FORMAT_PKCS8_ENCRYPTED},
};

/** No END line for the BEGIN at `begin`: is there one of something else before the next BEGIN? */
static void no_end(struct exam *e, size_t len, size_t begin)
{
    size_t next = et_pem_find(e->buf, len, begin + 1, "-----BEGIN ");
    size_t other = et_pem_find(e->buf, len, begin, "-----END ");

    if (other == PEM_NONE || (next != PEM_NONE && next < other)) {
        (void)found_at(e, ESP_TLS_INPUT_NO_END, begin);
        return;
    }
    if (found_at(e, ESP_TLS_INPUT_WRONG_END, other)) {
        (void)et_pem_label(e->buf, len, other + strlen("-----END "), &e->problem->found);
    }
}

/** The BEGIN line must be over behind its dashes. An END line follows, whose label is long enough
 *  for what is looked at here. @param at  moved to the next line */
static bool line_is_over(struct exam *e, size_t *at)
{
    const uint8_t *p = e->buf + *at;
    esp_tls_input_reason_t reason = ESP_TLS_INPUT_NO_LINES;

    p += *p == ' ';
    if (*p == '\r') {
        p++;
        reason = ESP_TLS_INPUT_LONE_CR;
    }
    if (*p == '\n') {
        *at = (size_t)(p - e->buf) + 1;
        return true;
    }
    if (*p == '\\' && (p[1] == 'n' || p[1] == 'r')) {
        reason = ESP_TLS_INPUT_BACKSLASH_N;
    }
    (void)found_at(e, reason, *at);
    return false;
}

/** A key that PEM itself encrypts. */
static void examine_encrypted(struct exam *e, size_t offset, esp_tls_bytes_t cipher,
                              esp_tls_key_format_t format)
{
    bool is_known = cipher.len == 11 && memcmp(cipher.ptr, "AES-", 4) == 0 &&
                    memcmp(cipher.ptr + 7, "-CBC", 4) == 0 && et_support_pem_encryption();
    bool is_own =
        /* Mbed TLS does the same */
        format == ESP_TLS_KEY_FORMAT_PKCS1 || format == ESP_TLS_KEY_FORMAT_SEC1;

    if (!is_known || !is_own) {
        if (found_at(e, ESP_TLS_INPUT_ENCRYPTION, offset)) {
            e->problem->found = cipher;
        }
    } else if (e->as != ESP_TLS_INPUT_KEY_PASSWORD) {
        (void)found_at(e, ESP_TLS_INPUT_NEEDS_PASSWORD, offset);
    }
}

static void examine_body(struct exam *e, size_t at, size_t end, const struct wanted *wanted)
{
    esp_tls_bytes_t body = {e->buf + at, end - at};
    esp_tls_input_reason_t reason;
    esp_tls_bytes_t cipher;
    struct der_source src;
    bool is_encrypted;
    size_t len = 0;
    size_t bad;

    if (wanted->format != ESP_TLS_KEY_FORMAT_NONE) {
        et_pem_headers(&body, &is_encrypted, &cipher);
        if (is_encrypted) {
            e->problem->count++;
            examine_encrypted(e, at, cipher, wanted->format);
            return;
        }
        body = (esp_tls_bytes_t){e->buf + at, end - at}; /* other headers are not taken */
    }
    reason = et_pem_check(body.ptr, body.len, &len, &bad);
    if (reason != ESP_TLS_INPUT_OK) {
        e->problem->count++;
        if (found_at(e, reason, at + bad) && bad < body.len) {
            e->problem->tag = body.ptr[bad];
        }
        return;
    }
    et_der_source_base64(&src, body.ptr, body.len, len);
    (void)examine_der(e, &src, at, wanted->format);
    plat_wipe(&src, sizeof(src));
}

/** One block of a wanted kind, from `at` on.
 *  @return false: there is none, or nothing can be read behind it */
static bool examine_block(struct exam *e, size_t len, size_t *at, const struct wanted *wanted)
{
    size_t begin = et_pem_find(e->buf, len, *at, wanted->begin);
    size_t end = et_pem_find(e->buf, len, *at, wanted->end);
    size_t body;

    if (begin == PEM_NONE) {
        return false;
    }
    if (end == PEM_NONE || end < begin) {
        e->problem->count++;
        if (end == PEM_NONE) {
            no_end(e, len, begin);
        } else {
            (void)found_at(e, ESP_TLS_INPUT_NO_BEGIN, end);
        }
        return false;
    }
    body = begin + strlen(wanted->begin);
    if (!line_is_over(e, &body)) {
        e->problem->count++;
        return false;
    }
    examine_body(e, body, end, wanted);
    *at = end + strlen(wanted->end);
    return true;
}

/** Where the first END line of a wanted kind is. */
static size_t wanted_end(const struct exam *e, size_t len)
{
    size_t found = PEM_NONE;

    if (e->as == ESP_TLS_INPUT_CERTIFICATES) {
        return et_pem_find(e->buf, len, 0, certificate.end);
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        size_t end = et_pem_find(e->buf, len, 0, keys[i].end);

        found = end < found ? end : found;
    }
    return found;
}

/** The last line that begins with a dash in front of an END line, unless it ends something itself.
 *  @return PEM_NONE: there is none */
static size_t damaged_begin(const struct exam *e, size_t end)
{
    size_t found = PEM_NONE;

    for (size_t at = 0; at < end; at++) {
        if (e->buf[at] == '-' && (at == 0 || e->buf[at - 1] == '\n')) {
            found = at;
        }
    }
    return found != PEM_NONE && et_pem_find(e->buf, end, found, "END ") == PEM_NONE ? found
                                                                                    : PEM_NONE;
}

/** No block of a wanted kind: what is there instead? */
static void nothing_wanted(struct exam *e, size_t len)
{
    size_t begin = et_pem_find(e->buf, len, 0, "-----BEGIN ");
    size_t end = wanted_end(e, len);

    if (end != PEM_NONE && damaged_begin(e, end) != PEM_NONE) {
        (void)found_at(e, ESP_TLS_INPUT_BAD_BEGIN, damaged_begin(e, end));
        return;
    }
    if (begin == PEM_NONE) {
        end = et_pem_find(e->buf, len, 0, "-----END ");
        (void)found_at(e, end != PEM_NONE ? ESP_TLS_INPUT_NO_BEGIN : ESP_TLS_INPUT_NO_FORMAT,
                       end != PEM_NONE ? end : 0);
        return;
    }
    if (found_at(e, ESP_TLS_INPUT_WRONG_KIND, begin)) {
        (void)et_pem_label(e->buf, len, begin + strlen("-----BEGIN "), &e->problem->found);
    }
}

static void examine_pem(struct exam *e)
{
    const uint8_t *nul = memchr(e->buf, '\0', e->len);
    size_t len = nul != NULL ? (size_t)(nul - e->buf) : e->len;
    size_t hidden = et_pem_find(e->buf, e->len, len, "-----BEGIN ");
    size_t at = 0;

    if (e->as == ESP_TLS_INPUT_CERTIFICATES) {
        while (examine_block(e, len, &at, &certificate)) {
        }
    } else {
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && e->problem->count == 0; i++) {
            (void)examine_block(e, len, &at, &keys[i]);
        }
    }
    if (hidden != PEM_NONE && e->as == ESP_TLS_INPUT_CERTIFICATES) {
        (void)found_at(e, ESP_TLS_INPUT_NUL_INSIDE, len);
    } else if (e->problem->count == 0) {
        nothing_wanted(e, len);
    }
}

/* --- which of them ---------------------------------------------------------------------------- */

static bool is_utf16(const struct exam *e)
{
    static const uint8_t dashes[] = {'-', 0, '-', 0, '-', 0, '-', 0};

    for (size_t i = 0; i + sizeof(dashes) <= e->len && i < 256; i++) {
        if (memcmp(e->buf + i, dashes, sizeof(dashes)) == 0) {
            return true;
        }
    }
    return false;
}

/** Text, all of it base64, that would begin with a SEQUENCE? */
static bool is_bare_base64(const struct exam *e)
{
    size_t len = e->len > 0 && e->buf[e->len - 1] == '\0' ? e->len - 1 : e->len;
    struct der_source src;
    size_t der;
    size_t at;

    if (et_pem_check(e->buf, len, &der, &at) != ESP_TLS_INPUT_OK) {
        return false;
    }
    et_der_source_base64(&src, e->buf, len, der);
    return et_der_byte(&src, 0) == DER_SEQUENCE;
}

static bool is_der(const struct exam *e)
{
    struct der_source src;
    enum der_kind kind;

    et_der_source_raw(&src, e->buf, e->len);
    kind = et_der_kind(&src);
    return kind != DER_KIND_NONE && kind != DER_KIND_OTHER;
}

/** Is there an armour's line in the first bytes? */
static bool has_armor(const struct exam *e, size_t len)
{
    return et_pem_find(e->buf, len, 0, "-----BEGIN ") != PEM_NONE ||
           et_pem_find(e->buf, len, 0, "-----END ") != PEM_NONE;
}

/** Such bytes may stand within a name or a key. Mbed TLS takes what ends in a NUL for text, and
 *  looks for the armour up to the first one. */
static bool is_armor_inside_der(const struct exam *e)
{
    const uint8_t *nul = memchr(e->buf, '\0', e->len);

    return is_der(e) && (e->buf[e->len - 1] != '\0' || !has_armor(e, (size_t)(nul - e->buf)));
}

static void examine(struct exam *e)
{
    bool has_dashes = has_armor(e, e->len) && !is_armor_inside_der(e);

    e->problem->is_pem = has_dashes;
    if (has_dashes && e->buf[e->len - 1] != '\0') {
        (void)found_at(e, ESP_TLS_INPUT_NO_NUL, e->len - 1);
    } else if (has_dashes) {
        examine_pem(e);
    } else if (e->buf[0] == DER_SEQUENCE) {
        if (e->as == ESP_TLS_INPUT_CERTIFICATES) {
            examine_certificates_der(e);
        } else {
            examine_key_der(e);
        }
    } else {
        (void)found_at(e,
                       is_utf16(e)         ? ESP_TLS_INPUT_UTF16
                       : is_bare_base64(e) ? ESP_TLS_INPUT_NO_ARMOR
                                           : ESP_TLS_INPUT_NO_FORMAT,
                       0);
    }
}

esp_err_t esp_tls_certificate_examine(const void *buf, size_t len, esp_tls_input_t as,
                                      esp_tls_input_problem_t *problem)
{
    struct exam e = {.buf = buf, .len = len, .as = as, .problem = problem};

    if (problem == NULL || (unsigned)as > ESP_TLS_INPUT_KEY_PASSWORD) {
        return ESP_ERR_INVALID_ARG;
    }
    memset(problem, 0, sizeof(*problem));
    if (buf == NULL || len == 0 || (len == 1 && *(const uint8_t *)buf == '\0')) {
        problem->reason = ESP_TLS_INPUT_EMPTY;
        return ESP_FAIL;
    }
    examine(&e);
    return problem->reason == ESP_TLS_INPUT_OK ? ESP_OK : ESP_FAIL;
}
