/* Our reading of URLs against libcurl's. Where two parsers disagree about the host, one of them can
 * be led to the wrong one; so each place where they differ stands here with its reason, and any
 * other is a failure, as is a difference that is listed and not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_tls_url.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT         128 /* more than any part here */

enum reason {
    SAME,
    PORT_0,
    USERINFO_BYTE,
    BAD_ESCAPE,
    HOST_BYTE,
    HIGH_BYTE,
    SLASHES,
    SCHEME_LETTER,
    FILE_NO_HOST,
    LONG_SCHEME,
    FILE_HOST,
    SUB_DELIM,
    ESCAPED_DELIM,
    ESCAPED_HOST,
    ADDRESS_FORM,
    EMPTY_FRAGMENT,
    EMPTY_QUERY,
    EMPTY_PATH,
    SPACE,
    LOWER_SCHEME,
    FIRST_SEGMENT,
    NO_AUTHORITY,
    PATH_AS_HOST,
    SAME_DOCUMENT,
};

/** How the two differ: one refuses, or this one part is another. */
static const struct {
    const char *difference;
    const char *why;
} reasons[] = {
    [SAME] = {"", ""},
    [PORT_0] = {"ours refuses", "nobody can connect to port 0"},
    [USERINFO_BYTE] = {"ours refuses", "RFC 3986 section 3.2.1: not a byte of userinfo"},
    [BAD_ESCAPE] = {"ours refuses", "RFC 3986 section 2.1: two hexadecimal digits follow '%'"},
    [HOST_BYTE] = {"ours refuses", "RFC 3986 section 3.2.2: not a byte of a host"},
    [HIGH_BYTE] = {"ours refuses", "RFC 3986 section 2: a URL is ASCII; no IDNA here"},
    [SLASHES] = {"ours refuses", "RFC 3986 section 3: two slashes, then the authority"},
    [SCHEME_LETTER] = {"ours refuses", "RFC 3986 section 3.1: a scheme begins with a letter"},
    [FILE_NO_HOST] = {"ours refuses", "there is nothing to connect to"},
    [LONG_SCHEME] = {"curl refuses", "RFC 3986 section 3.1 has no limit; nothing is stored here"},
    [FILE_HOST] = {"curl refuses", "to us file is a scheme as any other (RFC 8089 allows a host)"},
    [SUB_DELIM] = {"curl refuses", "RFC 3986 section 3.2.2 allows it; no such name is found"},
    [ESCAPED_DELIM] = {"curl refuses",
                       "ours does not decode hosts: the name with '%' is not found"},
    [ESCAPED_HOST] = {"host", "ours does not decode hosts: the name with '%' is not found"},
    [ADDRESS_FORM] = {"host", "ours gives the text, curl the usual form of the address"},
    [EMPTY_FRAGMENT] = {"fragment", "curl does not tell an empty one from none"},
    [EMPTY_QUERY] = {"URL", "RFC 3986 section 5.3: an empty query has its '?'"},
    [EMPTY_PATH] = {"URL", "curl writes an empty path as '/'"},
    [SPACE] = {"ours refuses", "RFC 3986 section 2: a URL has no space; nothing is put right here"},
    [LOWER_SCHEME] = {"URL", "curl writes schemes in lower case; ours resolves, no more"},
    [FIRST_SEGMENT] = {"ours refuses", "RFC 3986 section 4.2: no colon in such a first segment"},
    [NO_AUTHORITY] = {"curl refuses", "RFC 3986 section 5.2.2, strict: a scheme and no host"},
    [PATH_AS_HOST] = {"URL", "RFC 3986 section 3.3: what begins with one slash is a path"},
    [SAME_DOCUMENT] = {"URL", "RFC 3986 section 5.2.2: path and query stay the base's"},
};

