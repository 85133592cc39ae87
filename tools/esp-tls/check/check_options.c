#include <string.h>
#include <sys/socket.h>

#include "check.h"
#include "cli/option_table.h"
#include "cli/shared_options.h"
#include "cli/values.h"

#define TIMEOUT_DEFAULT_MS 10000

static struct check_options *of(void *target)
{
    return target;
}

static bool set_starttls(void *target, const char *value)
{
    if (strcmp(value, "smtp") != 0) {
        fprintf(stderr, "esp-tls: --starttls takes smtp, not '%s'\n", value);
        return false;
    }
    of(target)->target.smtp = true;
    return true;
}

static bool set_get(void *target, const char *value)
{
    if (value[0] != '/' || strlen(value) > 1000) {
        fprintf(stderr, "esp-tls: --get takes a path that begins with /, not '%s'\n", value);
        return false;
    }
    of(target)->path = value;
    return true;
}

static bool set_no_memory(void *target, const char *value)
{
    (void)value;
    of(target)->no_memory = true;
    return true;
}

static bool set_json(void *target, const char *value)
{
    (void)value;
    of(target)->json = true;
    return true;
}

static bool set_html(void *target, const char *value)
{
    of(target)->html = value;
    return true;
}

static bool set_capture(void *target, const char *value)
{
    of(target)->capture = value;
    return true;
}

static bool set_keylog(void *target, const char *value)
{
    of(target)->keylog = value;
    return true;
}

static const struct option_row rows[] = {
    {0, "starttls", "PROTOCOL", "ask for TLS first: smtp", set_starttls},
    {0, "get", "PATH", "fetch this path to see its records (https: its own)", set_get},
    {0, "no-memory", NULL, "do not measure what a device's heap takes", set_no_memory},
    {0, "cacert", "FILE|DIR", "trust these authorities instead of the system's", shared_set_cacert},
    {0, "cert", "FILE", "own certificate, and its intermediates", shared_set_cert},
    {0, "key", "FILE", "key of --cert (default: in the same file)", shared_set_key},
    {0, "pass", "PASSWORD", "password of the key, or env:NAME, or file:FILE", shared_set_pass},
    {0, "name", "NAME", "name the certificate must have, also sent as SNI", shared_set_name},
    {0, "no-name-check", NULL, "accept a certificate for another name", shared_set_no_name_check},
    {0, "timeout", "TIME", "seconds, or 500ms, of each connection (10)", shared_set_timeout},
    {'4', "ipv4", NULL, "IPv4 addresses only", shared_set_ipv4},
    {'6', "ipv6", NULL, "IPv6 addresses only", shared_set_ipv6},
    {0, "json", NULL, "print JSON", set_json},
    {0, "html", "FILE", "write a page to look at", set_html},
    {0, "capture", "FILE", "pcapng of our connections, secrets included", set_capture},
    {0, "keylog", "FILE", "append their secrets (SSLKEYLOGFILE's format)", set_keylog},
    {'h', "help", NULL, "show this text", shared_set_help},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void check_options_help(FILE *out)
{
    fputs("usage: esp-tls check [OPTION]... HOST[:PORT]|URL\n"
          "\n"
          "Look at a server as a device will meet it, and say what would fail and why.\n"
          "A URL is https, wss, mqtts, smtps, or smtp (STARTTLS).\n"
          "\n"
          "Options:\n",
          out);
    option_table_help(out, rows, ROWS, 25);
    fputs("\n"
          "Exit status: 0 a device with ESP-IDF's default settings connects; else the\n"
          "class of what stops it: 2 usage, 3 name, 4 TCP, 5 timeout, 6 certificate\n"
          "refused, 7 other TLS, 9 output, 10 memory, 1 other.\n",
          out);
}

static bool take_target(struct check_options *o, const char *text)
{
    bool smtp = o->target.smtp;
    const char *name;

    if (!target_parse(&o->target, text)) {
        return false;
    }
    if (smtp) {
        o->target.smtp = true;
        o->target.is_http = false;
        o->target.alpn = NULL;
    }
    if (o->path == NULL && o->target.is_http) {
        o->path = o->target.path;
    }
    name = o->get.name != NULL ? o->get.name : o->target.host;
    if (strlen(name) >= sizeof(o->name)) {
        fputs("esp-tls: the name is longer than a name can be\n", stderr);
        return false;
    }
    snprintf(o->name, sizeof(o->name), "%s", name);
    return true;
}

static bool fit_together(const struct check_options *o)
{
    if (o->get.cert == NULL && (o->get.key != NULL || o->get.pass != NULL)) {
        fputs("esp-tls: --key and --pass belong to --cert, and there is none\n", stderr);
        return false;
    }
    if (o->path != NULL && o->target.smtp) {
        fputs("esp-tls: --get is for HTTP, and behind STARTTLS there is none\n", stderr);
        return false;
    }
    return true;
}

bool check_options_parse(struct check_options *o, int argc, char **argv)
{
    int at;

    *o = (struct check_options){.get = {.timeout_ms = TIMEOUT_DEFAULT_MS, .is_tls = true}};
    at = option_table_parse(rows, ROWS, o, argc, argv);
    if (at < 0 || o->get.help) {
        return at >= 0;
    }
    if (argc - at != 1) {
        fputs("esp-tls: check takes one server; see esp-tls check --help\n", stderr);
        return false;
    }
    return take_target(o, argv[at]) && fit_together(o);
}
