/* A transport inside. Those of this component are a set of steps that never block (transport_ops);
 * transport.c makes the calls with a timeout out of them, once for all. A transport of the
 * application's has functions instead, and no ops. */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <stdint.h>

#include "esp_transport_async.h"
#include "plat_lock.h"

/** Nothing can be done now: wait, then call again. No result of a public call. */
#define TRANSPORT_AGAIN (-0x40000000)

/** A connect that reads an answer comes back after so many reads. What it waits for is there then,
 *  and get_wait() leads to the next call at once. */
#define TRANSPORT_STEPS 64

struct transport_ops {
    /** One step. @return 1 open; 0 under way; -1 failed, see et_transport_fail(); > 1 status of a
     *  redirect */
    int (*connect)(esp_transport_handle_t t, const char *host, int port, int timeout_ms);
    /** @return > 0 bytes; TRANSPORT_AGAIN; 0 an empty frame; < 0 as esp_transport_read() */
    int (*read)(esp_transport_handle_t t, char *buffer, int len);
    /** @return > 0 bytes taken; 0 len was 0; TRANSPORT_AGAIN; < 0 failed */
    int (*write)(esp_transport_handle_t t, const char *buffer, int len);
    /** Bytes that a read finds without the network. NULL: the parent's */
    int (*pending)(esp_transport_handle_t t);
    /** Add what it waits for. NULL: the parent's */
    void (*get_wait)(esp_transport_handle_t t, int events, esp_tls_wait_t *wait);
    /** Release what the connection has, the parent apart, which is closed after it.
     *  @return 0 or -1; NULL: nothing to do */
    int (*close)(esp_transport_handle_t t);
    /** Free the context. */
    void (*destroy)(esp_transport_handle_t t);
    int (*get_socket)(esp_transport_handle_t t);         /* NULL: the parent's */
    void (*cancel)(esp_transport_handle_t t);            /* NULL: the parent's. Any thread */
    esp_tls_t *(*get_esp_tls)(esp_transport_handle_t t); /* NULL: the parent's */
    bool has_deadline; /* its connect keeps timeout_ms by itself */
    bool writes_whole; /* a write that waits goes on until all is taken */
};

struct esp_transport_item_t {
    struct esp_transport_item_t *next; /* the next one in its list */
    char *scheme;                      /* owned; NULL: in no list */
    int port;
    void *data; /* context */

    connect_func connect;
    io_read_func read;
    io_func write;
    trans_func close;
    poll_func poll_read;
    poll_func poll_write;
    trans_func destroy;
    connect_async_func connect_async;
    payload_transfer_func payload;
    esp_transport_wait_func_t get_wait;

    const struct transport_ops *ops; /* NULL: the application's */
    struct esp_transport_item_t *parent;
    esp_tls_error_store_t error;
    int sock_errno;
    uint64_t deadline_us; /* of the connect under way */
    bool is_connecting;
    bool is_first_step;   /* of the connect that just began: what is left of another goes */
    bool is_parent_begun; /* the parent's connect began within this one */
    bool is_fault_below;  /* error is the parent's: its handle has the record */
    bool is_over;         /* error was of one call, and later ones went well */
};

/** A transport of this component. @param parent  not owned, or NULL @return NULL: no memory */
esp_transport_handle_t et_transport_new(const struct transport_ops *ops, void *data,
                                        esp_transport_handle_t parent);

/** Its context, if it has these ops; else NULL. */
void *et_transport_context(esp_transport_handle_t t, const struct transport_ops *ops);

/** Is it known what went wrong? One call's failure that the transport outlived is forgotten by
 *  this. */
bool et_transport_has_failed(esp_transport_handle_t t);
/** Note what went wrong; the first since the connect began is kept. @return -1 */
int et_transport_fail(esp_transport_handle_t t, esp_err_t code, int sys_errno);
/** The same, as the parent has it. A parent that knows nothing:
 *  ESP_ERR_TCP_TRANSPORT_CONNECTION_FAILED
 *  @return -1 */
int et_transport_fail_as_parent(esp_transport_handle_t t);

/** When a timeout ends. @param timeout_ms  negative: never */
uint64_t et_transport_until(int timeout_ms);
/** @return milliseconds until then, rounded up; -1: PLAT_NEVER */
int et_transport_ms_left(uint64_t until_us);
/** Sleep until there is something to do. @return 1; 0 the time passed; -1 no way to wait */
int et_transport_sleep(esp_transport_handle_t t, int events, uint64_t until_us);

/** Milliseconds that the connect under way has left, at least 1. */
int et_transport_time_left(esp_transport_handle_t t);

/* The parent's calls, without blocking; results as in transport_ops, but that a read never returns
 * 0 for len > 0. */
int et_transport_parent_connect(esp_transport_handle_t t, const char *host, int port);
/** The parent's connection is of no use any more: the next et_transport_parent_connect() makes
 *  another. Not a close: what was cancelled stays cancelled. */
void et_transport_parent_drop(esp_transport_handle_t t);
int et_transport_parent_read(esp_transport_handle_t t, char *buffer, int len);
int et_transport_parent_write(esp_transport_handle_t t, const char *buffer, int len);
void et_transport_parent_wait(esp_transport_handle_t t, int events, esp_tls_wait_t *wait);

#endif
