#include "esp_tls_url.h"

#include <string.h>

enum {
    UNRESERVED = 1, /* RFC 3986 section 2.3 */
    SUB_DELIM = 2,  /* section 2.2 */
    HEX = 4,
    DIGIT = 8,
    ALPHA = 16,
};

static unsigned char_class(unsigned char ch)
{
    if (ch >= '0' && ch <= '9') {
        return UNRESERVED | HEX | DIGIT;
    }
    if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')) {
        unsigned char low = ch | 0x20u;

        return UNRESERVED | ALPHA | (low <= 'f' ? HEX : 0u);
    }
    if (ch != '\0' && strchr("-._~", ch) != NULL) {
        return UNRESERVED;
    }
    return ch != '\0' && strchr("!$&'()*+,;=", ch) != NULL ? SUB_DELIM : 0;
}

/** All bytes of the part are of a class, in `also`, or (where pct) a percent-encoded byte. */
static bool all_are(esp_tls_url_part_t part, unsigned classes, const char *also, bool pct)
{
    for (size_t i = 0; i < part.len; i++) {
        unsigned char ch = (unsigned char)part.ptr[i];

        if (pct && ch == '%') {
            if (part.len - i < 3 || (char_class((unsigned char)part.ptr[i + 1]) & HEX) == 0 ||
                (char_class((unsigned char)part.ptr[i + 2]) & HEX) == 0) {
                return false;
            }
            i += 2;
        } else if ((char_class(ch) & classes) == 0 && (ch == '\0' || strchr(also, ch) == NULL)) {
            return false;
        }
    }
    return true;
}

/** Cut the text at the first of `stops`: the part before it; *rest begins at the stop. */
static esp_tls_url_part_t cut(esp_tls_url_part_t *rest, const char *stops)
{
    esp_tls_url_part_t part = {rest->ptr, 0};

    while (part.len < rest->len &&
           (rest->ptr[part.len] == '\0' || strchr(stops, rest->ptr[part.len]) == NULL)) {
        part.len++;
    }
    rest->ptr += part.len;
    rest->len -= part.len;
    return part;
}

static bool take(esp_tls_url_part_t *rest, const char *prefix)
{
    size_t n = strlen(prefix);

    if (rest->len < n || memcmp(rest->ptr, prefix, n) != 0) {
        return false;
    }
    rest->ptr += n;
    rest->len -= n;
    return true;
}

/** Section 3.2.3. An empty port ("host:") is the default one. */
static bool parse_port(esp_tls_url_part_t text, uint16_t *port)
{
    uint32_t value = 0;

    for (size_t i = 0; i < text.len; i++) {
        if ((char_class((unsigned char)text.ptr[i]) & DIGIT) == 0) {
            return false;
        }
        value = value * 10 + (uint32_t)(text.ptr[i] - '0');
        if (value > UINT16_MAX) {
            return false;
        }
    }
    *port = (uint16_t)value;
    return text.len == 0 || value != 0;
}

/** Section 3.2.2. An IPv6 zone is "%25" and an id there (RFC 6874); "%" is taken as well. */
static bool parse_host(esp_tls_url_part_t *rest, esp_tls_url_t *url)
{
    if (take(rest, "[")) {
        url->host = cut(rest, "]");
        url->host_is_ipv6 = true;
        return take(rest, "]") && url->host.len > 0 &&
               all_are(url->host, HEX | UNRESERVED, ":.%", false);
    }
    url->host = cut(rest, ":");
    return url->host.len > 0 && all_are(url->host, UNRESERVED | SUB_DELIM, "", true);
}

static bool parse_authority(esp_tls_url_part_t rest, esp_tls_url_t *url)
{
    const char *at = NULL;

    for (size_t i = 0; i < rest.len; i++) {
        at = rest.ptr[i] == '@' ? rest.ptr + i : at;
    }
    if (at != NULL) {
        url->userinfo = (esp_tls_url_part_t){rest.ptr, (size_t)(at - rest.ptr)};
        if (!all_are(url->userinfo, UNRESERVED | SUB_DELIM, ":", true)) {
            return false;
        }
        rest.len -= url->userinfo.len + 1;
        rest.ptr = at + 1;
    }
    if (!parse_host(&rest, url)) {
        return false;
    }
    if (take(&rest, ":")) {
        return parse_port(rest, &url->port);
    }
    return rest.len == 0;
}

