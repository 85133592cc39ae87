/* Keep a connection up in a loop of poll(): what comes is printed, and after each end it connects
 * again, later each time that it fails: reconnect CA.pem HOST PORT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_log.h"
#include "esp_random.h"
#include "esp_tls.h"
#include "esp_tls_async.h"
#include "esp_tls_record.h"

#define FIRST_MS 500
#define MOST_MS  60000

struct line {
    const char *host;
    int port;
    esp_tls_t *tls;    /* NULL: none now */
    bool is_open;      /* the handshake is over */
    uint32_t again_ms; /* when to connect then; of esp_log_timestamp() */
    int backoff_ms;
};

/** The connection is over. Devices that lost one server together must not come back together: each
 *  waits for half of the time at least, and for chance. */
static void drop(struct line *l)
{
    int wait_ms = l->backoff_ms / 2 + (int)(esp_random() % (unsigned)l->backoff_ms) / 2;
    esp_tls_record_t why = {0};

    (void)esp_tls_get_record(l->tls, &why);
    fprintf(stderr, "%s: %s; again in %d ms\n", esp_tls_phase_name(why.phase),
            why.cause == ESP_TLS_CAUSE_NONE ? "closed" : esp_tls_cause_name(why.cause), wait_ms);
    esp_tls_conn_destroy(l->tls);
    l->tls = NULL;
    l->is_open = false;
    l->again_ms = esp_log_timestamp() + (uint32_t)wait_ms;
    l->backoff_ms = 2 * l->backoff_ms < MOST_MS ? 2 * l->backoff_ms : MOST_MS;
}

/** Go on as far as it goes without waiting. */
static void step(struct line *l, const esp_tls_cfg_t *cfg)
{
    char data[1024];
    ssize_t n = 0;

    if (l->tls == NULL && (int32_t)(esp_log_timestamp() - l->again_ms) >= 0) {
        l->tls = esp_tls_init();
        l->again_ms = esp_log_timestamp() + FIRST_MS; /* where there is no memory for one */
    }
    if (l->tls != NULL && !l->is_open) {
        n = esp_tls_conn_new_async(l->host, (int)strlen(l->host), l->port, cfg, l->tls);
        l->is_open = n == 1;
        if (n < 0) {
            drop(l);
        }
    }
    while (l->is_open && (n = esp_tls_conn_read(l->tls, data, sizeof(data))) > 0) {
        l->backoff_ms = FIRST_MS; /* it works: the next time begins anew */
        fwrite(data, 1, (size_t)n, stdout);
        fflush(stdout);
    }
    if (l->is_open && n != ESP_TLS_ERR_SSL_WANT_READ && n != ESP_TLS_ERR_SSL_WANT_WRITE) {
        drop(l);
    }
}

int main(int argc, char **argv)
{
    static unsigned char ca[1 << 20];
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    esp_tls_cfg_t cfg = {.cacert_buf = ca, .non_block = true, .timeout_ms = 10000};
    struct line l = {.backoff_ms = FIRST_MS};

    if (file == NULL) {
        return 2;
    }
    cfg.cacert_bytes = (unsigned)fread(ca, 1, sizeof(ca) - 1, file) + 1;
    fclose(file);
    esp_log_level_set("*", ESP_LOG_NONE); /* drop() says it */
    l.host = argv[2];
    l.port = atoi(argv[3]);
    for (;;) { /* other descriptors of the program go into the same wait: esp_tls_wait_add() */
        esp_tls_wait_t wait;

        step(&l, &cfg);
        esp_tls_wait_init(&wait);
        if (l.tls == NULL) {
            int left_ms = (int)(l.again_ms - esp_log_timestamp());

            esp_tls_wait_until(&wait, left_ms > 0 ? left_ms : 0);
        } else {
            (void)esp_tls_get_wait(l.tls, &wait);
        }
        (void)esp_tls_wait(&wait, -1);
    }
}
