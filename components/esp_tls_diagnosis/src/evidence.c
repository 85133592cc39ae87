/* Evidence is noted where a connect fails (client.c) and, of what only the stack knows, in its folder
 * (stack/<library>/evidence.c). What can be asked of the handle later is not kept but filled in when
 * somebody asks. */
#include "evidence.h"

#include <string.h>

#include "clip.h"
#include "conn.h"
#include "esp_tls_certificate.h"
#include "esp_tls_diagnosis.h"
#include "plat_clock.h"

/* Who asks for evidence links what notes it. */
static const bool *const stacks[] __attribute__((used)) = {&stack_mbedtls_has_evidence};

struct esp_tls_evidence *evidence_of(struct tls_error *err, struct plat_account *account)
{
    if (err->evidence == NULL) {
        struct plat_mem_failure before = account->failure;

        err->evidence = plat_alloc(account, PLAT_MEM_CONNECTION, sizeof(*err->evidence));
        account->failure = before; /* without it the record still says what failed */
    }
    return err->evidence;
}

/* --- what was asked for --------------------------------------------------------------------------- */

static unsigned asked_version(const esp_tls_cfg_t *cfg)
{
#if !defined(CONFIG_MBEDTLS_SSL_PROTO_TLS1_3)
    (void)cfg;
    return ESP_TLS_ASKED_TLS_1_2_ONLY;
#elif !defined(CONFIG_MBEDTLS_SSL_PROTO_TLS1_2)
    (void)cfg;
    return ESP_TLS_ASKED_TLS_1_3_ONLY;
#else
    return cfg->tls_version == ESP_TLS_VER_TLS_1_2   ? ESP_TLS_ASKED_TLS_1_2_ONLY
           : cfg->tls_version == ESP_TLS_VER_TLS_1_3 ? ESP_TLS_ASKED_TLS_1_3_ONLY
                                                     : 0U;
#endif
}

static uint16_t asked(const esp_tls_cfg_t *cfg)
{
    unsigned bits = asked_version(cfg);

    bits |= cfg->clientcert_buf != NULL ? ESP_TLS_ASKED_IDENTITY : 0U;
    bits |= cfg->ciphersuites_list != NULL ? ESP_TLS_ASKED_SUITES : 0U;
    bits |= cfg->alpn_protos != NULL ? ESP_TLS_ASKED_ALPN : 0U;
    bits |= cfg->is_plain_tcp ? ESP_TLS_ASKED_PLAIN : 0U;
    bits |= cfg->if_name != NULL ? ESP_TLS_ASKED_INTERFACE : 0U;
    bits |= cfg->addr_family != ESP_TLS_AF_UNSPEC ? ESP_TLS_ASKED_FAMILY : 0U;
    return (uint16_t)bits;
}

static bool is_address(const char *name)
{
    struct plat_addr addr;

    return plat_addr_parse(name, strlen(name), &addr);
}

static void note_name(struct esp_tls_evidence *e, const char *host, size_t len,
                      const esp_tls_cfg_t *cfg)
{
    if (cfg->is_plain_tcp || cfg->skip_common_name) {
        return;
    }
    if (cfg->common_name != NULL) {
        host = cfg->common_name;
        len = strlen(host);
    }
    clip_text(e->name, sizeof(e->name), host, len);
    e->asked = (uint16_t)(e->asked | (is_address(e->name) ? ESP_TLS_ASKED_IP : 0));
}

/* --- inputs that cannot be read ------------------------------------------------------------------- */

void evidence_note_input(struct esp_tls_evidence *e, const char *input, const void *buf, size_t len,
                         int as)
{
    esp_tls_input_problem_t problem;

    e->input = input;
    if (esp_tls_certificate_examine(buf, len, (esp_tls_input_t)as, &problem) != ESP_FAIL) {
        return;
    }
    e->input_fault = (uint8_t)problem.reason;
    e->input_item = (uint16_t)problem.index;
    e->input_at = (uint32_t)problem.offset;
    e->input_line = problem.is_pem ? problem.line : 0;
    e->input_field = problem.field;
}

