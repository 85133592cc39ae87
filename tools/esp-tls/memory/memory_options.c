#include "memory_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/values.h"

#define TIMEOUT_DEFAULT_MS 10000

/* --- one function per option
 * ----------------------------------------------------------------------- */

static bool set_profile(struct memory_options *o, const char *value)
{
    (void)o; /* read before all others: they change what it says */
    (void)value;
    return true;
}

static bool set_heap(struct memory_options *o, const char *value)
{
    if (!device_set(&o->device, "--heap", "heap", value)) {
        return false;
    }
    if (o->device.largest > o->device.heap) {
        o->device.largest = 0;
    }
    return true;
}

static bool set_largest(struct memory_options *o, const char *value)
{
    return device_set(&o->device, "--largest", "largest", value);
}

static bool set_psram(struct memory_options *o, const char *value)
{
    if (!device_set(&o->device, "--psram", "psram", value)) {
        return false;
    }
    if (o->device.psram == 0) {
        o->device.external = 0;
    } else if (o->device.external == 0) {
        o->device.external = DEVICE_RECORDS;
    }
    return true;
}

static bool set_external(struct memory_options *o, const char *value)
{
    return device_set(&o->device, "--external", "external", value);
}

static bool set_in(struct memory_options *o, const char *value)
{
    return device_set(&o->device, "--in", "in", value);
}

static bool set_out(struct memory_options *o, const char *value)
{
    return device_set(&o->device, "--out", "out", value);
}

static bool set_stack(struct memory_options *o, const char *value)
{
    return device_set(&o->device, "--stack", "stack", value);
}

static bool set_fixed(struct memory_options *o, const char *value)
{
    (void)value;
    o->device.fixed = true;
    return true;
}

static bool set_elastic(struct memory_options *o, const char *value)
{
    (void)value;
    o->device.fixed = false;
    return true;
}

static bool set_get(struct memory_options *o, const char *value)
{
    if (value[0] != '/' || strlen(value) > 700) {
        fprintf(stderr, "esp-tls: --get takes a path that begins with /, not '%s'\n", value);
        return false;
    }
    o->path = value;
    return true;
}

static bool set_cacert(struct memory_options *o, const char *value)
{
    o->get.cacert = value;
    return true;
}

static bool set_cert(struct memory_options *o, const char *value)
{
    o->get.cert = value;
    return true;
}

static bool set_key(struct memory_options *o, const char *value)
{
    o->get.key = value;
    return true;
}

static bool set_pass(struct memory_options *o, const char *value)
{
    o->get.pass = value;
    return true;
}

static bool set_tls(struct memory_options *o, const char *value)
{
    return value_version(value, &o->get.version);
}

static bool set_name(struct memory_options *o, const char *value)
{
    o->get.name = value;
    return true;
}

static bool set_no_name_check(struct memory_options *o, const char *value)
{
    (void)value;
    o->get.insecure_no_name_check = true;
    return true;
}

static bool set_timeout(struct memory_options *o, const char *value)
{
    return value_time(value, "--timeout", &o->get.timeout_ms);
}

static bool set_compare(struct memory_options *o, const char *value)
{
    (void)value;
    o->compare = true;
    return true;
}

static bool set_json(struct memory_options *o, const char *value)
{
    (void)value;
    o->json = true;
    return true;
}

static bool set_html(struct memory_options *o, const char *value)
{
    o->html = value;
    return true;
}

static bool set_help(struct memory_options *o, const char *value)
{
    (void)value;
    o->get.help = true;
    return true;
}

/* --- the table
 * ---------------------------------------------------------------------------------------- */

