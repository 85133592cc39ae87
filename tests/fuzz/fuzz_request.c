/* What an application can put into a request. The first byte chooses which calls are made; the
 * pieces of the rest are their texts. Whatever is accepted, what goes out is one request: a request
 * line of three words, lines of a name, a colon and a value, an empty line; as many as were set,
 * and nothing of it that a server could take for another line. What has a CR, an LF or another
 * control character is refused. */
#include "sim_fuzz.h"

#include <stdlib.h>
#include <strings.h>

#include "esp_http_client_async.h"
#include "sim_script.h"

enum {
    WITH_URL = 1,
    WITH_HEADER = 2,
    WITH_LOGIN = 4,
    WITH_PROXY = 8,
    WITH_HOST = 16,
    WITH_AGENT = 32,
    WITH_DIGEST = 64,
    WITH_BODY = 128
};

#define LINES_MAX 12 /* of a head: what the client sets by itself, and three of the application's */

/** A text of the input: malloc()ed, so that a byte too far is seen. */
static char *text_of(struct sim_input *in)
{
    const struct sim_cert piece = sim_input_piece(in, 1);
    char *text = malloc(piece.len + 1u);

    sim_must(text != NULL);
    if (piece.len > 0) {
        memcpy(text, piece.buf, piece.len);
    }
    text[piece.len] = '\0';
    return text;
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7F) {
            return true;
        }
    }
    return false;
}

static bool is_token(const char *from, const char *to)
{
    static const char others[] = "!#$%&'*+-.^_`|~"; /* RFC 9110 section 5.6.2 */

    for (const char *p = from; p < to; p++) {
        bool is_letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');

        if (!is_letter && !(*p >= '0' && *p <= '9') && strchr(others, *p) == NULL) {
            return false;
        }
    }
    return from < to;
}

/** A head at `text`. @return behind it; NULL: nothing more came */
static const char *check_head(const char *text)
{
    unsigned lines = 0;
    unsigned hosts = 0;

    for (;;) {
        const char *end = strstr(text, "\r\n");
        const char *colon = strchr(text, ':');

        if (end == NULL) {
            return NULL; /* cut: the script keeps so much and no more */
        }
        if (end == text) {
            sim_must(hosts == 1);
            return end + 2;
        }
        for (const char *p = text; p < end; p++) {
            sim_must(((unsigned char)*p >= ' ' || *p == '\t') && *p != 0x7F);
        }
        if (lines++ == 0) {
            unsigned spaces = 0;

            for (const char *p = text; p < end; p++) {
                spaces += *p == ' ';
            }
            sim_must(spaces == 2 && memcmp(end - 9, " HTTP/1.1", 9) == 0);
        } else {
            sim_must(colon != NULL && colon < end && is_token(text, colon));
            hosts += colon - text == 4 && strncasecmp(text, "Host", 4) == 0;
        }
        sim_must(lines <= LINES_MAX);
        text = end + 2;
    }
}

/** Set it, if it may be. @return false: it was refused, as it has to be where it has such a
 *  character */
static bool accepted(esp_err_t err, const char *text)
{
    sim_must(err == ESP_OK || err == ESP_ERR_INVALID_ARG || err == ESP_ERR_NOT_SUPPORTED);
    sim_must(err != ESP_OK || !has_control(text));
    return err == ESP_OK;
}

static void set_all(esp_http_client_handle_t client, struct sim_input *in, uint8_t what)
{
    char *a = text_of(in);
    char *b = text_of(in);

    if (what & WITH_HEADER) {
        (void)accepted(esp_http_client_set_header(client, a, b), a);
        (void)accepted(esp_http_client_set_header(client, "X-A", b), b);
    }
    if (what & WITH_LOGIN) {
        (void)accepted(esp_http_client_set_username(client, a), a);
        (void)accepted(esp_http_client_set_password(client, b), b);
        (void)esp_http_client_set_authtype(client, what & WITH_DIGEST ? HTTP_AUTH_TYPE_DIGEST
                                                                      : HTTP_AUTH_TYPE_BASIC);
    }
    if (what & WITH_PROXY) {
        const esp_http_client_proxy_t proxy = {.kind = ESP_HTTP_CLIENT_PROXY_HTTP,
                                               .host = "127.0.0.1",
                                               .port = 80,
                                               .username = a,
                                               .password = b};

        (void)accepted(esp_http_client_set_proxy(client, &proxy), a);
    }
    if (what & WITH_URL) {
        char *url = text_of(in);

        (void)accepted(esp_http_client_set_url(client, url), url);
        free(url);
    }
    if (what & WITH_BODY) {
        (void)esp_http_client_set_method(client, HTTP_METHOD_POST);
        (void)esp_http_client_set_post_field(client, "body", 4);
    }
    free(a);
    free(b);
}

static esp_http_client_handle_t make(struct sim_input *in, uint8_t what)
{
    esp_http_client_config_t cfg = {.url = "http://127.0.0.1/", .timeout_ms = 100};
    esp_http_client_handle_t client;
    char *host = NULL;
    char *agent = NULL;

    if (what & WITH_AGENT) {
        agent = text_of(in);
        cfg.user_agent = agent;
    }
    if (what & WITH_HOST) {
        host = text_of(in);
        cfg.host = "127.0.0.1";
        cfg.path = host;
        cfg.query = host;
    }
    client = esp_http_client_init(&cfg);
    sim_must(client == NULL || agent == NULL || !has_control(agent));
    sim_must(client == NULL || host == NULL || !has_control(host));
    free(host);
    free(agent);
    return client;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sim_line lines[] = {
        {0,
         SIM_TEXT("HTTP/1.1 401 X\r\nWWW-Authenticate: Digest realm=r, nonce=n, qop=\"auth\"\r\n"
                  "Connection: close\r\nContent-Length: 0\r\n\r\n"),
         SIM_SCRIPT_CLOSE},
        {0, SIM_TEXT("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
         SIM_SCRIPT_CLOSE}};
    static struct sim_script script;
    struct sim_input in = {data, size};
    const uint8_t what = sim_input_byte(&in);
    esp_http_client_handle_t client;
    struct sim_case c;

    sim_fuzz_open(&c);
    script = (struct sim_script){.lines = lines, .count = COUNT(lines)};
    sim_host("127.0.0.1", 0, SIM_ACCEPT, 0, sim_script_peer, &script);
    client = make(&in, what);
    if (client != NULL) {
        set_all(client, &in, what);
        (void)esp_http_client_perform(client);
        sim_must(memchr(script.seen, '\0', script.seen_len) == NULL);
        for (const char *p = script.seen; p != NULL && *p != '\0';) {
            p = check_head(p);
            if (p != NULL && what & WITH_BODY && strncmp(p, "body", 4) == 0) {
                p += 4;
            }
        }
        sim_must(esp_http_client_cleanup(client) == ESP_OK);
    }
    sim_must(sim_case_close(&c) == 0);
    return 0;
}