static void note_key(struct esp_tls_evidence *e, const esp_tls_cfg_t *cfg)
{
    bool from_client_key =
        cfg->client_key != NULL && cfg->client_key->source == ESP_KEY_SOURCE_BUFFER;
    const void *key = from_client_key ? cfg->client_key->buffer.data : cfg->clientkey_buf;
    size_t len = from_client_key ? cfg->client_key->buffer.len : cfg->clientkey_bytes;
    bool has_password = from_client_key ? cfg->client_key->buffer.password != NULL
                                        : cfg->clientkey_password != NULL;

    evidence_note_input(e, from_client_key ? "client_key" : "clientkey_buf", key, len,
                        has_password ? ESP_TLS_INPUT_KEY_PASSWORD : ESP_TLS_INPUT_KEY);
}

/** Which input the failure was about: the code and the option say so. */
static void note_inputs(struct esp_tls_evidence *e, const struct tls_error *err,
                        const esp_tls_cfg_t *cfg)
{
    if (err->phase != ESP_TLS_PHASE_CONFIG) {
        return;
    }
    if (err->esp == ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED) {
        note_key(e, cfg);
    } else if (err->esp == ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED) {
        if (err->option != NULL && strcmp(err->option, "clientcert_buf") == 0) {
            evidence_note_input(e, "clientcert_buf", cfg->clientcert_buf, cfg->clientcert_bytes,
                                ESP_TLS_INPUT_CERTIFICATES);
        } else {
            evidence_note_input(e, "cacert_buf", cfg->cacert_buf, cfg->cacert_bytes,
                                ESP_TLS_INPUT_CERTIFICATES);
        }
    }
}

/* --- a connect ------------------------------------------------------------------------------------ */

static void note_memory(struct esp_tls_evidence *e, const struct plat_account *account)
{
    e->mem_free = account->failure.free_bytes;
    e->mem_over_limit = account->failure.over_limit != 0;
}

void evidence_note_connect(struct esp_tls *c, const char *host, size_t len, int port,
                           const esp_tls_cfg_t *cfg)
{
    struct esp_tls_evidence *e = evidence_of(&c->err, &c->account);

    if (e == NULL) {
        return;
    }
    clip_text(e->host, sizeof(e->host), host, len);
    e->port = port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
    e->asked = asked(cfg);
    note_name(e, host, len, cfg);
    note_inputs(e, &c->err, cfg);
    note_memory(e, &c->account);
    e->clock_is_set = plat_wall_clock(&e->now);
}

esp_err_t esp_tls_get_evidence(const esp_tls_t *tls, esp_tls_evidence_t *evidence)
{
    if (tls == NULL || evidence == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (tls->err.evidence != NULL) {
        *evidence = *tls->err.evidence;
    } else {
        memset(evidence, 0, sizeof(*evidence));
        note_memory(evidence, &tls->account);
        evidence->clock_is_set = plat_wall_clock(&evidence->now);
    }
    evidence->timeout_ms = tls->timeout_ms;
    evidence->is_writing = !tls->is_reading;
    return ESP_OK;
}

esp_err_t esp_tls_get_diagnosis(const esp_tls_t *tls, esp_tls_diagnosis_t *diagnosis)
{
    if (tls == NULL || diagnosis == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    /* in place: copies on the stack would be 1 KB more */
    (void)esp_tls_get_evidence(tls, &diagnosis->evidence);
    (void)esp_tls_get_record(tls, &diagnosis->record);
    esp_tls_diagnose(&diagnosis->record, &diagnosis->evidence, diagnosis);
    return ESP_OK;
}

esp_err_t esp_tls_get_result_diagnosis(const esp_tls_t *tls, ssize_t result,
                                       esp_tls_diagnosis_t *diagnosis)
{
    esp_err_t err = esp_tls_get_diagnosis(tls, diagnosis);
    bool waits = result == ESP_TLS_ERR_SSL_WANT_READ || result == ESP_TLS_ERR_SSL_WANT_WRITE;

    if (err == ESP_OK && diagnosis->reason_count == 0 && waits) {
        esp_tls_diagnosis_lead(diagnosis, ESP_TLS_REASON_WANT_MORE);
    }
    return err;
}
