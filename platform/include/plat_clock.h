/* Time. One monotonic clock for every deadline, one wall clock for certificates. */
#ifndef PLAT_CLOCK_H
#define PLAT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A deadline that never comes. */
#define PLAT_NEVER UINT64_MAX

/** Microseconds since some point in the past; never goes back, does not wrap in practice.
 *  Never blocks. Any thread. */
uint64_t plat_clock_us(void);

/** The wall clock, in seconds since 1970-01-01 UTC.
 *  @param unix_s  written only when the result is true
 *  @return true  the clock is set; false  this platform does not know the date (yet) */
bool plat_wall_clock(int64_t *unix_s);

/** The same in microseconds, as exactly as the platform knows it: for time stamps. */
bool plat_wall_clock_us(int64_t *unix_us);

#ifdef __cplusplus
}
#endif
#endif
