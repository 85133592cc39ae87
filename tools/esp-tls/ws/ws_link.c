#include "ws_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "esp_http_field.h"
#include "esp_transport_async.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "cli/shortage.h"
#include "cli/target.h"
#include "get/explain_http.h"

#define REDIRECTS_MAX 10
#define FIELDS_MAX    4096

static enum tool_exit bad_value(const char *what)
{
    if (shortage_take()) {
        return tool_no_memory();
    }
    fprintf(stderr, "esp-tls: %s cannot be used in a request\n", what);
    return EXIT_USAGE;
}

/* --- where to --------------------------------------------------------------------------------- */

/** A login in the URL is that of -u, unless there is one. */
static bool take_userinfo(struct ws_link *l, const esp_tls_url_t *url)
{
    const struct connect_options *o = &l->options->connect;
    const esp_tls_url_part_t info = url->userinfo;
    const char *colon = info.ptr != NULL ? memchr(info.ptr, ':', info.len) : NULL;
    const size_t user_len = colon != NULL ? (size_t)(colon - info.ptr) : info.len;

    l->has_login = !l->is_elsewhere && (o->password != NULL || user_len > 0);
    if (!l->has_login) {
        return true;
    }
    if (o->password != NULL) {
        snprintf(l->user, sizeof(l->user), "%s", o->user);
        snprintf(l->password, sizeof(l->password), "%s", o->password);
        return true;
    }
    l->password[0] = '\0';
    return esp_http_percent_decode(info.ptr, user_len, l->user, sizeof(l->user)) &&
           (colon == NULL || esp_http_percent_decode(colon + 1, info.len - user_len - 1,
                                                     l->password, sizeof(l->password)));
}

static enum tool_exit take_url(struct ws_link *l, const char *text)
{
    esp_tls_url_t url;

    if (!ws_options_url(text, &url)) {
        return EXIT_USAGE;
    }
    if (url.host.len >= sizeof(l->host) || strlen(text) >= sizeof(l->url)) {
        fputs("esp-tls: the URL is too long\n", stderr);
        return EXIT_USAGE;
    }
    snprintf(l->url, sizeof(l->url), "%s", text);
    l->is_tls = esp_tls_url_part_is(url.scheme, "wss");
    snprintf(l->host, sizeof(l->host), "%.*s", (int)url.host.len, url.host.ptr);
    l->port = esp_tls_url_port(&url);
    return take_userinfo(l, &url) ? EXIT_OK : bad_value("the user name in the URL");
}

/* --- the transports --------------------------------------------------------------------------- */

static void configure_tls(const struct ws_link *l)
{
    static const char *const alpn[] = {"http/1.1", NULL};
    const struct connect_options *o = &l->options->connect;
    const struct identity *id = &l->identity;

    esp_transport_ssl_enable_global_ca_store(l->ssl);
    esp_transport_ssl_set_alpn_protocol(l->ssl, connect_options_alpn(o, alpn));
    esp_transport_ssl_set_tls_version(l->ssl, o->version);
    if (o->name != NULL || o->connect_to != NULL) {
        esp_transport_ssl_set_common_name(l->ssl, o->name != NULL ? o->name : l->host);
    }
    if (o->insecure_no_name_check) {
        esp_transport_ssl_skip_common_name_check(l->ssl);
    }
    if (o->cert != NULL) { /* PEM's size counts its NUL, DER has none: as they are */
        esp_transport_ssl_set_client_cert_data_der(l->ssl, (const char *)id->cert.data,
                                                   (int)id->cert.size);
        esp_transport_ssl_set_client_key_data_der(l->ssl, (const char *)id->key.data,
                                                  (int)id->key.size);
    }
    if (id->password != NULL) {
        esp_transport_ssl_set_client_key_password(l->ssl, id->password, (int)strlen(id->password));
    }
}

static void drop_transports(struct ws_link *l)
{
    esp_transport_handle_t *const all[] = {&l->ws, &l->ssl, &l->tcp};

    if (l->ws != NULL) {
        (void)esp_transport_close(l->ws);
    }
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (*all[i] != NULL) {
            (void)esp_transport_destroy(*all[i]);
            *all[i] = NULL;
        }
    }
    tunnel_clear(&l->tunnel);
}

/** From the lowest up. */
static enum tool_exit make_transports(struct ws_link *l)
{
    const struct connect_options *o = &l->options->connect;
    const bool has_proxy = tunnel_is_wanted(o);
    esp_transport_handle_t top = NULL;

    if (has_proxy) {
        if (!tunnel_make(&l->tunnel, o)) {
            return bad_value("--proxy");
        }
        capture_transport(&l->capture, l->tunnel.tcp);
        top = l->tunnel.way;
    } else if (!l->is_tls) {
        top = l->tcp = esp_transport_tcp_init();
    }
    if (l->is_tls) {
        l->ssl = esp_transport_ssl_init();
        if (l->ssl != NULL && top != NULL) {
            (void)esp_transport_ssl_set_parent(l->ssl, top);
        }
        top = l->ssl;
    }
    if (top == NULL || (l->ws = esp_transport_ws_init(top)) == NULL) {
        return tool_no_memory();
    }
    if (l->ssl != NULL) {
        configure_tls(l);
        capture_transport(&l->capture, l->ssl);
    }
    if (l->tcp != NULL) {
        capture_transport(&l->capture, l->tcp);
    }
    if (!has_proxy) {
        esp_transport_ssl_set_addr_family(l->tcp != NULL ? l->tcp : l->ssl, o->family);
    }
    return EXIT_OK;
}

