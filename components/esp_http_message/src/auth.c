/* Challenges and their answers. The value of a field is a list of challenges, each a scheme with
 * parameters that are separated by the same commas (RFC 9110 section 11.2): a token that "="
 * follows is a parameter, one that does not begins the next challenge. */
#include "esp_http_auth.h"

#include <string.h>

#include "esp_http_field.h"
#include "mbedtls/base64.h"
#include "mbedtls/md.h"
#include "plat_heap.h"
#include "plat_random.h"

#define HASH_MAX  32                 /* SHA-256 */
#define HEX_MAX   (2 * HASH_MAX + 1) /* with NUL */
#define CNONCE    16                 /* hex digits */
#define PARAM_MAX 2048               /* a parameter longer than this is refused */

enum qop {
    QOP_NONE, /* RFC 2069: the challenge has none */
    QOP_AUTH
};

/** One challenge, its texts in one block behind it. */
struct challenge {
    unsigned scheme; /* ESP_HTTP_AUTH_... */
    mbedtls_md_type_t md;
    bool is_session; /* -sess */
    bool is_stale;
    bool has_userhash;
    enum qop qop;
    const char *algorithm; /* as it is sent back; NULL: it was not named */
    const char *realm;
    const char *nonce;
    const char *opaque; /* NULL: none */
};

struct esp_http_auth {
    unsigned allowed;
    struct challenge *kept; /* NULL: none */
    uint32_t count;         /* nc: requests with this nonce */
};

/* --- texts of bounded length ------------------------------------------------------------------ */

/** Appends; counts what does not fit, so that a first pass with cap 0 measures. */
struct out {
    char *text;
    size_t cap;
    size_t len;
};

static void put_bytes(struct out *o, const char *text, size_t len)
{
    if (o->len + len <= o->cap) {
        memcpy(o->text + o->len, text, len);
    }
    o->len += len;
}

static void put_text(struct out *o, const char *text)
{
    put_bytes(o, text, strlen(text));
}

/** In quotes, with escapes (RFC 9110 section 5.6.4). */
static void put_quoted(struct out *o, const char *name, const char *text)
{
    put_text(o, name);
    put_text(o, "=\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            put_bytes(o, "\\", 1);
        }
        put_bytes(o, text, 1);
    }
    put_bytes(o, "\"", 1);
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reader {
    const char *at;
};

static void skip(struct reader *r, bool commas)
{
    while (*r->at == ' ' || *r->at == '\t' || (commas && *r->at == ',')) {
        r->at++;
    }
}

static bool is_token_char(char c)
{
    char text[2] = {c, '\0'};

    return c != '\0' && esp_http_is_token(text);
}

/** @return its length, 0: there is none; *token is where it begins */
static size_t read_token(struct reader *r, const char **token)
{
    *token = r->at;
    while (is_token_char(*r->at)) {
        r->at++;
    }
    return (size_t)(r->at - *token);
}

