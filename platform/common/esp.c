/* Small calls of ESP-IDF that are one line over the platform. */
#include <stdlib.h>

#include "esp_idf_version.h"
#include "esp_log.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "plat_clock.h"
#include "plat_random.h"

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

const char *esp_get_idf_version(void)
{
    return "v" TEXT(ESP_IDF_VERSION_MAJOR) "." TEXT(ESP_IDF_VERSION_MINOR) "." TEXT(
        ESP_IDF_VERSION_PATCH);
}

int64_t esp_timer_get_time(void)
{
    return (int64_t)plat_clock_us();
}

void esp_fill_random(void *buf, size_t len)
{
    int err = plat_random(buf, len);

    /* the call cannot report a failure, and known bytes would be worse than an end */
    if (err != 0) {
        ESP_EARLY_LOGE("random", "no random numbers: error %d", err);
        abort();
    }
}

uint32_t esp_random(void)
{
    uint32_t bits;

    esp_fill_random(&bits, sizeof(bits));
    return bits;
}