static const struct {
    const char *url;
    enum reason reason;
} rows[] = {
    /* clang-format off: one line each */
    {"https://example.org", SAME},
    {"https://example.org/", SAME},
    {"http://example.org/index.html", SAME},
    {"HTTP://EXAMPLE.ORG/", SAME},
    {"HtTpS://Example.Org/Path", SAME},
    {"https://example.org?", SAME},
    {"https://example.org#", EMPTY_FRAGMENT},
    {"https://example.org/?", SAME},
    {"https://example.org/#", EMPTY_FRAGMENT},
    {"https://example.org/?#", EMPTY_FRAGMENT},
    {"https://example.org?a=b", SAME},
    {"https://example.org#top", SAME},
    {"https://example.org?a=b#top", SAME},
    {"https://example.org/a/b/c", SAME},
    {"https://example.org/a/b/c/", SAME},
    {"https://example.org//", SAME},
    {"https://example.org//a//b", SAME},
    {"https://example.org/a;p=1/b;q", SAME},
    {"https://example.org/a?b?c", SAME},
    {"https://example.org/a?b/c", SAME},
    {"https://example.org/a#b#c", SAME},
    {"https://example.org/a#b?c", SAME},
    {"https://example.org/a#b/c", SAME},
    {"https://example.org/?a=1&b=2;c=3", SAME},
    {"https://example.org/a%20b", SAME},
    {"https://example.org/a%2Fb%2fc", SAME},
    {"https://example.org/%00", SAME},
    {"https://example.org/%C3%A4", SAME},
    {"https://example.org/?%41=%42", SAME},
    {"https://example.org/#%7E", SAME},
    {"https://example.org/-._~!$&'()*+,;=:@", SAME},
    {"https://example.org/?-._~!$&'()*+,;=:@/?", SAME},
    {"https://example.org/#-._~!$&'()*+,;=:@/?", SAME},
    {"https://example.org/.", SAME},
    {"https://example.org/..", SAME},
    {"https://example.org/a/./b", SAME},
    {"https://example.org/a/../b", SAME},
    {"https://example.org/...", SAME},
    {"https://example.org/a:b@c", SAME},
    {"https://example.org/@", SAME},
    {"https://example.org/http://other.example/", SAME},
    {"https://example.org/?u=http://other.example/", SAME},
    {"https://example.org:443", SAME},
    {"https://example.org:443/", SAME},
    {"https://example.org:8443/a", SAME},
    {"https://example.org:1/", SAME},
    {"https://example.org:65535/", SAME},
    {"https://example.org:", SAME},
    {"https://example.org:/", SAME},
    {"https://example.org:?q", SAME},
    {"https://example.org:#f", SAME},
    {"https://example.org:00443/", SAME},
    {"https://example.org:0000000000443/", SAME},
    {"https://example.org:0/", PORT_0},
    {"https://example.org:0000/", PORT_0},
    {"https://example.org:65536/", SAME},
    {"https://example.org:99999/", SAME},
    {"https://example.org:4294967739/", SAME},
    {"https://example.org:18446744073709552059/", SAME},
    {"https://example.org:-1/", SAME},
    {"https://example.org:+443/", SAME},
    {"https://example.org: 443/", SAME},
    {"https://example.org:443 /", SAME},
    {"https://example.org:0x1bb/", SAME},
    {"https://example.org:44a3/", SAME},
    {"https://example.org:443:443/", SAME},
    {"https://example.org::443/", SAME},
    {"https://example.org:%34%34%33/", SAME},
    {"https://user@example.org", SAME},
    {"https://user@example.org/", SAME},
    {"https://user:secret@example.org/", SAME},
    {"https://user:@example.org/", SAME},
    {"https://:secret@example.org/", SAME},
    {"https://:@example.org/", SAME},
    {"https://@example.org/", SAME},
    {"https://user:a:b@example.org/", SAME},
    {"https://us%40er:se%3Acret@example.org/", SAME},
    {"https://user%3Asecret@example.org/", SAME},
    {"https://u-._~!$&'()*+,;=:p-._~!$&'()*+,;=@example.org/", SAME},
    {"https://user@example.org@evil.example/", SAME},
    {"https://a:b@c:d@example.org/", SAME},
    {"https://user:secret@example.org:8443/a?b#c", SAME},
    {"https://user@/", SAME},
    {"https://user:secret@", SAME},
    {"https://user@:443/", SAME},
    {"https://us er@example.org/", SAME},
    {"https://us[er@example.org/", USERINFO_BYTE},
    {"https://user:se\"cret@example.org/", USERINFO_BYTE},
    {"https://user:se<cret@example.org/", USERINFO_BYTE},
    {"https://user:%zz@example.org/", BAD_ESCAPE},
    {"https://user%@example.org/", BAD_ESCAPE},
    {"https://example.org/?a@b", SAME},
    {"https://example.org?a@b", SAME},
    {"https://example.org#a@b", SAME},
    {"https://evil.example#@example.org/", SAME},
    {"https://evil.example?@example.org/", SAME},
    {"https://evil.example/@example.org/", SAME},
    {"https://evil.example\\@example.org/", USERINFO_BYTE},
    {"https://example.org\\a", SAME},
    {"https://example.org/a\\b", SAME},
    {"https:\\\\example.org\\", SAME},
    {"https:/\\example.org/", SAME},
    {"https://192.0.2.1/", SAME},
    {"https://192.0.2.1:8080/", SAME},
    {"https://192.0.2.01/", ADDRESS_FORM},
    {"https://192.0.2.1./", SAME},
    {"https://192.0.2.256/", SAME},
    {"https://192.0.2/", ADDRESS_FORM},
    {"https://0300.0.2.1/", ADDRESS_FORM},
    {"https://0xc0000201/", ADDRESS_FORM},
    {"https://0xc0.0.2.1/", ADDRESS_FORM},
    {"https://3221225985/", ADDRESS_FORM},
    {"https://192.0.2.1.5/", SAME},
    {"https://1.2.3.4.example/", SAME},
    {"https://127.1/", ADDRESS_FORM},
    {"https://0/", ADDRESS_FORM},
    {"https://[::1]/", SAME},
    {"https://[::]/", SAME},
    {"https://[::1]:8443/", SAME},
    {"https://[2001:db8::1]", SAME},
    {"https://[2001:db8:0:0:0:0:0:1]/", ADDRESS_FORM},
    {"https://[2001:DB8::A]/", SAME},
    {"https://[2001:0db8::0001]/", ADDRESS_FORM},
    {"https://[::ffff:192.0.2.1]/", SAME},
    {"https://[::ffff:c000:201]/", SAME},
    {"https://user@[::1]:1/a?b#c", SAME},
    {"https://[fe80::1%25eth0]/", SAME},
    {"https://[fe80::1%25eth0]:443/a", SAME},
    {"https://[fe80::1%eth0]/", SAME},
    {"https://[fe80::1%25]/", SAME},
    {"https://[fe80::1%]/", SAME},
    {"https://[fe80::1%25e%30]/", SAME},
    {"https://[fe80::1%25-]/", SAME},
    {"https://[1:2:3:4:5:6:7:8]/", SAME},
    {"https://[1:2:3:4:5:6:7]/", SAME},
    {"https://[1:2:3:4:5:6:7:8:9]/", SAME},
    {"https://[1::2::3]/", SAME},
    {"https://[12345::]/", SAME},
    {"https://[:::]/", SAME},
    {"https://[:]/", SAME},
    {"https://[::g]/", SAME},
    {"https://[192.0.2.1]/", SAME},
    {"https://[example.org]/", SAME},
    {"https://[v1.fe80]/", SAME},
    {"https://[::1/", SAME},
    {"https://::1/", SAME},
    {"https://::1]/", SAME},
    {"https://[]/", SAME},
    {"https://[ ::1]/", SAME},
    {"https://[::1 ]/", SAME},
    {"https://[::1]x/", SAME},
    {"https://[::1]8443/", SAME},
    {"https://[::1]:/", SAME},
    {"https://[::1]:x/", SAME},
    {"https://[::1]:0/", PORT_0},
    {"https://[[::1]]/", SAME},
    {"https://x[::1]/", SAME},
    {"https://[::1].example/", SAME},
    {"https://[::1%00]/", SAME},
    {"https://example.org./", SAME},
    {"https://example..org/", SAME},
    {"https://.example.org/", SAME},
    {"https://-example.org/", SAME},
    {"https://example-.org/", SAME},
    {"https://exa_mple.org/", SAME},
    {"https://xn--bcher-kva.example/", SAME},
    {"https://a/", SAME},
    {"https://A.B.c/", SAME},
    {"https://ex%61mple.org/", ESCAPED_HOST},
    {"https://example%2eorg/", ESCAPED_HOST},
    {"https://example%2Forg/", ESCAPED_DELIM},
    {"https://example%00.org/", ESCAPED_DELIM},
    {"https://example%0d%0a.org/", ESCAPED_DELIM},
    {"https://example%.org/", BAD_ESCAPE},
    {"https://example%4.org/", BAD_ESCAPE},
    {"https://example%zz.org/", BAD_ESCAPE},
    {"https://exa!mple.org/", SUB_DELIM},
    {"https://exa$mple.org/", SUB_DELIM},
    {"https://exa&mple.org/", SUB_DELIM},
    {"https://exa'mple.org/", SUB_DELIM},
    {"https://exa(m)ple.org/", SUB_DELIM},
    {"https://exa*mple.org/", SUB_DELIM},
    {"https://exa+mple.org/", SUB_DELIM},
    {"https://exa,mple.org/", SUB_DELIM},
    {"https://exa;mple.org/", SUB_DELIM},
    {"https://exa=mple.org/", SUB_DELIM},
    {"https://exa~mple.org/", SAME},
    {"https://exa\"mple.org/", SAME},
    {"https://exa<mple>.org/", SAME},
    {"https://exa^mple.org/", SAME},
    {"https://exa`mple.org/", SAME},
    {"https://exa{m}ple.org/", SAME},
    {"https://exa|mple.org/", HOST_BYTE},
    {"https://exa mple.org/", SAME},
    {"https://exa\tmple.org/", SAME},
    {"https://exa\x01mple.org/", SAME},
    {"https://exa\x7fmple.org/", SAME},
    {"https://ex\xc3\xa4mple.org/", HIGH_BYTE},
    {"https://\xef\xbc\x85.org/", HIGH_BYTE},
    {"https://*/", SUB_DELIM},
    {"https://.../", SAME},
    {"https://./", SAME},
    {"https://../", SAME},
    {"https://example.org/a b", SAME},
    {"https://example.org/a\tb", SAME},
    {"https://example.org/a\nb", SAME},
    {"https://example.org/a\r\nX: y", SAME},
    {"https://example.org/?a b", SAME},
    {"https://example.org/#a b", SAME},
    {"https://example.org/\x01", SAME},
    {"https://example.org/\x7f", SAME},
    {"https://example.org/?\x1f", SAME},
    {"https://example.org/#\x1f", SAME},
    {"https://example.org/\xc3\xa4", HIGH_BYTE},
    {"https://example.org/?\xc3\xa4", HIGH_BYTE},
    {"https://example.org/#\xc3\xa4", HIGH_BYTE},
    {"https://example.org/\xff", HIGH_BYTE},
    {"https://example.org/%", BAD_ESCAPE},
    {"https://example.org/%4", BAD_ESCAPE},
    {"https://example.org/%zz", BAD_ESCAPE},
    {"https://example.org/%%41", BAD_ESCAPE},
    {"https://example.org/?%", BAD_ESCAPE},
    {"https://example.org/?%g1", BAD_ESCAPE},
    {"https://example.org/#%1", BAD_ESCAPE},
    {"https://example.org/{a}", SAME},
    {"https://example.org/[a]", SAME},
    {"https://example.org/a|b", SAME},
    {"https://example.org/\"a\"", SAME},
    {"https://example.org/<a>", SAME},
    {"https://example.org/a^b", SAME},
    {"https://example.org/a`b", SAME},
    {"https://example.org/?[a]={b}", SAME},
    {"https://example.org/?a|b\"c<d>e^f`g\\h", SAME},
    {"https://example.org/#[a]{b}|\"<>^`\\c", SAME},
    {" https://example.org/", SAME},
    {"https://example.org/ ", SAME},
    {"\thttps://example.org/", SAME},
    {"https://example.org/\n", SAME},
    {"https://", SAME},
    {"https:///", SAME},
    {"https:///path", SLASHES},
    {"https://?q", SAME},
    {"https://#f", SAME},
    {"https://:443/", SAME},
    {"https:", SAME},
    {"https:/", SAME},
    {"https:/example.org/", SLASHES},
    {"https:example.org", SAME},
    {"https:////example.org/", SAME},
    {"https//example.org/", SAME},
    {"https;//example.org/", SAME},
    {"://example.org/", SAME},
    {"//example.org/", SAME},
    {"/path", SAME},
    {"?query", SAME},
    {"#fragment", SAME},
    {"example.org", SAME},
    {"example.org:443", SAME},
    {"example.org/path", SAME},
    {"user@example.org", SAME},
    {".", SAME},
    {"1http://example.org/", SCHEME_LETTER},
    {"+http://example.org/", SCHEME_LETTER},
    {"-http://example.org/", SCHEME_LETTER},
    {".http://example.org/", SCHEME_LETTER},
    {"ht_tp://example.org/", SAME},
    {"ht tp://example.org/", SAME},
    {"ht%74p://example.org/", SAME},
    {"http\xc3\xa4://example.org/", SAME},
    {"h://example.org/", SAME},
    {"h2+x-y.z://example.org/", SAME},
    {"a1://example.org/", SAME},
    {"ws://example.org/chat", SAME},
    {"wss://example.org:8443/chat?x=1", SAME},
    {"mqtt://broker.example", SAME},
    {"mqtts://user:secret@broker.example:8883/", SAME},
    {"ftp://example.org/a;type=i", SAME},
    {"socks5://127.0.0.1:1080", SAME},
    {"file:///etc/hosts", FILE_NO_HOST},
    {"file://example.org/etc/hosts", FILE_HOST},
    {"mailto:user@example.org", SAME},
    {"data:text/plain,hello", SAME},
    {"javascript:alert(1)", SAME},
    {"urn:isbn:0451450523", SAME},
    {"http:g", SAME},
    {"http:?q", SAME},
    {"abcdefghijklmnopqrstuvwxyzabcdefghijklmn://example.org/", SAME},
    {"abcdefghijklmnopqrstuvwxyzabcdefghijklmno://example.org/", LONG_SCHEME},
    /* clang-format on */
};

