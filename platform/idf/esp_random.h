/* Random numbers under ESP-IDF's names, from plat_random(). */
#ifndef ESP_RANDOM_H
#define ESP_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** 32 random bits. These calls cannot report a failure: without a random generator they abort. */
uint32_t esp_random(void);
void esp_fill_random(void *buf, size_t len);

#ifdef __cplusplus
}
#endif
#endif