static const struct row {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
    bool (*set)(struct memory_options *o, const char *value);
} rows[] = {
    {'p', "profile", "NAME|FILE", "esp8266, esp32, esp32-psram, or a file", set_profile},
    {0, "heap", "N", "bytes of heap that are free (no bound)", set_heap},
    {0, "largest", "N", "largest free block among them", set_largest},
    {0, "psram", "N", "bytes of PSRAM; record buffers go there", set_psram},
    {0, "external", "LIST", "what goes there: purposes, all or none", set_external},
    {0, "in", "N", "largest record received", set_in},
    {0, "out", "N", "largest record sent", set_out},
    {0, "stack", "N", "bytes of stack of the task", set_stack},
    {0, "fixed", NULL, "record buffers at full size throughout", set_fixed},
    {0, "elastic", NULL, "record buffers while there is a record", set_elastic},
    {0, "get", "PATH", "also fetch this path, to see its records", set_get},
    {0, "cacert", "FILE|DIR", "trust these authorities instead of the system's", set_cacert},
    {0, "cert", "FILE", "own certificate, and its intermediates", set_cert},
    {0, "key", "FILE", "key of --cert (default: in the same file)", set_key},
    {0, "pass", "PASSWORD", "password of the key, or env:NAME, or file:FILE", set_pass},
    {0, "tls", "VERSION", "1.2 or 1.3 and no other", set_tls},
    {0, "name", "NAME", "name the certificate must have, also sent as SNI", set_name},
    {0, "no-name-check", NULL, "accept a certificate for another name", set_no_name_check},
    {0, "timeout", "TIME", "seconds, or 500ms; of the connect, of each wait", set_timeout},
    {0, "compare", NULL, "try the other settings even if it fits", set_compare},
    {0, "json", NULL, "print JSON", set_json},
    {0, "html", "FILE", "write a page with the heap over time", set_html},
    {'h', "help", NULL, "show this text", set_help},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void memory_options_help(FILE *out)
{
    fputs("usage: esp-tls memory [OPTION]... HOST[:PORT]|URL\n"
          "\n"
          "Connect as a device with little memory would, and say what it takes.\n"
          "\n"
          "Options:\n",
          out);
    for (size_t i = 0; i < ROWS; i++) {
        char left[40];

        snprintf(left, sizeof(left), "%c%c%s --%s%s%s", rows[i].letter != 0 ? '-' : ' ',
                 rows[i].letter != 0 ? rows[i].letter : ' ', rows[i].letter != 0 ? "," : " ",
                 rows[i].name, rows[i].argument != NULL ? " " : "",
                 rows[i].argument != NULL ? rows[i].argument : "");
        fprintf(out, "  %-25s %s\n", left, rows[i].help);
    }
    fputs("\n"
          "Exit status: 0 it fits, 10 it does not; otherwise as of get: 2 usage, 3 name,\n"
          "4 TCP, 5 timeout, 6 certificate refused, 7 other TLS, 9 output,\n"
          "11 broken answer, 1 other.\n",
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

/** All words once, for the profile alone or for everything else. */
static bool each_option(struct memory_options *o, int argc, char **argv, bool profile)
{
    struct option options[ROWS + 1];
    char letters[2 * ROWS + 1];
    int value;

    for_getopt(options, letters);
    optind = 0;       /* from the beginning: glibc's way */
    opterr = profile; /* complain once */
    while ((value = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        const struct row *row = row_of(value);

        if (row == NULL) {
            return false;
        }
        if (profile ? row->set == set_profile && !device_load(&o->device, optarg)
                    : !row->set(o, optarg)) {
            return false;
        }
    }
    return true;
}

/* --- the target
 * ----------------------------------------------------------------------------------------- */

/** HOST, HOST:PORT, an IPv6 address with or without brackets, or a URL: as a URL. */
static bool as_url(const char *text, char *url, size_t cap)
{
    const char *colon = strchr(text, ':');
    bool is_bare_ipv6 = colon != NULL && text[0] != '[' && strchr(colon + 1, ':') != NULL;
    int len;

    if (strstr(text, "://") != NULL) {
        len = snprintf(url, cap, "%s", text);
    } else {
        len = snprintf(url, cap, is_bare_ipv6 ? "https://[%s]" : "https://%s", text);
    }
    return len > 0 && (size_t)len < cap;
}

static bool take_target(struct memory_options *o, const char *text)
{
    char url[600];
    esp_tls_url_t parts;
    unsigned port = 0;

    o->target_text = text;
    if (as_url(text, url, sizeof(url)) && esp_tls_url_parse(url, strlen(url), &parts)) {
        port = esp_tls_url_port(&parts);
        port = port == 0 && esp_tls_url_part_is(parts.scheme, "mqtts") ? 8883 : port;
    }
    if (port == 0 || parts.userinfo.ptr != NULL || parts.host.len >= sizeof(o->host)) {
        fprintf(stderr,
                "esp-tls: '%s' is no server; one looks like example.org, example.org:8883 or "
                "https://example.org/\n",
                text);
        return false;
    }
    if (esp_tls_url_part_is(parts.scheme, "http") || esp_tls_url_part_is(parts.scheme, "ws")) {
        fputs("esp-tls: memory is about TLS: http and ws have none\n", stderr);
        return false;
    }
    snprintf(o->host, sizeof(o->host), "%.*s", (int)parts.host.len, parts.host.ptr);
    snprintf(o->url, sizeof(o->url), parts.host_is_ipv6 ? "https://[%s]:%u" : "https://%s:%u",
             o->host, port);
    return true;
}

static bool take_name(struct memory_options *o)
{
    const char *name = o->get.name != NULL ? o->get.name : o->host;

    if (strlen(name) >= sizeof(o->name)) {
        fputs("esp-tls: the name is longer than a name can be\n", stderr);
        return false;
    }
    snprintf(o->name, sizeof(o->name), "%s", name);
    return true;
}

static bool fit_together(const struct memory_options *o)
{
    if (o->get.cert == NULL && (o->get.key != NULL || o->get.pass != NULL)) {
        fputs("esp-tls: --key and --pass belong to --cert, and there is none\n", stderr);
        return false;
    }
    return device_check(&o->device);
}

bool memory_options_parse(struct memory_options *o, int argc, char **argv)
{
    *o = (struct memory_options){.get = {.timeout_ms = TIMEOUT_DEFAULT_MS, .is_tls = true}};
    device_init(&o->device);
    argv[0] = (char[]){"esp-tls"}; /* getopt's messages begin with it */
    if (!each_option(o, argc, argv, true) || !each_option(o, argc, argv, false)) {
        return false;
    }
    if (o->get.help) {
        return true;
    }
    if (argc - optind != 1) {
        fputs("esp-tls: memory takes one server; see esp-tls memory --help\n", stderr);
        return false;
    }
    return take_target(o, argv[optind]) && take_name(o) && fit_together(o);
}