static bool text_is(const char *text, size_t len, const char *name)
{
    char copy[24];

    if (len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    return esp_http_name_equals(copy, name);
}

/** Outside of quotes servers write more than the tokens that are allowed there. */
static bool is_bare(char c)
{
    return c > 0x20 && c < 0x7F && c != ',' && c != '"';
}

/** A parameter's value, unquoted into `to`. @return false: it is none, or too long */
static bool read_value(struct reader *r, char *to, size_t cap)
{
    bool is_quoted = *r->at == '"';
    size_t n = 0;

    r->at += is_quoted;
    while (is_quoted ? *r->at != '"' : is_bare(*r->at)) {
        if (is_quoted && *r->at == '\\') {
            r->at++;
        }
        if (*r->at == '\0' || n + 1 >= cap) {
            return false;
        }
        to[n++] = *r->at++;
    }
    r->at += is_quoted;
    to[n] = '\0';
    return true;
}

/** What a challenge says, while it is read: buffers of the texts, in one block. */
struct draft {
    struct challenge c;
    bool is_usable;
    size_t used;
    char texts[PARAM_MAX];
    char value[PARAM_MAX / 2]; /* of the parameter at hand */
};

static const char *keep_value(struct draft *d, const char *value)
{
    size_t size = strlen(value) + 1;
    char *to = d->texts + d->used;

    if (size > sizeof(d->texts) - d->used) {
        d->is_usable = false;
        return NULL;
    }
    memcpy(to, value, size);
    d->used += size;
    return to;
}

static void set_algorithm(struct draft *d, const char *value)
{
    static const struct {
        const char *name;
        mbedtls_md_type_t md;
        bool is_session;
    } rows[] = {
        {"MD5", MBEDTLS_MD_MD5, false},
        {"MD5-sess", MBEDTLS_MD_MD5, true},
        {"SHA-256", MBEDTLS_MD_SHA256, false},
        {"SHA-256-sess", MBEDTLS_MD_SHA256, true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (esp_http_name_equals(value, rows[i].name)) {
            d->c.md = rows[i].md;
            d->c.is_session = rows[i].is_session;
            d->c.algorithm = rows[i].name;
            return;
        }
    }
    d->is_usable = false; /* RFC 7616 section 3.3: ignore a challenge that is not understood */
}

static void take_param(struct draft *d, const char *name, size_t len, const char *value)
{
    if (text_is(name, len, "realm")) {
        d->c.realm = keep_value(d, value);
    } else if (text_is(name, len, "nonce")) {
        d->c.nonce = keep_value(d, value);
    } else if (text_is(name, len, "opaque")) {
        d->c.opaque = keep_value(d, value);
    } else if (text_is(name, len, "algorithm")) {
        set_algorithm(d, value);
    } else if (text_is(name, len, "stale")) {
        d->c.is_stale = esp_http_name_equals(value, "true");
    } else if (text_is(name, len, "userhash")) {
        d->c.has_userhash = esp_http_name_equals(value, "true");
    } else if (text_is(name, len, "qop")) {
        d->c.qop = QOP_AUTH;
        d->is_usable = d->is_usable && esp_http_list_has(value, "auth"); /* auth-int alone: no */
    }
}

/** Basic is the weakest, SHA-256 the strongest. */
static int strength(const struct challenge *c)
{
    if (c == NULL || c->scheme == 0) {
        return 0;
    }
    return c->scheme == ESP_HTTP_AUTH_BASIC ? 1 : c->md == MBEDTLS_MD_MD5 ? 2 : 3;
}

/** Can this be answered? */
static bool is_answerable(const struct draft *d, unsigned allowed)
{
    if (!d->is_usable || (d->c.scheme & allowed) == 0) {
        return false;
    }
    if (d->c.scheme == ESP_HTTP_AUTH_BASIC) {
        return true;
    }
    return d->c.realm != NULL && d->c.nonce != NULL && d->c.nonce[0] != '\0' &&
           mbedtls_md_info_from_type(d->c.md) != NULL;
}

static const char *copy_text(char **to, const char *text)
{
    const char *copy = *to;
    size_t size;

    if (text == NULL) {
        return NULL;
    }
    size = strlen(text) + 1;
    memcpy(*to, text, size);
    *to += size;
    return copy;
}

static esp_err_t keep_challenge(esp_http_auth_t *auth, const struct draft *d)
{
    struct challenge *c = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*c) + d->used + 1);
    char *to;

    if (c == NULL) {
        return ESP_ERR_NO_MEM;
    }
    *c = d->c;
    to = (char *)(c + 1);
    c->realm = copy_text(&to, d->c.realm);
    c->nonce = copy_text(&to, d->c.nonce);
    c->opaque = copy_text(&to, d->c.opaque);
    plat_free_secret(auth->kept);
    auth->kept = c;
    auth->count = 0;
    return ESP_OK;
}

/** One challenge: scheme, then parameters up to the next scheme. @return false: it is none */
static bool read_challenge(struct reader *r, struct draft *d)
{
    const char *token;
    size_t len;

    d->c = (struct challenge){.md = MBEDTLS_MD_MD5};
    d->is_usable = true;
    d->used = 0;
    len = read_token(r, &token);
    if (len == 0) {
        return false;
    }
    d->c.scheme = text_is(token, len, "Basic")    ? ESP_HTTP_AUTH_BASIC
                  : text_is(token, len, "Digest") ? ESP_HTTP_AUTH_DIGEST
                                                  : 0;
    for (;;) {
        struct reader before;

        skip(r, true);
        before = *r;
        len = read_token(r, &token);
        skip(r, false);
        if (len == 0 || *r->at != '=') {
            *r = before; /* the next challenge, the end, or a token68, which no scheme here has */
            return len != 0 || *r->at == '\0';
        }
        r->at++;
        skip(r, false);
        if (!read_value(r, d->value, sizeof(d->value))) {
            return false;
        }
        take_param(d, token, len, d->value);
        skip(r, false);
        if (*r->at != '\0' && *r->at != ',') {
            return false;
        }
    }
}