/* --- taken apart ------------------------------------------------------------------------------ */

/** A part as text of its own; NULL: it is not there. Freed with curl_free(). */
static char *part_of(CURLU *url, CURLUPart part)
{
    char *text = NULL;

    (void)curl_url_get(url, part, &text, 0);
    return text;
}

static bool is_part(esp_tls_url_part_t ours, const char *theirs)
{
    if (ours.ptr == NULL || theirs == NULL) {
        return ours.ptr == NULL && theirs == NULL;
    }
    return ours.len == strlen(theirs) && memcmp(ours.ptr, theirs, ours.len) == 0;
}

static bool same_scheme(const esp_tls_url_t *ours, CURLU *theirs)
{
    char *scheme = part_of(theirs, CURLUPART_SCHEME); /* in lower case */
    bool same = esp_tls_url_part_is(ours->scheme, scheme);

    curl_free(scheme);
    return same;
}

/** A host of ours is without brackets and with the zone. */
static bool same_host(const esp_tls_url_t *ours, CURLU *theirs)
{
    char *host = part_of(theirs, CURLUPART_HOST);
    char *zone = part_of(theirs, CURLUPART_ZONEID);
    char text[3][TEXT];
    bool same;

    (void)snprintf(text[0], TEXT, "%s%.*s%s", ours->host_is_ipv6 ? "[" : "", (int)ours->host.len,
                   ours->host.ptr, ours->host_is_ipv6 ? "]" : "");
    (void)snprintf(text[1], TEXT, "%s", host != NULL ? host : "");
    (void)snprintf(text[2], TEXT, "%s", text[1]);
    if (zone != NULL) { /* "%25" and the zone, or "%" and the zone */
        size_t end = strlen(text[1]) - 1;

        (void)snprintf(text[1] + end, TEXT - end, "%%25%s]", zone);
        (void)snprintf(text[2] + end, TEXT - end, "%%%s]", zone);
    }
    same = strcmp(text[0], text[1]) == 0 || strcmp(text[0], text[2]) == 0;
    curl_free(host);
    curl_free(zone);
    return same;
}

