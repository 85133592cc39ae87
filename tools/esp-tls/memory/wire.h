/* A connection as the HTTP code wants it: reads and writes that wait, whether esp-tls does the
 * waiting (its synchronous calls) or we do (its asynchronous ones, with poll()). */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "esp_tls.h"
#include "esp_tls_record.h"

struct wire {
    esp_tls_t *tls;
    bool async;
    int timeout_ms;
    bool timed_out; /* our own wait: a handle that does not block has no deadline for it */
};

/** Connect to the host and port of a URL. @return 1 open, -1 failed */
int wire_connect(struct wire *wire, const char *url, const esp_tls_cfg_t *cfg);

/** @return > 0 that many bytes, 0 closed in order, -1 failed or timed out */
ssize_t wire_read(struct wire *wire, void *data, size_t len);

/** Send all of it. @return 1 sent, -1 failed or timed out */
int wire_write(struct wire *wire, const void *data, size_t len);

/** What went wrong, waiting included. */
void wire_record(const struct wire *wire, esp_tls_record_t *record);

#endif
