#include "target.h"

#include <stdio.h>
#include <string.h>

#include "esp_tls_url.h"
#include "tool.h"

static const char *const http_alpn[] = {"http/1.1", NULL};
static const char *const mqtt_alpn[] = {"mqtt", NULL};

/** What is spoken behind TLS, by scheme. ALPN names are IANA's. */
static const struct scheme {
    const char *name;
    uint16_t port;
    bool is_http;
    bool smtp;
    const char *const *alpn;
} schemes[] = {
    {"https", 443, true, false, http_alpn},   {"wss", 443, true, false, http_alpn},
    {"mqtts", 8883, false, false, mqtt_alpn}, {"smtp", 25, false, true, NULL},
    {"smtps", 465, false, false, NULL},       {"tls", 443, false, false, NULL},
};

/** HOST, HOST:PORT, an IPv6 address with or without brackets, or a URL: as a URL. */
static bool as_url(const char *text, char *url, size_t cap)
{
    const char *colon = strchr(text, ':');
    bool is_bare_ipv6 = colon != NULL && text[0] != '[' && strchr(colon + 1, ':') != NULL;
    int len;

    if (strstr(text, "://") != NULL) {
        len = snprintf(url, cap, "%s", text);
    } else {
        len = snprintf(url, cap, is_bare_ipv6 ? "tls://[%s]" : "tls://%s", text);
    }
    return len > 0 && (size_t)len < cap;
}

static const struct scheme *find_scheme(esp_tls_url_part_t name)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (esp_tls_url_part_is(name, schemes[i].name)) {
            return &schemes[i];
        }
    }
    return NULL;
}

static bool is_without_tls(const esp_tls_url_t *url)
{
    static const char *const names[] = {"http", "ws", "mqtt", "tcp"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (esp_tls_url_part_is(url->scheme, names[i])) {
            fprintf(stderr, "esp-tls: this is about TLS, and %s has none\n", names[i]);
            return true;
        }
    }
    return false;
}

static void take_parts(struct target *t, const esp_tls_url_t *url, const struct scheme *scheme)
{
    t->scheme = scheme->name;
    t->port = url->port != 0 ? url->port : scheme->port;
    t->smtp = scheme->smtp;
    t->alpn = scheme->alpn;
    t->is_http = scheme->is_http;
    if (strcmp(scheme->name, "tls") == 0 && t->port == 443) { /* there is nothing else there */
        t->is_http = true;
        t->alpn = http_alpn;
    }
    snprintf(t->host, sizeof(t->host), "%.*s", (int)url->host.len, url->host.ptr);
    snprintf(t->path, sizeof(t->path), "%s%.*s%s%.*s", url->path.len == 0 ? "/" : "",
             (int)url->path.len, url->path.ptr, url->query.ptr != NULL ? "?" : "",
             (int)url->query.len, url->query.ptr != NULL ? url->query.ptr : "");
}

const char *target_authority(const char *host, uint16_t port, char text[TARGET_AUTHORITY])
{
    bool is_ipv6 = strchr(host, ':') != NULL;

    snprintf(text, TARGET_AUTHORITY, is_ipv6 ? "[%.255s]:%u" : "%.255s:%u", host, port);
    return text;
}

size_t target_request(char text[2048], const char *host, uint16_t port, const char *path)
{
    char authority[TARGET_AUTHORITY];

    return (size_t)snprintf(text, 2048,
                            "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: esp-tls/" ESP_TLS_VERSION
                            "\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                            path, target_authority(host, port, authority));
}

bool target_set_starttls(void *at, const char *value, const struct option_row *row)
{
    if (strcmp(value, "smtp") != 0) {
        fprintf(stderr, "esp-tls: --%s takes smtp, not '%s'\n", row->name, value);
        return false;
    }
    *(bool *)at = true;
    return true;
}

bool target_parse(struct target *target, const char *name, const char *text)
{
    bool smtp = target->smtp;
    char url[2048];
    esp_tls_url_t parts;
    const struct scheme *scheme = NULL;

    memset(target, 0, sizeof(*target));
    target->text = text;
    if (as_url(text, url, sizeof(url)) && esp_tls_url_parse(url, strlen(url), &parts)) {
        if (is_without_tls(&parts)) {
            return false;
        }
        scheme = find_scheme(parts.scheme);
    }
    if (scheme == NULL || parts.userinfo.ptr != NULL || parts.host.len >= sizeof(target->host) ||
        parts.path.len + parts.query.len + 2 >= sizeof(target->path)) {
        fprintf(stderr,
                "esp-tls: '%s' is no server; one looks like example.org, example.org:8883, "
                "https://example.org/, mqtts://broker.example or smtp://mail.example\n",
                text);
        return false;
    }
    take_parts(target, &parts, scheme);
    if (smtp) {
        target->smtp = true;
        target->is_http = false;
        target->alpn = NULL;
    }
    name = name != NULL ? name : target->host;
    if (strlen(name) >= sizeof(target->name)) {
        fputs("esp-tls: the name is longer than a name can be\n", stderr);
        return false;
    }
    snprintf(target->name, sizeof(target->name), "%s", name);
    return true;
}