static bool same_port(const esp_tls_url_t *ours, CURLU *theirs)
{
    char *port = part_of(theirs, CURLUPART_PORT);
    bool same = (port == NULL ? 0 : strtol(port, NULL, 10)) == ours->port;

    curl_free(port);
    return same;
}

/** Ours is in one piece: up to the first colon the user, then the password (section 3.2.1). */
static void split(esp_tls_url_part_t info, esp_tls_url_part_t *user, esp_tls_url_part_t *password)
{
    const char *colon = info.len > 0 ? memchr(info.ptr, ':', info.len) : NULL;

    *user = info;
    *password = (esp_tls_url_part_t){NULL, 0};
    if (colon != NULL) {
        user->len = (size_t)(colon - info.ptr);
        password->ptr = colon + 1;
        password->len = info.len - user->len - 1;
    }
}

static bool same_part(esp_tls_url_part_t ours, CURLU *theirs, CURLUPart part)
{
    char *text = part_of(theirs, part);
    bool same = is_part(ours, text);

    curl_free(text);
    return same;
}

static bool same_user(const esp_tls_url_t *ours, CURLU *theirs)
{
    esp_tls_url_part_t user;
    esp_tls_url_part_t password;

    split(ours->userinfo, &user, &password);
    return same_part(user, theirs, CURLUPART_USER);
}

