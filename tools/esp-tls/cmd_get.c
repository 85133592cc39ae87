/* esp-tls get: fetch one URL. */
#define _GNU_SOURCE /* ssize_t */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "credentials.h"
#include "esp_log.h"
#include "explain.h"
#include "get_options.h"
#include "http1.h"
#include "output.h"
#include "progress.h"
#include "wire.h"

/** One fetch, from the first word to the last. */
struct fetch {
    struct get_options options;
    struct identity identity;
    struct wire wire;
    struct http1 http;
    struct output output;
    struct progress progress;
    char name[256];    /* that the certificate must have */
    char target[1024]; /* URL of what is connected to */
    enum tool_exit sink_result;
};

/* --- connecting
 * -------------------------------------------------------------------------------------- */

static void copy_part(char *to, size_t cap, esp_tls_url_part_t part)
{
    snprintf(to, cap, "%.*s", (int)part.len, part.ptr);
}

static esp_tls_cfg_t make_cfg(struct fetch *f)
{
    static const char *alpn[] = {"http/1.1", NULL};
    const struct get_options *o = &f->options;
    esp_tls_cfg_t cfg = {
        .timeout_ms = o->timeout_ms,
        .non_block = o->async,
        .addr_family = o->family,
        .is_plain_tcp = !o->is_tls,
    };

    if (!o->is_tls) {
        return cfg;
    }
    cfg.use_global_ca_store = true;
    cfg.tls_version = o->version;
    cfg.common_name = f->name;
    cfg.skip_common_name = o->insecure_no_name_check;
    cfg.alpn_protos = alpn;
    if (o->cert != NULL) {
        cfg.clientcert_buf = f->identity.cert.data;
        cfg.clientcert_bytes = (unsigned)f->identity.cert.size;
        cfg.clientkey_buf = f->identity.key.data;
        cfg.clientkey_bytes = (unsigned)f->identity.key.size;
    }
    if (f->identity.password != NULL) {
        cfg.clientkey_password = (const unsigned char *)f->identity.password;
        cfg.clientkey_password_len = (unsigned)strlen(f->identity.password);
    }
    return cfg;
}

/** Say what stopped the connection. */
static enum tool_exit connection_failed(struct fetch *f)
{
    struct failure failure = {.options = &f->options};
    struct text text = {0};
    esp_tls_url_t target;
    enum tool_exit result;

    wire_record(&f->wire, &failure.record);
    if (esp_tls_url_parse(f->target, strlen(f->target), &target)) {
        copy_part(failure.host, sizeof(failure.host), target.host);
    }
    snprintf(failure.name, sizeof(failure.name), "%s", f->name);
    text_add(&text, "esp-tls: ");
    result = explain(&failure, &text);
    text_print(&text, stderr);
    return result;
}

static void say_connected(const struct fetch *f)
{
    esp_tls_record_t record;
    esp_tls_session_info_t info;

    wire_record(&f->wire, &record);
    fprintf(stderr, "* connected to %s port %u\n", record.address, record.port);
    if (esp_tls_get_session_info(f->wire.tls, &info) == ESP_OK && info.version != NULL) {
        fprintf(stderr, "* %s, %s, %s%s\n", info.version, info.ciphersuite,
                info.alpn != NULL ? "ALPN " : "no ALPN", info.alpn != NULL ? info.alpn : "");
    }
}

/** One step of the timeline, as the time it took. */
static void say_step(const char *name, uint32_t *before, uint32_t at)
{
    if (at == 0) {
        return;
    }
    fprintf(stderr, "  %s %.1f ms", name, (at - *before) / 1000.0);
    *before = at;
}

static void say_timeline(const struct fetch *f)
{
    esp_tls_timeline_t t;
    uint32_t before = 0;

    if (f->options.verbose == 0 || esp_tls_get_timeline(f->wire.tls, &t) != ESP_OK) {
        return;
    }
    fputs("* time:", stderr);
    say_step("dns", &before, t.resolved_us);
    say_step("tcp", &before, t.connected_us);
    say_step("tls", &before, t.handshake_us);
    say_step("first byte", &before, t.first_byte_us);
    fprintf(stderr, "  (%.1f ms in all)\n", before / 1000.0);
}

static enum tool_exit open_connection(struct fetch *f)
{
    esp_tls_cfg_t cfg = make_cfg(f);

    f->wire = (struct wire){
        .tls = esp_tls_init(), .async = f->options.async, .timeout_ms = f->options.timeout_ms};
    if (f->wire.tls == NULL || wire_connect(&f->wire, f->target, &cfg) != 1) {
        return connection_failed(f);
    }
    if (f->options.verbose > 0) {
        say_connected(f);
    }
    return EXIT_OK;
}

/* --- HTTP
 * ------------------------------------------------------------------------------------------------
 */

static ssize_t http_read(void *wire, void *data, size_t len)
{
    return wire_read(wire, data, len);
}

static int http_write(void *wire, const void *data, size_t len)
{
    return wire_write(wire, data, len);
}

static bool take_body(void *arg, const void *data, size_t len)
{
    struct fetch *f = arg;

    f->sink_result = output_write(&f->output, data, len);
    progress_add(&f->progress, (int64_t)len);
    return f->sink_result == EXIT_OK;
}

