/* Fetch a page with the HTTP client: redirects are followed, the connection is kept.
 *
 *     http_get CA.pem URL...
 *
 * CA.pem has the authorities that https servers' certificates come from. */
#include <stdio.h>
#include <stdlib.h>

#include "esp_http_client.h"

/** Memory does not grow with the body: it comes in pieces. */
static esp_err_t on_event(esp_http_client_event_t *evt)
{
    switch (evt->event_id) {
    case HTTP_EVENT_ON_HEADER:
        fprintf(stderr, "< %s: %s\n", evt->header_key, evt->header_value);
        break;
    case HTTP_EVENT_ON_DATA:
        fwrite(evt->data, 1, (size_t)evt->data_len, stdout);
        break;
    default:
        break;
    }
    return ESP_OK;
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = file != NULL ? calloc(1, 1 << 20) : NULL;

    if (text != NULL && fread(text, 1, (1 << 20) - 1, file) == 0) {
        free(text);
        text = NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

static int fetch(esp_http_client_handle_t client, const char *url)
{
    esp_err_t err = esp_http_client_set_url(client, url);

    if (err == ESP_OK) {
        err = esp_http_client_perform(client);
    }
    if (err != ESP_OK) {
        fprintf(stderr, "%s: %s\n", url, esp_err_to_name(err));
        return 1;
    }
    fprintf(stderr, "%s: status %d\n", url, esp_http_client_get_status_code(client));
    return 0;
}

int main(int argc, char **argv)
{
    esp_http_client_config_t cfg = {.event_handler = on_event, .timeout_ms = 10000};
    esp_http_client_handle_t client;
    char *ca;
    int result = 1;

    if (argc < 3) {
        fprintf(stderr, "usage: %s CA.pem URL...\n", argv[0]);
        return 2;
    }
    ca = read_text(argv[1]);
    cfg.url = argv[2];
    cfg.cert_pem = ca; /* without it, an https server would be refused */
    client = ca != NULL ? esp_http_client_init(&cfg) : NULL;
    if (client != NULL) {
        result = 0;
        for (int i = 2; i < argc; i++) { /* the same origin: the same connection */
            result |= fetch(client, argv[i]);
        }
        esp_http_client_cleanup(client);
    }
    free(ca);
    return result;
}
