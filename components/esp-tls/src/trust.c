#include "trust.h"

#include <string.h>

#include "esp_log.h"
#include "plat_lock.h"

static const char TAG[] = "esp-tls";

/* --- the global store ------------------------------------------------------------------------ */

struct anchor_store {
    unsigned refs; /* the process's own, and one per connection that verifies with it */
    struct anchor *first;
};

static plat_mutex store_lock = PLAT_MUTEX_INITIALIZER;
static struct anchor_store *global_store; /* owned by the process, guarded by store_lock */

static void store_unref_locked(struct anchor_store *store)
{
    if (--store->refs > 0) {
        return;
    }
    while (store->first != NULL) {
        struct anchor *a = store->first;

        store->first = a->next;
        plat_free(a);
    }
    plat_free(store);
}

struct anchor_store *anchor_store_take(void)
{
    struct anchor_store *store = NULL;

    plat_mutex_lock(&store_lock);
    if (global_store != NULL && global_store->first != NULL) {
        store = global_store;
        store->refs++;
    }
    plat_mutex_unlock(&store_lock);
    return store;
}

void anchor_store_release(struct anchor_store *store)
{
    if (store != NULL) {
        plat_mutex_lock(&store_lock);
        store_unref_locked(store);
        plat_mutex_unlock(&store_lock);
    }
}

const struct anchor *anchor_store_next(struct anchor_store *store, const struct anchor *after)
{
    const struct anchor *next;

    plat_mutex_lock(&store_lock);
    next = after == NULL ? store->first : after->next;
    plat_mutex_unlock(&store_lock);
    return next;
}

static esp_err_t store_init_locked(void)
{
    if (global_store == NULL) {
        global_store = plat_alloc(NULL, PLAT_MEM_PROCESS, sizeof(*global_store));
        if (global_store == NULL) {
            return ESP_ERR_NO_MEM;
        }
        global_store->refs = 1;
    }
    return ESP_OK;
}

static void store_drop_locked(void)
{
    if (global_store != NULL) {
        store_unref_locked(global_store);
        global_store = NULL;
    }
}

esp_err_t esp_tls_init_global_ca_store(void)
{
    esp_err_t err;

    plat_mutex_lock(&store_lock);
    err = store_init_locked();
    plat_mutex_unlock(&store_lock);
    return err;
}

void esp_tls_free_global_ca_store(void)
{
    plat_mutex_lock(&store_lock);
    store_drop_locked();
    plat_mutex_unlock(&store_lock);
    stack_mbedtls.store_gone();
}

struct collect {
    struct anchor *first;
    struct anchor **tail;
    bool no_mem;
};

static bool collect_anchor(void *arg, const uint8_t *der, size_t len)
{
    struct collect *c = arg;
    struct anchor *a = plat_alloc(NULL, PLAT_MEM_PROCESS, sizeof(*a) + len);

    if (a == NULL) {
        c->no_mem = true;
        return false;
    }
    a->len = len;
    memcpy(a->der, der, len);
    *c->tail = a;
    c->tail = &a->next;
    return true;
}

static void collect_free(struct collect *c)
{
    while (c->first != NULL) {
        struct anchor *a = c->first;

        c->first = a->next;
        plat_free(a);
    }
}

/** Append what was collected. On no memory for the store itself nothing changes. */
static esp_err_t store_append(struct collect *c)
{
    esp_err_t err;

    plat_mutex_lock(&store_lock);
    err = store_init_locked();
    if (err == ESP_OK) {
        struct anchor **tail = &global_store->first;

        while (*tail != NULL) {
            tail = &(*tail)->next;
        }
        *tail = c->first;
        c->first = NULL;
    }
    plat_mutex_unlock(&store_lock);
    return err;
}

