#define _GNU_SOURCE /* strsep */
#include "connect_options.h"

#include <string.h>

#include "esp_http_field.h"
#include "esp_log.h"

#define TIMEOUT_DEFAULT_MS 10000

void connect_options_init(void *options)
{
    struct connect_options *o = options;

    o->timeout_ms = TIMEOUT_DEFAULT_MS;
    o->is_tls = true;
}

void connect_options_log(const struct connect_options *o)
{
    if (o->verbose > 1) {
        esp_log_level_set("*", o->verbose == 2 ? ESP_LOG_INFO : ESP_LOG_VERBOSE);
    }
}

bool connect_options_fit(const struct connect_options *o, const char *secure, const char *plain)
{
    const struct {
        bool is_set;
        const char *name;
    } tls_only[] = {
        {o->cacert != NULL, "--cacert"},
        {o->cert != NULL, "--cert"},
        {o->key != NULL, "--key"},
        {o->name != NULL, "--name"},
        {o->insecure_no_name_check, "--no-name-check"},
        {o->has_alpn, "--alpn"},
        {o->version != ESP_TLS_VER_ANY, "--tls"},
    };

    for (size_t i = 0; i < sizeof(tls_only) / sizeof(tls_only[0]) && !o->is_tls; i++) {
        if (tls_only[i].is_set) {
            fprintf(stderr, "esp-tls: %s is for %s; with %s nothing is verified\n",
                    tls_only[i].name, secure, plain);
            return false;
        }
    }
    if (o->connect_to != NULL && o->proxy.proxy.host != NULL) {
        fputs("esp-tls: --connect-to does not go with --proxy\n", stderr);
        return false;
    }
    if (o->key != NULL && o->cert == NULL) {
        fputs("esp-tls: --key needs --cert, the certificate that belongs to the key\n", stderr);
        return false;
    }
    if (o->pass != NULL && o->cert == NULL) {
        fputs("esp-tls: --pass is for the key of --cert, and there is none\n", stderr);
        return false;
    }
    return true;
}

const char **connect_options_alpn(const struct connect_options *o, const char *const *otherwise)
{
    if (!o->has_alpn) {
        return (const char **)(uintptr_t)otherwise;
    }
    return o->alpn[0] != NULL ? (const char **)(uintptr_t)o->alpn : NULL;
}

const char *connect_options_host(const struct connect_options *o, const char *host)
{
    return o->connect_to != NULL ? o->connect_host : host;
}

uint16_t connect_options_port(const struct connect_options *o, uint16_t port)
{
    return o->connect_to != NULL ? o->connect_port : port;
}

/** The command that the scheme is for. */
static const char *hint_of(const esp_tls_url_t *url)
{
    static const struct {
        const char *scheme, *hint;
    } hints[] = {
        {"wss", "; esp-tls ws opens WebSockets"},
        {"ws", "; esp-tls ws opens WebSockets"},
        {"https", "; esp-tls get fetches"},
        {"http", "; esp-tls get fetches"},
        {"mqtts", "; esp-tls check looks at a broker"},
        {"smtp", "; esp-tls check looks at it"},
        {"smtps", "; esp-tls check looks at it"},
    };

    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (esp_tls_url_part_is(url->scheme, hints[i].scheme)) {
            return hints[i].hint;
        }
    }
    return "";
}

bool connect_options_url(const char *text, const char *secure, const char *plain,
                         const char *example, esp_tls_url_t *url)
{
    if (!esp_tls_url_parse(text, strlen(text), url)) {
        fprintf(stderr, "esp-tls: '%s' is not a URL; one looks like %s\n", text, example);
        return false;
    }
    if (!esp_tls_url_part_is(url->scheme, secure) && !esp_tls_url_part_is(url->scheme, plain)) {
        fprintf(stderr, "esp-tls: the scheme of '%s' is neither %s nor %s%s\n", text, secure, plain,
                hint_of(url));
        return false;
    }
    return true;
}

/* --- setters ---------------------------------------------------------------------------------- */

bool connect_set_version(void *at, const char *text, const struct option_row *row)
{
    esp_tls_proto_ver_t *version = at;

    (void)row;
    if (strcmp(text, "1.2") == 0) {
        *version = ESP_TLS_VER_TLS_1_2;
    } else if (strcmp(text, "1.3") == 0) {
        *version = ESP_TLS_VER_TLS_1_3;
    } else {
        fprintf(stderr,
                "esp-tls: --tls takes 1.2 or 1.3, not '%s': older versions are insecure and not "
                "available\n",
                text);
        return false;
    }
    return true;
}

bool connect_set_family(void *at, const char *value, const struct option_row *row)
{
    (void)value;
    *(esp_tls_addr_family_t *)at = row->letter == '4' ? ESP_TLS_AF_INET : ESP_TLS_AF_INET6;
    return true;
}

/** Copy a part, decoded, behind what is there. @return NULL: it does not decode, or fit */
static const char *keep_decoded(struct connect_proxy *p, size_t *used, const char *from, size_t len)
{
    char *to = p->text + *used;

    if (!esp_http_percent_decode(from, len, to, sizeof(p->text) - *used)) {
        return NULL;
    }
    *used += strlen(to) + 1;
    return to;
}

static bool take_proxy_login(struct connect_proxy *p, size_t *used, esp_tls_url_part_t info)
{
    const char *colon = memchr(info.ptr, ':', info.len);
    size_t len = colon != NULL ? (size_t)(colon - info.ptr) : info.len;

    p->proxy.username = keep_decoded(p, used, info.ptr, len);
    p->proxy.password = colon != NULL ? keep_decoded(p, used, colon + 1, info.len - len - 1) : "";
    return p->proxy.username != NULL && p->proxy.username[0] != '\0' && p->proxy.password != NULL;
}

