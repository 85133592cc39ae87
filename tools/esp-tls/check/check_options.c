#include <stdio.h>

#include "check.h"

#define AT(member) offsetof(struct check_options, member), false

static const struct option_row rows[] = {
    {0, "starttls", "PROTOCOL", "ask for TLS first: smtp", target_set_starttls, AT(target.smtp)},
    {0, "get", "PATH", "fetch this path to see its records (https: its own)", option_set_path,
     AT(path)},
    {0, "no-memory", NULL, "do not measure what a device's heap takes", option_set_true,
     AT(no_memory)},
    CONNECT_ROW_CACERT,
    CONNECT_ROWS_IDENTITY,
    CONNECT_ROW_NAME,
    CONNECT_ROW_NO_NAME_CHECK,
    CONNECT_ROW_TIMEOUT("seconds, or 500ms, of each connection (10)"),
    CONNECT_ROWS_FAMILY,
    CONNECT_ROW_JSON("print JSON"),
    {0, "html", "FILE", "write a page to look at", option_set_text, AT(html)},
    CONNECT_ROWS_CAPTURE("pcapng of our connections, secrets included",
                         "append their secrets (SSLKEYLOGFILE's format)"),
    OPTION_ROW_HELP,
};

const struct option_table check_options = {
    .command = "check",
    .usage = "usage: esp-tls check [OPTION]... HOST[:PORT]|URL\n"
             "\n"
             "Look at a server as a device will meet it, and say what would fail and why.\n"
             "A URL is https, wss, mqtts, smtps, or smtp (STARTTLS).\n",
    .exits = "Exit status: 0 a device with ESP-IDF's default settings connects; else the\n"
             "class of what stops it: 2 usage, 3 name, 4 TCP, 5 timeout, 6 certificate\n"
             "refused, 7 other TLS, 9 output, 10 memory, 1 other.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .columns = 25,
    .words = "one server",
    .words_most = 1,
};

bool check_options_accept(void *options, char **servers, size_t count)
{
    struct check_options *o = options;

    (void)count;
    if (!target_parse(&o->target, o->connect.name, servers[0]) ||
        !connect_options_fit(&o->connect, "https", "http")) {
        return false;
    }
    if (o->path != NULL && o->target.smtp) {
        fputs("esp-tls: --get is for HTTP, and behind STARTTLS there is none\n", stderr);
        return false;
    }
    if (o->path == NULL && o->target.is_http) {
        o->path = o->target.path;
    }
    return true;
}
