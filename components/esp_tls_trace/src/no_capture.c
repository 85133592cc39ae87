/* A build without captures and key logs: none can be asked for. */
#include "export.h"

esp_err_t et_export_new(const esp_tls_trace_t *wanted, struct plat_account *account,
                        struct trace_export **out)
{
    (void)account;
    *out = NULL;
    return wanted->capture != NULL || wanted->keylog != NULL ? ESP_ERR_NOT_SUPPORTED : ESP_OK;
}

void et_export_free(struct trace_export *e)
{
    (void)e;
}

void et_export_begin(struct trace_export *e, const char *host, size_t len, uint16_t port)
{
    (void)e;
    (void)host;
    (void)len;
    (void)port;
}

void et_export_trying(struct trace_export *e, const struct plat_addr *addr)
{
    (void)e;
    (void)addr;
}

void et_export_open(struct trace_export *e, const struct plat_addr ends[2])
{
    (void)e;
    (void)ends;
}

void et_export_bytes(struct trace_export *e, enum frame_end from, const uint8_t *bytes, size_t len)
{
    (void)e;
    (void)from;
    (void)bytes;
    (void)len;
}

void et_export_idle(struct trace_export *e)
{
    (void)e;
}

void et_export_end(struct trace_export *e, enum frame_end from, unsigned flag)
{
    (void)e;
    (void)from;
    (void)flag;
}

bool et_export_wants_secrets(const struct trace_export *e)
{
    (void)e;
    return false;
}

void et_export_secret(struct trace_export *e, const char *label, const uint8_t *client_random,
                      const uint8_t *secret, size_t len)
{
    (void)e;
    (void)label;
    (void)client_random;
    (void)secret;
    (void)len;
}
