#include "get_options.h"

#include <string.h>

static bool set_output(void *at, const char *value, const struct option_row *row)
{
    struct get_options *o = at;

    (void)row;
    if (o->output_count == GET_OUTPUTS) {
        fprintf(stderr, "esp-tls: more than %d times -o\n", GET_OUTPUTS);
        return false;
    }
    o->outputs[o->output_count++] = strcmp(value, "-") == 0 ? NULL : value;
    return true;
}

static bool set_method(void *at, const char *value, const struct option_row *row)
{
    struct get_options *o = at;
    static const char *const names[] = {
        "GET",    "POST",      "PUT",         "PATCH",     "DELETE", "HEAD",
        "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "OPTIONS",   "COPY",   "MOVE",
        "LOCK",   "UNLOCK",    "PROPFIND",    "PROPPATCH", "MKCOL",  "REPORT",
    };

    (void)row;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            o->has_method = true;
            o->method = (esp_http_client_method_t)i;
            return true;
        }
    }
    fprintf(stderr, "esp-tls: -X takes GET, POST, PUT, DELETE and the like, not '%s'\n", value);
    return false;
}

static bool set_range(void *at, const char *value, const struct option_row *row)
{
    size_t digits = strspn(value, "0123456789");
    const char *dash = value + digits;

    /* RFC 9110 section 14.1.2: from-to, from-, -last */
    if (*dash != '-' || dash[1 + strspn(dash + 1, "0123456789")] != '\0' ||
        (digits == 0 && dash[1] == '\0')) {
        fprintf(stderr, "esp-tls: --range takes FROM-TO, FROM- or -LAST in bytes, not '%s'\n",
                value);
        return false;
    }
    return option_set_text(at, value, row);
}

#define AT(member) offsetof(struct get_options, member), false

static const struct option_row rows[] = {
    {'o', "output", "FILE", "write the body to FILE, once all of it came", set_output, 0, false},
    {0, "resume", NULL, "go on with FILE where it ends; keep what came", option_set_true,
     AT(resume)},
    {'X', "request", "METHOD", "instead of GET, or of POST with -d", set_method, 0, false},
    {'d', "data", "DATA", "send this, or @FILE what is in it (@-: stdin)", option_set_text,
     AT(data)},
    CONNECT_ROW_HEADER("'Name: value' to send, 'Name:' to leave out"),
    {'I', "head", NULL, "ask for the headers only, and print them", option_set_true, AT(head)},
    {0, "body-on-error", NULL, "write the body also where the status is an error", option_set_true,
     AT(body_on_error)},
    CONNECT_ROW_LOCATION,
    {0, "range", "RANGE", "only these bytes: FROM-TO, FROM- or -LAST", set_range, AT(range)},
    CONNECT_ROW_USER,
    CONNECT_ROW_PROXY,
    CONNECT_ROW_CACERT,
    CONNECT_ROWS_IDENTITY,
    CONNECT_ROW_TLS,
    CONNECT_ROW_NAME,
    CONNECT_ROW_NO_NAME_CHECK,
    CONNECT_ROW_ALPN,
    CONNECT_ROW_CONNECT_TO("connect there; all names stay the URL's"),
    CONNECT_ROW_TIMEOUT("seconds, or 500ms: to connect, for each wait (10)"),
    {0, "async", NULL, "use the asynchronous calls and poll()", option_set_true, AT(async)},
    CONNECT_ROWS_FAMILY,
    CONNECT_ROWS_CAPTURE("write what is sent and received, for Wireshark",
                         "append the secrets of TLS (like SSLKEYLOGFILE)"),
    CONNECT_ROW_JSON("print JSON of each URL; its body needs -o"),
    CONNECT_ROW_VERBOSE("say what was agreed, and the time; -vv: log, too"),
    OPTION_ROW_HELP,
};

const struct option_table get_options = {
    .command = "get",
    .usage = "usage: esp-tls get [OPTION]... URL...\n"
             "\n"
             "Fetch http or https URLs and write the bodies to standard output. URLs of the\n"
             "same server share a connection.\n",
    .exits = "Exit status: 0 done, 2 usage, 3 name, 4 TCP, 5 timeout, 6 certificate refused,\n"
             "7 other TLS, 8 HTTP status, 9 output, 10 memory, 11 broken answer, 1 other.\n"
             "Of several URLs: that of the first that failed; the others are fetched as well.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .columns = 27,
    .words = "a URL",
};

/* --- what belongs together -------------------------------------------------------------------- */

static bool get_options_fit(const struct get_options *o)
{
    if (!connect_options_fit(&o->connect, "https", "http")) {
        return false;
    }
    if (o->output_count > o->url_count) {
        fputs("esp-tls: there are more -o than URLs\n", stderr);
        return false;
    }
    if (o->resume && (o->output_count < o->url_count || o->range != NULL || o->data != NULL)) {
        fputs("esp-tls: --resume needs -o FILE, and goes neither with --range nor with -d\n",
              stderr);
        return false;
    }
    if (o->body_on_error && (o->resume || o->head)) {
        fprintf(stderr, "esp-tls: --body-on-error does not go with %s\n",
                o->resume ? "--resume" : "-I");
        return false;
    }
    if (o->head && (o->data != NULL || o->has_method)) {
        fputs("esp-tls: -I goes neither with -d nor with -X\n", stderr);
        return false;
    }
    return true;
}

bool get_options_accept(void *options, char **urls, size_t count)
{
    struct get_options *o = options;

    o->urls = urls;
    o->url_count = count;
    o->connect.is_tls = false;
    for (size_t i = 0; i < count; i++) {
        esp_tls_url_t url;

        if (!connect_options_url(urls[i], "https", "http", "https://example.org/file", &url)) {
            return false;
        }
        o->connect.is_tls = o->connect.is_tls || esp_tls_url_part_is(url.scheme, "https");
    }
    return get_options_fit(o);
}
