#include "values.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_http_field.h"

#define TIME_MAX_S 86400.0

bool value_version(const char *text, esp_tls_proto_ver_t *version)
{
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

bool value_time(const char *text, const char *name, int *ms)
{
    char *end;
    double seconds = strtod(text, &end);
    bool is_number = end != text && isdigit((unsigned char)text[0]);

    if (strcmp(end, "ms") == 0) {
        seconds /= 1000;
    } else if (*end != '\0' && strcmp(end, "s") != 0) {
        is_number = false;
    }
    if (!is_number || !(seconds >= 0.001 && seconds <= TIME_MAX_S)) {
        fprintf(stderr,
                "esp-tls: %s takes seconds (5, 0.5) or milliseconds (500ms), up to a day, "
                "not '%s'\n",
                name, text);
        return false;
    }
    *ms = (int)(seconds * 1000 + 0.5);
    return true;
}

bool value_bytes(const char *text, const char *name, uint32_t least, uint32_t most, uint32_t *bytes)
{
    char *end;
    unsigned long long n;

    errno = 0;
    n = strtoull(text, &end, 10);
    if (*end == 'K' || *end == 'k') {
        n = n < UINT32_MAX ? n * 1024 : n;
        end++;
    } else if (*end == 'M' || *end == 'm') {
        n = n < UINT32_MAX ? n * 1024 * 1024 : n;
        end++;
    }
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || n < least || n > most) {
        fprintf(stderr, "esp-tls: %s takes %u to %u bytes (K and M are understood), not '%s'\n",
                name, (unsigned)least, (unsigned)most, text);
        return false;
    }
    *bytes = (uint32_t)n;
    return true;
}

/** Copy a part, decoded, behind what is there. @return NULL: it does not decode, or fit */
static const char *keep(struct get_proxy *p, size_t *used, const char *from, size_t len)
{
    char *to = p->text + *used;

    if (!esp_http_percent_decode(from, len, to, sizeof(p->text) - *used)) {
        return NULL;
    }
    *used += strlen(to) + 1;
    return to;
}

static bool take_login(struct get_proxy *p, size_t *used, esp_tls_url_part_t info)
{
    const char *colon = memchr(info.ptr, ':', info.len);
    size_t len = colon != NULL ? (size_t)(colon - info.ptr) : info.len;

    p->proxy.username = keep(p, used, info.ptr, len);
    p->proxy.password = colon != NULL ? keep(p, used, colon + 1, info.len - len - 1) : "";
    return p->proxy.username != NULL && p->proxy.username[0] != '\0' && p->proxy.password != NULL;
}

bool value_proxy(const char *text, struct get_proxy *proxy)
{
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

    *proxy = (struct get_proxy){.text = ""};
    for (size_t i = 0; ok && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (esp_tls_url_part_is(url.scheme, kinds[i].scheme)) {
            proxy->proxy.kind = kinds[i].kind;
            proxy->proxy.port = url.port != 0 ? url.port : kinds[i].port;
            proxy->proxy.host = keep(proxy, &used, url.host.ptr, url.host.len);
        }
    }
    ok = ok && proxy->proxy.host != NULL && url.path.len <= 1 && url.query.ptr == NULL &&
         (url.userinfo.ptr == NULL || take_login(proxy, &used, url.userinfo));
    if (!ok) {
        fprintf(stderr,
                "esp-tls: --proxy takes http://HOST:PORT, or socks5:, socks4a:, socks4: instead of "
                "http:, and USER:PASSWORD@ before HOST, not '%s'\n",
                text);
    }
    return ok;
}

bool value_connect_to(struct get_options *o, const char *value)
{
    char text[512];
    esp_tls_url_t parts;
    int len = snprintf(text, sizeof(text), "tcp://%s", value);

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

bool value_header(struct get_options *o, const char *value)
{
    const char *colon = strchr(value, ':');
    char name[128];

    snprintf(name, sizeof(name), "%.*s", colon != NULL ? (int)(colon - value) : 0, value);
    if (colon == NULL || (size_t)(colon - value) >= sizeof(name) || !esp_http_is_token(name) ||
        !esp_http_is_field_value(colon + 1)) {
        fprintf(stderr, "esp-tls: -H takes 'Name: value', or 'Name:' to leave one out, not '%s'\n",
                value);
        return false;
    }
    if (o->header_count == GET_HEADERS) {
        fprintf(stderr, "esp-tls: more than %d times -H\n", GET_HEADERS);
        return false;
    }
    o->headers[o->header_count++] = value;
    return true;
}

bool value_login(struct get_options *o, const char *value)
{
    char *colon;

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
