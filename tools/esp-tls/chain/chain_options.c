#include <string.h>

#include "chain.h"
#include "cli/option_table.h"
#include "cli/shared_options.h"
#include "cli/values.h"

#define TIMEOUT_DEFAULT_MS 10000

static struct chain_options *of(void *target)
{
    return target;
}

static bool set_output(void *target, const char *value)
{
    of(target)->output = value;
    return true;
}

static bool set_compare(void *target, const char *value)
{
    of(target)->compare = value;
    return true;
}

static bool set_json(void *target, const char *value)
{
    (void)value;
    of(target)->json = true;
    return true;
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

static bool set_connect_to(void *target, const char *value)
{
    struct get_options *o = &of(target)->get;
    struct target to;

    if (!target_parse(&to, value)) {
        return false;
    }
    o->connect_to = value;
    snprintf(o->connect_host, sizeof(o->connect_host), "%s", to.host);
    o->connect_port = to.port;
    return true;
}

static bool set_help(void *target, const char *value)
{
    (void)value;
    of(target)->help = true;
    return true;
}

static const struct option_row rows[] = {
    {'o', "output", "FILE", "write the chain as PEM, as it was sent", set_output},
    {0, "compare", "FILE|chromium", "with a chain that a browser exported, or sees", set_compare},
    {0, "json", NULL, "print JSON", set_json},
    {0, "starttls", "PROTOCOL", "smtp: begin with its STARTTLS", set_starttls},
    {0, "cacert", "FILE|DIR", "trust these authorities instead of the system's", shared_set_cacert},
    {0, "tls", "VERSION", "1.2 or 1.3 and no other", shared_set_version},
    {0, "name", "NAME", "name the certificate must have, also sent as SNI", shared_set_name},
    {0, "connect-to", "HOST:PORT", "connect there; all names stay", set_connect_to},
    {0, "timeout", "TIME", "seconds, or 500ms: to connect (10)", shared_set_timeout},
    {'h', "help", NULL, "show this text", set_help},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void chain_options_help(FILE *out)
{
    fputs("usage: esp-tls chain [OPTION]... HOST[:PORT]|URL\n"
          "\n"
          "Show the certificates that a server sends, exactly as it sends them, what\n"
          "verifies what, and what a device cares about in them.\n"
          "\n"
          "Options:\n",
          out);
    option_table_help(out, rows, ROWS, 28);
    fputs("\n"
          "Exit status: 0 the chain was accepted, 6 it was refused; otherwise as of get.\n",
          out);
}

bool chain_options_parse(struct chain_options *o, int argc, char **argv)
{
    struct target target;
    const char *name;
    bool smtp;
    int at;

    *o = (struct chain_options){.get = {.timeout_ms = TIMEOUT_DEFAULT_MS, .is_tls = true}};
    at = option_table_parse(rows, ROWS, o, argc, argv);
    if (at < 0 || o->help) {
        return at >= 0;
    }
    if (argc - at != 1) {
        fputs("esp-tls: chain takes one server; see esp-tls chain --help\n", stderr);
        return false;
    }
    smtp = o->target.smtp;
    if (!target_parse(&target, argv[at])) {
        return false;
    }
    o->target = target;
    o->target.smtp = target.smtp || smtp;
    name = o->get.name != NULL ? o->get.name : target.host;
    if (strlen(name) >= sizeof(o->name)) {
        fputs("esp-tls: the name is longer than a name can be\n", stderr);
        return false;
    }
    snprintf(o->name, sizeof(o->name), "%s", name);
    return true;
}
