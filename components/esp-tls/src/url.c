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

bool esp_tls_url_parse(const char *text, size_t len, esp_tls_url_t *url)
{
    static const char path_also[] = ":@/[]|\"<>\\^`{}"; /* what browsers send as it is */
    esp_tls_url_part_t rest = {text, len};

    *url = (esp_tls_url_t){.port = 0};
    url->scheme = cut(&rest, ":/?#");
    if (url->scheme.len == 0 || (char_class((unsigned char)*url->scheme.ptr) & ALPHA) == 0 ||
        !all_are(url->scheme, ALPHA | DIGIT, "+-.", false) || !take(&rest, "://")) {
        return false;
    }
    if (!parse_authority(cut(&rest, "/?#"), url)) {
        return false;
    }
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

bool esp_tls_url_part_is(esp_tls_url_part_t part, const char *text)
{
    if (part.ptr == NULL || strlen(text) != part.len) {
        return false;
    }
    for (size_t i = 0; i < part.len; i++) {
        unsigned char a = (unsigned char)part.ptr[i];
        unsigned char b = (unsigned char)text[i];

        a = a >= 'A' && a <= 'Z' ? (unsigned char)(a | 0x20) : a;
        b = b >= 'A' && b <= 'Z' ? (unsigned char)(b | 0x20) : b;
        if (a != b) {
            return false;
        }
    }
    return true;
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
