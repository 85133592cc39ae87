#include "ws_options.h"

#include <stdlib.h>
#include <string.h>

#include "option.h"
#include "values.h"

#define TIMEOUT_DEFAULT_MS 10000
#define WAIT_DEFAULT_MS    500
#define MESSAGES_MAX       1000000000

static bool set_version(void *options, const char *value)
{
    return value_version(value, &((struct ws_options *)options)->get.version);
}

static bool set_timeout(void *options, const char *value)
{
    return value_time(value, "--timeout", &((struct ws_options *)options)->get.timeout_ms);
}

static bool set_ping(void *options, const char *value)
{
    return value_time(value, "--ping", &((struct ws_options *)options)->ping_ms);
}

static bool set_wait(void *options, const char *value)
{
    struct ws_options *o = options;

    o->has_wait = true;
    return value_time(value, "--wait", &o->wait_ms);
}

static bool set_messages(void *options, const char *value)
{
    struct ws_options *o = options;
    char *end;
    long n = strtol(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || n < 1 || n > MESSAGES_MAX) {
        fprintf(stderr, "esp-tls: --messages takes a number from 1 on, not '%s'\n", value);
        return false;
    }
    o->messages = (int)n;
    return true;
}

static bool set_header(void *options, const char *value)
{
    return value_header(&((struct ws_options *)options)->get, value);
}

static bool set_user(void *options, const char *value)
{
    return value_login(&((struct ws_options *)options)->get, value);
}

static bool set_proxy(void *options, const char *value)
{
    return value_proxy(value, &((struct ws_options *)options)->get.proxy);
}

static bool set_connect_to(void *options, const char *value)
{
    return value_connect_to(&((struct ws_options *)options)->get, value);
}

static bool set_ipv4(void *options, const char *value)
{
    (void)value;
    ((struct ws_options *)options)->get.family = ESP_TLS_AF_INET;
    return true;
}

static bool set_ipv6(void *options, const char *value)
{
    (void)value;
    ((struct ws_options *)options)->get.family = ESP_TLS_AF_INET6;
    return true;
}

#define AT(member)   offsetof(struct ws_options, member), NULL
#define CALL(setter) OPTION_SET, 0, setter

static const struct option_row rows[] = {
    {'s', "subprotocol", "LIST", "offer these: 'mqtt' or 'v2, v1'", OPTION_TEXT, AT(subprotocol)},
    {'b', "binary", NULL, "stdin is one message, output is as it comes", OPTION_FLAG, AT(binary)},
    {'n', "messages", "N", "close after so many messages, not at stdin's end", CALL(set_messages)},
    {'w', "wait", "TIME", "close after so much silence behind stdin (500ms)", CALL(set_wait)},
    {0, "ping", "TIME", "keep alive: a Ping so long after the last", CALL(set_ping)},
    {'H', "header", "HEADER", "'Name: value' to send, such as Origin, Cookie", CALL(set_header)},
    {'L', "location", NULL, "follow redirects, ten at most", OPTION_FLAG, AT(get.follow)},
    {'u', "user", "USER:PASSWORD", "log in (Digest, Basic) if the server asks", CALL(set_user)},
    {0, "proxy", "URL", "go through http:, socks5:, socks4a: or socks4:", CALL(set_proxy)},
    {0, "cacert", "FILE|DIR", "trust these authorities instead of the system's", OPTION_TEXT,
     AT(get.cacert)},
    {0, "cert", "FILE", "own certificate, and its intermediates", OPTION_TEXT, AT(get.cert)},
    {0, "key", "FILE", "key of --cert (default: in the same file)", OPTION_TEXT, AT(get.key)},
    {0, "pass", "PASSWORD", "password of the key, or env:NAME, or file:FILE", OPTION_TEXT,
     AT(get.pass)},
    {0, "tls", "VERSION", "1.2 or 1.3 and no other", CALL(set_version)},
    {0, "name", "NAME", "name the certificate must have, also sent as SNI", OPTION_TEXT,
     AT(get.name)},
    {0, "no-name-check", NULL, "accept a certificate for another name", OPTION_FLAG,
     AT(get.insecure_no_name_check)},
    {0, "connect-to", "HOST:PORT", "connect there; all names stay the URL's", CALL(set_connect_to)},
    {0, "timeout", "TIME", "seconds, or 500ms: to connect, send, close (10)", CALL(set_timeout)},
    {'4', "ipv4", NULL, "IPv4 addresses only", CALL(set_ipv4)},
    {'6', "ipv6", NULL, "IPv6 addresses only", CALL(set_ipv6)},
    {0, "capture", "FILE", "write what is sent and received, for Wireshark", OPTION_TEXT,
     AT(get.capture)},
    {0, "keylog", "FILE", "append the secrets of TLS (like SSLKEYLOGFILE)", OPTION_TEXT,
     AT(get.keylog)},
    {'v', "verbose", NULL, "say what was agreed, pings, closes; -vv: log, too", OPTION_COUNT,
     AT(get.verbose)},
    {'h', "help", NULL, "show this text", OPTION_FLAG, AT(get.help)},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void ws_options_help(FILE *out)
{
    fputs("usage: esp-tls ws [OPTION]... URL\n"
          "\n"
          "Open a WebSocket (ws or wss). Each line of standard input is sent as a text\n"
          "message, each message that comes is written as a line. It is\n"
          "closed when nothing more comes after the end of the input.\n"
          "\n"
          "Options:\n",
          out);
    option_help(rows, ROWS, out);
    fputs("\n"
          "Exit status: 0 closed in order, 2 usage, 3 name, 4 TCP, 5 timeout, 6 certificate\n"
          "refused, 7 other TLS, 8 HTTP status, 9 output, 10 memory, 11 broken or closed\n"
          "with an error, 1 other.\n",
          out);
}

bool ws_options_url(const char *text, esp_tls_url_t *url)
{
    if (!esp_tls_url_parse(text, strlen(text), url)) {
        fprintf(stderr, "esp-tls: '%s' is not a URL; one looks like wss://example.org/chat\n",
                text);
        return false;
    }
    if (!esp_tls_url_part_is(url->scheme, "wss") && !esp_tls_url_part_is(url->scheme, "ws")) {
        fprintf(stderr, "esp-tls: the scheme of '%s' is neither wss nor ws\n", text);
        return false;
    }
    if (url->fragment.ptr != NULL) { /* RFC 6455 section 3 */
        fprintf(stderr, "esp-tls: '%s' has a fragment (#...), which a WebSocket's URL has not\n",
                text);
        return false;
    }
    return true;
}

bool ws_options_parse(struct ws_options *o, int argc, char **argv)
{
    esp_tls_url_t url;
    int first;

    *o = (struct ws_options){.get = {.timeout_ms = TIMEOUT_DEFAULT_MS}, .wait_ms = WAIT_DEFAULT_MS};
    if (!option_parse(rows, ROWS, o, argc, argv, &first)) {
        return false;
    }
    if (o->get.help) {
        return true;
    }
    if (argc - first != 1) {
        fprintf(stderr, "esp-tls: ws takes one URL%s; see esp-tls ws --help\n",
                argc == first ? "" : ", and there are several words");
        return false;
    }
    o->get.urls = argv + first;
    o->get.url_count = 1;
    if (!ws_options_url(o->get.urls[0], &url)) {
        return false;
    }
    o->get.is_tls = esp_tls_url_part_is(url.scheme, "wss");
    return get_options_fit_tls(&o->get, "wss", "ws");
}
