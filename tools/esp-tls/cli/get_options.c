#include "get_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "esp_http_field.h"
#include "values.h"

#define TIMEOUT_DEFAULT_MS 10000

/* --- one function per option that needs more than a store ----------------------------------------
 */

static bool set_version(struct get_options *o, const char *value)
{
    return value_version(value, &o->version);
}

static bool set_timeout(struct get_options *o, const char *value)
{
    return value_time(value, "--timeout", &o->timeout_ms);
}

static bool set_output(struct get_options *o, const char *value)
{
    if (o->output_count == GET_OUTPUTS) {
        fprintf(stderr, "esp-tls: more than %d times -o\n", GET_OUTPUTS);
        return false;
    }
    o->outputs[o->output_count++] = strcmp(value, "-") == 0 ? NULL : value;
    return true;
}

static bool set_method(struct get_options *o, const char *value)
{
    static const char *const names[] = {
        "GET",    "POST",      "PUT",         "PATCH",     "DELETE", "HEAD",
        "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "OPTIONS",   "COPY",   "MOVE",
        "LOCK",   "UNLOCK",    "PROPFIND",    "PROPPATCH", "MKCOL",  "REPORT",
    };

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

static bool set_data(struct get_options *o, const char *value)
{
    o->data = value;
    return true;
}

static bool set_range(struct get_options *o, const char *value)
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
    o->range = value;
    return true;
}

static bool set_proxy(struct get_options *o, const char *value)
{
    return value_proxy(value, &o->proxy);
}

static bool set_head(struct get_options *o, const char *value)
{
    (void)value;
    o->head = true;
    return true;
}

static bool set_follow(struct get_options *o, const char *value)
{
    (void)value;
    o->follow = true;
    return true;
}

static bool set_resume(struct get_options *o, const char *value)
{
    (void)value;
    o->resume = true;
    return true;
}

static bool set_cacert(struct get_options *o, const char *value)
{
    o->cacert = value;
    return true;
}

static bool set_cert(struct get_options *o, const char *value)
{
    o->cert = value;
    return true;
}

static bool set_key(struct get_options *o, const char *value)
{
    o->key = value;
    return true;
}

static bool set_pass(struct get_options *o, const char *value)
{
    o->pass = value;
    return true;
}

static bool set_name(struct get_options *o, const char *value)
{
    o->name = value;
    return true;
}

static bool set_no_name_check(struct get_options *o, const char *value)
{
    (void)value;
    o->insecure_no_name_check = true;
    return true;
}

static bool set_async(struct get_options *o, const char *value)
{
    (void)value;
    o->async = true;
    return true;
}

static bool set_ipv4(struct get_options *o, const char *value)
{
    (void)value;
    o->family = ESP_TLS_AF_INET;
    return true;
}

static bool set_ipv6(struct get_options *o, const char *value)
{
    (void)value;
    o->family = ESP_TLS_AF_INET6;
    return true;
}

static bool set_capture(struct get_options *o, const char *value)
{
    o->capture = value;
    return true;
}

static bool set_keylog(struct get_options *o, const char *value)
{
    o->keylog = value;
    return true;
}

static bool set_json(struct get_options *o, const char *value)
{
    (void)value;
    o->json = true;
    return true;
}

static bool set_verbose(struct get_options *o, const char *value)
{
    (void)value;
    o->verbose++;
    return true;
}

static bool set_help(struct get_options *o, const char *value)
{
    (void)value;
    o->help = true;
    return true;
}

/* --- the table
 * -------------------------------------------------------------------------------------- */

