/* What Mbed TLS is given by us: memory with an owner and a purpose, random numbers, time. */
#include "mbed.h"

#include "mbedtls/oid.h"

#include <string.h>

#include "mbedtls/debug.h"
#include "mbedtls/platform_time.h"

#include "esp_mem.h"
#include "plat_clock.h"
#include "plat_lock.h"
#include "plat_random.h"

static PLAT_THREAD_LOCAL struct mbed_scope *current_scope; /* owned by the thread */

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
/* MBEDTLS_SSL_OUT_CONTENT_LEN, and MBEDTLS_SSL_IN_CONTENT_LEN where buffers are made (adjust.h).
 * Outside our calls they are the Kconfig values, for contexts that the application runs itself.
 * Owned by the thread. */
ESP_TLS_MBED_THREAD_LOCAL size_t et_mbed_out_len = ESP_TLS_MBED_OUT_CONTENT_LEN;
ESP_TLS_MBED_THREAD_LOCAL size_t et_mbed_in_len = ESP_TLS_MBED_IN_CONTENT_LEN;

static void enter_bound(struct mbed_scope *scope)
{
    size_t own = scope->m != NULL ? scope->m->buffers.out_len : 0;

    scope->outer_out_len = et_mbed_out_len;
    et_mbed_out_len = own != 0 ? own : ESP_TLS_MBED_OUT_CONTENT_LEN;
}

static void leave_bound(const struct mbed_scope *scope)
{
    et_mbed_out_len = scope->outer_out_len;
}
#else
static void enter_bound(struct mbed_scope *scope)
{
    scope->outer_out_len = 0;
}

static void leave_bound(const struct mbed_scope *scope)
{
    (void)scope;
}
#endif

void et_mbed_enter(struct mbed_scope *scope, struct mbed *m, enum plat_mem purpose)
{
    scope->m = m;
    scope->account = m != NULL ? m->io.account : NULL;
    scope->purpose = purpose;
    scope->records_due = 0;
    scope->is_starved = false;
#ifdef CONFIG_ESP_TLS_REUSE_BLOCKS
    scope->reuse.held = 0; /* the lists are read where a bit is set */
    scope->reuse.bytes = 0;
#endif
    scope->outer = current_scope;
    current_scope = scope;
    enter_bound(scope);
}

void et_mbed_leave(struct mbed_scope *scope)
{
#ifdef CONFIG_ESP_TLS_REUSE_BLOCKS
    plat_reuse_end(&scope->reuse);
#endif
    leave_bound(scope);
    current_scope = scope->outer;
}

bool et_mbed_is_starved(void)
{
    return current_scope != NULL && current_scope->is_starved;
}

struct mbed *et_mbed_current(void)
{
    return current_scope != NULL ? current_scope->m : NULL;
}

void et_mbed_expect_records(bool are_next)
{
    current_scope->records_due = are_next ? 2 : 0;
}

#ifndef CONFIG_MBEDTLS_CUSTOM_MEM_ALLOC
/** What the next request is for. */
static enum plat_mem next_purpose(struct mbed_scope *scope)
{
    switch (scope->records_due) {
    case 2:
        scope->records_due--;
        return PLAT_MEM_RECORD_IN;
    case 1:
        scope->records_due--;
        return PLAT_MEM_RECORD_OUT;
    default:
        return scope->purpose;
    }
}

#ifdef CONFIG_ESP_TLS_REUSE_BLOCKS
static void *alloc_in(struct mbed_scope *scope, size_t size)
{
    return plat_reuse_alloc(&scope->reuse, scope->account, next_purpose(scope), size);
}

void esp_mbedtls_mem_free(void *ptr)
{
    struct mbed_scope *scope = current_scope;

    if (scope == NULL) {
        plat_free(ptr);
    } else {
        plat_reuse_free(&scope->reuse, scope->account, ptr);
    }
}
#else
static void *alloc_in(struct mbed_scope *scope, size_t size)
{
    return plat_alloc(scope->account, next_purpose(scope), size);
}

void esp_mbedtls_mem_free(void *ptr)
{
    plat_free(ptr);
}
#endif

void *esp_mbedtls_mem_calloc(size_t n, size_t size)
{
    struct mbed_scope *scope = current_scope;
    size_t all = size != 0 && n > SIZE_MAX / size ? SIZE_MAX : n * size; /* no heap has so much */
    void *block;

    if (scope == NULL) {
        return plat_alloc(NULL, PLAT_MEM_PROCESS, all);
    }
    block = alloc_in(scope, all);
    scope->is_starved |= block == NULL;
    return block;
}
#endif

#ifndef ESP_TLS_SYSTEM_MBEDTLS