static enum tool_exit http_failed(struct fetch *f, enum http1_result result)
{
    progress_end(&f->progress);
    switch (result) {
    case HTTP1_CONNECTION:
        return connection_failed(f);
    case HTTP1_CLOSED:
        fprintf(stderr, "esp-tls: the server closed the connection %s\n",
                f->http.status != 0
                    ? "before the end of its answer. Try again; its log may say why."
                : f->options.is_tls ? "without an answer. Its log may say why."
                                    : "without an answer. Perhaps it wants https.");
        return EXIT_ANSWER;
    case HTTP1_MALFORMED:
        fprintf(stderr, "esp-tls: the answer cannot be used: %s. Perhaps this is no web server.\n",
                f->http.why);
        return EXIT_ANSWER;
    default:
        return f->sink_result;
    }
}

static enum tool_exit check_status(const struct fetch *f)
{
    const struct http1 *http = &f->http;

    if (http->status < 300) {
        return EXIT_OK;
    }
    if (http->status < 400) {
        fprintf(stderr,
                "esp-tls: the server answered %d %s: it redirects to %s. Redirects are not "
                "followed: fetch that URL instead.\n",
                http->status, http->reason,
                http->location[0] != '\0' ? http->location : "nowhere that it names");
    } else {
        fprintf(stderr, "esp-tls: the server answered %d %s.%s\n", http->status, http->reason,
                http->status < 500 ? " Check the URL's path, and that access is allowed."
                                   : " The fault is the server's: try again later.");
    }
    return EXIT_HTTP;
}

/** The bar would write over a body that goes to the same terminal. */
static bool wants_progress(const struct fetch *f)
{
    return f->options.output != NULL || !isatty(STDOUT_FILENO);
}

static enum tool_exit fetch_body(struct fetch *f)
{
    enum tool_exit status = output_open(&f->output, f->options.output);
    enum http1_result result;

    if (status != EXIT_OK) {
        return status;
    }
    progress_begin(&f->progress, wants_progress(f), f->http.length);
    result = http1_body(&f->http);
    if (result != HTTP1_OK) {
        return http_failed(f, result);
    }
    progress_end(&f->progress);
    return output_finish(&f->output);
}

static enum tool_exit fetch_url(struct fetch *f)
{
    enum http1_result result;
    enum tool_exit status;

    http1_init(&f->http);
    f->http.wire = &f->wire;
    f->http.read = http_read;
    f->http.write = http_write;
    f->http.sink = take_body;
    f->http.sink_arg = f;
    result = http1_get(&f->http, &f->options.url, "esp-tls/" ESP_TLS_VERSION);
    if (result != HTTP1_OK) {
        return http_failed(f, result);
    }
    if (f->options.verbose > 0) {
        fprintf(stderr, "* HTTP status %d %s\n", f->http.status, f->http.reason);
    }
    status = check_status(f);
    return status == EXIT_OK ? fetch_body(f) : status;
}

/* --- the command
 * --------------------------------------------------------------------------------------------- */

static bool take_names(struct fetch *f)
{
    const struct get_options *o = &f->options;
    const char *scheme = o->is_tls ? "https" : "http";
    int len = o->connect_to != NULL
                  ? snprintf(f->target, sizeof(f->target), "%s://%s", scheme, o->connect_to)
                  : snprintf(f->target, sizeof(f->target), "%s", o->url_text);

    if (o->url.host.len >= sizeof(f->name) ||
        (o->name != NULL && strlen(o->name) >= sizeof(f->name))) {
        fputs("esp-tls: the host's name is longer than a name can be\n", stderr);
        return false;
    }
    if (len < 0 || (size_t)len >= sizeof(f->target)) {
        fputs("esp-tls: the URL is too long\n", stderr);
        return false;
    }
    if (o->name != NULL) {
        snprintf(f->name, sizeof(f->name), "%s", o->name);
    } else {
        copy_part(f->name, sizeof(f->name), o->url.host);
    }
    return true;
}

static enum tool_exit load_credentials(struct fetch *f)
{
    const struct get_options *o = &f->options;
    enum tool_exit status = EXIT_OK;

    if (!o->is_tls) {
        return EXIT_OK;
    }
    if (o->cert != NULL) {
        status = credentials_identity(&f->identity, o->cert, o->key, o->pass);
    }
    return status == EXIT_OK ? credentials_trust(o->cacert) : status;
}

static void set_log(int verbose)
{
    if (verbose > 1) {
        esp_log_level_set("*", verbose == 2 ? ESP_LOG_INFO : ESP_LOG_VERBOSE);
    }
}

static enum tool_exit run(struct fetch *f)
{
    enum tool_exit status;

    if (!take_names(f)) {
        return EXIT_USAGE;
    }
    status = load_credentials(f);
    if (status != EXIT_OK) {
        return status;
    }
    if (f->options.insecure_no_name_check) {
        fputs("esp-tls: warning: the name in the server's certificate is not checked\n", stderr);
    }
    status = open_connection(f);
    if (status == EXIT_OK) {
        status = fetch_url(f);
    }
    say_timeline(f);
    return status;
}

static void fetch_free(struct fetch *f)
{
    output_clear(&f->output);
    (void)esp_tls_conn_destroy(f->wire.tls);
    credentials_clear(&f->identity);
    esp_tls_free_global_ca_store();
    free(f);
}

int cmd_get(int argc, char **argv)
{
    struct fetch *f = calloc(1, sizeof(*f));
    enum tool_exit status = EXIT_USAGE;

    if (f == NULL) {
        fputs("esp-tls: out of memory\n", stderr);
        return EXIT_MEMORY;
    }
    f->output.fd = -1;
    if (get_options_parse(&f->options, argc, argv)) {
        set_log(f->options.verbose);
        if (f->options.help) {
            get_options_help(stdout);
            status = EXIT_OK;
        } else {
            status = run(f);
        }
    }
    fetch_free(f);
    return (int)status;
}
