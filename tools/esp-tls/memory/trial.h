/* One connection as a device makes it: in a heap of the device's size, fragmentation included, on a
 * stack that is measured.
 *
 * A trial runs in a process of its own, forked before anything is allocated for it: each begins
 * like a device that was switched on, and what it does to its heap is gone with it. Everything that
 * ESP-TLS allocates there comes from the simulated heap: the handle and what the process shares
 * (PSA, resolver) as well. Only the trust anchors do not: a device has them in flash. */
#ifndef TRIAL_H
#define TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/tunnel.h"
#include "device.h"
#include "esp_tls_memory.h"
#include "esp_tls_record.h"

/** What is connected to, and how. All of it is borrowed. */
struct trial_target {
    const char *url;  /* https://HOST:PORT */
    const char *path; /* to GET, or NULL: connect and close */
    bool looks;       /* at what the server sends: it takes blocks that are not the connection's */
    esp_tls_cfg_t cfg;
    const struct connect_options *through; /* its --proxy; NULL: directly */
};

/** One block that was had (size > 0) or given back (size < 0). */
struct trial_event {
    uint32_t us;     /* since the connect began */
    int32_t size;    /* as requested */
    uint32_t heap;   /* bytes taken of the heap then, headers and all */
    uint32_t psram;  /* the same, of external memory */
    uint8_t purpose; /* esp_tls_mem_purpose_t */
};

struct trial_phase {
    uint32_t peak;    /* bytes taken of the heap, headers and all: the most in this phase */
    uint32_t largest; /* largest single request */
    uint32_t count;   /* allocations */
    uint32_t stack;   /* depth below the call into ESP-TLS */
};

struct trial {
    bool opened;   /* the handshake was completed */
    bool complete; /* and so was all that was asked for */
    esp_tls_record_t record;
    esp_err_t code;              /* what a proxy said; ESP_OK: nothing */
    esp_tls_evidence_t evidence; /* where the way through a proxy did not open */
    esp_tls_timeline_t timeline;
    uint32_t closed_us; /* when the close was done; 0: not open */
    char version[16];
    char suite[64];
    int http_status;      /* 0: none */
    const char *http_why; /* what is wrong with the answer, or NULL */
    uint64_t body;        /* bytes of it */

    uint32_t chain_bytes;  /* where the target looks: of the certificates that the server sends, */
    bool has_rsa;          /* whether its own key is RSA, */
    bool asks_certificate; /* and whether it asks for the client's; also true where a build has no
                              traces and cannot tell */

    uint32_t heap_free;    /* before the connection */
    uint32_t heap_largest; /* largest free block then */
    uint32_t heap_peak;    /* the most that was taken, headers and all */
    uint32_t heap_open;    /* taken when the connection was open and idle, 0: never open */
    uint32_t heap_left;    /* still taken after the close: what the process keeps */
    uint32_t tunnel_peak;  /* the most between two steps of a connect through a proxy */
    uint32_t psram_peak;
    uint32_t stack;               /* the deepest */
    esp_tls_memory_stats_t stats; /* before the close */
    struct {
        uint32_t size, free_bytes, largest_free;
        uint8_t purpose;
    } failure; /* size 0: no request failed */
    struct trial_phase phase[ESP_TLS_MEM_PHASES];

    uint32_t record_count;   /* record buffers for incoming records */
    uint32_t record_largest; /* the largest of them */
    uint32_t events;
    struct trial_event *event; /* in the order of time */
};

/** Connect, and report. @return false when there is no process to be had, or it broke: said on
 *  stderr, or, where it had no memory, by shortage_take(). trial_clear() in both cases. */
bool trial_run(struct trial *trial, const struct device *device, const struct trial_target *target);
void trial_clear(struct trial *trial);

/** Did it fail for want of memory? */
bool trial_is_out_of_memory(const struct trial *trial);

#endif
