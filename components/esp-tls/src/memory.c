/* Memory of a handle: choosing, counting, recording. */
#include "esp_tls_memory.h"

#include <string.h>

#include "conn.h"
#include "esp_heap_caps.h"

_Static_assert((int)ESP_TLS_MEM_PURPOSES == (int)PLAT_MEM_PURPOSES, "one list of purposes");
_Static_assert((int)ESP_TLS_MEM_PROCESS == (int)PLAT_MEM_PROCESS, "one list of purposes");
_Static_assert((int)ESP_TLS_MEM_PHASES == (int)PLAT_MEM_PHASES, "one list of phases");
_Static_assert((int)ESP_TLS_PHASE_CLOSE < (int)PLAT_MEM_PHASES, "one list of phases");

/** Where Kconfig puts the connection's memory. */
static uint8_t kconfig_region(void)
{
#if defined(CONFIG_MBEDTLS_EXTERNAL_MEM_ALLOC)
    return PLAT_REGION_EXTERNAL;
#elif defined(CONFIG_MBEDTLS_INTERNAL_MEM_ALLOC)
    return PLAT_REGION_INTERNAL;
#else
    return PLAT_REGION_DEFAULT;
#endif
}

static bool region_of(uint32_t caps, uint8_t *region)
{
    if (caps == 0) {
        *region = kconfig_region();
    } else if ((caps & MALLOC_CAP_SPIRAM) != 0) {
        *region = PLAT_REGION_EXTERNAL;
    } else if ((caps & MALLOC_CAP_INTERNAL) != 0) {
        *region = PLAT_REGION_INTERNAL;
    } else if ((caps & MALLOC_CAP_DEFAULT) != 0) {
        *region = PLAT_REGION_DEFAULT;
    } else {
        return false;
    }
    return true;
}

static bool set_regions(struct plat_account *account, const esp_tls_memory_cfg_t *cfg)
{
    for (size_t i = 0; i < PLAT_MEM_PURPOSES; i++) {
        if (!region_of(cfg->caps[i], &account->region[i])) {
            return false;
        }
    }
    return true;
}

static bool content_len_ok(uint16_t len, unsigned most)
{
    return len == 0 || (len >= 512 && len <= most);
}

static bool buffers_ok(const esp_tls_memory_cfg_t *cfg)
{
#ifndef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    if (cfg->buffers == ESP_TLS_BUFFERS_ELASTIC) {
        return false;
    }
#endif
    return (unsigned)cfg->buffers <= ESP_TLS_BUFFERS_FIXED &&
           content_len_ok(cfg->in_content_len, CONN_IN_CONTENT_LEN) &&
           content_len_ok(cfg->out_content_len, CONN_OUT_CONTENT_LEN);
}

static esp_tls_t *take_handle(struct plat_region *arena)
{
    if (arena != NULL) {
        return plat_region_alloc(arena, sizeof(esp_tls_t));
    }
    return plat_alloc(NULL, PLAT_MEM_CONNECTION, sizeof(esp_tls_t));
}

static void give_handle(esp_tls_t *tls, struct plat_region *arena)
{
    if (arena != NULL) {
        plat_region_free(arena, tls);
    } else {
        plat_free(tls);
    }
}

esp_tls_t *esp_tls_init_with_memory(const esp_tls_memory_cfg_t *cfg)
{
    struct plat_region *arena = NULL;
    esp_tls_t *tls;

    if (cfg == NULL || !buffers_ok(cfg) || cfg->limit > UINT32_MAX) {
        return NULL;
    }
    if (cfg->arena != NULL) {
        arena = plat_region_init(cfg->arena, cfg->arena_size);
        if (arena == NULL) {
            return NULL;
        }
    }
    tls = take_handle(arena);
    if (tls == NULL) {
        return NULL;
    }
    plat_account_init(&tls->account);
    if (!set_regions(&tls->account, cfg)) {
        give_handle(tls, arena);
        return NULL;
    }
    tls->account.arena = arena;
    tls->account.limit = (uint32_t)cfg->limit;
    tls->buffers = (struct stack_buffers){.fixed = cfg->buffers == ESP_TLS_BUFFERS_FIXED,
                                          .in_limit = cfg->in_content_len,
                                          .out_limit = cfg->out_content_len};
    et_conn_init(tls);
    return tls;
}

esp_tls_t *esp_tls_init(void)
{
    static const esp_tls_memory_cfg_t as_kconfig_says;

    return esp_tls_init_with_memory(&as_kconfig_says);
}

