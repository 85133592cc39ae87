#include "esp_tls_url.h"

#include <string.h>

#include "plat_net.h"

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

static bool take_prefix(esp_tls_url_part_t *rest, const char *prefix)
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

/** An IPv6 address, and its zone, which begins with "%". */
static bool parse_ipv6(esp_tls_url_part_t host, struct plat_addr *addr, esp_tls_url_part_t *zone)
{
    esp_tls_url_part_t address;

    *zone = host;
    address = cut(zone, "%");
    return plat_addr_parse(address.ptr, address.len, addr) && addr->family == PLAT_AF_INET6 &&
           zone->len != 1 && all_are(*zone, UNRESERVED, "%", false);
}

/** Section 3.2.2. An IPv6 zone is "%25" and an id there (RFC 6874); "%" is taken as well. */
static bool parse_host(esp_tls_url_part_t *rest, esp_tls_url_t *url)
{
    if (take_prefix(rest, "[")) {
        struct plat_addr addr;
        esp_tls_url_part_t zone;

        url->host = cut(rest, "]");
        url->host_is_ipv6 = true;
        return take_prefix(rest, "]") && parse_ipv6(url->host, &addr, &zone);
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
    if (take_prefix(&rest, ":")) {
        return parse_port(rest, &url->port);
    }
    return rest.len == 0;
}

/** What ends a URL, with or without an authority in front. */
static bool parse_tail(esp_tls_url_part_t rest, esp_tls_url_t *url)
{
    static const char path_also[] = ":@/[]|\"<>\\^`{}"; /* what browsers send as it is */

    url->path = cut(&rest, "?#");
    if (take_prefix(&rest, "?")) {
        url->query = cut(&rest, "#");
    }
    if (take_prefix(&rest, "#")) {
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
    if (!is_scheme(url->scheme) || !take_prefix(&rest, "://")) {
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
    if (is_scheme(first) && take_prefix(&rest, ":")) {
        ref->scheme = first;
    } else if (rest.len > 0 && *rest.ptr == ':') {
        return false; /* section 4.2: a path's first segment without a scheme has no colon */
    } else {
        rest = whole;
    }
    if (take_prefix(&rest, "//")) {
        *authority = cut(&rest, "/?#");
        if (!parse_authority(*authority, ref)) {
            return false;
        }
    }
    return parse_tail(rest, ref);
}

struct writer {
    char *out;
    size_t cap;
    size_t len; /* more than cap: it does not fit */
};

static void put_text(struct writer *w, const char *text, size_t len)
{
    if (w->len <= w->cap && len <= w->cap - w->len) {
        memcpy(w->out + w->len, text, len);
    }
    w->len += len;
}

static void put_part(struct writer *w, const char *mark, esp_tls_url_part_t part)
{
    if (part.ptr != NULL) {
        put_text(w, mark, strlen(mark));
        put_text(w, part.ptr, part.len);
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

/** A path in two pieces: what it keeps of the base's, and the reference's. */
struct path {
    esp_tls_url_part_t head;
    esp_tls_url_part_t tail;
};

static size_t path_len(const struct path *p)
{
    return p->head.len + p->tail.len;
}

static char path_at(const struct path *p, size_t i)
{
    return i < p->head.len ? p->head.ptr[i] : p->tail.ptr[i - p->head.len];
}

/** @return 1 for ".", 2 for "..", 0 for another segment */
static size_t dots_at(const struct path *p, size_t from, size_t to)
{
    size_t n = to - from;

    if (n == 0 || n > 2 || path_at(p, from) != '.' || path_at(p, to - 1) != '.') {
        return 0;
    }
    return n;
}

/** Section 5.2.4, step A: where the path begins behind its leading "./" and "../". */
static size_t behind_leading_dots(const struct path *p)
{
    size_t begin = 0;

    while (begin < path_len(p)) {
        size_t end = begin;

        while (end < path_len(p) && path_at(p, end) != '/') {
            end++;
        }
        if (dots_at(p, begin, end) == 0) {
            break;
        }
        begin = end < path_len(p) ? end + 1 : end;
    }
    return begin;
}

/** Section 5.2.4, from the end: there each ".." takes one segment before it with it.
 *  @param end       behind the path that is to be written; NULL: only count
 *  @param is_empty  is the first of what is left an empty segment?
 *  @return its length */
static size_t remove_dot_segments(const struct path *p, char *end, bool *is_empty)
{
    const size_t begin = behind_leading_dots(p);
    size_t from = path_len(p);
    size_t skip = 0;
    size_t len = 0;

    *is_empty = false;
    while (from > begin) {
        const size_t to = from;
        size_t dots;
        size_t kept;

        while (from > begin && path_at(p, from - 1) != '/') {
            from--;
        }
        dots = dots_at(p, from, to);
        from -= from > begin ? 1 : 0; /* the "/" in front */
        if (dots == 0 && skip > 0) {
            skip--;
            continue;
        }
        skip += dots == 2 ? 1 : 0;
        kept = dots == 0 ? to - from : (size_t)(to == path_len(p)); /* at the end, the "/" stays */
        for (size_t i = kept; end != NULL && i-- > 0;) {
            *--end = path_at(p, from + i);
        }
        len += kept;
        *is_empty = kept > 0 ? kept == 1 && path_at(p, from) == '/' : *is_empty;
    }
    return len;
}

/** Section 3.3: without an authority a path cannot begin with "//"; "/." in front keeps it a
 *  path. */
static void put_path(struct writer *w, const struct path *p, bool has_authority)
{
    bool is_empty;
    size_t len = remove_dot_segments(p, NULL, &is_empty);

    if (!has_authority && is_empty && len > 1) {
        put_text(w, "/.", 2);
    }
    if (w->len <= w->cap && len <= w->cap - w->len) {
        (void)remove_dot_segments(p, w->out + w->len + len, &is_empty);
    }
    w->len += len;
}

esp_err_t esp_tls_url_resolve(const char *base, const char *reference, char *out, size_t cap,
                              size_t *len)
{
    struct writer w = {out, cap, 0};
    struct path path = {{NULL, 0}, {NULL, 0}};
    esp_tls_url_t b;
    esp_tls_url_t r;
    esp_tls_url_part_t authority;
    bool is_here;

    if (!esp_tls_url_parse(base, strlen(base), &b) || !parse_reference(reference, &r, &authority)) {
        return ESP_ERR_INVALID_ARG;
    }
    /* section 5.2.2 */
    path.tail = r.path;
    is_here = r.scheme.ptr == NULL && authority.ptr == NULL;
    if (is_here) {
        authority.ptr = b.scheme.ptr + b.scheme.len + 3;
        authority.len = (size_t)(b.path.ptr - authority.ptr);
        path.head = *r.path.ptr != '/' ? directory(b.path) : path.head;
    }
    put_part(&w, "", r.scheme.ptr != NULL ? r.scheme : b.scheme);
    put_text(&w, ":", 1);
    put_part(&w, "//", authority);
    if (is_here && r.path.len == 0) {
        put_part(&w, "", b.path);
        put_part(&w, "?", r.query.ptr != NULL ? r.query : b.query);
    } else {
        put_path(&w, &path, authority.ptr != NULL);
        put_part(&w, "?", r.query);
    }
    put_part(&w, "#", r.fragment);
    *len = w.len;
    put_text(&w, "", 1);
    return w.len <= w.cap ? ESP_OK : ESP_ERR_INVALID_SIZE;
}

/** "[::1]" and "[0:0::1]" are one address. Zones are compared as text. */
static bool same_host(const esp_tls_url_t *a, const esp_tls_url_t *b)
{
    struct plat_addr x;
    struct plat_addr y;
    esp_tls_url_part_t x_zone;
    esp_tls_url_part_t y_zone;

    if (a->host_is_ipv6 && b->host_is_ipv6 && parse_ipv6(a->host, &x, &x_zone) &&
        parse_ipv6(b->host, &y, &y_zone)) {
        return memcmp(x.ip, y.ip, sizeof(x.ip)) == 0 && x_zone.len == y_zone.len &&
               memcmp(x_zone.ptr, y_zone.ptr, x_zone.len) == 0;
    }
    return a->host_is_ipv6 == b->host_is_ipv6 && part_equals(a->host, b->host);
}

bool esp_tls_url_same_origin(const esp_tls_url_t *a, const esp_tls_url_t *b)
{
    return part_equals(a->scheme, b->scheme) && same_host(a, b) &&
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