/** What ends a URL, with or without an authority in front. */
static bool parse_tail(esp_tls_url_part_t rest, esp_tls_url_t *url)
{
    static const char path_also[] = ":@/[]|\"<>\\^`{}"; /* what browsers send as it is */

    url->path = cut(&rest, "?#");
    if (take(&rest, "?")) {
        url->query = cut(&rest, "#");
    }
    if (take(&rest, "#")) {
        url->fragment = rest;
    }
    return all_are(url->path, UNRESERVED | SUB_DELIM, path_also, true) &&
           all_are(url->query, UNRESERVED | SUB_DELIM, ":@/?[]|\"<>\\^`{}", true) &&
           all_are(url->fragment, UNRESERVED | SUB_DELIM, ":@/?#[]|\"<>\\^`{}", true);
}

static bool is_scheme(esp_tls_url_part_t part)
{
    return part.len > 0 && (char_class((unsigned char)*part.ptr) & ALPHA) != 0 &&
           all_are(part, ALPHA | DIGIT, "+-.", false);
}

bool esp_tls_url_parse(const char *text, size_t len, esp_tls_url_t *url)
{
    esp_tls_url_part_t rest = {text, len};

    *url = (esp_tls_url_t){.port = 0};
    url->scheme = cut(&rest, ":/?#");
    if (!is_scheme(url->scheme) || !take(&rest, "://")) {
        return false;
    }
    return parse_authority(cut(&rest, "/?#"), url) && parse_tail(rest, url);
}

/** ASCII letters in any case. */
static bool part_equals(esp_tls_url_part_t a, esp_tls_url_part_t b)
{
    if (a.ptr == NULL || a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        unsigned char x = (unsigned char)a.ptr[i];
        unsigned char y = (unsigned char)b.ptr[i];

        x = x >= 'A' && x <= 'Z' ? (unsigned char)(x | 0x20) : x;
        y = y >= 'A' && y <= 'Z' ? (unsigned char)(y | 0x20) : y;
        if (x != y) {
            return false;
        }
    }
    return true;
}

bool esp_tls_url_part_is(esp_tls_url_part_t part, const char *text)
{
    return part_equals(part, (esp_tls_url_part_t){text, strlen(text)});
}

/* --- references ----------------------------------------------------------------------------- */

/** A URI reference (section 4.1). authority: with its "//" cut off; ptr NULL: none. */
static bool parse_reference(const char *text, esp_tls_url_t *ref, esp_tls_url_part_t *authority)
{
    esp_tls_url_part_t rest = {text, strlen(text)};
    esp_tls_url_part_t whole = rest;
    esp_tls_url_part_t first = cut(&rest, ":/?#");

    *ref = (esp_tls_url_t){.port = 0};
    *authority = (esp_tls_url_part_t){NULL, 0};
    if (is_scheme(first) && take(&rest, ":")) {
        ref->scheme = first;
    } else if (rest.len > 0 && *rest.ptr == ':') {
        return false; /* section 4.2: a path's first segment without a scheme has no colon */
    } else {
        rest = whole;
    }
    if (take(&rest, "//")) {
        *authority = cut(&rest, "/?#");
        if (!parse_authority(*authority, ref)) {
            return false;
        }
    }
    return parse_tail(rest, ref);
}

