/* Send measurements as JSON, with a bearer token, over one connection that is kept.
 *
 *     http_json CA.pem URL TOKEN VALUE...
 *
 * Each VALUE is a request of its own; one that the server has closed meanwhile is made anew. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_http_client.h"
#include "esp_log.h"

struct answer {
    char text[512];
    size_t len;
};

static esp_err_t on_event(esp_http_client_event_t *evt)
{
    struct answer *a = evt->user_data;

    if (evt->event_id == HTTP_EVENT_ON_CONNECTED) {
        fputs("connected\n", stderr);
    } else if (evt->event_id == HTTP_EVENT_ON_DATA) {
        size_t room = sizeof(a->text) - 1 - a->len; /* the rest of a longer answer is left out */
        size_t n = (size_t)evt->data_len < room ? (size_t)evt->data_len : room;

        memcpy(a->text + a->len, evt->data, n);
        a->len += n;
        a->text[a->len] = '\0';
    }
    return ESP_OK;
}

static int post(esp_http_client_handle_t client, const char *value, struct answer *answer)
{
    char json[128];
    char *end;
    double number = strtod(value, &end);
    int len = snprintf(json, sizeof(json), "{\"value\": %.9g}", number);
    esp_err_t err;

    if (end == value || *end != '\0' || !isfinite(number)) { /* JSON has neither nan nor inf */
        fprintf(stderr, "no number: %s\n", value);
        return 1;
    }
    err = esp_http_client_set_post_field(client, json, len);
    *answer = (struct answer){.len = 0};
    if (err == ESP_OK) {
        err = esp_http_client_perform(client); /* json is borrowed until it is over */
    }
    if (err != ESP_OK) {
        fprintf(stderr, "failed: %s\n", esp_err_to_name(err));
        return 1;
    }
    printf("%d %s\n", esp_http_client_get_status_code(client), answer->text);
    return esp_http_client_get_status_code(client) / 100 == 2 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static char ca[1 << 20];
    struct answer answer;
    esp_http_client_config_t cfg = {.method = HTTP_METHOD_POST,
                                    .cert_pem = ca,
                                    .timeout_ms = 10000,
                                    .event_handler = on_event,
                                    .user_data = &answer};
    FILE *file = argc > 4 ? fopen(argv[1], "rb") : NULL;
    esp_http_client_handle_t client;
    char token[4096];
    int failed = 0;

    if (file == NULL || fread(ca, 1, sizeof(ca) - 1, file) == 0) {
        fprintf(stderr, "usage: %s CA.pem URL TOKEN VALUE...\n", argv[0]);
        return 2;
    }
    fclose(file);
    esp_log_level_set("*", ESP_LOG_NONE); /* post() says what failed */
    cfg.url = argv[2];
    client = esp_http_client_init(&cfg);
    if (snprintf(token, sizeof(token), "Bearer %s", argv[3]) >= (int)sizeof(token) ||
        client == NULL || esp_http_client_set_header(client, "Authorization", token) != ESP_OK ||
        esp_http_client_set_header(client, "Content-Type", "application/json") != ESP_OK) {
        fputs("this cannot be sent\n", stderr);
        return 2;
    }
    for (int i = 4; i < argc; i++) {
        failed |= post(client, argv[i], &answer);
    }
    esp_http_client_cleanup(client);
    return failed;
}
