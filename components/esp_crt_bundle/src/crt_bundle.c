/* The certificate bundle under ESP-IDF's names. Mbed TLS's verifier asks for the roots that may
 * have issued a certificate, one certificate at a time: they are looked up then, and live for as
 * long as it looks at them. Which of them signed, and whether the chain holds, it decides. */
#include "esp_crt_bundle.h"

#include <string.h>

#include "mbedtls/platform.h"
#include "sdkconfig.h"

#include "esp_log.h"
#include "plat_lock.h"

#include "anchor.h"
#include "embedded.h"

static const char TAG[] = "esp-x509-crt-bundle";

static plat_mutex bundle_lock = PLAT_MUTEX_INITIALIZER;
static const uint8_t *set_bundle; /* what was set or attached last; guarded by bundle_lock */

static bool check(const uint8_t *bundle, size_t len, const char *which)
{
    const char *why;

    if (et_bundle_check(bundle, len, CONFIG_MBEDTLS_CERTIFICATE_BUNDLE_MAX_CERTS, &why)) {
        return true;
    }
    ESP_LOGE(TAG, "the bundle that is %s is refused: %s", which, why);
    return false;
}

/** @return a checked bundle, or NULL: none was set, and none that is good is built in */
static const uint8_t *current_bundle(void)
{
    const size_t embedded_len = (size_t)(et_bundle_embedded_end - et_bundle_embedded);
    const uint8_t *bundle;

    plat_mutex_lock(&bundle_lock);
    if (set_bundle == NULL && check(et_bundle_embedded, embedded_len, "built in")) {
        set_bundle = et_bundle_embedded;
    }
    bundle = set_bundle;
    plat_mutex_unlock(&bundle_lock);
    return bundle;
}

/* --- verifying -------------------------------------------------------------------------------- */

static bool is_no_mem(int code)
{
    const int low = -code & 0x7F; /* Mbed TLS adds the codes of two levels: mbedtls/error.h */
    const int high = -code & ~0x7F;

    return low == -MBEDTLS_ERR_ASN1_ALLOC_FAILED || low == -MBEDTLS_ERR_MPI_ALLOC_FAILED ||
           high == -MBEDTLS_ERR_X509_ALLOC_FAILED || high == -MBEDTLS_ERR_PK_ALLOC_FAILED ||
           high == -MBEDTLS_ERR_ECP_ALLOC_FAILED;
}

/** Add every root that has the name. One that this build cannot read (a curve that it has not) has
 *  issued nothing that it could verify, and is passed over. */
static int add_roots(const uint8_t *bundle, const mbedtls_x509_buf *name, mbedtls_x509_crt *list)
{
    const size_t count = et_bundle_count(bundle);
    struct bundle_root root;
    int ret;

    for (size_t i = et_bundle_find(bundle, name->p, name->len); i < count; i++) {
        et_bundle_root(bundle, i, &root);
        if (root.name_len != name->len || memcmp(root.name, name->p, name->len) != 0) {
            break;
        }
        ret = et_bundle_add_anchor(list, &root);
        if (ret != 0 && is_no_mem(ret)) {
            return ret;
        }
        if (ret != 0) {
            ESP_LOGW(TAG, "root %u of the bundle is passed over: -0x%04x", (unsigned)i,
                     (unsigned)-ret);
        }
    }
    return 0;
}

/** Mbed TLS asks for the possible issuers of a certificate; it frees what it is given. */
static int find_issuers(void *bundle, const mbedtls_x509_crt *child, mbedtls_x509_crt **found)
{
    const mbedtls_x509_buf *name = &child->issuer_raw;
    mbedtls_x509_crt *list;
    int ret;

    *found = NULL;
    if (et_bundle_find(bundle, name->p, name->len) == et_bundle_count(bundle)) {
        return 0;
    }
    list = mbedtls_calloc(1, sizeof(*list));
    if (list == NULL) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    mbedtls_x509_crt_init(list);
    ret = add_roots(bundle, name, list);
    if (ret != 0 || list->raw.p == NULL) {
        mbedtls_x509_crt_free(list);
        mbedtls_free(list);
        return ret;
    }
    *found = list;
    return 0;
}

/* --- the calls -------------------------------------------------------------------------------- */

esp_err_t esp_crt_bundle_attach(void *conf)
{
    const uint8_t *bundle = current_bundle();

    if (bundle == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (conf != NULL) {
        mbedtls_ssl_conf_ca_cb(conf, find_issuers, (uint8_t *)bundle);
    }
    return ESP_OK;
}

void esp_crt_bundle_detach(mbedtls_ssl_config *conf)
{
    plat_mutex_lock(&bundle_lock);
    set_bundle = NULL;
    plat_mutex_unlock(&bundle_lock);
    if (conf != NULL && conf->MBEDTLS_PRIVATE(f_ca_cb) == find_issuers) {
        mbedtls_ssl_conf_ca_cb(conf, NULL, NULL);
    }
}

esp_err_t esp_crt_bundle_set(const uint8_t *x509_bundle, size_t bundle_size)
{
    if (x509_bundle == NULL || !check(x509_bundle, bundle_size, "set")) {
        return ESP_ERR_INVALID_ARG;
    }
    plat_mutex_lock(&bundle_lock);
    set_bundle = x509_bundle;
    plat_mutex_unlock(&bundle_lock);
    return ESP_OK;
}

bool esp_crt_bundle_in_use(const mbedtls_x509_crt *ca_chain)
{
    (void)ca_chain;
    return false;
}
