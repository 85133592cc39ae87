/* With ESP-TLS. */
#include <stdio.h>

#include "bench_certs.h"
#include "esp_tls.h"
#include "esp_tls_record.h"
#include "speed.h"

struct speed_connection *speed_open(const struct speed_job *job)
{
    const esp_tls_cfg_t cfg = {
        .cacert_buf = job->rsa ? rsa_root : ec_root,
        .cacert_bytes = job->rsa ? sizeof(rsa_root) : sizeof(ec_root),
        .tls_version = job->version == 12 ? ESP_TLS_VER_TLS_1_2 : ESP_TLS_VER_TLS_1_3,
        .addr_family = ESP_TLS_AF_INET,
        .timeout_ms = 60000,
    };
    esp_tls_t *tls = esp_tls_init();
    esp_tls_record_t record;

    if (tls == NULL || esp_tls_conn_new_sync("localhost", 9, job->port, &cfg, tls) != 1) {
        if (tls != NULL && esp_tls_get_record(tls, &record) == ESP_OK) {
            fprintf(stderr, "esp-tls: %s, 0x%x\n", esp_tls_cause_name(record.cause),
                    (unsigned)record.stack_code);
        }
        esp_tls_conn_destroy(tls);
        return NULL;
    }
    return (struct speed_connection *)tls;
}

ssize_t speed_write(struct speed_connection *c, const void *buf, size_t len)
{
    return esp_tls_conn_write((esp_tls_t *)c, buf, len);
}

ssize_t speed_read(struct speed_connection *c, void *buf, size_t len)
{
    return esp_tls_conn_read((esp_tls_t *)c, buf, len);
}

void speed_close(struct speed_connection *c)
{
    esp_tls_conn_destroy((esp_tls_t *)c);
}
