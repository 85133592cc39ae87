#include "link.h"

#include "plat_clock.h"

void wait_init(struct tls_wait *wait)
{
    wait->count = 0;
    wait->until_us = PLAT_NEVER;
}

void wait_add(struct tls_wait *wait, plat_stream stream, uint8_t want)
{
    if (!plat_stream_is_open(stream) || wait->count == TLS_WAIT_ITEMS) {
        return;
    }
    wait->item[wait->count++] = (struct plat_wait_item){.stream = stream, .want = want};
}

void wait_until(struct tls_wait *wait, uint64_t us)
{
    if (us < wait->until_us) {
        wait->until_us = us;
    }
}

void wait_in_ms(struct tls_wait *wait, int ms)
{
    if (ms >= 0) {
        wait_until(wait, plat_clock_us() + (uint64_t)ms * 1000);
    }
}
