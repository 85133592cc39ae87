/* Fetch a page through a proxy.
 *
 *     http_proxy CA.pem URL KIND HOST PORT [USER PASSWORD]
 *
 * KIND is http, socks4, socks4a or socks5. What goes through is TLS with the server, whose
 * certificate is checked as without a proxy; an http URL's request is seen by the proxy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_http_client_async.h"
#include "esp_transport_proxy.h"

static const struct {
    const char *name;
    esp_http_client_proxy_kind_t kind;
} kinds[] = {{"http", ESP_HTTP_CLIENT_PROXY_HTTP},
             {"socks4", ESP_HTTP_CLIENT_PROXY_SOCKS4},
             {"socks4a", ESP_HTTP_CLIENT_PROXY_SOCKS4A},
             {"socks5", ESP_HTTP_CLIENT_PROXY_SOCKS5}};

static esp_err_t on_event(esp_http_client_event_t *evt)
{
    esp_tls_error_handle_t error = evt->data;

    if (evt->event_id == HTTP_EVENT_ON_DATA) {
        fwrite(evt->data, 1, (size_t)evt->data_len, stdout);
    } else if (evt->event_id == HTTP_EVENT_ERROR && error != NULL &&
               error->last_error == ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED) {
        fputs("the proxy wants a user name and a password\n", stderr);
    }
    return ESP_OK;
}

static esp_http_client_proxy_kind_t kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(name, kinds[i].name) == 0) {
            return kinds[i].kind;
        }
    }
    return 0; /* none: set_proxy() refuses it */
}

int main(int argc, char **argv)
{
    static char ca[1 << 20];
    esp_http_client_config_t cfg = {.event_handler = on_event, .cert_pem = ca};
    esp_http_client_proxy_t proxy = {0};
    esp_http_client_handle_t client;
    FILE *file;
    esp_err_t err;

    if (argc != 6 && argc != 8) {
        fprintf(stderr, "usage: %s CA.pem URL KIND HOST PORT [USER PASSWORD]\n", argv[0]);
        return 2;
    }
    file = fopen(argv[1], "rb");
    if (file == NULL || fread(ca, 1, sizeof(ca) - 1, file) == 0) {
        fprintf(stderr, "cannot read %s\n", argv[1]);
        return 2;
    }
    fclose(file);
    cfg.url = argv[2];
    proxy.kind = kind_of(argv[3]);
    proxy.host = argv[4];
    proxy.port = (int)strtol(argv[5], NULL, 10);
    if (argc == 8) {
        proxy.username = argv[6];
        proxy.password = argv[7];
    }
    client = esp_http_client_init(&cfg);
    err = esp_http_client_set_proxy(client, &proxy);
    if (err != ESP_OK) {
        fputs("the URL or the proxy is none\n", stderr);
        esp_http_client_cleanup(client);
        return 2;
    }
    err = esp_http_client_perform(client);
    fprintf(stderr, "%s, status %d\n", esp_err_to_name(err),
            esp_http_client_get_status_code(client));
    esp_http_client_cleanup(client);
    return err == ESP_OK ? 0 : 1;
}
