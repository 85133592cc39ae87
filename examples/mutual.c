/* Mutual authentication: both sides show a certificate.
 *
 *     mutual HOST PORT CA.pem CLIENT.pem CLIENT.key
 *
 * Says who agreed on what, or why not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_tls.h"
#include "esp_tls_record.h"

struct pem {
    unsigned char text[16384];
    unsigned size; /* with the final NUL, as esp-tls wants it for PEM */
};

static int read_pem(struct pem *pem, const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        perror(path);
        return 0;
    }
    pem->size = (unsigned)fread(pem->text, 1, sizeof(pem->text) - 1, file) + 1;
    fclose(file);
    return 1;
}

/** In TLS 1.3 the first bytes from the server say whether it accepted our certificate. */
static ssize_t ask(esp_tls_t *tls, char *answer, size_t cap)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    ssize_t n = esp_tls_conn_write(tls, request, sizeof(request) - 1);

    return n > 0 ? esp_tls_conn_read(tls, answer, cap) : n;
}

static int say_why(const esp_tls_t *tls)
{
    esp_tls_record_t r = {0};

    (void)esp_tls_get_record(tls, &r);
    if (r.alert_received >= 0) {
        fprintf(stderr, "the server refused us: alert %d\n", r.alert_received);
    } else if (r.verify_flags != 0) {
        fprintf(stderr, "we refused the server: flags 0x%x\n", (unsigned)r.verify_flags);
    } else {
        fprintf(stderr, "%s: %s\n", esp_tls_phase_name(r.phase), esp_tls_cause_name(r.cause));
    }
    return 1;
}

static int say_what(esp_tls_t *tls)
{
    esp_tls_session_info_t info = {0};

    (void)esp_tls_get_session_info(tls, &info);
    printf("both sides are verified: %s, %s\n", info.version, info.ciphersuite);
    return 0;
}

int main(int argc, char **argv)
{
    static struct pem ca, cert, key;
    char answer[256];
    esp_tls_t *tls;
    int result;

    if (argc != 6) {
        fprintf(stderr, "usage: %s HOST PORT CA.pem CLIENT.pem CLIENT.key\n", argv[0]);
        return 2;
    }
    if (!read_pem(&ca, argv[3]) || !read_pem(&cert, argv[4]) || !read_pem(&key, argv[5])) {
        return 2;
    }
    esp_tls_cfg_t cfg = {
        .cacert_buf = ca.text,
        .cacert_bytes = ca.size,
        .clientcert_buf = cert.text,
        .clientcert_bytes = cert.size,
        .clientkey_buf = key.text,
        .clientkey_bytes = key.size,
        .timeout_ms = 5000,
    };
    tls = esp_tls_init();
    if (esp_tls_conn_new_sync(argv[1], (int)strlen(argv[1]), (int)strtol(argv[2], NULL, 10), &cfg,
                              tls) != 1 ||
        ask(tls, answer, sizeof(answer)) <= 0) {
        result = say_why(tls);
    } else {
        result = say_what(tls);
    }
    esp_tls_conn_destroy(tls);
    memset(&key, 0, sizeof(key));
    return result;
}
