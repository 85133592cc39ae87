#include "trust.h"

#include <string.h>

#include "anchor_store.h"
#include "esp_log.h"

static const char TAG[] = "esp-tls";

/* --- the global store, from outside ----------------------------------------------------------- */

esp_err_t esp_tls_init_global_ca_store(void)
{
    return et_anchor_store_init();
}

void esp_tls_free_global_ca_store(void)
{
    et_anchor_store_drop();
    et_stack_mbedtls.store_gone();
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
    st = et_stack_mbedtls.each_cert(NULL, cacert_pem_buf, cacert_pem_bytes, collect_anchor, &c,
                                    &bad, &code);
    if (c.no_mem || st == TLS_NO_MEM) {
        collect_free(&c);
        return ESP_ERR_NO_MEM;
    }
    if (c.first == NULL) {
        ESP_LOGE(TAG, "global CA store: no certificate could be parsed: -0x%04x", -code);
        esp_tls_free_global_ca_store();
        return ESP_FAIL;
    }
    err = et_anchor_store_append(c.first);
    if (err != ESP_OK) {
        collect_free(&c);
        return err;
    }
    if (bad > 0) {
        ESP_LOGW(TAG, "global CA store: %u certificates could not be parsed, the rest is used",
                 bad);
        return ESP_ERR_MBEDTLS_CERT_PARTLY_OK;
    }
    return ESP_OK;
}

/* --- which source decides -------------------------------------------------------------------- */

static tls_status use_bundle(const struct tls_stack *stack, void *ctx, struct tls_error *err,
                             const esp_tls_cfg_t *cfg)
{
    return stack->set_hook != NULL
               ? stack->set_hook(ctx, cfg->crt_bundle_attach)
               : et_error_option(err, TLS_INVALID_STATE, 0, "crt_bundle_attach");
}

static tls_status use_store(const struct tls_stack *stack, void *ctx, struct tls_error *err,
                            const esp_tls_cfg_t *cfg)
{
    struct stack_anchors anchors = {.store = et_anchor_store_take()};
    tls_status st;

    (void)cfg;
    if (anchors.store == NULL) {
        return et_error_option(err, TLS_INVALID_STATE, 0, "use_global_ca_store");
    }
    st = stack->set_anchors(ctx, &anchors);
    et_anchor_store_release(anchors.store);
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
    return et_error_option(err, TLS_NOT_SUPPORTED, 0, "psk_hint_key");
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
    return et_error_option(err, TLS_NO_TRUST, 0, "cacert_buf");
#endif
}

tls_status et_trust_configure(const struct tls_stack *stack, void *ctx, struct tls_error *err,
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