/** Close a descriptor that was handed over and never connected with. @return 0 or errno */
static int close_adopted(esp_tls_t *tls)
{
    plat_stream stream;
    int os = PLAT_OK;

    if (tls->adopt_fd >= 0) {
        os = plat_stream_adopt(&stream, tls->adopt_fd);
        os = os == PLAT_OK ? plat_stream_close(stream) : os;
        tls->adopt_fd = -1;
    }
    return os;
}

int esp_tls_conn_destroy(esp_tls_t *tls)
{
    struct plat_region *arena;
    int os;
    int adopted;

    if (tls == NULL) {
        return -1;
    }
    os = et_conn_reset(tls);
    adopted = close_adopted(tls);
    et_observers_free(&tls->observed);
    et_stream_free(tls->below);
    arena = tls->account.arena;
    plat_account_clear(&tls->account);
    give_handle(tls, arena);
    return os == 0 && adopted == 0 ? 0 : -1;
}

/* --- figures ---------------------------------------------------------------------------------- */

static void copy_account(const struct plat_account *account, esp_tls_memory_stats_t *stats)
{
    stats->total = (esp_tls_mem_use_t){account->total.live, account->total.peak};
#ifdef CONFIG_ESP_TLS_MEMORY_DETAIL
    for (size_t i = 0; i < PLAT_MEM_PURPOSES; i++) {
        stats->by_purpose[i] =
            (esp_tls_mem_use_t){account->by_purpose[i].live, account->by_purpose[i].peak};
    }
    for (size_t i = 0; i < PLAT_MEM_PHASES; i++) {
        stats->by_phase[i].peak = account->by_phase[i].peak;
        stats->by_phase[i].largest = account->by_phase[i].largest;
        stats->by_phase[i].count = account->by_phase[i].count;
    }
#endif
    stats->blocks = account->blocks;
    stats->count = account->count;
    stats->largest = account->largest;
    stats->limit = account->limit;
    stats->failure.size = account->failure.size;
    stats->failure.free_bytes = account->failure.free_bytes;
    stats->failure.largest_free = account->failure.largest_free;
    stats->failure.purpose = account->failure.purpose;
    stats->failure.over_limit = account->failure.over_limit;
}

esp_err_t esp_tls_get_memory_stats(const esp_tls_t *tls, esp_tls_memory_stats_t *stats)
{
    if (stats == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    memset(stats, 0, sizeof(*stats));
    if (tls != NULL) {
        copy_account(&tls->account, stats);
        stats->handle = sizeof(*tls);
        return ESP_OK;
    }
    struct plat_mem_use all;

    copy_account(plat_process_account(), stats);
    plat_heap_overall(&all, &stats->count, &stats->largest);
    stats->total = (esp_tls_mem_use_t){all.live, all.peak};
    return ESP_OK;
}

esp_err_t esp_tls_reset_memory_stats(esp_tls_t *tls)
{
    plat_account_reset(tls != NULL ? &tls->account : plat_process_account());
    return ESP_OK;
}

#ifdef CONFIG_ESP_TLS_MEMORY_DETAIL
static void forward_trace(void *arg, enum plat_mem purpose, int32_t size, uint32_t live)
{
    const esp_tls_t *tls = arg;

    tls->memory_trace(tls->memory_trace_arg, (esp_tls_mem_purpose_t)purpose, size, live);
}

esp_err_t esp_tls_trace_memory(esp_tls_t *tls, esp_tls_memory_trace_t trace, void *arg)
{
    if (tls == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    tls->account.trace = NULL;
    tls->memory_trace = trace;
    tls->memory_trace_arg = arg;
    tls->account.trace_arg = tls;
    tls->account.trace = trace != NULL ? forward_trace : NULL;
    return ESP_OK;
}
#else
esp_err_t esp_tls_trace_memory(esp_tls_t *tls, esp_tls_memory_trace_t trace, void *arg)
{
    (void)trace;
    (void)arg;
    return tls == NULL ? ESP_ERR_INVALID_ARG : ESP_ERR_NOT_SUPPORTED;
}
#endif

const char *esp_tls_mem_purpose_name(esp_tls_mem_purpose_t purpose)
{
    static const char *const names[] = {
        [ESP_TLS_MEM_CONNECTION] = "connection",   [ESP_TLS_MEM_RECORD_IN] = "record-in",
        [ESP_TLS_MEM_RECORD_OUT] = "record-out",   [ESP_TLS_MEM_HANDSHAKE] = "handshake",
        [ESP_TLS_MEM_CERTIFICATE] = "certificate", [ESP_TLS_MEM_KEY] = "key",
        [ESP_TLS_MEM_APPLICATION] = "application", [ESP_TLS_MEM_PROCESS] = "process",
    };

    return (unsigned)purpose < ESP_TLS_MEM_PURPOSES ? names[purpose] : "?";
}
