#include "memory_options.h"

#include <string.h>

static bool set_profile(void *at, const char *value, const struct option_row *row)
{
    (void)row;
    return device_load(at, value);
}

/** What the device's profile calls by the same name. */
static bool set_in_device(void *at, const char *value, const struct option_row *row)
{
    char where[16];

    snprintf(where, sizeof(where), "--%s", row->name);
    return device_set(at, where, row->name, value);
}

static bool set_heap(void *at, const char *value, const struct option_row *row)
{
    struct device *device = at;

    if (!set_in_device(at, value, row)) {
        return false;
    }
    if (device->largest > device->heap) {
        device->largest = 0;
    }
    return true;
}

static bool set_psram(void *at, const char *value, const struct option_row *row)
{
    struct device *device = at;

    if (!set_in_device(at, value, row)) {
        return false;
    }
    if (device->psram == 0) {
        device->external = 0;
    } else if (device->external == 0) {
        device->external = DEVICE_RECORDS;
    }
    return true;
}

#define AT(member) offsetof(struct memory_options, member), false

static const struct option_row rows[] = {
    /* Options change what a profile says, wherever it stands. */
    {'p', "profile", "NAME|FILE", "esp8266, esp32, esp32-psram, or a file", set_profile,
     offsetof(struct memory_options, device), true},
    {0, "heap", "N", "bytes of heap that are free (no bound)", set_heap, AT(device)},
    {0, "largest", "N", "largest free block among them", set_in_device, AT(device)},
    {0, "psram", "N", "bytes of PSRAM; record buffers go there", set_psram, AT(device)},
    {0, "external", "LIST", "what goes there: purposes, all or none", set_in_device, AT(device)},
    {0, "in", "N", "largest record received", set_in_device, AT(device)},
    {0, "out", "N", "largest record sent", set_in_device, AT(device)},
    {0, "stack", "N", "bytes of stack of the task", set_in_device, AT(device)},
    {0, "fixed", NULL, "record buffers at full size throughout", option_set_true, AT(device.fixed)},
    {0, "elastic", NULL, "record buffers while there is a record", option_set_false,
     AT(device.fixed)},
    {0, "get", "PATH", "also fetch this path, to see its records", option_set_path, AT(path)},
    CONNECT_ROW_CACERT,
    CONNECT_ROWS_IDENTITY,
    CONNECT_ROW_TLS,
    CONNECT_ROW_NAME,
    CONNECT_ROW_NO_NAME_CHECK,
    CONNECT_ROW_ALPN,
    CONNECT_ROW_PROXY,
    CONNECT_ROW_TIMEOUT("seconds, or 500ms; of the connect, of each wait"),
    CONNECT_ROWS_FAMILY,
    {0, "compare", NULL, "try the other settings even if it fits", option_set_true, AT(compare)},
    CONNECT_ROW_JSON("print JSON"),
    {0, "html", "FILE", "write a page with the heap over time", option_set_text, AT(html)},
    OPTION_ROW_HELP,
};

const struct option_table memory_options = {
    .command = "memory",
    .usage = "usage: esp-tls memory [OPTION]... HOST[:PORT]|URL\n"
             "\n"
             "Connect as a device with little memory would, and say what it takes.\n",
    .exits = "Exit status: 0 it fits, 10 it does not; otherwise as of get: 2 usage, 3 name,\n"
             "4 TCP, 5 timeout, 6 certificate refused, 7 other TLS, 9 output,\n"
             "11 broken answer, 1 other.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .columns = 25,
    .words = "one server",
    .words_most = 1,
};

void memory_options_init(void *options)
{
    struct memory_options *o = options;

    connect_options_init(&o->connect);
    device_init(&o->device);
}

bool memory_options_accept(void *options, char **servers, size_t count)
{
    struct memory_options *o = options;
    char authority[TARGET_AUTHORITY];

    (void)count;
    if (!target_parse(&o->target, o->connect.name, servers[0])) {
        return false;
    }
    if (o->target.smtp) {
        fputs("esp-tls: memory does not ask for TLS with STARTTLS, as smtp does\n", stderr);
        return false;
    }
    snprintf(o->url, sizeof(o->url), "https://%s",
             target_authority(o->target.host, o->target.port, authority));
    return connect_options_fit(&o->connect, "https", "http") && device_check(&o->device);
}
