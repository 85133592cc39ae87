#include "explain_http.h"

#include <string.h>

#include "esp_http_client_diagnosis.h"
#include "esp_transport_diagnosis.h"

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {300, "Multiple Choices"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {407, "Proxy Authentication Required"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].status == status) {
            return rows[i].reason;
        }
    }
    return "";
}

void http_printable(char *to, size_t cap, const char *from)
{
    size_t i = 0;

    for (; i < cap - 1 && from[i] != '\0'; i++) {
        to[i] = from[i] >= 0x20 && from[i] < 0x7F ? from[i] : '?';
    }
    to[i] = '\0';
}

/* --- a status --------------------------------------------------------------------------------- */

static const char *remedy_of(int status)
{
    switch (status) {
    case 401:
        return " It wants to know who you are: -u USER:PASSWORD.";
    case 407:
        return " The proxy wants to know who you are: --proxy http://USER:PASSWORD@HOST:PORT.";
    case 416:
        return " The range begins behind the end of what it has.";
    default:
        return status < 500 ? " Check the URL's path, and that access is allowed."
                            : " The fault is the server's: try again later.";
    }
}

/** The library's diagnosis of a status, from what the connection is known to have been. */
static bool is_for_identity(const struct http_failure *f)
{
    esp_tls_diagnosis_t d;

    explain_diagnose(&f->of, &d);
    esp_http_client_diagnose(&d, ESP_OK, f->status, false);
    return d.reasons[0] == ESP_TLS_REASON_HTTP_CLIENT_CERT;
}

static enum tool_exit explain_status(const struct http_failure *f, struct text *text)
{
    const char *reason = http_reason(f->status);

    text_add(text, "the server answered %d%s%s", f->status, reason[0] != '\0' ? " " : "", reason);
    if (f->status / 100 == 3) {
        text_add(text, ": it redirects to %s. Redirects are followed with -L.",
                 f->location[0] != '\0' ? f->location : "nowhere that it names");
    } else if (is_for_identity(f)) {
        text_add(text, ". In the handshake it had asked for a client certificate, and got none: "
                       "--cert FILE --key FILE, with one that its owner issued. If it does not "
                       "demand one, check the URL's path, and that access is allowed.");
    } else {
        text_add(text, ".%s", remedy_of(f->status));
    }
    return EXIT_HTTP;
}

static const struct http_sentence request_says[] = {
    {ESP_ERR_HTTP_HEADER_TOO_LONG, EXIT_ANSWER,
     "the answer cannot be used: a header is longer than 16 KB, or all of them than 64 KB."},
    {ESP_ERR_HTTP_MAX_REDIRECT, EXIT_HTTP,
     "more than ten redirects: probably they lead in a circle."},
    {ESP_ERR_HTTP_REDIRECT_DOWNGRADE, EXIT_HTTP,
     "the server redirects from https to http, where everybody can read along: not followed."},
    {ESP_ERR_HTTP_BAD_LOCATION, EXIT_HTTP,
     "the server redirects to what is no URL of http or https: not followed."},
    {ESP_ERR_NOT_ALLOWED, EXIT_HTTP,
     "the server redirects to another one, which would get what -d sends: not followed. If that "
     "is wanted, send it there yourself."},
    {ESP_ERR_NOT_SUPPORTED, EXIT_HTTP,
     "the server wants to know who you are, but in no way that is known here (Basic, Digest)."},
    {ESP_ERR_NO_MEM, EXIT_MEMORY, "out of memory."},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct http_sentence *http_sentence_of(const struct http_sentence *rows, size_t count,
                                             esp_err_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].code == code) {
            return &rows[i];
        }
    }
    return NULL;
}

/* --- an answer -------------------------------------------------------------------------------- */

