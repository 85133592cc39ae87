/* A program that makes a connection and asks nothing of it. What it carries of the components above
 * esp-tls is measured (tests/unit/test_observers.py). */
#include "esp_tls.h"

int main(int argc, char **argv)
{
    esp_tls_cfg_t cfg = {.use_global_ca_store = true};
    esp_tls_t *tls = esp_tls_init();
    char answer[256];
    int ret = 1;

    if (argc > 1 && tls != NULL && esp_tls_conn_http_new_sync(argv[1], &cfg, tls) == 1 &&
        esp_tls_conn_write(tls, "x", 1) == 1) {
        ret = esp_tls_conn_read(tls, answer, sizeof(answer)) > 0 ? 0 : 1;
    }
    (void)esp_tls_conn_destroy(tls);
    return ret;
}