static bool same_password(const esp_tls_url_t *ours, CURLU *theirs)
{
    esp_tls_url_part_t user;
    esp_tls_url_part_t password;

    split(ours->userinfo, &user, &password);
    return same_part(password, theirs, CURLUPART_PASSWORD);
}

/** An empty path is "/" to curl. */
static bool same_path(const esp_tls_url_t *ours, CURLU *theirs)
{
    return same_part(ours->path.len > 0 ? ours->path : (esp_tls_url_part_t){"/", 1}, theirs,
                     CURLUPART_PATH);
}

static bool same_query(const esp_tls_url_t *ours, CURLU *theirs)
{
    return same_part(ours->query, theirs, CURLUPART_QUERY);
}

static bool same_fragment(const esp_tls_url_t *ours, CURLU *theirs)
{
    return same_part(ours->fragment, theirs, CURLUPART_FRAGMENT);
}

static const struct {
    const char *name;
    bool (*is_same)(const esp_tls_url_t *ours, CURLU *theirs);
} parts[] = {
    {"scheme", same_scheme}, {"user", same_user},         {"password", same_password},
    {"host", same_host},     {"port", same_port},         {"path", same_path},
    {"query", same_query},   {"fragment", same_fragment},
};

/** The names of what differs, "" if nothing does. @param names  TEXT bytes */
static void compare(const char *text, char *names)
{
    CURLU *theirs = curl_url();
    esp_tls_url_t ours;
    bool we_take = esp_tls_url_parse(text, strlen(text), &ours);
    bool they_take;
    size_t len = 0;

    assert_non_null(theirs);
    they_take = curl_url_set(theirs, CURLUPART_URL, text,
                             CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS) == CURLUE_OK;
    names[0] = '\0';
    if (we_take != they_take) {
        (void)snprintf(names, TEXT, "%s refuses", we_take ? "curl" : "ours");
    }
    for (size_t i = 0; we_take && they_take && i < COUNT(parts); i++) {
        if (!parts[i].is_same(&ours, theirs)) {
            len += (size_t)snprintf(names + len, TEXT - len, "%s%s", len > 0 ? ", " : "",
                                    parts[i].name);
        }
    }
    curl_url_cleanup(theirs);
}

