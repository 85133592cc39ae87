/* esp-tls get: fetch URLs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/capture.h"
#include "cli/credentials.h"
#include "esp_http_client_async.h"
#include "esp_transport_async.h"
#include "cli/explain.h"
#include "cli/json.h"
#include "explain_http.h"
#include "get_options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/shortage.h"
#include "cli/streams.h"
#include "upload.h"

#define BUFFER 16384 /* also the longest header */

/** All URLs, one after the other; what is of the current one begins with url. */
struct fetch {
    struct get_options options;
    struct identity identity;
    struct upload upload;
    struct capture capture;
    esp_http_client_handle_t client;
    bool is_logged_in; /* -u and -H were given to the client */

    const char *url;
    const char *file; /* -o; NULL: standard output */
    struct output output;
    struct progress progress;
    int64_t resume_from;
    int64_t part_from;  /* of Content-Range; -1: none */
    int64_t body_bytes; /* that came */
    bool is_open;       /* output */
    bool is_reported;   /* as JSON */
    enum tool_exit sink_result;
    struct http_failure failure; /* what is known when something fails */
    esp_tls_timeline_t timeline;
    bool has_timeline;
};

/* --- what is said of a connection ------------------------------------------------------------- */

static esp_tls_t *tls_of(esp_http_client_handle_t client)
{
    esp_transport_handle_t t = esp_http_client_get_transport(client);

    return t != NULL ? esp_transport_get_esp_tls(t) : NULL;
}