static bool starts_with(const char *text, size_t len, const char *prefix)
{
    return len >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_text(const char *text, size_t len, const char *other)
{
    return len == strlen(other) && memcmp(text, other, len) == 0;
}

/** Section 5.2.4, in place. @return the new length */
static size_t remove_dot_segments(char *path, size_t len)
{
    size_t in = 0;
    size_t out = 0;

    while (in < len) {
        char *at = path + in;
        size_t left = len - in;

        if (starts_with(at, left, "../")) {
            in += 3;
        } else if (starts_with(at, left, "./") || starts_with(at, left, "/./")) {
            in += 2;
        } else if (is_text(at, left, "/.")) {
            path[++in] = '/';
        } else if (starts_with(at, left, "/../") || is_text(at, left, "/..")) {
            in += left == 3 ? 2 : 3;
            path[in] = '/';
            while (out > 0 && path[--out] != '/') {
            }
        } else if (is_text(at, left, ".") || is_text(at, left, "..")) {
            in = len;
        } else {
            do {
                path[out++] = path[in++];
            } while (in < len && path[in] != '/');
        }
    }
    return out;
}

struct writer {
    char *out;
    size_t cap;
    size_t len; /* more than cap: it does not fit */
};

static void put(struct writer *w, const char *text, size_t len)
{
    if (w->len <= w->cap && len <= w->cap - w->len) {
        memcpy(w->out + w->len, text, len);
    }
    w->len += len;
}

static void put_part(struct writer *w, const char *mark, esp_tls_url_part_t part)
{
    if (part.ptr != NULL) {
        put(w, mark, strlen(mark));
        put(w, part.ptr, part.len);
    }
}

/** Section 5.2.3: the base's path up to its last "/". */
static esp_tls_url_part_t directory(esp_tls_url_part_t path)
{
    while (path.len > 0 && path.ptr[path.len - 1] != '/') {
        path.len--;
    }
    return path.len > 0 ? path : (esp_tls_url_part_t){"/", 1};
}

esp_err_t esp_tls_url_resolve(const char *base, const char *reference, char *out, size_t cap,
                              size_t *len)
{
    struct writer w = {out, cap, 0};
    esp_tls_url_t b;
    esp_tls_url_t r;
    esp_tls_url_part_t authority;
    esp_tls_url_part_t base_authority;
    size_t path;
    bool has_path;

    if (!esp_tls_url_parse(base, strlen(base), &b) || !parse_reference(reference, &r, &authority)) {
        return ESP_ERR_INVALID_ARG;
    }
    base_authority.ptr = b.scheme.ptr + b.scheme.len + 3;
    base_authority.len = (size_t)(b.path.ptr - base_authority.ptr);
    /* section 5.2.2 */
    has_path = r.scheme.ptr != NULL || authority.ptr != NULL || r.path.len > 0;
    put_part(&w, "", r.scheme.ptr != NULL ? r.scheme : b.scheme);
    put(&w, ":", 1);
    put_part(&w, "//", r.scheme.ptr != NULL || authority.ptr != NULL ? authority : base_authority);
    path = w.len;
    if (!has_path) {
        put_part(&w, "", b.path);
    } else {
        if (r.scheme.ptr == NULL && authority.ptr == NULL && *r.path.ptr != '/') {
            put_part(&w, "", directory(b.path));
        }
        put_part(&w, "", r.path);
        if (w.len <= w.cap) {
            w.len = path + remove_dot_segments(out + path, w.len - path);
        }
    }
    put_part(&w, "?", has_path || r.query.ptr != NULL ? r.query : b.query);
    put_part(&w, "#", r.fragment);
    put(&w, "", 1);
    if (w.len > w.cap) {
        return ESP_ERR_INVALID_SIZE;
    }
    *len = w.len - 1;
    return ESP_OK;
}

bool esp_tls_url_same_origin(const esp_tls_url_t *a, const esp_tls_url_t *b)
{
    return part_equals(a->scheme, b->scheme) && part_equals(a->host, b->host) &&
           esp_tls_url_port(a) == esp_tls_url_port(b);
}

uint16_t esp_tls_url_port(const esp_tls_url_t *url)
{
    static const struct {
        const char *scheme;
        uint16_t port;
    } known[] = {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}};

    if (url->port != 0) {
        return url->port;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (esp_tls_url_part_is(url->scheme, known[i].scheme)) {
            return known[i].port;
        }
    }
    return 0;
}
