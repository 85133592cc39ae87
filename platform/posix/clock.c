/* CLOCK_MONOTONIC for deadlines, CLOCK_REALTIME for certificates. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64 /* _TIME_BITS needs it */
#define _TIME_BITS        64 /* dates after 2038 on 32 bits */
#include <time.h>

#include "plat_clock.h"

/** 2023-01-01: a clock before this was never set (a board without a battery starts in 1970). */
#define WALL_CLOCK_EARLIEST 1672531200

uint64_t plat_clock_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

bool plat_wall_clock(int64_t *unix_s)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < WALL_CLOCK_EARLIEST) {
        return false;
    }
    *unix_s = now.tv_sec;
    return true;
}

bool plat_wall_clock_us(int64_t *unix_us)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < WALL_CLOCK_EARLIEST) {
        return false;
    }
    *unix_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    return true;
}