static enum tool_exit explain_answer(const struct http_failure *f, struct text *text)
{
    if (f->malformed != NULL) {
        text_add(text, "the answer cannot be used: %s.%s", f->malformed,
                 f->status > 0 ? "" : " Perhaps this is no web server.");
    } else if (f->status > 0) {
        text_add(text, "the server closed the connection before the end of its answer. Try again; "
                       "its log may say why.");
    } else {
        text_add(text, "the server closed the connection without an answer. %s",
                 f->is_tls ? "Its log may say why." : "Perhaps it wants https.");
    }
    return EXIT_ANSWER;
}

/** The connection's own record says more than that the request failed. */
static bool has_record(const struct http_failure *f)
{
    switch (f->of.record.cause) {
    case ESP_TLS_CAUSE_NONE:
    case ESP_TLS_CAUSE_EOF:
        return f->of.record.phase != ESP_TLS_PHASE_OPEN && f->of.record.cause != ESP_TLS_CAUSE_NONE;
    default:
        return true;
    }
}

static enum tool_exit explain_silence(const struct http_failure *f, struct text *text)
{
    struct failure failure = f->of;

    failure.record.cause = ESP_TLS_CAUSE_TIMEOUT;
    failure.record.phase = ESP_TLS_PHASE_OPEN;
    return explain(&failure, text);
}

static enum tool_exit explain_write(const struct http_failure *f, struct text *text)
{
    if (f->upload->path == NULL || f->of.record.cause != ESP_TLS_CAUSE_NONE) {
        return explain_silence(f, text);
    }
    if (f->upload->error != 0) {
        text_add(text, "cannot read %s: %s.", f->upload->path, strerror(f->upload->error));
        return EXIT_USAGE;
    }
    if (f->upload->size >= 0 && f->upload->at < f->upload->size) {
        return explain_silence(f, text);
    }
    text_add(text, "%s became shorter while it was sent.", f->upload->path);
    return EXIT_USAGE;
}

enum tool_exit explain_http(const struct http_failure *f, esp_err_t err, struct text *text)
{
    const esp_err_t code = f->of.code == ESP_ERR_NO_MEM ? ESP_ERR_NO_MEM : err;
    const struct http_sentence *s = http_sentence_of(request_says, COUNT(request_says), code);
    enum tool_exit status;

    if (err == ESP_OK) {
        return explain_status(f, text);
    }
    if (explain_proxy(&f->of, text, &status)) {
        return status;
    }
    if (s != NULL && !(s->exit == EXIT_MEMORY && has_record(f))) {
        text_add(text, "%s", s->text);
        return s->exit;
    }
    if (err == ESP_FAIL && (f->status == 401 || f->status == 407)) {
        text_add(text, "%s did not accept the user name and password.",
                 f->status == 401 ? "the server" : "the proxy");
        return EXIT_HTTP;
    }
    if (err == ESP_ERR_HTTP_CONNECT && explain_proxy_is_slow(&f->of)) {
        return explain(&f->of, text);
    }
    if (err == ESP_ERR_HTTP_READ_TIMEOUT) {
        return explain_silence(f, text);
    }
    if (has_record(f)) {
        return explain(&f->of, text);
    }
    if (err == ESP_ERR_HTTP_WRITE_DATA) {
        return explain_write(f, text);
    }
    if (err == ESP_ERR_HTTP_CONNECT) {
        text_add(text, "no connection: %s.", esp_err_to_name(f->of.code));
        return EXIT_TCP;
    }
    return explain_answer(f, text);
}

/* --- for programs ----------------------------------------------------------------------------- */

void explain_http_json(const struct http_failure *f, esp_err_t err, struct json *j)
{
    esp_tls_diagnosis_t d;

    explain_diagnose(&f->of, &d);
    if (err == ESP_ERR_HTTP_CONNECT) {
        explain_diagnose_proxy(&f->of, &d);
    } else {
        esp_transport_diagnose_code(&d, f->of.code);
    }
    esp_http_client_diagnose(&d, err, f->status, f->malformed != NULL);
    explain_members(&d, j);
}