static void test_parse_differs_from_curl_only_where_it_is_meant_to(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char names[TEXT];

        compare(rows[i].url, names);
        if (strcmp(names, reasons[rows[i].reason].difference) != 0) {
            wrong++;
            print_error("%s: different: \"%s\", listed: \"%s\" (%s)\n", rows[i].url, names,
                        reasons[rows[i].reason].difference, reasons[rows[i].reason].why);
        }
    }
    assert_int_equal(wrong, 0);
}

/* --- resolved --------------------------------------------------------------------------------- */

/* Each has a query, and no dots: curl removes those of the base as well. */
static const char *const bases[] = {
    "http://a.example/b/c/d;p?q",
    "https://user:secret@a.example:8443/?q",
    "https://[2001:db8::1]/c//d/?x/../y",
};

static const struct {
    const char *reference;
    enum reason reason;
} references[] = {
    {"g", SAME},
    {"./g", SAME},
    {"g/", SAME},
    {"/g", SAME},
    {"//g.example", EMPTY_PATH},
    {"//g.example/x?y#z", SAME},
    {"?y", SAME},
    {"g?y", SAME},
    {"#s", SAME_DOCUMENT},
    {"g#s", SAME},
    {"g?y#s", SAME},
    {";x", SAME},
    {"g;x", SAME},
    {"g;x?y#s", SAME},
    {".", SAME},
    {"./", SAME},
    {"..", SAME},
    {"../", SAME},
    {"../g", SAME},
    {"../..", SAME},
    {"../../", SAME},
    {"../../g", SAME},
    {"../../../g", SAME},
    {"../../../../g", SAME},
    {"/./g", SAME},
    {"/../g", SAME},
    {"g.", SAME},
    {".g", SAME},
    {"g..", SAME},
    {"..g", SAME},
    {"./../g", SAME},
    {"./g/.", SAME},
    {"g/./h", SAME},
    {"g/../h", SAME},
    {"g;x=1/./y", SAME},
    {"g;x=1/../y", SAME},
    {"g?y/./x", SAME},
    {"g?y/../x", SAME},
    {"g#s/./x", SAME},
    {"g#s/../x", SAME},
    {"/a/b/../../../c", SAME},
    {"/a//../b", SAME},
    {"/.", SAME},
    {"/..", SAME},
    {"/a/.", SAME},
    {"/a/..", SAME},
    {"/./", SAME},
    {"/../", SAME},
    {"/...", SAME},
    {"//", SAME},
    {"///x", SLASHES},
    {"https://other.example/", SAME},
    {"https://other.example:444/a/../b?c#d", SAME},
    {"HTTPS://other.example/a", LOWER_SCHEME},
    {"http://u:p@other.example/", SAME},
    {"//u:p@other.example/", SAME},
    {"//[::1]:1/", SAME},
    {"//other.example:99999/", SAME},
    {"1:x", SAME},
    {":x", FIRST_SEGMENT},
    {"./1:x", SAME},
    {"a%20b", SAME},
    {"%zz", BAD_ESCAPE},
    {"a?%zz", BAD_ESCAPE},
    {"a%2e%2e/b", SAME},
    {"/%2e%2e/b", SAME},
    {"/a%2Fb", SAME},
    {".%2e/x", SAME},
    {"?a/../b", SAME},
    {"#a/../b", SAME_DOCUMENT},
    {"a/?b", SAME},
    {"?x?y", SAME},
    {"?#", EMPTY_QUERY},
    {"", SAME_DOCUMENT},
    {"a b", SPACE},
    {"a\nb", SAME},
    {"/\x01", SAME},
    {"/\xc3\xa4", HIGH_BYTE},
    {"http:g", NO_AUTHORITY},
    {"g:h", NO_AUTHORITY},
    {"mailto:a@b.example", NO_AUTHORITY},
    {"http:/.//g.example", PATH_AS_HOST},
    {"\\\\g.example/x", SAME},
    {"/\\g.example/x", SAME},
    {"?", EMPTY_QUERY},
    {"#", SAME_DOCUMENT},
};

