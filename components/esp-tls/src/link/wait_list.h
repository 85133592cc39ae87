/* What is waited for: streams, each to be readable or writable, or a time. */
#ifndef WAIT_LIST_H
#define WAIT_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "plat_net.h"

/** At most this many things are waited for at once: the racing addresses and one event. */
#define TLS_WAIT_ITEMS 16

/** What a connection waits for: any of these streams, or a time. */
struct tls_wait {
    struct plat_wait_item item[TLS_WAIT_ITEMS];
    size_t count;
    uint64_t until_us; /* PLAT_NEVER: no time */
};

void et_wait_init(struct tls_wait *wait);
void et_wait_add(struct tls_wait *wait, plat_stream stream, uint8_t want);
void et_wait_until(struct tls_wait *wait, uint64_t us); /* the earlier one counts */
void et_wait_in_ms(struct tls_wait *wait, int ms);      /* from now; negative: never */

#endif
