/* Send standard input as the body of a POST request while it is read, and read the answer.
 *
 *     http_post URL < FILE
 *
 * Its length need not be known: what is written goes out in chunks. */
#include <stdio.h>

#include "esp_http_client.h"

static int fail(esp_http_client_handle_t client, const char *what)
{
    fprintf(stderr, "%s failed, errno %d\n", what, esp_http_client_get_errno(client));
    return 1;
}

static int send_all(esp_http_client_handle_t client, const char *data, int len)
{
    while (len > 0) {
        int n = esp_http_client_write(client, data, len);

        if (n <= 0) { /* 0: nothing was taken for timeout_ms */
            return -1;
        }
        data += n;
        len -= n;
    }
    return 0;
}

static int post(esp_http_client_handle_t client)
{
    char buf[2048];
    size_t len;
    int n;

    if (esp_http_client_open(client, -1) != ESP_OK) { /* -1: no length, chunks */
        return fail(client, "open");
    }
    while ((len = fread(buf, 1, sizeof(buf), stdin)) > 0) {
        if (send_all(client, buf, (int)len) != 0) {
            return fail(client, "write");
        }
    }
    if (esp_http_client_fetch_headers(client) < 0) {
        return fail(client, "the answer");
    }
    fprintf(stderr, "status %d\n", esp_http_client_get_status_code(client));
    while ((n = esp_http_client_read(client, buf, sizeof(buf))) > 0) {
        fwrite(buf, 1, (size_t)n, stdout);
    }
    return n == 0 ? 0 : fail(client, "read");
}

int main(int argc, char **argv)
{
    esp_http_client_config_t cfg = {.method = HTTP_METHOD_POST, .timeout_ms = 10000};
    esp_http_client_handle_t client;
    int result;

    if (argc != 2) {
        fprintf(stderr, "usage: %s URL < FILE\n", argv[0]);
        return 2;
    }
    cfg.url = argv[1];
    client = esp_http_client_init(&cfg);
    if (client == NULL) {
        fprintf(stderr, "%s is no URL\n", argv[1]);
        return 2;
    }
    esp_http_client_set_header(client, "Content-Type", "application/octet-stream");
    result = post(client);
    esp_http_client_cleanup(client);
    return result;
}