/* --- the request ------------------------------------------------------------------------------ */

static bool is_secret(const char *header)
{
    static const char *const names[] = {"Authorization:", "Cookie:"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncasecmp(header, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

/** All -H as a block. @return false: they are too long */
static bool gather_fields(const struct ws_link *l, char *out, size_t cap)
{
    const struct connect_options *o = &l->options->connect;
    char authority[TARGET_AUTHORITY];
    size_t len = 0;

    out[0] = '\0';
    if (o->connect_to != NULL) {
        len = (size_t)snprintf(out, cap, "Host: %s\r\n",
                               target_authority(l->host, l->port, authority));
    }
    for (size_t i = 0; i < o->header_count; i++) {
        if (l->is_elsewhere && is_secret(o->headers[i])) {
            continue;
        }
        len += (size_t)snprintf(out + len, cap - len, "%s\r\n", o->headers[i]);
        if (len >= cap) {
            return false;
        }
    }
    return true;
}

/** Path and query of the URL, as they are sent. */
static void request_target(const struct ws_link *l, char *out, size_t cap)
{
    esp_tls_url_t url;

    (void)esp_tls_url_parse(l->url, strlen(l->url), &url);
    snprintf(out, cap, "%s%.*s%s%.*s", url.path.len > 0 ? "" : "/", (int)url.path.len,
             url.path.len > 0 ? url.path.ptr : "", url.query.ptr != NULL ? "?" : "",
             (int)url.query.len, url.query.ptr != NULL ? url.query.ptr : "");
}

/** Keep a challenge (RFC 9110 section 11.6.1). */
static void on_line(void *arg, const char *line, int len)
{
    static const char name[] = "WWW-Authenticate:";
    const size_t name_len = sizeof(name) - 1;
    struct ws_link *l = arg;
    char value[1024];

    if ((size_t)len > name_len && (size_t)len < sizeof(value) &&
        strncasecmp(line, name, name_len) == 0 && l->auth != NULL) {
        snprintf(value, sizeof(value), "%.*s", len - (int)name_len, line + name_len);
        (void)esp_http_auth_challenge(l->auth, value + strspn(value, " \t"));
    }
}

static enum tool_exit configure(struct ws_link *l)
{
    const struct ws_options *o = l->options;
    const esp_transport_ws_policy_t policy = {.ping_interval_ms = o->ping_ms,
                                              .pong_timeout_ms = o->connect.timeout_ms,
                                              .close_timeout_ms = o->connect.timeout_ms};
    char fields[FIELDS_MAX];
    char target[sizeof(l->url)];
    esp_err_t err;

    request_target(l, target, sizeof(target));
    esp_transport_ws_set_path(l->ws, target);
    if (!gather_fields(l, fields, sizeof(fields))) {
        return bad_value("so much of -H");
    }
    err = esp_transport_ws_set_headers(l->ws, fields);
    if (err == ESP_ERR_INVALID_ARG) {
        return bad_value("-H with a field of the handshake itself (Upgrade, Sec-WebSocket-Key)");
    }
    if (err == ESP_OK) {
        err = esp_transport_ws_set_user_agent(l->ws, "esp-tls/" ESP_TLS_VERSION);
    }
    if (err == ESP_OK) {
        err = esp_transport_ws_set_subprotocol(l->ws, o->subprotocol);
        if (err == ESP_ERR_INVALID_ARG) {
            return bad_value("-s, which takes different names with commas between them,");
        }
    }
    if (err == ESP_OK && l->has_login) {
        err = esp_transport_ws_set_header_hook(l->ws, on_line, l);
    }
    if (err == ESP_OK) {
        err = esp_transport_ws_set_policy(l->ws, &policy);
    }
    return err == ESP_OK ? EXIT_OK : tool_no_memory();
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum tool_exit make(struct ws_link *l)
{
    enum tool_exit status;

    drop_transports(l);
    status = make_transports(l);
    return status == EXIT_OK ? configure(l) : status;
}

static int connect_once(struct ws_link *l)
{
    const struct connect_options *o = &l->options->connect;

    if (l->auth != NULL) {
        esp_http_auth_clear(l->auth);
    }
    return esp_transport_connect(l->ws, connect_options_host(o, l->host),
                                 connect_options_port(o, l->port), o->timeout_ms);
}

/** The server wants to know who we are: say so, once. @return false: it cannot be said */
static bool log_in(struct ws_link *l)
{
    char target[sizeof(l->url)];
    char *value;
    bool is_set;

    if (!l->has_login || l->has_said || l->auth == NULL || esp_http_auth_scheme(l->auth) == 0 ||
        esp_transport_ws_get_upgrade_request_status(l->ws) != 401) {
        return false;
    }
    request_target(l, target, sizeof(target));
    if (esp_http_auth_authorize(l->auth, l->user, l->password, "GET", target, &value) != ESP_OK) {
        return false;
    }
    is_set = esp_transport_ws_set_auth(l->ws, value) == ESP_OK;
    esp_http_auth_free_value(value);
    l->has_said = is_set;
    (void)esp_transport_close(l->ws);
    return is_set;
}

/** http stands for ws there (RFC 6455 section 3). */
static void to_ws_scheme(char *out, size_t cap, const char *place)
{
    const bool is_http =
        strncasecmp(place, "http:", 5) == 0 || strncasecmp(place, "https:", 6) == 0;

    snprintf(out, cap, "%s%s", is_http ? "ws" : "", is_http ? place + 4 : place);
}

/** Go where a redirect leads, if that may be. @return EXIT_OK, or EXIT_HTTP and the like */
static enum tool_exit follow(struct ws_link *l)
{
    char place[sizeof(l->url)];
    esp_tls_url_t from;
    esp_tls_url_t to;
    enum tool_exit status;

    to_ws_scheme(place, sizeof(place), esp_transport_ws_get_redir_uri(l->ws));
    if (!esp_tls_url_parse(place, strlen(place), &to)) {
        return EXIT_HTTP;
    }
    (void)esp_tls_url_parse(l->url, strlen(l->url), &from);
    if (l->is_tls && !esp_tls_url_part_is(to.scheme, "wss")) {
        fputs(
            "esp-tls: the server redirects from wss to what is not encrypted, where everybody can "
            "read along: not followed\n",
            stderr);
        return EXIT_HTTP;
    }
    l->is_elsewhere = l->is_elsewhere || !esp_tls_url_same_origin(&from, &to);
    if (l->options->connect.verbose > 0) {
        fprintf(stderr, "* redirected to %s\n", place);
    }
    status = take_url(l, place);
    if (status == EXIT_OK && l->is_tls && !l->options->connect.is_tls) {
        status = credentials_trust(NULL);
    }
    return status == EXIT_OK ? make(l) : EXIT_HTTP;
}

enum tool_exit ws_link_open(struct ws_link *l)
{
    enum tool_exit status = take_url(l, l->options->url);
    int redirects = 0;

    if (status == EXIT_OK && l->has_login) {
        l->auth = esp_http_auth_new(ESP_HTTP_AUTH_DIGEST | ESP_HTTP_AUTH_BASIC);
        status = l->auth != NULL ? EXIT_OK : tool_no_memory();
    }
    if (status == EXIT_OK) {
        status = make(l);
    }
    while (status == EXIT_OK) {
        int ret = connect_once(l);

        if (ret == 0) {
            return EXIT_OK;
        }
        if (ret < 0 && log_in(l)) {
            continue;
        }
        if (ret < 0 || !l->options->connect.follow) {
            return ws_link_fail(l);
        }
        if (++redirects > REDIRECTS_MAX) {
            fputs("esp-tls: more than ten redirects: probably they lead in a circle\n", stderr);
            return EXIT_HTTP;
        }
        status = follow(l);
    }
    return status;
}

/* --- ends ------------------------------------------------------------------------------------- */

void ws_link_say(struct ws_link *l, const struct text *text)
{
    text_copy(text, l->verdict, sizeof(l->verdict));
    fputs("esp-tls: ", stderr);
    text_print(text, stderr);
}

enum tool_exit ws_link_fail(struct ws_link *l)
{
    struct text text = {0};
    enum tool_exit status = explain_ws(l, &text);

    diagnose_ws(l, &l->diagnosis);
    if (status != EXIT_MEMORY && shortage_take()) { /* what was found is what came of that */
        return tool_no_memory();
    }
    l->has_diagnosis = true;
    ws_link_say(l, &text);
    return status;
}

enum tool_exit ws_link_closed(struct ws_link *l)
{
    const int code = esp_transport_ws_get_close_code(l->ws);
    const char *name = ws_close_name(code);
    const bool is_good = code == 1000 || code == 1001 || code == 1005;
    struct text text = {0};

    l->close_code = code;
    http_printable(l->close_reason, sizeof(l->close_reason),
                   esp_transport_ws_get_close_reason(l->ws));
    text_add(&text, "%sthe server closed the WebSocket with %s %d%s%s%s%s%s", is_good ? "* " : "",
             code == 1005 ? "no code:" : "code", code, name[0] != '\0' ? " (" : "", name,
             name[0] != '\0' ? ")" : "", l->close_reason[0] != '\0' ? ": " : "", l->close_reason);
    if (!is_good) {
        ws_link_say(l, &text);
    } else if (l->options->connect.verbose > 0) {
        text_print(&text, stderr);
    }
    return is_good ? EXIT_OK : EXIT_ANSWER;
}

enum tool_exit ws_link_clear(struct ws_link *l)
{
    drop_transports(l);
    esp_http_auth_free(l->auth);
    credentials_clear(&l->identity);
    explicit_bzero(l->password, sizeof(l->password));
    return capture_close(&l->capture);
}
