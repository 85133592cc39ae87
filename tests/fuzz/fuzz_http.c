/* What a server can answer to the HTTP client: redirects, challenges, connections that are kept or
 * not, bodies of any framing. The first byte chooses the settings, the second how large the pieces
 * are; each piece of the rest is the answer to one request, and after the last one the server
 * closes. A request ends, with a cause if it failed, and nothing is left behind. */
#include <stdlib.h>
#include <string.h>

#include "esp_http_client.h"
#include "sim_fuzz.h"

#define ANSWERS_MOST 24

enum {
    NO_REDIRECTS = 1,
    WITH_LOGIN = 2,
    WITH_DIGEST = 4,
    WITH_BODY = 8,
    WITH_HEAD = 16,
    BY_HAND = 32 /* open, fetch, read */
};

struct server {
    struct sim_input in;
    size_t piece;
    unsigned answers;
};

/** As many requests as have come are answered. */
static void peer(struct sim_peer *peer, void *arg)
{
    struct server *s = arg;
    unsigned *ends = sim_peer_state(peer, sizeof(*ends)); /* of "\r\n\r\n", seen so far */
    char buf[256];
    size_t n;

    while ((n = sim_peer_read(peer, buf, sizeof(buf))) > 0) {
        for (size_t i = 0; i < n; i++) {
            *ends = buf[i] == "\r\n\r\n"[*ends] ? *ends + 1 : buf[i] == '\r';
            if (*ends < 4) {
                continue;
            }
            *ends = 0;
            if (s->in.left == 0 || s->answers == ANSWERS_MOST) {
                sim_peer_close(peer);
                return;
            }
            struct sim_cert answer = sim_input_piece(&s->in, 4);

            s->answers++;
            if (s->piece > 0) {
                sim_peer_trickle(peer, s->piece, 1);
            }
            (void)sim_peer_write(peer, answer.buf, answer.len);
        }
    }
    if (sim_peer_is_closed(peer)) {
        sim_peer_close(peer);
    }
}

static esp_err_t on_event(esp_http_client_event_t *event)
{
    size_t *body = event->user_data;

    if (event->event_id == HTTP_EVENT_ON_HEADER) {
        sim_must(strpbrk(event->header_key, "\r\n") == NULL);
        sim_must(strpbrk(event->header_value, "\r\n") == NULL);
    } else if (event->event_id == HTTP_EVENT_ON_DATA) {
        sim_must(event->data_len >= 0);
        *body += (size_t)event->data_len;
    }
    return ESP_OK;
}

static void by_hand(esp_http_client_handle_t client)
{
    char buf[100];

    if (esp_http_client_open(client, 0) == ESP_OK && esp_http_client_fetch_headers(client) >= 0) {
        for (unsigned i = 0; i < 1000; i++) {
            int n = esp_http_client_read(client, buf, sizeof(buf));

            sim_must(n <= (int)sizeof(buf));
            if (n <= 0) {
                break;
            }
        }
        (void)esp_http_client_is_complete_data_received(client);
    }
    (void)esp_http_client_close(client);
}

static void run(esp_http_client_handle_t client, uint8_t what)
{
    if ((what & WITH_BODY) != 0) {
        sim_must(esp_http_client_set_method(client, HTTP_METHOD_POST) == ESP_OK);
        sim_must(esp_http_client_set_post_field(client, "body", 4) == ESP_OK);
    } else if ((what & WITH_HEAD) != 0) {
        sim_must(esp_http_client_set_method(client, HTTP_METHOD_HEAD) == ESP_OK);
    }
    for (unsigned i = 0; i < 2; i++) { /* the second one may find the connection kept */
        if ((what & BY_HAND) != 0) {
            by_hand(client);
        } else if (esp_http_client_perform(client) == ESP_OK) {
            int status = esp_http_client_get_status_code(client);

            /* interim ones are passed over, of which 101 is none */
            sim_must(status == 101 || (status >= 200 && status <= 999));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct server s = {.in = {data, size}};
    const uint8_t what = sim_input_byte(&s.in);
    size_t body = 0;
    const esp_http_client_config_t cfg = {
        .url = "http://test.example/a/b?c",
        .timeout_ms = 200,
        .event_handler = on_event,
        .user_data = &body,
        .disable_auto_redirect = (what & NO_REDIRECTS) != 0,
        .max_redirection_count = 4,
        .username = (what & WITH_LOGIN) != 0 ? "user" : NULL,
        .password = (what & WITH_LOGIN) != 0 ? "secret" : NULL,
        .auth_type = (what & WITH_LOGIN) == 0    ? HTTP_AUTH_TYPE_NONE
                     : (what & WITH_DIGEST) != 0 ? HTTP_AUTH_TYPE_DIGEST
                                                 : HTTP_AUTH_TYPE_BASIC,
        .keep_alive_enable = true,
    };
    esp_http_client_handle_t client;
    struct sim_case c;

    s.piece = sim_input_byte(&s.in) % 16u;
    sim_fuzz_open(&c);
    sim_host("127.0.0.1", 0, SIM_ACCEPT, 0, peer, &s);
    client = esp_http_client_init(&cfg);
    sim_must(client != NULL);
    run(client, what);
    sim_must(body <= size);
    sim_must(esp_http_client_cleanup(client) == ESP_OK);
    sim_must(sim_case_close(&c) == 0);
    return 0;
}
