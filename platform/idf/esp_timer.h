/* Time since start, under ESP-IDF's name. Timers with callbacks are not part of this platform. */
#ifndef ESP_TIMER_H
#define ESP_TIMER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Microseconds on the monotonic clock. On the chip they begin at boot; here somewhere earlier. */
int64_t esp_timer_get_time(void);

#ifdef __cplusplus
}
#endif
#endif
