/* Fetch a page for which the server wants to know who asks.
 *
 *     http_digest CA.pem URL USER PASSWORD
 *
 * The server says which scheme it wants: Digest is answered without sending the password, Basic
 * sends it, so let it be https then. */
#include <stdio.h>
#include <stdlib.h>

#include "esp_http_client.h"

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
    static char ca[1 << 20];
    esp_http_client_config_t cfg = {.event_handler = on_event, .cert_pem = ca};
    esp_http_client_handle_t client;
    FILE *file;
    int result;

    if (argc != 5) {
        fprintf(stderr, "usage: %s CA.pem URL USER PASSWORD\n", argv[0]);
        return 2;
    }
    file = fopen(argv[1], "rb");
    if (file == NULL || fread(ca, 1, sizeof(ca) - 1, file) == 0) {
        fprintf(stderr, "cannot read %s\n", argv[1]);
        return 2;
    }
    fclose(file);
    cfg.url = argv[2];
    cfg.username = argv[3];
    cfg.password = argv[4];
    client = esp_http_client_init(&cfg);
    if (client == NULL) {
        fprintf(stderr, "%s is no URL\n", argv[2]);
        return 2;
    }
    result = fetch(client);
    esp_http_client_cleanup(client);
    return result;
}
