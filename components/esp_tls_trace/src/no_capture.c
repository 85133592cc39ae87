/* A build without captures and key logs: none can be asked for. */
#include "export.h"

esp_err_t export_new(const esp_tls_trace_t *wanted, struct plat_account *account,
                     struct trace_export **out)
{
    (void)account;
    *out = NULL;
    return wanted->capture != NULL || wanted->keylog != NULL ? ESP_ERR_NOT_SUPPORTED : ESP_OK;
}

void export_free(struct trace_export *e)
{
    (void)e;
}

void export_begin(struct trace_export *e, const char *host, size_t len, uint16_t port)
{
    (void)e;
    (void)host;
    (void)len;
    (void)port;
}

void export_trying(struct trace_export *e, const struct plat_addr *addr)
{
    (void)e;
    (void)addr;
}

void export_open(struct trace_export *e, const struct plat_addr ends[2])
{
    (void)e;
    (void)ends;
}

void export_bytes(struct trace_export *e, enum frame_end from, const uint8_t *bytes, size_t len)
{
    (void)e;
    (void)from;
    (void)bytes;
    (void)len;
}

void export_idle(struct trace_export *e)
{
    (void)e;
}

void export_end(struct trace_export *e, enum frame_end from, unsigned flag)
{
    (void)e;
    (void)from;
    (void)flag;
}

bool export_wants_secrets(const struct trace_export *e)
{
    (void)e;
    return false;
}

void export_secret(struct trace_export *e, const char *label, const uint8_t *client_random,
                   const uint8_t *secret, size_t len)
{
    (void)e;
    (void)label;
    (void)client_random;
    (void)secret;
    (void)len;
}