/** @return false: refused. @param out  2 * TEXT bytes */
static bool curl_resolve(const char *base, const char *reference, char *out)
{
    CURLU *url = curl_url();
    char *text;
    bool is_good;

    assert_non_null(url);
    assert_int_equal(curl_url_set(url, CURLUPART_URL, base, CURLU_NON_SUPPORT_SCHEME), CURLUE_OK);
    is_good = curl_url_set(url, CURLUPART_URL, reference, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    text = is_good ? part_of(url, CURLUPART_URL) : NULL;
    (void)snprintf(out, 2 * TEXT, "%s", text != NULL ? text : "");
    curl_free(text);
    curl_url_cleanup(url);
    return is_good;
}

/** As reasons[].difference has it. */
static const char *compare_resolved(const char *base, const char *reference)
{
    char ours[2 * TEXT];
    char theirs[2 * TEXT];
    size_t len;
    esp_err_t err = esp_tls_url_resolve(base, reference, ours, sizeof(ours), &len);
    bool they_take = curl_resolve(base, reference, theirs);

    assert_int_not_equal(err, ESP_ERR_INVALID_SIZE);
    if (err != ESP_OK || !they_take) {
        return err == ESP_OK ? "curl refuses" : they_take ? "ours refuses" : "";
    }
    return strcmp(ours, theirs) != 0 ? "URL" : "";
}

static void test_resolve_differs_from_curl_only_where_it_is_meant_to(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t b = 0; b < COUNT(bases); b++) {
        for (size_t i = 0; i < COUNT(references); i++) {
            const char *found = compare_resolved(bases[b], references[i].reference);
            enum reason reason = references[i].reason;

            if (strcmp(found, reasons[reason].difference) != 0) {
                wrong++;
                print_error("\"%s\" from %s: different: \"%s\", listed: \"%s\" (%s)\n",
                            references[i].reference, bases[b], found, reasons[reason].difference,
                            reasons[reason].why);
            }
        }
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_differs_from_curl_only_where_it_is_meant_to),
        cmocka_unit_test(test_resolve_differs_from_curl_only_where_it_is_meant_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
