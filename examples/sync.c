/* Fetch a page over a verified TLS connection, with the calls that wait.
 *
 *     sync HOST PORT CA.pem
 *
 * CA.pem is the certificate of the authority that the server's certificate comes from. On a PC,
 * /etc/ssl/certs/ca-certificates.crt has those of the public ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_tls.h"
#include "esp_tls_record.h"

/** Read a file. PEM is text, and its size counts the final NUL. */
static unsigned char *read_file(const char *path, unsigned *size)
{
    FILE *file = fopen(path, "rb");
    unsigned char *data = file != NULL ? calloc(1, 1 << 20) : NULL;

    *size = 0;
    if (data != NULL) {
        *size = (unsigned)fread(data, 1, (1 << 20) - 1, file) + 1;
    }
    if (file != NULL) {
        fclose(file);
    }
    return data;
}

static int say_why(const esp_tls_t *tls, const char *what)
{
    esp_tls_record_t record = {0};

    (void)esp_tls_get_record(tls, &record);
    fprintf(stderr, "%s failed in phase %s: %s (%s)\n", what, esp_tls_phase_name(record.phase),
            esp_tls_cause_name(record.cause), esp_err_to_name(record.esp_code));
    return 1;
}

static int fetch(esp_tls_t *tls, const char *host)
{
    char buf[1024];
    int len =
        snprintf(buf, sizeof(buf), "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host);
    ssize_t n;

    for (ssize_t sent = 0; sent < len; sent += n) { /* a write may take less than all */
        n = esp_tls_conn_write(tls, buf + sent, (size_t)(len - sent));
        if (n < 0) {
            return say_why(tls, "write");
        }
    }
    while ((n = esp_tls_conn_read(tls, buf, sizeof(buf))) > 0) {
        fwrite(buf, 1, (size_t)n, stdout);
    }
    return n == 0 ? 0 : say_why(tls, "read"); /* 0: the server closed in order */
}

int main(int argc, char **argv)
{
    esp_tls_cfg_t cfg = {.timeout_ms = 5000};
    unsigned char *ca;
    esp_tls_t *tls;
    int result;

    if (argc != 4) {
        fprintf(stderr, "usage: %s HOST PORT CA.pem\n", argv[0]);
        return 2;
    }
    ca = read_file(argv[3], &cfg.cacert_bytes);
    cfg.cacert_buf = ca;
    tls = esp_tls_init();
    if (ca == NULL || tls == NULL) {
        fprintf(stderr, "cannot read %s, or no memory\n", argv[3]);
        result = 1;
    } else if (esp_tls_conn_new_sync(argv[1], (int)strlen(argv[1]), (int)strtol(argv[2], NULL, 10),
                                     &cfg, tls) != 1) {
        result = say_why(tls, "connect");
    } else {
        result = fetch(tls, argv[1]);
    }
    esp_tls_conn_destroy(tls);
    free(ca);
    return result;
}
