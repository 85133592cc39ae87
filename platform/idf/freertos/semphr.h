/* The type of FreeRTOS's semaphores and mutexes, as in queue.h: no calls. */
#ifndef FREERTOS_SEMPHR_H
#define FREERTOS_SEMPHR_H

#include <freertos/queue.h>

typedef QueueHandle_t SemaphoreHandle_t;

#endif