static const struct row {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
    bool (*set)(struct get_options *o, const char *value);
} rows[] = {
    {'o', "output", "FILE", "write the body to FILE, once all of it came", set_output},
    {0, "resume", NULL, "go on with FILE where it ends; keep what came", set_resume},
    {'X', "request", "METHOD", "instead of GET, or of POST with -d", set_method},
    {'d', "data", "DATA", "send this, or @FILE what is in it (@-: stdin)", set_data},
    {'H', "header", "HEADER", "'Name: value' to send, 'Name:' to leave out", value_header},
    {'I', "head", NULL, "ask for the headers only, and print them", set_head},
    {'L', "location", NULL, "follow redirects, ten at most", set_follow},
    {0, "range", "RANGE", "only these bytes: FROM-TO, FROM- or -LAST", set_range},
    {'u', "user", "USER:PASSWORD", "log in (Digest, Basic) if the server asks", value_login},
    {0, "proxy", "URL", "go through http:, socks5:, socks4a: or socks4:", set_proxy},
    {0, "cacert", "FILE|DIR", "trust these authorities instead of the system's", set_cacert},
    {0, "cert", "FILE", "own certificate, and its intermediates", set_cert},
    {0, "key", "FILE", "key of --cert (default: in the same file)", set_key},
    {0, "pass", "PASSWORD", "password of the key, or env:NAME, or file:FILE", set_pass},
    {0, "tls", "VERSION", "1.2 or 1.3 and no other", set_version},
    {0, "name", "NAME", "name the certificate must have, also sent as SNI", set_name},
    {0, "no-name-check", NULL, "accept a certificate for another name", set_no_name_check},
    {0, "connect-to", "HOST:PORT", "connect there; all names stay the URL's", value_connect_to},
    {0, "timeout", "TIME", "seconds, or 500ms: to connect, for each wait (10)", set_timeout},
    {0, "async", NULL, "use the asynchronous calls and poll()", set_async},
    {'4', "ipv4", NULL, "IPv4 addresses only", set_ipv4},
    {'6', "ipv6", NULL, "IPv6 addresses only", set_ipv6},
    {0, "capture", "FILE", "write what is sent and received, for Wireshark", set_capture},
    {0, "keylog", "FILE", "append the secrets of TLS (like SSLKEYLOGFILE)", set_keylog},
    {0, "json", NULL, "say what failed as a JSON object", set_json},
    {'v', "verbose", NULL, "say what was agreed, and the time; -vv: log, too", set_verbose},
    {'h', "help", NULL, "show this text", set_help},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void get_options_help(FILE *out)
{
    fputs("usage: esp-tls get [OPTION]... URL...\n"
          "\n"
          "Fetch http or https URLs and write the bodies to standard output. URLs of the\n"
          "same server share a connection.\n"
          "\n"
          "Options:\n",
          out);
    for (size_t i = 0; i < ROWS; i++) {
        char left[40];

        snprintf(left, sizeof(left), "%c%c%s --%s%s%s", rows[i].letter != 0 ? '-' : ' ',
                 rows[i].letter != 0 ? rows[i].letter : ' ', rows[i].letter != 0 ? "," : " ",
                 rows[i].name, rows[i].argument != NULL ? " " : "",
                 rows[i].argument != NULL ? rows[i].argument : "");
        fprintf(out, "  %-26s  %s\n", left, rows[i].help);
    }
    fputs("\n"
          "Exit status: 0 done, 2 usage, 3 name, 4 TCP, 5 timeout, 6 certificate refused,\n"
          "7 other TLS, 8 HTTP status, 9 output, 10 memory, 11 broken answer, 1 other.\n",
          out);
}

/** The table as getopt_long() wants it. */
static void for_getopt(struct option *options, char *letters)
{
    for (size_t i = 0; i < ROWS; i++) {
        options[i] = (struct option){
            .name = rows[i].name,
            .has_arg = rows[i].argument != NULL ? required_argument : no_argument,
            .val = rows[i].letter != 0 ? rows[i].letter : 256 + (int)i,
        };
        if (rows[i].letter != 0) {
            *letters++ = rows[i].letter;
        }
        if (rows[i].letter != 0 && rows[i].argument != NULL) {
            *letters++ = ':';
        }
    }
    options[ROWS] = (struct option){0};
    *letters = '\0';
}

static const struct row *row_of(int value)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (value == rows[i].letter || value == 256 + (int)i) {
            return &rows[i];
        }
    }
    return NULL;
}

/* --- what belongs together
 * ----------------------------------------------------------------------------- */

bool get_options_url(const char *text, esp_tls_url_t *url)
{
    if (!esp_tls_url_parse(text, strlen(text), url)) {
        fprintf(stderr, "esp-tls: '%s' is not a URL; one looks like https://example.org/file\n",
                text);
        return false;
    }
    if (!esp_tls_url_part_is(url->scheme, "https") && !esp_tls_url_part_is(url->scheme, "http")) {
        fprintf(stderr, "esp-tls: the scheme of '%s' is neither https nor http\n", text);
        return false;
    }
    return true;
}

static bool take_urls(struct get_options *o, char **urls, int count)
{
    if (count < 1) {
        fputs("esp-tls: get takes a URL; see esp-tls get --help\n", stderr);
        return false;
    }
    o->urls = urls;
    o->url_count = (size_t)count;
    for (size_t i = 0; i < o->url_count; i++) {
        esp_tls_url_t url;

        if (!get_options_url(urls[i], &url)) {
            return false;
        }
        o->is_tls = o->is_tls || esp_tls_url_part_is(url.scheme, "https");
    }
    return true;
}

bool get_options_fit_tls(const struct get_options *o, const char *secure, const char *plain)
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

static bool fit_together(const struct get_options *o)
{
    if (!get_options_fit_tls(o, "https", "http")) {
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
    if (o->head && (o->data != NULL || o->has_method)) {
        fputs("esp-tls: -I goes neither with -d nor with -X\n", stderr);
        return false;
    }
    return true;
}

bool get_options_parse(struct get_options *o, int argc, char **argv)
{
    struct option options[ROWS + 1];
    char letters[2 * ROWS + 1];
    int value;

    *o = (struct get_options){.timeout_ms = TIMEOUT_DEFAULT_MS};
    for_getopt(options, letters);
    argv[0] = (char[]){"esp-tls"}; /* getopt's messages begin with it */
    while ((value = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        const struct row *row = row_of(value);

        if (row == NULL || !row->set(o, optarg)) {
            return false;
        }
    }
    if (o->help) {
        return true;
    }
    return take_urls(o, argv + optind, argc - optind) && fit_together(o);
}
