/* The kernel's generator. */
#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

#include "plat_random.h"

int plat_random(void *buf, size_t len)
{
    uint8_t *at = buf;

    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? errno : EIO;
        }
        at += got;
        len -= (size_t)got;
    }
    return 0;
}
