/* What a WebSocket failed with, as one paragraph; and the exit status of its class. */
#include <string.h>

#include "esp_transport_async.h"
#include "get/explain_http.h"
#include "ws_link.h"

const char *ws_close_name(int code)
{
    static const struct {
        int code;
        const char *name;
    } rows[] = {
        {1000, "normal"},
        {1001, "going away"},
        {1002, "protocol error"},
        {1003, "kind of data not taken"},
        {1005, "none"},
        {1007, "data not as its kind wants it"},
        {1008, "against its policy"},
        {1009, "message too long"},
        {1010, "extension missing"},
        {1011, "error in the server"},
        {1012, "service restarts"},
        {1013, "try again later"},
        {1014, "bad gateway"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].code == code) {
            return rows[i].name;
        }
    }
    return "";
}

/** %s: what is wrong. */
static const struct http_sentence rows[] = {
    {ESP_ERR_TCP_TRANSPORT_WS_MALFORMED, EXIT_ANSWER,
     "the answer is not HTTP: %s. Perhaps another service listens there."},
    {ESP_ERR_TCP_TRANSPORT_WS_HEADER_TOO_LONG, EXIT_ANSWER,
     "the answer's header is longer than this program takes (CONFIG_WS_BUFFER_SIZE).%s"},
    {ESP_ERR_TCP_TRANSPORT_WS_REQUEST_TOO_LONG, EXIT_USAGE,
     "URL and -H together are longer than this program takes (CONFIG_WS_BUFFER_SIZE).%s"},
    {ESP_ERR_TCP_TRANSPORT_WS_BAD_UPGRADE, EXIT_ANSWER,
     "the answer opens no WebSocket, though its status says so: %s. Perhaps a proxy on the way has "
     "changed it."},
    {ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT, EXIT_ANSWER,
     "the answer is not one to this request: %s. Perhaps it comes from a cache, or the server does "
     "not speak RFC 6455."},
    {ESP_ERR_TCP_TRANSPORT_WS_BAD_SUBPROTOCOL, EXIT_ANSWER,
     "%s. Offer the one that the server speaks with -s."},
    {ESP_ERR_TCP_TRANSPORT_WS_BAD_EXTENSION, EXIT_ANSWER, "%s: the server is at fault."},
    {ESP_ERR_TCP_TRANSPORT_WS_BAD_REDIRECT, EXIT_HTTP, "the server redirects to nowhere: %s."},
    {ESP_ERR_TCP_TRANSPORT_WS_PROTOCOL, EXIT_ANSWER,
     "what the server sent breaks the rules of WebSocket: %s. It was told so (1002)."},
    {ESP_ERR_TCP_TRANSPORT_WS_NOT_UTF8, EXIT_ANSWER,
     "what the server sent breaks the rules of WebSocket: %s. It was told so (1007)."},
    {ESP_ERR_TCP_TRANSPORT_WS_TOO_LONG, EXIT_ANSWER, "%s. The server was told so (1009)."},
    {ESP_ERR_TCP_TRANSPORT_WS_PONG_TIMEOUT, EXIT_TIMEOUT,
     "timeout: the server has not answered the Ping of --ping within the time of --timeout; "
     "probably it, or the network, is gone.%s"},
    {ESP_ERR_TCP_TRANSPORT_WS_CLOSE_TIMEOUT, EXIT_TIMEOUT,
     "timeout: the server has not answered the Close within the time of --timeout.%s"},
    {ESP_ERR_NO_MEM, EXIT_MEMORY, "out of memory.%s"},
};

static void add_sentence(const struct http_sentence *s, const char *why, struct text *text)
{
    const char *mark = strstr(s->text, "%s");

    text_add(text, "%.*s%s%s", (int)(mark - s->text), s->text, why, mark + 2);
}

/** What the layers below know. */
static void fill_ws_failure(const struct ws_link *l, struct http_failure *f, esp_err_t code)
{
    const struct connect_options *o = &l->options->connect;
    esp_tls_t *tls = esp_transport_get_esp_tls(l->ws);
    const char *place = esp_transport_ws_get_redir_uri(l->ws);

    f->of.options = o;
    f->of.code = code;
    f->is_tls = l->is_tls;
    f->status = esp_transport_ws_get_upgrade_request_status(l->ws);
    if (tls != NULL) {
        (void)esp_tls_get_record(tls, &f->of.record);
    }
    snprintf(f->of.host, sizeof(f->of.host), "%s", connect_options_host(o, l->host));
    snprintf(f->of.name, sizeof(f->of.name), "%s", o->name != NULL ? o->name : l->host);
    if (place != NULL) {
        http_printable(f->location, sizeof(f->location), place);
    }
}

static enum tool_exit explain_status(const struct ws_link *l, const struct http_failure *f,
                                     struct text *text)
{
    if (f->status / 100 == 2) {
        text_add(text,
                 "there is no WebSocket at this path: the server answered %d %s instead of 101. "
                 "Check the URL's path.",
                 f->status, http_reason(f->status));
        return EXIT_HTTP;
    }
    if (f->status == 401 && l->has_said) {
        text_add(text, "the server did not accept the user name and password.");
        return EXIT_HTTP;
    }
    return explain_http(f, ESP_OK, text);
}

/** The connection ended, and nobody said why. */
static enum tool_exit explain_end(const struct ws_link *l, const struct http_failure *f,
                                  struct text *text)
{
    if (f->status == 101) {
        text_add(text,
                 "the server ended the connection without closing the WebSocket: messages may "
                 "be missing. Its log may say why.");
    } else {
        text_add(text, "the server closed the connection without an answer. %s",
                 l->is_tls ? "Its log may say why." : "Perhaps it wants wss.");
    }
    return EXIT_ANSWER;
}

enum tool_exit explain_ws(const struct ws_link *l, struct text *text)
{
    const esp_err_t code = esp_transport_get_error_handle(l->ws)->last_error;
    const char *why = esp_transport_ws_get_why(l->ws);
    const struct http_sentence *s = http_sentence_of(rows, sizeof(rows) / sizeof(rows[0]), code);
    struct http_failure f = {0};

    fill_ws_failure(l, &f, code);
    if (s != NULL) {
        add_sentence(s, why != NULL ? why : "", text);
        return s->exit;
    }
    if (code == ESP_ERR_TCP_TRANSPORT_WS_NOT_UPGRADED || code == ESP_OK) {
        return explain_status(l, &f, text);
    }
    if (code == ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT && f.of.record.cause == ESP_TLS_CAUSE_NONE) {
        f.of.record.cause = ESP_TLS_CAUSE_TIMEOUT; /* TCP and TLS were there, and then nothing */
        f.of.record.phase = ESP_TLS_PHASE_OPEN;
        return explain(&f.of, text);
    }
    if (code == ESP_ERR_ESP_TLS_TCP_CLOSED_FIN && f.of.record.phase >= ESP_TLS_PHASE_OPEN) {
        return explain_end(l, &f, text);
    }
    return explain_http(&f, ESP_ERR_HTTP_CONNECT, text);
}

void diagnose_ws(const struct ws_link *l, esp_tls_diagnosis_t *d)
{
    esp_tls_t *tls = esp_transport_get_esp_tls(l->ws);
    struct http_failure f = {0};

    fill_ws_failure(l, &f, esp_transport_get_error_handle(l->ws)->last_error);
    if (tls != NULL) {
        (void)esp_tls_get_evidence(tls, &f.of.evidence);
    }
    explain_diagnose(&f.of, d);
    explain_diagnose_proxy(&f.of, d);
}