esp_err_t esp_http_auth_challenge(esp_http_auth_t *auth, const char *value)
{
    struct reader r = {value};
    struct draft *d;
    esp_err_t err = ESP_ERR_NOT_SUPPORTED;

    if (auth == NULL || value == NULL || !esp_http_is_field_value(value)) {
        return ESP_ERR_INVALID_ARG;
    }
    d = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*d));
    if (d == NULL) {
        return ESP_ERR_NO_MEM;
    }
    skip(&r, true);
    if (*r.at == '\0') {
        err = ESP_ERR_INVALID_ARG;
    }
    while (*r.at != '\0' && err != ESP_ERR_NO_MEM) {
        const char *before = r.at;

        if (!read_challenge(&r, d) || r.at == before) {
            err = err == ESP_OK ? ESP_OK : ESP_ERR_INVALID_ARG;
            break;
        }
        if (is_answerable(d, auth->allowed)) {
            err = strength(&d->c) > strength(auth->kept) ? keep_challenge(auth, d) : ESP_OK;
        }
    }
    plat_free_secret(d);
    return err;
}

/* --- the object ------------------------------------------------------------------------------- */

esp_http_auth_t *esp_http_auth_new(unsigned allowed)
{
    esp_http_auth_t *auth = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*auth));

    if (auth != NULL) {
        auth->allowed = allowed;
    }
    return auth;
}

void esp_http_auth_clear(esp_http_auth_t *auth)
{
    if (auth != NULL) {
        plat_free_secret(auth->kept);
        auth->kept = NULL;
        auth->count = 0;
    }
}

void esp_http_auth_free(esp_http_auth_t *auth)
{
    esp_http_auth_clear(auth);
    plat_free(auth);
}

unsigned esp_http_auth_scheme(const esp_http_auth_t *auth)
{
    return auth != NULL && auth->kept != NULL ? auth->kept->scheme : 0;
}

bool esp_http_auth_is_stale(const esp_http_auth_t *auth)
{
    return auth != NULL && auth->kept != NULL && auth->kept->is_stale;
}

void esp_http_auth_free_value(char *value)
{
    plat_free_secret(value);
}

/* --- Basic ------------------------------------------------------------------------------------ */

static bool is_plain(const char *text)
{
    return text != NULL && esp_http_is_field_value(text);
}

esp_err_t esp_http_auth_basic(const char *user, const char *password, char **value)
{
    static const char scheme[] = "Basic ";
    size_t user_len;
    size_t len;
    size_t cap;
    size_t written;
    char *pair;

    /* RFC 7617 section 2: no colon in the user name, no control characters */
    if (value == NULL || !is_plain(user) || !is_plain(password) || strchr(user, ':') != NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    user_len = strlen(user);
    len = user_len + 1 + strlen(password);
    cap = (len + 2) / 3 * 4 + 1;
    pair = plat_alloc(NULL, PLAT_MEM_APPLICATION, len + 1);
    *value = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(scheme) - 1 + cap);
    if (pair == NULL || *value == NULL) {
        plat_free(pair);
        plat_free(*value);
        *value = NULL;
        return ESP_ERR_NO_MEM;
    }
    memcpy(pair, user, user_len);
    pair[user_len] = ':';
    memcpy(pair + user_len + 1, password, strlen(password));
    memcpy(*value, scheme, sizeof(scheme) - 1);
    (void)mbedtls_base64_encode((unsigned char *)*value + sizeof(scheme) - 1, cap, &written,
                                (const unsigned char *)pair, len); /* which fails without room */
    plat_free_secret(pair);
    return ESP_OK;
}

/* --- Digest ----------------------------------------------------------------------------------- */

static void to_hex(const unsigned char *from, size_t len, char *to)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *to++ = digits[from[i] >> 4];
        *to++ = digits[from[i] & 15];
    }
    *to = '\0';
}

/** H(a ":" b ":" c ...) in hex (RFC 7616 section 3.1); the list ends with NULL.
 *  @return ESP_OK; ESP_ERR_NO_MEM; ESP_FAIL  no such hash */
static esp_err_t hash(mbedtls_md_type_t md, char *hex, const char *const *parts)
{
    unsigned char digest[HASH_MAX];
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(md);
    mbedtls_md_context_t ctx;
    int ret;

    mbedtls_md_init(&ctx);
    ret = mbedtls_md_setup(&ctx, info, 0);
    ret = ret == 0 ? mbedtls_md_starts(&ctx) : ret;
    for (size_t i = 0; ret == 0 && parts[i] != NULL; i++) {
        if (i > 0) {
            ret = mbedtls_md_update(&ctx, (const unsigned char *)":", 1);
        }
        ret = ret == 0 ? mbedtls_md_update(&ctx, (const unsigned char *)parts[i], strlen(parts[i]))
                       : ret;
    }
    ret = ret == 0 ? mbedtls_md_finish(&ctx, digest) : ret;
    mbedtls_md_free(&ctx);
    if (ret == 0) {
        to_hex(digest, mbedtls_md_get_size(info), hex);
    }
    plat_wipe(digest, sizeof(digest));
    return ret == 0 ? ESP_OK : ret == MBEDTLS_ERR_MD_ALLOC_FAILED ? ESP_ERR_NO_MEM : ESP_FAIL;
}