bool connect_set_proxy(void *at, const char *text, const struct option_row *row)
{
    struct connect_proxy *proxy = at;
    static const struct {
        const char *scheme;
        esp_http_client_proxy_kind_t kind;
        uint16_t port;
    } kinds[] = {
        {"http", ESP_HTTP_CLIENT_PROXY_HTTP, 3128},
        {"socks5", ESP_HTTP_CLIENT_PROXY_SOCKS5, 1080},
        {"socks5h", ESP_HTTP_CLIENT_PROXY_SOCKS5, 1080},
        {"socks4a", ESP_HTTP_CLIENT_PROXY_SOCKS4A, 1080},
        {"socks4", ESP_HTTP_CLIENT_PROXY_SOCKS4, 1080},
    };
    esp_tls_url_t url;
    size_t used = 0;
    bool ok = esp_tls_url_parse(text, strlen(text), &url);

    (void)row;
    *proxy = (struct connect_proxy){.text = ""};
    for (size_t i = 0; ok && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (esp_tls_url_part_is(url.scheme, kinds[i].scheme)) {
            proxy->proxy.kind = kinds[i].kind;
            proxy->proxy.port = url.port != 0 ? url.port : kinds[i].port;
            proxy->proxy.host = keep_decoded(proxy, &used, url.host.ptr, url.host.len);
        }
    }
    ok = ok && proxy->proxy.host != NULL && url.path.len <= 1 && url.query.ptr == NULL &&
         (url.userinfo.ptr == NULL || take_proxy_login(proxy, &used, url.userinfo));
    if (!ok) {
        fprintf(stderr,
                "esp-tls: --proxy takes http://HOST:PORT, or socks5:, socks4a:, socks4: instead of "
                "http:, and USER:PASSWORD@ before HOST, not '%s'\n",
                text);
    }
    return ok;
}

bool connect_set_connect_to(void *at, const char *value, const struct option_row *row)
{
    struct connect_options *o = at;
    char text[512];
    esp_tls_url_t parts;
    int len = snprintf(text, sizeof(text), "tcp://%s", value);

    (void)row;
    if (len < 0 || (size_t)len >= sizeof(text) || !esp_tls_url_parse(text, (size_t)len, &parts) ||
        parts.port == 0 || parts.path.len > 0 || parts.userinfo.ptr != NULL ||
        parts.query.ptr != NULL || parts.fragment.ptr != NULL ||
        parts.host.len >= sizeof(o->connect_host)) {
        fprintf(stderr, "esp-tls: --connect-to takes HOST:PORT (IPv6: [ADDRESS]:PORT), not '%s'\n",
                value);
        return false;
    }
    snprintf(o->connect_host, sizeof(o->connect_host), "%.*s", (int)parts.host.len, parts.host.ptr);
    o->connect_port = parts.port;
    o->connect_to = value;
    return true;
}

/** Cut the list into its names. @return false: one is empty, or there are too many */
static bool split_alpn(struct connect_options *o)
{
    char *next = o->alpn_text;
    size_t count = 0;

    while (next != NULL && count < CONNECT_ALPN) {
        const char *name = strsep(&next, ",");

        name += strspn(name, " ");
        if (*name == '\0') {
            return false;
        }
        o->alpn[count++] = name;
    }
    o->alpn[count] = NULL;
    return next == NULL;
}

bool connect_set_alpn(void *at, const char *value, const struct option_row *row)
{
    struct connect_options *o = at;

    o->has_alpn = true;
    o->alpn[0] = NULL;
    if (value[0] == '\0') {
        return true;
    }
    if (strlen(value) < sizeof(o->alpn_text)) {
        (void)stpcpy(o->alpn_text, value);
        if (split_alpn(o)) {
            return true;
        }
    }
    fprintf(stderr, "esp-tls: --%s takes up to %d names with ',' between, not '%s'\n", row->name,
            CONNECT_ALPN, value);
    return false;
}

bool connect_set_header(void *at, const char *value, const struct option_row *row)
{
    struct connect_options *o = at;
    const char *colon = strchr(value, ':');
    char name[128];

    (void)row;
    snprintf(name, sizeof(name), "%.*s", colon != NULL ? (int)(colon - value) : 0, value);
    if (colon == NULL || (size_t)(colon - value) >= sizeof(name) || !esp_http_is_token(name) ||
        !esp_http_is_field_value(colon + 1)) {
        fprintf(stderr, "esp-tls: -H takes 'Name: value', or 'Name:' to leave one out, not '%s'\n",
                value);
        return false;
    }
    if (o->header_count == CONNECT_HEADERS) {
        fprintf(stderr, "esp-tls: more than %d times -H\n", CONNECT_HEADERS);
        return false;
    }
    o->headers[o->header_count++] = value;
    return true;
}

bool connect_set_user(void *at, const char *value, const struct option_row *row)
{
    struct connect_options *o = at;
    char *colon;

    (void)row;
    if (strlen(value) >= sizeof(o->user) || value[0] == '\0' || value[0] == ':' ||
        !esp_http_is_field_value(value)) {
        fputs("esp-tls: -u takes USER:PASSWORD\n", stderr);
        return false;
    }
    snprintf(o->user, sizeof(o->user), "%s", value);
    colon = strchr(o->user, ':');
    o->password = colon != NULL ? colon + 1 : "";
    if (colon != NULL) {
        *colon = '\0';
    }
    return true;
}
