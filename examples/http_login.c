/* Fetch a page for which the server wants to know who asks, perhaps through a proxy.
 *
 *     http_login URL USER PASSWORD [PROXY_HOST PROXY_PORT]
 *
 * The server says which scheme it wants: Digest is answered without sending the password, Basic sends
 * it, so let it be https then. */
#include <stdio.h>
#include <stdlib.h>

#include "esp_http_client_async.h"

static esp_err_t on_event(esp_http_client_event_t *evt)
{
    /* of the answer to the challenge only: the 401 before it is followed */
    if (evt->event_id == HTTP_EVENT_ON_DATA) {
        fwrite(evt->data, 1, (size_t)evt->data_len, stdout);
    }
    return ESP_OK;
}

static int fetch(esp_http_client_handle_t client)
{
    esp_err_t err = esp_http_client_perform(client);
    int status = esp_http_client_get_status_code(client);

    if (err == ESP_FAIL && status == 401) {
        fputs("the server did not accept user name and password\n", stderr);
        return 1;
    }
    if (err != ESP_OK) {
        fprintf(stderr, "failed: %s\n", esp_err_to_name(err));
        return 1;
    }
    fprintf(stderr, "status %d\n", status);
    return status == 200 ? 0 : 1;
}

int main(int argc, char **argv)
{
    esp_http_client_config_t cfg = {.event_handler = on_event};
    esp_http_client_handle_t client;
    int result;

    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: %s URL USER PASSWORD [PROXY_HOST PROXY_PORT]\n", argv[0]);
        return 2;
    }
    cfg.url = argv[1];
    cfg.username = argv[2];
    cfg.password = argv[3];
    client = esp_http_client_init(&cfg);
    if (client == NULL) {
        fprintf(stderr, "%s is no URL\n", argv[1]);
        return 2;
    }
    if (argc == 6) { /* https goes through a tunnel: the proxy sees the host's name, no more */
        const esp_http_client_proxy_t proxy = {.kind = ESP_HTTP_CLIENT_PROXY_HTTP,
                                               .host = argv[4],
                                               .port = (int)strtol(argv[5], NULL, 10)};

        if (esp_http_client_set_proxy(client, &proxy) != ESP_OK) {
            fputs("that is no proxy\n", stderr);
        }
    }
    result = fetch(client);
    esp_http_client_cleanup(client);
    return result;
}
