/* With esp_http_client. */
#include "bench.h"

#include <stdio.h>

#include "esp_http_client.h"

static const char *authority;

int bench_prepare(const char *ca_file, const char *ca)
{
    (void)ca_file;
    authority = ca;
    return 0;
}

static esp_err_t on_event(esp_http_client_event_t *event)
{
    if (event->event_id == HTTP_EVENT_ON_DATA) {
        *(uint64_t *)event->user_data += (unsigned)event->data_len;
    }
    return ESP_OK;
}

struct bench_client *bench_open(const char *url, int buffer)
{
    const esp_http_client_config_t cfg = {.url = url,
                                          .cert_pem = authority,
                                          .tls_version = ESP_HTTP_CLIENT_TLS_VER_TLS_1_2,
                                          .event_handler = on_event,
                                          .buffer_size = buffer,
                                          .timeout_ms = 60000};

    return (struct bench_client *)esp_http_client_init(&cfg);
}

int bench_get(struct bench_client *c, uint64_t *body)
{
    esp_http_client_handle_t client = (esp_http_client_handle_t)c;
    esp_err_t err;

    esp_http_client_set_user_data(client, body);
    err = esp_http_client_perform(client);
    if (err != ESP_OK || esp_http_client_get_status_code(client) != 200) {
        fprintf(stderr, "%s, status %d\n", esp_err_to_name(err),
                esp_http_client_get_status_code(client));
        return 1;
    }
    return 0;
}

void bench_close(struct bench_client *c)
{
    esp_http_client_cleanup((esp_http_client_handle_t)c);
}
