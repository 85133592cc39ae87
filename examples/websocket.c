/* Say something over a WebSocket, print what comes back, and close it in order.
 *
 *     websocket ws://HOST[:PORT]/PATH MESSAGE
 *     websocket wss://HOST[:PORT]/PATH MESSAGE CA_FILE
 *
 * A WebSocket is a transport on top of another one: TCP, or TLS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_tls_url.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "esp_transport_ws_policy.h"

static char ca[1 << 20];

static esp_transport_handle_t tls(const char *ca_file)
{
    esp_transport_handle_t t = esp_transport_ssl_init();
    FILE *file = fopen(ca_file, "rb");

    if (file != NULL) {
        size_t len = fread(ca, 1, sizeof(ca) - 1, file); /* PEM; it must outlive the connection */

        esp_transport_ssl_set_cert_data(t, ca, (int)len);
        fclose(file);
    } else {
        perror(ca_file); /* without an authority, the connect is refused */
    }
    return t;
}

/** Print the first message, however many frames it has. @return 0; 1: none came */
static int print_message(esp_transport_handle_t ws)
{
    char buf[512];
    int left = 0; /* of the frame */
    bool is_whole = false;

    while (!is_whole) {
        int n = esp_transport_read(ws, buf, sizeof(buf), 10000);

        if (n < 0 || (n == 0 && left > 0) ||
            esp_transport_ws_get_read_opcode(ws) == WS_TRANSPORT_OPCODES_NONE) {
            fprintf(stderr, "no answer: %s\n",
                    n < 0 ? esp_err_to_name(esp_transport_get_error_handle(ws)->last_error)
                          : "timeout");
            return 1;
        }
        if (esp_transport_ws_get_read_opcode(ws) >= WS_TRANSPORT_OPCODES_CLOSE) {
            continue; /* a Ping was answered for us; after a Close the next read says so */
        }
        left = (left > 0 ? left : esp_transport_ws_get_read_payload_len(ws)) - n;
        fwrite(buf, 1, (size_t)n, stdout);
        is_whole = left == 0 && esp_transport_ws_get_fin_flag(ws);
    }
    putchar('\n');
    return 0;
}

static int talk(esp_transport_handle_t ws, const char *message)
{
    const int len = (int)strlen(message);
    const int text = WS_TRANSPORT_OPCODES_TEXT | WS_TRANSPORT_OPCODES_FIN;

    if (esp_transport_ws_send_raw(ws, (ws_transport_opcodes_t)text, message, len, 10000) != len) {
        fputs("the message was not sent\n", stderr);
        return 1;
    }
    return print_message(ws);
}

int main(int argc, char **argv)
{
    char host[256];
    esp_tls_url_t url;
    int result = 1;

    if (argc < 3 || argc > 4 || !esp_tls_url_parse(argv[1], strlen(argv[1]), &url)) {
        fprintf(stderr, "usage: %s ws://HOST/PATH|wss://HOST/PATH MESSAGE [CA_FILE]\n", argv[0]);
        return 2;
    }
    esp_transport_handle_t below = argc == 4 ? tls(argv[3]) : esp_transport_tcp_init();
    esp_transport_handle_t ws = esp_transport_ws_init(below);

    snprintf(host, sizeof(host), "%.*s", (int)url.host.len, url.host.ptr);
    esp_transport_ws_set_path(ws, url.path.len > 0 ? url.path.ptr : NULL); /* and the query */
    if (esp_transport_connect(ws, host, esp_tls_url_port(&url), 10000) == 0) {
        result = talk(ws, argv[2]);
        (void)esp_transport_ws_shutdown(ws, 1000, NULL, 2000);
    } else {
        fprintf(stderr, "no WebSocket: %s\n",
                esp_err_to_name(esp_transport_get_error_handle(ws)->last_error));
    }
    (void)esp_transport_destroy(ws);
    (void)esp_transport_destroy(below);
    return result;
}