static void say_connected(struct fetch *f)
{
    esp_tls_t *tls = tls_of(f->client);
    esp_tls_record_t record;
    esp_tls_session_info_t info;

    f->has_timeline = true;
    if (f->options.connect.verbose == 0 || tls == NULL ||
        esp_tls_get_record(tls, &record) != ESP_OK) {
        return;
    }
    if (record.address[0] != '\0') {
        fprintf(stderr, "* connected to %s port %u\n", record.address, record.port);
    } else {
        fprintf(stderr, "* connected through %s port %d\n", f->options.connect.proxy.proxy.host,
                f->options.connect.proxy.proxy.port);
    }
    if (esp_tls_get_session_info(tls, &info) == ESP_OK && info.version != NULL) {
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

static void say_timeline(struct fetch *f)
{
    const esp_tls_timeline_t *t = &f->timeline;
    uint32_t before = 0;

    if (f->options.connect.verbose == 0 || !f->has_timeline) {
        return;
    }
    f->has_timeline = false;
    fputs("* time:", stderr);
    say_step("dns", &before, t->resolved_us);
    say_step("tcp", &before, t->connected_us);
    say_step("tls", &before, t->handshake_us);
    say_step("first byte", &before, t->first_byte_us);
    fprintf(stderr, "  (%.1f ms in all)\n", before / 1000.0);
}

/** Before the connection goes. */
static void note_connection(struct fetch *f)
{
    esp_tls_t *tls = tls_of(f->client);

    if (tls != NULL) {
        (void)esp_tls_get_timeline(tls, &f->timeline);
        explain_note(&f->failure.of, tls);
    }
}

/* --- events ----------------------------------------------------------------------------------- */

static bool is_good(int status)
{
    return status / 100 == 2;
}

/** Is its body what was asked for? */
static bool is_wanted(const struct fetch *f, int status)
{
    return is_good(status) || f->options.body_on_error;
}

/** With --json standard output has the report alone. */
static bool is_dropped(const struct fetch *f)
{
    return f->options.connect.json && f->file == NULL;
}

/** The bar would write over a body that goes to the same terminal. */
static bool wants_progress(const struct fetch *f)
{
    return f->file != NULL || !isatty(STDOUT_FILENO);
}

/** Where the body goes is decided when the head is there. */
static enum tool_exit begin_body(struct fetch *f, int status)
{
    int64_t length = esp_http_client_get_content_length(f->client);
    enum tool_exit result = EXIT_OK;

    if (status == 206 && f->resume_from > 0 && f->part_from != f->resume_from) {
        fputs("esp-tls: the server sent another part of the file than was asked for. What has come "
              "is kept as it is; without --resume all of it is fetched anew.\n",
              stderr);
        return EXIT_ANSWER;
    }
    if (!f->is_open) {
        result = output_open(&f->output, f->file);
        f->is_open = true;
    } else if (status != 206 && f->resume_from > 0) {
        result = output_restart(&f->output);
        f->resume_from = 0;
    }
    progress_begin(&f->progress, wants_progress(f), f->resume_from,
                   length >= 0 ? f->resume_from + length : -1);
    return result;
}

static void print_head(const esp_http_client_event_t *evt, int status)
{
    if (evt->event_id == HTTP_EVENT_ON_STATUS_CODE) {
        printf("HTTP/1.1 %d %s\n", status, http_reason(status));
    } else if (evt->event_id == HTTP_EVENT_ON_HEADER) {
        printf("%s: %s\n", evt->header_key, evt->header_value);
    } else if (evt->event_id == HTTP_EVENT_ON_HEADERS_COMPLETE) {
        putchar('\n');
    }
}

static void on_header(struct fetch *f, const esp_http_client_event_t *evt)
{
    if (strcasecmp(evt->header_key, "Location") == 0) {
        http_printable(f->failure.location, sizeof(f->failure.location), evt->header_value);
    } else if (strcasecmp(evt->header_key, "Content-Range") == 0) { /* RFC 9110 section 14.4 */
        long long from;

        f->part_from = sscanf(evt->header_value, "bytes %18lld-", &from) == 1 ? from : -1;
    }
}

static void stop_get(struct fetch *f, enum tool_exit result)
{
    f->sink_result = result;
    (void)esp_http_client_close(f->client);
}

static esp_err_t on_event(esp_http_client_event_t *evt)
{
    struct fetch *f = evt->user_data;
    int status = esp_http_client_get_status_code(evt->client);
    enum tool_exit result = EXIT_OK;

    if (f->options.head && !f->options.connect.json) {
        print_head(evt, status);
    }
    switch (evt->event_id) {
    case HTTP_EVENT_ON_CONNECTED:
        say_connected(f);
        break;
    case HTTP_EVENT_ON_STATUS_CODE:
        f->failure.location[0] = '\0';
        f->part_from = -1;
        if (f->options.connect.verbose > 0) {
            fprintf(stderr, "* HTTP status %d %s\n", status, http_reason(status));
        }
        break;
    case HTTP_EVENT_ON_HEADER:
        on_header(f, evt);
        break;
    case HTTP_EVENT_ON_HEADERS_COMPLETE:
        result = is_wanted(f, status) && !f->options.head ? begin_body(f, status) : EXIT_OK;
        break;
    case HTTP_EVENT_ON_DATA:
        if (is_wanted(f, status)) {
            f->body_bytes += evt->data_len;
            result = is_dropped(f) ? EXIT_OK
                                   : output_write(&f->output, evt->data, (size_t)evt->data_len);
            progress_add(&f->progress, evt->data_len);
        }
        break;
    case HTTP_EVENT_ERROR:
        f->failure.of.code =
            evt->data != NULL ? ((esp_tls_error_handle_t)evt->data)->last_error : 0;
        note_connection(f);
        break;
    case HTTP_EVENT_ON_FINISH:
        note_connection(f);
        break;
    default:
        break;
    }
    if (result != EXIT_OK) {
        stop_get(f, result);
    }
    return ESP_OK;
}

/* --- the client ------------------------------------------------------------------------------- */

static esp_http_client_config_t make_cfg(struct fetch *f)
{
    static const char *const alpn[] = {"http/1.1", NULL};
    static const esp_http_client_addr_type_t families[] = {
        [ESP_TLS_AF_UNSPEC] = HTTP_ADDR_TYPE_UNSPEC,
        [ESP_TLS_AF_INET] = HTTP_ADDR_TYPE_INET,
        [ESP_TLS_AF_INET6] = HTTP_ADDR_TYPE_INET6,
    };
    const struct get_options *o = &f->options;
    esp_http_client_config_t cfg = {
        .url = o->urls[0],
        .user_agent = "esp-tls/" ESP_TLS_VERSION,
        .timeout_ms = o->connect.timeout_ms,
        .disable_auto_redirect = !o->connect.follow,
        .event_handler = on_event,
        .user_data = f,
        .buffer_size = BUFFER,
        .buffer_size_tx = BUFFER,
        .is_async = o->async,
        .use_global_ca_store = o->connect.is_tls,
        .skip_cert_common_name_check = o->connect.insecure_no_name_check,
        .common_name = o->connect.name,
        .alpn_protos = connect_options_alpn(&f->options.connect, alpn),
        .tls_version = (esp_http_client_proto_ver_t)o->connect.version,
        .addr_type = families[o->connect.family],
    };

    if (o->connect.cert != NULL) {
        cfg.client_cert_pem = (const char *)f->identity.cert.data;
        cfg.client_cert_len = f->identity.cert.size;
        cfg.client_key_pem = (const char *)f->identity.key.data;
        cfg.client_key_len = f->identity.key.size;
    }
    if (f->identity.password != NULL) {
        cfg.client_key_password = f->identity.password;
        cfg.client_key_password_len = strlen(f->identity.password);
    }
    return cfg;
}

static enum tool_exit no_client(esp_err_t err)
{
    fprintf(stderr, "esp-tls: %s\n",
            err == ESP_ERR_NO_MEM ? "out of memory" : "a value cannot be used in a request");
    return err == ESP_ERR_NO_MEM ? EXIT_MEMORY : EXIT_USAGE;
}

static esp_err_t set_header(struct fetch *f, const char *text)
{
    char name[128];
    const char *colon = strchr(text, ':');

    snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
    if (colon[1 + strspn(colon + 1, " \t")] != '\0') {
        return esp_http_client_set_header(f->client, name, colon + 1);
    }
    (void)esp_http_client_delete_header(f->client, name);
    return ESP_OK;
}

static esp_err_t set_body(struct fetch *f)
{
    char *type;
    esp_err_t err;

    if (f->options.data == NULL) {
        return ESP_OK;
    }
    err = esp_http_client_set_source(f->client, upload_draw, f->upload.size, &f->upload);
    if (err == ESP_OK &&
        esp_http_client_get_header(f->client, "Content-Type", &type) == ESP_ERR_NOT_FOUND) {
        err = esp_http_client_set_header(f->client, "Content-Type",
                                         "application/x-www-form-urlencoded");
    }
    return err;
}

static esp_err_t set_range(struct fetch *f)
{
    char range[64];

    if (f->options.range != NULL) {
        snprintf(range, sizeof(range), "bytes=%s", f->options.range);
    } else if (f->resume_from > 0) {
        snprintf(range, sizeof(range), "bytes=%lld-", (long long)f->resume_from);
    } else {
        (void)esp_http_client_delete_header(f->client, "Range");
        return ESP_OK;
    }
    return esp_http_client_set_header(f->client, "Range", range);
}

/** What another origin's URL would have made the client forget is set for each. */
static esp_err_t set_request(struct fetch *f)
{
    const struct get_options *o = &f->options;
    esp_err_t err = esp_http_client_set_header(f->client, "Accept", "*/*");

    for (size_t i = 0; i < o->connect.header_count && err == ESP_OK; i++) {
        err = set_header(f, o->connect.headers[i]);
    }
    if (err == ESP_OK && o->connect.password != NULL) {
        err = esp_http_client_set_username(f->client, o->connect.user);
    }
    if (err == ESP_OK && o->connect.password != NULL) {
        err = esp_http_client_set_password(f->client, o->connect.password);
    }
    if (err == ESP_OK) {
        err = set_body(f);
    }
    return err == ESP_OK ? set_range(f) : err;
}

static enum tool_exit make_client(struct fetch *f)
{
    const struct get_options *o = &f->options;
    esp_http_client_config_t cfg = make_cfg(f);
    esp_err_t err = ESP_OK;

    cfg.method = o->head           ? HTTP_METHOD_HEAD
                 : o->has_method   ? o->method
                 : o->data != NULL ? HTTP_METHOD_POST
                                   : HTTP_METHOD_GET;
    f->client = esp_http_client_init(&cfg);
    if (f->client == NULL) {
        return no_client(shortage_take() ? ESP_ERR_NO_MEM : ESP_ERR_INVALID_ARG);
    }
    capture_client(&f->capture, f->client);
    if (o->connect.proxy.proxy.host != NULL) {
        err = esp_http_client_set_proxy(f->client, &o->connect.proxy.proxy);
    }
    if (err == ESP_OK && o->connect.connect_to != NULL) {
        err = esp_http_client_set_connect_to(f->client, o->connect.connect_host,
                                             o->connect.connect_port);
    }
    return err == ESP_OK ? EXIT_OK : no_client(err);
}

/* --- one URL ---------------------------------------------------------------------------------- */

static esp_err_t perform(esp_http_client_handle_t client)
{
    esp_err_t err;

    while ((err = esp_http_client_perform(client)) == ESP_ERR_HTTP_EAGAIN) {
        esp_tls_wait_t wait;

        if (esp_http_client_get_wait(client, &wait) == ESP_OK) {
            (void)esp_tls_wait(&wait, -1);
        }
    }
    return err;
}

static void copy_part(char *to, size_t cap, esp_tls_url_part_t part)
{
    snprintf(to, cap, "%.*s", (int)part.len, part.ptr);
}

/** Who was asked last, redirects included. */
static void note_names(struct fetch *f)
{
    struct failure *of = &f->failure.of;
    char text[8400];
    esp_tls_url_t url;

    if (esp_http_client_get_url(f->client, text, (int)sizeof(text)) != ESP_OK ||
        !esp_tls_url_parse(text, strlen(text), &url)) {
        return;
    }
    f->failure.is_tls = esp_tls_url_part_is(url.scheme, "https");
    copy_part(of->host, sizeof(of->host), url.host);
    snprintf(of->name, sizeof(of->name), "%s",
             f->options.connect.name != NULL ? f->options.connect.name : of->host);
    if (f->options.connect.connect_to != NULL) {
        snprintf(of->host, sizeof(of->host), "%s", f->options.connect.connect_host);
    }
}

/** What --json prints of a URL. */
static void report_get(struct fetch *f, enum tool_exit result, const char *verdict, esp_err_t err)
{
    struct json j = {.out = stdout};

    f->is_reported = true;
    json_report(&j, "get");
    json_number(&j, "exit", result);
    json_string(&j, "verdict", verdict);
    json_string(&j, "url", f->url);
    json_number(&j, "body_bytes", f->body_bytes);
    if (result == EXIT_OK) {
        json_number(&j, "status", esp_http_client_get_status_code(f->client));
    } else {
        explain_http_json(&f->failure, err, &j);
    }
    json_end(&j, false);
}

static enum tool_exit fail(struct fetch *f, esp_err_t err)
{
    struct text text = {0};
    enum tool_exit result;

    if (f->sink_result != EXIT_OK) {
        return f->sink_result;
    }
    note_names(f);
    f->failure.of.options = &f->options.connect;
    f->failure.status = esp_http_client_get_status_code(f->client);
    f->failure.malformed = esp_http_client_get_malformed(f->client);
    f->failure.upload = &f->upload;
    result = explain_http(&f->failure, err, &text);
    if (result != EXIT_MEMORY && shortage_take()) { /* what was found is what came of that */
        return tool_no_memory();
    }
    if (f->options.connect.json) {
        report_get(f, result, text.chars, err);
    } else {
        fputs("esp-tls: ", stderr);
        text_print(&text, stderr);
    }
    return result;
}

/** Everything had come before: 416 says how long the whole is. */
static bool is_whole_already(const struct fetch *f)
{
    return esp_http_client_get_status_code(f->client) == 416 && f->resume_from > 0 &&
           esp_http_client_get_content_range(f->client) == f->resume_from;
}

static enum tool_exit finish_get(struct fetch *f)
{
    const int status = esp_http_client_get_status_code(f->client);
    const bool is_fine = is_whole_already(f) || is_good(status);
    enum tool_exit written = f->is_open ? output_finish(&f->output) : EXIT_OK;

    if (written != EXIT_OK) {
        return written;
    }
    if (!is_fine) {
        return fail(f, ESP_OK);
    }
    if (f->options.connect.json) {
        report_get(f, EXIT_OK, NULL, ESP_OK);
    }
    return EXIT_OK;
}

static enum tool_exit fetch_url(struct fetch *f)
{
    esp_err_t err = set_request(f);
    enum tool_exit result;

    if (err != ESP_OK) {
        return no_client(err);
    }
    err = perform(f->client);
    progress_end(&f->progress);
    result = err == ESP_OK ? finish_get(f) : fail(f, err);
    say_timeline(f);
    return result;
}

static enum tool_exit fetch_one(struct fetch *f, size_t i)
{
    const struct get_options *o = &f->options;
    enum tool_exit result = EXIT_OK;

    (void)shortage_take(); /* of the one before */
    f->url = o->urls[i];
    f->file = i < o->output_count ? o->outputs[i] : NULL;
    f->resume_from = 0;
    f->body_bytes = 0;
    f->is_open = false;
    f->sink_result = EXIT_OK;
    memset(&f->failure, 0, sizeof(f->failure));
    if (i > 0 && esp_http_client_set_url(f->client, f->url) != ESP_OK) {
        return no_client(shortage_take() ? ESP_ERR_NO_MEM : ESP_ERR_INVALID_ARG);
    }
    if (o->resume && f->file != NULL) {
        result = output_resume(&f->output, f->file, &f->resume_from);
        f->is_open = true;
    }
    if (result == EXIT_OK) {
        result = fetch_url(f);
    }
    output_clear(&f->output);
    return result;
}

static enum tool_exit fetch_number(struct fetch *f, size_t i)
{
    const size_t said = strlen(streams_said());
    enum tool_exit result;

    f->is_reported = false;
    result = fetch_one(f, i);
    if (f->options.connect.json && !f->is_reported) { /* it did not come to an answer */
        json_ended(stdout, "get", (int)result, streams_said() + said);
    }
    return result;
}

/* --- the command ------------------------------------------------------------------------------ */

static enum tool_exit load_files(struct fetch *f)
{
    const struct get_options *o = &f->options;
    enum tool_exit status = EXIT_OK;

    if (o->data != NULL) {
        status = upload_open(&f->upload, o->data);
    }
    return status == EXIT_OK ? credentials_load(&f->identity, &o->connect) : status;
}

/** All of them; the status is that of the first that failed. */
static enum tool_exit fetch_all(struct fetch *f)
{
    enum tool_exit status = load_files(f);

    if (status == EXIT_OK) {
        status = capture_open(&f->capture, &f->options.connect);
    }
    if (status == EXIT_OK) {
        status = make_client(f);
    }
    if (status != EXIT_OK) {
        return status;
    }
    for (size_t i = 0; i < f->options.url_count; i++) {
        enum tool_exit one = fetch_number(f, i);

        status = status == EXIT_OK ? one : status;
    }
    return status;
}

static void fetch_init(void *state)
{
    struct fetch *f = state;

    connect_options_init(&f->options);
    f->output.fd = -1;
    f->upload.fd = -1;
}

static enum tool_exit fetch_run(void *state)
{
    struct fetch *f = state;
    enum tool_exit status;
    enum tool_exit captured;

    connect_options_log(&f->options.connect);
    status = fetch_all(f);
    if (f->client != NULL) { /* the ends of its connections are captured too */
        (void)esp_http_client_cleanup(f->client);
    }
    captured = capture_close(&f->capture);
    return status == EXIT_OK ? captured : status;
}

static void fetch_clear(void *state)
{
    struct fetch *f = state;

    output_clear(&f->output);
    upload_close(&f->upload);
    credentials_clear(&f->identity);
    esp_tls_free_global_ca_store();
}

const struct command cmd_get = {
    .options = &get_options,
    .summary = "fetch a URL over a verified TLS connection",
    .size = sizeof(struct fetch),
    .init = fetch_init,
    .accept = get_options_accept,
    .run = fetch_run,
    .clear = fetch_clear,
};
