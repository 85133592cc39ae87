/* What leaves the connection: a capture, and the secrets. Two files implement this; the build has
 * one of them: capture.c (CONFIG_ESP_TLS_CAPTURE), no_capture.c (nothing can be asked for, and all
 * pointers stay NULL). */
#ifndef TRACE_EXPORT_H
#define TRACE_EXPORT_H

#include "esp_tls_trace.h"
#include "frames.h"
#include "plat_heap.h"
#include "plat_net.h"

struct trace_export;

/** What a trace asks for. @param out  NULL: nothing
 *  @return ESP_OK; ESP_ERR_NO_MEM; ESP_ERR_INVALID_ARG; ESP_ERR_NOT_SUPPORTED */
esp_err_t et_export_new(const esp_tls_trace_t *wanted, struct plat_account *account,
                        struct trace_export **out);
void et_export_free(struct trace_export *e); /* NULL is legal, as in all below */

/** A connect begins. @param host  its name, copied */
void et_export_begin(struct trace_export *e, const char *host, size_t len, uint16_t port);
/** An address is tried, from now on. */
void et_export_trying(struct trace_export *e, const struct plat_addr *addr);
/** The connection is there. @param ends  near and far; NULL: over a stream, which has none */
void et_export_open(struct trace_export *e, const struct plat_addr ends[2]);
/** Bytes were sent (FRAME_NEAR) or received. */
void et_export_bytes(struct trace_export *e, enum frame_end from, const uint8_t *bytes, size_t len);
/** Nothing more can be received now: what is gathered goes out. */
void et_export_idle(struct trace_export *e);
/** An end closed its side (FRAME_FIN), or broke off (FRAME_RST). */
void et_export_end(struct trace_export *e, enum frame_end from, unsigned flag);

/** Are secrets asked for? */
bool et_export_wants_secrets(const struct trace_export *e);
/** A secret. @param client_random  32 bytes */
void et_export_secret(struct trace_export *e, const char *label, const uint8_t *client_random,
                      const uint8_t *secret, size_t len);

#endif