/** Stands for psa_import_key() in Mbed TLS's ssl_tls.c (seam.txt). TLS 1.2 makes the session's keys
 *  in the state in which the own private key may sign: they are the handshake's all the same. */
psa_status_t et_mbed_session_import_key(const psa_key_attributes_t *attributes, const uint8_t *data,
                                        size_t len, mbedtls_svc_key_id_t *key)
{
    struct mbed_scope *scope = current_scope;
    enum plat_mem purpose = scope != NULL ? scope->purpose : PLAT_MEM_PROCESS;
    psa_status_t status;

    if (scope != NULL) {
        scope->purpose = PLAT_MEM_HANDSHAKE;
    }
    status = psa_import_key(attributes, data, len, key);
    if (scope != NULL) {
        scope->purpose = purpose;
    }
    return status;
}
#endif

int et_mbed_random(void *ctx, unsigned char *buf, size_t len)
{
    (void)ctx;
    return plat_random(buf, len) == 0 ? 0 : MBEDTLS_ERR_PLATFORM_HW_ACCEL_FAILED;
}

/** Are these bytes part of the record that is being read, which outlives the chain's
 *  verification? */
static bool is_in_record(const unsigned char *buf)
{
#if defined(MBED_KEEPS_PEER) || !defined(MBED_HAS_PEER_IN_RECORD)
    (void)buf;
    return false; /* Mbed TLS keeps the chain longer than the record */
#else
    const struct mbed_scope *scope = current_scope;
    const struct mbed *m = scope != NULL ? scope->m : NULL;

    return m != NULL && m->ssl.in_msg != NULL && buf >= m->ssl.in_msg &&
           buf < m->ssl.in_msg + m->ssl.in_msglen;
#endif
}

/** Certificates of the list before the one that is being added. */
static unsigned parsed(const mbedtls_x509_crt *chain)
{
    unsigned n = 0;

    for (const mbedtls_x509_crt *crt = chain; crt != NULL && crt->version != 0; crt = crt->next) {
        n++;
    }
    return n;
}

/** Mbed TLS's TLS layer calls this in place of mbedtls_x509_crt_parse_der() (seam.txt). A peer's
 *  certificate that lies in its record needs no copy; slim.c keeps only the key of it.
 *
 *  Of a certificate with an unknown signature algorithm Mbed TLS takes no notice, in case that the
 *  chain is good without it. The first one is the peer's own (RFC 8446 section 4.4.2): without it
 *  nothing is left to verify, or something else is taken for it. That is an error here. */
int et_mbed_peer_crt_parse_der(mbedtls_x509_crt *chain, const unsigned char *buf, size_t len)
{
    bool is_first = chain->version == 0;
    int ret = et_mbed_crt_parse(chain, buf, len, is_in_record(buf));

    if (ret != 0 && !et_mbed_is_starved() && et_mbed_current() != NULL) {
        et_observers_chain(
            et_mbed_current()->io.observed,
            &(struct conn_chain){
                .event = CONN_CHAIN_UNREADABLE, .der = buf, .len = len, .index = parsed(chain)});
    }
    if (is_first && ret == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG + MBEDTLS_ERR_OID_NOT_FOUND) {
        return MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG;
    }
    return ret;
}

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)context;
    if (plat_random(output, output_size) != 0) {
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    }
    *output_length = output_size;
    return PSA_SUCCESS;
}
#endif

/** Where the date is not known it is 1970: every certificate is then "not yet valid", and
 *  verify.c decides by Kconfig what that means. */
mbedtls_time_t esp_mbedtls_time(mbedtls_time_t *out)
{
    int64_t now = 0;

    (void)plat_wall_clock(&now);
    if (out != NULL) {
        *out = (mbedtls_time_t)now;
    }
    return (mbedtls_time_t)now;
}

static plat_mutex prepare_lock = PLAT_MUTEX_INITIALIZER;
static bool prepared; /* owned by et_mbed_prepare(), guarded by prepare_lock */

int et_mbed_prepare(void)
{
    struct mbed_scope scope;
    int ret = 0;

    plat_mutex_lock(&prepare_lock);
    if (!prepared) {
        et_mbed_enter(&scope, NULL, PLAT_MEM_PROCESS);
        ret = (int)psa_crypto_init();
#ifdef CONFIG_MBEDTLS_DEBUG
        /* everything passes Mbed TLS's threshold, and debug.c decides */
        mbedtls_debug_set_threshold(MBED_DEBUG_MAX);
#endif
        et_mbed_order_suites(); /* here, while nobody else runs */
        et_mbed_leave(&scope);
        prepared = ret == 0;
    }
    plat_mutex_unlock(&prepare_lock);
    return ret;
}