esp_err_t esp_tls_set_global_ca_store(const unsigned char *cacert_pem_buf,
                                      const unsigned int cacert_pem_bytes)
{
    struct collect c = {.tail = &c.first};
    unsigned bad = 0;
    int code = 0;
    tls_status st;
    esp_err_t err;

    if (cacert_pem_buf == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    st = stack_mbedtls.each_cert(NULL, cacert_pem_buf, cacert_pem_bytes, collect_anchor, &c, &bad,
                                 &code);
    if (c.no_mem || st == TLS_NO_MEM) {
        collect_free(&c);
        return ESP_ERR_NO_MEM;
    }
    if (c.first == NULL) {
        ESP_LOGE(TAG, "global CA store: no certificate could be parsed: -0x%04x", -code);
        esp_tls_free_global_ca_store();
        return ESP_FAIL;
    }
    err = store_append(&c);
    collect_free(&c);
    if (err == ESP_OK && bad > 0) {
        ESP_LOGW(TAG, "global CA store: %u certificates could not be parsed, the rest is used",
                 bad);
        return ESP_ERR_MBEDTLS_CERT_PARTLY_OK;
    }
    return err;
}

/* --- which source decides -------------------------------------------------------------------- */

static tls_status use_bundle(const struct tls_stack *stack, void *ctx, struct tls_error *err,
                             const esp_tls_cfg_t *cfg)
{
    (void)stack;
    (void)ctx;
    (void)cfg;
#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
    return error_option(err, TLS_NOT_SUPPORTED, 0, "crt_bundle_attach");
#else
    return error_option(err, TLS_INVALID_STATE, 0, "crt_bundle_attach");
#endif
}

static tls_status use_store(const struct tls_stack *stack, void *ctx, struct tls_error *err,
                            const esp_tls_cfg_t *cfg)
{
    struct stack_anchors anchors = {.store = anchor_store_take()};
    tls_status st;

    (void)cfg;
    if (anchors.store == NULL) {
        return error_option(err, TLS_INVALID_STATE, 0, "use_global_ca_store");
    }
    st = stack->set_anchors(ctx, &anchors);
    anchor_store_release(anchors.store);
    return st;
}

static tls_status use_cacert(const struct tls_stack *stack, void *ctx, struct tls_error *err,
                             const esp_tls_cfg_t *cfg)
{
    struct stack_anchors anchors = {.buf = cfg->cacert_buf, .len = cfg->cacert_bytes};

    (void)err;
    return stack->set_anchors(ctx, &anchors);
}

#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
static tls_status use_psk(const struct tls_stack *stack, void *ctx, struct tls_error *err,
                          const esp_tls_cfg_t *cfg)
{
    (void)stack;
    (void)ctx;
    (void)cfg;
    return error_option(err, TLS_NOT_SUPPORTED, 0, "psk_hint_key");
}
#endif

/** The sources in their order of precedence; the first that is set decides. */
struct source {
    const char *name;
    bool is_set;
    tls_status (*use)(const struct tls_stack *stack, void *ctx, struct tls_error *err,
                      const esp_tls_cfg_t *cfg);
};

static tls_status use_none(const struct tls_stack *stack, void *ctx, struct tls_error *err)
{
#ifdef CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY
    (void)err;
    ESP_LOGW(TAG, "the server's certificate is NOT verified: no trust option is set and "
                  "CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY lets that through");
    return stack->set_insecure_no_verify(ctx);
#else
    (void)stack;
    (void)ctx;
    ESP_LOGE(TAG, "no server verification option is set: set cacert_buf or use_global_ca_store");
    return error_option(err, TLS_NO_TRUST, 0, "cacert_buf");
#endif
}

tls_status trust_configure(const struct tls_stack *stack, void *ctx, struct tls_error *err,
                           const esp_tls_cfg_t *cfg)
{
    const struct source source[] = {
        {"crt_bundle_attach", cfg->crt_bundle_attach != NULL, use_bundle},
        {"use_global_ca_store", cfg->use_global_ca_store, use_store},
        {"cacert_buf", cfg->cacert_buf != NULL, use_cacert},
#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
        {"psk_hint_key", cfg->psk_hint_key != NULL, use_psk},
#endif
    };
    const struct source *used = NULL;

    for (size_t i = 0; i < sizeof(source) / sizeof(source[0]); i++) {
        if (source[i].is_set && used != NULL) {
            ESP_LOGW(TAG, "%s is ignored: %s decides", source[i].name, used->name);
        } else if (source[i].is_set) {
            used = &source[i];
        }
    }
    return used != NULL ? used->use(stack, ctx, err, cfg) : use_none(stack, ctx, err);
}