struct answer {
    const char *user;
    const char *password;
    const char *method;
    const char *uri;
    const char *cnonce;
    char nc[9];
    char username[HEX_MAX]; /* userhash */
    char response[HEX_MAX];
};

/** RFC 7616 section 3.4.1 to 3.4.4. */
static esp_err_t respond(const struct challenge *c, struct answer *a)
{
    char a1[HEX_MAX];
    char a2[HEX_MAX];
    const char *const secret[] = {a->user, c->realm, a->password, NULL};
    const char *const session[] = {a1, c->nonce, a->cnonce, NULL};
    const char *const request[] = {a->method, a->uri, NULL};
    const char *const with_qop[] = {a1, c->nonce, a->nc, a->cnonce, "auth", a2, NULL};
    const char *const without[] = {a1, c->nonce, a2, NULL};
    const char *const name[] = {a->user, c->realm, NULL};
    esp_err_t err = hash(c->md, a1, secret);

    if (err == ESP_OK && c->is_session) {
        err = hash(c->md, a1, session);
    }
    err = err == ESP_OK ? hash(c->md, a2, request) : err;
    if (err == ESP_OK) {
        err = hash(c->md, a->response, c->qop == QOP_AUTH ? with_qop : without);
    }
    if (err == ESP_OK && c->has_userhash) {
        err = hash(c->md, a->username, name);
    }
    plat_wipe(a1, sizeof(a1));
    plat_wipe(a2, sizeof(a2));
    return err;
}

/** The field's value, or only its length when out has no room. */
static void write_answer(const struct challenge *c, const struct answer *a, struct out *o)
{
    put_text(o, "Digest ");
    put_quoted(o, "username", c->has_userhash ? a->username : a->user);
    put_quoted(o, ", realm", c->realm);
    put_quoted(o, ", nonce", c->nonce);
    put_quoted(o, ", uri", a->uri);
    if (c->algorithm != NULL) {
        put_text(o, ", algorithm=");
        put_text(o, c->algorithm);
    }
    put_quoted(o, ", response", a->response);
    if (c->opaque != NULL) {
        put_quoted(o, ", opaque", c->opaque);
    }
    if (c->qop == QOP_AUTH) {
        put_text(o, ", qop=auth, nc=");
        put_text(o, a->nc);
    }
    if (c->qop == QOP_AUTH || c->is_session) {
        put_quoted(o, ", cnonce", a->cnonce);
    }
    if (c->has_userhash) {
        put_text(o, ", userhash=true");
    }
}

static esp_err_t digest(const struct challenge *c, struct answer *a, char **value)
{
    struct out o = {0};
    esp_err_t err = respond(c, a);

    if (err != ESP_OK) {
        return err;
    }
    write_answer(c, a, &o);
    o.cap = o.len;
    o.text = plat_alloc(NULL, PLAT_MEM_APPLICATION, o.len + 1);
    if (o.text == NULL) {
        return ESP_ERR_NO_MEM;
    }
    o.len = 0;
    write_answer(c, a, &o);
    *value = o.text;
    return ESP_OK;
}

esp_err_t esp_http_auth_authorize_with(esp_http_auth_t *auth, const char *user,
                                       const char *password, const char *method, const char *uri,
                                       const char *cnonce, char **value)
{
    struct answer a = {
        .user = user, .password = password, .method = method, .uri = uri, .cnonce = cnonce};
    uint32_t count;
    esp_err_t err;

    if (auth == NULL || value == NULL || !is_plain(user) || !is_plain(password) || method == NULL ||
        uri == NULL || cnonce == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = NULL;
    if (auth->kept == NULL) {
        return ESP_ERR_NOT_SUPPORTED;
    }
    if (auth->kept->scheme == ESP_HTTP_AUTH_BASIC) {
        return esp_http_auth_basic(user, password, value);
    }
    count = ++auth->count;
    for (int i = 0; i < 4; i++) {
        unsigned char byte = (unsigned char)(count >> (24 - 8 * i));

        to_hex(&byte, 1, a.nc + 2 * i);
    }
    err = digest(auth->kept, &a, value);
    plat_wipe(&a, sizeof(a));
    return err;
}

esp_err_t esp_http_auth_authorize(esp_http_auth_t *auth, const char *user, const char *password,
                                  const char *method, const char *uri, char **value)
{
    unsigned char random[CNONCE / 2];
    char cnonce[CNONCE + 1];

    if (plat_random(random, sizeof(random)) != 0) {
        return ESP_FAIL;
    }
    to_hex(random, sizeof(random), cnonce);
    return esp_http_auth_authorize_with(auth, user, password, method, uri, cnonce, value);
}
