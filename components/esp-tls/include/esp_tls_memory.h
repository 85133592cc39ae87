/*
 * Memory of a connection: where it comes from, how much it may be, how much it was.
 *
 * Every allocation of a connection has a purpose and is counted: what is live, the most that was,
 * the largest single request, by purpose and by phase. Counting is always on and costs a few adds.
 *
 * A handle made by esp_tls_init() takes its memory from the heap that Kconfig names
 * (CONFIG_MBEDTLS_..._MEM_ALLOC), without a bound. esp_tls_init_with_memory() chooses more exactly:
 *   - a region for each purpose (record buffers in PSRAM, keys in internal memory, ...)
 *   - an upper bound for all of the connection's blocks together
 *   - an arena: a piece of memory of the caller's in which the whole connection lives, the handle
 *     included. Nothing of the connection is then taken from another heap; what the process shares
 *     (PSA, random generator, CA store, resolver) is made apart and counted apart.
 *   - record buffers: elastic (a buffer exists while its record does) or fixed, and their limits
 *
 * What could not be had is never hidden behind another code: the record (esp_tls_record.h) has
 * cause NO_MEM with size, purpose and the largest block that was free. A read or write that fails
 * so on an open connection may be repeated when there is memory again: the connection lives. */
#ifndef ESP_TLS_MEMORY_H
#define ESP_TLS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_tls.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a block is for. */
typedef enum esp_tls_mem_purpose {
    ESP_TLS_MEM_CONNECTION = 0, /**< handle, engine, configuration, context of the TLS stack */
    ESP_TLS_MEM_RECORD_IN,      /**< the record that is being received */
    ESP_TLS_MEM_RECORD_OUT,     /**< the record that is being sent */
    ESP_TLS_MEM_HANDSHAKE,      /**< handshake state, key exchange, session keys */
    ESP_TLS_MEM_CERTIFICATE,    /**< the peer's chain, trust anchors while they are looked at */
    ESP_TLS_MEM_KEY,            /**< own certificate and private key while they are used */
    ESP_TLS_MEM_APPLICATION,    /**< made for the caller */
    ESP_TLS_MEM_PROCESS,        /**< shared by all connections */
    ESP_TLS_MEM_PURPOSES
} esp_tls_mem_purpose_t;

/** Rows of esp_tls_memory_stats_t::by_phase: one per esp_tls_phase_t. */
#define ESP_TLS_MEM_PHASES 7

/** How record buffers are held. */
typedef enum esp_tls_buffers {
    ESP_TLS_BUFFERS_KCONFIG = 0, /**< elastic where CONFIG_MBEDTLS_DYNAMIC_BUFFER is set */
    ESP_TLS_BUFFERS_ELASTIC,     /**< refused with NOT_SUPPORTED where that is not set */
    ESP_TLS_BUFFERS_FIXED        /**< both at full size for as long as the connection lives */
} esp_tls_buffers_t;

/** All zero: what Kconfig says. */
typedef struct esp_tls_memory_cfg {
    void *arena;       /**< memory for the whole connection, or NULL; must outlive it */
    size_t arena_size; /**< its size in bytes */
    size_t limit;      /**< bytes that may be live at once; 0: no bound */
    uint32_t caps[ESP_TLS_MEM_PURPOSES]; /**< MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM or
                                              MALLOC_CAP_DEFAULT by purpose; 0: Kconfig's choice */
    esp_tls_buffers_t buffers;           /**< how record buffers are held */
    uint16_t in_content_len;             /**< largest plaintext of a record to be received, 512 to
                                     CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN; 0: that value. Below 16384
                                     the peer is asked to keep to it (RFC 6066 section 4) */
    uint16_t out_content_len;            /**< the same for records sent: 512 to
                                     CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN; 0: that value */
} esp_tls_memory_cfg_t;

/** Make a handle whose memory is chosen.
 *  @param cfg  copied; the arena stays the caller's and is used until esp_tls_conn_destroy()
 *  @return a handle, to be freed by esp_tls_conn_destroy()
 *          NULL  no memory, an arena too small for the handle, cfg NULL, or a field out of range
 *  Never blocks. Threads: any. */
esp_tls_t *esp_tls_init_with_memory(const esp_tls_memory_cfg_t *cfg);

typedef struct esp_tls_mem_use {
    uint32_t live; /**< bytes now */
    uint32_t peak; /**< the most at once */
} esp_tls_mem_use_t;

/** by_purpose and by_phase are all zero without CONFIG_ESP_TLS_MEMORY_DETAIL. */
typedef struct esp_tls_memory_stats {
    esp_tls_mem_use_t total; /**< all purposes together, without the handle */
    esp_tls_mem_use_t by_purpose[ESP_TLS_MEM_PURPOSES];
    struct {
        uint32_t peak;              /**< the most that was live during the phase */
        uint32_t largest;           /**< largest single request in it */
        uint32_t count;             /**< allocations in it */
    } by_phase[ESP_TLS_MEM_PHASES]; /**< index: esp_tls_phase_t */
    uint32_t handle;                /**< bytes of the handle itself */
    uint32_t blocks;                /**< live blocks */
    uint32_t count;                 /**< allocations so far */
    uint32_t largest;               /**< largest single request so far */
    uint32_t limit;                 /**< the bound in force, 0: none */
    struct {
        uint32_t size;         /**< of the last request that could not be met; 0: there was none */
        uint32_t free_bytes;   /**< free where it was asked; 0: not known */
        uint32_t largest_free; /**< largest free block there; 0: not known */
        uint8_t purpose;       /**< esp_tls_mem_purpose_t */
        uint8_t over_limit;    /**< 1: the bound refused it, not the heap */
    } failure;
} esp_tls_memory_stats_t;

/** What a connection uses and used.
 *  @param tls    a handle; NULL: the process: total, count and largest over all connections, and in
 *                by_purpose what belongs to no connection
 *  @param stats  written when the result is ESP_OK
 *  @return ESP_OK, or ESP_ERR_INVALID_ARG when stats is NULL
 *  Never blocks, allocates nothing. Threads: any. */
esp_err_t esp_tls_get_memory_stats(const esp_tls_t *tls, esp_tls_memory_stats_t *stats);

/** Forget peaks, counts and the failure; what is live stays. @param tls  NULL: the process
 *  @return ESP_OK. Never blocks. Threads: any. */
esp_err_t esp_tls_reset_memory_stats(esp_tls_t *tls);

/** Told of each block that is had (size > 0) or given back (size < 0), with what is live after it.
 *  Called from within the allocation: it must not call into the library. */
typedef void (*esp_tls_memory_trace_t)(void *arg, esp_tls_mem_purpose_t purpose, int32_t size,
                                       uint32_t live);

/** Record a connection's life: from now on `trace` is told of every block. NULL: no longer.
 *  @return ESP_OK; ESP_ERR_INVALID_ARG when tls is NULL; ESP_ERR_NOT_SUPPORTED without
 *          CONFIG_ESP_TLS_MEMORY_DETAIL
 *  Threads: one caller at a time per handle. */
esp_err_t esp_tls_trace_memory(esp_tls_t *tls, esp_tls_memory_trace_t trace, void *arg);

/** "record-in", "handshake", ...; "?" for a number that is none. Static text. */
const char *esp_tls_mem_purpose_name(esp_tls_mem_purpose_t purpose);

#ifdef __cplusplus
}
#endif

#endif
