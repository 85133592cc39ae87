/* The record of a connection: what failed first, where, and what is known about it.
 *
 * One writer, et_error_set(); the first cause of a connection wins and stays until the handle
 * begins a new connection. Reading never clears it. The older ESP-IDF error store (struct
 * esp_tls_error_store) is filled from it at the same moment and has its own read-and-clear
 * calls. */
#ifndef ERROR_H
#define ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_tls_errors.h"
#include "esp_tls_record.h"
#include "plat_net.h"
#include "tls_status.h"

struct tls_error {
    uint8_t status;       /* tls_status; TLS_OK = nothing failed */
    uint8_t phase;        /* esp_tls_phase_t in which it failed */
    uint8_t now;          /* esp_tls_phase_t of the connection now */
    bool passing;         /* the failed call is over; the connection is not */
    int8_t verify_depth;  /* certificate that verify_flags belong to; -1 unknown */
    bool identity_missed; /* the server asked for a client certificate, and none is set */
    int16_t alert_sent;   /* RFC 8446 section 6; -1 none */
    int16_t alert_received;
    esp_err_t esp; /* the ESP-IDF code */
    int os;        /* errno */
    int resolver;  /* EAI_... */
    int stack;     /* the TLS library's code, positive as ESP-IDF stores it */
    uint32_t verify_flags;
    uint32_t record_len;   /* record that was too large, or did not come whole: its length ... */
    uint32_t record_limit; /* ... and the limit in force */
    uint64_t bytes_in;     /* taken from and given to the network so far */
    uint64_t bytes_out;
    const char *option;    /* the field or Kconfig symbol that was refused, static text */
    struct plat_addr addr; /* address tried last */
};

/** Back to "nothing failed", in phase ESP_TLS_PHASE_NONE. */
void et_error_clear(struct tls_error *err);

/** A stack's code as the record keeps it: without its sign. Of INT_MIN, which a program's callback
 *  may return and which has none without it, INT_MAX. */
int et_error_stack(int code);

/** Record a failure unless there is one already.
 *  @param esp    ESP-IDF code, 0 = derive it from status and phase
 *  @param os     errno or 0
 *  @param stack  the stack's code as it returned it (negative or positive) or 0
 *  @return st */
tls_status et_error_set(struct tls_error *err, tls_status st, esp_err_t esp, int os, int stack);

/** The same for an option that is refused before any I/O. @param option static text */
tls_status et_error_option(struct tls_error *err, tls_status st, esp_err_t esp, const char *option);

/** The same for a call that fails and leaves the connection as it was: a read that met its
 *  deadline, a wrong argument. The record makes room when the next call begins.
 *  @param option  static text or NULL */
tls_status et_error_passing(struct tls_error *err, tls_status st, const char *option);
void et_error_drop_passing(struct tls_error *err);

/** Copy what failed into the ESP-IDF error store. */
void et_error_store_fill(struct esp_tls_error_store *store, const struct tls_error *err);

/** The public cause of a status. */
esp_tls_cause_t et_error_cause(uint8_t status);

/** The ESP-IDF code for a status in a phase. */
esp_err_t et_error_esp_code(tls_status st, uint8_t phase);

#endif
