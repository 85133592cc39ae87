/* Ours, through its public interface alone. The platform's default heap is replaced by the meter:
 * what it is asked for has the ledger's header of 8 bytes in it already, so a block costs what it
 * would in one of our regions, rounded up to 8. */
#include <string.h>

#include "bench_certs.h"
#include "esp_tls.h"
#include "esp_tls_memory.h"
#include "esp_tls_record.h"
#include "meter.h"
#include "plat_heap.h"

#ifndef METER_CLIENT
#define METER_CLIENT "esp-tls"
#endif
const char meter_client[] = METER_CLIENT;

void *plat_system_alloc(size_t size, enum plat_region_id id)
{
    (void)id;
    return meter_take(size, METER_COST(size) - 8);
}

void plat_system_free(void *block, enum plat_region_id id)
{
    (void)id;
    meter_free(block);
}

/* The rest of the platform's default heap: heap_caps_...() alone calls it, and a connection does
 * not. */
void *plat_system_alloc_aligned(size_t alignment, size_t size, enum plat_region_id id)
{
    (void)alignment;
    (void)size;
    (void)id;
    return NULL;
}

size_t plat_system_size(const void *block)
{
    (void)block;
    return 0;
}

/* --- what the peak is made of, from the ledger ------------------------------------------------ */

static uint32_t cost_now[ESP_TLS_MEM_PURPOSES];
static uint32_t cost_peak[ESP_TLS_MEM_PURPOSES];
static size_t region_peak;

static size_t live_now(void)
{
    size_t used = 0;

    if (!meter_job.region) {
        return meter_live();
    }
    used += plat_region_used(plat_region_get(PLAT_REGION_DEFAULT));
    used += plat_region_used(plat_region_get(PLAT_REGION_INTERNAL));
    return used;
}

static void on_memory(void *arg, esp_tls_mem_purpose_t purpose, int32_t size, uint32_t live)
{
    uint32_t cost = (uint32_t)METER_COST((size_t)(size < 0 ? -size : size));
    size_t now = live_now();

    (void)arg;
    (void)live;
    cost_now[purpose] += size < 0 ? 0 - cost : cost;
    if (now > region_peak) {
        region_peak = now;
        memcpy(cost_peak, cost_now, sizeof(cost_peak));
    }
}

static void note_breakdown(void)
{
    size_t rest = region_peak;

    for (int i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        meter_note(esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)i), cost_peak[i]);
        rest -= cost_peak[i];
    }
    meter_note("handle and process", (unsigned)rest);
    meter_note("all", (unsigned)region_peak);
}

/* --- the client --------------------------------------------------------------------------------
 */

static void configure(esp_tls_cfg_t *cfg)
{
    *cfg = (esp_tls_cfg_t){
        .cacert_buf = meter_job.rsa ? rsa_root : ec_root,
        .cacert_bytes = meter_job.rsa ? sizeof(rsa_root) : sizeof(ec_root),
        .tls_version = meter_job.version == 12 ? ESP_TLS_VER_TLS_1_2 : ESP_TLS_VER_TLS_1_3,
        .timeout_ms = 60000,
    };
    if (meter_job.mutual) {
        cfg->clientcert_buf = meter_job.rsa ? rsa_cli : ec_cli;
        cfg->clientcert_bytes = meter_job.rsa ? sizeof(rsa_cli) : sizeof(ec_cli);
        cfg->clientkey_buf = meter_job.rsa ? rsa_cli_key : ec_cli_key;
        cfg->clientkey_bytes = meter_job.rsa ? sizeof(rsa_cli_key) : sizeof(ec_cli_key);
    }
}

static void fail(esp_tls_t *tls, const char *what)
{
    esp_tls_record_t record;

    if (tls == NULL || esp_tls_get_record(tls, &record) != ESP_OK) {
        meter_fail(what, 0);
    }
    meter_fail(what, record.stack_code != 0 ? -record.stack_code : record.esp_code);
}

static size_t fetch(esp_tls_t *tls)
{
    char request[64];
    size_t len = meter_request(request, sizeof(request));
    size_t got = 0;
    ssize_t n;

    if (esp_tls_conn_write(tls, request, len) != (ssize_t)len) {
        fail(tls, "write");
    }
    meter_phase("write");
    while ((n = esp_tls_conn_read(tls, meter_app, sizeof(meter_app))) > 0) {
        got += (size_t)n;
    }
    if (n < 0) {
        fail(tls, "read");
    }
    meter_phase("download");
    return got;
}

int meter_run(void)
{
    esp_tls_cfg_t cfg;
    esp_tls_t *tls;
    size_t got;

    if (meter_job.region && (plat_region_simulate(PLAT_REGION_DEFAULT, 65536) != 0 ||
                             plat_region_simulate(PLAT_REGION_INTERNAL, 65536) != 0)) {
        meter_fail("region", 0);
    }
    meter_phase("entry");
    tls = esp_tls_init();
    if (tls == NULL) {
        fail(tls, "init");
    }
    configure(&cfg);
    if (meter_job.breakdown) {
        esp_tls_trace_memory(tls, on_memory, NULL);
    }
    meter_phase("setup");
    if (esp_tls_conn_new_sync("localhost", 9, meter_job.port, &cfg, tls) != 1) {
        fail(tls, "handshake");
    }
    meter_phase("handshake");
    if (meter_job.breakdown) {
        note_breakdown();
        esp_tls_trace_memory(tls, NULL, NULL);
    }
    got = fetch(tls);
    esp_tls_conn_destroy(tls);
    meter_phase("close");
    return got < 65536;
}
