#include "ws_options.h"

#include <stdlib.h>
#include <string.h>

#define WAIT_DEFAULT_MS 500
#define MESSAGES_MAX    1000000000

static bool set_wait(void *at, const char *value, const struct option_row *row)
{
    struct ws_options *o = at;

    o->has_wait = true;
    return option_set_time(&o->wait_ms, value, row);
}

static bool set_messages(void *at, const char *value, const struct option_row *row)
{
    char *end;
    long n = strtol(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || n < 1 || n > MESSAGES_MAX) {
        fprintf(stderr, "esp-tls: --%s takes a number from 1 on, not '%s'\n", row->name, value);
        return false;
    }
    *(int *)at = (int)n;
    return true;
}

#define AT(member) offsetof(struct ws_options, member), false

static const struct option_row rows[] = {
    {'s', "subprotocol", "LIST", "offer these: 'mqtt' or 'v2, v1'", option_set_text,
     AT(subprotocol)},
    {'b', "binary", NULL, "stdin is one message, output is as it comes", option_set_true,
     AT(binary)},
    {'n', "messages", "N", "close after so many messages, not at stdin's end", set_messages,
     AT(messages)},
    {'w', "wait", "TIME", "close after so much silence behind stdin (500ms)", set_wait, 0, false},
    {0, "ping", "TIME", "keep alive: a Ping so long after the last", option_set_time, AT(ping_ms)},
    CONNECT_ROW_HEADER("'Name: value' to send, such as Origin, Cookie"),
    CONNECT_ROW_LOCATION,
    CONNECT_ROW_USER,
    CONNECT_ROW_PROXY,
    CONNECT_ROW_CACERT,
    CONNECT_ROWS_IDENTITY,
    CONNECT_ROW_TLS,
    CONNECT_ROW_NAME,
    CONNECT_ROW_NO_NAME_CHECK,
    CONNECT_ROW_ALPN,
    CONNECT_ROW_CONNECT_TO("connect there; all names stay the URL's"),
    CONNECT_ROW_TIMEOUT("seconds, or 500ms: to connect, send, close (10)"),
    CONNECT_ROWS_FAMILY,
    CONNECT_ROWS_CAPTURE("write what is sent and received, for Wireshark",
                         "append the secrets of TLS (like SSLKEYLOGFILE)"),
    CONNECT_ROW_JSON("print JSON, the messages in it"),
    CONNECT_ROW_VERBOSE("say what was agreed, pings, closes; -vv: log, too"),
    OPTION_ROW_HELP,
};

const struct option_table ws_options = {
    .command = "ws",
    .usage = "usage: esp-tls ws [OPTION]... URL\n"
             "\n"
             "Open a WebSocket (ws or wss). Each line of standard input is sent as a text\n"
             "message, each message that comes is written as a line. After the end of the\n"
             "input it is closed once nothing more comes.\n",
    .exits = "Exit status: 0 closed in order, 2 usage, 3 name, 4 TCP, 5 timeout, 6 certificate\n"
             "refused, 7 other TLS, 8 HTTP status, 9 output, 10 memory, 11 broken or closed\n"
             "with an error, 1 other.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .columns = 28,
    .words = "one URL",
    .words_most = 1,
};

bool ws_options_url(const char *text, esp_tls_url_t *url)
{
    if (!connect_options_url(text, "wss", "ws", "wss://example.org/chat", url)) {
        return false;
    }
    if (url->fragment.ptr != NULL) { /* RFC 6455 section 3 */
        fprintf(stderr, "esp-tls: '%s' has a fragment (#...), which a WebSocket's URL has not\n",
                text);
        return false;
    }
    return true;
}

void ws_options_init(void *options)
{
    struct ws_options *o = options;

    connect_options_init(&o->connect);
    o->wait_ms = WAIT_DEFAULT_MS;
}

bool ws_options_accept(void *options, char **urls, size_t count)
{
    struct ws_options *o = options;
    esp_tls_url_t url;

    (void)count;
    o->url = urls[0];
    if (!ws_options_url(o->url, &url)) {
        return false;
    }
    o->connect.is_tls = esp_tls_url_part_is(url.scheme, "wss");
    return connect_options_fit(&o->connect, "wss", "ws");
}
