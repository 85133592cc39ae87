#include "ws_options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/option_table.h"
#include "cli/shared_options.h"
#include "cli/values.h"

#define TIMEOUT_DEFAULT_MS 10000
#define WAIT_DEFAULT_MS    500
#define MESSAGES_MAX       1000000000

static struct ws_options *of(void *target)
{
    return target;
}

static bool set_subprotocol(void *target, const char *value)
{
    of(target)->subprotocol = value;
    return true;
}

static bool set_capture(void *target, const char *value)
{
    of(target)->get.capture = value;
    return true;
}

static bool set_keylog(void *target, const char *value)
{
    of(target)->get.keylog = value;
    return true;
}

static bool set_binary(void *target, const char *value)
{
    (void)value;
    of(target)->binary = true;
    return true;
}

static bool set_location(void *target, const char *value)
{
    (void)value;
    of(target)->get.follow = true;
    return true;
}

static bool set_verbose(void *target, const char *value)
{
    (void)value;
    of(target)->get.verbose++;
    return true;
}

static bool set_ping(void *target, const char *value)
{
    return value_time(value, "--ping", &of(target)->ping_ms);
}

static bool set_wait(void *target, const char *value)
{
    struct ws_options *o = of(target);

    o->has_wait = true;
    return value_time(value, "--wait", &o->wait_ms);
}

static bool set_messages(void *target, const char *value)
{
    struct ws_options *o = of(target);
    char *end;
    long n = strtol(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || n < 1 || n > MESSAGES_MAX) {
        fprintf(stderr, "esp-tls: --messages takes a number from 1 on, not '%s'\n", value);
        return false;
    }
    o->messages = (int)n;
    return true;
}

static bool set_header(void *target, const char *value)
{
    return value_header(&of(target)->get, value);
}

static bool set_user(void *target, const char *value)
{
    return value_login(&of(target)->get, value);
}

static bool set_proxy(void *target, const char *value)
{
    return value_proxy(value, &of(target)->get.proxy);
}

static bool set_connect_to(void *target, const char *value)
{
    return value_connect_to(&of(target)->get, value);
}

static const struct option_row rows[] = {
    {'s', "subprotocol", "LIST", "offer these: 'mqtt' or 'v2, v1'", set_subprotocol},
    {'b', "binary", NULL, "stdin is one message, output is as it comes", set_binary},
    {'n', "messages", "N", "close after so many messages, not at stdin's end", set_messages},
    {'w', "wait", "TIME", "close after so much silence behind stdin (500ms)", set_wait},
    {0, "ping", "TIME", "keep alive: a Ping so long after the last", set_ping},
    {'H', "header", "HEADER", "'Name: value' to send, such as Origin, Cookie", set_header},
    {'L', "location", NULL, "follow redirects, ten at most", set_location},
    {'u', "user", "USER:PASSWORD", "log in (Digest, Basic) if the server asks", set_user},
    {0, "proxy", "URL", "go through http:, socks5:, socks4a: or socks4:", set_proxy},
    {0, "cacert", "FILE|DIR", "trust these authorities instead of the system's", shared_set_cacert},
    {0, "cert", "FILE", "own certificate, and its intermediates", shared_set_cert},
    {0, "key", "FILE", "key of --cert (default: in the same file)", shared_set_key},
    {0, "pass", "PASSWORD", "password of the key, or env:NAME, or file:FILE", shared_set_pass},
    {0, "tls", "VERSION", "1.2 or 1.3 and no other", shared_set_version},
    {0, "name", "NAME", "name the certificate must have, also sent as SNI", shared_set_name},
    {0, "no-name-check", NULL, "accept a certificate for another name", shared_set_no_name_check},
    {0, "connect-to", "HOST:PORT", "connect there; all names stay the URL's", set_connect_to},
    {0, "timeout", "TIME", "seconds, or 500ms: to connect, send, close (10)", shared_set_timeout},
    {'4', "ipv4", NULL, "IPv4 addresses only", shared_set_ipv4},
    {'6', "ipv6", NULL, "IPv6 addresses only", shared_set_ipv6},
    {0, "capture", "FILE", "write what is sent and received, for Wireshark", set_capture},
    {0, "keylog", "FILE", "append the secrets of TLS (like SSLKEYLOGFILE)", set_keylog},
    {'v', "verbose", NULL, "say what was agreed, pings, closes; -vv: log, too", set_verbose},
    {'h', "help", NULL, "show this text", shared_set_help},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void ws_options_help(FILE *out)
{
    fputs("usage: esp-tls ws [OPTION]... URL\n"
          "\n"
          "Open a WebSocket (ws or wss). Each line of standard input is sent as a text\n"
          "message, each message that comes is written as a line. After the end of the\n"
          "input it is closed once nothing more comes.\n"
          "\n"
          "Options:\n",
          out);
    option_table_help(out, rows, ROWS, 28);
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
    first = option_table_parse(rows, ROWS, o, argc, argv);
    if (first < 0 || o->get.help) {
        return first >= 0;
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
