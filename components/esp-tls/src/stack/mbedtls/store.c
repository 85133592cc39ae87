/* The public calls whose types are Mbed TLS's own: the global CA store as a parsed chain, the list
 * of cipher suites, saved sessions. */
#include "mbed.h"

#include "mbedtls/ssl_ciphersuites.h"

#include "esp_tls.h"
#include "plat_lock.h"

/* The store as Mbed TLS's chain, made when somebody asks for it. Owned by the process, guarded by
 * chain_lock; `chained` is the last anchor of the store that is in it. */
static plat_mutex chain_lock = PLAT_MUTEX_INITIALIZER;
static mbedtls_x509_crt *chain;
static const struct anchor *chained;

static void chain_free_locked(void)
{
    if (chain != NULL) {
        mbedtls_x509_crt_free(chain);
        mbedtls_free(chain);
        chain = NULL;
    }
    chained = NULL;
}

void et_mbed_store_gone(void)
{
    plat_mutex_lock(&chain_lock);
    chain_free_locked();
    plat_mutex_unlock(&chain_lock);
}

/** Parse the anchors that are not in the chain yet; the head stays where it is. */
static void chain_grow_locked(struct anchor_store *store)
{
    const struct anchor *a = chained;

    if (chain == NULL) {
        chain = mbedtls_calloc(1, sizeof(*chain));
        if (chain == NULL) {
            return;
        }
        mbedtls_x509_crt_init(chain);
    }
    while ((a = et_anchor_store_next(store, a)) != NULL) {
        int ret = mbedtls_x509_crt_parse_der(chain, a->der, a->len);

        if (ret != 0 && et_mbed_is_starved()) {
            chain_free_locked();
            return;
        } /* one with critical name constraints is left out: nobody else would apply them */
        chained = a;
    }
}

mbedtls_x509_crt *esp_tls_get_global_ca_store(void)
{
    struct anchor_store *store = et_anchor_store_take();
    struct mbed_scope scope;
    mbedtls_x509_crt *result;

    if (store == NULL || et_mbed_prepare() != 0) {
        et_anchor_store_release(store);
        return NULL;
    }
    plat_mutex_lock(&chain_lock);
    et_mbed_enter(&scope, NULL, PLAT_MEM_PROCESS);
    chain_grow_locked(store);
    et_mbed_leave(&scope);
    result = chain != NULL && chain->raw.p != NULL ? chain : NULL;
    plat_mutex_unlock(&chain_lock);
    et_anchor_store_release(store);
    return result;
}

const int *esp_tls_get_ciphersuites_list(void)
{
    (void)et_mbed_prepare(); /* failed: the list is in Mbed TLS's order */
    return et_mbed_suites();
}

#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
esp_tls_client_session_t *esp_tls_get_client_session(esp_tls_t *tls)
{
    (void)tls;
    return NULL; /* config.c refuses resumption in this release */
}

void esp_tls_free_client_session(esp_tls_client_session_t *client_session)
{
    if (client_session != NULL) {
        mbedtls_ssl_session_free(&client_session->saved_session);
        plat_free(client_session);
    }
}
#endif
